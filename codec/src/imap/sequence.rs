//! Sequence sets (RFC 9051 9, `sequence-set`): `1:5,7,9:*`, both ways.
//!
//! A set is read in time linear in its text, whatever ranges it claims: ranges are merged before
//! they touch the bitmap, so that `1:4294967295,1:4294967295,...` costs one insertion.

use super::UidSet;

/// Most numbers an ordered set (COPYUID) is unrolled to; a command of ours never copies more.
const MAX_UNROLLED: u64 = 1 << 20;

/// The set as IMAP writes it: `1:5,7`. Empty for the empty set, which IMAP cannot say.
pub fn sequence_set(set: &UidSet) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for (first, last) in runs(set) {
        if !text.is_empty() {
            text.push(',');
        }
        let _ = match last {
            last if last == first => write!(text, "{first}"),
            last => write!(text, "{first}:{last}"),
        };
    }
    text
}

/// Splits the set so that each part's text has at most `octets` (but holds at least one run).
/// Servers take lines of 8192 octets or so (RFC 7162 4); use [`LINE_BUDGET`](super::LINE_BUDGET).
pub fn split_for_line(set: &UidSet, octets: usize) -> Vec<UidSet> {
    let mut parts = Vec::new();
    let mut part = UidSet::new();
    let mut length = 0;
    for (first, last) in runs(set) {
        let mut run = digits(first) + 1;
        if last != first {
            run += digits(last) + 1;
        }
        if length > 0 && length + run > octets {
            parts.push(std::mem::take(&mut part));
            length = 0;
        }
        length += run;
        part.insert_range(first..=last);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// Reads `9:4,7` as numbers 4 to 9. `None` if it is no set. `*` is read as the highest number.
pub(super) fn read_set(text: &[u8]) -> Option<UidSet> {
    read_runs(text).map(from_ranges)
}

/// Reads a set as it stands, range by range: `9:4,2` is (9, 4), (2, 2).
pub(super) fn read_runs(text: &[u8]) -> Option<Vec<(u32, u32)>> {
    text.split(|&octet| octet == b',').map(range).collect()
}

/// Reads a set in its order: `9,4:6` is 9, 4, 5, 6, and `6:4` counts upwards too (RFC 4315 3).
pub(super) fn read_ordered(text: &[u8]) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    let mut total = 0;
    for each in text.split(|&octet| octet == b',') {
        let (first, last) = range(each)?;
        let (low, high) = (first.min(last), first.max(last));
        total += u64::from(high - low) + 1;
        if total > MAX_UNROLLED {
            return None;
        }
        numbers.extend(low..=high);
    }
    Some(numbers)
}

/// A set of single numbers in any order.
pub(super) fn from_numbers(mut numbers: Vec<u32>) -> UidSet {
    numbers.sort_unstable();
    numbers.dedup();
    UidSet::from_sorted_iter(numbers).unwrap_or_default()
}

pub(super) fn from_ranges(mut ranges: Vec<(u32, u32)>) -> UidSet {
    for (first, last) in &mut ranges {
        if *first > *last {
            std::mem::swap(first, last);
        }
    }
    ranges.sort_unstable();
    let mut set = UidSet::new();
    let mut pending: Option<(u32, u32)> = None;
    for (first, last) in ranges {
        match &mut pending {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => {
                if let Some((first, last)) = pending.replace((first, last)) {
                    set.insert_range(first..=last);
                }
            }
        }
    }
    if let Some((first, last)) = pending {
        set.insert_range(first..=last);
    }
    set
}

fn range(text: &[u8]) -> Option<(u32, u32)> {
    match text.iter().position(|&octet| octet == b':') {
        Some(colon) => Some((number(text.get(..colon)?)?, number(text.get(colon + 1..)?)?)),
        None => number(text).map(|number| (number, number)),
    }
}

fn number(text: &[u8]) -> Option<u32> {
    if text == b"*" {
        return Some(u32::MAX);
    }
    if text.is_empty() || text.len() > 10 {
        return None;
    }
    let mut value = 0_u32;
    for digit in text {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u32::from(digit))?;
    }
    (value > 0).then_some(value)
}

/// Runs of neighbours in the set.
fn runs(set: &UidSet) -> impl Iterator<Item = (u32, u32)> {
    let mut iter = set.iter();
    let mut held: Option<(u32, u32)> = None;
    std::iter::from_fn(move || {
        loop {
            let next = iter.next_range().map(|range| range.into_inner());
            match (held, next) {
                // A run may be cut at the border of a container.
                (Some((first, last)), Some((more, end))) if last.checked_add(1) == Some(more) => {
                    held = Some((first, end));
                }
                (None, Some(run)) => held = Some(run),
                (done, next) => {
                    held = next;
                    return done;
                }
            }
        }
    })
}

fn digits(number: u32) -> usize {
    number.checked_ilog10().unwrap_or_default() as usize + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sets_go_both_ways() {
        for text in [
            "1",
            "1:3",
            "1:3,5,7:9",
            "65530:65545",
            "4294967295",
            "1:4294967295",
        ] {
            let set = read_set(text.as_bytes()).unwrap();
            assert_eq!(sequence_set(&set), text);
        }
    }

    #[test]
    fn t68_backward_ranges_are_turned() {
        assert_eq!(sequence_set(&read_set(b"9:4,2").unwrap()), "2,4:9");
        assert_eq!(read_ordered(b"9,6:4").unwrap(), [9, 4, 5, 6]);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for text in [
            &b""[..],
            b"0",
            b"1,",
            b"1:",
            b"a",
            b"1:2:3",
            b"4294967296",
            b"-1",
        ] {
            assert!(read_set(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn t2_full_ranges_a_million_times_cost_one() {
        let text = "1:4294967295,".repeat(100_000) + "7";
        assert_eq!(
            read_set(text.as_bytes()).unwrap().len(),
            u64::from(u32::MAX)
        );
        assert!(read_ordered(text.as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn any_set_comes_back_also_in_parts(
            ranges in proptest::collection::vec((1_u32..200_000, 0_u32..3000), 1..60),
            budget in 1_usize..200,
        ) {
            let mut set = UidSet::new();
            for (first, length) in ranges {
                set.insert_range(first..=first + length);
            }
            prop_assert_eq!(&read_set(sequence_set(&set).as_bytes()).unwrap(), &set);
            let mut all = UidSet::new();
            for part in split_for_line(&set, budget) {
                let text = sequence_set(&part);
                prop_assert!(text.len() <= budget || !text.contains(','));
                prop_assert!(all.is_disjoint(&part));
                all |= part;
            }
            prop_assert_eq!(all, set);
        }
    }
}
