//! Files attached to an event (RFC 5545 3.8.1.1), as phones of 16.x have them (REFERENCE.md 11.2.9).
//!
//! A file lies in the event itself, or with the calendar server, which then manages it (RFC 8607). An
//! address of anywhere else leads nowhere for us (T34), but a person may follow it: it is shown as a
//! small page with a link. A file's name in a FileReference is a digest of what the line says, so it
//! stays the same for all devices, whoever changes what else of the event.

use airgate_codec::eas::email::{Attachment, AttachmentAdd, AttachmentChange};
use airgate_codec::percent;
use airgate_codec::vobject::{
    Component, ComponentId, ContentLine, Document, Gone, Limits, Property,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::patch::gone;
use crate::item::legal::legalise;
use crate::item::object::{File, Refused};
use crate::item::upload::{file_name, media_type};

/// Files of one component that are shown.
const MAX_FILES: usize = 100;
/// Longest address that is shown.
const MAX_URI: usize = 2048;
/// Where names of files are said, in the order of how widely they are understood: RFC 8607 4.1, Outlook,
/// Apple, Evolution, Thunderbird.
const NAMES: [&str; 5] = [
    "FILENAME",
    "X-FILENAME",
    "X-APPLE-FILENAME",
    "X-EVOLUTION-CALDAV-ATTACHMENT-NAME",
    "X-LABEL",
];
/// Method of a file that is nothing else ([MS-ASAIRS] 2.2.2.27).
const PLAIN: u8 = 1;

/// Where a file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// Its octets are the value.
    Inside,
    /// With the calendar server.
    Managed,
    /// Somewhere else: the value is a web address.
    Web,
}

impl Place {
    fn of(property: &Property) -> Option<Self> {
        if property.says("ENCODING", "BASE64") || property.says("ENCODING", "B") {
            return Some(Self::Inside);
        }
        let uri = property.value().trim();
        let scheme = uri.split_once("://").map(|(scheme, _)| scheme)?;
        let web = ["https", "http"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        if !web || uri.len() > MAX_URI {
            return None;
        }
        Some(match property.parameter("MANAGED-ID") {
            Some(_) => Self::Managed,
            None => Self::Web,
        })
    }
}

/// The files of a component as a phone is told of them.
pub(super) fn read(event: &Component<'_>) -> Vec<Attachment> {
    let mut files: Vec<Attachment> = Vec::new();
    for property in event.all("ATTACH") {
        if files.len() >= MAX_FILES {
            break;
        }
        if let Some(file) = shown(&property)
            && !files
                .iter()
                .any(|other| other.file_reference == file.file_reference)
        {
            files.push(file);
        }
    }
    files
}

/// The text by which the files of an event are compared.
pub(super) fn canonical(files: &[Attachment]) -> String {
    let names: Vec<&str> = files
        .iter()
        .map(|file| name_of(&file.file_reference))
        .collect();
    names.join("\n")
}

fn shown(property: &Property) -> Option<Attachment> {
    let place = Place::of(property)?;
    let name = display_name(property, place);
    let size = match place {
        Place::Inside => decoded_length(property.value()),
        Place::Managed => property
            .parameter("SIZE")
            .and_then(|size| size.trim().parse().ok())
            .unwrap_or_default(),
        Place::Web => u64::try_from(page(property.value(), &name).len()).unwrap_or_default(),
    };
    Some(Attachment {
        file_reference: reference(property),
        display_name: match place {
            Place::Web => format!("{name}.html"),
            _ => name,
        },
        method: PLAIN,
        estimated_size: size,
        ..Attachment::default()
    })
}

/// What a file is called: by its line, else by its address.
fn display_name(property: &Property, place: Place) -> String {
    let said = NAMES
        .iter()
        .filter_map(|name| property.parameter(name))
        .map(str::trim)
        .find(|name| !name.is_empty());
    // Some say the whole path.
    if let Some(name) = said {
        let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty());
        return file_name(&legalise(last.unwrap_or(name).to_owned()));
    }
    if place != Place::Inside {
        let uri = property.value().trim();
        let path = uri.split(['?', '#']).next().unwrap_or_default();
        let (_, path) = path.split_once("://").unwrap_or(("", path));
        let last = path.split('/').skip(1).filter(|part| !part.is_empty());
        let octets = last.last().and_then(percent::decode);
        let name = octets.map(|octets| String::from_utf8_lossy(&octets).into_owned());
        return file_name(&legalise(name.unwrap_or_else(|| path.to_owned())));
    }
    file_name("")
}

/// The name of a file inside its object: the digest of its line's value and of what it is called.
fn reference(property: &Property) -> String {
    let mut hash = Sha256::new();
    hash.update(property.value());
    for name in NAMES {
        hash.update([0]);
        hash.update(property.parameter(name).unwrap_or_default());
    }
    let digest = hash.finalize();
    let hex = digest.iter().take(8).map(|octet| format!("{octet:02x}"));
    format!("a{}", hex.collect::<String>())
}

/// A FileReference without what stands before the name.
fn name_of(reference: &str) -> &str {
    reference
        .rsplit_once(':')
        .map_or(reference, |(_, name)| name)
}

/// How many octets base64 stands for.
fn decoded_length(digits: &str) -> u64 {
    let digits = digits
        .bytes()
        .filter(|digit| !digit.is_ascii_whitespace() && *digit != b'=');
    u64::try_from(digits.count())
        .unwrap_or_default()
        .saturating_mul(3)
        / 4
}

/// A page with a link, for an address we do not follow.
fn page(uri: &str, name: &str) -> String {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
    };
    let uri = uri.trim();
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{0}</title></head>\
         <body><p><a href=\"{1}\">{0}</a></p></body></html>",
        escaped(name),
        escaped(uri)
    )
}

/// A file of an object by its name: of the series or of any occurrence.
pub(super) fn find(calendar: &Component<'_>, name: &str) -> Option<File> {
    let events = calendar
        .components()
        .filter(|component| component.name() == "VEVENT");
    let mut lines = events.flat_map(|event| event.all("ATTACH").collect::<Vec<_>>());
    let property = lines.find(|property| reference(property) == name)?;
    let place = Place::of(&property)?;
    let title = display_name(&property, place);
    let said = property.parameter("FMTTYPE");
    Some(match place {
        Place::Inside => File::Here {
            media_type: media_type(said, &title).to_owned(),
            octets: property.octets()?,
        },
        Place::Managed => File::AtServer {
            media_type: media_type(said, &title).to_owned(),
            uri: property.value().trim().to_owned(),
        },
        Place::Web => File::Here {
            media_type: "text/html".to_owned(),
            octets: page(property.value(), &title).into_bytes(),
        },
    })
}

/// Adds and takes away files; the added ones as the phone is told of them. One that is to go and is
/// not there is gone (S2).
pub(super) fn change(
    document: &mut Document,
    event: ComponentId,
    changes: &[AttachmentChange],
) -> Result<Vec<Attachment>, Refused> {
    let mut added = Vec::new();
    for change in changes {
        match change {
            AttachmentChange::Delete { file_reference } => {
                let name = name_of(file_reference);
                let component = document.find(event).ok_or_else(|| gone(Gone))?;
                let lines: Vec<Property> = component
                    .all("ATTACH")
                    .filter(|property| reference(property) == name)
                    .collect();
                for line in lines {
                    document.remove(line.id()).map_err(gone)?;
                }
            }
            AttachmentChange::Add(add) if add.method != PLAIN => {
                return Err(Refused::conversion("an event's attachment is a file"));
            }
            AttachmentChange::Add(add) if encoded_length(add) > room(document) => {
                return Err(gone(Gone));
            }
            AttachmentChange::Add(add) => {
                let line = document.insert(event, &line(add)).map_err(gone)?;
                let component = document.find(event).ok_or_else(|| gone(Gone))?;
                let property = component
                    .all("ATTACH")
                    .find(|property| property.id() == line);
                added.extend(property.as_ref().and_then(shown).map(|file| Attachment {
                    client_id: Some(add.client_id.clone()),
                    ..file
                }));
            }
        }
    }
    Ok(added)
}

/// Octets that an object may still grow by: larger ones nobody could read again.
fn room(document: &Document) -> usize {
    Limits::OBJECT
        .octets
        .saturating_sub(document.to_bytes().len())
}

/// About what a file takes in base64 and in lines of 75 octets.
const fn encoded_length(add: &AttachmentAdd) -> usize {
    add.content.len().div_ceil(3).saturating_mul(4) / 72 * 75 + 1024
}

/// A file as it is written into an event.
fn line(add: &AttachmentAdd) -> ContentLine {
    let name = file_name(&add.display_name);
    ContentLine::new("ATTACH")
        .parameter("FMTTYPE", media_type(add.content_type.as_deref(), &name))
        .parameter("ENCODING", "BASE64")
        .parameter("VALUE", "BINARY")
        .parameter("FILENAME", &name)
        .parameter("X-FILENAME", &name)
        .raw(&STANDARD.encode(&add.content))
}
