//! Whose credentials changed, here or in another process, and who must hear of it (T46).
//!
//! Every user has a version: that of the store's credentials when they last changed for this user.
//! It is part of every verdict's key, so after a change old verdicts are not found any more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use tokio::sync::{Notify, broadcast};

use crate::identity::UserId;

pub(super) struct Changes {
    versions: RwLock<Versions>,
    waiting: Mutex<HashMap<UserId, Weak<Notify>>>,
    heard: broadcast::Sender<UserId>,
}

struct Versions {
    /// Of everyone not in `users`.
    floor: u64,
    latest: u64,
    users: HashMap<UserId, u64>,
}

/// Users told apart; with more changes than this since the start, the floor rises and everyone's
/// verdicts are made anew once.
const MAX_USERS: usize = 10_000;
/// Changes a slow listener may be behind.
const HEARD: usize = 256;

impl Changes {
    pub(super) fn new(version: u64) -> Self {
        Self {
            versions: RwLock::new(Versions {
                floor: version,
                latest: version,
                users: HashMap::new(),
            }),
            waiting: Mutex::default(),
            heard: broadcast::Sender::new(HEARD),
        }
    }

    /// The version the user's credentials stand at.
    pub(super) fn version_of(&self, user: &UserId) -> u64 {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        versions.users.get(user).copied().unwrap_or(versions.floor)
    }

    /// The version to ask the store from.
    pub(super) fn latest(&self) -> u64 {
        self.versions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .latest
    }

    /// Takes in what the store reported.
    pub(super) fn take(&self, version: u64, users: &[UserId]) {
        {
            let mut versions = self
                .versions
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            versions.latest = versions.latest.max(version);
            if versions.users.len() + users.len() > MAX_USERS {
                versions.floor = versions.latest;
                versions.users.clear();
            } else {
                let latest = versions.latest;
                for user in users {
                    versions.users.insert(user.clone(), latest);
                }
            }
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for user in users {
            if let Some(notify) = waiting.get(user).and_then(Weak::upgrade) {
                notify.notify_waiters();
            }
            // Nobody listening is fine.
            let _ = self.heard.send(user.clone());
        }
        waiting.retain(|_, notify| notify.strong_count() > 0);
    }

    /// Wakes everybody who waits: something about all of them may have changed.
    pub(super) fn wake_all(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for notify in waiting.values().filter_map(Weak::upgrade) {
            notify.notify_waiters();
        }
    }

    /// Wakes whoever waits on it at the next change of the user's credentials.
    pub(super) fn notify_of(&self, user: &UserId) -> Arc<Notify> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = waiting.get(user).and_then(Weak::upgrade) {
            return notify;
        }
        let notify = Arc::new(Notify::new());
        waiting.insert(user.clone(), Arc::downgrade(&notify));
        notify
    }

    /// Forgets users nobody waits for.
    pub(super) fn sweep(&self) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, notify| notify.strong_count() > 0);
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<UserId> {
        self.heard.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn t46_a_change_makes_a_new_version_and_wakes() {
        let changes = Changes::new(5);
        let user = |name: &str| UserId::parse(name, None).unwrap();
        let (alice, bob) = (user("alice"), user("bob"));
        let mut heard = changes.listen();
        let notify = changes.notify_of(&alice);
        {
            let mut waits = std::pin::pin!(notify.notified());
            waits.as_mut().enable();
            changes.take(7, std::slice::from_ref(&alice));
            waits.await;
        }
        assert_eq!(heard.recv().await.unwrap(), alice);
        assert_eq!(
            (changes.version_of(&alice), changes.version_of(&bob)),
            (7, 5)
        );
        let many: Vec<UserId> = (0..=MAX_USERS)
            .map(|number| user(&format!("user{number}")))
            .collect();
        changes.take(9, &many);
        assert_eq!(
            (changes.version_of(&alice), changes.version_of(&bob)),
            (9, 9)
        );
        drop(notify);
        changes.sweep();
        assert!(changes.waiting.lock().unwrap().is_empty());
    }
}
