//! A random walk: two phones and another client edit one address book, answers get lost, requests are
//! repeated. In the end all agree (S1), nothing was made twice (S5), nobody undid what they did not do
//! (S13), and no line another program wrote into a card is lost (S12).
//!
//! `AIRGATE_SEEDS` walks so many times more on each server, `AIRGATE_WALK` so many steps each time.

use std::collections::BTreeMap;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::sync;
use airgate_codec::wbxml::contacts;

use super::{assert_quiet, card, new_card, phone_of};
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Loss, Phone, Profile, object_added, object_deleted};
use crate::support::world::World;
use crate::sync::walk::Dice;

/// Steps of a walk: enough for some lost answers in each.
const STEPS: usize = 20;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn steps() -> usize {
    from_environment("AIRGATE_WALK")
        .map_or(STEPS, |steps| usize::try_from(steps).expect("a number"))
}

/// A path as one writes it: some servers escape the at sign.
fn plain(path: &str) -> String {
    path.replace("%40", "@")
}

async fn step(dice: &mut Dice, phone: &mut Phone, book: &str, number: usize) {
    let ids: Vec<String> = phone.objects(book).into_keys().collect();
    let at = dice.below(ids.len().max(1));
    let command = match (dice.below(10), ids.get(at)) {
        (0..3, _) | (_, None) => {
            let name = format!("made{number}");
            Some(object_added(
                &format!("c{}", number % 3),
                new_card("Made", &name),
            ))
        }
        (3..6, Some(id)) => {
            Some(phone.edited(book, id, contacts::JOB_TITLE, &format!("title{number}")))
        }
        (6, Some(id)) => Some(phone.edited(
            book,
            id,
            contacts::COMPANY_NAME,
            &format!("company{number}"),
        )),
        (7, Some(id)) => Some(object_deleted(id)),
        _ => None,
    };
    let mut asked = phone.collection(book);
    asked.window_size = u32::try_from(1 + dice.below(5)).ok();
    asked.commands = command.into_iter().collect();
    let request = sync::Request {
        collections: Some(vec![asked]),
        ..sync::Request::default()
    };
    let lost = dice.below(3) == 0;
    if lost {
        phone.lose_next(Loss::Answer);
    }
    if phone.try_sync(request).await.is_err() {
        for _ in 0..dice.below(2) {
            phone.lose_next(Loss::Answer);
            let _ = phone.repeat_sync().await;
        }
        phone.repeat_sync().await.expect("an answer");
    }
}

/// Walks with these seeds on one server, and with as many more as the environment asks for.
async fn walks(kind: DavKind, seeds: std::ops::Range<u64>) {
    let world = World::with_dav(kind).await;
    let more = from_environment("AIRGATE_SEEDS").unwrap_or_default();
    let further = (seeds.start * 1_000_000..).take(usize::try_from(more).expect("a number"));
    for seed in seeds.chain(further) {
        walk(&world, seed).await;
    }
}

async fn walk(world: &World, seed: u64) {
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for path in other.list(&place).await {
        other.delete(&path).await;
    }
    let mut dice = Dice::new(seed);
    let names = [format!("ONE{seed}"), format!("TWO{seed}")];
    let (mut first, book) = phone_of(world, ProtocolVersion::V14_1, &names[0]).await;
    let (mut second, _) = phone_of(world, ProtocolVersion::V16_1, &names[1]).await;
    // What the other program wrote into each card.
    let mut theirs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for number in 0..steps() {
        match dice.below(4) {
            0 => {
                let there = other.list(&place).await;
                let at = dice.below(there.len().max(1));
                match (dice.below(4), there.get(at)) {
                    (0, Some(path)) => {
                        other.delete(path).await;
                        theirs.remove(&plain(path));
                    }
                    (1, Some(path)) => {
                        if let Some(now) = other.get(path).await {
                            let line = format!("X-MARK-{number};P=1:m{number}");
                            let new = format!("{line}\r\nEND:VCARD");
                            other.put(path, &now.replace("END:VCARD", &new)).await;
                            theirs.entry(plain(path)).or_default().push(line);
                        }
                    }
                    _ => {
                        let name = format!("other{number}");
                        let path = format!("{place}{name}.vcf");
                        other.put(&path, &card(&name, "O", &name)).await;
                        theirs.insert(plain(&path), vec!["X-KEEP;X-P=1:me".to_owned()]);
                    }
                }
            }
            1 => step(&mut dice, &mut second, &book, number).await,
            _ => step(&mut dice, &mut first, &book, number).await,
        }
    }
    for phone in [&mut first, &mut second] {
        phone.sync_all(&book).await;
    }
    for phone in [&mut first, &mut second] {
        phone.sync_all(&book).await;
        assert_quiet(phone, &book).await;
    }
    let mut truth: Vec<String> = Vec::new();
    for path in other.list(&place).await {
        let object = other.get(&path).await.expect("there");
        for line in theirs.get(&plain(&path)).into_iter().flatten() {
            assert!(
                object.contains(line),
                "S12, seed {seed}: {line} in {object}"
            );
        }
        let name = object.lines().find_map(|line| line.strip_prefix("N:"));
        let last = name
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        truth.push(last.trim().to_owned());
    }
    truth.sort();
    let mut once = truth.clone();
    once.dedup();
    assert_eq!(once, truth, "S5, seed {seed}");
    for phone in [&first, &second] {
        assert_eq!(
            phone.values(&book, contacts::LAST_NAME),
            truth,
            "S1, seed {seed}"
        );
    }
    assert_eq!(
        first.values(&book, contacts::JOB_TITLE),
        second.values(&book, contacts::JOB_TITLE),
        "S1, seed {seed}"
    );
}

/// The same with a phone to which two address books are one: whatever it and others do, it shows all
/// there is, and a card leaves its book by nobody's hand but a mover's.
async fn walk_in_two(seed: u64, steps: usize) {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let home = world.dav().contacts(&world.alice);
    let club = format!("{}club/", world.dav().addressbooks(&world.alice));
    other.make_addressbook(&club, "Club").await;
    let mut dice = Dice::new(seed);
    let one = Profile::windows_phone().called("ONE");
    let mut one = world.phone(one).await;
    let (mut all, book) = phone_of(&world, ProtocolVersion::V16_1, "ALL").await;
    one.sync_all(&book).await;
    all.sync_all("Club").await;
    for number in 0..steps {
        match dice.below(5) {
            0 | 1 => step(&mut dice, &mut one, &book, number).await,
            2 => step(&mut dice, &mut all, "Club", number).await,
            3 => step(&mut dice, &mut all, &book, number).await,
            _ => {
                let place = if dice.below(2) == 0 { &home } else { &club };
                let there = other.list(place).await;
                match there.get(dice.below(2 * there.len().max(1))) {
                    Some(path) => other.delete(path).await,
                    None => {
                        let name = format!("other{number}");
                        let path = format!("{place}{name}.vcf");
                        other.put(&path, &card(&name, "O", &name)).await;
                    }
                }
            }
        }
    }
    for _ in 0..2 {
        one.sync_all(&book).await;
        all.sync_all(&book).await;
        all.sync_all("Club").await;
    }
    assert_quiet(&mut one, &book).await;
    let mut truth = all.values(&book, contacts::LAST_NAME);
    truth.extend(all.values("Club", contacts::LAST_NAME));
    truth.sort();
    assert_eq!(
        one.values(&book, contacts::LAST_NAME),
        truth,
        "S1, seed {seed}"
    );
    let there = other.list(&home).await.len() + other.list(&club).await.len();
    assert_eq!(there, truth.len(), "S1, S5, seed {seed}");
    let mut once = truth.clone();
    once.dedup();
    assert_eq!(once, truth, "S5, seed {seed}");
}

#[tokio::test]
async fn s1_a_random_walk_in_a_merged_folder_converges() {
    for seed in 11..=12 {
        walk_in_two(seed, STEPS).await;
    }
}

/// Sixty walks in all, each test short enough to fail early.
macro_rules! walks {
    ($($name:ident: $kind:ident $seeds:expr,)*) => {$(
        #[tokio::test]
        async fn $name() {
            walks(DavKind::$kind, $seeds).await;
        }
    )*};
}

walks! {
    s1_s12_random_walks_converge_on_radicale_1: Radicale 1..6,
    s1_s12_random_walks_converge_on_radicale_2: Radicale 6..11,
    s1_s12_random_walks_converge_on_radicale_3: Radicale 11..16,
    s1_s12_random_walks_converge_on_radicale_4: Radicale 16..21,
    s1_s12_random_walks_converge_on_radicale_5: Radicale 21..26,
    s1_s12_random_walks_converge_on_radicale_6: Radicale 26..31,
    s1_s12_random_walks_converge_on_radicale_7: Radicale 31..36,
    s1_s12_random_walks_converge_on_radicale_8: Radicale 36..41,
    s1_s12_random_walks_converge_on_xandikos_1: Xandikos 41..45,
    s1_s12_random_walks_converge_on_xandikos_2: Xandikos 45..49,
    s1_s12_random_walks_converge_on_xandikos_3: Xandikos 49..53,
    s1_s12_random_walks_converge_on_xandikos_4: Xandikos 53..57,
    s1_s12_random_walks_converge_on_cyrus_1: Cyrus 57..58,
    s1_s12_random_walks_converge_on_cyrus_2: Cyrus 58..59,
    s1_s12_random_walks_converge_on_cyrus_3: Cyrus 59..60,
    s1_s12_random_walks_converge_on_cyrus_4: Cyrus 60..61,
}
