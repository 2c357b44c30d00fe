//! A calendar's event as a phone sees it: VEVENT to EAS and back (REFERENCE.md 11.2). See
//! [`super::object`].
//!
//! The fact one would not guess: most of what goes wrong in calendars is about zones. A phone's
//! times are UTC and its zone is a blob without identity, so the zone that is stored stays as long
//! as the blob could mean it, and a recurrence that equals what was told keeps its RRULE.

mod alarm;
mod busy;
mod clock;
mod exceptions;
mod files;
mod links;
mod near;
mod patch;
mod people;
mod property;
mod series;
mod source;
mod times;
mod view;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::Event;
use airgate_codec::eas::email::Attachment;
use airgate_codec::eas::{Moment, Raw, Said};
use airgate_codec::vobject::{ContentLine, Document};

use self::clock::Home;
use self::exceptions::Changed;
use self::patch::{Patch, gone, touch};
use self::people::Standing;
use self::property::{
    ATTACHMENTS, ATTENDEES, BODY, BUSY, CANCELLED, Context, EXCEPTIONS, NO_COUNTER, ORGANIZERS,
    RECURRENCE, SENSITIVITY, TIMES, ZONE,
};
use self::series::Told;
use self::source::Source;
use self::times::Times;
use self::view::View;
use super::meeting::ids;
use super::merge::{Merged, Wish, merge};
use super::object::{
    self, Base, Created, Digest, Edit, Edited, File, Manner, Refused, Rendered, Unreadable,
};
use super::object_body::Texts;

/// See [`super::object::render`].
///
/// # Errors
/// There is no VEVENT in it, or none with a start, or too much (T18, T19).
pub fn render(text: &[u8], manner: &Manner<'_>) -> Result<Rendered, Unreadable> {
    let source = Source::open(text, manner.zone)?;
    let view = shown(&source, manner)?;
    let home = stored_home(&source);
    let data = view.main.event.to_raw(manner.version);
    Ok(Rendered {
        digest: held(&data, &context(&view, home.as_ref(), manner)),
        data,
        span: window(&source, &view, manner),
        renew: view.series.renew.map(jiff::Timestamp::as_second),
    })
}

/// See [`super::object::stub`].
pub fn stub(name: &str, manner: &Manner<'_>) -> Rendered {
    let texts = Texts {
        plain: "The event is kept on the server as it is, but cannot be shown here.".to_owned(),
        html: None,
    };
    let event = Event {
        all_day: Some(false),
        time_zone: Some(airgate_codec::zone::ZoneBlob::default().write()),
        stamp: Some(manner.now),
        start: Some(manner.now),
        end: Some(manner.now),
        subject: Some(format!("Unreadable event ({name})")),
        body: Some(texts.told(manner.bodies)),
        busy_status: Some(0),
        sensitivity: Some(0),
        meeting_status: Some(0),
        ..Event::default()
    };
    Rendered {
        data: event.to_raw(manner.version),
        digest: Digest::of_stub(),
        span: object::Span::Endless,
        renew: None,
    }
}

/// See [`super::object::edit`].
///
/// # Errors
/// Times and values that cannot be (status 6); an occurrence of what does not repeat.
pub fn edit(
    text: &[u8],
    edit: Edit<'_>,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Result<Edited, Refused> {
    let mut source = Source::open(text, manner.zone).map_err(|error| refused(&error))?;
    let view = shown(&source, manner).map_err(|error| refused(&error))?;
    match edit {
        Edit::Whole(data) => {
            let said = said(data)?;
            let (merged, added) = change(&mut source, &view, said, base, manner)?;
            finished(text, &source, merged, added, manner)
        }
        Edit::Instance { id, data } => {
            let said = said(data)?;
            let at = instance(id, &source, &view, manner)?;
            // The zone is the series' (REFERENCE.md 11.2.2).
            let said = Event {
                time_zone: None,
                recurrence: Said::Nothing,
                ..said
            };
            if said
                .all_day
                .is_some_and(|all_day| all_day != view.main.span.all_day)
            {
                return Err(Refused::conversion(
                    "an occurrence is as long as its series",
                ));
            }
            let changed = exceptions::change(&mut source, &view, at, &said, false, manner)?;
            after_instance(text, source, &view, changed, base, manner)
        }
        Edit::DropInstance { id } => {
            let at = instance(id, &source, &view, manner)?;
            exceptions::delete(&mut source, at)?;
            after_instance(text, source, &view, Changed::default(), base, manner)
        }
    }
}

/// See [`super::object::create`].
///
/// # Errors
/// Times and values that cannot be (status 6).
pub fn create(data: &Raw, uid: &str, manner: &Manner<'_>) -> Result<Created, Refused> {
    let mut said = said(data)?;
    times::complete(&mut said, manner)?;
    let uid = own_uid(&said).unwrap_or_else(|| uid.to_owned());
    let now = clock::utc(series::timestamp(manner.now).unwrap_or_default());
    let times = Times::read(&said, None, manner)?
        .ok_or_else(|| Refused::conversion("an event without times"))?;
    let document = Document::parse(EMPTY).map_err(|error| refused(&error))?;
    let mut source = Source::of(document, manner.zone).map_err(|error| refused(&error))?;
    let (calendar, main) = (source.calendar, source.main);
    for line in [
        ContentLine::new("UID").text(&uid),
        ContentLine::new("DTSTAMP").raw(&now),
        ContentLine::new("CREATED").raw(&now),
        ContentLine::new("LAST-MODIFIED").raw(&now),
    ] {
        source.document.insert(main, &line).map_err(gone)?;
    }
    let (from, _) = times.moments();
    let zone = times::blob(&said).map(|blob| property::zone_meant(&blob, from, None, manner));
    let home = zone.map_or_else(|| Home::own(manner, from), |zone| Home::new(zone, from));
    if matches!(times, Times::Clock { .. }) {
        home.describe(&mut source.document, calendar, from)
            .map_err(gone)?;
    }
    clock::write(&mut source.document, main, times, &home, &source.zones).map_err(gone)?;
    let invited = said.meeting_status.is_some_and(|status| status & 2 != 0);
    if let Some(email) = said.organizer_email.as_deref()
        && (invited || !people::is_me(email, manner.me))
        && email.contains('@')
        && said.attendees.as_ref().is_some_and(|list| !list.is_empty())
    {
        let name = said.organizer_name.as_deref();
        people::organize(&mut source.document, main, name, email).map_err(gone)?;
    }
    let mut source = reopened(source, manner)?;
    let view = shown(&source, manner).map_err(|error| refused(&error))?;
    let mut patch = Patch {
        document: &mut source.document,
        calendar,
        event: source.main,
        zones: &source.zones,
        before: &view.main,
        said: &said,
        manner,
    };
    let cancelled = said.meeting_status.is_some_and(|status| status & 4 != 0);
    patch.apply(|property| match property {
        TIMES | ZONE => false,
        RECURRENCE => said.recurrence.value().is_some(),
        CANCELLED => cancelled,
        NO_COUNTER => said.disallow_new_time_proposal == Some(true),
        BUSY => said.busy_status.is_some_and(|status| status != 2),
        SENSITIVITY => said.sensitivity.is_some_and(|level| level != 0),
        BODY => said.body.is_some(),
        ATTENDEES => said.attendees.is_some(),
        _ => true,
    })?;
    let added = files::change(&mut source.document, source.main, &said.attachment_changes)?;
    let mut source = reopened(source, manner)?;
    if let Some(list) = said
        .exceptions
        .as_deref()
        .filter(|_| said.recurrence.value().is_some())
    {
        let view = shown(&source, manner).map_err(|error| refused(&error))?;
        exceptions::write_list(&mut source, &view, &said, list, manner)?;
        source = reopened(source, manner)?;
    }
    who_invites(&mut source, manner)?;
    let view = shown(&source, manner).map_err(|error| refused(&error))?;
    let home = stored_home(&source);
    let context = context(&view, home.as_ref(), manner);
    let present = held(&view.main.event.to_raw(manner.version), &context);
    let mut holds = context.digest(&said);
    // What it does not say of an event of its own it has as it is by default.
    for property in [ZONE, BUSY, SENSITIVITY, CANCELLED, NO_COUNTER, ATTACHMENTS] {
        if let (None, Some(hash)) = (holds.get(property), present.get(property)) {
            holds.set(property, hash);
        }
    }
    hold_text(&said, &view, &present, &mut holds);
    let answer = Event {
        uid: (manner.version >= ProtocolVersion::V16_0).then(|| uid.clone()),
        attachments: added,
        ..Event::default()
    };
    Ok(Created {
        text: source.document.to_bytes().to_vec(),
        uid,
        holds,
        answer: answer.to_raw(manner.version),
    })
}

/// See [`super::object::file`].
pub fn file(text: &[u8], name: &str) -> Option<File> {
    let document = Document::parse(text).ok()?;
    files::find(&document.component("VCALENDAR")?, name)
}

/// What a new event is written into; its start is replaced at once.
const EMPTY: &[u8] = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Airgate//Airgate//EN\r\n\
    CALSCALE:GREGORIAN\r\nBEGIN:VEVENT\r\nDTSTART:20000101T000000Z\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

/// Weighs what the phone says and writes what follows.
fn change(
    source: &mut Source,
    view: &View,
    said: Event,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Result<(Merged, Vec<Attachment>), Refused> {
    let home = stored_home(source);
    let context = context(view, home.as_ref(), manner);
    let present = held(&view.main.event.to_raw(manner.version), &context);
    let wishes = property::wishes(&said, &context, base)?;
    let invited = view.main.people.standing == Standing::Attendee;
    let beyond = matches!(view.series.told, Told::Beyond | Told::Near { .. });
    let near = matches!(view.series.told, Told::Near { .. });
    // What a phone cannot change it says in vain: it is told again.
    let told = base.told.unwrap_or(&present);
    let in_vain = |property: u8, wish: Wish| {
        let fixed = invited && ORGANIZERS.contains(&property)
            || beyond && matches!(property, TIMES | ZONE | RECURRENCE)
            || beyond && !near && property == EXCEPTIONS;
        let wanted = match wish {
            Wish::Is(hash) => Some(hash),
            Wish::Gone => None,
            Wish::Nothing => return false,
        };
        fixed && wanted != told.get(property) && wanted != present.get(property)
    };
    let vain: Vec<(u8, Wish)> = wishes
        .iter()
        .copied()
        .filter(|(property, wish)| in_vain(*property, *wish))
        .collect();
    let (weighed, lost): (Vec<_>, Vec<_>) = wishes
        .into_iter()
        .partition(|(property, _)| !vain.iter().any(|(other, _)| other == property));
    let mut merged = merge(base, &present, weighed);
    for (property, wish) in lost {
        // Its own answer is in the list of those invited.
        merged.lost |= property != ATTENDEES;
        match wish {
            Wish::Is(hash) => merged.holds.set(property, hash),
            _ => merged.holds.unset(property),
        }
    }
    if invited && let Some(list) = &said.attendees {
        people::answer(&mut source.document, source.main, list, manner).map_err(gone)?;
    }
    // The files are the organizer's too; those a phone adds to someone else's meeting it is told of
    // as they are.
    let files = !said.attachment_changes.is_empty();
    merged.lost |= files && invited;
    let files = files && !invited;
    let mut added = Vec::new();
    if !merged.apply.is_empty() || files {
        added = write(source, view, &said, &merged, manner)?;
    }
    if files && told.get(ATTACHMENTS) == present.get(ATTACHMENTS) {
        hold_files(source, &mut merged.holds, manner)?;
    }
    hold_text(&said, view, &present, &mut merged.holds);
    Ok((merged, added))
}

/// Writes the properties that are the phone's to change; the files that came with them.
fn write(
    source: &mut Source,
    view: &View,
    said: &Event,
    merged: &Merged,
    manner: &Manner<'_>,
) -> Result<Vec<Attachment>, Refused> {
    let before = source.document.to_bytes();
    let mut patch = Patch {
        document: &mut source.document,
        calendar: source.calendar,
        event: source.main,
        zones: &source.zones,
        before: &view.main,
        said,
        manner,
    };
    patch.apply(|property| merged.applies(property))?;
    let mut added = Vec::new();
    if view.main.people.standing != Standing::Attendee {
        added = files::change(&mut source.document, source.main, &said.attachment_changes)?;
    }
    let moved = merged.applies(TIMES) || merged.applies(RECURRENCE) || merged.applies(ZONE);
    if moved && view.series.repeats() {
        *source = again(source, manner)?;
        let after = shown(source, manner).map_err(|error| refused(&error))?;
        let modern = manner.version >= ProtocolVersion::V16_0;
        let span = source.span.clone();
        exceptions::drop_all(source, |at| !modern && after.series.has(at, &span))?;
    }
    if merged.applies(EXCEPTIONS)
        && let Some(list) = &said.exceptions
    {
        *source = again(source, manner)?;
        let after = shown(source, manner).map_err(|error| refused(&error))?;
        if after.series.repeats() {
            exceptions::write_list(source, &after, said, list, manner)?;
        }
    }
    if source.document.to_bytes() != before {
        *source = again(source, manner)?;
        who_invites(source, manner)?;
        let organizes = shown(source, manner)
            .is_ok_and(|view| view.main.people.standing == Standing::Organizer);
        let matters =
            organizes && (moved || merged.applies(EXCEPTIONS) || merged.applies(CANCELLED));
        touch(&mut source.document, source.main, manner.now, matters).map_err(gone)?;
    }
    Ok(added)
}

/// The phone holds the files as they are now.
fn hold_files(source: &Source, holds: &mut Digest, manner: &Manner<'_>) -> Result<(), Refused> {
    let after = again(source, manner)?;
    let after = shown(&after, manner).map_err(|error| refused(&error))?;
    match context(&after, None, manner).hash(&after.main.event, ATTACHMENTS)? {
        Some(hash) => holds.set(ATTACHMENTS, hash),
        None => holds.unset(ATTACHMENTS),
    }
    Ok(())
}

/// The organizer's invitations are sent by the phone up to 14.1, from 16.0 on by the server
/// (design.md "Who invites").
fn who_invites(source: &mut Source, manner: &Manner<'_>) -> Result<(), Refused> {
    let view = shown(source, manner).map_err(|error| refused(&error))?;
    if view.main.people.standing != Standing::Organizer {
        return Ok(());
    }
    let silent = manner.version < ProtocolVersion::V16_0;
    let overrides = source.overrides.iter().map(|(_, id)| *id);
    for id in std::iter::once(source.main).chain(overrides) {
        people::silence(&mut source.document, id, silent).map_err(gone)?;
    }
    Ok(())
}

/// The object after a change of one occurrence. The phone then holds the exceptions as they are.
fn after_instance(
    text: &[u8],
    mut source: Source,
    view: &View,
    changed: Changed,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Result<Edited, Refused> {
    if *source.document.to_bytes() != *text {
        source = again(&source, manner)?;
        who_invites(&mut source, manner)?;
        touch(&mut source.document, source.main, manner.now, false).map_err(gone)?;
    }
    let home = stored_home(&source);
    let after = shown(&source, manner).map_err(|error| refused(&error))?;
    let hash = |view: &View| {
        let context = context(view, home.as_ref(), manner);
        held(&view.main.event.to_raw(manner.version), &context).get(EXCEPTIONS)
    };
    let mut holds = match base.told {
        Some(told) => told.clone(),
        None => held(
            &view.main.event.to_raw(manner.version),
            &context(view, home.as_ref(), manner),
        ),
    };
    // What others did to other occurrences meanwhile it has not heard of.
    if holds.get(EXCEPTIONS) == hash(view) {
        match hash(&after) {
            Some(hash) => holds.set(EXCEPTIONS, hash),
            None => holds.unset(EXCEPTIONS),
        }
    }
    let merged = Merged {
        holds,
        lost: changed.lost,
        ..Merged::default()
    };
    finished(text, &source, merged, changed.added, manner)
}

fn finished(
    text: &[u8],
    source: &Source,
    merged: Merged,
    added: Vec<Attachment>,
    manner: &Manner<'_>,
) -> Result<Edited, Refused> {
    let octets = source.document.to_bytes();
    let answer = Event {
        attachments: added,
        ..Event::default()
    };
    Ok(Edited {
        changed: *octets != *text,
        text: octets.to_vec(),
        lost: merged.lost,
        holds: merged.holds,
        answer: match answer.attachments.is_empty() {
            true => Raw::default(),
            false => answer.to_raw(manner.version),
        },
    })
}

/// The occurrence of an InstanceId.
fn instance(
    id: &str,
    source: &Source,
    view: &View,
    manner: &Manner<'_>,
) -> Result<jiff::Timestamp, Refused> {
    if view.series.recurrence().is_none() {
        return Err(Refused::conversion("an occurrence of what does not repeat"));
    }
    let said = Moment::parse(id);
    exceptions::instance(said, &Event::default(), source, view, manner)
        .ok_or_else(|| Refused::conversion("an InstanceId that is no time"))
}

/// A text it said in full a phone does not hold cut off, although it would be told so.
fn hold_text(said: &Event, view: &View, present: &Digest, holds: &mut Digest) {
    if let Some(body) = &said.body
        && view.main.texts.says_the_same(body)
        && let Some(hash) = present.get(BODY)
    {
        holds.set(BODY, hash);
    }
}

fn shown(source: &Source, manner: &Manner<'_>) -> Result<View, Unreadable> {
    View::read(source, manner).ok_or_else(|| Unreadable("no event in it".to_owned()))
}

fn stored_home(source: &Source) -> Option<Home> {
    let start = source.component(source.main)?.property("DTSTART")?;
    Home::of(&start, &source.zones)
}

fn context<'a>(view: &'a View, home: Option<&'a Home>, manner: &'a Manner<'a>) -> Context<'a> {
    Context {
        manner,
        zone: home.map(|home| &home.zone),
        times: Some(view.main.times()),
        recurrence: view.main.event.recurrence.value(),
    }
}

/// What a phone holds that was told this.
fn held(data: &Raw, context: &Context<'_>) -> Digest {
    Event::from_raw(data)
        .map(|event| context.digest(&event))
        .unwrap_or_default()
}

fn window(source: &Source, view: &View, manner: &Manner<'_>) -> object::Span {
    let moved = source.overrides.iter().map(|(at, _)| *at).collect();
    let object::Span::Until(mut end) = view.series.window(&source.span, &moved) else {
        return object::Span::Endless;
    };
    for (_, id) in &source.overrides {
        if let Some(part) = view::Part::of(source, *id, manner) {
            end = end.max(part.span.end.as_second());
        }
    }
    object::Span::Until(end)
}

/// The same document with its index of components made anew.
fn again(source: &Source, manner: &Manner<'_>) -> Result<Source, Refused> {
    Source::of(source.document.clone(), manner.zone).map_err(|error| refused(&error))
}

fn reopened(source: Source, manner: &Manner<'_>) -> Result<Source, Refused> {
    Source::of(source.document, manner.zone).map_err(|error| refused(&error))
}

fn said(data: &Raw) -> Result<Event, Refused> {
    Event::from_raw(data).map_err(|error| refused(&error))
}

fn refused(why: &dyn std::fmt::Display) -> Refused {
    Refused::conversion(why.to_string())
}

/// The UID a phone brings: its own up to 14.1, the ClientUid from 16.0 on, which some end with a
/// NUL (REFERENCE.md 12, quirk 13); that of the invitation it made the event from.
fn own_uid(said: &Event) -> Option<String> {
    const MAX: usize = 300;
    let uid = said.uid.as_deref().or(said.client_uid.as_deref())?;
    let uid: String = uid.chars().filter(|c| !c.is_control()).take(MAX).collect();
    let uid = ids::calendar_uid(uid.trim());
    (!uid.is_empty()).then_some(uid)
}

#[cfg(test)]
mod tests;
