//! The reminder of a task: the earliest alarm a person would hear (RFC 5545 3.6.6). The others, and
//! those that are mails or depend on a place, stay as they are.

use airgate_codec::vobject::{
    Component, ComponentId, ContentLine, Document, Gone, PropertyId, Stamp, parse_duration,
};
use jiff::{SignedDuration, Timestamp};

use crate::item::stamp::civil;
use crate::item::timezone::Zone;

/// Alarms of one task that are looked at.
const MAX_ALARMS: usize = 20;
/// Apple writes "no alarm" as one in 1976.
const EARLIEST: i64 = 315_532_800;

/// What alarms count from: start and due date of the present instance.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Anchors {
    pub(super) start: Option<Timestamp>,
    pub(super) due: Option<Timestamp>,
}

/// The alarm shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alarm {
    component: ComponentId,
    trigger: PropertyId,
    pub(super) at: Timestamp,
    /// What it counts from, if it does.
    relative_to: Option<Timestamp>,
}

impl Anchors {
    fn of(self, from_end: bool) -> Option<Timestamp> {
        if from_end {
            self.due.or(self.start)
        } else {
            self.start.or(self.due)
        }
    }
}

impl Alarm {
    /// The earliest of a task's.
    pub(super) fn find(todo: &Component<'_>, anchors: Anchors) -> Option<Self> {
        todo.components()
            .filter(|component| component.name() == "VALARM")
            .take(MAX_ALARMS)
            .filter_map(|alarm| Self::read(&alarm, anchors))
            .min_by_key(|alarm| alarm.at)
    }

    fn read(alarm: &Component<'_>, anchors: Anchors) -> Option<Self> {
        let heard = alarm.property("ACTION").is_none_or(|action| {
            let action = action.value().trim().to_ascii_uppercase();
            matches!(action.as_str(), "DISPLAY" | "AUDIO")
        });
        if !heard || alarm.property("X-APPLE-PROXIMITY").is_some() {
            return None;
        }
        let trigger = alarm.property("TRIGGER")?;
        let (at, relative_to) = match parse_duration(trigger.value()) {
            Some(seconds) => {
                let from = anchors.of(trigger.says("RELATED", "END"))?;
                let at = from.checked_add(SignedDuration::from_secs(seconds)).ok()?;
                (at, Some(from))
            }
            None => match Stamp::parse(trigger.value())? {
                stamp @ Stamp::Utc(..) => (Zone::UTC.instant(civil(stamp))?, None),
                _ => return None,
            },
        };
        let seen = alarm
            .property("ACKNOWLEDGED")
            .and_then(|seen| Zone::UTC.instant(civil(Stamp::parse(seen.value())?)));
        let over = seen.is_some_and(|seen| seen >= at) || at.as_second() < EARLIEST;
        (!over).then_some(Self {
            component: alarm.id(),
            trigger: trigger.id(),
            at,
            relative_to,
        })
    }

    /// Moves it. One that counts from a date goes on doing so in a series, where it must come again.
    pub(super) fn set(
        &self,
        document: &mut Document,
        at: Timestamp,
        series: bool,
    ) -> Result<(), Gone> {
        match self.relative_to {
            Some(from) if series => document.set_value(self.trigger, |line| {
                line.raw(&duration(at.duration_since(from).as_secs()))
            })?,
            _ => document.replace(self.trigger, &absolute(at))?,
        }
        let alarm = document.find(self.component).ok_or(Gone)?;
        match alarm.property("ACKNOWLEDGED") {
            Some(seen) => document.remove(seen.id()),
            None => Ok(()),
        }
    }

    pub(super) fn remove(&self, document: &mut Document) -> Result<(), Gone> {
        document.remove_component(self.component)
    }
}

/// A new one.
pub(super) fn add(
    document: &mut Document,
    todo: ComponentId,
    at: Timestamp,
    anchors: Anchors,
    series: bool,
) -> Result<(), Gone> {
    let summary = document
        .find(todo)
        .and_then(|todo| todo.property("SUMMARY"))
        .map(|summary| summary.text());
    let alarm = document.insert_component(todo, b"BEGIN:VALARM\r\nEND:VALARM\r\n")?;
    document.insert(alarm, &ContentLine::new("ACTION").raw("DISPLAY"))?;
    let text = summary.filter(|summary| !summary.is_empty());
    let text = text.unwrap_or_else(|| "Reminder".to_owned());
    document.insert(alarm, &ContentLine::new("DESCRIPTION").text(&text))?;
    let trigger = match anchors.of(anchors.start.is_none()) {
        Some(from) if series => {
            let line = ContentLine::new("TRIGGER");
            let line = match anchors.start {
                Some(_) => line,
                None => line.parameter("RELATED", "END"),
            };
            line.raw(&duration(at.duration_since(from).as_secs()))
        }
        _ => absolute(at),
    };
    document.insert(alarm, &trigger).map(|_| ())
}

fn absolute(at: Timestamp) -> ContentLine {
    let line = ContentLine::new("TRIGGER").parameter("VALUE", "DATE-TIME");
    line.raw(&super::series::utc_stamp(at).to_string())
}

/// Seconds as RFC 5545 3.3.6 has them, in the largest unit that fits.
fn duration(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    match seconds {
        0 => "PT0S".to_owned(),
        _ if seconds.is_multiple_of(86_400) => format!("{sign}P{}D", seconds / 86_400),
        _ if seconds.is_multiple_of(3600) => format!("{sign}PT{}H", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{sign}PT{}M", seconds / 60),
        _ => format!("{sign}PT{seconds}S"),
    }
}
