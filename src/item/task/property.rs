//! The properties of a task as they are compared: what a phone was told, what it says.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::tasks::Task;
use airgate_codec::eas::{Moment, Said};
use airgate_codec::wbxml::{Tag, tasks};

use super::read::Todo;
use super::series;
use super::when::Pair;
use crate::item::legal::legalise;
use crate::item::merge::{Wish, hash};
use crate::item::object::{Base, Digest, Refused};
use crate::item::object_body::body_hash;
use crate::item::object_categories::clean;

/// Properties by number, as [`Digest`] keeps them: never used for anything else.
pub(super) const SUBJECT: u8 = 1;
pub(super) const BODY: u8 = 2;
pub(super) const CATEGORIES: u8 = 3;
pub(super) const IMPORTANCE_NUMBER: u8 = 4;
pub(super) const COMPLETE: u8 = 5;
pub(super) const START: u8 = 6;
pub(super) const DUE: u8 = 7;
pub(super) const REMINDER: u8 = 8;
pub(super) const SENSITIVITY: u8 = 9;
pub(super) const RECURRENCE: u8 = 10;
pub(super) const ORDINAL: u8 = 11;
/// The wall-clock sides of the two dates: a phone that makes one side of a pair anew, in a zone of its
/// own, changed nothing as long as the other side is what it was told.
const START_LOCAL: u8 = 12;
const DUE_LOCAL: u8 = 13;

/// What iCalendar has no property for.
pub(super) const IMPORTANCE: &str = "X-EAS-IMPORTANCE";
pub(super) const ORDINAL_DATE: &str = "X-EAS-ORDINAL-DATE";
pub(super) const SUB_ORDINAL_DATE: &str = "X-EAS-SUB-ORDINAL-DATE";
/// The rule of the series that a finished task was split off from.
pub(super) const DEAD_RULE: &str = "X-EAS-DEAD-RRULE";

/// What a phone holds that was told this.
pub(super) fn digest(task: &Task, todo: &Todo) -> Digest {
    let mut digest = Digest::default();
    for (property, wish) in hashes(task, todo) {
        if let Wish::Is(hash) = wish {
            digest.set(property, hash);
        }
    }
    for (property, date) in [(START_LOCAL, task.start), (DUE_LOCAL, task.due)] {
        if let Said::Value(date) = date {
            digest.set(property, hash(&date.to_compact()));
        }
    }
    digest
}

/// What a phone wants, by property.
pub(super) fn wishes(
    task: &Task,
    todo: &Todo,
    present: &Digest,
    base: &Base<'_>,
    version: ProtocolVersion,
) -> Vec<(u8, Wish)> {
    let told = base.told.unwrap_or(present);
    let mut wishes = hashes(task, todo);
    for (property, wish) in &mut wishes {
        let side = match *property {
            START => Some((START_LOCAL, task.start)),
            DUE => Some((DUE_LOCAL, task.due)),
            _ => None,
        };
        if let Some((local, Said::Value(date))) = side
            && told.get(local) == Some(hash(&date.to_compact()))
            && let Some(same) = told.get(*property)
        {
            *wish = Wish::Is(same);
        }
        // In 16.x what is left out is unchanged (S12); before, only what always is kept.
        if *wish == Wish::Nothing
            && version < ProtocolVersion::V16_0
            && tag(*property).is_some_and(|tag| base.supported.manages(tag))
        {
            *wish = Wish::Gone;
        }
        if *property == BODY
            && told.get(BODY) == present.get(BODY)
            && let Some(body) = &task.body
            && todo.texts.says_the_same(body)
            && let Some(same) = told.get(BODY)
        {
            *wish = Wish::Is(same);
        }
    }
    wishes
}

/// The sides of the dates that a phone holds besides those that are compared.
pub(super) fn hold_sides(task: &Task, applied: impl Fn(u8) -> bool, holds: &mut Digest) {
    for (property, local, date) in [(START, START_LOCAL, task.start), (DUE, DUE_LOCAL, task.due)] {
        match (holds.get(property), date) {
            (None, _) => holds.unset(local),
            (Some(_), Said::Value(date)) if applied(property) => {
                holds.set(local, hash(&date.to_compact()));
            }
            _ => {}
        }
    }
}

/// What a phone that added a task holds of what it did not speak of: what it is told, which is the
/// default.
pub(super) fn hold_defaults(task: &Task, told: &Digest, todo: &Todo, holds: &mut Digest) {
    for (property, wish) in hashes(task, todo) {
        if let (Wish::Nothing, Some(hash)) = (wish, told.get(property)) {
            holds.set(property, hash);
        }
    }
}

/// Which element's omission takes a property away. Importance and ReminderSet never do ([MS-ASTASK]
/// 3.2.5.4), nor texts (REFERENCE 5.7); and who does not speak of Complete or Sensitivity does not
/// mean "open" and "public".
const fn tag(property: u8) -> Option<Tag> {
    match property {
        CATEGORIES => Some(tasks::CATEGORIES),
        START => Some(tasks::UTC_START_DATE),
        DUE => Some(tasks::UTC_DUE_DATE),
        RECURRENCE => Some(tasks::RECURRENCE),
        _ => None,
    }
}

/// The order is that in which changes are written: dates before what counts from them.
fn hashes(task: &Task, todo: &Todo) -> Vec<(u8, Wish)> {
    let own = &todo.own;
    let number = |number: Option<u8>| {
        number.map_or(Wish::Nothing, |number| Wish::Is(hash(&number.to_string())))
    };
    let pair = |utc: Said<Moment>, local: Said<Moment>| match Pair::said(utc, local, own) {
        Said::Nothing => Wish::Nothing,
        Said::Empty => Wish::Gone,
        Said::Value(pair) => Wish::Is(hash(&pair.utc.to_compact())),
    };
    let text = |text: &Option<String>| {
        let text = text.as_ref().map(|text| legalise(text.clone()));
        text.map_or(Wish::Nothing, |text| Wish::Is(hash(text.trim())))
    };
    let categories = task.categories.clone().map(clean);
    let ordinal = match (task.ordinal_date, &task.sub_ordinal_date) {
        (Said::Nothing, None) => Wish::Nothing,
        (Said::Empty, None) => Wish::Gone,
        (date, sub) => {
            let date = date.value().map(|date| date.to_compact());
            Wish::Is(hash(&format!("{date:?}:{sub:?}")))
        }
    };
    vec![
        (SUBJECT, text(&task.subject)),
        (
            BODY,
            task.body
                .as_ref()
                .map_or(Wish::Nothing, |body| Wish::Is(body_hash(body))),
        ),
        (
            CATEGORIES,
            match categories {
                None => Wish::Nothing,
                Some(list) if list.is_empty() => Wish::Gone,
                Some(list) => Wish::Is(hash(&list.join("\n"))),
            },
        ),
        (IMPORTANCE_NUMBER, number(task.importance)),
        (START, pair(task.utc_start, task.start)),
        (DUE, pair(task.utc_due, task.due)),
        (RECURRENCE, recurrence(task, todo)),
        (COMPLETE, complete(task, todo)),
        (REMINDER, reminder(task)),
        (SENSITIVITY, number(task.sensitivity.map(plain_sensitivity))),
        (ORDINAL, ordinal),
    ]
}

fn recurrence(task: &Task, todo: &Todo) -> Wish {
    match &task.recurrence {
        Said::Nothing => Wish::Nothing,
        Said::Empty => Wish::Gone,
        Said::Value(recurrence) => {
            let text = series::canonical(recurrence, todo.around(), &todo.own);
            Wish::Is(hash(&text.unwrap_or_default()))
        }
    }
}

/// The date counts only with the mark.
fn complete(task: &Task, todo: &Todo) -> Wish {
    match (task.complete, task.date_completed.value()) {
        (None, _) => Wish::Nothing,
        (Some(1), None) if todo.complete => Wish::Nothing,
        (Some(0), _) => Wish::Is(hash("0")),
        (Some(_), date) => {
            let date = date.map(|date| date.to_compact());
            Wish::Is(hash(&format!("1:{}", date.unwrap_or_default())))
        }
    }
}

fn reminder(task: &Task) -> Wish {
    match (task.reminder_set, task.reminder_time.value()) {
        (Some(0), _) => Wish::Gone,
        (Some(_), Some(time)) => Wish::Is(hash(&time.to_compact())),
        // A reminder at no time is none that could be set.
        (Some(_), None) | (None, _) => Wish::Nothing,
    }
}

/// Personal and private are one CLASS.
pub(super) const fn plain_sensitivity(sensitivity: u8) -> u8 {
    match sensitivity {
        1 => 2,
        other => other,
    }
}

/// What cannot be (Sync status 6).
pub(super) fn check(task: &Task, own: &crate::item::timezone::Zone) -> Result<(), Refused> {
    if task.reminder_set.is_some_and(|set| set > 1) {
        return Err(Refused::conversion("ReminderSet is neither 0 nor 1"));
    }
    if task.complete.is_some_and(|complete| complete > 1) {
        return Err(Refused::conversion("Complete is neither 0 nor 1"));
    }
    if task.sensitivity.is_some_and(|sensitivity| sensitivity > 3) {
        return Err(Refused::conversion("no such Sensitivity"));
    }
    if let Said::Value(recurrence) = &task.recurrence {
        if recurrence.start.is_none() {
            return Err(Refused::conversion("a Recurrence without Start"));
        }
        if recurrence.rule.kind > 6 || recurrence.rule.kind == 4 {
            return Err(Refused::conversion("no such Recurrence"));
        }
    }
    let start = Pair::said(task.utc_start, task.start, own);
    let due = Pair::said(task.utc_due, task.due, own);
    if let (Said::Value(start), Said::Value(due)) = (start, due)
        && due.local < start.local
    {
        return Err(Refused::conversion("due before it starts"));
    }
    Ok(())
}
