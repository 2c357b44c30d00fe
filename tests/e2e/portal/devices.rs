//! What a user does about a device, each behind a page that asks first, and what the list says of it
//! until it is over.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::status::INVALID_SYNC_KEY;
use airgate_codec::eas::provision::Request;

use super::{alice, world};
use crate::standing::{provision, until_folders};
use crate::support::backend::User;
use crate::support::phone::Profile;
use crate::support::surfer::Surfer;

/// Asks for an action, reads what it will do, and does it.
async fn carry_out(surfer: &mut Surfer, device: &str, action: &str, what: &str, done: &str) {
    let path = format!("/account/devices/{device}/{action}");
    surfer.open("/account/devices").await;
    assert!(surfer.page.contains(&path), "{action}: {}", surfer.page);
    surfer.open(&path).await;
    assert!(surfer.page.contains(what), "{action}: {}", surfer.page);
    surfer.send(&path, &[]).await;
    assert_eq!(surfer.at.split('?').next(), Some("/account/devices"));
    assert!(surfer.page.contains(done), "{action}: {}", surfer.page);
}

#[tokio::test]
async fn t54_a_device_begins_anew_is_blocked_and_its_account_erased_as_the_list_tells() {
    let world = world().await;
    world.fill("INBOX", 2).await;
    let owner = User {
        password: world.server.passcode(&world.alice, &[]).code,
        ..User::alice()
    };
    let profile = Profile::ios().speaking(ProtocolVersion::V16_1);
    let mut phone = world.new_phone(profile, &owner);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    let device = phone.profile.device_id.to_lowercase();
    let mut surfer = alice(&world).await;

    // What it is and does.
    surfer.open("/account/devices").await;
    for part in [
        "mail folders (1)",
        "EAS 16.1",
        "127.0.0.1",
        "allowed",
        &device,
    ] {
        assert!(surfer.page.contains(part), "no {part}: {}", surfer.page);
    }

    // From scratch: every key is void, all of it comes again, and nothing else.
    let (what, done) = ("Nothing is lost", "fetches everything again");
    carry_out(&mut surfer, &device, "resync", what, done).await;
    until_folders(&phone, (200, INVALID_SYNC_KEY)).await;
    phone.memory.folder_key = "0".to_owned();
    phone.memory.collections.clear();
    phone.folder_sync().await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 2);

    // Out, and in again.
    let (what, done) = ("shut out at once", "The device is blocked");
    carry_out(&mut surfer, &device, "block", what, done).await;
    until_folders(&phone, (200, 129)).await;
    let (what, done) = ("may use your account again", "The device is allowed");
    carry_out(&mut surfer, &device, "allow", what, done).await;
    until_folders(&phone, (200, 1)).await;

    // The account alone is erased: ordered, withdrawn, ordered, told, confirmed.
    let erase = "wipe-account";
    let (what, done) = ("Everything else on it stays", "will erase itself");
    carry_out(&mut surfer, &device, erase, what, done).await;
    assert!(surfer.page.contains("as soon as it connects"));
    assert!(surfer.page.contains("is being erased"));
    let (what, withdrawn) = ("is withdrawn", "The order to erase is withdrawn");
    carry_out(&mut surfer, &device, "cancel-wipe", what, withdrawn).await;
    assert!(!surfer.page.contains("is being erased"), "{}", surfer.page);
    until_folders(&phone, (200, 1)).await;
    carry_out(&mut surfer, &device, erase, "Everything else", done).await;
    until_folders(&phone, (200, 140)).await;
    let order = provision(&mut phone, &Request::default()).await;
    assert!(order.account_only_remote_wipe && !order.remote_wipe);
    surfer.open("/account/devices").await;
    assert!(
        surfer.page.contains("has not confirmed yet"),
        "{}",
        surfer.page
    );
    assert!(
        surfer.page.contains("/cancel-wipe"),
        "it may still be withdrawn"
    );
    let confirmed = Request {
        account_only_remote_wipe: Some(1),
        ..Request::default()
    };
    provision(&mut phone, &confirmed).await;
    surfer.open("/account/devices").await;
    assert!(
        surfer.page.contains("confirmed that it is erased"),
        "{}",
        surfer.page
    );
    surfer.open("/account/passcodes").await;
    assert!(
        surfer.page.contains("0 of at most"),
        "its passcode is revoked"
    );
    until_folders(&phone, (401, 0)).await;
}
