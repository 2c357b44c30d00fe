//! Replies and forwards of what lies on real servers, from phones of every version.

use airgate_codec::ProtocolVersion as V;
use airgate_codec::eas::compose_mail::{SmartMail, Source, Verb};

use super::{said, versions};
use crate::stories::{Setup, flags_of, on_servers};
use crate::support::phone::{Phone, smart_mail};
use crate::support::world::World;

/// HTML with a picture it shows, and a document.
const DESIGNED: &[u8] =
    b"From: Bob <bob@example.com>\r\nTo: alice@example.com\r\nSubject: plan\r\n\
    Message-ID: <orig@bob>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=m\r\n\r\n\
    --m\r\nContent-Type: multipart/related; boundary=r\r\n\r\n\
    --r\r\nContent-Type: text/html; charset=iso-8859-1\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\n\
    <html><body>The pl=E4n: <img src=3D\"cid:pic@bob\"></body></html>\r\n\
    --r\r\nContent-Type: image/png; name=pic.png\r\nContent-ID: <pic@bob>\r\n\
    Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--r--\r\n\
    --m\r\nContent-Type: application/pdf; name=a.pdf\r\n\
    Content-Disposition: attachment;\r\n filename=\"a  b.pdf\"\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--m--\r\n";
/// What only its octets prove.
const SIGNED: &[u8] = b"From: Bob <bob@example.com>\r\nTo: alice@example.com\r\nSubject: sealed\r\n\
    Message-ID: <sealed@bob>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=sha-256;\r\n\
    \tboundary=s\r\n\r\n--s\r\nContent-Type:   text/plain\r\n\r\nMy word.  \r\n\
    --s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nMIAG\r\n--s--\r\n";
const PLAIN: &[u8] = b"To: carol@example.org\r\nSubject: new\r\n\r\nSee here.\r\n";
const HTML: &[u8] = b"To: carol@example.org\r\nSubject: new\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><i>See here.</i></body></html>\r\n";

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    s20_originals_come_from_the_mailbox_byte_for_byte
}

async fn s20_originals_come_from_the_mailbox_byte_for_byte(setup: Setup) {
    let world = setup
        .world_with(|settings| settings.argument("--allow-2.5"))
        .await;
    world.deliver("INBOX", DESIGNED).await;
    world.deliver("INBOX", SIGNED).await;
    let mut sent = 0;
    for profile in versions() {
        let mut phone = world.phone(profile).await;
        let version = phone.version();
        phone.sync_all("INBOX").await;
        let plan = phone.item("INBOX", "plan");
        let sealed = phone.item("INBOX", "sealed");
        for (round, verb, item, mime, wanted, unwanted) in [
            (
                "r1",
                Verb::SmartReply,
                &plan,
                PLAIN,
                &[
                    "See here.\r\n\r\nOn ",
                    ", Bob wrote:\r\n> The pl=C3=A4n",
                    "\r\nIn-Reply-To: <orig@bob>\r\nReferences: <orig@bob>\r\n",
                ][..],
                &["JVBERi0", "iVBORw"][..],
            ),
            (
                "r2",
                Verb::SmartReply,
                &plan,
                HTML,
                &[
                    "<i>See here.</i>",
                    "multipart/related; type=\"text/html\"",
                    "Content-ID: <pic@bob>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--",
                ],
                &["JVBERi0", "pkcs7"],
            ),
            (
                "f1",
                Verb::SmartForward,
                &plan,
                PLAIN,
                &[
                    "-----Original Message-----\r\nFrom: \"Bob\" <bob@example.com>\r\n",
                    "multipart/alternative",
                    "Content-ID: <pic@bob>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--",
                    // Not a blank of its header is another.
                    "\r\nContent-Type: application/pdf; name=a.pdf\r\n\
                     Content-Disposition: attachment;\r\n filename=\"a  b.pdf\"\r\n\
                     Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--",
                ],
                &["message/rfc822"],
            ),
            (
                "f2",
                Verb::SmartForward,
                &plan,
                HTML,
                &["<i>See here.</i>", "JVBERi0=\r\n--", "iVBORw0KGgo=\r\n--"],
                &["message/rfc822", "text/plain"],
            ),
            (
                "f3",
                Verb::SmartForward,
                &sealed,
                PLAIN,
                &["message/rfc822", std::str::from_utf8(SIGNED).unwrap()],
                &["Original Message"],
            ),
        ] {
            let source = ("INBOX", item.as_str());
            let answer = phone.try_smart(verb, round, source, mime).await;
            assert_eq!(said(answer), 200, "{version} {round}");
            sent += 1;
            let text = world.smtp.wait_for(sent).await.pop().unwrap().text();
            for part in wanted {
                assert!(text.contains(part), "{version} {round} {part}: {text}");
            }
            for part in unwanted {
                assert!(!text.contains(part), "{version} {round} {part}: {text}");
            }
        }
    }
    assert_eq!(world.smtp.client_faults(), [""; 0]);
    let plan = flags_of(&world, "INBOX", "plan").await;
    assert!(plan.contains("\\Answered"), "{plan}");
    assert!(plan.contains("$Forwarded"), "{plan}");
    let sealed = flags_of(&world, "INBOX", "sealed").await;
    assert!(
        sealed.contains("$Forwarded") && !sealed.contains("\\Answered"),
        "{sealed}"
    );
    // The copies in Sent are what was sent, the streamed parts too.
    let mut other = world.other_client().await;
    let folder = world.backend.folder("Sent");
    assert_eq!(other.subjects(&folder).await.len(), sent);
    other.select(&folder).await;
    let copies = other.search("TEXT \"application/pdf; name=a.pdf\"").await;
    assert_eq!(copies.len(), 2 * versions().len(), "{setup:?}");
}

async fn last(world: &World, count: usize) -> String {
    world.smtp.wait_for(count).await.pop().unwrap().text()
}

#[tokio::test]
async fn s20_replace_mime_adds_nothing_and_still_marks() {
    let world = Setup::Dovecot.world().await;
    for (round, profile) in versions().into_iter().skip(2).enumerate() {
        let subject = format!("original {round}");
        let mail = crate::support::mail::simple(&subject, "the original text\r\n");
        world.deliver("INBOX", &mail).await;
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let source = Source {
            folder_id: Some(phone.id("INBOX")),
            item_id: Some(phone.item("INBOX", &subject)),
            ..Source::default()
        };
        for verb in [Verb::SmartReply, Verb::SmartForward] {
            let name = format!("{verb:?}{round}");
            let mail = SmartMail {
                replace_mime: true,
                ..smart_mail(verb, &name, source.clone(), PLAIN)
            };
            assert_eq!(said(phone.try_smart_mail(&mail).await), 200);
        }
        let text = last(&world, 4 * round + 2).await;
        assert!(text.ends_with("\r\n\r\nSee here.\r\n"), "{text}");
        let flags = flags_of(&world, "INBOX", &subject).await;
        assert!(
            flags.contains("\\Answered") && flags.contains("$Forwarded"),
            "{flags}"
        );
        // The last verb follows: the phone shows the arrow.
        phone.sync_all("INBOX").await;
        let item = phone.item("INBOX", &subject);
        let held = phone.held("INBOX").items[&item].clone();
        assert_eq!(held.last_verb, Some(1));
        // Nothing to be found: a mail that is complete goes all the same.
        for (name, item) in [("gone", "m1:4711"), ("none", "nothing of ours")] {
            let source = Source {
                item_id: Some(item.into()),
                ..Source::default()
            };
            let mail = SmartMail {
                replace_mime: true,
                ..smart_mail(Verb::SmartReply, &format!("{name}{round}"), source, PLAIN)
            };
            assert_eq!(said(phone.try_smart_mail(&mail).await), 200, "{name}");
        }
        world.smtp.wait_for(4 * round + 4).await;
    }
}

/// The LongId of a mail, as Search gives it.
async fn long_id(phone: &Phone, folder: &str, world: &World, subject: &str) -> String {
    let mut client = crate::stories::client_in(world, folder).await;
    let uid = crate::stories::uid_of(&mut client, subject).await;
    let status = client
        .command(&format!("STATUS \"{folder}\" (UIDVALIDITY)"))
        .await;
    let validity = status.number("UIDVALIDITY").expect("a generation");
    format!("{}:{validity}:{uid}", phone.id(folder))
}

#[tokio::test]
async fn s20_a_source_is_found_by_its_long_id_also_unsynced() {
    let world = Setup::Dovecot
        .world_with(|settings| settings.argument("--allow-2.5"))
        .await;
    world.deliver("Archive", DESIGNED).await;
    for (round, profile) in versions().into_iter().enumerate() {
        let mut phone = world.phone(profile).await;
        let source = Source {
            long_id: Some(long_id(&phone, "Archive", &world, "plan").await),
            ..Source::default()
        };
        let forward = phone
            .try_smart_from(Verb::SmartForward, "l1", source, PLAIN)
            .await;
        assert_eq!(said(forward), 200, "{}", phone.version());
        let text = last(&world, round + 1).await;
        assert!(text.contains("JVBERi0=\r\n--"), "{text}");
        // T13: of another user's folder or of none.
        let mut not_found = 150;
        if phone.version() < V::V14_0 {
            not_found = 500;
        }
        for long in ["x", "m1:1:1", "m999:1:1"] {
            let source = Source {
                long_id: Some(long.into()),
                ..Source::default()
            };
            let reply = phone
                .try_smart_from(Verb::SmartReply, "l2", source, PLAIN)
                .await;
            assert_eq!(said(reply), not_found, "{long}");
        }
    }
}

#[tokio::test]
async fn s20_an_original_moved_or_deleted_behind_the_phones_back() {
    let world = Setup::Dovecot.world().await;
    world.deliver("INBOX", DESIGNED).await;
    let mut phone = world.phone(versions()[3].clone()).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "plan");
    // The phone itself moved it a moment ago and still knows the old name.
    phone
        .move_items("INBOX", "Archive", std::slice::from_ref(&item))
        .await;
    let forward = phone
        .try_smart(Verb::SmartForward, "m1", ("INBOX", &item), PLAIN)
        .await;
    assert_eq!(said(forward), 200);
    assert!(last(&world, 1).await.contains("JVBERi0="));
    crate::stories::expunge(&world, "Archive", "plan").await;
    let forward = phone
        .try_smart(Verb::SmartForward, "m2", ("INBOX", &item), PLAIN)
        .await;
    assert_eq!(said(forward), 150);
    assert_eq!(world.smtp.received().len(), 1);
}
