//! Deleting: to the trash unless told otherwise, and never more than asked (S9).

use airgate_codec::eas::sync::{self, ItemResponse};

use super::{
    Setup, assert_converged, assert_quiet, client_in, counts, deliver, expunge, on_every_server,
    on_server, only, store, uid_of,
};
use crate::support::phone::Profile;

fn statuses(response: &sync::Response) -> Vec<u16> {
    only(response)
        .responses
        .iter()
        .map(|response| match response {
            ItemResponse::Delete { status, .. } => *status,
            other => panic!("{other:?}"),
        })
        .collect()
}

async fn s9_delete_moves_to_the_trash_and_no_further(setup: Setup) {
    let world = setup.world().await;
    deliver(&world, "INBOX", &["a", "b", "c", "d", "marked"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    phone.sync_all("Trash").await;
    // Another client has marked one and waits with its EXPUNGE: not ours to run.
    store(&world, "INBOX", "marked", "+FLAGS (\\Deleted)").await;
    phone.sync_all("INBOX").await;

    // Said nothing about DeletesAsMoves: a move.
    let mut collection = phone.collection("INBOX");
    collection.deletes_as_moves = None;
    collection.commands = vec![delete(&phone.item("INBOX", "a"))];
    let answer = phone.sync_collections(vec![collection]).await;
    assert_eq!(
        (counts(&answer), statuses(&answer)),
        (String::new(), vec![])
    );
    assert_eq!(on_server(&world, "Trash").await, ["a"]);
    // Said yes.
    let items = [phone.item("INBOX", "b"), phone.item("INBOX", "c")];
    phone.delete("INBOX", &items, false).await;
    assert_eq!(on_server(&world, "Trash").await, ["a", "b", "c"]);
    assert_quiet(&mut phone, "INBOX").await;
    // Said no: for good.
    let item = phone.item("INBOX", "d");
    phone.delete("INBOX", &[item], true).await;
    assert_eq!(on_server(&world, "Trash").await, ["a", "b", "c"]);
    assert_eq!(on_server(&world, "INBOX").await, [""; 0]);
    assert_converged(&world, &mut phone, "INBOX").await;

    // In the trash there is nothing further to move to.
    phone.sync_all("Trash").await;
    let items = [phone.item("Trash", "a"), phone.item("Trash", "b")];
    phone.delete("Trash", &items, false).await;
    assert_eq!(on_server(&world, "Trash").await, ["c"]);
    assert_converged(&world, &mut phone, "Trash").await;

    // And what the other client marked is still there for it to decide.
    let mut client = client_in(&world, "INBOX").await;
    let uid = uid_of(&mut client, "marked").await;
    assert!(client.flags(uid).await.contains("\\Deleted"));
    client.logout().await;
    store(&world, "INBOX", "marked", "-FLAGS (\\Deleted)").await;
    assert_eq!(counts(&phone.sync("INBOX").await), "+1");
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn a_delete_of_what_is_gone_is_as_the_phone_wants_it(setup: Setup) {
    let world = setup.world().await;
    deliver(&world, "INBOX", &["a", "b"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let (a, b) = (phone.item("INBOX", "a"), phone.item("INBOX", "b"));
    expunge(&world, "INBOX", "a").await;
    let answer = phone.delete("INBOX", &[a.clone(), b], false).await;
    assert_eq!(
        (counts(&answer), statuses(&answer)),
        (String::new(), vec![])
    );
    assert_eq!(on_server(&world, "Trash").await, ["b"]);
    // Never heard of, or long forgotten: 8, and nothing happens (T13).
    let folder = phone.id("INBOX");
    let strange = [
        a,
        format!("{folder}:4000000000"),
        format!("{folder}:99999999999999"),
        "m999:1".to_owned(),
        "../../etc/passwd".to_owned(),
    ];
    let answer = phone.delete("INBOX", &strange, false).await;
    assert_eq!(statuses(&answer), [8; 5]);
    assert_converged(&world, &mut phone, "INBOX").await;
}

fn delete(item: &str) -> sync::Command {
    sync::Command::Delete {
        server_id: item.to_owned(),
        instance_id: None,
    }
}

on_every_server! {
    s9_delete_moves_to_the_trash_and_no_further,
    a_delete_of_what_is_gone_is_as_the_phone_wants_it,
}
