//! One GET, the way a phone would do it: by name, over TLS with the system's authorities.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::backend::tls::{self, Trust};
use crate::traffic::client::{Answer, exchange};

/// Where to ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub host: &'a str,
    pub port: u16,
    pub tls: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebFault {
    #[error("nobody answers at {0}")]
    Unreachable(IpAddr),
    /// The certificate, in all likelihood.
    #[error("phones would refuse its TLS: {0}")]
    Tls(String),
    #[error("it does not speak HTTP")]
    Http,
}

/// All of a request. A phone would wait longer; an operator would not.
const PATIENCE: Duration = Duration::from_secs(10);

/// Gets a page from the first of these addresses that takes a connection.
pub(super) async fn get(
    place: Place<'_>,
    addresses: &[IpAddr],
    path: &str,
) -> Result<Answer, WebFault> {
    let nowhere = IpAddr::from([0, 0, 0, 0]);
    let first = addresses.first().copied().unwrap_or(nowhere);
    timeout(PATIENCE, get_within(place, addresses, path))
        .await
        .unwrap_or(Err(WebFault::Unreachable(first)))
}

async fn get_within(
    place: Place<'_>,
    addresses: &[IpAddr],
    path: &str,
) -> Result<Answer, WebFault> {
    let mut last = WebFault::Http;
    for address in addresses {
        let Ok(stream) = TcpStream::connect((*address, place.port)).await else {
            last = WebFault::Unreachable(*address);
            continue;
        };
        let request = Request::get(path)
            .header(header::HOST, place.host)
            .header(
                header::USER_AGENT,
                concat!("Airgate-Doctor/", env!("CARGO_PKG_VERSION")),
            )
            .body(Full::<Bytes>::default())
            .map_err(|_| WebFault::Http)?;
        let answer = if place.tls {
            let refused = |error: &dyn std::fmt::Display| WebFault::Tls(error.to_string());
            let config = tls::client_config(&Trust::System).map_err(|error| refused(&error))?;
            let name =
                ServerName::try_from(place.host.to_owned()).map_err(|error| refused(&error))?;
            let stream = TlsConnector::from(Arc::clone(&config))
                .connect(name, stream)
                .await
                .map_err(|error| refused(&error))?;
            exchange(TokioIo::new(stream), request).await
        } else {
            exchange(TokioIo::new(stream), request).await
        };
        return answer.map_err(|_| WebFault::Http);
    }
    Err(last)
}
