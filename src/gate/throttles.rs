//! All that slows strangers down: addresses, accounts and browsers at the portal, one-time codes. Nodes
//! share what they count (C14): each writes it down every few seconds and reads what the others wrote, so
//! a stranger has no more guesses for there being more nodes. What was counted in the last hour is all a
//! throttle remembers, so one that starts anew knows it as well, and the command line can tell it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::delays::Delays;
use super::factors::{CodeLane, CodeThrottle};
use super::moment::{GateClock, Moment};
use super::sign_in::{DelayKey, FREE_TRIES};
use super::throttle::{AddressKey, Throttle};
use super::{GateError, GateSettings};
use crate::failure::chain;
use crate::identity::UserId;
use crate::store::{Store, StoreError, Tally, tallies};

/// The throttles, and what of them is news to other nodes.
pub(super) struct Throttles {
    addresses: Throttle,
    delays: Delays<DelayKey>,
    codes: CodeThrottle,
    /// This process among those that count.
    node: i64,
    news: Mutex<HashMap<Counted, News>>,
    /// The last row that was read.
    heard: AtomicI64,
    /// When the last exchange was, in wall seconds.
    exchanged: AtomicI64,
}

/// What something was counted against.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Counted {
    Address(AddressKey),
    Delay(DelayKey),
    Code(CodeLane),
}

/// What was counted since the last exchange.
#[derive(Clone, Copy, Debug, Default)]
struct News {
    forgiven: bool,
    failures: u32,
}

/// Somebody who is slowed down.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Slowed {
    /// An address, an account, or an account at an address.
    pub who: String,
    pub why: SlowedFor,
    pub wait: Duration,
}

/// Too many of what.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SlowedFor {
    /// Wrong passwords or passcodes from one address.
    Secrets,
    /// Wrong mail passwords for an account at the portal.
    Passwords,
    /// Wrong one-time or recovery codes (C9).
    Codes,
}

/// Seconds between two exchanges: what one node counts all know in twice this time, within the 10 s of
/// C14 also on a busy machine.
const EXCHANGE_EVERY: i64 = 3;
/// Things counted between two exchanges. With more of them each has few failures, and it is the many of
/// one that matter.
const MAX_NEWS: usize = 10_000;
/// Rows written at an exchange, those with most failures first: some milliseconds for the one writer.
const MAX_WRITTEN: usize = 500;
/// Failures of a row that are counted: more than any throttle has at once.
const MAX_COUNTED: u32 = 64;

impl Throttles {
    /// The throttles as the rows of the last hour make them.
    pub(super) async fn open(
        store: &dyn Store,
        settings: &GateSettings,
        clock: &GateClock,
        now: Moment,
    ) -> Result<Self, GateError> {
        let mut node = [0; 8];
        getrandom::fill(&mut node)?;
        let throttles = Self {
            addresses: Throttle::new(
                settings.failures_at_once,
                settings.failure_every,
                clock.clone(),
            ),
            delays: Delays::new(FREE_TRIES),
            codes: CodeThrottle::new(clock.clone()),
            node: i64::from_le_bytes(node),
            news: Mutex::default(),
            heard: AtomicI64::new(0),
            exchanged: AtomicI64::new(0),
        };
        for row in store.tallies_after(0, None).await? {
            throttles.heard.store(row.id, Ordering::Release);
            let age = u64::try_from(now.wall.saturating_sub(row.at)).unwrap_or_default();
            // Where the machine has not been up for so long nothing is counted twice for it.
            if let Some(then) = now.before(Duration::from_secs(age)) {
                throttles.take_in(&row, then).await;
            }
        }
        Ok(throttles)
    }

    /// For how long an address is closed, if it is.
    pub(super) async fn closed_for(&self, address: AddressKey, now: Moment) -> Option<Duration> {
        self.addresses.closed_for(address, now).await
    }

    /// Counts a wrong secret; `Some` when the address is closed from now on.
    pub(super) async fn wrong_secret(&self, address: AddressKey, now: Moment) -> Option<Duration> {
        self.tell(Counted::Address(address), false);
        self.addresses.count(address, now).await
    }

    /// How long an account or a browser waits still, if at all.
    pub(super) async fn delay(&self, key: &DelayKey, now: Moment) -> Option<Duration> {
        self.delays.left(key, now).await
    }

    /// Counts a wrong password at the portal; the wait from now on.
    pub(super) async fn wrong_password(&self, key: DelayKey, now: Moment) -> Option<Duration> {
        self.tell(Counted::Delay(key.clone()), false);
        self.delays.failed(key, now).await
    }

    pub(super) async fn right_password(&self, key: &DelayKey) {
        if self.delays.succeeded(key).await {
            self.tell(Counted::Delay(key.clone()), true);
        }
    }

    /// Takes a turn to try a one-time code; else how long to wait.
    pub(super) fn code_turn(&self, lane: CodeLane, now: Moment) -> Result<(), Duration> {
        self.codes.turn(&lane, now)?;
        self.tell(Counted::Code(lane), false);
        Ok(())
    }

    /// Who is slowed down now and why, for administrators: addresses with too many wrong secrets,
    /// accounts with too many wrong passwords at the portal, and who sent too many wrong codes.
    pub(super) fn slowed(&self, now: Moment) -> Vec<Slowed> {
        let addresses = self.addresses.closed(now).into_iter();
        let addresses = addresses.map(|(address, wait)| Slowed {
            who: address.to_string(),
            why: SlowedFor::Secrets,
            wait,
        });
        let accounts = self.delays.waiting(now).into_iter();
        let accounts = accounts.map(|(key, wait)| Slowed {
            who: match key {
                DelayKey::Account(user) | DelayKey::Browser(user, _) => user.to_string(),
            },
            why: SlowedFor::Passwords,
            wait,
        });
        let codes = self.codes.waiting(now).into_iter();
        let codes = codes.map(|(lane, wait)| Slowed {
            who: match lane {
                CodeLane::Phone(address, user) => format!("{user} ({address})"),
                CodeLane::Portal(user) | CodeLane::Browser(user, _) => user.to_string(),
            },
            why: SlowedFor::Codes,
            wait,
        });
        addresses.chain(accounts).chain(codes).collect()
    }

    /// Lanes of codes that have to wait.
    #[cfg(test)]
    pub(super) fn codes_waiting(&self, now: Moment) -> Vec<(CodeLane, Duration)> {
        self.codes.waiting(now)
    }

    /// Forgets who has recovered; call it every minute, or the tables only grow.
    pub(super) fn forget_recovered(&self, now: Moment) {
        self.addresses.forget_recovered(now);
        self.codes.forget_recovered(now);
    }

    /// Writes down what was counted and takes in what the others did, when it is time.
    pub(super) async fn exchange(&self, store: &dyn Store, now: Moment) {
        let last = self.exchanged.load(Ordering::Acquire);
        if now.wall.abs_diff(last) < EXCHANGE_EVERY.unsigned_abs() {
            return;
        }
        self.exchanged.store(now.wall, Ordering::Release);
        let rows = self.news(now.wall);
        if let Err(error) = self.write_and_read(store, &rows, now).await {
            // Each node goes on by itself; what was not written is of no use a minute later.
            tracing::warn!(
                error = chain(&error),
                "nodes cannot tell each other what they count against strangers"
            );
        }
    }

    async fn write_and_read(
        &self,
        store: &dyn Store,
        rows: &[Tally],
        now: Moment,
    ) -> Result<(), StoreError> {
        if !rows.is_empty() {
            store.add_tallies(rows, now.wall).await?;
        }
        let heard = self.heard.load(Ordering::Acquire);
        for row in store.tallies_after(heard, Some(self.node)).await? {
            self.heard.store(row.id, Ordering::Release);
            self.take_in(&row, now).await;
        }
        Ok(())
    }

    /// What was counted since the last time, as rows.
    fn news(&self, at: i64) -> Vec<Tally> {
        let news = std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner));
        let mut rows: Vec<Tally> = news
            .into_iter()
            .map(|(counted, news)| {
                let (lane, of) = counted.written();
                Tally {
                    id: 0,
                    node: self.node,
                    lane,
                    of,
                    forgiven: news.forgiven,
                    failures: news.failures,
                    at,
                }
            })
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.forgiven, row.failures)));
        rows.truncate(MAX_WRITTEN);
        rows
    }

    fn tell(&self, counted: Counted, forgiven: bool) {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        if news.len() >= MAX_NEWS && !news.contains_key(&counted) {
            metrics::counter!("airgate_limits_hit_total", "limit" => "tallies").increment(1);
            return;
        }
        let entry = news.entry(counted).or_default();
        if forgiven {
            *entry = News {
                forgiven: true,
                failures: 0,
            };
        } else {
            entry.failures = entry.failures.saturating_add(1);
        }
    }

    /// Counts what another node, or this one before it was started, counted.
    async fn take_in(&self, row: &Tally, at: Moment) {
        let Some(counted) = Counted::read(row.lane, &row.of) else {
            return;
        };
        let times = row.failures.min(MAX_COUNTED);
        match counted {
            Counted::Address(address) => {
                for _ in 0..times {
                    self.addresses.count(address, at).await;
                }
            }
            Counted::Delay(key) => {
                if row.forgiven {
                    self.delays.succeeded(&key).await;
                }
                for _ in 0..times {
                    self.delays.failed(key.clone(), at).await;
                }
            }
            Counted::Code(lane) => {
                for _ in 0..times {
                    // One too many here is one too many.
                    let _ = self.codes.turn(&lane, at);
                }
            }
        }
    }
}

/// Who is slowed down as any running server would say it, for the command line.
///
/// # Errors
/// The store's.
pub async fn slowed_from(
    store: &dyn Store,
    settings: &GateSettings,
) -> Result<Vec<Slowed>, GateError> {
    let now = Moment::read();
    let clock = GateClock::new(now.an_hour_ago());
    Ok(Throttles::open(store, settings, &clock, now)
        .await?
        .slowed(now))
}

impl Moment {
    /// As far back as throttles remember.
    pub(super) fn an_hour_ago(self) -> Self {
        let kept = Duration::from_secs(tallies::KEPT.unsigned_abs());
        self.before(kept).unwrap_or(self)
    }
}

impl Counted {
    /// The lane and the name in the store.
    fn written(&self) -> (i64, String) {
        match self {
            Self::Address(address) => (0, address.to_string()),
            Self::Delay(DelayKey::Account(user)) => (1, user.to_string()),
            Self::Delay(DelayKey::Browser(user, mark)) => {
                (2, format!("{:032x} {user}", u128::from_be_bytes(*mark)))
            }
            Self::Code(CodeLane::Phone(address, user)) => (3, format!("{address} {user}")),
            Self::Code(CodeLane::Portal(user)) => (4, user.to_string()),
            Self::Code(CodeLane::Browser(user, mark)) => {
                (5, format!("{:032x} {user}", u128::from_be_bytes(*mark)))
            }
        }
    }

    /// `None` for what a newer release counts.
    fn read(lane: i64, of: &str) -> Option<Self> {
        let user = |text: &str| UserId::parse(text, None).ok();
        let marked = || {
            let (mark, name) = of.split_once(' ')?;
            let mark = u128::from_str_radix(mark, 16).ok()?.to_be_bytes();
            Some((user(name)?, mark))
        };
        Some(match lane {
            0 => Self::Address(of.parse().ok()?),
            1 => Self::Delay(DelayKey::Account(user(of)?)),
            2 => {
                let (user, mark) = marked()?;
                Self::Delay(DelayKey::Browser(user, mark))
            }
            3 => {
                let (address, name) = of.split_once(' ')?;
                Self::Code(CodeLane::Phone(address.parse().ok()?, user(name)?))
            }
            4 => Self::Code(CodeLane::Portal(user(of)?)),
            5 => {
                let (user, mark) = marked()?;
                Self::Code(CodeLane::Browser(user, mark))
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let user = UserId::parse("alice@example.com", None).unwrap();
        let addresses = ["203.0.113.9", "2001:db8:1:2::7"];
        let addresses = addresses.map(|text| AddressKey::of(text.parse().unwrap()));
        let mark = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255];
        for counted in [
            Counted::Address(addresses[0]),
            Counted::Address(addresses[1]),
            Counted::Delay(DelayKey::Account(user.clone())),
            Counted::Delay(DelayKey::Browser(user.clone(), mark)),
            Counted::Code(CodeLane::Phone(addresses[0], user.clone())),
            Counted::Code(CodeLane::Phone(addresses[1], user.clone())),
            Counted::Code(CodeLane::Portal(user.clone())),
            Counted::Code(CodeLane::Browser(user, mark)),
        ] {
            let (lane, of) = counted.written();
            assert_eq!(Counted::read(lane, &of), Some(counted), "{lane} {of}");
        }
        for (lane, of) in [(0, "x"), (1, "*"), (2, "alice"), (3, "192.0.2.1"), (99, "")] {
            assert_eq!(Counted::read(lane, of), None, "{lane} {of}");
        }
    }
}
