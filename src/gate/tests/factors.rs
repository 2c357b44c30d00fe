//! Second factors: enrolled, asked for, used up (C9, T44).

use super::*;
use crate::gate::second_factor::TotpSecret;
use crate::store::SecondFactors as _;

impl World {
    pub(super) fn user(name: &str) -> UserId {
        UserId::parse(name, None).unwrap()
    }

    /// A confirmed factor whose codes are all unused: confirming took one of long ago.
    pub(super) async fn factor(&self, name: &str) -> TotpSecret {
        let user = Self::user(name);
        let secret = self.gate.begin_factor(&user).await.unwrap();
        let row = self.store.pending_factor_of(&user).await.unwrap().unwrap();
        let confirmed = self
            .store
            .confirm_factor(&user, &row.sealed, 1, &[], 1)
            .await;
        assert!(confirmed.unwrap());
        self.gate.upkeep(self.start).await;
        secret
    }

    pub(super) async fn code(
        &self,
        name: &str,
        code: &str,
        lane: &Lane,
        at: Moment,
    ) -> CodeVerdict {
        let user = Self::user(name);
        self.gate
            .check_code_at(&user, code, lane, at)
            .await
            .unwrap()
    }
}

fn code_of(secret: &TotpSecret, at: Moment) -> String {
    secret.code_at(at.wall).expose_secret().to_owned()
}

#[tokio::test]
async fn c9_an_enrolment_ends_with_its_first_code_and_that_is_used_up() {
    let world = World::strict().await;
    let alice = World::user("alice@example.com");
    let confirm = async |code: &str| {
        let (lane, by) = (Lane::Portal, "192.0.2.1");
        world
            .gate
            .confirm_factor(&alice, code, &[], &lane, by)
            .await
            .unwrap()
    };
    assert_eq!(confirm("123456").await, CodeVerdict::NoFactor);
    let first = world.gate.begin_factor(&alice).await.unwrap();
    // T44: a new secret at every enrolment.
    let secret = world.gate.begin_factor(&alice).await.unwrap();
    let now = crate::clock::now_seconds();
    assert_ne!(
        first.code_at(now).expose_secret().to_owned() + first.grouped().expose_secret(),
        secret.code_at(now).expose_secret().to_owned() + secret.grouped().expose_secret()
    );
    assert_eq!(
        confirm(first.code_at(now).expose_secret()).await,
        CodeVerdict::Wrong
    );
    assert_eq!(world.store.second_factor_of(&alice).await.unwrap(), None);
    let shown = world.gate.pending_factor(&alice).await.unwrap().unwrap();
    assert_eq!(
        shown.grouped().expose_secret(),
        secret.grouped().expose_secret()
    );
    let code = secret.code_at(now).expose_secret().to_owned();
    assert_eq!(confirm(&code).await, CodeVerdict::Right);
    assert_eq!(
        world
            .gate
            .check_code(&alice, &code, &Lane::Portal, "192.0.2.1")
            .await
            .unwrap(),
        CodeVerdict::Used
    );
    assert_eq!(world.audited(AuditAction::FactorOn).await, 1);
    assert!(world.gate.remove_factor(&alice, "192.0.2.1").await.unwrap());
    assert!(!world.gate.remove_factor(&alice, "192.0.2.1").await.unwrap());
    assert_eq!(world.audited(AuditAction::FactorOff).await, 1);
    let none = world
        .gate
        .check_code(&alice, &code, &Lane::Portal, "192.0.2.1")
        .await
        .unwrap();
    assert_eq!(none, CodeVerdict::NoFactor);
}

#[tokio::test]
async fn t44_of_100_uses_of_one_code_at_once_one_succeeds() {
    let world = Arc::new(World::strict().await);
    let secret = world.factor("alice@example.com").await;
    let code = code_of(&secret, world.start);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100_u8 {
        let (world, code) = (Arc::clone(&world), code.clone());
        tasks.spawn(async move {
            // From everywhere, so that no throttle helps.
            let lane = Lane::Phone(IpAddr::from([192, 0, 2, number]));
            world
                .code("alice@example.com", &code, &lane, world.start)
                .await
        });
    }
    let verdicts = tasks.join_all().await;
    let count = |which| verdicts.iter().filter(|verdict| **verdict == which).count();
    assert_eq!(
        (count(CodeVerdict::Right), count(CodeVerdict::Used)),
        (1, 99)
    );
}

#[tokio::test]
async fn t44_a_clock_set_back_brings_no_code_back() {
    let world = World::strict().await;
    let secret = world.factor("alice@example.com").await;
    let at = |seconds: i64| Moment {
        wall: world.start.wall + seconds,
        ..world.start
    };
    let lane = |number| Lane::KnownBrowser(format!("{number}"));
    let right = code_of(&secret, at(0));
    let verdict = world
        .code("alice@example.com", &right, &lane(0), at(0))
        .await;
    assert_eq!(verdict, CodeVerdict::Right);
    for back in 1..=120 {
        let moment = at(-back);
        let code = code_of(&secret, moment);
        let verdict = world
            .code("alice@example.com", &code, &lane(back), moment)
            .await;
        assert_eq!(verdict, CodeVerdict::Used, "{back} s");
    }
}

#[tokio::test]
async fn t44_a_recovery_code_voids_the_codes_shown_now_and_next() {
    let world = World::strict().await;
    let secret = world.factor("alice@example.com").await;
    let alice = World::user("alice@example.com");
    world
        .gate
        .burn_after_recovery(&alice, "192.0.2.1")
        .await
        .unwrap();
    let now = Moment::read();
    for (ahead, expected) in [
        (0, CodeVerdict::Used),
        (30, CodeVerdict::Used),
        (60, CodeVerdict::Right),
    ] {
        let moment = Moment {
            wall: now.wall + ahead,
            ..now
        };
        let code = code_of(&secret, moment);
        let lane = Lane::Portal;
        let verdict = world.code("alice@example.com", &code, &lane, moment).await;
        assert_eq!(verdict, expected, "{ahead}");
    }
    assert_eq!(world.audited(AuditAction::RecoveryUsed).await, 1);
}

#[tokio::test]
async fn c9_t39_wrong_codes_slow_down_who_sends_them_and_nobody_else() {
    let world = World::strict().await;
    let secret = world.factor("alice@example.com").await;
    let phone = |text: &str| Lane::Phone(text.parse().unwrap());
    let wrong = "000000";
    for lane in [Lane::Portal, phone("192.0.2.1")] {
        for _ in 0..5 {
            let verdict = world
                .code("alice@example.com", wrong, &lane, world.start)
                .await;
            assert_eq!(verdict, CodeVerdict::Wrong);
        }
        let slow = world
            .code("alice@example.com", wrong, &lane, world.start)
            .await;
        assert!(matches!(slow, CodeVerdict::Slower { .. }), "{slow:?}");
    }
    // Bob from the same places, Alice's own browser and her phone are not slowed.
    world.factor("bob@example.com").await;
    for (name, lane) in [
        ("bob@example.com", Lane::Portal),
        ("bob@example.com", phone("192.0.2.1")),
        ("alice@example.com", phone("192.0.2.2")),
        ("alice@example.com", Lane::KnownBrowser("b1".into())),
    ] {
        let verdict = world.code(name, wrong, &lane, world.start).await;
        assert_eq!(verdict, CodeVerdict::Wrong, "{name} {lane:?}");
    }
    // Administrators see who waits and why.
    let waiting = world.gate.throttles.codes_waiting(world.start);
    assert_eq!(waiting.len(), 2, "{waiting:?}");
    // Slower, never locked.
    let later = world.after(180);
    assert_eq!(world.gate.throttles.codes_waiting(later), []);
    let code = code_of(&secret, later);
    let verdict = world
        .code("alice@example.com", &code, &Lane::Portal, later)
        .await;
    assert_eq!(verdict, CodeVerdict::Right);
}

#[tokio::test]
async fn c15_a_code_that_is_not_taken_is_in_the_trail() {
    let world = World::strict().await;
    let alice = World::user("alice@example.com");
    let secret = world.factor("alice@example.com").await;
    let code = code_of(&secret, Moment::read());
    for typed in ["000000", &code, &code, "000000", "000000", "000000"] {
        let lane = Lane::Portal;
        let judged = world.gate.check_code(&alice, typed, &lane, "192.0.2.1");
        judged.await.unwrap();
    }
    let lane = Lane::KnownBrowser("b1".into());
    let judged = world
        .gate
        .check_recovery_code(&alice, "aaaa-bbbb-cccc-dddd", &lane, "192.0.2.1");
    // There are no recovery codes in this world, and that is no failure of anybody's.
    assert_eq!(judged.await.unwrap(), CodeVerdict::NoFactor);
    world.gate.upkeep(world.start).await;
    let rows = world.store.recent_audit(Some(&alice), 100).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .rev()
        .filter(|row| row.action == AuditAction::FactorFailed)
        .map(|row| (row.detail.as_str(), row.address.as_deref()))
        .collect();
    let by = Some("192.0.2.1");
    assert_eq!(
        told,
        [
            ("wrong", by),
            ("used before", by),
            ("wrong", by),
            ("wrong", by),
            ("too many", by)
        ]
    );
}
