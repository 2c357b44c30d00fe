//! An answer on its way: octets that are there, and parts that are read while it is sent. Nothing of
//! a part is held but what waits for the phone to take it.

use std::io;

use airgate_codec::eas::Base64Stream;
use bytes::Bytes;
use tokio::sync::mpsc;
use tracing::warn;

use super::reading::Reading;
use super::supply::{End, Supply};
use crate::backend::imap::{ImapError, SinkClosed};
use crate::failure;

/// What an answer consists of, in order.
pub(in crate::command) enum Segment {
    Octets(Vec<u8>),
    /// A part as it is, or as base64. `length` is how many decoded octets were promised.
    Part {
        supply: Box<Supply>,
        reading: Reading,
        base64: bool,
        length: Option<u64>,
    },
}

/// Pieces waiting between the backend and the phone: enough to keep both busy.
const QUEUE: usize = 4;

type Sender = mpsc::Sender<Result<Bytes, io::Error>>;

/// Why an answer broke off.
#[derive(Debug, thiserror::Error)]
enum Break {
    #[error("the backend broke off")]
    Backend(#[from] ImapError),
    #[error("an attachment vanished while it was read")]
    Gone,
    #[error("an attachment is not what its two ends promised")]
    Misfit,
}

/// Reads in a task of its own, no faster than the phone takes. It ends with the answer, with the
/// phone's patience, or with the backend's.
pub(in crate::command) fn outflow(
    segments: Vec<Segment>,
) -> mpsc::Receiver<Result<Bytes, io::Error>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    crate::task::spawn("attachment", async move {
        for segment in segments {
            match pass(segment, &sender).await {
                Ok(()) => {}
                // The phone went away: nothing is read any further.
                Err(Break::Backend(ImapError::SinkClosed)) => return,
                Err(error) => {
                    warn!(error = %failure::chain(&error), "an attachment broke off");
                    // The phone must see a broken answer, not a short attachment.
                    let _ = sender.send(Err(io::Error::other(error))).await;
                    return;
                }
            }
        }
    });
    receiver
}

async fn pass(segment: Segment, sender: &Sender) -> Result<(), Break> {
    let (mut supply, reading, base64, length) = match segment {
        Segment::Octets(octets) => return Ok(send(sender, octets).await?),
        Segment::Part {
            supply,
            reading,
            base64,
            length,
        } => (supply, reading, base64, length),
    };
    let mut encoder = base64.then(Base64Stream::default);
    let mut sent = 0_u64;
    let end = supply
        .read(&reading, |plain| {
            sent = sent.saturating_add(plain.len() as u64);
            let piece = match &mut encoder {
                Some(encoder) => {
                    let mut text = String::with_capacity(plain.len() / 3 * 4 + 4);
                    encoder.push(plain, &mut text);
                    text.into_bytes()
                }
                None => plain.to_vec(),
            };
            send_piece(sender, piece)
        })
        .await?;
    match end {
        End::Gone => return Err(Break::Gone),
        End::Misfit => return Err(Break::Misfit),
        End::Whole { .. } if length.is_some_and(|length| length != sent) => {
            return Err(Break::Misfit);
        }
        End::Whole { .. } => {}
    }
    if let Some(mut encoder) = encoder {
        let mut text = String::new();
        encoder.finish(&mut text);
        send(sender, text.into_bytes()).await?;
    }
    Ok(())
}

async fn send(sender: &Sender, octets: Vec<u8>) -> Result<(), ImapError> {
    send_piece(sender, octets)
        .await
        .map_err(|SinkClosed| ImapError::SinkClosed)
}

async fn send_piece(sender: &Sender, octets: Vec<u8>) -> Result<(), SinkClosed> {
    if octets.is_empty() {
        return Ok(());
    }
    sender.send(Ok(octets.into())).await.map_err(|_| SinkClosed)
}
