//! What others write about a meeting, taken into the user's calendar (RFC 5546 3.2): invitations and
//! their updates, cancellations, answers. Only where no server does it. Pure.
//!
//! Whoever can send a mail can write this. So an update or a cancellation counts only from the
//! organizer the calendar knows, an answer only from the attendee himself, and nothing ever makes an
//! event disappear: one that is cancelled says so and stays.

use airgate_codec::vobject::{Component, ComponentId, ContentLine, Document, Stamp};
use jiff::tz::TimeZone;

use super::people;
use super::stored::{self, NoMeeting};
use crate::item::timezone::Zones;

/// A message that came by mail.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    pub text: &'a [u8],
    /// The address the mail is from, in lower case.
    pub from: &'a str,
    /// The user's addresses.
    pub me: &'a [String],
    pub zone: &'a TimeZone,
}

/// The UID of the meeting a message is about.
///
/// # Errors
/// [`NoMeeting::Unreadable`].
pub fn uid_of(text: &[u8]) -> Result<String, NoMeeting> {
    let document = stored::read(text)?;
    stored::uid(&stored::calendar(&document)?).ok_or(NoMeeting::Unreadable)
}

/// The calendar's object as the message makes it; `None` when it has nothing new to say, or is from
/// somebody who has no say. `present` is what is there under the UID.
///
/// # Errors
/// [`NoMeeting`].
pub fn apply(
    present: Option<&[u8]>,
    incoming: &Incoming<'_>,
) -> Result<Option<Vec<u8>>, NoMeeting> {
    let message = stored::read(incoming.text)?;
    let calendar = stored::calendar(&message)?;
    let method = calendar.property("METHOD").map(|method| method.text());
    let method = method.unwrap_or_default().trim().to_ascii_uppercase();
    let event = stored::events(&calendar)
        .next()
        .ok_or(NoMeeting::Unreadable)?;
    let organizer = stored::organizer(&event).ok_or(NoMeeting::Unreadable)?;
    let mine = stored::is_me(&organizer, incoming.me);
    match (method.as_str(), present) {
        ("REQUEST" | "CANCEL", _) if mine || organizer != incoming.from => Ok(None),
        ("REQUEST", None) => as_object(incoming.text).map(Some),
        ("REQUEST", Some(present)) => updated(present, &message, incoming),
        ("CANCEL", Some(present)) => cancelled(present, &message, incoming),
        ("REPLY" | "COUNTER", Some(present)) if mine => answered(present, &message, incoming),
        _ => Ok(None),
    }
}

/// A new meeting: the message without its method, which no calendar keeps (RFC 4791 4.1).
///
/// # Errors
/// [`NoMeeting::Unreadable`]: it is about several meetings, or none.
pub fn as_object(text: &[u8]) -> Result<Vec<u8>, NoMeeting> {
    let mut document = stored::read(text)?;
    let calendar = stored::calendar(&document)?;
    let uid = stored::uid(&calendar).ok_or(NoMeeting::Unreadable)?;
    // An object has one UID (the same).
    let alien = stored::events(&calendar).any(|event| {
        event
            .property("UID")
            .is_none_or(|other| other.text().trim() != uid)
    });
    if alien {
        return Err(NoMeeting::Unreadable);
    }
    let calendar = calendar.id();
    stored::clear(&mut document, calendar, "METHOD");
    Ok(document.to_bytes().to_vec())
}

/// Whether what the calendar has of the same occurrence is newer (RFC 5546 2.1.5).
fn is_older(new: &Component<'_>, old: &Component<'_>) -> bool {
    let stamp = |event: &Component<'_>| {
        let stamp = event.property("DTSTAMP").map(|stamp| stamp.text());
        stamp.unwrap_or_default()
    };
    let (one, other) = (stored::sequence(new), stored::sequence(old));
    one < other || one == other && stamp(new) < stamp(old)
}

/// What is there, what came, and the zones that speaks of.
fn both<'m>(
    present: &[u8],
    message: &'m Document,
    incoming: &Incoming<'_>,
) -> Result<(Document, Component<'m>, Zones), NoMeeting> {
    let document = stored::read(present)?;
    let news = stored::calendar(message)?;
    let zones = stored::zones(&news, incoming.zone);
    Ok((document, news, zones))
}

fn updated(
    present: &[u8],
    message: &Document,
    incoming: &Incoming<'_>,
) -> Result<Option<Vec<u8>>, NoMeeting> {
    let (mut document, news, new_zones) = both(present, message, incoming)?;
    let mut changed = false;
    for new in stored::events(&news) {
        let calendar = stored::calendar(&document)?;
        let zones = stored::zones(&calendar, incoming.zone);
        let at = stored::instance(&new, &new_zones);
        let old = match at {
            Some(at) => stored::exception(&calendar, &zones, at),
            None => stored::master(&calendar),
        };
        let known = old.or_else(|| stored::master(&calendar));
        // Another organizer may not take a meeting over.
        if known.is_some_and(|known| stored::organizer(&known).as_deref() != Some(incoming.from)) {
            return Ok(None);
        }
        if old.is_some_and(|old| is_older(&new, &old) || old.to_bytes() == new.to_bytes()) {
            continue;
        }
        // One occurrence of a plan that was given up since.
        if old.is_none()
            && at.is_some()
            && known.is_some_and(|known| stored::sequence(&new) < stored::sequence(&known))
        {
            continue;
        }
        // One the user declined is gone from the calendar (EXDATE). It comes back where it was planned
        // anew, since that asks again; else no stays no.
        let series = stored::master(&calendar).filter(|_| old.is_none());
        let declined = series
            .zip(at)
            .filter(|(series, at)| stored::is_excluded(series, &zones, *at));
        if declined.is_some_and(|(series, _)| stored::sequence(&new) <= stored::sequence(&series)) {
            continue;
        }
        let octets = old.map_or_else(
            || new.to_bytes().to_vec(),
            |old| with_own(&new, &old, incoming.me, (&new_zones, &zones)),
        );
        let moved = old.is_some_and(|old| stored::sequence(&new) > stored::sequence(&old));
        let declined = declined.map(|(series, at)| (series.id(), at));
        let (parent, old) = (calendar.id(), old.map(|old| old.id()));
        if at.is_none() && moved {
            // The series was planned anew; exceptions that still count come with it.
            let stale: Vec<ComponentId> = stored::events(&calendar)
                .filter(|event| stored::instance(event, &zones).is_some())
                .map(|event| event.id())
                .collect();
            for event in stale {
                document
                    .remove_component(event)
                    .map_err(|_| NoMeeting::Unreadable)?;
            }
        }
        if let Some((series, at)) = declined {
            stored::include(&mut document, series, at, &zones)
                .map_err(|_| NoMeeting::Unreadable)?;
        }
        if let Some(old) = old {
            document
                .remove_component(old)
                .map_err(|_| NoMeeting::Unreadable)?;
        }
        add_zones(&mut document, parent, &new, &news)?;
        document
            .insert_component(parent, &octets)
            .map_err(|_| NoMeeting::Unreadable)?;
        changed = true;
    }
    Ok(changed.then(|| document.to_bytes().to_vec()))
}

/// The new event with what belongs to the user in the old one: alarms, categories, and the answers as
/// long as nothing was planned anew, those that took single occurrences out of it among them.
fn with_own(
    new: &Component<'_>,
    old: &Component<'_>,
    me: &[String],
    (new_zones, old_zones): (&Zones, &Zones),
) -> Vec<u8> {
    let plain = new.to_bytes().to_vec();
    let Ok(mut document) = Document::parse(&plain) else {
        return plain;
    };
    let Some(event) = document.component("VEVENT") else {
        return plain;
    };
    let id = event.id();
    let alarms: Vec<ComponentId> = event
        .components()
        .filter(|alarm| alarm.name() == "VALARM")
        .map(|alarm| alarm.id())
        .collect();
    let same_plan = stored::sequence(new) == stored::sequence(old);
    let answer = stored::myself(old, me)
        .filter(|_| same_plan)
        .and_then(|mine| Some((stored::myself(&event, me)?, mine)));
    if same_plan {
        for list in old.all("EXDATE") {
            let mut times = stored::moments(&list, old_zones).into_iter();
            if times.any(|at| !stored::is_excluded(new, new_zones, at)) {
                let _ = document.insert(id, &stored::line(&list, |_| true));
            }
        }
    }
    if let Some((there, mine)) = answer
        && let Some(word) = mine.parameter("PARTSTAT")
    {
        let line = stored::line(&there, |name| name != "PARTSTAT").parameter("PARTSTAT", word);
        let _ = document.replace(there.id(), &line);
    }
    // Alarms in an invitation are the organizer's (RFC 5546 3.2.2 leaves them to the user).
    for alarm in alarms {
        let _ = document.remove_component(alarm);
    }
    for alarm in old.components().filter(|alarm| alarm.name() == "VALARM") {
        let _ = document.insert_component(id, &alarm.to_bytes());
    }
    for name in ["CATEGORIES", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"] {
        if let Some(own) = old.property(name) {
            stored::clear(&mut document, id, name);
            let _ = document.insert(id, &stored::line(&own, |_| true));
        }
    }
    document.to_bytes().to_vec()
}

/// The zones a new event speaks of, where the calendar does not have them.
fn add_zones(
    document: &mut Document,
    parent: ComponentId,
    new: &Component<'_>,
    news: &Component<'_>,
) -> Result<(), NoMeeting> {
    let id = |zone: &Component<'_>| zone.property("TZID").map(|id| id.text());
    let known: Vec<String> = {
        let calendar = document.find(parent).ok_or(NoMeeting::Unreadable)?;
        let zones = calendar
            .components()
            .filter(|zone| zone.name() == "VTIMEZONE");
        zones.filter_map(|zone| id(&zone)).collect()
    };
    let named: Vec<String> = new
        .properties()
        .filter_map(|property| property.parameter("TZID").map(str::to_owned))
        .collect();
    for zone in news.components().filter(|zone| zone.name() == "VTIMEZONE") {
        if id(&zone).is_some_and(|id| named.contains(&id) && !known.contains(&id)) {
            document
                .insert_component(parent, &zone.to_bytes())
                .map_err(|_| NoMeeting::Unreadable)?;
        }
    }
    Ok(())
}

fn cancelled(
    present: &[u8],
    message: &Document,
    incoming: &Incoming<'_>,
) -> Result<Option<Vec<u8>>, NoMeeting> {
    let (mut document, news, new_zones) = both(present, message, incoming)?;
    let mut changed = false;
    for new in stored::events(&news) {
        let calendar = stored::calendar(&document)?;
        let known = stored::master(&calendar).or_else(|| stored::events(&calendar).next());
        let known = known.ok_or(NoMeeting::Unreadable)?;
        if stored::organizer(&known).as_deref() != Some(incoming.from) {
            continue;
        }
        let ids: Vec<ComponentId> = match stored::instance(&new, &new_zones) {
            // What became of single occurrences goes with the series.
            None if is_older(&new, &known) => continue,
            None => stored::events(&calendar).map(|event| event.id()).collect(),
            Some(at) => {
                let own =
                    stored::exception(&calendar, &stored::zones(&calendar, incoming.zone), at);
                let latest = own.unwrap_or(known);
                if stored::sequence(&new) < stored::sequence(&latest)
                    || own.is_some_and(|own| is_older(&new, &own))
                {
                    continue;
                }
                match stored::make_exception(&mut document, incoming.zone, at) {
                    Ok(exception) => vec![exception],
                    // An occurrence that is not there cannot be cancelled.
                    Err(_) => continue,
                }
            }
        };
        for id in ids {
            let event = document.find(id).ok_or(NoMeeting::Unreadable)?;
            let (old, number) = (stored::sequence(&event), stored::sequence(&new));
            if stored::is_cancelled(&event) && number <= old {
                continue;
            }
            // Under its number: an invitation of before it, come late, brings nothing back.
            let mut lines = vec![("STATUS", "CANCELLED".to_owned())];
            if number > old {
                lines.push(("SEQUENCE", number.to_string()));
            }
            let stamp = new.property("DTSTAMP").filter(|_| number >= old);
            lines.extend(stamp.map(|stamp| ("DTSTAMP", stamp.value().to_owned())));
            for (name, value) in lines {
                document
                    .set(id, name, |line| line.raw(&value))
                    .map_err(|_| NoMeeting::Unreadable)?;
            }
            changed = true;
        }
    }
    Ok(changed.then(|| document.to_bytes().to_vec()))
}

/// When an attendee answered, as Exchange keeps it beside the answer ([MS-OXCICAL] 2.1.3.1.1.20.2).
const ANSWERED: &str = "X-MS-OLK-RESPTIME";

/// An attendee's answer, in the organizer's own calendar. A proposal of another time is one too: the
/// times stay as they are.
fn answered(
    present: &[u8],
    message: &Document,
    incoming: &Incoming<'_>,
) -> Result<Option<Vec<u8>>, NoMeeting> {
    let (mut document, news, new_zones) = both(present, message, incoming)?;
    let from = [incoming.from.to_owned()];
    let mut changed = false;
    for new in stored::events(&news) {
        let Some(word) = stored::myself(&new, &from)
            .and_then(|attendee| attendee.parameter("PARTSTAT").map(str::to_ascii_uppercase))
            .filter(|word| matches!(word.as_str(), "ACCEPTED" | "TENTATIVE" | "DECLINED"))
        else {
            continue;
        };
        let stamp = new.property("DTSTAMP").map(|stamp| stamp.text());
        let stamp = stamp.filter(|stamp| matches!(Stamp::parse(stamp), Some(Stamp::Utc(..))));
        let calendar = stored::calendar(&document)?;
        let ids: Vec<ComponentId> = match stored::instance(&new, &new_zones) {
            None => stored::master(&calendar)
                .map(|event| event.id())
                .into_iter()
                .collect(),
            Some(at) => stored::make_exception(&mut document, incoming.zone, at)
                .into_iter()
                .collect(),
        };
        for id in ids {
            let event = document.find(id).ok_or(NoMeeting::Unreadable)?;
            // Who was not invited does not come in by answering.
            let Some(attendee) = stored::myself(&event, &from) else {
                continue;
            };
            let last = attendee.parameter(ANSWERED);
            // An answer that was overtaken by a later one.
            let stale = last.is_some_and(|last| stamp.as_deref().is_some_and(|new| new <= last));
            if stale
                || last.is_none() && attendee.says("PARTSTAT", &word)
                || stored::sequence(&new) < stored::sequence(&event)
            {
                continue;
            }
            let mut line: ContentLine = stored::line(&attendee, |name| {
                !matches!(name, "PARTSTAT" | "RSVP" | ANSWERED)
            })
            .parameter("PARTSTAT", &word);
            if let Some(stamp) = &stamp {
                line = line.parameter(ANSWERED, stamp);
            }
            document
                .replace(attendee.id(), &line)
                .map_err(|_| NoMeeting::Unreadable)?;
            changed = true;
        }
    }
    Ok(changed.then(|| document.to_bytes().to_vec()))
}

/// Whether a message is one that [`apply`] could do something with, by its method.
pub fn concerns(text: &[u8]) -> bool {
    let Ok(document) = stored::read(text) else {
        return false;
    };
    let method = document
        .component("VCALENDAR")
        .and_then(|calendar| calendar.property("METHOD"))
        .map(|method| people::one_line(&method.text()).to_ascii_uppercase());
    matches!(method.as_deref(), Some("REQUEST" | "CANCEL" | "REPLY"))
}

#[cfg(test)]
mod tests;
