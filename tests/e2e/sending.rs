//! A phone sends, replies and forwards: once each, whatever goes wrong on the way.

mod formats;
mod receipts;
mod sent_copies;
mod sizes;
mod smart;
mod statuses;

use airgate_codec::ProtocolVersion as V;

use crate::support::backend::Kind;
use crate::support::phone::{Profile, Trouble};
use crate::support::smtp::Fault;
use crate::support::world::World;

const MAIL: &[u8] = b"From: alice@example.com\r\nTo: bob@example.com\r\nBcc: carol@example.org\r\n\
    Subject: hello\r\nMessage-ID: <one@phone>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi.\r\n.\r\nEnd.\r\n";
/// The four kinds of phones that send in ways of their own, on one device each.
fn versions() -> [Profile; 4] {
    [V::V2_5, V::V12_1, V::V14_1, V::V16_1].map(|version| {
        let profile = if version < V::V14_0 {
            Profile::old_phone()
        } else {
            Profile::ios()
        };
        let name = format!("SENDER{}", version.query_byte());
        profile.speaking(version).called(&name).filter(0)
    })
}

/// What a phone heard: a Status, or the HTTP status, which is 200 for a mail that is sent.
fn said(result: Result<Option<u16>, Trouble>) -> u16 {
    match result {
        Ok(status) => status.unwrap_or(200),
        Err(Trouble::Http(answer)) => answer.status,
        Err(Trouble::NoAnswer(fault)) => panic!("{fault}"),
    }
}

#[tokio::test]
async fn s17_a_mail_goes_once_and_is_filed_once_in_every_version() {
    let world = World::start(Kind::Dovecot).await;
    for (round, profile) in Profile::all().into_iter().enumerate() {
        let name = profile.name;
        let phone = world.phone(profile).await;
        let mail = String::from_utf8(MAIL.to_vec())
            .unwrap()
            .replace("<one@", &format!("<{round}@"));
        let mut phone = phone;
        assert_eq!(
            phone.try_send_mail("c1", mail.as_bytes()).await.unwrap(),
            None,
            "{name}"
        );
        let again = phone.try_send_mail("c1", mail.as_bytes()).await.unwrap();
        assert!(matches!(again, None | Some(118)), "{name} {again:?}");
        let got = world.smtp.wait_for(round + 1).await;
        assert_eq!(got.len(), round + 1, "{name}");
        let last = got.last().unwrap();
        assert_eq!(last.to, ["bob@example.com", "carol@example.org"]);
        assert!(!last.text().contains("carol"), "{}", last.text());
        assert!(last.text().ends_with("\r\n\r\nHi.\r\n.\r\nEnd.\r\n"));
        let mut other = world.other_client().await;
        assert_eq!(other.subjects("Sent").await.len(), round + 1, "{name}");
    }
    assert_eq!(world.smtp.client_faults(), [] as [String; 0]);
}

#[tokio::test]
async fn s17_s18_every_fault_ends_in_one_mail() {
    for (fault, status, mails) in [
        (Fault::Greeting, Err(503), 1),
        (Fault::Auth(535), Err(503), 1),
        (Fault::Auth(454), Err(503), 1),
        (Fault::Mail(451), Ok(Some(111)), 1),
        (Fault::Recipient(550), Ok(Some(120)), 1),
        (Fault::Data(451), Ok(Some(111)), 1),
        (Fault::Message(554), Ok(Some(120)), 1),
        (Fault::CutAtData, Err(503), 1),
        // Nobody can tell these two apart: never lose.
        (Fault::LoseAfterDot, Ok(None), 1),
        (Fault::CutAfterDot, Ok(None), 2),
    ] {
        let world = World::start(Kind::Dovecot).await;
        let mut phone = world.phone(Profile::ios()).await;
        world.smtp.next_goes_wrong(fault);
        let got = match phone.try_send_mail("c1", MAIL).await {
            Ok(status) => Ok(status),
            Err(Trouble::Http(answer)) => Err(answer.status),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(got, status, "{fault:?}");
        let again = phone.try_send_mail("c1", MAIL).await.unwrap();
        assert!(matches!(again, None | Some(118)), "{fault:?} {again:?}");
        let mut other = world.other_client().await;
        assert_eq!(other.subjects("Sent").await, ["hello"], "{fault:?}");
        assert_eq!(world.smtp.received().len(), mails, "{fault:?}");
    }
}
