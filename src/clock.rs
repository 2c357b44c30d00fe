//! The one place that reads the clocks. Everything that decides takes `now` as an argument (S29).

use std::time::Duration;

use tokio::time::Instant;

/// The wall clock, in milliseconds since 1970 UTC: for dates, expiry and log lines, never for waits
/// (T63).
#[allow(clippy::disallowed_methods, reason = "the one clock module")]
pub fn now_millis() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

/// The wall clock in whole seconds.
pub fn now_seconds() -> i64 {
    now_millis().div_euclid(1000)
}

/// The monotonic clock, for waits and deadlines; tokio's, so tests can hold it.
pub fn monotonic() -> Instant {
    Instant::now()
}

/// The monotonic moment `delay` from now.
pub fn deadline(delay: Duration) -> Instant {
    Instant::now() + delay
}
