//! IMAP4rev1 and its extensions: framing, limits, responses, commands.
//!
//! [`Framer`] finds where each response ends, [`parse`] reads it, [`Command`] writes what goes to
//! the server. All of it is tolerant of servers and none of it trusts them.

mod command;
mod date;
mod framer;
pub mod modified_utf7;
mod parse;
mod response;
mod sequence;
mod types;

pub use command::*;
pub use framer::*;
pub use parse::{parse, parse_with};
pub use response::*;
pub use sequence::{sequence_set, split_for_line};
pub use types::*;
