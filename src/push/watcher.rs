//! The watcher of one user: one NOTIFY or IDLE connection, STATUS rounds for what that does not
//! cover, and patience with a backend that is down.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use airgate_codec::imap::{MailboxName, MailboxStatus};
use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;
use tracing::{debug, info};

use super::Event;
use crate::backend::Login;
use crate::backend::imap::{Covers, Imap, ImapError, Watch, WatchEvent};
use crate::clock;
use crate::failure;

/// How watchers behave.
#[derive(Clone, Debug)]
pub struct PushSettings {
    /// Pause between STATUS rounds over mailboxes the connection does not cover.
    pub poll: Duration,
    /// Pause between rounds over calendars and address books.
    pub collections: Duration,
    /// How long a watcher stays warm after the last waiter left.
    pub linger: Duration,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(30),
            collections: Duration::from_secs(60),
            linger: Duration::from_secs(120),
        }
    }
}

/// Hints a slow waiter may fall behind by before it is told to look at everything.
const BACKLOG: usize = 8;
/// First and longest pause after a failure: news flow again within 30 s of the fault ending (F3).
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(15));

/// A phone waits anew at least this often.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// The listing of mailboxes is looked at in one of so many rounds: folders come and go more rarely
/// than mail.
const LIST_EVERY: u32 = 4;

/// What the watcher and its waiters share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) login: Login,
    events: broadcast::Sender<Event>,
    wanted: Mutex<Wanted>,
    changed: Notify,
    /// When mailboxes last came or went.
    hierarchy_moved: Mutex<Option<Instant>>,
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
            hierarchy_moved: Mutex::default(),
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

    /// Whether mailboxes came or went so lately that a device may not have heard of it: between two
    /// of its requests nobody listens for it.
    pub(super) fn hierarchy_moved(&self) -> bool {
        let moved = self
            .hierarchy_moved
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        moved.is_some_and(|moved| clock::monotonic().duration_since(moved) < REMEMBERED)
    }

    fn publish(&self, event: Event) {
        if event == Event::Hierarchy {
            *self
                .hierarchy_moved
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(clock::monotonic());
        }
        // No receiver means no waiter: nothing to tell.
        let _ = self.events.send(event);
    }
}

/// What the rounds saw last.
#[derive(Default)]
struct LastSeen {
    statuses: HashMap<MailboxName, MailboxStatus>,
    mailboxes: Option<BTreeSet<MailboxName>>,
    rounds: u32,
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
    let mut last_seen = LastSeen::default();
    loop {
        let mailboxes = shared.mailboxes();
        let watch = match imap.watch(&shared.login, mailboxes.clone()).await {
            Ok(watch) => Ok(Some(watch)),
            // Neither NOTIFY nor IDLE: rounds are all there is.
            Err(ImapError::Unsupported(_)) => Ok(None),
            Err(error) => Err(error),
        };
        let ended = match watch {
            Ok(watch) => {
                pause = RETRY.0;
                // Whatever happened before the watch stood is for the waiters to find (S23).
                shared.publish(Event::Anything);
                shared.publish(Event::Hierarchy);
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
    mut watch: Option<Watch>,
    last_seen: &mut LastSeen,
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
            event = next(&mut watch) => match event {
                Ok(WatchEvent::Mailbox(name)) => shared.publish(Event::Mailbox(name)),
                Ok(WatchEvent::Any) => shared.publish(Event::Anything),
                Ok(WatchEvent::HierarchyChanged) => shared.publish(Event::Hierarchy),
                Err(error) => return Ended::Failed(error),
            },
            () = shared.changed.notified() => {
                if let (false, Some(Covers::Only(covered))) = (shared.idle(), covers(&watch)) {
                    let wanted = shared.mailboxes();
                    if wanted.first().is_some_and(|first| first != covered) {
                        return Ended::Rearm;
                    }
                }
            }
            _ = rounds.tick() => {
                let covered = match covers(&watch) {
                    Some(Covers::All) => continue,
                    Some(Covers::Only(covered)) => Some(covered.clone()),
                    None => None,
                };
                let mut rest = shared.mailboxes();
                rest.retain(|name| Some(name) != covered.as_ref());
                if let Err(error) = Box::pin(round(imap, shared, &rest, last_seen)).await {
                    debug!(error = %failure::chain(&error), "a STATUS round failed");
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

/// The connection's next event; never, where there is none that tells.
async fn next(watch: &mut Option<Watch>) -> Result<WatchEvent, ImapError> {
    match watch {
        Some(watch) => watch.next().await,
        None => std::future::pending().await,
    }
}

fn covers(watch: &Option<Watch>) -> Option<&Covers> {
    watch.as_ref().map(Watch::covers)
}

/// One round over what the connection does not tell: STATUS of mailboxes, and now and then whether
/// there are others. Where the server counts no modifications, a flag that is not `\Seen` changes
/// unnoticed until the next Sync.
async fn round(
    imap: &Imap,
    shared: &Shared,
    mailboxes: &[MailboxName],
    last_seen: &mut LastSeen,
) -> Result<(), ImapError> {
    // Nobody waits: nobody to tell.
    if shared.idle() {
        return Ok(());
    }
    let mut session = imap.session(&shared.login, None).await?;
    if !mailboxes.is_empty() {
        let answers = session.status(mailboxes).await?;
        for (name, status) in mailboxes.iter().zip(answers) {
            // One seen for the first time may have changed since the waiters looked (S23). One that
            // cannot be looked at may be gone: the waiter finds out.
            let moved = match status {
                Ok(status) => {
                    last_seen.statuses.insert(name.clone(), status.clone()) != Some(status)
                }
                Err(_) => true,
            };
            if moved {
                shared.publish(Event::Mailbox(name.clone()));
            }
        }
    }
    last_seen.rounds = last_seen.rounds.wrapping_add(1);
    if last_seen.rounds % LIST_EVERY == 1 {
        let names = session.list().await?.into_iter().map(|listed| listed.name);
        let names: BTreeSet<MailboxName> = names.collect();
        if last_seen.mailboxes.replace(names.clone()) != Some(names) {
            shared.publish(Event::Hierarchy);
        }
    }
    Ok(())
}
