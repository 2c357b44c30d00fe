//! Whether the structure a server tells can be believed. Servers read MIME in their own way, and
//! where they see nothing there often is something that a person can read (T14, T59, T68):
//!
//! - a boundary missing or wrong: a multipart without parts (Courier), or with one text of no
//!   octets (Dovecot), or just such a text (Cyrus);
//! - no `MIME-Version`: text without charset and encoding, whatever `Content-Type` says (Courier).
//!
//! What is not believed is read from its source, as far as a body may be long.

use airgate_codec::imap::{Fetched, Part, Structure, TransferEncoding};

use crate::item::headers::Headers;
use crate::item::parameters::Field;
use crate::item::walk;

/// The structure, unless it is unknown or not to be believed.
pub(crate) fn believed(message: &Fetched) -> Option<&Part> {
    let Some(Structure::Known(root)) = &message.structure else {
        return None;
    };
    let headers = Headers::read(header_octets(message).unwrap_or_default());
    (holds_octets(root) && !contradicts(&headers, root)).then_some(root)
}

/// What came of the message's header.
pub(crate) fn header_octets(message: &Fetched) -> Option<&[u8]> {
    message
        .sections
        .iter()
        .filter(|section| section.section.starts_with("HEADER"))
        .find_map(|section| section.octets.as_deref())
}

/// Octets that hold no more than a line end.
const BLANK: u64 = 2;

/// Whether any part has content.
pub(crate) fn holds_octets(root: &Part) -> bool {
    let mut waiting = vec![root];
    while let Some(part) = waiting.pop() {
        if !part.is_multipart() && part.size > BLANK {
            return true;
        }
        waiting.extend(&part.children);
    }
    false
}

/// Whether the message's own header says what the structure denies.
fn contradicts(headers: &Headers<'_>, root: &Part) -> bool {
    let Some(content) = headers.raw("Content-Type").map(Field::read) else {
        return false;
    };
    // What is no type is text, though servers may say it is octets.
    let said = Some(content.value.as_str()).filter(|said| walk::is_media_type(said));
    if said.unwrap_or("text/plain") != root.media_type {
        return true;
    }
    if root.is_multipart() {
        return false;
    }
    let lacks_charset =
        content.parameter("charset").is_some() && root.parameter("charset").is_none();
    let encoding = walk::encoding(headers.raw("Content-Transfer-Encoding"));
    let lacks_encoding = matches!(
        encoding,
        TransferEncoding::Base64 | TransferEncoding::QuotedPrintable
    ) && encoding != root.encoding;
    lacks_charset && root.media_type.starts_with("text/") || lacks_encoding
}

#[cfg(test)]
mod tests {
    use airgate_codec::imap::FetchedSection;

    use super::*;

    fn told(header: &str, root: Part) -> Fetched {
        Fetched {
            structure: Some(Structure::Known(Box::new(root))),
            sections: vec![FetchedSection {
                section: "HEADER.FIELDS (CONTENT-TYPE)".into(),
                origin: None,
                octets: Some(header.as_bytes().to_vec()),
            }],
            ..Fetched::default()
        }
    }

    fn text(size: u64) -> Part {
        Part {
            section: "1".into(),
            media_type: "text/plain".into(),
            size,
            ..Part::default()
        }
    }

    fn multipart(children: Vec<Part>) -> Part {
        Part {
            media_type: "multipart/mixed".into(),
            children,
            ..Part::default()
        }
    }

    #[test]
    fn t68_a_structure_without_content_is_not_believed() {
        for (name, root, expected) in [
            ("text", text(5), true),
            ("multipart", multipart(vec![text(0), text(5)]), true),
            ("Courier without a boundary", multipart(Vec::new()), false),
            (
                "Dovecot without a boundary",
                multipart(vec![text(0)]),
                false,
            ),
            ("Cyrus without a boundary", text(0), false),
        ] {
            assert_eq!(believed(&told("", root)).is_some(), expected, "{name}");
        }
    }

    #[test]
    fn t68_a_structure_that_the_header_contradicts_is_not_believed() {
        let octets = Part {
            media_type: "application/octet-stream".into(),
            ..text(5)
        };
        let message = told("Content-Type: \r\n", octets);
        assert!(believed(&message).is_none());
        for (header, expected) in [
            ("Content-Type: text/plain\r\n", true),
            ("Content-Type: TEXT / Plain (c)\r\n", true),
            ("Content-Type: text\r\n", true),
            ("Content-Type: text/html\r\n", false),
            ("Content-Type: multipart/mixed; boundary=x\r\n", false),
            ("Content-Type: text/plain; charset=big5\r\n", false),
            (
                "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n",
                false,
            ),
            (
                "Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n",
                true,
            ),
        ] {
            let message = told(header, text(5));
            assert_eq!(believed(&message).is_some(), expected, "{header}");
        }
    }
}
