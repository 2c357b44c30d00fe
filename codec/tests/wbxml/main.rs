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
