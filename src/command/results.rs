//! The messages of a page of results, read and in their order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use airgate_codec::eas::email::Email;
use airgate_codec::imap::{Fetched, MailboxName, Uid, UidSet};

use super::Call;
use super::hunt::{Hit, Hunt};
use super::read::{Source, body_octets};
use crate::backend::imap::ImapError;
use crate::clock;
use crate::failure::{Failure, Remedy};
use crate::item::options::BodyOptions;
use crate::store::FolderRow;

/// How long the results may be read, after the search, until the page is cut.
const READING: Duration = Duration::from_secs(6);
/// Messages read together.
const BATCH: usize = 25;
/// A page is cut above this many octets of bodies.
const PAGE_OCTETS: usize = 4 << 20;

/// One result.
pub(super) struct Row {
    pub(super) hit: Hit,
    pub(super) email: Email,
}

/// A page of results.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// How many there are in all.
    pub(super) total: u64,
    /// Nothing is missing: all folders were searched.
    pub(super) complete: bool,
}

/// Reads the results from `first` on, at most `count`. Those that are gone by now are left out, and
/// others take their places.
pub(super) async fn read(
    call: &Call<'_>,
    hunt: &Arc<Hunt>,
    (first, count): (usize, usize),
    options: &BodyOptions,
) -> Result<Rows, Failure> {
    let search = call.gateway.settings.search;
    let (patience, reading) = (clock::deadline(search), clock::deadline(search + READING));
    let mut rows = Rows::default();
    let mut octets = 0;
    loop {
        let have = rows.rows.len();
        let wanted = (count - have).min(BATCH);
        let page = hunt
            .page(
                &call.gateway.hunts,
                (first.saturating_add(have), wanted),
                patience,
            )
            .await?;
        rows.total = page.total;
        rows.complete = page.complete;
        if page.hits.is_empty() {
            return Ok(rows);
        }
        let mut messages = messages(call, &page.hits, options).await?;
        let mut gone = Vec::new();
        for hit in page.hits {
            match messages.remove(&(hit.folder.id.clone(), hit.uid)) {
                Some(email) => {
                    octets += body_octets(&email);
                    rows.rows.push(Row { hit, email });
                }
                None => gone.push(hit),
            }
        }
        if !gone.is_empty() {
            rows.total = rows.total.saturating_sub(gone.len() as u64);
            hunt.forget(&gone).await;
        }
        // A search that is not done keeps no order in which the next batch could be found.
        let over = octets >= PAGE_OCTETS || clock::monotonic() >= reading;
        if rows.rows.len() >= count || over || (!page.complete && !gone.is_empty()) {
            return Ok(rows);
        }
    }
}

type Messages = HashMap<(String, u32), Email>;

/// Reads some messages, of two folders at a time.
async fn messages(
    call: &Call<'_>,
    hits: &[Hit],
    options: &BodyOptions,
) -> Result<Messages, Failure> {
    let mut folders: HashMap<(&str, u32), (&FolderRow, UidSet)> = HashMap::new();
    for hit in hits {
        let (_, uids) = folders
            .entry((&hit.folder.id, hit.uid_validity))
            .or_insert_with(|| (&hit.folder, UidSet::new()));
        uids.insert(hit.uid);
    }
    let mut ones: Vec<(&FolderRow, u32, UidSet)> = folders
        .into_iter()
        .map(|((_, uid_validity), (folder, uids))| (folder, uid_validity, uids))
        .collect();
    let others = ones.split_off(ones.len() / 2);
    let (mut found, more) = tokio::try_join!(
        of_folders(call, &ones, options),
        of_folders(call, &others, options)
    )?;
    found.extend(more);
    Ok(found)
}

async fn of_folders(
    call: &Call<'_>,
    folders: &[(&FolderRow, u32, UidSet)],
    options: &BodyOptions,
) -> Result<Messages, Failure> {
    let mut found = Messages::new();
    for (folder, uid_validity, uids) in folders {
        let source = Source::new(call, folder, *uid_validity, options.clone());
        let messages = match of_folder(&source, uids).await {
            Ok(messages) => messages,
            // Gone, or not to be read any more: so are its messages.
            Err(failure) if matches!(failure.remedy, Remedy::ResyncFolders | Remedy::Forbidden) => {
                continue;
            }
            Err(failure) => return Err(failure),
        };
        for message in messages {
            let deleted = message.flags.as_ref().is_some_and(|flags| flags.deleted);
            if let (Some(uid), false) = (message.uid.map(Uid::get), deleted) {
                let email = source.translate(&message);
                found.insert((folder.id.clone(), uid), email);
            }
        }
    }
    Ok(found)
}

async fn of_folder(source: &Source<'_, '_>, uids: &UidSet) -> Result<Vec<Fetched>, Failure> {
    let call = source.call;
    let name = MailboxName::new(source.folder.name.clone());
    let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
    let selected = session.select(&name, None).await?;
    if selected.uid_validity.get() != source.uid_validity {
        return Err(ImapError::NoMailbox(name).into());
    }
    source.read_all(&mut session, uids).await
}
