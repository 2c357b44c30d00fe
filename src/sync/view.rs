//! The view: what one device has acknowledged of one mailbox, beside what the backend had when we
//! last looked. The difference of the two is exactly what is still to be told.

use std::collections::BTreeMap;

use airgate_codec::imap::{Flags, UidSet};
use serde::{Deserialize, Serialize};

use super::snapshot::Snapshot;
use super::state::{self, Unusable, bitmap};
use super::window::Window;

/// Format of the stored view. Those of an older one mean a resync.
const VERSION: u8 = 4;
/// Marks the number of a message whose plain one went to its successor; generations stay below it.
const SECOND: u64 = 1 << 63;

/// A message as a phone names it: its UID, unless the mailbox got a new UIDVALIDITY meanwhile; then
/// the generation stands above the UID, or the old number is kept (S15).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ItemNumber(pub u64);

/// The backend's own notion of "since" (design.md section 2).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Cursor {
    pub uid_validity: u32,
    pub uid_next: u32,
    /// HIGHESTMODSEQ; 0 where the server keeps none.
    pub modseq: u64,
    /// MESSAGES.
    pub messages: u32,
}

/// What one device holds of one mailbox, and what the backend had.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct MailView {
    /// Where we last looked; `None` before the first look.
    pub cursor: Option<Cursor>,
    /// Beginning of the filter window, in seconds since 1970; `None` for everything.
    pub floor: Option<i64>,
    /// What the phone holds.
    pub phone: Snapshot,
    /// What the backend has inside the window; `None` when it is the same as `phone`.
    pub(super) server: Option<Box<Snapshot>>,
    /// Held by the phone and still on the backend, but out of the window: to be soft-deleted.
    #[serde(with = "bitmap")]
    pub aged: UidSet,
    /// On the backend with `\Deleted` set, so not shown (S9).
    #[serde(with = "bitmap")]
    pub hidden: UidSet,
    /// How often UIDVALIDITY changed under this view.
    pub generation: u32,
    /// Messages that kept their number through a change of UIDVALIDITY, by present UID.
    pub kept_numbers: BTreeMap<u32, ItemNumber>,
    /// Numbers the phone holds whose message did not survive a change of UIDVALIDITY.
    pub orphans: Vec<ItemNumber>,
    /// Messages the phone may hold although it was never told of them: it moved them here itself,
    /// and whether it got our answer nobody knows. They are added like any other, and taken back
    /// when they are gone before that.
    #[serde(with = "bitmap")]
    pub claims: UidSet,
    /// Messages that are in the window for their conversation's sake only; `None` where the phone
    /// does not want those.
    pub kin: Option<StoredSet>,
    /// Messages the phone moved away itself. It is told of that all the same, in case it never got
    /// our answer, but not woken for it.
    #[serde(with = "bitmap")]
    pub departed: UidSet,
    /// Messages of which the phone holds another content than the backend: to be told whole.
    #[serde(with = "bitmap")]
    pub stale: UidSet,
    /// Messages marked `\Deleted` whose number went to the message that replaced them.
    #[serde(with = "bitmap")]
    pub(super) replaced: UidSet,
    /// In a mailbox of notes: which note each message is, 0 for one that does not say.
    pub(super) notes: BTreeMap<u32, i64>,
}

/// A set in a place where it may be missing.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct StoredSet(#[serde(with = "bitmap")] pub UidSet);

impl MailView {
    /// Reads a stored view.
    ///
    /// # Errors
    /// See [`state::decode`]; the caller answers with a resync.
    pub fn decode(blob: &[u8]) -> Result<Self, Unusable> {
        state::decode(VERSION, blob)
    }

    /// The view as it is stored, without what it need not say.
    pub fn encode(&mut self) -> Vec<u8> {
        self.settle();
        state::encode(VERSION, self)
    }

    /// The window this view was last looked at with.
    pub fn window(&self) -> Window {
        Window {
            floor: self.floor,
            conversations: self.kin.is_some(),
        }
    }

    /// What the backend has inside the window.
    pub fn server(&self) -> &Snapshot {
        self.server.as_deref().unwrap_or(&self.phone)
    }

    /// The backend's state, to change.
    pub(super) fn server_mut(&mut self) -> &mut Snapshot {
        let phone = &self.phone;
        self.server.get_or_insert_with(|| Box::new(phone.clone()))
    }

    /// Whether the phone holds the same under both views, by the same names.
    pub fn holds_the_same(&self, other: &Self) -> bool {
        self.phone == other.phone
            && self.generation == other.generation
            && self.kept_numbers == other.kept_numbers
            && self.orphans == other.orphans
            && self.stale == other.stale
    }

    /// Drops the second snapshot when it says nothing new, so that it costs no storage.
    fn settle(&mut self) {
        if self.server.as_deref() == Some(&self.phone) {
            self.server = None;
        }
    }

    /// How a phone names the message with this UID.
    pub fn number_of(&self, uid: u32) -> ItemNumber {
        let second = if self.replaced.contains(uid) {
            SECOND
        } else {
            0
        };
        let plain = ItemNumber(u64::from(self.generation) << 32 | u64::from(uid) | second);
        self.kept_numbers.get(&uid).copied().unwrap_or(plain)
    }

    /// The UID behind a phone's name for a message it holds.
    pub fn uid_of(&self, number: ItemNumber) -> Option<u32> {
        if let Some((uid, _)) = self.kept_numbers.iter().find(|(_, kept)| **kept == number) {
            return Some(*uid);
        }
        let uid = u32::try_from(number.0 & 0xFFFF_FFFF).ok()?;
        (self.number_of(uid) == number).then_some(uid)
    }

    /// The phone has a message it made itself, with these flags; `actual` is what the backend has,
    /// `None` if it is gone again.
    pub fn phone_made(&mut self, uid: u32, flags: &Flags, actual: Option<&Flags>) {
        let server = self.server_mut();
        match actual {
            Some(actual) => server.set(uid, actual),
            None => server.remove(uid),
        }
        self.phone.set(uid, flags);
    }

    /// The phone rewrote a message: the backend has it under a new UID, the phone under the number
    /// it knows, with these flags; `actual` is what the backend has. `hidden` says that the old one is
    /// still there, marked `\Deleted`.
    pub fn phone_rewrote(
        &mut self,
        old: u32,
        new: u32,
        flags: &Flags,
        actual: Option<&Flags>,
        hidden: bool,
    ) {
        let number = self.number_of(old);
        self.gave_way(old, hidden);
        self.phone_made(new, flags, actual);
        self.kept_numbers.insert(new, number);
    }

    /// A message was sent off or removed by us, which the phone does not know yet.
    pub fn went(&mut self, uid: u32, hidden: bool) {
        self.server_mut().remove(uid);
        if hidden {
            self.hidden.insert(uid);
        }
    }

    /// A message another one took the place of.
    pub fn gave_way(&mut self, old: u32, hidden: bool) {
        self.server_mut().remove(old);
        self.phone.remove(old);
        for set in [&mut self.aged, &mut self.claims, &mut self.stale] {
            set.remove(old);
        }
        self.kept_numbers.remove(&old);
        if hidden {
            self.hidden.insert(old);
            self.replaced.insert(old);
        }
    }

    /// The phone says it now has these flags on a message; `accepted` is what the backend made of
    /// it, `None` if it refused. The two differing makes the next plan send the backend's truth.
    pub fn phone_flagged(&mut self, uid: u32, wanted: &Flags, accepted: Option<&Flags>) {
        if let Some(flags) = accepted {
            self.server_mut().set(uid, flags);
        } else {
            self.server_mut(); // freeze the backend's state before the phone's moves away from it
        }
        self.phone.set(uid, wanted);
    }

    /// The phone no longer has the message; `gone` says whether the backend gave it up as well.
    pub fn phone_deleted(&mut self, number: ItemNumber, uid: Option<u32>, gone: bool) {
        self.orphans.retain(|orphan| *orphan != number);
        if let Some(uid) = uid {
            let server = self.server_mut();
            if gone {
                server.remove(uid);
            }
            self.aged.remove(uid);
            self.claims.remove(uid);
            self.departed.remove(uid);
            self.stale.remove(uid);
            self.phone.remove(uid);
            if gone {
                self.kept_numbers.remove(&uid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_a_generation() {
        let mut view = MailView::default();
        assert_eq!(view.number_of(5), ItemNumber(5));
        assert_eq!(view.uid_of(ItemNumber(5)), Some(5));
        view.generation = 1;
        view.kept_numbers.insert(9, ItemNumber(5));
        assert_eq!(view.number_of(9), ItemNumber(5));
        assert_eq!(view.uid_of(ItemNumber(5)), Some(9));
        assert_eq!(view.number_of(5), ItemNumber(1 << 32 | 5));
        assert_eq!(
            view.uid_of(ItemNumber(9)),
            None,
            "an unmatched old number names nothing"
        );
    }

    #[test]
    fn s6_a_rewritten_message_keeps_its_number_and_its_ghost_gets_another() {
        let mut view = MailView::default();
        let flags = Flags {
            seen: true,
            ..Flags::default()
        };
        view.phone.set(5, &flags);
        view.phone_rewrote(5, 9, &flags, Some(&flags), true);
        view.phone_rewrote(9, 12, &flags, Some(&flags), false);
        assert_eq!(view.number_of(12), ItemNumber(5));
        assert_eq!(view.uid_of(ItemNumber(5)), Some(12));
        assert_eq!(super::super::plan::waiting(&view), 0, "S6: no echo");
        // Another client takes the mark off the old one: it is a message of its own.
        let ghost = view.number_of(5);
        assert_ne!(ghost, ItemNumber(5));
        assert_eq!(view.uid_of(ghost), Some(5));
        let stored = view.encode();
        let view = MailView::decode(&stored).expect("just written");
        assert_eq!(view.uid_of(ghost), Some(5));
    }

    #[test]
    fn t51_a_stored_view_comes_back() {
        let mut view = MailView::default();
        view.phone.set(3, &Flags::default());
        view.phone_flagged(
            3,
            &Flags {
                seen: true,
                ..Flags::default()
            },
            None,
        );
        let stored = view.encode();
        assert_eq!(MailView::decode(&stored), Ok(view));
        assert!(MailView::decode(&[]).is_err());
    }
}
