//! Fetching one message with the body a phone asks for.

use airgate_codec::eas::item_operations::{Fetch, Properties, status};
use airgate_codec::eas::status as common;
use airgate_codec::eas::sync::ItemData;

use super::Gathering;
use crate::command::read::Source;
use crate::command::{Call, follow_ups, lookup};
use crate::failure::Failure;
use crate::item::options::BodyOptions;
use crate::store::FolderRow;

/// The properties of a message, or the status that says why not.
pub(super) async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    (collection, id): (&str, &str),
    gathering: &mut Gathering,
) -> Result<Result<Properties, u16>, Failure> {
    let wanted = &asked.options;
    let twice = wanted
        .body_preferences
        .iter()
        .enumerate()
        .any(|(at, preference)| {
            wanted
                .body_preferences
                .iter()
                .skip(at + 1)
                .any(|other| other.kind == preference.kind)
        });
    if twice {
        return Ok(Err(status::PROTOCOL_ERROR));
    }
    if wanted
        .body_part_preferences
        .iter()
        .any(|preference| preference.kind != airgate_codec::eas::email::BodyType::Html)
    {
        return Ok(Err(common::BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED));
    }
    let Some(mut found) = lookup::item(call, rows, Some(collection), id).await? else {
        return Ok(Err(status::NOT_FOUND));
    };
    let options = BodyOptions {
        preferences: wanted.body_preferences.iter().map(Into::into).collect(),
        part_preference: wanted.body_part_preferences.first().map(Into::into),
        mime_support: wanted.mime_support.unwrap_or(0),
        ..BodyOptions::new(call.version)
    };
    let source = Source::new(call, found.folder, found.uid_validity, options);
    let one = found.uids();
    let Some(message) = source.read_whole(&mut found.session, &one).await?.pop() else {
        return Ok(Err(status::NOT_FOUND));
    };
    let mut email = source.translate_whole(&message);
    follow_ups::complete(call, &message, &mut email).await?;
    if let Some(body) = &mut email.body {
        gathering.take_body(body);
    }
    Ok(Ok(Properties::Item(ItemData::Email(Box::new(email)))))
}
