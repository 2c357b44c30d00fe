//! What phones do to events, one habit each.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::{Attendee, Event, Exception};
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::{Location, Recurrence, Said};
use airgate_codec::zone::ZoneBlob;

use super::support::{Phone, at, calendar, difference, show};
use crate::item::event;
use crate::item::object::{Edit, Span};

const SERIES: &[&str] = &[
    "SUMMARY:Team",
    "DTSTART;TZID=Europe/Berlin:20260302T090000",
    "DTEND;TZID=Europe/Berlin:20260302T100000",
    "RRULE:FREQ=WEEKLY;BYDAY=MO",
];

fn modern() -> Phone {
    Phone::new(ProtocolVersion::V16_1)
}

fn older() -> Phone {
    Phone::new(ProtocolVersion::V14_1)
}

fn timed(start: &str, end: &str) -> Event {
    Event {
        subject: Some("New".into()),
        start: Some(at(start)),
        end: Some(at(end)),
        ..Event::default()
    }
}

#[test]
fn a_new_event_is_a_calendar() {
    let created = modern()
        .create(&Event {
            location: Said::Value(Location {
                street: Some("Main St 5".into()),
                latitude: Some("1.5".into()),
                longitude: Some("2.5".into()),
                ..Location::named("Cafe")
            }),
            reminder: Said::Value(10),
            busy_status: Some(3),
            sensitivity: Some(2),
            categories: Some(vec!["Work".into()]),
            body: Some(Body::whole(BodyType::Plain, "Hello\r\n")),
            client_uid: Some("0123456789ABCDEF0123456789ABCDEF\0".into()),
            ..timed("20260302T080000Z", "20260302T090000Z")
        })
        .expect("created");
    assert_eq!(created.uid, "0123456789ABCDEF0123456789ABCDEF");
    insta::assert_snapshot!(show(&created.text));
    assert_eq!(modern().render(&created.text).digest, created.holds);
}

#[test]
fn s27_all_day_is_a_date_in_every_zone_and_version() {
    let text = calendar(&[
        "SUMMARY:Day",
        "DTSTART;VALUE=DATE:20260328",
        "DTEND;VALUE=DATE:20260330",
    ]);
    for zone in [
        "Europe/Berlin",
        "Pacific/Tongatapu",
        "Pacific/Pago_Pago",
        "Asia/Kathmandu",
        "UTC",
    ] {
        for version in super::support::VERSIONS {
            let phone = Phone::in_zone(version, zone);
            let event = phone.see(text.as_bytes());
            let created = phone.create(&event).expect("created");
            let made = show(&created.text);
            assert!(
                made.contains("DTSTART;VALUE=DATE:20260328\n"),
                "{zone} {version}\n{made}"
            );
            assert!(
                made.contains("DTEND;VALUE=DATE:20260330\n"),
                "{zone} {version}\n{made}"
            );
        }
    }
    let event = modern().see(text.as_bytes());
    assert_eq!(
        (event.start, event.time_zone),
        (Some(at("20260328T000000Z")), None)
    );
    let event = older().see(text.as_bytes());
    assert_eq!(event.start, Some(at("20260327T230000Z")));
}

#[test]
fn all_day_comes_as_midnight_of_a_zone_or_of_utc() {
    let day = |start: &str, end: &str, blob: Option<Vec<u8>>| {
        let event = Event {
            all_day: Some(true),
            time_zone: blob,
            ..timed(start, end)
        };
        show(&older().create(&event).expect("created").text)
    };
    let zone = jiff::tz::TimeZone::get("America/New_York").expect("a zone");
    let at_start = jiff::Timestamp::from_second(1_774_670_400).expect("a moment");
    let blob = crate::item::timezone::Zone::Known(zone)
        .blob(at_start)
        .write();
    for text in [
        day("20260328T040000Z", "20260329T040000Z", Some(blob)),
        day(
            "20260328T000000Z",
            "20260329T000000Z",
            Some(ZoneBlob::default().write()),
        ),
        day("20260327T230000Z", "20260328T230000Z", None),
        // Nokia's have no length.
        day("20260328T000000Z", "20260328T000000Z", None),
    ] {
        assert!(
            text.contains("DTSTART;VALUE=DATE:20260328\n")
                && text.contains("DTEND;VALUE=DATE:20260329\n"),
            "{text}"
        );
    }
}

#[test]
fn times_left_out_of_a_new_event_are_filled_in() {
    let said = |start: Option<&str>, end: Option<&str>| Event {
        start: start.map(at),
        end: end.map(at),
        ..Event::default()
    };
    let seen = |event: &Event| {
        let created = older().create(event).map_err(|refused| refused.status)?;
        let event = older().see(&created.text);
        let text = |moment: Option<airgate_codec::eas::Moment>| moment.map(|m| m.to_compact());
        Ok((
            text(event.start).unwrap_or_default(),
            text(event.end).unwrap_or_default(),
        ))
    };
    // It is 10:15.
    let pair = |a: &str, b: &str| Ok((a.to_owned(), b.to_owned()));
    assert_eq!(
        seen(&said(None, None)),
        pair("20260224T103000Z", "20260224T110000Z")
    );
    assert_eq!(
        seen(&said(Some("20260101T100000Z"), None)),
        pair("20260101T100000Z", "20260224T110000Z")
    );
    assert_eq!(seen(&said(Some("20270101T100000Z"), None)), Err(6));
    assert_eq!(seen(&said(None, Some("20260101T100000Z"))), Err(6));
    assert_eq!(
        seen(&said(None, Some("20270101T100000Z"))),
        pair("20260224T103000Z", "20270101T100000Z")
    );
    assert_eq!(
        seen(&said(Some("20260302T100000Z"), Some("20260302T090000Z"))),
        Err(6)
    );
}

#[test]
fn s27_a_moved_event_stays_in_its_zone() {
    let text = calendar(&[
        "SUMMARY:Call",
        "DTSTART;TZID=America/New_York:20260302T090000",
        "DTEND;TZID=America/New_York:20260302T100000",
    ]);
    for phone in [older(), modern()] {
        let edited = phone.change(&text, |event| {
            event.start = Some(at("20260302T150000Z"));
            event.end = Some(at("20260302T160000Z"));
        });
        let made = show(&edited.text);
        assert!(
            made.contains("DTSTART;TZID=America/New_York:20260302T100000"),
            "{made}"
        );
        // Windows Phone leaves the zone out.
        let edited = phone.change(&text, |event| {
            event.time_zone = None;
            event.start = Some(at("20260302T150000Z"));
            event.end = Some(at("20260302T160000Z"));
        });
        assert!(show(&edited.text).contains("DTSTART;TZID=America/New_York:20260302T100000"));
    }
}

#[test]
fn s13_each_side_keeps_what_it_alone_changed() {
    let old = calendar(&[
        "SUMMARY:Old",
        "LOCATION:Here",
        "DTSTART:20260302T090000Z",
        "DTEND:20260302T100000Z",
    ]);
    let new = old.replace("LOCATION:Here", "LOCATION:There");
    let mut phone = modern();
    let told = phone.render(old.as_bytes()).digest;
    let mut event = phone.see(old.as_bytes());
    event.subject = Some("Mine".into());
    let edited = phone
        .edit(new.as_bytes(), &event, Some(&told))
        .expect("an edit");
    let made = show(&edited.text);
    assert!(made.contains("SUMMARY:Mine\n") && made.contains("LOCATION:There\n") && !edited.lost);
    assert_ne!(
        phone.render(&edited.text).digest,
        edited.holds,
        "the place is to be told"
    );
    event.location = Said::Value(Location::named("Nowhere"));
    let edited = phone
        .edit(new.as_bytes(), &event, Some(&told))
        .expect("an edit");
    assert!(edited.lost && show(&edited.text).contains("LOCATION:There\n"));
    phone.client_wins = true;
    let edited = phone
        .edit(new.as_bytes(), &event, Some(&told))
        .expect("an edit");
    assert!(!edited.lost && show(&edited.text).contains("LOCATION:Nowhere\n"));
}

#[test]
fn an_occurrence_is_changed_and_deleted_by_its_id() {
    let text = calendar(SERIES);
    let phone = modern();
    let digest = phone.render(text.as_bytes()).digest;
    let said = Event {
        subject: Some("Once".into()),
        ..Event::default()
    }
    .to_raw(phone.version);
    let edit = Edit::Instance {
        id: "20260330T070000Z",
        data: &said,
    };
    let edited = phone
        .edit_raw(text.as_bytes(), edit, Some(&digest))
        .expect("an edit");
    insta::assert_snapshot!(show(&edited.text));
    assert_eq!(phone.render(&edited.text).digest, edited.holds);
    let dropped = phone
        .edit_raw(
            &edited.text,
            Edit::DropInstance {
                id: "20260330T070000Z",
            },
            Some(&edited.holds),
        )
        .expect("an edit");
    let made = show(&dropped.text);
    assert!(
        made.contains("EXDATE;TZID=Europe/Berlin:20260330T090000\n"),
        "{made}"
    );
    assert!(!made.contains("RECURRENCE-ID"), "{made}");
    assert_eq!(phone.render(&dropped.text).digest, dropped.holds);
    let single = calendar(&SERIES[..3]);
    let refused = phone.edit_raw(
        single.as_bytes(),
        Edit::DropInstance {
            id: "20260302T080000Z",
        },
        None,
    );
    assert_eq!(refused.map_err(|refused| refused.status), Err(6));
}

#[test]
fn older_phones_send_exceptions_as_a_list() {
    let text = calendar(SERIES);
    let edited = older().change(&text, |event| {
        event.exceptions = Some(vec![
            Exception {
                at: Some(at("20260309T080000Z")),
                deleted: true,
                changes: Event::default(),
            },
            Exception {
                // An hour off, as after the series was moved.
                at: Some(at("20260316T090000Z")),
                deleted: false,
                changes: Event {
                    start: Some(at("20260316T120000Z")),
                    end: Some(at("20260316T130000Z")),
                    ..Event::default()
                },
            },
        ]);
    });
    let made = show(&edited.text);
    assert!(
        made.contains("EXDATE;TZID=Europe/Berlin:20260309T090000\n"),
        "{made}"
    );
    assert!(
        made.contains("RECURRENCE-ID;TZID=Europe/Berlin:20260316T090000\n"),
        "{made}"
    );
    assert!(
        made.contains("DTSTART;TZID=Europe/Berlin:20260316T130000\n"),
        "{made}"
    );
    // A list that does not come says nothing.
    let text = String::from_utf8(edited.text).expect("text");
    let edited = older().change(&text, |event| {
        event.exceptions = None;
        event.subject = Some("Renamed".into());
    });
    assert!(show(&edited.text).contains("RECURRENCE-ID"));
}

#[test]
fn a_series_that_moves_lets_its_exceptions_go() {
    let text = calendar(&[SERIES, &["EXDATE;TZID=Europe/Berlin:20260309T090000"]].concat());
    for phone in [older(), modern()] {
        let edited = phone.change(&text, |event| {
            event.exceptions = None;
            event.start = Some(at("20260302T100000Z"));
            event.end = Some(at("20260302T110000Z"));
        });
        let made = show(&edited.text);
        assert!(
            !made.contains("EXDATE") && made.contains("T110000"),
            "{made}"
        );
    }
}

#[test]
fn what_eas_cannot_say_stays_and_cannot_be_moved() {
    for (rule, next) in [
        (
            "RRULE:FREQ=HOURLY;INTERVAL=36;BYHOUR=9,21",
            "20260224T200000Z",
        ),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=2,15", "20260102T080000Z"),
        ("RRULE:FREQ=WEEKLY;BYMONTH=1,3;BYDAY=TH", "20260101T080000Z"),
    ] {
        let text = calendar(&[
            "SUMMARY:Now and then",
            "DTSTART;TZID=Europe/Berlin:20250102T090000",
            "DTEND;TZID=Europe/Berlin:20250102T100000",
            rule,
        ]);
        let phone = older();
        let event = phone.see(text.as_bytes());
        assert_eq!(event.start, Some(at(next)), "{rule}");
        assert_eq!(phone.render(text.as_bytes()).span, Span::Endless);
        let edited = phone.change(&text, |event| {
            event.start = Some(at("20260303T080000Z"));
            event.end = Some(at("20260303T090000Z"));
            event.subject = Some("Renamed".into());
        });
        let made = show(&edited.text);
        assert!(edited.lost && made.contains(rule) && made.contains("SUMMARY:Renamed"));
        assert!(made.contains("DTSTART;TZID=Europe/Berlin:20250102T090000"));
        // Nor is it made another rule, or a single event.
        let edited = phone.change(&text, |event| event.recurrence = Said::Empty);
        assert!(!edited.changed, "{}", show(&edited.text));
    }
}

#[test]
fn occurrences_of_the_nearest_series_are_those_that_are_stored() {
    let text = calendar(&[
        "SUMMARY:First and third Monday",
        "DTSTART;TZID=Europe/Berlin:20250106T090000",
        "DTEND;TZID=Europe/Berlin:20250106T100000",
        "RRULE:FREQ=MONTHLY;BYDAY=1MO,3MO",
        "RDATE;TZID=Europe/Berlin:20260330T090000",
        "EXDATE;TZID=Europe/Berlin:20260302T090000",
    ]);
    for phone in [older(), modern(), Phone::new(ProtocolVersion::V12_1)] {
        let event = phone.see(text.as_bytes());
        assert_eq!(event.start, Some(at("20260105T080000Z")));
        let recurrence = event.recurrence.value().expect("a series");
        assert_eq!((recurrence.kind, recurrence.day_of_week), (1, Some(2)));
        let deleted = |event: &Event, time: &str| {
            let all = event.exceptions.iter().flatten();
            all.into_iter()
                .any(|other| other.deleted && other.at == Some(at(time)))
        };
        assert!(deleted(&event, "20260302T080000Z"), "EXDATE");
        assert!(deleted(&event, "20260309T080000Z"), "the second Monday");
        assert!(!deleted(&event, "20260330T070000Z"), "RDATE");
        // What is deleted is stored as such; what is none stays none.
        let edited = if phone.version >= ProtocolVersion::V16_0 {
            let edit = Edit::DropInstance {
                id: "20260316T080000Z",
            };
            let digest = phone.render(text.as_bytes()).digest;
            phone
                .edit_raw(text.as_bytes(), edit, Some(&digest))
                .expect("taken")
        } else {
            phone.change(&text, |event| {
                event.exceptions.get_or_insert_default().push(Exception {
                    at: Some(at("20260316T080000Z")),
                    deleted: true,
                    changes: Event::default(),
                });
            })
        };
        let lines = difference(text.as_bytes(), &edited.text);
        let come: Vec<&str> = lines
            .lines()
            .filter(|line| line.contains("EXDATE"))
            .collect();
        assert_eq!(come, ["+EXDATE;TZID=Europe/Berlin:20260316T090000"]);
        assert_eq!(phone.render(&edited.text).digest, edited.holds, "S6");
        if phone.version >= ProtocolVersion::V16_0 {
            let edit = Edit::DropInstance {
                id: "20260309T080000Z",
            };
            let refused = phone.edit_raw(text.as_bytes(), edit, None);
            assert!(refused.is_err_and(|refused| refused.status == 6));
        }
    }
}

#[test]
fn an_equal_recurrence_keeps_its_rule() {
    let text = calendar(&[
        "SUMMARY:Team",
        "DTSTART;TZID=Europe/Berlin:20260302T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;WKST=SU",
    ]);
    for phone in [older(), modern(), Phone::new(ProtocolVersion::V2_5)] {
        let edited = phone.change(&text, |event| event.subject = Some("Renamed".into()));
        assert!(show(&edited.text).contains("RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;WKST=SU\n"));
    }
    let edited = modern().change(&text, |event| {
        event.recurrence = Said::Value(Recurrence {
            kind: 0,
            interval: Some(2),
            ..Recurrence::default()
        });
    });
    assert!(show(&edited.text).contains("RRULE:FREQ=DAILY;INTERVAL=2\n"));
    let edited = modern().change(&text, |event| event.recurrence = Said::Empty);
    assert!(!show(&edited.text).contains("RRULE"));
    // 16.x: what is not said stays.
    let edited = modern().change(&text, |event| {
        event.recurrence = Said::Nothing;
        event.subject = Some("Renamed".into());
    });
    assert!(show(&edited.text).contains("RRULE"));
}

#[test]
fn one_reminder_changes_and_the_others_stay() {
    let text = calendar(&[
        "SUMMARY:Alarms",
        "DTSTART:20260302T090000Z",
        "DTEND:20260302T100000Z",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT1H",
        "END:VALARM",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT5M",
        "END:VALARM",
    ]);
    let edited = modern().change(&text, |event| {
        assert_eq!(event.reminder, Said::Value(60));
        event.reminder = Said::Value(30);
    });
    let changes = difference(text.as_bytes(), &edited.text);
    assert!(
        changes.starts_with("-DTSTAMP") || changes.contains("-TRIGGER:-PT1H"),
        "{changes}"
    );
    assert!(
        show(&edited.text).contains("TRIGGER:-PT30M\n")
            && show(&edited.text).contains("TRIGGER:-PT5M\n")
    );
    for (phone, gone) in [(modern(), Said::Empty), (older(), Said::Nothing)] {
        let edited = phone.change(&text, |event| event.reminder = gone);
        assert!(!show(&edited.text).contains("-PT1H") && show(&edited.text).contains("-PT5M"));
    }
}

#[test]
fn an_alarm_that_says_its_moment_goes_with_the_event() {
    let alarms = [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER;VALUE=DATE-TIME:20260302T074500Z",
        "END:VALARM",
        "BEGIN:VALARM",
        "ACTION:EMAIL",
        "TRIGGER;VALUE=DATE-TIME:20260301T080000Z",
        "END:VALARM",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER;RELATED=END:PT5M",
        "END:VALARM",
    ];
    let times = [
        "SUMMARY:Alarms",
        "DTSTART;TZID=Europe/Berlin:20260302T090000",
        "DTEND;TZID=Europe/Berlin:20260302T100000",
    ];
    let text = calendar(&[&times[..], &alarms].concat());
    for phone in [older(), modern()] {
        assert_eq!(phone.see(text.as_bytes()).reminder, Said::Value(15));
        let edited = phone.change(&text, |event| {
            event.start = Some(at("20260303T093000Z"));
            event.end = Some(at("20260303T103000Z"));
        });
        let lines = difference(text.as_bytes(), &edited.text);
        for line in [
            "+TRIGGER;VALUE=DATE-TIME:20260303T091500Z",
            "+TRIGGER;VALUE=DATE-TIME:20260302T093000Z",
        ] {
            assert!(lines.contains(line), "{lines}");
        }
        assert!(!lines.contains("RELATED"), "{lines}");
        assert_eq!(phone.see(&edited.text).reminder, Said::Value(15));
        assert_eq!(phone.render(&edited.text).digest, edited.holds, "S6");
        // Longer is not later.
        let edited = phone.change(&text, |event| event.end = Some(at("20260302T120000Z")));
        assert!(!difference(text.as_bytes(), &edited.text).contains("TRIGGER"));
    }
    // What an occurrence of a series takes along is its own.
    let series = calendar(&[&times[..], &["RRULE:FREQ=WEEKLY"], &alarms].concat());
    let phone = modern();
    let data = Event {
        subject: Some("Another".into()),
        ..Event::default()
    };
    let edit = Edit::Instance {
        id: "20260309T080000Z",
        data: &data.to_raw(phone.version),
    };
    let digest = phone.render(series.as_bytes()).digest;
    let edited = phone.edit_raw(series.as_bytes(), edit, Some(&digest));
    let made = show(&edited.expect("taken").text);
    assert!(
        made.contains("TRIGGER;VALUE=DATE-TIME:20260309T074500Z"),
        "{made}"
    );
    assert!(
        made.contains("TRIGGER;VALUE=DATE-TIME:20260302T074500Z"),
        "{made}"
    );
}

#[test]
fn only_the_phone_or_the_server_invites() {
    let attendees = Some(vec![Attendee {
        email: "\"Bob\" <bob@example.com>".into(),
        name: "Bob".into(),
        status: None,
        kind: Some(1),
    }]);
    let event = Event {
        attendees,
        meeting_status: Some(1),
        ..timed("20260302T080000Z", "20260302T090000Z")
    };
    let made = older().create(&event).expect("created").text;
    let text = show(&made);
    assert!(
        text.contains("ORGANIZER;CN=Alice:mailto:alice@example.com\n"),
        "{text}"
    );
    assert!(
        text.contains("RSVP=TRUE;SCHEDULE-AGENT=CLIENT:mailto:bob@example.com\n"),
        "{text}"
    );
    let seen = older().see(&made);
    assert_eq!(
        (seen.meeting_status, seen.response_type),
        (Some(1), Some(1))
    );
    // The same event, changed by a phone of 16.1, is the server's to tell of.
    let text = String::from_utf8(made).expect("text");
    let edited = modern().change(&text, |event| event.subject = Some("Renamed".into()));
    assert!(
        !show(&edited.text).contains("SCHEDULE-AGENT"),
        "{}",
        show(&edited.text)
    );
    let edited = modern().change(&text, |event| event.attendees = Some(Vec::new()));
    assert!(!show(&edited.text).contains("bob@example.com"));
}

#[test]
fn who_is_only_invited_keeps_what_is_the_organizers() {
    let text = calendar(&[
        "SUMMARY:Theirs",
        "DTSTART:20260302T090000Z",
        "DTEND:20260302T100000Z",
        "ORGANIZER:mailto:carol@example.org",
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;X-A=1:mailto:alice@example.com",
    ]);
    let edited = older().change(&text, |event| {
        assert_eq!(
            (event.meeting_status, event.response_type),
            (Some(3), Some(5))
        );
        event.subject = Some("Mine".into());
        event.reminder = Said::Value(5);
        event.attendees = Some(vec![Attendee {
            email: "alice@example.com".into(),
            name: "Alice".into(),
            status: Some(3),
            kind: Some(1),
        }]);
    });
    let made = show(&edited.text);
    assert!(edited.lost && made.contains("SUMMARY:Theirs") && made.contains("TRIGGER:-PT5M"));
    assert!(
        made.contains("ATTENDEE;X-A=1;PARTSTAT=ACCEPTED:mailto:alice@example.com"),
        "{made}"
    );
    assert!(!made.contains("SCHEDULE-AGENT"));
}

#[test]
fn s27_a_zone_nobody_has_is_described() {
    let blob = ZoneBlob {
        bias: -137,
        ..ZoneBlob::default()
    };
    let event = Event {
        time_zone: Some(blob.write()),
        recurrence: Said::Value(Recurrence {
            kind: 0,
            ..Recurrence::default()
        }),
        ..timed("20260302T080000Z", "20260302T090000Z")
    };
    let made = older().create(&event).expect("created").text;
    let text = show(&made);
    assert!(
        text.contains("DTSTART;TZID=Airgate/UTC+0217:20260302T101700"),
        "{text}"
    );
    assert!(text.contains("TZOFFSETTO:+0217"), "{text}");
    let seen = older().see(&made);
    assert_eq!((seen.start, seen.time_zone), (event.start, event.time_zone));
}

#[test]
fn t59_a_stub_is_an_event() {
    for version in super::support::VERSIONS {
        let phone = Phone::new(version);
        let stub = event::stub("a.ics", &phone.manner());
        let event = Event::from_raw(&stub.data).expect("ours");
        assert!(
            event
                .subject
                .is_some_and(|subject| subject.contains("a.ics"))
        );
    }
}

#[test]
fn an_occurrence_of_someone_elses_meeting_is_the_organizers() {
    let text = calendar(&[
        "SUMMARY:Theirs",
        "DTSTART:20260302T080000Z",
        "DTEND:20260302T090000Z",
        "RRULE:FREQ=WEEKLY",
        "ORGANIZER:mailto:carol@example.org",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com",
    ]);
    let phone = modern();
    let change = |said: Event| {
        let data = said.to_raw(phone.version);
        let edit = Edit::Instance {
            id: "20260309T080000Z",
            data: &data,
        };
        let digest = phone.render(text.as_bytes()).digest;
        let edited = phone.edit_raw(text.as_bytes(), edit, Some(&digest));
        edited.expect("an edit")
    };
    let edited = change(timed("20260310T080000Z", "20260310T090000Z"));
    assert!(edited.lost && !edited.changed);
    // A reminder is the user's own.
    let edited = change(Event {
        reminder: Said::Value(5),
        ..Event::default()
    });
    assert!(!edited.lost && edited.changed);
    assert!(show(&edited.text).contains("TRIGGER:-PT5M"));
}

#[test]
fn exceptions_of_what_does_not_repeat_are_nothing() {
    let text = calendar(&["DTSTART:20260302T080000Z", "DTEND:20260302T090000Z"]);
    let edited = older().change(&text, |event| {
        event.exceptions = Some(vec![Exception {
            at: event.start,
            deleted: true,
            changes: Event::default(),
        }]);
    });
    assert!(!edited.changed, "{}", show(&edited.text));
}

#[test]
fn s27_before_14_1_a_week_begins_on_sunday_or_the_rule_is_not_told() {
    // RFC 5545 3.8.5.3: the first day of the week makes a difference here.
    for (week, rule) in [("MO", false), ("SU", true)] {
        let text = calendar(&[
            "DTSTART:19970805T090000Z",
            &format!("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST={week}"),
        ]);
        for version in super::support::VERSIONS {
            let told = Phone::new(version).see(text.as_bytes());
            let tells = rule || version >= ProtocolVersion::V14_1;
            assert_eq!(told.recurrence.value().is_some(), tells, "{version} {week}");
        }
    }
}
