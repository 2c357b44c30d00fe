//! Text we made, as a part's octets: UTF-8 in quoted-printable or base64, seven-bit on every way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest line (RFC 2045 6.7, 6.8).
const LINE: usize = 76;

/// Appends the fields that describe the text, an empty line, and the text.
pub(in crate::item) fn text_part(kind: &str, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Type: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"; charset=utf-8\r\nContent-Transfer-Encoding: ");
    let high = text.bytes().filter(|octet| !octet.is_ascii()).count();
    // Where quoted-printable would be longer and just as unreadable.
    if high > text.len() / 4 {
        out.extend_from_slice(b"base64\r\n\r\n");
        base64(text.as_bytes(), out);
    } else {
        out.extend_from_slice(b"quoted-printable\r\n\r\n");
        quoted_printable(text, out);
    }
}

/// Octets as base64 lines.
pub(super) fn base64(octets: &[u8], out: &mut Vec<u8>) {
    for line in octets.chunks(LINE / 4 * 3) {
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// `text` may have any line ends; each becomes a CRLF.
fn quoted_printable(text: &str, out: &mut Vec<u8>) {
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.strip_suffix('\r').unwrap_or(line).as_bytes();
        let mut column = 0;
        for (at, &octet) in line.iter().enumerate() {
            let last = at + 1 == line.len();
            let plain = match octet {
                b' ' | b'\t' => !last,
                b'=' => false,
                octet => octet.is_ascii_graphic(),
            };
            let width = if plain { 1 } else { 3 };
            // The mark of a soft line end needs room too.
            if column + width > LINE - 1 {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            if plain {
                out.push(octet);
            } else {
                out.extend_from_slice(format!("={octet:02X}").as_bytes());
            }
            column += width;
        }
        if lines.peek().is_some() {
            out.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use airgate_codec::imap::TransferEncoding;
    use proptest::prelude::*;

    use super::*;
    use crate::item::transfer::decode;

    #[test]
    fn known_answers() {
        for (text, encoded) in [
            ("a=b", "a=3Db"),
            ("a \nb\t", "a=20\r\nb=09"),
            ("ü", "=C3=BC"),
            ("a\r\nb\n", "a\r\nb\r\n"),
        ] {
            let mut out = Vec::new();
            quoted_printable(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), encoded);
        }
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in "([a-zü=\u{4e00} .\t]|\r\n){0,300}") {
            let (mut quoted, mut packed) = (Vec::new(), Vec::new());
            quoted_printable(&text, &mut quoted);
            base64(text.as_bytes(), &mut packed);
            for (octets, encoding) in [
                (quoted, TransferEncoding::QuotedPrintable),
                (packed, TransferEncoding::Base64),
            ] {
                prop_assert!(octets.split(|&o| o == b'\n').all(|line| line.len() <= LINE + 1));
                prop_assert!(octets.is_ascii());
                let back = decode(&octets, &encoding);
                prop_assert_eq!(std::str::from_utf8(&back).unwrap(), text.as_str());
            }
        }
    }
}
