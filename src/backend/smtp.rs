//! Submission (RFC 6409): one mail handed over, with an outcome that says what may be done next. It
//! knows nothing of EAS.
//!
//! The one thing you would not guess: only a cut between the final dot and its answer is
//! [`SmtpError::Unknown`]. Everything before it certainly was not sent, everything after it was
//! (S17).

mod error;
mod probe;
mod reports;
mod session;
mod stuffing;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use self::session::Session;
use crate::backend::Login;
use crate::backend::octets::Octets;
use crate::backend::sasl::SecretKind;

pub use error::{Reply, SmtpError};
pub use probe::SmtpOffer;
pub use reports::Reports;

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

/// A submission server.
#[derive(Clone)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// From [`crate::backend::tls::client_config`].
    pub tls: Arc<rustls::ClientConfig>,
    pub secrets: SecretKind,
    /// Longest wait for any one answer but the last.
    pub answer: Duration,
    /// Longest wait for the answer to the final dot: servers filter mail there (RFC 5321 4.5.3.2.6).
    pub final_answer: Duration,
}

/// Who a mail is from and for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// `None`: the null return path, of mail that must never be answered (RFC 5321 4.5.5).
    pub from: Option<String>,
    pub to: Vec<String>,
    /// Delivery reports, where the server can.
    pub reports: Option<Reports>,
}

/// The submission client: a connection a mail.
#[derive(Clone)]
pub struct Smtp {
    settings: Arc<SmtpSettings>,
    /// The largest mail the server takes, as it said last; 0: not known, or no limit.
    limit: Arc<AtomicU64>,
}

impl SmtpSettings {
    /// A server with the usual patience.
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
            answer: Duration::from_secs(60),
            final_answer: Duration::from_secs(600),
        }
    }
}

impl Smtp {
    pub fn new(settings: SmtpSettings) -> Self {
        Self {
            settings: Arc::new(settings),
            limit: Arc::default(),
        }
    }

    /// The server's name or address.
    pub fn host(&self) -> &str {
        &self.settings.host
    }

    /// The largest mail the server takes, as far as it said so before.
    pub fn size_limit(&self) -> Option<u64> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|limit| *limit > 0)
    }

    /// Hands over one mail. All recipients are taken or none: a phone can be told of one outcome
    /// only, and by "sent" or "not sent" for some it would send twice or never.
    ///
    /// # Errors
    /// [`SmtpError`]; all but [`SmtpError::Unknown`] mean that nothing was sent.
    pub async fn submit(
        &self,
        login: &Login,
        envelope: &Envelope,
        message: &dyn Octets,
    ) -> Result<(), SmtpError> {
        envelope.check()?;
        let settings = &self.settings;
        let job = session::Job {
            settings,
            login,
            envelope,
            message,
            limit: &self.limit,
        };
        let connect = TcpStream::connect((settings.host.as_str(), settings.port));
        let stream = tokio::time::timeout(settings.answer, connect)
            .await
            .map_err(|_| SmtpError::Timeout)?
            .map_err(|error| SmtpError::Unreachable(error.to_string()))?;
        // Else the final dot waits 40 ms for the server's delayed ACK of the mail before it, and all
        // that time nobody could tell after a crash whether the mail was taken (S17).
        let _ = stream.set_nodelay(true);
        match settings.security {
            Security::Plain => {
                let mut session = Session::new(stream, settings.answer);
                session.greeting().await?;
                session.submit(&job).await
            }
            Security::StartTls => {
                let mut session = Session::new(stream, settings.answer);
                session.greeting().await?;
                let stream = session.start_tls().await?;
                // What the server said before TLS is forgotten (T31).
                let mut session = Session::new(self.secure(stream).await?, settings.answer);
                session.submit(&job).await
            }
            Security::Tls => {
                let mut session = Session::new(self.secure(stream).await?, settings.answer);
                session.greeting().await?;
                session.submit(&job).await
            }
        }
    }

    async fn secure(
        &self,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, SmtpError> {
        let settings = &self.settings;
        let name = rustls_pki_types::ServerName::try_from(settings.host.clone())
            .map_err(|error| SmtpError::Unreachable(error.to_string()))?;
        let handshake = TlsConnector::from(Arc::clone(&settings.tls)).connect(name, stream);
        tokio::time::timeout(settings.answer, handshake)
            .await
            .map_err(|_| SmtpError::Timeout)?
            .map_err(|error| SmtpError::Unreachable(format!("no TLS: {error}")))
    }
}

/// Longest path (RFC 5321 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

impl Envelope {
    /// Nothing may reach the command line that is not an address (T26).
    fn check(&self) -> Result<(), SmtpError> {
        if self.to.is_empty() {
            return Err(SmtpError::NoRecipient);
        }
        for address in self.to.iter().chain(&self.from) {
            if !is_address(address) {
                return Err(SmtpError::BadAddress(address.clone()));
            }
        }
        Ok(())
    }

    /// An address that only a server with SMTPUTF8 takes (RFC 6531), and whether it is the sender's.
    fn beyond_ascii(&self) -> Option<(&str, bool)> {
        if let Some(from) = self.from.as_deref().filter(|from| !from.is_ascii()) {
            return Some((from, true));
        }
        let odd = self.to.iter().find(|address| !address.is_ascii());
        odd.map(|address| (address.as_str(), false))
    }
}

/// Whether this can stand between `<` and `>`: a local part and a domain, without controls, and with
/// spaces and brackets only inside a quoted local part.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let plain = |part: &str| {
        !part.is_empty()
            && !part
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || "<>()[],;:\"\\".contains(c))
    };
    let literal = domain
        .strip_prefix('[')
        .and_then(|domain| domain.strip_suffix(']'));
    let local_good = if quoted {
        let inside = local.get(1..local.len() - 1).unwrap_or_default();
        !inside
            .chars()
            .any(|c| c.is_control() || c == '"' || c == '\\' || c == '<' || c == '>')
    } else {
        plain(local)
    };
    let domain_good = match literal {
        Some(inner) => {
            !inner.is_empty()
                && inner
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || ".:".contains(c))
        }
        None => plain(domain),
    };
    text.len() <= MAX_ADDRESS && local_good && domain_good
}
