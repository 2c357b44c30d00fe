//! A user answers an invitation: the calendar has it, and the organizer hears of it from exactly one
//! (design.md "Who invites").

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::Moment;
use airgate_codec::eas::compose_mail::{Forwardee, SmartMail, Source, Verb};
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::meeting_response::{
    Outcome, Reply, Request, Response, SendResponse, UserResponse,
};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::wbxml::calendar as codes;

use crate::support::backend::User;
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Loss, Phone, Profile, smart_mail};
use crate::support::world::World;

const VERSIONS: [V; 3] = [V::V12_1, V::V14_1, V::V16_1];

/// A meeting of Bob's in the summer of 2030, every week if `rule` says so.
pub(super) fn event(uid: &str, sequence: u32, more: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nSEQUENCE:{sequence}\r\n\
         SUMMARY:Tea {uid}\r\nDTSTART:20300701T100000Z\r\nDTEND:20300701T110000Z\r\n{more}\
         ORGANIZER;CN=Bob:mailto:bob@example.com\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com\r\n\
         ATTENDEE;CN=Alice;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.com\r\n\
         X-OWN;a=b:kept as it is\r\nEND:VEVENT\r\n"
    )
}

pub(super) fn calendar(method: &str, events: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{method}{events}END:VCALENDAR\r\n"
    )
}

/// The mail it comes with.
pub(super) fn mail(uid: &str, method: &str, from: &str, events: &str) -> Vec<u8> {
    let text = calendar(&format!("METHOD:{method}\r\n"), events);
    format!(
        "From: Bob <{from}>\r\nTo: alice@example.com\r\nSubject: {method} {uid}\r\n\
         Message-ID: <{method}-{uid}@example.com>\r\nDate: Mon, 5 Jan 2026 08:00:00 +0000\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/calendar; charset=utf-8; method={method}\r\n\r\n{text}"
    )
    .into_bytes()
}

pub(super) fn reply(item: &str, choice: UserResponse, send: Option<SendResponse>) -> Reply {
    Reply {
        user_response: choice,
        collection_id: item.split_once(':').map(|(folder, _)| folder.to_owned()),
        request_id: Some(item.to_owned()),
        long_id: None,
        instance_id: None,
        send_response: send,
    }
}

pub(super) async fn ask(phone: &mut Phone, reply: Reply) -> Outcome {
    let request = Request {
        replies: vec![reply],
    };
    let body = request.write(phone.version());
    let answer = phone.command(CommandName::MeetingResponse, body).await;
    let response = Response::read(&answer.expect("an answer").body).expect("a MeetingResponse");
    let [outcome] = response.results.try_into().expect("one result");
    outcome
}

pub(super) async fn phone_of(world: &World, version: V) -> Phone {
    let profile = Profile::ios().speaking(version).filter(0);
    world
        .phone(profile.called(&format!("MEETS{}", version.query_byte())))
        .await
}

pub(super) async fn invited(world: &World, phone: &mut Phone, uid: &str) -> String {
    let invitation = mail(uid, "REQUEST", "bob@example.com", &event(uid, 0, ""));
    world.deliver("INBOX", &invitation).await;
    phone.sync_all("INBOX").await;
    phone.item("INBOX", &format!("REQUEST {uid}"))
}

/// Alice's event with that UID as another client sees it.
pub(super) async fn kept(world: &World, uid: &str) -> Option<String> {
    let client = world.dav_client();
    let objects = client.objects(&world.dav().calendar(&world.alice)).await;
    let mut found = objects
        .into_iter()
        .filter(|object| object.contains(&format!("UID:{uid}\r\n")));
    let one = found.next();
    assert_eq!(found.next(), None, "{uid} is there twice");
    one.map(|object| object.replace("\r\n ", ""))
}

pub(super) fn says(object: &str, person: &str, word: &str) -> bool {
    object.lines().any(|line| {
        line.starts_with("ATTENDEE")
            && line.to_lowercase().contains(person)
            && line.contains(&format!("PARTSTAT={word}"))
    })
}

#[tokio::test]
async fn an_invitation_is_answered_from_the_mail_where_nobody_schedules() {
    let world = World::with_dav(DavKind::Radicale).await;
    let mut sent = 0;
    for version in VERSIONS {
        let mut phone = phone_of(&world, version).await;
        let uid = format!("mail-{version}");
        let item = invited(&world, &mut phone, &uid).await;
        let send = (version >= V::V16_0).then(SendResponse::default);
        // The answer is lost, and asked for again.
        phone.lose_next(Loss::Answer);
        let request = Request {
            replies: vec![reply(&item, UserResponse::Accept, send.clone())],
        };
        let body = request.write(version);
        let lost = phone.command(CommandName::MeetingResponse, body).await;
        assert!(lost.is_err());
        let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, send.clone())).await;
        assert_eq!(
            (outcome.status, outcome.request_id.as_deref()),
            (1, Some(&*item))
        );
        let calendar_id = outcome.calendar_id.expect("it is in the calendar");
        let object = kept(&world, &uid).await.expect("it is in the calendar");
        assert!(says(&object, "alice@example.com", "ACCEPTED"), "{object}");
        assert!(object.contains(":kept as it is"), "s12: {object}");
        assert!(!object.contains("METHOD"), "{object}");
        sent += usize::from(send.is_some());
        assert_eq!(world.smtp.received().len(), sent, "{version}: s17, once");
        if send.is_some() {
            let told = world.smtp.received().pop().unwrap();
            assert_eq!(told.to, ["bob@example.com"]);
            let text = told.text();
            for line in [
                "Subject: Accepted: Tea mail-16.1\r\n",
                "In-Reply-To: <REQUEST-mail-16.1@example.com>\r\n",
                "text/calendar; method=REPLY",
                "METHOD:REPLY\r\n",
            ] {
                assert!(text.contains(line), "{line}{text}");
            }
            // Nobody is told of an answer without SendResponse.
            let quiet = ask(&mut phone, reply(&item, UserResponse::Tentative, None)).await;
            assert_eq!(quiet.status, 1);
            let object = kept(&world, &uid).await.unwrap();
            assert!(says(&object, "alice@example.com", "TENTATIVE"), "{object}");
            assert_eq!(world.smtp.received().len(), sent);
        }
        // From the calendar, by the id just told; a change of mind is told anew.
        let choice = reply(&calendar_id, UserResponse::Tentative, send.clone());
        let outcome = ask(&mut phone, choice).await;
        assert_eq!(
            (outcome.status, outcome.calendar_id),
            (1, Some(calendar_id.clone()))
        );
        let choice = reply(&calendar_id, UserResponse::Decline, send.clone());
        let outcome = ask(&mut phone, choice.clone()).await;
        assert_eq!((outcome.status, outcome.calendar_id), (1, None));
        assert_eq!(kept(&world, &uid).await, None, "a declined meeting goes");
        let again = ask(&mut phone, choice).await;
        assert_eq!(again.status, 1, "the repeat finds nothing and knows why");
        sent += 2 * usize::from(send.is_some());
        assert_eq!(world.smtp.wait_for(sent).await.len(), sent);
        // And the mail once more: it is put there again.
        let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, send.clone())).await;
        assert_eq!(outcome.status, 1);
        assert!(kept(&world, &uid).await.is_some());
        sent += usize::from(send.is_some());
        assert_eq!(world.smtp.wait_for(sent).await.len(), sent);
        assert_eq!(phone.surprises(), [""; 0]);
    }
    assert_eq!(world.smtp.client_faults(), [""; 0]);
}

#[tokio::test]
async fn one_occurrence_words_and_another_time() {
    let world = World::with_dav(DavKind::Radicale).await;
    let client = world.dav_client();
    let path = format!("{}series.ics", world.dav().calendar(&world.alice));
    for version in [V::V14_1, V::V16_1] {
        let mut phone = phone_of(&world, version).await;
        let text = calendar("", &event("series", 3, "RRULE:FREQ=WEEKLY;COUNT=5\r\n"));
        client.put(&path, &text).await;
        let whole = mail(
            "series",
            "REQUEST",
            "bob@example.com",
            &event("series", 3, "RRULE:FREQ=WEEKLY;COUNT=5\r\n"),
        );
        world.deliver("INBOX", &whole).await;
        phone.sync_all("INBOX").await;
        let mut items = phone.held("INBOX").items.into_iter();
        let item = items.find(|(_, mail)| mail.subject.as_deref() == Some("REQUEST series"));
        let item = item.unwrap().0;
        let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, None)).await;
        let id = outcome.calendar_id.expect("the series");
        let one = |at: &str, choice| Reply {
            instance_id: Some(at.to_owned()),
            send_response: (version >= V::V16_0).then(SendResponse::default),
            ..reply(&id, choice, None)
        };
        let second = "20300708T100000Z";
        let outcome = ask(&mut phone, one(second, UserResponse::Tentative)).await;
        let echo = Some("2030-07-08T10:00:00.000Z");
        assert_eq!((outcome.status, outcome.instance_id.as_deref()), (1, echo));
        let object = kept(&world, "series").await.unwrap();
        assert!(
            object.contains("RECURRENCE-ID:20300708T100000Z"),
            "{object}"
        );
        assert!(says(&object, "alice", "TENTATIVE") && says(&object, "alice", "ACCEPTED"));
        let outcome = ask(
            &mut phone,
            one("2030-07-15T10:00:00.000Z", UserResponse::Decline),
        )
        .await;
        assert_eq!(outcome.status, 1);
        let object = kept(&world, "series").await.unwrap();
        assert!(object.contains("EXDATE:20300715T100000Z"), "{object}");
        // What there is not.
        for (at, status) in [
            ("20300709T100000Z", 2),
            ("soon", 104),
            ("20300715T100000Z", 2),
        ] {
            let outcome = ask(&mut phone, one(at, UserResponse::Accept)).await;
            assert_eq!(outcome.status, status, "{at}");
        }
        let mut other = world.other_client().await;
        other.select("INBOX").await;
        other.command("STORE 1:* +FLAGS (\\Deleted)").await;
        other.command("EXPUNGE").await;
    }
    let replies = world.smtp.received();
    assert_eq!(replies.len(), 2, "14.1 mails itself");
    assert!(replies[0].text().contains("RECURRENCE-ID:20300708T100000Z"));
    // Words and another time go along.
    let mut phone = phone_of(&world, V::V16_1).await;
    let item = invited(&world, &mut phone, "moved").await;
    let send = SendResponse {
        body: Some(Body::whole(BodyType::Plain, "Could we, later?\r\nA")),
        proposed_start: Moment::parse("20300701T140000Z"),
        proposed_end: Moment::parse("20300701T150000Z"),
    };
    let outcome = ask(
        &mut phone,
        reply(&item, UserResponse::Tentative, Some(send)),
    )
    .await;
    assert_eq!(outcome.status, 1);
    let counter = world.smtp.wait_for(3).await.pop().unwrap().text();
    for line in [
        "Subject: New time proposed: Tea moved\r\n",
        "method=COUNTER",
        "DTSTART:20300701T140000Z\r\n",
        "X-MS-OLK-ORIGINALSTART:20300701T100000Z\r\n",
        "Could we, later?\r\n",
    ] {
        assert!(counter.contains(line), "{line}{counter}");
    }
    let object = kept(&world, "moved").await.unwrap();
    assert!(
        object.contains("DTSTART:20300701T100000Z"),
        "the organizer decides: {object}"
    );
}

#[tokio::test]
async fn what_is_no_invitation_of_the_users_has_its_status() {
    let world = World::with_dav(DavKind::Radicale).await;
    world.fill("INBOX", 1).await;
    let own = event("own", 0, "").replace("bob@", "alice@");
    let path = format!("{}own.ics", world.dav().calendar(&world.alice));
    world.dav_client().put(&path, &calendar("", &own)).await;
    world
        .deliver("INBOX", &mail("own", "REQUEST", "alice@example.com", &own))
        .await;
    for version in VERSIONS {
        let mut phone = phone_of(&world, version).await;
        let single = invited(&world, &mut phone, &format!("single-{version}")).await;
        let plain = phone.item("INBOX", "Mail number 0");
        let mine = phone.item("INBOX", "REQUEST own");
        for (item, status) in [
            (plain.as_str(), 2),
            (mine.as_str(), 2),
            ("m1:4711", 2),
            ("c99:1", 2),
            ("nonsense", 2),
        ] {
            let outcome = ask(&mut phone, reply(item, UserResponse::Accept, None)).await;
            assert_eq!(outcome.status, status, "{version} {item}");
            assert_eq!(outcome.request_id.as_deref(), Some(item));
            assert_eq!(outcome.calendar_id, None);
        }
        let outcome = ask(&mut phone, reply(&single, UserResponse::Accept, None)).await;
        let id = outcome.calendar_id.unwrap();
        if version >= V::V14_1 {
            // Occurrences: of none, and of a mail.
            for (item, status) in [(&id, 146), (&single, 2)] {
                let one = Reply {
                    instance_id: Some("20300701T100000Z".into()),
                    ..reply(item, UserResponse::Decline, None)
                };
                assert_eq!(ask(&mut phone, one).await.status, status, "{item}");
            }
        }
        // The mail server takes no mail: the phone must ask again.
        if version >= V::V16_0 {
            world
                .smtp
                .next_goes_wrong(crate::support::smtp::Fault::Recipient(550));
            let choice = reply(&id, UserResponse::Tentative, Some(SendResponse::default()));
            assert_eq!(ask(&mut phone, choice.clone()).await.status, 4);
            assert_eq!(ask(&mut phone, choice).await.status, 1);
            assert_eq!(world.smtp.received().len(), 1);
        }
        // A body that is none, and one without any answer.
        for body in [vec![9, 9, 9], Request::default().write(version)] {
            match phone.command(CommandName::MeetingResponse, body).await {
                Ok(answer) => {
                    let status = Response::read(&answer.body).unwrap();
                    let status = status.results.first().map(|result| result.status);
                    assert!(matches!(status, Some(2 | 102)), "{version} {status:?}");
                }
                Err(trouble) => assert_eq!(trouble.http(), 400, "{version}"),
            }
        }
    }
}

#[tokio::test]
async fn a_meeting_is_passed_on_from_the_mail_and_from_the_calendar() {
    let world = World::with_dav(DavKind::Radicale).await;
    let mut phone = phone_of(&world, V::V16_1).await;
    let item = invited(&world, &mut phone, "forward").await;
    let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, None)).await;
    let id = outcome.calendar_id.expect("it is in the calendar");
    let mut sent = 0;
    for (name, item) in [("c1", &item), ("c2", &id)] {
        let forward = SmartMail {
            save_in_sent_items: false,
            mime: None,
            body: Some(Body::whole(BodyType::Plain, "Come too.")),
            forwardees: Some(vec![Forwardee {
                email: "dan@example.net".into(),
                name: Some("Dan".into()),
            }]),
            ..smart_mail(
                Verb::SmartForward,
                name,
                Source {
                    folder_id: item.split_once(':').map(|(folder, _)| folder.to_owned()),
                    item_id: Some(item.clone()),
                    ..Source::default()
                },
                b"",
            )
        };
        assert_eq!(
            phone.try_smart_mail(&forward).await.unwrap(),
            None,
            "{name}"
        );
        assert_eq!(
            phone.try_smart_mail(&forward).await.unwrap(),
            Some(118),
            "{name}: s17"
        );
        sent += 1;
        let got = world.smtp.wait_for(sent).await;
        assert_eq!(got.len(), sent);
        let mail = got.last().unwrap();
        assert_eq!(mail.to, ["dan@example.net"]);
        // Quoted-printable ends lines softly where it likes.
        let text = mail.text().replace("=\r\n", "");
        for line in [
            "Come too.",
            "text/calendar; method=REQUEST",
            "METHOD:REQUEST\r\n",
            "mailto:bob@example.com",
            "mailto:dan@example.net",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
    let object = kept(&world, "forward").await.unwrap();
    assert!(
        !object.contains("dan@"),
        "the organizer decides who is invited: {object}"
    );
}

/// Cyrus delivers invitations and answers itself.
#[tokio::test]
async fn s17_a_scheduling_server_tells_the_organizer_and_we_do_not() {
    let world = World::with_dav(DavKind::Cyrus).await;
    let bob = User::new("bob@example.com");
    let bobs = world.dav().client(&bob);
    let path = |uid: &str| format!("{}{uid}.ics", world.dav().calendar(&bob));
    for version in VERSIONS {
        let uid = format!("cyrus-{version}");
        // Who has no calendar yet is invited by mail.
        let mut phone = phone_of(&world, version).await;
        bobs.put(&path(&uid), &calendar("", &event(&uid, 0, "")))
            .await;
        let item = invited(&world, &mut phone, &uid).await;
        let there = kept(&world, &uid).await;
        assert!(there.is_some(), "Cyrus put it into Alice's calendar");
        let told = async |word: &str| {
            let object = bobs.get(&path(&uid)).await.unwrap().replace("\r\n ", "");
            assert!(
                says(&object, "alice@example.com", word),
                "{version} {word} {object}"
            );
        };
        let send = (version >= V::V16_0).then(SendResponse::default);
        let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, send.clone())).await;
        assert_eq!(outcome.status, 1);
        let object = kept(&world, &uid).await.unwrap();
        assert!(says(&object, "alice@example.com", "ACCEPTED"), "{object}");
        assert!(!object.contains("SCHEDULE-AGENT"), "{object}");
        match send {
            Some(_) => told("ACCEPTED").await,
            // The phone mails him; the server keeps out of it.
            None => told("NEEDS-ACTION").await,
        }
        // With words only a mail will do, and then the server says nothing.
        if send.is_some() {
            let words = SendResponse {
                body: Some(Body::whole(BodyType::Plain, "Perhaps.")),
                ..SendResponse::default()
            };
            let outcome = ask(
                &mut phone,
                reply(&item, UserResponse::Tentative, Some(words)),
            )
            .await;
            assert_eq!(outcome.status, 1);
            told("ACCEPTED").await;
            assert_eq!(world.smtp.received().len(), 1);
        }
        let outcome = ask(
            &mut phone,
            reply(&item, UserResponse::Decline, send.clone()),
        )
        .await;
        assert_eq!(outcome.status, 1);
        assert_eq!(kept(&world, &uid).await, None);
        match send {
            Some(_) => told("DECLINED").await,
            None => told("NEEDS-ACTION").await,
        }
    }
    assert_eq!(world.smtp.received().len(), 1);
}

/// A phone that looks at one calendar only names events otherwise; the answer names it as that phone
/// does, wherever the event lies.
#[tokio::test]
async fn an_answer_names_the_event_as_a_phone_of_one_calendar_knows_it() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let home = world.dav().calendar(&world.alice);
    let work = format!("{}work/", world.dav().calendars(&world.alice));
    other.make_calendar(&work, "Work", &["VEVENT"]).await;
    let mut phone = world
        .phone(Profile::windows_phone().keeps_all().called("ONE"))
        .await;
    let folder = phone.folder(FolderType::Calendar);
    for (place, uid) in [(&home, "at-home"), (&work, "at-work")] {
        let path = format!("{place}{uid}.ics");
        other.put(&path, &calendar("", &event(uid, 0, ""))).await;
        let item = invited(&world, &mut phone, uid).await;
        phone.sync_all(&folder).await;
        let known = phone.object(&folder, codes::SUBJECT, &format!("Tea {uid}"));
        let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, None)).await;
        assert_eq!(
            (outcome.status, outcome.calendar_id.as_deref()),
            (1, Some(&*known)),
            "{uid}"
        );
        let there = other.get(&path).await.expect("it stays where it is");
        assert!(
            says(&there.replace("\r\n ", ""), "alice", "ACCEPTED"),
            "{there}"
        );
        // And by that name it is answered.
        let outcome = ask(&mut phone, reply(&known, UserResponse::Tentative, None)).await;
        assert_eq!(
            (outcome.status, outcome.calendar_id.as_deref()),
            (1, Some(&*known)),
            "{uid}"
        );
        let there = other.get(&path).await.expect("still");
        assert!(
            says(&there.replace("\r\n ", ""), "alice", "TENTATIVE"),
            "{there}"
        );
    }
    // One that is nowhere yet comes into the default calendar, under the phone's name for it.
    let item = invited(&world, &mut phone, "nowhere").await;
    let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, None)).await;
    phone.sync_all(&folder).await;
    let known = phone.object(&folder, codes::SUBJECT, "Tea nowhere");
    assert_eq!(outcome.calendar_id, Some(known));
    assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
}
