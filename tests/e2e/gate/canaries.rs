//! Secrets that are easy to recognise go through everything at the loudest log level, and are found
//! nowhere but where they belong (T48): not in the log, the database, another page, an answer of the
//! command line, in none of the forms in which they travel.

use std::fmt::Write as _;
use std::path::Path;

use airgate::store::AuditAction;
use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::request_line::CommandName;
use memchr::memmem;

use super::{audited, dovecot, phone_with};
use crate::portal::{App, switch_on};
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::backend::{Backend, User, dovecot as dovecots};
use crate::support::phone::{Phone, Profile};
use crate::support::server::Settings;
use crate::support::surfer::Surfer;
use crate::support::world::World;

/// All forms in which a secret could stand somewhere, in lower case.
fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let bytes = secret.as_bytes();
    let (mut hex, mut percent, mut list) = (String::new(), String::new(), String::new());
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
        let _ = write!(percent, "%{byte:02x}");
        let _ = write!(list, "{byte}, ");
    }
    // As a form writes it: only what must be is encoded.
    let form = bytes.iter().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                text.push(char::from(*byte));
            }
            other => {
                let _ = write!(text, "%{other:02x}");
            }
        }
        text
    });
    let mut forms = vec![
        secret.to_owned(),
        hex,
        percent,
        form,
        list.trim_end_matches(", ").to_owned(),
        secret.chars().rev().collect(),
        format!("{secret:?}").trim_matches('"').to_owned(),
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
    forms.iter().map(|form| form.to_lowercase()).collect()
}

/// Where a secret might have been left.
pub(crate) struct Places(Vec<(String, Vec<u8>)>);

impl Places {
    /// The log and everything in the state directory but the keys.
    pub(crate) fn of(world: &World) -> Self {
        let mut places = Self(Vec::new());
        places.add("the log", world.server.log().as_bytes());
        places.add_files(&world.server.state());
        assert!(places.0.len() > 1, "there is a database");
        places
    }

    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) {
        self.0.push((name.to_owned(), bytes.to_ascii_lowercase()));
    }

    fn add_files(&mut self, directory: &Path) {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let bytes = std::fs::read(&path).expect("a file");
                self.add(&path.display().to_string(), &bytes);
            } else if path.file_name().is_some_and(|name| name != "keys") {
                self.add_files(&path);
            }
        }
    }

    /// # Panics
    /// When one of the secrets stands somewhere.
    pub(crate) fn hold_none_of(&self, secrets: &[&str]) {
        for secret in secrets {
            assert!(secret.len() > 8, "{secret}: too short to be recognised");
            for form in forms(secret) {
                for (place, bytes) in &self.0 {
                    if let Some(at) = memmem::find(bytes, form.as_bytes()) {
                        let around = &bytes[at.saturating_sub(200)..(at + 100).min(bytes.len())];
                        panic!("{form} in {place}: {}", String::from_utf8_lossy(around));
                    }
                }
            }
        }
    }
}

/// At the loudest.
pub(crate) fn loud(settings: Settings) -> Settings {
    settings.argument("--log").argument("trace")
}

fn canaries() -> [User; 2] {
    let user = |name: &str, password: &str| User {
        name: name.to_owned(),
        password: password.to_owned(),
    };
    [
        user("alice@example.com", "c4n/ary+Mail!Password=77"),
        user("bob@example.com", "C4nary\"of\\Bob&{9}"),
    ]
}

/// Alice with another secret in her phone.
fn with(secret: &str) -> User {
    User {
        password: secret.to_owned(),
        ..User::alice()
    }
}

/// What a phone does in its life, and what goes wrong in it.
async fn a_life(phone: &mut Phone) {
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "Mail number 1");
    phone.mark_read("INBOX", &item, true).await;
    phone.fetch_body("INBOX", &item, BodyType::Plain).await;
    phone.settings().await;
    let calendar = phone.memory.folder_of(FolderType::Calendar).cloned();
    if let Some(calendar) = calendar {
        phone.sync_all(&calendar.display_name).await;
    }
    let mime = b"From: alice@example.com\r\nTo: bob@example.com\r\nSubject: x\r\n\r\nx\r\n";
    if phone.version() >= ProtocolVersion::V14_0 {
        let _ = phone.try_send_mail("client-1", mime).await;
    }
    let mut other = phone.clone();
    "stranger".clone_into(&mut other.profile.device_id);
    let _ = other.try_folder_sync().await;
    let line = phone.line(CommandName::Sync);
    let junk = phone.prepare(&line, b"junk".to_vec());
    phone.send(&junk).await.expect("an answer");
    // A secret in the wrong place is one all the same: in the name, in the query.
    let mut confused = phone.clone();
    confused.user.name = "somebody@example.com".to_owned();
    let _ = confused.try_folder_sync().await;
}

#[tokio::test]
async fn t48_canaries_of_phones_are_found_nowhere() {
    let users = canaries();
    let alice = &users[0];
    let backend = Backend::Dovecot(dovecots::Settings::new(&users).start());
    let dav = DavServer::start(DavKind::Radicale, &users, None).await;
    let world = World::around_dav(backend, dav, &users, loud).await;
    world.fill("INBOX", 3).await;
    let passcode = world.server.passcode(alice, &[]);
    for (profile, secret) in [
        (Profile::gmail(), passcode.code.as_str()),
        (Profile::outlook(), alice.password.as_str()),
        (Profile::old_phone().keeps_all(), alice.password.as_str()),
    ] {
        a_life(&mut world.new_phone(profile, &with(secret))).await;
    }
    // A mail password with a code behind it, right and wrong.
    let factor = crate::standing::second_factor(&world).await;
    // Once the factor is known; a string that was wrong once never becomes right.
    let plain = world.new_phone(Profile::ios().called("PLAIN"), alice);
    let heard = async {
        while plain.options().await.status != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(8), heard)
        .await
        .expect("the factor is known within 5 s");
    let typed = format!("{}{}", alice.password, crate::standing::code(&factor));
    let mut enrolled = world.new_phone(Profile::ios().called("ENROLLED"), &with(&typed));
    enrolled.folder_sync().await;
    let wrong = format!("{}000000", alice.password);
    for secret in [wrong.as_str(), "Wr0ng-Guess-Of-Somebody"] {
        let _ = world
            .new_phone(Profile::ios(), &with(secret))
            .try_folder_sync()
            .await;
    }
    // The mail server changes its mind.
    dovecot(&world).kick(alice);
    dovecot(&world).set_users(&[User::new(&alice.name)]);
    let _ = phone_with(&world, Profile::gmail(), &passcode)
        .try_folder_sync()
        .await;
    audited(&world, AuditAction::PasscodeFirstUsed).await;
    assert!(
        world.server.log().contains("DEBUG"),
        "the log is at its loudest"
    );
    let mut places = Places::of(&world);
    for verb in [
        &["passcode", "list", alice.name.as_str()][..],
        &["device", "list", "--json"],
        &["user", "report"],
        &["audit", "--json"],
        &["check-config"],
        &["vault", "reseal", alice.name.as_str()],
    ] {
        let output = world
            .server
            .verb_with(verb, &format!("{}\n", alice.password));
        places.add(&verb.join(" "), &output.stdout);
        places.add(&verb.join(" "), &output.stderr);
    }
    let bare = passcode.code.replace('-', "");
    places.hold_none_of(&[
        &alice.password,
        &passcode.code,
        &bare,
        "Wr0ng-Guess-Of-Somebody",
        &factor_text(&factor),
    ]);
    // The test can fail: what does stand there is found.
    let found = std::panic::catch_unwind(|| places.hold_none_of(&["alice@example.com"]));
    assert!(found.is_err());
}

fn factor_text(factor: &airgate::gate::second_factor::TotpSecret) -> String {
    use secrecy::ExposeSecret as _;
    factor.grouped().expose_secret().replace(' ', "")
}

#[tokio::test]
async fn t48_canaries_of_browsers_are_found_nowhere() {
    let users = canaries();
    let [alice, bob] = &users;
    let backend = Backend::Dovecot(dovecots::Settings::new(&users).start());
    let world = World::around(backend, &users, |settings| {
        loud(settings).toml("[portal]\nadmins = [\"bob@example.com\"]")
    })
    .await;
    let server = world.server.address();
    let mut surfer = Surfer::new(server);
    surfer.sign_in(&alice.name, "Wr0ng-Guess-Of-Somebody").await;
    let mut pages = vec![surfer.page.clone()];
    surfer.sign_in(&alice.name, &alice.password).await;
    assert_eq!(surfer.at, "/account", "{}", surfer.page);
    let (mut app, recovery) = switch_on(&mut surfer, &alice.password).await;
    let key = app.secret().to_owned();
    // A passcode, shown on this page and on no other.
    surfer.open("/account/passcodes/new?for=iphone").await;
    let once = surfer.between("name=\"once\" value=\"", "\"");
    let fields = [
        ("once", once.as_str()),
        ("name", "Phone"),
        ("mail", "1"),
        ("expires", "never"),
        ("for", "iphone"),
    ];
    surfer.send("/account/passcodes/new", &fields).await;
    let code = surfer.between("id=\"passcode\">", "<");
    let link = surfer.between("<a href=\"https://portal.test", "\"");
    let token = link.rsplit('/').next().unwrap_or_default().to_owned();
    // The phone follows the link, whose pages have its token; what it gets is the one place where the
    // passcode belongs.
    let mut phone = Surfer::new(server);
    phone.open(&link).await;
    let profile = phone.send(&link, &[]).await;
    assert!(profile.text().contains(&code), "{}", profile.text());
    // Another browser: the code, a trusted one; then a recovery code.
    let mut other = Surfer::new(server);
    other.sign_in(&alice.name, &alice.password).await;
    other
        .send("/account/sign-in/code", &[("code", "000000")])
        .await;
    pages.push(other.page.clone());
    let shown = app.code().await;
    let trusted = [("code", shown.as_str()), ("trust", "1")];
    other.send("/account/sign-in/code", &trusted).await;
    assert_eq!(other.at, "/account", "{}", other.page);
    let mut third = Surfer::new(server);
    third.sign_in(&alice.name, &alice.password).await;
    third
        .send(
            "/account/sign-in/recovery",
            &[("code", "aaaa-bbbb-cccc-dddd")],
        )
        .await;
    pages.push(third.page.clone());
    third
        .send("/account/sign-in/recovery", &[("code", &recovery[0])])
        .await;
    pages.push(third.page.clone());
    assert!(third.at.starts_with("/account"), "{}", third.page);
    // An administrator looks at all of it.
    let mut own = Surfer::new(server);
    own.sign_in(&bob.name, &bob.password).await;
    let (mut bobs, _): (App, _) = switch_on(&mut own, &bob.password).await;
    let mut admin = Surfer::new(server);
    admin.open("/admin/sign-in").await;
    let fields = [("user", bob.name.as_str()), ("password", &bob.password)];
    admin.send("/admin/sign-in", &fields).await;
    let shown = bobs.code().await;
    admin.send("/admin/sign-in/code", &[("code", &shown)]).await;
    assert_eq!(admin.at, "/admin", "{}", admin.page);
    for page in [
        "/admin",
        "/admin/users/alice%40example.com",
        "/admin/devices",
        "/admin/policy?of=alice%40example.com",
        "/admin/throttled",
        "/admin/audit",
    ] {
        assert_eq!(admin.open(page).await.status, 200, "{page}");
        pages.push(admin.page.clone());
    }
    for page in [
        "/account",
        "/account/passcodes",
        "/account/devices",
        "/account/two-step",
        "/account/security",
        "/account/set-up/iphone",
        "/account/undo",
        "/account/nowhere",
    ] {
        other.open(page).await;
        pages.push(other.page.clone());
    }
    audited(&world, AuditAction::RecoveryUsed).await;
    let mut places = Places::of(&world);
    for (number, page) in pages.iter().enumerate() {
        places.add(&format!("page {number}"), page.as_bytes());
    }
    let bare = code.replace('-', "");
    let mut secrets = vec![
        alice.password.as_str(),
        bob.password.as_str(),
        &code,
        &bare,
        &token,
        &key,
        bobs.secret(),
        "Wr0ng-Guess-Of-Somebody",
    ];
    secrets.extend(recovery.iter().map(String::as_str));
    // What a browser holds is in no other place either.
    let cookies = [&surfer, &other, &third, &admin];
    let cookies = cookies.iter().flat_map(|surfer| surfer.cookies.iter());
    secrets.extend(
        cookies
            .filter(|(name, _)| !name.contains("language"))
            .map(|(_, value)| value.as_str()),
    );
    places.hold_none_of(&secrets);
}

#[tokio::test]
async fn t48_a_crash_leaves_no_core() {
    let world = World::start(crate::support::backend::Kind::Dovecot).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", world.server.pid()))
        .expect("a running process");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .expect("Linux tells it");
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{line}");
}
