//! One object a phone asks for by name: ItemOperations Fetch.

use airgate_codec::eas::sync::ItemData;

use super::{Read, Source, kind_of};
use crate::command::Call;
use crate::failure::Failure;
use crate::item::options::BodyOptions;
use crate::store::FolderRow;
use crate::sync::objects::ObjectView;
use crate::sync::server_id;

/// The object behind a ServerId, with its bodies as asked for; `None` for what the phone was not told
/// of (T13) or is gone.
pub(in crate::command) async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    folder: &FolderRow,
    server_id: &str,
    bodies: &BodyOptions,
) -> Result<Option<ItemData>, Failure> {
    let Some(kind) = kind_of(folder) else {
        return Ok(None);
    };
    let space = call.space(folder);
    let named = server_id::read(server_id).filter(|(collection, _)| *collection == space);
    let number = named.and_then(|(_, number)| u32::try_from(number.0).ok());
    let Some(number) = number else {
        return Ok(None);
    };
    if !knows(call, folder, number).await? {
        return Ok(None);
    }
    let mut source = Source::open(call, rows, folder, kind).await?;
    Ok(match source.read_one(number).await? {
        Read::There { href, text, .. } => {
            let shown = source.show(number, &href, &text, bodies);
            Some(ItemData::Other(shown.data))
        }
        Read::Gone | Read::Failed | Read::Withheld => None,
    })
}

/// Whether the phone was told of an object (T13).
pub(super) async fn knows(
    call: &Call<'_>,
    folder: &FolderRow,
    number: u32,
) -> Result<bool, Failure> {
    let store = &call.gateway.store;
    let space = call.space(folder);
    let chain = store.chain(call.user, call.device, &space).await?;
    let view = chain.and_then(|row| ObjectView::decode(&row.view).ok());
    Ok(view.is_some_and(|view| view.knows(number)))
}
