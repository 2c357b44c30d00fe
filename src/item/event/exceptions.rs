//! Occurrences that a phone changes or deletes: RECURRENCE-ID and EXDATE (REFERENCE.md 11.2.6,
//! 11.2.8).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Moment;
use airgate_codec::eas::calendar::{Event, Exception};
use airgate_codec::eas::email::Attachment;
use airgate_codec::vobject::{ComponentId, Document, Gone};
use jiff::Timestamp;

use super::clock::{Home, instance_line};
use super::patch::{Patch, gone, touch};
use super::people::{self, Standing};
use super::property::{
    ATTENDEES, BODY, CATEGORIES, Context, LOCATION, ORGANIZERS, OWN, REMINDER, inherit,
};
use super::series;
use super::source::Source;
use super::times::{meant, zone_of_days};
use super::view::{Part, View};
use super::{alarm, files};
use crate::item::meeting::stored;
use crate::item::object::{Manner, Refused};
use crate::item::stamp::moment;
use crate::item::timezone::Zone;

/// The occurrence a phone means.
pub(super) fn instance(
    said: Option<Moment>,
    event: &Event,
    source: &Source,
    view: &View,
    manner: &Manner<'_>,
) -> Option<Timestamp> {
    let all_day = view.main.span.all_day;
    let zone = if all_day {
        zone_of_days(event, manner)
    } else {
        Zone::UTC
    };
    let at = meant(said?, all_day, &zone)?;
    if source.override_at(at).is_some() {
        return Some(at);
    }
    let at = view.series.meant(at, &source.span);
    // What only the nearest rule has is no occurrence.
    view.series.tells(at).then_some(at)
}

/// The exceptions of a list (up to 14.1, and in a new series). Those it does not name stay: there is
/// no way to restore an occurrence (CMD_R876).
pub(super) fn write_list(
    source: &mut Source,
    view: &View,
    event: &Event,
    list: &[Exception],
    manner: &Manner<'_>,
) -> Result<(), Refused> {
    for exception in list {
        let Some(at) = instance(exception.at, event, source, view, manner) else {
            continue;
        };
        if exception.deleted {
            delete(source, at)?;
            continue;
        }
        let mut changes = exception.changes.clone();
        changes.time_zone.clone_from(&event.time_zone);
        // An exception's AllDayEvent is its series' (REFERENCE.md 12, quirk 17).
        changes.all_day = Some(view.main.span.all_day);
        change(source, view, at, &changes, true, manner)?;
    }
    Ok(())
}

/// Deletes an occurrence.
pub(super) fn delete(source: &mut Source, at: Timestamp) -> Result<(), Refused> {
    while let Some(id) = source.override_at(at) {
        source.document.remove_component(id).map_err(gone)?;
        source.overrides.retain(|(_, other)| *other != id);
    }
    let main = source.component(source.main).ok_or_else(|| gone(Gone))?;
    let excluded = main.all("EXDATE").any(|list| {
        list.value()
            .split(',')
            .any(|value| series::date(value, &list, &source.zones) == Some(at))
    });
    if excluded {
        return Ok(());
    }
    let line = instance_line("EXDATE", at, &main, &source.zones);
    source.document.insert(source.main, &line).map_err(gone)?;
    Ok(())
}

/// What came of a change of an occurrence.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// The files that came with it.
    pub(super) added: Vec<Attachment>,
    /// Some of it is the organizer's to change.
    pub(super) lost: bool,
}

/// Changes an occurrence. `whole`: what is not said is as the series has it; else as it is.
pub(super) fn change(
    source: &mut Source,
    view: &View,
    at: Timestamp,
    said: &Event,
    whole: bool,
    manner: &Manner<'_>,
) -> Result<Changed, Refused> {
    let existing = source.override_at(at);
    let before = match existing {
        Some(id) => Part::of(source, id, manner),
        None => Some(occurrence(view, at, manner)),
    };
    let before = before.ok_or_else(|| Refused::conversion("an occurrence that cannot be read"))?;
    let series = occurrence(view, at, manner);
    let mut wanted = said.clone();
    if whole {
        wanted.start = wanted.start.or(series.event.start);
        wanted.end = wanted.end.or(series.event.end);
        inherit(&mut wanted, &series.event);
        // Exceptions of 2.5 have no bodies, those before 14.0 no attendees of their own: they stay.
        if manner.version == ProtocolVersion::V2_5 {
            wanted.body.clone_from(&said.body);
        }
    }
    let home = home(source, &source.main);
    let context = Context {
        manner,
        zone: home.as_ref().map(|home| &home.zone),
        times: Some(before.times()),
        recurrence: None,
    };
    let mut apply = Vec::new();
    for property in OWN {
        let is_said = match property {
            LOCATION => wanted.location.is_there(),
            REMINDER => wanted.reminder.is_there(),
            CATEGORIES => wanted.categories.is_some(),
            ATTENDEES => wanted.attendees.is_some(),
            BODY => wanted.body.is_some(),
            _ => context.hash(&wanted, property)?.is_some(),
        };
        let differs = context.hash(&wanted, property)? != context.hash(&before.event, property)?;
        if is_said && differs {
            apply.push(property);
        }
    }
    let mut changed = Changed::default();
    let mut files = said.attachment_changes.clone();
    if view.main.people.standing == Standing::Attendee {
        let all = apply.len() + files.len();
        apply.retain(|property| !ORGANIZERS.contains(property));
        files.clear();
        changed.lost = apply.len() < all;
        if let (Some(id), Some(list)) = (existing, &said.attendees) {
            people::answer(&mut source.document, id, list, manner).map_err(gone)?;
        }
        if apply.is_empty() {
            return Ok(changed);
        }
    }
    wanted.attachment_changes = files;
    let nothing = apply.is_empty() && wanted.attachment_changes.is_empty();
    // One that lasts otherwise than its series was told as an exception, and is none.
    let as_told = || view.series.of_own_length().any(|(own, _)| own == at);
    if nothing && (existing.is_some() || whole_is_nothing(said) || as_told()) {
        return Ok(changed);
    }
    let Some(id) = existing else {
        changed.added = split_off(source, at, &before, &wanted, &apply, manner)?;
        return Ok(changed);
    };
    let mut patch = Patch {
        document: &mut source.document,
        calendar: source.calendar,
        event: id,
        zones: &source.zones,
        before: &before,
        said: &wanted,
        manner,
    };
    patch.apply(|property| apply.contains(&property))?;
    changed.added = files::change(&mut source.document, id, &wanted.attachment_changes)?;
    touch(&mut source.document, id, manner.now, false).map_err(gone)?;
    Ok(changed)
}

/// Nothing is said that would make it another than its series has it.
fn whole_is_nothing(said: &Event) -> bool {
    *said
        == Event {
            all_day: said.all_day,
            time_zone: said.time_zone.clone(),
            ..Event::default()
        }
}

/// The occurrence as the series has it.
fn occurrence(view: &View, at: Timestamp, manner: &Manner<'_>) -> Part {
    let main = &view.main;
    let mut span = main.span.clone();
    span.end = view.series.end(at, &main.span);
    span.start.at = at;
    span.start.local = span.start.zone.local(at);
    let mut event = main.event.clone();
    event.start = Some(super::times::wire(span.start.at, span.all_day, manner));
    event.end = Some(super::times::wire(span.end, span.all_day, manner));
    Part {
        event,
        texts: main.texts.clone(),
        span,
        people: people::People::default(),
    }
}

/// Makes an occurrence a component of its own: the series', but for how it repeats, and changed. It
/// is made in a document of its own, since every edit goes over all lines of one (T18).
fn split_off(
    source: &mut Source,
    at: Timestamp,
    before: &Part,
    said: &Event,
    apply: &[u8],
    manner: &Manner<'_>,
) -> Result<Vec<Attachment>, Refused> {
    let main = source.component(source.main).ok_or_else(|| gone(Gone))?;
    let line = instance_line("RECURRENCE-ID", at, &main, &source.zones);
    let home = Home::own_or_utc(home(source, &source.main));
    let octets = [
        &b"BEGIN:VCALENDAR\r\n"[..],
        &main.to_bytes(),
        b"END:VCALENDAR\r\n",
    ]
    .concat();
    let mut document = Document::parse(&octets).map_err(|_| gone(Gone))?;
    let calendar = document.component("VCALENDAR").ok_or_else(|| gone(Gone))?;
    let event = calendar.components().next().ok_or_else(|| gone(Gone))?;
    let (calendar, event) = (calendar.id(), event.id());
    stored::unrepeat(&mut document, event);
    document.insert(event, &line).map_err(gone)?;
    super::clock::write(&mut document, event, before.times(), &home, &source.zones)
        .map_err(gone)?;
    alarm::moved(
        &mut document,
        event,
        at.duration_since(source.span.start.at),
    )
    .map_err(gone)?;
    let mut patch = Patch {
        document: &mut document,
        calendar,
        event,
        zones: &source.zones,
        before,
        said,
        manner,
    };
    patch.apply(|property| apply.contains(&property))?;
    let added = files::change(&mut document, event, &said.attachment_changes)?;
    touch(&mut document, event, manner.now, false).map_err(gone)?;
    let made = document.find(event).ok_or_else(|| gone(Gone))?.to_bytes();
    let id = source
        .document
        .insert_component(source.calendar, &made)
        .map_err(gone)?;
    // An occurrence that was deleted and now is changed is there again.
    stored::include(&mut source.document, source.main, moment(at), &source.zones).map_err(gone)?;
    source.overrides.push((at, id));
    Ok(added)
}

/// Lets go of the exceptions of a series whose times are others now (CAL_R2097), all of them or
/// those that are none of its occurrences any more.
pub(super) fn drop_all(
    source: &mut Source,
    keeps: impl Fn(Timestamp) -> bool,
) -> Result<(), Refused> {
    let stale: Vec<_> = source
        .overrides
        .iter()
        .filter(|(at, _)| !keeps(*at))
        .map(|(_, id)| *id)
        .collect();
    for id in stale {
        source.document.remove_component(id).map_err(gone)?;
        source.overrides.retain(|(_, other)| *other != id);
    }
    let main = source.component(source.main).ok_or_else(|| gone(Gone))?;
    let excluded: Vec<Timestamp> = main
        .all("EXDATE")
        .flat_map(|list| {
            let values: Vec<_> = list
                .value()
                .split(',')
                .filter_map(|value| series::date(value, &list, &source.zones))
                .collect();
            values
        })
        .filter(|at| !keeps(*at))
        .collect();
    for at in excluded {
        stored::include(&mut source.document, source.main, moment(at), &source.zones)
            .map_err(gone)?;
    }
    Ok(())
}

fn home(source: &Source, id: &ComponentId) -> Option<Home> {
    let start = source.component(*id)?.property("DTSTART")?;
    Home::of(&start, &source.zones)
}
