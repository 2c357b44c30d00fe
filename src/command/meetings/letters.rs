//! Mails about meetings, as phones name them.

use airgate_codec::ProtocolVersion;

use crate::backend::imap::FetchItems;
use crate::command::Call;
use crate::command::read::Source as Reader;
use crate::command::{folders, lookup};
use crate::failure::{Failure, Remedy};
use crate::item::address::Addresses;
use crate::item::headers::Headers;
use crate::item::meeting;
use crate::item::options::BodyOptions;

/// A mail with a calendar part.
#[derive(Debug)]
pub(in crate::command) struct Letter {
    pub(in crate::command) text: String,
    /// The sender's address, in lower case.
    pub(in crate::command) from: String,
    pub(in crate::command) message_id: Option<String>,
}

/// The mail a phone names by a ServerId or a LongId; `None` for what is no meeting's, or not there.
pub(in crate::command) async fn find(
    call: &Call<'_>,
    item: Option<&str>,
    long: Option<&str>,
) -> Result<Option<Letter>, Failure> {
    match read(call, item, long).await {
        // Its folder is gone, and it with it.
        Err(failure) if failure.remedy == Remedy::ResyncFolders => Ok(None),
        other => other,
    }
}

/// The mail a phone names. Quirk: Outlook names the calendar's folder for a mail; the ServerId says
/// itself where it is (device-notes.md section 9).
async fn read(
    call: &Call<'_>,
    item: Option<&str>,
    long: Option<&str>,
) -> Result<Option<Letter>, Failure> {
    let rows = folders::known(call).await?;
    let found = match (long, item) {
        (Some(long), _) => lookup::by_long_id(call, &rows, long).await?,
        (None, Some(item)) => match lookup::place(call, &rows, None, item).await? {
            Some(place) => match lookup::at(call, &rows, &place).await? {
                Some(found) => Some(found),
                None => lookup::after_move(call, &rows, &place).await?,
            },
            None => None,
        },
        (None, None) => None,
    };
    let Some(mut found) = found else {
        return Ok(None);
    };
    let options = BodyOptions::new(ProtocolVersion::V14_0);
    let source = Reader::new(call, found.folder, found.uid_validity, options);
    let uids = found.uids();
    let Some(message) = source.read_whole(&mut found.session, &uids).await?.pop() else {
        return Ok(None);
    };
    let Some(text) = source.calendar_part(&message, false) else {
        return Ok(None);
    };
    if !meeting::concerns(text.as_bytes()) {
        return Ok(None);
    }
    let headers = Headers::read(FetchItems::header_of(&message).unwrap_or_default());
    Ok(Some(Letter {
        text,
        from: sender(&headers),
        message_id: headers.text("Message-ID", None),
    }))
}

/// The one address a mail is from, in lower case.
fn sender(headers: &Headers<'_>) -> String {
    let from = Addresses::read(headers.raw("From").unwrap_or_default(), None);
    let first = from.mailboxes.first();
    first
        .map(|from| from.address.to_lowercase())
        .unwrap_or_default()
}
