//! Where the octets of a range lie in a part that is still encoded, so that a Range is read as such
//! and not cut out of the whole. Only what a look at both ends of a part proves is believed: the
//! size servers tell may be wrong, and a base64 part may have lines of any length, or of several.

use airgate_codec::eas::Range;
use airgate_codec::imap::TransferEncoding;

use crate::item::transfer::is_base64_octet;

/// Octets read of the beginning of a part: two of the longest lines there may be.
pub const HEAD: u64 = 2048;
/// Octets read of its end, and as many beyond it: that no more come proves where it ends.
pub const TAIL: u64 = 1024;

/// Parts beyond a tebibyte are a server's fault of counting.
const MAX_SIZE: u64 = 1 << 40;

/// How the octets of a part lie in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Layout {
    /// As they are; so many.
    Plain { total: u64 },
    /// base64, every line but the last as long as the first.
    Lines(Lines),
}

/// Lines of base64.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lines {
    /// Characters in a line: whole groups of four.
    line: u64,
    /// Octets of a line end: CRLF, or LF from servers that forget the CR.
    end: u64,
    /// Characters of data without padding.
    characters: u64,
}

/// Octets of a part to read for a range.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Window {
    /// Encoded octets: first and how many.
    pub offset: u64,
    pub length: u64,
    /// Decoded octets before the first that is wanted.
    pub skip: u64,
    /// Decoded octets that are wanted.
    pub take: u64,
}

impl Layout {
    /// The layout of a part of `size` encoded octets, from its first [`HEAD`] octets and what came
    /// from `size` - [`TAIL`] on; `None` for what is not laid out in a way that can be computed.
    pub fn of(encoding: &TransferEncoding, size: u64, head: &[u8], tail: &[u8]) -> Option<Self> {
        // More or fewer at either end: the size is wrong, or the server does not cut.
        if head.len() as u64 != HEAD
            || tail.len() as u64 != TAIL
            || !(HEAD.max(TAIL)..MAX_SIZE).contains(&size)
        {
            return None;
        }
        match encoding {
            TransferEncoding::SevenBit | TransferEncoding::EightBit | TransferEncoding::Binary => {
                Some(Self::Plain { total: size })
            }
            TransferEncoding::Base64 => Lines::of(size, head, tail).map(Self::Lines),
            _ => None,
        }
    }

    /// Decoded octets in all.
    pub const fn total(&self) -> u64 {
        match self {
            Self::Plain { total } => *total,
            Self::Lines(lines) => {
                let rest = lines.characters % 4;
                // Two characters more are one octet more, three are two; one cannot be.
                lines.characters / 4 * 3 + rest.saturating_sub(1)
            }
        }
    }

    /// What to read for a range; `None` if it begins behind the end.
    pub fn window(&self, range: Range) -> Option<Window> {
        let last = range.last.min(self.total().checked_sub(1)?);
        let take = last.checked_sub(range.first)? + 1;
        Some(match self {
            Self::Plain { .. } => Window {
                offset: range.first,
                length: take,
                skip: 0,
                take,
            },
            Self::Lines(lines) => {
                let offset = lines.octet_of(range.first / 3 * 4);
                let after = (last / 3 + 1) * 4;
                let end = lines.octet_of(after.min(lines.characters).saturating_sub(1)) + 1;
                Window {
                    offset,
                    length: end.saturating_sub(offset),
                    skip: range.first % 3,
                    take,
                }
            }
        })
    }

    /// Whether octets that came from `offset` look as this layout says: characters where it has
    /// characters, line ends where it has line ends. Of octets as they are nothing can be said.
    pub fn fits(&self, offset: u64, octets: &[u8]) -> bool {
        match self {
            Self::Plain { .. } => true,
            Self::Lines(lines) => lines.fits(offset, octets),
        }
    }
}

impl Lines {
    fn of(size: u64, head: &[u8], tail: &[u8]) -> Option<Self> {
        let line = head.iter().position(|&octet| !is_base64_octet(octet))?;
        let end = match head.get(line..)? {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => return None,
        };
        if line == 0 || !line.is_multiple_of(4) {
            return None;
        }
        let mut lines = Self {
            line: line as u64,
            end,
            characters: size,
        };
        if !lines.fits(0, head) {
            return None;
        }
        // From behind: blank lines, padding, then the last character of data.
        let data = tail.trim_ascii_end();
        let bare = data.strip_suffix(b"==").or_else(|| data.strip_suffix(b"="));
        let padding = data.len() - bare.map_or(data.len(), <[u8]>::len);
        let data = bare.unwrap_or(data);
        if !data.last().is_some_and(|&octet| is_base64_octet(octet)) {
            return None;
        }
        let start = size.checked_sub(tail.len() as u64)?;
        let last = start + data.len() as u64 - 1;
        let column = last % (lines.line + lines.end);
        if column >= lines.line {
            return None;
        }
        lines.characters = last / (lines.line + lines.end) * lines.line + column + 1;
        let padded = match (lines.characters % 4, padding) {
            (0, 0) | (2, 0 | 2) | (3, 0 | 1) => true,
            _ => return None,
        };
        (padded && lines.fits(start, data)).then_some(lines)
    }

    /// Where a character is.
    const fn octet_of(&self, character: u64) -> u64 {
        character / self.line * (self.line + self.end) + character % self.line
    }

    fn fits(&self, offset: u64, octets: &[u8]) -> bool {
        let step = self.line + self.end;
        let data = self.octet_of(self.characters.saturating_sub(1));
        let mut column = offset % step;
        let mut left = data.saturating_add(1).saturating_sub(offset);
        for &octet in octets {
            if left == 0 {
                return true;
            }
            let good = match column.checked_sub(self.line) {
                None => is_base64_octet(octet),
                Some(0) if self.end == 2 => octet == b'\r',
                Some(_) => octet == b'\n',
            };
            if !good {
                return false;
            }
            column = if column + 1 == step { 0 } else { column + 1 };
            left -= 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;
    use crate::item::transfer::Decoder;

    /// Octets in lines of base64, as a part ends: with a line end or not, with padding or not.
    fn encoded(content: &[u8], line: usize, end: &str, last: &str, padded: bool) -> Vec<u8> {
        let mut text = STANDARD.encode(content);
        if !padded {
            text.truncate(text.trim_end_matches('=').len());
        }
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(line)
            .map(|line| std::str::from_utf8(line).expect("ASCII"))
            .collect();
        let mut part = lines.join(end).into_bytes();
        part.extend_from_slice(last.as_bytes());
        part
    }

    fn probed(encoding: &TransferEncoding, part: &[u8], said: u64) -> Option<Layout> {
        let cut = |offset: u64, length: u64| {
            let from = usize::try_from(offset).unwrap().min(part.len());
            let to = usize::try_from(offset + length).unwrap().min(part.len());
            &part[from..to]
        };
        let tail = said.checked_sub(TAIL)?;
        Layout::of(encoding, said, cut(0, HEAD), cut(tail, 2 * TAIL))
    }

    fn read(layout: &Layout, part: &[u8], range: Range) -> Option<Vec<u8>> {
        let window = layout.window(range)?;
        let from = usize::try_from(window.offset).unwrap();
        let to = from + usize::try_from(window.length).unwrap();
        let octets = &part[from..to.min(part.len())];
        assert!(layout.fits(window.offset, octets), "{window:?}");
        let mut plain = octets.to_vec();
        if matches!(layout, Layout::Lines(_)) {
            plain.clear();
            let mut decoder = Decoder::new(&TransferEncoding::Base64);
            decoder.push(octets, &mut plain);
            decoder.finish(&mut plain);
        }
        let skip = usize::try_from(window.skip).unwrap();
        let take = usize::try_from(window.take).unwrap();
        Some(plain[skip..skip + take].to_vec())
    }

    fn noise(length: usize) -> Vec<u8> {
        (0..length)
            .map(|at| (at * 7 + at / 251 + at / 65_000) as u8)
            .collect()
    }

    #[test]
    fn every_line_length_and_every_end_gives_the_same_octets() {
        let content = noise(3500);
        for extra in 0..3 {
            let content = &content[..content.len() - extra];
            for line in (4..=HEAD as usize - 4).step_by(4) {
                let part = encoded(content, line, "\r\n", "\r\n", line % 8 == 0);
                let layout = probed(&TransferEncoding::Base64, &part, part.len() as u64)
                    .unwrap_or_else(|| panic!("lines of {line}, {extra} less"));
                assert_eq!(layout.total(), content.len() as u64, "lines of {line}");
                let length = content.len() as u64;
                for (first, last) in [
                    (0, 0),
                    (0, length - 1),
                    (1, 5),
                    (56, 57),
                    (length - 1, length + 50),
                    (1234, 2345),
                ] {
                    let got = read(&layout, &part, Range { first, last }).expect("inside");
                    let end = usize::try_from(last.min(length - 1)).unwrap();
                    assert!(
                        got == content[usize::try_from(first).unwrap()..=end],
                        "lines of {line}: {first}-{last}"
                    );
                }
                let beyond = Range {
                    first: length,
                    last: length,
                };
                assert_eq!(layout.window(beyond), None);
            }
        }
    }

    #[test]
    fn what_cannot_be_computed_is_left_to_reading() {
        let content = noise(4000);
        let good = encoded(&content, 76, "\r\n", "\r\n", true);
        let base64 = TransferEncoding::Base64;
        let size = good.len() as u64;
        assert!(probed(&base64, &good, size).is_some());
        // A size that is wrong, to either side.
        assert_eq!(probed(&base64, &good, size - 1), None);
        assert_eq!(probed(&base64, &good, size + 1), None);
        assert_eq!(probed(&base64, &good, 0), None);
        assert_eq!(
            probed(&TransferEncoding::QuotedPrintable, &good, size),
            None
        );
        let odd: [(&str, Vec<u8>); 6] = [
            ("lines of 75", encoded(&content, 75, "\r\n", "", true)),
            ("one line", encoded(&content, 8000, "\r\n", "", true)),
            ("blanks", encoded(&content, 76, " \r\n", "", true)),
            (
                "text behind it",
                [&good[..], b"-- \r\nsent by a list\r\n"].concat(),
            ),
            ("glued", [&good[..], &good].concat()),
            ("a line more in the middle", {
                let mut odd = good.clone();
                odd.splice(78 * 20..78 * 20, *b"AAAA\r\n");
                odd
            }),
        ];
        for (name, part) in odd {
            assert_eq!(probed(&base64, &part, part.len() as u64), None, "{name}");
        }
    }

    #[test]
    fn a_short_line_is_noticed_in_the_window_itself() {
        // Both ends are as they should be: two short lines in the middle make up one.
        let content = noise(6000);
        let mut part = encoded(&content, 76, "\r\n", "\r\n", true);
        part.splice(78 * 30 + 36..78 * 30 + 36, *b"\r\n");
        part.splice(78 * 50..78 * 50, b"B".repeat(76));
        let layout = probed(&TransferEncoding::Base64, &part, part.len() as u64).expect("lines");
        assert!(!layout.fits(78 * 29, &part[78 * 29..78 * 32]));
        assert!(layout.fits(78 * 2, &part[78 * 2..78 * 20]));
    }

    #[test]
    fn octets_as_they_are_need_only_their_number() {
        let part = noise(5000);
        for encoding in [
            TransferEncoding::SevenBit,
            TransferEncoding::EightBit,
            TransferEncoding::Binary,
        ] {
            let layout = probed(&encoding, &part, 5000).expect("plain");
            let range = Range {
                first: 4990,
                last: 9999,
            };
            assert_eq!(read(&layout, &part, range).as_deref(), Some(&part[4990..]));
            assert_eq!(probed(&encoding, &part, 4999), None);
        }
    }

    proptest! {
        #[test]
        fn any_range_of_any_part_is_that_range(
            length in 2600_usize..9000,
            line in 1_usize..200,
            lf in any::<bool>(),
            padded in any::<bool>(),
            first in 0_u64..9000,
            count in 1_u64..3000,
        ) {
            let content = noise(length);
            let end = if lf { "\n" } else { "\r\n" };
            let part = encoded(&content, line * 4, end, end, padded);
            let layout = probed(&TransferEncoding::Base64, &part, part.len() as u64);
            let layout = layout.expect("regular");
            prop_assert_eq!(layout.total(), length as u64);
            let range = Range { first, last: first + count - 1 };
            let got = read(&layout, &part, range);
            let start = usize::try_from(first).unwrap().min(length);
            let stop = usize::try_from(first + count).unwrap().min(length);
            let expected = (start < length).then(|| content[start..stop].to_vec());
            prop_assert_eq!(got, expected);
        }

        #[test]
        fn t2_no_octets_make_it_stumble(
            part in proptest::collection::vec(any::<u8>(), 2048..4000),
            said in 0_u64..5000,
            first in any::<u64>(),
            last in any::<u64>(),
        ) {
            if let Some(layout) = probed(&TransferEncoding::Base64, &part, said) {
                let _ = layout.window(Range { first, last });
                prop_assert!(layout.total() <= part.len() as u64);
            }
            let plain = Layout::Plain { total: said };
            let _ = plain.window(Range { first, last });
        }
    }
}
