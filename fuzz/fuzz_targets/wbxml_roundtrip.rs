//! See src/wbxml_roundtrip.rs, which codec/tests/fuzz_smoke.rs runs too.
#![no_main]

#[path = "../src/ceiling.rs"]
mod ceiling;
#[path = "../src/events.rs"]
mod events;
#[path = "../src/wbxml_roundtrip.rs"]
mod wbxml_roundtrip;

/// What the sanitizer and the counters cost.
const SLOWER: u64 = 10;

libfuzzer_sys::fuzz_target!(|data: &[u8]| wbxml_roundtrip::run(data));
