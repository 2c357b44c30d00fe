//! A meeting as a calendar keeps it: one object with a series and its exceptions, or a single event
//! (RFC 4791 4.1). What answers, updates and announcements have in common.

use airgate_codec::eas::Moment;
use airgate_codec::vobject::{
    Component, ComponentId, ContentLine, Document, Gone, Property, Stamp,
};
use jiff::tz::TimeZone;

use super::people;
use super::when::{Span, When};
use crate::item::recurrence::{Occurrences, Rule};
use crate::item::stamp::{civil, moment};
use crate::item::timezone::{Zone, Zones};

/// Why nothing can be done with a meeting.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoMeeting {
    /// Not a calendar object with an event, or beyond the limits (T18, T19).
    #[error("there is no meeting that can be read")]
    Unreadable,
    /// The user invited the others: there is nothing to answer.
    #[error("the user is the organizer")]
    Organizer,
    #[error("the meeting has no such occurrence")]
    NoOccurrence,
    #[error("the meeting does not recur")]
    Single,
}

/// Components of one object that are looked at: a series and its exceptions.
const MAX_EVENTS: usize = 1000;
/// Times and occurrences of a series that are looked at for one (T18).
const MAX_TIMES: usize = 20_000;

/// Reads an object.
pub(super) fn read(text: &[u8]) -> Result<Document, NoMeeting> {
    let document = Document::parse(text).map_err(|_| NoMeeting::Unreadable)?;
    let calendar = document.component("VCALENDAR");
    match calendar.is_some_and(|calendar| events(&calendar).next().is_some()) {
        true => Ok(document),
        false => Err(NoMeeting::Unreadable),
    }
}

/// The VCALENDAR of a document that [`read`] gave.
pub(super) fn calendar(document: &Document) -> Result<Component<'_>, NoMeeting> {
    document.component("VCALENDAR").ok_or(NoMeeting::Unreadable)
}

pub(super) fn events<'d>(
    calendar: &Component<'d>,
) -> impl Iterator<Item = Component<'d>> + use<'d> {
    calendar
        .components()
        .filter(|component| component.name() == "VEVENT")
        .take(MAX_EVENTS)
}

/// The series, or the single event.
pub(super) fn master<'d>(calendar: &Component<'d>) -> Option<Component<'d>> {
    events(calendar).find(|event| event.property("RECURRENCE-ID").is_none())
}

pub(super) fn zones(calendar: &Component<'_>, own: &TimeZone) -> Zones {
    Zones::read(calendar, own.clone())
}

/// Which occurrence a component is of: the moment it was planned for.
pub(super) fn instance(event: &Component<'_>, zones: &Zones) -> Option<Moment> {
    let id = event.property("RECURRENCE-ID")?;
    When::read(&id, zones).map(|when| moment(when.at))
}

/// The exception that stands for an occurrence.
pub(super) fn exception<'d>(
    calendar: &Component<'d>,
    zones: &Zones,
    at: Moment,
) -> Option<Component<'d>> {
    events(calendar).find(|event| instance(event, zones) == Some(at))
}

/// Leaves no events in an object but those.
pub(super) fn keep_only(
    document: &mut Document,
    keep: impl Fn(ComponentId) -> bool,
) -> Result<(), NoMeeting> {
    let others: Vec<ComponentId> = events(&calendar(document)?)
        .map(|event| event.id())
        .filter(|event| !keep(*event))
        .collect();
    for other in others {
        document
            .remove_component(other)
            .map_err(|_| NoMeeting::Unreadable)?;
    }
    Ok(())
}

/// Whether an event says that it does not take place.
pub(super) fn is_cancelled(event: &Component<'_>) -> bool {
    let status = event.property("STATUS");
    status.is_some_and(|status| status.text().eq_ignore_ascii_case("CANCELLED"))
}

/// The moments in a property that lists them: EXDATE, RDATE.
pub(super) fn times(
    event: &Component<'_>,
    name: &str,
    zones: &Zones,
) -> impl Iterator<Item = Moment> + use<> {
    let times: Vec<Moment> = event
        .all(name)
        .flat_map(|property| moments(&property, zones))
        .take(MAX_TIMES)
        .collect();
    times.into_iter()
}

/// The moments one line of such a property lists.
pub(super) fn moments(property: &Property, zones: &Zones) -> Vec<Moment> {
    let zone = property.parameter("TZID");
    let stamps = property.value().split(',').filter_map(Stamp::parse);
    let whens = stamps.filter_map(|stamp| When::of(stamp, zone, zones));
    whens.map(|when| moment(when.at)).collect()
}

/// The UID all events of an object share.
pub(super) fn uid(calendar: &Component<'_>) -> Option<String> {
    let uid = events(calendar).find_map(|event| event.property("UID"))?;
    Some(uid.text().trim().to_owned()).filter(|uid| !uid.is_empty())
}

pub(super) fn sequence(event: &Component<'_>) -> u32 {
    event
        .property("SEQUENCE")
        .and_then(|sequence| sequence.value().trim().parse().ok())
        .unwrap_or(0)
}

/// The address of who invites, in lower case.
pub(super) fn organizer(event: &Component<'_>) -> Option<String> {
    let address = people::address(&event.property("ORGANIZER")?).to_lowercase();
    (!address.is_empty()).then_some(address)
}

/// Whether an address is one of the user's, which are in lower case.
pub(super) fn is_me(address: &str, me: &[String]) -> bool {
    me.iter().any(|mine| mine.eq_ignore_ascii_case(address))
}

/// The user among the attendees.
pub(super) fn myself(event: &Component<'_>, me: &[String]) -> Option<Property> {
    event
        .all("ATTENDEE")
        .find(|attendee| is_me(&people::address(attendee), me))
}

/// The line of a property as it stands, to be written elsewhere or with other parameters.
pub(super) fn line(property: &Property, keep: impl Fn(&str) -> bool) -> ContentLine {
    line_as(property.name(), property, keep)
}

/// The same under another name.
pub(super) fn line_as(name: &str, property: &Property, keep: impl Fn(&str) -> bool) -> ContentLine {
    let mut line = ContentLine::new(name);
    for parameter in property.parameters() {
        if let Some(value) = parameter.values.first().filter(|_| keep(&parameter.name)) {
            line = line.parameter(&parameter.name, value);
        }
    }
    line.raw(property.value())
}

/// What says in which form a time stands.
pub(super) fn is_form(parameter: &str) -> bool {
    matches!(parameter, "TZID" | "VALUE")
}

/// Removes every property of that name from a component.
pub(super) fn clear(document: &mut Document, component: ComponentId, name: &str) {
    let found: Vec<_> = document
        .find(component)
        .map(|component| component.all(name).map(|property| property.id()).collect())
        .unwrap_or_default();
    for property in found {
        // It was there a line above.
        let _ = document.remove(property);
    }
}

/// Makes a copy of a series one of its occurrences: it does not repeat itself.
pub(in crate::item) fn unrepeat(document: &mut Document, event: ComponentId) {
    for name in ["RRULE", "RDATE", "EXDATE", "EXRULE"] {
        clear(document, event, name);
    }
}

/// Takes an occurrence out of EXDATE: it is there again.
pub(in crate::item) fn include(
    document: &mut Document,
    series: ComponentId,
    at: Moment,
    zones: &Zones,
) -> Result<(), Gone> {
    let lists: Vec<Property> = document.find(series).ok_or(Gone)?.all("EXDATE").collect();
    for list in lists {
        let zone = list.parameter("TZID");
        let is_it = |value: &str| {
            let stamp = Stamp::parse(value.split('/').next().unwrap_or_default());
            let when = stamp.and_then(|stamp| When::of(stamp, zone, zones));
            when.is_some_and(|when| moment(when.at) == at)
        };
        let values: Vec<&str> = list.value().split(',').collect();
        let kept: Vec<&str> = values
            .iter()
            .copied()
            .filter(|value| !is_it(value))
            .collect();
        if kept.is_empty() {
            document.remove(list.id())?;
        } else if kept.len() < values.len() {
            let text = kept.join(",");
            document.set_value(list.id(), |line: ContentLine| line.raw(&text))?;
        }
    }
    Ok(())
}

/// Whether the user, or the organizer, took an occurrence out of a series.
pub(super) fn is_excluded(series: &Component<'_>, zones: &Zones, at: Moment) -> bool {
    times(series, "EXDATE", zones).any(|time| time == at)
}

/// The exception for an occurrence: the one there is, or a new one made from the series.
pub(super) fn make_exception(
    document: &mut Document,
    own: &TimeZone,
    at: Moment,
) -> Result<ComponentId, NoMeeting> {
    let calendar = calendar(document)?;
    let zones = zones(&calendar, own);
    if let Some(exception) = exception(&calendar, &zones, at) {
        return Ok(exception.id());
    }
    let master = master(&calendar).ok_or(NoMeeting::NoOccurrence)?;
    check_occurrence(&master, &zones, at)?;
    let start = master.property("DTSTART").ok_or(NoMeeting::Unreadable)?;
    let span = Span::read(&master, &zones).ok_or(NoMeeting::Unreadable)?;
    let end = master.property("DTEND");
    let (parent, octets) = (calendar.id(), master.to_bytes());
    let length = span.end.as_millisecond() - span.start().0;
    let gone = |_| NoMeeting::Unreadable;
    let made = document.insert_component(parent, &octets).map_err(gone)?;
    unrepeat(document, made);
    let begins = stamp(&start, &span, at)?;
    let mut id = ContentLine::new("RECURRENCE-ID").raw(&begins);
    for name in ["TZID", "VALUE"] {
        if let Some(value) = start.parameter(name) {
            id = id.parameter(name, value);
        }
    }
    document
        .set(made, "DTSTART", |line| line.raw(&begins))
        .map_err(gone)?;
    if let Some(end) = end {
        let ends = stamp(&end, &span, Moment(at.0 + length))?;
        document
            .set(made, "DTEND", |line| line.raw(&ends))
            .map_err(gone)?;
    }
    document.insert(made, &id).map_err(gone)?;
    Ok(made)
}

/// Whether the series has an occurrence planned for that moment.
fn check_occurrence(master: &Component<'_>, zones: &Zones, at: Moment) -> Result<(), NoMeeting> {
    let lists = |name| times(master, name, zones).any(|time| time == at);
    if master.property("RRULE").is_none() && master.property("RDATE").is_none() {
        return Err(NoMeeting::Single);
    }
    if is_excluded(master, zones, at) {
        return Err(NoMeeting::NoOccurrence);
    }
    let start = master.property("DTSTART").ok_or(NoMeeting::Unreadable)?;
    let start = When::read(&start, zones).ok_or(NoMeeting::Unreadable)?;
    if lists("RDATE") || moment(start.at) == at {
        return Ok(());
    }
    let planned = master
        .all("RRULE")
        .filter_map(|rule| Rule::parse(rule.value()))
        .any(|rule| {
            let until = rule.until.as_ref().map(|until| match until.0 {
                Stamp::Date(_) => civil(until.0).date().at(23, 59, 59, 0),
                Stamp::Utc(..) if !start.is_date => Zone::UTC
                    .instant(civil(until.0))
                    .map_or_else(|| civil(until.0), |at| start.zone.local(at)),
                _ => civil(until.0),
            });
            Occurrences::new(&rule, start.local, until)
                .take(MAX_TIMES)
                .map_while(|local| start.zone.instant(local))
                .map(moment)
                .take_while(|time| *time <= at)
                .any(|time| time == at)
        });
    planned.then_some(()).ok_or(NoMeeting::NoOccurrence)
}

/// A moment in the form in which a property of the meeting says its time.
fn stamp(like: &Property, span: &Span, at: Moment) -> Result<String, NoMeeting> {
    let at = jiff::Timestamp::from_millisecond(at.0).map_err(|_| NoMeeting::NoOccurrence)?;
    let kind = Stamp::parse(like.value()).ok_or(NoMeeting::Unreadable)?;
    Ok(match kind {
        Stamp::Date(_) => at.strftime("%Y%m%d").to_string(),
        Stamp::Utc(..) => at.strftime("%Y%m%dT%H%M%SZ").to_string(),
        Stamp::Local(..) => span
            .start
            .zone
            .local(at)
            .strftime("%Y%m%dT%H%M%S")
            .to_string(),
    })
}
