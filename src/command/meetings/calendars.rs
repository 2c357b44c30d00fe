//! The user's calendars, as far as meetings go: an event found by its UID or by the name a phone has
//! for it, and written back ([`writing`]).

mod writing;

use std::sync::Arc;

use airgate_codec::dav::Href;
use bytes::Bytes;
use jiff::tz::TimeZone;

use super::mail;
use crate::backend::Login;
use crate::backend::dav::{Dav, DavError, ETag};
use crate::command::Call;
use crate::failure::Failure;
use crate::gate::{Gate, Scopes};
use crate::identity::{DeviceId, UserId};
use crate::item::habits::OneFolder;
use crate::item::meeting;
use crate::store::{FolderKind, FolderRow, Store};
use crate::sync::folders::{Role, merged};
use crate::sync::server_id;
use crate::sync::view::ItemNumber;
use crate::turns::{Turn, Turns};

/// Whose calendars, and by what they are opened: enough to do so without the phone.
#[derive(Clone)]
pub(in crate::command) struct Owner {
    pub(in crate::command) store: Arc<dyn Store>,
    dav: Dav,
    login: Login,
    pub(in crate::command) user: UserId,
    /// The device for which they are opened.
    device: DeviceId,
    gate: Arc<Gate>,
    turns: Arc<Turns<UserId>>,
    /// The user's addresses, as far as they are known without the server.
    me: Vec<String>,
    pub(in crate::command) zone: TimeZone,
    /// The phone looks at one calendar only, which stands for all.
    one: OneFolder,
}

/// The calendars of one user.
#[derive(Clone)]
pub(in crate::command) struct Calendars {
    owner: Owner,
    /// The default one first.
    rows: Vec<FolderRow>,
    /// The server sends invitations and answers by itself.
    pub(in crate::command) scheduling: bool,
    /// All addresses of the user, the account's own first.
    pub(in crate::command) me: Vec<String>,
}

/// An event as it lies in a calendar.
#[derive(Clone, Debug)]
pub(in crate::command) struct Kept {
    /// The CollectionId.
    collection: String,
    href: Href,
    etag: ETag,
    pub(in crate::command) text: Bytes,
}

/// Whether the calendar server may tell others of a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::command) enum Word {
    /// It may, if that is its way.
    Spread,
    /// Somebody else does, or nobody is to be told.
    Silent,
}

/// What became of a change.
#[derive(Debug)]
pub(in crate::command) enum Changed {
    Kept(Kept),
    /// It is not in the calendar any more.
    Gone,
    /// There was nothing to change.
    Same(Kept),
}

/// What became of a new event.
#[derive(Debug)]
pub(in crate::command) enum Added {
    Made(Kept),
    /// Somebody was first, with an event of the same UID.
    There(Kept),
    /// There is no calendar for it, or it is gone again.
    Nowhere,
}

impl Owner {
    /// The owner of the calendars a request may use; `None` where there are none, or its secret does
    /// not open them (C3).
    pub(in crate::command) fn of(call: &Call<'_>) -> Option<Self> {
        let dav = call.gateway.dav.calendars.as_ref();
        let dav = dav.filter(|_| call.scopes.allows(Scopes::CALENDAR))?;
        Some(Self {
            store: Arc::clone(&call.gateway.store),
            dav: dav.clone(),
            login: call.login.clone(),
            user: call.user.clone(),
            device: call.device.clone(),
            gate: Arc::clone(&call.gateway.gate),
            turns: Arc::clone(&call.gateway.meetings),
            me: mail::addresses(call),
            zone: call.gateway.settings.time_zone.clone(),
            one: call.one_folder(),
        })
    }

    /// Waits for what else is done about the user's meetings, by whichever device: what looks for an
    /// event and then makes it must not be done twice at once.
    pub(in crate::command) async fn turn(&self) -> Turn {
        self.turns.take(self.user.clone()).await
    }

    /// The calendars, if phones have been shown any.
    ///
    /// # Errors
    /// The server's.
    pub(in crate::command) async fn calendars(&self) -> Result<Option<Calendars>, Failure> {
        let mut rows = self.store.folders(&self.user).await?.rows;
        rows.retain(|row| row.kind == FolderKind::Calendar && !row.retired);
        if rows.is_empty() {
            return Ok(None);
        }
        rows.sort_by_key(|row| row.role != Role::Calendar as u8);
        let mut me = self.me.clone();
        for other in self.dav.addresses(&self.login).await? {
            if !me.contains(&other) {
                me.push(other);
            }
        }
        Ok(Some(Calendars {
            scheduling: self.dav.scheduling(&self.login).await?,
            owner: self.clone(),
            rows,
            me,
        }))
    }
}

impl Calendars {
    /// The calendars a request may use.
    ///
    /// # Errors
    /// The server's.
    pub(in crate::command) async fn of(call: &Call<'_>) -> Result<Option<Self>, Failure> {
        match Owner::of(call) {
            Some(owner) => owner.calendars().await,
            None => Ok(None),
        }
    }

    /// The event with that UID, wherever it is.
    ///
    /// # Errors
    /// A calendar that could not be asked: to say then that there is none would double the event.
    pub(in crate::command) async fn find(&self, uid: &str) -> Result<Option<Kept>, Failure> {
        for row in &self.rows {
            let collection = href(&row.name)?;
            let found = match self
                .owner
                .dav
                .with_uid(&self.owner.login, &collection, uid)
                .await
            {
                Ok(found) => found,
                // The calendar is gone, which the next FolderSync tells.
                Err(DavError::NotFound) => continue,
                Err(error) => return Err(error.into()),
            };
            let right = found
                .into_iter()
                .find(|(_, _, text)| meeting::uid_of(text).is_ok_and(|other| other == uid));
            if let Some((href, etag, text)) = right {
                return Ok(Some(Kept {
                    collection: row.id.clone(),
                    href,
                    etag,
                    text,
                }));
            }
        }
        Ok(None)
    }

    /// Whether an id is that of an item in one of the calendars.
    pub(in crate::command) fn owns(&self, item: &str) -> bool {
        server_id::read(item).is_some_and(|(space, _)| self.row_of(space).is_some())
    }

    /// The calendar whose numbers these are.
    fn row_of(&self, space: &str) -> Option<&FolderRow> {
        let id = merged::folder_of(space);
        self.rows.iter().find(|row| row.id == id)
    }

    /// The event a phone names; `None` if it is not there (any more).
    ///
    /// # Errors
    /// The server's or the store's.
    pub(in crate::command) async fn named(&self, item: &str) -> Result<Option<Kept>, Failure> {
        let Some((space, ItemNumber(number))) = server_id::read(item) else {
            return Ok(None);
        };
        let (Some(row), Ok(number)) = (self.row_of(space), u32::try_from(number)) else {
            return Ok(None);
        };
        let objects = self
            .owner
            .store
            .objects(&self.owner.user, space, &[number])
            .await?;
        let Some(object) = objects.first() else {
            return Ok(None);
        };
        self.read(row.id.clone(), href(&object.href)?).await
    }

    /// The ServerId phones have for an event.
    ///
    /// # Errors
    /// The store's.
    pub(in crate::command) async fn server_id(&self, kept: &Kept) -> Result<String, Failure> {
        let hrefs = [kept.href.as_str().to_owned()];
        let shown = self.row_of(&kept.collection);
        let stands = |row: &&FolderRow| self.owner.one.calendar && row.role == Role::Calendar as u8;
        let main = self.rows.first().filter(stands);
        let space = main.or(shown).map_or_else(
            || kept.collection.clone(),
            |row| merged::space(row, self.owner.one),
        );
        let numbers = self
            .owner
            .store
            .number_objects(&self.owner.user, &space, &hrefs)
            .await?;
        let number = numbers.first().copied().unwrap_or_default();
        Ok(server_id::write(&space, ItemNumber(u64::from(number))))
    }

    pub(super) async fn read(
        &self,
        collection: String,
        href: Href,
    ) -> Result<Option<Kept>, Failure> {
        match self.owner.dav.get(&self.owner.login, &href).await {
            Ok((etag, text)) => Ok(Some(Kept {
                collection,
                href,
                etag,
                text,
            })),
            Err(DavError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn href(path: &str) -> Result<Href, Failure> {
    Href::path(path).map_err(|fault| Failure::gateway(format!("{path}: {fault}")))
}
