//! Ends of the server: kill -9 at any moment while a phone syncs (S4, S18), and the quiet one on
//! SIGTERM (O6). Whatever happens the phone only repeats what was not answered, as phones do, and
//! in the end it holds what the store holds: nothing lost, nothing doubled.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use airgate_codec::eas::compose_mail::Verb;
use airgate_codec::eas::move_items;
use airgate_codec::eas::ping;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::sync;

use crate::support::backend::Kind;
use crate::support::phone::{Phone, Profile, Trouble};
use crate::support::server::Server;
use crate::support::world::World;

/// Chance that is the same in every run (S29).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn moment(&mut self, most: u64) -> Duration {
        Duration::from_micros(self.below(most * 1000))
    }
}

/// Kills the server after a while, and starts it again.
async fn kill_after(server: &mut Server, while_: Duration) {
    tokio::time::sleep(while_).await;
    server.kill_nine();
    server.start();
}

/// Syncs the inbox page by page until nothing more is there (`true`) or no answer comes.
async fn walk(phone: &mut Phone) -> bool {
    loop {
        let collection = phone.collection("INBOX");
        let first = collection.sync_key.as_deref() == Some("0");
        let request = sync::Request {
            collections: Some(vec![collection]),
            ..sync::Request::default()
        };
        match phone.try_sync(request).await {
            Err(_) => return false,
            Ok(response) => {
                assert_eq!(response.status, None, "{response:?}");
                let more = response.collections.first().is_some_and(|collection| {
                    assert_eq!(collection.head.status, 1, "{response:?}");
                    collection.head.more_available
                });
                if !more && !first {
                    return true;
                }
            }
        }
    }
}

/// The same pages under kills, with a phone that sometimes dies as well.
async fn pages(seed: u64) {
    let mut chance = Chance(seed);
    let mut world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 1000).await;
    let mut phone = world.phone(Profile::ios().window(25)).await;
    let mut kills = 0;
    // One page takes some 20 ms here; 40 of them flow while this goes on.
    while kills < 14 {
        let moment = chance.moment(50);
        let (done, ()) = tokio::join!(walk(&mut phone), kill_after(&mut world.server, moment));
        kills += 1;
        if chance.below(3) == 0 {
            phone.crash();
        } else if done {
            // It was quicker than the kill: something new to say.
            world.fill_more(1).await;
        }
    }
    assert!(walk(&mut phone).await);
    assert_eq!(phone.surprises(), [""; 0]);
    let mut other = world.other_client().await;
    let mut stored = other.subjects("INBOX").await;
    stored.sort();
    assert_eq!(phone.subjects("INBOX"), stored);
    assert!(stored.len() >= 1000);
}

impl World {
    async fn fill_more(&self, count: u64) {
        for _ in 0..count {
            let mail = crate::support::mail::simple("more", "x\r\n");
            self.deliver("INBOX", &mail).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_while_pages_flow_loses_and_doubles_nothing() {
    pages(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_while_pages_flow_with_other_luck() {
    pages(0x5eed).await;
}

/// Sends the same until it is answered; the server is killed under the first try.
async fn insist(world: &mut World, phone: &mut Phone, request: sync::Request, moment: Duration) {
    let first = {
        let (first, ()) = tokio::join!(
            phone.try_sync(request),
            kill_after(&mut world.server, moment)
        );
        first
    };
    if first.is_err() {
        // Byte by byte the same.
        let answer = phone.repeat_sync().await.expect("it runs again");
        for collection in &answer.collections {
            assert_eq!(collection.head.status, 1, "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_during_the_phones_changes_does_each_once() {
    let mut chance = Chance(7);
    let mut world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 60).await;
    let mut phone = world.phone(Profile::ios().window(100)).await;
    phone.sync_all("INBOX").await;
    phone.sync_all("Trash").await;
    phone.sync_all("Archive").await;
    // What the user did, by subject.
    let mut intended: BTreeMap<String, &str> = BTreeMap::new();
    for round in 0..14 {
        let subjects = phone.subjects("INBOX");
        let three: Vec<String> = (0..3)
            .map(|n| {
                let third = subjects.len() / 3;
                let within = chance.below(u64::try_from(third).unwrap());
                subjects[usize::try_from(within).unwrap() + n * third].clone()
            })
            .collect();
        let ids: Vec<String> = three
            .iter()
            .map(|subject| phone.item("INBOX", subject))
            .collect();
        let moment = chance.moment(25);
        match round % 3 {
            0 => {
                let mut collection = phone.collection("INBOX");
                collection.commands = ids
                    .iter()
                    .map(|id| sync::Command::Delete {
                        server_id: id.clone(),
                        instance_id: None,
                    })
                    .collect();
                let request = sync::Request {
                    collections: Some(vec![collection]),
                    ..sync::Request::default()
                };
                insist(&mut world, &mut phone, request, moment).await;
                for subject in three {
                    intended.insert(subject, "Trash");
                }
            }
            1 => {
                let mut collection = phone.collection("INBOX");
                collection.commands = ids
                    .iter()
                    .map(|id| {
                        let change = airgate_codec::eas::email::EmailChange {
                            read: Some(true),
                            flag: Some(airgate_codec::eas::email::FollowUp {
                                status: 2,
                                ..Default::default()
                            }),
                            ..Default::default()
                        };
                        sync::Command::Change {
                            server_id: id.clone(),
                            instance_id: None,
                            data: sync::ApplicationData::Email(Box::new(change)),
                            send: false,
                        }
                    })
                    .collect();
                let request = sync::Request {
                    collections: Some(vec![collection]),
                    ..sync::Request::default()
                };
                insist(&mut world, &mut phone, request, moment).await;
                for subject in three {
                    intended.insert(subject, "flagged");
                }
            }
            _ => {
                let request = move_items::Request {
                    moves: ids
                        .iter()
                        .map(|id| move_items::Move {
                            source_item: id.clone(),
                            source_folder: phone.id("INBOX"),
                            destination_folder: phone.id("Archive"),
                        })
                        .collect(),
                };
                let sent = phone.prepare(
                    &phone.line(CommandName::MoveItems),
                    request.write(phone.version()),
                );
                let (first, ()) = tokio::join!(
                    phone.command_with(&sent),
                    kill_after(&mut world.server, moment)
                );
                let answer = match first {
                    Ok(answer) => answer,
                    Err(_) => phone.command_with(&sent).await.expect("it runs again"),
                };
                let response = move_items::Response::read(&answer.body).unwrap();
                // Moved now, or found moved: never "is still there".
                for result in &response.results {
                    assert!([1, 3].contains(&result.status), "{response:?}");
                }
                for subject in three {
                    intended.insert(subject, "Archive");
                }
                phone.sync_all("Archive").await;
            }
        }
        phone.sync_all("INBOX").await;
    }
    phone.sync_all("Trash").await;
    phone.sync_all("Archive").await;
    let mut other = world.other_client().await;
    let mut all = Vec::new();
    for folder in ["INBOX", "Trash", "Archive"] {
        let mut stored = other.subjects(folder).await;
        stored.sort();
        assert_eq!(phone.subjects(folder), stored, "{folder}");
        for subject in &stored {
            let meant = intended.get(subject).copied().unwrap_or("INBOX");
            match meant {
                "Trash" | "Archive" => assert_eq!(folder, meant, "{subject}"),
                _ => assert_eq!(folder, "INBOX", "{subject}"),
            }
        }
        all.extend(stored);
    }
    // Each of the 60 is somewhere, and nowhere twice.
    all.sort();
    let count = all.len();
    all.dedup();
    assert_eq!((count, all.len()), (60, 60));
    other.select("INBOX").await;
    let flagged = other.search("FLAGGED SEEN").await.len();
    let meant = intended
        .iter()
        .filter(|(_, meant)| **meant == "flagged")
        .count();
    assert!(flagged >= meant, "{flagged} of {meant}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o6_sigterm_answers_what_is_held_and_ends_soon() {
    let mut world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 200).await;
    let mut waiting = Vec::new();
    for number in 0..5 {
        let profile = Profile::ios().called(&format!("P{number}")).window(50);
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let request = ping::Request {
            heartbeat: Some(900),
            folders: Some(vec![ping::Folder {
                id: phone.id("INBOX"),
                class: None,
            }]),
        };
        waiting.push(tokio::spawn(async move { phone.try_ping(&request).await }));
    }
    // Outlook waits in a Sync.
    let mut outlook = world.phone(Profile::outlook()).await;
    outlook.sync_all("INBOX").await;
    let request = sync::Request {
        collections: Some(vec![outlook.collection("INBOX")]),
        heartbeat: Some(900),
        ..sync::Request::default()
    };
    let held = tokio::spawn(async move { outlook.try_sync(request).await });
    // And somebody is in the middle of a page.
    let mut reading = world
        .phone(Profile::ios().called("READER").window(200))
        .await;
    reading.sync("INBOX").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let page = tokio::spawn(async move {
        reading.sync("INBOX").await;
        reading
    });
    tokio::time::sleep(Duration::from_millis(15)).await;

    let asked = Instant::now();
    let status = tokio::task::block_in_place(|| world.server.terminate());
    let took = asked.elapsed();
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    for ping in waiting {
        let answer = ping.await.unwrap().expect("an answer, not a cut line");
        assert_eq!(answer.status, ping::status::NO_CHANGES);
    }
    assert_eq!(held.await.unwrap().unwrap(), sync::Response::default());
    let mut reading = page.await.unwrap();
    assert_eq!(reading.subjects("INBOX").len(), 200);
    let log = world.server.log();
    assert!(!log.contains("connections are cut"), "{log}");
    assert!(log.contains("stopped"));

    world.server.start();
    assert_eq!(reading.sync("INBOX").await.collections, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s17_s20_kill_nine_during_sending_and_forwarding_sends_each_once() {
    let mut chance = Chance(99);
    let mut world = World::start(Kind::Dovecot).await;
    let mut phone = world.phone(Profile::outlook()).await;
    // Every other mail forwards one with an attachment, which is read while it is sent.
    let original = "From: bob@example.com\r\nSubject: original\r\nMIME-Version: 1.0\r\n\
        Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n";
    world.deliver("INBOX", original.as_bytes()).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "original");
    let mails = 14;
    for number in 0..mails {
        let mime = format!(
            "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: mail {number:02}\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nonce {number}\r\n"
        );
        let client_id = format!("client-{number}");
        let moment = chance.moment(30);
        let forward = number % 2 == 1;
        let (first, ()) = tokio::join!(
            compose(&mut phone, forward.then_some(&item), &client_id, &mime),
            kill_after(&mut world.server, moment)
        );
        // The phone repeats until it hears that the mail is gone; 118 says so too.
        let said = match first {
            Ok(said) => said,
            Err(_) => compose(&mut phone, forward.then_some(&item), &client_id, &mime)
                .await
                .expect("it runs again"),
        };
        assert!(matches!(said, None | Some(118)), "{said:?}");
    }
    let mut other = world.other_client().await;
    let expected: Vec<String> = (0..mails)
        .map(|number| format!("mail {number:02}"))
        .collect();
    // Each is in Sent, and nowhere twice.
    let mut sent = Vec::new();
    for _ in 0..100 {
        sent = other.subjects("Sent").await;
        sent.sort();
        if sent.len() >= expected.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sent, expected);
    // Each went out. Twice only by the one cut that nobody can tell from a loss, between the final
    // dot and the word on disk; then under the same Message-ID, which mail servers drop.
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in world.smtp.received() {
        let text = mail.text();
        let line = |name: &str| {
            let line = text
                .lines()
                .find(|line| line.to_ascii_lowercase().starts_with(name));
            line.unwrap_or_else(|| panic!("no {name} in {text}"))
                .to_owned()
        };
        ids.entry(line("subject:"))
            .or_default()
            .push(line("message-id:"));
    }
    assert_eq!(ids.len(), mails);
    let mut twice = 0;
    for (subject, ids) in &ids {
        twice += ids.len() - 1;
        assert!(ids.iter().all(|id| *id == ids[0]), "{subject}: {ids:?}");
    }
    assert!(twice <= 2, "{ids:?}");
    for mail in world.smtp.received() {
        let forward = mail.text().contains("Original Message");
        assert_eq!(mail.text().contains("JVBERi0="), forward, "{}", mail.text());
    }
}

/// A SendMail, or a SmartForward of that item.
async fn compose(
    phone: &mut Phone,
    item: Option<&String>,
    client_id: &str,
    mime: &str,
) -> Result<Option<u16>, Trouble> {
    match item {
        Some(item) => {
            let (verb, source) = (Verb::SmartForward, ("INBOX", item.as_str()));
            phone
                .try_smart(verb, client_id, source, mime.as_bytes())
                .await
        }
        None => phone.try_send_mail(client_id, mime.as_bytes()).await,
    }
}
