//! The view itself, and what a phone does to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::versions::{Mark, Version, Versions};
use super::window::{Lasts, Window};
use crate::sync::state::{self, Unusable};

/// Format of the stored view; far from those of mail, so that one is never read as the other.
const VERSION: u8 = 66;

/// What one device holds of one collection, and what the backend had.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct ObjectView {
    /// Where we last looked, the backend's own word for it; `None` before the first look.
    pub cursor: Option<Vec<u8>>,
    /// The window this view was last looked at with.
    pub(super) window: Window,
    /// What the phone holds.
    pub(super) held: Versions<Version>,
    /// What the backend has otherwise: other versions of what is held, and objects that are not.
    pub(super) news: Versions<Mark>,
    /// News of which nobody knows yet whether they are inside the window.
    pub(super) unsure: BTreeSet<u32>,
    /// Held, and proven to be gone at the backend.
    pub(super) gone: BTreeSet<u32>,
    /// At the backend in this version, and not to be shown.
    pub(super) outside: Versions<Mark>,
    /// Of those, what is not of the collection's class at all, or was dismissed.
    pub(super) others: BTreeSet<u32>,
    /// Objects the phone may hold although it was never told of them: it moved them here itself, and
    /// whether it got our answer nobody knows.
    pub(super) claims: BTreeSet<u32>,
    /// Objects the phone moved away itself: it is told of that, but not woken for it.
    pub(super) departed: BTreeSet<u32>,
    /// What the view before held and this one does not: from the next one on nobody needs to know what
    /// was told of them.
    pub(super) let_go: BTreeSet<u32>,
    /// When what the phone was told of an object runs out although nothing changes, in seconds since
    /// 1970: series of which it is told the near future only. Few objects have that.
    pub(super) renewals: BTreeMap<u32, i64>,
    /// Of those what has run out, since the last look: every look finds it anew.
    #[serde(skip)]
    pub(super) stale: BTreeSet<u32>,
}

/// Whether an object is one of those the phone wants.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    Inside,
    Outside,
    /// Of another class than the collection.
    Other,
}

impl ObjectView {
    /// Reads a stored view.
    ///
    /// # Errors
    /// See [`state::decode`]; the caller answers with a resync.
    pub fn decode(blob: &[u8]) -> Result<Self, Unusable> {
        state::decode(VERSION, blob)
    }

    pub fn encode(&self) -> Vec<u8> {
        state::encode(VERSION, self)
    }

    pub const fn window(&self) -> Window {
        self.window
    }

    /// Whether the phone holds the same versions under both views.
    pub fn holds_the_same(&self, other: &Self) -> bool {
        let marks = |view: &'_ Self| -> Vec<(u32, Mark)> {
            let held = view.held.0.iter();
            held.map(|(number, version)| (*number, version.mark))
                .collect()
        };
        self.held.0.len() == other.held.0.len() && marks(self) == marks(other)
    }

    /// The version of an object that the phone holds.
    pub fn held(&self, number: u32) -> Option<Mark> {
        self.held_version(number).map(|version| version.mark)
    }

    /// The same with how long it lasts.
    pub fn held_version(&self, number: u32) -> Option<Version> {
        self.held.0.get(&number).copied()
    }

    /// Whether the phone may name this object: it was told of it or brought it here.
    pub fn knows(&self, number: u32) -> bool {
        self.held.0.contains_key(&number) || self.claims.contains(&number)
    }

    /// The version the backend had; `None` where it had none.
    pub fn server(&self, number: u32) -> Option<Mark> {
        if self.gone.contains(&number) {
            return None;
        }
        let elsewhere = self
            .outside
            .0
            .get(&number)
            .or_else(|| self.news.0.get(&number));
        elsewhere.copied().or_else(|| self.held(number))
    }

    /// A view that goes on from an older one than `present` knows of moves that `present` knows (S2).
    pub fn take_moves_of(&mut self, present: &Self) {
        self.claims.extend(&present.claims);
        self.departed.extend(&present.departed);
    }

    /// This view takes the place of `base`; `lost` is the one a repeated request stepped over, `named`
    /// are the objects this step told of or was told of. What is returned neither generation has any
    /// more.
    pub fn succeed(
        &mut self,
        base: &Self,
        lost: Option<&Self>,
        named: impl Iterator<Item = u32>,
    ) -> Vec<u32> {
        let there = |view: &Self, number: &u32| view.held.0.contains_key(number);
        let over = lost
            .iter()
            .flat_map(|lost| lost.held.0.keys().chain(&lost.let_go));
        let mut forgotten: BTreeSet<u32> = base.let_go.iter().chain(over).copied().collect();
        self.let_go = base.held.0.keys().copied().chain(named).collect();
        let held = &self.held.0;
        self.let_go.retain(|number| !held.contains_key(number));
        forgotten.retain(|number| {
            !there(base, number) && !there(self, number) && !self.let_go.contains(number)
        });
        forgotten.into_iter().collect()
    }

    /// The phone has a version it made itself: `actual` is what the backend has now, with how long
    /// that lasts; `None` where it has nothing (any more). Where the two differ, the next plan sends the
    /// backend's truth.
    pub fn phone_has(&mut self, number: u32, mark: Mark, actual: Option<(Mark, Lasts)>) {
        let lasts = actual.map_or_else(Lasts::default, |(_, lasts)| lasts);
        self.claims.remove(&number);
        self.held.0.insert(number, Version { mark, lasts });
        match actual {
            Some((actual, _)) => self.place(number, actual),
            None => self.remove(number),
        }
    }

    /// The phone has a version that was made of what it said, now or in a step it says again, and the
    /// backend has what it had.
    pub fn phone_has_instead(&mut self, number: u32, version: Version) {
        let there = self.server(number);
        self.claims.remove(&number);
        self.held.0.insert(number, version);
        match there {
            Some(there) => self.place(number, there),
            None => self.remove(number),
        }
    }

    /// The phone no longer has an object; `gone` says whether the backend gave it up as well.
    pub fn phone_deleted(&mut self, number: u32, gone: bool) {
        let there = self.server(number).filter(|_| !gone);
        let standing = self.outside.0.contains_key(&number);
        self.let_go(number);
        if gone {
            self.outside.0.remove(&number);
            self.news.0.remove(&number);
            self.unsure.remove(&number);
            self.others.remove(&number);
        } else if let (Some(there), false) = (there, standing) {
            self.news.0.insert(number, there);
        }
    }

    /// The phone let go of what stood for an object that cannot be shown. The backend keeps that as it
    /// is, and the phone is told of it again when it changes.
    pub fn dismissed(&mut self, number: u32) {
        let unchanged = self.server(number) == self.held(number);
        self.phone_deleted(number, self.server(number).is_none());
        if unchanged {
            self.judge(number, Standing::Other);
        }
    }

    /// The phone moved an object here and perhaps knows its number already.
    pub fn claim(&mut self, number: u32) {
        self.claims.insert(number);
    }

    /// The phone moved an object away.
    pub fn departs(&mut self, number: u32) {
        self.claims.remove(&number);
        if self.held.0.contains_key(&number) {
            self.departed.insert(number);
        }
    }

    /// Finds what has run out by now of what the phone was told.
    pub fn run_out(&mut self, now: i64) {
        let due = self.renewals.iter().filter(|(_, due)| **due <= now);
        self.stale = due.map(|(number, _)| *number).collect();
    }

    /// Whether the phone is to be told of an object again in the version it holds.
    pub fn is_stale(&self, number: u32) -> bool {
        self.stale.contains(&number)
    }

    /// What has run out cannot be told again now: the next look finds it anew.
    pub fn stays_stale(&mut self, number: u32) {
        self.stale.remove(&number);
    }

    /// Nothing is held of an object any more.
    pub(super) fn let_go(&mut self, number: u32) {
        self.renewals.remove(&number);
        self.stale.remove(&number);
        self.gone.remove(&number);
        self.claims.remove(&number);
        self.departed.remove(&number);
        self.held.0.remove(&number);
    }

    /// The backend has an object in this version.
    pub(super) fn place(&mut self, number: u32, mark: Mark) {
        self.gone.remove(&number);
        self.departed.remove(&number);
        self.outside.0.remove(&number);
        self.others.remove(&number);
        self.unsure.remove(&number);
        self.news.0.remove(&number);
        match self.held.0.get(&number) {
            Some(version) if version.mark == mark => {
                if !self.window.holds(version.lasts) {
                    self.outside.0.insert(number, mark);
                }
            }
            _ => {
                self.news.0.insert(number, mark);
                self.unsure.insert(number);
            }
        }
    }

    /// The backend has an object no more, which is proven.
    pub(super) fn remove(&mut self, number: u32) {
        self.news.0.remove(&number);
        self.unsure.remove(&number);
        self.outside.0.remove(&number);
        self.others.remove(&number);
        if self.held.0.contains_key(&number) {
            self.gone.insert(number);
        }
    }
}
