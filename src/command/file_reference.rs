//! FileReference: how a phone names an attachment, `COLLECTION:UIDVALIDITY:UID:SECTION`. Hostile text
//! when it comes back (T13): it only ever leads into the asking user's own mailboxes.

use std::fmt;
use std::str::FromStr;

use super::long_id::{LongId, NotOurs, number};

/// Where an attachment is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FileReference {
    pub(crate) collection: String,
    pub(crate) uid_validity: u32,
    pub(crate) uid: u32,
    /// The IMAP section of the part: digits and full stops, or nothing for the whole message. `t` and
    /// a number behind it name a file inside that part (winmail.dat).
    pub(crate) section: String,
}

/// Longest section: 24 levels of three digits.
const MAX_SECTION: usize = 96;

impl fmt::Display for FileReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}:{}",
            self.collection, self.uid_validity, self.uid, self.section
        )
    }
}

impl FromStr for FileReference {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let (message, section) = text.rsplit_once(':').ok_or(NotOurs)?;
        let message: LongId = message.parse()?;
        let is_level = |level: &str| matches!(number(level), Ok(1..=99_999));
        let (part, inside) = match section.split_once('t') {
            Some((part, inside)) => (part, is_level(inside) && !part.is_empty()),
            None => (section, true),
        };
        let levels = part.is_empty() || part.split('.').all(is_level);
        if section.len() > MAX_SECTION || !levels || !inside {
            return Err(NotOurs);
        }
        Ok(Self {
            collection: message.collection,
            uid_validity: message.uid_validity,
            uid: message.uid,
            section: section.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_only_what_we_wrote_reads_back() {
        let reference = FileReference {
            collection: "m3".into(),
            uid_validity: 1_700_000_000,
            uid: 42,
            section: "2.1.3".into(),
        };
        assert_eq!(reference.to_string().parse(), Ok(reference.clone()));
        let whole = FileReference {
            section: String::new(),
            ..reference.clone()
        };
        assert_eq!(whole.to_string().parse(), Ok(whole));
        let inside = FileReference {
            section: "2.1t3".into(),
            ..reference.clone()
        };
        assert_eq!(inside.to_string().parse(), Ok(inside));
        for hostile in [
            "",
            "m3:1:2:t1",
            "m3:1:2:1t",
            "m3:1:2:1t0",
            "m3:1:2:1t1t1",
            "m3:1:2",
            "m3:1:2:3:4",
            "m3:1:2:TEXT",
            "m3:1:2:1]",
            "m3:1:2:1 BODY[",
            "m3:1:2:0",
            "m3:-1:2:1",
            "../m3:1:2:1",
            "m3:1:2:1.",
            "m3:4294967296:2:1",
        ] {
            assert_eq!(
                hostile.parse::<FileReference>(),
                Err(NotOurs),
                "{hostile:?}"
            );
        }
        let long = format!("m3:1:2:{}", "1.".repeat(60));
        assert_eq!(long.parse::<FileReference>(), Err(NotOurs));
    }
}
