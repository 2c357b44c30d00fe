//! A service that records and obeys, a server round it, and a client that sends raw bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use airgate_codec::eas::request_line::CommandName;
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::super::*;
use crate::config::{Config, ServeArgs};

/// Nothing in these tests should take this long.
pub(super) const SOON: Duration = Duration::from_secs(8);
pub(super) const QUERY: &str = "User=alice&DeviceId=ABC1&DeviceType=SP";
/// alice:secret
pub(super) const AUTH: &str = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";

/// What each command does is written at [`Service::command`].
pub(super) struct Obedient {
    pub held: Notify,
    pub dropped: Arc<Notify>,
    pub stopping: CancellationToken,
    pub commands: AtomicUsize,
    pub seen: Mutex<Vec<Bytes>>,
}

#[async_trait]
impl Service for Obedient {
    type Admission = String;

    async fn admit(&self, head: &Head) -> Result<String, Reply> {
        match &head.authorization {
            Some(Authorization::Basic { user, secret }) if secret.expose_secret() == "secret" => {
                Ok(user.clone())
            }
            Some(Authorization::Basic { user, .. }) if user == "panic" => panic!("in the gate"),
            _ => Err(Reply::unauthorized()),
        }
    }

    async fn options(&self, _head: &Head, _admission: String) -> Reply {
        Reply::empty().with_header(
            HeaderName::from_static("ms-asprotocolversions"),
            HeaderValue::from_static("14.1,16.1"),
        )
    }

    async fn command(&self, user: String, request: EasRequest) -> Reply {
        self.commands.fetch_add(1, Ordering::SeqCst);
        self.seen.lock().unwrap().push(request.body.clone());
        let head = request.head;
        match head.line.as_ref().unwrap().command {
            // Waits for ever, or for the shutdown.
            CommandName::Ping => {
                struct Dropped(Arc<Notify>);
                impl Drop for Dropped {
                    fn drop(&mut self) {
                        self.0.notify_one();
                    }
                }
                let _dropped = Dropped(Arc::clone(&self.dropped));
                self.held.notify_one();
                self.stopping.cancelled().await;
                Reply::wbxml(b"over".to_vec())
            }
            // Waits, and does not care about a shutdown.
            CommandName::Settings => {
                self.held.notify_one();
                std::future::pending().await
            }
            // Tells what it saw.
            CommandName::FolderSync => {
                let line = head.line.unwrap();
                Reply::wbxml(
                    format!(
                        "{user} {} {:?} {:?} {} {} {:?} {} {:?}",
                        line.command,
                        line.device_id,
                        line.device_type,
                        head.version.unwrap(),
                        head.multipart,
                        head.policy_key,
                        head.client,
                        request.body,
                    )
                    .into_bytes(),
                )
            }
            CommandName::Sync => Reply::wbxml(request.body.len().to_string().into_bytes()),
            CommandName::SendMail => Reply::empty(),
            CommandName::ItemOperations => Reply::multipart(vec![7; 100_000]),
            CommandName::Search => panic!("in a command"),
            CommandName::Provision => Reply::provision(),
            CommandName::MoveItems => Reply::unavailable(Duration::from_millis(1500)),
            // So much that no socket buffer takes it.
            CommandName::Find => Reply::wbxml(vec![0; 64 << 20]),
            CommandName::GetAttachment => {
                let (sender, chunks) = mpsc::channel(1);
                let wanted = head.line.unwrap().attachment_name.unwrap();
                task::spawn("attachment", async move {
                    for _ in 0..3 {
                        let chunk = Ok(Bytes::from(vec![b'x'; 50_000]));
                        let _ = sender.send(chunk).await;
                    }
                    if wanted == "broken" {
                        let _ = sender.send(Err(std::io::ErrorKind::Other.into())).await;
                    }
                });
                let length = if head.multipart { None } else { Some(150_000) };
                let length = length.map(|n| {
                    if wanted_short(&request.body) {
                        n + 1
                    } else {
                        n
                    }
                });
                Reply::stream("image/png", length, chunks)
            }
            _ => Reply::http(StatusCode::NOT_IMPLEMENTED, ""),
        }
    }
}

fn wanted_short(body: &[u8]) -> bool {
    body == b"short"
}

/// A running server.
pub(super) struct Server {
    pub address: SocketAddr,
    pub service: Arc<Obedient>,
    pub shutdown: CancellationToken,
    pub task: JoinHandle<()>,
}

pub(in crate::front) fn default_limits() -> Limits {
    let args = ServeArgs {
        imap: Some("imap://127.0.0.1".to_owned()),
        ..ServeArgs::default()
    };
    Config::load(&args, []).unwrap().config.limits
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::with(|_| {}, TlsMode::Off).await
    }

    pub(super) async fn limited(change: impl FnOnce(&mut Limits)) -> Self {
        Self::with(change, TlsMode::Off).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Limits), tls: TlsMode) -> Self {
        let mut limits = default_limits();
        change(&mut limits);
        let settings = Settings {
            tls,
            limits,
            trusted_proxies: Vec::new(),
        };
        Self::custom(settings).await
    }

    pub(super) async fn custom(settings: Settings) -> Self {
        let listeners = bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let address = listeners[0].local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let service = Arc::new(Obedient {
            held: Notify::new(),
            dropped: Arc::new(Notify::new()),
            stopping: shutdown.clone(),
            commands: AtomicUsize::new(0),
            seen: Mutex::new(Vec::new()),
        });
        let serving = serve(listeners, settings, Arc::clone(&service), shutdown.clone());
        let task = task::spawn("server", async move { serving.await.unwrap() });
        Self {
            address,
            service,
            shutdown,
            task,
        }
    }

    pub(super) async fn connect(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// One request on its own connection.
    pub(super) async fn ask(&self, request: &[u8]) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    pub(super) fn commands(&self) -> usize {
        self.service.commands.load(Ordering::SeqCst)
    }
}

/// A command as a phone sends it, with further headers.
pub(super) fn post(command: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /Microsoft-Server-ActiveSync?Cmd={command}&{QUERY} HTTP/1.1\r\nHost: mail.test\r\n\
         MS-ASProtocolVersion: 14.1\r\n{AUTH}{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A connection that sends raw bytes.
pub(super) struct Client<S> {
    pub stream: S,
    buffer: Vec<u8>,
}

/// A parsed answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub reason: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) {
        // A server that refuses early may close before it read everything.
        let _ = timeout(SOON, self.stream.write_all(bytes)).await.unwrap();
    }

    async fn fill(&mut self) -> usize {
        let read = self.stream.read_buf(&mut self.buffer);
        timeout(SOON, read).await.expect("an answer").unwrap_or(0)
    }

    /// The next answer; panics when the connection ends first.
    pub(super) async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("a whole answer")
    }

    /// The next answer; None when the connection ends before or in it.
    pub(super) async fn try_answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if self.fill().await == 0 {
                return None;
            }
        };
        let head = String::from_utf8(self.buffer.drain(..end + 4).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let mut first = lines.next().unwrap().splitn(3, ' ').skip(1);
        let mut answer = Answer {
            status: first.next().unwrap().parse().unwrap(),
            reason: first.next().unwrap_or_default().to_owned(),
            headers: lines
                .map(|line| line.split_once(": ").unwrap())
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: Vec::new(),
        };
        if answer.status == 100 {
            return Some(answer);
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let line = self.line().await?;
                let size = usize::from_str_radix(&line, 16).unwrap();
                let piece = self.exactly(size + 2).await?;
                answer.body.extend_from_slice(&piece[..size]);
                if size == 0 {
                    return Some(answer);
                }
            }
        }
        let length = answer
            .header("content-length")
            .map_or(0, |text| text.parse().unwrap());
        answer.body = self.exactly(length).await?;
        Some(answer)
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(String::from_utf8(line).unwrap().trim().to_owned());
            }
            if self.fill().await == 0 {
                return None;
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            if self.fill().await == 0 {
                return None;
            }
        }
        Some(self.buffer.drain(..length).collect())
    }

    /// Everything until the connection ends.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await > 0 {}
        std::mem::take(&mut self.buffer)
    }

    /// Whether the connection ends without another byte.
    pub(super) async fn is_closed(&mut self) -> bool {
        self.rest().await.is_empty()
    }
}

pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
