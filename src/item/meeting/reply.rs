//! A user's answer to an invitation: in the own calendar, and as a message to the organizer
//! (RFC 5546 3.2.3 REPLY, 3.2.7 COUNTER). Pure.

use airgate_codec::eas::Moment;
use airgate_codec::vobject::{Component, ComponentId, ContentLine, Document};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::people;
use super::stored::{self, NoMeeting};

/// What the user chose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Choice {
    Accepted,
    Tentative,
    Declined,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub choice: Choice,
    /// The user's addresses, the account's own first.
    pub me: &'a [String],
    /// Times without a zone are in this one.
    pub zone: &'a TimeZone,
    /// Only this occurrence is meant: the moment it was planned for.
    pub instance: Option<Moment>,
    /// When it is given, in seconds since 1970.
    pub now: i64,
}

/// What an answer says beyond yes and no.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'a> {
    pub comment: Option<&'a str>,
    /// Another time.
    pub proposed: Option<(Moment, Moment)>,
}

/// A message to other calendars.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// For the header of the part that carries it (RFC 6047 2.4).
    pub method: &'static str,
    pub text: Vec<u8>,
    /// Who gets it.
    pub to: Vec<String>,
    /// What the meeting is called.
    pub summary: String,
}

/// What this is written by (RFC 5545 3.7.3).
pub(super) const PRODUCT: &str = "-//Airgate//Airgate//EN";

impl Choice {
    /// PARTSTAT.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Tentative => "TENTATIVE",
            Self::Declined => "DECLINED",
        }
    }
}

/// The object in the user's calendar after the answer; `None` when nothing of it is left: a meeting
/// that is declined goes ([MS-ASCMD] 2.2.3.18). All else stays byte for byte (S12).
///
/// # Errors
/// [`NoMeeting`].
pub fn in_calendar(text: &[u8], answer: &Answer<'_>) -> Result<Option<Vec<u8>>, NoMeeting> {
    let mut document = stored::read(text)?;
    check_invited(&document, answer.me)?;
    match (answer.instance, answer.choice) {
        (None, Choice::Declined) => return Ok(None),
        (None, _) => {
            let calendar = stored::calendar(&document)?;
            let events: Vec<_> = stored::events(&calendar).map(|event| event.id()).collect();
            for event in events {
                say(&mut document, event, answer)?;
            }
        }
        (Some(at), Choice::Declined) => {
            // Made first, since that finds out whether there is such an occurrence.
            let exception = stored::make_exception(&mut document, answer.zone, at)?;
            if !exclude(&mut document, exception)? {
                return Ok(None);
            }
        }
        (Some(at), _) => {
            let exception = stored::make_exception(&mut document, answer.zone, at)?;
            say(&mut document, exception, answer)?;
        }
    }
    Ok(Some(document.to_bytes().to_vec()))
}

/// The message that tells the organizer.
///
/// # Errors
/// [`NoMeeting`]; a meeting without an organizer has nobody to be told.
pub fn to_organizer(
    text: &[u8],
    answer: &Answer<'_>,
    words: Words<'_>,
) -> Result<Message, NoMeeting> {
    let mut document = stored::read(text)?;
    check_invited(&document, answer.me)?;
    let event = match answer.instance {
        Some(at) => stored::make_exception(&mut document, answer.zone, at)?,
        None => {
            let calendar = stored::calendar(&document)?;
            let event = stored::master(&calendar).or_else(|| stored::events(&calendar).next());
            event.ok_or(NoMeeting::Unreadable)?.id()
        }
    };
    let event = document.find(event).ok_or(NoMeeting::Unreadable)?;
    let organizer = stored::organizer(&event).ok_or(NoMeeting::Unreadable)?;
    let (method, kept) = match words.proposed {
        Some(_) => ("COUNTER", COUNTERED),
        None => ("REPLY", REPLIED),
    };
    let mut lines = Lines::default();
    for property in event.properties() {
        if kept.contains(&property.name()) {
            // The organizer knows who does the sending.
            lines.0.push(stored::line(&property, |name| {
                !name.starts_with("SCHEDULE-")
            }));
        }
    }
    if let (Some((start, end)), Some(old)) = (words.proposed, event.property("DTSTART")) {
        // As Outlook says what the proposal is about.
        let was = |name, old| stored::line_as(name, old, stored::is_form);
        lines.0.push(was("X-MS-OLK-ORIGINALSTART", &old));
        if let Some(old) = event.property("DTEND") {
            lines.0.push(was("X-MS-OLK-ORIGINALEND", &old));
        }
        lines.time("DTSTART", start)?;
        lines.time("DTEND", end)?;
    } else {
        for name in ["DTSTART", "DTEND", "DURATION"] {
            let found = event.property(name);
            lines
                .0
                .extend(found.map(|property| stored::line(&property, |_| true)));
        }
    }
    lines.0.push(attendee(&event, answer));
    lines
        .0
        .push(ContentLine::new("DTSTAMP").raw(&utc(answer.now)?));
    if let Some(comment) = words.comment.filter(|comment| !comment.trim().is_empty()) {
        lines.0.push(ContentLine::new("COMMENT").text(comment));
    }
    let calendar = stored::calendar(&document)?;
    let text = lines.write(method, &calendar)?;
    Ok(Message {
        method,
        text,
        to: vec![organizer],
        summary: summary(&event),
    })
}

/// What a REPLY repeats of the meeting, and what a COUNTER does.
const REPLIED: &[&str] = &["UID", "SEQUENCE", "ORGANIZER", "RECURRENCE-ID", "SUMMARY"];
const COUNTERED: &[&str] = &[
    "UID",
    "SEQUENCE",
    "ORGANIZER",
    "RECURRENCE-ID",
    "SUMMARY",
    "LOCATION",
    "DESCRIPTION",
];

/// Properties of a message's one event, in the order in which they are written.
#[derive(Default)]
struct Lines(Vec<ContentLine>);

impl Lines {
    fn time(&mut self, name: &str, at: Moment) -> Result<(), NoMeeting> {
        let text = utc(at.0.div_euclid(1000))?;
        self.0.push(ContentLine::new(name).raw(&text));
        Ok(())
    }

    /// The message, with the zones of the original that it speaks of.
    fn write(self, method: &str, original: &Component<'_>) -> Result<Vec<u8>, NoMeeting> {
        let frame = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT}\r\nMETHOD:{method}\r\n\
             BEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let mut document = stored::read(frame.as_bytes())?;
        let gone = |_| NoMeeting::Unreadable;
        let calendar = stored::calendar(&document)?;
        let event = stored::events(&calendar)
            .next()
            .ok_or(NoMeeting::Unreadable)?
            .id();
        for line in &self.0 {
            document.insert(event, line).map_err(gone)?;
        }
        let event = document.find(event).ok_or(NoMeeting::Unreadable)?;
        let named: Vec<String> = event
            .properties()
            .filter_map(|property| property.parameter("TZID").map(str::to_owned))
            .collect();
        // Zones first: some programs read no further than the event.
        let mut text = frame
            .split("BEGIN:VEVENT")
            .next()
            .unwrap_or_default()
            .as_bytes()
            .to_vec();
        let zones = original.components().filter(|zone| {
            let id = zone.property("TZID").map(|id| id.text());
            zone.name() == "VTIMEZONE" && id.is_some_and(|id| named.contains(&id))
        });
        for zone in zones {
            text.extend_from_slice(&zone.to_bytes());
        }
        text.extend_from_slice(&event.to_bytes());
        text.extend_from_slice(b"END:VCALENDAR\r\n");
        Ok(text)
    }
}

/// The user's own line with the answer in it. Without one (invited through a list, or under an alias
/// that is not known here), the user joins.
fn attendee(event: &Component<'_>, answer: &Answer<'_>) -> ContentLine {
    match stored::myself(event, answer.me) {
        Some(mine) => stored::line(&mine, |name| {
            !matches!(name, "PARTSTAT" | "RSVP") && !name.starts_with("SCHEDULE-")
        })
        .parameter("PARTSTAT", answer.choice.word()),
        None => joining(answer),
    }
}

fn joining(answer: &Answer<'_>) -> ContentLine {
    let address = answer.me.first().map(String::as_str).unwrap_or_default();
    ContentLine::new("ATTENDEE")
        .parameter("PARTSTAT", answer.choice.word())
        .raw(&format!("mailto:{address}"))
}

/// When the user answered, as Exchange says it ([MS-OXCICAL] 2.1.3.1.1.20.37).
const REPLIED_AT: &str = "X-MICROSOFT-CDO-REPLYTIME";

/// Writes the answer into one event, and when it was given.
fn say(document: &mut Document, event: ComponentId, answer: &Answer<'_>) -> Result<(), NoMeeting> {
    let gone = |_| NoMeeting::Unreadable;
    let found = document.find(event).ok_or(NoMeeting::Unreadable)?;
    let mine = stored::myself(&found, answer.me);
    let known = mine.as_ref().is_some_and(|mine| {
        mine.says("PARTSTAT", answer.choice.word()) && mine.parameter("RSVP").is_none()
    });
    if !known || found.property(REPLIED_AT).is_none() {
        let now = utc(answer.now)?;
        document
            .set(event, REPLIED_AT, |line| line.raw(&now))
            .map_err(gone)?;
    }
    let found = document.find(event).ok_or(NoMeeting::Unreadable)?;
    match stored::myself(&found, answer.me) {
        Some(mine) => {
            let line = stored::line(&mine, |name| !matches!(name, "PARTSTAT" | "RSVP"))
                .parameter("PARTSTAT", answer.choice.word());
            document.replace(mine.id(), &line).map_err(gone)?;
        }
        None => {
            document.insert(event, &joining(answer)).map_err(gone)?;
        }
    }
    // How it shows among the user's own: Microsoft's clients say so beside PARTSTAT.
    let busy = match answer.choice {
        Choice::Tentative => "TENTATIVE",
        _ => "BUSY",
    };
    let found = document.find(event).ok_or(NoMeeting::Unreadable)?;
    if found.property("X-MICROSOFT-CDO-BUSYSTATUS").is_some() {
        let intended = found
            .property("X-MICROSOFT-CDO-INTENDEDSTATUS")
            .map(|intended| intended.text())
            .filter(|_| answer.choice == Choice::Accepted);
        let busy = intended.as_deref().unwrap_or(busy);
        document
            .set(event, "X-MICROSOFT-CDO-BUSYSTATUS", |line| line.raw(busy))
            .map_err(gone)?;
    }
    Ok(())
}

/// Takes an exception out and its occurrence from the series; false when nothing is left.
fn exclude(document: &mut Document, exception: ComponentId) -> Result<bool, NoMeeting> {
    let gone = |_| NoMeeting::Unreadable;
    let found = document.find(exception).ok_or(NoMeeting::Unreadable)?;
    let id = found
        .property("RECURRENCE-ID")
        .ok_or(NoMeeting::NoOccurrence)?;
    let line = stored::line_as("EXDATE", &id, stored::is_form);
    document.remove_component(exception).map_err(gone)?;
    let calendar = stored::calendar(document)?;
    let master = stored::master(&calendar).map(|master| master.id());
    if let Some(master) = master {
        document.insert(master, &line).map_err(gone)?;
        return Ok(true);
    }
    Ok(stored::events(&calendar).next().is_some())
}

/// Whoever invites does not answer. Without an organizer nobody invited.
fn check_invited(document: &Document, me: &[String]) -> Result<(), NoMeeting> {
    let calendar = stored::calendar(document)?;
    let organizer = stored::events(&calendar).find_map(|event| stored::organizer(&event));
    match organizer {
        Some(organizer) if stored::is_me(&organizer, me) => Err(NoMeeting::Organizer),
        Some(_) => Ok(()),
        None => Err(NoMeeting::Unreadable),
    }
}

pub(super) fn summary(event: &Component<'_>) -> String {
    let summary = event.property("SUMMARY").map(|summary| summary.text());
    people::one_line(&summary.unwrap_or_default())
}

/// Seconds since 1970 as iCalendar has them.
pub(super) fn utc(seconds: i64) -> Result<String, NoMeeting> {
    let at = Timestamp::from_second(seconds).map_err(|_| NoMeeting::NoOccurrence)?;
    Ok(at.strftime("%Y%m%dT%H%M%SZ").to_string())
}

#[cfg(test)]
mod tests;
