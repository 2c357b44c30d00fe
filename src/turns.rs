//! One at a time for each key: a lock that exists as long as somebody holds it or waits for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

/// Turns by key.
#[derive(Debug)]
pub struct Turns<K> {
    held: Mutex<HashMap<K, Weak<tokio::sync::Mutex<()>>>>,
}

/// It is the holder's turn until this is dropped.
#[derive(Debug)]
pub struct Turn {
    _guard: OwnedMutexGuard<()>,
}

/// Entries looked at before dead ones are swept out.
const SWEEP_ABOVE: usize = 1024;

impl<K: Eq + Hash> Turns<K> {
    /// Waits for the turn, first come first served. Cancel-safe: who gives up loses only his place.
    pub async fn take(&self, key: K) -> Turn {
        let lock = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            if held.len() > SWEEP_ABOVE {
                held.retain(|_, lock| lock.strong_count() > 0);
            }
            match held.get(&key).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    let lock = Arc::new(tokio::sync::Mutex::new(()));
                    held.insert(key, Arc::downgrade(&lock));
                    lock
                }
            }
        };
        Turn {
            _guard: lock.lock_owned().await,
        }
    }
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_a_key_and_others_do_not_wait() {
        let turns = Turns::default();
        let first = turns.take("alice").await;
        let _other = turns.take("bob").await;
        let second = tokio::time::timeout(Duration::from_millis(20), turns.take("alice")).await;
        assert!(second.is_err(), "it is somebody else's turn");
        drop(first);
        turns.take("alice").await;
    }

    #[tokio::test]
    async fn forgotten_keys_take_no_room() {
        let turns = Turns::default();
        for key in 0..10 * SWEEP_ABOVE {
            turns.take(key).await;
        }
        assert!(turns.held.lock().unwrap().len() <= SWEEP_ABOVE + 1);
    }
}
