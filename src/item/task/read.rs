//! A VTODO as a phone is told of it.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::tasks::{Task, TaskRecurrence};
use airgate_codec::eas::{Moment, Said};
use airgate_codec::vobject::{Component, ComponentId, Document, Stamp, parse_duration};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::alarm::{Alarm, Anchors};
use super::property;
use super::series::{self, Series, Told};
use super::when::{Pair, When};
use crate::item::legal::legalise;
use crate::item::object::{Digest, Manner, Unreadable};
use crate::item::object_body::Texts;
use crate::item::object_categories;
use crate::item::recurrence::Rule;
use crate::item::stamp::{civil, moment};
use crate::item::timezone::{Zone, Zones};

/// Overrides of one task that are looked at.
const MAX_OVERRIDES: usize = 1000;

/// A task taken apart.
#[derive(Debug)]
pub(super) struct Todo {
    pub(super) id: ComponentId,
    pub(super) calendar: ComponentId,
    pub(super) own: Zone,
    pub(super) texts: Texts,
    pub(super) series: Option<Series>,
    /// Of the present instance.
    pub(super) start: Option<When>,
    pub(super) due: Option<When>,
    /// Of DTSTART and DUE themselves.
    pub(super) first_start: Option<When>,
    pub(super) first_due: Option<When>,
    pub(super) told: Told,
    pub(super) alarm: Option<Alarm>,
    pub(super) complete: bool,
    /// The newest override that says so, where a series is over through them.
    pub(super) last_override: Option<ComponentId>,
    /// All of them, by the instance they are of.
    pub(super) overrides: Vec<(Timestamp, ComponentId)>,
}

impl Todo {
    /// The task in a calendar object: the VTODO that is no override.
    pub(super) fn read(document: &Document, zone: &jiff::tz::TimeZone) -> Result<Self, Unreadable> {
        let nothing = || Unreadable("there is no VTODO in it".to_owned());
        let calendar = document.component("VCALENDAR").ok_or_else(nothing)?;
        let todos: Vec<Component<'_>> = calendar
            .components()
            .filter(|component| component.name() == "VTODO")
            .take(MAX_OVERRIDES)
            .collect();
        let is_override = |todo: &Component<'_>| todo.property("RECURRENCE-ID").is_some();
        let todo = todos
            .iter()
            .find(|todo| !is_override(todo))
            .or_else(|| todos.first())
            .ok_or_else(nothing)?;
        let others: Vec<Component<'_>> = todos.iter().copied().filter(is_override).collect();
        let zones = Zones::read(&calendar, zone.clone());
        let own = zones.own();
        let when = |name: &str| When::read(&todo.property(name)?, &zones);
        let first_start = when("DTSTART");
        let first_due = when("DUE").or_else(|| by_duration(todo, first_start.as_ref()?));
        let anchor = first_start.as_ref().or(first_due.as_ref());
        let mut complete = series::is_over(todo);
        let series = anchor.and_then(|anchor| Series::read(todo, &others, anchor, &zones));
        let (mut start, mut due) = (first_start.clone(), first_due.clone());
        if let (false, Some(series)) = (complete, &series) {
            match series.present() {
                Some(present) => {
                    let moved = present.duration_since(series.anchor.civil);
                    let shift = |when: When| {
                        let civil = when.civil.checked_add(moved).unwrap_or(when.civil);
                        when.moved(civil)
                    };
                    (start, due) = (start.map(shift), due.map(shift));
                }
                None => complete = true,
            }
        }
        let at = |when: &Option<When>| when.as_ref().and_then(|when| when.at(&own));
        let anchors = Anchors {
            start: at(&start),
            due: at(&due),
        };
        let instance = |other: &Component<'_>| {
            let id = other.property("RECURRENCE-ID");
            id.and_then(|id| When::read(&id, &zones)?.at(&own))
        };
        let last_override = others
            .iter()
            .filter(|other| series::is_over(other))
            .max_by_key(|other| instance(other))
            .map(Component::id);
        let overrides = others
            .iter()
            .filter_map(|other| Some((instance(other)?, other.id())))
            .collect();
        Ok(Self {
            id: todo.id(),
            calendar: calendar.id(),
            texts: Texts::read(todo),
            told: Told::read(todo, &zones),
            alarm: Alarm::find(todo, anchors),
            complete,
            last_override,
            overrides,
            series,
            start,
            due,
            first_start,
            first_due,
            own,
        })
    }

    pub(super) fn anchors(&self) -> Anchors {
        let at = |when: &Option<When>| when.as_ref().and_then(|when| when.at(&self.own));
        Anchors {
            start: at(&self.start),
            due: at(&self.due),
        }
    }

    /// The wall-clock time that fills in what a rule leaves out.
    pub(super) fn around(&self) -> DateTime {
        let anchor = self.first_start.as_ref().or(self.first_due.as_ref());
        anchor.map_or(DateTime::ZERO, |anchor| anchor.civil)
    }

    /// What a phone is told.
    pub(super) fn tell(&self, document: &Document, manner: &Manner<'_>) -> (Task, Digest) {
        let Some(todo) = document.find(self.id) else {
            return (Task::default(), Digest::default());
        };
        let text = |name: &str| todo.property(name).map(|value| legalise(value.text()));
        let start = self.start.as_ref().and_then(|start| start.pair(&self.own));
        let due = self.due.as_ref().and_then(|due| due.pair(&self.own));
        let of = |pair: Option<Pair>, side: fn(Pair) -> Moment| {
            pair.map_or(Said::Nothing, |pair| Said::Value(side(pair)))
        };
        let recurrence = self.recurrence(&todo, manner.version);
        let task = Task {
            subject: Some(text("SUMMARY").unwrap_or_default()),
            body: Some(self.texts.told(manner.bodies)),
            importance: Some(importance(&todo)),
            utc_start: of(start, |pair| pair.utc),
            start: of(start, |pair| pair.local),
            utc_due: of(due, |pair| pair.utc),
            due: of(due, |pair| pair.local),
            categories: Some(object_categories::read(&todo)),
            recurrence: recurrence.map_or(Said::Nothing, Said::Value),
            complete: Some(u8::from(self.complete)),
            date_completed: match self.complete {
                true => Said::Value(self.completed(document, &todo)),
                false => Said::Nothing,
            },
            sensitivity: Some(sensitivity(&todo)),
            reminder_time: match &self.alarm {
                Some(alarm) => Said::Value(moment(alarm.at)),
                None => Said::Nothing,
            },
            reminder_set: Some(u8::from(self.alarm.is_some())),
            ordinal_date: match text(property::ORDINAL_DATE).map(|date| Moment::parse(&date)) {
                Some(Some(date)) if manner.version > ProtocolVersion::V2_5 => Said::Value(date),
                _ => Said::Nothing,
            },
            sub_ordinal_date: text(property::SUB_ORDINAL_DATE)
                .filter(|_| manner.version > ProtocolVersion::V2_5),
        };
        let digest = property::digest(&task, self);
        (task, digest)
    }

    fn recurrence(&self, todo: &Component<'_>, version: ProtocolVersion) -> Option<TaskRecurrence> {
        if let Some(series) = &self.series {
            return series.to_eas(&self.told, version);
        }
        // One that was split off keeps the rule it came from.
        let rule = todo.property(property::DEAD_RULE)?;
        let rule = Rule::parse(rule.value())?;
        let anchor = self
            .first_start
            .clone()
            .or_else(|| self.first_due.clone())?;
        let series = Series::of_rule(rule, anchor, &self.own);
        let recurrence = series.to_eas(&self.told, version)?;
        Some(TaskRecurrence {
            dead_occurrence: true,
            ..recurrence
        })
    }

    /// When it was done. What says nothing of it was done when it was last changed.
    fn completed(&self, document: &Document, todo: &Component<'_>) -> Moment {
        let last = self.last_override.filter(|_| !series::is_over(todo));
        let last = last.and_then(|last| document.find(last));
        let todo = last.as_ref().unwrap_or(todo);
        let stamp = |component: &Component<'_>, name: &str| {
            let property = component.property(name)?;
            match Stamp::parse(property.value())? {
                stamp @ Stamp::Utc(..) => Zone::UTC.instant(civil(stamp)),
                stamp => self.own.instant(civil(stamp)),
            }
        };
        let at: Option<Timestamp> = ["COMPLETED", "LAST-MODIFIED", "DTSTAMP", "DUE"]
            .into_iter()
            .find_map(|name| stamp(todo, name));
        moment(at.unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

fn by_duration(todo: &Component<'_>, start: &When) -> Option<When> {
    let seconds = parse_duration(todo.property("DURATION")?.value())?;
    let end = start
        .civil
        .checked_add(SignedDuration::from_secs(seconds))
        .ok()?;
    Some(start.moved(end))
}

/// PRIORITY in three steps (RFC 5545 3.8.1.9), or what a phone said beyond them.
pub(super) fn importance(todo: &Component<'_>) -> u8 {
    let number = |name: &str| -> Option<u8> { todo.property(name)?.value().trim().parse().ok() };
    match number("PRIORITY").unwrap_or_default() {
        1..=4 => 2,
        6..=9 => 0,
        _ => number(property::IMPORTANCE).unwrap_or(1),
    }
}

pub(super) fn sensitivity(todo: &Component<'_>) -> u8 {
    let class = todo.property("CLASS");
    let class = class.map(|class| class.value().trim().to_ascii_uppercase());
    match class.as_deref() {
        None | Some("PUBLIC" | "") => 0,
        Some("CONFIDENTIAL") => 3,
        // Others are to be taken as private (RFC 5545 3.8.1.3).
        Some(_) => 2,
    }
}
