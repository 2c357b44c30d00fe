//! Waiting for what happens to calendars and address books, and what it costs the server.

use std::time::Duration;

use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{ping, sync};
use tokio::task::JoinHandle;

use super::{card, event};
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

/// Rounds come every 500 ms right after something happened.
async fn world() -> World {
    World::with_dav_and(DavKind::Radicale, |settings| {
        settings.variable("AIRGATE_BACKEND_DAV_POLL", "3s")
    })
    .await
}

fn held_ping(phone: &Phone, folders: &'static [&'static str]) -> JoinHandle<ping::Response> {
    let mut waiting = phone.clone();
    tokio::spawn(async move { waiting.ping(folders, 60).await })
}

/// Requests that Radicale has answered.
fn requests(world: &World) -> usize {
    let DavServer::Radicale(server) = world.dav() else {
        panic!("another server");
    };
    let log = server.log();
    log.lines()
        .filter(|line| line.contains(" request for "))
        .count()
}

#[tokio::test]
async fn a_look_at_four_collections_is_one_request() {
    let world = world().await;
    let home = world.dav().calendars(&world.alice);
    world
        .dav_client()
        .make_calendar(&format!("{home}fourth/"), "Fourth", &["VEVENT"])
        .await;
    let mut phone = world.phone(Profile::ios()).await;
    let before = requests(&world);
    for _ in 0..3 {
        phone.folder_sync().await;
    }
    assert_eq!(
        requests(&world) - before,
        3,
        "one for each look at all four"
    );
}

#[tokio::test]
async fn s23_folders_that_change_wake_whoever_waits_for_a_calendar() {
    let world = world().await;
    let home = world.dav().calendars(&world.alice);
    let other = world.dav_client();
    let mut phone = world.phone(Profile::ios()).await;
    // Before the Ping: it is told at once (S23).
    other.rename(&format!("{home}tasks/"), "Errands").await;
    let answer = held_ping(&phone, &["Calendar", "Contacts"]).await.unwrap();
    assert_eq!(answer.status, ping::status::HIERARCHY_CHANGED);
    phone.folder_sync().await;
    // While it waits: a name, a new one, one that goes.
    for step in 0..3 {
        let ping = held_ping(&phone, &["Calendar", "Contacts"]);
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(!ping.is_finished(), "nothing happened: {:?}", ping.await);
        match step {
            0 => other.rename(&format!("{home}tasks/"), "To do").await,
            1 => {
                let path = format!("{home}new/");
                other.make_calendar(&path, "New", &["VEVENT"]).await;
            }
            _ => other.delete(&format!("{home}new/")).await,
        }
        let answer = ping.await.unwrap();
        assert_eq!(answer.status, ping::status::HIERARCHY_CHANGED, "{step}");
        let changes = phone.folder_sync().await.changes.unwrap();
        let count = changes.adds.len() + changes.updates.len() + changes.deletes.len();
        assert_eq!(count, 1, "{step}: a Ping says only what a FolderSync shows");
    }
    assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
}

#[tokio::test]
async fn t60_a_home_that_is_down_is_waited_out() {
    let mut world = world().await;
    let home = world.dav().calendars(&world.alice);
    let phone = world.phone(Profile::ios()).await;
    world.dav.as_mut().unwrap().stop();
    let ping = held_ping(&phone, &["Calendar", "INBOX"]);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!ping.is_finished(), "an error would loop: {:?}", ping.await);
    world.dav.as_mut().unwrap().restart();
    let other = world.dav_client();
    other.rename(&format!("{home}tasks/"), "Back").await;
    let answer = tokio::time::timeout(Duration::from_secs(8), ping);
    let answer = answer.await.expect("the home is back").unwrap();
    assert_eq!(answer.status, ping::status::HIERARCHY_CHANGED);
}

/// Synchronises a folder from this key on until nothing more comes; gives the last key and how many
/// commands came.
async fn sync_from(phone: &mut Phone, folder: &str, key: &str) -> (String, usize) {
    let (mut key, mut commands) = (key.to_owned(), 0);
    loop {
        let begins = key == "0";
        let request = sync::Request {
            collections: Some(vec![sync::Collection {
                sync_key: Some(key.clone()),
                collection_id: phone.id(folder),
                get_changes: (!begins).then_some(true),
                ..sync::Collection::default()
            }]),
            ..sync::Request::default()
        };
        let body = request.write(phone.version());
        let answer = phone.command(CommandName::Sync, body).await.unwrap();
        if answer.body.is_empty() {
            return (key, commands);
        }
        let response = sync::Response::read(&answer.body).unwrap();
        let collection = &response.collections[0];
        assert_eq!(collection.head.status, 1, "{response:?}");
        key.clone_from(&collection.head.sync_key);
        commands += collection.commands.len();
        if !begins && !collection.head.more_available {
            return (key, commands);
        }
    }
}

#[tokio::test]
async fn s23_a_change_in_a_calendar_or_an_address_book_wakes() {
    let world = world().await;
    let other = world.dav_client();
    let calendar = world.dav().calendar(&world.alice);
    let contacts = world.dav().contacts(&world.alice);
    other
        .put(&format!("{calendar}a.ics"), &event("a", "Eins"))
        .await;
    let mut phone = world.phone(Profile::ios()).await;
    let (events, count) = sync_from(&mut phone, "Calendar", "0").await;
    assert_eq!(count, 1);
    let (cards, _) = sync_from(&mut phone, "Contacts", "0").await;

    // Nothing happens, and a look costs one request for both.
    let before = requests(&world);
    let ping = held_ping(&phone, &["Calendar", "Contacts"]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!ping.is_finished(), "nothing happened: {:?}", ping.await);
    // Its own look, and at most one round on a slow machine.
    assert!(requests(&world) - before <= 2);
    // While it waits.
    other
        .put(&format!("{calendar}b.ics"), &event("b", "Zwei"))
        .await;
    let answer = ping.await.unwrap();
    assert_eq!(answer.status, ping::status::CHANGES);
    assert_eq!(answer.folders, [phone.id("Calendar")]);
    let (events, count) = sync_from(&mut phone, "Calendar", &events).await;
    assert_eq!(count, 1, "a Ping says only what a Sync shows");

    // Between the Sync and the Ping: at once.
    other
        .put(&format!("{contacts}c.vcf"), &card("c", "Carla"))
        .await;
    let answer = held_ping(&phone, &["Calendar", "Contacts"]).await.unwrap();
    assert_eq!(answer.folders, [phone.id("Contacts")]);
    let (_, count) = sync_from(&mut phone, "Contacts", &cards).await;
    assert_eq!(count, 1);

    // A delete wakes as well.
    let ping = held_ping(&phone, &["Calendar", "Contacts"]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!ping.is_finished(), "nothing happened: {:?}", ping.await);
    other.delete(&format!("{calendar}a.ics")).await;
    let answer = ping.await.unwrap();
    assert_eq!(answer.folders, [phone.id("Calendar")]);
    let (_, count) = sync_from(&mut phone, "Calendar", &events).await;
    assert_eq!(count, 1);
}
