//! From nothing to a greeted, protected connection: TCP, TLS or STARTTLS (T31, T32).

use std::io;
use std::sync::Arc;

use airgate_codec::imap::{Response, Status, Untagged};
use async_trait::async_trait;
use rustls_pki_types::ServerName;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::connection::{Connection, Incoming, nothing, protocol};
use super::error::{ImapError, printable};
use super::settings::{ImapSettings, Security};
use super::wire::Stream;
use crate::backend::tcp;
use crate::clock;

/// Where the streams come from; tests put pipes here.
#[async_trait]
pub(super) trait Dial: Send + Sync {
    async fn dial(&self, settings: &ImapSettings) -> io::Result<Box<dyn Stream>>;
}

/// The real thing.
pub(super) struct Tcp;

#[async_trait]
impl Dial for Tcp {
    async fn dial(&self, settings: &ImapSettings) -> io::Result<Box<dyn Stream>> {
        let stream = tcp::connect(&settings.host, settings.port).await?;
        Ok(Box::new(stream))
    }
}

/// Connects, protects, and reads the greeting; all within the connect deadline.
///
/// # Errors
/// [`ImapError::Unreachable`], [`ImapError::Timeout`], [`ImapError::LoginUnavailable`] for a
/// greeting of BYE, [`ImapError::Protocol`] for one that is not IMAP's.
pub(super) async fn connect(
    dial: &dyn Dial,
    settings: &ImapSettings,
) -> Result<Connection, ImapError> {
    let deadline = clock::deadline(settings.deadlines.connect);
    match timeout_at(deadline, connect_within(dial, settings, deadline)).await {
        Ok(Err(ImapError::Disconnected(why))) => Err(ImapError::Unreachable(why)),
        Ok(result) => result,
        Err(_) => Err(ImapError::Timeout),
    }
}

async fn connect_within(
    dial: &dyn Dial,
    settings: &ImapSettings,
    deadline: Instant,
) -> Result<Connection, ImapError> {
    let unreachable = |fault: io::Error| ImapError::Unreachable(fault.to_string());
    let mut stream = dial.dial(settings).await.map_err(unreachable)?;
    if settings.security == Security::Tls {
        stream = secure(stream, settings).await?;
    }
    let mut connection = Connection::new(stream, settings.deadlines, settings.hide.clone());
    greeting(&mut connection, deadline).await?;
    if settings.security == Security::StartTls {
        let asked = connection
            .simple(None, |c| c.atom("STARTTLS"), &mut nothing)
            .await;
        match asked {
            Ok(_) => {}
            Err(ImapError::Refused(why)) => {
                return Err(ImapError::Unreachable(format!("STARTTLS refused: {why}")));
            }
            Err(other) => return Err(other),
        }
        // T31: what was said in the clear, capabilities and injected answers alike, ends here: the
        // old connection's buffers go, only its stream stays.
        let stream = secure(connection.into_stream(), settings).await?;
        connection = Connection::new(stream, settings.deadlines, settings.hide.clone());
    }
    Ok(connection)
}

async fn secure(
    stream: Box<dyn Stream>,
    settings: &ImapSettings,
) -> Result<Box<dyn Stream>, ImapError> {
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|_| ImapError::Unreachable("the host is no name a certificate bears".into()))?;
    let connector = TlsConnector::from(Arc::clone(&settings.tls));
    let stream = connector
        .connect(name, stream)
        .await
        .map_err(|fault| ImapError::Unreachable(format!("TLS: {fault}")))?;
    Ok(Box::new(stream))
}

async fn greeting(connection: &mut Connection, deadline: Instant) -> Result<(), ImapError> {
    let Incoming::Response(Response::Untagged(Untagged::Status { status, code, text })) =
        connection.next(deadline, &mut &[][..]).await?
    else {
        return Err(protocol("no IMAP greeting"));
    };
    match status {
        Status::Ok => connection.fold(Untagged::Status { status, code, text }),
        Status::Bye => Err(ImapError::LoginUnavailable(printable(&text))),
        // T31: logged in already, as nobody knows whom, and past the point where TLS could start.
        Status::PreAuth => Err(protocol("a greeting that skips the login")),
        Status::No | Status::Bad => Err(protocol("a greeting of NO or BAD")),
    }
}
