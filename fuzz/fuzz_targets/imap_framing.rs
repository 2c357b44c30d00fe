//! See src/imap_framing.rs, which codec/tests/fuzz_smoke.rs runs too.
#![no_main]

#[path = "../src/ceiling.rs"]
mod ceiling;
#[path = "../src/imap_framing.rs"]
mod imap_framing;

libfuzzer_sys::fuzz_target!(|data: &[u8]| imap_framing::run(data));
