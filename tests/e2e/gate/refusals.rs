//! What a wrong secret costs, and whom: strangers, owners, the mail server.

use std::time::{Duration, Instant};

use airgate::store::{Audit as _, AuditAction, AuditRow};
use airgate_codec::eas::request_line::CommandName;

use super::{audited, dovecot, logins, phone_with, store, until, with_secret, world};
use crate::support::backend::User;
use crate::support::other_client::OtherClient;
use crate::support::phone::{Profile, Trouble, set};

#[tokio::test]
async fn t36_the_mail_password_is_refused_without_asking_anyone() {
    let world = world(|settings| settings.only_passcodes()).await;
    for secret in ["secret-of-alice", "Summer2026!", "x", ""] {
        let phone = world.new_phone(Profile::ios(), &with_secret(secret));
        let answer = phone.options().await;
        assert_eq!(answer.status, 401, "{secret}");
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"Airgate\"");
    }
    audited(&world, AuditAction::LoginFailed).await;
    let rows = store(&world).await.recent_audit(None, 100).await.unwrap();
    let who = |row: &AuditRow| row.user.as_ref().map(|user| user.as_str().to_owned());
    assert!(
        rows.iter()
            .any(|row| who(row).as_deref() == Some("alice@example.com"))
    );
    assert_eq!(logins(&world), (0, 0));
    assert!(world.server.log().contains("reason=not-passcode"));
}

#[tokio::test]
async fn t37_a_wrong_secret_and_an_unknown_user_sound_the_same() {
    for accept in [true, false] {
        let world = world(|settings| match accept {
            true => settings,
            false => settings.only_passcodes(),
        })
        .await;
        let passcode = world.server.passcode(&world.alice, &[]);
        let flipped: String = match passcode.code.split_at(28) {
            (head, "0") => format!("{head}1"),
            (head, _) => format!("{head}0"),
        };
        let mut answers = Vec::new();
        for (name, secret) in [
            ("alice@example.com", "wrong"),
            ("nobody@example.com", "wrong"),
            ("nobody@elsewhere.test", "wrong"),
            ("alice@example.com", flipped.as_str()),
            ("bob@example.com", passcode.code.as_str()),
            ("nobody@example.com", passcode.code.as_str()),
            ("", "wrong"),
        ] {
            let user = User {
                name: name.to_owned(),
                password: secret.to_owned(),
            };
            let mut phone = world.new_phone(Profile::ios(), &user);
            let started = Instant::now();
            let Err(Trouble::Http(answer)) = phone.try_folder_sync().await else {
                panic!("{name} got in");
            };
            let took = started.elapsed();
            let mut headers: Vec<String> = answer
                .headers
                .iter()
                .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            headers.sort();
            answers.push((answer.status, headers, answer.text()));
            // The pause covers what still differs.
            assert!(took >= Duration::from_millis(100), "{name}: {took:?}");
        }
        assert_eq!(answers[0].0, 401);
        for answer in &answers[1..] {
            assert_eq!(answer, &answers[0]);
        }
    }
}

#[tokio::test]
async fn t40_a_changed_mail_password_is_a_passing_fault_for_who_was_in() {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 1).await;
    let mut phones = Vec::new();
    for number in 0..5 {
        let profile = Profile::ios().called(&format!("PHONE{number}"));
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        phones.push(phone);
    }
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut coded = phone_with(&world, Profile::outlook(), &passcode);
    coded.set_up().await;

    // The password changes at the mail server, which ends all sessions.
    let changed = User {
        password: "another".to_owned(),
        ..User::alice()
    };
    dovecot(&world).set_users(&[changed.clone(), User::new("bob@example.com")]);
    // Dovecot looks at its file once in a second.
    let login = format!("LOGIN \"{}\" \"{}\"", changed.name, changed.password);
    loop {
        let mut client = OtherClient::connect(world.backend.imap()).await;
        if client.try_command(&login).await.tagged.starts_with("OK") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let before = logins(&world);
    dovecot(&world).kick(&world.alice);
    until(|| !dovecot(&world).doveadm(&["who"]).contains("alice")).await;
    for round in 0..6 {
        for phone in phones.iter_mut().chain([&mut coded]) {
            let Err(Trouble::Http(answer)) = phone.try_folder_sync().await else {
                panic!("nobody can look at the folders now");
            };
            assert_eq!(answer.status, 503, "round {round}");
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!(wait > 0);
        }
    }
    // One secret, one try in 15 minutes, for all phones together.
    let after = logins(&world);
    assert_eq!(after.1 - before.1, 1, "{}", dovecot(&world).log());
    audited(&world, AuditAction::BackendFrozen).await;

    // A secret that never was right is 401, whoever asks.
    let mut stranger = world.new_phone(Profile::gmail(), &with_secret("never"));
    assert_eq!(stranger.try_folder_sync().await.unwrap_err().http(), 401);
    // The user types the new one: in at once.
    let mut fresh = world.new_phone(Profile::ios().called("PHONE0"), &changed);
    fresh.set_up().await;
    // The passcode of the other phone stays, when the new password is sealed behind it.
    let output = world
        .server
        .verb_with(&["passcode", "reseal", &world.alice.name], "another\n");
    assert!(output.status.success(), "{output:?}");
    let back = async {
        while coded.try_folder_sync().await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(6), back)
        .await
        .unwrap();
}

#[tokio::test]
async fn one_phone_with_a_thousand_wrong_tries_costs_one_login() {
    let world = world(|settings| settings).await;
    let mut owner = world.phone(Profile::ios()).await;
    let before = logins(&world);
    // The same stale secret for every collection in parallel, for ever; here for 60 tries.
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let mut phone = world.new_phone(Profile::outlook(), &with_secret("stale"));
        tries.spawn(async move { phone.try_folder_sync().await.unwrap_err().http() });
    }
    assert!(tries.join_all().await.iter().all(|status| *status == 401));
    assert_eq!(logins(&world).1 - before.1, 1);
    owner.folder_sync().await;
    let world_log = world.server.log();
    assert_eq!(world_log.matches("auth-failed").count(), 1);
}

#[tokio::test]
async fn t41_the_address_of_the_phone_is_told_only_by_trusted_proxies() {
    for (trusted, expected) in [("[\"127.0.0.0/8\"]", "203.0.113.9"), ("[]", "127.0.0.1")] {
        let world = world(|settings| settings.toml(&format!("trusted_proxies = {trusted}"))).await;
        let phone = world.new_phone(Profile::ios(), &with_secret("wrong"));
        let mut sent = phone.prepare(&phone.line(CommandName::FolderSync), Vec::new());
        set(
            &mut sent.headers,
            "x-forwarded-for",
            "198.51.100.1, 203.0.113.9",
        );
        let answer = phone.clone().send(&sent).await.unwrap();
        assert_eq!(answer.status, 401);
        let line = format!("auth-failed addr={expected} reason=password");
        assert!(world.server.log().contains(&line), "{}", world.server.log());
    }
}
