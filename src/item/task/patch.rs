//! A phone's wishes written into a VTODO, one property at a time; every other line stays (S12).

use airgate_codec::eas::tasks::{Task, TaskRecurrence};
use airgate_codec::eas::{Moment, Said};
use airgate_codec::vobject::{ComponentId, ContentLine, Document, Gone};
use jiff::Timestamp;

use super::alarm::{self, Alarm};
use super::property as p;
use super::read::{Todo, importance, sensitivity};
use super::series::{Told, is_over, regenerated, rule_of, utc_stamp};
use super::when::{Pair, When};
use crate::item::legal::legalise;
use crate::item::merge::Merged;
use crate::item::object::{Manner, Refused};
use crate::item::object_body::Texts;
use crate::item::object_categories;
use crate::item::stamp::moment;

/// Why a wish could not be written.
#[derive(Debug)]
pub(super) enum Fault {
    Refused(Refused),
    Gone,
}

impl From<Gone> for Fault {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refused) => refused,
            Fault::Gone => Self::conversion("too much for one object"),
        }
    }
}

/// Writes what was decided; says whether anything was.
pub(super) fn apply(
    document: &mut Document,
    todo: &Todo,
    task: &Task,
    merged: &Merged,
    manner: &Manner<'_>,
) -> Result<(), Fault> {
    let mut patch = Patch {
        document,
        todo,
        task,
        now: Timestamp::from_millisecond(manner.now.0).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    let id = todo.id;
    if merged.applies(p::SUBJECT) {
        let subject = task.subject.clone().map(legalise).unwrap_or_default();
        patch.text("SUMMARY", subject.trim())?;
    }
    if merged.applies(p::BODY) {
        let told = todo.texts.told(manner.bodies);
        let texts = match &task.body {
            Some(body) => todo
                .texts
                .changed(&told, body)
                .map_err(|wrong| Fault::Refused(Refused::conversion(wrong.to_string())))?,
            None => Texts::default(),
        };
        texts.write(patch.document, id)?;
    }
    if merged.applies(p::CATEGORIES) {
        let wanted = object_categories::clean(task.categories.clone().unwrap_or_default());
        object_categories::write(patch.document, id, &wanted)?;
    }
    if merged.applies(p::IMPORTANCE_NUMBER) {
        patch.importance(task.importance.unwrap_or(1))?;
    }
    let dates = merged.applies(p::START) || merged.applies(p::DUE);
    if dates {
        patch.dates(merged)?;
    }
    if merged.applies(p::RECURRENCE) {
        patch.recurrence()?;
    }
    if merged.applies(p::COMPLETE) {
        patch.complete(dates)?;
    }
    if merged.applies(p::REMINDER) {
        patch.reminder(manner)?;
    }
    if merged.applies(p::SENSITIVITY) {
        patch.sensitivity(task.sensitivity.unwrap_or_default())?;
    }
    if merged.applies(p::ORDINAL) {
        let date = task.ordinal_date.value().map(|date| date.to_compact());
        patch.text(p::ORDINAL_DATE, date.as_deref().unwrap_or_default())?;
        let sub = task.sub_ordinal_date.clone().map(legalise);
        patch.text(p::SUB_ORDINAL_DATE, sub.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

struct Patch<'a> {
    document: &'a mut Document,
    todo: &'a Todo,
    task: &'a Task,
    now: Timestamp,
}

impl Patch<'_> {
    /// A property of text; none where there is no text.
    fn text(&mut self, name: &str, text: &str) -> Result<(), Gone> {
        if text.is_empty() {
            return self.remove(name);
        }
        self.document
            .set(self.todo.id, name, |line| line.text(text))
    }

    fn raw(&mut self, name: &str, value: &str) -> Result<(), Gone> {
        self.document
            .set(self.todo.id, name, |line| line.raw(value))
    }

    fn remove(&mut self, name: &str) -> Result<(), Gone> {
        remove(self.document, self.todo.id, name)
    }

    fn importance(&mut self, wanted: u8) -> Result<(), Gone> {
        let present = self.document.find(self.todo.id).ok_or(Gone)?;
        if importance(&present) == wanted {
            return Ok(());
        }
        self.remove(p::IMPORTANCE)?;
        match wanted {
            0 => self.raw("PRIORITY", "9"),
            1 => self.remove("PRIORITY"),
            2 => self.raw("PRIORITY", "1"),
            other => {
                self.remove("PRIORITY")?;
                self.raw(p::IMPORTANCE, &other.to_string())
            }
        }
    }

    fn sensitivity(&mut self, wanted: u8) -> Result<(), Gone> {
        let present = self.document.find(self.todo.id).ok_or(Gone)?;
        if sensitivity(&present) == p::plain_sensitivity(wanted) {
            return Ok(());
        }
        match wanted {
            0 => self.remove("CLASS"),
            3 => self.raw("CLASS", "CONFIDENTIAL"),
            _ => self.raw("CLASS", "PRIVATE"),
        }
    }

    /// Start and due date. A series moves on with them: in EAS it is one task that is always at its
    /// present instance.
    fn dates(&mut self, merged: &Merged) -> Result<(), Fault> {
        let (todo, task) = (self.todo, self.task);
        let said = |property: u8, utc: Said<Moment>, local: Said<Moment>| {
            merged
                .applies(property)
                .then(|| Pair::said(utc, local, &todo.own))
        };
        let start = said(p::START, task.utc_start, task.start);
        let due = said(p::DUE, task.utc_due, task.due);
        let series = todo.series.is_some() || matches!(task.recurrence, Said::Value(_));
        // DTSTART and DUE are either both dates or both times (RFC 5545 3.8.2.3).
        let timed = |pair: &Option<Said<Pair>>, when: &Option<When>| match pair {
            Some(Said::Value(pair)) => pair.local.0.rem_euclid(86_400_000) != 0,
            Some(_) => false,
            None => when.as_ref().is_some_and(|when| !when.is_date()),
        };
        let any = timed(&start, &todo.start) || timed(&due, &todo.due);
        let model = [&todo.start, &todo.due]
            .into_iter()
            .flatten()
            .find(|when| !when.is_date());
        let write = |pair: Option<Said<Pair>>, when: &Option<When>| match pair {
            Some(Said::Value(pair)) => {
                let model = when.as_ref().filter(|when| !when.is_date()).or(model);
                When::of_pair(pair, model, any, series, &todo.own)
            }
            Some(_) => None,
            None => when.clone(),
        };
        let mut new_start = write(start, &todo.start);
        let mut new_due = write(due, &todo.due);
        for (one, other) in [
            (&mut new_start, &new_due.clone()),
            (&mut new_due, &todo.start),
        ] {
            if any
                && one.as_ref().is_some_and(When::is_date)
                && let Some(like) = other.as_ref().filter(|like| !like.is_date())
            {
                *one = one.as_ref().and_then(|one| one.timed(like, &todo.own));
            }
        }
        self.moved_on(new_start.as_ref().or(new_due.as_ref()))?;
        self.remove("DURATION")?;
        self.date("DTSTART", new_start.as_ref())?;
        self.date("DUE", new_due.as_ref())?;
        Ok(())
    }

    fn date(&mut self, name: &str, when: Option<&When>) -> Result<(), Gone> {
        let Some(when) = when else {
            return self.remove(name);
        };
        let line = when.line(name);
        let present = self.document.find(self.todo.id).ok_or(Gone)?;
        match present.property(name) {
            Some(property) if property.value() == when.stamp().to_string() => Ok(()),
            Some(property) => self.document.replace(property.id(), &line),
            None => self.document.insert(self.todo.id, &line).map(|_| ()),
        }
    }

    /// A series whose start moves to one of its instances has that many fewer to come.
    fn moved_on(&mut self, to: Option<&When>) -> Result<(), Gone> {
        let Some((series, to)) = self.todo.series.as_ref().zip(to) else {
            return Ok(());
        };
        let Some(at) = to.at(&self.todo.own) else {
            return Ok(());
        };
        let civil = series.anchor.civil_of(at, &self.todo.own);
        let Some(passed) = series.passed(civil).filter(|passed| *passed > 0) else {
            return Ok(());
        };
        let mut rule = series.rule.clone();
        if let Some(count) = rule.count {
            rule.count = Some(count.saturating_sub(passed).max(1));
            self.raw("RRULE", &rule.to_string())?;
        }
        let done = self.todo.told.done.saturating_add(passed);
        self.raw(Told::DONE, &done.to_string())?;
        if self.todo.told.start.is_none() {
            let line = series.anchor.line(Told::START);
            self.document.insert(self.todo.id, &line)?;
        }
        Ok(())
    }

    fn recurrence(&mut self) -> Result<(), Fault> {
        let Said::Value(recurrence) = &self.task.recurrence else {
            for name in [
                "RRULE",
                "EXDATE",
                "RDATE",
                Told::DONE,
                Told::START,
                p::DEAD_RULE,
            ] {
                self.remove(name)?;
            }
            self.remove(Told::REGENERATE)?;
            return Ok(self.remove_overrides()?);
        };
        let rule = self.rule(recurrence)?;
        if recurrence.dead_occurrence {
            self.remove("RRULE")?;
            self.raw(p::DEAD_RULE, &rule)?;
        } else {
            self.remove(p::DEAD_RULE)?;
            self.raw("RRULE", &rule)?;
            // It is counted anew.
            self.remove(Told::DONE)?;
            self.remove(Told::START)?;
        }
        if recurrence.regenerate {
            self.raw(Told::REGENERATE, "1")?;
        } else {
            self.remove(Told::REGENERATE)?;
        }
        Ok(())
    }

    /// The rule's text. One without any date to count from gets the recurrence's own start.
    fn rule(&mut self, recurrence: &TaskRecurrence) -> Result<String, Fault> {
        let impossible = || Fault::Refused(Refused::conversion("no rule of this calendar"));
        let todo = self.todo;
        let zone = match &todo.own {
            crate::item::timezone::Zone::Known(zone) => zone.clone(),
            crate::item::timezone::Zone::Described(_) => jiff::tz::TimeZone::UTC,
        };
        let now = Todo::read(self.document, &zone).map_err(|_| impossible())?;
        let anchor = match now.first_start.or(now.first_due) {
            Some(anchor) => anchor,
            None => {
                let start = Said::Value(recurrence.start.ok_or_else(impossible)?);
                let Said::Value(pair) = Pair::said(start, Said::Nothing, &todo.own) else {
                    return Err(impossible());
                };
                let date = super::when::date_of(pair.utc, &todo.own).ok_or_else(impossible)?;
                let when = When {
                    form: super::when::Form::Date,
                    civil: date.to_datetime(jiff::civil::Time::midnight()),
                };
                self.date("DTSTART", Some(&when))?;
                when
            }
        };
        let before = todo.series.as_ref().map(|series| &series.rule);
        let rule = rule_of(&recurrence.rule, &anchor, before, &todo.own);
        Ok(rule.ok_or_else(impossible)?.to_string())
    }

    fn remove_overrides(&mut self) -> Result<(), Gone> {
        let calendar = self.document.find(self.todo.calendar).ok_or(Gone)?;
        let overrides: Vec<ComponentId> = calendar
            .components()
            .filter(|other| other.name() == "VTODO" && other.id() != self.todo.id)
            .map(|other| other.id())
            .collect();
        for id in overrides {
            self.document.remove_component(id)?;
        }
        Ok(())
    }

    /// Done, or open again. Of a series that a phone does not move on by itself, the present
    /// instance is done.
    fn complete(&mut self, moved: bool) -> Result<(), Fault> {
        let done = self.task.complete.unwrap_or_default() != 0;
        let at = self
            .task
            .date_completed
            .value()
            .and_then(|date| Timestamp::from_millisecond(date.0).ok())
            .unwrap_or(self.now);
        let id = self.todo.id;
        if !done {
            return Ok(self.reopen()?);
        }
        let dead = matches!(&self.task.recurrence, Said::Value(said) if said.dead_occurrence);
        if let Some(series) = self.todo.series.as_ref().filter(|_| !dead && !moved)
            && !self.todo.complete
            && !matches!(self.task.recurrence, Said::Empty)
        {
            if self.todo.told.regenerate {
                let time = series.anchor.civil.time();
                let own = self.todo.own.local(at);
                if let Some(next) = regenerated(&series.rule, own, time) {
                    return Ok(self.shift_to(next)?);
                }
            } else if series.next().is_some()
                && let Some(present) = series.present()
            {
                let instance = series.anchor.moved(present);
                return Ok(self.finish_instance(&instance, at)?);
            }
        }
        Ok(finish(self.document, id, at)?)
    }

    /// Takes the tick off: the task's own, or that of the last instance of a series that is all done.
    /// What else its override says stays (S12).
    fn reopen(&mut self) -> Result<(), Gone> {
        let todo = self.document.find(self.todo.id).ok_or(Gone)?;
        let id = match self.todo.last_override {
            Some(last) if !is_over(&todo) => last,
            _ => self.todo.id,
        };
        let present = self.document.find(id).ok_or(Gone)?;
        let percent = present
            .property("PERCENT-COMPLETE")
            .is_some_and(|percent| percent.value().trim() == "100");
        if present.property("STATUS").is_some() {
            self.document
                .set(id, "STATUS", |line| line.raw("NEEDS-ACTION"))?;
        }
        remove(self.document, id, "COMPLETED")?;
        if percent {
            remove(self.document, id, "PERCENT-COMPLETE")?;
        }
        Ok(())
    }

    /// Moves start and due date so that the first of them is at that wall-clock time.
    fn shift_to(&mut self, next: jiff::civil::DateTime) -> Result<(), Gone> {
        let (start, due) = (self.todo.start.clone(), self.todo.due.clone());
        let Some(anchor) = start.as_ref().or(due.as_ref()) else {
            return Ok(());
        };
        let by = next.duration_since(anchor.civil);
        let shift = |when: When| {
            let civil = when.civil.checked_add(by).unwrap_or(when.civil);
            when.moved(civil)
        };
        self.date("DTSTART", start.map(shift).as_ref())?;
        self.date("DUE", due.map(shift).as_ref())
    }

    /// An override of the present instance that says that it is done.
    fn finish_instance(&mut self, instance: &When, at: Timestamp) -> Result<(), Gone> {
        let then = instance.at(&self.todo.own);
        let mut there = self.todo.overrides.iter();
        if let Some((_, known)) = there.find(|(other, _)| Some(*other) == then) {
            return finish(self.document, *known, at);
        }
        let todo = self.document.find(self.todo.id).ok_or(Gone)?;
        let copied: Vec<ContentLine> = ["UID", "SUMMARY"]
            .into_iter()
            .filter_map(|name| {
                let value = todo.property(name)?;
                Some(ContentLine::new(name).text(&value.text()))
            })
            .collect();
        let one = self
            .document
            .insert_component(self.todo.calendar, b"BEGIN:VTODO\r\nEND:VTODO\r\n")?;
        for line in &copied {
            self.document.insert(one, line)?;
        }
        let stamp = ContentLine::new("DTSTAMP").raw(&utc_stamp(self.now).to_string());
        self.document.insert(one, &stamp)?;
        self.document.insert(one, &instance.line("RECURRENCE-ID"))?;
        for (name, when) in [("DTSTART", &self.todo.start), ("DUE", &self.todo.due)] {
            if let Some(when) = when {
                self.document.insert(one, &when.line(name))?;
            }
        }
        finish(self.document, one, at)
    }

    fn reminder(&mut self, manner: &Manner<'_>) -> Result<(), Fault> {
        // Dates may just have moved.
        let now = Todo::read(self.document, manner.zone).map_err(|_| Fault::Gone)?;
        let series = now.series.is_some();
        let wanted = match (self.task.reminder_set, self.task.reminder_time.value()) {
            (Some(0), _) | (_, None) => None,
            (_, Some(time)) => Timestamp::from_millisecond(time.0).ok(),
        };
        let alarm: Option<Alarm> = now.alarm;
        match (alarm, wanted) {
            (Some(alarm), Some(at)) => alarm.set(self.document, at, series)?,
            (Some(alarm), None) => alarm.remove(self.document)?,
            (None, Some(at)) => {
                alarm::add(self.document, now.id, at, now.anchors(), series)?;
            }
            (None, None) => {}
        }
        Ok(())
    }
}

/// COMPLETED and what goes with it.
fn finish(document: &mut Document, id: ComponentId, at: Timestamp) -> Result<(), Gone> {
    let at = utc_stamp(at).to_string();
    document.set(id, "STATUS", |line| line.raw("COMPLETED"))?;
    document.set(id, "COMPLETED", |line| line.raw(&at))?;
    document.set(id, "PERCENT-COMPLETE", |line| line.raw("100"))
}

/// Takes all properties of that name out.
pub(super) fn remove(document: &mut Document, id: ComponentId, name: &str) -> Result<(), Gone> {
    let found: Vec<_> = document
        .find(id)
        .ok_or(Gone)?
        .all(name)
        .map(|property| property.id())
        .collect();
    for property in found {
        document.remove(property)?;
    }
    Ok(())
}

/// Says when the object was changed last.
pub(super) fn touch(document: &mut Document, id: ComponentId, now: Moment) -> Result<(), Gone> {
    let at = Timestamp::from_millisecond(now.0).unwrap_or(Timestamp::UNIX_EPOCH);
    debug_assert_eq!(moment(at), now, "a moment within jiff's years");
    let at = utc_stamp(at).to_string();
    document.set(id, "DTSTAMP", |line| line.raw(&at))?;
    document.set(id, "LAST-MODIFIED", |line| line.raw(&at))
}
