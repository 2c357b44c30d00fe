//! Invitations, answers and cancellations of `fixtures/mail` on phones of every version: the class,
//! the meeting in the words of that version, and everything else as with any other mail. What each
//! mail says is reviewed in `src/item/snapshots`; every answer is checked against the schemas.

mod answers;
mod attended;
mod organized;
mod undone;

use std::collections::BTreeMap;

use airgate_codec::ProtocolVersion::{self, V2_5, V12_1, V14_0, V14_1, V16_0, V16_1};
use airgate_codec::eas::email::{Email, MeetingRequest};
use airgate_codec::eas::item_operations::{Fetch, FetchOptions, Outcome, Properties, Store};
use airgate_codec::eas::sync::ItemData;
use airgate_codec::eas::{BodyPreference, Location};

use crate::stories::client_in;
use crate::support::backend::{Backend, Kind, User};
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;
use crate::support::zoo::{self, Animal};

async fn invitations_on(kind: Kind) -> (World, Vec<Animal>) {
    let owner = User::new(zoo::OWNER);
    let backend = Backend::start(kind, &[owner.clone()]);
    let mut mails = zoo::animals();
    mails.retain(|mail| mail.name.starts_with("invitation-"));
    let octets = mails.iter().map(|mail| (mail.arrived, &*mail.raw));
    let taken = backend.deliver_at(&owner, "INBOX", octets).await;
    assert!(mails.len() > 30 && taken.iter().all(|taken| *taken));
    let world = World::around(backend, &[owner], |settings| {
        settings.argument("--allow-2.5")
    })
    .await;
    (world, mails)
}

async fn phone_of(world: &World, version: ProtocolVersion) -> Phone {
    let id = version.as_str().replace('.', "");
    let profile = Profile::old_phone()
        .speaking(version)
        .keeps_all()
        .called(&format!("MEET{id}"));
    world.phone(profile).await
}

/// What a phone of a version must be told of a meeting that one of 16.1 is told so.
fn in_words_of(version: ProtocolVersion, meeting: &MeetingRequest) -> MeetingRequest {
    let newest = version >= V16_0;
    let older = |number: Option<u8>, instead: u8| match number {
        Some(4) if !newest => Some(instead),
        number => number,
    };
    MeetingRequest {
        instance_type: older(meeting.instance_type, 3),
        busy_status: older(meeting.busy_status, 0),
        location: match &meeting.location {
            Some(place) if !newest => place.display_name.clone().map(Location::named),
            place => place.clone(),
        },
        disallow_new_time_proposal: meeting
            .disallow_new_time_proposal
            .filter(|_| version >= V14_0),
        message_type: meeting.message_type.filter(|_| version >= V14_1),
        uid: meeting.uid.clone().filter(|_| newest),
        proposed_start: meeting.proposed_start.filter(|_| version >= V16_1),
        proposed_end: meeting.proposed_end.filter(|_| version >= V16_1),
        recurrence: meeting.recurrence.clone().map(|mut recurrence| {
            if version < V14_0 {
                recurrence.calendar_type = None;
            }
            if version < V14_1 {
                recurrence.first_day_of_week = None;
            }
            recurrence
        }),
        global_object_id: None,
        ..meeting.clone()
    }
}

async fn told_in_their_words(kind: Kind, versions: &[ProtocolVersion]) {
    let (world, mails) = invitations_on(kind).await;
    let mut newest: BTreeMap<String, Email> = BTreeMap::new();
    for &version in versions {
        let mut phone = phone_of(&world, version).await;
        phone.sync_all("INBOX").await;
        let found = zoo::found(&phone, &mails);
        for (name, (_, email)) in &found {
            let reviewed = newest.entry(name.clone()).or_insert_with(|| email.clone());
            assert_eq!(
                email.message_class, reviewed.message_class,
                "{name} {version}"
            );
            let class = email.message_class.as_deref().expect("a class");
            let is_meeting = class.starts_with("IPM.Schedule.Meeting.");
            assert_eq!(
                is_meeting,
                email.meeting_request.is_some(),
                "{name} {version}"
            );
            let content_class = is_meeting.then_some("urn:content-classes:calendarmessage");
            if version >= V12_1 && is_meeting {
                assert_eq!(
                    email.content_class.as_deref(),
                    content_class,
                    "{name} {version}"
                );
            }
            assert!(email.body.is_some(), "{name} {version}");
            let files: Vec<&str> = email
                .attachments
                .iter()
                .map(|attachment| attachment.display_name.as_str())
                .collect();
            let reviewed_files: Vec<&str> = reviewed
                .attachments
                .iter()
                .map(|attachment| attachment.display_name.as_str())
                .collect();
            assert_eq!(files, reviewed_files, "{name} {version}");
            let (Some(meeting), Some(reviewed)) =
                (&email.meeting_request, &reviewed.meeting_request)
            else {
                continue;
            };
            let has_id = meeting
                .global_object_id
                .as_ref()
                .is_some_and(|id| id.len() > 40);
            assert_eq!(has_id, version < V16_0, "{name} {version}");
            let told = MeetingRequest {
                global_object_id: None,
                ..MeetingRequest::clone(meeting)
            };
            assert_eq!(told, in_words_of(version, reviewed), "{name} {version}");
        }
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

#[tokio::test]
async fn every_version_is_told_in_its_words_on_dovecot() {
    let all = [V16_1, V16_0, V14_1, V14_0, V12_1, V2_5];
    told_in_their_words(Kind::Dovecot, &all).await;
}

#[tokio::test]
async fn versions_are_told_in_their_words_on_courier() {
    told_in_their_words(Kind::Courier, &[V16_1, V14_1, V12_1]).await;
}

/// ItemOperations tells the same meeting; flags, estimates and deletions are those of any mail.
#[tokio::test]
async fn a_meeting_is_a_mail_like_any_other() {
    let (world, mails) = invitations_on(Kind::Dovecot).await;
    for version in [V12_1, V14_1, V16_1] {
        let mut phone = phone_of(&world, version).await;
        phone.sync_all("INBOX").await;
        let found = zoo::found(&phone, &mails);
        let (item, synced) = &found["invitation-outlook-series"];
        let fetch = Fetch {
            store: Some(Store::Mailbox),
            collection_id: Some(phone.id("INBOX")),
            server_id: Some(item.clone()),
            options: FetchOptions {
                body_preferences: vec![BodyPreference::of(
                    airgate_codec::eas::email::BodyType::Plain,
                )],
                ..FetchOptions::default()
            },
            ..Fetch::default()
        };
        let (response, _) = phone.item_operations(vec![fetch], false).await;
        let Some(Outcome::Fetch {
            properties: Some(Properties::Item(ItemData::Email(fetched))),
            ..
        }) = response.outcomes.into_iter().next()
        else {
            panic!("{version}: nothing fetched");
        };
        assert!(fetched.meeting_request.is_some());
        assert_eq!(fetched.meeting_request, synced.meeting_request, "{version}");
        assert_eq!(fetched.message_class, synced.message_class);
        // A change of flags says nothing of the meeting, and no more than that.
        let unread = synced.read == Some(false);
        phone.mark_read("INBOX", item, unread).await;
        let estimate = |answer: airgate_codec::eas::get_item_estimate::Response| {
            let counts = answer.estimates.iter().map(|estimate| estimate.count);
            counts.collect::<Vec<_>>()
        };
        assert_eq!(
            estimate(phone.estimate("INBOX").await),
            [Some(0)],
            "{version}"
        );
        let another = include_bytes!("../../fixtures/mail/invitation-google-series.eml");
        world.deliver("INBOX", another).await;
        assert_eq!(
            estimate(phone.estimate("INBOX").await),
            [Some(1)],
            "{version}"
        );
        phone.sync_all("INBOX").await;
        let mut client = client_in(&world, "INBOX").await;
        let newest = client.search("ALL").await.pop().expect("a mail");
        client
            .command(&format!("UID STORE {newest} +FLAGS (\\Deleted)"))
            .await;
        client.command("EXPUNGE").await;
        client.logout().await;
        phone.sync_all("INBOX").await;
        assert_eq!(phone.held("INBOX").items.len(), mails.len(), "{version}");
        assert_eq!(phone.surprises(), [""; 0]);
    }
}
