//! One SMTP conversation, command by command: nothing is pipelined past DATA (T26).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_send::SmtpClient;
use smtp_proto::{
    EXT_8BIT_MIME, EXT_AUTH, EXT_DSN, EXT_SIZE, EXT_SMTP_UTF8, EXT_START_TLS, EhloResponse,
    Response,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::stuffing::Stuffer;
use super::{Envelope, Reply, SmtpError, SmtpSettings};
use crate::backend::Login;
use crate::backend::octets::{CHUNK, Octets, Sink, Spilt};
use crate::backend::sasl::{Exchange, Mechanism};

/// The name we greet with: the server knows our address, and a name of ours would tell more.
const HELLO: &str = "localhost";
/// How long a goodbye may take; nobody waits for its answer.
const GOODBYE: Duration = Duration::from_secs(1);

/// A conversation over any stream.
pub(super) struct Session<S: AsyncRead + AsyncWrite> {
    client: SmtpClient<S>,
}

/// A mail to hand over, and to whom.
pub(super) struct Job<'a> {
    pub(super) settings: &'a SmtpSettings,
    pub(super) login: &'a Login,
    pub(super) envelope: &'a Envelope,
    pub(super) message: &'a dyn Octets,
    /// Where the server's own limit is kept.
    pub(super) limit: &'a AtomicU64,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Session<S> {
    pub(super) const fn new(stream: S, timeout: Duration) -> Self {
        Self {
            client: SmtpClient { stream, timeout },
        }
    }

    /// Waits for 220.
    pub(super) async fn greeting(&mut self) -> Result<(), SmtpError> {
        let read = tokio::time::timeout(self.client.timeout, self.client.read());
        let reply = read
            .await
            .map_err(|_| SmtpError::Timeout)?
            .map_err(broken)?;
        expect(reply, SmtpError::Rejected).map(|_| ())
    }

    /// Asks for TLS and hands the bare stream over; bytes sent ahead of the handshake are dropped
    /// with this session (T31).
    pub(super) async fn start_tls(mut self) -> Result<S, SmtpError> {
        let hello = self.hello().await?;
        if hello.capabilities & EXT_START_TLS == 0 {
            return Err(SmtpError::NoStartTls);
        }
        self.command("STARTTLS\r\n", SmtpError::Rejected).await?;
        Ok(self.client.stream)
    }

    pub(super) async fn hello(&mut self) -> Result<EhloResponse<String>, SmtpError> {
        self.client.ehlo(HELLO).await.map_err(|error| match error {
            mail_send::Error::UnexpectedReply(reply) => refusal(reply, SmtpError::Rejected),
            error => broken(error),
        })
    }

    /// Signs in and hands the mail over, and says goodbye whatever came of it.
    pub(super) async fn submit(&mut self, job: &Job<'_>) -> Result<(), SmtpError> {
        let result = self.transact(job).await;
        // In the middle of a mail it would be part of it, and an answer in doubt must not become
        // clear by it. Whether it is heard does not matter.
        let between = !matches!(
            result,
            Err(SmtpError::Unknown(_)
                | SmtpError::Source(_)
                | SmtpError::Timeout
                | SmtpError::Disconnected(_))
        );
        if between {
            let goodbye = self.client.stream.write_all(b"QUIT\r\n");
            let _ = tokio::time::timeout(GOODBYE, goodbye).await;
            let _ = tokio::time::timeout(GOODBYE, self.client.stream.shutdown()).await;
        }
        result
    }

    async fn transact(&mut self, job: &Job<'_>) -> Result<(), SmtpError> {
        let Job {
            settings,
            login,
            envelope,
            message,
            ..
        } = *job;
        let hello = self.hello().await?;
        self.sign_in(&hello, settings, login).await?;
        let offers = |extension: u32| hello.capabilities & extension != 0;
        let limit = if offers(EXT_SIZE) {
            hello.size as u64
        } else {
            0
        };
        job.limit.store(limit, Ordering::Relaxed);
        let size = message.size();
        if limit != 0 && size > limit {
            return Err(SmtpError::TooLarge { limit });
        }
        let mut line = format!(
            "MAIL FROM:<{}>",
            envelope.from.as_deref().unwrap_or_default()
        );
        if offers(EXT_SIZE) {
            line.push_str(&format!(" SIZE={size}"));
        }
        if message.is_eight_bit() && offers(EXT_8BIT_MIME) {
            line.push_str(" BODY=8BITMIME");
        }
        if let Some((address, sender)) = envelope.beyond_ascii() {
            if !offers(EXT_SMTP_UTF8) {
                return Err(SmtpError::NeedsUtf8 {
                    address: address.to_owned(),
                    sender,
                });
            }
            line.push_str(" SMTPUTF8");
        }
        let reports = envelope.reports.as_ref().filter(|_| offers(EXT_DSN));
        if let Some(reports) = reports {
            reports.of_mail(&mut line);
        }
        line.push_str("\r\n");
        self.command(&line, SmtpError::SenderRefused).await?;
        for address in &envelope.to {
            let refused = |reply| SmtpError::RecipientRefused {
                address: address.clone(),
                reply,
            };
            let mut line = format!("RCPT TO:<{address}>");
            if let Some(reports) = reports {
                reports.of_recipient(address, &mut line);
            }
            line.push_str("\r\n");
            self.command(&line, refused).await?;
        }
        self.hand_over(message, settings.final_answer).await
    }

    pub(super) async fn sign_in(
        &mut self,
        hello: &EhloResponse<String>,
        settings: &SmtpSettings,
        login: &Login,
    ) -> Result<(), SmtpError> {
        let offered = mechanisms(hello);
        if hello.capabilities & EXT_AUTH == 0 && hello.auth_mechanisms == 0 {
            // A relay on the same machine that asks nobody: the operator's choice.
            return Ok(());
        }
        let mechanism = Mechanism::choose(offered.iter().copied(), settings.secrets, login)
            .ok_or(SmtpError::NoMechanism)?;
        let mut exchange = Exchange::new(mechanism, login, &settings.host, settings.port)?;
        let mut line = zeroize::Zeroizing::new(format!("AUTH {}", mechanism.name()));
        if mechanism.client_first() {
            line.push(' ');
            line.push_str(&STANDARD.encode(exchange.say()?.as_slice()));
        }
        line.push_str("\r\n");
        let mut reply = self.client.cmd(line.as_bytes()).await.map_err(broken)?;
        while reply.code == 334 {
            let mut answer = zeroize::Zeroizing::new(STANDARD.encode(exchange.say()?.as_slice()));
            answer.push_str("\r\n");
            reply = self.client.cmd(answer.as_bytes()).await.map_err(broken)?;
        }
        expect(reply, SmtpError::LoginRefused).map(|_| ())
    }

    /// DATA, the dot-stuffed mail, the final dot and its answer.
    async fn hand_over(
        &mut self,
        message: &dyn Octets,
        patience: Duration,
    ) -> Result<(), SmtpError> {
        let reply = self.client.cmd("DATA\r\n").await.map_err(broken)?;
        if reply.code != 354 {
            return Err(refusal(reply, SmtpError::Rejected));
        }
        // Until the final dot is handed over, no server can have taken the mail.
        match tokio::time::timeout(patience, self.write(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(Spilt::Sink(error))) => return Err(self.why_cut(&error).await),
            // Without its final dot the server drops what it has of the mail (RFC 5321 4.1.1.4).
            Ok(Err(Spilt::Source(failure))) => return Err(SmtpError::Source(failure)),
            Err(_) => return Err(SmtpError::Timeout),
        }
        // From here on a cut may come after it was taken.
        let send = async {
            let stream = &mut self.client.stream;
            stream
                .write_all(b".\r\n")
                .await
                .map_err(|error| error.to_string())?;
            stream.flush().await.map_err(|error| error.to_string())?;
            self.client.read().await.map_err(|error| error.to_string())
        };
        let reply = tokio::time::timeout(patience, send)
            .await
            .map_err(|_| SmtpError::Unknown("no answer in time".to_owned()))?
            .map_err(SmtpError::Unknown)?;
        match reply.code {
            200..600 if !(300..400).contains(&reply.code) => {
                expect(reply, SmtpError::Rejected).map(|_| ())
            }
            code => Err(SmtpError::Unknown(format!("answered with {code}"))),
        }
    }

    async fn write(&mut self, message: &dyn Octets) -> Result<(), Spilt> {
        let mut stuffing = Stuffing {
            stream: &mut self.client.stream,
            stuffer: Stuffer::new(),
            out: Vec::with_capacity(CHUNK + CHUNK / 8),
        };
        message.pour(&mut stuffing).await?;
        let Stuffing {
            stream,
            stuffer,
            mut out,
        } = stuffing;
        out.clear();
        stuffer.finish(&mut out);
        stream.write_all(&out).await?;
        stream.flush().await?;
        Ok(())
    }

    /// A server that has had enough of a mail may say so before it hangs up.
    async fn why_cut(&mut self, error: &std::io::Error) -> SmtpError {
        let last = tokio::time::timeout(self.client.timeout, self.client.read()).await;
        match last {
            Ok(Ok(reply)) if reply.code >= 400 => refusal(reply, SmtpError::Rejected),
            _ => SmtpError::Disconnected(error.to_string()),
        }
    }

    async fn command(
        &mut self,
        line: &str,
        refused: impl FnOnce(Reply) -> SmtpError,
    ) -> Result<Response<String>, SmtpError> {
        let reply = self.client.cmd(line).await.map_err(broken)?;
        expect(reply, refused)
    }
}

/// The stream, as the place where a mail goes.
struct Stuffing<'a, S> {
    stream: &'a mut S,
    stuffer: Stuffer,
    out: Vec<u8>,
}

#[async_trait]
impl<S: AsyncWrite + Send + Unpin> Sink for Stuffing<'_, S> {
    async fn take(&mut self, octets: &[u8]) -> std::io::Result<()> {
        self.out.clear();
        self.stuffer.push(octets, &mut self.out);
        self.stream.write_all(&self.out).await
    }
}

/// 2xx, or what the refusal means.
fn expect(
    reply: Response<String>,
    refused: impl FnOnce(Reply) -> SmtpError,
) -> Result<Response<String>, SmtpError> {
    if (200..300).contains(&reply.code) {
        Ok(reply)
    } else {
        Err(refusal(reply, refused))
    }
}

fn refusal(reply: Response<String>, refused: impl FnOnce(Reply) -> SmtpError) -> SmtpError {
    let said = Reply::new(reply.code, reply.esc, &reply.message);
    if (400..500).contains(&reply.code) {
        SmtpError::NotNow(said)
    } else {
        refused(said)
    }
}

fn broken(error: mail_send::Error) -> SmtpError {
    match error {
        mail_send::Error::Timeout => SmtpError::Timeout,
        error => SmtpError::Disconnected(error.to_string()),
    }
}

/// The names of the mechanisms a server offers.
pub(super) fn mechanisms(hello: &EhloResponse<String>) -> Vec<&'static str> {
    use smtp_proto::{AUTH_LOGIN, AUTH_OAUTHBEARER, AUTH_PLAIN, AUTH_XOAUTH2};
    [
        (AUTH_PLAIN, "PLAIN"),
        (AUTH_LOGIN, "LOGIN"),
        (AUTH_XOAUTH2, "XOAUTH2"),
        (AUTH_OAUTHBEARER, "OAUTHBEARER"),
    ]
    .into_iter()
    .filter(|(bit, _)| hello.auth_mechanisms & bit != 0)
    .map(|(_, name)| name)
    .collect()
}
