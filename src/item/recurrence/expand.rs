//! The instances of a rule, one after the other and only as many as are asked for (T18).
//!
//! Where RFC 5545 leaves room this follows python-dateutil, against which it is tested: the start is
//! an instance only if the rule says so, and a day that does not exist is left out.

use std::collections::VecDeque;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Span, ToSpan as _};

use super::rule::{Frequency, Rule};

/// Instances of a rule in order, in wall-clock time. It ends with the rule, or when finding the
/// next one would take too long: then [`Occurrences::gave_up`].
#[derive(Debug)]
pub struct Occurrences<'r> {
    rule: &'r Rule,
    start: DateTime,
    until: Option<DateTime>,
    /// Earlier ones are not given out.
    from: DateTime,
    days: Days,
    /// Of the period looked at last, not given out yet.
    found: VecDeque<DateTime>,
    /// Periods of the rule's unit since the start's.
    period: i64,
    given: u32,
    work: u64,
    ended: bool,
    gave_up: bool,
}

/// Steps until an instance must have been found: days looked at, instances made. Weekdays and leap
/// years repeat after 28 years or 10,227 days; a rule that found nothing in five times that is empty
/// or a bomb.
const MAX_WORK: u64 = 50_000;
/// Instances of one period kept before BYSETPOS picks: SECONDLY values of a whole year would be 31
/// million.
const MAX_PER_PERIOD: usize = 20_000;
/// Instances counted before the first that is wanted: a daily rule of ten years.
const MAX_COUNTED: u32 = 4000;
/// Nothing happens later: calendars of phones end long before.
const LAST_YEAR: i16 = 4500;

/// The days on which a rule may have instances, its defaults filled in from the start.
#[derive(Debug)]
struct Days {
    by_month: Vec<i8>,
    by_month_day: Vec<i8>,
    weekdays: Vec<Weekday>,
    nth_weekdays: Vec<(i8, Weekday)>,
    hours: Vec<i8>,
    minutes: Vec<i8>,
    seconds: Vec<i8>,
}

impl<'r> Occurrences<'r> {
    /// The instances of a rule that begins at `start`. `until` is the rule's own, in the same
    /// wall-clock time.
    pub fn new(rule: &'r Rule, start: DateTime, until: Option<DateTime>) -> Self {
        Self {
            rule,
            start,
            until,
            from: start,
            days: Days::of(rule, start),
            found: VecDeque::new(),
            period: 0,
            given: 0,
            work: 0,
            ended: rule.foreign || rule.count == Some(0),
            gave_up: false,
        }
    }

    /// The instances from a moment on, without a look at all the years before it. Those of a rule that
    /// has a COUNT are counted from its start, as far as that takes no long time.
    pub fn since(rule: &'r Rule, start: DateTime, until: Option<DateTime>, from: DateTime) -> Self {
        let mut all = Self::new(rule, start, until);
        all.from = from.max(start);
        if rule.count.is_none() {
            all.pass_over(from);
        }
        all
    }

    /// Goes on with a period of the rule that begins before a moment, or with the first.
    fn pass_over(&mut self, from: DateTime) {
        let (start, interval) = (self.start, i64::from(self.rule.interval.max(1)));
        let days = seconds_between(start, from).div_euclid(86_400);
        let periods = match self.rule.frequency {
            Frequency::Yearly => i64::from(from.year()) - i64::from(start.year()),
            Frequency::Monthly => {
                (i64::from(from.year()) - i64::from(start.year())) * 12 + i64::from(from.month())
                    - i64::from(start.month())
            }
            Frequency::Weekly => days / 7,
            Frequency::Daily => days,
            Frequency::Hourly => seconds_between(start, from) / 3600,
            Frequency::Minutely => seconds_between(start, from) / 60,
            Frequency::Secondly => seconds_between(start, from),
        };
        // One before: where in its period the start is makes up to one.
        let steps = (periods / interval - 1).max(0);
        self.period = steps.saturating_mul(interval);
    }

    /// Whether it ended because finding the next instance took too long.
    pub const fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// Looks at the next period. False when there is none.
    fn advance(&mut self) -> bool {
        let Some(period) = self.period_start() else {
            return false;
        };
        if period.year() > LAST_YEAR || self.until.is_some_and(|until| period > until) {
            return false;
        }
        let mut instances = Vec::new();
        if self.rule.frequency >= Frequency::Daily {
            self.daily(period, &mut instances);
            let interval = i64::from(self.rule.interval);
            self.period = self
                .period
                .saturating_add(match self.days_to_meant(period.date()) {
                    Some(days) => ceiling(days, interval).saturating_mul(interval),
                    None => interval,
                });
        } else {
            self.within_day(period, &mut instances);
        }
        instances.sort_unstable();
        instances.dedup();
        self.found.extend(self.picked(&instances));
        true
    }

    /// A daily rule in a month that is not meant: the days until the next one.
    fn days_to_meant(&self, date: Date) -> Option<i64> {
        let meant = self.days.by_month.is_empty() || self.days.by_month.contains(&date.month());
        (self.rule.frequency == Frequency::Daily && !meant)
            .then(|| i64::from(date.days_in_month() - date.day()) + 1)
    }

    /// BYSETPOS.
    fn picked(&self, instances: &[DateTime]) -> Vec<DateTime> {
        if self.rule.by_set_pos.is_empty() {
            return instances.to_vec();
        }
        let mut picked: Vec<DateTime> = self
            .rule
            .by_set_pos
            .iter()
            .filter_map(|&position| {
                let position = isize::from(position);
                let index = if position > 0 {
                    position - 1
                } else {
                    isize::try_from(instances.len()).ok()? + position
                };
                instances.get(usize::try_from(index).ok()?).copied()
            })
            .collect();
        picked.sort_unstable();
        picked.dedup();
        picked
    }

    /// Where the present period begins. The first may begin before the start.
    fn period_start(&self) -> Option<DateTime> {
        let first = match self.rule.frequency {
            Frequency::Yearly => {
                let year = i64::from(self.start.year()).checked_add(self.period)?;
                return Some(Date::new(i16::try_from(year).ok()?, 1, 1).ok()?.into());
            }
            Frequency::Monthly => {
                let month = i64::from(self.start.month()) - 1 + self.period;
                let year = i64::from(self.start.year()).checked_add(month.div_euclid(12))?;
                let month = i8::try_from(month.rem_euclid(12) + 1).ok()?;
                return Some(Date::new(i16::try_from(year).ok()?, month, 1).ok()?.into());
            }
            Frequency::Weekly => {
                let back = self.start.weekday().since(self.rule.week_start);
                // The week of the year 1's first day began before it: there is no such date.
                self.start.date().checked_sub(i64::from(back).days()).ok()?
            }
            _ => self.start.date(),
        };
        let span = match self.rule.frequency {
            Frequency::Weekly => Span::new().try_weeks(self.period).ok()?,
            Frequency::Daily => Span::new().try_days(self.period).ok()?,
            Frequency::Hourly => Span::new().try_hours(self.period).ok()?,
            Frequency::Minutely => Span::new().try_minutes(self.period).ok()?,
            _ => Span::new().try_seconds(self.period).ok()?,
        };
        let base = match self.rule.frequency {
            Frequency::Hourly => first.at(self.start.hour(), 0, 0, 0),
            Frequency::Minutely => first.at(self.start.hour(), self.start.minute(), 0, 0),
            Frequency::Secondly => self.start,
            _ => first.into(),
        };
        base.checked_add(span).ok()
    }

    /// A period of whole days.
    fn daily(&mut self, period: DateTime, instances: &mut Vec<DateTime>) {
        let first = period.date();
        let length: i64 = match self.rule.frequency {
            Frequency::Yearly => first.days_in_year().into(),
            Frequency::Monthly => first.days_in_month().into(),
            Frequency::Weekly => 7,
            _ => 1,
        };
        let mut day = Some(first);
        let mut left = length;
        while let Some(date) = day.filter(|_| left > 0) {
            self.work += 1;
            // A month that is not meant is passed over at once.
            if !self.days.by_month.is_empty() && !self.days.by_month.contains(&date.month()) {
                let rest = i64::from(date.days_in_month() - date.day()) + 1;
                left -= rest;
                day = date.checked_add(rest.days()).ok();
                continue;
            }
            if self.is_meant(date) {
                for time in self.times() {
                    if instances.len() < MAX_PER_PERIOD {
                        instances.push(date.to_datetime(time));
                    }
                    self.work += 1;
                }
            }
            left -= 1;
            day = date.tomorrow().ok();
        }
    }

    fn times(&self) -> Vec<Time> {
        let mut times = Vec::new();
        for &hour in &self.days.hours {
            for &minute in &self.days.minutes {
                for &second in &self.days.seconds {
                    times.extend(Time::new(hour, minute, second.min(59), 0).ok());
                }
            }
        }
        times
    }

    /// A period of an hour, a minute or a second. Where the day, the hour or the minute is not
    /// meant, the next period is the first one after it.
    fn within_day(&mut self, period: DateTime, instances: &mut Vec<DateTime>) {
        self.work += 1;
        let frequency = self.rule.frequency;
        let meant = |list: &[i8], value: i8| list.is_empty() || list.contains(&value);
        let next = if !self.is_meant(period.date()) {
            period.date().tomorrow().ok().map(DateTime::from)
        } else if !meant(&self.rule.by_hour, period.hour()) {
            period
                .date()
                .at(period.hour(), 0, 0, 0)
                .checked_add(1.hour())
                .ok()
        } else if frequency < Frequency::Hourly && !meant(&self.rule.by_minute, period.minute()) {
            period
                .date()
                .at(period.hour(), period.minute(), 0, 0)
                .checked_add(1.minute())
                .ok()
        } else {
            let here = |list: &[i8], value: i8, own: bool| {
                if own { vec![value] } else { list.to_vec() }
            };
            let minutes = here(
                &self.days.minutes,
                period.minute(),
                frequency < Frequency::Hourly,
            );
            let seconds = here(
                &self.days.seconds,
                period.second(),
                frequency == Frequency::Secondly,
            );
            let whole =
                frequency != Frequency::Secondly || meant(&self.rule.by_second, period.second());
            for minute in minutes {
                for &second in seconds.iter().filter(|_| whole) {
                    let time = Time::new(period.hour(), minute, second.min(59), 0).ok();
                    instances.extend(time.map(|time| period.date().to_datetime(time)));
                    self.work += 1;
                }
            }
            self.period += i64::from(self.rule.interval);
            return;
        };
        let unit = match frequency {
            Frequency::Hourly => 3600,
            Frequency::Minutely => 60,
            _ => 1,
        };
        let interval = i64::from(self.rule.interval);
        let gap = next.map_or(i64::MAX, |next| seconds_between(period, next));
        let steps = ceiling(ceiling(gap, unit), interval);
        self.period = self
            .period
            .saturating_add(steps.max(1).saturating_mul(interval));
    }

    /// Whether a rule may have an instance on that day.
    fn is_meant(&self, date: Date) -> bool {
        let days = &self.days;
        let meant = |list: &[i8], value: i8| list.is_empty() || list.contains(&value);
        if !meant(&days.by_month, date.month()) {
            return false;
        }
        if !self.rule.by_week_no.is_empty() && !self.in_week(date) {
            return false;
        }
        if !days.by_month_day.is_empty() {
            let from_end = date.day() - date.days_in_month() - 1;
            if !days.by_month_day.contains(&date.day()) && !days.by_month_day.contains(&from_end) {
                return false;
            }
        }
        if !self.rule.by_year_day.is_empty() {
            let day = date.day_of_year();
            let from_end = day - date.days_in_year() - 1;
            let list = &self.rule.by_year_day;
            if !list.contains(&day) && !list.contains(&from_end) {
                return false;
            }
        }
        if days.weekdays.is_empty() && days.nth_weekdays.is_empty() {
            return true;
        }
        days.weekdays.contains(&date.weekday())
            || days
                .nth_weekdays
                .iter()
                .any(|&(nth, weekday)| weekday == date.weekday() && self.is_nth(date, nth))
    }

    /// The nth such weekday: of the month, or in a yearly rule without months of the year.
    fn is_nth(&self, date: Date, nth: i8) -> bool {
        let of_year = self.rule.frequency == Frequency::Yearly && self.days.by_month.is_empty();
        let (day, length) = if of_year {
            (date.day_of_year(), date.days_in_year())
        } else {
            (date.day().into(), date.days_in_month().into())
        };
        let nth = i16::from(nth);
        if nth > 0 {
            (day - 1) / 7 + 1 == nth
        } else {
            (length - day) / 7 + 1 == -nth
        }
    }

    /// BYWEEKNO: weeks begin on WKST, and the first has at least four days in its year.
    fn in_week(&self, date: Date) -> bool {
        let week_start = self.rule.week_start;
        // A week belongs to the year its fourth day is in.
        let back = i64::from(date.weekday().since(week_start));
        let Ok(middle) = date.checked_add((3 - back).days()) else {
            return false;
        };
        // Like dateutil, only weeks of the year that the day itself is in are looked at, but for
        // the first week of the next and the last of the one before.
        let number = i64::from(middle.day_of_year() - 1) / 7 + 1;
        let weeks = i64::from(middle.days_in_year() - middle.day_of_year()) / 7;
        let from_end = -(weeks + 1);
        self.rule.by_week_no.iter().any(|&wanted| {
            let wanted = i64::from(wanted);
            if wanted > 0 {
                wanted == number
            } else {
                wanted == from_end
            }
        })
    }
}

impl Iterator for Occurrences<'_> {
    type Item = DateTime;

    fn next(&mut self) -> Option<DateTime> {
        self.work = 0;
        while !self.ended {
            if let Some(instance) = self.found.pop_front() {
                if instance < self.start {
                    continue;
                }
                if self.until.is_some_and(|until| instance > until) {
                    break;
                }
                self.given = self.given.saturating_add(1);
                self.ended = self.rule.count.is_some_and(|count| self.given >= count);
                if instance >= self.from {
                    return Some(instance);
                }
                self.work = 0;
                if self.given >= MAX_COUNTED {
                    self.gave_up = true;
                    break;
                }
                continue;
            }
            if self.work > MAX_WORK {
                self.gave_up = true;
                break;
            }
            if !self.advance() {
                break;
            }
        }
        self.ended = true;
        None
    }
}

impl Days {
    fn of(rule: &Rule, start: DateTime) -> Self {
        let frequency = rule.frequency;
        let nth_counts = frequency >= Frequency::Monthly;
        let mut days = Self {
            by_month: rule.by_month.clone(),
            by_month_day: rule.by_month_day.clone(),
            weekdays: Vec::new(),
            nth_weekdays: Vec::new(),
            hours: ordered(&rule.by_hour),
            minutes: ordered(&rule.by_minute),
            seconds: ordered(&rule.by_second),
        };
        for day in &rule.by_day {
            match day.nth.filter(|_| nth_counts) {
                Some(nth) => days.nth_weekdays.push((nth, day.weekday)),
                None => days.weekdays.push(day.weekday),
            }
        }
        let no_day = rule.by_week_no.is_empty()
            && rule.by_year_day.is_empty()
            && rule.by_month_day.is_empty()
            && rule.by_day.is_empty();
        if no_day {
            match frequency {
                Frequency::Yearly => {
                    if days.by_month.is_empty() {
                        days.by_month.push(start.month());
                    }
                    days.by_month_day.push(start.day());
                }
                Frequency::Monthly => days.by_month_day.push(start.day()),
                Frequency::Weekly => days.weekdays.push(start.weekday()),
                _ => {}
            }
        }
        if days.hours.is_empty() && frequency >= Frequency::Daily {
            days.hours.push(start.hour());
        }
        if days.minutes.is_empty() && frequency >= Frequency::Hourly {
            days.minutes.push(start.minute());
        }
        if days.seconds.is_empty() && frequency >= Frequency::Minutely {
            days.seconds.push(start.second());
        }
        days
    }
}

fn ordered(values: &[i8]) -> Vec<i8> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.dedup();
    values
}

/// Both are positive.
fn ceiling(number: i64, divisor: i64) -> i64 {
    number / divisor + i64::from(number % divisor > 0)
}

fn seconds_between(from: DateTime, to: DateTime) -> i64 {
    to.duration_since(from).as_secs()
}
