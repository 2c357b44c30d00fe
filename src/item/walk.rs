//! A raw message taken apart by ourselves (RFC 2046 5.1), where no BODYSTRUCTURE can be had (T1,
//! T68) or the octets are here anyway. One pass over the lines, no recursion, bounded in depth and
//! number of parts (T14); what is deeper is one part. Sections are numbered as IMAP numbers them.

use std::ops::Range;

use airgate_codec::imap::{Disposition, Part, TransferEncoding};

use crate::item::headers::Headers;
use crate::item::parameters::Field;

/// Multiparts and messages inside each other; the cap of the IMAP side too (T1).
pub(crate) const MAX_DEPTH: usize = 24;
/// Parts of one message. More are counted as part of the last one.
pub(crate) const MAX_PARTS: usize = 1000;
/// Octets of one part's header that are looked at.
const MAX_HEADER: usize = 256 * 1024;
/// RFC 2046 5.1.1 allows 70; some mailers make longer ones.
const MAX_BOUNDARY: usize = 256;

/// A message taken apart.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) root: Part,
    pub(crate) leaves: Vec<Leaf>,
    /// Something was too deep or too much to be shown as parts.
    pub(crate) cut: bool,
}

/// Where one part without children lies in the message.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) section: String,
    pub(crate) encoding: TransferEncoding,
    pub(crate) is_text: bool,
    /// A message/rfc822: its parts are leaves of their own.
    pub(crate) is_message: bool,
    pub(crate) header: Range<usize>,
    pub(crate) body: Range<usize>,
    /// The end was seen: a boundary, or the end of a whole message.
    pub(crate) complete: bool,
}

struct Node {
    part: Part,
    parent: Option<usize>,
    children: usize,
    header: Range<usize>,
    body: Range<usize>,
    complete: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Multipart,
    Message,
    Leaf,
}

/// An entity whose end is not seen yet.
struct Open {
    node: usize,
    boundary: Option<Vec<u8>>,
}

/// Takes `raw` apart. `whole` says that nothing of the message is missing at its end.
pub(crate) fn walk(raw: &[u8], whole: bool) -> Walked {
    let mut walker = Walker {
        raw,
        nodes: Vec::new(),
        open: Vec::new(),
        cut: false,
    };
    walker.run();
    walker.finish(whole)
}

struct Walker<'a> {
    raw: &'a [u8],
    nodes: Vec<Node>,
    open: Vec<Open>,
    cut: bool,
}

impl Walker<'_> {
    fn run(&mut self) {
        let mut at = self.entity(0);
        while at < self.raw.len() {
            let rest = self.raw.get(at..).unwrap_or_default();
            let length = rest
                .iter()
                .position(|&octet| octet == b'\n')
                .map_or(rest.len(), |end| end + 1);
            let line = rest.get(..length).unwrap_or(rest);
            let next = at + length;
            at = match self.boundary(line) {
                Some((level, closing)) => self.delimiter(level, closing, at, next),
                None => next,
            };
        }
    }

    /// Reads the header at `start` and opens what it announces. Returns where its body begins.
    fn entity(&mut self, start: usize) -> usize {
        let mut at = start;
        loop {
            let header_end = self.header_end(at);
            let header = self.raw.get(at..header_end).unwrap_or_default();
            let header = header.get(..MAX_HEADER).unwrap_or(header);
            let parent = self.open.last().map(|open| open.node);
            let (part, boundary) = read_part(header, self.default_type(parent));
            let deep = self.open.len() >= MAX_DEPTH;
            let kind = match part.media_type.as_str() {
                _ if deep => Kind::Leaf,
                "message/rfc822" | "message/global" if is_identity(&part.encoding) => Kind::Message,
                _ if boundary.is_some() && part.is_multipart() => Kind::Multipart,
                _ => Kind::Leaf,
            };
            self.cut |= deep && (part.is_multipart() || part.media_type == "message/rfc822");
            let node = self.nodes.len();
            if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
                parent.children += 1;
            }
            let section = self.section(parent, kind);
            self.nodes.push(Node {
                part: Part { section, ..part },
                parent,
                children: 0,
                header: at..header_end,
                body: header_end..self.raw.len(),
                complete: false,
                kind,
            });
            let boundary = boundary.filter(|_| kind == Kind::Multipart);
            self.open.push(Open { node, boundary });
            at = header_end;
            if kind != Kind::Message || at >= self.raw.len() {
                return at;
            }
        }
    }

    /// Just after the empty line, or the start of a boundary line that came before one.
    fn header_end(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(rest) = self.raw.get(at..).filter(|rest| !rest.is_empty()) {
            let length = rest
                .iter()
                .position(|&octet| octet == b'\n')
                .map_or(rest.len(), |end| end + 1);
            let line = rest.get(..length).unwrap_or(rest);
            if matches!(line, b"\n" | b"\r\n") {
                return at + length;
            }
            // A boundary ends a header; text that never had one begins at once.
            let no_field = at == start && !line.contains(&b':') && !line.starts_with(b"From ");
            if no_field || self.boundary(line).is_some() {
                return at;
            }
            at += length;
        }
        self.raw.len()
    }

    fn default_type(&self, parent: Option<usize>) -> &'static str {
        match parent.and_then(|parent| self.nodes.get(parent)) {
            Some(parent) if parent.part.media_type == "multipart/digest" => "message/rfc822",
            _ => "text/plain",
        }
    }

    /// RFC 9051 6.4.5: the parts of a message's multipart count within the message's own number.
    fn section(&self, parent: Option<usize>, kind: Kind) -> String {
        let Some(parent) = parent.and_then(|parent| self.nodes.get(parent)) else {
            return if kind == Kind::Multipart {
                String::new()
            } else {
                "1".into()
            };
        };
        let prefix = &parent.part.section;
        match parent.kind {
            Kind::Message if kind == Kind::Multipart => prefix.clone(),
            _ if prefix.is_empty() => parent.children.to_string(),
            _ => format!("{prefix}.{}", parent.children),
        }
    }

    /// Which open multipart a line belongs to, the innermost first, and whether it closes it.
    fn boundary(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = line.strip_prefix(b"--")?;
        let text = text.trim_ascii_end();
        self.open
            .iter()
            .enumerate()
            .rev()
            .find_map(|(level, open)| {
                let rest = text.strip_prefix(open.boundary.as_deref()?)?;
                match rest {
                    b"" => Some((level, false)),
                    b"--" => Some((level, true)),
                    _ => None,
                }
            })
    }

    /// A boundary line: everything inside that multipart ends before it.
    fn delimiter(&mut self, level: usize, closing: bool, at: usize, next: usize) -> usize {
        // The line end before the boundary belongs to it.
        let mut end = at;
        for mark in [b'\n', b'\r'] {
            if end > 0 && self.raw.get(end - 1) == Some(&mark) {
                end -= 1;
            }
        }
        while self.open.len() > level + 1 {
            self.close_innermost(end, true);
        }
        if closing {
            if let Some(open) = self.open.get_mut(level) {
                // What follows is the epilogue: no line is this one's boundary any more.
                open.boundary = None;
            }
            return next;
        }
        if self.nodes.len() >= MAX_PARTS {
            self.cut = true;
            return next;
        }
        self.entity(next)
    }

    fn close_innermost(&mut self, end: usize, complete: bool) {
        if let Some(node) = self
            .open
            .pop()
            .and_then(|open| self.nodes.get_mut(open.node))
        {
            node.body.end = end.max(node.body.start);
            node.complete = complete;
            node.part.size = (node.body.end - node.body.start) as u64;
        }
    }

    /// A multipart whose boundary never came is the text it holds.
    fn undivided(&mut self) {
        for index in 0..self.nodes.len() {
            let Some(node) = self.nodes.get(index) else {
                return;
            };
            if node.kind != Kind::Multipart || node.children > 0 {
                continue;
            }
            let parent = node.parent.and_then(|parent| self.nodes.get(parent));
            let section = match parent {
                None => "1".into(),
                Some(parent) if parent.kind == Kind::Message => {
                    format!("{}.1", parent.part.section)
                }
                Some(_) => node.part.section.clone(),
            };
            if let Some(node) = self.nodes.get_mut(index) {
                node.kind = Kind::Leaf;
                node.part.media_type = "text/plain".into();
                node.part.section = section;
            }
        }
    }

    fn finish(mut self, whole: bool) -> Walked {
        while !self.open.is_empty() {
            self.close_innermost(self.raw.len(), whole);
        }
        self.undivided();
        let leaves = self
            .nodes
            .iter()
            .filter(|node| node.kind != Kind::Multipart)
            .map(|node| Leaf {
                section: node.part.section.clone(),
                encoding: node.part.encoding.clone(),
                is_text: node.part.media_type.starts_with("text/"),
                is_message: node.kind == Kind::Message,
                header: node.header.clone(),
                body: node.body.clone(),
                complete: node.complete,
            })
            .collect();
        // A child comes after its parent, so from the end each node is complete when it is moved.
        while let Some(mut node) = self.nodes.pop() {
            node.part.children.reverse();
            if node.kind == Kind::Multipart {
                node.part.size = 0;
            }
            match node.parent.and_then(|parent| self.nodes.get_mut(parent)) {
                Some(parent) => {
                    if parent.kind == Kind::Message {
                        let header = self.raw.get(node.header.clone()).unwrap_or_default();
                        parent.part.subject = Headers::read(header).text("Subject", None);
                    }
                    parent.part.children.push(node.part);
                }
                None => {
                    return Walked {
                        root: node.part,
                        leaves,
                        cut: self.cut,
                    };
                }
            }
        }
        Walked {
            root: Part::default(),
            leaves,
            cut: self.cut,
        }
    }
}

fn is_identity(encoding: &TransferEncoding) -> bool {
    !matches!(
        encoding,
        TransferEncoding::Base64 | TransferEncoding::QuotedPrintable
    )
}

/// What a part's header says, and its boundary.
fn read_part(header: &[u8], default_type: &str) -> (Part, Option<Vec<u8>>) {
    let headers = Headers::read(header);
    let mut content = headers
        .raw("Content-Type")
        .map(Field::read)
        .unwrap_or_default();
    if !is_media_type(&content.value) {
        content.value = default_type.to_owned();
    }
    let boundary = content
        .parameter("boundary")
        .map(|boundary| boundary.trim_end().as_bytes().to_vec())
        .filter(|boundary| !boundary.is_empty() && boundary.len() <= MAX_BOUNDARY);
    if boundary.is_none() && content.value.starts_with("multipart/") {
        // Nothing can divide it: show it as the text it is.
        content.value = "text/plain".into();
    }
    let disposition = headers
        .raw("Content-Disposition")
        .map(Field::read)
        .filter(|field| !field.value.is_empty())
        .map(|field| Disposition {
            kind: field.value,
            parameters: field.parameters,
        });
    let part = Part {
        media_type: content.value,
        parameters: content.parameters,
        id: headers
            .text("Content-ID", None)
            .map(|id| id.trim_matches(['<', '>', ' ']).to_owned()),
        description: headers.text("Content-Description", None),
        encoding: encoding(headers.raw("Content-Transfer-Encoding")),
        disposition,
        location: headers.text("Content-Location", None),
        ..Part::default()
    };
    (part, boundary)
}

/// `text/plain` and the like; anything else means `text/plain` (RFC 2045 5.2).
pub(crate) fn is_media_type(value: &str) -> bool {
    value
        .split_once('/')
        .is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty())
}

/// The value of a Content-Transfer-Encoding field.
pub(crate) fn encoding(value: Option<&[u8]>) -> TransferEncoding {
    let value = Field::read(value.unwrap_or_default()).value;
    match value.as_str() {
        "" | "7bit" | "7-bit" => TransferEncoding::SevenBit,
        "8bit" | "8-bit" => TransferEncoding::EightBit,
        "binary" => TransferEncoding::Binary,
        "base64" => TransferEncoding::Base64,
        "quoted-printable" => TransferEncoding::QuotedPrintable,
        _ => TransferEncoding::Other(value),
    }
}

#[cfg(test)]
mod tests;
