//! How an item repeats, as the classes with dates have it: Calendar, Email (in a meeting request)
//! and Tasks differ in tags only ([MS-ASCAL] 2.2.2.37, [MS-ASEMAIL] 2.2.2.63).

use super::Malformed;
use super::fields::{
    boolean, moment, number, write_boolean, write_compact, write_number, write_separated,
};
use super::moment::Moment;
use crate::wbxml::{Reader, Tag, Writer, calendar, email, email2, tasks};

/// A recurrence. What is absent was not said.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Recurrence {
    /// 0 daily, 1 weekly, 2 monthly, 3 monthly on the nth weekday, 5 yearly, 6 yearly on the nth
    /// weekday.
    pub kind: u8,
    pub interval: Option<u16>,
    pub until: Option<Moment>,
    pub occurrences: Option<u16>,
    /// 1 to 4, 5 for the last.
    pub week_of_month: Option<u8>,
    pub day_of_month: Option<u8>,
    /// Bits from 1 for Sunday to 64 for Saturday.
    pub day_of_week: Option<u8>,
    pub month_of_year: Option<u8>,
    /// From 14.0 on: 0 or 1 Gregorian.
    pub calendar_type: Option<u8>,
    pub is_leap_month: Option<bool>,
    /// From 14.1 on: 0 for Sunday.
    pub first_day_of_week: Option<u8>,
}

/// The elements of one class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    kind: Tag,
    interval: Tag,
    until: Tag,
    occurrences: Tag,
    week_of_month: Tag,
    day_of_month: Tag,
    day_of_week: Tag,
    month_of_year: Tag,
    calendar_type: Tag,
    is_leap_month: Tag,
    first_day_of_week: Tag,
    /// How Until is written.
    until_form: fn(&mut Writer, Tag, Option<Moment>),
}

/// Those of a meeting request.
pub(super) const EMAIL: Names = Names {
    kind: email::TYPE,
    interval: email::INTERVAL,
    until: email::UNTIL,
    occurrences: email::OCCURRENCES,
    week_of_month: email::WEEK_OF_MONTH,
    day_of_month: email::DAY_OF_MONTH,
    day_of_week: email::DAY_OF_WEEK,
    month_of_year: email::MONTH_OF_YEAR,
    calendar_type: email2::CALENDAR_TYPE,
    is_leap_month: email2::IS_LEAP_MONTH,
    first_day_of_week: email2::FIRST_DAY_OF_WEEK,
    until_form: write_compact,
};

/// Those of an event.
pub(super) const CALENDAR: Names = Names {
    kind: calendar::TYPE,
    interval: calendar::INTERVAL,
    until: calendar::UNTIL,
    occurrences: calendar::OCCURRENCES,
    week_of_month: calendar::WEEK_OF_MONTH,
    day_of_month: calendar::DAY_OF_MONTH,
    day_of_week: calendar::DAY_OF_WEEK,
    month_of_year: calendar::MONTH_OF_YEAR,
    calendar_type: calendar::CALENDAR_TYPE,
    is_leap_month: calendar::IS_LEAP_MONTH,
    first_day_of_week: calendar::FIRST_DAY_OF_WEEK,
    until_form: write_compact,
};

/// Those of a task, where Until is a dateTime like all others ([MS-ASTASK] 2.2.2.28).
pub(super) const TASKS: Names = Names {
    kind: tasks::TYPE,
    interval: tasks::INTERVAL,
    until: tasks::UNTIL,
    occurrences: tasks::OCCURRENCES,
    week_of_month: tasks::WEEK_OF_MONTH,
    day_of_month: tasks::DAY_OF_MONTH,
    day_of_week: tasks::DAY_OF_WEEK,
    month_of_year: tasks::MONTH_OF_YEAR,
    calendar_type: tasks::CALENDAR_TYPE,
    is_leap_month: tasks::IS_LEAP_MONTH,
    first_day_of_week: tasks::FIRST_DAY_OF_WEEK,
    until_form: write_separated,
};

impl Recurrence {
    /// Reads the children of the current element, whose end is consumed.
    pub(super) fn read(reader: &mut Reader<'_>, names: &Names) -> Result<Self, Malformed> {
        let mut recurrence = Self::default();
        while let Some(tag) = reader.child()? {
            if !recurrence.take(reader, tag, names)? {
                reader.skip()?;
            }
        }
        Ok(recurrence)
    }

    /// Takes the element if it is one of a recurrence's; says whether it was.
    pub(super) fn take(
        &mut self,
        reader: &mut Reader<'_>,
        tag: Tag,
        names: &Names,
    ) -> Result<bool, Malformed> {
        if tag == names.kind {
            self.kind = number(reader, tag)?;
        } else if tag == names.interval {
            self.interval = Some(number(reader, tag)?);
        } else if tag == names.until {
            self.until = Some(moment(reader, tag)?);
        } else if tag == names.occurrences {
            self.occurrences = Some(number(reader, tag)?);
        } else if tag == names.week_of_month {
            self.week_of_month = Some(number(reader, tag)?);
        } else if tag == names.day_of_month {
            self.day_of_month = Some(number(reader, tag)?);
        } else if tag == names.day_of_week {
            self.day_of_week = Some(number(reader, tag)?);
        } else if tag == names.month_of_year {
            self.month_of_year = Some(number(reader, tag)?);
        } else if tag == names.calendar_type {
            self.calendar_type = Some(number(reader, tag)?);
        } else if tag == names.is_leap_month {
            self.is_leap_month = Some(boolean(reader, tag)?);
        } else if tag == names.first_day_of_week {
            self.first_day_of_week = Some(number(reader, tag)?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Writes the children into the open element, in the order of Microsoft's schema. Until is
    /// compact in mail and calendars, whatever their other dates look like (REFERENCE.md 10.3).
    pub(super) fn write(&self, writer: &mut Writer, names: &Names) {
        writer.number(names.kind, self.kind);
        writer.number(names.interval, self.interval.unwrap_or(1));
        (names.until_form)(writer, names.until, self.until);
        write_number(writer, names.occurrences, self.occurrences);
        write_number(writer, names.week_of_month, self.week_of_month);
        write_number(writer, names.day_of_month, self.day_of_month);
        write_number(writer, names.day_of_week, self.day_of_week);
        write_number(writer, names.month_of_year, self.month_of_year);
        write_number(writer, names.calendar_type, self.calendar_type);
        write_boolean(writer, names.is_leap_month, self.is_leap_month);
        write_number(writer, names.first_day_of_week, self.first_day_of_week);
    }
}
