//! A place in one response, and the tokens of IMAP at it (RFC 9051 9), read as tolerantly as can
//! be done without guessing. Never recurses, never looks back: all reads together are linear.

use std::borrow::Cow;

use super::text;

/// What is left of a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Only the line end is left.
    pub(super) fn at_end(&self) -> bool {
        matches!(self.peek(), None | Some(b'\r' | b'\n'))
    }

    pub(super) fn advance(&mut self, octets: usize) {
        self.rest = self.rest.get(octets..).unwrap_or_default();
    }

    /// Takes the octet if it is next.
    pub(super) fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        if found {
            self.advance(1);
        }
        found
    }

    pub(super) fn spaces(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.advance(1);
        }
    }

    /// Octets up to one for which `stop` holds, maybe none.
    pub(super) fn until(&mut self, stop: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|&octet| stop(octet));
        let (head, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        head
    }

    /// A bare word, maybe empty. Wider than RFC 9051's atom: 8-bit and `]`, `%`, `*` are in.
    pub(super) fn word(&mut self) -> &'a [u8] {
        self.until(|octet| {
            octet <= b' ' && matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
                || matches!(octet, b'(' | b')' | b'"')
        })
    }

    /// `1*DIGIT`; `None`, without moving, if that is not next or does not fit.
    pub(super) fn number<N: TryFrom<u64>>(&mut self) -> Option<N> {
        let mut value = 0_u64;
        let mut digits = 0;
        for octet in self.rest {
            let digit = octet.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
            digits += 1;
        }
        let number = (digits > 0).then(|| N::try_from(value).ok()).flatten()?;
        self.advance(digits);
        Some(number)
    }

    /// A number, or what servers put where none is known: NIL or a negative one (T68).
    pub(super) fn loose_number(&mut self) -> Option<u64> {
        let word = self.word();
        let mut digits = Self::new(word);
        digits.number().filter(|_| digits.rest.is_empty())
    }

    /// A quoted string, literal or literal8. `None`, without moving, if none is next or it has no
    /// end.
    pub(super) fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        match self.peek()? {
            b'"' => self.quoted(),
            b'{' | b'~' => self.literal().map(Cow::Borrowed),
            _ => None,
        }
    }

    /// A string or a bare word. `None`, without moving, if neither is next.
    pub(super) fn astring(&mut self) -> Option<Cow<'a, [u8]>> {
        if let Some(string) = self.string() {
            return Some(string);
        }
        let mut ahead = *self;
        let word = ahead.word();
        if word.is_empty() || word.starts_with(b"{") {
            return None;
        }
        *self = ahead;
        Some(Cow::Borrowed(word))
    }

    /// A string, NIL, or a bare word. The outer `None`: neither is next.
    pub(super) fn nstring(&mut self) -> Option<Option<Cow<'a, [u8]>>> {
        let bare = !matches!(self.peek(), Some(b'"' | b'{' | b'~'));
        let value = self.astring()?;
        Some((!(bare && value.eq_ignore_ascii_case(b"NIL"))).then_some(value))
    }

    /// `nstring` as text.
    pub(super) fn ntext(&mut self) -> Option<Option<String>> {
        Some(self.nstring()?.map(|value| text::loose(&value)))
    }

    /// Takes one value of any kind: a word, a string, or a list with all that is in it.
    pub(super) fn skip_value(&mut self) -> Option<()> {
        let mut ahead = *self;
        let mut depth = 0_usize;
        loop {
            match ahead.peek()? {
                b' ' | b'\t' if depth > 0 => ahead.spaces(),
                b'(' => {
                    ahead.advance(1);
                    depth += 1;
                    continue;
                }
                b')' => {
                    depth = depth.checked_sub(1)?;
                    ahead.advance(1);
                }
                b'"' => drop(ahead.quoted()?),
                _ => match ahead.literal() {
                    Some(_) => {}
                    None if ahead.word().is_empty() => return None,
                    None => {}
                },
            }
            if depth == 0 {
                *self = ahead;
                return Some(());
            }
        }
    }

    /// `"..."`. A backslash means something only before `"` and `\`; a quote is the end only
    /// before what may follow a string, so that `"a "b" c"` as broken servers send it stays one
    /// string as often as can be told.
    fn quoted(&mut self) -> Option<Cow<'a, [u8]>> {
        let body = self.rest.strip_prefix(b"\"")?;
        let mut escaped: Option<Vec<u8>> = None;
        let mut kept = 0;
        let mut at = 0;
        loop {
            let plain = body.get(at..)?;
            at += plain
                .iter()
                .position(|octet| matches!(octet, b'"' | b'\\' | b'\r' | b'\n'))?;
            let next = body.get(at + 1).copied();
            match body.get(at)? {
                b'\\' if matches!(next, Some(b'"' | b'\\')) => {
                    let copy = escaped.get_or_insert_default();
                    copy.extend_from_slice(body.get(kept..at)?);
                    kept = at + 1;
                    at += 2;
                }
                b'"' if matches!(
                    next,
                    None | Some(b' ' | b'\t' | b'(' | b')' | b']' | b'"' | b'\r' | b'\n')
                ) =>
                {
                    let tail = body.get(kept..at)?;
                    self.rest = body.get(at + 1..)?;
                    return Some(match escaped {
                        None => Cow::Borrowed(tail),
                        Some(mut copy) => {
                            copy.extend_from_slice(tail);
                            Cow::Owned(copy)
                        }
                    });
                }
                b'\r' | b'\n' => return None,
                _ => at += 1,
            }
        }
    }

    /// `{3}` CRLF `abc`, also `{3+}` and `~{3}`.
    fn literal(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        ahead.eat(b'~');
        if !ahead.eat(b'{') {
            return None;
        }
        let length: usize = ahead.number()?;
        ahead.eat(b'+');
        if !ahead.eat(b'}') {
            return None;
        }
        ahead.eat(b'\r');
        if !ahead.eat(b'\n') {
            return None;
        }
        let octets = ahead.rest.get(..length)?;
        ahead.advance(length);
        *self = ahead;
        Some(octets)
    }
}
