//! What others have to be told of meetings: written down before a calendar is changed, and kept until it
//! was told or is old news (S17). The store sees only sealed octets.

use async_trait::async_trait;

use super::Result;
use crate::identity::{DeviceId, UserId};

/// How long a row is kept, in seconds: as long as the outbox knows what was sent.
pub const KEPT: i64 = super::outbox::KEPT;
/// Rows of one user that are looked at: what a phone changes while no mail can be sent.
pub const MOST: u32 = 200;

/// One thing to be told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnnouncementRow {
    /// Given by the store; 0 in a row that is to be written.
    pub id: i64,
    pub user: UserId,
    /// The device whose doing it is.
    pub device: DeviceId,
    /// The server key it is sealed under.
    pub key_id: String,
    pub sealed: Vec<u8>,
    /// In seconds since 1970.
    pub created: i64,
}

/// Things to be told.
#[async_trait]
pub trait Announcements {
    /// Writes a row down and returns its id.
    async fn announce(&self, row: &AnnouncementRow) -> Result<i64>;

    /// A user's rows, the oldest first.
    async fn announcements(&self, user: &UserId) -> Result<Vec<AnnouncementRow>>;

    /// Forgets a row: it was told, or never came true.
    async fn drop_announcement(&self, user: &UserId, id: i64) -> Result<()>;
}
