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
mod pool;
mod session;
mod settings;
mod watch;
mod wire;

pub use capabilities::Capabilities;
pub use error::ImapError;
pub(super) use error::printable;
pub use mailbox::News;
pub use pool::Imap;
pub use session::{
    Elsewhere, Expunged, FetchItems, Known, ListedMailbox, Listing, Moved, Newest, Search,
    Selected, Session, SinkClosed, SpecialUse,
};
pub use settings::{Deadlines, ImapSettings, Security};
pub use watch::{Covers, Watch, WatchEvent};

#[cfg(test)]
mod tests;
