//! A task that repeats (REFERENCE 11.4): which instance is the present one, and the rule as EAS and
//! iCalendar say it.
//!
//! In EAS a series is one task that moves on from instance to instance. In iCalendar it stands still,
//! and what was done of it are overrides that say COMPLETED, or it moves too (Apple). So the present
//! instance is the first that nobody completed or took out.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::tasks::TaskRecurrence;
use airgate_codec::eas::{Moment, Recurrence};
use airgate_codec::vobject::{CivilDate, CivilTime, Component, Stamp};
use jiff::civil::{DateTime, Time};
use jiff::{Timestamp, ToSpan as _};

use super::when::{When, as_utc, civil_of, date_of};
use crate::item::recurrence::{Frequency, Occurrences, Rule, Until, from_eas, to_eas};
use crate::item::stamp::{civil, moment};
use crate::item::timezone::{Zone, Zones};

/// Instances passed over until the present one is found. Daily for ten years, all ticked off.
const MAX_DONE: usize = 4000;
/// Occurrences is a byte in tasks ([MS-ASTASK] 2.2.2.16).
const MAX_OCCURRENCES: u16 = 255;

/// A rule with what of it is done.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) rule: Rule,
    /// The first instance, as DTSTART or DUE has it.
    pub(super) anchor: When,
    until: Option<DateTime>,
    done: Vec<Timestamp>,
    own: Zone,
}

impl Series {
    /// Of a task and the overrides beside it.
    pub(super) fn read(
        todo: &Component<'_>,
        overrides: &[Component<'_>],
        anchor: &When,
        zones: &Zones,
    ) -> Option<Self> {
        let rule = Rule::parse(todo.property("RRULE")?.value())?;
        let own = zones.own();
        let finished = overrides.iter().filter(|other| is_over(other));
        let ids = finished.filter_map(|other| other.property("RECURRENCE-ID"));
        let removed = todo.all("EXDATE").flat_map(|property| {
            let values = property.value().split(',');
            let all = values.filter_map(|value| When::said(value, &property, zones));
            all.collect::<Vec<_>>()
        });
        let done = ids
            .filter_map(|id| When::read(&id, zones))
            .chain(removed)
            .filter_map(|when| when.at(&own))
            .collect();
        Some(Self {
            until: until(&rule, anchor, &own),
            rule,
            anchor: anchor.clone(),
            done,
            own,
        })
    }

    fn instances(&self) -> impl Iterator<Item = DateTime> {
        Occurrences::new(&self.rule, self.anchor.civil, self.until)
    }

    /// The present instance in the anchor's wall-clock time; `None` where all are done. A start that
    /// the rule itself does not have is one (RFC 5545 3.8.5.3).
    pub(super) fn present(&self) -> Option<DateTime> {
        self.open().next()
    }

    /// The one behind it.
    pub(super) fn next(&self) -> Option<DateTime> {
        self.open().nth(1)
    }

    fn open(&self) -> impl Iterator<Item = DateTime> {
        let first = self.anchor.civil;
        std::iter::once(first)
            .chain(self.instances().filter(move |instance| *instance != first))
            .take(MAX_DONE)
            .filter(|instance| {
                let at = self.anchor.moved(*instance).at(&self.own);
                at.is_some_and(|at| !self.done.contains(&at))
            })
    }

    /// How many instances lie before a wall-clock time that is one itself.
    pub(super) fn passed(&self, to: DateTime) -> Option<u32> {
        let (number, instance) = self
            .instances()
            .take(MAX_DONE)
            .enumerate()
            .find(|(_, instance)| *instance >= to)?;
        (instance == to).then(|| u32::try_from(number).ok())?
    }

    /// The rule for a phone; `None` where EAS has no words for it.
    pub(super) fn to_eas(&self, told: &Told, version: ProtocolVersion) -> Option<TaskRecurrence> {
        let start = self.instances().next()?;
        let mut rule = to_eas(&self.rule, start, |Until(stamp)| {
            until_moment(*stamp, &self.anchor, &self.own)
        })
        .ok()?;
        if let Some(count) = rule.occurrences {
            let all = u32::from(count) + told.done;
            match u16::try_from(all) {
                Ok(all) if all <= MAX_OCCURRENCES => rule.occurrences = Some(all),
                // More than the element holds: until the last of them.
                _ => {
                    let last = self.instances().nth(usize::from(count).checked_sub(1)?)?;
                    let last = self.anchor.moved(last);
                    rule.occurrences = None;
                    rule.until = until_moment(last.stamp(), &self.anchor, &self.own);
                }
            }
        }
        let first = told.start.clone().unwrap_or_else(|| self.anchor.clone());
        Some(TaskRecurrence {
            rule,
            start: start_moment(&first, &self.own, version),
            regenerate: told.regenerate,
            dead_occurrence: false,
        })
    }
}

/// What EAS has beside the rule, kept in properties of our own.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Instances that were there before the series moved on, and its start then.
    pub(super) done: u32,
    pub(super) start: Option<When>,
    pub(super) regenerate: bool,
}

impl Told {
    pub(super) const REGENERATE: &str = "X-EAS-REGENERATE";
    pub(super) const DONE: &str = "X-EAS-RECURRENCE-DONE";
    pub(super) const START: &str = "X-EAS-RECURRENCE-START";

    pub(super) fn read(todo: &Component<'_>, zones: &Zones) -> Self {
        let number =
            |name: &str| -> Option<u32> { todo.property(name)?.value().trim().parse().ok() };
        Self {
            done: number(Self::DONE).unwrap_or_default(),
            start: todo
                .property(Self::START)
                .and_then(|start| When::read(&start, zones)),
            regenerate: number(Self::REGENERATE) == Some(1),
        }
    }
}

/// Whether a task or an instance is done or called off. One that says when it was completed is done,
/// also where its status was left as it was: RFC 5545 3.6.2 has such an example, and RFC 4791 7.8.9 asks
/// for pending ones so.
pub(super) fn is_over(todo: &Component<'_>) -> bool {
    let says = |name: &str, value: &str| {
        todo.property(name)
            .is_some_and(|property| property.value().trim().eq_ignore_ascii_case(value))
    };
    says("STATUS", "COMPLETED")
        || says("STATUS", "CANCELLED")
        || todo.property("COMPLETED").is_some()
            && (todo.property("STATUS").is_none() || says("STATUS", "NEEDS-ACTION"))
        || todo.property("STATUS").is_none() && says("PERCENT-COMPLETE", "100")
}

/// Exchange 14.1 reads Start as UTC, 16.1 as the user's wall-clock time (REFERENCE 11.4).
pub(super) fn start_moment(start: &When, own: &Zone, version: ProtocolVersion) -> Option<Moment> {
    let pair = start.pair(own)?;
    Some(if version >= ProtocolVersion::V16_0 {
        pair.local
    } else {
        pair.utc
    })
}

/// The rule a phone means, for instances like `anchor`. `before` is the one that stands there.
pub(super) fn rule_of(
    recurrence: &Recurrence,
    anchor: &When,
    before: Option<&Rule>,
    own: &Zone,
) -> Option<Rule> {
    let until = |end: Moment| until_stamp(end, anchor, own);
    let mut rule = from_eas(recurrence, anchor.civil, until).ok()?;
    if recurrence.first_day_of_week.is_none()
        && let Some(before) = before
        && before.frequency == Frequency::Weekly
    {
        rule.week_start = before.week_start;
    }
    Some(rule)
}

/// A rule's text as far as phones can tell rules apart: not the first day of the week, which not
/// every version has, and the end as a date.
pub(super) fn canonical(
    recurrence: &TaskRecurrence,
    around: DateTime,
    own: &Zone,
) -> Option<String> {
    let until = |end: Moment| {
        let date = date_of(end, own)?;
        Some(Stamp::Date(CivilDate {
            year: date.year(),
            month: date.month(),
            day: date.day(),
        }))
    };
    let mut rule = from_eas(&recurrence.rule, around, until).ok()?;
    rule.week_start = jiff::civil::Weekday::Monday;
    let (regenerate, dead) = (recurrence.regenerate, recurrence.dead_occurrence);
    Some(format!("{rule}:{regenerate}:{dead}"))
}

/// The instance after a completion, counted from there.
pub(super) fn regenerated(rule: &Rule, completed: DateTime, time: Time) -> Option<DateTime> {
    let interval = i64::from(rule.interval);
    let span = match rule.frequency {
        Frequency::Weekly => interval.checked_mul(7)?.days(),
        Frequency::Monthly => interval.months(),
        Frequency::Yearly => interval.years(),
        _ => interval.days(),
    };
    let next = completed.date().checked_add(span).ok()?;
    Some(next.to_datetime(time))
}

/// A rule's end in the anchor's wall-clock time.
fn until(rule: &Rule, anchor: &When, own: &Zone) -> Option<DateTime> {
    let Until(stamp) = rule.until?;
    let end = civil(stamp);
    match stamp {
        Stamp::Date(_) => Some(end.date().to_datetime(Time::MAX)),
        Stamp::Local(..) => Some(end),
        Stamp::Utc(..) if anchor.is_date() => Some(end.date().to_datetime(Time::MAX)),
        Stamp::Utc(..) => Some(anchor.civil_of(Zone::UTC.instant(end)?, own)),
    }
}

/// A rule's end for a phone: a date stays one.
fn until_moment(stamp: Stamp, anchor: &When, own: &Zone) -> Option<Moment> {
    match stamp {
        Stamp::Date(_) => as_utc(civil(stamp)),
        Stamp::Utc(..) if anchor.is_date() => {
            as_utc(civil(stamp).date().to_datetime(Time::midnight()))
        }
        Stamp::Utc(..) => as_utc(civil(stamp)),
        Stamp::Local(..) => anchor.moved(civil(stamp)).at(own).map(moment),
    }
}

/// A phone's end of a rule as UNTIL wants it: of the anchor's own kind (RFC 5545 3.3.10).
fn until_stamp(end: Moment, anchor: &When, own: &Zone) -> Option<Stamp> {
    if anchor.is_date() {
        let date = date_of(end, own)?;
        return Some(anchor.moved(date.to_datetime(Time::midnight())).stamp());
    }
    // A date means all of that day.
    let digits = civil_of(end)?;
    let at = if digits.time() == Time::midnight() {
        own.instant(digits.date().to_datetime(Time::new(23, 59, 59, 0).ok()?))?
    } else {
        Timestamp::from_millisecond(end.0).ok()?
    };
    let floating = matches!(anchor.form, super::when::Form::Local(None, _));
    if floating {
        return Some(anchor.moved(anchor.civil_of(at, own)).stamp());
    }
    Some(utc_stamp(at))
}

/// A moment as UTC.
pub(super) fn utc_stamp(at: Timestamp) -> Stamp {
    let local = Zone::UTC.local(at);
    Stamp::Utc(
        CivilDate {
            year: local.year(),
            month: local.month(),
            day: local.day(),
        },
        CivilTime {
            hour: local.hour(),
            minute: local.minute(),
            second: local.second(),
        },
    )
}

impl Series {
    /// A rule alone.
    pub(super) fn of_rule(rule: Rule, anchor: When, own: &Zone) -> Self {
        Self {
            until: until(&rule, &anchor, own),
            rule,
            anchor,
            done: Vec::new(),
            own: own.clone(),
        }
    }
}
