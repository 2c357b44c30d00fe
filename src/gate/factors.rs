//! Second factors at work: enrolling one, asking for a code, switching it off. Portal and phones come
//! through here (C18).
//!
//! Five wrong codes slow the next ones down, they never lock (C9): a stranger must not be able to
//! keep the owner out (T39). So phones are counted by address and user, where a wrong code costs
//! nothing but guessing, and the portal by user, since whoever gets as far as the code there knows
//! the password; a browser that is known is counted apart.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::moment::{GateClock, Moment};
use super::seal::SealError;
use super::second_factor::{TotpSecret, step_at};
use super::throttle::AddressKey;
use super::{Busy, Gate};
use crate::identity::UserId;
use crate::store::{AuditAction, AuditRow, SecondFactorRow, StoreError};

/// From where a code comes, as far as counting goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Lane {
    /// A phone, behind a mail password nobody has looked at yet.
    Phone(IpAddr),
    /// A browser that gave the right password.
    Portal,
    /// The same, one that is known by this name.
    KnownBrowser(String),
}

/// What a code came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CodeVerdict {
    /// It was right and is used up now.
    Right,
    Wrong,
    /// It was right once already (T44).
    Used,
    /// The user has no second factor.
    NoFactor,
    /// Too many wrong ones; this one was not looked at.
    Slower {
        retry_after: Duration,
    },
}

/// Why a code could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the secret of the one-time codes cannot be opened")]
    Seal(#[from] SealError),
    #[error("the operating system gives no random numbers")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error("a recovery code cannot be hashed")]
    Hash,
}

/// A lane of a user's, as codes are counted by it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum CodeLane {
    Phone(AddressKey, UserId),
    Portal(UserId),
    /// By a hash of its cookie: counts are written down, and the cookie is nobody else's business.
    Browser(UserId, [u8; 16]),
}

/// Wrong codes by lane.
pub(super) struct CodeThrottle {
    limiter: RateLimiter<
        CodeLane,
        DefaultKeyedStateStore<CodeLane>,
        GateClock,
        NoOpMiddleware<Duration>,
    >,
    clock: GateClock,
    /// Lanes that were told to wait, and until when: administrators see them.
    waiting: Mutex<HashMap<CodeLane, Instant>>,
}

/// Wrong codes at once ...
const WRONG_AT_ONCE: NonZeroU32 = NonZeroU32::new(5).expect("not 0");
/// ... and one more after this time: 5 in 15 minutes (C9).
const WRONG_EVERY: Duration = Duration::from_secs(180);
/// Lanes counted at a time, about 10 MB; with more the table is walked.
const MAX_LANES: usize = 50_000;

impl CodeThrottle {
    pub(super) fn new(clock: GateClock) -> Self {
        let quota = Quota::with_period(WRONG_EVERY)
            .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
            .allow_burst(WRONG_AT_ONCE);
        Self {
            limiter: RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone()),
            clock,
            waiting: Mutex::default(),
        }
    }

    /// Takes a turn before the code is looked at, or parallel guesses would all be looked at before
    /// the first is counted. A right one costs a turn as well; there are few of them.
    pub(super) fn turn(&self, lane: &CodeLane, now: Moment) -> Result<(), Duration> {
        self.clock.reach(now);
        if self.limiter.len() >= MAX_LANES {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(lane).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            self.note_waiting(lane, now.monotonic + wait);
            wait
        })
    }

    /// The list is for eyes alone: one lane more than there is room for is not in it.
    fn note_waiting(&self, lane: &CodeLane, until: Instant) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_LANES {
            waiting.insert(lane.clone(), until);
        }
    }

    /// Who has to wait with codes, and how long.
    pub(super) fn waiting(&self, now: Moment) -> Vec<(CodeLane, Duration)> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting
            .iter()
            .map(|(lane, until)| {
                let left = until.saturating_duration_since(now.monotonic);
                (lane.clone(), left)
            })
            .filter(|(_, left)| !left.is_zero())
            .collect()
    }

    pub(super) fn forget_recovered(&self, now: Moment) {
        self.clock.reach(now);
        self.limiter.retain_recent();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, until| *until > now.monotonic);
    }
}

impl Gate {
    /// Begins an enrolment: a new secret, which counts once [`confirm_factor`](Self::confirm_factor)
    /// has seen its first code. A factor the user has goes on working until then.
    ///
    /// # Errors
    /// The store's, no randomness.
    pub async fn begin_factor(&self, user: &UserId) -> Result<TotpSecret, FactorError> {
        let now = Moment::read();
        let secret = TotpSecret::generate()?;
        let ring = self.ring();
        let key = &ring.keys.vault;
        let sealed = secret.seal(key, user)?;
        self.store
            .begin_factor(&SecondFactorRow {
                user: user.clone(),
                key_id: key.id().to_owned(),
                sealed,
                created: now.wall,
                last_step: 0,
            })
            .await?;
        Ok(secret)
    }

    /// The secret of an enrolment that was begun, to show it again.
    ///
    /// # Errors
    /// The store's; a secret under another server key.
    pub async fn pending_factor(&self, user: &UserId) -> Result<Option<TotpSecret>, FactorError> {
        match self.store.pending_factor_of(user).await? {
            Some(row) => Ok(Some(self.open_factor(&row)?)),
            None => Ok(None),
        }
    }

    /// Ends an enrolment with its first code. From then on phones need a passcode (T36), within 5 s
    /// on every node. `recovery` are the hashes of the new recovery codes; `by` says for the audit
    /// trail from where.
    ///
    /// # Errors
    /// The store's; a secret under another server key.
    pub async fn confirm_factor(
        &self,
        user: &UserId,
        code: &str,
        recovery: &[String],
        lane: &Lane,
        by: &str,
    ) -> Result<CodeVerdict, FactorError> {
        let now = Moment::read();
        if let Err(retry_after) = self.throttles.code_turn(counted(lane, user), now) {
            return Ok(CodeVerdict::Slower { retry_after });
        }
        let Some(row) = self.store.pending_factor_of(user).await? else {
            return Ok(CodeVerdict::NoFactor);
        };
        let Some(step) = self.open_factor(&row)?.matched_step(code, now.wall) else {
            return Ok(CodeVerdict::Wrong);
        };
        let done = self
            .store
            .confirm_factor(user, &row.sealed, step, recovery, now.wall)
            .await?;
        if !done {
            return Ok(CodeVerdict::NoFactor);
        }
        self.note_factor(AuditAction::FactorOn, user, by, now)
            .await?;
        Ok(CodeVerdict::Right)
    }

    /// Judges a code of the user's factor and uses it up; `by` says for the audit trail from where.
    ///
    /// # Errors
    /// The store's; a secret under another server key.
    pub async fn check_code(
        &self,
        user: &UserId,
        code: &str,
        lane: &Lane,
        by: &str,
    ) -> Result<CodeVerdict, FactorError> {
        let now = Moment::read();
        let verdict = self.check_code_at(user, code, lane, now).await?;
        self.note_wrong_code(verdict, user, by, now);
        Ok(verdict)
    }

    /// A code that was not taken, for the audit trail (C15).
    pub(super) fn note_wrong_code(
        &self,
        verdict: CodeVerdict,
        user: &UserId,
        by: &str,
        now: Moment,
    ) {
        let detail = match verdict {
            CodeVerdict::Right | CodeVerdict::NoFactor => return,
            CodeVerdict::Wrong => "wrong",
            CodeVerdict::Used => "used before",
            CodeVerdict::Slower { .. } => "too many",
        };
        let row = AuditRow {
            user: Some(user.clone()),
            address: Some(by.to_owned()),
            detail: detail.to_owned(),
            ..AuditRow::new(now.wall, AuditAction::FactorFailed)
        };
        self.book.audit_stranger(row, now);
    }

    pub(super) async fn check_code_at(
        &self,
        user: &UserId,
        code: &str,
        lane: &Lane,
        now: Moment,
    ) -> Result<CodeVerdict, FactorError> {
        if let Err(retry_after) = self.throttles.code_turn(counted(lane, user), now) {
            metrics::counter!("airgate_throttled_total", "scope" => "code").increment(1);
            return Ok(CodeVerdict::Slower { retry_after });
        }
        let Some(row) = self.store.second_factor_of(user).await? else {
            return Ok(CodeVerdict::NoFactor);
        };
        let Some(step) = self.open_factor(&row)?.matched_step(code, now.wall) else {
            return Ok(CodeVerdict::Wrong);
        };
        // The one place where a code is used up: of many only one gets through (T44).
        Ok(match self.store.burn_step(user, step).await? {
            true => CodeVerdict::Right,
            false => CodeVerdict::Used,
        })
    }

    /// After a recovery code was used: the code the app shows now, and the next, are void, since
    /// whoever found the app's phone may be looking at them (T44).
    ///
    /// # Errors
    /// The store's.
    pub async fn burn_after_recovery(&self, user: &UserId, by: &str) -> Result<(), FactorError> {
        let now = Moment::read();
        self.store.burn_step(user, step_at(now.wall) + 1).await?;
        self.note_factor(AuditAction::RecoveryUsed, user, by, now)
            .await
    }

    /// Switches the second step off; false when there was none.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_factor(&self, user: &UserId, by: &str) -> Result<bool, FactorError> {
        let done = self.store.remove_factor(user).await?;
        if done {
            self.note_factor(AuditAction::FactorOff, user, by, Moment::read())
                .await?;
        }
        Ok(done)
    }

    /// A turn to try a code; the wait when there have been too many.
    pub(super) fn code_turn(&self, user: &UserId, lane: &Lane) -> Option<Duration> {
        self.throttles
            .code_turn(counted(lane, user), Moment::read())
            .err()
    }

    /// A set of recovery codes was made anew.
    pub(super) async fn note_recovery_set(
        &self,
        user: &UserId,
        by: &str,
    ) -> Result<(), FactorError> {
        self.note_factor(AuditAction::RecoveryRenewed, user, by, Moment::read())
            .await
    }

    fn open_factor(&self, row: &SecondFactorRow) -> Result<TotpSecret, FactorError> {
        let ring = self.ring();
        let key = ring.keys.named(&row.key_id).ok_or(SealError::Damaged)?;
        Ok(TotpSecret::open(key, &row.user, &row.sealed)?)
    }

    async fn note_factor(
        &self,
        action: AuditAction,
        user: &UserId,
        by: &str,
        now: Moment,
    ) -> Result<(), FactorError> {
        self.store
            .append_audit(&[AuditRow {
                user: Some(user.clone()),
                address: Some(by.to_owned()),
                ..AuditRow::new(now.wall, action)
            }])
            .await?;
        // This process need not wait for its next round.
        self.hear_changes().await;
        Ok(())
    }
}

fn counted(lane: &Lane, user: &UserId) -> CodeLane {
    match lane {
        Lane::Phone(address) => CodeLane::Phone(AddressKey::of(*address), user.clone()),
        Lane::Portal => CodeLane::Portal(user.clone()),
        Lane::KnownBrowser(name) => {
            let hash = Sha256::digest(name.as_bytes());
            let mark = std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default());
            CodeLane::Browser(user.clone(), mark)
        }
    }
}
