//! Every task of fixtures/tasks as a phone would see it, and the promises that hold for all.

use proptest::prelude::*;

use super::*;
use crate::item::tests::schema::{assert_valid, fixtures, shown};

fn zoo() -> Vec<(String, Vec<u8>)> {
    let zoo = fixtures("tasks", "ics");
    assert!(zoo.len() >= 50);
    zoo
}

#[test]
fn every_task_of_the_zoo_looks_as_reviewed() {
    for (name, text) in zoo() {
        let rendered = with(ProtocolVersion::V14_1, |manner| render(&text, manner));
        let out = match rendered {
            Ok(rendered) => format!("{}\n{:?}\n", shown(&rendered.data), rendered.span),
            Err(error) => format!("{error}\n"),
        };
        insta::with_settings!({
            snapshot_path => "snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(name, out) });
    }
}

#[test]
fn every_task_is_valid_in_every_version() {
    for version in ProtocolVersion::ALL {
        let items = zoo()
            .into_iter()
            .filter_map(|(_, text)| with(version, |manner| render(&text, manner)).ok())
            .map(|rendered| rendered.data);
        assert_valid("tasks", version, items.collect());
    }
}

#[test]
fn s12_s28_what_comes_back_as_it_was_told_changes_no_octet() {
    for (name, text) in zoo() {
        for version in ProtocolVersion::ALL {
            let Ok(rendered) = with(version, |manner| render(&text, manner)) else {
                continue;
            };
            for told in [Some(&rendered.digest), None] {
                let edited = with(version, |manner| {
                    let base = Base {
                        told,
                        supported: &Supported::NotSaid,
                        client_wins: true,
                    };
                    edit(&text, Edit::Whole(&rendered.data), &base, manner)
                });
                // One that nobody could write is refused when it comes back, and stays as it is.
                let edited = match edited {
                    Ok(edited) => edited,
                    Err(refused) => {
                        assert_eq!(name, "edge-due-before-start", "{refused}");
                        continue;
                    }
                };
                assert_eq!(
                    text_of_lossy(&edited.text),
                    text_of_lossy(&text),
                    "{name} {version}"
                );
                assert!(!edited.changed && !edited.lost, "{name}");
                assert_eq!(edited.holds, rendered.digest, "{name} {version}");
            }
        }
    }
}

fn text_of_lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One thing a phone does to a task.
#[derive(Clone, Debug)]
enum Deed {
    Rename(String),
    Text(String),
    Categories(Vec<String>),
    Importance(u8),
    Due(Option<i64>),
    Remind(Option<i64>),
    Complete(bool),
    Sensitivity(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    let day = 20_000_i64..21_000;
    prop_oneof![
        "[a-zA-Zäß,;\\\\]{0,12}".prop_map(Deed::Rename),
        "[a-z\\\\,;: \r\n]{0,40}".prop_map(Deed::Text),
        prop::collection::vec("[A-Za-zö,]{1,6}", 0..4).prop_map(Deed::Categories),
        (0_u8..5).prop_map(Deed::Importance),
        prop::option::of(day.clone()).prop_map(Deed::Due),
        prop::option::of(day).prop_map(Deed::Remind),
        any::<bool>().prop_map(Deed::Complete),
        (0_u8..4).prop_map(Deed::Sensitivity),
    ]
}

/// The task after the deed, as a phone sends it: everything it has.
fn done(mut task: Task, deed: &Deed) -> Task {
    match deed {
        Deed::Rename(name) => task.subject = Some(name.clone()),
        Deed::Text(text) => task.body = Some(Body::whole(BodyType::Plain, text.clone())),
        Deed::Categories(list) => task.categories = Some(list.clone()),
        Deed::Importance(value) => task.importance = Some(*value),
        Deed::Due(None) => (task.due, task.utc_due) = (Said::Empty, Said::Empty),
        Deed::Due(Some(day)) => {
            // A phone moves the start along, so that it is not behind.
            let local = Said::Value(Moment(day * 86_400_000));
            (task.due, task.utc_due) = (local, Said::Nothing);
            (task.start, task.utc_start) = (local, Said::Nothing);
        }
        Deed::Remind(None) => {
            task.reminder_set = Some(0);
            task.reminder_time = Said::Nothing;
        }
        Deed::Remind(Some(day)) => {
            task.reminder_set = Some(1);
            task.reminder_time = Said::Value(Moment(day * 86_400_000 + 36_000_000));
        }
        Deed::Complete(yes) => {
            task.complete = Some(u8::from(*yes));
            task.date_completed = match yes {
                true => Said::Value(at("2026-05-01T10:00:00.000Z")),
                false => Said::Nothing,
            };
        }
        Deed::Sensitivity(value) => task.sensitivity = Some(*value),
    }
    task
}

/// Lines that no phone has a word for.
fn foreign(text: &[u8]) -> Vec<String> {
    const KNOWN: [&str; 21] = [
        "SUMMARY",
        "DESCRIPTION",
        "X-ALT-DESC",
        "CATEGORIES",
        "PRIORITY",
        "CLASS",
        "DTSTART",
        "DUE",
        "DURATION",
        "STATUS",
        "COMPLETED",
        "PERCENT-COMPLETE",
        "RRULE",
        "X-EAS",
        "DTSTAMP",
        "LAST-MODIFIED",
        "BEGIN:V",
        "END:V",
        "TRIGGER",
        "ACTION",
        "ACKNOWLEDGED",
    ];
    let text = text_of_lossy(text);
    let mut lines: Vec<String> = Vec::new();
    let mut alarm = false;
    let mut kept = false;
    for line in text.lines() {
        if line.starts_with("BEGIN:VALARM") {
            alarm = true;
        }
        let folded = line.starts_with(' ');
        if !folded {
            kept = !alarm
                && !KNOWN
                    .iter()
                    .any(|known| line.to_uppercase().starts_with(known));
        }
        if kept {
            lines.push(line.to_owned());
        }
        if line.starts_with("END:VALARM") {
            alarm = false;
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

proptest! {
    // Debug builds read and write some ten objects a case.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn s12_s28_any_sequence_of_edits_keeps_what_is_foreign_and_settles(
        which in any::<prop::sample::Index>(),
        deeds in prop::collection::vec(deed(), 1..8),
        version in prop::sample::select(&ProtocolVersion::ALL[..]),
    ) {
        static ZOO: std::sync::LazyLock<Vec<(String, Vec<u8>)>> = std::sync::LazyLock::new(zoo);
        let (name, first) = which.get(&ZOO);
        let mut text = first.clone();
        let before = foreign(&text);
        for deed in &deeds {
            let Ok(rendered) = with(version, |manner| render(&text, manner)) else {
                return Ok(());
            };
            let task = Task::from_raw(&rendered.data).expect("valid");
            let said = done(task, deed).to_raw(version);
            let edited = with(version, |manner| {
                let base = Base {
                    told: Some(&rendered.digest),
                    supported: &Supported::NotSaid,
                    client_wins: false,
                };
                edit(&text, Edit::Whole(&said), &base, manner)
            });
            let Ok(edited) = edited else { continue };
            prop_assert!(!edited.lost, "nobody else changed anything");
            text = edited.text;
            let after = foreign(&text);
            for line in &before {
                // Instances that are gone with their rule take their own lines along.
                prop_assert!(after.contains(line), "{name}: {line} is lost after {deed:?}\n{}",
                    text_of_lossy(&text));
            }
            // Once told, the phone and the object agree for good.
            let now = with(version, |manner| render(&text, manner)).expect("still a task");
            let again = with(version, |manner| {
                let base = Base {
                    told: Some(&now.digest),
                    supported: &Supported::NotSaid,
                    client_wins: false,
                };
                edit(&text, Edit::Whole(&now.data), &base, manner)
            });
            if let Ok(again) = again {
                prop_assert!(!again.changed, "{name} after {deed:?}");
                prop_assert_eq!(again.holds, now.digest);
            }
        }
    }

    #[test]
    fn s6_s28_any_new_task_is_told_as_it_was_said(
        deeds in prop::collection::vec(deed(), 0..8),
        version in prop::sample::select(&ProtocolVersion::ALL[..]),
    ) {
        let task = deeds.iter().fold(Task::default(), done);
        let raw = task.to_raw(version);
        let Ok(created) = with(version, |manner| create(&raw, "u", manner)) else {
            return Ok(());
        };
        let rendered = with(version, |manner| render(&created.text, manner)).expect("a task");
        prop_assert_eq!(created.holds, rendered.digest, "{}", text_of_lossy(&created.text));
    }

    #[test]
    fn s27_a_series_that_moves_on_keeps_its_wall_clock_hour(
        zone in prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati",
            "Africa/Casablanca", "Australia/Lord_Howe",
        ]),
        steps in 1_usize..12,
    ) {
        let object = calendar(&format!(
            "SUMMARY:x\nDTSTART;TZID={zone}:20260302T090000\nDUE;TZID={zone}:20260302T100000\n\
             RRULE:FREQ=WEEKLY\n"
        ));
        let tz = TimeZone::get(zone).expect("bundled");
        let mut text = object.into_bytes();
        let mut day = jiff::civil::date(2026, 3, 2);
        for _ in 0..steps {
            let rendered = with(ProtocolVersion::V14_1, |manner| render(&text, manner));
            let rendered = rendered.expect("a task");
            let mut task = Task::from_raw(&rendered.data).expect("valid");
            let moment = |hour: i8, day: jiff::civil::Date| {
                let at = tz.to_timestamp(day.at(hour, 0, 0, 0)).expect("a moment");
                Said::Value(Moment(at.as_millisecond()))
            };
            prop_assert_eq!(task.utc_start, moment(9, day));
            prop_assert_eq!(task.utc_due, moment(10, day));
            day = day.checked_add(jiff::Span::new().weeks(1)).expect("a day");
            (task.utc_start, task.start) = (moment(9, day), Said::Nothing);
            (task.utc_due, task.due) = (moment(10, day), Said::Nothing);
            let edited = change_in(
                ProtocolVersion::V14_1,
                &text_of_lossy(&text),
                Some(&rendered.digest),
                &task,
                false,
            );
            text = edited.expect("taken").text;
        }
    }
}
