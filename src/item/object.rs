//! Objects of calendars, address books, task lists and notebooks, whatever their class: the stored
//! text in, properties for a phone out, and a phone's change back into the text (S12).
//!
//! Each class has the same functions in a file of its own; here is what they share and which one is
//! asked. Everything is pure: bytes and the time in, bytes out.
//!
//! **What a phone was told** is kept as a [`Digest`], a short hash of each property. It says, when a
//! change comes back, which properties the phone itself changed: phones send all they have, so
//! without it the oldest phone would undo what every other client did (S13).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::{Moment, Raw};
use airgate_codec::wbxml::Tag;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::options::BodyOptions;
use super::{contact, event, note, task};

/// The class of an object.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// VEVENT.
    Event,
    /// A vCard.
    Contact,
    /// VTODO.
    Task,
    /// VJOURNAL.
    Note,
}

/// How this phone, at this moment, is to be talked to.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    pub version: ProtocolVersion,
    /// What it wants of bodies.
    pub bodies: &'a BodyOptions,
    /// The user's own zone, in which times without any are.
    pub zone: &'a TimeZone,
    /// The user: all their addresses in lower case, the account's own first.
    pub me: Me<'a>,
    pub client: Client<'a>,
    pub now: Moment,
}

/// Who the user is to others.
#[derive(Clone, Copy, Debug)]
pub struct Me<'a> {
    pub addresses: &'a [String],
    pub name: Option<&'a str>,
}

/// What kind of client asks, for habits that differ (REFERENCE 12).
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    pub device_type: &'a str,
    pub agent: Option<&'a str>,
}

/// An object as a phone is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The content of ApplicationData.
    pub data: Raw,
    /// What the phone holds when it has taken it in.
    pub digest: Digest,
    pub span: Span,
    /// When it is to be shown again although nothing changed, in seconds since 1970: of a series that
    /// EAS has no words for only the near future is told.
    pub renew: Option<i64>,
}

/// How long an object stays inside a window that moves with time ([MS-ASCMD] 2.2.3.68).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Span {
    /// For ever.
    Endless,
    /// Until it ends: the end of its last instance, in seconds since 1970.
    Until(i64),
    /// A task that is done: outside of FilterType 8.
    Done,
}

/// What a phone holds of one object: a hash of each property, by the class's own number of it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Digest(Vec<(u8, u32)>);

/// Stands among the numbers of properties for none; no class has one of this number.
const STUB: u8 = u8::MAX;

impl Digest {
    /// What a phone holds of an object when it was told a [`stub`]: no property, and the mark of that.
    pub fn of_stub() -> Self {
        Self(vec![(STUB, 0)])
    }

    /// Records a property, replacing what was known of it.
    pub fn set(&mut self, property: u8, hash: u32) {
        match self.0.binary_search_by_key(&property, |(known, _)| *known) {
            Ok(at) => {
                if let Some(entry) = self.0.get_mut(at) {
                    entry.1 = hash;
                }
            }
            Err(at) => self.0.insert(at, (property, hash)),
        }
    }

    /// The phone holds nothing of this property.
    pub fn unset(&mut self, property: u8) {
        self.0.retain(|(known, _)| *known != property);
    }

    /// The hash of a property; `None` where the phone holds nothing of it.
    pub fn get(&self, property: u8) -> Option<u32> {
        let at = self.0.binary_search_by_key(&property, |(known, _)| *known);
        self.0.get(at.ok()?).map(|(_, hash)| *hash)
    }
}

/// What a phone does to an object it knows.
#[derive(Clone, Copy, Debug)]
pub enum Edit<'a> {
    /// A Change of the object.
    Whole(&'a Raw),
    /// A Change of one occurrence (16.x): the InstanceId as it came.
    Instance { id: &'a str, data: &'a Raw },
    /// A Delete of one occurrence (16.x).
    DropInstance { id: &'a str },
}

/// Which properties a phone manages: omitting one of those means to delete it (REFERENCE 5.7).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Supported {
    /// No Supported element: all of them.
    #[default]
    NotSaid,
    /// An empty one: none.
    Nothing,
    /// These, as (code page, token).
    These(Vec<(u8, u8)>),
}

impl Supported {
    /// Whether the phone's omission of a property means that it is to go.
    pub fn manages(&self, tag: Tag) -> bool {
        match self {
            Self::NotSaid => true,
            Self::Nothing => false,
            Self::These(tags) => tags.contains(&(tag.page, tag.token)),
        }
    }
}

/// What a phone's change builds on.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// What it was told; `None` where that is not known any more: then what equals the present
    /// rendering counts as unchanged and everything else as the phone's doing.
    pub told: Option<&'a Digest>,
    pub supported: &'a Supported,
    /// Of a property changed on both sides the phone's value is kept (Conflict 0).
    pub client_wins: bool,
}

/// The object after a phone's change.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    pub text: Vec<u8>,
    /// Whether the text differs at all.
    pub changed: bool,
    /// Something the phone changed gave way to what others changed (status 7).
    pub lost: bool,
    /// What the phone now believes it holds. Where the rendering of the text differs, it is to be told.
    pub holds: Digest,
    /// What the server set, for the ApplicationData of the response (16.x); mostly empty.
    pub answer: Raw,
}

/// A new object of a phone's.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    pub text: Vec<u8>,
    /// The UID in it: that of the phone where it names one, else the one offered.
    pub uid: String,
    /// See [`Edited::holds`].
    pub holds: Digest,
    /// See [`Edited::answer`].
    pub answer: Raw,
}

/// A file inside of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum File {
    Here {
        media_type: String,
        octets: Vec<u8>,
    },
    /// The object's server has it under this address (RFC 8607).
    AtServer {
        media_type: String,
        uri: String,
    },
}

/// Why a phone's change is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{why} (status {status})")]
pub struct Refused {
    /// Sync's status of the item ([MS-ASCMD] 2.2.3.177.17).
    pub status: u16,
    pub why: String,
}

impl Refused {
    /// The item's properties do not fit together, or one has a value that cannot be (status 6).
    pub fn conversion(why: impl Into<String>) -> Self {
        Self {
            status: 6,
            why: why.into(),
        }
    }
}

/// Why an object cannot be shown (T59): the phone gets [`stub`] instead.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// The object for a phone.
///
/// # Errors
/// Nothing of the kind is in the text, or it is beyond the limits (T18, T19).
pub fn render(kind: Kind, text: &[u8], manner: &Manner<'_>) -> Result<Rendered, Unreadable> {
    match kind {
        Kind::Event => event::render(text, manner),
        Kind::Contact => contact::render(text, manner),
        Kind::Task => task::render(text, manner),
        Kind::Note => note::render(text, manner),
    }
}

/// What is shown in the place of an object that cannot be read: a readable entry that says so (T59).
pub fn stub(kind: Kind, name: &str, manner: &Manner<'_>) -> Rendered {
    match kind {
        Kind::Event => event::stub(name, manner),
        Kind::Contact => contact::stub(name, manner),
        Kind::Task => task::stub(name, manner),
        Kind::Note => note::stub(name, manner),
    }
}

/// A phone's change carried out on the present text. Whatever the phone did not change, and all that
/// EAS has no name for, stays byte for byte (S12).
///
/// # Errors
/// What the protocol refuses; the object stays as it is.
pub fn edit(
    kind: Kind,
    text: &[u8],
    edit: Edit<'_>,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Result<Edited, Refused> {
    match kind {
        Kind::Event => event::edit(text, edit, base, manner),
        Kind::Contact => contact::edit(text, edit, base, manner),
        Kind::Task => task::edit(text, edit, base, manner),
        Kind::Note => note::edit(text, edit, base, manner),
    }
}

/// A new object out of what a phone says; `uid` is for one that brings none itself.
///
/// # Errors
/// What the protocol refuses.
pub fn create(kind: Kind, data: &Raw, uid: &str, manner: &Manner<'_>) -> Result<Created, Refused> {
    match kind {
        Kind::Event => event::create(data, uid, manner),
        Kind::Contact => contact::create(data, uid, manner),
        Kind::Task => task::create(data, uid, manner),
        Kind::Note => note::create(data, uid, manner),
    }
}

/// A file of an object by the name that its FileReference ends with; `None` where there is none (any
/// more).
pub fn file(kind: Kind, text: &[u8], name: &str) -> Option<File> {
    match kind {
        Kind::Event => event::file(text, name),
        Kind::Contact | Kind::Task | Kind::Note => None,
    }
}

/// The component that is an object of the class; `None` for cards, which are nothing else.
pub const fn component(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Event => Some("VEVENT"),
        Kind::Task => Some("VTODO"),
        Kind::Note => Some("VJOURNAL"),
        Kind::Contact => None,
    }
}

/// Whether a text is an object of the class at all: a calendar may hold several, and an address
/// book lists of people.
pub fn object_of(kind: Kind, text: &[u8]) -> bool {
    let Some(component) = component(kind) else {
        return !contact::is_list(text);
    };
    text.split(|octet| *octet == b'\n').any(|line| {
        let line = line.trim_ascii();
        line.split_first_chunk::<6>().is_some_and(|(begin, name)| {
            begin.eq_ignore_ascii_case(b"BEGIN:") && name.eq_ignore_ascii_case(component.as_bytes())
        })
    })
}

#[cfg(test)]
mod tests;
