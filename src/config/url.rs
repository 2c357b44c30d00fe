//! Where backends are: `imaps://mail.example.com`, `https://dav.example.com/{user}/`.
//!
//! The operator alone names hosts (T34); a user fills in a path segment and nothing else.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use airgate_codec::dav::Origin;

use crate::identity::UserId;

/// A mail server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerUrl {
    /// A name or an address, an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Security {
    Plain,
    StartTls,
    Tls,
}

/// A CalDAV or CardDAV server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DavUrl {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    /// Begins with `/`; may hold `{user}` and `{localpart}`.
    path: String,
}

/// Why a URL is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadUrl {
    #[error("`{0}` is no URL: `://` is missing")]
    NoScheme(String),
    #[error("the scheme `{0}` is not one of {1}")]
    Scheme(String, &'static str),
    #[error("the URL has no host")]
    NoHost,
    #[error("`{0}` is no host name")]
    Host(String),
    #[error("`{0}` is no port (1 to 65535)")]
    Port(String),
    #[error("a login in the URL is not taken: each user signs in as themselves")]
    UserInfo,
    #[error("there is nothing to say behind the host here")]
    Path,
    #[error("placeholders are only allowed in the path of DAV URLs")]
    PlaceholderHere,
    #[error("`{{{0}}}` is no placeholder; there are {{user}} and {{localpart}}")]
    Placeholder(String),
    #[error("the path holds a character that must be percent-encoded: {0:?}")]
    Character(char),
}

impl ServerUrl {
    /// Reads `imap://`, `imaps://` or `imap+starttls://`.
    ///
    /// # Errors
    /// See [`BadUrl`].
    pub fn imap(text: &str) -> Result<Self, BadUrl> {
        Self::read(text, |scheme| {
            Ok(match scheme {
                "imap" => (Security::Plain, 143),
                "imaps" => (Security::Tls, 993),
                "imap+starttls" => (Security::StartTls, 143),
                _ => return Err("imap, imaps, imap+starttls"),
            })
        })
    }

    /// Reads `smtp://`, `smtps://` or `submissions://`, `smtp+starttls://` or
    /// `submission+starttls://`.
    ///
    /// # Errors
    /// See [`BadUrl`].
    pub fn smtp(text: &str) -> Result<Self, BadUrl> {
        Self::read(text, |scheme| {
            Ok(match scheme {
                "smtp" => (Security::Plain, 25),
                "smtps" | "submissions" => (Security::Tls, 465),
                "smtp+starttls" | "submission+starttls" => (Security::StartTls, 587),
                _ => return Err("smtp, smtps, submissions, smtp+starttls"),
            })
        })
    }

    /// Whether passwords would cross a network in the clear.
    pub fn is_exposed(&self) -> bool {
        self.security == Security::Plain && !is_loopback(&self.host)
    }

    fn read(
        text: &str,
        known: impl Fn(&str) -> Result<(Security, u16), &'static str>,
    ) -> Result<Self, BadUrl> {
        let (scheme, rest) = scheme(text)?;
        let (security, port) =
            known(&scheme).map_err(|expected| BadUrl::Scheme(scheme.clone(), expected))?;
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        if !matches!(path, "" | "/") {
            return Err(BadUrl::Path);
        }
        let (host, named) = authority_of(authority)?;
        Ok(Self {
            host,
            port: named.unwrap_or(port),
            security,
        })
    }
}

impl DavUrl {
    /// Reads `https://` or `http://`.
    ///
    /// # Errors
    /// See [`BadUrl`].
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        let (scheme, rest) = scheme(text)?;
        let (tls, port) = match scheme.as_str() {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return Err(BadUrl::Scheme(scheme, "https, http")),
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(end) => rest.split_at(end),
            None => (rest, "/"),
        };
        let (host, named) = authority_of(authority)?;
        check_path(path)?;
        Ok(Self {
            host,
            port: named.unwrap_or(port),
            tls,
            path: path.to_owned(),
        })
    }

    /// The path for a user; what comes from the login is percent-encoded, so it stays one segment
    /// (T30).
    pub fn path_for(&self, user: &UserId) -> String {
        self.path
            .replace("{user}", &encoded(user.as_str()))
            .replace("{localpart}", &encoded(user.local_part()))
    }

    /// Scheme, host and port: all that names and redirects of the server may lead to (T34).
    pub fn origin(&self) -> Origin {
        Origin {
            tls: self.tls,
            host: self.host.to_ascii_lowercase(),
            port: self.port,
        }
    }

    /// Whether passwords would cross a network in the clear.
    pub fn is_exposed(&self) -> bool {
        !self.tls && !is_loopback(&self.host)
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let security = match self.security {
            Security::Plain => "",
            Security::StartTls => " (STARTTLS)",
            Security::Tls => " (TLS)",
        };
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}{security}", self.host, self.port),
            false => write!(f, "{}:{}{security}", self.host, self.port),
        }
    }
}

pub(super) fn scheme(text: &str) -> Result<(String, &str), BadUrl> {
    let (scheme, rest) = text
        .trim()
        .split_once("://")
        .ok_or_else(|| BadUrl::NoScheme(text.to_owned()))?;
    Ok((scheme.to_ascii_lowercase(), rest))
}

pub(super) fn authority_of(text: &str) -> Result<(String, Option<u16>), BadUrl> {
    if text.contains('@') {
        return Err(BadUrl::UserInfo);
    }
    if text.contains(['{', '}']) {
        return Err(BadUrl::PlaceholderHere);
    }
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (
            host,
            Some(
                rest.strip_prefix(':')
                    .ok_or_else(|| BadUrl::Host(text.to_owned()))?,
            ),
        ),
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err(BadUrl::NoHost);
    }
    let fine = match text.starts_with('[') {
        true => host.parse::<Ipv6Addr>().is_ok(),
        false => {
            host.len() <= 253
                && host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        }
    };
    if !fine {
        return Err(BadUrl::Host(host.to_owned()));
    }
    let port = port
        .map(|port| {
            port.parse()
                .ok()
                .filter(|number| *number != 0)
                .ok_or_else(|| BadUrl::Port(port.to_owned()))
        })
        .transpose()?;
    Ok((host.to_ascii_lowercase(), port))
}

fn check_path(path: &str) -> Result<(), BadUrl> {
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('{') {
        check_characters(before)?;
        let (name, left) = behind
            .split_once('}')
            .ok_or_else(|| BadUrl::Placeholder(behind.to_owned()))?;
        if !matches!(name, "user" | "localpart") {
            return Err(BadUrl::Placeholder(name.to_owned()));
        }
        rest = left;
    }
    check_characters(rest)
}

fn check_characters(path: &str) -> Result<(), BadUrl> {
    match path.chars().find(|c| {
        !c.is_ascii_graphic() || matches!(c, '?' | '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '}')
    }) {
        Some(c) => Err(BadUrl::Character(c)),
        None => Ok(()),
    }
}

fn encoded(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' | b'@' | b'+' => {
                out.push(char::from(byte));
            }
            // A dot is fine inside a name, but a segment of dots alone would climb.
            b'.' if segment.bytes().any(|byte| byte != b'.') => out.push('.'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_urls() {
        use Security::{Plain, StartTls, Tls};
        for (text, host, port, security) in [
            ("imap://127.0.0.1:11143", "127.0.0.1", 11143, Plain),
            ("imaps://Mail.Example.com/", "mail.example.com", 993, Tls),
            ("IMAP+STARTTLS://mail", "mail", 143, StartTls),
            ("imaps://[::1]:1993", "::1", 1993, Tls),
            ("imaps://[2001:db8::1]", "2001:db8::1", 993, Tls),
        ] {
            let url = ServerUrl::imap(text).unwrap();
            assert_eq!(
                (url.host.as_str(), url.port, url.security),
                (host, port, security)
            );
        }
        assert_eq!(ServerUrl::smtp("submissions://m").unwrap().port, 465);
        assert_eq!(ServerUrl::smtp("smtps://m").unwrap().security, Tls);
        assert_eq!(ServerUrl::smtp("smtp+starttls://m").unwrap().port, 587);
        assert_eq!(ServerUrl::smtp("smtp://m:1025").unwrap().port, 1025);
        for (text, fault) in [
            (
                "mail.example.com",
                BadUrl::NoScheme("mail.example.com".into()),
            ),
            ("imap:/mail", BadUrl::NoScheme("imap:/mail".into())),
            (
                "lmtp://x",
                BadUrl::Scheme("lmtp".into(), "imap, imaps, imap+starttls"),
            ),
            ("imaps://", BadUrl::NoHost),
            ("imaps://:993", BadUrl::NoHost),
            ("imaps://a b", BadUrl::Host("a b".into())),
            ("imaps://[::x]", BadUrl::Host("::x".into())),
            ("imaps://m:99999", BadUrl::Port("99999".into())),
            ("imaps://m:0", BadUrl::Port("0".into())),
            ("imaps://u:p@m", BadUrl::UserInfo),
            ("imaps://m/INBOX", BadUrl::Path),
            ("imaps://{user}.m", BadUrl::PlaceholderHere),
        ] {
            assert_eq!(ServerUrl::imap(text), Err(fault), "{text}");
        }
        assert!(ServerUrl::imap("imap://mail").unwrap().is_exposed());
        assert!(!ServerUrl::imap("imap://localhost").unwrap().is_exposed());
        assert!(!ServerUrl::imap("imap://127.0.0.9").unwrap().is_exposed());
        assert!(
            !ServerUrl::imap("imap+starttls://mail")
                .unwrap()
                .is_exposed()
        );
    }

    #[test]
    fn t30_logins_stay_one_segment_of_a_dav_path() {
        let url = DavUrl::parse("https://dav.test:8443/x/{user}/{localpart}/").unwrap();
        for (user, path) in [
            ("alice@example.com", "/x/alice@example.com/alice/"),
            ("a/../b@d", "/x/a%2F..%2Fb@d/a%2F..%2Fb/"),
            ("..", "/x/%2E%2E/%2E%2E/"),
            ("a%2fb?c#d", "/x/a%252fb%3Fc%23d/a%252fb%3Fc%23d/"),
            ("{localpart}", "/x/%7Blocalpart%7D/%7Blocalpart%7D/"),
        ] {
            assert_eq!(url.path_for(&UserId::parse(user, None).unwrap()), path);
        }
        for (text, fault) in [
            ("https://d/{host}/", BadUrl::Placeholder("host".into())),
            ("https://d/{user", BadUrl::Placeholder("user".into())),
            ("https://d/}", BadUrl::Character('}')),
            ("https://d/a?b", BadUrl::Character('?')),
            ("https://d?b", BadUrl::Character('?')),
            ("https://d/ä", BadUrl::Character('ä')),
            ("https://{user}.d/", BadUrl::PlaceholderHere),
            ("ftp://d/", BadUrl::Scheme("ftp".into(), "https, http")),
        ] {
            assert_eq!(DavUrl::parse(text), Err(fault), "{text}");
        }
    }
}
