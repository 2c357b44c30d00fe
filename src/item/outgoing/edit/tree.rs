//! A message's content as a tree that can be edited: what is not touched is written as the octets
//! it was.
//!
//! Parts are numbered as IMAP numbers them, since that is how a phone names an attachment. Sealed
//! multiparts and messages inside the message are leaves: nothing in them is ours to change.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::item::outgoing::fields::{self, Field};
use crate::item::parameters;
use crate::item::walk::{MAX_DEPTH, MAX_PARTS, is_media_type, walk};

/// One entity: its content fields, each with its line end, and what follows the empty line.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) header: Cow<'a, [u8]>,
    pub(super) content: Content<'a>,
    /// The section it had in the message that was read.
    pub(super) origin: Option<String>,
    /// A sealed multipart's prefix there, of the sections inside it.
    sealed: Option<String>,
    /// Which of the added attachments it is.
    pub(super) added: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Content<'a> {
    Octets(Cow<'a, [u8]>),
    Parts {
        boundary: Vec<u8>,
        /// What stands before the first delimiter, its line end included.
        preamble: Cow<'a, [u8]>,
        parts: Vec<Node<'a>>,
        /// The closing delimiter and what follows it.
        tail: Cow<'a, [u8]>,
    },
}

/// A place in the tree: the index at each level.
pub(super) type Path = Vec<usize>;

/// Sections of an edited message.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) added: BTreeMap<usize, String>,
    pub(super) moved: Vec<(String, String)>,
}

impl<'a> Node<'a> {
    /// Reads an entity with CRLF line ends.
    pub(super) fn read(entity: &'a [u8]) -> Self {
        let mut left = MAX_PARTS;
        let mut root = Self::read_at(entity, 0, &mut left);
        root.mark("");
        root
    }

    fn read_at(entity: &'a [u8], depth: usize, left: &mut usize) -> Self {
        let length = header_length(entity);
        let (header, rest) = entity.split_at(length);
        let body = rest.strip_prefix(b"\r\n").unwrap_or(rest);
        let header = Cow::Borrowed(header);
        let content = match boundary(&header).filter(|_| depth < MAX_DEPTH) {
            Some(boundary) => divide(body, boundary, depth, left),
            None => Content::Octets(Cow::Borrowed(body)),
        };
        Self {
            header,
            content,
            origin: None,
            sealed: None,
            added: None,
        }
    }

    /// A leaf or a ready-made entity of ours.
    pub(super) fn made(entity: Vec<u8>) -> Self {
        let length = header_length(&entity);
        let (header, rest) = entity.split_at(length);
        let body = rest.strip_prefix(b"\r\n").unwrap_or(rest);
        Self {
            header: Cow::Owned(header.to_vec()),
            content: Content::Octets(Cow::Owned(body.to_vec())),
            origin: None,
            sealed: None,
            added: None,
        }
    }

    /// A multipart of ours around these.
    pub(super) fn multipart(kind: &str, boundary: String, parts: Vec<Self>) -> Self {
        let mut header =
            format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n").into_bytes();
        if !parts.iter().all(Self::is_ascii) {
            header.extend_from_slice(b"Content-Transfer-Encoding: 8bit\r\n");
        }
        let boundary = boundary.into_bytes();
        let tail = closing(&boundary);
        Self {
            header: Cow::Owned(header),
            content: Content::Parts {
                boundary,
                preamble: Cow::Borrowed(b""),
                parts,
                tail: Cow::Owned(tail),
            },
            origin: None,
            sealed: None,
            added: None,
        }
    }

    /// `type/subtype`, in lower case.
    pub(super) fn media_type(&self) -> String {
        content_type(&self.header).value
    }

    /// A part with nothing in it.
    pub(super) fn is_blank(&self) -> bool {
        matches!(&self.content, Content::Octets(octets) if octets.trim_ascii().is_empty())
    }

    pub(super) fn parts(&self) -> &[Self] {
        match &self.content {
            Content::Parts { parts, .. } => parts,
            Content::Octets(_) => &[],
        }
    }

    pub(super) const fn parts_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.content {
            Content::Parts { parts, .. } => Some(parts),
            Content::Octets(_) => None,
        }
    }

    pub(super) fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        let mut node = self;
        for index in path {
            node = node.parts_mut()?.get_mut(*index)?;
        }
        Some(node)
    }

    /// The path to the part that had this section.
    pub(super) fn find(&self, section: &str) -> Option<Path> {
        self.find_by(&|node| node.origin.as_deref() == Some(section))
    }

    fn find_by(&self, wanted: &dyn Fn(&Self) -> bool) -> Option<Path> {
        if wanted(self) {
            return Some(Vec::new());
        }
        self.parts().iter().enumerate().find_map(|(index, part)| {
            let mut path = part.find_by(wanted)?;
            path.insert(0, index);
            Some(path)
        })
    }

    /// Takes parts out, and multiparts that are empty then. A root that goes leaves an empty text.
    pub(super) fn remove(&mut self, gone: &dyn Fn(&Self) -> bool) {
        if gone(self) || self.prune(gone) {
            *self = Self::made(b"Content-Type: text/plain; charset=utf-8\r\n\r\n".to_vec());
        }
    }

    /// Whether this became an empty multipart.
    fn prune(&mut self, gone: &dyn Fn(&Self) -> bool) -> bool {
        let Some(parts) = self.parts_mut() else {
            return false;
        };
        let before = parts.len();
        parts.retain_mut(|part| !gone(part) && !part.prune(gone));
        parts.is_empty() && before > 0
    }

    /// Where the parts are now: the sections of the added ones by their index, and of those that
    /// were there before, old and new.
    pub(super) fn places(&self) -> Places {
        let mut places = Places::default();
        self.place("", &mut places);
        places
    }

    fn place(&self, prefix: &str, places: &mut Places) {
        let section = if prefix.is_empty() { "1" } else { prefix };
        if let Some(added) = self.added {
            places.added.insert(added, section.to_owned());
        }
        if let Some(origin) = &self.origin {
            places.moved.push((origin.clone(), section.to_owned()));
        }
        if let Some(sealed) = &self.sealed {
            let mut octets = Vec::new();
            self.write(&mut octets);
            for leaf in walk(&octets, true).leaves {
                let (old, new) = (join(sealed, &leaf.section), join(prefix, &leaf.section));
                places.moved.push((old, new));
            }
        }
        for (index, part) in self.parts().iter().enumerate() {
            part.place(&below(prefix, index), places);
        }
    }

    fn mark(&mut self, prefix: &str) {
        if self.parts().is_empty() {
            if is_sealed(&self.media_type()) {
                self.sealed = Some(prefix.to_owned());
            } else {
                let section = if prefix.is_empty() { "1" } else { prefix };
                self.origin = Some(section.to_owned());
            }
        }
        for (index, part) in self.parts_mut().into_iter().flatten().enumerate() {
            part.mark(&below(prefix, index));
        }
    }

    /// None of the parts was in the message that was read.
    pub(super) fn forget_origins(&mut self) {
        self.origin = None;
        self.sealed = None;
        for part in self.parts_mut().into_iter().flatten() {
            part.forget_origins();
        }
    }

    fn is_ascii(&self) -> bool {
        self.header.is_ascii()
            && match &self.content {
                Content::Octets(octets) => octets.is_ascii(),
                Content::Parts {
                    preamble,
                    parts,
                    tail,
                    ..
                } => preamble.is_ascii() && tail.is_ascii() && parts.iter().all(Self::is_ascii),
            }
    }

    /// Writes content fields, the empty line and the content.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.header);
        out.extend_from_slice(b"\r\n");
        match &self.content {
            Content::Octets(octets) => out.extend_from_slice(octets),
            Content::Parts {
                boundary,
                preamble,
                parts,
                tail,
            } => {
                out.extend_from_slice(preamble);
                for part in parts {
                    out.extend_from_slice(b"--");
                    out.extend_from_slice(boundary);
                    out.extend_from_slice(b"\r\n");
                    part.write(out);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(tail);
            }
        }
    }
}

/// The fields of a content header.
pub(super) fn fields_of(header: &[u8]) -> Vec<Field<'_>> {
    fields::split(header)
        .map(|(all, _)| all)
        .unwrap_or_default()
}

fn below(prefix: &str, index: usize) -> String {
    join(prefix, &(index + 1).to_string())
}

fn join(prefix: &str, section: &str) -> String {
    match prefix {
        "" => section.to_owned(),
        prefix => format!("{prefix}.{section}"),
    }
}

fn is_sealed(media_type: &str) -> bool {
    matches!(media_type, "multipart/signed" | "multipart/encrypted")
}

/// Octets of the fields an entity begins with.
fn header_length(entity: &[u8]) -> usize {
    match fields::split(entity) {
        Some((_, body)) => {
            let rest = entity.len() - body.len();
            let empty_line = entity
                .get(..rest)
                .is_some_and(|head| head.ends_with(b"\r\n\r\n") || head == b"\r\n");
            if empty_line { rest - 2 } else { rest }
        }
        None => 0,
    }
}

fn content_type(header: &[u8]) -> parameters::Field {
    let fields = fields_of(header);
    let mut read = fields
        .iter()
        .find(|field| field.is("Content-Type"))
        .map(|field| parameters::Field::read(field.value()))
        .unwrap_or_default();
    if !is_media_type(&read.value) {
        "text/plain".clone_into(&mut read.value);
    }
    read
}

/// The boundary of a multipart that may be taken apart.
fn boundary(header: &[u8]) -> Option<Vec<u8>> {
    let kind = content_type(header);
    let boundary = kind.parameter("boundary")?.trim_end();
    let open = kind.value.starts_with("multipart/") && !is_sealed(&kind.value);
    (open && !boundary.is_empty()).then(|| boundary.as_bytes().to_vec())
}

fn closing(boundary: &[u8]) -> Vec<u8> {
    [b"--", boundary, b"--\r\n"].concat()
}

/// Divides a body at the delimiter lines of `boundary`. One that has none stays whole.
fn divide<'a>(body: &'a [u8], boundary: Vec<u8>, depth: usize, left: &mut usize) -> Content<'a> {
    let mut pieces: Vec<&'a [u8]> = Vec::new();
    let (mut start, mut at, mut tail) = (0, 0, None);
    while at < body.len() && tail.is_none() {
        let rest = body.get(at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|&octet| octet == b'\n')
            .map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or(rest).trim_ascii_end();
        let mark = line
            .strip_prefix(b"--")
            .and_then(|line| line.strip_prefix(boundary.as_slice()));
        let closes = match mark {
            Some(b"") => Some(false),
            Some(b"--") => Some(true),
            _ => None,
        };
        if let Some(closes) = closes.filter(|closes| *closes || *left > 0) {
            pieces.push(body.get(start..at).unwrap_or_default());
            start = at + length;
            if closes {
                tail = body.get(at..);
            } else {
                *left = left.saturating_sub(1);
            }
        }
        at += length;
    }
    if tail.is_none() {
        pieces.push(body.get(start..).unwrap_or_default());
    }
    let mut pieces = pieces.into_iter();
    let preamble = pieces.next().unwrap_or_default();
    if pieces.len() == 0 {
        return Content::Octets(Cow::Borrowed(body));
    }
    let parts = pieces
        .map(|piece| {
            // The line end before a delimiter belongs to it (RFC 2046 5.1.1).
            let piece = piece.strip_suffix(b"\r\n").unwrap_or(piece);
            Node::read_at(piece, depth + 1, left)
        })
        .collect();
    Content::Parts {
        preamble: Cow::Borrowed(preamble),
        parts,
        tail: tail.map_or_else(|| Cow::Owned(closing(&boundary)), Cow::Borrowed),
        boundary,
    }
}
