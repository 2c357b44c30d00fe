//! Airgate: an Exchange ActiveSync gateway in front of IMAP, SMTP, CalDAV and CardDAV.
//!
//! ARCHITECTURE.md says where things are and how a request travels.

pub mod backend;
pub mod clock;
pub mod failure;
pub mod gate;
pub mod identity;
pub mod store;
pub mod task;
