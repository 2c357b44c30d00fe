//! One page of server changes: reads what must be sent, in few round trips, and tells the view.

use std::time::Duration;

use airgate_codec::eas::email::{Email, Moment};
use airgate_codec::eas::sync::ItemData;
use airgate_codec::imap::{Fetched, Uid, UidSet};
use tokio::time::Instant;

use super::super::{Call, follow_ups};
use crate::backend::imap::{Search, Session};
use crate::clock;
use crate::command::meetings::attendant::{self, Arrival};
use crate::command::read::{Source, data_octets};
use crate::failure::Failure;
use crate::item::address::Addresses;
use crate::item::{categories, email, identity};
use crate::store::FingerprintBatch;
use crate::sync::plan::{Change, Plan};
use crate::sync::server_id;
use crate::sync::view::MailView;

/// Messages read in one flight: enough to hide the round trips.
const BATCH: usize = 25;
/// The same of the first flight, which shows how fast the backend is: a slow one may take seconds for
/// each message, and a page that ends too late never arrives.
const FIRST_BATCH: usize = 10;
/// An answer is cut above this many octets of bodies.
const PAGE_OCTETS: usize = 4 * 1024 * 1024;

/// One change as it goes out.
#[derive(Debug)]
pub(in super::super) enum Told {
    Add(String, ItemData),
    Change(String, ItemData),
    Delete(String),
    SoftDelete(String),
}

/// What is left of the answer's time, octets and window.
#[derive(Debug)]
pub(super) struct Budget {
    until: Instant,
    octets: usize,
    /// Changes over all collections.
    pub(super) changes: usize,
}

impl Budget {
    /// `time` is what an answer may take (device-notes.md section 5: many phones give up after 30 s).
    pub(super) fn new(changes: usize, time: Duration) -> Self {
        Self {
            until: clock::deadline(time),
            octets: PAGE_OCTETS,
            changes,
        }
    }

    /// Messages that may be read in one flight after so many were read in `taken`: at the same pace
    /// they come in time.
    fn batch(&self, read: usize, taken: Duration) -> usize {
        if read == 0 {
            return FIRST_BATCH;
        }
        let left = self.until.saturating_duration_since(clock::monotonic());
        let each = taken.as_micros() / u128::try_from(read).unwrap_or(u128::MAX);
        let fit = left.as_micros().checked_div(each).unwrap_or(u128::MAX);
        usize::try_from(fit).unwrap_or(BATCH).clamp(1, BATCH)
    }

    /// One change of about that many octets goes out.
    pub(super) fn spend(&mut self, octets: usize) {
        self.octets = self.octets.saturating_sub(octets);
        self.changes = self.changes.saturating_sub(1);
    }

    /// Whether something still fits when these are told.
    fn outlasts(&self, batch: &Batch) -> bool {
        self.changes > batch.messages.len()
            && self.octets > batch.octets()
            && clock::monotonic() < self.until
    }

    /// Whether no further change fits.
    pub(super) fn is_spent(&self) -> bool {
        self.changes == 0 || self.octets == 0 || clock::monotonic() >= self.until
    }
}

/// A page and whether changes are left over.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) told: Vec<Told>,
    pub(super) more: bool,
    pub(super) fingerprints: Vec<FingerprintBatch>,
}

/// Tells what needs no reading and returns the messages that do.
pub(super) async fn tell(
    call: &Call<'_>,
    collection: &str,
    view: &mut MailView,
    plan: Plan,
    budget: &mut Budget,
) -> Result<(Page, Vec<u32>), Failure> {
    let mut page = Page {
        more: plan.more,
        ..Page::default()
    };
    let mut adds = Vec::new();
    let now = Moment(clock::now_millis());
    for change in plan.changes {
        page.told.push(match change {
            Change::Delete(number) => Told::Delete(server_id::write(collection, number)),
            Change::SoftDelete(number) => Told::SoftDelete(server_id::write(collection, number)),
            Change::Update(uid) => {
                let flags = view.server().flags(uid).unwrap_or_default();
                let id = server_id::write(collection, view.number_of(uid));
                let mut changed = email::changed_properties(&flags, Some(now));
                let validity = view.cursor.map_or(0, |cursor| cursor.uid_validity);
                let message = (collection, validity, uid);
                follow_ups::complete_held(call, message, &mut changed).await?;
                Told::Change(id, ItemData::Email(Box::new(changed)))
            }
            Change::Add(uid) | Change::Rewrite(uid) => {
                adds.push(uid);
                continue;
            }
        });
        view.told(change);
    }
    budget.changes = budget.changes.saturating_sub(page.told.len());
    Ok((page, adds))
}

/// Reads and tells new messages as far as the budget goes. While some are translated the backend
/// already answers for the next, so that neither waits for the other.
pub(super) async fn tell_adds(
    source: &Source<'_, '_>,
    session: &mut Session,
    view: &mut MailView,
    page: &mut Page,
    adds: &[u32],
    budget: &mut Budget,
) -> Result<(), Failure> {
    let mut teller = Teller {
        source,
        view,
        page,
        budget,
        attends: attendant::attends(source.call, source.folder),
        arrivals: Vec::new(),
        entries: Vec::new(),
    };
    let start = clock::monotonic();
    let mut rest = adds;
    let mut ahead = Batch::default();
    while !ahead.is_empty() || !rest.is_empty() {
        let mut next = |budget: &Budget| {
            let read = adds.len() - rest.len();
            let size = budget.batch(read, start.elapsed()).min(rest.len());
            let (batch, after) = rest.split_at(size);
            rest = after;
            batch
        };
        let batch = if ahead.is_empty() {
            Batch::read(source, session, next(teller.budget)).await?
        } else {
            std::mem::take(&mut ahead)
        };
        // What would not go out any more is not read.
        let wanted = if teller.budget.outlasts(&batch) {
            next(teller.budget)
        } else {
            &[]
        };
        let (told, following) =
            tokio::join!(teller.tell(batch), Batch::read(source, session, wanted));
        told?;
        ahead = following?;
        if teller.budget.is_spent() && (!ahead.is_empty() || !rest.is_empty()) {
            teller.page.more = true;
            break;
        }
    }
    teller.finish();
    Ok(())
}

/// Messages read together.
#[derive(Debug, Default)]
struct Batch {
    /// Newest first. One that is there and cannot be read has nothing but its UID.
    messages: Vec<Fetched>,
    /// Asked for, and proved not to be there any more.
    gone: UidSet,
}

impl Batch {
    async fn read(
        source: &Source<'_, '_>,
        session: &mut Session,
        uids: &[u32],
    ) -> Result<Self, Failure> {
        if uids.is_empty() {
            return Ok(Self::default());
        }
        let uids: UidSet = uids.iter().copied().collect();
        let mut messages = source.read_all(session, &uids).await?;
        let found: UidSet = messages
            .iter()
            .filter_map(|message| message.uid)
            .map(Uid::get)
            .collect();
        let untold = &uids - &found;
        let mut gone = UidSet::default();
        if !untold.is_empty() {
            // A message asked for and not told of may be gone: only a search proves it (S7).
            let there = session.search(&Search::In(untold.clone())).await?;
            gone = &untold - &there;
            messages.extend(there.iter().map(|uid| Fetched {
                uid: Uid::new(uid),
                ..Fetched::default()
            }));
        }
        messages.sort_by_key(|message| std::cmp::Reverse(message.uid));
        Ok(Self { messages, gone })
    }

    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.gone.is_empty()
    }

    /// Octets that were read, of which the bodies are made.
    fn octets(&self) -> usize {
        let sections = self.messages.iter().flat_map(|message| &message.sections);
        let octets = sections.filter_map(|section| section.octets.as_deref());
        octets.map(<[u8]>::len).sum()
    }
}

/// Turns what was read into what is told.
struct Teller<'s, 'a, 'b> {
    source: &'s Source<'a, 'b>,
    view: &'s mut MailView,
    page: &'s mut Page,
    budget: &'s mut Budget,
    /// Whether what messages say of meetings goes to the calendar.
    attends: bool,
    arrivals: Vec<Arrival>,
    entries: Vec<(u32, i64)>,
}

impl Teller<'_, '_, '_> {
    async fn tell(&mut self, batch: Batch) -> Result<(), Failure> {
        self.view.vanished(&batch.gone);
        for message in batch.messages {
            self.tell_one(&message).await?;
            // What comes of the next batch is taken in meanwhile, and others have their turn.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn tell_one(&mut self, message: &Fetched) -> Result<(), Failure> {
        let Some(uid) = message.uid.map(Uid::get) else {
            return Ok(());
        };
        let mut flags = message.flags.clone().unwrap_or_default();
        if flags.deleted {
            self.view.hide(uid);
            return Ok(());
        }
        let item = self.source.item(message).await?;
        if let (true, ItemData::Email(email)) = (self.attends, &item) {
            self.arrivals.extend(arrival(self.source, message, email));
        }
        let print = identity::fingerprint(message);
        self.entries.extend(print.map(|print| (uid, print)));
        self.budget.spend(data_octets(&item));
        flags.keywords.retain(|name| categories::is_visible(name));
        let known = self.view.phone.items.contains(uid);
        self.view.told_whole(uid, &flags);
        let id = server_id::write(&self.source.folder.id, self.view.number_of(uid));
        self.page.told.push(if known {
            Told::Change(id, item)
        } else {
            Told::Add(id, item)
        });
        Ok(())
    }

    fn finish(self) {
        attendant::arrived(self.source.call, self.arrivals);
        // Never MoreAvailable with nothing: phones count that as a loop.
        self.page.more &= !self.page.told.is_empty();
        if !self.entries.is_empty() {
            self.page.fingerprints.push(FingerprintBatch {
                collection: self.source.folder.id.clone(),
                uid_validity: self.source.uid_validity,
                entries: self.entries,
            });
        }
    }
}

/// What a message says of a meeting, for the calendar.
fn arrival(source: &Source<'_, '_>, message: &Fetched, item: &Email) -> Option<Arrival> {
    let meeting = item.meeting_request.as_ref()?;
    let text = source.calendar_part(message, true)?;
    let now = Moment(clock::now_millis());
    let from = Addresses::read(item.from.as_deref()?.as_bytes(), None);
    Some(Arrival {
        text,
        from: from.mailboxes.first()?.address.to_lowercase(),
        received: item.date_received.map_or(0, |at| at.0.div_euclid(1000)),
        // Whether a series is over only its rule tells; better one too many.
        ahead: meeting.recurrence.is_some() || meeting.end.is_none_or(|end| end > now),
    })
}
