//! Any octets as stored objects of all four classes: shown or not, edited or refused, never a panic.
//! The fuzzer has the codec alone; what turns objects into items is walked here.

use std::sync::LazyLock;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Moment;
use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::schema::fixtures;
use crate::item::object::{self, Base, Client, Edit, Kind, Manner, Me, Supported};
use crate::item::options::BodyOptions;

/// Larger ones show nothing more.
const MAX_SIZE: usize = 8000;

static OBJECTS: LazyLock<Vec<(Kind, Vec<u8>)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for (folder, ending, kind) in [
        ("calendar", "ics", Kind::Event),
        ("contacts", "vcf", Kind::Contact),
        ("tasks", "ics", Kind::Task),
        ("notes", "ics", Kind::Note),
        ("notes", "eml", Kind::Note),
    ] {
        let texts = fixtures(folder, ending).into_iter();
        all.extend(
            texts
                .map(|(_, text)| (kind, text))
                .filter(|(_, text)| text.len() < MAX_SIZE),
        );
    }
    all
});

/// One way in which octets come to harm.
#[derive(Clone, Debug)]
enum Harm {
    Put(Index, u8),
    Cut(Index, usize),
    Twice(Index, usize),
    Word(Index, &'static str),
}

fn harm() -> impl Strategy<Value = Harm> {
    let words = select(
        &[
            "\r\n",
            "\n ",
            ":",
            ";",
            "=",
            "\"",
            ",",
            "\\",
            "BEGIN:VEVENT\r\n",
            "END:VEVENT\r\n",
            "99999999999",
            "-1",
            "TZID=",
            "RRULE:FREQ=DAILY;COUNT=3\r\n",
            "RECURRENCE-ID:20260302T080000Z\r\n",
            "00000101",
            "99991231T235959Z",
            "P9999999W",
            "\u{feff}",
            "\0",
            "é",
            "ATTACH;ENCODING=BASE64:",
            "MAILTO:",
            ";VALUE=DATE",
        ][..],
    );
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, octet)| Harm::Put(at, octet)),
        (any::<Index>(), 1..60usize).prop_map(|(at, length)| Harm::Cut(at, length)),
        (any::<Index>(), 1..200usize).prop_map(|(at, length)| Harm::Twice(at, length)),
        (any::<Index>(), words).prop_map(|(at, word)| Harm::Word(at, word)),
    ]
}

fn harmed(mut text: Vec<u8>, harms: &[Harm]) -> Vec<u8> {
    for harm in harms {
        if text.is_empty() {
            break;
        }
        let length = text.len();
        match harm {
            Harm::Put(at, octet) => text[at.index(length)] = *octet,
            Harm::Cut(at, many) => {
                let at = at.index(length);
                text.drain(at..(at + many).min(length));
            }
            Harm::Twice(at, many) => {
                let at = at.index(length);
                let again = text[at..(at + many).min(length)].to_vec();
                text.splice(at..at, again);
            }
            Harm::Word(at, word) => {
                let at = at.index(length);
                text.splice(at..at, word.bytes());
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// T19, T23, T59: what is shown can be said again and changes nothing, by itself and of an object
    /// that another is told of; and what a phone says makes a new one.
    #[test]
    fn t19_any_octets_are_an_object_or_none(
        which in any::<Index>(),
        other in any::<Index>(),
        harms in vec(harm(), 0..8),
        version in select(&ProtocolVersion::ALL[..]),
        zone in select(&["Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"][..]),
    ) {
        let (kind, text) = which.get(&OBJECTS);
        let text = harmed(text.clone(), &harms);
        let bodies = BodyOptions::new(version);
        let zone = TimeZone::get(zone).expect("a zone");
        let me = ["alice@example.com".to_owned()];
        let manner = Manner {
            version,
            bodies: &bodies,
            zone: &zone,
            me: Me { addresses: &me, name: None },
            client: Client { device_type: "Tests", agent: None },
            now: Moment::parse("20260224T101500Z").expect("a moment"),
        };
        let base = |told| Base { told, supported: &Supported::NotSaid, client_wins: true };
        let Ok(rendered) = object::render(*kind, &text, &manner) else {
            return Ok(());
        };
        if let Ok(edited) = object::edit(*kind, &text, Edit::Whole(&rendered.data), &base(Some(&rendered.digest)), &manner) {
            prop_assert!(!edited.changed && !edited.lost, "{} became {}", text.escape_ascii(), edited.text.escape_ascii());
        }
        // What one object says, said of another: anything may come of it but a panic.
        let (like, foreign) = other.get(&OBJECTS);
        if like == kind && let Ok(foreign) = object::render(*like, foreign, &manner)
            && let Ok(edited) = object::edit(*kind, &text, Edit::Whole(&foreign.data), &base(Some(&rendered.digest)), &manner)
        {
            let again = object::render(*kind, &edited.text, &manner);
            prop_assert!(again.is_ok(), "{}", String::from_utf8_lossy(&edited.text));
        }
        let _ = object::edit(*kind, &text, Edit::DropInstance { id: "20260302T080000Z" }, &base(None), &manner);
        if let Ok(created) = object::create(*kind, &rendered.data, "uid", &manner) {
            prop_assert!(object::render(*kind, &created.text, &manner).is_ok());
        }
    }
}
