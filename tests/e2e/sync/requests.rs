//! Requests as such: empty, partial, of several collections, and against the rules (REFERENCE 5.9).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{BodyType, EmailChange};
use airgate_codec::eas::sync::{self, Command};
use airgate_codec::eas::{BodyPreference, Class};

use super::{
    Setup, assert_converged, assert_quiet, counts, deliver, make_folder, on_every_server,
    on_server, only, store,
};
use crate::support::phone::{Phone, Profile};

async fn refused(phone: &mut Phone, request: sync::Request) -> (Option<u16>, Option<u32>) {
    let answer = phone.try_sync(request).await.unwrap();
    assert!(answer.collections.is_empty());
    (answer.status, answer.limit)
}

fn of(collections: Vec<sync::Collection>) -> sync::Request {
    sync::Request {
        collections: Some(collections),
        ..sync::Request::default()
    }
}

async fn empty_and_partial_requests(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    deliver(&world, "INBOX", &["one"]).await;
    deliver(&world, "Work", &["work"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    // Nothing kept yet: send all (13), whatever short form is used.
    let answer = phone.try_empty_sync().await.unwrap();
    assert_eq!(answer.status, Some(sync::status::REQUEST_INCOMPLETE));
    let partial = |heartbeat| sync::Request {
        partial: true,
        window_size: heartbeat,
        ..sync::Request::default()
    };
    assert_eq!(
        refused(&mut phone, partial(Some(10))).await,
        (Some(sync::status::REQUEST_INCOMPLETE), None)
    );
    phone.sync_all("INBOX").await;
    phone.sync_all("Work").await;
    let both = of(vec![phone.collection("INBOX"), phone.collection("Work")]);
    let answer = phone.try_sync(both).await.unwrap();
    assert!(answer.collections.is_empty());
    // The same again, with nothing and with something to tell.
    let answer = phone.try_empty_sync().await.unwrap();
    assert_eq!(answer, sync::Response::default());
    deliver(&world, "Work", &["more"]).await;
    store(&world, "INBOX", "one", "+FLAGS (\\Seen)").await;
    let answer = phone.try_empty_sync().await.unwrap();
    assert_eq!(counts(&answer), "+1~1");
    let answer = phone.try_empty_sync().await.unwrap();
    assert_eq!(answer, sync::Response::default());
    // Partial: one collection with a command, the other as it was.
    deliver(&world, "Work", &["most"]).await;
    let mut inbox = phone.collection("INBOX");
    inbox.options = None;
    inbox.commands = vec![Command::Change {
        server_id: phone.item("INBOX", "one"),
        instance_id: None,
        data: sync::ApplicationData::Email(Box::new(EmailChange {
            read: Some(false),
            ..EmailChange::default()
        })),
        send: false,
    }];
    let request = sync::Request {
        partial: true,
        ..of(vec![inbox])
    };
    let answer = phone.try_sync(request).await.unwrap();
    assert_eq!(counts(&answer), "+1");
    assert_eq!(answer.collections.len(), 2);
    // The command is not part of what is kept: an empty request does not do it again.
    store(&world, "INBOX", "one", "+FLAGS (\\Seen)").await;
    let answer = phone.try_empty_sync().await.unwrap();
    assert_eq!(counts(&answer), "~1");
    // Partial and nothing else is nonsense.
    assert_eq!(
        refused(&mut phone, partial(None)).await,
        (Some(sync::status::PROTOCOL_ERROR), None)
    );
    assert_converged(&world, &mut phone, "INBOX").await;
    assert_converged(&world, &mut phone, "Work").await;
}

async fn several_collections_are_independent(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    deliver(&world, "INBOX", &["one"]).await;
    deliver(&world, "Work", &["work"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    // All from key 0 in one request.
    let keys = of(vec![phone.collection("INBOX"), phone.collection("Work")]);
    assert_eq!(phone.try_sync(keys).await.unwrap().collections.len(), 2);
    let both = of(vec![phone.collection("INBOX"), phone.collection("Work")]);
    assert_eq!(counts(&phone.try_sync(both).await.unwrap()), "+2");
    // One with a bad key, one unknown, one with bad options, one that is well.
    deliver(&world, "INBOX", &["two"]).await;
    let mut bad_key = phone.collection("Work");
    bad_key.sync_key = Some("1.1".to_owned());
    let mut unknown = phone.collection("INBOX");
    "m4711".clone_into(&mut unknown.collection_id);
    let mut bad_filter = phone.collection("Trash");
    bad_filter.options = Some(vec![sync::Options {
        filter_type: Some(8),
        ..sync::Options::default()
    }]);
    let request = of(vec![
        bad_key,
        unknown,
        bad_filter,
        phone.collection("INBOX"),
    ]);
    let answer = phone.clone().try_sync(request).await.unwrap();
    let statuses: Vec<u16> = answer.collections.iter().map(|c| c.head.status).collect();
    assert_eq!(statuses, [3, 12, 4, 1]);
    assert_eq!(counts(&answer), "+1");
    phone.repeat_sync().await.ok();
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX"), ["one", "two"]);
}

async fn get_changes_0_only_answers(setup: Setup) {
    let world = setup.world().await;
    deliver(&world, "INBOX", &["one", "two"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    deliver(&world, "INBOX", &["three"]).await;
    let before = phone.collection("INBOX").sync_key;
    let mut collection = phone.collection("INBOX");
    collection.get_changes = Some(false);
    collection.commands = vec![Command::Delete {
        server_id: phone.item("INBOX", "one"),
        instance_id: None,
    }];
    let answer = phone.sync_collections(vec![collection]).await;
    assert_eq!(counts(&answer), "", "the news waits");
    assert!(!only(&answer).head.more_available);
    assert_ne!(phone.collection("INBOX").sync_key, before);
    assert_eq!(on_server(&world, "INBOX").await, ["three", "two"]);
    // Not said means yes.
    let mut collection = phone.collection("INBOX");
    collection.get_changes = None;
    let answer = phone.sync_collections(vec![collection]).await;
    assert_eq!(counts(&answer), "+1");
    assert_converged(&world, &mut phone, "INBOX").await;
}

async fn against_the_rules(setup: Setup) {
    let world = setup.world().await;
    deliver(&world, "INBOX", &["one"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let inbox = || vec![phone.collection("INBOX")];
    let protocol_error = (Some(sync::status::PROTOCOL_ERROR), None);
    let range = |limit| (Some(sync::status::WAIT_OUT_OF_RANGE), Some(limit));
    let cases = [
        (Some(5), Some(300), protocol_error),
        (Some(0), None, range(1)),
        (Some(60), None, range(59)),
        (None, Some(10), range(60)),
        (None, Some(86_400), range(3540)),
    ];
    let mut requests: Vec<(sync::Request, _)> = cases
        .into_iter()
        .map(|(wait, heartbeat, expected)| {
            let request = sync::Request {
                wait,
                heartbeat,
                ..of(inbox())
            };
            (request, expected)
        })
        .collect();
    // More than 200 commands.
    let mut many = phone.collection("INBOX");
    let one = phone.item("INBOX", "one");
    many.commands = (0..201)
        .map(|_| Command::Delete {
            server_id: one.clone(),
            instance_id: None,
        })
        .collect();
    requests.push((of(vec![many]), protocol_error));
    // More collections than anybody has.
    let crowd = sync::Collection {
        sync_key: Some("0".to_owned()),
        ..sync::Collection::default()
    };
    let crowd = (0..301)
        .map(|n| sync::Collection {
            collection_id: format!("m{n}"),
            ..crowd.clone()
        })
        .collect();
    requests.push((
        of(crowd),
        (Some(sync::status::TOO_MANY_COLLECTIONS), Some(300)),
    ));
    for (request, expected) in requests {
        assert_eq!(refused(&mut phone.clone(), request).await, expected);
    }
    // Two preferences for one type of body; two blocks of options for one class.
    let html = BodyPreference::of(BodyType::Html);
    let options = |bodies: Vec<BodyPreference>| sync::Options {
        body_preferences: bodies,
        ..sync::Options::default()
    };
    for blocks in [
        vec![options(vec![html, html])],
        vec![options(vec![html]), options(vec![html])],
    ] {
        let mut collection = phone.collection("INBOX");
        collection.options = Some(blocks);
        let answer = phone.clone().sync_collections(vec![collection]).await;
        assert_eq!(only(&answer).head.status, sync::status::PROTOCOL_ERROR);
    }
    // A block for SMS beside the one for mail is fine.
    let mut collection = phone.collection("INBOX");
    let class = |class| sync::Options {
        class: Some(class),
        ..options(vec![BodyPreference::of(BodyType::Html)])
    };
    collection.options = Some(vec![class(Class::Email), class(Class::Sms)]);
    let answer = phone.sync_collections(vec![collection]).await;
    assert_eq!(answer.status, None);
    // Adding a mail is for drafts only.
    let add = Command::Add {
        class: None,
        client_id: "1".to_owned(),
        data: sync::ApplicationData::Email(Box::new(EmailChange {
            read: Some(true),
            ..EmailChange::default()
        })),
        send: false,
    };
    let answer = phone.do_in("INBOX", vec![add]).await;
    let sync::ItemResponse::Add { status, .. } = &only(&answer).responses[0] else {
        panic!("{answer:?}");
    };
    assert_eq!(*status, sync::status::CONVERSION_ERROR);
    // A flag that does not hold together.
    let flag = airgate_codec::eas::email::FollowUp {
        status: 9,
        ..airgate_codec::eas::email::FollowUp::default()
    };
    let change = EmailChange {
        flag: Some(flag),
        ..EmailChange::default()
    };
    let change = Command::Change {
        server_id: one,
        instance_id: None,
        data: sync::ApplicationData::Email(Box::new(change)),
        send: false,
    };
    let answer = phone.do_in("INBOX", vec![change]).await;
    let sync::ItemResponse::Change { status, .. } = &only(&answer).responses[0] else {
        panic!("{answer:?}");
    };
    assert_eq!(*status, sync::status::CONVERSION_ERROR);
    // Bytes that are no WBXML.
    let line = phone.line(airgate_codec::eas::request_line::CommandName::Sync);
    let sent = phone.prepare(&line, vec![3, 1, 106, 0, 0x45, 0xFF, 0xFF]);
    let answer = phone.send(&sent).await.unwrap();
    assert_eq!(answer.status, 200);
    let status = sync::Response::read(&answer.body).unwrap().status;
    assert!(matches!(status, Some(102 | 4)), "{status:?}");
    assert_quiet(&mut phone, "INBOX").await;
    assert!(phone.version() >= ProtocolVersion::V14_0);
    // The phone's copy took its own refused changes for done; a new start shows the truth.
    let id = phone.id("INBOX");
    phone.memory.collections.remove(&id);
    assert_converged(&world, &mut phone, "INBOX").await;
}

on_every_server! {
    empty_and_partial_requests,
    several_collections_are_independent,
    get_changes_0_only_answers,
}

mod rules {
    use super::Setup;

    #[tokio::test]
    async fn against_the_rules() {
        super::against_the_rules(Setup::Dovecot).await;
    }
}
