//! A mail server of one message: answers both fetches of the translation as IMAP does. Its idea of
//! the structure is mail-parser's, so that our own walker is checked against another reading.

use airgate_codec::eas::email::Email;
use airgate_codec::imap::{
    Disposition, Fetched, FetchedSection, Flags, Part, Structure, TransferEncoding,
};
use jiff::tz::TimeZone;
use mail_parser::{Encoding, Message, MessageParser, MimeHeaders, PartType};

use crate::item::email::{self, BodyOptions, Context, HEADER_FIELDS, SectionRequest};
use crate::item::headers::Headers;
use crate::item::walk::walk;

/// The user whose mail it is.
pub(super) const ACCOUNT: &str = "bob@example.org";
/// The zone of Airgate's default settings.
static ZONE: TimeZone = TimeZone::UTC;
/// 2026-02-02T09:00:00Z.
const ARRIVED: i64 = 1_770_022_800;

/// One message on a server.
pub(super) struct Server {
    raw: Vec<u8>,
    structure: Option<Part>,
    leaves: Vec<(String, std::ops::Range<usize>)>,
    pub(super) flags: Flags,
}

impl Server {
    #[allow(clippy::disallowed_methods, reason = "only on what lies in fixtures/")]
    pub(super) fn new(raw: &[u8]) -> Self {
        let mut leaves = Vec::new();
        let structure = MessageParser::new()
            .parse(raw)
            .and_then(|message| message_part(&message, raw, "", &mut leaves, 0));
        Self {
            raw: raw.to_vec(),
            structure,
            leaves,
            flags: Flags::default(),
        }
    }

    /// The same with our own reading of the structure: mail-parser's debug assertions do not hold
    /// for every input.
    pub(super) fn walked(raw: &[u8]) -> Self {
        let walked = walk(raw, true);
        Self {
            raw: raw.to_vec(),
            structure: Some(walked.root),
            leaves: walked
                .leaves
                .into_iter()
                .map(|leaf| (leaf.section, leaf.body))
                .collect(),
            flags: Flags::default(),
        }
    }

    /// The first fetch. Without `known`, as after a structure nobody can read.
    pub(super) fn first(&self, known: bool) -> Fetched {
        let structure = match &self.structure {
            Some(part) if known => Structure::Known(Box::new(part.clone())),
            _ => Structure::Opaque,
        };
        let headers = Headers::read(&self.raw);
        let mut octets = Vec::new();
        for name in HEADER_FIELDS {
            for value in headers.all(name) {
                octets.extend_from_slice(name.as_bytes());
                octets.extend_from_slice(b": ");
                octets.extend_from_slice(value);
                octets.extend_from_slice(b"\r\n");
            }
        }
        Fetched {
            flags: Some(self.flags.clone()),
            internal_date: Some(ARRIVED),
            size: Some(self.raw.len() as u64),
            structure: Some(structure),
            sections: vec![FetchedSection {
                section: "HEADER.FIELDS (FROM SUBJECT)".into(),
                origin: None,
                octets: Some(octets),
            }],
            ..Fetched::default()
        }
    }

    /// The second fetch, merged into the first.
    pub(super) fn second(&self, fetched: &mut Fetched, wanted: &[SectionRequest]) {
        for request in wanted {
            let octets = if request.section.is_empty() {
                Some(&self.raw[..])
            } else {
                self.leaves
                    .iter()
                    .find(|(section, _)| *section == request.section)
                    .and_then(|(_, range)| self.raw.get(range.clone()))
            };
            fetched.sections.push(FetchedSection {
                section: request.section.clone(),
                origin: Some(0),
                octets: octets
                    .map(|octets| octets[..octets.len().min(request.first as usize)].to_vec()),
            });
        }
    }

    pub(super) fn email(&self, known: bool, options: &BodyOptions) -> (Email, Vec<SectionRequest>) {
        let mut fetched = self.first(known);
        let wanted = email::sections_wanted(&fetched, options);
        self.second(&mut fetched, &wanted);
        (email::email(&fetched, options, &context()), wanted)
    }
}

pub(super) fn context() -> Context<'static> {
    Context {
        account_address: ACCOUNT,
        reference: &|section| format!("ref:{section}"),
        time_zone: &ZONE,
    }
}

/// Deeper than a BODYSTRUCTURE may be (T1): then there is none.
const MAX_DEPTH: usize = 24;

fn message_part(
    message: &Message<'_>,
    raw: &[u8],
    prefix: &str,
    leaves: &mut Vec<(String, std::ops::Range<usize>)>,
    depth: usize,
) -> Option<Part> {
    let root = message.parts.first()?;
    let section = match root.body {
        PartType::Multipart(_) => prefix.to_owned(),
        _ if prefix.is_empty() => "1".into(),
        _ => format!("{prefix}.1"),
    };
    part(message, 0, raw, section, leaves, depth)
}

fn part(
    message: &Message<'_>,
    index: usize,
    raw: &[u8],
    section: String,
    leaves: &mut Vec<(String, std::ops::Range<usize>)>,
    depth: usize,
) -> Option<Part> {
    if depth > MAX_DEPTH {
        return None;
    }
    let source = message.parts.get(index)?;
    let content_type = source.content_type();
    let mut media_type = content_type.map_or_else(
        || "text/plain".into(),
        |c| format!("{}/{}", c.ctype(), c.subtype().unwrap_or_default()).to_ascii_lowercase(),
    );
    let mut children = Vec::new();
    let mut subject = None;
    match &source.body {
        PartType::Multipart(ids) => {
            for (number, id) in ids.iter().enumerate() {
                let child = match section.as_str() {
                    "" => (number + 1).to_string(),
                    section => format!("{section}.{}", number + 1),
                };
                children.push(part(message, *id as usize, raw, child, leaves, depth + 1)?);
            }
        }
        PartType::Message(inner) => {
            media_type = "message/rfc822".into();
            subject = inner.subject().map(str::to_owned);
            if source.encoding == Encoding::None {
                children.push(message_part(inner, raw, &section, leaves, depth + 1)?);
            }
        }
        _ if media_type.starts_with("multipart/") => media_type = "text/plain".into(),
        _ => {}
    }
    let range = source.raw_body_offset() as usize..source.raw_end_offset() as usize;
    let is_multipart = matches!(source.body, PartType::Multipart(_));
    let parameters = |attributes: Option<&[mail_parser::Attribute<'_>]>| {
        attributes
            .unwrap_or_default()
            .iter()
            .map(|a| (a.name.to_string(), a.value.to_string()))
            .collect::<Vec<_>>()
    };
    let made = Part {
        section: section.clone(),
        media_type,
        parameters: parameters(content_type.and_then(|c| c.attributes())),
        id: source.content_id().map(str::to_owned),
        description: source.content_description().map(str::to_owned),
        encoding: match source.content_transfer_encoding() {
            Some(name) => match name.to_ascii_lowercase().as_str() {
                "base64" => TransferEncoding::Base64,
                "quoted-printable" => TransferEncoding::QuotedPrintable,
                "8bit" => TransferEncoding::EightBit,
                "7bit" => TransferEncoding::SevenBit,
                "binary" => TransferEncoding::Binary,
                other => TransferEncoding::Other(other.into()),
            },
            None => TransferEncoding::SevenBit,
        },
        size: if is_multipart { 0 } else { range.len() as u64 },
        disposition: source.content_disposition().map(|d| Disposition {
            kind: d.ctype().to_ascii_lowercase(),
            parameters: parameters(d.attributes()),
        }),
        location: source.content_location().map(str::to_owned),
        children,
        subject,
    };
    if !is_multipart {
        leaves.push((section, range));
    }
    Some(made)
}
