//! Who we say the user is: Basic (RFC 7617), Bearer (RFC 6750), Digest (RFC 7616).
//!
//! Basic is said at once where nobody can listen, which saves a request. On a network in the clear
//! the server is asked first what it wants, and gets a Digest where it takes one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use md5::{Digest as _, Md5};
use secrecy::ExposeSecret as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::error::DavError;
use crate::backend::Login;
use crate::backend::sasl::SecretKind;

/// What a server said it takes.
#[derive(Clone, Debug)]
pub(super) enum Scheme {
    Basic,
    Bearer,
    Digest(Challenge),
}

/// A Digest challenge, good for many requests.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// `auth` is offered; without it there is no count (RFC 2069).
    counted: bool,
    /// The nonce was too old, not the secret wrong.
    pub(super) stale: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Algorithm {
    #[default]
    Md5,
    Sha256,
}

/// Longest realm, nonce or opaque that is repeated to the server.
const MAX_PARAMETER: usize = 1024;

impl Scheme {
    /// The best of what a 401 asks for; `None` when we speak none of it.
    pub(super) fn choose(headers: &HeaderMap, kind: SecretKind) -> Option<Self> {
        let offered: Vec<&str> = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let names = |scheme: &str| {
            offered
                .iter()
                .any(|line| challenges(line).any(|(name, _)| name.eq_ignore_ascii_case(scheme)))
        };
        if kind == SecretKind::Token {
            return names("bearer").then_some(Self::Bearer);
        }
        let digests = offered
            .iter()
            .flat_map(|line| challenges(line))
            .filter(|(name, _)| name.eq_ignore_ascii_case("digest"))
            .filter_map(|(_, parameters)| Challenge::read(&parameters));
        let best = digests.max_by_key(|challenge| challenge.algorithm == Algorithm::Sha256);
        best.map(Self::Digest)
            .or_else(|| names("basic").then_some(Self::Basic))
    }

    /// The value of Authorization for one request.
    ///
    /// # Errors
    /// [`DavError::Login`] for a name or secret that has no place in it.
    pub(super) fn value(
        &self,
        login: &Login,
        method: &str,
        path: &str,
        count: u32,
    ) -> Result<HeaderValue, DavError> {
        let secret = login.secret.expose_secret();
        let text = match self {
            // A colon in the name would make part of it the secret (T28).
            Self::Basic if login.name.contains(':') => return Err(DavError::Login),
            Self::Basic => {
                let pair = Zeroizing::new(format!("{}:{secret}", login.name));
                Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
            }
            Self::Bearer => Zeroizing::new(format!("Bearer {secret}")),
            Self::Digest(challenge) => {
                let own = nonce();
                Zeroizing::new(challenge.answer(&login.name, secret, method, path, count, &own)?)
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| DavError::Login)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl Challenge {
    fn read(parameters: &[(String, String)]) -> Option<Self> {
        let find = |name: &str| {
            parameters
                .iter()
                .find(|(key, value)| key == name && value.len() <= MAX_PARAMETER)
                .map(|(_, value)| value.clone())
        };
        let algorithm = match find("algorithm") {
            None => Algorithm::Md5,
            Some(name) if name.eq_ignore_ascii_case("md5") => Algorithm::Md5,
            Some(name) if name.eq_ignore_ascii_case("sha-256") => Algorithm::Sha256,
            Some(_) => return None,
        };
        let qop = find("qop");
        let counted = qop
            .iter()
            .flat_map(|offered| offered.split(','))
            .any(|offered| offered.trim().eq_ignore_ascii_case("auth"));
        if qop.is_some() && !counted {
            return None;
        }
        Some(Self {
            realm: find("realm")?,
            nonce: find("nonce")?,
            opaque: find("opaque"),
            algorithm,
            counted,
            stale: find("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }

    fn answer(
        &self,
        name: &str,
        secret: &str,
        method: &str,
        path: &str,
        count: u32,
        own: &str,
    ) -> Result<String, DavError> {
        let Self { realm, nonce, .. } = self;
        let quotable = |text: &str| !text.contains(['"', '\\']) && !text.contains(char::is_control);
        if ![name, realm, nonce].into_iter().all(quotable) {
            return Err(DavError::Login);
        }
        let who = Zeroizing::new(format!("{name}:{realm}:{secret}"));
        let who = Zeroizing::new(self.hash(&who));
        let what = self.hash(&format!("{method}:{path}"));
        let (response, counting) = if self.counted {
            let proof = Zeroizing::new(format!(
                "{}:{nonce}:{count:08x}:{own}:auth:{what}",
                who.as_str()
            ));
            let counting = format!(", qop=auth, nc={count:08x}, cnonce=\"{own}\"");
            (self.hash(&proof), counting)
        } else {
            let proof = Zeroizing::new(format!("{}:{nonce}:{what}", who.as_str()));
            (self.hash(&proof), String::new())
        };
        let algorithm = match self.algorithm {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        };
        let opaque = match &self.opaque {
            Some(opaque) if quotable(opaque) => format!(", opaque=\"{opaque}\""),
            _ => String::new(),
        };
        Ok(format!(
            "Digest username=\"{name}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{path}\", \
             algorithm={algorithm}, response=\"{response}\"{counting}{opaque}"
        ))
    }

    fn hash(&self, text: &str) -> String {
        match self.algorithm {
            Algorithm::Md5 => hex(&Md5::digest(text)),
            Algorithm::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn nonce() -> String {
    let mut octets = [0; 16];
    // Without randomness TLS would not work either; what is repeated protects nobody less than none.
    let _ = getrandom::fill(&mut octets);
    hex(&octets)
}

/// `Basic realm="a", Digest realm="b", nonce="c"` as schemes with their parameters.
fn challenges(line: &str) -> impl Iterator<Item = (String, Vec<(String, String)>)> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for piece in pieces(line) {
        let piece = piece.trim();
        // `scheme key=value`, `scheme`, or `key=value` of the scheme before.
        let (scheme, parameter) = match (piece.find(' '), piece.find('=')) {
            (Some(blank), Some(equals)) if blank < equals => {
                let (scheme, rest) = piece.split_at(blank);
                (Some(scheme), rest.trim())
            }
            (_, Some(_)) => (None, piece),
            (_, None) => (Some(piece), ""),
        };
        if let Some(scheme) = scheme {
            found.push((scheme.to_owned(), Vec::new()));
        }
        if let (Some((_, parameters)), Some((key, value))) =
            (found.last_mut(), parameter.split_once('='))
        {
            let value = value.trim();
            let value = value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'))
                .unwrap_or(value);
            parameters.push((key.trim().to_ascii_lowercase(), value.to_owned()));
        }
    }
    found.into_iter()
}

/// What commas part, those in quotes aside.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::identity::UserId;

    fn login(name: &str, secret: &str) -> Login {
        Login {
            user: UserId::parse("mufasa@example.org", None).unwrap(),
            name: name.to_owned(),
            acts_for: None,
            secret: SecretString::from(secret.to_owned()),
            version: 1,
        }
    }

    fn asked(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    /// RFC 7616 3.9.1.
    #[test]
    fn digests_are_those_of_the_rfc() {
        let headers = asked(&[
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", Basic realm=x",
        ]);
        let Some(Scheme::Digest(best)) = Scheme::choose(&headers, SecretKind::Password) else {
            panic!("no digest");
        };
        let own = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, response) in [
            (
                Algorithm::Sha256,
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        ] {
            let challenge = Challenge {
                algorithm,
                ..best.clone()
            };
            let answer = challenge
                .answer("Mufasa", "Circle of Life", "GET", "/dir/index.html", 1, own)
                .unwrap();
            assert!(
                answer.contains(&format!("response=\"{response}\"")),
                "{answer}"
            );
        }
        assert_eq!(best.algorithm, Algorithm::Sha256);
    }

    #[test]
    fn t28_a_name_cannot_reach_into_the_secret() {
        let basic = Scheme::Basic.value(&login("a:b", "c"), "GET", "/", 1);
        assert!(matches!(basic, Err(DavError::Login)));
        let line = Scheme::Bearer.value(&login("a", "b\r\nX: y"), "GET", "/", 1);
        assert!(matches!(line, Err(DavError::Login)));
        let challenge = Challenge::default();
        assert!(challenge.answer("a\"", "b", "GET", "/", 1, "x").is_err());
        let value = Scheme::Basic
            .value(&login("Aladdin", "open sesame"), "GET", "/", 1)
            .unwrap();
        assert_eq!(value.as_bytes(), b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(value.is_sensitive());
    }

    #[test]
    fn what_we_do_not_speak_is_not_chosen() {
        for (line, password, token) in [
            ("Basic realm=\"a, b\"", true, false),
            ("Bearer", false, true),
            ("Negotiate, Basic realm=x", true, false),
            ("Digest realm=x, nonce=y, algorithm=MD5-sess", false, false),
            ("Digest realm=x, nonce=y, qop=auth-int", false, false),
            ("Negotiate", false, false),
            ("", false, false),
        ] {
            let headers = asked(&[line]);
            let chosen = |kind| Scheme::choose(&headers, kind).is_some();
            assert_eq!(chosen(SecretKind::Password), password, "{line}");
            assert_eq!(chosen(SecretKind::Token), token, "{line}");
        }
    }
}
