//! Whole messages through both passes, as IMAP would bring them.

mod bodies;
mod describe;
mod hostile;
mod notes;
mod octets;
mod origins;
pub(in crate::item) mod schema;
mod server;
mod zoo;
