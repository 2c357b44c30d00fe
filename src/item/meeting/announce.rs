//! What an organizer tells the others: invitations, updates, cancellations (RFC 5546 3.2.2, 3.2.5),
//! out of what the calendar had before and has now; and who is to do the telling (RFC 6638 7.1).
//! Pure.

use std::collections::BTreeMap;

use airgate_codec::eas::Moment;
use airgate_codec::vobject::{Component, ComponentId, ContentLine, Document};
use jiff::tz::TimeZone;

use super::people;
use super::reply::{Message, summary, utc};
use super::stored::{self, NoMeeting};

/// An organizer's point of view.
#[derive(Clone, Copy, Debug)]
pub struct Organizer<'a> {
    /// The user's addresses.
    pub me: &'a [String],
    pub zone: &'a TimeZone,
    /// In seconds since 1970.
    pub now: i64,
}

/// What makes another meeting of it (RFC 5546 2.1.4), for the others to be told.
const RELEVANT: [&str; 12] = [
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "SUMMARY",
    "LOCATION",
    "DESCRIPTION",
    "STATUS",
    "RECURRENCE-ID",
    "ATTACH",
];

impl Organizer<'_> {
    /// The messages a change of the calendar makes due: none where the user did not invite anybody,
    /// or where nothing changed that others need to know.
    ///
    /// # Errors
    /// [`NoMeeting::Unreadable`]: then nobody can be told.
    pub fn messages(
        &self,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) -> Result<Vec<Message>, NoMeeting> {
        let old = before.map(stored::read).transpose()?;
        let new = after.map(stored::read).transpose()?;
        let guests = |document: &Option<Document>| match document {
            Some(document) => self.guests(document),
            None => Ok(Vec::new()),
        };
        let (invited, inviting) = (guests(&old)?, guests(&new)?);
        let not_in = |list: &[String], other: &[String]| -> Vec<String> {
            let list = list.iter().filter(|address| !other.contains(address));
            list.cloned().collect()
        };
        let mut messages = Vec::new();
        let gone = not_in(&invited, &inviting);
        if let (Some(before), false) = (before, gone.is_empty()) {
            let only = (!inviting.is_empty()).then_some(gone.as_slice());
            messages.push(self.cancel(before, only, gone.clone())?);
        }
        let told = match (&old, &new) {
            (Some(old), Some(new)) if !invited.is_empty() => {
                if self.digest(old)? == self.digest(new)? {
                    not_in(&inviting, &invited)
                } else {
                    inviting
                }
            }
            _ => inviting,
        };
        if let (Some(after), false) = (after, told.is_empty()) {
            messages.push(self.request(after, told)?);
        }
        Ok(messages)
    }

    /// The new text with the next SEQUENCE, if something changed that others must know.
    ///
    /// # Errors
    /// [`NoMeeting::Unreadable`].
    pub fn sequenced(&self, before: &[u8], after: &[u8]) -> Result<Vec<u8>, NoMeeting> {
        let (old, mut new) = (stored::read(before)?, stored::read(after)?);
        let known = self.guests(&old)?;
        if known.is_empty() || self.digest(&old)? == self.digest(&new)? {
            return Ok(after.to_vec());
        }
        let highest = |document: &Document| -> Result<u32, NoMeeting> {
            let calendar = stored::calendar(document)?;
            let sequences = stored::events(&calendar).map(|event| stored::sequence(&event));
            Ok(sequences.max().unwrap_or(0))
        };
        let next = highest(&old)?.saturating_add(1);
        if highest(&new)? >= next {
            return Ok(after.to_vec());
        }
        let calendar = stored::calendar(&new)?;
        let ids: Vec<ComponentId> = stored::events(&calendar).map(|event| event.id()).collect();
        for id in ids {
            new.set(id, "SEQUENCE", |line| line.raw(&next.to_string()))
                .map_err(|_| NoMeeting::Unreadable)?;
        }
        Ok(new.to_bytes().to_vec())
    }

    /// An invitation to a meeting that is known, or to one occurrence of it, passed on to more people
    /// ([MS-ASCMD] 2.2.1.19).
    ///
    /// # Errors
    /// [`NoMeeting`].
    pub fn forward(
        &self,
        text: &[u8],
        instance: Option<Moment>,
        to: &[Guest],
    ) -> Result<Message, NoMeeting> {
        let mut document = stored::read(&with_guests(text, to)?)?;
        if let Some(at) = instance {
            let one = stored::make_exception(&mut document, self.zone, at)?;
            let calendar = stored::calendar(&document)?;
            let others: Vec<ComponentId> = stored::events(&calendar)
                .map(|event| event.id())
                .filter(|event| *event != one)
                .collect();
            for other in others {
                document
                    .remove_component(other)
                    .map_err(|_| NoMeeting::Unreadable)?;
            }
        }
        let to = to.iter().map(|(address, _)| address.clone()).collect();
        self.request(&document.to_bytes(), to)
    }

    fn request(&self, text: &[u8], to: Vec<String>) -> Result<Message, NoMeeting> {
        self.message("REQUEST", text, to, |document, id| {
            let stamp = utc(self.now)?;
            document
                .set(id, "DTSTAMP", |line| line.raw(&stamp))
                .map_err(|_| NoMeeting::Unreadable)
        })
    }

    /// `only` are those who are not invited any more, of a meeting that takes place.
    fn cancel(
        &self,
        text: &[u8],
        only: Option<&[String]>,
        to: Vec<String>,
    ) -> Result<Message, NoMeeting> {
        self.message("CANCEL", text, to, |document, id| {
            let stamp = utc(self.now)?;
            let event = document.find(id).ok_or(NoMeeting::Unreadable)?;
            let next = stored::sequence(&event).saturating_add(1).to_string();
            let others: Vec<_> = event
                .all("ATTENDEE")
                .filter(|attendee| {
                    let address = people::address(attendee).to_lowercase();
                    only.is_some_and(|only| !only.contains(&address))
                })
                .map(|attendee| attendee.id())
                .collect();
            for attendee in others {
                document
                    .remove(attendee)
                    .map_err(|_| NoMeeting::Unreadable)?;
            }
            for (name, value) in [
                ("DTSTAMP", stamp.as_str()),
                ("STATUS", "CANCELLED"),
                ("SEQUENCE", &next),
            ] {
                document
                    .set(id, name, |line| line.raw(value))
                    .map_err(|_| NoMeeting::Unreadable)?;
            }
            Ok(())
        })
    }

    /// The object as a message: with a method, without what is the user's own.
    fn message(
        &self,
        method: &'static str,
        text: &[u8],
        to: Vec<String>,
        mut change: impl FnMut(&mut Document, ComponentId) -> Result<(), NoMeeting>,
    ) -> Result<Message, NoMeeting> {
        let mut document = stored::read(text)?;
        let calendar = stored::calendar(&document)?;
        let parent = calendar.id();
        let events: Vec<ComponentId> = stored::events(&calendar).map(|event| event.id()).collect();
        let main = stored::master(&calendar).or_else(|| stored::events(&calendar).next());
        let summary = main.map(|event| summary(&event)).unwrap_or_default();
        for event in events {
            let found = document.find(event).ok_or(NoMeeting::Unreadable)?;
            let alarms: Vec<ComponentId> = found
                .components()
                .filter(|alarm| alarm.name() == "VALARM")
                .map(|alarm| alarm.id())
                .collect();
            for alarm in alarms {
                document
                    .remove_component(alarm)
                    .map_err(|_| NoMeeting::Unreadable)?;
            }
            change(&mut document, event)?;
        }
        set_agent(&mut document, |_| Agent::Unsaid)?;
        stored::clear(&mut document, parent, "METHOD");
        document
            .set(parent, "METHOD", |line| line.raw(method))
            .map_err(|_| NoMeeting::Unreadable)?;
        Ok(Message {
            method,
            text: document.to_bytes().to_vec(),
            to,
            summary,
        })
    }

    /// The addresses of those the user invited, in lower case; none where somebody else did.
    fn guests(&self, document: &Document) -> Result<Vec<String>, NoMeeting> {
        let calendar = stored::calendar(document)?;
        let mut guests: Vec<String> = Vec::new();
        for event in stored::events(&calendar) {
            let organizer = stored::organizer(&event);
            if !organizer.is_some_and(|organizer| stored::is_me(&organizer, self.me)) {
                continue;
            }
            for attendee in event.all("ATTENDEE") {
                let address = people::address(&attendee).to_lowercase();
                let known = address.is_empty()
                    || stored::is_me(&address, self.me)
                    || guests.contains(&address);
                if !known {
                    guests.push(address);
                }
            }
        }
        Ok(guests)
    }

    /// What is told of a meeting, to see whether it changed.
    fn digest(&self, document: &Document) -> Result<BTreeMap<Option<i64>, Vec<String>>, NoMeeting> {
        let calendar = stored::calendar(document)?;
        let zones = stored::zones(&calendar, self.zone);
        let mut told = BTreeMap::new();
        for event in stored::events(&calendar) {
            let mut lines: Vec<String> = event
                .properties()
                .filter(|property| RELEVANT.contains(&property.name()))
                .map(|property| {
                    let zone = property.parameter("TZID").unwrap_or_default();
                    format!("{};{zone}:{}", property.name(), property.value())
                })
                .collect();
            lines.sort();
            told.insert(stored::instance(&event, &zones).map(|at| at.0), lines);
        }
        Ok(told)
    }
}

/// Somebody to be invited: address and name.
pub type Guest = (String, Option<String>);

/// The meeting with more people asked to come.
///
/// # Errors
/// [`NoMeeting::Unreadable`].
pub fn with_guests(text: &[u8], guests: &[Guest]) -> Result<Vec<u8>, NoMeeting> {
    let mut document = stored::read(text)?;
    let calendar = stored::calendar(&document)?;
    let ids: Vec<ComponentId> = stored::events(&calendar).map(|event| event.id()).collect();
    for id in ids {
        for (address, name) in guests {
            let event = document.find(id).ok_or(NoMeeting::Unreadable)?;
            if stored::myself(&event, std::slice::from_ref(address)).is_some() {
                continue;
            }
            let mut line = ContentLine::new("ATTENDEE");
            if let Some(name) = name {
                line = line.parameter("CN", name);
            }
            let line = line
                .parameter("PARTSTAT", "NEEDS-ACTION")
                .parameter("RSVP", "TRUE")
                .raw(&format!("mailto:{address}"));
            document
                .insert(id, &line)
                .map_err(|_| NoMeeting::Unreadable)?;
        }
    }
    Ok(document.to_bytes().to_vec())
}

/// Who sends what is due to somebody (RFC 6638 7.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Agent {
    /// Not the calendar server.
    Client,
    /// Nothing is said of it: the calendar server.
    Unsaid,
}

/// The text with which a scheduling server sends nothing: the phone does, or we do.
///
/// # Errors
/// [`NoMeeting::Unreadable`].
pub fn silenced(text: &[u8], me: &[String]) -> Result<Vec<u8>, NoMeeting> {
    let mut document = stored::read(text)?;
    set_agent(&mut document, |address| {
        if stored::is_me(address, me) {
            Agent::Unsaid
        } else {
            Agent::Client
        }
    })?;
    Ok(document.to_bytes().to_vec())
}

/// The text with which the server sends again.
///
/// # Errors
/// [`NoMeeting::Unreadable`].
pub fn unsilenced(text: &[u8]) -> Result<Vec<u8>, NoMeeting> {
    let mut document = stored::read(text)?;
    set_agent(&mut document, |_| Agent::Unsaid)?;
    Ok(document.to_bytes().to_vec())
}

fn set_agent(document: &mut Document, agent: impl Fn(&str) -> Agent) -> Result<(), NoMeeting> {
    let calendar = stored::calendar(document)?;
    let mut wrong = Vec::new();
    for event in stored::events(&calendar) {
        for person in ["ORGANIZER", "ATTENDEE"]
            .into_iter()
            .flat_map(|name| event.all(name))
        {
            let wanted = agent(&people::address(&person).to_lowercase());
            let said = person
                .parameters()
                .iter()
                .any(|p| p.name.starts_with("SCHEDULE-"));
            if said != (wanted == Agent::Client) || said && !person.says("SCHEDULE-AGENT", "CLIENT")
            {
                wrong.push((person, wanted));
            }
        }
    }
    for (person, wanted) in wrong {
        let mut line = stored::line(&person, |name| !name.starts_with("SCHEDULE-"));
        if wanted == Agent::Client {
            line = line.parameter("SCHEDULE-AGENT", "CLIENT");
        }
        document
            .replace(person.id(), &line)
            .map_err(|_| NoMeeting::Unreadable)?;
    }
    Ok(())
}

/// Whether the user is the one who invites others.
pub fn invites(text: &[u8], me: &[String]) -> bool {
    let Ok(document) = stored::read(text) else {
        return false;
    };
    let calendar = document.component("VCALENDAR");
    calendar.is_some_and(|calendar| {
        stored::events(&calendar).any(|event| {
            let organizer = stored::organizer(&event);
            organizer.is_some_and(|organizer| stored::is_me(&organizer, me))
                && event.property("ATTENDEE").is_some()
        })
    })
}

/// Whether a meeting concerns anybody but the user.
pub fn is_meeting(text: &[u8]) -> bool {
    let Ok(document) = stored::read(text) else {
        return false;
    };
    let calendar = document.component("VCALENDAR");
    let has = |event: &Component<'_>| {
        event.property("ORGANIZER").is_some() && event.property("ATTENDEE").is_some()
    };
    calendar.is_some_and(|calendar| stored::events(&calendar).any(|event| has(&event)))
}

#[cfg(test)]
mod tests;
