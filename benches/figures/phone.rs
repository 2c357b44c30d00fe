//! A lean phone: raw HTTP over one kept connection, and only as much WBXML read as it takes to go
//! on, so that it costs the machine little beside the server it measures.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::BodyPreference;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::folder_sync;
use airgate_codec::eas::sync::{Collection, Options, Request};
use airgate_codec::wbxml::{Limits, Reader, air_sync};
use base64::Engine as _;

use crate::support::backend::User;

/// What it speaks.
pub const VERSION: ProtocolVersion = ProtocolVersion::V16_1;

pub struct Phone {
    reader: BufReader<TcpStream>,
    pub request: Requests,
    body: Vec<u8>,
    /// Octets of answers as they came.
    pub octets: u64,
}

/// The requests of one device, as bytes.
#[derive(Clone, Debug)]
pub struct Requests {
    query: String,
    headers: String,
}

/// What a Sync told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Empty when the answer was: nothing new.
    pub key: String,
    pub added: usize,
    pub more: bool,
    pub status: u16,
}

impl Requests {
    pub fn new(user: &User, device: &str, gzip: bool) -> Self {
        let credentials = base64::engine::general_purpose::STANDARD
            .encode(format!("{}:{}", user.name, user.password));
        let encoding = if gzip {
            "Accept-Encoding: gzip\r\n"
        } else {
            ""
        };
        Self {
            query: format!("User={}&DeviceId={device}&DeviceType=Bench", user.name),
            headers: format!(
                "Host: localhost\r\nAuthorization: Basic {credentials}\r\n\
                 User-Agent: Bench/1\r\nMS-ASProtocolVersion: 16.1\r\n{encoding}"
            ),
        }
    }

    pub fn command(&self, name: &str, body: &[u8]) -> Vec<u8> {
        let mut request = format!(
            "POST /Microsoft-Server-ActiveSync?Cmd={name}&{} HTTP/1.1\r\n{}\
             Content-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: {}\r\n\r\n",
            self.query,
            self.headers,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        request
    }

    pub fn options(&self) -> Vec<u8> {
        format!(
            "OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\n{}\r\n",
            self.headers
        )
        .into_bytes()
    }
}

impl Phone {
    pub fn connect(server: SocketAddr, user: &User, device: &str, gzip: bool) -> Self {
        let stream = TcpStream::connect(server).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP stream");
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .expect("a TCP stream");
        Self {
            reader: BufReader::with_capacity(256 << 10, stream),
            request: Requests::new(user, device, gzip),
            body: Vec::new(),
            octets: 0,
        }
    }

    /// Sends one command; the body of the answer, inflated.
    pub fn command(&mut self, name: &str, body: &[u8]) -> &[u8] {
        let request = self.request.command(name, body);
        self.exchange(&request)
    }

    /// Sends one request as it is; the body of the answer, inflated.
    pub fn exchange(&mut self, request: &[u8]) -> &[u8] {
        let mut body = std::mem::take(&mut self.body);
        body.clear();
        let zipped = self.stream(request, &mut |octets| body.extend_from_slice(octets));
        if zipped {
            let mut plain = Vec::with_capacity(body.len() * 4);
            flate2::read::GzDecoder::new(body.as_slice())
                .read_to_end(&mut plain)
                .expect("sound gzip");
            body = plain;
        }
        self.body = body;
        &self.body
    }

    /// Sends one request and hands out the answer's body as it comes; whether it is gzip.
    pub fn stream(&mut self, request: &[u8], sink: &mut dyn FnMut(&[u8])) -> bool {
        self.reader
            .get_mut()
            .write_all(request)
            .expect("the server reads");
        let mut line = String::new();
        let mut length = Some(0);
        let mut zipped = false;
        let mut status = String::new();
        loop {
            line.clear();
            let count = self
                .reader
                .read_line(&mut line)
                .expect("the server answers");
            assert!(count > 0, "the server hung up");
            if status.is_empty() {
                status.clone_from(&line);
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse::<u64>().ok();
            } else if lower.starts_with("transfer-encoding: chunked") {
                length = None;
            } else if lower.starts_with("content-encoding: gzip") {
                zipped = true;
            } else if line == "\r\n" {
                break;
            }
        }
        match length {
            Some(length) => self.pass(length, sink),
            None => loop {
                line.clear();
                self.reader.read_line(&mut line).expect("a chunk");
                let length = u64::from_str_radix(line.trim(), 16).expect("a chunk's length");
                self.pass(length, sink);
                self.reader.read_line(&mut line).expect("the chunk's end");
                if length == 0 {
                    break;
                }
            },
        }
        assert!(
            status.contains(" 200"),
            "the server said {status}{}",
            String::from_utf8_lossy(&self.body)
        );
        zipped
    }

    fn pass(&mut self, mut length: u64, sink: &mut dyn FnMut(&[u8])) {
        self.octets += length;
        while length > 0 {
            let octets = self.reader.fill_buf().expect("the whole body");
            assert!(!octets.is_empty(), "the server hung up");
            let count = octets
                .len()
                .min(usize::try_from(length).unwrap_or(usize::MAX));
            sink(&octets[..count]);
            self.reader.consume(count);
            length -= count as u64;
        }
    }

    /// The user's folders: name and id.
    pub fn folders(&mut self) -> Vec<(String, String)> {
        let request = folder_sync::Request {
            sync_key: "0".to_owned(),
        };
        let body = self.command("FolderSync", &request.write(VERSION)).to_vec();
        let response = folder_sync::Response::read(&body).expect("a FolderSync response");
        response
            .changes
            .expect("folders")
            .adds
            .into_iter()
            .map(|folder| (folder.display_name, folder.server_id))
            .collect()
    }

    /// The id of a folder.
    pub fn folder(&mut self, name: &str) -> String {
        self.folders()
            .into_iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .expect("the folder is there")
            .1
    }

    /// One step of a Sync.
    pub fn sync(&mut self, folder: &str, key: &str, window: u32, truncation: u32) -> Page {
        let body = sync_request(folder, key, window, truncation);
        Page::read(self.command("Sync", &body))
    }

    /// The whole folder, page by page; the last key and the number of items.
    pub fn sync_all(&mut self, folder: &str, window: u32, truncation: u32) -> (String, usize) {
        let mut page = self.sync(folder, "0", window, truncation);
        let mut count = 0;
        let mut key = page.key.clone();
        loop {
            page = self.sync(folder, &key, window, truncation);
            count += page.added;
            if !page.key.is_empty() {
                key.clone_from(&page.key);
            }
            if !page.more {
                return (key, count);
            }
        }
    }
}

/// A Sync of one folder, HTML bodies up to `truncation`.
pub fn sync_request(folder: &str, key: &str, window: u32, truncation: u32) -> Vec<u8> {
    let collection = Collection {
        sync_key: Some(key.to_owned()),
        collection_id: folder.to_owned(),
        get_changes: (key != "0").then_some(true),
        window_size: Some(window),
        options: Some(vec![Options {
            filter_type: Some(0),
            body_preferences: vec![BodyPreference {
                truncation_size: Some(truncation),
                ..BodyPreference::of(BodyType::Html)
            }],
            ..Options::default()
        }]),
        ..Collection::default()
    };
    Request {
        collections: Some(vec![collection]),
        ..Request::default()
    }
    .write(VERSION)
}

impl Page {
    /// # Panics
    /// When the Sync was refused.
    pub fn read(body: &[u8]) -> Self {
        let mut page = Self::default();
        if body.is_empty() {
            return page;
        }
        let mut reader = Reader::with_limits(body, Limits::VIEW).expect("WBXML");
        reader.root().expect("a root");
        while let Some(tag) = reader.child().expect("WBXML") {
            match tag {
                air_sync::STATUS => page.status = reader.number().expect("a status"),
                air_sync::COLLECTIONS => {
                    while let Some(air_sync::COLLECTION) = reader.child().expect("WBXML") {
                        page.collection(&mut reader);
                    }
                }
                _ => reader.skip().expect("WBXML"),
            }
        }
        assert!(page.status <= 1, "Sync status {}", page.status);
        page
    }

    fn collection(&mut self, reader: &mut Reader<'_>) {
        while let Some(tag) = reader.child().expect("WBXML") {
            match tag {
                air_sync::SYNC_KEY => self.key = reader.text().expect("a key").into_owned(),
                air_sync::STATUS => self.status = reader.number().expect("a status"),
                air_sync::MORE_AVAILABLE => {
                    self.more = true;
                    reader.skip().expect("WBXML");
                }
                air_sync::COMMANDS => {
                    while let Some(tag) = reader.child().expect("WBXML") {
                        self.added += usize::from(tag == air_sync::ADD);
                        reader.skip().expect("WBXML");
                    }
                }
                _ => reader.skip().expect("WBXML"),
            }
        }
    }
}
