//! Search and Find: words, dates, folders, pages, the query language; what is asked wrongly; slow
//! servers. On every kind of mail server where they differ.

mod directory;
mod find;
mod mailbox;
mod pages;
mod trouble;

use airgate_codec::eas::email::Email;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::search::{
    Comparison, Options, Properties, Query, Request, Response, SearchResult, Store, StoreResult,
    Term,
};
use airgate_codec::eas::sync::ItemData;
use airgate_codec::eas::{Moment, Range};
use airgate_codec::{ProtocolVersion, wbxml};

use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

/// The versions that differ in what a search may ask.
const VERSIONS: [ProtocolVersion; 3] = [
    ProtocolVersion::V12_1,
    ProtocolVersion::V14_1,
    ProtocolVersion::V16_1,
];

/// A day in 2026, in seconds.
const DAY: u64 = 1_788_220_800;

/// A phone of each version.
async fn phones(world: &World) -> Vec<Phone> {
    let mut phones = Vec::new();
    for version in VERSIONS {
        let name = format!("SEARCHES{}", version.query_byte());
        phones.push(
            world
                .phone(Profile::ios().speaking(version).called(&name))
                .await,
        );
    }
    phones
}

/// Asks a store.
async fn ask(phone: &mut Phone, store: Store, query: Query, options: Options) -> StoreResult {
    let request = Request {
        store,
        query,
        options,
    };
    let answer = phone
        .command(CommandName::Search, request.write(phone.version()))
        .await
        .expect("an answer to Search");
    let response = Response::read(&answer.body).expect("a Search response");
    assert_eq!(response.status, 1);
    response.store.expect("what the store says")
}

/// Searches the mailbox for what fits all terms.
async fn search(phone: &mut Phone, terms: Vec<Term>) -> StoreResult {
    search_with(phone, terms, Options::default()).await
}

async fn search_with(phone: &mut Phone, terms: Vec<Term>, options: Options) -> StoreResult {
    let query = Query {
        text: String::new(),
        terms: vec![Term::And(terms)],
    };
    ask(phone, Store::Mailbox, query, options).await
}

fn text(text: &str) -> Term {
    Term::FreeText(text.into())
}

fn within(phone: &Phone, folder: &str) -> Term {
    Term::CollectionId(phone.id(folder))
}

fn received(seconds: u64) -> Comparison {
    let millis = i64::try_from(seconds).expect("a time") * 1000;
    Comparison {
        property: Some(wbxml::email::DATE_RECEIVED),
        value: Moment(millis).to_separated(),
    }
}

fn rows(first: u64, last: u64) -> Options {
    Options {
        range: Some(Range { first, last }),
        ..Options::default()
    }
}

fn email(result: &SearchResult) -> &Email {
    match &result.properties {
        Some(Properties::Item(ItemData::Email(email))) => email,
        other => panic!("no mail: {other:?}"),
    }
}

/// The subjects found, in their order; nothing for the one empty result.
fn subjects(found: &StoreResult) -> Vec<String> {
    assert!(
        [1, 10, 12].contains(&found.status),
        "status {}",
        found.status
    );
    if found.results == [SearchResult::default()] {
        return Vec::new();
    }
    let subject = |result| email(result).subject.clone().unwrap_or_default();
    found.results.iter().map(subject).collect()
}

/// Puts mails into a folder: subject, text, when they were received in hours of that day.
async fn put(world: &World, folder: &str, mails: &[(&str, &str, u64)]) {
    let mut client = world.other_client().await;
    let name = world.backend.folder(folder);
    for (subject, text, hour) in mails {
        let mail = crate::support::mail::simple(subject, text);
        let answer = client.try_append_at(&name, DAY + hour * 3600, &mail).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
    client.logout().await;
}
