//! Collections of objects behind a phone's ids: calendars, address books, task lists on a DAV server.
//! What Sync, Ping, GetItemEstimate, ItemOperations and MoveItems share: looking at a collection,
//! reading objects of it, showing them.

mod after;
mod cursors;
mod files;
mod homes;
mod look;
mod moves;
mod shown;

use std::collections::{HashMap, HashSet};

use airgate_codec::eas::{Class, Moment, Raw};
use airgate_codec::vobject::Document;
use bytes::Bytes;
use tracing::warn;

use super::Call;
use crate::backend::dav::{
    Collection, CollectionKind, Data, Dav, DavError, ETag, Got, Href, NotGot,
};
use crate::clock;
use crate::failure::{self, Blame, Failure, Remedy};
use crate::item::object::{Kind, Manner, Me, Rendered, object_of, render, stub};
use crate::item::options::BodyOptions;
use crate::store::{FolderKind, FolderRow};
use crate::sync::folders::merged;
use crate::sync::objects::Mark;
use crate::sync::server_id;
use crate::sync::view::ItemNumber;
use crate::undo;

pub(super) use self::cursors::Cursors;
pub(super) use self::files::{ObjectFile, fetch as fetch_file};
pub(super) use self::look::{differs, waiting};
pub(super) use self::moves::way;
pub(super) use self::shown::fetch;
use self::shown::knows;

/// The class of the objects in a folder; `None` for mail, and for notes that lie in a mailbox.
pub(super) fn kind_of(folder: &FolderRow) -> Option<Kind> {
    match folder.kind {
        FolderKind::Calendar => Some(Kind::Event),
        FolderKind::Contacts => Some(Kind::Contact),
        FolderKind::Tasks => Some(Kind::Task),
        FolderKind::Notes if folder.name.starts_with('/') => Some(Kind::Note),
        FolderKind::Mail | FolderKind::Notes => None,
    }
}

/// Whether a calendar is among these collections.
pub(super) fn has_calendars<'i>(rows: &[FolderRow], ids: impl Iterator<Item = &'i str>) -> bool {
    let mut ids = ids;
    ids.any(|id| {
        let row = rows.iter().find(|row| row.id == id);
        row.is_some_and(|row| row.kind == FolderKind::Calendar)
    })
}

/// The class of a folder as clients call it, which old ones are told.
pub(super) const fn class_of(kind: FolderKind) -> Class {
    match kind {
        FolderKind::Mail => Class::Email,
        FolderKind::Calendar => Class::Calendar,
        FolderKind::Contacts => Class::Contacts,
        FolderKind::Tasks => Class::Tasks,
        FolderKind::Notes => Class::Notes,
    }
}

/// One collection, for one phone; to a phone that looks at one of a class only, all of that class.
pub(super) struct Source<'a, 'b> {
    pub(super) call: &'a Call<'b>,
    pub(super) folder: &'a FolderRow,
    pub(super) kind: Kind,
    pub(super) dav: &'a Dav,
    /// The collection itself, in which new objects are made.
    pub(super) href: Href,
    /// The name of its keys and numbers.
    pub(super) space: String,
    /// What else is shown in it: each object is read and changed where it lies.
    others: Vec<Href>,
    pub(super) data: Data,
    /// Objects of another class may lie in it too.
    mixed: bool,
    /// All addresses of the user, in lower case.
    addresses: Vec<String>,
    /// What was read to be judged, until it is told.
    read: HashMap<u32, Read>,
}

/// An object that was asked for.
#[derive(Clone, Debug)]
pub(super) enum Read {
    There {
        href: Href,
        etag: ETag,
        text: Bytes,
    },
    /// The server says it is not there (S7).
    Gone,
    /// It is there and cannot be had, or there is nothing we can say of it.
    Failed,
    /// Nothing of its collection can be had now, which is one of several (T60).
    Withheld,
}

impl<'a, 'b> Source<'a, 'b> {
    /// The collection behind a folder of objects.
    ///
    /// # Errors
    /// A server that is down, or is not configured any more.
    pub(super) async fn open(
        call: &'a Call<'b>,
        rows: &[FolderRow],
        folder: &'a FolderRow,
        kind: Kind,
    ) -> Result<Self, Failure> {
        let unknown = || Failure::new(Blame::Gateway, Remedy::ResyncFolders, "no such collection");
        let dav = undo::server(&call.gateway.dav, kind).ok_or_else(unknown)?;
        let href = Href::path(&folder.name).map_err(|_| unknown())?;
        let one = call.one_folder();
        let members = merged::members(rows, folder, one);
        let others: Vec<Href> = members
            .iter()
            .filter_map(|row| Href::path(&row.name).ok())
            .filter(|member| *member != href)
            .collect();
        let mixed = std::iter::once(&href).chain(&others).any(|home| {
            let is_two = |row: &FolderRow| {
                row.name == home.as_str() && row.kind != folder.kind && !row.retired
            };
            rows.iter().any(is_two)
                || dav
                    .known(call.user, home, collection_kind(kind))
                    .is_some_and(|known| holds_others(&known))
        });
        let mut addresses = vec![call.user.as_str().to_lowercase()];
        if kind == Kind::Event {
            for address in dav.addresses(call.login).await? {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        Ok(Self {
            call,
            folder,
            kind,
            dav,
            href,
            space: merged::space(folder, one),
            others,
            data: undo::data_of(kind),
            mixed,
            addresses,
            read: HashMap::new(),
        })
    }

    /// How this phone is talked to.
    pub(super) fn manner<'m>(&'m self, bodies: &'m BodyOptions) -> Manner<'m> {
        Manner {
            version: self.call.version,
            bodies,
            zone: &self.call.gateway.settings.time_zone,
            me: Me {
                addresses: &self.addresses,
                name: None,
            },
            client: self.call.client(),
            now: Moment(clock::now_millis()),
        }
    }

    /// The ServerId of an object.
    pub(super) fn id(&self, number: u32) -> String {
        server_id::write(&self.space, ItemNumber(u64::from(number)))
    }

    /// Reads objects by their numbers; one answer for each, in their order.
    pub(super) async fn read(&mut self, numbers: &[u32]) -> Result<Vec<(u32, Read)>, Failure> {
        let (user, collection) = (self.call.user, self.space.as_str());
        let mut found: HashMap<u32, Read> = HashMap::new();
        let mut missing = Vec::new();
        for number in numbers {
            match self.read.remove(number) {
                Some(read) => {
                    found.insert(*number, read);
                }
                None => missing.push(*number),
            }
        }
        if !missing.is_empty() {
            let store = self.call.gateway.store.as_ref();
            let rows = store.objects(user, collection, &missing).await?;
            // What is known to be gone for long has no row any more.
            let known: HashSet<u32> = rows.iter().map(|row| row.number).collect();
            let gone = missing.iter().filter(|number| !known.contains(number));
            found.extend(gone.map(|number| (*number, Read::Gone)));
            let named: Vec<(u32, Href, bool)> = rows
                .into_iter()
                .filter_map(|row| {
                    Some((row.number, Href::path(&row.href).ok()?, row.uid.is_some()))
                })
                .collect();
            let hrefs: Vec<Href> = named.iter().map(|(_, href, _)| href.clone()).collect();
            let mut all = self.get(&hrefs).await?;
            let mut uids = Vec::new();
            for (number, href, known) in named {
                let Some(got) = all.remove(&href) else {
                    found.insert(number, Read::Withheld);
                    continue;
                };
                let read = match got.result {
                    Ok((etag, text)) => {
                        if !known && let Some(uid) = uid_of(&text) {
                            uids.push((number, uid));
                        }
                        Read::There { href, etag, text }
                    }
                    Err(NotGot::Gone) => Read::Gone,
                    Err(NotGot::Failed(why)) => {
                        warn!(collection, number, why, "an object cannot be read");
                        Read::Failed
                    }
                };
                found.insert(number, read);
            }
            store.learn_uids(user, collection, &uids).await?;
        }
        Ok(numbers
            .iter()
            .map(|number| (*number, found.remove(number).unwrap_or(Read::Failed)))
            .collect())
    }

    /// Asks each collection for its own; no answer for what is in one that cannot be read now, beside
    /// others.
    async fn get(&self, hrefs: &[Href]) -> Result<HashMap<Href, Got>, Failure> {
        let login = self.call.login;
        if self.others.is_empty() {
            let all = self
                .dav
                .multiget(login, &self.href, self.data, hrefs)
                .await?;
            return Ok(all.into_iter().map(|got| (got.href.clone(), got)).collect());
        }
        let mut found: HashMap<Href, Got> = HashMap::with_capacity(hrefs.len());
        for home in self.homes() {
            let own = hrefs.iter().filter(|href| self.home_of(href) == home);
            let own: Vec<Href> = own.cloned().collect();
            if own.is_empty() {
                continue;
            }
            match self.dav.multiget(login, home, self.data, &own).await {
                Ok(got) => found.extend(got.into_iter().map(|got| (got.href.clone(), got))),
                // Without an answer they are withheld.
                Err(error) if self.is_its_own(home, &error) => {
                    let (collection, error) = (home.as_str(), failure::chain(&error));
                    warn!(
                        collection,
                        error, "one of several collections cannot be read"
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    /// Reads one object.
    pub(super) async fn read_one(&mut self, number: u32) -> Result<Read, Failure> {
        let read = self.read(&[number]).await?.pop();
        Ok(read.map_or(Read::Failed, |(_, read)| read))
    }

    /// Whether a text is of the collection's class at all.
    pub(super) fn is_of_class(&self, text: &[u8]) -> bool {
        !self.mixed && self.kind != Kind::Contact || object_of(self.kind, text)
    }

    /// The object for the phone, or a readable stub where it cannot be shown (T59).
    pub(super) fn show(
        &self,
        number: u32,
        href: &Href,
        text: &[u8],
        bodies: &BodyOptions,
    ) -> Rendered {
        let manner = self.manner(bodies);
        match render(self.kind, text, &manner) {
            Ok(rendered) => Rendered {
                data: self.named(rendered.data, number),
                ..rendered
            },
            Err(error) => {
                metrics::counter!("airgate_poison_items_total").increment(1);
                let collection = self.space.as_str();
                warn!(collection, number, error = %failure::chain(&error), "an object cannot be shown");
                stub(self.kind, &href.last_segment(), &manner)
            }
        }
    }

    /// Properties in which files are named as they are from outside of the object.
    pub(super) fn named(&self, data: Raw, number: u32) -> Raw {
        files::named(data, &self.space, number)
    }

    /// What stands for an object that cannot be read (T59).
    pub(super) fn stand_in(&self, number: u32, bodies: &BodyOptions) -> Rendered {
        metrics::counter!("airgate_poison_items_total").increment(1);
        stub(self.kind, &number.to_string(), &self.manner(bodies))
    }
}

/// The version of an object that was read: by its ETag, or by its text where the server tells none.
pub(super) fn mark_of(etag: &ETag, text: &[u8]) -> Mark {
    if etag.is_unknown() {
        Mark::of_phone(text)
    } else {
        Mark::of_etag(etag.as_str())
    }
}

/// The UID in an object.
pub(super) fn uid_of(text: &[u8]) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let outer = document.components().next()?;
    let property = outer.property("UID").or_else(|| {
        let mut inner = outer.components();
        inner.find_map(|component| component.property("UID"))
    })?;
    let uid = property.value().trim();
    (!uid.is_empty()).then(|| uid.to_owned())
}

const fn collection_kind(kind: Kind) -> CollectionKind {
    match kind {
        Kind::Contact => CollectionKind::AddressBook,
        Kind::Event | Kind::Task | Kind::Note => CollectionKind::Calendar,
    }
}

fn holds_others(known: &Collection) -> bool {
    let components = known.components;
    let kinds = [components.events, components.tasks, components.journals];
    kinds.into_iter().filter(|holds| *holds).count() > 1
}

/// Whether the server is well and says no to this one thing.
pub(super) const fn refusal(error: &DavError) -> bool {
    error.is_final()
}
