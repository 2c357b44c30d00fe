//! A cable between Airgate and a backend, to be pulled: a TCP relay that can refuse, stall and cut.
//!
//! ```ignore
//! let cable = Cable::to(backend.imap()).await;
//! let world = World::around(backend, &users, |settings| settings.imap(&cable.url("imap"))).await;
//! cable.set(State::Cut);
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the cable does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Carries bytes both ways.
    Plugged,
    /// Ends all connections and every new one at once.
    Cut,
    /// Takes connections and bytes, and carries nothing.
    Stalled,
}

/// A running relay. It ends with the runtime of the test.
#[derive(Debug)]
pub struct Cable {
    port: u16,
    state: Arc<watch::Sender<State>>,
}

impl Cable {
    /// A cable to this server, plugged.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(watch::Sender::new(State::Plugged));
        let sender = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *sender.borrow() == State::Cut {
                    continue;
                }
                let watched = sender.subscribe();
                tokio::spawn(carry(near, server, watched));
            }
        });
        Self { port, state }
    }

    /// Where Airgate connects to, with this scheme.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Changes what it does, for open connections too.
    pub fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn carry(near: TcpStream, server: SocketAddr, state: watch::Receiver<State>) {
    let Ok(far) = TcpStream::connect(server).await else {
        return;
    };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let mut watched = state.clone();
    tokio::select! {
        () = one_way(near_read, far_write, state.clone()) => {}
        () = one_way(far_read, near_write, state) => {}
        _ = watched.wait_for(|state| *state == State::Cut) => {}
    }
}

async fn one_way(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        // Held back, not lost: a stalled network gives it later.
        let plugged = state
            .wait_for(|state| *state == State::Plugged)
            .await
            .is_ok();
        let Some(bytes) = buffer.get(..count).filter(|_| plugged) else {
            return;
        };
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
