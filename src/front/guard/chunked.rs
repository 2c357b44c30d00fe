//! The strict reading of a chunked body (RFC 9112 7.1): `size[;ext] CRLF data CRLF ... 0 CRLF
//! [trailers] CRLF`. It only watches; hyper decodes. What it is for: to know where the next head
//! begins, and to end the connection where two readers could disagree.

use super::head::{Fault, field};

/// Chunk extensions and trailers of one body together (T9 says 1 KiB for extensions).
const MAX_EXTRA: usize = 1024;
/// A chunk of 4 GiB is more than any limit on bodies lets through.
const MAX_SIZE_DIGITS: usize = 8;

/// Where in the grammar the next byte stands.
#[derive(Debug)]
pub(super) struct Scanner {
    place: Place,
    /// Bytes of extensions and trailers so far.
    extra: usize,
    trailer: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Size { value: u64, digits: usize },
    Extension { value: u64 },
    SizeLf { value: u64 },
    Data { left: u64 },
    DataCr,
    DataLf,
    Trailer,
    TrailerLf,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Size {
                value: 0,
                digits: 0,
            },
            extra: 0,
            trailer: Vec::new(),
        }
    }

    /// Watches `bytes` pass; gives the position behind the body where it ends in them.
    ///
    /// # Errors
    /// Anything RFC 9112 7.1 does not have, bare LF and over-long extensions among it.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        let mut position = 0;
        while let Some(byte) = bytes.get(position).copied() {
            if let Place::Data { left } = self.place {
                let here = bytes.len() - position;
                let passed = usize::try_from(left).map_or(here, |left| left.min(here));
                position += passed;
                let left = left - passed as u64;
                self.place = match left {
                    0 => Place::DataCr,
                    left => Place::Data { left },
                };
                continue;
            }
            position += 1;
            if self.step(byte)? {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// One byte outside of data; true at the end of the body.
    fn step(&mut self, byte: u8) -> Result<bool, Fault> {
        self.place = match (self.place, byte) {
            (Place::Size { digits: 0, .. }, b'\r' | b';') => return Err(Fault::Chunk),
            (Place::Size { value, .. }, b'\r') => Place::SizeLf { value },
            (Place::Size { value, .. }, b';') => Place::Extension { value },
            (Place::Size { value, digits }, _) => {
                let digit = char::from(byte).to_digit(16).ok_or(Fault::Chunk)?;
                if digits >= MAX_SIZE_DIGITS {
                    return Err(Fault::Chunk);
                }
                Place::Size {
                    value: value << 4 | u64::from(digit),
                    digits: digits + 1,
                }
            }
            (Place::Extension { value }, b'\r') => Place::SizeLf { value },
            (Place::Extension { value }, _) => {
                if (byte < 0x20 && byte != b'\t') || byte == 0x7F {
                    return Err(Fault::Chunk);
                }
                self.count_extra()?;
                Place::Extension { value }
            }
            (Place::SizeLf { value: 0 }, b'\n') => Place::Trailer,
            (Place::SizeLf { value }, b'\n') => Place::Data { left: value },
            (Place::DataCr, b'\r') => Place::DataLf,
            (Place::DataLf, b'\n') => Place::Size {
                value: 0,
                digits: 0,
            },
            (Place::Trailer, b'\r') => Place::TrailerLf,
            (Place::Trailer, b'\n') => return Err(Fault::LineEnd),
            (Place::Trailer, _) => {
                self.count_extra()?;
                self.trailer.push(byte);
                Place::Trailer
            }
            (Place::TrailerLf, b'\n') if self.trailer.is_empty() => return Ok(true),
            (Place::TrailerLf, b'\n') => {
                field(&std::mem::take(&mut self.trailer))?;
                Place::Trailer
            }
            _ => return Err(Fault::Chunk),
        };
        Ok(false)
    }

    fn count_extra(&mut self) -> Result<(), Fault> {
        self.extra += 1;
        match self.extra > MAX_EXTRA {
            true => Err(Fault::ChunkExtra),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(pieces: &[&[u8]]) -> Result<Option<usize>, Fault> {
        let mut scanner = Scanner::new();
        let mut before = 0;
        for piece in pieces {
            if let Some(end) = scanner.scan(piece)? {
                return Ok(Some(before + end));
            }
            before += piece.len();
        }
        Ok(None)
    }

    #[test]
    fn t9_chunked_bodies_end_where_they_should() {
        let body = b"5\r\nhello\r\n00A;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\nNEXT";
        let end = Some(body.len() - 4);
        assert_eq!(scan(&[body]), Ok(end));
        for cut in 0..body.len() {
            let (left, right) = body.split_at(cut);
            assert_eq!(scan(&[left, right]), Ok(end), "cut at {cut}");
        }
        assert_eq!(scan(&[b"0\r\n\r\n"]), Ok(Some(5)));
        assert_eq!(scan(&[b"5\r\nhel"]), Ok(None));
    }

    #[test]
    fn t9_malformed_chunks_are_refused() {
        let long = [b"5;", "x".repeat(1100).as_bytes(), b"\r\n"].concat();
        let creeping = b"1;xxxxxxxxxxxxxxxx\r\na\r\n".repeat(80);
        for (name, body) in [
            ("bare LF behind the size", &b"5\nhello\r\n0\r\n\r\n"[..]),
            ("bare LF behind the data", b"5\r\nhello\n0\r\n\r\n"),
            ("no CR LF behind the data", b"5\r\nhello0\r\n\r\n"),
            ("bare LF at the end", b"0\r\n\n"),
            ("bare CR behind the size", b"5\rXhello\r\n0\r\n\r\n"),
            ("no size", b"\r\nhello\r\n"),
            ("signed", b"+5\r\nhello\r\n0\r\n\r\n"),
            ("minus", b"-1\r\n\r\n"),
            ("0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
            ("blank before the size", b" 5\r\nhello\r\n0\r\n\r\n"),
            ("blank behind the size", b"5 \r\nhello\r\n0\r\n\r\n"),
            ("underscore", b"5_0\r\nhello\r\n"),
            ("nine digits", b"100000005\r\nhello\r\n"),
            ("sixteen digits", b"ffffffffffffffff\r\n"),
            ("LF in an extension", b"5;a\n5\r\nhello\r\n0\r\n\r\n"),
            ("NUL in an extension", b"5;\0\r\nhello\r\n0\r\n\r\n"),
            ("long extension", &long),
            ("many extensions", &creeping),
            ("folded trailer", b"0\r\nA: b\r\n c\r\n\r\n"),
            ("trailer without colon", b"0\r\nGET / HTTP/1.1\r\n\r\n"),
            ("bare LF in a trailer", b"0\r\nA: b\n\r\n"),
        ] {
            assert!(scan(&[body]).is_err(), "{name}");
        }
    }
}
