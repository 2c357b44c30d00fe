//! The original of a smart command taken apart by its structure: which of its parts go along with
//! its text, and which are the pictures that its HTML shows.

use std::collections::HashSet;

use airgate_codec::imap::{Fetched, Part, TransferEncoding};

use super::fields;
use super::lines;
use super::piece::Section;
use crate::item::believed::believed;
use crate::item::body::shown_ids;
use crate::item::structure::{Outline, Seal};

/// The parts of the original besides its text.
#[derive(Debug)]
pub struct Parts {
    list: Vec<Part>,
    /// The original is but this one part: its header is the message's own.
    single: bool,
}

/// A part that goes along, with its own header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attached {
    /// The fields that describe it, each with its CRLF.
    pub(super) header: Vec<u8>,
    pub(super) section: Section,
}

impl Parts {
    /// Takes a message apart by the structure that was fetched of it. `None` where that cannot be
    /// done without loss: signed and encrypted mail, which is worth something only whole; a
    /// structure that cannot be believed (T68) or is too large (T14); octets that no mail transport
    /// carries. Then the original goes along as the message it is.
    pub fn of(message: &Fetched) -> Option<Self> {
        let root = believed(message)?;
        let outline = Outline::as_written(root);
        if outline.seal != Seal::None || outline.overflow || holds_binary(root) {
            return None;
        }
        let list = outline.attachments.iter().map(|found| found.part.clone());
        Some(Self {
            list: list.collect(),
            single: !root.is_multipart(),
        })
    }

    /// The pictures that `html` shows, and the other parts.
    pub fn split(self, html: &str) -> (Self, Self) {
        let ids = shown_ids(html);
        let single = self.single;
        let (shown, other) = self
            .list
            .into_iter()
            .partition(|part| is_shown(part, &ids, html));
        (
            Self {
                list: shown,
                single,
            },
            Self {
                list: other,
                single,
            },
        )
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The sections whose octets are the parts' headers.
    pub fn sections(&self) -> Vec<String> {
        let list = if self.single {
            &[][..]
        } else {
            self.list.as_slice()
        };
        list.iter().map(|part| mime(&part.section)).collect()
    }

    /// The parts with their headers. `message` has the octets of [`Self::sections`] and the message's
    /// own [`super::CONTENT_FIELDS`]; `None` if one is missing.
    pub fn with_headers(&self, message: &Fetched) -> Option<Vec<Attached>> {
        let header = |part: &Part| {
            let wanted = mime(&part.section);
            let mut sections = message.sections.iter();
            let found = sections.find(|section| match self.single {
                true => section.section.starts_with("HEADER"),
                false => section.section.eq_ignore_ascii_case(&wanted),
            });
            found?.octets.as_deref()
        };
        let attached = |part| Some(Attached::new(part, header(part)?));
        self.list.iter().map(attached).collect()
    }
}

impl Attached {
    pub(super) fn new(part: &Part, header: &[u8]) -> Self {
        let header = lines::normalise(header);
        let mut content = Vec::new();
        let all = fields::split(&header).map(|(all, _)| all);
        for field in all.unwrap_or_default() {
            if field.is_content() {
                content.extend_from_slice(field.raw);
                content.extend_from_slice(b"\r\n");
            }
        }
        Self {
            header: content,
            section: Section {
                name: part.section.clone(),
                size: part.size,
                eight_bit: !matches!(
                    part.encoding,
                    TransferEncoding::Base64
                        | TransferEncoding::QuotedPrintable
                        | TransferEncoding::SevenBit
                ),
            },
        }
    }
}

/// The message itself, for where it cannot be taken apart.
pub fn whole(message: &Fetched) -> Section {
    Section {
        name: String::new(),
        size: message.size.unwrap_or(0),
        // Not known before it is read; the label allows what it need not hold.
        eight_bit: true,
    }
}

fn mime(section: &str) -> String {
    format!("{section}.MIME")
}

/// Octets with line ends that are none: they would not survive (RFC 3030 is hardly offered).
fn holds_binary(root: &Part) -> bool {
    let mut waiting = vec![root];
    while let Some(part) = waiting.pop() {
        if part.encoding == TransferEncoding::Binary && !part.is_multipart() {
            return true;
        }
        waiting.extend(&part.children);
    }
    false
}

fn is_shown(part: &Part, ids: &HashSet<String>, html: &str) -> bool {
    let by_id = part
        .id
        .as_deref()
        .is_some_and(|id| ids.contains(&id.to_ascii_lowercase()));
    // MHTML names them by an address (RFC 2557).
    let by_location = part
        .location
        .as_deref()
        .is_some_and(|location| location.len() >= MIN_LOCATION && html.contains(location));
    by_id || by_location
}

/// Shorter ones are found in any HTML.
const MIN_LOCATION: usize = 4;
