//! A phone adds its account, sees its folders and its inbox, reads, flags, deletes, moves, and is
//! woken by new mail.

use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::ping;

use crate::support::backend::Kind;
use crate::support::phone::Profile;
use crate::support::world::World;

#[tokio::test]
async fn every_kind_of_phone_gets_its_inbox() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 30).await;
    for profile in Profile::all() {
        let name = profile.name;
        let mut phone = world.phone(profile.keeps_all()).await;
        phone.sync_all("INBOX").await;
        assert_eq!(phone.subjects("INBOX").len(), 30, "{name}");
        assert_eq!(phone.surprises(), [] as [&str; 0], "{name}");
    }
}

#[tokio::test]
async fn reading_flagging_and_deleting_reach_the_store() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 3).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let subjects = phone.subjects("INBOX");
    let (first, second) = (
        phone.item("INBOX", &subjects[0]),
        phone.item("INBOX", &subjects[1]),
    );
    phone.mark_read("INBOX", &first, true).await;
    phone.flag("INBOX", &first, true).await;
    phone.delete("INBOX", &[second], false).await;
    let mut other = world.other_client().await;
    other.select("INBOX").await;
    assert_eq!(other.search("SEEN FLAGGED").await.len(), 1);
    assert_eq!(other.search("ALL").await.len(), 2);
    assert_eq!(other.subjects("Trash").await.len(), 1);
    assert!(
        phone
            .fetch_body("INBOX", &first, BodyType::Plain)
            .await
            .is_some()
    );
}

#[tokio::test]
async fn new_mail_wakes_a_held_ping() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 1).await;
    let mut phone = world.phone(Profile::gmail()).await;
    phone.sync_all("INBOX").await;
    let mut waiting = phone.clone();
    let ping = tokio::spawn(async move { waiting.ping(&["INBOX"], 60).await });
    world
        .deliver("INBOX", b"From: a@b.test\r\nSubject: news\r\n\r\nhello\r\n")
        .await;
    let answer = ping.await.unwrap();
    assert_eq!(answer.status, ping::status::CHANGES);
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 2);
}
