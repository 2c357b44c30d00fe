//! Any value of every message survives being written and read, and what is written fits the schemas
//! of fixtures/schema by xmllint.

#[path = "support/eas_values.rs"]
mod values;
#[path = "support/eas_xml.rs"]
mod xml;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::Command;

use airgate_codec::ProtocolVersion::{self, V2_5, V12_1, V14_0, V16_1};
use airgate_codec::eas::email::{Attachment, Body, BodyType, Email};
use airgate_codec::eas::{
    Class, Malformed, compose_mail, find, folder_create, folder_delete, folder_sync, folder_update,
    get_item_estimate, item_operations, meeting_response, move_items, ping, provision,
    resolve_recipients, search, settings, sync, validate_cert,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

/// Documents given to xmllint in one call; more find nothing new.
const SCHEMA_SAMPLES: usize = 48;

fn round_trip<T: Clone + Debug + PartialEq>(
    strategy: impl Strategy<Value = T>,
    version: ProtocolVersion,
    write: impl Fn(&T, ProtocolVersion) -> Vec<u8>,
    read: impl Fn(&[u8]) -> Result<T, Malformed>,
) {
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(200)
    };
    TestRunner::new(config)
        .run(&strategy, |value| {
            let bytes = write(&value, version);
            prop_assert_eq!(read(&bytes), Ok(value));
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// Writes samples as XML files and has xmllint look at all of them at once.
fn fits_schema<T: Debug>(
    name: &str,
    entry: &str,
    strategy: impl Strategy<Value = T>,
    write: impl Fn(&T) -> Vec<u8>,
) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("eas-schema-{name}"));
    std::fs::create_dir_all(&folder).expect("a folder for the samples");
    let mut runner = TestRunner::deterministic();
    let mut files: Vec<PathBuf> = Vec::new();
    for number in 0..SCHEMA_SAMPLES {
        let value = strategy.new_tree(&mut runner).expect("a value").current();
        let bytes = write(&value);
        if bytes.is_empty() {
            continue; // an empty body says something, but not in XML
        }
        let file = folder.join(format!("{number}.xml"));
        std::fs::write(&file, xml::to_xml(&bytes)).expect("a sample file");
        files.push(file);
    }
    assert!(files.len() > SCHEMA_SAMPLES / 2, "too few samples");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/schema")
        .join(entry);
    let output = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .arg(&schema)
        .args(&files)
        .output()
        .expect("xmllint (Debian: libxml2-utils) runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The harness would notice: Status before SyncKey is fine with the schema, an unknown child is not.
#[test]
#[should_panic(expected = "not expected")]
fn xmllint_notices_what_does_not_fit() {
    let wrong = [0x03, 0x01, 0x6A, 0x00, 0x00, 0x07, 0x56, 0x05, 0x01]; // FolderSync{Folders}
    fits_schema("wrong", RESPONSE, Just(()), |()| wrong.to_vec());
}

const REQUEST: &str = "eas-request.xsd";
const RESPONSE: &str = "eas-response.xsd";

/// A message's two tests, at the latest version.
macro_rules! message {
    ($($name:ident: $type:ty, $strategy:expr, $entry:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn any_value_survives() {
                round_trip($strategy, V16_1, <$type>::write, |bytes| <$type>::read(bytes));
            }

            #[test]
            fn fits_the_schema() {
                fits_schema(stringify!($name), $entry, $strategy, |value| value.write(V16_1));
            }
        }
    )*};
}

message! {
    sync_request: sync::Request, values::sync_request(), REQUEST;
    sync_response: sync::Response, values::sync_response(), RESPONSE;
    folder_sync_request: folder_sync::Request, values::folder_sync_request(), REQUEST;
    folder_sync_response: folder_sync::Response, values::folder_sync_response(), RESPONSE;
    folder_create_request: folder_create::Request, values::folder_create_request(), REQUEST;
    folder_create_response: folder_create::Response, values::folder_create_response(), RESPONSE;
    folder_update_request: folder_update::Request, values::folder_update_request(), REQUEST;
    folder_update_response: folder_update::Response, values::folder_update_response(), RESPONSE;
    folder_delete_request: folder_delete::Request, values::folder_delete_request(), REQUEST;
    folder_delete_response: folder_delete::Response, values::folder_delete_response(), RESPONSE;
    ping_request: ping::Request, values::ping_request(), REQUEST;
    ping_response: ping::Response, values::ping_response(), RESPONSE;
    provision_request: provision::Request, values::provision_request(), REQUEST;
    provision_response: provision::Response, values::provision_response(), RESPONSE;
    settings_request: settings::Request, values::settings_request(), REQUEST;
    settings_response: settings::Response, values::settings_response(), RESPONSE;
    item_operations_request: item_operations::Request, values::item_operations_request(), REQUEST;
    item_operations_response: item_operations::Response, values::item_operations_response(), RESPONSE;
    move_items_request: move_items::Request, values::move_items_request(), REQUEST;
    move_items_response: move_items::Response, values::move_items_response(), RESPONSE;
    get_item_estimate_request: get_item_estimate::Request, values::get_item_estimate_request(), REQUEST;
    get_item_estimate_response: get_item_estimate::Response, values::get_item_estimate_response(), RESPONSE;
    compose_failure: compose_mail::Failure, values::compose_failure(), RESPONSE;
    search_request: search::Request, values::search_request(), REQUEST;
    search_response: search::Response, values::search_response(), RESPONSE;
    find_request: find::Request, values::find_request(), REQUEST;
    find_response: find::Response, values::find_response(), RESPONSE;
    resolve_recipients_request: resolve_recipients::Request, values::resolve_recipients_request(), REQUEST;
    resolve_recipients_response: resolve_recipients::Response, values::resolve_recipients_response(), RESPONSE;
    validate_cert_request: validate_cert::Request, values::validate_cert_request(), REQUEST;
    validate_cert_response: validate_cert::Response, values::validate_cert_response(), RESPONSE;
    meeting_response_request: meeting_response::Request, values::meeting_response_request(), REQUEST;
    meeting_response_response: meeting_response::Response, values::meeting_response_response(), RESPONSE;
}

/// Those that borrow their input.
#[test]
fn any_mail_to_send_survives_and_fits_the_schema() {
    let strategy = values::send_mail();
    proptest!(|(mail in values::send_mail())| {
        let bytes = mail.write(V16_1);
        prop_assert_eq!(compose_mail::SendMail::read(&bytes), Ok(mail));
    });
    fits_schema("send_mail", REQUEST, strategy, |mail| mail.write(V16_1));
    proptest!(|(mail in values::smart_mail())| {
        let bytes = mail.write(V16_1);
        prop_assert_eq!(compose_mail::SmartMail::read(&bytes), Ok(mail));
    });
    fits_schema("smart_mail", REQUEST, values::smart_mail(), |mail| {
        mail.write(V16_1)
    });
}

#[test]
fn estimates_of_12_1_survive_and_fit_the_schema() {
    let strategy = || values::get_item_estimate_request_12_1();
    round_trip(
        strategy(),
        V12_1,
        get_item_estimate::Request::write,
        get_item_estimate::Request::read,
    );
    fits_schema("estimate_12_1", REQUEST, strategy(), |request| {
        request.write(V12_1)
    });
}

/// Every version's Sync response fits the schema: the writer leaves out what a version lacks.
#[test]
fn sync_responses_of_all_versions_fit_the_schema() {
    for version in ProtocolVersion::ALL {
        fits_schema(
            &format!("sync_response_{version}"),
            RESPONSE,
            values::sync_response(),
            |response| response.write(version),
        );
    }
}

/// The class of a collection is told up to 12.1 and not after: the schema lacks it, old clients need it.
#[test]
fn class_in_a_collection_only_up_to_12_1() {
    let mut response = sync::Response {
        collections: vec![sync::CollectionResponse {
            head: sync::CollectionHead {
                class: Some(Class::Email),
                sync_key: "1".into(),
                collection_id: "5".into(),
                status: sync::status::OK,
                more_available: false,
            },
            ..Default::default()
        }],
        ..Default::default()
    };
    assert_eq!(
        sync::Response::read(&response.write(V12_1)),
        Ok(response.clone())
    );
    let written = response.write(V14_0);
    response.collections[0].head.class = None;
    assert_eq!(sync::Response::read(&written), Ok(response));
}

/// A message in its 2.5 form: other elements for body and attachments, none of the later ones.
#[test]
fn mail_of_2_5_survives_and_fits_the_schema() {
    let strategy = || {
        (values::email(), any::<bool>()).prop_map(|(email, mime)| {
            let email = Email {
                to: email.to,
                cc: email.cc,
                from: email.from,
                reply_to: email.reply_to,
                subject: email.subject,
                thread_topic: email.thread_topic,
                date_received: email.date_received,
                display_to: email.display_to,
                importance: email.importance,
                read: email.read,
                message_class: email.message_class,
                internet_cpid: email.internet_cpid,
                body: email.body.map(|body| Body {
                    kind: if mime {
                        BodyType::Mime
                    } else {
                        BodyType::Plain
                    },
                    data: Some(
                        body.data
                            .filter(|data| !data.is_empty())
                            .unwrap_or_else(|| "x".into()),
                    ),
                    preview: None,
                    part: None,
                    ..body
                }),
                attachments: email
                    .attachments
                    .into_iter()
                    .map(|attachment| Attachment {
                        content_id: None,
                        content_location: None,
                        is_inline: false,
                        ..attachment
                    })
                    .collect(),
                ..Email::default()
            };
            sync::Response {
                collections: vec![sync::CollectionResponse {
                    head: sync::CollectionHead {
                        class: None,
                        sync_key: "1".into(),
                        collection_id: "5".into(),
                        status: sync::status::OK,
                        more_available: true,
                    },
                    responses: Vec::new(),
                    commands: vec![sync::ServerCommand::Add {
                        server_id: "1".into(),
                        data: sync::ItemData::Email(Box::new(email)),
                    }],
                }],
                ..Default::default()
            }
        })
    };
    round_trip(
        strategy(),
        V2_5,
        sync::Response::write,
        sync::Response::read,
    );
    fits_schema("mail_2_5", RESPONSE, strategy(), |response| {
        response.write(V2_5)
    });
}
