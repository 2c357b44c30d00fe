//! The dates of a search text: `2026-11-24`, `11/24/2026`, `24.11.2026`, `yesterday`, `last week`.
//! Each is a period, with the days where the user is.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

/// Longest text that can be a date.
const LONGEST: usize = 40;

/// First second of a period, and first second behind it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Period {
    pub(super) first: i64,
    pub(super) end: i64,
}

/// When and where the words are said.
#[derive(Clone, Debug)]
pub struct Today {
    /// In seconds since 1970.
    pub now: i64,
    pub zone: TimeZone,
}

impl Today {
    /// Reads a date, or a name of one.
    pub(super) fn period(&self, text: &str) -> Option<Period> {
        if text.len() > LONGEST {
            return None;
        }
        self.named(text)
            .or_else(|| self.day(text))
            .or_else(|| self.second(text))
    }

    /// `today`, `this week`, `lastmonth`. Weeks begin on Monday (ISO 8601).
    fn named(&self, text: &str) -> Option<Period> {
        let now = Timestamp::from_second(self.now).ok()?;
        let today = self.zone.to_datetime(now).date();
        let name: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '_'))
            .flat_map(char::to_lowercase)
            .collect();
        let monday = || {
            let days = today.weekday().to_monday_zero_offset();
            today.checked_sub(i64::from(days).days()).ok()
        };
        let (first, length, back): (Date, Span, bool) = match name.as_str() {
            "today" => (today, 1.day(), false),
            "yesterday" => (today, 1.day(), true),
            "thisweek" => (monday()?, 1.week(), false),
            "lastweek" => (monday()?, 1.week(), true),
            "thismonth" => (today.first_of_month(), 1.month(), false),
            "lastmonth" => (today.first_of_month(), 1.month(), true),
            "thisyear" => (today.first_of_year(), 1.year(), false),
            "lastyear" => (today.first_of_year(), 1.year(), true),
            _ => return None,
        };
        let first = if back {
            first.checked_sub(length).ok()?
        } else {
            first
        };
        self.days(first, length)
    }

    /// A day, a month or a year.
    fn day(&self, text: &str) -> Option<Period> {
        let separator = ['-', '/', '.'].into_iter().find(|c| text.contains(*c));
        let mut parts = match separator {
            Some(separator) => text.split(separator).map(str::trim).collect::<Vec<_>>(),
            None => vec![text.trim()],
        };
        // Americans write the month first and slashes, Germans the day first and full stops.
        match (separator, parts.as_slice()) {
            (Some('/'), [month, day, year]) if year.len() == 4 => parts = vec![year, month, day],
            (Some('.' | '-'), [day, month, year]) if year.len() == 4 => {
                parts = vec![year, month, day];
            }
            _ => {}
        }
        let number = |text: &str| -> Option<i16> {
            let plain = text.bytes().all(|octet| octet.is_ascii_digit());
            plain.then(|| text.parse().ok()).flatten()
        };
        let small = |text: &str| i8::try_from(number(text)?).ok();
        match parts.as_slice() {
            [year] if year.len() == 4 => self.days(date(number(year)?, 1, 1)?, 1.year()),
            [year, month] if year.len() == 4 => {
                self.days(date(number(year)?, small(month)?, 1)?, 1.month())
            }
            [year, month, day] if year.len() == 4 => {
                self.days(date(number(year)?, small(month)?, small(day)?)?, 1.day())
            }
            _ => None,
        }
    }

    /// `2026-11-24T10:00:00Z`; without `Z` where the user is.
    fn second(&self, text: &str) -> Option<Period> {
        let moment = match text.parse::<Timestamp>() {
            Ok(moment) => moment,
            Err(_) => {
                let local: DateTime = text.parse().ok()?;
                self.zone.to_timestamp(local).ok()?
            }
        };
        let first = moment.as_second();
        Some(Period {
            first,
            end: first.checked_add(1)?,
        })
    }

    fn days(&self, first: Date, length: Span) -> Option<Period> {
        let end = first.checked_add(length).ok()?;
        let midnight = |day: Date| {
            let moment = self.zone.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
            Some(moment.as_second())
        };
        Some(Period {
            first: midnight(first)?,
            end: midnight(end)?,
        })
    }
}

fn date(year: i16, month: i8, day: i8) -> Option<Date> {
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // A Tuesday, one hour before midnight in UTC, and tomorrow already where the user is.
        let now: Timestamp = "2026-11-24T23:00:00Z".parse().expect("a time");
        let today = Today {
            now: now.as_second(),
            zone: TimeZone::fixed(jiff::tz::offset(2)),
        };
        for (text, first, end) in [
            ("today", "2026-11-24T22:00Z", "2026-11-25T22:00Z"),
            ("Yesterday", "2026-11-23T22:00Z", "2026-11-24T22:00Z"),
            ("this week", "2026-11-22T22:00Z", "2026-11-29T22:00Z"),
            ("lastweek", "2026-11-15T22:00Z", "2026-11-22T22:00Z"),
            ("this month", "2026-10-31T22:00Z", "2026-11-30T22:00Z"),
            ("last month", "2026-09-30T22:00Z", "2026-10-31T22:00Z"),
            ("thisyear", "2025-12-31T22:00Z", "2026-12-31T22:00Z"),
            ("last year", "2024-12-31T22:00Z", "2025-12-31T22:00Z"),
            ("2026-02-28", "2026-02-27T22:00Z", "2026-02-28T22:00Z"),
            ("2026/2/28", "2026-02-27T22:00Z", "2026-02-28T22:00Z"),
            ("2/28/2026", "2026-02-27T22:00Z", "2026-02-28T22:00Z"),
            ("28.2.2026", "2026-02-27T22:00Z", "2026-02-28T22:00Z"),
            ("2026-02", "2026-01-31T22:00Z", "2026-02-28T22:00Z"),
            ("2026", "2025-12-31T22:00Z", "2026-12-31T22:00Z"),
            (
                "2026-02-28T10:00:00Z",
                "2026-02-28T10:00:00Z",
                "2026-02-28T10:00:01Z",
            ),
            (
                "2026-02-28T10:00:00",
                "2026-02-28T08:00:00Z",
                "2026-02-28T08:00:01Z",
            ),
        ] {
            let at = |text: &str| {
                let text = text
                    .replace("00Z", "00:00Z")
                    .replace(":00:00:00Z", ":00:00Z");
                text.parse::<Timestamp>().map(Timestamp::as_second).ok()
            };
            let period = today.period(text);
            assert_eq!(period.map(|period| period.first), at(first), "{text}");
            // The seconds of a moment are its own.
            if !end.ends_with("01Z") {
                assert_eq!(period.map(|period| period.end), at(end), "{text}");
            }
        }
        for text in [
            "",
            "tomorrow?",
            "2026-13-01",
            "2026-02-30",
            "31/31/2026",
            "1e9",
            "-5",
        ] {
            assert_eq!(today.period(text), None, "{text}");
        }
        let beyond = Today {
            now: i64::MAX,
            zone: TimeZone::UTC,
        };
        assert_eq!(beyond.period("today"), None);
    }
}
