//! One SMTP conversation, command by command: nothing is pipelined past DATA (T26).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_send::SmtpClient;
use smtp_proto::{EXT_8BIT_MIME, EXT_SIZE, EXT_SMTP_UTF8, EXT_START_TLS, EhloResponse, Response};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Envelope, Reply, SmtpError, SmtpSettings};
use crate::backend::Login;
use crate::backend::sasl::{Exchange, Mechanism};

/// The name we greet with: the server knows our address, and a name of ours would tell more.
const HELLO: &str = "localhost";

/// A conversation over any stream.
pub(super) struct Session<S: AsyncRead + AsyncWrite> {
    client: SmtpClient<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
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
        let hello = self.client.ehlo(HELLO).await.map_err(broken)?;
        if hello.capabilities & EXT_START_TLS == 0 {
            return Err(SmtpError::NoStartTls);
        }
        self.command("STARTTLS\r\n", SmtpError::Rejected).await?;
        Ok(self.client.stream)
    }

    /// Signs in and hands the mail over.
    pub(super) async fn submit(
        &mut self,
        settings: &SmtpSettings,
        login: &Login,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<(), SmtpError> {
        let hello = self.client.ehlo(HELLO).await.map_err(broken)?;
        self.sign_in(&hello, settings, login).await?;
        let limit = hello.size as u64;
        let size = message.len() as u64;
        if hello.capabilities & EXT_SIZE != 0 && limit != 0 && size > limit {
            return Err(SmtpError::TooLarge { limit });
        }
        let mut parameters = String::new();
        if hello.capabilities & EXT_SIZE != 0 {
            parameters.push_str(&format!(" SIZE={size}"));
        }
        if !message.is_ascii() && hello.capabilities & EXT_8BIT_MIME != 0 {
            parameters.push_str(" BODY=8BITMIME");
        }
        if !envelope.from.is_ascii() || !envelope.to.iter().all(|address| address.is_ascii()) {
            if hello.capabilities & EXT_SMTP_UTF8 == 0 {
                return Err(SmtpError::NeedsUtf8);
            }
            parameters.push_str(" SMTPUTF8");
        }
        let from = format!("MAIL FROM:<{}>{parameters}\r\n", envelope.from);
        self.command(&from, SmtpError::SenderRefused).await?;
        for address in &envelope.to {
            let refused = |reply| SmtpError::RecipientRefused {
                address: address.clone(),
                reply,
            };
            self.command(&format!("RCPT TO:<{address}>\r\n"), refused)
                .await?;
        }
        self.hand_over(message, settings.final_answer).await?;
        // The mail is taken; whether the goodbye is heard does not matter.
        let _ = self.client.cmd("QUIT\r\n").await;
        Ok(())
    }

    async fn sign_in(
        &mut self,
        hello: &EhloResponse<String>,
        settings: &SmtpSettings,
        login: &Login,
    ) -> Result<(), SmtpError> {
        let offered = mechanisms(hello);
        if offered.is_empty() {
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
    async fn hand_over(&mut self, message: &[u8], patience: Duration) -> Result<(), SmtpError> {
        let reply = self.client.cmd("DATA\r\n").await.map_err(broken)?;
        if reply.code != 354 {
            return Err(refusal(reply, SmtpError::Rejected));
        }
        // From the first octet of the mail on a cut might come after the dot was taken: writes are
        // buffered by the system.
        let send = async {
            self.client
                .write_message(message)
                .await
                .map_err(|error| error.to_string())?;
            self.client.read().await.map_err(|error| error.to_string())
        };
        let reply = tokio::time::timeout(patience, send)
            .await
            .map_err(|_| SmtpError::Unknown("no answer in time".to_owned()))?
            .map_err(SmtpError::Unknown)?;
        expect(reply, SmtpError::Rejected).map(|_| ())
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
    let said = Reply::new(reply.code, &reply.message);
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
fn mechanisms(hello: &EhloResponse<String>) -> Vec<&'static str> {
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
