//! One folder's part of a search: what was found there, newest first, looked at a piece at a time.

use std::collections::{HashMap, VecDeque};

use airgate_codec::imap::{Fetched, Uid, UidSet};
use jiff::tz::TimeZone;

use super::Quarry;
use crate::backend::imap::{Elsewhere, FetchItems, ImapError, Search, Session};
use crate::command::read::first_pass;
use crate::item::email::{self, Context};
use crate::item::options::BodyOptions;
use crate::search::{self, Condition, Facts};
use crate::store::FolderRow;

/// Messages of one folder that are kept of a result; what is older is counted, not listed.
const MOST: usize = 10_000;
/// Messages looked at in one piece when their order is sure: a page.
const PIECE: usize = 100;
/// The same when the date has to show the order: what was moved here lately is old mail with a new
/// UID, and is found in its place among so many.
const UNORDERED: usize = 2000;
/// And when structure and header decide whether they fit.
const JUDGED: usize = 500;

/// A folder in which something was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    /// Which of the folders searched.
    pub(super) folder: usize,
    pub(super) uid_validity: u32,
    /// Looked at and found fitting: when received, and the UID. Newest first.
    pub(super) ready: VecDeque<(i64, u32)>,
    /// Not looked at yet, newest first.
    waiting: VecDeque<u32>,
    /// Found by the server and not listed here.
    beyond: u64,
    by_arrival: bool,
}

impl Lane {
    /// Searches the folder, which gets selected; `None` if nothing is there. `told` is what a search
    /// over several folders said of this one.
    pub(super) async fn search(
        session: &mut Session,
        quarry: &Quarry,
        folder: usize,
        told: Option<Elsewhere>,
    ) -> Result<Option<Self>, ImapError> {
        let Some(name) = quarry.name(folder) else {
            return Ok(None);
        };
        let selected = session.select(&name, None).await?;
        let mut lane = Self {
            folder,
            uid_validity: selected.uid_validity.get(),
            ..Self::default()
        };
        match told.filter(|told| told.uid_validity == selected.uid_validity) {
            Some(told) => {
                lane.waiting = told.uids.iter().rev().take(MOST).collect();
                lane.beyond = told.uids.len().saturating_sub(lane.waiting.len() as u64);
            }
            None => {
                let newest = session.newest(&quarry.program, MOST).await?;
                lane.beyond = newest.total.saturating_sub(newest.uids.len() as u64);
                lane.waiting = newest.uids.into();
                lane.by_arrival = newest.by_arrival;
            }
        }
        if lane.waiting.is_empty() {
            return Ok(None);
        }
        lane.look(session, quarry).await?;
        Ok(Some(lane))
    }

    /// How many fit, as far as was looked.
    pub(super) fn total(&self) -> u64 {
        (self.ready.len() + self.waiting.len()) as u64 + self.beyond
    }

    /// Whether a piece has to be looked at before the newest message here is known.
    pub(super) fn is_blocked(&self) -> bool {
        self.ready.is_empty() && !self.waiting.is_empty()
    }

    /// Gives up what was not looked at: the folder cannot be read any more.
    pub(super) fn give_up(&mut self) {
        self.waiting.clear();
        self.beyond = 0;
    }

    /// Octets kept.
    pub(super) fn weight(&self) -> usize {
        self.ready.capacity() * size_of::<(i64, u32)>() + self.waiting.capacity() * 4
    }

    /// Looks at the next piece, in the selected mailbox.
    pub(super) async fn look(
        &mut self,
        session: &mut Session,
        quarry: &Quarry,
    ) -> Result<(), ImapError> {
        let by_date = Facts::date_suffices(&quarry.residue);
        let piece = match (by_date, self.by_arrival) {
            (true, true) => PIECE,
            (true, false) => UNORDERED,
            (false, _) => JUDGED,
        };
        let uids: Vec<u32> = self.waiting.iter().copied().take(piece).collect();
        if self.by_arrival && quarry.is_alone() && quarry.residue == Condition::All {
            // In one folder the server's order is all there is to know.
            self.ready.extend(uids.iter().map(|uid| (0, *uid)));
        } else {
            let items = if by_date {
                FetchItems {
                    internal_date: true,
                    ..FetchItems::default()
                }
            } else {
                let threads = &quarry.threads;
                first_pass(threads.asked(&quarry.user, session.capabilities()).await)
            };
            let set: UidSet = uids.iter().copied().collect();
            let mut messages = session.fetch(&set, &items).await?;
            if !by_date {
                quarry.threads.settle(&quarry.user, &mut messages).await;
            }
            let fitting = judge(session, quarry, &messages).await?;
            let mut dated: Vec<(i64, u32)> = messages
                .iter()
                .filter_map(|message| Some((message.internal_date.unwrap_or(0), message.uid?)))
                .map(|(date, uid)| (date, uid.get()))
                .filter(|(_, uid)| fitting.contains(*uid))
                .collect();
            dated.sort_unstable_by(|one, other| other.cmp(one));
            self.ready.extend(dated);
        }
        self.waiting.drain(..uids.len());
        Ok(())
    }
}

/// Which of the messages fit what IMAP could not say.
async fn judge(
    session: &mut Session,
    quarry: &Quarry,
    messages: &[Fetched],
) -> Result<UidSet, ImapError> {
    let by_date = Facts::date_suffices(&quarry.residue);
    let mut fitting = UidSet::new();
    // Where words and what we judge are alternatives, the words have to be asked for again.
    let mut open: HashMap<Condition, UidSet> = HashMap::new();
    for message in messages {
        let Some(uid) = message.uid.map(Uid::get) else {
            continue;
        };
        let facts = if by_date {
            Facts::of_date(message)
        } else {
            let options = BodyOptions::new(quarry.version);
            let context = Context {
                account_address: quarry.user.as_str(),
                reference: &|_| String::new(),
                // Nothing that is judged has times of a meeting in it.
                time_zone: &TimeZone::UTC,
            };
            Facts::of_email(&email::email(message, &options, &context))
        };
        match facts.leave(&quarry.residue) {
            Condition::All => {
                fitting.insert(uid);
            }
            Condition::Nothing => {}
            other => {
                open.entry(other).or_default().insert(uid);
            }
        }
    }
    for (condition, uids) in open {
        if let Some(program) = search::program(&condition) {
            fitting |= session
                .search(&Search::And(vec![Search::In(uids), program]))
                .await?;
        }
    }
    Ok(fitting)
}

/// The folder's row and a message in it.
#[derive(Clone, Debug)]
pub(in super::super) struct Hit {
    pub(in super::super) folder: FolderRow,
    pub(in super::super) uid_validity: u32,
    pub(in super::super) uid: u32,
}
