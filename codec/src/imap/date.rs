//! INTERNALDATE and back: `"17-Jul-1996 02:44:25 -0700"` (RFC 9051 9, `date-time`).
//!
//! Days are counted with the proleptic Gregorian calendar after Howard Hinnant's `days_from_civil`.

/// Seconds since 1970 of a `date-time` without its quotes. Tolerates a missing zone (read as UTC),
/// one-digit days without the space, and two-digit years, as old servers send.
pub(super) fn read_date_time(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let mut words = text.split_ascii_whitespace();
    let (date, time) = (words.next()?, words.next()?);
    let zone = words.next().map_or(Some(0), zone)?;
    let mut date = date.split('-');
    let day: i64 = number(date.next()?)?;
    let month = month(date.next()?)?;
    let year = match number(date.next()?)? {
        short @ 0..70 => short + 2000,
        short @ 70..100 => short + 1900,
        year => year,
    };
    let mut time = time.split(':');
    let (hour, minute) = (number(time.next()?)?, number(time.next()?)?);
    let second = time.next().map_or(Some(0), number)?;
    let fits = (1..=31).contains(&day)
        && (0..10_000).contains(&year)
        && hour < 24
        && minute < 60
        && second < 61;
    if !fits || date.next().is_some() || time.next().is_some() {
        return None;
    }
    Some(days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - zone)
}

/// `1-Feb-2026`.
pub(super) fn date(seconds: i64) -> Option<String> {
    let (year, month, day) = civil(seconds.div_euclid(DAY))?;
    let month = MONTHS.get(usize::try_from(month - 1).ok()?)?;
    Some(format!("{day}-{month}-{year:04}"))
}

/// `" 1-Feb-2026 10:00:00 +0000"` with its quotes.
pub(super) fn date_time(seconds: i64) -> Option<String> {
    let date = date(seconds)?;
    let second = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    Some(format!(
        "\"{date:>11} {hour:02}:{minute:02}:{second:02} +0000\""
    ))
}

const DAY: i64 = 86_400;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn month(name: &str) -> Option<i64> {
    let at = MONTHS
        .iter()
        .position(|month| month.eq_ignore_ascii_case(name))?;
    i64::try_from(at + 1).ok()
}

fn number(digits: &str) -> Option<i64> {
    let plain = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// `-0700` in seconds.
fn zone(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = match digits {
        "UT" | "UTC" | "GMT" | "Z" => 0,
        digits => number(digits)?,
    };
    Some(sign * (value / 100 * 3600 + value % 100 * 60))
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day since 1970; `None` outside the years 1 to 9999.
fn civil(days: i64) -> Option<(i64, i64, i64)> {
    if !(-719_162..2_932_897).contains(&days) {
        return None;
    }
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Some((year, month, day - (153 * shifted + 2) / 5 + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_dates() {
        for (text, seconds) in [
            ("17-Jul-1996 02:44:25 -0700", 837_596_665),
            (" 1-Jan-1970 00:00:00 +0000", 0),
            ("1-Jan-1970 01:00:00 +0100", 0),
            ("29-Feb-2024 12:00:00 +0530", 1_709_188_200),
            ("31-Dec-1969 23:59:59 +0000", -1),
            ("01-Feb-26 10:00:00", 1_769_940_000),
        ] {
            assert_eq!(read_date_time(text.as_bytes()), Some(seconds), "{text}");
        }
        for text in [
            "",
            "17-Jul-1996",
            "32-Jul-1996 00:00:00 +0000",
            "1-Foo-1996 00:00:00 +0000",
        ] {
            assert_eq!(read_date_time(text.as_bytes()), None, "{text}");
        }
        assert_eq!(date(1_769_940_000).as_deref(), Some("1-Feb-2026"));
        assert_eq!(date(i64::MAX), None);
        assert_eq!(date(i64::MIN), None);
    }

    proptest! {
        #[test]
        fn every_time_comes_back(seconds in -62_135_596_800_i64..253_402_300_800) {
            let text = date_time(seconds).unwrap();
            // Years below 100 read as short ones.
            prop_assume!(seconds > -59_000_000_000);
            prop_assert_eq!(read_date_time(text.trim_matches('"').as_bytes()), Some(seconds));
        }
    }
}
