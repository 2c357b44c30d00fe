//! What an organizer tells the others: invitations, updates, cancellations (RFC 5546 3.2.2, 3.2.5),
//! out of what the calendar had before and has now. Pure.
//!
//! Everybody is told what concerns him, once: a change of the whole meeting as a whole, one of a few
//! occurrences by these alone ([`difference`]).

mod agent;
mod difference;
mod message;

use std::collections::BTreeMap;

use airgate_codec::eas::Moment;
use airgate_codec::vobject::{Component, ComponentId, ContentLine};
use jiff::tz::TimeZone;

pub use self::agent::{people_of, silenced, unsilenced};
use self::difference::{Due, Meeting, due};
use super::reply::Message;
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
        let old = self.meeting(before)?;
        let new = self.meeting(after)?;
        // Those who are told the same get one mail.
        let mut mails: BTreeMap<Due, Vec<String>> = BTreeMap::new();
        for guest in old.guests().union(&new.guests()) {
            for due in due(&old, &new, guest) {
                mails.entry(due).or_default().push(guest.clone());
            }
        }
        let stays = !new.guests().is_empty();
        let mut messages = Vec::new();
        for (due, to) in mails {
            messages.extend(match due {
                Due::Cancel(occurrences) => {
                    let text = before.ok_or(NoMeeting::Unreadable)?;
                    let stays = stays || !occurrences.is_empty();
                    self.cancel(text, &occurrences, stays, to)?
                }
                Due::Request { parts, late } => {
                    let text = after.ok_or(NoMeeting::Unreadable)?;
                    Some(self.request(text, &parts, late, to)?)
                }
            });
        }
        Ok(messages)
    }

    /// The new text with the next SEQUENCE where something changed that others must know: in all of it,
    /// or in the occurrences that did (RFC 5546 2.1.4).
    ///
    /// # Errors
    /// [`NoMeeting::Unreadable`].
    pub fn sequenced(&self, before: &[u8], after: &[u8]) -> Result<Vec<u8>, NoMeeting> {
        let old = self.meeting(Some(before))?;
        let new = self.meeting(Some(after))?;
        if old.guests().is_empty() {
            return Ok(after.to_vec());
        }
        let changed = old.changed(&new);
        let next = old.sequence().saturating_add(1);
        let mut document = stored::read(after)?;
        let calendar = stored::calendar(&document)?;
        let zones = stored::zones(&calendar, self.zone);
        let behind: Vec<ComponentId> = stored::events(&calendar)
            .filter(|event| changed.contains(&stored::instance(event, &zones)))
            .filter(|event| stored::sequence(event) < next)
            .map(|event| event.id())
            .collect();
        if behind.is_empty() {
            return Ok(after.to_vec());
        }
        for id in behind {
            document
                .set(id, "SEQUENCE", |line| line.raw(&next.to_string()))
                .map_err(|_| NoMeeting::Unreadable)?;
        }
        Ok(document.to_bytes().to_vec())
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
        let mut document = stored::read(text)?;
        if let Some(at) = instance {
            let one = stored::make_exception(&mut document, self.zone, at)?;
            stored::keep_only(&mut document, |event| event == one)?;
        }
        let text = with_guests(&document.to_bytes(), None, to, self.zone)?;
        let to = to.iter().map(|(address, _)| address.clone()).collect();
        self.request_all(&text, to)
    }

    fn meeting(&self, text: Option<&[u8]>) -> Result<Meeting, NoMeeting> {
        match text {
            Some(text) => Meeting::read(text, self),
            None => Ok(Meeting::default()),
        }
    }
}

/// Somebody to be invited: address and name.
pub type Guest = (String, Option<String>);

/// The meeting, or one occurrence of it, with more people asked to come.
///
/// # Errors
/// [`NoMeeting`].
pub fn with_guests(
    text: &[u8],
    instance: Option<Moment>,
    guests: &[Guest],
    own: &TimeZone,
) -> Result<Vec<u8>, NoMeeting> {
    let mut document = stored::read(text)?;
    let ids: Vec<ComponentId> = match instance {
        Some(at) => vec![stored::make_exception(&mut document, own, at)?],
        None => {
            let calendar = stored::calendar(&document)?;
            stored::events(&calendar).map(|event| event.id()).collect()
        }
    };
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
