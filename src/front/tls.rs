//! TLS towards phones: one certificate at a time, exchanged without a restart (T64).

mod certificates;
mod self_signed;
mod validity;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;

use crate::config::Tls;

pub use certificates::Certificates;
pub use validity::not_after as certificate_end;

/// What listeners speak.
#[derive(Clone, Debug)]
pub enum TlsMode {
    /// Plain HTTP, for behind a balancer or on loopback.
    Off,
    On(Arc<Certificates>),
}

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("cannot write `{}`", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("`{}` holds no certificate in PEM form", .0.display())]
    NoCertificate(PathBuf),
    #[error("`{}` holds no private key in PEM form", .0.display())]
    NoKey(PathBuf),
    #[error("certificate and key do not go together")]
    Mismatch(#[source] rustls::Error),
    #[error("the certificate ran out {0} days ago")]
    Expired(i64),
    #[error("the certificate cannot be read: its dates are missing")]
    NoDates,
    #[error("no certificate could be made")]
    Make(#[source] rcgen::Error),
    #[error("TLS could not be set up")]
    Setup(#[source] rustls::Error),
}

impl TlsMode {
    /// Loads, or at the first start makes, the certificate.
    ///
    /// # Errors
    /// Files that cannot be read or do not go together. One that ran out is served all the same,
    /// with a warning: not starting at all would help nobody.
    pub fn load(tls: &Tls, state: &Path) -> Result<Self, TlsError> {
        let (cert, key) = match tls {
            Tls::Off => return Ok(Self::Off),
            Tls::SelfSigned => {
                let both = self_signed::keep(state)?;
                (both.clone(), both)
            }
            Tls::Files { cert, key } => (cert.clone(), key.clone()),
        };
        Ok(Self::On(Arc::new(Certificates::load(cert, key)?)))
    }
}

/// The server's side of TLS 1.2 and 1.3, HTTP/1.1 only (T11), with session tickets (T57).
pub(super) fn server_config(certificates: Arc<Certificates>) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ticketer = ring::Ticketer::new().map_err(TlsError::Setup)?;
    Ok(config)
}

#[cfg(test)]
mod tests;
