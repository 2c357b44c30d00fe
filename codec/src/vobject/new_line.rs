//! A line that we write: escaped, folded, and never two lines (T19).

use super::escape::{escape_text, to_parameter};

/// A content line to be put into a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentLine {
    head: String,
    value: String,
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
        }
    }

    /// From a head as it stands in a document: group, name and parameters.
    pub(super) fn with_head(head: &str) -> Self {
        Self {
            head: without_breaks(head),
            value: String::new(),
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

fn without_breaks(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\t')
        .collect()
}
