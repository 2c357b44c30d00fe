//! Why a message could not be read: bytes that are no WBXML, or WBXML that is not this message.
//!
//! The difference decides the answer: status 102 for the first, 103, 104 or the command's own
//! "protocol error" for the second; both HTTP 400 up to 12.1 ([MS-ASCMD] 2.2.2).

use std::fmt;

use super::status;
use crate::wbxml::{Fault, FaultKind, Tag};

/// A message that could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// The bytes are not the WBXML that EAS uses: status 102.
    #[error("not WBXML")]
    Wbxml(#[source] Fault),
    /// The document is not the message it should be: status 103, or the command's own.
    #[error("not the expected message")]
    Schema(#[source] SchemaFault),
}

impl Malformed {
    /// The common status code for this fault (14.0 and later; before, it is HTTP 400).
    pub const fn common_status(&self) -> u16 {
        match self {
            Self::Wbxml(_) => status::INVALID_WBXML,
            Self::Schema(SchemaFault {
                kind: SchemaFaultKind::Moment,
                ..
            }) => status::INVALID_DATE_TIME,
            Self::Schema(_) => status::INVALID_XML,
        }
    }

    /// Where in the document the fault was noticed, in bytes.
    pub const fn offset(&self) -> usize {
        match self {
            Self::Wbxml(fault) => fault.offset,
            Self::Schema(fault) => fault.offset,
        }
    }

    /// The schema's fault, `None` where already the bytes are wrong.
    pub const fn schema_fault(&self) -> Option<SchemaFault> {
        match self {
            Self::Wbxml(_) => None,
            Self::Schema(fault) => Some(*fault),
        }
    }
}

impl From<Fault> for Malformed {
    fn from(fault: Fault) -> Self {
        let kind = match fault.kind {
            FaultKind::UnexpectedElement => SchemaFaultKind::UnexpectedElement,
            FaultKind::UnexpectedValue => SchemaFaultKind::UnexpectedValue,
            FaultKind::Number => SchemaFaultKind::Number,
            FaultKind::Boolean => SchemaFaultKind::Boolean,
            FaultKind::Tokens(_) => SchemaFaultKind::TooMany,
            _ => return Self::Wbxml(fault),
        };
        Self::Schema(SchemaFault {
            offset: fault.offset,
            element: None,
            kind,
        })
    }
}

/// What a well-formed document has that the message must not have, or lacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SchemaFault {
    /// Where it was noticed, in bytes.
    pub offset: usize,
    /// The element concerned, where one can be named.
    pub element: Option<Tag>,
    pub kind: SchemaFaultKind,
}

/// One way a document can miss its schema.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SchemaFaultKind {
    #[error("the root belongs to another message")]
    Root,
    #[error("a required element is missing")]
    Missing,
    #[error("an element where a value belongs")]
    UnexpectedElement,
    #[error("a value where elements belong")]
    UnexpectedValue,
    #[error("not a number of the expected range")]
    Number,
    #[error("not a boolean")]
    Boolean,
    #[error("not a date")]
    Moment,
    #[error("not one of the known values")]
    Word,
    #[error("not base64")]
    Base64,
    #[error("two elements that exclude each other, or one too often")]
    Conflict,
    #[error("longer than any identifier is")]
    TooLong,
    #[error("more elements than any message has")]
    TooMany,
}

impl std::error::Error for SchemaFault {}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(tag) = self.element {
            match (tag.code_page(), tag.info()) {
                (Some(page), Some(info)) => write!(f, "{}:{}: ", page.namespace, info.name)?,
                _ => write!(f, "tag {}/{:#04x}: ", tag.page, tag.token)?,
            }
        }
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wbxml::air_sync;

    #[test]
    fn faults_map_to_their_status_and_say_where() {
        let fault = |kind| Malformed::from(Fault { offset: 9, kind });
        assert_eq!(fault(FaultKind::Truncated).common_status(), 102);
        assert_eq!(fault(FaultKind::Number).common_status(), 103);
        assert_eq!(fault(FaultKind::Tokens(5)).common_status(), 103);
        assert_eq!(fault(FaultKind::Number).offset(), 9);
        let date = SchemaFault {
            offset: 4,
            element: Some(air_sync::WINDOW_SIZE),
            kind: SchemaFaultKind::Moment,
        };
        assert_eq!(Malformed::Schema(date).common_status(), 104);
        assert_eq!(date.to_string(), "AirSync:WindowSize: not a date at byte 4");
    }
}
