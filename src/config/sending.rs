//! What is decided about mail that phones send: whose copy lies in the Sent folder, which other
//! addresses a user may write from, and whether senders hear that their mail was read.

use std::str::FromStr;

/// Decisions about sending.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sending {
    pub save_sent: SaveSent,
    pub aliases: Aliases,
    pub read_receipts: ReadReceipts,
}

/// What becomes of a sender's wish to hear that his mail was read (RFC 8098).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadReceipts {
    /// Nobody hears anything.
    Never,
    /// He is told, once.
    Send,
}

/// Who saves sent mail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SaveSent {
    /// We do, unless we find that the server did.
    Auto,
    /// We do.
    Always,
    /// The server does.
    Never,
}

/// Other addresses of users.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Aliases {
    list: Vec<Alias>,
}

/// `alice@example.com=sales@example.com`, or `@example.com=@example.org` for everyone in a domain.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Alias {
    /// In lower case, with an empty local part for everyone.
    of: String,
    is: String,
}

/// Why an alias is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no alias")]
pub struct BadAlias(String);

impl Aliases {
    pub(super) fn read(list: &[String]) -> Result<Self, BadAlias> {
        let list: Result<_, _> = list.iter().map(|text| text.parse()).collect();
        Ok(Self { list: list? })
    }

    /// The other addresses of one user.
    pub fn of(&self, address: &str) -> Vec<String> {
        let address = address.to_lowercase();
        let Some((local, domain)) = address.rsplit_once('@') else {
            return Vec::new();
        };
        self.list
            .iter()
            .filter_map(|alias| match alias.of.strip_prefix('@') {
                Some(everyone) => (everyone == domain).then(|| format!("{local}{}", alias.is)),
                None => (alias.of == address).then(|| alias.is.clone()),
            })
            .collect()
    }
}

impl FromStr for Alias {
    type Err = BadAlias;

    fn from_str(text: &str) -> Result<Self, BadAlias> {
        let bad = || BadAlias(text.to_owned());
        let (of, is) = text.split_once('=').ok_or_else(bad)?;
        let (of, is) = (of.trim().to_lowercase(), is.trim().to_owned());
        let local = |address: &str| {
            let (local, domain) = address.rsplit_once('@')?;
            let good = !domain.is_empty()
                && !address
                    .chars()
                    .any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\"\\".contains(c));
            good.then_some(local.is_empty())
        };
        match (local(&of), local(&is)) {
            (Some(everyone), Some(also)) if everyone == also => Ok(Self { of, is }),
            _ => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_of_one_user_or_of_a_domain() {
        let list = [
            "alice@example.com=Sales@example.com".to_owned(),
            "@example.com = @example.org".to_owned(),
        ];
        let aliases = Aliases::read(&list).unwrap();
        assert_eq!(
            aliases.of("Alice@Example.com"),
            ["Sales@example.com", "alice@example.org"]
        );
        assert_eq!(aliases.of("bob@example.com"), ["bob@example.org"]);
        assert_eq!(aliases.of("bob@example.net"), [""; 0]);
        assert_eq!(aliases.of("bob"), [""; 0]);
        for bad in [
            "",
            "a@b",
            "a@b=",
            "a@b=@c",
            "@b=a@c",
            "a@b=a@c d",
            "a@b=a@c\r\n",
            "a=b",
        ] {
            let read = Aliases::read(&[bad.to_owned()]);
            // Blanks around an alias are cut off, line ends too.
            assert_eq!(read.is_err(), bad != "a@b=a@c\r\n", "{bad:?}");
        }
    }
}
