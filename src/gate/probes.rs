//! Logins at the backend, so few that no phone with a stale secret locks its user out (T40).
//!
//! One refused login freezes that secret of that user; after 15 minutes one login may try it again,
//! for all phones together. A secret that was right before stays apart from one that never was: the
//! first is the backend's doing and gets the phone a temporary error, the second a 401.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use tokio::time::Instant;

use super::VerifyLogin;
use super::moment::Moment;
use super::verdicts::BackendKey;
use crate::backend::login::Login;
use crate::failure::{Remedy, chain};

pub(super) struct Probes {
    verifier: Arc<dyn VerifyLogin>,
    /// Logins under way: whoever asks for the same one waits for its answer.
    under_way: Cache<BackendKey, Instant>,
    right: Cache<BackendKey, Instant>,
    refused: Cache<BackendKey, Refused>,
}

#[derive(Clone, Copy, Debug)]
struct Refused {
    /// Since when it has been refused without a break.
    since: Instant,
    next_try: Instant,
    was_right: bool,
}

/// What a login came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Probe {
    Right,
    Refused {
        was_right: bool,
        next_try: Duration,
        /// For how long it has been so.
        lasting: Duration,
        /// The backend said so just now, not remembered.
        fresh: bool,
    },
    Down,
}

/// A refused secret is tried again at most this often (T40).
pub(super) const FROZEN: Duration = Duration::from_secs(15 * 60);
/// How long "it was right before" outweighs a refusal. A backend that refuses everybody for a night
/// must not make phones drop their passwords; a mail password that is refused for a day has been
/// changed, and then the 401 is what lets the user type the new one.
pub(super) const TRUSTED: Duration = Duration::from_secs(24 * 3600);
/// Whoever asks the same within this time shares one login.
const MEETING: Duration = Duration::from_secs(5);
/// Entries in each table.
const CAPACITY: u64 = 100_000;

impl Probes {
    pub(super) fn new(verifier: Arc<dyn VerifyLogin>) -> Self {
        Self {
            verifier,
            under_way: Cache::new(CAPACITY),
            right: Cache::new(CAPACITY),
            refused: Cache::new(CAPACITY),
        }
    }

    /// What is known about a frozen secret, without asking anyone.
    pub(super) async fn frozen(&self, key: &BackendKey, now: Moment) -> Option<Probe> {
        let refused = self.refused.get(key).await?;
        let next_try = refused.next_try.saturating_duration_since(now.monotonic);
        (!next_try.is_zero()).then_some(Probe::Refused {
            was_right: refused.was_right,
            next_try,
            lasting: now.monotonic.saturating_duration_since(refused.since),
            fresh: false,
        })
    }

    /// Whether the secret was right within [`TRUSTED`].
    pub(super) async fn was_right(&self, key: &BackendKey, now: Moment) -> bool {
        match self.right.get(key).await {
            Some(last) => now.monotonic.saturating_duration_since(last) < TRUSTED,
            None => false,
        }
    }

    /// Asks the backend, unless the secret is frozen. `vouched` for a secret out of the vault: it
    /// was right when it was sealed.
    pub(super) async fn ask(
        &self,
        key: &BackendKey,
        login: &Login,
        vouched: bool,
        now: Moment,
    ) -> Probe {
        if let Some(probe) = self.frozen(key, now).await {
            return probe;
        }
        loop {
            let asked = self
                .under_way
                .try_get_with(key.clone(), self.login(key, login, vouched, now))
                .await;
            match asked {
                Ok(at) if now.monotonic.saturating_duration_since(at) < MEETING => {
                    return Probe::Right;
                }
                // Only a meeting point: the next question is a new login.
                Ok(_) => self.under_way.invalidate(key).await,
                Err(probe) => return *probe,
            }
        }
    }

    /// The backend refused the secret of a session: frozen from now on. True when it was not
    /// frozen before.
    pub(super) async fn refused_elsewhere(&self, key: &BackendKey, now: Moment) -> bool {
        if self.frozen(key, now).await.is_some() {
            return false;
        }
        self.freeze(key, true, now).await;
        true
    }

    async fn login(
        &self,
        key: &BackendKey,
        login: &Login,
        vouched: bool,
        now: Moment,
    ) -> Result<Instant, Probe> {
        // Whoever asked before may have finished since the caller looked.
        if let Some(probe) = self.frozen(key, now).await {
            return Err(probe);
        }
        match self.verifier.verify(login).await {
            Ok(()) => {
                self.right.insert(key.clone(), now.monotonic).await;
                self.refused.invalidate(key).await;
                Ok(now.monotonic)
            }
            Err(failure) if failure.remedy == Remedy::FreshSecret => {
                let was_right = vouched || self.was_right(key, now).await;
                let since = self.freeze(key, was_right, now).await;
                Err(Probe::Refused {
                    was_right,
                    next_try: FROZEN,
                    lasting: now.monotonic.saturating_duration_since(since),
                    fresh: true,
                })
            }
            Err(failure) => {
                tracing::warn!(
                    user = key.user.as_str(),
                    error = chain(&failure),
                    "the backend could not be asked to verify a login"
                );
                Err(Probe::Down)
            }
        }
    }

    async fn freeze(&self, key: &BackendKey, was_right: bool, now: Moment) -> Instant {
        let before = self.refused.get(key).await;
        let since = before.map_or(now.monotonic, |refused| refused.since);
        let refused = Refused {
            since,
            next_try: now.monotonic + FROZEN,
            was_right,
        };
        self.refused.insert(key.clone(), refused).await;
        since
    }
}
