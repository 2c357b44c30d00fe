//! What of a calendar object is the event: its series or single component, and the occurrences that
//! differ (RFC 5545 3.8.4.4).

use airgate_codec::vobject::{Component, ComponentId, Document};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::item::meeting::when::{Span, When};
use crate::item::object::Unreadable;
use crate::item::timezone::Zones;

/// Events of one object that are looked at: a series and its exceptions (T18).
const MAX_EVENTS: usize = 2000;

/// A calendar object, opened.
pub(super) struct Source {
    pub(super) document: Document,
    pub(super) calendar: ComponentId,
    /// The series, the single event, or the first of occurrences that came without their series.
    pub(super) main: ComponentId,
    /// By when they would have been.
    pub(super) overrides: Vec<(Timestamp, ComponentId)>,
    pub(super) zones: Zones,
    pub(super) span: Span,
}

impl Source {
    /// Opens the text of an object.
    pub(super) fn open(text: &[u8], own: &TimeZone) -> Result<Self, Unreadable> {
        let document = Document::parse(text).map_err(|error| Unreadable(error.to_string()))?;
        Self::of(document, own)
    }

    pub(super) fn of(document: Document, own: &TimeZone) -> Result<Self, Unreadable> {
        let unreadable = |why: &str| Unreadable(why.to_owned());
        let calendar = document
            .component("VCALENDAR")
            .ok_or_else(|| unreadable("no calendar"))?;
        let zones = Zones::read(&calendar, own.clone());
        let events: Vec<Component<'_>> = calendar
            .components()
            .filter(|component| component.name() == "VEVENT")
            .take(MAX_EVENTS)
            .collect();
        let main = events
            .iter()
            .find(|event| event.property("RECURRENCE-ID").is_none())
            .or_else(|| events.first())
            .ok_or_else(|| unreadable("no event in it"))?;
        let span = Span::read(main, &zones).ok_or_else(|| unreadable("no start that can be"))?;
        let overrides = events
            .iter()
            .filter(|event| event.id() != main.id())
            .filter_map(|event| {
                let id = event.property("RECURRENCE-ID")?;
                Some((When::read(&id, &zones)?.at, event.id()))
            })
            .collect();
        Ok(Self {
            calendar: calendar.id(),
            main: main.id(),
            overrides,
            zones,
            span,
            document,
        })
    }

    pub(super) fn component(&self, id: ComponentId) -> Option<Component<'_>> {
        self.document.find(id)
    }

    /// The occurrence that differs from what it would have been then.
    pub(super) fn override_at(&self, at: Timestamp) -> Option<ComponentId> {
        let found = self.overrides.iter().find(|(then, _)| *then == at);
        found.map(|(_, id)| *id)
    }
}
