//! What a passcode opens, on which phone, until when.

use std::time::{Duration, Instant};

use airgate::gate::Scopes;
use airgate::gate::issue::{self, NewPasscode};
use airgate::gate::keys::ServerKeys;
use airgate::identity::{DeviceId, UserId};
use airgate::store::{AuditAction, Chains as _, Devices as _};
use airgate_codec::eas::ping;
use airgate_codec::eas::request_line::CommandName;

use super::{audited, dovecot, logins, phone_with, store, until, with_secret, world};
use crate::support::backend::User;
use crate::support::mail;
use crate::support::phone::Profile;

#[tokio::test]
async fn a_passcode_works_on_one_phone_until_it_is_revoked() {
    let world = world(|settings| settings.only_passcodes()).await;
    world.fill("INBOX", 3).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    assert_eq!(passcode.code.len(), 29, "{}", passcode.code);
    let mut phone = phone_with(&world, Profile::gmail(), &passcode);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 3);

    // As a phone's keyboard writes it: capitals, no hyphens, a space behind.
    let typed = format!("{} ", passcode.code.replace('-', "").to_uppercase());
    let mut typing = world.new_phone(Profile::gmail(), &with_secret(&typed));
    typing.folder_sync().await;

    // Another device, also in a row of tries: 403, and noted once.
    for _ in 0..3 {
        let mut second = phone_with(&world, Profile::ios(), &passcode);
        let refused = second.try_folder_sync().await.unwrap_err();
        assert_eq!(refused.http(), 403);
    }
    // Bob cannot use it, and his name makes no difference to a wrong one.
    let mut bob = world.new_phone(
        Profile::gmail(),
        &User {
            password: passcode.code.clone(),
            ..User::new("bob@example.com")
        },
    );
    assert_eq!(bob.try_folder_sync().await.unwrap_err().http(), 401);

    let pinned = audited(&world, AuditAction::DevicePinned).await;
    let pinned_to = pinned.device.unwrap();
    assert!(
        pinned_to
            .as_str()
            .eq_ignore_ascii_case(&phone.profile.device_id)
    );
    assert_eq!(pinned.address.as_deref(), Some("127.0.0.1"));
    let refused = audited(&world, AuditAction::DeviceRefused).await;
    let device = refused.device.unwrap();
    assert!(
        device
            .as_str()
            .eq_ignore_ascii_case(&Profile::ios().device_id)
    );
    let used = audited(&world, AuditAction::PasscodeFirstUsed).await;
    assert_eq!(used.credential.unwrap().as_str(), passcode.id);
    let created = audited(&world, AuditAction::PasscodeCreated).await;
    assert_eq!(created.address.as_deref(), Some("local"));
    let failed = audited(&world, AuditAction::LoginFailed).await;
    assert_eq!(failed.user.unwrap().as_str(), "bob@example.com");
    // O8: one line, for ban tools, as it is documented and without colours.
    let log = world.server.log();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("auth-failed"))
        .collect();
    let [line] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert!(
        line.ends_with(
            "airgate auth-failed addr=127.0.0.1 reason=passcode user=\"bob@example.com\""
        ),
        "{line}"
    );

    // T46: a held Ping ends, the next request is refused, the mail server loses its sessions.
    let mut waiting = phone.clone();
    let ping = tokio::spawn(async move {
        let request = ping::Request {
            heartbeat: Some(600),
            folders: Some(vec![ping::Folder {
                id: waiting.id("INBOX"),
                class: None,
            }]),
        };
        (waiting.try_ping(&request).await, Instant::now())
    });
    until(|| dovecot(&world).doveadm(&["who"]).contains("alice")).await;
    let revoked = Instant::now();
    let output = world
        .server
        .verb_with(&["passcode", "revoke", &world.alice.name, &passcode.id], "");
    assert!(output.status.success(), "{output:?}");
    let (ended, at) = ping.await.unwrap();
    assert_eq!(ended.unwrap_err().http(), 401);
    assert!(at.duration_since(revoked) < Duration::from_secs(5));
    assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 401);
    until(|| !dovecot(&world).doveadm(&["who"]).contains("alice")).await;
    audited(&world, AuditAction::PasscodeRevoked).await;
}

#[tokio::test]
async fn an_expired_passcode_ends_a_held_ping_and_gets_no_one_in() {
    let world = world(|settings| settings.only_passcodes()).await;
    world.fill("INBOX", 1).await;
    let keys = ServerKeys::load(&world.server.state()).unwrap();
    let now = i64::try_from(mail::now()).unwrap();
    let new = NewPasscode {
        user: UserId::parse(&world.alice.name, None).unwrap(),
        name: "short".to_owned(),
        scopes: Scopes::ALL,
        expires_at: Some(now + 3),
    };
    let password = world.alice.password.clone().into();
    let issued = issue::issue(&store(&world).await, &keys, &new, &password, "local", now)
        .await
        .unwrap();
    let code = issued.passcode.reveal();
    let secret = secrecy::ExposeSecret::expose_secret(&code).to_owned();
    let mut phone = world.new_phone(Profile::ios(), &with_secret(&secret));
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    let request = ping::Request {
        heartbeat: Some(600),
        folders: Some(vec![ping::Folder {
            id: phone.id("INBOX"),
            class: None,
        }]),
    };
    assert_eq!(phone.try_ping(&request).await.unwrap_err().http(), 401);
    assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 401);
}

#[tokio::test]
async fn a_probe_leaves_no_trace() {
    let world = world(|settings| settings.only_passcodes()).await;
    world.fill("INBOX", 1).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut probe = phone_with(&world, Profile::gmail().called("validate"), &passcode);
    assert_eq!(probe.options().await.status, 200);
    probe.provision().await;
    probe.folder_sync().await;
    probe.settings().await;
    // More than an account's set-up needs it does not get: the passcode is not bound to it.
    let id = probe.id("INBOX");
    for name in [
        CommandName::Sync,
        CommandName::Ping,
        CommandName::ItemOperations,
    ] {
        let refused = probe.command(name, Vec::new()).await.unwrap_err();
        assert_eq!(refused.http(), 403, "{name}");
    }
    let store = store(&world).await;
    let user = UserId::parse(&world.alice.name, None).unwrap();
    let device = DeviceId::parse("validate").unwrap();
    assert_eq!(store.devices(&user).await.unwrap(), []);
    for chain in ["folders", id.as_str()] {
        assert_eq!(store.chain(&user, &device, chain).await.unwrap(), None);
    }
    // The real device binds the passcode.
    let mut phone = phone_with(&world, Profile::gmail(), &passcode);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    assert_eq!(store.devices(&user).await.unwrap().len(), 1);
}

#[tokio::test]
async fn names_as_users_type_them_are_one_user() {
    let world = world(|settings| {
        settings
            .argument("--default-domain")
            .argument("example.com")
    })
    .await;
    world.fill("INBOX", 1).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(&world, Profile::ios(), &passcode);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    for name in [
        "alice@example.com",
        "ALICE@Example.COM",
        "alice",
        " alice@example.com ",
        "\\alice@example.com",
        "EXAMPLE\\alice",
    ] {
        name.clone_into(&mut phone.user.name);
        // The same device with the same keys, so it is the same user (T42).
        assert_eq!(phone.sync("INBOX").await.collections, [], "{name}");
    }
    // T43: nothing that a mail server might read as two names.
    for name in [
        "alice*admin",
        "alice@example.com*admin",
        "alice\u{1}bob",
        "*",
        "alice@",
        "@",
    ] {
        for secret in [passcode.code.as_str(), world.alice.password.as_str()] {
            let user = User {
                name: name.to_owned(),
                password: secret.to_owned(),
            };
            let answer = world.new_phone(Profile::ios(), &user).options().await;
            assert_eq!(answer.status, 401, "{name:?}");
        }
    }
    assert_eq!(logins(&world).1, 0);
}

#[tokio::test]
async fn a_passcode_for_the_calendar_opens_no_mail() {
    let world = world(|settings| settings.only_passcodes()).await;
    world.fill("INBOX", 1).await;
    let all = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(&world, Profile::ios(), &all);
    phone.set_up().await;
    let calendar = world
        .server
        .passcode(&world.alice, &["--classes", "calendar"]);
    let mut limited = phone_with(&world, Profile::ios().called("LIMITED"), &calendar);
    limited.set_up().await;
    assert_eq!(limited.folder_names(), [""; 0]);
    // Even where it knows the ids from elsewhere.
    limited.memory.folders = phone.memory.folders.clone();
    let answer = limited.sync("INBOX").await;
    let refused = answer
        .status
        .or_else(|| answer.collections.first().map(|one| one.head.status));
    assert!(refused.is_some_and(|status| status != 1), "{answer:?}");
}
