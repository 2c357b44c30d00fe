//! A browser without a screen: keeps cookies, follows redirects, sends the forms of pages with their
//! hidden fields.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::raw::{self, RawAnswer};

/// What a page's forms carry unseen.
const PROOF: &str = "name=\"proof\" value=\"";

/// One browser.
#[derive(Clone, Debug)]
pub struct Surfer {
    server: SocketAddr,
    pub cookies: BTreeMap<String, String>,
    pub agent: String,
    /// Headers to send besides.
    pub more: Vec<(String, String)>,
    /// The last page's proof for forms.
    pub proof: String,
    /// The address of the page that is shown.
    pub at: String,
    pub page: String,
}

impl Surfer {
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            cookies: BTreeMap::new(),
            agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
            more: Vec::new(),
            proof: String::new(),
            at: String::new(),
            page: String::new(),
        }
    }

    /// One request, without following where it leads.
    pub async fn ask(&mut self, method: &str, target: &str, body: Option<&str>) -> RawAnswer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = format!(
            "{method} {target} HTTP/1.1\r\nHost: portal.test\r\nConnection: close\r\n\
             User-Agent: {}\r\n",
            self.agent
        );
        if !cookies.is_empty() {
            request.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        for (name, value) in &self.more {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        match body {
            Some(body) => request.push_str(&format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )),
            None => request.push_str("\r\n"),
        }
        let answer = raw::exchange(self.server, request.as_bytes()).await;
        for cookie in answer.all("set-cookie") {
            let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a cookie");
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Opens a page, following redirects.
    pub async fn open(&mut self, target: &str) -> RawAnswer {
        let answer = self.ask("GET", target, None).await;
        self.arrive(target, answer).await
    }

    /// Sends a form with the proof of the page that is shown; follows redirects.
    pub async fn send(&mut self, target: &str, fields: &[(&str, &str)]) -> RawAnswer {
        let body = self.form(fields);
        let answer = self.ask("POST", target, Some(&body)).await;
        self.arrive(target, answer).await
    }

    /// A form's body, the proof included.
    pub fn form(&self, fields: &[(&str, &str)]) -> String {
        let proof = ("proof", self.proof.as_str());
        let pairs: Vec<String> = fields
            .iter()
            .chain([&proof])
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        pairs.join("&")
    }

    async fn arrive(&mut self, target: &str, mut answer: RawAnswer) -> RawAnswer {
        self.at = target.to_owned();
        for _ in 0..8 {
            let Some(to) = answer.all("location").first().map(|to| (*to).to_owned()) else {
                break;
            };
            assert_eq!(answer.status, 303, "{to}");
            answer = self.ask("GET", &to, None).await;
            self.at = to;
        }
        self.page = answer.text();
        if let Some((_, rest)) = self.page.split_once(PROOF) {
            self.proof = rest.split('"').next().unwrap_or_default().to_owned();
        }
        answer
    }

    /// What stands between two marks of the page.
    ///
    /// # Panics
    /// When they are not there.
    pub fn between(&self, start: &str, end: &str) -> String {
        let (_, rest) = self
            .page
            .split_once(start)
            .unwrap_or_else(|| panic!("no {start:?} at {}:\n{}", self.at, self.page));
        rest.split(end).next().unwrap_or_default().to_owned()
    }

    /// The page's heading.
    pub fn title(&self) -> String {
        self.between("<h1>", "</h1>")
    }

    /// Signs in with a password, as far as that goes.
    pub async fn sign_in(&mut self, user: &str, password: &str) -> RawAnswer {
        self.open("/account/sign-in").await;
        self.send(
            "/account/sign-in",
            &[("user", user), ("password", password), ("to", "")],
        )
        .await
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
