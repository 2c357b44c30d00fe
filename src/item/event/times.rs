//! From when to when, as the wire has it and as an event has it (REFERENCE.md 11.2.3).
//!
//! Inside Airgate a day is its midnight in UTC. So it goes out from 16.0 on; to older phones it goes
//! as Exchange tells it, as midnight in the user's zone, whose blob goes along. Coming in, a midnight
//! in UTC is that date; anything else is midnight, or nearly, in the blob's zone.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Moment;
use airgate_codec::eas::calendar::Event;
use airgate_codec::zone::ZoneBlob;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::series::timestamp;
use crate::item::object::{Manner, Refused};
use crate::item::stamp::moment;
use crate::item::timezone::{Zone, zone_of_blob};

/// When an event is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Times {
    /// From midnight to midnight; the last day is not in it.
    Days {
        from: Date,
        to: Date,
    },
    Clock {
        from: Timestamp,
        to: Timestamp,
    },
}

/// A moment of an event for the wire.
pub(super) fn wire(at: Timestamp, all_day: bool, manner: &Manner<'_>) -> Moment {
    if !all_day || manner.version >= ProtocolVersion::V16_0 {
        return moment(at);
    }
    let midnight = Zone::UTC.local(at);
    moment(manner.zone.to_timestamp(midnight).unwrap_or(at))
}

/// The moment of an event that the wire means: the inverse of [`wire`].
pub(super) fn meant(said: Moment, all_day: bool, zone: &Zone) -> Option<Timestamp> {
    let at = timestamp(said)?;
    if !all_day {
        return Some(at);
    }
    Zone::UTC.instant(day(at, zone)?.into())
}

/// The date of a moment that stands for a day.
fn day(at: Timestamp, zone: &Zone) -> Option<Date> {
    let utc = Zone::UTC.local(at);
    if utc.time() == Time::midnight() {
        return Some(utc.date());
    }
    let local = zone.local(at);
    // Some are an hour off, where they and we disagree on summer time.
    local
        .checked_add(SignedDuration::from_hours(12))
        .ok()
        .map(DateTime::date)
}

/// The zone in which a phone's days are: the blob's, else the user's.
pub(super) fn zone_of_days(event: &Event, manner: &Manner<'_>) -> Zone {
    let own = || Zone::Known(manner.zone.clone());
    match (blob(event), event.start.and_then(timestamp)) {
        (Some(blob), Some(at)) if !blob.is_blank() => {
            zone_of_blob(&blob, at, std::slice::from_ref(manner.zone))
        }
        _ => own(),
    }
}

/// A phone's time-zone blob, if it is one.
pub(super) fn blob(event: &Event) -> Option<ZoneBlob> {
    ZoneBlob::read(event.time_zone.as_deref()?)
}

impl Times {
    /// What a phone says; `present` is for what it leaves out.
    pub(super) fn read(
        said: &Event,
        present: Option<Self>,
        manner: &Manner<'_>,
    ) -> Result<Option<Self>, Refused> {
        let all_day = said
            .all_day
            .unwrap_or(matches!(present, Some(Self::Days { .. })));
        if said.start.is_none() && said.end.is_none() && said.all_day.is_none() {
            return Ok(None);
        }
        let impossible = || Refused::conversion("a time that cannot be");
        // Only days need one, and to find it costs more than all else here.
        let zone = if all_day {
            zone_of_days(said, manner)
        } else {
            Zone::UTC
        };
        let ours = present.map(Self::moments);
        let from = match said.start {
            Some(start) => meant(start, all_day, &zone),
            None => ours.map(|(from, _)| from),
        };
        let from = from.ok_or_else(impossible)?;
        let to = match (said.end, ours) {
            (Some(end), _) => meant(end, all_day, &zone).ok_or_else(impossible)?,
            (None, Some((was, until))) => from
                .checked_add(until.duration_since(was))
                .map_err(|_| impossible())?,
            (None, None) => from,
        };
        if to < from && !all_day {
            return Err(Refused::conversion("the end is before the start"));
        }
        if !all_day {
            return Ok(Some(Self::Clock { from, to }));
        }
        let (from, to) = (Zone::UTC.local(from).date(), Zone::UTC.local(to).date());
        // Nokia ends them where they begin (REFERENCE.md 12, quirk 60).
        let next = from.checked_add(1.day()).map_err(|_| impossible())?;
        Ok(Some(Self::Days {
            from,
            to: to.max(next),
        }))
    }

    /// As moments of an event.
    pub(super) fn moments(self) -> (Timestamp, Timestamp) {
        let at = |date: Date| {
            let midnight = TimeZone::UTC.to_timestamp(date.into());
            midnight.unwrap_or(Timestamp::UNIX_EPOCH)
        };
        match self {
            Self::Days { from, to } => (at(from), at(to)),
            Self::Clock { from, to } => (from, to),
        }
    }

    /// The text by which times are compared.
    pub(super) fn canonical(self) -> String {
        match self {
            Self::Days { from, to } => format!("{from}/{to}"),
            Self::Clock { from, to } => format!("{}/{}", from.as_second(), to.as_second()),
        }
    }
}

/// What a new event's times are where a phone leaves them out (CAL_R52511 to CAL_R52518).
pub(super) fn complete(said: &mut Event, manner: &Manner<'_>) -> Result<(), Refused> {
    const HALF_HOUR: i64 = 30 * 60 * 1000;
    let rounded = Moment((manner.now.0 + HALF_HOUR - 1).div_euclid(HALF_HOUR) * HALF_HOUR);
    let later = Moment(rounded.0 + HALF_HOUR);
    let past = |moment: Moment| moment.0 < manner.now.0;
    match (said.start, said.end) {
        (Some(_), Some(_)) => {}
        (None, None) => (said.start, said.end) = (Some(rounded), Some(later)),
        (Some(start), None) if past(start) => said.end = Some(later),
        (None, Some(end)) if !past(end) => said.start = Some(Moment(rounded.0.min(end.0))),
        (Some(_), None) if said.all_day == Some(true) => said.end = said.start,
        (Some(_), None) => return Err(Refused::conversion("a start to come without an end")),
        (None, Some(_)) => return Err(Refused::conversion("an end in the past without a start")),
    }
    Ok(())
}
