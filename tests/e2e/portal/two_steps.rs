//! The second step: one-time codes, recovery codes, trusted browsers, proofs for what matters.

use super::{alice, recovery_codes, switch_on, world};
use crate::support::surfer::Surfer;

#[tokio::test]
async fn c8_the_code_is_asked_at_every_sign_in_and_is_good_once() {
    let world = world().await;
    let (user, password) = (world.alice.name.as_str(), world.alice.password.as_str());
    let mut first = alice(&world).await;
    let (mut app, _) = switch_on(&mut first, password).await;
    let mut surfer = Surfer::new(world.server.address());
    surfer.sign_in(user, password).await;
    assert_eq!(surfer.title(), "Second step");
    // Half way in is not in.
    for page in [
        "/account",
        "/account/passcodes",
        "/account/confirm",
        "/account/two-step/scan",
    ] {
        surfer.open(page).await;
        assert!(
            surfer.at.starts_with("/account/sign-in/code"),
            "{page}: {}",
            surfer.at
        );
    }
    let answer = surfer
        .send("/account/sign-in/code", &[("code", "000000")])
        .await;
    assert_eq!(answer.status, 422);
    let code = app.code().await;
    let rival = surfer.clone();
    surfer
        .send("/account/sign-in/code", &[("code", &code)])
        .await;
    assert_eq!(surfer.at, "/account");
    // T44: the same code once more, by somebody who has all the rest.
    let mut second = Surfer::new(world.server.address());
    second.sign_in(user, password).await;
    let answer = second
        .send("/account/sign-in/code", &[("code", &code)])
        .await;
    assert_eq!(answer.status, 422);
    assert!(second.page.contains("used already"), "{}", second.page);
    let mut rival = rival;
    rival.open("/account").await;
    assert_eq!(
        rival.at, "/account/sign-in",
        "the half-way session ended with the step"
    );
}

#[tokio::test]
async fn t44_a_hundred_at_once_and_one_gets_in() {
    let world = world().await;
    let mut first = alice(&world).await;
    let (mut app, _) = switch_on(&mut first, &world.alice.password).await;
    // Half-way sessions by the dozen.
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let mut surfer = Surfer::new(world.server.address());
        surfer
            .sign_in(&world.alice.name, &world.alice.password)
            .await;
        waiting.push(surfer);
    }
    let code = app.code().await;
    let mut tries = tokio::task::JoinSet::new();
    // The front lets 64 strangers of one address in at a time.
    let places = std::sync::Arc::new(tokio::sync::Semaphore::new(50));
    for number in 0..100 {
        let mut surfer = waiting[number % waiting.len()].clone();
        let (code, places) = (code.clone(), std::sync::Arc::clone(&places));
        tries.spawn(async move {
            let _place = places.acquire().await.unwrap();
            let body = surfer.form(&[("code", &code)]);
            let answer = surfer
                .ask("POST", "/account/sign-in/code", Some(&body))
                .await;
            answer.status == 303 && surfer.cookies.contains_key("__Host-airgate-known")
        });
    }
    let inside = tries.join_all().await;
    assert_eq!(inside.iter().filter(|inside| **inside).count(), 1);
}

#[tokio::test]
async fn c10_a_recovery_code_works_once_and_voids_what_the_app_shows() {
    let world = world().await;
    let (user, password) = (world.alice.name.as_str(), world.alice.password.as_str());
    let mut first = alice(&world).await;
    let (mut app, codes) = switch_on(&mut first, password).await;
    let shown = app.code().await;
    let mut surfer = Surfer::new(world.server.address());
    surfer.sign_in(user, password).await;
    surfer.open("/account/sign-in/recovery").await;
    let answer = surfer
        .send(
            "/account/sign-in/recovery",
            &[("code", "0000-0000-0000-0000")],
        )
        .await;
    assert_eq!(answer.status, 422);
    let typed = codes[3].to_uppercase().replace('-', " ");
    surfer
        .send("/account/sign-in/recovery", &[("code", &typed)])
        .await;
    assert!(surfer.at.starts_with("/account/two-step"), "{}", surfer.at);
    assert!(surfer.page.contains("9 of 10 left"), "{}", surfer.page);

    let mut second = Surfer::new(world.server.address());
    second.sign_in(user, password).await;
    second
        .send("/account/sign-in/recovery", &[("code", &codes[3])])
        .await;
    assert!(second.page.contains("used already"), "{}", second.page);
    second.open("/account/sign-in/code").await;
    second
        .send("/account/sign-in/code", &[("code", &shown)])
        .await;
    assert!(second.page.contains("used already"), "{}", second.page);

    // A new set voids the old one.
    surfer.open("/account/two-step").await;
    surfer.send("/account/two-step/recovery", &[]).await;
    let fresh = recovery_codes(&surfer);
    assert!(!codes.contains(&fresh[0]));
    second.open("/account/sign-in/recovery").await;
    let answer = second
        .send("/account/sign-in/recovery", &[("code", &codes[0])])
        .await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn c11_c12_a_trusted_browser_skips_the_code_but_not_the_proof() {
    let world = world().await;
    let (user, password) = (world.alice.name.as_str(), world.alice.password.as_str());
    let mut first = alice(&world).await;
    let (mut app, _) = switch_on(&mut first, password).await;
    let mut surfer = Surfer::new(world.server.address());
    surfer.sign_in(user, password).await;
    let code = app.code().await;
    surfer
        .send("/account/sign-in/code", &[("code", &code), ("trust", "1")])
        .await;
    assert_eq!(surfer.at, "/account");
    surfer.send("/account/sign-out", &[]).await;
    surfer.sign_in(user, password).await;
    assert_eq!(surfer.at, "/account", "no code asked");
    for page in [
        "/account/passcodes/new",
        "/account/two-step/off",
        "/account/two-step/app",
        "/account/two-step/scan",
    ] {
        surfer.open(page).await;
        assert!(
            surfer.at.starts_with("/account/confirm"),
            "{page}: {}",
            surfer.at
        );
    }
    // Whatever matters is not done without it either (C12). The device need not be there: the proof is
    // asked for first.
    for (path, fields) in [
        ("/account/passcodes/new", vec![("name", "x"), ("mail", "1")]),
        ("/account/two-step/app", vec![]),
        ("/account/two-step/code", vec![("code", "123456")]),
        ("/account/two-step/recovery", vec![]),
        ("/account/two-step/off", vec![]),
        ("/account/security/distrust-all", vec![]),
        ("/account/security/distrust/any", vec![]),
        ("/account/devices/phone1/wipe", vec![("kind", "iPhone")]),
        ("/account/devices/phone1/wipe-account", vec![]),
        ("/account/devices/phone1/remove", vec![]),
        ("/account/devices/phone1/cancel-wipe", vec![]),
        ("/account/devices/phone1/block", vec![]),
        ("/account/devices/phone1/allow", vec![]),
        ("/account/devices/phone1/resync", vec![]),
    ] {
        surfer.open("/account").await;
        surfer.send(path, &fields).await;
        assert!(
            surfer.at.starts_with("/account/confirm"),
            "{path}: {}",
            surfer.at
        );
    }
    surfer.open("/account/security").await;
    assert!(
        surfer.page.contains("/account/security/distrust/"),
        "still trusted"
    );
    surfer.open("/account/two-step").await;
    assert!(
        surfer.page.contains("10 of 10"),
        "the same codes: {}",
        surfer.page
    );
    surfer.open("/account/confirm?to=/account").await;
    // The mail password is no proof once there is a factor.
    let answer = surfer
        .send(
            "/account/confirm",
            &[("password", password), ("to", "/account")],
        )
        .await;
    assert_eq!(answer.status, 422);
    // The cookie of one user is nothing for another.
    let mut other = Surfer::new(world.server.address());
    other.cookies.insert(
        "__Host-airgate-trust".into(),
        surfer.cookies["__Host-airgate-trust"].clone(),
    );
    other.sign_in("bob@example.com", "secret-of-bob").await;
    assert_eq!(other.at, "/account", "Bob has no second step");
    other.sign_in(user, password).await;

    // Listed, and no more when it is not trusted any longer.
    first.open("/account/security").await;
    let id = first.between("/account/security/distrust/", "\"");
    first
        .send(&format!("/account/security/distrust/{id}"), &[])
        .await;
    assert!(first.page.contains("There are none"), "{}", first.page);
    surfer.send("/account/sign-out", &[]).await;
    surfer.sign_in(user, password).await;
    assert!(surfer.at.starts_with("/account/sign-in/code"));
}

#[tokio::test]
async fn the_second_step_is_switched_off_and_on_again() {
    let world = world().await;
    let (user, password) = (world.alice.name.as_str(), world.alice.password.as_str());
    let mut surfer = alice(&world).await;
    let (mut app, _) = switch_on(&mut surfer, password).await;
    surfer.open("/account/two-step/off").await;
    surfer.send("/account/two-step/off", &[]).await;
    assert!(surfer.page.contains("is switched off"), "{}", surfer.page);
    let mut other = Surfer::new(world.server.address());
    other.sign_in(user, password).await;
    assert_eq!(other.at, "/account");
    let (mut again, _) = switch_on(&mut other, password).await;
    assert_ne!(again.secret, app.secret, "T44: a new secret every time");
    let mut third = Surfer::new(world.server.address());
    third.sign_in(user, password).await;
    let old = app.code().await;
    let answer = third.send("/account/sign-in/code", &[("code", &old)]).await;
    assert_eq!(answer.status, 422);
    let new = again.code().await;
    third.send("/account/sign-in/code", &[("code", &new)]).await;
    assert_eq!(third.at, "/account");
}
