//! What the engine says by number when a server will not: each status produced by a real server with one
//! thing taken from it (S10, S13, S30).

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::sync::{ApplicationData, Command};
use airgate_codec::eas::{folder_create, move_items, status as common};
use airgate_codec::wbxml::{calendar, contacts};

use super::{assert_quiet, card, event, new_card, phone_of, status_of};
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::backend::{Backend, Kind, User, radicale};
use crate::support::dav_script::{Asked, DavScript, reply};
use crate::support::phone::{Phone, Profile, object_added, with};
use crate::support::world::World;

/// What the server says no to.
struct Refusal {
    methods: &'static [&'static str],
    /// At paths with this in them.
    path: String,
    /// In requests with this in them.
    body: &'static str,
    status: &'static str,
}

/// What is taken from the server, changed by the test.
#[derive(Clone, Default)]
struct Refusing(Arc<Mutex<Option<Refusal>>>);

impl Refusing {
    fn is(&self, methods: &'static [&'static str], status: &'static str) {
        self.at("", methods, status);
    }

    fn at(&self, path: &str, methods: &'static [&'static str], status: &'static str) {
        self.set(Some(Refusal {
            methods,
            path: path.to_owned(),
            body: "",
            status,
        }));
    }

    /// Lists are answered, and no object.
    fn reading(&self, path: &str, status: &'static str) {
        self.set(Some(Refusal {
            methods: &["REPORT", "GET"],
            path: path.to_owned(),
            body: "multiget",
            status,
        }));
    }

    fn ends(&self) {
        self.set(None);
    }

    fn set(&self, refusal: Option<Refusal>) {
        *self.0.lock().expect("nobody panics with it") = refusal;
    }

    fn of(&self, asked: &Asked) -> Option<&'static str> {
        let now = self.0.lock().expect("nobody panics with it");
        let refusal = now.as_ref()?;
        let refused = refusal.methods.contains(&asked.method.as_str())
            && asked.path.contains(&refusal.path)
            && (asked.method == "GET" || asked.body.contains(refusal.body));
        refused.then_some(refusal.status)
    }
}

const FORBIDDEN: &str = "403 Forbidden";
const FAULT: &str = "500 Internal Server Error";
const FULL: &str = "507 Insufficient Storage";
const CONFLICT: &str = "409 Conflict";

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
async fn spoilt() -> (World, Refusing, DavScript) {
    let users = [User::alice(), User::new("bob@example.com")];
    let dav = DavServer::radicale(&users, &radicale::Settings::default()).await;
    let (server, refusing) = (dav.address(), Refusing::default());
    let now = refusing.clone();
    let script = DavScript::start(move |asked| match now.of(asked) {
        Some(status) => reply(status, "", ""),
        None => forward(server, asked),
    })
    .await;
    let url = format!("http://{}", script.address());
    let mail = Backend::start(Kind::Dovecot, &users);
    let mut world = World::around(mail, &users, |settings| settings.dav(&url)).await;
    world.dav = Some(dav);
    (world, refusing, script)
}

#[tokio::test]
async fn s10_s30_what_a_server_refuses_is_said_by_number() {
    let (world, refusing, _script) = spoilt().await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let friends = format!("{}friends/", world.dav().addressbooks(&world.alice));
    other.make_addressbook(&friends, "Friends").await;
    let family = format!("{}family/", world.dav().addressbooks(&world.alice));
    other.make_addressbook(&family, "Family").await;
    for name in ["ada", "eve"] {
        let path = format!("{place}{name}.vcf");
        other.put(&path, &card(name, "A", name)).await;
    }
    let (mut phone, book) = phone_of(&world, ProtocolVersion::V14_1, "NO").await;
    phone.sync_all("Friends").await;
    let ada = phone.object(&book, contacts::LAST_NAME, "ada");
    let eve = phone.object(&book, contacts::LAST_NAME, "eve");

    // Nothing may be moved or written, or there is no room: it stays where it is.
    for status in [FORBIDDEN, FULL] {
        refusing.is(&["MOVE", "PUT"], status);
        let moved = phone
            .move_items(&book, "Friends", std::slice::from_ref(&ada))
            .await;
        assert_eq!(moved.results[0].status, move_items::status::LOCKED);
        assert_eq!(other.list(&place).await.len(), 2, "S10");
        assert!(other.list(&friends).await.is_empty());
    }
    // And into the folder it lies in.
    let same = phone.move_items(&book, &book, std::slice::from_ref(&ada));
    let same = same.await.results[0].status;
    assert_eq!(same, move_items::status::SAME_FOLDER);
    // A server that cannot move: copied, looked at, removed. Nothing goes to two places at once.
    refusing.is(&["MOVE"], "501 Not Implemented");
    let to = ["Friends", "Family"].map(|folder| phone.id(folder));
    let two = phone.move_to_each(&book, &ada, &to).await;
    let statuses: Vec<u16> = two.results.iter().map(|moved| moved.status).collect();
    assert_eq!(
        statuses,
        [move_items::status::OK, move_items::status::FAILED]
    );
    assert!(other.list(&family).await.is_empty());
    assert_eq!(other.list(&place).await.len(), 1, "S10");
    let there = other.objects(&friends).await;
    assert!(there[0].contains("X-KEEP;X-P=1:me"), "S12: {there:?}");
    for folder in [book.as_str(), "Friends"] {
        phone.sync_all(folder).await;
        assert_quiet(&mut phone, folder).await;
    }

    // No room.
    refusing.is(&["PUT"], FULL);
    let full = phone
        .edit_object(&book, &eve, contacts::JOB_TITLE, "Boss")
        .await;
    assert_eq!(status_of(&full), Some(9), "{full:?}");
    let command = object_added("c1", new_card("Grace", "Hopper"));
    let full = phone.do_in(&book, vec![command]).await;
    assert_eq!(status_of(&full), Some(9), "{full:?}");
    refusing.ends();
    phone.sync_all(&book).await;
    assert_eq!(phone.values(&book, contacts::JOB_TITLE), ["Clerk"]);
    assert_quiet(&mut phone, &book).await;
}

/// What a phone is told when the server will not make, rename or delete a collection: by which it puts
/// back what it did, or tries again. Its mail goes on in any case (T60).
#[tokio::test]
async fn s9_s30_t60_what_a_server_refuses_of_collections_is_said_by_number() {
    use folder_create::status as s;
    let (world, refusing, _script) = spoilt().await;
    let other = world.dav_client();
    let home = world.dav().calendars(&world.alice);
    let work = format!("{home}work/");
    other.make_calendar(&work, "Work", &["VEVENT"]).await;
    let path = format!("{work}tea.ics");
    other
        .put(&path, &event("tea", "20300115T100000Z", ""))
        .await;
    let before = other.get(&path).await;
    let make = &["MKCOL", "MKCALENDAR"];
    for version in super::VERSIONS {
        let name = format!("DIRS{}", version.as_str().replace('.', ""));
        let profile = Profile::ios().speaking(version).called(&name);
        let mut phone = world.phone(profile).await;
        let id = phone.id("Work");
        for (status, created, renamed, deleted) in [
            (FORBIDDEN, s::SPECIAL_FOLDER, s::EXISTS, s::SPECIAL_FOLDER),
            (FAULT, s::SERVER_ERROR, s::SERVER_ERROR, s::SERVER_ERROR),
            (
                CONFLICT,
                s::UNKNOWN_ERROR,
                s::UNKNOWN_ERROR,
                s::UNKNOWN_ERROR,
            ),
            (
                "405 Method Not Allowed",
                s::SPECIAL_FOLDER,
                s::EXISTS,
                s::SPECIAL_FOLDER,
            ),
        ] {
            refusing.is(make, status);
            let made = phone.try_create_folder("0", "More", FolderType::UserCalendar);
            let made = made.await.expect("an answer").status;
            assert_eq!(made, created, "{version} {status}");
            refusing.is(&["PROPPATCH"], status);
            let other_name = phone.try_update_folder(&id, "0", "Rest").await;
            let other_name = other_name.expect("an answer").status;
            assert_eq!(other_name, renamed, "{version} {status}");
            refusing.is(&["DELETE"], status);
            let gone = phone.try_delete_folder(&id).await.expect("an answer");
            assert_eq!(gone.status, deleted, "{version} {status}");
            refusing.ends();
            assert_eq!(other.get(&path).await, before, "S9");
            let changes = phone.folder_sync().await.changes.expect("always there");
            let count = changes.adds.len() + changes.updates.len() + changes.deletes.len();
            assert_eq!(count, 0, "{version} {status}: {changes:?}");
        }
        // What is in it cannot be read, so it cannot be kept (S8): it stays.
        refusing.at("/work", &["REPORT", "PROPFIND", "GET"], FAULT);
        let gone = phone.try_delete_folder(&id).await.expect("an answer");
        assert_eq!(gone.status, s::SERVER_ERROR, "{version}");
        refusing.ends();
        assert_eq!(other.get(&path).await, before, "S8");
        // No room: the common status, or what stands for it in HTTP.
        refusing.is(make, FULL);
        let made = phone.try_create_folder("0", "More", FolderType::UserCalendar);
        match made.await {
            Ok(made) => assert_eq!(made.status, common::MAILBOX_QUOTA_EXCEEDED),
            Err(trouble) => assert_eq!(trouble.http(), 507, "{version}"),
        }
        refusing.ends();
        phone.sync_all("INBOX").await;
        assert_eq!(phone.surprises(), [""; 0]);
    }
    // One that is gone already is what was wanted, and nobody's to rename.
    let mut phone = world.phone(Profile::gmail().called("GONE")).await;
    let id = phone.id("Work");
    refusing.is(&["PROPPATCH", "DELETE"], "404 Not Found");
    let renamed = phone.try_update_folder(&id, "0", "Rest").await;
    assert_eq!(renamed.expect("an answer").status, s::NOT_FOUND);
    let gone = phone.try_delete_folder(&id).await.expect("an answer");
    assert_eq!(gone.status, s::OK);
}

/// One of several calendars that a phone sees as one says no, or fails: it keeps what it had, the others
/// go on, and nothing is missed in the end.
#[tokio::test]
async fn t60_s7_a_member_that_refuses_costs_the_others_nothing() {
    let (world, refusing, _script) = spoilt().await;
    let other = world.dav_client();
    let home = world.dav().calendar(&world.alice);
    let work = format!("{}work/", world.dav().calendars(&world.alice));
    other.make_calendar(&work, "Work", &["VEVENT"]).await;
    let put = async |place: &str, name: &str, text: &str| {
        let path = format!("{place}{name}.ics");
        other.put(&path, &event(text, "20300115T100000Z", "")).await;
    };
    put(&home, "dinner", "dinner").await;
    put(&work, "meeting", "meeting").await;
    let profile = Profile::windows_phone().keeps_all().called("ONE");
    let mut phone = world.phone(profile).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    let shown = |phone: &Phone| phone.values(&folder, calendar::SUBJECT);
    assert_eq!(shown(&phone), ["dinner", "meeting"]);
    for (at, status) in [FORBIDDEN, FAULT].into_iter().enumerate() {
        let (tea, review) = (format!("tea{at}"), format!("review{at}"));
        let before = shown(&phone);
        // Nothing of it can be had.
        refusing.at("/work", &["REPORT", "PROPFIND", "GET"], status);
        put(&home, &tea, &tea).await;
        put(&work, &review, &review).await;
        phone.sync_all(&folder).await;
        let mut now = before.clone();
        now.push(tea.clone());
        now.sort();
        assert_eq!(shown(&phone), now, "{status}: S7");
        // What is there is known, and cannot be read.
        refusing.reading("/work", status);
        let (cake, talk) = (format!("cake{at}"), format!("talk{at}"));
        put(&home, &cake, &cake).await;
        put(&work, &talk, &talk).await;
        phone.sync_all(&folder).await;
        now.push(cake);
        now.sort();
        assert_eq!(shown(&phone), now, "{status}");
        assert_quiet(&mut phone, &folder).await;
        // It says yes again.
        refusing.ends();
        phone.sync_all(&folder).await;
        now.extend([review, talk]);
        now.sort();
        assert_eq!(shown(&phone), now, "{status}: S1");
        assert_quiet(&mut phone, &folder).await;
    }
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
