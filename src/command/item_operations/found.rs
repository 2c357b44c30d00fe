//! Where the part is that a FileReference names, and its octets.

use std::future::Future;

use airgate_codec::imap::{Fetched, MailboxName, Uid, UidSet};
use bytes::Bytes;

use crate::backend::imap::{FetchItems, ImapError, Session, SinkClosed};
use crate::command::Call;
use crate::command::file_reference::FileReference;
use crate::command::moved::{self, Place};
use crate::failure::Failure;
use crate::item::attachment::{self, Attached, Lookup, Source, look_up};
use crate::store::FolderRow;

/// A found part.
pub(super) struct Found {
    pub(super) attached: Attached,
    octets: Octets,
}

/// A part's octets, still encoded.
enum Octets {
    /// To be read from the selected mailbox.
    Section {
        session: Session,
        uid: Uid,
        section: String,
    },
    /// Read already, with the message.
    Here(Bytes),
}

impl Found {
    /// Passes the octets on as they come; how many there were, `None` if they are gone.
    pub(super) async fn each_piece<S, F>(&mut self, mut sink: S) -> Result<Option<u64>, ImapError>
    where
        S: FnMut(Bytes) -> F,
        F: Future<Output = Result<(), SinkClosed>>,
    {
        match &mut self.octets {
            Octets::Section {
                session,
                uid,
                section,
            } => session.stream_section(*uid, section, None, sink).await,
            Octets::Here(octets) => {
                sink(octets.clone())
                    .await
                    .map_err(|_| ImapError::SinkClosed)?;
                Ok(Some(octets.len() as u64))
            }
        }
    }
}

impl Found {
    /// A file inside this part, which is read whole for it.
    async fn inside(mut self, number: usize) -> Result<Option<Self>, Failure> {
        let mut octets = Vec::new();
        let told = self
            .each_piece(|piece| {
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
}

/// Finds parts for one request. A phone that asks for several attachments asks for those of one
/// message, so what is known of the last one is kept.
#[derive(Default)]
pub(super) struct Finder {
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
    /// Finds the part a reference names, also after we moved its message.
    pub(super) async fn find(
        &mut self,
        call: &Call<'_>,
        rows: &[FolderRow],
        reference: &FileReference,
    ) -> Result<Option<Found>, Failure> {
        let place = Place {
            folder: reference.collection.clone(),
            uid_validity: reference.uid_validity,
            uid: reference.uid,
        };
        let found = self.look(call, rows, &place, &reference.section).await?;
        if found.is_some() {
            return Ok(found);
        }
        match moved::follow(call, &place).await {
            Some(now) => self.look(call, rows, &now, &reference.section).await,
            None => Ok(None),
        }
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
                    let section = section.to_owned();
                    return Ok(Some(Found {
                        attached,
                        octets: Octets::Section {
                            session,
                            uid,
                            section,
                        },
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
                octets: Octets::Section {
                    session,
                    uid,
                    section: String::new(),
                },
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
