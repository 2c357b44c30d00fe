//! Phones that look at one calendar, one address book, one task list: they find everything in it, and
//! each object stays where it is (device-notes.md sections 7 and 8).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::ping;
use airgate_codec::wbxml::{calendar, contacts};

use super::{assert_quiet, card, collection_status, event, new_card, phone_of, status_of};
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::phone::{Phone, Profile, object_added, with};
use crate::support::world::World;

/// Windows Phone 8.0: one calendar, one address book.
fn one_of_each(id: &str) -> Profile {
    Profile::windows_phone().keeps_all().called(id)
}

fn of_kind(phone: &Phone, kind: FolderType) -> usize {
    let folders = phone.memory.folders.values();
    folders.filter(|folder| folder.kind == kind).count()
}

fn subjects(phone: &Phone, folder: &str) -> Vec<String> {
    phone.values(folder, calendar::SUBJECT)
}

const START: &str = "20300115T100000Z";

#[tokio::test]
async fn s12_s13_one_calendar_shows_all_and_each_event_stays_at_home() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let home = world.dav().calendar(&world.alice);
    let work = format!("{}work/", world.dav().calendars(&world.alice));
    let feasts = format!("{}feasts/", world.dav().calendars(&world.alice));
    other.make_calendar(&work, "Work", &["VEVENT"]).await;
    // Tasks may lie in one of them, which are no events.
    other
        .make_calendar(&feasts, "Feasts", &["VEVENT", "VTODO"])
        .await;
    let bake = event("bake", START, "").replace("VEVENT", "VTODO");
    let bake = bake.replace("DURATION:PT1H\r\n", "");
    other.put(&format!("{feasts}bake.ics"), &bake).await;
    for (place, name) in [
        (&home, "dinner"),
        (&work, "meeting"),
        (&work, "review"),
        (&feasts, "easter"),
        (&feasts, "whitsun"),
    ] {
        let path = format!("{place}{name}.ics");
        other.put(&path, &event(name, START, "")).await;
    }
    let DavServer::Radicale(radicale) = world.dav() else {
        panic!("a Radicale");
    };
    radicale.fix(Some("{user}/feasts"));
    let mut phone = world.phone(one_of_each("ONE")).await;
    let folder = phone.folder(FolderType::Calendar);
    assert_eq!(of_kind(&phone, FolderType::UserCalendar), 0);
    let modern = world.phone(Profile::ios().called("ALL")).await;
    assert_eq!(of_kind(&modern, FolderType::UserCalendar), 2);
    phone.sync_all(&folder).await;
    let all = ["dinner", "easter", "meeting", "review", "whitsun"];
    assert_eq!(subjects(&phone, &folder), all);
    assert_quiet(&mut phone, &folder).await;

    // A change and a deletion go where the event is.
    let meeting = phone.object(&folder, calendar::SUBJECT, "meeting");
    phone
        .edit_object(&folder, &meeting, calendar::SUBJECT, "standup")
        .await;
    let text = other.get(&format!("{work}meeting.ics")).await;
    let text = text.expect("it stays at work");
    assert!(text.contains("SUMMARY:standup") && text.contains("X-KEEP;X-P=1:me"));
    assert_quiet(&mut phone, &folder).await;
    let review = phone.object(&folder, calendar::SUBJECT, "review");
    phone.delete_object(&folder, &review).await;
    assert_eq!(other.list(&work).await.len(), 1, "S12");
    assert_eq!(other.list(&home).await.len(), 1);
    // What is new goes into the default.
    let lunch = with(&[
        (calendar::SUBJECT, "lunch"),
        (calendar::START_TIME, "20300116T110000Z"),
        (calendar::END_TIME, "20300116T120000Z"),
        (calendar::UID, "lunch-1"),
    ]);
    let added = phone.do_in(&folder, vec![object_added("c1", lunch)]).await;
    assert_eq!(status_of(&added), Some(1), "{added:?}");
    assert_eq!(other.list(&home).await.len(), 2);
    assert_quiet(&mut phone, &folder).await;

    // One that may only be read makes the phone revert.
    let before = other.objects(&feasts).await;
    let easter = phone.object(&folder, calendar::SUBJECT, "easter");
    let refused = phone
        .edit_object(&folder, &easter, calendar::SUBJECT, "mine")
        .await;
    assert_eq!(status_of(&refused), Some(7), "{refused:?}");
    let whitsun = phone.object(&folder, calendar::SUBJECT, "whitsun");
    let refused = phone.delete_object(&folder, &whitsun).await;
    assert_eq!(status_of(&refused), Some(7), "{refused:?}");
    phone.sync_all(&folder).await;
    assert_eq!(other.objects(&feasts).await, before);
    let now = ["dinner", "easter", "lunch", "standup", "whitsun"];
    assert_eq!(subjects(&phone, &folder), now);
    assert_quiet(&mut phone, &folder).await;

    // Others' changes in any of them wake it.
    radicale.fix(None);
    for (place, name) in [(&work, "deadline"), (&feasts, "carnival"), (&home, "tea")] {
        let path = format!("{place}{name}.ics");
        other.put(&path, &event(name, START, "")).await;
        assert_eq!(phone.estimate(&folder).await.estimates[0].count, Some(1));
        let news = phone.ping(&[&folder], 60).await;
        assert_eq!(news.status, ping::status::CHANGES, "{name}: {news:?}");
        phone.sync_all(&folder).await;
        assert!(subjects(&phone, &folder).contains(&name.to_owned()));
        assert_quiet(&mut phone, &folder).await;
    }

    // One goes as a whole, one comes: the phone's folders are the same, what is in them is not.
    other.delete(&work).await;
    let club = format!("{}club/", world.dav().calendars(&world.alice));
    other.make_calendar(&club, "Club", &["VEVENT"]).await;
    other
        .put(&format!("{club}match.ics"), &event("match", START, ""))
        .await;
    let news = phone.ping(&[&folder], 60).await;
    assert_eq!(news.status, ping::status::CHANGES, "{news:?}");
    let changes = phone.folder_sync().await.changes.expect("always there");
    assert!(changes.adds.is_empty() && changes.deletes.is_empty());
    phone.sync_all(&folder).await;
    let now = [
        "carnival", "dinner", "easter", "lunch", "match", "tea", "whitsun",
    ];
    assert_eq!(subjects(&phone, &folder), now, "S1, S7");
    assert_quiet(&mut phone, &folder).await;
}

/// A dinner in the user's own calendar and a meeting in another, whose path is told.
async fn with_two_calendars() -> (World, String) {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let home = world.dav().calendar(&world.alice);
    let work = format!("{}work/", world.dav().calendars(&world.alice));
    other.make_calendar(&work, "Work", &["VEVENT"]).await;
    for (place, name) in [(&home, "dinner"), (&work, "meeting")] {
        let path = format!("{place}{name}.ics");
        other.put(&path, &event(name, START, "")).await;
    }
    (world, work)
}

/// A phone that looks at one calendar and shows both, and that calendar.
async fn dinner_and_meeting(world: &World, name: &'static str) -> (Phone, String) {
    let mut phone = world.phone(one_of_each(name)).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    assert_eq!(subjects(&phone, &folder), ["dinner", "meeting"]);
    (phone, folder)
}

#[tokio::test]
async fn s7_one_calendar_of_several_that_goes_takes_its_own_events_only() {
    let (world, work) = with_two_calendars().await;
    let other = world.dav_client();
    let (mut phone, folder) = dinner_and_meeting(&world, "GONE").await;
    // Nobody asked for the folders since.
    other.delete(&work).await;
    phone.sync_all(&folder).await;
    assert_eq!(subjects(&phone, &folder), ["dinner"]);
    assert_quiet(&mut phone, &folder).await;
}

#[tokio::test]
async fn s3_a_client_that_becomes_another_kind_begins_again_and_misses_nothing() {
    let (world, _) = with_two_calendars().await;
    let (mut phone, folder) = dinner_and_meeting(&world, "UP").await;
    let old = phone.object(&folder, calendar::SUBJECT, "dinner");
    for _ in 0..2 {
        // It is brought up to date: 8.1 shows several calendars.
        phone.profile.agent = "MSFT-WP/8.10.14219";
        let news = phone.ping(&[&folder], 60).await;
        assert_eq!(news.status, ping::status::HIERARCHY_CHANGED, "{news:?}");
        phone.folder_sync().await;
        assert_eq!(of_kind(&phone, FolderType::UserCalendar), 1);
        let response = phone.sync(&folder).await;
        assert_eq!(collection_status(&response), Some(3), "its keys are void");
        phone.sync_all(&folder).await;
        phone.sync_all("Work").await;
        assert_eq!(subjects(&phone, &folder), ["dinner"]);
        assert_eq!(subjects(&phone, "Work"), ["meeting"]);
        let now = phone.object(&folder, calendar::SUBJECT, "dinner");
        assert_ne!(now, old, "no number means two things");
        assert_quiet(&mut phone, &folder).await;
        // And back.
        phone.profile.agent = "MSFT-WP/8.0.10328";
        let response = phone.sync("Work").await;
        assert_eq!(collection_status(&response), Some(12), "{response:?}");
        phone.folder_sync().await;
        assert_eq!(of_kind(&phone, FolderType::UserCalendar), 0);
        phone.sync(&folder).await;
        phone.sync_all(&folder).await;
        assert_eq!(subjects(&phone, &folder), ["dinner", "meeting"]);
        assert_eq!(phone.object(&folder, calendar::SUBJECT, "dinner"), old);
        assert_quiet(&mut phone, &folder).await;
    }
}

/// A UID is one object's within its calendar only (RFC 4791 4.1): copies in two calendars are two events
/// to every other program, and to a phone that sees both calendars as one.
#[tokio::test]
async fn s12_one_uid_in_two_calendars_is_two_events() {
    let (world, work) = with_two_calendars().await;
    let other = world.dav_client();
    let home = world.dav().calendar(&world.alice);
    let (mine, copy) = (format!("{home}both.ics"), format!("{work}both.ics"));
    other.put(&mine, &event("both", START, "")).await;
    let text = event("both", START, "").replace("SUMMARY:both", "SUMMARY:copy");
    other.put(&copy, &text).await;
    let mut phone = world.phone(one_of_each("TWICE")).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    let now = ["both", "copy", "dinner", "meeting"];
    assert_eq!(subjects(&phone, &folder), now);
    // Each is changed and deleted where it lies.
    let before = other.get(&mine).await;
    let id = phone.object(&folder, calendar::SUBJECT, "copy");
    phone
        .edit_object(&folder, &id, calendar::SUBJECT, "changed")
        .await;
    let changed = other.get(&copy).await.expect("there");
    assert!(changed.contains("SUMMARY:changed"), "{changed}");
    assert_eq!(other.get(&mine).await, before);
    assert_quiet(&mut phone, &folder).await;
    phone.delete_object(&folder, &id).await;
    assert_eq!(other.get(&copy).await, None);
    assert_eq!(other.get(&mine).await, before);
    assert_eq!(subjects(&phone, &folder), ["both", "dinner", "meeting"]);
    assert_quiet(&mut phone, &folder).await;
}

#[tokio::test]
async fn s24_one_address_book_beside_many_on_cyrus() {
    let world = World::with_dav(DavKind::Cyrus).await;
    let other = world.dav_client();
    let home = world.dav().contacts(&world.alice);
    let club = format!("{}club/", world.dav().addressbooks(&world.alice));
    other.make_addressbook(&club, "Club").await;
    for (place, name) in [(&home, "ada"), (&club, "eve")] {
        let path = format!("{place}{name}.vcf");
        other.put(&path, &card(name, "A", name)).await;
    }
    let mut one = world.phone(one_of_each("ONE")).await;
    let (mut all, book) = phone_of(&world, ProtocolVersion::V16_1, "ALL").await;
    all.sync_all("Club").await;
    assert_eq!(one.folder(FolderType::Contacts), book);
    one.sync_all(&book).await;
    assert_eq!(one.values(&book, contacts::LAST_NAME), ["ada", "eve"]);
    let eve = one.object(&book, contacts::LAST_NAME, "eve");
    one.edit_object(&book, &eve, contacts::JOB_TITLE, "Chair")
        .await;
    let command = object_added("c1", new_card("Grace", "Hopper"));
    one.do_in(&book, vec![command]).await;
    assert_eq!(other.list(&home).await.len(), 2);
    assert_eq!(other.list(&club).await.len(), 1);
    all.sync_all(&book).await;
    all.sync_all("Club").await;
    assert_eq!(all.values("Club", contacts::JOB_TITLE), ["Chair"]);
    assert_eq!(all.values(&book, contacts::LAST_NAME), ["Hopper", "ada"]);
    // The other one moves a card: here it goes and comes.
    let id = all.object("Club", contacts::LAST_NAME, "eve");
    all.move_items("Club", &book, std::slice::from_ref(&id))
        .await;
    one.sync_all(&book).await;
    assert_eq!(
        one.values(&book, contacts::LAST_NAME),
        ["Hopper", "ada", "eve"]
    );
    assert_quiet(&mut one, &book).await;
}
