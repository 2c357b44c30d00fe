//! Cuts the server's octets into whole responses before any parser sees them (T1, T2, T68).
//!
//! The end of a response is found from line ends and literal announcements alone, so a response no
//! parser understands still ends where it ends and the stream stays in step. Literals above a
//! threshold are handed out in pieces as they arrive; nothing is ever allocated because a server
//! announced it. Each octet is looked at once, however it was cut into reads.
//!
//! A quoted string cannot hold CR or LF (RFC 9051 4.3), so a line end always closes one: a lone
//! quote in a human-readable text costs nothing. Status lines cannot hold literals, so `{5}` at the
//! end of a text is text.

use bytes::{Buf, Bytes, BytesMut};

/// Bounds on what a server may send before its connection is given up.
#[derive(Clone, Copy, Debug)]
pub struct FrameLimits {
    /// Octets of one response outside its literals. SEARCH over a million messages needs 7 MiB.
    pub line: usize,
    /// Octets of literals of one response kept in memory; what is above is streamed.
    pub literals: usize,
    /// A literal longer than this is streamed.
    pub stream_threshold: u64,
    /// A literal announced longer than this is a fault. No mail is that long.
    pub literal: u64,
    /// Parentheses open at a time before a response is marked too deep (T1).
    pub depth: u32,
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self {
            line: 8 << 20,
            literals: 4 << 20,
            stream_threshold: 256 << 10,
            literal: 1 << 30,
            depth: MAX_DEPTH,
        }
    }
}

/// Nesting of lists a parser is shown. Real mail stays below 10; `imap-proto` overflowed a worker's
/// stack at 100 (T1).
pub const MAX_DEPTH: u32 = 24;

/// Longest piece of a streamed literal.
const PIECE: usize = 64 << 10;

/// Longest literal announcement: `{18446744073709551615+}`.
const ANNOUNCEMENT: usize = 24;

/// What the stream holds next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FrameEvent {
    /// A response has ended. If literals of it were streamed, this is the whole response with each
    /// of those replaced by `NIL`, and their lengths are in [`Frame::streamed`].
    Whole(Frame),
    /// A long literal begins. `prefix` is what came of the response so far, or since the last
    /// streamed literal of it, up to and including the announcement without its line end:
    /// `* 1 FETCH (BODY[] {300000}`.
    LiteralStart { prefix: Bytes, length: u64 },
    /// The next octets of it, never empty, at most 64 KiB.
    LiteralPiece(Bytes),
    /// All `length` octets were handed out; the rest of the response follows.
    LiteralEnd,
}

/// One complete response.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Frame {
    /// Without the final line end, literals in place. Never empty.
    pub bytes: Bytes,
    /// Lists were nested deeper than the limit. [`parse`](super::parse) is safe on it, other
    /// parsers may not be.
    pub too_deep: bool,
    /// Lengths of the literals that were streamed, in order.
    pub streamed: Vec<u64>,
}

/// The server broke a bound. The place of the next response is not known: close the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FramingFault {
    #[error("a response line exceeds {limit} octets")]
    LineTooLong { limit: usize },
    #[error("a literal of {announced} octets was announced, at most {limit} are taken")]
    LiteralTooLong { announced: u64, limit: u64 },
    #[error("a literal of negative or absurd length was announced")]
    BadLiteral,
}

/// The incremental framer. Push octets in, take events out until `None`.
///
/// ```
/// use airgate_codec::imap::{FrameEvent, Framer};
/// let mut framer = Framer::default();
/// framer.push(b"* OK rea");
/// assert_eq!(framer.next_event()?, None);
/// framer.push(b"dy\r\n");
/// let Some(FrameEvent::Whole(frame)) = framer.next_event()? else { panic!() };
/// assert_eq!(&frame.bytes[..], b"* OK ready");
/// # Ok::<(), airgate_codec::imap::FramingFault>(())
/// ```
#[derive(Debug, Default)]
pub struct Framer {
    limits: FrameLimits,
    buffer: BytesMut,
    /// Octets of `buffer` already looked at; they belong to the response under way.
    scanned: usize,
    /// Where in `buffer` the present line segment (after the last literal) begins.
    segment: usize,
    /// Octets of the present response outside and inside of literals.
    line: usize,
    literals: usize,
    phase: Phase,
    quoted: bool,
    escaped: bool,
    depth: u32,
    too_deep: bool,
    /// The response so far when literals of it were streamed.
    abridged: Vec<u8>,
    streamed: Vec<u64>,
    fault: Option<FramingFault>,
}

/// line -{n}, short-> skipping -n octets-> line; line -{n}, long-> streaming -n octets-> ended -> line
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Phase {
    #[default]
    Line,
    Skipping(u64),
    Streaming(u64),
}

impl Framer {
    pub fn new(limits: FrameLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Literals longer than this are streamed from now on.
    pub const fn set_stream_threshold(&mut self, octets: u64) {
        self.limits.stream_threshold = octets;
    }

    /// Adds octets as they came from the server.
    pub fn push(&mut self, octets: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        self.buffer.extend_from_slice(octets);
    }

    /// The buffer to read into directly (`read_buf`). Only append to it.
    pub const fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Nothing of a response is under way and no octets wait. Must hold before TLS starts: what
    /// came before the handshake was not protected by it.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.phase == Phase::Line && self.streamed.is_empty()
    }

    /// Takes out the octets not yet framed, for COMPRESS: what follows its OK is deflated.
    pub fn take_buffered(&mut self) -> BytesMut {
        self.scanned = 0;
        self.segment = 0;
        std::mem::take(&mut self.buffer)
    }

    /// The next event, or `None` until more octets are pushed.
    ///
    /// # Errors
    /// A bound was broken; every later call returns the same fault.
    pub fn next_event(&mut self) -> Result<Option<FrameEvent>, FramingFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.advance().inspect_err(|fault| {
            self.fault = Some(*fault);
            self.buffer = BytesMut::new();
        })
    }

    fn advance(&mut self) -> Result<Option<FrameEvent>, FramingFault> {
        loop {
            match self.phase {
                Phase::Streaming(0) => {
                    self.phase = Phase::Line;
                    return Ok(Some(FrameEvent::LiteralEnd));
                }
                Phase::Streaming(left) => {
                    let ready = clamp(left).min(self.buffer.len()).min(PIECE);
                    if ready == 0 {
                        return Ok(None);
                    }
                    self.phase = Phase::Streaming(left.saturating_sub(ready as u64));
                    let piece = self.buffer.split_to(ready).freeze();
                    return Ok(Some(FrameEvent::LiteralPiece(piece)));
                }
                Phase::Skipping(left) => {
                    let there = self.buffer.len().saturating_sub(self.scanned);
                    let ready = clamp(left).min(there);
                    self.scanned += ready;
                    self.segment = self.scanned;
                    let left = left.saturating_sub(ready as u64);
                    if left > 0 {
                        self.phase = Phase::Skipping(left);
                        return Ok(None);
                    }
                    self.phase = Phase::Line;
                }
                Phase::Line => {
                    let Some(end) = self.scan_line()? else {
                        return Ok(None);
                    };
                    if let Some(event) = self.line_ended(end)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    /// Looks at octets up to the next LF; `Some` with the place after it.
    fn scan_line(&mut self) -> Result<Option<usize>, FramingFault> {
        let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
        let mut seen = 0;
        let mut ended = false;
        for &octet in fresh {
            seen += 1;
            if !self.escaped && !matches!(octet, b'\n' | b'"' | b'\\' | b'(' | b')') {
                continue;
            }
            if octet == b'\n' {
                ended = true;
                break;
            }
            if self.quoted {
                match octet {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.quoted = false,
                    _ => {}
                }
                continue;
            }
            match octet {
                b'"' => self.quoted = true,
                b'(' => {
                    self.depth = self.depth.saturating_add(1);
                    self.too_deep |= self.depth > self.limits.depth;
                }
                b')' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.scanned += seen;
        self.line += seen;
        if self.line > self.limits.line {
            return Err(FramingFault::LineTooLong {
                limit: self.limits.line,
            });
        }
        if !ended {
            return Ok(None);
        }
        self.quoted = false;
        self.escaped = false;
        Ok(Some(self.scanned))
    }

    /// A line end at `end`: of the response, or of a literal's announcement.
    fn line_ended(&mut self, end: usize) -> Result<Option<FrameEvent>, FramingFault> {
        let segment = self.buffer.get(self.segment..end).unwrap_or_default();
        let text = without_line_end(segment);
        let ending = segment.len() - text.len();
        match announced(text) {
            Some(announced) if self.may_hold_literals() => {
                let length = announced.ok_or(FramingFault::BadLiteral)?;
                self.literal_begins(end, ending, length)
            }
            _ => Ok(self.response_ended(end, ending).map(FrameEvent::Whole)),
        }
    }

    fn literal_begins(
        &mut self,
        end: usize,
        ending: usize,
        length: u64,
    ) -> Result<Option<FrameEvent>, FramingFault> {
        if length > self.limits.literal {
            return Err(FramingFault::LiteralTooLong {
                announced: length,
                limit: self.limits.literal,
            });
        }
        let kept = (self.literals as u64).saturating_add(length);
        if length <= self.limits.stream_threshold && kept <= self.limits.literals as u64 {
            self.literals += clamp(length);
            self.segment = end;
            self.phase = Phase::Skipping(length);
            return Ok(None);
        }
        let mut head = self.buffer.split_to(end);
        self.scanned = 0;
        self.segment = 0;
        head.truncate(end - ending);
        let prefix = head.freeze();
        self.abridged
            .extend_from_slice(without_announcement(&prefix));
        self.abridged.extend_from_slice(b"NIL");
        self.streamed.push(length);
        self.phase = Phase::Streaming(length);
        Ok(Some(FrameEvent::LiteralStart { prefix, length }))
    }

    /// Takes the response out of the buffer; `None` for an empty line, which some servers send.
    fn response_ended(&mut self, end: usize, ending: usize) -> Option<Frame> {
        let mut bytes = self.buffer.split_to(end);
        bytes.truncate(end - ending);
        let mut frame = Frame {
            bytes: bytes.freeze(),
            too_deep: self.too_deep,
            streamed: std::mem::take(&mut self.streamed),
        };
        if !frame.streamed.is_empty() {
            let mut all = std::mem::take(&mut self.abridged);
            all.extend_from_slice(&frame.bytes);
            frame.bytes = all.into();
        }
        self.scanned = 0;
        self.segment = 0;
        self.line = 0;
        self.literals = 0;
        self.depth = 0;
        self.too_deep = false;
        frame.bytes.has_remaining().then_some(frame)
    }

    /// Only untagged data can hold literals: `* LIST ...`, `* 1 FETCH ...`, not `* OK text`.
    fn may_hold_literals(&self) -> bool {
        let start: &[u8] = if self.streamed.is_empty() {
            &self.buffer
        } else {
            &self.abridged
        };
        let Some(rest) = start.strip_prefix(b"* ") else {
            return false;
        };
        let word = rest
            .split(|octet| matches!(octet, b' ' | b'\r' | b'\n'))
            .next()
            .unwrap_or_default();
        ![&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
            .iter()
            .any(|status| word.eq_ignore_ascii_case(status))
    }
}

fn clamp(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

fn without_line_end(segment: &[u8]) -> &[u8] {
    let text = segment.strip_suffix(b"\n").unwrap_or(segment);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// `... {123}`, `... {123+}`, `... ~{123}` at the end of a line. `Some(None)`: a number that is no
/// length (`{-1}`, `{99999999999999999999}`).
fn announced(text: &[u8]) -> Option<Option<u64>> {
    let text = text.strip_suffix(b"}")?;
    let tail = text.get(text.len().saturating_sub(ANNOUNCEMENT)..)?;
    let open = tail.iter().rposition(|&octet| octet == b'{')?;
    let number = tail.get(open + 1..)?;
    let number = number.strip_suffix(b"+").unwrap_or(number);
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(std::str::from_utf8(number).ok()?.parse().ok())
}

/// The prefix without `{n}` or `~{n}`.
fn without_announcement(prefix: &[u8]) -> &[u8] {
    let open = prefix.iter().rposition(|&octet| octet == b'{');
    let head = open.and_then(|at| prefix.get(..at)).unwrap_or(prefix);
    head.strip_suffix(b"~").unwrap_or(head)
}
