//! What to tell the phone next: a pure function of the view.

use super::versions::{Mark, Version};
use super::view::ObjectView;
use super::window::{Lasts, Window};

/// One thing to tell the phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// An object that no longer exists.
    Delete(u32),
    /// One that exists and is not among those the phone wants any more.
    SoftDelete(u32),
    /// One the phone holds in another version.
    Update(u32),
    /// One the phone does not have.
    Add(u32),
}

/// At most one window of changes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    pub changes: Vec<Change>,
    /// Changes left over for the next round: MoreAvailable.
    pub more: bool,
}

/// What to tell the phone, at most `limit` changes (S21): first what it must let go, then what
/// changed, then what is new, the youngest first.
pub fn plan(view: &ObjectView, limit: usize) -> Plan {
    let mut all = differences(view);
    let changes: Vec<Change> = all.by_ref().take(limit).collect();
    Plan {
        changes,
        more: all.next().is_some(),
    }
}

/// Whether objects that are new to the phone fill a page of `limit` changes seen through this window,
/// with something left over: then nobody needs to look for more before that page. They are read when
/// they are told, so none of them is old; what has gone is told from a fresh look only (S7).
pub fn fills(view: &ObjectView, window: Window, limit: usize) -> bool {
    let plan = plan(view, limit);
    let new = |change: &Change| matches!(change, Change::Add(_));
    view.cursor.is_some()
        && view.window == window
        && view.unsure.is_empty()
        && plan.more
        && plan.changes.iter().all(new)
}

/// How many changes are waiting. What the phone moved itself a Sync tells as well, but it is no news.
pub fn waiting(view: &ObjectView) -> usize {
    differences(view)
        .filter(|change| match change {
            Change::Delete(number) => !view.departed.contains(number),
            Change::Add(number) => !view.claims.contains(number),
            Change::SoftDelete(_) | Change::Update(_) => true,
        })
        .count()
}

/// How many objects the phone would lose, of how many it holds: the mass-change brake's question (S8).
pub fn losses(view: &ObjectView) -> (usize, usize) {
    (view.gone.len(), view.held.0.len())
}

fn differences(view: &ObjectView) -> impl Iterator<Item = Change> {
    let held = |number: &u32| view.held.0.contains_key(number);
    let there =
        |number: &u32| view.news.0.contains_key(number) || view.outside.0.contains_key(number);
    let lost_claims = view.claims.iter().filter(move |n| !held(n) && !there(n));
    let deleted = view.gone.iter().chain(lost_claims).copied();
    let run_out = view.stale.iter().copied();
    let run_out = run_out.filter(move |n| held(n) && !there(n) && !view.gone.contains(n));
    let aged = view.outside.0.keys();
    let aged = aged.filter(move |n| held(n) || view.claims.contains(n));
    let (news, fresh) = (view.news.0.keys().rev(), view.news.0.keys().rev());
    deleted
        .map(Change::Delete)
        .chain(aged.copied().map(Change::SoftDelete))
        .chain(news.filter(move |n| held(n)).copied().map(Change::Update))
        .chain(run_out.map(Change::Update))
        .chain(fresh.filter(move |n| !held(n)).copied().map(Change::Add))
}

impl ObjectView {
    /// The phone is told that it no longer has an object.
    pub fn told_gone(&mut self, number: u32) {
        self.let_go(number);
    }

    /// The phone is told an object whole, in this version, read just now; `renew` is when it is to be
    /// told again although nothing changes.
    pub fn told(&mut self, number: u32, mark: Mark, lasts: Lasts, renew: Option<i64>) {
        self.claims.remove(&number);
        self.stale.remove(&number);
        self.renewals.remove(&number);
        self.renewals.extend(renew.map(|renew| (number, renew)));
        self.held.0.insert(number, Version { mark, lasts });
        self.place(number, mark);
    }
}
