//! Files of events under names that hold everywhere: `COLLECTION:NUMBER:NAME`. Inside an object a file
//! has its NAME alone. Hostile text when it comes back (T13): it leads only to objects that the phone
//! was told of.

use airgate_codec::eas::{Raw, RawEvent};
use airgate_codec::wbxml::air_sync_base;
use bytes::Bytes;

use super::{Read, Source, kind_of, knows};
use crate::backend::dav::Href;
use crate::command::Call;
use crate::failure::Failure;
use crate::item::object::{self, File};
use crate::store::FolderRow;
use crate::sync::server_id;
use crate::sync::view::ItemNumber;

/// Where a file is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::command) struct ObjectFile {
    collection: String,
    number: u32,
    name: String,
}

/// A file that was fetched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::command) struct Fetched {
    pub(in crate::command) media_type: String,
    pub(in crate::command) octets: Bytes,
}

/// Digits of a name.
const DIGITS: usize = 16;

impl ObjectFile {
    /// Reads what we wrote, and nothing else: the references of mail have another form.
    pub(in crate::command) fn read(text: &str) -> Option<Self> {
        let (item, name) = text.rsplit_once(':')?;
        let (collection, number) = server_id::read(item)?;
        let digits = name.strip_prefix('a')?;
        let is_name = digits.len() == DIGITS && digits.bytes().all(|d| d.is_ascii_hexdigit());
        is_name.then_some(Self {
            collection: collection.to_owned(),
            number: u32::try_from(number.0).ok()?,
            name: name.to_owned(),
        })
    }
}

/// The properties with the names of their files made good everywhere.
pub(super) fn named(raw: Raw, space: &str, number: u32) -> Raw {
    let mut named = false;
    let reference = RawEvent::Start(air_sync_base::FILE_REFERENCE);
    if !raw.events().contains(&reference) {
        return raw;
    }
    let events = raw.events().iter().map(|event| {
        let is_name = std::mem::replace(&mut named, *event == reference);
        match event {
            RawEvent::Text(name) if is_name => {
                let item = server_id::write(space, ItemNumber(u64::from(number)));
                RawEvent::Text(format!("{item}:{name}"))
            }
            other => other.clone(),
        }
    });
    Raw::new(events.collect())
}

/// The file behind a reference; `None` for what the phone was not told of, or is gone.
///
/// # Errors
/// A server that is down.
pub(in crate::command) async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    file: &ObjectFile,
) -> Result<Option<Fetched>, Failure> {
    let folder = rows
        .iter()
        .find(|row| call.space(row) == file.collection && !row.retired);
    let Some((folder, kind)) = folder.and_then(|folder| Some((folder, kind_of(folder)?))) else {
        return Ok(None);
    };
    if !knows(call, folder, file.number).await? {
        return Ok(None);
    }
    let mut source = Source::open(call, rows, folder, kind).await?;
    let Read::There { text, .. } = source.read_one(file.number).await? else {
        return Ok(None);
    };
    match object::file(kind, &text, &file.name) {
        Some(File::Here { media_type, octets }) => Ok(Some(Fetched {
            media_type,
            octets: octets.into(),
        })),
        Some(File::AtServer { media_type, uri }) => {
            // What is managed lies with the server itself; it leads nowhere else (T34).
            let Ok(href) = Href::parse(&uri, &source.dav.settings().origin) else {
                return Ok(None);
            };
            match source.dav.get(call.login, &href).await {
                Ok((_, octets)) => Ok(Some(Fetched { media_type, octets })),
                Err(error) if super::refusal(&error) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_only_what_we_wrote_reads_back() {
        let good = "c3:17:a0123456789abcdef";
        let file = ObjectFile::read(good).expect("ours");
        assert_eq!(
            (file.collection.as_str(), file.number, file.name.as_str()),
            ("c3", 17, "a0123456789abcdef")
        );
        for hostile in [
            "",
            "c3:17",
            "c3:17:",
            "c3:17:a",
            "c3:17:b0123456789abcdef",
            "c3:17:a0123456789abcdeg",
            "c3:17:a0123456789abcdef0",
            "c3:-1:a0123456789abcdef",
            "c3:4294967296:a0123456789abcdef",
            "c3:17:../0123456789abcdef",
            "m3:1700000000:42:2.1",
        ] {
            assert_eq!(ObjectFile::read(hostile), None, "{hostile:?}");
        }
    }
}
