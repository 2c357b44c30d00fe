//! Compressed RTF ([MS-OXRTFCP]): an LZ77 over a ring of 4096 octets that starts with the words
//! every RTF has.

use super::cursor::Cursor;

/// `LZFu` and `MELA` read as numbers: compressed, and only called so.
const COMPRESSED: u32 = 0x7546_5A4C;
const UNCOMPRESSED: u32 = 0x414C_454D;

const RING: usize = 4096;
/// What the ring holds before the first octet ([MS-OXRTFCP] 2.1.2.1).
const START: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \
    \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\
    \\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// The RTF, at most `limit` octets of it; what a damaged end allows. `None` if it is no such thing.
pub(super) fn decompress(input: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(input);
    let _compressed_size = cursor.u32()?;
    let raw_size = cursor.length()?;
    let kind = cursor.u32()?;
    let _checksum = cursor.u32()?;
    let limit = limit.min(raw_size);
    match kind {
        COMPRESSED => Some(inflate(cursor, limit)),
        UNCOMPRESSED => {
            let octets = cursor.take(cursor.left())?;
            Some(octets.get(..limit).unwrap_or(octets).to_vec())
        }
        _ => None,
    }
}

fn inflate(mut cursor: Cursor<'_>, limit: usize) -> Vec<u8> {
    let mut ring = Ring::new();
    // Nine octets can make 136: an announced size is only believed that far.
    let mut out = Vec::with_capacity(limit.min(cursor.left().saturating_mul(16)));
    while let Some(control) = cursor.u8() {
        for bit in 0..8 {
            if out.len() >= limit {
                return out;
            }
            if control >> bit & 1 == 0 {
                let Some(octet) = cursor.u8() else {
                    return out;
                };
                ring.put(octet);
                out.push(octet);
                continue;
            }
            let (Some(high), Some(low)) = (cursor.u8(), cursor.u8()) else {
                return out;
            };
            let offset = usize::from(high) << 4 | usize::from(low >> 4);
            if offset == ring.write {
                return out;
            }
            for step in 0..usize::from(low & 15) + 2 {
                let octet = ring.at(offset + step);
                ring.put(octet);
                out.push(octet);
            }
        }
    }
    out
}

struct Ring {
    octets: [u8; RING],
    write: usize,
}

impl Ring {
    fn new() -> Self {
        let mut octets = [b' '; RING];
        for (place, octet) in octets.iter_mut().zip(START) {
            *place = *octet;
        }
        Self {
            octets,
            write: START.len(),
        }
    }

    fn at(&self, offset: usize) -> u8 {
        self.octets.get(offset % RING).copied().unwrap_or(b' ')
    }

    fn put(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.write) {
            *place = octet;
        }
        self.write = (self.write + 1) % RING;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of [MS-OXRTFCP] 4.
    #[test]
    fn the_examples_of_the_specification() {
        assert_eq!(START.len(), 207);
        let hello: &[u8] = &[
            0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03,
            0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3,
            0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d,
            0x0a, 0x80, 0x0f, 0xa0,
        ];
        let crossing: &[u8] = &[
            0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41,
            0x00, 0x04, 0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
        ];
        for (input, text) in [
            (hello, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
            (crossing, "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        ] {
            let out = decompress(input, 1000).expect("compressed RTF");
            assert_eq!(String::from_utf8_lossy(&out), text);
            for length in 0..input.len() {
                let cut = decompress(&input[..length], 1000).unwrap_or_default();
                assert!(text.as_bytes().starts_with(&cut), "{length}");
            }
            assert_eq!(decompress(input, 5).map(|out| out.len() >= 5), Some(true));
        }
    }

    #[test]
    fn what_only_calls_itself_compressed() {
        let input = b"\x10\0\0\0\x03\0\0\0MELA\0\0\0\0abcdef";
        assert_eq!(decompress(input, 1000).as_deref(), Some(&b"abc"[..]));
        assert_eq!(decompress(b"\x10\0\0\0\x03\0\0\0none\0\0\0\0abc", 9), None);
        assert_eq!(decompress(b"", 9), None);
    }
}
