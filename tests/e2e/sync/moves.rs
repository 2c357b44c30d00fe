//! MoveItems: once each, however often asked, and what the next Syncs say (S10).

use airgate_codec::eas::move_items::{self, status};
use airgate_codec::eas::request_line::CommandName;

use super::{Setup, assert_converged, deliver, expunge, make_folder, on_every_server, on_server};
use crate::support::phone::{Phone, Profile};

/// MoveItems by ids; the phone's copy stays as it is.
async fn raw(phone: &mut Phone, moves: &[(&str, &str, &str)]) -> Vec<(u16, Option<String>)> {
    let request = move_items::Request {
        moves: moves
            .iter()
            .map(|(item, from, to)| move_items::Move {
                source_item: (*item).to_owned(),
                source_folder: (*from).to_owned(),
                destination_folder: (*to).to_owned(),
            })
            .collect(),
    };
    let body = request.write(phone.version());
    let answer = phone.command(CommandName::MoveItems, body).await.unwrap();
    let response = move_items::Response::read(&answer.body).unwrap();
    let echoed: Vec<&str> = response
        .results
        .iter()
        .map(|moved| moved.source_item.as_str())
        .collect();
    let asked: Vec<&str> = moves.iter().map(|(item, _, _)| *item).collect();
    assert_eq!(echoed, asked, "in the order of the request");
    response
        .results
        .into_iter()
        .map(|moved| (moved.status, moved.destination_item))
        .collect()
}

async fn every_status_and_the_same_answer_again(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    deliver(&world, "INBOX", &["one", "two", "gone", "stays"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    for folder in ["INBOX", "Work"] {
        phone.sync_all(folder).await;
    }
    let (inbox, work) = (phone.id("INBOX"), phone.id("Work"));
    let item = |subject: &str| phone.item("INBOX", subject);
    let (one, two, gone, stays) = (item("one"), item("two"), item("gone"), item("stays"));
    expunge(&world, "INBOX", "gone").await;
    let moves = [
        (one.as_str(), inbox.as_str(), work.as_str()),
        (&stays, &inbox, "m999"),
        (&gone, &inbox, &work),
        (&stays, "m999", &work),
        (&stays, &inbox, &inbox),
        ("nonsense", &inbox, &work),
        (&two, &inbox, &work),
    ];
    let first = raw(&mut phone, &moves).await;
    let statuses: Vec<u16> = first.iter().map(|(status, _)| *status).collect();
    assert_eq!(
        statuses,
        [
            status::OK,
            status::INVALID_DESTINATION,
            status::INVALID_SOURCE,
            status::INVALID_SOURCE,
            status::SAME_FOLDER,
            status::INVALID_SOURCE,
            status::OK,
        ]
    );
    assert_eq!(on_server(&world, "Work").await, ["one", "two"]);
    assert_eq!(on_server(&world, "INBOX").await, ["stays"]);
    // The answer was lost: the same again, and nothing moves twice.
    assert_eq!(raw(&mut phone, &moves).await, first);
    assert_eq!(on_server(&world, "Work").await, ["one", "two"]);
    // A phone that never got the answer is told by Sync (S1).
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Work").await;
    let ids: Vec<String> = phone.held("Work").items.into_keys().collect();
    let mut told: Vec<String> = first.into_iter().filter_map(|(_, id)| id).collect();
    told.sort();
    assert_eq!(ids, told, "the ids of the answer are those of Sync");
    // There and back again.
    phone.move_items("Work", "INBOX", &told).await;
    assert_eq!(on_server(&world, "INBOX").await, ["one", "stays", "two"]);
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Work").await;
}

async fn each_kind_of_phone_ends_with_one_copy(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    for profile in [Profile::ios(), Profile::outlook(), Profile::gmail()] {
        let name = profile.name;
        let subjects = [format!("a {name}"), format!("b {name}")];
        deliver(&world, "INBOX", &[&subjects[0], &subjects[1]]).await;
        let mut phone = world.phone(profile.keeps_all()).await;
        for folder in ["INBOX", "Work"] {
            phone.sync_all(folder).await;
        }
        let items: Vec<String> = subjects
            .iter()
            .map(|subject| phone.item("INBOX", subject))
            .collect();
        let answer = phone.move_items("INBOX", "Work", &items).await;
        assert!(
            answer
                .results
                .iter()
                .all(|moved| moved.status == status::OK)
        );
        // What it moved it may change at once, under the new id.
        let new = phone.item("Work", &subjects[0]);
        phone.mark_read("Work", &new, true).await;
        assert_converged(&world, &mut phone, "INBOX").await;
        assert_converged(&world, &mut phone, "Work").await;
        let body = phone
            .fetch_body("Work", &new, airgate_codec::eas::email::BodyType::Plain)
            .await;
        assert!(body.unwrap().contains("Some text."), "{name}");
    }
}

async fn attachments_are_found_after_a_move(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    let mail = "From: a@b.test\r\nTo: alice@example.com\r\nSubject: files\r\n\
        Message-ID: <files@b.test>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain\r\n\r\nsee file\r\n\
        --x\r\nContent-Type: application/pdf; name=a.pdf\r\n\
        Content-Disposition: attachment; filename=a.pdf\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybGQ=\r\n--x--\r\n";
    world.deliver("INBOX", mail.as_bytes()).await;
    let mut phone = world.phone(Profile::ios()).await;
    for folder in ["INBOX", "Work"] {
        phone.sync_all(folder).await;
    }
    let item = phone.item("INBOX", "files");
    let reference = phone.held("INBOX").items[&item].attachments[0]
        .file_reference
        .clone();
    assert_eq!(
        phone.fetch_attachment(&reference, false).await,
        b"Hello world"
    );
    phone.move_items("INBOX", "Work", &[item]).await;
    assert_eq!(
        phone.fetch_attachment(&reference, true).await,
        b"Hello world"
    );
    let item = phone.item("Work", "files");
    phone.delete("Work", &[item], false).await;
    assert_eq!(
        phone.fetch_attachment(&reference, false).await,
        b"Hello world"
    );
}

async fn s22_moves_there_and_back_at_once(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    deliver(&world, "INBOX", &["one"]).await;
    deliver(&world, "Work", &["two"]).await;
    let mut phone = world.phone(Profile::outlook()).await;
    for folder in ["INBOX", "Work"] {
        phone.sync_all(folder).await;
    }
    let (one, two) = (phone.item("INBOX", "one"), phone.item("Work", "two"));
    let mut twin = phone.clone();
    let (one, two) = ([one], [two]);
    tokio::join!(
        phone.move_items("INBOX", "Work", &one),
        twin.move_items("Work", "INBOX", &two),
    );
    assert_eq!(on_server(&world, "INBOX").await, ["two"]);
    assert_eq!(on_server(&world, "Work").await, ["one"]);
}

on_every_server! {
    every_status_and_the_same_answer_again,
    each_kind_of_phone_ends_with_one_copy,
    attachments_are_found_after_a_move,
    s22_moves_there_and_back_at_once,
}
