//! Calendars, address books and task lists as folders.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_create::status;
use airgate_codec::eas::folder_sync::FolderType;

use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::backend::{Backend, Kind, User, radicale};
use crate::support::phone::{Loss, Phone, Profile};
use crate::support::world::World;

/// Type and name of the folders that are no mail, sorted.
fn shown(phone: &Phone) -> Vec<(FolderType, String)> {
    let mut found: Vec<(FolderType, String)> = phone
        .memory
        .folders
        .values()
        .filter(|folder| !matches!(folder.kind as u8, 1..=6 | 12))
        .map(|folder| (folder.kind, folder.display_name.clone()))
        .collect();
    found.sort_by_key(|(kind, name)| (*kind as u8, name.clone()));
    found
}

fn named(list: &[(FolderType, &str)]) -> Vec<(FolderType, String)> {
    list.iter()
        .map(|(kind, name)| (*kind, (*name).to_owned()))
        .collect()
}

async fn phone_of(world: &World, version: ProtocolVersion) -> Phone {
    let id = format!("PHONE{}", version.as_str().replace('.', ""));
    world
        .phone(Profile::ios().speaking(version).called(&id))
        .await
}

#[tokio::test]
async fn collections_are_folders_with_the_users_names() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let home = world.dav().calendars(&world.alice);
    let first = named(&[
        (FolderType::Tasks, "Tasks"),
        (FolderType::Calendar, "Calendar"),
        (FolderType::Contacts, "Contacts"),
    ]);
    let mut phones = Vec::new();
    for version in [
        ProtocolVersion::V12_1,
        ProtocolVersion::V14_1,
        ProtocolVersion::V16_1,
    ] {
        let phone = phone_of(&world, version).await;
        assert_eq!(shown(&phone), first, "{version:?}");
        phones.push(phone);
    }
    other
        .make_calendar(&format!("{home}both/"), "Bäume", &["VEVENT", "VTODO"])
        .await;
    other
        .make_addressbook(&format!("{home}friends/"), "Friends")
        .await;
    other
        .make_calendar(&format!("{home}notes/"), "Journal", &["VJOURNAL"])
        .await;
    for phone in &mut phones {
        phone.folder_sync().await;
        let mut expected = named(&[
            (FolderType::Tasks, "Tasks"),
            (FolderType::Calendar, "Calendar"),
            (FolderType::Contacts, "Contacts"),
            (FolderType::UserCalendar, "Bäume"),
            (FolderType::UserContacts, "Friends"),
            (FolderType::UserTasks, "Bäume (2)"),
        ]);
        // Notes are not for versions before 14.0 (REFERENCE 4.1).
        if phone.version() >= ProtocolVersion::V14_0 {
            expected.insert(3, (FolderType::Notes, "Journal".to_owned()));
        }
        assert_eq!(shown(phone), expected, "{:?}", phone.version());
    }
    // S16: a rename is an update of one folder, or of the two it is.
    other.rename(&format!("{home}both/"), "Trees").await;
    let phone = phones.last_mut().unwrap();
    let response = phone.folder_sync().await;
    let changes = response.changes.unwrap();
    assert_eq!(
        (
            changes.adds.len(),
            changes.updates.len(),
            changes.deletes.len()
        ),
        (0, 2, 0)
    );
    assert!(shown(phone).contains(&(FolderType::UserCalendar, "Trees".to_owned())));
    // What is deleted is gone.
    other.delete(&format!("{home}both/")).await;
    other.delete(&format!("{home}notes/")).await;
    let response = phone.folder_sync().await;
    assert_eq!(response.changes.unwrap().deletes.len(), 3);
    assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
}

#[tokio::test]
async fn t60_a_home_that_is_down_keeps_its_folders() {
    let mut world = World::with_dav(DavKind::Radicale).await;
    let mut phone = world.phone(Profile::ios()).await;
    let before = shown(&phone);
    assert_eq!(before.len(), 3);
    world.dav.as_mut().unwrap().stop();
    let response = phone.folder_sync().await;
    let changes = response.changes.unwrap();
    assert_eq!(
        (
            changes.adds.len(),
            changes.updates.len(),
            changes.deletes.len()
        ),
        (0, 0, 0),
        "s7: nobody said that anything is gone"
    );
    assert_eq!(shown(&phone), before);
    // A phone that begins now has its mail, and the rest when it can be had.
    let mut late = world.phone(Profile::gmail().called("LATE")).await;
    assert!(shown(&late).is_empty());
    assert!(late.memory.folders.len() >= 4);
    world.dav.as_mut().unwrap().restart();
    // The server is left alone for a moment after failures.
    let mut tries = 0;
    while shown(&late).len() < 3 {
        late.folder_sync().await;
        tries += 1;
        assert!(tries < 200, "the home never came back");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    phone.folder_sync().await;
    assert_eq!(shown(&phone), before);
    assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
}

#[tokio::test]
async fn phones_make_rename_and_delete_collections_on_radicale() {
    let versions = [ProtocolVersion::V12_1, ProtocolVersion::V16_1];
    make_rename_and_delete(DavKind::Radicale, &versions).await;
}

#[tokio::test]
async fn phones_make_rename_and_delete_collections_on_cyrus() {
    make_rename_and_delete(DavKind::Cyrus, &[ProtocolVersion::V14_1]).await;
}

async fn make_rename_and_delete(kind: DavKind, versions: &[ProtocolVersion]) {
    let world = World::with_dav(kind).await;
    let mut other = world.phone(Profile::gmail().called("OTHER")).await;
    for version in versions {
        let mut phone = phone_of(&world, *version).await;
        let before = shown(&phone);
        for (kind, name) in [
            (FolderType::UserCalendar, "Béla & <Co>"),
            (FolderType::UserContacts, "Friends"),
            (FolderType::UserTasks, "Errands"),
        ] {
            let made = phone.try_create_folder("0", name, kind).await.unwrap();
            assert_eq!(made.status, status::OK, "{kind:?}");
            assert_quiet(&mut phone).await;
            other.folder_sync().await;
            assert!(shown(&other).contains(&(kind, name.to_owned())), "{kind:?}");
            assert_eq!(other.id(name), phone.id(name), "one id for all devices");
            // The same name again, of whatever kind.
            let key = phone.memory.folder_key.clone();
            let again = phone.try_create_folder("0", name, kind).await.unwrap();
            assert_eq!(again.status, status::EXISTS);
            assert_eq!(phone.memory.folder_key, key);

            let renamed = format!("{name} 2");
            phone.update_folder(name, "", &renamed).await;
            assert_quiet(&mut phone).await;
            other.folder_sync().await;
            assert_eq!(other.id(&renamed), phone.id(&renamed), "s16");

            let id = phone.id(&renamed);
            phone.delete_folder(&renamed).await;
            assert_quiet(&mut phone).await;
            other.folder_sync().await;
            assert!(
                other
                    .memory
                    .folders
                    .values()
                    .all(|folder| folder.server_id != id)
            );
        }
        assert_eq!(shown(&phone), before);
        assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
    }
    assert!(other.surprises().is_empty(), "{:?}", other.surprises());
}

#[tokio::test]
async fn what_cannot_be_done_to_collections_is_said_by_number() {
    let users = [User::alice(), User::new("bob@example.com")];
    let settings = radicale::Settings {
        read_only: Some("{user}/fixed".to_owned()),
    };
    let dav = DavServer::radicale(&users, &settings).await;
    let mail = Backend::start(Kind::Dovecot, &users);
    let world = World::around_dav(mail, dav, &users, |settings| settings).await;
    let home = world.dav().calendars(&world.alice);
    let other = world.dav_client();
    other
        .make_calendar(&format!("{home}mixed/"), "Mixed", &["VEVENT", "VTODO"])
        .await;
    let mut phone = world.phone(Profile::ios()).await;
    // Defaults stay what they are.
    for name in ["Calendar", "Contacts", "Tasks"] {
        let id = phone.id(name);
        let renamed = phone.try_update_folder(&id, "0", "Other").await.unwrap();
        assert_eq!(renamed.status, status::EXISTS, "{name}");
        let deleted = phone.try_delete_folder(&id).await.unwrap();
        assert_eq!(deleted.status, status::SPECIAL_FOLDER, "{name}");
    }
    // A calendar that is a task list, too, is not deleted with either of them.
    let id = phone.id("Mixed");
    let deleted = phone.try_delete_folder(&id).await.unwrap();
    assert_eq!(deleted.status, status::SPECIAL_FOLDER);
    // Below the root there is nothing.
    let inbox = phone.id("Inbox");
    let calendar = FolderType::UserCalendar;
    for (parent, name, kind, expected) in [
        (inbox.as_str(), "Below", calendar, status::PARENT_NOT_FOUND),
        ("m999", "Below", calendar, status::PARENT_NOT_FOUND),
        ("0", " ", calendar, status::MALFORMED),
        ("0", "calendar", calendar, status::EXISTS),
        ("0", "Inbox", calendar, status::EXISTS),
        ("RI", "Below", calendar, status::SPECIAL_FOLDER),
        ("0", "Default", FolderType::Calendar, status::MALFORMED),
    ] {
        let made = phone.try_create_folder(parent, name, kind).await.unwrap();
        assert_eq!(made.status, expected, "{parent} {name:?}");
    }
    let moved = phone.try_update_folder(&id, &inbox, "Mixed").await.unwrap();
    assert_eq!(moved.status, status::PARENT_NOT_FOUND);
    let nobody = phone.try_update_folder("c999", "0", "X").await.unwrap();
    assert_eq!(nobody.status, status::NOT_FOUND);
    // It went behind our back.
    other.delete(&format!("{home}mixed/")).await;
    let late = phone.try_update_folder(&id, "0", "Late").await.unwrap();
    assert_eq!(late.status, status::NOT_FOUND);
    assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
}

#[tokio::test]
async fn s5_a_collection_is_made_once_however_often_it_is_asked_for() {
    let world = World::with_dav(DavKind::Radicale).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.lose_next(Loss::Answer);
    let lost = phone
        .try_create_folder("0", "Once", FolderType::UserCalendar)
        .await;
    assert!(lost.is_err());
    let again = phone
        .try_create_folder("0", "Once", FolderType::UserCalendar)
        .await
        .unwrap();
    assert_eq!(again.status, status::OK);
    assert_quiet(&mut phone).await;
    let once = shown(&phone)
        .into_iter()
        .filter(|(_, name)| name.starts_with("Once"))
        .count();
    assert_eq!(once, 1);
}

#[tokio::test]
async fn c3_a_passcode_sees_only_its_classes() {
    let world = World::with_dav(DavKind::Radicale).await;
    let passcode = world
        .server
        .passcode(&world.alice, &["--classes", "calendar"]);
    let alice = User {
        password: passcode.code,
        ..world.alice.clone()
    };
    let mut phone = world.new_phone(Profile::ios(), &alice);
    phone.set_up().await;
    assert_eq!(shown(&phone), named(&[(FolderType::Calendar, "Calendar")]));
    let refused = phone
        .try_create_folder("0", "Book", FolderType::UserContacts)
        .await
        .unwrap();
    assert_eq!(refused.status, status::MALFORMED);
}

async fn assert_quiet(phone: &mut Phone) {
    let response = phone.folder_sync().await;
    let changes = response.changes.as_ref().expect("always there");
    assert_eq!(
        (
            changes.adds.len(),
            changes.updates.len(),
            changes.deletes.len()
        ),
        (0, 0, 0),
        "{response:?}"
    );
}

#[tokio::test]
async fn s8_what_is_in_a_calendar_that_a_phone_deletes_can_be_had_back() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let path = format!("{}away/", world.dav().calendars(&world.alice));
    other.make_calendar(&path, "Away", &["VEVENT"]).await;
    let text = super::event("trip", "Trip");
    other.put(&format!("{path}trip.ics"), &text).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.delete_folder("Away").await;
    assert!(other.get(&format!("{path}trip.ics")).await.is_none());
    let url = world.dav().url();
    let undo = |more: &[&str], input: &str| {
        let words = [&["undo", "--caldav", &url, "--carddav", &url], more].concat();
        let output = world.server.verb_with(&words, input);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let alice = world.alice.name.as_str();
    let listed = undo(&["list", "--user", alice, "--json"], "");
    let entries: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(entries[0]["title"], "Trip", "{listed}");
    let id = entries[0]["id"].to_string();
    let password = format!("{}\n", world.alice.password);
    undo(&["restore", "--user", alice, &id], &password);
    // The calendar went with it: it comes back in one that takes it.
    let back = other.objects(&world.dav().calendar(&world.alice)).await;
    assert_eq!(back.len(), 1);
    assert!(back[0].contains("SUMMARY:Trip"), "{back:?}");
}
