//! Who meets: ORGANIZER and ATTENDEE as a phone has them, and what the user is among them
//! (REFERENCE.md 11.2.4).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::Attendee;
use airgate_codec::vobject::{
    Component, ComponentId, ContentLine, Document, Gone, Property, Stamp,
};
use jiff::Timestamp;

use super::clock;
use super::series::timestamp;
use crate::item::legal::legalise;
use crate::item::meeting::people::{address, one_line};
use crate::item::object::{Manner, Me};
use crate::item::stamp::civil;
use crate::item::timezone::Zone;

/// The property that keeps when the user answered.
const REPLIED: &str = "X-MICROSOFT-CDO-REPLYTIME";
/// Attendees of one event that are shown.
const MAX_ATTENDEES: usize = 1000;

/// The people of an event.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) organizer: Option<Person>,
    pub(super) attendees: Vec<Attendee>,
    /// The user's own answer, if they are invited.
    pub(super) answer: Option<u8>,
    /// When they gave it, where somebody wrote that down.
    pub(super) replied: Option<Timestamp>,
    /// Whether the user is asked for one, or asks for any.
    pub(super) asked: bool,
    pub(super) standing: Standing,
}

#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) address: String,
}

/// What the user is in an event.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Standing {
    /// Nobody is invited.
    #[default]
    Alone,
    Organizer,
    /// Someone else's meeting.
    Attendee,
}

impl People {
    pub(super) fn read(event: &Component<'_>, manner: &Manner<'_>) -> Self {
        let organizer = event
            .property("ORGANIZER")
            .map(|property| Person::read(&property));
        let organizes = organizer
            .as_ref()
            .is_none_or(|who| is_me(&who.address, manner.me));
        let mut people = Self::default();
        let mut anyone = false;
        for property in event.all("ATTENDEE").take(MAX_ATTENDEES) {
            let person = Person::read(&property);
            let asked = property.says("RSVP", "TRUE");
            anyone |= asked;
            if is_me(&person.address, manner.me) {
                people.answer = Some(status(&property));
                people.replied = replied(event, &property);
                people.asked = asked;
            }
            let invites = organizer
                .as_ref()
                .is_some_and(|organizer| organizer.address.eq_ignore_ascii_case(&person.address));
            if invites || !person.address.contains('@') {
                continue;
            }
            people.attendees.push(Attendee {
                status: Some(status(&property)),
                kind: Some(kind(&property)),
                email: person.address,
                name: person.name,
            });
        }
        // What names an organizer and nobody invited is published (RFC 5546 3.2.1): no one is asked.
        let published = event.property("ATTENDEE").is_none();
        people.standing = match (organizes || published, people.attendees.is_empty()) {
            (true, true) => Standing::Alone,
            (true, false) => Standing::Organizer,
            (false, _) => Standing::Attendee,
        };
        if people.standing != Standing::Attendee {
            people.replied = None;
        }
        if organizes {
            people.asked = anyone;
        }
        people.organizer = organizer;
        people
    }

    /// MeetingStatus.
    pub(super) const fn meeting(&self, cancelled: bool) -> u8 {
        match (self.standing, cancelled) {
            (Standing::Alone, _) => 0,
            (Standing::Organizer, false) => 1,
            (Standing::Organizer, true) => 5,
            (Standing::Attendee, false) => 3,
            (Standing::Attendee, true) => 7,
        }
    }

    /// ResponseType.
    pub(super) fn response(&self) -> u8 {
        match self.standing {
            Standing::Alone => 0,
            Standing::Organizer => 1,
            Standing::Attendee => self.answer.unwrap_or(5),
        }
    }
}

impl Person {
    fn read(property: &Property) -> Self {
        let address = legalise(address(property));
        let name = property.parameter("CN").map(one_line).unwrap_or_default();
        let name = legalise(name);
        Self {
            name: if name.is_empty() {
                address.clone()
            } else {
                name
            },
            address,
        }
    }
}

/// Whether an address is the user's.
pub(super) fn is_me(address: &str, me: Me<'_>) -> bool {
    me.addresses
        .iter()
        .any(|mine| mine.eq_ignore_ascii_case(address.trim()))
}

/// The text by which attendees are compared: who, how much wanted and, where this version says it,
/// what they answered.
pub(super) fn canonical(attendees: &[Attendee], version: ProtocolVersion) -> String {
    let with_status = has_status(version);
    let mut all: Vec<String> = attendees
        .iter()
        .map(|attendee| {
            // Unknown and not answered are one to iCalendar.
            let status = match attendee.status {
                Some(status @ 2..=4) if with_status => status,
                _ => 0,
            };
            let kind = attendee.kind.unwrap_or(1);
            format!(
                "{} {kind} {status}",
                bare(&attendee.email).to_ascii_lowercase()
            )
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all.join("\n")
}

const fn has_status(version: ProtocolVersion) -> bool {
    !matches!(
        version,
        ProtocolVersion::V2_5 | ProtocolVersion::V16_0 | ProtocolVersion::V16_1
    )
}

/// Makes those invited the wanted ones. Lines of people who stay keep all they have.
pub(super) fn write(
    document: &mut Document,
    event: ComponentId,
    wanted: &[Attendee],
    manner: &Manner<'_>,
) -> Result<(), Gone> {
    let component = document.find(event).ok_or(Gone)?;
    let organizer = component
        .property("ORGANIZER")
        .map(|property| address(&property));
    let present: Vec<Property> = component.all("ATTENDEE").collect();
    let mut missing: Vec<&Attendee> = Vec::new();
    for attendee in wanted {
        if !missing.iter().any(|other| same(other, &attendee.email)) {
            missing.push(attendee);
        }
    }
    for property in &present {
        let who = address(property);
        let organizes = organizer
            .as_deref()
            .is_some_and(|o| o.eq_ignore_ascii_case(&who));
        let Some(at) = missing.iter().position(|attendee| same(attendee, &who)) else {
            if !organizes && who.contains('@') {
                document.remove(property.id())?;
            }
            continue;
        };
        let attendee = missing.remove(at);
        change(document, property, attendee, manner.version)?;
    }
    if organizer.is_none() && !wanted.is_empty() {
        invite(document, event, manner)?;
    }
    for attendee in missing {
        if !organizer
            .as_deref()
            .is_some_and(|organizer| same(attendee, organizer))
        {
            document.insert(event, &line(attendee))?;
        }
    }
    Ok(())
}

/// The user becomes the organizer: phones leave it out (REFERENCE.md 12, quirk 6).
fn invite(document: &mut Document, event: ComponentId, manner: &Manner<'_>) -> Result<(), Gone> {
    let Some(address) = manner.me.addresses.first() else {
        return Ok(());
    };
    let mut line = ContentLine::new("ORGANIZER");
    if let Some(name) = manner.me.name {
        line = line.parameter("CN", name);
    }
    document
        .insert(event, &line.raw(&format!("mailto:{address}")))
        .map(|_| ())
}

/// Who invites, as a phone of up to 14.1 says it of a new meeting that is someone else's
/// (REFERENCE.md 12, quirk 40).
pub(super) fn organize(
    document: &mut Document,
    event: ComponentId,
    name: Option<&str>,
    email: &str,
) -> Result<(), Gone> {
    let mut line = ContentLine::new("ORGANIZER");
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        line = line.parameter("CN", name);
    }
    document
        .insert(event, &line.raw(&format!("mailto:{}", bare(email))))
        .map(|_| ())
}

/// The user's own answer, as phones of up to 14.1 write it into the list of those invited.
pub(super) fn answer(
    document: &mut Document,
    event: ComponentId,
    said: &[Attendee],
    manner: &Manner<'_>,
) -> Result<(), Gone> {
    if !has_status(manner.version) {
        return Ok(());
    }
    let component = document.find(event).ok_or(Gone)?;
    let mine = component
        .all("ATTENDEE")
        .find(|property| is_me(&address(property), manner.me));
    let answered = said
        .iter()
        .find(|attendee| is_me(bare(&attendee.email), manner.me))
        .and_then(|attendee| attendee.status);
    match (mine, answered) {
        (Some(mine), Some(answer @ 2..=4)) if status(&mine) != answer => {
            let new = with_parameter(&mine, "PARTSTAT", Some(partstat(answer)));
            document.replace(mine.id(), &new)?;
            let now = clock::utc(timestamp(manner.now).unwrap_or(Timestamp::UNIX_EPOCH));
            document.set(event, REPLIED, |line| line.raw(&now))
        }
        _ => Ok(()),
    }
}

/// When the user answered ([MS-OXCICAL], and Apple's calendar server): of an answer there
/// is.
fn replied(event: &Component<'_>, mine: &Property) -> Option<Timestamp> {
    if !matches!(status(mine), 2..=4) {
        return None;
    }
    let own = mine.parameter("X-CALENDARSERVER-DTSTAMP");
    let said = event.property(REPLIED);
    let text = own.or_else(|| said.as_ref().map(Property::value))?;
    let stamp = Stamp::parse(text.trim()).filter(|stamp| matches!(stamp, Stamp::Utc(..)))?;
    Zone::UTC.instant(civil(stamp))
}

/// Who sends invitations and updates (design.md "Who invites"): up to 14.1 the phone does, and the
/// server must keep still; from 16.0 on the server does.
pub(super) fn silence(
    document: &mut Document,
    event: ComponentId,
    silent: bool,
) -> Result<(), Gone> {
    let component = document.find(event).ok_or(Gone)?;
    let all: Vec<Property> = component.all("ATTENDEE").collect();
    for property in all {
        let is_silent = property.says("SCHEDULE-AGENT", "CLIENT");
        // NONE is the user's own will.
        if is_silent != silent && !property.says("SCHEDULE-AGENT", "NONE") {
            let agent = silent.then_some("CLIENT");
            let line = with_parameter(&property, "SCHEDULE-AGENT", agent);
            document.replace(property.id(), &line)?;
        }
    }
    Ok(())
}

fn change(
    document: &mut Document,
    property: &Property,
    attendee: &Attendee,
    version: ProtocolVersion,
) -> Result<(), Gone> {
    let mut line = None;
    let wanted = attendee.kind.unwrap_or(1);
    if version != ProtocolVersion::V2_5 && attendee.kind.is_some() && kind(property) != wanted {
        let (name, value) = match wanted {
            3 => ("CUTYPE", "RESOURCE"),
            2 => ("ROLE", "OPT-PARTICIPANT"),
            _ => ("ROLE", "REQ-PARTICIPANT"),
        };
        line = Some(with_parameter(property, name, Some(value)));
    }
    if let Some(answer @ 2..=4) = attendee.status.filter(|_| has_status(version))
        && status(property) != answer
        && line.is_none()
    {
        line = Some(with_parameter(property, "PARTSTAT", Some(partstat(answer))));
    }
    match line {
        Some(line) => document.replace(property.id(), &line),
        None => Ok(()),
    }
}

fn line(attendee: &Attendee) -> ContentLine {
    let address = bare(&attendee.email);
    let name = if attendee.name.trim().is_empty() {
        address
    } else {
        attendee.name.trim()
    };
    let mut line = ContentLine::new("ATTENDEE").parameter("CN", name);
    match attendee.kind {
        Some(2) => line = line.parameter("ROLE", "OPT-PARTICIPANT"),
        Some(3) => line = line.parameter("CUTYPE", "RESOURCE"),
        _ => {}
    }
    let status = attendee.status.unwrap_or(0);
    line.parameter("PARTSTAT", partstat(status))
        .parameter("RSVP", "TRUE")
        .raw(&format!("mailto:{address}"))
}

/// The same line with one parameter set or taken away.
fn with_parameter(property: &Property, name: &str, value: Option<&str>) -> ContentLine {
    let mut line = ContentLine::new(property.name());
    for parameter in property.parameters() {
        if parameter.name == name {
            continue;
        }
        for value in &parameter.values {
            line = line.parameter(&parameter.name, value);
        }
    }
    if let Some(value) = value {
        line = line.parameter(name, value);
    }
    line.raw(property.value())
}

fn status(attendee: &Property) -> u8 {
    match attendee
        .parameter("PARTSTAT")
        .map(str::to_ascii_uppercase)
        .as_deref()
    {
        Some("ACCEPTED") => 3,
        Some("DECLINED") => 4,
        Some("TENTATIVE") => 2,
        Some("DELEGATED") => 0,
        _ => 5,
    }
}

const fn partstat(status: u8) -> &'static str {
    match status {
        2 => "TENTATIVE",
        3 => "ACCEPTED",
        4 => "DECLINED",
        _ => "NEEDS-ACTION",
    }
}

fn kind(attendee: &Property) -> u8 {
    if attendee.says("CUTYPE", "RESOURCE") || attendee.says("CUTYPE", "ROOM") {
        return 3;
    }
    let optional =
        attendee.says("ROLE", "OPT-PARTICIPANT") || attendee.says("ROLE", "NON-PARTICIPANT");
    if optional { 2 } else { 1 }
}

fn same(attendee: &Attendee, address: &str) -> bool {
    bare(&attendee.email).eq_ignore_ascii_case(address)
}

/// An address without what some phones put around it.
fn bare(email: &str) -> &str {
    let email = email.trim();
    let inner = email.rsplit_once('<').map_or(email, |(_, rest)| rest);
    let inner = inner.trim_end_matches('>').trim();
    match inner.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => inner.get(7..).unwrap_or(inner),
        _ => inner,
    }
}
