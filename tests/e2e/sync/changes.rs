//! Flags and categories, both ways, without an echo (S6, S11).

use airgate_codec::eas::email::{EmailChange, FollowUp};
use airgate_codec::eas::sync::Command;

use super::{
    Setup, assert_converged, assert_quiet, client_in, counts, deliver, expunge, flags_of,
    on_every_server, only, store, uid_of,
};
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

fn change(item: &str, change: EmailChange) -> Command {
    Command::Change {
        server_id: item.to_owned(),
        instance_id: None,
        data: airgate_codec::eas::sync::ApplicationData::Email(Box::new(change)),
        send: false,
    }
}

fn follow_up(status: u8) -> FollowUp {
    FollowUp {
        status,
        flag_type: (status > 0).then(|| "Flag for follow up".to_owned()),
        ..FollowUp::default()
    }
}

async fn ready(setup: Setup, subjects: &[&str]) -> (World, Phone) {
    let world = setup.world().await;
    deliver(&world, "INBOX", subjects).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    (world, phone)
}

async fn what_the_phone_flags_reaches_the_server_and_is_not_echoed(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one", "two", "three"]).await;
    let one = phone.item("INBOX", "one");

    let answer = phone.mark_read("INBOX", &one, true).await;
    assert_eq!(counts(&answer), "");
    assert!(only(&answer).responses.is_empty(), "success has no entry");
    assert!(flags_of(&world, "INBOX", "one").await.contains("\\Seen"));
    assert_quiet(&mut phone, "INBOX").await;

    phone.mark_read("INBOX", &one, false).await;
    assert!(!flags_of(&world, "INBOX", "one").await.contains("\\Seen"));
    assert_quiet(&mut phone, "INBOX").await;

    // Flag, done, flag again, clear.
    for (status, flagged, completed) in [
        (2, true, false),
        (1, false, true),
        (2, true, false),
        (0, false, false),
    ] {
        let flag = EmailChange {
            flag: Some(follow_up(status)),
            ..EmailChange::default()
        };
        let answer = phone.do_in("INBOX", vec![change(&one, flag)]).await;
        assert!(only(&answer).responses.is_empty(), "{answer:?}");
        let flags = flags_of(&world, "INBOX", "one").await;
        assert_eq!(flags.contains("\\Flagged"), flagged, "{status}: {flags}");
        assert_eq!(flags.contains("$Completed"), completed, "{status}: {flags}");
        assert_quiet(&mut phone, "INBOX").await;
    }

    // Several at once, two of them alike.
    let (two, three) = (phone.item("INBOX", "two"), phone.item("INBOX", "three"));
    let read = |item: &str| {
        let read = EmailChange {
            read: Some(true),
            ..EmailChange::default()
        };
        change(item, read)
    };
    let flag = EmailChange {
        read: Some(true),
        flag: Some(follow_up(2)),
        ..EmailChange::default()
    };
    let commands = vec![read(&one), change(&two, flag), read(&three)];
    phone.do_in("INBOX", commands).await;
    assert_quiet(&mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn what_others_flag_reaches_the_phone(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one", "two", "three"]).await;
    store(&world, "INBOX", "one", "+FLAGS (\\Seen)").await;
    store(&world, "INBOX", "two", "+FLAGS (\\Flagged)").await;
    let answer = phone.sync("INBOX").await;
    assert_eq!(counts(&answer), "~2");
    assert_converged(&world, &mut phone, "INBOX").await;

    store(&world, "INBOX", "two", "-FLAGS (\\Flagged)").await;
    store(&world, "INBOX", "one", "-FLAGS (\\Seen)").await;
    deliver(&world, "INBOX", &["four"]).await;
    expunge(&world, "INBOX", "three").await;
    let answer = phone.sync("INBOX").await;
    assert_eq!(counts(&answer), "+1~2-1");
    assert_converged(&world, &mut phone, "INBOX").await;

    // A keyword that no phone shows is no change for one.
    store(&world, "INBOX", "one", "+FLAGS ($MDNSent)").await;
    assert_quiet(&mut phone, "INBOX").await;
    // Answered and forwarded are shown.
    store(&world, "INBOX", "one", "+FLAGS (\\Answered)").await;
    let answer = phone.sync("INBOX").await;
    assert_eq!(counts(&answer), "~1");
    let held = phone.held("INBOX");
    assert_eq!(held.items[&phone.item("INBOX", "one")].last_verb, Some(1));
}

async fn categories_survive_whatever_they_are_called(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one"]).await;
    let one = phone.item("INBOX", "one");
    let names = [
        "Work",
        "Red Category",
        "Größe & Co",
        "重要",
        "a(b)c{}\"%*\\[]~",
    ];
    let wanted: Vec<String> = names.iter().map(ToString::to_string).collect();
    let set = |wanted: Vec<String>| EmailChange {
        categories: Some(wanted),
        ..EmailChange::default()
    };
    let answer = phone
        .do_in("INBOX", vec![change(&one, set(wanted.clone()))])
        .await;
    assert!(only(&answer).responses.is_empty(), "{answer:?}");
    assert_quiet(&mut phone, "INBOX").await;

    // A phone that comes new sees the same.
    let sorted = |phone: &Phone, item: &str| {
        let mut found = phone.held("INBOX").items[item]
            .categories
            .clone()
            .unwrap_or_default();
        found.sort();
        found
    };
    let mut expected = wanted.clone();
    expected.sort();
    let mut second = world.phone(Profile::outlook()).await;
    second.sync_all("INBOX").await;
    assert_eq!(sorted(&second, &second.item("INBOX", "one")), expected);

    // The phone takes one away; another client's keyword stays (S11).
    store(&world, "INBOX", "one", "+FLAGS ($Forwarded)").await;
    phone.sync_all("INBOX").await;
    let fewer: Vec<String> = vec!["Office".to_owned(), "重要".to_owned()];
    phone
        .do_in("INBOX", vec![change(&one, set(fewer.clone()))])
        .await;
    assert_quiet(&mut phone, "INBOX").await;
    let flags = flags_of(&world, "INBOX", "one").await;
    assert!(flags.to_lowercase().contains("$forwarded"), "{flags}");
    assert!(flags.contains("Office"), "{flags}");
    assert!(!flags.contains("Red"), "{flags}");
    second.sync_all("INBOX").await;
    assert_eq!(sorted(&second, &second.item("INBOX", "one")), fewer);

    // All gone.
    phone
        .do_in("INBOX", vec![change(&one, set(Vec::new()))])
        .await;
    assert!(!flags_of(&world, "INBOX", "one").await.contains("Office"));
    assert_quiet(&mut phone, "INBOX").await;
}

async fn both_sides_change_the_same_message(setup: Setup) {
    let (world, mut phone) = ready(setup, &["one", "two", "gone"]).await;
    let (one, two) = (phone.item("INBOX", "one"), phone.item("INBOX", "two"));
    // S11: each keeps what the other did not touch.
    store(&world, "INBOX", "one", "+FLAGS (\\Flagged)").await;
    let answer = phone.mark_read("INBOX", &one, true).await;
    assert_eq!(counts(&answer), "~1", "the flag comes along");
    let flags = flags_of(&world, "INBOX", "one").await;
    assert!(
        flags.contains("\\Seen") && flags.contains("\\Flagged"),
        "{flags}"
    );
    // Both the same: nothing to tell.
    store(&world, "INBOX", "two", "+FLAGS (\\Seen)").await;
    let answer = phone.mark_read("INBOX", &two, true).await;
    assert_eq!(counts(&answer), "");
    // The phone changes what is gone: 8, and the Delete comes.
    let gone = phone.item("INBOX", "gone");
    expunge(&world, "INBOX", "gone").await;
    let answer = phone.mark_read("INBOX", &gone, true).await;
    assert_eq!(counts(&answer), "-1");
    let statuses: Vec<u16> = only(&answer)
        .responses
        .iter()
        .map(|response| match response {
            airgate_codec::eas::sync::ItemResponse::Change { status, .. } => *status,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(statuses, [8]);
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn marked_deleted_by_others_is_hidden_until_unmarked(setup: Setup) {
    let (world, mut phone) = ready(setup, &["stays", "marked"]).await;
    store(&world, "INBOX", "marked", "+FLAGS (\\Deleted)").await;
    let answer = phone.sync("INBOX").await;
    assert_eq!(counts(&answer), "-1");
    assert_converged(&world, &mut phone, "INBOX").await;
    store(&world, "INBOX", "marked", "-FLAGS (\\Deleted)").await;
    let answer = phone.sync("INBOX").await;
    assert_eq!(counts(&answer), "+1");
    assert_converged(&world, &mut phone, "INBOX").await;
    // One that arrives marked was never there.
    let mut client = client_in(&world, "INBOX").await;
    let mail = crate::support::mail::simple("born dead", "x\r\n");
    client.append("INBOX", "\\Deleted", &mail).await;
    client.select("INBOX").await;
    uid_of(&mut client, "born dead").await;
    assert_quiet(&mut phone, "INBOX").await;
}

on_every_server! {
    what_the_phone_flags_reaches_the_server_and_is_not_echoed,
    what_others_flag_reaches_the_phone,
    categories_survive_whatever_they_are_called,
    both_sides_change_the_same_message,
    marked_deleted_by_others_is_hidden_until_unmarked,
}
