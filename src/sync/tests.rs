//! Properties of the pure planner over thousands of random histories: a mailbox that others change,
//! a phone that loses answers and repeats itself, and the view between them.

use std::collections::BTreeMap;

use airgate_codec::imap::{Flags, UidSet};
use proptest::prelude::*;

use super::observe::Observation;
use super::plan::{self, Change};
use super::view::{Cursor, ItemNumber, MailView};

/// A mailbox as other clients see it.
#[derive(Clone, Debug, Default)]
struct Mailbox {
    validity: u32,
    next: u32,
    messages: BTreeMap<u32, Message>,
}

#[derive(Clone, Debug, PartialEq)]
struct Message {
    identity: u64,
    day: i64,
    flags: Flags,
}

/// What the phone holds, built only from what it was told.
#[derive(Clone, Debug, Default, PartialEq)]
struct Phone {
    items: BTreeMap<ItemNumber, (u64, Flags)>,
}

#[derive(Clone, Debug)]
enum Step {
    Deliver {
        day: i64,
    },
    Expunge(usize),
    MarkDeleted(usize),
    Unmark(usize),
    Flag(usize, bool),
    Keyword(usize, bool),
    NewValidity {
        keep: bool,
    },
    Floor(Option<i64>),
    /// One Sync with this window; `lost` means the answer never arrives.
    Sync {
        window: usize,
        lost: bool,
    },
    PhoneReads(usize, bool),
    PhoneDeletes(usize),
    /// A draft is edited: another message under the same number. Without UIDPLUS the old one stays,
    /// marked.
    PhoneRewrites(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..40i64).prop_map(|day| Step::Deliver { day }),
        2 => any::<usize>().prop_map(Step::Expunge),
        1 => any::<usize>().prop_map(Step::MarkDeleted),
        1 => any::<usize>().prop_map(Step::Unmark),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(at, on)| Step::Flag(at, on)),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(at, on)| Step::Keyword(at, on)),
        1 => any::<bool>().prop_map(|keep| Step::NewValidity { keep }),
        1 => prop_oneof![Just(None), (0..40i64).prop_map(Some)].prop_map(Step::Floor),
        6 => (1..6usize, any::<bool>()).prop_map(|(window, lost)| Step::Sync { window, lost }),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(at, on)| Step::PhoneReads(at, on)),
        1 => any::<usize>().prop_map(Step::PhoneDeletes),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(at, gone)| Step::PhoneRewrites(at, gone)),
    ]
}

impl Mailbox {
    fn nth(&self, at: usize) -> Option<u32> {
        let count = self.messages.len();
        (count > 0)
            .then(|| self.messages.keys().nth(at % count).copied())
            .flatten()
    }

    /// What a server with CONDSTORE and VANISHED tells: only what is asked, each set a proof.
    fn observe(
        &self,
        view: &mut MailView,
        floor: Option<i64>,
        identities: &BTreeMap<ItemNumber, u64>,
    ) {
        if view
            .cursor
            .is_some_and(|cursor| cursor.uid_validity != self.validity)
        {
            let mut taken = Vec::new();
            let matches: Vec<_> = self
                .messages
                .iter()
                .filter_map(|(uid, message)| {
                    let number = identities
                        .iter()
                        .find(|(number, identity)| {
                            **identity == message.identity && !taken.contains(*number)
                        })
                        .map(|(number, _)| *number)?;
                    taken.push(number);
                    Some((*uid, number))
                })
                .collect();
            view.renew(&matches);
        }
        let known = &(&view.server().items | &view.aged) | &view.hidden;
        let inside = |message: &Message| floor.is_none_or(|floor| message.day >= floor);
        let present: UidSet = self.messages.keys().copied().collect();
        let shown: UidSet = self
            .messages
            .iter()
            .filter(|(_, message)| inside(message) && !message.flags.deleted)
            .map(|(uid, _)| *uid)
            .collect();
        let outside: UidSet = self
            .messages
            .iter()
            .filter(|(_, message)| !inside(message))
            .map(|(uid, _)| *uid)
            .collect();
        view.observe(
            &Observation {
                cursor: Cursor {
                    uid_validity: self.validity,
                    uid_next: self.next,
                    modseq: 0,
                    messages: u32::try_from(self.messages.len()).expect("small"),
                },
                floor,
                kin: None,
                gone: &known - &present,
                arrived: &shown - &view.server().items,
                aged: &known & &outside,
                flags: self
                    .messages
                    .iter()
                    .filter(|(uid, _)| known.contains(**uid) || view.phone.items.contains(**uid))
                    .map(|(uid, message)| (*uid, message.flags.clone()))
                    .collect(),
            },
            |_| true,
        );
    }
}

impl Phone {
    fn receive(&mut self, view: &MailView, mailbox: &Mailbox, changes: &[Change]) {
        for change in changes {
            match *change {
                Change::Delete(number) | Change::SoftDelete(number) => {
                    assert!(
                        self.items.remove(&number).is_some(),
                        "told to drop what it has not"
                    );
                }
                Change::Update(uid) => {
                    let flags = mailbox.messages[&uid].flags.clone();
                    let held = self
                        .items
                        .get_mut(&view.number_of(uid))
                        .expect("update of a held item");
                    held.1 = flags;
                }
                Change::Rewrite(uid) => panic!("{uid} was never written anew"),
                Change::Add(uid) => {
                    let message = &mailbox.messages[&uid];
                    let old = self.items.insert(
                        view.number_of(uid),
                        (message.identity, message.flags.clone()),
                    );
                    assert_eq!(old, None, "S6: nothing is added twice");
                }
            }
        }
    }
}

struct World {
    mailbox: Mailbox,
    phone: Phone,
    floor: Option<i64>,
    /// Acknowledged, and the one after it whose answer may be lost.
    acknowledged: MailView,
    identity: u64,
}

impl World {
    fn new() -> Self {
        Self {
            mailbox: Mailbox {
                validity: 1,
                next: 1,
                ..Mailbox::default()
            },
            phone: Phone::default(),
            floor: None,
            acknowledged: MailView::default(),
            identity: 0,
        }
    }

    /// One Sync from the acknowledged view: a lost answer changes nothing (S2).
    fn sync(&mut self, window: usize, lost: bool) -> bool {
        let stored = self.acknowledged.encode();
        let mut view = MailView::decode(&stored).expect("what was stored reads back");
        let identities = self
            .phone
            .items
            .iter()
            .map(|(number, (identity, _))| (*number, *identity))
            .collect();
        self.mailbox.observe(&mut view, self.floor, &identities);
        let plan = plan::plan(&view, window);
        assert!(plan.changes.len() <= window, "S21: the window is honoured");
        assert!(
            !plan.more || !plan.changes.is_empty(),
            "S21: every page makes progress"
        );
        let before = view.clone();
        for change in &plan.changes {
            if let Change::Add(uid) = change {
                view.told_whole(*uid, &self.mailbox.messages[uid].flags);
            } else {
                view.told(*change);
            }
        }
        if !lost {
            self.phone.receive(&before, &self.mailbox, &plan.changes);
            self.acknowledged = view;
        }
        plan.more
    }

    fn run(&mut self, step: &Step) {
        let mailbox = &mut self.mailbox;
        match step {
            Step::Deliver { day } => {
                self.identity += 1;
                let message = Message {
                    identity: self.identity,
                    day: *day,
                    flags: Flags::default(),
                };
                mailbox.messages.insert(mailbox.next, message);
                mailbox.next += 1;
            }
            Step::Expunge(at) => {
                if let Some(uid) = mailbox.nth(*at) {
                    mailbox.messages.remove(&uid);
                }
            }
            Step::MarkDeleted(at) | Step::Unmark(at) => {
                if let Some(message) = mailbox
                    .nth(*at)
                    .and_then(|uid| mailbox.messages.get_mut(&uid))
                {
                    message.flags.deleted = matches!(step, Step::MarkDeleted(_));
                }
            }
            Step::Flag(at, on) => {
                if let Some(message) = mailbox
                    .nth(*at)
                    .and_then(|uid| mailbox.messages.get_mut(&uid))
                {
                    message.flags.seen = *on;
                }
            }
            Step::Keyword(at, on) => {
                if let Some(message) = mailbox
                    .nth(*at)
                    .and_then(|uid| mailbox.messages.get_mut(&uid))
                {
                    message.flags.keywords = if *on { vec!["Work".into()] } else { Vec::new() };
                }
            }
            Step::NewValidity { keep } => {
                mailbox.validity += 1;
                let old = std::mem::take(&mut mailbox.messages);
                // Backwards, so that every UID means another message than before.
                mailbox.next = 1;
                for (_, message) in old.into_iter().rev().filter(|_| *keep) {
                    mailbox.messages.insert(mailbox.next, message);
                    mailbox.next += 1;
                }
            }
            Step::Floor(floor) => self.floor = *floor,
            Step::Sync { window, lost } => {
                self.sync(*window, *lost);
            }
            Step::PhoneReads(at, on) => self.phone_reads(*at, *on),
            Step::PhoneDeletes(at) => self.phone_deletes(*at),
            Step::PhoneRewrites(at, gone) => self.phone_rewrites(*at, *gone),
        }
    }

    fn same_generation(&self) -> bool {
        let cursor = self.acknowledged.cursor;
        cursor.is_some_and(|cursor| cursor.uid_validity == self.mailbox.validity)
    }

    /// The phone edits one of its messages that is still there (S6: under the number it has).
    fn phone_rewrites(&mut self, at: usize, gone: bool) {
        let Some(number) = nth(&self.phone, at) else {
            return;
        };
        let same_generation = self.same_generation();
        let (true, Some(old)) = (same_generation, self.acknowledged.uid_of(number)) else {
            return;
        };
        let Some(message) = self.mailbox.messages.get_mut(&old) else {
            return;
        };
        if message.flags.deleted {
            return;
        }
        self.identity += 1;
        let mut edited = message.clone();
        edited.identity = self.identity;
        edited.day = 40;
        message.flags.deleted = true;
        if gone {
            self.mailbox.messages.remove(&old);
        }
        let new = self.mailbox.next;
        self.mailbox.next += 1;
        self.acknowledged
            .phone_rewrote(old, new, &edited.flags, Some(&edited.flags), !gone);
        let held = (edited.identity, edited.flags.clone());
        self.phone.items.insert(number, held);
        self.mailbox.messages.insert(new, edited);
    }

    /// The phone marks one of its messages; the command is applied and acknowledged.
    fn phone_reads(&mut self, at: usize, on: bool) {
        let Some(number) = nth(&self.phone, at) else {
            return;
        };
        let same_generation = self.same_generation();
        let (true, Some(uid)) = (same_generation, self.acknowledged.uid_of(number)) else {
            return;
        };
        let held = self.phone.items.get_mut(&number).expect("just found");
        held.1.seen = on;
        let wanted = held.1.clone();
        let accepted = self.mailbox.messages.get_mut(&uid).map(|message| {
            message.flags.seen = on;
            message.flags.clone()
        });
        self.acknowledged.phone_flagged(
            uid,
            &wanted,
            accepted.as_ref().filter(|flags| !flags.deleted),
        );
    }

    /// The phone deletes one of its messages: it leaves the mailbox (to the trash).
    fn phone_deletes(&mut self, at: usize) {
        let Some(number) = nth(&self.phone, at) else {
            return;
        };
        self.phone.items.remove(&number);
        let same_generation = self.same_generation();
        let uid = self.acknowledged.uid_of(number).filter(|_| same_generation);
        if let Some(uid) = uid {
            self.mailbox.messages.remove(&uid);
        }
        let old_uid = self.acknowledged.uid_of(number);
        self.acknowledged.phone_deleted(number, old_uid, true);
    }
}

fn nth(phone: &Phone, at: usize) -> Option<ItemNumber> {
    let count = phone.items.len();
    (count > 0)
        .then(|| phone.items.keys().nth(at % count).copied())
        .flatten()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(750))]

    /// S1, S2, S6, S7, S15, S21: whatever happened, once it is quiet a bounded number of rounds makes
    /// the phone hold exactly what the mailbox shows, nothing doubled, nothing lost.
    #[test]
    fn s1_phone_and_mailbox_converge(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
        }
        let mut rounds = 0;
        while world.sync(7, false) {
            rounds += 1;
            prop_assert!(rounds < 200, "it never ends");
        }
        let mut shown: Vec<(u64, Flags)> = world
            .mailbox
            .messages
            .values()
            .filter(|message| world.floor.is_none_or(|floor| message.day >= floor))
            .filter(|message| !message.flags.deleted)
            .map(|message| (message.identity, message.flags.clone()))
            .collect();
        let mut held: Vec<(u64, Flags)> = world.phone.items.values().cloned().collect();
        shown.sort_by_key(|(identity, _)| *identity);
        held.sort_by_key(|(identity, _)| *identity);
        prop_assert_eq!(held, shown);
        prop_assert!(!plan::anything(&world.acknowledged), "S25: quiet means nothing to do");
    }

    /// Planning is a function: the same view gives the same plan, and telling the plan leaves nothing
    /// of it to tell.
    #[test]
    fn plans_are_idempotent(steps in prop::collection::vec(step(), 1..40), window in 1..9usize) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
        }
        let mut view = world.acknowledged.clone();
        let identities = world
            .phone
            .items
            .iter()
            .map(|(number, (identity, _))| (*number, *identity))
            .collect();
        world.mailbox.observe(&mut view, world.floor, &identities);
        let first = plan::plan(&view, window);
        prop_assert_eq!(&plan::plan(&view, window), &first);
        for change in &first.changes {
            if let Change::Add(uid) = change {
                view.told_whole(*uid, &world.mailbox.messages[uid].flags);
            } else {
                view.told(*change);
            }
        }
        let second = plan::plan(&view, usize::MAX);
        prop_assert_eq!(first.more, !second.changes.is_empty());
        for change in &first.changes {
            prop_assert!(!second.changes.contains(change), "{:?} is told twice", change);
        }
    }
}
