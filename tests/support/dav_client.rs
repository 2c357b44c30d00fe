//! The user's other calendar and contacts program: plain HTTP, written for tests and sharing nothing
//! with Airgate's client.

use std::fmt::Write as _;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::backend::User;

/// One user's client of one server.
#[derive(Clone, Debug)]
pub struct DavClient {
    address: SocketAddr,
    authorization: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct DavReply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl DavReply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl DavClient {
    pub fn new(address: SocketAddr, user: &User) -> Self {
        let pair = format!("{}:{}", user.name, user.password);
        Self {
            address,
            authorization: format!("Basic {}", STANDARD.encode(pair)),
        }
    }

    /// One request on a connection of its own.
    pub async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> DavReply {
        let mut stream = TcpStream::connect(self.address)
            .await
            .expect("the DAV server listens");
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: {}\r\n\
             Content-Length: {}\r\n",
            self.address,
            self.authorization,
            body.len()
        );
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        text.push_str(body);
        stream
            .write_all(text.as_bytes())
            .await
            .expect("the DAV server reads");
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .await
            .expect("the DAV server answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, rest) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let chunked = head
            .to_ascii_lowercase()
            .contains("transfer-encoding: chunked");
        DavReply {
            status: head
                .split(' ')
                .nth(1)
                .and_then(|code| code.parse().ok())
                .unwrap_or_else(|| panic!("no HTTP answer to {method} {path}: {answer:.200}")),
            head: head.to_owned(),
            body: match chunked {
                true => unchunked(rest),
                false => rest.to_owned(),
            },
        }
    }

    /// The same, which must succeed.
    async fn done(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> DavReply {
        let reply = self.request(method, path, headers, body).await;
        assert!(
            (200..300).contains(&reply.status),
            "{method} {path}: {} {}",
            reply.head,
            reply.body
        );
        reply
    }

    /// Writes an object, whatever is there.
    pub async fn put(&self, path: &str, object: &str) {
        let kind = match path.ends_with(".vcf") {
            true => "text/vcard; charset=utf-8",
            false => "text/calendar; charset=utf-8",
        };
        self.done("PUT", path, &[("Content-Type", kind)], object)
            .await;
    }

    /// An object as the server has it; `None` when there is none.
    pub async fn get(&self, path: &str) -> Option<String> {
        let reply = self.request("GET", path, &[], "").await;
        match reply.status {
            200 => Some(reply.body),
            404 | 410 => None,
            other => panic!("GET {path}: {other} {}", reply.body),
        }
    }

    /// Its ETag.
    pub async fn etag(&self, path: &str) -> Option<String> {
        let reply = self.request("GET", path, &[], "").await;
        reply.header("etag").map(str::to_owned)
    }

    /// Removes an object or a collection.
    pub async fn delete(&self, path: &str) {
        self.done("DELETE", path, &[], "").await;
    }

    /// The paths of the objects in a collection, sorted, as the server writes them.
    pub async fn list(&self, path: &str) -> Vec<String> {
        let body = "<propfind xmlns=\"DAV:\"><prop><getetag/></prop></propfind>";
        let headers = [("Depth", "1"), ("Content-Type", "application/xml")];
        let reply = self.done("PROPFIND", path, &headers, body).await;
        let mut found: Vec<String> = reply
            .body
            .split("href>")
            .skip(1)
            .step_by(2)
            .filter_map(|part| part.split_once("</").map(|(href, _)| href.to_owned()))
            .filter(|href| href.ends_with(".ics") || href.ends_with(".vcf"))
            .collect();
        found.sort();
        found
    }

    /// The objects themselves.
    pub async fn objects(&self, path: &str) -> Vec<String> {
        let mut objects = Vec::new();
        for href in self.list(path).await {
            objects.extend(self.get(&href).await);
        }
        objects
    }

    /// Makes a calendar for some components.
    pub async fn make_calendar(&self, path: &str, name: &str, components: &[&str]) {
        let comps: String = components
            .iter()
            .map(|component| format!("<C:comp name=\"{component}\"/>"))
            .collect();
        let body = format!(
            "<C:mkcalendar xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><set><prop>\
             <displayname>{name}</displayname><C:supported-calendar-component-set>{comps}\
             </C:supported-calendar-component-set></prop></set></C:mkcalendar>"
        );
        let headers = [("Content-Type", "application/xml")];
        self.done("MKCALENDAR", path, &headers, &body).await;
    }

    /// Makes an address book.
    pub async fn make_addressbook(&self, path: &str, name: &str) {
        let body = format!(
            "<mkcol xmlns=\"DAV:\" xmlns:A=\"urn:ietf:params:xml:ns:carddav\"><set><prop>\
             <resourcetype><collection/><A:addressbook/></resourcetype>\
             <displayname>{name}</displayname></prop></set></mkcol>"
        );
        let headers = [("Content-Type", "application/xml")];
        self.done("MKCOL", path, &headers, &body).await;
    }

    /// Gives a collection another name.
    pub async fn rename(&self, path: &str, name: &str) {
        let body = format!(
            "<propertyupdate xmlns=\"DAV:\"><set><prop><displayname>{name}</displayname></prop>\
             </set></propertyupdate>"
        );
        let headers = [("Content-Type", "application/xml")];
        self.done("PROPPATCH", path, &headers, &body).await;
    }
}

/// The content of a chunked body.
fn unchunked(mut rest: &str) -> String {
    let mut whole = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.split(';').next().unwrap_or("0"), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        whole.push_str(after.get(..size).unwrap_or(after));
        rest = after.get(size + 2..).unwrap_or_default();
    }
    whole
}
