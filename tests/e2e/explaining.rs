//! The explaining mailbox, reason by reason: one inbox, one mail in the user's language, Pings that
//! wait, and a phone that is back by itself when the reason is gone. The quarantine has its story in
//! `standing`.

use std::time::{Duration, Instant};

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::{folder_sync, ping};

use crate::gate::{logins, world};
use crate::standing::{HEARD, admin, explained, folders, phone_at, second_factor, until_folders};
use crate::support::backend::{Backend, User, dovecot};
use crate::support::other_client::OtherClient;
use crate::support::phone::{Phone, Profile};
use crate::support::surfer::Surfer;
use crate::support::world::World;

const ALICE: &str = "alice@example.com";
const PAGE: &str = "https://mail.example.com/account";
/// The phone's hierarchy is another one: it begins anew.
const ANEW: (u16, u16) = (200, folder_sync::status::INVALID_SYNC_KEY);

/// A reason, and how it reads.
struct Told {
    inbox: &'static str,
    subject: &'static str,
    /// What to do about it.
    what: &'static str,
}

/// Phones of three versions on the mail password, with two mails.
async fn phones(world: &World) -> [Phone; 3] {
    let phone = async |version, name| {
        let mut phone = phone_at(world, version, name);
        phone.set_up().await;
        phone.sync_all("INBOX").await;
        phone
    };
    [
        phone(ProtocolVersion::V12_1, "OLD").await,
        phone(ProtocolVersion::V14_1, "MIDDLE").await,
        phone(ProtocolVersion::V16_1, "NEW").await,
    ]
}

/// The phone reads why, and its Ping waits until the reason is gone.
async fn waits(phone: &mut Phone, told: &Told) -> tokio::task::JoinHandle<u16> {
    until_folders(phone, ANEW).await;
    phone.memory.folder_key = "0".to_owned();
    phone.folder_sync().await;
    let (subject, text) = explained(phone, told.inbox).await;
    assert_eq!(subject, told.subject);
    assert!(text.contains(told.what), "{text}");
    assert!(text.contains(PAGE), "where: {text}");
    let (mut held, inbox) = (phone.clone(), told.inbox);
    let ping = tokio::spawn(async move { held.ping(&[inbox], 600).await.status });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!ping.is_finished(), "a Ping waits");
    ping
}

/// Its own mail is back, and nobody touched the phone.
async fn is_back(phone: &mut Phone, ping: tokio::task::JoinHandle<u16>, gone: Instant) {
    assert_eq!(ping.await.unwrap(), ping::status::HIERARCHY_CHANGED);
    assert!(gone.elapsed() < HEARD, "{:?}", gone.elapsed());
    assert_eq!(folders(phone).await, ANEW);
    phone.memory.folder_key = "0".to_owned();
    phone.folder_sync().await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 2);
    assert_eq!(phone.surprises(), [""; 0]);
}

/// Types a command without anything in quotes.
fn say(world: &World, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    admin(world, &words).unwrap();
}

/// Phones of all versions through a reason that has begun; `end` ends it.
async fn through(world: &World, phones: &mut [Phone; 3], told: &Told, end: &str) {
    let [old, middle, new] = phones;
    let held = tokio::join!(waits(old, told), waits(middle, told), waits(new, told));
    let before = logins(world);
    assert_eq!(folders(&mut old.clone()).await, (200, 1));
    assert_eq!(logins(world), before, "nobody was asked");
    say(world, end);
    let gone = Instant::now();
    tokio::join!(
        is_back(old, held.0, gone),
        is_back(middle, held.1, gone),
        is_back(new, held.2, gone)
    );
}

async fn told_world() -> World {
    let world = world(|settings| {
        settings
            .argument("--public-url")
            .argument("https://mail.example.com")
    })
    .await;
    world.fill("INBOX", 2).await;
    world
}

#[tokio::test]
async fn passcodes_only_is_explained_in_german() {
    let world = told_world().await;
    let mut phones = phones(&world).await;
    let german = Told {
        inbox: "Posteingang",
        subject: "Dieses Gerät braucht ein Gerätepasswort",
        what: "Erstellen Sie ein Gerätepasswort für dieses Gerät",
    };
    say(&world, "user language alice@example.com de");
    say(
        &world,
        "policy set --user alice@example.com phone-secret=passcode",
    );
    let end = "policy unset --user alice@example.com phone-secret";
    through(&world, &mut phones, &german, end).await;
}

#[tokio::test]
async fn a_second_factor_is_explained_in_french() {
    let world = told_world().await;
    let mut phones = phones(&world).await;
    let french = Told {
        inbox: "Boîte de réception",
        subject: "Cet appareil a maintenant besoin d’un code d’accès",
        what: "créez un code d’accès pour cet appareil",
    };
    say(&world, "user language alice@example.com fr");
    second_factor(&world).await;
    let end = "user factor-off alice@example.com";
    through(&world, &mut phones, &french, end).await;
}

#[tokio::test]
async fn a_grace_that_is_over_is_explained() {
    let world = told_world().await;
    let mut phones = phones(&world).await;
    let told = Told {
        inbox: "Inbox",
        subject: "Please set up two-step verification",
        what: "set up two-step verification, then make a passcode",
    };
    say(
        &world,
        "policy set --user alice@example.com second-factor=required grace-days=9",
    );
    // The grace begins with the next phone that comes on the mail password.
    let start = Instant::now();
    loop {
        assert_eq!(folders(&mut phones[0].clone()).await, (200, 1), "grace");
        let shown = admin(&world, &["user", "report", "--json"]).unwrap();
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        if !shown[0]["factor_asked"].is_null() {
            break;
        }
        assert!(start.elapsed() < HEARD, "{shown}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    say(&world, "policy set --user alice@example.com grace-days=0");
    let end = "policy unset --user alice@example.com second-factor";
    through(&world, &mut phones, &told, end).await;
}

/// An operator who wants no explanations: the phone asks for a password.
#[tokio::test]
async fn where_policy_wants_no_explanation_it_is_401() {
    let world = told_world().await;
    let mut phones = phones(&world).await;
    let set = "policy set --user alice@example.com explain=false phone-secret=passcode";
    say(&world, set);
    for phone in &phones {
        until_folders(phone, (401, 0)).await;
        assert_eq!(phone.options().await.status, 401);
    }
    for setting in ["explain", "phone-secret"] {
        say(
            &world,
            &format!("policy unset --user alice@example.com {setting}"),
        );
    }
    for phone in &mut phones {
        until_folders(phone, (200, 1)).await;
        phone.sync_all("INBOX").await;
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

/// The mail password behind a passcode is refused: a temporary error first, the mail that explains
/// when it lasts; one sign-in at the portal brings the phone back.
#[tokio::test]
async fn a_frozen_login_is_explained_when_it_lasts_and_the_portal_thaws_it() {
    let users = [User::alice()];
    let server = Backend::Dovecot(dovecot::Settings::new(&users).start());
    let mut world = World::around(server, &users, |settings| {
        settings
            .only_passcodes()
            .argument("--public-url")
            .argument("https://mail.example.com")
            .toml("[access]\nexplain_frozen_after = \"2s\"")
    })
    .await;
    world.fill("INBOX", 2).await;
    admin(&world, &["user", "language", ALICE, "fr"]).unwrap();
    let owner = User {
        password: world.server.passcode(&world.alice, &[]).code,
        ..User::alice()
    };
    let profile = Profile::ios().bodies(&[airgate_codec::eas::BodyPreference::of(
        airgate_codec::eas::email::BodyType::Plain,
    )]);
    let mut phone = world.new_phone(profile, &owner);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    world.alice.password = "a-new-one".to_owned();
    let Backend::Dovecot(dovecot) = &world.backend else {
        panic!("it is Dovecot");
    };
    dovecot.set_users(std::slice::from_ref(&world.alice));
    let login = format!("LOGIN \"{ALICE}\" \"{}\"", world.alice.password);
    loop {
        let mut client = OtherClient::connect(world.backend.imap()).await;
        if client.try_command(&login).await.tagged.starts_with("OK") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Nothing of before is remembered: the stored password is refused.
    world.server.kill_nine();
    world.server.start();
    assert_eq!(folders(&mut phone).await, (503, 0));
    let told = Told {
        inbox: "Boîte de réception",
        subject: "Votre mot de passe de messagerie a changé",
        what: "connectez-vous une fois avec votre nouveau mot de passe",
    };
    let ping = waits(&mut phone, &told).await;
    let mut surfer = Surfer::new(world.server.address());
    surfer.sign_in(ALICE, &world.alice.password).await;
    assert_eq!(surfer.at, "/account");
    is_back(&mut phone, ping, Instant::now()).await;
}
