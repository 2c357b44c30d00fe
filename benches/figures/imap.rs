//! A bare IMAP client that pipelines: it sends what it is told, counts what comes, and reads no more
//! of an answer than finding its end takes. The fastest a client can be on this server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::backend::User;

pub struct Bare {
    reader: BufReader<TcpStream>,
    next: u64,
    /// Octets received.
    pub octets: u64,
    /// The last untagged lines, without literals.
    pub lines: Vec<String>,
}

/// Commands under way at a time.
const DEPTH: usize = 8;
/// The longest line that is kept: an ESEARCH answer of thousands of UIDs.
const KEPT: usize = 64 * 1024;

impl Bare {
    pub fn log_in(server: SocketAddr, user: &User) -> Self {
        let stream = TcpStream::connect(server).expect("the mail server listens");
        stream.set_nodelay(true).expect("a TCP stream");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a TCP stream");
        let mut bare = Self {
            reader: BufReader::with_capacity(256 << 10, stream),
            next: 0,
            octets: 0,
            lines: Vec::new(),
        };
        let mut line = Vec::new();
        bare.line(&mut line);
        bare.command(&format!("LOGIN \"{}\" \"{}\"", user.name, user.password));
        bare
    }

    /// One command, to its OK.
    pub fn command(&mut self, command: &str) -> Vec<String> {
        self.lines.clear();
        self.send(command);
        self.until_tagged();
        std::mem::take(&mut self.lines)
    }

    /// Many commands, a few of them under way at any time.
    pub fn flight(&mut self, commands: &[String]) {
        let mut open = 0;
        for command in commands {
            if open == DEPTH {
                self.until_tagged();
                open -= 1;
            }
            self.send(command);
            open += 1;
        }
        for _ in 0..open {
            self.until_tagged();
        }
        self.lines.clear();
    }

    /// Puts a mail into a folder.
    pub fn append(&mut self, folder: &str, message: &[u8]) {
        self.send(&format!("APPEND \"{folder}\" {{{}+}}", message.len()));
        let stream = self.reader.get_mut();
        stream.write_all(message).expect("the server reads");
        stream.write_all(b"\r\n").expect("the server reads");
        self.until_tagged();
    }

    /// Waits for an untagged line with this text in it.
    pub fn until_line(&mut self, text: &str) {
        let mut line = Vec::new();
        loop {
            self.line(&mut line);
            if String::from_utf8_lossy(&line).contains(text) {
                return;
            }
        }
    }

    fn send(&mut self, command: &str) {
        self.next += 1;
        let line = format!("B{} {command}\r\n", self.next);
        self.reader
            .get_mut()
            .write_all(line.as_bytes())
            .expect("the server reads");
    }

    fn until_tagged(&mut self) {
        let mut line = Vec::new();
        loop {
            self.line(&mut line);
            if line.starts_with(b"B") {
                let text = String::from_utf8_lossy(&line);
                assert!(text.contains(" OK"), "the bare client: {text}");
                return;
            }
            if line.len() < KEPT && self.lines.len() < 64 {
                self.lines.push(String::from_utf8_lossy(&line).into_owned());
            }
        }
    }

    /// A line with its literals skipped.
    fn line(&mut self, line: &mut Vec<u8>) {
        line.clear();
        loop {
            let from = line.len();
            let count = self
                .reader
                .read_until(b'\n', line)
                .expect("the server answers");
            assert!(count > 0, "the server hung up");
            self.octets += count as u64;
            let Some(length) = literal(&line[from..]) else {
                return;
            };
            self.octets += length;
            let mut literal = (&mut self.reader).take(length);
            std::io::copy(&mut literal, &mut std::io::sink()).expect("the whole literal");
        }
    }
}

/// The length of the literal a line ends with.
fn literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"}\r\n")?;
    let at = line.iter().rposition(|octet| *octet == b'{')?;
    std::str::from_utf8(&line[at + 1..]).ok()?.parse().ok()
}
