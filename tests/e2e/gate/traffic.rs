//! Many users with several devices each at once, everything of theirs stamped with its owner: whatever a
//! phone is told, and whatever leaves in a user's name, bears that user's stamp and no other (T50, T42).
//!
//! A bounded run for every change; `AIRGATE_SOAK=3600 cargo test --test e2e t50_` is the whole of it: 200
//! users with three devices for so many seconds.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::item_operations::{Fetch, Store};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::search::{self, Query, Term};
use airgate_codec::eas::{BodyPreference, ping};
use tokio::task::JoinSet;

use crate::support::backend::{Backend, User, dovecot};
use crate::support::mail;
use crate::support::phone::{Phone, Profile, Trouble};
use crate::support::world::World;

/// How much of it.
#[derive(Clone, Copy)]
struct Scale {
    users: usize,
    lasts: Duration,
}

const DEVICES: usize = 3;
/// What begins every stamp; the user's name follows.
const STAMP: &str = "stamp-";

impl Scale {
    fn chosen() -> Self {
        match std::env::var("AIRGATE_SOAK").map(|seconds| seconds.parse()) {
            Ok(Ok(seconds)) => Self {
                users: 200,
                lasts: Duration::from_secs(seconds),
            },
            _ => Self {
                users: 8,
                lasts: Duration::from_secs(3),
            },
        }
    }
}

/// Numbers that look random and are the same on every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides.max(1)
    }
}

/// A user's short name, which no other's begins with.
fn short(number: usize) -> String {
    format!("u{number:03}x")
}

fn stamp(name: &str) -> String {
    format!("{STAMP}{name}")
}

/// A mail of the user's own.
fn stamped(name: &str, number: usize) -> Vec<u8> {
    let stamp = stamp(name);
    mail::simple(
        &format!("{stamp} {number}"),
        &format!("text of {stamp}\r\n"),
    )
}

/// Insists that every stamp in a text is this user's.
fn all_own(what: &str, name: &str, text: &str) {
    for (at, _) in text.match_indices(STAMP) {
        let whose = text.get(at + STAMP.len()..).unwrap_or_default();
        assert!(whose.starts_with(name), "{what} of {name}: {text}");
    }
}

/// One device and what it knows.
struct Device {
    phone: Phone,
    user: User,
    name: String,
    dice: Dice,
    /// Ids that anybody was given, as a thief would have them.
    ids: Arc<Mutex<Vec<String>>>,
    done: usize,
}

impl Device {
    /// One thing that people or phones do.
    async fn step(&mut self, world: &World) {
        self.done += 1;
        match self.dice.throw(12) {
            0 | 1 => {
                let mail = stamped(&self.name, self.done);
                world.backend.deliver(&self.user, "INBOX", &mail).await;
            }
            2 => {
                if let Some(item) = self.any() {
                    self.phone.mark_read("INBOX", &item, true).await;
                }
            }
            3 => {
                if let Some(item) = self.any() {
                    self.phone.delete("INBOX", &[item], false).await;
                }
            }
            4 => {
                if let Some(item) = self.any() {
                    let answer = self.fetch(&item).await;
                    all_own("a body", &self.name, &answer);
                }
            }
            5 => {
                let theirs = {
                    let ids = self.ids.lock().unwrap();
                    let which = self.dice.throw(ids.len());
                    ids.get(which).cloned()
                };
                if let Some(id) = theirs {
                    let answer = self.fetch(&id).await;
                    all_own("what a foreign id names", &self.name, &answer);
                }
            }
            6 => self.search().await,
            7 => {
                let mime = format!(
                    "From: {0}\r\nTo: {0}\r\nSubject: {1}\r\n\r\nsent {1}\r\n",
                    self.user.name,
                    stamp(&self.name)
                );
                let id = format!("{}-{}", self.phone.profile.device_id, self.done);
                let sent = self.phone.try_send_mail(&id, mime.as_bytes()).await;
                assert!(matches!(sent, Ok(None)), "{sent:?}");
            }
            8 => {
                let held = ping::Request {
                    heartbeat: Some(60),
                    folders: Some(vec![ping::Folder {
                        id: self.phone.id("INBOX"),
                        class: None,
                    }]),
                };
                // It goes away before there is an answer, as phones do.
                let patience = Duration::from_millis(150);
                let _ = tokio::time::timeout(patience, self.phone.try_ping(&held)).await;
            }
            9 => {
                let name = format!("{} {}", stamp(&self.name), self.dice.throw(1000));
                let _ = self
                    .phone
                    .try_create_folder("0", &name, FolderType::UserMail)
                    .await;
                self.phone.folder_sync().await;
            }
            10 => {
                let answer = self.phone.settings().await;
                let text = format!("{answer:?}");
                assert!(text.contains(&self.user.name), "{text}");
            }
            _ => {}
        }
        self.phone.sync("INBOX").await;
        self.look();
    }

    fn any(&mut self) -> Option<String> {
        let held = self.phone.held("INBOX");
        let which = self.dice.throw(held.items.len());
        held.items.keys().nth(which).cloned()
    }

    /// What ItemOperations says of an id, as text.
    async fn fetch(&mut self, item: &str) -> String {
        let fetch = Fetch {
            store: Some(Store::Mailbox),
            collection_id: Some(self.phone.id("INBOX")),
            server_id: Some(item.to_owned()),
            ..Fetch::default()
        };
        let (response, _) = self.phone.item_operations(vec![fetch], false).await;
        format!("{response:?}")
    }

    /// Searches for what everybody has.
    async fn search(&mut self) {
        let request = search::Request {
            store: search::Store::Mailbox,
            query: Query {
                text: String::new(),
                terms: vec![Term::And(vec![Term::FreeText(STAMP.into())])],
            },
            options: search::Options::default(),
        };
        let body = request.write(self.phone.version());
        let answer = self.phone.command(CommandName::Search, body).await;
        let answer = answer.expect("an answer to Search");
        let response = search::Response::read(&answer.body).expect("a Search response");
        all_own("what was found", &self.name, &format!("{response:?}"));
    }

    /// Everything the phone holds is its user's.
    fn look(&self) {
        let held = self.phone.held("INBOX");
        for email in held.items.values() {
            let body = email.body.as_ref().and_then(|body| body.data.clone());
            let subject = email.subject.clone().unwrap_or_default();
            assert!(subject.starts_with(&stamp(&self.name)), "{subject}");
            all_own("a mail", &self.name, &body.unwrap_or_default());
        }
        for folder in self.phone.folder_names() {
            all_own("a folder", &self.name, &folder);
        }
        let mut ids = self.ids.lock().unwrap();
        ids.extend(held.items.keys().take(1).cloned());
        let surplus = ids.len().saturating_sub(500);
        ids.drain(..surplus);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t50_whatever_comes_is_the_users_own() {
    let scale = Scale::chosen();
    let users: Vec<User> = (0..scale.users)
        .map(|number| User::new(&format!("{}@example.com", short(number))))
        .collect();
    let dovecot = dovecot::Settings::new(&users)
        .extra(
            "service imap {\n  client_limit = 100\n  service_count = 0\n}\ndefault_vsz_limit = 1G",
        )
        .start();
    let world = World::around(Backend::Dovecot(dovecot), &users, |settings| {
        // All of them are on one address here.
        settings.toml("[limits]\nhandshakes_per_address = 100000")
    })
    .await;
    let world = Arc::new(world);
    let ids = Arc::<Mutex<Vec<String>>>::default();
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for (number, user) in users.iter().enumerate() {
        let name = short(number);
        world
            .backend
            .deliver(user, "INBOX", &stamped(&name, 0))
            .await;
        for device in 0..DEVICES {
            let version = [
                ProtocolVersion::V12_1,
                ProtocolVersion::V14_1,
                ProtocolVersion::V16_1,
            ][device % 3];
            // Devices of all users have the same few names: an id alone says nothing.
            let profile = Profile::ios()
                .speaking(version)
                .called(&format!("PHONE{device}"))
                .bodies(&[BodyPreference::of(BodyType::Plain)]);
            let phone = world.new_phone(profile, user);
            let mut device = Device {
                phone,
                user: user.clone(),
                name: name.clone(),
                dice: Dice((number * DEVICES + device) as u64),
                ids: Arc::clone(&ids),
                done: 0,
            };
            let world = Arc::clone(&world);
            running.spawn(async move {
                device.phone.set_up().await;
                device.phone.sync_all("INBOX").await;
                device.look();
                while begun.elapsed() < scale.lasts {
                    device.step(&world).await;
                }
                device.done
            });
        }
    }
    let mut done = 0;
    while let Some(steps) = running.join_next().await {
        done += steps.expect("a device saw something of somebody else's");
    }
    println!("{done} things done by {} devices", users.len() * DEVICES);
    assert!(done > users.len() * DEVICES, "{done}");
    // What left in somebody's name is his own, and so is what lies in his mailbox now.
    for mail in world.smtp.received() {
        let text = mail.text();
        let (_, from) = text.split_once("From: ").expect("a sender");
        let name = from.split('@').next().unwrap_or_default();
        let login = mail.user.unwrap_or_default();
        assert!(login.starts_with(name), "{login}: {text}");
        all_own("a sent mail", name, &text);
    }
    for (number, user) in users.iter().enumerate() {
        let mut client = world.backend.other_client(user).await;
        for subject in client.subjects("INBOX").await {
            all_own("the mailbox", &short(number), &subject);
        }
    }
    // And a wrong stamp would be seen.
    let seen = std::panic::catch_unwind(|| all_own("x", "u001x", "a stamp-u002x"));
    assert!(seen.is_err());
    let nobody = world.new_phone(Profile::ios(), &User::new("u999x@example.com"));
    let refused = nobody.clone().try_folder_sync().await;
    assert!(matches!(refused, Err(Trouble::Http(_))), "{refused:?}");
}
