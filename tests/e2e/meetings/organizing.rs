//! A user invites others on the phone: they hear of it from exactly one, and only of what concerns
//! them (design.md "Who invites").

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::Moment;
use airgate_codec::eas::calendar::{Attendee, Event};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::wbxml::calendar;

use crate::support::backend::User;
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Phone, Profile, object_added};
use crate::support::world::World;

async fn phone_of(world: &World, version: V) -> (Phone, String) {
    let profile = Profile::ios().speaking(version).filter(0);
    let name = format!("INVITES{}", version.query_byte());
    let mut phone = world.phone(profile.called(&name)).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    (phone, folder)
}

/// Tea in the summer of 2030 with Bob and Dan.
fn tea(subject: &str, version: V) -> Event {
    let guest = |email: &str, name: &str| Attendee {
        email: email.into(),
        name: name.into(),
        kind: Some(1),
        ..Attendee::default()
    };
    Event {
        start: Moment::parse("20300701T100000Z"),
        end: Moment::parse("20300701T110000Z"),
        subject: Some(subject.into()),
        uid: (version < V::V16_0).then(|| subject.to_owned()),
        meeting_status: Some(1),
        attendees: Some(vec![
            guest("bob@example.com", "Bob"),
            guest("dan@example.net", "Dan"),
        ]),
        ..Event::default()
    }
}

/// The object with that name, unfolded, as another client sees it.
async fn kept(world: &World, user: &User, subject: &str) -> Option<String> {
    let client = world.dav().client(user);
    let objects = client.objects(&world.dav().calendar(user)).await;
    let mut found = objects
        .into_iter()
        .map(|object| object.replace("\r\n ", ""))
        .filter(|object| object.contains(&format!("SUMMARY:{subject}")));
    found.next()
}

#[tokio::test]
async fn s17_the_others_are_told_once_where_nobody_schedules() {
    let world = World::with_dav(DavKind::Radicale).await;
    let mut sent = 0;
    for version in [V::V12_1, V::V14_1, V::V16_1] {
        let (mut phone, folder) = phone_of(&world, version).await;
        let subject = format!("Tea {version}");
        let ours = version >= V::V16_0;
        let add = object_added("c1", tea(&subject, version).to_raw(version));
        phone.do_in(&folder, vec![add]).await;
        let object = kept(&world, &world.alice, &subject)
            .await
            .expect("it is there");
        assert!(object.contains("mailto:dan@example.net"), "{object}");
        phone.sync_all(&folder).await;
        sent += usize::from(ours);
        if ours {
            let mail = world.smtp.wait_for(sent).await.pop().unwrap();
            assert_eq!(mail.to, ["bob@example.com", "dan@example.net"]);
            for line in [
                "METHOD:REQUEST\r\n",
                "method=REQUEST",
                "Subject: Tea 16.1\r\n",
            ] {
                assert!(mail.text().contains(line), "{line}{}", mail.text());
            }
        }
        let id = phone.object(&folder, calendar::SUBJECT, &subject);
        // What only concerns the user is told nobody, what moves the meeting everybody.
        phone
            .edit_object(&folder, &id, calendar::REMINDER, "15")
            .await;
        phone.sync_all(&folder).await;
        assert_eq!(world.smtp.received().len(), sent, "{version}: a reminder");
        phone
            .edit_object(&folder, &id, calendar::END_TIME, "20300701T120000Z")
            .await;
        phone.sync_all(&folder).await;
        sent += usize::from(ours);
        if ours {
            let mail = world.smtp.wait_for(sent).await.pop().unwrap().text();
            assert!(mail.contains("SEQUENCE:1\r\n"), "{mail}");
        }
        assert_eq!(world.smtp.received().len(), sent, "{version}: another time");
        phone.delete_object(&folder, &id).await;
        assert_eq!(kept(&world, &world.alice, &subject).await, None);
        sent += usize::from(ours);
        if ours {
            let mail = world.smtp.wait_for(sent).await.pop().unwrap().text();
            for line in ["METHOD:CANCEL\r\n", "Subject: Canceled: Tea 16.1\r\n"] {
                assert!(mail.contains(line), "{line}{mail}");
            }
        }
        assert_eq!(world.smtp.received().len(), sent, "{version}: gone");
    }
    assert_eq!(world.smtp.client_faults(), [""; 0]);
}

#[tokio::test]
async fn s17_a_scheduling_server_invites_for_new_phones_and_not_for_old_ones() {
    let world = World::with_dav(DavKind::Cyrus).await;
    let bob = User::new("bob@example.com");
    // Who has no calendar yet would be invited by mail.
    world
        .dav()
        .client(&bob)
        .list(&world.dav().calendar(&bob))
        .await;
    for version in [V::V14_1, V::V16_1] {
        let (mut phone, folder) = phone_of(&world, version).await;
        let subject = format!("Tea {version}");
        let event = Event {
            attendees: tea("", version)
                .attendees
                .map(|all| all.into_iter().take(1).collect()),
            ..tea(&subject, version)
        };
        let add = object_added("c1", event.to_raw(version));
        phone.do_in(&folder, vec![add]).await;
        let object = kept(&world, &world.alice, &subject)
            .await
            .expect("it is there");
        let his = kept(&world, &bob, &subject).await;
        match version >= V::V16_0 {
            true => assert!(his.is_some(), "Cyrus told him: {object}"),
            false => {
                assert!(object.contains("SCHEDULE-AGENT=CLIENT"), "{object}");
                assert_eq!(his, None, "the phone tells him");
            }
        }
    }
    assert_eq!(world.smtp.received().len(), 0);
}
