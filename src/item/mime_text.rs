//! A raw message as the Data of a Type 4 body. WBXML strings are UTF-8, so octets that are not (or
//! that XML forbids, like the escapes of ISO-2022-JP) must be transfer-encoded first (REFERENCE.md
//! 10.1). A message without such octets passes unchanged, which is what signatures need; S/MIME
//! itself demands seven-bit content (RFC 8551 3.1.3), so a signed mail that has to be changed here
//! was already beyond verifying.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::item::charset;
use crate::item::legal::is_legal_utf8;
use crate::item::transfer;
use crate::item::walk::{Leaf, Walked};

/// The octets of a message, or of its beginning, as legal text with CRLF line ends. `hint` is the
/// charset of 8-bit header fields; `walked` is asked for only if parts must be encoded.
pub(crate) fn mime_text<'a>(
    raw: &[u8],
    hint: Option<&str>,
    walked: impl FnOnce() -> Option<&'a Walked>,
) -> String {
    let usable = match std::str::from_utf8(raw) {
        Ok(text) => Some(text),
        // A partial fetch may end inside a character.
        Err(error) if error.error_len().is_none() => raw
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok()),
        Err(_) => None,
    };
    if let Some(text) = usable.filter(|text| is_legal_utf8(text)) {
        return with_crlf(text);
    }
    let leaves = walked().map_or(&[][..], |walked| &walked.leaves);
    let mut out = String::with_capacity(raw.len() + raw.len() / 4);
    let mut at = 0;
    for leaf in leaves.iter().filter(|leaf| !leaf.is_message) {
        let body = raw.get(leaf.body.clone()).unwrap_or_default();
        if leaf.header.start < at || is_legal(body) {
            continue;
        }
        push_text(
            raw.get(at..leaf.header.start).unwrap_or_default(),
            hint,
            &mut out,
        );
        push_encoded(raw, leaf, hint, &mut out);
        at = leaf.body.end;
    }
    push_text(raw.get(at..).unwrap_or_default(), hint, &mut out);
    with_crlf(&out)
}

/// Lone LF becomes CRLF: Outlook fails on it inside quoted-printable.
pub(crate) fn with_crlf(text: &str) -> String {
    let octets = text.as_bytes();
    let lone = octets
        .iter()
        .enumerate()
        .filter(|&(index, &octet)| {
            octet == b'\n' && (index == 0 || octets.get(index - 1) != Some(&b'\r'))
        })
        .count();
    if lone == 0 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + lone);
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(content) => {
                out.push_str(content.strip_suffix('\r').unwrap_or(content));
                out.push_str("\r\n");
            }
            None => out.push_str(line),
        }
    }
    out
}

fn is_legal(octets: &[u8]) -> bool {
    std::str::from_utf8(octets).is_ok_and(is_legal_utf8)
}

/// Headers, preambles, boundaries: line by line, so that one bad line does not spoil a good one.
fn push_text(octets: &[u8], hint: Option<&str>, out: &mut String) {
    if let Ok(text) = std::str::from_utf8(octets)
        && is_legal_utf8(text)
    {
        out.push_str(text);
        return;
    }
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let label = hint.filter(|_| std::str::from_utf8(line).is_err());
        out.push_str(&charset::decode(line, label));
    }
}

fn push_encoded(raw: &[u8], leaf: &Leaf, hint: Option<&str>, out: &mut String) {
    let header = raw.get(leaf.header.clone()).unwrap_or_default();
    let body = raw.get(leaf.body.clone()).unwrap_or_default();
    let content = transfer::decode(body, &leaf.encoding);
    let mut dropping = false;
    for line in header.split_inclusive(|&octet| octet == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            let name = b"content-transfer-encoding";
            dropping = line
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name));
        }
        if !dropping {
            push_text(line, hint, out);
        }
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str("\r\n");
    }
    if leaf.is_text {
        out.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
        quoted_printable(&content, out);
    } else {
        out.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
        let encoded = STANDARD.encode(&content);
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(76));
            out.push_str(line);
            out.push_str("\r\n");
            rest = after;
        }
    }
}

/// RFC 2045 6.7; line ends of the text stay line ends.
fn quoted_printable(content: &[u8], out: &mut String) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    for line in content.split_inclusive(|&octet| octet == b'\n') {
        let ended = line.ends_with(b"\n");
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let mut column = 0;
        for (index, &octet) in text.iter().enumerate() {
            let last = index + 1 == text.len();
            let plain = matches!(octet, b'!'..=b'<' | b'>'..=b'~')
                || matches!(octet, b' ' | b'\t') && !last;
            let width = if plain { 1 } else { 3 };
            if column + width > 75 {
                out.push_str("=\r\n");
                column = 0;
            }
            column += width;
            if plain {
                out.push(char::from(octet));
            } else {
                out.push('=');
                for digit in [octet >> 4, octet & 15] {
                    out.extend(HEX.get(usize::from(digit)));
                }
            }
        }
        if ended {
            out.push_str("\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::item::legal;
    use crate::item::walk::walk;

    fn text(raw: &[u8]) -> String {
        let walked = walk(raw, true);
        mime_text(raw, None, || Some(&walked))
    }

    #[test]
    fn legal_mail_passes_as_it_is() {
        let raw = "Subject: grüße\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhällo =20\r\n";
        assert_eq!(text(raw.as_bytes()), raw);
        assert_eq!(text(b"A: b\n\nc\r\nd\n"), "A: b\r\n\r\nc\r\nd\r\n");
    }

    #[test]
    fn eight_bit_parts_are_encoded_and_say_so() {
        assert_eq!(
            text(
                b"Subject: gr\xFC\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: text/plain;\
                \r\n charset=iso-8859-1\r\n\r\nh\xE4llo = \r\nx"
            ),
            "Subject: gr\u{FC}\r\nContent-Type: text/plain;\r\n charset=iso-8859-1\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\nh=E4llo =3D=20\r\nx"
        );
        assert_eq!(
            text(
                b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\
                Content-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\xFF\r\n\
                --a\r\n\r\nok\r\n--a--\r\n"
            ),
            "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: application/x\r\n\
             Content-Transfer-Encoding: base64\r\n\r\nAP8=\r\n\r\n--a\r\n\r\nok\r\n--a--\r\n"
        );
    }

    #[test]
    fn escapes_of_iso_2022_jp_survive_encoded() {
        let out =
            text(b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1B$B$3$s\x1B(B\r\n");
        assert!(out.ends_with("\r\n\r\n=1B$B$3$s=1B(B\r\n"), "{out}");
    }

    #[test]
    fn long_lines_are_wrapped() {
        let raw = [&b"A: b\r\n\r\n"[..], &[0xE9; 100]].concat();
        assert!(text(&raw).lines().all(|line| line.len() <= 76));
    }

    proptest! {
        #[test]
        fn t23_any_octets_are_legal(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(text(&raw).chars().all(legal::is_legal));
            let raw = [&b"Content-Type: text/plain\r\n\r\n"[..], &raw].concat();
            prop_assert!(text(&raw).chars().all(legal::is_legal));
        }
    }
}
