//! The wire to phones: accept loop, TLS, HTTP/1.1, the EAS request line, gzip and all limits of the
//! transport ([MS-ASHTTP]). Only this room knows hyper.
//!
//! What comes in: [`serve`] takes listeners and a [`Service`]. What goes out: the service sees a
//! [`Head`] first and decides who may come in, before a byte of the body is read (T8), and then an
//! [`EasRequest`]; it answers with a [`Reply`], and the headers every EAS answer needs are added
//! here.
//!
//! On the way of a request: `accept` (how many, from where), `connection` (first byte, TLS), `guard`
//! (every byte passes it: strict heads, times), hyper, `handler` (paths, order), `body`, the
//! service, `response`, and `record` writes the line.

mod accept;
mod addresses;
mod body;
mod client_address;
mod connection;
mod guard;
mod gzip;
mod handler;
mod idle;
mod other;
mod pages;
mod panics;
mod ready;
mod record;
mod reply;
mod request;
mod response;
mod service;
mod tls;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Limits, Network};
use crate::task;

pub use accept::{BindError, bind, descriptors};
pub use other::OtherRequest;
pub use ready::{announce_ready, announce_stopping, feed_watchdog};
pub(crate) use reply::{MULTIPART, WBXML};
pub use reply::{Reply, ReplyBody};
pub use request::{Authorization, BadHead, EasRequest, Head};
pub use service::Service;
pub use tls::{Certificates, TlsError, TlsMode, certificate_end};

/// How a front serves.
#[derive(Clone, Debug)]
pub struct Settings {
    pub tls: TlsMode,
    pub limits: Limits,
    /// Peers whose X-Forwarded-For is believed (T41).
    pub trusted_proxies: Vec<Network>,
}

/// After the grace, time for connections to notice that they are cut.
const CUT_TIME: Duration = Duration::from_secs(5);

/// Serves until `shutdown` is cancelled: then nothing new is accepted, running requests finish (the
/// service is expected to end held ones, see [`Service`]), and what still runs after
/// `limits.shutdown` is cut. Returns when the last connection has ended.
///
/// # Errors
/// TLS cannot be set up; nothing was served.
pub async fn serve<S: Service>(
    listeners: Vec<TcpListener>,
    settings: Settings,
    service: Arc<S>,
    shutdown: CancellationToken,
) -> Result<(), TlsError> {
    let Settings {
        tls,
        limits,
        trusted_proxies,
    } = settings;
    let closing = shutdown.child_token();
    let kill = CancellationToken::new();
    // Whoever drops this future ends the server.
    let _guards = (closing.clone().drop_guard(), kill.clone().drop_guard());

    let limits = Arc::new(limits);
    let acceptor = match &tls {
        TlsMode::Off => None,
        TlsMode::On(certificates) => {
            let config = tls::server_config(Arc::clone(certificates))?;
            let (watched, stop) = (Arc::clone(certificates), closing.clone());
            task::spawn("certificates", async move { watched.watch(stop).await });
            Some(TlsAcceptor::from(Arc::new(config)))
        }
    };
    let connections = TaskTracker::new();
    let places = limits
        .connections
        .unwrap_or_else(accept::default_connections)
        .min(Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(places));
    let addresses = addresses::Addresses::new(&limits);
    let idle = Arc::new(idle::Idle::default());
    let handler = handler::Handler::new(
        service,
        Arc::clone(&limits),
        trusted_proxies.clone(),
        shutdown,
    );
    let context = Arc::new(connection::Context {
        handler: Arc::new(handler),
        http: connection::http_builder(&limits),
        limits: Arc::clone(&limits),
        tls: acceptor,
        closing: closing.clone(),
        kill: kill.clone(),
    });
    let accepting: Vec<_> = listeners
        .into_iter()
        .map(|listener| {
            let acceptor = accept::Acceptor {
                listener,
                context: Arc::clone(&context),
                places: Arc::clone(&places),
                addresses: Arc::clone(&addresses),
                idle: Arc::clone(&idle),
                trusted: trusted_proxies.clone(),
                connections: connections.clone(),
            };
            task::spawn("accept", acceptor.run())
        })
        .collect();
    drop(context);
    for task in accepting {
        let _ = task.await;
    }
    connections.close();
    if timeout(limits.shutdown, connections.wait()).await.is_err() {
        tracing::warn!(left = connections.len(), "connections are cut");
        kill.cancel();
        let _ = timeout(CUT_TIME, connections.wait()).await;
    }
    Ok(())
}
