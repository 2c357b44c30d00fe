//! Waiting for what happens to calendars and address books, and what it costs the server.

use std::time::Duration;

use airgate_codec::eas::ping;
use tokio::task::JoinHandle;

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
