//! A random walk: two phones and another client edit one address book, answers get lost, requests are
//! repeated. In the end all agree (S1), nothing was made twice (S5), nobody undid what they did not do
//! (S13).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::sync;
use airgate_codec::wbxml::contacts;

use super::{assert_quiet, card, new_card, phone_of};
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Loss, Phone, Profile, object_added, object_deleted};
use crate::support::world::World;
use crate::sync::walk::Dice;

/// Steps of a walk; `AIRGATE_WALK` makes it longer.
const STEPS: usize = 60;

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

async fn walk(kind: DavKind, seed: u64, steps: usize) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let mut dice = Dice::new(seed);
    let (mut first, book) = phone_of(&world, ProtocolVersion::V14_1, "ONE").await;
    let (mut second, _) = phone_of(&world, ProtocolVersion::V16_1, "TWO").await;
    let longer = std::env::var("AIRGATE_WALK")
        .ok()
        .and_then(|steps| steps.parse().ok());
    for number in 0..longer.unwrap_or(steps) {
        match dice.below(4) {
            0 => {
                let there = other.list(&place).await;
                let at = dice.below(there.len().max(1));
                match (dice.below(4), there.get(at)) {
                    (0, Some(path)) => other.delete(path).await,
                    (1, Some(path)) => {
                        if let Some(now) = other.get(path).await {
                            let line = format!("NICKNAME:nick{number}\r\nEND:VCARD");
                            other.put(path, &now.replace("END:VCARD", &line)).await;
                        }
                    }
                    _ => {
                        let name = format!("other{number}");
                        other
                            .put(&format!("{place}{name}.vcf"), &card(&name, "O", &name))
                            .await;
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
    for object in other.objects(&place).await {
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
        walk_in_two(seed, STEPS / 2).await;
    }
}

#[tokio::test]
async fn s1_a_random_walk_converges_on_radicale() {
    for seed in 1..=2 {
        walk(DavKind::Radicale, seed, STEPS / 2).await;
    }
}

#[tokio::test]
async fn s1_a_random_walk_converges_on_xandikos() {
    walk(DavKind::Xandikos, 3, STEPS / 2).await;
}

#[tokio::test]
async fn s1_a_random_walk_converges_on_cyrus() {
    walk(DavKind::Cyrus, 4, STEPS / 4).await;
}
