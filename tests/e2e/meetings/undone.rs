//! What answers and mails about meetings overwrite or remove can be brought back (S8), and a calendar that
//! takes no answer. And answers and forwards that are cut off or repeated.

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::compose_mail::{Forwardee, SmartMail, Source, Verb};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::meeting_response::{Request, SendResponse, UserResponse};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::wbxml::calendar as codes;

use super::answers::{ask, calendar, event, invited, kept, mail, phone_of, reply, says};
use super::attended::{told, until};
use crate::support::backend::User;
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::phone::{Profile, smart_mail};
use crate::support::smtp::Fault;
use crate::support::world::World;

#[tokio::test]
async fn s8_what_answers_and_updates_take_away_comes_back() {
    let world = World::with_dav(DavKind::Radicale).await;
    let mut phone = phone_of(&world, V::V16_1).await;
    let item = invited(&world, &mut phone, "undo").await;
    until(&world, "undo", "invited", |object| object.is_some()).await;
    let invitation = kept(&world, "undo").await.unwrap();
    let accepted = ask(&mut phone, reply(&item, UserResponse::Accept, None)).await;
    assert_eq!(accepted.status, 1);
    let update = event("undo", 1, "LOCATION:Hall\r\n");
    let update = mail("undo", "REQUEST", "bob@example.com", &update);
    told(&world, &mut phone, &update).await;
    until(&world, "undo", "updated", |object| {
        object.is_some_and(|object| object.contains("LOCATION:Hall"))
    })
    .await;
    let last = kept(&world, "undo").await.unwrap();
    let declined = ask(&mut phone, reply(&item, UserResponse::Decline, None)).await;
    assert_eq!(declined.status, 1);
    assert_eq!(kept(&world, "undo").await, None);
    let alice = world.alice.name.as_str();
    let list = undo(&world, &["list", "--user", alice, "--json"], "");
    let entries: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let entries = entries.as_array().expect("a list");
    let reasons: Vec<&str> = entries
        .iter()
        .map(|entry| entry["reason"].as_str().unwrap())
        .collect();
    // The newest first: declined, updated, accepted.
    assert_eq!(reasons, ["deleted", "overwritten", "overwritten"], "{list}");
    assert!(
        entries.iter().all(|entry| entry["title"] == "Tea undo"),
        "{list}"
    );
    for (entry, before) in [(&entries[0], &last), (&entries[2], &invitation)] {
        let id = entry["id"].to_string();
        undo(
            &world,
            &["restore", "--user", alice, &id],
            &world.alice.password,
        );
        assert_eq!(kept(&world, "undo").await.as_ref(), Some(before));
    }
}

/// `airgate undo`.
fn undo(world: &World, more: &[&str], input: &str) -> String {
    let url = world.dav().url();
    let named: &[&str] = &["undo", "--caldav", &url, "--carddav", &url];
    let output = world.server.verb_with(&[named, more].concat(), input);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The newest entry comes back; what is said of it.
fn restore_newest(world: &World) -> String {
    let alice = world.alice.name.as_str();
    let list = undo(world, &["list", "--user", alice, "--json"], "");
    let entries: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let id = entries[0]["id"].to_string();
    undo(
        world,
        &["restore", "--user", alice, &id],
        &world.alice.password,
    )
}

/// RFC 6638: a server that schedules would invite everybody anew, and answer for the user.
#[tokio::test]
async fn s8_s17_a_meeting_comes_back_quietly_where_the_server_schedules() {
    let world = World::with_dav(DavKind::Cyrus).await;
    let bob = User::new("bob@example.com");
    let bobs = world.dav().client(&bob);
    let home = world.dav().calendar(&bob);
    let his = async |uid: &str| {
        let objects = bobs.objects(&home).await;
        let mut all = objects
            .into_iter()
            .map(|object| object.replace("\r\n ", ""));
        all.find(|object| object.contains(&format!("UID:{uid}\r\n")))
    };
    // Who has no calendar yet is invited by mail.
    let path = format!("{}first.ics", world.dav().calendar(&world.alice));
    let first = event("first", 0, "").replace("bob@", "carol@");
    world.dav_client().put(&path, &calendar("", &first)).await;
    // Bob's meeting: Alice is invited.
    bobs.put(
        &format!("{home}his.ics"),
        &calendar("", &event("his", 0, "")),
    )
    .await;
    let mut phone = phone_of(&world, V::V16_1).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    let id = phone.object(&folder, codes::SUBJECT, "Tea his");
    let accepted = ask(
        &mut phone,
        reply(&id, UserResponse::Accept, Some(SendResponse::default())),
    );
    assert_eq!(accepted.await.status, 1);
    let mine = kept(&world, "his").await.expect("in the calendar");
    phone.sync_all(&folder).await;
    phone.delete_object(&folder, &id).await;
    assert_eq!(kept(&world, "his").await, None);
    let before = his("his").await.expect("it is Bob's");
    let said = restore_newest(&world);
    assert!(!said.contains("invited"), "{said}");
    let back = kept(&world, "his").await.expect("it is back");
    assert!(says(&back, "alice@example.com", "ACCEPTED"), "{back}");
    assert!(
        !back.contains("SCHEDULE-AGENT"),
        "the server looks after it: {back}"
    );
    assert_eq!(back.contains("X-OWN;a=b"), mine.contains("X-OWN;a=b"));
    assert_eq!(his("his").await, Some(before), "Bob hears nothing");
    // Alice's own: Bob is told that it is off, and not that it is back.
    let own = event("own", 0, "")
        .replace("alice@", "guest@")
        .replace("bob@", "alice@")
        .replace("guest@", "bob@");
    let path = format!("{}own.ics", world.dav().calendar(&world.alice));
    world.dav_client().put(&path, &calendar("", &own)).await;
    assert!(his("own").await.is_some(), "Bob is invited");
    phone.sync_all(&folder).await;
    let id = phone.object(&folder, codes::SUBJECT, "Tea own");
    phone.delete_object(&folder, &id).await;
    let off = his("own").await;
    assert!(
        off.as_ref()
            .is_none_or(|off| off.contains("STATUS:CANCELLED")),
        "{off:?}"
    );
    let said = restore_newest(&world);
    assert!(said.contains("invited: 1"), "{said}");
    let back = kept(&world, "own").await.expect("it is back");
    assert!(back.contains("SCHEDULE-AGENT=CLIENT"), "{back}");
    assert_eq!(his("own").await, off, "Bob hears nothing");
    assert_eq!(world.smtp.received(), []);
}

#[tokio::test]
async fn a_calendar_that_takes_no_answer_is_status_3() {
    let world = World::with_dav(DavKind::Radicale).await;
    let path = format!("{}shut.ics", world.dav().calendar(&world.alice));
    let object = calendar("", &event("shut", 0, ""));
    world.dav_client().put(&path, &object).await;
    let invitation = mail("shut", "REQUEST", "bob@example.com", &event("shut", 0, ""));
    world.deliver("INBOX", &invitation).await;
    let DavServer::Radicale(radicale) = world.dav() else {
        panic!("a Radicale");
    };
    radicale.fix(Some("{user}/calendar"));
    for version in [V::V12_1, V::V14_1, V::V16_1] {
        let mut phone = phone_of(&world, version).await;
        phone.sync_all("INBOX").await;
        let item = phone.item("INBOX", "REQUEST shut");
        let send = (version >= V::V16_0).then(SendResponse::default);
        let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, send)).await;
        assert_eq!(outcome.status, 3, "{version}");
        assert_eq!(outcome.calendar_id, None);
    }
    radicale.fix(None);
    let there = kept(&world, "shut").await.unwrap();
    assert!(says(&there, "alice", "NEEDS-ACTION"), "{there}");
    assert_eq!(world.smtp.received(), [], "nobody is told of what is not");
    assert!(
        !world.server.log().contains("panicked"),
        "it goes on as before"
    );
}

/// Killed while the mail is under way: the event is gone, and the repeat knows why.
#[tokio::test]
async fn s17_a_decline_that_is_cut_off_is_told_once() {
    let mut world = World::with_dav(DavKind::Radicale).await;
    let mut phone = phone_of(&world, V::V16_1).await;
    let item = invited(&world, &mut phone, "cut").await;
    let accepted = ask(&mut phone, reply(&item, UserResponse::Accept, None)).await;
    let id = accepted.calendar_id.expect("it is in the calendar");
    let slow = std::time::Duration::from_secs(5);
    world.smtp.next_goes_wrong(Fault::Slow(slow));
    let declined = reply(&id, UserResponse::Decline, Some(SendResponse::default()));
    let request = Request {
        replies: vec![declined.clone()],
    };
    let body = request.write(V::V16_1);
    let mut asking_phone = phone.clone();
    let asking = asking_phone.command(CommandName::MeetingResponse, body);
    let client = world.dav_client();
    let home = world.dav().calendar(&world.alice);
    let killing = async {
        while client
            .objects(&home)
            .await
            .iter()
            .any(|object| object.contains("UID:cut"))
        {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        world.server.kill_nine();
    };
    let (asked, ()) = tokio::join!(asking, killing);
    assert!(asked.is_err(), "it was killed before it answered");
    world.server.start();
    let again = ask(&mut phone, declined).await;
    assert_eq!((again.status, again.calendar_id), (1, None));
    let mails = world.smtp.wait_for(1).await;
    assert!(mails.iter().all(|mail| mail.to == ["bob@example.com"]));
    // Only the cut between the final dot and the word on disk nobody can tell from a loss.
    let id = |text: String| {
        let line = text.lines().find(|line| line.starts_with("Message-ID:"));
        line.map(str::to_owned)
    };
    let mut ids: Vec<_> = mails.iter().map(|mail| id(mail.text())).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert!(mails[0].text().contains("DECLINED"));
}

/// [MS-ASCMD] 2.2.1.19: who invited puts the new guests into his calendar.
#[tokio::test]
async fn s17_an_organizer_passes_one_occurrence_on() {
    let world = World::with_dav(DavKind::Radicale).await;
    let own = event("own", 0, "RRULE:FREQ=WEEKLY;COUNT=5\r\n")
        .replace("alice@", "guest@")
        .replace("bob@", "alice@");
    let path = format!("{}own.ics", world.dav().calendar(&world.alice));
    world.dav_client().put(&path, &calendar("", &own)).await;
    let mut phone = phone_of(&world, V::V16_1).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    let id = phone.object(&folder, codes::SUBJECT, "Tea own");
    for (name, instance, status) in [
        ("c1", Some("2030-07-08T10:00:00.000Z"), None),
        ("c1", Some("2030-07-08T10:00:00.000Z"), Some(118)),
        ("c2", Some("2030-07-09T10:00:00.000Z"), Some(150)),
        ("c3", None, None),
    ] {
        let forward = SmartMail {
            save_in_sent_items: false,
            mime: None,
            forwardees: Some(vec![Forwardee {
                email: format!("{name}@example.net"),
                name: None,
            }]),
            ..smart_mail(
                Verb::SmartForward,
                name,
                Source {
                    folder_id: id.split_once(':').map(|(folder, _)| folder.to_owned()),
                    item_id: Some(id.clone()),
                    instance_id: instance.map(str::to_owned),
                    ..Source::default()
                },
                b"",
            )
        };
        let said = phone.try_smart_mail(&forward).await.unwrap();
        assert_eq!(said, status, "{name}");
    }
    let mails = world.smtp.received();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.join(" ")).collect();
    assert_eq!(to, ["c1@example.net", "c3@example.net"]);
    assert!(mails[0].text().contains("RECURRENCE-ID:20300708T100000Z"));
    let there = kept(&world, "own").await.unwrap();
    let (series, one) = there.split_once("END:VEVENT").unwrap();
    assert!(!series.contains("c1@") && series.contains("c3@"), "{there}");
    assert!(one.contains("c1@") && one.contains("c3@"), "{there}");
}

/// REFERENCE.md 12, quirk 8.
#[tokio::test]
async fn s17_an_iphone_that_mails_no_answers_has_them_mailed() {
    let world = World::with_dav(DavKind::Radicale).await;
    for (agent, sent) in [
        ("Apple-iPhone12C1/1607.83", 1),
        ("Apple-iPhone12C1/1801.1", 1),
    ] {
        let mut profile = Profile::ios()
            .speaking(V::V14_1)
            .filter(0)
            .called(&agent[17..21]);
        profile.agent = agent;
        let mut phone = world.phone(profile).await;
        let item = invited(&world, &mut phone, &format!("by-{}", &agent[17..21])).await;
        let outcome = ask(&mut phone, reply(&item, UserResponse::Accept, None)).await;
        assert_eq!(outcome.status, 1);
        assert_eq!(world.smtp.received().len(), sent, "{agent}");
    }
}
