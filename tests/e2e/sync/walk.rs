//! Everybody does everything, at random: at the end phone and store agree (S1).
//!
//! The seed is printed; `AIRGATE_SEED=... cargo nextest run --test e2e walk` walks the same way.

use airgate_codec::eas::email::{EmailChange, FollowUp};
use airgate_codec::eas::sync::{self, Command};

use super::{Setup, assert_converged, make_folder, on_servers, uid_of};
use crate::support::mail;
use crate::support::other_client::OtherClient;
use crate::support::phone::{Loss, Phone, Profile};
use crate::support::world::World;

/// The seed asked for, else always the same one: what CI says must not depend on the day (S29). Walk
/// other ways with `AIRGATE_SEED`; a way that fails becomes a test of its own.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("AIRGATE_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4);
    println!("AIRGATE_SEED={seed}");
    seed
}

/// Chance (splitmix64): the same on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        (!among.is_empty()).then(|| &among[self.below(among.len())])
    }
}

const FOLDERS: [&str; 3] = ["INBOX", "Work", "Trash"];

/// One walk of a phone and another client through three folders.
struct Walk {
    world: World,
    phone: Phone,
    other: OtherClient,
    dice: Dice,
    delivered: usize,
}

impl Walk {
    /// The other client does something.
    async fn foreign(&mut self) {
        let folder = *self.dice.pick(&FOLDERS).unwrap();
        let name = self.world.backend.folder(folder);
        if self.dice.below(3) == 0 {
            self.delivered += 1;
            let mail = mail::simple(&format!("delivery {}", self.delivered), "x\r\n");
            let flags = if self.dice.below(2) == 0 {
                ""
            } else {
                "\\Seen"
            };
            self.other.append(&name, flags, &mail).await;
            return;
        }
        let subjects = self.other.subjects(&name).await;
        let Some(subject) = self.dice.pick(&subjects).cloned() else {
            return;
        };
        let uid = uid_of(&mut self.other, &subject).await;
        match self.dice.below(8) {
            0 => {
                let store = format!("UID STORE {uid} +FLAGS (\\Deleted)");
                self.other.command(&store).await;
                self.other.command("EXPUNGE").await;
            }
            1 => {
                let to = *self.dice.pick(&FOLDERS).unwrap();
                let to = self.world.backend.folder(to);
                if to != name {
                    self.other
                        .command(&format!("UID COPY {uid} \"{to}\""))
                        .await;
                    let store = format!("UID STORE {uid} +FLAGS (\\Deleted)");
                    self.other.command(&store).await;
                    self.other.command("EXPUNGE").await;
                }
            }
            2 => {
                let store = format!("UID STORE {uid} +FLAGS (\\Deleted)");
                self.other.command(&store).await;
            }
            3 => {
                let store = format!("UID STORE {uid} -FLAGS (\\Deleted)");
                self.other.command(&store).await;
            }
            n => {
                let sign = if self.dice.below(2) == 0 { '+' } else { '-' };
                let flag = if n < 6 { "\\Seen" } else { "\\Flagged" };
                let store = format!("UID STORE {uid} {sign}FLAGS ({flag})");
                self.other.command(&store).await;
            }
        }
    }

    /// The phone does something, and its network may not.
    async fn own(&mut self) {
        let folder = *self.dice.pick(&FOLDERS).unwrap();
        let items: Vec<String> = self.phone.held(folder).items.into_keys().collect();
        let mut commands = Vec::new();
        let mut deletes = Vec::new();
        for _ in 0..self.dice.below(3) {
            let Some(item) = self.dice.pick(&items).cloned() else {
                break;
            };
            if deletes.contains(&item) {
                continue;
            }
            commands.push(match self.dice.below(5) {
                0 => {
                    deletes.push(item.clone());
                    Command::Delete {
                        server_id: item,
                        instance_id: None,
                    }
                }
                n => {
                    let on = self.dice.below(2) == 0;
                    let change = EmailChange {
                        read: (n < 3).then_some(on),
                        flag: (n >= 3).then(|| FollowUp {
                            status: if on { 2 } else { 0 },
                            ..FollowUp::default()
                        }),
                        ..EmailChange::default()
                    };
                    Command::Change {
                        server_id: item,
                        instance_id: None,
                        data: sync::ApplicationData::Email(Box::new(change)),
                        send: false,
                    }
                }
            });
        }
        if commands.is_empty() && self.dice.below(3) == 0 {
            let to = *self.dice.pick(&FOLDERS).unwrap();
            if let Some(item) = self.dice.pick(&items).filter(|_| to != folder) {
                self.phone.move_items(folder, to, &[item.clone()]).await;
            }
            return;
        }
        let mut collection = self.phone.collection(folder);
        if collection.sync_key.as_deref() != Some("0") {
            collection.commands = commands;
            collection.deletes_as_moves = Some(self.dice.below(4) > 0);
        }
        match self.dice.below(8) {
            0 => self.phone.lose_next(Loss::Answer),
            1 => self.phone.lose_next(Loss::Connection),
            _ => {}
        }
        let request = sync::Request {
            collections: Some(vec![collection]),
            ..sync::Request::default()
        };
        if self.phone.try_sync(request).await.is_err() {
            if self.dice.below(2) == 0 {
                self.foreign().await;
            }
            self.phone.repeat_sync().await.unwrap();
        }
    }
}

async fn s1_phone_and_store_agree_in_the_end(setup: Setup) {
    let seed = seed();
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    world.fill("INBOX", 12).await;
    let mut phone = world.phone(Profile::ios().window(4)).await;
    phone.folder_sync().await;
    let other = world.other_client().await;
    let mut walk = Walk {
        world,
        phone,
        other,
        dice: Dice::new(seed),
        delivered: 0,
    };
    let steps = if setup == Setup::Dovecot { 150 } else { 60 };
    for _ in 0..steps {
        // Somebody else is at it between every two requests.
        if walk.dice.below(2) == 0 {
            walk.foreign().await;
        }
        walk.own().await;
    }
    for folder in FOLDERS {
        assert_converged(&walk.world, &mut walk.phone, folder).await;
    }
    // And whoever comes new sees the same.
    let mut fresh = walk.world.phone(Profile::outlook()).await;
    for folder in FOLDERS {
        assert_converged(&walk.world, &mut fresh, folder).await;
    }
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, condstore Condstore, plain Plain]
    s1_phone_and_store_agree_in_the_end
}
