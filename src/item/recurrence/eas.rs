//! RRULE to Recurrence and back ([MS-ASCAL] 2.2.2.37, REFERENCE.md 11.2.5).
//!
//! EAS knows six kinds of rules. What it cannot express is refused with the reason, never bent into
//! another rule: the caller sends single events, or the first one, and keeps the original text.

use airgate_codec::eas::{Moment, Recurrence};
use airgate_codec::vobject::Stamp;
use jiff::civil::{DateTime, Weekday};

use super::expand::Occurrences;
use super::rule::{DayRule, Frequency, Rule, Until};

/// Why EAS has no words for a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Inexpressible {
    #[error("more often than daily")]
    TooOften,
    #[error("another calendar than the Gregorian")]
    Foreign,
    #[error("a part EAS does not have")]
    Part,
    #[error("several days, months or times where EAS has one")]
    Several,
    #[error("an interval or a count beyond 999")]
    TooLarge,
    #[error("the start is not an instance of the rule")]
    Start,
}

/// EAS's largest Interval and Occurrences.
const MOST: u32 = 999;

/// A rule as EAS has it. `start` is the first instance in its own wall-clock time, `until` turns the
/// rule's end into UTC. The 29th to 31st, which a rule leaves out of shorter months and Exchange may
/// move to their end, are the nearest EAS has and go out as they are.
///
/// # Errors
/// Why it cannot be said.
pub fn to_eas(
    rule: &Rule,
    start: DateTime,
    until: impl FnOnce(&Until) -> Option<Moment>,
) -> Result<Recurrence, Inexpressible> {
    if rule.foreign {
        return Err(Inexpressible::Foreign);
    }
    // A time that only repeats the start's says nothing new.
    let own = |list: &[i8], value: i8| list.is_empty() || list == [value];
    let timed = own(&rule.by_hour, start.hour())
        && own(&rule.by_minute, start.minute())
        && own(&rule.by_second, start.second());
    if !timed || !rule.by_year_day.is_empty() || !rule.by_week_no.is_empty() {
        return Err(Inexpressible::Part);
    }
    if rule.frequency < Frequency::Daily {
        return Err(Inexpressible::TooOften);
    }
    // EAS has the first instance at the start, whatever the rule says.
    if Occurrences::new(rule, start, None).next() != Some(start) {
        return Err(Inexpressible::Start);
    }
    let mut recurrence = match rule.frequency {
        Frequency::Weekly => weekly(rule, start)?,
        Frequency::Monthly => monthly(rule, start, 2)?,
        Frequency::Yearly => yearly(rule, start)?,
        _ => daily(rule)?,
    };
    recurrence.interval = Some(small(rule.interval)?);
    recurrence.occurrences = rule.count.map(small).transpose()?;
    if recurrence.occurrences.is_none()
        && let Some(last) = &rule.until
    {
        recurrence.until = until(last);
    }
    if matches!(recurrence.kind, 2 | 3 | 5 | 6) {
        recurrence.calendar_type = Some(1);
    }
    if recurrence.kind == 1 {
        recurrence.first_day_of_week = u8::try_from(rule.week_start.to_sunday_zero_offset()).ok();
    }
    Ok(recurrence)
}

/// A phone's recurrence as a rule. `start` fills in what is left out, `until` turns UTC into the
/// event's own wall-clock time as UNTIL wants it.
///
/// # Errors
/// Another calendar, or a kind that does not exist.
pub fn from_eas(
    recurrence: &Recurrence,
    start: DateTime,
    until: impl FnOnce(Moment) -> Option<Stamp>,
) -> Result<Rule, Inexpressible> {
    let gregorian = matches!(recurrence.calendar_type, None | Some(0 | 1));
    if !gregorian || recurrence.is_leap_month == Some(true) {
        return Err(Inexpressible::Foreign);
    }
    let days = recurrence.day_of_week.map(weekdays).unwrap_or_default();
    let all = |days: &[Weekday]| -> Vec<DayRule> {
        let every = |&weekday: &Weekday| DayRule { nth: None, weekday };
        days.iter().map(every).collect()
    };
    let month = recurrence
        .month_of_year
        .and_then(|month| i8::try_from(month).ok())
        .filter(|month| (1..=12).contains(month))
        .unwrap_or_else(|| start.month());
    let mut rule = match recurrence.kind {
        // Days of the week in a daily rule make it a weekly one.
        0 if days.is_empty() => Rule::every(1, Frequency::Daily),
        0 | 1 => Rule {
            by_day: if days.is_empty() {
                all(&[start.weekday()])
            } else {
                all(&days)
            },
            ..Rule::every(1, Frequency::Weekly)
        },
        2 => Rule {
            by_month_day: day_of_month(recurrence, start),
            ..Rule::every(1, Frequency::Monthly)
        },
        3 => nth(recurrence, start, Rule::every(1, Frequency::Monthly)),
        5 => Rule {
            by_month: vec![month],
            by_month_day: day_of_month(recurrence, start),
            ..Rule::every(1, Frequency::Yearly)
        },
        6 => Rule {
            by_month: vec![month],
            ..nth(recurrence, start, Rule::every(1, Frequency::Yearly))
        },
        _ => return Err(Inexpressible::Part),
    };
    if rule.by_month_day.len() > 1 {
        // The 29th to 31st is the last day where a month is shorter.
        rule.by_set_pos = vec![-1];
    }
    rule.interval = recurrence.interval.unwrap_or(1).max(1).into();
    rule.count = recurrence
        .occurrences
        .filter(|&count| count > 0)
        .map(u32::from);
    if rule.count.is_none() {
        rule.until = recurrence.until.and_then(until).map(Until);
    }
    if let Some(first) = recurrence.first_day_of_week
        && let Ok(first) = i8::try_from(first)
        && let Ok(first) = Weekday::from_sunday_zero_offset(first)
        && rule.frequency == Frequency::Weekly
    {
        rule.week_start = first;
    } else if rule.frequency == Frequency::Weekly {
        // What EAS means where it cannot say it.
        rule.week_start = Weekday::Sunday;
    }
    Ok(rule)
}

fn daily(rule: &Rule) -> Result<Recurrence, Inexpressible> {
    let plain = rule.by_month.is_empty() && rule.by_month_day.is_empty();
    if !plain || !rule.by_set_pos.is_empty() {
        return Err(Inexpressible::Part);
    }
    if rule.by_day.is_empty() {
        return Ok(Recurrence::default());
    }
    if rule.interval > 1 {
        return Err(Inexpressible::Part);
    }
    // Every day that is one of these is every week on these.
    Ok(Recurrence {
        kind: 1,
        day_of_week: Some(mask(&rule.by_day)),
        ..Recurrence::default()
    })
}

fn weekly(rule: &Rule, start: DateTime) -> Result<Recurrence, Inexpressible> {
    let plain = rule.by_month.is_empty() && rule.by_month_day.is_empty();
    if !plain || !rule.by_set_pos.is_empty() {
        return Err(Inexpressible::Part);
    }
    let own = DayRule {
        nth: None,
        weekday: start.weekday(),
    };
    let days = if rule.by_day.is_empty() {
        mask(&[own])
    } else {
        mask(&rule.by_day)
    };
    Ok(Recurrence {
        kind: 1,
        day_of_week: Some(days),
        ..Recurrence::default()
    })
}

fn yearly(rule: &Rule, start: DateTime) -> Result<Recurrence, Inexpressible> {
    let month = match rule.by_month[..] {
        [] => start.month(),
        [month] => month,
        _ => return Err(Inexpressible::Several),
    };
    // Without a month a weekday's number counts in the year.
    if rule.by_month.is_empty() && !rule.by_day.is_empty() {
        return Err(Inexpressible::Part);
    }
    Ok(Recurrence {
        month_of_year: u8::try_from(month).ok(),
        ..monthly(rule, start, 5)?
    })
}

/// Kinds 2 and 3 in a month, 5 and 6 in a year.
fn monthly(rule: &Rule, start: DateTime, kind: u8) -> Result<Recurrence, Inexpressible> {
    if kind == 2 && !rule.by_month.is_empty() {
        return Err(Inexpressible::Part);
    }
    let on_day = |day: i8| Recurrence {
        kind,
        day_of_month: u8::try_from(day).ok(),
        ..Recurrence::default()
    };
    let on_nth = |week: u8, days: u8| Recurrence {
        kind: kind + 1,
        week_of_month: Some(week),
        day_of_week: Some(days),
        ..Recurrence::default()
    };
    match (
        &rule.by_month_day[..],
        &rule.by_day[..],
        &rule.by_set_pos[..],
    ) {
        ([], [], []) => Ok(on_day(start.day())),
        ([day @ 1..=31], [], [] | [1 | -1]) => Ok(on_day(*day)),
        // The last day of the month.
        ([-1], [], [] | [1 | -1]) => Ok(on_nth(5, 127)),
        ([28, rest @ ..], [], [-1]) if [&[29][..], &[29, 30], &[29, 30, 31]].contains(&rest) => {
            Ok(on_day(rest.last().copied().unwrap_or(28)))
        }
        ([], [day], [] | [1 | -1]) => {
            let nth = match day.nth {
                Some(nth @ 1..=4) => nth,
                Some(-1) => 5,
                Some(_) => return Err(Inexpressible::Part),
                // `BYDAY=TU;BYSETPOS=-1`
                None => match rule.by_set_pos[..] {
                    [1] => 1,
                    [-1] => 5,
                    _ => return Err(Inexpressible::Several),
                },
            };
            Ok(on_nth(u8::try_from(nth).unwrap_or(5), mask(&[*day])))
        }
        ([], days, [position]) if days.iter().all(|day| day.nth.is_none()) => {
            let week = match position {
                1..=4 => u8::try_from(*position).unwrap_or(1),
                -1 => 5,
                _ => return Err(Inexpressible::Part),
            };
            let days = mask(days);
            // EAS knows the nth of one weekday, of weekdays, of weekend days and of days.
            let known = days.count_ones() == 1 || matches!(days, 62 | 65 | 127);
            if known {
                Ok(on_nth(week, days))
            } else {
                Err(Inexpressible::Several)
            }
        }
        _ => Err(Inexpressible::Several),
    }
}

/// The nth weekday, or one of several days, of a month.
fn nth(recurrence: &Recurrence, start: DateTime, rule: Rule) -> Rule {
    let week = recurrence
        .week_of_month
        .filter(|week| (1..=5).contains(week));
    let position = match week {
        Some(5) => -1,
        Some(week) => i8::try_from(week).unwrap_or(1),
        None if start.day() > 28 => -1,
        None => (start.day() - 1) / 7 + 1,
    };
    let days = recurrence.day_of_week.map(weekdays).unwrap_or_default();
    match days[..] {
        [] => Rule {
            by_day: vec![DayRule {
                nth: Some(position),
                weekday: start.weekday(),
            }],
            ..rule
        },
        [weekday] => Rule {
            by_day: vec![DayRule {
                nth: Some(position),
                weekday,
            }],
            ..rule
        },
        [_, _, _, _, _, _, _] => Rule {
            by_month_day: vec![position],
            ..rule
        },
        _ => Rule {
            by_day: days
                .iter()
                .map(|&weekday| DayRule { nth: None, weekday })
                .collect(),
            by_set_pos: vec![position.into()],
            ..rule
        },
    }
}

fn day_of_month(recurrence: &Recurrence, start: DateTime) -> Vec<i8> {
    let day = recurrence
        .day_of_month
        .and_then(|day| i8::try_from(day).ok())
        .filter(|day| (1..=31).contains(day))
        .unwrap_or_else(|| start.day());
    match day {
        29.. => (28..=day).collect(),
        day => vec![day],
    }
}

fn mask(days: &[DayRule]) -> u8 {
    days.iter()
        .map(|day| 1u8 << day.weekday.to_sunday_zero_offset())
        .fold(0, |mask, bit| mask | bit)
}

fn weekdays(mask: u8) -> Vec<Weekday> {
    Weekday::Sunday
        .cycle_forward()
        .take(7)
        .filter(|day| mask & (1 << day.to_sunday_zero_offset()) != 0)
        .collect()
}

fn small(number: u32) -> Result<u16, Inexpressible> {
    if number > MOST {
        return Err(Inexpressible::TooLarge);
    }
    u16::try_from(number).map_err(|_| Inexpressible::TooLarge)
}
