//! BODYSTRUCTURE to a tree of parts (RFC 9051 7.5.2), in the dialects of T68.
//!
//! Depth, number of parts and of parameters are bounded (T1, T2); beyond, and in a dialect not
//! read here, the structure is `Opaque` and the message is read from its source. Every choice is
//! made by looking at the next token or two, never by trying and coming back, so the work is
//! linear.

use std::borrow::Cow;

use super::cursor::Cursor;
use super::text;
use crate::imap::{Disposition, MAX_DEPTH, Part, Structure, TransferEncoding};

/// Most parts of one message. A digest has hundreds; each costs more memory than wire (T2).
const MAX_PARTS: usize = 2000;

/// Most parameters of one part. File names in RFC 2231 segments need dozens.
const MAX_PARAMETERS: usize = 200;

/// The structure at the cursor, and whether the cursor now stands behind it.
pub(super) fn structure(cursor: &mut Cursor<'_>) -> (Structure, bool) {
    let mut reader = StructureReader {
        cursor: *cursor,
        parts: 0,
    };
    match reader.body(Place::Root, 0) {
        Some(part) => {
            *cursor = reader.cursor;
            (Structure::Known(Box::new(part)), true)
        }
        None => (Structure::Opaque, false),
    }
}

struct StructureReader<'a> {
    cursor: Cursor<'a>,
    parts: usize,
}

/// Where a body stands, which decides its section number (RFC 9051 6.4.5).
#[derive(Clone, Copy)]
enum Place<'p> {
    /// The message's own: a multipart has no number, a single part is `1`.
    Root,
    /// Of the message/rfc822 with this section: a multipart is its `TEXT` and its parts count on
    /// from there, a single part is `.1`.
    Within(&'p str),
    /// The nth part of a multipart whose parts begin with this prefix.
    Child(&'p str, usize),
}

impl Place<'_> {
    fn single(self) -> String {
        match self {
            Place::Root => "1".into(),
            Place::Within(section) => format!("{section}.1"),
            Place::Child("", number) => number.to_string(),
            Place::Child(prefix, number) => format!("{prefix}.{number}"),
        }
    }

    /// The section of a multipart here, and what its parts' numbers begin with.
    fn multipart(self) -> (String, String) {
        match self {
            Place::Root => (String::new(), String::new()),
            Place::Within(section) => (format!("{section}.TEXT"), section.into()),
            Place::Child(..) => (self.single(), self.single()),
        }
    }
}

impl<'a> StructureReader<'a> {
    /// `(` single part or multipart `)`.
    fn body(&mut self, place: Place<'_>, depth: u32) -> Option<Part> {
        self.parts += 1;
        if depth >= MAX_DEPTH || self.parts > MAX_PARTS || !self.cursor.eat(b'(') {
            return None;
        }
        self.cursor.spaces();
        let part = match self.cursor.peek()? {
            b'(' => self.multipart(place, depth)?,
            // `()`: nothing known (Exchange, for a message it could not read).
            b')' => Part {
                section: place.single(),
                media_type: "text/plain".into(),
                ..Part::default()
            },
            _ => self.single_or_empty(place, depth)?,
        };
        self.rest_of_list()?;
        Some(part)
    }

    /// One or more bodies, then subtype and the extension fields.
    fn multipart(&mut self, place: Place<'_>, depth: u32) -> Option<Part> {
        let (section, prefix) = place.multipart();
        let mut children = Vec::new();
        while self.cursor.peek() == Some(b'(') {
            // `(() "mixed")`: a multipart without parts.
            let empty = self.cursor.rest().starts_with(b"()");
            let child = self.body(Place::Child(&prefix, children.len() + 1), depth + 1)?;
            self.cursor.spaces();
            let next = self.cursor.peek();
            if !(empty && children.is_empty() && next != Some(b'(')) {
                children.push(child);
            }
        }
        let subtype = self.ntext();
        let mut part = Part {
            section,
            children,
            ..Part::default()
        };
        self.multipart_fields(&mut part, subtype)?;
        Some(part)
    }

    /// What follows the subtype of a multipart: parameters, disposition, language, location.
    fn multipart_fields(&mut self, part: &mut Part, subtype: Option<String>) -> Option<()> {
        let subtype = subtype.unwrap_or_else(|| "mixed".into());
        part.media_type = format!("multipart/{}", subtype.to_ascii_lowercase());
        part.parameters = self.parameters()?;
        self.extensions(part)
    }

    /// A single part; or a multipart without parts, which servers write `("mixed" ("boundary"
    /// "x"))` or `(NIL "mixed" ("boundary" "x"))`.
    fn single_or_empty(&mut self, place: Place<'_>, depth: u32) -> Option<Part> {
        let kind = self.ntext();
        let next_is_list = self.cursor.peek() == Some(b'(');
        let kind_is_multipart = kind.as_deref().is_some_and(is_multipart_subtype);
        if kind.is_some() && (next_is_list || kind_is_multipart) {
            return self.empty_multipart(place, kind);
        }
        let subtype = self.ntext();
        if kind.is_none() && subtype.as_deref().is_some_and(is_multipart_subtype) {
            return self.empty_multipart(place, subtype);
        }
        if kind
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("multipart"))
        {
            return self.empty_multipart(place, subtype);
        }
        self.single(place, depth, kind, subtype)
    }

    fn empty_multipart(&mut self, place: Place<'_>, subtype: Option<String>) -> Option<Part> {
        let mut part = Part {
            section: place.multipart().0,
            ..Part::default()
        };
        self.multipart_fields(&mut part, subtype)?;
        Some(part)
    }

    /// After type and subtype: parameters, id, description, encoding, size, then what the type
    /// brings, then md5, disposition, language, location.
    fn single(
        &mut self,
        place: Place<'_>,
        depth: u32,
        kind: Option<String>,
        subtype: Option<String>,
    ) -> Option<Part> {
        let media_type = match (kind, subtype) {
            (Some(kind), Some(subtype)) => format!("{kind}/{subtype}").to_ascii_lowercase(),
            (None, None) => "text/plain".into(),
            (Some(kind), None) if kind.eq_ignore_ascii_case("text") => "text/plain".into(),
            (_, subtype) => {
                let subtype = subtype.unwrap_or_else(|| "octet-stream".into());
                format!("application/{subtype}").to_ascii_lowercase()
            }
        };
        let mut part = Part {
            section: place.single(),
            media_type,
            parameters: self.parameters()?,
            ..Part::default()
        };
        part.id = self.nstring().map(|id| content_id(&id));
        part.description = self.nstring().map(|description| text::header(&description));
        part.encoding = self.nstring().map(encoding).unwrap_or_default();
        part.size = self.size()?;
        if matches!(&*part.media_type, "message/rfc822" | "message/global") {
            self.message(&mut part, depth)?;
        } else {
            self.lines();
        }
        if self.cursor.peek() != Some(b'(') {
            let _md5 = self.nstring();
        }
        self.extensions(&mut part)?;
        Some(part)
    }

    /// Envelope, structure and lines of a message/rfc822. Servers leave out all three, or write NIL.
    fn message(&mut self, part: &mut Part, depth: u32) -> Option<()> {
        // Some write the number of lines first.
        self.lines();
        match self.cursor.peek() {
            Some(b'(') if !self.at_disposition() => part.subject = self.envelope()?,
            Some(b'N' | b'n') => {
                let mut ahead = self.clone_at();
                let _nil = ahead.nstring();
                // `NIL ("attachment" ...)` is md5 and disposition: there is no envelope.
                if ahead.at_disposition() {
                    return Some(());
                }
                self.cursor = ahead.cursor;
            }
            _ => return Some(()),
        }
        if self.cursor.peek() == Some(b'(') {
            let child = self.body(Place::Within(&part.section), depth + 1)?;
            part.children.push(child);
            self.cursor.spaces();
        } else {
            let _nil = self.nstring();
        }
        self.lines();
        Some(())
    }

    /// `(date subject from sender ...)`: the subject.
    fn envelope(&mut self) -> Option<Option<String>> {
        let mut fields = self.cursor;
        self.cursor.skip_value()?;
        self.cursor.spaces();
        fields.eat(b'(');
        fields.spaces();
        let _date = fields.nstring();
        fields.spaces();
        Some(fields.nstring().flatten().map(|raw| text::header(&raw)))
    }

    /// Disposition, language, location; whatever else there is stays for `rest_of_list`.
    fn extensions(&mut self, part: &mut Part) -> Option<()> {
        if !self.more() {
            return Some(());
        }
        part.disposition = self.disposition()?;
        if !self.more() {
            return Some(());
        }
        self.cursor.skip_value()?;
        self.cursor.spaces();
        if self.more() && self.cursor.peek() != Some(b'(') {
            part.location = self.nstring().map(|location| text::header(&location));
        }
        Some(())
    }

    /// `("attachment" ("filename" "x"))`, NIL, or the bare kind.
    fn disposition(&mut self) -> Option<Option<Disposition>> {
        if !self.cursor.eat(b'(') {
            let kind = self.ntext();
            return Some(kind.map(|kind| Disposition {
                kind: kind.to_ascii_lowercase(),
                parameters: Vec::new(),
            }));
        }
        self.cursor.spaces();
        let kind = self.ntext();
        let parameters = self.parameters()?;
        self.rest_of_list()?;
        self.cursor.spaces();
        Some(kind.map(|kind| Disposition {
            kind: kind.to_ascii_lowercase(),
            parameters,
        }))
    }

    /// `("charset" "utf-8" ...)`, `()`, NIL.
    fn parameters(&mut self) -> Option<Vec<(String, String)>> {
        if !self.cursor.eat(b'(') {
            let _nil = self.nstring();
            return Some(Vec::new());
        }
        let mut raw = Vec::new();
        loop {
            self.cursor.spaces();
            if self.cursor.eat(b')') {
                self.cursor.spaces();
                return Some(text::parameters(raw));
            }
            if self.cursor.peek() == Some(b'(') {
                self.cursor.skip_value()?;
                continue;
            }
            let name = self.cursor.nstring()?;
            self.cursor.spaces();
            if matches!(self.cursor.peek()?, b'(' | b')') {
                continue;
            }
            let value = self.cursor.nstring()?;
            if raw.len() >= MAX_PARAMETERS {
                return None;
            }
            raw.extend(name.zip(value));
        }
    }

    /// Octets: digits; NIL, nothing or a negative number from servers that do not know.
    fn size(&mut self) -> Option<u64> {
        if !self.more() || self.cursor.peek() == Some(b'(') {
            return Some(0);
        }
        if matches!(self.cursor.peek(), Some(b'"' | b'{')) {
            let size = self.nstring()?;
            return Some(Cursor::new(&size).number().unwrap_or_default());
        }
        let size = self.cursor.loose_number().unwrap_or_default();
        self.cursor.spaces();
        Some(size)
    }

    /// A number of lines if there is one.
    fn lines(&mut self) {
        let mut ahead = self.cursor;
        let negative = ahead.eat(b'-');
        let digits = ahead.number::<u64>().is_some();
        if digits || negative {
            ahead.spaces();
            self.cursor = ahead;
        }
    }

    /// Whether the list at the cursor is `("attachment" ...)` or `("inline" ...)`.
    fn at_disposition(&self) -> bool {
        let mut ahead = self.cursor;
        ahead.eat(b'(')
            && ahead.nstring().flatten().is_some_and(|kind| {
                kind.eq_ignore_ascii_case(b"attachment") || kind.eq_ignore_ascii_case(b"inline")
            })
    }

    const fn clone_at(&self) -> Self {
        Self {
            cursor: self.cursor,
            parts: self.parts,
        }
    }

    fn more(&self) -> bool {
        !matches!(self.cursor.peek(), None | Some(b')'))
    }

    /// An `nstring` and the spaces after it; `None` also if something else is next.
    fn nstring(&mut self) -> Option<Cow<'a, [u8]>> {
        let value = self.cursor.nstring();
        self.cursor.spaces();
        value.flatten()
    }

    fn ntext(&mut self) -> Option<String> {
        self.nstring().map(|value| text::loose(&value))
    }

    /// Skips to the end of the list and takes its `)`.
    fn rest_of_list(&mut self) -> Option<()> {
        loop {
            self.cursor.spaces();
            if self.cursor.eat(b')') {
                return Some(());
            }
            self.cursor.skip_value()?;
        }
    }
}

/// Subtypes by which a multipart without parts is told from a single part.
fn is_multipart_subtype(word: &str) -> bool {
    [
        "mixed",
        "alternative",
        "related",
        "signed",
        "encrypted",
        "report",
        "digest",
        "parallel",
        "form-data",
        "appledouble",
    ]
    .iter()
    .any(|known| word.eq_ignore_ascii_case(known))
}

fn content_id(raw: &[u8]) -> String {
    let id = raw.trim_ascii();
    let id = id.strip_prefix(b"<").unwrap_or(id);
    text::loose(id.strip_suffix(b">").unwrap_or(id))
}

fn encoding(raw: Cow<'_, [u8]>) -> TransferEncoding {
    match text::loose(raw.trim_ascii()).to_ascii_lowercase().as_str() {
        "7bit" | "" => TransferEncoding::SevenBit,
        "8bit" => TransferEncoding::EightBit,
        "binary" => TransferEncoding::Binary,
        "base64" => TransferEncoding::Base64,
        "quoted-printable" => TransferEncoding::QuotedPrintable,
        other => TransferEncoding::Other(other.into()),
    }
}
