//! How much of a part is read, and what of it is passed on. Pure.

use airgate_codec::eas::Range;
use airgate_codec::imap::TransferEncoding;

use crate::item::layout::{Layout, Window};
use crate::item::transfer::Decoder;

/// What is wanted of a part, and which of its encoded octets that takes.
#[derive(Clone, Copy, Debug)]
pub(in crate::command) struct Reading {
    /// The octets to read and the layout by which they were found; `None` reads them all.
    window: Option<(Layout, Window)>,
    /// Decoded octets passed over, and taken then.
    skip: u64,
    take: u64,
}

/// The part does not look as its two ends promised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Misfit;

/// Decodes what is read and cuts out what is wanted, piece by piece.
pub(super) struct Cutter {
    decoder: Decoder,
    layout: Option<Layout>,
    /// Where in the encoded part the next octet is.
    at: u64,
    skip: u64,
    left: u64,
    /// Decoded octets so far, wanted or not.
    seen: u64,
    plain: Vec<u8>,
}

impl Reading {
    /// All of it.
    pub(in crate::command) const fn whole() -> Self {
        Self {
            window: None,
            skip: 0,
            take: u64::MAX,
        }
    }

    /// A range, cut out of the whole.
    pub(in crate::command) const fn cut(range: Range) -> Self {
        Self {
            window: None,
            skip: range.first,
            take: range.last.saturating_sub(range.first).saturating_add(1),
        }
    }

    /// A range of a part laid out like this; `None` if it begins behind the end.
    pub(in crate::command) fn window(layout: Layout, range: Range) -> Option<Self> {
        let window = layout.window(range)?;
        Some(Self {
            window: Some((layout, window)),
            skip: window.skip,
            take: window.take,
        })
    }

    /// The encoded octets to read; `None` for all.
    pub(super) fn partial(&self) -> Option<(u64, u64)> {
        self.window
            .map(|(_, window)| (window.offset, window.length))
    }

    pub(super) fn cutter(&self, encoding: &TransferEncoding) -> Cutter {
        Cutter {
            decoder: Decoder::new(encoding),
            layout: self.window.map(|(layout, _)| layout),
            at: self.window.map_or(0, |(_, window)| window.offset),
            skip: self.skip,
            left: self.take,
            seen: 0,
            plain: Vec::new(),
        }
    }

    /// Whether so many octets still missing at the end are a fault: a window promised them all.
    pub(super) fn complete(&self, left: u64) -> bool {
        self.window.is_none() || left == 0
    }
}

impl Cutter {
    /// The wanted octets of the next encoded piece, decoded.
    pub(super) fn push(&mut self, encoded: &[u8]) -> Result<&[u8], Misfit> {
        if self
            .layout
            .is_some_and(|layout| !layout.fits(self.at, encoded))
        {
            return Err(Misfit);
        }
        self.at = self.at.saturating_add(encoded.len() as u64);
        self.plain.clear();
        self.decoder.push(encoded, &mut self.plain);
        Ok(self.wanted())
    }

    /// The wanted octets that come only with the end.
    pub(super) fn finish(&mut self) -> &[u8] {
        self.plain.clear();
        self.decoder.finish(&mut self.plain);
        self.wanted()
    }

    /// Decoded octets seen, wanted or not: all of the part's where all was read.
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// Wanted octets that did not come.
    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    fn wanted(&mut self) -> &[u8] {
        let length = self.plain.len() as u64;
        self.seen = self.seen.saturating_add(length);
        let skipped = self.skip.min(length);
        self.skip -= skipped;
        let taken = self.left.min(length - skipped);
        if self.left != u64::MAX {
            self.left -= taken;
        }
        let from = usize::try_from(skipped).unwrap_or(usize::MAX);
        let to = usize::try_from(skipped + taken).unwrap_or(usize::MAX);
        self.plain.get(from..to).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(reading: Reading, encoding: &TransferEncoding, pieces: &[&str]) -> (String, u64) {
        let mut cutter = reading.cutter(encoding);
        let mut text = Vec::new();
        for piece in pieces {
            text.extend_from_slice(cutter.push(piece.as_bytes()).expect("it fits"));
        }
        text.extend_from_slice(cutter.finish());
        let text = String::from_utf8(text).expect("text");
        (text, cutter.seen())
    }

    #[test]
    fn a_range_keeps_just_its_octets() {
        let range = Range { first: 3, last: 7 };
        let plain = TransferEncoding::SevenBit;
        let pieces = ["ab", "cd", "", "efgh", "ij"];
        let got = passed(Reading::cut(range), &plain, &pieces);
        assert_eq!(got, ("defgh".into(), 10));
        let got = passed(Reading::whole(), &plain, &pieces);
        assert_eq!(got, ("abcdefghij".into(), 10));
        let quoted = TransferEncoding::QuotedPrintable;
        let pieces = ["a=", "62c=\r", "\nd=65f", "ghij"];
        let got = passed(Reading::cut(range), &quoted, &pieces);
        assert_eq!(got, ("defgh".into(), 10));
        let all = Range {
            first: 0,
            last: u64::MAX,
        };
        let got = passed(Reading::cut(all), &quoted, &pieces);
        assert_eq!(got, ("abcdefghij".into(), 10));
    }
}
