//! GetItemEstimate: both forms, every status, and no key used up.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::get_item_estimate::{self, status};
use airgate_codec::eas::request_line::CommandName;

use super::{Setup, assert_converged, deliver, expunge, make_folder, on_every_server, store};
use crate::support::phone::{Phone, Profile};

async fn estimate(phone: &mut Phone, folder: &str) -> (u16, Option<u32>) {
    let response = phone.estimate(folder).await;
    assert_eq!(response.status, None, "{response:?}");
    let [estimate] = response.estimates.as_slice() else {
        panic!("{response:?}");
    };
    (estimate.status, estimate.count)
}

async fn what_is_waiting_is_counted(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    deliver(&world, "INBOX", &["one", "two", "three"]).await;
    for (version, id) in [
        (ProtocolVersion::V12_1, "old"),
        (ProtocolVersion::V14_0, "middle"),
        (ProtocolVersion::V16_1, "new"),
    ] {
        let profile = Profile::ios().speaking(version).called(id);
        let mut phone = world.phone(profile).await;
        // Not primed: there is no state to count from.
        assert_eq!(
            estimate(&mut phone, "INBOX").await,
            (status::NOT_PRIMED, None)
        );
        phone.sync("INBOX").await;
        assert_eq!(estimate(&mut phone, "INBOX").await, (status::OK, Some(3)));
        phone.sync("INBOX").await;
        assert_eq!(estimate(&mut phone, "INBOX").await, (status::OK, Some(0)));
        // One of each kind; asked twice, since nothing is used up.
        let late = format!("late {id}");
        deliver(&world, "INBOX", &[&late, "extra"]).await;
        store(&world, "INBOX", "one", "+FLAGS (\\Flagged)").await;
        expunge(&world, "INBOX", "two").await;
        for _ in 0..2 {
            assert_eq!(estimate(&mut phone, "INBOX").await, (status::OK, Some(4)));
        }
        // A key that is none, a folder that is none.
        let id = phone.id("INBOX");
        let key = phone.memory.key(&id);
        let mut stranger = phone.clone();
        let held = stranger.memory.collections.get_mut(&id).unwrap();
        "7.7".clone_into(&mut held.key);
        assert_eq!(
            estimate(&mut stranger, "INBOX").await,
            (status::INVALID_SYNC_KEY, None)
        );
        let request = get_item_estimate::Request {
            collections: vec![get_item_estimate::Collection {
                collection_id: "m999".to_owned(),
                sync_key: Some(key),
                ..get_item_estimate::Collection::default()
            }],
        };
        let body = request.write(version);
        let answer = phone.command(CommandName::GetItemEstimate, body).await;
        let answer = get_item_estimate::Response::read(&answer.unwrap().body).unwrap();
        assert_eq!(answer.estimates[0].status, status::INVALID_COLLECTION);
        assert_converged(&world, &mut phone, "INBOX").await;
        // As it was, for the next version.
        deliver(&world, "INBOX", &["two"]).await;
        store(&world, "INBOX", "one", "-FLAGS (\\Flagged)").await;
        expunge(&world, "INBOX", &late).await;
        expunge(&world, "INBOX", "extra").await;
    }
}

on_every_server! { what_is_waiting_is_counted }
