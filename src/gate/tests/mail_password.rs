//! The mail password itself, where policy takes it (T40).

use std::task::Poll;

use super::*;
use crate::gate::probes::TRUSTED;
use crate::gate::verdicts::MAX_AGE;

#[tokio::test]
async fn a_right_one_is_asked_for_once_and_remembered() {
    let world = World::lenient().await;
    for _ in 0..5 {
        let admission = world.admit(world.alice("mail-password")).await.unwrap();
        assert_eq!(admission.credential, None);
        assert_eq!(admission.scopes, Scopes::ALL);
    }
    assert_eq!(world.backend.logins(), 1);
    // Use does not keep it alive for ever: the backend is asked again.
    for minutes in 1..=61 {
        let mut login = world.alice("mail-password");
        login.at = world.after(minutes * 60);
        world.admit(login).await.unwrap();
    }
    assert_eq!(world.backend.logins(), 2);
    assert!(MAX_AGE.as_secs() <= 61 * 60);
}

#[tokio::test]
async fn t40_concurrent_logins_share_one_question() {
    let world = Arc::new(World::lenient().await);
    for (secret, right) in [("mail-password", true), ("wrong", false)] {
        let before = world.backend.logins();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let world = Arc::clone(&world);
            tasks.spawn(async move { world.admit(world.alice(secret)).await.is_ok() });
        }
        let admitted = tasks.join_all().await;
        assert!(admitted.iter().all(|admitted| *admitted == right));
        assert_eq!(world.backend.logins() - before, 1, "{secret}");
    }
}

#[tokio::test]
async fn t40_a_secret_that_never_was_right_is_401_and_asked_once_in_15_minutes() {
    let world = World::lenient().await;
    for minute in 0..60 {
        let mut login = world.alice("never-right");
        login.at = world.after(minute * 60);
        assert_eq!(world.admit(login).await.unwrap_err(), Refusal::Unauthorized);
    }
    assert_eq!(world.backend.logins(), 4);
    // The same wrong secret counted once: the address is far from closed.
    assert_eq!(world.audited(AuditAction::LoginFailed).await, 1);
    // Another secret is tried at once.
    world.admit(world.alice("mail-password")).await.unwrap();
}

#[tokio::test]
async fn t40_a_secret_that_was_right_gets_a_temporary_error_for_a_day() {
    let world = World::lenient().await;
    world.admit(world.alice("mail-password")).await.unwrap();
    world.backend.set("alice@example.com", "changed");
    let later = |seconds| {
        let mut login = world.alice("mail-password");
        login.at = world.after(seconds);
        world.admit(login)
    };
    // Still remembered, then idle for too long and asked again.
    later(60).await.unwrap();
    let before = world.backend.logins();
    let mut seconds = 3600;
    while seconds < TRUSTED.as_secs() {
        match later(seconds).await {
            Err(Refusal::Frozen { .. }) => {}
            other => panic!("{other:?}"),
        }
        seconds += 60;
    }
    let asked = world.backend.logins() - before;
    assert!(asked <= 24 * 4, "{asked}");
    // After a day without success it counts as changed: the 401 lets its owner type the new one.
    let refusal = later(TRUSTED.as_secs() + 3600).await.unwrap_err();
    assert_eq!(refusal, Refusal::Unauthorized);
    // Nothing froze the new one.
    world.admit(world.alice("changed")).await.unwrap();
}

#[tokio::test]
async fn t40_when_the_backend_forgives_the_phone_is_back_within_15_minutes() {
    let world = World::lenient().await;
    let admission = world.admit(world.alice("mail-password")).await.unwrap();
    world.gate.refused_at(&admission.login, world.start).await;
    let mut login = world.alice("mail-password");
    login.at = world.after(14 * 60);
    assert!(matches!(
        world.admit(login).await,
        Err(Refusal::Frozen { .. })
    ));
    login.at = world.after(15 * 60);
    world.admit(login).await.unwrap();
}

#[tokio::test]
async fn a_backend_that_is_down_is_never_a_wrong_secret() {
    let world = World::lenient().await;
    world.backend.down(true);
    for secret in ["mail-password", "wrong"] {
        assert!(matches!(
            world.admit(world.alice(secret)).await,
            Err(Refusal::BackendDown { .. })
        ));
    }
    world.backend.down(false);
    world.admit(world.alice("mail-password")).await.unwrap();
    assert_eq!(world.audited(AuditAction::LoginFailed).await, 0);
}

#[tokio::test]
async fn a_dropped_question_answers_nobody_later() {
    let world = World::lenient().await;
    // Dropped at every point of its way; whatever it left behind, the next answer is fresh.
    for polls in 0..6 {
        let mut login = Box::pin(world.admit(world.alice("mail-password")));
        for _ in 0..polls {
            let mut step = login.as_mut();
            let done = std::future::poll_fn(|context| {
                Poll::Ready(Future::poll(step.as_mut(), context).is_ready())
            });
            if done.await {
                break;
            }
        }
    }
    world.backend.set("alice@example.com", "changed");
    let mut login = world.alice("mail-password");
    login.at = world.after(7_200);
    assert!(world.admit(login).await.is_err());
}
