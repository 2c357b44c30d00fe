//! One writer at a time (S22): a lease per (user, device, chain) inside this node. Across nodes the
//! store's compare-and-swap on the key is the fencing token: the slower of two writers finds that
//! its key is no longer the present one and its step is void.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::identity::{DeviceId, UserId};

type Key = (UserId, DeviceId, String);

/// The leases of this node.
#[derive(Debug, Default)]
pub struct Leases {
    held: Mutex<HashMap<Key, Weak<tokio::sync::Mutex<()>>>>,
}

/// Held while a step of one chain runs.
#[derive(Debug)]
pub struct Lease {
    _guard: OwnedMutexGuard<()>,
}

/// Entries looked at before dead ones are swept out.
const SWEEP_ABOVE: usize = 1024;

impl Leases {
    /// Waits for the lease; the second of two equal requests then finds the first one's result and
    /// is answered as a replay.
    pub async fn take(&self, user: &UserId, device: &DeviceId, chain: &str) -> Lease {
        let lock = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            if held.len() > SWEEP_ABOVE {
                held.retain(|_, lock| lock.strong_count() > 0);
            }
            let key = (user.clone(), device.clone(), chain.to_owned());
            match held.get(&key).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    let lock = Arc::new(tokio::sync::Mutex::new(()));
                    held.insert(key, Arc::downgrade(&lock));
                    lock
                }
            }
        };
        Lease {
            _guard: lock.lock_owned().await,
        }
    }
}
