//! How many requests of one device run at a time (threats section 1): a phone that loops must cost
//! nobody else, and no request of a reasonable phone is the fifth.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::identity::{DeviceId, UserId};

type Key = (UserId, DeviceId);

/// Requests under way on this node, by device.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    most: u32,
    running: Arc<Mutex<HashMap<Key, u32>>>,
}

/// The right to run one request; leaving scope gives it back.
#[derive(Debug)]
pub(crate) struct Place {
    in_flight: InFlight,
    key: Key,
}

impl InFlight {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            running: Arc::default(),
        }
    }

    /// A place, if the device has one left.
    pub(crate) fn enter(&self, user: &UserId, device: &DeviceId) -> Option<Place> {
        let key = (user.clone(), device.clone());
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(key.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place {
            in_flight: self.clone(),
            key,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let running = &self.in_flight.running;
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_has_its_own_places() {
        let user = |name| UserId::parse(name, None).unwrap();
        let device = DeviceId::parse("one").unwrap();
        let in_flight = InFlight::new(2);
        let first = in_flight.enter(&user("a@b.test"), &device);
        let second = in_flight.enter(&user("a@b.test"), &device);
        assert!(first.is_some() && second.is_some());
        assert!(in_flight.enter(&user("a@b.test"), &device).is_none());
        // The same DeviceId of somebody else is another device (S24).
        let other = in_flight.enter(&user("c@b.test"), &device);
        assert!(other.is_some());
        drop(first);
        let third = in_flight.enter(&user("a@b.test"), &device);
        assert!(third.is_some());
        drop((second, third, other));
        assert!(in_flight.running.lock().unwrap().is_empty());
    }
}
