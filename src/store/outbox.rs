//! The outbox: what makes sending happen once (S17). It holds no mail, only the fact.
//!
//! ```text
//! received -> submitting -> submitted -> filed
//!    ^            |
//!    +- refused --+        held: from before a restore, never sent by itself (S26)
//! ```

use async_trait::async_trait;

use super::Result;
use crate::identity::{DeviceId, UserId};

/// How long a repeated SendMail is known again (S17).
pub const KEPT: i64 = 7 * 24 * 3600;

/// Where a mail stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutboxState {
    Received,
    /// Handed to the SMTP server, answer not seen: ambiguous after a crash.
    Submitting,
    Submitted,
    /// Also saved to Sent, or not wanted there.
    Filed,
    /// The server said no; a repeat may try again.
    Refused,
    /// From before a restore.
    Held,
}

/// One mail that came in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutboxRow {
    pub id: i64,
    pub user: UserId,
    pub device: DeviceId,
    pub key: [u8; 32],
    pub message_id: String,
    pub state: OutboxState,
    pub created: i64,
    /// When the state changed last.
    pub updated: i64,
}

/// A mail to enter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewOutbox {
    pub user: UserId,
    pub device: DeviceId,
    /// Hash over ClientId or Message-ID and the content (S17).
    pub key: [u8; 32],
    /// The Message-ID it is sent with, also when it must be sent again.
    pub message_id: String,
    pub now: i64,
}

/// What [`Outbox::outbox_enter`] found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OutboxEntry {
    /// Entered just now as received; on disk.
    New(OutboxRow),
    /// The same mail came in before.
    Known(OutboxRow),
}

impl OutboxEntry {
    pub fn row(&self) -> &OutboxRow {
        match self {
            Self::New(row) | Self::Known(row) => row,
        }
    }
}

/// Mails under way.
#[async_trait]
pub trait Outbox {
    /// Enters a mail, or returns the row of the same user, device and key.
    async fn outbox_enter(&self, new: &NewOutbox) -> Result<OutboxEntry>;

    /// One step; false when the row does not stand at `from` (any more): someone else took it.
    async fn outbox_advance(
        &self,
        user: &UserId,
        id: i64,
        from: OutboxState,
        to: OutboxState,
        now: i64,
    ) -> Result<bool>;

    /// The row with that id, if it is the user's.
    async fn outbox_row(&self, user: &UserId, id: i64) -> Result<Option<OutboxRow>>;

    /// Rows of all users in a state, oldest first, at most `limit`: what a crash left behind.
    async fn outbox_in_state(&self, state: OutboxState, limit: u32) -> Result<Vec<OutboxRow>>;
}

pub(super) const fn code(state: OutboxState) -> i64 {
    match state {
        OutboxState::Received => 1,
        OutboxState::Submitting => 2,
        OutboxState::Submitted => 3,
        OutboxState::Filed => 4,
        OutboxState::Refused => 5,
        OutboxState::Held => 6,
    }
}

pub(super) const fn state(code: i64) -> Option<OutboxState> {
    Some(match code {
        1 => OutboxState::Received,
        2 => OutboxState::Submitting,
        3 => OutboxState::Submitted,
        4 => OutboxState::Filed,
        5 => OutboxState::Refused,
        6 => OutboxState::Held,
        _ => return None,
    })
}
