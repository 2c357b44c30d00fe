//! The gate's notion of now: it comes in with every question, so that tests hold it (S29).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use tokio::time::Instant;

use crate::clock;

/// Now, on both clocks: the monotonic one for waits, the wall clock for expiry and rows (T63).
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) monotonic: Instant,
    /// Seconds since 1970 UTC.
    pub(super) wall: i64,
}

/// The clock of the rate limiters: stands at the latest moment the gate was asked at.
#[derive(Clone, Debug)]
pub(super) struct GateClock {
    start: Instant,
    latest: Arc<AtomicU64>,
}

impl Moment {
    pub(super) fn read() -> Self {
        Self {
            monotonic: clock::monotonic(),
            wall: clock::now_seconds(),
        }
    }

    /// So long before; `None` before the monotonic clock began.
    pub(super) fn before(self, passed: Duration) -> Option<Self> {
        let seconds = i64::try_from(passed.as_secs()).ok()?;
        Some(Self {
            monotonic: self.monotonic.checked_sub(passed)?,
            wall: self.wall.checked_sub(seconds)?,
        })
    }
}

impl GateClock {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            start: now.monotonic,
            latest: Arc::default(),
        }
    }

    pub(super) fn reach(&self, now: Moment) {
        let passed = now.monotonic.saturating_duration_since(self.start);
        let passed = u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX);
        self.latest.fetch_max(passed, Ordering::AcqRel);
    }
}

impl Clock for GateClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.latest.load(Ordering::Acquire))
    }
}
