//! What a submission server offers, without handing anything over: for `airgate doctor`.

use smtp_proto::{EXT_8BIT_MIME, EXT_DSN, EXT_SIZE, EXT_SMTP_UTF8, EhloResponse};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::session::{Session, mechanisms};
use super::{Security, Smtp, SmtpError};
use crate::backend::Login;

/// What EHLO said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SmtpOffer {
    /// Bytes of the largest mail, where the server names a limit.
    pub size: Option<u64>,
    pub eight_bit: bool,
    pub utf8: bool,
    pub dsn: bool,
    /// SASL mechanisms, in upper case.
    pub mechanisms: Vec<String>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Smtp {
    /// Connects and asks; with a login it also signs in.
    ///
    /// # Errors
    /// [`SmtpError`].
    pub async fn probe(&self, login: Option<&Login>) -> Result<SmtpOffer, SmtpError> {
        let settings = &self.settings;
        let connect = TcpStream::connect((settings.host.as_str(), settings.port));
        let stream = tokio::time::timeout(settings.answer, connect)
            .await
            .map_err(|_| SmtpError::Timeout)?
            .map_err(|error| SmtpError::Unreachable(error.to_string()))?;
        let stream: Box<dyn Stream> = match settings.security {
            Security::Plain => Box::new(stream),
            Security::Tls => Box::new(self.secure(stream).await?),
            Security::StartTls => {
                let mut session = Session::new(stream, settings.answer);
                session.greeting().await?;
                Box::new(self.secure(session.start_tls().await?).await?)
            }
        };
        let mut session = Session::new(stream, settings.answer);
        // After STARTTLS nobody greets again.
        if settings.security != Security::StartTls {
            session.greeting().await?;
        }
        let hello = session.hello().await?;
        if let Some(login) = login {
            session.sign_in(&hello, settings, login).await?;
        }
        Ok(SmtpOffer::of(&hello))
    }
}

impl SmtpOffer {
    fn of(hello: &EhloResponse<String>) -> Self {
        let has = |extension| hello.capabilities & extension != 0;
        let size = u64::try_from(hello.size).unwrap_or(u64::MAX);
        Self {
            size: (has(EXT_SIZE) && size > 0).then_some(size),
            eight_bit: has(EXT_8BIT_MIME),
            utf8: has(EXT_SMTP_UTF8),
            dsn: has(EXT_DSN),
            mechanisms: mechanisms(hello).into_iter().map(str::to_owned).collect(),
        }
    }
}
