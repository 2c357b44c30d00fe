//! Attachments a phone adds to a draft.

use airgate_codec::eas::email::AttachmentAdd;

use super::tree::Node;
use crate::item::outgoing::{encode, lines, write};
use crate::item::upload::{file_name, media_type};

/// Method of an attached message ([MS-ASAIRS] 2.2.2.27).
const EMBEDDED_MESSAGE: u8 = 5;
/// Octets of one line of a parameter (RFC 2231 3).
const PIECE: usize = 60;

/// The part for an attachment.
pub(super) fn part<'a>(add: &AttachmentAdd) -> Node<'a> {
    let name = file_name(&add.display_name);
    let mut out = b"Content-Type: ".to_vec();
    let message = is_message(add);
    let kind = if message {
        "message/rfc822"
    } else {
        media_type(add.content_type.as_deref(), &name)
    };
    out.extend_from_slice(kind.as_bytes());
    if !message {
        parameter("name", &name, &mut out);
    }
    let disposition: &[u8] = if add.is_inline {
        b"\r\nContent-Disposition: inline"
    } else {
        b"\r\nContent-Disposition: attachment"
    };
    out.extend_from_slice(disposition);
    parameter("filename", &name, &mut out);
    out.extend_from_slice(b"\r\n");
    let id = add.content_id.as_deref().unwrap_or_default();
    let id = format!("<{}>", id.trim().trim_matches(['<', '>']));
    if write::is_id(&id) {
        out.extend_from_slice(format!("Content-ID: {id}\r\n").as_bytes());
    }
    let location = add.content_location.as_deref().unwrap_or_default().trim();
    if !location.is_empty()
        && location.len() < 900
        && location.bytes().all(|octet| octet.is_ascii_graphic())
    {
        out.extend_from_slice(format!("Content-Location: {location}\r\n").as_bytes());
    }
    if message {
        // A message inside a message may not be encoded (RFC 2046 5.2.1).
        let content = lines::normalise(&add.content);
        if !content.is_ascii() {
            out.extend_from_slice(b"Content-Transfer-Encoding: 8bit\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&content);
    } else {
        out.extend_from_slice(b"Content-Transfer-Encoding: base64\r\n\r\n");
        encode::base64(&add.content, &mut out);
    }
    Node::made(out)
}

/// Whether it is a message to be attached as one; octets with a NUL cannot be.
pub(super) fn is_message(add: &AttachmentAdd) -> bool {
    let said = add.content_type.as_deref().unwrap_or_default().trim();
    let message = add.method == EMBEDDED_MESSAGE || said.eq_ignore_ascii_case("message/rfc822");
    message && !add.content.contains(&0)
}

/// `; name=value`, in pieces and percent-encoded where a plain one would not do (RFC 2231). No
/// value ends its line (T27): what is not plain is encoded.
fn parameter(name: &str, value: &str, out: &mut Vec<u8>) {
    let plain = |octet: u8| matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\');
    if value.len() <= PIECE && value.bytes().all(plain) {
        out.extend_from_slice(format!(";\r\n {name}=\"{value}\"").as_bytes());
        return;
    }
    let mut number = 0_usize;
    let mut piece = "utf-8''".to_owned();
    for octet in value.bytes() {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_') {
            piece.push(char::from(octet));
        } else {
            piece.push_str(&format!("%{octet:02X}"));
        }
        if piece.len() >= PIECE {
            out.extend_from_slice(format!(";\r\n {name}*{number}*={piece}").as_bytes());
            number += 1;
            piece.clear();
        }
    }
    if !piece.is_empty() {
        let section = if number == 0 {
            String::new()
        } else {
            format!("*{number}")
        };
        out.extend_from_slice(format!(";\r\n {name}{section}*={piece}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::item::parameters::Field;

    proptest! {
        #[test]
        fn t27_any_name_reads_back_and_stays_in_its_field(name in "\\PC{0,300}|[a\r\n\"\\\\;%ü']{0,80}") {
            let name = file_name(&name);
            let mut out = b"attachment".to_vec();
            parameter("filename", &name, &mut out);
            let text = String::from_utf8(out.clone()).unwrap();
            prop_assert!(!text.replace("\r\n ", "").contains(['\r', '\n']));
            prop_assert!(text.split("\r\n").all(|line| line.len() < 90));
            let field = Field::read(&out);
            prop_assert_eq!(field.parameter("filename"), Some(name.as_str()));
        }
    }
}
