//! Airgate: an Exchange ActiveSync gateway in front of IMAP, SMTP, CalDAV and CardDAV.
//!
//! ARCHITECTURE.md says where things are and how a request travels.

pub mod admin;
pub mod autodiscover;
pub mod backend;
pub mod clock;
pub mod command;
pub mod config;
pub mod cores;
pub mod failure;
pub mod front;
pub mod gate;
pub mod identity;
pub mod item;
pub mod language;
pub mod letter;
pub mod notices;
pub mod portal;
pub mod push;
pub mod search;
pub mod server;
pub mod steady;
pub mod store;
pub mod sync;
pub mod task;
pub mod traffic;
pub mod turns;
pub mod undo;
