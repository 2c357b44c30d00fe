//! How an event repeats: its rule in EAS's words, its occurrences, and when the last is over.
//!
//! What EAS has no words for is shown as the nearest that it has for some time ([`super::near`]), else
//! as one occurrence, the next from now. Its times cannot be changed by a phone: another rule would be
//! a lie, and the original stays as it is.

mod dates;
mod lasts;

use std::collections::BTreeMap;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::{Moment, Recurrence};
use airgate_codec::vobject::{Component, Stamp};
use jiff::civil::{DateTime, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

pub(super) use self::dates::date;
use self::dates::{dates, periods};
use super::near;
use super::times::wire;
use crate::item::meeting::when::Span;
use crate::item::object::Manner;
use crate::item::recurrence::{self, Frequency, Inexpressible, Occurrences, Rule, Until};
use crate::item::stamp::civil;
use crate::item::timezone::{Zone, Zones};

/// Occurrences looked at when one of them is wanted (T18): a daily series of ten years.
const MAX_OCCURRENCES: usize = 4000;

/// An event's repetition.
#[derive(Debug, Default)]
pub(super) struct Series {
    rules: Vec<Rule>,
    /// RDATE.
    extra: Vec<Timestamp>,
    /// Of those the ones that say themselves when they end (VALUE=PERIOD).
    periods: BTreeMap<Timestamp, Timestamp>,
    /// EXDATE, in order; of a series that is told as the nearest, all that its rule has too much.
    pub(super) excluded: Vec<Timestamp>,
    /// EXDATE, in order.
    removed: Vec<Timestamp>,
    /// EXRULE, or a rule that cannot be read.
    strange: bool,
    /// What a phone is told.
    pub(super) told: Told,
    /// When it is to be told more, although nothing changed.
    pub(super) renew: Option<Timestamp>,
}

/// What a phone is told of a repetition.
#[derive(Debug, Default)]
pub(super) enum Told {
    /// It does not repeat.
    #[default]
    Single,
    Rule(Recurrence),
    /// EAS cannot say it, but something near to it for a while.
    Near {
        recurrence: Recurrence,
        /// The occurrences that are told.
        shown: Vec<Timestamp>,
    },
    /// EAS cannot say it.
    Beyond,
}

impl Series {
    /// Reads the repetition of a component; `span` is its first occurrence and becomes the one that
    /// is shown.
    pub(super) fn read(
        event: &Component<'_>,
        span: &mut Span,
        zones: &Zones,
        manner: &Manner<'_>,
    ) -> Self {
        if event.property("RECURRENCE-ID").is_some() {
            return Self::default();
        }
        let mut series = Self {
            strange: event.property("EXRULE").is_some(),
            ..Self::default()
        };
        for rule in event.all("RRULE").take(4) {
            match Rule::parse(rule.value()) {
                Some(rule) if !rule.foreign => series.rules.push(rule),
                _ => series.strange = true,
            }
        }
        series.extra = dates(event, "RDATE", zones);
        series.periods = periods(event, zones);
        series.excluded = dates(event, "EXDATE", zones);
        series.excluded.sort_unstable();
        series.excluded.dedup();
        series.removed.clone_from(&series.excluded);
        series.tell(span, manner);
        series
    }

    pub(super) const fn repeats(&self) -> bool {
        !matches!(self.told, Told::Single)
    }

    fn tell(&mut self, span: &mut Span, manner: &Manner<'_>) {
        if self.rules.is_empty() && self.extra.is_empty() && !self.strange {
            return;
        }
        let plain = !self.strange && self.extra.is_empty();
        if plain && let [rule] = &self.rules[..] {
            let until = |until: &Until| last(until, span).map(|at| wire(at, span.all_day, manner));
            let mut said = recurrence::to_eas(rule, span.start.local, until);
            let mut first = None;
            if said == Err(Inexpressible::Start) {
                // A start that the rule does not mean: the rule's own first counts.
                first = Occurrences::new(rule, span.start.local, local_until(rule, span)).next();
                if let Some(first) = first {
                    said = recurrence::to_eas(rule, first, until);
                }
            }
            let sayable =
                manner.version >= ProtocolVersion::V14_1 || weeks_may_begin_on_sunday(rule, span);
            if let Ok(recurrence) = said
                && sayable
            {
                if let Some(at) = first.and_then(|first| span.start.zone.instant(first)) {
                    shift(span, at);
                }
                self.told = Told::Rule(recurrence);
                return;
            }
        }
        let now = Timestamp::from_millisecond(manner.now.0).unwrap_or(Timestamp::UNIX_EPOCH);
        if self.tell_near(span, now, manner).is_some() {
            return;
        }
        self.told = Told::Beyond;
        if let Some(at) = self.next(span, now) {
            self.renew = self.moves_on(span, at, now);
            let end = self.end(at, span);
            shift(span, at);
            span.end = end;
        }
    }

    /// When the one occurrence that is told gives way to the next. Where one follows within the hour a
    /// phone is not told of each: it would be woken all day.
    fn moves_on(&self, span: &Span, shown: Timestamp, now: Timestamp) -> Option<Timestamp> {
        const NOT_OFTENER: SignedDuration = SignedDuration::from_hours(1);
        const MOMENT: SignedDuration = SignedDuration::from_secs(1);
        let over = self.end(shown, span).checked_add(MOMENT).ok()?;
        let next = self.next(span, over).filter(|next| *next > shown)?;
        let soon = now.checked_add(NOT_OFTENER).ok()?;
        match next.duration_since(shown) < NOT_OFTENER {
            true => Some(over.max(soon)),
            false => Some(over),
        }
    }

    /// When the occurrence of that time ends: as long after it as the series', if it says nothing else.
    pub(super) fn end(&self, at: Timestamp, span: &Span) -> Timestamp {
        let length = span.end.duration_since(span.start.at);
        let own = self.periods.get(&at).copied();
        own.unwrap_or_else(|| at.checked_add(length).unwrap_or(at))
    }

    /// Those of the told that last longer or shorter than the others.
    pub(super) fn of_own_length(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let all = self.periods.iter().map(|(at, end)| (*at, *end));
        all.filter(|(at, _)| matches!(self.told, Told::Near { .. }) && self.tells(*at))
    }

    /// Tells the nearest, if there is any.
    fn tell_near(&mut self, span: &mut Span, now: Timestamp, manner: &Manner<'_>) -> Option<()> {
        let (all, goes_on) = self.soon(span, now)?;
        let near = near::near(&all)?;
        let goes_on = goes_on || all.last() > near.shown.last();
        let zone = span.start.zone.clone();
        let instants = |all: &[DateTime]| -> Vec<Timestamp> {
            all.iter().filter_map(|at| zone.instant(*at)).collect()
        };
        let shown = instants(&near.shown);
        let (first, last) = shown.first().zip(shown.last())?;
        let until = Some(wire(*last, span.all_day, manner));
        self.renew = goes_on.then(|| near::renew(now, *last));
        shift(span, *first);
        // What is taken out of the series, and what is only of the rule: a phone is told alike.
        self.excluded = instants(&near.skipped);
        self.told = Told::Near {
            recurrence: Recurrence {
                until,
                ..near.recurrence
            },
            shown,
        };
        Some(())
    }

    /// The occurrences of the time for which a series can be told, in its wall-clock time, and whether
    /// it goes on after that. Nothing where that would take long, or cannot be known.
    fn soon(&self, span: &Span, now: Timestamp) -> Option<(Vec<DateTime>, bool)> {
        let hourly = |rule: &Rule| rule.frequency < Frequency::Daily;
        if self.strange || self.rules.iter().any(hourly) {
            return None;
        }
        let (from, to) = near::window(now);
        let is_there = |at: &DateTime| {
            let at = span.start.zone.instant(*at);
            at.is_some_and(|at| self.excluded.binary_search(&at).is_err())
        };
        let mut all: Vec<DateTime> = Vec::new();
        let mut goes_on = false;
        for rule in &self.rules {
            let until = local_until(rule, span);
            let mut occurrences = Occurrences::since(rule, span.start.local, until, from);
            let of_rule = occurrences.by_ref().take(MAX_OCCURRENCES);
            for at in of_rule {
                if at >= to {
                    goes_on = true;
                    break;
                }
                all.push(at);
            }
            if occurrences.gave_up() {
                return None;
            }
        }
        let extra = self.extra.iter().map(|at| span.start.zone.local(*at));
        let start = Some(span.start.local).filter(|_| self.rules.is_empty());
        for at in extra.chain(start).filter(|at| *at >= from) {
            match at < to {
                true => all.push(at),
                false => goes_on = true,
            }
        }
        all.retain(is_there);
        all.sort_unstable();
        all.dedup();
        Some((all, goes_on))
    }

    /// Whether a phone is told of the occurrence of that time: of all, but for the nearest's.
    pub(super) fn tells(&self, at: Timestamp) -> bool {
        match &self.told {
            Told::Near { shown, .. } => shown.binary_search(&at).is_ok(),
            _ => true,
        }
    }

    /// The recurrence a phone is told.
    pub(super) const fn recurrence(&self) -> Option<&Recurrence> {
        match &self.told {
            Told::Rule(recurrence) | Told::Near { recurrence, .. } => Some(recurrence),
            Told::Single | Told::Beyond => None,
        }
    }

    /// When the first occurrence begins that is not over at a moment, else the last one. Rules are
    /// followed no further than that: a yearly one has a year of days to look at for each.
    fn next(&self, span: &Span, now: Timestamp) -> Option<Timestamp> {
        let is_over = |at: Timestamp| self.end(at, span) < now;
        let is_there = |at: &Timestamp| self.excluded.binary_search(at).is_err();
        let (mut next, mut last) = (None::<Timestamp>, None::<Timestamp>);
        let mut look = |at: Timestamp| {
            if is_over(at) {
                last = Some(last.map_or(at, |last| last.max(at)));
            } else {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        };
        for rule in &self.rules {
            let until = local_until(rule, span);
            // Whatever began a day before it could be over: the switches of a zone are less.
            let length = span.end.duration_since(span.start.at);
            let from = now.checked_sub(length).unwrap_or(now);
            let from = span.start.zone.local(from).saturating_sub(1.day());
            let all = |from: DateTime| {
                Occurrences::since(rule, span.start.local, until, from)
                    .take(MAX_OCCURRENCES)
                    .filter_map(|local| span.start.zone.instant(local))
                    .filter(is_there)
            };
            let mut any = false;
            for at in all(from) {
                any = true;
                look(at);
                if !is_over(at) {
                    break;
                }
            }
            if !any {
                // It ended before: a look at its last days, else at all of it.
                let end = until.map(|until| until.saturating_sub(1.year()));
                let late = end.and_then(|end| all(end).last());
                if let Some(at) = late.or_else(|| all(span.start.local).last()) {
                    look(at);
                }
            }
        }
        let start = Some(span.start.at).filter(|_| self.rules.is_empty());
        for at in self.extra.iter().copied().chain(start).filter(is_there) {
            look(at);
        }
        next.or(last)
    }

    /// The occurrence a phone means by a moment: that one, else the one of the same day: some go on
    /// naming the time of before the series was moved (REFERENCE.md 12, quirk 17).
    pub(super) fn meant(&self, at: Timestamp, span: &Span) -> Timestamp {
        let (Told::Rule(_), [rule]) = (&self.told, &self.rules[..]) else {
            return at;
        };
        let local = span.start.zone.local(at);
        let day = DateTime::from(local.date());
        let same_day = Occurrences::since(rule, span.start.local, local_until(rule, span), day)
            .take(MAX_OCCURRENCES)
            .take_while(|other| other.date() == local.date());
        let mut found = None;
        for other in same_day {
            let other = span.start.zone.instant(other);
            if other == Some(at) {
                return at;
            }
            found = found.or(other);
        }
        found.unwrap_or(at)
    }

    /// Whether something begins then by the rule.
    pub(super) fn has(&self, at: Timestamp, span: &Span) -> bool {
        self.meant(at, span) == at
            && self.rules.iter().any(|rule| {
                let local = span.start.zone.local(at);
                Occurrences::since(rule, span.start.local, local_until(rule, span), local).next()
                    == Some(local)
            })
    }
}

/// Whether the first day of the week makes no difference: before 14.1 nothing says it, and it is
/// Sunday ([MS-ASCAL] FirstDayOfWeek).
fn weeks_may_begin_on_sunday(rule: &Rule, span: &Span) -> bool {
    /// What differs differs in the second of the rule's weeks.
    const LOOK_AT: usize = 16;
    if rule.frequency != Frequency::Weekly || rule.interval == 1 {
        return true;
    }
    let sunday = Rule {
        week_start: Weekday::Sunday,
        ..rule.clone()
    };
    let first = |rule: &Rule| -> Vec<DateTime> {
        Occurrences::new(rule, span.start.local, None)
            .take(LOOK_AT)
            .collect()
    };
    first(rule) == first(&sunday)
}

/// UNTIL as a moment. A date counts whole: its occurrence may still be.
fn last(until: &Until, span: &Span) -> Option<Timestamp> {
    let zone = &span.start.zone;
    match until.0 {
        Stamp::Utc(..) => Zone::UTC.instant(civil(until.0)),
        Stamp::Local(..) => zone.instant(civil(until.0)),
        Stamp::Date(_) => zone.instant(civil(until.0).date().to_datetime(span.start.local.time())),
    }
}

/// UNTIL in the event's own wall-clock time.
pub(super) fn local_until(rule: &Rule, span: &Span) -> Option<DateTime> {
    last(rule.until.as_ref()?, span).map(|at| span.start.zone.local(at))
}

fn shift(span: &mut Span, at: Timestamp) {
    let length = span.end.duration_since(span.start.at);
    span.end = at.checked_add(length).unwrap_or(at);
    span.start.local = span.start.zone.local(at);
    span.start.at = at;
}

/// A moment of EAS's.
pub(super) fn timestamp(moment: Moment) -> Option<Timestamp> {
    Timestamp::from_second(moment.0.div_euclid(1000)).ok()
}
