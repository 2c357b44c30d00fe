//! Laws that hold for any event and any sequence of edits.

use std::sync::LazyLock;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::{Event, Exception};
use airgate_codec::eas::email::{AttachmentAdd, AttachmentChange, Body, BodyType};
use airgate_codec::eas::{Location, Moment, Recurrence, Said};
use airgate_codec::zone::ZoneBlob;
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::support::{Phone, VERSIONS, fixtures, show};
use crate::item::event;
use crate::item::event::series::{date, local_until, timestamp};
use crate::item::event::source::Source;
use crate::item::meeting::when::Span;
use crate::item::object::{Edit, Edited};
use crate::item::recurrence::{Occurrences, Rule, from_eas};
use crate::item::stamp::moment;
use crate::item::timezone::{Zone, zone_of_blob};

/// Larger ones show nothing more, and each case reads its event some thirty times.
const MAX_SIZE: usize = 6000;

fn events() -> &'static [(String, Vec<u8>)] {
    static EVENTS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
        let phone = Phone::new(ProtocolVersion::V16_1);
        fixtures()
            .into_iter()
            .filter(|(_, text)| {
                text.len() < MAX_SIZE && event::render(text, &phone.manner()).is_ok()
            })
            .collect()
    });
    &EVENTS
}

/// What a phone's user does.
#[derive(Clone, Debug)]
enum Deed {
    Subject(String),
    Place(Option<String>),
    Text(String),
    Busy(u8),
    Sensitivity(u8),
    Reminder(Option<u32>),
    Categories(Vec<String>),
    /// Start and end go that many minutes later.
    Move(i64),
    Longer(i64),
    Repeat(Option<Recurrence>),
    /// The occurrence of that number is deleted or called so.
    Occurrence(usize, Option<String>),
    File(Vec<u8>),
    NoFile(usize),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-zäöüß山é ]{0,12}",
        "[,;:\\\\\"=a-z\n]{1,10}",
        "\\PC{0,120}"
    ]
}

fn recurrence() -> impl Strategy<Value = Recurrence> {
    let weekly = (1..3u16, 1..127u8).prop_map(|(interval, days)| Recurrence {
        kind: 1,
        interval: Some(interval),
        day_of_week: Some(days),
        first_day_of_week: Some(1),
        ..Recurrence::default()
    });
    let daily = (1..4u16, 1..9u16).prop_map(|(interval, count)| Recurrence {
        kind: 0,
        interval: Some(interval),
        occurrences: Some(count),
        ..Recurrence::default()
    });
    let monthly = (1..3u16, 1..28u8).prop_map(|(interval, day)| Recurrence {
        kind: 2,
        interval: Some(interval),
        day_of_month: Some(day),
        calendar_type: Some(1),
        ..Recurrence::default()
    });
    prop_oneof![weekly, daily, monthly]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        text().prop_map(Deed::Subject),
        proptest::option::of(text()).prop_map(Deed::Place),
        text().prop_map(Deed::Text),
        (0..4u8).prop_map(Deed::Busy),
        (0..4u8).prop_map(Deed::Sensitivity),
        proptest::option::of(0..5000u32).prop_map(Deed::Reminder),
        vec("[a-zäü]{1,6}", 0..4).prop_map(Deed::Categories),
        (-3000..3000i64).prop_map(Deed::Move),
        (0..600i64).prop_map(Deed::Longer),
        proptest::option::of(recurrence()).prop_map(Deed::Repeat),
        (0..6usize, proptest::option::of(text())).prop_map(|(at, name)| Deed::Occurrence(at, name)),
        (0..6usize, proptest::option::of(text())).prop_map(|(at, name)| Deed::Occurrence(at, name)),
        vec(any::<u8>(), 0..200).prop_map(Deed::File),
        (0..3usize).prop_map(Deed::NoFile),
    ]
}

/// Whether the deed is about when the event is.
const fn is_of_times(deed: &Deed) -> bool {
    matches!(
        deed,
        Deed::Move(_) | Deed::Longer(_) | Deed::Repeat(_) | Deed::Occurrence(..)
    )
}

/// Whether the object then says just what the phone said. One that moves may leave an alarm, or the
/// days of its rule, behind.
const fn is_exact(deed: &Deed) -> bool {
    matches!(
        deed,
        Deed::Subject(_) | Deed::Busy(_) | Deed::Occurrence(..) | Deed::File(_) | Deed::NoFile(_)
    )
}

fn later(moment: Option<Moment>, minutes: i64) -> Option<Moment> {
    moment.map(|moment| Moment(moment.0 + minutes * 60_000))
}

/// The deed on what the phone holds; nothing where its kind of phone cannot.
fn done(phone: &Phone, text: &[u8], deed: &Deed) -> Option<Result<Edited, u16>> {
    let rendered = event::render(text, &phone.manner()).ok()?;
    let mut event = Event::from_raw(&rendered.data).expect("ours");
    let modern = phone.version >= ProtocolVersion::V16_0;
    let files = std::mem::take(&mut event.attachments);
    let days = event.all_day == Some(true);
    let whole = |minutes: i64| if days { minutes / 1440 * 1440 } else { minutes };
    match deed.clone() {
        Deed::Subject(text) => event.subject = Some(text),
        Deed::Place(Some(name)) => event.location = Said::Value(Location::named(name)),
        Deed::Place(None) => event.location = Said::Empty,
        Deed::Text(text) => event.body = Some(Body::whole(BodyType::Plain, text)),
        Deed::Busy(status) => event.busy_status = Some(status),
        Deed::Sensitivity(level) => event.sensitivity = Some(level),
        Deed::Reminder(minutes) => event.reminder = minutes.map_or(Said::Empty, Said::Value),
        Deed::Categories(list) => event.categories = Some(list),
        Deed::Move(minutes) => {
            event.start = later(event.start, whole(minutes));
            event.end = later(event.end, whole(minutes));
        }
        Deed::Longer(minutes) => event.end = later(event.end, whole(minutes)),
        Deed::Repeat(rule) => event.recurrence = rule.map_or(Said::Empty, Said::Value),
        Deed::Occurrence(at, name) => {
            event.recurrence.value()?;
            let (_, at) = *told(phone, &event, 8)?.get(at)?;
            let at = super::super::times::wire(at, days, &phone.manner());
            let changes = Event {
                subject: name.clone(),
                ..Event::default()
            };
            if modern {
                let id = at.to_compact();
                let data = changes.to_raw(phone.version);
                let edit = match name {
                    Some(_) => Edit::Instance {
                        id: &id,
                        data: &data,
                    },
                    None => Edit::DropInstance { id: &id },
                };
                let edited = phone.edit_raw(text, edit, Some(&rendered.digest));
                return Some(edited.map_err(|refused| refused.status));
            }
            let list = event.exceptions.get_or_insert_default();
            list.retain(|exception| exception.at != Some(at));
            list.push(Exception {
                at: Some(at),
                deleted: name.is_none(),
                changes,
            });
        }
        Deed::File(content) => {
            event
                .attachment_changes
                .push(AttachmentChange::Add(AttachmentAdd {
                    client_id: "1".into(),
                    method: 1,
                    content,
                    display_name: "file".into(),
                    ..AttachmentAdd::default()
                }))
        }
        Deed::NoFile(at) => event.attachment_changes.push(AttachmentChange::Delete {
            file_reference: files.get(at)?.file_reference.clone(),
        }),
    }
    if modern {
        // They may not say them.
        event.exceptions = None;
    }
    let edited = phone.edit(text, &event, Some(&rendered.digest));
    Some(edited.map_err(|refused| refused.status))
}

/// The lines of which a phone can say nothing, of the series and of what is beside the events.
fn foreign(text: &[u8]) -> Vec<String> {
    const KNOWN: [&str; 29] = [
        "SUMMARY",
        "LOCATION",
        "X-APPLE-STRUCTURED-LOCATION",
        "GEO",
        "X-AIRGATE-LOCATION",
        "DESCRIPTION",
        "X-ALT-DESC",
        "TRANSP",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-MICROSOFT-CDO-INTENDEDSTATUS",
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "CLASS",
        "CATEGORIES",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "DTSTAMP",
        "LAST-MODIFIED",
        "SEQUENCE",
        "ATTACH",
        "ATTENDEE",
        "TRIGGER",
        "STATUS",
        "BEGIN",
        "END",
    ];
    let text = show(text);
    let mut lines = Vec::new();
    let (mut alarm, mut event) = (false, Vec::new());
    let mut inside = false;
    for line in text.lines() {
        let name = line
            .split([';', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        match line.trim().to_ascii_uppercase().as_str() {
            "BEGIN:VEVENT" => inside = true,
            "END:VEVENT" => {
                inside = false;
                // Occurrences go with the times of their series.
                if !event
                    .iter()
                    .any(|line: &String| line.to_ascii_uppercase().starts_with("RECURRENCE-ID"))
                {
                    lines.append(&mut event);
                }
                event.clear();
            }
            "BEGIN:VALARM" => alarm = true,
            "END:VALARM" => alarm = false,
            _ if alarm || KNOWN.contains(&name.as_str()) => {}
            _ if inside => event.push(line.to_owned()),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// When the occurrences are that the stored object has, each with when it would have been.
fn stored(
    phone: &Phone,
    text: &[u8],
    from: Option<Timestamp>,
    most: usize,
) -> Vec<(Timestamp, Timestamp)> {
    let manner = phone.manner();
    let source = Source::open(text, manner.zone).expect("an event");
    let main = source.component(source.main).expect("an event");
    let span = &source.span;
    let excluded: Vec<Timestamp> = main
        .all("EXDATE")
        .flat_map(|list| {
            let values = list.value().split(',');
            let dates: Vec<_> = values
                .filter_map(|value| date(value, &list, &source.zones))
                .collect();
            dates
        })
        .collect();
    let rule = main
        .property("RRULE")
        .and_then(|rule| Rule::parse(rule.value()));
    let from = from.map_or(span.start.local, |from| span.start.zone.local(from));
    let all: Vec<Timestamp> = match &rule {
        None => vec![span.start.at],
        Some(rule) => Occurrences::since(rule, span.start.local, local_until(rule, span), from)
            .take(most)
            .filter_map(|local| span.start.zone.instant(local))
            .collect(),
    };
    all.into_iter()
        .filter(|at| !excluded.contains(at) || source.override_at(*at).is_some())
        .filter_map(|at| match source.override_at(at) {
            None => Some((at, at)),
            Some(id) => {
                let own = source.component(id)?;
                let cancelled = own
                    .property("STATUS")
                    .is_some_and(|status| status.value() == "CANCELLED");
                let start = Span::read(&own, &source.zones)?.start.at;
                (!cancelled).then_some((start, at))
            }
        })
        .collect()
}

/// When the occurrences are for a phone that knows only what it was told.
fn told(phone: &Phone, event: &Event, most: usize) -> Option<Vec<(Timestamp, Timestamp)>> {
    let start = timestamp(event.start?)?;
    let days = event.all_day == Some(true);
    let zone = match event.time_zone.as_deref().and_then(ZoneBlob::read) {
        Some(blob) => zone_of_blob(&blob, start, &[]),
        None => Zone::UTC,
    };
    // A day is its midnight in UTC.
    let plain = |at: Timestamp| match days {
        true => Zone::UTC.instant(zone.local(at)),
        false => Some(at),
    };
    let Said::Value(recurrence) = &event.recurrence else {
        return Some(vec![(plain(start)?, plain(start)?)]);
    };
    let first = zone.local(start);
    let until = recurrence
        .until
        .and_then(timestamp)
        .map(|at| zone.local(at));
    let mut rule = from_eas(recurrence, first, |_| None).ok()?;
    rule.until = None;
    let _ = phone;
    let mut all = Vec::new();
    for local in Occurrences::new(&rule, first, until).take(most) {
        let at = zone.instant(local)?;
        let exceptions = event.exceptions.iter().flatten();
        let exception = exceptions
            .into_iter()
            .find(|other| other.at == Some(moment(at)));
        match exception {
            Some(exception) if exception.deleted => {}
            Some(exception) => {
                let own = exception.changes.start.and_then(timestamp).unwrap_or(at);
                all.push((plain(own)?, plain(at)?));
            }
            None => all.push((plain(at)?, plain(at)?)),
        }
    }
    Some(all)
}

/// S27 in the eyes of a phone: it expands what it is told, and finds the occurrences that are stored.
#[test]
fn s27_a_phone_sees_every_occurrence_when_it_is() {
    // A blob has one year's rules: these zones' laws are no rules, or changed meanwhile.
    const LAWLESS: [&str; 6] = [
        "zone-africa-casablanca",
        "zone-asia-gaza",
        "zone-africa-cairo",
        "zone-historic",
        "zone-asia-pyongyang",
        "zone-america-caracas",
    ];
    let mut series = 0;
    for (name, text) in fixtures() {
        if LAWLESS.contains(&name.as_str()) {
            continue;
        }
        for version in VERSIONS {
            let phone = Phone::new(version);
            let Ok(rendered) = event::render(&text, &phone.manner()) else {
                continue;
            };
            let event = Event::from_raw(&rendered.data).expect("ours");
            let Said::Value(recurrence) = &event.recurrence else {
                continue;
            };
            // The 29th to 31st are the nearest EAS has; a first that the rule does not mean is not
            // told.
            if recurrence.day_of_month > Some(28) || name == "special-start-outside" {
                continue;
            }
            if !phone.tells_the_rule(&text) {
                if version == ProtocolVersion::V16_1 {
                    // The nearest: some of them, and no other.
                    let ours = told(&phone, &event, 500).expect("a series");
                    let theirs = stored(&phone, &text, event.start.and_then(timestamp), 4100);
                    let strange = ours.iter().find(|at| !theirs.contains(at));
                    assert_eq!(strange, None, "{name}");
                    assert!(ours.len() > 1, "{name}");
                }
                continue;
            }
            let ours = told(&phone, &event, 60).expect("a series");
            let theirs = stored(&phone, &text, None, 60);
            assert_eq!(ours, theirs, "{name} {version}");
            series += 1;
        }
    }
    assert!(series > 170, "{series}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// S12: what no phone can say stays, whatever is edited how often. S6, S28: once told, phone and
    /// object agree for good. S27: no occurrence moves unless it is moved.
    #[test]
    fn s12_s27_s28_any_sequence_of_edits(
        which in any::<Index>(),
        deeds in vec(deed(), 1..7),
        version in select(&VERSIONS[..]),
    ) {
        let (name, first) = which.get(events());
        let phone = Phone::new(version);
        let before = foreign(first);
        let mut text = first.clone();
        for deed in &deeds {
            let Some(edited) = done(&phone, &text, deed) else { continue };
            let Ok(edited) = edited else { continue };
            if !is_of_times(deed) {
                prop_assert_eq!(stored(&phone, &text, None, 30), stored(&phone, &edited.text, None, 30), "{} {:?}", name, deed);
            }
            text = edited.text;
            let after = foreign(&text);
            for line in &before {
                prop_assert!(after.contains(line), "{name}: {line} is lost after {deed:?}\n{}", show(&text));
            }
            let now = phone.render(&text);
            if !edited.lost && is_exact(deed) {
                prop_assert_eq!(&edited.holds, &now.digest, "S6: {} after {:?}\n{}", name, deed, show(&text));
            }
            let again = phone.edit_raw(&text, Edit::Whole(&now.data), Some(&now.digest)).expect("its own words");
            prop_assert!(!again.changed && !again.lost, "{name} after {deed:?}\n{}", show(&text));
            prop_assert_eq!(again.holds, now.digest);
        }
    }
}

/// Rules by the thousand, in zones with switches, against another implementation (python-dateutil):
/// what is stored has the oracle's instants, and so has what a phone is told.
#[test]
fn s27_occurrences_are_those_of_another_implementation() {
    const RULES: usize = 2500;
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/scripts/generate-recurrence-oracle"
    );
    let output = std::process::Command::new("python3")
        .args([script, "--print", &RULES.to_string(), "5545"])
        .output()
        .expect("python3 runs");
    let trouble = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "python3-dateutil: {trouble}");
    let table = String::from_utf8(output.stdout).expect("UTF-8");
    let (mut all, mut said, mut wrong) = (0, 0, Vec::new());
    for line in table.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [zone, start, rule, theirs] = columns[..] else {
            panic!("{line}")
        };
        all += 1;
        let theirs: Vec<Timestamp> = theirs
            .split(' ')
            .filter_map(|text| timestamp(Moment::parse(text)?))
            .collect();
        let text = super::support::calendar(&[
            &format!("DTSTART;TZID={zone}:{start}"),
            "DURATION:PT1H",
            &format!("RRULE:{rule}"),
        ]);
        let phone = Phone::new(ProtocolVersion::V16_1);
        let before = |found: Vec<(Timestamp, Timestamp)>| -> Vec<Timestamp> {
            let until = timestamp(super::support::at("20370101T000000Z")).expect("a time");
            let found = found.into_iter().map(|(at, _)| at).take(14);
            // The last hours of a year lie in another one elsewhere.
            found
                .filter(|at| theirs.contains(at) || *at < until)
                .take(theirs.len().max(1))
                .collect()
        };
        let ours = before(stored(&phone, text.as_bytes(), None, 14));
        if ours != theirs {
            wrong.push(format!("{line}\n ours {ours:?}"));
        }
        let event = phone.see(text.as_bytes());
        let Said::Value(recurrence) = &event.recurrence else {
            continue;
        };
        // The nearest EAS has, and a start that the rule does not mean.
        let first = theirs.first() == event.start.and_then(timestamp).as_ref();
        if recurrence.day_of_month > Some(28) || !first || !phone.tells_the_rule(text.as_bytes()) {
            continue;
        }
        said += 1;
        let ours = before(told(&phone, &event, 14).expect("a rule"));
        if ours != theirs {
            wrong.push(format!("{line}\n told {ours:?}\n {recurrence:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {all}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
    assert!(all == RULES && said > RULES / 2, "{said}");
}
