use super::*;
use crate::eas::email::AttachmentAdd;

fn at(text: &str) -> Moment {
    Moment::parse(text).expect("a moment")
}

fn full(version: ProtocolVersion) -> Event {
    let modern = version >= ProtocolVersion::V14_0;
    let link = |text: &str| (version >= ProtocolVersion::V14_1).then(|| text.to_owned());
    let old = version == ProtocolVersion::V2_5;
    let attendee = Attendee {
        email: "bob@example.com".into(),
        name: "Bob".into(),
        status: (!old).then_some(3),
        kind: (!old).then_some(2),
    };
    Event {
        time_zone: Some(vec![7; 172]),
        all_day: Some(false),
        stamp: Some(at("20260301T080000Z")),
        start: Some(at("20260302T090000Z")),
        end: Some(at("20260302T100000Z")),
        subject: Some("Planning".into()),
        location: Said::Value(Location::named("Room 5")),
        uid: Some("uid-1".into()),
        organizer_name: Some("Alice".into()),
        organizer_email: Some("alice@example.com".into()),
        attendees: Some(vec![attendee]),
        busy_status: Some(2),
        sensitivity: Some(2),
        reminder: Said::Value(15),
        categories: Some(vec!["Work".into()]),
        meeting_status: Some(1),
        body: Some(Body::whole(BodyType::Plain, "Bring the plan.\r\n")),
        recurrence: Said::Value(Recurrence {
            kind: 1,
            interval: Some(2),
            day_of_week: Some(2),
            occurrences: Some(10),
            ..Recurrence::default()
        }),
        response_requested: modern.then_some(true),
        reply_time: modern.then(|| at("20260301T090000Z")),
        response_type: modern.then_some(1),
        disallow_new_time_proposal: modern.then_some(false),
        conference_link: link("conf:sip:x"),
        external_link: link("https://meet.example.com/x"),
        exceptions: Some(vec![
            Exception {
                at: Some(at("20260316T090000Z")),
                deleted: true,
                changes: Event::default(),
            },
            Exception {
                at: Some(at("20260330T080000Z")),
                deleted: false,
                changes: Event {
                    start: Some(at("20260330T090000Z")),
                    end: Some(at("20260330T100000Z")),
                    subject: Some("Moved".into()),
                    location: Said::Empty,
                    reminder: Said::Empty,
                    ..Event::default()
                },
            },
        ]),
        ..attached(version)
    }
}

/// Attachments as they are told and changed, where the version knows them.
fn attached(version: ProtocolVersion) -> Event {
    if version < ProtocolVersion::V16_0 {
        return Event::default();
    }
    Event {
        attachments: vec![Attachment {
            display_name: "plan.pdf".into(),
            file_reference: "c1:2:a0123456789abcdef".into(),
            method: 1,
            estimated_size: 5,
            ..Attachment::default()
        }],
        attachment_changes: vec![
            AttachmentChange::Add(AttachmentAdd {
                client_id: "1".into(),
                method: 1,
                content: vec![0, 1, 0xff],
                display_name: "a.bin".into(),
                ..AttachmentAdd::default()
            }),
            AttachmentChange::Delete {
                file_reference: "c1:2:a0123456789abcdef".into(),
            },
        ],
        ..Event::default()
    }
}

#[test]
fn an_event_survives_in_every_version() {
    for version in ProtocolVersion::ALL {
        let event = full(version);
        let raw = event.to_raw(version);
        assert_eq!(Event::from_raw(&raw), Ok(event), "{version}");
    }
}

#[test]
fn absent_empty_and_set_are_three_things() {
    let version = ProtocolVersion::V16_1;
    let nothing = Event::default();
    assert_eq!(Event::from_raw(&nothing.to_raw(version)), Ok(nothing));
    let empty = Event {
        subject: Some(String::new()),
        location: Said::Empty,
        attendees: Some(Vec::new()),
        categories: Some(Vec::new()),
        reminder: Said::Empty,
        recurrence: Said::Empty,
        ..Event::default()
    };
    assert_eq!(Event::from_raw(&empty.to_raw(version)), Ok(empty));
}

#[test]
fn t18_exceptions_inside_exceptions_are_passed_over() {
    let raw = Raw::written(ProtocolVersion::V14_1, |writer| {
        for _ in 0..2 {
            writer.start(calendar::EXCEPTIONS);
            writer.start(calendar::EXCEPTION);
        }
        writer.text(calendar::EXCEPTION_START_TIME, "20260302T090000Z");
        for _ in 0..4 {
            writer.end();
        }
    });
    let event = Event::from_raw(&raw).expect("an event");
    assert_eq!(event.exceptions, Some(vec![Exception::default()]));
}
