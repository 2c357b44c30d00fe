//! From the start of the process to the ready line.

use std::time::{Duration, Instant};

use crate::initial::median;
use crate::support::process::free_port;
use crate::table::{Budget, Table};
use crate::{Scale, rig};

pub fn measure(scale: Scale, table: &mut Table) {
    let state = rig::state();
    // No mail server is needed to get ready.
    let first = Instant::now();
    let mut server = rig::server(free_port(), state.path().to_owned(), |settings| {
        settings.tls()
    });
    let first = first.elapsed();
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..if scale.smoke { 3 } else { 15 } {
        server.terminate();
        let start = Instant::now();
        server.start();
        times.push(start.elapsed());
    }
    let slowest = times.iter().max().copied().unwrap_or_default();
    table.add(
        "start to ready, on an existing state, with TLS",
        median(times).as_secs_f64() * 1e3,
        "ms",
        Budget::AtMost(200.0),
        &format!(
            "slowest {:.0} ms; with making the database and its keys {:.0} ms",
            slowest.as_secs_f64() * 1e3,
            first.as_secs_f64() * 1e3
        ),
    );
}
