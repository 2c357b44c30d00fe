//! Mailboxes that get new UIDs, are made anew, or renamed: what is the same mail keeps its name on
//! the phone (S15, S16).

use super::{
    Setup, assert_converged, client_in, counts, deliver, make_folder, on_every_server, uid_of,
};
use crate::support::other_client::OtherClient;
use crate::support::phone::Profile;
use crate::support::world::World;

/// Until the server does it: Courier and Dovecot refuse while somebody else has the mailbox open or
/// its files are just going.
async fn insist(client: &mut OtherClient, command: &str) {
    for _ in 0..100 {
        if client.try_command(command).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    client.command(command).await;
}

/// Deletes a folder and makes it again with the mails of these subjects: a new UIDVALIDITY, as after
/// a restore. Everything between is kept in a folder beside.
pub(crate) async fn made_anew(world: &World, folder: &str, subjects: &[&str]) {
    let (name, beside) = (world.backend.folder(folder), world.backend.folder("Beside"));
    let mut client = client_in(world, folder).await;
    client.command(&format!("CREATE \"{beside}\"")).await;
    let mut uids = Vec::new();
    for subject in subjects {
        uids.push(uid_of(&mut client, subject).await.to_string());
    }
    if !uids.is_empty() {
        let copy = format!("UID COPY {} \"{beside}\"", uids.join(","));
        client.command(&copy).await;
    }
    client.select("INBOX").await;
    insist(&mut client, &format!("DELETE \"{name}\"")).await;
    // UIDVALIDITY is made of the clock's second on some servers.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    insist(&mut client, &format!("CREATE \"{name}\"")).await;
    client.select(&beside).await;
    if !uids.is_empty() {
        client.command(&format!("UID COPY 1:* \"{name}\"")).await;
    }
    client.select("INBOX").await;
    client.command(&format!("DELETE \"{beside}\"")).await;
    client.logout().await;
}

async fn s15_new_uids_are_the_old_mails(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    deliver(&world, "Work", &["one", "two", "three", "four"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("Work").await;
    let id = |phone: &crate::support::phone::Phone, subject: &str| phone.item("Work", subject);
    let (two, four) = (id(&phone, "two"), id(&phone, "four"));
    // Twice: what was found again must be found again.
    made_anew(&world, "Work", &["two", "three", "four"]).await;
    let answer = phone.sync("Work").await;
    assert_eq!(counts(&answer), "-1", "only what is gone");
    assert_converged(&world, &mut phone, "Work").await;
    // Courier takes four seconds to delete a folder; what follows is nothing it does otherwise.
    if setup == Setup::Courier {
        return;
    }
    made_anew(&world, "Work", &["two", "four"]).await;
    deliver(&world, "Work", &["five"]).await;
    let answer = phone.sync("Work").await;
    assert_eq!(counts(&answer), "+1-1");
    assert_eq!(
        (id(&phone, "two"), id(&phone, "four")),
        (two.clone(), four.clone())
    );
    assert_converged(&world, &mut phone, "Work").await;
    // The old names still work.
    phone.mark_read("Work", &two, true).await;
    assert_converged(&world, &mut phone, "Work").await;
    let body = phone
        .fetch_body("Work", &four, airgate_codec::eas::email::BodyType::Plain)
        .await;
    assert!(body.unwrap().contains("Some text."));
    phone.delete("Work", &[two], false).await;
    assert_converged(&world, &mut phone, "Work").await;
    // Other mails in a folder of the same name: nothing is mixed up.
    made_anew(&world, "Work", &[]).await;
    deliver(&world, "Work", &["one again", "two again"]).await;
    phone.sync_all("Work").await;
    assert_eq!(phone.subjects("Work"), ["one again", "two again"]);
    assert_converged(&world, &mut phone, "Work").await;
    // The hierarchy had nothing to tell all the while.
    let folders = phone.folder_sync().await.changes.unwrap();
    assert_eq!(
        (
            folders.adds.len(),
            folders.updates.len(),
            folders.deletes.len()
        ),
        (0, 0, 0)
    );
}

async fn s16_a_renamed_folder_keeps_its_id_and_its_items(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    deliver(&world, "Work", &["one", "two"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("Work").await;
    let (folder, items) = (phone.id("Work"), phone.held("Work").items);
    let name = |name: &str| world.backend.folder(name);
    let mut client = world.other_client().await;
    let rename = format!("RENAME \"{}\" \"{}\"", name("Work"), name("Play"));
    client.command(&rename).await;
    // A Sync before the phone knows: it is sent to FolderSync.
    let answer = phone.sync("Work").await;
    assert_eq!(answer.collections[0].head.status, 12);
    let changes = phone.folder_sync().await.changes.unwrap();
    assert_eq!((changes.adds.len(), changes.updates.len()), (0, 1));
    assert_eq!(changes.deletes, [""; 0]);
    assert_eq!(phone.id("Play"), folder);
    let answer = phone.sync("Play").await;
    assert_eq!(counts(&answer), "", "no item moved");
    assert_eq!(phone.held("Play").items, items);
    assert_converged(&world, &mut phone, "Play").await;

    // Quirk: Courier gives a renamed folder another UIDVALIDITY and no other mark, so the one that
    // has the old name now is taken for it. What the phone shows is right all the same.
    if setup == Setup::Courier {
        return;
    }
    // Renamed, and another one made under the old name, before anybody looked.
    let rename = format!("RENAME \"{}\" \"{}\"", name("Play"), name("Rest"));
    client.command(&rename).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    make_folder(&world, "Play").await;
    deliver(&world, "Play", &["other"]).await;
    phone.folder_sync().await;
    assert_eq!(phone.id("Rest"), folder);
    phone.sync_all("Rest").await;
    assert_eq!(phone.held("Rest").items, items);
    assert_converged(&world, &mut phone, "Play").await;
    assert_eq!(phone.subjects("Play"), ["other"]);
    client.logout().await;
}

on_every_server! {
    s15_new_uids_are_the_old_mails,
    s16_a_renamed_folder_keeps_its_id_and_its_items,
}

/// The same on the inbox, where Dovecot lost its index files.
#[tokio::test]
async fn s15_a_lost_index() {
    let world = Setup::Dovecot.world().await;
    world.fill("INBOX", 40).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let items = phone.held("INBOX").items;
    let crate::support::backend::Backend::Dovecot(dovecot) = &world.backend else {
        unreachable!("asked for");
    };
    dovecot.kick(&world.alice);
    dovecot.maildir(&world.alice).lose_uids("INBOX");
    let answer = phone.sync("INBOX").await;
    assert_eq!(counts(&answer), "");
    assert_eq!(phone.held("INBOX").items, items);
    assert_converged(&world, &mut phone, "INBOX").await;
}
