//! What one node counted against an address, an account or a browser, for the other nodes (C14).
//!
//! A log that all nodes add to and read from where they are: the state of a throttle is what comes of
//! the rows of the last hour, so a node that starts, and the command line, know it too.

use async_trait::async_trait;

use super::Result;

/// Seconds a row is kept: no throttle remembers anything for longer.
pub const KEPT: i64 = 3600;
/// Rows kept at most: strangers by the thousand must not fill the disk (T38).
pub const MOST: i64 = 20_000;

/// What was counted since the last row about the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tally {
    /// Given by the store, rising; 0 in a row that is to be written.
    pub id: i64,
    /// The process that counted.
    pub node: i64,
    /// What kind of thing `of` names; the gate knows.
    pub lane: i64,
    pub of: String,
    /// A success before these failures: what was counted until then is void.
    pub forgiven: bool,
    pub failures: u32,
    pub at: i64,
}

/// The log.
#[async_trait]
pub trait Tallies {
    /// Adds rows, and forgets those that are old or too many.
    async fn add_tallies(&self, rows: &[Tally], now: i64) -> Result<()>;

    /// Rows with a higher number than this, the oldest first; other nodes' only, where `but` names one.
    async fn tallies_after(&self, id: i64, but: Option<i64>) -> Result<Vec<Tally>>;
}
