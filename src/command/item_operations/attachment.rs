//! Fetching one attachment by its FileReference, whole, in part, or as a stream.

use std::io;

use airgate_codec::eas::item_operations::{Attachment, Fetch, Properties, ResponseWriter, status};
use airgate_codec::eas::{Range, status as common};
use bytes::Bytes;
use tokio::sync::mpsc;
use tracing::warn;

use super::Gathering;
use super::found::Found;
use crate::backend::imap::{ImapError, SinkClosed};
use crate::command::Call;
use crate::command::file_reference::FileReference;
use crate::failure::{self, Failure};
use crate::front::{Reply, WBXML};
use crate::item::transfer::Decoder;
use crate::store::FolderRow;

/// Attachments of more encoded octets than this are streamed where the form allows.
const STREAM_ABOVE: u64 = 256 * 1024;
/// Pieces waiting between the backend and the phone: enough to keep both busy.
const QUEUE: usize = 4;

/// What a fetch comes to.
pub(super) enum Fetched {
    Now(Result<Properties, u16>),
    /// Large, and asked for whole: see [`stream`].
    Large(Box<Found>),
}

/// The attachment as properties, or the status that says why not. `alone`: it may be streamed,
/// because nothing else is in the answer.
pub(super) async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    reference: &str,
    (gathering, alone): (&mut Gathering, bool),
) -> Result<Fetched, Failure> {
    let refused = |status| Ok(Fetched::Now(Err(status)));
    let Ok(reference) = reference.parse::<FileReference>() else {
        return refused(status::INVALID_ATTACHMENT);
    };
    let range = match &asked.options.range {
        Some(Ok(range)) => Some(*range),
        Some(Err(_)) => return refused(status::INVALID_RANGE),
        None => None,
    };
    if asked.options.schema.is_some() || !asked.options.body_preferences.is_empty() {
        return refused(common::INVALID_COMBINATION_OF_IDS);
    }
    let Some(mut found) = gathering.finder.find(call, rows, &reference).await? else {
        return refused(status::INVALID_ATTACHMENT);
    };
    if alone && range.is_none() && found.attached.size > STREAM_ABOVE {
        return Ok(Fetched::Large(Box::new(found)));
    }
    let Gathered { octets, total } = match gather(&mut found, range, gathering.room).await? {
        Ok(gathered) => gathered,
        Err(status) => return refused(status),
    };
    if range.is_some_and(|range| range.first >= total) {
        return refused(status::INVALID_RANGE);
    }
    let answered = range.map(|range| Range {
        first: range.first,
        last: range.first + (octets.len() as u64).saturating_sub(1),
    });
    Ok(Fetched::Now(Ok(Properties::Attachment(Attachment {
        range: answered,
        total: Some(total),
        content_type: Some(found.attached.media_type),
        content: Some(gathering.take(octets)),
    }))))
}

/// The answer that holds just this attachment, made as it is read.
pub(super) fn stream(call: &Call<'_>, asked: &Fetch, found: Found) -> Reply {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let mut writer = ResponseWriter::new(call.version, status::OK);
    let attachment = Attachment {
        content_type: Some(found.attached.media_type.clone()),
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
    Reply::stream(WBXML, None, receiver)
}

async fn pump(
    mut found: Found,
    mut writer: ResponseWriter,
    sender: &mpsc::Sender<Result<Bytes, io::Error>>,
) -> Result<(), Failure> {
    let mut decoder = Decoder::new(&found.attached.encoding);
    let mut plain = Vec::new();
    let told = {
        let (writer, decoder, plain) = (&mut writer, &mut decoder, &mut plain);
        found
            .each_piece(|octets| {
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

/// The octets asked for, and how many there are in all.
struct Gathered {
    octets: Vec<u8>,
    total: u64,
}

/// Reads and decodes the part, keeping only the range; the status if it is gone, or does not fit.
async fn gather(
    found: &mut Found,
    range: Option<Range>,
    room: u64,
) -> Result<Result<Gathered, u16>, Failure> {
    let mut decoder = Decoder::new(&found.attached.encoding);
    let mut plain = Vec::new();
    let mut gathered = Gathered {
        octets: Vec::new(),
        total: 0,
    };
    let read = found
        .each_piece(|octets| {
            plain.clear();
            decoder.push(&octets, &mut plain);
            gathered.take(&plain, range);
            let fits = gathered.octets.len() as u64 <= room;
            std::future::ready(if fits { Ok(()) } else { Err(SinkClosed) })
        })
        .await;
    match read {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(Err(status::INVALID_ATTACHMENT)),
        Err(ImapError::SinkClosed) => return Ok(Err(status::TOO_LARGE)),
        Err(error) => return Err(error.into()),
    }
    plain.clear();
    decoder.finish(&mut plain);
    gathered.take(&plain, range);
    Ok(Ok(gathered))
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
