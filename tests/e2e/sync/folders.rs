//! FolderSync: what others make, rename and remove, under any name (S7, S16).

use airgate_codec::eas::folder_sync::{self, FolderType};
use airgate_codec::imap::modified_utf7;

use super::{Setup, assert_converged, deliver, make_folder, on_every_server};
use crate::support::phone::{Loss, Phone, Profile};
use crate::support::world::World;

/// A name as a quoted string of a command.
fn quoted(world: &World, name: &str) -> String {
    let encoded = String::from_utf8(modified_utf7::encode(name)).expect("ASCII");
    let path = world.backend.folder(&encoded);
    path.replace('\\', "\\\\").replace('"', "\\\"")
}

fn changes(response: &folder_sync::Response) -> (usize, usize, usize) {
    let changes = response.changes.as_ref().expect("always there");
    (
        changes.adds.len(),
        changes.updates.len(),
        changes.deletes.len(),
    )
}

fn parent(phone: &Phone, folder: &str) -> String {
    let found = phone.memory.folder_named(folder).expect("there");
    found.parent_id.clone()
}

async fn folders_come_change_and_go(setup: Setup) {
    let world = setup.world().await;
    let mut phone = world.phone(Profile::ios()).await;
    for (folder, kind) in [
        ("INBOX", FolderType::Inbox),
        ("Drafts", FolderType::Drafts),
        ("Sent", FolderType::SentItems),
        ("Trash", FolderType::DeletedItems),
    ] {
        let id = phone.id(folder);
        assert_eq!(phone.memory.folders[&id].kind, kind);
    }
    let key = phone.memory.folder_key.clone();
    assert_eq!(changes(&phone.folder_sync().await), (0, 0, 0));
    assert_eq!(phone.memory.folder_key, key, "nothing new, no new key");

    for name in ["Family", "Family/Photos", "Family/Photos/Old"] {
        make_folder(&world, name).await;
    }
    assert_eq!(changes(&phone.folder_sync().await), (3, 0, 0));
    assert_eq!(parent(&phone, "Family"), "0");
    assert_eq!(parent(&phone, "Photos"), phone.id("Family"));
    assert_eq!(parent(&phone, "Old"), phone.id("Photos"));
    // Courier knows a renamed folder by nothing but the mail in it.
    deliver(&world, "Family/Photos", &["flat"]).await;
    phone.sync_all("Photos").await;
    deliver(&world, "Family/Photos/Old", &["deep"]).await;
    assert_converged_at(&world, &mut phone, "Old", "Family/Photos/Old").await;

    // Moved with what is below: one Update.
    let ids = (phone.id("Family"), phone.id("Photos"), phone.id("Old"));
    let mut client = world.other_client().await;
    let name = |name: &str| world.backend.folder(name);
    let rename = format!(
        "RENAME \"{}\" \"{}\"",
        name("Family/Photos"),
        name("Pictures")
    );
    client.command(&rename).await;
    assert_eq!(changes(&phone.folder_sync().await), (0, 1, 0));
    assert_eq!(phone.id("Family"), ids.0);
    assert_eq!(phone.id("Pictures"), ids.1);
    assert_eq!(parent(&phone, "Pictures"), "0");
    assert_eq!(phone.id("Old"), ids.2);
    assert_converged_at(&world, &mut phone, "Old", "Pictures/Old").await;

    // The answer is lost and the phone asks again; then it dies and asks again.
    make_folder(&world, "Lost").await;
    phone.lose_next(Loss::Answer);
    assert!(phone.try_folder_sync().await.is_err());
    make_folder(&world, "Found").await;
    assert_eq!(changes(&phone.folder_sync().await), (2, 0, 0));
    phone.crash();
    assert_eq!(changes(&phone.folder_sync().await), (2, 0, 0));

    for name in ["Lost", "Found"] {
        client
            .command(&format!("DELETE \"{}\"", world.backend.folder(name)))
            .await;
    }
    assert_eq!(changes(&phone.folder_sync().await), (0, 0, 2));

    // Keys that are not ours: 9, and nothing else.
    for key in ["1", "0.1", "", "{a}2", "99999999999999999999.1"] {
        let mut stranger = phone.clone();
        key.clone_into(&mut stranger.memory.folder_key);
        let answer = stranger.try_folder_sync().await.unwrap();
        assert_eq!(
            answer.status,
            folder_sync::status::INVALID_SYNC_KEY,
            "{key:?}"
        );
        assert!(answer.sync_key.is_none() && answer.changes.is_none());
    }
    // From the start: all of it, under the same ids, and the collections' keys stay good.
    let before = phone.memory.folders.clone();
    "0".clone_into(&mut phone.memory.folder_key);
    phone.folder_sync().await;
    assert_eq!(phone.memory.folders, before);
    let answer = phone.sync("Old").await;
    assert!(answer.collections.is_empty(), "{answer:?}");
    assert_eq!(phone.surprises(), [""; 0]);
}

async fn assert_converged_at(world: &World, phone: &mut Phone, folder: &str, path: &str) {
    phone.sync_all(folder).await;
    let server = super::server_state(world, path).await;
    assert_eq!(super::phone_state(phone, folder), server);
}

async fn t24_names_in_any_script(setup: Setup) {
    let world = setup.world().await;
    let mut client = world.other_client().await;
    let mut made = Vec::new();
    for name in [
        "Ärger & Co",
        "日本語のフォルダ",
        "A \"quoted\" name",
        "back\\slash",
        "🎉 Party 👩‍👩‍👧",
        "שלום עולם",
        "a&b&-c",
        "percent 100% *",
        "<b>bold<b>",
        "e\u{301} is not \u{e9}",
    ] {
        let create = format!("CREATE \"{}\"", quoted(&world, name));
        // Some servers do not take some names: what they took is to be shown.
        if client.try_command(&create).await.is_ok() {
            made.push(name);
        } else {
            println!("{setup:?} takes no folder called {name:?}");
        }
    }
    assert!(made.len() >= 6, "{made:?}");
    let mut phone = world.phone(Profile::ios()).await;
    for name in made {
        let path = quoted(&world, name);
        let mail = crate::support::mail::simple("inside", "text\r\n");
        client.append(&path, "", &mail).await;
        assert!(phone.folder_names().contains(&name.to_owned()), "{name:?}");
        phone.sync_all(name).await;
        assert_eq!(phone.subjects(name), ["inside"], "{name:?}");
        // And the other way: a command in that folder, and a move into it.
        let item = phone.item(name, "inside");
        phone.mark_read(name, &item, true).await;
        phone.delete(name, &[item], true).await;
        assert_converged_at_quoted(&mut client, &path).await;
    }
    assert_eq!(phone.surprises(), [""; 0]);
}

async fn assert_converged_at_quoted(
    client: &mut crate::support::other_client::OtherClient,
    path: &str,
) {
    client.select(path).await;
    let left = client.search("UNDELETED").await;
    assert_eq!(left, [0; 0], "{path}");
}

on_every_server! {
    folders_come_change_and_go,
    t24_names_in_any_script,
}

/// Two namespaces: the shared one's folders are folders like others.
#[tokio::test]
async fn a_second_namespace() {
    use crate::support::backend::dovecot::Settings;
    use crate::support::backend::{Backend, User};
    let alice = User::alice();
    let dovecot = Settings::new(&[alice.clone()])
        .extra(
            "namespace archive {\n  prefix = Archives/\n  separator = /\n  \
             location = maildir:~/Archives\n  list = yes\n  subscriptions = no\n}",
        )
        .start();
    let world = World::around(Backend::Dovecot(dovecot), &[alice], |settings| settings).await;
    make_folder_in(&world, "Archives/2020").await;
    let mut phone = world.phone(Profile::ios()).await;
    deliver(&world, "Archives/2020", &["old"]).await;
    let names = phone.folder_names();
    let shown = names.iter().find(|name| name.ends_with("2020")).unwrap();
    let shown = shown.clone();
    phone.sync_all(&shown).await;
    assert_eq!(phone.subjects(&shown), ["old"]);
    let item = phone.item(&shown, "old");
    phone.delete(&shown, &[item], false).await;
    assert_eq!(super::on_server(&world, "Trash").await, ["old"]);
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn make_folder_in(world: &World, name: &str) {
    let mut client = world.other_client().await;
    client.command(&format!("CREATE \"{name}\"")).await;
    client.logout().await;
}
