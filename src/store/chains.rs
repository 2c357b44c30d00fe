//! Chains: what a device acknowledged of a collection (view), what it was answered (journal), and
//! the key that names both, one row each, changed in one transaction (S2-S4).
//!
//! A chain is named by a collection id or a word like `folders`.

use async_trait::async_trait;

use super::{HeldChanges, Result};
use crate::identity::{DeviceId, UserId};

/// The two halves of a sync key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChainVersion {
    pub epoch: u64,
    pub counter: u64,
}

/// One chain as it is stored. The blobs are the sync room's.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ChainRow {
    pub epoch: u64,
    pub counter: u64,
    /// Sticky options of the collection.
    pub options: Vec<u8>,
    /// The view that goes with the key.
    pub view: Vec<u8>,
    /// The view of the key before, until the phone has used the new one (S2).
    pub previous_view: Option<Vec<u8>>,
    /// The answers to the phone's commands under the key before.
    pub journal: Vec<u8>,
    pub updated: i64,
}

impl ChainRow {
    pub fn version(&self) -> ChainVersion {
        ChainVersion {
            epoch: self.epoch,
            counter: self.counter,
        }
    }
}

/// What messages looked like when they were first sent to a phone, so that they are known again
/// when a mailbox gets new UIDs (S15). Shared by all devices of the user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FingerprintBatch {
    pub collection: String,
    pub uid_validity: u32,
    /// UID and hash of what stays when UIDs change.
    pub entries: Vec<(u32, i64)>,
}

/// What is written in the transaction of a chain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Along<'a> {
    pub fingerprints: &'a [FingerprintBatch],
    /// What the device holds of the objects of the collection the chain is of.
    pub held: Option<&'a HeldChanges>,
}

/// Keys, views and journals.
#[async_trait]
pub trait Chains {
    /// The chain as it stands, or `None` when the device never started it.
    async fn chain(
        &self,
        user: &UserId,
        device: &DeviceId,
        chain: &str,
    ) -> Result<Option<ChainRow>>;

    /// Puts `row` in the place of the row at version `expected` (`None`: of no row), together with
    /// what goes along, or changes nothing. When it returns, the row is on disk (S4, S18).
    /// Fingerprints already known are left as they are.
    ///
    /// Returns false when the chain stands at another version: another request was first.
    async fn commit_chain(
        &self,
        user: &UserId,
        device: &DeviceId,
        chain: &str,
        expected: Option<ChainVersion>,
        row: &ChainRow,
        along: Along<'_>,
    ) -> Result<bool>;

    /// Forgets a chain; its keys are invalid from then on (S3).
    async fn drop_chain(&self, user: &UserId, device: &DeviceId, chain: &str) -> Result<()>;

    /// The chains a device has, with where they stand, by name.
    async fn chains_of_device(
        &self,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<Vec<(String, ChainVersion)>>;

    /// UID and hash of every message known in one generation of a mailbox, by UID.
    async fn fingerprints(
        &self,
        user: &UserId,
        collection: &str,
        uid_validity: u32,
    ) -> Result<Vec<(u32, i64)>>;

    /// The hash of one message, if it is known.
    async fn fingerprint(
        &self,
        user: &UserId,
        collection: &str,
        uid_validity: u32,
        uid: u32,
    ) -> Result<Option<i64>>;

    /// Forgets the fingerprints of a collection except those of the generation `keep`.
    async fn drop_fingerprints(
        &self,
        user: &UserId,
        collection: &str,
        keep: Option<u32>,
    ) -> Result<()>;
}
