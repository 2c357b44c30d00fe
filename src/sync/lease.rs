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

    /// Waits for the leases of two chains, always in one order: two moves there and back would wait
    /// for each other.
    pub async fn take_both(
        &self,
        user: &UserId,
        device: &DeviceId,
        mut chains: [&str; 2],
    ) -> [Lease; 2] {
        chains.sort_unstable();
        let [first, second] = chains;
        let first = self.take(user, device, first).await;
        [first, self.take(user, device, second).await]
    }
}
