//! `type/subtype; name=value` as Content-Type and Content-Disposition carry it, with RFC 2231
//! continuations and charsets and the RFC 2047 words that software puts there instead. Only for
//! messages we take apart ourselves; otherwise the IMAP server did this.

use crate::item::charset;
use crate::item::headers::decode_text;
use crate::item::transfer;

/// Parameters read of one field; real ones have below ten (T15).
const MAX_PARAMETERS: usize = 64;
/// Octets read of one field.
const MAX_FIELD: usize = 16 * 1024;

/// One structured field.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Field {
    /// Lower case: `text/plain`, `attachment`.
    pub(crate) value: String,
    pub(crate) parameters: Vec<(String, String)>,
}

/// A parameter as it came: name, section, whether percent-encoded, octets.
struct Piece {
    name: String,
    section: Option<u32>,
    encoded: bool,
    value: Vec<u8>,
}

impl Field {
    pub(crate) fn read(field: &[u8]) -> Self {
        let field = field.get(..MAX_FIELD).unwrap_or(field);
        let end = field
            .iter()
            .position(|&octet| octet == b';')
            .unwrap_or(field.len());
        let (value, rest) = field.split_at(end);
        let value: String = decode_text(value, None)
            .chars()
            .take_while(|&c| c != '(')
            .filter(|c| !c.is_whitespace() && *c != '"')
            .collect();
        Self {
            value: value.to_ascii_lowercase(),
            parameters: join(pieces(rest)),
        }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

fn pieces(mut rest: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while pieces.len() < MAX_PARAMETERS {
        rest = trim_start(rest, b"; \t\r\n");
        if rest.is_empty() {
            break;
        }
        let end = rest
            .iter()
            .position(|octet| matches!(octet, b'=' | b';'))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(after) = after.strip_prefix(b"=") else {
            rest = after;
            continue;
        };
        let after = trim_start(after, b" \t\r\n");
        let (value, after) = value(after);
        rest = after;
        pieces.push(piece(name, value));
    }
    pieces
}

/// A quoted string, or everything up to the next `;`.
fn value(input: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = input.strip_prefix(b"\"") else {
        let end = input
            .iter()
            .position(|&octet| octet == b';')
            .unwrap_or(input.len());
        let (value, rest) = input.split_at(end);
        return (value.trim_ascii().to_vec(), rest);
    };
    let mut value = Vec::new();
    let mut octets = quoted.iter().enumerate();
    while let Some((index, &octet)) = octets.next() {
        match octet {
            b'"' => return (value, quoted.get(index + 1..).unwrap_or_default()),
            b'\\' => {
                // `\` before anything but a mark is a Windows path (senders misuse it so).
                if let Some((_, &next)) = octets.next() {
                    if !matches!(next, b'"' | b'\\') {
                        value.push(b'\\');
                    }
                    value.push(next);
                }
            }
            octet => value.push(octet),
        }
    }
    (value, &[])
}

/// `name*1*` (RFC 2231 3 and 4).
fn piece(name: &[u8], value: Vec<u8>) -> Piece {
    let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
    let (name, encoded) = match name.strip_suffix('*') {
        Some(name) => (name.to_owned(), true),
        None => (name, false),
    };
    match name.split_once('*') {
        Some((base, number)) if number.parse::<u32>().is_ok() => Piece {
            name: base.to_owned(),
            section: number.parse().ok(),
            encoded,
            value,
        },
        _ => Piece {
            name,
            section: None,
            encoded,
            value,
        },
    }
}

fn join(mut pieces: Vec<Piece>) -> Vec<(String, String)> {
    // Continuations may come in any order; the sort is stable and the number of pieces bounded.
    pieces.sort_by_key(|piece| piece.section);
    let mut joined: Vec<(String, bool, Vec<u8>)> = Vec::new();
    for mut piece in pieces {
        if piece.encoded && piece.section.unwrap_or(0) > 0 {
            piece.value = transfer::percent_decoded(&piece.value);
        }
        let known = joined.iter_mut().find(|(name, ..)| *name == piece.name);
        match known {
            Some((_, encoded, value)) if piece.section.unwrap_or(0) > 0 => {
                if *encoded || !piece.encoded {
                    value.extend_from_slice(&piece.value);
                }
            }
            // `filename*` is better than the `filename` beside it (RFC 6266 4.3).
            Some((_, encoded, value)) if piece.encoded && !*encoded => {
                *encoded = true;
                *value = with_decoded_text(&piece.value);
            }
            Some(_) => {}
            None => {
                let value = if piece.encoded {
                    with_decoded_text(&piece.value)
                } else {
                    piece.value
                };
                joined.push((piece.name, piece.encoded, value));
            }
        }
    }
    joined
        .into_iter()
        .filter(|(name, ..)| !name.is_empty())
        .map(|(name, encoded, value)| {
            let text = if encoded {
                extended(&value)
            } else {
                decode_text(&value, None)
            };
            (name, text)
        })
        .collect()
}

/// `charset'language'text` with the text's percent signs undone, the two quotes kept.
fn with_decoded_text(value: &[u8]) -> Vec<u8> {
    let mut quotes = value
        .iter()
        .enumerate()
        .filter(|(_, octet)| **octet == b'\'');
    let (Some(_), Some((second, _))) = (quotes.next(), quotes.next()) else {
        let mut text = b"''".to_vec();
        text.extend(transfer::percent_decoded(value));
        return text;
    };
    let (label, text) = value.split_at(second + 1);
    let mut out = label.to_vec();
    out.extend(transfer::percent_decoded(text));
    out
}

fn extended(value: &[u8]) -> String {
    let mut parts = value.splitn(3, |&octet| octet == b'\'');
    let label = parts.next().unwrap_or_default();
    let text = parts.nth(1).unwrap_or_default();
    let label = std::str::from_utf8(label)
        .ok()
        .filter(|label| !label.is_empty());
    decode_text(charset::decode(text, label).as_bytes(), None)
}

fn trim_start<'a>(input: &'a [u8], set: &[u8]) -> &'a [u8] {
    let start = input
        .iter()
        .position(|octet| !set.contains(octet))
        .unwrap_or(input.len());
    input.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_answers() {
        for (field, value, name, parameter) in [
            ("text/plain", "text/plain", "charset", None),
            (
                "Text/HTML; Charset=UTF-8",
                "text/html",
                "charset",
                Some("UTF-8"),
            ),
            (
                "text/plain; charset = \"utf-8\" ; x",
                "text/plain",
                "charset",
                Some("utf-8"),
            ),
            (
                "a/b; name=\"a;b \\\"c\\\".txt\"",
                "a/b",
                "name",
                Some("a;b \"c\".txt"),
            ),
            (
                "a/b; name=two words.txt; x=y",
                "a/b",
                "name",
                Some("two words.txt"),
            ),
            (
                "a/b; name=\"C:\\dir\\x.txt\"",
                "a/b",
                "name",
                Some("C:\\dir\\x.txt"),
            ),
            (
                "a/b; name==?utf-8?Q?gr=C3=BC.txt?=",
                "a/b",
                "name",
                Some("grü.txt"),
            ),
            (
                "a; filename*=utf-8''gr%C3%BC.txt",
                "a",
                "filename",
                Some("grü.txt"),
            ),
            (
                "a; filename=x; filename*=iso-8859-1'de'gr%FC",
                "a",
                "filename",
                Some("grü"),
            ),
            (
                "a; filename*0*=utf-8''gr%C3; filename*1*=%BC; filename*2=.txt",
                "a",
                "filename",
                Some("grü.txt"),
            ),
            ("a; filename*1=b; filename*0=a", "a", "filename", Some("ab")),
            ("a; name=\"never closed", "a", "name", Some("never closed")),
            (
                "text/plain (comment); charset=x",
                "text/plain",
                "charset",
                Some("x"),
            ),
            ("; charset=x", "", "charset", Some("x")),
            ("a/b; name=\"gr\u{FC}\"", "a/b", "name", Some("gr\u{FC}")),
        ] {
            let read = Field::read(field.as_bytes());
            assert_eq!(read.value, value, "{field}");
            assert_eq!(read.parameter(name), parameter, "{field}");
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_read(field in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Field::read(&field);
        }
    }
}
