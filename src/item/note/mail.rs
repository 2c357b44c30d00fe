//! A note in a mailbox, in the form Apple's mail clients write: one message for each note, its title
//! as Subject, its text as HTML, and an identifier that stays when the message is replaced by another
//! (REFERENCE 11.5). Pure.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{BodyChange, BodyType, Email, EmailChange};
use airgate_codec::eas::notes::Note;
use airgate_codec::imap::Fetched;
use sha2::{Digest as _, Sha256};

use super::{MESSAGE_CLASS, check_class, refused};
use crate::item::headers::Headers;
use crate::item::html_to_text::{Style, html_to_text};
use crate::item::legal::legalise;
use crate::item::object::Refused;
use crate::item::object_body::lf;
use crate::item::outgoing::edit::{self, Edited, Stamp, Unusable};
use crate::item::outgoing::{CONTENT_FIELDS, encode, write};
use crate::item::text_to_html::text_to_html;

/// The header field that says which note a message is.
pub const IDENTIFIER: &str = "X-Universally-Unique-Identifier";
/// What Apple's clients know their notes by.
const TYPE: &str = "X-Uniform-Type-Identifier";
const TYPE_VALUE: &str = "com.apple.mail-note";
/// When the note was begun; Date says when it was changed last.
const CREATED: &str = "X-Mail-Created-Date";
/// Characters of a title that is made of the text.
const TITLE: usize = 100;

/// Which note a message is, as a number; 0 where it does not say.
pub fn print(message: &Fetched) -> i64 {
    let header = message
        .sections
        .iter()
        .find(|section| section.section.starts_with("HEADER"))
        .and_then(|section| section.octets.as_deref())
        .unwrap_or_default();
    let Some(identifier) = Headers::read(header).text(IDENTIFIER, None) else {
        return 0;
    };
    let identifier = identifier.trim().to_ascii_uppercase();
    if identifier.is_empty() {
        return 0;
    }
    let digest = Sha256::digest(identifier.as_bytes());
    let first = digest.first_chunk::<8>().copied().unwrap_or_default();
    // 0 says something else.
    i64::from_be_bytes(first) | 1
}

/// The identifier of a note that is made under this key.
pub fn identifier(key: &[u8; 32]) -> String {
    let hex: String = key
        .iter()
        .take(16)
        .map(|octet| format!("{octet:02X}"))
        .collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    // Version 8 is for numbers made in one's own way (RFC 9562 5.8).
    format!(
        "{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

/// A note as a phone is told of it, from the message read as mail.
pub fn note(email: Email) -> Note {
    Note {
        subject: Some(email.subject.unwrap_or_default()),
        body: email.body,
        message_class: Some(MESSAGE_CLASS.to_owned()),
        last_modified: Some(email.date_received.unwrap_or_default()),
        categories: Some(email.categories.unwrap_or_default()),
    }
}

/// What a phone says of a note as a change of a message.
///
/// # Errors
/// Another class, or a body that is neither text nor HTML (status 6).
pub fn change_of(note: &Note, version: ProtocolVersion) -> Result<EmailChange, Refused> {
    check_class(note)?;
    let body = match &note.body {
        None => None,
        Some(body) => {
            let data = body.data.clone().unwrap_or_default();
            let kind = match body.kind {
                BodyType::Plain | BodyType::Html => body.kind,
                BodyType::Rtf | BodyType::Mime => {
                    return Err(refused(&"a body that is neither text nor HTML"));
                }
            };
            Some(BodyChange {
                kind,
                data: data.into_bytes(),
                truncated: body.truncated,
            })
        }
    };
    // Left out, categories are deleted ([MS-ASNOTE] 3.2.5.3); in 16.x nothing is (S12).
    let dropped = (version < ProtocolVersion::V16_0).then(Vec::new);
    Ok(EmailChange {
        subject: note.subject.clone(),
        body,
        categories: note.categories.clone().or(dropped),
        ..EmailChange::default()
    })
}

/// The message after the change; an empty `stored` is a new one. `identifier` is for one that has
/// none.
///
/// # Errors
/// See [`Unusable`].
pub fn compose(
    stored: &[u8],
    change: &EmailChange,
    stamp: Stamp<'_>,
    identifier: &str,
) -> Result<Edited, Unusable> {
    let (header, body) = split(stored);
    // A new message has a date and a name of its own.
    let kept: Vec<&[u8]> = fields(header)
        .filter(|field| !["Date", "Message-ID"].iter().any(|name| is(field, name)))
        .collect();
    let html = change
        .body
        .as_ref()
        .filter(|body| !body.truncated)
        .map(|body| {
            let text = legalise(String::from_utf8_lossy(&body.data).into_owned());
            match body.kind {
                BodyType::Html => text,
                _ => text_to_html(&text),
            }
        });
    let change = EmailChange {
        subject: subject(change, stored.is_empty(), html.as_deref()),
        body: html
            .clone()
            .map(|html| BodyChange::whole(BodyType::Html, html)),
        ..EmailChange::default()
    };
    let multipart = kept.iter().any(|field| {
        let value = String::from_utf8_lossy(field).to_ascii_lowercase();
        is(field, "Content-Type") && value.contains("multipart/")
    });
    let mut message = kept.concat();
    message.extend_from_slice(b"\r\n");
    message.extend_from_slice(body);
    let stored = if stored.is_empty() { &[][..] } else { &message };
    let mut edited = edit::edit(stored, &change, &[], stamp)?;
    let (header, body) = split(&edited.octets);
    let own = |name: &str| fields(header).any(|field| is(field, name));
    let date = write::date(stamp.now);
    let mut octets = Vec::with_capacity(edited.octets.len() + 256);
    for (name, value) in [
        (TYPE, TYPE_VALUE),
        (IDENTIFIER, identifier),
        (CREATED, date.as_str()),
    ] {
        if !own(name) {
            octets.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    match html.filter(|_| !multipart) {
        // Apple's clients read one part of HTML, and write nothing else.
        Some(html) => {
            let described = |field: &&[u8]| !CONTENT_FIELDS.iter().any(|name| is(field, name));
            octets.extend(fields(header).filter(described).flatten());
            encode::text_part("text/html", &html, &mut octets);
            if !octets.ends_with(b"\r\n") {
                octets.extend_from_slice(b"\r\n");
            }
        }
        None => {
            octets.extend_from_slice(header);
            octets.extend_from_slice(b"\r\n");
            octets.extend_from_slice(body);
        }
    }
    edited.octets = octets;
    Ok(edited)
}

/// The title: what the phone says, of a new note else the first line of its text.
fn subject(change: &EmailChange, new: bool, html: Option<&str>) -> Option<String> {
    let said = change.subject.clone();
    if !new || said.as_ref().is_some_and(|said| !said.trim().is_empty()) {
        return said;
    }
    let text = lf(&html_to_text(html.unwrap_or_default(), Style::Words));
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    Some(line.unwrap_or_default().chars().take(TITLE).collect())
}

/// The header without the empty line, and what is behind that.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            let (header, rest) = message.split_at(at);
            return (header, rest.get(line.len()..).unwrap_or_default());
        }
        at += line.len();
    }
    (message, &[])
}

/// The fields of a header, folded lines and line ends included.
fn fields(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = header;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut length = 0;
        for (number, line) in rest.split_inclusive(|octet| *octet == b'\n').enumerate() {
            if number > 0 && !line.starts_with(b" ") && !line.starts_with(b"\t") {
                break;
            }
            length += line.len();
        }
        let (field, after) = rest.split_at(length);
        rest = after;
        Some(field)
    })
}

fn is(field: &[u8], name: &str) -> bool {
    let end = field.iter().position(|octet| *octet == b':');
    let own = end.and_then(|end| field.get(..end)).unwrap_or_default();
    own.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp<'_> = Stamp {
        now: 1_795_521_600,
        message_id: "<new@example.com>",
        account: "me@example.com",
        sending: false,
    };

    const APPLE: &str = "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nFrom: Ann <me@example.com>\r\n\
        Content-Type: text/html;\r\n\tcharset=utf-8\r\nX-Uniform-Type-Identifier: com.apple.mail-note\r\n\
        X-Mail-Created-Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nDate: Mon, 2 Mar 2026 10:05:00 +0100\r\n\
        X-Universally-Unique-Identifier: 1E0C4D6A-0000-4000-8000-0123456789AB\r\n\
        Message-Id: <old@example.com>\r\nContent-Transfer-Encoding: quoted-printable\r\n\
        X-Other: kept\r\nMime-Version: 1.0\r\n\r\nGr=C3=BC=C3=9Fe<div>one</div>\r\n";

    fn text(octets: &[u8]) -> String {
        String::from_utf8(octets.to_vec()).expect("ASCII")
    }

    fn html(html: &str) -> EmailChange {
        EmailChange {
            body: Some(BodyChange::whole(BodyType::Html, html)),
            ..EmailChange::default()
        }
    }

    #[test]
    fn a_new_note_has_apples_form() {
        let change = EmailChange {
            body: Some(BodyChange::whole(
                BodyType::Plain,
                "Shopping\r\nmilk & eggs",
            )),
            ..EmailChange::default()
        };
        let id = identifier(&[7; 32]);
        let edited = compose(&[], &change, STAMP, &id).expect("composed");
        let text = text(&edited.octets);
        for line in [
            "X-Uniform-Type-Identifier: com.apple.mail-note",
            "X-Universally-Unique-Identifier: 07070707-0707-8707-8707-070707070707",
            "Subject: Shopping",
            "From: me@example.com",
            "Content-Type: text/html; charset=utf-8",
            "MIME-Version: 1.0",
            "Message-ID: <new@example.com>",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert!(text.contains("X-Mail-Created-Date: ") && text.contains("milk &amp; eggs"));
    }

    #[test]
    fn s12_an_edit_keeps_what_apple_wrote() {
        let edited = compose(APPLE.as_bytes(), &html("<b>two</b>"), STAMP, "x").expect("composed");
        let text = text(&edited.octets);
        for line in [
            "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
            "X-Universally-Unique-Identifier: 1E0C4D6A-0000-4000-8000-0123456789AB",
            "X-Mail-Created-Date: Mon, 2 Mar 2026 10:00:00 +0100",
            "X-Other: kept",
            "Message-ID: <new@example.com>",
            "<b>two</b>",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert!(!text.contains("10:05") && !text.contains("old@") && !text.contains("multipart"));
        assert_eq!(text.matches("Content-Type").count(), 1);
        // Only the title.
        let change = EmailChange {
            subject: Some("Other".into()),
            ..EmailChange::default()
        };
        let edited = compose(APPLE.as_bytes(), &change, STAMP, "x").expect("composed");
        let text = self::text(&edited.octets);
        assert!(text.contains("Subject: Other\r\n") && text.contains("Gr=C3=BC=C3=9Fe<div>one"));
    }

    #[test]
    fn s12_attachments_of_a_note_stay() {
        let stored = "Subject: x\r\nX-Universally-Unique-Identifier: A\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n\
            Content-Type: text/html\r\n\r\nold<img src=\"cid:1\">\r\n--b\r\n\
            Content-Type: image/png\r\nContent-ID: <1>\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            iVBORw0=\r\n--b--\r\n";
        let edited = compose(
            stored.as_bytes(),
            &html("new<img src=\"cid:1\">"),
            STAMP,
            "x",
        );
        let text = text(&edited.expect("composed").octets);
        assert!(
            text.contains("iVBORw0=") && text.contains("new<img"),
            "{text}"
        );
        assert!(!text.contains("old<img"), "{text}");
    }

    #[test]
    fn identifiers_are_compared_without_case() {
        let message = |value: &str| Fetched {
            sections: vec![airgate_codec::imap::FetchedSection {
                section: "HEADER.FIELDS (X-Universally-Unique-Identifier)".into(),
                origin: None,
                octets: Some(format!("{IDENTIFIER}: {value}\r\n\r\n").into_bytes()),
            }],
            ..Fetched::default()
        };
        assert_eq!(print(&message("abc")), print(&message(" ABC")));
        assert_ne!(print(&message("abc")), print(&message("abd")));
        assert_ne!(print(&message("abc")), 0);
        assert_eq!(print(&message("")), 0);
        assert_eq!(print(&Fetched::default()), 0);
    }
}
