//! Phones and calendars for the tests.

use std::fmt::Write as _;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::Event;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::{Moment, Raw, Said};
use airgate_codec::wbxml::{Writer, air_sync, to_xml};
use jiff::tz::TimeZone;

use crate::item::event;
use crate::item::event::series::Told;
use crate::item::event::source::Source;
use crate::item::event::view::View;
use crate::item::object::{
    Base, Client, Created, Digest, Edit, Edited, Manner, Me, Refused, Rendered, Span, Supported,
};
use crate::item::options::{BodyOptions, BodyPreference};
use crate::item::tests::schema;

pub(super) const VERSIONS: [ProtocolVersion; 3] = [
    ProtocolVersion::V2_5,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

/// A kind of phone, and its user.
pub(super) struct Phone {
    pub(super) version: ProtocolVersion,
    pub(super) zone: TimeZone,
    pub(super) bodies: BodyOptions,
    pub(super) supported: Supported,
    pub(super) client_wins: bool,
    pub(super) now: Moment,
    me: Vec<String>,
}

impl Phone {
    pub(super) fn new(version: ProtocolVersion) -> Self {
        let mut bodies = BodyOptions::new(version);
        bodies.preferences.push(BodyPreference {
            kind: BodyType::Plain,
            truncation_size: None,
            all_or_none: false,
            preview: None,
        });
        Self {
            version,
            zone: TimeZone::get("Europe/Berlin").expect("a zone"),
            bodies,
            supported: Supported::NotSaid,
            client_wins: false,
            now: at("20260224T101500Z"),
            me: vec!["alice@example.com".to_owned()],
        }
    }

    pub(super) fn in_zone(version: ProtocolVersion, zone: &str) -> Self {
        Self {
            zone: TimeZone::get(zone).expect("a zone"),
            ..Self::new(version)
        }
    }

    pub(super) fn manner(&self) -> Manner<'_> {
        Manner {
            version: self.version,
            bodies: &self.bodies,
            zone: &self.zone,
            me: Me {
                addresses: &self.me,
                name: Some("Alice"),
            },
            client: Client {
                device_type: "Tests",
                agent: None,
            },
            now: self.now,
        }
    }

    pub(super) fn render(&self, text: &[u8]) -> Rendered {
        event::render(text, &self.manner()).expect("an event")
    }

    pub(super) fn see(&self, text: &[u8]) -> Event {
        Event::from_raw(&self.render(text).data).expect("ours")
    }

    /// Whether a phone is told the series' own rule.
    pub(super) fn tells_the_rule(&self, text: &[u8]) -> bool {
        let manner = self.manner();
        let source = Source::open(text, manner.zone).expect("an event");
        let view = View::read(&source, &manner).expect("an event");
        matches!(view.series.told, Told::Rule(_))
    }

    pub(super) fn edit_raw(
        &self,
        text: &[u8],
        edit: Edit<'_>,
        told: Option<&Digest>,
    ) -> Result<Edited, Refused> {
        let base = Base {
            told,
            supported: &self.supported,
            client_wins: self.client_wins,
        };
        event::edit(text, edit, &base, &self.manner())
    }

    pub(super) fn edit(
        &self,
        text: &[u8],
        said: &Event,
        told: Option<&Digest>,
    ) -> Result<Edited, Refused> {
        self.edit_raw(text, Edit::Whole(&said.to_raw(self.version)), told)
    }

    /// What the phone's user sees, then changes.
    pub(super) fn change(&self, text: &str, change: impl FnOnce(&mut Event)) -> Edited {
        let mut event = self.see(text.as_bytes());
        change(&mut event);
        let digest = self.render(text.as_bytes()).digest;
        self.edit(text.as_bytes(), &event, Some(&digest))
            .expect("a change that can be")
    }

    pub(super) fn create(&self, said: &Event) -> Result<Created, Refused> {
        event::create(&said.to_raw(self.version), "offered", &self.manner())
    }
}

pub(super) fn at(text: &str) -> Moment {
    Moment::parse(text).expect("a moment")
}

/// A calendar with one event of these lines.
pub(super) fn calendar(lines: &[&str]) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20260101T000000Z\r\n\
         {}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        lines.join("\r\n")
    )
}

pub(super) fn show(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets)
        .replace("\r\n ", "")
        .replace('\r', "")
}

/// The lines only one of two texts has, with `-` and `+`.
pub(super) fn difference(before: &[u8], after: &[u8]) -> String {
    let (before, after) = (show(before), show(after));
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let gone = old
        .iter()
        .filter(|line| !new.contains(line))
        .map(|line| format!("-{line}"));
    let come = new
        .iter()
        .filter(|line| !old.contains(line))
        .map(|line| format!("+{line}"));
    gone.chain(come).collect::<Vec<_>>().join("\n")
}

pub(super) fn fixtures() -> Vec<(String, Vec<u8>)> {
    let all = schema::fixtures("calendar", "ics");
    assert!(all.len() >= 180);
    all
}

/// What fixtures' names begin with.
pub(super) fn groups() -> Vec<String> {
    let mut groups: Vec<String> = fixtures()
        .iter()
        .filter_map(|(name, _)| Some(format!("{}-", name.split('-').next()?)))
        .collect();
    groups.dedup();
    groups
}

/// An event in short lines.
pub(super) fn describe(event: &Event, span: Span) -> String {
    let mut text = String::new();
    let time = |moment: Option<Moment>| moment.map(Moment::to_compact).unwrap_or_default();
    let _ = writeln!(
        text,
        "{} to {}{} {span:?}",
        time(event.start),
        time(event.end),
        if event.all_day == Some(true) {
            " all day"
        } else {
            ""
        }
    );
    if let Some(zone) = event
        .time_zone
        .as_deref()
        .and_then(airgate_codec::zone::ZoneBlob::read)
    {
        let rules = match zone.rules() {
            Some(airgate_codec::zone::Rules::Fixed { offset }) => format!("{offset}"),
            Some(airgate_codec::zone::Rules::Daylight {
                standard, daylight, ..
            }) => {
                format!("{standard}/{daylight}")
            }
            None => "?".to_owned(),
        };
        let _ = writeln!(text, "  zone {rules} {}", zone.standard_name);
    }
    say(&mut text, event);
    if let Said::Value(recurrence) = &event.recurrence {
        let _ = writeln!(text, "  repeats {recurrence:?}");
    }
    let exceptions = event.exceptions.as_deref().unwrap_or_default();
    for exception in exceptions.iter().take(4) {
        let deleted = if exception.deleted { " deleted" } else { "" };
        let _ = writeln!(
            text,
            "  except {}{deleted} {} to {}",
            time(exception.at),
            time(exception.changes.start),
            time(exception.changes.end)
        );
        say(&mut text, &exception.changes);
    }
    if exceptions.len() > 4 {
        let _ = writeln!(text, "  {} exceptions", exceptions.len());
    }
    text
}

fn say(text: &mut String, event: &Event) {
    let mut line = |name: &str, value: String| {
        if !value.is_empty() && value != "None" && value != "Nothing" {
            let _ = writeln!(text, "  {name} {value}");
        }
    };
    line("subject", event.subject.clone().unwrap_or_default());
    match &event.location {
        Said::Value(place) => line(
            "place",
            format!(
                "{:?} {:?} {:?}",
                place.display_name, place.latitude, place.longitude
            ),
        ),
        Said::Empty => line("place", "gone".to_owned()),
        Said::Nothing => {}
    }
    line(
        "uid",
        event
            .uid
            .clone()
            .unwrap_or_default()
            .chars()
            .take(90)
            .collect(),
    );
    line(
        "organizer",
        format!(
            "{} <{}>",
            event.organizer_name.as_deref().unwrap_or_default(),
            event.organizer_email.as_deref().unwrap_or_default()
        )
        .replace(" <>", ""),
    );
    for attendee in event.attendees.iter().flatten() {
        line(
            "attendee",
            format!(
                "{} <{}> {:?} {:?}",
                attendee.name, attendee.email, attendee.status, attendee.kind
            ),
        );
    }
    line(
        "status",
        format!(
            "busy {:?} sensitivity {:?} meeting {:?} response {:?}",
            event.busy_status, event.sensitivity, event.meeting_status, event.response_type
        )
        .replace("busy None sensitivity None meeting None response None", ""),
    );
    line("reminder", format!("{:?}", event.reminder));
    line("categories", format!("{:?}", event.categories));
    let body = event
        .body
        .as_ref()
        .and_then(|body| body.data.clone())
        .unwrap_or_default();
    line("body", body.escape_debug().to_string());
    line("link", event.external_link.clone().unwrap_or_default());
    line(
        "conference",
        event.conference_link.clone().unwrap_or_default(),
    );
    let replied = event.reply_time.map(Moment::to_compact);
    line("replied", replied.unwrap_or_default());
    for file in &event.attachments {
        let (name, size) = (&file.display_name, file.estimated_size);
        line("file", format!("{name} {size} {}", file.file_reference));
    }
}

/// What of an event must come back when it is made anew.
pub(super) fn essence(event: &Event) -> Event {
    let mut event = event.clone();
    event.stamp = None;
    // Another event's meeting and link are not the phone's to make.
    event.external_link = None;
    event.conference_link = None;
    event.native_body_type = None;
    event.reply_time = None;
    // Files come and go by their own words.
    event.attachments = Vec::new();
    for exception in event.exceptions.iter_mut().flatten() {
        exception.changes.attachments = Vec::new();
    }
    event.response_type = None;
    event.response_requested = None;
    event.meeting_status = None;
    event.organizer_name = None;
    event.organizer_email = None;
    event.attendees = None;
    event.time_zone = None;
    event
}

/// A Sync response with these items.
pub(super) fn sync_response(items: &[Raw], version: ProtocolVersion) -> String {
    let mut writer = Writer::new(version);
    for tag in [air_sync::SYNC, air_sync::COLLECTIONS, air_sync::COLLECTION] {
        writer.start(tag);
    }
    writer.text(air_sync::SYNC_KEY, "1");
    writer.text(air_sync::COLLECTION_ID, "1");
    writer.text(air_sync::STATUS, "1");
    writer.start(air_sync::COMMANDS);
    for (index, item) in items.iter().enumerate() {
        writer.start(air_sync::ADD);
        writer.text(air_sync::SERVER_ID, &format!("1:{index}"));
        writer.start(air_sync::APPLICATION_DATA);
        item.write(&mut writer);
        writer.end();
        writer.end();
    }
    for _ in 0..4 {
        writer.end();
    }
    to_xml(&writer.into_bytes()).expect("WBXML")
}
