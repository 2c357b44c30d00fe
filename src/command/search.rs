//! Search ([MS-ASCMD] 2.2.1.16): the mailbox. There is no directory, so nobody is found in it, and
//! no document library.

mod query;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::search::{
    Properties, Request, Response, SearchResult, Store, StoreResult, status,
};
use airgate_codec::eas::sync::ItemData;
use airgate_codec::eas::{Class, Malformed, Range};

use super::hunt::{self, Asked};
use super::long_id::LongId;
use super::results::{self, Row};
use super::{Answer, Call, malformed};
use crate::failure::Failure;
use crate::front::Reply;
use crate::item::options::BodyOptions;

/// Results in one answer at most (REFERENCE 7.2).
const MOST: usize = 100;

/// Answers a Search.
pub(super) async fn search(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        // What is wrong with a query its store says.
        Err(fault @ Malformed::Schema(_)) => {
            tracing::info!(offset = fault.offset(), error = %fault, "no search");
            return Ok(reply(call, of_status(status::BAD_REQUEST)));
        }
        Err(fault) => return Ok(malformed(call, &fault, status::SERVER_ERROR)),
    };
    let store = match request.store {
        Store::Mailbox if call.version >= ProtocolVersion::V12_0 => mailbox(call, &request).await?,
        Store::Gal => nobody(),
        Store::DocumentLibrary => of_status(status::ACCESS_DENIED),
        Store::Mailbox | Store::Other(_) => of_status(status::BAD_REQUEST),
    };
    Ok(reply(call, store))
}

fn reply(call: &Call<'_>, store: StoreResult) -> Reply {
    let response = Response {
        status: status::OK,
        store: Some(store),
    };
    Reply::wbxml(response.write(call.version))
}

fn of_status(status: u16) -> StoreResult {
    StoreResult {
        status,
        ..StoreResult::default()
    }
}

/// The directory, in which nobody is. Android 4 needs a range and a total (REFERENCE 12, 28).
fn nobody() -> StoreResult {
    StoreResult {
        range: Some(Range { first: 0, last: 0 }),
        total: Some(0),
        ..of_status(status::OK)
    }
}

async fn mailbox(call: &Call<'_>, request: &Request) -> Result<StoreResult, Failure> {
    let options = &request.options;
    let wanted = match query::read(&request.query) {
        Ok(wanted) => wanted,
        Err(status) => return Ok(of_status(status)),
    };
    // [MS-ASCMD] 2.2.3.19: parts of bodies are for showing a conversation.
    if !options.body_part_preferences.is_empty() && !wanted.conversation {
        return Ok(of_status(status::BAD_REQUEST));
    }
    let ids: Vec<&str> = wanted.folders.iter().map(String::as_str).collect();
    let Some(folders) = hunt::scope(call, &ids, options.deep_traversal).await? else {
        return Ok(of_status(status::FOLDER_SYNC_REQUIRED));
    };
    let asked = Asked {
        search_id: None,
        condition: wanted.condition,
        folders: folders.iter().map(|row| row.id.clone()).collect(),
    };
    let hunts = &call.gateway.hunts;
    if options.rebuild_results {
        hunts.drop_results(call, &asked).await;
    }
    let hunt = hunts.find(call, folders, asked).await;
    let (first, count) = hunt::rows_of(options.range, MOST);
    let bodies = BodyOptions {
        preferences: options.body_preferences.iter().map(Into::into).collect(),
        part_preference: options.body_part_preferences.first().map(Into::into),
        mime_support: options.mime_support.unwrap_or(0),
        ..BodyOptions::new(call.version)
    };
    let found = results::read(call, &hunt, (first, count), &bodies).await?;
    let status = if !found.complete {
        // What is there is shown; the search goes on, and is further when the phone asks again.
        status::TIMEOUT
    } else if found.rows.is_empty() && first > 0 {
        status::END_OF_RANGE
    } else {
        status::OK
    };
    let range = hunt::range(first, found.rows.len());
    let mut results: Vec<SearchResult> = found.rows.into_iter().map(result).collect();
    if results.is_empty() && status == status::OK {
        // [MS-ASCMD] 2.2.3.153.2: one that is empty says that nothing was found.
        results.push(SearchResult::default());
    }
    Ok(StoreResult {
        status,
        results,
        range,
        total: Some(u32::try_from(found.total).unwrap_or(u32::MAX)),
    })
}

fn result(row: Row) -> SearchResult {
    let id = LongId {
        collection: row.hit.folder.id.clone(),
        uid_validity: row.hit.uid_validity,
        uid: row.hit.uid,
    };
    SearchResult {
        class: Some(Class::Email),
        long_id: Some(id.to_string()),
        collection_id: Some(row.hit.folder.id),
        properties: Some(Properties::Item(ItemData::Email(Box::new(row.email)))),
    }
}
