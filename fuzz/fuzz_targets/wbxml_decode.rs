//! See src/wbxml_decode.rs, which codec/tests/fuzz_smoke.rs runs too.
#![no_main]

#[path = "../src/ceiling.rs"]
mod ceiling;
#[path = "../src/events.rs"]
mod events;
#[path = "../src/wbxml_decode.rs"]
mod wbxml_decode;

/// What the sanitizer and the counters cost.
const SLOWER: u64 = 10;

libfuzzer_sys::fuzz_target!(|data: &[u8]| wbxml_decode::run(data));
