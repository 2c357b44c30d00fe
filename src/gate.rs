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
pub mod bearer;
mod binding;
mod book;
mod changes;
mod delays;
pub mod devices;
mod enrol;
mod factors;
mod facts;
pub mod hash;
pub mod issue;
pub mod keys;
mod known;
pub mod master;
mod moment;
pub mod passcode;
pub mod policy;
mod probes;
pub mod provisioning;
mod recovery;
pub mod report;
mod rulebook;
mod scopes;
pub mod seal;
pub mod second_factor;
mod sign_in;
#[cfg(test)]
mod tests;
mod throttle;
mod throttles;
mod upkeep;
pub mod vault;
mod verdicts;

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use airgate_codec::eas::provision::Policy;
use arc_swap::ArcSwap;
use async_trait::async_trait;
use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use self::book::{Book, Seen};
use self::changes::Changes;
pub use self::factors::{CodeVerdict, FactorError, Lane};
pub use self::facts::{DeviceFacts, model_of, name_of};
use self::hash::{Mark, Marker, PasscodeHasher};
use self::keys::ServerKeys;
use self::master::Master;
use self::moment::{GateClock, Moment};
use self::policy::{Access, FactorRule, NewDevices, PhoneSecret};
use self::probes::Probes;
use self::recovery::SlowHash;
pub use self::recovery::{Busy, RECOVERY_CODES, RecoverySet};
use self::rulebook::Rulebook;
pub use self::rulebook::{UserRules, fits};
pub use self::scopes::{Scopes, UnknownClass};
pub use self::sign_in::BrowserMark;
use self::sign_in::SIGN_INS_AT_ONCE;
use self::throttle::{AddressKey, Looks};
use self::throttles::Throttles;
pub use self::throttles::{Slowed, SlowedFor, slowed_from};
use self::vault::Vault;
use self::verdicts::{BackendKey, Verdicts};
use crate::backend::login::Login;
use crate::failure::Failure;
use crate::identity::{DeviceId, UserId};
use crate::store::{CredentialId, Store, StoreError};
use crate::turns::Turns;

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
    /// Whether a second factor is asked of people, and the days they have for it.
    pub second_factor: FactorRule,
    pub grace_days: u32,
    /// Whether known phones that are kept out get the mail that explains why.
    pub explain: bool,
    /// How long the backend must have refused a mail password before that mail is shown: it may be
    /// unwell, and phones should keep what they have.
    pub explain_frozen_after: Duration,
    pub new_devices: NewDevices,
    /// Devices a user may have.
    pub devices: u32,
    /// What phones are asked to enforce.
    pub policy: Policy,
    /// Logs in for users at the backend, instead of their mail passwords.
    pub master: Option<Master>,
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
            second_factor: FactorRule::Optional,
            grace_days: 14,
            explain: true,
            explain_frozen_after: Duration::from_secs(3600),
            new_devices: NewDevices::Allow,
            devices: 20,
            policy: Policy::default(),
            master: None,
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
    /// A phone that is known, kept out for a reason its user should read.
    #[error("{} is kept out: {}", .0.user, .0.why.as_str())]
    Explain(Explained),
}

/// Who is kept out, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explained {
    pub user: UserId,
    pub why: Why,
}

/// Why a known phone sees no mail but the one that explains it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Why {
    /// It uses the mail password, and the user has a second factor now.
    SecondFactor,
    /// It uses the mail password, and only passcodes are taken.
    Passcodes,
    /// A second factor is required, and the time to set one up is over.
    FactorDue,
    /// The mail server refuses the mail password behind the passcode.
    Frozen,
    /// Somebody has to let the device in first.
    Quarantine,
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
    ring: ArcSwap<KeyRing>,
    marker: Marker,
    verdicts: Verdicts,
    probes: Probes,
    /// What slows strangers down, on all nodes together (C14).
    throttles: Throttles,
    book: Book,
    changes: Changes,
    /// The same wrong secret from the same device counts once.
    failures: Seen<FailureKey>,
    /// Audit rows that would repeat.
    noted: Seen<Noted>,
    /// What holds for users and devices.
    rulebook: Rulebook,
    /// Who has a second factor.
    with_factor: RwLock<HashSet<UserId>>,
    /// Mail passwords with a one-time code behind them of which the code was right; the device is
    /// still to come.
    proven: Cache<BackendKey, Instant>,
    /// One enrolment of a user at a time: its requests come in a bunch.
    enrolling: Turns<UserId>,
    /// Looks into the store that an address with too many failures still has.
    looks: Looks<AddressKey>,
    /// The same for devices that were in: strangers behind their address use up none of theirs (T39).
    own_looks: Looks<(UserId, DeviceId)>,
    /// Looks into the store for secrets that are not known; keeps readers free for everyone else
    /// when strangers try many (T38).
    cold: Semaphore,
    /// Turns for hashes that take long (T38).
    slow: SlowHash,
    /// Places for password checks of the portal (T38).
    sign_ins: Semaphore,
    /// Wall seconds of the last walk over the throttle's table.
    walked: AtomicU64,
}

/// The server's keys, ready for use.
struct KeyRing {
    keys: ServerKeys,
    hasher: PasscodeHasher,
    vault: Vault,
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
    /// A device that was let in.
    In(UserId, DeviceId),
    DeviceRefused(UserId, CredentialId, DeviceId),
    Explained(UserId, DeviceId),
    /// A phone that came in with its mail password.
    Phone(UserId, Mark, DeviceId),
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
        let with_factor = store.users_with_factor().await?;
        let rulebook =
            Rulebook::open(store.as_ref(), settings.access(), settings.policy.clone()).await?;
        for id in store.credential_key_ids().await? {
            if keys.named(&id).is_none() {
                tracing::error!(
                    key = id,
                    "there are passcodes made with a server key that is not there: restore \
                     keys/credential.key and keys/vault.key, or make new passcodes"
                );
            }
        }
        let now = Moment::read();
        let clock = GateClock::new(now.an_hour_ago());
        let throttles = Throttles::open(store.as_ref(), &settings, &clock, now).await?;
        clock.reach(now);
        Ok(Arc::new(Self {
            ring: ArcSwap::from_pointee(KeyRing::new(keys.clone())),
            marker: Marker::new()?,
            verdicts: Verdicts::new(),
            probes: Probes::new(verifier),
            throttles,
            book: Book::new(clock.clone()),
            changes: Changes::new(version),
            failures: Seen::new(SAME_FAILURE, SEEN_CAPACITY),
            noted: Seen::new(NOTED_AGAIN, SEEN_CAPACITY),
            rulebook,
            with_factor: RwLock::new(with_factor.into_iter().collect()),
            proven: Cache::new(SEEN_CAPACITY),
            enrolling: Turns::default(),
            looks: Looks::new(clock.clone()),
            own_looks: Looks::new(clock.clone()),
            cold: Semaphore::new(COLD_AT_ONCE),
            slow: SlowHash::new(),
            sign_ins: Semaphore::new(SIGN_INS_AT_ONCE),
            walked: AtomicU64::new(0),
            store,
            settings,
        }))
    }
}

/// What holds for a user as a running server would say it, for the command line.
///
/// # Errors
/// The store's.
pub async fn rules_from(
    store: &dyn Store,
    settings: &GateSettings,
    user: &UserId,
) -> Result<UserRules, StoreError> {
    let book = Rulebook::open(store, settings.access(), settings.policy.clone()).await?;
    Ok(book.of(store, user).await?.as_ref().clone())
}

impl GateSettings {
    fn access(&self) -> Access {
        Access {
            phone_secret: match self.accept_mail_password {
                true => PhoneSecret::UntilSecondFactor,
                false => PhoneSecret::Passcode,
            },
            second_factor: self.second_factor,
            grace_days: self.grace_days,
            explain: self.explain,
            new_devices: self.new_devices,
            devices: self.devices,
        }
    }
}

impl Why {
    /// The word in the audit trail and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SecondFactor => "second-factor",
            Self::Passcodes => "passcodes-only",
            Self::FactorDue => "factor-due",
            Self::Frozen => "frozen",
            Self::Quarantine => "quarantine",
        }
    }
}

impl KeyRing {
    fn new(keys: ServerKeys) -> Self {
        Self {
            hasher: PasscodeHasher::of(&keys),
            vault: Vault::of(&keys),
            keys,
        }
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
