//! The hub: finds or starts the watcher of a user and hands out subscriptions to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use airgate_codec::imap::MailboxName;
use tokio::sync::broadcast;

use super::Event;
use super::watcher::{self, PushSettings, Shared};
use crate::backend::Login;
use crate::backend::imap::Imap;
use crate::identity::UserId;

/// Watchers by user. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    imap: Imap,
    settings: PushSettings,
    watchers: Arc<Mutex<HashMap<UserId, Arc<Shared>>>>,
}

/// A waiter's ear. Leaving scope tells the watcher, which ends a while after the last has left.
#[derive(Debug)]
pub struct Subscription {
    events: broadcast::Receiver<Event>,
    shared: Arc<Shared>,
    mailboxes: Vec<MailboxName>,
}

impl Hub {
    pub fn new(imap: Imap, settings: PushSettings) -> Self {
        Self {
            imap,
            settings,
            watchers: Arc::default(),
        }
    }

    /// Listens for changes of these mailboxes. From the return on no change is missed; what changed
    /// before is for the caller to compare (S23).
    pub fn subscribe(&self, login: &Login, mailboxes: &[MailboxName]) -> Subscription {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = watchers
            .get(&login.user)
            .filter(|shared| shared.version() == login.version && shared.join(mailboxes));
        let shared = if let Some(shared) = usable {
            Arc::clone(shared)
        } else {
            let shared = Arc::new(Shared::new(login.clone()));
            shared.join(mailboxes);
            watchers.insert(login.user.clone(), Arc::clone(&shared));
            let (imap, settings) = (self.imap.clone(), self.settings.clone());
            let (task_shared, registry) = (Arc::clone(&shared), Arc::clone(&self.watchers));
            // The watcher ends by itself when nobody listens any more, and unregisters here.
            crate::task::spawn("watcher", async move {
                watcher::run(&imap, &settings, &task_shared).await;
                let mut watchers = registry.lock().unwrap_or_else(PoisonError::into_inner);
                if watchers
                    .get(&task_shared.login.user)
                    .is_some_and(|present| Arc::ptr_eq(present, &task_shared))
                {
                    watchers.remove(&task_shared.login.user);
                }
            });
            shared
        };
        Subscription {
            events: shared.listen(),
            shared,
            mailboxes: mailboxes.to_vec(),
        }
    }

    /// How many users are watched.
    pub fn watched(&self) -> usize {
        self.watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

impl Subscription {
    /// Whether mailboxes came or went so lately that the device may not have heard of it.
    pub fn hierarchy_moved(&self) -> bool {
        self.shared.hierarchy_moved()
    }

    /// The next hint that concerns this waiter. Hints that piled up are taken together.
    pub async fn next(&mut self) -> Event {
        loop {
            let event = match self.events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => Event::Anything,
                // The watcher ended under us, which it does only after the last waiter left or for a
                // newer login; the caller's timer bounds this wait.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            };
            match &event {
                Event::Mailbox(name) if !self.mailboxes.contains(name) => {}
                _ => return event,
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.leave(&self.mailboxes);
    }
}
