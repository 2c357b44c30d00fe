//! What is asked of a directory we do not have: phones ask while mail is written, and must get an
//! answer that lets them go on.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::find;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::resolve_recipients;
use airgate_codec::eas::search::{Options, Query, Store, Term};
use airgate_codec::eas::validate_cert;

use super::{ask, phones, rows};
use crate::stories::Setup;

#[tokio::test]
async fn nobody_is_in_the_directory_and_no_document_in_the_library() {
    let world = Setup::Dovecot.world().await;
    for mut phone in phones(&world).await {
        let version = phone.version();
        let words = || Query {
            text: "ann".into(),
            terms: Vec::new(),
        };
        // REFERENCE 12, 28 and 71: with and without a Range; 16: with an empty Picture.
        for options in [Options::default(), rows(0, 19)] {
            let found = ask(&mut phone, Store::Gal, words(), options).await;
            assert_eq!(found.status, 1, "{version}");
            assert!(found.results.is_empty(), "CMD_R3847");
            assert!(found.range.is_some() && found.total == Some(0));
        }
        let document = Query {
            text: String::new(),
            terms: vec![Term::EqualTo("\\\\server\\share".into())],
        };
        let found = ask(
            &mut phone,
            Store::DocumentLibrary,
            document,
            Options::default(),
        )
        .await;
        assert_eq!(found.status, 5, "{version}: denied");
        let other = Store::Other("Basement".into());
        assert_eq!(
            ask(&mut phone, other, words(), Options::default())
                .await
                .status,
            2
        );
    }
}

#[tokio::test]
async fn recipients_and_certificates_are_answered() {
    let world = Setup::Dovecot.world().await;
    for mut phone in phones(&world).await {
        let version = phone.version();
        let request = resolve_recipients::Request {
            to: vec!["ann@example.com".into(), "Bob".into()],
            ..resolve_recipients::Request::default()
        };
        let answer = phone
            .command(CommandName::ResolveRecipients, request.write(version))
            .await
            .expect("an answer");
        let response = resolve_recipients::Response::read(&answer.body).expect("a response");
        assert_eq!(response.status, 1);
        let found: Vec<(&str, u16)> = response
            .answers
            .iter()
            .map(|each| (each.to.as_str(), each.status))
            .collect();
        assert_eq!(found, [("ann@example.com", 4), ("Bob", 4)], "{version}");
        let none = resolve_recipients::Request::default().write(version);
        let answer = phone.command(CommandName::ResolveRecipients, none).await;
        let answer = answer.expect("an answer");
        let response = resolve_recipients::Response::read(&answer.body).expect("a response");
        assert_eq!(response.status, 5);
        for (certificate, status) in [
            (Some(vec![0x30, 0]), 17),
            (Some(b"text".to_vec()), 10),
            (None, 10),
        ] {
            let request = validate_cert::Request {
                certificates: vec![certificate],
                ..validate_cert::Request::default()
            };
            let answer = phone
                .command(CommandName::ValidateCert, request.write(version))
                .await
                .expect("an answer");
            let response = validate_cert::Response::read(&answer.body).expect("a response");
            assert_eq!((response.status, response.certificates), (1, vec![status]));
        }
        let none = validate_cert::Request::default().write(version);
        let answer = phone.command(CommandName::ValidateCert, none).await;
        let answer = answer.expect("an answer");
        let response = validate_cert::Response::read(&answer.body).expect("a response");
        assert_eq!(response.status, 2);
    }
}

#[tokio::test]
async fn find_knows_nobody_either() {
    let world = Setup::Dovecot.world().await;
    let phones = phones(&world).await;
    let mut phone = phones.into_iter().next_back().expect("a phone of 16.1");
    assert_eq!(phone.version(), ProtocolVersion::V16_1);
    let request = find::Request {
        search_id: "6F1A".into(),
        criterion: find::Criterion::Gal("ann".into()),
        options: find::Options::default(),
    };
    let answer = phone
        .command(CommandName::Find, request.write(phone.version()))
        .await
        .expect("an answer");
    let found = find::Response::read(&answer.body).expect("a response");
    let found = found.found.expect("what was found");
    assert_eq!((found.status, found.total), (1, Some(0)));
    assert!(found.results.is_empty());
}
