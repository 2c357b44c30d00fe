//! One attachment by its section: what it is, and where its octets are to be had.

use airgate_codec::imap::{Fetched, Part, TransferEncoding};
use bytes::Bytes;

use crate::item::believed::believed;
use crate::item::body::Reach;
use crate::item::tnef;
use crate::item::transfer;
use crate::item::walk::{Walked, walk};

/// The header fields by which a structure is checked: `BODY.PEEK[HEADER.FIELDS (…)]`.
pub const HEADER_FIELDS: &[&str] = &["Content-Type", "Content-Transfer-Encoding"];

/// Octets of a message that are read to find one of its parts ourselves.
pub const MAX_SOURCE: u64 = Reach::FETCH.raw;

/// A part that a section names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attached {
    pub media_type: String,
    pub encoding: TransferEncoding,
    /// Still encoded.
    pub size: u64,
}

/// Where a section leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Lookup {
    /// The backend has it under this section.
    There(Attached),
    /// The structure is not to be believed (T1, T68): read the message and ask its [`Source`].
    ReadSource,
    Nowhere,
}

/// Looks for a section in the structure that came with `message`; the empty one is all of it.
pub fn look_up(message: &Fetched, section: &str) -> Lookup {
    if section.is_empty() {
        return Lookup::There(Attached::message(message.size.unwrap_or(0)));
    }
    match believed(message) {
        None => Lookup::ReadSource,
        Some(root) => {
            part_at(root, section).map_or(Lookup::Nowhere, |part| Lookup::There(Attached::of(part)))
        }
    }
}

/// A message read from its source and taken apart by ourselves. The sections are those under which
/// its parts were offered.
#[derive(Debug)]
pub struct Source {
    octets: Bytes,
    walked: Walked,
}

impl Source {
    /// `whole` says that nothing is missing at the end.
    pub fn new(octets: Bytes, whole: bool) -> Self {
        let walked = walk(&octets, whole);
        Self { octets, walked }
    }

    /// Octets of the message, as far as it was read.
    pub fn size(&self) -> u64 {
        self.octets.len() as u64
    }

    /// The part with that section and its octets, still encoded; `None` also if its end was not
    /// read.
    pub fn part(&self, section: &str) -> Option<(Attached, Bytes)> {
        let part = part_at(&self.walked.root, section)?;
        let mut leaves = self.walked.leaves.iter();
        let leaf = leaves.find(|leaf| leaf.section == section && leaf.complete)?;
        let octets = self.octets.get(leaf.body.clone())?;
        Some((Attached::of(part), self.octets.slice_ref(octets)))
    }
}

/// The section of a container and the number of a file in it, if that is what a section names.
pub fn container_of(section: &str) -> Option<(&str, usize)> {
    tnef::split_section(section)
}

/// A file inside a container, from the container's octets as they were transferred.
pub fn inside(octets: &[u8], container: &Attached, number: usize) -> Option<(Attached, Bytes)> {
    let octets = transfer::decode(octets, &container.encoding);
    let (media_type, file) = tnef::file(&octets, number)?;
    let attached = Attached {
        media_type,
        encoding: TransferEncoding::Binary,
        size: file.len() as u64,
    };
    Some((attached, file.into()))
}

impl Attached {
    /// The whole message.
    pub fn message(size: u64) -> Self {
        Self {
            media_type: "message/rfc822".into(),
            encoding: TransferEncoding::EightBit,
            size,
        }
    }

    fn of(part: &Part) -> Self {
        Self {
            media_type: part.media_type.clone(),
            encoding: part.encoding.clone(),
            size: part.size,
        }
    }
}

/// The part with that section, in a tree whose depth the parser bounds.
fn part_at<'p>(root: &'p Part, section: &str) -> Option<&'p Part> {
    let mut waiting = vec![root];
    while let Some(part) = waiting.pop() {
        if part.section == section && !part.is_multipart() {
            return Some(part);
        }
        waiting.extend(&part.children);
    }
    None
}
