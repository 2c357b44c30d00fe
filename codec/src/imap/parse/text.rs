//! Octets to text: what servers and senders really put where ASCII is due (T68).
//!
//! RFC 2047 encoded words are decoded also in parameters, where they are forbidden and common.
//! RFC 2231 parameters are joined and decoded. Nothing here fails; what cannot be decoded stays.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// UTF-8 if it is, else Windows-1252.
pub(super) fn loose(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252
            .decode_without_bom_handling(octets)
            .0
            .into_owned(),
    }
}

/// Text of a header field: 8-bit and encoded words decoded.
pub(super) fn header(octets: &[u8]) -> String {
    if octets.len() <= MAX_HEADER && octets.windows(2).any(|pair| pair == b"=?") {
        encoded_words(octets)
    } else {
        loose(octets)
    }
}

/// Name and value as they came.
pub(super) type RawParameter<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Longest text searched for encoded words: the search may look at an octet many times.
const MAX_HEADER: usize = 64 << 10;

/// Parameters as they came to those they mean. Names in lower case; of a doubled name the first
/// counts; `name*` wins over `name` (RFC 2231, RFC 6266 4.3).
pub(super) fn parameters(raw: Vec<RawParameter<'_>>) -> Vec<(String, String)> {
    let mut plain = Vec::with_capacity(raw.len());
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for (name, value) in raw {
        let name = loose(&name).to_ascii_lowercase();
        match extended(&name) {
            Some((base, index, encoded)) => {
                let base = base.to_owned();
                pieces.push(Piece {
                    base,
                    index,
                    encoded,
                    value,
                });
            }
            None if plain.iter().any(|(known, _)| *known == name) => {}
            None => plain.push((name, header(&value))),
        }
    }
    pieces.sort_by(|a, b| (&a.base, a.index).cmp(&(&b.base, b.index)));
    for group in pieces.chunk_by(|a, b| a.base == b.base) {
        let Some((base, value)) = joined(group) else {
            continue;
        };
        match plain.iter_mut().find(|(name, _)| name == base) {
            Some((_, plain)) => *plain = value,
            None => plain.push((base.into(), value)),
        }
    }
    plain
}

/// One RFC 2231 parameter or segment of one.
struct Piece<'a> {
    base: String,
    index: u32,
    encoded: bool,
    value: Cow<'a, [u8]>,
}

/// `name*`, `name*0`, `name*0*`: the name, the segment, whether percent-encoded.
fn extended(name: &str) -> Option<(&str, u32, bool)> {
    let (base, rest) = name.split_once('*')?;
    if base.is_empty() {
        return None;
    }
    let (number, encoded) = match rest.strip_suffix('*') {
        Some(number) => (number, true),
        None => (rest, rest.is_empty()),
    };
    match number {
        "" => Some((base, 0, true)),
        number if number.bytes().all(|octet| octet.is_ascii_digit()) => {
            Some((base, number.parse().ok()?, encoded))
        }
        _ => None,
    }
}

/// Segments in order of their index to one value. A gap ends it.
fn joined<'p>(group: &'p [Piece<'_>]) -> Option<(&'p str, String)> {
    let first = group.first()?;
    let mut charset: &[u8] = b"";
    let mut octets = Vec::new();
    // Senders count from 0, some from 1.
    let start = first.index.min(1);
    let mut any_encoded = false;
    for (expected, piece) in (start..).zip(group) {
        if piece.index != expected {
            break;
        }
        let mut value: &[u8] = &piece.value;
        any_encoded |= piece.encoded;
        if piece.encoded && expected == start {
            let mut parts = value.splitn(3, |&octet| octet == b'\'');
            if let (Some(named), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next()) {
                (charset, value) = (named, rest);
            }
        }
        if piece.encoded {
            percent_decoded(value, &mut octets);
        } else {
            octets.extend_from_slice(value);
        }
    }
    let value = match any_encoded {
        true => decoded(charset, &octets),
        false => header(&octets),
    };
    Some((&first.base, value))
}

fn percent_decoded(value: &[u8], into: &mut Vec<u8>) {
    let mut rest = value;
    while let Some((&octet, after)) = rest.split_first() {
        match (octet, hex_pair(after)) {
            (b'%', Some(decoded)) => {
                into.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                into.push(octet);
                rest = after;
            }
        }
    }
}

fn hex_pair(octets: &[u8]) -> Option<u8> {
    let high = char::from(*octets.first()?).to_digit(16)?;
    let low = char::from(*octets.get(1)?).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

/// Octets in a named charset; an unknown name is read like no name.
fn decoded(charset: &[u8], octets: &[u8]) -> String {
    match Encoding::for_label(charset) {
        None => loose(octets),
        Some(encoding) if encoding == UTF_8 => loose(octets),
        Some(encoding) => encoding.decode_without_bom_handling(octets).0.into_owned(),
    }
}

/// `=?utf-8?Q?caf=C3=A9?= au lait`. White space between two encoded words goes, and neighbours in
/// one charset are joined before decoding: senders split characters (RFC 2047 2, 6.2).
fn encoded_words(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut charset: Option<&[u8]> = None;
    let mut run: Vec<u8> = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(found) = octets
        .get(at..)
        .and_then(|rest| rest.windows(2).position(|pair| pair == b"=?"))
    {
        let start = at + found;
        let Some(word) = octets.get(start..).and_then(EncodedWord::read) else {
            at = start + 2;
            continue;
        };
        let between = octets.get(plain..start).unwrap_or_default();
        let blank = between.iter().all(u8::is_ascii_whitespace);
        let same = charset.is_some_and(|charset| charset.eq_ignore_ascii_case(word.charset));
        if !(same && blank) {
            if let Some(charset) = charset {
                text.push_str(&decoded(charset, &run));
                run.clear();
            }
            if charset.is_none() || !blank {
                text.push_str(&loose(between));
            }
        }
        charset = Some(word.charset);
        run.extend_from_slice(&word.octets);
        at = start + word.length;
        plain = at;
    }
    if let Some(charset) = charset {
        text.push_str(&decoded(charset, &run));
    }
    text.push_str(&loose(octets.get(plain..).unwrap_or_default()));
    text
}

struct EncodedWord<'a> {
    charset: &'a [u8],
    octets: Vec<u8>,
    /// Of the whole word.
    length: usize,
}

/// Longest encoded word looked for; RFC 2047 says 75, senders say more. Keeps the search linear.
const MAX_WORD: usize = 1024;

impl<'a> EncodedWord<'a> {
    fn read(start: &'a [u8]) -> Option<Self> {
        let start = start.get(..start.len().min(MAX_WORD))?;
        let body = start.strip_prefix(b"=?")?;
        let mut parts = body.splitn(3, |&octet| octet == b'?');
        let (charset, kind, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let end = rest.windows(2).position(|pair| pair == b"?=")?;
        let encoded = rest.get(..end)?;
        // RFC 2231 5: a language may follow the charset.
        let charset = charset.split(|&octet| octet == b'*').next()?;
        let octets = match kind {
            b"B" | b"b" => {
                let clean: Vec<u8> = encoded
                    .iter()
                    .copied()
                    .filter(|octet| !octet.is_ascii_whitespace())
                    .collect();
                BASE64.decode(clean).ok()?
            }
            b"Q" | b"q" => q_decoded(encoded),
            _ => return None,
        };
        let length = start.len() - rest.len() + end + 2;
        Some(Self {
            charset,
            octets,
            length,
        })
    }
}

fn q_decoded(encoded: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        match (octet, hex_pair(after)) {
            (b'=', Some(decoded)) => {
                octets.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'_', _) => octets.push(b' '),
            _ => octets.push(octet),
        }
    }
    octets
}

/// Padding may be missing, trailing bits may be set: senders do both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters_of(raw: &[(&str, &str)]) -> Vec<(String, String)> {
        parameters(
            raw.iter()
                .map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into()))
                .collect(),
        )
    }

    #[test]
    fn encoded_words_are_decoded() {
        for (raw, text) in [
            ("plain", "plain"),
            ("=?utf-8?Q?caf=C3=A9_au?= lait", "café au lait"),
            ("=?ISO-8859-1?B?5Q==?=", "å"),
            ("=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?= 5", "€ 5"),
            ("=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?=", "aé"),
            ("=?gb2312?B?1tDOxA==?=.pdf", "中文.pdf"),
            ("a =?utf-8?Q?b?= c", "a b c"),
            ("=?utf-8*de?Q?=C3=BC?=", "ü"),
            ("=?broken", "=?broken"),
            ("=?utf-8?X?a?= =?", "=?utf-8?X?a?= =?"),
            ("=?no-such?Q?=E9?=", "é"),
        ] {
            assert_eq!(header(raw.as_bytes()), text, "{raw}");
        }
    }

    #[test]
    fn parameters_are_joined_and_decoded() {
        for (raw, expected) in [
            (&[("FILENAME", "a.pdf")][..], "a.pdf"),
            (&[("filename*", "utf-8''%e2%82%ac%20rates")], "€ rates"),
            (&[("filename*", "iso-8859-1'en'%A3%20rates")], "£ rates"),
            (
                &[("filename", "x.pdf"), ("filename*", "UTF-8''%C3%BC.pdf")],
                "ü.pdf",
            ),
            (
                &[("filename*", "UTF-8''%C3%BC.pdf"), ("filename", "x.pdf")],
                "ü.pdf",
            ),
            (
                &[("filename*1*", "%BC.pdf"), ("filename*0*", "utf-8''%C3")],
                "ü.pdf",
            ),
            (
                &[
                    ("filename*0", "long"),
                    ("filename*1", " name"),
                    ("filename*2*", "%20x"),
                ],
                "long name x",
            ),
            (
                &[("filename*0", "=?utf-8?Q?=C3=A4?="), ("filename*1", ".txt")],
                "ä.txt",
            ),
            (&[("filename*0", "a"), ("filename*2", "c")], "a"),
            (&[("filename*1", "a"), ("filename*2", "c")], "ac"),
            (&[("filename", "=?utf-8?B?w6kucGRm?=")], "é.pdf"),
            (&[("filename*", "%zz%C3%BC")], "%zzü"),
        ] {
            assert_eq!(
                parameters_of(raw),
                [("filename".into(), expected.into())],
                "{raw:?}"
            );
        }
        assert_eq!(
            parameters(vec![(b"NAME"[..].into(), b"\xE9.txt"[..].into())])[0].1,
            "é.txt"
        );
    }
}
