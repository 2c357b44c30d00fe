//! Every mail of fixtures/mail as a phone would see it, kept as snapshots, and the promises that
//! hold for all of them.

use std::fmt::Write as _;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{BodyType, Email};

use super::describe::{describe, describe_body};
use super::schema::fixtures;
use super::server::Server;
use crate::item::email::{BodyOptions, BodyPreference};
use crate::item::legal::is_legal;

fn zoo() -> Vec<(String, Vec<u8>)> {
    let mails = fixtures("mail", "eml");
    assert!(mails.len() >= 150);
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
    let part = email.body_part.as_ref().map(|part| &part.body);
    for body in email.body.iter().chain(part) {
        texts.extend(body.data.as_deref());
        texts.extend(body.preview.as_deref());
    }
    for attachment in &email.attachments {
        texts.push(&attachment.display_name);
        texts.extend(attachment.content_id.as_deref());
        texts.extend(attachment.content_location.as_deref());
    }
    if let Some(meeting) = &email.meeting_request {
        let place = meeting.location.iter();
        texts.extend(place.filter_map(|place| place.display_name.as_deref()));
        texts.extend(meeting.organizer.as_deref());
        texts.extend(meeting.uid.as_deref());
    }
    texts.extend(email.categories.iter().flatten().map(String::as_str));
    texts
}

#[test]
fn t23_every_text_of_the_zoo_is_legal() {
    every_text_is_legal(BodyType::Plain);
}

#[test]
fn t23_every_page_of_the_zoo_is_legal() {
    every_text_is_legal(BodyType::Html);
}

#[test]
fn t23_every_message_of_the_zoo_is_legal() {
    every_text_is_legal(BodyType::Mime);
}

fn every_text_is_legal(kind: BodyType) {
    for (name, raw) in zoo() {
        let server = Server::new(&raw);
        for known in [true, false] {
            {
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
