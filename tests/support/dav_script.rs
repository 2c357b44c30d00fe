//! A DAV server that says what a test wants it to, for what no honest server says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::process::loopback;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: String,
}

impl Asked {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// The server; gone when dropped.
#[derive(Debug)]
pub struct DavScript {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    accepting: tokio::task::JoinHandle<()>,
}

/// An answer with a body and its length.
pub fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A multistatus with this in it.
pub fn multistatus(inside: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\" \
         xmlns:c=\"urn:ietf:params:xml:ns:caldav\" xmlns:a=\"urn:ietf:params:xml:ns:carddav\" \
         xmlns:s=\"http://calendarserver.org/ns/\">{inside}</d:multistatus>"
    );
    reply(
        "207 Multi-Status",
        "Content-Type: application/xml\r\n",
        &body,
    )
}

/// One response in it, with properties that were found.
pub fn found(href: &str, props: &str) -> String {
    format!(
        "<d:response><d:href>{href}</d:href><d:propstat><d:prop>{props}</d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

impl DavScript {
    /// Answers each request by `answer`, whole HTTP; an empty text closes the connection.
    pub async fn start(answer: impl Fn(&Asked) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(loopback(0))
            .await
            .expect("a free port on loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        let accepting = tokio::spawn(async move {
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                let number = connection;
                connection += 1;
                tokio::spawn(async move { serve(stream, number, &log, answer.as_ref()).await });
            }
        });
        Self {
            port,
            asked,
            accepting,
        }
    }

    pub fn address(&self) -> SocketAddr {
        loopback(self.port)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/home/", self.port)
    }

    /// All that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panics with it").clone()
    }
}

impl Drop for DavScript {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    log: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked) -> String + Send + Sync),
) {
    let mut octets = Vec::new();
    loop {
        let Some(asked) = next(&mut stream, &mut octets, connection).await else {
            return;
        };
        log.lock()
            .expect("nobody panics with it")
            .push(asked.clone());
        let text = answer(&asked);
        if text.is_empty() || stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn next(stream: &mut TcpStream, octets: &mut Vec<u8>, connection: usize) -> Option<Asked> {
    loop {
        let text = String::from_utf8_lossy(octets).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let mut asked = Asked {
                connection,
                method: head.split(' ').next()?.to_owned(),
                path: head.split(' ').nth(1)?.to_owned(),
                head: head.to_owned(),
                body: String::new(),
            };
            let length = asked
                .header("content-length")
                .map_or(0, |n| n.parse().unwrap_or(0));
            if rest.len() >= length {
                rest.get(..length)?.clone_into(&mut asked.body);
                octets.drain(..head.len() + 4 + length);
                return Some(asked);
            }
        }
        if stream.read_buf(octets).await.ok()? == 0 {
            return None;
        }
    }
}
