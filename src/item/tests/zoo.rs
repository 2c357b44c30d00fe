//! Every mail of fixtures/mail as a phone would see it, kept as snapshots, and the promises that
//! hold for all of them.

use std::fmt::Write as _;
use std::path::PathBuf;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyType, Email};

use super::server::Server;
use crate::item::email::{BodyOptions, BodyPreference};
use crate::item::legal::is_legal;

fn zoo() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/mail");
    let mut mails: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read(&path).expect("readable"))
        })
        .collect();
    mails.sort();
    assert!(mails.len() >= 60);
    mails
}

pub(super) fn asking(kind: BodyType, size: Option<u32>) -> BodyOptions {
    BodyOptions {
        preferences: vec![BodyPreference {
            kind,
            truncation_size: size,
            all_or_none: false,
            preview: Some(255),
        }],
        mime_support: if kind == BodyType::Mime { 2 } else { 0 },
        ..BodyOptions::new(ProtocolVersion::V16_1)
    }
}

/// Text of a snapshot: its beginning, one line per line, invisible characters shown.
fn shown(text: &str) -> String {
    const MOST: usize = 700;
    let mut out = String::new();
    for (index, line) in text
        .chars()
        .take(MOST)
        .collect::<String>()
        .split("\r\n")
        .enumerate()
    {
        let line: String = line
            .chars()
            .map(|c| {
                if c.is_control() || is_invisible(c) {
                    c.escape_default().to_string()
                } else {
                    c.into()
                }
            })
            .collect();
        let start = if index == 0 { "  | " } else { "\n  | " };
        out.push_str(start);
        out.push_str(&line);
    }
    if text.chars().count() > MOST {
        let _ = write!(out, "… ({} octets)", text.len());
    }
    out
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{34F}' | '\u{FEFF}')
}

fn brief(text: &Option<String>) -> Option<String> {
    const MOST: usize = 150;
    let text = text.as_ref()?;
    let length = text.chars().count();
    if length <= MOST {
        return Some(text.clone());
    }
    Some(format!(
        "{}… ({length} characters)",
        text.chars().take(MOST).collect::<String>()
    ))
}

fn describe_body(name: &str, body: Option<&Body>, out: &mut String) {
    let Some(body) = body else {
        let _ = writeln!(out, "{name}: none");
        return;
    };
    let _ = writeln!(
        out,
        "{name}: {:?}, size {}{}",
        body.kind,
        body.estimated_size,
        if body.truncated { ", truncated" } else { "" }
    );
    if let Some(data) = &body.data {
        let _ = writeln!(out, "{}", shown(data));
    }
    if let Some(preview) = &body.preview {
        let _ = writeln!(out, "  preview: {}", shown(preview).trim_start());
    }
}

fn describe(email: &Email) -> String {
    let mut out = String::new();
    let fields = [
        ("from", &email.from),
        ("sender", &email.sender),
        ("reply to", &email.reply_to),
        ("to", &email.to),
        ("cc", &email.cc),
        ("bcc", &email.bcc),
        ("display to", &email.display_to),
        ("subject", &email.subject),
        ("topic", &email.thread_topic),
        ("class", &email.message_class),
        ("content class", &email.content_class),
    ];
    for (name, value) in fields {
        if let Some(value) = brief(value) {
            let _ = writeln!(out, "{name}: {value}");
        }
    }
    let hex = |octets: &Option<Vec<u8>>| {
        octets
            .as_deref()
            .unwrap_or_default()
            .iter()
            .fold(String::new(), |mut hex, octet| {
                let _ = write!(hex, "{octet:02x}");
                hex
            })
    };
    let _ = writeln!(
        out,
        "conversation: {} {}",
        hex(&email.conversation_id),
        brief(&Some(hex(&email.conversation_index))).unwrap_or_default()
    );
    let _ = writeln!(
        out,
        "received {:?}, importance {:?}, as bcc {:?}, native {:?}",
        email.date_received.map(|moment| moment.0),
        email.importance,
        email.received_as_bcc,
        email.native_body_type
    );
    for attachment in email.attachments.iter().take(12) {
        let _ = writeln!(
            out,
            "attachment {:?}: {} method {} size {}{}{}",
            attachment.display_name,
            attachment.file_reference,
            attachment.method,
            attachment.estimated_size,
            attachment
                .content_id
                .as_ref()
                .map_or_else(String::new, |id| format!(" <{id}>")),
            if attachment.is_inline { " inline" } else { "" }
        );
    }
    if email.attachments.len() > 12 {
        let _ = writeln!(out, "... {} attachments", email.attachments.len());
    }
    out
}

#[test]
fn every_mail_of_the_zoo_looks_as_reviewed() {
    for (name, raw) in zoo() {
        let server = Server::new(&raw);
        let mut out = String::new();
        let (plain, wanted) = server.email(true, &asking(BodyType::Plain, None));
        out.push_str(&describe(&plain));
        let sections: Vec<String> = wanted
            .iter()
            .map(|request| format!("[{}]<{}>", request.section, request.first))
            .collect();
        let _ = writeln!(out, "fetched for text: {}", sections.join(" "));
        describe_body("text", plain.body.as_ref(), &mut out);
        let (html, wanted) = server.email(true, &asking(BodyType::Html, Some(1500)));
        let sections: Vec<String> = wanted
            .iter()
            .map(|request| format!("[{}]<{}>", request.section, request.first))
            .collect();
        let _ = writeln!(out, "fetched for html: {}", sections.join(" "));
        describe_body("html", html.body.as_ref(), &mut out);
        for (plain, html) in plain.attachments.iter().zip(&html.attachments) {
            if plain.is_inline != html.is_inline {
                let _ = writeln!(
                    out,
                    "inline by html: {} {}",
                    html.display_name, html.is_inline
                );
            }
        }
        let (mime, _) = server.email(true, &asking(BodyType::Mime, None));
        let body = mime.body.as_ref().expect("a body");
        let data = body.data.as_deref().unwrap_or_default();
        if data.as_bytes() == raw.as_slice() {
            let _ = writeln!(out, "mime: the message as it is");
        } else {
            describe_body("mime", Some(body), &mut out);
        }
        // The same message, when we take it apart ourselves.
        let (rough, _) = server.email(false, &asking(BodyType::Plain, None));
        if rough == plain {
            let _ = writeln!(out, "rough: the same");
        } else {
            let (ours, theirs) = (describe(&rough), describe(&plain));
            for line in ours
                .lines()
                .filter(|line| !theirs.lines().any(|other| other == *line))
            {
                let _ = writeln!(out, "rough: {line}");
            }
            if rough.body != plain.body {
                describe_body("rough text", rough.body.as_ref(), &mut out);
            }
        }
        insta::with_settings!({
            snapshot_path => "../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(name, out) });
    }
}

/// All text of a translation.
pub(super) fn texts(email: &Email) -> Vec<&str> {
    let mut texts: Vec<&str> = [
        &email.from,
        &email.sender,
        &email.reply_to,
        &email.to,
        &email.cc,
        &email.bcc,
        &email.display_to,
        &email.subject,
        &email.thread_topic,
        &email.message_class,
    ]
    .into_iter()
    .flatten()
    .map(String::as_str)
    .collect();
    for body in [&email.body, &email.body_part].into_iter().flatten() {
        texts.extend(body.data.as_deref());
        texts.extend(body.preview.as_deref());
    }
    for attachment in &email.attachments {
        texts.push(&attachment.display_name);
        texts.extend(attachment.content_id.as_deref());
        texts.extend(attachment.content_location.as_deref());
    }
    texts.extend(email.categories.iter().flatten().map(String::as_str));
    texts
}

#[test]
fn t23_every_text_of_the_zoo_is_legal() {
    for (name, raw) in zoo() {
        let server = Server::new(&raw);
        for known in [true, false] {
            for kind in [BodyType::Plain, BodyType::Html, BodyType::Mime] {
                for size in [None, Some(0), Some(7), Some(300)] {
                    let (email, _) = server.email(known, &asking(kind, size));
                    for text in texts(&email) {
                        assert!(text.chars().all(is_legal), "{name}");
                    }
                    let body = email.body.expect("a body");
                    let data = body.data.unwrap_or_default();
                    assert!(
                        size.is_none_or(|size| data.len() <= size as usize),
                        "{name}"
                    );
                    assert!(body.estimated_size >= data.len() as u64, "{name}");
                    assert!(
                        body.preview.is_none_or(|p| p.chars().count() <= 255),
                        "{name}"
                    );
                }
            }
        }
    }
}
