//! Who gets in: passcodes and mail passwords on real phones, and what is left of them in logs, the
//! database and the mail server's own log.

mod doors;
mod nodes;
mod spraying;
mod verbs;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use airgate::gate::Scopes;
use airgate::gate::issue::{self, NewPasscode};
use airgate::gate::keys::ServerKeys;
use airgate::identity::{DeviceId, UserId};
use airgate::store::{Audit as _, AuditAction, AuditRow, Chains as _, Devices as _, SqliteStore};
use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{item_operations, ping, sync};

use crate::support::backend::{Backend, User, dovecot};
use crate::support::mail;
use crate::support::other_client::OtherClient;
use crate::support::phone::{Phone, Profile, Trouble, set};
use crate::support::server::Passcode;
use crate::support::world::World;

fn dovecot(world: &World) -> &dovecot::Dovecot {
    match &world.backend {
        Backend::Dovecot(dovecot) => dovecot,
        other => panic!("{other:?}"),
    }
}

/// A world on a Dovecot that logs every try at a password.
pub(crate) async fn world(
    adjust: impl FnOnce(crate::support::server::Settings) -> crate::support::server::Settings,
) -> World {
    let users = [User::alice(), User::new("bob@example.com")];
    let dovecot = dovecot::Settings::new(&users)
        .extra("auth_verbose = yes")
        .start();
    World::around(Backend::Dovecot(dovecot), &users, adjust).await
}

/// Logins at the mail server so far, right and wrong.
pub(crate) fn logins(world: &World) -> (usize, usize) {
    let log = dovecot(world).log();
    let right = log.matches("imap-login: Info: Login: user=<").count();
    (right, log.matches("Password mismatch").count())
}

/// Alice with another secret in her phone.
fn with_secret(secret: &str) -> User {
    User {
        password: secret.to_owned(),
        ..User::alice()
    }
}

fn phone_with(world: &World, profile: Profile, passcode: &Passcode) -> Phone {
    world.new_phone(profile, &with_secret(&passcode.code))
}

async fn store(world: &World) -> SqliteStore {
    SqliteStore::open(&world.server.state().join("airgate.db"))
        .await
        .unwrap()
}

/// Waits until such a row is in the audit trail.
async fn audited(world: &World, action: AuditAction) -> AuditRow {
    let store = store(world).await;
    let find = async {
        loop {
            let rows = store.recent_audit(None, 100).await.unwrap();
            if let Some(row) = rows.into_iter().find(|row| row.action == action) {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(6), find)
        .await
        .unwrap_or_else(|_| panic!("no {action:?} in the audit trail"))
}

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

async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(6), wait)
        .await
        .expect("it happens soon");
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
async fn s24_devices_share_nothing() {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 4).await;
    let bob = User::new("bob@example.com");
    world
        .backend
        .deliver(&bob, "INBOX", &mail::simple("for bob", "x\r\n"))
        .await;
    // Two users on one phone: one DeviceId.
    let mut alices = world.phone(Profile::ios()).await;
    let mut bobs = world.new_phone(Profile::ios(), &bob);
    bobs.set_up().await;
    alices.sync_all("INBOX").await;
    bobs.sync_all("INBOX").await;
    assert_eq!(bobs.subjects("INBOX"), ["for bob"]);
    assert_eq!(alices.subjects("INBOX").len(), 4);
    // Two devices of one user; the second begins when the first is done.
    let mut second = world.phone(Profile::ios().called("SECOND")).await;
    second.sync_all("INBOX").await;
    let item = second.item("INBOX", "Mail number 1");
    second.mark_read("INBOX", &item, true).await;
    second
        .delete("INBOX", std::slice::from_ref(&item), false)
        .await;
    alices.sync_all("INBOX").await;
    assert_eq!(alices.subjects("INBOX").len(), 3);
    // T13, S3: a key of another device or another user is no key.
    let stolen = alices.held("INBOX").key;
    for phone in [&mut second, &mut bobs] {
        let own = phone.held("INBOX");
        let mut collection = phone.collection("INBOX");
        collection.sync_key = Some(stolen.clone());
        let mut thief = phone.clone();
        let answer = thief.sync_collections(vec![collection]).await;
        if stolen != own.key {
            assert_eq!(answer.collections[0].head.status, 3, "{answer:?}");
        }
        // And what the phone had still goes on.
        assert_eq!(phone.sync("INBOX").await.collections, []);
    }
    for phone in [&alices, &second, &bobs] {
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

/// All forms in which a secret could stand somewhere.
fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let bytes = secret.as_bytes();
    let mut hex = String::new();
    let mut percent = String::new();
    let mut list = String::new();
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
        let _ = write!(percent, "%{byte:02X}");
        let _ = write!(list, "{byte}, ");
    }
    let mut forms = vec![
        secret.to_owned(),
        hex.to_uppercase(),
        hex,
        percent,
        list.trim_end_matches(", ").to_owned(),
        secret.chars().rev().collect(),
    ];
    // In base64 a secret looks different at each of the three places it may start.
    for ahead in ["", "x", "xy"] {
        let text = format!("{ahead}{secret}");
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let code = engine.encode(text.as_bytes());
            let from = if ahead.is_empty() { 0 } else { 4 };
            forms.push(code[from..code.len() - 2].to_owned());
        }
    }
    forms
}

#[tokio::test]
async fn t48_canaries_are_found_nowhere() {
    let mut alice = User::alice();
    "c4n/ary+Mail!Password=77".clone_into(&mut alice.password);
    let users = [alice.clone()];
    let backend = Backend::Dovecot(dovecot::Settings::new(&users).start());
    let world = World::around(backend, &users, |settings| {
        settings.argument("--log").argument("trace")
    })
    .await;
    world.fill("INBOX", 3).await;
    let passcode = world.server.passcode(&alice, &[]);
    // A whole session by each secret, and failures of both.
    for (profile, secret) in [
        (Profile::gmail(), passcode.code.as_str()),
        (Profile::outlook(), alice.password.as_str()),
        (Profile::old_phone().keeps_all(), alice.password.as_str()),
    ] {
        let mut phone = world.new_phone(profile, &with_secret(secret));
        phone.set_up().await;
        phone.sync_all("INBOX").await;
        let item = phone.item("INBOX", "Mail number 1");
        phone.mark_read("INBOX", &item, true).await;
        phone.fetch_body("INBOX", &item, BodyType::Plain).await;
        phone.settings().await;
        if phone.version() >= ProtocolVersion::V14_0 {
            let mime = b"From: alice@example.com\r\nTo: bob@example.com\r\nSubject: x\r\n\r\nx\r\n";
            let _ = phone.try_send_mail("client-1", mime).await;
        }
        let mut other = phone.clone();
        "stranger".clone_into(&mut other.profile.device_id);
        let _ = other.try_folder_sync().await;
        phone
            .send(&phone.prepare(&phone.line(CommandName::Sync), b"junk".to_vec()))
            .await
            .unwrap();
    }
    dovecot(&world).kick(&alice);
    dovecot(&world).set_users(&[User::new(&alice.name)]);
    let mut phone = world.new_phone(Profile::outlook(), &alice);
    let _ = phone.try_folder_sync().await;
    // What was gathered is in the database by then.
    audited(&world, AuditAction::PasscodeFirstUsed).await;

    let log = world.server.log();
    assert!(log.contains("DEBUG"), "the log is at its loudest");
    let mut places = vec![("the log".to_owned(), log.into_bytes())];
    for entry in std::fs::read_dir(world.server.state()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    assert!(places.len() > 1);
    let bare = passcode.code.replace('-', "");
    for secret in [alice.password.as_str(), &passcode.code, &bare] {
        for form in forms(secret) {
            for (place, bytes) in &places {
                let found = bytes
                    .windows(form.len())
                    .position(|window| window.eq_ignore_ascii_case(form.as_bytes()));
                if let Some(at) = found {
                    let around = &bytes[at.saturating_sub(200)..(at + 100).min(bytes.len())];
                    panic!("{form} in {place}: {}", String::from_utf8_lossy(around));
                }
            }
        }
    }
}

#[tokio::test]
async fn t47_the_database_without_the_keys_opens_nothing() {
    let mut world = world(|settings| settings.only_passcodes()).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(&world, Profile::ios(), &passcode);
    phone.set_up().await;
    world.server.terminate();
    // Somebody starts a server of his own on a stolen database, its keys lost with the machine.
    let keys = world.server.state().join("keys");
    let kept = world.server.state().join("keys.away");
    std::fs::rename(&keys, &kept).unwrap();
    world.server.start();
    let before = logins(&world);
    assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 401);
    assert_eq!(
        logins(&world),
        before,
        "the mail password could not be opened"
    );
    assert!(world.server.log().contains("server key that is not there"));
    // With one of the two the passcode is known, but nothing behind it opens: a passing fault.
    world.server.terminate();
    std::fs::copy(kept.join("credential.key"), keys.join("credential.key")).unwrap();
    world.server.start();
    assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 503);
    assert_eq!(logins(&world), before);
    // With both it is as before.
    world.server.terminate();
    std::fs::remove_dir_all(&keys).unwrap();
    std::fs::rename(&kept, &keys).unwrap();
    world.server.start();
    phone.folder_sync().await;
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

/// T13: identifiers are hostile text.
#[tokio::test]
async fn t13_foreign_and_hostile_ids_find_nothing() {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 3).await;
    let bob = User::new("bob@example.com");
    world
        .backend
        .deliver(&bob, "INBOX", &mail::simple("for bob", "x\r\n"))
        .await;
    let mut bobs = world.new_phone(Profile::ios().called("BOB"), &bob);
    bobs.set_up().await;
    bobs.sync_all("INBOX").await;
    let bobs_item = bobs.item("INBOX", "for bob");
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let long = "x".repeat(10_000);
    for id in [
        "../m1",
        "m1' OR '1'='1",
        "",
        " ",
        "m999",
        "M1",
        "\u{202e}",
        "%00",
        "0",
        long.as_str(),
    ] {
        let mut collection = phone.collection("INBOX");
        id.clone_into(&mut collection.collection_id);
        for key in ["0", "1", "99999999999999999999", "x"] {
            collection.sync_key = Some(key.to_owned());
            let request = sync::Request {
                collections: Some(vec![collection.clone()]),
                ..sync::Request::default()
            };
            let answer = phone.clone().try_sync(request).await.unwrap();
            let status = answer
                .status
                .or_else(|| answer.collections.first().map(|one| one.head.status));
            assert!(
                status.is_some_and(|status| status != 1),
                "{id:?} {key}: {answer:?}"
            );
        }
        for reference in [id, bobs_item.as_str()] {
            let fetch = item_operations::Fetch {
                store: Some(item_operations::Store::Mailbox),
                file_reference: Some(reference.to_owned()),
                ..item_operations::Fetch::default()
            };
            let (response, _) = phone.item_operations(vec![fetch], false).await;
            let Some(item_operations::Outcome::Fetch {
                head,
                properties: None,
            }) = response.outcomes.first()
            else {
                panic!("{reference:?}: {response:?}");
            };
            assert_ne!(head.status, 1, "{reference:?}");
        }
        if !id.is_empty() {
            phone.move_items("INBOX", "Trash", &[id.to_owned()]).await;
        }
        phone.delete("INBOX", &[id.to_owned()], true).await;
    }
    // Nothing went, here or there.
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 3);
    assert_eq!(world.other_client().await.subjects("INBOX").await.len(), 3);
    assert_eq!(bobs.sync("INBOX").await.collections, []);
}
