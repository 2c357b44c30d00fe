//! Laws that hold for any card and any change.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::{Moment, Said};
use airgate_codec::vobject::Document;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::fixtures;
use super::support::Phone;
use crate::item::contact;
use crate::item::object::{Base, Edit, Supported};

fn cards() -> &'static [String] {
    static CARDS: OnceLock<Vec<String>> = OnceLock::new();
    CARDS.get_or_init(|| {
        fixtures::all()
            .into_values()
            .filter(|card| {
                !contact::is_list(card)
                    && contact::render(card, &Phone::modern().manner()).is_ok()
                    && card.len() < MAX_SIZE
            })
            .filter_map(|card| String::from_utf8(card).ok())
            .collect()
    })
}

/// Larger ones show nothing more, and each case reads its card ten times.
const MAX_SIZE: usize = 4000;

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}@[a-z]{1,8}\\.example",
        "\\+[0-9]{3,9}",
        "[A-Za-zäöüß山é ]{1,12}",
        "[,;:\\\\\"=a-z\n]{1,10}",
    ]
}

/// A field that a phone's user sets to something. What stands in FileAs is made of the others.
fn field() -> impl Strategy<Value = Field> {
    let fields = Field::ALL.into_iter();
    let fields = fields.filter(|field| !matches!(field, Field::Alias | Field::FileAs));
    select(fields.collect::<Vec<_>>())
}

fn seen(phone: &Phone, card: &str) -> BTreeMap<Field, String> {
    phone.see(card).texts
}

/// The lines of a card that no property EAS has a name for is in.
fn foreign(card: &str) -> Vec<String> {
    const KNOWN: [&str; 60] = [
        "N",
        "FN",
        "NICKNAME",
        "X-NICKNAME",
        "ORG",
        "TITLE",
        "ROLE",
        "EMAIL",
        "TEL",
        "ADR",
        "IMPP",
        "URL",
        "BDAY",
        "ANNIVERSARY",
        "X-ANNIVERSARY",
        "X-MS-ANNIVERSARY",
        "NOTE",
        "PHOTO",
        "CATEGORIES",
        "REV",
        "X-ABLABEL",
        "X-ABADR",
        "X-ABDATE",
        "X-ABRELATEDNAMES",
        "RELATED",
        "X-SPOUSE",
        "X-MANAGER",
        "X-ASSISTANT",
        "X-CHILD",
        "X-CHILDREN",
        "X-MS-SPOUSE",
        "X-MS-MANAGER",
        "X-MS-ASSISTANT",
        "X-MS-CHILD",
        "X-EVOLUTION-SPOUSE",
        "X-EVOLUTION-MANAGER",
        "X-EVOLUTION-ASSISTANT",
        "X-EVOLUTION-ANNIVERSARY",
        "X-EVOLUTION-FILE-AS",
        "X-OFFICE",
        "X-KADDRESSBOOK-X-OFFICE",
        "X-KADDRESSBOOK-X-SPOUSESNAME",
        "X-KADDRESSBOOK-X-MANAGERSNAME",
        "X-KADDRESSBOOK-X-ASSISTANTSNAME",
        "X-PHONETIC-FIRST-NAME",
        "X-PHONETIC-LAST-NAME",
        "X-PHONETIC-ORG",
        "X-JABBER",
        "X-AIM",
        "X-ICQ",
        "X-MSN",
        "X-YAHOO",
        "X-SKYPE-USERNAME",
        "X-GOOGLE-TALK",
        "X-MS-IMADDRESS",
        "X-ANDROID-CUSTOM",
        "X-EAS-CUSTOMER-ID",
        "X-EAS-GOVERNMENT-ID",
        "X-EAS-ACCOUNT-NAME",
        "X-KADDRESSBOOK-X-ANNIVERSARY",
    ];
    let document = Document::parse(card.as_bytes()).expect("a card");
    let root = document.component("VCARD").expect("a card");
    let properties = root.properties();
    let foreign = properties.filter(|property| !KNOWN.contains(&property.name()));
    foreign
        .map(|property| format!("{property:?}"))
        .map(|text| without_id(&text))
        .collect()
}

/// Ids number the lines of one reading.
fn without_id(text: &str) -> String {
    match text.split_once("group:") {
        Some((_, rest)) => rest.to_owned(),
        None => text.to_owned(),
    }
}

/// Each reads its card some thirty times.
const CASES: u32 = 32;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    /// S12: a property that is set reads back as it was said, no other one changes, and lines of
    /// which EAS knows nothing stay, whatever is edited how often. In particular no two slots swap.
    #[test]
    fn s12_edits_change_what_they_mean(
        which in any::<Index>(),
        edits in vec((field(), value()), 1..6),
    ) {
        let cards = cards();
        let mut card = cards[which.index(cards.len())].clone();
        let kept = foreign(&card);
        let phone = Phone::modern();
        for (field, value) in edits {
            let before = seen(&phone, &card);
            let said = super::super::view::said(field, &value);
            let edited = phone.change(&card, |contact| {
                contact.texts.insert(field, value.clone());
            });
            prop_assert!(!edited.lost);
            card = String::from_utf8(edited.text).expect("text");
            let after = seen(&phone, &card);
            prop_assert_eq!(foreign(&card), kept.clone());
            let family = family_of(field);
            let is_there = |values: &BTreeMap<Field, String>| match &family {
                // A value set in the second slot may sit in the first where that was empty.
                Some(family) => family.iter().any(|slot| values.get(slot) == Some(&said)),
                None => values.get(&field) == Some(&said),
            };
            if !said.is_empty() {
                prop_assert!(is_there(&after), "{:?} {:?} {}", field, said, card);
            }
            for (other, text) in &before {
                let made_up = *other == Field::FileAs
                    || is_name(*other) && is_name(field)
                    || family.as_ref().is_some_and(|family| family.contains(other));
                if *other != field && !made_up {
                    prop_assert_eq!(after.get(other), Some(text), "{:?} moved by {:?}", other, field);
                }
            }
            // What the phone holds is what it will be told, but for what had to move.
            let told = phone.render(&card).digest;
            if family.is_none() && !said.is_empty() {
                prop_assert_eq!(edited.holds.get(field as u8), told.get(field as u8));
            }
        }
    }

    /// S28: once edited, returning what is seen changes nothing more.
    #[test]
    fn s28_edits_settle(which in any::<Index>(), edits in vec((field(), value()), 1..5)) {
        let cards = cards();
        let card = &cards[which.index(cards.len())];
        let phone = Phone::modern();
        let edited = phone.change(card, |contact| {
            for (field, value) in &edits {
                contact.texts.insert(*field, value.clone());
            }
        });
        let card = String::from_utf8(edited.text).expect("text");
        let again = phone.change(&card, |_| {});
        prop_assert!(!again.changed, "{}", card);
    }

    /// REFERENCE 5.7: what is left out goes where the phone manages it and was told it, and stays
    /// in all other cases.
    #[test]
    fn s12_ghosting(which in any::<Index>(), left_out in vec(field(), 1..8), how in 0..4_u8) {
        let cards = cards();
        let card = &cards[which.index(cards.len())];
        let managed: Vec<Field> = left_out.iter().copied().step_by(2).collect();
        let supported = match how {
            0 => Supported::NotSaid,
            1 => Supported::Nothing,
            _ => Supported::These(managed.iter().map(|f| (f.tag().page, f.tag().token)).collect()),
        };
        let phone = Phone { supported, ..Phone::modern() };
        let before = phone.see(card);
        let mut said = before.clone();
        for field in &left_out {
            said.texts.remove(field);
        }
        (said.body, said.picture) = (None, None);
        let told = phone.render(card).digest;
        let told = (how != 3).then_some(&told);
        let edited = phone.edit(card, &said, told).expect("may be");
        let after = phone.see(str::from_utf8(&edited.text).expect("text"));
        prop_assert_eq!(&after.body, &before.body);
        prop_assert_eq!(&after.picture, &before.picture);
        for field in left_out {
            let goes = match how {
                0 => true,
                1 | 3 => false,
                _ => managed.contains(&field),
            };
            if family_of(field).is_some() || is_name(field) {
                continue;
            }
            let expected = before.text(field).filter(|_| !goes);
            // A second line of the kind may be seen now, or another street.
            if !goes || after.text(field) == before.text(field) && expected.is_some() {
                prop_assert_eq!(after.text(field), expected, "{:?}", field);
            } else {
                prop_assert_ne!(after.text(field), before.text(field).or(Some("\0")));
            }
        }
        if how == 1 || how == 3 {
            prop_assert!(!edited.changed);
        }
    }

    /// S13, S14: two phones that change different properties come to the same card in either order.
    #[test]
    fn s14_order_does_not_matter(
        which in any::<Index>(),
        first in (field(), "[a-z]{3,9}"),
        second in (field(), "[a-z]{3,9}"),
    ) {
        let alike = family_of(first.0).is_some() && family_of(first.0) == family_of(second.0);
        prop_assume!(first.0 != second.0 && !alike && !is_name(first.0) && !is_name(second.0));
        let cards = cards();
        let card = &cards[which.index(cards.len())];
        let phone = Phone::modern();
        let after = |edits: [&(Field, String); 2]| {
            let mut text = card.clone();
            for (field, value) in edits {
                let edited = phone.change_told(card, &text, |contact| {
                    contact.texts.insert(*field, value.clone());
                });
                assert!(!edited.lost);
                text = String::from_utf8(edited.text).expect("text");
            }
            seen(&phone, &text)
        };
        prop_assert_eq!(after([&first, &second]), after([&second, &first]));
    }

    /// T19, T21, T23: any octets are shown or refused, and any change of them ends in a card.
    #[test]
    fn t19_any_octets_and_any_change(
        lines in vec(line(), 0..20),
        said in any_contact(),
        version in select(ProtocolVersion::ALL.to_vec()),
    ) {
        let mut card = b"BEGIN:VCARD\r\n".to_vec();
        for line in lines {
            card.extend_from_slice(&line);
            card.extend_from_slice(b"\r\n");
        }
        let phone = Phone::new(version);
        let Ok(rendered) = contact::render(&card, &phone.manner()) else { return Ok(()) };
        let seen = Contact::from_raw(&rendered.data).expect("ours");
        for text in seen.texts.values() {
            prop_assert!(text.chars().all(crate::item::legal::is_legal));
        }
        prop_assert!(seen.texts.get(&Field::FileAs).is_some_and(|text| !text.is_empty()));
        let data = said.to_raw(version);
        for told in [Some(&rendered.digest), None] {
            let base = Base { told, supported: &Supported::NotSaid, client_wins: false };
            if let Ok(edited) = contact::edit(&card, Edit::Whole(&data), &base, &phone.manner()) {
                prop_assert!(contact::render(&edited.text, &phone.manner()).is_ok());
            }
        }
        let created = contact::create(&data, "u", &phone.manner()).expect("may be");
        let shown = contact::render(&created.text, &phone.manner()).expect("a card");
        for field in Field::ALL {
            if !is_name(field) && field != Field::FileAs && family_of(field).is_none() {
                prop_assert_eq!(shown.digest.get(field as u8), created.holds.get(field as u8), "{:?}", field);
            }
        }
    }
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let names = vec![
        "N",
        "FN",
        "TEL;TYPE=work",
        "TEL;CELL",
        "EMAIL",
        "item1.EMAIL",
        "item1.X-ABLabel",
        "ADR",
        "ORG",
        "BDAY",
        "PHOTO;ENCODING=b",
        "PHOTO",
        "VERSION",
        "NOTE",
        "IMPP",
        "CATEGORIES",
        "END",
        "X-ANDROID-CUSTOM",
        "RELATED;TYPE=child",
        "X-ABDATE",
        "ANNIVERSARY",
        "REV",
        "",
        "BEGIN",
        "AGENT",
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE",
    ];
    let value = prop_oneof![
        vec(any::<u8>(), 0..40),
        "[;,\\\\:=0-9TZ-]{0,20}".prop_map(String::into_bytes),
        "(2\\.1|3\\.0|4\\.0|VCARD)".prop_map(String::into_bytes),
        "\\PC{0,20}".prop_map(String::into_bytes),
    ];
    (select(names), value).prop_map(|(name, value)| {
        let mut line = format!("{name}:").into_bytes();
        line.extend(value);
        line
    })
}

fn any_contact() -> impl Strategy<Value = Contact> {
    let texts = vec((select(Field::ALL.to_vec()), "\\PC{0,20}"), 0..12);
    let date = prop_oneof![
        Just(Said::Nothing),
        Just(Said::Empty),
        any::<i64>().prop_map(|millis| Said::Value(Moment(millis))),
        (-70_000_000_000_000..260_000_000_000_000_i64)
            .prop_map(|millis| Said::Value(Moment(millis))),
    ];
    let list = prop::option::of(vec("\\PC{0,8}", 0..4));
    let picture = prop::option::of(vec(any::<u8>(), 0..60));
    (
        texts,
        date.clone(),
        date,
        list.clone(),
        list,
        picture,
        prop::option::of("\\PC{0,60}"),
    )
        .prop_map(
            |(texts, birthday, anniversary, categories, children, picture, note)| Contact {
                texts: texts.into_iter().collect(),
                birthday,
                anniversary,
                categories,
                children,
                picture,
                body: note.map(|note| Body::whole(BodyType::Plain, note)),
                weighted_rank: None,
            },
        )
}

/// Slots among which a value may find its place.
fn family_of(field: Field) -> Option<Vec<Field>> {
    let families: [&[Field]; 3] = [
        &[Field::Email1, Field::Email2, Field::Email3],
        &[Field::Im1, Field::Im2, Field::Im3],
        // The numbers without a kind sit where there is room.
        &[
            Field::BusinessPhone,
            Field::BusinessPhone2,
            Field::HomePhone,
            Field::HomePhone2,
            Field::MobilePhone,
        ],
    ];
    let family = families.into_iter().find(|family| family.contains(&field));
    family.map(<[Field]>::to_vec)
}

/// FN stands for a name where a card has no other, and a name for FN.
fn is_name(field: Field) -> bool {
    super::super::names::concerns([field].iter())
}
