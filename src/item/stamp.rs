//! A calendar's dates and times ([`Stamp`]) as jiff's.

use airgate_codec::eas::Moment;
use airgate_codec::vobject::Stamp;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

/// The digits as they stand: wall-clock time, UTC or the midnight of a date.
pub(crate) fn civil(stamp: Stamp) -> DateTime {
    let date = stamp.date();
    // A stamp's date and time exist, or it would not have been read.
    let date = Date::new(date.year, date.month, date.day).unwrap_or(Date::MIN);
    let time = stamp
        .time()
        .and_then(|time| Time::new(time.hour, time.minute, time.second, 0).ok());
    date.to_datetime(time.unwrap_or(Time::MIN))
}

/// A moment as EAS has it.
pub(crate) fn moment(at: Timestamp) -> Moment {
    Moment(at.as_millisecond())
}
