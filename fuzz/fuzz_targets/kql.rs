//! Any text as a query of Find: it is read in bounded time, and nothing that is looked for could end
//! a line of a command (T7, T24).
#![no_main]
#![allow(dead_code)] // Airgate uses the rest.

#[path = "../src/ceiling.rs"]
mod ceiling;
#[path = "../../src/search/condition.rs"]
mod condition;
#[path = "../../src/search/dates.rs"]
mod dates;
#[path = "../../src/search/kql.rs"]
mod kql;
#[path = "../../src/search/tokens.rs"]
mod tokens;

/// What the sanitizer and the counters cost.
const SLOWER: u64 = 10;

libfuzzer_sys::fuzz_target!(|data: &[u8]| ceiling::within(query, data));

fn query(data: &[u8]) {
    let today = dates::Today {
        now: 1_795_521_600,
        zone: jiff::tz::TimeZone::UTC,
    };
    let text = String::from_utf8_lossy(data);
    let condition = kql::parse(&text, &today);
    assert!(condition.size() <= text.len() * 4, "four for a participant");
    for words in condition.texts() {
        assert!(!words.is_empty() && !words.contains(['\r', '\n', '\0']));
    }
}
