//! The wire side of a phone: one EAS request over HTTP/1.1, plain or TLS.

use std::io::Read as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::{CommandName, RequestLine};
use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::backend::tls::{self, Trust};

/// Largest answer taken: far above any page we send.
const MAX_ANSWER: usize = 128 * 1024 * 1024;

/// One phone's account.
#[derive(Clone, Debug)]
pub struct EasClient {
    server: Uri,
    trust: Trust,
    user: String,
    password: SecretString,
    device_id: String,
    device_type: String,
    agent: String,
    pub version: ProtocolVersion,
}

/// An answer, inflated.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl EasClient {
    /// A phone that speaks 16.1 to `server`, for example `https://mail.example.com`. `authorities` is
    /// a PEM file to trust instead of the system's certificate authorities.
    ///
    /// # Errors
    /// A URL without scheme or host, or plain HTTP to somewhere else than this machine: the password
    /// would travel in the clear.
    pub fn new(
        server: &str,
        user: &str,
        password: SecretString,
        authorities: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let server: Uri = server
            .parse()
            .with_context(|| format!("{server} is not a URL"))?;
        let host = server.host().context("the URL names no host")?.to_owned();
        match server.scheme_str() {
            Some("https") => {}
            Some("http") if is_here(&host) => {}
            Some("http") => bail!("plain HTTP only to this machine: use https://{host}"),
            _ => bail!("the URL must begin with https:// (or http:// for this machine)"),
        }
        Ok(Self {
            server,
            trust: authorities.map_or(Trust::System, Trust::Authorities),
            user: user.to_owned(),
            password,
            device_id: "AIRGATEBUILTINPHONE".to_owned(),
            device_type: "Airgate".to_owned(),
            agent: concat!("Airgate-Phone/", env!("CARGO_PKG_VERSION")).to_owned(),
            version: ProtocolVersion::V16_1,
        })
    }

    /// The same phone under another device id.
    #[must_use]
    pub fn called(mut self, device_id: &str) -> Self {
        device_id.clone_into(&mut self.device_id);
        self
    }

    /// Asks what the server speaks.
    ///
    /// # Errors
    /// No connection, or no HTTP.
    pub async fn options(&self) -> anyhow::Result<Answer> {
        self.send(Method::OPTIONS, None, Bytes::new()).await
    }

    /// Sends one command.
    ///
    /// # Errors
    /// No connection, or no HTTP. A refusal is an [`Answer`].
    pub async fn command(&self, command: CommandName, body: Vec<u8>) -> anyhow::Result<Answer> {
        let mut line = RequestLine::new(command, &self.device_id, &self.device_type);
        line.user = Some(self.user.clone());
        self.send(Method::POST, Some(line.to_plain()), Bytes::from(body))
            .await
    }

    async fn send(
        &self,
        method: Method,
        query: Option<String>,
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let host = self.server.host().context("the URL names no host")?;
        let secure = self.server.scheme_str() == Some("https");
        let port = self
            .server
            .port_u16()
            .unwrap_or(if secure { 443 } else { 80 });
        let path = match query {
            Some(query) => format!("/Microsoft-Server-ActiveSync?{query}"),
            None => "/Microsoft-Server-ActiveSync".to_owned(),
        };
        let credentials =
            STANDARD.encode(format!("{}:{}", self.user, self.password.expose_secret()));
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, format!("{host}:{port}"))
            .header(header::AUTHORIZATION, format!("Basic {credentials}"))
            .header(header::USER_AGENT, &self.agent)
            .header(header::ACCEPT_ENCODING, "gzip")
            .header("MS-ASProtocolVersion", self.version.as_str());
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/vnd.ms-sync.wbxml");
        }
        let request = request.body(Full::new(body))?;
        let bare = host.trim_matches(['[', ']']).to_owned();
        let stream = TcpStream::connect((bare.as_str(), port))
            .await
            .with_context(|| format!("cannot reach {host}:{port}"))?;
        if secure {
            let connector = TlsConnector::from(Arc::clone(&tls::client_config(&self.trust)?));
            let name = ServerName::try_from(bare)?;
            let stream = connector
                .connect(name, stream)
                .await
                .with_context(|| format!("no TLS with {host}:{port}"))?;
            exchange(TokioIo::new(stream), request).await
        } else {
            exchange(TokioIo::new(stream), request).await
        }
    }
}

/// One request over a connection of its own; the answer is inflated.
///
/// # Errors
/// No HTTP, or an answer that breaks off.
pub(crate) async fn exchange<I>(io: I, request: Request<Full<Bytes>>) -> anyhow::Result<Answer>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
    // Ends with the sender.
    let connection = crate::task::spawn("phone connection", connection);
    let response = sender.send_request(request).await?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, MAX_ANSWER)
        .collect()
        .await
        .map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?
        .to_bytes();
    drop(sender);
    connection.abort();
    let zipped = parts
        .headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|value| value == "gzip");
    let body = if zipped {
        let mut inflated = Vec::new();
        flate2::read::GzDecoder::new(body.as_ref())
            .take(MAX_ANSWER as u64)
            .read_to_end(&mut inflated)
            .context("the answer is not gzip")?;
        Bytes::from(inflated)
    } else {
        body
    };
    Ok(Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    })
}

fn is_here(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
