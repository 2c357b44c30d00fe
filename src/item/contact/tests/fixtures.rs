//! Every card of fixtures/contacts, for every version.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::Contact;
use airgate_codec::eas::{Raw, RawEvent};
use airgate_codec::wbxml::{Writer, air_sync, contacts, to_pretty_xml};

use super::support::Phone;
use crate::item::contact;
use crate::item::object::{Base, Edit, Supported};
use crate::item::tests::schema::fixtures;

/// Names and octets, by name.
pub(super) fn all() -> BTreeMap<String, Vec<u8>> {
    let cards: BTreeMap<String, Vec<u8>> = fixtures("contacts", "vcf").into_iter().collect();
    assert!(cards.len() >= 120);
    cards
}

/// A Sync answer with that item in it, as XML.
fn answer(version: ProtocolVersion, data: &Raw) -> String {
    let mut writer = Writer::new(version);
    for tag in [air_sync::SYNC, air_sync::COLLECTIONS, air_sync::COLLECTION] {
        writer.start(tag);
    }
    writer.text(air_sync::SYNC_KEY, "1");
    writer.text(air_sync::COLLECTION_ID, "c1");
    writer.text(air_sync::STATUS, "1");
    writer.start(air_sync::COMMANDS);
    writer.start(air_sync::ADD);
    writer.text(air_sync::SERVER_ID, "c1:1");
    writer.start(air_sync::APPLICATION_DATA);
    data.write(&mut writer);
    for _ in 0..6 {
        writer.end();
    }
    to_pretty_xml(&writer.into_bytes()).expect("ours")
}

/// The properties alone, pictures by their size only.
fn shown(version: ProtocolVersion, data: &Raw) -> Vec<String> {
    let mut in_picture = false;
    let short = data.events().iter().map(|event| match event {
        RawEvent::Start(contacts::PICTURE) => {
            in_picture = true;
            event.clone()
        }
        RawEvent::Text(text) if std::mem::take(&mut in_picture) => {
            RawEvent::Text(format!("({} characters)", text.len()))
        }
        _ => event.clone(),
    });
    let xml = answer(version, &Raw::new(short.collect()));
    let lines = xml.lines().map(|line| line.trim().to_owned());
    let lines = lines.skip_while(|line| line != "<ApplicationData>").skip(1);
    lines
        .take_while(|line| line != "</ApplicationData>")
        .collect()
}

#[test]
fn t19_t23_every_card_as_each_version_shows_it() {
    let mut text = String::new();
    for (name, card) in all() {
        let _ = writeln!(text, "# {name}");
        let newest = match contact::render(&card, &Phone::modern().manner()) {
            Err(error) => {
                let _ = writeln!(text, "{error}\n");
                continue;
            }
            Ok(rendered) => shown(ProtocolVersion::V16_1, &rendered.data),
        };
        let _ = writeln!(text, "{}", newest.join("\n"));
        for version in [
            ProtocolVersion::V14_1,
            ProtocolVersion::V12_1,
            ProtocolVersion::V2_5,
        ] {
            let phone = Phone::new(version);
            let rendered = contact::render(&card, &phone.manner()).expect("as for the newest");
            let lines = shown(version, &rendered.data);
            for line in lines.iter().filter(|line| !newest.contains(line)) {
                let _ = writeln!(text, "{version}: {line}");
            }
        }
        text.push('\n');
    }
    insta::assert_snapshot!(text);
}

#[test]
fn t23_every_answer_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for version in [
        ProtocolVersion::V16_1,
        ProtocolVersion::V12_1,
        ProtocolVersion::V2_5,
    ] {
        let phone = Phone::new(version);
        for (name, card) in all() {
            let rendered = contact::render(&card, &phone.manner())
                .unwrap_or_else(|_| contact::stub(&name, &phone.manner()));
            let file = folder.path().join(format!("{version}-{name}.xml"));
            std::fs::write(&file, answer(version, &rendered.data)).expect("written");
            files.push(file);
        }
    }
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema/eas-response.xsd");
    let output = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .arg(schema)
        .args(&files)
        .output()
        .expect("xmllint (libxml2-utils)");
    let said = String::from_utf8_lossy(&output.stderr);
    let faults: Vec<&str> = said
        .lines()
        .filter(|line| !line.ends_with("validates") && !line.contains("is not absolute"))
        .filter(|line| line.contains(".xml"))
        .collect();
    assert!(output.status.success(), "{}", faults.join("\n"));
}

/// S12, S28: what a phone returns as it saw it changes no octet, with memory and without.
#[test]
fn s12_s28_what_returns_as_it_went_changes_nothing() {
    for phone in [
        Phone::modern(),
        Phone::iphone(),
        Phone::new(ProtocolVersion::V12_1),
        Phone::new(ProtocolVersion::V2_5),
    ] {
        for (name, card) in all() {
            let Ok(rendered) = contact::render(&card, &phone.manner()) else {
                continue;
            };
            for told in [Some(&rendered.digest), None] {
                let base = Base {
                    told,
                    supported: &Supported::NotSaid,
                    client_wins: true,
                };
                let edit = Edit::Whole(&rendered.data);
                let edited = contact::edit(&card, edit, &base, &phone.manner()).expect("may be");
                assert!(!edited.changed && !edited.lost, "{name}");
                assert_eq!(edited.text, card, "{name}");
                assert_eq!(edited.holds, rendered.digest, "{name}");
            }
        }
    }
}

/// S28: a card made of what was seen shows the same, and the next one made of that is the same.
#[test]
fn s28_there_and_back_settles() {
    let phone = Phone::modern();
    for (name, card) in all() {
        let Ok(first) = contact::render(&card, &phone.manner()) else {
            continue;
        };
        let made = contact::create(&first.data, "u", &phone.manner()).expect("may be");
        let second = contact::render(&made.text, &phone.manner()).expect("a card");
        let again = contact::create(&second.data, "u", &phone.manner()).expect("may be");
        assert_eq!(
            String::from_utf8_lossy(&again.text),
            String::from_utf8_lossy(&made.text),
            "{name}"
        );
        let (mut before, after) = (
            Contact::from_raw(&first.data).expect("ours"),
            Contact::from_raw(&second.data).expect("ours"),
        );
        // How it is filed may have been spelt in another usual way.
        before
            .texts
            .remove(&airgate_codec::eas::contacts::Field::FileAs);
        for (field, text) in &before.texts {
            assert_eq!(after.text(*field), Some(text.as_str()), "{name} {field:?}");
        }
        assert_eq!(after.birthday, before.birthday, "{name}");
        assert_eq!(after.anniversary, before.anniversary, "{name}");
        assert_eq!(after.children, before.children, "{name}");
        assert_eq!(after.picture, before.picture, "{name}");
        assert_eq!(after.body, before.body, "{name}");
    }
}

#[test]
fn lists_of_people_are_told_from_people() {
    let lists: Vec<String> = all()
        .into_iter()
        .filter(|(_, card)| contact::is_list(card))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        lists,
        [
            "apple-icloud-group",
            "evolution-list",
            "group-v4",
            "sogo-list"
        ]
    );
}
