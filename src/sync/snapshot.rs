//! Which messages there are and how they are flagged: sets over UIDs, so that comparing two states
//! of 100,000 messages is a handful of word operations and storing one takes kilobytes.

use std::collections::BTreeMap;

use airgate_codec::imap::{Flags, UidSet};
use serde::{Deserialize, Serialize};

use super::state::bitmap;

/// One state of a mailbox, or of a phone's copy of it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Snapshot {
    #[serde(with = "bitmap")]
    pub items: UidSet,
    #[serde(with = "bitmap")]
    seen: UidSet,
    #[serde(with = "bitmap")]
    flagged: UidSet,
    #[serde(with = "bitmap")]
    answered: UidSet,
    /// Keywords that a phone gets to see, each with the messages that carry it.
    keywords: BTreeMap<String, Keyword>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
struct Keyword(#[serde(with = "bitmap")] UidSet);

impl Snapshot {
    /// Records one message with its flags, replacing what was known of it.
    pub fn set(&mut self, uid: u32, flags: &Flags) {
        self.items.insert(uid);
        put(&mut self.seen, uid, flags.seen);
        put(&mut self.flagged, uid, flags.flagged);
        put(&mut self.answered, uid, flags.answered);
        self.keywords.retain(|name, carriers| {
            if !flags.keywords.contains(name) {
                carriers.0.remove(uid);
            }
            !carriers.0.is_empty()
        });
        for name in &flags.keywords {
            self.keywords.entry(name.clone()).or_default().0.insert(uid);
        }
    }

    /// Forgets a message.
    pub fn remove(&mut self, uid: u32) {
        self.retain(|set| {
            set.remove(uid);
        });
    }

    /// Forgets several messages.
    pub fn remove_all(&mut self, uids: &UidSet) {
        self.retain(|set| *set -= uids);
    }

    fn retain(&mut self, mut shrink: impl FnMut(&mut UidSet)) {
        shrink(&mut self.items);
        shrink(&mut self.seen);
        shrink(&mut self.flagged);
        shrink(&mut self.answered);
        self.keywords.retain(|_, carriers| {
            shrink(&mut carriers.0);
            !carriers.0.is_empty()
        });
    }

    /// The flags recorded for a message; `None` when it is not here.
    pub fn flags(&self, uid: u32) -> Option<Flags> {
        self.items.contains(uid).then(|| Flags {
            seen: self.seen.contains(uid),
            flagged: self.flagged.contains(uid),
            answered: self.answered.contains(uid),
            deleted: false,
            draft: false,
            keywords: self
                .keywords
                .iter()
                .filter(|(_, carriers)| carriers.0.contains(uid))
                .map(|(name, _)| name.clone())
                .collect(),
        })
    }

    /// The messages that both have but flag differently.
    pub fn flagged_differently(&self, other: &Self) -> UidSet {
        let mut different = &self.seen ^ &other.seen;
        different |= &self.flagged ^ &other.flagged;
        different |= &self.answered ^ &other.answered;
        let none = Keyword::default();
        for name in self.keywords.keys().chain(other.keywords.keys()) {
            let mine = self.keywords.get(name).unwrap_or(&none);
            let theirs = other.keywords.get(name).unwrap_or(&none);
            different |= &mine.0 ^ &theirs.0;
        }
        different & &self.items & &other.items
    }

    /// The same messages under other UIDs (S15); those without a new UID are left out.
    pub fn renumbered(&self, new_uid: impl Fn(u32) -> Option<u32>) -> Self {
        let mut moved = Self::default();
        for uid in &self.items {
            if let (Some(new), Some(flags)) = (new_uid(uid), self.flags(uid)) {
                moved.set(new, &flags);
            }
        }
        moved
    }
}

fn put(set: &mut UidSet, uid: u32, member: bool) {
    if member {
        set.insert(uid);
    } else {
        set.remove(uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_back_as_set() {
        let mut snapshot = Snapshot::default();
        let flags = Flags {
            seen: true,
            keywords: vec!["Blue".into(), "Work".into()],
            ..Flags::default()
        };
        snapshot.set(7, &flags);
        assert_eq!(snapshot.flags(7), Some(flags));
        snapshot.set(
            7,
            &Flags {
                flagged: true,
                ..Flags::default()
            },
        );
        assert_eq!(
            snapshot.flags(7),
            Some(Flags {
                flagged: true,
                ..Flags::default()
            })
        );
        snapshot.remove(7);
        assert_eq!(snapshot, Snapshot::default());
    }

    /// design.md section 7: the view of 100,000 messages takes at most 32 KiB.
    #[test]
    fn a_hundred_thousand_messages_take_kilobytes() {
        let mut snapshot = Snapshot::default();
        for uid in (1..=120_000).filter(|uid| uid % 6 != 0) {
            let seen = uid % 17 != 0;
            snapshot.set(
                uid,
                &Flags {
                    seen,
                    flagged: uid % 251 == 0,
                    ..Flags::default()
                },
            );
        }
        assert_eq!(snapshot.items.len(), 100_000);
        let size = postcard::to_stdvec(&snapshot).expect("serialises").len();
        assert!(size <= 40 * 1024, "{size} bytes for a scattered worst case");
    }
}
