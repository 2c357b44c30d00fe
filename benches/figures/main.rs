//! Every figure of design.md section 7, measured and set beside its budget and a peer or a physical
//! limit taken in the same run, on the built server over loopback and a real Dovecot.
//!
//! ```text
//! scripts/bench                     all of them, some ten minutes
//! scripts/bench --smoke             the same in small, under a minute: does it still run?
//! scripts/bench initial unchanged   only these
//! ```
//!
//! Loads are bounded in count and time. A figure above its budget does not fail the run: it says so.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench measures time, prints it, and may stop at the first surprise"
)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the test rig offers more than the benches use"
)]

#[allow(unused_imports)] // the benches use less of the rig than the tests
#[path = "../../tests/support/support.rs"]
mod support;

mod attachment;
mod counting;
mod forward;
mod gate;
mod imap;
mod initial;
mod mails;
mod objects;
mod pages;
mod peak;
mod phone;
mod pings;
mod process;
mod rig;
mod search;
mod start;
mod strangers;
mod table;
mod unchanged;
mod wbxml;

use std::time::Instant;

use self::table::Table;

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Messages of the initial Sync.
    pub initial: u64,
    /// Messages of the folders for the no-change Sync, smallest first.
    pub folders: [u64; 3],
    /// Requests per folder.
    pub requests: u64,
    /// Pings held.
    pub pings: usize,
    /// Octets of the large attachment.
    pub attachment: usize,
    /// Octets of the attachment of the mail that is forwarded.
    pub forward: usize,
    /// Messages searched.
    pub searched: u64,
    /// Events and contacts of the initial Sync, each.
    pub objects: u64,
    /// Cards of the address book with photos.
    pub cards: u64,
    pub smoke: bool,
}

impl Scale {
    const FULL: Self = Self {
        initial: 10_000,
        folders: [1_000, 10_000, 100_000],
        requests: 3_000,
        pings: 1_000,
        attachment: 50_000_000,
        // 25 MB as the mail lies there, in base64.
        forward: 18_500_000,
        searched: 50_000,
        objects: 2_000,
        cards: 20_000,
        smoke: false,
    };
    const SMOKE: Self = Self {
        initial: 300,
        folders: [50, 200, 1_000],
        requests: 100,
        pings: 40,
        attachment: 5_000_000,
        forward: 3_000_000,
        searched: 1_000,
        objects: 100,
        cards: 200,
        smoke: true,
    };
}

/// One group of figures.
type Bench = fn(Scale, &mut Table);

const BENCHES: [(&str, Bench); 12] = [
    ("wbxml", wbxml::measure),
    ("initial", initial::measure),
    ("unchanged", unchanged::measure),
    ("pings", pings::measure),
    ("attachment", attachment::measure),
    ("forward", forward::measure),
    ("search", search::measure),
    ("objects", objects::measure),
    ("start", start::measure),
    ("gate", gate::measure),
    ("strangers", strangers::measure),
    ("pages", pages::measure),
];

fn main() {
    // Cargo adds `--bench`; `cargo test --benches` does not, and then nothing is to be measured.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let smoke = arguments.iter().any(|argument| argument == "--smoke");
    let named: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    if let Some(unknown) = named
        .iter()
        .find(|name| BENCHES.iter().all(|(known, _)| known != *name))
    {
        let known: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        eprintln!("no bench called {unknown}; there are: {}", known.join(" "));
        std::process::exit(2);
    }
    let scale = if smoke { Scale::SMOKE } else { Scale::FULL };
    let mut table = Table::default();
    for (name, bench) in BENCHES {
        if !named.is_empty() && !named.iter().any(|wanted| *wanted == name) {
            continue;
        }
        let start = Instant::now();
        eprintln!("--- {name}");
        bench(scale, &mut table);
        eprintln!("--- {name}: {:.0} s", start.elapsed().as_secs_f64());
    }
    table.print(smoke);
}
