//! `winmail.dat` opened for phones (REFERENCE.md: TNEF is decoded for all but Outlook agents): what
//! Outlook wrapped up appears as attachments of the mail, and as its body where there is no other.
//!
//! A part inside has a section of its own behind that of the container: `2t1` is the first file in
//! part 2. Meetings in TNEF stay as they are: nothing here could answer them.

mod embedded;

use airgate_codec::imap::{Disposition, Part, TransferEncoding};
use airgate_codec::tnef::{self, Tnef, TnefAttachment, TnefBody, TnefContent};

use crate::item::charset;
use crate::item::content::Content;
use crate::item::legal::legalise;
use crate::item::mime_text::with_crlf;
use crate::item::spare_body::Spare;
use crate::item::transfer;

/// A container's content, named like parts of the mail.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The section of the container.
    pub(crate) container: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) body: Option<Spare>,
    /// Everything in it can be shown: the container itself is not missed.
    pub(crate) whole: bool,
}

/// Whether a part is a container, by its type or by the name that Outlook gives it.
pub(crate) fn is_tnef(part: &Part) -> bool {
    matches!(
        part.media_type.as_str(),
        "application/ms-tnef" | "application/vnd.ms-tnef"
    ) || part.media_type == "application/octet-stream"
        && part
            .file_name()
            .is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
}

/// Opens a container whose octets were fetched; `None` leaves it the file it is.
pub(crate) fn open(content: &Content<'_>, part: &Part) -> Option<Opened> {
    let piece = content.part(part)?;
    let octets = transfer::decode(piece.octets, &part.encoding);
    let tnef = tnef::open(&octets).filter(|tnef| !is_meeting(tnef))?;
    let shown = |attachment: &TnefAttachment<'_>| attachment.content != TnefContent::Opaque;
    let parts: Vec<Part> = tnef
        .attachments
        .iter()
        .enumerate()
        .filter(|(_, attachment)| shown(attachment))
        .map(|(index, attachment)| as_part(attachment, &inner_section(&part.section, index + 1)))
        .collect();
    let whole = tnef.complete && piece.complete && parts.len() == tnef.attachments.len();
    let body = tnef.body().map(|body| match body {
        TnefBody::Plain(text) => Spare::Plain(with_crlf(&legalise(text))),
        TnefBody::Html(octets, label) => Spare::Html(charset::decode_html(&octets, label)),
    });
    Some(Opened {
        container: part.section.clone(),
        parts,
        body,
        whole,
    })
}

/// The file with this number in a decoded container: its media type and octets.
pub(crate) fn file(octets: &[u8], number: usize) -> Option<(String, Vec<u8>)> {
    let tnef = tnef::open(octets).filter(|tnef| !is_meeting(tnef))?;
    let attachment = tnef.attachments.get(number.checked_sub(1)?)?;
    match attachment.content {
        TnefContent::File(octets) => Some((media_type(attachment), octets.to_vec())),
        TnefContent::Message(octets) => Some(("message/rfc822".into(), embedded::message(octets)?)),
        TnefContent::Opaque => None,
    }
}

/// `2t1`: the section of the container, and the number of the file in it.
pub(crate) fn split_section(section: &str) -> Option<(&str, usize)> {
    let (container, number) = section.rsplit_once('t')?;
    Some((container, number.parse().ok()?))
}

fn inner_section(container: &str, number: usize) -> String {
    format!("{container}t{number}")
}

fn is_meeting(tnef: &Tnef<'_>) -> bool {
    let class = tnef.message_class.as_deref().unwrap_or_default();
    let class = class.to_ascii_lowercase();
    class.starts_with("ipm.microsoft schedule") || class.starts_with("ipm.schedule")
}

fn as_part(attachment: &TnefAttachment<'_>, section: &str) -> Part {
    let size = match attachment.content {
        TnefContent::File(octets) | TnefContent::Message(octets) => octets.len() as u64,
        TnefContent::Opaque => 0,
    };
    let name = attachment
        .name
        .clone()
        .map(|name| ("filename".into(), name));
    Part {
        section: section.to_owned(),
        media_type: media_type(attachment),
        id: attachment.content_id.clone(),
        location: attachment.content_location.clone(),
        encoding: TransferEncoding::Binary,
        size,
        disposition: Some(Disposition {
            kind: if attachment.hidden {
                "inline"
            } else {
                "attachment"
            }
            .into(),
            parameters: name.into_iter().collect(),
        }),
        ..Part::default()
    }
}

fn media_type(attachment: &TnefAttachment<'_>) -> String {
    if matches!(attachment.content, TnefContent::Message(_)) {
        return "message/rfc822".into();
    }
    let said = attachment.media_type.as_deref().unwrap_or_default();
    let said = said.trim().to_ascii_lowercase();
    if said.bytes().all(|octet| octet.is_ascii_graphic()) && said.contains('/') {
        return said;
    }
    "application/octet-stream".into()
}
