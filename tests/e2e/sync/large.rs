//! 20,000 messages: pages flow, memory stays, and one more mail costs one page (S25). And 200,000,
//! of which the view and one page are all that takes memory.

use std::time::Instant;

use super::{Setup, assert_quiet, counts, deliver};
use crate::stories::on_servers;
use crate::support::backend::dovecot;
use crate::support::backend::{Backend, User};
use crate::support::phone::Profile;
use crate::support::world::World;

async fn a_folder_of_200_000_messages_takes_less_than_64_mib(setup: Setup) {
    const MAILS: u64 = 200_000;
    // Without CONDSTORE each look lists all flags.
    let pages = if setup == Setup::Plain { 1 } else { 3 };
    let users = [User::alice()];
    let dovecot = dovecot::Settings::new(&users).mbox().start();
    dovecot.fill_mbox(&users[0], MAILS);
    let world = World::around(Backend::Dovecot(dovecot), &users, |settings| {
        setup.restrict(settings)
    })
    .await;
    let mut phone = world.phone(Profile::ios().filter(0).window(100)).await;
    let before = world.server.resident();
    let start = Instant::now();
    phone.sync("INBOX").await;
    let mut most = 0;
    for _ in 0..pages {
        let answer = phone.sync("INBOX").await;
        assert_eq!(counts(&answer), "+100");
        most = most.max(world.server.resident());
    }
    let took = start.elapsed();
    // The estimate counts all that is not told yet.
    let estimate = phone.estimate("INBOX").await;
    assert!(
        format!("{estimate:?}").contains(&format!("{}", MAILS - pages * 100)),
        "{estimate:?}"
    );
    most = most.max(world.server.resident());
    let grown = most.saturating_sub(before) >> 20;
    println!(
        "{pages} pages: {} ms; grown by {grown} MiB",
        took.as_millis()
    );
    assert!(grown < 64, "{grown} MiB");
    assert_eq!(phone.surprises(), [""; 0]);
}

on_servers! {
    [dovecot Dovecot, plain Plain]
    a_folder_of_200_000_messages_takes_less_than_64_mib
}

#[tokio::test]
async fn a_folder_of_20_000_messages() {
    let world = Setup::Dovecot.world().await;
    world.fill("INBOX", 20_000).await;
    // A filter would be cheating: this phone wants all, in the largest pages, and little of each.
    let mut phone = world.phone(Profile::outlook()).await;
    let before = world.server.resident();
    phone.sync("INBOX").await;
    let mut slowest = 0;
    for page in 1..=4 {
        let start = Instant::now();
        let answer = phone.sync("INBOX").await;
        slowest = slowest.max(start.elapsed().as_millis());
        assert_eq!(counts(&answer), "+512");
        assert!(answer.collections[0].head.more_available, "page {page}");
    }
    let grown = world.server.resident().saturating_sub(before) >> 20;
    println!("slowest page of 512: {slowest} ms; grown by {grown} MiB");
    assert!(grown < 64, "{grown} MiB for four pages");
    // The newest first, so a new mail comes with the next page though 18,000 wait.
    deliver(&world, "INBOX", &["fresh"]).await;
    phone.sync("INBOX").await;
    assert!(phone.subjects("INBOX").contains(&"fresh".to_owned()));
    assert_eq!(phone.surprises(), [""; 0]);

    // A phone that keeps a day of it looks at the whole folder once, and then at what moves.
    let mut small = world.phone(Profile::ios().filter(1)).await;
    small.sync_all("INBOX").await;
    assert_eq!(small.subjects("INBOX"), ["fresh"]);
    deliver(&world, "INBOX", &["fresher"]).await;
    let start = Instant::now();
    let answer = small.sync("INBOX").await;
    println!("one new mail: {} ms", start.elapsed().as_millis());
    assert_eq!(counts(&answer), "+1");
    assert_quiet(&mut small, "INBOX").await;
}
