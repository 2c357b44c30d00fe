//! The plan: what to tell the phone next. A pure function of the view.

use airgate_codec::imap::{Flags, UidSet};

use super::view::{ItemNumber, MailView};

/// One thing to tell the phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// A message that no longer exists, or that was moved away.
    Delete(ItemNumber),
    /// A message that left the window but still exists.
    SoftDelete(ItemNumber),
    /// A message whose flags changed.
    Update(u32),
    /// A message of which the phone holds another content.
    Rewrite(u32),
    /// A message the phone does not have.
    Add(u32),
}

/// At most one window of changes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    pub changes: Vec<Change>,
    /// Changes left over for the next round: MoreAvailable.
    pub more: bool,
}

/// Everything the phone's copy differs by.
struct Differences {
    deleted: UidSet,
    aged: UidSet,
    updates: UidSet,
    rewrites: UidSet,
    adds: UidSet,
}

impl Differences {
    fn of(view: &MailView) -> Self {
        let server = view.server();
        let phone = &view.phone;
        let rewrites = &(&view.stale & &phone.items) & &server.items;
        // As nearly always, the phone holds what there is.
        let (deleted, updates, adds) = if std::ptr::eq(server, phone) {
            Default::default()
        } else {
            (
                (&phone.items - &server.items) - &view.aged,
                phone.flagged_differently(server) - &rewrites,
                &server.items - &phone.items,
            )
        };
        Self {
            deleted,
            // A claim that is not in the window is let go without asking whether it still exists.
            aged: (&phone.items & &view.aged) | (&view.claims - &server.items),
            updates,
            rewrites,
            adds,
        }
    }

    fn len(&self, view: &MailView) -> u64 {
        let sets = [
            &self.deleted,
            &self.aged,
            &self.updates,
            &self.rewrites,
            &self.adds,
        ];
        view.orphans.len() as u64 + sets.into_iter().map(UidSet::len).sum::<u64>()
    }
}

/// What to tell the phone, at most `limit` changes (S21): first what it must let go, then changed
/// flags, then changed messages, then new ones, the newest first.
pub fn plan(view: &MailView, limit: usize) -> Plan {
    let differences = Differences::of(view);
    let changes: Vec<Change> = view
        .orphans
        .iter()
        .copied()
        .map(Change::Delete)
        .chain(
            differences
                .deleted
                .iter()
                .map(|uid| Change::Delete(view.number_of(uid))),
        )
        .chain(
            differences
                .aged
                .iter()
                .map(|uid| Change::SoftDelete(view.number_of(uid))),
        )
        .chain(differences.updates.iter().rev().map(Change::Update))
        .chain(differences.rewrites.iter().rev().map(Change::Rewrite))
        .chain(differences.adds.iter().rev().map(Change::Add))
        .take(limit)
        .collect();
    Plan {
        more: differences.len(view) > changes.len() as u64,
        changes,
    }
}

/// How many changes there are to tell.
pub fn pending(view: &MailView) -> u64 {
    Differences::of(view).len(view)
}

/// How many changes are waiting, for GetItemEstimate. What the phone moved itself a Sync tells as
/// well, but it is no news.
pub fn waiting(view: &MailView) -> u64 {
    let mut news = Differences::of(view);
    news.deleted -= &view.departed;
    news.adds -= &view.claims;
    news.len(view)
}

/// Whether a Sync would show anything (S23).
pub fn anything(view: &MailView) -> bool {
    waiting(view) > 0
}

/// How many messages the phone would lose, of how many it holds: the mass-change brake's question
/// (S8).
pub fn losses(view: &MailView) -> (u64, u64) {
    let deleted = (&view.phone.items - &view.server().items) - &view.aged;
    let orphans = view.orphans.len() as u64;
    (deleted.len() + orphans, view.phone.items.len() + orphans)
}

impl MailView {
    /// The phone is told this change, so it holds the backend's state of that message from here on.
    pub fn told(&mut self, change: Change) {
        match change {
            Change::Delete(number) | Change::SoftDelete(number) => {
                let uid = self.uid_of(number);
                let outlived = uid.is_some_and(|uid| self.aged.contains(uid));
                self.server_mut();
                self.orphans.retain(|orphan| *orphan != number);
                if let Some(uid) = uid {
                    self.phone.remove(uid);
                    self.aged.remove(uid);
                    self.claims.remove(uid);
                    self.departed.remove(uid);
                    self.stale.remove(uid);
                    if !outlived {
                        self.kept_numbers.remove(&uid);
                    }
                }
            }
            Change::Update(uid) => {
                if let Some(flags) = self.server().flags(uid) {
                    self.server_mut(); // keep the other differences apart
                    self.phone.set(uid, &flags);
                }
            }
            Change::Add(_) | Change::Rewrite(_) => {}
        }
    }

    /// The phone is told a message whole, with these flags, read just now.
    pub fn told_whole(&mut self, uid: u32, flags: &Flags) {
        self.claims.remove(uid);
        self.stale.remove(uid);
        self.server_mut().set(uid, flags);
        self.phone.set(uid, flags);
    }
}
