//! Throttling of guesses by address (T39, C14): only failures count, an IPv6 /64 is one address,
//! and nobody's account is ever locked.
//!
//! A closed address may not have the backend try secrets for it; known devices behind it, and
//! right passcodes, which nobody guesses, go on working.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use moka::future::Cache;
use tokio::time::Instant;

use super::moment::{GateClock, Moment};

/// Where someone is, as far as counting goes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum AddressKey {
    V4(u32),
    /// The upper 64 bits: one household or server can use all addresses below them.
    V6(u64),
}

pub(super) struct Throttle {
    limiter: RateLimiter<
        AddressKey,
        DefaultKeyedStateStore<AddressKey>,
        GateClock,
        NoOpMiddleware<Duration>,
    >,
    clock: GateClock,
    closed: Cache<AddressKey, Instant>,
    retained: AtomicU64,
}

/// Addresses counted at a time; at 50 bytes each some megabytes. When even after forgetting the
/// ones that recovered there are more, new ones count as closed.
const MAX_ADDRESSES: usize = 100_000;

impl std::fmt::Display for AddressKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::V4(bits) => std::net::Ipv4Addr::from_bits(*bits).fmt(f),
            Self::V6(bits) => {
                let first = std::net::Ipv6Addr::from_bits(u128::from(*bits) << 64);
                write!(f, "{first}/64")
            }
        }
    }
}

/// Reads what `Display` writes.
impl std::str::FromStr for AddressKey {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.strip_suffix("/64").unwrap_or(text);
        Ok(Self::of(address.parse()?))
    }
}

impl AddressKey {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                Self::V6(u64::try_from(address.to_bits() >> 64).unwrap_or_default())
            }
        }
    }
}

impl Throttle {
    /// `burst` failures at once, one more every `refill`.
    pub(super) fn new(burst: NonZeroU32, refill: Duration, clock: GateClock) -> Self {
        let quota = Quota::with_period(refill)
            .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst);
        Self {
            limiter: RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone()),
            clock,
            closed: Cache::new(MAX_ADDRESSES as u64),
            retained: AtomicU64::new(0),
        }
    }

    /// For how long the address is closed, if it is.
    pub(super) async fn closed_for(&self, address: AddressKey, now: Moment) -> Option<Duration> {
        let until = self.closed.get(&address).await?;
        let left = until.saturating_duration_since(now.monotonic);
        (!left.is_zero()).then_some(left)
    }

    /// The addresses that are closed, and how long.
    pub(super) fn closed(&self, now: Moment) -> Vec<(AddressKey, Duration)> {
        self.closed
            .iter()
            .map(|(address, until)| {
                let left = until.saturating_duration_since(now.monotonic);
                (*address, left)
            })
            .filter(|(_, left)| !left.is_zero())
            .collect()
    }

    /// Counts a failure; `Some` when the address is closed from now on.
    pub(super) async fn count(&self, address: AddressKey, now: Moment) -> Option<Duration> {
        self.clock.reach(now);
        if self.limiter.len() >= MAX_ADDRESSES && !self.make_room() {
            return Some(Duration::from_secs(60));
        }
        let wait = match self.limiter.check_key(&address) {
            Ok(()) => return None,
            Err(not_until) => not_until.wait_time_from(self.clock.now()),
        };
        self.closed.insert(address, now.monotonic + wait).await;
        Some(wait)
    }

    /// Forgets who has recovered; call it every minute, or the table only grows.
    pub(super) fn forget_recovered(&self, now: Moment) {
        self.clock.reach(now);
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    /// At most once a second, since it walks the whole table.
    fn make_room(&self) -> bool {
        let second = self.clock.now().as_secs();
        if self.retained.swap(second, Ordering::AcqRel) != second {
            self.limiter.retain_recent();
        }
        self.limiter.len() < MAX_ADDRESSES
    }

    #[cfg(test)]
    pub(super) fn addresses(&self) -> usize {
        self.limiter.len()
    }
}

/// Looks into the store that a closed address still has: a right passcode behind it goes on working
/// (T39), and thousands of wrong ones in a second cost nobody else their place (T38).
pub(super) struct Looks<K: Clone + Eq + Hash> {
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, GateClock, NoOpMiddleware<Duration>>,
    clock: GateClock,
}

/// Looks of one closed address, or of one known device behind it, in a second: an office behind one address needs a few after a restart.
const LOOKS_PER_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("not 0");

impl<K: Clone + Eq + Hash> Looks<K> {
    pub(super) fn new(clock: GateClock) -> Self {
        let quota = Quota::per_second(LOOKS_PER_SECOND);
        Self {
            limiter: RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone()),
            clock,
        }
    }

    /// Whether there is one left.
    pub(super) fn take(&self, of: &K, now: Moment) -> bool {
        self.clock.reach(now);
        self.limiter.len() < MAX_ADDRESSES && self.limiter.check_key(of).is_ok()
    }

    pub(super) fn forget_recovered(&self, now: Moment) {
        self.clock.reach(now);
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Moment, passed: Duration) -> Moment {
        Moment {
            monotonic: start.monotonic + passed,
            wall: start.wall,
        }
    }

    fn key(text: &str) -> AddressKey {
        AddressKey::of(text.parse().unwrap())
    }

    #[test]
    fn c14_a_household_is_one_address() {
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.2"), key("192.0.2.1"));
    }

    #[tokio::test]
    async fn t39_an_address_closes_and_opens_again() {
        let start = Moment::read();
        let (burst, refill) = (NonZeroU32::new(3).unwrap(), Duration::from_secs(10));
        let throttle = Throttle::new(burst, refill, GateClock::new(start));
        let (bad, good) = (key("192.0.2.1"), key("192.0.2.2"));
        for _ in 0..3 {
            assert_eq!(throttle.closed_for(bad, start).await, None);
            assert_eq!(throttle.count(bad, start).await, None);
        }
        let wait = throttle.count(bad, start).await.unwrap();
        assert!(wait <= refill, "{wait:?}");
        assert!(throttle.closed_for(bad, start).await.is_some());
        assert_eq!(throttle.closed_for(good, start).await, None);
        let later = after(start, refill);
        assert_eq!(throttle.closed_for(bad, later).await, None);
        throttle.forget_recovered(after(start, Duration::from_secs(3600)));
        assert_eq!(throttle.addresses(), 0);
    }

    #[tokio::test]
    async fn the_table_is_bounded() {
        let start = Moment::read();
        let (burst, refill) = (NonZeroU32::new(1).unwrap(), Duration::from_secs(10));
        let throttle = Throttle::new(burst, refill, GateClock::new(start));
        for number in 0..MAX_ADDRESSES {
            let address = AddressKey::V4(u32::try_from(number).unwrap());
            throttle.count(address, start).await;
        }
        assert!(throttle.count(key("255.1.1.1"), start).await.is_some());
        assert!(throttle.addresses() <= MAX_ADDRESSES);
        // Once they have recovered there is room again.
        let later = after(start, Duration::from_secs(60));
        assert_eq!(throttle.count(key("255.1.1.1"), later).await, None);
    }
}
