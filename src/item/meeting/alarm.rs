//! When the organizer would be reminded, which a phone offers to the invited (RFC 5545 3.6.6).

use airgate_codec::vobject::{Component, Stamp, parse_duration};

use super::when::Span;
use crate::item::stamp::civil;
use crate::item::timezone::Zone;

/// Alarms of one event that are looked at.
const MAX_ALARMS: usize = 20;
/// The field has 16 bits and counts seconds: of more, the most whole hours that fit.
const MOST: i64 = 18 * 3600;

/// Seconds before the start of the earliest alarm that comes before it.
pub(super) fn seconds(event: &Component<'_>, span: &Span) -> Option<u16> {
    let before = event
        .components()
        .filter(|component| component.name() == "VALARM")
        .take(MAX_ALARMS)
        .filter_map(|alarm| before(&alarm, span))
        .filter(|seconds| *seconds >= 0)
        .max()?;
    u16::try_from(before.min(MOST)).ok()
}

fn before(alarm: &Component<'_>, span: &Span) -> Option<i64> {
    let action = alarm.property("ACTION");
    let heard = action.is_none_or(|action| {
        let action = action.value().trim().to_ascii_uppercase();
        // Mails to others and what programs hide are no reminders; Apple marks "none" so.
        !matches!(action.as_str(), "EMAIL" | "NONE" | "PROCEDURE")
    });
    if !heard {
        return None;
    }
    let trigger = alarm.property("TRIGGER")?;
    if let Some(seconds) = parse_duration(trigger.value()) {
        let from_end = trigger.says("RELATED", "END");
        let length = if from_end {
            span.end.duration_since(span.start.at).as_secs()
        } else {
            0
        };
        return Some(-seconds - length);
    }
    match Stamp::parse(trigger.value())? {
        stamp @ Stamp::Utc(..) => {
            let at = Zone::UTC.instant(civil(stamp))?;
            Some(span.start.at.duration_since(at).as_secs())
        }
        _ => None,
    }
}
