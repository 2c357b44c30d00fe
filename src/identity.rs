//! Who: the names under which all state hangs. Each is built only by parsing (T13, T43).

use std::fmt;

/// The canonical login of a user, for example `alice@example.com`: trimmed, lower case, without a
/// leading backslash or domain prefix. All state hangs under it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserId(String);

/// A phone's own id, unique only together with the user.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DeviceId(String);

/// Why a name is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadName {
    #[error("the name is empty")]
    Empty,
    #[error("the name is longer than {0} bytes")]
    TooLong(usize),
    #[error("the name has a character that no login has (control character, `*` or NUL)")]
    Character,
}

/// Longest login (RFC 5321 4.5.3.1.3 gives a path 256 octets).
const MAX_USER: usize = 256;
/// Longest DeviceId in use: 32 by the specification, hex of a 32-byte binary id twice that.
const MAX_DEVICE: usize = 128;

impl UserId {
    /// Reads what a phone sent as its user name: `user@domain`, `DOMAIN\user`, `\user@domain`, with
    /// blanks at the ends. A bare name is completed with `default_domain` where there is one.
    ///
    /// # Errors
    /// An empty or over-long name, or one with `*` (Dovecot's master separator, T43) or controls.
    pub fn parse(text: &str, default_domain: Option<&str>) -> Result<Self, BadName> {
        let name = text.trim();
        let name = name.rsplit_once('\\').map_or(name, |(_, user)| user).trim();
        if name.is_empty() {
            return Err(BadName::Empty);
        }
        if name.len() > MAX_USER {
            return Err(BadName::TooLong(MAX_USER));
        }
        if name
            .chars()
            .any(|c| c.is_control() || c == '*' || c.is_whitespace())
        {
            return Err(BadName::Character);
        }
        let mut name = name.to_lowercase();
        if let (false, Some(domain)) = (name.contains('@'), default_domain) {
            name.push('@');
            name.push_str(domain);
        }
        Ok(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or(&self.0, |(local, _)| local)
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> Option<&str> {
        self.0.split_once('@').map(|(_, domain)| domain)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DeviceId {
    /// Compared without letter case ([MS-ASHTTP] 2.2.1.1.1.2), so kept in lower case.
    ///
    /// # Errors
    /// An empty or over-long id, or one with control characters.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if text.is_empty() {
            return Err(BadName::Empty);
        }
        if text.len() > MAX_DEVICE {
            return Err(BadName::TooLong(MAX_DEVICE));
        }
        if text.chars().any(char::is_control) {
            return Err(BadName::Character);
        }
        Ok(Self(text.to_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_made_canonical() {
        for (text, expected) in [
            ("alice@example.com", Ok("alice@example.com")),
            ("  Alice@Example.COM ", Ok("alice@example.com")),
            ("EXAMPLE\\alice", Ok("alice@d.test")),
            ("\\alice@example.com", Ok("alice@example.com")),
            ("alice", Ok("alice@d.test")),
            ("", Err(BadName::Empty)),
            ("\\", Err(BadName::Empty)),
            ("alice*admin", Err(BadName::Character)),
            ("alice\0bob", Err(BadName::Character)),
        ] {
            let user = UserId::parse(text, Some("d.test"));
            assert_eq!(
                user.as_ref().map(UserId::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
    }
}
