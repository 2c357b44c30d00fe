//! The rig as a whole: a phone of each kind gets a mail through Airgate and marks it read.

use crate::support::backend::Kind;
use crate::support::mail;
use crate::support::phone::Profile;
use crate::support::world::World;

async fn reads_a_mail(kind: Kind) {
    let world = World::start(kind).await;
    world
        .deliver("INBOX", &mail::simple("hello", "hi\r\n"))
        .await;
    for profile in Profile::all() {
        let mut phone = world.phone(profile.keeps_all()).await;
        phone.sync_all("INBOX").await;
        assert_eq!(phone.subjects("INBOX"), ["hello"], "{}", phone.profile.name);
        assert_eq!(phone.surprises(), [""; 0]);
    }
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "hello");
    phone.mark_read("INBOX", &item, true).await;
    let mut other = world.other_client().await;
    other.select("INBOX").await;
    assert_eq!(other.search("SEEN").await, [1]);
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn phones_read_mail_on_dovecot() {
    reads_a_mail(Kind::Dovecot).await;
}

#[tokio::test]
async fn phones_read_mail_on_dovecot_without_extensions() {
    reads_a_mail(Kind::DovecotBare).await;
}

#[tokio::test]
async fn phones_read_mail_on_cyrus() {
    reads_a_mail(Kind::Cyrus).await;
}

#[tokio::test]
async fn phones_read_mail_on_courier() {
    reads_a_mail(Kind::Courier).await;
}

#[tokio::test]
async fn a_killed_server_starts_again_on_its_state() {
    let mut world = World::start_with(Kind::Dovecot, |settings| settings.tls()).await;
    world.fill("INBOX", 7).await;
    let mut phone = world.phone(Profile::gmail()).await;
    phone.sync("INBOX").await;
    phone.sync("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 5);
    world.server.kill_nine();
    assert!(phone.try_folder_sync().await.is_err());
    world.server.start();
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 7);
    assert_eq!(phone.surprises(), [""; 0]);
    assert!(
        world
            .server
            .terminate()
            .is_some_and(|status| status.success())
    );
}
