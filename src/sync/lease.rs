//! One writer at a time (S22): a lease per (user, device, chain) inside this node. Across nodes the
//! store's compare-and-swap on the key is the fencing token: the slower of two writers finds that
//! its key is no longer the present one and its step is void.

use crate::identity::{DeviceId, UserId};
use crate::turns::{Turn, Turns};

/// The leases of this node.
#[derive(Debug, Default)]
pub struct Leases(Turns<(UserId, DeviceId, String)>);

/// Held while a step of one chain runs.
pub type Lease = Turn;

impl Leases {
    /// Waits for the lease; the second of two equal requests then finds the first one's result and
    /// is answered as a replay.
    pub async fn take(&self, user: &UserId, device: &DeviceId, chain: &str) -> Lease {
        let key = (user.clone(), device.clone(), chain.to_owned());
        self.0.take(key).await
    }
}
