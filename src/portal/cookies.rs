//! Cookies: host-only, Secure, HttpOnly, SameSite (T45). The `__Host-` prefix makes the browser see to
//! the first three.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// The cookies there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cookie {
    /// A session of a user.
    Account,
    /// A session of an administrator.
    Admin,
    /// Ties the forms of someone who is not signed in to the browser.
    Visit,
    /// This browser need not do the second step (C11).
    Trust,
    /// Somebody signed in with this browser before (T39).
    Known,
    Language,
}

/// Seconds a trusted browser is trusted for (C11).
pub(super) const TRUST_SECONDS: i64 = 30 * 24 * 3600;
/// Seconds a browser stays known, and keeps its language.
const KNOWN_SECONDS: i64 = 365 * 24 * 3600;

impl Cookie {
    const fn name(self) -> &'static str {
        match self {
            Self::Account => "__Host-airgate",
            Self::Admin => "__Host-airgate-admin",
            Self::Visit => "__Host-airgate-visit",
            Self::Trust => "__Host-airgate-trust",
            Self::Known => "__Host-airgate-known",
            Self::Language => "__Host-airgate-language",
        }
    }

    /// `None` ends with the browser.
    const fn seconds(self) -> Option<i64> {
        match self {
            Self::Account | Self::Admin | Self::Visit => None,
            Self::Trust => Some(TRUST_SECONDS),
            Self::Known | Self::Language => Some(KNOWN_SECONDS),
        }
    }

    /// What the browser sent, if it sent it once.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<&str> {
        let mut found = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name())
            .map(|(_, value)| value);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// Sets it. The value is ours: letters, digits, `-`, `_`, `.`.
    pub(super) fn set(self, headers: &mut HeaderMap, value: &str) {
        let age = self
            .seconds()
            .map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        self.put(headers, &format!("{value}{age}"));
    }

    pub(super) fn clear(self, headers: &mut HeaderMap) {
        self.put(headers, "; Max-Age=0");
    }

    fn put(self, headers: &mut HeaderMap, value: &str) {
        let text = format!(
            "{}={value}; Path=/; Secure; HttpOnly; SameSite=Lax",
            self.name()
        );
        if let Ok(mut value) = HeaderValue::from_str(&text) {
            value.set_sensitive(true);
            headers.append(SET_COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t45_cookies_are_host_only_secure_httponly_samesite() {
        for cookie in [
            Cookie::Account,
            Cookie::Admin,
            Cookie::Visit,
            Cookie::Trust,
            Cookie::Known,
            Cookie::Language,
        ] {
            let mut headers = HeaderMap::new();
            cookie.set(&mut headers, "abc");
            cookie.clear(&mut headers);
            for header in headers.get_all(SET_COOKIE) {
                let text = header.to_str().unwrap();
                assert!(text.starts_with("__Host-airgate"), "{text}");
                for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                    assert!(text.contains(part), "{text}");
                }
                assert!(!text.to_lowercase().contains("domain"), "{text}");
            }
        }
    }

    #[test]
    fn a_cookie_that_comes_twice_is_none() {
        let mut headers = HeaderMap::new();
        let read = |headers: &HeaderMap| Cookie::Account.read(headers).map(str::to_owned);
        assert_eq!(read(&headers), None);
        headers.append(
            COOKIE,
            HeaderValue::from_static("a=b; __Host-airgate=one; c"),
        );
        assert_eq!(read(&headers).as_deref(), Some("one"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-airgate=two"));
        assert_eq!(read(&headers), None);
    }
}
