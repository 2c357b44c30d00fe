use super::*;

const SERIES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n\
BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n\
DTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:u1\r\n\
DTSTAMP:20260101T000000Z\r\nSEQUENCE:2\r\nSUMMARY:Plans\\, \r\n for the week\r\nLOCATION:Room 1\r\n\
DTSTART;TZID=Europe/Berlin:20260323T100000\r\nDTEND;TZID=Europe/Berlin:20260323T110000\r\n\
RRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE;TZID=Europe/Berlin:20260413T100000\r\n\
ORGANIZER;CN=Bob;SCHEDULE-STATUS=1.2:mailto:Bob@example.com\r\n\
ATTENDEE;CN=\"Alice A\";PARTSTAT=NEEDS-ACTION;RSVP=TRUE;X-OWN=1:MAILTO:alice@example.com\r\n\
ATTENDEE;PARTSTAT=ACCEPTED:mailto:carol@example.org\r\nX-KEPT;a=b:as it\r\n  stands\r\n\
BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// 2026-03-30 08:00 UTC: the second occurrence, the first in summer time.
const SECOND: Moment = Moment(1_774_857_600_000);

fn me() -> [String; 1] {
    ["alice@example.com".to_owned()]
}

static ZONE: TimeZone = TimeZone::UTC;

fn answer(choice: Choice, instance: Option<Moment>, me: &[String]) -> Answer<'_> {
    Answer {
        choice,
        me,
        zone: &ZONE,
        instance,
        now: 1_767_600_000,
    }
}

fn answered(choice: Choice, instance: Option<Moment>) -> Result<Option<String>, NoMeeting> {
    let me = me();
    let answer = answer(choice, instance, &me);
    let text = in_calendar(SERIES.as_bytes(), &answer)?;
    Ok(text.map(|text| String::from_utf8(text).unwrap()))
}

fn told(choice: Choice, instance: Option<Moment>, words: Words<'_>) -> Message {
    let me = me();
    let answer = answer(choice, instance, &me);
    to_organizer(SERIES.as_bytes(), &answer, words).unwrap()
}

/// What differs: lines gone and come, unfolded.
fn differences(text: &str) -> (Vec<String>, Vec<String>) {
    let lines = |text: &str| -> Vec<String> {
        let unfolded = text.replace("\r\n ", "");
        unfolded.lines().map(str::to_owned).collect()
    };
    let (old, new) = (lines(SERIES), lines(text));
    let not_in = |one: &[String], other: &[String]| {
        let mut other = other.to_vec();
        let mut missing = one.to_vec();
        missing.retain(|line| match other.iter().position(|have| have == line) {
            Some(at) => {
                other.remove(at);
                false
            }
            None => true,
        });
        missing
    };
    (not_in(&old, &new), not_in(&new, &old))
}

#[test]
fn s12_an_answer_changes_one_line_and_says_when() {
    for (choice, word) in [
        (Choice::Accepted, "ACCEPTED"),
        (Choice::Tentative, "TENTATIVE"),
    ] {
        let text = answered(choice, None).unwrap().unwrap();
        let (gone, come) = differences(&text);
        assert_eq!(gone.len(), 1, "{gone:?}");
        assert_eq!(
            come,
            [
                format!("ATTENDEE;CN=Alice A;X-OWN=1;PARTSTAT={word}:MAILTO:alice@example.com"),
                "X-MICROSOFT-CDO-REPLYTIME:20260105T080000Z".to_owned(),
            ]
        );
        assert!(
            text.contains("X-KEPT;a=b:as it\r\n  stands\r\n"),
            "to the octet"
        );
        // Answered again: nothing new.
        let again = Answer {
            choice,
            me: &["alice@example.com".to_owned()],
            zone: &TimeZone::UTC,
            instance: None,
            now: 1_767_700_000,
        };
        assert_eq!(
            in_calendar(text.as_bytes(), &again).unwrap().unwrap(),
            text.as_bytes()
        );
    }
    assert_eq!(
        answered(Choice::Declined, None),
        Ok(None),
        "a declined meeting goes"
    );
}

#[test]
fn s27_one_occurrence_is_answered_by_an_exception_of_its_own() {
    let text = answered(Choice::Tentative, Some(SECOND)).unwrap().unwrap();
    let (gone, come) = differences(&text);
    assert_eq!(gone, [""; 0]);
    for line in [
        "RECURRENCE-ID;TZID=Europe/Berlin:20260330T100000",
        "DTSTART;TZID=Europe/Berlin:20260330T100000",
        "DTEND;TZID=Europe/Berlin:20260330T110000",
        "ATTENDEE;CN=Alice A;X-OWN=1;PARTSTAT=TENTATIVE:MAILTO:alice@example.com",
    ] {
        assert!(come.iter().any(|came| came == line), "{line}: {come:?}");
    }
    assert!(
        !come
            .iter()
            .any(|line| line.starts_with("RRULE") || line.starts_with("EXDATE"))
    );
    let text = answered(Choice::Declined, Some(SECOND)).unwrap().unwrap();
    let (gone, come) = differences(&text);
    assert_eq!(gone, [""; 0]);
    assert_eq!(come, ["EXDATE;TZID=Europe/Berlin:20260330T100000"]);
}

#[test]
fn what_cannot_be_answered_is_said() {
    // An hour beside an occurrence, one that was taken out, one after the end.
    for at in [1_774_861_200_000, 1_776_067_200_000, 1_776_672_000_000] {
        let answer = answered(Choice::Accepted, Some(Moment(at)));
        assert_eq!(answer, Err(NoMeeting::NoOccurrence), "{at}");
    }
    let me = ["bob@example.com".to_owned()];
    let answer = Answer {
        choice: Choice::Accepted,
        me: &me,
        zone: &TimeZone::UTC,
        instance: None,
        now: 1_767_600_000,
    };
    assert_eq!(
        in_calendar(SERIES.as_bytes(), &answer),
        Err(NoMeeting::Organizer)
    );
    let single = SERIES.replace("RRULE:FREQ=WEEKLY;COUNT=4\r\n", "");
    let alice = ["alice@example.com".to_owned()];
    let one = Answer {
        me: &alice,
        instance: Some(SECOND),
        ..answer
    };
    assert_eq!(in_calendar(single.as_bytes(), &one), Err(NoMeeting::Single));
    for text in [
        "",
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ] {
        let answer = Answer {
            me: &alice,
            ..answer
        };
        assert_eq!(
            in_calendar(text.as_bytes(), &answer),
            Err(NoMeeting::Unreadable)
        );
    }
}

#[test]
fn who_was_invited_by_another_name_joins() {
    let me = ["al@example.com".to_owned(), "alias@example.com".to_owned()];
    let answer = Answer {
        choice: Choice::Accepted,
        me: &me,
        zone: &TimeZone::UTC,
        instance: None,
        now: 1_767_600_000,
    };
    let text = in_calendar(SERIES.as_bytes(), &answer).unwrap().unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:al@example.com\r\n"),
        "{text}"
    );
}

#[test]
fn a_reply_is_what_rfc_5546_asks_for() {
    let message = told(
        Choice::Accepted,
        None,
        Words {
            comment: Some("Gladly,\nA"),
            proposed: None,
        },
    );
    assert_eq!(
        (message.method, message.to.as_slice()),
        ("REPLY", &["bob@example.com".to_owned()][..])
    );
    assert_eq!(message.summary, "Plans, for the week");
    let text = String::from_utf8(message.text).unwrap();
    for line in [
        "METHOD:REPLY\r\n",
        "UID:u1\r\n",
        "SEQUENCE:2\r\n",
        "DTSTAMP:20260105T080000Z\r\n",
        "ORGANIZER;CN=Bob:mailto:Bob@example.com\r\n",
        "PARTSTAT=ACCEPTED:MAILTO:alice@example.com\r\n",
        "COMMENT:Gladly\\,\\nA\r\n",
        "DTSTART;TZID=Europe/Berlin:20260323T100000\r\n",
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    for absent in [
        "carol",
        "VALARM",
        "SCHEDULE-",
        "RRULE:FREQ=WEEKLY",
        "X-KEPT",
        "RSVP",
    ] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    let message = told(Choice::Declined, Some(SECOND), Words::default());
    let text = String::from_utf8(message.text).unwrap();
    assert!(
        text.contains("RECURRENCE-ID;TZID=Europe/Berlin:20260330T100000\r\n"),
        "{text}"
    );
    assert!(text.contains("PARTSTAT=DECLINED"), "{text}");
}

#[test]
fn a_proposal_is_a_counter_with_both_times() {
    let message = told(
        Choice::Tentative,
        None,
        Words {
            comment: None,
            proposed: Some((Moment(1_774_864_800_000), Moment(1_774_868_400_000))),
        },
    );
    assert_eq!(message.method, "COUNTER");
    let text = String::from_utf8(message.text).unwrap();
    for line in [
        "METHOD:COUNTER\r\n",
        "DTSTART:20260330T100000Z\r\n",
        "DTEND:20260330T110000Z\r\n",
        "X-MS-OLK-ORIGINALSTART;TZID=Europe/Berlin:20260323T100000\r\n",
        "LOCATION:Room 1\r\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn t27_words_end_no_line() {
    let message = told(
        Choice::Accepted,
        None,
        Words {
            comment: Some("x\r\nATTENDEE:mailto:eve@evil.test\r\nEND:VEVENT"),
            proposed: None,
        },
    );
    let text = String::from_utf8(message.text).unwrap();
    assert!(!text.contains("\nATTENDEE:mailto:eve"), "{text}");
    assert_eq!(text.matches("\r\nEND:VEVENT\r\n").count(), 1, "{text}");
}
