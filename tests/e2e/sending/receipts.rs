//! Read receipts: none unless the operator wants them, then one, to who sent the mail.

use airgate_codec::ProtocolVersion as V;

use crate::stories::{Setup, client_in, flags_of, on_servers, uid_of};
use crate::support::phone::Profile;
use crate::support::smtp::Fault;
use crate::support::world::World;

const VERSIONS: [V; 3] = [V::V12_1, V::V14_1, V::V16_1];

/// A mail whose sender asks to be told, with `more` in its header.
fn asking(subject: &str, more: &str) -> Vec<u8> {
    format!(
        "Return-Path: <vera@contoso.example>\r\nFrom: Vera <vera@contoso.example>\r\n\
         To: alice@example.com\r\nSubject: {subject}\r\n\
         Message-ID: <{subject}@contoso.example>\r\nDate: Mon, 5 Jan 2026 08:00:00 +0000\r\n\
         Disposition-Notification-To: vera@contoso.example\r\n{more}\r\nHi.\r\n"
    )
    .into_bytes()
}

async fn world(setup: Setup, receipts: &str) -> World {
    setup
        .world_with(|settings| settings.variable("AIRGATE_SENDING_READ_RECEIPTS", receipts))
        .await
}

async fn read_by_phone(world: &World, version: V, subject: &str) {
    let profile = Profile::ios().speaking(version).filter(0);
    let mut phone = world
        .phone(profile.called(&format!("READER{}", version.query_byte())))
        .await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", subject);
    phone.mark_read("INBOX", &item, true).await;
    // Read again: nothing new.
    phone.mark_read("INBOX", &item, false).await;
    phone.mark_read("INBOX", &item, true).await;
    assert_eq!(phone.surprises(), [""; 0]);
}

async fn s17_a_sender_who_asks_is_told_once(setup: Setup) {
    let world = world(setup, "send").await;
    for (round, version) in VERSIONS.into_iter().enumerate() {
        let subject = format!("offer{round}");
        world.deliver("INBOX", &asking(&subject, "")).await;
        read_by_phone(&world, version, &subject).await;
        let receipt = world.smtp.wait_for(round + 1).await.remove(round);
        assert_eq!(receipt.from, "", "the null return path");
        assert_eq!(receipt.to, ["vera@contoso.example"]);
        let text = receipt.text();
        for line in [
            "From: alice@example.com\r\n",
            "report-type=disposition-notification",
            "Final-Recipient: rfc822;alice@example.com\r\n",
            &format!("Original-Message-ID: <{subject}@contoso.example>\r\n"),
            "Disposition: manual-action/MDN-sent-automatically; displayed\r\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(
            flags_of(&world, "INBOX", &subject)
                .await
                .contains("$MDNSent")
        );
    }
    // Another device, and a mail that another program answered.
    world.deliver("INBOX", &asking("answered", "")).await;
    let mut other = client_in(&world, "INBOX").await;
    let uid = uid_of(&mut other, "answered").await;
    other
        .command(&format!("UID STORE {uid} +FLAGS ($MDNSent)"))
        .await;
    other.logout().await;
    read_by_phone(&world, V::V16_1, "answered").await;
    world.deliver("INBOX", &asking("last", "")).await;
    read_by_phone(&world, V::V16_1, "last").await;
    let all = world.smtp.wait_for(VERSIONS.len() + 1).await;
    assert!(
        all.last()
            .unwrap()
            .text()
            .contains("<last@contoso.example>")
    );
    let mut other = world.other_client().await;
    assert_eq!(
        other.subjects("Sent").await,
        [""; 0],
        "a receipt is no mail of the user's"
    );
    assert_eq!(world.smtp.client_faults(), [""; 0]);
}

on_servers! {
    [dovecot Dovecot, cyrus Cyrus, plain Plain]
    s17_a_sender_who_asks_is_told_once
}

#[tokio::test]
async fn nobody_is_told_by_default_nor_what_may_not_be_answered_unasked() {
    let silent = Setup::Dovecot.world().await;
    silent.deliver("INBOX", &asking("offer", "")).await;
    read_by_phone(&silent, V::V16_1, "offer").await;
    assert!(
        !flags_of(&silent, "INBOX", "offer")
            .await
            .contains("$MDNSent")
    );
    assert_eq!(silent.smtp.received().len(), 0);

    let world = world(Setup::Dovecot, "send").await;
    for (subject, more) in [
        ("list", "List-Id: <all.contoso.example>\r\n"),
        ("robot", "Auto-Submitted: auto-generated\r\n"),
        ("more", "Disposition-Notification-To: eve@evil.test\r\n"),
    ] {
        world.deliver("INBOX", &asking(subject, more)).await;
        read_by_phone(&world, V::V16_1, subject).await;
        assert!(
            !flags_of(&world, "INBOX", subject)
                .await
                .contains("$MDNSent")
        );
    }
    // What is refused for good is not tried again, what may pass is.
    world.smtp.next_goes_wrong(Fault::Recipient(550));
    world.deliver("INBOX", &asking("refused", "")).await;
    read_by_phone(&world, V::V16_1, "refused").await;
    world.deliver("INBOX", &asking("good", "")).await;
    read_by_phone(&world, V::V16_1, "good").await;
    let got = world.smtp.wait_for(1).await;
    assert!(got[0].text().contains("<good@contoso.example>"));
}

#[tokio::test]
async fn t27_a_hostile_sender_gets_a_receipt_and_nothing_else() {
    let world = world(Setup::Dovecot, "send").await;
    let evil = "=?utf-8?Q?x=0D=0ABcc:_eve=40evil.test=0D=0A=0D=0Abody?=";
    let mail = String::from_utf8(asking("offer", "")).unwrap();
    let mail = mail
        .replace("Subject: offer", &format!("Subject: offer {evil}"))
        .replace(
            "Notification-To: vera",
            &format!("Notification-To: \"{evil}\" {evil} <vera"),
        )
        .replace("example\r\n\r\nHi", "example>\r\n\r\nHi");
    world.deliver("INBOX", mail.as_bytes()).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let item = phone.held("INBOX").items.keys().next().unwrap().clone();
    phone.mark_read("INBOX", &item, true).await;
    let receipt = world.smtp.wait_for(1).await.remove(0);
    assert_eq!(receipt.to, ["vera@contoso.example"]);
    let text = receipt.text();
    assert!(!text.contains("\nBcc"), "{text}");
    let (header, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(header.contains("multipart/report"), "{header}");
}
