//! Properties of which a card may have more than EAS has slots for: addresses of mail and chat, and
//! numbers. Which line sits in which slot is decided here, the same way each time.
//!
//! The fact one would not guess: when a phone's change comes, lines take the slots in which *that
//! phone* was told them, known by the hash of their value, and not those they would take today. So
//! a line that others put in front or took away moves no other line under the phone's hand (S12).

use std::collections::BTreeMap;

use airgate_codec::eas::contacts::Field;
use airgate_codec::vobject::PropertyId;

use super::card::{Card, Line, clean};
use super::instant;
use crate::item::address::Addresses;
use crate::item::merge::hash;
use crate::item::object::Digest;

/// One line that may sit in a slot.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) line: PropertyId,
    /// Lines that say the same in another way: X-JABBER beside IMPP.
    pub(super) twins: Vec<PropertyId>,
    pub(super) value: String,
}

/// Slots of one kind, and the lines that may sit in them.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) slots: &'static [Field],
    pub(super) held: Vec<Held>,
    /// For each slot the line in it, by its place in `held`.
    seats: Vec<Option<usize>>,
}

/// All families of a card.
#[derive(Clone, Debug)]
pub(super) struct Seats(pub(super) Vec<Family>);

impl Seats {
    /// Reads the lines; `told` is what the phone that changes them was told.
    pub(super) fn read(card: &Card, told: Option<&Digest>) -> Self {
        let mut families = vec![
            Family::new(&EMAILS, emails(card), told),
            Family::new(&INSTANT, instant::read(card), told),
        ];
        families.extend(phones(card, told));
        Self(families)
    }

    /// All values shown, by their slot.
    pub(super) fn values(&self) -> BTreeMap<Field, String> {
        let slots = self.0.iter().flat_map(|family| {
            let taken = family.slots.iter().map(|slot| (*slot, family.of(*slot)));
            taken.filter_map(|(slot, held)| Some((slot, held?.value.clone())))
        });
        slots.collect()
    }
}

impl Family {
    fn new(slots: &'static [Field], held: Vec<Held>, told: Option<&Digest>) -> Self {
        let mut family = Self {
            slots,
            held,
            seats: vec![None; slots.len()],
        };
        match told {
            Some(told) => family.seat_as_told(told),
            None => family.seat_in_order(),
        }
        family
    }

    fn seat_in_order(&mut self) {
        for (place, seat) in self.seats.iter_mut().enumerate() {
            *seat = (place < self.held.len()).then_some(place);
        }
    }

    /// First those the phone knows, where it knows them; then, in slots that had something, what
    /// may have become of it. A line that came since then sits nowhere: what the phone puts into a
    /// slot that was empty stands beside it.
    fn seat_as_told(&mut self, told: &Digest) {
        let known: Vec<Option<u32>> = self
            .slots
            .iter()
            .map(|slot| told.get(*slot as u8))
            .collect();
        for (seat, known) in self.seats.iter_mut().zip(&known) {
            *seat = known.and_then(|known| self.held.iter().position(|h| hash(&h.value) == known));
        }
        for (at, known) in known.iter().enumerate() {
            let free = (0..self.held.len()).find(|place| !self.seats.contains(&Some(*place)));
            if let Some(seat) = self.seats.get_mut(at)
                && seat.is_none()
                && known.is_some()
            {
                *seat = free;
            }
        }
    }

    /// The line in a slot.
    pub(super) fn of(&self, field: Field) -> Option<&Held> {
        let slot = self.slots.iter().position(|slot| *slot == field)?;
        self.held.get((*self.seats.get(slot)?)?)
    }
}

/// An address as it is compared and stored: phones write `"Name" <a@b>`.
pub(super) fn bare_address(text: &str) -> String {
    // What is no address, or would be read as yet another one when the phone says it back, is
    // something of its own and stays as it is.
    match address_in(text) {
        Some(address) if address_in(&address).is_none_or(|again| again == address) => address,
        _ => clean(text.to_owned()),
    }
}

/// The address in what may have a name around it.
fn address_in(text: &str) -> Option<String> {
    if !text.contains(['<', '"']) {
        return None;
    }
    let list = Addresses::read(text.as_bytes(), None);
    let address = clean(list.mailboxes.into_iter().next()?.address);
    address.contains('@').then_some(address)
}

const EMAILS: [Field; 3] = [Field::Email1, Field::Email2, Field::Email3];
const INSTANT: [Field; 3] = [Field::Im1, Field::Im2, Field::Im3];
const BUSINESS: [Field; 2] = [Field::BusinessPhone, Field::BusinessPhone2];
const HOME: [Field; 2] = [Field::HomePhone, Field::HomePhone2];
const MOBILE: [Field; 1] = [Field::MobilePhone];

fn emails(card: &Card) -> Vec<Held> {
    let lines = card.lines("EMAIL").into_iter();
    held(
        lines.filter(|line| !line.is_any(&["x400", "x.400"])),
        |line| {
            let text = line.property.text();
            let text = text.strip_prefix("mailto:").unwrap_or(&text);
            bare_address(text)
        },
    )
}

fn held(lines: impl Iterator<Item = Line>, value: impl Fn(&Line) -> String) -> Vec<Held> {
    lines
        .map(|line| Held {
            line: line.id(),
            twins: Vec::new(),
            value: value(&line),
        })
        .filter(|held| !held.value.is_empty())
        .collect()
}

/// A number as it is shown.
fn number(line: &Line) -> String {
    let text = line.property.text();
    let Some(number) = text.strip_prefix("tel:") else {
        return clean(text);
    };
    clean(number.replacen(";ext=", " x", 1))
}

/// A slot of its own, and which lines go there.
type KindOfNumber = (&'static [Field; 1], fn(&Line) -> bool);

/// Kinds of numbers with one slot, in the order in which they are looked for: by their types.
const KINDS: [KindOfNumber; 8] = [
    (&[Field::HomeFax], |line| line.is("fax") && line.is("home")),
    (&[Field::BusinessFax], |line| line.is("fax")),
    (&[Field::Pager], |line| line.is("pager")),
    (&[Field::CarPhone], |line| line.is("car")),
    (&[Field::RadioPhone], |line| {
        line.is_any(&["x-radio", "radio", "x-evolution-radio"])
    }),
    (&[Field::AssistantPhone], |line| {
        line.is_any(&["x-assistant", "assistant", "x-evolution-assistant"])
    }),
    (&[Field::CompanyMainPhone], |line| {
        line.is_any(&["x-main", "main", "company_main", "x-evolution-company"])
    }),
    (&[Field::Mms], |line| {
        line.is_any(&["textphone", "x-mms", "mms", "x-evolution-ttytdd", "tty-tdd"])
    }),
];

/// Numbers by what they are for. A second mobile number, and one that is for nothing in particular,
/// sits where there is room: with those of the office if it is for work, else with those at home.
fn phones(card: &Card, told: Option<&Digest>) -> Vec<Family> {
    let mut lines = card.lines("TEL");
    lines.retain(|line| !number(line).is_empty());
    let mut families = Vec::new();
    for (slot, is) in &KINDS {
        let (these, others): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(is);
        families.push(Family::new(*slot, held(these.into_iter(), number), told));
        lines = others;
    }
    let knows = |slots: &[Field], line: &Line| {
        let hash = hash(&number(line));
        let knows = |told: &Digest| slots.iter().any(|slot| told.get(*slot as u8) == Some(hash));
        told.is_some_and(knows)
    };
    let mobile = |line: &&Line| line.is_any(&["cell", "mobile"]);
    let chosen = lines
        .iter()
        .filter(mobile)
        .find(|line| knows(&MOBILE, line))
        .or_else(|| lines.iter().find(mobile))
        .map(Line::id);
    let (chosen, lines): (Vec<Line>, Vec<Line>) = lines
        .into_iter()
        .partition(|line| Some(line.id()) == chosen);
    families.push(Family::new(&MOBILE, held(chosen.into_iter(), number), told));

    // Those with a place of their own come first for it, then the others as long as there is room.
    // Inside a family they keep the order of the card, so that one that is added behind moves none.
    let own = |line: &Line| match (mobile(&line), line.is("work"), line.is("home")) {
        (false, true, _) => Some(Side::Work),
        (false, false, true) => Some(Side::Home),
        _ => None,
    };
    let mut sides: Vec<Option<Side>> = lines.iter().map(own).collect();
    let mut room = [BUSINESS.len(), HOME.len()];
    for side in sides.iter().flatten() {
        let room = side.of(&mut room);
        *room = room.saturating_sub(1);
    }
    for (line, side) in lines.iter().zip(&mut sides) {
        if side.is_some() {
            continue;
        }
        let first = if knows(&BUSINESS, line) || !knows(&HOME, line) && line.is("work") {
            Side::Work
        } else {
            Side::Home
        };
        let free = [first, first.other()]
            .into_iter()
            .find(|side| *side.of(&mut room) > 0);
        if let Some(free) = free {
            *free.of(&mut room) -= 1;
            *side = Some(free);
        }
    }
    for (side, slots) in [(Side::Work, &BUSINESS), (Side::Home, &HOME)] {
        let these = lines.iter().zip(&sides).filter(|(_, s)| **s == Some(side));
        let these = these.map(|(line, _)| line.clone());
        families.push(Family::new(slots, held(these, number), told));
    }
    families
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    Work,
    Home,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Work => Self::Home,
            Self::Home => Self::Work,
        }
    }

    const fn of(self, room: &mut [usize; 2]) -> &mut usize {
        let [work, home] = room;
        match self {
            Self::Work => work,
            Self::Home => home,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bare_address;

    #[test]
    fn s28_an_address_said_back_is_the_same() {
        for (text, address) in [
            (
                "\"Display, Name\" <display@name.example>",
                "display@name.example",
            ),
            ("<a@b.example>", "a@b.example"),
            ("\"\\\";", "\"\\\";"),
            ("plain text", "plain text"),
        ] {
            assert_eq!(bare_address(text), address);
        }
        for odd in [
            "\"D, N\" <EMAIL:\"D, N\" <d@n.example>",
            "\"a b\"@c.example",
            "x\"@\"<",
        ] {
            let once = bare_address(odd);
            assert_eq!(bare_address(&once), once, "{odd}");
        }
    }
}
