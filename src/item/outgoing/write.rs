//! The structured header writer: every value we put into a header goes through here, and none can
//! end its line (T27). Text beyond ASCII becomes encoded words (RFC 2047), UTF-8 throughout
//! (CMD_R548).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::item::address::Mailbox;

/// A value with a control character: it could begin a field of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a header value would break its line")]
pub struct BrokenValue;

/// Octets of text in one encoded word: 75 characters with its frame (RFC 2047 2).
const WORD: usize = 42;
/// Where lines are folded (RFC 5322 2.1.1).
const LINE: usize = 76;
/// Longest file name offered, in characters.
const MAX_FILE_NAME: usize = 80;
/// Longest Message-ID kept: beyond it lines cannot be folded to 998 octets with two of them.
const MAX_ID: usize = 400;

/// `Name: text`, folded and encoded.
pub(in crate::item) fn text(name: &str, text: &str, out: &mut Vec<u8>) -> Result<(), BrokenValue> {
    check(text)?;
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b":");
    if text.is_ascii() && !text.contains("=?") {
        let mut column = name.len() + 1;
        for word in text.split(' ') {
            if column + word.len() > LINE && column > 1 && !word.is_empty() {
                out.extend_from_slice(b"\r\n");
                column = 0;
            }
            out.push(b' ');
            out.extend_from_slice(word.as_bytes());
            column += 1 + word.len();
        }
    } else {
        out.push(b' ');
        words(text, out);
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// `Name: "A" <a@b>,` and so on, one mailbox a line.
pub(in crate::item) fn mailboxes(
    name: &str,
    list: &[Mailbox],
    out: &mut Vec<u8>,
) -> Result<(), BrokenValue> {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    for (at, mailbox) in list.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(b",\r\n ");
        }
        write_mailbox(mailbox, out)?;
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

fn write_mailbox(mailbox: &Mailbox, out: &mut Vec<u8>) -> Result<(), BrokenValue> {
    check(&mailbox.name)?;
    check(&mailbox.address)?;
    if mailbox.address.contains(['<', '>', ' ']) {
        return Err(BrokenValue);
    }
    if mailbox.name.is_empty() {
        out.extend_from_slice(mailbox.address.as_bytes());
        return Ok(());
    }
    if mailbox.name.is_ascii() && !mailbox.name.contains("=?") {
        out.push(b'"');
        for character in mailbox.name.bytes() {
            if matches!(character, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(character);
        }
        out.push(b'"');
    } else {
        words(&mailbox.name, out);
    }
    if !mailbox.address.is_empty() {
        out.extend_from_slice(b" <");
        out.extend_from_slice(mailbox.address.as_bytes());
        out.push(b'>');
    }
    Ok(())
}

/// `Name: <id> <id>`, one a line.
pub(in crate::item) fn ids(name: &str, ids: &[&str], out: &mut Vec<u8>) -> Result<(), BrokenValue> {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    for (at, id) in ids.iter().enumerate() {
        if !is_id(id) {
            return Err(BrokenValue);
        }
        if at > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.push(b' ');
        out.extend_from_slice(id.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Whether this is a Message-ID with its angle brackets, and safe in a line.
pub(in crate::item) fn is_id(text: &str) -> bool {
    let inner = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'));
    inner.is_some_and(|inner| {
        !inner.is_empty()
            && inner.len() <= MAX_ID
            && inner
                .bytes()
                .all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'<' | b'>'))
    })
}

/// The Message-IDs in a value, in order; what else stands there is left out.
pub(crate) fn ids_in(value: &str) -> Vec<&str> {
    value
        .split_inclusive('>')
        .filter_map(|piece| piece.rfind('<').and_then(|at| piece.get(at..)))
        .filter(|id| is_id(id))
        .collect()
}

/// A moment as RFC 5322 3.3 writes it, in UTC.
pub(in crate::item) fn date(seconds: i64) -> String {
    let moment = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// `; filename=...` as RFC 2231 has it, with a plain form for those who do not know that.
pub(super) fn file_name(name: &str, out: &mut Vec<u8>) {
    let name: String = name
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .take(MAX_FILE_NAME)
        .collect();
    let name = name.trim().trim_start_matches('.');
    let name = if name.is_empty() { "message" } else { name };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    out.extend_from_slice(format!(";\r\n filename=\"{plain}.eml\"").as_bytes());
    if !name.is_ascii() {
        out.extend_from_slice(b";\r\n filename*=utf-8''");
        for octet in name.bytes() {
            if octet.is_ascii_alphanumeric() {
                out.push(octet);
            } else {
                out.extend_from_slice(format!("%{octet:02X}").as_bytes());
            }
        }
        out.extend_from_slice(b".eml");
    }
}

fn words(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while !rest.is_empty() {
        // A word holds whole characters (RFC 2047 5).
        let (word, after) = rest.split_at(rest.floor_char_boundary(WORD));
        if rest.len() != text.len() {
            out.extend_from_slice(b"\r\n ");
        }
        out.extend_from_slice(b"=?utf-8?B?");
        out.extend_from_slice(STANDARD.encode(word).as_bytes());
        out.extend_from_slice(b"?=");
        rest = after;
    }
}

fn check(text: &str) -> Result<(), BrokenValue> {
    if text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Err(BrokenValue);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::headers::{Headers, decode_text};

    fn mailbox(name: &str, address: &str) -> Mailbox {
        Mailbox {
            name: name.into(),
            address: address.into(),
        }
    }

    #[test]
    fn t27_no_value_breaks_its_line() {
        for evil in ["a\r\nBcc: x@y", "a\nb", "a\rb", "a\0b", "a\u{2028}b"] {
            let mut out = Vec::new();
            assert_eq!(text("Subject", evil, &mut out), Err(BrokenValue));
            for list in [[mailbox(evil, "a@b")], [mailbox("a", evil)]] {
                assert_eq!(mailboxes("To", &list, &mut out), Err(BrokenValue));
            }
            let id = format!("<{evil}>");
            assert_eq!(ids("In-Reply-To", &[&id], &mut out), Err(BrokenValue));
            let mut out = Vec::new();
            file_name(evil, &mut out);
            let value = String::from_utf8(out).unwrap();
            assert!(
                !value.replace("\r\n ", "").contains(['\r', '\n']),
                "{value}"
            );
        }
        let list = [mailbox("a", "a@b>, <c@d")];
        assert_eq!(mailboxes("To", &list, &mut Vec::new()), Err(BrokenValue));
    }

    #[test]
    fn what_is_written_reads_back() {
        for value in [
            "plain",
            "Grüße aus Köln, wo es heute schneit und regnet ✓",
            "",
        ] {
            let mut out = Vec::new();
            text("Subject", value, &mut out).unwrap();
            assert!(out.is_ascii());
            let read = Headers::read(&out).text("Subject", None).unwrap();
            assert_eq!(read, value);
        }
        let mut out = Vec::new();
        let list = [mailbox("Müller, \"J\" x", "a@b"), mailbox("", "c@d")];
        mailboxes("To", &list, &mut out).unwrap();
        let value = Headers::read(&out).raw("To").unwrap().to_vec();
        let read = crate::item::address::Addresses::read(&value, None);
        assert_eq!(read.mailboxes, list);
        let long = "word ".repeat(60);
        let mut out = Vec::new();
        text("Subject", long.trim(), &mut out).unwrap();
        assert!(out.split(|&o| o == b'\n').all(|line| line.len() <= 78));
        let value = Headers::read(&out).raw("Subject").unwrap().to_vec();
        assert_eq!(decode_text(&value, None), long.trim());
    }

    #[test]
    fn dates_ids_and_file_names() {
        assert_eq!(date(0), "Thu, 01 Jan 1970 00:00:00 +0000");
        assert_eq!(date(1_700_000_000), "Tue, 14 Nov 2023 22:13:20 +0000");
        assert_eq!(ids_in("<a@b> junk <c@d>\r\n <e"), ["<a@b>", "<c@d>"]);
        let name = |name| {
            let mut out = Vec::new();
            file_name(name, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(name("a/b"), ";\r\n filename=\"a b.eml\"");
        assert_eq!(name("  "), ";\r\n filename=\"message.eml\"");
        assert_eq!(
            name("ü"),
            ";\r\n filename=\"_.eml\";\r\n filename*=utf-8''%C3%BC.eml"
        );
    }
}
