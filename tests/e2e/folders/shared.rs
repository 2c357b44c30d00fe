//! Folders of other users and of everybody, levels that are no mailboxes, subscriptions, rights.

use airgate_codec::eas::folder_create::status;
use airgate_codec::eas::folder_sync::FolderType;

use super::{Setup, assert_no_echo, counted, deliver, make_folder};
use crate::support::backend::dovecot::Settings;
use crate::support::backend::maildir::{Maildir, give};
use crate::support::backend::{Backend, User};
use crate::support::phone::Profile;
use crate::support::world::World;

/// Dovecot with rights, other users' folders and public ones.
async fn world_with_rights(adjust: &[(&str, &str)]) -> World {
    let users = [User::alice(), User::new("bob@example.com")];
    let dovecot = Settings::new(&users)
        .extra(
            "mail_plugins = $mail_plugins acl\nprotocol imap {\n  mail_plugins = $mail_plugins imap_acl\n}\n\
             plugin {\n  acl = vfile\n}\n\
             namespace public {\n  type = public\n  separator = /\n  prefix = Public/\n  \
             location = maildir:~/../public\n  subscriptions = no\n  list = yes\n}\n",
        )
        .start();
    World::around(Backend::Dovecot(dovecot), &users, |settings| {
        adjust.iter().fold(settings, |settings, (name, value)| {
            settings.variable(name, value)
        })
    })
    .await
}

/// The ACL file of a public folder.
fn grant(world: &World, folder: &str, rights: &str) {
    let Backend::Dovecot(dovecot) = &world.backend else {
        unreachable!("asked for");
    };
    let inbox = dovecot.maildir(&world.alice).folder("INBOX");
    let mail = inbox.ancestors().nth(2).expect("beside the homes");
    let public = Maildir::at(mail.join("public"));
    public.make_folder(folder);
    let acl = public.folder(folder).join("dovecot-acl");
    std::fs::write(&acl, format!("anyone {rights}\n")).unwrap();
    give(&acl);
}

#[tokio::test]
async fn public_folders_and_their_rights() {
    let world = world_with_rights(&[]).await;
    grant(&world, "News", "lr");
    grant(&world, "Team.Notes", "lrwstiekx");
    let mut phone = world.phone(Profile::ios()).await;
    let names = phone.folder_names();
    for name in ["Public", "News", "Team", "Notes"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    let parent = |name: &str| phone.memory.folders[&phone.id(name)].parent_id.clone();
    assert_eq!(parent("Public"), "0");
    assert_eq!(parent("News"), phone.id("Public"));
    assert_eq!(parent("Notes"), phone.id("Team"));
    // A level syncs as a folder that stays empty, and a Ping over it is no loop.
    phone.sync_all("Public").await;
    assert_eq!(phone.subjects("Public"), [""; 0]);
    let (news, notes) = (phone.id("News"), phone.id("Notes"));
    // Read only: nothing can be renamed, deleted or made there, and the phone puts it back.
    let mail = FolderType::UserMail;
    let answer = phone.try_create_folder(&news, "Below", mail).await.unwrap();
    assert_eq!(answer.status, status::SPECIAL_FOLDER);
    let public = phone.id("Public");
    let answer = phone
        .try_update_folder(&news, &public, "Mine")
        .await
        .unwrap();
    assert_eq!(answer.status, status::EXISTS);
    // From one namespace to another Dovecot moves none.
    let answer = phone.try_update_folder(&news, "0", "News").await.unwrap();
    assert_eq!(answer.status, status::MALFORMED);
    let answer = phone.try_delete_folder(&news).await.unwrap();
    assert_eq!(answer.status, status::SPECIAL_FOLDER);
    assert_no_echo(&mut phone).await;
    // With the rights it works.
    let made = phone
        .try_create_folder(&notes, "Below", mail)
        .await
        .unwrap();
    assert_eq!(made.status, status::OK);
    assert_no_echo(&mut phone).await;
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn shared_folders_are_for_the_operator_to_choose() {
    let world = world_with_rights(&[
        ("AIRGATE_FOLDERS_SHARED", "none"),
        ("AIRGATE_FOLDERS_SUBSCRIBED_ONLY", "true"),
    ])
    .await;
    grant(&world, "News", "lr");
    let mut client = world.other_client().await;
    for command in [
        "CREATE Work",
        "CREATE Work/Inner",
        "CREATE Quiet",
        "SUBSCRIBE Work/Inner",
    ] {
        client.command(command).await;
    }
    let mut phone = world.phone(Profile::ios()).await;
    let names = phone.folder_names();
    assert!(
        !names.contains(&"News".to_owned()) && !names.contains(&"Quiet".to_owned()),
        "{names:?}"
    );
    // What is above a folder that is shown is shown as well.
    assert_eq!(
        phone.memory.folders[&phone.id("Inner")].parent_id,
        phone.id("Work")
    );
    let inner = phone.id("Inner");
    // No more subscribed: gone from the phone, not from the world; and back under its old id.
    client.command("UNSUBSCRIBE Work/Inner").await;
    assert_eq!(counted(&phone.folder_sync().await), (0, 0, 2));
    client.command("SUBSCRIBE Work/Inner").await;
    assert_eq!(counted(&phone.folder_sync().await), (2, 0, 0));
    assert_eq!(phone.id("Inner"), inner);
    // What a phone makes it sees.
    phone.create_folder("", "Made here").await;
    assert_no_echo(&mut phone).await;
    assert_eq!(phone.surprises(), [""; 0]);
}

/// A mailbox deleted with others below it stays as a level, under its id: Windows Phone is told no
/// Delete of what it drops with it, and the mail in it goes.
#[tokio::test]
async fn a_parent_that_goes_leaves_a_level() {
    let world = Setup::Dovecot.world().await;
    for name in ["Family", "Family/Photos", "Family/Photos/Old"] {
        make_folder(&world, name).await;
    }
    deliver(&world, "Family", &["news"]).await;
    let mut phone = world.phone(Profile::windows_phone()).await;
    phone.sync_all("Family").await;
    let family = phone.id("Family");
    let mut client = world.other_client().await;
    client.command("DELETE Family").await;
    // Dovecot's sessions that had it open believe in it for a moment: the phone is sent to FolderSync
    // by a status, never told that all is deleted on the strength of an error (S7).
    for _ in 0..10 {
        assert_no_echo(&mut phone).await;
        let request = vec![phone.collection("Family")];
        let answer = phone.sync_collections(request).await;
        if answer.collections.iter().all(|told| told.head.status == 1) {
            break;
        }
    }
    phone.sync_all("Family").await;
    assert_eq!(phone.subjects("Family"), [""; 0]);
    // Made anew it is a mailbox again.
    client.command("CREATE Family").await;
    assert_no_echo(&mut phone).await;
    deliver(&world, "Family", &["again"]).await;
    phone.sync_all("Family").await;
    assert_eq!(phone.subjects("Family"), ["again"]);
    assert_eq!(phone.id("Family"), family);
    // All of it goes: each is told once, children before parents.
    for name in ["Family/Photos/Old", "Family/Photos", "Family"] {
        client.command(&format!("DELETE {name}")).await;
    }
    assert_eq!(counted(&phone.folder_sync().await), (0, 0, 3));
    assert_eq!(phone.surprises(), [""; 0]);
}
