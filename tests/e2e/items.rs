//! Messages by ItemOperations: under every name a phone has for one, with just the properties and the
//! body it asks for, and what is wrong with a request.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::eas::item_operations::{
    Fetch, FetchHead, FetchOptions, Operation, Outcome, Properties, Request, Response, Store,
    status,
};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status as common;
use airgate_codec::eas::sync::ItemData;
use airgate_codec::eas::{BodyPreference, Range};
use airgate_codec::wbxml::{air_sync_base, email};

use crate::stories::{Setup, make_folder, on_servers};
use crate::support::mail;
use crate::support::phone::{Answer, Phone, Profile};

/// One request with these operations.
pub(crate) async fn operate(phone: &mut Phone, operations: Vec<Operation>) -> Response {
    let body = Request { operations }.write(phone.version());
    let answer = phone.command(CommandName::ItemOperations, body).await;
    Response::read(&answer.expect("an answer").body).expect("an ItemOperations response")
}

/// One Fetch: its head, and the message.
async fn fetch(phone: &mut Phone, fetch: Fetch) -> (FetchHead, Option<Email>) {
    let response = operate(phone, vec![Operation::Fetch(Box::new(fetch))]).await;
    assert_eq!(response.status, status::OK);
    match response.outcomes.into_iter().next() {
        Some(Outcome::Fetch { head, properties }) => {
            let email = properties.map(|properties| match properties {
                Properties::Item(ItemData::Email(email)) => *email,
                other => panic!("{other:?}"),
            });
            (head, email)
        }
        other => panic!("{other:?}"),
    }
}

fn by_id(collection: &str, item: &str) -> Fetch {
    Fetch {
        store: Some(Store::Mailbox),
        collection_id: Some(collection.to_owned()),
        server_id: Some(item.to_owned()),
        ..Fetch::default()
    }
}

fn by_long_id(long_id: &str) -> Fetch {
    Fetch {
        store: Some(Store::Mailbox),
        long_id: Some(long_id.to_owned()),
        ..Fetch::default()
    }
}

fn by_reference(reference: &str) -> Fetch {
    Fetch {
        store: Some(Store::Mailbox),
        file_reference: Some(reference.to_owned()),
        ..Fetch::default()
    }
}

const VERSIONS: [ProtocolVersion; 3] = [
    ProtocolVersion::V12_1,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

/// A mail with an attachment, so that its LongId can be told from the attachment's reference.
fn carrying(subject: &str) -> Vec<u8> {
    format!(
        "From: ann@example.com\r\nTo: alice@example.com\r\nSubject: {subject}\r\n\
         Message-ID: <{subject}@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n\
         --m\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>See {subject}, <b>really</b></p>\r\n\
         --m\r\nContent-Type: application/pdf; name=a.pdf\r\n\
         Content-Disposition: attachment; filename=a.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--m--\r\n"
    )
    .into_bytes()
}

async fn every_name_leads_to_the_message(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    for version in VERSIONS {
        let subject = format!("parcel{}", version.query_byte());
        world.deliver("INBOX", &carrying(&subject)).await;
        let profile = Profile::ios()
            .speaking(version)
            .called(&subject)
            .keeps_all();
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let (inbox, work) = (phone.id("INBOX"), phone.id("Work"));
        let item = phone.item("INBOX", &subject);
        let reference = phone.held("INBOX").items[&item].attachments[0]
            .file_reference
            .clone();
        let long_id = reference.rsplit_once(':').expect("a section").0.to_owned();
        let found = |email: Option<Email>| email.and_then(|email| email.subject);
        // Before the move, after it, and after the phone began the folder again.
        for moved in [false, true, false] {
            if moved {
                let answer = phone
                    .move_items("INBOX", "Work", std::slice::from_ref(&item))
                    .await;
                let new = answer.results[0].destination_item.clone().expect("an id");
                // The phone has never synchronised that folder.
                let (head, email) = fetch(&mut phone, by_id(&work, &new)).await;
                assert_eq!((head.status, found(email)), (1, Some(subject.clone())));
                let folder = phone.id("INBOX");
                phone.memory.collections.remove(&folder);
                phone.sync("INBOX").await;
            }
            let (head, email) = fetch(&mut phone, by_id(&inbox, &item)).await;
            assert_eq!(head.status, status::OK, "{version} {moved}");
            assert_eq!(head.server_id.as_deref(), Some(item.as_str()));
            assert_eq!(head.collection_id.as_deref(), Some(inbox.as_str()));
            assert_eq!(found(email), Some(subject.clone()), "{version} {moved}");
            let (head, email) = fetch(&mut phone, by_long_id(&long_id)).await;
            assert_eq!(head.status, status::OK, "{version} {moved}");
            assert_eq!(head.long_id.as_deref(), Some(long_id.as_str()));
            assert_eq!((head.server_id, head.collection_id), (None, None));
            assert_eq!(found(email), Some(subject.clone()), "{version} {moved}");
            let octets = phone.fetch_attachment(&reference, moved).await;
            assert_eq!(octets, b"ABC", "{version} {moved}");
        }
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

async fn only_what_is_named_comes(setup: Setup) {
    let world = setup.world().await;
    world.deliver("INBOX", &carrying("schema")).await;
    for version in VERSIONS {
        let name = format!("schema{}", version.query_byte());
        let profile = Profile::ios().speaking(version).called(&name);
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let item = phone.item("INBOX", "schema");
        let with = |options: FetchOptions| Fetch {
            options,
            ..by_id(&phone.id("INBOX"), &item)
        };
        let headers = with(FetchOptions {
            schema: Some(vec![email::SUBJECT, email::FROM]),
            ..FetchOptions::default()
        });
        let body = with(FetchOptions {
            schema: Some(vec![air_sync_base::BODY, email::READ]),
            body_preferences: vec![BodyPreference::of(BodyType::Html)],
            rights_management: (version >= ProtocolVersion::V14_1).then_some(true),
            ..FetchOptions::default()
        });
        let all = with(FetchOptions {
            schema: Some(Vec::new()),
            ..FetchOptions::default()
        });
        let mime = with(FetchOptions {
            mime_support: Some(2),
            body_preferences: vec![BodyPreference {
                truncation_size: Some(20),
                ..BodyPreference::of(BodyType::Mime)
            }],
            ..FetchOptions::default()
        });
        let (head, email) = fetch(&mut phone, headers).await;
        assert_eq!(head.status, status::OK, "{version}");
        let expected = Email {
            subject: Some("schema".into()),
            from: Some("ann@example.com".into()),
            ..Email::default()
        };
        let email = email.expect("a message");
        assert_eq!(email.subject, expected.subject, "{version}");
        assert!(email.from.is_some(), "{version}");
        assert_eq!((email.to, email.body, email.read), (None, None, None));
        assert!(email.attachments.is_empty() && email.conversation_id.is_none());
        let (_, email) = fetch(&mut phone, body).await;
        let email = email.expect("a message");
        assert_eq!(email.subject, None, "{version}");
        let body = email.body.expect("a body");
        assert_eq!(body.kind, BodyType::Html);
        assert!(body.data.expect("data").contains("<b>really</b>"));
        // An empty Schema says nothing (exchange-habits 12).
        let (_, email) = fetch(&mut phone, all).await;
        let email = email.expect("a message");
        assert!(email.subject.is_some() && email.body.is_some() && email.read.is_some());
        let (_, email) = fetch(&mut phone, mime).await;
        let body = email.and_then(|email| email.body).expect("a body");
        assert_eq!((body.kind, body.truncated), (BodyType::Mime, true));
        assert_eq!(body.data.map(|data| data.len()), Some(20));
    }
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    every_name_leads_to_the_message, only_what_is_named_comes
}

#[tokio::test]
async fn bodies_are_parts_where_parts_are_wanted() {
    let world = Setup::Dovecot.world().await;
    world.deliver("INBOX", &carrying("parts")).await;
    for version in VERSIONS {
        let name = format!("parts{}", version.query_byte());
        let profile = Profile::outlook().speaking(version).called(&name);
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let item = phone.item("INBOX", "parts");
        let reference = phone.held("INBOX").items[&item].attachments[0]
            .file_reference
            .clone();
        let mut item = by_id(&phone.id("INBOX"), &item);
        item.options.body_preferences = vec![BodyPreference::of(BodyType::Html)];
        // A failed Fetch between them has no part.
        let fetches = vec![by_reference("m1:1:1:9"), item, by_reference(&reference)];
        let (response, answer) = phone.item_operations(fetches, true).await;
        let [failed, item, file] = &response.outcomes[..] else {
            panic!("{response:?}");
        };
        assert!(matches!(
            failed,
            Outcome::Fetch { head, properties: None }
                if head.status == status::INVALID_ATTACHMENT && head.class.is_none()
        ));
        let Outcome::Fetch {
            properties: Some(Properties::Item(ItemData::Email(email))),
            ..
        } = item
        else {
            panic!("{item:?}");
        };
        let body = email.body.as_ref().expect("a body");
        assert_eq!((body.part, &body.data), (Some(1), &None));
        assert!(String::from_utf8_lossy(&answer.parts[0]).contains("<b>really</b>"));
        assert!(
            matches!(
                file,
                Outcome::Fetch { properties: Some(Properties::Attachment(attachment)), .. }
                    if attachment.total == Some(3)
                    && attachment.content_type.as_deref() == Some("application/pdf")
            ),
            "{file:?}"
        );
        assert_eq!((answer.parts.len(), &answer.parts[1][..]), (2, &b"ABC"[..]));
    }
}

#[tokio::test]
async fn t13_each_wrong_fetch_has_its_status() {
    let world = Setup::Dovecot.world().await;
    world.deliver("INBOX", &carrying("status")).await;
    for version in VERSIONS {
        let name = format!("status{}", version.query_byte());
        let profile = Profile::outlook().speaking(version).called(&name);
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let item = phone.item("INBOX", "status");
        let inbox = phone.id("INBOX");
        let reference = phone.held("INBOX").items[&item].attachments[0]
            .file_reference
            .clone();
        let long_id = reference.rsplit_once(':').expect("a section").0.to_owned();
        let html = BodyPreference::of(BodyType::Html);
        let ranged = |range: Result<Range, _>| Fetch {
            options: FetchOptions {
                range: Some(range),
                ..FetchOptions::default()
            },
            ..by_reference(&reference)
        };
        let link = |link: &str, store| Fetch {
            store,
            link_id: Some(link.to_owned()),
            ..Fetch::default()
        };
        let bad = airgate_codec::eas::BadRange("9-1".into());
        let beyond = Range { first: 3, last: 9 };
        let mut cases = vec![
            (status::PROTOCOL_ERROR, Fetch::default()),
            (
                status::PROTOCOL_ERROR,
                Fetch {
                    server_id: None,
                    ..by_id(&inbox, &item)
                },
            ),
            (
                status::PROTOCOL_ERROR,
                Fetch {
                    collection_id: None,
                    ..by_id(&inbox, &item)
                },
            ),
            (
                status::PROTOCOL_ERROR,
                Fetch {
                    options: FetchOptions {
                        body_preferences: vec![html.clone(), html.clone()],
                        ..FetchOptions::default()
                    },
                    ..by_id(&inbox, &item)
                },
            ),
            (status::BAD_URI, link("nonsense", None)),
            (
                status::DOCUMENT_ACCESS_DENIED,
                link("\\\\server\\share\\a.doc", Some(Store::DocumentLibrary)),
            ),
            (
                status::DOCUMENT_ACCESS_DENIED,
                link("https://intra/a", None),
            ),
            (status::NOT_FOUND, by_id(&inbox, &format!("{inbox}:4711"))),
            (status::NOT_FOUND, by_id("m999", &item)),
            (status::NOT_FOUND, by_id(&inbox, "../../etc/passwd")),
            (status::NOT_FOUND, by_long_id("m1:1:1")),
            (status::NOT_FOUND, by_long_id(&format!("{long_id}1"))),
            (status::NOT_FOUND, by_long_id(&"9".repeat(10_000))),
            (status::NOT_FOUND, by_long_id("RgAAAAD%7d:1")),
            (status::INVALID_RANGE, ranged(Err(bad))),
            (status::INVALID_RANGE, ranged(Ok(beyond))),
            (
                status::STORE_UNKNOWN,
                Fetch {
                    store: Some(Store::Other("Attic".into())),
                    ..by_id(&inbox, &item)
                },
            ),
            (status::INVALID_ATTACHMENT, by_reference("")),
            (
                common::INVALID_COMBINATION_OF_IDS,
                Fetch {
                    file_reference: Some(reference.clone()),
                    ..by_id(&inbox, &item)
                },
            ),
            (
                common::INVALID_COMBINATION_OF_IDS,
                Fetch {
                    long_id: Some(long_id.clone()),
                    ..by_id(&inbox, &item)
                },
            ),
            (
                common::INVALID_COMBINATION_OF_IDS,
                Fetch {
                    options: FetchOptions {
                        schema: Some(vec![email::SUBJECT]),
                        ..FetchOptions::default()
                    },
                    ..by_reference(&reference)
                },
            ),
        ];
        if version >= ProtocolVersion::V14_1 {
            cases.push((
                common::BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED,
                Fetch {
                    options: FetchOptions {
                        body_part_preferences: vec![BodyPreference::of(BodyType::Plain)],
                        ..FetchOptions::default()
                    },
                    ..by_id(&inbox, &item)
                },
            ));
        }
        let fetches: Vec<Operation> = cases
            .iter()
            .map(|(_, fetch)| Operation::Fetch(Box::new(fetch.clone())))
            .collect();
        let response = operate(&mut phone, fetches).await;
        let got: Vec<u16> = response
            .outcomes
            .iter()
            .map(|outcome| match outcome {
                Outcome::Fetch { head, properties } => {
                    assert_eq!(*properties, None, "{head:?}");
                    head.status
                }
                other => panic!("{other:?}"),
            })
            .collect();
        for ((expected, fetch), got) in cases.iter().zip(got) {
            assert_eq!(got, *expected, "{version} {fetch:?}");
        }
        // The whole request: nothing asked, too much asked, and not a request.
        let response = operate(&mut phone, Vec::new()).await;
        assert_eq!(response.status, status::PROTOCOL_ERROR);
        let many = vec![Operation::Fetch(Box::new(by_id(&inbox, &item))); 101];
        let response = operate(&mut phone, many).await;
        assert_eq!(
            (response.status, response.outcomes.len()),
            (status::TOO_LARGE, 0)
        );
        let request = Request {
            operations: vec![Operation::Fetch(Box::new(by_id(&inbox, &item)))],
        };
        let mut cut = request.write(version);
        cut.truncate(cut.len() - 2);
        let answer = phone.command(CommandName::ItemOperations, cut).await;
        let status = match answer {
            Ok(Answer { body, .. }) => Response::read(&body).expect("a response").status,
            Err(trouble) => trouble.http(),
        };
        let expected = match version < ProtocolVersion::V14_0 {
            true => 400,
            false => common::INVALID_WBXML,
        };
        assert_eq!(status, expected, "{version}");
    }
}

#[tokio::test]
async fn a_folder_that_may_not_be_read_is_access_denied() {
    let backend = crate::support::backend::Backend::start(
        crate::support::backend::Kind::Dovecot,
        &[crate::support::backend::User::alice()],
    );
    let alice = crate::support::backend::User::alice();
    let spoiler = crate::support::spoiler::Spoiler::before(backend.imap()).await;
    let url = spoiler.url();
    let mut world = crate::support::world::World::around(backend, &[alice], |_| {
        crate::support::server::Settings::new(&url)
    })
    .await;
    world
        .deliver("INBOX", &mail::simple("closed", "text\r\n"))
        .await;
    let mut phone = world.phone(Profile::outlook()).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "closed");
    // A connection that has the folder open may go on.
    world.server.kill_nine();
    world.server.start();
    spoiler.deny_selects(true);
    let inbox = phone.id("INBOX");
    let (head, email) = fetch(&mut phone, by_id(&inbox, &item)).await;
    assert_eq!((head.status, email), (status::ACCESS_DENIED, None));
    spoiler.deny_selects(false);
    let (head, _) = fetch(&mut phone, by_id(&inbox, &item)).await;
    assert_eq!(head.status, status::OK);
}
