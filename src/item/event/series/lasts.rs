//! When a series is over.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan as _};

use super::{MAX_OCCURRENCES, Series, last, local_until};
use crate::item::meeting::when::Span;
use crate::item::object;
use crate::item::recurrence::{Frequency, Occurrences, Rule};

impl Series {
    /// How long the event stays in a window: the end of its last occurrence. Those that were moved are
    /// where they were moved to, which the caller knows.
    pub(in crate::item::event) fn window(
        &self,
        span: &Span,
        moved: &BTreeSet<Timestamp>,
    ) -> object::Span {
        if self.strange {
            return object::Span::Endless;
        }
        let is_there =
            |at: &Timestamp| self.removed.binary_search(at).is_err() && !moved.contains(at);
        let start = Some(span.start.at).filter(|_| self.rules.is_empty());
        let dates = self.extra.iter().copied().chain(start).filter(is_there);
        let mut end = dates.map(|at| self.end(at, span)).max();
        for rule in &self.rules {
            match last_of(rule, span, is_there) {
                Last::Never => return object::Span::Endless,
                Last::At(last) => end = end.max(Some(self.end(last, span))),
                Last::Gone => {}
            }
        }
        // Where all of it was taken out it is as old as it was made for.
        let made_for = || match moved.is_empty() {
            true => span.end,
            false => Timestamp::MIN,
        };
        object::Span::Until(end.unwrap_or_else(made_for).as_second())
    }
}

/// When a rule's last occurrence begins.
enum Last {
    /// It goes on for ever, or longer than anyone counts.
    Never,
    /// Then, or not later.
    At(Timestamp),
    /// It has none that is still there.
    Gone,
}

fn last_of(rule: &Rule, span: &Span, is_there: impl Fn(&Timestamp) -> bool) -> Last {
    let until = local_until(rule, span);
    let of = |from: DateTime| {
        let mut all = Occurrences::since(rule, span.start.local, until, from);
        let last = all
            .by_ref()
            .take(MAX_OCCURRENCES)
            .filter_map(|local| span.start.zone.instant(local))
            .filter(&is_there)
            .last();
        (last, all.gave_up())
    };
    match (&rule.until, until, rule.count) {
        // Every hour of a year would be too much to look at.
        (Some(until), Some(end), _) if rule.frequency >= Frequency::Daily => {
            let late = of(end.saturating_sub(1.year()));
            let (found, gave_up) = match late {
                (None, false) => of(span.start.local),
                late => late,
            };
            match (found, last(until, span)) {
                (Some(at), _) if !gave_up => Last::At(at),
                (_, Some(end)) if gave_up => Last::At(end),
                _ => Last::Gone,
            }
        }
        (Some(until), ..) => last(until, span).map_or(Last::Gone, Last::At),
        (None, _, Some(count)) if usize::try_from(count).is_ok_and(|c| c <= MAX_OCCURRENCES) => {
            match of(span.start.local) {
                (_, true) => Last::Never,
                (Some(at), false) => Last::At(at),
                (None, false) => Last::Gone,
            }
        }
        _ => Last::Never,
    }
}
