//! What goes wrong behind: mail that cannot be read, servers that lie, folders that cannot be
//! written, no room left; and what a Sync without news costs.

use std::time::SystemTime;

use super::{
    Setup, assert_converged, assert_quiet, counts, deliver, make_folder, on_server, store,
};
use crate::support::backend::dovecot::Settings;
use crate::support::backend::{Backend, Kind, User};
use crate::support::mail;
use crate::support::phone::{Phone, Profile};
use crate::support::process::RunDir;
use crate::support::spoiler::Spoiler;
use crate::support::world::World;

/// A world with somebody in between.
async fn spoiled(kind: Kind, hidden: &str) -> (World, Spoiler) {
    let users = [User::alice()];
    let backend = Backend::start(kind, &users);
    let spoiler = Spoiler::before(backend.imap()).await;
    let url = spoiler.url();
    let world = World::around(backend, &users, |settings| {
        settings
            .imap(&url)
            .variable("AIRGATE_BACKEND_HIDE_CAPABILITIES", hidden)
    })
    .await;
    (world, spoiler)
}

#[tokio::test]
async fn t59_one_mail_that_cannot_be_read_does_not_stop_a_folder() {
    let (world, spoiler) = spoiled(Kind::Dovecot, "").await;
    world.fill("INBOX", 40).await;
    spoiler.poison(13);
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let held = phone.held("INBOX");
    assert_eq!(
        held.items.len(),
        40,
        "all of them, and something for the one"
    );
    let id = format!("{}:13", phone.id("INBOX"));
    let stub = held.items[&id]
        .body
        .as_ref()
        .and_then(|body| body.data.clone());
    let text = stub.unwrap_or_default();
    assert!(text.contains("could not be shown"), "{text:?}");
    let others = phone.subjects("INBOX");
    assert!(others.contains(&"Mail number 11".to_owned()));
    assert!(others.contains(&"Mail number 13".to_owned()));
    assert_quiet(&mut phone, "INBOX").await;
    // It is told once and not asked for again and again.
    spoiler.heard();
    assert_quiet(&mut phone, "INBOX").await;
    assert!(
        !spoiler
            .heard()
            .iter()
            .any(|command| command.contains("FETCH"))
    );
    // And it can be thrown away like any other.
    phone.delete("INBOX", &[id], false).await;
    assert_eq!(on_server(&world, "Trash").await, ["Mail number 12"]);
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn s8_a_server_that_shows_an_empty_folder_is_asked_twice() {
    let hidden = "CONDSTORE,QRESYNC,ESEARCH,NOTIFY";
    let (world, spoiler) = spoiled(Kind::Dovecot, hidden).await;
    world.fill("INBOX", 40).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    spoiler.blind_all();
    let answer = phone.sync("INBOX").await;
    assert_eq!(
        counts(&answer),
        "",
        "not one message is taken from the phone"
    );
    assert!(world.server.log().contains("looking again"));
    assert_converged(&world, &mut phone, "INBOX").await;
    // Where most mails are gone in truth, they go.
    let mut client = super::client_in(&world, "INBOX").await;
    client.command("UID STORE 1:35 +FLAGS (\\Deleted)").await;
    client.command("EXPUNGE").await;
    phone.sync_all("INBOX").await;
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 5);
}

/// S25: a Sync without news is one STATUS per collection in one flight, and nothing is written.
#[tokio::test]
async fn s25_no_news_cost_one_flight() {
    let (world, spoiler) = spoiled(Kind::Dovecot, "").await;
    make_folder(&world, "Work").await;
    world.fill("INBOX", 30).await;
    world.fill("Work", 30).await;
    let mut phone = world.phone(Profile::ios()).await;
    let folders = ["INBOX", "Work", "Trash"];
    for folder in folders {
        phone.sync_all(folder).await;
    }
    let all = |phone: &Phone| folders.map(|folder| phone.collection(folder)).to_vec();
    let request = all(&phone);
    phone.sync_collections(request).await;
    let written = || -> Vec<(u64, SystemTime)> {
        let state = world.server.state();
        ["airgate.db", "airgate.db-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(state.join(name)).ok())
            .map(|meta| (meta.len(), meta.modified().unwrap()))
            .collect()
    };
    spoiler.heard();
    let before = written();
    assert!(!before.is_empty());
    for _ in 0..3 {
        let request = all(&phone);
        let answer = phone.sync_collections(request).await;
        assert!(answer.collections.is_empty());
        let heard = spoiler.heard();
        assert_eq!(heard.len(), 3, "{heard:?}");
        assert!(heard.iter().all(|c| c.starts_with("STATUS ")), "{heard:?}");
    }
    assert_eq!(written(), before, "nothing was written");
    // After something was read the mailbox is left in the same flight, not in one before.
    deliver(&world, "INBOX", &["news"]).await;
    phone.sync("INBOX").await;
    println!("one new mail: {:#?}", spoiler.heard());
    assert_quiet(&mut phone, "INBOX").await;
    let heard = spoiler.heard();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(
        heard[0] == "UNSELECT" && heard[1].starts_with("STATUS"),
        "{heard:?}"
    );
    // A command of the phone's: what it takes, and what the next Sync takes to see that it was its own.
    let item = phone.item("INBOX", "news");
    phone.mark_read("INBOX", &item, true).await;
    println!("a mail marked read: {:#?}", spoiler.heard());
    assert_quiet(&mut phone, "INBOX").await;
    println!("and the Sync after it: {:#?}", spoiler.heard());
    let heard = {
        assert_quiet(&mut phone, "INBOX").await;
        spoiler.heard()
    };
    assert!(
        heard
            .iter()
            .all(|c| !c.contains("FETCH") && !c.contains("SELECT \"")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_undoes_the_phones_change() {
    let rules = RunDir::new("acl");
    let file = rules.write("acl", "Archive owner lr\n");
    let users = [User::alice()];
    let dovecot = Settings::new(&users)
        .extra(&format!(
            "mail_plugins = acl\nplugin {{\n  acl = vfile:{}\n}}",
            file.display()
        ))
        .start();
    dovecot.maildir(&users[0]).fill("Archive", 0..3);
    let world = World::around(Backend::Dovecot(dovecot), &users, |settings| settings).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("Archive").await;
    let item = phone.item("Archive", "Mail number 1");
    let answer = phone.mark_read("Archive", &item, true).await;
    assert_eq!(answer.collections[0].responses.len(), 1, "{answer:?}");
    assert_eq!(counts(&answer), "~1", "set back at once");
    assert_eq!(phone.held("Archive").items[&item].read, Some(false));
    for for_good in [false, true] {
        let answer = phone.delete("Archive", &[item.clone()], for_good).await;
        assert_eq!(answer.collections[0].responses.len(), 1, "{answer:?}");
        assert_eq!(counts(&answer), "+1", "and there it is again");
    }
    // MoveItems out of it is refused as well, and nothing is lost on the way.
    let answer = phone.move_items("Archive", "INBOX", &[item]).await;
    assert_ne!(answer.results[0].status, 3);
    assert_converged(&world, &mut phone, "Archive").await;
    assert_eq!(phone.subjects("Archive").len(), 3);
    assert_converged(&world, &mut phone, "INBOX").await;
}

#[tokio::test]
async fn a_full_mailbox_can_be_cleaned_up() {
    let users = [User::alice()];
    let dovecot = Settings::new(&users).quota("12K").start();
    let world = World::around(Backend::Dovecot(dovecot), &users, |settings| settings).await;
    make_folder(&world, "Work").await;
    let mut client = world.other_client().await;
    let body = "x".repeat(70).repeat(40);
    let mut count = 0;
    loop {
        let mail = mail::simple(&format!("large {count}"), &body);
        if !client.try_append("INBOX", "", &mail).await.is_ok() {
            break;
        }
        count += 1;
        assert!(count < 20);
    }
    let mut phone = world.phone(Profile::ios()).await;
    for folder in ["INBOX", "Work", "Trash"] {
        phone.sync_all(folder).await;
    }
    let item = |phone: &Phone, n: usize| phone.item("INBOX", &format!("large {n}"));
    let (first, second, third) = (item(&phone, 0), item(&phone, 1), item(&phone, 2));
    phone.mark_read("INBOX", &first, true).await;
    phone.move_items("INBOX", "Work", &[second]).await;
    phone.delete("INBOX", &[first], false).await;
    phone.delete("INBOX", &[third], true).await;
    for folder in ["INBOX", "Work", "Trash"] {
        assert_converged(&world, &mut phone, folder).await;
    }
    // There is room again.
    let mail = mail::simple("fits", "small\r\n");
    client.append("INBOX", "", &mail).await;
    assert_converged(&world, &mut phone, "INBOX").await;
    assert!(phone.subjects("INBOX").contains(&"fits".to_owned()));
}

/// T58: a phone that sends the same again and again costs little, and only itself.
#[tokio::test]
async fn t58_a_phone_that_loops_is_slowed_down() {
    let world = Setup::Dovecot.world().await;
    deliver(&world, "INBOX", &["one"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let mut statuses = Vec::new();
    let one = phone.item("INBOX", "one");
    phone.mark_read("INBOX", &one, true).await;
    for _ in 0..14 {
        phone.crash();
        statuses.push(match phone.repeat_sync().await {
            Ok(_) => 200,
            Err(trouble) => trouble.http(),
        });
    }
    assert_eq!(statuses[..8], [200; 8]);
    assert_eq!(statuses[12..], [503; 2], "{statuses:?}");
    assert!(
        world
            .server
            .log()
            .contains("the same request again and again")
    );
    // Another phone of the same user is none the wiser, and this one goes on when it says anything else.
    let mut other = world.phone(Profile::gmail()).await;
    other.sync_all("INBOX").await;
    store(&world, "INBOX", "one", "+FLAGS (\\Flagged)").await;
    assert_converged(&world, &mut other, "INBOX").await;
    phone.profile.window = 17;
    assert_converged(&world, &mut phone, "INBOX").await;
    // Without news the same request may come as often as it likes.
    for _ in 0..15 {
        assert_quiet(&mut phone, "INBOX").await;
    }
}
