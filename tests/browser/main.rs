//! The portal in a real browser: a real Airgate in front of a real mail server, and Chromium walked by
//! `walk.mjs` as a person would walk. `scripts/test browser` runs it; it needs Node.js, its packages,
//! Chromium, zbarimg and oathtool, so the ordinary test run leaves it out.
//!
//! Pictures of all pages land in `target/browser`, for people to look at.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
// The rig offers more than these tests use.
#![allow(dead_code, unreachable_pub, unused_imports)]

#[path = "../support/support.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Class;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::ping;
use airgate_codec::wbxml::tasks;
use support::backend::dav::DavKind;
use support::backend::{Kind, User};
use support::phone::{Profile, object_deleted};
use support::process::{RunDir, run};
use support::tls::Certificate;
use support::world::World;

/// A world for a walk.
async fn world(only_passcodes: bool) -> (World, RunDir) {
    let dir = RunDir::new("signing");
    let signing = Certificate::make(&dir);
    let toml = format!(
        "[portal]\nname = \"Example Mail\"\nadmins = [\"bob@example.com\"]\n\
         profile_cert = {:?}\nprofile_key = {:?}",
        signing.certificate, signing.key
    );
    let world = World::start_with(Kind::Dovecot, |settings| {
        let settings = settings.tls().toml(&toml);
        match only_passcodes {
            true => settings.only_passcodes(),
            false => settings,
        }
    })
    .await;
    (world, dir)
}

/// A world in which a phone deleted a calendar entry and two people, and changed a task.
async fn careless_phone() -> World {
    let toml = "[portal]\nname = \"Example Mail\"";
    let world = World::with_dav_and(DavKind::Radicale, |settings| settings.tls().toml(toml)).await;
    let (other, dav) = (world.dav_client(), world.dav());
    let calendar = |kind: &str, more: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:{kind}\r\nUID:{kind}\r\n\
             DTSTAMP:20260101T000000Z\r\n{more}\r\nEND:{kind}\r\nEND:VCALENDAR\r\n"
        )
    };
    let event = "SUMMARY:Dinner with Grandmother\r\nDTSTART:20300402T183000Z\r\n\
                 DTEND:20300402T200000Z\r\nLOCATION:Gasthaus zur Linde\\, Hauptstraße 12";
    let place = dav.calendar(&world.alice);
    other
        .put(&format!("{place}e.ics"), &calendar("VEVENT", event))
        .await;
    let place = dav.tasks(&world.alice);
    let task = "SUMMARY:Hand in the tax return\r\nDUE;VALUE=DATE:20300531";
    other
        .put(&format!("{place}t.ics"), &calendar("VTODO", task))
        .await;
    for (uid, name, mail) in [
        ("ada", "Ada Byron", "ada@example.com"),
        (
            "long",
            "Dr. Maximiliane Freifrau von und zu Oberstdorf-Unterwössen",
            "max@example.com",
        ),
    ] {
        let card = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n\
             EMAIL:{mail}\r\nTEL:+49 8322 123456\r\nEND:VCARD\r\n"
        );
        let path = format!("{}{uid}.vcf", dav.contacts(&world.alice));
        other.put(&path, &card).await;
    }
    let mut phone = world
        .phone(Profile::ios().speaking(ProtocolVersion::V14_1))
        .await;
    for kind in [
        FolderType::Calendar,
        FolderType::Contacts,
        FolderType::Tasks,
    ] {
        let folder = phone.folder(kind);
        phone.sync_all(&folder).await;
        let ids: Vec<String> = phone.objects(&folder).into_keys().collect();
        match kind {
            FolderType::Tasks => {
                phone
                    .edit_object(&folder, &ids[0], tasks::SUBJECT, "Hand in")
                    .await;
            }
            _ => {
                let gone = ids.iter().map(|id| object_deleted(id)).collect();
                phone.do_in(&folder, gone).await;
            }
        }
    }
    world
}

/// Runs a walk on the thread of the test, whose servers go on meanwhile.
fn walks(world: &World, name: &str, more: &[(&str, &str)]) -> serde_json::Value {
    tokio::task::block_in_place(|| walk(world, name, more))
}

/// Where the pictures go.
fn pictures() -> PathBuf {
    let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../browser");
    std::fs::create_dir_all(&pictures).unwrap();
    pictures
}

/// Runs one walk of `walk.mjs`; gives what it found out.
fn walk(world: &World, name: &str, more: &[(&str, &str)]) -> serde_json::Value {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let mut command = Command::new("node");
    command
        .current_dir(&here)
        .arg("walk.mjs")
        .arg(name)
        .env(
            "PORTAL",
            format!("https://localhost:{}", world.server.address().port()),
        )
        .env("PICTURES", pictures())
        .env("USER_NAME", &world.alice.name)
        .env("USER_PASSWORD", &world.alice.password);
    for (name, value) in more {
        command.env(name, value);
    }
    let output = command.output().expect("node");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{text}\n{errors}\n{}",
        world.server.log()
    );
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    serde_json::from_str(result.unwrap_or("null")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: scripts/test browser"]
async fn a_person_sets_up_two_steps_and_a_phone() {
    let (world, signing) = world(true).await;
    let found = walks(&world, "first", &[]);
    let word = |name: &str| found[name].as_str().expect(name).to_owned();

    // The profile is what Apple wants, and its signature holds.
    let profile = pictures().join("mail.mobileconfig");
    let plain = pictures().join("mail.plist");
    let certificate = signing.path().join("certificate.pem");
    let mut verify = Command::new("openssl");
    verify
        .args(["cms", "-verify", "-inform", "DER", "-purpose", "any", "-in"])
        .arg(&profile)
        .arg("-CAfile")
        .arg(certificate)
        .arg("-out")
        .arg(&plain);
    run(&mut verify);
    let script = "import plistlib, sys\n\
        a = plistlib.load(open(sys.argv[1], 'rb'))['PayloadContent'][0]\n\
        assert a['PayloadType'] == 'com.apple.eas.account' and a['SSL'] is True\n\
        print(a['Host'], a['UserName'], a['EmailAddress'], a['Password'])";
    let read = run(Command::new("python3").arg("-c").arg(script).arg(&plain));
    let filled: Vec<&str> = read.split_whitespace().collect();
    let name = world.alice.name.as_str();
    let host = format!("localhost:{}", world.server.address().port());
    assert_eq!(filled, [host.as_str(), name, name, &word("passcode")]);

    // The phone comes in with the passcode, never with the mail password (T36).
    let mut wrong = world.new_phone(Profile::ios(), &world.alice);
    assert!(wrong.try_folder_sync().await.is_err());
    // What the profile fills in is what the phone signs in with.
    let owner = User {
        name: filled[1].to_owned(),
        password: filled[3].to_owned(),
    };
    let mut phone = world.new_phone(Profile::ios(), &owner);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    let mut held = phone.clone();
    let request = ping::Request {
        heartbeat: Some(600),
        folders: Some(vec![ping::Folder {
            id: phone.id("INBOX"),
            class: Some(Class::Email),
        }]),
    };
    let ping = tokio::spawn(async move {
        let ended = held.try_ping(&request).await;
        (ended, SystemTime::now())
    });

    let used = found["used"].to_string();
    let device = phone.profile.device_id.to_lowercase();
    let app = [
        ("APP_URI", word("uri")),
        ("APP_USED", used),
        ("DEVICE_ID", device),
    ];
    let app: Vec<(&str, &str)> = app
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let found = walks(&world, "second", &app);
    // The Ping that was held ends within five seconds (T46), and nothing gets in any more.
    let (ended, at) = ping.await.unwrap();
    let at = at.duration_since(UNIX_EPOCH).unwrap().as_millis();
    let late = at.saturating_sub(u128::from(found["revoked"].as_u64().unwrap()));
    assert!(late < 5_000, "{late} ms after it was revoked");
    assert_eq!(ended.unwrap_err().http(), 401);
    assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 401);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: scripts/test browser"]
async fn every_page_fits_every_screen_and_is_read_by_everyone() {
    let world = careless_phone().await;
    let mut phone = world.phone(Profile::blackberry()).await;
    phone.sync_all("INBOX").await;
    world.server.passcode(&world.alice, &["--expires", "90d"]);
    let device = phone.profile.device_id.to_lowercase();
    walks(&world, "shapes", &[("DEVICE_ID", &device)]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: scripts/test browser"]
async fn what_is_wrong_is_said_so_that_people_know_what_to_do() {
    let (world, _signing) = world(false).await;
    walks(&world, "troubles", &[]);
    // Nobody listens at that port.
    let toml = "[portal]\nname = \"Example Mail\"";
    let down = World::start_with(Kind::Dovecot, |settings| {
        settings.tls().imap("imap://127.0.0.1:9").toml(toml)
    })
    .await;
    walks(&down, "down", &[]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: scripts/test browser"]
async fn the_main_job_is_done_with_the_keyboard_alone() {
    let (world, _signing) = world(false).await;
    walks(&world, "keyboard", &[]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: scripts/test browser"]
async fn a_person_undoes_what_a_phone_did() {
    let world = careless_phone().await;
    walks(&world, "undo", &[]);
    let dav = world.dav();
    let back = world.dav_client();
    assert_eq!(back.list(&dav.contacts(&world.alice)).await.len(), 2);
    assert_eq!(back.list(&dav.calendar(&world.alice)).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: scripts/test browser"]
async fn it_works_without_scripts() {
    let (world, _signing) = world(false).await;
    walks(&world, "bare", &[]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: scripts/test browser"]
async fn an_administrator_looks_around() {
    let (world, _signing) = world(false).await;
    let mut phone = world.phone(Profile::gmail()).await;
    phone.sync_all("INBOX").await;
    let mut waiting = world.phone(Profile::ios().called("WAITS")).await;
    waiting.folder_sync().await;
    let verb = |arguments: &[&str]| {
        let output = world.server.verb_with(arguments, "");
        assert!(output.status.success(), "{output:?}");
    };
    let device = waiting.profile.device_id.as_str();
    verb(&["device", "quarantine", &world.alice.name, device]);
    verb(&[
        "policy",
        "set",
        "--everyone",
        "phone-secret=until-second-factor",
        "MinDevicePasswordLength=6",
        "AllowCamera=no",
        "RequireDeviceEncryption=yes",
        "MaxInactivityTimeDeviceLock=300",
    ]);
    world.server.passcode(&world.alice, &[]);
    let bob = User::new("bob@example.com");
    let admin = [
        ("ADMIN_NAME", bob.name.as_str()),
        ("ADMIN_PASSWORD", bob.password.as_str()),
    ];
    walks(&world, "admin", &admin);
}
