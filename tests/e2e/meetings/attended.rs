//! What comes by mail of meetings is in the calendar before anybody answers, where no calendar server
//! does that, and once.

use airgate_codec::ProtocolVersion as V;

use super::answers::{calendar, event, kept, mail, phone_of, says};
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

const VERSIONS: [V; 3] = [V::V12_1, V::V14_1, V::V16_1];

/// Waits until the calendar is as it should be.
pub(super) async fn until(
    world: &World,
    uid: &str,
    what: &str,
    good: impl Fn(Option<&str>) -> bool,
) {
    let start = std::time::Instant::now();
    loop {
        let object = kept(world, uid).await;
        if good(object.as_deref()) {
            return;
        }
        assert!(start.elapsed().as_secs() < 5, "{what}: {object:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

pub(super) async fn told(world: &World, phone: &mut Phone, mail: &[u8]) {
    world.deliver("INBOX", mail).await;
    phone.sync_all("INBOX").await;
}

#[tokio::test]
async fn invitations_updates_and_cancellations_reach_the_calendar() {
    let world = World::with_dav(DavKind::Radicale).await;
    let bob = "bob@example.com";
    for version in VERSIONS {
        let mut phone = phone_of(&world, version).await;
        let uid = format!("mailed-{version}");
        let invitation = mail(&uid, "REQUEST", bob, &event(&uid, 0, ""));
        told(&world, &mut phone, &invitation).await;
        until(&world, &uid, "invited", |object| {
            object.is_some_and(|object| says(object, "alice", "NEEDS-ACTION"))
        })
        .await;
        // Somebody else has nothing to say in it.
        let forged = event(&uid, 7, "LOCATION:Nowhere\r\n");
        told(
            &world,
            &mut phone,
            &mail(&uid, "REQUEST", "eve@evil.test", &forged),
        )
        .await;
        told(
            &world,
            &mut phone,
            &mail(&uid, "CANCEL", "eve@evil.test", &forged),
        )
        .await;
        let update = event(&uid, 1, "LOCATION:Hall\r\n");
        told(&world, &mut phone, &mail(&uid, "REQUEST", bob, &update)).await;
        until(&world, &uid, "updated", |object| {
            object.is_some_and(|object| object.contains("LOCATION:Hall"))
        })
        .await;
        let cancel = event(&uid, 2, "STATUS:CANCELLED\r\n");
        told(&world, &mut phone, &mail(&uid, "CANCEL", bob, &cancel)).await;
        until(&world, &uid, "cancelled", |object| {
            object.is_some_and(|object| {
                object.contains("STATUS:CANCELLED")
                    && object.contains("LOCATION:Hall")
                    && !object.contains("Nowhere")
            })
        })
        .await;
        assert_eq!(phone.surprises(), [""; 0]);
    }
    // What the user throws away does not come back by another device.
    let client = world.dav_client();
    for path in client.list(&world.dav().calendar(&world.alice)).await {
        client.delete(&path).await;
    }
    let mut other = world.phone(Profile::gmail().filter(0)).await;
    other.sync_all("INBOX").await;
    let last = mail("last", "REQUEST", bob, &event("last", 0, ""));
    told(&world, &mut other, &last).await;
    until(&world, "last", "the last one", |object| object.is_some()).await;
    for version in VERSIONS {
        assert_eq!(kept(&world, &format!("mailed-{version}")).await, None);
    }
}

#[tokio::test]
async fn an_answer_reaches_the_organizer_s_calendar() {
    let world = World::with_dav(DavKind::Radicale).await;
    let own = event("own", 0, "")
        .replace("bob@", "carol@")
        .replace("alice@", "guest@");
    let own = own.replace("carol@", "alice@");
    let path = format!("{}own.ics", world.dav().calendar(&world.alice));
    world.dav_client().put(&path, &calendar("", &own)).await;
    let mut phone = phone_of(&world, V::V16_1).await;
    let reply = own.replace("NEEDS-ACTION;RSVP=TRUE", "DECLINED");
    told(
        &world,
        &mut phone,
        &mail("own", "REPLY", "eve@evil.test", &reply),
    )
    .await;
    told(
        &world,
        &mut phone,
        &mail("own", "REPLY", "guest@example.com", &reply),
    )
    .await;
    until(&world, "own", "declined", |object| {
        object.is_some_and(|object| says(object, "guest@example.com", "DECLINED"))
    })
    .await;
}

#[tokio::test]
async fn old_mail_other_folders_and_other_wishes_leave_the_calendar_alone() {
    let world = World::with_dav_and(DavKind::Radicale, |settings| {
        settings.variable("AIRGATE_MEETINGS_FROM_MAIL", "false")
    })
    .await;
    let mut phone = phone_of(&world, V::V16_1).await;
    let bob = "bob@example.com";
    told(
        &world,
        &mut phone,
        &mail("no", "REQUEST", bob, &event("no", 0, "")),
    )
    .await;
    assert_eq!(kept(&world, "no").await, None);

    let world = World::with_dav(DavKind::Radicale).await;
    let mut phone = phone_of(&world, V::V16_1).await;
    let mut client = world.other_client().await;
    let old = mail("old", "REQUEST", bob, &event("old", 0, ""));
    client
        .append_dated("INBOX", "01-Jan-2026 08:00:00 +0000", &old)
        .await;
    let over = event("over", 0, "").replace("2030", "2025");
    client
        .append("INBOX", "", &mail("over", "REQUEST", bob, &over))
        .await;
    client
        .append(
            "Junk",
            "",
            &mail("junk", "REQUEST", bob, &event("junk", 0, "")),
        )
        .await;
    phone.sync_all("INBOX").await;
    phone.sync_all("Junk").await;
    told(
        &world,
        &mut phone,
        &mail("new", "REQUEST", bob, &event("new", 0, "")),
    )
    .await;
    until(&world, "new", "the new one", |object| object.is_some()).await;
    for uid in ["old", "over", "junk"] {
        assert_eq!(kept(&world, uid).await, None, "{uid}");
    }
}
