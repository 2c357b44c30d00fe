//! Signing in at the portal with the mail password.

use super::*;

const OFFICE: &str = "192.0.2.10";

async fn sign_in(
    world: &World,
    at: Moment,
    password: &str,
    known: Option<BrowserMark>,
    from: &str,
) -> Result<Login, Refusal> {
    let password = SecretString::from(password);
    world
        .gate
        .judge_sign_in(
            at,
            "Alice@Example.com",
            &password,
            |_| known,
            from.parse().unwrap(),
        )
        .await
}

fn after(start: Moment, seconds: u64) -> Moment {
    Moment {
        monotonic: start.monotonic + Duration::from_secs(seconds),
        wall: start.wall + i64::try_from(seconds).unwrap(),
    }
}

#[tokio::test]
async fn c8_the_backend_judges_the_mail_password() {
    let world = World::new(GateSettings::default()).await;
    let start = world.start;
    let login = sign_in(&world, start, "mail-password", None, OFFICE)
        .await
        .unwrap();
    assert_eq!(login.user.as_str(), "alice@example.com");
    let wrong = sign_in(&world, start, "wrong", None, OFFICE).await;
    assert_eq!(wrong.unwrap_err(), Refusal::Unauthorized);
    world.backend.down(true);
    let down = sign_in(&world, start, "another", None, OFFICE).await;
    assert!(
        matches!(down, Err(Refusal::BackendDown { .. })),
        "never as if it were wrong"
    );
}

#[tokio::test]
async fn t36_what_looks_like_a_passcode_or_no_password_goes_to_no_backend() {
    let world = World::new(GateSettings::default()).await;
    let passcode = passcode::Passcode::generate().unwrap().reveal();
    for secret in [passcode.expose_secret(), "", "a\0b", &"x".repeat(2_000)] {
        let refused = sign_in(&world, world.start, secret, None, OFFICE).await;
        assert_eq!(refused.unwrap_err(), Refusal::Unauthorized);
    }
    assert_eq!(world.backend.logins(), 0);
}

#[tokio::test]
async fn t39_strangers_slow_down_strangers_and_the_owner_signs_in() {
    let world = World::new(GateSettings::default()).await;
    let start = world.start;
    let browser = Some([7; 16]);
    // From everywhere, so that no address is closed.
    for number in 0..200 {
        let from = format!("198.51.100.{number}");
        let refused = sign_in(&world, start, &format!("guess {number}"), None, &from).await;
        if number > 5 {
            assert!(
                matches!(refused, Err(Refusal::Throttled { .. })),
                "{number}"
            );
        }
    }
    assert!(
        world.backend.logins() <= 6,
        "while there is a delay nobody asks the backend (T40)"
    );
    let stranger = sign_in(&world, start, "mail-password", None, OFFICE).await;
    assert!(
        matches!(stranger, Err(Refusal::Throttled { .. })),
        "a delay, even for who knows it"
    );
    sign_in(&world, start, "mail-password", browser, OFFICE)
        .await
        .unwrap();
    // And the delay ends.
    sign_in(&world, after(start, 300), "mail-password", None, OFFICE)
        .await
        .unwrap();
    sign_in(&world, after(start, 300), "mail-password", None, OFFICE)
        .await
        .unwrap();
}

#[tokio::test]
async fn c14_a_known_browser_is_slowed_down_as_well_and_alone() {
    let world = World::new(GateSettings::default()).await;
    let start = world.start;
    for number in 0..6 {
        let _ = sign_in(&world, start, &format!("w{number}"), Some([1; 16]), OFFICE).await;
    }
    let slow = sign_in(&world, start, "mail-password", Some([1; 16]), OFFICE).await;
    assert!(matches!(slow, Err(Refusal::Throttled { .. })), "{slow:?}");
    sign_in(&world, start, "mail-password", Some([2; 16]), OFFICE)
        .await
        .unwrap();
    sign_in(&world, start, "mail-password", None, OFFICE)
        .await
        .unwrap();
}
