//! The watcher of one user: one NOTIFY or IDLE connection, STATUS rounds for what that does not
//! cover, and patience with a backend that is down.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use airgate_codec::imap::{MailboxName, MailboxStatus};
use tokio::sync::{Notify, broadcast};
use tracing::{debug, info};

use super::Event;
use crate::backend::Login;
use crate::backend::imap::{Covers, Imap, ImapError, Watch, WatchEvent};
use crate::failure;

/// How watchers behave.
#[derive(Clone, Debug)]
pub struct PushSettings {
    /// Pause between STATUS rounds over mailboxes the connection does not cover.
    pub poll: Duration,
    /// How long a watcher stays warm after the last waiter left.
    pub linger: Duration,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(30),
            linger: Duration::from_secs(120),
        }
    }
}

/// Hints a slow waiter may fall behind by before it is told to look at everything.
const BACKLOG: usize = 32;
/// First and longest pause after a failure: news flow again within 30 s of the fault ending (F3).
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(15));

/// What the watcher and its waiters share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) login: Login,
    events: broadcast::Sender<Event>,
    wanted: Mutex<Wanted>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Wanted {
    /// Waiters per mailbox.
    mailboxes: BTreeMap<MailboxName, usize>,
    waiters: usize,
    closed: bool,
}

impl Shared {
    pub(super) fn new(login: Login) -> Self {
        let (events, _) = broadcast::channel(BACKLOG);
        Self {
            login,
            events,
            wanted: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.login.version
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Adds a waiter; `false` when the watcher is ending and a new one is needed.
    pub(super) fn join(&self, mailboxes: &[MailboxName]) -> bool {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.closed {
            return false;
        }
        wanted.waiters += 1;
        let mut grown = false;
        for name in mailboxes {
            let count = wanted.mailboxes.entry(name.clone()).or_default();
            grown |= *count == 0;
            *count += 1;
        }
        drop(wanted);
        if grown {
            self.changed.notify_one();
        }
        true
    }

    pub(super) fn leave(&self, mailboxes: &[MailboxName]) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.waiters = wanted.waiters.saturating_sub(1);
        for name in mailboxes {
            if let Some(count) = wanted.mailboxes.get_mut(name) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    wanted.mailboxes.remove(name);
                }
            }
        }
        let idle = wanted.waiters == 0;
        drop(wanted);
        if idle {
            self.changed.notify_one();
        }
    }

    fn mailboxes(&self) -> Vec<MailboxName> {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<MailboxName> = wanted.mailboxes.keys().cloned().collect();
        // The inbox first: it is the one that IDLE gets.
        names.sort_by_key(|name| *name != MailboxName::inbox());
        names
    }

    fn idle(&self) -> bool {
        self.wanted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .waiters
            == 0
    }

    /// Closes the door if still nobody waits.
    fn close_if_idle(&self) -> bool {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.closed = wanted.waiters == 0;
        wanted.closed
    }

    fn publish(&self, event: Event) {
        // No receiver means no waiter: nothing to tell.
        let _ = self.events.send(event);
    }
}

/// Why a watch round ended.
enum Ended {
    /// Nobody has waited for a while.
    Idle,
    /// Another set of mailboxes is wanted than the connection covers.
    Rearm,
    Failed(ImapError),
}

/// Runs until nobody has waited for [`PushSettings::linger`].
pub(super) async fn run(imap: &Imap, settings: &PushSettings, shared: &Shared) {
    let mut pause = RETRY.0;
    let mut last_seen = HashMap::new();
    loop {
        let mailboxes = shared.mailboxes();
        let ended = match imap.watch(&shared.login, mailboxes.clone()).await {
            Ok(watch) => {
                pause = RETRY.0;
                // Whatever happened before the watch stood is for the waiters to find (S23).
                shared.publish(Event::Anything);
                attend(imap, settings, shared, watch, &mut last_seen).await
            }
            Err(error) => Ended::Failed(error),
        };
        match ended {
            Ended::Idle => return,
            Ended::Rearm => {}
            Ended::Failed(error) => {
                info!(error = %failure::chain(&error), "watching a mailbox failed, will try again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY.1);
                if shared.idle() && shared.close_if_idle() {
                    return;
                }
            }
        }
    }
}

/// Passes on what one connection tells until it must be given up.
async fn attend(
    imap: &Imap,
    settings: &PushSettings,
    shared: &Shared,
    mut watch: Watch,
    last_seen: &mut HashMap<MailboxName, MailboxStatus>,
) -> Ended {
    let mut rounds = tokio::time::interval(settings.poll);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    rounds.tick().await; // the first tick is now, and the waiters are comparing anyway
    loop {
        let linger = async {
            if shared.idle() {
                tokio::time::sleep(settings.linger).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            event = watch.next() => match event {
                Ok(WatchEvent::Mailbox(name)) => shared.publish(Event::Mailbox(name)),
                Ok(WatchEvent::Any) => shared.publish(Event::Anything),
                Ok(WatchEvent::HierarchyChanged) => shared.publish(Event::Hierarchy),
                Err(error) => return Ended::Failed(error),
            },
            () = shared.changed.notified() => {
                if let (false, Covers::Only(covered)) = (shared.idle(), watch.covers()) {
                    let wanted = shared.mailboxes();
                    if wanted.first().is_some_and(|first| first != covered) {
                        return Ended::Rearm;
                    }
                }
            }
            _ = rounds.tick() => {
                if let Covers::Only(covered) = watch.covers() {
                    let rest: Vec<MailboxName> =
                        shared.mailboxes().into_iter().filter(|name| name != covered).collect();
                    if let Err(error) = round(imap, shared, &rest, last_seen).await {
                        debug!(error = %failure::chain(&error), "a STATUS round failed");
                    }
                }
            }
            () = linger => {
                if shared.close_if_idle() {
                    return Ended::Idle;
                }
            }
        }
    }
}

/// One STATUS round over the mailboxes the connection does not cover.
async fn round(
    imap: &Imap,
    shared: &Shared,
    mailboxes: &[MailboxName],
    last_seen: &mut HashMap<MailboxName, MailboxStatus>,
) -> Result<(), ImapError> {
    if mailboxes.is_empty() {
        return Ok(());
    }
    let mut session = imap.session(&shared.login, None).await?;
    let answers = session.status(mailboxes).await?;
    for (name, status) in mailboxes.iter().zip(answers) {
        match status {
            Ok(status) => {
                if last_seen
                    .insert(name.clone(), status.clone())
                    .is_some_and(|old| old != status)
                {
                    shared.publish(Event::Mailbox(name.clone()));
                }
            }
            // A mailbox that cannot be looked at may be gone: the waiter finds out.
            Err(_) => shared.publish(Event::Mailbox(name.clone())),
        }
    }
    Ok(())
}
