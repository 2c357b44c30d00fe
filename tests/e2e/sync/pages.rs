//! The first Sync, windows and MoreAvailable (S21).

use airgate_codec::eas::sync;

use super::{Setup, assert_converged, assert_quiet, counts, make_folder, on_every_server, only};
use crate::support::phone::Profile;

async fn a_folder_comes_in_pages_newest_first(setup: Setup) {
    let world = setup.world().await;
    world.fill("INBOX", 23).await;
    let mut phone = world.phone(Profile::ios().window(10)).await;
    let first = phone.sync("INBOX").await;
    let head = &only(&first).head;
    assert_eq!(counts(&first), "", "key 0 brings a key and nothing else");
    assert!(!head.more_available);
    let mut keys = vec![head.sync_key.clone()];
    for (expected, more, newest) in [(10, true, 22), (10, true, 12), (3, false, 2)] {
        let held = phone.subjects("INBOX").len();
        let page = phone.sync("INBOX").await;
        let collection = only(&page);
        assert_eq!(collection.commands.len(), expected);
        assert_eq!(collection.head.more_available, more);
        assert_eq!(phone.subjects("INBOX").len(), held + expected);
        let sync::ServerCommand::Add {
            data: sync::ItemData::Email(email),
            ..
        } = &collection.commands[0]
        else {
            panic!("{page:?}");
        };
        assert_eq!(email.subject, Some(format!("Mail number {newest}")));
        keys.push(collection.head.sync_key.clone());
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 4, "every page has a key of its own");
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn window_0_and_windows_above_512_mean_512(setup: Setup) {
    let world = setup.world().await;
    world.fill("INBOX", 30).await;
    for (window, id) in [(0, "zero"), (512, "most"), (u32::MAX, "over")] {
        let mut phone = world.phone(Profile::ios().window(window).called(id)).await;
        phone.sync("INBOX").await;
        let all = phone.sync("INBOX").await;
        assert_eq!(counts(&all), "+30", "window {window}");
        assert!(!only(&all).head.more_available);
        assert_quiet(&mut phone, "INBOX").await;
    }
}

async fn one_window_for_all_collections_is_kept(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    world.fill("INBOX", 8).await;
    world.fill("Work", 8).await;
    let mut phone = world.phone(Profile::ios().window(6)).await;
    phone.sync("INBOX").await;
    phone.sync("Work").await;
    let mut rounds = Vec::new();
    loop {
        let collections = vec![phone.collection("INBOX"), phone.collection("Work")];
        let request = sync::Request {
            collections: Some(collections),
            window_size: Some(7),
            ..sync::Request::default()
        };
        let response = phone.try_sync(request).await.unwrap();
        if response.collections.is_empty() {
            break;
        }
        let marks: Vec<(usize, bool)> = response
            .collections
            .iter()
            .map(|c| (c.commands.len(), c.head.more_available))
            .collect();
        rounds.push(marks);
        assert!(rounds.len() < 10, "{rounds:?}");
    }
    assert_eq!(
        rounds,
        [
            // Six by the collection's own window, one left of the global seven.
            vec![(6, true), (1, true)],
            vec![(2, false), (5, true)],
            vec![(2, false)],
        ]
    );
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Work").await;
}

async fn an_empty_folder_says_nothing(setup: Setup) {
    let world = setup.world().await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync("INBOX").await;
    // exchange-habits 2: the first Sync after key 0 as well.
    assert_quiet(&mut phone, "INBOX").await;
    assert_quiet(&mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Trash").await;
}

on_every_server! {
    a_folder_comes_in_pages_newest_first,
    window_0_and_windows_above_512_mean_512,
    one_window_for_all_collections_is_kept,
    an_empty_folder_says_nothing,
}
