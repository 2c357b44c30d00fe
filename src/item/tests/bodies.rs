//! The rules of REFERENCE.md 10.1, one by one.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyType, Email};

use super::server::{Server, context};
use super::zoo::asking;
use crate::item::email::{self, BodyOptions, BodyPreference};

const HEAD: &str = "From: a@b\r\nTo: c@d\r\nSubject: s\r\nMessage-ID: <x@y>\r\n";

fn alternative() -> Server {
    Server::new(
        format!(
            "{HEAD}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\
             Content-Type: text/plain\r\n\r\nplain words\r\n--b\r\n\
             Content-Type: text/html\r\n\r\n<p>html words &amp; more</p>\r\n--b--\r\n"
        )
        .as_bytes(),
    )
}

fn plain_only() -> Server {
    Server::new(format!("{HEAD}\r\nplain words\r\n").as_bytes())
}

fn html_only() -> Server {
    Server::new(format!("{HEAD}Content-Type: text/html\r\n\r\n<p>html words</p>\r\n").as_bytes())
}

fn smime() -> Server {
    Server::new(
        format!(
            "{HEAD}Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; \
             boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsigned\r\n--b\r\n\
             Content-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n"
        )
        .as_bytes(),
    )
}

fn want(kind: BodyType, size: Option<u32>, all_or_none: bool) -> BodyPreference {
    BodyPreference {
        kind,
        truncation_size: size,
        all_or_none,
        preview: None,
    }
}

fn options(version: ProtocolVersion, mime: u8, preferences: &[BodyPreference]) -> BodyOptions {
    BodyOptions {
        preferences: preferences.to_vec(),
        mime_support: mime,
        ..BodyOptions::new(version)
    }
}

fn body(server: &Server, options: &BodyOptions) -> Body {
    server.email(true, options).0.body.expect("a body")
}

use BodyType::{Html, Mime, Plain, Rtf};
use ProtocolVersion::{V2_5, V12_1, V14_1, V16_1};

#[test]
fn the_right_form_is_chosen() {
    let (plain, html, mime, rtf) = (
        want(Plain, None, false),
        want(Html, None, false),
        want(Mime, None, false),
        want(Rtf, None, false),
    );
    let both = alternative();
    for (name, server, mime_support, preferences, kind) in [
        ("nothing asked", &both, 0, &[][..], Plain),
        ("HTML is native", &both, 0, &[plain, html], Html),
        ("plain asked alone", &both, 0, &[plain], Plain),
        ("plain is native", &plain_only(), 0, &[html, plain], Plain),
        ("HTML asked alone", &plain_only(), 0, &[html], Html),
        ("plain from HTML", &html_only(), 0, &[plain], Plain),
        ("MIME always", &both, 2, &[html, mime], Mime),
        ("MIME never", &both, 0, &[mime, html], Html),
        ("MIME only for S/MIME", &both, 1, &[mime, html], Html),
        ("MIME for S/MIME", &smime(), 1, &[html, mime], Mime),
        ("S/MIME as HTML", &smime(), 0, &[html, mime], Html),
        ("S/MIME, MIME not listed", &smime(), 1, &[html], Mime),
        ("MIME alone without MIMESupport", &both, 0, &[mime], Mime),
        ("RTF is never made", &both, 0, &[rtf, html], Html),
        ("RTF alone", &both, 0, &[rtf], Plain),
    ] {
        for version in ProtocolVersion::ALL {
            if version == V2_5 {
                continue;
            }
            let chosen = body(server, &options(version, mime_support, preferences));
            assert_eq!(chosen.kind, kind, "{name} in {version}");
            let data = chosen.data.unwrap_or_default();
            assert!(!chosen.truncated && !data.is_empty(), "{name} in {version}");
            assert_eq!(
                chosen.estimated_size,
                data.len() as u64,
                "{name} in {version}"
            );
        }
    }
}

#[test]
fn all_or_none_goes_on_to_the_next() {
    let server = alternative();
    let short = options(
        V14_1,
        0,
        &[want(Html, Some(5), true), want(Plain, Some(100), false)],
    );
    assert_eq!(body(&server, &short).kind, Plain);
    let fits = options(
        V14_1,
        0,
        &[want(Html, Some(100), true), want(Plain, None, false)],
    );
    assert_eq!(body(&server, &fits).kind, Html);
    let none = options(
        V14_1,
        0,
        &[want(Html, Some(5), true), want(Plain, Some(5), true)],
    );
    let none = body(&server, &none);
    assert_eq!((none.kind, none.data, none.truncated), (Html, None, true));
    assert_eq!(
        none.estimated_size,
        "<p>html words &amp; more</p>".len() as u64
    );
}

#[test]
fn truncation_counts_octets_and_tells_the_size() {
    let server = alternative();
    for (size, data, truncated) in [
        (Some(0), None, true),
        (Some(5), Some("plain"), true),
        (Some(11), Some("plain words"), false),
        (None, Some("plain words"), false),
    ] {
        let body = body(&server, &options(V14_1, 0, &[want(Plain, size, false)]));
        assert_eq!(
            (body.data.as_deref(), body.truncated),
            (data, truncated),
            "{size:?}"
        );
        assert_eq!(body.estimated_size, 11, "{size:?}");
    }
    let html = body(&server, &options(V14_1, 0, &[want(Html, Some(17), false)]));
    assert_eq!(html.data.as_deref(), Some("<p>html words "));
}

#[test]
fn old_truncation_codes_count_characters() {
    let text = "ü".repeat(110_000);
    let server = Server::new(
        format!("{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}").as_bytes(),
    );
    let codes = [
        0, 512, 1024, 2048, 5120, 10_240, 20_480, 51_200, 102_400, 110_000,
    ];
    for version in [V2_5, V12_1] {
        for (code, characters) in (0..).zip(codes) {
            let old = BodyOptions {
                truncation: Some(code),
                ..BodyOptions::new(version)
            };
            let body = body(&server, &old);
            let data = body.data.unwrap_or_default();
            assert_eq!(data.chars().count(), characters, "{code}");
            assert_eq!(body.truncated, code != 9, "{code}");
            let exact = text.len() as u64;
            // What was not read is estimated.
            assert!(body.estimated_size.abs_diff(exact) < exact / 50, "{code}");
        }
    }
}

#[test]
fn version_2_5_gets_text_or_mime_and_never_an_empty_body() {
    let server = alternative();
    assert_eq!(
        body(&server, &options(V2_5, 0, &[])).data.as_deref(),
        Some("plain words")
    );
    assert_eq!(body(&server, &options(V2_5, 2, &[])).kind, Mime);
    assert_eq!(body(&server, &options(V2_5, 1, &[])).kind, Plain);
    assert_eq!(body(&smime(), &options(V2_5, 1, &[])).kind, Mime);
    let empty = Server::new(format!("{HEAD}\r\n").as_bytes());
    assert_eq!(
        body(&empty, &options(V2_5, 0, &[])).data.as_deref(),
        Some(" ")
    );
}

#[test]
fn mime_truncation_codes_limit_mime() {
    let server = Server::new(format!("{HEAD}\r\n{}", "x".repeat(120_000)).as_bytes());
    let codes = [1024, 4096, 5120, 7168, 10_240, 20_480, 51_200, 102_400];
    for (version, preferences) in [(V2_5, &[][..]), (V14_1, &[want(Mime, None, false)])] {
        let mut options = options(version, 2, preferences);
        for (code, octets) in (0..).zip(codes) {
            options.mime_truncation = Some(code);
            let cut = body(&server, &options);
            assert_eq!(cut.kind, Mime);
            assert_eq!(cut.data.map(|data| data.len()), Some(octets), "{code}");
            assert!(cut.truncated && cut.estimated_size > 120_000, "{code}");
        }
        options.mime_truncation = Some(8);
        assert!(!body(&server, &options).truncated);
    }
    // TruncationSize says it more exactly.
    let mut options = options(V14_1, 2, &[want(Mime, Some(3000), false)]);
    options.mime_truncation = Some(1);
    assert_eq!(
        body(&server, &options).data.map(|data| data.len()),
        Some(3000)
    );
}

/// iOS shows it in the list (REFERENCE.md 12, quirk 11).
#[test]
fn plain_text_cut_short_is_words_alone() {
    let link = "<a href=\"https://example.com/a/very/long/link\">here</a> ".repeat(30);
    let server = Server::new(
        format!("{HEAD}Content-Type: text/html\r\n\r\n<p>Look <img alt=\"logo\"> {link}</p>")
            .as_bytes(),
    );
    let cut = body(&server, &options(V16_1, 0, &[want(Plain, Some(60), false)]));
    let data = cut.data.expect("data");
    assert!(
        data.starts_with("Look here here here") && data.len() <= 60,
        "{data}"
    );
    assert!(cut.truncated && cut.estimated_size > 1000);
    let whole = body(&server, &options(V16_1, 0, &[want(Plain, None, false)]));
    assert!(
        whole
            .data
            .is_some_and(|data| data.contains("<https://example.com/a/very"))
    );
}

#[test]
fn previews_are_plain_and_only_where_asked() {
    let server = alternative();
    let mut preference = want(Html, Some(4), false);
    preference.preview = Some(7);
    let with = body(&server, &options(V14_1, 0, &[preference]));
    assert_eq!(with.preview.as_deref(), Some("plain w"));
    let old = body(&server, &options(V12_1, 0, &[preference]));
    assert_eq!(old.preview, None);
    preference.kind = Plain;
    assert_eq!(
        body(&server, &options(V14_1, 0, &[preference])).preview,
        None
    );
    preference.truncation_size = Some(0);
    assert_eq!(
        body(&server, &options(V14_1, 0, &[preference]))
            .preview
            .as_deref(),
        Some("plain w")
    );
    let html = html_only();
    preference.kind = Html;
    assert_eq!(
        body(&html, &options(V14_1, 0, &[preference]))
            .preview
            .as_deref(),
        Some("html wo")
    );
}

#[test]
fn a_body_part_is_the_new_text() {
    let server = Server::new(
        format!(
            "{HEAD}Content-Type: text/html\r\n\r\n<p>Yes</p><div class=\"gmail_quote\">old</div>"
        )
        .as_bytes(),
    );
    let mut options = options(V14_1, 0, &[want(Html, None, false)]);
    options.part_preference = Some(want(Html, Some(100), false));
    let (email, _) = server.email(true, &options);
    let part = email.body_part.expect("a part").body;
    assert_eq!(
        (part.kind, part.data.as_deref(), part.truncated),
        (Html, Some("<p>Yes</p>"), false)
    );
    options.version = V12_1;
    assert!(server.email(true, &options).0.body_part.is_none());
}

/// The point of the two passes: a 40 MB attachment is not fetched to show a list.
#[test]
fn a_preview_fetches_no_attachment() {
    let attachment = "QUJD".repeat(19).add_line(540_000 / 76 * 76);
    let raw = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
         Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--m\r\n\
         Content-Type: application/zip; name=big.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {attachment}\r\n--m--\r\n",
        "PHA+aGk8L3A+\r\n".repeat(40_000)
    );
    let server = Server::new(raw.as_bytes());
    for (kind, most, least_size) in [(Plain, 120_000, 150_000), (Html, 100_000, 350_000)] {
        let (email, wanted) = server.email(true, &asking(kind, Some(500)));
        let octets: u32 = wanted.iter().map(|request| request.first).sum();
        assert!(octets < most, "{kind:?}: {wanted:?}");
        let body = email.body.expect("a body");
        assert!(
            body.truncated && body.estimated_size > least_size,
            "{}",
            body.estimated_size
        );
        assert!(body.data.is_some_and(|data| data.len() > 400), "{kind:?}");
        let file = email.attachments.first().expect("the attachment");
        let exact = attachment.len() as u64 / 78 * 57;
        assert!(
            file.estimated_size.abs_diff(exact) < 200,
            "{}",
            file.estimated_size
        );
    }
    let (_, wanted) = server.email(true, &asking(Mime, Some(2000)));
    assert!(
        wanted
            .iter()
            .any(|request| request.section.is_empty() && request.first < 4000)
    );
}

trait AddLine {
    fn add_line(self, octets: usize) -> String;
}

impl AddLine for String {
    fn add_line(self, octets: usize) -> String {
        format!("{self}\r\n").repeat(octets / (self.len() + 2))
    }
}

#[test]
fn a_fetch_brings_what_a_sync_cut() {
    let text = "word ".repeat(400_000);
    let server = Server::new(format!("{HEAD}\r\n{text}").as_bytes());
    let options = options(V16_1, 0, &[want(Plain, None, false)]);
    let sync = body(&server, &options);
    assert!(sync.truncated);
    assert!(sync.estimated_size.abs_diff(text.len() as u64) < 2000);
    let mut fetched = server.first(true);
    let wanted = email::fetch_sections(&fetched, &options);
    server.second(&mut fetched, &wanted);
    let whole = email::fetch_body(&fetched, &options, &context())
        .body
        .expect("a body");
    assert!(!whole.truncated);
    assert_eq!(whole.data.map(|data| data.len()), Some(text.len()));
}

#[test]
fn flags_become_properties() {
    let mut server = plain_only();
    server.flags.seen = true;
    server.flags.answered = true;
    server.flags.draft = true;
    server.flags.keywords = vec!["$Completed".into(), "Holiday".into(), "$Junk".into()];
    let (email, _) = server.email(true, &asking(Plain, None));
    assert_eq!(email.read, Some(true));
    assert_eq!(email.is_draft, Some(true));
    assert_eq!(
        (email.last_verb, email.last_verb_time),
        (Some(1), email.date_received)
    );
    assert_eq!(
        email.categories.as_deref(),
        Some(&["Holiday".to_owned()][..])
    );
    let flag = email.flag.expect("a flag");
    assert_eq!((flag.status, flag.complete_time), (1, email.date_received));
    server.flags.flagged = true;
    let changed = email::changed_properties(&server.flags, email.date_received);
    assert_eq!(changed.flag.as_ref().map(|flag| flag.status), Some(2));
    let only = Email {
        read: changed.read,
        flag: changed.flag.clone(),
        categories: changed.categories.clone(),
        // Answering is a flag like the others.
        last_verb: Some(1),
        last_verb_time: email.date_received,
        ..Email::default()
    };
    assert_eq!(changed, only);
}

fn part_of(server: &Server, preference: BodyPreference) -> airgate_codec::eas::email::BodyPart {
    let mut options = options(V14_1, 0, &[]);
    options.part_preference = Some(preference);
    server.email(true, &options).0.body_part.expect("a part")
}

#[test]
fn a_body_part_of_plain_text_has_no_history_either() {
    let server = Server::new(
        format!("{HEAD}\r\nYes.\r\n\r\nOn Monday Bob wrote:\r\n> Tea?\r\n> Bob\r\n").as_bytes(),
    );
    let part = part_of(&server, want(Html, None, false));
    let data = part.body.data.expect("data");
    assert!(data.contains("Yes.") && !data.contains("Monday"), "{data}");
    assert_eq!(part.body.estimated_size, data.len() as u64);
    assert!(!part.too_large && !part.body.truncated);
}

#[test]
fn a_body_part_is_cut_and_previewed() {
    let server = Server::new(
        format!(
            "{HEAD}Content-Type: text/html\r\n\r\n<p>Yes &amp; no</p><div class=\"gmail_quote\">old</div>"
        )
        .as_bytes(),
    );
    let preference = BodyPreference {
        preview: Some(255),
        ..want(Html, Some(9), false)
    };
    let part = part_of(&server, preference);
    assert_eq!(part.body.data.as_deref(), Some("<p>Yes "));
    assert_eq!(part.body.estimated_size, "<p>Yes &amp; no</p>".len() as u64);
    assert!(part.body.truncated && !part.too_large);
    assert!(
        part.body
            .preview
            .is_some_and(|preview| preview.starts_with("Yes & no"))
    );
    for none in [want(Html, Some(0), false), want(Html, Some(9), true)] {
        let part = part_of(
            &server,
            BodyPreference {
                preview: Some(3),
                ..none
            },
        );
        assert_eq!((part.body.data, part.body.truncated), (None, true));
        assert_eq!(part.body.preview.as_deref(), Some("Yes"));
    }
}

/// More than a Sync reads, and no history in what it reads: Status 176.
#[test]
fn a_body_part_of_what_is_too_large_is_refused() {
    let server = Server::new(
        format!(
            "{HEAD}Content-Type: text/html\r\n\r\n{}",
            "<p>words</p>".repeat(100_000)
        )
        .as_bytes(),
    );
    let part = part_of(&server, want(Html, None, false));
    assert!(part.too_large && part.body.truncated && part.body.data.is_none());
    assert!(part.body.estimated_size > 1_000_000);
    let part = part_of(&server, want(Html, Some(500), false));
    assert!(!part.too_large && part.body.data.is_some());
}
