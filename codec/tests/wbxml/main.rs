//! WBXML as a whole: every example of the specification's schemas in both directions, every recorded
//! document broken in every way, a foreign decoder for a second opinion.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has found something"
)]

mod examples;
mod fixtures;
mod foreign;
mod hostile;
mod properties;
mod tree;

// The fuzzer's targets, for the properties.
#[path = "../../../fuzz/src/ceiling.rs"]
mod ceiling;
#[path = "../../../fuzz/src/events.rs"]
mod events;
#[path = "../../../fuzz/src/wbxml_decode.rs"]
mod wbxml_decode;
#[path = "../../../fuzz/src/wbxml_roundtrip.rs"]
mod wbxml_roundtrip;

/// What a debug build costs.
const SLOWER: u64 = if cfg!(debug_assertions) { 4 } else { 1 };
