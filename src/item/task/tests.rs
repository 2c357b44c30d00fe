mod zoo;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::tasks::{Task, TaskRecurrence};
use airgate_codec::eas::{Moment, Recurrence, Said};
use jiff::tz::TimeZone;

use super::*;
use crate::item::object::{Client, Me};
use crate::item::options::BodyOptions;

const NOW: &str = "2026-11-24T12:00:00.000Z";

/// Runs with a manner of that version, in Berlin.
fn with<R>(version: ProtocolVersion, run: impl FnOnce(&Manner<'_>) -> R) -> R {
    let bodies = BodyOptions::new(version);
    let zone = TimeZone::get("Europe/Berlin").expect("bundled");
    run(&Manner {
        version,
        bodies: &bodies,
        zone: &zone,
        me: Me {
            addresses: &[],
            name: None,
        },
        client: Client {
            device_type: "iPhone",
            agent: None,
        },
        now: at(NOW),
    })
}

fn at(text: &str) -> Moment {
    Moment::parse(text).expect("a moment")
}

fn calendar(todo: &str) -> String {
    let todo = todo.replace('\n', "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nUID:u\r\n{todo}END:VTODO\r\nEND:VCALENDAR\r\n"
    )
}

fn told(text: &str, version: ProtocolVersion) -> (Task, Rendered) {
    let rendered = with(version, |manner| render(text.as_bytes(), manner)).expect("a task");
    (Task::from_raw(&rendered.data).expect("valid"), rendered)
}

fn change(text: &str, digest: Option<&Digest>, task: &Task, wins: bool) -> Result<Edited, Refused> {
    change_in(ProtocolVersion::V14_1, text, digest, task, wins)
}

fn change_in(
    version: ProtocolVersion,
    text: &str,
    digest: Option<&Digest>,
    task: &Task,
    wins: bool,
) -> Result<Edited, Refused> {
    with(version, |manner| {
        let base = Base {
            told: digest,
            supported: &Supported::NotSaid,
            client_wins: wins,
        };
        edit(
            text.as_bytes(),
            Edit::Whole(&task.to_raw(version)),
            &base,
            manner,
        )
    })
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// The lines that came and went, without the stamps.
fn difference(before: &str, after: &[u8]) -> Vec<String> {
    let after = text_of(after);
    let is_stamp = |line: &&str| !line.starts_with("DTSTAMP") && !line.starts_with("LAST-MOD");
    let (old, new): (Vec<&str>, Vec<&str>) = (
        before.lines().filter(is_stamp).collect(),
        after.lines().filter(is_stamp).collect(),
    );
    let gone = old.iter().filter(|line| !new.contains(line));
    let came = new.iter().filter(|line| !old.contains(line));
    gone.map(|line| format!("-{line}"))
        .chain(came.map(|line| format!("+{line}")))
        .collect()
}

fn weekly() -> TaskRecurrence {
    TaskRecurrence {
        rule: Recurrence {
            kind: 1,
            interval: Some(1),
            day_of_week: Some(2),
            first_day_of_week: Some(1),
            ..Recurrence::default()
        },
        start: Some(at("2026-03-02T00:00:00.000Z")),
        ..TaskRecurrence::default()
    }
}

#[test]
fn a_new_task_is_a_vtodo_and_is_told_as_it_was_said() {
    let task = Task {
        subject: Some("Buy milk".into()),
        body: Some(Body::whole(BodyType::Plain, "two\r\nlitres")),
        importance: Some(2),
        start: Said::Value(at("2026-03-02T00:00:00.000Z")),
        utc_start: Said::Value(at("2026-03-01T23:00:00.000Z")),
        due: Said::Value(at("2026-03-03T00:00:00.000Z")),
        utc_due: Said::Value(at("2026-03-02T23:00:00.000Z")),
        categories: Some(vec!["Home".into()]),
        complete: Some(0),
        sensitivity: Some(2),
        reminder_set: Some(1),
        reminder_time: Said::Value(at("2026-03-03T08:00:00.000Z")),
        ..Task::default()
    };
    for version in ProtocolVersion::ALL {
        let raw = task.to_raw(version);
        let created = with(version, |manner| create(&raw, "uid-1", manner)).expect("created");
        let text = text_of(&created.text);
        for line in [
            "UID:uid-1",
            "SUMMARY:Buy milk",
            "DESCRIPTION:two\\nlitres",
            "PRIORITY:1",
            "DTSTART;VALUE=DATE:20260302",
            "DUE;VALUE=DATE:20260303",
            "CATEGORIES:Home",
            "CLASS:PRIVATE",
            "TRIGGER;VALUE=DATE-TIME:20260303T080000Z",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        let (back, rendered) = told(&text, version);
        assert_eq!(
            rendered.digest, created.holds,
            "S6: nothing to tell in {version}"
        );
        assert_eq!(back.due, task.due);
        assert_eq!(back.utc_due, task.utc_due);
        // S28: there and back again changes nothing.
        let again = change_in(version, &text, Some(&rendered.digest), &back, false);
        let again = again.expect("taken");
        assert!(!again.changed && !again.lost, "{version}");
        assert_eq!(text_of(&again.text), text);
    }
}

#[test]
fn a_bare_task_is_not_echoed() {
    let task = Task {
        subject: Some("x".into()),
        ..Task::default()
    };
    let raw = task.to_raw(ProtocolVersion::V16_1);
    let created = with(ProtocolVersion::V16_1, |manner| create(&raw, "u", manner)).expect("made");
    let (_, rendered) = told(&text_of(&created.text), ProtocolVersion::V16_1);
    assert_eq!(rendered.digest, created.holds);
}

#[test]
fn s12_a_change_writes_one_line() {
    let object = calendar(
        "SUMMARY:Old\nX-APPLE-SORT-ORDER:12\nDUE;TZID=America/New_York:20260302T170000\n\
         PRIORITY:3\nDESCRIPTION;LANGUAGE=en:Text\nCATEGORIES:A,B\nX-UNKNOWN;P=1:stays\n\
         BEGIN:VALARM\nACTION:EMAIL\nTRIGGER:-PT1H\nEND:VALARM\n",
    );
    for version in [ProtocolVersion::V12_1, ProtocolVersion::V16_1] {
        let (mut task, rendered) = told(&object, version);
        assert_eq!(task.utc_due, Said::Value(at("2026-03-02T22:00:00.000Z")));
        assert_eq!(task.due, Said::Value(at("2026-03-02T23:00:00.000Z")));
        task.subject = Some("New".into());
        let digest = Some(&rendered.digest);
        let edited = change_in(version, &object, digest, &task, false).expect("taken");
        let lines = difference(&object, &edited.text);
        assert_eq!(lines, ["-SUMMARY:Old", "+SUMMARY:New"], "{version}");
        // A time is moved in its own zone.
        let (mut task, rendered) = told(&object, version);
        task.utc_due = Said::Value(at("2026-03-03T22:30:00.000Z"));
        task.due = Said::Value(at("2026-03-03T23:30:00.000Z"));
        let digest = Some(&rendered.digest);
        let edited = change_in(version, &object, digest, &task, false).expect("taken");
        assert_eq!(
            difference(&object, &edited.text),
            [
                "-DUE;TZID=America/New_York:20260302T170000",
                "+DUE;TZID=America/New_York:20260303T173000"
            ]
        );
    }
}

#[test]
fn s13_others_changes_stay_and_both_changing_is_a_conflict() {
    let before = calendar("SUMMARY:One\nPRIORITY:5\n");
    let meanwhile = calendar("SUMMARY:Two\nPRIORITY:1\n");
    let (mut task, rendered) = told(&before, ProtocolVersion::V14_1);
    task.sensitivity = Some(3);
    let edited = change(&meanwhile, Some(&rendered.digest), &task, false).expect("taken");
    assert_eq!(
        difference(&meanwhile, &edited.text),
        ["+CLASS:CONFIDENTIAL"]
    );
    assert!(!edited.lost);
    task.subject = Some("Three".into());
    let edited = change(&meanwhile, Some(&rendered.digest), &task, false).expect("taken");
    assert!(edited.lost);
    assert!(text_of(&edited.text).contains("SUMMARY:Two"));
    let edited = change(&meanwhile, Some(&rendered.digest), &task, true).expect("taken");
    assert!(!edited.lost);
    assert!(text_of(&edited.text).contains("SUMMARY:Three"));
}

#[test]
fn s12_what_is_left_out_goes_only_before_16() {
    let object = calendar("SUMMARY:One\nDUE;VALUE=DATE:20260302\nCATEGORIES:A\nPRIORITY:1\n");
    for (version, lines) in [
        (
            ProtocolVersion::V14_1,
            &["-DUE;VALUE=DATE:20260302", "-CATEGORIES:A"][..],
        ),
        (ProtocolVersion::V16_1, &[]),
    ] {
        let (task, rendered) = told(&object, version);
        let less = Task {
            subject: task.subject,
            ..Task::default()
        };
        let digest = Some(&rendered.digest);
        let edited = change_in(version, &object, digest, &less, false).expect("taken");
        assert_eq!(difference(&object, &edited.text), lines, "{version}");
        // Never told, never taken.
        let edited = change_in(version, &object, Some(&Digest::default()), &less, false);
        assert!(!edited.expect("taken").changed);
    }
    // Said empty it goes in all of them.
    let (task, rendered) = told(&object, ProtocolVersion::V16_1);
    let empty = Task {
        due: Said::Empty,
        utc_due: Said::Empty,
        ..task
    };
    let digest = Some(&rendered.digest);
    let edited = change_in(ProtocolVersion::V16_1, &object, digest, &empty, false).expect("taken");
    assert_eq!(
        difference(&object, &edited.text),
        ["-DUE;VALUE=DATE:20260302"]
    );
}

#[test]
fn completing_and_opening_again() {
    let object = calendar("SUMMARY:One\nSTATUS:IN-PROCESS\nPERCENT-COMPLETE:30\n");
    let (mut task, rendered) = told(&object, ProtocolVersion::V14_1);
    assert_eq!((task.complete, rendered.span), (Some(0), Span::Endless));
    task.complete = Some(1);
    task.date_completed = Said::Value(at("2026-03-01T10:00:00.000Z"));
    let edited = change(&object, Some(&rendered.digest), &task, false).expect("taken");
    let done = text_of(&edited.text);
    for line in [
        "STATUS:COMPLETED",
        "COMPLETED:20260301T100000Z",
        "PERCENT-COMPLETE:100",
    ] {
        assert!(done.contains(line), "{done}");
    }
    let (mut task, rendered) = told(&done, ProtocolVersion::V14_1);
    assert_eq!(rendered.span, Span::Done);
    assert_eq!(rendered.digest, edited.holds);
    task.complete = Some(0);
    task.date_completed = Said::Nothing;
    let edited = change(&done, Some(&rendered.digest), &task, false).expect("taken");
    let open = text_of(&edited.text);
    assert!(
        open.contains("STATUS:NEEDS-ACTION") && !open.contains("\nCOMPLETED"),
        "{open}"
    );
}

#[test]
fn a_series_moves_on_as_phones_do_it() {
    let object = calendar(
        "SUMMARY:Bins\nDTSTART;VALUE=DATE:20260302\nDUE;VALUE=DATE:20260303\nRRULE:FREQ=WEEKLY;COUNT=10\n",
    );
    let (mut task, rendered) = told(&object, ProtocolVersion::V14_1);
    let Said::Value(recurrence) = &task.recurrence else {
        panic!("no recurrence: {task:?}")
    };
    assert_eq!(recurrence.rule.occurrences, Some(10));
    assert_eq!(recurrence.start, Some(at("2026-03-01T23:00:00.000Z")));
    // The finished copy is a task of its own ...
    let copy = Task {
        complete: Some(1),
        date_completed: Said::Value(at("2026-03-03T10:00:00.000Z")),
        recurrence: Said::Value(TaskRecurrence {
            dead_occurrence: true,
            ..recurrence.clone()
        }),
        ..task.clone()
    };
    let raw = copy.to_raw(ProtocolVersion::V14_1);
    let created = with(ProtocolVersion::V14_1, |manner| {
        create(&raw, "copy", manner)
    });
    let created = created.expect("created");
    let text = text_of(&created.text);
    assert!(
        text.contains("STATUS:COMPLETED") && !text.contains("\nRRULE"),
        "{text}"
    );
    let (back, rendered_copy) = told(&text, ProtocolVersion::V14_1);
    assert!(
        matches!(&back.recurrence, Said::Value(told) if told.dead_occurrence),
        "{text}"
    );
    assert_eq!(rendered_copy.digest, created.holds);
    // ... and the series goes to its next instance.
    task.start = Said::Value(at("2026-03-09T00:00:00.000Z"));
    task.utc_start = Said::Value(at("2026-03-08T23:00:00.000Z"));
    task.due = Said::Value(at("2026-03-10T00:00:00.000Z"));
    task.utc_due = Said::Value(at("2026-03-09T23:00:00.000Z"));
    let edited = change(&object, Some(&rendered.digest), &task, false).expect("taken");
    let moved = text_of(&edited.text);
    assert!(moved.contains("RRULE:FREQ=WEEKLY;COUNT=9"), "{moved}");
    assert!(moved.contains("DTSTART;VALUE=DATE:20260309"), "{moved}");
    let (back, rendered) = told(&moved, ProtocolVersion::V14_1);
    let Said::Value(recurrence) = back.recurrence else {
        panic!("no recurrence")
    };
    assert_eq!(recurrence.rule.occurrences, Some(10), "as the phone has it");
    assert_eq!(recurrence.start, Some(at("2026-03-01T23:00:00.000Z")));
    assert_eq!(rendered.digest, edited.holds, "S6");
}

#[test]
fn an_instance_done_by_others_or_in_one_word_is_passed_over() {
    let object = calendar(
        "SUMMARY:Bins\nDTSTART;VALUE=DATE:20260302\nDUE;VALUE=DATE:20260303\nRRULE:FREQ=WEEKLY;COUNT=2\n",
    );
    let (mut task, rendered) = told(&object, ProtocolVersion::V16_1);
    task.complete = Some(1);
    task.date_completed = Said::Value(at("2026-03-03T10:00:00.000Z"));
    let version = ProtocolVersion::V16_1;
    let digest = Some(&rendered.digest);
    let edited = change_in(version, &object, digest, &task, false).expect("taken");
    let text = text_of(&edited.text);
    assert!(text.contains("RECURRENCE-ID;VALUE=DATE:20260302"), "{text}");
    let (mut task, rendered) = told(&text, ProtocolVersion::V16_1);
    assert_eq!(task.complete, Some(0));
    assert_eq!(task.due, Said::Value(at("2026-03-10T00:00:00.000Z")));
    assert_ne!(
        rendered.digest, edited.holds,
        "the phone is told of the next"
    );
    // The last one ends it.
    task.complete = Some(1);
    task.date_completed = Said::Value(at("2026-03-10T10:00:00.000Z"));
    let digest = Some(&rendered.digest);
    let edited = change_in(version, &text, digest, &task, false).expect("taken");
    let done = text_of(&edited.text);
    let (task, rendered) = told(&done, ProtocolVersion::V16_1);
    assert_eq!((task.complete, rendered.span), (Some(1), Span::Done));
}

#[test]
fn s12_the_tick_of_a_finished_series_comes_off_and_leaves_its_override() {
    let version = ProtocolVersion::V16_1;
    let object = include_str!("../../../fixtures/tasks/thunderbird-series-all-done.ics");
    let (mut task, rendered) = told(object, version);
    assert_eq!((task.complete, rendered.span), (Some(1), Span::Done));
    task.complete = Some(0);
    task.date_completed = Said::Nothing;
    let digest = Some(&rendered.digest);
    let edited = change_in(version, object, digest, &task, false).expect("taken");
    let open = text_of(&edited.text);
    assert_eq!(open.matches("RECURRENCE-ID").count(), 2, "{open}");
    let (mut task, rendered) = told(&open, version);
    assert_eq!((task.complete, rendered.span), (Some(0), Span::Endless));
    // On again: it is the same override that says so.
    task.complete = Some(1);
    task.date_completed = Said::Value(at("2026-03-05T10:00:00.000Z"));
    let digest = Some(&rendered.digest);
    let edited = change_in(version, &open, digest, &task, false).expect("taken");
    let done = text_of(&edited.text);
    assert_eq!(done.matches("RECURRENCE-ID").count(), 2, "{done}");
    assert_eq!(told(&done, version).0.complete, Some(1));
}

#[test]
fn a_regenerating_task_counts_from_its_completion() {
    let task = Task {
        subject: Some("Filter".into()),
        due: Said::Value(at("2026-03-02T00:00:00.000Z")),
        recurrence: Said::Value(TaskRecurrence {
            regenerate: true,
            ..weekly()
        }),
        ..Task::default()
    };
    let raw = task.to_raw(ProtocolVersion::V14_1);
    let created = with(ProtocolVersion::V14_1, |manner| create(&raw, "u", manner)).expect("made");
    let text = text_of(&created.text);
    assert!(text.contains("X-EAS-REGENERATE:1"), "{text}");
    let (mut task, rendered) = told(&text, ProtocolVersion::V14_1);
    assert!(matches!(&task.recurrence, Said::Value(told) if told.regenerate));
    task.complete = Some(1);
    task.date_completed = Said::Value(at("2026-03-05T10:00:00.000Z"));
    let edited = change(&text, Some(&rendered.digest), &task, false).expect("taken");
    let text = text_of(&edited.text);
    assert!(text.contains("DUE;VALUE=DATE:20260312"), "{text}");
}

#[test]
fn s27_a_series_in_a_zone_keeps_its_hour_over_the_switch() {
    let object = calendar(
        "SUMMARY:Call\nDTSTART;TZID=Europe/Berlin:20260323T090000\nDUE;TZID=Europe/Berlin:20260323T100000\nRRULE:FREQ=WEEKLY\n",
    );
    let (mut task, rendered) = told(&object, ProtocolVersion::V14_1);
    assert_eq!(task.utc_due, Said::Value(at("2026-03-23T09:00:00.000Z")));
    task.start = Said::Value(at("2026-03-30T09:00:00.000Z"));
    task.utc_start = Said::Value(at("2026-03-30T07:00:00.000Z"));
    task.due = Said::Value(at("2026-03-30T10:00:00.000Z"));
    task.utc_due = Said::Value(at("2026-03-30T08:00:00.000Z"));
    let edited = change(&object, Some(&rendered.digest), &task, false).expect("taken");
    let text = text_of(&edited.text);
    assert!(
        text.contains("DTSTART;TZID=Europe/Berlin:20260330T090000"),
        "{text}"
    );
    assert!(
        text.contains("DUE;TZID=Europe/Berlin:20260330T100000"),
        "{text}"
    );
}

#[test]
fn reminders_both_ways() {
    let object = calendar(
        "SUMMARY:Call\nDUE:20260302T170000Z\nBEGIN:VALARM\nACTION:DISPLAY\n\
         TRIGGER;RELATED=END:-PT15M\nX-KEPT:1\nEND:VALARM\nBEGIN:VALARM\nACTION:AUDIO\nTRIGGER:PT0S\nEND:VALARM\n",
    );
    let (mut task, rendered) = told(&object, ProtocolVersion::V14_1);
    assert_eq!(
        task.reminder_time,
        Said::Value(at("2026-03-02T16:45:00.000Z"))
    );
    task.reminder_time = Said::Value(at("2026-03-02T16:00:00.000Z"));
    let edited = change(&object, Some(&rendered.digest), &task, false).expect("taken");
    assert_eq!(
        difference(&object, &edited.text),
        [
            "-TRIGGER;RELATED=END:-PT15M",
            "+TRIGGER;VALUE=DATE-TIME:20260302T160000Z"
        ]
    );
    task.reminder_set = Some(0);
    let edited = change(&object, Some(&rendered.digest), &task, false).expect("taken");
    let text = text_of(&edited.text);
    assert!(
        !text.contains("X-KEPT") && text.contains("ACTION:AUDIO"),
        "{text}"
    );
    let (task, _) = told(&text, ProtocolVersion::V14_1);
    assert_eq!(
        task.reminder_time,
        Said::Value(at("2026-03-02T17:00:00.000Z"))
    );
}

#[test]
fn status_6_for_what_cannot_be() {
    let object = calendar("SUMMARY:Call\n");
    let bad = [
        Task {
            reminder_set: Some(2),
            ..Task::default()
        },
        Task {
            sensitivity: Some(4),
            ..Task::default()
        },
        Task {
            complete: Some(2),
            ..Task::default()
        },
        Task {
            recurrence: Said::Value(TaskRecurrence {
                start: None,
                ..weekly()
            }),
            ..Task::default()
        },
        Task {
            body: Some(Body::whole(BodyType::Rtf, "e1xydGYx")),
            ..Task::default()
        },
        Task {
            start: Said::Value(at("2026-03-03T00:00:00.000Z")),
            due: Said::Value(at("2026-03-02T00:00:00.000Z")),
            ..Task::default()
        },
    ];
    for task in bad {
        let refused = change(&object, None, &task, true).expect_err("refused");
        assert_eq!(refused.status, 6, "{task:?}");
        let raw = task.to_raw(ProtocolVersion::V14_1);
        let refused = with(ProtocolVersion::V14_1, |manner| create(&raw, "u", manner));
        assert_eq!(refused.expect_err("refused").status, 6, "{task:?}");
    }
    // A Recurrence without Type.
    let raw = Raw::written(ProtocolVersion::V14_1, |writer| {
        writer.start(airgate_codec::wbxml::tasks::RECURRENCE);
        writer.number(airgate_codec::wbxml::tasks::INTERVAL, 1_u8);
        writer.end();
    });
    let refused = with(ProtocolVersion::V14_1, |manner| create(&raw, "u", manner));
    assert_eq!(refused.expect_err("refused").status, 6);
}

#[test]
fn t59_a_stub_says_what_it_is() {
    let stub = with(ProtocolVersion::V14_1, |manner| stub("a.ics", manner));
    let task = Task::from_raw(&stub.data).expect("valid");
    assert_eq!(task.subject.as_deref(), Some("Unreadable task (a.ics)"));
    let unreadable = with(ProtocolVersion::V14_1, |manner| {
        render(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", manner)
    });
    assert!(unreadable.is_err());
}
