//! What is wrong, where, and what to do, in words for a tired operator.

use std::fmt;

/// One thing that is wrong (or, as a warning, odd).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    pub origin: Origin,
    /// The key it is about, if it is about one.
    pub key: Option<String>,
    pub message: String,
    pub hint: Option<String>,
}

/// Where a value was set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    File {
        path: String,
        line: usize,
    },
    Variable(String),
    Flag(String),
    /// Nowhere: a default, or something that is missing.
    Nowhere,
}

/// Everything that is wrong, at once.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<Problem>);

impl Origin {
    /// Files first and from the top down, then variables, then flags.
    pub(super) fn order(&self) -> (u8, usize) {
        match self {
            Self::File { line, .. } => (0, *line),
            Self::Variable(_) => (1, 0),
            Self::Flag(_) => (2, 0),
            Self::Nowhere => (3, 0),
        }
    }
}

/// What a reader of one value complains about.
#[derive(Debug)]
pub(super) struct Complaint {
    pub message: String,
    pub hint: Option<String>,
}

impl Complaint {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        // A variable or flag names its key already.
        if let (Some(key), Origin::File { .. } | Origin::Nowhere) = (&self.key, &self.origin) {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n    hint: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: 0 } => write!(f, "{path}: "),
            Self::File { path, line } => write!(f, "{path}:{line}: "),
            Self::Variable(name) => write!(f, "{name}: "),
            Self::Flag(name) => write!(f, "{name}: "),
            Self::Nowhere => Ok(()),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// The candidate nearest to what was written, if it is near enough to be meant.
pub(super) fn nearest<'a>(
    written: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_ascii_lowercase().replace('-', "_");
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| {
            (
                distance(&written, &candidate.to_ascii_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap of neighbours) between two short words.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut last = None;
    for (i, a) in left.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&row, j) + usize::from(a != *b))
                .min(at(&row, j + 1) + 1)
                .min(at(&next, j) + 1);
            let swapped = j > 0 && last == Some(*b) && right.get(j - 1) == Some(&a);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(a);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_find_their_neighbours() {
        let words = ["listen", "state", "imap", "smtp", "trusted_proxies"];
        for (written, expected) in [
            ("listn", Some("listen")),
            ("Listen", Some("listen")),
            ("sttae", Some("state")),
            ("iamp", Some("imap")),
            ("trusted-proxy", Some("trusted_proxies")),
            ("frobnicate", None),
            ("x", None),
        ] {
            assert_eq!(nearest(written, words.into_iter()), expected, "{written}");
        }
    }
}
