//! HTTP/1.1 as phones speak it, over TCP or TLS: bytes out, bytes in. Every answer is checked.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use airgate_codec::ProtocolVersion;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::schema::Checker;

/// The content type of EAS bodies.
pub const WBXML: &str = "application/vnd.ms-sync.wbxml";
/// The content type of answers in parts.
pub const MULTIPART: &str = "application/vnd.ms-sync.multipart";
/// How long a phone waits for anything but a held request.
const PATIENCE: Duration = Duration::from_secs(8);

/// An answer as it came, its body inflated.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The parts behind the first, where the answer came in parts; `body` is the first.
    pub parts: Vec<Bytes>,
}

impl Answer {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// The test asked for it: see [`Loss`].
    Lost,
    /// No connection, or it broke.
    Broken(String),
    /// The server said nothing for [`PATIENCE`].
    Silence,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("the answer was lost, as asked"),
            Self::Broken(why) => write!(f, "the connection broke: {why}"),
            Self::Silence => f.write_str("no answer in time"),
        }
    }
}

/// How the network loses an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Loss {
    /// The server has answered, the phone never sees it.
    Answer,
    /// The connection is closed as soon as the request is out; the server may or may not notice.
    Connection,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: Method,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// What to call it in failures, such as `Sync`.
    pub what: String,
    /// How long it may be held: the interval of a Ping.
    pub held: Duration,
}

/// A way to one server, with its connections kept open as phones do.
#[derive(Clone, Debug)]
pub struct Wire {
    server: SocketAddr,
    tls: Option<Arc<rustls::ClientConfig>>,
    idle: Arc<Mutex<Vec<SendRequest<Full<Bytes>>>>>,
    checker: Arc<Checker>,
}

impl Wire {
    pub fn new(server: SocketAddr, tls: Option<Arc<rustls::ClientConfig>>) -> Self {
        Self {
            server,
            tls,
            idle: Arc::default(),
            checker: Arc::default(),
        }
    }

    /// Sends and gives the checked answer; `version` is the one it must fit.
    ///
    /// # Errors
    /// No answer came, or `loss` took it.
    ///
    /// # Panics
    /// The answer is none that a phone could read.
    pub async fn send(
        &self,
        sent: &Sent,
        version: ProtocolVersion,
        loss: Option<Loss>,
    ) -> Result<Answer, NoAnswer> {
        let whole = async {
            if loss == Some(Loss::Connection) {
                return self.send_and_leave(sent).await;
            }
            // A kept connection may have been closed meanwhile: then once more on a new one.
            if let Some(mut sender) = self.take_idle()
                && sender.ready().await.is_ok()
                && let Ok(answer) = self.exchange(sender, sent).await
            {
                return Ok(answer);
            }
            let sender = self.connect().await?;
            self.exchange(sender, sent).await
        };
        let answer = tokio::time::timeout(sent.held + PATIENCE, whole)
            .await
            .map_err(|_| NoAnswer::Silence)??;
        let answer = self.check(answer, sent, version);
        match loss {
            Some(_) => Err(NoAnswer::Lost),
            None => Ok(answer),
        }
    }

    /// The elements of all answers so far, as `AirSync:Status`.
    pub fn elements(&self) -> BTreeSet<String> {
        self.checker.elements()
    }

    /// Validates what was got so far instead of at the end.
    ///
    /// # Panics
    /// When something is not valid.
    pub fn validate(&self) {
        if let Err(trouble) = self.checker.validate() {
            panic!("{trouble}");
        }
    }

    fn take_idle(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let sender = idle.pop()?;
            if !sender.is_closed() {
                return Some(sender);
            }
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, NoAnswer> {
        let broken = |error: &dyn fmt::Display| NoAnswer::Broken(error.to_string());
        let stream = TcpStream::connect(self.server)
            .await
            .map_err(|error| broken(&error))?;
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            let (sender, connection) = handshake(TokioIo::new(stream))
                .await
                .map_err(|error| broken(&error))?;
            tokio::spawn(connection);
            return Ok(sender);
        };
        let name = ServerName::try_from("localhost").expect("a host name");
        let stream = TlsConnector::from(Arc::clone(tls))
            .connect(name, stream)
            .await
            .map_err(|error| broken(&error))?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn exchange(
        &self,
        mut sender: SendRequest<Full<Bytes>>,
        sent: &Sent,
    ) -> Result<Answer, NoAnswer> {
        let broken = |error: hyper::Error| NoAnswer::Broken(error.to_string());
        let response = sender.send_request(sent.request()).await.map_err(broken)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(broken)?.to_bytes();
        if !sender.is_closed() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(sender);
        }
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            parts: Vec::new(),
        })
    }

    /// Writes the request and closes, without waiting for anything.
    async fn send_and_leave(&self, sent: &Sent) -> Result<Answer, NoAnswer> {
        let mut sender = self.connect().await?;
        let sending = sender.send_request(sent.request());
        // Long enough for the bytes to leave; the answer would take longer.
        let _ = tokio::time::timeout(Duration::from_millis(1), sending).await;
        Err(NoAnswer::Lost)
    }

    /// The one place through which all answers pass.
    fn check(&self, mut answer: Answer, sent: &Sent, version: ProtocolVersion) -> Answer {
        if answer.header(CONTENT_ENCODING.as_str()) == "gzip" {
            answer.body = inflate(&answer.body);
        }
        let kind = answer.header(CONTENT_TYPE.as_str()).to_owned();
        if kind.starts_with(MULTIPART) {
            let mut parts = split(&answer.body);
            answer.body = parts.remove(0);
            answer.parts = parts;
        }
        if kind.starts_with(WBXML) || kind.starts_with(MULTIPART) {
            assert!(!answer.body.is_empty(), "{}: no body but a type", sent.what);
            self.checker.take(&sent.what, version, &answer.body);
        } else if answer.status == 200 && sent.method == Method::POST {
            // Nothing new, a mail sent, or an attachment of GetAttachment: never a page of text,
            // which some phones try to read as WBXML.
            assert!(
                answer.body.is_empty() || sent.what == "GetAttachment",
                "{}: a body of type {kind:?}: {}",
                sent.what,
                answer.text()
            );
        }
        answer
    }
}

impl Sent {
    fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.parse().expect("a path and query");
        *request.headers_mut() = self.headers.clone();
        request
    }
}

fn inflate(body: &[u8]) -> Bytes {
    use std::io::Read as _;
    let mut inflated = Vec::new();
    flate2::read::GzDecoder::new(body)
        .read_to_end(&mut inflated)
        .expect("the server's gzip is whole");
    inflated.into()
}

/// The parts of a multipart answer ([MS-ASCMD] 2.2.1.10.1.1): a count, then offset and length each.
fn split(body: &Bytes) -> Vec<Bytes> {
    let number = |at: usize| -> usize {
        let bytes = body.get(at..at + 4).expect("the table of parts is whole");
        let bytes: [u8; 4] = bytes.try_into().expect("four bytes");
        usize::try_from(u32::from_le_bytes(bytes)).expect("32 bits")
    };
    (0..number(0))
        .map(|part| {
            let (offset, length) = (number(4 + part * 8), number(8 + part * 8));
            assert!(
                offset + length <= body.len(),
                "a part outside of the answer"
            );
            body.slice(offset..offset + length)
        })
        .collect()
}
