//! Who may come in: every secret a phone sends is judged here and nowhere else (C18).
//!
//! A phone's secret is an application passcode (C1): found by its keyed hash (C2), bound to its
//! first device (C3), it opens the vault with the user's mail password (C4). Where policy allows
//! it, the mail password itself is taken too, and then the backend is the judge. What was right is
//! remembered for a while, so a warm device costs microseconds.
//!
//! The fact you would not guess: most of this room is about *wrong* secrets. A phone with a stale
//! one must not lock its user out at the backend (T40), a stranger must learn nothing (T37), cost
//! nothing (T38) and lock nobody out (T39), and a backend that is down must never look like a
//! wrong secret, because a phone forgets its password then.

mod admit;
mod binding;
mod book;
mod changes;
pub mod hash;
pub mod issue;
pub mod keys;
mod moment;
pub mod passcode;
mod probes;
mod scopes;
pub mod seal;
#[cfg(test)]
mod tests;
mod throttle;
mod upkeep;
pub mod vault;
mod verdicts;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use self::book::{Book, Seen};
use self::changes::Changes;
use self::hash::{Mark, Marker, PasscodeHasher};
use self::keys::ServerKeys;
use self::moment::{GateClock, Moment};
use self::probes::Probes;
pub use self::scopes::{Scopes, UnknownClass};
use self::throttle::{AddressKey, Throttle};
use self::vault::Vault;
use self::verdicts::Verdicts;
use crate::backend::login::Login;
use crate::failure::Failure;
use crate::identity::{DeviceId, UserId};
use crate::store::{CredentialId, Store, StoreError};

/// Tries a login at the backend. Only the gate calls it, and as rarely as T40 demands.
#[async_trait]
pub trait VerifyLogin: Send + Sync {
    /// # Errors
    /// [`Remedy::FreshSecret`](crate::failure::Remedy::FreshSecret) when the backend refused the
    /// secret; anything else means that it could not be asked.
    async fn verify(&self, login: &Login) -> Result<(), Failure>;
}

/// What an operator can set.
#[derive(Clone, Debug)]
pub struct GateSettings {
    /// Completes bare user names.
    pub default_domain: Option<String>,
    /// Whether phones may use the mail password itself.
    pub accept_mail_password: bool,
    /// How long a failed login takes at least: covers what still differs between the kinds of
    /// failure (T37).
    pub failure_pause: Duration,
    /// Different wrong secrets an address has at once ...
    pub failures_at_once: NonZeroU32,
    /// ... and the time after which it has one more (T39).
    pub failure_every: Duration,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self {
            default_domain: None,
            accept_mail_password: false,
            failure_pause: Duration::from_millis(100),
            failures_at_once: NonZeroU32::new(30).expect("not 0"),
            failure_every: Duration::from_secs(10),
        }
    }
}

/// Who came in, and as what.
#[derive(Clone, Debug)]
pub struct Admission {
    pub user: UserId,
    /// How the backends are told.
    pub login: Login,
    /// `None` for a mail password.
    pub credential: Option<CredentialId>,
    pub scopes: Scopes,
    /// A phone only tries whether the account works (Gmail's DeviceId `validate`): keep no state
    /// for it, and serve nothing beyond OPTIONS, Provision, Settings and FolderSync, since the
    /// passcode is not bound to it.
    pub probe: bool,
    expires_at: Option<i64>,
    version: u64,
}

/// Why somebody may not come in, or not now.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Wrong secret, unknown user, revoked or expired passcode: nobody can tell which (T37). 401.
    #[error("wrong name or secret")]
    Unauthorized,
    /// Too many different wrong secrets from this address. 429 or 503.
    #[error("too many wrong secrets from this address")]
    Throttled { retry_after: Duration },
    /// The backend, or our own database, cannot be asked. 503, never 401.
    #[error("the backend cannot be asked")]
    BackendDown { retry_after: Duration },
    /// The right passcode on a device it is not bound to (C3). 403.
    #[error("the passcode belongs to another device")]
    DeviceNotBound,
    /// The right secret, but the backend refuses the user's mail password now (T40). 503.
    #[error("the backend refuses the mail password")]
    Frozen { retry_after: Duration },
}

/// Why there is no gate.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the operating system gives no random numbers")]
    Random(#[from] getrandom::Error),
}

/// The gate. Somebody must [`run`](Self::run) it.
pub struct Gate {
    store: Arc<dyn Store>,
    settings: GateSettings,
    hasher: PasscodeHasher,
    vault: Vault,
    seal: seal::Seal,
    marker: Marker,
    verdicts: Verdicts,
    probes: Probes,
    throttle: Throttle,
    book: Book,
    changes: Changes,
    /// The same wrong secret from the same device counts once.
    failures: Seen<FailureKey>,
    /// Audit rows that would repeat.
    noted: Seen<Noted>,
    /// Looks into the store for secrets that are not known; keeps readers free for everyone else
    /// when strangers try many (T38).
    cold: Semaphore,
    /// Wall seconds of the last walk over the throttle's table.
    walked: AtomicU64,
}

/// What came in.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    user_text: &'a str,
    secret: &'a secrecy::SecretString,
    device: Option<&'a DeviceId>,
    device_type: Option<&'a str>,
    client: std::net::IpAddr,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct FailureKey {
    user: UserId,
    mark: Mark,
    device: Option<DeviceId>,
}

/// Events of which one row in a day (or an hour) says enough.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Noted {
    LoginOk(UserId, Option<CredentialId>, Option<DeviceId>),
    DeviceRefused(UserId, CredentialId, DeviceId),
    Throttled(AddressKey),
    Frozen(UserId, Mark),
}

/// Looks into the store at a time for secrets that are not known: half of SQLite's readers.
const COLD_AT_ONCE: usize = 2;
/// How long the same wrong secret from the same device counts as the same.
const SAME_FAILURE: Duration = Duration::from_secs(24 * 3600);
/// How often the same event is noted.
const NOTED_AGAIN: Duration = Duration::from_secs(24 * 3600);
/// Entries in the two tables above.
const SEEN_CAPACITY: u64 = 100_000;

impl Gate {
    /// What keeps users' objects from whoever has only the database.
    pub const fn seal(&self) -> &seal::Seal {
        &self.seal
    }

    /// Makes the gate, and says in the log which passcodes cannot work because their server key is
    /// not there.
    ///
    /// # Errors
    /// A store that cannot be read, an operating system without random numbers.
    pub async fn new(
        store: Arc<dyn Store>,
        verifier: Arc<dyn VerifyLogin>,
        settings: GateSettings,
        keys: &ServerKeys,
    ) -> Result<Arc<Self>, GateError> {
        let version = store.credential_version().await?;
        for id in store.credential_key_ids().await? {
            if id != keys.credential.id() && id != keys.vault.id() {
                tracing::error!(
                    key = id,
                    "there are passcodes made with a server key that is not there: restore \
                     keys/credential.key and keys/vault.key, or make new passcodes"
                );
            }
        }
        let clock = GateClock::new(Moment::read());
        Ok(Arc::new(Self {
            hasher: PasscodeHasher::new(&keys.credential),
            vault: Vault::new(&keys.vault),
            seal: seal::Seal::new(&keys.vault),
            marker: Marker::new()?,
            verdicts: Verdicts::new(),
            probes: Probes::new(verifier),
            throttle: Throttle::new(
                settings.failures_at_once,
                settings.failure_every,
                clock.clone(),
            ),
            book: Book::new(clock),
            changes: Changes::new(version),
            failures: Seen::new(SAME_FAILURE, SEEN_CAPACITY),
            noted: Seen::new(NOTED_AGAIN, SEEN_CAPACITY),
            cold: Semaphore::new(COLD_AT_ONCE),
            walked: AtomicU64::new(0),
            store,
            settings,
        }))
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
