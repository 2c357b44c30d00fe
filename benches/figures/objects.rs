//! Calendars and address books: the initial Sync of events and contacts beside a bare DAV download of
//! the same, a Sync of four collections in which nothing changed, and what an address book with photos
//! takes.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use airgate::backend::Login;
use airgate::backend::dav::{Data, Dav, DavSettings, Href, Origin, Start};
use airgate::backend::tls::{Trust, client_config};
use airgate::identity::UserId;
use airgate_codec::ProtocolVersion;
use airgate_codec::eas::sync::{Collection, Request};
use base64::Engine as _;
use tokio::runtime::Runtime;

use crate::counting::Counting;
use crate::initial::median;
use crate::phone::Phone;
use crate::process::{commits, cpu, forget_peak, memory};
use crate::support::backend::User;
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::backend::dovecot::Dovecot;
use crate::table::{Budget, Table};
use crate::{Scale, rig};

const WINDOW: u32 = 100;
const TRUNCATION: u32 = 1000;
/// Octets of a photo.
const PHOTO: usize = 2_000;
/// Syncs in which nothing changed.
const TURNS: u32 = 200;
const CONTENT: [(&str, &str); 2] = [
    ("Content-Type", "text/calendar"),
    ("Content-Type", "text/vcard"),
];

pub fn measure(scale: Scale, table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let alice = User::alice();
    let dovecot = Dovecot::start(std::slice::from_ref(&alice));
    let users = std::slice::from_ref(&alice);
    let dav = runtime.block_on(DavServer::start(DavKind::Radicale, users, None));
    let (events, cards) = (dav.calendar(&alice), dav.contacts(&alice));
    let client = dav.client(&alice);
    runtime.block_on(async {
        let all = calendar(scale.objects);
        client.request("PUT", &events, &CONTENT[..1], &all).await;
        let all = book(scale.objects, 0);
        client.request("PUT", &cards, &CONTENT[1..], &all).await;
    });
    let state = rig::state();
    let wire = Counting::before(dav.address());
    let url = format!("http://127.0.0.1:{}/", wire.port);
    let server = rig::server(dovecot.imap_port, state.path().to_owned(), |s| s.dav(&url));
    let mut phone = Phone::connect(server.address(), &alice, "objects", false);
    let folders = phone.folders();
    let mut keys = Vec::new();
    for (name, kind, path, data) in [
        ("a calendar", "c", &events, Data::ICalendar),
        ("an address book", "a", &cards, Data::VCard),
    ] {
        let bare = runtime.block_on(download(&dav, &alice, path, data, scale.objects));
        let own = cpu(server.pid());
        let start = Instant::now();
        let (key, count) = phone.sync_all(&first(&folders, kind), WINDOW, TRUNCATION);
        let time = start.elapsed();
        let own = cpu(server.pid()).saturating_sub(own);
        assert_eq!(count as u64, scale.objects, "{name}");
        let rate = |time: Duration| scale.objects as f64 / time.as_secs_f64();
        table.add(
            &format!("Initial Sync of {} objects of {name}", scale.objects),
            rate(time),
            "items/s",
            Budget::None,
            &format!(
                "bare DAV download {:.0}/s ({:.0} %); {:.0} us own CPU an item",
                rate(bare),
                100.0 * rate(time) / rate(bare),
                own.as_secs_f64() * 1e6 / scale.objects as f64
            ),
        );
        keys.push((first(&folders, kind), key));
    }
    unchanged(
        &runtime, table, &dav, &alice, &server, &wire, &mut phone, keys,
    );
    drop(phone);
    with_photos(&runtime, scale, table, &dav, &alice, &server);
}

/// Four collections of one home, nothing new.
#[allow(clippy::too_many_arguments, reason = "one figure, told in one place")]
fn unchanged(
    runtime: &Runtime,
    table: &mut Table,
    dav: &DavServer,
    alice: &User,
    server: &crate::support::server::Server,
    wire: &Counting,
    phone: &mut Phone,
    mut keys: Vec<(String, String)>,
) {
    let client = dav.client(alice);
    let home = dav.calendars(alice);
    runtime.block_on(async {
        client
            .make_calendar(&format!("{home}second/"), "Second", &["VEVENT"])
            .await;
        client
            .make_addressbook(&format!("{home}friends/"), "Friends")
            .await;
    });
    for (name, id) in phone.folders() {
        if name == "Second" || name == "Friends" {
            let (key, _) = phone.sync_all(&id, WINDOW, TRUNCATION);
            keys.push((id, key));
        }
    }
    assert_eq!(keys.len(), 4, "four collections");
    let collection = |(id, key): &(String, String)| Collection {
        sync_key: Some(key.clone()),
        collection_id: id.clone(),
        get_changes: Some(true),
        ..Collection::default()
    };
    let request = Request {
        collections: Some(keys.iter().map(collection).collect()),
        ..Request::default()
    };
    let request = request.write(ProtocolVersion::V14_1);
    for _ in 0..5 {
        assert!(phone.command("Sync", &request).is_empty(), "nothing is new");
    }
    let database = rig::database(server);
    let (trips, writes, before) = (wire.passed(), commits(&database), cpu(server.pid()));
    let mut times = Vec::new();
    for _ in 0..TURNS {
        let start = Instant::now();
        assert!(phone.command("Sync", &request).is_empty());
        times.push(start.elapsed());
    }
    let own = cpu(server.pid()).saturating_sub(before);
    let trips = wire.passed().round_trips - trips.round_trips;
    table.add(
        "backend requests of a no-change Sync of four collections of one home",
        trips as f64 / f64::from(TURNS),
        "",
        Budget::AtMost(1.0),
        &format!(
            "{} database commits in {TURNS} Syncs",
            commits(&database) - writes
        ),
    );
    table.add(
        "the same, own CPU",
        own.as_secs_f64() * 1e6 / f64::from(TURNS),
        "us",
        Budget::None,
        &format!("latency p50 {:.1} ms", median(times).as_secs_f64() * 1e3),
    );
}

fn with_photos(
    runtime: &Runtime,
    scale: Scale,
    table: &mut Table,
    dav: &DavServer,
    alice: &User,
    server: &crate::support::server::Server,
) {
    let client = dav.client(alice);
    let cards = dav.contacts(alice);
    runtime.block_on(client.request("PUT", &cards, &CONTENT[1..], &book(scale.cards, PHOTO)));
    let mut phone = Phone::connect(server.address(), alice, "photos", false);
    let id = first(&phone.folders(), "a");
    forget_peak(server.pid());
    let before = memory(server.pid(), "VmRSS");
    let start = Instant::now();
    let (_, count) = phone.sync_all(&id, WINDOW, TRUNCATION);
    assert_eq!(count as u64, scale.cards);
    let peak = memory(server.pid(), "VmHWM").saturating_sub(before);
    table.add(
        &format!(
            "memory above idle while {} cards with photos are synchronised",
            scale.cards
        ),
        peak as f64 / 1024.0 / 1024.0,
        "MiB",
        Budget::None,
        &format!(
            "{:.0} cards/s",
            scale.cards as f64 / start.elapsed().as_secs_f64()
        ),
    );
}

/// The first collection of a kind, by the letter its ServerId begins with: what it is called is the
/// server's choice.
fn first(folders: &[(String, String)], kind: &str) -> String {
    let found = folders.iter().find(|(_, id)| id.starts_with(kind));
    found
        .unwrap_or_else(|| panic!("no {kind} in {folders:?}"))
        .1
        .clone()
}

/// A bare client reads the same: names and ETags, then everything in batches.
async fn download(dav: &DavServer, user: &User, path: &str, data: Data, count: u64) -> Duration {
    let tls = client_config(&Trust::System).expect("a configuration");
    let address = dav.address();
    let origin = Origin {
        tls: false,
        host: address.ip().to_string(),
        port: address.port(),
    };
    let mut settings = DavSettings::new(origin, tls);
    let begin: Start = std::sync::Arc::new(|_| "/".to_owned());
    match data {
        Data::ICalendar => settings.calendars = Some(begin),
        Data::VCard => settings.contacts = Some(begin),
    }
    let client = Dav::new(settings);
    let login = Login {
        user: UserId::parse(&user.name, None).expect("a name"),
        name: user.name.clone(),
        acts_for: None,
        secret: user.password.clone().into(),
        version: 1,
    };
    let href = Href::path(path).expect("a path");
    let start = Instant::now();
    let all = client
        .changes(&login, &href, None)
        .await
        .expect("a listing");
    let hrefs: Vec<Href> = all.changed.into_iter().map(|(href, _)| href).collect();
    let got = client
        .multiget(&login, &href, data, &hrefs)
        .await
        .expect("all");
    let read = got.iter().filter(|got| got.result.is_ok()).count();
    assert_eq!(read as u64, count);
    start.elapsed()
}

fn calendar(count: u64) -> String {
    let mut all = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n");
    for n in 0..count {
        let (month, day, hour) = (n / 28 % 12 + 1, n % 28 + 1, n % 24);
        let _ = write!(
            all,
            "BEGIN:VEVENT\r\nUID:event-{n}\r\nDTSTAMP:20260101T000000Z\r\n\
             DTSTART:2027{month:02}{day:02}T{hour:02}0000Z\r\nDURATION:PT1H\r\n\
             SUMMARY:Meeting {n}\r\nLOCATION:Room {}\r\nDESCRIPTION:What there is to say of it\r\n\
             BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:now\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n\
             END:VEVENT\r\n",
            n % 17
        );
    }
    all.push_str("END:VCALENDAR\r\n");
    all
}

fn book(count: u64, photo: usize) -> String {
    let photo = (photo > 0).then(|| {
        let octets: Vec<u8> = (0..photo).map(|n| (n * 31 % 251) as u8).collect();
        let text = base64::engine::general_purpose::STANDARD.encode(octets);
        format!("PHOTO;ENCODING=b;TYPE=JPEG:{text}\r\n")
    });
    let mut all = String::new();
    for n in 0..count {
        let _ = write!(
            all,
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card-{n}\r\nFN:Ada Number{n}\r\nN:Number{n};Ada;;;\r\n\
             EMAIL;TYPE=WORK:ada{n}@example.com\r\nTEL;TYPE=CELL:+49 30 {n:06}\r\n\
             ADR;TYPE=HOME:;;Street {n};Berlin;;10115;Germany\r\n{}END:VCARD\r\n",
            photo.as_deref().unwrap_or_default()
        );
    }
    all
}
