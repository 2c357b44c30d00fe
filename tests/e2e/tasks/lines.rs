//! What a phone edits of a task is what changes in the VTODO, and nothing else (S12); series as
//! phones move them on.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::tasks::{Task, TaskRecurrence};
use airgate_codec::eas::{Recurrence, Said};
use airgate_codec::wbxml::tasks;

use super::{assert_quiet, at, statuses};
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Phone, Profile, object_added, object_changed, raw};
use crate::support::touched::touched;
use crate::support::world::World;

const VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V2_5,
    ProtocolVersion::V12_1,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

/// A zone whose days are not those of UTC.
async fn world(kind: DavKind) -> World {
    World::with_dav_and(kind, |settings| {
        let settings = settings.argument("--allow-2.5");
        settings.variable("AIRGATE_TIME_ZONE", "Europe/Berlin")
    })
    .await
}

async fn phone_of(world: &World, version: ProtocolVersion, name: &str) -> (Phone, String) {
    let name = format!("{name}{}", version.query_byte());
    let profile = Profile::gmail().speaking(version).called(&name);
    let mut phone = world.phone(profile).await;
    let list = phone.folder(FolderType::Tasks);
    phone.sync_all(&list).await;
    (phone, list)
}

fn seen(phone: &Phone, list: &str, id: &str) -> Task {
    let objects = phone.objects(list);
    let object = objects.get(id).expect("the phone has it");
    Task::from_raw(&raw(object)).expect("a task")
}

async fn edit(phone: &mut Phone, list: &str, id: &str, change: impl FnOnce(&mut Task)) -> Vec<u16> {
    let mut task = seen(phone, list, id);
    change(&mut task);
    let said = task.to_raw(phone.version());
    statuses(&phone.do_in(list, vec![object_changed(id, said)]).await)
}

fn todo(uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VTIMEZONE\r\n\
         TZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n\
         RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
         END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\n\
         RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
         END:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VTODO\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nSUMMARY:{uid}\r\n{lines}END:VTODO\r\nEND:VCALENDAR\r\n"
    )
}

const RICH: &str = "DESCRIPTION:Words\\, and more\r\n\
    DTSTART;TZID=Europe/Berlin:20260701T090000\r\nDUE;TZID=Europe/Berlin:20260702T180000\r\n\
    PRIORITY:5\r\nCLASS:PUBLIC\r\nCATEGORIES:Garden\r\nPERCENT-COMPLETE:30\r\n\
    RELATED-TO;RELTYPE=PARENT:another\r\nX-KEEP;X-P=\"a,b\":kept\r\nURL:https://x.example/\r\n\
    BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:a\r\nTRIGGER;VALUE=DATE-TIME:20260702T150000Z\r\n\
    END:VALARM\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER;RELATED=END:PT1H\r\nEND:VALARM\r\n";

/// An edit, the lines it takes away and the lines it makes.
type Case = (
    fn(&mut Task),
    &'static [&'static str],
    &'static [&'static str],
);

const CASES: &[Case] = &[
    (
        |task| task.importance = Some(2),
        &["PRIORITY:5"],
        &["PRIORITY:1"],
    ),
    (
        |task| task.importance = Some(0),
        &["PRIORITY:1"],
        &["PRIORITY:9"],
    ),
    (
        |task| {
            task.due = Said::Value(at("2026-07-03T19:00:00.000Z"));
            task.utc_due = Said::Value(at("2026-07-03T17:00:00.000Z"));
        },
        &["DUE;TZID=Europe/Berlin:20260702T180000"],
        &["DUE;TZID=Europe/Berlin:20260703T190000"],
    ),
    (
        |task| task.sensitivity = Some(2),
        &["CLASS:PUBLIC"],
        &["CLASS:PRIVATE"],
    ),
    (
        |task| task.categories = Some(vec!["Shed".to_owned()]),
        &["CATEGORIES:Garden"],
        &["CATEGORIES:Shed"],
    ),
    (
        |task| task.body = Some(Body::whole(BodyType::Plain, "Other, words")),
        &["DESCRIPTION:Words\\, and more"],
        &["DESCRIPTION:Other\\, words"],
    ),
    (
        |task| task.reminder_time = Said::Value(at("2026-07-02T08:00:00.000Z")),
        &["TRIGGER;VALUE=DATE-TIME:20260702T150000Z"],
        &["TRIGGER;VALUE=DATE-TIME:20260702T080000Z"],
    ),
    (
        |task| {
            task.complete = Some(1);
            task.date_completed = Said::Value(at("2026-07-02T10:00:00.000Z"));
        },
        &["PERCENT-COMPLETE:30"],
        &[
            "COMPLETED:20260702T100000Z",
            "PERCENT-COMPLETE:100",
            "STATUS:COMPLETED",
        ],
    ),
];

/// Lines that say when something was changed, which every change does.
fn is_stamp(line: &str) -> bool {
    ["DTSTAMP", "LAST-MODIFIED", "SEQUENCE"]
        .iter()
        .any(|name| line.starts_with(name))
}

async fn edits_touch_their_lines(kind: DavKind, versions: &[ProtocolVersion]) {
    let world = world(kind).await;
    let other = world.dav_client();
    let place = world.dav().tasks(&world.alice);
    for version in versions {
        let name = format!("rich{}", version.query_byte());
        let path = format!("{place}{name}.ics");
        other.put(&path, &todo(&name, RICH)).await;
        let (mut phone, list) = phone_of(&world, *version, "LINES").await;
        let id = phone.object(&list, tasks::SUBJECT, &name);
        // Both sides of a date: the moment, and what the clock on the wall says.
        let shown = seen(&phone, &list, &id);
        assert_eq!(shown.utc_due, Said::Value(at("2026-07-02T16:00:00.000Z")));
        assert_eq!(shown.due, Said::Value(at("2026-07-02T18:00:00.000Z")));
        assert_eq!(shown.utc_start, Said::Value(at("2026-07-01T07:00:00.000Z")));
        assert_eq!(shown.reminder_set, Some(1));
        let first = other.get(&path).await.expect("there");
        assert_eq!(edit(&mut phone, &list, &id, |_| {}).await, [0; 0]);
        assert_eq!(other.get(&path).await.expect("there"), first, "{version}");
        for (at, (change, old, new)) in CASES.iter().enumerate() {
            let what = format!("{kind:?} {version} edit {at}");
            let before = other.get(&path).await.expect("there");
            assert_eq!(edit(&mut phone, &list, &id, change).await, [0; 0], "{what}");
            let after = other.get(&path).await.expect("there");
            let (mut gone, mut came) = touched(&before, &after);
            gone.retain(|line| !is_stamp(line));
            came.retain(|line| !is_stamp(line));
            gone.sort();
            came.sort();
            assert_eq!((gone, came), (owned(old), owned(new)), "{what}");
            phone.sync_all(&list).await;
            assert_quiet(&mut phone, &list).await;
        }
        // Open again.
        let opened = edit(&mut phone, &list, &id, |task| {
            task.complete = Some(0);
            task.date_completed = Said::Empty;
        });
        assert_eq!(opened.await, [0; 0]);
        let open = other.get(&path).await.expect("there");
        assert!(
            !open.contains("\nCOMPLETED") && open.contains("X-KEEP"),
            "{open}"
        );
        phone.sync_all(&list).await;
        assert_quiet(&mut phone, &list).await;
        other.delete(&path).await;
    }
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[tokio::test]
async fn s12_an_edit_of_a_task_touches_its_own_lines_on_radicale() {
    edits_touch_their_lines(DavKind::Radicale, &VERSIONS).await;
}

#[tokio::test]
async fn s12_an_edit_of_a_task_touches_its_own_lines_on_cyrus() {
    edits_touch_their_lines(DavKind::Cyrus, &[ProtocolVersion::V14_1]).await;
}

/// Phones finish an instance by a copy that is done and by moving the series on.
#[tokio::test]
async fn s1_a_series_is_moved_on_by_a_finished_copy() {
    let world = world(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().tasks(&world.alice);
    for version in VERSIONS {
        let name = format!("bins{}", version.query_byte());
        let path = format!("{place}{name}.ics");
        let lines = "DTSTART;VALUE=DATE:20260302\r\nDUE;VALUE=DATE:20260303\r\n\
            RRULE:FREQ=WEEKLY;COUNT=10\r\nX-KEEP:kept\r\n";
        other.put(&path, &todo(&name, lines)).await;
        let (mut phone, list) = phone_of(&world, version, "MOVE").await;
        let (mut second, _) = phone_of(&world, version, "OTHER").await;
        let id = phone.object(&list, tasks::SUBJECT, &name);
        let mut task = seen(&phone, &list, &id);
        let Said::Value(recurrence) = task.recurrence.clone() else {
            panic!("{version}: no series: {task:?}");
        };
        let copy = Task {
            complete: Some(1),
            date_completed: Said::Value(at("2026-03-03T10:00:00.000Z")),
            recurrence: Said::Value(TaskRecurrence {
                dead_occurrence: true,
                ..recurrence
            }),
            ..task.clone()
        };
        task.start = Said::Value(at("2026-03-09T00:00:00.000Z"));
        task.utc_start = Said::Value(at("2026-03-08T23:00:00.000Z"));
        task.due = Said::Value(at("2026-03-10T00:00:00.000Z"));
        task.utc_due = Said::Value(at("2026-03-09T23:00:00.000Z"));
        let commands = vec![
            object_added("copy", copy.to_raw(version)),
            object_changed(&id, task.to_raw(version)),
        ];
        let response = phone.do_in(&list, commands).await;
        assert_eq!(statuses(&response), [1], "{response:?}");
        assert_quiet(&mut phone, &list).await;
        let moved = other.get(&path).await.expect("there");
        assert!(moved.contains("RRULE:FREQ=WEEKLY;COUNT=9"), "{moved}");
        assert!(moved.contains("DTSTART;VALUE=DATE:20260309"), "{moved}");
        assert!(moved.contains("X-KEEP:kept"), "S12: {moved}");
        let all = other.objects(&place).await;
        let copies: Vec<&String> = all
            .iter()
            .filter(|text| text.contains(&name) && !text.contains("\nRRULE"))
            .collect();
        let [copy] = copies.as_slice() else {
            panic!("{version}: {copies:?}");
        };
        assert!(copy.contains("STATUS:COMPLETED"), "{copy}");
        // Another phone sees both.
        second.sync_all(&list).await;
        let due = |phone: &Phone, id: &str| seen(phone, &list, id).due;
        assert_eq!(
            due(&second, &id),
            Said::Value(at("2026-03-10T00:00:00.000Z"))
        );
        let states = second.objects(&list).into_keys();
        let done = states.filter(|id| seen(&second, &list, id).complete == Some(1));
        assert_eq!(done.count(), 1, "{version}");
        assert_quiet(&mut second, &list).await;
        for path in other.list(&place).await {
            other.delete(&path).await;
        }
    }
}

/// The next one is counted from when the last was done, for which iCalendar has no word.
#[tokio::test]
async fn s12_a_regenerating_task_stays_one_whoever_edits_it() {
    let world = world(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().tasks(&world.alice);
    for version in VERSIONS {
        let (mut phone, list) = phone_of(&world, version, "AGAIN").await;
        let new = Task {
            subject: Some("Filter".to_owned()),
            start: Said::Value(at("2026-03-01T00:00:00.000Z")),
            utc_start: Said::Value(at("2026-02-28T23:00:00.000Z")),
            due: Said::Value(at("2026-03-02T00:00:00.000Z")),
            utc_due: Said::Value(at("2026-03-01T23:00:00.000Z")),
            importance: Some(1),
            recurrence: Said::Value(TaskRecurrence {
                rule: Recurrence {
                    kind: 0,
                    interval: Some(7),
                    ..Recurrence::default()
                },
                start: Some(at("2026-03-01T00:00:00.000Z")),
                regenerate: true,
                dead_occurrence: false,
            }),
            ..Task::default()
        };
        let add = object_added("c1", new.to_raw(version));
        assert_eq!(statuses(&phone.do_in(&list, vec![add]).await), [1]);
        phone.sync_all(&list).await;
        let path = other.list(&place).await.pop().expect("one");
        let text = other.get(&path).await.expect("there");
        assert!(text.contains("X-EAS-REGENERATE:1"), "{text}");
        // Another program renames it, another phone sets its importance.
        other
            .put(&path, &text.replace("SUMMARY:Filter", "SUMMARY:Sieve"))
            .await;
        let (mut second, _) = phone_of(&world, ProtocolVersion::V16_1, "ELSE").await;
        let id = second.object(&list, tasks::SUBJECT, "Sieve");
        let regenerates = |phone: &Phone| {
            let task = seen(phone, &list, &id);
            matches!(task.recurrence, Said::Value(told) if told.regenerate)
        };
        assert!(regenerates(&second));
        let urgent = edit(&mut second, &list, &id, |task| task.importance = Some(2));
        assert_eq!(urgent.await, [0; 0]);
        phone.sync_all(&list).await;
        assert!(regenerates(&phone), "{version}");
        // Done late: the next begins a week after that, and not a week after it should have.
        let done = edit(&mut phone, &list, &id, |task| {
            task.complete = Some(1);
            task.date_completed = Said::Value(at("2026-03-05T10:00:00.000Z"));
        });
        assert_eq!(done.await, [0; 0], "{version}");
        phone.sync_all(&list).await;
        let now = seen(&phone, &list, &id);
        assert_eq!(now.complete, Some(0), "{version}");
        assert_eq!(
            now.due,
            Said::Value(at("2026-03-13T00:00:00.000Z")),
            "{version}"
        );
        assert!(regenerates(&phone), "{version}");
        assert_quiet(&mut phone, &list).await;
        other.delete(&path).await;
    }
}
