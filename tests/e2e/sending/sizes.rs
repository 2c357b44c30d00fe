//! Mails too large for somebody: said early, and nothing lost. And those just large enough, which
//! pass without being held.

use airgate_codec::eas::compose_mail::Verb;
use http::HeaderValue;

use super::{said, versions};
use crate::stories::{Setup, on_servers};
use crate::support::phone::{Profile, Trouble};
use crate::support::smtp::Offers;

fn mail(size: usize, name: &str) -> Vec<u8> {
    let head =
        format!("To: bob@example.com\r\nSubject: {name}\r\nMessage-ID: <{name}@phone>\r\n\r\n");
    let mut mail = head.into_bytes();
    while mail.len() < size {
        mail.extend_from_slice(
            b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\r\n",
        );
    }
    mail
}

#[tokio::test]
async fn t8_a_mail_over_the_limit_is_refused_in_the_protocols_words() {
    let world = Setup::Dovecot
        .world_with(|settings| {
            settings
                .argument("--allow-2.5")
                .variable("AIRGATE_LIMITS_BODY", "64KiB")
                .variable("AIRGATE_LIMITS_MAX_MESSAGE", "1MiB")
        })
        .await;
    for profile in versions() {
        let mut phone = world.phone(profile).await;
        let old = phone.version() < airgate_codec::ProtocolVersion::V14_0;
        // Over the limit by little and by much: it is read away while the answer goes out.
        for size in [1_200_000, 4_000_000] {
            let answer = said(phone.try_send_mail("big", &mail(size, "big")).await);
            assert_eq!(
                answer,
                if old { 413 } else { 122 },
                "{} {size}",
                phone.version()
            );
        }
        let fits = format!("fits{}", phone.version());
        assert_eq!(
            said(phone.try_send_mail("ok", &mail(1_000_000, &fits)).await),
            200
        );
    }
    assert_eq!(world.smtp.received().len(), versions().len());
}

#[tokio::test]
async fn t8_who_asks_first_never_uploads_in_vain() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let world = Setup::Dovecot
        .world_with(|settings| {
            settings
                .variable("AIRGATE_LIMITS_BODY", "64KiB")
                .variable("AIRGATE_LIMITS_MAX_MESSAGE", "1MiB")
        })
        .await;
    let phone = world.phone(Profile::ios()).await;
    let line = phone.line(airgate_codec::eas::request_line::CommandName::SendMail);
    let mut sent = phone.prepare(&line, vec![0]);
    let expect = HeaderValue::from_static("100-continue");
    sent.headers.insert("expect", expect);
    let mut head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n",
        sent.target
    );
    for (name, value) in &sent.headers {
        if name != "content-length" && name != "host" {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
    }
    head.push_str("\r\n");
    let mut stream = tokio::net::TcpStream::connect(world.server.address())
        .await
        .unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let count = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "not 100: {answer}");
}

#[tokio::test]
async fn the_submission_servers_size_counts_before_and_after_it_is_known() {
    let world = Setup::Dovecot.world().await;
    world.smtp.offer(Offers {
        size: 500_000,
        ..Offers::default()
    });
    let mut phone = world.phone(Profile::ios()).await;
    let big = mail(900_000, "big");
    // Asked at EHLO the first time, known from then on; the mail itself never travels.
    for name in ["c1", "c2"] {
        assert_eq!(said(phone.try_send_mail(name, &big).await), 122);
    }
    assert_eq!(world.smtp.logins(), 1, "the second time nobody was asked");
    assert_eq!(
        said(phone.try_send_mail("c3", &mail(400_000, "small")).await),
        200
    );
    world.smtp.wait_for(1).await;
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    s20_a_large_original_streams_through
}

/// Larger than all buffers on the way; the bench measures 25 MB.
async fn s20_a_large_original_streams_through(setup: Setup) {
    let world = setup.world().await;
    let document =
        "Rm9yIGEgbGFyZ2Ugb3JpZ2luYWwsIHRoZSBzYW1lIGxpbmUgYWdhaW4gYW5kIGFnYWluLCBhbmQg\r\n"
            .repeat(40_000);
    let original = format!(
        "From: bob@example.com\r\nSubject: large\r\nMessage-ID: <large@bob>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nSmall text.\r\n\
         --m\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {document}--m--\r\n"
    );
    world.deliver("INBOX", original.as_bytes()).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "large");
    let mime = b"To: bob@example.com\r\nBcc: carol@example.org\r\nSubject: Fwd\r\n\r\nSee.\r\n";
    let answer = phone
        .try_smart(Verb::SmartForward, "f", ("INBOX", &item), mime)
        .await;
    assert_eq!(said(answer), 200);
    let got = world.smtp.wait_for(1).await.pop().unwrap();
    assert!(got.text().contains(&document));
    // And the copy in Sent is the same with its Bcc in front.
    let mut sent = Vec::new();
    let mut other = world.other_client().await;
    for _ in 0..100 {
        sent = other.subjects(&world.backend.folder("Sent")).await;
        if !sent.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(sent, ["Fwd"]);
    let answer = other.select(&world.backend.folder("Sent")).await;
    assert!(answer.is_ok());
    let answer = other
        .command("FETCH 1 (RFC822.SIZE BODY.PEEK[HEADER])")
        .await;
    let size = answer.number("RFC822.SIZE").unwrap();
    let bcc = "Bcc: carol@example.org\r\n".len();
    assert_eq!(size, (got.message.len() + bcc) as u64);
    assert!(
        answer.find("Bcc: carol@example.org").is_some(),
        "{answer:?}"
    );
}

/// The mailbox is cut off in the middle of the original.
#[tokio::test]
async fn s17_s20_an_original_that_breaks_off_is_not_half_sent() {
    use crate::support::backend::{Backend, Kind, User};
    use crate::support::faulty::{Faulty, Mode};
    use crate::support::world::World;
    let users = [User::alice(), User::new("bob@example.com")];
    let backend = Backend::start(Kind::Dovecot, &users);
    let faulty = Faulty::before(backend.imap()).await;
    let url = faulty.imap_url();
    let world = World::around(backend, &users, |settings| settings.imap(&url)).await;
    let document =
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n";
    let original = format!(
        "From: bob@example.com\r\nSubject: large\r\nMIME-Version: 1.0\r\n\
         Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        document.repeat(20_000)
    );
    world.deliver("INBOX", original.as_bytes()).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "large");
    let mime = b"To: bob@example.com\r\nSubject: Fwd\r\n\r\nSee.\r\n";
    faulty.set(Mode::CutAfter(400_000));
    let answer = phone
        .try_smart(Verb::SmartForward, "f", ("INBOX", &item), mime)
        .await;
    match answer {
        Err(Trouble::Http(answer)) => assert_eq!(answer.status, 503),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.smtp.received().len(), 0, "no half mail");
    let answer = phone
        .try_smart(Verb::SmartForward, "f", ("INBOX", &item), mime)
        .await;
    assert_eq!(said(answer), 200);
    let got = world.smtp.wait_for(1).await.pop().unwrap();
    assert!(got.text().contains(&document.repeat(20_000)));
}
