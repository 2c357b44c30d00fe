//! A stored card: the document, and its lines as contacts need them, with the types and labels that
//! say what a number or an address is for.

use std::collections::HashMap;

use airgate_codec::vobject::{
    CardVersion, Component, ComponentId, ContentLine, Document, Gone, Limits, Property, PropertyId,
    escape_old_component, escape_old_text, escape_text,
};

pub(super) use crate::item::legal::shown as clean;
use crate::item::object::Unreadable;

/// A photo of 4 MB in base64, and some.
const LIMITS: Limits = Limits {
    octets: 6 << 20,
    lines: 200_000,
    // AGENT has a card inside a card.
    depth: 8,
};
/// Lines of one kind that are looked at: no person has so many numbers.
const MAX_LINES: usize = 256;

/// One card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) document: Document,
    pub(super) id: ComponentId,
    pub(super) version: CardVersion,
}

/// One of its lines.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) property: Property,
    /// In lower case: TYPE's words, and what a label in the words of Apple's programs says.
    pub(super) types: Vec<String>,
    /// 1 is the most wanted.
    preference: u8,
}

/// Who wrote the card, as far as it has ways of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Writer {
    Apple,
    Evolution,
    Other,
}

impl Card {
    /// Takes a card apart.
    ///
    /// # Errors
    /// There is none, or it is too large (T19).
    pub(super) fn open(text: &[u8]) -> Result<Self, Unreadable> {
        let document = Document::parse_within(text, LIMITS)
            .map_err(|too_much| Unreadable(too_much.to_string()))?;
        let card = document
            .component("VCARD")
            .ok_or_else(|| Unreadable("no card".to_owned()))?;
        let (id, version) = (card.id(), card.card_version());
        Ok(Self {
            document,
            id,
            version,
        })
    }

    /// Its properties; nothing at all should it be gone, which it never is.
    pub(super) fn all(&self, name: &str) -> Vec<Property> {
        self.component()
            .map(|card| card.all(name).take(MAX_LINES).collect())
            .unwrap_or_default()
    }

    pub(super) fn first(&self, name: &str) -> Option<Property> {
        self.component()?.property(name)
    }

    pub(super) fn component(&self) -> Option<Component<'_>> {
        self.document.find(self.id)
    }

    /// Whether it stands for a list of people, which EAS has no form for.
    pub(super) fn is_group(&self) -> bool {
        let marks = [
            ("KIND", "group"),
            ("X-ADDRESSBOOKSERVER-KIND", "group"),
            ("X-EVOLUTION-LIST", "true"),
        ];
        marks.iter().any(|(name, word)| {
            self.first(name)
                .is_some_and(|mark| mark.value().trim().eq_ignore_ascii_case(word))
        })
    }

    pub(super) fn writer(&self) -> Writer {
        let says = |name, words: &str| {
            self.first(name)
                .is_some_and(|property| property.value().contains(words))
        };
        let begins = |prefix: &str| {
            self.component()
                .is_some_and(|card| card.names().any(|name| name.starts_with(prefix)))
        };
        if says("PRODID", "Apple") || begins("X-AB") {
            Writer::Apple
        } else if begins("X-EVOLUTION-") {
            Writer::Evolution
        } else {
            Writer::Other
        }
    }

    /// The lines of one name, the most wanted first, otherwise in their order.
    pub(super) fn lines(&self, name: &str) -> Vec<Line> {
        let mut labels = None;
        let mut lines: Vec<Line> = self
            .all(name)
            .into_iter()
            .map(|property| {
                let label = property.group().and_then(|group| {
                    labels
                        .get_or_insert_with(|| self.labels())
                        .get(&group.to_ascii_lowercase())
                        .cloned()
                });
                Line::new(property, label)
            })
            .collect();
        lines.sort_by_key(|line| line.preference);
        lines
    }

    /// What Apple's programs call the lines of a group, by the group in lower case.
    fn labels(&self) -> HashMap<String, String> {
        self.all("X-ABLABEL")
            .into_iter()
            .filter_map(|label| {
                let text = label.text();
                let word = text.trim().trim_start_matches("_$!<");
                let word = word.trim_end_matches(">!$_").to_lowercase();
                Some((label.group()?.to_ascii_lowercase(), word))
            })
            .collect()
    }

    /// Takes a line out, and with it what only described it: `item1.X-ABLabel` of `item1.EMAIL`.
    pub(super) fn remove(&mut self, line: PropertyId) -> Result<(), Gone> {
        let group = self.component().and_then(|card| {
            let removed = card.properties().find(|property| property.id() == line)?;
            let group = removed.group()?.to_owned();
            let rest: Vec<Property> = card
                .properties()
                .filter(|property| {
                    let same = property.group();
                    property.id() != line && same.is_some_and(|g| g.eq_ignore_ascii_case(&group))
                })
                .collect();
            Some(rest)
        });
        self.document.remove(line)?;
        let described = group.unwrap_or_default();
        if described.iter().all(|line| line.name().starts_with("X-AB")) {
            for line in described {
                self.document.remove(line.id())?;
            }
        }
        Ok(())
    }

    /// Puts a new line in.
    pub(super) fn insert(&mut self, line: &ContentLine) -> Result<PropertyId, Gone> {
        self.document.insert(self.id, line)
    }

    /// A group that nothing is in yet.
    pub(super) fn free_group(&self) -> String {
        let taken: Vec<String> = self
            .component()
            .into_iter()
            .flat_map(|card| card.properties())
            .filter_map(|property| property.group().map(str::to_ascii_lowercase))
            .collect();
        let mut number = 1_u32;
        loop {
            let group = format!("item{number}");
            if !taken.contains(&group) {
                return group;
            }
            number = number.saturating_add(1);
        }
    }

    /// A value as this version of cards writes a text.
    pub(super) fn with_text(&self, line: ContentLine, text: &str) -> ContentLine {
        match self.version {
            CardVersion::V2_1 => line.old(&escape_old_text(text)),
            CardVersion::V3_0 | CardVersion::V4_0 => line.text(text),
        }
    }

    /// A value that is none in this version's escapes: an address, a date, structured components.
    pub(super) fn with_value(&self, line: ContentLine, value: &str) -> ContentLine {
        match self.version {
            CardVersion::V2_1 => line.old(value),
            CardVersion::V3_0 | CardVersion::V4_0 => line.raw(value),
        }
    }

    /// A value that is an address: only what a reader takes for an escape is one.
    pub(super) fn with_address(&self, line: ContentLine, address: &str) -> ContentLine {
        match self.version {
            CardVersion::V2_1 => line.old(&escape_old_text(address)),
            CardVersion::V3_0 | CardVersion::V4_0 => {
                line.raw(&address.replace('\\', "\\\\").replace('\n', "\\n"))
            }
        }
    }

    /// A part of a structured value.
    pub(super) fn escaped(&self, text: &str) -> String {
        match self.version {
            CardVersion::V2_1 => escape_old_component(text),
            CardVersion::V3_0 | CardVersion::V4_0 => escape_text(text),
        }
    }

    /// A new line with these types, as this version says them.
    pub(super) fn typed(&self, name: &str, types: &[&str]) -> ContentLine {
        types
            .iter()
            .fold(ContentLine::new(name), |line, word| match self.version {
                CardVersion::V2_1 => line.word(word),
                CardVersion::V3_0 => line.parameter("TYPE", word),
                CardVersion::V4_0 => line.parameter("TYPE", &word.to_ascii_lowercase()),
            })
    }
}

impl Line {
    fn new(property: Property, label: Option<String>) -> Self {
        let mut types = Vec::new();
        for parameter in property.parameters() {
            if parameter.name == "TYPE" {
                let words = parameter.values.iter();
                let words = words.flat_map(|value| value.split([',', ' ']));
                types.extend(words.map(|word| word.trim().to_ascii_lowercase()));
            } else if parameter.values.is_empty() {
                types.push(parameter.name.to_ascii_lowercase());
            }
        }
        types.extend(label);
        for at in 0..types.len() {
            // Two words in one, as Apple's labels and Roundcube have them.
            let more: &[&str] = match types.get(at).map(String::as_str) {
                Some("homefax") => &["home", "fax"],
                Some("workfax") => &["work", "fax"],
                Some("mobile" | "iphone") => &["cell"],
                _ => &[],
            };
            types.extend(more.iter().map(|word| (*word).to_owned()));
        }
        let number = property
            .parameter("PREF")
            .and_then(|number| number.trim().parse().ok());
        let preference = match number {
            Some(number @ 1..=100) => number,
            _ if types.iter().any(|word| word == "pref") => 1,
            _ => 101,
        };
        Self {
            property,
            types,
            preference,
        }
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.types.iter().any(|known| known == word)
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    pub(super) const fn id(&self) -> PropertyId {
        self.property.id()
    }
}
