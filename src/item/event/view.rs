//! An event as a phone is told of it.

use std::collections::BTreeMap;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::{Event, Exception, MAX_EXCEPTIONS};
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::{Location, Recurrence, Said};
use airgate_codec::vobject::{Component, ComponentId};
use jiff::Timestamp;

use super::alarm::Alarm;
use super::people::{People, Standing};
use super::series::Series;
use super::source::Source;
use super::times::{Times, wire};
use super::{busy, files, links};
use crate::item::legal::legalise;
use crate::item::meeting::when::{Span, When};
use crate::item::meeting::{ids, place, status};
use crate::item::object::Manner;
use crate::item::object_body::Texts;
use crate::item::object_categories;
use crate::item::stamp::moment;

/// Longest UID of a phone's calendar ([MS-ASCAL] 2.2.2.47).
const MAX_UID: usize = 300;
/// Longest line of text shown: subjects, places.
const MAX_LINE: usize = 4096;

/// One component, as a phone would be told of it.
pub(super) struct Part {
    pub(super) event: Event,
    pub(super) texts: Texts,
    pub(super) span: Span,
    pub(super) people: People,
}

/// A whole object.
pub(super) struct View {
    pub(super) main: Part,
    pub(super) series: Series,
}

impl View {
    pub(super) fn read(source: &Source, manner: &Manner<'_>) -> Option<Self> {
        let component = source.component(source.main)?;
        let mut span = source.span.clone();
        let series = Series::read(&component, &mut span, &source.zones, manner);
        let mut main = Part::read(&component, span, source, manner);
        let event = &mut main.event;
        event.uid = component
            .property("UID")
            .map(|uid| legalise(ids::calendar_uid(uid.text().trim())))
            .map(|uid| uid.chars().take(MAX_UID).collect());
        event.stamp = ["LAST-MODIFIED", "DTSTAMP", "CREATED"]
            .into_iter()
            .find_map(|name| When::read(&component.property(name)?, &source.zones))
            .map(|when| moment(when.at))
            .or(Some(manner.now));
        if !main.span.all_day || manner.version < ProtocolVersion::V16_0 {
            let zone = if main.span.all_day {
                crate::item::timezone::Zone::Known(manner.zone.clone())
            } else {
                main.span.start.zone.clone()
            };
            event.time_zone = Some(zone.blob(main.span.start.at).write());
        }
        if let Some(recurrence) = series.recurrence() {
            event.recurrence = Said::Value(gated(recurrence, manner.version));
        }
        let mut view = Self { main, series };
        if view.series.recurrence().is_some() {
            view.main.event.exceptions = Some(view.exceptions(source, manner));
        }
        Some(view)
    }

    /// The occurrences that are not as the series has them, in order. Of more than a phone may be
    /// told, the latest.
    fn exceptions(&self, source: &Source, manner: &Manner<'_>) -> Vec<Exception> {
        let all_day = self.main.span.all_day;
        let mut all: Vec<(Timestamp, Option<ComponentId>)> = source
            .overrides
            .iter()
            .map(|(at, id)| (*at, Some(*id)))
            .filter(|(at, _)| self.series.tells(*at))
            .collect();
        let overridden = |at: &Timestamp| source.override_at(*at).is_some();
        let excluded = self.series.excluded.iter().filter(|at| !overridden(at));
        all.extend(excluded.map(|at| (*at, None)));
        // What lasts otherwise than the series is told as changed.
        let own: BTreeMap<Timestamp, Timestamp> = self.series.of_own_length().collect();
        all.extend(own.keys().map(|at| (*at, None)));
        all.sort_by_key(|(at, id)| (*at, id.is_none()));
        all.dedup_by_key(|(at, _)| *at);
        let too_many = all.len().saturating_sub(MAX_EXCEPTIONS);
        all.into_iter()
            .skip(too_many)
            .filter_map(|(at, id)| {
                let said = Some(wire(at, all_day, manner));
                let deleted = Exception {
                    at: said,
                    deleted: true,
                    changes: Event::default(),
                };
                let Some(id) = id else {
                    return Some(match own.get(&at) {
                        Some(end) => Exception {
                            deleted: false,
                            changes: Event {
                                start: said,
                                end: Some(wire(*end, all_day, manner)),
                                ..Event::default()
                            },
                            ..deleted
                        },
                        None => deleted,
                    });
                };
                let component = source.component(id)?;
                if is_cancelled(&component) && self.main.people.standing != Standing::Attendee {
                    return Some(deleted);
                }
                let part = Part::of(source, id, manner)?;
                Some(Exception {
                    at: said,
                    deleted: false,
                    changes: difference(&self.main.event, &part.event, manner.version),
                })
            })
            .collect()
    }
}

impl Part {
    pub(super) fn of(source: &Source, id: ComponentId, manner: &Manner<'_>) -> Option<Self> {
        let component = source.component(id)?;
        let span = Span::read(&component, &source.zones)?;
        Some(Self::read(&component, span, source, manner))
    }

    fn read(component: &Component<'_>, span: Span, source: &Source, manner: &Manner<'_>) -> Self {
        let _ = source;
        let people = People::read(component, manner);
        let texts = Texts::read(component);
        let all_day = span.all_day;
        let line = |name: &str| {
            let text = component.property(name).map(|property| property.text());
            let text = text.unwrap_or_default();
            legalise(text.trim().chars().take(MAX_LINE).collect::<String>())
        };
        let location = location(component, manner.version);
        let alarm = Alarm::find(component, &span);
        let modern = manner.version >= ProtocolVersion::V14_0;
        let mut event = Event {
            all_day: Some(all_day),
            start: Some(wire(span.start.at, all_day, manner)),
            end: Some(wire(span.end, all_day, manner)),
            subject: Some(line("SUMMARY")),
            location: location.map_or(Said::Nothing, Said::Value),
            busy_status: Some(busy::read(component)),
            sensitivity: Some(status::sensitivity(component)),
            reminder: alarm.map_or(Said::Nothing, |alarm| Said::Value(alarm.minutes)),
            meeting_status: Some(people.meeting(is_cancelled(component))),
            body: Some(texts.told(manner.bodies)),
            native_body_type: Some(match &texts.html {
                Some(_) => BodyType::Html,
                None => BodyType::Plain,
            }),
            response_requested: modern.then_some(people.asked),
            response_type: modern.then(|| people.response()),
            disallow_new_time_proposal: modern
                .then(|| status::is_true(component, "X-MICROSOFT-DISALLOW-COUNTER")),
            reply_time: people.replied.filter(|_| modern).map(moment),
            conference_link: links::address(component),
            external_link: links::page(component),
            attachments: if manner.version >= ProtocolVersion::V16_0 {
                files::read(component)
            } else {
                Vec::new()
            },
            ..Event::default()
        };
        let categories = object_categories::read(component);
        event.categories = (!categories.is_empty()).then_some(categories);
        if !people.attendees.is_empty() {
            event.attendees = Some(people.attendees.clone());
        }
        match &people.organizer {
            Some(organizer) if organizer.address.contains('@') => {
                event.organizer_name = Some(organizer.name.clone());
                event.organizer_email = Some(organizer.address.clone());
            }
            _ => {
                // Android shows nothing without one (REFERENCE.md 12, quirk 32).
                let me = manner.me.addresses.first();
                event.organizer_email = me.cloned();
                event.organizer_name = manner.me.name.map(str::to_owned).or_else(|| me.cloned());
            }
        }
        Self {
            event,
            texts,
            span,
            people,
        }
    }

    /// The times that are shown.
    pub(super) fn times(&self) -> Times {
        let utc = |at| crate::item::timezone::Zone::UTC.local(at).date();
        if self.span.all_day {
            Times::Days {
                from: utc(self.span.start.at),
                to: utc(self.span.end),
            }
        } else {
            Times::Clock {
                from: self.span.start.at,
                to: self.span.end,
            }
        }
    }
}

fn is_cancelled(component: &Component<'_>) -> bool {
    component
        .property("STATUS")
        .is_some_and(|status| status.value().trim().eq_ignore_ascii_case("CANCELLED"))
}

/// What an exception must say: what differs from the series, and what the series has and it has not.
fn difference(series: &Event, own: &Event, version: ProtocolVersion) -> Event {
    fn differs<T: Clone + PartialEq>(series: &T, own: &T) -> Option<T> {
        (series != own).then(|| own.clone())
    }
    let modern = version >= ProtocolVersion::V14_0;
    let mut said = Event {
        start: own.start,
        end: own.end,
        all_day: differs(&series.all_day, &own.all_day).flatten(),
        subject: differs(&series.subject, &own.subject).flatten(),
        busy_status: differs(&series.busy_status, &own.busy_status).flatten(),
        sensitivity: differs(&series.sensitivity, &own.sensitivity).flatten(),
        meeting_status: differs(&series.meeting_status, &own.meeting_status).flatten(),
        ..Event::default()
    };
    if version != ProtocolVersion::V2_5 {
        said.body = differs(&series.body, &own.body).flatten();
    }
    if series.location != own.location {
        said.location = match &own.location {
            Said::Nothing => Said::Empty,
            location => location.clone(),
        };
    }
    if series.reminder != own.reminder {
        said.reminder = match own.reminder {
            Said::Nothing => Said::Empty,
            reminder => reminder,
        };
    }
    if series.categories != own.categories {
        said.categories = Some(own.categories.clone().unwrap_or_default());
    }
    if modern && series.attendees != own.attendees {
        said.attendees = Some(own.attendees.clone().unwrap_or_default());
    }
    if modern {
        said.response_type = differs(&series.response_type, &own.response_type).flatten();
        said.reply_time = differs(&series.reply_time, &own.reply_time).flatten();
        said.conference_link = differs(&series.conference_link, &own.conference_link).flatten();
        said.external_link = differs(&series.external_link, &own.external_link).flatten();
    }
    // There is no word for "none of the series' files".
    if series.attachments != own.attachments {
        said.attachments.clone_from(&own.attachments);
    }
    said
}

/// A recurrence as that version has it.
fn gated(recurrence: &Recurrence, version: ProtocolVersion) -> Recurrence {
    let mut recurrence = recurrence.clone();
    if version < ProtocolVersion::V14_0 {
        recurrence.calendar_type = None;
    }
    if version < ProtocolVersion::V14_1 {
        recurrence.first_day_of_week = None;
    }
    recurrence
}

/// The property that keeps what of a structured place iCalendar has no name for. Its value is the
/// LOCATION it belongs to: where that says something else now, it is not this place any more.
pub(super) const PLACE: &str = "X-AIRGATE-LOCATION";
/// Its parameters.
pub(super) const PLACE_PARTS: [&str; 10] = [
    "X-ANNOTATION",
    "X-STREET",
    "X-CITY",
    "X-STATE",
    "X-COUNTRY",
    "X-POSTAL-CODE",
    "X-ACCURACY",
    "X-ALTITUDE",
    "X-ALTITUDE-ACCURACY",
    "X-URI",
];

fn location(component: &Component<'_>, version: ProtocolVersion) -> Option<Location> {
    let mut location = place::location(component)?;
    location.display_name = location.display_name.map(legalise);
    if version < ProtocolVersion::V16_0 {
        return location.display_name.map(Location::named);
    }
    let kept = component
        .property(PLACE)
        .filter(|kept| Some(kept.text()) == location.display_name);
    if let Some(kept) = kept {
        for (name, part) in PLACE_PARTS.into_iter().zip(parts(&mut location)) {
            *part = kept.parameter(name).map(|text| legalise(text.to_owned()));
        }
    }
    Some(location)
}

/// The parts of a place in the order of [`PLACE_PARTS`].
pub(super) fn parts(location: &mut Location) -> [&mut Option<String>; 10] {
    [
        &mut location.annotation,
        &mut location.street,
        &mut location.city,
        &mut location.state,
        &mut location.country,
        &mut location.postal_code,
        &mut location.accuracy,
        &mut location.altitude,
        &mut location.altitude_accuracy,
        &mut location.location_uri,
    ]
}
