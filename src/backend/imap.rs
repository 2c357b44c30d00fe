//! The IMAP client: sessions from a pool per user, and watches.
//!
//! It knows the servers' extensions and does without them; what it hands out is the same either way
//! or says that it is not. It knows nothing of EAS.

mod capabilities;
mod connection;
mod dial;
mod error;
mod login;
mod mailbox;
mod settings;
mod wire;

pub use capabilities::Capabilities;
pub use error::ImapError;
pub use mailbox::News;
pub use settings::{Deadlines, ImapSettings, Security};
