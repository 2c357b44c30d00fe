//! What must not grow with the mailbox: a Sync in which nothing changed, one new message, and the
//! stored view. Three folders of one user, all held by one phone.

use std::time::{Duration, Instant};

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::counting::Counting;
use crate::imap::Bare;
use crate::initial::median;
use crate::phone::{Page, Phone, sync_request};
use crate::process::{commits, cpu};
use crate::support::backend::User;
use crate::support::backend::dovecot::Dovecot;
use crate::support::process::loopback;
use crate::support::server::Server;
use crate::table::{Budget, Table};
use crate::{Scale, mails, rig};

/// The largest window there is: filling the phone is not what is measured here.
const WINDOW: u32 = 512;
const TRUNCATION: u32 = 1000;
/// Turns in which the folders are asked, so that a busy moment meets all of them.
const TURNS: u64 = 6;
/// New messages per folder.
const NEWS: u64 = 40;
const DEVICE: &str = "unchanged";

/// A folder the phone holds.
struct Held {
    name: String,
    size: u64,
    id: String,
    key: String,
}

pub fn measure(scale: Scale, table: &mut Table) {
    let alice = User::alice();
    let dovecot = Dovecot::start(std::slice::from_ref(&alice));
    let maildir = dovecot.maildir(&alice);
    for size in scale.folders {
        mails::fill_small(&maildir, &format!("size-{size}"), size);
    }
    let state = rig::state();
    let mut server = rig::server(dovecot.imap_port, state.path().to_owned(), |s| s);
    let mut phone = Phone::connect(server.address(), &alice, DEVICE, true);
    let ids = phone.folders();
    let start = Instant::now();
    let mut folders: Vec<Held> = Vec::new();
    for size in scale.folders {
        let name = format!("size-{size}");
        let id = ids
            .iter()
            .find(|(known, _)| *known == name)
            .expect("there")
            .1
            .clone();
        let (key, count) = phone.sync_all(&id, WINDOW, TRUNCATION);
        assert_eq!(count as u64, size, "items of {name}");
        folders.push(Held {
            name,
            size,
            id,
            key,
        });
    }
    eprintln!(
        "the phone is filled: {:.0} s",
        start.elapsed().as_secs_f64()
    );

    no_change(scale, table, &server, &mut phone, &folders);
    one_new(table, &server, &dovecot, &alice, &mut phone, &mut folders);
    stored(table, &server, &folders);

    // The same database behind a wire that counts.
    drop(phone);
    server.terminate();
    let wire = Counting::before(loopback(dovecot.imap_port));
    let server = rig::server(wire.port, state.path().to_owned(), |s| s);
    let mut phone = Phone::connect(server.address(), &alice, DEVICE, true);
    let largest = folders.last_mut().expect("three");
    let request = sync_request(&largest.id, &largest.key, WINDOW, TRUNCATION);
    phone.command("Sync", &request);
    let times = 20_u32;
    let (before, writes) = (wire.passed(), commits(&rig::database(&server)));
    for _ in 0..times {
        assert!(phone.command("Sync", &request).is_empty());
    }
    let after = wire.passed();
    let per = |before: u64, after: u64| (after - before) as f64 / f64::from(times);
    let written = f64::from(commits(&rig::database(&server)) - writes) / f64::from(times);
    table.add(
        &format!(
            "backend round trips of a no-change Sync at {} messages",
            largest.size
        ),
        per(before.round_trips, after.round_trips),
        "",
        Budget::AtMost(1.0),
        &format!(
            "{:.0} octets came from the backend, {written:.0} database commits",
            per(before.octets, after.octets)
        ),
    );
    let mut bare = Bare::log_in(loopback(dovecot.imap_port), &alice);
    let mut trips = 0.0;
    let mut octets = 0.0;
    let mut written = 0;
    for n in 0..times {
        bare.append(&largest.name, &mails::small(u64::from(n)));
        let (before, writes) = (wire.passed(), commits(&rig::database(&server)));
        step(&mut phone, largest);
        let after = wire.passed();
        trips += per(before.round_trips, after.round_trips);
        octets += per(before.octets, after.octets);
        written += commits(&rig::database(&server)) - writes;
    }
    table.add(
        &format!(
            "backend round trips for one new message in {}",
            largest.size
        ),
        trips,
        "",
        Budget::None,
        &format!(
            "{octets:.0} octets came from the backend, {:.1} database commits",
            f64::from(written) / f64::from(times)
        ),
    );
}

fn no_change(
    scale: Scale,
    table: &mut Table,
    server: &Server,
    phone: &mut Phone,
    folders: &[Held],
) {
    let requests: Vec<Vec<u8>> = folders
        .iter()
        .map(|held| {
            let body = sync_request(&held.id, &held.key, WINDOW, TRUNCATION);
            phone.request.command("Sync", &body)
        })
        .collect();
    let options = phone.request.options();
    for request in &requests {
        for _ in 0..50 {
            assert!(phone.exchange(request).is_empty(), "nothing is new");
        }
    }
    let database = rig::database(server);
    let writes = commits(&database);
    let turn = (scale.requests / TURNS).max(1);
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); folders.len()];
    let mut own = vec![Duration::ZERO; folders.len()];
    let mut bare_own = Duration::ZERO;
    for _ in 0..TURNS {
        for (at, request) in requests.iter().enumerate() {
            let before = cpu(server.pid());
            for _ in 0..turn {
                let start = Instant::now();
                phone.exchange(request);
                times[at].push(start.elapsed());
            }
            own[at] += cpu(server.pid()).saturating_sub(before);
        }
        let before = cpu(server.pid());
        for _ in 0..turn {
            phone.exchange(&options);
        }
        bare_own += cpu(server.pid()).saturating_sub(before);
    }
    let written = commits(&database) - writes;
    let each = |own: Duration| own.as_secs_f64() * 1e6 / (turn * TURNS) as f64;
    for (at, held) in folders.iter().enumerate() {
        let mut sorted = times[at].clone();
        sorted.sort();
        let p99 = sorted[sorted.len() * 99 / 100];
        table.add(
            &format!("no-change Sync at {} messages, own CPU", held.size),
            each(own[at]),
            "us",
            Budget::AtMost(300.0),
            &format!(
                "latency p50 {:.0} us, p99 {:.0} us over {} requests",
                median(times[at].clone()).as_secs_f64() * 1e6,
                p99.as_secs_f64() * 1e6,
                sorted.len()
            ),
        );
    }
    let (first, last) = (each(own[0]), each(own[own.len() - 1]));
    let latency = |at: usize| median(times[at].clone()).as_secs_f64();
    table.add(
        &format!(
            "no-change Sync, {} messages against {}",
            folders[folders.len() - 1].size,
            folders[0].size
        ),
        last / first,
        "",
        Budget::AtMost(1.2),
        &format!(
            "latency ratio {:.2}; {written} database commits in all these requests",
            latency(folders.len() - 1) / latency(0)
        ),
    );
    table.add(
        "OPTIONS: HTTP, gate and answer without a command, own CPU",
        each(bare_own),
        "us",
        Budget::None,
        "",
    );
}

/// One message arrives in the smallest and the largest folder, in turn.
fn one_new(
    table: &mut Table,
    server: &Server,
    dovecot: &Dovecot,
    user: &User,
    phone: &mut Phone,
    folders: &mut [Held],
) {
    let mut bare = Bare::log_in(loopback(dovecot.imap_port), user);
    let ends = [0, folders.len() - 1];
    let mut own = [Duration::ZERO; 2];
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..NEWS {
        for (place, at) in ends.iter().enumerate() {
            let held = &mut folders[*at];
            bare.append(&held.name, &mails::small(n));
            let before = cpu(server.pid());
            let start = Instant::now();
            step(phone, held);
            times[place].push(start.elapsed());
            own[place] += cpu(server.pid()).saturating_sub(before);
        }
    }
    let each = |place: usize| own[place].as_secs_f64() * 1e6 / NEWS as f64;
    let [few, many] = times.map(|times| median(times).as_secs_f64() * 1e3);
    table.add(
        &format!(
            "one new message: own CPU in {} against {}",
            folders[ends[1]].size, folders[0].size
        ),
        each(1) / each(0),
        "",
        Budget::AtMost(1.2),
        &format!(
            "{:.0} us against {:.0} us; latency with Dovecot's share {many:.1} ms against \
             {few:.1} ms ({:.2})",
            each(1),
            each(0),
            many / few
        ),
    );
}

fn step(phone: &mut Phone, held: &mut Held) {
    let body = sync_request(&held.id, &held.key, WINDOW, TRUNCATION);
    let page = Page::read(phone.command("Sync", &body));
    assert_eq!(page.added, 1, "one new message in {}", held.name);
    held.key = page.key;
}

/// What the database holds of each folder.
fn stored(table: &mut Table, server: &Server, folders: &[Held]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let database = rig::database(server);
    runtime.block_on(async {
        let mut connection: SqliteConnection = SqliteConnectOptions::new()
            .filename(&database)
            .read_only(true)
            .connect()
            .await
            .expect("the database is there");
        for held in folders {
            let row = sqlx::query(
                "SELECT length(current_view), coalesce(length(previous_view), 0), \
                 length(options), length(journal) FROM chains WHERE device_id = $1 AND chain = $2",
            )
            .bind(DEVICE)
            .bind(&held.id)
            .fetch_one(&mut connection)
            .await
            .expect("the phone holds it");
            let sizes: Vec<i64> = (0..4).map(|at| row.get(at)).collect();
            table.add(
                &format!("stored view of {} messages", held.size),
                sizes[0] as f64 / 1024.0,
                "KiB",
                Budget::AtMost(32.0),
                &format!(
                    "the generation before {:.1} KiB, options {} B, journal {} B; {:.2} octets a \
                     message",
                    sizes[1] as f64 / 1024.0,
                    sizes[2],
                    sizes[3],
                    sizes[0] as f64 / held.size as f64
                ),
            );
        }
        let _ = connection.close().await;
    });
}
