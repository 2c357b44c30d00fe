//! A man in the middle of IMAP who understands lines: he keeps the commands of the client, cuts the
//! connection when one message is read, refuses and swallows what he is told to, and lies about
//! searches and lists.

use std::collections::HashMap;
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
    orders: Mutex<Orders>,
}

/// What is done to commands and answers.
#[derive(Debug, Default)]
struct Orders {
    /// Commands that begin so are refused with these words, and never reach the server.
    refused: Vec<(String, String)>,
    /// The same for one command.
    refused_once: Option<(String, String)>,
    /// A command that begins so is carried out, and nothing is heard on its connection any more.
    swallowed: Option<String>,
    /// Every other LIST leaves out mailboxes with this in their line.
    flapping: Option<String>,
    lists: u64,
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

    /// From now on a command that begins with `command` is answered with `NO` and these words.
    pub fn refuse(&self, command: &str, words: &str) {
        let order = (command.to_owned(), words.to_owned());
        self.orders().refused.push(order);
    }

    /// The same for the next command that begins so only.
    pub fn refuse_once(&self, command: &str, words: &str) {
        self.orders().refused_once = Some((command.to_owned(), words.to_owned()));
    }

    /// The next command that begins so is carried out, but its answer never comes.
    pub fn swallow(&self, command: &str) {
        self.orders().swallowed = Some(command.to_owned());
    }

    /// Whether a command to be swallowed was.
    pub fn has_swallowed(&self) -> bool {
        self.orders().swallowed.is_none()
    }

    /// From now on every other LIST leaves out what has this in its line; `None` ends it.
    pub fn flap(&self, mailbox: Option<&str>) {
        self.orders().flapping = mailbox.map(str::to_owned);
    }

    /// Lists asked for while some were wrong.
    pub fn lists(&self) -> u64 {
        self.orders().lists
    }

    fn orders(&self) -> std::sync::MutexGuard<'_, Orders> {
        self.shared.orders()
    }

    /// From now on searches find nothing on the connections there are; new ones are honest.
    pub fn blind_all(&self) {
        let now = self.shared.connections.load(Ordering::SeqCst);
        self.shared.blind.store(now, Ordering::SeqCst);
    }
}

impl Shared {
    fn orders(&self) -> std::sync::MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was ordered for commands of one connection, by their tags.
#[derive(Debug, Default)]
struct Tags {
    /// The answer to be given instead.
    refused: HashMap<String, String>,
    /// Lists that leave something out.
    lists: Vec<String>,
    silent: bool,
}

async fn carry(client: TcpStream, server: SocketAddr, number: u64, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let tags = Mutex::<Tags>::default();
    tokio::select! {
        () = up(from_client, to_server, &shared, &tags) => {}
        () = down(from_server, to_client, number, &shared, &tags) => {}
    }
}

async fn up(from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared, tags: &Mutex<Tags>) {
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
        if let Some((tag, _)) = text.split_once(' ')
            && ordered(shared, tags, tag, command)
        {
            // So that the answer has its place among the others.
            line = format!("{tag} NOOP\r\n").into_bytes();
        }
        if to.write_all(&line).await.is_err() {
            return;
        }
        line.clear();
    }
}

/// Notes what is to become of a command; whether it must not reach the server.
fn ordered(shared: &Shared, tags: &Mutex<Tags>, tag: &str, command: &str) -> bool {
    let mut orders = shared.orders();
    let mut tags = tags.lock().unwrap_or_else(PoisonError::into_inner);
    if orders
        .swallowed
        .take_if(|prefix| command.starts_with(prefix.as_str()))
        .is_some()
    {
        tags.silent = true;
    }
    if orders.flapping.is_some() && command.starts_with("LIST ") {
        orders.lists += 1;
        if orders.lists.is_multiple_of(2) {
            tags.lists.push(tag.to_owned());
        }
    }
    let begins = |prefix: &str| command.starts_with(prefix);
    let once = orders.refused_once.take_if(|(prefix, _)| begins(prefix));
    let always = orders.refused.iter().find(|(prefix, _)| begins(prefix));
    if let Some((_, words)) = once.as_ref().or(always) {
        tags.refused
            .insert(tag.to_owned(), format!("{tag} NO {words}\r\n"));
        return true;
    }
    false
}

async fn down(
    from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    shared: &Shared,
    tags: &Mutex<Tags>,
) {
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
        let pass = told(shared, tags, &text, &mut line);
        if pass && to.write_all(&line).await.is_err() {
            return;
        }
        line.clear();
    }
}

/// Puts in place of a line what was ordered; whether it is told at all.
fn told(shared: &Shared, tags: &Mutex<Tags>, text: &str, line: &mut Vec<u8>) -> bool {
    let orders = shared.orders();
    let mut tags = tags.lock().unwrap_or_else(PoisonError::into_inner);
    let tag = text.split(' ').next().unwrap_or_default();
    if let Some(answer) = tags.refused.remove(tag) {
        *line = answer.into_bytes();
    }
    let left_out = orders
        .flapping
        .as_ref()
        .is_some_and(|mailbox| text.starts_with("* LIST") && text.contains(mailbox.as_str()));
    let wrong = !tags.lists.is_empty() && left_out;
    tags.lists.retain(|list| list != tag);
    !tags.silent && !wrong
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
