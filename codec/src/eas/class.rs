//! The kinds of content a collection can hold ([MS-ASCMD] 2.2.3.27).

use super::Malformed;
use super::fields::schema_fault;
use super::malformed::SchemaFaultKind;
use crate::wbxml::{Reader, Tag};

/// A content class.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Class {
    Email,
    Calendar,
    Contacts,
    Tasks,
    Notes,
    Sms,
    DocumentLibrary,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 7] = [
        Self::Email,
        Self::Calendar,
        Self::Contacts,
        Self::Tasks,
        Self::Notes,
        Self::Sms,
        Self::DocumentLibrary,
    ];

    /// The class as the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::Calendar => "Calendar",
            Self::Contacts => "Contacts",
            Self::Tasks => "Tasks",
            Self::Notes => "Notes",
            Self::Sms => "SMS",
            Self::DocumentLibrary => "DocumentLibrary",
        }
    }

    /// The class of that name, in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|class| class.as_str().eq_ignore_ascii_case(text))
    }

    pub(super) fn read(reader: &mut Reader<'_>, tag: Tag) -> Result<Self, Malformed> {
        let offset = reader.offset();
        Self::parse(&reader.text()?).ok_or_else(|| schema_fault(offset, tag, SchemaFaultKind::Word))
    }
}
