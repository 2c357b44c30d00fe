//! Held requests of a device: a newer one of the same kind makes the older pointless, which then
//! ends at once and quietly (device-notes.md section 4).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::identity::{DeviceId, UserId};

/// What is held.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum HoldKind {
    Ping,
    Sync,
}

type Key = (UserId, DeviceId, HoldKind);

/// The held requests of this node.
#[derive(Clone, Debug, Default)]
pub struct Holds {
    held: Arc<Mutex<HashMap<Key, (u64, CancellationToken)>>>,
}

/// One held request; leaving scope ends the hold.
#[derive(Debug)]
pub struct Hold {
    holds: Holds,
    key: Key,
    number: u64,
    token: CancellationToken,
}

impl Holds {
    /// Registers a held request and ends the older one of the same device and kind.
    pub fn begin(&self, user: &UserId, device: &DeviceId, kind: HoldKind) -> Hold {
        let key = (user.clone(), device.clone(), kind);
        let token = CancellationToken::new();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let number = held
            .get(&key)
            .map_or(0, |(number, _)| number.wrapping_add(1));
        if let Some((_, older)) = held.insert(key.clone(), (number, token.clone())) {
            older.cancel();
        }
        drop(held);
        Hold {
            holds: self.clone(),
            key,
            number,
            token,
        }
    }

    /// How many requests are held.
    pub fn len(&self) -> usize {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Hold {
    /// Whether a newer request of the same kind has come.
    pub fn is_superseded(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Ends when a newer request of the same kind has come.
    pub async fn superseded(&self) {
        self.token.cancelled().await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = self
            .holds
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if held
            .get(&self.key)
            .is_some_and(|(number, _)| *number == self.number)
        {
            held.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_ping_ends_the_older_and_only_that() {
        let holds = Holds::default();
        let user = UserId::parse("a@b.test", None).expect("good");
        let (one, two) = (
            DeviceId::parse("one").expect("good"),
            DeviceId::parse("two").expect("good"),
        );
        let older = holds.begin(&user, &one, HoldKind::Ping);
        let other = holds.begin(&user, &two, HoldKind::Ping);
        let sync = holds.begin(&user, &one, HoldKind::Sync);
        let newer = holds.begin(&user, &one, HoldKind::Ping);
        older.superseded().await;
        assert!(!newer.token.is_cancelled() && !other.token.is_cancelled());
        assert!(!sync.token.is_cancelled());
        drop(older);
        assert_eq!(
            holds.len(),
            3,
            "the older one leaving does not unregister the newer"
        );
        drop((newer, other, sync));
        assert!(holds.is_empty());
    }
}
