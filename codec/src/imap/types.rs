//! The words of IMAP as types: what a parser accepted is right, and two numbers that may not be
//! swapped are two types.

use std::num::{NonZeroU32, NonZeroU64};

/// A set of UIDs of one mailbox generation.
pub type UidSet = roaring::RoaringBitmap;

/// A UID of one mailbox generation. Never 0, never compared across generations (RFC 9051 2.3.1.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Uid(pub NonZeroU32);

/// The generation of a mailbox's UIDs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UidValidity(pub NonZeroU32);

/// A modification sequence number (RFC 7162 3.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ModSeq(pub NonZeroU64);

impl Uid {
    /// `None` for 0.
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(Self)
    }

    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl UidValidity {
    /// `None` for 0.
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(Self)
    }

    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl ModSeq {
    /// `None` for 0, which servers send for "not kept".
    pub fn new(value: u64) -> Option<Self> {
        NonZeroU64::new(value).map(Self)
    }

    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

/// A mailbox name in UTF-8, as a person reads it. The command builder puts it on the wire as
/// modified UTF-7 or, after ENABLE UTF8=ACCEPT, as it is. `INBOX` in any letter case is `INBOX`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MailboxName(String);

impl MailboxName {
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        if name.eq_ignore_ascii_case("INBOX") {
            Self("INBOX".into())
        } else {
            Self(name)
        }
    }

    pub fn inbox() -> Self {
        Self("INBOX".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for people. `as_str` may hold markers for what could not be decoded, which keep
    /// the mailbox reachable (see [`modified_utf7`](super::modified_utf7)); this does not.
    pub fn display(&self) -> std::borrow::Cow<'_, str> {
        super::modified_utf7::display(&self.0)
    }
}

/// The flags of one message.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Flags {
    pub seen: bool,
    pub answered: bool,
    pub flagged: bool,
    pub deleted: bool,
    pub draft: bool,
    /// Everything else but `\Recent`, in the server's spelling: `$Forwarded`, `Junk`, ...
    pub keywords: Vec<String>,
}

/// One flag to set or clear.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Flag {
    Seen,
    Answered,
    Flagged,
    Deleted,
    Draft,
    /// An atom; the command builder refuses anything else (T24).
    Keyword(String),
}

/// How a part's octets are encoded.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum TransferEncoding {
    #[default]
    SevenBit,
    EightBit,
    Binary,
    Base64,
    QuotedPrintable,
    /// Something else, lower case. Its octets are taken as they are.
    Other(String),
}

/// One node of a message's BODYSTRUCTURE (RFC 9051 7.5.2). Depth is bounded by the parser.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Part {
    /// The section to fetch: `1`, `2.1`, ... Empty for a multipart at the root.
    pub section: String,
    /// `type/subtype`, lower case.
    pub media_type: String,
    /// Names lower case, values decoded (RFC 2231, RFC 2047 as senders misuse it).
    pub parameters: Vec<(String, String)>,
    /// Content-ID with its angle brackets removed.
    pub id: Option<String>,
    pub description: Option<String>,
    pub encoding: TransferEncoding,
    /// Octets as transferred; 0 for a multipart.
    pub size: u64,
    pub disposition: Option<Disposition>,
    pub location: Option<String>,
    /// The parts of a multipart, or the one root part inside a message/rfc822.
    pub children: Vec<Self>,
    /// Subject of a message/rfc822, decoded.
    pub subject: Option<String>,
}

/// Content-Disposition.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Disposition {
    /// `inline`, `attachment`, ..., lower case.
    pub kind: String,
    pub parameters: Vec<(String, String)>,
}

impl Part {
    /// A Content-Type parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// `filename` of the disposition, else `name` of the type.
    pub fn file_name(&self) -> Option<&str> {
        self.disposition
            .as_ref()
            .and_then(|d| d.parameters.iter().find(|(key, _)| key == "filename"))
            .map(|(_, value)| value.as_str())
            .or_else(|| self.parameter("name"))
    }

    pub fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }
}

/// What a FETCH response said of one message. A field is `None` when the response lacked it.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    pub uid: Option<Uid>,
    pub flags: Option<Flags>,
    pub modseq: Option<ModSeq>,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub internal_date: Option<i64>,
    /// RFC822.SIZE.
    pub size: Option<u64>,
    pub email_id: Option<String>,
    pub thread_id: Option<String>,
    pub structure: Option<Structure>,
    /// BODY sections, each with the section as asked for and the octets.
    pub sections: Vec<FetchedSection>,
    /// Some of the response could not be read (T68). What is here is right, what is missing may
    /// have been there: ask for it another way, never take it for an absence (S7).
    pub damaged: bool,
}

/// A BODYSTRUCTURE as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Structure {
    Known(Box<Part>),
    /// Too deep (T1) or in no dialect we read (T68): read BODY[] instead.
    Opaque,
}

/// One `BODY[section]` answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FetchedSection {
    /// `` (whole message), `HEADER`, `1.2`, `1.MIME`, `HEADER.FIELDS (...)` normalised to upper case keywords.
    pub section: String,
    /// The `<origin>` of a partial answer.
    pub origin: Option<u32>,
    /// `None` for NIL.
    pub octets: Option<Vec<u8>>,
}

impl Fetched {
    pub fn section(&self, name: &str) -> Option<&[u8]> {
        self.sections
            .iter()
            .find(|section| section.section == name)
            .and_then(|section| section.octets.as_deref())
    }
}
