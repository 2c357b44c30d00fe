//! A recurrence rule as RFC 5545 3.3.10 writes it.

use std::fmt;

use airgate_codec::vobject::Stamp;
use jiff::civil::Weekday;

/// `FREQ=MONTHLY;BYDAY=-1FR` and all else that may stand there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    pub frequency: Frequency,
    /// At least 1.
    pub interval: u32,
    pub until: Option<Until>,
    pub count: Option<u32>,
    pub week_start: Weekday,
    pub by_second: Vec<i8>,
    pub by_minute: Vec<i8>,
    pub by_hour: Vec<i8>,
    pub by_day: Vec<DayRule>,
    pub by_month_day: Vec<i8>,
    pub by_year_day: Vec<i16>,
    pub by_week_no: Vec<i8>,
    pub by_month: Vec<i8>,
    pub by_set_pos: Vec<i16>,
    /// Something stands there that changes the meaning and is not understood: another calendar
    /// (RFC 7529), a leap month.
    pub foreign: bool,
}

/// The unit of a rule.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// `2TU`: the second Tuesday; without a number each one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DayRule {
    /// Not 0; negative from the end.
    pub nth: Option<i8>,
    pub weekday: Weekday,
}

/// The last moment at which an instance may begin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Until(pub Stamp);

/// Longest rule text read. A BYYEARDAY of every day has some 1,500 characters.
const MAX_TEXT: usize = 4096;
/// Values of one part: a year has so many days.
const MAX_VALUES: usize = 366;

impl Rule {
    /// Every so many units, and nothing else.
    pub const fn every(interval: u32, frequency: Frequency) -> Self {
        Self {
            frequency,
            interval,
            until: None,
            count: None,
            week_start: Weekday::Monday,
            by_second: Vec::new(),
            by_minute: Vec::new(),
            by_hour: Vec::new(),
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_year_day: Vec::new(),
            by_week_no: Vec::new(),
            by_month: Vec::new(),
            by_set_pos: Vec::new(),
            foreign: false,
        }
    }

    /// Reads a rule. A part that cannot be read makes the whole unreadable: a rule without it would
    /// be another rule. Numbers beyond their bounds do, too (T21); unknown parts are noted.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let mut frequency = None;
        let mut rule = Self::every(1, Frequency::Yearly);
        for part in text
            .trim()
            .split(';')
            .filter(|part| !part.trim().is_empty())
        {
            let (name, value) = part.split_once('=')?;
            let value = value.trim();
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => frequency = Some(Frequency::parse(value)?),
                // 0 is read as 1, as everyone does.
                "INTERVAL" => rule.interval = value.parse::<u32>().ok()?.max(1),
                "COUNT" => rule.count = Some(value.parse().ok()?),
                "UNTIL" => rule.until = Some(Until(Stamp::parse(value)?)),
                "WKST" => rule.week_start = weekday(value)?,
                "BYSECOND" => rule.by_second = numbers(value, 0, 60)?,
                "BYMINUTE" => rule.by_minute = numbers(value, 0, 59)?,
                "BYHOUR" => rule.by_hour = numbers(value, 0, 23)?,
                "BYDAY" => rule.by_day = list(value, DayRule::parse)?,
                "BYMONTHDAY" => rule.by_month_day = signed(value, 31)?,
                "BYYEARDAY" => rule.by_year_day = signed(value, 366)?,
                "BYWEEKNO" => rule.by_week_no = signed(value, 53)?,
                "BYMONTH" => rule.by_month = numbers(value, 1, 12)?,
                "BYSETPOS" => rule.by_set_pos = signed(value, 366)?,
                "RSCALE" => rule.foreign |= !value.eq_ignore_ascii_case("GREGORIAN"),
                // Says only what to do with days that do not exist; the default is to leave them.
                "SKIP" => rule.foreign |= !value.eq_ignore_ascii_case("OMIT"),
                _ => rule.foreign = true,
            }
        }
        rule.frequency = frequency?;
        Some(rule)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FREQ={}", self.frequency.name())?;
        if self.interval > 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        if let Some(Until(until)) = self.until {
            write!(f, ";UNTIL={until}")?;
        }
        if let Some(count) = self.count {
            write!(f, ";COUNT={count}")?;
        }
        part(f, "BYSECOND", &self.by_second)?;
        part(f, "BYMINUTE", &self.by_minute)?;
        part(f, "BYHOUR", &self.by_hour)?;
        part(f, "BYDAY", &self.by_day)?;
        part(f, "BYMONTHDAY", &self.by_month_day)?;
        part(f, "BYYEARDAY", &self.by_year_day)?;
        part(f, "BYWEEKNO", &self.by_week_no)?;
        part(f, "BYMONTH", &self.by_month)?;
        part(f, "BYSETPOS", &self.by_set_pos)?;
        if self.week_start != Weekday::Monday {
            write!(f, ";WKST={}", weekday_name(self.week_start))?;
        }
        Ok(())
    }
}

impl Frequency {
    const ALL: [Self; 7] = [
        Self::Secondly,
        Self::Minutely,
        Self::Hourly,
        Self::Daily,
        Self::Weekly,
        Self::Monthly,
        Self::Yearly,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Secondly => "SECONDLY",
            Self::Minutely => "MINUTELY",
            Self::Hourly => "HOURLY",
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::Monthly => "MONTHLY",
            Self::Yearly => "YEARLY",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|frequency| frequency.name().eq_ignore_ascii_case(text))
    }
}

impl DayRule {
    fn parse(text: &str) -> Option<Self> {
        let day = text.len().checked_sub(2)?;
        let (number, day) = text.split_at_checked(day)?;
        let nth = if number.is_empty() {
            None
        } else {
            let nth: i8 = number.parse().ok()?;
            Some(nth)
                .filter(|nth| *nth != 0 && (-53..=53).contains(nth))
                .map(Some)?
        };
        Some(Self {
            nth,
            weekday: weekday(day)?,
        })
    }
}

impl fmt::Display for DayRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            write!(f, "{nth}")?;
        }
        f.write_str(weekday_name(self.weekday))
    }
}

fn part<T: fmt::Display>(f: &mut fmt::Formatter<'_>, name: &str, values: &[T]) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        match index {
            0 => write!(f, ";{name}={value}")?,
            _ => write!(f, ",{value}")?,
        }
    }
    Ok(())
}

fn list<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let values = text.split(',').map(|value| read(value.trim()));
    let values: Vec<T> = values.take(MAX_VALUES + 1).collect::<Option<_>>()?;
    (values.len() <= MAX_VALUES).then_some(values)
}

fn numbers(text: &str, low: i8, high: i8) -> Option<Vec<i8>> {
    list(text, |value| {
        let number: i8 = value.parse().ok()?;
        (low..=high).contains(&number).then_some(number)
    })
}

fn signed<T: TryFrom<i16>>(text: &str, most: i16) -> Option<Vec<T>> {
    list(text, |value| {
        let number: i16 = value.parse().ok()?;
        let good = number != 0 && (-most..=most).contains(&number);
        good.then(|| T::try_from(number).ok())?
    })
}

fn weekday(text: &str) -> Option<Weekday> {
    Weekday::Sunday
        .cycle_forward()
        .take(7)
        .find(|day| weekday_name(*day).eq_ignore_ascii_case(text))
}

const fn weekday_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Sunday => "SU",
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
    }
}
