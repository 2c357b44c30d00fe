//! Where phones reach this server: `https://mail.example.com`. What Autodiscover tells them is made
//! of this and of nothing a request brings along (T35).

use std::fmt;

use super::url::{self, BadUrl};

/// The server as phones see it, past balancers and port forwards.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicUrl {
    /// A name or an address, an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl PublicUrl {
    /// Reads `https://host[:port]`; `http://` only for this machine, since phones send their secret
    /// to whatever they are told.
    ///
    /// # Errors
    /// See [`BadUrl`].
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        let (scheme, rest) = url::scheme(text)?;
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        if !matches!(path, "" | "/") {
            return Err(BadUrl::Path);
        }
        let (host, port) = url::authority_of(authority)?;
        let (tls, usual) = match scheme.as_str() {
            "https" => (true, 443),
            "http" if url::is_loopback(&host) => (false, 80),
            _ => return Err(BadUrl::Scheme(scheme, "https")),
        };
        Ok(Self {
            host,
            port: port.unwrap_or(usual),
            tls,
        })
    }

    /// Host and, where it is not the usual one, port: what people type into a phone.
    pub fn authority(&self) -> String {
        let text = self.to_string();
        let rest = text.split_once("://").map(|(_, rest)| rest.to_owned());
        rest.unwrap_or(text)
    }

    /// The URL phones send their commands to.
    pub fn active_sync(&self) -> String {
        format!("{self}/Microsoft-Server-ActiveSync")
    }

    /// The URL of the XML form of Autodiscover.
    pub fn autodiscover(&self) -> String {
        format!("{self}/autodiscover/autodiscover.xml")
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = match self.tls {
            true => ("https", 443),
            false => ("http", 80),
        };
        write!(f, "{scheme}://")?;
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        match self.port == usual {
            true => Ok(()),
            false => write!(f, ":{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_phones_are_told_is_https_and_has_no_path() {
        for (text, shown) in [
            ("https://Mail.Example.com", "https://mail.example.com"),
            ("https://mail.example.com:443/", "https://mail.example.com"),
            ("https://mail:8443", "https://mail:8443"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1", "http://127.0.0.1"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for (text, fault) in [
            (
                "http://mail.example.com",
                BadUrl::Scheme("http".into(), "https"),
            ),
            (
                "mail.example.com",
                BadUrl::NoScheme("mail.example.com".into()),
            ),
            ("https://mail.example.com/eas", BadUrl::Path),
            ("https://mail.example.com?x", BadUrl::Path),
            ("https://a@mail.example.com", BadUrl::UserInfo),
            ("https://", BadUrl::NoHost),
        ] {
            assert_eq!(PublicUrl::parse(text), Err(fault), "{text}");
        }
    }
}
