use super::*;
use crate::eas::email::BodyType;

fn at(text: &str) -> Moment {
    Moment::parse(text).expect("a moment")
}

fn full() -> Contact {
    Contact {
        texts: Field::ALL
            .into_iter()
            .map(|field| (field, format!("{field:?} & <€>")))
            .collect(),
        birthday: Said::Value(at("1985-04-12T00:00:00.000Z")),
        anniversary: Said::Value(at("2009-08-08T11:00:00.000Z")),
        categories: Some(vec!["Friends".into(), "Ärzte".into()]),
        children: Some(vec!["Ida".into()]),
        picture: Some(vec![0xFF, 0xD8, 0xFF]),
        body: Some(Body::whole(BodyType::Plain, "two\r\nlines")),
        weighted_rank: Some(4),
    }
}

#[test]
fn every_property_survives_in_the_versions_that_have_it() {
    for version in ProtocolVersion::ALL {
        let mut contact = full();
        if version < ProtocolVersion::V14_0 {
            contact.texts.remove(&Field::Alias);
            contact.weighted_rank = None;
        }
        let raw = full().to_raw(version);
        assert_eq!(Contact::from_raw(&raw).expect("ours"), contact, "{version}");
    }
}

#[test]
fn absent_empty_and_set_are_told_apart() {
    assert_eq!(Contact::from_raw(&Raw::default()), Ok(Contact::default()));
    let empty = Contact {
        texts: Field::ALL
            .into_iter()
            .map(|field| (field, String::new()))
            .collect(),
        birthday: Said::Empty,
        anniversary: Said::Empty,
        categories: Some(Vec::new()),
        children: Some(Vec::new()),
        picture: Some(Vec::new()),
        body: None,
        weighted_rank: None,
    };
    let raw = empty.to_raw(ProtocolVersion::V16_1);
    assert_eq!(Contact::from_raw(&raw), Ok(empty));
}

#[test]
fn each_field_has_an_element_of_its_own() {
    for field in Field::ALL {
        assert_eq!(Field::of(field.tag()), Some(field));
    }
    assert_eq!(Field::of(contacts::BIRTHDAY), None);
}

#[test]
fn t21_a_date_that_is_none_is_a_fault() {
    for text in [
        "0000-00-00T00:00:00.000Z",
        "1985-02-30",
        "yesterday",
        "99:99",
    ] {
        let raw = Raw::written(ProtocolVersion::V16_1, |writer| {
            writer.text(contacts::BIRTHDAY, text);
        });
        assert!(Contact::from_raw(&raw).is_err(), "{text}");
    }
}
