//! The rules of one year out of the switches that happen in it.

use airgate_codec::zone::{Day, Rules, Switch};
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::{Zone, offset_of};

/// One switch of a zone's clocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Change {
    pub at: Timestamp,
    /// Seconds east of UTC.
    pub before: i32,
    pub after: i32,
}

impl Change {
    /// What clocks showed when they were switched.
    pub fn wall(&self) -> DateTime {
        offset_of(self.before).to_datetime(self.at)
    }
}

/// Switches of one year that are looked at. Morocco had four, wars brought more.
const MAX_A_YEAR: usize = 12;
/// Years around an event that tell a last Sunday from a fourth one. In seven years in a row every
/// month has had both.
const YEARS_AROUND: i16 = 7;

/// What a zone does in the year of a moment, as a blob can say it: one offset, or two switches.
/// Where there is one switch only (the rules changed in that year), the offset of the moment is all
/// that can be said. Where summer time is interrupted (Morocco's Ramadan), its outer ends count.
pub fn rules(zone: &Zone, at: Timestamp) -> Rules {
    let fixed = Rules::Fixed {
        offset: minutes(zone.offset(at)),
    };
    let year = zone.local(at).year();
    let changes = of_year(zone, year);
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return fixed;
    };
    let mirrored = first.before == last.after && first.after == last.before;
    let minutes_apart = minutes(first.before) != minutes(first.after);
    if changes.len() < 2 || !mirrored || !minutes_apart {
        return fixed;
    }
    // In the interruption itself, what holds at the moment counts more.
    let between = first.at <= at && at < last.at;
    let expected = if between { first.after } else { first.before };
    if zone.offset(at) != expected {
        return fixed;
    }
    // The larger offset is summer time, also where the law has it the other way round (Ireland).
    let (to_daylight, to_standard) = if first.after > first.before {
        (first, last)
    } else {
        (last, first)
    };
    Rules::Daylight {
        standard: minutes(to_daylight.before),
        daylight: minutes(to_daylight.after),
        to_standard: switch(zone, to_standard),
        to_daylight: switch(zone, to_daylight),
    }
}

/// The switches that happen in a year of a zone's clocks.
pub(super) fn of_year(zone: &Zone, year: i16) -> Vec<Change> {
    const TWO_DAYS: SignedDuration = SignedDuration::from_hours(48);
    let midnight = |year: i16| {
        let date = Date::new(year, 1, 1).ok()?;
        Offset::UTC.to_timestamp(date.into()).ok()
    };
    let (Some(from), Some(to)) = (midnight(year), midnight(year.saturating_add(1))) else {
        return Vec::new();
    };
    let (Ok(from), Ok(to)) = (from.checked_sub(TWO_DAYS), to.checked_add(TWO_DAYS)) else {
        return Vec::new();
    };
    let mut changes = zone.changes(from, to, MAX_A_YEAR);
    changes.retain(|change| change.wall().year() == year);
    changes
}

pub(super) fn of_known(
    zone: &TimeZone,
    from: Timestamp,
    to: Timestamp,
    most: usize,
) -> Vec<Change> {
    let mut before = zone.to_offset(from).seconds();
    let mut changes = Vec::new();
    // Also transitions that change a name only: bounded too.
    for transition in zone.following(from).take(4 * most) {
        if transition.timestamp() > to || changes.len() >= most {
            break;
        }
        let after = transition.offset().seconds();
        if after != before {
            changes.push(Change {
                at: transition.timestamp(),
                before,
                after,
            });
        }
        before = after;
    }
    changes
}

fn switch(zone: &Zone, change: &Change) -> Switch {
    let (date, time) = day_and_time(change);
    let week = match (date.day() - 1) / 7 + 1 {
        4 if is_last(date) && !is_fourth(zone, change) => 5,
        week => week,
    };
    Switch {
        month: date.month(),
        day: Day::Nth {
            weekday: date.weekday().to_sunday_zero_offset(),
            week,
        },
        time,
    }
}

/// The day and the milliseconds since its midnight. Midnight itself is the end of the day before,
/// as Windows writes it.
fn day_and_time(change: &Change) -> (Date, i32) {
    const END_OF_DAY: i32 = 86_399_999;
    let wall = change.wall();
    let seconds =
        i32::from(wall.hour()) * 3600 + i32::from(wall.minute()) * 60 + i32::from(wall.second());
    match (seconds, wall.date().yesterday()) {
        (0, Ok(before)) => (before, END_OF_DAY),
        _ => (wall.date(), seconds * 1000),
    }
}

fn is_last(date: Date) -> bool {
    date.day() + 7 > date.days_in_month()
}

/// In this year the fourth such weekday is also the last: other years tell which is meant. The
/// nearest that does decides, later ones first.
fn is_fourth(zone: &Zone, change: &Change) -> bool {
    let (date, _) = day_and_time(change);
    let later = (1..=YEARS_AROUND).map(|years| date.year().saturating_add(years));
    let earlier = (1..=YEARS_AROUND).map(|years| date.year().saturating_sub(years));
    for year in later.chain(earlier) {
        for other in of_year(zone, year) {
            let (day, _) = day_and_time(&other);
            let alike = (other.after > other.before) == (change.after > change.before)
                && day.month() == date.month()
                && day.weekday() == date.weekday();
            match (day.day() - 1) / 7 + 1 {
                4 if alike && !is_last(day) => return true,
                5 if alike => return false,
                _ => {}
            }
        }
    }
    false
}

/// Offsets before standard time had seconds.
fn minutes(seconds: i32) -> i32 {
    seconds.div_euclid(60) + i32::from(seconds.rem_euclid(60) >= 30)
}

/// When a switch of a blob happens in a year, in wall-clock time before it.
pub(super) fn in_year(switch: &Switch, year: i16) -> Option<DateTime> {
    let date = match switch.day {
        Day::Nth { weekday, week } => {
            let weekday = jiff::civil::Weekday::from_sunday_zero_offset(weekday).ok()?;
            let first = Date::new(year, switch.month, 1).ok()?;
            let nth = if week >= 5 { -1 } else { week };
            first.nth_weekday_of_month(nth, weekday).ok()?
        }
        Day::Fixed { year: only, day } if only == year => {
            Date::new(year, switch.month, day).ok()?
        }
        Day::Fixed { .. } => return None,
    };
    // The last millisecond of a day is the next day's midnight.
    let seconds = (i64::from(switch.time) + 1)
        .div_euclid(1000)
        .max(i64::from(switch.time) / 1000);
    DateTime::from(date)
        .checked_add(SignedDuration::from_secs(seconds))
        .ok()
}
