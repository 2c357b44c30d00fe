//! Series that EAS has no words for, as time goes by.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::Event;
use airgate_codec::eas::{Moment, Said};

use super::support::{Phone, VERSIONS, at, calendar, difference, show};

/// What a phone is told at a moment, and when it is to be told again.
fn told(phone: &mut Phone, text: &str, now: &str) -> (Event, Option<String>) {
    phone.now = at(now);
    let rendered = phone.render(text.as_bytes());
    let renew = rendered
        .renew
        .map(|seconds| Moment(seconds * 1000).to_compact());
    (Event::from_raw(&rendered.data).expect("ours"), renew)
}

fn last_told(event: &Event) -> Option<String> {
    let Said::Value(recurrence) = &event.recurrence else {
        return event.start.map(Moment::to_compact);
    };
    recurrence.until.map(Moment::to_compact)
}

#[test]
fn a_series_is_told_anew_before_its_end_is_reached() {
    let first_and_third = calendar(&[
        "SUMMARY:First and third Monday",
        "DTSTART;TZID=Europe/Berlin:20250106T090000",
        "DTEND;TZID=Europe/Berlin:20250106T100000",
        "RRULE:FREQ=MONTHLY;BYDAY=1MO,3MO",
    ]);
    for version in VERSIONS {
        let mut phone = Phone::new(version);
        let (event, renew) = told(&mut phone, &first_and_third, "20260224T101500Z");
        assert_eq!(last_told(&event).as_deref(), Some("20280117T080000Z"));
        // Half-way to the last that is told.
        assert_eq!(renew.as_deref(), Some("20270205T090730Z"), "{version}");
        let (event, again) = told(&mut phone, &first_and_third, "20270205T090730Z");
        assert_eq!(last_told(&event).as_deref(), Some("20290115T080000Z"));
        assert!(again > renew, "{again:?}");
    }
    // What ends is told to its end, once.
    let ends = first_and_third.replace("1MO,3MO", "1MO,3MO;UNTIL=20271231T000000Z");
    let mut phone = Phone::new(ProtocolVersion::V16_1);
    let (event, renew) = told(&mut phone, &ends, "20260224T101500Z");
    assert_eq!(last_told(&event).as_deref(), Some("20271220T080000Z"));
    assert_eq!(renew, None);
    // One that EAS can say is told for good.
    let plain = first_and_third.replace("BYDAY=1MO,3MO", "BYDAY=1MO");
    assert_eq!(told(&mut phone, &plain, "20260224T101500Z").1, None);
}

#[test]
fn the_one_occurrence_that_is_told_gives_way_to_the_next() {
    let excepted = calendar(&[
        "SUMMARY:But for some",
        "DTSTART;TZID=Europe/Berlin:20100101T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY",
        "EXRULE:FREQ=DAILY;INTERVAL=7",
    ]);
    let mut phone = Phone::new(ProtocolVersion::V14_1);
    let (event, renew) = told(&mut phone, &excepted, "20260224T081500Z");
    assert_eq!(last_told(&event).as_deref(), Some("20260224T080000Z"));
    assert_eq!(
        renew.as_deref(),
        Some("20260224T090001Z"),
        "when it is over"
    );
    let (event, renew) = told(&mut phone, &excepted, "20260224T090001Z");
    assert_eq!(last_told(&event).as_deref(), Some("20260225T080000Z"));
    assert_eq!(renew.as_deref(), Some("20260225T090001Z"));

    // No phone is woken every ten minutes.
    let often = calendar(&[
        "SUMMARY:Very often",
        "DTSTART:20100101T090000Z",
        "DURATION:PT5M",
        "RRULE:FREQ=MINUTELY;INTERVAL=10",
    ]);
    let (event, renew) = told(&mut phone, &often, "20260224T081500Z");
    assert_eq!(last_told(&event).as_deref(), Some("20260224T081000Z"));
    assert_eq!(renew.as_deref(), Some("20260224T091500Z"));

    // After the last nothing comes.
    let ended = often.replace("INTERVAL=10", "INTERVAL=10;UNTIL=20100101T100000Z");
    let (event, renew) = told(&mut phone, &ended, "20260224T081500Z");
    assert_eq!(last_told(&event).as_deref(), Some("20100101T100000Z"));
    assert_eq!(renew, None);
    let few = often.replace("INTERVAL=10", "INTERVAL=10;COUNT=3");
    let (event, _) = told(&mut phone, &few, "20260224T081500Z");
    assert_eq!(last_told(&event).as_deref(), Some("20100101T092000Z"));
}

/// RFC 5545 3.8.5.2: an RDATE may say itself how long it lasts.
#[test]
fn an_rdate_with_a_period_lasts_as_long_as_it_says() {
    let text = calendar(&[
        "SUMMARY:Mostly an hour",
        "DTSTART;TZID=Europe/Berlin:20260302T090000",
        "DTEND;TZID=Europe/Berlin:20260302T100000",
        "RDATE;TZID=Europe/Berlin:20260309T090000",
        "RDATE;VALUE=PERIOD:20260316T080000Z/20260316T110000Z,20260323T080000Z/PT30M",
    ]);
    for version in VERSIONS {
        let phone = Phone::new(version);
        let event = phone.see(text.as_bytes());
        let own: Vec<_> = event.exceptions.iter().flatten().collect();
        assert_eq!(
            own.iter()
                .map(|own| (own.at, own.deleted, own.changes.end))
                .collect::<Vec<_>>(),
            [
                (
                    Some(at("20260316T080000Z")),
                    false,
                    Some(at("20260316T110000Z"))
                ),
                (
                    Some(at("20260323T080000Z")),
                    false,
                    Some(at("20260323T083000Z"))
                ),
            ],
            "{version}"
        );
        assert_eq!(
            (event.start, event.end),
            (Some(at("20260302T080000Z")), Some(at("20260302T090000Z")))
        );
    }
    // An old phone says all exceptions again when it deletes one: the others stay as they are.
    let edited = Phone::new(ProtocolVersion::V14_1).change(&text, |event| {
        for exception in event.exceptions.iter_mut().flatten() {
            if exception.at == Some(at("20260316T080000Z")) {
                exception.deleted = true;
                exception.changes = Event::default();
            }
        }
    });
    let lines = difference(text.as_bytes(), &edited.text);
    assert!(
        lines.contains("+EXDATE;TZID=Europe/Berlin:20260316T090000"),
        "{lines}"
    );
    assert!(!lines.contains("RECURRENCE-ID"), "{lines}");
    // One that is over is told as long as it was, too.
    let single = calendar(&[
        "SUMMARY:Once more",
        "DTSTART:20250302T090000Z",
        "DTEND:20250302T100000Z",
        "RDATE;VALUE=PERIOD:20250316T080000Z/PT3H",
    ]);
    let event = Phone::new(ProtocolVersion::V14_1).see(single.as_bytes());
    assert_eq!(event.end, Some(at("20250316T110000Z")));
}

/// RFC 5546 3.2.1: what is published names who published it and invites nobody.
#[test]
fn an_event_that_names_an_organizer_and_nobody_invited_is_no_meeting() {
    let text = calendar(&[
        "SUMMARY:Published",
        "DTSTART:20260302T090000Z",
        "DTEND:20260302T100000Z",
        "ORGANIZER;CN=Carol:mailto:carol@example.org",
    ]);
    for version in VERSIONS {
        let phone = Phone::new(version);
        let event = phone.see(text.as_bytes());
        assert_eq!(event.meeting_status, Some(0), "{version}");
        assert_eq!(event.organizer_email.as_deref(), Some("carol@example.org"));
        let edited = phone.change(&text, |event| event.subject = Some("Mine".into()));
        assert!(!edited.lost && show(&edited.text).contains("SUMMARY:Mine"));
        assert!(show(&edited.text).contains("ORGANIZER;CN=Carol"));
    }
}

/// A daily series of more than ten years: what is an occurrence today is known, and stays so.
#[test]
fn t18_exceptions_of_a_very_old_series_stay_when_it_changes() {
    let text = calendar(&[
        "SUMMARY:Every day",
        "DTSTART;TZID=Europe/Berlin:20050102T090000",
        "DTEND;TZID=Europe/Berlin:20050102T100000",
        "RRULE:FREQ=DAILY",
        "EXDATE;TZID=Europe/Berlin:20260302T090000",
    ]);
    let edited = Phone::new(ProtocolVersion::V14_1).change(&text, |event| {
        event.end = Some(at("20050102T093000Z"));
    });
    let made = show(&edited.text);
    assert!(
        made.contains("EXDATE;TZID=Europe/Berlin:20260302T090000"),
        "{made}"
    );
}
