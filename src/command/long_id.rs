//! LongId: how Search names a message, `COLLECTION:UIDVALIDITY:UID`. Unlike a ServerId it needs no
//! view: messages are found that were never told of. Hostile text when it comes back (T13): it only
//! ever leads into the asking user's own mailboxes.

use std::fmt;
use std::str::FromStr;

use super::moved::Place;

/// Where a found message is.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct LongId {
    pub(crate) collection: String,
    pub(crate) uid_validity: u32,
    pub(crate) uid: u32,
}

/// The text is no LongId of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a message of this server")]
pub(crate) struct NotOurs;

impl fmt::Display for LongId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            collection,
            uid_validity,
            uid,
        } = self;
        write!(f, "{collection}:{uid_validity}:{uid}")
    }
}

impl FromStr for LongId {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let mut parts = text.split(':');
        let mut part = || parts.next().ok_or(NotOurs);
        let (collection, uid_validity, uid) = (part()?, part()?, part()?);
        if parts.next().is_some()
            || collection.is_empty()
            || !collection.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(NotOurs);
        }
        Ok(Self {
            collection: collection.to_owned(),
            uid_validity: number(uid_validity)?,
            uid: number(uid)?,
        })
    }
}

/// A number as we write it: digits alone.
pub(super) fn number(text: &str) -> Result<u32, NotOurs> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| text.parse().ok()).flatten();
    number.ok_or(NotOurs)
}

impl From<LongId> for Place {
    fn from(id: LongId) -> Self {
        Self {
            folder: id.collection,
            uid_validity: id.uid_validity,
            uid: id.uid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_only_what_we_wrote_reads_back() {
        let id = LongId {
            collection: "m3".into(),
            uid_validity: u32::MAX,
            uid: u32::MAX,
        };
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        assert!(id.to_string().len() <= 256, "[MS-ASCMD] 2.2.3.95");
        for hostile in [
            "",
            "m3",
            "m3:1",
            "m3:1:2:3",
            "m3:1:2:",
            ":1:2",
            "m3::2",
            "m3:-1:2",
            "m3:+1:2",
            "m3:1:2 ",
            "m3:1:\u{661}",
            "m3:4294967296:2",
            "../m3:1:2",
            "m3\0:1:2",
        ] {
            assert_eq!(hostile.parse::<LongId>(), Err(NotOurs), "{hostile:?}");
        }
    }
}
