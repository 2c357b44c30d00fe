//! Another mail program of the same user: a bare IMAP client for what happens behind Airgate's
//! back. Tests write its commands by hand; it knows literals and nothing else.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::backend::User;
use super::mail;

/// A logged-in IMAP connection.
#[derive(Debug)]
pub struct OtherClient {
    stream: BufReader<TcpStream>,
    tag: u32,
}

/// What a command brought.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `OK`, `NO` or `BAD`, with the text.
    pub tagged: String,
    /// The untagged responses, literals in place, without the `* `.
    pub untagged: Vec<String>,
}

impl Answer {
    pub fn is_ok(&self) -> bool {
        self.tagged.starts_with("OK")
    }

    /// The first untagged response that holds `text`.
    pub fn find(&self, text: &str) -> Option<&str> {
        self.untagged
            .iter()
            .map(String::as_str)
            .find(|line| line.contains(text))
    }

    /// The number after `name` anywhere in the answer, as in `UIDVALIDITY 17`.
    pub fn number(&self, name: &str) -> Option<u64> {
        let all = self.untagged.iter().chain(std::iter::once(&self.tagged));
        for line in all {
            if let Some((_, rest)) = line.split_once(&format!("{name} ")) {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                if let Ok(number) = digits.parse() {
                    return Some(number);
                }
            }
        }
        None
    }
}

impl OtherClient {
    /// Connects without logging in.
    pub async fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server)
            .await
            .expect("the server listens");
        let _ = stream.set_nodelay(true);
        let mut client = Self {
            stream: BufReader::new(stream),
            tag: 0,
        };
        let greeting = client.line().await;
        assert!(greeting.starts_with("* OK"), "greeting: {greeting}");
        client
    }

    pub async fn login(server: SocketAddr, user: &User) -> Self {
        let mut client = Self::connect(server).await;
        let login = format!("LOGIN \"{}\" \"{}\"", user.name, user.password);
        client.command(&login).await;
        client
    }

    /// Sends a command and gives whatever came.
    pub async fn try_command(&mut self, command: &str) -> Answer {
        let tag = self.send(command).await;
        self.answer(&tag).await
    }

    /// Sends a command that must succeed.
    pub async fn command(&mut self, command: &str) -> Answer {
        let answer = self.try_command(command).await;
        assert!(answer.is_ok(), "{command}: {}", answer.tagged);
        answer
    }

    /// Opens a folder.
    pub async fn select(&mut self, folder: &str) -> Answer {
        self.command(&format!("SELECT \"{folder}\"")).await
    }

    /// Adds a mail to a folder; `flags` as in `\\Seen \\Flagged`.
    pub async fn append(&mut self, folder: &str, flags: &str, message: &[u8]) -> Answer {
        let answer = self.try_append(folder, flags, message).await;
        assert!(answer.is_ok(), "APPEND: {}", answer.tagged);
        answer
    }

    /// The same, received at that time, as in `01-Feb-2020 10:00:00 +0000`.
    pub async fn append_dated(&mut self, folder: &str, date: &str, message: &[u8]) -> Answer {
        let arguments = format!("\"{folder}\" () \"{date}\"");
        let answer = self.append_with(&arguments, message).await;
        assert!(answer.is_ok(), "APPEND: {}", answer.tagged);
        answer
    }

    /// As [`Self::append`], but may be refused.
    pub async fn try_append(&mut self, folder: &str, flags: &str, message: &[u8]) -> Answer {
        self.append_with(&format!("\"{folder}\" ({flags})"), message)
            .await
    }

    /// Adds a mail that arrived at this time; may be refused.
    pub async fn try_append_at(&mut self, folder: &str, seconds: u64, message: &[u8]) -> Answer {
        let date = mail::internal_date(seconds);
        self.append_with(&format!("\"{folder}\" () \"{date}\""), message)
            .await
    }

    async fn append_with(&mut self, arguments: &str, message: &[u8]) -> Answer {
        let tag = self
            .send(&format!("APPEND {arguments} {{{}}}", message.len()))
            .await;
        loop {
            let line = self.line().await;
            if line.starts_with('+') {
                break;
            }
            if let Some(tagged) = line.strip_prefix(&format!("{tag} ")) {
                return Answer {
                    tagged: tagged.to_owned(),
                    untagged: Vec::new(),
                };
            }
        }
        self.write(message).await;
        self.write(b"\r\n").await;
        self.answer(&tag).await
    }

    /// Idles until the server says something, and gives that line.
    pub async fn idle(&mut self) -> String {
        let tag = self.send("IDLE").await;
        let mut heard = loop {
            let line = self.line().await;
            if line.starts_with('+') {
                break self.line().await;
            }
        };
        while heard.starts_with("* OK") {
            heard = self.line().await;
        }
        self.write(b"DONE\r\n").await;
        self.answer(&tag).await;
        heard
    }

    /// The UIDs that a search finds in the open folder.
    pub async fn search(&mut self, criteria: &str) -> Vec<u32> {
        let answer = self.command(&format!("UID SEARCH {criteria}")).await;
        answer
            .untagged
            .iter()
            .filter_map(|line| line.strip_prefix("SEARCH"))
            .flat_map(str::split_whitespace)
            .map(|number| number.parse().expect("a UID"))
            .collect()
    }

    /// The subjects of a folder's mails in UID order, by a new SELECT.
    pub async fn subjects(&mut self, folder: &str) -> Vec<String> {
        self.select(folder).await;
        let answer = self
            .command("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            .await;
        answer
            .untagged
            .iter()
            .filter_map(|line| line.split_once("Subject:"))
            .map(|(_, rest)| rest.lines().next().unwrap_or_default().trim().to_owned())
            .collect()
    }

    /// The flags of one mail of the open folder, as the server spells them.
    pub async fn flags(&mut self, uid: u32) -> String {
        let answer = self.command(&format!("UID FETCH {uid} (FLAGS)")).await;
        answer.find("FLAGS").unwrap_or_default().to_owned()
    }

    pub async fn logout(mut self) {
        let _ = self.try_command("LOGOUT").await;
    }

    async fn send(&mut self, command: &str) -> String {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        self.write(format!("{tag} {command}\r\n").as_bytes()).await;
        tag
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.stream
            .get_mut()
            .write_all(bytes)
            .await
            .expect("the server reads");
    }

    async fn answer(&mut self, tag: &str) -> Answer {
        let mut untagged = Vec::new();
        loop {
            let line = self.line().await;
            if let Some(rest) = line.strip_prefix("* ") {
                untagged.push(rest.to_owned());
            } else if let Some(tagged) = line.strip_prefix(&format!("{tag} ")) {
                return Answer {
                    tagged: tagged.to_owned(),
                    untagged,
                };
            } else {
                panic!("not an answer to {tag}: {line}");
            }
        }
    }

    /// One response with its literals.
    async fn line(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let got = self.stream.read_until(b'\n', &mut bytes).await;
            assert!(matches!(got, Ok(1..)), "the server closed: {got:?}");
            while bytes.ends_with(b"\n") || bytes.ends_with(b"\r") {
                bytes.pop();
            }
            let Some(size) = literal_size(&bytes) else {
                return String::from_utf8_lossy(&bytes).into_owned();
            };
            bytes.extend_from_slice(b"\r\n");
            let from = bytes.len();
            bytes.resize(from + size, 0);
            self.stream
                .read_exact(&mut bytes[from..])
                .await
                .expect("the whole literal");
        }
    }
}

fn literal_size(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|byte| *byte == b'{')?;
    std::str::from_utf8(inner.get(open + 1..)?)
        .ok()?
        .parse()
        .ok()
}
