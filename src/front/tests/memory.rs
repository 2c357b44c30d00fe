//! T56: what a held Ping costs. Not part of a normal run:
//! `cargo nextest run -p airgate --lib t56_memory --run-ignored only --no-capture`

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::super::TlsMode;
use super::support::*;
use crate::config::Tls;

const CHILD: &str = "AIRGATE_TEST_MEMORY";
const HELD: usize = 2000;

#[test]
#[ignore = "a measurement"]
fn t56_memory_per_held_ping() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    if let Some(state) = std::env::var_os(CHILD) {
        return runtime.block_on(async {
            let mode = TlsMode::load(&Tls::SelfSigned, state.as_ref()).unwrap();
            let server = Server::with(
                |limits| {
                    limits.handshakes_per_address = 1_000_000;
                    limits.connections_per_address = 1_000_000;
                },
                mode,
            )
            .await;
            println!("listening {}", server.address);
            server.task.await.unwrap();
        });
    }
    let state = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "front::tests::memory::t56_memory_per_held_ping"])
        .args(["--ignored", "--nocapture"])
        .env(CHILD, state.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .find_map(|line| line.unwrap().split_once("listening ")?.1.parse().ok())
        .unwrap();
    let pid = child.id();
    let (before, after) = runtime.block_on(async {
        let address: std::net::SocketAddr = address;
        let pem = std::fs::read(state.path().join("tls/self-signed.pem")).unwrap();
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(&pem).unwrap())
            .unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        let mut held = Vec::new();
        let mut before = 0;
        for number in 0..HELD + 200 {
            let stream = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            let mut client = Client::new(connector.connect(name, stream).await.unwrap());
            client.send(&post("Sync", "", b"x")).await;
            client.answer().await;
            client.send(&post("Ping", "", &[b'x'; 300])).await;
            held.push(client);
            if number == 199 {
                // Warm: allocator, tickets, first tasks.
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                before = resident(pid);
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        (before, resident(pid))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let each = (after - before) as f64 / HELD as f64;
    println!("{each:.1} KiB per held Ping, TLS included ({HELD} held)");
    assert!(each < 48.0);
}

/// Resident memory of a process in KiB.
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
