use airgate_codec::eas::Moment;
use airgate_codec::zone::ZoneBlob;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

const EVENT: &str = "UID:1@example.com\r\nDTSTAMP:20260202T083000Z\r\nDTSTART:20260301T090000Z\r\n\
    DTEND:20260301T100000Z\r\nORGANIZER:mailto:ann@example.com\r\n";

fn invite(method: &str, event: &str) -> Option<Invitation> {
    invite_from(method, event, "\"Ann\" <ann@example.com>")
}

fn invite_from(method: &str, event: &str, from: &str) -> Option<Invitation> {
    let text = format!(
        "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n{event}END:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    read(&text, None, from)
}

fn read(text: &str, method: Option<&str>, from: &str) -> Option<Invitation> {
    let zone = TimeZone::get("Europe/Berlin").expect("in the database");
    let around = Around {
        account_address: "bob@example.org",
        time_zone: &zone,
        received: Moment(1_770_022_800_000),
        from: Some(from),
    };
    invitation(text.as_bytes(), method, &around)
}

fn request(event: &str) -> MeetingRequest {
    invite("REQUEST", event).expect("a meeting").request
}

#[test]
fn every_method_has_its_class() {
    for (method, attendee, class) in [
        ("REQUEST", "", Some("IPM.Schedule.Meeting.Request")),
        ("request", "", Some("IPM.Schedule.Meeting.Request")),
        ("PUBLISH", "", Some("IPM.Schedule.Meeting.Request")),
        ("ADD", "", Some("IPM.Schedule.Meeting.Request")),
        ("CANCEL", "", Some("IPM.Schedule.Meeting.Canceled")),
        ("COUNTER", "", Some("IPM.Schedule.Meeting.Resp.Tent")),
        (
            "REPLY",
            "PARTSTAT=ACCEPTED",
            Some("IPM.Schedule.Meeting.Resp.Pos"),
        ),
        (
            "REPLY",
            "PARTSTAT=Tentative",
            Some("IPM.Schedule.Meeting.Resp.Tent"),
        ),
        (
            "REPLY",
            "PARTSTAT=DECLINED",
            Some("IPM.Schedule.Meeting.Resp.Neg"),
        ),
        ("REPLY", "PARTSTAT=DELEGATED", None),
        ("REPLY", "CN=Ann", None),
        ("REPLY", "", None),
        ("REFRESH", "", None),
        ("DECLINECOUNTER", "", None),
        ("", "", None),
    ] {
        let attendee = match attendee {
            "" => String::new(),
            parameters => format!("ATTENDEE;{parameters}:mailto:ann@example.com\r\n"),
        };
        let found = invite(method, &format!("{EVENT}{attendee}"));
        assert_eq!(found.map(|found| found.class), class, "{method} {attendee}");
    }
}

/// The answer is that of the one who wrote, not of the first in the list.
#[test]
fn an_answer_is_the_senders() {
    let event = format!(
        "{EVENT}ATTENDEE;PARTSTAT=ACCEPTED:mailto:cem@example.com\r\n\
         ATTENDEE;PARTSTAT=DECLINED:MAILTO:Ann@Example.com\r\n"
    );
    let class = |from| invite_from("REPLY", &event, from).map(|found| found.class);
    assert_eq!(
        class("\"Ann\" <ann@example.com>"),
        Some("IPM.Schedule.Meeting.Resp.Neg")
    );
    assert_eq!(
        class("cem@example.com"),
        Some("IPM.Schedule.Meeting.Resp.Pos")
    );
    assert_eq!(
        class("dan@example.com"),
        Some("IPM.Schedule.Meeting.Resp.Pos")
    );
}

#[test]
fn without_an_id_or_a_start_there_is_no_meeting() {
    let long = "u".repeat(301);
    for event in [
        String::new(),
        EVENT.replace("UID:1@example.com", "UID:"),
        EVENT.replace("1@example.com", &long),
        EVENT.replace("DTSTART:20260301T090000Z", "DTSTART:soon"),
        EVENT.replace("DTSTART:20260301T090000Z\r\n", ""),
    ] {
        assert_eq!(invite("REQUEST", &event), None, "{event}");
    }
    // An answer needs no start.
    let bare = "UID:1@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@example.com\r\n";
    let reply = invite("REPLY", bare).expect("an answer").request;
    assert_eq!((reply.start, reply.end), (None, None));
    assert_eq!(reply.stamp, Moment(1_770_022_800_000));
    assert!(ZoneBlob::read(&reply.time_zone).is_some_and(|blob| blob.is_blank()));
    for text in [
        "",
        "BEGIN:VCALENDAR",
        "METHOD:REQUEST",
        "BEGIN:VCARD\r\nEND:VCARD",
    ] {
        assert_eq!(read(text, Some("REQUEST"), ""), None);
    }
}

#[test]
fn the_headers_method_counts() {
    let text = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{EVENT}END:VEVENT\r\nEND:VCALENDAR");
    assert_eq!(read(&text, None, ""), None);
    let found = read(&text, Some("Cancel"), "").expect("a meeting");
    assert_eq!(found.class, "IPM.Schedule.Meeting.Canceled");
}

#[test]
fn the_user_is_asked_if_the_invitation_says_so() {
    for (attendees, asked) in [
        ("ATTENDEE;RSVP=TRUE:mailto:bob@example.org\r\n", true),
        ("ATTENDEE;RSVP=true:MAILTO:BOB@EXAMPLE.ORG\r\n", true),
        (
            "ATTENDEE;RSVP=FALSE:mailto:bob@example.org\r\nATTENDEE;RSVP=TRUE:mailto:cem@example.com\r\n",
            false,
        ),
        ("ATTENDEE:mailto:bob@example.org\r\n", false),
        ("ATTENDEE;RSVP=TRUE:mailto:team@example.org\r\n", true),
        (
            "ATTENDEE;RSVP=TRUE;EMAIL=bob@example.org:/principals/bob/\r\n",
            true,
        ),
        ("", false),
    ] {
        let request = request(&format!("{EVENT}{attendees}"));
        assert_eq!(request.response_requested, Some(asked), "{attendees}");
    }
}

#[test]
fn a_meeting_is_when_it_says() {
    let hour = 3_600_000;
    let nine = Moment(1_772_355_600_000); // 2026-03-01T09:00:00Z
    for (times, start, length, all_day) in [
        (
            "DTSTART:20260301T090000Z\r\nDTEND:20260301T100000Z\r\n",
            nine.0,
            hour,
            false,
        ),
        (
            "DTSTART:20260301T090000Z\r\nDURATION:PT2H\r\n",
            nine.0,
            2 * hour,
            false,
        ),
        ("DTSTART:20260301T090000Z\r\n", nine.0, 0, false),
        (
            "DTSTART:20260301T090000Z\r\nDURATION:-PT2H\r\n",
            nine.0,
            0,
            false,
        ),
        (
            "DTSTART:20260301T090000Z\r\nDTEND;VALUE=DATE:20260302\r\n",
            nine.0,
            0,
            false,
        ),
        // Without a zone it is the user's: Berlin.
        (
            "DTSTART:20260301T100000\r\nDTEND:20260301T110000\r\n",
            nine.0,
            hour,
            false,
        ),
        (
            "DTSTART;TZID=Asia/Kathmandu:20260301T144500\r\nDTEND;TZID=Asia/Tokyo:20260301T190000\r\n",
            nine.0,
            hour,
            false,
        ),
        (
            "DTSTART;VALUE=DATE:20260301\r\n",
            nine.0 - 9 * hour,
            24 * hour,
            true,
        ),
        (
            "DTSTART;VALUE=DATE:20260301\r\nDTEND;VALUE=DATE:20260301\r\n",
            nine.0 - 9 * hour,
            24 * hour,
            true,
        ),
        (
            "DTSTART;VALUE=DATE:20260301\r\nDURATION:P3D\r\n",
            nine.0 - 9 * hour,
            72 * hour,
            true,
        ),
        // Whole days as Outlook once wrote them: midnights of Berlin are dates.
        (
            "DTSTART:20260301T000000\r\nDTEND:20260303T000000\r\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\n",
            nine.0 - 9 * hour,
            48 * hour,
            true,
        ),
        (
            "DTSTART:20260301T100000\r\nDTEND:20260301T110000\r\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\r\n",
            nine.0,
            hour,
            false,
        ),
    ] {
        let request = request(&format!("UID:1\r\n{times}"));
        assert_eq!(request.start, Some(Moment(start)), "{times}");
        assert_eq!(request.end, Some(Moment(start + length)), "{times}");
        assert_eq!(request.all_day, Some(all_day), "{times}");
        let blob = ZoneBlob::read(&request.time_zone).expect("a blob");
        assert!(!all_day || blob.is_blank(), "{times}");
    }
}

#[test]
fn s27_the_last_occurrence_is_the_same_moment() {
    let until = |start: &str, rule: &str| {
        let request = request(&format!("UID:1\r\n{start}\r\nRRULE:{rule}\r\n"));
        let recurrence = request.recurrence?;
        recurrence.until.map(|until| until.to_compact())
    };
    let berlin = "DTSTART;TZID=Europe/Berlin:20260302T090000";
    assert_eq!(
        until(berlin, "FREQ=DAILY;UNTIL=20260420T070000Z").as_deref(),
        Some("20260420T070000Z")
    );
    // In summer time by then.
    assert_eq!(
        until(berlin, "FREQ=DAILY;UNTIL=20260420T090000").as_deref(),
        Some("20260420T070000Z")
    );
    assert_eq!(
        until(berlin, "FREQ=DAILY;UNTIL=20260420").as_deref(),
        Some("20260420T070000Z")
    );
    assert_eq!(
        until("DTSTART;VALUE=DATE:20260302", "FREQ=DAILY;UNTIL=20260420").as_deref(),
        Some("20260420T000000Z")
    );
    assert_eq!(until(berlin, "FREQ=DAILY;COUNT=3;UNTIL=20260420"), None);
}

#[test]
fn which_occurrence_a_mail_is_about() {
    let of = |method: &str, more: &str| {
        let event = format!("{EVENT}{more}");
        let request = invite(method, &event).expect("a meeting").request;
        (request.instance_type, request.recurrence_id.is_some())
    };
    let id = "RECURRENCE-ID:20260301T080000Z\r\n";
    assert_eq!(of("REQUEST", ""), (Some(0), false));
    assert_eq!(of("REQUEST", "RRULE:FREQ=DAILY\r\n"), (Some(1), false));
    assert_eq!(of("REQUEST", "RRULE:FREQ=HOURLY\r\n"), (Some(0), false));
    assert_eq!(
        of("REQUEST", "RRULE:FREQ=DAILY\r\nRDATE:20270101T000000Z\r\n"),
        (Some(0), false)
    );
    assert_eq!(
        of("REQUEST", &format!("{id}SEQUENCE:1\r\n")),
        (Some(3), true)
    );
    assert_eq!(of("REQUEST", id), (Some(4), true));
    assert_eq!(of("CANCEL", id), (Some(2), true));
    // The series counts when both are there, wherever it stands.
    let both = format!("{EVENT}{id}END:VEVENT\r\nBEGIN:VEVENT\r\n{EVENT}RRULE:FREQ=DAILY\r\n");
    assert_eq!(
        invite("REQUEST", &both)
            .expect("a meeting")
            .request
            .instance_type,
        Some(1)
    );
}

#[test]
fn reminders_privacy_and_state() {
    let alarm =
        |lines: &str| request(&format!("{EVENT}BEGIN:VALARM\r\n{lines}END:VALARM\r\n")).reminder;
    assert_eq!(alarm("TRIGGER:-PT15M\r\n"), Some(900));
    assert_eq!(alarm("TRIGGER:PT0S\r\n"), Some(0));
    assert_eq!(alarm("TRIGGER:PT15M\r\n"), None);
    assert_eq!(alarm("TRIGGER;RELATED=END:-PT90M\r\n"), Some(1800));
    assert_eq!(
        alarm("TRIGGER;VALUE=DATE-TIME:20260301T083000Z\r\n"),
        Some(1800)
    );
    assert_eq!(alarm("TRIGGER:-P2D\r\n"), Some(64_800));
    assert_eq!(alarm("ACTION:EMAIL\r\nTRIGGER:-PT15M\r\n"), None);
    assert_eq!(
        alarm("TRIGGER:-PT5M\r\nEND:VALARM\r\nBEGIN:VALARM\r\nTRIGGER:-PT1H\r\n"),
        Some(3600)
    );
    for (lines, sensitivity, busy) in [
        ("", 0, 2),
        ("CLASS:private\r\nTRANSP:TRANSPARENT\r\n", 2, 0),
        ("CLASS:CONFIDENTIAL\r\nSTATUS:TENTATIVE\r\n", 3, 1),
        (
            "CLASS:X-PERSONAL\r\nX-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n",
            1,
            3,
        ),
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\r\nX-MICROSOFT-CDO-INTENDEDSTATUS:WORKINGELSEWHERE\r\n",
            0,
            4,
        ),
        ("X-MICROSOFT-CDO-BUSYSTATUS:MAYBE\r\n", 0, 2),
    ] {
        let request = request(&format!("{EVENT}{lines}"));
        assert_eq!(
            (request.sensitivity, request.busy_status),
            (Some(sensitivity), Some(busy)),
            "{lines}"
        );
    }
}

#[test]
fn places_have_names_and_coordinates() {
    let place = |lines: &str| {
        let place = request(&format!("{EVENT}{lines}")).location?;
        Some((
            place.display_name.unwrap_or_default(),
            place.latitude.zip(place.longitude),
        ))
    };
    let pair = |latitude: &str, longitude: &str| Some((latitude.to_owned(), longitude.to_owned()));
    assert_eq!(place(""), None);
    assert_eq!(place("LOCATION:\r\n"), None);
    assert_eq!(
        place("LOCATION:a\\nb\\, c\r\n"),
        Some(("a b, c".into(), None))
    );
    assert_eq!(
        place("LOCATION:x\r\nGEO:53.5;+9.9\r\n"),
        Some(("x".into(), pair("53.5", "9.9")))
    );
    assert_eq!(place("GEO:91;0\r\n"), None);
    assert_eq!(place("GEO:nan;inf\r\n"), None);
    let apple = "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=\"Bar, 2\":geo:1.5,-2.25\r\n";
    assert_eq!(place(apple), Some(("Bar, 2".into(), pair("1.5", "-2.25"))));
}

#[test]
fn what_the_organizer_wrote_is_kept_for_mails_without_text() {
    let words = |lines: &str| {
        invite("REQUEST", &format!("{EVENT}{lines}"))
            .expect("a meeting")
            .words
    };
    assert_eq!(words(""), None);
    assert_eq!(words("DESCRIPTION:\\n\r\nCOMMENT:c\r\n"), None);
    assert_eq!(words("DESCRIPTION:a\\nb\r\n").as_deref(), Some("a\nb"));
    assert_eq!(
        words("COMMENT:no\\, sorry\r\n").as_deref(),
        Some("no, sorry")
    );
    let html = words("X-ALT-DESC;FMTTYPE=text/html:<p>one<p>two\r\n").expect("words");
    assert!(html.contains("one") && html.contains("two") && !html.contains('<'));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// T19, T59: no calendar part brings a mail down.
    #[test]
    fn t19_any_part_ends(method in "(REQUEST|REPLY|COUNTER|CANCEL)", lines in proptest::collection::vec(
        "(DTSTART|DTEND|RRULE|RDATE|UID|BEGIN|END|TRIGGER|RECURRENCE-ID|GEO|TZID|SEQUENCE|X)(;TZID=[A-Z]{0,3})?:(VALARM|VEVENT|VTIMEZONE|2026[01][0-9][0-3][0-9]T[0-9]{6}Z?|FREQ=[A-Z]{5,8}LY;COUNT=[0-9]{1,11}|[ -~]{0,20})", 0..30))
    {
        let _ = invite(&method, &format!("{EVENT}{}\r\n", lines.join("\r\n")));
        let _ = invite(&method, &format!("{}\r\n", lines.join("\r\n")));
    }
}
