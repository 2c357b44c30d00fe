//! The properties of an event one by one: what a phone holds of each and what it wants of it
//! (three ways: `item::merge`). The numbers are stored: they never change.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::{Event, Exception};
use airgate_codec::eas::{Location, Moment, Recurrence, Said};
use airgate_codec::wbxml::{Tag, calendar};
use airgate_codec::zone::ZoneBlob;
use jiff::{SignedDuration, Timestamp};

use super::times::{Times, blob, meant, zone_of_days};
use super::view::parts;
use super::{files, people};
use crate::item::merge::{Wish, hash};
use crate::item::object::{Base, Digest, Manner, Refused};
use crate::item::object_body::body_hash;
use crate::item::object_categories;
use crate::item::timezone::{Described, Zone, zone_of_blob};

pub(super) const TIMES: u8 = 1;
pub(super) const ZONE: u8 = 2;
pub(super) const SUBJECT: u8 = 3;
pub(super) const LOCATION: u8 = 4;
pub(super) const BODY: u8 = 5;
pub(super) const BUSY: u8 = 6;
pub(super) const SENSITIVITY: u8 = 7;
pub(super) const REMINDER: u8 = 8;
pub(super) const CATEGORIES: u8 = 9;
pub(super) const RECURRENCE: u8 = 10;
pub(super) const ATTENDEES: u8 = 11;
pub(super) const CANCELLED: u8 = 12;
pub(super) const NO_COUNTER: u8 = 13;
pub(super) const EXCEPTIONS: u8 = 14;
pub(super) const ATTACHMENTS: u8 = 15;

/// What one occurrence may have for itself.
pub(super) const OWN: [u8; 9] = [
    TIMES,
    SUBJECT,
    LOCATION,
    BODY,
    BUSY,
    SENSITIVITY,
    REMINDER,
    CATEGORIES,
    ATTENDEES,
];

/// All of them.
pub(super) const ALL: [u8; 15] = [
    TIMES,
    ZONE,
    SUBJECT,
    LOCATION,
    BODY,
    BUSY,
    SENSITIVITY,
    REMINDER,
    CATEGORIES,
    RECURRENCE,
    ATTENDEES,
    CANCELLED,
    NO_COUNTER,
    EXCEPTIONS,
    ATTACHMENTS,
];

/// What is the organizer's: someone who is only invited cannot change it (REFERENCE.md 11.2.4).
pub(super) const ORGANIZERS: [u8; 9] = [
    TIMES, ZONE, SUBJECT, LOCATION, BODY, RECURRENCE, CANCELLED, NO_COUNTER, ATTENDEES,
];

/// 2026-01-01.
const YEAR_2026: i64 = 1_767_225_600;

/// What the hashes of an event depend on besides what it says.
pub(super) struct Context<'a> {
    pub(super) manner: &'a Manner<'a>,
    /// The zone of the event as it is stored.
    pub(super) zone: Option<&'a Zone>,
    /// Its times, for what a phone leaves out.
    pub(super) times: Option<Times>,
    /// Its recurrence as it is told.
    pub(super) recurrence: Option<&'a Recurrence>,
}

impl Context<'_> {
    /// The hash of one property as an event says it; nothing where it says nothing of it, or that
    /// there is none.
    pub(super) fn hash(&self, event: &Event, property: u8) -> Result<Option<u32>, Refused> {
        Ok(match property {
            TIMES => {
                Times::read(event, self.times, self.manner)?.map(|times| hash(&times.canonical()))
            }
            ZONE => self.zone(event).map(|text| hash(&text)),
            SUBJECT => event.subject.as_deref().map(|text| hash(text.trim())),
            LOCATION => match &event.location {
                Said::Value(location) => {
                    let text = place(location, self.manner.version);
                    (!text.is_empty()).then(|| hash(&text))
                }
                _ => None,
            },
            BODY => event
                .body
                .as_ref()
                .map(body_hash)
                .filter(|said| *said != hash("")),
            BUSY => event.busy_status.map(|status| {
                // What older versions cannot say is free to them.
                hash(&status.min(4).to_string())
            }),
            SENSITIVITY => event.sensitivity.map(|level| hash(&level.to_string())),
            REMINDER => match event.reminder {
                Said::Value(minutes) => Some(hash(&minutes.to_string())),
                _ => None,
            },
            CATEGORIES => event
                .categories
                .clone()
                .map(object_categories::clean)
                .filter(|list| !list.is_empty())
                .map(|mut list| {
                    list.sort_unstable();
                    hash(&list.join("\n"))
                }),
            RECURRENCE => match &event.recurrence {
                Said::Value(recurrence) => Some(hash(&self.rule(recurrence, event))),
                _ => None,
            },
            ATTENDEES => event
                .attendees
                .as_deref()
                .filter(|list| !list.is_empty())
                .map(|list| hash(&people::canonical(list, self.manner.version))),
            CANCELLED => event
                .meeting_status
                .map(|status| hash(if status & 4 == 0 { "0" } else { "4" })),
            NO_COUNTER => event
                .disallow_new_time_proposal
                .map(|no| hash(if no { "1" } else { "0" })),
            ATTACHMENTS => Some(&event.attachments)
                .filter(|list| !list.is_empty())
                .map(|list| hash(&files::canonical(list))),
            _ => event
                .exceptions
                .as_deref()
                .filter(|list| !list.is_empty())
                .map(|list| hash(&self.exceptions(event, list))),
        })
    }

    /// All of an event.
    pub(super) fn digest(&self, event: &Event) -> Digest {
        let mut digest = Digest::default();
        for property in ALL {
            if let Ok(Some(hash)) = self.hash(event, property) {
                digest.set(property, hash);
            }
        }
        digest
    }

    /// The zone a phone means, by its name, else by what its clocks do. An all-day event
    /// has none.
    fn zone(&self, event: &Event) -> Option<String> {
        if event.all_day == Some(true) {
            return None;
        }
        let at = event.start.and_then(super::series::timestamp)?;
        let zone = zone_meant(&blob(event)?, at, self.zone, self.manner);
        let name = match &zone {
            Zone::Known(known) => known.iana_name().map(str::to_owned),
            Zone::Described(_) => None,
        };
        // Of the same year, whenever the event is: moving it does not change the zone.
        let fixed = Timestamp::from_second(YEAR_2026).unwrap_or(at);
        Some(name.unwrap_or_else(|| behaviour(&zone, fixed)))
    }

    fn rule(&self, said: &Recurrence, event: &Event) -> String {
        let mut rule = said.clone();
        rule.calendar_type = None;
        rule.is_leap_month = None;
        rule.interval = Some(rule.interval.unwrap_or(1).max(1));
        rule.occurrences = rule.occurrences.filter(|count| *count > 0);
        let told = self.recurrence.and_then(|told| told.first_day_of_week);
        rule.first_day_of_week = rule.first_day_of_week.or(told);
        if rule.interval == Some(1) || rule.kind != 1 {
            // It makes no difference.
            rule.first_day_of_week = None;
        }
        let all_day = event.all_day.unwrap_or_default();
        let until = rule.until.take().and_then(|until| {
            let zone = zone_of_days(event, self.manner);
            meant(until, all_day, &zone).map(Timestamp::as_second)
        });
        format!("{rule:?}{until:?}")
    }

    fn exceptions(&self, event: &Event, list: &[Exception]) -> String {
        let mut all: Vec<String> = list
            .iter()
            .map(|exception| format!("{:?}{:?}", exception.at, self.exception(event, exception)))
            .collect();
        all.sort_unstable();
        all.join("\n")
    }

    /// What an exception says and what it has from its series, property by property: some say all, some
    /// only what differs.
    fn exception(&self, event: &Event, exception: &Exception) -> Vec<Option<u32>> {
        if exception.deleted {
            return Vec::new();
        }
        let mut changes = exception.changes.clone();
        changes.time_zone.clone_from(&event.time_zone);
        changes.all_day = changes.all_day.or(event.all_day);
        changes.start = changes.start.or(exception.at);
        if let (None, Some(from), Some((start, end))) =
            (changes.end, changes.start, event.start.zip(event.end))
        {
            changes.end = Some(Moment(from.0 + end.0 - start.0));
        }
        inherit(&mut changes, event);
        OWN.into_iter()
            .map(|property| self.hash(&changes, property).ok().flatten())
            .collect()
    }
}

/// What an exception does not say it has from its series.
pub(super) fn inherit(said: &mut Event, series: &Event) {
    said.busy_status = said.busy_status.or(series.busy_status);
    said.sensitivity = said.sensitivity.or(series.sensitivity);
    if said.subject.is_none() {
        said.subject.clone_from(&series.subject);
    }
    if said.body.is_none() {
        said.body.clone_from(&series.body);
    }
    if !said.location.is_there() {
        said.location = match &series.location {
            Said::Nothing => Said::Empty,
            location => location.clone(),
        };
    }
    if !said.reminder.is_there() {
        said.reminder = match series.reminder {
            Said::Nothing => Said::Empty,
            reminder => reminder,
        };
    }
    if said.categories.is_none() {
        said.categories = Some(series.categories.clone().unwrap_or_default());
    }
}

/// The zone of a phone's blob for an event: the stored one as long as it fits, else the user's, else
/// any. A blank blob says nothing.
pub(super) fn zone_meant(
    blob: &ZoneBlob,
    at: Timestamp,
    stored: Option<&Zone>,
    manner: &Manner<'_>,
) -> Zone {
    let fallback = || {
        stored
            .cloned()
            .unwrap_or_else(|| Zone::Known(manner.zone.clone()))
    };
    let Some(rules) = blob.rules().filter(|_| !blob.is_blank()) else {
        return fallback();
    };
    if let Some(stored) = stored {
        let told = stored.blob(at).rules();
        let same = told.is_some_and(|told| {
            told == rules
                || behaviour(&Zone::Described(Described::from_rules(&told)), at)
                    == behaviour(&Zone::Described(Described::from_rules(&rules)), at)
        });
        if same {
            return stored.clone();
        }
    }
    let preferred: Vec<_> = stored
        .and_then(|zone| match zone {
            Zone::Known(zone) => Some(zone.clone()),
            Zone::Described(_) => None,
        })
        .into_iter()
        .collect();
    let mut all = vec![manner.zone.clone()];
    all.extend(preferred);
    zone_of_blob(blob, at, &all)
}

/// What a zone's clocks do in the year from a moment on.
pub(super) fn behaviour(zone: &Zone, at: Timestamp) -> String {
    const YEAR: SignedDuration = SignedDuration::from_hours(366 * 24);
    let end = at.checked_add(YEAR).unwrap_or(at);
    let changes = zone.changes(at, end, 4);
    let switches: Vec<String> = changes
        .iter()
        .map(|change| format!("{}>{}", change.at.as_second(), change.after))
        .collect();
    format!("{} {}", zone.offset(at), switches.join(" "))
}

/// A place as text. Before 16.0 it is a name.
fn place(location: &Location, version: ProtocolVersion) -> String {
    let name = location.display_name.as_deref().unwrap_or_default().trim();
    if version < ProtocolVersion::V16_0 {
        return name.to_owned();
    }
    let mut location = location.clone();
    let mut text = name.to_owned();
    if let Some((latitude, longitude)) = location.latitude.take().zip(location.longitude.take()) {
        text = format!("{text}\n{latitude};{longitude}");
    }
    for part in parts(&mut location) {
        text.push('\n');
        text.push_str(part.as_deref().unwrap_or_default().trim());
    }
    text.trim_end().to_owned()
}

/// What a phone wants of each property.
pub(super) fn wishes(
    said: &Event,
    context: &Context<'_>,
    base: &Base<'_>,
) -> Result<Vec<(u8, Wish)>, Refused> {
    let mut wishes = Vec::new();
    let version = context.manner.version;
    // From 16.0 on, and where only attendees are told of, absence means nothing (CAL_R434).
    let whole = version < ProtocolVersion::V16_0 && said.start.is_some();
    for property in ALL {
        let wish = match context.hash(said, property)? {
            Some(hash) => Wish::Is(hash),
            None if is_there(said, property) => Wish::Gone,
            None => match tag(property) {
                Some(tag)
                    if whole
                        && base.told.is_some_and(|told| told.get(property).is_some())
                        && base.supported.manages(tag) =>
                {
                    Wish::Gone
                }
                _ => Wish::Nothing,
            },
        };
        wishes.push((property, wish));
    }
    Ok(wishes)
}

/// Whether the element is there, with nothing in it.
fn is_there(said: &Event, property: u8) -> bool {
    match property {
        LOCATION => said.location.is_there(),
        BODY => said.body.as_ref().is_some_and(|body| !body.truncated),
        REMINDER => said.reminder.is_there(),
        CATEGORIES => said.categories.is_some(),
        RECURRENCE => said.recurrence.is_there(),
        ATTENDEES => said.attendees.is_some(),
        _ => false,
    }
}

/// Those a phone takes away by leaving them out, where it manages them.
const fn tag(property: u8) -> Option<Tag> {
    match property {
        LOCATION => Some(calendar::LOCATION),
        REMINDER => Some(calendar::REMINDER),
        CATEGORIES => Some(calendar::CATEGORIES),
        RECURRENCE => Some(calendar::RECURRENCE),
        _ => None,
    }
}
