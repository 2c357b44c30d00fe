//! Servers that are down, objects nobody can read, collections that may only be read, masses that
//! vanish.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;

use super::{assert_quiet, card, collection_status, new_card, phone_of, status_of};
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::backend::{Backend, Kind, User, radicale};
use crate::support::mail;
use crate::support::phone::{object_added, object_deleted};
use crate::support::world::World;

#[tokio::test]
async fn t60_a_server_that_is_down_costs_its_collections_alone() {
    let mut world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let path = format!("{}ada.vcf", world.dav().contacts(&world.alice));
    other.put(&path, &card("ada", "Ada", "Byron")).await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "DOWN").await;
    phone.sync_all("INBOX").await;
    world.dav.as_mut().expect("a DAV server").stop();
    world
        .deliver("INBOX", &mail::simple("hello", "hi\r\n"))
        .await;
    let both = vec![phone.collection(&book), phone.collection("INBOX")];
    let response = phone.sync_collections(both).await;
    assert_eq!(collection_status(&response), Some(5), "{response:?}");
    assert_eq!(phone.subjects("INBOX"), ["hello"]);
    assert_eq!(phone.objects(&book).len(), 1, "S7");
    world.dav.as_mut().expect("a DAV server").restart();
    // The breaker lets a request through after a while.
    for _ in 0..200 {
        if collection_status(&phone.sync(&book).await) != Some(5) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    other.delete(&path).await;
    phone.sync_all(&book).await;
    assert!(phone.objects(&book).is_empty());
    assert_quiet(&mut phone, &book).await;
}

#[tokio::test]
async fn t59_a_poison_object_becomes_a_stub_and_the_rest_flows() {
    let world = World::with_dav(DavKind::Xandikos).await;
    let other = world.dav_client();
    let place = world.dav().tasks(&world.alice);
    let todo = |uid: &str, more: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VTODO\r\nUID:{uid}\r\n\
             DTSTAMP:20260101T000000Z\r\nSUMMARY:{uid}\r\n{more}END:VTODO\r\nEND:VCALENDAR\r\n"
        )
    };
    // More lines than anybody reads (T19).
    let poison = "X-A:1\r\n".repeat(200_000);
    other.put(&format!("{place}a.ics"), &todo("good", "")).await;
    other
        .put(&format!("{place}b.ics"), &todo("bad", &poison))
        .await;
    let mut phone = world
        .phone(crate::support::phone::Profile::ios().speaking(ProtocolVersion::V14_1))
        .await;
    let list = phone.folder(FolderType::Tasks);
    phone.sync_all(&list).await;
    let subjects = phone.values(&list, airgate_codec::wbxml::tasks::SUBJECT);
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects.contains(&"good".to_owned()));
    assert_quiet(&mut phone, &list).await;
    assert!(
        world.server.log().contains("cannot be"),
        "a line in the log"
    );
}

#[tokio::test]
async fn a_collection_for_reading_makes_the_phone_revert() {
    let users = [User::alice()];
    let backend = Backend::start(Kind::Dovecot, &users);
    let settings = radicale::Settings::default();
    let dav = DavServer::radicale(&users, &settings).await;
    let other = dav.client(&users[0]);
    let place = dav.contacts(&users[0]);
    other
        .put(&format!("{place}ada.vcf"), &card("ada", "Ada", "Byron"))
        .await;
    drop(dav);
    let settings = radicale::Settings {
        read_only: Some(".+/contacts".to_owned()),
    };
    let dav = DavServer::radicale(&users, &settings).await;
    let world = World::around_dav(backend, dav, &users, |settings| settings).await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "READ").await;
    if phone.objects(&book).is_empty() {
        // The second server has nothing: adding is refused all the same.
        let command = object_added("c1", new_card("Grace", "Hopper"));
        let response = phone.do_in(&book, vec![command]).await;
        assert_eq!(status_of(&response), Some(6), "{response:?}");
        phone.sync_all(&book).await;
        assert!(phone.objects(&book).is_empty());
    }
    assert_quiet(&mut phone, &book).await;
}

#[tokio::test]
async fn s8_a_mass_deletion_of_a_phone_can_be_undone() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for number in 0..25 {
        let name = format!("n{number:02}");
        other
            .put(&format!("{place}{name}.vcf"), &card(&name, "A", &name))
            .await;
    }
    let before = other.objects(&place).await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "MASS").await;
    let commands = phone.objects(&book).into_keys();
    let commands = commands.map(|id| object_deleted(&id)).collect();
    phone.do_in(&book, commands).await;
    assert!(other.list(&place).await.is_empty());
    assert_quiet(&mut phone, &book).await;
    let list = world
        .server
        .verb(&["undo", "list", "--user", &world.alice.name, "--json"]);
    let entries: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let entries = entries.as_array().expect("a list").clone();
    assert_eq!(entries.len(), 25, "{list}");
    assert!(entries.iter().all(|entry| entry["reason"] == "deleted"));
    assert!(list.contains("A n07"), "{list}");
    for entry in &entries {
        let id = entry["id"].to_string();
        let arguments = ["undo", "restore", "--user", &world.alice.name, &id];
        let done = world.server.verb_with(&arguments, &world.alice.password);
        assert!(done.status.success(), "{done:?}");
    }
    assert_eq!(other.objects(&place).await, before);
    phone.sync_all(&book).await;
    assert_eq!(phone.objects(&book).len(), 25);
    assert_quiet(&mut phone, &book).await;
    let stranger = ["undo", "list", "--user", "bob@example.com"];
    assert!(!world.server.verb(&stranger).contains("n07"), "T13");
}

#[tokio::test]
async fn s7_s8_a_mass_that_vanishes_elsewhere_is_believed_after_a_second_look() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for number in 0..22 {
        let name = format!("n{number:02}");
        other
            .put(&format!("{place}{name}.vcf"), &card(&name, "A", &name))
            .await;
    }
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "BRAKE").await;
    assert_eq!(phone.objects(&book).len(), 22);
    for path in other.list(&place).await {
        other.delete(&path).await;
    }
    phone.sync_all(&book).await;
    assert!(phone.objects(&book).is_empty());
    assert!(world.server.log().contains("listing it again (S8)"));
}
