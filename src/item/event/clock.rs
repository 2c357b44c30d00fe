//! Writing when an event is: DTSTART, DTEND or DURATION, RECURRENCE-ID, and the zone they are in.

use airgate_codec::vobject::{
    Component, ComponentId, ContentLine, Document, Gone, Property, Stamp,
};
use airgate_codec::zone::{Day, Rules, Switch};
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::times::Times;
use crate::item::object::Manner;
use crate::item::timezone::{Zone, Zones, rules};

/// The zone of an event and how it is written.
#[derive(Clone, Debug)]
pub(super) struct Home {
    pub(super) zone: Zone,
    pub(super) how: How,
}

/// How a moment in a zone is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum How {
    /// Without any zone.
    Floating,
    Utc,
    /// With a TZID.
    Id(String),
}

impl Home {
    /// That of a stored property; nothing for a date.
    pub(super) fn of(property: &Property, zones: &Zones) -> Option<Self> {
        let stamp = Stamp::parse(property.value())?;
        Some(match (stamp, property.parameter("TZID")) {
            (Stamp::Date(_), _) => return None,
            (Stamp::Utc(..), _) => Self {
                zone: Zone::UTC,
                how: How::Utc,
            },
            (Stamp::Local(..), Some(id)) => Self {
                zone: zones.zone(id, crate::item::stamp::civil(stamp)),
                how: How::Id(id.to_owned()),
            },
            (Stamp::Local(..), None) => Self {
                zone: zones.own(),
                how: How::Floating,
            },
        })
    }

    /// A zone that a phone named.
    pub(super) fn new(zone: Zone, at: Timestamp) -> Self {
        let how = match &zone {
            Zone::Known(known) => match known.iana_name() {
                Some("UTC" | "Etc/UTC") => How::Utc,
                Some(name) => How::Id(name.to_owned()),
                None => How::Id(own_name(&zone, at)),
            },
            Zone::Described(_) => How::Id(own_name(&zone, at)),
        };
        Self { zone, how }
    }

    /// The user's own zone.
    pub(super) fn own(manner: &Manner<'_>, at: Timestamp) -> Self {
        Self::new(Zone::Known(manner.zone.clone()), at)
    }

    /// The zone, or UTC where days have none.
    pub(super) fn own_or_utc(home: Option<Self>) -> Self {
        home.unwrap_or(Self {
            zone: Zone::UTC,
            how: How::Utc,
        })
    }

    /// A property that says a moment.
    pub(super) fn line(&self, name: &str, at: Timestamp) -> ContentLine {
        let line = ContentLine::new(name);
        match &self.how {
            How::Utc => line.raw(&utc(at)),
            How::Floating => line.raw(&local(self.zone.local(at))),
            How::Id(id) => line.parameter("TZID", id).raw(&local(self.zone.local(at))),
        }
    }

    /// Sees to it that the calendar describes the zone, as RFC 5545 3.2.19 wants it.
    pub(super) fn describe(
        &self,
        document: &mut Document,
        calendar: ComponentId,
        at: Timestamp,
    ) -> Result<(), Gone> {
        let How::Id(id) = &self.how else {
            return Ok(());
        };
        let component = document.find(calendar).ok_or(Gone)?;
        let described = component.components().any(|block| {
            block.name() == "VTIMEZONE"
                && block
                    .property("TZID")
                    .is_some_and(|name| name.text() == *id)
        });
        if described {
            return Ok(());
        }
        let octets = description(id, &rules(&self.zone, at));
        document
            .insert_component(calendar, octets.as_bytes())
            .map(|_| ())
    }
}

/// Puts an event where a phone wants it.
pub(super) fn write(
    document: &mut Document,
    event: ComponentId,
    times: Times,
    home: &Home,
    zones: &Zones,
) -> Result<(), Gone> {
    let component = document.find(event).ok_or(Gone)?;
    let (from, to) = times.moments();
    let start = component.property("DTSTART");
    let end = component.property("DTEND");
    let duration = component.property("DURATION");
    let all_day = matches!(times, Times::Days { .. });
    let line = |name: &str, at: Timestamp, home: &Home| {
        if all_day {
            ContentLine::new(name)
                .parameter("VALUE", "DATE")
                .raw(&day(at))
        } else {
            home.line(name, at)
        }
    };
    put(
        document,
        event,
        start.as_ref(),
        &line("DTSTART", from, home),
    )?;
    match (end, duration) {
        (None, Some(duration)) if !all_day => {
            let seconds = to.duration_since(from).as_secs();
            let same = airgate_codec::vobject::parse_duration(duration.value()) == Some(seconds);
            if !same {
                let text = format!("PT{seconds}S");
                document.set_value(duration.id(), |line| line.raw(&text))?;
            }
        }
        (end, duration) => {
            // An end in a zone of its own stays in it.
            let own = end.as_ref().and_then(|end| Home::of(end, zones));
            let own = own.filter(|own| matches!(own.how, How::Id(_)) && home.how != own.how);
            let keeps = own.filter(|_| same_start_zone(&component_start(document, event), home));
            let line = line("DTEND", to, keeps.as_ref().unwrap_or(home));
            put(document, event, end.as_ref(), &line)?;
            if let Some(duration) = duration {
                document.remove(duration.id())?;
            }
        }
    }
    // What Outlook says of days beside the times.
    let component = document.find(event).ok_or(Gone)?;
    if let Some(said) = component.property("X-MICROSOFT-CDO-ALLDAYEVENT") {
        let word = if all_day { "TRUE" } else { "FALSE" };
        document.set_value(said.id(), |line| line.raw(word))?;
    }
    Ok(())
}

fn component_start(document: &Document, event: ComponentId) -> Option<String> {
    let start = document.find(event)?.property("DTSTART")?;
    start.parameter("TZID").map(str::to_owned)
}

fn same_start_zone(start: &Option<String>, home: &Home) -> bool {
    matches!((start, &home.how), (Some(id), How::Id(own)) if id == own)
}

/// Replaces a property, unless it says the same.
fn put(
    document: &mut Document,
    event: ComponentId,
    old: Option<&Property>,
    line: &ContentLine,
) -> Result<(), Gone> {
    match old {
        Some(old) => document.replace(old.id(), line),
        None => document.insert(event, line).map(|_| ()),
    }
}

/// `20260301T090000`
pub(super) fn local(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%S").to_string()
}

/// `20260301T080000Z`
pub(super) fn utc(at: Timestamp) -> String {
    local(Zone::UTC.local(at)) + "Z"
}

/// `20260301`
pub(super) fn day(at: Timestamp) -> String {
    Zone::UTC.local(at).strftime("%Y%m%d").to_string()
}

/// The line of an occurrence's original time, in the form of the series' start.
pub(super) fn instance_line(
    name: &str,
    at: Timestamp,
    series: &Component<'_>,
    zones: &Zones,
) -> ContentLine {
    let start = series.property("DTSTART");
    match start.and_then(|start| Home::of(&start, zones)) {
        Some(home) => home.line(name, at),
        None => ContentLine::new(name)
            .parameter("VALUE", "DATE")
            .raw(&day(at)),
    }
}

/// A name for a zone that has none: what its clocks do.
fn own_name(zone: &Zone, at: Timestamp) -> String {
    match rules(zone, at) {
        Rules::Fixed { offset } => format!("Airgate/UTC{}", offset_text(offset)),
        Rules::Daylight {
            standard,
            daylight,
            to_standard,
            to_daylight,
        } => format!(
            "Airgate/UTC{}/{}-{}-{}",
            offset_text(standard),
            offset_text(daylight),
            to_daylight.month,
            to_standard.month
        ),
    }
}

/// A VTIMEZONE of these rules.
fn description(id: &str, rules: &Rules) -> String {
    use std::fmt::Write as _;
    let id: String = id.chars().filter(|c| !c.is_control()).collect();
    let mut text = format!("BEGIN:VTIMEZONE\r\nTZID:{id}\r\n");
    let mut observe = |kind: &str, from: i32, to: i32, switch: Option<&Switch>| {
        let (start, rule) = switch.map_or_else(|| ("19700101T000000".to_owned(), None), begin);
        let _ = write!(
            text,
            "BEGIN:{kind}\r\nDTSTART:{start}\r\nTZOFFSETFROM:{}\r\nTZOFFSETTO:{}\r\n",
            offset_text(from),
            offset_text(to)
        );
        if let Some(rule) = rule {
            let _ = write!(text, "RRULE:{rule}\r\n");
        }
        let _ = write!(text, "END:{kind}\r\n");
    };
    match rules {
        Rules::Fixed { offset } => observe("STANDARD", *offset, *offset, None),
        Rules::Daylight {
            standard,
            daylight,
            to_standard,
            to_daylight,
        } => {
            observe("DAYLIGHT", *standard, *daylight, Some(to_daylight));
            observe("STANDARD", *daylight, *standard, Some(to_standard));
        }
    }
    text + "END:VTIMEZONE\r\n"
}

/// When a switch first happens and how it repeats.
fn begin(switch: &Switch) -> (String, Option<String>) {
    const DAYS: [&str; 7] = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
    let seconds = switch.time / 1000;
    let time = format!(
        "{:02}{:02}{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    match switch.day {
        Day::Nth { weekday, week } => {
            let nth = if week >= 5 { -1 } else { week };
            let name = usize::try_from(weekday)
                .ok()
                .and_then(|day| DAYS.get(day))
                .unwrap_or(&"SU");
            let first = jiff::civil::Weekday::from_sunday_zero_offset(weekday)
                .ok()
                .zip(jiff::civil::Date::new(1970, switch.month, 1).ok())
                .and_then(|(weekday, first)| first.nth_weekday_of_month(nth, weekday).ok());
            let date = first.map_or_else(
                || "19700101".to_owned(),
                |date| date.strftime("%Y%m%d").to_string(),
            );
            let rule = format!("FREQ=YEARLY;BYMONTH={};BYDAY={nth}{name}", switch.month);
            (format!("{date}T{time}"), Some(rule))
        }
        Day::Fixed { year, day } => (format!("{year:04}{:02}{day:02}T{time}", switch.month), None),
    }
}

/// `+0545` of minutes east of UTC.
fn offset_text(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}
