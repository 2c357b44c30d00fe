//! What phones overwrote or deleted, for [`KEPT`] (S8, S13). The store sees only sealed octets.

use async_trait::async_trait;

use super::Result;
use crate::identity::UserId;

/// How long a row is kept, in seconds: 30 days.
pub const KEPT: i64 = 30 * 86_400;
/// Rows of one user; the oldest go first. Far above what people do, and it bounds what a phone that
/// writes in a circle can fill.
pub const MAX_PER_USER: i64 = 10_000;

/// Why an object was kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UndoReason {
    /// A phone deleted it.
    Deleted,
    /// A phone changed it: this is how it was before.
    Overwritten,
    /// A phone's change gave way to what others had changed: this is what the phone wanted.
    Lost,
}

impl UndoReason {
    pub(super) const fn code(self) -> i64 {
        match self {
            Self::Deleted => 1,
            Self::Overwritten => 2,
            Self::Lost => 3,
        }
    }

    pub(super) const fn from_code(code: i64) -> Option<Self> {
        Some(match code {
            1 => Self::Deleted,
            2 => Self::Overwritten,
            3 => Self::Lost,
            _ => return None,
        })
    }
}

/// One object as it was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UndoRow {
    /// Given by the store; 0 in a row that is to be written.
    pub id: i64,
    pub user: UserId,
    /// The device whose doing it was.
    pub device: String,
    /// The CollectionId it lay in.
    pub collection: String,
    /// The caller's code for its class.
    pub kind: u8,
    pub reason: UndoReason,
    pub at: i64,
    /// The server key it is sealed under.
    pub key_id: String,
    pub sealed: Vec<u8>,
}

/// Kept objects.
#[async_trait]
pub trait Undo {
    /// Keeps a row and returns its id.
    async fn keep_undo(&self, row: &UndoRow) -> Result<i64>;

    /// A user's rows, the newest first, those below `before` if that is given.
    async fn undo_rows(
        &self,
        user: &UserId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<UndoRow>>;

    /// One row.
    async fn undo_row(&self, user: &UserId, id: i64) -> Result<Option<UndoRow>>;

    /// Forgets rows: what they should have undone did not happen.
    async fn drop_undo(&self, user: &UserId, ids: &[i64]) -> Result<()>;
}
