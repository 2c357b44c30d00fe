//! Strangers with many wrong secrets from many addresses, against the built server: nobody else waits
//! for them (T38), and nobody is kept out by them (T39). How many a second a release build bears is
//! measured in benches/figures; here a debug build shares two cores with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use airgate::gate::passcode::Passcode;
use base64::Engine as _;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{logins, phone_with, world};
use crate::support::phone::{Phone, Profile};
use crate::support::surfer::Surfer;
use crate::support::world::World;

/// Strangers at a time; each waits for its refusal, which takes a tenth of a second at least.
const STRANGERS: u64 = 60;
/// Syncs of which the slowest but one counts.
const SYNCS: usize = 100;

/// Strangers that go on until they are told to stop, or dropped.
struct Spray {
    stop: Arc<AtomicBool>,
    refused: Arc<AtomicU64>,
    begun: Instant,
    tasks: JoinSet<()>,
}

impl Spray {
    /// Each try has another secret of the right form, and comes from another address if the server
    /// believes it.
    fn start(world: &World, user: &'static str) -> Self {
        let (stop, refused) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let mut tasks = JoinSet::new();
        let server = world.server.address();
        for stranger in 0..STRANGERS {
            let (stop, refused) = (Arc::clone(&stop), Arc::clone(&refused));
            tasks.spawn(async move {
                let mut stream = None;
                let mut number = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    let mut open = match stream.take() {
                        Some(open) => open,
                        None => TcpStream::connect(server).await.expect("it listens"),
                    };
                    number += 1;
                    let from = 0x0b00_0000_u32 + (stranger as u32) * 65_536 + number as u32;
                    let from = std::net::Ipv4Addr::from_bits(from);
                    let guess = Passcode::generate().expect("random numbers").reveal();
                    let login = format!("{user}:{}", guess.expose_secret());
                    let login = base64::engine::general_purpose::STANDARD.encode(login);
                    let request = format!(
                        "POST /Microsoft-Server-ActiveSync?Cmd=FolderSync&User={user}\
                         &DeviceId=STRANGER{stranger}&DeviceType=iPhone HTTP/1.1\r\nHost: x\r\n\
                         MS-ASProtocolVersion: 14.1\r\nX-Forwarded-For: {from}\r\n\
                         Authorization: Basic {login}\r\nContent-Length: 0\r\n\r\n"
                    );
                    let mut answer = [0; 4096];
                    let sent = open.write_all(request.as_bytes()).await;
                    let Ok(got @ 1..) = open.read(&mut answer).await else {
                        continue;
                    };
                    assert!(sent.is_ok());
                    let line = String::from_utf8_lossy(&answer[..got]);
                    // Unauthorized, or told to come later.
                    let out = ["HTTP/1.1 401", "HTTP/1.1 503"];
                    assert!(out.iter().any(|start| line.starts_with(start)), "{line}");
                    refused.fetch_add(1, Ordering::Relaxed);
                    stream = Some(open);
                }
            });
        }
        Self {
            stop,
            refused,
            begun: Instant::now(),
            tasks,
        }
    }

    /// Waits until so many were refused.
    async fn reach(&self, count: u64) {
        while self.refused.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it: how many were refused, and how many in a second.
    async fn end(mut self) -> (u64, f64) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(done) = self.tasks.join_next().await {
            done.expect("a stranger was let in");
        }
        let refused = self.refused.load(Ordering::Relaxed);
        (refused, refused as f64 / self.begun.elapsed().as_secs_f64())
    }
}

/// How long Syncs take: in the middle, and 99 of 100.
async fn syncs(phone: &mut Phone) -> (Duration, Duration) {
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let start = Instant::now();
        phone.sync("INBOX").await;
        times.push(start.elapsed());
    }
    times.sort();
    (times[SYNCS / 2], times[SYNCS - 2])
}

async fn phone_in(world: &World, profile: Profile) -> Phone {
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(world, profile, &passcode);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    phone
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t38_honest_syncs_do_not_wait_for_strangers() {
    let proxies = "trusted_proxies = [\"127.0.0.0/8\"]";
    let world = world(|settings| settings.only_passcodes().toml(proxies)).await;
    world.fill("INBOX", 1).await;
    let mut phone = phone_in(&world, Profile::gmail()).await;
    let before = logins(&world);
    let (quiet, quiet_99) = syncs(&mut phone).await;
    let spray = Spray::start(&world, "alice@example.com");
    spray.reach(STRANGERS).await;
    let (loud, loud_99) = syncs(&mut phone).await;
    let (refused, rate) = spray.end().await;
    println!(
        "Sync: quiet {quiet:?}, p99 {quiet_99:?}; with {rate:.0} bad logins a second \
         ({refused} in all) {loud:?}, p99 {loud_99:?}"
    );
    assert!(refused > 2 * STRANGERS);
    // Strangers and judge run on the same two cores, so this is no figure; but whoever waited behind
    // strangers for a hash, a look into the database or a pause would wait far longer.
    assert!(
        loud < quiet * 4 + Duration::from_millis(25),
        "{quiet:?} {loud:?}"
    );
    assert!(
        loud_99 < quiet_99 * 4 + Duration::from_millis(100),
        "{quiet_99:?} {loud_99:?}"
    );
    assert_eq!(
        logins(&world).1,
        before.1,
        "none of it reached the mail server"
    );
    assert_eq!(phone.surprises(), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t39_the_owner_comes_in_whatever_strangers_try() {
    let world = world(|settings| settings.only_passcodes()).await;
    world.fill("INBOX", 1).await;
    let mut phone = phone_in(&world, Profile::gmail()).await;
    let mut owner = Surfer::new(world.server.address());
    owner
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    assert_eq!(owner.at, "/account");
    owner.send("/account/sign-out", &[]).await;

    // From the owner's own address, which is closed by it, and in his name.
    let spray = Spray::start(&world, "alice@example.com");
    spray.reach(1_000).await;
    phone.sync("INBOX").await;
    let (refused, rate) = spray.end().await;
    println!("{refused} refused, {rate:.0} a second");
    let mut stranger = Surfer::new(world.server.address());
    let mut slowed = 0;
    for number in 0..12 {
        let guess = format!("guess {number}");
        let answer = stranger.sign_in(&world.alice.name, &guess).await;
        slowed += usize::from(answer.status == 429);
    }
    assert!(slowed > 0, "strangers are slowed down: {}", stranger.page);

    // A phone that is known, one that is new, and the owner in his browser.
    phone.sync("INBOX").await;
    phone_in(&world, Profile::ios()).await;
    owner
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    assert_eq!(owner.at, "/account", "{}", owner.page);
}
