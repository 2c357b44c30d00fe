//! The mail that is replied to or forwarded: found through the phone's own view, so it is always the
//! right user's and the right one (S20, T13).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::status;
use airgate_codec::imap::{Flag, MailboxName, Uid};

use super::filing::Mark;
use super::request::Source;
use crate::backend::imap::{FetchItems, ImapError, SinkClosed};
use crate::command::Call;
use crate::command::lookup::{self, Found};
use crate::command::read::Source as Reader;
use crate::failure::Failure;
use crate::item::address::Addresses;
use crate::item::headers::Headers;
use crate::item::options::{BodyOptions, BodyPreference};
use crate::item::outgoing::{Quote, Thread};
use crate::store::FolderRow;

/// How much of the original the mail needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Need {
    /// What threads and marks need.
    Header,
    /// And its body, as text, as HTML or both.
    Body { text: bool, html: bool },
    /// And all its octets, at most so many.
    Whole { limit: u64 },
}

/// The original, as far as it was needed.
#[derive(Debug)]
pub(super) struct Original {
    pub(super) mark: Mark,
    pub(super) thread: Thread,
    pub(super) subject: String,
    pub(super) quote: Option<Quote>,
    pub(super) whole: Option<Vec<u8>>,
}

/// Fields that are read of it.
const FIELDS: [&str; 3] = ["MESSAGE-ID", "REFERENCES", "SUBJECT"];

/// Reads the original, or says by a status why there is none.
pub(super) async fn read(
    call: &Call<'_>,
    rows: &[FolderRow],
    source: &Source,
    need: Need,
    flag: Flag,
) -> Result<Result<Original, u16>, Failure> {
    // LongIds come from searches, which are not offered yet.
    let Some(item) = source.item.as_deref() else {
        return Ok(Err(status::ITEM_NOT_FOUND));
    };
    let collection = source.collection.as_deref();
    let Some(place) = lookup::place(call, rows, collection, item).await? else {
        return Ok(Err(status::ITEM_NOT_FOUND));
    };
    let mut found = lookup::at(call, rows, &place).await?;
    let mut head = match &mut found {
        Some(found) => header(found).await?,
        None => None,
    };
    if head.is_none() {
        found = lookup::after_move(call, rows, &place).await?;
        head = match &mut found {
            Some(found) => header(found).await?,
            None => None,
        };
    }
    let (Some(mut found), Some(head)) = (found, head) else {
        return Ok(Err(status::ITEM_NOT_FOUND));
    };
    let mut original = Original {
        mark: Mark {
            mailbox: MailboxName::new(found.folder.name.clone()),
            uid_validity: found.uid_validity,
            uid: found.uid,
            flag,
        },
        thread: head.thread,
        subject: head.subject,
        quote: None,
        whole: None,
    };
    match need {
        Need::Header => {}
        Need::Body { text, html } => {
            original.quote = quote(call, &mut found, text, html).await?;
            if original.quote.is_none() {
                return Ok(Err(status::ITEM_NOT_FOUND));
            }
        }
        Need::Whole { limit } => {
            if head.size > limit {
                return Ok(Err(status::ATTACHMENT_IS_TOO_LARGE));
            }
            match whole(&mut found, limit).await {
                Ok(Some(octets)) => original.whole = Some(octets),
                Ok(None) => return Ok(Err(status::ITEM_NOT_FOUND)),
                Err(ImapError::SinkClosed) => return Ok(Err(status::ATTACHMENT_IS_TOO_LARGE)),
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(Ok(original))
}

struct Head {
    thread: Thread,
    subject: String,
    size: u64,
}

async fn header(found: &mut Found<'_>) -> Result<Option<Head>, Failure> {
    let items = FetchItems {
        size: true,
        headers: Some(FIELDS.to_vec()),
        ..FetchItems::default()
    };
    let uids = found.uids();
    let Some(message) = found.session.fetch(&uids, &items).await?.pop() else {
        return Ok(None);
    };
    let headers = Headers::read(FetchItems::header_of(&message).unwrap_or_default());
    Ok(Some(Head {
        thread: Thread {
            message_id: headers.text("Message-ID", None),
            references: headers.text("References", None),
        },
        subject: headers.text("Subject", None).unwrap_or_default(),
        size: message.size.map_or(0, u64::from),
    }))
}

async fn quote(
    call: &Call<'_>,
    found: &mut Found<'_>,
    text: bool,
    html: bool,
) -> Result<Option<Quote>, Failure> {
    let mut quote = Quote::default();
    for (kind, wanted) in [(BodyType::Plain, text), (BodyType::Html, html)] {
        if !wanted {
            continue;
        }
        let options = BodyOptions {
            preferences: vec![BodyPreference {
                kind,
                truncation_size: None,
                all_or_none: false,
                preview: None,
            }],
            // The form of bodies that all versions with BodyPreference share.
            ..BodyOptions::new(ProtocolVersion::V14_0)
        };
        let source = Reader::new(call, found.folder, found.uid_validity, options);
        let uids = found.uids();
        let Some(message) = source.read_whole(&mut found.session, &uids).await?.pop() else {
            return Ok(None);
        };
        let email = source.translate_whole(&message);
        if let Some(from) = &email.from {
            let from = Addresses::read(from.as_bytes(), None);
            quote.author = from.display().unwrap_or_default();
        }
        quote.date = email.date_received.map(|moment| moment.0.div_euclid(1000));
        let data = email.body.and_then(|body| body.data);
        match kind {
            BodyType::Html => quote.html = data,
            _ => quote.text = data,
        }
    }
    Ok(Some(quote))
}

async fn whole(found: &mut Found<'_>, limit: u64) -> Result<Option<Vec<u8>>, ImapError> {
    let Some(uid) = Uid::new(found.uid) else {
        return Ok(None);
    };
    let mut octets = Vec::new();
    let told = found
        .session
        .stream_section(uid, "", None, |piece| {
            let fits = (octets.len() + piece.len()) as u64 <= limit;
            if fits {
                octets.extend_from_slice(&piece);
            }
            std::future::ready(if fits { Ok(()) } else { Err(SinkClosed) })
        })
        .await?;
    Ok(told.map(|_| octets))
}
