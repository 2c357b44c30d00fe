//! The nearest to a series that EAS has no words for: a rule it has, that begins whenever the series
//! does and at times more, with those taken out as deleted occurrences, for some time to come.
//!
//! The fact one would not guess: only rules that say more than the series are taken, never one that is
//! moved about. So an occurrence is called by its own time here too, and what a phone says of one is
//! said of the stored one, however long ago it was told of the series.

use airgate_codec::eas::Recurrence;
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use crate::item::recurrence::{Occurrences, from_eas};

/// A series as a phone is told of it.
#[derive(Clone, Debug)]
pub(super) struct Near {
    /// Without its end, which is the last occurrence.
    pub(super) recurrence: Recurrence,
    /// The occurrences that are shown, in order.
    pub(super) shown: Vec<DateTime>,
    /// When the rule would begin, and the series does not.
    pub(super) skipped: Vec<DateTime>,
}

/// Occurrences that are shown. With those taken out no phone is told of more than the 256 exceptions
/// that [MS-ASCAL] 2.2.2.21 has.
const MAX_SHOWN: usize = 250;
/// Occurrences taken out.
const MAX_SKIPPED: usize = 200;

/// The nearest series for occurrences in wall-clock time, which are in order and not twice there.
/// Nothing for fewer than two: those are no series.
pub(super) fn near(all: &[DateTime]) -> Option<Near> {
    // A rule has one time of the day: the one most occurrences have, the earliest of several.
    let of_time = |at: &DateTime| all.iter().filter(|other| other.time() == at.time()).count();
    let most = all.iter().map(of_time).max()?;
    let time = all.iter().find(|at| of_time(at) == most)?.time();
    let mut shown: Vec<DateTime> = all
        .iter()
        .copied()
        .filter(|at| at.time() == time)
        .take(MAX_SHOWN)
        .collect();
    while shown.len() > 1 {
        let covers = candidates(&shown)
            .into_iter()
            .filter_map(|recurrence| cover(recurrence, &shown));
        if let Some(best) = covers.min_by_key(|near| near.skipped.len()) {
            return Some(best);
        }
        // Fewer of them have fewer between them.
        shown.truncate((shown.len() * 9 / 10).min(shown.len() - 1));
    }
    None
}

/// The rule, if it has all of them and not too many others.
fn cover(recurrence: Recurrence, shown: &[DateTime]) -> Option<Near> {
    let (first, last) = (*shown.first()?, *shown.last()?);
    let rule = from_eas(&recurrence, first, |_| None).ok()?;
    let mut skipped = Vec::new();
    let mut wanted = shown.iter().peekable();
    for at in Occurrences::new(&rule, first, Some(last)) {
        if wanted.next_if(|next| **next == at).is_none() {
            skipped.push(at);
        }
        if skipped.len() > MAX_SKIPPED {
            return None;
        }
    }
    wanted.peek().is_none().then(|| Near {
        recurrence,
        shown: shown.to_vec(),
        skipped,
    })
}

/// Rules that may have all of these dates.
fn candidates(shown: &[DateTime]) -> Vec<Recurrence> {
    let dates: Vec<Date> = shown.iter().map(|at| at.date()).collect();
    let Some(first) = dates.first().copied() else {
        return Vec::new();
    };
    let day = |date: &Date| date.duration_since(first).as_hours() / 24;
    // Weeks begin on Sunday: before 14.1 nothing says otherwise.
    let offset = i64::from(first.weekday().to_sunday_zero_offset());
    let week = |date: &Date| (day(date) + offset) / 7;
    let month = |date: &Date| i64::from(date.year()) * 12 + i64::from(date.month());
    let weekdays = dates.iter().fold(0, |mask, date| {
        mask | 1u8 << date.weekday().to_sunday_zero_offset()
    });
    let mut rules = Vec::new();
    let mut add = |steps: Vec<i64>, rule: Recurrence| {
        let interval = steps
            .windows(2)
            .map(|pair| match pair {
                [one, other] => other - one,
                _ => 0,
            })
            .fold(0, divisor);
        // Dates of one day, week or month alone have no step.
        let interval = u16::try_from(interval.max(1)).ok().filter(|n| *n < 1000);
        if interval.is_some() {
            rules.push(Recurrence { interval, ..rule });
        }
    };
    let months: Vec<i64> = dates.iter().map(month).collect();
    let same = |of: &dyn Fn(&Date) -> i8| dates.iter().all(|date| of(date) == of(&first));
    if same(&|date| date.day()) && first.day() <= 28 {
        let rule = Recurrence {
            kind: 2,
            day_of_month: u8::try_from(first.day()).ok(),
            calendar_type: Some(1),
            ..Recurrence::default()
        };
        add(months.clone(), rule);
    }
    if weekdays.count_ones() == 1 {
        let nth = |date: &Date| (date.day() - 1) / 7 + 1;
        let is_last = |date: &Date| i8::from(date.day() + 7 > date.days_in_month());
        let week_of_month = if same(&nth) && nth(&first) < 5 {
            u8::try_from(nth(&first)).ok()
        } else {
            (same(&is_last) && is_last(&first) == 1).then_some(5)
        };
        let rule = Recurrence {
            kind: 3,
            week_of_month,
            day_of_week: Some(weekdays),
            calendar_type: Some(1),
            ..Recurrence::default()
        };
        if week_of_month.is_some() {
            add(months, rule);
        }
    }
    let weekly = Recurrence {
        kind: 1,
        day_of_week: Some(weekdays),
        first_day_of_week: Some(0),
        ..Recurrence::default()
    };
    add(dates.iter().map(week).collect(), weekly);
    add(dates.iter().map(day).collect(), Recurrence::default());
    rules
}

/// The greatest common divisor.
const fn divisor(mut one: i64, mut other: i64) -> i64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The time for which a series is told so: from the beginning of the month some time ago, so that a
/// phone is not told of it anew all the time.
pub(super) fn window(now: Timestamp) -> (DateTime, DateTime) {
    let month = jiff::tz::TimeZone::UTC
        .to_datetime(now)
        .date()
        .first_of_month();
    let from = month.saturating_sub(jiff::Span::new().months(1));
    let to = month.saturating_add(jiff::Span::new().years(2));
    (from.into(), to.into())
}

/// When a series that goes on after its last occurrence told is to be told again: half-way there, so a
/// phone always has some, and is told of a long one once a year.
pub(super) fn renew(now: Timestamp, last: Timestamp) -> Timestamp {
    const NOT_OFTENER: SignedDuration = SignedDuration::from_hours(24);
    let half = SignedDuration::from_secs(last.duration_since(now).as_secs() / 2);
    now.checked_add(half.max(NOT_OFTENER)).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use airgate_codec::vobject::Stamp;

    use super::*;
    use crate::item::recurrence::Rule;
    use crate::item::stamp::civil;

    fn shown(rule: &str) -> Option<Near> {
        let start = civil(Stamp::parse("20260105T090000").expect("a stamp"));
        let rule = Rule::parse(rule).expect("a rule");
        let end = civil(Stamp::parse("20280105T090000").expect("a stamp"));
        let all: Vec<DateTime> = Occurrences::new(&rule, start, None)
            .take_while(|at| *at < end)
            .collect();
        let near = near(&all)?;
        // Never one that is not there, never one left out before the last.
        let times: Vec<&DateTime> = all
            .iter()
            .filter(|at| at.time() == near.shown[0].time())
            .collect();
        assert!(
            near.shown
                .iter()
                .zip(&times)
                .all(|(one, other)| one == *other)
        );
        assert!(near.skipped.len() <= MAX_SKIPPED);
        Some(near)
    }

    #[test]
    fn the_nearest_rule_says_no_less_and_little_more() {
        for (rule, kind, interval, all, skipped) in [
            ("FREQ=MONTHLY;BYDAY=1MO,3MO", 1, 1, 49, 56),
            ("FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=5", 2, 6, 4, 0),
            ("FREQ=YEARLY;BYMONTH=1,4;BYMONTHDAY=5", 2, 3, 4, 2),
            ("FREQ=YEARLY;BYMONTH=3,9;BYDAY=1SU", 3, 6, 4, 0),
            ("FREQ=YEARLY;BYMONTH=3,9;BYDAY=-1FR", 3, 6, 4, 0),
            ("FREQ=DAILY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", 0, 2, 250, 99),
            ("FREQ=WEEKLY;BYMONTH=1,2;BYDAY=MO,WE", 1, 1, 33, 176),
            ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", 2, 1, 4, 15),
        ] {
            let near = shown(rule).expect(rule);
            let told = (near.recurrence.kind, near.recurrence.interval);
            assert_eq!(told, (kind, Some(interval)), "{rule}");
            assert_eq!(
                (near.shown.len(), near.skipped.len()),
                (all, skipped),
                "{rule}"
            );
        }
        // Too many lie between: the first months of it.
        let near = shown("FREQ=MONTHLY;BYMONTHDAY=1,15").expect("some of it");
        assert!(near.shown.len() > 10, "{near:?}");
        let near = shown("FREQ=DAILY;BYHOUR=9,15").expect("one of its times");
        assert_eq!((near.shown.len(), near.skipped.len()), (MAX_SHOWN, 0));
        assert!(shown("FREQ=YEARLY;BYMONTH=5;COUNT=1").is_none());
    }
}
