//! Ranges as texts: bytes of an attachment, rows of a result ([MS-ASCMD] 2.2.3.142).

use std::fmt;
use std::str::FromStr;

use super::fields::schema_fault;
use super::{Malformed, SchemaFaultKind};
use crate::wbxml::{Reader, Tag};

/// `first-last`, both counted from 0 and both inside.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Range {
    pub first: u64,
    pub last: u64,
}

/// The text is no range, or it ends before it begins.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a range such as 0-99")]
pub struct BadRange(pub String);

impl Range {
    pub(super) fn read(reader: &mut Reader<'_>, tag: Tag) -> Result<Self, Malformed> {
        let offset = reader.offset();
        let text = reader.text()?;
        text.parse()
            .map_err(|_: BadRange| schema_fault(offset, tag, SchemaFaultKind::Word))
    }
}

impl FromStr for Range {
    type Err = BadRange;

    fn from_str(text: &str) -> Result<Self, BadRange> {
        let parts = text.split_once('-').and_then(|(first, last)| {
            let first = first.trim().parse().ok()?;
            let last = last.trim().parse().ok()?;
            Some(Self { first, last })
        });
        match parts {
            Some(range) if range.first <= range.last => Ok(range),
            _ => Err(BadRange(text.to_owned())),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_two_ordered_numbers() {
        assert_eq!("0-99".parse(), Ok(Range { first: 0, last: 99 }));
        assert_eq!(Range { first: 5, last: 5 }.to_string(), "5-5");
        for text in ["", "5", "5-", "-5", "9-3", "a-b", "0-99999999999999999999"] {
            assert_eq!(text.parse::<Range>(), Err(BadRange(text.into())), "{text}");
        }
    }
}
