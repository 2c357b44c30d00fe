//! Masters that log in for users (C6, T43), and notices (C16).

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use airgate::identity::UserId;
use airgate::store::{Credentials as _, SqliteStore};

use crate::gate::canaries::{Places, loud};
use crate::support::backend::{Backend, Kind, User, cyrus, dovecot};
use crate::support::phone::{Phone, Profile};
use crate::support::server::{Passcode, Settings};
use crate::support::world::World;

const KEY: &str = "key-of-the-master";

fn secret(directory: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = directory.path().join("secret");
    std::fs::write(&path, format!("{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    path
}

fn with_master(settings: Settings, form: &str, name: &str, secret: &std::path::Path) -> Settings {
    loud(settings).only_passcodes().toml(&format!(
        "[backend]\nlogin = \"{form}\"\nmaster_user = \"{name}\"\nmaster_secret = \"{}\"",
        secret.display()
    ))
}

fn phone_with(world: &World, passcode: &Passcode) -> Phone {
    let user = User {
        password: passcode.code.clone(),
        ..world.alice.clone()
    };
    world.new_phone(Profile::ios(), &user)
}

/// A phone of Alice's reads and writes by a passcode, though nobody has her mail password.
async fn works_without_a_mail_password(world: &World) {
    world.fill("INBOX", 3).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(world, &passcode);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 3);
    let item = phone.item("INBOX", "Mail number 1");
    phone.mark_read("INBOX", &item, true).await;
    let mut client = world.other_client().await;
    client.select(&world.backend.folder("INBOX")).await;
    // Mail number 0 was read before.
    assert_eq!(client.search("SEEN").await.len(), 2);
    // Nothing of hers is kept.
    let store = SqliteStore::open(&world.server.state().join("airgate.db"))
        .await
        .unwrap();
    let alice = UserId::parse(&world.alice.name, None).unwrap();
    let rows = store.credentials(&alice).await.unwrap();
    assert!(rows.iter().all(|row| row.sealed.is_none()));
    // Her mail password is refused, and the master's own name and key open nothing (T43).
    for (name, password) in [
        (world.alice.name.as_str(), world.alice.password.as_str()),
        ("master", KEY),
        ("master@example.com", KEY),
        ("alice@example.com*master", KEY),
        ("bob@example.com*master", KEY),
        ("alice@example.com\u{0}bob@example.com", KEY),
        ("*master", KEY),
        // Bob has no passcode, so the master never logs in for him.
        ("bob@example.com", passcode.code.as_str()),
        ("bob@example.com", KEY),
    ] {
        let user = User {
            name: name.to_owned(),
            password: password.to_owned(),
        };
        let answer = world.new_phone(Profile::ios(), &user).options().await;
        assert_eq!(answer.status, 401, "{name:?}");
    }
    // The same user by another spelling, with the same devices and keys.
    phone.user.name = "EXAMPLE\\ALICE@example.com".to_owned();
    assert_eq!(phone.sync("INBOX").await.collections, []);
    assert_eq!(phone.surprises(), [""; 0]);
    // T48, T47: neither her password nor the master's is anywhere, and no row of a vault holds one.
    let secrets = [world.alice.password.as_str(), KEY, &passcode.code];
    Places::of(world).hold_none_of(&secrets);
}

#[tokio::test]
async fn c6_t43_dovecot_knows_the_master_by_separator_and_by_authzid() {
    let directory = tempfile::tempdir().unwrap();
    let secret = secret(&directory, KEY);
    for form in ["separator", "authzid"] {
        let users = [User::alice(), User::new("bob@example.com")];
        let dovecot = dovecot::Settings::new(&users)
            .extra("auth_master_user_separator = *")
            .extra(&format!(
                "passdb {{\n  driver = static\n  master = yes\n  args = password={KEY}\n}}"
            ))
            .start();
        let world = World::around(Backend::Dovecot(dovecot), &users, |settings| {
            with_master(settings, form, "master", &secret)
        })
        .await;
        works_without_a_mail_password(&world).await;
    }
}

#[tokio::test]
async fn c6_t43_cyrus_lets_a_proxy_in_for_users() {
    let directory = tempfile::tempdir().unwrap();
    let secret = secret(&directory, KEY);
    let users = [
        User::alice(),
        User::new("bob@example.com"),
        User {
            name: "master@example.com".to_owned(),
            password: KEY.to_owned(),
        },
    ];
    let cyrus = cyrus::Cyrus::start(&users);
    let world = World::around(Backend::Cyrus(cyrus), &users, |settings| {
        with_master(settings, "authzid", "master@example.com", &secret)
    })
    .await;
    works_without_a_mail_password(&world).await;
}

/// Subjects in Alice's inbox, once one is there; her phone goes on as phones do, since its login is
/// what a notice is put there by.
async fn inbox(world: &World, phone: &mut Phone) -> Vec<String> {
    for _ in 0..30 {
        phone.folder_sync().await;
        let subjects = world.other_client().await.subjects("INBOX").await;
        if !subjects.is_empty() {
            return subjects;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Vec::new()
}

#[tokio::test]
async fn c16_users_find_notices_in_their_inbox() {
    let world = World::start_with(Kind::Dovecot, |settings| {
        settings
            .only_passcodes()
            .variable("AIRGATE_NOTICES_ENABLED", "true")
    })
    .await;
    let german = ["user", "language", "alice@example.com", "de"];
    assert!(world.server.verb_with(&german, "").status.success());
    // Nobody is signed in who could put the first into the inbox; the phone's login does it later.
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(&world, &passcode);
    phone.set_up().await;
    let subjects = inbox(&world, &mut phone).await;
    let german = ["Ein neues Gerät", "Ein neues Gerätepasswort"];
    let told = |subject: &String| {
        // As it lies in the mail, encoded.
        let mail = format!("Subject: {subject}\r\n\r\n");
        let mail = mail_parser::MessageParser::new().parse(&mail).unwrap();
        let subject = mail.subject().unwrap_or_default();
        german.iter().any(|start| subject.starts_with(start))
    };
    assert!(subjects.iter().any(told), "{subjects:?}");
}

#[tokio::test]
async fn c16_notices_go_by_the_configured_sender() {
    let directory = tempfile::tempdir().unwrap();
    let bob = User::new("bob@example.com");
    let secret = secret(&directory, &bob.password);
    let world = World::start_with(Kind::Dovecot, |settings| {
        loud(settings)
            .variable("AIRGATE_NOTICES_ENABLED", "true")
            .toml(&format!(
                "[notices]\nsender = \"{}\"\nsecret = \"{}\"",
                bob.name,
                secret.display()
            ))
    })
    .await;
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(&world, &passcode);
    phone.set_up().await;
    let mails = world.smtp.wait_for(2).await;
    let texts: Vec<String> = mails.iter().map(|mail| mail.text()).collect();
    assert_eq!(texts.len(), 2);
    for text in &texts {
        assert!(text.contains("<alice@example.com>"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated"), "{text}");
        assert!(!text.contains(&passcode.code), "no secret in a letter");
    }
    assert!(
        texts
            .iter()
            .any(|text| text.contains("A new passcode was made"))
    );
    assert!(
        texts
            .iter()
            .any(|text| text.contains("A new device uses your mail"))
    );
    // Each once, also over a restart.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(world.smtp.received().len(), 2);
    Places::of(&world).hold_none_of(&[&bob.password, &passcode.code]);
}
