//! Every object of fixtures/calendar as phones see it, and the promises that hold for all of them.

mod edits;
mod files;
mod laws;
mod near;
mod support;
mod windows;

use std::fmt::Write as _;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Said;
use airgate_codec::eas::calendar::Event;
use airgate_codec::vobject::Stamp;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::support::{Phone, VERSIONS, fixtures};
use super::series::local_until;
use super::source::Source;
use crate::item::event;
use crate::item::object::{Edit, Span};
use crate::item::recurrence::{Occurrences, Rule};
use crate::item::stamp::civil;

#[test]
fn the_fixtures_look_as_they_should() {
    for group in support::groups() {
        let mut text = String::new();
        for (name, octets) in fixtures()
            .into_iter()
            .filter(|(name, _)| name.starts_with(&group))
        {
            for version in [ProtocolVersion::V14_1, ProtocolVersion::V16_1] {
                let phone = Phone::new(version);
                let _ = writeln!(text, "## {name}, {version}");
                match event::render(&octets, &phone.manner()) {
                    Ok(rendered) => {
                        let event = Event::from_raw(&rendered.data).expect("ours");
                        text.push_str(&support::describe(&event, rendered.span));
                    }
                    Err(error) => text.push_str(&format!("unreadable: {error}\n")),
                }
            }
        }
        insta::with_settings!({ snapshot_suffix => group.trim_end_matches('-') }, {
            insta::assert_snapshot!("fixtures", text);
        });
    }
}

/// In every version what goes out is what Microsoft's schema has.
#[test]
fn the_fixtures_are_valid_in_every_version() {
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/schema/eas-response.xsd"
    );
    let dir = tempfile::tempdir().expect("a directory");
    let mut files = Vec::new();
    for version in VERSIONS {
        let phone = Phone::new(version);
        let mut items = Vec::new();
        for (name, octets) in fixtures() {
            let stub = || event::stub(&name, &phone.manner());
            let rendered = event::render(&octets, &phone.manner()).unwrap_or_else(|_| stub());
            items.push(rendered.data);
        }
        let file = dir.path().join(format!("{version}.xml"));
        std::fs::write(&file, support::sync_response(&items, version)).expect("written");
        files.push(file);
    }
    let output = std::process::Command::new("xmllint")
        .args(["--noout", "--schema", schema])
        .args(&files)
        .output()
        .expect("xmllint (libxml2-utils) runs");
    let trouble = String::from_utf8_lossy(&output.stderr);
    let trouble: Vec<&str> = trouble
        .lines()
        .filter(|line| line.contains(" error"))
        .collect();
    let trouble = trouble.join("\n");
    assert!(
        output.status.success(),
        "{}",
        trouble.chars().take(3000).collect::<String>()
    );
}

#[test]
fn s12_what_a_phone_returns_unchanged_changes_nothing() {
    for (name, octets) in fixtures() {
        for version in VERSIONS {
            let phone = Phone::new(version);
            let Ok(rendered) = event::render(&octets, &phone.manner()) else {
                continue;
            };
            for told in [Some(&rendered.digest), None] {
                let edited = phone
                    .edit_raw(&octets, Edit::Whole(&rendered.data), told)
                    .unwrap_or_else(|error| panic!("{name} {version}: {error}"));
                assert!(
                    !edited.changed && !edited.lost,
                    "{name} {version}: {}",
                    support::difference(&octets, &edited.text)
                );
                assert_eq!(edited.holds, rendered.digest, "{name} {version}");
            }
        }
    }
}

#[test]
fn s12_a_new_subject_touches_the_subject_alone() {
    const OURS: [&str; 5] = [
        "SUMMARY",
        "DTSTAMP",
        "LAST-MODIFIED",
        "SEQUENCE",
        "ATTENDEE",
    ];
    for (name, octets) in fixtures() {
        if name.ends_with("-invited") || name.starts_with("special-cancelled") {
            continue;
        }
        for version in VERSIONS {
            let phone = Phone::new(version);
            let Ok(rendered) = event::render(&octets, &phone.manner()) else {
                continue;
            };
            let mut event = Event::from_raw(&rendered.data).expect("ours");
            if event.meeting_status.is_some_and(|status| status & 2 != 0) {
                // Someone else's: its subject is not the user's to change.
                continue;
            }
            event.subject = Some("Something else".into());
            let edited = phone
                .edit(&octets, &event, Some(&rendered.digest))
                .expect("an edit");
            assert!(!edited.lost, "{name} {version}");
            let difference = support::difference(&octets, &edited.text);
            let strange = difference
                .lines()
                .filter(|line| !line.starts_with("- ") && !line.starts_with("+ "))
                .find(|line| !OURS.iter().any(|own| line[1..].starts_with(own)));
            assert_eq!(strange, None, "{name} {version}:\n{difference}");
            assert!(
                difference.contains("+SUMMARY:Something else"),
                "{name}:\n{difference}"
            );
        }
    }
}

#[test]
fn s28_there_and_back_settles() {
    for (name, octets) in fixtures() {
        if name == MANY {
            // See below.
            continue;
        }
        for version in VERSIONS {
            let phone = Phone::new(version);
            let Ok(first) = event::render(&octets, &phone.manner()) else {
                continue;
            };
            let mut first = Event::from_raw(&first.data).expect("ours");
            first.uid = Some("uid-1".into());
            first.client_uid = None;
            let created = phone
                .create(&first)
                .unwrap_or_else(|error| panic!("{name} {version}: {error}"));
            let second = phone.see(&created.text);
            assert_eq!(
                (first.start, first.end),
                (second.start, second.end),
                "{name} {version}"
            );
            if first.exceptions.is_none() || version < ProtocolVersion::V14_0 {
                assert_eq!(
                    support::essence(&first),
                    support::essence(&second),
                    "{name} {version}"
                );
            }
            let again = phone.create(&second).expect("created again");
            let third = phone.see(&again.text);
            assert_eq!(second, third, "{name} {version}");
        }
    }
}

/// The series of 500 exceptions.
const MANY: &str = "special-500-exceptions";

#[test]
fn t18_five_hundred_exceptions_are_written_in_time() {
    let all = fixtures();
    let (_, octets) = all.iter().find(|(name, _)| name == MANY).expect("there");
    let phone = Phone::new(ProtocolVersion::V14_1);
    let mut first = phone.see(octets);
    let count = first.exceptions.as_ref().map(Vec::len);
    assert_eq!(count, Some(502));
    first.uid = Some("many".into());
    let second = phone.see(&phone.create(&first).expect("created").text);
    assert_eq!(first.exceptions, second.exceptions);
}

/// Every occurrence is the same instant before and after: those that python-dateutil found, in zones
/// all over the world, through the phone and back.
#[test]
fn s27_every_occurrence_stays_the_same_instant() {
    const ZONES: [&str; 8] = [
        "Europe/Berlin",
        "America/New_York",
        "Pacific/Tongatapu",
        "Pacific/Pago_Pago",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Europe/Dublin",
        "Asia/Tokyo",
    ];
    let table = include_str!("../../../fixtures/recurrence/oracle.tsv");
    let (mut said, mut beyond) = (0, 0);
    for (index, line) in table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .enumerate()
    {
        let columns: Vec<&str> = line.split('\t').collect();
        let [start, rule, theirs] = columns[..] else {
            continue;
        };
        let first = Stamp::parse(start).map(civil).expect("a start");
        if theirs.split(' ').next() != Some(start) || !(1990..2050).contains(&first.year()) {
            continue;
        }
        for offset in 0..2 {
            let id = ZONES[(index + offset * 3) % ZONES.len()];
            let zone = TimeZone::get(id).expect("a zone");
            let expected: Vec<Timestamp> = theirs
                .split(' ')
                .filter_map(|text| zone.to_timestamp(civil(Stamp::parse(text)?)).ok())
                .collect();
            let text = format!(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20260101T000000Z\r\n\
                 DTSTART;TZID={id}:{start}\r\nDURATION:PT1H\r\nRRULE:{rule}\r\nEND:VEVENT\r\n\
                 END:VCALENDAR\r\n"
            );
            for version in [ProtocolVersion::V14_1, ProtocolVersion::V16_1] {
                let phone = Phone::new(version);
                let Ok(rendered) = event::render(text.as_bytes(), &phone.manner()) else {
                    panic!("{line}");
                };
                let event = Event::from_raw(&rendered.data).expect("ours");
                if !phone.tells_the_rule(text.as_bytes()) {
                    beyond += 1;
                    continue;
                }
                // The 29th to 31st are the nearest EAS has.
                if matches!(&event.recurrence, Said::Value(r) if r.day_of_month > Some(28)) {
                    continue;
                }
                let created = phone.create(&event).expect("created");
                let ours = occurrences(&created.text, &phone, expected.len());
                assert_eq!(
                    ours,
                    expected,
                    "{id} {line}\n{}",
                    support::show(&created.text)
                );
                said += 1;
            }
        }
    }
    assert!(said > 250 && beyond > 100, "{said} {beyond}");
}

fn occurrences(text: &[u8], phone: &Phone, count: usize) -> Vec<Timestamp> {
    let manner = phone.manner();
    let source = Source::open(text, manner.zone).expect("ours");
    let component = source.component(source.main).expect("an event");
    let rule = component.property("RRULE").expect("a rule");
    let rule = Rule::parse(rule.value()).expect("a rule");
    let span = &source.span;
    Occurrences::new(&rule, span.start.local, local_until(&rule, span))
        .take(count)
        .filter_map(|local| span.start.zone.instant(local))
        .collect()
}

#[test]
fn t18_a_rule_without_end_has_an_end_of_work() {
    let phone = Phone::new(ProtocolVersion::V16_1);
    let begin = crate::clock::monotonic();
    for rule in [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=4000000000",
        "FREQ=DAILY;INTERVAL=4000000000;COUNT=5",
        "FREQ=MINUTELY;BYSETPOS=-366;BYSECOND=0,1,2,3;UNTIL=99991231T235959Z",
    ] {
        let text = format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nDTSTART:20260101T000000Z\nRRULE:{rule}\n\
             END:VEVENT\nEND:VCALENDAR\n"
        );
        let rendered = event::render(text.as_bytes(), &phone.manner()).expect("shown");
        assert!(!matches!(rendered.span, Span::Done));
    }
    assert!(begin.elapsed().as_secs() < 8, "{:?}", begin.elapsed());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Lines out of place, cut and doubled: shown or not, never a panic, and settled.
    #[test]
    fn t19_any_lines_are_an_event_or_none(
        which in 0..400usize,
        cuts in proptest::collection::vec((0..400usize, 0..80usize), 0..6),
    ) {
        let all = fixtures();
        let (_, octets) = &all[which % all.len()];
        let mut lines: Vec<Vec<u8>> = octets.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        for (at, to) in cuts {
            if lines.is_empty() { break }
            let (at, length) = (at % lines.len(), lines.len());
            match to % 3 {
                0 => { lines.remove(at); }
                1 => lines.swap(at, to % length),
                _ => { let keep = to.min(lines[at].len()); lines[at].truncate(keep); }
            }
        }
        let text = lines.concat();
        let phone = Phone::new(ProtocolVersion::V16_1);
        if let Ok(rendered) = event::render(&text, &phone.manner()) {
            let edited = phone.edit_raw(&text, Edit::Whole(&rendered.data), Some(&rendered.digest));
            proptest::prop_assert!(edited.is_ok_and(|edited| !edited.changed));
        }
    }
}
