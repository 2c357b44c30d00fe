//! When a meeting is.

use airgate_codec::eas::Moment;
use airgate_codec::vobject::{Component, Property, Stamp, parse_duration};
use airgate_codec::zone::ZoneBlob;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use crate::item::stamp::{civil, moment};
use crate::item::timezone::{Zone, Zones};

/// A moment as a calendar says it.
#[derive(Clone, Debug)]
pub(in crate::item) struct When {
    pub(in crate::item) local: DateTime,
    pub(in crate::item) zone: Zone,
    pub(in crate::item) at: Timestamp,
    pub(in crate::item) is_date: bool,
}

/// From when to when.
#[derive(Clone, Debug)]
pub(in crate::item) struct Span {
    pub(in crate::item) start: When,
    pub(in crate::item) end: Timestamp,
    pub(in crate::item) all_day: bool,
}

impl When {
    /// A date is its midnight in UTC: all-day events have no zone.
    pub(in crate::item) fn read(property: &Property, zones: &Zones) -> Option<Self> {
        Self::of(
            Stamp::parse(property.value())?,
            property.parameter("TZID"),
            zones,
        )
    }

    pub(in crate::item) fn of(stamp: Stamp, zone: Option<&str>, zones: &Zones) -> Option<Self> {
        let local = civil(stamp);
        let zone = match (stamp, zone) {
            (Stamp::Local(..), Some(id)) => zones.zone(id, local),
            (Stamp::Local(..), None) => zones.own(),
            (Stamp::Date(_) | Stamp::Utc(..), _) => Zone::UTC,
        };
        Some(Self {
            at: zone.instant(local)?,
            local,
            zone,
            is_date: matches!(stamp, Stamp::Date(_)),
        })
    }
}

impl Span {
    /// From DTSTART to DTEND or over DURATION. An end before the start is the start (T21).
    pub(in crate::item) fn read(event: &Component<'_>, zones: &Zones) -> Option<Self> {
        let start = When::read(&event.property("DTSTART")?, zones)?;
        let told = event
            .property("DTEND")
            .and_then(|end| When::read(&end, zones));
        let duration = || {
            let duration = event.property("DURATION")?;
            let seconds = parse_duration(duration.value())?;
            start
                .at
                .checked_add(SignedDuration::from_secs(seconds))
                .ok()
        };
        let default = if start.is_date {
            SignedDuration::from_hours(24)
        } else {
            SignedDuration::ZERO
        };
        let end = told
            .filter(|end| end.is_date == start.is_date)
            .map(|end| end.at)
            .or_else(duration)
            .filter(|end| *end >= start.at)
            .filter(|end| !start.is_date || *end > start.at)
            .or_else(|| start.at.checked_add(default).ok())?;
        let mut span = Self {
            all_day: start.is_date,
            start,
            end,
        };
        if says_all_day(event) {
            span.whole_days();
        }
        Some(span)
    }

    /// The zone of the meeting for a phone. All-day ones have none: a blank blob beside midnights in
    /// UTC is read as the same dates by those who convert and by those who do not.
    pub(in crate::item) fn blob(&self) -> ZoneBlob {
        if self.all_day {
            return ZoneBlob::default();
        }
        self.start.zone.blob(self.start.at)
    }

    pub(in crate::item) fn start(&self) -> Moment {
        moment(self.start.at)
    }

    pub(in crate::item) fn end(&self) -> Moment {
        moment(self.end)
    }

    /// Old versions of Outlook write all-day meetings as times from midnight to midnight.
    fn whole_days(&mut self) {
        let from = self.start.local;
        let to = self.start.zone.local(self.end);
        let midnights = from == DateTime::from(from.date()) && to == DateTime::from(to.date());
        if self.all_day || !midnights || to <= from {
            return;
        }
        if let (Some(start), Some(end)) = (Zone::UTC.instant(from), Zone::UTC.instant(to)) {
            self.start.zone = Zone::UTC;
            self.start.at = start;
            self.end = end;
            self.all_day = true;
        }
    }
}

fn says_all_day(event: &Component<'_>) -> bool {
    event
        .property("X-MICROSOFT-CDO-ALLDAYEVENT")
        .is_some_and(|value| value.value().trim().eq_ignore_ascii_case("TRUE"))
}
