//! Fetching one attachment by its FileReference, whole, in part, or as a stream.

use std::io;

use airgate_codec::eas::item_operations::{
    Attachment, Content, Fetch, Outcome, Properties, ResponseWriter, status,
};
use airgate_codec::eas::{Range, status as common};
use bytes::Bytes;
use tokio::sync::mpsc;
use tracing::warn;

use super::Gathering;
use super::found::Found;
use super::multipart;
use crate::backend::imap::{ImapError, SinkClosed};
use crate::command::Call;
use crate::command::file_reference::FileReference;
use crate::failure::{self, Failure};
use crate::front::{MULTIPART, Reply, WBXML};
use crate::item::transfer::Decoder;
use crate::store::FolderRow;

/// Attachments of more encoded octets than this are streamed where the form allows.
const STREAM_ABOVE: u64 = 256 * 1024;
/// The same in the multipart form, where streaming means to read it twice.
const STREAM_PART_ABOVE: u64 = 4 << 20;
/// Pieces waiting between the backend and the phone: enough to keep both busy.
const QUEUE: usize = 4;

/// What a fetch comes to.
pub(super) enum Fetched {
    Now(Result<Properties, u16>),
    /// Large, and asked for whole: see [`stream`] and [`stream_part`].
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
    let whole = if gathering.parts.is_some() {
        STREAM_PART_ABOVE
    } else {
        STREAM_ABOVE
    };
    if alone && range.is_none() && found.attached.size > whole {
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
    let mut writer = ResponseWriter::new(call.version, status::OK);
    let attachment = Attachment {
        content_type: Some(found.attached.media_type.clone()),
        ..Attachment::default()
    };
    writer.begin_data(&super::head(asked), &attachment);
    Reply::stream(WBXML, None, pumped(found, Form::Data(writer)))
}

/// The same in the multipart form, whose table comes first: so it is read twice, once to know its
/// length. The status if it is gone.
pub(super) async fn stream_part(
    call: &Call<'_>,
    asked: &Fetch,
    mut found: Found,
) -> Result<Result<Reply, u16>, Failure> {
    let mut decoder = Decoder::new(&found.attached.encoding);
    let (mut plain, mut length) = (Vec::new(), 0);
    let told = found
        .each_piece(|octets| {
            decoder.push(&octets, &mut plain);
            length += plain.len() as u64;
            plain.clear();
            std::future::ready(Ok(()))
        })
        .await?;
    decoder.finish(&mut plain);
    length += plain.len() as u64;
    if told.is_none() {
        return Ok(Err(status::INVALID_ATTACHMENT));
    }
    let Ok(part) = u32::try_from(length) else {
        return Ok(Err(status::TOO_LARGE));
    };
    let mut writer = ResponseWriter::new(call.version, status::OK);
    writer.outcome(&Outcome::Fetch {
        head: super::head(asked),
        properties: Some(Properties::Attachment(Attachment {
            range: None,
            total: Some(length),
            content_type: Some(found.attached.media_type.clone()),
            content: Some(Content::Part(1)),
        })),
    });
    let start = multipart::start(&writer.finish(), part);
    let all = start.len() as u64 + length;
    Ok(Ok(Reply::stream(
        MULTIPART,
        Some(all),
        pumped(found, Form::Part(start)),
    )))
}

/// How the octets go out.
enum Form {
    /// As the Data of a document that is begun.
    Data(ResponseWriter),
    /// As they are, behind this.
    Part(Vec<u8>),
}

impl Form {
    fn piece(&mut self, plain: &[u8]) -> Bytes {
        match self {
            Self::Data(writer) => {
                writer.data(plain);
                writer.take().into()
            }
            Self::Part(start) => {
                let mut piece = std::mem::take(start);
                piece.extend_from_slice(plain);
                piece.into()
            }
        }
    }

    fn end(mut self, plain: &[u8]) -> Bytes {
        let piece = self.piece(plain);
        match self {
            Self::Data(mut writer) => {
                writer.end_data();
                [piece, writer.finish().into()].concat().into()
            }
            Self::Part(_) => piece,
        }
    }
}

/// Reads in a task of its own, no faster than the phone takes. It ends with the attachment, with
/// the phone's patience, or with the backend's.
fn pumped(found: Found, form: Form) -> mpsc::Receiver<Result<Bytes, io::Error>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    crate::task::spawn("attachment", async move {
        if let Err(error) = pump(found, form, &sender).await {
            warn!(error = %failure::chain(&error), "an attachment broke off");
            // The phone must see a broken answer, not a short attachment.
            let _ = sender
                .send(Err(io::Error::other("the backend broke off")))
                .await;
        }
    });
    receiver
}

async fn pump(
    mut found: Found,
    mut form: Form,
    sender: &mpsc::Sender<Result<Bytes, io::Error>>,
) -> Result<(), Failure> {
    let mut decoder = Decoder::new(&found.attached.encoding);
    let mut plain = Vec::new();
    let told = found
        .each_piece(|octets| {
            plain.clear();
            decoder.push(&octets, &mut plain);
            let piece = form.piece(&plain);
            async move { sender.send(Ok(piece)).await.map_err(|_| SinkClosed) }
        })
        .await?;
    if told.is_none() {
        return Err(Failure::gateway(
            "the attachment vanished while it was read",
        ));
    }
    plain.clear();
    decoder.finish(&mut plain);
    let _ = sender.send(Ok(form.end(&plain))).await;
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
