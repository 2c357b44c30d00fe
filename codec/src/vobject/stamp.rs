//! Dates and times as calendars write them (RFC 5545 3.3.4, 3.3.5).

use std::fmt;

/// A date in the Gregorian calendar that exists.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CivilDate {
    /// 1 to 9999.
    pub year: i16,
    pub month: i8,
    pub day: i8,
}

/// A time of day that exists. A leap second is the second before it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CivilTime {
    pub hour: i8,
    pub minute: i8,
    pub second: i8,
}

/// The value of DTSTART and the like. Which zone a local one is in stands in a parameter.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Stamp {
    Date(CivilDate),
    /// Wall-clock time, in the zone of TZID or in the reader's own.
    Local(CivilDate, CivilTime),
    Utc(CivilDate, CivilTime),
}

impl Stamp {
    /// `20260131`, `20260131T090500`, `20260131T090500Z`; also with separators, as some write.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text
            .trim()
            .chars()
            .filter(|c| !matches!(c, '-' | ':'))
            .collect();
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text.as_str(), None),
        };
        let date = CivilDate::parse(date)?;
        let Some(time) = time else {
            return Some(Self::Date(date));
        };
        match time.strip_suffix(['Z', 'z']) {
            Some(time) => Some(Self::Utc(date, CivilTime::parse(time)?)),
            None => Some(Self::Local(date, CivilTime::parse(time)?)),
        }
    }

    /// The date it names.
    pub const fn date(&self) -> CivilDate {
        match self {
            Self::Date(date) | Self::Local(date, _) | Self::Utc(date, _) => *date,
        }
    }

    /// The time of day, if it names one.
    pub const fn time(&self) -> Option<CivilTime> {
        match self {
            Self::Date(_) => None,
            Self::Local(_, time) | Self::Utc(_, time) => Some(*time),
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        write!(
            formatter,
            "{:04}{:02}{:02}",
            date.year, date.month, date.day
        )?;
        if let Some(time) = self.time() {
            let (hour, minute, second) = (time.hour, time.minute, time.second);
            write!(formatter, "T{hour:02}{minute:02}{second:02}")?;
        }
        if matches!(self, Self::Utc(..)) {
            formatter.write_str("Z")?;
        }
        Ok(())
    }
}

impl CivilDate {
    fn parse(text: &str) -> Option<Self> {
        if text.len() != 8 {
            return None;
        }
        let date = Self {
            year: digits(text, 0, 4)?,
            month: digits(text, 4, 2)?.try_into().ok()?,
            day: digits(text, 6, 2)?.try_into().ok()?,
        };
        let leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
        let days = match date.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (date.year > 0 && (1..=days).contains(&date.day)).then_some(date)
    }
}

impl CivilTime {
    fn parse(text: &str) -> Option<Self> {
        let hour = digits(text, 0, 2)?;
        let minute = digits(text, 2, 2)?;
        let second = match text.len() {
            4 => 0,
            6 => digits(text, 4, 2)?,
            _ => return None,
        };
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        Some(Self {
            hour: hour.try_into().ok()?,
            minute: minute.try_into().ok()?,
            second: second.min(59).try_into().ok()?,
        })
    }
}

fn digits(text: &str, from: usize, count: usize) -> Option<i16> {
    let digits = text.get(from..from + count)?;
    digits
        .bytes()
        .all(|octet| octet.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t21_stamps_at_their_borders() {
        for text in [
            "20260131",
            "20260131T090500",
            "20260131T090500Z",
            "00010101",
            "99991231T235959Z",
            "20240229",
        ] {
            assert_eq!(
                Stamp::parse(text).map(|s| s.to_string()).as_deref(),
                Some(text)
            );
        }
        let leap = Stamp::parse("20161231T235960Z").map(|stamp| stamp.to_string());
        assert_eq!(leap.as_deref(), Some("20161231T235959Z"));
        for (text, same) in [
            ("2026-01-31", "20260131"),
            ("2026-01-31T09:05:00Z", "20260131T090500Z"),
            ("20260131t0905", "20260131T090500"),
        ] {
            assert_eq!(
                Stamp::parse(text).map(|s| s.to_string()).as_deref(),
                Some(same)
            );
        }
        for text in [
            "",
            "T",
            "00000101",
            "20251301",
            "20250229",
            "20250100",
            "20250101T240000",
            "20250101T2360",
            "20250101TZ",
            "100000101",
            "２０２５0101",
            "2025010",
            "20250101T1",
        ] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
    }
}
