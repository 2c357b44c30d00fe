//! What an organizer does on the phone: everybody who must know is told once, by the phone, the calendar
//! server or Airgate (design.md "Who invites"). Each request is repeated after its answer was lost.

use std::time::Duration;

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::calendar::{Attendee, Event, Exception};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::sync::{self, ApplicationData, Command, ItemResponse};
use airgate_codec::eas::{Moment, Recurrence, Said};

use super::answers::{calendar, event, kept};
use crate::support::backend::User;
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Loss, Phone, Profile, object_added, object_deleted};
use crate::support::smtp::Fault;
use crate::support::world::World;

fn guests(names: &[&str]) -> Option<Vec<Attendee>> {
    let all = names.iter().map(|name| Attendee {
        email: format!("{name}@example.com"),
        name: (*name).to_owned(),
        kind: Some(1),
        status: None,
    });
    Some(all.collect())
}

/// A weekly meeting of an hour, five times from 2030-07-01 10:00 UTC (a Monday).
fn series(uid: &str, names: &[&str]) -> Event {
    Event {
        subject: Some(format!("Plans {uid}")),
        uid: None,
        all_day: Some(false),
        start: Moment::parse("20300701T100000Z"),
        end: Moment::parse("20300701T110000Z"),
        meeting_status: Some(1),
        attendees: guests(names),
        recurrence: Said::Value(Recurrence {
            kind: 1,
            interval: Some(1),
            occurrences: Some(5),
            day_of_week: Some(2),
            ..Recurrence::default()
        }),
        ..Event::default()
    }
}

fn changed(id: &str, instance: Option<&str>, event: &Event, version: V) -> Command {
    Command::Change {
        server_id: id.to_owned(),
        instance_id: instance.map(str::to_owned),
        data: ApplicationData::Other(event.to_raw(version)),
        send: false,
    }
}

async fn phone_of(world: &World, version: V, name: &str) -> (Phone, String) {
    let profile = Profile::ios().speaking(version).called(name);
    let mut phone = world.phone(profile).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    (phone, folder)
}

/// Does it, loses the answer, and does it again.
async fn twice(phone: &mut Phone, folder: &str, command: Command) -> sync::Response {
    let mut collection = phone.collection(folder);
    collection.commands = vec![command];
    let request = sync::Request {
        collections: Some(vec![collection]),
        ..sync::Request::default()
    };
    phone.lose_next(Loss::Answer);
    assert!(phone.try_sync(request).await.is_err());
    phone.repeat_sync().await.expect("an answer")
}

fn made(response: &sync::Response) -> String {
    match response.collections.first().map(|it| &it.responses[..]) {
        Some(
            [
                ItemResponse::Add {
                    server_id: Some(id),
                    status: 1,
                    ..
                },
            ],
        ) => id.clone(),
        other => panic!("{other:?}"),
    }
}

/// Method, recipients and text of what came since.
fn since(world: &World, seen: &mut usize) -> Vec<(&'static str, Vec<String>, String)> {
    let all = world.smtp.received();
    let new = all.iter().skip(*seen).map(|mail| {
        let text = mail.text().replace("=\r\n", "").replace("\r\n ", "");
        let method = match text.contains("METHOD:CANCEL\r\n") {
            true => "CANCEL",
            false => "REQUEST",
        };
        let mut to = mail.to.clone();
        to.sort();
        (method, to, text)
    });
    let new = new.collect();
    *seen = all.len();
    new
}

/// Method, to whom, and a line that must be in it.
type Told = (&'static str, &'static [&'static str], &'static str);

/// The steps of an organizer's day, each with what is to be told.
fn steps(id: &str, uid: &str) -> Vec<(Command, &'static [Told])> {
    let version = V::V16_1;
    let moved = |names: &[&str]| Event {
        start: Moment::parse("20300701T120000Z"),
        end: Moment::parse("20300701T130000Z"),
        ..series(uid, names)
    };
    let reminded = Event {
        reminder: Said::Value(10),
        ..moved(&["bob", "dan"])
    };
    let other = Event {
        subject: Some("Another subject".into()),
        ..Event::default()
    };
    vec![
        (
            changed(id, None, &moved(&["bob", "carol"]), version),
            &[("REQUEST", &["bob", "carol"], "SEQUENCE:1")],
        ),
        (
            changed(id, None, &moved(&["bob", "carol", "dan"]), version),
            &[("REQUEST", &["dan"], "mailto:dan@example.com")],
        ),
        (
            changed(id, None, &moved(&["bob", "dan"]), version),
            &[("CANCEL", &["carol"], "STATUS:CANCELLED")],
        ),
        (changed(id, None, &reminded, version), &[]),
        (
            changed(id, Some("20300708T120000Z"), &other, version),
            &[("REQUEST", &["bob", "dan"], "SUMMARY:Another subject")],
        ),
        (
            Command::Delete {
                server_id: id.to_owned(),
                instance_id: Some("20300715T120000Z".into()),
            },
            &[("CANCEL", &["bob", "dan"], "RECURRENCE-ID")],
        ),
        (
            object_deleted(id),
            &[("CANCEL", &["bob", "dan"], "STATUS:CANCELLED")],
        ),
    ]
}

#[tokio::test]
async fn s17_each_change_of_an_organizer_is_told_once_where_nobody_schedules() {
    let world = World::with_dav(DavKind::Radicale).await;
    let (mut phone, folder) = phone_of(&world, V::V16_1, "BOSS").await;
    let mut seen = 0;
    let add = object_added("c1", series("one", &["bob", "carol"]).to_raw(V::V16_1));
    let id = made(&twice(&mut phone, &folder, add).await);
    let told = since(&world, &mut seen);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "REQUEST");
    assert_eq!(told[0].1, ["bob@example.com", "carol@example.com"]);
    assert!(
        told[0].2.contains("RRULE:") && !told[0].2.contains("SCHEDULE-AGENT"),
        "{told:?}"
    );
    for (number, (command, expected)) in steps(&id, "one").into_iter().enumerate() {
        let response = twice(&mut phone, &folder, command).await;
        let told = since(&world, &mut seen);
        assert_eq!(told.len(), expected.len(), "step {number}: {told:?}");
        for ((method, to, text), (its_method, its_to, line)) in told.iter().zip(expected) {
            assert_eq!(method, its_method, "step {number}: {text}");
            let its_to: Vec<String> = its_to
                .iter()
                .map(|it| format!("{it}@example.com"))
                .collect();
            assert_eq!(*to, its_to, "step {number}");
            assert!(text.contains(line), "step {number} {line}: {text}");
            if number == 4 || number == 5 {
                // One occurrence is told of by itself.
                assert!(!text.contains("RRULE"), "{text}");
                assert_eq!(text.matches("BEGIN:VEVENT").count(), 1, "{text}");
            }
        }
        let _ = response;
    }
    assert_eq!(world.smtp.client_faults(), [""; 0]);
    // 14.1: the phone mails, we do not.
    let (mut phone, folder) = phone_of(&world, V::V14_1, "OLD").await;
    let add = object_added("c1", series("old", &["bob"]).to_raw(V::V14_1));
    let id = made(&twice(&mut phone, &folder, add).await);
    let change = changed(&id, None, &series("old", &["bob", "dan"]), V::V14_1);
    twice(&mut phone, &folder, change).await;
    twice(&mut phone, &folder, object_deleted(&id)).await;
    assert_eq!(since(&world, &mut seen), []);
}

#[tokio::test]
async fn s17_a_scheduling_server_tells_and_nobody_else_does() {
    let world = World::with_dav(DavKind::Cyrus).await;
    let bob = User::new("bob@example.com");
    let bobs = world.dav().client(&bob);
    let his = async |subject: &str| {
        let objects = bobs.objects(&world.dav().calendar(&bob)).await;
        let mut all = objects.into_iter();
        all.find(|object| object.contains(&format!("SUMMARY:{subject}")))
    };
    // Who has no calendar yet is invited by mail.
    let path = format!("{}his.ics", world.dav().calendar(&bob));
    bobs.put(&path, &calendar("", &event("his", 0, ""))).await;
    // From 16.0 on the server has it in Bob's calendar at once.
    let (mut phone, folder) = phone_of(&world, V::V16_1, "BOSS").await;
    let add = object_added("c1", series("new", &["bob"]).to_raw(V::V16_1));
    let id = made(&twice(&mut phone, &folder, add).await);
    let there = his("Plans new").await.expect("Bob is invited");
    assert!(there.contains("RRULE"), "{there}");
    let other = Event {
        subject: Some("Another subject".into()),
        ..Event::default()
    };
    let change = changed(&id, Some("20300708T100000Z"), &other, V::V16_1);
    twice(&mut phone, &folder, change).await;
    let there = his("Plans new").await.expect("still");
    assert!(there.contains("Another subject"), "{there}");
    twice(&mut phone, &folder, object_deleted(&id)).await;
    let there = his("Plans new").await;
    assert!(
        there.is_none_or(|there| there.contains("STATUS:CANCELLED")),
        "Bob is told that it does not take place"
    );
    // Up to 14.1 the phone mails him, and the server keeps still.
    let (mut phone, folder) = phone_of(&world, V::V14_1, "OLD").await;
    let add = object_added("c1", series("old", &["bob"]).to_raw(V::V14_1));
    let id = made(&twice(&mut phone, &folder, add).await);
    let change = changed(&id, None, &series("older", &["bob"]), V::V14_1);
    twice(&mut phone, &folder, change).await;
    twice(&mut phone, &folder, object_deleted(&id)).await;
    assert_eq!(his("Plans old").await, None);
    assert_eq!(world.smtp.received(), []);
}

/// Up to 14.1 the phone tells everybody itself, of one occurrence too: the calendar has it, and neither
/// its server nor Airgate says a word.
async fn one_occurrence_by_an_old_phone(kind: DavKind) {
    let world = World::with_dav(kind).await;
    let bob = User::new("bob@example.com");
    let bobs = world.dav().client(&bob);
    for version in [V::V12_1, V::V14_1] {
        let uid = format!("old{}", version.query_byte());
        let (mut phone, folder) = phone_of(&world, version, &uid.to_uppercase()).await;
        let add = object_added("c1", series(&uid, &["bob"]).to_raw(version));
        let id = made(&twice(&mut phone, &folder, add).await);
        let moved = Exception {
            at: Moment::parse("20300708T100000Z"),
            deleted: false,
            changes: Event {
                subject: Some(format!("Later {uid}")),
                start: Moment::parse("20300708T140000Z"),
                end: Moment::parse("20300708T150000Z"),
                ..Event::default()
            },
        };
        let deleted = Exception {
            at: Moment::parse("20300715T100000Z"),
            deleted: true,
            changes: Event::default(),
        };
        let event = Event {
            exceptions: Some(vec![moved, deleted]),
            ..series(&uid, &["bob"])
        };
        twice(&mut phone, &folder, changed(&id, None, &event, version)).await;
        let objects = world.dav_client();
        let objects = objects.objects(&world.dav().calendar(&world.alice)).await;
        let there = objects
            .iter()
            .find(|object| object.contains(&format!("Plans {uid}")));
        let there = there.expect("in the calendar").replace("\r\n ", "");
        assert!(there.contains("EXDATE"), "{version}: {there}");
        let parts: Vec<&str> = there.split("BEGIN:VEVENT").skip(1).collect();
        assert_eq!(parts.len(), 2, "{version}: {there}");
        let one = parts.iter().find(|part| part.contains("RECURRENCE-ID"));
        let one = one.expect("an occurrence of its own");
        assert!(one.contains(&format!("SUMMARY:Later {uid}")), "{one}");
        for part in &parts {
            let guest = part.lines().find(|line| line.contains("bob@example.com"));
            let guest = guest.expect("he is invited to both");
            assert!(
                guest.contains("SCHEDULE-AGENT=CLIENT"),
                "{version}: {guest}"
            );
        }
        let told = phone.sync(&folder).await;
        assert!(
            told.collections.iter().all(|c| c.commands.is_empty()),
            "S6: {told:?}"
        );
        assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
    }
    assert_eq!(world.smtp.received(), [], "nobody is told by us");
    let his = bobs.objects(&world.dav().calendar(&bob)).await;
    assert!(
        !his.iter().any(|object| object.contains("Plans old")),
        "{his:?}"
    );
}

#[tokio::test]
async fn s17_one_occurrence_by_an_old_phone_is_the_phones_to_tell_where_nobody_schedules() {
    one_occurrence_by_an_old_phone(DavKind::Radicale).await;
}

#[tokio::test]
async fn s17_one_occurrence_by_an_old_phone_is_the_phones_to_tell_on_cyrus() {
    one_occurrence_by_an_old_phone(DavKind::Cyrus).await;
}

/// The mail server is down, or the gateway dies in between: the next request makes up for it.
#[tokio::test]
async fn s17_what_could_not_be_told_is_told_later_and_once() {
    let mut world = World::with_dav(DavKind::Radicale).await;
    let (mut phone, folder) = phone_of(&world, V::V16_1, "BOSS").await;
    // One address that is none keeps it from nobody else.
    world
        .smtp
        .next_goes_wrong(Fault::Refuses("nobody@example.com", "550 5.1.1 who?"));
    world
        .smtp
        .next_goes_wrong(Fault::Refuses("nobody@example.com", "550 5.1.1 who?"));
    let add = object_added("c0", series("some", &["bob", "nobody"]).to_raw(V::V16_1));
    made(&phone.do_in(&folder, vec![add]).await);
    let mut seen = 0;
    let told = since(&world, &mut seen);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1, ["bob@example.com"]);
    // Not now.
    world.smtp.next_goes_wrong(Fault::Greeting);
    let add = object_added("c1", series("late", &["bob"]).to_raw(V::V16_1));
    let id = made(&phone.do_in(&folder, vec![add]).await);
    assert_eq!(since(&world, &mut seen), [], "the server takes no mail");
    // Killed in the same moment.
    world.server.kill_nine();
    world.server.start();
    phone.sync(&folder).await;
    let told = since(&world, &mut seen);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].2.contains("METHOD:REQUEST"), "{told:?}");
    // A deletion that is cut off while the mail is under way; the repeat finds nothing to delete.
    world
        .smtp
        .next_goes_wrong(Fault::Slow(Duration::from_secs(5)));
    let mut collection = phone.collection(&folder);
    collection.commands = vec![object_deleted(&id)];
    let request = sync::Request {
        collections: Some(vec![collection]),
        ..sync::Request::default()
    };
    let asking = phone.try_sync(request);
    let killing = async {
        let gone = async || {
            let objects = world.dav_client();
            let objects = objects.objects(&world.dav().calendar(&world.alice)).await;
            !objects.iter().any(|object| object.contains("Plans late"))
        };
        while !gone().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.server.kill_nine();
    };
    let (asked, ()) = tokio::join!(asking, killing);
    assert!(asked.is_err(), "it was killed before it answered");
    world.server.start();
    phone.repeat_sync().await.expect("an answer");
    world.smtp.wait_for(seen + 1).await;
    let told = since(&world, &mut seen);
    // The one cut nobody can tell from a loss is between the final dot and the word on disk: then it
    // goes out again under the same Message-ID.
    let ids = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("Message-ID:"));
        line.map(str::to_owned)
    };
    assert!(told.iter().all(|(method, ..)| *method == "CANCEL"));
    let first = ids(&told[0].2);
    assert!(
        told.iter().all(|(_, _, text)| ids(text) == first),
        "{told:?}"
    );
    phone.sync(&folder).await;
    assert_eq!(since(&world, &mut seen), []);
    assert_eq!(kept(&world, "late").await, None);
}
