//! The certificate in use, and its exchange when the files change.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{TlsError, validity};
use crate::clock;
use crate::failure;

/// How often the files are looked at. Only their metadata is read.
const LOOK_EVERY: Duration = Duration::from_secs(3);
const DAY: i64 = 86_400;
/// When an operator should hear that a certificate runs out (T64).
const WARN_DAYS: i64 = 21;

/// A certificate that can be exchanged under load: running handshakes keep the one they began with.
#[derive(Debug)]
pub struct Certificates {
    cert: PathBuf,
    key: PathBuf,
    current: ArcSwap<CertifiedKey>,
    seen: Mutex<Option<Stamp>>,
}

/// What changes when a file is replaced or rewritten, also through a symbolic link.
type Stamp = [(u64, u64, i64, i64, u64); 2];

impl Certificates {
    /// Loads a pair; an expired one is taken with a warning.
    ///
    /// # Errors
    /// What cannot be read, parsed, or does not go together.
    pub fn load(cert: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let seen = stamp(&cert, &key);
        let (pair, ends) = read(&cert, &key)?;
        tell_expiry(&cert, ends);
        Ok(Self {
            cert,
            key,
            current: ArcSwap::from_pointee(pair),
            seen: Mutex::new(seen),
        })
    }

    /// Loads the files again, whatever their dates. On any error the certificate in use stays.
    ///
    /// # Errors
    /// As [`Self::load`], and a certificate that ran out already.
    pub fn reload(&self) -> Result<(), TlsError> {
        let seen = stamp(&self.cert, &self.key);
        let loaded = read(&self.cert, &self.key);
        // A broken pair is reported once, not every few seconds; a change of the files tries again.
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        let (pair, ends) = loaded?;
        let left = ends - clock::now_seconds();
        if left < 0 {
            return Err(TlsError::Expired(-left / DAY));
        }
        tell_expiry(&self.cert, ends);
        self.current.store(Arc::new(pair));
        Ok(())
    }

    /// Loads the files again if they changed; true when the certificate was exchanged.
    ///
    /// # Errors
    /// As [`Self::reload`].
    pub fn reload_if_changed(&self) -> Result<bool, TlsError> {
        let now = stamp(&self.cert, &self.key);
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if now.is_none() || now == seen {
            // Missing files are a replacement under way.
            return Ok(false);
        }
        self.reload().map(|()| true)
    }

    /// Watches the files, and SIGHUP, until `stop`.
    pub(in crate::front) async fn watch(&self, stop: CancellationToken) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => Some(hangup),
            Err(error) => {
                tracing::warn!(%error, "SIGHUP cannot be heard");
                None
            }
        };
        loop {
            let asked = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            let result = tokio::select! {
                () = stop.cancelled() => return,
                _ = asked => self.reload().map(|()| true),
                () = tokio::time::sleep(LOOK_EVERY) => self.reload_if_changed(),
            };
            match result {
                Ok(true) => tracing::info!(file = %self.cert.display(), "certificate loaded"),
                Ok(false) => {}
                Err(error) => tracing::error!(
                    file = %self.cert.display(),
                    error = failure::chain(&error),
                    "the new certificate is not used, the old one stays",
                ),
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

/// A pair and when it ends, in seconds since 1970.
fn read(cert: &Path, key: &Path) -> Result<(CertifiedKey, i64), TlsError> {
    let text = |path: &Path| fs::read(path).map_err(|e| TlsError::Read(path.to_owned(), e));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text(cert)?)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::NoCertificate(cert.to_owned()))?;
    let first = chain
        .first()
        .ok_or_else(|| TlsError::NoCertificate(cert.to_owned()))?;
    let ends = validity::not_after(first).ok_or(TlsError::NoDates)?;
    let secret =
        PrivateKeyDer::from_pem_slice(&text(key)?).map_err(|_| TlsError::NoKey(key.to_owned()))?;
    let pair = CertifiedKey::from_der(chain, secret, &ring::default_provider())
        .map_err(TlsError::Mismatch)?;
    Ok((pair, ends))
}

fn tell_expiry(file: &Path, ends: i64) {
    let left = ends - clock::now_seconds();
    metrics::gauge!("airgate_tls_certificate_expiry_seconds").set(ends as f64);
    if left < 0 {
        tracing::error!(file = %file.display(), "the certificate ran out; phones will refuse it");
    } else if left < WARN_DAYS * DAY {
        tracing::warn!(
            file = %file.display(),
            days = left / DAY,
            "the certificate runs out soon"
        );
    }
}

fn stamp(cert: &Path, key: &Path) -> Option<Stamp> {
    let one = |path: &Path| {
        let data = fs::metadata(path).ok()?;
        Some((
            data.dev(),
            data.ino(),
            data.mtime(),
            data.mtime_nsec(),
            data.size(),
        ))
    };
    Some([one(cert)?, one(key)?])
}
