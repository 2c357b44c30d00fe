//! A stolen database (T47), and server keys that are lost (C17).

use std::path::Path;

use airgate::gate::bearer::{self, Purpose};
use airgate::gate::keys::ServerKeys;
use airgate::gate::passcode::Passcode;
use airgate::gate::second_factor::TotpSecret;
use airgate::gate::vault::Vault;
use airgate::identity::UserId;
use airgate::store::{CredentialRow, Credentials as _, SqliteStore};
use secrecy::ExposeSecret as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _, TypeInfo as _, ValueRef as _};

use super::canaries::Places;
use super::{logins, phone_with, world};
use crate::portal::switch_on;
use crate::standing::until_folders;
use crate::support::phone::Profile;
use crate::support::process::RunDir;
use crate::support::surfer::Surfer;

/// Everything a thief finds in a database: each value, and whose row it is in.
struct Dump {
    values: Vec<(String, Vec<u8>)>,
    credentials: Vec<CredentialRow>,
}

impl Dump {
    async fn of(path: &Path, user: &UserId) -> Self {
        let options = SqliteConnectOptions::new().filename(path);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let tables = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let mut values = Vec::new();
        for table in &tables {
            let table: String = table.get(0);
            let everything = sqlx::AssertSqlSafe(format!("SELECT * FROM \"{table}\""));
            let rows = sqlx::query(everything)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            for row in &rows {
                for column in 0..row.len() {
                    let value = row.try_get_raw(column).unwrap();
                    let bytes: Option<Vec<u8>> = match value.type_info().name() {
                        "BLOB" => row.get(column),
                        "TEXT" => row.get::<Option<String>, _>(column).map(String::into_bytes),
                        _ => None,
                    };
                    values.extend(bytes.map(|bytes| (table.clone(), bytes)));
                }
            }
        }
        let store = SqliteStore::open(path).await.unwrap();
        let credentials = store.credentials(user).await.unwrap();
        store.close().await;
        Self {
            values,
            credentials,
        }
    }

    /// All secrets that come out of it with these keys, whatever of the dump is tried as passcode or
    /// token: the attack script.
    fn opened(&self, keys: &ServerKeys, user: &UserId) -> Vec<String> {
        let mut tokens: Vec<Vec<u8>> = self.values.iter().map(|(_, value)| value.clone()).collect();
        tokens.retain(|token| (15..=64).contains(&token.len()));
        tokens.push(Vec::new());
        tokens.push(user.as_str().as_bytes().to_vec());
        tokens.push(Passcode::generate().unwrap().bits().to_vec());
        let mut opened = Vec::new();
        // As the sources say: a format, a nonce and a tag.
        let sealed = |value: &[u8]| value.len() >= 29 && value.first() == Some(&1);
        for (table, value) in self.values.iter().filter(|(_, value)| sealed(value)) {
            for key in [&keys.vault, &keys.credential] {
                if let Ok(secret) = TotpSecret::open(key, user, value) {
                    opened.push(format!("{table}: {}", secret.grouped().expose_secret()));
                }
                for token in &tokens {
                    for purpose in [Purpose::SessionPassword, Purpose::Link] {
                        if let Ok(text) = bearer::open(key, purpose, token, user, value) {
                            opened.push(format!("{table}: {}", text.expose_secret()));
                        }
                    }
                }
            }
        }
        for row in &self.credentials {
            let mut sealed = row.sealed.clone().unwrap();
            // As if his key were the one it was sealed under.
            keys.vault.id().clone_into(&mut sealed.key_id);
            for token in &tokens {
                if let Ok(text) = Vault::of(keys).open(user, &row.id, token, &sealed) {
                    opened.push(format!("a credential: {}", text.expose_secret()));
                }
            }
        }
        opened
    }
}

#[tokio::test]
async fn t47_the_attack_script_opens_nothing_in_a_dump() {
    let mut world = world(|settings| settings.toml("[portal]\nname = \"Example\"")).await;
    let server = world.server.address();
    // Whatever there is a secret of: a passcode, a second factor and its recovery codes, a session, a
    // trusted browser, a link.
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(&world, Profile::gmail(), &passcode);
    phone.set_up().await;
    let mut surfer = Surfer::new(server);
    surfer
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    let (mut app, recovery) = switch_on(&mut surfer, &world.alice.password).await;
    surfer.open("/account/passcodes/new?for=iphone").await;
    let once = surfer.between("name=\"once\" value=\"", "\"");
    let fields = [
        ("once", once.as_str()),
        ("name", "Tablet"),
        ("mail", "1"),
        ("expires", "never"),
        ("for", "iphone"),
    ];
    surfer.send("/account/passcodes/new", &fields).await;
    let second = surfer.between("id=\"passcode\">", "<");
    let link = surfer.between("<a href=\"https://portal.test", "\"");
    let mut trusted = Surfer::new(server);
    trusted
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    let code = app.code().await;
    let fields = [("code", code.as_str()), ("trust", "1")];
    trusted.send("/account/sign-in/code", &fields).await;
    assert_eq!(trusted.at, "/account", "{}", trusted.page);
    world.server.terminate();

    let user = UserId::parse(&world.alice.name, None).unwrap();
    let path = world.server.state().join("airgate.db");
    let dump = Dump::of(&path, &user).await;
    assert_eq!(dump.credentials.len(), 2, "two passcodes");
    for table in [
        "credentials",
        "second_factors",
        "recovery_codes",
        "sessions",
        "trusted_browsers",
        "one_time_links",
    ] {
        let there = dump.values.iter().any(|(name, _)| name == table);
        assert!(there, "nothing in {table}");
    }
    // All the sources and the dump, but no key.
    let his = ServerKeys::ephemeral().unwrap();
    assert_eq!(dump.opened(&his, &user), [""; 0]);
    // With the key as well, but no passcode and no token: the secret of the second factor, which is
    // said in docs/passcodes.md, and nothing else.
    let keys = ServerKeys::load(&world.server.state()).unwrap();
    let opened = dump.opened(&keys, &user);
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert!(opened[0].starts_with("second_factors: "), "{opened:?}");
    // And with what only the phone and the browser have, it does open: the script can.
    let mut informed = dump;
    let bits = match airgate::gate::passcode::Reading::of(&second) {
        airgate::gate::passcode::Reading::Passcode(passcode) => passcode.bits().to_vec(),
        other => panic!("{other:?}"),
    };
    informed.values.push(("his guess".to_owned(), bits));
    let opened = informed.opened(&keys, &user);
    let password = format!("a credential: {}", world.alice.password);
    assert!(opened.contains(&password), "{opened:?}");
    // Nothing of it lies there as it is.
    let bare = second.replace('-', "");
    let token = link.rsplit('/').next().unwrap_or_default();
    let mut secrets = vec![
        world.alice.password.as_str(),
        &passcode.code,
        &second,
        &bare,
        token,
        app.secret(),
    ];
    secrets.extend(recovery.iter().map(String::as_str));
    Places::of(&world).hold_none_of(&secrets);
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

/// As docs/passcodes.md says what to do when there is no backup of the keys.
#[tokio::test]
async fn c17_lost_keys_cost_passcodes_and_nothing_else() {
    let mut world = world(|settings| settings.only_passcodes()).await;
    world.fill("INBOX", 2).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(&world, Profile::ios(), &passcode);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    crate::standing::second_factor(&world).await;
    world.server.terminate();
    let away = RunDir::new("lost-keys");
    std::fs::rename(world.server.state().join("keys"), away.path().join("keys")).unwrap();
    world.server.start();
    assert!(world.server.log().contains("server key that is not there"));
    assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 401);

    let alice = world.alice.name.clone();
    let verb = |arguments: &[&str]| {
        let output = world.server.verb_with(arguments, "");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    verb(&["passcode", "revoke", &alice, "--all"]);
    verb(&["user", "factor-off", &alice]);
    let passcode = world.server.passcode(&world.alice, &[]);
    phone.user.password.clone_from(&passcode.code);
    until_folders(&phone, (200, 1)).await;
    // Mail, folders and what the phone holds are as they were.
    assert_eq!(phone.sync("INBOX").await.collections, []);
    assert_eq!(phone.subjects("INBOX").len(), 2);
    // Her second factor can be set up anew.
    let mut surfer = Surfer::new(world.server.address());
    surfer.sign_in(&alice, &world.alice.password).await;
    assert_eq!(surfer.at, "/account", "{}", surfer.page);
    switch_on(&mut surfer, &world.alice.password).await;
    verb(&["rotate-key", "--finish"]);
}
