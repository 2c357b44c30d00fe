//! What the engine says by number when a server will not: each status produced by a real server with one
//! thing taken from it (S10, S13, S30).

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::sync::{ApplicationData, Command};
use airgate_codec::eas::{folder_create, move_items};
use airgate_codec::wbxml::{calendar, contacts};

use super::{assert_quiet, card, event, new_card, phone_of, status_of};
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::backend::{Backend, Kind, User, radicale};
use crate::support::dav_script::{Asked, DavScript, reply};
use crate::support::phone::{Profile, object_added, with};
use crate::support::world::World;

/// What the proxy takes from the server.
const NOTHING: usize = 0;
const MOVE_UNKNOWN: usize = 1;
const MOVE_AND_PUT_DENIED: usize = 2;
const FULL: usize = 3;
const NO_NEW_COLLECTIONS: usize = 4;

/// The server's own answer.
fn forward(server: SocketAddr, asked: &Asked) -> String {
    let mut stream = TcpStream::connect(server).expect("the server listens");
    let text = format!("{}\r\nConnection: close\r\n\r\n{}", asked.head, asked.body);
    stream.write_all(text.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A Radicale behind a proxy that says no as it is told.
async fn spoilt() -> (World, Arc<AtomicUsize>, DavScript) {
    let users = [User::alice(), User::new("bob@example.com")];
    let dav = DavServer::radicale(&users, &radicale::Settings::default()).await;
    let (server, mode) = (dav.address(), Arc::new(AtomicUsize::new(NOTHING)));
    let now = Arc::clone(&mode);
    let script = DavScript::start(move |asked| {
        let refusal = match (now.load(Ordering::SeqCst), asked.method.as_str()) {
            (MOVE_UNKNOWN, "MOVE") => Some("501 Not Implemented"),
            (MOVE_AND_PUT_DENIED, "MOVE" | "PUT") => Some("403 Forbidden"),
            (FULL, "PUT") => Some("507 Insufficient Storage"),
            (NO_NEW_COLLECTIONS, "MKCOL" | "MKCALENDAR") => Some("403 Forbidden"),
            _ => None,
        };
        match refusal {
            Some(status) => reply(status, "", ""),
            None => forward(server, asked),
        }
    })
    .await;
    let url = format!("http://{}", script.address());
    let mail = Backend::start(Kind::Dovecot, &users);
    let mut world = World::around(mail, &users, |settings| settings.dav(&url)).await;
    world.dav = Some(dav);
    (world, mode, script)
}

#[tokio::test]
async fn s10_s30_what_a_server_refuses_is_said_by_number() {
    let (world, mode, _script) = spoilt().await;
    let is = |now| mode.store(now, Ordering::SeqCst);
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let friends = format!("{}friends/", world.dav().addressbooks(&world.alice));
    other.make_addressbook(&friends, "Friends").await;
    for name in ["ada", "eve"] {
        let path = format!("{place}{name}.vcf");
        other.put(&path, &card(name, "A", name)).await;
    }
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "NO").await;
    phone.sync_all("Friends").await;
    let ada = phone.object(&book, contacts::LAST_NAME, "ada");
    let eve = phone.object(&book, contacts::LAST_NAME, "eve");

    // Nothing may be moved or written: it stays where it is.
    is(MOVE_AND_PUT_DENIED);
    let moved = phone
        .move_items(&book, "Friends", std::slice::from_ref(&ada))
        .await;
    assert_eq!(moved.results[0].status, move_items::status::LOCKED);
    assert_eq!(other.list(&place).await.len(), 2, "S10");
    assert!(other.list(&friends).await.is_empty());
    // And into the folder it lies in.
    let same = phone.move_items(&book, &book, std::slice::from_ref(&ada));
    let same = same.await.results[0].status;
    assert_eq!(same, move_items::status::SAME_FOLDER);
    // A server that cannot move: copied, looked at, removed.
    is(MOVE_UNKNOWN);
    let moved = phone
        .move_items(&book, "Friends", std::slice::from_ref(&ada))
        .await;
    assert_eq!(moved.results[0].status, move_items::status::OK);
    assert_eq!(other.list(&place).await.len(), 1, "S10");
    let there = other.objects(&friends).await;
    assert!(there[0].contains("X-KEEP;X-P=1:me"), "S12: {there:?}");
    for folder in [book.as_str(), "Friends"] {
        phone.sync_all(folder).await;
        assert_quiet(&mut phone, folder).await;
    }

    // No room.
    is(FULL);
    let full = phone
        .edit_object(&book, &eve, contacts::JOB_TITLE, "Boss")
        .await;
    assert_eq!(status_of(&full), Some(9), "{full:?}");
    let command = object_added("c1", new_card("Grace", "Hopper"));
    let full = phone.do_in(&book, vec![command]).await;
    assert_eq!(status_of(&full), Some(9), "{full:?}");
    is(NOTHING);
    phone.sync_all(&book).await;
    assert_eq!(phone.values(&book, contacts::JOB_TITLE), ["Clerk"]);
    assert_quiet(&mut phone, &book).await;

    is(NO_NEW_COLLECTIONS);
    let calendar = FolderType::UserCalendar;
    let made = phone.try_create_folder("0", "More", calendar).await;
    let made = made.expect("an answer").status;
    assert_eq!(made, folder_create::status::SPECIAL_FOLDER);
}

/// An Add of what is in the calendar already under another name, which only the server knows.
async fn twice(kind: DavKind) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = world.dav().calendar(&world.alice);
    for version in [ProtocolVersion::V12_1, ProtocolVersion::V14_1] {
        let name = version.as_str().replace('.', "");
        let profile = Profile::ios().speaking(version).called(&name);
        let mut phone = world.phone(profile).await;
        let folder = phone.folder(FolderType::Calendar);
        phone.sync_all(&folder).await;
        let before = other.list(&place).await.len();
        let uid = format!("invited-{name}");
        let path = format!("{place}by-mail-{name}.ics");
        other.put(&path, &event(&uid, "20300115T100000Z", "")).await;
        let same = with(&[
            (calendar::SUBJECT, "Accepted"),
            (calendar::START_TIME, "20300115T100000Z"),
            (calendar::END_TIME, "20300115T110000Z"),
            (calendar::UID, &uid),
        ]);
        let response = phone.do_in(&folder, vec![object_added("c1", same)]).await;
        assert_eq!(status_of(&response), Some(1), "{response:?}");
        phone.sync_all(&folder).await;
        assert_eq!(other.list(&place).await.len(), before + 1, "S5");
        let kept = other.get(&path).await.expect("there");
        assert!(kept.contains("SUMMARY:Accepted"), "{kept}");
        assert!(kept.contains("X-KEEP;X-P=1:me"), "S12: {kept}");
        assert_quiet(&mut phone, &folder).await;
    }
}

#[tokio::test]
async fn s5_an_add_of_what_is_there_under_another_name_is_a_change_on_radicale() {
    twice(DavKind::Radicale).await;
}

#[tokio::test]
async fn s5_an_add_of_what_is_there_under_another_name_is_a_change_on_cyrus() {
    twice(DavKind::Cyrus).await;
}

#[tokio::test]
async fn s12_occurrences_are_changed_and_deleted_by_their_instance_id() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let path = format!("{}weekly.ics", world.dav().calendar(&world.alice));
    let weekly = event(
        "weekly",
        "20300115T100000Z",
        "RRULE:FREQ=WEEKLY;COUNT=5\r\n",
    );
    other.put(&path, &weekly).await;
    let mut phone = world.phone(Profile::ios()).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    let id = phone.object(&folder, calendar::SUBJECT, "weekly");
    let changed = |id: &str, at: &str| Command::Change {
        server_id: id.to_owned(),
        instance_id: Some(at.to_owned()),
        data: ApplicationData::Other(with(&[(calendar::SUBJECT, "special")])),
        send: false,
    };
    let deleted = |id: &str, at: &str| Command::Delete {
        server_id: id.to_owned(),
        instance_id: Some(at.to_owned()),
    };
    let (second, third) = ("2030-01-22T10:00:00.000Z", "2030-01-29T10:00:00.000Z");
    let both = vec![changed(&id, second), deleted(&id, third)];
    let response = phone.do_in(&folder, both).await;
    let status = status_of(&response);
    assert!(status.is_none_or(|status| status == 1), "{response:?}");
    let kept = other.get(&path).await.expect("there");
    assert!(kept.contains("RECURRENCE-ID:20300122T100000Z"), "{kept}");
    assert!(kept.contains("SUMMARY:special"), "{kept}");
    assert!(kept.contains("EXDATE:20300129T100000Z"), "{kept}");
    assert!(kept.contains("SUMMARY:weekly") && kept.contains("RRULE:FREQ=WEEKLY;COUNT=5"));
    phone.sync_all(&folder).await;
    // Nothing can be said of what is no time, nor of an unknown series.
    let no_time = phone.do_in(&folder, vec![changed(&id, "soon")]).await;
    assert_eq!(status_of(&no_time), Some(6), "{no_time:?}");
    let nobody = format!("{}:999", phone.id(&folder));
    for command in [changed(&nobody, second), deleted(&nobody, second)] {
        let response = phone.do_in(&folder, vec![command]).await;
        assert_eq!(status_of(&response), Some(8), "{response:?}");
    }
    phone.sync_all(&folder).await;
    assert_eq!(other.get(&path).await.expect("there"), kept);
    assert_quiet(&mut phone, &folder).await;
}
