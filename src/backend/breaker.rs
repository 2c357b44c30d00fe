//! One breaker per backend: after repeated failures to connect, nobody tries for a while; then one
//! probe goes ahead of all (T60). What users do wrong (a refused login) never opens it.
//!
//! ```text
//! closed -n failures-> open -pause over-> half-open -probe succeeds-> closed
//!                        ^------------------- probe fails, longer pause -'
//! ```
//!
//! The clock is an argument of every method, so tests hold it (S29).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row before the breaker opens: one lost packet or restart must not do it.
pub const FAILURES_TO_OPEN: u32 = 5;
/// The first pause.
pub const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Pauses double up to this, so that service is back within 30 s of the fault ending (F3).
pub const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// See the module.
#[derive(Debug, Default)]
pub struct Breaker {
    state: Mutex<State>,
}

/// Leave to try. Report the outcome with [`Self::succeeded`] or [`Self::failed`]; one that is
/// dropped unreported (a cancelled request) frees the probe's place for the next.
#[derive(Debug)]
#[must_use = "an attempt is reported or dropped"]
pub struct Attempt<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

/// Nobody may try before this moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the backend failed repeatedly and is left alone for a moment")]
pub struct Open {
    pub until: Instant,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, pause: Duration },
    HalfOpen { pause: Duration, probing: bool },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Asks for leave to connect.
    ///
    /// # Errors
    /// The breaker is open, or half-open with its probe still under way.
    pub fn attempt(&self, now: Instant) -> Result<Attempt<'_>, Open> {
        let mut state = self.lock();
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { until, .. } if now < until => return Err(Open { until }),
            State::HalfOpen { probing: true, .. } => {
                let until = now + FIRST_PAUSE;
                return Err(Open { until });
            }
            State::Open { pause, .. } | State::HalfOpen { pause, .. } => {
                *state = State::HalfOpen {
                    pause,
                    probing: true,
                };
                true
            }
        };
        Ok(Attempt {
            breaker: self,
            probe,
        })
    }

    /// Whether connections are being refused at `now`.
    pub fn is_open(&self, now: Instant) -> bool {
        matches!(*self.lock(), State::Open { until, .. } if now < until)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is one plain value: a panic elsewhere cannot leave it half-written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// The backend answered.
    pub fn succeeded(mut self) {
        *self.breaker.lock() = State::Closed { failures: 0 };
        self.probe = false;
    }

    /// The backend could not be reached or did not speak its protocol.
    pub fn failed(mut self, now: Instant) {
        let mut state = self.breaker.lock();
        *state = match *state {
            State::Closed { failures } if failures + 1 < FAILURES_TO_OPEN => State::Closed {
                failures: failures + 1,
            },
            State::Closed { .. } => State::Open {
                until: now + FIRST_PAUSE,
                pause: FIRST_PAUSE,
            },
            State::HalfOpen { pause, .. } if self.probe => {
                let pause = (pause * 2).min(LONGEST_PAUSE);
                State::Open {
                    until: now + pause,
                    pause,
                }
            }
            // An attempt from before the breaker opened came back late: nothing new.
            State::Open { until, pause } => State::Open { until, pause },
            State::HalfOpen { pause, probing } => State::HalfOpen { pause, probing },
        };
        self.probe = false;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.probe
            && let State::HalfOpen { probing, .. } = &mut *self.breaker.lock()
        {
            *probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, now: Instant) {
        breaker.attempt(now).expect("closed").failed(now);
    }

    #[tokio::test(start_paused = true)]
    async fn t60_it_opens_after_repeated_failures_and_one_probe_closes_it() {
        let breaker = Breaker::default();
        let start = crate::clock::monotonic();
        for _ in 1..FAILURES_TO_OPEN {
            fail(&breaker, start);
        }
        breaker.attempt(start).expect("still closed").succeeded();
        for _ in 0..FAILURES_TO_OPEN {
            fail(&breaker, start);
        }
        let open = breaker.attempt(start).expect_err("open");
        assert_eq!(open.until, start + FIRST_PAUSE);
        assert!(breaker.is_open(start));

        let probe = breaker.attempt(open.until).expect("one probe");
        assert!(
            breaker.attempt(open.until).is_err(),
            "only one probe at a time"
        );
        probe.succeeded();
        breaker
            .attempt(open.until)
            .expect("closed again")
            .succeeded();
    }

    #[tokio::test(start_paused = true)]
    async fn t60_pauses_double_up_to_their_cap_and_a_cancelled_probe_blocks_nobody() {
        let breaker = Breaker::default();
        let mut now = crate::clock::monotonic();
        for _ in 0..FAILURES_TO_OPEN {
            fail(&breaker, now);
        }
        let mut pauses = Vec::new();
        for _ in 0..5 {
            let until = breaker.attempt(now).expect_err("open").until;
            pauses.push((until - now).as_secs());
            now = until;
            drop(breaker.attempt(now).expect("a probe that is cancelled"));
            breaker.attempt(now).expect("the next probe").failed(now);
        }
        assert_eq!(pauses, [2, 4, 8, 15, 15]);
    }
}
