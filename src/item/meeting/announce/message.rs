//! An organizer's messages as they are written: requests and cancellations without what is the
//! user's own. Pure.

use std::collections::BTreeSet;

use airgate_codec::eas::Moment;
use airgate_codec::vobject::{ComponentId, Document};

use super::Organizer;
use super::agent::{Agent, set_agent};
use super::difference::Part;
use crate::item::meeting::people;
use crate::item::meeting::reply::{Message, summary, utc};
use crate::item::meeting::stored::{self, NoMeeting};

impl Organizer<'_> {
    /// How these parts of a meeting are. To whom it is new late (see `Due::Request`) gets it under a
    /// number above any cancellation.
    pub(super) fn request(
        &self,
        text: &[u8],
        parts: &BTreeSet<Part>,
        late: bool,
        to: Vec<String>,
    ) -> Result<Message, NoMeeting> {
        let mut document = stored::read(text)?;
        let calendar = stored::calendar(&document)?;
        let zones = stored::zones(&calendar, self.zone);
        let mut wanted = Vec::new();
        let mut elsewhere = Vec::new();
        for event in stored::events(&calendar) {
            if parts.contains(&stored::instance(&event, &zones)) {
                wanted.push(event.id());
            } else if let Some(id) = event.property("RECURRENCE-ID") {
                elsewhere.push(stored::line_as("EXDATE", &id, stored::is_form));
            }
        }
        if parts.contains(&None)
            && let Some(series) = stored::master(&calendar).map(|series| series.id())
        {
            // Occurrences that are not theirs they would expect as the series has them.
            for line in &elsewhere {
                document
                    .insert(series, line)
                    .map_err(|_| NoMeeting::Unreadable)?;
            }
        }
        stored::keep_only(&mut document, |event| wanted.contains(&event))?;
        self.message("REQUEST", document, to, |document, id| {
            if late {
                let event = document.find(id).ok_or(NoMeeting::Unreadable)?;
                let above = stored::sequence(&event).saturating_add(1);
                set(document, id, "SEQUENCE", &above.to_string())?;
            }
            set(document, id, "DTSTAMP", &utc(self.now)?)
        })
    }

    /// A meeting as it is.
    pub(super) fn request_all(&self, text: &[u8], to: Vec<String>) -> Result<Message, NoMeeting> {
        let document = stored::read(text)?;
        self.message("REQUEST", document, to, |document, id| {
            set(document, id, "DTSTAMP", &utc(self.now)?)
        })
    }

    /// These occurrences of a meeting do not take place, or without any all of it does not; where it
    /// does for others (`stays`), only those are named to whom it goes.
    pub(super) fn cancel(
        &self,
        text: &[u8],
        occurrences: &BTreeSet<Moment>,
        stays: bool,
        to: Vec<String>,
    ) -> Result<Option<Message>, NoMeeting> {
        let mut document = stored::read(text)?;
        let mut gone = Vec::new();
        for at in occurrences {
            // What the series never had nobody has to be told of.
            gone.extend(stored::make_exception(&mut document, self.zone, *at).ok());
        }
        if gone.is_empty() && !occurrences.is_empty() {
            return Ok(None);
        }
        let calendar = stored::calendar(&document)?;
        let highest = stored::events(&calendar).map(|event| stored::sequence(&event));
        let highest = highest.max().unwrap_or(0);
        match stored::master(&calendar).map(|series| series.id()) {
            // All occurrences go with the series.
            Some(series) if gone.is_empty() => {
                stored::keep_only(&mut document, |event| event == series)?;
            }
            _ if gone.is_empty() => {}
            _ => stored::keep_only(&mut document, |event| gone.contains(&event))?,
        }
        let named = to.clone();
        let message = self.message("CANCEL", document, to, |document, id| {
            let event = document.find(id).ok_or(NoMeeting::Unreadable)?;
            let number = match occurrences.is_empty() {
                true => highest,
                false => stored::sequence(&event),
            };
            let next = number.saturating_add(1).to_string();
            let others: Vec<_> = event
                .all("ATTENDEE")
                .filter(|attendee| {
                    let address = people::address(attendee).to_lowercase();
                    stays && !named.contains(&address)
                })
                .map(|attendee| attendee.id())
                .collect();
            for attendee in others {
                document
                    .remove(attendee)
                    .map_err(|_| NoMeeting::Unreadable)?;
            }
            set(document, id, "DTSTAMP", &utc(self.now)?)?;
            set(document, id, "STATUS", "CANCELLED")?;
            set(document, id, "SEQUENCE", &next)
        })?;
        Ok(Some(message))
    }

    /// The object as a message: with a method, without what is the user's own.
    fn message(
        &self,
        method: &'static str,
        mut document: Document,
        to: Vec<String>,
        mut change: impl FnMut(&mut Document, ComponentId) -> Result<(), NoMeeting>,
    ) -> Result<Message, NoMeeting> {
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
        set(&mut document, parent, "METHOD", method)?;
        Ok(Message {
            method,
            text: document.to_bytes().to_vec(),
            to,
            summary,
        })
    }
}

fn set(
    document: &mut Document,
    component: ComponentId,
    name: &str,
    value: &str,
) -> Result<(), NoMeeting> {
    document
        .set(component, name, |line| line.raw(value))
        .map_err(|_| NoMeeting::Unreadable)
}
