//! Every status the sending commands have, in the words of each version.

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::compose_mail::{Forwardee, SendMail, SmartMail, Source, Verb};
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::wbxml::{Writer, compose_mail};

use super::{said, versions};
use crate::stories::Setup;
use crate::support::phone::{Phone, Profile, smart_mail};
use crate::support::smtp::{Fault, Offers, Stage};

const MAIL: &[u8] = b"To: bob@example.com, carol@example.org\r\nSubject: hello\r\n\r\nHi.\r\n";

#[tokio::test]
async fn s18_every_answer_of_the_submission_server_has_its_status() {
    let world = Setup::Dovecot
        .world_with(|settings| settings.argument("--allow-2.5"))
        .await;
    let cases = [
        (Fault::Greeting, 503, 503),
        (Fault::Auth(535), 503, 503),
        (Fault::Says(Stage::Mail, "451 4.3.0 later"), 111, 503),
        (Fault::Says(Stage::Data, "451 4.3.0 later"), 111, 503),
        (
            Fault::Says(Stage::Message, "452 4.3.1 no room now"),
            111,
            503,
        ),
        (
            Fault::Says(Stage::Mail, "552 5.2.2 your mailbox is full"),
            113,
            507,
        ),
        (Fault::Says(Stage::Mail, "550 5.7.1 not you"), 120, 500),
        (Fault::Says(Stage::Mail, "552 5.3.4 too large"), 122, 500),
        (
            Fault::Says(Stage::Recipient, "450 4.7.1 greylisted"),
            111,
            503,
        ),
        (
            Fault::Says(Stage::Recipient, "452 4.5.3 too many"),
            115,
            507,
        ),
        (
            Fault::Says(Stage::Recipient, "550 5.4.5 daily quota"),
            115,
            507,
        ),
        (
            Fault::Says(Stage::Recipient, "550 5.7.1 no relay"),
            120,
            500,
        ),
        // One of two: nobody gets it.
        (
            Fault::Refuses("carol@example.org", "550 5.1.1 who"),
            116,
            500,
        ),
        (Fault::Says(Stage::Message, "554 5.7.1 spam"), 120, 500),
        (
            Fault::Says(Stage::Message, "554 5.6.0 odd content"),
            107,
            400,
        ),
        (Fault::Says(Stage::Message, "552 5.3.4 too large"), 122, 500),
    ];
    let phones = [V::V2_5, V::V12_1, V::V14_1, V::V16_1];
    let mut sent = 0;
    for (profile, version) in versions().into_iter().zip(phones) {
        let mut phone = world.phone(profile).await;
        for (round, (fault, status, http)) in cases.into_iter().enumerate() {
            let expected = if version < V::V14_0 { http } else { status };
            let name = format!("c{round}");
            let mail = format!("Message-ID: <{round}.{version}@phone>\r\n");
            let mail = [mail.as_bytes(), MAIL].concat();
            world.smtp.next_goes_wrong(fault);
            let answer = said(phone.try_send_mail(&name, &mail).await);
            assert_eq!(answer, expected, "{version} {fault:?}");
            assert_eq!(world.smtp.received().len(), sent, "{version} {fault:?}");
            // Nothing is lost: the phone tries again, and then it goes, once.
            if round == 0 {
                assert_eq!(said(phone.try_send_mail(&name, &mail).await), 200);
                sent += 1;
                let again = said(phone.try_send_mail(&name, &mail).await);
                assert_eq!(again, if version < V::V14_0 { 200 } else { 118 });
            }
        }
    }
    assert_eq!(world.smtp.received().len(), sent);
    assert_eq!(world.smtp.client_faults(), [""; 0]);
}

/// What is wrong with a mail before anybody is asked.
#[tokio::test]
async fn s18_what_cannot_be_sent_is_named() {
    let world = Setup::Dovecot
        .world_with(|settings| settings.argument("--allow-2.5"))
        .await;
    for profile in versions() {
        let mut phone = world.phone(profile).await;
        let old = phone.version() < V::V14_0;
        for (name, mime, status, http) in [
            ("no mail", &b"just words\r\n"[..], 107, 400),
            ("nobody", b"Subject: x\r\n\r\nx", 119, 500),
            (
                "an empty group",
                b"To: undisclosed-recipients:;\r\n\r\nx",
                119,
                500,
            ),
            ("no address", b"To: a@b@c, <x y@[>\r\n\r\nx", 116, 500),
        ] {
            let expected = if old { http } else { status };
            let answer = said(phone.try_send_mail(name, mime).await);
            assert_eq!(answer, expected, "{} {name}", phone.version());
        }
        // No body at all, and the other form's body.
        let empty = said(phone.try_compose(CommandName::SendMail, Vec::new()).await);
        assert_eq!(empty, if old { 400 } else { 101 });
        let mail = SendMail {
            client_id: "x".into(),
            mime: MAIL.into(),
            ..SendMail::default()
        };
        if old {
            let body = mail.write(V::V14_1);
            let answer = said(phone.try_compose(CommandName::SendMail, body).await);
            assert_eq!(answer, 400, "WBXML in {}", phone.version());
            continue;
        }
        let wbxml = phone.try_compose(CommandName::SendMail, vec![9, 9, 9]);
        assert_eq!(said(wbxml.await), 102);
        let mut writer = Writer::new(phone.version());
        writer.start(compose_mail::SEND_MAIL);
        writer.text(compose_mail::CLIENT_ID, "x");
        writer.end();
        let without = phone.try_compose(CommandName::SendMail, writer.into_bytes());
        assert_eq!(said(without.await), 103);
        for (mail, status) in [
            (
                SendMail {
                    account_id: Some("other".into()),
                    ..mail.clone()
                },
                166,
            ),
            (
                SendMail {
                    template_id: Some("8d9e".into()),
                    ..mail.clone()
                },
                168,
            ),
        ] {
            let body = mail.write(phone.version());
            let answer = said(phone.try_compose(CommandName::SendMail, body).await);
            assert_eq!(answer, status);
        }
    }
    assert_eq!(world.smtp.received().len(), 0);
}

async fn smart(phone: &mut Phone, mail: SmartMail<'_>) -> u16 {
    said(phone.try_smart_mail(&mail).await)
}

#[tokio::test]
async fn sources_that_contradict_or_do_not_exist_have_their_statuses() {
    let world = Setup::Dovecot.world().await;
    world.fill("INBOX", 1).await;
    for profile in versions().into_iter().skip(1) {
        let mut phone = world.phone(profile).await;
        let old = phone.version() < V::V14_0;
        phone.sync_all("INBOX").await;
        let folder = phone.id("INBOX");
        let item = phone.item("INBOX", "Mail number 0");
        let gone = format!("{folder}:4711");
        let source = |item: Option<&str>, long: Option<&str>, instance: Option<&str>| Source {
            folder_id: Some(folder.clone()),
            item_id: item.map(Into::into),
            long_id: long.map(Into::into),
            instance_id: instance.map(Into::into),
        };
        let noon = Some("2026-01-05T12:00:00.000Z");
        for (name, source, status, http) in [
            ("none", source(None, None, None), 103, 400),
            ("both", source(Some(&item), Some("x"), None), 105, 400),
            (
                "no id of ours",
                source(Some("odd id"), None, None),
                106,
                400,
            ),
            ("gone", source(Some(&gone), None, None), 150, 500),
            (
                "bad time",
                source(Some(&item), None, Some("noon")),
                104,
                400,
            ),
            ("of a mail", source(Some(&item), None, noon), 146, 500),
            ("of nothing", source(Some(&gone), None, noon), 150, 500),
        ] {
            for verb in [Verb::SmartReply, Verb::SmartForward] {
                let answer = phone.try_smart_from(verb, name, source.clone(), MAIL).await;
                let expected = if old { http } else { status };
                assert_eq!(said(answer), expected, "{} {name}", phone.version());
            }
        }
    }
    assert_eq!(world.smtp.received().len(), 0);
}

#[tokio::test]
async fn only_meetings_are_forwarded_by_forwardees_and_every_wrong_form_is_named() {
    let world = Setup::Dovecot.world().await;
    world.fill("INBOX", 1).await;
    let somebody = vec![Forwardee {
        email: "bob@example.com".into(),
        name: None,
    }];
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let source = |item: &str| Source {
        folder_id: Some("m1".into()),
        item_id: Some(item.into()),
        ..Source::default()
    };
    let item = phone.item("INBOX", "Mail number 0");
    let invite = SmartMail {
        save_in_sent_items: false,
        mime: None,
        body: Some(Body::whole(BodyType::Plain, "come too")),
        forwardees: Some(somebody.clone()),
        ..smart_mail(Verb::SmartForward, "i", source(&item), MAIL)
    };
    for (name, mail, status) in [
        ("of a mail", invite.clone(), 150),
        (
            "of nothing",
            SmartMail {
                source: source("m1:4711"),
                ..invite.clone()
            },
            150,
        ),
        (
            "with a mail",
            SmartMail {
                mime: Some(MAIL.into()),
                ..invite.clone()
            },
            178,
        ),
        (
            "to be saved",
            SmartMail {
                save_in_sent_items: true,
                ..invite.clone()
            },
            178,
        ),
        (
            "a body beside a mail",
            SmartMail {
                mime: Some(MAIL.into()),
                forwardees: None,
                ..invite.clone()
            },
            178,
        ),
        (
            "nobody named",
            SmartMail {
                forwardees: Some(Vec::new()),
                ..invite.clone()
            },
            179,
        ),
        (
            "words for nobody",
            SmartMail {
                forwardees: None,
                ..invite.clone()
            },
            179,
        ),
        (
            "nothing at all",
            SmartMail {
                forwardees: None,
                body: None,
                ..invite.clone()
            },
            103,
        ),
        (
            "by a reply",
            SmartMail {
                verb: Verb::SmartReply,
                ..invite.clone()
            },
            103,
        ),
    ] {
        assert_eq!(smart(&mut phone, mail).await, status, "{name}");
    }
    // A forwardee without an address cannot be read.
    let mut writer = Writer::new(V::V16_1);
    writer.start(compose_mail::SMART_FORWARD);
    writer.text(compose_mail::CLIENT_ID, "x");
    writer.start(compose_mail::SOURCE);
    writer.text(compose_mail::FOLDER_ID, "m1");
    writer.text(compose_mail::ITEM_ID, &item);
    writer.end();
    writer.start(compose_mail::FORWARDEES);
    writer.start(compose_mail::FORWARDEE);
    writer.text(compose_mail::NAME, "Bob");
    writer.end();
    writer.end();
    writer.end();
    let unreadable = phone.try_compose(CommandName::SmartForward, writer.into_bytes());
    assert_eq!(said(unreadable.await), 179);
    // The wrong command's body, and a version that does not know the form.
    let reply = smart_mail(Verb::SmartReply, "x", source(&item), MAIL).write(V::V16_1);
    let wrong = phone.try_compose(CommandName::SmartForward, reply).await;
    assert_eq!(said(wrong), 103);
    let mut older = world
        .phone(Profile::ios().speaking(V::V14_1).called("OLDER"))
        .await;
    let body = invite.write(V::V16_1);
    let answer = older.try_compose(CommandName::SmartForward, body).await;
    assert_eq!(said(answer), 103);
    assert_eq!(world.smtp.received().len(), 0);
}

#[tokio::test]
async fn c3_a_passcode_that_may_not_send_reads_only() {
    let world = Setup::Dovecot
        .world_with(|settings| settings.argument("--allow-2.5").only_passcodes())
        .await;
    world.fill("INBOX", 1).await;
    let passcode = |more: &[&str]| world.server.passcode(&world.alice, more).code;
    for profile in [
        Profile::old_phone(),
        Profile::ios().speaking(V::V14_0),
        Profile::ios(),
    ] {
        let reader = profile.clone().called("READER").filter(0);
        let mut user = world.alice.clone();
        user.password = passcode(&["--classes", "mail-no-send"]);
        let mut phone = world.new_phone(reader, &user);
        phone.set_up().await;
        phone.sync_all("INBOX").await;
        assert_eq!(phone.subjects("INBOX").len(), 1);
        let version = phone.version();
        let expected = match version {
            V::V12_1 => 403,
            V::V14_0 => 130,
            _ => 167,
        };
        assert_eq!(
            said(phone.try_send_mail("c1", MAIL).await),
            expected,
            "{version}"
        );
    }
    let mut user = world.alice.clone();
    user.password = passcode(&["--classes", "mail"]);
    let mut phone = world.new_phone(Profile::ios().called("WRITER"), &user);
    phone.set_up().await;
    assert_eq!(said(phone.try_send_mail("c1", MAIL).await), 200);
    world.smtp.wait_for(1).await;
}

#[tokio::test]
async fn addresses_beyond_ascii_go_where_they_are_taken() {
    let world = Setup::Dovecot.world().await;
    let mut phone = world.phone(Profile::ios()).await;
    let abroad = "To: jürgen@bücher.example\r\nSubject: Grüße\r\n\r\nx\r\n".as_bytes();
    assert_eq!(said(phone.try_send_mail("c1", abroad).await), 200);
    let got = world.smtp.wait_for(1).await.pop().unwrap();
    assert_eq!(got.to, ["jürgen@bücher.example"]);
    assert!(got.options[0].contains("SMTPUTF8"), "{got:?}");
    world.smtp.offer(Offers {
        extensions: vec!["8BITMIME"],
        ..Offers::default()
    });
    // Without the extension, a domain still has its ASCII form; a local part has none.
    assert_eq!(said(phone.try_send_mail("c2", abroad).await), 116);
    let domain = "To: bob@bücher.example\r\nSubject: x\r\n\r\nx\r\n".as_bytes();
    assert_eq!(said(phone.try_send_mail("c3", domain).await), 200);
    let got = world.smtp.wait_for(2).await.pop().unwrap();
    assert_eq!(got.to, ["bob@xn--bcher-kva.example"]);
    assert!(got.text().contains("To: bob@xn--bcher-kva.example\r\n"));
}
