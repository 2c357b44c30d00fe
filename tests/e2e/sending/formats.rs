//! What a mail looks like when it leaves: who it is from, what is added, and what is never touched.

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::compose_mail::Verb;

use super::{said, versions};
use crate::stories::Setup;
use crate::support::phone::Profile;

/// Odd blanks, folded fields and trailing blanks: whoever touches one breaks the seal.
const SEALED: &str = "Content-Type: multipart/signed;\r\n\tprotocol=\"application/pkcs7-signature\";   \
    micalg=sha-256;\r\n  boundary=\"=_s\"\r\n\r\nThis is signed.\r\n--=_s\r\n\
    Content-Type:   text/plain;\r\n\t charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
    .\r\n..Gr\u{fc}\u{df}e  \r\nFrom here on.\t\r\n\r\n--=_s\r\n\
    Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIAG\r\n--=_s--\r\n";

#[tokio::test]
async fn t26_signed_mail_arrives_to_the_octet_in_every_version() {
    let world = Setup::Dovecot
        .world_with(|settings| settings.argument("--allow-2.5"))
        .await;
    world.fill("INBOX", 1).await;
    for (round, profile) in versions().into_iter().enumerate() {
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let item = phone.item("INBOX", "Mail number 0");
        let mime = format!("To: bob@example.com\r\nMIME-Version: 1.0\r\n{SEALED}");
        assert_eq!(said(phone.try_send_mail("c1", mime.as_bytes()).await), 200);
        let reply = phone
            .try_smart(Verb::SmartReply, "c2", ("INBOX", &item), mime.as_bytes())
            .await;
        assert_eq!(said(reply), 200);
        for mail in &world.smtp.wait_for(2 * round + 2).await[2 * round..] {
            assert!(mail.text().ends_with(SEALED), "{}", mail.text());
            assert!(mail.options[0].contains("BODY=8BITMIME"), "{mail:?}");
        }
    }
    assert_eq!(world.smtp.client_faults(), [""; 0]);
}

#[tokio::test]
async fn t27_from_is_the_accounts_and_what_is_missing_is_added() {
    let world = Setup::Dovecot
        .world_with(|settings| {
            settings.argument("--allow-2.5").variable(
                "AIRGATE_SENDING_ALIASES",
                "alice@example.com=sales@example.com",
            )
        })
        .await;
    for (round, profile) in versions().into_iter().enumerate() {
        let mut phone = world.phone(profile).await;
        // An old Android: no From, no Date, no Message-ID, bare names, semicolons.
        let bare = b"To: bob; \"Carol; C.\" <carol@example.org>\nCc: Team: dan@example.org;\n\
            Bcc: eve@example.org\nSubject: x\n\nhello\n.\n";
        let forged = b"From: \"Boss\" <boss@example.com>\r\nSender: boss@example.com\r\n\
            To: undisclosed-recipients:;\r\nBcc: bob@example.com\r\n\r\nx\r\n";
        let alias = b"From: Sales <sales@example.com>\r\nTo: bob@example.com\r\n\r\ny\r\n";
        for (name, mime) in [("1", &bare[..]), ("2", forged), ("3", alias)] {
            assert_eq!(said(phone.try_send_mail(name, mime).await), 200, "{name}");
        }
        let got = world.smtp.wait_for(3 * round + 3).await;
        let [bare, forged, alias] = &got[3 * round..] else {
            panic!("three mails");
        };
        assert_eq!(
            bare.to,
            [
                "bob@example.com",
                "carol@example.org",
                "dan@example.org",
                "eve@example.org"
            ]
        );
        let text = bare.text();
        for field in [
            "From: alice@example.com\r\n",
            "\r\nDate: ",
            "\r\nMessage-ID: <",
            "\r\nTo: bob@example.com,\r\n \"Carol; C.\" <carol@example.org>\r\n",
            "\r\nCc: Team: dan@example.org;\r\n",
            "\r\n\r\nhello\r\n.\r\n",
        ] {
            assert!(text.contains(field), "{field}: {text}");
        }
        assert!(!text.contains("eve@") && !text.contains("Bcc"), "{text}");
        let text = forged.text();
        assert!(
            text.contains("From: \"Boss\" <alice@example.com>\r\n"),
            "{text}"
        );
        assert!(!text.contains("boss@"), "{text}");
        assert_eq!(forged.from, "alice@example.com");
        assert!(alias.text().contains("From: Sales <sales@example.com>\r\n"));
        assert_eq!(alias.from, "sales@example.com");
    }
    assert_eq!(world.smtp.client_faults(), [""; 0]);
}

#[tokio::test]
async fn reports_a_phone_asks_for_are_asked_of_the_server() {
    let world = Setup::Dovecot.world().await;
    let mut phone = world.phone(Profile::ios()).await;
    for (name, field, notify) in [
        (
            "1",
            "Return-Receipt-To: alice@example.com",
            Some("SUCCESS,FAILURE,DELAY"),
        ),
        (
            "2",
            "Disposition-Notification-To: alice@example.com",
            Some("FAILURE,DELAY"),
        ),
        ("3", "X-Mailer: none", None),
    ] {
        let mime =
            format!("To: bob+x@example.com\r\nMessage-ID: <{name}@phone>\r\n{field}\r\n\r\nx\r\n");
        assert_eq!(said(phone.try_send_mail(name, mime.as_bytes()).await), 200);
        let got = world
            .smtp
            .wait_for(name.parse().unwrap())
            .await
            .pop()
            .unwrap();
        assert!(got.text().contains(field), "and the recipient sees it too");
        let [mail, recipient] = got.options.as_slice() else {
            panic!("{got:?}");
        };
        match notify {
            Some(notify) => {
                assert!(
                    mail.ends_with(&format!("RET=HDRS ENVID=<{name}@phone>")),
                    "{mail}"
                );
                let expected = format!("NOTIFY={notify} ORCPT=rfc822;bob+2Bx@example.com");
                assert_eq!(*recipient, expected);
            }
            None => assert!(!mail.contains("RET") && recipient.is_empty(), "{got:?}"),
        }
    }
}

#[tokio::test]
async fn t27_nothing_an_original_says_becomes_a_field() {
    let world = Setup::Dovecot.world().await;
    let evil = "=?utf-8?Q?x=0D=0ABcc:_eve=40evil.test=0D=0A=0D=0Abody?=";
    for (subject, content) in [
        ("plain", "Content-Type: text/plain\r\n\r\nHi.\r\n"),
        (
            "sealed",
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nMIAG\r\n",
        ),
    ] {
        let mail = format!(
            "From: {evil} <bob@example.com>\r\nTo: {evil} <alice@example.com>\r\n\
             Subject: {subject} {evil}\r\nMessage-ID: <a@b>\r\n\
             References: <c@d> {evil}\r\nMIME-Version: 1.0\r\n{content}"
        );
        world.deliver("INBOX", mail.as_bytes()).await;
    }
    let mut phone = world.phone(Profile::ios().speaking(V::V14_1)).await;
    phone.sync_all("INBOX").await;
    let subjects = phone.subjects("INBOX");
    assert_eq!(subjects.len(), 2);
    let mime = b"To: bob@example.com\r\nSubject: x\r\n\r\nSee.\r\n";
    let mut sent = 0;
    for subject in subjects {
        let item = phone.item("INBOX", &subject);
        for verb in [Verb::SmartReply, Verb::SmartForward] {
            let name = format!("{verb:?}{sent}");
            let answer = phone.try_smart(verb, &name, ("INBOX", &item), mime).await;
            assert_eq!(said(answer), 200);
            sent += 1;
            let got = world.smtp.wait_for(sent).await.pop().unwrap();
            assert_eq!(got.to, ["bob@example.com"]);
            let text = got.text();
            let head = text.split("\r\n\r\n").next().unwrap();
            assert!(!head.to_ascii_lowercase().contains("\r\nbcc"), "{text}");
            assert!(!text.contains("\r\nBcc:"), "{text}");
        }
    }
}
