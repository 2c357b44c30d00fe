//! Devices: (user, DeviceId) partnerships and small notes about them (S24: never DeviceId alone).
//!
//! What a phone says of itself and what people decided about it are written by different calls, so
//! that a phone's request can neither lose nor cause a wipe (T54).

use async_trait::async_trait;

use super::Result;
use crate::identity::{DeviceId, UserId};

/// What people decided about a device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Standing {
    #[default]
    Allowed,
    Quarantined,
    Blocked,
}

/// none -asked by owner or admin-> requested -sent to the phone-> sent -phone confirms-> done
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Wipe {
    #[default]
    None,
    Requested,
    Sent,
    Done,
}

/// What a wipe erases.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WipeScope {
    /// The whole device, with all that is on it.
    #[default]
    Device,
    /// This account only; phones know it from 16.1 on.
    Account,
}

/// One partnership.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceRow {
    pub user: UserId,
    pub device: DeviceId,
    /// DeviceType of the request line.
    pub device_type: String,
    pub agent: Option<String>,
    /// The protocol version of its last request, as `16.1`.
    pub protocol: Option<String>,
    pub first_seen: i64,
    pub last_seen: i64,
    pub last_address: Option<String>,
    /// What it said in Settings or Provision; opaque to the store.
    pub info: Vec<u8>,
    /// The policy key it was given last; 0 for none.
    pub policy_key: u32,
    /// Whether it acknowledged that policy.
    pub policy_acknowledged: bool,
    /// Marks what it was last told of versions and commands; `None` where nobody knows.
    pub told: Option<String>,
    /// When it was last told to begin anew because that had changed; 0 for never.
    pub told_anew: i64,
    /// Only read here; see [`Devices::set_standing`].
    pub standing: Standing,
    /// Whether somebody decided the standing of this very device; else rules do. Only read here.
    pub decided: bool,
    /// Only read here; see [`Devices::advance_wipe`].
    pub wipe: Wipe,
    /// Only read here; see [`Devices::order_wipe`].
    pub wipe_scope: WipeScope,
}

impl DeviceRow {
    /// A device that is seen for the first time.
    pub fn new(user: UserId, device: DeviceId, device_type: impl Into<String>, now: i64) -> Self {
        Self {
            user,
            device,
            device_type: device_type.into(),
            agent: None,
            protocol: None,
            first_seen: now,
            last_seen: now,
            last_address: None,
            info: Vec::new(),
            policy_key: 0,
            policy_acknowledged: false,
            told: None,
            told_anew: 0,
            standing: Standing::Allowed,
            decided: false,
            wipe: Wipe::None,
            wipe_scope: WipeScope::Device,
        }
    }
}

/// Partnerships and notes.
#[async_trait]
pub trait Devices {
    async fn device(&self, user: &UserId, device: &DeviceId) -> Result<Option<DeviceRow>>;

    /// All devices of a user, the one seen last first.
    async fn devices(&self, user: &UserId) -> Result<Vec<DeviceRow>>;

    /// Adds or updates what the phone says of itself. `first_seen`, `standing` and `wipe` of an
    /// existing row stay.
    async fn save_device(&self, row: &DeviceRow) -> Result<()>;

    /// What somebody decided about this device; `None` leaves it to the rules again. False when there
    /// is no such device.
    async fn set_standing(
        &self,
        user: &UserId,
        device: &DeviceId,
        standing: Option<Standing>,
    ) -> Result<bool>;

    /// Orders a wipe; false when there is no such device, or a wipe is under way already.
    async fn order_wipe(&self, user: &UserId, device: &DeviceId, scope: WipeScope) -> Result<bool>;

    /// One step of a wipe, or its withdrawal; false when it does not stand at `from`.
    async fn advance_wipe(
        &self,
        user: &UserId,
        device: &DeviceId,
        from: Wipe,
        to: Wipe,
    ) -> Result<bool>;

    /// Forgets all chains, notes and outcomes of a device: it begins anew. The partnership stays.
    async fn reset_device(&self, user: &UserId, device: &DeviceId) -> Result<()>;

    /// Forgets the partnership with all its chains, notes and outcomes. The outbox stays: what was
    /// sent stays sent (S17).
    async fn forget_device(&self, user: &UserId, device: &DeviceId) -> Result<()>;

    /// A small blob under a name: the last Ping or Sync request, for requests that repeat it.
    async fn note(&self, user: &UserId, device: &DeviceId, name: &str) -> Result<Option<Vec<u8>>>;

    /// `None` removes it.
    async fn set_note(
        &self,
        user: &UserId,
        device: &DeviceId,
        name: &str,
        value: Option<&[u8]>,
    ) -> Result<()>;
}
