//! Folding what the backend said into a view. Pure; [`super::mailbox`] does the asking.

use std::collections::{BTreeMap, HashMap};

use airgate_codec::imap::{Flags, UidSet};

use super::view::{Cursor, ItemNumber, MailView, StoredSet};

/// What one look at a mailbox found. Every set is proof, not a guess (S7): it comes from a complete,
/// successful answer.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    pub cursor: Cursor,
    /// Beginning of the window this look was made for.
    pub floor: Option<i64>,
    /// Messages of the window that are in it for their conversation's sake only.
    pub kin: Option<UidSet>,
    /// Known messages proven absent: VANISHED, or missing in a complete listing.
    pub gone: UidSet,
    /// Messages inside the window that were not known.
    pub arrived: UidSet,
    /// Known messages proven to lie outside the window now.
    pub aged: UidSet,
    /// Present flags: of known messages whose flags may have changed.
    pub flags: Vec<(u32, Flags)>,
}

/// A message of the new generation and the number it keeps.
pub type Match = (u32, ItemNumber);

impl MailView {
    /// Takes in one observation. The phone's side is not touched; the difference to it is what the
    /// next plan sends.
    pub fn observe(&mut self, seen: &Observation, visible_keyword: impl Fn(&str) -> bool) {
        self.cursor = Some(seen.cursor);
        self.floor = seen.floor;
        self.kin = seen.kin.clone().map(StoredSet);
        let server = self.server_mut();
        server.remove_all(&seen.gone);
        server.remove_all(&seen.aged);
        server.items |= &seen.arrived;
        let phone_items = self.phone.items.clone();
        self.aged -= &seen.gone;
        self.aged -= &seen.arrived;
        self.aged |= &seen.aged & &phone_items;
        self.hidden -= &seen.gone;
        self.hidden -= &seen.aged;
        self.stale -= &seen.gone;
        for (uid, flags) in &seen.flags {
            self.observe_flags(*uid, flags, &visible_keyword);
        }
        for uid in &seen.gone {
            if !self.phone.items.contains(uid) {
                self.kept_numbers.remove(&uid);
            }
        }
    }

    fn observe_flags(&mut self, uid: u32, flags: &Flags, visible: impl Fn(&str) -> bool) {
        if flags.deleted {
            if self.server().items.contains(uid) {
                self.server_mut().remove(uid);
                self.hidden.insert(uid);
            }
            return;
        }
        let unhidden = self.hidden.remove(uid);
        if self.server().items.contains(uid) || unhidden {
            let mut flags = flags.clone();
            flags.keywords.retain(|name| visible(name));
            self.server_mut().set(uid, &flags);
        }
    }

    /// Messages proven absent while they were about to be told.
    pub fn vanished(&mut self, uids: &UidSet) {
        self.server_mut().remove_all(uids);
    }

    /// A message found marked `\Deleted` while it was about to be told (S9).
    pub fn hide(&mut self, uid: u32) {
        self.server_mut().remove(uid);
        self.hidden.insert(uid);
    }

    /// The mailbox has another UIDVALIDITY (S15): messages matched by Message-ID, size and date keep
    /// their numbers; the rest of what the phone holds is orphaned, which the next plan deletes, and
    /// everything unmatched in the new generation will be added. Never a mix: no old UID survives.
    pub fn renew(&mut self, matches: &[Match]) {
        let old_uid = |number: ItemNumber| self.uid_of(number);
        let pairs: Vec<(u32, u32, ItemNumber)> = matches
            .iter()
            .filter_map(|(new, number)| Some((old_uid(*number)?, *new, *number)))
            .filter(|(old, _, _)| self.phone.items.contains(*old))
            .collect();
        let new_uids: HashMap<u32, u32> = pairs.iter().map(|(old, new, _)| (*old, *new)).collect();
        let phone = self.phone.renumbered(|uid| new_uids.get(&uid).copied());
        let kept: BTreeMap<u32, ItemNumber> = pairs
            .iter()
            .map(|(_, new, number)| (*new, *number))
            .collect();
        let mut orphans = std::mem::take(&mut self.orphans);
        let held = &self.phone.items | &self.claims;
        orphans.extend(
            held.iter()
                .filter(|uid| !new_uids.contains_key(uid))
                .map(|uid| self.number_of(uid)),
        );
        *self = Self {
            phone,
            kept_numbers: kept,
            orphans,
            generation: self.generation.wrapping_add(1),
            floor: self.floor,
            ..Self::default()
        };
        // Until it is observed, the new generation is taken to hold just what was matched.
        self.cursor = None;
    }
}
