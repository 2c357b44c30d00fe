//! The rig itself: each backend truly starts, lets its users in and nobody else, keeps a mail, and
//! is gone when the test ends. When one of these fails, no other end-to-end result means anything.

use std::time::Duration;

use crate::support::backend::dovecot::{Dovecot, Settings};
use crate::support::backend::{Backend, Kind, User};
use crate::support::faulty::{Faulty, Mode};
use crate::support::mail;
use crate::support::other_client::OtherClient;
use crate::support::smtp::{Fault, SmtpSink};

async fn lives(kind: Kind) {
    let alice = User::alice();
    let bob = User::new("bob@example.com");
    let backend = Backend::start(kind, &[alice.clone(), bob.clone()]);

    // Meanwhile, because Courier thinks five seconds about it.
    let stranger = tokio::spawn({
        let (server, name) = (backend.imap(), alice.name.clone());
        async move {
            let mut stranger = OtherClient::connect(server).await;
            let login = format!("LOGIN \"{name}\" \"wrong\"");
            let refused = stranger.try_command(&login).await;
            assert!(refused.tagged.starts_with("NO"), "{refused:?}");
        }
    });

    let mut client = backend.other_client(&alice).await;
    let selected = client.select("INBOX").await;
    assert!(selected.number("UIDVALIDITY").is_some(), "{selected:?}");
    client
        .append("INBOX", "\\Seen", &mail::simple("first", "hello\r\n"))
        .await;
    assert_eq!(client.subjects("INBOX").await, ["first"]);

    backend.fill(&alice, "INBOX", 30).await;
    client.select("INBOX").await;
    assert_eq!(client.search("ALL").await.len(), 31);
    assert_eq!(client.search("SEEN").await.len(), 11);

    let sent = backend.folder("Sent");
    assert_eq!(client.subjects(&sent).await, [""; 0]);
    backend
        .deliver(&alice, "Sent", &mail::simple("sent", "x\r\n"))
        .await;
    assert_eq!(client.subjects(&sent).await, ["sent"]);

    let mut others = backend.other_client(&bob).await;
    assert_eq!(others.subjects("INBOX").await, [""; 0]);
    stranger.await.unwrap();
}

#[tokio::test]
async fn dovecot_lives() {
    lives(Kind::Dovecot).await;
}

#[tokio::test]
async fn dovecot_without_extensions_lives() {
    lives(Kind::DovecotBare).await;
}

#[tokio::test]
async fn cyrus_lives() {
    lives(Kind::Cyrus).await;
}

#[tokio::test]
async fn courier_lives() {
    lives(Kind::Courier).await;
}

#[tokio::test]
async fn capabilities_are_what_each_kind_says() {
    let expected = [
        (
            Kind::Dovecot,
            vec!["CONDSTORE", "QRESYNC", "MOVE", "NOTIFY"],
            vec![],
        ),
        (
            Kind::DovecotBare,
            vec!["IMAP4rev1"],
            vec!["CONDSTORE", "MOVE", "UIDPLUS", "IDLE"],
        ),
        (
            Kind::Cyrus,
            vec!["CONDSTORE", "OBJECTID", "MOVE"],
            vec!["NOTIFY"],
        ),
        (
            Kind::Courier,
            vec!["UIDPLUS", "IDLE"],
            vec!["CONDSTORE", "MOVE", "ESEARCH"],
        ),
    ];
    for (kind, offered, missing) in expected {
        let backend = Backend::start(kind, &[User::alice()]);
        let mut client = backend.other_client(&User::alice()).await;
        let answer = client.command("CAPABILITY").await;
        let line = answer.find("CAPABILITY").unwrap().to_owned();
        let words: Vec<&str> = line.split(' ').collect();
        for word in offered {
            assert!(words.contains(&word), "{kind:?}: {line}");
        }
        for word in missing {
            assert!(!words.contains(&word), "{kind:?}: {line}");
        }
    }
}

#[tokio::test]
async fn a_large_folder_is_made_in_seconds() {
    let alice = User::alice();
    let dovecot = Dovecot::start(&[alice.clone()]);
    dovecot.maildir(&alice).fill("INBOX", 0..20_000);
    let mut client = OtherClient::login(([127, 0, 0, 1], dovecot.imap_port).into(), &alice).await;
    let selected = client.select("INBOX").await;
    assert!(selected.find("20000 EXISTS").is_some(), "{selected:?}");
    assert_eq!(selected.number("UIDNEXT"), Some(20_001));
    let last = client
        .command("UID FETCH 20000 (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        .await;
    assert!(last.find("Mail number 19999").is_some(), "{last:?}");
}

#[tokio::test]
async fn a_delivery_on_disk_wakes_an_idling_client() {
    let alice = User::alice();
    let backend = Backend::start(Kind::Dovecot, &[alice.clone()]);
    let mut client = backend.other_client(&alice).await;
    client.select("INBOX").await;
    let Backend::Dovecot(dovecot) = &backend else {
        unreachable!("asked for");
    };
    let maildir = dovecot.maildir(&alice);
    let idle = client.idle();
    let deliver = async { maildir.deliver("INBOX", &mail::simple("wake", "up\r\n")) };
    let (line, ()) = tokio::join!(idle, deliver);
    assert!(line.contains("EXISTS"), "{line}");
}

#[tokio::test]
async fn uids_can_be_lost() {
    let alice = User::alice();
    let dovecot = Dovecot::start(&[alice.clone()]);
    let maildir = dovecot.maildir(&alice);
    maildir.fill("INBOX", 0..5);
    let server = ([127, 0, 0, 1], dovecot.imap_port).into();
    let mut client = OtherClient::login(server, &alice).await;
    let before = client.select("INBOX").await.number("UIDVALIDITY");
    client.logout().await;
    maildir.lose_uids("INBOX");
    let mut client = OtherClient::login(server, &alice).await;
    let after = client.select("INBOX").await.number("UIDVALIDITY");
    assert_ne!(before, after);
    assert!(before.is_some() && after.is_some());
}

#[tokio::test]
async fn a_full_mailbox_refuses_more() {
    let alice = User::alice();
    let dovecot = Settings::new(&[alice.clone()]).quota("1K").start();
    let mut client = OtherClient::login(([127, 0, 0, 1], dovecot.imap_port).into(), &alice).await;
    let large = mail::simple("large", &"x".repeat(900).repeat(3));
    let refused = client.try_append("INBOX", "", &large).await;
    assert!(refused.tagged.contains("OVERQUOTA"), "{refused:?}");
}

#[tokio::test]
async fn dovecot_comes_back_on_the_same_port_with_the_same_mail() {
    let alice = User::alice();
    let mut dovecot = Dovecot::start(&[alice.clone()]);
    dovecot.maildir(&alice).fill("INBOX", 0..3);
    let server = ([127, 0, 0, 1], dovecot.imap_port).into();
    dovecot.stop();
    assert!(tokio::net::TcpStream::connect(server).await.is_err());
    dovecot.resume();
    let mut client = OtherClient::login(server, &alice).await;
    assert_eq!(client.subjects("INBOX").await.len(), 3);
}

#[tokio::test]
async fn no_server_outlives_its_test() {
    for kind in [Kind::Dovecot, Kind::Cyrus, Kind::Courier] {
        let backend = Backend::start(kind, &[User::alice()]);
        let server = backend.imap();
        let _client = backend.other_client(&User::alice()).await;
        drop(backend);
        let gone = async {
            while tokio::net::TcpStream::connect(server).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), gone)
            .await
            .unwrap_or_else(|_| panic!("{kind:?} still listens"));
    }
}

#[tokio::test]
async fn the_sink_keeps_mail_and_fails_as_told() {
    use mail_send::SmtpClientBuilder;
    use mail_send::smtp::message::Message;

    let alice = User::alice();
    let sink = SmtpSink::start(&[alice.clone()]).await;
    let message = || {
        Message::empty()
            .from("alice@example.com")
            .to("bob@example.com")
            .body(b"Subject: hi\r\n\r\n.dot first\r\nend\r\n".as_slice())
    };
    let connect = || async {
        SmtpClientBuilder::new("127.0.0.1", sink.port())
            .expect("a builder")
            .implicit_tls(false)
            .credentials((alice.name.as_str(), alice.password.as_str()))
            .connect_plain()
            .await
    };
    connect().await.unwrap().send(message()).await.unwrap();
    let received = sink.wait_for(1).await;
    assert_eq!(received[0].from, "alice@example.com");
    assert_eq!(received[0].to, ["bob@example.com"]);
    assert_eq!(received[0].user.as_deref(), Some("alice@example.com"));
    assert!(received[0].text().contains("\r\n.dot first\r\n"));

    sink.next_goes_wrong(Fault::Message(451));
    assert!(connect().await.unwrap().send(message()).await.is_err());
    assert_eq!(sink.received().len(), 1);

    sink.next_goes_wrong(Fault::CutAfterDot);
    assert!(connect().await.unwrap().send(message()).await.is_err());
    assert_eq!(sink.received().len(), 2);
}

#[tokio::test]
async fn a_bad_network_carries_stalls_and_breaks() {
    let alice = User::alice();
    let backend = Backend::start(Kind::Dovecot, &[alice.clone()]);
    let faulty = Faulty::before(backend.imap()).await;
    let server = faulty.imap_url();
    let server = server.strip_prefix("imap://").unwrap().parse().unwrap();
    let mut client = OtherClient::login(server, &alice).await;

    faulty.set(Mode::BlackHole);
    let noop = client.try_command("NOOP");
    let stalled = tokio::time::timeout(Duration::from_millis(50), noop).await;
    assert!(stalled.is_err());

    faulty.set(Mode::Pass);
    let mut client = OtherClient::login(server, &alice).await;
    assert!(client.try_command("NOOP").await.is_ok());

    faulty.set(Mode::Close);
    let refused = async {
        let mut stream = tokio::net::TcpStream::connect(server).await?;
        tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1]).await
    };
    assert!(matches!(refused.await, Ok(0) | Err(_)));
}
