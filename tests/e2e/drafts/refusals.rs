//! What is refused, with which status, and that the phone's mail goes on syncing.

use airgate_codec::eas::Class;
use airgate_codec::eas::email::FollowUp;
use airgate_codec::wbxml::{Tag, email2};

use super::*;
use crate::support::backend::dovecot::Settings;
use crate::support::backend::{Backend, User};
use crate::support::phone::{added, changed};
use crate::support::process::RunDir;

/// Email Add is 16.0's, and only among the drafts.
#[tokio::test]
async fn an_add_elsewhere_or_before_16_0_is_status_6() {
    let world = Setup::Dovecot.world().await;
    for version in [ProtocolVersion::V12_1, ProtocolVersion::V14_1] {
        let profile = Profile::gmail().speaking(version).called(version.as_str());
        let mut phone = ready(&world, profile).await;
        let add = EmailChange {
            to: Some("bob@example.com".into()),
            subject: Some("no".into()),
            ..EmailChange::default()
        };
        let response = phone.add_draft("c", add).await;
        let (status, id, data) = outcome(&response);
        assert_eq!((status, id), (6, None), "{version}");
        assert_eq!(data, None);
        assert_quiet(&mut phone, "Drafts").await;
    }
    let mut phone = ready(&world, Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let response = phone
        .do_in("INBOX", vec![added("c", draft("no", "x"))])
        .await;
    assert_eq!(outcome(&response).0, 6);
    for folder in ["INBOX", "Drafts"] {
        assert_eq!(on_server(&world, folder).await, [""; 0]);
    }
}

/// Before 16.0 a draft is a mail like any: what is more than flags is passed over.
#[tokio::test]
async fn an_older_phone_cannot_edit_a_draft() {
    let world = Setup::Dovecot.world().await;
    deliver(&world, "Drafts", &["old"]).await;
    deliver(&world, "INBOX", &["mail"]).await;
    let mut phone = ready(&world, Profile::blackberry()).await;
    let item = phone.item("Drafts", "old");
    let change = EmailChange {
        read: Some(true),
        subject: Some("new".into()),
        ..EmailChange::default()
    };
    let response = phone.edit_draft(&item, change.clone()).await;
    assert_eq!(outcome(&response).0, 1);
    assert_eq!(on_server(&world, "Drafts").await, ["old"]);
    assert!(flags_of(&world, "Drafts", "old").await.contains("\\Seen"));
    // Nor can any edit what is no draft.
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "mail");
    phone.do_in("INBOX", vec![changed(&item, change)]).await;
    assert_eq!(on_server(&world, "INBOX").await, ["mail"]);
    assert!(flags_of(&world, "INBOX", "mail").await.contains("\\Seen"));
}

/// Each bad item is refused by itself (S30), the others go through.
#[tokio::test]
async fn bad_drafts_are_status_6_and_others_go_on() {
    let world = Setup::Dovecot.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("good", "x")).await;
    let item = phone.item("Drafts", "good");
    let body = |kind, data: &str| EmailChange {
        body: Some(BodyChange::whole(kind, data)),
        ..EmailChange::default()
    };
    let bad = [
        body(BodyType::Rtf, "{\\rtf}"),
        body(BodyType::Mime, "this is no mail"),
        EmailChange {
            flag: Some(FollowUp {
                status: 7,
                ..FollowUp::default()
            }),
            ..draft("flag", "x")
        },
    ];
    for (index, change) in bad.into_iter().enumerate() {
        let commands = vec![
            added("bad", change.clone()),
            added(
                &format!("good {index}"),
                draft(&format!("good {index}"), "x"),
            ),
        ];
        let response = phone.do_in("Drafts", commands).await;
        let statuses: Vec<u16> = response.collections[0]
            .responses
            .iter()
            .map(|response| match response {
                ItemResponse::Add { status, .. } => *status,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(statuses, [6, 1], "{change:?}");
        let response = phone.edit_draft(&item, change.clone()).await;
        assert_eq!(outcome(&response).0, 6, "{change:?}");
    }
    // Attachments that are not this draft's.
    for reference in ["nonsense", "m999:1:1:2", "m1:1:1:2", "../m1:1:1:2"] {
        let change = EmailChange {
            attachments: vec![remove(reference)],
            ..EmailChange::default()
        };
        let response = phone.edit_draft(&item, change).await;
        assert_eq!(outcome(&response).0, 6, "{reference}");
    }
    let response = phone.edit_draft("m1:999", draft("nowhere", "x")).await;
    assert_eq!(outcome(&response).0, 8);
    assert_eq!(
        on_server(&world, "Drafts").await,
        ["good", "good 0", "good 1", "good 2"]
    );
    let mut other = ready(&world, Profile::gmail()).await;
    assert_converged(&world, &mut other, "Drafts").await;
}

/// What only the server sets (REFERENCE 5.3).
#[tokio::test]
async fn read_only_properties_are_status_6() {
    let world = Setup::Dovecot.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("mine", "x")).await;
    let item = phone.item("Drafts", "mine");
    let read_only: [(Tag, &str); 3] = [
        (email2::CONVERSATION_ID, "x"),
        (email2::SENDER, "a@b"),
        (email2::RECEIVED_AS_BCC, "1"),
    ];
    for (tag, value) in read_only {
        use airgate_codec::eas::{Raw, RawEvent};
        use airgate_codec::wbxml::email;
        let raw = Raw::new(vec![
            RawEvent::Start(email::READ),
            RawEvent::Text("0".into()),
            RawEvent::End,
            RawEvent::Start(tag),
            RawEvent::Text(value.into()),
            RawEvent::End,
        ]);
        let change = sync::Command::Change {
            server_id: item.clone(),
            instance_id: None,
            data: sync::ApplicationData::Other(raw),
            send: false,
        };
        let response = phone.do_in("Drafts", vec![change]).await;
        assert_eq!(outcome(&response).0, 6, "{tag:?}");
    }
    assert!(flags_of(&world, "Drafts", "mine").await.contains("\\Seen"));
}

/// Text messages are taken and dropped: a phone that is told no stops syncing its mail as well.
#[tokio::test]
async fn text_messages_are_taken_and_dropped() {
    let world = Setup::Dovecot.world().await;
    deliver(&world, "INBOX", &["mail"]).await;
    let mut phone = world.phone(Profile::windows_phone()).await;
    phone.sync_all("INBOX").await;
    let mut collection = phone.collection("INBOX");
    let options = collection.options.as_mut().unwrap();
    let mut mail = options[0].clone();
    mail.class = Some(Class::Email);
    let sms = sync::Options {
        class: Some(Class::Sms),
        filter_type: Some(2),
        ..sync::Options::default()
    };
    *options = vec![mail, sms];
    collection.commands = vec![sync::Command::Add {
        class: Some(Class::Sms),
        client_id: "s1".into(),
        data: sync::ApplicationData::Email(Box::new(EmailChange {
            to: Some("[MOBILE:+15550100]".into()),
            body: Some(BodyChange::whole(BodyType::Plain, "on my way")),
            read: Some(true),
            ..EmailChange::default()
        })),
        send: false,
    }];
    let response = phone.sync_collections(vec![collection]).await;
    let (status, id, _) = outcome(&response);
    assert_eq!(status, 1);
    let id = id.expect("a name for it");
    // It may change and delete it as well.
    let read = EmailChange {
        read: Some(false),
        ..EmailChange::default()
    };
    let response = phone
        .do_in(
            "INBOX",
            vec![
                changed(&id, read),
                sync::Command::Delete {
                    server_id: id.clone(),
                    instance_id: None,
                },
            ],
        )
        .await;
    assert_eq!(outcome(&response).0, 1, "{response:?}");
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_eq!(phone.subjects("INBOX"), ["mail"]);
}

/// A full mailbox is status 9: the phone keeps what it has.
#[tokio::test]
async fn a_full_mailbox_is_status_9() {
    let users = [User::alice()];
    let dovecot = Settings::new(&users).quota("8K").start();
    let world = World::around(Backend::Dovecot(dovecot), &users, |settings| settings).await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("small", "x")).await;
    let item = phone.item("Drafts", "small");
    let large = "x".repeat(70).repeat(150);
    let response = phone.add_draft("d", draft("large", &large)).await;
    assert_eq!(outcome(&response).0, 9);
    let response = phone.edit_draft(&item, draft("larger", &large)).await;
    assert_eq!(outcome(&response).0, 9);
    assert_eq!(on_server(&world, "Drafts").await, ["small"]);
    let response = phone.edit_draft(&item, draft("still small", "y")).await;
    assert_eq!(outcome(&response).0, 1);
    assert_eq!(on_server(&world, "Drafts").await, ["still small"]);
    assert_quiet(&mut phone, "Drafts").await;
}

/// More than the message limit is status 9 too, more than 200 commands status 4 for all.
#[tokio::test]
async fn limits_of_size_and_number() {
    let world = Setup::Dovecot
        .world_with(|settings| {
            settings
                .variable("AIRGATE_LIMITS_BODY", "64KiB")
                .variable("AIRGATE_LIMITS_MAX_MESSAGE", "1MiB")
        })
        .await;
    let mut phone = ready(&world, Profile::ios()).await;
    // Larger than other requests may be.
    let mut new = draft("file", "x");
    new.attachments = vec![file("a", "a.bin", &vec![7; 600 * 1024])];
    let response = phone.add_draft("c", new).await;
    assert_eq!(outcome(&response).0, 1);
    let item = phone.item("Drafts", "file");
    // Base64 makes it too large together with the first.
    let change = EmailChange {
        attachments: vec![file("b", "b.bin", &vec![8; 600 * 1024])],
        ..EmailChange::default()
    };
    let response = phone.edit_draft(&item, change).await;
    assert_eq!(outcome(&response).0, 9);
    let many: Vec<sync::Command> = (0..201)
        .map(|n| added(&n.to_string(), draft("many", "x")))
        .collect();
    let response = phone.do_in("Drafts", many).await;
    assert_eq!(response.status, Some(4));
    assert_eq!(on_server(&world, "Drafts").await, ["file"]);
    assert_quiet(&mut phone, "Drafts").await;
}

/// A world whose Drafts folder gives its owner only these rights (RFC 4314).
async fn with_rights(rights: &str) -> (World, RunDir) {
    let rules = RunDir::new("acl");
    let file = rules.write("acl", format!("Drafts owner {rights}\n"));
    let users = [User::alice()];
    let dovecot = Settings::new(&users)
        .extra(&format!(
            "mail_plugins = acl\nplugin {{\n  acl = vfile:{}\n}}",
            file.display()
        ))
        .start();
    dovecot.maildir(&users[0]).fill("Drafts", 0..1);
    let world = World::around(Backend::Dovecot(dovecot), &users, |settings| settings).await;
    (world, rules)
}

/// Among drafts that cannot be written the phone gets back what the server has.
#[tokio::test]
async fn a_read_only_folder_undoes_the_edit() {
    let (world, _rules) = with_rights("lr").await;
    let mut phone = ready(&world, Profile::ios()).await;
    let item = phone.item("Drafts", "Mail number 0");
    let response = phone.edit_draft(&item, draft("edited", "x")).await;
    assert_eq!(outcome(&response).0, 7);
    assert_eq!(counts(&response), "~1", "the server's copy, at once");
    assert_eq!(phone.item("Drafts", "Mail number 0"), item);
    let response = phone.add_draft("c", draft("new", "x")).await;
    assert_eq!(outcome(&response).0, 6);
    assert_quiet(&mut phone, "Drafts").await;
    assert_converged(&world, &mut phone, "Drafts").await;
}

/// Where messages can be put but not taken away, an edit would leave two: both are shown, none lost.
#[tokio::test]
async fn a_folder_that_keeps_all_shows_both() {
    let (world, _rules) = with_rights("lrswi").await;
    let mut phone = ready(&world, Profile::ios()).await;
    let item = phone.item("Drafts", "Mail number 0");
    let response = phone.edit_draft(&item, draft("edited", "x")).await;
    assert_eq!(outcome(&response).0, 7);
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_eq!(phone.subjects("Drafts"), ["Mail number 0", "edited"]);
    assert_eq!(phone.item("Drafts", "Mail number 0"), item);
}

/// A passcode that may read but not send (C3) sends no drafts either.
#[tokio::test]
async fn c3_a_passcode_without_sending_sends_no_draft() {
    let world = Setup::Dovecot.world().await;
    let passcode = world
        .server
        .passcode(&world.alice, &["--classes", "mail-no-send"]);
    let user = User {
        password: passcode.code,
        ..world.alice.clone()
    };
    let mut phone = world.new_phone(Profile::ios(), &user);
    phone.set_up().await;
    phone.sync_all("Drafts").await;
    phone.add_draft("c", draft("mine", "x")).await;
    let item = phone.item("Drafts", "mine");
    let send = sync::Command::Change {
        server_id: item,
        instance_id: None,
        data: sync::ApplicationData::Email(Box::default()),
        send: true,
    };
    let response = phone.do_in("Drafts", vec![send]).await;
    assert_eq!(outcome(&response).0, 167);
    assert_eq!(world.smtp.received().len(), 0);
    assert_eq!(on_server(&world, "Drafts").await, ["mine"]);
}
