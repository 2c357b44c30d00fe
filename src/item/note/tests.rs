use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyType};
use jiff::tz::TimeZone;

use super::*;
use crate::item::object::{Client, Me};
use crate::item::options::{BodyOptions, BodyPreference};

fn with<R>(version: ProtocolVersion, run: impl FnOnce(&Manner<'_>) -> R) -> R {
    let preference = |kind| BodyPreference {
        kind,
        truncation_size: None,
        all_or_none: false,
        preview: None,
    };
    let bodies = BodyOptions {
        preferences: vec![preference(BodyType::Plain), preference(BodyType::Html)],
        ..BodyOptions::new(version)
    };
    run(&Manner {
        version,
        bodies: &bodies,
        zone: &TimeZone::UTC,
        me: Me {
            addresses: &[],
            name: None,
        },
        client: Client {
            device_type: "iPhone",
            agent: None,
        },
        now: Moment::parse("20261124T120000Z").expect("a moment"),
    })
}

fn told(text: &[u8], version: ProtocolVersion) -> (Note, Digest) {
    let rendered = with(version, |manner| render(text, manner)).expect("a note");
    let note = Note::from_raw(&rendered.data).expect("valid");
    (note, rendered.digest)
}

const JOURNAL: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VJOURNAL\r\nUID:j\r\n\
    SUMMARY:Ideas\r\nDESCRIPTION:one\\ntwo\r\nCATEGORIES:Work\r\nX-KEPT:1\r\n\
    LAST-MODIFIED:20260301T100000Z\r\nEND:VJOURNAL\r\nEND:VCALENDAR\r\n";

const VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V14_0,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_0,
    ProtocolVersion::V16_1,
];

#[test]
fn a_journal_is_a_note_and_comes_back_as_it_was() {
    for version in VERSIONS {
        let (note, digest) = told(JOURNAL.as_bytes(), version);
        assert_eq!(note.subject.as_deref(), Some("Ideas"));
        assert_eq!(note.message_class.as_deref(), Some("IPM.StickyNote"));
        assert_eq!(note.last_modified, Moment::parse("20260301T100000Z"));
        let data = note.body.as_ref().and_then(|body| body.data.as_deref());
        assert_eq!(data, Some("one\r\ntwo"));
        let edited = with(version, |manner| {
            let base = Base {
                told: Some(&digest),
                supported: &Supported::NotSaid,
                client_wins: false,
            };
            let raw = note.to_raw(version);
            edit(JOURNAL.as_bytes(), Edit::Whole(&raw), &base, manner)
        });
        let edited = edited.expect("taken");
        assert!(!edited.changed, "S28");
        assert_eq!(edited.text, JOURNAL.as_bytes());
        assert_eq!(edited.holds, digest);
    }
}

#[test]
fn s12_a_note_keeps_what_was_not_said() {
    for (version, categories) in [(VERSIONS[1], false), (VERSIONS[3], true)] {
        let (_, digest) = told(JOURNAL.as_bytes(), version);
        let said = Note {
            body: Some(Body::whole(BodyType::Plain, "three")),
            ..Note::default()
        };
        let raw = said.to_raw(version);
        let edited = with(version, |manner| {
            let base = Base {
                told: Some(&digest),
                supported: &Supported::NotSaid,
                client_wins: false,
            };
            edit(JOURNAL.as_bytes(), Edit::Whole(&raw), &base, manner)
        });
        let text = String::from_utf8(edited.expect("taken").text).expect("text");
        assert!(text.contains("SUMMARY:Ideas\r\n") && text.contains("X-KEPT:1"));
        assert!(text.contains("DESCRIPTION:three\r\n"));
        assert_eq!(text.contains("CATEGORIES"), categories, "{version}");
    }
}

#[test]
fn s6_a_new_note_is_not_echoed() {
    for version in VERSIONS {
        for body in [
            None,
            Some(Body::whole(BodyType::Plain, "milk\r\neggs")),
            Some(Body::whole(BodyType::Html, "<p>milk</p><p><b>eggs</b></p>")),
        ] {
            let note = Note {
                subject: Some("Shopping".into()),
                body,
                categories: Some(vec!["Yellow".into()]),
                ..Note::default()
            };
            let raw = note.to_raw(version);
            let created = with(version, |manner| create(&raw, "u", manner)).expect("created");
            let (back, digest) = told(&created.text, version);
            assert_eq!(digest, created.holds, "{note:?}");
            assert_eq!(back.subject, note.subject);
        }
    }
}

#[test]
fn status_6_for_another_class_and_for_rtf() {
    for note in [
        Note {
            message_class: Some("IPM.Note".into()),
            ..Note::default()
        },
        Note {
            body: Some(Body::whole(BodyType::Rtf, "e1xydGYx")),
            ..Note::default()
        },
    ] {
        let raw = note.to_raw(ProtocolVersion::V14_1);
        let refused = with(ProtocolVersion::V14_1, |manner| create(&raw, "u", manner));
        assert_eq!(refused.expect_err("refused").status, 6);
    }
    let odd = Note {
        message_class: Some("ipm.stickynote.Custom".into()),
        ..Note::default()
    };
    let raw = odd.to_raw(ProtocolVersion::V14_1);
    assert!(with(ProtocolVersion::V14_1, |manner| create(&raw, "u", manner)).is_ok());
}
