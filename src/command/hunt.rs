//! A search under way and what it found: Search and Find show it page by page.
//!
//! Folders are searched side by side ([`gather`]), what is found in each is kept as a [`Lane`] of
//! UIDs, newest first, and the lanes are merged as far as a page needs. A result belongs to one
//! user, device and question and is shown to nobody else (T42); it is forgotten after some minutes.

mod gather;
mod lane;
mod scope;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Range;
use airgate_codec::imap::MailboxName;
use moka::future::Cache;
use tokio::sync::{Mutex, OnceCell, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use tracing::info;

pub(super) use self::lane::Hit;
pub(super) use self::scope::scope;

use self::lane::Lane;
use super::Call;
use crate::backend::Login;
use crate::backend::imap::{Elsewhere, Imap, ImapError, Search};
use crate::failure::{self, Failure};
use crate::identity::{DeviceId, UserId};
use crate::search::{self, Condition};
use crate::store::FolderRow;
use crate::sync::threads::Threads;

/// A search that takes longer is given up.
const LONGEST: Duration = Duration::from_secs(120);
/// Octets of results that are kept, over all users.
const BUDGET: u64 = 64 << 20;
/// How long a result is kept that nobody pages through.
const IDLE: Duration = Duration::from_secs(300);
/// How long one is shown at all: mail arrives meanwhile.
const AGE: Duration = Duration::from_secs(900);

/// Names a result: who asked what, with which secret (T42).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Key {
    user: UserId,
    device: DeviceId,
    /// Of the secret.
    version: u64,
    asked: Asked,
}

/// What was asked.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Asked {
    /// Find names its searches.
    pub(super) search_id: Option<String>,
    pub(super) condition: Condition,
    /// Ids of the folders.
    pub(super) folders: Vec<String>,
}

/// The results that are kept.
pub(crate) struct Hunts {
    cache: Cache<Key, Arc<Hunt>>,
}

/// One search.
pub(super) struct Hunt {
    key: Key,
    shared: Arc<Shared>,
    /// Ended when the search is.
    tasks: std::sync::Mutex<Vec<AbortOnDropHandle<()>>>,
    /// Requests that wait for it.
    waiting: AtomicUsize,
    /// It goes on although nobody waits: a phone was told to come back.
    lingers: AtomicBool,
    /// It ended before it was done.
    dead: AtomicBool,
    /// The cache knows how much is kept.
    weighed: AtomicBool,
}

/// What a search needs.
struct Quarry {
    imap: Imap,
    login: Login,
    threads: Arc<Threads>,
    version: ProtocolVersion,
    user: UserId,
    folders: Vec<FolderRow>,
    /// What IMAP is asked for.
    program: Search,
    /// What is judged on what is read.
    residue: Condition,
}

struct Shared {
    quarry: Quarry,
    /// Folders done with.
    done: watch::Sender<usize>,
    found: Mutex<Found>,
    /// What a search over several folders at once said, where there is one.
    several: OnceCell<Option<HashMap<MailboxName, Elsewhere>>>,
    /// Why a folder could not be searched, the latest of them.
    failure: std::sync::Mutex<Option<Failure>>,
}

/// What was found so far.
#[derive(Clone, Default)]
struct Found {
    lanes: Vec<Lane>,
    /// In their order for good: which lane's folder, its UIDVALIDITY, the UID.
    merged: Vec<(usize, u32, u32)>,
    /// Some folder could not be searched.
    missed: bool,
}

/// Some results in their order.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) hits: Vec<Hit>,
    /// How many fit, as far as is known.
    pub(super) total: u64,
    /// All folders were searched.
    pub(super) complete: bool,
}

impl Hunts {
    pub(super) fn new() -> Self {
        Self {
            cache: Cache::builder()
                .max_capacity(BUDGET)
                .weigher(|_, hunt: &Arc<Hunt>| hunt.weight())
                .time_to_idle(IDLE)
                .time_to_live(AGE)
                .build(),
        }
    }

    /// The search for what was asked, started if there is none.
    pub(super) async fn find(
        &self,
        call: &Call<'_>,
        folders: Vec<FolderRow>,
        asked: Asked,
    ) -> Arc<Hunt> {
        let key = Key::new(call, asked);
        if let Some(hunt) = self.known(&key).await {
            return hunt;
        }
        let hunt = Arc::new(Hunt::start(call, key.clone(), folders));
        self.cache.insert(key, Arc::clone(&hunt)).await;
        hunt
    }

    /// Whether this was asked before and its results are here.
    pub(super) async fn has(&self, call: &Call<'_>, asked: &Asked) -> bool {
        self.known(&Key::new(call, asked.clone())).await.is_some()
    }

    /// Forgets the results of what was asked.
    pub(super) async fn drop_results(&self, call: &Call<'_>, asked: &Asked) {
        self.cache.invalidate(&Key::new(call, asked.clone())).await;
    }

    async fn known(&self, key: &Key) -> Option<Arc<Hunt>> {
        let hunt = self.cache.get(key).await?;
        // Compared whole again: a result must reach nobody but who asked (T42).
        (hunt.key == *key && !hunt.dead.load(Ordering::Acquire)).then_some(hunt)
    }

    /// Weighs a result that is all there now.
    async fn weigh(&self, hunt: &Arc<Hunt>) {
        if hunt.weighed.swap(true, Ordering::AcqRel) {
            return;
        }
        self.cache.insert(hunt.key.clone(), Arc::clone(hunt)).await;
    }
}

impl Key {
    fn new(call: &Call<'_>, asked: Asked) -> Self {
        Self {
            user: call.user.clone(),
            device: call.device.clone(),
            version: call.login.version,
            asked,
        }
    }
}

impl Hunt {
    fn start(call: &Call<'_>, key: Key, folders: Vec<FolderRow>) -> Self {
        let condition = &key.asked.condition;
        let program = search::program(condition);
        let quarry = Quarry {
            imap: call.gateway.imap.clone(),
            login: call.login.clone(),
            version: call.version,
            threads: Arc::clone(&call.gateway.threads),
            user: call.user.clone(),
            // Where nothing can fit, nothing is searched.
            folders: if program.is_some() {
                folders
            } else {
                Vec::new()
            },
            program: program.unwrap_or(Search::All),
            residue: search::residue(condition),
        };
        let shared = Arc::new(Shared {
            quarry,
            done: watch::Sender::new(0),
            found: Mutex::default(),
            several: OnceCell::new(),
            failure: std::sync::Mutex::default(),
        });
        Self {
            tasks: std::sync::Mutex::new(gather::start(&shared)),
            key,
            shared,
            waiting: AtomicUsize::new(0),
            lingers: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            weighed: AtomicBool::new(false),
        }
    }

    /// The results from `first` on, at most `count`, or what there is of them at `until`.
    ///
    /// # Errors
    /// No folder could be searched.
    pub(super) async fn page(
        self: &Arc<Self>,
        hunts: &Hunts,
        (first, count): (usize, usize),
        until: Instant,
    ) -> Result<Page, Failure> {
        let shared = &self.shared;
        let _waiter = Waiter::new(self);
        let searched = shared.searched(until).await;
        let mut found = shared.found.lock().await;
        if !searched {
            // It goes on; what comes may be newer than what is here, so nothing is in order for good.
            self.lingers.store(true, Ordering::Release);
            let mut present = found.clone();
            drop(found);
            shared
                .merge(&mut present, first.saturating_add(count), until)
                .await;
            return Ok(shared.cut(&present, (first, count), false));
        }
        if found.missed {
            // The next request begins anew.
            self.dead.store(true, Ordering::Release);
        }
        if found.missed && found.lanes.is_empty() && found.merged.is_empty() {
            return Err(shared.failure());
        }
        let merged = shared
            .merge(&mut found, first.saturating_add(count), until)
            .await;
        let page = shared.cut(&found, (first, count), merged && !found.missed);
        drop(found);
        if page.complete {
            hunts.weigh(self).await;
        }
        Ok(page)
    }

    /// Takes results out that turned out to be gone.
    pub(super) async fn forget(&self, gone: &[Hit]) {
        let folders = &self.shared.quarry.folders;
        let mut found = self.shared.found.lock().await;
        found.merged.retain(|(folder, uid_validity, uid)| {
            let id = folders.get(*folder).map(|row| row.id.as_str());
            !gone.iter().any(|hit| {
                hit.uid == *uid
                    && hit.uid_validity == *uid_validity
                    && Some(hit.folder.id.as_str()) == id
            })
        });
    }

    fn weight(&self) -> u32 {
        const ALONE: usize = 1024;
        // While it is being searched, another weight is set when it is done.
        let found = self.shared.found.try_lock().map_or(0, |found| {
            let lanes: usize = found.lanes.iter().map(Lane::weight).sum();
            lanes + found.merged.capacity() * size_of::<(usize, u32, u32)>()
        });
        u32::try_from(ALONE + found).unwrap_or(u32::MAX)
    }
}

/// A request that waits. When the last one goes away before the search is done, so does the search.
struct Waiter<'a> {
    hunt: &'a Hunt,
}

impl<'a> Waiter<'a> {
    fn new(hunt: &'a Hunt) -> Self {
        hunt.waiting.fetch_add(1, Ordering::AcqRel);
        Self { hunt }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let hunt = self.hunt;
        let last = hunt.waiting.fetch_sub(1, Ordering::AcqRel) == 1;
        if last && !hunt.lingers.load(Ordering::Acquire) && !hunt.shared.is_done() {
            hunt.dead.store(true, Ordering::Release);
            if let Ok(mut tasks) = hunt.tasks.lock() {
                tasks.clear();
            }
        }
    }
}

impl Quarry {
    fn name(&self, folder: usize) -> Option<MailboxName> {
        let row = self.folders.get(folder)?;
        Some(MailboxName::new(row.name.clone()))
    }
}

impl Shared {
    fn is_done(&self) -> bool {
        *self.done.borrow() >= self.quarry.folders.len()
    }

    /// Waits until all folders were searched; whether they were.
    async fn searched(&self, until: Instant) -> bool {
        let mut done = self.done.subscribe();
        let all = self.quarry.folders.len();
        matches!(
            timeout_at(until, done.wait_for(|done| *done >= all)).await,
            Ok(Ok(_))
        )
    }

    /// A folder was searched.
    async fn add(&self, lane: Option<Lane>) {
        self.found.lock().await.lanes.extend(lane);
        self.done.send_modify(|done| *done = done.saturating_add(1));
    }

    /// A folder could not be searched; without a failure, time is over for all that are left.
    async fn lose(&self, failure: Option<Failure>) {
        self.found.lock().await.missed = true;
        match failure {
            Some(failure) => {
                if let Ok(mut latest) = self.failure.lock() {
                    *latest = Some(failure);
                }
                self.done.send_modify(|done| *done = done.saturating_add(1));
            }
            None => self.done.send_modify(|done| *done = usize::MAX),
        }
    }

    /// Why nothing could be searched.
    fn failure(&self) -> Failure {
        let latest = self
            .failure
            .lock()
            .ok()
            .and_then(|mut latest| latest.take());
        latest.unwrap_or_else(|| ImapError::Timeout.into())
    }

    /// Puts results in their order up to a number; whether it came that far, or to the end.
    async fn merge(&self, found: &mut Found, upto: usize, until: Instant) -> bool {
        while found.merged.len() < upto {
            while let Some(at) = found.lanes.iter().position(Lane::is_blocked) {
                let Some(lane) = found.lanes.get_mut(at) else {
                    break;
                };
                match timeout_at(until, self.refill(lane)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        info!(error = %failure::chain(&error), "a folder cannot be read on");
                        lane.give_up();
                        found.missed |= !matches!(error, ImapError::NoMailbox(_));
                    }
                    Err(_) => return false,
                }
            }
            let newest = found
                .lanes
                .iter_mut()
                .max_by_key(|lane| (lane.ready.front().copied(), Reverse(lane.folder)));
            let Some(lane) = newest else { break };
            let Some((_, uid)) = lane.ready.pop_front() else {
                break;
            };
            found.merged.push((lane.folder, lane.uid_validity, uid));
        }
        true
    }

    /// Looks at a lane's next piece.
    async fn refill(&self, lane: &mut Lane) -> Result<(), ImapError> {
        let quarry = &self.quarry;
        let Some(name) = quarry.name(lane.folder) else {
            lane.give_up();
            return Ok(());
        };
        let mut session = quarry.imap.session(&quarry.login, Some(&name)).await?;
        let selected = session.select(&name, None).await?;
        if selected.uid_validity.get() != lane.uid_validity {
            // Another mailbox by now.
            return Err(ImapError::NoMailbox(name));
        }
        lane.look(&mut session, quarry).await
    }

    fn cut(&self, found: &Found, (first, count): (usize, usize), complete: bool) -> Page {
        let hits = found
            .merged
            .iter()
            .skip(first)
            .take(count)
            .filter_map(|(folder, uid_validity, uid)| {
                Some(Hit {
                    folder: self.quarry.folders.get(*folder)?.clone(),
                    uid_validity: *uid_validity,
                    uid: *uid,
                })
            })
            .collect();
        let left: u64 = found.lanes.iter().map(Lane::total).sum();
        Page {
            hits,
            total: found.merged.len() as u64 + left,
            complete,
        }
    }
}

/// The rows a Range asks for: the first, and how many at most.
pub(super) fn rows_of(range: Option<Range>, most: usize) -> (usize, usize) {
    let Some(range) = range else { return (0, most) };
    let first = usize::try_from(range.first).unwrap_or(usize::MAX);
    let count = range.last.saturating_sub(range.first).saturating_add(1);
    (first, usize::try_from(count).unwrap_or(most).min(most))
}

/// The Range of the rows that are told; `None` for none.
pub(super) fn range(first: usize, count: usize) -> Option<Range> {
    let last = count.checked_sub(1)?;
    Some(Range {
        first: first as u64,
        last: first.saturating_add(last) as u64,
    })
}
