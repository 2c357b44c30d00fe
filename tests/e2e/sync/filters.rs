//! FilterType: what is in the window, what leaves it, and who may still touch it (S7).

use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::sync::ItemResponse;

use super::{
    Setup, assert_quiet, counts, expunge, flags_of, on_every_server, on_server, only, store,
};
use crate::support::mail;
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

const DAY: u64 = 86_400;

/// A mail received that many days ago, whatever its Date header says.
async fn receive(world: &World, subject: &str, days_ago: u64) {
    let moment = i64::try_from(mail::now() - days_ago * DAY).unwrap();
    receive_at(world, subject, moment).await;
}

async fn receive_at(world: &World, subject: &str, moment: i64) {
    let moment = jiff::Timestamp::from_second(moment).unwrap();
    let date = jiff::tz::TimeZone::UTC.to_datetime(moment);
    let date = date.strftime("%d-%b-%Y %H:%M:%S +0000").to_string();
    let mut client = world.other_client().await;
    let mail = mail::simple(subject, "text\r\n");
    client.append_dated("INBOX", &date, &mail).await;
    client.logout().await;
}

async fn refilter(phone: &mut Phone, filter: u8) -> String {
    phone.profile.filter = filter;
    let response = phone.sync("INBOX").await;
    counts(&response)
}

async fn a_filter_lets_out_and_in(setup: Setup) {
    let world = setup.world().await;
    for (subject, days) in [
        ("today", 0),
        ("days", 2),
        ("week", 5),
        ("fortnight", 10),
        ("month", 25),
        ("old", 400),
    ] {
        receive(&world, subject, days).await;
    }
    let mut phone = world.phone(Profile::ios().filter(3)).await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX"), ["days", "today", "week"]);
    // Narrower: SoftDelete, for they are still there (device-notes 5).
    assert_eq!(refilter(&mut phone, 2).await, "<1");
    assert_eq!(refilter(&mut phone, 1).await, "<1");
    assert_eq!(phone.subjects("INBOX"), ["today"]);
    assert_quiet(&mut phone, "INBOX").await;
    // Wider: they come back, under their old ids.
    assert_eq!(refilter(&mut phone, 4).await, "+3");
    assert_eq!(refilter(&mut phone, 5).await, "+1");
    assert_eq!(refilter(&mut phone, 0).await, "+1");
    assert_eq!(phone.subjects("INBOX").len(), 6);
    assert_quiet(&mut phone, "INBOX").await;
    assert_eq!(on_server(&world, "INBOX").await.len(), 6);
    // Narrower and wider at once with a lot happening between.
    store(&world, "INBOX", "month", "+FLAGS (\\Seen)").await;
    expunge(&world, "INBOX", "old").await;
    expunge(&world, "INBOX", "days").await;
    receive(&world, "late arrival", 300).await;
    receive(&world, "new", 0).await;
    let told = refilter(&mut phone, 3).await;
    assert_eq!(
        told, "+1-2<2",
        "what is gone is deleted, what is old is let go"
    );
    assert_eq!(phone.subjects("INBOX"), ["new", "today", "week"]);
    assert_eq!(refilter(&mut phone, 0).await, "+3");
    assert_eq!(
        phone.subjects("INBOX"),
        ["fortnight", "late arrival", "month", "new", "today", "week"]
    );
    assert_eq!(phone.surprises(), [""; 0]);
}

/// The window begins at midnight where the user is, not where the mail server or we are.
async fn days_begin_where_the_user_is(setup: Setup) {
    for name in ["Pacific/Auckland", "Pacific/Honolulu"] {
        let world = setup
            .world_with(|settings| settings.variable("AIRGATE_TIME_ZONE", name))
            .await;
        let zone = jiff::tz::TimeZone::get(name).unwrap();
        let now = jiff::Timestamp::from_second(i64::try_from(mail::now()).unwrap()).unwrap();
        let first = zone.to_datetime(now).date().yesterday().unwrap();
        let midnight = zone.to_timestamp(first.at(0, 0, 0, 0)).unwrap().as_second();
        receive_at(&world, "last of the day before", midnight - 1).await;
        receive_at(&world, "first of the window", midnight).await;
        receive_at(&world, "far outside", midnight - 40 * 86_400).await;
        let mut phone = world.phone(Profile::ios().filter(1)).await;
        phone.sync_all("INBOX").await;
        assert_eq!(phone.subjects("INBOX"), ["first of the window"], "{name}");
        // What comes in later is measured just so.
        receive_at(&world, "late outside", midnight - 60).await;
        receive_at(&world, "late inside", midnight + 60).await;
        let told = phone.sync("INBOX").await;
        assert_eq!(counts(&told), "+1", "{name}");
        assert_eq!(
            phone.subjects("INBOX"),
            ["first of the window", "late inside"]
        );
        assert_quiet(&mut phone, "INBOX").await;
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

async fn old_mail_that_arrives_late_is_outside(setup: Setup) {
    let world = setup.world().await;
    receive(&world, "today", 0).await;
    let mut phone = world.phone(Profile::ios().filter(3)).await;
    phone.sync_all("INBOX").await;
    // Copied here by another client, received long ago.
    receive(&world, "archive", 100).await;
    assert_quiet(&mut phone, "INBOX").await;
    store(&world, "INBOX", "archive", "+FLAGS (\\Flagged)").await;
    assert_quiet(&mut phone, "INBOX").await;
    expunge(&world, "INBOX", "archive").await;
    assert_quiet(&mut phone, "INBOX").await;
    assert_eq!(phone.subjects("INBOX"), ["today"]);
}

async fn what_the_phone_still_holds_it_may_change(setup: Setup) {
    let world = setup.world().await;
    receive(&world, "today", 0).await;
    receive(&world, "old", 20).await;
    receive(&world, "older", 40).await;
    let mut phone = world.phone(Profile::ios().filter(0)).await;
    phone.sync_all("INBOX").await;
    let (old, older) = (phone.item("INBOX", "old"), phone.item("INBOX", "older"));
    // In one request: a narrower window, and commands on what it drops.
    phone.profile.filter = 3;
    let answer = phone.mark_read("INBOX", &old, true).await;
    assert!(only(&answer).responses.is_empty(), "{answer:?}");
    assert_eq!(counts(&answer), "<2");
    assert!(flags_of(&world, "INBOX", "old").await.contains("\\Seen"));
    // A phone that was told to let go and asks all the same: it is a message of its all the same.
    let body = phone.fetch_body("INBOX", &older, BodyType::Plain).await;
    assert!(body.is_some());
    // A delete across the window's border.
    phone.profile.filter = 0;
    phone.sync_all("INBOX").await;
    phone.profile.filter = 3;
    phone.delete("INBOX", &[old], false).await;
    assert_eq!(on_server(&world, "Trash").await, ["old"]);
    assert_eq!(phone.subjects("INBOX"), ["today"]);
    assert_eq!(phone.surprises(), [""; 0]);
}

async fn options_stick_until_said_anew(setup: Setup) {
    let world = setup.world().await;
    receive(&world, "today", 0).await;
    receive(&world, "old", 20).await;
    let mut phone = world.phone(Profile::ios().filter(3)).await;
    phone.sync_all("INBOX").await;
    // No Options: those of before.
    receive(&world, "news", 0).await;
    receive(&world, "old news", 20).await;
    let mut silent = phone.collection("INBOX");
    silent.options = None;
    let answer = phone.sync_collections(vec![silent]).await;
    assert_eq!(counts(&answer), "+1");
    // Options without a filter: no filter (a block replaces all of the last one).
    let mut bare = phone.collection("INBOX");
    for options in bare.options.iter_mut().flatten() {
        options.filter_type = None;
    }
    let answer = phone.sync_collections(vec![bare]).await;
    assert_eq!(counts(&answer), "+2");
    // And an empty block says nothing (exchange-habits 12): no filter either way.
    let mut empty = phone.collection("INBOX");
    empty.options = Some(vec![airgate_codec::eas::sync::Options::default()]);
    let answer = phone.sync_collections(vec![empty]).await;
    assert_eq!(counts(&answer), "");
    // Fetch gives the whole message, whatever the options truncate.
    let item = phone.item("INBOX", "today");
    let fetch = airgate_codec::eas::sync::Command::Fetch {
        server_id: item.clone(),
    };
    let unknown = airgate_codec::eas::sync::Command::Fetch {
        server_id: format!("{}:777777", phone.id("INBOX")),
    };
    let mut collection = phone.collection("INBOX");
    collection.get_changes = Some(false);
    collection.commands = vec![fetch, unknown];
    let answer = phone.sync_collections(vec![collection]).await;
    let found: Vec<(u16, bool)> = only(&answer)
        .responses
        .iter()
        .map(|response| match response {
            ItemResponse::Fetch { status, data, .. } => (*status, data.is_some()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, [(1, true), (8, false)]);
}

on_every_server! {
    days_begin_where_the_user_is,
    a_filter_lets_out_and_in,
    old_mail_that_arrives_late_is_outside,
    what_the_phone_still_holds_it_may_change,
    options_stick_until_said_anew,
}
