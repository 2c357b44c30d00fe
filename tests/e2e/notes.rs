//! Notes in a mailbox: the form of Apple's mail clients, edited from both sides, each note once and
//! under one ServerId, with nothing lost.

mod journal;

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Class;
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::item_operations::{Fetch, Outcome, Properties, Store};
use airgate_codec::eas::notes::Note;
use airgate_codec::eas::sync::{self, ItemResponse};

use crate::stories::{
    Setup, assert_quiet, client_in, counts, make_folder, on_servers, store, told,
};
use crate::support::backend::{Backend, Kind, User};
use crate::support::faulty::{Faulty, Mode};
use crate::support::phone::{Loss, Phone, Profile, note};
use crate::support::world::World;

/// Those that know notes, and 16.1 as the main road.
const VERSIONS: [ProtocolVersion; 3] = [
    ProtocolVersion::V14_0,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

/// A note as Apple's mail clients write it.
fn apple(uuid: &str, title: &str, text: &str) -> String {
    format!(
        "Subject: {title}\r\nFrom: Alice <alice@example.com>\r\n\
         Content-Type: text/html;\r\n\tcharset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\
         X-Uniform-Type-Identifier: com.apple.mail-note\r\n\
         X-Mail-Created-Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n\
         Date: Mon, 2 Mar 2026 10:05:00 +0100\r\nX-Universally-Unique-Identifier: {uuid}\r\n\
         Message-Id: <{title}.{uuid}@icloud.example>\r\nMime-Version: 1.0 (iOS)\r\n\r\n\
         <html><head></head><body>{title}<div>{text}</div></body></html>\r\n"
    )
}

/// Writes one as another client.
async fn write(world: &World, message: &str) {
    let mut client = world.other_client().await;
    let name = world.backend.folder("Notes");
    client.append(&name, "\\Seen", message.as_bytes()).await;
    client.logout().await;
}

/// Removes the messages with this in their Subject, as Apple's clients do after they wrote another.
async fn remove(world: &World, title: &str) {
    let mut client = client_in(world, "Notes").await;
    for uid in client.search(&format!("HEADER SUBJECT \"{title}\"")).await {
        let mark = format!("UID STORE {uid} +FLAGS (\\Deleted)");
        client.command(&mark).await;
    }
    client.command("EXPUNGE").await;
    client.logout().await;
}

/// The octets of the one message that is not marked `\Deleted` and has this in its Subject.
async fn octets(world: &World, title: &str) -> String {
    let mut client = client_in(world, "Notes").await;
    let found = client
        .search(&format!("UNDELETED HEADER SUBJECT \"{title}\""))
        .await;
    assert_eq!(found.len(), 1, "{title:?}: {found:?}");
    let fetch = format!("UID FETCH {} (BODY.PEEK[])", found[0]);
    let answer = client.command(&fetch).await;
    client.logout().await;
    answer.untagged.join("\n")
}

/// How many messages are there that are not marked `\Deleted`.
async fn there(world: &World) -> usize {
    let mut client = client_in(world, "Notes").await;
    let found = client.search("UNDELETED").await.len();
    client.logout().await;
    found
}

async fn ready(world: &World, version: ProtocolVersion) -> Phone {
    let profile = Profile::ios().speaking(version).keeps_all();
    let name = format!("NOTES{}", version.query_byte());
    let mut phone = world.phone(profile.called(&name)).await;
    phone.sync_all("Notes").await;
    phone
}

fn text(phone: &Phone, item: &str) -> String {
    let held = phone.held("Notes");
    let body = held.items[item].body.clone();
    body.and_then(|body| body.data).unwrap_or_default()
}

fn status(response: &sync::Response) -> u16 {
    let responses: Vec<&ItemResponse> = response
        .collections
        .iter()
        .flat_map(|collection| &collection.responses)
        .collect();
    match responses.as_slice() {
        [] => 1,
        [ItemResponse::Add { status, .. } | ItemResponse::Change { status, .. }] => *status,
        other => panic!("not one answer: {other:?}"),
    }
}

/// At rest and holding one note for each message.
async fn assert_settled(world: &World, phone: &mut Phone) {
    phone.sync_all("Notes").await;
    assert_quiet(phone, "Notes").await;
    assert_eq!(phone.held("Notes").items.len(), there(world).await);
    assert_eq!(phone.surprises(), [""; 0]);
}

async fn notes_go_both_ways(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Notes").await;
    write(&world, &apple("U-1", "Garden", "roses")).await;
    for version in VERSIONS {
        let mut phone = ready(&world, version).await;
        let folder = phone.id("Notes");
        let kind = phone.memory.folders[&folder].kind;
        assert_eq!(kind, FolderType::Notes);
        // Apple's note, as it is.
        let item = phone.item("Notes", "Garden");
        assert!(text(&phone, &item).contains("roses"));
        let held = phone.held("Notes").items[&item].clone();
        assert_eq!(held.message_class.as_deref(), Some("IPM.StickyNote"));
        assert!(held.date_received.is_some());
        // The phone's own.
        let new = Note {
            categories: Some(vec!["Blue".into()]),
            ..note("Shopping", "milk\r\neggs")
        };
        let response = phone.add_note("Notes", "c1", &new).await;
        assert_eq!((status(&response), counts(&response)), (1, String::new()));
        assert_quiet(&mut phone, "Notes").await;
        let message = octets(&world, "Shopping").await;
        for part in [
            "X-Uniform-Type-Identifier: com.apple.mail-note",
            "X-Universally-Unique-Identifier: ",
            "Content-Type: text/html",
            "From: ",
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
        // The phone edits Apple's.
        let change = Note {
            subject: None,
            ..note("", "Garden\r\ntulips")
        };
        let response = phone.edit_note("Notes", &item, &change).await;
        assert_eq!(status(&response), 1);
        assert_settled(&world, &mut phone).await;
        assert_eq!(phone.item("Notes", "Garden"), item);
        let message = octets(&world, "Garden").await;
        assert!(
            message.contains("X-Universally-Unique-Identifier: U-1"),
            "{message}"
        );
        assert!(message.contains("tulips"), "{message}");
        assert_eq!(there(&world).await, 2);
        // Away with the phone's own, and Apple's as it was.
        let own = phone.item("Notes", "Shopping");
        phone.delete("Notes", &[own], true).await;
        assert_settled(&world, &mut phone).await;
        remove(&world, "Garden").await;
        write(&world, &apple("U-1", "Garden", "roses")).await;
    }
}

async fn s6_what_apple_replaces_is_a_change(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Notes").await;
    write(&world, &apple("U-1", "One", "a")).await;
    write(&world, &apple("U-2", "Other", "b")).await;
    let mut phone = ready(&world, ProtocolVersion::V16_1).await;
    let item = phone.item("Notes", "One");
    let changed = format!("~{item}");
    // Between two looks of the phone.
    write(&world, &apple("U-1", "Two", "a")).await;
    remove(&world, "One").await;
    assert_eq!(told(&phone.sync("Notes").await), [changed.clone()]);
    assert_eq!(phone.item("Notes", "Two"), item);
    // The phone looks while both are there.
    write(&world, &apple("U-1", "Three", "a")).await;
    assert_eq!(told(&phone.sync("Notes").await), [changed.clone()]);
    assert_quiet(&mut phone, "Notes").await;
    remove(&world, "Two").await;
    assert_quiet(&mut phone, "Notes").await;
    assert_eq!(phone.item("Notes", "Three"), item);
    // A phone that comes new sees the newest only.
    write(&world, &apple("U-1", "Four", "a")).await;
    let mut other = ready(&world, ProtocolVersion::V14_1).await;
    assert_eq!(other.subjects("Notes"), ["Four", "Other"]);
    // A category is a change of the whole, a mark of having been read is none.
    phone.sync_all("Notes").await;
    store(&world, "Notes", "Other", "-FLAGS (\\Seen)").await;
    assert_quiet(&mut phone, "Notes").await;
    store(&world, "Notes", "Other", "+FLAGS (Blue)").await;
    phone.sync("Notes").await;
    let id = phone.item("Notes", "Other");
    let other_note = phone.held("Notes").items[&id].clone();
    assert_eq!(other_note.categories, Some(vec!["Blue".to_owned()]));
    assert!(other_note.body.is_some());
    // Deleted with all there is of it.
    other.sync_all("Notes").await;
    let four = phone.item("Notes", "Four");
    phone.delete("Notes", &[four], true).await;
    assert_quiet(&mut phone, "Notes").await;
    assert_eq!(phone.subjects("Notes"), ["Other"]);
    assert_settled(&world, &mut phone).await;
    other.sync_all("Notes").await;
    assert_eq!(other.subjects("Notes"), ["Other"]);
}

async fn s14_both_edit_the_same_note(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Notes").await;
    write(&world, &apple("U-1", "One", "a")).await;
    let mut phone = ready(&world, ProtocolVersion::V16_1).await;
    let item = phone.item("Notes", "One");
    write(&world, &apple("U-1", "Two", "b")).await;
    remove(&world, "One").await;
    // The server wins unless the phone says otherwise.
    let response = phone.edit_note("Notes", &item, &note("Mine", "c")).await;
    assert_eq!(status(&response), 7);
    phone.sync_all("Notes").await;
    assert_eq!(phone.item("Notes", "Two"), item);
    assert_settled(&world, &mut phone).await;
    // Two phones.
    let mut second = ready(&world, ProtocolVersion::V14_1).await;
    let same = second.item("Notes", "Two");
    second.edit_note("Notes", &same, &note("Second", "d")).await;
    assert_settled(&world, &mut second).await;
    let response = phone.edit_note("Notes", &item, &note("First", "e")).await;
    assert_eq!(status(&response), 7);
    phone.sync_all("Notes").await;
    assert_eq!(phone.item("Notes", "Second"), item);
    assert_settled(&world, &mut phone).await;
    // The last one to know wins.
    let response = phone.edit_note("Notes", &item, &note("First", "e")).await;
    assert_eq!(status(&response), 1);
    assert_settled(&world, &mut phone).await;
    second.sync_all("Notes").await;
    assert_eq!(second.item("Notes", "First"), same);
    assert_settled(&world, &mut second).await;
}

async fn s2_a_lost_answer_is_given_again(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Notes").await;
    let mut phone = ready(&world, ProtocolVersion::V14_1).await;
    let add = phone.note_added("c", &note("One", "a"));
    phone.lose_next(Loss::Answer);
    let request = request(&phone, vec![add]);
    phone.try_sync(request).await.unwrap_err();
    let response = phone.repeat_sync().await.unwrap();
    assert_eq!(status(&response), 1);
    assert_settled(&world, &mut phone).await;
    let item = phone.item("Notes", "One");
    let change = phone.note_changed(&item, &note("Two", "b"));
    phone.lose_next(Loss::Answer);
    let request = self::request(&phone, vec![change]);
    phone.try_sync(request).await.unwrap_err();
    let response = phone.repeat_sync().await.unwrap();
    assert_eq!(status(&response), 1);
    assert_settled(&world, &mut phone).await;
    assert_eq!(phone.item("Notes", "Two"), item);
    assert_eq!(there(&world).await, 1);
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    notes_go_both_ways,
    s6_what_apple_replaces_is_a_change,
    s14_both_edit_the_same_note,
    s2_a_lost_answer_is_given_again
}

fn request(phone: &Phone, commands: Vec<sync::Command>) -> sync::Request {
    let mut collection = phone.collection("Notes");
    collection.commands = commands;
    sync::Request {
        collections: Some(vec![collection]),
        ..sync::Request::default()
    }
}

#[tokio::test]
async fn below_14_0_there_are_no_notes() {
    let world = Setup::Dovecot.world().await;
    make_folder(&world, "Notes").await;
    let phone = ready(&world, ProtocolVersion::V14_1).await;
    let id = phone.id("Notes");
    let profile = Profile::ios()
        .speaking(ProtocolVersion::V12_1)
        .called("OLD");
    let mut old = world.phone(profile).await;
    let shown = old.folder_names().contains(&"Notes".to_owned());
    assert!(!shown, "{:?}", old.folder_names());
    let mut collection = old.collection("INBOX");
    collection.collection_id = id;
    let response = old.sync_collections(vec![collection]).await;
    let refused = response.collections.first().map(|one| one.head.status);
    assert_eq!(refused.or(response.status), Some(12), "{response:?}");
}

#[tokio::test]
async fn which_mailbox_holds_notes_is_configured() {
    // Made where it is named, with what is below it.
    let world = Setup::Dovecot
        .world_with(|settings| settings.variable("AIRGATE_FOLDERS_NOTES", "Memos"))
        .await;
    make_folder(&world, "Notes").await;
    make_folder(&world, "Memos/Work").await;
    let phone = world.phone(Profile::ios()).await;
    let kind = |phone: &Phone, name: &str| phone.memory.folders[&phone.id(name)].kind;
    assert_eq!(kind(&phone, "Memos"), FolderType::Notes);
    assert_eq!(kind(&phone, "Work"), FolderType::UserNotes);
    assert_eq!(kind(&phone, "Notes"), FolderType::UserMail);
    // Or nowhere; and by itself none is made.
    let world = Setup::Dovecot
        .world_with(|settings| settings.variable("AIRGATE_FOLDERS_NOTES", "none"))
        .await;
    let phone = world.phone(Profile::ios()).await;
    assert!(!phone.folder_names().contains(&"Notes".to_owned()));
    make_folder(&world, "Notes").await;
    let mut phone = world.phone(Profile::ios().called("B")).await;
    assert_eq!(kind(&phone, "Notes"), FolderType::UserMail);
    phone.sync_all("Notes").await;
}

#[tokio::test]
async fn what_cannot_be_a_note_is_refused() {
    let world = Setup::Dovecot.world().await;
    make_folder(&world, "Notes").await;
    let mut phone = ready(&world, ProtocolVersion::V16_1).await;
    let classed = Note {
        message_class: Some("IPM.Note".into()),
        ..note("x", "y")
    };
    let rtf = Note {
        body: Some(Body::whole(BodyType::Rtf, "e1xydGYx")),
        ..note("x", "y")
    };
    for bad in [classed, rtf] {
        let response = phone.add_note("Notes", "c", &bad).await;
        assert_eq!(status(&response), 6, "{bad:?}");
    }
    let gone = format!("{}:99", phone.id("Notes"));
    let response = phone.edit_note("Notes", &gone, &note("x", "y")).await;
    assert_eq!(status(&response), 8);
    assert_eq!(there(&world).await, 0);
    assert_settled(&world, &mut phone).await;
}

#[tokio::test]
async fn s23_a_ping_hears_of_notes_and_an_estimate_counts_them() {
    let world = Setup::Dovecot.world().await;
    make_folder(&world, "Notes").await;
    write(&world, &apple("U-1", "One", "a")).await;
    let mut phone = ready(&world, ProtocolVersion::V14_1).await;
    let id = phone.id("Notes");
    let (response, ()) = tokio::join!(phone.ping(&["Notes"], 120), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        write(&world, &apple("U-1", "Two", "b")).await;
    });
    assert_eq!(response.folders, [id]);
    // Both messages are there: it is one change.
    let estimate = phone.estimate("Notes").await;
    assert_eq!(estimate.estimates[0].count, Some(1), "{estimate:?}");
    phone.sync_all("Notes").await;
    assert_eq!(phone.subjects("Notes"), ["Two"]);
    remove(&world, "One").await;
    assert_settled(&world, &mut phone).await;
}

#[tokio::test]
async fn a_note_is_fetched_alone() {
    let world = Setup::Dovecot.world().await;
    make_folder(&world, "Notes").await;
    write(&world, &apple("U-1", "One", "roses")).await;
    let mut phone = ready(&world, ProtocolVersion::V16_1).await;
    let item = phone.item("Notes", "One");
    let fetch = Fetch {
        store: Some(Store::Mailbox),
        collection_id: Some(phone.id("Notes")),
        server_id: Some(item),
        ..Fetch::default()
    };
    let (response, _) = phone.item_operations(vec![fetch], false).await;
    let [
        Outcome::Fetch {
            head,
            properties: Some(Properties::Item(sync::ItemData::Other(raw))),
        },
    ] = response.outcomes.as_slice()
    else {
        panic!("{response:?}")
    };
    assert_eq!((head.status, head.class), (1, Some(Class::Notes)));
    let note = Note::from_raw(raw).unwrap();
    assert!(
        note.body
            .and_then(|body| body.data)
            .unwrap()
            .contains("roses")
    );
    assert_quiet(&mut phone, "Notes").await;
}

#[tokio::test]
async fn s12_what_a_phone_was_not_told_of_a_note_stays() {
    let world = Setup::Dovecot.world().await;
    make_folder(&world, "Notes").await;
    let long = format!("{}the very end of the long note", "word ".repeat(100));
    write(&world, &apple("U-1", "One", &long)).await;
    for kind in [BodyType::Plain, BodyType::Html] {
        let preference = airgate_codec::eas::BodyPreference {
            kind,
            truncation_size: Some(120),
            all_or_none: false,
            preview: None,
        };
        let name = format!("CUT{}", kind as u8);
        let profile = Profile::ios().bodies(&[preference]).called(&name);
        let mut phone = world.phone(profile).await;
        phone.sync_all("Notes").await;
        let item = phone.item("Notes", "One");
        let told = phone.held("Notes").items[&item].body.clone().unwrap();
        assert!(told.truncated && told.kind == kind, "{told:?}");
        let change = Note {
            subject: None,
            body: Some(Body::whole(kind, told.data.unwrap() + "NEW ")),
            ..note("", "")
        };
        let response = phone.edit_note("Notes", &item, &change).await;
        assert_eq!(status(&response), 1);
        let message = octets(&world, "One").await.replace("=\r\n", "");
        assert!(message.contains("NEW "), "{message}");
        assert!(
            message.contains("the very end of the long note"),
            "{message}"
        );
    }
}

/// The connection to the mail server is cut after so many more octets of its answers.
async fn cut_everywhere(hidden: &str) {
    let users = [User::alice()];
    let backend = Backend::start(Kind::Dovecot, &users);
    let faulty = Faulty::before(backend.imap()).await;
    let world = World::around(backend, &users, |settings| {
        settings
            .imap(&faulty.imap_url())
            .variable("AIRGATE_BACKEND_HIDE_CAPABILITIES", hidden)
    })
    .await;
    make_folder(&world, "Notes").await;
    let mut phone = ready(&world, ProtocolVersion::V16_1).await;
    phone.add_note("Notes", "c", &note("edited 0", "x")).await;
    let item = phone.item("Notes", "edited 0");
    let mut cuts = 0;
    for round in 1..=16_usize {
        let commands = vec![
            phone.note_added(&format!("c{round}"), &note(&format!("new {round:02}"), "x")),
            phone.note_changed(&item, &note(&format!("edited {round}"), "x")),
        ];
        let sync = request(&phone, commands);
        faulty.set(Mode::CutAfter(round * 130));
        let mut answer = phone.try_sync(sync).await;
        cuts += usize::from(answer.is_err());
        faulty.set(Mode::Pass);
        for _ in 0..20 {
            if answer.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            answer = phone.repeat_sync().await;
        }
        let response = answer.expect("it goes on");
        assert_eq!(response.collections[0].head.status, 1, "{response:?}");
        assert_eq!(phone.item("Notes", &format!("edited {round}")), item);
    }
    println!("{cuts} of 16 rounds were cut");
    assert_eq!(there(&world).await, 17);
    assert_settled(&world, &mut phone).await;
}

#[tokio::test]
async fn s5_s10_cut_connections_write_each_note_once() {
    cut_everywhere("").await;
}

#[tokio::test]
async fn s5_s10_cut_connections_without_uidplus() {
    cut_everywhere("UIDPLUS,MOVE,QRESYNC,CONDSTORE,ENABLE").await;
}

/// kill -9 at moments all over a request with an Add and an edit (F4).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_s18_kill_nine_writes_each_note_once() {
    let mut world = Setup::Dovecot.world().await;
    make_folder(&world, "Notes").await;
    let mut phone = ready(&world, ProtocolVersion::V16_1).await;
    phone.add_note("Notes", "c", &note("edited 0", "x")).await;
    let item = phone.item("Notes", "edited 0");
    for round in 1..=12_u64 {
        let commands = vec![
            phone.note_added(&format!("c{round}"), &note(&format!("new {round:02}"), "x")),
            phone.note_changed(&item, &note(&format!("edited {round}"), "x")),
        ];
        let sync = request(&phone, commands);
        let server = &mut world.server;
        let (first, ()) = tokio::join!(phone.try_sync(sync), async {
            tokio::time::sleep(Duration::from_millis(round * 4)).await;
            server.kill_nine();
            server.start();
        });
        let response = match first {
            Ok(response) => response,
            Err(_) => phone.repeat_sync().await.expect("it runs again"),
        };
        assert_eq!(response.collections[0].head.status, 1, "{response:?}");
        assert_eq!(phone.item("Notes", &format!("edited {round}")), item);
    }
    assert_eq!(there(&world).await, 13);
    assert_settled(&world, &mut phone).await;
}
