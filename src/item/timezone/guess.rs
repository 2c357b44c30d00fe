//! Which zone a blob means: it has rules and perhaps a name, never an identity.

use airgate_codec::zone::{Rules, Switch, ZoneBlob};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::names::{Table, known, named};
use super::switches::in_year;
use super::{Described, Zone, rules};

/// The zone of a blob for an event at that moment. `preferred` are those that win when several fit:
/// the stored event's, the user's. One that fits in offsets and switches comes first, then one that
/// at least has the same offsets, then the blob's own rules. A blob that lies says nothing (T19):
/// then the first preferred zone is it, or UTC.
pub fn zone_of_blob(blob: &ZoneBlob, at: Timestamp, preferred: &[TimeZone]) -> Zone {
    let Some(wanted) = blob.rules() else {
        return preferred
            .first()
            .map_or(Zone::UTC, |zone| Zone::Known(zone.clone()));
    };
    let candidates = || {
        preferred
            .iter()
            .cloned()
            .chain(named(&blob.standard_name))
            .chain(Table::get().zones().filter_map(known))
    };
    let utc = blob.is_blank().then_some(TimeZone::UTC);
    let year = Zone::Known(TimeZone::UTC).local(at).year();
    let exact = preferred
        .iter()
        .cloned()
        .chain(named(&blob.standard_name))
        .chain(utc)
        .chain(candidates())
        .find(|zone| alike(&rules(&Zone::Known(zone.clone()), at), &wanted, year));
    exact
        .or_else(|| {
            candidates().find(|zone| {
                let theirs = rules(&Zone::Known(zone.clone()), at);
                offsets(&theirs) == offsets(&wanted)
            })
        })
        .map_or_else(
            || Zone::Described(Described::from_rules(&wanted)),
            Zone::Known,
        )
}

/// The same offsets and, in that year, the same switches, however they are written.
pub(super) fn alike(one: &Rules, other: &Rules, year: i16) -> bool {
    offsets(one) == offsets(other) && switched(one, year) == switched(other, year)
}

/// Standard and daylight offset.
const fn offsets(rules: &Rules) -> (i32, Option<i32>) {
    match rules {
        Rules::Fixed { offset } => (*offset, None),
        Rules::Daylight {
            standard, daylight, ..
        } => (*standard, Some(*daylight)),
    }
}

fn switched(rules: &Rules, year: i16) -> Option<(Option<DateTime>, Option<DateTime>)> {
    let at = |switch: &Switch| in_year(switch, year);
    match rules {
        Rules::Fixed { .. } => None,
        Rules::Daylight {
            to_standard,
            to_daylight,
            ..
        } => Some((at(to_standard), at(to_daylight))),
    }
}
