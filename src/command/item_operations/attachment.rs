//! Fetching one attachment by its FileReference, whole, in part, or as a stream.

use std::io;

use airgate_codec::eas::item_operations::{
    Attachment, Content, Fetch, Properties, ResponseWriter, status,
};
use airgate_codec::eas::{Range, status as common};
use airgate_codec::imap::{MailboxName, Part, Structure, TransferEncoding, Uid, UidSet};
use bytes::Bytes;
use tokio::sync::mpsc;
use tracing::warn;

use super::multipart::Parts;
use crate::backend::imap::{FetchItems, Session, SinkClosed};
use crate::command::Call;
use crate::command::file_reference::FileReference;
use crate::command::moved::{self, Place};
use crate::failure::{self, Failure};
use crate::front::{Reply, WBXML};
use crate::item::transfer::Decoder;
use crate::store::FolderRow;

/// Attachments of more encoded octets than this are streamed where the form allows.
const STREAM_ABOVE: u64 = 256 * 1024;
/// Pieces waiting between the backend and the phone: enough to keep both busy.
const QUEUE: usize = 4;

/// A found part: where it is and how its octets are encoded.
struct Found {
    session: Session,
    uid: Uid,
    section: String,
    encoding: TransferEncoding,
    content_type: String,
    size: u64,
}

/// Answers a request for one large attachment as a stream; `None` when it is better made whole.
pub(super) async fn stream(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
) -> Result<Option<Reply>, Failure> {
    let (Some(reference), None) = (&asked.file_reference, &asked.options.range) else {
        return Ok(None);
    };
    if asked.server_id.is_some() || asked.collection_id.is_some() {
        return Ok(None);
    }
    let Ok(reference) = reference.parse() else {
        return Ok(None);
    };
    let Some(found) = find(call, rows, &reference).await? else {
        return Ok(None);
    };
    if found.size <= STREAM_ABOVE {
        return Ok(None);
    }
    let (sender, receiver) = mpsc::channel(QUEUE);
    let mut writer = ResponseWriter::new(call.version, status::OK);
    let attachment = Attachment {
        content_type: Some(found.content_type.clone()),
        ..Attachment::default()
    };
    writer.begin_data(&super::head(asked), &attachment);
    // Ends with the attachment, with the phone's patience, or with the backend's.
    crate::task::spawn("attachment", async move {
        if let Err(error) = pump(found, writer, &sender).await {
            warn!(error = %failure::chain(&error), "an attachment broke off");
            // The phone must see a broken answer, not a short attachment.
            let _ = sender
                .send(Err(io::Error::other("the backend broke off")))
                .await;
        }
    });
    Ok(Some(Reply::stream(WBXML, None, receiver)))
}

async fn pump(
    found: Found,
    mut writer: ResponseWriter,
    sender: &mpsc::Sender<Result<Bytes, io::Error>>,
) -> Result<(), Failure> {
    let Found {
        mut session,
        uid,
        section,
        encoding,
        ..
    } = found;
    let mut decoder = Decoder::new(&encoding);
    let mut plain = Vec::new();
    let state = (&mut writer, &mut decoder, &mut plain);
    let told = {
        let (writer, decoder, plain) = state;
        session
            .stream_section(uid, &section, None, |octets| {
                plain.clear();
                decoder.push(&octets, plain);
                writer.data(plain);
                let piece = Bytes::from(writer.take());
                async move { sender.send(Ok(piece)).await.map_err(|_| SinkClosed) }
            })
            .await?
    };
    if told.is_none() {
        return Err(Failure::gateway(
            "the attachment vanished while it was read",
        ));
    }
    plain.clear();
    decoder.finish(&mut plain);
    writer.data(&plain);
    writer.end_data();
    let _ = sender.send(Ok(Bytes::from(writer.finish()))).await;
    Ok(())
}

/// The attachment as properties, or the status that says why not.
pub(super) async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    reference: &str,
    parts: Option<&mut Parts>,
) -> Result<Result<Properties, u16>, Failure> {
    if reference.is_empty() {
        return Ok(Err(status::INVALID_ATTACHMENT));
    }
    let Ok(reference) = reference.parse::<FileReference>() else {
        return Ok(Err(status::INVALID_ATTACHMENT));
    };
    let range = match &asked.options.range {
        Some(Ok(range)) => Some(*range),
        Some(Err(_)) => return Ok(Err(status::INVALID_RANGE)),
        None => None,
    };
    if asked.options.schema.is_some() || !asked.options.body_preferences.is_empty() {
        return Ok(Err(common::INVALID_COMBINATION_OF_IDS));
    }
    let Some(mut found) = find(call, rows, &reference).await? else {
        return Ok(Err(status::INVALID_ATTACHMENT));
    };
    let Some(gathered) = gather(&mut found, range).await? else {
        return Ok(Err(status::INVALID_ATTACHMENT));
    };
    let Gathered { octets, total } = gathered;
    if range.is_some_and(|range| range.first >= total) {
        return Ok(Err(status::INVALID_RANGE));
    }
    let answered = range.map(|range| Range {
        first: range.first,
        last: range.first + (octets.len() as u64).saturating_sub(1),
    });
    let content = match parts {
        Some(parts) => Content::Part(parts.push(octets)),
        None => Content::Data(octets),
    };
    Ok(Ok(Properties::Attachment(Attachment {
        range: answered,
        total: Some(total),
        content_type: Some(found.content_type),
        content: Some(content),
    })))
}

/// The octets asked for, and how many there are in all.
struct Gathered {
    octets: Vec<u8>,
    total: u64,
}

/// Reads and decodes the part, keeping only the range.
async fn gather(found: &mut Found, range: Option<Range>) -> Result<Option<Gathered>, Failure> {
    let mut decoder = Decoder::new(&found.encoding);
    let mut plain = Vec::new();
    let mut gathered = Gathered {
        octets: Vec::new(),
        total: 0,
    };
    let told = found
        .session
        .stream_section(found.uid, &found.section, None, |octets| {
            plain.clear();
            decoder.push(&octets, &mut plain);
            gathered.take(&plain, range);
            std::future::ready(Ok(()))
        })
        .await?;
    plain.clear();
    decoder.finish(&mut plain);
    gathered.take(&plain, range);
    Ok(told.map(|_| gathered))
}

impl Gathered {
    /// Takes the next decoded octets, as far as they lie in the range.
    fn take(&mut self, octets: &[u8], range: Option<Range>) {
        let start = self.total;
        self.total += octets.len() as u64;
        let (first, last) = range.map_or((0, u64::MAX), |range| (range.first, range.last));
        let from = usize::try_from(first.saturating_sub(start)).unwrap_or(usize::MAX);
        let to = last.saturating_add(1).saturating_sub(start);
        let to = usize::try_from(to).unwrap_or(usize::MAX).min(octets.len());
        self.octets
            .extend_from_slice(octets.get(from..to).unwrap_or_default());
    }
}

/// Finds the part a reference names, also after we moved its message.
async fn find(
    call: &Call<'_>,
    rows: &[FolderRow],
    reference: &FileReference,
) -> Result<Option<Found>, Failure> {
    let mut place = Place {
        folder: reference.collection.clone(),
        uid_validity: reference.uid_validity,
        uid: reference.uid,
    };
    let found = look(call, rows, &place, &reference.section).await?;
    if found.is_some() {
        return Ok(found);
    }
    match moved::follow(call, &place).await {
        Some(now) => {
            place = now;
            look(call, rows, &place, &reference.section).await
        }
        None => Ok(None),
    }
}

async fn look(
    call: &Call<'_>,
    rows: &[FolderRow],
    place: &Place,
    section: &str,
) -> Result<Option<Found>, Failure> {
    let folder = rows
        .iter()
        .find(|row| row.id == place.folder && !row.retired);
    let (Some(folder), Some(uid)) = (folder, Uid::new(place.uid)) else {
        return Ok(None);
    };
    let name = MailboxName::new(folder.name.clone());
    let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
    let validity = match session.selected_validity(&name) {
        Some(validity) => validity,
        None => session.select(&name, None).await?.uid_validity,
    };
    if validity.get() != place.uid_validity {
        return Ok(None);
    }
    let items = FetchItems {
        structure: true,
        size: true,
        ..FetchItems::default()
    };
    let one = UidSet::from_iter([place.uid]);
    let Some(message) = session.fetch(&one, &items).await?.pop() else {
        return Ok(None);
    };
    if section.is_empty() {
        return Ok(Some(Found {
            session,
            uid,
            section: String::new(),
            encoding: TransferEncoding::EightBit,
            content_type: "message/rfc822".to_owned(),
            size: message.size.unwrap_or(0),
        }));
    }
    let Some(Structure::Known(root)) = &message.structure else {
        return Ok(None);
    };
    let Some(part) = part_at(root, section) else {
        return Ok(None);
    };
    // What is inside a message/rfc822 part is a message, whatever encoding it claims.
    let embedded = part.media_type == "message/rfc822";
    Ok(Some(Found {
        session,
        uid,
        section: section.to_owned(),
        encoding: if embedded {
            TransferEncoding::EightBit
        } else {
            part.encoding.clone()
        },
        content_type: part.media_type.clone(),
        size: part.size,
    }))
}

/// The part with that section, in a tree whose depth the parser bounds.
fn part_at<'p>(root: &'p Part, section: &str) -> Option<&'p Part> {
    let mut waiting = vec![root];
    while let Some(part) = waiting.pop() {
        if part.section == section && !part.is_multipart() {
            return Some(part);
        }
        waiting.extend(&part.children);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_keeps_just_its_octets() {
        let mut gathered = Gathered {
            octets: Vec::new(),
            total: 0,
        };
        let range = Some(Range { first: 3, last: 7 });
        for piece in ["ab", "cd", "", "efgh", "ij"] {
            gathered.take(piece.as_bytes(), range);
        }
        assert_eq!(gathered.octets, b"defgh");
        assert_eq!(gathered.total, 10);
    }
}
