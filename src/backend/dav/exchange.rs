//! One request and its answer: who asks, redirects (T34), deadlines (T60), and what a status means.

use std::sync::Arc;

use airgate_codec::dav::{Answer, Answers, Href, Trailer, conditions};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout, timeout_at};

use super::auth::Scheme;
use super::error::DavError;
use super::pool::{Lease, Line, Pool, dial};
use crate::backend::Login;
use crate::backend::imap::printable;
use crate::backend::sasl::SecretKind;
use crate::clock;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: Verb,
    pub(super) href: &'a Href,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

/// The methods there are for us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verb {
    Options,
    Get,
    Propfind,
    Report,
    Put,
    Delete,
    Move,
    Mkcalendar,
    Mkcol,
    Proppatch,
}

/// An answer whose body was not read yet.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Incoming,
    line: Line,
    lease: Lease,
    until: Instant,
    pool: Arc<Pool>,
}

/// What we call ourselves.
const AGENT: &str = concat!("Airgate/", env!("CARGO_PKG_VERSION"));
/// Redirects followed for one request (T34).
const MAX_REDIRECTS: usize = 3;
/// Longest object. Above what servers take by default (Cyrus 10 MB, Nextcloud 10 MB).
pub(super) const MAX_OBJECT: usize = 16 * 1024 * 1024;
/// Of a body that only explains an error.
const MAX_EXPLANATION: usize = 64 * 1024;

impl Verb {
    const fn name(self) -> &'static str {
        match self {
            Self::Options => "OPTIONS",
            Self::Get => "GET",
            Self::Propfind => "PROPFIND",
            Self::Report => "REPORT",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Move => "MOVE",
            Self::Mkcalendar => "MKCALENDAR",
            Self::Mkcol => "MKCOL",
            Self::Proppatch => "PROPPATCH",
        }
    }

    /// Whether it may be done twice without anybody noticing.
    const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::Options | Self::Get | Self::Propfind | Self::Report
        )
    }
}

impl<'a> Ask<'a> {
    pub(super) fn new(method: Verb, href: &'a Href) -> Self {
        Self {
            method,
            href,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// A document of ours as the body.
    pub(super) fn xml(mut self, document: Vec<u8>) -> Self {
        let kind = HeaderValue::from_static("application/xml; charset=utf-8");
        self.headers.push((CONTENT_TYPE, kind));
        self.body = document.into();
        self
    }

    pub(super) fn depth(self, depth: &'static str) -> Self {
        self.header(
            HeaderName::from_static("depth"),
            HeaderValue::from_static(depth),
        )
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Asks, following redirects within the origin. Gives any answer that is not 401 or a redirect.
///
/// # Errors
/// No answer, a refused login, or a redirect elsewhere.
pub(super) async fn send(
    pool: &Arc<Pool>,
    login: &Login,
    ask: &Ask<'_>,
) -> Result<Reply, DavError> {
    let mut href = ask.href.clone();
    for _ in 0..=MAX_REDIRECTS {
        let reply = authenticated(pool, login, ask, &href).await?;
        if !matches!(reply.status.as_u16(), 301 | 302 | 307 | 308) {
            return Ok(reply);
        }
        let location = reply
            .headers
            .get(LOCATION)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        // The next request carries the user's secret: it goes to this very origin or nowhere.
        let next = Href::parse(location, &pool.settings.origin).map_err(|fault| {
            DavError::Redirected(format!("to {}: {fault}", printable(location)))
        })?;
        reply.discard().await;
        href = next;
    }
    Err(DavError::Redirected("in circles".into()))
}

/// Asks with what the server wants to be told who asks.
async fn authenticated(
    pool: &Arc<Pool>,
    login: &Login,
    ask: &Ask<'_>,
    href: &Href,
) -> Result<Reply, DavError> {
    let settings = &pool.settings;
    let mut tries = 0;
    loop {
        let (known, count) = pool.scheme(login);
        let scheme = known.or_else(|| {
            (!settings.exposed).then_some(match settings.secrets {
                SecretKind::Password => Scheme::Basic,
                SecretKind::Token => Scheme::Bearer,
            })
        });
        let value = scheme
            .as_ref()
            .map(|scheme| scheme.value(login, ask.method.name(), href.as_str(), count))
            .transpose()?;
        let reply = guarded(pool, login, ask, href, value).await?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        tries += 1;
        let wanted = Scheme::choose(&reply.headers, settings.secrets);
        let again = match (&scheme, &wanted) {
            // Nothing was said so far, or something else is wanted.
            (None, Some(_)) | (Some(Scheme::Basic), Some(Scheme::Digest(_))) => true,
            (Some(Scheme::Digest(old)), Some(Scheme::Digest(new))) => new.stale || old != new,
            (Some(Scheme::Digest(_)), Some(Scheme::Basic)) => true,
            _ => false,
        };
        reply.discard().await;
        match wanted {
            Some(wanted) if again && tries <= 2 => pool.set_scheme(login, wanted),
            Some(_) => {
                pool.remember_refusal(login);
                return Err(DavError::LoginRefused("401".into()));
            }
            // A challenge nobody can answer, or none: not the user's fault.
            None => return Err(DavError::Unavailable(StatusCode::UNAUTHORIZED)),
        }
    }
}

/// Asks if the breaker lets us, and tells it how it went.
async fn guarded(
    pool: &Arc<Pool>,
    login: &Login,
    ask: &Ask<'_>,
    href: &Href,
    authorization: Option<HeaderValue>,
) -> Result<Reply, DavError> {
    let lease = pool.lease(login).await?;
    let attempt = pool
        .breaker
        .attempt(clock::monotonic())
        .map_err(|open| DavError::BreakerOpen { until: open.until })?;
    let result = once(pool, lease, login, ask, href, authorization).await;
    let outage = match &result {
        Ok(reply) => matches!(reply.status.as_u16(), 502..=504),
        Err(error) => error.is_outage(),
    };
    match (outage, &result) {
        (true, _) => attempt.failed(clock::monotonic()),
        (false, Ok(_)) => attempt.succeeded(),
        // Ours: says nothing about the server.
        (false, Err(_)) => drop(attempt),
    }
    result
}

async fn once(
    pool: &Arc<Pool>,
    lease: Lease,
    login: &Login,
    ask: &Ask<'_>,
    href: &Href,
    authorization: Option<HeaderValue>,
) -> Result<Reply, DavError> {
    let until = clock::deadline(pool.settings.deadlines.request);
    let request = || build(pool, login, ask, href, authorization.as_ref());
    let mut reused = lease.idle(!ask.method.only_reads());
    loop {
        let (mut line, again) = match reused.take() {
            Some(line) => (line, true),
            None => (lease.connect().await?, false),
        };
        let patience = pool.settings.deadlines.progress;
        let answer = timeout(patience, line.requests.send_request(request()?)).await;
        match answer {
            Err(_) => return Err(DavError::Timeout),
            Ok(Ok(response)) => {
                let (head, body) = response.into_parts();
                return Ok(Reply {
                    status: head.status,
                    headers: head.headers,
                    body,
                    line,
                    lease,
                    until,
                    pool: Arc::clone(pool),
                });
            }
            // The server closed it while it was idle: nothing was done, or nothing that matters.
            Ok(Err(fault)) if again && (fault.is_canceled() || ask.method.only_reads()) => {}
            Ok(Err(fault)) => return Err(DavError::Disconnected(printable(&fault.to_string()))),
        }
    }
}

fn build(
    pool: &Pool,
    login: &Login,
    ask: &Ask<'_>,
    href: &Href,
    authorization: Option<&HeaderValue>,
) -> Result<Request<Full<Bytes>>, DavError> {
    let method = Method::from_bytes(ask.method.name().as_bytes())
        .map_err(|fault| DavError::Protocol(fault.to_string()))?;
    let mut request = Request::builder()
        .method(method)
        .uri(href.as_str())
        .header(HOST, pool.settings.authority())
        .header(USER_AGENT, AGENT)
        .body(Full::new(ask.body.clone()))
        .map_err(|fault| DavError::Protocol(fault.to_string()))?;
    let headers = request.headers_mut();
    for (name, value) in &ask.headers {
        headers.insert(name, value.clone());
    }
    if let Some(value) = authorization {
        headers.insert(AUTHORIZATION, value.clone());
    }
    // Quirk: Cyrus lets an administrator act for a user by this header; there is no standard.
    if let Some(user) = &login.acts_for {
        let value = HeaderValue::from_str(user).map_err(|_| DavError::Login)?;
        headers.insert(HeaderName::from_static("authorize-as"), value);
    }
    Ok(request)
}

/// Asks where everybody may ask (RFC 6764 5), without a word of who asks.
///
/// # Errors
/// No answer.
pub(super) async fn greet(pool: &Pool) -> Result<bool, DavError> {
    let mut line = timeout(pool.settings.deadlines.connect, dial(&pool.settings))
        .await
        .map_err(|_| DavError::Timeout)??;
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/.well-known/caldav")
        .header(HOST, pool.settings.authority())
        .header(USER_AGENT, AGENT)
        .body(Full::default())
        .map_err(|fault| DavError::Protocol(fault.to_string()))?;
    let patience = pool.settings.deadlines.progress;
    let answer = timeout(patience, line.requests.send_request(request))
        .await
        .map_err(|_| DavError::Timeout)?
        .map_err(|fault| DavError::Disconnected(printable(&fault.to_string())))?;
    // Who knows the path sends elsewhere, asks who is there, or says so in a header.
    Ok(answer.headers().contains_key("dav")
        || answer.status().is_redirection()
        || answer.status() == StatusCode::UNAUTHORIZED)
}

impl Reply {
    /// Reads a multistatus as it arrives and hands on one answer after the other.
    ///
    /// # Errors
    /// Another status than 207, a document that is none or breaks off.
    pub(super) async fn answers(
        mut self,
        mut take: impl FnMut(Answer),
    ) -> Result<Trailer, DavError> {
        if self.status != StatusCode::MULTI_STATUS {
            return Err(self.refusal().await);
        }
        let mut answers = Answers::default();
        while let Some(octets) = self.next().await? {
            answers.feed(&octets)?.into_iter().for_each(&mut take);
        }
        let trailer = answers.finish()?;
        self.lease.give_back(self.line);
        Ok(trailer)
    }

    /// The whole body of an answer that is 2xx.
    ///
    /// # Errors
    /// Another status, or more than `most` octets.
    pub(super) async fn octets(mut self, most: usize) -> Result<Bytes, DavError> {
        if !self.status.is_success() {
            return Err(self.refusal().await);
        }
        let mut whole = Vec::new();
        while let Some(octets) = self.next().await? {
            if whole.len() + octets.len() > most {
                return Err(DavError::TooLarge);
            }
            whole.extend_from_slice(&octets);
        }
        self.lease.give_back(self.line);
        Ok(whole.into())
    }

    /// The headers of an answer that is 2xx.
    ///
    /// # Errors
    /// Another status.
    pub(super) async fn done(mut self) -> Result<HeaderMap, DavError> {
        if !self.status.is_success() {
            return Err(self.refusal().await);
        }
        let headers = std::mem::take(&mut self.headers);
        self.discard().await;
        Ok(headers)
    }

    /// Reads what is left so that the connection can be used again, if that is little.
    pub(super) async fn discard(mut self) {
        let mut left = MAX_EXPLANATION;
        loop {
            match self.next().await {
                Ok(None) => return self.lease.give_back(self.line),
                Ok(Some(octets)) if octets.len() <= left => left -= octets.len(),
                _ => return,
            }
        }
    }

    /// What a status that is no success means.
    async fn refusal(mut self) -> DavError {
        let status = self.status;
        let mut body = Vec::new();
        let whole = loop {
            match self.next().await {
                Ok(None) => break true,
                Ok(Some(octets)) if body.len() + octets.len() <= MAX_EXPLANATION => {
                    body.extend_from_slice(&octets);
                }
                _ => break false,
            }
        };
        if whole {
            self.lease.give_back(self.line);
        }
        meaning(status, &conditions(&body))
    }

    /// The next octets of the body.
    async fn next(&mut self) -> Result<Option<Bytes>, DavError> {
        let patience = clock::deadline(self.pool.settings.deadlines.progress);
        loop {
            match timeout_at(patience.min(self.until), self.body.frame()).await {
                Err(_) => return Err(DavError::Timeout),
                Ok(None) => return Ok(None),
                Ok(Some(Err(fault))) => {
                    return Err(DavError::Disconnected(printable(&fault.to_string())));
                }
                Ok(Some(Ok(frame))) => {
                    if let Ok(octets) = frame.into_data() {
                        return Ok(Some(octets));
                    }
                }
            }
        }
    }
}

/// One place for what statuses mean (RFC 4918 11, RFC 4791 1.3, RFC 6578 3.2).
fn meaning(status: StatusCode, conditions: &[String]) -> DavError {
    let has = |name: &str| conditions.iter().any(|condition| condition == name);
    let why = || match conditions.first() {
        Some(condition) => printable(condition),
        None => status.to_string(),
    };
    if has("valid-sync-token") {
        return DavError::TokenInvalid;
    }
    if has("max-resource-size") {
        return DavError::TooLarge;
    }
    match status.as_u16() {
        404 | 410 => DavError::NotFound,
        405 | 501 => DavError::Unsupported("the method"),
        403 if has("supported-report") => DavError::Unsupported("the report"),
        403 if conditions.is_empty() || has("need-privileges") => DavError::Denied(why()),
        412 => DavError::Precondition,
        413 => DavError::TooLarge,
        507 => DavError::OverQuota,
        // Somebody holds a lock; somebody asks too much; some are not ready.
        423 | 425 | 429 | 500..=599 => DavError::Unavailable(status),
        _ => DavError::Refused { status, why: why() },
    }
}
