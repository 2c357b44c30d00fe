//! IMAP4rev1 and its extensions: framing, limits, responses, commands.

mod types;

pub use types::*;
