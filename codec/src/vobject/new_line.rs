//! A line that we write: escaped, folded, and never two lines (T19).

use super::escape::{escape_text, to_parameter};

/// A content line to be put into a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentLine {
    head: String,
    value: String,
    breaks: Breaks,
}

/// How a long line is broken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Breaks {
    /// A line end and a space, anywhere.
    Folds,
    /// The soft breaks of quoted-printable, which are in the value already.
    Soft,
    /// Not at all: vCard 2.1 has folds only where a space is, and that space stays.
    None,
}

/// Octets of a line before it is folded (RFC 5545 3.1, RFC 6350 3.2).
const WIDTH: usize = 75;

impl ContentLine {
    /// A property without parameters and with an empty value. What cannot stand in a name is left
    /// out of it.
    pub fn new(name: &str) -> Self {
        let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        Self {
            head: name.chars().filter(allowed).collect(),
            value: String::new(),
            breaks: Breaks::Folds,
        }
    }

    /// From a head as it stands in a document: group, name and parameters.
    pub(super) fn with_head(head: &str) -> Self {
        Self {
            head: without_breaks(head),
            value: String::new(),
            breaks: Breaks::Folds,
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.head.push(';');
        self.head.push_str(&Self::new(name).head);
        self.head.push('=');
        self.head.push_str(&to_parameter(value));
        self
    }

    /// Adds a parameter that is a value without a name, as vCard 2.1 has them: `TEL;HOME`.
    #[must_use]
    pub fn word(mut self, word: &str) -> Self {
        self.head.push(';');
        self.head.push_str(&Self::new(word).head);
        self
    }

    /// The value is this one as vCard 2.1 writes it: as it is, or in quoted-printable where it has
    /// more than one line or other letters than ASCII has. What divides its components is escaped
    /// by the caller.
    #[must_use]
    pub fn old(mut self, value: &str) -> Self {
        let plain = |c: char| c == '\t' || c.is_ascii() && !c.is_ascii_control();
        if value.chars().all(plain) {
            self.value = value.to_owned();
            self.breaks = Breaks::None;
            return self;
        }
        self.head
            .push_str(";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE");
        self.value = quoted_printable(value, self.head.len() + 1);
        self.breaks = Breaks::Soft;
        self
    }

    /// The value is this text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.value = escape_text(text);
        self
    }

    /// The value is a list of these texts.
    #[must_use]
    pub fn list<'t>(mut self, texts: impl IntoIterator<Item = &'t str>) -> Self {
        let texts: Vec<String> = texts.into_iter().map(escape_text).collect();
        self.value = texts.join(",");
        self
    }

    /// The value as it has to stand there: a time, a number, a rule, an address.
    #[must_use]
    pub fn raw(mut self, value: &str) -> Self {
        self.value = without_breaks(value);
        self
    }

    /// Whether it would open or close a component.
    pub(super) fn is_border(&self) -> bool {
        let token = self.head.split(';').next().unwrap_or_default();
        let name = token.rsplit('.').next().unwrap_or_default();
        ["BEGIN", "END"]
            .iter()
            .any(|border| name.eq_ignore_ascii_case(border))
    }

    /// The line, folded.
    pub(super) fn fold(&self, line_end: &[u8]) -> Vec<u8> {
        let line = format!("{}:{}", self.head, self.value);
        if self.breaks != Breaks::Folds {
            let mut lines = line.split('\n');
            let mut octets = lines.next().unwrap_or_default().as_bytes().to_vec();
            for line in lines {
                octets.extend_from_slice(line_end);
                octets.extend_from_slice(line.as_bytes());
            }
            octets.extend_from_slice(line_end);
            return octets;
        }
        let mut folded = Vec::with_capacity(line.len() + line.len() / 24 + 2);
        let mut rest = line.as_str();
        let mut width = WIDTH;
        while rest.len() > width {
            let (head, tail) = rest.split_at(rest.floor_char_boundary(width));
            folded.extend_from_slice(head.as_bytes());
            folded.extend_from_slice(line_end);
            folded.push(b' ');
            rest = tail;
            // The space counts.
            width = WIDTH - 1;
        }
        folded.extend_from_slice(rest.as_bytes());
        folded.extend_from_slice(line_end);
        folded
    }
}

/// RFC 2045 6.7, with LF for the soft breaks. `column` octets of the first line are taken.
fn quoted_printable(text: &str, mut column: usize) -> String {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let mut encoded = String::with_capacity(text.len() * 2);
    let mut octets = text.bytes().peekable();
    while let Some(octet) = octets.next() {
        let plain = match octet {
            // At the end of a line it would be lost.
            b' ' | b'\t' => octets.peek().is_some_and(|next| !next.is_ascii_control()),
            b'=' => false,
            _ => octet.is_ascii_graphic(),
        };
        let width = if plain { 1 } else { 3 };
        if column + width >= WIDTH {
            encoded.push_str("=\n");
            column = 0;
        }
        column += width;
        if plain {
            encoded.push(char::from(octet));
        } else {
            encoded.push_str(&format!("={octet:02X}"));
        }
    }
    encoded
}

fn without_breaks(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\t')
        .collect()
}
