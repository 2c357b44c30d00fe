//! Rounds over a user's calendars and address books: DAV servers tell nobody of changes, so they are
//! asked, by one request a home, and only while somebody waits.
//!
//! What a waiter saw when it compared its views is where the rounds begin: whatever moves after that
//! look, a round finds (S23). Right after something happened the next rounds come sooner.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;
use tracing::debug;

use super::PushSettings;
use crate::backend::Login;
use crate::backend::dav::{Collection, CollectionKind, Cursor, Davs, Href};
use crate::clock;
use crate::failure;
use crate::identity::UserId;

/// Who goes round, by user. Cheap to clone.
#[derive(Clone)]
pub struct Rounds {
    davs: Davs,
    settings: PushSettings,
    walkers: Arc<Mutex<HashMap<UserId, Arc<Shared>>>>,
}

/// What a round found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Moved {
    /// These collections are not as they were.
    Collections(Vec<Href>),
    /// Collections came, went or were renamed.
    Hierarchy,
    /// It is not known what: look at everything.
    Anything,
}

/// A waiter's ear. The rounds end a while after the last has left.
#[derive(Debug)]
pub struct Ear {
    events: broadcast::Receiver<Moved>,
    shared: Arc<Shared>,
}

/// Hints a slow waiter may fall behind by before it is told to look at everything.
const BACKLOG: usize = 16;
/// How long after something happened rounds come sooner, and how much.
const LIVELY: Duration = Duration::from_secs(180);
const SOONER: u32 = 6;
/// Rounds that fail come more rarely, up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

#[derive(Debug)]
struct Shared {
    login: Login,
    events: broadcast::Sender<Moved>,
    state: Mutex<State>,
    /// Somebody came or went.
    stirred: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiters: usize,
    closed: bool,
    /// The last look at each kind; nothing before the first waiter had one.
    seen: HashMap<CollectionKind, Vec<Standing>>,
    lively_until: Option<Instant>,
}

/// What of a collection is compared from round to round.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Standing {
    href: Href,
    name: String,
    read_only: bool,
    cursor: Option<Cursor>,
}

impl Rounds {
    pub fn new(davs: Davs, settings: PushSettings) -> Self {
        Self {
            davs,
            settings,
            walkers: Arc::default(),
        }
    }

    /// Listens for what moves. The caller looks at the collections next and says what it
    /// [saw](Ear::saw); from that look on nothing is missed.
    pub fn listen(&self, login: &Login) -> Ear {
        let mut walkers = self.walkers.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = walkers
            .get(&login.user)
            .filter(|shared| shared.login.version == login.version && shared.join());
        let shared = if let Some(shared) = usable {
            Arc::clone(shared)
        } else {
            let shared = Arc::new(Shared::new(login.clone()));
            shared.join();
            walkers.insert(login.user.clone(), Arc::clone(&shared));
            let (rounds, walker) = (self.clone(), Arc::clone(&shared));
            // It ends by itself when nobody listens any more, and unregisters here.
            crate::task::spawn("dav rounds", async move {
                rounds.walk(&walker).await;
                let mut walkers = rounds
                    .walkers
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                let user = &walker.login.user;
                if walkers
                    .get(user)
                    .is_some_and(|present| Arc::ptr_eq(present, &walker))
                {
                    walkers.remove(user);
                }
            });
            shared
        };
        Ear {
            events: shared.events.subscribe(),
            shared,
        }
    }

    /// Goes round until nobody has waited for a while.
    async fn walk(&self, shared: &Shared) {
        let mut failures = 0_u32;
        loop {
            let pause = self.pause(shared, failures);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = shared.stirred.notified() => continue,
            }
            if shared.state().waiters == 0 {
                // All who wait ask anew within minutes; the rounds are cheap to begin again.
                if shared.close_if_idle() {
                    return;
                }
                continue;
            }
            if Box::pin(self.round(shared)).await {
                if failures > 0 {
                    // What the waiters could not compare they can now.
                    shared.publish(Moved::Anything);
                }
                failures = 0;
            } else {
                failures = failures.saturating_add(1);
            }
        }
    }

    /// One request a home; whether all could be asked. One that could not stays as it was (T60).
    async fn round(&self, shared: &Shared) -> bool {
        let mut all = true;
        for dav in self.davs.each() {
            let has = |kind| self.davs.of(kind).is_some_and(|other| other.is(dav));
            let kinds = [CollectionKind::Calendar, CollectionKind::AddressBook];
            let kinds = kinds.into_iter().filter(|kind| has(*kind));
            match dav.collections(&shared.login).await {
                Ok(found) => kinds.for_each(|kind| shared.compare(kind, &found)),
                Err(error) => {
                    all = false;
                    debug!(error = %failure::chain(&error), "a look at collections failed");
                }
            }
        }
        all
    }

    /// Until the next round: sooner when something happened lately, later when the server fails, and
    /// never at the same moment for all users.
    fn pause(&self, shared: &Shared, failures: u32) -> Duration {
        let state = shared.state();
        if state.waiters == 0 {
            return self.settings.linger;
        }
        let usual = self.settings.collections;
        let lively = state
            .lively_until
            .is_some_and(|until| clock::monotonic() < until);
        let pause = match failures {
            0 if lively => usual / SOONER,
            failures => usual
                .saturating_mul(1 << failures.min(8))
                .min(LONGEST_PAUSE.max(usual)),
        };
        pause.mul_f64(0.8 + 0.4 * random())
    }
}

impl Shared {
    fn new(login: Login) -> Self {
        let (events, _) = broadcast::channel(BACKLOG);
        Self {
            login,
            events,
            state: Mutex::default(),
            stirred: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a waiter; `false` when the rounds are ending and new ones are needed.
    fn join(&self) -> bool {
        let mut state = self.state();
        if state.closed {
            return false;
        }
        state.waiters += 1;
        state.lively_until = Some(clock::deadline(LIVELY));
        drop(state);
        self.stirred.notify_one();
        true
    }

    fn leave(&self) {
        let mut state = self.state();
        state.waiters = state.waiters.saturating_sub(1);
    }

    fn close_if_idle(&self) -> bool {
        let mut state = self.state();
        state.closed = state.waiters == 0;
        state.closed
    }

    fn publish(&self, moved: Moved) {
        // No receiver means no waiter: nothing to tell.
        let _ = self.events.send(moved);
    }

    /// Says what is different from the last look, and keeps this one.
    fn compare(&self, kind: CollectionKind, now: &[Collection]) {
        let now = standing(kind, now);
        let mut state = self.state();
        let before = state.seen.insert(kind, now.clone());
        let Some(before) = before else {
            drop(state);
            self.publish(Moved::Anything);
            return;
        };
        let shape = |list: &[Standing]| -> Vec<Standing> {
            let plain = |standing: &Standing| Standing {
                cursor: None,
                ..standing.clone()
            };
            list.iter().map(plain).collect()
        };
        let hierarchy = shape(&before) != shape(&now);
        let moved: Vec<Href> = now
            .iter()
            .filter(|standing| standing.cursor.is_none() || !before.contains(standing))
            .map(|standing| standing.href.clone())
            .collect();
        let news = now
            .iter()
            .any(|standing| standing.cursor.is_some() && !before.contains(standing));
        if hierarchy || news {
            state.lively_until = Some(clock::deadline(LIVELY));
        }
        drop(state);
        if hierarchy {
            self.publish(Moved::Hierarchy);
        }
        if !moved.is_empty() {
            self.publish(Moved::Collections(moved));
        }
    }
}

impl Ear {
    /// What the waiter's own look at a kind found: the first one is where the rounds begin.
    pub fn saw(&self, kind: CollectionKind, collections: &[Collection]) {
        let mut state = self.shared.state();
        let seen = state.seen.entry(kind);
        seen.or_insert_with(|| standing(kind, collections));
    }

    /// The next hint. Hints that piled up are taken together.
    pub async fn next(&mut self) -> Moved {
        match self.events.recv().await {
            Ok(moved) => moved,
            Err(broadcast::error::RecvError::Lagged(_)) => Moved::Anything,
            // The rounds ended under us, which they do only for a newer login; the caller's timer
            // bounds this wait.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.shared.leave();
    }
}

fn standing(kind: CollectionKind, collections: &[Collection]) -> Vec<Standing> {
    let mut list: Vec<Standing> = collections
        .iter()
        .filter(|collection| collection.kind == kind)
        .map(|collection| Standing {
            href: collection.href.clone(),
            name: collection.name.clone(),
            read_only: collection.read_only,
            cursor: collection.cursor.clone(),
        })
        .collect();
    list.sort_by(|a, b| a.href.cmp(&b.href));
    list
}

/// From 0 to 1.
fn random() -> f64 {
    let mut octets = [0; 2];
    // Without randomness all users' rounds come together, which only costs.
    let _ = getrandom::fill(&mut octets);
    f64::from(u16::from_be_bytes(octets)) / f64::from(u16::MAX)
}
