//! Every mail of `fixtures/mail` through a real mail server to phones of all versions: nothing is
//! lost, and what a phone shows is what was reviewed in `src/item/snapshots`.

use std::collections::BTreeMap;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::BodyPreference;
use airgate_codec::eas::email::{BodyType, Email};

use crate::describe::{describe, describe_body};
use crate::support::backend::{Backend, Kind, User};
use crate::support::phone::Profile;
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

/// What differs from the snapshots for a reason, by mail and server.
type Differences = BTreeMap<&'static str, &'static str>;

/// Lines of the snapshot that the phone does not show so, and what it shows instead.
fn differences(animal: &Animal, email: &Email) -> String {
    let email = zoo::as_reviewed(email.clone());
    let mut shown = describe(&email);
    describe_body("text", email.body.as_ref(), &mut shown);
    let snapshot = zoo::snapshot(&animal.name);
    let mut reviewed = String::new();
    for line in snapshot.lines() {
        if line.starts_with("fetched for html") {
            break;
        }
        if !line.starts_with("fetched for text") {
            reviewed.push_str(line);
            reviewed.push('\n');
        }
    }
    // Without a date that can be read the conversation begins when the mail arrived.
    let dated =
        animal.raw.windows(6).any(|window| window == b"\nDate:") && animal.name != "bad-addresses";
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| dated || !line.starts_with("conversation:"))
            .map(str::to_owned)
            .collect()
    };
    let (shown, reviewed) = (lines(&shown), lines(&reviewed));
    let mut out = String::new();
    for line in reviewed.iter().filter(|line| !shown.contains(line)) {
        out.push_str(&format!("- {line}\n"));
    }
    for line in shown.iter().filter(|line| !reviewed.contains(line)) {
        out.push_str(&format!("+ {line}\n"));
    }
    out
}

async fn looks_as_reviewed(kind: Kind, known: &Differences) {
    let (world, zoo) = zoo_on(kind).await;
    let bodies = [preview(BodyType::Plain, None)];
    let mut phone = world.phone(asks(ProtocolVersion::V16_1, &bodies, 0)).await;
    phone.sync_all("INBOX").await;
    let found = zoo::found(&phone, &zoo);
    let mut report = String::new();
    for animal in &zoo {
        let (_, email) = &found[&animal.name];
        let differs = differences(animal, email);
        let expected = known.get(animal.name.as_str()).copied().unwrap_or_default();
        if differs != expected {
            report.push_str(&format!("{}:\n{differs}", animal.name));
        }
    }
    assert!(report.is_empty(), "{kind:?}\n{report}");
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn the_zoo_looks_as_reviewed_on_dovecot() {
    looks_as_reviewed(Kind::Dovecot, &Differences::new()).await;
}

#[tokio::test]
async fn the_zoo_looks_as_reviewed_on_courier() {
    looks_as_reviewed(Kind::Courier, &Differences::new()).await;
}

#[tokio::test]
async fn the_zoo_looks_as_reviewed_on_cyrus() {
    looks_as_reviewed(Kind::Cyrus, &Differences::new()).await;
}

#[tokio::test]
async fn tmp_debug() {
    for kind in [Kind::Dovecot, Kind::Courier, Kind::Cyrus] {
        let (world, zoo) = zoo_on(kind).await;
        let mut other = world.other_client().await;
        other.select("INBOX").await;
        for (at, animal) in zoo.iter().enumerate() {
            if [
                "missing-boundary",
                "wrong-boundary",
                "big5",
                "koi8-r",
                "equal-boundaries",
                "empty-body",
                "rfc822-base64",
            ]
            .contains(&animal.name.as_str())
            {
                let answer = other
                    .try_command(&format!("FETCH {} BODYSTRUCTURE", at + 1))
                    .await;
                println!("{kind:?} {}: {:?}", animal.name, answer.untagged);
            }
        }
    }
}
