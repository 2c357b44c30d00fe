//! Passcodes and devices by way of the portal, with a phone at the other end.

use std::process::Command;

use super::{alice, switch_on, world};
use crate::support::backend::User;
use crate::support::other_client::OtherClient;
use crate::support::phone::Profile;
use crate::support::process::RunDir;
use crate::support::surfer::Surfer;
use crate::support::world::World;

/// Makes a passcode in the portal; gives it and the link to its profile.
async fn make(surfer: &mut Surfer, name: &str) -> (String, String) {
    surfer.open("/account/passcodes/new?for=iphone").await;
    let once = surfer.between("name=\"once\" value=\"", "\"");
    let fields = [
        ("once", once.as_str()),
        ("name", name),
        ("mail", "1"),
        ("send", "1"),
        ("calendar", "1"),
        ("expires", "90"),
        ("for", "iphone"),
    ];
    surfer.send("/account/passcodes/new", &fields).await;
    let code = surfer.between("id=\"passcode\">", "<");
    let link = surfer.between("<a href=\"https://portal.test", "\"");
    (code, link)
}

#[tokio::test]
async fn a_phone_is_set_up_shown_and_shut_out_by_its_owner() {
    let world = World::start_with(crate::support::backend::Kind::Dovecot, |settings| {
        settings.only_passcodes()
    })
    .await;
    let mut surfer = alice(&world).await;
    let (mut app, _) = switch_on(&mut surfer, &world.alice.password).await;
    let (code, _) = make(&mut surfer, "My iPhone").await;

    // T36: the mail password is worth nothing on a phone.
    let mut with_password = world.new_phone(Profile::ios(), &world.alice);
    assert!(with_password.try_folder_sync().await.is_err());
    let owner = User {
        name: world.alice.name.clone(),
        password: code,
    };
    let mut phone = world.new_phone(Profile::ios(), &owner);
    phone.set_up().await;
    phone.sync_all("INBOX").await;

    surfer.open("/account/devices").await;
    assert!(surfer.page.contains("mail folders (1)"), "{}", surfer.page);
    assert!(surfer.page.contains("My iPhone"), "{}", surfer.page);
    surfer.open("/account/passcodes").await;
    assert!(surfer.page.contains("in use"), "{}", surfer.page);

    let id = surfer.between("/account/passcodes/", "/rename");
    let id = id.rsplit('/').next().unwrap().to_owned();
    surfer
        .send(
            &format!("/account/passcodes/{id}/rename"),
            &[("name", "Work phone")],
        )
        .await;
    assert!(surfer.page.contains("Work phone"));
    surfer
        .send(&format!("/account/passcodes/{id}/revoke"), &[])
        .await;
    assert!(surfer.page.contains("is revoked"));
    let mut out = false;
    for _ in 0..80 {
        out = phone.try_folder_sync().await.is_err();
        if out {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(out, "T46: shut out");

    // The device itself: removed, behind a proof.
    surfer.open("/account/devices").await;
    let device = surfer.between("href=\"/account/devices/", "/");
    let remove = format!("/account/devices/{device}/remove");
    surfer.open(&remove).await;
    if surfer.at.starts_with("/account/confirm") {
        let code = app.code().await;
        surfer
            .send("/account/confirm", &[("code", &code), ("to", &remove)])
            .await;
    }
    surfer.send(&remove, &[]).await;
    assert!(
        surfer.page.contains("No device has used your account"),
        "{}",
        surfer.page
    );
}

#[tokio::test]
async fn a_passcode_is_shown_once_and_its_link_works_once() {
    let world = world().await;
    let mut surfer = alice(&world).await;
    surfer.open("/account/passcodes/new").await;
    let once = surfer.between("name=\"once\" value=\"", "\"");
    let fields = [
        ("once", once.as_str()),
        ("name", "Tablet"),
        ("mail", "1"),
        ("expires", "never"),
    ];
    surfer.send("/account/passcodes/new", &fields).await;
    let code = surfer.between("id=\"passcode\">", "<");
    let link = surfer.between("<a href=\"https://portal.test", "\"");
    // A reload sends the form again: no second passcode, and the first is not shown again.
    surfer.send("/account/passcodes/new", &fields).await;
    assert!(surfer.page.contains("was shown already"), "{}", surfer.page);
    assert!(!surfer.page.contains(&code) && surfer.page.contains("1 of at most 25"));
    for (name, wrong) in [("", "1 to 64"), ("x", "at least one")] {
        surfer.open("/account/passcodes/new").await;
        let once = surfer.between("name=\"once\" value=\"", "\"");
        let mail = if name.is_empty() { "mail" } else { "send" };
        let fields = [
            ("once", once.as_str()),
            ("name", name),
            (mail, "1"),
            ("expires", "never"),
        ];
        let answer = surfer.send("/account/passcodes/new", &fields).await;
        assert_eq!(answer.status, 422);
        assert!(surfer.page.contains(wrong), "{}", surfer.page);
    }

    // The phone is another browser; looking does not use the link up.
    let mut phone = Surfer::new(world.server.address());
    for _ in 0..3 {
        assert_eq!(phone.open(&link).await.status, 200);
    }
    let profile = phone.send(&link, &[]).await;
    assert_eq!(
        profile.all("content-type"),
        ["application/x-apple-aspen-config"]
    );
    let text = profile.text();
    let dir = RunDir::new("profile");
    let path = dir.write("mail.mobileconfig", &text);
    let script = "import plistlib, sys\n\
        p = plistlib.load(open(sys.argv[1], 'rb'))\n\
        a = p['PayloadContent'][0]\n\
        assert p['PayloadType'] == 'Configuration' and p['PayloadVersion'] == 1\n\
        assert a['PayloadType'] == 'com.apple.eas.account' and a['SSL'] is True\n\
        print(a['Host'], a['UserName'], a['EmailAddress'], a['Password'])";
    let read =
        crate::support::process::run(Command::new("python3").arg("-c").arg(script).arg(&path));
    let (user, host) = (&world.alice.name, "portal.test");
    assert_eq!(read.trim(), format!("{host} {user} {user} {code}"));
    let mut late = phone.clone();
    assert_eq!(phone.open(&link).await.status, 410);
    assert_eq!(late.send(&link, &[]).await.status, 410, "once is once");
    assert_eq!(late.open("/account/link/AAAA").await.status, 410);
}

/// C5: the portal needs no passcode at hand to put a new mail password behind all of them.
#[tokio::test]
async fn c5_a_sign_in_with_a_changed_mail_password_brings_all_phones_back() {
    use crate::support::backend::{Backend, dovecot};
    let users = [User::alice()];
    let dovecot = Backend::Dovecot(dovecot::Settings::new(&users).start());
    let mut world = World::around(dovecot, &users, |settings| settings.only_passcodes()).await;
    let mut phones = Vec::new();
    for profile in [Profile::ios(), Profile::gmail()] {
        let passcode = world.server.passcode(&world.alice, &[]);
        let owner = User {
            password: passcode.code,
            ..world.alice.clone()
        };
        let mut phone = world.new_phone(profile, &owner);
        phone.set_up().await;
        phones.push(phone);
    }
    world.alice.password = "a-new-one".to_owned();
    let Backend::Dovecot(dovecot) = &world.backend else {
        panic!("it is Dovecot");
    };
    dovecot.set_users(std::slice::from_ref(&world.alice));
    // Dovecot looks at its file once in a second.
    let login = format!(
        "LOGIN \"{}\" \"{}\"",
        world.alice.name, world.alice.password
    );
    loop {
        let mut client = OtherClient::connect(world.backend.imap()).await;
        if client.try_command(&login).await.tagged.starts_with("OK") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Nothing of before is remembered: the stored password is refused.
    world.server.kill_nine();
    world.server.start();
    for phone in &mut phones {
        assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 503);
    }
    let surfer = alice(&world).await;
    assert_eq!(surfer.at, "/account");
    for phone in &mut phones {
        let back = async {
            while phone.try_folder_sync().await.is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        let patience = std::time::Duration::from_secs(6);
        tokio::time::timeout(patience, back)
            .await
            .expect("back within 5 s");
    }
}

#[tokio::test]
async fn c2_there_can_be_twenty_five_passcodes_or_what_the_operator_says() {
    let toml = "[portal]\npasscodes = 2";
    let world = World::start_with(crate::support::backend::Kind::Dovecot, |settings| {
        settings.toml(toml)
    })
    .await;
    let mut surfer = alice(&world).await;
    make(&mut surfer, "one").await;
    make(&mut surfer, "two").await;
    surfer.open("/account/passcodes/new").await;
    assert!(
        surfer.page.contains("You have 2 passcodes"),
        "{}",
        surfer.page
    );
    surfer.open("/account/passcodes").await;
    surfer.send("/account/passcodes/revoke-all", &[]).await;
    assert!(surfer.page.contains("0 of at most 2"), "{}", surfer.page);
    make(&mut surfer, "three").await;
}

#[tokio::test]
async fn t54_a_device_is_wiped_only_by_its_owner_with_a_proof_and_its_name() {
    let world = world().await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let mut surfer = alice(&world).await;
    surfer.open("/account/devices").await;
    let device = surfer.between("href=\"/account/devices/", "/");
    let wipe = format!("/account/devices/{device}/wipe");
    surfer.open(&wipe).await;
    let kind = surfer.between("Type ", " to confirm");
    let answer = surfer.send(&wipe, &[("kind", "something")]).await;
    assert!(
        answer.text().contains("Nothing was erased"),
        "{}",
        surfer.page
    );
    surfer.open("/account/devices").await;
    assert!(!surfer.page.contains("is being erased"));
    surfer.open(&wipe).await;
    surfer.send(&wipe, &[("kind", &kind)]).await;
    assert!(surfer.page.contains("is being erased"), "{}", surfer.page);
    let cancel = format!("/account/devices/{device}/cancel-wipe");
    surfer.open(&cancel).await;
    surfer.send(&cancel, &[]).await;
    assert!(surfer.page.contains("withdrawn"), "{}", surfer.page);
    // T13: to Bob it is not there.
    let mut bob = Surfer::new(world.server.address());
    bob.sign_in("bob@example.com", "secret-of-bob").await;
    for action in ["wipe", "block", "remove", "resync"] {
        let path = format!("/account/devices/{device}/{action}");
        assert_eq!(bob.open(&path).await.status, 404, "{action}");
        let form = [("kind", kind.as_str())];
        assert_eq!(bob.send(&path, &form).await.status, 404, "{action}");
    }
}
