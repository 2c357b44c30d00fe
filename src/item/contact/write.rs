//! A phone's change in the lines of a card. Only what changes is written (S12).

use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::vobject::{CardVersion, ContentLine, Gone};

use super::blocks::Block;
use super::card::Card;
use super::instant;
use super::names::{self, Order, Texts};
use super::photo;
use super::seats::{Family, Held};
use super::view::{self, Changes, View, explicit_file_as, formatted};
use crate::item::object_categories;

/// Writes the texts in `changes`; `None` takes one away. `view` is the card as it is.
pub(super) fn texts(card: &mut Card, view: &View, changes: &Changes) -> Result<(), Gone> {
    for family in &view.seats.0 {
        seats(card, family, changes)?;
    }
    for block in Block::ALL {
        view.blocks.write(card, block, changes)?;
    }
    for (field, text) in changes {
        if !view.blocks.has(*field) {
            view.singles.write(card, *field, text.as_deref())?;
        }
    }
    Ok(())
}

/// The slots of one family. A value that moved to another slot keeps its line, with all that is said
/// of it there; only what is new is written, and only what is nowhere any more is taken away.
fn seats(card: &mut Card, family: &Family, changes: &Changes) -> Result<(), Gone> {
    let changed: Vec<(Field, Option<&str>)> = family
        .slots
        .iter()
        .filter_map(|slot| Some((*slot, changes.get(slot)?.as_deref())))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let is_changed = |slot: &Field| changed.iter().any(|(field, _)| field == slot);
    let unchanged = family.slots.iter().filter(|slot| !is_changed(slot));
    let mut kept: Vec<_> = unchanged
        .filter_map(|slot| family.of(*slot))
        .map(|held| held.line)
        .collect();
    let mut missing = Vec::new();
    for (slot, value) in &changed {
        let Some(value) = value else { continue };
        let there = family
            .held
            .iter()
            .find(|held| held.value == *value && !kept.contains(&held.line));
        match there {
            Some(held) => kept.push(held.line),
            None => missing.push((*slot, *value)),
        }
    }
    for (slot, value) in missing {
        match family.of(slot).filter(|held| !kept.contains(&held.line)) {
            Some(held) => {
                kept.push(held.line);
                set_seat(card, slot, held, value)?;
            }
            None => {
                let line = new_seat(card, slot, value);
                card.insert(&line)?;
            }
        }
    }
    for (slot, _) in &changed {
        if let Some(held) = family.of(*slot)
            && !kept.contains(&held.line)
        {
            // A twin alone would keep the value.
            for line in [held.line].iter().chain(&held.twins) {
                card.remove(*line)?;
            }
        }
    }
    Ok(())
}

fn set_seat(card: &mut Card, slot: Field, held: &Held, value: &str) -> Result<(), Gone> {
    for line in [held.line].iter().chain(&held.twins) {
        if is_instant(slot) {
            instant::set(card, *line, value)?;
            continue;
        }
        // A number in the form of an address becomes text, which 4.0 takes for the same.
        let head = card.document.head_of(*line, &["VALUE"])?;
        let new = card.with_text(head, value);
        card.document.replace(*line, &new)?;
    }
    Ok(())
}

const fn is_instant(slot: Field) -> bool {
    matches!(slot, Field::Im1 | Field::Im2 | Field::Im3)
}

fn new_seat(card: &Card, slot: Field, value: &str) -> ContentLine {
    if is_instant(slot) {
        return instant::line(card, value);
    }
    let old = card.version < CardVersion::V4_0;
    let (name, types): (&str, &[&str]) = match slot {
        Field::BusinessPhone | Field::BusinessPhone2 => ("TEL", &["WORK", "VOICE"]),
        Field::HomePhone | Field::HomePhone2 => ("TEL", &["HOME", "VOICE"]),
        Field::MobilePhone => ("TEL", &["CELL"]),
        Field::BusinessFax => ("TEL", &["WORK", "FAX"]),
        Field::HomeFax => ("TEL", &["HOME", "FAX"]),
        Field::Pager => ("TEL", &["PAGER"]),
        Field::CarPhone => ("TEL", &["CAR"]),
        Field::RadioPhone => ("TEL", &["X-RADIO"]),
        Field::AssistantPhone => ("TEL", &["X-ASSISTANT"]),
        Field::CompanyMainPhone => ("TEL", &["WORK", "X-MAIN"]),
        Field::Mms => ("TEL", &["X-MMS"]),
        _ if old => ("EMAIL", &["INTERNET"]),
        _ => ("EMAIL", &[]),
    };
    let line = card.typed(name, types);
    card.with_text(line, value)
}

/// FN and FileAs after everything else. `before` are the properties as they were, `wish` a FileAs
/// that the phone set.
pub(super) fn names(
    card: &mut Card,
    before: &Texts,
    after: &Texts,
    wish: Option<&str>,
) -> Result<(), Gone> {
    let old = formatted(card);
    let wish = wish.filter(|wish| !wish.is_empty() && *wish != view::UNNAMED);
    let unusual = wish.filter(|wish| !names::is_usual(wish, after));
    let explicit = explicit_file_as(card);
    let mut formatted = if old.is_empty() || names::is_usual(&old, before) {
        match Order::seen_in(&old, before).map(|order| order.of(after)) {
            Some(name) if !name.is_empty() => name,
            _ => names::default_formatted(after),
        }
    } else {
        old.clone()
    };
    match (&explicit, unusual) {
        (Some((name, file_as)), _) => {
            let usual = || names::default_file_as(after);
            let file_as = match wish {
                Some(wish) => wish.to_owned(),
                None if names::is_usual(file_as, before) => usual(),
                None => file_as.clone(),
            };
            set_text(card, name, &file_as)?;
        }
        (None, Some(wish)) => wish.clone_into(&mut formatted),
        // The phone wants the usual one instead of what stood there.
        (None, None) if wish.is_some() && !names::is_usual(&formatted, after) => {
            formatted = names::default_formatted(after);
        }
        (None, None) => {}
    }
    if formatted.is_empty() {
        view::UNNAMED.clone_into(&mut formatted);
    }
    if formatted == old {
        return Ok(());
    }
    set_text(card, "FN", &formatted)
}

/// The first line of a name gets that text.
fn set_text(card: &mut Card, name: &str, text: &str) -> Result<(), Gone> {
    match card.first(name) {
        Some(old) if super::card::clean(old.text()) == text => Ok(()),
        Some(old) => {
            let head = card.document.head_of(old.id(), &[])?;
            let line = card.with_text(head, text);
            card.document.replace(old.id(), &line)
        }
        None => {
            let line = card.with_text(ContentLine::new(name), text);
            card.insert(&line).map(|_| ())
        }
    }
}

/// The first note gets that text; an empty one goes.
pub(super) fn note(card: &mut Card, text: &str) -> Result<(), Gone> {
    let notes = card.all("NOTE");
    let note = notes.iter().find(|note| !note.text().trim().is_empty());
    match note.or_else(|| notes.first()) {
        Some(note) if text.is_empty() => card.remove(note.id()),
        Some(note) => {
            let head = card.document.head_of(note.id(), &[])?;
            let line = card.with_text(head, text);
            card.document.replace(note.id(), &line)
        }
        None if text.is_empty() => Ok(()),
        None => set_text(card, "NOTE", text),
    }
}

/// What is neither text nor note.
pub(super) fn picture(card: &mut Card, contact: &Contact) -> Result<(), Gone> {
    let octets = contact
        .picture
        .as_deref()
        .filter(|octets| !octets.is_empty());
    photo::write(card, octets)
}

pub(super) fn categories(card: &mut Card, wanted: &[String]) -> Result<(), Gone> {
    object_categories::write(&mut card.document, card.id, wanted)
}
