use super::*;

fn event(more: &str, guests: &[&str]) -> String {
    let guests: String = guests
        .iter()
        .map(|guest| format!("ATTENDEE;RSVP=TRUE:mailto:{guest}\r\n"))
        .collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:u1\r\n\
         DTSTAMP:20260101T000000Z\r\nSUMMARY:Tea\r\nDTSTART:20260323T100000Z\r\n{more}\
         ORGANIZER:mailto:Alice@example.com\r\n{guests}\
         BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:DISPLAY\r\nEND:VALARM\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn with<T>(work: impl FnOnce(&Organizer<'_>) -> T) -> T {
    let me = ["alice@example.com".to_owned()];
    work(&Organizer {
        me: &me,
        zone: &TimeZone::UTC,
        now: 1_767_600_000,
    })
}

/// Method and recipients of each message.
fn told(before: Option<&str>, after: Option<&str>) -> Vec<(&'static str, String)> {
    let messages =
        with(|organizer| organizer.messages(before.map(str::as_bytes), after.map(str::as_bytes)));
    let messages = messages.unwrap();
    messages
        .iter()
        .map(|message| (message.method, message.to.join(" ")))
        .collect()
}

#[test]
fn those_who_must_know_are_told_and_no_others() {
    let (bob, both) = (
        ["bob@example.com"],
        ["bob@example.com", "carol@example.org"],
    );
    let alone = event("", &[]);
    let one = event("", &bob);
    let two = event("", &both);
    let moved = event("LOCATION:Hall\r\n", &both);
    let touched = two
        .replace("PT5M", "PT9M")
        .replace("RSVP=TRUE:mailto:bob", "PARTSTAT=ACCEPTED:mailto:bob");
    for (before, after, expected) in [
        (None, Some(&alone), vec![]),
        (
            None,
            Some(&two),
            vec![("REQUEST", "bob@example.com carol@example.org")],
        ),
        (
            Some(&alone),
            Some(&one),
            vec![("REQUEST", "bob@example.com")],
        ),
        (
            Some(&one),
            Some(&two),
            vec![("REQUEST", "carol@example.org")],
        ),
        (
            Some(&two),
            Some(&moved),
            vec![("REQUEST", "bob@example.com carol@example.org")],
        ),
        (Some(&two), Some(&touched), vec![]),
        (
            Some(&two),
            Some(&one),
            vec![("CANCEL", "carol@example.org")],
        ),
        (
            Some(&two),
            Some(&alone),
            vec![("CANCEL", "bob@example.com carol@example.org")],
        ),
        (
            Some(&two),
            None,
            vec![("CANCEL", "bob@example.com carol@example.org")],
        ),
        (Some(&alone), None, vec![]),
    ] {
        let told = told(before.map(String::as_str), after.map(String::as_str));
        let expected: Vec<(&str, String)> = expected
            .into_iter()
            .map(|(method, to): (&str, &str)| (method, to.to_owned()))
            .collect();
        assert_eq!(told, expected, "{before:?} {after:?}");
    }
    // Somebody else's meeting is his to announce.
    let others = two.replace("Alice@example.com", "boss@example.com");
    assert_eq!(told(Some(&others), None), []);
    assert_eq!(told(None, Some(&others)), []);
}

#[test]
fn an_invitation_holds_nothing_private_and_a_cancellation_says_so() {
    let text = event("", &["bob@example.com"]);
    let text = text.replace("RSVP=TRUE", "RSVP=TRUE;SCHEDULE-AGENT=CLIENT");
    let messages = with(|o| o.messages(None, Some(text.as_bytes()))).unwrap();
    let sent = String::from_utf8(messages[0].text.clone()).unwrap();
    assert!(sent.contains("METHOD:REQUEST\r\n"), "{sent}");
    assert!(sent.contains("DTSTAMP:20260105T080000Z\r\n"), "{sent}");
    assert!(
        !sent.contains("VALARM") && !sent.contains("SCHEDULE"),
        "{sent}"
    );
    let messages = with(|o| o.messages(Some(text.as_bytes()), None)).unwrap();
    let sent = String::from_utf8(messages[0].text.clone()).unwrap();
    for line in [
        "METHOD:CANCEL\r\n",
        "STATUS:CANCELLED\r\n",
        "SEQUENCE:1\r\n",
    ] {
        assert!(sent.contains(line), "{line}{sent}");
    }
    // Of those who go, the message names only them.
    let two = event("", &["bob@example.com", "carol@example.org"]);
    let one = event("", &["bob@example.com"]);
    let messages = with(|o| o.messages(Some(two.as_bytes()), Some(one.as_bytes()))).unwrap();
    let sent = String::from_utf8(messages[0].text.clone()).unwrap();
    assert!(sent.contains("carol") && !sent.contains("bob"), "{sent}");
}

#[test]
fn a_change_that_others_must_know_gets_the_next_number() {
    let two = event("SEQUENCE:4\r\n", &["bob@example.com"]);
    let moved = two.replace("T100000Z", "T110000Z");
    let numbered = |before: &str, after: &str| {
        let text = with(|o| o.sequenced(before.as_bytes(), after.as_bytes())).unwrap();
        String::from_utf8(text).unwrap()
    };
    assert_eq!(
        numbered(&two, &moved),
        moved.replace("SEQUENCE:4", "SEQUENCE:5")
    );
    let touched = two.replace("PT5M", "PT9M");
    assert_eq!(numbered(&two, &touched), touched);
    let done = moved.replace("SEQUENCE:4", "SEQUENCE:9");
    assert_eq!(numbered(&two, &done), done);
    let alone = event("", &[]);
    assert_eq!(numbered(&alone, &moved), moved);
}

#[test]
fn a_server_is_silenced_for_the_others_and_speaks_again() {
    let me = ["alice@example.com".to_owned()];
    let text = event("", &["bob@example.com", "alice@example.com"]);
    let silent = silenced(text.as_bytes(), &me).unwrap();
    let silent = String::from_utf8(silent).unwrap();
    assert!(
        silent.contains("ATTENDEE;RSVP=TRUE;SCHEDULE-AGENT=CLIENT:mailto:bob"),
        "{silent}"
    );
    assert_eq!(silent.matches("SCHEDULE-AGENT").count(), 1, "{silent}");
    assert_eq!(silenced(silent.as_bytes(), &me).unwrap(), silent.as_bytes());
    assert_eq!(unsilenced(silent.as_bytes()).unwrap(), text.as_bytes());
    // An attendee silences the organizer's line.
    let bob = ["bob@example.com".to_owned()];
    let silent = String::from_utf8(silenced(text.as_bytes(), &bob).unwrap()).unwrap();
    assert!(
        silent.contains("ORGANIZER;SCHEDULE-AGENT=CLIENT:"),
        "{silent}"
    );
}

#[test]
fn t27_a_forward_invites_more_people_and_says_nothing_else() {
    let text = event("", &["bob@example.com"]).replace("Alice@", "boss@");
    let more = [("dan@example.net".to_owned(), Some("Dan\r\nX:y".to_owned()))];
    let message = with(|o| o.forward(text.as_bytes(), None, &more)).unwrap();
    let sent = String::from_utf8(message.text).unwrap();
    assert_eq!(message.to, ["dan@example.net"]);
    assert!(
        sent.contains("ORGANIZER:mailto:boss@example.com\r\n"),
        "{sent}"
    );
    assert!(
        sent.replace("\r\n ", "")
            .contains(":mailto:dan@example.net\r\n"),
        "{sent}"
    );
    assert!(!sent.contains("\nX:y"), "{sent}");
    assert!(is_meeting(text.as_bytes()) && !is_meeting(event("", &[]).as_bytes()));
}

/// A daily series with occurrences of their own, each with its guests.
fn series(more: &str, guests: &[&str], own: &[(&str, &str, &[&str])]) -> String {
    let mut text = event(&format!("RRULE:FREQ=DAILY;COUNT=9\r\n{more}"), guests);
    let plain = event("", &[]);
    let start = plain.find("BEGIN:VEVENT").unwrap();
    let end = plain.find("END:VCALENDAR").unwrap();
    for (at, more, guests) in own {
        let one = event(&format!("RECURRENCE-ID:{at}\r\n{more}"), guests)
            .replace("DTSTART:20260323T100000Z", &format!("DTSTART:{at}"));
        let length = one.len() - (plain.len() - end);
        text.insert_str(text.len() - "END:VCALENDAR\r\n".len(), &one[start..length]);
    }
    text
}

const BOB: &str = "bob@example.com";
const CAROL: &str = "carol@example.org";
const THIRD: &str = "20260325T100000Z";

/// Method, recipients, and which parts are told.
fn parts(before: &str, after: &str) -> Vec<(&'static str, String, Vec<String>)> {
    let messages = with(|o| o.messages(Some(before.as_bytes()), Some(after.as_bytes()))).unwrap();
    let all = messages.into_iter().map(|message| {
        let text = String::from_utf8(message.text).unwrap();
        let parts = text.split("BEGIN:VEVENT").skip(1).map(|part| {
            let id = part.lines().find(|line| line.starts_with("RECURRENCE-ID"));
            id.unwrap_or("series").to_owned()
        });
        (message.method, message.to.join(" "), parts.collect())
    });
    all.collect()
}

#[test]
fn one_occurrence_is_told_of_by_itself() {
    let both = [BOB, CAROL];
    let id = format!("RECURRENCE-ID:{THIRD}");
    let all = format!("{BOB} {CAROL}");
    let plain = series("", &both, &[]);
    let named = series("", &both, &[(THIRD, "LOCATION:Hall\r\n", &both)]);
    let alone = |method, to: &str| vec![(method, to.to_owned(), vec![id.clone()])];
    assert_eq!(parts(&plain, &named), alone("REQUEST", &all));
    // Left out, or cancelled.
    let without = series(&format!("EXDATE:{THIRD}\r\n"), &both, &[]);
    assert_eq!(parts(&plain, &without), alone("CANCEL", &all));
    assert_eq!(parts(&named, &without), alone("CANCEL", &all));
    let cancelled = series("", &both, &[(THIRD, "STATUS:CANCELLED\r\n", &both)]);
    assert_eq!(parts(&plain, &cancelled), alone("CANCEL", &all));
    assert_eq!(parts(&cancelled, &without), [], "they know");
    // There again.
    assert_eq!(parts(&without, &named), alone("REQUEST", &all));
    // One more, or one less, on that day.
    let less = series("", &both, &[(THIRD, "", &[BOB])]);
    assert_eq!(parts(&plain, &less), alone("CANCEL", CAROL));
    let one = series("", &[BOB], &[]);
    let more = series("", &[BOB], &[(THIRD, "", &both)]);
    assert_eq!(parts(&one, &more), alone("REQUEST", CAROL));
    // What is the user's own is nobody's business.
    let quiet = series("", &both, &[(THIRD, "CATEGORIES:Mine\r\n", &both)]);
    assert_eq!(parts(&plain, &quiet), []);
    // As it was planned at first: the whole of it says so.
    let whole = parts(&named, &plain);
    assert_eq!(whole, [("REQUEST", all.clone(), vec!["series".to_owned()])]);
    // A new plan for all is one message, to each with the parts he is invited to.
    let moved = more.replace("SUMMARY:Tea", "SUMMARY:Coffee");
    assert_eq!(
        parts(&more, &moved),
        [
            (
                "REQUEST",
                BOB.to_owned(),
                vec!["series".to_owned(), id.clone()]
            ),
            ("REQUEST", CAROL.to_owned(), vec![id.clone()]),
        ]
    );
}

#[test]
fn an_occurrence_somebody_is_not_invited_to_is_none_of_his() {
    let before = series("", &[BOB], &[]);
    let after = series("", &[BOB, CAROL], &[(THIRD, "", &[BOB])]);
    let messages = with(|o| o.messages(Some(before.as_bytes()), Some(after.as_bytes()))).unwrap();
    let [message] = messages.try_into().unwrap();
    assert_eq!(message.to, [CAROL]);
    let text = String::from_utf8(message.text).unwrap();
    assert!(text.contains(&format!("EXDATE:{THIRD}\r\n")), "{text}");
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 1, "{text}");
    // Above any cancellation he may have been sent.
    assert!(text.contains("SEQUENCE:1\r\n"), "{text}");
}

#[test]
fn a_cancelled_meeting_is_cancelled_once() {
    let plain = event("", &[BOB]);
    let off = event("STATUS:CANCELLED\r\n", &[BOB]);
    assert_eq!(told(Some(&plain), Some(&off)), [("CANCEL", BOB.to_owned())]);
    assert_eq!(told(Some(&off), None), []);
}

#[test]
fn only_what_changed_gets_the_next_number() {
    let both = [BOB, CAROL];
    let plain = series("SEQUENCE:4\r\n", &both, &[]);
    let named = series(
        "SEQUENCE:4\r\n",
        &both,
        &[(THIRD, "SEQUENCE:4\r\nLOCATION:Hall\r\n", &both)],
    );
    let numbers = |before: &str, after: &str| -> Vec<String> {
        let text = with(|o| o.sequenced(before.as_bytes(), after.as_bytes())).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("SEQUENCE:"));
        lines.map(str::to_owned).collect()
    };
    // Else an answer to the series would look like one to an older plan.
    assert_eq!(numbers(&plain, &named), ["4", "5"]);
    let moved = named.replace("SUMMARY:Tea", "SUMMARY:Coffee");
    assert_eq!(numbers(&named, &moved), ["5", "5"]);
    let without = series(&format!("SEQUENCE:4\r\nEXDATE:{THIRD}\r\n"), &both, &[]);
    assert_eq!(numbers(&plain, &without), ["4"]);
}
