//! A mail password with a one-time code behind it (design.md section 5), and who is told why.

use super::*;
use crate::gate::factors::Lane;
use crate::store::{CredentialKind, Credentials as _};

/// Passwords as a phone with a factor types them: the mail password, then the code of that moment.
fn typed(secret: &second_factor::TotpSecret, at: Moment) -> String {
    format!("mail-password{}", secret.code_at(at.wall).expose_secret())
}

#[tokio::test]
async fn t36_with_a_second_factor_the_mail_password_reaches_no_backend() {
    let world = World::lenient().await;
    world.admit(world.alice("mail-password")).await.unwrap();
    world.factor("alice@example.com").await;
    let before = world.backend.logins();
    for (device, secret) in [
        (Some("phone2"), "mail-password"),
        (None, "mail-password"),
        (Some("phone2"), "Summer2026!"),
        (Some("phone1"), "Summer2026!"),
    ] {
        let login = Try {
            device,
            ..world.alice(secret)
        };
        let refusal = world.admit(login).await.unwrap_err();
        assert_eq!(refusal, Refusal::Unauthorized, "{device:?} {secret}");
    }
    assert_eq!(world.backend.logins(), before);
    assert!(world.audited(AuditAction::LoginFailed).await >= 3);
    // Bob, who has none, is not concerned.
    world.backend.set("bob@example.com", "bobs");
    let bob = Try {
        user: "bob@example.com",
        ..world.alice("bobs")
    };
    world.admit(bob).await.unwrap();
}

#[tokio::test]
async fn a_phone_that_was_in_is_told_why_it_is_out_and_nobody_else_is() {
    let world = World::lenient().await;
    world.admit(world.alice("mail-password")).await.unwrap();
    world.factor("alice@example.com").await;
    let before = world.backend.logins();
    // Also after a restart: nothing of this is in memory.
    world.gate.upkeep(world.after(7_200)).await;
    for _ in 0..3 {
        match world.admit(world.alice("mail-password")).await {
            Err(Refusal::Explain(explained)) => assert_eq!(explained.why, Why::SecondFactor),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.backend.logins(), before);
    assert_eq!(world.audited(AuditAction::LoginExplained).await, 1);
    // Off by policy: 401.
    let off = World::new(GateSettings {
        failure_pause: Duration::ZERO,
        accept_mail_password: true,
        explain: false,
        ..GateSettings::default()
    })
    .await;
    off.admit(off.alice("mail-password")).await.unwrap();
    off.factor("alice@example.com").await;
    let refusal = off.admit(off.alice("mail-password")).await.unwrap_err();
    assert_eq!(refusal, Refusal::Unauthorized);
}

#[tokio::test]
async fn a_password_with_its_code_enrols_this_device_and_this_string() {
    let world = World::strict().await;
    let secret = world.factor("alice@example.com").await;
    let string = typed(&secret, world.start);
    let login = |device| Try {
        device,
        ..world.alice(&string)
    };
    // OPTIONS names no device; what it proved is for the first device that comes.
    world.admit(login(None)).await.unwrap();
    assert!(world.admit(login(Some("validate"))).await.unwrap().probe);
    let first = world.admit(login(Some("phone1"))).await.unwrap();
    assert_eq!(first.login.secret.expose_secret(), "mail-password");
    let logins = world.backend.logins();
    for _ in 0..3 {
        let again = world.admit(login(Some("phone1"))).await.unwrap();
        assert_eq!(again.credential, first.credential);
    }
    assert_eq!(world.backend.logins(), logins, "warm");
    // T44: neither the string on another device, nor the code in another string.
    assert_eq!(
        world.admit(login(Some("phone2"))).await.unwrap_err(),
        Refusal::DeviceNotBound
    );
    let code = secret.code_at(world.start.wall);
    let other = format!("other-password{}", code.expose_secret());
    let refusal = world.admit(world.alice(&other)).await.unwrap_err();
    assert_eq!(refusal, Refusal::Unauthorized);
    // It outlives the process, and the wait after which nothing is remembered.
    world.gate.upkeep(world.after(7_200)).await;
    let mut later = login(Some("phone1"));
    later.at = world.after(90 * 86_400);
    world.admit(later).await.unwrap();
    let alice = World::user("alice@example.com");
    let rows = world.store.credentials(&alice).await.unwrap();
    let [row] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!(row.kind, CredentialKind::Enrolled);
    assert!(row.tag.is_some() && row.device.is_some());
    assert_eq!(world.audited(AuditAction::DeviceEnrolled).await, 1);
    // A changed mail password is sealed behind it like behind a passcode (C5).
    world.backend.set("alice@example.com", "changed");
    let new = SecretString::from("changed");
    let store = &world.store;
    let count = issue::change_mail_password(store, &alice, &new, "local", 1)
        .await
        .unwrap();
    assert_eq!(count, 1);
    world.gate.upkeep(world.after(8_000)).await;
    let admission = world.admit(later).await.unwrap();
    assert_eq!(admission.login.secret.expose_secret(), "changed");
    // Revoked, it is nothing any more; the code in it is long used up.
    assert!(revoke(store, &alice, &row.id, "local", 2).await.unwrap());
    world.gate.upkeep(world.after(8_000)).await;
    assert_eq!(world.admit(later).await.unwrap_err(), Refusal::Unauthorized);
}

#[tokio::test]
async fn t44_one_code_enrols_one_device_however_many_come() {
    let world = Arc::new(World::strict().await);
    let secret = world.factor("alice@example.com").await;
    let string = typed(&secret, world.start);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8_u8 {
        let (world, string) = (Arc::clone(&world), string.clone());
        tasks.spawn(async move {
            let (device, from) = (format!("phone{number}"), format!("192.0.2.{number}"));
            let login = Try {
                device: Some(&device),
                from: &from,
                ..world.alice(&string)
            };
            world.admit(login).await.is_ok()
        });
    }
    let admitted = tasks.join_all().await;
    assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 1);
}

#[tokio::test]
async fn the_requests_of_one_phone_may_come_in_a_bunch() {
    let world = Arc::new(World::strict().await);
    let secret = world.factor("alice@example.com").await;
    let string = typed(&secret, world.start);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let (world, string) = (Arc::clone(&world), string.clone());
        tasks.spawn(async move { world.admit(world.alice(&string)).await.err() });
    }
    let refused: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(refused, []);
    let alice = World::user("alice@example.com");
    assert_eq!(world.store.credentials(&alice).await.unwrap().len(), 1);
}

#[tokio::test]
async fn t36_neither_a_wrong_code_nor_a_wrong_password_gets_anywhere() {
    let world = World::strict().await;
    let secret = world.factor("alice@example.com").await;
    let refused = async |string: &str, at| {
        let mut login = world.alice(string);
        login.at = at;
        world.admit(login).await.unwrap_err()
    };
    // A wrong code: the backend hears nothing, whatever the password.
    for string in ["mail-password000000", "wrong000000", "000000"] {
        assert_eq!(refused(string, world.start).await, Refusal::Unauthorized);
    }
    assert_eq!(world.backend.logins(), 0);
    // A right code before a wrong password is used up all the same.
    let code = secret.code_at(world.start.wall).expose_secret().to_owned();
    let wrong = format!("wrong{code}");
    assert_eq!(refused(&wrong, world.start).await, Refusal::Unauthorized);
    assert_eq!(world.backend.logins(), 1);
    let right = typed(&secret, world.start);
    assert_eq!(refused(&right, world.start).await, Refusal::Unauthorized);
    // With the next code all is well.
    let later = world.after(60);
    let mut login = world.alice("");
    let right = typed(&secret, later);
    login.secret = &right;
    login.at = later;
    world.admit(login).await.unwrap();
    // A phone that goes on with a string that failed slows nobody down.
    for _ in 0..50 {
        refused("mail-password000000", later).await;
    }
    let next = world.after(600);
    let lane = Lane::Phone("192.0.2.1".parse().unwrap());
    let code = secret.code_at(next.wall).expose_secret().to_owned();
    let verdict = world.code("alice@example.com", &code, &lane, next).await;
    assert_eq!(verdict, CodeVerdict::Right);
}

#[tokio::test]
async fn a_required_factor_has_its_grace_and_then_the_mail_password_ends() {
    let world = World::new(GateSettings {
        failure_pause: Duration::ZERO,
        accept_mail_password: true,
        second_factor: FactorRule::Required,
        grace_days: 2,
        ..GateSettings::default()
    })
    .await;
    let at = |days: u64| {
        let mut login = world.alice("mail-password");
        login.at = world.after(days * 86_400);
        login
    };
    for days in [0, 1] {
        world.admit(at(days)).await.unwrap();
    }
    world.gate.upkeep(world.after(0)).await;
    match world.admit(at(3)).await {
        Err(Refusal::Explain(explained)) => assert_eq!(explained.why, Why::FactorDue),
        other => panic!("{other:?}"),
    }
    // A passcode goes on.
    let (code, _) = world.passcode("alice@example.com", "mail-password").await;
    let mut login = world.alice(&code);
    login.at = world.after(3 * 86_400);
    world.admit(login).await.unwrap();
}

#[tokio::test]
async fn c17_keys_are_exchanged_while_phones_come_and_go() {
    let world = World::strict().await;
    let secret = world.factor("alice@example.com").await;
    let (code, id) = world.passcode("alice@example.com", "mail-password").await;
    let string = typed(&secret, world.start);
    let enrolled = Try {
        device: Some("phone2"),
        ..world.alice(&string)
    };
    world.admit(world.alice(&code)).await.unwrap();
    world.admit(enrolled).await.unwrap();
    let first = world.keys.clone();
    let second = first.rotate(keys::Purpose::Credential).unwrap();
    let third = second.rotate(keys::Purpose::Vault).unwrap();
    // The running gate takes them in, and everybody goes on, warm or cold.
    world.gate.upkeep(world.start).await;
    world.admit(world.alice(&code)).await.unwrap();
    world.gate.upkeep(world.after(7_200)).await;
    for login in [world.alice(&code), enrolled] {
        let mut login = login;
        login.at = world.after(7_200);
        let admission = world.admit(login).await.unwrap();
        assert_eq!(admission.login.secret.expose_secret(), "mail-password");
    }
    // What came by has the new keys now.
    let alice = World::user("alice@example.com");
    let row = world.store.credential(&alice, &id).await.unwrap().unwrap();
    assert_eq!(row.key_id, third.credential.id());
    assert_eq!(row.sealed.as_ref().unwrap().key_id, third.vault.id());
    for row in world.store.credentials(&alice).await.unwrap() {
        assert_eq!(row.key_id, third.credential.id(), "{:?}", row.kind);
    }
    // So the old credential key can go, and everybody still comes in.
    third.drop_old(first.credential.id()).unwrap();
    world.gate.upkeep(world.after(20_000)).await;
    for login in [world.alice(&code), enrolled] {
        let mut login = login;
        login.at = world.after(20_000);
        world.admit(login).await.unwrap();
    }
}

#[tokio::test]
async fn c6_a_master_needs_no_mail_password() {
    let world = World::new(GateSettings {
        failure_pause: Duration::ZERO,
        master: Some(Master {
            name: "master".into(),
            secret: SecretString::from("master-key"),
            form: master::Form::Separator("*".into()),
        }),
        ..GateSettings::default()
    })
    .await;
    world.backend.set("alice@example.com*master", "master-key");
    // Made with an empty mail password: nothing is sealed.
    let (code, id) = world.passcode("alice@example.com", "").await;
    let admission = world.admit(world.alice(&code)).await.unwrap();
    assert_eq!(admission.login.name, "alice@example.com*master");
    assert_eq!(admission.user.as_str(), "alice@example.com");
    let alice = World::user("alice@example.com");
    let row = world.store.credential(&alice, &id).await.unwrap().unwrap();
    assert_eq!(row.sealed, None);
}

#[tokio::test]
async fn a_device_that_enrols_anew_has_one_secret() {
    let world = World::strict().await;
    let secret = world.factor("alice@example.com").await;
    for seconds in [0, 60] {
        let at = world.after(seconds);
        let string = typed(&secret, at);
        let mut login = world.alice(&string);
        login.at = at;
        world.admit(login).await.unwrap();
    }
    let alice = World::user("alice@example.com");
    let rows = world.store.credentials(&alice).await.unwrap();
    let live = rows.iter().filter(|row| row.revoked_at.is_none()).count();
    assert_eq!((rows.len(), live), (2, 1));
}
