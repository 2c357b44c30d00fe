//! Reminder and VALARM: a phone has one, in minutes before the start; the earliest that a person
//! would hear is it, and all others stay (REFERENCE.md 11.2.1).

use airgate_codec::vobject::{
    Component, ComponentId, ContentLine, Document, Gone, Property, PropertyId, Stamp,
    parse_duration,
};
use jiff::SignedDuration;

use super::clock;
use crate::item::meeting::when::Span;
use crate::item::stamp::civil;
use crate::item::timezone::Zone;

/// Alarms of one event that are looked at.
const MAX_ALARMS: usize = 20;
/// Longer before a start no phone reminds: a year.
const MOST: i64 = 366 * 24 * 60;

/// The alarm a phone is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alarm {
    component: ComponentId,
    trigger: PropertyId,
    pub(super) minutes: u32,
}

impl Alarm {
    /// The earliest of an event's that comes before it or with it.
    pub(super) fn find(event: &Component<'_>, span: &Span) -> Option<Self> {
        alarms(event)
            .filter_map(|alarm| Self::read(&alarm, span))
            .max_by_key(|alarm| alarm.minutes)
    }

    fn read(alarm: &Component<'_>, span: &Span) -> Option<Self> {
        let heard = alarm.property("ACTION").is_none_or(|action| {
            let action = action.value().trim().to_ascii_uppercase();
            matches!(action.as_str(), "DISPLAY" | "AUDIO")
        });
        // Apple's, that tell of a place or are switched off.
        let apart = alarm.property("X-APPLE-PROXIMITY").is_some()
            || alarm
                .property("X-APPLE-DEFAULT-ALARM")
                .is_some_and(|value| {
                    value.value().eq_ignore_ascii_case("TRUE")
                        && alarm.property("ACKNOWLEDGED").is_some()
                });
        if !heard || apart {
            return None;
        }
        let trigger = alarm.property("TRIGGER")?;
        let before = match parse_duration(trigger.value()) {
            Some(seconds) if trigger.says("RELATED", "END") => {
                -seconds - span.end.duration_since(span.start.at).as_secs()
            }
            Some(seconds) => -seconds,
            None => match Stamp::parse(trigger.value())? {
                stamp @ Stamp::Utc(..) => {
                    let at = Zone::UTC.instant(civil(stamp))?;
                    span.start.at.duration_since(at).as_secs()
                }
                _ => return None,
            },
        };
        let minutes = before.div_euclid(60);
        if before < 0 || minutes > MOST {
            return None;
        }
        Some(Self {
            component: alarm.id(),
            trigger: trigger.id(),
            minutes: u32::try_from(minutes).ok()?,
        })
    }
}

/// Makes the alarm a phone is told the wanted one.
pub(super) fn write(
    document: &mut Document,
    event: ComponentId,
    span: &Span,
    wanted: Option<u32>,
) -> Result<(), Gone> {
    let component = document.find(event).ok_or(Gone)?;
    let shown = Alarm::find(&component, span);
    match (shown, wanted) {
        (Some(alarm), Some(minutes)) if alarm.minutes == minutes => Ok(()),
        (Some(alarm), Some(minutes)) => {
            let line = ContentLine::new("TRIGGER").raw(&trigger(minutes));
            document.replace(alarm.trigger, &line)
        }
        (None, Some(minutes)) => {
            let octets = format!(
                "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Reminder\r\nTRIGGER:{}\r\nEND:VALARM\r\n",
                trigger(minutes)
            );
            document
                .insert_component(event, octets.as_bytes())
                .map(|_| ())
        }
        // The next one is told in its place: an alarm that a phone never saw is none it took away.
        (Some(alarm), None) => document.remove_component(alarm.component),
        (None, None) => Ok(()),
    }
}

/// The event begins so much later: alarms that say their moment themselves (RFC 5545 3.8.6.3) go with
/// it. Those that say how long before or after go by themselves.
pub(super) fn moved(
    document: &mut Document,
    event: ComponentId,
    later: SignedDuration,
) -> Result<(), Gone> {
    if later.is_zero() {
        return Ok(());
    }
    let component = document.find(event).ok_or(Gone)?;
    let triggers: Vec<Property> = alarms(&component)
        .filter_map(|alarm| alarm.property("TRIGGER"))
        .collect();
    for trigger in triggers {
        if let Some(stamp @ Stamp::Utc(..)) = Stamp::parse(trigger.value())
            && let Some(at) = Zone::UTC.instant(civil(stamp))
            && let Ok(at) = at.checked_add(later)
        {
            document.set_value(trigger.id(), |line| line.raw(&clock::utc(at)))?;
        }
    }
    Ok(())
}

fn alarms<'d>(event: &Component<'d>) -> impl Iterator<Item = Component<'d>> + use<'d> {
    event
        .components()
        .filter(|component| component.name() == "VALARM")
        .take(MAX_ALARMS)
}

fn trigger(minutes: u32) -> String {
    if minutes == 0 {
        return "PT0M".to_owned();
    }
    format!("-PT{minutes}M")
}
