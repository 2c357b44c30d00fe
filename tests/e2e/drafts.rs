//! Drafts by Sync (16.0 and later): added, edited, deleted and sent, once each, with nothing lost
//! that the phone did not touch.

mod adding;
mod cuts;
mod editing;
mod refusals;
mod sending;

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{
    AttachmentAdd, AttachmentChange, BodyChange, BodyType, Email, EmailChange,
};
use airgate_codec::eas::sync::{self, ItemData, ItemResponse};

use crate::stories::{
    Setup, assert_converged, assert_quiet, client_in, counts, deliver, expunge, flags_of,
    on_server, on_servers, store, uid_of,
};
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

/// Both versions that know drafts.
const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::V16_0, ProtocolVersion::V16_1];

/// A draft as Android writes it.
fn draft(subject: &str, text: &str) -> EmailChange {
    EmailChange {
        to: Some("\"Bob\" <bob@example.com>".into()),
        subject: Some(subject.into()),
        body: Some(BodyChange::whole(BodyType::Plain, text)),
        ..EmailChange::default()
    }
}

fn file(client_id: &str, name: &str, content: &[u8]) -> AttachmentChange {
    AttachmentChange::Add(AttachmentAdd {
        client_id: client_id.into(),
        method: 1,
        content: content.to_vec(),
        display_name: name.into(),
        ..AttachmentAdd::default()
    })
}

fn remove(file_reference: &str) -> AttachmentChange {
    AttachmentChange::Delete {
        file_reference: file_reference.into(),
    }
}

/// A phone that keeps all of its drafts, synced.
async fn ready(world: &World, profile: Profile) -> Phone {
    let mut phone = world.phone(profile.keeps_all()).await;
    phone.sync_all("Drafts").await;
    phone
}

/// What became of the one Add or Change: status, ServerId and properties. No answer is success.
fn outcome(response: &sync::Response) -> (u16, Option<String>, Option<Email>) {
    let responses: Vec<&ItemResponse> = response
        .collections
        .iter()
        .flat_map(|collection| &collection.responses)
        .collect();
    let email = |data: &Option<ItemData>| Some(data.as_ref()?.to_email().expect("a mail"));
    match responses.as_slice() {
        [] => (1, None, None),
        [
            ItemResponse::Add {
                server_id,
                status,
                data,
                ..
            },
        ] => (*status, server_id.clone(), email(data)),
        [
            ItemResponse::Change {
                server_id,
                status,
                data,
                ..
            },
        ] => (*status, Some(server_id.clone()), email(data)),
        other => panic!("not one answer: {other:?}"),
    }
}

/// The octets of the draft with this subject on the server.
async fn octets(world: &World, subject: &str) -> String {
    let mut client = client_in(world, "Drafts").await;
    let uid = live(&mut client, subject).await;
    let answer = client
        .command(&format!("UID FETCH {uid} (BODY.PEEK[])"))
        .await;
    let all = answer.untagged.join("\n");
    client.logout().await;
    all
}

/// The UID of the draft with this subject that is not marked `\Deleted`.
async fn live(client: &mut crate::support::other_client::OtherClient, subject: &str) -> u32 {
    let found = client
        .search(&format!("UNDELETED HEADER SUBJECT \"{subject}\""))
        .await;
    assert_eq!(found.len(), 1, "{subject:?}: {found:?}");
    found[0]
}

/// A Sync of the drafts with these commands.
fn request(phone: &Phone, commands: Vec<sync::Command>) -> sync::Request {
    let mut collection = phone.collection("Drafts");
    collection.commands = commands;
    sync::Request {
        collections: Some(vec![collection]),
        ..sync::Request::default()
    }
}

/// Sends it while the server is killed after so long and started again; the same once more if it
/// was not answered. Gives the answer and whether it took two.
async fn insist(
    world: &mut World,
    phone: &mut Phone,
    request: sync::Request,
    moment: Duration,
) -> (sync::Response, bool) {
    let server = &mut world.server;
    let (first, ()) = tokio::join!(phone.try_sync(request), async {
        tokio::time::sleep(moment).await;
        server.kill_nine();
        server.start();
    });
    match first {
        Ok(response) => (response, false),
        Err(_) => (phone.repeat_sync().await.expect("it runs again"), true),
    }
}
