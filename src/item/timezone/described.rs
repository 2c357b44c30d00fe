//! A zone that a calendar describes itself: a VTIMEZONE with whatever rules it has (RFC 5545 3.6.5),
//! or a blob that no zone of the tz database fits. Kept as the list of its switches.

use airgate_codec::vobject::{Component, Property, Stamp, parse_offset};
use airgate_codec::zone::Rules;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::switches::{self, Change};
use super::with_offset;
use crate::item::recurrence::{Occurrences, Rule};
use crate::item::stamp::civil;

/// A zone as its switches. Before the first its `before` holds, after the last its `after`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Described {
    changes: Vec<Change>,
    /// Where there is no switch at all.
    only: i32,
}

/// Observances read of one VTIMEZONE; zones with all of their history have some 30.
const MAX_OBSERVANCES: usize = 200;
/// Switches kept: two a year over the years below, and room for wild ones (T18).
const MAX_CHANGES: usize = 600;
/// Rules are expanded over these years. Outlook begins them in 1601.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2099;

impl Described {
    /// Reads a VTIMEZONE. Nothing if there is no observance to be made out in it.
    pub fn read(component: &Component<'_>) -> Option<Self> {
        let mut changes = Vec::new();
        for observance in component
            .components()
            .filter(|part| matches!(part.name(), "STANDARD" | "DAYLIGHT"))
            .take(MAX_OBSERVANCES)
        {
            observe(&observance, &mut changes);
        }
        Self::of(changes)
    }

    /// The zone that follows a blob's rules in every year.
    pub fn from_rules(rules: &Rules) -> Self {
        let (standard, daylight, to_standard, to_daylight) = match rules {
            Rules::Fixed { offset } => {
                return Self {
                    changes: Vec::new(),
                    only: offset * 60,
                };
            }
            Rules::Daylight {
                standard,
                daylight,
                to_standard,
                to_daylight,
            } => (standard * 60, daylight * 60, to_standard, to_daylight),
        };
        let change = |switch, year, before, after| {
            let wall = switches::in_year(switch, year)?;
            let at = with_offset(wall, before)?;
            Some(Change { at, before, after })
        };
        let changes = YEARS.flat_map(|year| {
            [
                change(to_standard, year, daylight, standard),
                change(to_daylight, year, standard, daylight),
            ]
        });
        Self::of(changes.flatten().collect()).unwrap_or(Self {
            changes: Vec::new(),
            only: standard,
        })
    }

    fn of(mut changes: Vec<Change>) -> Option<Self> {
        changes.sort_by_key(|change| change.at);
        changes.dedup_by_key(|change| change.at);
        let only = changes.first()?.after;
        // The first one also says what was before, unless it only repeats it.
        let mut kept: Vec<Change> = Vec::with_capacity(changes.len());
        for change in changes {
            let before = kept.last().map_or(change.before, |last| last.after);
            if before != change.after {
                kept.push(Change { before, ..change });
            }
        }
        Some(Self {
            changes: kept,
            only,
        })
    }

    pub(super) fn offset(&self, at: Timestamp) -> i32 {
        let next = self.changes.partition_point(|change| change.at <= at);
        match next.checked_sub(1).and_then(|last| self.changes.get(last)) {
            Some(last) => last.after,
            None => self
                .changes
                .first()
                .map_or(self.only, |change| change.before),
        }
    }

    pub(super) fn instant(&self, local: DateTime) -> Option<Timestamp> {
        const DAY: SignedDuration = SignedDuration::from_hours(24);
        let near = Offset::UTC.to_timestamp(local).ok()?;
        let before = self.offset(near.checked_sub(DAY).unwrap_or(near));
        let after = self.offset(near.checked_add(DAY).unwrap_or(near));
        [before, after]
            .into_iter()
            .filter_map(|offset| Some((offset, with_offset(local, offset)?)))
            .find(|(offset, at)| self.offset(*at) == *offset)
            .map(|(_, at)| at)
            // Clocks never showed it.
            .or_else(|| with_offset(local, before))
    }

    pub(super) fn changes(&self, from: Timestamp, to: Timestamp, most: usize) -> Vec<Change> {
        let start = self.changes.partition_point(|change| change.at <= from);
        let later = self.changes.get(start..).unwrap_or_default();
        let within = later.iter().take_while(|change| change.at <= to);
        within.take(most).copied().collect()
    }
}

/// The switches of one STANDARD or DAYLIGHT. One with a missing or impossible offset says nothing.
fn observe(observance: &Component<'_>, changes: &mut Vec<Change>) {
    let offset = |name: &str| parse_offset(observance.property(name)?.value());
    let Some(after) = offset("TZOFFSETTO") else {
        return;
    };
    let before = offset("TZOFFSETFROM").unwrap_or(after);
    let start = observance
        .property("DTSTART")
        .and_then(|start| Stamp::parse(start.value()))
        .map(civil);
    let Some(start) = start else {
        return;
    };
    let mut add = |wall: DateTime| {
        if changes.len() < MAX_CHANGES
            && let Some(at) = with_offset(wall, before)
        {
            changes.push(Change { at, before, after });
        }
    };
    add(start);
    for list in observance.all("RDATE").take(MAX_OBSERVANCES) {
        for wall in dates(&list) {
            add(wall);
        }
    }
    for rule in observance.all("RRULE").take(4) {
        let Some(rule) = Rule::parse(rule.value()) else {
            continue;
        };
        // In a zone UNTIL is UTC.
        let until = rule.until.and_then(|until| match until.0 {
            Stamp::Utc(..) => {
                let shift = SignedDuration::from_secs(before.into());
                civil(until.0).checked_add(shift).ok()
            }
            other => Some(civil(other)),
        });
        let begin = nearer(start, &rule);
        for wall in Occurrences::new(&rule, begin, until).take(MAX_CHANGES) {
            if wall.year() > *YEARS.end() {
                break;
            }
            if wall > start {
                add(wall);
            }
        }
    }
}

/// A yearly rule without COUNT has the same instances from 1970 on whether it began in 1601 or then.
fn nearer(start: DateTime, rule: &Rule) -> DateTime {
    let first = *YEARS.start();
    let yearly = rule.frequency == crate::item::recurrence::Frequency::Yearly;
    if start.year() >= first || !yearly || rule.interval != 1 || rule.count.is_some() {
        return start;
    }
    // The 29th of February is not in 1970.
    Date::new(first, start.month(), start.day())
        .map_or(start, |date| date.to_datetime(start.time()))
}

/// RDATE: times, dates or periods.
fn dates(list: &Property) -> impl Iterator<Item = DateTime> + use<'_> {
    list.value()
        .split(',')
        .take(MAX_CHANGES)
        .filter_map(|value| Stamp::parse(value.split('/').next()?))
        .map(civil)
}
