//! Bodies as phones ask for them, on real servers: S/MIME byte for byte, parts without history,
//! what is in a winmail.dat, and the statuses of what cannot be asked for.

use std::fs;
use std::path::Path;
use std::process::Command;

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::eas::item_operations::{
    self, Content, Fetch, FetchOptions, Outcome, Properties, Store,
};
use airgate_codec::eas::sync::{self, ItemData};
use airgate_codec::eas::{BodyPreference, Range, status};

use crate::stories::{Setup, on_every_server, on_servers};
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

const VERSIONS: [V; 3] = [V::V12_1, V::V14_1, V::V16_1];

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/mail/{name}.eml"));
    fs::read(path).unwrap()
}

fn asks(version: V, bodies: &[BodyPreference], mime_support: u8) -> Profile {
    Profile {
        mime_support,
        ..Profile::blackberry()
    }
    .keeps_all()
    .speaking(version)
    .bodies(bodies)
    .called(&format!("{version}MIME{mime_support}").replace('.', ""))
}

fn cut(kind: BodyType, size: u32) -> BodyPreference {
    BodyPreference {
        truncation_size: Some(size),
        ..BodyPreference::of(kind)
    }
}

fn held(phone: &Phone, subject: &str) -> Email {
    phone.held("INBOX").items[&phone.item("INBOX", subject)].clone()
}

/// What openssl says to a signed message: everything but who signed it.
fn assert_verifies(mail: &[u8], name: &str) {
    let file = std::env::temp_dir().join(format!("airgate-{}-{name}.eml", std::process::id()));
    fs::write(&file, mail).unwrap();
    let checked = Command::new("openssl")
        .args(["cms", "-verify", "-noverify", "-inform", "SMIME", "-in"])
        .arg(&file)
        .output()
        .expect("openssl");
    fs::remove_file(&file).unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{name}: {said}");
}

fn fetch(phone: &Phone, subject: &str, options: FetchOptions) -> Fetch {
    Fetch {
        store: Some(Store::Mailbox),
        collection_id: Some(phone.id("INBOX")),
        server_id: Some(phone.item("INBOX", subject)),
        options,
        ..Fetch::default()
    }
}

/// Signed and encrypted mails reach every phone that takes S/MIME as the octets they are, also one
/// that lists no Type 4; the others get something to read.
async fn smime_is_passed_byte_for_byte(setup: Setup) {
    let mails = [
        (
            "Vertrag",
            "smime-signed-real",
            "IPM.Note.SMIME.MultipartSigned",
            true,
        ),
        (
            "Old client",
            "smime-signed-x-pkcs7",
            "IPM.Note.SMIME.MultipartSigned",
            true,
        ),
        ("Opaque", "smime-opaque", "IPM.Note.SMIME", true),
        ("Geheim", "smime-encrypted-real", "IPM.Note.SMIME", false),
    ];
    let world = setup
        .world_with(|settings| settings.argument("--allow-2.5"))
        .await;
    for (_, name, ..) in mails {
        world.deliver("INBOX", &fixture(name)).await;
    }
    let plain = [BodyPreference::of(BodyType::Plain)];
    let both = [cut(BodyType::Html, 500), BodyPreference::of(BodyType::Mime)];
    for (version, bodies, mime_support) in [
        (V::V2_5, &[][..], 1),
        (V::V12_1, &both[..], 1),
        (V::V14_1, &plain[..], 1),
        (V::V16_1, &both[..], 2),
    ] {
        let mut phone = world.phone(asks(version, bodies, mime_support)).await;
        phone.sync_all("INBOX").await;
        for (subject, name, class, signed) in mails {
            let what = format!("{name} to {version}");
            let email = held(&phone, subject);
            assert_eq!(email.message_class.as_deref(), Some(class), "{what}");
            let body = email.body.unwrap();
            assert_eq!(
                (body.kind, body.truncated),
                (BodyType::Mime, false),
                "{what}"
            );
            let data = body.data.unwrap().into_bytes();
            assert_eq!(data, fixture(name), "{what}");
            if signed {
                assert_verifies(&data, name);
            }
            if version < V::V12_0 {
                continue;
            }
            for multipart in [false, true] {
                let options = FetchOptions {
                    mime_support: Some(1),
                    body_preferences: vec![BodyPreference::of(BodyType::Mime)],
                    ..FetchOptions::default()
                };
                let asked = fetch(&phone, subject, options);
                let (response, answer) = phone.item_operations(vec![asked], multipart).await;
                let Some(Outcome::Fetch {
                    properties: Some(Properties::Item(ItemData::Email(email))),
                    ..
                }) = response.outcomes.into_iter().next()
                else {
                    panic!("{what}");
                };
                let body = email.body.unwrap();
                let data = match body.part {
                    Some(part) => answer.parts[part as usize - 1].to_vec(),
                    None => body.data.unwrap().into_bytes(),
                };
                assert_eq!(data, fixture(name), "{what}, fetched");
            }
        }
        assert_eq!(phone.surprises(), [""; 0]);
    }
    for version in VERSIONS {
        let mut phone = world.phone(asks(version, &plain, 0)).await;
        phone.sync_all("INBOX").await;
        for (subject, words) in [
            ("Vertrag", "Der Vertrag ist gültig."),
            ("Opaque", "This message is signed (S/MIME)"),
            ("Geheim", "This message is encrypted (S/MIME)"),
        ] {
            let email = held(&phone, subject);
            let text = email.body.and_then(|body| body.data).unwrap_or_default();
            assert!(text.contains(words), "{subject} to {version}: {text}");
            assert!(!email.attachments.is_empty(), "{subject} to {version}");
        }
    }
}

/// What is in a winmail.dat comes as attachments that can be fetched; Outlook opens it itself.
async fn winmail_dat_is_opened(setup: Setup) {
    let world = setup.world().await;
    for name in [
        "winmail-attachments",
        "winmail-only-html",
        "winmail-message",
    ] {
        world.deliver("INBOX", &fixture(name)).await;
    }
    let html = [BodyPreference::of(BodyType::Html)];
    for version in VERSIONS {
        let mut phone = world.phone(asks(version, &html, 0)).await;
        phone.sync_all("INBOX").await;
        let files = |email: &Email| {
            let names = email.attachments.iter();
            names
                .map(|file| (file.display_name.clone(), file.method))
                .collect::<Vec<_>>()
        };
        let mail = held(&phone, "Quartalszahlen");
        let names = [
            ("Zahlen 2025 – Übersicht.xlsx".to_owned(), 1),
            ("Bericht.pdf".to_owned(), 1),
        ];
        assert_eq!(files(&mail), names, "{version}");
        let report = mail.attachments[1].file_reference.clone();
        for multipart in [false, true] {
            let octets = phone.fetch_attachment(&report, multipart).await;
            assert!(octets.starts_with(b"%PDF-1.4"), "{version}: {octets:?}");
            assert_eq!(octets.len() as u64, mail.attachments[1].estimated_size);
        }
        let ranged = Fetch {
            store: Some(Store::Mailbox),
            file_reference: Some(report.clone()),
            options: FetchOptions {
                range: Some(Ok(Range { first: 1, last: 3 })),
                ..FetchOptions::default()
            },
            ..Fetch::default()
        };
        let (response, _) = phone.item_operations(vec![ranged], false).await;
        let Some(Outcome::Fetch {
            properties: Some(Properties::Attachment(part)),
            ..
        }) = response.outcomes.into_iter().next()
        else {
            panic!("no range");
        };
        assert_eq!(
            part.content,
            Some(Content::Data(b"PDF".to_vec())),
            "{version}"
        );
        // Only the container has a body.
        let mail = held(&phone, "Nur TNEF");
        let body = mail.body.unwrap();
        assert!(body.data.unwrap().contains("<b>heute</b>"), "{version}");
        assert!(mail.attachments[0].is_inline, "{version}");
        // A message object becomes a mail.
        let mail = held(&phone, "WG: Altes Angebot");
        assert_eq!(files(&mail), [("Altes Angebot.eml".to_owned(), 5)]);
        let inner = phone
            .fetch_attachment(&mail.attachments[0].file_reference, false)
            .await;
        let inner = String::from_utf8(inner).unwrap();
        for words in [
            "From: \"Cleo Example\" <cleo@example.net>\r\n",
            "Subject: Altes Angebot\r\n",
            "filename*=utf-8''Angebot.pdf\r\n",
            "Das Angebot gilt bis M=C3=A4rz.",
        ] {
            assert!(inner.contains(words), "{words} in {inner}");
        }
        // Numbers beyond what is there lead nowhere.
        let nowhere = Fetch {
            store: Some(Store::Mailbox),
            file_reference: Some(report.replace("t2", "t9")),
            ..Fetch::default()
        };
        let (response, _) = phone.item_operations(vec![nowhere], false).await;
        assert_eq!(
            first_status(&response),
            item_operations::status::INVALID_ATTACHMENT
        );
        assert_eq!(phone.surprises(), [""; 0]);
    }
    let mut outlook = world.phone(Profile::outlook()).await;
    outlook.sync_all("INBOX").await;
    let mail = held(&outlook, "Quartalszahlen");
    assert_eq!(mail.attachments.len(), 1);
    assert_eq!(mail.attachments[0].display_name, "winmail.dat");
    let octets = outlook
        .fetch_attachment(&mail.attachments[0].file_reference, false)
        .await;
    assert!(octets.starts_with(b"\x78\x9F\x3E\x22"));
}

fn first_status(response: &item_operations::Response) -> u16 {
    match response.outcomes.first() {
        Some(Outcome::Fetch { head, .. }) => head.status,
        other => panic!("{other:?}"),
    }
}

async fn sync_asking(phone: &mut Phone, change: impl Fn(&mut sync::Options)) -> sync::Response {
    phone.sync("INBOX").await;
    let mut collection = phone.collection("INBOX");
    for options in collection.options.iter_mut().flatten() {
        change(options);
    }
    phone.sync_collections(vec![collection]).await
}

fn sync_status(response: &sync::Response) -> u16 {
    let collection = response.collections.first();
    response
        .status
        .or_else(|| collection.map(|collection| collection.head.status))
        .unwrap_or(1)
}

#[tokio::test]
async fn what_cannot_be_asked_for_has_its_status() {
    let world = World::start(crate::support::backend::Kind::Dovecot).await;
    world.deliver("INBOX", &fixture("gmail-reply")).await;
    let html = BodyPreference::of(BodyType::Html);
    let plain = BodyPreference::of(BodyType::Plain);
    for version in VERSIONS {
        let profile = asks(version, &[html], 0);
        let mut phone = world
            .phone(profile.clone().called(&format!("A{version}")))
            .await;
        let twice = sync_asking(&mut phone, |options| {
            options.body_preferences = vec![html, plain, html];
        })
        .await;
        assert_eq!(
            sync_status(&twice),
            sync::status::PROTOCOL_ERROR,
            "{version}"
        );
        let mut phone = world.phone(profile.called(&format!("B{version}"))).await;
        phone.sync_all("INBOX").await;
        let asking = |bodies: Vec<BodyPreference>, parts: Vec<BodyPreference>| FetchOptions {
            body_preferences: bodies,
            body_part_preferences: parts,
            ..FetchOptions::default()
        };
        let twice = fetch(&phone, "Re: Tea", asking(vec![html, html], vec![]));
        let (response, _) = phone.item_operations(vec![twice], false).await;
        let error = item_operations::status::PROTOCOL_ERROR;
        assert_eq!(first_status(&response), error, "{version}");
        if version < V::V14_1 {
            continue;
        }
        let part = fetch(&phone, "Re: Tea", asking(vec![html], vec![plain]));
        let (response, _) = phone.item_operations(vec![part], false).await;
        let error = status::BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED;
        assert_eq!(first_status(&response), error, "{version}");
        let mut phone = world
            .phone(asks(version, &[html], 0).called(&format!("C{version}")))
            .await;
        let part = sync_asking(&mut phone, |options| {
            options.body_part_preferences = vec![plain];
        })
        .await;
        assert_eq!(sync_status(&part), error, "{version}");
    }
}

#[tokio::test]
async fn a_body_part_leaves_the_history_out_or_says_that_there_is_too_much() {
    let world = World::start(crate::support::backend::Kind::Dovecot).await;
    world.deliver("INBOX", &fixture("gmail-reply")).await;
    let large = format!(
        "From: ann@example.com\r\nTo: alice@example.com\r\nSubject: large\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/html\r\n\r\n{}",
        "<p>words and words and words and words and words</p>\r\n".repeat(25_000)
    );
    world.deliver("INBOX", large.as_bytes()).await;
    for version in [V::V14_1, V::V16_1] {
        let preview = BodyPreference {
            preview: Some(50),
            ..BodyPreference::of(BodyType::Html)
        };
        let mut phone = world
            .phone(asks(version, &[cut(BodyType::Html, 500)], 0))
            .await;
        sync_asking(&mut phone, |options| {
            options.body_part_preferences = vec![preview];
        })
        .await;
        let part = held(&phone, "Re: Tea").body_part.unwrap();
        let data = part.body.data.unwrap();
        assert!(!part.too_large && !part.body.truncated, "{version}");
        assert!(
            data.contains("Yes, at five.") && !data.contains("Shall we"),
            "{data}"
        );
        assert!(part.body.preview.is_some(), "{version}");
        let large = held(&phone, "large");
        let part = large.body_part.unwrap();
        assert!(part.too_large && part.body.data.is_none(), "{version}");
        assert!(part.body.truncated && part.body.estimated_size > 1 << 20);
        // The phone falls back to the Body.
        assert!(large.body.and_then(|body| body.data).is_some());
        // In a fetch of the one message there is room for it.
        let options = FetchOptions {
            body_part_preferences: vec![BodyPreference::of(BodyType::Html)],
            ..FetchOptions::default()
        };
        for multipart in [false, true] {
            let asked = fetch(&phone, "large", options.clone());
            let (response, _) = phone.item_operations(vec![asked], multipart).await;
            let Some(Outcome::Fetch {
                properties: Some(Properties::Item(ItemData::Email(email))),
                ..
            }) = response.outcomes.into_iter().next()
            else {
                panic!("{version}");
            };
            let part = email.body_part.unwrap();
            assert!(!part.too_large && part.body.data.is_some(), "{version}");
        }
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

on_every_server!(smime_is_passed_byte_for_byte);
on_servers!([dovecot Dovecot, courier Courier, plain Plain] winmail_dat_is_opened);
