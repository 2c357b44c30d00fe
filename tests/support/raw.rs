//! HTTP by hand: bytes that no client library would send, and answers as they came.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer as text, as far as it is text.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    pub status: u16,
    /// Names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl RawAnswer {
    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends these bytes and gives the one answer; the connection is closed after it.
///
/// # Panics
/// No answer, or none of HTTP.
pub async fn exchange(server: SocketAddr, request: &[u8]) -> RawAnswer {
    let mut stream = TcpStream::connect(server)
        .await
        .expect("the server listens");
    stream.write_all(request).await.expect("it takes a request");
    answer(&mut stream).await
}

/// Reads one answer, past `100 Continue`.
///
/// # Panics
/// As [`exchange`].
pub async fn answer(stream: &mut TcpStream) -> RawAnswer {
    answer_within(stream, Duration::from_secs(8)).await
}

/// The same for an answer that is long in coming.
///
/// # Panics
/// As [`exchange`].
pub async fn answer_within(stream: &mut TcpStream, patience: Duration) -> RawAnswer {
    loop {
        let first = tokio::time::timeout(patience, stream.read_u8()).await;
        let first = first.expect("an answer in time").expect("an answer");
        let mut head = vec![first];
        head.extend(until(stream, b"\r\n\r\n").await);
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.trim_end().split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status: u16 = status.unwrap_or_else(|| panic!("not HTTP: {first:?}"));
        if status == 100 {
            continue;
        }
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(0, |(_, value)| value.parse().expect("a length"));
        let mut body = vec![0; length];
        patiently(stream.read_exact(&mut body)).await;
        return RawAnswer {
            status,
            headers,
            body,
        };
    }
}

async fn until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end) {
        let byte = patiently(stream.read_u8()).await;
        bytes.push(byte);
    }
    bytes
}

async fn patiently<T>(work: impl Future<Output = std::io::Result<T>>) -> T {
    tokio::time::timeout(Duration::from_secs(8), work)
        .await
        .expect("an answer in time")
        .expect("a whole answer")
}
