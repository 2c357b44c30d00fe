//! Whether a peer moves bytes fast enough (T10): a bucket of waiting time that moved bytes refill.

use std::future::Future as _;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::clock;
use crate::config::Limits;

/// One direction of one message. Only time spent waiting for the peer counts, so our own slowness
/// (a backend, a full core) is not held against it.
#[derive(Debug, Default)]
pub(super) struct Pace {
    credit: Duration,
    waiting_since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// A new message begins: grace is due.
    pub(super) fn begin(&mut self, limits: &Limits) {
        *self = Self {
            credit: limits.pace_grace,
            ..Self::default()
        };
    }

    /// The peer moved `bytes`.
    pub(super) fn moved(&mut self, bytes: usize, limits: &Limits) {
        if let Some(since) = self.waiting_since.take() {
            let waited = clock::monotonic().saturating_duration_since(since);
            self.credit = self.credit.saturating_sub(waited);
            self.alarm = None;
        }
        let earned = (bytes as u64).saturating_mul(1000) / limits.pace.max(1);
        let most = limits.pace_stall.max(limits.pace_grace);
        self.credit = (self.credit + Duration::from_millis(earned)).min(most);
    }

    /// The peer does not move; true when its credit is used up. Else the task is woken when it is.
    pub(super) fn is_exhausted(&mut self, cx: &mut Context<'_>) -> bool {
        let since = *self.waiting_since.get_or_insert_with(clock::monotonic);
        let credit = self.credit;
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(sleep_until(since + credit)));
        alarm.as_mut().poll(cx).is_ready()
    }

    /// Whether the peer is being waited for.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting_since.is_some()
    }

    /// The message is over.
    pub(super) fn rest(&mut self) {
        self.waiting_since = None;
        self.alarm = None;
    }
}
