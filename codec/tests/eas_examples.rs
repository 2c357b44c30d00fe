//! Known answers both ways: every example of the schema tree (fixtures/schema/examples) read into
//! its typed value and written back.

use std::path::PathBuf;

use airgate_codec::ProtocolVersion::{self, V14_1, V16_1};
use airgate_codec::eas::email::{Body, BodyType, Email, EmailChange, FollowUp, Moment};
use airgate_codec::eas::{
    BodyPreference, Class, GalEntry, Range, compose_mail, find, folder_sync, get_item_estimate,
    item_operations, meeting_response, move_items, ping, provision, resolve_recipients, search,
    settings, sync, validate_cert,
};

fn example(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/schema/examples")
        .join(name)
        .with_extension("hex");
    let hex = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("hex is ASCII");
            u8::from_str_radix(pair, 16).expect("two digits")
        })
        .collect()
}

/// bytes -> value, compared; value -> the same bytes.
macro_rules! both_ways {
    ($name:literal, $type:ty, $version:expr, $value:expr) => {{
        let bytes = example($name);
        let value: $type = $value;
        assert_eq!(<$type>::read(&bytes), Ok(value.clone()), $name);
        let version: ProtocolVersion = $version;
        assert_eq!(value.write(version), bytes, $name);
    }};
}

#[test]
fn folder_sync_examples() {
    both_ways!(
        "foldersync-request",
        folder_sync::Request,
        V14_1,
        folder_sync::Request {
            sync_key: "0".into()
        }
    );
    both_ways!(
        "foldersync-response",
        folder_sync::Response,
        V14_1,
        folder_sync::Response {
            status: folder_sync::status::OK,
            sync_key: Some("1".into()),
            changes: Some(folder_sync::Changes {
                adds: vec![folder_sync::Folder {
                    server_id: "5".into(),
                    parent_id: "0".into(),
                    display_name: "Inbox".into(),
                    kind: folder_sync::FolderType::Inbox,
                }],
                ..Default::default()
            }),
        }
    );
}

#[test]
fn ping_examples() {
    both_ways!(
        "ping-request",
        ping::Request,
        V14_1,
        ping::Request {
            heartbeat: Some(480),
            folders: Some(vec![ping::Folder {
                id: "5".into(),
                class: Some(Class::Email),
            }]),
        }
    );
    both_ways!(
        "ping-response",
        ping::Response,
        V14_1,
        ping::Response {
            folders: vec!["5".into()],
            ..ping::Response::of(ping::status::CHANGES)
        }
    );
}

#[test]
fn sync_request_example() {
    let change = EmailChange {
        read: Some(true),
        flag: Some(FollowUp {
            status: 2,
            flag_type: Some("Flag for follow up".into()),
            start_date: Moment::parse("2026-01-01"),
            ..Default::default()
        }),
        ..Default::default()
    };
    both_ways!(
        "sync-request",
        sync::Request,
        V14_1,
        sync::Request {
            collections: Some(vec![sync::Collection {
                sync_key: Some("1".into()),
                collection_id: "5".into(),
                deletes_as_moves: Some(true),
                get_changes: Some(true),
                window_size: Some(50),
                options: Some(vec![sync::Options {
                    filter_type: Some(3),
                    body_preferences: vec![BodyPreference {
                        truncation_size: Some(5120),
                        ..BodyPreference::of(BodyType::Html)
                    }],
                    mime_support: Some(2),
                    ..Default::default()
                }]),
                commands: vec![
                    sync::Command::Change {
                        server_id: "5:12".into(),
                        instance_id: None,
                        data: sync::ApplicationData::Email(Box::new(change)),
                        send: false,
                    },
                    sync::Command::Delete {
                        server_id: "5:13".into(),
                        instance_id: None,
                    },
                ],
                ..Default::default()
            }]),
            heartbeat: Some(470),
            ..Default::default()
        }
    );
}

/// The example says `Truncated 0` and puts MoreAvailable last, which phones stumble over, so that
/// only the value comes back the same.
#[test]
fn sync_response_example() {
    let mail = Email {
        to: Some("a@example.org".into()),
        from: Some("\"B\" <b@example.org>".into()),
        subject: Some("Hi".into()),
        date_received: Moment::parse("2026-01-01T10:00:00.000Z"),
        importance: Some(1),
        read: Some(false),
        body: Some(Body::whole(BodyType::Plain, "hello")),
        message_class: Some("IPM.Note".into()),
        internet_cpid: Some(65001),
        flag: Some(FollowUp::default()),
        content_class: Some("urn:content-classes:message".into()),
        native_body_type: Some(BodyType::Plain),
        conversation_id: Some((0..16).collect()),
        conversation_index: Some(vec![0x01, 0xDC, 0xC5, 0x27, 0x6B]),
        ..Default::default()
    };
    let response = sync::Response {
        collections: vec![sync::CollectionResponse {
            head: sync::CollectionHead {
                class: None,
                sync_key: "2".into(),
                collection_id: "5".into(),
                status: sync::status::OK,
                more_available: true,
            },
            responses: vec![sync::ItemResponse::Change {
                class: None,
                server_id: "5:12".into(),
                instance_id: None,
                status: sync::status::OBJECT_NOT_FOUND,
                data: None,
            }],
            commands: vec![sync::ServerCommand::Add {
                server_id: "5:14".into(),
                data: sync::ItemData::Email(Box::new(mail)),
            }],
        }],
        ..Default::default()
    };
    let bytes = example("sync-response");
    assert_eq!(sync::Response::read(&bytes).as_ref(), Ok(&response));
    let written = response.write(V14_1);
    assert_eq!(sync::Response::read(&written), Ok(response));
}

#[test]
fn sync_of_another_class_survives_untouched() {
    let bytes = example("sync-calendar-response");
    let response = sync::Response::read(&bytes).unwrap();
    assert_eq!(response.write(V16_1), bytes);
}

#[test]
fn get_item_estimate_example() {
    both_ways!(
        "getitemestimate-request",
        get_item_estimate::Request,
        V14_1,
        get_item_estimate::Request {
            collections: vec![get_item_estimate::Collection {
                sync_key: Some("3".into()),
                collection_id: "5".into(),
                options: Some(vec![sync::Options {
                    filter_type: Some(3),
                    ..Default::default()
                }]),
                ..Default::default()
            }],
        }
    );
}

#[test]
fn move_items_example() {
    both_ways!(
        "moveitems-request",
        move_items::Request,
        V14_1,
        move_items::Request {
            moves: vec![move_items::Move {
                source_item: "5:1".into(),
                source_folder: "5".into(),
                destination_folder: "9".into(),
            }],
        }
    );
}

#[test]
fn item_operations_examples() {
    use item_operations::{
        Attachment, Content, Fetch, FetchHead, FetchOptions, Operation, Outcome, Properties, Store,
    };
    both_ways!(
        "itemoperations-request",
        item_operations::Request,
        V14_1,
        item_operations::Request {
            operations: vec![
                Operation::Fetch(Box::new(Fetch {
                    store: Some(Store::Mailbox),
                    collection_id: Some("5".into()),
                    server_id: Some("5:1".into()),
                    options: FetchOptions {
                        mime_support: Some(2),
                        body_preferences: vec![BodyPreference::of(BodyType::Mime)],
                        ..Default::default()
                    },
                    ..Default::default()
                })),
                Operation::EmptyFolderContents {
                    collection_id: "3".into(),
                    delete_sub_folders: true,
                },
            ],
        }
    );
    both_ways!(
        "itemoperations-response",
        item_operations::Response,
        V14_1,
        item_operations::Response {
            status: item_operations::status::OK,
            outcomes: vec![Outcome::Fetch {
                head: FetchHead {
                    status: item_operations::status::OK,
                    file_reference: Some("5:1:2".into()),
                    ..Default::default()
                },
                properties: Some(Properties::Attachment(Attachment {
                    content_type: Some("image/png".into()),
                    content: Some(Content::Data(b"hi".to_vec())),
                    ..Default::default()
                })),
            }],
        }
    );
}

#[test]
fn provision_examples() {
    both_ways!(
        "provision-request",
        provision::Request,
        V14_1,
        provision::Request {
            device_information: Some(settings::DeviceInformation {
                model: Some("m".into()),
                ..Default::default()
            }),
            policy: Some(provision::PolicyRequest {
                policy_type: provision::WBXML_POLICY.into(),
                ..Default::default()
            }),
            ..Default::default()
        }
    );
    both_ways!(
        "provision-response",
        provision::Response,
        V14_1,
        provision::Response {
            device_information_status: Some(1),
            status: provision::status::OK,
            policy: Some(provision::PolicyResponse {
                policy_type: provision::WBXML_POLICY.into(),
                status: provision::status::OK,
                key: Some(1_307_199_584),
                data: Some(provision::PolicyData::Document(Box::new(
                    provision::Policy {
                        device_password_enabled: Some(true),
                        min_device_password_length: Some(provision::Bound::At(4)),
                        max_inactivity_time_device_lock: Some(provision::Bound::At(900)),
                        ..Default::default()
                    }
                ))),
            }),
            ..Default::default()
        }
    );
}

/// The example asks for `text`, we ask for `Text`: only the value comes back the same.
#[test]
fn settings_examples() {
    use settings::{Account, Answer, Ask, Audience, Oof, OofAsk, OofBodyType, OofMessage};
    let request = settings::Request {
        asks: vec![
            Ask::Oof(OofAsk::Get(Some(OofBodyType::Text))),
            Ask::UserInformation,
        ],
    };
    let bytes = example("settings-request");
    assert_eq!(settings::Request::read(&bytes).as_ref(), Ok(&request));
    assert_eq!(settings::Request::read(&request.write(V14_1)), Ok(request));
    both_ways!(
        "settings-response",
        settings::Response,
        V14_1,
        settings::Response {
            status: settings::status::OK,
            answers: vec![
                Answer::Oof {
                    status: settings::status::OK,
                    oof: Some(Oof {
                        state: Some(settings::OofState::Off),
                        messages: vec![OofMessage {
                            audiences: vec![Audience::Internal],
                            enabled: Some(false),
                            ..Default::default()
                        }],
                        ..Default::default()
                    }),
                },
                Answer::UserInformation {
                    status: settings::status::OK,
                    information: Some(settings::UserInformation {
                        accounts: vec![Account {
                            addresses: vec!["a@example.org".into()],
                            primary_address: Some("a@example.org".into()),
                            ..Default::default()
                        }],
                    }),
                },
            ],
        }
    );
}

#[test]
fn compose_mail_examples() {
    let bytes = example("sendmail-request");
    let mail = compose_mail::SendMail {
        client_id: "c1".into(),
        save_in_sent_items: true,
        mime: b"From: a@example.org\r\nTo: b@example.org\r\nSubject: hi\r\n\r\nhello\r\n"
            .as_slice()
            .into(),
        ..Default::default()
    };
    assert_eq!(compose_mail::SendMail::read(&bytes).as_ref(), Ok(&mail));
    assert_eq!(mail.write(V14_1), bytes);

    let bytes = example("smartforward-request");
    let mail = compose_mail::SmartMail {
        verb: compose_mail::Verb::SmartForward,
        client_id: Some("c1".into()),
        source: compose_mail::Source {
            folder_id: Some("5".into()),
            item_id: Some("5:1".into()),
            ..Default::default()
        },
        account_id: None,
        save_in_sent_items: false,
        replace_mime: false,
        mime: None,
        template_id: None,
        body: None,
        forwardees: Some(vec![compose_mail::Forwardee {
            email: "a@example.org".into(),
            name: Some("A".into()),
        }]),
    };
    assert_eq!(compose_mail::SmartMail::read(&bytes).as_ref(), Ok(&mail));
    assert_eq!(mail.write(V16_1), bytes);
}

#[test]
fn search_examples() {
    use search::Term;
    both_ways!(
        "search-request",
        search::Request,
        V14_1,
        search::Request {
            store: search::Store::Mailbox,
            query: search::Query {
                text: String::new(),
                terms: vec![Term::And(vec![
                    Term::Class(Class::Email),
                    Term::CollectionId("5".into()),
                    Term::FreeText("hello".into()),
                ])],
            },
            options: search::Options {
                range: Some(Range { first: 0, last: 9 }),
                rebuild_results: true,
                deep_traversal: true,
                ..Default::default()
            },
        }
    );
    let entry = GalEntry {
        display_name: Some("A".into()),
        email_address: Some("a@example.org".into()),
        ..Default::default()
    };
    both_ways!(
        "search-response",
        search::Response,
        V14_1,
        search::Response {
            status: search::status::OK,
            store: Some(search::StoreResult {
                status: search::status::OK,
                results: vec![search::SearchResult {
                    properties: Some(search::Properties::Gal(Box::new(entry))),
                    ..Default::default()
                }],
                range: Some(Range { first: 0, last: 0 }),
                total: Some(1),
            }),
        }
    );
}

#[test]
fn find_example() {
    both_ways!(
        "find-request",
        find::Request,
        V16_1,
        find::Request {
            search_id: "6d3d7a4e-4c3e-4b0e-8a59-0f3d4f0c1d11".into(),
            criterion: find::Criterion::Mailbox(find::MailboxQuery {
                class: Some(Class::Email),
                collection_id: None,
                free_text: Some("hi".into()),
            }),
            options: find::Options {
                range: Some(Range { first: 0, last: 9 }),
                deep_traversal: true,
                picture: None,
            },
        }
    );
}

#[test]
fn resolve_recipients_example() {
    both_ways!(
        "resolverecipients-request",
        resolve_recipients::Request,
        V14_1,
        resolve_recipients::Request {
            to: vec!["a@example.org".into()],
            options: resolve_recipients::Options {
                max_ambiguous_recipients: Some(19),
                availability: Some(resolve_recipients::AvailabilityAsk {
                    start: Moment::parse("20260101").expect("a date"),
                    end: Moment::parse("20260102"),
                }),
                ..Default::default()
            },
        }
    );
}

#[test]
fn validate_cert_example() {
    both_ways!(
        "validatecert-request",
        validate_cert::Request,
        V14_1,
        validate_cert::Request {
            certificates: vec![Some(b"hello".to_vec())],
            check_crl: Some(true),
            ..Default::default()
        }
    );
}

#[test]
fn meeting_response_example() {
    both_ways!(
        "meetingresponse-request",
        meeting_response::Request,
        V14_1,
        meeting_response::Request {
            replies: vec![meeting_response::Reply {
                user_response: meeting_response::UserResponse::Accept,
                collection_id: Some("5".into()),
                request_id: Some("5:9".into()),
                long_id: None,
                instance_id: None,
                send_response: None,
            }],
        }
    );
}

/// No example is forgotten.
#[test]
fn every_example_has_its_test() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/schema/examples");
    let source = include_str!("eas_examples.rs");
    for entry in std::fs::read_dir(folder).expect("the examples") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name");
        if path.extension().is_some_and(|extension| extension == "hex") {
            assert!(source.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}
