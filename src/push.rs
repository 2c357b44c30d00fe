//! Watchers, waiters and the hub between them (design.md section 5, "Push").
//!
//! One watcher per user holds one dedicated connection (NOTIFY or IDLE) that all devices of the
//! user share. A waiter is a held Ping or Sync: it subscribes *before* it compares its views with
//! the backend, so nothing falls between the two (S23), and then sleeps as a parked task.

mod holds;
mod hub;
mod rounds;
mod watcher;

pub use holds::{Hold, HoldKind, Holds};
pub use hub::{Hub, Subscription};
pub use rounds::{Ear, Moved, Rounds};
pub use watcher::PushSettings;

use airgate_codec::imap::MailboxName;

/// Something may have moved. A hint to look, never proof: whoever is woken compares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    Mailbox(MailboxName),
    /// It is not known what: look at everything.
    Anything,
    /// A mailbox was made, renamed or removed.
    Hierarchy,
}
