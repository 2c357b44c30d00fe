//! Connections that wait for nothing in particular, the longest waiting first: shed when descriptors
//! run out, before anyone new is refused (T55).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// All idle connections of a server.
#[derive(Default)]
pub(super) struct Idle(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    next: u64,
    by_age: BTreeMap<u64, Arc<Notify>>,
}

/// One connection's part in it.
pub(super) struct Seat {
    idle: Arc<Idle>,
    leave: Arc<Notify>,
    place: Mutex<Option<u64>>,
}

impl Idle {
    /// Asks the longest idle connection to end; false if there is none.
    pub(super) fn shed(&self) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.by_age.pop_first() {
            Some((_, leave)) => {
                leave.notify_one();
                true
            }
            None => false,
        }
    }
}

impl Seat {
    pub(super) fn new(idle: &Arc<Idle>) -> Self {
        Self {
            idle: Arc::clone(idle),
            leave: Arc::new(Notify::new()),
            place: Mutex::new(None),
        }
    }

    /// Notes that the connection is idle, or no longer.
    pub(super) fn set(&self, is_idle: bool) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self.idle.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = place.take() {
            waiting.by_age.remove(&old);
        }
        if is_idle {
            let number = waiting.next;
            waiting.next += 1;
            waiting.by_age.insert(number, Arc::clone(&self.leave));
            *place = Some(number);
        }
    }

    /// Waits until the connection is asked to end.
    pub(super) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn t55_the_longest_idle_leaves_first() {
        let idle = Arc::new(Idle::default());
        let (one, two) = (Seat::new(&idle), Seat::new(&idle));
        assert!(!idle.shed());
        one.set(true);
        two.set(true);
        // One was used in between, so two waits longer.
        one.set(false);
        one.set(true);
        assert!(idle.shed());
        two.asked_to_leave().await;
        drop(one);
        assert!(!idle.shed());
    }
}
