//! Tasks between phones and DAV servers: what is a task's own, series above all. The engine's
//! stories are in `objects.rs`.

mod lines;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::sync::{self, ItemResponse};
use airgate_codec::eas::tasks::{Task, TaskRecurrence};
use airgate_codec::eas::{Moment, Recurrence, Said};
use airgate_codec::wbxml::tasks;

use crate::support::backend::dav::DavKind;
use crate::support::phone::{self, Phone, Profile, object_added};
use crate::support::world::World;

const VERSIONS: [ProtocolVersion; 3] = [
    ProtocolVersion::V12_1,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

/// A weekly task as phones write one.
fn weekly(subject: &str) -> Task {
    Task {
        subject: Some(subject.into()),
        start: Said::Value(at("2026-03-02T00:00:00.000Z")),
        utc_start: Said::Value(at("2026-03-02T00:00:00.000Z")),
        due: Said::Value(at("2026-03-03T00:00:00.000Z")),
        utc_due: Said::Value(at("2026-03-03T00:00:00.000Z")),
        complete: Some(0),
        reminder_set: Some(1),
        reminder_time: Said::Value(at("2026-03-02T08:00:00.000Z")),
        recurrence: Said::Value(TaskRecurrence {
            rule: Recurrence {
                kind: 1,
                interval: Some(1),
                day_of_week: Some(2),
                ..Recurrence::default()
            },
            start: Some(at("2026-03-02T00:00:00.000Z")),
            ..TaskRecurrence::default()
        }),
        ..Task::default()
    }
}

fn statuses(response: &sync::Response) -> Vec<u16> {
    let responses = response
        .collections
        .iter()
        .flat_map(|collection| &collection.responses);
    responses
        .map(|response| match response {
            ItemResponse::Add { status, .. }
            | ItemResponse::Change { status, .. }
            | ItemResponse::Delete { status, .. }
            | ItemResponse::Fetch { status, .. } => *status,
        })
        .collect()
}

async fn assert_quiet(phone: &mut Phone, folder: &str) {
    let response = phone.sync(folder).await;
    // Before 12.0 there is no empty answer.
    let mut all = response.collections.iter();
    let silent = all.all(|one| one.commands.is_empty() && one.responses.is_empty());
    assert!(silent, "echo: {response:?}");
    assert_eq!(phone.surprises(), [""; 0]);
}

async fn a_series_goes_on(kind: DavKind) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = world.dav().tasks(&world.alice);
    for version in VERSIONS {
        let name = format!("T{}", version.query_byte());
        let profile = Profile::ios().speaking(version).called(&name);
        let mut phone = world.phone(profile).await;
        let list = phone.folder(FolderType::Tasks);
        phone.sync_all(&list).await;
        // A new one is written once and not echoed.
        let before = other.list(&place).await;
        let add = object_added("c1", weekly(&name).to_raw(version));
        let response = phone.do_in(&list, vec![add]).await;
        assert_eq!(statuses(&response), [1], "{response:?}");
        assert_quiet(&mut phone, &list).await;
        let now = other.list(&place).await;
        let path = now.iter().find(|path| !before.contains(path)).unwrap();
        let object = other.get(path).await.unwrap();
        assert!(object.contains("RRULE:FREQ=WEEKLY;BYDAY=MO"), "{object}");
        assert!(object.contains("DUE;VALUE=DATE:20260303"), "{object}");
        // Somebody ticks the first one off, as Thunderbird does: the phone is at the next.
        let done = "BEGIN:VTODO\r\nUID:@\r\nDTSTAMP:20260302T120000Z\r\n\
            RECURRENCE-ID;VALUE=DATE:20260302\r\nDTSTART;VALUE=DATE:20260302\r\n\
            DUE;VALUE=DATE:20260303\r\nSTATUS:COMPLETED\r\nCOMPLETED:20260302T120000Z\r\n\
            END:VTODO\r\nEND:VCALENDAR";
        let uid = object
            .lines()
            .find_map(|line| line.strip_prefix("UID:"))
            .unwrap();
        let ticked = object.replace("END:VCALENDAR", &done.replace('@', uid));
        other.put(path, &ticked).await;
        phone.sync_all(&list).await;
        let id = phone.object(&list, tasks::SUBJECT, &name);
        let due = |phone: &Phone| phone::text(&phone.objects(&list)[&id], tasks::DUE_DATE);
        assert_eq!(due(&phone), "2026-03-10T00:00:00.000Z", "{version}");
        // The phone says only that it is done: that one is, and the next is told.
        phone.edit_object(&list, &id, tasks::COMPLETE, "1").await;
        phone.sync_all(&list).await;
        assert_eq!(due(&phone), "2026-03-17T00:00:00.000Z", "{version}");
        let open = phone::text(&phone.objects(&list)[&id], tasks::COMPLETE);
        assert_eq!(open, "0");
        let object = other.get(path).await.unwrap();
        assert_eq!(object.matches("STATUS:COMPLETED").count(), 2, "{object}");
        assert_quiet(&mut phone, &list).await;
        // What cannot be is refused.
        let response = phone
            .edit_object(&list, &id, tasks::REMINDER_SET, "2")
            .await;
        assert_eq!(statuses(&response), [6], "{response:?}");
    }
}

#[tokio::test]
async fn a_series_goes_on_at_radicale() {
    a_series_goes_on(DavKind::Radicale).await;
}

#[tokio::test]
async fn a_series_goes_on_at_xandikos() {
    a_series_goes_on(DavKind::Xandikos).await;
}

#[tokio::test]
async fn a_series_goes_on_at_cyrus() {
    a_series_goes_on(DavKind::Cyrus).await;
}
