//! Whole messages through both passes, as IMAP would bring them.

mod bodies;
mod describe;
mod hostile;
mod server;
mod zoo;
