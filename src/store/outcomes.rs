//! Outcomes with an expiry: what became of a move or of an Add's ClientId, so that a repeated
//! request gets the first answer (S2, S5).

use async_trait::async_trait;

use super::Result;
use crate::identity::{DeviceId, UserId};

/// Remembered outcomes.
#[async_trait]
pub trait Outcomes {
    /// What was remembered, unless it has run out. `device` is `None` for what all devices of the
    /// user share.
    async fn recall(
        &self,
        user: &UserId,
        device: Option<&DeviceId>,
        kind: &str,
        key: &[u8],
        now: i64,
    ) -> Result<Option<Vec<u8>>>;

    /// Remembers, in place of what was remembered under the same key.
    async fn remember(
        &self,
        user: &UserId,
        device: Option<&DeviceId>,
        kind: &str,
        key: &[u8],
        value: &[u8],
        expires_at: i64,
    ) -> Result<()>;
}
