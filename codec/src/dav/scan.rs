//! Where a tag, a text or a comment ends, found in octets as they arrive.

use std::ops::Range;

use memchr::{memchr, memchr3, memmem};

/// Why a document is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("the document has more than {MAX_DOCUMENT} octets")]
    TooLong,
    #[error("the document is not UTF-8")]
    Encoding,
    #[error("a document type declaration, which is refused")]
    DocType,
    #[error("an entity that is not one of XML's own five")]
    Entity,
    #[error("not well-formed: {0}")]
    Syntax(&'static str),
    #[error("more than {MAX_DEPTH} open elements")]
    Depth,
    #[error("more than {} attributes", super::node::MAX_ATTRIBUTES)]
    Attributes,
    #[error("a tag of more than {MAX_TAG} octets")]
    Tag,
    #[error("more than {} elements in one answer", super::node::MAX_NODES)]
    Elements,
    #[error("the document ends too early")]
    CutShort,
    #[error("the document is no {0}")]
    Root(&'static str),
}

/// Longest document (threats section 1). A listing has 300 octets an entry, so this is a collection
/// of 100,000; objects are asked for in batches that stay far below.
pub const MAX_DOCUMENT: usize = 32 * 1024 * 1024;
/// Open elements (threats section 1). Access control lists go down to 9.
pub const MAX_DEPTH: usize = 64;
/// Longest tag, comment or processing instruction (T17). Real ones stay below 1 KiB.
pub const MAX_TAG: usize = 64 * 1024;
/// A text that is longer is passed on in pieces as it arrives.
const PIECE: usize = 64 * 1024;
/// The longest reference: `&#x10FFFF;` with some leading zeros.
const LONGEST_REFERENCE: usize = 16;

/// A part of the document, as a range of what [`Scanner::octets`] gives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// Between `<` and `>` or `/>`.
    Start { inside: Range<usize>, empty: bool },
    /// Between `</` and `>`.
    End(Range<usize>),
    /// Text with its references in it; a long one comes in pieces.
    Text(Range<usize>),
    /// Text as it is.
    CData(Range<usize>),
}

/// Octets of a document, taken apart as they come.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    buffer: Vec<u8>,
    /// Where the next token begins.
    at: usize,
    /// Up to where its end was looked for in vain: never twice, however small the pieces (T17).
    searched: usize,
    /// The quote that a start tag is in.
    quote: Option<u8>,
    total: usize,
}

impl Scanner {
    /// Takes in more of the document.
    ///
    /// # Errors
    /// The document is too long.
    pub(super) fn push(&mut self, octets: &[u8]) -> Result<(), Fault> {
        self.total = self.total.saturating_add(octets.len());
        if self.total > MAX_DOCUMENT {
            return Err(Fault::TooLong);
        }
        self.buffer.drain(..self.at);
        self.searched = self.searched.saturating_sub(self.at);
        self.at = 0;
        self.buffer.extend_from_slice(octets);
        Ok(())
    }

    /// The next token that is complete.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn next(&mut self) -> Result<Option<Token>, Fault> {
        loop {
            let rest = self.rest();
            let skipped = match rest {
                [] => return Ok(None),
                [b'<', b'?', ..] => self.until(b"?>", 2, MAX_TAG)?,
                [b'<', b'!', ..] if rest.starts_with(b"<![CDATA[") => {
                    // Objects come in such sections as a whole: only the document bounds them.
                    let Some(end) = self.until(b"]]>", 9, MAX_DOCUMENT)? else {
                        return Ok(None);
                    };
                    let token = Token::CData(self.at + 9..end - 3);
                    self.advance(end);
                    return Ok(Some(token));
                }
                [b'<', b'!', ..] if rest.starts_with(b"<!--") => self.until(b"-->", 4, MAX_TAG)?,
                [b'<', b'!', ..] if b"<![CDATA[".starts_with(rest) || b"<!--".starts_with(rest) => {
                    None
                }
                [b'<', b'!', ..] => return Err(Fault::DocType),
                [b'<', b'/', ..] => {
                    let Some(end) = self.until(b">", 2, MAX_TAG)? else {
                        return Ok(None);
                    };
                    let token = Token::End(self.at + 2..end - 1);
                    self.advance(end);
                    return Ok(Some(token));
                }
                [b'<'] => None,
                [b'<', ..] => return self.start(),
                _ => return Ok(self.text()),
            };
            match skipped {
                Some(end) => self.advance(end),
                None => return Ok(None),
            }
        }
    }

    /// What a token is made of.
    pub(super) fn octets(&self, range: &Range<usize>) -> &[u8] {
        self.buffer.get(range.clone()).unwrap_or_default()
    }

    /// Whether all of what came was taken apart, blanks at the end aside.
    pub(super) fn is_empty(&self) -> bool {
        self.rest().iter().all(u8::is_ascii_whitespace)
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    fn advance(&mut self, to: usize) {
        self.at = to;
        self.searched = to;
        self.quote = None;
    }

    /// The position behind the next `end`, not looked for within the first `skip` octets.
    fn until(&mut self, end: &[u8], skip: usize, most: usize) -> Result<Option<usize>, Fault> {
        let from = (self.at + skip).max(self.searched.saturating_sub(end.len() - 1));
        let found = self
            .buffer
            .get(from..)
            .and_then(|octets| memmem::find(octets, end))
            .map(|offset| from + offset + end.len());
        let length = found.unwrap_or(self.buffer.len()) - self.at;
        if length > most {
            return Err(Fault::Tag);
        }
        self.searched = self.buffer.len();
        Ok(found)
    }

    /// A start tag, whose attributes may hold a `>`.
    fn start(&mut self) -> Result<Option<Token>, Fault> {
        let mut from = self.searched.max(self.at + 1);
        loop {
            let octets = self.buffer.get(from..).unwrap_or_default();
            let found = match self.quote {
                Some(quote) => memchr(quote, octets),
                None => memchr3(b'>', b'"', b'\'', octets),
            };
            let Some(offset) = found else { break };
            let position = from + offset;
            let octet = self.buffer.get(position).copied().unwrap_or_default();
            from = position + 1;
            if from - self.at > MAX_TAG {
                return Err(Fault::Tag);
            }
            match (self.quote, octet) {
                (Some(_), _) => self.quote = None,
                (None, b'>') => {
                    let inside = self.at + 1..position;
                    let empty = self.octets(&inside).last() == Some(&b'/');
                    let inside = inside.start..inside.end - usize::from(empty);
                    self.advance(from);
                    return Ok(Some(Token::Start { inside, empty }));
                }
                (None, quote) => self.quote = Some(quote),
            }
        }
        self.searched = self.buffer.len();
        if self.buffer.len() - self.at > MAX_TAG {
            return Err(Fault::Tag);
        }
        Ok(None)
    }

    /// A text up to the next tag, or a piece of a long one.
    fn text(&mut self) -> Option<Token> {
        let from = self.searched.max(self.at);
        let found = self.buffer.get(from..).and_then(|rest| memchr(b'<', rest));
        let end = match found {
            Some(offset) => from + offset,
            None => {
                self.searched = self.buffer.len();
                if self.buffer.len() - self.at < PIECE {
                    return None;
                }
                self.at + cut(self.rest())
            }
        };
        let token = Token::Text(self.at..end);
        let seen = self.searched;
        self.advance(end);
        self.searched = seen.max(end);
        Some(token)
    }
}

/// Where a text that goes on may be cut: not within a character, not within a reference.
fn cut(text: &[u8]) -> usize {
    let mut end = text.len();
    let tail = end.saturating_sub(LONGEST_REFERENCE);
    if let Some(octets) = text.get(tail..)
        && let Some(ampersand) = octets.iter().rposition(|octet| *octet == b'&')
        && !octets.iter().skip(ampersand).any(|octet| *octet == b';')
    {
        end = tail + ampersand;
    }
    // A character that is not whole: at most three octets of it.
    for back in 1..=3.min(end) {
        match text.get(end - back) {
            Some(octet) if octet & 0xC0 == 0x80 => {}
            Some(octet) if *octet >= 0xC0 => {
                let needed = match octet {
                    0xF0.. => 4,
                    0xE0.. => 3,
                    _ => 2,
                };
                return if back < needed { end - back } else { end };
            }
            _ => break,
        }
    }
    end
}
