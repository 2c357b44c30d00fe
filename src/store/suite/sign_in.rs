//! Second factors, sessions, trusted browsers and links, as every store must keep them.

use std::sync::Arc;

use super::user;
use crate::store::sessions::{SESSION_IDLE, SESSION_LONGEST};
use crate::store::{Area, SecondFactorRow, SessionRow, Stage, Store, TrustedBrowser};

fn factor(name: &str, sealed: &[u8]) -> SecondFactorRow {
    SecondFactorRow {
        user: user(name),
        key_id: "k1".into(),
        sealed: sealed.to_vec(),
        created: 10,
        last_step: 0,
    }
}

fn session(name: &str, token: u8, created: i64) -> SessionRow {
    SessionRow {
        token_hash: [token; 32],
        user: user(name),
        id: format!("s{token}"),
        area: Area::Account,
        stage: Stage::Full,
        created,
        last_seen: created,
        proved_at: None,
        agent: "Firefox on Linux".into(),
        address: "192.0.2.1".into(),
        key_id: "k1".into(),
        sealed_password: vec![5; 80],
    }
}

async fn c9_a_factor_counts_when_its_first_code_was_right(store: &dyn Store) {
    let gina = user("gina");
    let hashes = ["a", "b", "c"].map(String::from);
    assert!(store.second_factor_of(&gina).await.unwrap().is_none());
    let first = factor("gina", b"first");
    store
        .begin_factor(&factor("gina", b"left behind"))
        .await
        .unwrap();
    store.begin_factor(&first).await.unwrap();
    assert!(store.second_factor_of(&gina).await.unwrap().is_none());
    assert_eq!(store.pending_factor_of(&gina).await.unwrap(), Some(first));
    let confirm =
        |sealed: &'static [u8], step| store.confirm_factor(&gina, sealed, step, &hashes, 20);
    assert!(!confirm(b"left behind", 7).await.unwrap());
    assert!(confirm(b"first", 7).await.unwrap());
    assert!(!confirm(b"first", 8).await.unwrap());
    let kept = store.second_factor_of(&gina).await.unwrap().unwrap();
    assert_eq!((kept.last_step, kept.created), (7, 20));
    assert!(store.pending_factor_of(&gina).await.unwrap().is_none());
    assert_eq!(
        store.users_with_factor().await.unwrap(),
        std::slice::from_ref(&gina)
    );

    // The code that confirmed it is used up, and so are all before (T44).
    assert!(!store.burn_step(&gina, 7).await.unwrap());
    assert!(!store.burn_step(&gina, 6).await.unwrap());
    assert!(store.burn_step(&gina, 8).await.unwrap());
    assert!(!store.burn_step(&user("harry"), 8).await.unwrap());

    // Another enrolment that is not finished changes nothing.
    store
        .begin_factor(&factor("gina", b"second"))
        .await
        .unwrap();
    let kept = store.second_factor_of(&gina).await.unwrap().unwrap();
    assert_eq!((kept.sealed.as_slice(), kept.last_step), (&b"first"[..], 8));
    assert!(confirm(b"second", 3).await.unwrap());
    let kept = store.second_factor_of(&gina).await.unwrap().unwrap();
    assert_eq!(
        (kept.sealed.as_slice(), kept.last_step),
        (&b"second"[..], 3)
    );

    assert!(store.remove_factor(&gina).await.unwrap());
    assert!(!store.remove_factor(&gina).await.unwrap());
    assert!(store.second_factor_of(&gina).await.unwrap().is_none());
    assert!(store.recovery_codes(&gina).await.unwrap().is_empty());
}

async fn t44_of_many_uses_one_succeeds(store: &Arc<dyn Store>) {
    let ida = user("ida");
    store.begin_factor(&factor("ida", b"x")).await.unwrap();
    let hashes = ["a".to_owned(), "b".to_owned()];
    assert!(
        store
            .confirm_factor(&ida, b"x", 1, &hashes, 20)
            .await
            .unwrap()
    );
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (store, ida) = (Arc::clone(store), ida.clone());
        tasks.spawn(async move {
            let step = store.burn_step(&ida, 2).await.unwrap();
            let code = store.use_recovery_code(&ida, 2, 30).await.unwrap();
            (step, code)
        });
    }
    let uses = tasks.join_all().await;
    assert_eq!(uses.iter().filter(|(step, _)| *step).count(), 1);
    assert_eq!(uses.iter().filter(|(_, code)| *code).count(), 1);
    let codes = store.recovery_codes(&ida).await.unwrap();
    let used: Vec<_> = codes
        .iter()
        .map(|code| (code.number, code.used_at))
        .collect();
    assert_eq!(used, [(1, None), (2, Some(30))]);
    // C10: a new set, whole.
    store
        .set_recovery_codes(&ida, &hashes[..1], 40)
        .await
        .unwrap();
    let codes = store.recovery_codes(&ida).await.unwrap();
    assert_eq!((codes.len(), codes[0].used_at), (1, None));
    assert!(!store.use_recovery_code(&ida, 2, 50).await.unwrap());
}

async fn c13_sessions_end(store: &dyn Store) {
    let kim = user("kim");
    let start = 1_000_000;
    store.save_session(&session("kim", 1, start)).await.unwrap();
    let at = |token: u8, now| async move { store.session(&[token; 32], now).await.unwrap() };
    assert_eq!(at(1, start).await, Some(session("kim", 1, start)));
    assert!(at(1, start + SESSION_IDLE - 1).await.is_some());
    assert!(at(1, start + SESSION_IDLE).await.is_none());
    let mut now = start;
    while now < start + SESSION_LONGEST {
        assert!(at(1, now).await.is_some());
        store.touch_session(&[1; 32], now).await.unwrap();
        now += SESSION_IDLE - 1;
    }
    store.touch_session(&[1; 32], now).await.unwrap();
    assert!(
        at(1, now).await.is_none(),
        "12 hours are the end, whoever is busy"
    );

    // T45: a step up is another token, and the old one is worth nothing.
    store.save_session(&session("kim", 2, start)).await.unwrap();
    let mut up = session("kim", 3, start);
    up.proved_at = Some(start + 5);
    assert!(store.replace_session(&[2; 32], &up).await.unwrap());
    assert!(
        !store
            .replace_session(&[2; 32], &session("kim", 4, start))
            .await
            .unwrap()
    );
    assert!(at(2, start).await.is_none() && at(4, start).await.is_none());
    assert_eq!(at(3, start).await, Some(up));

    store.save_session(&session("kim", 5, start)).await.unwrap();
    store.save_session(&session("lea", 6, start)).await.unwrap();
    let idle = start + SESSION_IDLE;
    let rest = store.sessions_of(&kim, idle).await.unwrap();
    assert_eq!(rest.len(), 1, "only the one that was used is not idle");
    assert_eq!(store.sessions_of(&kim, start).await.unwrap().len(), 3);
    store.end_sessions(&kim, Some(&[5; 32])).await.unwrap();
    assert!(at(3, start).await.is_none() && at(5, start).await.is_some());
    assert!(store.end_session(&[5; 32]).await.unwrap());
    assert!(!store.end_session(&[5; 32]).await.unwrap());
    store.end_sessions(&kim, None).await.unwrap();
    assert!(at(6, start).await.is_some(), "T13: another user's");
    store.expire(start + SESSION_IDLE).await.unwrap();
    assert!(at(6, start).await.is_none());
}

async fn c11_browsers_are_trusted_for_a_while(store: &dyn Store) {
    let (mia, ned) = (user("mia"), user("ned"));
    let browser = |token: u8| TrustedBrowser {
        token_hash: [token; 32],
        user: user("mia"),
        id: format!("b{token}"),
        agent: "Firefox".into(),
        address: "192.0.2.1".into(),
        created: 10,
        last_used: 10,
        expires_at: 100,
    };
    for token in 1..=3 {
        store.trust_browser(&browser(token)).await.unwrap();
    }
    let trusted = |user, token: u8, now| async move {
        store
            .browser_trusted(user, &[token; 32], now)
            .await
            .unwrap()
    };
    assert!(trusted(&mia, 1, 99).await);
    assert!(
        !trusted(&mia, 1, 100).await && !trusted(&ned, 1, 50).await && !trusted(&mia, 9, 50).await
    );
    let listed = store.trusted_browsers(&mia, 50).await.unwrap();
    assert_eq!((listed.len(), listed[0].last_used), (3, 99));
    assert_eq!(store.distrust_browsers(&ned, Some("b1")).await.unwrap(), 0);
    assert_eq!(store.distrust_browsers(&mia, Some("b1")).await.unwrap(), 1);
    assert!(!trusted(&mia, 1, 50).await && trusted(&mia, 2, 50).await);
    assert_eq!(store.distrust_browsers(&mia, None).await.unwrap(), 2);
}

async fn a_link_works_once(store: &Arc<dyn Store>) {
    let olga = user("olga");
    store
        .add_link(&[1; 32], &olga, b"profile", 100)
        .await
        .unwrap();
    store.add_link(&[2; 32], &olga, b"late", 100).await.unwrap();
    assert!(store.link_waits(&[1; 32], 99).await.unwrap());
    assert!(!store.link_waits(&[2; 32], 100).await.unwrap());
    assert_eq!(store.take_link(&[2; 32], 100).await.unwrap(), None);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let store = Arc::clone(store);
        tasks.spawn(async move { store.take_link(&[1; 32], 99).await.unwrap() });
    }
    let taken: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(taken, [(olga, b"profile".to_vec())]);
    assert!(!store.link_waits(&[1; 32], 50).await.unwrap());
}

pub(super) async fn run(store: &Arc<dyn Store>) {
    let parts = store.as_ref();
    c9_a_factor_counts_when_its_first_code_was_right(parts).await;
    t44_of_many_uses_one_succeeds(store).await;
    c13_sessions_end(parts).await;
    c11_browsers_are_trusted_for_a_while(parts).await;
    a_link_works_once(store).await;
}
