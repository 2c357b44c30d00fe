//! Certificates for the servers of the tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::process::RunDir;

/// A certificate for `localhost` and `127.0.0.1` that is its own authority, as two PEM files.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Certificate {
    pub fn make(dir: &RunDir) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate can be made");
        Self {
            certificate: dir.write("certificate.pem", made.cert.pem()),
            key: dir.write("key.pem", made.signing_key.serialize_pem()),
        }
    }

    /// For a server of our own.
    pub fn server(&self) -> Arc<rustls::ServerConfig> {
        let certificate = CertificateDer::from_pem_file(&self.certificate).expect("our own PEM");
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("our own PEM");
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a pair made together");
        Arc::new(config)
    }

    /// For a client that trusts this certificate and no other.
    pub fn client(&self) -> Arc<rustls::ClientConfig> {
        Self::trust(&self.certificate)
    }

    /// For a client that trusts the certificate in this file and no other.
    pub fn trust(file: &Path) -> Arc<rustls::ClientConfig> {
        let certificate = CertificateDer::from_pem_file(file).expect("a certificate in PEM");
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate).expect("our own certificate");
        let config = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
