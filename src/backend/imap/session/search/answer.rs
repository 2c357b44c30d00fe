//! What comes back for a SEARCH, SORT or ESEARCH, in any of their forms.

use airgate_codec::imap::{UidSet, Untagged};

use crate::backend::imap::connection::Data;
use crate::backend::imap::session::is_unread;

/// What the server said so far.
#[derive(Default)]
pub(super) struct Answer {
    /// `None` if it said nothing.
    pub(super) found: Option<UidSet>,
    /// In the order of a SORT, as ranges.
    pub(super) order: Vec<(u32, u32)>,
    /// How many there are, if the server counted.
    pub(super) count: Option<u32>,
    /// Something of the answer could not be read.
    pub(super) unread: bool,
}

impl Answer {
    pub(super) fn take(&mut self, data: Data, tag: &str) -> Option<Untagged> {
        match data {
            Data::Untagged(Untagged::Search { numbers, .. }) => {
                *self.found.get_or_insert_default() |= numbers;
            }
            Data::Untagged(Untagged::Sort(numbers)) => {
                self.found.get_or_insert_default();
                self.order
                    .extend(numbers.into_iter().map(|number| (number, number)));
            }
            Data::Untagged(Untagged::ESearch(said)) => {
                // RFC 4466 2.6.2: without the correlator it is no answer to a command of this kind,
                // but servers forget it.
                if said.tag.is_some_and(|answers| answers != tag) {
                    return None;
                }
                let told = said.all.is_some() || said.partial;
                self.unread |= !told && said.count.is_some_and(|count| count > 0);
                self.count = said.count.or(self.count);
                self.order.extend(said.runs);
                *self.found.get_or_insert_default() |= said.all.unwrap_or_default();
            }
            Data::Untagged(other) => {
                self.unread |= ["SEARCH", "SORT", "ESEARCH"]
                    .iter()
                    .any(|kind| is_unread(&other, kind.as_bytes()));
                return Some(other);
            }
            Data::TooLarge => self.unread = true,
        }
        None
    }

    /// The numbers in the server's order, at most so many.
    pub(super) fn in_order(&self, most: usize) -> Vec<u32> {
        self.order
            .iter()
            .flat_map(|&(first, last)| -> Box<dyn Iterator<Item = u32>> {
                if first <= last {
                    Box::new(first..=last)
                } else {
                    Box::new((last..=first).rev())
                }
            })
            .take(most)
            .collect()
    }
}
