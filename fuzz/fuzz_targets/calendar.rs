//! See src/calendar.rs, which codec/tests/fuzz_smoke.rs runs too.
#![no_main]

#[path = "../src/ceiling.rs"]
mod ceiling;
#[path = "../src/calendar.rs"]
mod calendar;
#[path = "../src/said.rs"]
mod said;

/// What the sanitizer and the counters cost.
const SLOWER: u64 = 10;

libfuzzer_sys::fuzz_target!(|data: &[u8]| calendar::run(data));
