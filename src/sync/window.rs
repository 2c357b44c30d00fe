//! FilterType to the first moment of the window ([MS-ASCMD] 2.2.3.68.2).

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

/// Which messages of a folder a phone wants.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Window {
    /// Where it begins, in seconds since 1970; `None` for everything.
    pub floor: Option<i64>,
    /// And older messages of the conversations inside (ConversationMode).
    pub conversations: bool,
}

impl Window {
    /// A window that begins at `floor`. What has everything has all of each conversation, too.
    pub fn new(floor: Option<i64>, conversations: bool) -> Self {
        Self {
            floor,
            conversations: conversations && floor.is_some(),
        }
    }
}

/// The first moment a mail filter lets through, in seconds since 1970; `None` for all. Windows begin
/// at midnight where the user is, so that "three days" has whole days in it and moves once a day.
/// 6 and 7 are not mail's, but phones send them and mean months.
pub fn mail_floor(filter_type: u8, now: i64, zone: &TimeZone) -> Option<i64> {
    let back: Span = match filter_type {
        1 => 1.day(),
        2 => 3.days(),
        3 => 1.week(),
        4 => 2.weeks(),
        5 => 1.month(),
        6 => 3.months(),
        7 => 6.months(),
        _ => return None,
    };
    // A clock that says something beyond the calendar filters nothing away (T21).
    let today = zone.to_datetime(Timestamp::from_second(now).ok()?).date();
    let first = today.checked_sub(back).ok()?;
    let midnight = zone.to_timestamp(first.at(0, 0, 0, 0)).ok()?;
    Some(midnight.as_second())
}

/// The day a moment falls on, in days since 1970, UTC.
pub fn day_of(seconds: i64) -> i64 {
    seconds.div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("a time").as_second()
    }

    #[test]
    fn t21_filters_outside_the_table_mean_everything() {
        let now = at("2026-11-24T12:00:00Z");
        for filter in [0, 8, 9, 255] {
            assert_eq!(mail_floor(filter, now, &TimeZone::UTC), None);
        }
        for beyond in [i64::MIN, i64::MAX] {
            assert_eq!(mail_floor(1, beyond, &TimeZone::UTC), None);
        }
        assert_eq!(day_of(-1), -1);
    }

    #[test]
    fn windows_are_whole_days_and_months() {
        let now = at("2026-03-31T12:00:00Z");
        for (filter, first) in [
            (1, "2026-03-30T00:00:00Z"),
            (2, "2026-03-28T00:00:00Z"),
            (3, "2026-03-24T00:00:00Z"),
            (4, "2026-03-17T00:00:00Z"),
            (5, "2026-02-28T00:00:00Z"),
            (6, "2025-12-31T00:00:00Z"),
            (7, "2025-09-30T00:00:00Z"),
        ] {
            let floor = mail_floor(filter, now, &TimeZone::UTC);
            assert_eq!(floor, Some(at(first)), "{filter}");
        }
    }

    #[test]
    fn a_day_begins_where_the_user_is() {
        for (zone, now, first) in [
            // 23:30 of the 23rd in New York, 17:30 of the 24th in Auckland.
            (
                "America/New_York",
                "2026-11-24T04:30:00Z",
                "2026-11-22T05:00:00Z",
            ),
            (
                "Pacific/Auckland",
                "2026-11-24T04:30:00Z",
                "2026-11-22T11:00:00Z",
            ),
            (
                "Asia/Kathmandu",
                "2026-11-24T04:30:00Z",
                "2026-11-22T18:15:00Z",
            ),
            // The night the clocks went forward in Berlin is in the window.
            (
                "Europe/Berlin",
                "2026-03-29T12:00:00Z",
                "2026-03-27T23:00:00Z",
            ),
            // Midnight does not exist on this day in Beirut: the day begins at one.
            (
                "Asia/Beirut",
                "2026-03-30T12:00:00Z",
                "2026-03-28T22:00:00Z",
            ),
        ] {
            let zone = TimeZone::get(zone).expect("a zone");
            assert_eq!(mail_floor(1, at(now), &zone), Some(at(first)), "{now}");
        }
    }
}
