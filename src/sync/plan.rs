//! The plan: what to tell the phone next. A pure function of the view.

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

/// What to tell the phone, at most `limit` changes (S21): first what it must let go, then changed
/// flags, then new messages, the newest first.
pub fn plan(view: &MailView, limit: usize) -> Plan {
    let server = view.server();
    let phone = &view.phone;
    let deleted = (&phone.items - &server.items) - &view.aged;
    let updates = phone.flagged_differently(server);
    let adds = &server.items - &phone.items;
    // A claim that is not in the window is let go without asking whether it still exists.
    let aged = (&phone.items & &view.aged) | (&view.claims - &server.items);

    let total = view.orphans.len() as u64 + deleted.len() + aged.len() + updates.len() + adds.len();
    let changes: Vec<Change> = view
        .orphans
        .iter()
        .copied()
        .map(Change::Delete)
        .chain(
            deleted
                .iter()
                .map(|uid| Change::Delete(view.number_of(uid))),
        )
        .chain(
            aged.iter()
                .map(|uid| Change::SoftDelete(view.number_of(uid))),
        )
        .chain(updates.iter().rev().map(Change::Update))
        .chain(adds.iter().rev().map(Change::Add))
        .take(limit)
        .collect();
    Plan {
        more: total > changes.len() as u64,
        changes,
    }
}

/// How many changes are waiting, for GetItemEstimate.
pub fn waiting(view: &MailView) -> usize {
    plan(view, usize::MAX).changes.len()
}

/// Whether a Sync would show anything (S23).
pub fn anything(view: &MailView) -> bool {
    !plan(view, 1).changes.is_empty()
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
            Change::Add(_) => {}
        }
    }

    /// The phone is told of a message it did not have, with these flags, read just now.
    pub fn told_add(&mut self, uid: u32, flags: &airgate_codec::imap::Flags) {
        self.claims.remove(uid);
        self.server_mut().set(uid, flags);
        self.phone.set(uid, flags);
    }
}
