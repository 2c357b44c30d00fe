//! Names of resources: absolute paths of one origin (T30, T34).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::percent;

/// Where a server is: what a name may stand beside, and nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    pub tls: bool,
    /// In lower case; an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
}

/// An absolute path, normalised: what needs no percent-encoding has none, what needs it has it, and
/// hexadecimal digits are large (RFC 3986 6.2.2). A collection's ends with a slash.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Href(String);

/// Why a text is no name of a resource here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadHref {
    #[error("it names another host, port or scheme")]
    Elsewhere,
    #[error("it is not an absolute path")]
    Relative,
    #[error("it has segments that lead upwards")]
    Upwards,
    #[error("it has a query or a fragment")]
    Query,
    #[error("it has a percent sign without two hexadecimal digits, or a control character")]
    Character,
    #[error("it is longer than {MAX_HREF} octets")]
    Long,
}

/// Longest name. Real ones have 150; ids in our tables are keyed by them.
const MAX_HREF: usize = 2048;

impl Href {
    /// Reads what a server calls a resource: a path, or a URL of that very origin.
    ///
    /// # Errors
    /// See [`BadHref`].
    pub fn parse(text: &str, origin: &Origin) -> Result<Self, BadHref> {
        let text = text.trim();
        match origin.strip(text) {
            Some(path) => Self::path(path),
            None if text.starts_with('/') => Self::path(text),
            None if text.contains("://") => Err(BadHref::Elsewhere),
            None => Err(BadHref::Relative),
        }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// See [`BadHref`].
    pub fn path(path: &str) -> Result<Self, BadHref> {
        if path.len() > MAX_HREF {
            return Err(BadHref::Long);
        }
        if path.starts_with("//") {
            return Err(BadHref::Elsewhere);
        }
        let Some(rest) = path.strip_prefix('/') else {
            return Err(BadHref::Relative);
        };
        if path.contains(['?', '#']) {
            return Err(BadHref::Query);
        }
        let mut normal = String::with_capacity(path.len());
        for segment in rest.split('/') {
            normal.push('/');
            normalise(segment, &mut normal)?;
        }
        if normal.len() > MAX_HREF {
            return Err(BadHref::Long);
        }
        Ok(Self(normal))
    }

    /// The path as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the name of a collection.
    pub fn is_collection(&self) -> bool {
        self.0.ends_with('/')
    }

    /// The same name with a slash at the end.
    #[must_use]
    pub fn into_collection(mut self) -> Self {
        if !self.is_collection() {
            self.0.push('/');
        }
        self
    }

    /// Whether it lies in `collection`, however deep, and is not that itself.
    pub fn is_below(&self, collection: &Self) -> bool {
        let base = collection.0.strip_suffix('/').unwrap_or(&collection.0);
        self.0
            .strip_prefix(base)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| !rest.is_empty())
    }

    /// Whether it lies in `collection` with nothing between.
    pub fn is_directly_in(&self, collection: &Self) -> bool {
        let name = self.0.strip_suffix('/').unwrap_or(&self.0);
        self.is_below(collection)
            && name.rsplit_once('/').is_some_and(|(parent, _)| {
                parent == collection.0.strip_suffix('/').unwrap_or(&collection.0)
            })
    }

    /// The collection it lies in.
    pub fn parent(&self) -> Option<Self> {
        let name = self.0.strip_suffix('/').unwrap_or(&self.0);
        let (parent, _) = name.rsplit_once('/')?;
        Some(Self(format!("{parent}/")))
    }

    /// A name in this collection; `segment` is any text and stays one segment.
    #[must_use]
    pub fn join(&self, segment: &str) -> Self {
        let mut path = self.clone().into_collection().0;
        percent::encode_into(&mut path, segment);
        Self(path)
    }

    /// The last segment, decoded, for people.
    pub fn last_segment(&self) -> String {
        let name = self.0.strip_suffix('/').unwrap_or(&self.0);
        let last = name.rsplit('/').next().unwrap_or_default();
        let octets = percent::decode(last).unwrap_or_default();
        String::from_utf8_lossy(&octets).into_owned()
    }
}

impl fmt::Display for Href {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Href {
    type Error = BadHref;

    fn try_from(text: String) -> Result<Self, BadHref> {
        Self::path(&text)
    }
}

impl From<Href> for String {
    fn from(href: Href) -> Self {
        href.0
    }
}

impl Origin {
    /// The path of a URL of this origin.
    fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (scheme, rest) = text.split_once("://")?;
        let (tls, usual) = match scheme.to_ascii_lowercase().as_str() {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = match authority
            .strip_prefix('[')
            .and_then(|v6| v6.split_once(']'))
        {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let port = match port {
            None | Some("") => usual,
            Some(port) => port.parse().ok()?,
        };
        let same = tls == self.tls && port == self.port && host.eq_ignore_ascii_case(&self.host);
        same.then_some(if path.is_empty() { "/" } else { path })
    }
}

/// Appends a segment as it is written when normal.
fn normalise(segment: &str, normal: &mut String) -> Result<(), BadHref> {
    let decoded = percent::decode(segment).ok_or(BadHref::Character)?;
    // A slash that is encoded is one to some servers, so what stands between such is looked at, too.
    let upwards = |part: &[u8]| matches!(part, b"." | b"..");
    if decoded
        .split(|octet| matches!(octet, b'/' | b'\\'))
        .any(upwards)
    {
        return Err(BadHref::Upwards);
    }
    if decoded.iter().any(u8::is_ascii_control) {
        return Err(BadHref::Character);
    }
    let mut octets = segment.bytes();
    while let Some(octet) = octets.next() {
        let (octet, encoded) = match octet {
            b'%' => {
                let digits = [octets.next(), octets.next()];
                let value = digits.iter().try_fold(0, |value: u8, digit| {
                    let digit = char::from((*digit)?).to_digit(16)?;
                    Some(value << 4 | u8::try_from(digit).ok()?)
                });
                (value.ok_or(BadHref::Character)?, true)
            }
            octet => (octet, false),
        };
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                normal.push(char::from(octet));
            }
            // Servers write these either way, often both, and mean the same.
            b'@' | b':' => normal.push(char::from(octet)),
            // What these mean encoded may differ from what they mean bare: they stay as they are.
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
                if !encoded =>
            {
                normal.push(char::from(octet));
            }
            _ => normal.push_str(&format!("%{octet:02X}")),
        }
    }
    Ok(())
}
