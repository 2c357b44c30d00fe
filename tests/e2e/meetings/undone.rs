//! What answers and mails about meetings overwrite or remove can be brought back (S8), and a calendar that
//! takes no answer.

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::meeting_response::{SendResponse, UserResponse};

use super::answers::{ask, calendar, event, invited, kept, mail, phone_of, reply, says};
use super::attended::{told, until};
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::phone::Profile;
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
    let url = world.dav().url();
    let undo = |more: &[&str], input: &str| {
        let named: &[&str] = &["undo", "--caldav", &url, "--carddav", &url];
        let output = world.server.verb_with(&[named, more].concat(), input);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let alice = world.alice.name.as_str();
    let list = undo(&["list", "--user", alice, "--json"], "");
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
        undo(&["restore", "--user", alice, &id], &world.alice.password);
        assert_eq!(kept(&world, "undo").await.as_ref(), Some(before));
    }
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
