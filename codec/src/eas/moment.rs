//! Points in time as EAS writes them: with separators and milliseconds, or compact ([MS-ASDTYPE] 2.7).
//!
//! Which form goes where is fixed by the element; on input both are taken everywhere, since phones
//! mix them.

/// A moment, in milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Moment(pub i64);

const MILLIS_PER_DAY: i64 = 86_400_000;
/// 0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what four digits of a year can say.
const EARLIEST: i64 = -62_135_596_800_000;
const LATEST: i64 = 253_402_300_799_999;

impl Moment {
    /// Reads `2026-01-31T09:05:00.000Z`, `20260131T090500Z` and what lies between: the fraction, the
    /// Z and the whole time may be missing, an offset such as `+01:00` is applied.
    pub fn parse(text: &str) -> Option<Self> {
        let mut scan = Scan(text.trim().as_bytes());
        let year = scan.digits(4)?;
        let separated = scan.byte(b'-');
        let month = scan.digits(2)?;
        if separated && !scan.byte(b'-') {
            return None;
        }
        let day = scan.digits(2)?;
        if year == 0 || !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
            return None;
        }
        let date = days_from_civil(year, month, day) * MILLIS_PER_DAY;
        if scan.0.is_empty() {
            return Some(Self(date));
        }
        if !scan.byte(b'T') && !scan.byte(b't') && !scan.byte(b' ') {
            return None;
        }
        let hour = scan.digits(2)?;
        let separated = scan.byte(b':');
        let minute = scan.digits(2)?;
        let seconds_follow = if separated {
            scan.byte(b':')
        } else {
            scan.0.first().is_some_and(u8::is_ascii_digit)
        };
        let second = if seconds_follow { scan.digits(2)? } else { 0 };
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let millis = scan.fraction()?;
        let offset = scan.offset()?;
        if !scan.0.is_empty() {
            return None;
        }
        let time = ((hour * 60 + minute) * 60 + second.min(59)) * 1000 + millis;
        Some(Self(date + time - offset * 60_000))
    }

    /// The form with separators and milliseconds: mail, tasks, contacts, settings.
    pub fn to_separated(self) -> String {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
            milli,
        } = self.civil();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }

    /// The compact form without milliseconds: calendar, InstanceId, notes, proposed times.
    pub fn to_compact(self) -> String {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self.civil();
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    fn civil(self) -> Civil {
        let millis = self.0.clamp(EARLIEST, LATEST);
        let (days, rest) = (
            millis.div_euclid(MILLIS_PER_DAY),
            millis.rem_euclid(MILLIS_PER_DAY),
        );
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            hour: rest / 3_600_000,
            minute: rest / 60_000 % 60,
            second: rest / 1000 % 60,
            milli: rest % 1000,
        }
    }
}

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    milli: i64,
}

struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        head.iter().try_fold(0, |value, byte| {
            byte.is_ascii_digit()
                .then(|| value * 10 + i64::from(byte - b'0'))
        })
    }

    fn byte(&mut self, wanted: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == wanted => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// `.` and any number of digits, in milliseconds; 0 where there is none.
    fn fraction(&mut self) -> Option<i64> {
        if !self.byte(b'.') && !self.byte(b',') {
            return Some(0);
        }
        let count = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        let millis = (0..3).fold(0, |value, at| {
            value * 10 + digits.get(at).map_or(0, |byte| i64::from(byte - b'0'))
        });
        (count > 0).then_some(millis)
    }

    /// `Z`, nothing, or an offset in minutes east of UTC.
    fn offset(&mut self) -> Option<i64> {
        if self.0.is_empty() || self.byte(b'Z') || self.byte(b'z') {
            return Some(0);
        }
        let sign = if self.byte(b'+') {
            1
        } else if self.byte(b'-') {
            -1
        } else {
            return None;
        };
        let hours = self.digits(2)?;
        self.byte(b':');
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.digits(2)?
        };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    }
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the Gregorian calendar. Years start in March here, so that
/// the leap day comes last.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms_and_their_relaxations_are_read() {
        let nine = Moment(1_769_850_300_000);
        for text in [
            "2026-01-31T09:05:00.000Z",
            "2026-01-31T09:05:00Z",
            "2026-01-31T09:05Z",
            "2026-01-31T09:05:00",
            "2026-01-31T10:05:00+01:00",
            "2026-01-31T04:05:00.0000000-0500",
            "20260131T090500Z",
            "20260131T090500.000Z",
            "20260131T0905Z",
            "  20260131T090500Z ",
        ] {
            assert_eq!(Moment::parse(text), Some(nine), "{text}");
        }
        assert_eq!(nine.to_separated(), "2026-01-31T09:05:00.000Z");
        assert_eq!(nine.to_compact(), "20260131T090500Z");
        assert_eq!(Moment::parse("1970-01-01"), Some(Moment(0)));
        assert_eq!(Moment::parse("1970-01-01T00:00:00.5Z"), Some(Moment(500)));
        assert_eq!(Moment::parse("2024-02-29"), Moment::parse("20240229"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2025-02-29",
            "0000-01-01",
            "20260131T250000Z",
            "20260131T090500X",
            "2026-01-31T09:05:00.Z",
            "2026-0131",
            "+026-01-31",
            "20260131T",
            "2026-01-31T09:05:00+1",
            "２０２６-01-31",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_moment_survives(millis in EARLIEST..=LATEST) {
            let moment = Moment(millis);
            prop_assert_eq!(Moment::parse(&moment.to_separated()), Some(moment));
            let whole = Moment(millis.div_euclid(1000) * 1000);
            prop_assert_eq!(Moment::parse(&moment.to_compact()), Some(whole));
        }

        #[test]
        fn any_text_ends_in_a_moment_or_nothing(text in ".{0,40}") {
            let _ = Moment::parse(&text);
        }
    }
}
