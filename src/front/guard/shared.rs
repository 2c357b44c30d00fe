//! What the guard and the requests on its connection tell each other: the guard knows the socket,
//! the requests know when they are done and how long they may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::time::Instant;

use crate::clock;
use crate::config::Limits;

/// What the guard and the requests on its connection tell each other.
pub(in crate::front) struct Shared {
    limits: Arc<Limits>,
    accepted: Instant,
    /// A request was handed over and its answer is not finished.
    busy: AtomicBool,
    /// No further request is wanted: the server stops.
    closing: AtomicBool,
    /// When the running request must be over, in milliseconds since `accepted`; 0 is never.
    deadline: AtomicU64,
    /// Told when the connection becomes idle (true) or is no longer (false).
    on_idle: Box<dyn Fn(bool) + Send + Sync>,
}

impl Shared {
    pub(in crate::front) fn new(
        limits: Arc<Limits>,
        on_idle: Box<dyn Fn(bool) + Send + Sync>,
    ) -> Arc<Self> {
        Arc::new(Self {
            limits,
            accepted: clock::monotonic(),
            busy: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            deadline: AtomicU64::new(0),
            on_idle,
        })
    }

    /// The answer is written or given up: the next head may come.
    pub(in crate::front) fn finished(&self) {
        self.busy.store(false, Ordering::Relaxed);
    }

    /// The server stops; an idle connection ends at its next poll.
    pub(in crate::front) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Sets when the running request must be over, its answer included.
    pub(in crate::front) fn set_deadline(&self, deadline: Instant) {
        let since = deadline.saturating_duration_since(self.accepted);
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX).max(1);
        self.deadline.store(millis, Ordering::Relaxed);
    }

    /// A request is handed over.
    pub(super) fn begin(&self) {
        self.busy.store(true, Ordering::Relaxed);
        self.deadline.store(0, Ordering::Relaxed);
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    pub(super) fn tell_idle(&self, idle: bool) {
        (self.on_idle)(idle);
    }

    pub(super) fn is_overdue(&self) -> bool {
        let millis = self.deadline.load(Ordering::Relaxed);
        millis != 0 && self.accepted.elapsed().as_millis() > u128::from(millis)
    }
}
