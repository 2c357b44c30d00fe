//! What is searched for: the words and conditions of a query as a [`Condition`], its translation to
//! what IMAP can look for, and the judgement of what IMAP cannot. Pure: text, values and the time in,
//! values out.

mod bounds;
pub mod condition;
mod dates;
mod facts;
pub mod kql;
mod snippet;
mod tokens;
pub mod words;

pub use bounds::{program, residue};
pub use condition::Condition;
pub use dates::Today;
pub use facts::Facts;
pub use snippet::snippet;

/// Octets of a search text: more is no search that anybody types.
pub const MAX_TEXT: usize = 2048;
/// Single conditions in one search. Each may cost the server a pass over the mailbox.
pub const MAX_TERMS: usize = 64;
