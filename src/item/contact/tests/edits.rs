//! Changes of phones in cards: what changes, and that nothing else does.

use airgate_codec::eas::contacts::Field;
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::{Moment, Said};

use super::support::{Phone, card, difference, of, text};
use crate::item::object::Supported;

fn set(field: Field, value: &str) -> impl Fn(&mut airgate_codec::eas::contacts::Contact) + use<> {
    let value = value.to_owned();
    move |contact| {
        contact.texts.insert(field, value.clone());
    }
}

/// A card as the address book of macOS writes it.
fn apple() -> String {
    card(&[
        "PRODID:-//Apple Inc.//macOS 14.4//EN",
        "N:Appleseed;John;Q.;Dr.;Jr.",
        "FN:Dr. John Q. Appleseed Jr.",
        "NICKNAME:Johnny,Jack",
        "ORG:Apple;Orchards;Trees",
        "EMAIL;type=INTERNET;type=HOME;type=pref:john@example.org",
        "item1.EMAIL;type=INTERNET:seed@example.net",
        "item1.X-ABLabel:Summer house",
        "EMAIL;type=INTERNET;type=WORK:j@work.example",
        "EMAIL;type=INTERNET;type=WORK:fourth@work.example",
        "TEL;type=CELL;type=VOICE;type=pref:+1 555 0100",
        "TEL;type=IPHONE;type=CELL;type=VOICE:+1 555 0101",
        "TEL;type=HOME;type=VOICE:+1 555 0102",
        "item2.ADR;type=HOME;type=pref:;;1 Orchard Lane\\nBarn 2;Fort Wayne;IN;46808",
        " ;USA",
        "item2.X-ABADR:us",
        "item3.URL;type=pref:http\\://example.org/john",
        "item3.X-ABLabel:_$!<HomePage>!$_",
        "BDAY;X-APPLE-OMIT-YEAR=1604;value=date:1604-09-26",
        "item4.X-ABDATE;type=pref:2009-08-08",
        "item4.X-ABLabel:_$!<Anniversary>!$_",
        "item5.X-ABRELATEDNAMES;type=pref:Mary",
        "item5.X-ABLabel:_$!<Spouse>!$_",
        "X-SOCIALPROFILE;type=twitter:http://twitter.com/x",
        "NOTE:plants\\, trees",
        "CATEGORIES:Friends,Garden",
        "UID:1234",
    ])
}

#[test]
fn every_property_is_seen() {
    let contact = Phone::modern().see(&apple());
    for (field, value) in [
        (Field::LastName, "Appleseed"),
        (Field::FirstName, "John"),
        (Field::MiddleName, "Q."),
        (Field::Title, "Dr."),
        (Field::Suffix, "Jr."),
        (Field::FileAs, "Appleseed, John Q."),
        (Field::NickName, "Johnny"),
        (Field::CompanyName, "Apple"),
        (Field::Department, "Orchards"),
        (Field::Email1, "john@example.org"),
        (Field::Email2, "seed@example.net"),
        (Field::Email3, "j@work.example"),
        (Field::MobilePhone, "+1 555 0100"),
        (Field::HomePhone, "+1 555 0101"),
        (Field::HomePhone2, "+1 555 0102"),
        (Field::HomeStreet, "1 Orchard Lane\nBarn 2"),
        (Field::HomePostalCode, "46808"),
        (Field::HomeCountry, "USA"),
        (Field::WebPage, "http://example.org/john"),
        (Field::Spouse, "Mary"),
    ] {
        assert_eq!(contact.text(field), Some(value), "{field:?}");
    }
    let at = |text| Said::Value(Moment::parse(text).expect("a moment"));
    assert_eq!(contact.birthday, at("1604-09-26T00:00:00.000Z"));
    assert_eq!(contact.anniversary, at("2009-08-08T00:00:00.000Z"));
    let list = ["Friends".to_owned(), "Garden".to_owned()];
    assert_eq!(contact.categories.as_deref(), Some(&list[..]));
    let body = contact.body.expect("a note");
    assert_eq!(body.data.as_deref(), Some("plants, trees"));
}

#[test]
fn s12_a_phone_that_returns_what_it_saw_changes_no_octet() {
    for phone in [Phone::modern(), Phone::iphone()] {
        let edited = phone.change(&apple(), |_| {});
        assert_eq!(difference(&apple(), text(&edited)), [""; 0]);
        assert!(!edited.changed && !edited.lost);
        assert_eq!(edited.holds, phone.render(&apple()).digest);
    }
}

#[test]
fn s12_an_edit_touches_its_own_line() {
    let phone = Phone::modern();
    for (field, value, expected) in [
        (
            Field::Email2,
            "\"John A.\" <new@example.net>",
            vec![
                "-item1.EMAIL;type=INTERNET:seed@example.net",
                "+item1.EMAIL;type=INTERNET:new@example.net",
            ],
        ),
        (
            Field::HomeCity,
            "Mansfield",
            vec![
                "-item2.ADR;type=HOME;type=pref:;;1 Orchard Lane\\nBarn 2;Fort Wayne;IN;46808",
                "- ;USA",
                "+item2.ADR;type=HOME;type=pref:;;1 Orchard Lane\\nBarn 2;Mansfield;IN;46808;U",
                "+ SA",
            ],
        ),
        (
            Field::NickName,
            "Joe",
            vec!["-NICKNAME:Johnny,Jack", "+NICKNAME:Joe,Jack"],
        ),
        (
            Field::Department,
            "Cider",
            vec!["-ORG:Apple;Orchards;Trees", "+ORG:Apple;Cider;Trees"],
        ),
        (
            Field::Spouse,
            "",
            vec![
                "-item5.X-ABRELATEDNAMES;type=pref:Mary",
                "-item5.X-ABLabel:_$!<Spouse>!$_",
            ],
        ),
        (
            Field::LastName,
            "Smith",
            vec![
                "-N:Appleseed;John;Q.;Dr.;Jr.",
                "-FN:Dr. John Q. Appleseed Jr.",
                "+N:Smith;John;Q.;Dr.;Jr.",
                "+FN:Dr. John Q. Smith Jr.",
            ],
        ),
        (
            Field::HomeFax,
            "+1 555 0199",
            vec!["+TEL;TYPE=HOME;TYPE=FAX:+1 555 0199"],
        ),
        (
            Field::ManagerName,
            "Ann",
            vec![
                "+item6.X-ABRELATEDNAMES:Ann",
                "+item6.X-ABLabel:_$!<Manager>!$_",
            ],
        ),
    ] {
        let edited = phone.change(&apple(), set(field, value));
        assert_eq!(difference(&apple(), text(&edited)), expected, "{field:?}");
    }
}

#[test]
fn s12_slots_that_close_up_keep_their_lines() {
    // Android puts what was in the second slot into the first.
    let edited = Phone::modern().change(&apple(), |contact| {
        contact
            .texts
            .insert(Field::Email1, "seed@example.net".into());
        contact.texts.insert(Field::Email2, "j@work.example".into());
        contact.texts.remove(&Field::Email3);
    });
    assert_eq!(
        difference(&apple(), text(&edited)),
        ["-EMAIL;type=INTERNET;type=HOME;type=pref:john@example.org"]
    );
}

#[test]
fn s13_lines_that_others_moved_are_found_again() {
    let phone = Phone::modern();
    let told = card(&[
        "N:A;B;;;",
        "FN:B A",
        "EMAIL:a@x.org",
        "EMAIL;TYPE=WORK:b@x.org",
    ]);
    let now = card(&[
        "N:A;B;;;",
        "FN:B A",
        "EMAIL;TYPE=PREF:new@x.org",
        "EMAIL;TYPE=WORK:b@x.org",
    ]);
    let edited = phone.change_told(&told, &now, set(Field::Email2, "c@x.org"));
    assert_eq!(
        difference(&now, text(&edited)),
        ["-EMAIL;TYPE=WORK:b@x.org", "+EMAIL;TYPE=WORK:c@x.org"]
    );
    assert!(!edited.lost);
    // What the phone adds stands beside what others added.
    let told = card(&["N:A;B;;;", "FN:B A", "EMAIL:a@x.org"]);
    let now = card(&["N:A;B;;;", "FN:B A", "EMAIL:z@x.org", "EMAIL:a@x.org"]);
    let edited = phone.change_told(&told, &now, set(Field::Email2, "c@x.org"));
    assert_eq!(
        difference(&now, text(&edited)),
        ["+EMAIL;TYPE=INTERNET:c@x.org"]
    );
    assert!(!edited.lost);
}

#[test]
fn s13_both_changed_the_same() {
    let told = card(&["N:A;B;;;", "FN:B A", "TITLE:one"]);
    let now = card(&["N:A;B;;;", "FN:B A", "TITLE:two"]);
    let edited = Phone::modern().change_told(&told, &now, set(Field::JobTitle, "three"));
    assert!(edited.lost && !edited.changed);
    let phone = Phone {
        client_wins: true,
        ..Phone::modern()
    };
    let edited = phone.change_told(&told, &now, set(Field::JobTitle, "three"));
    assert!(!edited.lost);
    assert_eq!(
        difference(&now, text(&edited)),
        ["-TITLE:two", "+TITLE:three"]
    );
}

#[test]
fn what_a_phone_leaves_out_goes_if_it_manages_it() {
    let card = card(&[
        "N:A;B;;;",
        "FN:B A",
        "TITLE:one",
        "NOTE:keep",
        "CATEGORIES:c",
    ]);
    let without = |contact: &mut airgate_codec::eas::contacts::Contact| {
        contact.texts.remove(&Field::JobTitle);
        contact.categories = None;
    };
    let edited = Phone::modern().change(&card, without);
    assert_eq!(
        difference(&card, text(&edited)),
        ["-TITLE:one", "-CATEGORIES:c"]
    );
    let tag = Field::JobTitle.tag();
    for (supported, expected) in [
        (Supported::Nothing, vec![]),
        (
            Supported::These(vec![(tag.page, tag.token)]),
            vec!["-TITLE:one"],
        ),
    ] {
        let phone = Phone {
            supported,
            ..Phone::modern()
        };
        let edited = phone.change(&card, without);
        assert_eq!(difference(&card, text(&edited)), expected);
    }
    // Without memory of what it was told, nothing goes by omission.
    let edited = Phone::modern().edit(
        &card,
        &of(&[(Field::LastName, "A"), (Field::FirstName, "B")]),
        None,
    );
    assert!(!edited.expect("a change").changed);
}

#[test]
fn a_new_contact_is_a_card() {
    let mut contact = of(&[
        (Field::LastName, "Ørsted"),
        (Field::FirstName, "Hans, Christian"),
        (Field::FileAs, "Ørsted, Hans, Christian"),
        (Field::Email1, "\"HCØ\" <hc@example.dk>"),
        (Field::Im1, "hc@chat.example.dk"),
        (Field::BusinessPhone, "1"),
        (Field::MobilePhone, "2"),
        (Field::BusinessStreet, "Nørregade 10\r\n2. sal"),
        (Field::BusinessCity, "København; K"),
        (Field::WebPage, "https://example.dk/?a=1,2;3"),
        (Field::Spouse, "Inger"),
    ]);
    contact.birthday = Said::Value(Moment::parse("1777-08-14T00:00:00Z").expect("a moment"));
    contact.body = Some(Body::whole(BodyType::Plain, "found\r\nelectromagnetism"));
    contact.categories = Some(vec!["Physics".into()]);
    contact.children = Some(vec!["Karen".into(), "Anders".into()]);
    let phone = Phone::modern();
    let created = phone.create(&contact).expect("a card");
    let text = String::from_utf8(created.text).expect("text");
    insta::assert_snapshot!(text);
    assert_eq!(phone.render(&text).digest, created.holds);
}

#[test]
fn s12_s6_a_file_as_of_before_is_told_anew_and_never_becomes_the_name() {
    let card = card(&["N:Smith;John;;;", "FN:John Smith"]);
    let mut phone = Phone::modern();
    let married = phone.change(&card, set(Field::LastName, "Miller"));
    let truth = phone.render(text(&married)).digest;
    assert_ne!(married.holds, truth, "it still says Smith, John");
    // Before it was told, it says the same again beside something else.
    let mut contact = phone.see(text(&married));
    contact.texts.insert(Field::FileAs, "Smith, John".into());
    contact.texts.insert(Field::JobTitle, "Clerk".into());
    let again = phone.edit(text(&married), &contact, Some(&married.holds));
    let again = again.expect("may be");
    assert_eq!(difference(text(&married), text(&again)), ["+TITLE:Clerk"]);
    // One that made up the new one by itself is told nothing.
    let made_up = phone.change(&card, |contact| {
        contact.texts.insert(Field::LastName, "Miller".into());
        contact.texts.insert(Field::FileAs, "Miller, John".into());
    });
    assert_eq!(made_up.holds, phone.render(text(&made_up)).digest);
    // Nor is one that says nothing of it left with the old one.
    phone.supported = Supported::Nothing;
    let silent = phone.change(&card, |contact| {
        contact.texts.remove(&Field::FileAs);
        contact.texts.insert(Field::LastName, "Miller".into());
    });
    assert_ne!(silent.holds, phone.render(text(&silent)).digest);
}

#[test]
fn file_as_is_nobodys_wish_unless_it_is() {
    let usual = card(&["N:Smith;John;;;", "FN:John Smith"]);
    let phone = Phone::modern();
    assert_eq!(phone.see(&usual).text(Field::FileAs), Some("Smith, John"));
    // Each phone has its own way to make it up.
    for made_up in ["John Smith", "Smith John", "Smith, John"] {
        let edited = phone.change(&usual, set(Field::FileAs, made_up));
        assert!(!edited.changed, "{made_up}");
        assert_eq!(edited.holds, phone.render(&usual).digest, "{made_up}");
    }
    let edited = phone.change(&usual, set(Field::FileAs, "The boss"));
    assert_eq!(
        difference(&usual, text(&edited)),
        ["-FN:John Smith", "+FN:The boss"]
    );
    assert_eq!(
        phone.see(text(&edited)).text(Field::FileAs),
        Some("The boss")
    );
    let back = phone.change(text(&edited), set(Field::FileAs, "Smith, John"));
    assert_eq!(text(&back), usual);
    // An old FileAs beside new names is no wish either.
    let edited = phone.change(&usual, set(Field::LastName, "Miller"));
    assert_eq!(
        phone.see(text(&edited)).text(Field::FileAs),
        Some("Miller, John")
    );
    let company = card(&["N:;;;;", "FN:Acme", "ORG:Acme", "X-ABShowAs:COMPANY"]);
    assert_eq!(phone.see(&company).text(Field::FileAs), Some("Acme"));
    assert_eq!(phone.see(&company).text(Field::LastName), None);
    let edited = phone.change(&company, set(Field::CompanyName, "Ajax"));
    assert_eq!(
        difference(&company, text(&edited)),
        ["-FN:Acme", "-ORG:Acme", "+FN:Ajax", "+ORG:Ajax"]
    );
}
