//! How many connections an address may open before anyone on them has signed in, and how fast
//! (threats section 1). IPv6 addresses count by /64: whoever has one has 2^64.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::config::Limits;

/// Above this many addresses, those with nothing open and no recent handshake are forgotten.
const SWEEP_AT: usize = 4096;

/// All addresses with something to remember.
pub(super) struct Addresses {
    open_limit: u32,
    /// Time that one connection costs, and the burst that may be saved up.
    interval: Duration,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_address: HashMap<IpAddr, Entry>,
    sweep_at: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    open: u32,
    /// When the rate would be used up to the moment (generic cell rate algorithm).
    due: Instant,
}

/// One counted connection; given back on drop.
pub(super) struct Place {
    addresses: Arc<Addresses>,
    key: IpAddr,
}

impl Addresses {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            open_limit: limits.connections_per_address,
            interval: Duration::from_secs(1) / limits.handshakes_per_address.max(1),
            entries: Mutex::default(),
        })
    }

    /// Counts a new connection; Err names the limit that is used up.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Place, &'static str> {
        let key = key(address);
        let now = clock::monotonic();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.by_address.len() >= entries.sweep_at.max(SWEEP_AT) {
            entries
                .by_address
                .retain(|_, entry| entry.open > 0 || entry.due > now);
            // Doubling keeps the sweeps rare while many addresses are really in use.
            entries.sweep_at = entries.by_address.len() * 2;
        }
        let entry = entries
            .by_address
            .entry(key)
            .or_insert(Entry { open: 0, due: now });
        if entry.open >= self.open_limit {
            return Err("connections_per_address");
        }
        let due = entry.due.max(now);
        // One second's worth may come at once.
        if due.saturating_duration_since(now) + self.interval > Duration::from_secs(1) {
            return Err("handshakes_per_address");
        }
        entry.due = due + self.interval;
        entry.open += 1;
        Ok(Place {
            addresses: Arc::clone(self),
            key,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut entries = self
            .addresses
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.by_address.get_mut(&self.key) {
            entry.open = entry.open.saturating_sub(1);
        }
    }
}

/// The address, or its /64.
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
            address.to_bits() & !u128::from(u64::MAX),
        )),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(open: u32, rate: u32) -> Arc<Addresses> {
        Arc::new(Addresses {
            open_limit: open,
            interval: Duration::from_secs(1) / rate,
            entries: Mutex::default(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn connections_and_handshakes_are_counted_by_address() {
        let addresses = addresses(2, 4);
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let first = addresses.enter(one).unwrap();
        let _second = addresses
            .enter("::ffff:192.0.2.1".parse().unwrap())
            .unwrap();
        assert_eq!(addresses.enter(one).err(), Some("connections_per_address"));
        let _other = addresses.enter("192.0.2.2".parse().unwrap()).unwrap();
        drop(first);
        drop(addresses.enter(one).unwrap());
        drop(addresses.enter(one).unwrap());
        assert_eq!(addresses.enter(one).err(), Some("handshakes_per_address"));
        tokio::time::advance(Duration::from_millis(251)).await;
        drop(addresses.enter(one).unwrap());
        assert_eq!(addresses.enter(one).err(), Some("handshakes_per_address"));
    }

    #[tokio::test(start_paused = true)]
    async fn an_ipv6_network_of_64_bits_is_one_address() {
        let addresses = addresses(1, 100);
        let _one = addresses.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert!(
            addresses
                .enter("2001:db8::ffff:1:2:3".parse().unwrap())
                .is_err()
        );
        let _other = addresses.enter("2001:db8:0:1::1".parse().unwrap()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_are_forgotten() {
        let addresses = addresses(1, 100);
        let _kept = addresses.enter("192.0.2.1".parse().unwrap()).unwrap();
        for number in 0..20_000u32 {
            tokio::time::advance(Duration::from_millis(1)).await;
            drop(addresses.enter(IpAddr::V4(number.into())).unwrap());
        }
        assert!(addresses.entries.lock().unwrap().by_address.len() <= SWEEP_AT * 2);
        assert!(addresses.enter("192.0.2.1".parse().unwrap()).is_err());
    }
}
