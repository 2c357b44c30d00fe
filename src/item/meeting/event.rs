//! A VEVENT as a MeetingRequest.

use airgate_codec::eas::email::MeetingRequest;
use airgate_codec::eas::{Moment, Recurrence};
use airgate_codec::vobject::{Component, Stamp};

use super::when::{Span, When};
use super::{Around, Method, alarm, ids, people, place, status};
use crate::item::recurrence::{self, Rule};
use crate::item::stamp::{civil, moment};
use crate::item::timezone::Zones;

/// Longest UID of a phone's calendar ([MS-ASCAL] 2.2.2.47).
const MAX_UID: usize = 300;

/// All that is told of a meeting. Without a UID, or without a start where one is due, nothing is.
pub(super) fn request(
    method: Method,
    event: &Component<'_>,
    zones: &Zones,
    around: &Around<'_>,
) -> Option<MeetingRequest> {
    let uid = event.property("UID")?.text();
    let uid = uid.trim();
    if uid.is_empty() || uid.chars().nth(MAX_UID).is_some() {
        return None;
    }
    let span = Span::read(event, zones);
    // RFC 5546 lets answers and cancellations do without.
    if span.is_none() && !matches!(method, Method::Reply | Method::Cancel) {
        return None;
    }
    let original = if method == Method::Counter {
        original(event, zones)
    } else {
        None
    };
    let shown = original.as_ref().or(span.as_ref());
    let instance = event
        .property("RECURRENCE-ID")
        .and_then(|id| When::read(&id, zones));
    let recurrence = span
        .as_ref()
        .filter(|_| instance.is_none())
        .and_then(|span| recurrence(event, span, zones));
    let asks = matches!(method, Method::Request | Method::Add);
    let proposes = span.as_ref().filter(|_| method == Method::Counter);
    Some(MeetingRequest {
        all_day: Some(shown.is_some_and(|span| span.all_day)),
        start: shown.map(Span::start),
        stamp: stamp(event, zones).unwrap_or(around.received),
        end: shown.map(Span::end),
        instance_type: Some(match (&instance, &recurrence) {
            (Some(_), _) => occurrence(method, event),
            (None, Some(_)) => 1,
            (None, None) => 0,
        }),
        location: place::location(event),
        organizer: people::organizer(event).or_else(|| around.from.map(str::to_owned)),
        recurrence_id: instance.as_ref().map(|instance| moment(instance.at)),
        reminder: span.as_ref().and_then(|span| alarm::seconds(event, span)),
        response_requested: Some(asks && people::is_asked(event, around.account_address)),
        recurrence,
        sensitivity: Some(status::sensitivity(event)),
        busy_status: Some(status::busy(event)),
        time_zone: shown.map(Span::blob).unwrap_or_default().write(),
        global_object_id: Some(ids::global_object_id(
            uid,
            instance.as_ref().map(|instance| instance.local.date()),
        )),
        disallow_new_time_proposal: Some(status::is_true(event, "X-MICROSOFT-DISALLOW-COUNTER")),
        message_type: Some(match method {
            Method::Request if sequence(event) > 0 => 2,
            Method::Request | Method::Add => 1,
            _ => 0,
        }),
        uid: Some(ids::calendar_uid(uid)),
        proposed_start: proposes.map(Span::start),
        proposed_end: proposes.map(Span::end),
        forwardees: Vec::new(),
    })
}

/// One occurrence of a series: as planned (2), an exception (3), or one whose series the user never
/// got (4). That the series is unknown, a mail cannot say; one that was never changed and comes
/// alone is the first that this user hears of it.
fn occurrence(method: Method, event: &Component<'_>) -> u8 {
    match method {
        Method::Request | Method::Publish | Method::Add if sequence(event) == 0 => 4,
        Method::Request | Method::Publish | Method::Add | Method::Counter => 3,
        Method::Cancel | Method::Reply => 2,
    }
}

fn sequence(event: &Component<'_>) -> u32 {
    event
        .property("SEQUENCE")
        .and_then(|sequence| sequence.value().trim().parse().ok())
        .unwrap_or(0)
}

fn stamp(event: &Component<'_>, zones: &Zones) -> Option<Moment> {
    ["DTSTAMP", "LAST-MODIFIED", "CREATED"]
        .into_iter()
        .find_map(|name| When::read(&event.property(name)?, zones))
        .map(|when| moment(when.at))
}

/// The time that a counter-proposal wants to move, where Outlook tells it.
fn original(event: &Component<'_>, zones: &Zones) -> Option<Span> {
    let start = When::read(&event.property("X-MS-OLK-ORIGINALSTART")?, zones)?;
    let end = When::read(&event.property("X-MS-OLK-ORIGINALEND")?, zones)?;
    Some(Span {
        all_day: start.is_date,
        end: end.at.max(start.at),
        start,
    })
}

/// The rule, if there is just one and EAS can say it. Otherwise the phone shows the first
/// occurrence: another rule would be a lie.
fn recurrence(event: &Component<'_>, span: &Span, zones: &Zones) -> Option<Recurrence> {
    let mut rules = event.all("RRULE");
    let rule = Rule::parse(rules.next()?.value())?;
    if rules.next().is_some() || event.property("RDATE").is_some() {
        return None;
    }
    let start = &span.start;
    recurrence::to_eas(&rule, start.local, |until| {
        let at = match until.0 {
            // The last day counts whole: its occurrence may still be.
            Stamp::Date(_) if !span.all_day => start
                .zone
                .instant(civil(until.0).date().to_datetime(start.local.time()))?,
            Stamp::Local(..) => start.zone.instant(civil(until.0))?,
            stamp => When::of(stamp, None, zones)?.at,
        };
        Some(moment(at))
    })
    .ok()
}
