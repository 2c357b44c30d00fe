//! Drafts, and notes in a mailbox ([`crate::item::note::mail`]), by Sync (16.0 and later; [MS-ASCMD] 2.2.3.7, 2.2.3.24, [MS-ASEMAIL] 3.2.5.3): a phone's
//! Add becomes a message in the Drafts folder, its Change another message in the place of the old
//! one, each once (S5), under one ServerId (S6).
//!
//! IMAP's messages never change. An edit is written beside the old message, which goes when the new
//! one is seen there (S10); the view gives the new one the old one's number.

mod answer;
mod intent;
mod keeper;
mod sending;

use std::collections::HashSet;

use airgate_codec::eas::email::{AttachmentChange, Body, BodyChange, EmailChange};
use airgate_codec::eas::sync::{ItemData, ItemResponse};
use airgate_codec::imap::{Flag, Flags, MailboxName, UidSet};
use tracing::{info, warn};

use self::intent::Intent;
use self::keeper::{Keeper, Kept, Old, Trouble};
use super::apply::{Delta, Target, changed, status};
use crate::backend::imap::{ImapError, SinkClosed};
use crate::clock;
use crate::command::edited;
use crate::command::file_reference::FileReference;
use crate::command::follow_ups;
use crate::command::moved::Place;
use crate::command::read::Source;
use crate::command::send::{draft, hex};
use crate::failure::{self, Failure};
use crate::item::categories;
use crate::item::note::mail;
use crate::item::object_body::rest_of;
use crate::item::outgoing::edit::{self, Edited, Stamp, Unusable};
use crate::store::FingerprintBatch;
use crate::sync::journal::{self, Made, Outcome};
use crate::sync::server_id;

/// A command on its way, as the journal and the store know it.
struct Task<'c> {
    /// The phone's name for the draft: its ClientId or ServerId.
    name: &'c str,
    /// In the journal.
    fingerprint: [u8; 16],
    /// In the store: user and device are in it too.
    key: [u8; 32],
}

/// The message a Change is about, as it lies in the mailbox.
struct Stored {
    octets: Vec<u8>,
    flags: Flags,
}

impl Target<'_, '_> {
    /// Writes a new draft.
    ///
    /// # Errors
    /// The backend is out of reach: the phone tries again, and what was written is found.
    pub(super) async fn add_draft(
        &mut self,
        client_id: &str,
        change: &EmailChange,
        send: bool,
    ) -> Result<ItemResponse, Failure> {
        if send {
            return self.send_new(client_id, change).await;
        }
        let task = self.task(client_id, change, "add");
        if let Some(outcome) = self.done.take(&task.fingerprint) {
            return self.added_before(client_id, outcome).await;
        }
        let refuse = |target: &mut Self, status| {
            target.record_draft(&task, status, None);
            answer::added(client_id, None, status, None)
        };
        let Ok(delta) = Delta::of(change) else {
            return Ok(refuse(self, status::CONVERSION_ERROR));
        };
        let flags = delta.applied_to(&Flags {
            seen: true,
            draft: !self.is_notes(),
            ..Flags::default()
        });
        let message_id = draft::message_id(self.call, &task.key);
        let account = draft::address(self.call);
        let stamp = stamp(&message_id, &account);
        let edited = match self.compose(&[], change, &[], stamp, &task) {
            Ok(edited) if self.fits(&edited) => edited,
            Ok(_) => return Ok(refuse(self, status::OUT_OF_SPACE)),
            Err(fault) => {
                info!(%fault, "a draft cannot be used");
                return Ok(refuse(self, status::CONVERSION_ERROR));
            }
        };
        let earlier = Intent::earlier(self.call, &task.key).await?;
        let intent = self.intent(&edited, change, None, earlier.as_ref());
        let resumed = match earlier {
            Some(earlier) => self.resume(earlier).await?.ok().flatten(),
            None => None,
        };
        let kept = match resumed {
            Some(kept) => Ok(kept),
            None => self.write(&task, intent, edited.octets, &flags).await?,
        };
        match kept {
            Ok(kept) => {
                self.carry_follow_up(&kept, None, change).await?;
                Ok(self.added(&task, kept))
            }
            Err(status::CONFLICT) => Ok(refuse(self, status::CONVERSION_ERROR)),
            Err(status) => Ok(refuse(self, status)),
        }
    }

    /// Rewrites a draft; `None` is success with nothing to say.
    ///
    /// # Errors
    /// As [`Target::add_draft`].
    pub(super) async fn change_draft(
        &mut self,
        server_id: &str,
        change: &EmailChange,
        send: bool,
    ) -> Result<Option<ItemResponse>, Failure> {
        let Some((_, Some(held))) = self.find(server_id) else {
            return Ok(Some(changed(server_id, status::NOT_FOUND)));
        };
        if send {
            return self.send_held(server_id, held, change).await;
        }
        let task = self.task(server_id, change, "change");
        if let Some(outcome) = self.done.take(&task.fingerprint) {
            return self.changed_before(server_id, held, outcome).await;
        }
        let earlier = Intent::earlier(self.call, &task.key).await?;
        if let Some(earlier) = earlier.clone()
            && let Ok(Some(kept)) = self.resume(earlier).await?
        {
            self.carry_follow_up(&kept, Some(held), change).await?;
            return Ok(self.rewritten(&task, held, None, kept));
        }
        if self.is_notes() && self.view.stale.contains(held) && !self.client_wins {
            // Another client changed it, of which the phone was not told yet.
            return Ok(Some(self.revert(&task, held, status::CONFLICT)));
        }
        let uid = match self.present(held).await {
            Some(uid) if uid == held || self.client_wins => uid,
            Some(successor) => {
                self.take_successor(held, successor);
                self.record_draft(&task, status::CONFLICT, None);
                return Ok(Some(changed(server_id, status::CONFLICT)));
            }
            None => {
                self.record_draft(&task, status::NOT_FOUND, None);
                return Ok(Some(changed(server_id, status::NOT_FOUND)));
            }
        };
        let Some(stored) = self.read(uid).await? else {
            self.record_draft(&task, status::NOT_FOUND, None);
            return Ok(Some(changed(server_id, status::NOT_FOUND)));
        };
        let refuse = |target: &mut Self, status| {
            target.record_draft(&task, status, None);
            Ok(Some(changed(server_id, status)))
        };
        let (Ok(delta), Ok(removed)) = (Delta::of(change), self.removed(change, uid).await) else {
            return refuse(self, status::CONVERSION_ERROR);
        };
        let whole = self.with_rest(uid, change).await?;
        let change = whole.as_ref().unwrap_or(change);
        let message_id = draft::message_id(self.call, &task.key);
        let account = draft::address(self.call);
        let stamp = stamp(&message_id, &account);
        let edited = match self.compose(&stored.octets, change, &removed, stamp, &task) {
            Ok(edited) if self.fits(&edited) => edited,
            Ok(_) => return refuse(self, status::OUT_OF_SPACE),
            Err(fault) => {
                info!(%fault, "an edit cannot be used");
                return refuse(self, status::CONVERSION_ERROR);
            }
        };
        let mut flags = delta.applied_to(&stored.flags);
        flags.draft |= !self.is_notes();
        flags.deleted = false;
        let intent = self.intent(&edited, change, Some(uid), earlier.as_ref());
        match self.write(&task, intent, edited.octets, &flags).await? {
            Ok(kept) => {
                self.carry_follow_up(&kept, Some(uid), change).await?;
                Ok(self.rewritten(&task, held, Some(uid), kept))
            }
            Err(status::CONFLICT) => Ok(Some(self.revert(&task, held, status::CONFLICT))),
            Err(status) => refuse(self, status),
        }
    }

    fn task<'c>(&self, name: &'c str, change: &EmailChange, verb: &str) -> Task<'c> {
        let content = intent::digest(change);
        let fingerprint = journal::fingerprint(&["draft", verb, name, &hex(&content)]);
        // The second of two equal commands in one request is another one.
        let number = self.journal.count(&fingerprint).to_be_bytes();
        let key = intent::key(&[
            self.call.user.as_str().as_bytes(),
            self.call.device.as_str().as_bytes(),
            self.folder.id.as_bytes(),
            self.key.as_bytes(),
            verb.as_bytes(),
            name.as_bytes(),
            &content,
            &number,
        ]);
        Task {
            name,
            fingerprint,
            key,
        }
    }

    /// The message as it is to be written.
    fn compose(
        &self,
        stored: &[u8],
        change: &EmailChange,
        removed: &[String],
        stamp: Stamp<'_>,
        task: &Task<'_>,
    ) -> Result<Edited, Unusable> {
        if self.is_notes() {
            return mail::compose(stored, change, stamp, &mail::identifier(&task.key));
        }
        edit::edit(stored, change, removed, stamp)
    }

    /// The change with what of a note's text the phone was never told (S12); `None` where it needs
    /// nothing.
    async fn with_rest(
        &mut self,
        uid: u32,
        change: &EmailChange,
    ) -> Result<Option<EmailChange>, Failure> {
        let Some(body) = change.body.as_ref().filter(|_| self.is_notes()) else {
            return Ok(None);
        };
        let one: UidSet = std::iter::once(uid).collect();
        let source = |options| Source::new(self.call, self.folder, self.uid_validity(), options);
        let (cut, whole) = (
            source(self.bodies.clone()),
            source(self.bodies.clone().untruncated()),
        );
        let mut told = cut.read_all(self.session, &one).await?;
        let told = told.pop().and_then(|message| cut.translate(&message).body);
        let Some(told) = told.filter(|told| told.truncated && told.kind == body.kind) else {
            return Ok(None);
        };
        let messages = whole.read_whole(self.session, &one).await?;
        let all = messages
            .last()
            .and_then(|message| whole.translate_whole(message).body?.data);
        let said = Body {
            truncated: body.truncated,
            ..Body::whole(body.kind, String::from_utf8_lossy(&body.data))
        };
        let rest = all.and_then(|all| rest_of(&all, &told, &said));
        Ok(rest.map(|rest| EmailChange {
            body: Some(BodyChange::whole(
                body.kind,
                said.data.unwrap_or_default() + &rest,
            )),
            ..change.clone()
        }))
    }

    /// What the phone is told of a message it wrote; of a note nothing but its id.
    fn told(&self, made: &Made, new: bool) -> Option<ItemData> {
        if self.is_notes() {
            return None;
        }
        answer::told(made, self.reference_of(made.uid), new)
    }

    fn fits(&self, edited: &Edited) -> bool {
        edited.octets.len() as u64 <= self.call.gateway.settings.max_message
    }

    fn intent(
        &self,
        edited: &Edited,
        change: &EmailChange,
        replaces: Option<u32>,
        earlier: Option<&Intent>,
    ) -> Intent {
        let uid_validity = self.uid_validity();
        let earlier = earlier.filter(|earlier| earlier.uid_validity == uid_validity);
        Intent {
            uid_validity,
            first: earlier.map_or(0, |earlier| earlier.first),
            message_id: answer::message_id(&edited.octets),
            size: edited.octets.len() as u64,
            made: answer::made(edited, change),
            replaces,
            moved: edited.moved.clone(),
        }
    }

    fn uid_validity(&self) -> u32 {
        self.view.cursor.map_or(0, |cursor| cursor.uid_validity)
    }

    fn keeper(&self) -> Keeper {
        let call = self.call;
        Keeper {
            imap: call.gateway.imap.clone(),
            login: call.login.clone(),
            store: call.gateway.store.clone(),
            threads: call.gateway.threads.clone(),
            user: call.user.clone(),
            device: call.device.clone(),
            folder: self.folder.id.clone(),
            mailbox: MailboxName::new(self.folder.name.clone()),
            uid_validity: self.uid_validity(),
        }
    }

    async fn resume(&mut self, earlier: Intent) -> Result<Result<Option<Kept>, u16>, Failure> {
        let keeper = self.keeper();
        self.in_turn(keeper.resume(earlier)).await
    }

    async fn write(
        &mut self,
        task: &Task<'_>,
        mut intent: Intent,
        octets: Vec<u8>,
        flags: &Flags,
    ) -> Result<Result<Kept, u16>, Failure> {
        intent.made = intent.made.flagged(flags);
        // Full disks are found while nothing has happened yet (T61).
        self.call.gateway.store.ready(clock::now_seconds()).await?;
        let keeper = self.keeper();
        self.in_turn(keeper.write(task.key, intent, octets, flags_of(flags)))
            .await
    }

    /// Runs what may not be cut, one after the other for each folder of a device, so that a repeat
    /// waits for what goes on without its phone.
    async fn in_turn<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = Result<T, Trouble>> + Send + 'static,
    ) -> Result<Result<T, u16>, Failure> {
        let call = self.call;
        let chain = format!("draft:{}", self.folder.id);
        let lease = call
            .gateway
            .leases
            .take(call.user, call.device, &chain)
            .await;
        let task = crate::task::spawn("draft", async move {
            let _lease = lease;
            work.await
        });
        let ended = task.await;
        // It was another session's work, which this one must see before it goes on.
        self.session.refresh().await?;
        match ended {
            Ok(Ok(done)) => Ok(Ok(done)),
            Ok(Err(Trouble::Failed(failure))) => Err(failure),
            Ok(Err(Trouble::Refused(error))) => {
                warn!(error = %failure::chain(&error), "the backend refused a draft");
                Ok(Err(match error {
                    ImapError::OverQuota | ImapError::TooLarge => status::OUT_OF_SPACE,
                    ImapError::ReadOnly | ImapError::Denied(_) => status::CONFLICT,
                    _ => status::SERVER_ERROR,
                }))
            }
            Err(error) => Err(Failure::gateway(error.to_string())),
        }
    }

    /// Where the draft lies that the phone holds as `held`: there, or as its successor where another
    /// device edited it.
    async fn present(&self, held: u32) -> Option<u32> {
        let there = |uid: u32| {
            let view = &self.view;
            view.server().items.contains(uid) || view.aged.contains(uid)
        };
        if there(held) {
            return Some(held);
        }
        let place = Place {
            folder: self.folder.id.clone(),
            uid_validity: self.uid_validity(),
            uid: held,
        };
        let (now, _) = edited::follow(self.call, &place, "").await?;
        let same = now.folder == place.folder && now.uid_validity == place.uid_validity;
        (same && there(now.uid)).then_some(now.uid)
    }

    /// The whole message and its flags; `None` if it is gone, or larger than any we would write.
    async fn read(&mut self, uid: u32) -> Result<Option<Stored>, Failure> {
        let limit = self.call.gateway.settings.max_message;
        let one = std::iter::once(uid).collect();
        let rows = self.session.fetch_flags(Some(&one), None).await?;
        let Some((uid, flags)) = rows.into_iter().find(|(found, _)| found.get() == uid) else {
            return Ok(None);
        };
        let mut octets = Vec::new();
        let take = |piece: bytes::Bytes| {
            let fits = (octets.len() + piece.len()) as u64 <= limit;
            if fits {
                octets.extend_from_slice(&piece);
            }
            std::future::ready(if fits { Ok(()) } else { Err(SinkClosed) })
        };
        match self.session.stream_section(uid, "", None, take).await {
            Ok(Some(_)) => Ok(Some(Stored { octets, flags })),
            Ok(None) | Err(ImapError::SinkClosed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The present sections of the attachments a change takes away.
    async fn removed(&self, change: &EmailChange, uid: u32) -> Result<Vec<String>, u16> {
        let mut sections = Vec::new();
        let mut known = HashSet::new();
        for one in &change.attachments {
            let AttachmentChange::Delete { file_reference } = one else {
                continue;
            };
            let reference: FileReference = file_reference
                .parse()
                .map_err(|_| status::CONVERSION_ERROR)?;
            let place = Place {
                folder: reference.collection,
                uid_validity: reference.uid_validity,
                uid: reference.uid,
            };
            let found = if place.uid == uid {
                Some((place, Some(reference.section)))
            } else {
                edited::follow(self.call, &place, &reference.section).await
            };
            let Some((place, section)) = found else {
                return Err(status::CONVERSION_ERROR);
            };
            let here = place.folder == self.folder.id
                && place.uid_validity == self.uid_validity()
                && place.uid == uid;
            if !here {
                return Err(status::CONVERSION_ERROR);
            }
            // One that is gone already is as the phone wants it.
            sections.extend(section.filter(|section| known.insert(section.clone())));
        }
        Ok(sections)
    }

    fn added(&mut self, task: &Task<'_>, kept: Kept) -> ItemResponse {
        let flags = visible(&kept.made.flags());
        let uid = kept.made.uid;
        self.view.phone_made(uid, &flags, Some(&flags));
        self.remember_print(&kept);
        let id = server_id::write(&self.folder.id, self.view.number_of(uid));
        let data = self.told(&kept.made, true);
        self.record_draft(task, status::OK, Some((id.clone(), kept)));
        answer::added(task.name, Some(id), status::OK, data)
    }

    async fn added_before(
        &mut self,
        client_id: &str,
        outcome: Outcome,
    ) -> Result<ItemResponse, Failure> {
        let status = u16::from(outcome.status);
        let Some(made) = outcome.made else {
            return Ok(answer::added(client_id, outcome.server_id, status, None));
        };
        let actual = self.actual_flags(made.uid).await?;
        let flags = visible(&made.flags());
        self.view.phone_made(made.uid, &flags, actual.as_ref());
        let data = self.told(&made, true);
        Ok(answer::added(client_id, outcome.server_id, status, data))
    }

    /// The draft has its new form. `base` is the message that was edited, if not the one the phone
    /// held.
    fn rewritten(
        &mut self,
        task: &Task<'_>,
        held: u32,
        base: Option<u32>,
        kept: Kept,
    ) -> Option<ItemResponse> {
        if kept.old == Old::Stays {
            // The new one is a message of its own, and the phone gets back what it had.
            return Some(self.revert(task, held, status::CONFLICT));
        }
        let flags = visible(&kept.made.flags());
        let hidden = kept.old == Old::Hidden;
        if held == kept.made.uid {
            // The note that was written before a cut was recognised by looking.
            self.view.phone_made(held, &flags, Some(&flags));
            self.view.stale.remove(held);
        } else {
            self.view
                .phone_rewrote(held, kept.made.uid, &flags, Some(&flags), hidden);
        }
        if let Some(base) = base.filter(|base| *base != held) {
            self.view.gave_way(base, hidden);
        }
        self.remember_print(&kept);
        let data = self.told(&kept.made, false);
        self.record_draft(task, status::OK, Some((task.name.to_owned(), kept)));
        data.map(|data| answer::changed_with(task.name, data))
    }

    async fn changed_before(
        &mut self,
        server_id: &str,
        held: u32,
        outcome: Outcome,
    ) -> Result<Option<ItemResponse>, Failure> {
        let status = u16::from(outcome.status);
        match outcome.made {
            // Another client has replaced the note since: that is what is told.
            Some(made)
                if self.is_notes()
                    && made.uid != held
                    && self.view.server().items.contains(held) =>
            {
                self.view.stale.insert(held);
                Ok(None)
            }
            Some(made) => {
                let actual = self.actual_flags(made.uid).await?;
                let flags = visible(&made.flags());
                let hidden = self.view.hidden.contains(held);
                self.view
                    .phone_rewrote(held, made.uid, &flags, actual.as_ref(), hidden);
                let data = self.told(&made, false);
                Ok(data.map(|data| answer::changed_with(server_id, data)))
            }
            None if status == status::OK => Ok(None),
            None => {
                if status == status::CONFLICT {
                    match self.present(held).await {
                        Some(uid) if uid != held => self.take_successor(held, uid),
                        _ => _ = self.view.stale.insert(held),
                    }
                }
                Ok(Some(changed(server_id, status)))
            }
        }
    }

    /// Somebody else edited the draft: his version is told in the place of the phone's.
    fn take_successor(&mut self, held: u32, successor: u32) {
        let flags = self.view.server().flags(successor).unwrap_or_default();
        self.view
            .phone_rewrote(held, successor, &flags, Some(&flags), false);
        self.view.stale.insert(successor);
    }

    /// The phone's edit is dropped: it is told the server's copy again.
    fn revert(&mut self, task: &Task<'_>, uid: u32, status: u16) -> ItemResponse {
        self.view.stale.insert(uid);
        self.record_draft(task, status, None);
        changed(task.name, status)
    }

    /// The flags a message has now; `None` if it is gone or on its way.
    async fn actual_flags(&mut self, uid: u32) -> Result<Option<Flags>, Failure> {
        let one = std::iter::once(uid).collect();
        let rows = self.session.fetch_flags(Some(&one), None).await?;
        Ok(rows
            .into_iter()
            .find(|(found, flags)| found.get() == uid && !flags.deleted)
            .map(|(_, flags)| visible(&flags)))
    }

    /// The dates of the flag go along, though the message is another one.
    async fn carry_follow_up(
        &self,
        kept: &Kept,
        old: Option<u32>,
        change: &EmailChange,
    ) -> Result<(), Failure> {
        let Some(print) = kept.print else {
            return Ok(());
        };
        let from = (self.folder.id.as_str(), self.uid_validity(), old);
        follow_ups::carry(self.call, from, print, change.flag.as_ref()).await
    }

    fn remember_print(&mut self, kept: &Kept) {
        if let Some(print) = kept.print {
            self.fingerprints.push(FingerprintBatch {
                collection: self.folder.id.clone(),
                uid_validity: self.uid_validity(),
                entries: vec![(kept.made.uid, print)],
            });
        }
    }

    /// Makes FileReferences of a message's sections.
    fn reference_of(&self, uid: u32) -> impl Fn(&str) -> String + use<> {
        let (collection, uid_validity) = (self.folder.id.clone(), self.uid_validity());
        move |section| {
            FileReference {
                collection: collection.clone(),
                uid_validity,
                uid,
                section: section.to_owned(),
            }
            .to_string()
        }
    }

    fn record_draft(&mut self, task: &Task<'_>, status: u16, kept: Option<(String, Kept)>) {
        let (server_id, made) = kept.map(|(id, kept)| (id, kept.made)).unzip();
        let outcome = Outcome {
            status: u8::try_from(status).unwrap_or(5),
            server_id,
            made,
            object: None,
        };
        self.journal.record(task.fingerprint, outcome);
    }
}

fn stamp<'s>(message_id: &'s str, account: &'s str) -> Stamp<'s> {
    Stamp {
        now: clock::now_seconds(),
        message_id,
        account,
        sending: false,
    }
}

/// Flags as the view keeps them.
fn visible(flags: &Flags) -> Flags {
    let mut flags = flags.clone();
    flags.keywords.retain(|name| categories::is_visible(name));
    flags
}

/// The flags to give a message.
fn flags_of(flags: &Flags) -> Vec<Flag> {
    let set = [
        (flags.seen, Flag::Seen),
        (flags.answered, Flag::Answered),
        (flags.flagged, Flag::Flagged),
        (flags.draft, Flag::Draft),
    ];
    let mut all: Vec<Flag> = set
        .into_iter()
        .filter_map(|(on, flag)| on.then_some(flag))
        .collect();
    all.extend(flags.keywords.iter().cloned().map(Flag::Keyword));
    all
}
