//! FN and FileAs: the name as it is shown, and as it is sorted by.
//!
//! A card has one of these, FN; a phone has the other. As long as FN is the names in some usual
//! order, FileAs is them in the order of a directory, and what phones write there of their own
//! accord means nothing. Only another text is somebody's wish.

use std::collections::BTreeMap;

use airgate_codec::eas::contacts::Field;

/// The values of a contact by their property.
pub(super) type Texts = BTreeMap<Field, String>;

/// The usual orders of a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Order {
    /// `Dr. John Q. Smith Jr.`
    Full,
    WithoutPrefix,
    WithoutSuffix,
    FirstMiddleLast,
    FirstLast,
    /// `Smith, John Q.`
    Directory,
    LastCommaFirst,
    /// `Smith John`, `Nagy Anna`.
    LastFirst,
    LastFirstMiddle,
    /// `山田太郎`
    Joined,
}

impl Order {
    const ALL: [Self; 10] = [
        Self::Full,
        Self::WithoutPrefix,
        Self::WithoutSuffix,
        Self::FirstMiddleLast,
        Self::FirstLast,
        Self::Directory,
        Self::LastCommaFirst,
        Self::LastFirst,
        Self::LastFirstMiddle,
        Self::Joined,
    ];

    /// The names in this order; empty without any.
    pub(super) fn of(self, texts: &Texts) -> String {
        let part = |field| texts.get(&field).map_or("", String::as_str);
        let (first, middle) = (part(Field::FirstName), part(Field::MiddleName));
        let (last, prefix, suffix) = (
            part(Field::LastName),
            part(Field::Title),
            part(Field::Suffix),
        );
        let spaced = |parts: &[&str]| {
            let parts: Vec<&str> = parts.iter().copied().filter(|p| !p.is_empty()).collect();
            parts.join(" ")
        };
        let comma = |behind: String| match (last.is_empty(), behind.is_empty()) {
            (true, _) => behind,
            (false, true) => last.to_owned(),
            (false, false) => format!("{last}, {behind}"),
        };
        match self {
            Self::Full => spaced(&[prefix, first, middle, last, suffix]),
            Self::WithoutPrefix => spaced(&[first, middle, last, suffix]),
            Self::WithoutSuffix => spaced(&[prefix, first, middle, last]),
            Self::FirstMiddleLast => spaced(&[first, middle, last]),
            Self::FirstLast => spaced(&[first, last]),
            Self::Directory => comma(spaced(&[first, middle])),
            Self::LastCommaFirst => comma(first.to_owned()),
            Self::LastFirst => spaced(&[last, first]),
            Self::LastFirstMiddle => spaced(&[last, first, middle]),
            Self::Joined => format!("{last}{first}"),
        }
    }

    /// The order in which a text is these names, if it is in one.
    pub(super) fn seen_in(text: &str, texts: &Texts) -> Option<Self> {
        let text = squeezed(text);
        let orders = Self::ALL.into_iter();
        let mut orders = orders.map(|order| (order, squeezed(&order.of(texts))));
        let found = orders.find(|(_, ordered)| !text.is_empty() && *ordered == text);
        found.map(|(order, _)| order)
    }
}

/// FileAs where nobody wished another: the names as a directory has them, else the company, an
/// address, a number. Empty only where the contact is.
pub(super) fn default_file_as(texts: &Texts) -> String {
    let directory = Order::Directory.of(texts);
    let names = if directory.is_empty() {
        Order::Full.of(texts)
    } else {
        directory
    };
    if !names.is_empty() {
        return names;
    }
    INSTEAD
        .iter()
        .find_map(|field| texts.get(field).filter(|text| !text.is_empty()))
        .cloned()
        .unwrap_or_default()
}

/// FN where nobody wished another.
pub(super) fn default_formatted(texts: &Texts) -> String {
    let order = if is_asian(texts) {
        Order::LastFirst
    } else {
        Order::Full
    };
    let name = order.of(texts);
    if name.is_empty() {
        default_file_as(texts)
    } else {
        name
    }
}

/// FileAs of a card with this FN.
pub(super) fn file_as(formatted: &str, texts: &Texts) -> String {
    if formatted.is_empty() {
        return default_file_as(texts);
    }
    match Order::seen_in(formatted, texts) {
        // Whoever puts the family first does so in a directory as well.
        Some(Order::LastFirst | Order::LastFirstMiddle | Order::Joined) => formatted.to_owned(),
        Some(_) => default_file_as(texts),
        None => formatted.to_owned(),
    }
}

/// Whether a FileAs or FN is what would be there without anybody's wish.
pub(super) fn is_usual(text: &str, texts: &Texts) -> bool {
    Order::seen_in(text, texts).is_some()
        || !text.is_empty() && squeezed(text) == squeezed(&default_file_as(texts))
        || INSTEAD
            .iter()
            .any(|field| texts.get(field).is_some_and(|value| value == text))
}

/// Whether one of these is in FN, or could be.
pub(super) fn concerns<'f>(mut changed: impl Iterator<Item = &'f Field>) -> bool {
    changed.any(|field| PARTS.contains(field) || INSTEAD.contains(field))
}

/// What N holds.
pub(super) const PARTS: [Field; 5] = [
    Field::LastName,
    Field::FirstName,
    Field::MiddleName,
    Field::Title,
    Field::Suffix,
];

/// What stands for a contact without a name.
const INSTEAD: [Field; 11] = [
    Field::CompanyName,
    Field::NickName,
    Field::Email1,
    Field::Email2,
    Field::Email3,
    Field::Im1,
    Field::MobilePhone,
    Field::HomePhone,
    Field::BusinessPhone,
    Field::HomeFax,
    Field::BusinessFax,
];

/// Whether the names are written in Chinese, Japanese or Korean, where the family comes first.
fn is_asian(texts: &Texts) -> bool {
    let asian = |field| {
        texts.get(&field).is_some_and(|text| {
            text.chars().any(|c| {
                matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}')
            })
        })
    };
    asian(Field::LastName) && asian(Field::FirstName)
}

fn squeezed(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
