//! Files of events: told, fetched, added and taken away.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Said;
use airgate_codec::eas::calendar::Event;
use airgate_codec::eas::email::{Attachment, AttachmentAdd, AttachmentChange};

use super::support::{Phone, VERSIONS, at, calendar, difference, show};
use crate::item::event;
use crate::item::object::{Edit, File};

const FILES: &[&str] = &[
    "SUMMARY:Plan",
    "DTSTART:20260302T080000Z",
    "DTEND:20260302T090000Z",
    "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:SGVsbG8=",
    "ATTACH;MANAGED-ID=7;FMTTYPE=application/pdf;SIZE=1234;FILENAME=b.pdf:https://dav.example.com/att/7/b.pdf",
    "ATTACH;FMTTYPE=application/vnd.google-apps.document;FILENAME=Minutes:https://docs.example.com/d/1?a=1&b=\"2",
    "ATTACH:https://example.com/some%20where/c.pdf",
    "ATTACH:CID:part1@example.com",
    "ATTACH:file:///etc/passwd",
    "ATTACH;ENCODING=BASE64;VALUE=BINARY:SGVsbG8gYWdhaW4",
];

fn modern() -> Phone {
    Phone::new(ProtocolVersion::V16_1)
}

fn add(name: &str, kind: Option<&str>, content: &[u8]) -> AttachmentChange {
    AttachmentChange::Add(AttachmentAdd {
        client_id: format!("client {name}"),
        method: 1,
        content: content.to_vec(),
        display_name: name.to_owned(),
        content_type: kind.map(str::to_owned),
        ..AttachmentAdd::default()
    })
}

fn delete(file: &Attachment) -> AttachmentChange {
    AttachmentChange::Delete {
        // As a phone has it: with the object's own name before it.
        file_reference: format!("c3:17:{}", file.file_reference),
    }
}

fn changing(changes: Vec<AttachmentChange>) -> Event {
    Event {
        attachment_changes: changes,
        ..Event::default()
    }
}

#[test]
fn files_are_told_from_16_0_on_and_fetched_by_their_names() {
    let text = calendar(FILES);
    for version in VERSIONS {
        let told = Phone::new(version).see(text.as_bytes()).attachments;
        if version < ProtocolVersion::V16_0 {
            assert_eq!(told, []);
            continue;
        }
        let names: Vec<(&str, u64)> = told
            .iter()
            .map(|file| (file.display_name.as_str(), file.estimated_size))
            .collect();
        let [page, other] = [told[2].estimated_size, told[3].estimated_size];
        assert_eq!(
            names,
            [
                ("a.txt", 5),
                ("b.pdf", 1234),
                ("Minutes.html", page),
                ("c.pdf.html", other),
                ("attachment", 11),
            ]
        );
        assert!(told.iter().all(|file| file.method == 1));
    }
    let told = modern().see(text.as_bytes()).attachments;
    let fetch = |at: usize| event::file(text.as_bytes(), &told[at].file_reference);
    assert_eq!(
        fetch(0),
        Some(File::Here {
            media_type: "text/plain".into(),
            octets: b"Hello".to_vec()
        })
    );
    assert_eq!(
        fetch(1),
        Some(File::AtServer {
            media_type: "application/pdf".into(),
            uri: "https://dav.example.com/att/7/b.pdf".into()
        })
    );
    let Some(File::Here { media_type, octets }) = fetch(2) else {
        panic!("no page")
    };
    assert_eq!(
        (media_type.as_str(), octets.len() as u64),
        ("text/html", told[2].estimated_size)
    );
    let page = String::from_utf8(octets).expect("UTF-8");
    assert!(
        page.contains("href=\"https://docs.example.com/d/1?a=1&amp;b=&quot;2\">Minutes<"),
        "{page}"
    );
    // Some leave the padding out.
    assert_eq!(
        fetch(4),
        Some(File::Here {
            media_type: "application/octet-stream".into(),
            octets: b"Hello again".to_vec()
        })
    );
    assert_eq!(event::file(text.as_bytes(), "a0123456789abcdef"), None);
    assert_eq!(event::file(b"nothing", "a0123456789abcdef"), None);
}

#[test]
fn s12_a_file_comes_and_goes_and_touches_nothing_else() {
    let text = calendar(FILES);
    let phone = modern();
    let rendered = phone.render(text.as_bytes());
    let octets: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let said = changing(vec![add("Brief über/alles.PDF", None, &octets)]);
    let edited = phone
        .edit(text.as_bytes(), &said, Some(&rendered.digest))
        .expect("taken");
    let answer = Event::from_raw(&edited.answer).expect("ours").attachments;
    assert_eq!(answer.len(), 1);
    assert_eq!(
        answer[0].client_id.as_deref(),
        Some("client Brief über/alles.PDF")
    );
    assert_eq!(answer[0].display_name, "Brief über_alles.PDF");
    assert_eq!(answer[0].estimated_size, 1000);
    let lines = difference(text.as_bytes(), &edited.text);
    let come: Vec<&str> = lines.lines().filter(|line| line.starts_with('+')).collect();
    assert!(
        come[0].starts_with("+DTSTAMP") && come[1].starts_with("+ATTACH") && come.len() == 3
            || come.iter().any(|line| line.starts_with(
                "+ATTACH;FMTTYPE=application/pdf;ENCODING=BASE64;VALUE=BINARY;FILENAME=Brief über_alles.PDF;X-FILENAME="
            )),
        "{lines}"
    );
    assert_eq!(
        event::file(&edited.text, &answer[0].file_reference),
        Some(File::Here {
            media_type: "application/pdf".into(),
            octets: octets.clone()
        })
    );
    // S6: the phone knows what it has now.
    let after = phone.render(&edited.text);
    assert_eq!(after.digest, edited.holds);
    // And away again, twice (S2).
    for _ in 0..2 {
        let said = changing(vec![delete(&answer[0])]);
        let back = phone
            .edit(&edited.text, &said, Some(&after.digest))
            .expect("taken");
        let left = difference(text.as_bytes(), &back.text);
        assert!(!left.contains("ATTACH"), "{left}");
        assert_eq!(phone.render(&back.text).digest, back.holds);
        assert!(back.answer.is_empty());
        let again = phone
            .edit(&back.text, &said, Some(&back.holds))
            .expect("it is gone");
        assert!(!again.changed && !again.lost);
    }
}

#[test]
fn s13_files_of_others_and_of_the_phone_both_stay() {
    let text = calendar(FILES);
    let phone = modern();
    let rendered = phone.render(text.as_bytes());
    let theirs = text.replace(
        "BEGIN:VEVENT\r\n",
        "BEGIN:VEVENT\r\nATTACH;ENCODING=BASE64:AAAA\r\n",
    );
    let said = changing(vec![add("mine.txt", Some("text/plain"), b"mine")]);
    let edited = phone
        .edit(theirs.as_bytes(), &said, Some(&rendered.digest))
        .expect("taken");
    assert!(!edited.lost);
    let after = phone.render(&edited.text);
    assert_eq!(phone.see(&edited.text).attachments.len(), 7);
    assert_ne!(after.digest, edited.holds, "the other's file is to be told");
}

#[test]
fn a_new_event_brings_its_files() {
    let phone = modern();
    let created = phone
        .create(&Event {
            subject: Some("With files".into()),
            start: Some(at("20260302T080000Z")),
            end: Some(at("20260302T090000Z")),
            attachment_changes: vec![
                add("a.txt", Some("text/plain"), b"one"),
                add("", Some("x\r\nX-EVIL:1"), b""),
            ],
            ..Event::default()
        })
        .expect("created");
    let text = show(&created.text);
    assert!(!text.contains("\nX-EVIL"), "{text}");
    let answer = Event::from_raw(&created.answer).expect("ours");
    let names: Vec<&str> = answer
        .attachments
        .iter()
        .map(|file| file.display_name.as_str())
        .collect();
    assert_eq!(names, ["a.txt", "attachment"]);
    assert_eq!(phone.render(&created.text).digest, created.holds, "S6");
}

#[test]
fn an_occurrence_has_files_of_its_own() {
    let text = calendar(&[
        "SUMMARY:Team",
        "DTSTART:20260302T080000Z",
        "DTEND:20260302T090000Z",
        "RRULE:FREQ=WEEKLY",
        "ATTACH;ENCODING=BASE64;FILENAME=all.txt:QUFB",
    ]);
    let phone = modern();
    let rendered = phone.render(text.as_bytes());
    let data = changing(vec![add("one.txt", None, b"one")]).to_raw(phone.version);
    let edit = Edit::Instance {
        id: "20260309T080000Z",
        data: &data,
    };
    let edited = phone
        .edit_raw(text.as_bytes(), edit, Some(&rendered.digest))
        .expect("taken");
    let event = phone.see(&edited.text);
    let names = |files: &[Attachment]| -> Vec<String> {
        files.iter().map(|file| file.display_name.clone()).collect()
    };
    assert_eq!(names(&event.attachments), ["all.txt"]);
    let exceptions = event.exceptions.expect("exceptions");
    let files = &exceptions[0].changes.attachments;
    assert_eq!(names(files), ["all.txt", "one.txt"]);
    let answer = Event::from_raw(&edited.answer).expect("ours").attachments;
    assert_eq!(answer[0].file_reference, files[1].file_reference);
    assert!(event::file(&edited.text, &files[1].file_reference).is_some());
    // The series' file goes from the one occurrence alone.
    let data = changing(vec![delete(&files[0])]).to_raw(phone.version);
    let edit = Edit::Instance {
        id: "20260309T080000Z",
        data: &data,
    };
    let edited = phone
        .edit_raw(&edited.text, edit, Some(&edited.holds))
        .expect("taken");
    let event = phone.see(&edited.text);
    assert_eq!(names(&event.attachments), ["all.txt"]);
    let exceptions = event.exceptions.expect("exceptions");
    assert_eq!(names(&exceptions[0].changes.attachments), ["one.txt"]);
}

#[test]
fn what_cannot_be_attached_is_refused() {
    let phone = modern();
    let text = calendar(FILES);
    let message = AttachmentChange::Add(AttachmentAdd {
        client_id: "1".into(),
        method: 5,
        ..AttachmentAdd::default()
    });
    let huge = add("huge.bin", None, &vec![7; 13 << 20]);
    for change in [message, huge] {
        let refused = phone.edit(text.as_bytes(), &changing(vec![change]), None);
        assert!(refused.is_err_and(|refused| refused.status == 6));
    }
    // Someone else's meeting keeps its files; the phone is told so (status 7).
    let invited = calendar(&[
        "SUMMARY:Theirs",
        "DTSTART:20260302T080000Z",
        "DTEND:20260302T090000Z",
        "ORGANIZER:mailto:carol@example.org",
        "ATTENDEE:mailto:alice@example.com",
    ]);
    let said = changing(vec![add("a.txt", None, b"a")]);
    let edited = phone
        .edit(invited.as_bytes(), &said, None)
        .expect("an edit");
    assert!(edited.lost && !edited.changed);
}

#[test]
fn s12_files_stay_where_a_phone_cannot_see_them() {
    let text = calendar(FILES);
    for version in VERSIONS {
        let phone = Phone::new(version);
        let edited = phone.change(&text, |event| event.subject = Some("New".into()));
        let lines = difference(text.as_bytes(), &edited.text);
        assert!(!lines.contains("ATTACH"), "{version}: {lines}");
    }
}

#[test]
fn links_to_meet_by_are_told_from_14_1_on() {
    let text = calendar(&[
        "DTSTART:20260302T080000Z",
        "CONFERENCE;VALUE=URI;FEATURE=PHONE,MODERATOR:tel:+1-412-555-0123",
        "CONFERENCE;VALUE=URI;FEATURE=CHAT:sip:room@example.com",
        "CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL=Join:https://meet.example.com/x",
        "X-GOOGLE-CONFERENCE:https://meet.google.com/abc",
    ]);
    for version in VERSIONS {
        let phone = Phone::new(version);
        let event = phone.see(text.as_bytes());
        let told = version >= ProtocolVersion::V14_1;
        let page = told.then_some("https://meet.example.com/x");
        let address = told.then_some("sip:room@example.com");
        assert_eq!(event.external_link.as_deref(), page, "{version}");
        assert_eq!(event.conference_link.as_deref(), address, "{version}");
        // They are nobody's to change.
        let edited = phone.change(&text, |event| {
            event.subject = Some("New".into());
            event.external_link = Some("https://elsewhere.example.com".into());
        });
        let lines = difference(text.as_bytes(), &edited.text);
        assert!(
            !lines.contains("CONFERENCE") && !lines.contains("elsewhere"),
            "{lines}"
        );
    }
    for (line, page, address) in [
        (
            "X-GOOGLE-CONFERENCE:https://meet.google.com/abc",
            true,
            false,
        ),
        (
            "X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/x",
            true,
            false,
        ),
        (
            "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK:https://meet.example.com",
            true,
            false,
        ),
        (
            "X-MICROSOFT-ONLINEMEETINGCONFLINK:conf:sip:a@b.example;gruu",
            false,
            true,
        ),
        ("CONFERENCE:javascript:alert(1)", false, false),
        ("X-GOOGLE-CONFERENCE:", false, false),
    ] {
        let event = modern().see(calendar(&["DTSTART:20260302T080000Z", line]).as_bytes());
        assert_eq!(event.external_link.is_some(), page, "{line}");
        assert_eq!(event.conference_link.is_some(), address, "{line}");
    }
}

#[test]
fn the_time_of_the_own_answer_is_told_from_14_0_on() {
    let meeting = |attendee: &str, more: &str| {
        calendar(&[
            "DTSTART:20260302T080000Z",
            "ORGANIZER:mailto:carol@example.org",
            attendee,
            more,
        ])
    };
    let said = "X-MICROSOFT-CDO-REPLYTIME:20260220T101500Z";
    let accepted = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@example.com";
    for version in VERSIONS {
        let event = Phone::new(version).see(meeting(accepted, said).as_bytes());
        let modern = version >= ProtocolVersion::V14_0;
        assert_eq!(event.reply_time, modern.then(|| at("20260220T101500Z")));
        assert_eq!(event.response_type, modern.then_some(3));
    }
    let apple = "ATTENDEE;PARTSTAT=DECLINED;X-CALENDARSERVER-DTSTAMP=20260221T101500Z:mailto:alice@example.com";
    let event = modern().see(meeting(apple, "X-NOTHING:1").as_bytes());
    assert_eq!(event.reply_time, Some(at("20260221T101500Z")));
    assert_eq!(event.response_type, Some(4));
    for (attendee, response) in [
        ("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:alice@example.com", 5),
        ("ATTENDEE;PARTSTAT=DELEGATED:mailto:alice@example.com", 0),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com", 5),
        ("ATTENDEE;PARTSTAT=TENTATIVE:mailto:ALICE@example.com", 2),
    ] {
        let event = modern().see(meeting(attendee, said).as_bytes());
        assert_eq!(event.response_type, Some(response), "{attendee}");
        assert_eq!(event.reply_time.is_some(), response == 2, "{attendee}");
    }
    // An answer that an older phone writes into the list is dated.
    let older = Phone::new(ProtocolVersion::V14_1);
    let text = meeting(
        "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:alice@example.com",
        "X-NOTHING:1",
    );
    let edited = older.change(&text, |event| {
        for attendee in event.attendees.iter_mut().flatten() {
            attendee.status = Some(3);
        }
    });
    let event = older.see(&edited.text);
    assert_eq!(event.reply_time, Some(at("20260224T101500Z")));
    // Of an own meeting there is none.
    let own = calendar(&["DTSTART:20260302T080000Z", said]);
    assert_eq!(modern().see(own.as_bytes()).reply_time, None);
}

#[test]
fn how_busy_an_event_shows_is_the_newest_word() {
    for (lines, status) in [
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\r\nX-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
            1,
        ),
        ("TRANSP:OPAQUE\r\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", 3),
        ("TRANSP:TRANSPARENT\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY", 0),
        ("TRANSP:OPAQUE\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", 2),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", 0),
        ("STATUS:TENTATIVE", 1),
        ("STATUS:TENTATIVE\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY", 2),
        ("X-NOTHING:1", 2),
    ] {
        let text = calendar(&["DTSTART:20260302T080000Z", lines]);
        assert_eq!(
            modern().see(text.as_bytes()).busy_status,
            Some(status),
            "{lines}"
        );
        // What a phone sets it to is what it then sees.
        for wanted in 0..=3 {
            let edited = modern().change(&text, |event| {
                event.busy_status = Some(wanted);
                event.location = Said::Nothing;
            });
            assert_eq!(
                modern().see(&edited.text).busy_status,
                Some(wanted),
                "{lines}"
            );
        }
    }
}
