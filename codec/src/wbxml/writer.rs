//! Writes one WBXML document into a buffer, without an allocation per token.
//!
//! The writer knows the phone's protocol version and leaves out, with its subtree, every element
//! that version does not define: no token can reach a phone that has no name for it.

use super::legal::first_illegal;
use super::{END, HAS_CONTENT, HEADER, OPAQUE, STR_I, SWITCH_PAGE, Tag};
use crate::version::ProtocolVersion;

/// The writer. Elements opened must be ended; [`Writer::into_bytes`] checks it in debug builds.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    page: u8,
    open: usize,
    /// Depth inside an element that the version lacks; nothing is written while it is not 0.
    hidden: usize,
    version: Option<ProtocolVersion>,
}

impl Writer {
    /// A document for a phone of that version.
    pub fn new(version: ProtocolVersion) -> Self {
        Self::start_document(Some(version))
    }

    /// A document in which every tag may appear: for tools, not for phones.
    pub fn ungated() -> Self {
        Self::start_document(None)
    }

    fn start_document(version: Option<ProtocolVersion>) -> Self {
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(&HEADER);
        Self {
            out,
            page: 0,
            open: 0,
            hidden: 0,
            version,
        }
    }

    /// The version written for; `None` for a tool's document.
    pub const fn version(&self) -> Option<ProtocolVersion> {
        self.version
    }

    /// Opens an element that will have content.
    pub fn start(&mut self, tag: Tag) {
        if self.hides(tag) {
            self.hidden += 1;
            return;
        }
        self.tag(tag, HAS_CONTENT);
        self.open += 1;
    }

    /// Ends the element opened last.
    pub fn end(&mut self) {
        if self.hidden > 0 {
            self.hidden -= 1;
            return;
        }
        debug_assert!(self.open > 0, "end without start");
        self.open = self.open.saturating_sub(1);
        self.out.push(END);
    }

    /// An element without content.
    pub fn empty(&mut self, tag: Tag) {
        if !self.hides(tag) {
            self.tag(tag, 0);
        }
    }

    /// An element with a text value; an empty text gives an empty element.
    pub fn text(&mut self, tag: Tag, value: &str) {
        if value.is_empty() {
            self.empty(tag);
            return;
        }
        self.start(tag);
        self.start_text();
        self.text_piece(value);
        self.end_text();
        self.end();
    }

    /// An element with a number as its value.
    pub fn number(&mut self, tag: Tag, value: impl Into<u64>) {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut rest = value.into();
        loop {
            at -= 1;
            if let Some(digit) = digits.get_mut(at) {
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            }
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let text = digits
            .get(at..)
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        self.text(tag, text.unwrap_or("0"));
    }

    /// An element with `1` or `0` as its value.
    pub fn boolean(&mut self, tag: Tag, value: bool) {
        self.text(tag, if value { "1" } else { "0" });
    }

    /// An element with bytes as its value.
    pub fn opaque(&mut self, tag: Tag, value: &[u8]) {
        self.start(tag);
        self.start_opaque(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.opaque_piece(value);
        self.end();
    }

    /// Begins a text value inside the open element; pieces follow, then [`Self::end_text`].
    pub fn start_text(&mut self) {
        if self.hidden == 0 {
            self.out.push(STR_I);
        }
    }

    /// A piece of a text value. Characters that XML 1.0 forbids are left out (T23).
    pub fn text_piece(&mut self, piece: &str) {
        if self.hidden == 0 {
            push_legal(&mut self.out, piece);
        }
    }

    /// Ends a text value.
    pub fn end_text(&mut self) {
        if self.hidden == 0 {
            self.out.push(0);
        }
    }

    /// Begins an opaque value of exactly `length` bytes; pieces follow.
    pub fn start_opaque(&mut self, length: u32) {
        if self.hidden == 0 {
            self.out.push(OPAQUE);
            push_integer(&mut self.out, length);
        }
    }

    /// A piece of an opaque value.
    pub fn opaque_piece(&mut self, piece: &[u8]) {
        if self.hidden == 0 {
            self.out.extend_from_slice(piece);
        }
    }

    /// How many bytes are waiting in the buffer.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing is waiting in the buffer.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Takes what is written so far, so that a long document can leave in pieces.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The finished document (or what was not taken of it).
    pub fn into_bytes(self) -> Vec<u8> {
        debug_assert!(self.open == 0, "{} elements were not ended", self.open);
        self.out
    }

    fn hides(&self, tag: Tag) -> bool {
        self.hidden > 0 || self.version.is_some_and(|version| !tag.defined_in(version))
    }

    fn tag(&mut self, tag: Tag, content: u8) {
        if tag.page != self.page {
            self.out.extend_from_slice(&[SWITCH_PAGE, tag.page]);
            self.page = tag.page;
        }
        self.out.push(tag.token | content);
    }
}

/// Seven bits a byte, most significant first, continuation bit on all but the last.
fn push_integer(out: &mut Vec<u8>, value: u32) {
    let mut shift = 28;
    while shift > 0 && value >> shift == 0 {
        shift -= 7;
    }
    while shift > 0 {
        out.push(0x80 | u8::try_from(value >> shift & 0x7F).unwrap_or_default());
        shift -= 7;
    }
    out.push(u8::try_from(value & 0x7F).unwrap_or_default());
}

/// Appends `text` without the characters XML 1.0 forbids. The common text has none and is copied
/// in one piece.
fn push_legal(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some((legal, illegal)) = first_illegal(rest).and_then(|at| rest.split_at_checked(at))
    {
        out.extend_from_slice(legal.as_bytes());
        let mut chars = illegal.chars();
        chars.next();
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests;
