//! Every note of fixtures/notes as a phone would see it, from calendar servers and from mailboxes.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Raw;
use airgate_codec::eas::email::BodyType;
use jiff::tz::TimeZone;

use super::schema::{assert_valid, fixtures, shown};
use super::server::Server;
use super::zoo::asking;
use crate::item::note::{self, mail};
use crate::item::object::{Base, Client, Edit, Manner, Me, Supported};
use crate::item::options::BodyOptions;

const VERSIONS: [ProtocolVersion; 3] = [
    ProtocolVersion::V14_0,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

fn options(version: ProtocolVersion) -> BodyOptions {
    BodyOptions {
        version,
        ..asking(BodyType::Html, None)
    }
}

fn with<R>(version: ProtocolVersion, run: impl FnOnce(&Manner<'_>) -> R) -> R {
    run(&Manner {
        version,
        bodies: &options(version),
        zone: &TimeZone::UTC,
        me: Me {
            addresses: &[],
            name: None,
        },
        client: Client {
            device_type: "iPhone",
            agent: None,
        },
        now: airgate_codec::eas::Moment(1_795_521_600_000),
    })
}

fn in_mailbox(raw: &[u8], version: ProtocolVersion) -> Raw {
    let (email, _) = Server::new(raw).email(true, &options(version));
    mail::note(email).to_raw(version)
}

#[test]
fn every_note_of_the_zoo_looks_as_reviewed() {
    let journals = fixtures("notes", "ics");
    let mails = fixtures("notes", "eml");
    assert!(journals.len() + mails.len() >= 18);
    let journals = journals.into_iter().map(|(name, text)| {
        let rendered = with(ProtocolVersion::V14_1, |manner| note::render(&text, manner));
        (format!("journal-{name}"), rendered.expect("a note").data)
    });
    let mails = mails.into_iter().map(|(name, raw)| {
        let note = in_mailbox(&raw, ProtocolVersion::V14_1);
        (format!("mail-{name}"), note)
    });
    for (name, raw) in journals.chain(mails) {
        insta::with_settings!({
            snapshot_path => "../note/snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(name, shown(&raw)) });
    }
}

#[test]
fn every_note_is_valid_in_every_version() {
    for version in VERSIONS {
        let mut all: Vec<Raw> = Vec::new();
        for (_, text) in fixtures("notes", "ics") {
            let rendered = with(version, |manner| note::render(&text, manner));
            all.push(rendered.expect("a note").data);
        }
        for (_, raw) in fixtures("notes", "eml") {
            all.push(in_mailbox(&raw, version));
        }
        assert_valid("notes", version, all);
    }
}

#[test]
fn s12_s28_a_journal_that_comes_back_as_it_was_told_changes_no_octet() {
    for (name, text) in fixtures("notes", "ics") {
        for version in VERSIONS {
            let rendered = with(version, |manner| note::render(&text, manner));
            let rendered = rendered.expect("a note");
            for told in [Some(&rendered.digest), None] {
                let edited = with(version, |manner| {
                    let base = Base {
                        told,
                        supported: &Supported::NotSaid,
                        client_wins: true,
                    };
                    note::edit(&text, Edit::Whole(&rendered.data), &base, manner)
                });
                let edited = edited.expect("taken");
                assert!(!edited.changed && edited.text == text, "{name} {version}");
                assert_eq!(edited.holds, rendered.digest, "{name} {version}");
            }
        }
    }
}
