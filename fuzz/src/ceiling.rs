//! The ceilings of T7: no input may cost more than 50 ms, whatever is in it. (That none may cost
//! more than 64 MiB is libFuzzer's to watch, see scripts/fuzz-smoke; the targets bound what comes
//! out of them.)

#![allow(
    clippy::disallowed_types,
    reason = "this measures real time, which no test may hold"
)]

use std::time::{Duration, Instant};

/// Far above what any input of a fuzzer's size should take (microseconds), far below what hurts.
const CEILING: Duration = Duration::from_millis(50 * crate::SLOWER);

/// A busy machine may take the processor away at any moment: only an input that is slow each time
/// is slow.
const TRIES: usize = 5;

/// Runs the target, and fails if it is slow.
pub(crate) fn within(target: impl Fn(&[u8]), data: &[u8]) {
    let mut fastest = Duration::MAX;
    for _ in 0..TRIES {
        let start = Instant::now();
        target(data);
        fastest = fastest.min(start.elapsed());
        if fastest <= CEILING {
            return;
        }
    }
    panic!(
        "{} bytes took {fastest:?}, more than {CEILING:?}",
        data.len()
    );
}
