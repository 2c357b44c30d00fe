//! A phone's properties written into one VEVENT; whatever else it says stays byte for byte (S12).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::Event;
use airgate_codec::eas::{Location, Moment};
use airgate_codec::vobject::{ComponentId, ContentLine, Document, Gone, Stamp};
use jiff::Timestamp;

use super::clock::{self, Home, How};
use super::property::{
    ATTENDEES, BODY, BUSY, CANCELLED, CATEGORIES, LOCATION, NO_COUNTER, RECURRENCE, REMINDER,
    SENSITIVITY, SUBJECT, TIMES, ZONE, zone_meant,
};
use super::series::timestamp;
use super::times::{Times, blob, meant, zone_of_days};
use super::view::{PLACE, PLACE_PARTS, Part, parts};
use super::{alarm, busy, people};
use crate::item::meeting::when::Span;
use crate::item::object::{Manner, Refused};
use crate::item::object_categories;
use crate::item::recurrence::{self, Rule};
use crate::item::timezone::{Zone, Zones};

/// Why a change cannot be written.
pub(super) fn gone(_: Gone) -> Refused {
    Refused::conversion("too much for one object")
}

/// What is written where.
pub(super) struct Patch<'a> {
    pub(super) document: &'a mut Document,
    pub(super) calendar: ComponentId,
    pub(super) event: ComponentId,
    pub(super) zones: &'a Zones,
    /// The component as it is shown before.
    pub(super) before: &'a Part,
    pub(super) said: &'a Event,
    pub(super) manner: &'a Manner<'a>,
}

impl Patch<'_> {
    /// Writes those properties.
    pub(super) fn apply(&mut self, wanted: impl Fn(u8) -> bool) -> Result<(), Refused> {
        let said = self.said;
        if wanted(TIMES) || wanted(ZONE) {
            self.times()?;
        }
        if wanted(RECURRENCE) {
            self.recurrence()?;
        }
        if wanted(SUBJECT) {
            let text = said.subject.as_deref().unwrap_or_default();
            self.text("SUMMARY", text).map_err(gone)?;
        }
        if wanted(LOCATION) {
            self.place().map_err(gone)?;
        }
        if wanted(BODY) {
            let texts = match &said.body {
                Some(body) => {
                    let told = self.before.texts.told(self.manner.bodies);
                    let changed = self.before.texts.changed(&told, body);
                    changed.map_err(|error| Refused::conversion(error.to_string()))?
                }
                None => crate::item::object_body::Texts::default(),
            };
            texts.write(self.document, self.event).map_err(gone)?;
        }
        if wanted(BUSY) {
            let status = said.busy_status.unwrap_or(2);
            busy::write(self.document, self.event, status).map_err(gone)?;
        }
        if wanted(SENSITIVITY) {
            let class = match said.sensitivity {
                Some(0) | None => "PUBLIC",
                Some(3) => "CONFIDENTIAL",
                Some(1) => "X-PERSONAL",
                Some(_) => "PRIVATE",
            };
            self.raw("CLASS", class).map_err(gone)?;
        }
        if wanted(CATEGORIES) {
            let list = said.categories.clone().unwrap_or_default();
            let list = object_categories::clean(list);
            object_categories::write(self.document, self.event, &list).map_err(gone)?;
        }
        if wanted(ATTENDEES) {
            let list = said.attendees.as_deref().unwrap_or_default();
            people::write(self.document, self.event, list, self.manner).map_err(gone)?;
        }
        if wanted(CANCELLED) {
            self.cancelled().map_err(gone)?;
        }
        if wanted(NO_COUNTER) {
            let no = said.disallow_new_time_proposal == Some(true);
            let word = if no { "TRUE" } else { "FALSE" };
            self.raw("X-MICROSOFT-DISALLOW-COUNTER", word)
                .map_err(gone)?;
        }
        if wanted(REMINDER) {
            let span = self.span()?;
            let minutes = said.reminder.value().copied();
            alarm::write(self.document, self.event, &span, minutes).map_err(gone)?;
        }
        Ok(())
    }

    /// The component's times as they now are.
    fn span(&self) -> Result<Span, Refused> {
        let event = self.document.find(self.event).ok_or_else(|| gone(Gone))?;
        Span::read(&event, self.zones).ok_or_else(|| Refused::conversion("no start"))
    }

    fn times(&mut self) -> Result<(), Refused> {
        let present = self.before.times();
        let times = Times::read(self.said, Some(present), self.manner)?.unwrap_or(present);
        let home = self.home(times);
        let (from, _) = times.moments();
        if matches!(times, Times::Clock { .. }) {
            home.describe(self.document, self.calendar, from)
                .map_err(gone)?;
        }
        clock::write(self.document, self.event, times, &home, self.zones).map_err(gone)?;
        let later = from.duration_since(present.moments().0);
        alarm::moved(self.document, self.event, later).map_err(gone)
    }

    /// The zone the event is to be in: the stored one as long as the phone does not name another.
    fn home(&self, times: Times) -> Home {
        let (from, _) = times.moments();
        let start = self
            .document
            .find(self.event)
            .and_then(|event| event.property("DTSTART"));
        let stored = start.and_then(|start| Home::of(&start, self.zones));
        let Some(blob) = blob(self.said) else {
            return stored.unwrap_or_else(|| Home::own(self.manner, from));
        };
        let known = stored.as_ref().map(|home| &home.zone);
        let zone = zone_meant(&blob, from, known, self.manner);
        match stored {
            Some(home) if same(&home.zone, &zone, from) => home,
            _ => Home::new(zone, from),
        }
    }

    fn recurrence(&mut self) -> Result<(), Refused> {
        let event = self.document.find(self.event).ok_or_else(|| gone(Gone))?;
        let rules: Vec<_> = ["RRULE", "RDATE", "EXRULE"]
            .iter()
            .flat_map(|name| event.all(name).collect::<Vec<_>>())
            .collect();
        let Some(recurrence) = self.said.recurrence.value() else {
            let dates: Vec<_> = event.all("EXDATE").collect();
            for property in rules.iter().chain(&dates) {
                self.document.remove(property.id()).map_err(gone)?;
            }
            return Ok(());
        };
        let start = event.property("DTSTART");
        let home = start.and_then(|start| Home::of(&start, self.zones));
        let span = self.span()?;
        let days = zone_of_days(self.said, self.manner);
        let until = |moment: Moment| {
            let at = meant(moment, home.is_none(), &days)?;
            Stamp::parse(&match &home {
                None => clock::day(at),
                Some(Home {
                    how: How::Floating,
                    zone,
                }) => clock::local(zone.local(at)),
                Some(_) => clock::utc(at),
            })
        };
        let rule: Rule = recurrence::from_eas(recurrence, span.start.local, until)
            .map_err(|error| Refused::conversion(error.to_string()))?;
        let text = rule.to_string();
        let mut rules = rules.into_iter();
        match rules.next() {
            Some(first) if first.name() == "RRULE" => {
                self.document
                    .set_value(first.id(), |line| line.raw(&text))
                    .map_err(gone)?;
            }
            Some(first) => {
                self.document.remove(first.id()).map_err(gone)?;
                self.raw("RRULE", &text).map_err(gone)?;
            }
            None => self.raw("RRULE", &text).map_err(gone)?,
        }
        for other in rules {
            self.document.remove(other.id()).map_err(gone)?;
        }
        Ok(())
    }

    fn place(&mut self) -> Result<(), Gone> {
        let location = self.said.location.value().cloned().unwrap_or_default();
        let name = location.display_name.clone().unwrap_or_default();
        self.text("LOCATION", name.trim())?;
        // What others know of the place that was is not of this one.
        let old = self
            .before
            .event
            .location
            .value()
            .and_then(|old| old.display_name.clone());
        let moved = old.as_deref().map(str::trim) != Some(name.trim());
        if moved {
            self.drop("X-APPLE-STRUCTURED-LOCATION")?;
            self.drop("GEO")?;
        }
        if self.manner.version < ProtocolVersion::V16_0 {
            return Ok(());
        }
        let told = |location: &Location| location.latitude.clone().zip(location.longitude.clone());
        let was = self.before.event.location.value().and_then(told);
        match told(&location) {
            Some((latitude, longitude)) if was != told(&location) || moved => {
                self.raw("GEO", &format!("{latitude};{longitude}"))?;
            }
            Some(_) => {}
            None => self.drop("GEO")?,
        }
        self.drop(PLACE)?;
        let mut location = location;
        let mut line = ContentLine::new(PLACE);
        let mut anything = false;
        for (parameter, part) in PLACE_PARTS.into_iter().zip(parts(&mut location)) {
            if let Some(text) = part.as_deref().filter(|text| !text.trim().is_empty()) {
                line = line.parameter(parameter, text.trim());
                anything = true;
            }
        }
        if anything {
            self.document.insert(self.event, &line.text(name.trim()))?;
        }
        Ok(())
    }

    fn cancelled(&mut self) -> Result<(), Gone> {
        let cancelled = self
            .said
            .meeting_status
            .is_some_and(|status| status & 4 != 0);
        self.raw("STATUS", if cancelled { "CANCELLED" } else { "CONFIRMED" })
    }

    /// A text, or no property where there is none.
    fn text(&mut self, name: &str, text: &str) -> Result<(), Gone> {
        if text.trim().is_empty() {
            return self.drop(name);
        }
        self.document.set(self.event, name, |line| line.text(text))
    }

    fn raw(&mut self, name: &str, value: &str) -> Result<(), Gone> {
        self.document.set(self.event, name, |line| line.raw(value))
    }

    fn drop(&mut self, name: &str) -> Result<(), Gone> {
        let event = self.document.find(self.event).ok_or(Gone)?;
        let all: Vec<_> = event.all(name).collect();
        for property in all {
            self.document.remove(property.id())?;
        }
        Ok(())
    }
}

/// DTSTAMP, LAST-MODIFIED and, where others must hear of it, SEQUENCE.
pub(super) fn touch(
    document: &mut Document,
    event: ComponentId,
    now: Moment,
    matters: bool,
) -> Result<(), Gone> {
    let stamp = clock::utc(timestamp(now).unwrap_or(Timestamp::UNIX_EPOCH));
    document.set(event, "DTSTAMP", |line| line.raw(&stamp))?;
    document.set(event, "LAST-MODIFIED", |line| line.raw(&stamp))?;
    if matters {
        let component = document.find(event).ok_or(Gone)?;
        let sequence: u32 = component
            .property("SEQUENCE")
            .and_then(|sequence| sequence.value().trim().parse().ok())
            .unwrap_or(0);
        let next = sequence.saturating_add(1).to_string();
        document.set(event, "SEQUENCE", |line| line.raw(&next))?;
    }
    Ok(())
}

/// Whether two zones are one for this event.
fn same(one: &Zone, other: &Zone, at: Timestamp) -> bool {
    match (one, other) {
        (Zone::Known(one), Zone::Known(other)) => one == other,
        (Zone::Described(one), Zone::Described(other)) => one == other,
        _ => super::property::behaviour(one, at) == super::property::behaviour(other, at),
    }
}
