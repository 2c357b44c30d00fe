//! Autodiscover: from a mail address to the server to speak with. Pure: what was asked in, what is
//! answered out; who may ask stands in `command/discovery.rs`, the XML in the codec.
//!
//! The danger is in what it could be made to do (T35): so it fetches nothing, redirects nobody, tells
//! nothing but the one configured URL, and answers the same for every address of a domain, whether
//! somebody has it or not.

mod json;
mod path;

pub use json::{JsonAnswer, answer as json};
pub use path::{Page, page};

use crate::config::PublicUrl;

/// What may be told, and to addresses of which domains.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Site {
    pub url: PublicUrl,
    /// Lower case.
    pub domains: Vec<String>,
}

/// Longest address (RFC 5321 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

impl Site {
    /// Whether this is a mail address of one of our domains.
    pub fn serves(&self, address: &str) -> bool {
        domain_of(address).is_some_and(|domain| {
            let domain = domain.to_lowercase();
            self.domains.contains(&domain)
        })
    }
}

/// What stands behind the `@` of what can be a mail address: one `@`, and nothing in the domain that
/// could mean something elsewhere.
fn domain_of(address: &str) -> Option<&str> {
    let (local, domain) = address.split_once('@')?;
    let odd = |c: char| c.is_control() || c.is_whitespace() || "@<>\"\\:;,()[]".contains(c);
    let fine = address.len() <= MAX_ADDRESS
        && !local.is_empty()
        && !local.contains(odd)
        && !domain.contains(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '.'));
    fine.then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn site() -> Site {
        Site {
            url: PublicUrl::parse("https://mail.example.com").unwrap(),
            domains: vec!["example.com".to_owned(), "münchen.example".to_owned()],
        }
    }

    #[test]
    fn t35_only_addresses_of_our_domains_are_served() {
        for (address, served) in [
            ("alice@example.com", true),
            ("nobody-has-this@EXAMPLE.COM", true),
            ("o'brien/x@example.com", true),
            ("jo@München.example", true),
            ("alice@other.com", false),
            ("alice@sub.example.com", false),
            ("alice@example.com.", false),
            ("alice@example.com@other.com", false),
            ("alice@other.com@example.com", false),
            ("alice@example.com/@other.com", false),
            ("alice@other.com/?@example.com", false),
            ("alice@other.com%2f@example.com", false),
            ("@example.com", false),
            ("alice", false),
            ("", false),
            ("al ice@example.com", false),
            ("alice@example.com\r\nX: y", false),
            ("alice\0@example.com", false),
        ] {
            assert_eq!(site().serves(address), served, "{address:?}");
        }
        assert!(!site().serves(&format!("{}@example.com", "a".repeat(300))));
    }
}
