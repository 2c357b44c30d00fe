//! One DAV server as the operator described it, and the bounds on how we use it.

use std::sync::Arc;
use std::time::Duration;

use airgate_codec::dav::{Href, Origin};

use crate::backend::sasl::SecretKind;
use crate::identity::UserId;

/// Where to begin for a user: a path.
pub type Start = Arc<dyn Fn(&UserId) -> String + Send + Sync>;

/// One server: a scheme, a host and a port, and nothing beside them (T34).
#[derive(Clone)]
pub struct DavSettings {
    pub origin: Origin,
    /// From [`crate::backend::tls::client_config`].
    pub tls: Arc<rustls::ClientConfig>,
    /// Where its calendars are found; `None`: there are none to be shown.
    pub calendars: Option<Start>,
    /// Where its address books are found.
    pub contacts: Option<Start>,
    pub secrets: SecretKind,
    /// What is sent can be read on the way: no password goes out before the server asked for it.
    pub exposed: bool,
    /// Entries of one page of a sync-collection; `None`: as many as the server likes.
    pub page: Option<u32>,
    /// Connections one user may have at a time.
    pub per_user_connections: usize,
    pub deadlines: Deadlines,
}

/// How long we wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// Name, TCP and TLS together.
    pub connect: Duration,
    /// Between two signs of life while a request runs.
    pub progress: Duration,
    /// One request in all: a server that drips must not hold a phone for ever (T60).
    pub request: Duration,
    /// For a free connection of the user.
    pub slot: Duration,
    /// How long an unused connection is kept. Servers close theirs after 5 (Apache) to 75 seconds.
    pub idle: Duration,
    /// A login refused once is not tried again with the same secret for this long (T40).
    pub refusal: Duration,
    /// How long it is believed where a user's homes are.
    pub homes: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            progress: Duration::from_secs(60),
            request: Duration::from_secs(300),
            slot: Duration::from_secs(20),
            idle: Duration::from_secs(60),
            refusal: Duration::from_secs(15 * 60),
            homes: Duration::from_secs(3600),
        }
    }
}

impl DavSettings {
    /// A server with the usual bounds.
    pub fn new(origin: Origin, tls: Arc<rustls::ClientConfig>) -> Self {
        Self {
            origin,
            tls,
            calendars: None,
            contacts: None,
            secrets: SecretKind::Password,
            exposed: false,
            page: None,
            per_user_connections: 4,
            deadlines: Deadlines::default(),
        }
    }

    /// The host and port as HTTP writes them.
    pub(super) fn authority(&self) -> String {
        let Origin { tls, host, port } = &self.origin;
        let host = match host.contains(':') {
            true => format!("[{host}]"),
            false => host.clone(),
        };
        match (tls, port) {
            (true, 443) | (false, 80) => host,
            _ => format!("{host}:{port}"),
        }
    }

    /// A resource as a whole URL.
    pub(super) fn url(&self, href: &Href) -> String {
        let scheme = if self.origin.tls { "https" } else { "http" };
        format!("{scheme}://{}{href}", self.authority())
    }
}
