//! One page of server changes: reads what must be sent, in few round trips, and tells the view.
//!
//! Two passes a batch: the first asks for flags, structure and header fields, the second for just
//! the octets of the body that the phone wants. A message that cannot be read alone gets a readable
//! stand-in, so that one poisoned mail never stops a folder (T59).

use std::time::Duration;

use airgate_codec::eas::email::{Email, Moment};
use airgate_codec::imap::{Fetched, Structure, Uid, UidSet};
use tokio::time::Instant;
use tracing::warn;

use super::super::Call;
use crate::backend::imap::{FetchItems, ImapError, Search, Session};
use crate::clock;
use crate::command::file_reference::FileReference;
use crate::failure::{self, Failure};
use crate::item::email::{self, Context, SectionRequest};
use crate::item::options::BodyOptions;
use crate::item::{categories, identity};
use crate::store::{FingerprintBatch, FolderRow};
use crate::sync::folders::Role;
use crate::sync::plan::{Change, Plan};
use crate::sync::server_id;
use crate::sync::view::MailView;

/// Messages read in one flight: enough to hide the round trips, few enough to stop in time.
const BATCH: usize = 25;
/// An answer is cut after this much (device-notes.md section 5: many phones give up after 30 s).
const PAGE_TIME: Duration = Duration::from_secs(20);
/// An answer is cut above this many octets of bodies.
const PAGE_OCTETS: usize = 4 * 1024 * 1024;

/// One change as it goes out.
#[derive(Debug)]
pub(in super::super) enum Told {
    Add(String, Box<Email>),
    Change(String, Box<Email>),
    Delete(String),
    SoftDelete(String),
}

/// What is left of the answer's time, octets and window.
#[derive(Debug)]
pub(super) struct Budget {
    until: Instant,
    octets: usize,
    /// Changes over all collections.
    pub(super) changes: usize,
}

impl Budget {
    pub(super) fn new(changes: usize) -> Self {
        Self {
            until: clock::deadline(PAGE_TIME),
            octets: PAGE_OCTETS,
            changes,
        }
    }

    /// Whether no further change fits.
    pub(super) fn is_spent(&self) -> bool {
        self.changes == 0 || self.octets == 0 || clock::monotonic() >= self.until
    }
}

/// A page and whether changes are left over.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) told: Vec<Told>,
    pub(super) more: bool,
    pub(super) fingerprints: Vec<FingerprintBatch>,
}

/// A mailbox to read messages from, for one phone.
pub(in super::super) struct Source<'a, 'b> {
    pub(in super::super) call: &'a Call<'b>,
    pub(in super::super) folder: &'a FolderRow,
    pub(in super::super) uid_validity: u32,
    pub(in super::super) options: BodyOptions,
}

/// Tells what needs no reading and returns the messages that do.
pub(super) fn tell(
    collection: &str,
    view: &mut MailView,
    plan: Plan,
    budget: &mut Budget,
) -> (Page, Vec<u32>) {
    let mut page = Page {
        more: plan.more,
        ..Page::default()
    };
    let mut adds = Vec::new();
    let now = Moment(clock::now_seconds());
    for change in plan.changes {
        page.told.push(match change {
            Change::Delete(number) => Told::Delete(server_id::write(collection, number)),
            Change::SoftDelete(number) => Told::SoftDelete(server_id::write(collection, number)),
            Change::Update(uid) => {
                let flags = view.server().flags(uid).unwrap_or_default();
                let id = server_id::write(collection, view.number_of(uid));
                Told::Change(id, Box::new(email::changed_properties(&flags, Some(now))))
            }
            Change::Add(uid) | Change::Rewrite(uid) => {
                adds.push(uid);
                continue;
            }
        });
        view.told(change);
    }
    budget.changes = budget.changes.saturating_sub(page.told.len());
    (page, adds)
}

/// Reads and tells new messages as far as the budget goes.
pub(super) async fn tell_adds(
    source: &Source<'_, '_>,
    session: &mut Session,
    view: &mut MailView,
    page: &mut Page,
    adds: &[u32],
    budget: &mut Budget,
) -> Result<(), Failure> {
    let mut entries = Vec::new();
    let mut batches = adds.chunks(BATCH).peekable();
    while let Some(batch) = batches.next() {
        let uids: UidSet = batch.iter().copied().collect();
        let mut messages = source.read_all(session, &uids).await?;
        let found: UidSet = messages
            .iter()
            .filter_map(|message| message.uid)
            .map(Uid::get)
            .collect();
        let untold = &uids - &found;
        if !untold.is_empty() {
            // A message asked for and not told of may be gone: only a search proves it (S7).
            let there = session.search(&Search::In(untold.clone())).await?;
            view.vanished(&(&untold - &there));
            messages.extend(there.iter().map(|uid| Fetched {
                uid: Uid::new(uid),
                ..Fetched::default()
            }));
        }
        messages.sort_by_key(|message| std::cmp::Reverse(message.uid));
        for message in messages {
            let Some(uid) = message.uid.map(Uid::get) else {
                continue;
            };
            let mut flags = message.flags.clone().unwrap_or_default();
            if flags.deleted {
                view.hide(uid);
                continue;
            }
            let item = source.translate(&message);
            entries.extend(identity::fingerprint(&message).map(|print| (uid, print)));
            budget.octets = budget.octets.saturating_sub(octets(&item));
            budget.changes = budget.changes.saturating_sub(1);
            flags.keywords.retain(|name| categories::is_visible(name));
            let known = view.phone.items.contains(uid);
            view.told_whole(uid, &flags);
            let id = server_id::write(&source.folder.id, view.number_of(uid));
            page.told.push(if known {
                Told::Change(id, Box::new(item))
            } else {
                Told::Add(id, Box::new(item))
            });
        }
        if budget.is_spent() && batches.peek().is_some() {
            page.more = true;
            break;
        }
    }
    // Never MoreAvailable with nothing: phones count that as a loop.
    page.more &= !page.told.is_empty();
    if !entries.is_empty() {
        page.fingerprints.push(FingerprintBatch {
            collection: source.folder.id.clone(),
            uid_validity: source.uid_validity,
            entries,
        });
    }
    Ok(())
}

impl Source<'_, '_> {
    /// Reads messages together, and one by one when that fails: whoever fails alone is the poison.
    async fn read_all(
        &self,
        session: &mut Session,
        uids: &UidSet,
    ) -> Result<Vec<Fetched>, Failure> {
        match self.read(session, uids).await {
            Ok(messages) => return Ok(messages),
            Err(ImapError::NoMailbox(name)) => return Err(ImapError::NoMailbox(name).into()),
            Err(error) => warn!(error = %failure::chain(&error), "a batch failed, reading singly"),
        }
        let name = airgate_codec::imap::MailboxName::new(self.folder.name.clone());
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
    pub(super) async fn read(
        &self,
        session: &mut Session,
        uids: &UidSet,
    ) -> Result<Vec<Fetched>, ImapError> {
        self.read_as(session, uids, email::sections_wanted).await
    }

    /// The same for messages asked for one by one, whose bodies may be larger.
    pub(in super::super) async fn read_whole(
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
        let capabilities = session.capabilities();
        let first = FetchItems {
            flags: true,
            internal_date: true,
            size: true,
            structure: true,
            thread_id: capabilities.object_id,
            headers: Some(email::HEADER_FIELDS.to_vec()),
            ..FetchItems::default()
        };
        let mut messages = session.fetch(uids, &first).await?;
        let mut second = Vec::new();
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
                second.push((std::iter::once(uid.get()).collect::<UidSet>(), items));
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
    pub(in super::super) fn translate_whole(&self, message: &Fetched) -> Email {
        self.translate_as(message, email::fetch_body)
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

fn octets(item: &Email) -> usize {
    let data = |body: &Option<airgate_codec::eas::email::Body>| {
        body.as_ref()
            .and_then(|body| body.data.as_ref())
            .map_or(0, String::len)
    };
    data(&item.body) + data(&item.body_part)
}
