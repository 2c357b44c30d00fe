//! Passcodes and devices (C3).

use super::*;

#[tokio::test]
async fn c3_the_first_device_keeps_the_passcode() {
    let world = World::strict().await;
    let (code, _) = world.passcode("alice@example.com", "mail-password").await;
    let from = |device| Try {
        device,
        ..world.alice(&code)
    };
    // OPTIONS comes without a device and binds nothing.
    world.admit(from(None)).await.unwrap();
    world.admit(from(Some("PHONE1"))).await.unwrap();
    world.admit(from(Some("phone1"))).await.unwrap();
    world.admit(from(None)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(
            world.admit(from(Some("phone2"))).await.unwrap_err(),
            Refusal::DeviceNotBound
        );
    }
    world.admit(from(Some("phone1"))).await.unwrap();
    assert_eq!(world.audited(AuditAction::DevicePinned).await, 1);
    assert_eq!(world.audited(AuditAction::DeviceRefused).await, 1);
    // The store says the same when nothing is remembered.
    world.gate.upkeep(world.after(7_200)).await;
    assert_eq!(
        world.admit(from(Some("phone3"))).await.unwrap_err(),
        Refusal::DeviceNotBound
    );
}

#[tokio::test]
async fn c3_gmails_trial_binds_nothing() {
    let world = World::strict().await;
    let (code, _) = world.passcode("alice@example.com", "mail-password").await;
    let from = |device| Try {
        device: Some(device),
        ..world.alice(&code)
    };
    assert!(world.admit(from("validate")).await.unwrap().probe);
    assert!(world.admit(from("Validate")).await.unwrap().probe);
    assert_eq!(world.audited(AuditAction::DevicePinned).await, 0);
    let real = world.admit(from("androidc123")).await.unwrap();
    assert!(!real.probe);
    // The account is tried again later; other devices stay out.
    assert!(world.admit(from("validate")).await.unwrap().probe);
    assert!(world.admit(from("androidc456")).await.is_err());
}

#[tokio::test]
async fn c3_of_two_devices_at_once_one_is_bound() {
    let world = Arc::new(World::strict().await);
    let (code, _) = world.passcode("alice@example.com", "mail-password").await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (world, code) = (Arc::clone(&world), code.clone());
        tasks.spawn(async move {
            let device = format!("phone{number}");
            let login = Try {
                device: Some(&device),
                ..world.alice(&code)
            };
            world.admit(login).await.is_ok()
        });
    }
    let admitted = tasks.join_all().await;
    assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 1);
}
