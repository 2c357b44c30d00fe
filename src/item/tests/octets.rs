//! The fuzzer's target for objects (fuzz/src/objects.rs) without the fuzzer, on fixtures that come to
//! harm.

use std::sync::LazyLock;

use airgate_codec::ProtocolVersion;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use self::objects::Case;
use super::schema::fixtures;
use crate::item::object::Kind;

#[path = "../../../fuzz/src/objects.rs"]
mod objects;

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

    #[test]
    fn t19_s12_s28_any_octets_are_an_object_or_none(
        which in any::<Index>(),
        other in any::<Index>(),
        harms in vec(harm(), 0..8),
        version in select(&ProtocolVersion::ALL[..]),
        zone in select(&objects::ZONES[..]),
    ) {
        let (kind, text) = which.get(&OBJECTS);
        let text = harmed(text.clone(), &harms);
        let (like, foreign) = other.get(&OBJECTS);
        objects::case(Case {
            kind: *kind,
            version,
            zone,
            text: &text,
            other: (like == kind).then_some(foreign),
        });
    }
}

/// The fuzzer's way in: every class, version and zone can be reached.
#[test]
fn t19_what_the_fuzzer_says_is_a_case() {
    assert_eq!(objects::KINDS.len(), 4);
    for (number, (kind, text)) in OBJECTS.iter().enumerate().step_by(7) {
        let kind = objects::KINDS.iter().position(|known| known == kind);
        let kind = u8::try_from(kind.expect("one of them")).expect("few");
        let turn = u8::try_from(number % 250).expect("small");
        let two = [&[kind, turn, turn][..], text, b"\n\0\n", text].concat();
        objects::run(&two);
        objects::run(&two[..number % 5]);
    }
}
