//! Names: FileAs and FN, phonetic names, companies, birthdays without a year, cards of 2.1 and 4.0.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::eas::{Moment, Said};
use airgate_codec::wbxml::contacts;

use super::{VERSIONS, assert_quiet, card, edit, phone_of, seen, set, status_of};
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Profile, object_added};
use crate::support::touched::touched;

#[tokio::test]
async fn file_as_is_the_usual_unless_somebody_wished_another() {
    let world = super::world(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let cards: [(&str, &[&str], &str); 5] = [
        ("usual", &["FN:Ada Byron", "N:Byron;Ada;;;"], "Byron, Ada"),
        ("last", &["FN:Nagy Anna", "N:Nagy;Anna;;;"], "Nagy Anna"),
        (
            "wished",
            &["FN:The Countess", "N:King;Ada;;;"],
            "The Countess",
        ),
        (
            "firm",
            &["FN:Engines Ltd", "N:;;;;", "ORG:Engines Ltd"],
            "Engines Ltd",
        ),
        (
            "mail",
            &["FN:x@y.example", "N:;;;;", "EMAIL:x@y.example"],
            "x@y.example",
        ),
    ];
    for version in VERSIONS {
        for (name, lines, _) in &cards {
            other
                .put(&format!("{place}{name}.vcf"), &card(name, lines))
                .await;
        }
        let (mut phone, book) = phone_of(&world, Profile::ios(), version).await;
        let mut expected: Vec<&str> = cards.iter().map(|(_, _, shown)| *shown).collect();
        expected.sort_unstable();
        assert_eq!(
            phone.values(&book, contacts::FILE_AS),
            expected,
            "{version}"
        );

        // The phone makes it up in its own way, which is nobody's wish.
        let path = format!("{place}usual.vcf");
        let before = other.get(&path).await.expect("there");
        let id = phone.object(&book, contacts::FILE_AS, "Byron, Ada");
        let made_up = edit(&mut phone, &book, &id, |contact| {
            set(contact, Field::FileAs, "Ada Byron");
            set(contact, Field::JobTitle, "Clerk");
        });
        assert_eq!(made_up.await, 1);
        let after = other.get(&path).await.expect("there");
        let (gone, came) = touched(&before, &after);
        assert!(
            gone.is_empty() && came == ["TITLE:Clerk"],
            "{gone:?} {came:?}"
        );
        phone.sync_all(&book).await;
        // A name of its own is one.
        let wish = edit(&mut phone, &book, &id, |contact| {
            set(contact, Field::FileAs, "Enchantress of Numbers");
        });
        assert_eq!(wish.await, 1);
        let now = other.get(&path).await.expect("there");
        let (gone, came) = touched(&after, &now);
        assert_eq!(gone, ["FN:Ada Byron"], "{version}");
        assert_eq!(came, ["FN:Enchantress of Numbers"], "{version}");
        assert_quiet(&mut phone, &book).await;
        // Whoever is known by a name of their own keeps it when they marry.
        let id = phone.object(&book, contacts::FILE_AS, "The Countess");
        let married = edit(&mut phone, &book, &id, |contact| {
            set(contact, Field::LastName, "Lovelace");
        });
        assert_eq!(married.await, 1);
        let now = other
            .get(&format!("{place}wished.vcf"))
            .await
            .expect("there");
        assert!(now.contains("FN:The Countess"), "{now}");
        assert!(now.contains("N:Lovelace;Ada;;;"), "{now}");
        phone.sync_all(&book).await;
        assert_quiet(&mut phone, &book).await;
    }
}

#[tokio::test]
async fn a_new_contact_is_a_card_with_all_that_was_said() {
    for (kind, versions) in [
        (DavKind::Radicale, VERSIONS.as_slice()),
        (DavKind::Cyrus, &[ProtocolVersion::V16_1]),
    ] {
        let world = super::world(kind).await;
        let other = world.dav_client();
        let place = world.dav().contacts(&world.alice);
        for version in versions {
            let (mut phone, book) = phone_of(&world, Profile::ios(), *version).await;
            let at = |text: &str| Said::Value(Moment::parse(text).expect("a moment"));
            let mut new = Contact {
                birthday: at("1604-02-29T00:00:00Z"),
                anniversary: at("1998-05-01T00:00:00Z"),
                categories: Some(vec!["Friends".to_owned(), "Tea, cake".to_owned()]),
                children: Some(vec!["Max".to_owned()]),
                ..Contact::default()
            };
            for (field, text) in [
                (Field::LastName, "Yamada"),
                (Field::FirstName, "Taro"),
                (Field::YomiLastName, "yamada"),
                (Field::YomiFirstName, "taro"),
                (Field::YomiCompanyName, "kaisha"),
                (Field::CompanyName, "Kaisha; Ltd"),
                (Field::Department, "R&D"),
                (Field::Email1, "\"Taro\" <taro@example.jp>"),
                (Field::Im1, "taro-im"),
                (Field::HomeStreet, "1 Road\nFlat 2"),
                (Field::HomeCity, "Osaka"),
                (Field::MobilePhone, "+81 90"),
                (Field::CompanyMainPhone, "+81 6"),
                (Field::Spouse, "Hanako"),
                (Field::NickName, "Tak"),
            ] {
                set(&mut new, field, text);
            }
            let before = other.list(&place).await;
            let add = object_added("c1", new.to_raw(*version));
            let response = phone.do_in(&book, vec![add]).await;
            assert_eq!(status_of(&response), 1, "{response:?}");
            assert_quiet(&mut phone, &book).await;
            let after = other.list(&place).await;
            let path = after.iter().find(|path| !before.contains(path));
            let path = path.expect("a new one").clone();
            let text = other.get(&path).await.expect("there").replace("\r\n ", "");
            for line in [
                "N:Yamada;Taro;;;",
                "X-PHONETIC-LAST-NAME:yamada",
                "ORG:Kaisha\\; Ltd;R&D",
                "taro@example.jp",
                "1604-02-29",
                "X-ANNIVERSARY:1998-05-01",
                "1 Road\\nFlat 2;Osaka",
                "Tea\\, cake",
                "X-SPOUSE:Hanako",
            ] {
                assert!(text.contains(line), "{kind:?} {version} {line}: {text}");
            }
            // Another phone sees the same.
            let (second, _) = phone_of(&world, Profile::gmail(), *version).await;
            let id = second.object(&book, contacts::LAST_NAME, "Yamada");
            let shown = seen(&second, &book, &id);
            for (field, text) in &new.texts {
                let text = match field {
                    Field::Email1 => "taro@example.jp",
                    _ => text,
                };
                assert_eq!(shown.text(*field), Some(text), "{version} {field:?}");
            }
            assert_eq!(shown.birthday, new.birthday);
            assert_eq!(shown.anniversary, new.anniversary);
            assert_eq!(shown.children, new.children);
            other.delete(&path).await;
        }
    }
}

/// Cards in the words of other times: they stay in them.
#[tokio::test]
async fn s12_cards_of_2_1_and_4_0_stay_what_they_are() {
    let world = super::world(DavKind::Xandikos).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let four = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:four\r\nKIND:individual\r\nFN:Ada Byron\r\n\
        N;SORT-AS=\"Byron,Ada\":Byron;Ada;;;\r\nBDAY:--1210\r\nANNIVERSARY:18350708\r\n\
        EMAIL;PREF=2;PID=1.1:two@example.org\r\nEMAIL;PREF=1;PID=2.1:one@example.org\r\n\
        TEL;VALUE=uri;TYPE=cell:tel:+44-7700\r\nTITLE;ALTID=1;LANGUAGE=en:Clerk\r\n\
        TITLE;ALTID=1;LANGUAGE=fr:Commis\r\nCLIENTPIDMAP:1;urn:uuid:53e374d9\r\nEND:VCARD\r\n";
    let two = "BEGIN:VCARD\r\nVERSION:2.1\r\nUID:two\r\nN:Byron;Ada\r\nFN:Ada Byron\r\n\
        TITLE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Cl=C3=A9rk\r\nTEL;CELL:+44 1\r\n\
        X-ODD;FOO:bar\r\nEND:VCARD\r\n";
    for (name, text, title) in [("four", four, "Clerk"), ("two", two, "Cl\u{e9}rk")] {
        let path = format!("{place}{name}.vcf");
        let reply = other
            .request("PUT", &path, &[("Content-Type", "text/vcard")], text)
            .await;
        if reply.status >= 300 {
            // This server takes no such cards; the fixtures are what shows them.
            continue;
        }
        for version in VERSIONS {
            let (mut phone, book) = phone_of(&world, Profile::ios(), version).await;
            let id = phone.object(&book, contacts::JOB_TITLE, title);
            let before = other.get(&path).await.expect("there");
            let done = edit(&mut phone, &book, &id, |contact| {
                set(contact, Field::JobTitle, "Queen");
            });
            assert_eq!(done.await, 1);
            let after = other.get(&path).await.expect("there");
            let (gone, came) = touched(&before, &after);
            assert_eq!((gone.len(), came.len()), (1, 1), "{gone:?} {came:?}");
            assert!(came[0].starts_with("TITLE") && came[0].ends_with(":Queen"));
            phone.sync_all(&book).await;
            assert_quiet(&mut phone, &book).await;
            other.put(&path, text).await;
        }
        other.delete(&path).await;
    }
}
