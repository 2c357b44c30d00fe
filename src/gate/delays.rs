//! Delays that grow with failures, per account and per browser: they slow guessing down and never
//! lock anyone out (C9, C14, T39). The first few failures cost nothing, then each doubles the wait; a
//! success, or an hour without failures, forgets them all.

use std::hash::Hash;
use std::time::Duration;

use moka::future::Cache;
use tokio::time::Instant;

use super::moment::Moment;

pub(super) struct Delays<K> {
    counts: Cache<K, Count>,
    free: u32,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    last: Instant,
    until: Instant,
}

/// The first wait.
const FIRST: Duration = Duration::from_secs(2);
/// The longest: someone who forgot which password it was comes back after a cup of tea.
const LONGEST: Duration = Duration::from_secs(300);
/// After this time without a failure all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// Accounts or browsers counted at a time.
const CAPACITY: u64 = 100_000;

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Delays<K> {
    /// `free` failures cost no wait.
    pub(super) fn new(free: u32) -> Self {
        Self {
            counts: Cache::new(CAPACITY),
            free,
        }
    }

    /// How long to wait still, if at all.
    pub(super) async fn left(&self, key: &K, now: Moment) -> Option<Duration> {
        let count = self.counts.get(key).await?;
        let left = count.until.saturating_duration_since(now.monotonic);
        (!left.is_zero()).then_some(left)
    }

    /// Counts a failure; the wait from now on.
    pub(super) async fn failed(&self, key: K, now: Moment) -> Option<Duration> {
        let mut wait = None;
        self.counts
            .entry(key)
            .and_upsert_with(|old| {
                let failures = old
                    .map(moka::Entry::into_value)
                    .filter(|count| now.monotonic.saturating_duration_since(count.last) < FORGOTTEN)
                    .map_or(0, |count| count.failures)
                    .saturating_add(1);
                wait = self.wait_after(failures);
                let count = Count {
                    failures,
                    last: now.monotonic,
                    until: now.monotonic + wait.unwrap_or_default(),
                };
                std::future::ready(count)
            })
            .await;
        wait
    }

    /// Whom somebody waits for, and how long.
    pub(super) fn waiting(&self, now: Moment) -> Vec<(K, Duration)> {
        self.counts
            .iter()
            .map(|(key, count)| {
                let left = count.until.saturating_duration_since(now.monotonic);
                ((*key).clone(), left)
            })
            .filter(|(_, left)| !left.is_zero())
            .collect()
    }

    /// Forgets the failures; false when there were none.
    pub(super) async fn succeeded(&self, key: &K) -> bool {
        self.counts.remove(key).await.is_some()
    }

    fn wait_after(&self, failures: u32) -> Option<Duration> {
        let doublings = failures.checked_sub(self.free)?.checked_sub(1)?;
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        Some(FIRST.saturating_mul(factor).min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn t39_delays_grow_end_and_are_forgotten() {
        let start = Moment::read();
        let after = |seconds| Moment {
            monotonic: start.monotonic + Duration::from_secs(seconds),
            wall: start.wall,
        };
        let delays = Delays::new(5);
        let mut waits = Vec::new();
        for _ in 0..20 {
            waits.push(
                delays
                    .failed("alice", start)
                    .await
                    .map(|wait| wait.as_secs()),
            );
        }
        assert_eq!(waits[..5], [None; 5]);
        assert_eq!(waits[5..9], [Some(2), Some(4), Some(8), Some(16)]);
        assert_eq!(waits[19], Some(300), "never longer, however many");
        assert_eq!(delays.left(&"alice", start).await, Some(LONGEST));
        assert_eq!(delays.left(&"bob", start).await, None);
        assert_eq!(delays.left(&"alice", after(300)).await, None);
        delays.succeeded(&"alice").await;
        assert_eq!(delays.failed("alice", start).await, None);
        for _ in 0..20 {
            delays.failed("carol", start).await;
        }
        assert_eq!(delays.failed("carol", after(3_700)).await, None);
    }
}
