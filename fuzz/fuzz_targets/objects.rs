//! See src/objects.rs, which Airgate's own tests run too (src/item/tests/octets.rs).
#![no_main]

use airgate::item;

#[path = "../src/ceiling.rs"]
mod ceiling;
#[path = "../src/objects.rs"]
mod objects;

/// What the sanitizer and the counters cost, and that an object is gone over some ten times.
const SLOWER: u64 = 40;

libfuzzer_sys::fuzz_target!(|data: &[u8]| ceiling::within(objects::run, data));
