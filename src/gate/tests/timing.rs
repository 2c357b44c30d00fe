//! How long refusals take: nobody can tell by it what he ran into (T37).

use super::*;

/// Samples of each kind (T37).
const SAMPLES: usize = 10_000;
/// Logins under way at a time: few enough that the work, unoptimised and on a busy machine, fits into the pause.
const AT_ONCE: usize = 200;

/// How far two samples are from being drawn from one, by two tests.
#[derive(Clone, Copy, Debug)]
struct Separation {
    /// The normal score of the rank-sum test of Mann and Whitney, ties counted half: whether one takes
    /// longer.
    ranks: f64,
    /// Kolmogorov and Smirnov's largest distance of the two distributions, in units of what two samples of
    /// one keep below in 99 of 100 cases: whether they differ in any way.
    distance: f64,
}

/// Two samples of the same thing are further apart than this once in a hundred.
const RANKS_001: f64 = 2.576;
/// The same for the largest distance, times the square root of (n + m) / nm.
const DISTANCE_001: f64 = 1.628;

impl Separation {
    fn of(first: &[Duration], second: &[Duration]) -> Self {
        let mut all: Vec<(Duration, bool)> = first.iter().map(|time| (*time, true)).collect();
        all.extend(second.iter().map(|time| (*time, false)));
        all.sort();
        let (n, m) = (first.len() as f64, second.len() as f64);
        let (mut sum, mut at) = (0.0, 0);
        let (mut below, mut below_other, mut distance) = (0.0, 0.0, 0.0_f64);
        while at < all.len() {
            let same = all[at..]
                .iter()
                .take_while(|(time, _)| *time == all[at].0)
                .count();
            let rank = at as f64 + (same as f64 + 1.0) / 2.0;
            let ours = all[at..at + same].iter().filter(|(_, ours)| *ours).count();
            sum += rank * ours as f64;
            below += ours as f64 / n;
            below_other += (same - ours) as f64 / m;
            distance = distance.max(f64::abs(below - below_other));
            at += same;
        }
        let u = sum - n * (n + 1.0) / 2.0;
        Self {
            ranks: (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt(),
            distance: distance / (DISTANCE_001 * ((n + m) / (n * m)).sqrt()),
        }
    }

    /// At p = 0.01.
    fn apart(self) -> bool {
        self.ranks.abs() >= RANKS_001 || self.distance >= 1.0
    }
}

#[test]
fn samples_that_are_apart_are_told_apart() {
    let times = |from: u64, spread: u64| -> Vec<Duration> {
        (0..1_000)
            .map(|n| Duration::from_nanos(10_000 + from + n * 7 % 1_000 * spread))
            .collect()
    };
    let same = Separation::of(&times(0, 1), &times(0, 1));
    assert!(same.ranks.abs() < 0.01 && same.distance < 0.1 && !same.apart());
    assert!(Separation::of(&times(100, 1), &times(0, 1)).ranks > RANKS_001);
    assert!(Separation::of(&times(0, 1), &times(100, 1)).ranks < -RANKS_001);
    // The same middle, another width: ranks say nothing, the distance does.
    let wider = Separation::of(&times(1_000, 1), &times(0, 3));
    assert!(
        wider.ranks.abs() < RANKS_001 && wider.distance > 1.0,
        "{wider:?}"
    );
}

/// What a stranger can run into; `count` of each in mixed order.
async fn refusals(
    world: &Arc<World>,
    kinds: &[(&'static str, String)],
    count: usize,
    paused: bool,
) -> Vec<Vec<Duration>> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..count * kinds.len() {
        // Neighbours are of different kinds, and no kind always comes first.
        let which = (number + number / kinds.len()) % kinds.len();
        let (user, secret) = kinds[which].clone();
        let (world, places) = (Arc::clone(world), Arc::clone(&places));
        tasks.spawn(async move {
            let _place = places.acquire().await.unwrap();
            // Each from an address of its own: nobody is throttled.
            let client = IpAddr::from((0x0a00_0000_u32 + number as u32).to_be_bytes());
            let secret = SecretString::from(secret);
            let before = crate::clock::monotonic();
            let answer = match paused {
                true => world.gate.admit(user, &secret, None, None, client).await,
                false => {
                    let attempt = Attempt {
                        user_text: user,
                        secret: &secret,
                        device: None,
                        device_type: None,
                        client,
                    };
                    world.gate.decide(Moment::read(), attempt).await
                }
            };
            assert_eq!(answer.unwrap_err(), Refusal::Unauthorized);
            (which, before.elapsed())
        });
    }
    let mut times = vec![Vec::with_capacity(count); kinds.len()];
    while let Some(done) = tasks.join_next().await {
        let (which, time) = done.unwrap();
        times[which].push(time);
    }
    times
}

/// All pairs that can be told apart.
fn apart(times: &[Vec<Duration>]) -> Vec<(usize, usize, Separation)> {
    let mut found = Vec::new();
    for first in 0..times.len() {
        for second in first + 1..times.len() {
            let separation = Separation::of(&times[first], &times[second]);
            if separation.apart() {
                found.push((first, second, separation));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t37_ten_thousand_refusals_of_each_kind_take_the_same_time() {
    let world = World::new(GateSettings {
        failure_pause: Duration::from_millis(100),
        ..GateSettings::default()
    })
    .await;
    let (foreign, _) = world.passcode("bob@example.com", "x").await;
    let (revoked, id) = world.passcode("dave@example.com", "x").await;
    let dave = World::user("dave@example.com");
    assert!(revoke(&world.store, &dave, &id, "local", 5).await.unwrap());
    world.passcode("alice@example.com", "mail-password").await;
    world.factor("carol@example.com").await;
    let mistyped = match foreign.split_at(28) {
        (head, "0") => format!("{head}1"),
        (head, _) => format!("{head}0"),
    };
    let world = Arc::new(world);
    let kinds = [
        // Nobody; somebody with another passcode; the right one of a phone that was disabled; a slip of
        // the finger; somebody with a second factor and a wrong code.
        ("nobody@example.com", foreign.clone()),
        ("alice@example.com", foreign),
        ("dave@example.com", revoked),
        ("alice@example.com", mistyped),
        ("carol@example.com", "mail-password000000".to_owned()),
    ];
    // Without the pause they are easily told apart: that is what it is for, and what this can see.
    let bare = refusals(&world, &kinds, 500, false).await;
    assert!(!apart(&bare).is_empty(), "this test sees nothing");
    // What T37 names, and fewer of what else there is: an unoptimised login costs a millisecond.
    let (named, others) = kinds.split_at(3);
    alike(&world, named, SAMPLES).await;
    alike(&world, others, SAMPLES / 10).await;
}

/// On a machine that is busy with other things one run may go wrong by chance; what can be told apart can
/// be told apart every time.
async fn alike(world: &Arc<World>, kinds: &[(&'static str, String)], count: usize) {
    let mut worst = Vec::new();
    for _ in 0..3 {
        let times = refusals(world, kinds, count, true).await;
        let found = apart(&times);
        println!("apart: {found:?}");
        if found.is_empty() {
            return;
        }
        worst.push(found);
    }
    panic!("the kinds can be told apart: {worst:?}");
}
