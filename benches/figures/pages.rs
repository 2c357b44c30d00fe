//! Pages of the portal: from the last octet of the request to the first of the answer, over one kept
//! connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::initial::median;
use crate::support::backend::User;
use crate::support::backend::dovecot::Dovecot;
use crate::support::surfer::Surfer;
use crate::table::{Budget, Table};
use crate::{Scale, rig};

/// Pages whoever is signed in sees; the last one has the QR code of a second factor.
const PAGES: [(&str, &str); 5] = [
    ("the overview", "/account"),
    ("passcodes", "/account/passcodes"),
    ("devices", "/account/devices"),
    ("a guide", "/account/set-up/iphone"),
    ("the page with the QR code", "/account/two-step/scan"),
];

/// A browser's connection.
struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    fn open(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP stream");
        Self {
            reader: BufReader::new(stream),
        }
    }

    /// Sends a request; the time to the first octet, and the status.
    fn ask(&mut self, request: &str) -> (Duration, u16) {
        let start = Instant::now();
        self.reader
            .get_mut()
            .write_all(request.as_bytes())
            .expect("the server reads");
        let there = self.reader.fill_buf().expect("an answer").len();
        let took = start.elapsed();
        assert!(there > 0, "the server hung up");
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).expect("a header");
            let lower = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = lower.strip_prefix("http/1.1 ") {
                status = rest
                    .get(..3)
                    .and_then(|code| code.parse().ok())
                    .expect("a status");
            } else if let Some(rest) = lower.strip_prefix("content-length: ") {
                length = rest.parse().expect("a length");
            } else if lower.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).expect("the whole page");
        (took, status)
    }
}

fn head(method: &str, target: &str, surfer: &Surfer) -> String {
    let cookies: Vec<String> = surfer
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: portal.test\r\nUser-Agent: {}\r\nCookie: {}\r\n",
        surfer.agent,
        cookies.join("; ")
    )
}

pub fn measure(scale: Scale, table: &mut Table) {
    let alice = User::alice();
    let dovecot = Dovecot::start(std::slice::from_ref(&alice));
    let state = rig::state();
    let server = rig::server(dovecot.imap_port, state.path().to_owned(), |settings| {
        settings.toml("[limits]\nhandshakes_per_address = 10000")
    });
    // So that lists have something in them.
    for _ in 0..5 {
        server.passcode(&alice, &[]);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut surfer = Surfer::new(server.address());
    runtime.block_on(async {
        surfer.sign_in(&alice.name, &alice.password).await;
        assert_eq!(surfer.at, "/account", "{}", surfer.page);
        surfer.open("/account/two-step/begin").await;
        surfer.send("/account/two-step/begin", &[]).await;
        let to = "/account/two-step/app";
        let fields = [("password", alice.password.as_str()), ("to", to)];
        surfer.send("/account/confirm", &fields).await;
        surfer.send(to, &[]).await;
    });
    let mut connection = Connection::open(server.address());
    let times = if scale.smoke { 5 } else { 300 };
    for (name, target) in PAGES {
        let request = format!("{}\r\n", head("GET", target, &surfer));
        let mut taken = Vec::new();
        for _ in 0..times {
            let (took, status) = connection.ask(&request);
            assert_eq!(status, 200, "{target}");
            taken.push(took);
        }
        row(table, name, &taken);
    }
    // A sign-in asks the mail server; each in a browser of its own.
    let times = if scale.smoke { 2 } else { 30 };
    let mut taken = Vec::new();
    for _ in 0..times {
        let mut fresh = Surfer::new(server.address());
        runtime.block_on(fresh.open("/account/sign-in"));
        let body = fresh.form(&[
            ("user", &alice.name),
            ("password", &alice.password),
            ("to", ""),
        ]);
        let request = format!(
            "{}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            head("POST", "/account/sign-in", &fresh),
            body.len()
        );
        let (took, status) = Connection::open(server.address()).ask(&request);
        assert_eq!(status, 303, "it is the right password");
        taken.push(took);
        // Whoever asks the same within five seconds shares one login at the mail server.
        if !scale.smoke {
            std::thread::sleep(Duration::from_millis(5_100) / 30);
        }
    }
    row(table, "a sign-in", &taken);
}

fn row(table: &mut Table, name: &str, taken: &[Duration]) {
    let mut sorted = taken.to_vec();
    sorted.sort();
    let slowest = sorted.last().copied().unwrap_or_default();
    table.add(
        &format!("portal: {name}, time to first octet"),
        median(sorted).as_secs_f64() * 1e3,
        "ms",
        Budget::None,
        &format!(
            "slowest of {} took {:.1} ms",
            taken.len(),
            slowest.as_secs_f64() * 1e3
        ),
    );
}
