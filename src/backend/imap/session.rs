//! One logged-in connection lent out by the pool, with the questions one may ask.
//!
//! Dropped in step, it goes back to the pool; dropped in the middle of a command (a cancelled
//! request), or after a fault, its connection is closed (T33). All methods may be cancelled.

use std::sync::Arc;

use airgate_codec::imap::{Command, MailboxName, UidSet, UidValidity, Untagged, split_for_line};

use super::capabilities::Capabilities;
use super::connection::{Connection, Ended, Prepared, Take, nothing, protocol};
use super::error::ImapError;
use super::mailbox::{Mailbox, News};
use super::pool::Lease;

mod append;
mod fetch;
mod folders;
mod search;
mod select;
mod store;
mod stream;
mod transfer;

pub use fetch::FetchItems;
pub use folders::{ListedMailbox, Listing, SpecialUse};
pub use search::{Elsewhere, Newest, Search};
pub use select::{Known, Selected};
pub use store::Expunged;
pub use stream::SinkClosed;
pub use transfer::Moved;

/// See the module.
pub struct Session {
    /// `None` only while a lost connection is being replaced.
    connection: Option<Box<Connection>>,
    capabilities: Arc<Capabilities>,
    lease: Lease,
    /// Came from the pool and has not answered yet: if it turns out to be dead, that is no news
    /// about the server, and another may be tried.
    stale: bool,
    /// The holder has selected a mailbox; what an earlier holder selected does not count.
    selected: bool,
}

/// Commands sent at once at most; more go in several flights.
const FLIGHT: usize = 64;

impl Session {
    pub(super) fn new(connection: Box<Connection>, lease: Lease, pooled: bool) -> Self {
        Self {
            capabilities: Arc::clone(connection.capabilities()),
            connection: Some(connection),
            lease,
            stale: pooled,
            selected: false,
        }
    }

    /// What the server offers, less what the settings hide and what it would not enable.
    pub fn capabilities(&self) -> &Arc<Capabilities> {
        &self.capabilities
    }

    /// The mailbox selected by [`Session::select`].
    pub fn selected(&self) -> Option<&MailboxName> {
        self.current().map(|mailbox| &mailbox.name)
    }

    /// The generation of the mailbox, if it is the one selected.
    pub fn selected_validity(&self, name: &MailboxName) -> Option<UidValidity> {
        self.current()
            .filter(|mailbox| mailbox.name == *name)
            .map(|mailbox| mailbox.uid_validity)
    }

    /// Takes what the server said of the selected mailbox unasked since the last call.
    pub fn events(&mut self) -> News {
        self.connection
            .as_mut()
            .and_then(|connection| connection.mailbox.as_mut())
            .map(|mailbox| std::mem::take(&mut mailbox.news))
            .unwrap_or_default()
    }

    /// A sign of life, and the occasion for the server to tell news ([`Session::events`]).
    ///
    /// # Errors
    /// See [`ImapError`].
    pub async fn noop(&mut self) -> Result<(), ImapError> {
        match self.command(None, |c| c.atom("NOOP"), &mut nothing).await {
            Err(error) if self.replace(&error).await? => {
                self.command(None, |c| c.atom("NOOP"), &mut nothing).await?;
            }
            other => {
                other?;
            }
        }
        Ok(())
    }

    /// One command whose answer must be OK.
    async fn command(
        &mut self,
        mailbox: Option<&MailboxName>,
        write: impl FnOnce(Command) -> Command,
        take: &mut Take<'_>,
    ) -> Result<Ended, ImapError> {
        let prepared = self.connection()?.prepare(write)?;
        self.flight(vec![prepared], take)
            .await?
            .pop()
            .ok_or_else(|| protocol("no answer"))?
            .ok(mailbox)
    }

    /// Several commands at once.
    async fn flight(
        &mut self,
        commands: Vec<Prepared>,
        take: &mut Take<'_>,
    ) -> Result<Vec<Ended>, ImapError> {
        let ended = self.connection()?.flight(commands, &[], take).await?;
        self.stale = false;
        Ok(ended)
    }

    /// Whether `error` only says that a pooled connection had died meanwhile; a fresh one is then
    /// in its place and an idempotent command may be sent again. Only before the first answer.
    ///
    /// # Errors
    /// The fresh connection cannot be had.
    async fn replace(&mut self, error: &ImapError) -> Result<bool, ImapError> {
        if !self.stale || !matches!(error, ImapError::Disconnected(_)) {
            return Ok(false);
        }
        self.start_over().await?;
        Ok(true)
    }

    /// Puts a fresh connection in the place of this one.
    async fn start_over(&mut self) -> Result<(), ImapError> {
        self.connection = None;
        self.stale = false;
        self.selected = false;
        let fresh = self.lease.reconnect().await?;
        self.capabilities = Arc::clone(fresh.capabilities());
        self.connection = Some(fresh);
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut Connection, ImapError> {
        self.connection
            .as_deref_mut()
            .ok_or_else(|| ImapError::Disconnected("the connection could not be replaced".into()))
    }

    fn current(&self) -> Option<&Mailbox> {
        self.connection
            .as_ref()
            .filter(|_| self.selected)
            .and_then(|connection| connection.mailbox.as_ref())
    }

    fn mailbox(&self) -> Result<&Mailbox, ImapError> {
        self.current().ok_or(ImapError::NothingSelected)
    }

    fn writable(&self) -> Result<&Mailbox, ImapError> {
        let mailbox = self.mailbox()?;
        if mailbox.read_only {
            return Err(ImapError::ReadOnly);
        }
        Ok(mailbox)
    }

    /// An answer that cannot be relied on: the connection goes, and with it whatever else it may
    /// have got wrong.
    fn broke(&mut self, what: &str) -> ImapError {
        if let Some(connection) = &mut self.connection {
            connection.give_up();
        }
        protocol(what)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.lease.give_back(connection);
        }
    }
}

/// A set in parts that fit a command line.
fn lines(set: &UidSet) -> Vec<UidSet> {
    split_for_line(set, airgate_codec::imap::LINE_BUDGET)
}

/// Whether this is an answer of the given kind that nothing could read: its content is unknown, so
/// the listing it belongs to is not complete (S7).
fn is_unread(untagged: &Untagged, kind: &[u8]) -> bool {
    let Untagged::Other(raw) = untagged else {
        return false;
    };
    let mut words = raw
        .strip_prefix(b"* ")
        .unwrap_or(raw)
        .split(|octet| octet.is_ascii_whitespace());
    let first = words.next().unwrap_or_default();
    let word = if first.iter().all(u8::is_ascii_digit) {
        words.next().unwrap_or_default()
    } else {
        first
    };
    word.eq_ignore_ascii_case(kind)
}
