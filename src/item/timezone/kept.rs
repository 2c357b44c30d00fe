//! Descriptions of zones that were read already. To read one means to go through every day of a
//! century, a calendar object is opened several times for one edit, and a program brings the same
//! description along with each of a thousand events.
//!
//! What is kept says nothing of anybody: it is made of the description alone, and found by it.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use airgate_codec::vobject::Component;
use bytes::Bytes;

use super::Described;

/// Descriptions kept: all zones there are, as a few programs write them.
const MAX_KEPT: usize = 1000;
/// Longest description kept. The longest of programs, with all laws since 1900, have 6 kB.
const MAX_OCTETS: usize = 16 * 1024;

static KEPT: LazyLock<Mutex<HashMap<Bytes, Option<Described>>>> = LazyLock::new(Mutex::default);

/// What a VTIMEZONE describes, if anything can be made of it.
pub(super) fn described(block: &Component<'_>) -> Option<Described> {
    let octets = block.to_bytes();
    if octets.len() > MAX_OCTETS {
        return Described::read(block);
    }
    // It is worth as much after a panic elsewhere.
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept().get(&octets) {
        return known.clone();
    }
    let read = Described::read(block);
    let mut kept = kept();
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    kept.insert(octets, read.clone());
    read
}

#[cfg(test)]
mod tests {
    use airgate_codec::vobject::Document;

    use super::*;
    use crate::clock;

    /// T18: a description is gone through once, not at each opening.
    #[test]
    fn t18_a_description_is_read_once() {
        let text = "BEGIN:VTIMEZONE\r\nTZID:Once\r\n\
            BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0211\r\nTZOFFSETTO:+0111\r\n\
            RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n\
            BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0111\r\nTZOFFSETTO:+0211\r\n\
            RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";
        let document = Document::parse(text.as_bytes()).expect("small");
        let block = document.component("VTIMEZONE").expect("there");
        let begin = clock::monotonic();
        let first = described(&block);
        let once = begin.elapsed();
        let begin = clock::monotonic();
        for _ in 0..20 {
            assert_eq!(described(&block), first);
        }
        assert!(first.is_some());
        assert!(
            begin.elapsed() < once * 10,
            "{once:?} and then {:?}",
            begin.elapsed()
        );
    }
}
