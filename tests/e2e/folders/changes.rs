//! FolderCreate, FolderUpdate and FolderDelete: what they do to the store, to the phone that asked,
//! and to the others.

use airgate_codec::eas::folder_create::status;
use airgate_codec::eas::folder_sync::FolderType;

use super::{
    Setup, assert_converged, assert_no_echo, assert_quiet, counted, counts, deliver, exists,
    make_folder, on_server, on_servers, phone_of, versions_on,
};
use crate::support::phone::{Loss, Profile};

async fn a_folder_is_made_moved_and_deleted(setup: Setup) {
    let world = setup.world().await;
    let mut other = world.phone(Profile::gmail()).await;
    for version in versions_on(setup).iter().copied() {
        let mut phone = phone_of(&world, version).await;
        let work = phone.create_folder("", "Work").await;
        let plans = phone.create_folder("Work", "PLANS").await;
        assert_no_echo(&mut phone).await;
        assert!(exists(&world, "Work/PLANS").await);
        let subscribed = world.other_client().await.command("LSUB \"\" *").await;
        assert!(subscribed.find("PLANS").is_some(), "{subscribed:?}");
        // The other device is told, under the same ids.
        assert_eq!(counted(&other.folder_sync().await), (2, 0, 0));
        assert_eq!(
            (other.id("Work"), other.id("PLANS")),
            (work.clone(), plans.clone())
        );

        deliver(&world, "Work", &["one", "two"]).await;
        deliver(&world, "Work/PLANS", &["deep"]).await;
        phone.sync_all("Work").await;
        phone.sync_all("PLANS").await;
        let items = phone.held("Work").items;

        // Another name; then below another parent; then both at once. (Courier takes two seconds for
        // each, whatever is in the folder.)
        let mut name = "Work";
        if setup != Setup::Courier {
            phone.update_folder("Work", "", "Büro").await;
            assert_no_echo(&mut phone).await;
            assert_eq!(counts(&phone.sync("Büro").await), "", "s16: nothing moves");
            assert_eq!(counts(&phone.sync("PLANS").await), "");
            assert_eq!(phone.held("Büro").items, items);
            phone.create_folder("", "Old").await;
            phone.update_folder("Büro", "Old", "Büro").await;
            assert_no_echo(&mut phone).await;
            assert_eq!(counts(&phone.sync("Büro").await), "");
            name = "Büro";
        }
        phone.update_folder(name, "", "Work again").await;
        assert_no_echo(&mut phone).await;
        assert_eq!(counts(&phone.sync("Work again").await), "");
        assert_eq!(counts(&phone.sync("PLANS").await), "");
        assert_eq!(phone.held("Work again").items, items);
        assert_eq!((phone.id("Work again"), phone.id("PLANS")), (work, plans));
        deliver(&world, "Work again", &["three"]).await;
        phone.sync_all("Work again").await;
        assert_eq!(phone.subjects("Work again"), ["one", "three", "two"]);
        // The other has the result: one folder new, one renamed.
        let new = usize::from(setup != Setup::Courier);
        assert_eq!(counted(&other.folder_sync().await), (new, 1, 0));

        // Deleted with what is below: into the trash, not out of the world (S9).
        phone.delete_folder("Work again").await;
        assert!(!exists(&world, "Work again").await);
        if new == 1 {
            phone.delete_folder("Old").await;
        }
        let shown = phone.folder_sync().await;
        let in_trash = counted(&shown);
        if in_trash == (0, 0, 0) {
            println!("{setup:?} keeps no folders in the trash");
            let mut trash = on_server(&world, "Trash").await;
            trash.sort();
            assert_eq!(trash, ["deep", "one", "three", "two"]);
        } else {
            assert_eq!(in_trash, (2 + new, 0, 0), "{shown:?}");
            assert_eq!(
                phone.memory.folders[&phone.id("Work again")].parent_id,
                phone.id("Trash")
            );
            phone.sync_all("Work again").await;
            assert_eq!(phone.subjects("Work again"), ["one", "three", "two"]);
            // From there it goes for good. (Courier takes four seconds for each mailbox.)
            if setup == Setup::Courier {
                continue;
            }
            phone.delete_folder("Work again").await;
            phone.delete_folder("Old").await;
            assert!(!exists(&world, "Trash/Work again").await);
            assert_no_echo(&mut phone).await;
        }
        other.folder_sync().await;
        assert_eq!(other.surprises(), [""; 0]);
        assert_eq!(phone.surprises(), [""; 0]);
        assert_eq!(phone.folder_names(), other.folder_names());
        empty_trash(&world).await;
    }
    assert_converged(&world, &mut other, "INBOX").await;
}

async fn empty_trash(world: &crate::support::world::World) {
    let mut client = super::client_in(world, "Trash").await;
    client.try_command("UID STORE 1:* +FLAGS (\\Deleted)").await;
    client.try_command("EXPUNGE").await;
    client.logout().await;
}

async fn what_cannot_be_has_its_status(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Taken").await;
    for version in versions_on(setup).iter().copied() {
        let mut phone = phone_of(&world, version).await;
        let (inbox, trash) = (phone.id("INBOX"), phone.id("Trash"));
        let taken = phone.id("Taken");
        let mail = FolderType::UserMail;
        for (parent, name, kind, expected) in [
            ("0", "Taken", mail, status::EXISTS),
            ("0", "TAKEN", mail, status::EXISTS),
            ("0", "inbox", mail, status::EXISTS),
            ("RI", "Below", mail, status::SPECIAL_FOLDER),
            ("m999", "Below", mail, status::PARENT_NOT_FOUND),
            ("", "Below", mail, status::PARENT_NOT_FOUND),
            ("0", "", mail, status::MALFORMED),
            ("0", " ", mail, status::MALFORMED),
            ("0", "tab\tand bell\u{7}", mail, status::MALFORMED),
            ("0", "line\r\nA1 DELETE INBOX", mail, status::MALFORMED),
            ("0", "reserved \u{F8F0}", mail, status::MALFORMED),
            ("0", "Inbox two", FolderType::Inbox, status::MALFORMED),
            ("0", "Cache", FolderType::RecipientCache, status::MALFORMED),
            ("0", "Dates", FolderType::UserCalendar, status::MALFORMED),
            ("0", "People", FolderType::UserContacts, status::MALFORMED),
            ("0", "To do", FolderType::UserTasks, status::MALFORMED),
            ("0", "Diary", FolderType::UserJournal, status::MALFORMED),
            ("0", "Slips", FolderType::UserNotes, status::MALFORMED),
        ] {
            let answer = phone.try_create_folder(parent, name, kind).await.unwrap();
            assert_eq!(answer.status, expected, "{parent} {name:?} {kind:?}");
        }
        let separator = if setup == Setup::Courier {
            "a.b"
        } else {
            "a/b"
        };
        for name in [separator.to_owned(), "x".repeat(257)] {
            let answer = phone.try_create_folder("0", &name, mail).await.unwrap();
            assert_eq!(answer.status, status::MALFORMED, "{name}");
        }
        // Generic is mail as well.
        let generic = phone
            .try_create_folder("0", "Plain", FolderType::Generic)
            .await;
        let plain = generic.unwrap().server_id.expect("made");
        phone.create_folder("Plain", "Inner").await;
        let inner = phone.id("Inner");

        for (id, parent, name, expected) in [
            ("RI", "0", "Cache", status::SPECIAL_FOLDER),
            ("m999", "0", "Nothing", status::NOT_FOUND),
            ("", "0", "Nothing", status::NOT_FOUND),
            (&inbox, "0", "Mine", status::EXISTS),
            (&trash, "0", "Mine", status::EXISTS),
            (&plain, "0", "taken", status::EXISTS),
            (&plain, "m999", "Plain", status::PARENT_NOT_FOUND),
            (&plain, &plain, "Plain", status::PARENT_NOT_FOUND),
            (&plain, &inner, "Plain", status::PARENT_NOT_FOUND),
            (&plain, "0", "\u{1}", status::MALFORMED),
            (&plain, "0", separator, status::MALFORMED),
        ] {
            let answer = phone.try_update_folder(id, parent, name).await.unwrap();
            assert_eq!(answer.status, expected, "{id} {parent} {name:?}");
        }
        // Of its own name only the letter case changes; and nothing at all.
        phone.update_folder("Plain", "", "PLAIN").await;
        phone.update_folder("PLAIN", "", "PLAIN").await;
        for (id, expected) in [
            ("RI", status::SPECIAL_FOLDER),
            (inbox.as_str(), status::SPECIAL_FOLDER),
            (&phone.id("Drafts"), status::SPECIAL_FOLDER),
            (&phone.id("Sent"), status::SPECIAL_FOLDER),
            (&trash, status::SPECIAL_FOLDER),
            ("m999", status::NOT_FOUND),
            ("../../etc", status::NOT_FOUND),
        ] {
            let answer = phone.try_delete_folder(id).await.unwrap();
            assert_eq!(answer.status, expected, "{id}");
        }
        // Keys that are not ours: 9, and nothing happens.
        for key in ["0", "1", "1.1", ""] {
            let mut stranger = phone.clone();
            key.clone_into(&mut stranger.memory.folder_key);
            let made = stranger
                .try_create_folder("0", "Foreign", mail)
                .await
                .unwrap();
            assert_eq!(made.status, status::INVALID_SYNC_KEY, "{key:?}");
            let moved = stranger
                .try_update_folder(&taken, "0", "Moved")
                .await
                .unwrap();
            assert_eq!(moved.status, status::INVALID_SYNC_KEY, "{key:?}");
            let deleted = stranger.try_delete_folder(&taken).await.unwrap();
            assert_eq!(deleted.status, status::INVALID_SYNC_KEY, "{key:?}");
        }
        assert!(!exists(&world, "Foreign").await && exists(&world, "Taken").await);
        // After all of it the phone and the server agree.
        assert_no_echo(&mut phone).await;
        phone.delete_folder("PLAIN").await;
        phone.folder_sync().await;
        if phone.folder_names().contains(&"PLAIN".to_owned()) {
            phone.delete_folder("PLAIN").await;
        }
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

/// S2: the answer to each is lost, and the phone asks again, once or twice, or syncs in between.
async fn s2_lost_answers(setup: Setup) {
    let world = setup.world().await;
    let mut phone = world.phone(Profile::ios()).await;
    let mail = FolderType::UserMail;
    phone.lose_next(Loss::Answer);
    assert!(phone.try_create_folder("0", "Once", mail).await.is_err());
    let again = phone
        .clone()
        .try_create_folder("0", "Once", mail)
        .await
        .unwrap();
    assert_eq!(again.status, status::OK, "ours");
    let id = phone.create_folder("", "Once").await;
    assert_eq!(again.server_id, Some(id));
    assert_no_echo(&mut phone).await;
    // Truly there already: made by nobody's repeat.
    let answer = phone.try_create_folder("0", "Once", mail).await.unwrap();
    assert_eq!(answer.status, status::EXISTS);

    // A FolderSync in between tells of it; the repeat under the old key is still ours.
    phone.lose_next(Loss::Answer);
    assert!(phone.try_create_folder("0", "Twice", mail).await.is_err());
    phone.lose_next(Loss::Answer);
    assert!(phone.try_folder_sync().await.is_err());
    make_folder(&world, "By others").await;
    let answer = phone.try_create_folder("0", "Twice", mail).await.unwrap();
    assert_eq!(answer.status, status::OK);
    // What others did meanwhile is not taken for told.
    assert_eq!(counted(&phone.folder_sync().await), (1, 0, 0));
    assert!(phone.folder_names().contains(&"By others".to_owned()));

    deliver(&world, "Once", &["mail"]).await;
    phone.sync_all("Once").await;
    let id = phone.id("Once");
    phone.lose_next(Loss::Answer);
    assert!(phone.try_update_folder(&id, "0", "Renamed").await.is_err());
    phone.update_folder("Once", "", "Renamed").await;
    assert_no_echo(&mut phone).await;
    assert_quiet(&mut phone, "Renamed").await;

    phone.lose_next(Loss::Answer);
    assert!(phone.try_delete_folder(&id).await.is_err());
    phone.delete_folder("Renamed").await;
    phone.folder_sync().await;
    assert_eq!(phone.surprises(), [""; 0]);
    let shown: Vec<String> = phone.folder_names();
    let mail_is = if shown.contains(&"Renamed".to_owned()) {
        "Trash/Renamed"
    } else {
        "Trash"
    };
    assert_eq!(
        on_server(&world, mail_is).await,
        ["mail"],
        "deleted once, not for good"
    );
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    a_folder_is_made_moved_and_deleted,
    s2_lost_answers
}

// What is refused without asking the server is the same on all.
on_servers! {
    [dovecot Dovecot, plain Plain]
    what_cannot_be_has_its_status
}

/// Quirk: Courier renames a folder with one below it whose name is not plain ASCII, and then dies
/// over it without an answer.
#[tokio::test]
async fn courier_renames_and_hangs_up() {
    let world = Setup::Courier.world().await;
    make_folder(&world, "Work").await;
    make_folder(&world, "Work/A &- B").await;
    let mut phone = world.phone(Profile::ios()).await;
    let inner = phone.id("A & B");
    phone.update_folder("Work", "", "Play").await;
    assert_no_echo(&mut phone).await;
    assert_eq!(phone.id("A & B"), inner);
    assert!(exists(&world, "Play/A &- B").await && exists(&world, "Play").await);
    assert_eq!(phone.surprises(), [""; 0]);
}
