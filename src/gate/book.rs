//! What the gate writes down: audit rows, last uses, and the one line ban tools read (O8, C15).
//!
//! Logins must not wait for the disk, and strangers must not be able to fill it (T38): rows are
//! collected here and written together by the gate's upkeep, rows of failures only at a limited
//! rate, and the same wrong secret from the same device counts once.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use moka::future::Cache;
use tokio::time::Instant;

use super::moment::{GateClock, Moment};
use crate::failure::chain;
use crate::identity::UserId;
use crate::store::{AuditAction, AuditRow, CredentialId, Store, Touch};

/// Rows waiting to be written.
pub(super) struct Book {
    rows: Mutex<Vec<AuditRow>>,
    touches: Mutex<HashMap<(UserId, CredentialId), Touch>>,
    strangers: RateLimiter<NotKeyed, InMemoryState, GateClock, NoOpMiddleware<Duration>>,
    clock: GateClock,
}

/// Why a login failed, as ban tools and metrics see it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reason {
    /// The name is no user name.
    User,
    /// Empty, over-long or with control characters.
    Malformed,
    /// A passcode with a wrong character.
    Mistyped,
    /// No passcode, where nothing else is taken (T36).
    NotPasscode,
    Passcode,
    Revoked,
    Expired,
    /// A mail password with a one-time code that is not right.
    Enrolment,
    /// The backend refused the mail password.
    Password,
}

/// Keys seen within a time; bounded, so it may forget.
pub(super) struct Seen<K> {
    cache: Cache<K, Instant>,
    within: Duration,
}

/// Rows kept for the next writing; more than this means the database has been away for long.
const MAX_WAITING: usize = 10_000;
/// Rows of failed logins: 5 in a second, 100 at once.
const STRANGERS_PER_SECOND: NonZeroU32 = NonZeroU32::new(5).expect("not 0");
const STRANGERS_AT_ONCE: NonZeroU32 = NonZeroU32::new(100).expect("not 0");
/// User text in a line, in characters.
const MAX_SHOWN: usize = 128;

impl Reason {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Malformed => "malformed",
            Self::Mistyped => "mistyped",
            Self::NotPasscode => "not-passcode",
            Self::Passcode => "passcode",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Enrolment => "enrolment",
            Self::Password => "password",
        }
    }
}

impl Book {
    pub(super) fn new(clock: GateClock) -> Self {
        let quota = Quota::per_second(STRANGERS_PER_SECOND).allow_burst(STRANGERS_AT_ONCE);
        Self {
            rows: Mutex::default(),
            touches: Mutex::default(),
            strangers: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
        }
    }

    pub(super) fn audit(&self, row: AuditRow) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() < MAX_WAITING {
            rows.push(row);
        } else {
            metrics::counter!("airgate_limits_hit_total", "limit" => "audit").increment(1);
        }
    }

    /// A row that a stranger causes: left out when there are too many of them.
    pub(super) fn audit_stranger(&self, row: AuditRow, now: Moment) {
        self.clock.reach(now);
        if self.strangers.check().is_ok() {
            self.audit(row);
        } else {
            metrics::counter!("airgate_limits_hit_total", "limit" => "audit").increment(1);
        }
    }

    pub(super) fn touch(&self, touch: Touch) {
        let mut touches = self.touches.lock().unwrap_or_else(PoisonError::into_inner);
        if touches.len() < MAX_WAITING {
            touches.insert((touch.user.clone(), touch.id.clone()), touch);
        }
    }

    /// Writes what has gathered.
    pub(super) async fn write(&self, store: &dyn Store) {
        let rows = std::mem::take(&mut *self.rows.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = store.append_audit(&rows).await {
            tracing::error!(error = chain(&error), "audit rows could not be written");
            // They are tried again, before what has come since.
            let mut waiting = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
            let newer = std::mem::replace(&mut *waiting, rows);
            waiting.extend(newer);
            waiting.truncate(MAX_WAITING);
        }
        let touches =
            std::mem::take(&mut *self.touches.lock().unwrap_or_else(PoisonError::into_inner));
        let touches: Vec<Touch> = touches.into_values().collect();
        if let Err(error) = store.touch_credentials(&touches).await {
            // Only a "last used", and the next use writes another.
            tracing::warn!(error = chain(&error), "last uses could not be written");
        }
    }
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Seen<K> {
    pub(super) fn new(within: Duration, capacity: u64) -> Self {
        Self {
            cache: Cache::new(capacity),
            within,
        }
    }

    /// Whether it was there within the period.
    pub(super) async fn seen(&self, key: &K, now: Moment) -> bool {
        match self.cache.get(key).await {
            Some(last) => now.monotonic.saturating_duration_since(last) < self.within,
            None => false,
        }
    }

    /// True for the first time within the period.
    pub(super) async fn first(&self, key: K, now: Moment) -> bool {
        if self.seen(&key, now).await {
            return false;
        }
        self.cache.insert(key, now.monotonic).await;
        true
    }
}

/// The line for ban tools (O8): address first, user text last and quoted, so that no user name can
/// look like another line (T49).
pub(super) fn log_failure(address: IpAddr, reason: Reason, user: &str) {
    tracing::warn!(
        target: "airgate::auth",
        "airgate auth-failed addr={} reason={} user=\"{}\"",
        address.to_canonical(),
        reason.as_str(),
        shown(user)
    );
}

fn shown(user: &str) -> String {
    let mut shown = String::new();
    for character in user.chars().take(MAX_SHOWN) {
        match character {
            '"' | '\\' => shown.extend(['\\', character]),
            ' '..='~' => shown.push(character),
            other => {
                // Also for letters beyond ASCII: some of them look like quotes or turn the line
                // around.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(other));
            }
        }
    }
    shown
}

/// A row about a login.
pub(super) fn login_row(
    action: AuditAction,
    now: Moment,
    user: Option<&UserId>,
    address: IpAddr,
) -> AuditRow {
    AuditRow {
        user: user.cloned(),
        address: Some(address.to_canonical().to_string()),
        ..AuditRow::new(now.wall, action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t49_no_user_name_imitates_a_line() {
        for (user, expected) in [
            ("alice@example.com", "alice@example.com"),
            (
                "x\" \nairgate auth-failed addr=192.0.2.9 reason=passcode user=\"y",
                "x\\\" \\u{a}airgate auth-failed addr=192.0.2.9 reason=passcode user=\\\"y",
            ),
            ("a\u{202e}b\\", "a\\u{202e}b\\\\"),
        ] {
            assert_eq!(shown(user), expected);
        }
        assert_eq!(shown(&"x".repeat(10_000)).len(), MAX_SHOWN);
    }

    #[tokio::test]
    async fn the_same_counts_once() {
        let start = Moment::read();
        let seen = Seen::new(Duration::from_secs(60), 10);
        assert!(seen.first("a", start).await);
        assert!(!seen.first("a", start).await);
        assert!(seen.first("b", start).await);
        let later = Moment {
            monotonic: start.monotonic + Duration::from_secs(61),
            wall: start.wall,
        };
        assert!(seen.first("a", later).await);
    }

    #[test]
    fn strangers_cannot_fill_the_book() {
        let start = Moment::read();
        let book = Book::new(GateClock::new(start));
        for _ in 0..1_000 {
            book.audit_stranger(AuditRow::new(1, AuditAction::LoginFailed), start);
        }
        assert_eq!(book.rows.lock().unwrap().len(), 100);
        for _ in 0..MAX_WAITING {
            book.audit(AuditRow::new(1, AuditAction::DevicePinned));
        }
        assert_eq!(book.rows.lock().unwrap().len(), MAX_WAITING);
    }
}
