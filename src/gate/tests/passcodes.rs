//! Passcodes: right, wrong, revoked, frozen.

use super::*;
use crate::gate::issue::{change_mail_password, revoke};
use crate::gate::probes::FROZEN;
use crate::gate::verdicts::IDLE;
use crate::store::Credentials as _;

#[tokio::test]
async fn c1_c4_a_passcode_lets_in_with_the_mail_password_of_its_vault() {
    let world = World::strict().await;
    let (code, id) = world.passcode("alice@example.com", "mail-password").await;
    for written in [code.clone(), code.to_uppercase(), code.replace('-', "")] {
        let admission = world
            .admit(Try {
                user: " EXAMPLE\\Alice@Example.com",
                ..world.alice(&written)
            })
            .await
            .unwrap();
        assert_eq!(admission.user.as_str(), "alice@example.com");
        assert_eq!(admission.login.name, "alice@example.com");
        assert_eq!(admission.login.secret.expose_secret(), "mail-password");
        assert_eq!(admission.credential.as_ref(), Some(&id));
        assert_eq!(admission.scopes, Scopes::MAIL);
        assert!(!admission.probe);
    }
    // Three ways of writing are three marks; after that it is warm.
    let logins = world.backend.logins();
    world.admit(world.alice(&code)).await.unwrap();
    assert_eq!(world.backend.logins(), logins);
    assert_eq!(world.audited(AuditAction::DevicePinned).await, 1);
    assert_eq!(world.audited(AuditAction::LoginOk).await, 1);
    let user = UserId::parse("alice@example.com", None).unwrap();
    let row = world.store.credential(&user, &id).await.unwrap().unwrap();
    assert_eq!(row.last_used, Some(world.start.wall));
    assert_eq!(row.last_address.as_deref(), Some("192.0.2.1"));
}

#[tokio::test]
async fn t36_what_is_not_a_right_passcode_never_reaches_the_backend() {
    for world in [World::strict().await, World::lenient().await] {
        let strict = !world.gate.settings.accept_mail_password;
        let (right, _) = world.passcode("bob@example.com", "x").await;
        let mut mistyped = right.clone();
        let last = if mistyped.ends_with('0') { "1" } else { "0" };
        mistyped.replace_range(mistyped.len() - 1.., last);
        let mut tried = vec![right, mistyped];
        if strict {
            tried.push("mail-password".into());
        }
        for secret in &tried {
            let refusal = world.admit(world.alice(secret)).await.unwrap_err();
            assert_eq!(refusal, Refusal::Unauthorized, "{secret}");
        }
        assert_eq!(world.backend.logins(), 0);
        let failed = world.audited(AuditAction::LoginFailed).await;
        assert_eq!(failed, tried.len());
    }
}

#[tokio::test]
async fn t37_all_wrong_secrets_get_one_answer() {
    let world = World::strict().await;
    let (revoked, id) = world.passcode("alice@example.com", "mail-password").await;
    let user = UserId::parse("alice@example.com", None).unwrap();
    assert!(revoke(&world.store, &user, &id, "local", 5).await.unwrap());
    let expired_at = Some(world.start.wall);
    let (expired, _) = world
        .passcode_until("alice@example.com", "mail-password", expired_at)
        .await;
    let (foreign, _) = world.passcode("bob@example.com", "x").await;
    let (long, nul) = ("x".repeat(5_000), "a\0b".to_owned());
    for (user, secret) in [
        ("alice@example.com", &foreign),
        ("alice@example.com", &revoked),
        ("alice@example.com", &expired),
        ("nobody@example.com", &foreign),
        ("alice*admin", &foreign),
        ("alice@example.com", &String::new()),
        ("alice@example.com", &long),
        ("alice@example.com", &nul),
    ] {
        let login = Try {
            user,
            ..world.alice(secret)
        };
        assert_eq!(world.admit(login).await.unwrap_err(), Refusal::Unauthorized);
    }
}

#[tokio::test]
async fn t37_a_failure_takes_its_time() {
    let pause = Duration::from_millis(60);
    let world = World::new(GateSettings {
        failure_pause: pause,
        ..GateSettings::default()
    })
    .await;
    let (code, _) = world.passcode("alice@example.com", "mail-password").await;
    let took = async |user: &str, secret: &str| {
        let before = crate::clock::monotonic();
        let secret = SecretString::from(secret);
        let client = "192.0.2.1".parse().unwrap();
        let admitted = world.gate.admit(user, &secret, None, None, client).await;
        (admitted.is_ok(), before.elapsed())
    };
    for (user, secret) in [
        ("alice*", "x"),
        ("nobody", &code),
        ("alice@example.com", "x"),
    ] {
        let (admitted, time) = took(user, secret).await;
        assert!(!admitted && time >= pause, "{user} {time:?}");
    }
    assert!(took("alice@example.com", &code).await.0);
}

#[tokio::test]
async fn t46_a_revoked_passcode_is_out_at_the_next_round() {
    let world = World::strict().await;
    let (code, id) = world.passcode("alice@example.com", "mail-password").await;
    let (other, _) = world.passcode("alice@example.com", "mail-password").await;
    let admission = world.admit(world.alice(&code)).await.unwrap();
    let ipad = Try {
        device: Some("ipad"),
        ..world.alice(&other)
    };
    let unharmed = world.admit(ipad).await.unwrap();
    world.gate.upkeep(world.start).await;
    let mut heard = world.gate.revoked();

    let gate = Arc::clone(&world.gate);
    let held = crate::task::spawn("held", async move { gate.until_revoked(&admission).await });
    let gate = Arc::clone(&world.gate);
    let stays = crate::task::spawn("held", async move { gate.until_revoked(&unharmed).await });
    tokio::task::yield_now().await;

    let user = UserId::parse("alice@example.com", None).unwrap();
    assert!(revoke(&world.store, &user, &id, "local", 5).await.unwrap());
    world.gate.upkeep(world.start).await;
    held.await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), user);
    assert_eq!(
        world.admit(world.alice(&code)).await.unwrap_err(),
        Refusal::Unauthorized
    );
    world.admit(ipad).await.unwrap();
    assert!(!stays.is_finished());
    stays.abort();
}

#[tokio::test]
async fn a_passcode_expires_also_while_it_is_remembered() {
    let world = World::strict().await;
    let soon = Some(world.start.wall + 100);
    let (code, _) = world
        .passcode_until("alice@example.com", "mail-password", soon)
        .await;
    let mut login = world.alice(&code);
    login.at = world.after(99);
    let admission = world.admit(login).await.unwrap();
    login.at = world.after(100);
    assert_eq!(world.admit(login).await.unwrap_err(), Refusal::Unauthorized);
    // A Ping held with it ends too.
    let past = Admission {
        expires_at: Some(crate::clock::now_seconds()),
        ..admission
    };
    world.gate.until_revoked(&past).await;
}

#[tokio::test]
async fn t40_five_phones_with_a_stale_vault_log_in_once_in_15_minutes() {
    let world = World::strict().await;
    let mut phones = Vec::new();
    for number in 0..5 {
        let (code, _) = world.passcode("alice@example.com", "mail-password").await;
        phones.push((code, format!("phone{number}")));
    }
    let login = |phone: &'_ (String, String), at| {
        let (code, device) = phone.clone();
        let world = &world;
        async move {
            let login = Try {
                device: Some(&device),
                at,
                ..world.alice(&code)
            };
            world.admit(login).await
        }
    };
    for phone in &phones {
        login(phone, world.start).await.unwrap();
    }
    // The mail password changes at the server; a session of one phone is refused.
    world.backend.set("alice@example.com", "changed");
    let admission = login(&phones[0], world.start).await.unwrap();
    let before = world.backend.logins();
    world.gate.refused_at(&admission.login, world.start).await;
    // Every phone asks every 10 minutes for a day.
    for round in 0..24 * 6_u64 {
        for phone in &phones {
            let at = world.after(round * 600 + 1);
            match login(phone, at).await {
                Err(Refusal::Frozen { retry_after }) => assert!(retry_after <= FROZEN),
                // After an hour the phone is told why (issue 5, line 6).
                Err(Refusal::Explain(explained)) if round >= 6 => {
                    assert_eq!(explained.why, Why::Frozen);
                }
                other => panic!("a temporary error was due: {other:?}"),
            }
        }
    }
    let logins = world.backend.logins() - before;
    assert!(logins <= 24 * 4, "{logins} logins in a day");
    assert!(logins > 24 * 2, "it is tried again: {logins}");
    assert_eq!(world.audited(AuditAction::BackendFrozen).await, 2);

    // C5: sealed again with no passcode at hand, all of them work at once.
    let user = UserId::parse("alice@example.com", None).unwrap();
    let password = SecretString::from("changed");
    let sealed = change_mail_password(&world.store, &user, &password, "local", 9)
        .await
        .unwrap();
    assert_eq!(sealed, 5);
    let at = world.after(24 * 3600);
    world.gate.upkeep(at).await;
    for phone in &phones {
        let admission = login(phone, at).await.unwrap();
        assert_eq!(admission.login.secret.expose_secret(), "changed");
    }
}

#[tokio::test]
async fn a_backend_that_is_down_keeps_no_passcode_out() {
    let world = World::strict().await;
    let (code, _) = world.passcode("alice@example.com", "mail-password").await;
    world.backend.down(true);
    world.admit(world.alice(&code)).await.unwrap();
}

#[tokio::test]
async fn c7_an_idle_secret_is_wiped() {
    let world = World::strict().await;
    let (code, _) = world.passcode("alice@example.com", "mail-password").await;
    world.admit(world.alice(&code)).await.unwrap();
    // The first use bound the device, and that made a new version of the credentials.
    world.gate.upkeep(world.start).await;
    world.admit(world.alice(&code)).await.unwrap();
    let verdicts = world.gate.verdicts.all();
    assert_eq!(verdicts.len(), 1);
    let mut login = world.alice(&code);
    login.at = world.after(IDLE.as_secs() - 1);
    world.admit(login).await.unwrap();
    world.gate.upkeep(world.after(IDLE.as_secs() + 1)).await;
    assert!(verdicts[0].login().is_some(), "it was used");
    world.gate.upkeep(world.after(2 * IDLE.as_secs())).await;
    assert!(verdicts[0].login().is_none());
    assert!(world.gate.verdicts.all().is_empty());
}

#[tokio::test]
async fn t39_a_closed_address_keeps_no_owner_out() {
    let world = World::lenient().await;
    let (code, _) = world.passcode("alice@example.com", "mail-password").await;
    let mut refusals = HashMap::new();
    for number in 0..100 {
        let guess = format!("guess{number}");
        let refusal = world.admit(world.alice(&guess)).await.unwrap_err();
        *refusals
            .entry(std::mem::discriminant(&refusal))
            .or_insert(0) += 1;
    }
    assert_eq!(refusals.len(), 2, "401 first, then throttled");
    let asked = world.backend.logins();
    assert!(asked <= 31, "{asked} guesses reached the backend");
    // Same address, right passcode; other address, right password.
    world.admit(world.alice(&code)).await.unwrap();
    let elsewhere = Try {
        from: "198.51.100.7",
        ..world.alice("mail-password")
    };
    world.admit(elsewhere).await.unwrap();
    assert_eq!(world.audited(AuditAction::LoginThrottled).await, 1);
}

#[tokio::test]
async fn t42_a_thousand_users_get_their_own_login() {
    let world = Arc::new(World::lenient().await);
    // Names that collide in some form or other.
    let names: Vec<String> = (0..250)
        .flat_map(|number| {
            [
                format!("user{number}@example.com"),
                format!("user{number}@example.org"),
                format!("us\u{e9}r{number}@example.com"),
                format!("use\u{301}r{number}@example.com"),
            ]
        })
        .collect();
    for name in &names {
        world.backend.set(name, &format!("secret of {name}"));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (number, name) in names.iter().enumerate() {
        for round in 0..2 {
            let (world, name) = (Arc::clone(&world), name.clone());
            tasks.spawn(async move {
                let secret = format!("secret of {name}");
                let typed = if round == 0 {
                    name.clone()
                } else {
                    name.to_uppercase()
                };
                let from = format!("2001:db8:{number:x}::1");
                let login = Try {
                    user: &typed,
                    from: &from,
                    ..world.alice(&secret)
                };
                let admission = world.admit(login).await.unwrap();
                assert_eq!(admission.user.as_str(), name);
                assert_eq!(admission.login.secret.expose_secret(), secret);
            });
        }
    }
    tasks.join_all().await;
}
