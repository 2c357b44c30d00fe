//! Reading messages for a phone: what the server tells of them becomes the properties a phone sees.
//! Sync, ItemOperations, Search and sending read here.
//!
//! Two passes a batch: the first asks for flags, structure and header fields, the second for just
//! the octets of the body that the phone wants. A message that cannot be read alone gets a readable
//! stand-in, so that one poisoned mail never stops a folder (T59).

use airgate_codec::eas::RawEvent;
use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::eas::sync::ItemData;
use airgate_codec::imap::{Fetched, MailboxName, Structure, Uid, UidSet};
use tracing::warn;

use super::file_reference::FileReference;
use super::{Call, follow_ups};
use crate::backend::imap::{FetchItems, ImapError, Session};
use crate::failure::{self, Failure};
use crate::item::email::{self, Context, SectionRequest};
use crate::item::note;
use crate::item::options::{BodyOptions, BodyPreference};
use crate::store::{FolderKind, FolderRow};
use crate::sync::folders::Role;

/// A mailbox to read messages from, for one phone.
pub(super) struct Source<'a, 'b> {
    pub(super) call: &'a Call<'b>,
    pub(super) folder: &'a FolderRow,
    pub(super) uid_validity: u32,
    options: BodyOptions,
}

impl<'a, 'b> Source<'a, 'b> {
    /// A mailbox of that UIDVALIDITY, and the bodies the phone asked for.
    pub(super) fn new(
        call: &'a Call<'b>,
        folder: &'a FolderRow,
        uid_validity: u32,
        mut options: BodyOptions,
    ) -> Self {
        if folder.kind == FolderKind::Notes {
            // How a note is stored is nobody's business: its body is text or HTML.
            options.mime_support = 0;
            let readable = |preference: &BodyPreference| preference.kind != BodyType::Mime;
            options.preferences.retain(readable);
        }
        Self {
            call,
            folder,
            uid_validity,
            options: BodyOptions {
                outlook: call.is_outlook(),
                ..options
            },
        }
    }

    /// Reads messages together, and one by one when that fails: whoever fails alone is the poison.
    pub(super) async fn read_all(
        &self,
        session: &mut Session,
        uids: &UidSet,
    ) -> Result<Vec<Fetched>, Failure> {
        match self.read(session, uids).await {
            Ok(messages) => return Ok(messages),
            Err(ImapError::NoMailbox(name)) => return Err(ImapError::NoMailbox(name).into()),
            Err(error) => warn!(error = %failure::chain(&error), "a batch failed, reading singly"),
        }
        let name = MailboxName::new(self.folder.name.clone());
        let mut messages = Vec::new();
        for uid in uids.iter().rev() {
            // Each on a connection that is in step; a backend that is down fails here, as it should.
            let mut single = self
                .call
                .gateway
                .imap
                .session(self.call.login, Some(&name))
                .await?;
            single.select(&name, None).await?;
            let one: UidSet = std::iter::once(uid).collect();
            match self.read(&mut single, &one).await {
                Ok(found) => messages.extend(found),
                Err(error) => {
                    metrics::counter!("airgate_poison_items_total").increment(1);
                    warn!(uid, error = %failure::chain(&error), "a message cannot be read");
                    messages.push(Fetched {
                        uid: Uid::new(uid),
                        ..Fetched::default()
                    });
                }
            }
        }
        *session = self
            .call
            .gateway
            .imap
            .session(self.call.login, Some(&name))
            .await?;
        session.select(&name, None).await?;
        Ok(messages)
    }

    /// Both passes over some messages of the selected mailbox, for a page.
    async fn read(&self, session: &mut Session, uids: &UidSet) -> Result<Vec<Fetched>, ImapError> {
        self.read_as(session, uids, email::sections_wanted).await
    }

    /// The same for messages asked for one by one, whose bodies may be larger.
    pub(super) async fn read_whole(
        &self,
        session: &mut Session,
        uids: &UidSet,
    ) -> Result<Vec<Fetched>, ImapError> {
        self.read_as(session, uids, email::fetch_sections).await
    }

    async fn read_as(
        &self,
        session: &mut Session,
        uids: &UidSet,
        sections_wanted: fn(&Fetched, &BodyOptions) -> Vec<SectionRequest>,
    ) -> Result<Vec<Fetched>, ImapError> {
        let thread_id = {
            let threads = &self.call.gateway.threads;
            threads.asked(self.call.user, session.capabilities()).await
        };
        let first = first_pass(thread_id);
        let mut messages = session.fetch(uids, &first).await?;
        self.call
            .gateway
            .threads
            .settle(self.call.user, &mut messages)
            .await;
        // Messages made alike are asked for in one command.
        let mut second: Vec<(UidSet, FetchItems)> = Vec::new();
        for message in &messages {
            let wanted = sections_wanted(message, &self.options);
            if let (Some(uid), false) = (message.uid, wanted.is_empty()) {
                let sections = wanted
                    .into_iter()
                    .map(|request| (request.section, Some((0, u64::from(request.first)))))
                    .collect();
                let items = FetchItems {
                    sections,
                    ..FetchItems::default()
                };
                let one = std::iter::once(uid.get()).collect();
                match second.iter_mut().find(|(_, asked)| *asked == items) {
                    Some((uids, _)) => *uids |= one,
                    None => second.push((one, items)),
                }
            }
        }
        if !second.is_empty() {
            for mut answer in session.fetch_many(second).await? {
                if let Some(message) = messages.iter_mut().find(|m| m.uid == answer.uid) {
                    message.sections.append(&mut answer.sections);
                }
            }
        }
        Ok(messages)
    }

    /// The message as the phone sees it in a page.
    pub(super) fn translate(&self, message: &Fetched) -> Email {
        self.translate_as(message, email::email)
    }

    /// The message as the phone sees it when it asks for it alone.
    pub(super) fn translate_whole(&self, message: &Fetched) -> Email {
        self.translate_as(message, email::fetch_body)
    }

    /// What is told of a message in a page: a mail with the dates of its flag, or a note.
    pub(super) async fn item(&self, message: &Fetched) -> Result<ItemData, Failure> {
        self.complete(message, self.translate(message)).await
    }

    /// The same of one that was asked for alone.
    pub(super) async fn item_whole(&self, message: &Fetched) -> Result<ItemData, Failure> {
        self.complete(message, self.translate_whole(message)).await
    }

    async fn complete(&self, message: &Fetched, mut email: Email) -> Result<ItemData, Failure> {
        if self.folder.kind == FolderKind::Notes {
            let note = note::mail::note(email);
            return Ok(ItemData::Other(note.to_raw(self.call.version)));
        }
        follow_ups::complete(self.call, message, &mut email).await?;
        Ok(ItemData::Email(Box::new(email)))
    }

    /// The calendar part of a message that was read for a page, or alone.
    pub(super) fn calendar_part(&self, message: &Fetched, paged: bool) -> Option<String> {
        email::calendar_part(message, &self.options, paged)
    }

    fn translate_as(
        &self,
        message: &Fetched,
        translation: fn(&Fetched, &BodyOptions, &Context<'_>) -> Email,
    ) -> Email {
        let readable = message.size.is_some() || message.structure.is_some();
        if !readable {
            return email::stub(message, "The mail server could not deliver this message.");
        }
        let uid = message.uid.map_or(0, Uid::get);
        let reference = |section: &str| {
            FileReference {
                collection: self.folder.id.clone(),
                uid_validity: self.uid_validity,
                uid,
                section: section.to_owned(),
            }
            .to_string()
        };
        let context = Context {
            account_address: self.call.user.as_str(),
            reference: &reference,
            time_zone: &self.call.gateway.settings.time_zone,
        };
        if matches!(message.structure, Some(Structure::Opaque)) {
            metrics::counter!("airgate_opaque_structures_total").increment(1);
        }
        let mut email = translation(message, &self.options, &context);
        // What lies among the drafts is one, whatever the mail program that put it there marked it.
        if self.folder.role == Role::Drafts as u8 && email.is_draft.is_some() {
            email.is_draft = Some(true);
        }
        email
    }
}

/// What a translation begins with: all but the bodies.
pub(super) fn first_pass(thread_id: bool) -> FetchItems {
    FetchItems {
        flags: true,
        internal_date: true,
        size: true,
        structure: true,
        thread_id,
        headers: Some(email::HEADER_FIELDS.to_vec()),
        ..FetchItems::default()
    }
}

/// Octets of an item's bodies, which are most of what it takes in an answer.
pub(super) fn body_octets(item: &Email) -> usize {
    let data = |body: Option<&airgate_codec::eas::email::Body>| {
        body.and_then(|body| body.data.as_ref())
            .map_or(0, String::len)
    };
    data(item.body.as_ref()) + data(item.body_part.as_ref().map(|part| &part.body))
}

/// The same of whatever an item is.
pub(super) fn data_octets(item: &ItemData) -> usize {
    match item {
        ItemData::Email(email) => body_octets(email),
        ItemData::Other(raw) => {
            let text = |event: &RawEvent| match event {
                RawEvent::Text(text) => text.len(),
                _ => 0,
            };
            raw.events().iter().map(text).sum()
        }
    }
}
