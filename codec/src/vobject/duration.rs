//! Durations and offsets from UTC (RFC 5545 3.3.6, 3.3.14), in seconds.

/// Longer than any event or alarm: 100 years.
const MAX: i64 = 100 * 366 * 86_400;

/// `-P1DT2H30M`, `P2W`; also `P1W2D`, which some write. Nothing where it is none, or longer than a
/// century (T21).
pub fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut rest = text.strip_prefix(['P', 'p'])?;
    if rest.is_empty() {
        return None;
    }
    let mut seconds: i64 = 0;
    let mut time = false;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(['T', 't']) {
            time = true;
            rest = behind;
            continue;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let number: i64 = number.parse().ok()?;
        let mut characters = unit.chars();
        let factor = match (characters.next()?.to_ascii_uppercase(), time) {
            ('W', false) => 7 * 86_400,
            ('D', false) => 86_400,
            ('H', true) => 3600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(factor)?)?;
        if seconds > MAX {
            return None;
        }
        rest = characters.as_str();
    }
    Some(sign * seconds)
}

/// `+0100`, `-023000`: seconds east of UTC. Nothing beyond a day (T21: 99:99).
pub fn parse_offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits: String = digits.chars().filter(|&c| c != ':').collect();
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let number = if digits.len() == 4 {
        number * 100
    } else {
        number
    };
    let (hours, minutes, seconds) = (number / 10_000, number / 100 % 100, number % 100);
    (hours < 24 && minutes < 60 && seconds < 60)
        .then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t21_durations_at_their_borders() {
        for (text, seconds) in [
            ("PT15M", Some(900)),
            ("-PT15M", Some(-900)),
            ("+P1W", Some(604_800)),
            ("P1DT2H3M4S", Some(93_784)),
            ("PT0S", Some(0)),
            ("P", None),
            ("PT", Some(0)),
            ("P1M", None),
            ("PT1D", None),
            ("15M", None),
            ("PT99999999999999999999S", None),
            ("P9999999999W", None),
            ("-P36500D", Some(-3_153_600_000)),
            ("PT1", None),
        ] {
            assert_eq!(parse_duration(text), seconds, "{text}");
        }
    }

    #[test]
    fn t21_offsets_at_their_borders() {
        for (text, seconds) in [
            ("+0100", Some(3600)),
            ("-0330", Some(-12_600)),
            ("+054520", Some(20_720)),
            ("+05:45", Some(20_700)),
            ("0000", Some(0)),
            ("+9999", None),
            ("+2360", None),
            ("+2359", Some(86_340)),
            ("+1", None),
            ("Z", None),
        ] {
            assert_eq!(parse_offset(text), seconds, "{text}");
        }
    }
}
