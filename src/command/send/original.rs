//! The mail that is replied to or forwarded: found through the phone's own view, so it is always the
//! right user's and the right one (S20, T13). Its text and its structure are read here; its other
//! parts stay where they are until they are handed over (`parcel.rs`).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::eas::status;
use airgate_codec::imap::{Fetched, Flag, MailboxName};

use super::filing::Mark;
use super::request::Source;
use crate::backend::imap::FetchItems;
use crate::command::Call;
use crate::command::lookup::{self, Found};
use crate::command::read::Source as Reader;
use crate::failure::{Failure, Remedy};
use crate::item::address::Addresses;
use crate::item::headers::Headers;
use crate::item::options::{BodyOptions, BodyPreference};
use crate::item::outgoing::{
    self, Addition, Attached, CONTENT_FIELDS, Parts, Quote, Section, Thread,
};
use crate::store::FolderRow;
use crate::sync::server_id;

/// How much of the original the mail needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Need {
    /// What threads and marks need.
    Header,
    /// Its text in these forms, for a reply with the pictures it shows.
    Reply { text: bool, html: bool },
    /// The same, and all other parts.
    Forward { text: bool, html: bool },
    /// All of it as it is.
    Whole,
}

/// The original, as far as it was needed.
#[derive(Debug)]
pub(super) struct Original {
    pub(super) mark: Mark,
    pub(super) thread: Thread,
    subject: String,
    content: Content,
}

/// What goes along.
#[derive(Debug)]
enum Content {
    Nothing,
    Reply(Quote, Vec<Attached>),
    Forward(Quote, Vec<Attached>, Vec<Attached>),
    Whole(Section),
}

/// Fields that are read of it.
const FIELDS: [&str; 3] = ["MESSAGE-ID", "REFERENCES", "SUBJECT"];
/// Where a quotation of a text beyond all measure ends.
const CUT: &str = "\r\n[...]\r\n";

/// Reads the original, or says by a status why there is none.
pub(super) async fn read(
    call: &Call<'_>,
    rows: &[FolderRow],
    source: &Source,
    need: Need,
    flag: Flag,
) -> Result<Result<Original, u16>, Failure> {
    match find(call, rows, source).await {
        Ok(Ok((mut found, head))) => {
            let mark = Mark {
                mailbox: MailboxName::new(found.folder.name.clone()),
                uid_validity: found.uid_validity,
                uid: found.uid,
                flag,
            };
            let Some(content) = content(call, &mut found, need).await? else {
                return Ok(Err(status::ITEM_NOT_FOUND));
            };
            Ok(Ok(Original {
                mark,
                thread: head.thread,
                subject: head.subject,
                content,
            }))
        }
        Ok(Err(status)) => Ok(Err(status)),
        // Its folder is gone, and it with it.
        Err(failure) if failure.remedy == Remedy::ResyncFolders => Ok(Err(status::ITEM_NOT_FOUND)),
        Err(failure) => Err(failure),
    }
}

async fn find<'r>(
    call: &Call<'_>,
    rows: &'r [FolderRow],
    source: &Source,
) -> Result<Result<(Found<'r>, Head), u16>, Failure> {
    let found = if let Some(long) = &source.long {
        let mut found = lookup::by_long_id(call, rows, long).await?;
        let head = header(&mut found).await?;
        found.zip(head)
    } else {
        let item = source.item.as_deref().unwrap_or_default();
        if server_id::read(item).is_none() {
            return Ok(Err(status::INVALID_IDS));
        }
        let collection = source.collection.as_deref();
        let Some(place) = lookup::place(call, rows, collection, item).await? else {
            return Ok(Err(status::ITEM_NOT_FOUND));
        };
        let mut found = lookup::at(call, rows, &place).await?;
        let mut head = header(&mut found).await?;
        if head.is_none() {
            drop(found);
            found = lookup::after_move(call, rows, &place).await?;
            head = header(&mut found).await?;
        }
        found.zip(head)
    };
    Ok(match found {
        // No mail has occurrences.
        Some(_) if source.instance.is_some() => Err(status::NO_RECURRENCE_IN_CALENDAR),
        Some(found) => Ok(found),
        None => Err(status::ITEM_NOT_FOUND),
    })
}

struct Head {
    thread: Thread,
    subject: String,
}

/// The header of what was found, if it is still there.
async fn header(found: &mut Option<Found<'_>>) -> Result<Option<Head>, Failure> {
    let Some(found) = found else {
        return Ok(None);
    };
    let items = FetchItems {
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
    }))
}

/// What the need comes to; `None` when the message vanished meanwhile.
async fn content(
    call: &Call<'_>,
    found: &mut Found<'_>,
    need: Need,
) -> Result<Option<Content>, Failure> {
    let (text, html, forward) = match need {
        Need::Header => return Ok(Some(Content::Nothing)),
        Need::Reply { text, html } => (text, html, false),
        Need::Forward { text, html } => (text, html, true),
        Need::Whole => return whole(found).await,
    };
    let Some(Told {
        mut quote,
        message,
        complete,
    }) = quote(call, found, (text, html, forward)).await?
    else {
        return Ok(None);
    };
    let shown_by = quote.html.as_deref().filter(|_| quote.is_html);
    let parts = Parts::of(&message);
    if !forward {
        if !complete {
            if let Some(text) = &mut quote.text {
                text.push_str(CUT);
            }
            return Ok(Some(Content::Reply(quote, Vec::new())));
        }
        let shown = match (parts, shown_by) {
            (Some(parts), Some(html)) => {
                let (shown, _) = parts.split(html);
                attached(found, &shown).await?.unwrap_or_default()
            }
            _ => Vec::new(),
        };
        return Ok(Some(Content::Reply(quote, shown)));
    }
    let Some(parts) = parts.filter(|_| complete) else {
        return whole(found).await;
    };
    let (shown, other) = parts.split(shown_by.unwrap_or_default());
    let shown = attached(found, &shown).await?;
    let other = attached(found, &other).await?;
    match (shown, other) {
        (Some(shown), Some(other)) => Ok(Some(Content::Forward(quote, shown, other))),
        _ => whole(found).await,
    }
}

/// Parts with their headers; `None` when the server does not tell them.
async fn attached(found: &mut Found<'_>, parts: &Parts) -> Result<Option<Vec<Attached>>, Failure> {
    if parts.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let sections = parts.sections().into_iter().map(|name| (name, None));
    let items = FetchItems {
        headers: Some(CONTENT_FIELDS.to_vec()),
        sections: sections.collect(),
        ..FetchItems::default()
    };
    let uids = found.uids();
    let message = found.session.fetch(&uids, &items).await?.pop();
    Ok(message.and_then(|message| parts.with_headers(&message)))
}

async fn whole(found: &mut Found<'_>) -> Result<Option<Content>, Failure> {
    let items = FetchItems {
        size: true,
        ..FetchItems::default()
    };
    let uids = found.uids();
    let message = found.session.fetch(&uids, &items).await?.pop();
    Ok(message.map(|message| Content::Whole(outgoing::whole(&message))))
}

/// The original's text.
struct Told {
    quote: Quote,
    /// With its structure.
    message: Fetched,
    /// None of the text was too long to be read.
    complete: bool,
}

async fn quote(
    call: &Call<'_>,
    found: &mut Found<'_>,
    (text, html, forward): (bool, bool, bool),
) -> Result<Option<Told>, Failure> {
    let mut quote = Quote::default();
    let mut complete = true;
    let mut last = None;
    for kind in [BodyType::Plain, BodyType::Html] {
        let wanted = match kind {
            BodyType::Html => html || forward && quote.is_html,
            _ => text,
        };
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
        describe(&email, &mut quote);
        let body = email.body;
        complete &= body.as_ref().is_some_and(|body| !body.truncated);
        let data = body.and_then(|body| body.data);
        match kind {
            BodyType::Html => quote.html = data,
            _ => quote.text = data,
        }
        last = Some(message);
    }
    Ok(last.map(|message| Told {
        quote,
        message,
        complete,
    }))
}

/// Who wrote it when to whom.
fn describe(email: &Email, quote: &mut Quote) {
    if let Some(from) = &email.from {
        let from = Addresses::read(from.as_bytes(), None);
        quote.author = from.display().unwrap_or_default();
    }
    quote.date = email.date_received.map(|moment| moment.0.div_euclid(1000));
    quote.is_html = email.native_body_type == Some(BodyType::Html);
    let fields = [
        ("From", &email.from),
        ("To", &email.to),
        ("Cc", &email.cc),
        ("Subject", &email.subject),
    ];
    quote.heading = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)))
        .collect();
}

impl Original {
    pub(super) fn addition(&self) -> Addition<'_> {
        match &self.content {
            Content::Nothing => Addition::Nothing,
            Content::Reply(quote, shown) => Addition::Reply { quote, shown },
            Content::Forward(quote, shown, attached) => Addition::Forward {
                quote,
                shown,
                attached,
            },
            Content::Whole(section) => Addition::Whole {
                section,
                subject: &self.subject,
            },
        }
    }
}
