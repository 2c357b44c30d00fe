//! Calendars, address books and task lists as folders.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;

use crate::support::backend::dav::DavKind;
use crate::support::phone::{Phone, Profile};
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
