//! What real clients sent (fixtures/eas/recorded-requests.tsv) is read, and means the same after
//! being written by us.

use std::fmt::Debug;

use airgate_codec::ProtocolVersion::V14_1;
use airgate_codec::eas::{
    Malformed, compose_mail, folder_sync, get_item_estimate, ping, provision, resolve_recipients,
    search, settings, sync,
};
use base64::Engine as _;

fn same_again<T: Debug + PartialEq>(
    name: &str,
    body: &[u8],
    read: impl Fn(&[u8]) -> Result<T, Malformed>,
    write: impl Fn(&T) -> Vec<u8>,
) -> T {
    let value = read(body).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    let again = read(&write(&value)).unwrap_or_else(|fault| panic!("{name}, ours: {fault:?}"));
    assert_eq!(again, value, "{name}");
    value
}

/// Nothing in a Sync request of these clients is taken for invalid.
fn valid_commands(name: &str, request: &sync::Request) {
    for collection in request.collections.iter().flatten() {
        for command in &collection.commands {
            if let sync::Command::Add { data, .. } | sync::Command::Change { data, .. } = command {
                let invalid = matches!(data, sync::ApplicationData::Invalid(_));
                assert!(!invalid, "{name}: {command:?}");
            }
        }
    }
}

#[test]
fn every_recorded_request_is_read_and_survives() {
    let table = include_str!("../../fixtures/eas/recorded-requests.tsv");
    let mut count = 0;
    for (number, line) in table.lines().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        let mut cells = line.split('\t');
        let mut cell = || cells.next().expect("three cells");
        let (client, command, body) = (cell(), cell(), cell());
        let name = &format!("line {}: {client} {command}", number + 1);
        let body = base64::engine::general_purpose::STANDARD
            .decode(body)
            .expect("base64");
        let body = body.as_slice();
        match command {
            "Sync" => {
                let request =
                    same_again(name, body, sync::Request::read, |value| value.write(V14_1));
                valid_commands(name, &request);
            }
            "FolderSync" => {
                same_again(name, body, folder_sync::Request::read, |value| {
                    value.write(V14_1)
                });
            }
            "GetItemEstimate" => {
                same_again(name, body, get_item_estimate::Request::read, |value| {
                    value.write(V14_1)
                });
            }
            "Settings" => {
                let request = same_again(name, body, settings::Request::read, |value| {
                    value.write(V14_1)
                });
                let valid = |ask: &settings::Ask| !matches!(ask, settings::Ask::Invalid(..));
                assert!(request.asks.iter().all(valid), "{name}: {request:?}");
            }
            "Provision" => {
                same_again(name, body, provision::Request::read, |value| {
                    value.write(V14_1)
                });
            }
            "Search" => {
                same_again(name, body, search::Request::read, |value| {
                    value.write(V14_1)
                });
            }
            "Ping" => {
                same_again(name, body, ping::Request::read, |value| value.write(V14_1));
            }
            "ResolveRecipients" => {
                same_again(name, body, resolve_recipients::Request::read, |value| {
                    value.write(V14_1)
                });
            }
            "SendMail" => {
                let mail = compose_mail::SendMail::read(body).expect(name);
                let bytes = mail.write(V14_1);
                assert_eq!(compose_mail::SendMail::read(&bytes).expect(name), mail);
                assert!(!mail.mime.is_empty(), "{name}");
            }
            other => panic!("{name}: {other} is not tested"),
        }
        count += 1;
    }
    assert!(count > 100, "{count} requests only");
}
