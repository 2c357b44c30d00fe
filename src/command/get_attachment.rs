//! GetAttachment ([MS-ASCMD] 2.2.1.8, up to 12.1): one attachment, as it is. What 2.5 calls AttName
//! and 12.0 FileReference is the same name here.

use airgate_codec::eas::Range;

use super::attachment::{Finder, Reading, Segment, outflow};
use super::file_reference::FileReference;
use super::{Answer, Call, folders};
use crate::backend::imap::ImapError;
use crate::failure::Remedy;
use crate::front::Reply;

/// Attachments of fewer encoded octets are read before the answer begins: one that is gone has a
/// status then.
const STREAM_ABOVE: u64 = 256 * 1024;

/// Answers a GetAttachment. What is not there is HTTP 500 ([MS-ASCMD] 3.1.5.2, CMD_R166).
pub(super) async fn get_attachment(call: &Call<'_>) -> Answer {
    let name = call
        .head
        .line
        .as_ref()
        .and_then(|line| line.attachment_name.as_deref());
    let Some(name) = name else {
        return Ok(Reply::bad_request("The request names no attachment.\n"));
    };
    let Ok(reference) = name.parse::<FileReference>() else {
        return Ok(Reply::internal_error());
    };
    let rows = folders::known(call).await?;
    let found = match Finder::default().find(call, &rows, &reference).await {
        Err(failure) if failure.remedy == Remedy::ResyncFolders => None,
        other => other?,
    };
    let Some(mut supply) = found else {
        return Ok(Reply::internal_error());
    };
    let kind = supply.attached().media_type.clone();
    if supply.attached().size <= STREAM_ABOVE {
        let all = Reading::whole();
        return Ok(match supply.gather(&all, None, 16 * STREAM_ABOVE).await {
            Ok(Some(gathered)) => Reply::raw(kind, gathered.octets),
            Ok(None) | Err(ImapError::TooLarge) => Reply::internal_error(),
            Err(error) => return Err(error.into()),
        });
    }
    // Where the length can be told it is, so that the phone can show how far it is.
    let layout = supply.layout().await?;
    let length = layout.map(|layout| layout.total());
    let reading = layout.and_then(|layout| {
        let all = Range {
            first: 0,
            last: u64::MAX,
        };
        Reading::window(layout, all)
    });
    let part = Segment::Part {
        supply: Box::new(supply),
        reading: reading.unwrap_or_else(Reading::whole),
        base64: false,
        length,
    };
    Ok(Reply::stream(kind, length, outflow(vec![part])))
}
