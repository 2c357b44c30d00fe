//! Folder changes when something is in the way: a full account, a trash that takes no folders, a
//! kill -9 between the server's OK and ours, and a server that cannot make up its mind about what
//! there is.

use std::time::Duration;

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::ping;

use super::{assert_no_echo, deliver, exists, make_folder, on_server, phone_of};
use crate::support::backend::{Backend, Kind, User};
use crate::support::phone::{Phone, Profile, Trouble};
use crate::support::spoiler::Spoiler;
use crate::support::world::World;

const VERSIONS: [V; 3] = [V::V12_1, V::V14_1, V::V16_1];

async fn spoiled() -> (World, Spoiler) {
    let users = [User::alice()];
    let backend = Backend::start(Kind::Dovecot, &users);
    let spoiler = Spoiler::before(backend.imap()).await;
    let url = spoiler.url();
    let world = World::around(backend, &users, |settings| {
        settings
            .imap(&url)
            .variable("AIRGATE_BACKEND_POLL", "200ms")
            // Each folder by STATUS rounds and LIST: no NOTIFY tells it.
            .variable("AIRGATE_BACKEND_HIDE_CAPABILITIES", "NOTIFY,LIST-STATUS")
    })
    .await;
    (world, spoiler)
}

#[tokio::test]
async fn a_full_account_gets_no_more_folders() {
    let (world, spoiler) = spoiled().await;
    spoiler.refuse("CREATE", "[OVERQUOTA] Too many mailboxes.");
    for version in VERSIONS {
        let mut phone = phone_of(&world, version).await;
        let answer = phone
            .try_create_folder("0", "More", FolderType::UserMail)
            .await;
        match answer {
            // The mailbox's quota (REFERENCE 3); the older have only HTTP for it.
            Ok(answer) => assert_eq!((answer.status, version > V::V12_1), (113, true)),
            Err(Trouble::Http(answer)) => {
                assert_eq!((answer.status, version), (507, V::V12_1));
            }
            Err(other) => panic!("{other:?}"),
        }
        assert_no_echo(&mut phone).await;
    }
    assert!(!exists(&world, "More").await);
}

#[tokio::test]
async fn s9_a_trash_that_takes_no_folders_takes_their_mail() {
    let (world, spoiler) = spoiled().await;
    spoiler.refuse("RENAME", "[CANNOT] The trash takes no folders.");
    for version in VERSIONS {
        make_folder(&world, "Work").await;
        make_folder(&world, "Work/Deep").await;
        deliver(&world, "Work", &["one"]).await;
        deliver(&world, "Work/Deep", &["two"]).await;
        let mut phone = phone_of(&world, version).await;
        phone.delete_folder("Work").await;
        assert_no_echo(&mut phone).await;
        assert!(!exists(&world, "Work").await);
        assert!(!exists(&world, "Work/Deep").await);
        phone.sync_all("Trash").await;
        assert_eq!(phone.subjects("Trash"), ["one", "two"], "{version}");
        let mut other = world.other_client().await;
        other.select("Trash").await;
        other.command("STORE 1:* +FLAGS (\\Deleted)").await;
        other.command("EXPUNGE").await;
    }
    assert!(
        spoiler
            .heard()
            .iter()
            .any(|line| line.starts_with("RENAME"))
    );
}

/// Asks as phones do: the same again until there is an answer.
macro_rules! insist {
    ($spoiler:ident, $world:ident, $phone:ident, $id:ident, $command:literal, $ask:expr) => {{
        $spoiler.swallow($command);
        let asking = tokio::spawn({
            let mut $phone = $phone.clone();
            let $id = $id.clone();
            async move {
                let _ = &$id;
                $ask.await.is_err()
            }
        });
        while !$spoiler.has_swallowed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Long enough for the mail server to do it.
        tokio::time::sleep(Duration::from_millis(150)).await;
        $world.server.kill_nine();
        assert!(asking.await.unwrap(), "killed before the answer");
        $world.server.start();
        $ask.await.expect("an answer")
    }};
}

#[tokio::test]
async fn s5_kill_nine_inside_a_folder_change_does_it_once() {
    let (mut world, spoiler) = spoiled().await;
    let mut phone = world.phone(Profile::ios()).await;
    let mail = FolderType::UserMail;
    let id = String::new();
    let made = insist!(
        spoiler,
        world,
        phone,
        id,
        "CREATE",
        phone.try_create_folder("0", "Work", mail)
    );
    assert_eq!(made.status, 1, "ours: made before the crash");
    let id = phone.id("Work");
    assert_no_echo(&mut phone).await;
    assert!(exists(&world, "Work").await);

    deliver(&world, "Work", &["one"]).await;
    phone.sync_all("Work").await;
    let renamed = insist!(
        spoiler,
        world,
        phone,
        id,
        "RENAME",
        phone.try_update_folder(&id, "0", "Play")
    );
    assert_eq!(renamed.status, 1);
    assert_no_echo(&mut phone).await;
    assert_eq!(phone.id("Play"), id, "s16: the id stays");
    assert!(exists(&world, "Play").await && !exists(&world, "Work").await);

    let deleted = insist!(
        spoiler,
        world,
        phone,
        id,
        "RENAME",
        phone.try_delete_folder(&id)
    );
    assert_eq!(deleted.status, 1);
    phone.folder_sync().await;
    assert!(!exists(&world, "Play").await);
    assert_eq!(
        on_server(&world, "Trash/Play").await,
        ["one"],
        "not for good"
    );
    assert_eq!(phone.surprises(), [""; 0]);
}

fn ping_of(phone: &Phone) -> tokio::task::JoinHandle<ping::Response> {
    let mut waiting = phone.clone();
    tokio::spawn(async move { waiting.ping(&["INBOX", "Work"], 60).await })
}

#[tokio::test]
async fn s7_a_list_that_flaps_takes_no_folder_and_wakes_nobody_in_vain() {
    let (world, spoiler) = spoiled().await;
    make_folder(&world, "Work").await;
    deliver(&world, "Work", &["one"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    phone.sync_all("Work").await;
    let before = phone.folder_names();
    let waiting = ping_of(&phone);
    spoiler.flap(Some("Work"));
    let start = std::time::Instant::now();
    while spoiler.lists() < 6 && start.elapsed() < Duration::from_secs(4) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let flapped = spoiler.lists();
    assert!(
        !waiting.is_finished(),
        "after {flapped} lists: {:?}",
        waiting.await
    );
    for _ in 0..4 {
        assert_no_echo(&mut phone).await;
    }
    assert_eq!(phone.folder_names(), before);
    spoiler.flap(None);
    // What is really there is told.
    deliver(&world, "Work", &["two"]).await;
    let answer = waiting.await.unwrap();
    assert_eq!(answer.status, ping::status::CHANGES);
    phone.sync_all("Work").await;
    assert_eq!(phone.subjects("Work"), ["one", "two"]);
    println!("{flapped} lists flapped");
}
