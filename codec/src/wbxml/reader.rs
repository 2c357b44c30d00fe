//! A pull reader over one WBXML document.
//!
//! It borrows from the input, keeps an explicit stack instead of recursing, and does work linear in
//! the input. Typed readers walk it like this:
//!
//! ```
//! use airgate_codec::wbxml::{Reader, ping};
//! let bytes = [0x03, 0x01, 0x6A, 0x00, 0x00, 0x0D, 0x45, 0x48, 0x03, b'6', b'0', 0x00, 0x01, 0x01];
//! let mut reader = Reader::new(&bytes)?;
//! assert_eq!(reader.root()?, ping::PING);
//! let mut interval = None;
//! while let Some(tag) = reader.child()? {
//!     match tag {
//!         ping::HEARTBEAT_INTERVAL => interval = Some(reader.number::<u32>()?),
//!         _ => reader.skip()?,
//!     }
//! }
//! reader.finish()?;
//! assert_eq!(interval, Some(60));
//! # Ok::<(), airgate_codec::wbxml::Fault>(())
//! ```

use std::borrow::Cow;
use std::str::FromStr;

use super::{END, FIRST_TAG, HAS_ATTRIBUTES, HAS_CONTENT, OPAQUE, STR_I, SWITCH_PAGE, Tag};

/// Bounds on one document (threats section 1, T3 to T7).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open elements at a time.
    pub depth: usize,
    /// Tags, page switches, ends and values together: the step budget of one request.
    pub tokens: usize,
}

impl Limits {
    /// For what phones send. EAS nests below 20 deep; 200,000 tokens are 100 times the largest
    /// request seen, and a few milliseconds of work.
    pub const REQUEST: Self = Self {
        depth: 32,
        tokens: 200_000,
    };

    /// For tools and tests, which look at responses of many megabytes.
    pub const VIEW: Self = Self {
        depth: 32,
        tokens: 100_000_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::REQUEST
    }
}

/// What is wrong with a document, and where.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Fault {
    /// Where the token begins that cannot be read; for a document that ends too early, its length.
    pub offset: usize,
    pub kind: FaultKind,
}

/// One way a document can be wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FaultKind {
    #[error("the document ends too early")]
    Truncated,
    #[error("WBXML version {0:#04x} is not 1.1 to 1.3")]
    Version(u8),
    #[error("character set {0} is not UTF-8 (106)")]
    Charset(u32),
    #[error("an integer is longer than 5 bytes or 32 bits")]
    IntegerOverflow,
    #[error("a length of {announced} where {left} bytes are left")]
    LengthPastEnd { announced: u32, left: usize },
    #[error("token {0:#04x} never appears in EAS")]
    Token(u8),
    #[error("an element has attributes")]
    Attributes,
    #[error("more than {0} open elements")]
    Depth(usize),
    #[error("more than {0} tokens")]
    Tokens(usize),
    #[error("an element where a value belongs")]
    UnexpectedElement,
    #[error("a value where elements belong")]
    UnexpectedValue,
    #[error("bytes behind the document")]
    Trailing,
    #[error("there is no root element")]
    NoRoot,
    #[error("not a number of the expected range")]
    Number,
    #[error("not a boolean")]
    Boolean,
}

/// One step through a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event<'a> {
    Start(Tag),
    End,
    Text(Cow<'a, str>),
    Opaque(&'a [u8]),
}

/// The reader. See the module's text for how to use it.
///
/// What it tolerates, because phones in use need it: unknown tokens and pages (they come as a
/// [`Tag`] without a name, to be skipped with their subtree), a string table nobody refers to, text
/// that is not UTF-8 (read lossily), OPAQUE where text is usual and the reverse, zeros and spare
/// ENDs behind the root. Everything else that EAS does not use is a [`Fault`], a missing END too.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    input: &'a [u8],
    at: usize,
    /// Where the token read last begins.
    token_at: usize,
    page: u8,
    open: usize,
    /// The element just started has no content: its End comes next, out of no byte.
    empty: bool,
    started: bool,
    tokens: usize,
    limits: Limits,
}

impl<'a> Reader<'a> {
    /// Reads the header of `input` under the default limits.
    ///
    /// # Errors
    /// A header that is not WBXML 1.1 to 1.3 in UTF-8.
    pub fn new(input: &'a [u8]) -> Result<Self, Fault> {
        Self::with_limits(input, Limits::default())
    }

    /// As [`Self::new`], under other limits.
    ///
    /// # Errors
    /// A header that is not WBXML 1.1 to 1.3 in UTF-8.
    pub fn with_limits(input: &'a [u8], limits: Limits) -> Result<Self, Fault> {
        let mut reader = Self {
            input,
            at: 0,
            token_at: 0,
            page: 0,
            open: 0,
            empty: false,
            started: false,
            tokens: 0,
            limits,
        };
        let version = reader.byte()?;
        if !(0x01..=0x03).contains(&version) {
            return Err(Fault {
                offset: 0,
                kind: FaultKind::Version(version),
            });
        }
        let public_id = reader.integer()?;
        if public_id == 0 {
            reader.integer()?; // an index into the string table names the public id
        }
        reader.token_at = reader.at;
        let charset = reader.integer()?;
        if charset != 106 && charset != 0 {
            return Err(reader.fault(FaultKind::Charset(charset)));
        }
        reader.token_at = reader.at;
        let table = reader.integer()?;
        reader.take(table)?;
        Ok(reader)
    }

    /// The root element. Its children follow by [`Self::child`].
    ///
    /// # Errors
    /// No element where the root belongs, or a fault in the bytes.
    pub fn root(&mut self) -> Result<Tag, Fault> {
        match self.next()? {
            Some(Event::Start(tag)) => Ok(tag),
            _ => Err(self.fault(FaultKind::NoRoot)),
        }
    }

    /// The next child of the current element, or `None` at its end, which is consumed. Values
    /// between children are passed over when they are blank.
    ///
    /// # Errors
    /// A value where only elements belong, or a fault in the bytes.
    pub fn child(&mut self) -> Result<Option<Tag>, Fault> {
        loop {
            match self.next()? {
                Some(Event::Start(tag)) => return Ok(Some(tag)),
                Some(Event::End) => return Ok(None),
                Some(Event::Text(text)) if text.trim().is_empty() => {}
                Some(_) => return Err(self.fault(FaultKind::UnexpectedValue)),
                None => return Err(self.truncated()),
            }
        }
    }

    /// The current element's value as text; its end is consumed. OPAQUE is taken as UTF-8, since
    /// clients differ ([MS-ASDTYPE] R98); nothing at all is the empty text.
    ///
    /// # Errors
    /// A child element, or a fault in the bytes.
    pub fn text(&mut self) -> Result<Cow<'a, str>, Fault> {
        let mut value: Cow<'a, str> = Cow::Borrowed("");
        loop {
            let piece = match self.next()? {
                Some(Event::Text(text)) => text,
                Some(Event::Opaque(bytes)) => lossy(bytes),
                Some(Event::End) => return Ok(value),
                Some(Event::Start(_)) => return Err(self.fault(FaultKind::UnexpectedElement)),
                None => return Err(self.truncated()),
            };
            if value.is_empty() {
                value = piece;
            } else {
                value.to_mut().push_str(&piece);
            }
        }
    }

    /// The current element's value as bytes; its end is consumed.
    ///
    /// # Errors
    /// A child element, or a fault in the bytes.
    pub fn bytes(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let mut value: Cow<'a, [u8]> = Cow::Borrowed(&[]);
        loop {
            let piece = match self.next()? {
                Some(Event::Opaque(bytes)) => Cow::Borrowed(bytes),
                Some(Event::Text(Cow::Borrowed(text))) => Cow::Borrowed(text.as_bytes()),
                Some(Event::Text(Cow::Owned(text))) => Cow::Owned(text.into_bytes()),
                Some(Event::End) => return Ok(value),
                Some(Event::Start(_)) => return Err(self.fault(FaultKind::UnexpectedElement)),
                None => return Err(self.truncated()),
            };
            if value.is_empty() {
                value = piece;
            } else {
                value.to_mut().extend_from_slice(&piece);
            }
        }
    }

    /// The current element's value as a number, blanks round it ignored.
    ///
    /// # Errors
    /// Not a number of that type, or what [`Self::text`] refuses.
    pub fn number<T: FromStr>(&mut self) -> Result<T, Fault> {
        let offset = self.token_at;
        let text = self.text()?;
        text.trim().parse().map_err(|_| Fault {
            offset,
            kind: FaultKind::Number,
        })
    }

    /// The current element's value as a boolean: `1`, `0`, and an empty element is true
    /// ([MS-ASDTYPE] R6).
    ///
    /// # Errors
    /// Another value, or what [`Self::text`] refuses.
    pub fn boolean(&mut self) -> Result<bool, Fault> {
        let offset = self.token_at;
        match self.text()?.trim() {
            "" | "1" | "true" => Ok(true),
            "0" | "false" => Ok(false),
            _ => Err(Fault {
                offset,
                kind: FaultKind::Boolean,
            }),
        }
    }

    /// Passes over the rest of the current element, its end included.
    ///
    /// # Errors
    /// A fault in the bytes.
    pub fn skip(&mut self) -> Result<(), Fault> {
        let outside = self.open.saturating_sub(1);
        while self.open > outside || self.empty {
            if self.next()?.is_none() {
                return Err(self.truncated());
            }
        }
        Ok(())
    }

    /// Confirms that the document is over.
    ///
    /// # Errors
    /// An element still open, or bytes behind the root's end.
    pub fn finish(mut self) -> Result<(), Fault> {
        match self.next()? {
            None => Ok(()),
            Some(_) => Err(self.fault(FaultKind::Trailing)),
        }
    }

    /// How far the reader has come, in bytes.
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// How many tokens were read: the measure of work done, which tests hold to be linear (T7).
    pub const fn steps(&self) -> usize {
        self.tokens
    }

    /// The next event, `None` behind the root's end.
    ///
    /// # Errors
    /// Any way in which the bytes are not the WBXML that EAS uses.
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator would hide the borrow"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'a>>, Fault> {
        if self.empty {
            self.empty = false;
            self.open -= 1;
            return Ok(Some(Event::End));
        }
        if self.open == 0 && self.started {
            return self.tail();
        }
        loop {
            self.token_at = self.at;
            self.tokens += 1;
            if self.tokens > self.limits.tokens {
                return Err(self.fault(FaultKind::Tokens(self.limits.tokens)));
            }
            match self.byte()? {
                SWITCH_PAGE => self.page = self.byte()?,
                END if self.open > 0 => {
                    self.open -= 1;
                    return Ok(Some(Event::End));
                }
                STR_I if self.open > 0 => return Ok(Some(Event::Text(self.inline_string()?))),
                OPAQUE if self.open > 0 => {
                    let length = self.integer()?;
                    return Ok(Some(Event::Opaque(self.take(length)?)));
                }
                byte if byte & 0x3F >= FIRST_TAG => return self.start(byte).map(Some),
                byte => return Err(self.fault(FaultKind::Token(byte))),
            }
        }
    }

    /// Some old phones pad the document; zeros and spare ENDs say nothing.
    fn tail(&mut self) -> Result<Option<Event<'a>>, Fault> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        match rest.iter().position(|byte| !matches!(*byte, 0x00 | END)) {
            None => {
                self.at = self.input.len();
                Ok(None)
            }
            Some(padding) => {
                self.at += padding;
                self.token_at = self.at;
                Err(self.fault(FaultKind::Trailing))
            }
        }
    }

    fn start(&mut self, byte: u8) -> Result<Event<'a>, Fault> {
        if byte & HAS_ATTRIBUTES != 0 {
            return Err(self.fault(FaultKind::Attributes));
        }
        if self.open >= self.limits.depth {
            return Err(self.fault(FaultKind::Depth(self.limits.depth)));
        }
        self.open += 1;
        self.started = true;
        self.empty = byte & HAS_CONTENT == 0;
        Ok(Event::Start(Tag::new(self.page, byte & 0x3F)))
    }

    fn inline_string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let text = memchr::memchr(0, rest).and_then(|length| rest.get(..length));
        let Some(text) = text else {
            return Err(self.truncated());
        };
        self.at += text.len() + 1;
        Ok(lossy(text))
    }

    /// `mb_u_int32`: seven bits a byte, most significant first (T3).
    fn integer(&mut self) -> Result<u32, Fault> {
        let mut value: u32 = 0;
        for _ in 0..5 {
            let byte = self.byte()?;
            value = value
                .checked_mul(128)
                .ok_or_else(|| self.fault(FaultKind::IntegerOverflow))?
                | u32::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.fault(FaultKind::IntegerOverflow))
    }

    /// The next `length` bytes; the length is compared with what is left and never added to (T4).
    fn take(&mut self, length: u32) -> Result<&'a [u8], Fault> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(bytes) = rest.get(..wanted) else {
            let kind = FaultKind::LengthPastEnd {
                announced: length,
                left: rest.len(),
            };
            return Err(self.fault(kind));
        };
        self.at += wanted;
        Ok(bytes)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Fault> {
        match self.input.get(self.at) {
            Some(byte) => {
                self.at += 1;
                Ok(*byte)
            }
            None => Err(self.truncated()),
        }
    }

    const fn fault(&self, kind: FaultKind) -> Fault {
        Fault {
            offset: self.token_at,
            kind,
        }
    }

    const fn truncated(&self) -> Fault {
        Fault {
            offset: self.input.len(),
            kind: FaultKind::Truncated,
        }
    }
}

/// As [`String::from_utf8_lossy`], which reads byte by byte; the check alone is many times faster.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests;
