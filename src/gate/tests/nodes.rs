//! Several gates over one store: what one counts against strangers all of them do (C14).

use super::*;
use crate::gate::factors::{CodeVerdict, Lane};

const ALICE: &str = "alice@example.com";
const STRANGER: &str = "203.0.113.9";

impl World {
    /// Another node, on a connection of its own.
    async fn node(&self) -> Arc<Gate> {
        let store = SqliteStore::open(self.store.path()).await.unwrap();
        let settings = GateSettings {
            failure_pause: Duration::ZERO,
            ..GateSettings::default()
        };
        let verifier = Arc::clone(&self.backend) as Arc<dyn VerifyLogin>;
        Gate::new(Arc::new(store), verifier, settings, &self.keys)
            .await
            .unwrap()
    }
}

async fn sign_in(
    gate: &Gate,
    password: &str,
    known: Option<BrowserMark>,
    at: Moment,
) -> Result<(), Refusal> {
    let (password, client) = (SecretString::from(password), "198.51.100.1");
    let client = client.parse().unwrap();
    gate.judge_sign_in(at, ALICE, &password, |_| known, client)
        .await
        .map(|_| ())
}

/// Whether the address has to wait there.
async fn closed(gate: &Gate, at: Moment) -> bool {
    let address = AddressKey::of(STRANGER.parse().unwrap());
    gate.throttles.closed_for(address, at).await.is_some()
}

#[tokio::test]
async fn c14_what_one_node_counts_all_know_within_ten_seconds() {
    let world = World::strict().await;
    let (first, second) = (&world.gate, world.node().await);
    // Five are free, and each more doubles the wait: the last is half a minute.
    for (number, seconds) in [0, 0, 0, 0, 0, 0, 2, 6, 14, 30].into_iter().enumerate() {
        for known in [None, Some([7; 16])] {
            let at = world.after(seconds);
            let refused = sign_in(first, &format!("guess {number}"), known, at).await;
            assert!(refused.is_err());
        }
    }
    let start = world.after(30);
    let after = |seconds: u64| world.after(30 + seconds);
    for number in 0..40 {
        let guess = format!("guess {number}");
        let login = Try {
            from: STRANGER,
            at: start,
            ..world.alice(&guess)
        };
        assert!(world.admit(login).await.is_err());
    }
    let secret = world.factor(ALICE).await;
    let alice = World::user(ALICE);
    for _ in 0..5 {
        let wrong = first.check_code_at(&alice, "000000", &Lane::Portal, start);
        assert_eq!(wrong.await.unwrap(), CodeVerdict::Wrong);
    }
    // The other has not heard of it yet ...
    assert!(closed(first, start).await && !closed(&second, start).await);
    assert_eq!(second.throttles.slowed(start), []);
    // ... and has, two exchanges later.
    let heard = after(8);
    for seconds in 1..=8 {
        first.upkeep(after(seconds)).await;
        second.upkeep(after(seconds)).await;
    }
    assert!(closed(&second, heard).await);
    for known in [None, Some([7; 16])] {
        let refused = sign_in(&second, "mail-password", known, heard).await;
        assert!(
            matches!(refused, Err(Refusal::Throttled { .. })),
            "{refused:?}"
        );
    }
    sign_in(&second, "mail-password", Some([8; 16]), heard)
        .await
        .expect("another browser of hers is nobody's");
    let code = secret.code_at(heard.wall).expose_secret().to_owned();
    let code = second.check_code_at(&alice, &code, &Lane::Portal, heard);
    assert!(matches!(code.await.unwrap(), CodeVerdict::Slower { .. }));
    let slowed = second.throttles.slowed(heard);
    let waits = |who, why| slowed.iter().any(|one| one.who == who && one.why == why);
    assert!(waits(STRANGER, SlowedFor::Secrets));
    assert!(waits(ALICE, SlowedFor::Passwords));
    assert!(waits(ALICE, SlowedFor::Codes));
    // A node that starts now knows it as well, and so does the command line.
    let third = world.node().await;
    assert!(closed(&third, Moment::read()).await);
    let told = slowed_from(&world.store, &GateSettings::default()).await;
    assert!(told.unwrap().iter().any(|one| one.who == STRANGER));

    // A success there forgives here.
    let later = after(400);
    sign_in(&second, "mail-password", Some([7; 16]), later)
        .await
        .unwrap();
    second.upkeep(later).await;
    first.upkeep(later).await;
    for number in 0..5 {
        let again = sign_in(first, &format!("x{number}"), Some([7; 16]), later).await;
        assert_eq!(
            again,
            Err(Refusal::Unauthorized),
            "{number}: the first ones are free"
        );
    }
    // What it wrote itself no node counts twice: the address is open when its time has come.
    assert!(!closed(first, later).await);
}

#[tokio::test]
async fn c14_counts_are_bounded_in_memory_and_on_disk() {
    let world = World::strict().await;
    for number in 0..12_000_u32 {
        let address = AddressKey::V4(number);
        world
            .gate
            .throttles
            .wrong_secret(address, world.start)
            .await;
    }
    world.gate.upkeep(world.start).await;
    let rows = crate::store::Tallies::tallies_after(&world.store, 0, None).await;
    assert_eq!(rows.unwrap().len(), 500, "those that count most");
}
