//! Layouts of parts that were looked at, so that a phone which fetches an attachment in many ranges
//! costs one look, and a part found to be irregular is not taken for regular again.

use std::time::Duration;

use moka::future::Cache;

use crate::identity::UserId;
use crate::item::layout::Layout;

/// What is known of parts. Clones share it.
#[derive(Clone)]
pub(crate) struct Layouts(Cache<Key, Option<Layout>>);

/// A part of one user's (T13).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Key {
    pub(super) user: UserId,
    /// Where it is, as in a FileReference.
    pub(super) part: String,
}

/// Parts remembered: the downloads under way, with room.
const MAX_PARTS: u64 = 10_000;
/// A download by ranges is over by then, or worth another look.
const KEPT: Duration = Duration::from_secs(1800);

impl Layouts {
    pub(in crate::command) fn new() -> Self {
        Self(
            Cache::builder()
                .max_capacity(MAX_PARTS)
                .time_to_idle(KEPT)
                .build(),
        )
    }

    /// What is known: a layout, or that there is none.
    pub(super) async fn known(&self, key: &Key) -> Option<Option<Layout>> {
        self.0.get(key).await
    }

    pub(super) async fn learn(&self, key: &Key, layout: Option<Layout>) {
        self.0.insert(key.clone(), layout).await;
    }
}
