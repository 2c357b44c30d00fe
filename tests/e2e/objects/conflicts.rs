//! Two sides change one object (S13, S14), what lost or was overwritten is kept (S8).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::sync;
use airgate_codec::wbxml::contacts;

use super::{assert_quiet, card, new_card, phone_of, status_of};
use crate::support::backend::dav::DavKind;
use crate::support::phone::{object_added, object_deleted, text};
use crate::support::world::World;

#[tokio::test]
async fn s13_each_side_keeps_what_it_changed_and_the_conflict_option_decides() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let path = format!("{}ada.vcf", world.dav().contacts(&world.alice));
    other.put(&path, &card("ada", "Ada", "Byron")).await;
    for version in super::VERSIONS {
        let name = format!("S13{}", version.as_str().replace('.', ""));
        let (mut phone, book) = phone_of(&world, version, &name).await;
        let id = phone.object(&book, contacts::LAST_NAME, "Byron");
        // Different properties: both stay.
        let now = other.get(&path).await.expect("there");
        let theirs = now.replace("END:VCARD", "NICKNAME:Addie\r\nEND:VCARD");
        other.put(&path, &theirs).await;
        phone
            .edit_object(&book, &id, contacts::JOB_TITLE, "Countess")
            .await;
        let merged = other.get(&path).await.expect("there");
        assert!(merged.contains("NICKNAME:Addie"), "{merged}");
        assert!(merged.contains("TITLE:Countess"), "{merged}");
        phone.sync_all(&book).await;
        // The same property: the server wins and says so; the phone gets the truth.
        other.put(&path, &merged.replace("Countess", "Queen")).await;
        let response = phone
            .edit_object(&book, &id, contacts::JOB_TITLE, "Baker")
            .await;
        assert_eq!(status_of(&response), Some(7), "{response:?}");
        phone.sync_all(&book).await;
        assert_eq!(
            text(&phone.objects(&book)[&id], contacts::JOB_TITLE),
            "Queen"
        );
        // With Conflict 0 the phone wins.
        let now = other.get(&path).await.expect("there");
        other.put(&path, &now.replace("Queen", "Clerk")).await;
        let mut asked = phone.collection(&book);
        asked.commands = vec![phone.edited(&book, &id, contacts::JOB_TITLE, "Baker")];
        for options in asked.options.iter_mut().flatten() {
            options.conflict = Some(0);
        }
        let response = phone.sync_collections(vec![asked]).await;
        assert_eq!(status_of(&response), None, "{response:?}");
        let now = other.get(&path).await.expect("there");
        assert!(now.contains("TITLE:Baker"), "{now}");
        assert_quiet(&mut phone, &book).await;
        other.put(&path, &card("ada", "Ada", "Byron")).await;
    }
}

#[tokio::test]
async fn s14_a_deletion_beats_a_change_in_either_order() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for name in ["one", "two"] {
        other
            .put(&format!("{place}{name}.vcf"), &card(name, "A", name))
            .await;
    }
    let (mut first, book) = phone_of(&world, ProtocolVersion::V14_1, "ONE").await;
    let (mut second, _) = phone_of(&world, ProtocolVersion::V16_1, "TWO").await;
    for (name, deletes_first) in [("one", true), ("two", false)] {
        let id = first.object(&book, contacts::LAST_NAME, name);
        let change = second.edited(&book, &id, contacts::JOB_TITLE, "Boss");
        if deletes_first {
            first.delete_object(&book, &id).await;
            let response = second.do_in(&book, vec![change]).await;
            assert_eq!(status_of(&response), Some(8), "{response:?}");
        } else {
            second.do_in(&book, vec![change]).await;
            first.delete_object(&book, &id).await;
        }
        for phone in [&mut first, &mut second] {
            phone.sync_all(&book).await;
            assert!(!phone.objects(&book).contains_key(&id), "{name}");
        }
    }
    assert!(other.list(&place).await.is_empty());
    assert_quiet(&mut first, &book).await;
    assert_quiet(&mut second, &book).await;
}

#[tokio::test]
async fn s5_an_object_that_is_there_already_is_changed_and_not_added() {
    let world = World::with_dav(DavKind::Radicale).await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "UID").await;
    let commands = vec![
        object_added("c1", new_card("Ada", "Byron")),
        object_added("c2", new_card("Ada", "Byron")),
    ];
    // Two that only look alike are two.
    phone.do_in(&book, commands).await;
    assert_eq!(phone.objects(&book).len(), 2);
    assert_quiet(&mut phone, &book).await;
}

#[tokio::test]
async fn each_status_of_an_item_is_met() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    other
        .put(&format!("{place}ada.vcf"), &card("ada", "Ada", "Byron"))
        .await;
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "STATUS").await;
    let id = phone.object(&book, contacts::LAST_NAME, "Byron");
    // 8: never heard of, or somebody else's collection.
    let stranger = phone.id(&book) + ":99";
    for id in [stranger.as_str(), "a77:1", "nonsense"] {
        let response = phone.do_in(&book, vec![object_deleted(id)]).await;
        assert_eq!(status_of(&response), Some(8), "{id}");
    }
    let fetch = sync::Command::Fetch {
        server_id: id.clone(),
    };
    let response = phone.do_in(&book, vec![fetch]).await;
    assert_eq!(status_of(&response), Some(1), "{response:?}");
    let gone = sync::Command::Fetch {
        server_id: stranger.clone(),
    };
    let response = phone.do_in(&book, vec![gone]).await;
    assert_eq!(status_of(&response), Some(8), "{response:?}");
    // 6: properties of a mail.
    let mail = sync::ApplicationData::Email(Box::default());
    let mail = sync::Command::Add {
        class: None,
        client_id: "m".into(),
        data: match mail {
            sync::ApplicationData::Email(mut change) => {
                change.read = Some(true);
                sync::ApplicationData::Email(change)
            }
            other => other,
        },
        send: false,
    };
    let response = phone.do_in(&book, vec![mail]).await;
    assert_eq!(status_of(&response), Some(6), "{response:?}");
    // 4: an option no collection has.
    let mut asked = phone.collection(&book);
    asked.options.as_mut().expect("some")[0].filter_type = Some(9);
    let response = phone.sync_collections(vec![asked]).await;
    assert_eq!(super::collection_status(&response), Some(4));
    // 3: a key of another life.
    let mut asked = phone.collection(&book);
    asked.sync_key = Some("77.1".into());
    let response = phone.sync_collections(vec![asked]).await;
    assert_eq!(super::collection_status(&response), Some(3));
}
