//! Letters that are due: rows of the audit trail somebody is to be told of (C16). Taken over from the
//! trail in one transaction with the place it was read up to, so that each is due once, whichever
//! process wrote it; a letter that cannot be sent now stays due.

use async_trait::async_trait;

use super::{AuditAction, AuditRow, Result};

/// A letter that is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DueNotice {
    pub id: i64,
    pub row: AuditRow,
}

/// Seconds for which a due letter is tried.
pub const KEPT: i64 = 7 * 24 * 3600;

/// Letters that are due.
#[async_trait]
pub trait Notices {
    /// Makes letters due for what the trail holds since the last time; how many.
    async fn collect_notices(&self, actions: &[AuditAction]) -> Result<u64>;

    /// Takes letters to send, the oldest first; nobody else is given them until `until`.
    async fn take_notices(&self, now: i64, until: i64, limit: u32) -> Result<Vec<DueNotice>>;

    /// One that could not be sent is not taken again before `until`.
    async fn put_off_notice(&self, id: i64, until: i64) -> Result<()>;

    /// One was sent, or never can be.
    async fn notice_done(&self, id: i64) -> Result<()>;
}
