//! Where the part is that a FileReference names, and its octets.

use std::future::Future;

use airgate_codec::imap::{Fetched, MailboxName, Uid, UidSet};
use bytes::Bytes;

use super::supply::Supply;
use crate::backend::Login;
use crate::backend::imap::{FetchItems, Imap, ImapError, Session, SinkClosed};
use crate::command::Call;
use crate::command::edited;
use crate::command::file_reference::FileReference;
use crate::command::moved::Place;
use crate::failure::Failure;
use crate::item::attachment::{self, Attached, Lookup, Source, look_up};
use crate::item::layout::{HEAD, TAIL};
use crate::store::FolderRow;

/// A found part.
pub(super) struct Found {
    pub(super) attached: Attached,
    octets: Octets,
}

/// A part's octets, still encoded.
enum Octets {
    /// To be read from a mailbox.
    There(Box<Section>),
    /// Read already, with the message.
    Here(Bytes),
}

/// A section of a message.
struct Section {
    imap: Imap,
    login: Login,
    mailbox: MailboxName,
    uid_validity: u32,
    uid: Uid,
    section: String,
    /// With the mailbox selected.
    session: Option<Session>,
}

impl Found {
    /// Gives the connection back until the octets are read.
    pub(super) fn rest(&mut self) {
        if let Octets::There(section) = &mut self.octets {
            section.session = None;
        }
    }

    /// A file inside this part, which is read whole for it.
    async fn inside(mut self, number: usize) -> Result<Option<Self>, Failure> {
        let mut octets = Vec::new();
        let told = self
            .each_piece(None, |piece| {
                let fits = (octets.len() + piece.len()) as u64 <= attachment::MAX_SOURCE;
                if fits {
                    octets.extend_from_slice(&piece);
                }
                std::future::ready(if fits { Ok(()) } else { Err(SinkClosed) })
            })
            .await;
        match told {
            Ok(Some(_)) => {}
            Ok(None) | Err(ImapError::SinkClosed) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let file = attachment::inside(&octets, &self.attached, number);
        Ok(file.map(|(attached, octets)| Self {
            attached,
            octets: Octets::Here(octets),
        }))
    }

    /// Passes the octets on as they come, or (offset, length) of them; how many there were, `None`
    /// if they are gone.
    pub(super) async fn each_piece<S, F>(
        &mut self,
        partial: Option<(u64, u64)>,
        mut sink: S,
    ) -> Result<Option<u64>, ImapError>
    where
        S: FnMut(Bytes) -> F,
        F: Future<Output = Result<(), SinkClosed>>,
    {
        match &mut self.octets {
            Octets::There(part) => {
                let (uid, section) = (part.uid, part.section.clone());
                let Some(session) = part.session().await? else {
                    return Ok(None);
                };
                let read = session.stream_section(uid, &section, partial, sink).await;
                if read.is_err() {
                    part.session = None;
                }
                read
            }
            Octets::Here(octets) => {
                let octets = match partial {
                    Some((offset, length)) => cut(octets, offset, length),
                    None => octets.clone(),
                };
                let length = octets.len() as u64;
                sink(octets).await.map_err(|_| ImapError::SinkClosed)?;
                Ok(Some(length))
            }
        }
    }

    /// The first [`HEAD`] octets, and what comes of twice [`TAIL`] octets that should be half in the
    /// part; `None` if the server does not tell them apart, or the part is here already.
    pub(super) async fn ends(&mut self) -> Result<Option<(Vec<u8>, Vec<u8>)>, ImapError> {
        let Octets::There(part) = &mut self.octets else {
            return Ok(None);
        };
        let Some(tail) = self.attached.size.checked_sub(TAIL) else {
            return Ok(None);
        };
        let (uid, section) = (part.uid, part.section.clone());
        let items = FetchItems {
            sections: vec![
                (section.clone(), Some((0, HEAD))),
                (section, Some((tail, 2 * TAIL))),
            ],
            ..FetchItems::default()
        };
        let Some(session) = part.session().await? else {
            return Ok(None);
        };
        let uids = UidSet::from_iter([uid.get()]);
        let Some(message) = session.fetch(&uids, &items).await?.pop() else {
            return Ok(None);
        };
        let mut sections = message.sections;
        let mut take = |offset: u64| {
            let at = sections
                .iter()
                .position(|section| section.origin.map(u64::from) == Some(offset))?;
            sections.swap_remove(at).octets
        };
        Ok(take(0).zip(take(tail)))
    }
}

impl Section {
    /// A session with the mailbox selected; `None` when it became another.
    async fn session(&mut self) -> Result<Option<&mut Session>, ImapError> {
        if self.session.is_none() {
            let mut session = self.imap.session(&self.login, Some(&self.mailbox)).await?;
            let validity = session.select(&self.mailbox, None).await?.uid_validity;
            if validity.get() != self.uid_validity {
                return Ok(None);
            }
            self.session = Some(session);
        }
        Ok(self.session.as_mut())
    }
}

fn cut(octets: &Bytes, offset: u64, length: u64) -> Bytes {
    let size = octets.len();
    let from = usize::try_from(offset).unwrap_or(size).min(size);
    let to = usize::try_from(offset.saturating_add(length)).unwrap_or(size);
    octets.slice(from..to.clamp(from, size))
}

/// Finds parts for one request. A phone that asks for several attachments asks for those of one
/// message, so what is known of the last one is kept.
#[derive(Default)]
pub(in crate::command) struct Finder {
    last: Option<(Place, Known)>,
}

/// What a message is made of.
enum Known {
    /// By the server's structure.
    Told(Fetched),
    /// By our own reading, where the server cannot tell (T1, T68).
    Read(Source),
}

impl Finder {
    /// Finds the part a reference names, also after its message was moved by us or edited by a phone.
    pub(in crate::command) async fn find(
        &mut self,
        call: &Call<'_>,
        rows: &[FolderRow],
        reference: &FileReference,
    ) -> Result<Option<Supply>, Failure> {
        let place = Place {
            folder: reference.collection.clone(),
            uid_validity: reference.uid_validity,
            uid: reference.uid,
        };
        let section = &reference.section;
        if let Some(found) = self.look(call, rows, &place, section).await? {
            return Ok(Some(Supply::new(call, found, reference.to_string())));
        }
        let Some((now, section)) = edited::locate(call, &place, section).await else {
            return Ok(None);
        };
        let found = self.look(call, rows, &now, &section).await?;
        let part = FileReference {
            collection: now.folder,
            uid_validity: now.uid_validity,
            uid: now.uid,
            section,
        };
        Ok(found.map(|found| Supply::new(call, found, part.to_string())))
    }

    /// The part, or what is in it where the section says so.
    async fn look(
        &mut self,
        call: &Call<'_>,
        rows: &[FolderRow],
        place: &Place,
        section: &str,
    ) -> Result<Option<Found>, Failure> {
        let Some((container, number)) = attachment::container_of(section) else {
            return self.part(call, rows, place, section).await;
        };
        match self.part(call, rows, place, container).await? {
            Some(found) => found.inside(number).await,
            None => Ok(None),
        }
    }

    async fn part(
        &mut self,
        call: &Call<'_>,
        rows: &[FolderRow],
        place: &Place,
        section: &str,
    ) -> Result<Option<Found>, Failure> {
        let folder = rows
            .iter()
            .find(|row| row.id == place.folder && !row.retired);
        let (Some(folder), Some(uid)) = (folder, Uid::new(place.uid)) else {
            return Ok(None);
        };
        let name = MailboxName::new(folder.name.clone());
        let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
        let validity = match session.selected_validity(&name) {
            Some(validity) => validity,
            None => session.select(&name, None).await?.uid_validity,
        };
        if validity.get() != place.uid_validity {
            return Ok(None);
        }
        let there = |session, section: &str| {
            Octets::There(Box::new(Section {
                imap: call.gateway.imap.clone(),
                login: call.login.clone(),
                mailbox: name.clone(),
                uid_validity: place.uid_validity,
                uid,
                section: section.to_owned(),
                session: Some(session),
            }))
        };
        if self.last.as_ref().is_none_or(|(of, _)| of != place) {
            self.last = told(&mut session, place.uid)
                .await?
                .map(|message| (place.clone(), Known::Told(message)));
        }
        let Some((_, known)) = &mut self.last else {
            return Ok(None);
        };
        if let Known::Told(message) = known {
            match look_up(message, section) {
                Lookup::There(attached) => {
                    return Ok(Some(Found {
                        attached,
                        octets: there(session, section),
                    }));
                }
                Lookup::Nowhere => return Ok(None),
                Lookup::ReadSource => match read(&mut session, place.uid).await? {
                    Some(source) => *known = Known::Read(source),
                    None => return Ok(None),
                },
            }
        }
        let Known::Read(source) = known else {
            return Ok(None);
        };
        if section.is_empty() {
            return Ok(Some(Found {
                attached: Attached::message(source.size()),
                octets: there(session, ""),
            }));
        }
        Ok(source.part(section).map(|(attached, octets)| Found {
            attached,
            octets: Octets::Here(octets),
        }))
    }
}

/// What the server tells of a message's structure.
async fn told(session: &mut Session, uid: u32) -> Result<Option<Fetched>, ImapError> {
    let items = FetchItems {
        structure: true,
        size: true,
        headers: Some(attachment::HEADER_FIELDS.to_vec()),
        ..FetchItems::default()
    };
    Ok(session
        .fetch(&UidSet::from_iter([uid]), &items)
        .await?
        .pop())
}

/// The message itself.
async fn read(session: &mut Session, uid: u32) -> Result<Option<Source>, ImapError> {
    let items = FetchItems {
        sections: vec![(String::new(), Some((0, attachment::MAX_SOURCE)))],
        ..FetchItems::default()
    };
    let message = session
        .fetch(&UidSet::from_iter([uid]), &items)
        .await?
        .pop();
    let octets = message
        .into_iter()
        .flat_map(|message| message.sections)
        .find(|section| section.section.is_empty())
        .and_then(|section| section.octets);
    Ok(octets.map(|octets| {
        let whole = (octets.len() as u64) < attachment::MAX_SOURCE;
        Source::new(octets.into(), whole)
    }))
}
