//! When a passcode ends, as an operator writes it: `90d`, `12w`, `2027-01-31`, `never`.

use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// When a passcode ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expiry {
    Never,
    /// Seconds from now.
    After(i64),
    /// At the end of that day, UTC.
    EndOf(Date),
}

/// What is none of these.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("write 90d, 12w, a date like 2027-01-31, or never")]
pub struct NotExpiry;

/// A day that is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("that day is over already")]
pub struct Past;

const DAY: i64 = 24 * 3600;

impl Expiry {
    /// Seconds since 1970 UTC, or `None` for never.
    ///
    /// # Errors
    /// A day that is over at `now`.
    pub fn at(self, now: i64) -> Result<Option<i64>, Past> {
        let at = match self {
            Self::Never => return Ok(None),
            Self::After(seconds) => now.checked_add(seconds).ok_or(Past)?,
            Self::EndOf(date) => date
                .tomorrow()
                .and_then(|next| TimeZone::UTC.to_timestamp(next.to_datetime(Time::midnight())))
                .map_err(|_| Past)?
                .as_second(),
        };
        if at > now { Ok(Some(at)) } else { Err(Past) }
    }
}

impl FromStr for Expiry {
    type Err = NotExpiry;

    fn from_str(text: &str) -> Result<Self, NotExpiry> {
        if text == "never" {
            return Ok(Self::Never);
        }
        if let Ok(date) = text.parse::<Date>() {
            return Ok(Self::EndOf(date));
        }
        let (number, unit) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
            (Some(number), _) => (number, DAY),
            (_, Some(number)) => (number, 7 * DAY),
            _ => return Err(NotExpiry),
        };
        match number.parse::<u32>() {
            Ok(number @ 1..=36_500) => Ok(Self::After(i64::from(number) * unit)),
            _ => Err(NotExpiry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_it() {
        // 2026-11-03T12:00:00Z
        let now = 1_793_707_200;
        for (text, expected) in [
            ("never", Some(Ok(None))),
            ("90d", Some(Ok(Some(now + 90 * DAY)))),
            ("12w", Some(Ok(Some(now + 84 * DAY)))),
            ("2026-11-03", Some(Ok(Some(now + DAY / 2)))),
            ("2026-11-02", Some(Err(Past))),
            ("0d", None),
            ("-1d", None),
            ("99999999999d", None),
            ("soon", None),
            ("", None),
            ("2026-02-30", None),
        ] {
            let parsed = text.parse::<Expiry>().ok();
            assert_eq!(parsed.map(|expiry| expiry.at(now)), expected, "{text}");
        }
    }
}
