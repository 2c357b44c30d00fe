//! Known answers both ways: every example of the schema tree (fixtures/schema/examples) read into
//! its typed value and written back.

use std::path::PathBuf;

use airgate_codec::ProtocolVersion::{self, V14_1};
use airgate_codec::eas::email::{Body, BodyType, Email, EmailChange, FollowUp, Moment};
use airgate_codec::eas::{BodyPreference, Class, folder_sync, ping, sync};

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
    assert_eq!(response.write(ProtocolVersion::V16_1), bytes);
}
