//! A man in the middle of IMAP who understands lines: he keeps the commands of the client, cuts the
//! connection when one message is read, and lies about searches on old connections.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::process::loopback;

/// Stands between Airgate and a mail server.
#[derive(Clone, Debug)]
pub struct Spoiler {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// What the client sent, without tags, and when the server had answered in between.
    heard: Mutex<Vec<String>>,
    /// A FETCH of this UID cuts the connection; 0 for none.
    poison: AtomicU32,
    /// Connections below this number find nothing.
    blind: AtomicU64,
    connections: AtomicU64,
    /// Nobody may open a mailbox.
    denied: AtomicBool,
}

impl Spoiler {
    /// Listens for connections to this server.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(loopback(0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let spoiler = Self {
            address,
            shared: Arc::clone(&shared),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(carry(client, server, number, Arc::clone(&shared)));
            }
        });
        spoiler
    }

    /// The value of Airgate's `--imap`.
    pub fn url(&self) -> String {
        format!("imap://{}", self.address)
    }

    /// The commands since the last call.
    pub fn heard(&self) -> Vec<String> {
        let mut heard = self
            .shared
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut heard)
    }

    /// From now on reading this message cuts the connection.
    pub fn poison(&self, uid: u32) {
        self.shared.poison.store(uid, Ordering::SeqCst);
    }

    /// Whether the server takes away the right to every mailbox from now on.
    pub fn deny_selects(&self, denied: bool) {
        self.shared.denied.store(denied, Ordering::SeqCst);
    }

    /// From now on searches find nothing on the connections there are; new ones are honest.
    pub fn blind_all(&self) {
        let now = self.shared.connections.load(Ordering::SeqCst);
        self.shared.blind.store(now, Ordering::SeqCst);
    }
}

async fn carry(client: TcpStream, server: SocketAddr, number: u64, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = up(from_client, to_server, &shared) => {}
        () = down(from_server, to_client, number, &shared) => {}
    }
}

async fn up(from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = from.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line);
        let command = text.trim_end().split_once(' ').map_or("", |(_, rest)| rest);
        let poison = shared.poison.load(Ordering::SeqCst);
        if poison != 0 && reads(command, poison) {
            return;
        }
        shared
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(command.to_owned());
        if to.write_all(&line).await.is_err() {
            return;
        }
        line.clear();
    }
}

async fn down(from: OwnedReadHalf, mut to: OwnedWriteHalf, number: u64, shared: &Shared) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = from.read_until(b'\n', &mut line).await {
        let blind = number < shared.blind.load(Ordering::SeqCst);
        if blind && line.starts_with(b"* SEARCH") {
            line = b"* SEARCH\r\n".to_vec();
        }
        let denied = shared.denied.load(Ordering::SeqCst);
        let text = String::from_utf8_lossy(&line).into_owned();
        if let (true, Some((tag, _))) = (denied, text.split_once(" OK [READ-")) {
            line = format!("{tag} NO [NOPERM] You have no right to it.\r\n").into_bytes();
        }
        if to.write_all(&line).await.is_err() {
            return;
        }
        line.clear();
    }
}

/// Whether the command reads more of this message than its flags.
fn reads(command: &str, uid: u32) -> bool {
    let Some(rest) = command.strip_prefix("UID FETCH ") else {
        return false;
    };
    let set = rest.split(' ').next().unwrap_or_default();
    let among = set.split(',').any(|part| {
        let (from, to) = part.split_once(':').unwrap_or((part, part));
        let number = |text: &str| text.parse().unwrap_or(u32::MAX);
        (number(from)..=number(to)).contains(&uid)
    });
    among && rest.contains("BODY")
}
