//! Objects that move, are fetched one by one, and what a Ping says of them.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::item_operations::{Fetch, Outcome, Properties, Store};
use airgate_codec::eas::{move_items, ping, sync};
use airgate_codec::wbxml::contacts;

use super::{assert_quiet, card, phone_of};
use crate::support::backend::dav::DavKind;
use crate::support::world::World;

async fn moves(kind: DavKind) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let friends = format!("{}friends/", world.dav().addressbooks(&world.alice));
    other.make_addressbook(&friends, "Friends").await;
    other
        .put(&format!("{place}ada.vcf"), &card("ada", "Ada", "Byron"))
        .await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "MOVE").await;
    phone.sync_all("Friends").await;
    let id = phone.object(&book, contacts::LAST_NAME, "Byron");
    let response = phone
        .move_items(&book, "Friends", std::slice::from_ref(&id))
        .await;
    assert_eq!(
        response.results[0].status,
        move_items::status::OK,
        "{response:?}"
    );
    assert!(other.list(&place).await.is_empty());
    assert_eq!(other.list(&friends).await.len(), 1, "S10");
    for folder in [book.as_str(), "Friends"] {
        phone.sync_all(folder).await;
        assert_quiet(&mut phone, folder).await;
    }
    assert!(phone.objects(&book).is_empty());
    assert_eq!(phone.values("Friends", contacts::LAST_NAME), ["Byron"]);
    // Again the same, and what cannot be.
    let again = phone
        .move_items(&book, "Friends", std::slice::from_ref(&id))
        .await;
    assert_eq!(again.results[0].status, move_items::status::OK);
    assert_eq!(
        again.results[0].destination_item,
        response.results[0].destination_item
    );
    let nobody = format!("{}:77", phone.id(&book));
    let unknown = phone
        .move_items(&book, "Friends", std::slice::from_ref(&nobody))
        .await;
    assert_eq!(
        unknown.results[0].status,
        move_items::status::INVALID_SOURCE
    );
    let there = phone.object("Friends", contacts::LAST_NAME, "Byron");
    let mail = phone
        .move_items("Friends", "INBOX", std::slice::from_ref(&there))
        .await;
    assert_eq!(
        mail.results[0].status,
        move_items::status::INVALID_DESTINATION
    );
}

#[tokio::test]
async fn s10_cards_move_on_radicale() {
    moves(DavKind::Radicale).await;
}

#[tokio::test]
async fn s10_cards_move_on_cyrus() {
    moves(DavKind::Cyrus).await;
}

/// On a server whose cursors are hashes of what there is, everything is as it was before.
#[tokio::test]
async fn s1_what_others_undo_before_a_look_is_heard_of() {
    let world = World::with_dav(DavKind::Xandikos).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let path = format!("{place}ada.vcf");
    let text = card("ada", "Ada", "Byron");
    other.put(&path, &text).await;
    let friends = format!("{}friends/", world.dav().addressbooks(&world.alice));
    other.make_addressbook(&friends, "Friends").await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "ABA").await;
    phone.sync_all("Friends").await;
    // An Add that others delete, a change that others take back, a deletion that others undo.
    let command = super::object_added("c1", super::new_card("Grace", "Hopper"));
    phone.do_in(&book, vec![command]).await;
    let mut there = other.list(&place).await;
    there.retain(|path| !path.ends_with("ada.vcf"));
    other.delete(&there[0]).await;
    phone.sync_all(&book).await;
    assert_eq!(phone.values(&book, contacts::LAST_NAME), ["Byron"]);
    let id = phone.object(&book, contacts::LAST_NAME, "Byron");
    phone
        .edit_object(&book, &id, contacts::JOB_TITLE, "Boss")
        .await;
    other.put(&path, &text).await;
    phone.sync_all(&book).await;
    assert_eq!(phone.values(&book, contacts::JOB_TITLE), ["Clerk"]);
    phone.delete_object(&book, &id).await;
    other.put(&path, &text).await;
    phone.sync_all(&book).await;
    assert_eq!(phone.values(&book, contacts::LAST_NAME), ["Byron"]);
    // And a move.
    let id = phone.object(&book, contacts::LAST_NAME, "Byron");
    phone
        .move_items(&book, "Friends", std::slice::from_ref(&id))
        .await;
    let moved = other.list(&friends).await;
    other.delete(&moved[0]).await;
    other.put(&path, &text).await;
    phone.sync_all("Friends").await;
    phone.sync_all(&book).await;
    assert_eq!(phone.values(&book, contacts::LAST_NAME), ["Byron"]);
    assert_eq!(phone.objects("Friends").len(), 0);
    for folder in [book.as_str(), "Friends"] {
        assert_quiet(&mut phone, folder).await;
    }
}

#[tokio::test]
async fn a_single_object_is_fetched_and_nobody_elses() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    other
        .put(&format!("{place}ada.vcf"), &card("ada", "Ada", "Byron"))
        .await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "FETCH").await;
    let id = phone.object(&book, contacts::LAST_NAME, "Byron");
    let fetch = |id: &str| Fetch {
        store: Some(Store::Mailbox),
        collection_id: id.split(':').next().map(ToOwned::to_owned),
        server_id: Some(id.to_owned()),
        ..Fetch::default()
    };
    let unknown = format!("{}:9", phone.id(&book));
    let (response, _) = phone
        .item_operations(vec![fetch(&id), fetch(&unknown)], false)
        .await;
    let [
        Outcome::Fetch { head, properties },
        Outcome::Fetch { head: other, .. },
    ] = &response.outcomes[..]
    else {
        panic!("{response:?}");
    };
    assert_eq!((head.status, other.status), (1, 6));
    assert!(matches!(
        properties,
        Some(Properties::Item(sync::ItemData::Other(raw))) if !raw.is_empty()
    ));
}

#[tokio::test]
async fn s23_a_ping_tells_of_others_changes_and_not_of_the_phones_own() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "PING").await;
    // Its own change moves the cursor.
    let command = super::object_added("c1", super::new_card("Ada", "Byron"));
    phone.do_in(&book, vec![command]).await;
    let quiet = phone.estimate(&book).await;
    assert_eq!(quiet.estimates[0].count, Some(0), "{quiet:?}");
    other
        .put(&format!("{place}eve.vcf"), &card("eve", "Eve", "Smith"))
        .await;
    let news = phone.ping(&[&book], 60).await;
    assert_eq!(news.status, ping::status::CHANGES, "{news:?}");
    phone.sync_all(&book).await;
    assert_eq!(phone.values(&book, contacts::LAST_NAME), ["Byron", "Smith"]);
}
