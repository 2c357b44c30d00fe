//! A bad network in front of a server: a TCP proxy that passes everything on until a test tells it
//! to be silent, slow, broken or mad.
//!
//! A change of [`Mode`] holds for connections that are open as well. A server that refuses
//! connections altogether is made by stopping it, not here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::process::loopback;

/// What happens to the bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// They pass.
    Pass,
    /// Connections are closed as soon as they are made, and those there are at once.
    Close,
    /// Connections are accepted, and then nothing.
    BlackHole,
    /// So many more bytes of the server's pass, over all connections; then the connection is cut
    /// that would have carried the next, and everything passes again.
    CutAfter(usize),
    /// A few bytes at a time, with a pause between them.
    Slow { bytes: usize, pause: Duration },
    /// Noise instead of what the server says.
    Garbage,
}

/// The proxy; gone when dropped.
#[derive(Debug)]
pub struct Faulty {
    port: u16,
    mode: Arc<watch::Sender<Mode>>,
    accepted: Arc<AtomicUsize>,
    accepting: tokio::task::JoinHandle<()>,
}

const NOISE: &[u8] = b"\x00\xff{4294967295}\r\n* 7 FETCH (((((\r\nA1 OK \x80\r\n) \"\r\n";

impl Faulty {
    /// In front of this server, passing everything.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(loopback(0))
            .await
            .expect("a free port on loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let mode = Arc::new(watch::Sender::new(Mode::Pass));
        let accepted = Arc::new(AtomicUsize::new(0));
        let (shared, count) = (Arc::clone(&mode), Arc::clone(&accepted));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // Whatever goes wrong ends this connection, which is what we are for.
                    let _ = carry(client, server, &shared).await;
                });
            }
        });
        Self {
            port,
            mode,
            accepted,
            accepting,
        }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The value of Airgate's `--imap`.
    pub fn imap_url(&self) -> String {
        format!("imap://127.0.0.1:{}", self.port)
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    pub fn mode(&self) -> Mode {
        *self.mode.borrow()
    }

    /// Connections made so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.accepting.abort();
        self.set(Mode::Close);
    }
}

async fn carry(
    mut client: TcpStream,
    server: SocketAddr,
    shared: &watch::Sender<Mode>,
) -> std::io::Result<()> {
    let mut changes = shared.subscribe();
    if *changes.borrow() == Mode::Close {
        return Ok(());
    }
    let mut server = TcpStream::connect(server).await?;
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut up, mut down) = ([0; 16 * 1024], [0; 16 * 1024]);
    loop {
        let mode = *changes.borrow_and_update();
        match mode {
            Mode::Close => return Ok(()),
            Mode::BlackHole => {
                if changes.changed().await.is_err() {
                    return Ok(());
                }
                continue;
            }
            _ => {}
        }
        let room = match mode {
            Mode::Slow { bytes, .. } => bytes.clamp(1, down.len()),
            _ => down.len(),
        };
        tokio::select! {
            changed = changes.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
            }
            got = client.read(&mut up) => match got? {
                0 => return Ok(()),
                got => server.write_all(&up[..got]).await?,
            },
            got = server.read(&mut down[..room]) => match (got?, mode) {
                (0, _) => return Ok(()),
                (_, Mode::Garbage) => client.write_all(NOISE).await?,
                (got, Mode::CutAfter(_)) => {
                    let (pass, cut) = take(shared, got);
                    client.write_all(&down[..pass]).await?;
                    if cut {
                        return Ok(());
                    }
                }
                (got, Mode::Slow { pause, .. }) => {
                    client.write_all(&down[..got]).await?;
                    tokio::time::sleep(pause).await;
                }
                (got, _) => client.write_all(&down[..got]).await?,
            },
        }
    }
}

/// How many of these bytes may pass, and whether that was the end.
fn take(shared: &watch::Sender<Mode>, got: usize) -> (usize, bool) {
    let mut answer = (got, false);
    shared.send_if_modified(|mode| {
        let Mode::CutAfter(left) = mode else {
            return false;
        };
        if got <= *left {
            *left -= got;
            // Each connection reads the count anew; none has to wake for it.
            return false;
        }
        answer = (*left, true);
        *mode = Mode::Pass;
        true
    });
    answer
}
