//! Whom we believe to be a backend (T32).
//!
//! There is no "accept anything": a server with a private certificate is trusted through the
//! operator's CA file or by pinning its certificate or key. The one exception is a laboratory switch
//! that only ever accepts a server on a loopback address and says so loudly.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsFault, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// How a backend proves who it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Trust {
    /// Name and chain, up to the system's certificate authorities (Mozilla's where it has none).
    #[default]
    System,
    /// Name and chain, up to the authorities in this PEM file and no others.
    Authorities(PathBuf),
    /// Exactly this certificate or key. Name, chain and expiry are then not looked at: the pin says
    /// more than they do.
    Pinned(Vec<Pin>),
    /// Laboratory only: any certificate, but only from a loopback address.
    LaboratoryLoopback,
}

/// SHA-256 of a certificate (as `openssl x509 -fingerprint -sha256` prints it) or of its
/// SubjectPublicKeyInfo, which survives renewals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pin([u8; 32]);

/// Why there is no TLS configuration.
#[derive(Debug, thiserror::Error)]
pub enum BadTrust {
    #[error("cannot read the certificate authorities in {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    #[error("there is no usable certificate authority in {}", .0.display())]
    NoAuthority(PathBuf),
    #[error("a pin is 32 bytes in hexadecimal, with or without colons")]
    Pin,
    #[error("pinning without a single pin would refuse every server")]
    NoPin,
    #[error("the TLS library refuses the configuration")]
    Library(#[from] TlsFault),
}

/// The client side of TLS for one kind of trust. Holds the session cache, so keep it.
///
/// # Errors
/// An unreadable or empty CA file, or no pin.
pub fn client_config(trust: &Trust) -> Result<Arc<ClientConfig>, BadTrust> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::System => chain_verifier(system_roots(), &provider)?,
        Trust::Authorities(path) => chain_verifier(file_roots(path)?, &provider)?,
        Trust::Pinned(pins) if pins.is_empty() => return Err(BadTrust::NoPin),
        Trust::Pinned(pins) => Arc::new(PinVerifier {
            pins: pins.clone(),
            provider: Arc::clone(&provider),
        }),
        Trust::LaboratoryLoopback => {
            tracing::warn!(
                "LABORATORY MODE: certificates of mail servers on loopback are NOT verified"
            );
            Arc::new(LoopbackVerifier {
                provider: Arc::clone(&provider),
            })
        }
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

impl Pin {
    /// Reads `AA:BB:...` or plain hexadecimal.
    ///
    /// # Errors
    /// Anything but 32 bytes.
    pub fn parse(text: &str) -> Result<Self, BadTrust> {
        let mut digits = text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16));
        let mut bytes = [0_u8; 32];
        for byte in &mut bytes {
            let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else {
                return Err(BadTrust::Pin);
            };
            *byte = u8::try_from(high << 4 | low).map_err(|_| BadTrust::Pin)?;
        }
        if digits.next().is_some() {
            return Err(BadTrust::Pin);
        }
        Ok(Self(bytes))
    }

    /// The pin of this very certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate.as_ref()).into())
    }

    fn matches(&self, octets: &[u8]) -> bool {
        bool::from(Sha256::digest(octets).ct_eq(&self.0))
    }
}

/// Verifies the chain and the name; what rustls does by default, on roots of our choice.
fn chain_verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, BadTrust> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|fault| BadTrust::Library(TlsFault::General(fault.to_string())))
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if roots.is_empty() {
        tracing::info!("no certificate authorities on this system; using Mozilla's list");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn file_roots(path: &Path) -> Result<RootCertStore, BadTrust> {
    let unreadable = |source| BadTrust::File {
        path: path.to_path_buf(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        // One unusable certificate in a bundle is no reason to refuse the rest.
        let (added, _) = roots.add_parsable_certificates([certificate.map_err(unreadable)?]);
        if added == 0 {
            tracing::warn!(path = %path.display(), "skipping a certificate that cannot be an authority");
        }
    }
    if roots.is_empty() {
        return Err(BadTrust::NoAuthority(path.to_path_buf()));
    }
    Ok(roots)
}

#[derive(Debug)]
struct PinVerifier {
    pins: Vec<Pin>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsFault> {
        let key = ParsedCertificate::try_from(certificate)
            .ok()
            .map(|parsed| parsed.subject_public_key_info());
        let matched = self.pins.iter().any(|pin| {
            pin.matches(certificate.as_ref())
                || key.as_ref().is_some_and(|key| pin.matches(key.as_ref()))
        });
        if matched {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsFault> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsFault> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[derive(Debug)]
struct LoopbackVerifier {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for LoopbackVerifier {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsFault> {
        // The address itself, not a name: `localhost` is whatever a resolver says it is.
        match name {
            ServerName::IpAddress(address) if IpAddr::from(*address).is_loopback() => {
                Ok(ServerCertVerified::assertion())
            }
            _ => Err(CertificateError::NotValidForName.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsFault> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsFault> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests;
