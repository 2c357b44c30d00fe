//! Bytes to values and back: WBXML, the EAS commands in it, Autodiscover, and IMAP.
//!
//! No I/O, no async, no clock, no unsafe: everything here is a function of its input, so it can be
//! fuzzed, replayed and tested by the million. Every parser has a limit, named beside it.

pub mod autodiscover;
pub mod eas;
pub mod imap;
pub mod percent;
pub mod version;
pub mod wbxml;

pub use version::ProtocolVersion;
