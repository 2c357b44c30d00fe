//! The gate as a whole, on a real store, with a backend that counts.

mod attacks;
mod binding;
mod enrolment;
mod factors;
mod mail_password;
mod nodes;
mod passcodes;
mod secrecy;
mod sign_in;
mod timing;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use ::secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use super::issue::{NewPasscode, issue, revoke};
use super::*;
use crate::failure::{Blame, Remedy};
use crate::store::{Audit as _, AuditAction, SqliteStore};

/// A backend that knows passwords, counts logins and can be away.
#[derive(Default)]
struct Backend {
    passwords: Mutex<HashMap<String, String>>,
    logins: Mutex<Vec<(String, String)>>,
    down: Mutex<bool>,
}

struct World {
    gate: Arc<Gate>,
    store: SqliteStore,
    keys: ServerKeys,
    backend: Arc<Backend>,
    start: Moment,
    _state: TempDir,
}

/// One phone's login.
#[derive(Clone, Copy)]
struct Try<'a> {
    user: &'a str,
    secret: &'a str,
    device: Option<&'a str>,
    from: &'a str,
    at: Moment,
}

#[async_trait]
impl VerifyLogin for Backend {
    async fn verify(&self, login: &Login) -> Result<(), Failure> {
        tokio::task::yield_now().await;
        if *self.down.lock().unwrap() {
            return Err(Failure::new(Blame::Backend, Remedy::RetryLater, "down"));
        }
        let secret = login.secret.expose_secret().to_owned();
        let right = self.passwords.lock().unwrap().get(&login.name) == Some(&secret);
        self.logins
            .lock()
            .unwrap()
            .push((login.name.clone(), secret));
        if right {
            Ok(())
        } else {
            Err(Failure::new(Blame::Backend, Remedy::FreshSecret, "NO"))
        }
    }
}

impl Backend {
    fn set(&self, user: &str, password: &str) {
        let mut passwords = self.passwords.lock().unwrap();
        passwords.insert(user.into(), password.into());
    }

    fn logins(&self) -> usize {
        self.logins.lock().unwrap().len()
    }

    fn down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }
}

impl World {
    async fn new(settings: GateSettings) -> Self {
        let state = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&state.path().join("airgate.db"))
            .await
            .unwrap();
        let keys = ServerKeys::load(state.path()).unwrap();
        let backend = Arc::new(Backend::default());
        backend.set("alice@example.com", "mail-password");
        let gate = Gate::new(
            Arc::new(store.clone()),
            Arc::clone(&backend) as Arc<dyn VerifyLogin>,
            settings,
            &keys,
        )
        .await
        .unwrap();
        Self {
            gate,
            store,
            keys,
            backend,
            start: Moment::read(),
            _state: state,
        }
    }

    async fn strict() -> Self {
        Self::new(GateSettings {
            failure_pause: Duration::ZERO,
            ..GateSettings::default()
        })
        .await
    }

    async fn lenient() -> Self {
        Self::new(GateSettings {
            failure_pause: Duration::ZERO,
            accept_mail_password: true,
            ..GateSettings::default()
        })
        .await
    }

    /// A passcode for a user, as its owner types it, and its id.
    async fn passcode(&self, user: &str, password: &str) -> (String, CredentialId) {
        self.passcode_until(user, password, None).await
    }

    async fn passcode_until(
        &self,
        user: &str,
        password: &str,
        expires_at: Option<i64>,
    ) -> (String, CredentialId) {
        let new = NewPasscode {
            user: UserId::parse(user, None).unwrap(),
            name: "My phone".into(),
            scopes: Scopes::MAIL,
            expires_at,
        };
        let password = SecretString::from(password);
        let issued = issue(
            &self.store,
            &self.keys,
            &new,
            &password,
            "local",
            self.start.wall,
        )
        .await
        .unwrap();
        let code = issued.passcode.reveal().expose_secret().to_owned();
        (code, issued.id)
    }

    fn alice<'a>(&self, secret: &'a str) -> Try<'a> {
        Try {
            user: "alice@example.com",
            secret,
            device: Some("phone1"),
            from: "192.0.2.1",
            at: self.start,
        }
    }

    fn after(&self, seconds: u64) -> Moment {
        Moment {
            monotonic: self.start.monotonic + Duration::from_secs(seconds),
            wall: self.start.wall + i64::try_from(seconds).unwrap(),
        }
    }

    async fn admit(&self, login: Try<'_>) -> Result<Admission, Refusal> {
        let device = login.device.map(|id| DeviceId::parse(id).unwrap());
        let secret = SecretString::from(login.secret);
        self.gate
            .decide(
                login.at,
                Attempt {
                    user_text: login.user,
                    secret: &secret,
                    device: device.as_ref(),
                    device_type: Some("iPhone"),
                    client: login.from.parse::<IpAddr>().unwrap(),
                },
            )
            .await
    }

    /// How often something was written into the audit trail.
    async fn audited(&self, action: AuditAction) -> usize {
        self.gate.upkeep(self.start).await;
        let rows = self.store.recent_audit(None, 10_000).await.unwrap();
        rows.iter().filter(|row| row.action == action).count()
    }
}
