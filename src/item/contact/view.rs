//! A card as its properties: what a phone is told, and the digest of it.

use std::collections::BTreeMap;

use airgate_codec::eas::Said;
use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::eas::email::Body;
use airgate_codec::wbxml::{Tag, air_sync_base, contacts};

use super::blocks::Blocks;
use super::card::{Card, clean};
use super::dates::{Day, Occasion};
use super::instant;
use super::names::{self, Texts};
use super::photo;
use super::seats::{Seats, bare_address};
use super::singles::Singles;
use crate::item::habits::Habits;
use crate::item::merge::hash;
use crate::item::object::{Digest, Manner};
use crate::item::object_body::{self, body_hash};
use crate::item::object_categories;

/// Numbers of properties in digests, beside those of [`Field`]. Stored: they never change.
pub(super) const BIRTHDAY: u8 = 100;
pub(super) const ANNIVERSARY: u8 = 101;
pub(super) const CATEGORIES: u8 = 102;
pub(super) const CHILDREN: u8 = 103;
pub(super) const PICTURE: u8 = 104;
pub(super) const BODY: u8 = 105;

/// The elements of those.
pub(super) const OTHERS: [(u8, Tag); 6] = [
    (BIRTHDAY, contacts::BIRTHDAY),
    (ANNIVERSARY, contacts::ANNIVERSARY),
    (CATEGORIES, contacts::CATEGORIES),
    (CHILDREN, contacts::CHILDREN),
    (PICTURE, contacts::PICTURE),
    (BODY, air_sync_base::BODY),
];

/// A card's properties and where they are.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) seats: Seats,
    pub(super) blocks: Blocks,
    pub(super) singles: Singles,
    pub(super) texts: Texts,
    /// The card names nobody, and its FN stands for the name.
    pub(super) name_is_formatted: bool,
    pub(super) birthday: Option<Day>,
    pub(super) anniversary: Option<Day>,
    pub(super) categories: Vec<String>,
    pub(super) note: object_body::Texts,
}

impl View {
    /// `told` is what the phone was told whose change is at hand.
    pub(super) fn read(card: &Card, told: Option<&Digest>, manner: &Manner<'_>) -> Self {
        let seats = Seats::read(card, told);
        let blocks = Blocks::read(card);
        let singles = Singles::read(card);
        let mut texts = singles.values();
        texts.extend(blocks.values());
        texts.extend(seats.values());
        let formatted = formatted(card);
        let name_is_formatted = !names::PARTS.iter().any(|field| texts.contains_key(field))
            && !formatted.is_empty()
            && formatted != UNNAMED
            && !names::is_usual(&formatted, &texts);
        if name_is_formatted {
            // Without N a phone would show nobody.
            texts.insert(Field::LastName, formatted.clone());
        }
        let file_as = explicit_file_as(card)
            .map_or_else(|| names::file_as(&formatted, &texts), |(_, text)| text);
        let file_as = if file_as.is_empty() {
            UNNAMED.to_owned()
        } else {
            file_as
        };
        texts.insert(Field::FileAs, file_as);
        let component = card.component();
        Self {
            seats,
            blocks,
            singles,
            texts,
            name_is_formatted,
            birthday: Occasion::Birthday.read(card, manner.zone),
            anniversary: Occasion::Anniversary.read(card, manner.zone),
            categories: component
                .map(|card| object_categories::read(&card))
                .unwrap_or_default(),
            note: object_body::Texts {
                plain: note(card),
                html: None,
            },
        }
    }

    /// The body a phone is told; nothing where there is no note.
    pub(super) fn body(&self, manner: &Manner<'_>) -> Option<Body> {
        (!self.note.plain.is_empty()).then(|| self.note.told(manner.bodies))
    }

    /// What a phone holds when it was told this; but for the picture.
    pub(super) fn digest(&self, manner: &Manner<'_>) -> Digest {
        let mut digest = Digest::default();
        for (field, text) in &self.texts {
            digest.set(*field as u8, self.hash_of(*field, text, &[]));
        }
        let days = [(BIRTHDAY, self.birthday), (ANNIVERSARY, self.anniversary)];
        for (number, day) in days {
            if let Some(day) = day {
                digest.set(number, hash(&day.canonical()));
            }
        }
        let lists = [
            (CATEGORIES, self.categories.clone()),
            (CHILDREN, self.singles.children()),
        ];
        for (number, list) in lists {
            if !list.is_empty() {
                digest.set(number, list_hash(list));
            }
        }
        if let Some(body) = self.body(manner) {
            digest.set(BODY, body_hash(&body));
        }
        digest
    }

    /// The hash of a text. A FileAs that is the usual one hashes as that, however it is spelt:
    /// phones make it up from the names, each in its own way. `others` are further names that may
    /// be in it.
    pub(super) fn hash_of(&self, field: Field, text: &str, others: &[&Texts]) -> u32 {
        let usual = |texts: &Texts| names::is_usual(text, texts) || text == UNNAMED;
        if field == Field::FileAs && [&self.texts].iter().chain(others).any(|texts| usual(texts)) {
            return hash(USUAL);
        }
        hash(text)
    }

    /// The usual FileAs of before is none when the names are others since: a phone that does not make
    /// it up by itself still holds it. It is to be told the new one, or its next change would say the
    /// old one as if it were its wish.
    pub(super) fn settle_file_as(&self, said: &Contact, after: &Self, holds: &mut Digest) {
        let number = Field::FileAs as u8;
        if holds.get(number) != Some(hash(USUAL)) {
            return;
        }
        let text = |texts: &Texts| texts.get(&Field::FileAs).cloned();
        match said.text(Field::FileAs) {
            Some(text) => holds.set(number, after.hash_of(Field::FileAs, text, &[])),
            None if text(&self.texts) != text(&after.texts) => holds.unset(number),
            None => {}
        }
    }

    /// What the phone is told, with the picture it is told.
    pub(super) fn contact(&self, picture: Option<Vec<u8>>, manner: &Manner<'_>) -> Contact {
        let hour = Habits::of(&manner.client).birthday_hour;
        let said = |day: Option<Day>| match day.and_then(|day| day.moment(hour)) {
            Some(moment) => Said::Value(moment),
            None => Said::Nothing,
        };
        let list = |list: Vec<String>| (!list.is_empty()).then_some(list);
        Contact {
            texts: self.texts.clone(),
            birthday: said(self.birthday),
            anniversary: said(self.anniversary),
            categories: list(self.categories.clone()),
            children: list(self.singles.children()),
            picture,
            body: self.body(manner),
            weighted_rank: None,
        }
    }
}

/// A list for comparison: the order is nobody's wish.
pub(super) fn list_hash(mut list: Vec<String>) -> u32 {
    list.sort();
    hash(&list.join("\u{1F}"))
}

/// The hash of a picture as a phone was told it or says it.
pub(super) fn picture_hash(octets: &[u8]) -> u32 {
    octets.iter().fold(0x811c_9dc5, |hash: u32, octet| {
        (hash ^ u32::from(*octet)).wrapping_mul(0x0100_0193)
    })
}

/// The copy of the card's picture for phones.
pub(super) fn picture(card: &Card) -> Option<Vec<u8>> {
    photo::copy(&photo::stored(card)?)
}

/// What a phone says of a text, as it would be read back.
pub(super) fn said(field: Field, text: &str) -> String {
    match field {
        Field::Email1 | Field::Email2 | Field::Email3 => bare_address(text),
        Field::Im1 | Field::Im2 | Field::Im3 => instant::shown(text),
        _ => clean(text.to_owned()),
    }
}

/// FN.
pub(super) fn formatted(card: &Card) -> String {
    card.first("FN")
        .map(|name| clean(name.text()))
        .unwrap_or_default()
}

/// A line that says how to file the contact, which only some programs write.
pub(super) fn explicit_file_as(card: &Card) -> Option<(&'static str, String)> {
    ["X-EVOLUTION-FILE-AS", "X-FILE-AS"]
        .into_iter()
        .find_map(|name| {
            let text = clean(card.first(name)?.text());
            (!text.is_empty()).then_some((name, text))
        })
}

fn note(card: &Card) -> String {
    let notes = card.all("NOTE").into_iter();
    let mut notes = notes.map(|note| clean(note.text()));
    notes.find(|note| !note.is_empty()).unwrap_or_default()
}

/// FileAs of a card in which nothing could stand for a name.
pub(super) const UNNAMED: &str = "?";
/// Stands in a digest for a FileAs that is nobody's wish.
const USUAL: &str = "\u{1}usual";

/// A map of what is said, without what is not.
pub(super) type Changes = BTreeMap<Field, Option<String>>;
