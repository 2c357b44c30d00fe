//! See src/dav.rs, which codec/tests/fuzz_smoke.rs runs too.
#![no_main]

#[path = "../src/ceiling.rs"]
mod ceiling;
#[path = "../src/dav.rs"]
mod dav;

/// What the sanitizer and the counters cost.
const SLOWER: u64 = 10;

libfuzzer_sys::fuzz_target!(|data: &[u8]| dav::run(data));
