//! Every mail of `fixtures/mail` through a real mail server to phones of all versions: nothing is
//! lost, and what a phone shows is what was reviewed in `src/item/snapshots`.

use std::collections::BTreeMap;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::BodyPreference;
use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::eas::item_operations::{Fetch, FetchOptions, Outcome, Properties, Store};
use airgate_codec::eas::sync::ItemData;

use crate::describe::{describe, describe_body};
use crate::support::backend::{Backend, Kind, User};
use crate::support::phone::{Answer, Profile};
use crate::support::world::World;
use crate::support::zoo::{self, Animal};

async fn zoo_on(kind: Kind) -> (World, Vec<Animal>) {
    let owner = User::new(zoo::OWNER);
    let backend = Backend::start(kind, &[owner.clone()]);
    let zoo = zoo::deliver(&backend, &owner).await;
    let world = World::around(backend, &[owner], |settings| {
        settings.argument("--allow-2.5")
    })
    .await;
    (world, zoo)
}

fn asks(version: ProtocolVersion, bodies: &[BodyPreference], mime_support: u8) -> Profile {
    Profile {
        mime_support,
        ..Profile::blackberry()
    }
    .keeps_all()
    .window(100)
    .speaking(version)
    .bodies(bodies)
}

fn preview(kind: BodyType, truncation_size: Option<u32>) -> BodyPreference {
    BodyPreference {
        kind,
        truncation_size,
        all_or_none: false,
        preview: Some(255),
    }
}

/// Those whose Date nobody can read.
const UNDATED: [&str; 4] = ["bad-addresses", "date-far", "date-local", "date-nonsense"];

/// How what a phone shows differs from the snapshot: lines missing (`-`) and lines more (`+`).
/// Sizes of attachments are not compared: servers count the last line end or not.
fn differences(kind: Kind, animal: &Animal, email: &Email) -> String {
    let email = zoo::as_reviewed(email.clone());
    let mut shown = describe(&email);
    describe_body("text", email.body.as_ref(), &mut shown);
    let snapshot = zoo::snapshot(&animal.name);
    let reviewed: Vec<&str> = snapshot
        .lines()
        .take_while(|line| !line.starts_with("fetched for html"))
        .filter(|line| !line.starts_with("fetched for text"))
        .collect();
    // Without a date that can be read the conversation begins when the mail arrived.
    let dated = animal.raw.windows(6).any(|window| window == b"\nDate:")
        && !UNDATED.contains(&animal.name.as_str());
    // Cyrus names threads itself (OBJECTID), so its ConversationIds are others than the snapshots';
    // the index is the same.
    let named = kind == Kind::Cyrus;
    let line = |line: &str| match line.split_once(" size ") {
        Some((attachment, _)) if line.starts_with("attachment") => attachment.to_owned(),
        _ if line.starts_with("conversation:") && !dated => String::new(),
        _ if line.starts_with("conversation:") && named => {
            line.rsplit(' ').next().unwrap_or_default().to_owned()
        }
        _ => line.to_owned(),
    };
    let shown: Vec<String> = shown.lines().map(line).collect();
    let reviewed: Vec<String> = reviewed.into_iter().map(line).collect();
    let missing = reviewed.iter().filter(|line| !shown.contains(line));
    let more = shown.iter().filter(|line| !reviewed.contains(line));
    let missing = missing.map(|line| format!("- {line}\n"));
    missing
        .chain(more.map(|line| format!("+ {line}\n")))
        .collect()
}

/// `known` are those that look otherwise on this server, with what it does to them.
async fn looks_as_reviewed(kind: Kind, known: &[(&str, &str)]) {
    let (world, zoo) = zoo_on(kind).await;
    let bodies = [preview(BodyType::Plain, None)];
    let mut phone = world.phone(asks(ProtocolVersion::V16_1, &bodies, 0)).await;
    phone.sync_all("INBOX").await;
    let found = zoo::found(&phone, &zoo);
    let mut report = String::new();
    for animal in &zoo {
        let (_, email) = &found[&animal.name];
        let differs = differences(kind, animal, email);
        if differs.is_empty() == known.iter().any(|(name, _)| *name == animal.name) {
            report.push_str(&format!("{}:\n{differs}", animal.name));
        }
    }
    assert!(report.is_empty(), "{kind:?}\n{report}");
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn the_zoo_looks_as_reviewed_on_dovecot() {
    let known = [
        (
            "attachment-untyped",
            "half a type takes its parameters with it",
        ),
        ("message-global", "the message inside is not looked into"),
        (
            "nul-and-controls",
            "0x80 for NUL, which no IMAP string holds",
        ),
        ("rfc2231-continued", "a bare name ends at its first blank"),
    ];
    looks_as_reviewed(Kind::Dovecot, &known).await;
}

#[tokio::test]
async fn the_zoo_looks_as_reviewed_on_courier() {
    let known = [
        (
            "boundary-prefix",
            "the outer boundary is seen in the inner one, whose parts lie beside it",
        ),
        ("cr-only", "the last CR is lost"),
        (
            "equal-boundaries",
            "the inner multipart is empty, its parts lie beside it",
        ),
        (
            "many-siblings",
            "the line end before a boundary belongs to the text",
        ),
        ("rfc2231-continued", "a bare name loses its blanks"),
        (
            "too-deep",
            "from level 20 on the structure is flat, and all of it is told",
        ),
    ];
    looks_as_reviewed(Kind::Courier, &known).await;
}

#[tokio::test]
async fn the_zoo_looks_as_reviewed_on_cyrus() {
    // It refuses NUL, bare LF and headers without fields.
    let known = [("message-global", "the message inside is not looked into")];
    looks_as_reviewed(Kind::Cyrus, &known).await;
}

fn cut(kind: BodyType, size: u32) -> BodyPreference {
    BodyPreference {
        truncation_size: Some(size),
        ..BodyPreference::of(kind)
    }
}

#[tokio::test]
async fn old_versions_get_all_of_the_zoo_as_they_ask() {
    use BodyType::{Html, Mime, Plain};
    use ProtocolVersion as V;
    get_all_as_they_ask(vec![
        (V::V2_5, vec![], 0),
        (V::V2_5, vec![], 2),
        (V::V12_1, vec![cut(Plain, 500)], 0),
        (V::V12_1, vec![cut(Mime, 4096), cut(Html, 1000)], 1),
    ])
    .await;
}

#[tokio::test]
async fn new_versions_get_all_of_the_zoo_as_they_ask() {
    use BodyType::{Html, Mime, Plain};
    use ProtocolVersion as V;
    let all_or_none = BodyPreference {
        all_or_none: true,
        ..cut(Html, 300)
    };
    let both = vec![preview(Html, Some(1500)), preview(Plain, Some(1500))];
    get_all_as_they_ask(vec![
        (V::V14_1, vec![preview(Html, Some(0))], 0),
        (V::V14_1, vec![all_or_none, cut(Plain, 200)], 0),
        (V::V16_1, both, 0),
        (V::V16_1, vec![cut(Mime, 50_000)], 2),
    ])
    .await;
}

async fn get_all_as_they_ask(cases: Vec<(ProtocolVersion, Vec<BodyPreference>, u8)>) {
    use ProtocolVersion as V;
    let (world, zoo) = zoo_on(Kind::Dovecot).await;
    let mut first: Option<BTreeMap<String, Option<String>>> = None;
    for (at, (version, bodies, mime_support)) in cases.into_iter().enumerate() {
        let case = format!("{version} {bodies:?} MIME {mime_support}");
        let profile = asks(version, &bodies, mime_support).called(&format!("zoo{at}"));
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let found = zoo::found(&phone, &zoo);
        for (name, (_, email)) in &found {
            let body = email.body.as_ref();
            let body = body.unwrap_or_else(|| panic!("{case}: {name} has no body"));
            let data = body.data.as_deref().unwrap_or_default();
            let asked = bodies.iter().find(|asked| asked.kind == body.kind);
            let limit = asked.and_then(|asked| asked.truncation_size);
            let limit = limit.map_or(usize::MAX, |limit| limit as usize);
            assert!(data.len() <= limit, "{case}: {name} {}", data.len());
            let whole = data.len() as u64 == body.estimated_size;
            assert!(
                body.truncated || whole || version == V::V2_5,
                "{case}: {name} {body:?}"
            );
            if version == V::V2_5 {
                assert!(!data.is_empty() || body.truncated, "{case}: {name}");
                assert_eq!(
                    body.kind == BodyType::Mime,
                    mime_support == 2,
                    "{case}: {name}"
                );
            }
        }
        let subjects = found
            .into_iter()
            .map(|(name, (_, email))| (name, email.subject))
            .collect();
        match &first {
            None => first = Some(subjects),
            Some(first) => assert_eq!(*first, subjects, "{case}"),
        }
        assert_eq!(phone.surprises(), [""; 0], "{case}");
    }
}

#[tokio::test]
async fn a_fetch_brings_every_body_of_the_zoo_whole() {
    let (world, zoo) = zoo_on(Kind::Dovecot).await;
    let bodies = [preview(BodyType::Plain, None)];
    let mut phone = world.phone(asks(ProtocolVersion::V16_1, &bodies, 0)).await;
    phone.sync_all("INBOX").await;
    let found = zoo::found(&phone, &zoo);
    let folder = phone.id("INBOX");
    for kind in [BodyType::Plain, BodyType::Html, BodyType::Mime] {
        for multipart in [false, true] {
            let fetch = |animal: &Animal| Fetch {
                store: Some(Store::Mailbox),
                collection_id: Some(folder.clone()),
                server_id: Some(found[&animal.name].0.clone()),
                options: FetchOptions {
                    // S/MIME would come as MIME else.
                    mime_support: (kind == BodyType::Mime).then_some(2),
                    body_preferences: vec![BodyPreference::of(kind)],
                    ..FetchOptions::default()
                },
                ..Fetch::default()
            };
            // So many operations go into one request.
            for some in zoo.chunks(100) {
                let fetches = some.iter().map(fetch).collect();
                let (response, answer) = phone.item_operations(fetches, multipart).await;
                assert_eq!(response.outcomes.len(), some.len());
                arrive_whole(some, response.outcomes, &answer, (kind, multipart), &found);
            }
        }
    }
}

fn arrive_whole(
    zoo: &[Animal],
    outcomes: Vec<Outcome>,
    answer: &Answer,
    (kind, multipart): (BodyType, bool),
    found: &BTreeMap<String, (String, Email)>,
) {
    for (animal, outcome) in zoo.iter().zip(outcomes) {
        let name = &animal.name;
        let Outcome::Fetch {
            properties: Some(Properties::Item(ItemData::Email(email))),
            ..
        } = outcome
        else {
            panic!("{name}: {outcome:?}");
        };
        let body = email.body.expect("a body");
        assert_eq!(body.kind, kind, "{name}");
        assert!(!body.truncated, "{name}");
        let data = match body.part {
            Some(part) => answer.parts[part as usize - 1].to_vec(),
            None => body.data.expect("data").into_bytes(),
        };
        assert_eq!(body.part.is_some(), multipart, "{name}");
        assert_eq!(data.len() as u64, body.estimated_size, "{name}");
        if kind == BodyType::Plain {
            let synced = found[name]
                .1
                .body
                .as_ref()
                .and_then(|body| body.data.clone());
            assert_eq!(String::from_utf8_lossy(&data), synced.unwrap_or_default());
        }
        let untouched = zoo::snapshot(name).contains("mime: the message as it is");
        if kind == BodyType::Mime && untouched {
            // S/MIME among them: a signature holds only over the very octets.
            assert_eq!(data, animal.raw, "{name}");
        }
    }
}
