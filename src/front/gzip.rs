//! gzip on bodies, in both directions. Inflating is capped while it happens (T8): a body of 130 kB
//! must not become 128 MiB before anyone looks.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};
use http::{HeaderMap, header};

/// Past this size the ratio counts; small bodies of repeated text may shrink more than that.
const RATIO_FROM: u64 = 1 << 20;
const MAX_RATIO: u64 = 100;

/// Why a compressed body is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the body inflates to more than allowed")]
    TooLarge,
    #[error("the body is no sound gzip stream")]
    Broken,
}

/// Inflates a body piece by piece.
pub(super) struct Inflater {
    decoder: MultiGzDecoder<Capped>,
    taken: u64,
}

/// Takes what comes out and stops at the cap.
struct Capped {
    bytes: Vec<u8>,
    limit: usize,
    taken: u64,
    burst: bool,
}

impl Inflater {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            decoder: MultiGzDecoder::new(Capped {
                bytes: Vec::new(),
                limit,
                taken: 0,
                burst: false,
            }),
            taken: 0,
        }
    }

    /// Takes the next compressed bytes.
    ///
    /// # Errors
    /// Too much comes out, or it is no gzip.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.taken += bytes.len() as u64;
        self.decoder.get_mut().taken = self.taken;
        let result = self.decoder.write_all(bytes);
        self.judge(result)
    }

    /// The whole body, once all of it came.
    ///
    /// # Errors
    /// The stream is cut or its checksum is wrong.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Fault> {
        let result = self.decoder.try_finish();
        self.judge(result)?;
        Ok(std::mem::take(&mut self.decoder.get_mut().bytes))
    }

    fn judge(&self, result: io::Result<()>) -> Result<(), Fault> {
        match result {
            _ if self.decoder.get_ref().burst => Err(Fault::TooLarge),
            Ok(()) => Ok(()),
            Err(_) => Err(Fault::Broken),
        }
    }
}

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let size = self.bytes.len() + bytes.len();
        let ratio_exceeded = size as u64 > RATIO_FROM && size as u64 > self.taken * MAX_RATIO;
        if size > self.limit || ratio_exceeded {
            self.burst = true;
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Deflates a body piece by piece.
pub(super) struct Deflater(GzEncoder<Vec<u8>>);

impl Deflater {
    pub(super) fn new() -> Self {
        // The fastest level: phones wait for the first byte, and WBXML has no long matches to find.
        Self(GzEncoder::new(Vec::new(), Compression::fast()))
    }

    /// What is ready after these bytes; may be empty.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Bytes {
        // Writing into a Vec cannot fail.
        let _ = self.0.write_all(bytes);
        Bytes::from(std::mem::take(self.0.get_mut()))
    }

    /// The end of the stream.
    pub(super) fn finish(mut self) -> Bytes {
        let _ = self.0.try_finish();
        Bytes::from(std::mem::take(self.0.get_mut()))
    }
}

/// A whole body at once.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut deflater = Deflater::new();
    let mut out = Vec::from(deflater.push(bytes));
    out.extend_from_slice(&deflater.finish());
    out
}

/// Whether Accept-Encoding allows gzip: named, or covered by `*`, and not with a quality of 0.
pub(super) fn is_accepted(headers: &HeaderMap) -> bool {
    let mut star = false;
    for line in headers.get_all(header::ACCEPT_ENCODING) {
        let Ok(line) = line.to_str() else { continue };
        for item in line.split(',') {
            let mut parts = item.split(';').map(str::trim);
            let coding = parts.next().unwrap_or_default();
            let refused = parts.any(|parameter| {
                parameter
                    .split_once('=')
                    .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
                    .is_some_and(|(_, quality)| quality.trim().parse::<f32>() == Ok(0.0))
            });
            if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
                return !refused;
            }
            star |= coding == "*" && !refused;
        }
    }
    star
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
        let mut inflater = Inflater::new(limit);
        for piece in bytes.chunks(1000) {
            inflater.push(piece)?;
        }
        inflater.finish()
    }

    #[test]
    fn bodies_survive() {
        for size in [0, 1, 1000, 300_000] {
            let body: Vec<u8> = (0..size).map(|n: u32| (n * 7 % 251) as u8).collect();
            assert_eq!(inflate(&deflate(&body), size as usize), Ok(body));
        }
        let two = [deflate(b"one "), deflate(b"two")].concat();
        assert_eq!(inflate(&two, 100), Ok(b"one two".to_vec()));
    }

    #[test]
    fn t8_bombs_and_broken_streams() {
        let zeros = deflate(&vec![0; 8 << 20]);
        assert!(zeros.len() < 80_000);
        assert_eq!(inflate(&zeros, 4 << 20), Err(Fault::TooLarge));
        // The ratio counts even where the cap would allow it.
        assert_eq!(inflate(&zeros, 50 << 20), Err(Fault::TooLarge));
        // Below 1 MiB it does not.
        assert!(inflate(&deflate(&vec![0; 1 << 20]), 4 << 20).is_ok());
        let nested = deflate(&zeros);
        assert_eq!(inflate(&nested, 4 << 20), Ok(zeros));
        let sound = deflate(b"hello, hello, hello");
        let mut wrong_sum = sound.clone();
        let at = wrong_sum.len() - 5;
        wrong_sum[at] ^= 1;
        let mut junk_behind = sound.clone();
        junk_behind.extend_from_slice(b"junk");
        for (name, bytes) in [
            ("cut in the data", &sound[..sound.len() - 10]),
            ("cut in the trailer", &sound[..sound.len() - 1]),
            ("cut in the header", &sound[..5]),
            ("wrong checksum", &wrong_sum),
            ("junk behind", &junk_behind),
            ("no gzip", b"\x03\x01\x6A\x00hello hello"),
        ] {
            assert_eq!(inflate(bytes, 1000), Err(Fault::Broken), "{name}");
        }
    }

    #[test]
    fn accept_encoding() {
        for (value, accepted) in [
            ("gzip", true),
            ("GZIP", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0.0, *", false),
            ("gzip ; Q=0.000", false),
            ("*", true),
            ("*;q=0", false),
            ("identity", false),
            ("x-gzip", true),
            ("", false),
            ("gzipp", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(is_accepted(&headers), accepted, "{value}");
        }
        assert!(!is_accepted(&HeaderMap::new()));
    }
}
