//! What is answered: the mail with the invitation, the event in the calendar, mostly both, since an
//! event of a mail is found by its UID.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::meeting_response::Reply as Asked;

use crate::backend::imap::FetchItems;
use crate::command::Call;
use crate::command::meetings::calendars::{Calendars, Kept};
use crate::command::read::Source as Reader;
use crate::command::{folders, lookup};
use crate::failure::{Failure, Remedy};
use crate::item::address::Addresses;
use crate::item::headers::Headers;
use crate::item::meeting;
use crate::item::options::BodyOptions;

/// A meeting to be answered.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) uid: String,
    pub(super) mail: Option<Letter>,
    pub(super) kept: Option<Kept>,
}

/// A mail with a calendar part.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) text: String,
    /// The sender's address, in lower case.
    pub(super) from: String,
    pub(super) message_id: Option<String>,
}

impl Source {
    /// The text that is answered: what the phone was looking at.
    pub(super) fn base(&self) -> Vec<u8> {
        match (&self.mail, &self.kept) {
            (Some(mail), _) => mail.text.clone().into_bytes(),
            (None, Some(kept)) => kept.text.to_vec(),
            (None, None) => Vec::new(),
        }
    }
}

/// Finds it; `None` for what is no meeting, or not there.
pub(super) async fn find(
    call: &Call<'_>,
    calendars: Option<&Calendars>,
    asked: &Asked,
) -> Result<Option<Source>, Failure> {
    let item = asked.request_id.as_deref().unwrap_or_default();
    if let Some(calendars) = calendars.filter(|calendars| calendars.owns(item)) {
        let kept = calendars.named(item).await?;
        return Ok(kept.and_then(|kept| {
            let uid = meeting::uid_of(&kept.text).ok()?;
            Some(Source {
                uid,
                mail: None,
                kept: Some(kept),
            })
        }));
    }
    let Some(mail) = letter(call, asked).await? else {
        return Ok(None);
    };
    let Ok(uid) = meeting::uid_of(mail.text.as_bytes()) else {
        return Ok(None);
    };
    let kept = match calendars {
        Some(calendars) => calendars.find(&uid).await?,
        None => None,
    };
    Ok(Some(Source {
        uid,
        mail: Some(mail),
        kept,
    }))
}

async fn letter(call: &Call<'_>, asked: &Asked) -> Result<Option<Letter>, Failure> {
    match read(call, asked).await {
        // Its folder is gone, and it with it.
        Err(failure) if failure.remedy == Remedy::ResyncFolders => Ok(None),
        other => other,
    }
}

/// The mail a phone names. Quirk: Outlook names the calendar's folder for a mail; the ServerId says
/// itself where it is (device-notes.md section 9).
async fn read(call: &Call<'_>, asked: &Asked) -> Result<Option<Letter>, Failure> {
    let rows = folders::known(call).await?;
    let found = match (&asked.long_id, &asked.request_id) {
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
