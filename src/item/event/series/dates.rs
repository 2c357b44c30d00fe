//! RDATE and EXDATE: times, dates and periods (RFC 5545 3.8.5).

use std::collections::BTreeMap;

use airgate_codec::vobject::{Component, Property, Stamp, parse_duration};
use jiff::{SignedDuration, Timestamp};

use crate::item::meeting::when::When;
use crate::item::timezone::Zones;

/// EXDATEs and RDATEs of one series that are read.
const MAX_DATES: usize = 4000;

/// The moments of a property that lists some.
pub(super) fn dates(event: &Component<'_>, name: &str, zones: &Zones) -> Vec<Timestamp> {
    let mut all = Vec::new();
    for list in event.all(name).take(MAX_DATES) {
        for value in list.value().split(',') {
            if all.len() >= MAX_DATES {
                return all;
            }
            all.extend(date(value, &list, zones));
        }
    }
    all
}

/// When the periods of RDATE begin and end (RFC 5545 3.3.9): at a time, or after a duration.
pub(super) fn periods(event: &Component<'_>, zones: &Zones) -> BTreeMap<Timestamp, Timestamp> {
    let mut all = BTreeMap::new();
    for list in event.all("RDATE").take(MAX_DATES) {
        for value in list.value().split(',') {
            let Some((from, to)) = value.split_once('/').filter(|_| all.len() < MAX_DATES) else {
                continue;
            };
            let Some(from) = date(from, &list, zones) else {
                continue;
            };
            let duration = || {
                let seconds = parse_duration(to)?;
                from.checked_add(SignedDuration::from_secs(seconds)).ok()
            };
            let to = date(to, &list, zones).or_else(duration);
            all.extend(to.filter(|to| *to >= from).map(|to| (from, to)));
        }
    }
    all
}

/// A time, a date or the start of a period.
pub(in crate::item::event) fn date(
    value: &str,
    list: &Property,
    zones: &Zones,
) -> Option<Timestamp> {
    let stamp = Stamp::parse(value.split('/').next()?)?;
    When::of(stamp, list.parameter("TZID"), zones).map(|when| when.at)
}
