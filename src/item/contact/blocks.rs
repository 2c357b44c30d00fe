//! Properties whose values have parts: N, ORG, and the three addresses.

use std::collections::BTreeMap;

use airgate_codec::eas::contacts::Field;
use airgate_codec::vobject::{ContentLine, Gone, PropertyId};

use super::card::{Card, Line, Writer, clean};

/// One of these lines.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Block {
    Name,
    Organisation,
    Business,
    Home,
    Other,
}

impl Block {
    pub(super) const ALL: [Self; 5] = [
        Self::Name,
        Self::Organisation,
        Self::Business,
        Self::Home,
        Self::Other,
    ];

    /// The properties in it, by their part.
    const fn fields(self) -> &'static [(Field, usize)] {
        match self {
            Self::Name => &[
                (Field::LastName, 0),
                (Field::FirstName, 1),
                (Field::MiddleName, 2),
                (Field::Title, 3),
                (Field::Suffix, 4),
            ],
            Self::Organisation => &[
                (Field::CompanyName, 0),
                (Field::Department, 1),
                (Field::OfficeLocation, OFFICE),
            ],
            Self::Business => &[
                (Field::BusinessStreet, STREET),
                (Field::BusinessCity, 3),
                (Field::BusinessState, 4),
                (Field::BusinessPostalCode, 5),
                (Field::BusinessCountry, 6),
            ],
            Self::Home => &[
                (Field::HomeStreet, STREET),
                (Field::HomeCity, 3),
                (Field::HomeState, 4),
                (Field::HomePostalCode, 5),
                (Field::HomeCountry, 6),
            ],
            Self::Other => &[
                (Field::OtherStreet, STREET),
                (Field::OtherCity, 3),
                (Field::OtherState, 4),
                (Field::OtherPostalCode, 5),
                (Field::OtherCountry, 6),
            ],
        }
    }

    const fn property(self) -> &'static str {
        match self {
            Self::Name => "N",
            Self::Organisation => "ORG",
            Self::Business | Self::Home | Self::Other => "ADR",
        }
    }

    /// As many parts as such a line has.
    const fn parts(self) -> usize {
        match self {
            Self::Name => 5,
            Self::Organisation => 1,
            Self::Business | Self::Home | Self::Other => 7,
        }
    }

    /// What stands between the texts of a part that is a list.
    const fn joint(self) -> &'static str {
        match self {
            Self::Name => " ",
            Self::Organisation | Self::Business | Self::Home | Self::Other => ", ",
        }
    }
}

const STREET: usize = 2;
/// Evolution's third unit of ORG is the office; everyone else's is a unit.
const OFFICE: usize = 2;
/// Where a street is looked for: some write the post office box alone, or all of it into what comes
/// before the street.
const STREETS: [usize; 3] = [STREET, 0, 1];

/// A line that is there.
#[derive(Clone, Debug)]
struct Found {
    line: PropertyId,
    /// As they stand there, escaped.
    parts: Vec<String>,
    /// The same, as they are shown.
    texts: Vec<String>,
}

/// Those of a card.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    found: BTreeMap<Block, Found>,
    office_in_organisation: bool,
}

impl Blocks {
    pub(super) fn read(card: &Card) -> Self {
        let mut found = BTreeMap::new();
        for block in [Block::Name, Block::Organisation] {
            let lines = card.lines(block.property());
            found.extend(lines.first().map(|line| (block, Found::new(line, block))));
        }
        found.extend(addresses(card));
        Self {
            found,
            office_in_organisation: card.writer() == Writer::Evolution,
        }
    }

    fn fields(&self, block: Block) -> impl Iterator<Item = (Field, usize)> + use<> {
        let office = self.office_in_organisation;
        let fields = block.fields().iter().copied();
        fields.filter(move |(field, _)| *field != Field::OfficeLocation || office)
    }

    /// All values shown.
    pub(super) fn values(&self) -> BTreeMap<Field, String> {
        let blocks = self.found.iter().flat_map(|(block, found)| {
            let parts = self.fields(*block).filter_map(|(field, part)| {
                let text = found.texts.get(found.part(part, *block))?;
                Some((field, text.clone()))
            });
            parts.filter(|(_, text)| !text.is_empty())
        });
        blocks.collect()
    }

    /// Writes what changes in one line; `None` empties.
    pub(super) fn write(
        &self,
        card: &mut Card,
        block: Block,
        changes: &BTreeMap<Field, Option<String>>,
    ) -> Result<(), Gone> {
        let found = self.found.get(&block);
        let mut parts = found.map(|found| found.parts.clone()).unwrap_or_default();
        let mut changed = false;
        for (field, part) in self.fields(block) {
            let Some(change) = changes.get(&field) else {
                continue;
            };
            let part = found.map_or(part, |found| found.part(part, block));
            let least = block.parts().max(part + 1);
            if parts.len() < least {
                parts.resize(least, String::new());
            }
            if let Some(slot) = parts.get_mut(part) {
                *slot = card.escaped(change.as_deref().unwrap_or_default());
                changed = true;
            }
        }
        if !changed {
            return Ok(());
        }
        let empty = parts.iter().all(String::is_empty);
        if block == Block::Organisation {
            while parts.len() > 1 && parts.last().is_some_and(String::is_empty) {
                parts.pop();
            }
        }
        let value = parts.join(";");
        match found {
            // N has to be there, in all versions but 4.0.
            Some(found) if empty && block != Block::Name => card.remove(found.line),
            Some(found) => {
                // The label is the address as it was to be printed, SORT-AS the name as it was.
                let head = card.document.head_of(found.line, &["LABEL", "SORT-AS"])?;
                let line = card.with_value(head, &value);
                card.document.replace(found.line, &line)
            }
            None if empty && block != Block::Name => Ok(()),
            None => {
                let line = new(card, block);
                let line = card.with_value(line, &value);
                card.insert(&line).map(|_| ())
            }
        }
    }

    /// Whether a field lies in one of these lines.
    pub(super) fn has(&self, field: Field) -> bool {
        Block::ALL
            .into_iter()
            .any(|block| self.fields(block).any(|(known, _)| known == field))
    }
}

impl Found {
    fn new(line: &Line, block: Block) -> Self {
        let parts = line.property.structured();
        let texts = parts
            .iter()
            .map(|part| clean(line.property.component_text(part, block.joint())))
            .collect();
        Self {
            line: line.id(),
            parts: parts.into_iter().map(str::to_owned).collect(),
            texts,
        }
    }

    fn is_empty(&self) -> bool {
        self.texts.iter().all(String::is_empty)
    }

    /// Where a part is in this line.
    fn part(&self, part: usize, block: Block) -> usize {
        if part != STREET || matches!(block, Block::Name | Block::Organisation) {
            return part;
        }
        let filled = |part: &usize| self.texts.get(*part).is_some_and(|text| !text.is_empty());
        STREETS.into_iter().find(filled).unwrap_or(STREET)
    }
}

/// The addresses: at work, at home, and one more, which may be a second one of these.
fn addresses(card: &Card) -> BTreeMap<Block, Found> {
    let mut found = BTreeMap::new();
    let mut rest = Vec::new();
    for line in card.lines("ADR") {
        let block = match (line.is("work"), line.is("home")) {
            (true, _) => Some(Block::Business),
            (false, true) => Some(Block::Home),
            (false, false) => None,
        };
        let address = Found::new(&line, Block::Other);
        if address.is_empty() {
            continue;
        }
        match block {
            Some(block) if !found.contains_key(&block) => {
                found.insert(block, address);
            }
            _ => rest.push((block.is_some(), address)),
        }
    }
    rest.sort_by_key(|(spare, _)| *spare);
    let other = rest.into_iter().next();
    found.extend(other.map(|(_, address)| (Block::Other, address)));
    found
}

fn new(card: &Card, block: Block) -> ContentLine {
    let types: &[&str] = match block {
        Block::Business => &["WORK"],
        Block::Home => &["HOME"],
        Block::Name | Block::Organisation | Block::Other => &[],
    };
    card.typed(block.property(), types)
}
