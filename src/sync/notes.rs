//! Notes in a mailbox: what mail programs change in place, Apple's replace by another message that
//! carries the same identifier. To a phone it is the same note under the same ServerId (S6), whoever
//! replaced it, and whether the old message is gone already or about to be.
//!
//! The fact one would not guess: of two messages with one identifier only the newest is the note.
//! Apple's clients think so too; the older is a leftover of theirs, or about to be removed.

use std::collections::BTreeMap;

use airgate_codec::imap::{MailboxName, UidSet};

use super::view::MailView;
use crate::backend::imap::{FetchItems, Session};
use crate::failure::Failure;
use crate::item::note::mail;

/// Messages whose identifiers are asked for in one flight.
const BATCH: usize = 500;

/// Reads the identifiers of messages that are new in the view and brings it in order.
///
/// # Errors
/// The backend's.
pub async fn recognise(
    session: &mut Session,
    mailbox: &MailboxName,
    view: &mut MailView,
) -> Result<(), Failure> {
    let there = view.server().items.clone();
    let unknown: Vec<u32> = there
        .iter()
        .filter(|uid| !view.notes.contains_key(uid))
        .collect();
    if !unknown.is_empty() && session.selected_validity(mailbox).is_none() {
        session.select(mailbox, None).await?;
    }
    for batch in unknown.chunks(BATCH) {
        let uids: UidSet = batch.iter().copied().collect();
        let items = FetchItems {
            headers: Some(vec![mail::IDENTIFIER]),
            ..FetchItems::default()
        };
        for message in session.fetch(&uids, &items).await? {
            if let Some(uid) = message.uid {
                view.notes.insert(uid.get(), mail::print(&message));
            }
        }
    }
    view.settle_notes();
    Ok(())
}

impl MailView {
    /// Other messages of the same note, which are not shown.
    pub fn twins(&self, uid: u32) -> UidSet {
        let Some(print) = self.notes.get(&uid).filter(|print| **print != 0) else {
            return UidSet::new();
        };
        let same = self.notes.iter().filter(|(_, other)| *other == print);
        let mut twins: UidSet = same.map(|(twin, _)| *twin).collect();
        twins.remove(uid);
        &twins & &self.hidden
    }

    /// Gives each note's number to its newest message, hides the others, and lets nothing of flags
    /// be news: phones know none of notes, and categories travel with the whole.
    pub(super) fn settle_notes(&mut self) {
        let mut newest: BTreeMap<i64, u32> = BTreeMap::new();
        for uid in &self.server().items {
            if let Some(print) = self.notes.get(&uid).filter(|print| **print != 0) {
                // In ascending order, so the last one stays.
                newest.insert(*print, uid);
            }
        }
        let older = |uid: u32| {
            let newest = *newest.get(self.notes.get(&uid)?)?;
            (newest != uid).then_some(newest)
        };
        let there = self.server().items.clone();
        let known = &there | &self.phone.items;
        let replaced: Vec<(u32, u32)> = known
            .iter()
            .filter_map(|uid| Some((uid, older(uid)?)))
            .collect();
        for (old, new) in replaced.into_iter().rev() {
            let hidden = there.contains(old);
            if self.phone.items.contains(old) && !self.phone.items.contains(new) {
                let held = self.phone.flags(old).unwrap_or_default();
                let actual = self.server().flags(new);
                self.phone_rewrote(old, new, &held, actual.as_ref(), hidden);
                self.stale.insert(new);
            } else if hidden {
                self.hide(old);
            }
        }
        let differing = self.phone.flagged_differently(self.server());
        for uid in &differing {
            let (Some(held), Some(actual)) = (self.phone.flags(uid), self.server().flags(uid))
            else {
                continue;
            };
            if held.keywords != actual.keywords {
                self.stale.insert(uid);
            }
            self.server_mut();
            self.phone.set(uid, &actual);
        }
        let alive = &(&self.server().items | &self.phone.items) | &self.hidden;
        self.notes.retain(|uid, _| alive.contains(*uid));
    }
}

#[cfg(test)]
mod tests {
    use airgate_codec::imap::Flags;
    use proptest::prelude::*;

    use super::super::plan::{self, Change};
    use super::super::view::ItemNumber;
    use super::*;

    /// A view whose phone holds these notes, as (UID, identifier).
    fn holding(notes: &[(u32, i64)]) -> MailView {
        let mut view = MailView::default();
        for (uid, print) in notes {
            view.phone.set(*uid, &Flags::default());
            view.notes.insert(*uid, *print);
        }
        view
    }

    fn arrive(view: &mut MailView, uid: u32, print: i64) {
        view.server_mut().set(uid, &Flags::default());
        view.notes.insert(uid, print);
    }

    fn planned(view: &MailView) -> Vec<Change> {
        plan::plan(view, 100).changes
    }

    #[test]
    fn s6_a_replaced_note_is_a_change_of_the_same_id() {
        // The new message is there, the old one is gone.
        let mut view = holding(&[(3, 33), (5, 55)]);
        arrive(&mut view, 9, 55);
        view.server_mut().remove(5);
        view.settle_notes();
        assert_eq!(planned(&view), [Change::Rewrite(9)]);
        assert_eq!(view.number_of(9), ItemNumber(5));
        // It is still there.
        let mut view = holding(&[(3, 33), (5, 55)]);
        arrive(&mut view, 9, 55);
        view.settle_notes();
        assert_eq!(planned(&view), [Change::Rewrite(9)]);
        assert_eq!(view.number_of(9), ItemNumber(5));
        assert_eq!(view.twins(9).iter().collect::<Vec<_>>(), [5]);
        // A server that tells of everything each time tells of the old one again.
        view.server_mut().set(5, &Flags::default());
        view.settle_notes();
        assert_eq!(planned(&view), [Change::Rewrite(9)]);
        // And once more replaced before the phone heard of it.
        arrive(&mut view, 12, 55);
        view.settle_notes();
        assert_eq!(planned(&view), [Change::Rewrite(12)]);
        assert_eq!(view.number_of(12), ItemNumber(5));
    }

    #[test]
    fn messages_without_an_identifier_are_notes_of_their_own() {
        let mut view = holding(&[(3, 0)]);
        arrive(&mut view, 4, 0);
        view.settle_notes();
        assert_eq!(planned(&view), [Change::Add(4)]);
    }

    #[test]
    fn only_categories_of_the_flags_are_news() {
        let mut view = holding(&[(3, 33), (4, 44)]);
        let seen = Flags {
            seen: true,
            ..Flags::default()
        };
        let category = Flags {
            keywords: vec!["Blue".into()],
            ..Flags::default()
        };
        view.server_mut().set(3, &seen);
        view.server_mut().set(4, &category);
        view.settle_notes();
        assert_eq!(planned(&view), [Change::Rewrite(4)]);
    }

    proptest! {
        #[test]
        fn s6_a_note_never_goes_and_comes(
            replacements in prop::collection::vec((0_usize..4, any::<bool>()), 1..30),
        ) {
            let mut view = holding(&[(1, 101), (2, 102), (3, 103), (4, 104)]);
            let mut current = [1, 2, 3, 4];
            for (next, (which, gone)) in (5..).zip(replacements) {
                let print = 101 + i64::try_from(which).unwrap();
                arrive(&mut view, next, print);
                if gone {
                    view.server_mut().remove(current[which]);
                }
                current[which] = next;
                view.settle_notes();
                for change in planned(&view) {
                    prop_assert!(matches!(change, Change::Rewrite(_)), "{:?}", change);
                    view.told(change);
                }
                for uid in view.stale.clone().iter() {
                    view.told_whole(uid, &Flags::default());
                }
            }
            for (which, uid) in current.iter().enumerate() {
                let number = u64::try_from(which).unwrap() + 1;
                prop_assert_eq!(view.number_of(*uid), ItemNumber(number));
            }
            prop_assert_eq!(plan::waiting(&view), 0);
        }
    }
}
