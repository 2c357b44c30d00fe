//! From a request on the wire to the service and back: which path, which method, in which order.
//!
//! For a command: judge the head, ask the gate, read the body, run the command, dress the answer.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use airgate_codec::eas::request_line::CommandName;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;

use super::client_address::client_address;
use super::guard::{Shared, limit_hit};
use super::other::MAX_BODY;
use super::panics::Caught;
use super::record::Record;
use super::reply::Reply;
use super::request::{BadHead, EasRequest, Head};
use super::response::{Dress, Outgoing, response};
use super::{OtherRequest, Service, body, gzip, pages};
use crate::clock;
use crate::config::{Limits, Network};

const EAS_PATH: &str = "/microsoft-server-activesync";
/// A request that ran into its time limit: the phone may well have more luck in a minute.
const RETRY_AFTER_TIMEOUT: Duration = Duration::from_secs(60);

/// What all connections of a server share.
pub(super) struct Handler<S> {
    service: Arc<S>,
    limits: Arc<Limits>,
    trusted: Vec<Network>,
    shutdown: CancellationToken,
    next_id: AtomicU64,
}

/// What a request needs to know of its connection.
pub(super) struct Connection {
    pub peer: IpAddr,
    pub shared: Arc<Shared>,
    /// Called when someone was let in on this connection.
    pub admitted: Box<dyn Fn() + Send + Sync>,
}

pub(super) type Answer =
    Pin<Box<dyn Future<Output = Result<Response<Outgoing>, Infallible>> + Send>>;

impl<S: Service> Handler<S> {
    pub(super) fn new(
        service: Arc<S>,
        limits: Arc<Limits>,
        trusted: Vec<Network>,
        shutdown: CancellationToken,
    ) -> Self {
        // Ids go on from the clock, so that they do not repeat after a restart.
        let first = u64::try_from(clock::now_millis()).unwrap_or_default() << 20;
        Self {
            service,
            limits,
            trusted,
            shutdown,
            next_id: AtomicU64::new(first),
        }
    }

    /// Answers one request. Dropping the future drops whatever command runs in it.
    pub(super) fn answer(
        self: Arc<Self>,
        connection: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Answer {
        Box::pin(async move {
            let id = self.next_id.fetch_add(1, Ordering::Relaxed);
            let client = client_address(connection.peer, request.headers(), &self.trusted);
            // It lives out here, so that it is written whatever happens to the request.
            let shared = Arc::clone(&connection.shared);
            let mut record = Record::new(shared, id, client, clock::monotonic());
            let gzip = gzip::is_accepted(request.headers());
            let eas = is_eas_path(request.uri().path());
            let reply = Caught::new(self.route(&connection, request, eas, &mut record)).await;
            let reply = reply.unwrap_or_else(Reply::internal_error);
            // The answer has the time of an ordinary request, however long the phone waited for it.
            let deadline = clock::deadline(self.limits.request);
            connection.shared.set_deadline(deadline);
            let dress = Dress {
                gzip,
                eas,
                // Said at once, so that no phone sends its next request into a closing connection.
                close: self.shutdown.is_cancelled(),
                deadline,
            };
            Ok(response(reply, dress, record).await)
        })
    }

    async fn route(
        &self,
        connection: &Connection,
        request: Request<Incoming>,
        eas: bool,
        record: &mut Record,
    ) -> Reply {
        let method = request.method().clone();
        let is_get = matches!(method, Method::GET | Method::HEAD);
        if eas {
            return match method {
                Method::POST => self.post(connection, request, record).await,
                Method::OPTIONS => self.options(connection, request, record).await,
                _ if is_get => {
                    record.what = "page";
                    pages::endpoint(host(&request))
                }
                _ => not_implemented(),
            };
        }
        match request.uri().path() {
            "/" if is_get => {
                record.what = "page";
                pages::welcome(host(&request))
            }
            // Alive means that this line runs; nothing about the inside is told here (T53).
            "/healthz" if is_get => {
                record.what = "health";
                record.quiet = true;
                Reply::raw("text/plain; charset=utf-8", "ok\n")
            }
            _ if is_get || matches!(method, Method::POST | Method::OPTIONS) => {
                self.other(connection, request, record).await
            }
            _ => not_implemented(),
        }
    }

    /// A command.
    async fn post(
        &self,
        connection: &Connection,
        request: Request<Incoming>,
        record: &mut Record,
    ) -> Reply {
        let (parts, mut body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        let head = Head::read(Some(query), &parts.headers, record.client, record.id);
        // The rest of the head goes: it lies in the connection's buffer and would keep that alive.
        let headers = parts.headers;
        drop(parts.uri);
        let head = match head {
            Ok(head) => head,
            Err(fault) => {
                body::drain(body, &headers).await;
                return refused(&fault, &headers);
            }
        };
        record.note(&head);
        let command = head.line.as_ref().map(|line| line.command);
        let time = match command {
            Some(CommandName::Ping | CommandName::Sync) => self.limits.held_request,
            _ => self.limits.request,
        };
        let deadline = record.started + time;
        connection.shared.set_deadline(deadline);
        let wire_bytes = &mut record.bytes_in;
        let work = async move {
            let admission = match self.service.admit(&head).await {
                Ok(admission) => admission,
                Err(reply) => {
                    body::drain(body, &headers).await;
                    return reply;
                }
            };
            (connection.admitted)();
            let mut limit = body::limit(&head, &self.limits);
            if let Some(most) = self.service.most(&head) {
                limit = limit.min(usize::try_from(most).unwrap_or(usize::MAX));
            }
            let read = tokio::select! {
                // What comes in one piece, as most does, is not watched.
                biased;
                read = body::read(&mut body, &headers, limit, wire_bytes) => read,
                reply = self.service.over(&admission) => return reply,
            };
            match read {
                Ok(read) => {
                    // As above: a held request must not hold the buffer too.
                    drop((headers, body));
                    let request = EasRequest { head, body: read };
                    self.service.command(admission, request).await
                }
                Err(fault) => {
                    tracing::debug!(%fault, "request body refused");
                    let reply = fault.reply();
                    if !fault.is_too_large() {
                        return reply;
                    }
                    let most = (limit as u64).saturating_mul(body::DISCARDED);
                    body::discard(body, &headers, most);
                    self.service.too_large(&head).unwrap_or(reply)
                }
            }
        };
        timeout_at(deadline, work).await.unwrap_or_else(|_| {
            limit_hit("request_time");
            Reply::unavailable(RETRY_AFTER_TIMEOUT)
        })
    }

    /// A page that is the service's.
    async fn other(
        &self,
        connection: &Connection,
        request: Request<Incoming>,
        record: &mut Record,
    ) -> Reply {
        let deadline = record.started + self.limits.request;
        connection.shared.set_deadline(deadline);
        let (parts, mut body) = request.into_parts();
        let wire_bytes = &mut record.bytes_in;
        let (client, request_id) = (record.client, record.id);
        let work = async {
            let body = match body::read(&mut body, &parts.headers, MAX_BODY, wire_bytes).await {
                Ok(body) => body,
                Err(fault) => return fault.reply(),
            };
            let request = OtherRequest {
                method: parts.method,
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().map(str::to_owned),
                headers: parts.headers,
                body,
                client,
                request_id,
            };
            self.service.other(request).await
        };
        timeout_at(deadline, work).await.unwrap_or_else(|_| {
            limit_hit("request_time");
            Reply::unavailable(RETRY_AFTER_TIMEOUT)
        })
    }

    async fn options(
        &self,
        connection: &Connection,
        request: Request<Incoming>,
        record: &mut Record,
    ) -> Reply {
        record.what = "OPTIONS";
        let (parts, body) = request.into_parts();
        body::drain(body, &parts.headers).await;
        let mut head = match Head::read(None, &parts.headers, record.client, record.id) {
            Ok(head) => head,
            Err(fault) => return refused(&fault, &parts.headers),
        };
        head.note_options_query(parts.uri.query().unwrap_or_default());
        record.note(&head);
        let deadline = record.started + self.limits.request;
        connection.shared.set_deadline(deadline);
        let work = async {
            match self.service.admit(&head).await {
                Ok(admission) => {
                    (connection.admitted)();
                    self.service.options(&head, admission).await
                }
                Err(reply) => reply,
            }
        };
        match timeout_at(deadline, work).await {
            Ok(reply) if reply.status() == StatusCode::OK => reply
                .with_header(header::ALLOW, ALLOWED)
                .with_header(PUBLIC, ALLOWED),
            Ok(reply) => reply,
            Err(_) => Reply::unavailable(RETRY_AFTER_TIMEOUT),
        }
    }
}

/// The path in any letter case; some clients append a slash or a file name.
fn is_eas_path(path: &str) -> bool {
    let Some((start, rest)) = path.split_at_checked(EAS_PATH.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(EAS_PATH)
        && (matches!(rest, "" | "/") || rest.eq_ignore_ascii_case("/default.eas"))
}

/// The name the browser knows us by, without the port everyone assumes.
fn host(request: &Request<Incoming>) -> Option<&str> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let host = host.strip_suffix(":443").unwrap_or(host);
    (!host.is_empty()).then_some(host)
}

/// Whoever did not even try to sign in is asked to, as probes of EAS servers expect; the rest is
/// told what is wrong.
fn refused(fault: &BadHead, headers: &HeaderMap) -> Reply {
    tracing::debug!(%fault, "request refused");
    match headers.contains_key(header::AUTHORIZATION) {
        true => Reply::http(fault.status(), format!("{fault}\n")),
        false => Reply::unauthorized(),
    }
}

fn not_implemented() -> Reply {
    Reply::http(StatusCode::NOT_IMPLEMENTED, "This method is not served.\n")
        .with_header(header::ALLOW, ALLOWED)
}

const ALLOWED: HeaderValue = HeaderValue::from_static("OPTIONS,POST");
const PUBLIC: HeaderName = HeaderName::from_static("public");
