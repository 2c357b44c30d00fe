//! Users and devices have nothing in common: not their keys, not their ids (S24, T13).

use airgate_codec::eas::{item_operations, sync};

use super::world;
use crate::support::backend::User;
use crate::support::mail;
use crate::support::phone::Profile;

#[tokio::test]
async fn s24_devices_share_nothing() {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 4).await;
    let bob = User::new("bob@example.com");
    world
        .backend
        .deliver(&bob, "INBOX", &mail::simple("for bob", "x\r\n"))
        .await;
    // Two users on one phone: one DeviceId.
    let mut alices = world.phone(Profile::ios()).await;
    let mut bobs = world.new_phone(Profile::ios(), &bob);
    bobs.set_up().await;
    alices.sync_all("INBOX").await;
    bobs.sync_all("INBOX").await;
    assert_eq!(bobs.subjects("INBOX"), ["for bob"]);
    assert_eq!(alices.subjects("INBOX").len(), 4);
    // Two devices of one user; the second begins when the first is done.
    let mut second = world.phone(Profile::ios().called("SECOND")).await;
    second.sync_all("INBOX").await;
    let item = second.item("INBOX", "Mail number 1");
    second.mark_read("INBOX", &item, true).await;
    second
        .delete("INBOX", std::slice::from_ref(&item), false)
        .await;
    alices.sync_all("INBOX").await;
    assert_eq!(alices.subjects("INBOX").len(), 3);
    // T13, S3: a key of another device or another user is no key.
    let stolen = alices.held("INBOX").key;
    for phone in [&mut second, &mut bobs] {
        let own = phone.held("INBOX");
        let mut collection = phone.collection("INBOX");
        collection.sync_key = Some(stolen.clone());
        let mut thief = phone.clone();
        let answer = thief.sync_collections(vec![collection]).await;
        if stolen != own.key {
            assert_eq!(answer.collections[0].head.status, 3, "{answer:?}");
        }
        // And what the phone had still goes on.
        assert_eq!(phone.sync("INBOX").await.collections, []);
    }
    for phone in [&alices, &second, &bobs] {
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

/// T13: identifiers are hostile text.
#[tokio::test]
async fn t13_foreign_and_hostile_ids_find_nothing() {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 3).await;
    let bob = User::new("bob@example.com");
    world
        .backend
        .deliver(&bob, "INBOX", &mail::simple("for bob", "x\r\n"))
        .await;
    let mut bobs = world.new_phone(Profile::ios().called("BOB"), &bob);
    bobs.set_up().await;
    bobs.sync_all("INBOX").await;
    let bobs_item = bobs.item("INBOX", "for bob");
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let long = "x".repeat(10_000);
    for id in [
        "../m1",
        "m1' OR '1'='1",
        "",
        " ",
        "m999",
        "M1",
        "\u{202e}",
        "%00",
        "0",
        long.as_str(),
    ] {
        let mut collection = phone.collection("INBOX");
        id.clone_into(&mut collection.collection_id);
        for key in ["0", "1", "99999999999999999999", "x"] {
            collection.sync_key = Some(key.to_owned());
            let request = sync::Request {
                collections: Some(vec![collection.clone()]),
                ..sync::Request::default()
            };
            let answer = phone.clone().try_sync(request).await.unwrap();
            let status = answer
                .status
                .or_else(|| answer.collections.first().map(|one| one.head.status));
            assert!(
                status.is_some_and(|status| status != 1),
                "{id:?} {key}: {answer:?}"
            );
        }
        for reference in [id, bobs_item.as_str()] {
            let fetch = item_operations::Fetch {
                store: Some(item_operations::Store::Mailbox),
                file_reference: Some(reference.to_owned()),
                ..item_operations::Fetch::default()
            };
            let (response, _) = phone.item_operations(vec![fetch], false).await;
            let Some(item_operations::Outcome::Fetch {
                head,
                properties: None,
            }) = response.outcomes.first()
            else {
                panic!("{reference:?}: {response:?}");
            };
            assert_ne!(head.status, 1, "{reference:?}");
        }
        if !id.is_empty() {
            phone.move_items("INBOX", "Trash", &[id.to_owned()]).await;
        }
        phone.delete("INBOX", &[id.to_owned()], true).await;
    }
    // Nothing went, here or there.
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 3);
    assert_eq!(world.other_client().await.subjects("INBOX").await.len(), 3);
    assert_eq!(bobs.sync("INBOX").await.collections, []);
}
