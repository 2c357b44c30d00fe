//! Documents of lines: nothing is lost, and an edit changes what it names and nothing else.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has found something"
)]

use airgate_codec::vobject::{Component, ContentLine, Document, Limits, TooMuch};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const EVENT: &str = "BEGIN:VCALENDAR\r\n\
    VERSION:2.0\r\n\
    prodid:-//Example//EN\r\n\
    BEGIN:VEVENT\r\n\
    UID:one@example.com\r\n\
    DtStart;TZID=\"Europe/Berlin\":20260301T090000\r\n\
    SUMMARY;LANGUAGE=de:Tee\\, Kuchen und ein sehr langer Titel\\; der\r\n  gefaltet ist\r\n\
    X-ODD;;=;X=:what is this\r\n\
    this is no line at all\r\n\
    ATTENDEE;CN=\"Sand, Bob\";MEMBER=\"mailto:a@x\",\"mailto:b@x\";RSVP=TRUE:mailto:bob@example.org\r\n\
    BEGIN:VALARM\r\n\
    TRIGGER:-PT15M\r\n\
    END:VALARM\r\n\
    END:VEVENT\r\n\
    END:VCALENDAR\r\n";

fn event(document: &Document) -> Component<'_> {
    let calendar = document.component("VCALENDAR").unwrap();
    calendar
        .components()
        .find(|component| component.name() == "VEVENT")
        .unwrap()
}

#[test]
fn names_parameters_and_values_are_read() {
    let document = Document::parse(EVENT.as_bytes()).unwrap();
    let event = event(&document);
    let summary = event.property("SUMMARY").unwrap();
    assert_eq!(
        summary.text(),
        "Tee, Kuchen und ein sehr langer Titel; der gefaltet ist"
    );
    assert_eq!(summary.parameter("LANGUAGE"), Some("de"));
    let start = event.property("DTSTART").unwrap();
    assert_eq!(start.parameter("TZID"), Some("Europe/Berlin"));
    let attendee = event.property("ATTENDEE").unwrap();
    assert_eq!(attendee.parameter("CN"), Some("Sand, Bob"));
    assert_eq!(attendee.value(), "mailto:bob@example.org");
    assert!(attendee.says("RSVP", "true") && attendee.says("MEMBER", "mailto:b@x"));
    let alarms: Vec<_> = event.components().map(|alarm| alarm.name()).collect();
    assert_eq!(alarms, ["VALARM"]);
    assert!(event.property("TRIGGER").is_none());
    assert_eq!(event.properties().count(), 5);
}

#[test]
fn vcards_of_every_version_are_read() {
    let old = "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=\n=F6rg\n\
        TEL;HOME;VOICE:1\nNOTE:C:\\new\\;x\nPHOTO;ENCODING=BASE64;TYPE=PNG:\n AQID\n BA==\n\nEND:VCARD\n";
    let document = Document::parse(old.as_bytes()).unwrap();
    let card = document.component("VCARD").unwrap();
    assert_eq!(card.property("N").unwrap().value(), "Müller;Jörg");
    assert_eq!(card.property("NOTE").unwrap().text(), "C:\\new;x");
    let phone = card.property("TEL").unwrap();
    assert_eq!(phone.parameters()[0].name, "HOME");
    let photo = card.property("PHOTO").unwrap();
    assert_eq!(photo.octets(), Some(vec![1, 2, 3, 4]));
    assert_eq!(&*document.to_bytes(), old.as_bytes());

    let new = "\u{feff}BEGIN:VCARD\r\nVERSION:4.0\r\nitem1.EMAIL;TYPE=\"work,home\";PREF=1:a@example.com\r\n\
        FN;SORT-AS=\"x^'y^n^^z\":Ann\r\nEND:VCARD";
    let document = Document::parse(new.as_bytes()).unwrap();
    let card = document.component("VCARD").unwrap();
    let mail = card.property("EMAIL").unwrap();
    assert_eq!(mail.group(), Some("item1"));
    let name = card.property("FN").unwrap();
    assert_eq!(name.parameter("SORT-AS"), Some("x\"y\n^z"));
    assert_eq!(&*document.to_bytes(), new.as_bytes());
}

#[test]
fn components_that_end_wrongly_are_still_components() {
    let text = "END:VEVENT\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nBEGIN:VALARM\r\nX:1\r\nEND:VEVENT\r\n\
        END:VTODO\r\nBEGIN:VEVENT\r\nUID:2";
    let document = Document::parse(text.as_bytes()).unwrap();
    let calendar = document.component("VCALENDAR").unwrap();
    assert!(!calendar.is_closed());
    let events: Vec<_> = calendar.components().collect();
    assert_eq!(events.len(), 2);
    assert!(events[0].is_closed() && !events[1].is_closed());
    assert_eq!(events[1].property("UID").unwrap().value(), "2");
    assert_eq!(&*document.to_bytes(), text.as_bytes());
}

#[test]
fn s12_an_edit_changes_its_own_line_only() {
    let mut document = Document::parse(EVENT.as_bytes()).unwrap();
    let id = event(&document).id();
    document
        .set(id, "DTSTART", |line| line.raw("20260302T090000"))
        .unwrap();
    // The same text folded otherwise is no change.
    document
        .set(id, "SUMMARY", |line| {
            line.text("Tee, Kuchen und ein sehr langer Titel; der gefaltet ist")
        })
        .unwrap();
    document
        .set(id, "LOCATION", |line| line.text("Room; 5\r\nEvil:1"))
        .unwrap();
    let expected = EVENT.replace("20260301T090000", "20260302T090000").replace(
        "BEGIN:VALARM",
        "LOCATION:Room\\; 5\\nEvil:1\r\nBEGIN:VALARM",
    );
    assert_eq!(String::from_utf8_lossy(&document.to_bytes()), expected);
    let alarm = event(&document).components().next().unwrap().id();
    document.remove_component(alarm).unwrap();
    assert!(document.remove_component(alarm).is_err());
    let attendee = event(&document).property("ATTENDEE").unwrap();
    document.remove(attendee.id()).unwrap();
    assert!(document.remove(attendee.id()).is_err());
    assert_eq!(event(&document).components().count(), 0);
    document
        .insert_component(id, b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM")
        .unwrap();
    assert!(document.insert_component(id, b"BEGIN:VALARM\r\n").is_err());
    assert!(document.insert_component(id, b"X:1\r\n").is_err());
    assert!(
        document
            .insert(id, &ContentLine::new("End").raw("VEVENT"))
            .is_err()
    );
    let text = String::from_utf8_lossy(&document.to_bytes()).into_owned();
    assert!(
        text.ends_with("ACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"),
        "{text}"
    );
}

#[test]
fn t19_a_line_we_write_is_one_line_and_short() {
    let mut document = Document::parse(EVENT.as_bytes()).unwrap();
    let id = event(&document).id();
    let long = "ü€😀".repeat(200);
    let line = ContentLine::new("X-A\r\nB")
        .parameter("CN\r\n", "two\nlines \"quoted\": ^ yes\0")
        .raw(&format!("{long}\r\nATTENDEE:evil\0"));
    document.insert(id, &line).unwrap();
    let written = document.to_bytes();
    let again = Document::parse(&written).unwrap();
    let read = event(&again).property("X-AB").unwrap();
    assert_eq!(read.parameter("CN"), Some("two\nlines \"quoted\": ^ yes"));
    assert_eq!(read.value(), format!("{long}ATTENDEE:evil"));
    for line in written.split(|&octet| octet == b'\n') {
        assert!(line.len() <= 76 || EVENT.as_bytes().windows(line.len()).any(|old| old == line));
        assert!(str::from_utf8(line).is_ok());
    }
    assert_eq!(event(&again).all("ATTENDEE").count(), 1);
}

#[test]
fn t19_limits_are_errors_and_not_panics() {
    let most = Limits::OBJECT.octets;
    let long = vec![b'a'; most + 1];
    assert_eq!(Document::parse(&long).err(), Some(TooMuch::Octets(most)));
    let invitation = Document::parse_within(&long, Limits::INVITATION);
    assert_eq!(invitation.err(), Some(TooMuch::Octets(1 << 20)));
    let lines = "\n".repeat(100_001);
    assert_eq!(
        Document::parse(lines.as_bytes()).err(),
        Some(TooMuch::Lines(100_000))
    );
    let deep = "BEGIN:A\n".repeat(17);
    assert_eq!(
        Document::parse(deep.as_bytes()).err(),
        Some(TooMuch::Depth(16))
    );
    let mut document = Document::parse("BEGIN:A\n".repeat(16).as_bytes()).unwrap();
    let mut deepest = document.components().next().unwrap();
    while let Some(inner) = deepest.components().next() {
        deepest = inner;
    }
    let id = deepest.id();
    let before = document.to_bytes();
    assert!(document.insert_component(id, b"BEGIN:B\nEND:B\n").is_err());
    assert_eq!(document.to_bytes(), before);
    assert!(document.find(id).is_some());
}

/// A megabyte of the worst there is takes no longer than a megabyte of anything.
#[test]
fn t19_parsing_is_linear() {
    let limits = Limits {
        octets: 1 << 20,
        lines: 1 << 20,
        depth: 16,
    };
    for piece in [
        "A:1\r\n",
        "A\r\n ",
        "A;ENCODING=QUOTED-PRINTABLE:=\r\n",
        "BEGIN:A\r\nEND:A\r\n",
        "BEGIN:A\r\nEND:B\r\nEND:A\r\n",
        "A;\"",
        "A;X=\"\";",
        ";",
        "\u{feff}",
    ] {
        let text = piece.repeat((1 << 20) / piece.len());
        let document = Document::parse_within(text.as_bytes(), limits).unwrap();
        let mut properties = 0;
        let mut waiting: Vec<_> = document.components().collect();
        while let Some(component) = waiting.pop() {
            properties += component.properties().count();
            waiting.extend(component.components());
        }
        assert!(properties <= 1 << 20);
        assert_eq!(&*document.to_bytes(), text.as_bytes());
    }
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "BEGIN:VEVENT",
            "END:VEVENT",
            "BEGIN:VCALENDAR",
            "END:VCALENDAR",
            "BEGIN:VCARD",
            "END:VCARD",
            "VERSION:2.1",
            "UID:a",
            "X;A=\"b",
            " folded",
            "\tfolded",
            "N;QUOTED-PRINTABLE:=",
            "N;ENCODING=QUOTED-PRINTABLE:a=",
            "=41=",
            "",
            ":",
            ";",
            "a.b.SUMMARY;X=1,2:t\\,\\n",
            "\u{0}",
        ])
        .prop_map(str::to_owned),
        "[ -~ä€]{0,90}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    vec((piece(), select(vec!["\r\n", "\n", "\r", ""])), 0..40)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
}

proptest! {
    #[test]
    fn t19_any_octets_come_back_as_they_were(octets in vec(any::<u8>(), 0..400)) {
        let document = Document::parse(&octets).unwrap();
        prop_assert_eq!(&*document.to_bytes(), &*octets);
    }

    #[test]
    fn t19_any_lines_come_back_as_they_were(text in text()) {
        if let Ok(document) = Document::parse(text.as_bytes()) {
            prop_assert_eq!(&*document.to_bytes(), text.as_bytes());
            for component in document.components() {
                for property in component.properties() {
                    let _ = (property.text(), property.list(), property.octets());
                }
            }
        }
    }

    /// S12: after any edit, all lines but the edited one are there as before, in their order.
    #[test]
    fn s12_edits_leave_the_rest(text in text(), which in any::<proptest::sample::Index>(),
        name in "[A-Z]{1,8}", value in "\\PC{0,120}", how in 0..4u8)
    {
        let Ok(mut document) = Document::parse(text.as_bytes()) else { return Ok(()) };
        let mut waiting: Vec<_> = document.components().collect();
        let mut found = Vec::new();
        while let Some(component) = waiting.pop() {
            found.push((component.id(), component.properties().map(|p| p.id()).collect::<Vec<_>>()));
            waiting.extend(component.components());
        }
        if found.is_empty() {
            return Ok(());
        }
        let (component, properties) = &found[which.index(found.len())];
        let line = ContentLine::new(&name).text(&value);
        let target = (!properties.is_empty()).then(|| properties[which.index(properties.len())]);
        let before = document.clone();
        let outcome = match (how, target) {
            (0, Some(property)) => document.replace(property, &line),
            (1, Some(property)) => document.remove(property),
            (2, Some(property)) => document.set_value(property, |line| line.text(&value)),
            _ => document.insert(*component, &line).map(|_| ()),
        };
        if outcome.is_err() {
            prop_assert_eq!(document.to_bytes(), before.to_bytes());
            return Ok(());
        }
        // What is common at both ends is all but what was edited: one line and, where the last one
        // had no end, that end.
        let (old, new) = (before.to_bytes(), document.to_bytes());
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let removed = old.len().saturating_sub(head + tail);
        let longest = text.split_inclusive('\n').map(str::len).sum::<usize>();
        prop_assert!(removed <= longest);
        if how == 3 {
            prop_assert!(removed == 0, "{removed} octets went with an insertion");
        }
        let again = Document::parse(&new).unwrap();
        prop_assert_eq!(again.to_bytes(), new);
    }
}
