//! The life of one connection: first byte, TLS handshake, requests, end.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::Service;
use super::addresses::Place;
use super::guard::{Guard, Shared, limit_hit};
use super::handler::{Connection, Handler};
use super::idle::Seat;
use crate::config::Limits;

/// What all connections share.
pub(super) struct Context<S> {
    pub handler: Arc<Handler<S>>,
    pub limits: Arc<Limits>,
    pub tls: Option<TlsAcceptor>,
    pub http: http1::Builder,
    /// Finish what runs, take nothing new.
    pub closing: CancellationToken,
    /// End at once.
    pub kill: CancellationToken,
}

/// hyper's own limits stand behind the guard's: should one let something through, the other holds.
pub(super) fn http_builder(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.idle + limits.head + BEHIND_GUARD)
        .max_header_size(limits.head_size + 1)
        // What a body or an answer may take in buffers; a head must fit.
        .max_buf_size((64 * 1024).max(limits.head_size * 2))
        .half_close(false)
        .keep_alive(true);
    http
}

const BEHIND_GUARD: Duration = Duration::from_secs(5);
/// Said in the clear to who speaks HTTP to a TLS port.
const WRONG_PORT: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\
    Content-Length: 42\r\nConnection: close\r\n\r\nThis port speaks HTTPS, the address has s.\n";

/// Serves a connection to its end. `place` is what it costs its address until someone signs in.
pub(super) async fn run<S: Service>(
    context: Arc<Context<S>>,
    stream: TcpStream,
    peer: IpAddr,
    place: Option<Place>,
    seat: Seat,
) {
    let seat = Arc::new(seat);
    let kill = context.kill.clone();
    tokio::select! {
        biased;
        () = kill.cancelled() => {}
        () = seat.asked_to_leave() => limit_hit("idle_shed"),
        () = secure(context, stream, peer, place, Arc::clone(&seat)) => {}
    }
}

/// Sees to TLS.
async fn secure<S: Service>(
    context: Arc<Context<S>>,
    stream: TcpStream,
    peer: IpAddr,
    place: Option<Place>,
    seat: Arc<Seat>,
) {
    let Some(tls) = &context.tls else {
        return talk(context, stream, peer, place, seat).await;
    };
    let limits = &context.limits;
    let mut first = [0];
    match timeout(limits.first_byte, stream.peek(&mut first)).await {
        Ok(Ok(1)) => {}
        Ok(_) => return,
        Err(_) => return limit_hit("first_byte"),
    }
    if first[0].is_ascii_uppercase() {
        let mut stream = stream;
        let _ = timeout(limits.handshake, stream.write_all(WRONG_PORT)).await;
        return;
    }
    match timeout(limits.handshake, tls.accept(stream)).await {
        // Boxed, since each step of a future keeps room of its own for what it was handed.
        Ok(Ok(stream)) => talk(context, Box::new(stream), peer, place, seat).await,
        Ok(Err(error)) => tracing::debug!(addr = %peer, %error, "TLS handshake failed"),
        Err(_) => limit_hit("handshake"),
    }
}

/// Speaks HTTP.
async fn talk<S: Service, T>(
    context: Arc<Context<S>>,
    stream: T,
    peer: IpAddr,
    place: Option<Place>,
    seat: Arc<Seat>,
) where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let shared = Shared::new(
        Arc::clone(&context.limits),
        Box::new(move |idle| seat.set(idle)),
    );
    let place = Mutex::new(place);
    let connection = Arc::new(Connection {
        peer,
        shared: Arc::clone(&shared),
        admitted: Box::new(move || {
            place.lock().unwrap_or_else(PoisonError::into_inner).take();
        }),
    });
    let handler = Arc::clone(&context.handler);
    let service =
        service_fn(move |request| Arc::clone(&handler).answer(Arc::clone(&connection), request));
    let io = TokioIo::new(Guard::new(stream, Arc::clone(&shared)));
    let mut http = std::pin::pin!(context.http.serve_connection(io, service));
    let closed = async {
        context.closing.cancelled().await;
        shared.close();
    };
    let result = tokio::select! {
        result = http.as_mut() => result,
        () = closed => {
            http.as_mut().graceful_shutdown();
            http.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(addr = %peer, %error, "connection ended");
    }
}
