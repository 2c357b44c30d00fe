//! Conversations: ids that are the same everywhere and for ever, moves of whole conversations, and
//! windows that hold them together.

use std::collections::BTreeSet;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::Email;
use airgate_codec::eas::get_item_estimate;
use airgate_codec::eas::item_operations::{Operation, Outcome, status};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status as common;
use airgate_codec::eas::{Class, sync};

use crate::items::operate;
use crate::stories::{
    Setup, assert_quiet, client_in, counts, expunge, make_folder, on_server, on_servers, only,
    store, uid_of,
};
use crate::support::backend::{Backend, Kind, User};
use crate::support::mail;
use crate::support::phone::{Phone, Profile};
use crate::support::server::Settings;
use crate::support::spoiler::Spoiler;
use crate::support::world::World;

/// A mail of a thread, received that many days ago.
struct Letter<'a> {
    id: &'a str,
    subject: &'a str,
    /// Further header lines.
    more: &'a str,
    days_ago: u64,
}

impl Letter<'_> {
    fn write(&self) -> Vec<u8> {
        let id = match self.id {
            "" => String::new(),
            id => format!("Message-ID: <{id}@threads.example>\r\n"),
        };
        format!(
            "From: Ann <ann@threads.example>\r\nTo: alice@example.com\r\n\
             Date: Mon, 5 Jan 2026 08:00:00 +0000\r\nSubject: {}\r\n{id}{}\r\nText.\r\n",
            self.subject, self.more
        )
        .into_bytes()
    }

    async fn put(&self, world: &World, folder: &str) {
        let mut client = world.other_client().await;
        let name = world.backend.folder(folder);
        let moment = mail::now() - self.days_ago * 86_400;
        let answer = client.try_append_at(&name, moment, &self.write()).await;
        assert!(answer.is_ok(), "{answer:?}");
        client.logout().await;
    }
}

fn letter<'a>(id: &'a str, subject: &'a str, more: &'a str) -> Letter<'a> {
    Letter {
        id,
        subject,
        more,
        days_ago: 0,
    }
}

const REPLY: &str = "References: <root@threads.example>\r\nIn-Reply-To: <root@threads.example>\r\n";
const LATER: &str = "References: <root@threads.example> <reply@threads.example>\r\n\
                     In-Reply-To: <reply@threads.example>\r\n";
const NEW: [ProtocolVersion; 2] = [ProtocolVersion::V14_1, ProtocolVersion::V16_1];

fn held(phone: &Phone, folder: &str, subject: &str) -> Email {
    let item = phone.item(folder, subject);
    phone.held(folder).items[&item].clone()
}

fn names(phone: &Phone, folder: &str, subject: &str) -> (Vec<u8>, Vec<u8>) {
    let email = held(phone, folder, subject);
    let id = email.conversation_id.expect("a ConversationId");
    let index = email.conversation_index.expect("a ConversationIndex");
    assert_eq!((id.len(), index.len() % 5), (16, 0), "{subject}");
    (id, index)
}

fn profile(version: ProtocolVersion, name: &str) -> Profile {
    Profile::ios().speaking(version).called(name).keeps_all()
}

async fn ids_are_the_same_everywhere_and_for_ever(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    for (folder, letter) in [
        ("INBOX", letter("root", "Tea", "")),
        ("INBOX", letter("reply", "Re: Tea", REPLY)),
        ("Work", letter("later", "AW: Tea", LATER)),
        ("INBOX", letter("other", "Cake", "")),
        // The root is not here.
        (
            "INBOX",
            letter("b1", "Re: Lost", "References: <gone@threads.example>\r\n"),
        ),
        (
            "Work",
            letter(
                "b2",
                "Re: Lost too",
                "In-Reply-To: <gone@threads.example>\r\n",
            ),
        ),
        // Nothing but a subject.
        ("INBOX", letter("", "Scan", "")),
        ("Work", letter("", "RE: scan", "")),
    ] {
        letter.put(&world, folder).await;
    }
    let mut known: Option<Vec<(Vec<u8>, Vec<u8>)>> = None;
    for version in NEW {
        let name = format!("ids{}", version.query_byte());
        let mut phone = world.phone(profile(version, &name)).await;
        phone.sync_all("INBOX").await;
        phone.sync_all("Work").await;
        let of = |folder: &str, subject: &str| names(&phone, folder, subject);
        let all = vec![
            of("INBOX", "Tea"),
            of("INBOX", "Re: Tea"),
            of("Work", "AW: Tea"),
            of("INBOX", "Cake"),
            of("INBOX", "Re: Lost"),
            of("Work", "Re: Lost too"),
            of("INBOX", "Scan"),
            of("Work", "RE: scan"),
        ];
        let ids: Vec<&[u8]> = all.iter().map(|(id, _)| id.as_slice()).collect();
        assert_eq!(ids[0], ids[1], "{version}");
        assert_eq!(ids[0], ids[2], "{version}");
        if setup != Setup::Cyrus {
            // Cyrus starts another thread when the subject changes, or knows no message to begin with.
            assert_eq!(ids[4], ids[5], "{version}");
            assert_eq!(ids[6], ids[7], "{version}");
        }
        let distinct: BTreeSet<&[u8]> = [ids[0], ids[3], ids[4], ids[6]].into();
        assert_eq!(distinct.len(), 4, "{version}");
        let lengths: Vec<usize> = all.iter().map(|(_, index)| index.len()).collect();
        assert_eq!(lengths[..4], [5, 10, 15, 5], "{version}");
        // The same on another device, in another version.
        assert_eq!(*known.get_or_insert_with(|| all.clone()), all, "{version}");
        // And after a move and back by another client, which gives new UIDs.
        for (from, to) in [("INBOX", "Work"), ("Work", "INBOX")] {
            let mut client = client_in(&world, from).await;
            let uid = uid_of(&mut client, "Re: Tea").await;
            let to = world.backend.folder(to);
            client.command(&format!("UID COPY {uid} \"{to}\"")).await;
            client.logout().await;
            expunge(&world, from, "Re: Tea").await;
        }
        phone.sync_all("INBOX").await;
        assert_eq!(names(&phone, "INBOX", "Re: Tea"), all[1], "{version}");
    }
    let old = profile(ProtocolVersion::V12_1, "old");
    let mut old = world.phone(old).await;
    old.sync_all("INBOX").await;
    assert_eq!(held(&old, "INBOX", "Tea").conversation_id, None);
}

#[tokio::test]
async fn thread_ids_count_only_where_an_account_began_with_them() {
    // In-Reply-To in the middle of a thread: only the server knows what it began with.
    let middle = "In-Reply-To: <reply@threads.example>\r\n";
    for begins_with in [true, false] {
        let hidden = if begins_with { "" } else { "OBJECTID" };
        let hide = "AIRGATE_BACKEND_HIDE_CAPABILITIES";
        let mut world = Setup::Cyrus
            .world_with(|settings| settings.variable(hide, hidden))
            .await;
        for letter in [
            letter("root", "Tea", ""),
            letter("reply", "Re: Tea", REPLY),
            letter("third", "RE: Tea", middle),
        ] {
            letter.put(&world, "INBOX").await;
        }
        let mut phone = world.phone(profile(NEW[1], "first")).await;
        phone.sync_all("INBOX").await;
        let of = |phone: &Phone, subject: &str| names(phone, "INBOX", subject).0;
        assert_eq!(of(&phone, "Tea"), of(&phone, "Re: Tea"));
        assert_eq!(of(&phone, "Tea") == of(&phone, "RE: Tea"), begins_with);
        // The server, or another node, offers it from now on.
        let state = world.server.state();
        world.server.kill_nine();
        let settings = Settings::new(&world.backend.imap_url()).state_in(state);
        let before = std::mem::replace(&mut world.server, settings.start());
        let mut second = world.phone(profile(NEW[0], "second")).await;
        second.sync_all("INBOX").await;
        for subject in ["Tea", "Re: Tea", "RE: Tea"] {
            assert_eq!(of(&second, subject), of(&phone, subject), "{subject}");
        }
        drop(before);
    }
}

/// The status of one Move.
async fn moved(phone: &mut Phone, conversation_id: &[u8], to: &str, always: bool) -> u16 {
    let operation = Operation::Move {
        conversation_id: conversation_id.to_vec(),
        destination: to.to_owned(),
        move_always: always,
    };
    let response = operate(phone, vec![operation]).await;
    assert_eq!(response.status, status::OK);
    match &response.outcomes[..] {
        [
            Outcome::Move {
                status,
                conversation_id: id,
            },
        ] => {
            assert_eq!(id, conversation_id);
            *status
        }
        other => panic!("{other:?}"),
    }
}

async fn a_conversation_moves_as_a_whole(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    make_folder(&world, "Archive2").await;
    for version in NEW {
        for (folder, letter) in [
            ("INBOX", letter("root", "Tea", "")),
            ("Sent", letter("reply", "Re: Tea", REPLY)),
            ("INBOX", letter("later", "AW: Tea", LATER)),
            ("Work", letter("work", "WG: Tea", REPLY)),
            ("INBOX", letter("other", "Cake", "")),
            // It only speaks of the thread.
            (
                "Work",
                letter("quote", "Quote", "X-About: <root@threads.example>\r\n"),
            ),
        ] {
            letter.put(&world, folder).await;
        }
        let name = format!("move{}", version.query_byte());
        let mut phone = world.phone(profile(version, &name)).await;
        for folder in ["INBOX", "Work", "Archive2", "Sent"] {
            phone.sync_all(folder).await;
        }
        let (id, _) = names(&phone, "INBOX", "Tea");
        let (target, drafts) = (phone.id("Archive2"), phone.id("Drafts"));
        let wrong = common::MOVE_COMMAND_INVALID_DESTINATION_FOLDER;
        assert_eq!(moved(&mut phone, &id, "m999", true).await, wrong);
        assert_eq!(moved(&mut phone, &id, &drafts, true).await, wrong);
        let unknown = [7; 16];
        assert_eq!(
            moved(&mut phone, &unknown, &target, true).await,
            status::NOT_FOUND
        );
        assert_eq!(on_server(&world, "INBOX").await, ["AW: Tea", "Cake", "Tea"]);
        // With MoveAlways and without (Exchange does not insist); and again, the answer was lost.
        let always = version == NEW[0];
        for _ in 0..2 {
            assert_eq!(moved(&mut phone, &id, &target, always).await, status::OK);
            assert_eq!(on_server(&world, "INBOX").await, ["Cake"]);
            assert_eq!(on_server(&world, "Work").await, ["Quote"]);
            assert_eq!(on_server(&world, "Sent").await, ["Re: Tea"]);
            let there = on_server(&world, "Archive2").await;
            assert_eq!(there, ["AW: Tea", "Tea", "WG: Tea"]);
        }
        for folder in ["INBOX", "Work", "Archive2", "Sent"] {
            phone.sync_all(folder).await;
            assert_quiet(&mut phone, folder).await;
        }
        assert_eq!(phone.subjects("Archive2"), ["AW: Tea", "Tea", "WG: Tea"]);
        assert_eq!(phone.subjects("INBOX"), ["Cake"]);
        assert_eq!(names(&phone, "Archive2", "Tea").0, id);
        assert_eq!(phone.surprises(), [""; 0]);
        // What comes later stays where it comes (MoveAlways is declined).
        letter("news", "Re: Tea", LATER).put(&world, "INBOX").await;
        phone.sync_all("INBOX").await;
        assert_eq!(phone.subjects("INBOX"), ["Cake", "Re: Tea"]);
        for (folder, subjects) in [
            ("Archive2", &["AW: Tea", "Tea", "WG: Tea"][..]),
            ("INBOX", &["Cake", "Re: Tea"]),
            ("Work", &["Quote"]),
            ("Sent", &["Re: Tea"]),
        ] {
            for subject in subjects {
                expunge(&world, folder, subject).await;
            }
        }
    }
}

/// One folder that gives nothing away keeps its part, and the phone hears that there is a rest.
#[tokio::test]
async fn a_conversation_that_cannot_move_whole_has_its_status() {
    let users = [User::alice()];
    let backend = Backend::start(Kind::Dovecot, &users);
    let spoiler = Spoiler::before(backend.imap()).await;
    let url = spoiler.url();
    let world = World::around(backend, &users, |settings| settings.imap(&url)).await;
    make_folder(&world, "Work").await;
    make_folder(&world, "Closed").await;
    for (folder, letter) in [
        ("INBOX", letter("root", "Tea", "")),
        ("Work", letter("later", "AW: Tea", LATER)),
        ("Work", letter("lone", "Cake", "")),
    ] {
        letter.put(&world, folder).await;
    }
    let mut phone = world.phone(profile(NEW[1], "part")).await;
    for folder in ["INBOX", "Work"] {
        phone.sync_all(folder).await;
    }
    let (tea, _) = names(&phone, "INBOX", "Tea");
    let (cake, _) = names(&phone, "Work", "Cake");
    let target = phone.id("Closed");
    // The next move fails and the one after that does not: whichever folder is first keeps its part.
    spoiler.refuse_once("UID MOVE", "[LIMIT] Not this one.");
    assert_eq!(
        moved(&mut phone, &tea, &target, true).await,
        status::PARTIAL_SUCCESS
    );
    assert_eq!(moved(&mut phone, &tea, &target, true).await, status::OK);
    assert_eq!(on_server(&world, "Closed").await, ["AW: Tea", "Tea"]);
    spoiler.refuse("UID MOVE", "[LIMIT] Nothing moves.");
    let failed = common::FAILURE_IN_MOVE_OPERATION;
    assert_eq!(moved(&mut phone, &cake, &target, true).await, failed);
    assert_eq!(on_server(&world, "Work").await, ["Cake"]);
}

/// A Sync of the inbox with that filter and ConversationMode.
async fn windowed(phone: &mut Phone, filter: u8, mode: Option<bool>) -> sync::Response {
    phone.profile.filter = filter;
    let mut collection = phone.collection("INBOX");
    if collection.options.is_some() {
        collection.conversation_mode = mode;
    }
    phone.sync_collections(vec![collection]).await
}

async fn estimated(phone: &mut Phone, mode: bool) -> Option<u32> {
    let id = phone.id("INBOX");
    let request = get_item_estimate::Request {
        collections: vec![get_item_estimate::Collection {
            sync_key: Some(phone.memory.key(&id)),
            collection_id: id,
            conversation_mode: Some(mode),
            options: Some(vec![sync::Options {
                filter_type: Some(phone.profile.filter),
                ..sync::Options::default()
            }]),
            ..get_item_estimate::Collection::default()
        }],
    };
    let body = request.write(phone.version());
    let answer = phone.command(CommandName::GetItemEstimate, body).await;
    let answer = get_item_estimate::Response::read(&answer.unwrap().body).unwrap();
    answer.estimates[0].count
}

async fn a_window_holds_conversations_together(setup: Setup) {
    let world = setup.world().await;
    let aged = |letter: Letter<'static>, days_ago| Letter { days_ago, ..letter };
    for letter in [
        aged(letter("root", "Tea", ""), 60),
        aged(letter("reply", "Re: Tea", REPLY), 20),
        aged(letter("older", "Cake", ""), 60),
        letter("later", "AW: Tea", LATER),
    ] {
        letter.put(&world, "INBOX").await;
    }
    let mut phone = world.phone(profile(NEW[1], "window").filter(3)).await;
    phone.sync("INBOX").await;
    assert_eq!(estimated(&mut phone, false).await, Some(1));
    assert_eq!(estimated(&mut phone, true).await, Some(3));
    let answer = windowed(&mut phone, 3, Some(true)).await;
    assert_eq!(counts(&answer), "+3");
    assert_eq!(phone.subjects("INBOX"), ["AW: Tea", "Re: Tea", "Tea"]);
    assert_quiet_in(&mut phone).await;
    // Off and on again.
    assert_eq!(counts(&windowed(&mut phone, 3, Some(false)).await), "<2");
    assert_eq!(phone.subjects("INBOX"), ["AW: Tea"]);
    assert_eq!(counts(&windowed(&mut phone, 3, Some(true)).await), "+2");
    // What comes brings its conversation with it.
    let answer_to_cake = "References: <older@threads.example>\r\n";
    letter("cake", "Re: Cake", answer_to_cake)
        .put(&world, "INBOX")
        .await;
    assert_eq!(counts(&windowed(&mut phone, 3, Some(true)).await), "+2");
    // Old mail put here belongs to what is inside, or not.
    aged(letter("found", "WG: Tea", LATER), 90)
        .put(&world, "INBOX")
        .await;
    aged(letter("alone", "Alone", ""), 90)
        .put(&world, "INBOX")
        .await;
    assert_eq!(counts(&windowed(&mut phone, 3, Some(true)).await), "+1");
    // Flags of what is there for its conversation's sake are told, too.
    store(&world, "INBOX", "Tea", "+FLAGS (\\Flagged)").await;
    assert_eq!(counts(&windowed(&mut phone, 3, Some(true)).await), "~1");
    // The last one inside goes: those it held leave, but are not gone (S7).
    expunge(&world, "INBOX", "Re: Cake").await;
    expunge(&world, "INBOX", "Tea").await;
    assert_eq!(counts(&windowed(&mut phone, 3, Some(true)).await), "-2<1");
    assert_eq!(phone.subjects("INBOX"), ["AW: Tea", "Re: Tea", "WG: Tea"]);
    assert_quiet_in(&mut phone).await;
    // Wider and narrower with the mode on.
    assert_eq!(counts(&windowed(&mut phone, 0, Some(true)).await), "+2");
    assert_eq!(counts(&windowed(&mut phone, 3, Some(true)).await), "<2");
    assert_eq!(phone.subjects("INBOX"), ["AW: Tea", "Re: Tea", "WG: Tea"]);
    assert_eq!(on_server(&world, "INBOX").await.len(), 5);
    // It holds until it is said anew.
    let mut silent = phone.collection("INBOX");
    silent.options = None;
    let answer = phone.sync_collections(vec![silent]).await;
    assert_eq!(counts(&answer), "");
    assert_eq!(phone.surprises(), [""; 0]);
}

async fn assert_quiet_in(phone: &mut Phone) {
    let answer = windowed(phone, 3, Some(true)).await;
    assert!(answer.collections.is_empty(), "{answer:?}");
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    ids_are_the_same_everywhere_and_for_ever,
    a_conversation_moves_as_a_whole,
    a_window_holds_conversations_together
}

#[tokio::test]
async fn only_mail_has_conversations() {
    let world = Setup::Dovecot.world().await;
    letter("root", "Tea", "").put(&world, "INBOX").await;
    let mut phone = world.phone(profile(NEW[1], "mode")).await;
    phone.sync_all("INBOX").await;
    let mut collection = phone.collection("INBOX");
    collection.conversation_mode = Some(true);
    for options in collection.options.iter_mut().flatten() {
        options.class = Some(Class::Calendar);
        options.filter_type = None;
    }
    let answer = phone.sync_collections(vec![collection]).await;
    assert_eq!(only(&answer).head.status, 4);
    assert_quiet(&mut phone, "INBOX").await;
}
