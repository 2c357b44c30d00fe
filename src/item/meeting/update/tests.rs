use super::*;

fn request(sequence: u32, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1\r\n\
         DTSTAMP:20260101T00000{sequence}Z\r\nSEQUENCE:{sequence}\r\nSUMMARY:Tea\r\n\
         DTSTART:20260323T100000Z\r\nDTEND:20260323T110000Z\r\n{more}\
         ORGANIZER:mailto:bob@example.com\r\n\
         ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.com\r\n\
         BEGIN:VALARM\r\nTRIGGER:-PT99M\r\nACTION:AUDIO\r\nEND:VALARM\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn taken(
    present: Option<&str>,
    text: &str,
    from: &str,
    me: &str,
) -> Result<Option<String>, NoMeeting> {
    let incoming = Incoming {
        text: text.as_bytes(),
        from,
        me: &[me.to_owned()],
        zone: &TimeZone::UTC,
    };
    let text = apply(present.map(str::as_bytes), &incoming)?;
    Ok(text.map(|text| String::from_utf8(text).unwrap()))
}

fn by_bob(present: Option<&str>, text: &str) -> Option<String> {
    taken(present, text, "bob@example.com", "alice@example.com").unwrap()
}

const MINE: &str = "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:DISPLAY\r\nEND:VALARM\r\n";

/// The invitation as Alice keeps it.
fn kept(sequence: u32) -> String {
    let text = by_bob(None, &request(sequence, "")).unwrap();
    let alarm = text.find("BEGIN:VALARM").unwrap()..text.find("END:VEVENT").unwrap();
    let mut text = text.replace("PARTSTAT=NEEDS-ACTION;RSVP=TRUE", "PARTSTAT=ACCEPTED");
    let alarm = text.find("BEGIN:VALARM").unwrap()
        ..alarm.end - alarm.start + text.find("BEGIN:VALARM").unwrap();
    text.replace_range(alarm, &format!("CATEGORIES:Mine\r\n{MINE}"));
    text
}

#[test]
fn an_invitation_is_kept_as_it_came_without_its_method() {
    let text = by_bob(None, &request(0, "X-ODD;a=1:b\r\n")).unwrap();
    assert_eq!(
        text,
        request(0, "X-ODD;a=1:b\r\n").replace("METHOD:REQUEST\r\n", "")
    );
}

#[test]
fn s12_an_update_keeps_what_is_the_users_own() {
    let text = by_bob(Some(&kept(1)), &request(2, "LOCATION:Hall\r\n")).unwrap();
    for line in [
        "LOCATION:Hall\r\n",
        "SEQUENCE:2\r\n",
        "CATEGORIES:Mine\r\n",
        MINE,
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    assert!(
        text.contains("NEEDS-ACTION"),
        "planned anew, so asked anew: {text}"
    );
    assert!(!text.contains("PT99M"), "{text}");
    // The same plan sent again (to somebody added): the answer stands.
    let later = request(1, "LOCATION:Hall\r\n").replace("000001Z", "000009Z");
    let text = by_bob(Some(&kept(1)), &later).unwrap();
    assert!(text.contains("PARTSTAT=ACCEPTED"), "{text}");
}

#[test]
fn what_is_old_or_from_somebody_else_changes_nothing() {
    assert_eq!(by_bob(Some(&kept(2)), &request(1, "")), None);
    for method in ["REQUEST", "CANCEL"] {
        let text = request(9, "").replace("REQUEST", method);
        let eve = taken(Some(&kept(1)), &text, "eve@evil.test", "alice@example.com");
        assert_eq!(eve, Ok(None), "{method}");
        // He says that he is the organizer now.
        let text = text.replace("bob@example.com", "eve@evil.test");
        let eve = taken(Some(&kept(1)), &text, "eve@evil.test", "alice@example.com");
        assert_eq!(eve, Ok(None), "{method}");
    }
    // Nobody can invite a user in his own name.
    let own = request(0, "").replace("bob@example.com", "alice@example.com");
    assert_eq!(
        taken(None, &own, "alice@example.com", "alice@example.com"),
        Ok(None)
    );
    let alien = request(0, "").replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:u2\r\nEND:VEVENT\r\nEND:VCALENDAR",
    );
    assert_eq!(
        taken(None, &alien, "bob@example.com", "alice@example.com"),
        Err(NoMeeting::Unreadable)
    );
}

#[test]
fn s9_a_cancelled_meeting_stays_and_says_so() {
    let cancel = request(3, "STATUS:CANCELLED\r\n").replace("REQUEST", "CANCEL");
    let text = by_bob(Some(&kept(1)), &cancel).unwrap();
    assert_eq!(
        text,
        kept(1)
            .replace(MINE, &format!("STATUS:CANCELLED\r\n{MINE}"))
            .replace("000001Z", "000003Z")
            .replace("SEQUENCE:1", "SEQUENCE:3")
    );
    // The update of before it, come late, brings nothing back; a new plan does.
    assert_eq!(by_bob(Some(&text), &request(2, "LOCATION:Hall\r\n")), None);
    let again = by_bob(Some(&text), &request(4, "LOCATION:Hall\r\n")).unwrap();
    assert!(!again.contains("CANCELLED"), "{again}");
    // A cancellation that a new plan overtook.
    assert_eq!(by_bob(Some(&kept(4)), &cancel), None);
    assert_eq!(by_bob(Some(&text), &cancel), None, "again: nothing new");
    assert_eq!(by_bob(None, &cancel), None);
}

#[test]
fn one_occurrence_is_cancelled_and_moved() {
    let series = kept(1).replace("SUMMARY", "RRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY");
    let one = |method: &str, id: &str, start: &str| {
        request(1, &format!("RECURRENCE-ID:{id}\r\n"))
            .replace("REQUEST", method)
            .replace("DTSTART:20260323", &format!("DTSTART:{start}"))
            .replace("DTEND:20260323", &format!("DTEND:{start}"))
    };
    let text = by_bob(
        Some(&series),
        &one("CANCEL", "20260324T100000Z", "20260324"),
    )
    .unwrap();
    assert_eq!(text.matches("STATUS:CANCELLED").count(), 1);
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
    assert!(text.contains("RECURRENCE-ID:20260324T100000Z"), "{text}");
    assert_eq!(
        by_bob(
            Some(&series),
            &one("CANCEL", "20260401T100000Z", "20260401")
        ),
        None
    );
    let text = by_bob(
        Some(&series),
        &one("REQUEST", "20260325T100000Z", "20260330"),
    )
    .unwrap();
    assert!(text.contains("DTSTART:20260330T100000Z"), "{text}");
    assert!(
        text.contains("RRULE:FREQ=DAILY;COUNT=5"),
        "the series stays: {text}"
    );
}

#[test]
fn an_answer_counts_from_the_attendee_alone() {
    let own = kept(1).replace("bob@", "boss@").replace("alice@", "carol@");
    let reply = |from: &str| {
        request(1, "")
            .replace("METHOD:REQUEST", "METHOD:REPLY")
            .replace("bob@example.com", "boss@example.com")
            .replace("NEEDS-ACTION;RSVP=TRUE", "DECLINED")
            .replace("alice@example.com", from)
    };
    let by = |from: &str| {
        taken(
            Some(&own),
            &reply("carol@example.com"),
            from,
            "boss@example.com",
        )
    };
    let text = by("carol@example.com").unwrap().unwrap();
    assert_eq!(
        text.replace("\r\n ", ""),
        own.replace(
            "PARTSTAT=ACCEPTED",
            "PARTSTAT=DECLINED;X-MS-OLK-RESPTIME=20260101T000001Z"
        )
    );
    assert_eq!(by("eve@evil.test"), Ok(None));
    let crasher = taken(
        Some(&own),
        &reply("eve@evil.test"),
        "eve@evil.test",
        "boss@example.com",
    );
    assert_eq!(
        crasher,
        Ok(None),
        "who was not invited does not come in by answering"
    );
    assert_eq!(
        taken(
            Some(&own),
            &reply("carol@example.com"),
            "carol@example.com",
            "alice@example.com"
        ),
        Ok(None),
        "only in the organizer's calendar"
    );
}

#[test]
fn answers_count_in_the_order_they_were_given_in() {
    let own = kept(1).replace("bob@", "boss@").replace("alice@", "carol@");
    let reply = |method: &str, word: &str, second: u32| {
        request(1, "")
            .replace("METHOD:REQUEST", &format!("METHOD:{method}"))
            .replace("bob@example.com", "boss@example.com")
            .replace("alice@example.com", "carol@example.com")
            .replace("NEEDS-ACTION;RSVP=TRUE", word)
            .replace("000001Z", &format!("0000{second:02}Z"))
    };
    let answer = |present: &str, text: &str| {
        taken(Some(present), text, "carol@example.com", "boss@example.com").unwrap()
    };
    let text = answer(&own, &reply("REPLY", "DECLINED", 20)).unwrap();
    assert_eq!(
        answer(&text, &reply("REPLY", "TENTATIVE", 10)),
        None,
        "overtaken"
    );
    assert_eq!(
        answer(&text, &reply("REPLY", "DECLINED", 20)),
        None,
        "again"
    );
    // A proposal is an answer; the times are the organizer's.
    let proposal = reply("COUNTER", "TENTATIVE", 30).replace("T100000Z", "T150000Z");
    let text = answer(&text, &proposal).unwrap();
    assert!(text.contains("PARTSTAT=TENTATIVE"), "{text}");
    assert!(text.contains("DTSTART:20260323T100000Z"), "{text}");
    // One to a plan that was given up.
    let planned = own.replace("SEQUENCE:1", "SEQUENCE:2");
    assert_eq!(answer(&planned, &reply("REPLY", "DECLINED", 40)), None);
}

/// A declined occurrence is gone from the calendar: only what was planned anew asks again.
#[test]
fn what_was_declined_stays_declined_until_it_is_planned_anew() {
    let weekly = "RRULE:FREQ=WEEKLY\r\n";
    let series = by_bob(None, &request(1, weekly)).unwrap();
    let mine = series.replace(
        "RRULE:FREQ=WEEKLY\r\n",
        "RRULE:FREQ=WEEKLY\r\nEXDATE:20260330T100000Z,20260406T100000Z\r\n",
    );
    let one = |sequence, place: &str| {
        request(
            sequence,
            &format!("RECURRENCE-ID:20260330T100000Z\r\nLOCATION:{place}\r\n"),
        )
    };
    assert_eq!(by_bob(Some(&mine), &one(1, "Hall")), None, "no stays no");
    let again = by_bob(Some(&mine), &one(2, "Hall")).expect("asked again");
    assert!(again.contains("EXDATE:20260406T100000Z\r\n"), "{again}");
    assert!(again.contains("RECURRENCE-ID:20260330T100000Z"), "{again}");
    // The series in the same plan keeps what was taken out of it, another plan asks anew.
    let same = by_bob(
        Some(&mine),
        &request(1, &format!("{weekly}LOCATION:Hall\r\n")),
    );
    let same = same.expect("an update");
    assert!(
        same.contains("LOCATION:Hall") && same.contains("EXDATE:20260330T100000Z,20260406T100000Z"),
        "{same}"
    );
    let said = format!("{weekly}EXDATE:20260330T100000Z,20260406T100000Z\r\n");
    let said = by_bob(
        Some(&mine),
        &request(1, &format!("{said}LOCATION:Hall\r\n")),
    );
    assert_eq!(said.expect("an update").matches("EXDATE").count(), 1);
    let anew = by_bob(Some(&mine), &request(2, weekly)).expect("another plan");
    assert!(!anew.contains("EXDATE"), "{anew}");
}

#[test]
fn an_occurrence_of_a_plan_that_was_given_up_stays_out() {
    let series = kept(2).replace("SUMMARY", "RRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY");
    let one = |sequence: u32| request(sequence, "RECURRENCE-ID:20260325T100000Z\r\n");
    assert_eq!(by_bob(Some(&series), &one(1)), None);
    assert!(by_bob(Some(&series), &one(2)).is_some());
}

#[test]
fn t18_anything_ends_in_an_answer_or_an_error() {
    for text in [
        "",
        "BEGIN:VCALENDAR",
        "METHOD:REQUEST",
        &"BEGIN:VEVENT\r\n".repeat(99),
    ] {
        assert!(taken(Some(&kept(1)), text, "a@b", "c@d").is_err(), "{text}");
    }
    assert!(concerns(request(0, "").as_bytes()));
    assert!(!concerns(kept(0).as_bytes()));
}
