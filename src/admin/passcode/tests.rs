use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use clap::Parser as _;

use super::*;
use crate::failure::Blame;
use crate::store::{Audit as _, AuditAction, SqliteStore};

/// Says the same password every time, and counts.
struct Says(&'static str, usize);

#[async_trait]
impl AskPassword for Says {
    async fn mail_password(&mut self, _user: &UserId) -> io::Result<SecretString> {
        self.1 += 1;
        Ok(SecretString::from(self.0))
    }
}

/// Accepts `right`, is away for `down`.
#[derive(Default)]
struct Backend(AtomicUsize);

#[async_trait]
impl VerifyLogin for Backend {
    async fn verify(&self, login: &Login) -> Result<(), Failure> {
        self.0.fetch_add(1, Ordering::Relaxed);
        match login.secret.expose_secret() {
            "right" => Ok(()),
            "down" => Err(Failure::new(Blame::Backend, Remedy::RetryLater, "away")),
            _ => Err(Failure::new(Blame::Backend, Remedy::FreshSecret, "NO")),
        }
    }
}

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(subcommand)]
    command: Verb,
}

struct Office {
    store: SqliteStore,
    keys: ServerKeys,
    backend: Backend,
    _state: tempfile::TempDir,
}

/// 2026-11-03T12:00:00Z
const NOW: i64 = 1_793_707_200;

impl Office {
    async fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        Self {
            store: SqliteStore::open(&state.path().join("airgate.db"))
                .await
                .unwrap(),
            keys: ServerKeys::load(state.path()).unwrap(),
            backend: Backend::default(),
            _state: state,
        }
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            store: &self.store,
            keys: &self.keys,
            verifier: Some(&self.backend),
            master: false,
            default_domain: Some("example.com"),
            now: NOW,
        }
    }

    /// What the operator sees, or the error.
    async fn types(&self, words: &[&str], password: &'static str) -> Result<String, String> {
        let line = Line::try_parse_from(std::iter::once(&"passcode").chain(words))
            .map_err(|error| error.to_string())?;
        self.desk()
            .perform(&line.command, &mut Says(password, 0))
            .await
            .map(|text| text.expose_secret().to_owned())
            .map_err(|error| error.to_string())
    }

    /// The id in what `add` printed.
    fn id(text: &str) -> String {
        let (_, rest) = text.split_once("(id ").unwrap();
        rest.split_once(')').unwrap().0.to_owned()
    }
}

#[tokio::test]
async fn from_adding_to_revoking() {
    let office = Office::new().await;
    let added = office
        .types(&["add", "Alice", "--name", "My phone"], "right")
        .await
        .unwrap();
    let id = Office::id(&added);
    let code = added.lines().find(|line| line.starts_with("    ")).unwrap();
    assert_eq!(code.trim().len(), 29);
    assert!(added.contains("alice@example.com, \"My phone\""), "{added}");
    let limited = [
        "add",
        "alice",
        "--name",
        "iPad",
        "--classes",
        "mail,calendar",
        "--expires",
        "2026-12-31",
    ];
    let second = office.types(&limited, "right").await.unwrap();
    assert!(second.contains("ends 2027-01-01 00:00 UTC"), "{second}");

    let listed = office.types(&["list", "alice"], "").await.unwrap();
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 3, "{listed}");
    assert!(lines[0].starts_with("ID  "), "{listed}");
    assert!(
        listed.contains("until 2027-01-01  mail,calendar"),
        "{listed}"
    );
    assert!(!listed.contains(code.trim()));
    let json = office
        .types(&["list", "alice", "--json"], "")
        .await
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
    let first = json
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == id)
        .unwrap();
    assert_eq!(first["live"], true);
    assert_eq!(first["created"], "2026-11-03T12:00:00Z");
    assert_eq!(first["device"], serde_json::Value::Null);

    let resealed = office.types(&["reseal", "alice"], "right").await.unwrap();
    assert!(resealed.starts_with("2 passcodes"), "{resealed}");

    let revoked = office.types(&["revoke", "alice", &id], "").await.unwrap();
    assert!(revoked.contains(&id));
    let again = office
        .types(&["revoke", "alice", &id], "")
        .await
        .unwrap_err();
    assert!(again.contains("no live passcode"), "{again}");
    office
        .types(&["revoke", "alice", "--all"], "")
        .await
        .unwrap();
    let none = office
        .types(&["revoke", "alice", "--all"], "")
        .await
        .unwrap_err();
    assert_eq!(none, "alice@example.com has no live passcodes");
    assert!(office.types(&["reseal", "alice"], "right").await.is_err());
    let listed = office.types(&["list", "alice"], "").await.unwrap();
    assert_eq!(listed.matches("revoked 2026-11-03").count(), 2, "{listed}");
    let empty = office.types(&["list", "bob"], "").await.unwrap();
    assert_eq!(empty, "bob@example.com has no passcodes.\n");

    // C15: all of it is on record.
    let rows = office.store.recent_audit(None, 100).await.unwrap();
    let count = |action| rows.iter().filter(|row| row.action == action).count();
    assert_eq!(count(AuditAction::PasscodeCreated), 2);
    assert_eq!(count(AuditAction::PasscodeRevoked), 2);
    assert_eq!(count(AuditAction::PasswordSealed), 1);
}

#[tokio::test]
async fn a_mail_password_is_confirmed_before_anything_is_stored() {
    let office = Office::new().await;
    let add = ["add", "alice", "--name", "My phone"];
    for (password, said) in [
        ("wrong", "refuses this mail password for alice@example.com"),
        ("down", "cannot be asked"),
        ("", "is empty"),
    ] {
        let error = office.types(&add, password).await.unwrap_err();
        assert!(error.contains(said), "{error}");
    }
    let listed = office.types(&["list", "alice"], "").await.unwrap();
    assert!(listed.contains("no passcodes"));

    let asked = office.backend.0.load(Ordering::Relaxed);
    let unchecked = ["add", "alice", "--name", "My phone", "--unchecked"];
    office.types(&unchecked, "wrong").await.unwrap();
    assert_eq!(office.backend.0.load(Ordering::Relaxed), asked);

    // Without a mail server nobody is asked for a password in vain.
    let desk = Desk {
        verifier: None,
        ..office.desk()
    };
    let mut says = Says("right", 0);
    let line = Line::try_parse_from(["passcode", "add", "alice", "--name", "x"]).unwrap();
    let error = desk.perform(&line.command, &mut says).await.unwrap_err();
    assert!(matches!(error, PasscodeError::NoBackend));
    assert_eq!(says.1, 0);
}

#[tokio::test]
async fn what_makes_no_sense_is_said_so() {
    let office = Office::new().await;
    for (words, said) in [
        (&["add", "alice*admin", "--name", "x"][..], "no user name"),
        (&["add", "alice", "--name", " "], "1 to 64 characters"),
        (
            &["add", "alice", "--name", "a\u{1b}[2J"],
            "1 to 64 characters",
        ),
        (&["add", "alice"], "--name"),
        (
            &["add", "alice", "--name", "x", "--classes", "wipe"],
            "no class `wipe`",
        ),
        (
            &["add", "alice", "--name", "x", "--expires", "soon"],
            "write 90d",
        ),
        (
            &["add", "alice", "--name", "x", "--expires", "2020-01-01"],
            "is over",
        ),
        (&["revoke", "alice"], "<ID>"),
        (&["revoke", "alice", "../x"], "no id"),
    ] {
        let error = office.types(words, "right").await.unwrap_err();
        assert!(error.contains(said), "{words:?}: {error}");
    }
}
