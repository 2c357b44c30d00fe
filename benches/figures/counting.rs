//! A wire between Airgate and its mail server that counts: how often it asked and had to wait, and
//! how much came back.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::support::process::loopback;

#[derive(Clone)]
pub struct Counting {
    pub port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    round_trips: AtomicU64,
    commands: AtomicU64,
    octets: AtomicU64,
}

/// What passed so far.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    pub round_trips: u64,
    pub commands: u64,
    /// From the mail server.
    pub octets: u64,
}

impl Counting {
    /// Listens and passes on to the server until the process ends.
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(loopback(0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(server) else {
                    return;
                };
                pass(near, far, &shared);
            }
        });
        Self { port, counts }
    }

    pub fn passed(&self) -> Passed {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Passed {
            round_trips: read(&self.counts.round_trips),
            commands: read(&self.counts.commands),
            octets: read(&self.counts.octets),
        }
    }
}

fn pass(near: TcpStream, far: TcpStream, counts: &Arc<Counts>) {
    let answered = Arc::new(AtomicBool::new(true));
    let (up, down) = (Arc::clone(counts), Arc::clone(counts));
    let last = Arc::clone(&answered);
    let (mut from, mut to) = (
        near.try_clone().expect("a descriptor"),
        far.try_clone().expect("a descriptor"),
    );
    thread::spawn(move || {
        copy(&mut from, &mut to, |octets| {
            let lines = octets.windows(2).filter(|pair| pair == b"\r\n").count();
            up.commands.fetch_add(lines as u64, Ordering::Relaxed);
            // What is sent while an answer is still due is pipelined: no further round trip.
            if last.swap(false, Ordering::Relaxed) {
                up.round_trips.fetch_add(1, Ordering::Relaxed);
            }
        });
    });
    thread::spawn(move || {
        let (mut from, mut to) = (far, near);
        copy(&mut from, &mut to, |octets| {
            down.octets
                .fetch_add(octets.len() as u64, Ordering::Relaxed);
            answered.store(true, Ordering::Relaxed);
        });
    });
}

fn copy(from: &mut TcpStream, to: &mut TcpStream, mut note: impl FnMut(&[u8])) {
    let mut room = vec![0; 64 << 10];
    let _ = to.set_nodelay(true);
    while let Ok(count) = from.read(&mut room) {
        if count == 0 {
            break;
        }
        note(&room[..count]);
        if to.write_all(&room[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
