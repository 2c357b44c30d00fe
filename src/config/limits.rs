//! The limits of the front (threats section 1). Values and reasons stand in the table of keys.

use std::time::Duration;

/// What one peer may cost.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    pub first_byte: Duration,
    pub handshake: Duration,
    pub head: Duration,
    pub idle: Duration,
    pub head_size: usize,
    pub head_fields: usize,
    pub body: usize,
    pub max_message: usize,
    /// Bytes per second.
    pub pace: u64,
    pub pace_grace: Duration,
    pub pace_stall: Duration,
    pub request: Duration,
    /// Until what was found so far is shown.
    pub search: Duration,
    /// Until a page is cut.
    pub page_time: Duration,
    pub held_request: Duration,
    /// None: from the number of descriptors.
    pub connections: Option<usize>,
    pub connections_per_address: u32,
    pub handshakes_per_address: u32,
    pub requests_per_device: u32,
    pub devices: usize,
    pub shutdown: Duration,
}
