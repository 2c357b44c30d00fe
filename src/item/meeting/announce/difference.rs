//! What each of those invited has to be told of a change. Pure.

use std::collections::{BTreeMap, BTreeSet};

use airgate_codec::eas::Moment;
use airgate_codec::vobject::Component;

use super::Organizer;
use crate::item::meeting::people;
use crate::item::meeting::stored::{self, NoMeeting};
use crate::item::meeting::when::Span;

/// Which component of an object: the series (or the single event), or what one occurrence became.
pub(super) type Part = Option<Moment>;

/// What somebody is to be told. Cancellations go first: what replaces something comes after it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Due {
    /// That these occurrences do not take place, or not with him; without any, all of it.
    Cancel(BTreeSet<Moment>),
    /// How these parts are now.
    Request {
        parts: BTreeSet<Part>,
        /// He comes in when others know of it already. He may have been in it once and have been told
        /// that he is not any more.
        late: bool,
    },
}

/// A meeting as those invited know it. Of somebody else's the user has nothing to tell: then it is
/// empty.
#[derive(Debug, Default)]
pub(super) struct Meeting {
    parts: BTreeMap<Part, Told>,
    /// Occurrences the series does not have.
    excluded: BTreeSet<Moment>,
    sequence: u32,
}

/// One component, as it is told.
#[derive(Debug)]
struct Told {
    /// In lower case. Nobody, where it does not take place.
    guests: BTreeSet<String>,
    /// All that makes it what it is.
    lines: Vec<String>,
    /// The same without when it is.
    words: Vec<String>,
    /// From when to when, where that can be said.
    span: Option<(Moment, Moment)>,
}

/// What makes another meeting of it (RFC 5546 2.1.4), for the others to be told. Occurrences that are
/// left out (EXDATE) are looked at one by one.
const TIMES: [&str; 6] = [
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "RECURRENCE-ID",
];
const WORDS: [&str; 5] = ["SUMMARY", "LOCATION", "DESCRIPTION", "STATUS", "ATTACH"];

impl Meeting {
    pub(super) fn read(text: &[u8], organizer: &Organizer<'_>) -> Result<Self, NoMeeting> {
        let document = stored::read(text)?;
        let calendar = stored::calendar(&document)?;
        let zones = stored::zones(&calendar, organizer.zone);
        let mut meeting = Self::default();
        for event in stored::events(&calendar) {
            meeting.sequence = meeting.sequence.max(stored::sequence(&event));
            let invites = stored::organizer(&event);
            if !invites.is_some_and(|invites| stored::is_me(&invites, organizer.me)) {
                continue;
            }
            let span = Span::read(&event, &zones).map(|span| (span.start(), span.end()));
            let words = lines(&event, &WORDS);
            let told = Told {
                guests: match stored::is_cancelled(&event) {
                    true => BTreeSet::new(),
                    false => guests(&event, organizer.me),
                },
                lines: [lines(&event, &TIMES), words.clone()].concat(),
                words,
                span,
            };
            let part = stored::instance(&event, &zones);
            if part.is_none() && event.property("RECURRENCE-ID").is_some() {
                continue;
            }
            if part.is_none() {
                meeting.excluded = stored::times(&event, "EXDATE", &zones).collect();
            }
            meeting.parts.insert(part, told);
        }
        Ok(meeting)
    }

    /// Everybody who is invited to some of it.
    pub(super) fn guests(&self) -> BTreeSet<String> {
        let all = self.parts.values().flat_map(|part| &part.guests);
        all.cloned().collect()
    }

    /// The highest SEQUENCE in it.
    pub(super) const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The parts that are other in `new` than others know them.
    pub(super) fn changed(&self, new: &Self) -> BTreeSet<Part> {
        if self.series_changed(new) {
            return new.parts.keys().copied().collect();
        }
        let parts = new.parts.iter();
        parts
            .filter(|(part, told)| self.differs(**part, told))
            .map(|(part, _)| *part)
            .collect()
    }

    /// Whether the series is planned anew, or some occurrence is again as it was planned.
    fn series_changed(&self, new: &Self) -> bool {
        let lines = |meeting: &Self| meeting.parts.get(&None).map(|series| series.lines.clone());
        let restored = || {
            let mut ats = self.parts.keys().flatten().chain(&self.excluded);
            ats.any(|at| !new.parts.contains_key(&Some(*at)) && !new.excluded.contains(at))
        };
        lines(self) != lines(new) || new.parts.contains_key(&None) && restored()
    }

    /// Whether a part is other than what is known of it. An occurrence that has a component of its own
    /// only now was as the series has it.
    fn differs(&self, part: Part, told: &Told) -> bool {
        match (self.parts.get(&part), part, self.parts.get(&None)) {
            (Some(known), _, _) => known.lines != told.lines,
            (None, Some(at), Some(series)) if !self.excluded.contains(&at) => {
                let length = series.span.map(|(start, end)| end.0 - start.0);
                let planned = length.map(|length| (at, Moment(at.0.saturating_add(length))));
                series.words != told.words || planned.is_none() || planned != told.span
            }
            _ => true,
        }
    }

    /// The parts somebody is invited to.
    fn of(&self, guest: &str) -> BTreeSet<Part> {
        let parts = self.parts.iter();
        parts
            .filter(|(_, told)| told.guests.contains(guest))
            .map(|(part, _)| *part)
            .collect()
    }

    /// Whether somebody is expected at an occurrence.
    fn expects(&self, guest: &str, at: Moment) -> bool {
        match self.parts.get(&Some(at)) {
            Some(own) => own.guests.contains(guest),
            None => {
                let series = self.parts.get(&None);
                series.is_some_and(|series| series.guests.contains(guest))
                    && !self.excluded.contains(&at)
            }
        }
    }
}

/// What somebody is to be told.
pub(super) fn due(old: &Meeting, new: &Meeting, guest: &str) -> Vec<Due> {
    let (was, is) = (old.of(guest), new.of(guest));
    let request = |parts: BTreeSet<Part>, late| Due::Request { parts, late };
    match (was.is_empty(), is.is_empty()) {
        (true, true) => return Vec::new(),
        (true, false) => return vec![request(is, !old.guests().is_empty())],
        (false, true) => {
            // Invited to the series, or to some of it only.
            let occurrences = match was.contains(&None) {
                true => BTreeSet::new(),
                false => was.into_iter().flatten().collect(),
            };
            return vec![Due::Cancel(occurrences)];
        }
        (false, false) => {}
    }
    match (was.contains(&None), is.contains(&None)) {
        (false, true) => return vec![request(is, true)],
        (true, false) => return vec![Due::Cancel(BTreeSet::new()), request(is, true)],
        (true, true) if old.series_changed(new) => return vec![request(is, false)],
        _ => {}
    }
    let ats = [old, new].into_iter().flat_map(|meeting| {
        let own = meeting.parts.keys().copied().flatten();
        own.chain(meeting.excluded.iter().copied())
    });
    let (mut gone, mut changed) = (BTreeSet::new(), BTreeSet::new());
    for at in ats {
        match (old.expects(guest, at), new.expects(guest, at)) {
            (true, false) => {
                gone.insert(at);
            }
            (expected, true) => {
                let told = new.parts.get(&Some(at));
                if told.is_some_and(|told| !expected || old.differs(Some(at), told)) {
                    changed.insert(Some(at));
                }
            }
            (false, false) => {}
        }
    }
    let mut all = Vec::new();
    if !gone.is_empty() {
        all.push(Due::Cancel(gone));
    }
    if !changed.is_empty() {
        all.push(request(changed, false));
    }
    all
}

/// Those invited to a part, the user aside.
fn guests(event: &Component<'_>, me: &[String]) -> BTreeSet<String> {
    let addresses = event
        .all("ATTENDEE")
        .map(|attendee| people::address(&attendee).to_lowercase());
    addresses
        .filter(|address| !address.is_empty() && !stored::is_me(address, me))
        .collect()
}

fn lines(event: &Component<'_>, names: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = event
        .properties()
        .filter(|property| names.contains(&property.name()))
        .map(|property| {
            let zone = property.parameter("TZID").unwrap_or_default();
            format!("{};{zone}:{}", property.name(), property.value())
        })
        .collect();
    lines.sort();
    lines
}
