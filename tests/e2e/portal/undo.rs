//! The Undo page: what a phone took away comes back to the server and to the phone.

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::wbxml::{calendar, contacts, tasks};

use super::alice;
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Phone, Profile, object_deleted};
use crate::support::surfer::Surfer;
use crate::support::world::World;

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VEVENT\r\n\
    UID:dentist\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20300402T143000Z\r\n\
    DTEND:20300402T150000Z\r\nSUMMARY:Dentist <b>\r\nLOCATION:Main Street\r\nX-KEEP:me\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

const TASK: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VTODO\r\n\
    UID:milk\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Buy milk\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

fn card(uid: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:Ada {uid}\r\nN:{uid};Ada;;;\r\n\
         EMAIL:{uid}@example.com\r\nEND:VCARD\r\n"
    )
}

/// The number of the entry of that name.
fn entry(surfer: &Surfer, title: &str) -> String {
    let (before, _) = surfer
        .page
        .split_once(&format!("<strong>{title}</strong>"))
        .unwrap_or_else(|| panic!("no {title} in\n{}", surfer.page));
    let (_, id) = before.rsplit_once("id=\"u-").expect("its box");
    id.split('"').next().expect("a number").to_owned()
}

async fn bring_back(surfer: &mut Surfer, ids: &[String]) {
    let query: Vec<String> = ids.iter().map(|id| format!("id={id}")).collect();
    let page = format!("/account/undo/restore?{}", query.join("&"));
    assert_eq!(surfer.open(&page).await.status, 200);
    let ids = surfer.between("name=\"ids\" value=\"", "\"");
    surfer
        .send("/account/undo/restore", &[("ids", ids.as_str())])
        .await;
}

async fn phone_of(world: &World) -> Phone {
    let profile = Profile::ios().speaking(ProtocolVersion::V14_1);
    world.phone(profile).await
}

/// A server that schedules is kept from inviting again, so the page says that nobody hears of it.
#[tokio::test]
async fn s8_a_meeting_that_is_back_says_that_its_guests_are_not_told() {
    let world = World::with_dav(DavKind::Cyrus).await;
    let other = world.dav_client();
    let event = format!("{}dentist.ics", world.dav().calendar(&world.alice));
    let people = format!(
        "ORGANIZER:mailto:{}\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:guest@elsewhere.example\r\nX-KEEP",
        world.alice.name
    );
    other.put(&event, &EVENT.replace("X-KEEP", &people)).await;
    let mut phone = phone_of(&world).await;
    let events = phone.folder(FolderType::Calendar);
    phone.sync_all(&events).await;
    let id = phone.object(&events, calendar::SUBJECT, "Dentist <b>");
    phone.delete_object(&events, &id).await;
    assert_eq!(other.get(&event).await, None);
    let mut surfer = alice(&world).await;
    surfer.open("/account/undo").await;
    let id = entry(&surfer, "Dentist &#60;b&#62;");
    bring_back(&mut surfer, &[id]).await;
    let said = "The people you had invited are not told";
    assert!(surfer.page.contains(said), "{}", surfer.page);
    assert!(other.get(&event).await.is_some(), "it is back");
}

#[tokio::test]
async fn what_a_phone_deleted_or_changed_is_brought_back() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let event = format!("{}dentist.ics", world.dav().calendar(&world.alice));
    let task = format!("{}milk.ics", world.dav().tasks(&world.alice));
    let ada = format!("{}ada.vcf", world.dav().contacts(&world.alice));
    other.put(&event, EVENT).await;
    other.put(&task, TASK).await;
    other.put(&ada, &card("ada")).await;
    let (event_was, task_was) = (other.get(&event).await, other.get(&task).await);
    let card_was = other.get(&ada).await;

    let mut phone = phone_of(&world).await;
    let kinds = [
        FolderType::Calendar,
        FolderType::Tasks,
        FolderType::Contacts,
    ];
    let [events, todo, book] = kinds.map(|kind| phone.folder(kind));
    for folder in [&events, &todo, &book] {
        phone.sync_all(folder).await;
    }
    let id = phone.object(&events, calendar::SUBJECT, "Dentist <b>");
    phone.delete_object(&events, &id).await;
    let id = phone.object(&todo, tasks::SUBJECT, "Buy milk");
    phone.delete_object(&todo, &id).await;
    let id = phone.object(&book, contacts::LAST_NAME, "ada");
    phone
        .edit_object(&book, &id, contacts::JOB_TITLE, "Countess")
        .await;
    let changed = other.get(&ada).await.expect("there");
    assert_eq!(
        (other.get(&event).await, other.get(&task).await),
        (None, None)
    );

    let mut surfer = alice(&world).await;
    assert!(
        surfer.page.contains("href=\"/account/undo\""),
        "in the way around"
    );
    surfer.open("/account/undo").await;
    let event_id = entry(&surfer, "Dentist &#60;b&#62;");
    for said in [
        "2 Apr 2030, 14:30 · Main Street",
        "Deleted by iPhone",
        "As it was before iPhone changed it",
        "ada@example.com",
        "Bring back all 2 deleted ones",
    ] {
        assert!(surfer.page.contains(said), "{said}: {}", surfer.page);
    }
    let all = [
        event_id,
        entry(&surfer, "Buy milk"),
        entry(&surfer, "Ada ada"),
    ];
    // Bob sees nothing of it, and gets nothing of it (T13).
    let mut bob = Surfer::new(world.server.address());
    bob.sign_in("bob@example.com", "secret-of-bob").await;
    bob.open("/account/undo").await;
    assert!(
        bob.page.contains("nothing in the last 30 days"),
        "{}",
        bob.page
    );
    bob.open(&format!("/account/undo/restore?id={}", all[0]))
        .await;
    assert_eq!(bob.at, "/account/undo?done=nothing");
    let form = [("ids", all[0].as_str())];
    assert_eq!(bob.send("/account/undo/restore", &form).await.status, 422);
    assert_eq!(other.get(&event).await, None);

    bring_back(&mut surfer, &all).await;
    assert_eq!(surfer.at, "/account/undo?done=restored", "{}", surfer.page);
    assert!(surfer.page.contains("It is back."), "{}", surfer.page);
    assert_eq!(other.get(&event).await, event_was);
    assert_eq!(other.get(&task).await, task_was);
    assert_eq!(other.get(&ada).await, card_was);
    for (folder, tag, value) in [
        (&events, calendar::SUBJECT, "Dentist <b>"),
        (&todo, tasks::SUBJECT, "Buy milk"),
        (&book, contacts::LAST_NAME, "ada"),
    ] {
        phone.sync_all(folder).await;
        phone.object(folder, tag, value);
    }
    assert_eq!(phone.values(&book, contacts::JOB_TITLE), [""]);
    assert_eq!(phone.surprises(), [] as [String; 0]);

    // What was in its place is kept in its turn; what is back is not listed any more.
    assert!(!surfer.page.contains("Dentist"), "{}", surfer.page);
    assert!(
        surfer
            .page
            .contains("before you brought back an older version")
    );
    let again = [entry(&surfer, "Ada ada")];
    bring_back(&mut surfer, &again).await;
    assert_eq!(other.get(&ada).await.expect("there"), changed);
    // A form that is sent twice.
    let form = [("ids", again[0].as_str())];
    assert_eq!(
        surfer.send("/account/undo/restore", &form).await.status,
        422
    );
    assert!(surfer.page.contains("or back already"), "{}", surfer.page);
    for (ids, status) in [("x", 400), ("", 200)] {
        let answer = surfer.send("/account/undo/restore", &[("ids", ids)]).await;
        assert_eq!(answer.status, status, "{ids}");
    }
}

#[tokio::test]
async fn s8_a_whole_address_book_comes_back_in_two_steps() {
    let mut world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for number in 0..25 {
        let path = format!("{place}n{number:02}.vcf");
        other.put(&path, &card(&format!("n{number:02}"))).await;
    }
    let before = other.objects(&place).await;
    let mut phone = phone_of(&world).await;
    let book = phone.folder(FolderType::Contacts);
    phone.sync_all(&book).await;
    let gone = phone.objects(&book).into_keys();
    phone
        .do_in(&book, gone.map(|id| object_deleted(&id)).collect())
        .await;
    assert!(other.list(&place).await.is_empty());

    let mut surfer = alice(&world).await;
    surfer.open("/account/undo").await;
    let all = surfer.between("href=\"/account/undo/restore?", "\"");
    let ids: Vec<String> = all
        .replace("&amp;", "&")
        .split('&')
        .map(|pair| pair.trim_start_matches("id=").to_owned())
        .collect();
    assert_eq!(ids.len(), 25);
    // A server that is away: nothing is lost by it, and the page says whose fault it is.
    world.dav.as_mut().expect("a DAV server").stop();
    bring_back(&mut surfer, &ids).await;
    assert!(surfer.page.contains("does not answer"), "{}", surfer.page);
    world.dav.as_mut().expect("a DAV server").restart();
    for _ in 0..100 {
        bring_back(&mut surfer, &ids).await;
        if surfer.at.ends_with("done=restored") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(other.objects(&place).await, before);
    phone.sync_all(&book).await;
    assert_eq!(phone.objects(&book).len(), 25);
    surfer.open("/account/undo").await;
    assert!(surfer.page.contains("nothing in the last 30 days"));
}
