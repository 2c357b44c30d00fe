//! GetHierarchy ([MS-ASCMD] 2.2.1.9): all mail folders as they are now, without a key. Only phones up
//! to 12.1 ask for it, and an error has no document (REFERENCE 9.4).

use airgate_codec::eas::get_hierarchy::Response;

use super::{Answer, Call, folder_sync, folders};
use crate::front::Reply;

/// Answers a GetHierarchy.
pub(super) async fn get_hierarchy(call: &Call<'_>) -> Answer {
    let now = folders::refresh(call).await?.hierarchy;
    if now.folders.is_empty() {
        // A secret for other classes only: a hierarchy without a folder cannot be said.
        return Ok(Reply::internal_error());
    }
    let response = Response {
        folders: now.folders.iter().map(folder_sync::folder).collect(),
    };
    Ok(Reply::wbxml(response.write(call.version)))
}
