//! Ping and the held Sync: what wakes them, what does not, and what ends them (S23).

use std::time::{Duration, Instant};

use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::sync::{self};
use airgate_codec::eas::{Class, ping};
use tokio::task::JoinHandle;

use super::{Setup, assert_converged, counts, deliver, make_folder, on_every_server, store};
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

/// Long enough for a wait to be under way, and for a wake-up that must not come.
const A_WHILE: Duration = Duration::from_millis(600);

async fn ready(setup: Setup) -> (World, Phone) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    deliver(&world, "INBOX", &["one"]).await;
    deliver(&world, "Work", &["work"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    phone.sync_all("Work").await;
    (world, phone)
}

fn held_ping(phone: &Phone, folders: &'static [&'static str]) -> JoinHandle<ping::Response> {
    let mut waiting = phone.clone();
    tokio::spawn(async move { waiting.ping(folders, 60).await })
}

fn folders(phone: &Phone, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| phone.id(name)).collect()
}

async fn a_change_wakes_and_the_phones_own_does_not(setup: Setup) {
    let (world, mut phone) = ready(setup).await;
    let ping = held_ping(&phone, &["INBOX", "Work"]);
    tokio::time::sleep(A_WHILE).await;
    assert!(!ping.is_finished(), "nothing happened: {:?}", ping.await);
    // Its own.
    let one = phone.item("INBOX", "one");
    phone.mark_read("INBOX", &one, true).await;
    tokio::time::sleep(A_WHILE).await;
    assert!(!ping.is_finished(), "its own change: {:?}", ping.await);
    // A mail in the inbox.
    let start = Instant::now();
    deliver(&world, "INBOX", &["two"]).await;
    let answer = ping.await.unwrap();
    println!("{setup:?}: inbox {} ms", start.elapsed().as_millis());
    assert_eq!(answer.status, ping::status::CHANGES);
    assert_eq!(answer.folders, folders(&phone, &["INBOX"]));
    phone.sync_all("INBOX").await;
    // A mail elsewhere.
    let ping = held_ping(&phone, &["INBOX", "Work"]);
    tokio::time::sleep(A_WHILE).await;
    let start = Instant::now();
    deliver(&world, "Work", &["three"]).await;
    let answer = ping.await.unwrap();
    println!(
        "{setup:?}: another folder {} ms",
        start.elapsed().as_millis()
    );
    assert_eq!(answer.folders, folders(&phone, &["Work"]));
    phone.sync_all("Work").await;
    // A flag, where the server shows it.
    let ping = held_ping(&phone, &["INBOX", "Work"]);
    tokio::time::sleep(A_WHILE).await;
    store(&world, "INBOX", "one", "-FLAGS (\\Seen)").await;
    let answer = ping.await.unwrap();
    assert_eq!(answer.folders, folders(&phone, &["INBOX"]));
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Work").await;
}

/// The phone knows what it moved; what others do in the same folders it does not.
async fn s6_the_phones_own_move_does_not_wake_it(setup: Setup) {
    let (world, mut phone) = ready(setup).await;
    let ping = held_ping(&phone, &["INBOX", "Work"]);
    tokio::time::sleep(A_WHILE).await;
    let one = phone.item("INBOX", "one");
    phone.move_items("INBOX", "Work", &[one]).await;
    tokio::time::sleep(A_WHILE).await;
    assert!(!ping.is_finished(), "its own move: {:?}", ping.await);
    ping.abort();
    // Nor does it count, nor wake a Ping that begins now.
    for folder in ["INBOX", "Work"] {
        let estimate = phone.estimate(folder).await;
        assert_eq!(estimate.estimates[0].count, Some(0), "{folder}");
    }
    let ping = held_ping(&phone, &["INBOX", "Work"]);
    tokio::time::sleep(A_WHILE).await;
    assert!(!ping.is_finished(), "its own move: {:?}", ping.await);
    deliver(&world, "INBOX", &["two"]).await;
    let answer = ping.await.unwrap();
    assert_eq!(answer.folders, folders(&phone, &["INBOX"]));
    deliver(&world, "Work", &["three"]).await;
    let answer = phone.ping(&["Work"], 60).await;
    assert_eq!(answer.folders, folders(&phone, &["Work"]));
    // The Sync tells both (S1): a phone that never got the answer needs them.
    assert_eq!(counts(&phone.sync("INBOX").await), "+1-1");
    assert_eq!(counts(&phone.sync("Work").await), "+2");
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Work").await;
}

async fn s23_what_came_before_the_ping_is_told_at_once(setup: Setup) {
    let (world, mut phone) = ready(setup).await;
    // A folder the phone never synced is passed over, whatever lies in it.
    deliver(&world, "Trash", &["in the trash"]).await;
    let ping = held_ping(&phone, &["INBOX", "Work", "Trash"]);
    tokio::time::sleep(A_WHILE).await;
    assert!(!ping.is_finished(), "{:?}", ping.await);
    ping.abort();
    deliver(&world, "Work", &["between"]).await;
    let start = Instant::now();
    let answer = phone.ping(&["INBOX", "Work", "Trash"], 60).await;
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(answer.status, ping::status::CHANGES);
    assert_eq!(answer.folders, folders(&phone, &["Work"]));
    // And again, until a Sync has told it.
    let answer = phone.ping(&["INBOX", "Work", "Trash"], 60).await;
    assert_eq!(answer.folders, folders(&phone, &["Work"]));
    phone.sync_all("Work").await;
    // A mail read by a fresh phone of the same user in between is nobody else's news.
    let ping = held_ping(&phone, &["INBOX", "Work"]);
    let mut other = world.phone(Profile::gmail()).await;
    other.sync_all("INBOX").await;
    tokio::time::sleep(A_WHILE).await;
    assert!(!ping.is_finished(), "{:?}", ping.await);
    ping.abort();
}

async fn every_status_of_ping(setup: Setup) {
    let (world, mut phone) = ready(setup).await;
    let status = |answer: &ping::Response| answer.status;
    // Nothing said, nothing known.
    let empty = ping::Request::default();
    assert_eq!(status(&phone.try_ping(&empty).await.unwrap()), 3);
    // Out of range: the nearest that is allowed, and nothing is kept of it.
    let answer = phone.ping(&["INBOX"], 5).await;
    assert_eq!((answer.status, answer.heartbeat), (5, Some(60)));
    let answer = phone.ping(&["INBOX"], 7200).await;
    assert_eq!((answer.status, answer.heartbeat), (5, Some(3540)));
    assert_eq!(status(&phone.try_ping(&empty).await.unwrap()), 3);
    // Too many.
    let folder = ping::Folder {
        id: phone.id("INBOX"),
        class: Some(Class::Email),
    };
    let many = ping::Request {
        heartbeat: Some(60),
        folders: Some(vec![folder; 301]),
    };
    let answer = phone.try_ping(&many).await.unwrap();
    assert_eq!((answer.status, answer.max_folders), (6, Some(300)));
    // A folder that is none.
    let strange = ping::Request {
        heartbeat: Some(60),
        folders: Some(vec![ping::Folder {
            id: "m999".to_owned(),
            class: Some(Class::Email),
        }]),
    };
    assert_eq!(status(&phone.try_ping(&strange).await.unwrap()), 7);
    // Not a Ping at all.
    let sync_body = airgate_codec::eas::folder_sync::Request {
        sync_key: "0".to_owned(),
    };
    let body = sync_body.write(phone.version());
    let answer = phone.command(CommandName::Ping, body).await.unwrap();
    assert_eq!(ping::Response::read(&answer.body).unwrap().status, 4);
    // A newer one ends the older, quietly; the empty one asks for the same again.
    let older = held_ping(&phone, &["INBOX", "Work"]);
    tokio::time::sleep(A_WHILE).await;
    let mut newer = phone.clone();
    let newer = tokio::spawn(async move { newer.try_ping(&ping::Request::default()).await });
    assert_eq!(older.await.unwrap().status, ping::status::NO_CHANGES);
    tokio::time::sleep(A_WHILE).await;
    assert!(!newer.is_finished());
    deliver(&world, "Work", &["news"]).await;
    let answer = newer.await.unwrap().unwrap();
    assert_eq!(answer.folders, folders(&phone, &["Work"]));
    phone.sync_all("Work").await;
    // A folder made, then one removed, while it waits: 7.
    for remove in [false, true] {
        let ping = held_ping(&phone, &["INBOX", "Work"]);
        tokio::time::sleep(A_WHILE).await;
        assert!(!ping.is_finished(), "{:?}", ping.await);
        if remove {
            let mut client = world.other_client().await;
            let name = world.backend.folder("New");
            client.command(&format!("DELETE \"{name}\"")).await;
        } else {
            make_folder(&world, "New").await;
        }
        assert_eq!(ping.await.unwrap().status, ping::status::HIERARCHY_CHANGED);
        phone.folder_sync().await;
        let there = phone.folder_names().contains(&"New".to_owned());
        assert_eq!(there, !remove);
    }
    assert_eq!(phone.surprises(), [""; 0]);
}

fn held_sync(phone: &Phone, wait: Option<u32>) -> JoinHandle<(Phone, sync::Response)> {
    let mut waiting = phone.clone();
    tokio::spawn(async move {
        let request = sync::Request {
            collections: Some(vec![
                waiting.collection("INBOX"),
                waiting.collection("Work"),
            ]),
            wait,
            heartbeat: wait.is_none().then_some(60),
            ..sync::Request::default()
        };
        let response = waiting.try_sync(request).await.unwrap();
        (waiting, response)
    })
}

async fn a_held_sync_is_push_as_well(setup: Setup) {
    let (world, phone) = ready(setup).await;
    // Woken by a mail, which it brings along.
    let held = held_sync(&phone, None);
    tokio::time::sleep(A_WHILE).await;
    assert!(!held.is_finished());
    deliver(&world, "Work", &["two"]).await;
    let (mut phone, answer) = held.await.unwrap();
    assert_eq!(counts(&answer), "+1");
    // In minutes, and ended by a newer one, which gets the news.
    let older = held_sync(&phone, Some(1));
    tokio::time::sleep(A_WHILE).await;
    let newer = held_sync(&phone, Some(1));
    let (_, answer) = older.await.unwrap();
    assert_eq!(answer, sync::Response::default(), "an empty answer");
    tokio::time::sleep(A_WHILE).await;
    deliver(&world, "INBOX", &["three"]).await;
    let (waited, answer) = newer.await.unwrap();
    assert_eq!(counts(&answer), "+1");
    phone = waited;
    // One that changes something takes the place of the one that waits; its key stays good.
    let older = held_sync(&phone, None);
    tokio::time::sleep(A_WHILE).await;
    let one = phone.item("INBOX", "one");
    phone.mark_read("INBOX", &one, true).await;
    let (_, answer) = older.await.unwrap();
    assert_eq!(answer, sync::Response::default());
    deliver(&world, "INBOX", &["four"]).await;
    let answer = phone.sync("INBOX").await;
    assert_eq!(counts(&answer), "+1");
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Work").await;
    // With something of its own to say it is not held at all.
    let mut collection = phone.collection("INBOX");
    collection.commands = vec![sync::Command::Delete {
        server_id: one,
        instance_id: None,
    }];
    let request = sync::Request {
        collections: Some(vec![collection]),
        heartbeat: Some(60),
        ..sync::Request::default()
    };
    let start = Instant::now();
    phone.try_sync(request).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_converged(&world, &mut phone, "INBOX").await;
}

on_every_server! {
    s6_the_phones_own_move_does_not_wake_it,
    a_change_wakes_and_the_phones_own_does_not,
    s23_what_came_before_the_ping_is_told_at_once,
    every_status_of_ping,
    a_held_sync_is_push_as_well,
}
