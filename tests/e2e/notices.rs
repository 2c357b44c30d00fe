//! Letters about what happened to an account (C16): each event, in the user's language, and a
//! submission server that is down for a while.

use std::time::Duration;

use crate::portal::{recovery_codes, switch_on};
use crate::support::backend::{Kind, User};
use crate::support::phone::Profile;
use crate::support::server::Settings;
use crate::support::smtp::{Fault, Received};
use crate::support::surfer::Surfer;
use crate::support::world::World;

/// A world whose letters are sent by Bob.
async fn world(adjust: impl FnOnce(Settings) -> Settings) -> (World, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let bob = User::new("bob@example.com");
    let secret = directory.path().join("secret");
    std::fs::write(&secret, &bob.password).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o400);
    std::fs::set_permissions(&secret, mode).unwrap();
    let toml = format!(
        "[notices]\nsender = \"{}\"\nsecret = \"{}\"",
        bob.name,
        secret.display()
    );
    let world = World::start_with(Kind::Dovecot, |settings| {
        let settings = settings
            .variable("AIRGATE_NOTICES_ENABLED", "true")
            .argument("--public-url")
            .argument("https://mail.example.com");
        adjust(settings.toml(&toml))
    })
    .await;
    (world, directory)
}

/// Subject and text of a letter.
fn read(mail: &Received) -> (String, String) {
    let read = mail_parser::MessageParser::new()
        .parse(&mail.message)
        .unwrap();
    let text = read.body_text(0).unwrap_or_default().into_owned();
    (read.subject().unwrap_or_default().to_owned(), text)
}

/// Waits for a letter with this subject among the first so many; gives its text.
async fn letter(world: &World, subject: &str) -> String {
    for count in 1..20 {
        let mails = world.smtp.wait_for(count).await;
        if let Some((_, text)) = mails.iter().map(read).find(|(told, _)| told == subject) {
            return text;
        }
    }
    panic!("no letter \"{subject}\"");
}

#[tokio::test]
async fn c16_everything_about_the_account_is_told_in_the_users_language() {
    let (world, _directory) = world(|settings| settings).await;
    // The language is the one she chose at the portal.
    let mut surfer = Surfer::new(world.server.address());
    surfer
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    let french = [("language", "fr"), ("to", "/account")];
    surfer.send("/account/language", &french).await;
    // A phone that nobody ever saw, with the mail password alone; what is done at the portal.
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let (_, codes) = switch_on(&mut surfer, &world.alice.password).await;
    surfer.open("/account/passcodes/new").await;
    let once = surfer.between("name=\"once\" value=\"", "\"");
    let fields = [
        ("once", once.as_str()),
        ("name", "Mon téléphone"),
        ("mail", "1"),
        ("expires", "never"),
    ];
    surfer.send("/account/passcodes/new", &fields).await;
    let secret = surfer.between("id=\"passcode\">", "<");
    surfer.send("/account/two-step/recovery", &[]).await;
    let fresh = recovery_codes(&surfer);
    assert_ne!(fresh, codes);
    let mut elsewhere = Surfer::new(world.server.address());
    elsewhere
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    elsewhere
        .send("/account/sign-in/recovery", &[("code", &fresh[0])])
        .await;
    surfer.send("/account/two-step/off", &[]).await;

    let told = |subject: &'static str| letter(&world, subject);
    let text = told("Un nouvel appareil utilise votre messagerie").await;
    let device = phone.profile.device_id.to_lowercase();
    for part in [
        "pour la première fois avec votre mot de passe",
        "Depuis\u{a0}: 127.0.0.1",
        &device,
        "https://mail.example.com/account",
    ] {
        assert!(text.contains(part), "no {part}: {text}");
    }
    let text = told("La validation en deux étapes est activée").await;
    assert!(
        text.contains("désormais besoin d’un code d’accès"),
        "{text}"
    );
    let text = told("Un nouveau code d’accès a été créé").await;
    assert!(text.contains("Code d’accès\u{a0}: Mon téléphone"), "{text}");
    told("De nouveaux codes de secours ont été créés").await;
    told("Un code de secours a été utilisé").await;
    told("La validation en deux étapes est désactivée").await;
    for mail in world.smtp.received() {
        let (_, text) = read(&mail);
        let secrets = [&secret, &fresh[0], &world.alice.password];
        for secret in secrets {
            assert!(!text.contains(secret.as_str()), "a secret in a letter");
        }
    }
    assert_eq!(world.smtp.client_faults(), [""; 0]);
}

/// Nobody waits for a mail server that is down; the letter goes when it is back, once.
#[tokio::test]
async fn c16_a_submission_server_that_is_down_delays_a_letter_and_nothing_else() {
    let (world, _directory) = world(|settings| settings.only_passcodes()).await;
    world.smtp.next_goes_wrong(Fault::Greeting);
    let start = std::time::Instant::now();
    let passcode = world.server.passcode(&world.alice, &[]);
    assert!(start.elapsed() < Duration::from_secs(2), "it waited");
    let arrived = async {
        while world.smtp.received().is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived)
        .await
        .expect("the letter goes in the end");
    let mails = world.smtp.received();
    assert_eq!(mails.len(), 1);
    let (subject, text) = read(&mails[0]);
    assert_eq!(subject, "A new passcode was made");
    assert!(text.contains("From: the mail server itself"), "{text}");
    assert!(!text.contains(&passcode.code));
    let log = world.server.log();
    assert!(
        log.contains("a notice could not be sent; it is tried again"),
        "{log}"
    );
}
