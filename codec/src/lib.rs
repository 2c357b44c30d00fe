//! Bytes to values and back: WBXML, the EAS commands in it, Autodiscover, and IMAP.
//! Bytes to values and back: WBXML, the EAS commands in it, IMAP, iCalendar and vCard, time zones.
//! Bytes to values and back: WBXML, the EAS commands in it, IMAP, and TNEF.
//!
//! No I/O, no async, no clock, no unsafe: everything here is a function of its input, so it can be
//! fuzzed, replayed and tested by the million. Every parser has a limit, named beside it.

pub mod autodiscover;
pub mod dav;
pub mod eas;
pub mod imap;
pub mod percent;
pub mod tnef;
pub mod version;
pub mod vobject;
pub mod wbxml;
pub mod zone;

pub use version::ProtocolVersion;
