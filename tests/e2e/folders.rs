//! Folders that phones make, rename, move and delete, on every mail server and in every version; and
//! what mail servers call folders.

mod changes;
mod empty;
mod names;
mod shared;
mod trouble;

pub(crate) use crate::stories::*;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync;

use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

/// The versions a story is told in: all on the quickest server, one on each of the others, since
/// what differs between servers does not differ between versions.
fn versions_on(setup: Setup) -> &'static [ProtocolVersion] {
    const VERSIONS: [ProtocolVersion; 3] = [
        ProtocolVersion::V12_1,
        ProtocolVersion::V14_1,
        ProtocolVersion::V16_1,
    ];
    match setup {
        Setup::Dovecot => &VERSIONS,
        Setup::Courier => &VERSIONS[..1],
        Setup::Cyrus => &VERSIONS[1..2],
        Setup::Condstore | Setup::Plain => &VERSIONS[2..],
    }
}

/// A phone of this version with a device id of its own.
async fn phone_of(world: &World, version: ProtocolVersion) -> Phone {
    let id = format!("PHONE{}", version.as_str().replace('.', ""));
    world
        .phone(Profile::ios().speaking(version).called(&id))
        .await
}

/// How many folders a FolderSync adds, updates and deletes.
fn counted(response: &folder_sync::Response) -> (usize, usize, usize) {
    let changes = response.changes.as_ref().expect("always there");
    (
        changes.adds.len(),
        changes.updates.len(),
        changes.deletes.len(),
    )
}

/// A FolderSync with nothing to tell.
async fn assert_no_echo(phone: &mut Phone) {
    let response = phone.folder_sync().await;
    assert_eq!(counted(&response), (0, 0, 0), "{response:?}");
}

/// The names of all mailboxes as another client lists them.
async fn mailboxes(world: &World) -> Vec<String> {
    let mut client = world.other_client().await;
    let answer = client.command("LIST \"\" *").await;
    client.logout().await;
    let mut names: Vec<String> = answer
        .untagged
        .iter()
        .filter(|line| line.starts_with("LIST") && !line.contains("Noselect"))
        .filter_map(|line| {
            let rest = line.split_once(") ")?.1.split_once(' ')?.1;
            Some(rest.trim_matches('"').to_owned())
        })
        .collect();
    names.sort();
    names
}

async fn exists(world: &World, name: &str) -> bool {
    let name = world.backend.folder(name);
    mailboxes(world).await.contains(&name)
}
