//! The chain of keys: lost answers, repeats, two at once, keys that are not ours (S2 to S6, S22).

use airgate_codec::eas::email::EmailChange;
use airgate_codec::eas::sync::{self, Command};

use super::{
    Setup, assert_converged, assert_quiet, counts, deliver, flags_of, on_every_server, on_server,
    only, store,
};
use crate::support::phone::{Loss, Phone, Profile};
use crate::support::world::World;

async fn ready(setup: Setup, subjects: &[&str]) -> (World, Phone) {
    let world = setup.world().await;
    deliver(&world, "INBOX", subjects).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    phone.sync_all("Trash").await;
    (world, phone)
}

fn read(item: &str, read: bool) -> Command {
    let change = EmailChange {
        read: Some(read),
        ..EmailChange::default()
    };
    Command::Change {
        server_id: item.to_owned(),
        instance_id: None,
        data: sync::ApplicationData::Email(Box::new(change)),
        send: false,
    }
}

async fn s2_a_repeated_request_has_the_effect_of_one(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one", "two", "three"]).await;
    let (one, two) = (phone.item("INBOX", "one"), phone.item("INBOX", "two"));

    // A change: done once, though somebody undid it before the repeat came.
    let first = phone.mark_read("INBOX", &one, true).await;
    store(&world, "INBOX", "one", "-FLAGS (\\Seen)").await;
    phone.crash();
    let again = phone.repeat_sync().await.unwrap();
    assert!(only(&again).responses.is_empty());
    assert_eq!(
        counts(&again),
        "~1",
        "and the phone hears that it is unread"
    );
    assert_ne!(only(&again).head.sync_key, only(&first).head.sync_key);
    assert!(!flags_of(&world, "INBOX", "one").await.contains("\\Seen"));
    assert_converged(&world, &mut phone, "INBOX").await;

    // A delete: one mail in the trash, whatever happens.
    phone.delete("INBOX", &[two], false).await;
    for _ in 0..2 {
        phone.crash();
        let again = phone.repeat_sync().await.unwrap();
        assert!(only(&again).responses.is_empty(), "{again:?}");
    }
    assert_eq!(on_server(&world, "Trash").await, ["two"]);
    assert_converged(&world, &mut phone, "INBOX").await;

    // The same answer to the same question, to the key.
    let first = phone.mark_read("INBOX", &one, true).await;
    phone.crash();
    let again = phone.repeat_sync().await.unwrap();
    assert_eq!(only(&first), only(&again));

    // A refusal is repeated as well.
    let strange = format!("{}:77777", phone.id("INBOX"));
    let first = phone.do_in("INBOX", vec![read(&strange, true)]).await;
    phone.crash();
    let again = phone.repeat_sync().await.unwrap();
    assert_eq!(only(&first).responses, only(&again).responses);
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Trash").await;
}

async fn exchange_habit_3_the_previous_key_without_the_commands(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one", "two"]).await;
    let (one, two) = (phone.item("INBOX", "one"), phone.item("INBOX", "two"));
    // It lost the answer and what it had done itself: it gets its own change back.
    phone.mark_read("INBOX", &one, true).await;
    phone.crash();
    let again = phone.sync("INBOX").await;
    assert_eq!(counts(&again), "~1");
    assert_converged(&world, &mut phone, "INBOX").await;
    // It comes with more than before: only what is new is done.
    phone.mark_read("INBOX", &one, false).await;
    store(&world, "INBOX", "one", "+FLAGS (\\Seen)").await;
    phone.crash();
    let again = phone
        .do_in("INBOX", vec![read(&one, false), read(&two, true)])
        .await;
    assert!(only(&again).responses.is_empty());
    assert!(flags_of(&world, "INBOX", "one").await.contains("\\Seen"));
    assert!(flags_of(&world, "INBOX", "two").await.contains("\\Seen"));
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn a_lost_page_comes_again_with_what_is_new(setup: Setup) {
    let world = setup.world().await;
    world.fill("INBOX", 12).await;
    let mut phone = world.phone(Profile::gmail()).await;
    phone.sync("INBOX").await;
    phone.lose_next(Loss::Answer);
    let collection = phone.collection("INBOX");
    let request = sync::Request {
        collections: Some(vec![collection]),
        ..sync::Request::default()
    };
    assert!(phone.try_sync(request).await.is_err());
    deliver(&world, "INBOX", &["newest"]).await;
    let again = phone.repeat_sync().await.unwrap();
    assert_eq!(counts(&again), "+5");
    assert!(phone.subjects("INBOX").contains(&"newest".to_owned()));
    assert_converged(&world, &mut phone, "INBOX").await;
    // The phone dies in the middle and comes back with the key before: no gap and nothing twice.
    deliver(&world, "INBOX", &["more"]).await;
    phone.sync("INBOX").await;
    phone.crash();
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn s3_other_keys_are_refused_and_change_nothing(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one", "two"]).await;
    let one = phone.item("INBOX", "one");
    let old = phone.collection("INBOX").sync_key.unwrap();
    phone.mark_read("INBOX", &one, true).await;
    phone.mark_read("INBOX", &one, false).await;
    let trash = phone.collection("Trash").sync_key.unwrap();
    let mut other = world.phone(Profile::ios().called("another")).await;
    other.sync_all("INBOX").await;
    let others = other.collection("INBOX").sync_key.unwrap();
    let current = phone.collection("INBOX").sync_key.unwrap();
    let (epoch, counter) = current.split_once('.').unwrap();
    let next = format!("{epoch}.{}", counter.parse::<u64>().unwrap() + 1);
    for key in [
        old.as_str(),
        &trash,
        &others,
        &next,
        &format!(" {epoch}.0"),
        "1",
        "-1",
        "{cfb0a3d2-3c2b-4e9a-9c1f-0123456789ab}2",
        "9999999999999999999999999999999999999999",
        "",
    ] {
        let mut stranger = phone.clone();
        let mut collection = phone.collection("INBOX");
        collection.sync_key = Some(key.to_owned());
        collection.commands = vec![read(&one, true)];
        let answer = stranger.sync_collections(vec![collection]).await;
        let answer = only(&answer);
        assert_eq!(
            answer.head.status,
            sync::status::INVALID_SYNC_KEY,
            "{key:?}"
        );
        assert_eq!(answer.head.sync_key, "0", "{key:?}");
        assert!(answer.commands.is_empty() && answer.responses.is_empty());
    }
    assert!(!flags_of(&world, "INBOX", "one").await.contains("\\Seen"));
    // And the chain goes on as if nothing had been.
    assert_quiet(&mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn s22_two_at_once_with_one_key(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one", "two", "three"]).await;
    deliver(&world, "INBOX", &["four"]).await;
    let mut collection = phone.collection("INBOX");
    collection.commands = vec![
        read(&phone.item("INBOX", "one"), true),
        Command::Delete {
            server_id: phone.item("INBOX", "two"),
            instance_id: None,
        },
    ];
    let mut twin = phone.clone();
    let (first, second) = tokio::join!(
        phone.sync_collections(vec![collection.clone()]),
        twin.sync_collections(vec![collection]),
    );
    assert_eq!(only(&first), only(&second));
    assert_eq!(on_server(&world, "Trash").await, ["two"]);
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_eq!(twin.surprises(), [""; 0]);
    assert_converged(&world, &mut phone, "Trash").await;
}

async fn key_0_again_gives_the_same_ids_and_ignores_commands(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one", "two"]).await;
    let before = phone.held("INBOX").items;
    let key = phone.collection("INBOX").sync_key.unwrap();
    // The phone lost everything. What it sends along with key 0 is not done.
    let id = phone.id("INBOX");
    let one = phone.item("INBOX", "one");
    phone.memory.collections.remove(&id);
    let answer = phone
        .do_in(
            "INBOX",
            vec![Command::Delete {
                server_id: one,
                instance_id: None,
            }],
        )
        .await;
    assert_eq!(counts(&answer), "");
    assert!(only(&answer).responses.is_empty());
    assert_eq!(on_server(&world, "INBOX").await, ["one", "two"]);
    phone.sync_all("INBOX").await;
    assert_eq!(phone.held("INBOX").items, before);
    // The keys of the life before are void (S26).
    let mut collection = phone.collection("INBOX");
    collection.sync_key = Some(key);
    let answer = phone.clone().sync_collections(vec![collection]).await;
    assert_eq!(only(&answer).head.status, sync::status::INVALID_SYNC_KEY);
    assert_converged(&world, &mut phone, "INBOX").await;
    // GetChanges with key 0 breaks the protocol from 14.0 on.
    let mut asks = phone.collection("INBOX");
    asks.sync_key = Some("0".to_owned());
    asks.get_changes = Some(true);
    let answer = phone.clone().sync_collections(vec![asks]).await;
    assert_eq!(only(&answer).head.status, sync::status::PROTOCOL_ERROR);
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn answers_lost_at_random(setup: Setup) {
    let seed = super::walk::seed();
    let mut dice = super::walk::Dice::new(seed);
    let world = setup.world().await;
    world.fill("INBOX", 30).await;
    let mut phone = world.phone(Profile::gmail()).await;
    let mut lost = 0;
    for round in 0..25 {
        let mut collection = phone.collection("INBOX");
        let items: Vec<String> = phone.held("INBOX").items.into_keys().collect();
        if let Some(item) = dice.pick(&items)
            && collection.sync_key.as_deref() != Some("0")
        {
            collection.commands.push(match dice.below(3) {
                0 => Command::Delete {
                    server_id: item.clone(),
                    instance_id: None,
                },
                n => read(item, n == 1),
            });
        }
        match dice.below(3) {
            0 => phone.lose_next(Loss::Answer),
            1 => phone.lose_next(Loss::Connection),
            _ => {}
        }
        let request = sync::Request {
            collections: Some(vec![collection]),
            ..sync::Request::default()
        };
        if phone.try_sync(request).await.is_err() {
            lost += 1;
            if dice.below(3) == 0 {
                deliver(&world, "INBOX", &[&format!("meanwhile {round}")]).await;
            }
            phone.repeat_sync().await.unwrap();
        }
    }
    assert!(lost > 0);
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Trash").await;
}

on_every_server! {
    s2_a_repeated_request_has_the_effect_of_one,
    exchange_habit_3_the_previous_key_without_the_commands,
    a_lost_page_comes_again_with_what_is_new,
    s3_other_keys_are_refused_and_change_nothing,
    s22_two_at_once_with_one_key,
    key_0_again_gives_the_same_ids_and_ignores_commands,
    answers_lost_at_random,
}

/// S4: a power cut in the middle of anything leaves the one state or the other.
#[tokio::test]
async fn f4_killed_in_the_middle_of_a_sync() {
    let mut world = Setup::Dovecot.world().await;
    world.fill("INBOX", 60).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    for round in 0..6_u64 {
        let items: Vec<String> = phone.held("INBOX").items.into_keys().take(5).collect();
        let mut collection = phone.collection("INBOX");
        collection.commands = items
            .iter()
            .map(|item| Command::Delete {
                server_id: item.clone(),
                instance_id: None,
            })
            .collect();
        let request = sync::Request {
            collections: Some(vec![collection]),
            ..sync::Request::default()
        };
        let mut sender = phone.clone();
        let sending = tokio::spawn(async move {
            let answered = sender.try_sync(request).await.is_ok();
            (sender, answered)
        });
        tokio::time::sleep(std::time::Duration::from_millis(2 + 3 * round)).await;
        world.server.kill_nine();
        let (sender, answered) = sending.await.unwrap();
        phone = sender;
        world.server.start();
        if !answered {
            phone.repeat_sync().await.unwrap();
        }
    }
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 30);
    assert_converged(&world, &mut phone, "Trash").await;
    assert_eq!(
        phone.subjects("Trash").len(),
        30,
        "nothing lost, nothing twice"
    );
}
