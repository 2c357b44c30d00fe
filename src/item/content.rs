//! The octets at hand for one message: the sections a FETCH brought, or the whole message taken
//! apart (walk.rs) where the structure is unknown.

use std::borrow::Cow;
use std::cell::OnceCell;

use airgate_codec::imap::{Fetched, Part};

use crate::item::believed::{self, believed};
use crate::item::email::SectionRequest;
use crate::item::headers::Headers;
use crate::item::walk::{self, Walked};

/// A message's structure and octets.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    message: &'a Fetched,
    requested: &'a [SectionRequest],
    root: Cow<'a, Part>,
    raw: Option<Raw<'a>>,
    /// Nothing tells what the message is made of.
    pub(crate) unknown: bool,
}

#[derive(Debug)]
struct Raw<'a> {
    octets: &'a [u8],
    complete: bool,
    /// Taken apart only if someone asks: a known structure mostly makes it needless.
    walked: OnceCell<Walked>,
}

impl Raw<'_> {
    fn walked(&self) -> &Walked {
        self.walked
            .get_or_init(|| walk::walk(self.octets, self.complete))
    }
}

/// Octets of one part, from its beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) octets: &'a [u8],
    pub(crate) complete: bool,
}

impl<'a> Content<'a> {
    /// `requested` is what [`crate::item::email::sections_wanted`] asked for: it tells a section
    /// that ended by itself from one that was cut.
    pub(crate) fn new(message: &'a Fetched, requested: &'a [SectionRequest]) -> Self {
        let mut content = Self {
            message,
            requested,
            root: Cow::Owned(Part::default()),
            raw: None,
            unknown: false,
        };
        let known = believed(message);
        if let Some(piece) = content.section("", message.size.unwrap_or(0)) {
            content.raw = Some(Raw {
                octets: piece.octets,
                complete: piece.complete,
                walked: OnceCell::new(),
            });
        }
        content.root = match (known, &content.raw) {
            (Some(part), _) => Cow::Borrowed(part),
            (None, Some(raw)) => Cow::Owned(raw.walked().root.clone()),
            (None, None) => {
                content.unknown = true;
                Cow::Owned(Part {
                    media_type: "text/plain".into(),
                    ..Part::default()
                })
            }
        };
        content
    }

    pub(crate) fn root(&self) -> &Part {
        &self.root
    }

    /// The structure is our own reading, or parts of it were beyond the bounds.
    pub(crate) fn is_rough(&self) -> bool {
        believed(self.message).is_none()
    }

    pub(crate) fn headers(&self) -> Headers<'a> {
        let told = believed::header_octets(self.message);
        let raw = self.raw.as_ref().map(|raw| raw.octets);
        Headers::read(told.or(raw).unwrap_or_default())
    }

    /// The whole message or its beginning, when it was fetched.
    pub(crate) fn whole(&self) -> Option<Piece<'a>> {
        let raw = self.raw.as_ref()?;
        Some(Piece {
            octets: raw.octets,
            complete: raw.complete,
        })
    }

    /// The same taken apart.
    pub(crate) fn walked(&self) -> Option<&Walked> {
        self.raw.as_ref().map(Raw::walked)
    }

    /// The octets of a part, still transfer-encoded.
    pub(crate) fn part(&self, part: &Part) -> Option<Piece<'a>> {
        if let Some(piece) = self.section(&part.section, part.size) {
            return Some(piece);
        }
        let raw = self.raw.as_ref()?;
        let leaf = raw
            .walked()
            .leaves
            .iter()
            .find(|leaf| leaf.section == part.section)?;
        Some(Piece {
            octets: raw.octets.get(leaf.body.clone())?,
            complete: leaf.complete,
        })
    }

    fn section(&self, name: &str, size: u64) -> Option<Piece<'a>> {
        let fetched = self.message.sections.iter().find(|section| {
            section.section == name && section.octets.is_some() && section.origin.unwrap_or(0) == 0
        })?;
        let octets = fetched.octets.as_deref()?;
        let length = octets.len() as u64;
        let asked = self
            .requested
            .iter()
            .find(|request| request.section == name)
            .map(|request| u64::from(request.first));
        // Sizes of servers are not to be trusted; that less came than was asked for is.
        let complete = fetched.origin.is_none()
            || asked.is_some_and(|asked| length < asked)
            || size > 0 && length >= size;
        Some(Piece { octets, complete })
    }
}
