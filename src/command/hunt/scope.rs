//! Which folders a search means.

use crate::command::{Call, folders};
use crate::failure::Failure;
use crate::store::{FolderKind, FolderRow};
use crate::sync::folders::Hierarchy;

/// The CollectionId with which Outlook's mobile clients mean all folders (REFERENCE 12, 47).
const ALL: &str = "0";

/// The folders with these ids, and with `deep` those below them; without ids, all that hold mail.
/// `None` if the phone has no folders yet or names one that is not there: it has to ask for the
/// folders first.
pub(in super::super) async fn scope(
    call: &Call<'_>,
    ids: &[&str],
    deep: bool,
) -> Result<Option<Vec<FolderRow>>, Failure> {
    let chain = call
        .gateway
        .store
        .chain(call.user, call.device, folders::CHAIN)
        .await?;
    // What the phone was told of: a result in another folder would lead it nowhere.
    let Some(held) = chain.and_then(|row| Hierarchy::decode(&row.view).ok()) else {
        return Ok(None);
    };
    let rows = folders::known(call).await?;
    let all = ids.is_empty() || ids.contains(&ALL);
    if !all && !ids.iter().all(|id| is_held(&held, id)) {
        return Ok(None);
    }
    let wanted = |row: &FolderRow| {
        let named = |id: &str| ids.contains(&id);
        all || named(&row.id) || (deep && above(&held, &row.id).any(named))
    };
    let folders = rows
        .into_iter()
        .filter(|row| row.kind == FolderKind::Mail && !row.retired)
        .filter(|row| is_held(&held, &row.id) && wanted(row))
        .collect();
    Ok(Some(folders))
}

fn is_held(held: &Hierarchy, id: &str) -> bool {
    held.folders.iter().any(|folder| folder.id == id)
}

/// The folders above one, the nearest first. A circle, which we never made, ends.
fn above<'h>(held: &'h Hierarchy, id: &'h str) -> impl Iterator<Item = &'h str> {
    let parent = |id: &str| {
        let folder = held.folders.iter().find(|folder| folder.id == id)?;
        Some(folder.parent.as_str())
    };
    std::iter::successors(parent(id), move |id| parent(id)).take(held.folders.len())
}
