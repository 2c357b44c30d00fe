//! What the DAV client speaks of.

use std::fmt;

use airgate_codec::dav::Href;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The version of an object, exactly as the server wrote it.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct ETag(String);

/// How far a collection was seen. Two that are equal mean that nothing changed between; the server
/// alone knows more of them.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Cursor {
    /// A sync-token (RFC 6578): the server can say what changed since.
    Token(String),
    /// A ctag: it only says that something did.
    CTag(String),
    /// The server offers neither; this is a hash of all names and ETags.
    Listing([u8; 32]),
}

/// What a collection is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CollectionKind {
    Calendar,
    AddressBook,
}

/// What a calendar may hold.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Components {
    pub events: bool,
    pub tasks: bool,
    pub journals: bool,
}

/// A calendar or an address book.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Collection {
    pub href: Href,
    pub kind: CollectionKind,
    /// What people call it; never empty.
    pub name: String,
    pub colour: Option<String>,
    /// For calendars; an address book has none.
    pub components: Components,
    /// Nothing in it may be changed by this user.
    pub read_only: bool,
    /// `calendar-order`: where the user put it.
    pub order: Option<i64>,
    /// The principal it belongs to, when that is another than the user's own.
    pub owner: Option<Href>,
    /// The server calls it the user's default.
    pub default: bool,
    /// What it keeps when it is renamed, where the server says so (RFC 5842).
    pub resource_id: Option<String>,
    /// `None`: only a look inside tells whether something changed.
    pub cursor: Option<Cursor>,
}

/// What happened in a collection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delta {
    /// New and changed objects. An ETag may be [empty](ETag::is_unknown).
    pub changed: Vec<(Href, ETag)>,
    /// Objects the server says are gone.
    pub gone: Vec<Href>,
    /// `changed` is all there is: what is not in it is gone.
    pub complete: bool,
    pub cursor: Cursor,
}

/// An object that was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Got {
    pub href: Href,
    pub result: Result<(ETag, Bytes), NotGot>,
}

/// Why an object that was asked for did not come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NotGot {
    /// The server says that it is not there (404, 410).
    Gone,
    /// Anything else, which proves nothing (S7).
    Failed(String),
}

/// What must be so for a write to be done (S13).
#[derive(Clone, Copy, Debug)]
pub enum Guard<'a> {
    /// Nothing has that name.
    New,
    /// The object is in this version.
    Match(&'a ETag),
}

/// What to make.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NewKind {
    Events,
    Tasks,
    AddressBook,
}

impl Cursor {
    /// As it is kept in a view.
    pub fn encode(&self) -> Vec<u8> {
        // Text and octets into memory: nothing that could fail.
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` for anything else, which means to look at
    /// everything.
    pub fn decode(octets: &[u8]) -> Option<Self> {
        postcard::from_bytes(octets).ok()
    }
}

impl ETag {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// With its quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The server did not tell it.
    pub const fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// As If-Match takes it. Quirk: proxies that compress (nginx) make a strong ETag weak, which
    /// matches nothing (RFC 9110 8.8.3.2); Quirk: some servers forget the quotes.
    pub(super) fn strong(&self) -> String {
        let tag = self.0.strip_prefix("W/").unwrap_or(&self.0);
        match tag.starts_with('"') {
            true => tag.to_owned(),
            false => format!("\"{tag}\""),
        }
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Components {
    pub(super) const ALL: Self = Self {
        events: true,
        tasks: true,
        journals: true,
    };

    pub(super) fn of(names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|known| known == name);
        Self {
            events: has("VEVENT"),
            tasks: has("VTODO"),
            journals: has("VJOURNAL"),
        }
    }
}
