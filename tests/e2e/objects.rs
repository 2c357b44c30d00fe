//! Contacts, tasks and events between phones and a DAV server: what goes through the engine whatever
//! the class. A second DAV client makes the changes of others.

mod conflicts;
mod merged;
mod places;
mod poison;
mod statuses;
mod trouble;
mod walk;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Raw;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::sync::{self, ItemResponse};
use airgate_codec::wbxml::{calendar, contacts, tasks};

use crate::support::backend::dav::DavKind;
use crate::support::phone::{self, Loss, Phone, Profile, object_added, with};
use crate::support::world::World;

const VERSIONS: [ProtocolVersion; 3] = [
    ProtocolVersion::V12_1,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

/// A phone of Alice's of that version, its address book filled.
async fn phone_of(world: &World, version: ProtocolVersion, id: &str) -> (Phone, String) {
    let profile = Profile::ios().speaking(version).called(id);
    let mut phone = world.phone(profile).await;
    let book = phone.folder(FolderType::Contacts);
    phone.sync_all(&book).await;
    (phone, book)
}

/// A card with something in it that no phone knows.
fn card(uid: &str, first: &str, last: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{first} {last}\r\nN:{last};{first};;;\r\n\
         X-KEEP;X-P=1:me\r\nTITLE:Clerk\r\nEND:VCARD\r\n"
    )
}

fn new_card(first: &str, last: &str) -> Raw {
    with(&[
        (contacts::FILE_AS, &format!("{last}, {first}")),
        (contacts::FIRST_NAME, first),
        (contacts::LAST_NAME, last),
    ])
}

/// The status of the first response about an item.
fn status_of(response: &sync::Response) -> Option<u16> {
    let collection = response.collections.first()?;
    collection.responses.first().map(|response| match response {
        ItemResponse::Add { status, .. }
        | ItemResponse::Change { status, .. }
        | ItemResponse::Delete { status, .. }
        | ItemResponse::Fetch { status, .. } => *status,
    })
}

fn collection_status(response: &sync::Response) -> Option<u16> {
    Some(response.collections.first()?.head.status)
}

/// Nothing is to be told any more.
async fn assert_quiet(phone: &mut Phone, folder: &str) {
    let response = phone.sync(folder).await;
    assert!(response.collections.is_empty(), "echo: {response:?}");
    assert_eq!(phone.surprises(), [] as [String; 0]);
}

async fn there_and_back(kind: DavKind) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for version in VERSIONS {
        let (mut phone, book) = phone_of(
            &world,
            version,
            &format!("P{}", version.as_str().replace('.', "")),
        )
        .await;
        let name = format!("a{}", version.as_str().replace('.', ""));
        let path = format!("{place}{name}.vcf");
        other.put(&path, &card(&name, "Ada", &name)).await;
        phone.sync_all(&book).await;
        let id = phone.object(&book, contacts::LAST_NAME, &name);
        assert_quiet(&mut phone, &book).await;
        // The phone's change goes into the card as it is; what it does not know stays.
        phone
            .edit_object(&book, &id, contacts::JOB_TITLE, "Countess")
            .await;
        let kept = other.get(&path).await.expect("there");
        assert!(kept.contains("TITLE:Countess"), "{kept}");
        assert!(kept.contains("X-KEEP;X-P=1:me"), "S12: {kept}");
        assert_quiet(&mut phone, &book).await;
        // And the other way round.
        other.put(&path, &kept.replace("Countess", "Queen")).await;
        phone.sync_all(&book).await;
        assert_eq!(
            phone::text(&phone.objects(&book)[&id], contacts::JOB_TITLE),
            "Queen"
        );
        // New ones, in both directions gone again.
        let before = other.list(&place).await;
        let response = phone
            .do_in(&book, vec![object_added("c1", new_card("Grace", "Hopper"))])
            .await;
        assert_eq!(status_of(&response), Some(1), "{response:?}");
        assert_eq!(other.list(&place).await.len(), before.len() + 1);
        assert_quiet(&mut phone, &book).await;
        let grace = phone.object(&book, contacts::LAST_NAME, "Hopper");
        phone.delete_object(&book, &grace).await;
        assert_eq!(other.list(&place).await, before, "{version:?}");
        other.delete(&path).await;
        phone.sync_all(&book).await;
        assert!(!phone.objects(&book).contains_key(&id));
        assert_quiet(&mut phone, &book).await;
    }
}

#[tokio::test]
async fn s12_s6_cards_go_there_and_back_on_radicale() {
    there_and_back(DavKind::Radicale).await;
}

#[tokio::test]
async fn s12_s6_cards_go_there_and_back_on_xandikos() {
    there_and_back(DavKind::Xandikos).await;
}

#[tokio::test]
async fn s12_s6_cards_go_there_and_back_on_cyrus() {
    there_and_back(DavKind::Cyrus).await;
}

#[tokio::test]
async fn s5_s2_a_lost_answer_makes_nothing_twice() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "LOST").await;
    phone.lose_next(Loss::Answer);
    let mut asked = phone.collection(&book);
    asked.commands = vec![
        object_added("c1", new_card("Ada", "One")),
        object_added("c2", new_card("Ada", "Two")),
    ];
    let request = sync::Request {
        collections: Some(vec![asked]),
        ..sync::Request::default()
    };
    assert!(phone.try_sync(request).await.is_err());
    assert_eq!(other.list(&place).await.len(), 2);
    let again = phone.repeat_sync().await.expect("an answer");
    assert_eq!(status_of(&again), Some(1));
    assert_eq!(other.list(&place).await.len(), 2, "S5");
    assert_quiet(&mut phone, &book).await;
    assert_eq!(phone.values(&book, contacts::LAST_NAME), ["One", "Two"]);
    // A change and a deletion whose answers get lost.
    let (one, two) = (
        phone.object(&book, contacts::LAST_NAME, "One"),
        phone.object(&book, contacts::LAST_NAME, "Two"),
    );
    let mut asked = phone.collection(&book);
    asked.commands = vec![
        phone.edited(&book, &one, contacts::JOB_TITLE, "Clerk"),
        phone::object_deleted(&two),
    ];
    let request = sync::Request {
        collections: Some(vec![asked]),
        ..sync::Request::default()
    };
    phone.lose_next(Loss::Answer);
    assert!(phone.try_sync(request).await.is_err());
    let etag = other.etag(&other.list(&place).await[0]).await;
    phone.repeat_sync().await.expect("an answer");
    assert_eq!(
        other.etag(&other.list(&place).await[0]).await,
        etag,
        "written once"
    );
    assert_quiet(&mut phone, &book).await;
    assert_eq!(phone.values(&book, contacts::JOB_TITLE), ["Clerk"]);
}

#[tokio::test]
async fn s21_pages_and_estimates_are_true_and_s24_each_device_has_its_own() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for number in 0..12 {
        let name = format!("n{number:02}");
        other
            .put(&format!("{place}{name}.vcf"), &card(&name, "A", &name))
            .await;
    }
    let (mut first, book) = phone_of(&world, ProtocolVersion::V14_1, "ONE").await;
    assert_eq!(first.objects(&book).len(), 12);
    let mut second = world
        .phone(
            Profile::ios()
                .speaking(ProtocolVersion::V16_1)
                .called("TWO"),
        )
        .await;
    second.profile.window = 5;
    second.sync(&book).await;
    let estimate = second.estimate(&book).await;
    assert_eq!(estimate.estimates[0].count, Some(12), "{estimate:?}");
    assert_eq!(second.sync_all(&book).await, 3, "12 in pages of 5");
    let ids = |phone: &Phone| phone.objects(&book).into_keys().collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second), "one number for all devices");
    let id = first.object(&book, contacts::LAST_NAME, "n03");
    first
        .edit_object(&book, &id, contacts::JOB_TITLE, "Boss")
        .await;
    assert_eq!(second.estimate(&book).await.estimates[0].count, Some(1));
    second.sync_all(&book).await;
    let there = &second.objects(&book)[&id];
    assert_eq!(phone::text(there, contacts::JOB_TITLE), "Boss");
    assert_quiet(&mut first, &book).await;
    assert_quiet(&mut second, &book).await;
}

#[tokio::test]
async fn done_tasks_are_outside_of_filter_8_and_come_back() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().tasks(&world.alice);
    let todo = |uid: &str, status: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VTODO\r\nUID:{uid}\r\n\
             DTSTAMP:20260101T000000Z\r\nSUMMARY:{uid}\r\n{status}END:VTODO\r\nEND:VCALENDAR\r\n"
        )
    };
    let done = "STATUS:COMPLETED\r\nCOMPLETED:20260102T000000Z\r\nPERCENT-COMPLETE:100\r\n";
    other
        .put(&format!("{place}open.ics"), &todo("open", ""))
        .await;
    other
        .put(&format!("{place}done.ics"), &todo("done", done))
        .await;
    let profile = Profile::ios().speaking(ProtocolVersion::V14_1).filter(8);
    let mut phone = world.phone(profile).await;
    let list = phone.folder(FolderType::Tasks);
    phone.sync_all(&list).await;
    assert_eq!(phone.values(&list, tasks::SUBJECT), ["open"]);
    assert_quiet(&mut phone, &list).await;
    // One is done elsewhere: it leaves the window.
    other
        .put(&format!("{place}open.ics"), &todo("open", done))
        .await;
    let response = phone.sync(&list).await;
    assert!(matches!(
        response.collections[0].commands[..],
        [sync::ServerCommand::SoftDelete { .. }]
    ));
    // Everything is wanted again.
    phone.profile.filter = 0;
    phone.sync_all(&list).await;
    assert_eq!(phone.values(&list, tasks::SUBJECT), ["done", "open"]);
    assert_quiet(&mut phone, &list).await;
}

fn event(uid: &str, start: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\nSUMMARY:{uid}\r\n\
         X-KEEP;X-P=1:me\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

async fn windows(kind: DavKind) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = world.dav().calendar(&world.alice);
    // More than are read one by one: the server is asked for the window.
    for number in 0..18 {
        let name = format!("old{number:02}");
        let text = event(&name, "20200115T100000Z", "");
        other.put(&format!("{place}{name}.ics"), &text).await;
    }
    let series = event("series", "20200106T080000Z", "RRULE:FREQ=WEEKLY\r\n");
    other.put(&format!("{place}series.ics"), &series).await;
    let later = event("later", "20300115T100000Z", "");
    other.put(&format!("{place}later.ics"), &later).await;
    let profile = Profile::ios().speaking(ProtocolVersion::V14_1).filter(4);
    let mut phone = world.phone(profile).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    let subjects = |phone: &Phone| phone.values(&folder, calendar::SUBJECT);
    assert_eq!(subjects(&phone), ["later", "series"]);
    assert_quiet(&mut phone, &folder).await;
    // One comes in, one goes out.
    let moved = event("old03", "20300116T100000Z", "");
    other.put(&format!("{place}old03.ics"), &moved).await;
    let past = event("later", "20200115T100000Z", "");
    other.put(&format!("{place}later.ics"), &past).await;
    phone.sync_all(&folder).await;
    assert_eq!(subjects(&phone), ["old03", "series"]);
    // What the phone changes goes into the event as it is.
    let id = phone.object(&folder, calendar::SUBJECT, "old03");
    phone
        .edit_object(&folder, &id, calendar::SUBJECT, "renamed")
        .await;
    let text = other
        .get(&format!("{place}old03.ics"))
        .await
        .expect("there");
    assert!(text.contains("SUMMARY:renamed"), "{text}");
    assert!(text.contains("X-KEEP;X-P=1:me"), "S12: {text}");
    assert_quiet(&mut phone, &folder).await;
    phone.profile.filter = 0;
    phone.sync_all(&folder).await;
    assert_eq!(phone.objects(&folder).len(), 20);
    assert_quiet(&mut phone, &folder).await;
}

#[tokio::test]
async fn events_come_into_the_window_and_leave_it_on_radicale() {
    windows(DavKind::Radicale).await;
}

#[tokio::test]
async fn events_come_into_the_window_and_leave_it_on_cyrus() {
    windows(DavKind::Cyrus).await;
}

#[tokio::test]
async fn s1_what_begins_after_2038_reaches_a_phone_with_a_window() {
    for kind in DavKind::ALL {
        let world = World::with_dav(kind).await;
        let other = world.dav_client();
        let place = world.dav().calendar(&world.alice);
        for number in 0..10 {
            for (name, start) in [("old", "20200115T100000Z"), ("far", "20420115T100000Z")] {
                let name = format!("{name}{number}");
                let text = event(&name, start, "");
                other.put(&format!("{place}{name}.ics"), &text).await;
            }
        }
        let profile = Profile::ios().speaking(ProtocolVersion::V14_1).filter(4);
        let mut phone = world.phone(profile).await;
        let folder = phone.folder(FolderType::Calendar);
        phone.sync_all(&folder).await;
        let expected: Vec<String> = (0..10).map(|n| format!("far{n}")).collect();
        assert_eq!(
            phone.values(&folder, calendar::SUBJECT),
            expected,
            "{kind:?}"
        );
        assert_quiet(&mut phone, &folder).await;
    }
}
