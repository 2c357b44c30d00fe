//! The fuzzer's targets without the fuzzer: every seed, every find of the past (fuzz/finds), and a
//! bounded number of random changes to them. A real run is scripts/fuzz-smoke.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has found something"
)]

use std::fs;
use std::path::Path;

#[path = "../../fuzz/src/autodiscover.rs"]
mod autodiscover;
#[path = "../../fuzz/src/calendar.rs"]
mod calendar;
#[path = "../../fuzz/src/ceiling.rs"]
mod ceiling;
#[path = "../../fuzz/src/contacts.rs"]
mod contacts;
#[path = "../../fuzz/src/dav.rs"]
mod dav;
#[path = "../../fuzz/src/events.rs"]
mod events;
#[path = "wbxml/fixtures.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod fixtures;
#[path = "../../fuzz/src/imap_framing.rs"]
mod imap_framing;
#[path = "../../fuzz/src/request_line.rs"]
mod request_line;
#[path = "../../fuzz/src/said.rs"]
mod said;
#[path = "../../fuzz/src/tasks_notes.rs"]
mod tasks_notes;
#[path = "../../fuzz/src/tnef.rs"]
mod tnef;
#[path = "../../fuzz/src/vobject.rs"]
mod vobject;
#[path = "../../fuzz/src/wbxml_decode.rs"]
mod wbxml_decode;
#[path = "../../fuzz/src/wbxml_roundtrip.rs"]
mod wbxml_roundtrip;

/// What a debug build costs.
const SLOWER: u64 = if cfg!(debug_assertions) { 4 } else { 1 };

#[test]
fn t7_wbxml_decode() {
    smoke("wbxml_decode", wbxml_seeds(), wbxml_decode::run);
}

#[test]
fn t7_wbxml_roundtrip() {
    let mut seeds = wbxml_seeds();
    for example in fixtures::examples() {
        seeds.push(fixtures::example_xml(&example.name).into_bytes());
    }
    smoke("wbxml_roundtrip", seeds, wbxml_roundtrip::run);
}

#[test]
fn t7_request_line() {
    smoke("request_line", Vec::new(), request_line::run);
}

#[test]
fn t16_t17_dav() {
    smoke("dav", Vec::new(), dav::run);
}

#[test]
fn t16_autodiscover() {
    smoke("autodiscover", Vec::new(), autodiscover::run);
}

#[test]
fn t68_imap_framing() {
    smoke("imap_framing", Vec::new(), imap_framing::run);
}

#[test]
fn t7_tasks_notes() {
    smoke("tasks_notes", Vec::new(), tasks_notes::run);
}

#[test]
fn t19_calendar() {
    smoke("calendar", wbxml_seeds(), calendar::run);
}

#[test]
fn t19_contacts() {
    smoke("contacts", wbxml_seeds(), contacts::run);
}

#[test]
fn t19_vobject() {
    smoke("vobject", Vec::new(), vobject::run);
}

#[test]
fn t14_tnef() {
    let seeds = files("../fixtures/tnef");
    let containers = seeds
        .into_iter()
        .filter(|seed| seed.starts_with(b"\x78\x9F"));
    smoke("tnef", containers.collect(), tnef::run);
}

fn wbxml_seeds() -> Vec<Vec<u8>> {
    let documents = fixtures::examples().into_iter().chain(fixtures::recorded());
    documents.map(|document| document.bytes).collect()
}

/// Enough to meet the shallow faults in under a second; the deep ones are the fuzzer's.
const MUTANTS: usize = 2_000;

fn smoke(target: &str, mut seeds: Vec<Vec<u8>>, run: impl Fn(&[u8])) {
    seeds.extend(files(&format!("seeds/{target}")));
    assert!(!seeds.is_empty(), "{target} has no seeds");
    let finds = files(&format!("finds/{target}"));
    for input in seeds.iter().chain(&finds) {
        run(input);
    }
    let mut chance = Chance(0x5EED);
    for _ in 0..MUTANTS {
        let mut input = seeds[chance.below(seeds.len())].clone();
        for _ in 0..=chance.below(4) {
            mutate(&mut input, &seeds, &mut chance);
        }
        run(&input);
    }
}

fn files(below: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz")
        .join(below);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The same numbers each time: a failure must come again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        // Half of them bytes that mean something somewhere.
        const TELLING: &[u8] =
            b"\x00\x01\x03\x04\x05\x40\x45\x7F\x80\x8F\xC3\xC4\xEF\xFF\r\n\"(){}[]<>&;%=/ 09";
        match self.below(2) {
            0 => TELLING[self.below(TELLING.len())],
            _ => u8::try_from(self.below(256)).unwrap(),
        }
    }
}

fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(input.len());
    let end = (at + chance.below(40)).min(input.len());
    match chance.below(6) {
        0 if !input.is_empty() => input[at] = chance.byte(),
        1 => input.insert(at, chance.byte()),
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].repeat(1 + chance.below(8));
            input.splice(at..at, piece);
        }
        4 => {
            let other = &seeds[chance.below(seeds.len())];
            let from = chance.below(other.len());
            let to = (from + chance.below(40)).min(other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
        _ => input.truncate(at),
    }
}
