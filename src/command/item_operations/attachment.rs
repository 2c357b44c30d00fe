//! Fetching one attachment by its FileReference, whole or in part. A small one is read at once, so
//! that its status is known; a large one while the answer is sent.

use airgate_codec::eas::item_operations::{Attachment, Fetch, Outcome, Properties, status};
use airgate_codec::eas::{Range, status as common};

use super::answer::Making;
use super::multipart::MAX_OCTETS;
use crate::backend::imap::ImapError;
use crate::command::Call;
use crate::command::attachment::{Gathered, Reading, Supply};
use crate::command::file_reference::FileReference;
use crate::command::objects::{ObjectFile, fetch_file};
use crate::failure::Failure;
use crate::store::FolderRow;

/// Attachments of more encoded octets than this are read while the answer is sent.
const STREAM_ABOVE: u64 = 256 * 1024;

/// Takes the attachment into the answer, or says by a status why not.
pub(super) async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    reference: &str,
    making: &mut Making,
) -> Result<Result<(), u16>, Failure> {
    let range = match &asked.options.range {
        Some(Ok(range)) => Some(*range),
        Some(Err(_)) => return Ok(Err(status::INVALID_RANGE)),
        None => None,
    };
    // Of the options, an attachment has only a range (REFERENCE 7.1).
    if asked.options.schema.is_some() || !asked.options.body_preferences.is_empty() {
        return Ok(Err(common::INVALID_COMBINATION_OF_IDS));
    }
    if let Some(file) = ObjectFile::read(reference) {
        return of_object(call, rows, asked, &file, range, making).await;
    }
    let Ok(reference) = reference.parse::<FileReference>() else {
        return Ok(Err(status::INVALID_ATTACHMENT));
    };
    let Some(supply) = making.finder.find(call, rows, &reference).await? else {
        return Ok(Err(status::INVALID_ATTACHMENT));
    };
    let size = supply.attached().size;
    if size <= STREAM_ABOVE && making.may_hold(size) {
        return small(asked, supply, range, making).await;
    }
    large(asked, supply, range, making).await
}

/// A file of an event. It was read with the event, or is small enough to be read at once.
async fn of_object(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    file: &ObjectFile,
    range: Option<Range>,
    making: &mut Making,
) -> Result<Result<(), u16>, Failure> {
    let Some(file) = fetch_file(call, rows, file).await? else {
        return Ok(Err(status::INVALID_ATTACHMENT));
    };
    let total = file.octets.len() as u64;
    if range.is_some_and(|range| range.first >= total) {
        return Ok(Err(status::INVALID_RANGE));
    }
    let range = range.map(|range| answered(range, total));
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let octets = match range {
        Some(range) => file.octets.get(at(range.first)..=at(range.last)),
        None => file.octets.get(..),
    };
    let octets = octets.unwrap_or_default().to_vec();
    if !making.may_hold_file(octets.len() as u64) {
        return Ok(Err(status::TOO_LARGE));
    }
    let attachment = Attachment {
        range,
        total: Some(total),
        content_type: Some(file.media_type),
        content: None,
    };
    push(asked, attachment, octets, making);
    Ok(Ok(()))
}

/// The answered range and the whole size, as the phone hears them.
fn told(supply: &Supply, range: Option<Range>, total: Option<u64>) -> Attachment {
    Attachment {
        range,
        total,
        content_type: Some(supply.attached().media_type.clone()),
        content: None,
    }
}

/// Reads all of it, and keeps what is wanted.
async fn small(
    asked: &Fetch,
    mut supply: Supply,
    range: Option<Range>,
    making: &mut Making,
) -> Result<Result<(), u16>, Failure> {
    let reading = range.map_or_else(Reading::whole, Reading::cut);
    let Gathered { octets, seen } = match gather(&mut supply, &reading, range).await? {
        Ok(gathered) => gathered,
        Err(status) => return Ok(Err(status)),
    };
    if range.is_some_and(|range| range.first >= seen) {
        return Ok(Err(status::INVALID_RANGE));
    }
    let range = range.map(|range| answered(range, seen));
    push(asked, told(&supply, range, Some(seen)), octets, making);
    Ok(Ok(()))
}

async fn large(
    asked: &Fetch,
    mut supply: Supply,
    range: Option<Range>,
    making: &mut Making,
) -> Result<Result<(), u16>, Failure> {
    // Inline and whole it needs no length: the common case of old phones, read once.
    if range.is_none() && !making.is_multipart() {
        let attachment = told(&supply, None, None);
        making.stream(
            super::head(asked),
            attachment,
            supply,
            Reading::whole(),
            None,
        );
        return Ok(Ok(()));
    }
    let layout = supply.layout().await?;
    let total = match layout {
        Some(layout) => layout.total(),
        None => match supply.count().await? {
            Some(total) => total,
            None => return Ok(Err(status::INVALID_ATTACHMENT)),
        },
    };
    if range.is_some_and(|range| range.first >= total) {
        return Ok(Err(status::INVALID_RANGE));
    }
    let all = Range {
        first: 0,
        last: total.saturating_sub(1),
    };
    let wanted = answered(range.unwrap_or(all), total);
    let length = (wanted.last + 1).saturating_sub(wanted.first).min(total);
    if making.is_multipart() && length > MAX_OCTETS {
        return Ok(Err(status::TOO_LARGE));
    }
    let reading = layout
        .and_then(|layout| Reading::window(layout, wanted))
        .unwrap_or_else(|| Reading::cut(wanted));
    let attachment = told(&supply, range.map(|_| wanted), Some(total));
    if length <= STREAM_ABOVE && making.may_hold(length) {
        // What turns out to be irregular is cut out of the whole here; in a stream it is too late.
        let gathered = match gather(&mut supply, &reading, Some(wanted)).await? {
            Ok(gathered) => gathered,
            Err(status) => return Ok(Err(status)),
        };
        push(asked, attachment, gathered.octets, making);
        return Ok(Ok(()));
    }
    making.stream(
        super::head(asked),
        attachment,
        supply,
        reading,
        Some(length),
    );
    Ok(Ok(()))
}

/// A range as it is answered: it ends with the attachment.
fn answered(range: Range, total: u64) -> Range {
    Range {
        first: range.first,
        last: range.last.min(total.saturating_sub(1)),
    }
}

fn push(asked: &Fetch, attachment: Attachment, octets: Vec<u8>, making: &mut Making) {
    let content = Some(making.hold(octets));
    making.push(Outcome::Fetch {
        head: super::head(asked),
        properties: Some(Properties::Attachment(Attachment {
            content,
            ..attachment
        })),
    });
}

/// A size that is far from what the structure said is a server's fault, and no reason to hold it.
const MAX_GATHERED: u64 = 4 << 20;

async fn gather(
    supply: &mut Supply,
    reading: &Reading,
    range: Option<Range>,
) -> Result<Result<Gathered, u16>, Failure> {
    match supply.gather(reading, range, MAX_GATHERED).await {
        Ok(Some(gathered)) => Ok(Ok(gathered)),
        Ok(None) => Ok(Err(status::INVALID_ATTACHMENT)),
        Err(ImapError::TooLarge) => Ok(Err(status::TOO_LARGE)),
        Err(error) => Err(error.into()),
    }
}
