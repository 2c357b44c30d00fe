//! What is searched for: the words and conditions of a query as a [`Condition`], its translation to
//! what IMAP can look for, and the judgement of what IMAP cannot. Pure: text, values and the time in,
//! values out.

mod bounds;
pub mod condition;
mod dates;
mod facts;
pub mod kql;
mod tokens;
pub mod words;

pub use bounds::{program, residue};
pub use condition::Condition;
pub use facts::Facts;
