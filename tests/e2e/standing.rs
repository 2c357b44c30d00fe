//! Where devices stand: wiped, blocked, quarantined, kept out by policy; and the mailbox that explains.

use std::time::{Duration, Instant};

use airgate::gate::keys::ServerKeys;
use airgate::gate::second_factor::TotpSecret;
use airgate::identity::UserId;
use airgate::store::{
    Audit as _, AuditAction, AuditRow, Devices as _, SecondFactorRow, SecondFactors as _,
    SqliteStore, Wipe,
};
use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::provision::{Request, Response};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{BodyPreference, folder_sync, ping, sync};
use secrecy::ExposeSecret as _;

use crate::gate::{logins, world};
use crate::support::backend::User;
use crate::support::mail;
use crate::support::phone::{Phone, Profile, Trouble, set};
use crate::support::world::World;

/// Tells a story to phones of three versions, each as a test of its own: running servers look for news
/// once in a second, and these stories have much of it.
macro_rules! on_versions {
    ($($story:ident),+) => { $(
        mod $story {
            use airgate_codec::ProtocolVersion;

            #[tokio::test]
            async fn v12_1() {
                super::$story(ProtocolVersion::V12_1).await;
            }

            #[tokio::test]
            async fn v14_1() {
                super::$story(ProtocolVersion::V14_1).await;
            }

            #[tokio::test]
            async fn v16_1() {
                super::$story(ProtocolVersion::V16_1).await;
            }
        }
    )+ };
}

on_versions!(
    t54_a_wipe_is_told_until_it_is_confirmed_and_can_be_withdrawn,
    a_blocked_device_is_refused_a_removed_one_begins_anew,
    a_phone_in_quarantine_reads_why_waits_and_comes_back_by_itself
);

/// Longest wait for a running server to hear of something (T46), with room for a loaded machine.
pub(crate) const HEARD: Duration = Duration::from_secs(5);

async fn store(world: &World) -> SqliteStore {
    SqliteStore::open(&world.server.state().join("airgate.db"))
        .await
        .unwrap()
}

fn alice() -> UserId {
    UserId::parse("alice@example.com", None).unwrap()
}

async fn audited(world: &World, action: AuditAction) -> Vec<AuditRow> {
    let rows = store(world).await.recent_audit(None, 1_000).await.unwrap();
    rows.into_iter()
        .filter(|row| row.action == action)
        .collect()
}

/// What an administrator types; `Err` is what it was told.
pub(crate) fn admin(world: &World, arguments: &[&str]) -> Result<String, String> {
    let output = world.server.verb_with(arguments, "");
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

fn device(world: &World, verb: &str, phone: &Phone, more: &[&str]) -> Result<String, String> {
    let mut arguments = vec![
        "device",
        verb,
        "alice@example.com",
        &phone.profile.device_id,
    ];
    arguments.extend(more);
    admin(world, &arguments)
}

pub(crate) fn phone_at(world: &World, version: ProtocolVersion, name: &str) -> Phone {
    let profile = Profile::ios()
        .speaking(version)
        .called(name)
        .bodies(&[BodyPreference::of(BodyType::Plain)]);
    world.new_phone(profile, &world.alice)
}

/// HTTP status and the Status of a FolderSync.
pub(crate) async fn folders(phone: &mut Phone) -> (u16, u16) {
    match phone.try_folder_sync().await {
        Ok(response) => (200, response.status),
        Err(Trouble::Http(answer)) => (answer.status, 0),
        Err(Trouble::NoAnswer(why)) => panic!("{why}"),
    }
}

/// Waits until a FolderSync is answered like that.
pub(crate) async fn until_folders(phone: &Phone, expected: (u16, u16)) {
    let start = Instant::now();
    loop {
        let found = folders(&mut phone.clone()).await;
        if found == expected {
            return;
        }
        assert!(start.elapsed() < HEARD, "{found:?}, not {expected:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// As the version says it: an EAS status from 14.0 on.
fn said(version: ProtocolVersion, http: u16, status: u16) -> (u16, u16) {
    match version < ProtocolVersion::V14_0 {
        true => (http, 0),
        false => (200, status),
    }
}

pub(crate) async fn provision(phone: &mut Phone, request: &Request) -> Response {
    let body = request.write(phone.version());
    let answer = phone.command(CommandName::Provision, body).await.unwrap();
    Response::read(&answer.body).unwrap()
}

async fn t54_a_wipe_is_told_until_it_is_confirmed_and_can_be_withdrawn(version: ProtocolVersion) {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 1).await;
    let mut phone = phone_at(&world, version, "WIPED");
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    // Nobody ordered anything: a phone that speaks of a wipe changes nothing.
    let boast = Request {
        remote_wipe: Some(1),
        ..Request::default()
    };
    assert!(!provision(&mut phone, &boast).await.remote_wipe);
    assert_eq!(folders(&mut phone).await, (200, 1));
    // Not without being sure.
    let unsure = device(&world, "wipe", &phone, &["--whole-device"]).unwrap_err();
    assert!(unsure.contains("--yes"), "{unsure}");

    // A Ping that is held ends, and the next command hears it.
    let mut held = phone.clone();
    let ping = tokio::spawn(async move { held.ping(&["INBOX"], 600).await.status });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ordered = Instant::now();
    device(&world, "wipe", &phone, &["--whole-device", "--yes"]).unwrap();
    let status = ping.await.unwrap();
    assert_eq!(status, ping::status::HIERARCHY_CHANGED);
    assert!(ordered.elapsed() < HEARD, "{:?}", ordered.elapsed());
    until_folders(&phone, said(version, 449, 140)).await;

    // Told once, withdrawn: all is as before.
    let order = provision(&mut phone, &Request::default()).await;
    assert_eq!((order.status, order.remote_wipe), (1, true), "{version}");
    assert!(!order.account_only_remote_wipe);
    device(&world, "cancel-wipe", &phone, &[]).unwrap();
    until_folders(&phone, (200, 1)).await;
    assert!(!provision(&mut phone, &boast).await.remote_wipe);
    assert!(device(&world, "cancel-wipe", &phone, &[]).is_err());

    // Ordered again: told with every Provision until the phone confirms.
    device(&world, "wipe", &phone, &["--whole-device", "--yes"]).unwrap();
    until_folders(&phone, said(version, 449, 140)).await;
    for _ in 0..2 {
        assert!(provision(&mut phone, &Request::default()).await.remote_wipe);
    }
    let failed = Request {
        remote_wipe: Some(2),
        ..Request::default()
    };
    assert!(provision(&mut phone, &failed).await.remote_wipe);
    let done = provision(&mut phone, &boast).await;
    assert_eq!((done.status, done.remote_wipe), (1, false));
    until_folders(&phone, said(version, 403, 129)).await;
    let row = store(&world)
        .await
        .devices(&alice())
        .await
        .unwrap()
        .into_iter()
        .find(|row| row.device.as_str() == phone.profile.device_id.to_lowercase())
        .unwrap();
    assert_eq!(row.wipe, Wipe::Done);
    // Allowed again, it may be set up anew.
    device(&world, "allow", &phone, &[]).unwrap();
    until_folders(&phone, (200, 1)).await;
    for (action, count) in [
        (AuditAction::WipeRequested, 2),
        (AuditAction::WipeCancelled, 1),
        (AuditAction::WipeSent, 2),
        (AuditAction::WipeFailed, 1),
        (AuditAction::WipeDone, 1),
    ] {
        assert_eq!(audited(&world, action).await.len(), count, "{action:?}");
    }
}

#[tokio::test]
async fn t54_an_account_is_wiped_where_the_phone_knows_how_and_a_phone_never_instead() {
    let world = world(|settings| settings).await;
    let mut old = phone_at(&world, ProtocolVersion::V14_1, "OLD");
    old.set_up().await;
    let told = device(&world, "wipe", &old, &["--account", "--yes"]).unwrap_err();
    assert!(told.contains("only 16.1"), "{told}");
    assert_eq!(folders(&mut old).await, (200, 1));

    let mut phone = phone_at(&world, ProtocolVersion::V16_1, "NEW");
    phone.set_up().await;
    device(&world, "wipe", &phone, &["--account", "--yes"]).unwrap();
    until_folders(&phone, (200, 140)).await;
    // The same device with an older version, say after an update went wrong: kept out, not erased.
    let mut older = phone_at(&world, ProtocolVersion::V14_1, "NEW");
    assert_eq!(folders(&mut older).await, (200, 129));
    let order = provision(&mut phone, &Request::default()).await;
    assert!(order.account_only_remote_wipe && !order.remote_wipe);
    let done = Request {
        account_only_remote_wipe: Some(1),
        ..Request::default()
    };
    let done = provision(&mut phone, &done).await;
    assert!(!done.account_only_remote_wipe && !done.remote_wipe);
    until_folders(&phone, (200, 129)).await;
}

#[tokio::test]
async fn t54_lost_state_wipes_nobody() {
    let mut world = world(|settings| settings).await;
    let mut phone = phone_at(&world, ProtocolVersion::V16_1, "PHONE");
    phone.set_up().await;
    device(&world, "wipe", &phone, &["--whole-device", "--yes"]).unwrap();
    until_folders(&phone, (200, 140)).await;
    world.server.terminate();
    for entry in std::fs::read_dir(world.server.state()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap();
        }
    }
    world.server.start();
    assert!(!provision(&mut phone, &Request::default()).await.remote_wipe);
    assert_eq!(
        folders(&mut phone).await,
        (200, folder_sync::status::INVALID_SYNC_KEY)
    );
    assert_eq!(folders(&mut phone).await, (200, 1));
}

async fn a_blocked_device_is_refused_a_removed_one_begins_anew(version: ProtocolVersion) {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 2).await;
    let mut phone = phone_at(&world, version, "BLOCKED");
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    device(&world, "block", &phone, &[]).unwrap();
    until_folders(&phone, said(version, 403, 129)).await;
    let refused = phone
        .command(CommandName::Provision, Request::default().write(version))
        .await;
    match refused {
        Err(trouble) => assert_eq!(trouble.http(), 403),
        Ok(answer) => assert_eq!(Response::read(&answer.body).unwrap().status, 129),
    }
    device(&world, "allow", &phone, &[]).unwrap();
    until_folders(&phone, (200, 1)).await;
    // Begin anew: every key is void, and all of it comes again.
    device(&world, "resync", &phone, &["--json"]).unwrap();
    until_folders(&phone, (200, folder_sync::status::INVALID_SYNC_KEY)).await;
    phone.memory.folder_key = "0".to_owned();
    phone.memory.collections.clear();
    phone.folder_sync().await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 2);
    device(&world, "remove", &phone, &[]).unwrap();
    until_folders(&phone, (200, folder_sync::status::INVALID_SYNC_KEY)).await;
    assert_eq!(audited(&world, AuditAction::DeviceRemoved).await.len(), 1);
    let unknown = admin(&world, &["device", "block", "alice@example.com", "nothing"]);
    assert!(unknown.unwrap_err().contains("airgate device list"));
}

/// Goes to the explaining inbox as a phone does, and gives the one mail in it.
pub(crate) async fn explained(phone: &mut Phone, inbox: &str) -> (String, String) {
    assert_eq!(phone.folder_names(), [inbox]);
    phone.sync_all(inbox).await;
    let held = phone.held(inbox);
    assert_eq!(held.items.len(), 1, "one mail");
    let mail = held.items.values().next().unwrap();
    let subject = mail.subject.clone().unwrap();
    let text = mail.body.as_ref().and_then(|body| body.data.clone());
    (subject, text.unwrap_or_default())
}

async fn a_phone_in_quarantine_reads_why_waits_and_comes_back_by_itself(version: ProtocolVersion) {
    let world = world(|settings| {
        settings.toml("[access]\nnew_devices = \"quarantine\"\n[heartbeat]\nmin = \"60s\"")
    })
    .await;
    world.fill("INBOX", 3).await;
    let before = logins(&world);
    let mut phone = phone_at(&world, version, "QUARANTINE");
    phone.set_up().await;
    let (subject, text) = explained(&mut phone, "Inbox").await;
    assert_eq!(subject, "This device is waiting for approval");
    assert!(text.contains("comes back by itself"), "{text}");
    // It may be read, flagged and deleted; nothing is sent.
    let item = phone.item("Inbox", &subject);
    phone.mark_read("Inbox", &item, true).await;
    let whole = phone.fetch_body("Inbox", &item, BodyType::Plain).await;
    assert!(whole.is_some_and(|whole| whole.contains("approve this device")));
    let estimate = phone.estimate("Inbox").await;
    assert_eq!(estimate.estimates[0].count, Some(0));
    let mime = b"From: alice@example.com\r\nTo: bob@example.com\r\n\r\nx\r\n";
    if version >= ProtocolVersion::V14_0 {
        assert_eq!(phone.try_send_mail("c1", mime).await.unwrap(), Some(130));
    }
    phone.settings().await;
    assert_eq!(phone.sync("Inbox").await.collections, []);

    // Pings wait, and end when it is let in.
    let mut held = phone.clone();
    let ping = tokio::spawn(async move { held.ping(&["Inbox"], 600).await.status });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!ping.is_finished());
    let released = Instant::now();
    device(&world, "allow", &phone, &[]).unwrap();
    assert_eq!(ping.await.unwrap(), ping::status::HIERARCHY_CHANGED);
    assert!(released.elapsed() < HEARD, "{:?}", released.elapsed());
    // Its keys are none of the real mailbox's: it begins anew, and has its mail.
    assert_eq!(
        folders(&mut phone).await,
        (200, folder_sync::status::INVALID_SYNC_KEY)
    );
    phone.folder_sync().await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 3);

    // And back: what it holds of its mail goes, with what a phone holds open.
    let mut held = phone.clone();
    let ping = tokio::spawn(async move { held.ping(&["INBOX"], 600).await.status });
    tokio::time::sleep(Duration::from_millis(300)).await;
    device(&world, "quarantine", &phone, &[]).unwrap();
    assert_eq!(ping.await.unwrap(), ping::status::HIERARCHY_CHANGED);
    let stale = phone.clone().sync("INBOX").await;
    let status = stale
        .status
        .unwrap_or_else(|| stale.collections[0].head.status);
    assert_eq!(status, sync::status::FOLDER_HIERARCHY_CHANGED, "{version}");
    assert_eq!(
        folders(&mut phone).await,
        (200, folder_sync::status::INVALID_SYNC_KEY)
    );
    phone.folder_sync().await;
    explained(&mut phone, "Inbox").await;
    assert_eq!(phone.surprises(), [""; 0]);
    // Only the phones' own mail was asked for.
    assert!(logins(&world).0 > before.0);
}

#[tokio::test]
async fn a_rule_decides_about_devices_nobody_decided_about() {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 1).await;
    admin(&world, &["device", "rule", "add", "block", "--type", "WP*"]).unwrap();
    let rule = admin(
        &world,
        &[
            "device",
            "rule",
            "add",
            "quarantine",
            "--model",
            "iOS*",
            "--json",
        ],
    )
    .unwrap();
    let rule: serde_json::Value = serde_json::from_str(&rule).unwrap();
    assert!(admin(&world, &["device", "rule", "add", "allow"]).is_err());
    let windows = world.new_phone(Profile::windows_phone(), &world.alice);
    until_folders(&windows, (200, 129)).await;
    // The model is only known when the phone has told it.
    let mut phone = world.new_phone(Profile::ios(), &world.alice);
    phone.profile.name = "iOS of the test";
    assert_eq!(folders(&mut phone).await, (200, 1));
    phone.provision().await;
    assert_eq!(
        folders(&mut phone).await,
        (200, folder_sync::status::INVALID_SYNC_KEY)
    );
    phone.folder_sync().await;
    explained(&mut phone, "Inbox").await;
    let mut android = world.new_phone(Profile::gmail(), &world.alice);
    android.set_up().await;
    let list = admin(&world, &["device", "list", "alice@example.com", "--json"]).unwrap();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let standings: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["standing"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        standings
            .iter()
            .any(|text| text.starts_with("blocked by rule")),
        "{standings:?}"
    );
    assert!(
        standings
            .iter()
            .any(|text| text.starts_with("quarantined by rule"))
    );
    assert!(standings.contains(&"by policy".to_owned()));
    let id = rule["id"].to_string();
    admin(&world, &["device", "rule", "remove", &id]).unwrap();
    until_folders(&phone, (200, folder_sync::status::INVALID_SYNC_KEY)).await;
}

/// A second factor of Alice's, as the portal would have made it.
pub(crate) async fn second_factor(world: &World) -> TotpSecret {
    let keys = ServerKeys::load(&world.server.state()).unwrap();
    let secret = TotpSecret::generate().unwrap();
    let sealed = secret.seal(&keys.vault, &alice()).unwrap();
    let store = store(world).await;
    let row = SecondFactorRow {
        user: alice(),
        key_id: keys.vault.id().to_owned(),
        sealed: sealed.clone(),
        created: 1,
        last_step: 0,
    };
    store.begin_factor(&row).await.unwrap();
    assert!(
        store
            .confirm_factor(&alice(), &sealed, 1, &[], 1)
            .await
            .unwrap()
    );
    secret
}

/// What the app shows now.
pub(crate) fn code(secret: &TotpSecret) -> String {
    let now = i64::try_from(mail::now()).unwrap();
    secret.code_at(now).expose_secret().to_owned()
}

#[tokio::test]
async fn t36_two_step_on_passcodes_in_mail_password_out() {
    let world = world(|settings| {
        settings
            .argument("--public-url")
            .argument("https://mail.example.com")
    })
    .await;
    world.fill("INBOX", 2).await;
    // Before: a phone on the mail password, in French.
    let profile = Profile::ios()
        .called("ONMAIL")
        .bodies(&[BodyPreference::of(BodyType::Html)]);
    let mut old = world.phone(profile).await;
    old.sync_all("INBOX").await;
    let mut held = old.clone();
    let ping = tokio::spawn(async move { held.ping(&["INBOX"], 600).await.status });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let secret = second_factor(&world).await;
    assert_eq!(ping.await.unwrap(), ping::status::HIERARCHY_CHANGED);
    until_folders(&old, (200, folder_sync::status::INVALID_SYNC_KEY)).await;
    let before = logins(&world);

    // Another phone with the right mail password: 401, and the mail server hears nothing.
    let mut stranger = world.new_phone(Profile::gmail().called("STRANGER"), &world.alice);
    assert_eq!(stranger.options().await.status, 401);
    assert_eq!(folders(&mut stranger).await, (401, 0));
    assert_eq!(logins(&world), before);
    let start = Instant::now();
    while audited(&world, AuditAction::LoginFailed).await.is_empty() {
        assert!(start.elapsed() < HEARD, "it is in the trail");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The phone that was in is told, in its own language, and the mail server hears nothing.
    let request = folder_sync::Request {
        sync_key: "0".to_owned(),
    };
    let mut french = old.prepare(
        &old.line(CommandName::FolderSync),
        request.write(old.version()),
    );
    set(
        &mut french.headers,
        "accept-language",
        "fr-ch,fr;q=0.9,en;q=0.5",
    );
    let answer = old.clone().send(&french).await.unwrap();
    let answer = folder_sync::Response::read(&answer.body).unwrap();
    let names: Vec<_> = answer.changes.unwrap().adds;
    assert_eq!(names[0].display_name, "Boîte de réception");
    old.memory.folder_key = "0".to_owned();
    old.memory.collections.clear();
    old.folder_sync().await;
    let (subject, text) = explained(&mut old, "Inbox").await;
    assert_eq!(subject, "This device needs a passcode now");
    assert!(text.contains("https://mail.example.com/account"), "{text}");
    assert!(text.contains("<html>"), "{text}");
    assert_eq!(logins(&world), before);

    // A passcode works.
    let passcode = world.server.passcode(&world.alice, &[]);
    let with = |secret: &str| User {
        password: secret.to_owned(),
        ..User::alice()
    };
    let mut coded = world.new_phone(Profile::outlook(), &with(&passcode.code));
    coded.set_up().await;
    coded.sync_all("INBOX").await;
    assert_eq!(coded.subjects("INBOX").len(), 2);
    // So does the mail password with the current code, on the phone it is first typed on.
    let typed = format!("{}{}", world.alice.password, code(&secret));
    let mut enrolled = world.new_phone(Profile::gmail().called("ENROLLED"), &with(&typed));
    enrolled.set_up().await;
    enrolled.sync_all("INBOX").await;
    assert_eq!(enrolled.subjects("INBOX").len(), 2);
    let mut thief = world.new_phone(Profile::ios().called("THIEF"), &with(&typed));
    assert_eq!(folders(&mut thief).await, (403, 0));
    // The old phone types its passcode: in, clean.
    let passcode = world.server.passcode(&world.alice, &[]);
    old.user.password.clone_from(&passcode.code);
    assert_eq!(
        folders(&mut old).await,
        (200, folder_sync::status::INVALID_SYNC_KEY)
    );
    old.folder_sync().await;
    old.sync_all("INBOX").await;
    assert_eq!(old.subjects("INBOX").len(), 2);
    assert_eq!(old.surprises(), [""; 0]);
    let report = admin(&world, &["user", "report", "--json"]).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report.as_array().unwrap().len(), 0, "{report}");
    // Keys exchanged meanwhile change nothing for anybody (C17).
    let rotated = admin(&world, &["rotate-key", "--json"]).unwrap();
    let rotated: serde_json::Value = serde_json::from_str(&rotated).unwrap();
    assert_eq!(rotated["factors_resealed"], 1, "{rotated}");
    // A round of the server, which takes the new keys.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for phone in [&mut old, &mut coded, &mut enrolled] {
        phone.folder_sync().await;
    }
    admin(&world, &["user", "factor-off", "alice@example.com"]).unwrap();
    let again = world.new_phone(Profile::gmail().called("STRANGER"), &world.alice);
    until_folders(&again, (200, 1)).await;
}

#[tokio::test]
async fn policies_come_in_layers_and_are_previewed() {
    let world = world(|settings| settings.toml("[policy]\ndevice_password = true")).await;
    let set = |arguments: &[&str]| {
        let mut all = vec!["policy", "set"];
        all.extend(arguments);
        admin(&world, &all)
    };
    set(&[
        "--domain",
        "example.com",
        "MinDevicePasswordLength=6",
        "AllowCamera=no",
    ])
    .unwrap();
    set(&["--class", "staff", "MinDevicePasswordLength=8", "devices=2"]).unwrap();
    admin(&world, &["user", "class", "alice@example.com", "staff"]).unwrap();
    for bad in [
        &["--everyone", "MinDevicePasswordLength=99"][..],
        &["--everyone", "AllowEverything=yes"],
        &["--everyone", "explain=perhaps"],
        &["--everyone", "AllowCamera"],
        &["AllowCamera=no"],
    ] {
        assert!(set(bad).is_err(), "{bad:?}");
    }
    let preview = admin(&world, &["policy", "preview", "alice@example.com"]).unwrap();
    for part in [
        "MinDevicePasswordLength",
        "8",
        "AllowCamera",
        "DevicePasswordEnabled",
    ] {
        assert!(preview.contains(part), "{preview}");
    }
    let old = ["policy", "preview", "alice@example.com", "--speaks", "12.0"];
    assert!(admin(&world, &old).unwrap().contains("not known to 12.0"));
    // The phone is asked just that, and asked anew when it changes.
    let mut phone = world.new_phone(Profile::ios(), &world.alice);
    let start = Instant::now();
    let document = loop {
        let ask = Request {
            policy: Some(airgate_codec::eas::provision::PolicyRequest {
                policy_type: airgate_codec::eas::provision::WBXML_POLICY.to_owned(),
                key: None,
                status: None,
            }),
            ..Request::default()
        };
        let response = provision(&mut phone, &ask).await;
        let data = response.policy.and_then(|policy| policy.data);
        let Some(airgate_codec::eas::provision::PolicyData::Document(document)) = data else {
            panic!("no policy");
        };
        if document.allow_camera.is_some() || start.elapsed() > HEARD {
            break document;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    use airgate_codec::eas::provision::Bound;
    assert_eq!(document.min_device_password_length, Some(Bound::At(8)));
    assert_eq!(document.allow_camera, Some(false));
    assert_eq!(document.device_password_enabled, Some(true));
    phone.provision().await;
    assert_eq!(folders(&mut phone).await, (200, 1));
    set(&["--user", "alice@example.com", "AllowCamera=yes"]).unwrap();
    until_folders(&phone, (200, 143)).await;
    phone.provision().await;
    assert_eq!(folders(&mut phone).await, (200, 1));
    // Two devices, as the class says.
    let mut second = world.phone(Profile::ios().called("SECOND")).await;
    second.folder_sync().await;
    let mut third = world.new_phone(Profile::ios().called("THIRD"), &world.alice);
    assert_eq!(folders(&mut third).await, (200, 177));
    // Of Bob nothing of the class is asked.
    let shown = admin(&world, &["policy", "show", "bob@example.com", "--json"]).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["device"]["MinDevicePasswordLength"], "6", "{shown}");
    assert_eq!(shown["access"]["devices"], 20);
    let audit = admin(&world, &["audit", "--action", "policy-changed", "--json"]).unwrap();
    assert_eq!(audit.lines().count(), 3, "{audit}");
    admin(&world, &["policy", "unset", "--class", "staff", "devices"]).unwrap();
    let list = admin(&world, &["policy", "list"]).unwrap();
    assert!(!list.contains("devices"), "{list}");
    assert!(
        admin(&world, &["policy", "settings"])
            .unwrap()
            .lines()
            .count()
            > 45
    );
    assert!(admin(&world, &["user", "list"]).unwrap().contains("staff"));
}
