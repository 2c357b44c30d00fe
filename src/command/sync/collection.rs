//! One collection of a Sync request, from its key to its answer (design.md section 4).

use std::collections::HashMap;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::sync::{Collection, CollectionHead, ItemResponse};
use airgate_codec::eas::{Class, status as common};
use airgate_codec::imap::{MailboxName, MailboxStatus, UidSet};
use tracing::{info, warn};

use super::super::Call;
use super::super::objects::{Cursors, kind_of};
use super::apply::{Applied, Target};
use super::objects;
use super::page::{self, Budget, Page, Told};
use crate::backend::imap::Session;
use crate::command::read::Source;
use crate::failure::{self, Failure, Remedy};
use crate::push::Hold;
use crate::store::{FingerprintBatch, FolderKind, FolderRow};
use crate::sync::chain::{Asked, Position};
use crate::sync::folders::Role;
use crate::sync::journal::Journal;
use crate::sync::options::{BadOptions, Options};
use crate::sync::plan;
use crate::sync::step::{Next, Step};
use crate::sync::view::MailView;
use crate::sync::window::Window;

/// Sync's status of one collection ([MS-ASCMD] 2.2.3.177.17).
pub(super) mod status {
    pub(in super::super) const OK: u16 = 1;
    pub(in super::super) const INVALID_SYNC_KEY: u16 = 3;
    pub(in super::super) const PROTOCOL_ERROR: u16 = 4;
    pub(in super::super) const SERVER_ERROR: u16 = 5;
    pub(in super::super) const NOT_FOUND: u16 = 8;
    pub(in super::super) const HIERARCHY_CHANGED: u16 = 12;
}

/// Changes in one answer when the phone names no window, and at most ([MS-ASCMD] 2.2.3.188).
const DEFAULT_WINDOW: usize = 100;
const MAX_WINDOW: usize = 512;

/// What was seen of all collections together, before each is looked at.
pub(super) struct Seen {
    pub(super) statuses: HashMap<String, MailboxStatus>,
    pub(super) cursors: Cursors,
}

/// What one collection answers.
#[derive(Debug)]
pub(super) struct Answer {
    /// What its items are.
    pub(super) class: Class,
    pub(super) head: CollectionHead,
    pub(super) responses: Vec<ItemResponse>,
    pub(super) told: Vec<Told>,
    /// Whether the phone must hear of this collection although nothing is in it.
    pub(super) must_speak: bool,
}

impl Answer {
    pub(super) fn refused(
        call: &Call<'_>,
        class: Class,
        wanted: &Collection,
        key: &str,
        status: u16,
    ) -> Self {
        Self {
            class,
            head: head(call, class, wanted, key.to_owned(), status),
            responses: Vec::new(),
            told: Vec::new(),
            must_speak: true,
        }
    }

    /// Whether there is something to tell.
    pub(super) fn speaks(&self) -> bool {
        self.must_speak || !self.responses.is_empty() || !self.told.is_empty()
    }
}

/// The window a number in a request means.
pub(super) fn window_of(asked: Option<u32>) -> usize {
    match asked {
        None => DEFAULT_WINDOW,
        Some(0) => MAX_WINDOW,
        Some(asked) => usize::try_from(asked).unwrap_or(MAX_WINDOW).min(MAX_WINDOW),
    }
}

pub(super) fn head(
    call: &Call<'_>,
    class: Class,
    wanted: &Collection,
    sync_key: String,
    status: u16,
) -> CollectionHead {
    let old = call.version <= ProtocolVersion::V12_1;
    CollectionHead {
        class: old.then_some(class),
        sync_key,
        collection_id: wanted.collection_id.clone(),
        status,
        more_available: false,
    }
}

/// Answers one collection; `None` when the request waited and a newer one has taken over. A backend
/// that is down costs this collection a temporary status, not the others theirs.
pub(super) async fn answer(
    call: &Call<'_>,
    folders: &[FolderRow],
    wanted: &Collection,
    budget: &mut Budget,
    seen: &Seen,
    waited: Option<&Hold>,
) -> Result<Option<Answer>, Failure> {
    let asked_key = wanted.sync_key.as_deref().unwrap_or_default();
    let Ok(asked) = asked_key.parse::<Asked>();
    let Some(folder) = folders
        .iter()
        .find(|row| row.id == wanted.collection_id && !row.retired)
        // Notes came with 14.0: earlier versions are not shown them.
        .filter(|row| row.kind != FolderKind::Notes || call.version >= ProtocolVersion::V14_0)
    else {
        // Not 8: phones loop on it (REFERENCE 5.3).
        let status = status::HIERARCHY_CHANGED;
        let class = wanted.class.unwrap_or(Class::Email);
        return Ok(Some(Answer::refused(
            call, class, wanted, asked_key, status,
        )));
    };
    let _lease = call
        .gateway
        .leases
        .take(call.user, call.device, &folder.id)
        .await;
    // Asked under the lease: a newer request took its place before it could take the lease.
    if waited.is_some_and(Hold::is_superseded) {
        return Ok(None);
    }
    let answer = match kind_of(folder) {
        Some(kind) => {
            let folder = (folder, kind);
            objects::step(call, folders, folder, wanted, asked, budget, &seen.cursors).await
        }
        None => {
            let status = seen.statuses.get(&wanted.collection_id);
            step(call, folders, folder, wanted, asked, budget, status).await
        }
    };
    answer.map(Some)
}

/// One step along the chain of a collection whose lease is held.
async fn step(
    call: &Call<'_>,
    folders: &[FolderRow],
    folder: &FolderRow,
    wanted: &Collection,
    asked: Asked,
    budget: &mut Budget,
    backend_status: Option<&MailboxStatus>,
) -> Result<Answer, Failure> {
    let asked_key = wanted.sync_key.as_deref().unwrap_or_default();
    let store = call.gateway.store.as_ref();
    let step = Step::open(store, call.user, call.device, &folder.id, asked).await?;
    let options = match wanted.options.as_deref().map(Options::from_request) {
        Some(Ok(options)) => options,
        Some(Err(error)) => {
            info!(%error, "options refused");
            let status = match error {
                BadOptions::PartType => common::BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED,
                _ => status::PROTOCOL_ERROR,
            };
            return Ok(Answer::refused(
                call,
                Class::Email,
                wanted,
                asked_key,
                status,
            ));
        }
        None if step.position == Position::Start => Options::default(),
        None => Options::decode(step.options()),
    };
    let options = match wanted.conversation_mode {
        Some(_) if !is_mail(folder, wanted) => {
            let status = status::PROTOCOL_ERROR;
            return Ok(Answer::refused(
                call,
                Class::Email,
                wanted,
                asked_key,
                status,
            ));
        }
        // Like the rest of what is said of a collection it holds until it is said anew.
        Some(conversation_mode) => Options {
            conversation_mode,
            ..options
        },
        None => options,
    };
    match step.position {
        Position::Refused => {
            metrics::counter!("airgate_resync_total", "reason" => "key").increment(1);
            Ok(Answer::refused(
                call,
                Class::Email,
                wanted,
                "0",
                status::INVALID_SYNC_KEY,
            ))
        }
        Position::Start => start(call, wanted, step, &options).await,
        Position::Current | Position::Replay => {
            let view = step.base().map(MailView::decode);
            let Some(Ok(mut view)) = view else {
                warn!("a stored view cannot be read; the phone starts this folder again (T51)");
                metrics::counter!("airgate_resync_total", "reason" => "state").increment(1);
                return Ok(Answer::refused(
                    call,
                    Class::Email,
                    wanted,
                    "0",
                    status::INVALID_SYNC_KEY,
                ));
            };
            if let (Position::Replay, Some(Ok(present))) =
                (step.position, step.present().map(MailView::decode))
            {
                // Moved here and away since the generation this starts from.
                view.claims |= present.claims;
                view.departed |= present.departed;
            }
            let round = Round {
                call,
                folders,
                folder,
                wanted,
                options,
                step,
                view,
            };
            match round.run(budget, backend_status).await {
                Ok(answer) => Ok(answer),
                Err(failure) if failure.remedy == Remedy::ResyncFolders => {
                    info!(error = %failure::chain(&failure), "a mailbox went away under a Sync");
                    Ok(Answer::refused(
                        call,
                        Class::Email,
                        wanted,
                        asked_key,
                        status::HIERARCHY_CHANGED,
                    ))
                }
                Err(failure) if failure.remedy == Remedy::Forbidden => Ok(Answer::refused(
                    call,
                    Class::Email,
                    wanted,
                    asked_key,
                    status::SERVER_ERROR,
                )),
                Err(failure) => Err(failure),
            }
        }
    }
}

/// Whether a collection is of mail and asked for as such: only mail has conversations (Sync status 4).
fn is_mail(folder: &FolderRow, wanted: &Collection) -> bool {
    let said = wanted.options.iter().flatten().filter_map(|o| o.class);
    folder.kind == FolderKind::Mail
        && said
            .chain(wanted.class)
            .all(|class| matches!(class, Class::Email | Class::Sms))
}

/// Key 0: a new chain, with nothing on it yet. Commands that come along are ignored.
async fn start(
    call: &Call<'_>,
    wanted: &Collection,
    step: Step<'_>,
    options: &Options,
) -> Result<Answer, Failure> {
    if wanted.get_changes == Some(true) && call.version >= ProtocolVersion::V14_0 {
        return Ok(Answer::refused(
            call,
            Class::Email,
            wanted,
            "0",
            status::PROTOCOL_ERROR,
        ));
    }
    let next = Next {
        view: MailView::default().encode(),
        options: options.encode(),
        ..Next::default()
    };
    Ok(match step.commit(next).await? {
        Some(key) => Answer::refused(call, Class::Email, wanted, &key.to_string(), status::OK),
        None => Answer::refused(call, Class::Email, wanted, "0", status::SERVER_ERROR),
    })
}

/// A round on a chain that is under way.
struct Round<'a, 'b> {
    call: &'a Call<'b>,
    folders: &'a [FolderRow],
    folder: &'a FolderRow,
    wanted: &'a Collection,
    options: Options,
    step: Step<'a>,
    view: MailView,
}

impl Round<'_, '_> {
    async fn run(
        mut self,
        budget: &mut Budget,
        backend_status: Option<&MailboxStatus>,
    ) -> Result<Answer, Failure> {
        let call = self.call;
        let name = MailboxName::new(self.folder.name.clone());
        let window = call.window(
            self.folder,
            self.options.filter_type,
            self.options.conversation_mode,
        );
        let before = self.view.clone();
        let mut session = None;
        let mut renewed = None;
        if self.must_look(window, backend_status) {
            let opened = session.insert(call.gateway.imap.session(call.login, Some(&name)).await?);
            // A connection that fails here is replaced by the look.
            let stands =
                self.has_plenty(window, budget) && opened.resume(&name).await.unwrap_or(false);
            if !stands {
                renewed = self
                    .look(opened, &name, window, backend_status, &before)
                    .await?;
            }
        }
        let applied = if self.wanted.commands.is_empty() {
            Applied {
                responses: Vec::new(),
                fetches: Vec::new(),
                journal: self.step.journal(),
                fingerprints: Vec::new(),
            }
        } else {
            let opened = selected(call, &mut session, &name, &self.view).await?;
            let trash = self
                .folders
                .iter()
                .find(|row| row.role == Role::Trash as u8 && !row.retired)
                .filter(|row| row.id != self.folder.id);
            let target = Target {
                call,
                session: opened,
                folder: self.folder,
                trash,
                view: &mut self.view,
                key: self.wanted.sync_key.as_deref().unwrap_or_default(),
                client_wins: self.options.client_wins,
                bodies: self.options.bodies_in(self.call.version),
                done: self.step.journal(),
                journal: self.step.journal(),
                fingerprints: Vec::new(),
            };
            target.apply(self.wanted).await?
        };
        let mut responses = applied.responses;
        if !applied.fetches.is_empty() {
            let opened = selected(call, &mut session, &name, &self.view).await?;
            responses.extend(self.fetches(opened, applied.fetches).await?);
        }
        let mut page = if self.wanted.get_changes.unwrap_or(true) {
            self.page(&mut session, &name, budget).await?
        } else {
            Page::default()
        };
        drop(session);
        page.fingerprints.extend(renewed);
        page.fingerprints.extend(applied.fingerprints);
        self.finish(&before, applied.journal, responses, page).await
    }

    async fn look(
        &mut self,
        session: &mut Session,
        name: &MailboxName,
        window: Window,
        status: Option<&MailboxStatus>,
        before: &MailView,
    ) -> Result<Option<FingerprintBatch>, Failure> {
        let call = self.call;
        let mailbox = call.mailbox(self.folder, name);
        match mailbox.look(session, &mut self.view, window, status).await {
            // A connection that had the mailbox open when it was replaced is of no use any more
            // (Dovecot says so with BYE); looking changes nothing, so it may be done again.
            Err(failure) if failure.remedy == Remedy::RetryLater => {
                info!(error = %failure::chain(&failure), "looking again on a fresh connection");
                self.view.clone_from(before);
                *session = call.gateway.imap.fresh_session(call.login).await?;
                mailbox.look(session, &mut self.view, window, None).await
            }
            looked => looked,
        }
    }

    /// Whether the view knows of more than fits in this answer, so that it is made of what was seen
    /// before: as long as the server tells of no change, looking may wait until that has gone out.
    fn has_plenty(&self, window: Window, budget: &Budget) -> bool {
        let fits = window_of(self.wanted.window_size).min(budget.changes);
        self.view.cursor.is_some()
            && self.view.window() == window
            && self.wanted.get_changes.unwrap_or(true)
            && plan::pending(&self.view) > fits as u64
    }

    /// Nothing is asked of the backend when its status says that nothing moved.
    fn must_look(&self, window: Window, status: Option<&MailboxStatus>) -> bool {
        let unmoved = match (self.view.cursor, status) {
            (Some(cursor), Some(status)) => crate::sync::mailbox::unmoved(&cursor, status),
            _ => false,
        };
        !unmoved || self.view.window() != window
    }

    async fn fetches(
        &self,
        session: &mut Session,
        fetches: Vec<(String, Option<u32>)>,
    ) -> Result<Vec<ItemResponse>, Failure> {
        // A Fetch is for the whole message, whatever the sticky options truncate ([MS-ASCMD]
        // 2.2.3.63.2).
        let options = self.options.bodies_in(self.call.version).untruncated();
        let validity = self.view.cursor.map_or(0, |cursor| cursor.uid_validity);
        let source = Source::new(self.call, self.folder, validity, options);
        let uids: UidSet = fetches.iter().filter_map(|(_, uid)| *uid).collect();
        let messages = if uids.is_empty() {
            Vec::new()
        } else {
            source.read_whole(session, &uids).await?
        };
        let mut responses = Vec::with_capacity(fetches.len());
        for (server_id, uid) in fetches {
            let message = messages
                .iter()
                .find(|message| uid.is_some() && message.uid.map(|found| found.get()) == uid);
            let (status, data) = match message {
                Some(message) => (status::OK, Some(source.item_whole(message).await?)),
                None => (status::NOT_FOUND, None),
            };
            responses.push(ItemResponse::Fetch {
                server_id,
                status,
                data,
            });
        }
        Ok(responses)
    }

    async fn page(
        &mut self,
        session: &mut Option<Session>,
        name: &MailboxName,
        budget: &mut Budget,
    ) -> Result<Page, Failure> {
        // A window that is full with other collections leaves this one its turn next time.
        let limit = if budget.is_spent() {
            0
        } else {
            window_of(self.wanted.window_size).min(budget.changes)
        };
        let plan = plan::plan(&self.view, limit);
        let mut view = std::mem::take(&mut self.view);
        let (mut page, adds) =
            page::tell(self.call, &self.folder.id, &mut view, plan, budget).await?;
        if !adds.is_empty() {
            let opened = selected(self.call, session, name, &view).await?;
            let validity = view.cursor.map_or(0, |cursor| cursor.uid_validity);
            let options = self.options.bodies_in(self.call.version);
            let source = Source::new(self.call, self.folder, validity, options);
            page::tell_adds(&source, opened, &mut view, &mut page, &adds, budget).await?;
        }
        self.view = view;
        Ok(page)
    }

    /// Commits what was done and makes the answer (S4).
    async fn finish(
        mut self,
        before: &MailView,
        journal: Journal,
        responses: Vec<ItemResponse>,
        page: Page,
    ) -> Result<Answer, Failure> {
        let (call, wanted) = (self.call, self.wanted);
        let asked = wanted.sync_key.clone().unwrap_or_default();
        let options = self.options.encode();
        let nothing_said = wanted.commands.is_empty()
            && page.told.is_empty()
            && self.step.position == Position::Current;
        let more = page.more;
        let key = if nothing_said {
            if self.view != *before || options != self.step.options() {
                let view = self.view.encode();
                self.step.keep(view, options, &page.fingerprints).await?;
            }
            Some(asked.clone())
        } else {
            let repeats = self.step.position == Position::Replay
                && self
                    .step
                    .present()
                    .and_then(|present| MailView::decode(present).ok())
                    .is_some_and(|present| present.holds_the_same(&self.view));
            let next = Next {
                view: self.view.encode(),
                options,
                journal,
                fingerprints: page.fingerprints,
                held: None,
                repeats,
            };
            self.step.commit(next).await?.map(|key| key.to_string())
        };
        let Some(key) = key else {
            // Another node was first; what we did to the backend it will find there.
            return Ok(Answer::refused(
                call,
                Class::Email,
                wanted,
                &asked,
                status::SERVER_ERROR,
            ));
        };
        let must_speak = key != asked || more;
        let mut head = head(call, Class::Email, wanted, key, status::OK);
        head.more_available = more;
        Ok(Answer {
            class: Class::Email,
            head,
            responses,
            told: page.told,
            must_speak,
        })
    }
}

/// A session with the mailbox selected in the generation the view speaks of.
async fn selected<'s>(
    call: &Call<'_>,
    session: &'s mut Option<Session>,
    name: &MailboxName,
    view: &MailView,
) -> Result<&'s mut Session, Failure> {
    let opened = match session.take() {
        Some(opened) => opened,
        None => call.gateway.imap.session(call.login, Some(name)).await?,
    };
    let opened = session.insert(opened);
    let validity = match opened.selected_validity(name) {
        Some(validity) => validity,
        None => opened.select(name, None).await?.uid_validity,
    };
    let known = view.cursor.map(|cursor| cursor.uid_validity);
    if known.is_some_and(|known| known != validity.get()) {
        return Err(Failure::gateway(
            "the mailbox got a new UIDVALIDITY during a request",
        ));
    }
    Ok(opened)
}
