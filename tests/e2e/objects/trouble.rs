//! Servers that are down, objects nobody can read, collections that may only be read, masses that
//! vanish.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::wbxml::contacts;

use super::{assert_quiet, card, collection_status, new_card, phone_of, status_of};
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::backend::{Backend, Kind, User};
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
async fn t60_one_home_down_leaves_the_other_and_mail_working() {
    let users = [User::alice(), User::new("bob@example.com")];
    let books = DavServer::start(DavKind::Radicale, &users, None).await;
    let mut calendars = DavServer::start(DavKind::Radicale, &users, None).await;
    let (caldav, carddav) = (calendars.url(), books.url());
    let mail = Backend::start(Kind::Dovecot, &users);
    let world = World::around(mail, &users, |settings| {
        settings
            .argument("--caldav")
            .argument(&caldav)
            .argument("--carddav")
            .argument(&carddav)
    })
    .await;
    let alice = &world.alice;
    let place = books.contacts(alice);
    let other = books.client(alice);
    other
        .put(&format!("{place}ada.vcf"), &card("ada", "Ada", "Byron"))
        .await;
    let dates = calendars.client(alice);
    let path = format!("{}tea.ics", calendars.calendar(alice));
    let tea = super::event("tea", "20300115T100000Z", "");
    dates.put(&path, &tea).await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V16_1, "HOMES").await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    phone.sync_all("INBOX").await;
    calendars.stop();
    world
        .deliver("INBOX", &mail::simple("hello", "hi\r\n"))
        .await;
    other
        .put(&format!("{place}eve.vcf"), &card("eve", "Eve", "Smith"))
        .await;
    let all = [folder.as_str(), &book, "INBOX"].map(|name| phone.collection(name));
    let response = phone.sync_collections(all.to_vec()).await;
    let status = |id: &str| {
        let id = phone.id(id);
        let mut all = response.collections.iter();
        let one = all.find(|one| one.head.collection_id == id);
        one.map(|one| one.head.status)
    };
    assert_eq!(status(&folder), Some(5), "{response:?}");
    assert_eq!(status(&book), Some(1), "{response:?}");
    assert_eq!(phone.subjects("INBOX"), ["hello"]);
    assert_eq!(phone.values(&book, contacts::LAST_NAME), ["Byron", "Smith"]);
    assert_eq!(phone.objects(&folder).len(), 1, "S7");
    // A phone's own changes go where they can.
    let eve = phone.object(&book, contacts::LAST_NAME, "Smith");
    phone
        .edit_object(&book, &eve, contacts::JOB_TITLE, "Chair")
        .await;
    let kept = other.get(&format!("{place}eve.vcf")).await.expect("there");
    assert!(kept.contains("TITLE:Chair"), "{kept}");
}

#[tokio::test]
async fn a_collection_for_reading_makes_the_phone_revert() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for name in ["ada", "eve"] {
        other
            .put(&format!("{place}{name}.vcf"), &card(name, "A", name))
            .await;
    }
    let before = other.objects(&place).await;
    let DavServer::Radicale(radicale) = world.dav() else {
        panic!("a Radicale");
    };
    radicale.fix(Some("{user}/contacts"));
    for version in super::VERSIONS {
        let name = format!("READ{}", version.as_str().replace('.', ""));
        let (mut phone, book) = phone_of(&world, version, &name).await;
        let truth = phone.objects(&book);
        assert_eq!(truth.len(), 2);
        let ada = phone.object(&book, contacts::LAST_NAME, "ada");
        let eve = phone.object(&book, contacts::LAST_NAME, "eve");
        let response = phone
            .edit_object(&book, &ada, contacts::JOB_TITLE, "Boss")
            .await;
        assert_eq!(status_of(&response), Some(7), "{response:?}");
        let response = phone.delete_object(&book, &eve).await;
        assert_eq!(status_of(&response), Some(7), "{response:?}");
        let command = object_added("c1", new_card("Grace", "Hopper"));
        let response = phone.do_in(&book, vec![command]).await;
        assert_eq!(status_of(&response), Some(6), "{response:?}");
        phone.sync_all(&book).await;
        assert_eq!(phone.objects(&book), truth, "{version:?}");
        assert_quiet(&mut phone, &book).await;
    }
    assert_eq!(other.objects(&place).await, before);
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
    let url = world.dav().url();
    let undo = |more: &[&str], input: &str| {
        let named: &[&str] = &["undo", "--caldav", &url, "--carddav", &url];
        let arguments = [named, more].concat();
        let output = world.server.verb_with(&arguments, input);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let alice = world.alice.name.as_str();
    let list = undo(&["list", "--user", alice, "--json"], "");
    let entries: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let entries = entries.as_array().expect("a list").clone();
    assert_eq!(entries.len(), 25, "{list}");
    assert!(entries.iter().all(|entry| entry["reason"] == "deleted"));
    assert!(list.contains("A n07"), "{list}");
    let ids: Vec<String> = entries
        .iter()
        .map(|entry| entry["id"].to_string())
        .collect();
    let mut restore = vec!["restore", "--user", alice];
    restore.extend(ids.iter().map(String::as_str));
    undo(&restore, &world.alice.password);
    assert_eq!(other.objects(&place).await, before);
    phone.sync_all(&book).await;
    assert_eq!(phone.objects(&book).len(), 25);
    assert_quiet(&mut phone, &book).await;
    let stranger = undo(&["list", "--user", "bob@example.com"], "");
    assert!(!stranger.contains("n07"), "T13");
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
