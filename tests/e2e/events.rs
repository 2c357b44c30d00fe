//! Events between phones and DAV servers: what is an event's own. The engine's stories are in
//! `objects.rs`, meetings in `meetings.rs`.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::calendar::Event;
use airgate_codec::eas::email::{Attachment, AttachmentAdd, AttachmentChange};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::item_operations::{
    Fetch, FetchOptions, Outcome, Properties, Store, status,
};
use airgate_codec::eas::sync::{self, ItemData, ItemResponse};
use airgate_codec::eas::{Moment, Range, Raw, ping};
use airgate_codec::wbxml::{air_sync_base, calendar};

use crate::support::backend::dav::DavKind;
use crate::support::phone::{self, Phone, Profile, object_added, object_changed};
use crate::support::world::World;

fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

async fn phone_of(world: &World, version: ProtocolVersion, id: &str) -> (Phone, String) {
    let profile = Profile::ios().speaking(version).called(id);
    let mut phone = world.phone(profile).await;
    let folder = phone.folder(FolderType::Calendar);
    phone.sync_all(&folder).await;
    (phone, folder)
}

fn adding(name: &str, content: &[u8]) -> Event {
    Event {
        attachment_changes: vec![AttachmentChange::Add(AttachmentAdd {
            client_id: format!("file {name}"),
            method: 1,
            content: content.to_vec(),
            display_name: name.to_owned(),
            ..AttachmentAdd::default()
        })],
        ..Event::default()
    }
}

fn deleting(file: &Attachment) -> Event {
    Event {
        attachment_changes: vec![AttachmentChange::Delete {
            file_reference: file.file_reference.clone(),
        }],
        ..Event::default()
    }
}

/// The files that an answer names.
fn answered(response: &sync::Response) -> Vec<Attachment> {
    let responses = response.collections.iter().flat_map(|c| &c.responses);
    let mut files = Vec::new();
    for response in responses {
        let (ItemResponse::Add { status, data, .. } | ItemResponse::Change { status, data, .. }) =
            response
        else {
            panic!("{response:?}")
        };
        assert_eq!(*status, 1);
        if let Some(ItemData::Other(raw)) = data {
            files.extend(Event::from_raw(raw).expect("an event").attachments);
        }
    }
    files
}

/// The files a phone shows at its only event, as it was told of them.
fn shown(phone: &Phone, folder: &str) -> Vec<Attachment> {
    let objects = phone.objects(folder);
    let event = objects.values().next().expect("an event");
    let raw = phone::raw(event);
    Event::from_raw(&raw).expect("an event").attachments
}

fn fetching(reference: &str, range: Option<Range>) -> Fetch {
    Fetch {
        store: Some(Store::Mailbox),
        file_reference: Some(reference.to_owned()),
        options: FetchOptions {
            range: range.map(Ok),
            ..FetchOptions::default()
        },
        ..Fetch::default()
    }
}

/// The statuses of fetches.
async fn statuses(phone: &mut Phone, references: &[&str]) -> Vec<u16> {
    let fetches = references.iter().map(|name| fetching(name, None)).collect();
    let (response, _) = phone.item_operations(fetches, false).await;
    let outcomes = response.outcomes.iter();
    outcomes
        .map(|outcome| match outcome {
            Outcome::Fetch { head, .. } => head.status,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// What the server keeps beside the event.
const KEPT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\nBEGIN:VTODO\r\nUID:kept\r\n\
    DTSTAMP:20260101T000000Z\r\nSUMMARY:Kept by the server\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

async fn files_on(kind: DavKind) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = world.dav().calendar(&world.alice);
    let (mut phone, folder) = phone_of(&world, ProtocolVersion::V16_1, "NEW").await;
    let (mut older, _) = phone_of(&world, ProtocolVersion::V14_1, "OLD").await;

    // A new event with a file in it: the answer says what the file is called.
    let octets: Vec<u8> = (0..=255).cycle().take(300_001).collect();
    let event = Event {
        subject: Some("With a file".into()),
        start: Some(at("20260302T080000Z")),
        end: Some(at("20260302T090000Z")),
        ..adding("plan.pdf", &octets)
    };
    let add = object_added("1", event.to_raw(ProtocolVersion::V16_1));
    let answer = answered(&phone.do_in(&folder, vec![add]).await);
    assert_eq!(answer[0].client_id.as_deref(), Some("file plan.pdf"));
    assert_eq!(answer[0].estimated_size, 300_001);
    let reference = answer[0].file_reference.clone();

    // Byte by byte, inline, as a part and in pieces.
    for multipart in [false, true] {
        assert_eq!(phone.fetch_attachment(&reference, multipart).await, octets);
    }
    let piece = Range {
        first: 300_000,
        last: 400_000,
    };
    let fetches = vec![fetching(&reference, Some(piece))];
    let (response, _) = phone.item_operations(fetches, false).await;
    let Some(Outcome::Fetch {
        properties: Some(Properties::Attachment(attachment)),
        ..
    }) = response.outcomes.first()
    else {
        panic!("{response:?}")
    };
    assert_eq!(attachment.total, Some(300_001));
    assert_eq!(attachment.range.map(|range| range.last), Some(300_000));
    let beyond = Range {
        first: 300_001,
        last: 300_002,
    };
    let fetches = vec![fetching(&reference, Some(beyond))];
    let (response, _) = phone.item_operations(fetches, false).await;
    assert!(matches!(
        response.outcomes.first(),
        Some(Outcome::Fetch { head, .. }) if head.status == status::INVALID_RANGE
    ));

    // An older phone sees none, and its edit leaves the file alone.
    older.sync_all(&folder).await;
    let id = older.object(&folder, calendar::SUBJECT, "With a file");
    let objects = older.objects(&folder);
    assert_eq!(phone::text(&objects[&id], air_sync_base::DISPLAY_NAME), "");
    assert!(!objects[&id].contains_key(&(
        air_sync_base::ATTACHMENTS.page,
        air_sync_base::ATTACHMENTS.token
    )));
    older
        .edit_object(&folder, &id, calendar::SUBJECT, "Still with it")
        .await;

    // Others' clients have it under its name, and add some of their own: one that the server keeps,
    // and one that is said to be elsewhere.
    let [object] = &other.objects(&place).await[..] else {
        panic!("not one object")
    };
    let flat = object.replace("\r\n ", "").replace("\n ", "");
    assert!(
        flat.contains("plan.pdf") && flat.contains("Still with it"),
        "{flat}"
    );
    let href = other.list(&place).await.remove(0);
    let start = "BEGIN:VEVENT";
    let page = "ATTACH;FILENAME=Minutes:https://docs.example.com/minutes";
    if kind == DavKind::Cyrus {
        let object = object.replacen(start, &format!("{start}\r\n{page}"), 1);
        other.put(&href, &object).await;
        let asked = format!("{href}?action=attachment-add");
        let headers = [
            ("Content-Type", "text/plain"),
            ("Content-Disposition", "attachment; filename=kept.txt"),
        ];
        let reply = other.request("POST", &asked, &headers, KEPT).await;
        assert!(reply.status < 300, "{reply:?}");
    } else {
        // A server that keeps what it is told to: one file is another object of it, one is elsewhere.
        let origin = format!("http://127.0.0.1:{}", world.dav().port());
        let kept = format!("{}kept.ics", world.dav().tasks(&world.alice));
        other.put(&kept, KEPT).await;
        let more = format!(
            "{start}\r\n{page}\r\nATTACH;MANAGED-ID=1;FILENAME=kept.txt:{origin}{kept}\r\n\
             ATTACH;MANAGED-ID=2;FILENAME=evil.bin:http://127.0.0.1:1/evil.bin"
        );
        other.put(&href, &object.replacen(start, &more, 1)).await;
    }
    phone.sync_all(&folder).await;
    let files = shown(&phone, &folder);
    let mut names: Vec<&str> = files
        .iter()
        .map(|file| file.display_name.as_str())
        .collect();
    names.sort_unstable();
    names.retain(|name| *name != "evil.bin");
    assert_eq!(names, ["Minutes.html", "kept.txt", "plan.pdf"]);
    let named = |name: &str| {
        let found = files.iter().find(|file| file.display_name == name);
        found.expect("a file").file_reference.clone()
    };
    assert_eq!(named("plan.pdf"), reference, "a name is for good");
    let kept = phone.fetch_attachment(&named("kept.txt"), false).await;
    assert!(String::from_utf8_lossy(&kept).contains("SUMMARY:Kept by the server"));
    let page = phone.fetch_attachment(&named("Minutes.html"), false).await;
    assert!(String::from_utf8_lossy(&page).contains("https://docs.example.com/minutes"));

    // T13, T34: nothing else can be had.
    let number = reference.rsplit_once(':').expect("ours").0;
    let unknown = format!("{number}:a0123456789abcdef");
    let far = unknown.replacen(
        number,
        &format!("{}:999", number.rsplit_once(':').unwrap().0),
        1,
    );
    let got = statuses(&mut phone, &[&unknown, &far]).await;
    assert_eq!(got, [status::INVALID_ATTACHMENT; 2]);
    if kind != DavKind::Cyrus {
        let got = statuses(&mut phone, &[&named("evil.bin")]).await;
        assert_eq!(got, [status::INVALID_ATTACHMENT]);
    }

    // One more from the phone, and the first away.
    let id = phone.object(&folder, calendar::SUBJECT, "Still with it");
    let add = adding("two.txt", b"two").to_raw(ProtocolVersion::V16_1);
    let answer = answered(&phone.do_in(&folder, vec![object_changed(&id, add)]).await);
    assert_eq!(answer.len(), 1);
    assert_eq!(
        phone
            .fetch_attachment(&answer[0].file_reference, false)
            .await,
        b"two"
    );
    let gone = deleting(
        files
            .iter()
            .find(|file| file.file_reference == reference)
            .unwrap(),
    );
    let gone: Raw = gone.to_raw(ProtocolVersion::V16_1);
    phone.do_in(&folder, vec![object_changed(&id, gone)]).await;
    let flat = other
        .objects(&place)
        .await
        .concat()
        .replace("\r\n ", "")
        .replace("\n ", "");
    assert!(
        !flat.contains("plan.pdf") && flat.contains("two.txt"),
        "{flat}"
    );
    assert!(flat.contains("docs.example.com/minutes"), "{flat}");
    let got = statuses(&mut phone, &[&reference]).await;
    assert_eq!(got, [status::INVALID_ATTACHMENT]);
    assert_eq!(phone.surprises(), [] as [String; 0]);
    assert_eq!(older.surprises(), [] as [String; 0]);
}

#[tokio::test]
async fn files_of_events_come_and_go_on_radicale() {
    files_on(DavKind::Radicale).await;
}

#[tokio::test]
async fn files_of_events_come_and_go_on_cyrus() {
    files_on(DavKind::Cyrus).await;
}

/// A series EAS has no words for shows its next occurrence. When that is over every phone is told of the
/// one after it, once, although nothing changed at the server.
#[tokio::test]
async fn what_is_over_gives_way_to_the_next_occurrence_once() {
    let world = World::with_dav(DavKind::Radicale).await;
    let place = world.dav().calendar(&world.alice);
    let over = jiff::Timestamp::now() + jiff::Span::new().seconds(4);
    let stamp = |at: jiff::Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let today = over - jiff::Span::new().seconds(600);
    let begins = stamp(today - jiff::Span::new().hours(60));
    let next = stamp(today + jiff::Span::new().hours(30));
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:often\r\n\
         DTSTAMP:20260101T000000Z\r\nSUMMARY:Often\r\nDTSTART:{begins}\r\nDURATION:PT600S\r\n\
         RRULE:FREQ=HOURLY;INTERVAL=30\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    world
        .dav_client()
        .put(&format!("{place}often.ics"), &text)
        .await;
    let mut phones = Vec::new();
    for version in [
        ProtocolVersion::V12_1,
        ProtocolVersion::V14_1,
        ProtocolVersion::V16_1,
    ] {
        let id = format!("OFTEN{}", version.query_byte());
        phones.push(phone_of(&world, version, &id).await);
    }
    for (phone, folder) in &mut phones {
        assert_eq!(phone.values(folder, calendar::START_TIME), [stamp(today)]);
    }
    let (first, folder) = &mut phones[0];
    let started = std::time::Instant::now();
    while first.values(folder, calendar::START_TIME) != [next.clone()] {
        assert!(started.elapsed().as_secs() < 10, "it never moves on");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        first.sync(folder).await;
    }
    for (phone, folder) in &mut phones[1..] {
        let count = phone.estimate(folder).await.estimates[0].count;
        assert_eq!(count, Some(1));
        let news = phone.ping(&[folder.as_str()], 60).await;
        assert_eq!(news.status, ping::status::CHANGES, "{news:?}");
        phone.sync_all(folder).await;
        assert_eq!(phone.values(folder, calendar::START_TIME), [next.clone()]);
    }
    for (phone, folder) in &mut phones {
        let key = phone.memory.key(&phone.id(folder));
        phone.sync(folder).await;
        assert_eq!(phone.memory.key(&phone.id(folder)), key, "told once");
        let count = phone.estimate(folder).await.estimates[0].count;
        assert_eq!(count, Some(0));
        assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
    }
    // What a phone writes says when it did.
    let (phone, folder) = &mut phones[1];
    let id = phone.object(folder, calendar::SUBJECT, "Often");
    phone
        .edit_object(folder, &id, calendar::SUBJECT, "Very often")
        .await;
    let text = world.dav_client().get(&format!("{place}often.ics")).await;
    let text = text.expect("still there");
    assert!(text.contains("SUMMARY:Very often"), "{text}");
    let day = &stamp(jiff::Timestamp::now())[..7];
    assert!(text.contains(&format!("LAST-MODIFIED:{day}")), "{text}");
}

/// What a phone of each filter is shown, by reading each object or by asking the server: a series is there
/// as long as any occurrence is, wherever it was moved to.
async fn windows_on(kind: DavKind) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = world.dav().calendar(&world.alice);
    let now = jiff::Timestamp::now();
    let stamp = |days: i64| {
        let at = now - jiff::Span::new().hours(days * 24);
        at.strftime("%Y%m%dT%H%M%SZ").to_string()
    };
    let put = async |name: &str, lines: &str| {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{name}\r\n\
             DTSTAMP:20260101T000000Z\r\nSUMMARY:{name}\r\n{lines}\r\nDURATION:PT1H\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        other.put(&format!("{place}{name}.ics"), &text).await;
    };
    for age in [-30, 10, 20, 60, 120, 400] {
        let name = format!("single{age:+}");
        put(&name, &format!("DTSTART:{}", stamp(age))).await;
    }
    let endless = format!("DTSTART:{}\r\nRRULE:FREQ=YEARLY", stamp(800));
    put("endless", &endless).await;
    // Its last occurrence was 20 days ago, and was moved: in, out.
    for (name, to) in [("moved-in", 10), ("moved-out", 380)] {
        let series = format!("DTSTART:{}\r\nRRULE:FREQ=WEEKLY;COUNT=9", stamp(20 + 8 * 7));
        let moved = format!(
            "{series}\r\nDURATION:PT1H\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:{name}\r\n\
             DTSTAMP:20260101T000000Z\r\nSUMMARY:{name}\r\nRECURRENCE-ID:{}\r\nDTSTART:{}",
            stamp(20),
            stamp(to)
        );
        put(name, &moved).await;
    }
    let shown = |filter: u8| -> Vec<&str> {
        let mut all = vec!["endless", "single-30"];
        let ages = [
            (4, &["moved-in", "single+10"][..]),
            (5, &["moved-out", "single+20"]),
            (6, &["single+60"]),
            (7, &["single+120"]),
            (8, &["single+400"]),
        ];
        let from = if filter == 0 { 8 } else { filter };
        for (first, names) in ages {
            if first <= from {
                all.extend(names);
            }
        }
        all.sort_unstable();
        all
    };
    for round in ["few", "many"] {
        for filter in [0, 4, 5, 6, 7] {
            let profile = Profile::ios().speaking(ProtocolVersion::V14_1);
            let id = format!("{}{filter}", round.to_uppercase());
            let mut phone = world.phone(profile.filter(filter).called(&id)).await;
            let folder = phone.folder(FolderType::Calendar);
            phone.sync_all(&folder).await;
            let mut there = phone.values(&folder, calendar::SUBJECT);
            there.retain(|name| !name.starts_with("old"));
            there.sort_unstable();
            assert_eq!(there, shown(filter), "{round}, {filter}");
            assert!(phone.surprises().is_empty(), "{:?}", phone.surprises());
        }
        // With more news than are read one by one the server is asked.
        for number in 0..12 {
            put(
                &format!("old-{round}{number}"),
                &format!("DTSTART:{}", stamp(900)),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn each_filter_shows_a_series_as_long_as_any_occurrence_is_inside_on_radicale() {
    windows_on(DavKind::Radicale).await;
}

#[tokio::test]
async fn each_filter_shows_a_series_as_long_as_any_occurrence_is_inside_on_cyrus() {
    windows_on(DavKind::Cyrus).await;
}
