//! How far each of the user's collections is, which is one request for each home (S25).

use std::collections::HashMap;

use tokio::sync::OnceCell;
use tracing::warn;

use super::{collection_kind, kind_of};
use crate::backend::dav::{Collection, Cursor, Dav, Href};
use crate::command::Call;
use crate::failure;
use crate::item::object::Kind;
use crate::store::FolderRow;
use crate::undo;

/// What each collection is like now, as far as one request for each home tells. It is asked by the
/// first who wants to know: a page of a collection whose news fill it anyway needs no look, and to some
/// servers the question costs as much as everything else of the page.
pub(in crate::command) struct Cursors {
    kinds: Vec<Kind>,
    found: OnceCell<HashMap<(Kind, Href), Cursor>>,
}

impl Cursors {
    /// Of collections of these kinds.
    pub(in crate::command) fn new(kinds: impl Iterator<Item = Kind>) -> Self {
        Self {
            kinds: kinds.collect(),
            found: OnceCell::new(),
        }
    }

    /// As a look at all collections of a folder's service told just now.
    pub(in crate::command) fn told(seen: &[Collection], folder: &FolderRow) -> Self {
        let known = seen.iter().filter_map(|collection| {
            let (kind, cursor) = (kind_of(folder)?, collection.cursor.clone()?);
            Some(((kind, collection.href.clone()), cursor))
        });
        Self {
            kinds: Vec::new(),
            found: OnceCell::new_with(Some(known.collect())),
        }
    }

    /// Nothing is known: each collection is looked at.
    pub(in crate::command) fn unknown() -> Self {
        Self {
            kinds: Vec::new(),
            found: OnceCell::new_with(Some(HashMap::new())),
        }
    }

    /// How far a collection is; `None` where its server is down, or says nothing of it.
    pub(in crate::command) async fn of(
        &self,
        call: &Call<'_>,
        kind: Kind,
        href: &Href,
    ) -> Option<&Cursor> {
        self.all(call).await.get(&(kind, href.clone()))
    }

    /// How far all are.
    pub(in crate::command) async fn all(&self, call: &Call<'_>) -> &HashMap<(Kind, Href), Cursor> {
        self.found.get_or_init(|| ask(call, &self.kinds)).await
    }
}

/// A server that is down is left out; each of its collections finds out by itself (T60).
async fn ask(call: &Call<'_>, kinds: &[Kind]) -> HashMap<(Kind, Href), Cursor> {
    let mut servers: Vec<&Dav> = Vec::new();
    let mut wanted = Vec::new();
    for kind in kinds {
        if let Some(dav) = undo::server(&call.gateway.dav, *kind) {
            wanted.push(*kind);
            if !servers.iter().any(|known| known.is(dav)) {
                servers.push(dav);
            }
        }
    }
    let mut found = HashMap::new();
    for dav in servers {
        match dav.collections(call.login).await {
            Ok(collections) => {
                for collection in collections {
                    let Some(cursor) = collection.cursor else {
                        continue;
                    };
                    for kind in &wanted {
                        if collection_kind(*kind) == collection.kind {
                            found.insert((*kind, collection.href.clone()), cursor.clone());
                        }
                    }
                }
            }
            Err(error) => warn!(error = %failure::chain(&error), "collections cannot be looked at"),
        }
    }
    found
}
