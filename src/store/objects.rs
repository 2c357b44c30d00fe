//! Objects of calendars, address books and task lists: which number stands for which href, and what
//! each phone was told of it.
//!
//! Numbers belong to the user and the collection, so all devices know an object by the same one; what
//! a device holds is its own (S24).

use async_trait::async_trait;

use super::Result;
use crate::identity::{DeviceId, UserId};

/// One object of a collection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectRow {
    /// Never given to another object of the collection.
    pub number: u32,
    pub href: String,
    /// The UID in it; `None` until it was first read.
    pub uid: Option<String>,
}

/// One version of an object that a phone holds, or may hold after a repeat.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeldVersion {
    pub number: u32,
    /// The version's name in the view.
    pub mark: u64,
    /// What the phone was told of it; the item room's.
    pub digest: Vec<u8>,
}

/// What is written about held versions along with the chain of their collection.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HeldChanges {
    /// The chain begins anew: nothing of before counts.
    pub afresh: bool,
    pub objects: Vec<HeldObject>,
    /// Objects that neither generation of the view has any more.
    pub forgotten: Vec<u32>,
}

/// One object of which the phone holds another version.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HeldObject {
    pub number: u32,
    /// Marks of versions a repeat may need: that in the view this step went on from, those the phone
    /// made in an earlier try of it. All others go.
    pub keep: Vec<u64>,
    /// New versions, by mark, each with what the phone was told.
    pub versions: Vec<(u64, Vec<u8>)>,
}

/// Objects and what phones hold of them.
#[async_trait]
pub trait Objects {
    /// The numbers of the objects at these places, in their order; one that has none gets the next.
    async fn number_objects(
        &self,
        user: &UserId,
        collection: &str,
        hrefs: &[String],
    ) -> Result<Vec<u32>>;

    /// The numbers of those of these places that have one, in no order.
    async fn known_objects(
        &self,
        user: &UserId,
        collection: &str,
        hrefs: &[String],
    ) -> Result<Vec<ObjectRow>>;

    /// The objects with these numbers, in no order.
    async fn objects(
        &self,
        user: &UserId,
        collection: &str,
        numbers: &[u32],
    ) -> Result<Vec<ObjectRow>>;

    /// The objects that are known to bear this UID.
    async fn objects_with_uid(
        &self,
        user: &UserId,
        collection: &str,
        uid: &str,
    ) -> Result<Vec<ObjectRow>>;

    /// Writes down what UIDs objects bear.
    async fn learn_uids(
        &self,
        user: &UserId,
        collection: &str,
        uids: &[(u32, String)],
    ) -> Result<()>;

    /// Of the objects whose places begin with `below`, all but those with these numbers are gone, which
    /// is proven (S7). Their rows go when they have been gone for long (90 days, `Store::expire`), their
    /// numbers are never given again.
    async fn note_gone_but(
        &self,
        user: &UserId,
        collection: &str,
        below: &str,
        present: &[u32],
        now: i64,
    ) -> Result<()>;

    /// These objects are gone.
    async fn note_gone(
        &self,
        user: &UserId,
        collection: &str,
        numbers: &[u32],
        now: i64,
    ) -> Result<()>;

    /// What a phone was told of these objects: the versions a request may still go on from.
    async fn held(
        &self,
        user: &UserId,
        device: &DeviceId,
        chain: &str,
        numbers: &[u32],
    ) -> Result<Vec<HeldVersion>>;
}
