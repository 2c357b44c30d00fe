//! EmptyFolderContents, GetHierarchy, and the commands of 1.0 that nobody offers.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::get_hierarchy;
use airgate_codec::eas::item_operations::{Operation, Outcome, Request, Response, status};
use airgate_codec::eas::request_line::CommandName;

use super::{
    Setup, assert_converged, assert_no_echo, client_in, deliver, exists, make_folder, on_servers,
    phone_of, versions_on,
};
use crate::support::phone::{Phone, Profile, set};

/// Empties a folder; gives the operation's status.
async fn empty(phone: &mut Phone, collection: &str, below: bool) -> u16 {
    let request = Request {
        operations: vec![Operation::EmptyFolderContents {
            collection_id: collection.to_owned(),
            delete_sub_folders: below,
        }],
    };
    let body = request.write(phone.version());
    let answer = phone
        .command(CommandName::ItemOperations, body)
        .await
        .unwrap();
    let response = Response::read(&answer.body).expect("an ItemOperations response");
    let [
        Outcome::EmptyFolderContents {
            status,
            collection_id,
        },
    ] = response.outcomes.as_slice()
    else {
        panic!("not one outcome: {response:?}");
    };
    assert_eq!(collection_id, collection);
    *status
}

async fn s9_a_trash_is_emptied(setup: Setup) {
    let world = setup.world().await;
    let mut other = world.phone(Profile::gmail()).await;
    for version in versions_on(setup).iter().copied() {
        let mut phone = phone_of(&world, version).await;
        deliver(&world, "Trash", &["one", "two", "three"]).await;
        phone.sync_all("Trash").await;
        other.sync_all("Trash").await;
        let trash = phone.id("Trash");
        assert_eq!(empty(&mut phone, &trash, false).await, status::OK);
        // What comes afterwards stays, and the phones hear of the rest as of anything else.
        deliver(&world, "Trash", &["later"]).await;
        assert_converged(&world, &mut phone, "Trash").await;
        assert_converged(&world, &mut other, "Trash").await;
        assert_eq!(phone.subjects("Trash"), ["later"]);
        let mut client = client_in(&world, "Trash").await;
        let left = client.search("ALL").await;
        let expected = if setup == Setup::Plain { 1 + 3 } else { 1 };
        assert_eq!(
            left.len(),
            expected,
            "without UIDPLUS they are marked, not removed"
        );
        client.logout().await;
        assert_eq!(empty(&mut phone, &trash, false).await, status::OK);
        phone.sync_all("Trash").await;
        // An empty one, one that is not there.
        assert_eq!(empty(&mut phone, &trash, false).await, status::OK);
        assert_eq!(empty(&mut phone, "m999", false).await, status::NOT_FOUND);
        assert_eq!(empty(&mut phone, "../x", true).await, status::NOT_FOUND);
        if setup == Setup::Plain || setup == Setup::Courier {
            return;
        }
        // Folders below go only when asked for, the deepest first.
        for name in ["Box", "Box/A", "Box/A/B"] {
            make_folder(&world, name).await;
        }
        deliver(&world, "Box", &["top"]).await;
        deliver(&world, "Box/A/B", &["deep"]).await;
        phone.folder_sync().await;
        phone.sync_all("Box").await;
        let id = phone.id("Box");
        assert_eq!(empty(&mut phone, &id, false).await, status::OK);
        assert!(exists(&world, "Box/A/B").await);
        assert_no_echo(&mut phone).await;
        assert_converged(&world, &mut phone, "Box").await;
        assert_eq!(empty(&mut phone, &id, true).await, status::OK);
        assert!(!exists(&world, "Box/A").await && exists(&world, "Box").await);
        assert_eq!(super::counted(&phone.folder_sync().await), (0, 0, 2));
        phone.delete_folder("Box").await;
        phone.folder_sync().await;
        phone.delete_folder("Box").await;
        assert_eq!(phone.surprises(), [""; 0]);
    }
    assert_eq!(other.surprises(), [""; 0]);
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    s9_a_trash_is_emptied
}

#[tokio::test]
async fn get_hierarchy_and_what_was_before_it() {
    let world = Setup::Dovecot.world().await;
    make_folder(&world, "Work").await;
    make_folder(&world, "Work/Inner").await;
    let mut phone = phone_of(&world, ProtocolVersion::V12_1).await;
    let answer = phone
        .command(CommandName::GetHierarchy, Vec::new())
        .await
        .unwrap();
    let response = get_hierarchy::Response::read(&answer.body).expect("a hierarchy");
    let mut told = response.folders.clone();
    told.sort_by(|a, b| a.server_id.cmp(&b.server_id));
    let held: Vec<_> = phone.memory.folders.values().cloned().collect();
    assert_eq!(told, held, "what FolderSync says");
    // Later versions have no such command.
    let mut later = phone_of(&world, ProtocolVersion::V14_1).await;
    let refused = later.command(CommandName::GetHierarchy, Vec::new()).await;
    assert!(refused.is_err(), "{refused:?}");
    for name in [
        "CreateCollection",
        "DeleteCollection",
        "MoveCollection",
        "Notify",
    ] {
        for phone in [&mut phone, &mut later] {
            let line = phone.line(CommandName::FolderSync);
            let mut sent = phone.prepare(&line, Vec::new());
            let version = phone.version();
            set(&mut sent.headers, "ms-asprotocolversion", version.as_str());
            let id = phone.profile.device_id.clone();
            sent.target = format!(
                "/Microsoft-Server-ActiveSync?Cmd={name}&User=alice&DeviceId={id}&DeviceType=iPhone"
            );
            let answer = phone.send(&sent).await.expect("an answer");
            assert_eq!(answer.status, 501, "{name}");
        }
    }
}
