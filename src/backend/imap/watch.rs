//! Waiting for changes on a connection of its own: NOTIFY over all mailboxes (RFC 5465), else IDLE
//! in one (RFC 2177).
//!
//! A watch only says that something happened; what it was, a session finds out. In doubt it says
//! [`WatchEvent::Any`]: a wake-up too many costs a question, one too few a mail that does not come.

use std::collections::VecDeque;
use std::sync::Arc;

use airgate_codec::imap::{Code, Command, MailboxName, Response, Status, Untagged};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connection::{Connection, Incoming, nothing, protocol};
use super::error::ImapError;
use crate::clock;

/// See the module. Dropped, its connection is closed.
pub struct Watch {
    connection: Box<Connection>,
    phase: Phase,
    covers: Covers,
    /// When the server must be asked for a sign of life, or, while we wait for one, gets no more
    /// time.
    due: Instant,
    /// Said and not yet handed out. Bounded: the same event is never in it twice.
    ready: VecDeque<WatchEvent>,
    /// Why there will be no more.
    ended: Option<ImapError>,
    era: CancellationToken,
    /// Keeps the user's entry in the pool, so that [`super::Imap::forget`] reaches this watch.
    _tenant: Arc<Semaphore>,
}

/// Something happened.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum WatchEvent {
    /// In this mailbox.
    Mailbox(MailboxName),
    /// Somewhere; the server lost count or did not say where.
    Any,
    /// Mailboxes came, went, or changed their names or subscriptions.
    HierarchyChanged,
}

/// Where a watch looks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Covers {
    /// All of the user's own mailboxes.
    All,
    /// Only this one; the rest is for the caller to ask after (STATUS).
    Only(MailboxName),
}

/// ```text
/// idling -due-> ending -tagged OK-> starting -+-> idling
/// listening -due-> asking -tagged OK-> listening
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// IDLE was sent, the server has yet to agree.
    Starting,
    Idling,
    /// DONE was sent.
    Ending,
    /// NOTIFY is set.
    Listening,
    /// NOTIFY is set, and a NOOP under way shows whether the server lives.
    Asking,
}

/// Things the server said that are taken in before the caller hears of the first.
const MOST_AT_ONCE: usize = 1000;
/// Different mailboxes waiting to be handed out; beyond, one "any" says it all.
const MOST_READY: usize = 256;

impl Watch {
    pub(super) async fn start(
        mut connection: Box<Connection>,
        mailboxes: Vec<MailboxName>,
        era: CancellationToken,
        tenant: Arc<Semaphore>,
    ) -> Result<Self, ImapError> {
        let due = clock::deadline(connection.deadlines().idle_renewal);
        let offered = Arc::clone(connection.capabilities());
        let notified = offered.notify && set_notify(&mut connection).await?;
        let (phase, covers) = if notified {
            (Phase::Listening, Covers::All)
        } else if offered.idle {
            let mailbox = mailboxes
                .into_iter()
                .next()
                .unwrap_or_else(MailboxName::inbox);
            // Only looking: SELECT would take \Recent away from others.
            connection
                .simple(
                    Some(&mailbox),
                    |c| c.atom("EXAMINE").mailbox(&mailbox),
                    &mut nothing,
                )
                .await?;
            (Phase::Starting, Covers::Only(mailbox))
        } else {
            return Err(ImapError::Unsupported("NOTIFY or IDLE"));
        };
        connection.slim_down();
        let mut watch = Self {
            connection,
            phase,
            covers,
            due,
            ready: VecDeque::new(),
            ended: None,
            era,
            _tenant: tenant,
        };
        if phase == Phase::Starting {
            watch.idle()?;
            // The caller looks at the mailboxes once the watch stands: nothing falls between.
            while watch.phase == Phase::Starting {
                watch.step().await?;
            }
        }
        Ok(watch)
    }

    /// Where this watch looks.
    pub const fn covers(&self) -> &Covers {
        &self.covers
    }

    /// The next event. May be cancelled and called again; nothing is lost.
    ///
    /// # Errors
    /// The connection ended, or the user was forgotten; start another watch.
    pub async fn next(&mut self) -> Result<WatchEvent, ImapError> {
        while self.ready.is_empty() {
            if let Some(error) = self.ended.take() {
                return Err(error);
            }
            let era = self.era.clone();
            tokio::select! {
                () = era.cancelled() => {
                    self.connection.give_up();
                    return Err(ImapError::Disconnected("the user was forgotten".into()));
                }
                stepped = self.step() => stepped?,
            }
        }
        // What has come meanwhile is taken along, so that a storm is one event and not thousands.
        for _ in 0..MOST_AT_ONCE {
            let taken = match self.connection.next_until(clock::monotonic()).await {
                Ok(Some(incoming)) => self.take(incoming),
                Ok(None) => break,
                Err(error) => Err(error),
            };
            if let Err(error) = taken {
                // Told once what came before it is.
                self.ended = Some(error);
                break;
            }
        }
        self.ready
            .pop_front()
            .ok_or_else(|| self.broke("an event went away"))
    }

    /// Takes one thing the server says, or does what is due. Cancel-safe.
    async fn step(&mut self) -> Result<(), ImapError> {
        match self.connection.next_until(self.due).await? {
            Some(incoming) => self.take(incoming),
            None => self.is_due(),
        }
    }

    fn take(&mut self, incoming: Incoming) -> Result<(), ImapError> {
        let Incoming::Response(incoming) = incoming else {
            return Err(self.broke("a literal nobody asked for"));
        };
        match incoming {
            Response::Continuation { .. } if self.phase == Phase::Starting => {
                self.phase = Phase::Idling;
                self.due = clock::deadline(self.connection.deadlines().idle_renewal);
                Ok(())
            }
            Response::Tagged {
                tag,
                status,
                code,
                text,
            } => {
                self.connection.close(&tag, status)?;
                match (status, self.phase) {
                    (Status::Ok, Phase::Ending) => {
                        self.phase = Phase::Starting;
                        self.idle()
                    }
                    (Status::Ok, Phase::Asking) => {
                        self.phase = Phase::Listening;
                        self.due = clock::deadline(self.connection.deadlines().idle_renewal);
                        Ok(())
                    }
                    (Status::Ok, _) => Err(self.broke("IDLE ended by itself")),
                    _ => {
                        self.connection.give_up();
                        Err(ImapError::from_refusal(status, code.as_ref(), &text, None))
                    }
                }
            }
            other => {
                if let Some(untagged) = self.connection.untagged(other)? {
                    self.notice(untagged)?;
                }
                Ok(())
            }
        }
    }

    fn is_due(&mut self) -> Result<(), ImapError> {
        let patience = self.connection.deadlines().progress;
        match self.phase {
            Phase::Idling => {
                self.connection.push_line(b"DONE");
                self.phase = Phase::Ending;
            }
            Phase::Listening => {
                let noop = self.connection.prepare(|c| c.atom("NOOP"))?;
                self.connection.launch(vec![noop], |_| {})?;
                self.phase = Phase::Asking;
            }
            Phase::Starting | Phase::Ending | Phase::Asking => {
                self.connection.give_up();
                return Err(ImapError::Timeout);
            }
        }
        self.due = clock::deadline(patience);
        Ok(())
    }

    fn idle(&mut self) -> Result<(), ImapError> {
        let idle = self.connection.prepare(|c| c.atom("IDLE"))?;
        self.connection.launch(vec![idle], |_| {})?;
        self.due = clock::deadline(self.connection.deadlines().progress);
        Ok(())
    }

    fn notice(&mut self, untagged: Untagged) -> Result<(), ImapError> {
        let event = match (&untagged, &self.covers) {
            (Untagged::StatusData(name, _), _) => WatchEvent::Mailbox(name.clone()),
            (Untagged::List(_) | Untagged::Lsub(_), _) => WatchEvent::HierarchyChanged,
            (
                Untagged::Status {
                    code: Some(Code::NotificationOverflow),
                    ..
                },
                Covers::All,
            ) => {
                // RFC 5465 5.8: the server has stopped telling; it must be asked anew.
                self.ended = Some(ImapError::Disconnected("too much to tell".into()));
                WatchEvent::Any
            }
            (
                Untagged::Exists(_)
                | Untagged::Expunge(_)
                | Untagged::Vanished { .. }
                | Untagged::Fetch(..),
                Covers::Only(name),
            ) => WatchEvent::Mailbox(name.clone()),
            (
                Untagged::Exists(_)
                | Untagged::Expunge(_)
                | Untagged::Vanished { .. }
                | Untagged::Fetch(..)
                | Untagged::Other(_),
                _,
            ) => WatchEvent::Any,
            // `* OK Still here` and the like.
            _ => return self.connection.fold(untagged),
        };
        self.push(event);
        Ok(())
    }

    fn push(&mut self, event: WatchEvent) {
        if self.ready.contains(&event) {
            return;
        }
        if self.ready.len() >= MOST_READY {
            self.ready.clear();
            self.ready.push_back(WatchEvent::HierarchyChanged);
            self.ready.push_back(WatchEvent::Any);
            return;
        }
        self.ready.push_back(event);
    }

    fn broke(&mut self, what: &str) -> ImapError {
        self.connection.give_up();
        protocol(what)
    }
}

/// Asks for news of all the user's mailboxes; whether the server agreed. No mailbox is selected,
/// so INBOX is told of like any other.
async fn set_notify(connection: &mut Connection) -> Result<bool, ImapError> {
    let write = |c: Command| {
        let c = c.atom("NOTIFY").atom("SET").open();
        let c = c.atom("personal").open();
        let c = c.atom("MessageNew").atom("MessageExpunge");
        // RFC 5465 5: FlagChange for mailboxes not selected needs CONDSTORE, and Dovecot offers it.
        let c = c.atom("FlagChange").atom("MailboxName");
        c.atom("SubscriptionChange").close().close()
    };
    match connection.simple(None, write, &mut nothing).await {
        Ok(_) => Ok(true),
        // BADEVENT, or too many mailboxes: IDLE will do.
        Err(ImapError::Refused(_) | ImapError::Denied(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
