//! Version truth: what each version of the protocol is told and nothing else, what happens when a device
//! changes its version, and how it is told that the server's have changed.

use std::collections::BTreeSet;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::compose_mail::Verb;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::provision::{self, PolicyData, PolicyRequest, WAP_POLICY};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{folder_sync, sync};

use crate::stories::{
    Setup, assert_converged, counts, deliver, expunge, on_server, on_servers, store,
};
use crate::support::backend::Kind;
use crate::support::mail;
use crate::support::phone::{Answer, Phone, Profile};
use crate::support::world::World;

const POLICY: &str = "[policy]\ndevice_password = true\npassword_length = 6\nlock_after = \"15m\"";

/// A mail of HTML with one attachment.
fn papers(subject: &str) -> Vec<u8> {
    format!(
        "From: Vera <vera@contoso.example>\r\nTo: alice@example.com\r\nSubject: {subject}\r\n\
         Date: Mon, 05 Jan 2026 08:00:00 +0000\r\nMessage-ID: <{}@mails.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n<p>The <b>papers</b> you wanted.</p>{}\r\n--b\r\n\
         Content-Type: application/pdf; name=papers.pdf\r\n\
         Content-Disposition: attachment; filename=papers.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQKJSBhIHBhcGVyCg==\r\n--b--\r\n",
        subject.replace(' ', "."),
        "<p>And more of it.</p>".repeat(500)
    )
    .into_bytes()
}

/// What is in the attachment.
const PDF: &[u8] = b"%PDF-1.4\n% a paper\n";

/// Every command of a phone's day; gives the elements that came in answers.
async fn dialogue(world: &World, version: ProtocolVersion) -> BTreeSet<String> {
    let (paper, plain) = (format!("papers {version}"), format!("plain {version}"));
    world.deliver("INBOX", &papers(&paper)).await;
    deliver(world, "INBOX", &[&plain]).await;
    let mut profile = Profile::windows_phone()
        .keeps_all()
        .speaking(version)
        .called(&format!("DIALOGUE{}", version.query_byte()));
    if version < ProtocolVersion::V12_1 {
        profile.query = crate::support::phone::Query::Plain;
    }
    let mut phone = world.phone(profile).await;
    let modern = version >= ProtocolVersion::V12_0;
    if modern {
        phone.settings().await;
    }
    for folder in ["INBOX", "Trash", "Sent"] {
        phone.sync_all(folder).await;
    }
    phone.estimate("INBOX").await;
    let item = phone.item("INBOX", &paper);
    let attachment = phone.held("INBOX").items[&item].attachments[0].clone();
    assert_eq!(attachment.display_name, "papers.pdf", "{version}");
    if modern {
        phone.fetch_body("INBOX", &item, BodyType::Html).await;
        let bytes = phone
            .fetch_attachment(&attachment.file_reference, false)
            .await;
        assert_eq!(bytes, PDF);
        phone.flag("INBOX", &item, true).await;
    }
    let got = get_attachment(&mut phone, &attachment.file_reference).await;
    match version <= ProtocolVersion::V12_1 {
        true => assert_eq!((got.status, got.body.as_ref()), (200, PDF), "{version}"),
        false => assert_eq!(got.status, 400, "{version}"),
    }
    phone.mark_read("INBOX", &item, true).await;
    let reply = format!(
        "From: alice@example.com\r\nTo: vera@contoso.example\r\nSubject: Re: {paper}\r\n\
         Message-ID: <reply.{version}@example.com>\r\n\r\nThanks.\r\n"
    );
    let sent = phone
        .try_smart(
            Verb::SmartReply,
            "reply",
            ("INBOX", &item),
            reply.as_bytes(),
        )
        .await;
    assert_eq!(sent.unwrap(), None, "{version}");
    let own = mail::simple(&format!("own {version}"), "Hello.\r\n");
    let own = [b"To: vera@contoso.example\r\n".as_slice(), &own].concat();
    let own = String::from_utf8(own).unwrap();
    let own = own.replace("Vera Lindqvist <vera@contoso.example>", "alice@example.com");
    phone.send_mail("own", own.as_bytes()).await;
    deliver(world, "INBOX", &[&format!("news {version}")]).await;
    let ping = phone.ping(&["INBOX"], 60).await;
    assert_eq!(ping.status, 2, "{version}");
    phone.sync_all("INBOX").await;
    let plain = phone.item("INBOX", &plain);
    phone.move_items("INBOX", "Trash", &[plain]).await;
    phone.delete("INBOX", &[item], false).await;
    phone.sync_all("Trash").await;
    // A key that is none, and bodies that are none, to every command.
    let mut collection = phone.collection("INBOX");
    collection.sync_key = Some("1.1".to_owned());
    phone.clone().sync_collections(vec![collection]).await;
    for name in CommandName::ALL {
        // An empty Ping repeats the one before, and waits.
        if *name != CommandName::Ping {
            let empty = phone.prepare(&phone.line(*name), Vec::new());
            phone.send(&empty).await.unwrap();
        }
        let nonsense = phone.prepare(&phone.line(*name), b"\x03\x01\x6a\x00\x45\x01".to_vec());
        phone.send(&nonsense).await.unwrap();
    }
    assert_eq!(phone.surprises(), [""; 0], "{version}");
    phone.wire().elements()
}

async fn get_attachment(phone: &mut Phone, name: &str) -> Answer {
    let mut line = phone.line(CommandName::GetAttachment);
    line.attachment_name = Some(name.to_owned());
    let sent = phone.prepare(&line, Vec::new());
    phone.send(&sent).await.unwrap()
}

/// Elements that tell versions apart, and where the dialogue must and must not show them. That every
/// element is one of its version is checked in each answer by the rig.
const TELLING: [(&str, ProtocolVersion, ProtocolVersion); 11] = {
    use ProtocolVersion as V;
    [
        ("Email:Body", V::V2_5, V::V2_5),
        ("Email:BodyTruncated", V::V2_5, V::V2_5),
        ("Email:AttName", V::V2_5, V::V2_5),
        ("AirSyncBase:Body", V::V12_0, V::V16_1),
        ("AirSyncBase:FileReference", V::V12_0, V::V16_1),
        ("AirSyncBase:NativeBodyType", V::V12_0, V::V16_1),
        ("Email:Flag", V::V12_0, V::V16_1),
        ("Email:ContentClass", V::V12_0, V::V16_1),
        ("AirSyncBase:Preview", V::V14_0, V::V16_1),
        ("Email2:ConversationId", V::V14_0, V::V16_1),
        ("Email2:IsDraft", V::V16_0, V::V16_1),
    ]
};

async fn dialogues(versions: &[ProtocolVersion]) {
    let world = World::start_with(Kind::Dovecot, |settings| {
        settings.argument("--allow-2.5").toml(POLICY)
    })
    .await;
    for version in versions {
        let elements = dialogue(&world, *version).await;
        for (element, first, last) in TELLING {
            let due = (first..=last).contains(version);
            assert_eq!(
                elements.contains(element),
                due,
                "{element} in {version}: {elements:?}"
            );
        }
    }
}

#[tokio::test]
async fn each_old_version_is_told_what_it_knows() {
    let all = ProtocolVersion::ALL;
    dialogues(&all[..3]).await;
}

#[tokio::test]
async fn each_new_version_is_told_what_it_knows() {
    let all = ProtocolVersion::ALL;
    dialogues(&all[3..]).await;
}

#[tokio::test]
async fn a_whole_day_in_2_5() {
    let world = World::start_with(Kind::Dovecot, |settings| {
        settings.argument("--allow-2.5").toml(POLICY)
    })
    .await;
    world.deliver("INBOX", &papers("papers")).await;
    let mut profile = Profile::old_phone()
        .keeps_all()
        .speaking(ProtocolVersion::V2_5);
    profile.provisions = false;
    let mut phone = world.new_phone(profile, &world.alice);
    // The policy is a WAP document; without its key nothing works.
    assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 449);
    let ask = provision::Request {
        policy: Some(PolicyRequest {
            policy_type: WAP_POLICY.to_owned(),
            key: None,
            status: None,
        }),
        ..provision::Request::default()
    };
    let answer = phone
        .command(CommandName::Provision, ask.write(phone.version()))
        .await
        .unwrap();
    let response = provision::Response::read(&answer.body).unwrap();
    let Some(PolicyData::Wap(policy)) = response.policy.unwrap().data else {
        panic!("no WAP document");
    };
    for part in [
        "name=\"4131\" value=\"0\"",
        "name=\"AEFrequencyValue\" value=\"15\"",
        "name=\"MinimumPasswordLength\" value=\"6\"",
    ] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    phone.provision().await;
    phone.folder_sync().await;
    phone.sync_all("INBOX").await;

    // The body is plain text, cut as asked (7 is 100 KB, 1 is 4,096 characters), the attachment has a name
    // to get it by, and there is no flag.
    let item = phone.item("INBOX", "papers");
    let email = phone.held("INBOX").items[&item].clone();
    let body = email.body.unwrap();
    assert_eq!((body.kind, body.truncated), (BodyType::Plain, false));
    assert!(body.data.unwrap().starts_with("The papers you wanted."));
    assert_eq!(email.flag, None);
    let name = &email.attachments[0].file_reference;
    assert_eq!(get_attachment(&mut phone, name).await.body, PDF);
    let options = sync::Options {
        truncation: Some(1),
        mime_support: Some(2),
        mime_truncation: Some(2),
        ..sync::Options::default()
    };
    for (mime_support, kind) in [(0, BodyType::Plain), (2, BodyType::Mime)] {
        let mut anew = phone.clone();
        anew.memory.collections.clear();
        anew.sync("INBOX").await;
        let mut collection = anew.collection("INBOX");
        collection.options = Some(vec![sync::Options {
            mime_support: Some(mime_support),
            ..options.clone()
        }]);
        anew.sync_collections(vec![collection]).await;
        let body = anew.held("INBOX").items[&item].body.clone().unwrap();
        assert_eq!((body.kind, body.truncated), (kind, true), "{mime_support}");
        phone = anew;
    }
    // Silence has words: no answer without a body.
    let answer = phone.sync("INBOX").await;
    assert_eq!(answer.collections.len(), 1);
    assert_eq!(
        answer.collections[0].head.class,
        Some(airgate_codec::eas::Class::Email)
    );
    assert_eq!(counts(&answer), "");
    // There is no partial request either.
    let empty = phone.prepare(&phone.line(CommandName::Sync), Vec::new());
    let answer = phone.send(&empty).await.unwrap();
    assert!(
        answer.status == 400 || !answer.body.is_empty(),
        "{}",
        answer.status
    );
    // What others do arrives, and what it does itself.
    store(&world, "INBOX", "papers", "+FLAGS (\\Seen \\Flagged)").await;
    assert_eq!(counts(&phone.sync("INBOX").await), "~1");
    assert_eq!(phone.held("INBOX").items[&item].read, Some(true));
    phone.delete("INBOX", &[item], false).await;
    assert_eq!(on_server(&world, "Trash").await, ["papers"]);
    assert_eq!(phone.surprises(), [""; 0]);
}

/// The header with which a device is told to begin anew, of a FolderSync with the present key.
async fn told_anew(phone: &mut Phone) -> String {
    let request = folder_sync::Request {
        sync_key: phone.memory.folder_key.clone(),
    };
    let body = request.write(phone.version());
    let answer = phone.command(CommandName::FolderSync, body).await.unwrap();
    let told = answer.header("x-ms-rp").to_owned();
    if !told.is_empty() {
        assert_eq!(answer.header("ms-asprotocolversions"), told);
        assert!(answer.header("ms-asprotocolcommands").starts_with("Sync,"));
    }
    told
}

#[tokio::test]
async fn a_changed_offer_is_told_once_and_costs_nothing() {
    let mut world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 3).await;
    let mut blackberry = world.phone(Profile::blackberry().keeps_all()).await;
    let mut ios = world.phone(Profile::ios()).await;
    for phone in [&mut blackberry, &mut ios] {
        phone.sync_all("INBOX").await;
        assert_eq!(told_anew(phone).await, "");
    }

    // The operator caps BlackBerry: it is told once, over restarts, and nobody else is.
    let capped = "version_caps = [\"RIM-*=12.1\", \"SmartPhone=12.0\"]\n";
    std::fs::write(world.server.config(), capped).unwrap();
    world.server.terminate();
    world.server.start();
    assert_eq!(told_anew(&mut blackberry).await, "12.0,12.1");
    for _ in 0..3 {
        assert_eq!(told_anew(&mut blackberry).await, "");
    }
    world.server.kill_nine();
    world.server.start();
    assert_eq!(told_anew(&mut blackberry).await, "");
    assert_eq!(told_anew(&mut ios).await, "");

    // It does what it was told: asks again, takes another version, begins its folders anew. Its mails it
    // has already.
    let options = blackberry.options().await;
    assert_eq!(options.header("ms-asprotocolversions"), "12.0,12.1");
    assert!(!options.header("ms-asprotocolcommands").contains("Find"));
    blackberry.profile.version = ProtocolVersion::V12_1;
    "0".clone_into(&mut blackberry.memory.folder_key);
    blackberry.folder_sync().await;
    assert_converged(&world, &mut blackberry, "INBOX").await;

    // By its DeviceType, where OPTIONS names one.
    let mut sent = blackberry.prepare(&blackberry.line(CommandName::Sync), Vec::new());
    sent.method = http::Method::OPTIONS;
    sent.target = "/Microsoft-Server-ActiveSync?User=a&DeviceId=B&DeviceType=smartphone".to_owned();
    sent.headers.remove("user-agent");
    let answer = blackberry.send(&sent).await.unwrap();
    assert_eq!(answer.header("ms-asprotocolversions"), "12.0");

    // Taken back within a day, it is not told again at once: nobody may go round in circles.
    std::fs::write(world.server.config(), "").unwrap();
    world.server.terminate();
    world.server.start();
    assert_eq!(told_anew(&mut blackberry).await, "");
}

async fn a_device_changes_its_version(setup: Setup) {
    let world = setup.world().await;
    deliver(&world, "INBOX", &["one", "two", "three"]).await;
    deliver(&world, "Drafts", &["begun"]).await;
    let profile = Profile::blackberry()
        .keeps_all()
        .speaking(ProtocolVersion::V14_1);
    let mut phone = world.phone(profile).await;
    for folder in ["INBOX", "Drafts"] {
        phone.sync_all(folder).await;
    }
    let first: Vec<String> = ["one", "two"]
        .map(|subject| phone.item("INBOX", subject))
        .into();
    let draft = phone.item("Drafts", "begun");
    // Up, down and up again, each time in the middle of things.
    for (round, version) in [
        ProtocolVersion::V16_1,
        ProtocolVersion::V12_1,
        ProtocolVersion::V16_0,
        ProtocolVersion::V14_0,
        ProtocolVersion::V16_1,
    ]
    .into_iter()
    .enumerate()
    {
        let seen = if round % 2 == 0 { "+" } else { "-" };
        store(&world, "INBOX", "one", &format!("{seen}FLAGS (\\Seen)")).await;
        deliver(&world, "INBOX", &[&format!("in {round}")]).await;
        if round == 2 {
            expunge(&world, "INBOX", "three").await;
        }
        // The last answer in the old version got lost.
        phone.sync("INBOX").await;
        phone.crash();
        phone.profile.version = version;
        // With the keys in hand ...
        for folder in ["INBOX", "Drafts"] {
            assert_converged(&world, &mut phone, folder).await;
        }
        // ... also those the server holds for it, ...
        let empty = phone.try_empty_sync().await.unwrap();
        assert!(
            empty.collections.is_empty() && empty.status.is_none(),
            "{empty:?}"
        );
        // ... and from the beginning: nothing twice, nothing lost, the same ids (S1, S16).
        phone.memory.collections.clear();
        if round % 2 == 1 {
            "0".clone_into(&mut phone.memory.folder_key);
            phone.folder_sync().await;
        }
        for folder in ["INBOX", "Drafts"] {
            assert_converged(&world, &mut phone, folder).await;
        }
        assert_eq!(phone.item("INBOX", "one"), first[0], "{version}");
        assert_eq!(phone.item("INBOX", "two"), first[1], "{version}");
        assert_eq!(phone.item("Drafts", "begun"), draft, "{version}");
    }
    // What it does reaches the server, by ids of long ago.
    phone.mark_read("INBOX", &first[1], true).await;
    assert_converged(&world, &mut phone, "INBOX").await;
    // A version in which silence has words goes on as well.
    phone.profile.version = ProtocolVersion::V12_0;
    deliver(&world, "INBOX", &["last"]).await;
    assert_eq!(counts(&phone.sync("INBOX").await), "+1");
    assert_eq!(phone.surprises(), [""; 0]);
}

on_servers! { [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain] a_device_changes_its_version }
