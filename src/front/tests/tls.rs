//! TLS from the phone's side.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::{Certificates, TlsMode};
use super::support::*;
use crate::config::Tls;
use crate::task;

/// A phone that trusts these certificates.
fn connector(trusted: &[&str], alpn: &[&str]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for pem in trusted {
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config.resumption = rustls::client::Resumption::disabled();
    TlsConnector::from(Arc::new(config))
}

async fn connect(
    server: &Server,
    connector: &TlsConnector,
    name: &'static str,
) -> std::io::Result<Client<TlsStream<TcpStream>>> {
    let stream = TcpStream::connect(server.address).await?;
    let name = ServerName::try_from(name).unwrap();
    Ok(Client::new(connector.connect(name, stream).await?))
}

#[tokio::test]
async fn a_self_signed_certificate_serves_by_all_its_names() {
    let state = tempfile::tempdir().unwrap();
    let mode = TlsMode::load(&Tls::SelfSigned, state.path()).unwrap();
    let server = Server::with(|_| {}, mode).await;
    let pem = fs::read_to_string(state.path().join("tls/self-signed.pem")).unwrap();
    let phone = connector(&[&pem], &["h2", "http/1.1"]);
    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut client = connect(&server, &phone, name).await.unwrap();
        // HTTP/1.1 only (T11).
        assert_eq!(
            client.stream.get_ref().1.alpn_protocol(),
            Some(&b"http/1.1"[..])
        );
        client.send(&post("Sync", "", b"hello")).await;
        assert_eq!(client.answer().await.text(), "5");
    }
    // A refusal arrives whole through TLS as well.
    let mut client = connect(&server, &phone, "localhost").await.unwrap();
    client.send(b"GET / HTTP/1.1\nHost: a\n\n").await;
    assert_eq!(client.answer().await.status, 400);
    // And a phone that leaves during a Ping is noticed.
    let mut client = connect(&server, &phone, "localhost").await.unwrap();
    client.send(&post("Ping", "", b"")).await;
    server.service.held.notified().await;
    drop(client);
    timeout(SOON, server.service.dropped.notified())
        .await
        .unwrap();
}

#[tokio::test]
async fn t64_certificates_rotate_under_load_without_a_failed_handshake() {
    // 2,000 files are written; a disk may take its time for that.
    let directory = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let (cert, key) = (
        directory.path().join("c.pem"),
        directory.path().join("k.pem"),
    );
    let pairs: Vec<(String, String)> = (0..2)
        .map(|_| {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["mail.test".to_owned()]).unwrap();
            let cert = params.self_signed(&key).unwrap();
            (cert.pem(), key.serialize_pem())
        })
        .collect();
    let install = |number: usize| {
        let (cert_pem, key_pem) = &pairs[number];
        fs::write(&cert, cert_pem).unwrap();
        fs::write(&key, key_pem).unwrap();
    };
    install(0);
    let certificates = Arc::new(Certificates::load(cert.clone(), key.clone()).unwrap());
    let server = Server::with(
        |limits| limits.handshakes_per_address = 1_000_000,
        TlsMode::On(Arc::clone(&certificates)),
    )
    .await;
    let both = connector(&[&pairs[0].0, &pairs[1].0], &[]);
    let server = Arc::new(server);
    let done = Arc::new(AtomicBool::new(false));
    let load = {
        let (server, both, done) = (Arc::clone(&server), both.clone(), Arc::clone(&done));
        task::spawn("load", async move {
            let mut handshakes = 0;
            while !done.load(Ordering::Relaxed) || handshakes < 20 {
                connect(&server, &both, "mail.test")
                    .await
                    .expect("a handshake");
                handshakes += 1;
            }
        })
    };
    for round in 0..1000 {
        install(round % 2);
        certificates.reload().unwrap();
        if round % 100 == 0 {
            // A broken pair changes nothing.
            fs::write(&key, "junk").unwrap();
            certificates.reload().unwrap_err();
        }
        if round % 10 == 0 {
            tokio::task::yield_now().await;
        }
    }
    done.store(true, Ordering::Relaxed);
    load.await.unwrap();
    // The last one installed is the one served.
    let second = connector(&[&pairs[1].0], &[]);
    connect(&server, &second, "mail.test").await.unwrap();
    let first = connector(&[&pairs[0].0], &[]);
    assert!(connect(&server, &first, "mail.test").await.is_err());
}
