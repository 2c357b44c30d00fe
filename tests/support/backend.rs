//! The mail servers Airgate is tested in front of.
//!
//! [`Backend`] is what a test uses: it does not care which server it is. Whatever another client
//! of the user would do (deliver, flag, move, rename) goes through [`Backend::other_client`].

pub mod courier;
pub mod cyrus;
pub mod dav;
pub mod dovecot;
pub mod maildir;
pub mod packages;
pub mod radicale;
pub mod xandikos;

use std::net::SocketAddr;

use super::mail;
use super::other_client::OtherClient;
use super::process::loopback;

/// A mail user of the test.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    pub name: String,
    pub password: String,
}

impl User {
    pub fn new(name: &str) -> Self {
        let local = name.split('@').next().unwrap_or(name);
        Self {
            name: name.to_owned(),
            password: format!("secret-of-{local}"),
        }
    }

    /// The user most tests need: `alice@example.com`.
    pub fn alice() -> Self {
        Self::new("alice@example.com")
    }
}

/// A running mail server of one of the kinds.
#[derive(Debug)]
pub enum Backend {
    Dovecot(dovecot::Dovecot),
    Cyrus(cyrus::Cyrus),
    Courier(courier::Courier),
}

/// Which server, and which of its ways, a suite runs against.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Dovecot with all it has: CONDSTORE, QRESYNC, MOVE, UIDPLUS, ESEARCH, SPECIAL-USE, NOTIFY ...
    Dovecot,
    /// Dovecot that offers IMAP4rev1 and nothing else.
    DovecotBare,
    /// Cyrus: special-use in lower case, OBJECTID, no NOTIFY.
    Cyrus,
    /// Courier: no CONDSTORE, MOVE, ESEARCH or SPECIAL-USE; all folders below `INBOX.`.
    Courier,
}

impl Kind {
    /// Whether this machine has what the kind needs; the text says how to get it.
    ///
    /// # Errors
    /// What is missing.
    pub fn available(self) -> Result<(), String> {
        match self {
            Self::Dovecot | Self::DovecotBare => dovecot::Dovecot::available(),
            Self::Cyrus => cyrus::Cyrus::available(),
            Self::Courier => courier::Courier::available(),
        }
    }
}

impl Backend {
    /// Starts a server of the kind with these users.
    ///
    /// # Panics
    /// When it cannot run here; the message says what to install.
    pub fn start(kind: Kind, users: &[User]) -> Self {
        if let Err(missing) = kind.available() {
            panic!("{missing}; scripts/install-test-tools installs it");
        }
        match kind {
            Kind::Dovecot => Self::Dovecot(dovecot::Settings::new(users).start()),
            Kind::DovecotBare => Self::Dovecot(dovecot::Settings::new(users).bare().start()),
            Kind::Cyrus => Self::Cyrus(cyrus::Cyrus::start(users)),
            Kind::Courier => Self::Courier(courier::Courier::start(users)),
        }
    }

    /// The port of plain IMAP.
    pub fn imap_port(&self) -> u16 {
        match self {
            Self::Dovecot(dovecot) => dovecot.imap_port,
            Self::Cyrus(cyrus) => cyrus.imap_port,
            Self::Courier(courier) => courier.imap_port,
        }
    }

    /// The address of plain IMAP.
    pub fn imap(&self) -> SocketAddr {
        loopback(self.imap_port())
    }

    /// The value of Airgate's `--imap`.
    pub fn imap_url(&self) -> String {
        format!("imap://127.0.0.1:{}", self.imap_port())
    }

    /// Another mail program of the same user, logged in.
    pub async fn other_client(&self, user: &User) -> OtherClient {
        OtherClient::login(self.imap(), user).await
    }

    /// How the server names a folder of the test: Courier keeps all below INBOX.
    pub fn folder(&self, name: &str) -> String {
        match self {
            Self::Courier(_) if name != "INBOX" => {
                format!("INBOX.{}", name.replace('/', "."))
            }
            _ => name.to_owned(),
        }
    }

    /// Puts a mail into a folder (which must exist), as a delivery would: unseen.
    pub async fn deliver(&self, user: &User, folder: &str, message: &[u8]) {
        let mut client = self.other_client(user).await;
        client.append(&self.folder(folder), "", message).await;
        client.logout().await;
    }

    /// Puts mails into a folder that arrived at these times: as they are, where the server keeps
    /// files it did not write. Gives for each whether the server has it.
    pub async fn deliver_at(
        &self,
        user: &User,
        folder: &str,
        mails: impl IntoIterator<Item = (u64, &[u8])>,
    ) -> Vec<bool> {
        let mut taken = Vec::new();
        match self {
            Self::Dovecot(dovecot) => {
                let maildir = dovecot.maildir(user);
                for (seconds, mail) in mails {
                    maildir.deliver_at(folder, seconds, mail);
                    taken.push(true);
                }
            }
            Self::Courier(courier) => {
                let maildir = courier.maildir(user);
                for (seconds, mail) in mails {
                    // Its Maildirs have the line ends of Unix: it adds a CR to every LF there is.
                    maildir.deliver_at(folder, seconds, &without_cr(mail));
                    taken.push(true);
                }
            }
            Self::Cyrus(_) => {
                let mut client = self.other_client(user).await;
                for (seconds, mail) in mails {
                    let answer = client.try_append_at(folder, seconds, mail).await;
                    taken.push(answer.is_ok());
                }
                client.logout().await;
            }
        }
        taken
    }

    /// Puts mails number `0..count` into a folder, every third one read; makes the folder when it
    /// is not there. On Maildir servers this writes files and takes about a second for 20,000.
    pub async fn fill(&self, user: &User, folder: &str, count: u64) {
        match self {
            Self::Dovecot(dovecot) => dovecot.maildir(user).fill(folder, 0..count),
            Self::Courier(courier) => courier.maildir(user).fill(folder, 0..count),
            Self::Cyrus(_) => {
                let mut client = self.other_client(user).await;
                if folder != "INBOX" {
                    client.try_command(&format!("CREATE \"{folder}\"")).await;
                }
                for n in 0..count {
                    let flags = if n % 3 == 0 { "\\Seen" } else { "" };
                    client.append(folder, flags, &mail::numbered(n)).await;
                }
                client.logout().await;
            }
        }
    }
}

/// The same with LF for every CRLF.
fn without_cr(message: &[u8]) -> Vec<u8> {
    let mut unix = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|&octet| octet == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => {
                unix.extend_from_slice(line);
                unix.push(b'\n');
            }
            None => unix.extend_from_slice(line),
        }
    }
    unix
}
