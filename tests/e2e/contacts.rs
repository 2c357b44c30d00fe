//! Contacts between phones and real servers: what a phone edits is what changes in the card, and
//! nothing else (S12). The engine's stories are in `objects.rs`.

mod ghosts;
mod lines;
mod names;
mod photos;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::sync::{self, ItemResponse};

use crate::support::backend::dav::DavKind;
use crate::support::phone::{Phone, Profile, object_changed, raw};
use crate::support::world::World;

const VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V2_5,
    ProtocolVersion::V12_1,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

/// A world in which the oldest version is spoken, too.
async fn world(kind: DavKind) -> World {
    World::with_dav_and(kind, |settings| settings.argument("--allow-2.5")).await
}

/// A phone of that kind and version with an address book that it has begun.
async fn phone_of(world: &World, profile: Profile, version: ProtocolVersion) -> (Phone, String) {
    let name = format!("{}{}", profile.device_type, version.query_byte());
    let mut phone = world.phone(profile.speaking(version).called(&name)).await;
    let book = phone.folder(FolderType::Contacts);
    phone.sync_all(&book).await;
    (phone, book)
}

/// A card with these lines.
fn card(uid: &str, lines: &[&str]) -> String {
    let lines = lines.join("\r\n");
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\n{lines}\r\nEND:VCARD\r\n")
}

/// The contact as the phone has it.
fn seen(phone: &Phone, book: &str, id: &str) -> Contact {
    let objects = phone.objects(book);
    let object = objects.get(id).expect("the phone has it");
    Contact::from_raw(&raw(object)).expect("a contact")
}

/// What phones do when somebody edits a contact: all they have is said.
async fn edit(phone: &mut Phone, book: &str, id: &str, change: impl FnOnce(&mut Contact)) -> u16 {
    let mut contact = seen(phone, book, id);
    change(&mut contact);
    let said = contact.to_raw(phone.version());
    let response = phone.do_in(book, vec![object_changed(id, said)]).await;
    status_of(&response)
}

/// The status of the only command of a Sync; none said is success.
fn status_of(response: &sync::Response) -> u16 {
    let all = response.collections.iter();
    let responses: Vec<&ItemResponse> = all.flat_map(|one| &one.responses).collect();
    match responses.as_slice() {
        [] => 1,
        [
            ItemResponse::Add { status, .. }
            | ItemResponse::Change { status, .. }
            | ItemResponse::Delete { status, .. },
        ] => *status,
        other => panic!("not one answer: {other:?}"),
    }
}

fn set(contact: &mut Contact, field: Field, text: &str) {
    contact.texts.insert(field, text.to_owned());
}

/// Nothing is to be told any more.
async fn assert_quiet(phone: &mut Phone, book: &str) {
    let response = phone.sync(book).await;
    // Before 12.0 there is no empty answer.
    let mut all = response.collections.iter();
    let silent = all.all(|one| one.commands.is_empty() && one.responses.is_empty());
    assert!(silent, "echo: {response:?}");
    assert_eq!(phone.surprises(), [""; 0]);
}
