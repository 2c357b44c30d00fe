//! One IMAP backend as the operator described it, and the bounds on how we use it.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::sasl::SecretKind;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Security {
    /// Not at all: for loopback and trusted networks.
    Plain,
    /// Plain greeting, then TLS or nothing (T31).
    StartTls,
    /// TLS from the first octet.
    Tls,
}

/// One IMAP backend.
#[derive(Clone)]
pub struct ImapSettings {
    /// Name or address; with TLS, the name its certificate must bear.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// From [`crate::backend::tls::client_config`].
    pub tls: Arc<rustls::ClientConfig>,
    pub secrets: SecretKind,
    /// Connections one user may have beside watches. Dovecot allows 10 per user and address by
    /// default, shared by all the user's mail programs behind that address.
    pub per_user_connections: usize,
    /// COMPRESS=DEFLATE where offered: saves wire, costs CPU.
    pub compress: bool,
    /// Capabilities to ignore, in any letter case: for tests and for servers that lie.
    pub hide: Vec<String>,
    pub deadlines: Deadlines,
}

/// How long we wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// Name, TCP, TLS and greeting together.
    pub connect: Duration,
    /// From the greeting to a usable session.
    pub login: Duration,
    /// Between two signs of life while a command runs. Dovecot says `* OK Still here` every 15 s
    /// (2.3) when a search takes longer.
    pub progress: Duration,
    /// One flight of commands in all: a server that drips must not hold a request for ever (T60).
    pub command: Duration,
    /// For a free connection of the user.
    pub slot: Duration,
    /// How long an unused connection is kept. Below the 10 minutes of C7 and Dovecot's 30.
    pub idle: Duration,
    /// IDLE is re-issued after this: servers may drop it after 30 minutes (RFC 2177 3).
    pub idle_renewal: Duration,
    /// A login refused once is not tried again with the same secret for this long (T40).
    pub refusal: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            login: Duration::from_secs(15),
            progress: Duration::from_secs(60),
            command: Duration::from_secs(600),
            slot: Duration::from_secs(20),
            idle: Duration::from_secs(240),
            idle_renewal: Duration::from_secs(27 * 60),
            refusal: Duration::from_secs(15 * 60),
        }
    }
}

impl ImapSettings {
    /// A backend with the usual bounds.
    pub fn new(
        host: impl Into<String>,
        port: u16,
        security: Security,
        tls: Arc<rustls::ClientConfig>,
    ) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            tls,
            secrets: SecretKind::Password,
            per_user_connections: 4,
            compress: false,
            hide: Vec::new(),
            deadlines: Deadlines::default(),
        }
    }
}
