//! A mail submission server that keeps what it gets and fails when told to.
//!
//! RFC 5321 and 4954 as far as a submission client goes: EHLO, STARTTLS, AUTH PLAIN and LOGIN,
//! MAIL, RCPT, DATA, RSET, NOOP, QUIT, PIPELINING, SIZE, 8BITMIME, SMTPUTF8, DSN. It judges the
//! transfer: a bare CR or LF, or a line over 998 bytes in the message, is recorded as a fault of
//! the client (T26).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::backend::User;
use super::backend::maildir::Maildir;
use super::process::RunDir;
use super::tls::Certificate;

/// How long a test waits for a mail.
const PATIENCE: Duration = Duration::from_secs(8);

/// The longest text line of RFC 5321 4.5.3.1.6, without its end.
const LONGEST_LINE: usize = 998;

/// One accepted mail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Received {
    /// Who had logged in.
    pub user: Option<String>,
    pub from: String,
    pub to: Vec<String>,
    /// What stood behind the addresses of MAIL and each RCPT.
    pub options: Vec<String>,
    /// The message after dot-unstuffing.
    pub message: Vec<u8>,
}

impl Received {
    /// The message as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.message).into_owned()
    }
}

/// Something that goes wrong once, in the next transaction that gets there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// 421 instead of a greeting.
    Greeting,
    /// This code to AUTH.
    Auth(u16),
    /// This code to MAIL FROM.
    Mail(u16),
    /// This code to the next RCPT TO.
    Recipient(u16),
    /// This code to DATA.
    Data(u16),
    /// This code after the final dot; the mail is not kept.
    Message(u16),
    /// The mail is kept, the connection is cut before its answer (the ambiguous case of S17).
    CutAfterDot,
    /// The connection is cut before the final dot's answer and the mail is not kept.
    LoseAfterDot,
    /// The connection is cut at DATA.
    CutAtData,
    /// The answer to the final dot takes this long.
    Slow(Duration),
    /// These words instead of the usual answer, there.
    Says(Stage, &'static str),
    /// These words to the RCPT TO of this address, whenever that comes next.
    Refuses(&'static str, &'static str),
}

/// Where in a transaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    Mail,
    Recipient,
    Data,
    Message,
}

/// What EHLO offers.
#[derive(Clone, Debug)]
pub struct Offers {
    /// 0 says SIZE without a number.
    pub size: u64,
    /// Besides PIPELINING, SIZE, AUTH and ENHANCEDSTATUSCODES.
    pub extensions: Vec<&'static str>,
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            size: 60_000_000,
            extensions: vec!["8BITMIME", "SMTPUTF8", "DSN"],
        }
    }
}

/// How clients reach the server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Security {
    #[default]
    Plain,
    /// Plain at first; nothing but EHLO and STARTTLS before TLS.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// A running server. It ends with the runtime of the test.
#[derive(Debug)]
pub struct SmtpSink {
    shared: Arc<Shared>,
    port: u16,
    security: Security,
    certificate: Option<Certificate>,
    _dir: RunDir,
}

#[derive(Debug)]
struct Shared {
    users: Vec<User>,
    state: Mutex<State>,
    changed: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    faults: VecDeque<Fault>,
    client_faults: Vec<String>,
    deliveries: Vec<(String, Maildir)>,
    files: Option<(Maildir, String)>,
    offers: Offers,
    logins: usize,
}

impl SmtpSink {
    /// A plain server that lets these users in; with none, anyone without a login.
    pub async fn start(users: &[User]) -> Self {
        Self::start_with(users, Security::Plain).await
    }

    pub async fn start_with(users: &[User], security: Security) -> Self {
        let dir = RunDir::new("smtp");
        let certificate = (security != Security::Plain).then(|| Certificate::make(&dir));
        let acceptor = certificate
            .as_ref()
            .map(|certificate| TlsAcceptor::from(certificate.server()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let shared = Arc::new(Shared {
            users: users.to_vec(),
            state: Mutex::default(),
            changed: tokio::sync::Notify::new(),
        });
        tokio::spawn(accept(listener, Arc::clone(&shared), security, acceptor));
        Self {
            shared,
            port,
            security,
            certificate,
            _dir: dir,
        }
    }

    /// The value of Airgate's `--smtp`.
    pub fn url(&self) -> String {
        let scheme = match self.security {
            Security::Plain => "smtp",
            Security::StartTls => "smtp+starttls",
            Security::Tls => "smtps",
        };
        let host = match self.security {
            Security::Plain => "127.0.0.1",
            Security::StartTls | Security::Tls => "localhost",
        };
        format!("{scheme}://{host}:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a client has to trust; `None` for a plain server.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// Something to go wrong; several are taken in order.
    pub fn next_goes_wrong(&self, fault: Fault) {
        self.shared.state().faults.push_back(fault);
    }

    /// From now on, mail to `address` also lands in the INBOX of this Maildir.
    pub fn deliver_to(&self, address: &str, maildir: Maildir) {
        let delivery = (address.to_ascii_lowercase(), maildir);
        self.shared.state().deliveries.push(delivery);
    }

    /// From now on, each mail is also filed in this folder, as some servers do.
    pub fn files_in(&self, maildir: Maildir, folder: &str) {
        self.shared.state().files = Some((maildir, folder.to_owned()));
    }

    /// From now on, this is offered.
    pub fn offer(&self, offers: Offers) {
        self.shared.state().offers = offers;
    }

    /// All mails so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().received.clone()
    }

    /// How often somebody logged in.
    pub fn logins(&self) -> usize {
        self.shared.state().logins
    }

    /// What the client did that a server may refuse (T26); empty in a good run.
    pub fn client_faults(&self) -> Vec<String> {
        self.shared.state().client_faults.clone()
    }

    /// Waits until `count` mails have come and gives them.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let changed = self.shared.changed.notified();
                if self.received().len() >= count {
                    return self.received();
                }
                changed.await;
            }
        });
        match waited.await {
            Ok(received) => received,
            Err(_) => panic!("{} of {count} mails came", self.received().len()),
        }
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next fault if it is one that `here` accepts.
    fn fault<T>(&self, here: impl Fn(Fault) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        let found = here(*state.faults.front()?)?;
        state.faults.pop_front();
        Some(found)
    }

    /// The words of a [`Fault::Says`] for that stage.
    fn says(&self, stage: Stage) -> Option<&'static str> {
        self.fault(|fault| match fault {
            Fault::Says(here, words) if here == stage => Some(words),
            _ => None,
        })
    }

    fn keep(&self, received: Received) {
        let mut state = self.state();
        if let Some((maildir, folder)) = &state.files {
            maildir.deliver(folder, &received.message);
        }
        if let Some(fault) = judge(&received.message) {
            state.client_faults.push(fault);
        }
        for (address, maildir) in &state.deliveries {
            if received
                .to
                .iter()
                .any(|to| to.eq_ignore_ascii_case(address))
            {
                maildir.deliver("INBOX", &received.message);
            }
        }
        state.received.push(received);
        drop(state);
        self.changed.notify_waiters();
    }
}

fn judge(message: &[u8]) -> Option<String> {
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\r\n") else {
            return Some("a bare LF, or no line end at the end".to_owned());
        };
        if line.contains(&b'\r') {
            return Some("a bare CR".to_owned());
        }
        if line.len() > LONGEST_LINE {
            return Some(format!("a line of {} bytes", line.len()));
        }
    }
    None
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    security: Security,
    acceptor: Option<TlsAcceptor>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A client that breaks off is part of the tests.
            let _ = connection(stream, &shared, security, acceptor).await;
        });
    }
}

async fn connection(
    mut stream: TcpStream,
    shared: &Shared,
    security: Security,
    acceptor: Option<TlsAcceptor>,
) -> std::io::Result<()> {
    match (security, acceptor) {
        (Security::Tls, Some(acceptor)) => {
            let stream = acceptor.accept(stream).await?;
            let mut session = Session::new(stream, shared);
            session.greet().await?;
            session.serve(false).await?;
        }
        (Security::StartTls, Some(acceptor)) => {
            let mut session = Session::new(&mut stream, shared);
            session.greet().await?;
            if session.serve(true).await? == Ended::StartTls {
                let stream = acceptor.accept(stream).await?;
                Session::new(stream, shared).serve(false).await?;
            }
        }
        _ => {
            let mut session = Session::new(stream, shared);
            session.greet().await?;
            session.serve(false).await?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ended {
    Closed,
    StartTls,
}

struct Session<'a, S> {
    stream: tokio::io::BufReader<S>,
    shared: &'a Shared,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
    options: Vec<String>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    fn new(stream: S, shared: &'a Shared) -> Self {
        Self {
            stream: tokio::io::BufReader::new(stream),
            shared,
            user: None,
            from: None,
            to: Vec::new(),
            options: Vec::new(),
        }
    }

    async fn greet(&mut self) -> std::io::Result<()> {
        if self
            .shared
            .fault(|fault| (fault == Fault::Greeting).then_some(()))
            .is_some()
        {
            self.say("421 4.3.2 not now").await?;
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        self.say("220 sink.example ESMTP").await
    }

    async fn serve(&mut self, only_starttls: bool) -> std::io::Result<Ended> {
        loop {
            let Some(line) = self.line().await? else {
                return Ok(Ended::Closed);
            };
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" | "HELO" => self.hello(only_starttls).await?,
                "STARTTLS" if only_starttls => {
                    self.say("220 2.0.0 go ahead").await?;
                    return Ok(Ended::StartTls);
                }
                "QUIT" => {
                    self.say("221 2.0.0 bye").await?;
                    return Ok(Ended::Closed);
                }
                "NOOP" => self.say("250 2.0.0 OK").await?,
                _ if only_starttls => self.say("530 5.7.0 STARTTLS first").await?,
                "RSET" => {
                    self.from = None;
                    self.to.clear();
                    self.say("250 2.0.0 OK").await?;
                }
                "AUTH" => self.auth(rest).await?,
                "MAIL" => self.mail(rest).await?,
                "RCPT" => self.recipient(rest).await?,
                "DATA" => {
                    if !self.data().await? {
                        return Ok(Ended::Closed);
                    }
                }
                _ => self.say("502 5.5.1 unknown").await?,
            }
        }
    }

    async fn hello(&mut self, only_starttls: bool) -> std::io::Result<()> {
        let login = if only_starttls {
            "250-STARTTLS\r\n"
        } else if self.shared.users.is_empty() {
            ""
        } else {
            "250-AUTH PLAIN LOGIN\r\n"
        };
        let Offers { size, extensions } = self.shared.state().offers.clone();
        let offered: String = extensions
            .iter()
            .map(|name| format!("250-{name}\r\n"))
            .collect();
        self.say(&format!(
            "250-sink.example\r\n250-PIPELINING\r\n250-SIZE {size}\r\n{offered}{login}\
             250 ENHANCEDSTATUSCODES"
        ))
        .await
    }

    async fn auth(&mut self, rest: &str) -> std::io::Result<()> {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let (name, password) = if mechanism.eq_ignore_ascii_case("LOGIN") {
            let name = if initial.is_empty() {
                self.ask("334 VXNlcm5hbWU6").await?
            } else {
                initial.to_owned()
            };
            let password = self.ask("334 UGFzc3dvcmQ6").await?;
            (unbase64(&name), unbase64(&password))
        } else {
            let response = if initial.is_empty() {
                self.ask("334 ").await?
            } else {
                initial.to_owned()
            };
            let plain = unbase64(&response);
            let mut fields = plain.split('\0').skip(1).map(str::to_owned);
            (
                fields.next().unwrap_or_default(),
                fields.next().unwrap_or_default(),
            )
        };
        if let Some(code) = self.shared.fault(|fault| match fault {
            Fault::Auth(code) => Some(code),
            _ => None,
        }) {
            return self.say(&format!("{code} no login now")).await;
        }
        let known = self
            .shared
            .users
            .iter()
            .any(|user| user.name == name && user.password == password);
        if known {
            self.shared.state().logins += 1;
            self.user = Some(name);
            self.say("235 2.7.0 welcome").await
        } else {
            self.say("535 5.7.8 wrong name or password").await
        }
    }

    async fn mail(&mut self, rest: &str) -> std::io::Result<()> {
        if let Some(code) = self.shared.fault(|fault| match fault {
            Fault::Mail(code) => Some(code),
            _ => None,
        }) {
            return self.say(&format!("{code} not this sender")).await;
        }
        if let Some(words) = self.shared.says(Stage::Mail) {
            return self.say(words).await;
        }
        if self.user.is_none() && !self.shared.users.is_empty() {
            return self.say("530 5.7.0 log in first").await;
        }
        self.from = Some(path(rest));
        self.to.clear();
        self.options = vec![behind(rest)];
        self.say("250 2.1.0 OK").await
    }

    async fn recipient(&mut self, rest: &str) -> std::io::Result<()> {
        if let Some(code) = self.shared.fault(|fault| match fault {
            Fault::Recipient(code) => Some(code),
            _ => None,
        }) {
            return self.say(&format!("{code} not this recipient")).await;
        }
        if let Some(words) = self.shared.says(Stage::Recipient) {
            return self.say(words).await;
        }
        let address = path(rest);
        if let Some(words) = self.shared.fault(|fault| match fault {
            Fault::Refuses(refused, words) if refused == address => Some(words),
            _ => None,
        }) {
            return self.say(words).await;
        }
        if self.from.is_none() {
            return self.say("503 5.5.1 MAIL first").await;
        }
        self.to.push(address);
        self.options.push(behind(rest));
        self.say("250 2.1.5 OK").await
    }

    /// False when the connection is to be cut.
    async fn data(&mut self) -> std::io::Result<bool> {
        if self.to.is_empty() {
            self.say("503 5.5.1 RCPT first").await?;
            return Ok(true);
        }
        if let Some(words) = self.shared.says(Stage::Data) {
            self.say(words).await?;
            return Ok(true);
        }
        match self.shared.fault(|fault| match fault {
            Fault::Data(code) => Some(Some(code)),
            Fault::CutAtData => Some(None),
            _ => None,
        }) {
            Some(Some(code)) => {
                self.say(&format!("{code} no data now")).await?;
                return Ok(true);
            }
            Some(None) => return Ok(false),
            None => {}
        }
        self.say("354 go ahead").await?;
        let Some(message) = read_message(&mut self.stream).await? else {
            return Ok(false);
        };
        let received = Received {
            user: self.user.clone(),
            from: self.from.take().unwrap_or_default(),
            to: std::mem::take(&mut self.to),
            options: std::mem::take(&mut self.options),
            message,
        };
        if let Some(words) = self.shared.says(Stage::Message) {
            self.say(words).await?;
            return Ok(true);
        }
        let fault = self.shared.fault(|fault| match fault {
            Fault::Message(_) | Fault::CutAfterDot | Fault::LoseAfterDot | Fault::Slow(_) => {
                Some(fault)
            }
            _ => None,
        });
        match fault {
            Some(Fault::Message(code)) => {
                self.say(&format!("{code} not this message")).await?;
                return Ok(true);
            }
            Some(Fault::CutAfterDot) => {
                self.shared.keep(received);
                return Ok(false);
            }
            Some(Fault::LoseAfterDot) => return Ok(false),
            Some(Fault::Slow(delay)) => tokio::time::sleep(delay).await,
            _ => {}
        }
        self.shared.keep(received);
        self.say("250 2.0.0 kept").await?;
        Ok(true)
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        stream.flush().await
    }

    async fn ask(&mut self, text: &str) -> std::io::Result<String> {
        self.say(text).await?;
        Ok(self.line().await?.unwrap_or_default())
    }

    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut bytes = Vec::new();
        if self.stream.read_until(b'\n', &mut bytes).await? == 0 {
            return Ok(None);
        }
        if !bytes.ends_with(b"\r\n") {
            let fault = "a command that does not end in CRLF".to_owned();
            self.shared.state().client_faults.push(fault);
        }
        Ok(Some(String::from_utf8_lossy(&bytes).trim_end().to_owned()))
    }
}

/// Reads to the line with the single dot; `None` when the client went away before it. Only CRLF
/// ends a line here, so a smuggled `LF . LF` stays inside the message.
async fn read_message(
    stream: &mut (impl AsyncBufRead + Unpin),
) -> std::io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let mut line = Vec::new();
    loop {
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if !line.ends_with(b"\r\n") {
            continue;
        }
        if line == b".\r\n" {
            return Ok(Some(message));
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        line.clear();
    }
}

/// The address between the angle brackets.
fn path(rest: &str) -> String {
    rest.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(address, _)| address.to_owned())
        .unwrap_or_default()
}

/// What follows the angle brackets.
fn behind(rest: &str) -> String {
    let behind = rest.split_once('>').map(|(_, behind)| behind);
    behind.unwrap_or_default().trim().to_owned()
}

fn unbase64(text: &str) -> String {
    let bytes = STANDARD.decode(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
