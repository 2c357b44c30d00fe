//! The languages people are spoken to in: on the portal's pages, in notices, in the mail that explains.
//! Each room keeps its own sentences; here is how a language is chosen and a sentence filled.

use std::collections::HashMap;

/// A language.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Language {
    #[default]
    English,
    German,
    French,
}

/// Sentences by key.
pub(crate) type Table = HashMap<&'static str, &'static str>;

impl Language {
    /// In the order of the choice.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::French];

    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
        }
    }

    /// As its speakers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// The best of an Accept-Language header (RFC 9110 12.5.4); English when none fits.
    pub fn accepted(header: &str) -> Self {
        Self::wanted(header).unwrap_or_default()
    }

    /// The same; `None` when none fits.
    pub fn wanted(header: &str) -> Option<Self> {
        let mut best = None;
        let mut most = 0;
        for range in header.split(',').take(MAX_RANGES) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1_000, weight);
            let primary = tag.split(['-', '_']).next().unwrap_or_default();
            // The first of equals wins.
            if let Some(language) = Self::from_code(&primary.to_lowercase())
                && weight > most
            {
                most = weight;
                best = Some(language);
            }
        }
        best
    }
}

/// Ranges of an Accept-Language header that are looked at: browsers send a handful.
const MAX_RANGES: usize = 20;

/// `0.8` as 800; what is no weight counts nothing.
fn weight(text: &str) -> u32 {
    let (whole, part) = text
        .trim()
        .split_once('.')
        .unwrap_or_else(|| (text.trim(), ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, part.parse::<u32>()) {
        ("1", _) => 1_000,
        ("0", Ok(part)) => part,
        _ => 0,
    }
}

/// Reads a file of sentences: `key = sentence`, one a line, `#` before a remark.
pub(crate) fn table(text: &'static str) -> Table {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect()
}

/// A sentence with its gaps `{1}`, `{2}` filled.
pub(crate) fn fill(sentence: &str, values: &[&str]) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((gap, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let place = gap
            .parse::<usize>()
            .ok()
            .and_then(|place| place.checked_sub(1));
        let value = place.and_then(|place| values.get(place));
        text.push_str(value.copied().unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text
}
