//! What an outgoing mail is made of: octets at hand, and sections of the original that are read only
//! while they are written. So a forward of any size takes no more memory than its text.

use bytes::Bytes;

use super::lines::Normaliser;

/// One piece of a mail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Octets at hand, with whatever line ends they came.
    Octets(Bytes),
    /// Octets of the original.
    Section(Section),
}

/// A section of the original as IMAP names it; the empty one is all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Section {
    pub name: String,
    /// Octets, as the server tells.
    pub size: u64,
    /// It may hold octets beyond ASCII.
    pub eight_bit: bool,
}

/// Turns pieces into the octets that leave: CRLF throughout, no NUL (T26). What a piece ends with
/// never joins with what the next begins with.
#[derive(Debug, Default)]
pub struct PieceWriter {
    lines: Normaliser,
}

impl PieceWriter {
    /// Appends the next octets of the present piece.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        self.lines.push(octets, out);
    }

    /// Ends the present piece.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        self.lines.settle(out);
    }
}

/// Pieces in the making; text written by us gathers until something else comes.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pieces: Vec<Piece>,
    own: Vec<u8>,
}

impl Assembly {
    /// The text at the end, to write on.
    pub(super) const fn own(&mut self) -> &mut Vec<u8> {
        &mut self.own
    }

    pub(super) fn text(&mut self, octets: impl AsRef<[u8]>) {
        self.own.extend_from_slice(octets.as_ref());
    }

    /// Octets shared with the request.
    pub(super) fn shared(&mut self, octets: Bytes) {
        if !octets.is_empty() {
            self.flush();
            self.pieces.push(Piece::Octets(octets));
        }
    }

    pub(super) fn section(&mut self, section: Section) {
        self.flush();
        self.pieces.push(Piece::Section(section));
    }

    pub(super) fn append(&mut self, other: Self) {
        for piece in other.pieces {
            match piece {
                Piece::Octets(octets) => self.shared(octets),
                Piece::Section(section) => self.section(section),
            }
        }
        self.text(other.own);
    }

    /// Whether anything in it may be beyond ASCII.
    pub(super) fn is_eight_bit(&self) -> bool {
        !self.own.is_ascii()
            || self.pieces.iter().any(|piece| match piece {
                Piece::Octets(octets) => !octets.is_ascii(),
                Piece::Section(section) => section.eight_bit,
            })
    }

    /// Ends the last line, if that is open.
    pub(super) fn end_line(&mut self) {
        let open = |octets: &[u8]| !matches!(octets.last(), Some(b'\n' | b'\r'));
        let last_is_open = match (self.own.is_empty(), self.pieces.last()) {
            (true, Some(Piece::Octets(octets))) => open(octets),
            (true, _) => true,
            (false, _) => open(&self.own),
        };
        if last_is_open {
            self.text(b"\r\n");
        }
    }

    pub(super) fn finish(mut self) -> Vec<Piece> {
        self.flush();
        self.pieces
    }

    fn flush(&mut self) {
        if !self.own.is_empty() {
            let own = std::mem::take(&mut self.own);
            self.pieces.push(Piece::Octets(own.into()));
        }
    }
}
