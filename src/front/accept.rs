//! Accepting connections: how many in all, how many from one address, and what happens when
//! descriptors run out (T10, T55).

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::Service;
use super::addresses::Addresses;
use super::connection::{Context, run};
use super::guard::limit_hit;
use super::idle::{Idle, Seat};
use crate::config::Network;
use crate::task;

/// Phones of a whole company coming back at once wait here (T57).
const BACKLOG: i32 = 4096;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often to look for an idle connection to shed while all places are taken.
const SHED_EVERY: Duration = Duration::from_millis(100);
/// Assumed where the system does not tell how many descriptors there are.
const FEW_DESCRIPTORS: usize = 1024;

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}{}", hint(.source))]
pub struct BindError {
    pub address: SocketAddr,
    #[source]
    pub source: io::Error,
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => " (ports below 1024 need CAP_NET_BIND_SERVICE)",
        io::ErrorKind::AddrInUse => " (something else listens there already)",
        _ => "",
    }
}

/// Opens listeners. `[::]` takes IPv4 too, and where there is no IPv6 it is `0.0.0.0`.
///
/// # Errors
/// The first address that cannot be had.
pub fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, BindError> {
    addresses
        .iter()
        .map(|address| {
            listen(*address)
                .or_else(|error| match address {
                    SocketAddr::V6(v6) if v6.ip().is_unspecified() && is_no_ipv6(&error) => {
                        listen(SocketAddr::from(([0, 0, 0, 0], v6.port())))
                    }
                    _ => Err(error),
                })
                .map_err(|source| BindError {
                    address: *address,
                    source,
                })
        })
        .collect()
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn is_no_ipv6(error: &io::Error) -> bool {
    const EAFNOSUPPORT: i32 = 97;
    error.raw_os_error() == Some(EAFNOSUPPORT) || error.kind() == io::ErrorKind::AddrNotAvailable
}

/// How many phones may be connected: four fifths of the descriptors, the rest is for backends and
/// the database (O10 starts to refuse there).
pub(super) fn default_connections() -> usize {
    (descriptors().unwrap_or(FEW_DESCRIPTORS) / 5 * 4).max(1)
}

/// How many descriptors this process may open.
pub fn descriptors() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/limits").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// Accepts on one listener.
pub(super) struct Acceptor<S> {
    pub listener: TcpListener,
    pub context: Arc<Context<S>>,
    pub places: Arc<Semaphore>,
    pub addresses: Arc<Addresses>,
    pub idle: Arc<Idle>,
    pub trusted: Vec<Network>,
    pub connections: TaskTracker,
}

impl<S: Service> Acceptor<S> {
    /// Runs until the server closes.
    pub(super) async fn run(self) {
        let closing = self.context.closing.clone();
        closing.run_until_cancelled(self.accept_all()).await;
    }

    async fn accept_all(&self) {
        let mut reserve = File::open("/dev/null").ok();
        let mut pause = FIRST_PAUSE;
        loop {
            let place = self.place().await;
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    pause = FIRST_PAUSE;
                    self.take(stream, peer, place);
                }
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    // Out of descriptors or memory. The reserve lets one waiting peer be told by a
                    // close instead of hanging; then others get time to end.
                    tracing::warn!(%error, "cannot accept a connection");
                    limit_hit("descriptors");
                    drop(reserve.take());
                    let _ = timeout(Duration::ZERO, self.listener.accept()).await;
                    reserve = File::open("/dev/null").ok();
                    self.idle.shed();
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Waits for a place, shedding idle connections to make one.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                return Some(place);
            }
            limit_hit("connections");
            self.idle.shed();
            let wait = Arc::clone(&self.places).acquire_owned();
            if let Ok(place) = timeout(SHED_EVERY, wait).await {
                return place.ok();
            }
        }
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr, place: Option<OwnedSemaphorePermit>) {
        let address = peer.ip().to_canonical();
        let is_proxy = self.trusted.iter().any(|network| network.contains(address));
        let counted = match is_proxy {
            true => None,
            false => match self.addresses.enter(address) {
                Ok(counted) => Some(counted),
                Err(limit) => return limit_hit(limit),
            },
        };
        // Small answers should not wait for more.
        let _ = stream.set_nodelay(true);
        let context = Arc::clone(&self.context);
        let seat = Seat::new(&self.idle);
        let running = self.connections.token();
        task::spawn("connection", async move {
            run(context, stream, address, counted, seat).await;
            drop((place, running));
        });
    }
}

/// Errors accept(2) passes on from a connection that died before it was taken.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
            | io::ErrorKind::TimedOut
            | io::ErrorKind::PermissionDenied
    )
}
