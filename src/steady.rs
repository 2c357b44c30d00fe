//! A wall clock that a jump does not move at once (T63): a clock set a year ahead by mistake must not take
//! all their mail from all phones because it left their windows.
//!
//! ```text
//! in step -wall and monotonic part by more than an hour-> jumped -stays so for a day-> in step
//!                                                         jumped -goes back-> in step
//! ```
//!
//! While jumped, time goes on from where it was. A restart takes the wall clock as it is.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;

/// The clock that windows of mail are counted by.
#[derive(Debug)]
pub struct SteadyClock {
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// Seconds since 1970 and the monotonic moment at which they were right.
    wall: i64,
    at: Instant,
    jumped: Option<Jump>,
}

#[derive(Clone, Copy, Debug)]
struct Jump {
    /// Seconds that the wall clock is ahead.
    ahead: i64,
    since: Instant,
}

/// What clocks drift, and the daylight some are wrongly set by.
const STEP: i64 = 3600;
/// After this a jump is taken for the truth.
const CONFIRMED: Duration = Duration::from_secs(86_400);

impl SteadyClock {
    /// In step with the clocks as they are.
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::at(clock::now_seconds(), clock::monotonic())),
        }
    }

    /// Seconds since 1970.
    pub fn seconds(&self) -> i64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.seconds(clock::now_seconds(), clock::monotonic())
    }
}

impl Default for SteadyClock {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    const fn at(wall: i64, at: Instant) -> Self {
        Self {
            wall,
            at,
            jumped: None,
        }
    }

    fn seconds(&mut self, wall: i64, now: Instant) -> i64 {
        let passed = now.saturating_duration_since(self.at).as_secs();
        let expected = self.wall.saturating_add_unsigned(passed);
        let ahead = wall.saturating_sub(expected);
        if ahead.saturating_abs() <= STEP {
            *self = Self::at(wall, now);
            return wall;
        }
        match self.jumped {
            Some(jump) if jump.ahead.saturating_sub(ahead).saturating_abs() <= STEP => {
                if now.saturating_duration_since(jump.since) < CONFIRMED {
                    return expected;
                }
                tracing::warn!(ahead, "the clock's jump is taken for right after a day");
                *self = Self::at(wall, now);
                wall
            }
            _ => {
                metrics::counter!("airgate_clock_jumps_total").increment(1);
                tracing::warn!(
                    ahead,
                    "the clock has jumped; until it goes back, or stays for a day, no mail leaves the \
                     phones because of it (restart to take it as it is)"
                );
                self.jumped = Some(Jump { ahead, since: now });
                expected
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_521_600;
    const DAY: i64 = 86_400;

    #[test]
    fn t63_a_jump_moves_nothing_until_it_has_stayed_for_a_day() {
        let start = clock::monotonic();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        for jump in [
            DAY,
            -DAY,
            365 * DAY,
            -365 * DAY,
            2 * 3600,
            i64::MAX / 2,
            i64::MIN / 2,
        ] {
            let mut state = State::at(NOON, start);
            assert_eq!(state.seconds(NOON + 10, after(10)), NOON + 10);
            // Time goes on from where it was ...
            assert_eq!(
                state.seconds(NOON + 20 + jump, after(20)),
                NOON + 20,
                "{jump}"
            );
            assert_eq!(
                state.seconds(NOON + 50_000 + jump, after(50_000)),
                NOON + 50_000
            );
            // ... until the clock is set right again, ...
            let mut mended = state;
            assert_eq!(mended.seconds(NOON + 60_000, after(60_000)), NOON + 60_000);
            assert!(mended.jumped.is_none());
            // ... or has stood by it for a day.
            let late = 20 + 86_400;
            let wall = NOON + 20 + DAY + jump;
            assert_eq!(state.seconds(wall, after(late)), wall);
        }
    }

    #[test]
    fn t63_drift_daylight_and_leap_seconds_are_no_jumps() {
        let start = clock::monotonic();
        let mut state = State::at(NOON, start);
        let mut wall = NOON;
        for step in 1..1000_u64 {
            // A clock that loses 30 s an hour, an hour at a time.
            wall += 3570;
            let now = start + Duration::from_secs(3600 * step);
            assert_eq!(state.seconds(wall, now), wall);
        }
        let now = start + Duration::from_secs(3600 * 999 + 1);
        for change in [1, -1, 3590, -3590] {
            let mut changed = state;
            assert_eq!(changed.seconds(wall + change, now), wall + change);
        }
    }

    #[test]
    fn t63_a_second_jump_begins_to_count_anew() {
        let start = clock::monotonic();
        let mut state = State::at(NOON, start);
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        state.seconds(NOON + 10 * DAY, after(0));
        state.seconds(NOON + 80_000 + 20 * DAY, after(80_000));
        let wall = NOON + 90_000 + 20 * DAY;
        assert_eq!(state.seconds(wall, after(90_000)), NOON + 90_000);
    }
}
