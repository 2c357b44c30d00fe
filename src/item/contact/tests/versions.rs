//! Edits in cards of each version, and dates by the habits of phones.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::Field;
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::{Moment, Said};
use jiff::tz::TimeZone;

use super::support::{Phone, card, difference, text};

fn at(text: &str) -> Said<Moment> {
    Said::Value(Moment::parse(text).expect("a moment"))
}

#[test]
fn vcard_2_1_stays_vcard_2_1() {
    let card = "BEGIN:VCARD\r\nVERSION:2.1\r\n\
        N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;Eva\r\n\
        FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Eva M=FCller\r\n\
        TEL;HOME;VOICE:1\r\nTEL;CELL:2\r\nEND:VCARD\r\n";
    let phone = Phone::modern();
    let edited = phone.change(card, |contact| {
        contact.texts.insert(Field::FirstName, "Zoë; A=B".into());
        contact.texts.insert(Field::HomePhone, "3".into());
        contact.texts.insert(Field::Email1, "eva@example.org".into());
        contact.texts.insert(Field::BusinessStreet, "Hauptstraße 1\nHinterhaus".into());
        contact.body = Some(Body::whole(
            BodyType::Plain,
            "A note that is long enough to be broken, and has two lines of it:\r\nthat is the second = end ",
        ));
    });
    insta::assert_snapshot!(text(&edited));
    let seen = phone.see(text(&edited));
    assert_eq!(seen.text(Field::FirstName), Some("Zoë; A=B"));
    assert_eq!(seen.text(Field::LastName), Some("Müller"));
    assert_eq!(
        seen.text(Field::BusinessStreet),
        Some("Hauptstraße 1\nHinterhaus")
    );
    let note = seen.body.and_then(|body| body.data).expect("a note");
    assert!(
        note.ends_with("two lines of it:\r\nthat is the second = end"),
        "{note}"
    );
}

#[test]
fn vcard_4_0_gets_its_own_forms() {
    let card = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Eva Rot\r\nN;SORT-AS=\"Rot,Eva\":Rot;Eva;;;\r\n\
        TEL;VALUE=uri;PREF=1;TYPE=\"voice,home\":tel:+1-555-555-0101\r\n\
        ADR;LABEL=\"1 Road\\nTown\";TYPE=home:;;1 Road;Town;;1;X\r\nBDAY:--0412\r\nEND:VCARD\r\n";
    let phone = Phone::modern();
    let edited = phone.change(card, |contact| {
        contact
            .texts
            .insert(Field::HomePhone, "+1 555 555 0202".into());
        contact.texts.insert(Field::HomeCity, "City".into());
        contact.texts.insert(Field::Spouse, "Max".into());
        contact.texts.insert(Field::MobilePhone, "1".into());
        contact.birthday = at("1604-05-13T00:00:00Z");
        contact.anniversary = at("2010-06-12T00:00:00Z");
    });
    insta::assert_snapshot!(difference(card, text(&edited)).join("\n"));
}

#[test]
fn birthdays_come_at_the_hour_the_client_wants_and_go_as_dates() {
    let card = card(&["N:A;B;;;", "FN:B A", "BDAY:1985-04-12"]);
    for (device_type, agent, hour) in [
        ("iPhone", "Apple-iPhone12C1/2107.x", "00"),
        ("Android", "Android/9-EAS-2.0", "08"),
        ("BlackBerry", "RIM-Q10", "11"),
    ] {
        let phone = Phone {
            device_type,
            agent,
            ..Phone::modern()
        };
        let sent = format!("1985-04-12T{hour}:00:00.000Z");
        assert_eq!(phone.see(&card).birthday, at(&sent));
        for zone in [
            "Europe/Berlin",
            "America/New_York",
            "Pacific/Auckland",
            "Pacific/Kiritimati",
        ] {
            let zone = TimeZone::get(zone).expect("a zone");
            let phone = Phone {
                zone,
                ..Phone {
                    device_type,
                    agent,
                    ..Phone::modern()
                }
            };
            let edited = phone.change(&card, |_| {});
            assert!(!edited.changed);
        }
    }
    // Midnight at home, in UTC; noon; the day itself.
    for (zone, said, stored) in [
        ("Europe/Berlin", "1990-06-30T22:00:00Z", "1990-07-01"),
        ("America/New_York", "1990-07-01T04:00:00Z", "1990-07-01"),
        ("Pacific/Auckland", "1990-06-30T12:00:00Z", "1990-07-01"),
        ("Europe/Berlin", "1990-07-01T12:00:00Z", "1990-07-01"),
        ("Asia/Kathmandu", "1990-06-30T18:15:00Z", "1990-07-01"),
        ("Europe/Berlin", "19900701T000000Z", "1990-07-01"),
    ] {
        let zone = TimeZone::get(zone).expect("a zone");
        let phone = Phone {
            zone,
            ..Phone::modern()
        };
        let edited = phone.change(&card, |contact| contact.birthday = at(said));
        let line = format!("+BDAY:{stored}");
        assert_eq!(
            difference(&card, text(&edited)),
            ["-BDAY:1985-04-12", &line],
            "{said}"
        );
    }
}

#[test]
fn t21_dates_that_stand_for_none_take_it_away() {
    let card = card(&["N:A;B;;;", "FN:B A", "BDAY:1985-04-12"]);
    for said in [
        Said::Empty,
        at("1601-01-01T00:00:00Z"),
        at("4501-01-01T00:00:00Z"),
        Said::Nothing,
    ] {
        let edited = Phone::modern().change(&card, |contact| contact.birthday = said);
        assert_eq!(
            difference(&card, text(&edited)),
            ["-BDAY:1985-04-12"],
            "{said:?}"
        );
    }
}

#[test]
fn a_birthday_without_a_year_stays_without_one() {
    for line in [
        "BDAY;X-APPLE-OMIT-YEAR=1604;value=date:1604-02-29",
        "BDAY:--02-29",
        "BDAY:--0229",
        "BDAY;VALUE=date:1604-02-29",
    ] {
        let card = card(&["N:A;B;;;", "FN:B A", line]);
        let phone = Phone::iphone();
        assert_eq!(
            phone.see(&card).birthday,
            at("1604-02-29T00:00:00Z"),
            "{line}"
        );
        assert!(!phone.change(&card, |_| {}).changed, "{line}");
        let edited = phone.change(&card, |contact| {
            contact.birthday = at("1604-03-01T00:00:00Z")
        });
        assert_eq!(
            phone.see(text(&edited)).birthday,
            at("1604-03-01T00:00:00Z"),
            "{line}"
        );
        assert!(text(&edited).contains("X-APPLE-OMIT-YEAR=1604"), "{line}");
    }
}

#[test]
fn notes_in_2_5_and_cut_off() {
    let card = card(&["N:A;B;;;", "FN:B A", "NOTE:0123456789 and what is behind"]);
    let mut phone = Phone::new(ProtocolVersion::V12_1);
    phone.bodies.preferences[0].truncation_size = Some(10);
    let told = phone.render(&card).digest;
    let seen = phone.see(&card);
    let body = seen.body.clone().expect("a note");
    assert!(body.truncated && body.data.as_deref() == Some("0123456789"));
    // It comes back as it was told: nothing changes. With words before: the rest stays.
    let edited = phone.edit(&card, &seen, Some(&told)).expect("may be");
    assert!(!edited.changed);
    let mut said = seen.clone();
    said.body = Some(Body {
        truncated: true,
        ..Body::whole(BodyType::Plain, "New 0123456789")
    });
    let edited = phone.edit(&card, &said, Some(&told)).expect("may be");
    assert!(
        text(&edited).contains("NOTE:New 0123456789 and what is behind"),
        "{}",
        text(&edited)
    );
    let phone = Phone::new(ProtocolVersion::V2_5);
    let seen = phone.see(&card);
    assert_eq!(
        seen.body.and_then(|body| body.data).as_deref(),
        Some("0123456789 and what is behind")
    );
    for empty in ["", " ", "\r\n"] {
        let edited = phone.change(&card, |contact| {
            contact.body = Some(Body::whole(BodyType::Plain, empty));
        });
        assert_eq!(
            difference(&card, text(&edited)),
            ["-NOTE:0123456789 and what is behind"]
        );
    }
    // An HTML body becomes text, one in RTF says nothing.
    let phone = Phone::modern();
    let edited = phone.change(&card, |contact| {
        contact.body = Some(Body::whole(BodyType::Html, "<p>one</p><p>two</p>"));
    });
    assert!(text(&edited).contains("NOTE:one\\n"), "{}", text(&edited));
    let edited = phone.change(&card, |contact| {
        contact.body = Some(Body::whole(BodyType::Rtf, "AAAA"));
    });
    assert!(!edited.changed);
}

#[test]
fn rev_says_when() {
    for (line, after) in [
        ("REV:20200101T000000Z", "+REV:20261124T120000Z"),
        ("REV:2020-01-01T00:00:00Z", "+REV:2026-11-24T12:00:00Z"),
    ] {
        let card = card(&["N:A;B;;;", "FN:B A", line]);
        let edited = Phone::modern().change(&card, |contact| {
            contact.texts.insert(Field::JobTitle, "t".into());
        });
        let before = format!("-{line}");
        assert_eq!(
            difference(&card, text(&edited)),
            [before.as_str(), after, "+TITLE:t"]
        );
    }
}
