//! The first Sync, windows and MoreAvailable (S21).

use std::time::{Duration, Instant};

use airgate_codec::eas::sync;

use super::{Setup, assert_converged, assert_quiet, counts, make_folder, on_every_server, only};
use crate::support::backend::{Backend, Kind, User};
use crate::support::faulty::{Faulty, Mode};
use crate::support::phone::Profile;
use crate::support::world::World;

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

#[tokio::test]
async fn s21_a_slow_server_s_page_is_cut_and_the_phone_gets_all_in_the_end() {
    const MAILS: usize = 40;
    let users = [User::alice()];
    let backend = Backend::start(Kind::Dovecot, &users);
    let network = Faulty::before(backend.imap()).await;
    let world = World::around(backend, &users, |settings| {
        settings
            .imap(&network.imap_url())
            .variable("AIRGATE_LIMITS_PAGE_TIME", "300ms")
    })
    .await;
    world.fill("INBOX", MAILS as u64).await;
    let mut phone = world.phone(Profile::ios().window(100)).await;
    phone.sync("INBOX").await;
    // Some milliseconds a message: the whole folder takes much longer than a page may.
    network.set(Mode::Slow {
        bytes: 256,
        pause: Duration::from_millis(8),
    });
    let mut pages = Vec::new();
    loop {
        let start = Instant::now();
        let page = phone.sync("INBOX").await;
        let took = start.elapsed();
        if page.collections.is_empty() {
            break;
        }
        let collection = only(&page);
        pages.push(collection.commands.len());
        let more = phone.subjects("INBOX").len() < MAILS;
        assert_eq!(collection.head.more_available, more, "{pages:?}");
        // A batch begun in time may end a little late; a page never takes as long as the folder.
        assert!(took < Duration::from_secs(2), "{took:?} {pages:?}");
    }
    assert!(pages.len() > 1, "{pages:?}");
    assert!(
        pages.iter().all(|told| *told > 0),
        "every page goes on: {pages:?}"
    );
    network.set(Mode::Pass);
    assert_converged(&world, &mut phone, "INBOX").await;
}

on_every_server! {
    a_folder_comes_in_pages_newest_first,
    window_0_and_windows_above_512_mean_512,
    one_window_for_all_collections_is_kept,
    an_empty_folder_says_nothing,
}
