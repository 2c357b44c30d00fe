//! The only place where commands are written (T24).
//!
//! Every argument goes through a method for its kind, which writes it so that a server reads back
//! exactly that value: as an atom, quoted, or as a literal. What a kind cannot hold is refused with
//! [`BadArgument`]; no argument ever ends a line or begins another command. Literals wait for the
//! server unless it said it takes them at once and they are within its size (T25).
//!
//! ```
//! use airgate_codec::imap::{Command, CommandPiece, MailboxName, UidSet, WireStyle};
//! let style = WireStyle::default();
//! let pieces = Command::new("A7", style)
//!     .atom("UID").atom("MOVE").set(&UidSet::from_iter(4..9))
//!     .mailbox(&MailboxName::new("Entwürfe"))
//!     .finish()?;
//! assert_eq!(pieces, [CommandPiece::Bytes(b"A7 UID MOVE 4:8 \"Entw&APw-rfe\"\r\n".to_vec())]);
//! # Ok::<(), airgate_codec::imap::BadArgument>(())
//! ```

use std::fmt;

use super::{Flag, MailboxName, NameForm, UidSet, date, modified_utf7, sequence_set};

/// Octets of a sequence set that fit a command line of 8192, which servers take (RFC 7162 4).
pub const LINE_BUDGET: usize = 7500;

/// Longest string sent quoted. Servers take lines of 8192 octets, and there may be two of them.
const MAX_QUOTED: usize = 2000;

/// Longest non-synchronising literal under LITERAL- (RFC 7888 5).
const LITERAL_MINUS: u64 = 4096;

/// What the server takes, as its capabilities say.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct WireStyle {
    pub literals: Literals,
    pub names: NameForm,
}

/// Which literals need not wait for the server (RFC 7888).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Literals {
    /// None.
    #[default]
    Synchronising,
    /// LITERAL-: those up to 4096 octets.
    Minus,
    /// LITERAL+: all.
    Plus,
}

/// A step of sending a command. `Debug` shows lengths only: arguments may be secrets (T48).
#[derive(Clone, Eq, PartialEq)]
pub enum CommandPiece {
    /// Send these octets.
    Bytes(Vec<u8>),
    /// Flush and wait for `+`. A tagged NO or BAD instead means the literal was refused: the rest
    /// must not be sent.
    AwaitContinuation,
    /// Send this many octets of your own (APPEND), neither more nor fewer.
    Octets(u64),
}

/// An argument its kind cannot hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadArgument {
    #[error("a tag, keyword or name of an item must be an atom")]
    Atom,
    #[error("IMAP strings cannot hold NUL")]
    Nul,
    #[error("IMAP cannot say an empty set")]
    EmptySet,
    #[error("a section is numbers, HEADER, TEXT, MIME or HEADER.FIELDS with field names")]
    Section,
    #[error("a date between the years 1 and 9999 is needed")]
    Date,
}

/// A command being written. Faults are kept and come out of [`finish`](Self::finish).
#[must_use]
pub struct Command {
    style: WireStyle,
    pieces: Vec<CommandPiece>,
    line: Vec<u8>,
    /// The next argument stands at the start or right behind a bracket. Told by a field, not by
    /// the last octet: that may belong to a literal.
    glued: bool,
    fault: Option<BadArgument>,
}

impl Command {
    /// Starts with the tag, which must be an atom without `+`.
    pub fn new(tag: &str, style: WireStyle) -> Self {
        let command = Self {
            style,
            pieces: Vec::new(),
            line: Vec::with_capacity(64),
            glued: true,
            fault: tag.contains('+').then_some(BadArgument::Atom),
        };
        command.atom(tag)
    }

    /// The pieces in the order to send, the last ending the line.
    ///
    /// # Errors
    /// The first argument its kind could not hold. Nothing may be sent then.
    pub fn finish(mut self) -> Result<Vec<CommandPiece>, BadArgument> {
        self.line.extend_from_slice(b"\r\n");
        self.flush();
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.pieces),
        }
    }

    /// A word of the protocol: command, item, search key, capability.
    pub fn atom(mut self, word: &str) -> Self {
        if is_atom(word) {
            self.space();
            self.line.extend_from_slice(word.as_bytes());
            self
        } else {
            self.refuse(BadArgument::Atom)
        }
    }

    /// Opens a list; the next argument stands right behind the bracket.
    pub fn open(mut self) -> Self {
        self.space();
        self.line.push(b'(');
        self.glued = true;
        self
    }

    pub fn close(mut self) -> Self {
        self.line.push(b')');
        self.glued = false;
        self
    }

    /// Several words in brackets.
    pub fn atoms<'a>(self, words: impl IntoIterator<Item = &'a str>) -> Self {
        words.into_iter().fold(self.open(), Self::atom).close()
    }

    pub fn number(mut self, number: u64) -> Self {
        self.space();
        self.line.extend_from_slice(number.to_string().as_bytes());
        self
    }

    /// Any text or octets without NUL: quoted where that can hold it, else a literal.
    pub fn string(mut self, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        if !self.quotable(value) {
            return self.literal(value);
        }
        self.space();
        self.line.push(b'"');
        for &octet in value {
            if matches!(octet, b'"' | b'\\') {
                self.line.push(b'\\');
            }
            self.line.push(octet);
        }
        self.line.push(b'"');
        self
    }

    /// As [`string`](Self::string), bare if it is a plain word: some servers misread quoted ones.
    pub fn astring(self, value: impl AsRef<[u8]>) -> Self {
        match std::str::from_utf8(value.as_ref()) {
            Ok(word) if is_atom(word) && !word.eq_ignore_ascii_case("NIL") => self.atom(word),
            _ => self.string(value),
        }
    }

    /// A string, or NIL.
    pub fn nstring(self, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.string(value),
            None => self.atom("NIL"),
        }
    }

    /// Octets without NUL, always as a literal.
    pub fn literal(mut self, octets: impl AsRef<[u8]>) -> Self {
        let octets = octets.as_ref();
        if octets.contains(&0) {
            return self.refuse(BadArgument::Nul);
        }
        self.announce("", octets.len() as u64);
        self.line.extend_from_slice(octets);
        self
    }

    /// A literal whose octets the caller sends at [`CommandPiece::Octets`]. They must not hold NUL.
    pub fn stream_literal(mut self, length: u64) -> Self {
        self.announce("", length);
        self.flush();
        self.pieces.push(CommandPiece::Octets(length));
        self
    }

    /// The same as a literal8, which may hold NUL; for servers with BINARY (RFC 3516).
    pub fn stream_literal8(mut self, length: u64) -> Self {
        self.announce("~", length);
        self.flush();
        self.pieces.push(CommandPiece::Octets(length));
        self
    }

    /// A mailbox name in the server's form.
    pub fn mailbox(self, name: &MailboxName) -> Self {
        let wire = match self.style.names {
            NameForm::ModifiedUtf7 => modified_utf7::encode(name.as_str()),
            NameForm::Utf8 => modified_utf7::encode_utf8(name.as_str()),
        };
        self.string(wire)
    }

    /// Numbers or UIDs: `1:5,7`. Keep it within [`LINE_BUDGET`] with
    /// [`split_for_line`](super::split_for_line).
    pub fn set(mut self, set: &UidSet) -> Self {
        if set.is_empty() || set.contains(0) {
            return self.refuse(BadArgument::EmptySet);
        }
        self.space();
        self.line.extend_from_slice(sequence_set(set).as_bytes());
        self
    }

    /// `first:*`. The server reads it backwards too: if all are below `first`, it means the last.
    pub fn set_from(mut self, first: u32) -> Self {
        self.space();
        let range = format!("{}:*", first.max(1));
        self.line.extend_from_slice(range.as_bytes());
        self
    }

    /// `1:count`, of results (RFC 5267 4.4).
    pub fn first(mut self, count: u32) -> Self {
        self.space();
        let range = format!("1:{}", count.max(1));
        self.line.extend_from_slice(range.as_bytes());
        self
    }

    pub fn flag(mut self, flag: &Flag) -> Self {
        let name = match flag {
            Flag::Seen => "\\Seen",
            Flag::Answered => "\\Answered",
            Flag::Flagged => "\\Flagged",
            Flag::Deleted => "\\Deleted",
            Flag::Draft => "\\Draft",
            Flag::Keyword(word) if is_atom(word) => word,
            Flag::Keyword(_) => return self.refuse(BadArgument::Atom),
        };
        self.space();
        self.line.extend_from_slice(name.as_bytes());
        self
    }

    /// Flags in brackets.
    pub fn flags(self, flags: &[Flag]) -> Self {
        flags.iter().fold(self.open(), Self::flag).close()
    }

    /// The UTC day of a time in seconds since 1970: `1-Feb-2026`, for SEARCH.
    pub fn date(mut self, seconds: i64) -> Self {
        let Some(text) = date::date(seconds) else {
            return self.refuse(BadArgument::Date);
        };
        self.space();
        self.line.extend_from_slice(text.as_bytes());
        self
    }

    /// A time in seconds since 1970: `" 1-Feb-2026 10:00:00 +0000"`, for APPEND.
    pub fn date_time(mut self, seconds: i64) -> Self {
        let Some(text) = date::date_time(seconds) else {
            return self.refuse(BadArgument::Date);
        };
        self.space();
        self.line.extend_from_slice(text.as_bytes());
        self
    }

    /// `item[section]<offset.length>`, `item` being `BODY.PEEK`, `BODY`, `BINARY.PEEK`, ... and
    /// `section` empty or one of `1.2`, `1.2.MIME`, `HEADER`, `TEXT`, `HEADER.FIELDS (A B)`, ...
    pub fn section(mut self, item: &str, section: &str, partial: Option<(u64, u64)>) -> Self {
        if !is_atom(item) || !is_section(section) {
            return self.refuse(BadArgument::Section);
        }
        self.space();
        self.line.extend_from_slice(item.as_bytes());
        self.line.push(b'[');
        self.line.extend_from_slice(section.as_bytes());
        self.line.push(b']');
        if let Some((offset, length)) = partial {
            let range = format!("<{offset}.{}>", length.max(1));
            self.line.extend_from_slice(range.as_bytes());
        }
        self
    }

    fn refuse(mut self, fault: BadArgument) -> Self {
        self.fault.get_or_insert(fault);
        self
    }

    fn space(&mut self) {
        if !std::mem::take(&mut self.glued) {
            self.line.push(b' ');
        }
    }

    fn announce(&mut self, prefix: &str, length: u64) {
        self.space();
        let at_once = match self.style.literals {
            Literals::Synchronising => false,
            Literals::Minus => length <= LITERAL_MINUS,
            Literals::Plus => true,
        };
        let plus = if at_once { "+" } else { "" };
        let announcement = format!("{prefix}{{{length}{plus}}}\r\n");
        self.line.extend_from_slice(announcement.as_bytes());
        if !at_once {
            self.flush();
            self.pieces.push(CommandPiece::AwaitContinuation);
        }
    }

    fn flush(&mut self) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.pieces.push(CommandPiece::Bytes(line));
        }
    }

    fn quotable(&self, value: &[u8]) -> bool {
        let utf8 = self.style.names == NameForm::Utf8;
        value.len() <= MAX_QUOTED
            && value.iter().all(|octet| match octet {
                0 | b'\r' | b'\n' => false,
                0x80.. => utf8,
                _ => true,
            })
            && (!utf8 || std::str::from_utf8(value).is_ok())
    }
}

impl fmt::Debug for CommandPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::AwaitContinuation => f.write_str("AwaitContinuation"),
            Self::Octets(length) => write!(f, "Octets({length})"),
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("pieces", &self.pieces.len())
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// RFC 9051 9, `atom`: printable ASCII without specials.
fn is_atom(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(is_atom_octet)
}

fn is_atom_octet(octet: u8) -> bool {
    octet.is_ascii_graphic()
        && !matches!(
            octet,
            b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']' | b'['
        )
}

/// `[numbers] [.] [HEADER | TEXT | MIME | HEADER.FIELDS[.NOT] (names)]`.
fn is_section(section: &str) -> bool {
    let Some((head, fields)) = section.split_once(" (") else {
        return section
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'.');
    };
    let names = fields.strip_suffix(')');
    (head.ends_with("HEADER.FIELDS") || head.ends_with("HEADER.FIELDS.NOT"))
        && is_section(head)
        && names.is_some_and(|names| names.split(' ').all(is_atom))
}
