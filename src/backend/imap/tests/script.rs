//! The scripted peer. `hears` reads one line and compares it behind its tag; `says` sends one.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::sync::mpsc;

use crate::backend::Login;
use crate::backend::imap::dial::Dial;
use crate::backend::imap::wire::Stream;
use crate::backend::imap::{Imap, ImapSettings, Security};
use crate::backend::tls::{Trust, client_config};
use crate::identity::UserId;

/// Capabilities of a server that has everything.
pub(super) const RICH: &str = "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE UIDPLUS \
    LIST-EXTENDED LIST-STATUS SPECIAL-USE CONDSTORE QRESYNC ESEARCH MOVE UNSELECT NOTIFY";
/// And of one that has nothing.
pub(super) const BARE: &str = "IMAP4rev1";

/// Where the client's connections arrive.
pub(super) struct Peers {
    arrivals: mpsc::Receiver<Box<dyn Stream>>,
}

/// The server's end of one connection.
pub(super) struct Peer {
    pub(super) stream: Box<dyn Stream>,
}

struct Pipes {
    door: mpsc::Sender<Box<dyn Stream>>,
}

/// What the pipe between the two holds: large answers have to be read to be sent.
const PIPE: usize = 4096;

#[async_trait]
impl Dial for Pipes {
    async fn dial(&self, _: &ImapSettings) -> io::Result<Box<dyn Stream>> {
        let (near, far) = duplex(PIPE);
        let refused = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
        self.door.send(Box::new(far)).await.map_err(refused)?;
        Ok(Box::new(near))
    }
}

/// A client and the place where its connections arrive. Drop the latter, and connecting fails.
pub(super) fn client() -> (Imap, Peers) {
    client_with(|_| {})
}

pub(super) fn client_with(change: impl FnOnce(&mut ImapSettings)) -> (Imap, Peers) {
    let tls = client_config(&Trust::System).expect("a TLS configuration");
    let mut settings = ImapSettings::new("mail.test", 143, Security::Plain, tls);
    change(&mut settings);
    let (door, arrivals) = mpsc::channel(16);
    let imap = Imap::over(settings, Box::new(Pipes { door }));
    (imap, Peers { arrivals })
}

pub(super) fn login(name: &str, secret: &str) -> Login {
    Login {
        user: UserId::parse(name, Some("example.com")).expect("a name"),
        name: name.into(),
        acts_for: None,
        secret: SecretString::from(secret),
        version: 1,
    }
}

/// Alice, whose PLAIN is `AGFsaWNlAHdvbmRlcg==`.
pub(super) fn alice() -> Login {
    login("alice", "wonder")
}

impl Peers {
    pub(super) async fn accept(&mut self) -> Peer {
        let stream = self.arrivals.recv().await.expect("the client is there");
        Peer { stream }
    }

    /// Accepts, greets and takes alice's login; the connection is then ready for use.
    pub(super) async fn welcome(&mut self, capabilities: &str) -> Peer {
        let mut peer = self.accept().await;
        peer.welcome(capabilities).await;
        peer
    }

    /// Nobody has come.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.arrivals.try_recv().is_err()
    }
}

impl Peer {
    pub(super) async fn welcome(&mut self, capabilities: &str) {
        self.says("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready")
            .await;
        let tag = self.hears("AUTHENTICATE PLAIN AGFsaWNlAHdvbmRlcg==").await;
        self.says(&format!("{tag} OK [CAPABILITY {capabilities}] in"))
            .await;
        self.settles(capabilities).await;
    }

    /// What follows every login.
    pub(super) async fn settles(&mut self, capabilities: &str) {
        let offers = |name: &str| capabilities.split(' ').any(|each| each == name);
        let id = format!(
            "ID (\"name\" \"Airgate\" \"version\" \"{}\")",
            env!("CARGO_PKG_VERSION")
        );
        let mut tags = Vec::new();
        if offers("ID") {
            tags.push(self.hears(&id).await);
        }
        if offers("ENABLE") && offers("QRESYNC") {
            tags.push(self.hears("ENABLE CONDSTORE QRESYNC").await);
            self.says("* ENABLED CONDSTORE QRESYNC").await;
        } else if offers("ENABLE") && offers("CONDSTORE") {
            tags.push(self.hears("ENABLE CONDSTORE").await);
        }
        for tag in tags {
            self.says(&format!("{tag} OK done")).await;
        }
    }

    /// SELECT of an INBOX with five messages.
    pub(super) async fn opens_inbox(&mut self) {
        let tag = self.hears("SELECT \"INBOX\"").await;
        self.shows_inbox(&tag).await;
    }

    pub(super) async fn shows_inbox(&mut self, tag: &str) {
        self.says("* FLAGS (\\Seen \\Deleted)").await;
        self.says("* 5 EXISTS").await;
        self.says("* OK [UIDVALIDITY 77] ok").await;
        self.says("* OK [UIDNEXT 60] ok").await;
        self.says("* OK [HIGHESTMODSEQ 900] ok").await;
        self.says("* OK [PERMANENTFLAGS (\\Seen \\*)] ok").await;
        self.says(&format!("{tag} OK [READ-WRITE] selected")).await;
    }

    pub(super) async fn says(&mut self, line: &str) {
        self.sends(format!("{line}\r\n").as_bytes()).await;
    }

    pub(super) async fn sends(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.expect("an open pipe");
        self.stream.flush().await.expect("an open pipe");
    }

    /// One command, without its tag; gives the tag.
    pub(super) async fn hears(&mut self, expected: &str) -> String {
        let line = self.line().await;
        let (tag, rest) = line.split_once(' ').unwrap_or((&line, ""));
        assert_eq!(rest, expected, "the client sent another command");
        tag.to_owned()
    }

    pub(super) async fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.octets(1).await);
        }
        line.truncate(line.len() - 2);
        String::from_utf8(line).expect("a command in UTF-8")
    }

    pub(super) async fn octets(&mut self, count: usize) -> Vec<u8> {
        let mut octets = vec![0; count];
        self.stream
            .read_exact(&mut octets)
            .await
            .expect("the client is there");
        octets
    }

    /// The client closes without another word.
    pub(super) async fn sees_the_end(&mut self) {
        let mut rest = Vec::new();
        // An unread pipe ends with an error, a read one with nothing.
        let _ = self.stream.read_to_end(&mut rest).await;
        assert_eq!(String::from_utf8_lossy(&rest), "", "the client goes on");
    }
}

/// TLS for a peer: a certificate nobody issued, and the trust that pins it.
pub(super) fn tls() -> (tokio_rustls::TlsAcceptor, Trust) {
    let made = rcgen::generate_simple_self_signed(vec!["mail.test".to_owned()]).expect("made");
    let certificate = made.cert.der().clone();
    let pin = crate::backend::tls::Pin::of(&certificate);
    let key =
        rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate");
    (Arc::new(config).into(), Trust::Pinned(vec![pin]))
}
