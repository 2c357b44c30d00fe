//! S12, S13 and S1 in lines: phones and other programs edit one real object of each class in any order.
//! Whatever was not touched stays octet for octet in its place, no line another program wrote is lost,
//! and in the end all phones show the same. The engine around it has a model of its own
//! (`sync::objects`).

use airgate_codec::eas::RawEvent;
use airgate_codec::eas::email::BodyType;
use airgate_codec::wbxml::{calendar, contacts, contacts2, notes, tasks};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::item::options::BodyPreference;

/// Something of an object that phones and others edit: its element, and the lines it may touch.
struct Knob {
    tag: Tag,
    lines: &'static [&'static str],
}

const fn knob(tag: Tag, lines: &'static [&'static str]) -> Knob {
    Knob { tag, lines }
}

struct Class {
    kind: Kind,
    start: &'static str,
    /// What the last line is, before which others add theirs.
    end: &'static str,
    knobs: &'static [Knob],
    /// Lines that say when an object was changed.
    stamps: &'static [&'static str],
    /// Lines others rewrite that phones know, with what is before the value.
    shared: &'static [&'static str],
}

const CONTACT: Class = Class {
    kind: Kind::Contact,
    start: "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:Ada Byron\r\nN:Byron;Ada;;;\r\n\
        X-FOREIGN0;P=\"a;b\":0\r\nTITLE;LANGUAGE=en:Clerk\r\nEMAIL;TYPE=WORK:a@x.example\r\n\
        EMAIL;TYPE=HOME:b@x.example\r\nEMAIL:c@x.example\r\nEMAIL:d@x.example\r\n\
        TEL;TYPE=CELL;X-SIM=2:+1\r\nTEL;TYPE=WORK:+2\r\nTEL;TYPE=WORK:+3\r\nTEL;TYPE=WORK:+4\r\n\
        ADR;TYPE=HOME:;Attic;1 Road;Town;;1;Land\r\nnickname:Addie\r\nitem1.X-FOREIGN1:1\r\n\
        item1.X-ABLabel:a label whose line is so long that it goes on in the next line, as\r\n  \
        it may\r\nX-SPOUSE:William\r\nNOTE:Words\\, and more\r\nX-FOREIGN2:2\r\nEND:VCARD\r\n",
    end: "END:VCARD\r\n",
    knobs: &[
        knob(contacts::JOB_TITLE, &["TITLE"]),
        knob(contacts::EMAIL1_ADDRESS, &["EMAIL"]),
        knob(contacts::EMAIL3_ADDRESS, &["EMAIL"]),
        knob(contacts::MOBILE_PHONE_NUMBER, &["TEL"]),
        knob(contacts::BUSINESS2_PHONE_NUMBER, &["TEL"]),
        knob(contacts::HOME_ADDRESS_CITY, &["ADR"]),
        knob(contacts2::NICK_NAME, &["NICKNAME"]),
        knob(contacts::SPOUSE, &["X-SPOUSE"]),
        knob(contacts::LAST_NAME, &["N", "FN"]),
    ],
    stamps: &["REV"],
    shared: &["TITLE;LANGUAGE=en:", "TEL;TYPE=CELL;X-SIM=2:", "X-SPOUSE:"],
};

const TASK: Class = Class {
    kind: Kind::Task,
    start: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nX-FOREIGN0;P=\"a;b\":0\r\n\
        BEGIN:VTODO\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY;LANGUAGE=en:Bins\r\n\
        X-FOREIGN1:1\r\nDTSTART;VALUE=DATE:20260302\r\nDUE;VALUE=DATE:20260303\r\nPRIORITY:5\r\n\
        BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nX-FOREIGN2:2\r\nEND:VALARM\r\n\
        END:VTODO\r\nEND:VCALENDAR\r\n",
    end: "END:VTODO\r\nEND:VCALENDAR\r\n",
    knobs: &[
        knob(tasks::SUBJECT, &["SUMMARY"]),
        knob(tasks::IMPORTANCE, &["PRIORITY", "X-EAS-IMPORTANCE"]),
        knob(tasks::SENSITIVITY, &["CLASS"]),
    ],
    stamps: &["DTSTAMP", "LAST-MODIFIED", "SEQUENCE"],
    shared: &["SUMMARY;LANGUAGE=en:"],
};

const EVENT: Class = Class {
    kind: Kind::Event,
    start: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nX-FOREIGN0;P=\"a;b\":0\r\n\
        BEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260302T100000Z\r\n\
        DTEND:20260302T110000Z\r\nSUMMARY;LANGUAGE=en:Tea\r\nX-FOREIGN1:1\r\nLOCATION:Here\r\n\
        CLASS:PUBLIC\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nX-FOREIGN2:2\r\n\
        END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    end: "END:VEVENT\r\nEND:VCALENDAR\r\n",
    knobs: &[
        knob(calendar::SUBJECT, &["SUMMARY"]),
        knob(calendar::SENSITIVITY, &["CLASS"]),
    ],
    stamps: &["DTSTAMP", "LAST-MODIFIED", "SEQUENCE"],
    shared: &["SUMMARY;LANGUAGE=en:"],
};

const NOTE: Class = Class {
    kind: Kind::Note,
    start: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nX-FOREIGN0;P=\"a;b\":0\r\n\
        BEGIN:VJOURNAL\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY;LANGUAGE=en:One\r\n\
        X-FOREIGN1:1\r\nDESCRIPTION:Words\r\nX-FOREIGN2:2\r\nEND:VJOURNAL\r\nEND:VCALENDAR\r\n",
    end: "END:VJOURNAL\r\nEND:VCALENDAR\r\n",
    knobs: &[knob(notes::SUBJECT, &["SUMMARY"])],
    stamps: &["DTSTAMP", "LAST-MODIFIED", "SEQUENCE"],
    shared: &["SUMMARY;LANGUAGE=en:"],
};

#[derive(Clone, Debug)]
enum Step {
    /// Another program rewrites a line that no phone knows, or adds one.
    Foreign(usize),
    Another,
    /// It rewrites one that phones know.
    Shared(Index),
    /// A phone edits, and says all it has.
    Edit(usize, Index),
    /// A phone is told how things are.
    Sync(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..3_usize).prop_map(Step::Foreign),
        1 => Just(Step::Another),
        2 => any::<Index>().prop_map(Step::Shared),
        6 => (0..3_usize, any::<Index>()).prop_map(|(phone, knob)| Step::Edit(phone, knob)),
        2 => (0..3_usize).prop_map(Step::Sync),
    ]
}

/// What a phone shows, and what it was told.
struct Phone {
    version: ProtocolVersion,
    shows: Raw,
    told: Digest,
}

impl Class {
    /// The versions of the three phones; before 14.0 there are no words for notes.
    fn versions(&self) -> [ProtocolVersion; 3] {
        let first = match self.kind {
            Kind::Note => ProtocolVersion::V14_0,
            Kind::Event | Kind::Contact | Kind::Task => ProtocolVersion::V12_1,
        };
        [first, ProtocolVersion::V14_1, ProtocolVersion::V16_1]
    }
}

/// What a phone says of it in the step of that number.
fn value(tag: Tag, number: usize) -> String {
    if [tasks::SENSITIVITY, calendar::SENSITIVITY].contains(&tag) {
        // Personal (1) is private to iCalendar, and no difference a phone is told of.
        return ["0", "2", "3"][number % 3].to_owned();
    }
    if tag == tasks::IMPORTANCE {
        return (number % 3).to_string();
    }
    format!("mine{number}")
}

/// Runs with how a phone of that version is talked to.
fn with<R>(version: ProtocolVersion, run: impl FnOnce(&Manner<'_>) -> R) -> R {
    let mut bodies = BodyOptions::new(version);
    bodies.preferences.push(BodyPreference {
        kind: BodyType::Plain,
        truncation_size: None,
        all_or_none: false,
        preview: None,
    });
    let me = ["alice@example.com".to_owned()];
    run(&Manner {
        version,
        bodies: &bodies,
        zone: &TimeZone::UTC,
        me: Me {
            addresses: &me,
            name: None,
        },
        client: Client {
            device_type: "Tests",
            agent: None,
        },
        now: Moment::parse("2026-11-24T12:00:00Z").expect("a moment"),
    })
}

fn shown(class: &Class, text: &str, version: ProtocolVersion) -> Rendered {
    let kind = class.kind;
    with(version, |manner| render(kind, text.as_bytes(), manner)).expect("an object")
}

/// The content with another text in an element at the top.
fn said(shows: &Raw, tag: Tag, text: &str) -> Raw {
    let (mut depth, mut inside, mut found) = (0, false, false);
    let mut events = Vec::new();
    let new = || RawEvent::Text(text.to_owned());
    for event in shows.events() {
        match event {
            RawEvent::Start(started) => {
                depth += 1;
                events.push(event.clone());
                if depth == 1 && *started == tag {
                    (inside, found) = (true, true);
                    events.push(new());
                }
                continue;
            }
            RawEvent::End => {
                depth -= 1;
                inside &= depth > 0;
            }
            _ if inside => continue,
            _ => {}
        }
        events.push(event.clone());
    }
    if !found {
        events.extend([RawEvent::Start(tag), new(), RawEvent::End]);
    }
    Raw::new(events)
}

/// Lines with their folds, that is: with all there is of each.
fn lines(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    for (at, _) in text.match_indices("\r\n") {
        if !text[at + 2..].starts_with([' ', '\t']) {
            starts.push(at + 2);
        }
    }
    starts
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect()
}

/// The property of a line, without its group.
fn name(line: &str) -> String {
    let name = line.split([':', ';']).next().unwrap_or_default();
    name.rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase()
}

/// All but the lines of these properties, in their order.
fn rest<'t>(text: &'t str, but: &[&[&str]]) -> Vec<&'t str> {
    let mut all = lines(text);
    all.retain(|line| !but.iter().any(|names| names.contains(&name(line).as_str())));
    all
}

fn walk(class: &Class, steps: &[Step]) {
    let mut text = class.start.to_owned();
    let mut phones: Vec<Phone> = class
        .versions()
        .iter()
        .map(|version| {
            let rendered = shown(class, &text, *version);
            Phone {
                version: *version,
                shows: rendered.data,
                told: rendered.digest,
            }
        })
        .collect();
    let mut theirs: Vec<String> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Foreign(at) => {
                let line = format!("X-FOREIGN{at}");
                let old = lines(&text).into_iter().find(|known| name(known) == line);
                let old = old.expect("S12: never lost").to_owned();
                let head = old.split(":").next().unwrap_or_default();
                let head = if *at == 0 {
                    "X-FOREIGN0;P=\"a;b\""
                } else {
                    head
                };
                let new = format!(
                    "{head}:{number} \\, words that go on for so long that their\r\n  line is folded\r\n"
                );
                text = text.replacen(&old, &new, 1);
            }
            Step::Another => {
                let line = format!("X-ADDED-{number}:there\r\n");
                text = text.replacen(class.end, &format!("{line}{}", class.end), 1);
                theirs.push(line);
            }
            Step::Shared(at) => {
                let head = class.shared[at.index(class.shared.len())];
                let known = lines(&text).into_iter();
                let Some(old) = known.into_iter().find(|line| line.starts_with(head)) else {
                    continue;
                };
                let new = format!("{head}theirs {number}\r\n");
                text = text.replacen(&old.to_owned(), &new, 1);
            }
            Step::Edit(at, which) => {
                let phone = &mut phones[*at];
                let knob = &class.knobs[which.index(class.knobs.len())];
                let value = value(knob.tag, number);
                let data = said(&phone.shows, knob.tag, &value);
                let base = Base {
                    told: Some(&phone.told),
                    supported: &Supported::NotSaid,
                    client_wins: number % 2 == 0,
                };
                let kind = class.kind;
                let edited = with(phone.version, |manner| {
                    edit(kind, text.as_bytes(), Edit::Whole(&data), &base, manner)
                });
                let edited = edited.unwrap_or_else(|refused| panic!("{refused}: {data:?}"));
                let new = String::from_utf8(edited.text).expect("text");
                let may = [knob.lines, class.stamps];
                assert_eq!(
                    rest(&text, &may),
                    rest(&new, &may),
                    "S12: {:?} by {}",
                    knob.tag,
                    phone.version
                );
                assert_eq!(edited.changed, new != text);
                text = new;
                (phone.shows, phone.told) = (data, edited.holds);
                let now = shown(class, &text, phone.version);
                if now.digest == phone.told {
                    // Nothing would be told: then there must be nothing to tell of it.
                    let again = said(&now.data, knob.tag, &value);
                    assert_eq!(again, now.data, "S6: {:?}", knob.tag);
                }
            }
            Step::Sync(at) => {
                let phone = &mut phones[*at];
                let rendered = shown(class, &text, phone.version);
                (phone.shows, phone.told) = (rendered.data, rendered.digest);
            }
        }
    }
    for line in theirs {
        assert!(text.contains(&line), "S12: {line} in {text}");
    }
    // A phone that says back what it is told changes no octet.
    for version in class.versions() {
        let rendered = shown(class, &text, version);
        let base = Base {
            told: Some(&rendered.digest),
            supported: &Supported::NotSaid,
            client_wins: true,
        };
        let (kind, data) = (class.kind, &rendered.data);
        let edited = with(version, |manner| {
            edit(kind, text.as_bytes(), Edit::Whole(data), &base, manner)
        });
        let edited = edited.expect("may be");
        assert!(!edited.changed && !edited.lost, "S12, S28");
    }
}

proptest! {
    // More than 1,000 runs together.
    #![proptest_config(ProptestConfig { cases: 260, ..ProptestConfig::default() })]

    #[test]
    fn s12_s13_lines_of_contacts_stay_whoever_edits_them(steps in vec(step(), 1..12)) {
        walk(&CONTACT, &steps);
    }

    #[test]
    fn s12_s13_lines_of_tasks_stay_whoever_edits_them(steps in vec(step(), 1..12)) {
        walk(&TASK, &steps);
    }

    #[test]
    fn s12_s13_lines_of_events_stay_whoever_edits_them(steps in vec(step(), 1..12)) {
        walk(&EVENT, &steps);
    }

    #[test]
    fn s12_s13_lines_of_notes_stay_whoever_edits_them(steps in vec(step(), 1..12)) {
        walk(&NOTE, &steps);
    }
}
