//! Results page by page: from one search, as they are now, and of nobody else.

use airgate_codec::eas::search::Options;

use super::{VERSIONS, put, rows, search, search_with, subjects, text};
use crate::stories::{Setup, expunge, on_servers};
use crate::support::backend::User;
use crate::support::phone::Profile;

async fn pages_come_from_one_search(setup: Setup) {
    let world = setup.world().await;
    let mails: Vec<(String, u64)> = (1..=7).map(|n| (format!("tea {n}"), n)).collect();
    let mails: Vec<(&str, &str, u64)> = mails
        .iter()
        .map(|(subject, hour)| (subject.as_str(), "x", *hour))
        .collect();
    put(&world, "INBOX", &mails).await;
    let mut phone = world.phone(Profile::ios().speaking(VERSIONS[1])).await;
    let terms = || vec![text("tea")];
    let first = search_with(&mut phone, terms(), rows(0, 2)).await;
    assert_eq!(subjects(&first), ["tea 7", "tea 6", "tea 5"]);
    assert_eq!((first.status, first.total), (1, Some(7)));
    assert_eq!(
        first.range.map(|range| range.to_string()),
        Some("0-2".into())
    );
    // New mail does not move the pages; a message that went leaves no hole.
    put(&world, "INBOX", &[("tea 8", "x", 8)]).await;
    expunge(&world, "INBOX", "tea 3").await;
    let second = search_with(&mut phone, terms(), rows(3, 5)).await;
    assert_eq!(subjects(&second), ["tea 4", "tea 2", "tea 1"]);
    assert_eq!(second.total, Some(6));
    let beyond = search_with(&mut phone, terms(), rows(6, 9)).await;
    assert_eq!((beyond.status, beyond.results.len()), (12, 0));
    assert_eq!(beyond.total, Some(6), "END_OF_RANGE is soft");
    let far = search_with(&mut phone, terms(), rows(u64::MAX - 1, u64::MAX)).await;
    assert_eq!(far.status, 12);
    // And with RebuildResults everything is looked for again.
    let again = Options {
        rebuild_results: true,
        ..rows(0, 99)
    };
    let again = search_with(&mut phone, terms(), again).await;
    assert_eq!(
        subjects(&again),
        [
            "tea 8", "tea 7", "tea 6", "tea 5", "tea 4", "tea 2", "tea 1"
        ]
    );
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    pages_come_from_one_search
}

#[tokio::test]
async fn t42_nobody_sees_the_results_of_another() {
    let world = Setup::Dovecot.world().await;
    put(&world, "INBOX", &[("tea of Alice", "x", 1)]).await;
    let bob = User::new("bob@example.com");
    let mail = crate::support::mail::simple("tea of Bob", "x");
    world.backend.deliver(&bob, "INBOX", &mail).await;
    // The same device id, the same words.
    let mut of_alice = world.phone(Profile::ios().called("SHARED")).await;
    let mut of_bob = world.new_phone(Profile::ios().called("SHARED"), &bob);
    of_bob.set_up().await;
    for _ in 0..2 {
        let found = search(&mut of_alice, vec![text("tea")]).await;
        assert_eq!(subjects(&found), ["tea of Alice"]);
        let found = search(&mut of_bob, vec![text("tea")]).await;
        assert_eq!(subjects(&found), ["tea of Bob"]);
    }
}
