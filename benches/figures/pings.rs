//! Held Pings: what each costs in memory, TLS and the watch at the backend included, and how much
//! later than the backend's own notification a phone is woken.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use airgate_codec::eas::folder_sync;
use airgate_codec::eas::ping;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::phone::{Page, Requests, VERSION, sync_request};
use crate::process::{cpu, memory};
use crate::support::backend::User;
use crate::support::backend::dovecot::Settings;
use crate::support::process::loopback;
use crate::table::{Budget, Table};
use crate::{Scale, mails, rig};

/// Phones set up at a time.
const AT_ONCE: usize = 8;
/// Users whose push is timed, and the pause between two of them.
const TIMED: usize = 100;
const APART: Duration = Duration::from_millis(60);
const HEARTBEAT: u32 = 900;

pub fn measure(scale: Scale, table: &mut Table) {
    let users: Vec<User> = (0..scale.pings)
        .map(|n| User::new(&format!("u{n}@example.com")))
        .collect();
    let dovecot = Settings::new(&users).extra(rig::MANY_USERS).start();
    let state = rig::state();
    let server = rig::server(dovecot.imap_port, state.path().to_owned(), |settings| {
        settings
            .tls()
            .variable("AIRGATE_LIMITS_CONNECTIONS_PER_ADDRESS", "5000")
            .variable("AIRGATE_LIMITS_HANDSHAKES_PER_ADDRESS", "1000")
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let trust = server.trust().expect("it has TLS");
    let address = server.address();
    runtime.block_on(async {
        // Warm: code paths, caches of the allocator, one user's connections.
        let warm = Phone::set_up(address, &trust, &users[0], "warm").await;
        drop(warm);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let before = memory(server.pid(), "VmRSS");
        let doors = Arc::new(Semaphore::new(AT_ONCE));
        let start = Instant::now();
        let mut making = Vec::new();
        for user in users.clone() {
            let (doors, trust) = (Arc::clone(&doors), Arc::clone(&trust));
            making.push(tokio::spawn(async move {
                let _turn = doors.acquire().await.expect("open");
                let mut phone = Phone::set_up(address, &trust, &user, "held").await;
                phone.begin_ping().await;
                phone
            }));
        }
        let mut phones = Vec::new();
        for made in making {
            phones.push(made.await.expect("a phone is set up"));
        }
        eprintln!(
            "{} Pings stand after {:.0} s",
            phones.len(),
            start.elapsed().as_secs_f64()
        );
        // Every watcher is up when the server has nothing left to do.
        let mut busy = cpu(server.pid());
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let now = cpu(server.pid());
            if now - busy < Duration::from_millis(2) {
                break;
            }
            busy = now;
        }
        let held = memory(server.pid(), "VmRSS");
        let count = phones.len();
        table.add(
            &format!("memory per held Ping, TLS and watch included, {count} held"),
            held.saturating_sub(before) as f64 / 1024.0 / count as f64,
            "KiB",
            Budget::AtMost(48.0),
            &format!(
                "each of a user of its own; {:.0} MiB resident before, {:.0} MiB with all; pooled \
                 sessions still warm",
                before as f64 / 1048576.0,
                held as f64 / 1048576.0
            ),
        );
        let idle = cpu(server.pid());
        tokio::time::sleep(Duration::from_secs(if scale.smoke { 1 } else { 5 })).await;
        let used = cpu(server.pid()) - idle;
        table.add(
            &format!("CPU of {count} held Pings while nothing happens"),
            used.as_secs_f64() * 1e3 / if scale.smoke { 1.0 } else { 5.0 },
            "ms a second",
            Budget::None,
            "",
        );
        push(table, dovecot.imap_port, &users, phones).await;
    });
}

/// Times the way of a new mail to the phone beside that to a bare NOTIFY connection.
async fn push(table: &mut Table, imap: u16, users: &[User], phones: Vec<Phone>) {
    let mut running = Vec::new();
    for (at, (user, phone)) in users.iter().cloned().zip(phones).enumerate() {
        if at >= TIMED {
            // The rest stay held meanwhile.
            running.push(tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(60)).await;
                drop(phone);
                None
            }));
            continue;
        }
        running.push(tokio::spawn(async move {
            let mut watch = Watch::set(imap, &user).await;
            let mut other = Watch::log_in(imap, &user).await;
            tokio::time::sleep(APART * u32::try_from(at).unwrap_or(0)).await;
            let woken = tokio::spawn(phone.until_woken());
            let told = tokio::spawn(async move { watch.until_told().await });
            other.append(&mails::small(at as u64)).await;
            let appended = Instant::now();
            let woken = woken.await.expect("the Ping is answered");
            let told = told.await.expect("NOTIFY tells");
            Some((
                told.saturating_duration_since(appended),
                woken.saturating_duration_since(appended),
            ))
        }));
    }
    let mut pairs = Vec::new();
    for run in running.drain(..TIMED.min(users.len())) {
        pairs.extend(run.await.expect("a timed push"));
    }
    for rest in running {
        rest.abort();
    }
    let at = |mut times: Vec<f64>, of_100: usize| {
        times.sort_by(f64::total_cmp);
        times[(times.len() * of_100 / 100).min(times.len() - 1)]
    };
    let ms = |time: &Duration| time.as_secs_f64() * 1e3;
    let told: Vec<f64> = pairs.iter().map(|(told, _)| ms(told)).collect();
    let woken: Vec<f64> = pairs.iter().map(|(_, woken)| ms(woken)).collect();
    let beyond: Vec<f64> = pairs
        .iter()
        .map(|(told, woken)| ms(woken) - ms(told))
        .collect();
    table.add(
        "push: Ping answered after the backend's own notification, p99",
        at(beyond.clone(), 99),
        "ms",
        Budget::AtMost(50.0),
        &format!(
            "p50 {:.0} ms; from APPEND: Ping p50 {:.0} ms, p99 {:.0} ms, bare NOTIFY p50 {:.0} ms, \
             p99 {:.0} ms; {} users",
            at(beyond, 50),
            at(woken.clone(), 50),
            at(woken, 99),
            at(told.clone(), 50),
            at(told, 99),
            pairs.len()
        ),
    );
}

/// A phone on TLS.
struct Phone {
    stream: BufReader<TlsStream<TcpStream>>,
    requests: Requests,
    folder: String,
}

impl Phone {
    /// Connects, learns the folders, and holds the inbox.
    async fn set_up(
        server: SocketAddr,
        trust: &Arc<rustls::ClientConfig>,
        user: &User,
        device: &str,
    ) -> Self {
        let stream = TcpStream::connect(server)
            .await
            .expect("the server listens");
        stream.set_nodelay(true).expect("a TCP stream");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(Arc::clone(trust))
            .connect(name, stream)
            .await
            .expect("TLS");
        let mut phone = Self {
            stream: BufReader::with_capacity(2048, stream),
            requests: Requests::new(user, device, false),
            folder: String::new(),
        };
        let request = folder_sync::Request {
            sync_key: "0".to_owned(),
        };
        let body = phone.command("FolderSync", &request.write(VERSION)).await;
        let folders = folder_sync::Response::read(&body).expect("a FolderSync response");
        phone.folder = folders
            .changes
            .expect("folders")
            .adds
            .into_iter()
            .find(|folder| folder.display_name.eq_ignore_ascii_case("inbox"))
            .expect("an inbox")
            .server_id;
        let folder = phone.folder.clone();
        let body = phone
            .command("Sync", &sync_request(&folder, "0", 10, 100))
            .await;
        let key = Page::read(&body).key;
        phone
            .command("Sync", &sync_request(&folder, &key, 10, 100))
            .await;
        phone
    }

    async fn command(&mut self, name: &str, body: &[u8]) -> Vec<u8> {
        let request = self.requests.command(name, body);
        self.stream
            .get_mut()
            .write_all(&request)
            .await
            .expect("the server reads");
        self.stream
            .get_mut()
            .flush()
            .await
            .expect("the server reads");
        self.answer().await
    }

    async fn answer(&mut self) -> Vec<u8> {
        let mut line = String::new();
        let mut length = 0;
        let mut first = true;
        loop {
            line.clear();
            let count = self.stream.read_line(&mut line).await.expect("an answer");
            assert!(count > 0, "the server hung up");
            assert!(!first || line.contains(" 200"), "the server said {line}");
            first = false;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a number");
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream
            .read_exact(&mut body)
            .await
            .expect("the whole body");
        body
    }

    async fn begin_ping(&mut self) {
        let ping = ping::Request {
            heartbeat: Some(HEARTBEAT),
            folders: Some(vec![ping::Folder {
                id: self.folder.clone(),
                class: Some(airgate_codec::eas::Class::Email),
            }]),
        };
        let request = self.requests.command("Ping", &ping.write(VERSION));
        self.stream
            .get_mut()
            .write_all(&request)
            .await
            .expect("the server reads");
        self.stream
            .get_mut()
            .flush()
            .await
            .expect("the server reads");
    }

    /// When the Ping was answered with changes.
    async fn until_woken(mut self) -> Instant {
        let body = self.answer().await;
        let now = Instant::now();
        let response = ping::Response::read(&body).expect("a Ping response");
        assert_eq!(response.status, ping::status::CHANGES, "what the Ping said");
        now
    }
}

/// A bare IMAP connection.
struct Watch {
    stream: BufReader<TcpStream>,
}

impl Watch {
    async fn log_in(port: u16, user: &User) -> Self {
        let stream = TcpStream::connect(loopback(port))
            .await
            .expect("Dovecot listens");
        stream.set_nodelay(true).expect("a TCP stream");
        let mut watch = Self {
            stream: BufReader::new(stream),
        };
        watch.until("* OK").await;
        watch
            .send(&format!(
                "a LOGIN \"{}\" \"{}\"\r\n",
                user.name, user.password
            ))
            .await;
        watch.until("a OK").await;
        watch
    }

    /// One that is told of everything.
    async fn set(port: u16, user: &User) -> Self {
        let mut watch = Self::log_in(port, user).await;
        watch
            .send("b NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))\r\n")
            .await;
        watch.until("b OK").await;
        watch
    }

    async fn until_told(&mut self) -> Instant {
        self.until("* STATUS").await;
        Instant::now()
    }

    async fn append(&mut self, message: &[u8]) {
        self.send(&format!("c APPEND INBOX {{{}+}}\r\n", message.len()))
            .await;
        self.stream
            .get_mut()
            .write_all(message)
            .await
            .expect("Dovecot reads");
        self.send("\r\n").await;
        self.until("c OK").await;
    }

    async fn send(&mut self, text: &str) {
        self.stream
            .get_mut()
            .write_all(text.as_bytes())
            .await
            .expect("Dovecot reads");
    }

    async fn until(&mut self, start: &str) {
        let mut line = String::new();
        loop {
            line.clear();
            let count = self
                .stream
                .read_line(&mut line)
                .await
                .expect("Dovecot answers");
            assert!(count > 0, "Dovecot hung up, waiting for {start}");
            if line.starts_with(start) {
                return;
            }
        }
    }
}
