//! A wire with a meter: passes TCP on to a server and counts what comes back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

/// Stands between Airgate and a mail server.
#[derive(Debug)]
pub struct Counting {
    address: SocketAddr,
    octets: Arc<AtomicU64>,
}

impl Counting {
    /// Listens for connections to this server.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let octets = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&octets);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, Arc::clone(&counter)));
            }
        });
        Self { address, octets }
    }

    /// The value of Airgate's `--imap`.
    pub fn imap_url(&self) -> String {
        format!("imap://{}", self.address)
    }

    /// Octets that the server has sent so far.
    pub fn octets(&self) -> u64 {
        self.octets.load(Ordering::SeqCst)
    }
}

async fn pass(client: TcpStream, server: SocketAddr, counter: Arc<AtomicU64>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        let _ = copy(&mut from_client, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    let down = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            counter.fetch_add(read as u64, Ordering::SeqCst);
            if to_client.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
        let _ = to_client.shutdown().await;
    };
    tokio::join!(up, down);
}
