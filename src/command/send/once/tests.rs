//! The outbox on a real store, with a server that does as it is told.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use secrecy::SecretString;
use tempfile::TempDir;

use super::*;
use crate::backend::octets::Sink;
use crate::backend::smtp::Reply;
use crate::store::{Outbox as _, SqliteStore};

/// Answers in order, then takes everything.
#[derive(Default)]
struct Server {
    answers: Mutex<VecDeque<SmtpError>>,
    heard: Mutex<Vec<Vec<u8>>>,
}

#[async_trait]
impl Submit for Server {
    async fn submit(&self, _: &Login, _: &Envelope, message: &dyn Octets) -> Result<(), SmtpError> {
        let mut heard = Gathered::default();
        message.pour(&mut heard).await.unwrap();
        self.heard.lock().unwrap().push(heard.0);
        match self.answers.lock().unwrap().pop_front() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

#[derive(Default)]
struct Gathered(Vec<u8>);

#[async_trait]
impl Sink for Gathered {
    async fn take(&mut self, octets: &[u8]) -> std::io::Result<()> {
        self.0.extend_from_slice(octets);
        Ok(())
    }
}

#[derive(Default)]
struct Folder {
    has: AtomicBool,
    down: AtomicBool,
    asked: AtomicUsize,
}

#[async_trait]
impl Witness for Folder {
    async fn has(&self, _: &str) -> Result<bool, Failure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.down.load(Ordering::Relaxed) {
            return Err(Failure::gateway("down"));
        }
        Ok(self.has.load(Ordering::Relaxed))
    }
}

struct World {
    _state: TempDir,
    store: SqliteStore,
    server: Server,
    folder: Folder,
}

impl World {
    async fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&state.path().join("airgate.db"))
            .await
            .unwrap();
        Self {
            _state: state,
            store,
            server: Server::default(),
            folder: Folder::default(),
        }
    }

    fn answers(&self, errors: impl IntoIterator<Item = SmtpError>) {
        self.server.answers.lock().unwrap().extend(errors);
    }

    async fn enter(&self, key: u8) -> OutboxRow {
        self.enter_at(key, 1000, false).await
    }

    async fn enter_at(&self, key: u8, now: i64, unnamed: bool) -> OutboxRow {
        let mail = NewOutbox {
            user: user("alice"),
            device: device(),
            key: [key; 32],
            message_id: "<a@b>".into(),
            now,
        };
        enter(&self.store, mail, unnamed).await.unwrap()
    }

    async fn submit(&self, row: &OutboxRow) -> Result<Sent, NotSent> {
        let login = Login {
            user: user("alice"),
            name: "alice".into(),
            acts_for: None,
            secret: SecretString::from("x"),
            version: 1,
        };
        let envelope = Envelope {
            from: Some("alice@example.com".into()),
            to: vec!["bob@example.com".into()],
            reports: None,
        };
        let mail = Mail {
            login: &login,
            envelope: &envelope,
            octets: &&b"mail"[..],
        };
        submit(&self.store, &self.server, &self.folder, row, &mail).await
    }

    async fn state(&self, row: &OutboxRow) -> OutboxState {
        self.store
            .outbox_row(&row.user, row.id)
            .await
            .unwrap()
            .unwrap()
            .state
    }

    fn sent(&self) -> usize {
        self.server.heard.lock().unwrap().len()
    }
}

fn user(name: &str) -> UserId {
    UserId::parse(name, Some("example.com")).unwrap()
}

fn device() -> DeviceId {
    DeviceId::parse("phone").unwrap()
}

fn refusal(code: u16) -> SmtpError {
    SmtpError::Rejected(Reply {
        code,
        enhanced: [0; 3],
        text: String::new(),
    })
}

#[tokio::test]
async fn s17_a_repeat_is_not_sent_again() {
    let world = World::new().await;
    let row = world.enter(1).await;
    assert!(!is_submitted(&row));
    assert_eq!(world.submit(&row).await.unwrap(), Sent::Now);
    let again = world.enter(1).await;
    assert!(is_submitted(&again) && again.id == row.id);
    assert_eq!(world.submit(&again).await.unwrap(), Sent::Before);
    assert_eq!(world.sent(), 1);
    // Other content under the same ClientId has another key.
    let other = world.enter(2).await;
    assert_eq!(world.submit(&other).await.unwrap(), Sent::Now);
    assert_eq!(world.sent(), 2);
}

#[tokio::test]
async fn s17_a_clear_refusal_lets_the_phone_try_again() {
    let world = World::new().await;
    world.answers([refusal(554), SmtpError::Timeout]);
    let row = world.enter(1).await;
    assert!(matches!(world.submit(&row).await, Err(NotSent::Smtp(_))));
    assert_eq!(world.state(&row).await, OutboxState::Received);
    let row = world.enter(1).await;
    assert!(matches!(world.submit(&row).await, Err(NotSent::Smtp(_))));
    let row = world.enter(1).await;
    assert_eq!(world.submit(&row).await.unwrap(), Sent::Now);
    assert_eq!(world.folder.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn s17_a_cut_behind_the_dot_is_resent_under_the_same_name_unless_sent_has_it() {
    let unknown = || SmtpError::Unknown("cut".into());
    // The server had filed it itself.
    let world = World::new().await;
    world.folder.has.store(true, Ordering::Relaxed);
    world.answers([unknown()]);
    let row = world.enter(1).await;
    assert_eq!(world.submit(&row).await.unwrap(), Sent::Now);
    assert_eq!(
        (world.sent(), world.state(&row).await),
        (1, OutboxState::Submitted)
    );
    // Nobody knows: again, at once.
    let world = World::new().await;
    world.answers([unknown()]);
    let row = world.enter(1).await;
    assert_eq!(world.submit(&row).await.unwrap(), Sent::Now);
    assert_eq!(
        (world.sent(), world.state(&row).await),
        (2, OutboxState::Submitted)
    );
    // And once more in doubt: no success, and the next request asks the folder first.
    let world = World::new().await;
    world.answers([unknown(), unknown()]);
    let row = world.enter(1).await;
    assert!(matches!(
        world.submit(&row).await,
        Err(NotSent::Smtp(SmtpError::Unknown(_)))
    ));
    assert_eq!(world.state(&row).await, OutboxState::Submitting);
    world.folder.has.store(true, Ordering::Relaxed);
    let row = world.enter(1).await;
    assert_eq!(world.submit(&row).await.unwrap(), Sent::Before);
    assert_eq!(world.sent(), 2);
    // A refusal after a doubt does not make the doubt go away.
    let world = World::new().await;
    world.answers([unknown(), SmtpError::Timeout]);
    let row = world.enter(1).await;
    assert!(world.submit(&row).await.is_err());
    assert_eq!(world.state(&row).await, OutboxState::Submitting);
}

#[tokio::test]
async fn s17_after_a_crash_the_sent_folder_is_asked_first() {
    for (has, expected, sent) in [(true, Sent::Before, 0), (false, Sent::Now, 1)] {
        let world = World::new().await;
        let row = world.enter(1).await;
        // What a crash between the dot and its answer leaves behind.
        let taken = world
            .store
            .outbox_advance(
                &row.user,
                row.id,
                OutboxState::Received,
                OutboxState::Submitting,
                1000,
            )
            .await
            .unwrap();
        assert!(taken);
        world.folder.has.store(has, Ordering::Relaxed);
        let row = world.enter(1).await;
        assert_eq!(row.message_id, "<a@b>");
        // A folder that cannot be asked proves nothing.
        world.folder.down.store(true, Ordering::Relaxed);
        assert!(matches!(world.submit(&row).await, Err(NotSent::Failed(_))));
        assert_eq!(world.sent(), 0);
        world.folder.down.store(false, Ordering::Relaxed);
        assert_eq!(world.submit(&row).await.unwrap(), expected);
        assert_eq!(world.sent(), sent);
        assert_eq!(world.state(&row).await, OutboxState::Submitted);
    }
}

#[tokio::test]
async fn s26_what_a_restore_held_is_sent_only_when_the_phone_asks() {
    let world = World::new().await;
    let row = world.enter(1).await;
    world.store.begin_epoch().await.unwrap();
    assert_eq!(world.state(&row).await, OutboxState::Held);
    let row = world.enter(1).await;
    assert_eq!(world.submit(&row).await.unwrap(), Sent::Now);
    assert_eq!(world.folder.asked.load(Ordering::Relaxed), 1);
    assert_eq!(world.state(&row).await, OutboxState::Submitted);
}

#[tokio::test]
async fn a_mail_without_any_name_may_be_said_again_later() {
    let world = World::new().await;
    let now = clock::now_seconds();
    let row = world.enter_at(1, now, true).await;
    world.submit(&row).await.unwrap();
    let soon = world.enter_at(1, now + 60, true).await;
    assert!(is_submitted(&soon), "a repeat");
    let later = world.enter_at(1, now + 3600, true).await;
    assert!(!is_submitted(&later), "meant again");
    world.submit(&later).await.unwrap();
    let later = world.enter_at(1, now + 3700, true).await;
    assert!(is_submitted(&later), "and the repeat of that");
    // With a name it is a repeat for as long as the outbox remembers.
    let named = world.enter_at(1, now + 3600, false).await;
    assert!(is_submitted(&named));
}

#[test]
fn s17_s24_the_key_tells_apart_what_differs() {
    let asked = |name: Option<&str>, mime: &'static [u8], item: Option<&str>| Asked {
        name: name.map(Into::into),
        mime: Bytes::from_static(mime),
        content: None,
        answers: None,
        save: true,
        replace: false,
        source: item.map(|item| Source {
            collection: Some("m1".into()),
            item: Some(item.into()),
            ..Source::default()
        }),
    };
    let other = DeviceId::parse("tablet").unwrap();
    let key = |user: &str, device: &DeviceId, asked: &Asked, id: Option<&str>| {
        key(&self::user(user), device, CommandName::SendMail, asked, id)
    };
    let base = key(
        "alice",
        &device(),
        &asked(Some("1"), b"x", None),
        Some("<a>"),
    );
    assert_eq!(
        base,
        key(
            "alice",
            &device(),
            &asked(Some("1"), b"x", None),
            Some("<a>")
        )
    );
    for different in [
        key("bob", &device(), &asked(Some("1"), b"x", None), Some("<a>")),
        key("alice", &other, &asked(Some("1"), b"x", None), Some("<a>")),
        key(
            "alice",
            &device(),
            &asked(Some("2"), b"x", None),
            Some("<a>"),
        ),
        key(
            "alice",
            &device(),
            &asked(Some("1"), b"y", None),
            Some("<a>"),
        ),
        key("alice", &device(), &asked(None, b"x", None), Some("<a>")),
        key("alice", &device(), &asked(None, b"x", None), None),
        key(
            "alice",
            &device(),
            &asked(Some("1"), b"x", Some("m1:1")),
            Some("<a>"),
        ),
        key(
            "alice",
            &device(),
            &asked(Some("1"), b"x", Some("m1:2")),
            Some("<a>"),
        ),
    ] {
        assert_ne!(base, different);
    }
}
