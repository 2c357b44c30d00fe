//! What is answered: the mail with the invitation, the event in the calendar, mostly both, since an
//! event of a mail is found by its UID.

use airgate_codec::eas::meeting_response::Reply as Asked;

use crate::command::Call;
use crate::command::meetings::calendars::{Calendars, Kept};
use crate::command::meetings::letters::{self, Letter};
use crate::failure::Failure;
use crate::item::meeting;

/// A meeting to be answered.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) uid: String,
    pub(super) mail: Option<Letter>,
    pub(super) kept: Option<Kept>,
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
    let (item, long) = (asked.request_id.as_deref(), asked.long_id.as_deref());
    let Some(mail) = letters::find(call, item, long).await? else {
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
