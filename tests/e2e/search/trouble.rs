//! Searches that are none, that are hostile, that take too long, that are not allowed.

use std::time::{Duration, Instant};

use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::search::{Comparison, Options, Query, Response, Store, Term};
use airgate_codec::wbxml::{Writer, search as tags};

use super::{ask, phones, put, search, subjects, text};
use crate::stories::{Setup, make_folder, on_servers};
use crate::support::backend::{Backend, Kind, User};
use crate::support::faulty::{Faulty, Mode};
use crate::support::phone::Profile;
use crate::support::world::World;

#[tokio::test]
async fn what_is_wrong_has_its_status() {
    let world = Setup::Dovecot.world().await;
    for mut phone in phones(&world).await {
        let version = phone.version();
        let and = |terms| Term::And(terms);
        let date = |value: &str| {
            Term::LessThan(Comparison {
                property: Some(airgate_codec::wbxml::email::DATE_RECEIVED),
                value: value.into(),
            })
        };
        let unknown = Term::CollectionId("m999".into());
        for (terms, status) in [
            (vec![and(vec![text("a"), and(vec![text("b")])])], 8),
            (vec![text("a"), unknown.clone()], 8),
            (vec![and(vec![text(&"x".repeat(8192))])], 8),
            (vec![], 2),
            (vec![and(vec![date("yesterday")])], 2),
            (vec![and(vec![unknown, text("a")])], 11),
        ] {
            let query = Query {
                text: String::new(),
                terms,
            };
            let shown = format!("{query:?}");
            let found = ask(&mut phone, Store::Mailbox, query, Options::default()).await;
            assert_eq!(found.status, status, "{version} {shown:.90}");
            assert!(found.results.is_empty());
        }
        // No query at all, and a Range that ends before it begins.
        for range in [None, Some("5-2")] {
            let mut writer = Writer::new(version);
            writer.start(tags::SEARCH);
            writer.start(tags::STORE);
            writer.text(tags::NAME, "Mailbox");
            if let Some(range) = range {
                writer.start(tags::QUERY);
                writer.text(tags::FREE_TEXT, "tea");
                writer.end();
                writer.start(tags::OPTIONS);
                writer.text(tags::RANGE, range);
                writer.end();
            }
            writer.end();
            writer.end();
            let answer = phone
                .command(CommandName::Search, writer.into_bytes())
                .await;
            let response = Response::read(&answer.expect("an answer").body).expect("a response");
            assert_eq!(response.store.expect("a store").status, 2);
        }
    }
    let mut fresh = world.new_phone(Profile::ios().called("FRESH"), &world.alice);
    assert_eq!(search(&mut fresh, vec![text("a")]).await.status, 11);
}

/// T24: whatever is looked for, it is looked for and nothing else.
async fn t24_hostile_text_is_only_text(setup: Setup) {
    let world = setup.world().await;
    put(&world, "INBOX", &[("tea", "say \"hello\" (100%)", 1)]).await;
    let mut phone = world.phone(Profile::ios()).await;
    for (words, found) in [
        ("\\\"", 0),
        ("\" OR ALL", 0),
        ("tea\r\nA1 DELETE INBOX\r\n", 0),
        ("{3}\r\ntea", 0),
        ("tea\0", 1),
        ("(100%)", 1),
        ("100%", 1),
        ("*", 1),
        ("te*", 1),
        ("%", 1),
        ("\u{202E}\u{FFFD}\u{1F375}", 0),
        ("NIL", 0),
        ("tea) DELETED (ALL", 0),
    ] {
        // A NUL ends a string of WBXML, as everywhere.
        let result = search(&mut phone, vec![text(words)]).await;
        assert_eq!(subjects(&result).len(), found, "{words:?}");
    }
    let mut client = world.other_client().await;
    client.select("INBOX").await;
    assert_eq!(client.search("ALL").await.len(), 1);
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    t24_hostile_text_is_only_text
}

/// T60: what a slow server told so far is shown, with a status that says that it is not all; the
/// search goes on, and who asks again gets the rest.
#[tokio::test]
async fn t60_a_slow_server_yields_what_is_there() {
    let alice = User::alice();
    let backend = Backend::start(Kind::Dovecot, &[alice.clone()]);
    let faulty = Faulty::before(backend.imap()).await;
    let world = World::around(backend, &[alice], |settings| {
        settings
            .imap(&faulty.imap_url())
            .variable("AIRGATE_LIMITS_SEARCH", "400ms")
    })
    .await;
    make_folder(&world, "Work").await;
    put(&world, "INBOX", &[("tea", "x", 1)]).await;
    put(&world, "Work", &[("tea at work", "x", 2)]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    faulty.set(Mode::BlackHole);
    let began = Instant::now();
    let found = search(&mut phone, vec![text("tea")]).await;
    assert_eq!((found.status, found.results.len()), (10, 0));
    assert!(began.elapsed() < Duration::from_secs(4));
    faulty.set(Mode::Pass);
    let mut found = search(&mut phone, vec![text("tea")]).await;
    // Connections may be lost in the hole; then the next request begins anew.
    let until = Instant::now() + Duration::from_secs(10);
    while found.status != 1 && Instant::now() < until {
        found = search(&mut phone, vec![text("tea")]).await;
    }
    assert_eq!(subjects(&found), ["tea at work", "tea"]);
    assert_eq!(found.status, 1);
}

/// C3: a passcode that opens no mail finds none.
#[tokio::test]
async fn c3_a_passcode_for_the_calendar_finds_no_mail() {
    let world = Setup::Dovecot
        .world_with(|settings| settings.only_passcodes())
        .await;
    put(&world, "INBOX", &[("tea", "x", 1)]).await;
    let passcode = world
        .server
        .passcode(&world.alice, &["--classes", "calendar"]);
    let mut user = world.alice.clone();
    user.password = passcode.code;
    let mut limited = world.new_phone(Profile::ios().called("LIMITED"), &user);
    limited.set_up().await;
    let found = search(&mut limited, vec![text("tea")]).await;
    assert_eq!((found.status, found.total), (1, Some(0)));
    let inbox = Term::CollectionId("m1".into());
    let found = search(&mut limited, vec![inbox, text("tea")]).await;
    assert_eq!(found.status, 11, "it has no such folder");
}
