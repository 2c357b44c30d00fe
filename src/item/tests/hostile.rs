//! Messages made to hurt: T1, T14, T15, T23, T59. Cost is checked by what ten times the input costs.

use std::time::Duration;

use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::imap::{Fetched, FetchedSection, Part, Structure};
use airgate_codec::tnef;
use proptest::prelude::*;

use super::server::{Server, context};
use super::zoo::{asking, texts};
use crate::clock;
use crate::item::address::Addresses;
use crate::item::charset;
use crate::item::email;
use crate::item::headers::{Headers, decode_text};
use crate::item::html_to_text::{Style, html_to_text};
use crate::item::legal::is_legal;
use crate::item::parameters::Field;
use crate::item::quoted_history;

/// Processor time of this thread, where the system tells it: other builders share the machine.
fn spent() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn cost(work: impl Fn()) -> Duration {
    (0..2)
        .map(|_| {
            let (start, before) = (clock::monotonic(), spent());
            work();
            match (before, spent()) {
                (Some(before), Some(after)) if after > before => after - before,
                _ => start.elapsed(),
            }
        })
        .min()
        .expect("two runs")
}

/// Ten times the input may cost ten times as much, and thrice that for a busy machine; quadratic
/// work would cost a hundred times as much, however often it is measured.
fn assert_linear(name: &str, make: impl Fn(usize) -> Vec<u8>, work: impl Fn(&[u8])) {
    let (small, large) = (make(20_000), make(200_000));
    let mut measured = Vec::new();
    for _ in 0..5 {
        let short = cost(|| work(&small)).max(Duration::from_micros(100));
        let long = cost(|| work(&large));
        if long < short * 30 {
            return;
        }
        measured.push((short, long));
    }
    panic!("{name}: {measured:?} for one and for ten times the input");
}

fn repeated(piece: &'static str) -> impl Fn(usize) -> Vec<u8> {
    move |size| piece.repeat(size / piece.len() + 1).into_bytes()
}

#[test]
fn t15_headers_are_read_in_linear_time() {
    for piece in [
        "=?utf-8?Q?x?= ",
        "=?utf-8?Q?x",
        "=?",
        "=?a?q?",
        "?=",
        "=?utf-8?B?",
        "=?utf-8?Q?\u{e9}?=",
        "\r\n ",
        "plain ",
    ] {
        assert_linear(piece, repeated(piece), |value| {
            let _ = decode_text(value, None);
        });
    }
    for piece in [
        "(",
        "((\\",
        "\"",
        "\"\\",
        "<",
        ":",
        "a:;",
        "a@b,",
        "a <",
        "\"a\" <a@b>, ",
        "@",
        "=?a?q?b, ",
    ] {
        assert_linear(piece, repeated(piece), |value| {
            let list = Addresses::read(value, None);
            let _ = (list.line(), list.display());
        });
    }
    for piece in ["; x*1*=y", ";", "; a=\"", "; name*99999999999=x", "; a"] {
        assert_linear(piece, repeated(piece), |value| {
            let _ = Field::read(value);
        });
    }
    for piece in ["A: b\r\n", "A: b\r\n c\r\n", ":\n", "\r", " \n"] {
        assert_linear(piece, repeated(piece), |header| {
            let _ = Headers::read(header);
        });
    }
}

#[test]
fn t15_html_is_read_in_linear_time() {
    for piece in [
        "<div>",
        "<blockquote>",
        "<ul><li>",
        "<table><tr><td>",
        "<",
        "</",
        "<!--",
        "<a href='x'>y",
        "<img alt='x'>",
        "&",
        "&amp;",
        "<pre>\n",
        "<p>word ",
        "<style>",
        "<a ",
    ] {
        assert_linear(piece, repeated(piece), |html| {
            let _ = html_to_text(std::str::from_utf8(html).expect("text"), Style::Full);
        });
    }
}

fn translated(raw: &[u8]) -> Email {
    let (email, _) = Server::walked(raw).email(false, &asking(BodyType::Plain, Some(10_000)));
    for text in texts(&email) {
        assert!(text.chars().all(is_legal));
    }
    email
}

#[test]
fn t1_t14_nests_of_any_depth_appear_and_are_readable() {
    for depth in [23, 24, 25, 1000, 10_000] {
        let mut raw = String::from("Subject: nest\r\n");
        for level in 0..depth {
            raw.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n\
                 Content-Type: text/plain\r\n\r\nlevel {level}\r\n--b{level}\r\n"
            ));
        }
        raw.push_str("Content-Type: text/plain\r\n\r\nend\r\n");
        let email = translated(raw.as_bytes());
        assert_eq!(email.subject.as_deref(), Some("nest"));
        let text = email.body.and_then(|body| body.data).unwrap_or_default();
        assert!(text.contains("level 20"), "{depth}");
        assert_eq!(
            email.attachments.last().map(|a| a.method),
            (depth > 24).then_some(5),
            "{depth}"
        );
    }
}

#[test]
fn t1_chains_of_messages_appear() {
    for depth in [10, 100, 100_000] {
        let raw = format!(
            "Subject: chain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n\
             readable\r\n--b\r\n{}\r\nend\r\n--b--\r\n",
            "Content-Type: message/rfc822\r\n\r\n".repeat(depth)
        );
        let mut fetched = Fetched {
            size: Some(raw.len() as u64),
            structure: Some(Structure::Opaque),
            ..Fetched::default()
        };
        let options = asking(BodyType::Plain, None);
        assert_eq!(email::sections_wanted(&fetched, &options)[0].section, "");
        fetched.sections.push(FetchedSection {
            section: String::new(),
            origin: Some(0),
            octets: Some(raw.into_bytes()),
        });
        let email = email::email(&fetched, &options, &context());
        assert_eq!(email.subject.as_deref(), Some("chain"));
        assert_eq!(
            email.body.and_then(|body| body.data).as_deref(),
            Some("readable")
        );
        assert_eq!(email.attachments.first().map(|a| a.method), Some(5));
    }
}

#[test]
fn t14_a_hundred_thousand_siblings_cost_little_and_lose_nothing() {
    let raw = format!(
        "Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n{}--b--",
        "--b\r\nContent-Type: image/png\r\n\r\nx\r\n".repeat(100_000)
    );
    let start = clock::monotonic();
    let mut fetched = Fetched {
        size: Some(raw.len() as u64),
        ..Fetched::default()
    };
    fetched.sections.push(FetchedSection {
        section: String::new(),
        origin: Some(0),
        octets: Some(raw.into_bytes()),
    });
    let email = email::email(&fetched, &asking(BodyType::Plain, None), &context());
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(
        email.body.and_then(|body| body.data).as_deref(),
        Some("first")
    );
    assert_eq!(email.attachments.len(), 251);
    assert_eq!(
        email.attachments.last().map(|a| a.display_name.as_str()),
        Some("message.eml")
    );
}

#[test]
fn t14_a_structure_deeper_than_any_parser_gives_is_survived() {
    let mut part = Part {
        section: "1".into(),
        media_type: "text/plain".into(),
        ..Part::default()
    };
    for _ in 0..500 {
        part = Part {
            media_type: "multipart/mixed".into(),
            children: vec![part],
            ..Part::default()
        };
    }
    let fetched = Fetched {
        structure: Some(Structure::Known(Box::new(part))),
        ..Fetched::default()
    };
    let options = asking(BodyType::Plain, None);
    let email = email::email(&fetched, &options, &context());
    assert_eq!(
        email.attachments.last().map(|a| a.display_name.as_str()),
        Some("message.eml")
    );
}

#[test]
fn t59_a_stub_shows_who_and_why_and_touches_nothing_else() {
    let server = Server::new(b"From: a@b\r\nSubject: poison\r\nContent-Type: x\0\r\n\r\n\xFF");
    let email = email::stub(&server.first(true), "it breaks the\0 parser");
    assert_eq!(email.subject.as_deref(), Some("poison"));
    assert_eq!(email.from.as_deref(), Some("a@b"));
    let body = email.body.as_ref().expect("a body");
    assert!(
        body.data
            .as_deref()
            .is_some_and(|data| data.contains("it breaks the parser"))
    );
    assert!(email.date_received.is_some() && email.conversation_id.is_some());
    let nothing = email::stub(&Fetched::default(), "");
    assert!(nothing.subject.is_some() && nothing.conversation_index.is_some());
}

#[test]
fn a_message_of_which_nothing_came_still_appears() {
    let options = asking(BodyType::Html, None);
    let email = email::email(&Fetched::default(), &options, &context());
    assert!(email.body.as_ref().is_some_and(|body| body.truncated));
    assert_eq!(email.attachments.len(), 1);
    assert_eq!(email.message_class.as_deref(), Some("IPM.Note"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn t23_any_message_translates_to_legal_text(
        pieces in proptest::collection::vec(prop_oneof![
            Just(b"Content-Type: text/html; charset=utf-7\r\n".to_vec()),
            Just(b"Content-Type: multipart/alternative; boundary=b\r\n".to_vec()),
            Just(b"Content-Type: message/rfc822\r\n".to_vec()),
            Just(b"Content-Transfer-Encoding: base64\r\n".to_vec()),
            Just(b"Content-Transfer-Encoding: quoted-printable\r\n".to_vec()),
            Just(b"Subject: =?koi8-r?Q?".to_vec()), Just(b"From: \"".to_vec()),
            Just(b"\r\n".to_vec()), Just(b"\r\n\r\n".to_vec()), Just(b"--b\r\n".to_vec()),
            Just(b"--b--\r\n".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..20)], 0..30),
        size in prop_oneof![Just(None), (0_u32..60).prop_map(Some)],
    ) {
        let raw = pieces.concat();
        let server = Server::walked(&raw);
        for known in [true, false] {
            for kind in [BodyType::Plain, BodyType::Html, BodyType::Mime] {
                let (email, _) = server.email(known, &asking(kind, size));
                for text in texts(&email) {
                    prop_assert!(text.chars().all(is_legal));
                }
                let data = email.body.and_then(|body| body.data).unwrap_or_default();
                prop_assert!(size.is_none_or(|size| data.len() <= size as usize));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// The one thing that mail-parser does for us with what strangers write.
    #[test]
    fn t15_any_date_is_survived(
        pieces in proptest::collection::vec(prop_oneof![
            Just("Mon, ".to_owned()), Just(" Feb ".to_owned()), Just("2026 ".to_owned()),
            Just("09:30:00 ".to_owned()), Just("+0100".to_owned()), Just("-".to_owned()),
            Just("(".to_owned()), Just(")".to_owned()), Just("\\".to_owned()),
            Just(";".to_owned()), Just(" EST".to_owned()), Just("\r\n ".to_owned()),
            "[0-9]{1,12}", "[ -~]{0,4}", "\\PC{0,4}"], 0..16),
    ) {
        let raw = format!("Date: {}\r\n\r\nx", pieces.concat());
        let (email, _) = Server::walked(raw.as_bytes()).email(true, &asking(BodyType::Plain, None));
        prop_assert!(email.conversation_index.is_some());
    }
}

/// Nothing of ours matches patterns, least of all a stranger's, and what others bring along is the
/// linear engine. deny.toml refuses the others by name.
#[test]
fn t20_no_engine_that_backtracks_is_among_the_dependencies() {
    let lock = include_str!("../../../Cargo.lock");
    for engine in ["fancy-regex", "onig", "pcre2", "regress", "pcre"] {
        let name = format!("name = \"{engine}\"");
        assert!(!lock.lines().any(|line| line == name), "{engine}");
    }
    let own = include_str!("../../../Cargo.toml");
    assert!(!own.contains("\nregex"), "patterns have no use here");
}

#[test]
fn t15_history_and_charsets_are_read_in_linear_time() {
    for piece in ["> a\n", "x:\n> y\n", ">", "\n", "word "] {
        assert_linear(piece, repeated(piece), |text| {
            let _ = quoted_history::new_text(std::str::from_utf8(text).expect("text"));
        });
    }
    for piece in ["<", "type=\"cite\"", "<div id=\"", "class=\"gmail_quot"] {
        assert_linear(piece, repeated(piece), |html| {
            let _ = quoted_history::new_html(std::str::from_utf8(html).expect("text"));
        });
    }
    for piece in [
        "\x1B$B",
        "\x1B$(C",
        "\x1BN",
        "\x1B.F\x1BNa",
        "\x1B$(Dab\n",
        "\x1B",
    ] {
        assert_linear(piece, repeated(piece), |text| {
            let _ = charset::decode(text, Some("iso-2022-jp-2"));
        });
    }
}

/// A container with one attribute of the message.
fn container(number: u32, data: &[u8], times: usize) -> Vec<u8> {
    let mut attribute = vec![1];
    attribute.extend_from_slice(&number.to_le_bytes());
    attribute.extend_from_slice(&u32::try_from(data.len()).expect("short").to_le_bytes());
    attribute.extend_from_slice(data);
    attribute.extend_from_slice(&[0, 0]);
    [&b"\x78\x9F\x3E\x22\x01\0"[..], &attribute.repeat(times)].concat()
}

/// One whose text is so much of a piece of RTF.
fn rich(piece: &str, size: usize) -> Vec<u8> {
    let text = format!("{{\\rtf1 {}", piece.repeat(size / piece.len()));
    let length = u32::try_from(text.len()).expect("short").to_le_bytes();
    let packed = [&[0; 4][..], &length, b"MELA\0\0\0\0", text.as_bytes()].concat();
    let mut property = b"\x01\0\0\0\x02\x01\x09\x10\x01\0\0\0".to_vec();
    property.extend_from_slice(&u32::try_from(packed.len()).expect("short").to_le_bytes());
    property.extend_from_slice(&packed);
    property.resize(property.len().next_multiple_of(4), 0);
    container(0x0006_9003, &property, 1)
}

#[test]
fn t14_containers_are_opened_in_linear_time() {
    let read = |octets: &[u8]| {
        let _ = tnef::open(octets).and_then(|tnef| tnef.body());
    };
    for piece in [
        "{",
        "}",
        "\\f1 ",
        "{\\f1\\fcharset204 x}",
        "\\u1 ",
        "\\'e4",
        "\\par",
        "{\\*\\htmltag x}",
    ] {
        assert_linear(piece, |size| rich(piece, size), read);
    }
    for (name, number) in [("nothing", 1), ("attachments", 0x0006_9002)] {
        assert_linear(name, |size| container(number, b"", size / 11), read);
    }
    let list = |size: usize| {
        let count = u32::try_from(size / 8).expect("few").to_le_bytes();
        let properties = b"\x03\0\x34\x12\x01\0\0\0".repeat(size / 8);
        container(0x0006_9003, &[&count[..], &properties].concat(), 1)
    };
    assert_linear("properties", list, read);
}
