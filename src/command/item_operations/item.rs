//! Fetching one message with the body a phone asks for.

use airgate_codec::eas::Class;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::item_operations::{
    Fetch, FetchHead, FetchOptions, Outcome, Properties, status,
};
use airgate_codec::eas::status as common;
use airgate_codec::eas::sync::ItemData;
use airgate_codec::imap::Fetched;
use airgate_codec::wbxml::{Tag, air_sync_base};

use super::answer::Making;
use crate::command::lookup::{self, Found};
use crate::command::moved::Place;
use crate::command::read::Source;
use crate::command::{Call, objects};
use crate::failure::Failure;
use crate::item::options::{BodyOptions, BodyPreference};
use crate::store::FolderRow;

/// How a phone names a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'a> {
    ServerId { collection: &'a str, id: &'a str },
    LongId(&'a str),
}

/// Takes the properties of a message into the answer, or says by a status why not.
pub(super) async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    name: Name<'_>,
    making: &mut Making,
) -> Result<Result<(), u16>, Failure> {
    let options = match options(call, &asked.options) {
        Ok(options) => options,
        Err(status) => return Ok(Err(status)),
    };
    if let Name::ServerId { collection, id } = name
        && let Some(folder) = rows.iter().find(|row| row.id == collection && !row.retired)
        && objects::kind_of(folder).is_some()
    {
        let Some(item) = objects::fetch(call, rows, folder, id, &options).await? else {
            return Ok(Err(status::NOT_FOUND));
        };
        making.push(Outcome::Fetch {
            head: FetchHead {
                class: Some(objects::class_of(folder.kind)),
                ..super::head(asked)
            },
            properties: Some(Properties::Item(item)),
        });
        return Ok(Ok(()));
    }
    let Some((source, message)) = find(call, rows, name, options).await? else {
        return Ok(Err(status::NOT_FOUND));
    };
    let mut item = source.item_whole(&message).await?;
    if let ItemData::Email(email) = &mut item {
        if let Some(named) = schema(&asked.options) {
            **email = std::mem::take(&mut **email).with_only(named);
        }
        if let Some(body) = &mut email.body {
            making.hold_body(body);
        }
        if let Some(part) = &email.body_part {
            making.weigh(&part.body);
        }
    }
    let mut head = super::head(asked);
    if matches!(item, ItemData::Other(_)) {
        head.class = Some(Class::Notes);
    }
    making.push(Outcome::Fetch {
        head,
        properties: Some(Properties::Item(item)),
    });
    Ok(Ok(()))
}

/// The message and where it is, also where the phone moved it.
async fn find<'a, 'b>(
    call: &'a Call<'b>,
    rows: &'a [FolderRow],
    name: Name<'_>,
    options: BodyOptions,
) -> Result<Option<(Source<'a, 'b>, Fetched)>, Failure> {
    let (found, place) = match name {
        Name::LongId(text) => (lookup::by_long_id(call, rows, text).await?, None),
        Name::ServerId { collection, id } => {
            match lookup::place(call, rows, Some(collection), id).await? {
                Some(place) => (lookup::at(call, rows, &place).await?, Some(place)),
                None => (None, None),
            }
        }
    };
    if let Some(found) = found
        && let Some(read) = read(call, found, options.clone()).await?
    {
        return Ok(Some(read));
    }
    match place {
        Some(place) => moved(call, rows, &place, options).await,
        None => Ok(None),
    }
}

async fn moved<'a, 'b>(
    call: &'a Call<'b>,
    rows: &'a [FolderRow],
    place: &Place,
    options: BodyOptions,
) -> Result<Option<(Source<'a, 'b>, Fetched)>, Failure> {
    match lookup::after_move(call, rows, place).await? {
        Some(found) => read(call, found, options).await,
        None => Ok(None),
    }
}

async fn read<'a, 'b>(
    call: &'a Call<'b>,
    mut found: Found<'a>,
    options: BodyOptions,
) -> Result<Option<(Source<'a, 'b>, Fetched)>, Failure> {
    let source = Source::new(call, found.folder, found.uid_validity, options);
    let one = found.uids();
    let message = source.read_whole(&mut found.session, &one).await?.pop();
    Ok(message.map(|message| (source, message)))
}

/// The only properties wanted; an empty Schema says nothing (exchange-habits 12).
fn schema(asked: &FetchOptions) -> Option<&[Tag]> {
    asked.schema.as_deref().filter(|named| !named.is_empty())
}

/// How the body is wanted. What is said of licenses (RightsManagementSupport) is taken note of and
/// changes nothing: no message here has one.
fn options(call: &Call<'_>, asked: &FetchOptions) -> Result<BodyOptions, u16> {
    let preferences = &asked.body_preferences;
    let twice = preferences.iter().enumerate().any(|(at, preference)| {
        let mut others = preferences.iter().skip(at + 1);
        others.any(|other| other.kind == preference.kind)
    });
    if twice {
        return Err(status::PROTOCOL_ERROR);
    }
    let parts = &asked.body_part_preferences;
    if parts.iter().any(|part| part.kind != BodyType::Html) {
        return Err(common::BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED);
    }
    let mut options = BodyOptions {
        preferences: preferences.iter().map(Into::into).collect(),
        part_preference: parts.first().map(Into::into),
        mime_support: asked.mime_support.unwrap_or(0),
        ..BodyOptions::new(call.version)
    };
    let wants = |tag| schema(asked).is_none_or(|named| named.contains(&tag));
    if !wants(air_sync_base::BODY_PART) {
        options.part_preference = None;
    }
    if !wants(air_sync_base::BODY) {
        // No octet of a body is read for properties of the header alone.
        options.preferences = vec![BodyPreference {
            kind: BodyType::Plain,
            truncation_size: Some(0),
            all_or_none: false,
            preview: None,
        }];
    }
    Ok(options)
}
