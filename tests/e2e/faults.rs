//! A mail server that is down, silent, slow, mad or cut off (T60, S7, S30): the phone hears 503 with
//! a time to come again, never 401, never an empty folder, never a Delete; and all is well by itself
//! soon after.

use std::time::{Duration, Instant};

use airgate_codec::eas::ping;

use crate::support::backend::{Backend, Kind, User};
use crate::support::faulty::{Faulty, Mode};
use crate::support::mail;
use crate::support::phone::{Phone, Profile, Trouble};
use crate::support::server::Settings;
use crate::support::world::World;

/// How long a fault of the backend may outlast its end. The breaker's first pause is 2 s.
const RECOVERY: Duration = Duration::from_secs(6);

/// A world whose mail server is behind a network that can fail.
async fn behind(faulty: &Faulty, backend: Backend, users: &[User]) -> World {
    World::around(backend, users, |settings| {
        impatient(settings.imap(&faulty.imap_url()))
    })
    .await
}

/// Nobody waits 10 s for a dead server in a test.
fn impatient(settings: Settings) -> Settings {
    settings.toml("[backend]\nconnect = \"500ms\"\nsilence = \"500ms\"")
}

async fn start() -> (Faulty, World) {
    let users = [User::alice()];
    let backend = Backend::start(Kind::Dovecot, &users);
    let faulty = Faulty::before(backend.imap()).await;
    let world = behind(&faulty, backend, &users).await;
    (faulty, world)
}

/// The phone is told to come again, and has lost nothing by it.
fn is_passing(what: &str, trouble: &Trouble) {
    let Trouble::Http(answer) = trouble else {
        panic!("{what}: no answer");
    };
    assert_eq!(answer.status, 503, "{what}: {}", answer.text());
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=120).contains(&wait), "{what}: {wait}");
}

/// Everything a phone does, against a server that is away.
async fn all_is_passing(what: &str, phone: &mut Phone) {
    let before = (
        phone.subjects("INBOX"),
        phone.folder_names(),
        phone.held("INBOX").key,
    );
    let request = airgate_codec::eas::sync::Request {
        collections: Some(vec![phone.collection("INBOX")]),
        ..Default::default()
    };
    is_passing(what, &phone.try_sync(request).await.unwrap_err());
    is_passing(what, &phone.try_folder_sync().await.unwrap_err());
    let mut fresh = phone.clone();
    fresh.memory = Default::default();
    is_passing(what, &fresh.try_folder_sync().await.unwrap_err());
    let after = (
        phone.subjects("INBOX"),
        phone.folder_names(),
        phone.held("INBOX").key,
    );
    assert_eq!(before, after, "{what}");
}

/// Tries until it works again.
async fn recovers(what: &str, phone: &mut Phone) {
    let ended = Instant::now();
    loop {
        let request = airgate_codec::eas::sync::Request {
            collections: Some(vec![phone.collection("INBOX")]),
            ..Default::default()
        };
        match phone.try_sync(request).await {
            Ok(response) => {
                for collection in &response.collections {
                    assert_eq!(collection.head.status, 1, "{what}: {response:?}");
                }
                break;
            }
            Err(trouble) => is_passing(what, &trouble),
        }
        assert!(ended.elapsed() < RECOVERY, "{what}: still away");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    phone.sync_all("INBOX").await;
    phone.folder_sync().await;
    assert_eq!(phone.surprises(), [""; 0], "{what}");
}

#[tokio::test]
async fn t60_a_broken_network_is_a_passing_fault() {
    let (faulty, world) = start().await;
    world.fill("INBOX", 8).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let mut count = 8;
    for (what, mode) in [
        ("closed", Mode::Close),
        ("silent", Mode::BlackHole),
        ("garbage", Mode::Garbage),
    ] {
        faulty.set(mode);
        // Something changes meanwhile, so that the answer cannot come from memory.
        world.deliver("INBOX", &mail::simple(what, "x\r\n")).await;
        count += 1;
        all_is_passing(what, &mut phone).await;
        faulty.set(Mode::Pass);
        recovers(what, &mut phone).await;
        assert_eq!(phone.subjects("INBOX").len(), count, "{what}");
    }
    // Slow is no fault as long as something comes.
    faulty.set(Mode::Slow {
        bytes: 400,
        pause: Duration::from_millis(2),
    });
    world.deliver("INBOX", &mail::simple("slow", "x\r\n")).await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), count + 1);
    // The user was right all the time.
    assert!(!world.server.log().contains("auth-failed"));
}

#[tokio::test]
async fn t60_a_stopped_server_holds_pings_and_comes_back() {
    let mut world = World::start_with(Kind::Dovecot, impatient).await;
    world.fill("INBOX", 5).await;
    let mut phone = world.phone(Profile::gmail().window(50)).await;
    phone.sync_all("INBOX").await;
    let held = |phone: &Phone| {
        let mut waiting = phone.clone();
        let request = ping::Request {
            heartbeat: Some(300),
            folders: Some(vec![ping::Folder {
                id: waiting.id("INBOX"),
                class: None,
            }]),
        };
        tokio::spawn(async move { waiting.try_ping(&request).await })
    };
    let first = held(&phone);
    tokio::time::sleep(Duration::from_millis(200)).await;
    dovecot(&mut world).stop();
    all_is_passing("stopped", &mut phone).await;
    // The Ping that was held waits on, and a new one waits too: neither says that nothing is there.
    assert!(!first.is_finished());
    let second = held(&phone);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!second.is_finished());
    assert_eq!(
        first.await.unwrap().unwrap().status,
        1,
        "the newer Ping took over"
    );

    // A server that starts again and again for a moment only.
    for _ in 0..2 {
        dovecot(&mut world).resume();
        let _ = phone.try_folder_sync().await;
        dovecot(&mut world).stop();
        if let Err(trouble) = phone.try_folder_sync().await {
            is_passing("flapping", &trouble);
        }
    }
    dovecot(&mut world).resume();
    let alice = world.alice.clone();
    let maildir = dovecot(&mut world).maildir(&alice);
    maildir.deliver("INBOX", &mail::simple("news", "x\r\n"));
    // The held Ping tells it, without anybody's help.
    let woken = tokio::time::timeout(Duration::from_secs(9), second).await;
    let woken = woken.expect("the Ping ends").unwrap().unwrap();
    assert_eq!(woken.status, ping::status::CHANGES);
    recovers("back", &mut phone).await;
    assert_eq!(phone.subjects("INBOX").len(), 6);
}

fn dovecot(world: &mut World) -> &mut crate::support::backend::dovecot::Dovecot {
    match &mut world.backend {
        Backend::Dovecot(dovecot) => dovecot,
        other => panic!("{other:?}"),
    }
}

/// S7: wherever an answer is cut, what the phone holds stays.
async fn cut_everywhere(kind: Kind) {
    let users = [User::alice()];
    let backend = Backend::start(kind, &users);
    let faulty = Faulty::before(backend.imap()).await;
    let world = behind(&faulty, backend, &users).await;
    world.fill("INBOX", 40).await;
    let mut phone = world.phone(Profile::ios().window(15)).await;
    phone.sync_all("INBOX").await;
    let mut other = world.other_client().await;
    other.select("INBOX").await;
    let mut kept = 40;
    let mut at = 1;
    let mut cuts = 0;
    while cuts < 40 {
        // A mail goes, one comes and one changes, so that each look has all to tell.
        other.command("STORE 1 +FLAGS (\\Deleted)").await;
        other.command("STORE 2 +FLAGS (\\Flagged)").await;
        other.command("EXPUNGE").await;
        kept -= 1;
        if cuts % 2 == 0 {
            world
                .deliver("INBOX", &mail::simple(&format!("new {cuts}"), "x\r\n"))
                .await;
            kept += 1;
        }
        faulty.set(Mode::CutAfter(at));
        at = at * 5 / 4 + 7;
        let before = phone.subjects("INBOX");
        let request = airgate_codec::eas::sync::Request {
            collections: Some(vec![phone.collection("INBOX")]),
            ..Default::default()
        };
        match phone.try_sync(request).await {
            Ok(_) => {}
            Err(trouble) => {
                is_passing("cut", &trouble);
                assert_eq!(phone.subjects("INBOX"), before);
            }
        }
        // Never more gone than truly is.
        let held = phone.subjects("INBOX").len();
        assert!(held + 1 >= before.len(), "{held} of {}", before.len());
        faulty.set(Mode::Pass);
        recovers("cut", &mut phone).await;
        assert_eq!(phone.subjects("INBOX").len(), kept, "cut at {at}");
        cuts += 1;
    }
    assert_eq!(
        phone.subjects("INBOX"),
        sorted(other.subjects("INBOX").await)
    );
}

fn sorted(mut subjects: Vec<String>) -> Vec<String> {
    subjects.sort();
    subjects
}

#[tokio::test]
async fn s7_a_cut_answer_loses_nothing() {
    cut_everywhere(Kind::Dovecot).await;
}

#[tokio::test]
async fn s7_a_cut_answer_loses_nothing_without_extensions() {
    cut_everywhere(Kind::DovecotBare).await;
}

#[tokio::test]
async fn a_phone_set_up_while_the_server_is_away_is_never_told_that_its_password_is_wrong() {
    let mut world = World::start_with(Kind::Dovecot, impatient).await;
    dovecot(&mut world).stop();
    let passcode_user = world.alice.clone();
    let mut phone = world.new_phone(Profile::ios(), &passcode_user);
    assert_eq!(phone.options().await.status, 503);
    is_passing("cold", &phone.try_folder_sync().await.unwrap_err());
    dovecot(&mut world).resume();
    let ended = Instant::now();
    while phone.try_folder_sync().await.is_err() {
        assert!(ended.elapsed() < RECOVERY);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(phone.folder_names().len(), 6);
}
