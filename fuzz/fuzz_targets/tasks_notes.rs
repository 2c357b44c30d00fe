//! See src/tasks_notes.rs, which codec/tests/fuzz_smoke.rs runs too.
#![no_main]

#[path = "../src/ceiling.rs"]
mod ceiling;
#[path = "../src/tasks_notes.rs"]
mod tasks_notes;
#[path = "../src/said.rs"]
mod said;

/// What the sanitizer and the counters cost.
const SLOWER: u64 = 10;

libfuzzer_sys::fuzz_target!(|data: &[u8]| tasks_notes::run(data));
