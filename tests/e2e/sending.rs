//! A phone sends, replies and forwards: once each, whatever goes wrong on the way.

use airgate_codec::eas::compose_mail::Verb;

use crate::support::backend::Kind;
use crate::support::phone::{Profile, Trouble};
use crate::support::smtp::Fault;
use crate::support::world::World;

const MAIL: &[u8] = b"From: alice@example.com\r\nTo: bob@example.com\r\nBcc: carol@example.org\r\n\
    Subject: hello\r\nMessage-ID: <one@phone>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi.\r\n.\r\nEnd.\r\n";
const ORIGINAL: &[u8] =
    b"From: Bob <bob@example.com>\r\nTo: alice@example.com\r\nSubject: plan\r\n\
    Message-ID: <orig@bob>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n\
    The plan.\r\n--x\r\nContent-Type: application/pdf; name=a.pdf\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--x--\r\n";

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
        (Fault::Mail(451), Err(503), 1),
        (Fault::Recipient(550), Ok(Some(120)), 1),
        (Fault::Data(451), Err(503), 1),
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

#[tokio::test]
async fn s20_replies_quote_and_forwards_carry_the_original() {
    let world = World::start(Kind::Dovecot).await;
    world.deliver("INBOX", ORIGINAL).await;
    let mut sent = 0;
    for profile in [Profile::ios(), Profile::gmail(), Profile::outlook()] {
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let item = phone.item("INBOX", "plan");
        let answer = phone
            .try_smart(
                Verb::SmartReply,
                "r1",
                ("INBOX", &item),
                b"To: bob@example.com\r\nSubject: Re: plan\r\n\r\nFine.\r\n",
            )
            .await
            .unwrap();
        assert_eq!(answer, None);
        sent += 1;
        let reply = world.smtp.wait_for(sent).await.pop().unwrap().text();
        assert!(
            reply.contains("Fine.\r\n\r\nOn ") && reply.contains("> The plan."),
            "{reply}"
        );
        assert!(reply.contains("In-Reply-To: <orig@bob>"), "{reply}");
        let answer = phone
            .try_smart(
                Verb::SmartForward,
                "f1",
                ("INBOX", &item),
                b"To: bob@example.com\r\nSubject: Fwd: plan\r\n\r\nSee.\r\n",
            )
            .await
            .unwrap();
        assert_eq!(answer, None);
        sent += 1;
        let forward = world.smtp.wait_for(sent).await.pop().unwrap().text();
        assert!(
            forward.contains("JVBERi0=\r\n--x--\r\n") && forward.contains("See."),
            "{forward}"
        );
        let gone = phone
            .try_smart(
                Verb::SmartReply,
                "r2",
                ("INBOX", "m1:999"),
                b"To: bob@example.com\r\n\r\nFine.\r\n",
            )
            .await;
        match gone {
            Ok(status) => assert_eq!(status, Some(150)),
            Err(Trouble::Http(answer)) => assert_eq!(answer.status, 500),
            Err(other) => panic!("{other:?}"),
        }
    }
    let mut other = world.other_client().await;
    other.select("INBOX").await;
    assert_eq!(other.search("ANSWERED KEYWORD $Forwarded").await.len(), 1);
}
