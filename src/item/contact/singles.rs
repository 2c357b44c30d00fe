//! Properties that are one text in one line, under whatever name its writer has for it; and the
//! names of children, of which there may be several.

use std::collections::BTreeMap;

use airgate_codec::eas::contacts::Field;
use airgate_codec::vobject::{CardVersion, ContentLine, Gone, PropertyId};

use super::card::{Card, Line, Writer, clean};

/// How the text stands in the line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Text,
    /// The first of a list.
    FirstOfList,
    Address,
    /// The second part of Android's own line.
    Android,
}

/// Where a property may be found.
struct Place {
    field: Field,
    /// The names it goes by; a new one gets the first.
    names: &'static [&'static str],
    /// Its word where it is a relation: RELATED's type, and Apple's label.
    relation: Option<&'static str>,
    /// What Android's own line for it begins with, and its kind there.
    android: Option<(&'static str, &'static str)>,
    form: Form,
}

const PLACES: [Place; 12] = [
    text(Field::YomiFirstName, &["X-PHONETIC-FIRST-NAME"]),
    text(Field::YomiLastName, &["X-PHONETIC-LAST-NAME"]),
    text(
        Field::YomiCompanyName,
        &["X-PHONETIC-ORG", "X-PHONETIC-COMPANY-NAME"],
    ),
    Place {
        form: Form::FirstOfList,
        android: Some(("nickname", "1")),
        ..text(Field::NickName, &["NICKNAME", "X-NICKNAME"])
    },
    text(Field::JobTitle, &["TITLE", "ROLE"]),
    text(
        Field::OfficeLocation,
        &["X-OFFICE", "X-KADDRESSBOOK-X-OFFICE"],
    ),
    related(
        Field::ManagerName,
        ("manager", "7"),
        &[
            "X-MANAGER",
            "X-EVOLUTION-MANAGER",
            "X-MS-MANAGER",
            "X-KADDRESSBOOK-X-MANAGERSNAME",
        ],
    ),
    related(
        Field::AssistantName,
        ("assistant", "1"),
        &[
            "X-ASSISTANT",
            "X-EVOLUTION-ASSISTANT",
            "X-MS-ASSISTANT",
            "X-KADDRESSBOOK-X-ASSISTANTSNAME",
        ],
    ),
    related(
        Field::Spouse,
        ("spouse", "14"),
        &[
            "X-SPOUSE",
            "X-EVOLUTION-SPOUSE",
            "X-MS-SPOUSE",
            "X-KADDRESSBOOK-X-SPOUSESNAME",
        ],
    ),
    text(Field::CustomerId, &["X-EAS-CUSTOMER-ID"]),
    text(Field::GovernmentId, &["X-EAS-GOVERNMENT-ID"]),
    text(Field::AccountName, &["X-EAS-ACCOUNT-NAME"]),
];

const WEB_PAGE: Place = Place {
    form: Form::Address,
    ..text(Field::WebPage, &["URL"])
};

const CHILD: Place = related(
    Field::Alias,
    ("child", "3"),
    &["X-CHILD", "X-MS-CHILD", "X-CHILDREN"],
);

const fn text(field: Field, names: &'static [&'static str]) -> Place {
    Place {
        field,
        names,
        relation: None,
        android: None,
        form: Form::Text,
    }
}

/// `relation` is its word, and Android's number of it.
const fn related(
    field: Field,
    relation: (&'static str, &'static str),
    names: &'static [&'static str],
) -> Place {
    let (word, number) = relation;
    Place {
        relation: Some(word),
        android: Some(("relation", number)),
        ..text(field, names)
    }
}

/// A text that is there.
#[derive(Clone, Debug)]
struct Found {
    line: PropertyId,
    text: String,
    form: Form,
}

/// Those of a card.
#[derive(Clone, Debug)]
pub(super) struct Singles {
    found: BTreeMap<Field, Found>,
    /// Phonetic names as Japanese phones of the vCard 2.1 time wrote them; read, never written.
    sound: BTreeMap<Field, String>,
    children: Vec<Found>,
}

impl Singles {
    pub(super) fn read(card: &Card) -> Self {
        let places = PLACES.iter().chain([&WEB_PAGE]);
        let found =
            places.filter_map(|place| Some((place.field, place.find(card).into_iter().next()?)));
        let mut children: Vec<Found> = Vec::new();
        for child in CHILD.find(card) {
            if children.iter().all(|known| known.text != child.text) {
                children.push(child);
            }
        }
        Self {
            found: found.collect(),
            sound: sound(card),
            children,
        }
    }

    /// All values shown.
    pub(super) fn values(&self) -> BTreeMap<Field, String> {
        let mut values = self.sound.clone();
        let found = self.found.iter();
        values.extend(found.map(|(field, found)| (*field, found.text.clone())));
        values
    }

    pub(super) fn children(&self) -> Vec<String> {
        self.children
            .iter()
            .map(|child| child.text.clone())
            .collect()
    }

    /// Writes one; `None` takes it away.
    pub(super) fn write(
        &self,
        card: &mut Card,
        field: Field,
        text: Option<&str>,
    ) -> Result<(), Gone> {
        let place = PLACES.iter().chain([&WEB_PAGE]).find(|p| p.field == field);
        let Some(place) = place else { return Ok(()) };
        match (self.found.get(&field), text) {
            (Some(found), Some(text)) => found.set(card, text),
            (Some(found), None) => found.remove(card),
            (None, Some(text)) => place.insert(card, text),
            (None, None) => Ok(()),
        }
    }

    /// Makes the children exactly these: those that stay keep their lines.
    pub(super) fn write_children(&self, card: &mut Card, wanted: &[String]) -> Result<(), Gone> {
        for child in &self.children {
            if !wanted.contains(&child.text) {
                child.remove(card)?;
            }
        }
        let missing = wanted
            .iter()
            .filter(|name| self.children.iter().all(|child| child.text != **name));
        for name in missing {
            CHILD.insert(card, name)?;
        }
        Ok(())
    }
}

impl Place {
    /// The lines it is in, the best first.
    fn find(&self, card: &Card) -> Vec<Found> {
        let named = self.names.iter().flat_map(|name| card.lines(name));
        let relation = self.relation.into_iter().flat_map(|relation| {
            let related = card
                .lines("RELATED")
                .into_iter()
                .chain(card.lines("X-ABRELATEDNAMES"));
            related.filter(move |line| line.is(relation) && is_text(line))
        });
        let own = named.chain(relation).map(|line| (line, self.form));
        let android = self.android.into_iter().flat_map(|(kind, number)| {
            let lines = card.lines(ANDROID).into_iter();
            let lines = lines.filter(move |line| is_android(line, kind, number));
            lines.map(|line| (line, Form::Android))
        });
        own.chain(android)
            .map(|(line, form)| Found {
                line: line.id(),
                text: form.shown(&line, card.version),
                form,
            })
            .filter(|found| !found.text.is_empty())
            .collect()
    }

    /// A line of one of its names in which nothing stands: Evolution keeps those.
    fn empty(&self, card: &Card) -> Option<PropertyId> {
        let lines = self.names.iter().flat_map(|name| card.all(name));
        let mut empty = lines.filter(|line| line.text().trim().is_empty());
        empty.next().map(|line| line.id())
    }

    fn insert(&self, card: &mut Card, text: &str) -> Result<(), Gone> {
        if let Some(empty) = self.empty(card) {
            let head = card.document.head_of(empty, &[])?;
            let line = self.form.write(card, head, text);
            return card.document.replace(empty, &line);
        }
        let first = self.names.first().copied().unwrap_or("X-EAS");
        let line = match (self.relation, card.writer(), card.version) {
            (Some(relation), Writer::Apple, _) => {
                let group = card.free_group();
                let label = format!("_$!<{}>!$_", capitalised(relation));
                let label = ContentLine::new(&format!("{group}.X-ABLabel")).raw(&label);
                let line = ContentLine::new(&format!("{group}.X-ABRELATEDNAMES"));
                let line = card.with_text(line, text);
                card.insert(&line)?;
                return card.insert(&label).map(|_| ());
            }
            (Some(_), Writer::Evolution, _) => {
                let own = self
                    .names
                    .iter()
                    .find(|name| name.starts_with("X-EVOLUTION-"));
                ContentLine::new(own.unwrap_or(&first))
            }
            // RFC 6350 6.6.6 knows no manager and no assistant.
            (Some(relation @ ("spouse" | "child")), _, CardVersion::V4_0) => {
                ContentLine::new("RELATED")
                    .parameter("TYPE", relation)
                    .parameter("VALUE", "text")
            }
            _ => ContentLine::new(first),
        };
        let line = self.form.write(card, line, text);
        card.insert(&line).map(|_| ())
    }
}

impl Form {
    fn shown(self, line: &Line, version: CardVersion) -> String {
        clean(match self {
            Self::FirstOfList if version != CardVersion::V2_1 => {
                let list = line.property.list().into_iter();
                list.map(clean)
                    .find(|text| !text.is_empty())
                    .unwrap_or_default()
            }
            Self::Android => {
                let parts = line.property.structured();
                let text = parts.get(1).copied().unwrap_or_default();
                line.property.component_text(text, ", ")
            }
            _ => line.property.text(),
        })
    }

    fn write(self, card: &Card, line: ContentLine, text: &str) -> ContentLine {
        match self {
            Self::Address => card.with_address(line, text),
            Self::Text | Self::FirstOfList | Self::Android => card.with_text(line, text),
        }
    }
}

impl Found {
    fn set(&self, card: &mut Card, text: &str) -> Result<(), Gone> {
        let head = card.document.head_of(self.line, &[])?;
        if self.form == Form::Android {
            let mut parts = self.android_parts(card);
            if let Some(part) = parts.get_mut(1) {
                *part = card.escaped(text);
            }
            let line = card.with_value(head, &parts.join(";"));
            return card.document.replace(self.line, &line);
        }
        let line = match self.list(card) {
            Some(list) => {
                let rest = list.iter().map(String::as_str);
                head.list([text].into_iter().chain(rest))
            }
            None => self.form.write(card, head, text),
        };
        card.document.replace(self.line, &line)
    }

    /// Takes it away, and nothing else that is in the line.
    fn remove(&self, card: &mut Card) -> Result<(), Gone> {
        match self.list(card) {
            Some(rest) if !rest.is_empty() => {
                let head = card.document.head_of(self.line, &[])?;
                let line = head.list(rest.iter().map(String::as_str));
                card.document.replace(self.line, &line)
            }
            _ => card.remove(self.line),
        }
    }

    fn android_parts(&self, card: &Card) -> Vec<String> {
        let lines = card.all(ANDROID).into_iter();
        let mut lines = lines.filter(|line| line.id() == self.line);
        let line = lines.next();
        let parts = line.as_ref().map(|line| line.structured());
        let parts = parts.unwrap_or_default().into_iter();
        parts.map(str::to_owned).collect()
    }

    /// What else is in its list.
    fn list(&self, card: &Card) -> Option<Vec<String>> {
        if self.form != Form::FirstOfList || card.version == CardVersion::V2_1 {
            return None;
        }
        let component = card.component()?;
        let mut properties = component.properties();
        let property = properties.find(|property| property.id() == self.line)?;
        let mut list = property.list();
        let first = list.iter().position(|text| !text.trim().is_empty())?;
        list.drain(..=first);
        Some(list)
    }
}

/// RELATED is an address of another card unless it says otherwise.
fn is_text(line: &Line) -> bool {
    let value = line.property.value();
    line.property.says("VALUE", "text")
        || !["urn:", "http:", "https:", "mailto:", "data:"]
            .iter()
            .any(|scheme| {
                value
                    .get(..scheme.len())
                    .is_some_and(|s| s.eq_ignore_ascii_case(scheme))
            })
}

/// `vnd.android.cursor.item/nickname;Skip;1;;;`
const ANDROID: &str = "X-ANDROID-CUSTOM";

fn is_android(line: &Line, kind: &str, number: &str) -> bool {
    let parts = line.property.structured();
    let item = parts.first().copied().unwrap_or_default();
    item.trim()
        .strip_prefix("vnd.android.cursor.item/")
        .is_some_and(|item| item == kind)
        && parts.get(2).is_none_or(|known| known.trim() == number)
}

/// `SOUND;X-IRMC-N:` with the parts of N.
fn sound(card: &Card) -> BTreeMap<Field, String> {
    let lines = card.lines("SOUND");
    let Some(line) = lines.iter().find(|line| line.is("x-irmc-n")) else {
        return BTreeMap::new();
    };
    let parts = line.property.structured();
    [Field::YomiLastName, Field::YomiFirstName]
        .into_iter()
        .zip(parts)
        .map(|(field, part)| (field, clean(line.property.component_text(part, " "))))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
