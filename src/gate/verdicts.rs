//! What the gate remembers of secrets that were right, with the unwrapped login (C7).
//!
//! Keys are typed and hold user, marked secret and the version of the user's credentials; the value
//! repeats the key and is compared on every read (T42). A change of the user's credentials makes
//! another version, so an old verdict is not found any more. Secrets are wiped when a verdict
//! leaves: by idleness, age, revocation or lack of room.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::future::Cache;
use tokio::time::Instant;

use super::hash::Mark;
use super::moment::Moment;
use super::scopes::Scopes;
use crate::backend::login::Login;
use crate::identity::{DeviceId, UserId};
use crate::store::CredentialId;

/// Names one secret of one user at one version of the user's credentials.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct VerdictKey {
    pub(super) user: UserId,
    pub(super) mark: Mark,
    pub(super) version: u64,
}

/// Names a mail password of a user, wherever it came from.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct BackendKey {
    pub(super) user: UserId,
    pub(super) mark: Mark,
}

/// A secret that was right.
pub(super) struct Verdict {
    pub(super) key: VerdictKey,
    pub(super) backend: BackendKey,
    /// `None` for a mail password.
    pub(super) passcode: Option<PasscodeFacts>,
    login: Mutex<Option<Login>>,
    made: Instant,
    /// Milliseconds after `made` of the last use.
    used: AtomicU64,
    /// Wall seconds when the last use was noted for the store.
    noted: AtomicI64,
}

/// What a passcode is good for.
#[derive(Clone, Debug)]
pub(super) struct PasscodeFacts {
    pub(super) id: CredentialId,
    pub(super) scopes: Scopes,
    pub(super) device: Option<DeviceId>,
    pub(super) expires_at: Option<i64>,
}

/// All verdicts.
pub(super) struct Verdicts {
    cache: Cache<VerdictKey, Arc<Verdict>>,
}

/// An unwrapped secret stays at most this long unused (C7).
pub(super) const IDLE: Duration = Duration::from_secs(600);
/// A verdict is made anew after this time however much it is used, so that a mail password that
/// was changed does not live on through use.
pub(super) const MAX_AGE: Duration = Duration::from_secs(3600);
/// Verdicts at a time, under 1 KB each.
const CAPACITY: u64 = 100_000;

impl Verdict {
    pub(super) fn new(
        key: VerdictKey,
        backend: BackendKey,
        passcode: Option<PasscodeFacts>,
        login: Login,
        now: Moment,
    ) -> Self {
        Self {
            key,
            backend,
            passcode,
            login: Mutex::new(Some(login)),
            made: now.monotonic,
            used: AtomicU64::new(0),
            noted: AtomicI64::new(i64::MIN),
        }
    }

    /// A copy of the login, `None` once it is wiped.
    pub(super) fn login(&self) -> Option<Login> {
        self.login
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether a use at `now` should be noted for the store, at most once per `every` seconds.
    pub(super) fn note(&self, now: i64, every: i64) -> bool {
        let last = self.noted.load(Ordering::Acquire);
        now.saturating_sub(last) >= every
            && self
                .noted
                .compare_exchange(last, now, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
    }

    fn fresh(&self, now: Moment) -> bool {
        let age = now.monotonic.saturating_duration_since(self.made);
        let used = Duration::from_millis(self.used.load(Ordering::Acquire));
        age < MAX_AGE && age.saturating_sub(used) < IDLE
    }

    fn wipe(&self) {
        self.login
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdict")
            .field("key", &self.key)
            .field("passcode", &self.passcode)
            .finish_non_exhaustive()
    }
}

impl Verdicts {
    pub(super) fn new() -> Self {
        Self {
            cache: Cache::builder()
                .max_capacity(CAPACITY)
                .eviction_listener(|_, verdict: Arc<Verdict>, _| verdict.wipe())
                .build(),
        }
    }

    pub(super) async fn get(&self, key: &VerdictKey, now: Moment) -> Option<Arc<Verdict>> {
        let verdict = self.cache.get(key).await?;
        if verdict.key != *key {
            tracing::error!("the verdict cache gave another key's value; not used");
            return None;
        }
        if !verdict.fresh(now) {
            self.drop(key).await;
            return None;
        }
        let age = now.monotonic.saturating_duration_since(verdict.made);
        let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        verdict.used.fetch_max(age, Ordering::AcqRel);
        Some(verdict)
    }

    pub(super) async fn put(&self, verdict: Verdict) {
        let key = verdict.key.clone();
        self.cache.insert(key, Arc::new(verdict)).await;
    }

    pub(super) async fn drop(&self, key: &VerdictKey) {
        if let Some(verdict) = self.cache.remove(key).await {
            verdict.wipe();
        }
    }

    /// Drops and wipes every verdict that `which` picks.
    pub(super) async fn drop_where(&self, which: impl Fn(&Verdict) -> bool) {
        let picked: Vec<VerdictKey> = self
            .cache
            .iter()
            .filter(|(_, verdict)| which(verdict))
            .map(|(key, _)| (*key).clone())
            .collect();
        for key in picked {
            self.drop(&key).await;
        }
    }

    /// A login of this user, the first that is found.
    pub(super) fn login_of(&self, user: &UserId) -> Option<Login> {
        self.cache
            .iter()
            .filter(|(key, _)| key.user == *user)
            .find_map(|(_, verdict)| verdict.login())
    }

    /// Wipes what was idle too long; moka by itself would keep it until something else moves.
    pub(super) async fn sweep(&self, now: Moment) {
        self.drop_where(|verdict| !verdict.fresh(now)).await;
        self.cache.run_pending_tasks().await;
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<Arc<Verdict>> {
        self.cache.iter().map(|(_, verdict)| verdict).collect()
    }
}
