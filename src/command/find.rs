//! Find ([MS-ASCMD] 2.2.1.4, 16.1): the mailbox by a query language, page by page. There is no
//! directory, so nobody is found in it.

use airgate_codec::eas::Class;
use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::eas::find::{
    Criterion, FindMail, FindResult, Found, MailboxQuery, Options, Properties, Request, Response,
    status,
};

use super::hunt::{self, Asked};
use super::long_id::LongId;
use super::results::{self, Row};
use super::{Answer, Call, malformed};
use crate::clock;
use crate::failure::Failure;
use crate::front::Reply;
use crate::item::address::Addresses;
use crate::item::options::{BodyOptions, BodyPreference};
use crate::search::{Condition, MAX_TERMS, MAX_TEXT, Today, kql, snippet};
use crate::sync::server_id;
use crate::sync::view::MailView;

/// Results in one answer at most, as in Search.
const MOST: usize = 100;
/// Octets of a SearchId: phones send a UUID.
const MAX_SEARCH_ID: usize = 256;
/// Octets of a body that are looked through for the words found.
const LOOKED_THROUGH: u32 = 8 << 10;

/// Answers a Find.
pub(super) async fn find(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::INVALID_REQUEST)),
    };
    let response = match &request.criterion {
        _ if request.search_id.is_empty() || request.search_id.len() > MAX_SEARCH_ID => {
            Response::failure(status::INVALID_REQUEST)
        }
        Criterion::Mailbox(query) => mailbox(call, &request, query).await?,
        Criterion::Gal(_) => answer(
            "GAL",
            Found {
                status: status::OK,
                total: Some(0),
                ..Found::default()
            },
        ),
    };
    Ok(Reply::wbxml(response.write(call.version)))
}

fn answer(store: &str, found: Found) -> Response {
    Response {
        status: status::OK,
        found: Some(Found {
            store: Some(store.to_owned()),
            ..found
        }),
    }
}

async fn mailbox(
    call: &Call<'_>,
    request: &Request,
    query: &MailboxQuery,
) -> Result<Response, Failure> {
    let Some(condition) = condition(call, query) else {
        return Ok(Response::failure(status::INVALID_REQUEST));
    };
    let Options {
        range,
        deep_traversal,
        ..
    } = request.options;
    let ids: Vec<&str> = query.collection_id.iter().map(String::as_str).collect();
    let Some(folders) = hunt::scope(call, &ids, deep_traversal).await? else {
        return Ok(Response::failure(status::FOLDER_SYNC_REQUIRED));
    };
    let asked = Asked {
        search_id: Some(request.search_id.clone()),
        condition,
        folders: folders.iter().map(|row| row.id.clone()).collect(),
    };
    let hunts = &call.gateway.hunts;
    let (first, count) = hunt::rows_of(range, MOST);
    if first > 0 && !hunts.has(call, &asked).await {
        // The pages of a search begin with the first.
        return Ok(answer(
            "Mailbox",
            Found {
                status: status::FIRST_RANGE_NOT_ZERO,
                ..Found::default()
            },
        ));
    }
    let texts: Vec<String> = asked
        .condition
        .texts()
        .into_iter()
        .map(Into::into)
        .collect();
    let hunt = hunts.find(call, folders, asked).await;
    let found = results::read(call, &hunt, (first, count), &bodies(call)).await?;
    if !found.complete && found.rows.is_empty() {
        // Find has no status for this; "nothing found" would be a lie (T60).
        return Err(crate::backend::imap::ImapError::Timeout.into());
    }
    let range = hunt::range(first, found.rows.len());
    let total = Some(u32::try_from(found.total).unwrap_or(u32::MAX));
    let mut names = Names::default();
    let mut results = Vec::with_capacity(found.rows.len());
    for row in found.rows {
        results.push(FindResult {
            class: Some(Class::Email),
            server_id: Some(names.of(call, &row).await?),
            collection_id: Some(row.hit.folder.id),
            properties: Properties::Mail(Box::new(properties(&row.email, &texts))),
        });
    }
    Ok(answer(
        "Mailbox",
        Found {
            status: status::OK,
            results,
            range,
            total,
            ..Found::default()
        },
    ))
}

/// What is looked for; `None` for no query, or for more than anybody types.
fn condition(call: &Call<'_>, query: &MailboxQuery) -> Option<Condition> {
    let text = query.free_text.as_deref()?;
    if text.trim().is_empty() || text.len() > MAX_TEXT {
        return None;
    }
    let today = Today {
        now: clock::now_seconds(),
        zone: call.gateway.settings.time_zone.clone(),
    };
    let condition = kql::parse(text, &today);
    if condition.size() > MAX_TERMS {
        return None;
    }
    // All we hold is mail.
    let mail = query.class.is_none_or(|class| class == Class::Email);
    Some(if mail { condition } else { Condition::Nothing })
}

/// Enough of a body to show where the words are.
fn bodies(call: &Call<'_>) -> BodyOptions {
    BodyOptions {
        preferences: vec![BodyPreference {
            kind: BodyType::Plain,
            truncation_size: Some(LOOKED_THROUGH),
            all_or_none: false,
            preview: None,
        }],
        ..BodyOptions::new(call.version)
    }
}

fn properties(email: &Email, texts: &[String]) -> FindMail {
    let shown = |line: &Option<String>| {
        let line = line.as_deref()?;
        Addresses::read(line.as_bytes(), Some("utf-8")).display()
    };
    let body = email.body.as_ref().and_then(|body| body.data.as_deref());
    FindMail {
        subject: email.subject.clone(),
        date_received: email.date_received,
        display_to: email.display_to.clone(),
        display_cc: shown(&email.cc),
        display_bcc: shown(&email.bcc),
        importance: email.importance,
        read: email.read,
        is_draft: Some(email.is_draft.unwrap_or(false)),
        preview: Some(snippet(body.unwrap_or_default(), texts)),
        has_attachments: Some(email.attachments.iter().any(|each| !each.is_inline)),
        from: email.from.clone(),
    }
}

/// The ServerIds of results: those of this device's Sync where it synchronises the folder. A message
/// of another folder has none yet; its LongId, which lookups take as well, does not depend on a view
/// and never means another message.
#[derive(Default)]
struct Names {
    views: std::collections::HashMap<String, Option<MailView>>,
}

impl Names {
    async fn of(&mut self, call: &Call<'_>, row: &Row) -> Result<String, Failure> {
        let hit = &row.hit;
        let folder = &hit.folder.id;
        if !self.views.contains_key(folder) {
            let store = &call.gateway.store;
            let chain = store.chain(call.user, call.device, folder).await?;
            let view = chain.and_then(|row| MailView::decode(&row.view).ok());
            self.views.insert(folder.clone(), view);
        }
        let view = self.views.get(folder).and_then(Option::as_ref);
        let same = |view: &&MailView| {
            view.cursor
                .is_some_and(|cursor| cursor.uid_validity == hit.uid_validity)
        };
        Ok(match view.filter(same) {
            Some(view) => server_id::write(folder, view.number_of(hit.uid)),
            None => LongId {
                collection: folder.clone(),
                uid_validity: hit.uid_validity,
                uid: hit.uid,
            }
            .to_string(),
        })
    }
}
