//! Strangers with wrong secrets by the thousand (T38, T39): what an honest Sync waits for them, and how the
//! owner of an account comes in that 100,000 of them tried.
//!
//! They come over many connections with a source address each, and each try names another address of a
//! client by way of a trusted proxy: nobody is throttled, so every one costs what a stranger can make it
//! cost. Each waits for its refusal, which takes a tenth of a second. They run on the same cores as the
//! server, at a low priority, as far as that goes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use airgate::gate::passcode::Passcode;
use base64::Engine as _;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::initial::median;
use crate::phone::{Phone, sync_request};
use crate::support::backend::User;
use crate::support::backend::dovecot::Settings;
use crate::support::server::Server;
use crate::support::surfer::Surfer;
use crate::table::{Budget, Table};
use crate::{Scale, mails, rig};

/// Bad logins in a second.
const RATE: u64 = 5_000;
/// Connections they come over: each is good for some nine in a second.
const CONNECTIONS: u64 = 700;
/// Addresses of clients they name.
const ADDRESSES: u64 = 1 << 16;
/// Different passcodes that are tried; with the names they are more than a server remembers.
const GUESSES: u64 = 4_096;
/// Between two honest Syncs.
const APART: Duration = Duration::from_millis(2);
/// Turns of quiet and loud, so that a busy moment of the machine meets both.
const TURNS: usize = 4;
const WINDOW: u32 = 100;
const TRUNCATION: u32 = 1_000;

/// Strangers that go on until they are told to stop.
struct Spray {
    stop: Arc<AtomicBool>,
    refused: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

/// Who is tried.
#[derive(Clone, Copy)]
enum Target {
    /// Names nobody has.
    Many,
    /// This account alone.
    One(&'static str),
}

impl Spray {
    /// `pause` is how long each connection takes for one try at least.
    fn start(server: SocketAddr, target: Target, connections: u64, pause: Duration) -> Self {
        let (stop, refused) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let thread = {
            let (stop, refused) = (Arc::clone(&stop), Arc::clone(&refused));
            std::thread::spawn(move || {
                // In the field they are other machines. Of this thread alone; where it may not be, the
                // figures are the worse for it.
                let _ = rustix::process::setpriority_process(None, 10);
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async {
                    let guesses = Arc::new(guesses());
                    let mut all = JoinSet::new();
                    for number in 0..connections {
                        let stranger = Stranger {
                            number,
                            connections,
                            target,
                            guesses: Arc::clone(&guesses),
                            stop: Arc::clone(&stop),
                            refused: Arc::clone(&refused),
                        };
                        // Not all at once.
                        let begin = pause.mul_f64(number as f64 / connections as f64);
                        all.spawn(stranger.run(server, begin, pause));
                    }
                    while let Some(done) = all.join_next().await {
                        done.expect("a stranger was let in");
                    }
                });
            })
        };
        Self {
            stop,
            refused,
            thread,
        }
    }

    fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn reach(&self, count: u64) {
        while self.refused() < count {
            assert!(!self.thread.is_finished(), "the strangers gave up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("a stranger was let in");
    }
}

/// Passcodes of the right form, which cost a look into the database each.
fn guesses() -> Vec<String> {
    let guess = |_| {
        let passcode = Passcode::generate().expect("random numbers");
        passcode.reveal().expose_secret().to_owned()
    };
    (0..GUESSES).map(guess).collect()
}

struct Stranger {
    number: u64,
    connections: u64,
    target: Target,
    guesses: Arc<Vec<String>>,
    stop: Arc<AtomicBool>,
    refused: Arc<AtomicU64>,
}

impl Stranger {
    async fn run(self, server: SocketAddr, begin: Duration, pause: Duration) {
        tokio::time::sleep(begin).await;
        let mut stream = None;
        let mut turn = 0;
        let mut next = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let mut open = match stream.take() {
                Some(open) => open,
                None => self.connect(server).await,
            };
            let request = self.request(turn);
            turn += 1;
            let mut answer = [0; 2_048];
            let sent = open.write_all(request.as_bytes()).await;
            // A server that closes the connection is asked on another.
            if let (Ok(()), Ok(got @ 1..)) = (sent, open.read(&mut answer).await) {
                let line = String::from_utf8_lossy(&answer[..got.min(12)]);
                assert!(
                    ["HTTP/1.1 401", "HTTP/1.1 503"].contains(&line.as_ref()),
                    "{line}"
                );
                self.refused.fetch_add(1, Ordering::Relaxed);
                stream = Some(open);
            }
            next += pause;
            tokio::time::sleep_until(next.into()).await;
        }
    }

    /// From a source address of its own, since the front counts connections by it.
    async fn connect(&self, server: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        let source = 0x7f40_0001 + u32::try_from(self.number).unwrap_or_default();
        let source = SocketAddr::from((Ipv4Addr::from_bits(source), 0));
        socket.bind(source).expect("all of 127.0.0.0/8 is ours");
        let stream = socket.connect(server).await.expect("the server listens");
        stream.set_nodelay(true).expect("a TCP stream");
        stream
    }

    fn request(&self, turn: u64) -> String {
        let number = turn * self.connections + self.number;
        let address = 0x0b00_0000 + u32::try_from(number % ADDRESSES).unwrap_or_default();
        let address = Ipv4Addr::from_bits(address);
        let which = usize::try_from(number % GUESSES).unwrap_or_default();
        let guess = &self.guesses[which];
        let user = match self.target {
            Target::Many => format!("nobody{number}@example.com"),
            Target::One(user) => user.to_owned(),
        };
        // Another device each time, or the same guess would not count again.
        let login = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{guess}"));
        format!(
            "POST /Microsoft-Server-ActiveSync?Cmd=FolderSync&User={user}&DeviceId=S{number}\
             &DeviceType=iPhone HTTP/1.1\r\nHost: x\r\nMS-ASProtocolVersion: 14.1\r\n\
             X-Forwarded-For: {address}\r\nAuthorization: Basic {login}\r\n\
             Content-Length: 0\r\n\r\n"
        )
    }
}

pub fn measure(scale: Scale, table: &mut Table) {
    let alice = User::alice();
    let users = std::slice::from_ref(&alice);
    let dovecot = Settings::new(users).extra(rig::MANY_USERS).start();
    mails::fill_small(&dovecot.maildir(&alice), "honest", scale.folders[0]);
    let state = rig::state();
    let server = rig::server(dovecot.imap_port, state.path().to_owned(), |settings| {
        settings
            .only_passcodes()
            .toml("trusted_proxies = [\"127.64.0.0/10\"]\n[limits]\nhandshakes_per_address = 10000")
    });
    let passcode = server.passcode(&alice, &[]);
    let owner = User {
        password: passcode.code,
        ..alice.clone()
    };
    let mut phone = Phone::connect(server.address(), &owner, "honest", true);
    let request = held(&mut phone);
    honest_syncs(scale, table, &server, &mut phone, &request);
    the_owner(scale, table, &server, &alice, &mut phone, &request);
}

/// The Sync of a folder the phone holds, in which nothing is new.
fn held(phone: &mut Phone) -> Vec<u8> {
    let folders = phone.folders();
    let (_, id) = folders
        .iter()
        .find(|(name, _)| name == "honest")
        .expect("the folder")
        .clone();
    let (key, _) = phone.sync_all(&id, WINDOW, TRUNCATION);
    let body = sync_request(&id, &key, WINDOW, TRUNCATION);
    phone.request.command("Sync", &body)
}

fn syncs(phone: &mut Phone, request: &[u8], count: u64, times: &mut Vec<Duration>) {
    for _ in 0..count {
        let start = Instant::now();
        assert!(phone.exchange(request).is_empty(), "nothing is new");
        times.push(start.elapsed());
        std::thread::sleep(APART);
    }
}

fn p99(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}

/// Quiet and loud in turns.
fn honest_syncs(
    scale: Scale,
    table: &mut Table,
    server: &Server,
    phone: &mut Phone,
    request: &[u8],
) {
    let (connections, count) = match scale.smoke {
        true => (60, 30),
        false => (CONNECTIONS, 1_000),
    };
    // A little faster than asked for, since timers are late.
    let pause = Duration::from_secs_f64(connections as f64 / (RATE as f64 * 1.02));
    let pause = pause.max(Duration::from_millis(110));
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    let (mut refused, mut lasted) = (0, Duration::ZERO);
    syncs(phone, request, 50, &mut Vec::new());
    for _ in 0..TURNS {
        syncs(phone, request, count, &mut quiet);
        let spray = Spray::start(server.address(), Target::Many, connections, pause);
        // Until all have come in for the second time.
        spray.reach(2 * connections);
        let (before, start) = (spray.refused(), Instant::now());
        syncs(phone, request, count, &mut loud);
        refused += spray.refused() - before;
        lasted += start.elapsed();
        spray.end();
        // What they left behind is written down.
        std::thread::sleep(Duration::from_secs(if scale.smoke { 0 } else { 4 }));
    }
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let medians = (millis(median(quiet.clone())), millis(median(loud.clone())));
    let (quiet, loud) = (millis(p99(&mut quiet)), millis(p99(&mut loud)));
    table.add(
        "bad logins in a second, over many connections and addresses",
        refused as f64 / lasted.as_secs_f64(),
        "a second",
        Budget::AtLeast(RATE as f64),
        &format!(
            "{connections} connections, each refusal after 100 ms, a look into the database each"
        ),
    );
    table.add(
        "Sync p99 meanwhile, against Sync p99 in quiet",
        loud / quiet,
        "times",
        Budget::AtMost(1.10),
        &format!(
            "p99 {loud:.2} ms against {quiet:.2} ms, p50 {:.2} ms against {:.2} ms; strangers on the \
             same cores",
            medians.1, medians.0
        ),
    );
}

/// How the owner comes in: his phone, a phone that was never in, his browser.
struct Owner {
    warm: Duration,
    cold: Duration,
    portal: Duration,
}

fn comes_in(
    server: &Server,
    alice: &User,
    known: &mut Surfer,
    phone: &mut Phone,
    request: &[u8],
    device: &str,
) -> Owner {
    let mut times = Vec::new();
    syncs(phone, request, 50, &mut times);
    let passcode = server.passcode(alice, &[]);
    let fresh = User {
        password: passcode.code,
        ..alice.clone()
    };
    let mut other = Phone::connect(server.address(), &fresh, device, true);
    let options = other.request.options();
    let start = Instant::now();
    other.exchange(&options);
    let cold = start.elapsed();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let portal = runtime.block_on(async {
        known.open("/account/sign-in").await;
        let start = Instant::now();
        let fields = [
            ("user", alice.name.as_str()),
            ("password", alice.password.as_str()),
            ("to", ""),
        ];
        known.send("/account/sign-in", &fields).await;
        let took = start.elapsed();
        assert_eq!(known.at, "/account", "{}", known.page);
        known.send("/account/sign-out", &[]).await;
        took
    });
    Owner {
        warm: median(times),
        cold,
        portal,
    }
}

fn the_owner(
    scale: Scale,
    table: &mut Table,
    server: &Server,
    alice: &User,
    phone: &mut Phone,
    request: &[u8],
) {
    let (connections, failures) = match scale.smoke {
        true => (60, 300),
        false => (CONNECTIONS, 100_000),
    };
    let mut known = Surfer::new(server.address());
    let before = comes_in(server, alice, &mut known, phone, request, "BEFORE");
    let start = Instant::now();
    // As fast as refusals come.
    let target = Target::One("alice@example.com");
    let spray = Spray::start(server.address(), target, connections, Duration::ZERO);
    spray.reach(failures);
    let took = start.elapsed();
    let during = comes_in(server, alice, &mut known, phone, request, "DURING");
    spray.end();
    let after = comes_in(server, alice, &mut known, phone, request, "AFTER");
    let row = |time: fn(&Owner) -> Duration| {
        let millis = |owner: &Owner| time(owner).as_secs_f64() * 1e3;
        (
            millis(&after),
            format!(
                "{:.2} ms before, {:.2} ms while they go on; {failures} in {:.0} s",
                millis(&before),
                millis(&during),
                took.as_secs_f64()
            ),
        )
    };
    for (what, time) in [
        (
            "the owner's Sync after 100,000 failures against his account",
            (|owner: &Owner| owner.warm) as fn(&Owner) -> Duration,
        ),
        (
            "the same: a passcode that was never used, from OPTIONS to its answer",
            |owner: &Owner| owner.cold,
        ),
        (
            "the same: sign-in at the portal in a known browser",
            |owner: &Owner| owner.portal,
        ),
    ] {
        let (value, beside) = row(time);
        table.add(what, value, "ms", Budget::None, &beside);
    }
}
