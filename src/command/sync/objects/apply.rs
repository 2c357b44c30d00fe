//! Applies a phone's commands to a collection of objects, in their order, each outcome recorded so
//! that a repeat changes nothing (S2). How one object is changed is in [`super::edits`].

use airgate_codec::eas::Raw;
use airgate_codec::eas::sync::{ApplicationData, Command, ItemData, ItemResponse};
use airgate_codec::wbxml::{Reader, air_sync};
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use super::State;
use super::edits::{Doing, Done};
use crate::backend::dav::{DavError, Guard, Href};
use crate::clock;
use crate::command::Call;
use crate::command::meetings::announcer::Announcer;
use crate::command::meetings::due::Due;
use crate::command::objects::{Read, Source, refusal};
use crate::command::sync::apply::{changed, status};
use crate::failure::{self, Failure};
use crate::item::object::{self, Created, Digest, Edit, Kind};
use crate::item::options::BodyOptions;
use crate::store::UndoReason;
use crate::sync::journal::{self, Journal, MadeObject, Outcome};
use crate::sync::objects::{Lasts, Mark, ObjectOptions, Version};
use crate::sync::server_id;
use crate::undo::{self, Kept};

/// Times an object is read anew because others write to it at the same time (S13).
pub(super) const TRIES: usize = 3;
/// Objects read in one request when a UID is looked for.
const SCAN: usize = 100;

/// A collection opened for the phone's commands.
pub(super) struct Target<'t, 'a, 'b> {
    pub(super) source: &'t mut Source<'a, 'b>,
    pub(super) state: &'t mut State,
    pub(super) options: &'t ObjectOptions,
    pub(super) bodies: &'t BodyOptions,
    /// The key the commands came under.
    pub(super) key: &'t str,
    /// Outcomes a repeated command is answered from; each is used once.
    pub(super) done: Journal,
    /// All outcomes, those of an earlier request for the same step too.
    pub(super) journal: Journal,
}

/// What came of all commands together.
pub(super) struct Applied {
    pub(super) responses: Vec<ItemResponse>,
    pub(super) journal: Journal,
}

impl Target<'_, '_, '_> {
    /// Carries out the commands of one collection.
    ///
    /// # Errors
    /// A backend that is out of reach: nothing of what was not yet carried out is acknowledged.
    pub(super) async fn apply(mut self, commands: &[Command]) -> Result<Applied, Failure> {
        let mut responses = Vec::new();
        for command in commands {
            match command {
                Command::Add {
                    client_id, data, ..
                } => responses.push(self.add(client_id, data).await?),
                Command::Change {
                    server_id,
                    instance_id,
                    data,
                    ..
                } => {
                    let instance = instance_id.as_deref();
                    let done = match properties(data) {
                        Some(raw) => {
                            let edit = match instance {
                                Some(id) => Edit::Instance { id, data: raw },
                                None => Edit::Whole(raw),
                            };
                            let content = [instance.unwrap_or_default(), &hash(raw)];
                            self.edit("change", server_id, &content, edit).await?
                        }
                        None => Done::status(status::CONVERSION_ERROR),
                    };
                    responses.extend(response(server_id, instance, &done, false));
                }
                Command::Delete {
                    server_id,
                    instance_id,
                } => {
                    let instance = instance_id.as_deref();
                    let done = match instance {
                        Some(id) => {
                            let edit = Edit::DropInstance { id };
                            self.edit("delete", server_id, &[id], edit).await?
                        }
                        None => self.delete(server_id).await?,
                    };
                    responses.extend(response(server_id, instance, &done, true));
                }
                Command::Fetch { server_id } => responses.push(self.fetch(server_id).await?),
            }
        }
        Ok(Applied {
            responses,
            journal: self.journal,
        })
    }

    /// The number behind a ServerId of this collection that the phone may know (T13).
    fn find(&self, text: &str) -> Option<u32> {
        let (collection, number) = server_id::read(text)?;
        let number = u32::try_from(number.0).ok()?;
        (collection == self.source.space && self.state.view.knows(number)).then_some(number)
    }

    /// What the phone was told of the version it holds.
    async fn told(&self, number: u32) -> Result<Option<Digest>, Failure> {
        let Some(mark) = self.state.view.held(number) else {
            return Ok(None);
        };
        if let Some(digest) = self.state.held.get(&(number, mark)) {
            return Ok(Some(digest.clone()));
        }
        let call = self.source.call;
        let (store, space) = (&call.gateway.store, &self.source.space);
        let held = store.held(call.user, call.device, space, &[number]).await?;
        let version = held.into_iter().find(|version| version.mark == mark.0);
        Ok(version.and_then(|version| postcard::from_bytes(&version.digest).ok()))
    }

    /// An Add (S5): the name of the new object follows from who said what under which key, so a repeat
    /// after a crash finds what it made. An object whose UID is here already is changed instead: phones
    /// add invitations that the server has put there itself.
    async fn add(
        &mut self,
        client_id: &str,
        data: &ApplicationData,
    ) -> Result<ItemResponse, Failure> {
        let answer = |server_id: Option<String>, done: &Done| ItemResponse::Add {
            class: None,
            client_id: client_id.to_owned(),
            server_id,
            status: done.status,
            data: done.data(),
        };
        let Some(raw) = properties(data) else {
            return Ok(answer(None, &Done::status(status::CONVERSION_ERROR)));
        };
        let content = hash(raw);
        let command = journal::fingerprint(&["add", client_id, &content]);
        if let Some(outcome) = self.done.take(&command) {
            let done = self.again(&outcome);
            return Ok(answer(outcome.server_id, &done));
        }
        let call = self.source.call;
        let nth = self.journal.count(&command).to_string();
        let name = journal::fingerprint(&[
            call.user.as_str(),
            call.device.as_str(),
            &self.source.folder.id,
            self.key,
            client_id,
            &content,
            &nth,
        ]);
        let name = uuid(name);
        let manner = self.source.manner(self.bodies);
        let (number, done) = match object::create(self.source.kind, raw, &name, &manner) {
            Ok(_) if self.source.takes_nothing() => (None, Done::status(status::CONVERSION_ERROR)),
            Ok(created) => self.create(&name, raw, created).await?,
            Err(refused) => {
                info!(why = refused.why, "an object of a phone's is refused");
                (None, Done::status(refused.status))
            }
        };
        let server_id = number.map(|number| self.source.id(number));
        self.record(command, number, &done, server_id.clone());
        Ok(answer(server_id, &done))
    }

    async fn create(
        &mut self,
        name: &str,
        raw: &Raw,
        created: Created,
    ) -> Result<(Option<u32>, Done), Failure> {
        let (call, space) = (self.source.call, self.source.space.clone());
        let store = call.gateway.store.as_ref();
        if let Some(found) = self.with_uid(&created.uid).await? {
            return self.instead(found, raw).await;
        }
        let extension = match self.source.kind {
            Kind::Contact => "vcf",
            Kind::Event | Kind::Task | Kind::Note => "ics",
        };
        let href = self.source.href.join(&format!("{name}.{extension}"));
        let announcer = self.announcer().await?;
        let text = match &announcer {
            Some(announcer) => announcer.text(call, None, created.text.clone()),
            None => created.text.clone(),
        };
        let (dav, data) = (self.source.dav, self.source.data);
        let due = match &announcer {
            Some(announcer) => announcer.due(call, &href, None, Some(&text)).await?,
            None => None,
        };
        let octets = text.into();
        match dav.put(call.login, &href, octets, data, Guard::New).await {
            Ok(_) => tell(call, announcer, due).await,
            // Our own, from before a cut; what became of it since is told.
            Err(DavError::Precondition) => not_due(call, due).await?,
            Err(DavError::OverQuota) => {
                not_due(call, due).await?;
                return Ok((None, Done::status(status::OUT_OF_SPACE)));
            }
            Err(error) if refusal(&error) => {
                not_due(call, due).await?;
                // RFC 4791 5.3.2.1: the UID is in an object that nobody read yet.
                self.learn_uids().await?;
                if let Some(found) = self.with_uid(&created.uid).await? {
                    return self.instead(found, raw).await;
                }
                warn!(error = %failure::chain(&error), "the server refuses a new object");
                return Ok((None, Done::status(status::CONVERSION_ERROR)));
            }
            Err(error) => return Err(error.into()),
        }
        let numbers = store
            .number_objects(call.user, &space, &[href.to_string()])
            .await?;
        let Some(number) = numbers.first().copied() else {
            return Ok((None, Done::status(status::SERVER_ERROR)));
        };
        self.state.wrote.insert(number);
        let uids = [(number, created.uid)];
        store.learn_uids(call.user, &space, &uids).await?;
        let done = self.settle(number, created.holds, created.answer).await?;
        Ok((Some(number), done))
    }

    /// An Add of what is there: a Change that says all it has.
    async fn instead(&mut self, number: u32, raw: &Raw) -> Result<(Option<u32>, Done), Failure> {
        let doing = Doing {
            number,
            edit: Edit::Whole(raw),
            told: self.told(number).await?,
        };
        let done = self.change(doing).await?;
        // The phone has one object less than it thinks, and never a conflict about it.
        Ok((
            Some(number),
            Done {
                status: status::OK,
                ..done
            },
        ))
    }

    /// The object of this collection with a UID, while it is there.
    async fn with_uid(&self, uid: &str) -> Result<Option<u32>, Failure> {
        let (call, space) = (self.source.call, &self.source.space);
        let store = &call.gateway.store;
        let found = store.objects_with_uid(call.user, space, uid).await?;
        let mut there = found.into_iter().map(|row| row.number);
        Ok(there.rfind(|number| self.state.view.server(*number).is_some()))
    }

    /// Reads the UIDs of what was never read.
    async fn learn_uids(&mut self) -> Result<(), Failure> {
        let (call, space) = (self.source.call, &self.source.space);
        let store = &call.gateway.store;
        let present = self.state.view.present();
        let rows = store.objects(call.user, space, &present).await?;
        let unread = rows.into_iter().filter(|row| row.uid.is_none());
        let unread: Vec<u32> = unread.map(|row| row.number).collect();
        for some in unread.chunks(SCAN) {
            self.source.read(some).await?;
        }
        Ok(())
    }

    async fn edit(
        &mut self,
        verb: &str,
        server_id: &str,
        content: &[&str],
        edit: Edit<'_>,
    ) -> Result<Done, Failure> {
        let Some(number) = self.find(server_id) else {
            return Ok(Done::status(status::NOT_FOUND));
        };
        let parts: Vec<&str> = [verb, server_id].iter().chain(content).copied().collect();
        let command = journal::fingerprint(&parts);
        if let Some(outcome) = self.done.take(&command) {
            return Ok(self.again(&outcome));
        }
        let told = self.told(number).await?;
        let done = self.change(Doing { number, edit, told }).await?;
        self.record(command, Some(number), &done, None);
        Ok(done)
    }

    /// A Delete beats whatever others changed meanwhile, in any order (S14); what it takes away is kept
    /// (S8). Who deletes the stub of an object that cannot be shown is rid of the stub: nobody saw what
    /// it stands for, and the stub itself says that it is kept (T59).
    async fn delete(&mut self, server_id: &str) -> Result<Done, Failure> {
        let Some(number) = self.find(server_id) else {
            return Ok(Done::status(status::NOT_FOUND));
        };
        if self.told(number).await? == Some(Digest::of_stub()) {
            info!(number, "the stub of an object is dismissed");
            self.state.view.dismissed(number);
            return Ok(Done::status(status::OK));
        }
        let command = journal::fingerprint(&["delete", server_id]);
        if let Some(outcome) = self.done.take(&command) {
            let gone = self.state.view.server(number).is_none();
            self.state.view.phone_deleted(number, gone);
            return Ok(Done::status(u16::from(outcome.status)));
        }
        let done = self.remove(number).await?;
        let gone = done.status == status::OK;
        // One that was refused the phone dropped all the same: the next plan sends it again.
        self.state.view.phone_deleted(number, gone);
        let outcome = Outcome {
            status: u8::try_from(done.status).unwrap_or(5),
            ..Outcome::default()
        };
        self.journal.record(command, outcome);
        Ok(done)
    }

    async fn remove(&mut self, number: u32) -> Result<Done, Failure> {
        if self.source.is_read_only(number).await? {
            return Ok(Done::status(status::CONFLICT));
        }
        let (dav, call) = (self.source.dav, self.source.call);
        let announcer = self.announcer().await?;
        let quiet = announcer.as_ref().is_some_and(Announcer::leaves_quietly);
        for _ in 0..TRIES {
            let (href, etag, text) = match self.source.read_one(number).await? {
                Read::There { href, etag, text } => (href, etag, text),
                Read::Gone => return Ok(Done::status(status::OK)),
                Read::Failed | Read::Withheld => return Ok(Done::status(status::SERVER_ERROR)),
            };
            let kept = self.keep(UndoReason::Deleted, &href, &text).await?;
            let due = match &announcer {
                Some(announcer) => announcer.due(call, &href, Some(&text), None).await?,
                None => None,
            };
            match dav.withdraw(call.login, &href, &etag, quiet).await {
                Ok(()) => {
                    self.state.wrote.insert(number);
                    tell(call, announcer, due).await;
                    return Ok(Done::status(status::OK));
                }
                Err(error) => {
                    let told = match error {
                        DavError::NotFound => Done::status(status::OK),
                        DavError::Precondition => {
                            not_due(call, due).await?;
                            self.forget(kept).await?;
                            continue;
                        }
                        error if refusal(&error) => {
                            warn!(error = %failure::chain(&error), "a deletion is refused");
                            Done::status(status::CONFLICT)
                        }
                        error => return Err(error.into()),
                    };
                    not_due(call, due).await?;
                    self.forget(kept).await?;
                    return Ok(told);
                }
            }
        }
        Ok(Done::status(status::CONFLICT))
    }

    /// A Fetch is for the whole object, whatever the sticky options truncate ([MS-ASCMD] 2.2.3.63.2).
    async fn fetch(&mut self, server_id: &str) -> Result<ItemResponse, Failure> {
        let read = match self.find(server_id) {
            Some(number) => Some((number, self.source.read_one(number).await?)),
            None => None,
        };
        let (status, data) = match read {
            Some((number, Read::There { href, text, .. })) => {
                let bodies = self.bodies.clone().untruncated();
                let shown = self.source.show(number, &href, &text, &bodies);
                (status::OK, Some(ItemData::Other(shown.data)))
            }
            Some((_, Read::Failed | Read::Withheld)) => (status::SERVER_ERROR, None),
            Some((_, Read::Gone)) | None => (status::NOT_FOUND, None),
        };
        Ok(ItemResponse::Fetch {
            server_id: server_id.to_owned(),
            status,
            data,
        })
    }

    /// A command that was carried out in an earlier try of this step.
    fn again(&mut self, outcome: &Outcome) -> Done {
        let status = u16::from(outcome.status);
        let Some(made) = &outcome.object else {
            return Done::status(status);
        };
        let mark = Mark(made.mark);
        let lasts = Lasts::of_code(made.lasts);
        self.state.said.insert((made.number, mark));
        self.state
            .view
            .phone_has_instead(made.number, Version { mark, lasts });
        Done {
            status,
            version: Some(Version { mark, lasts }),
            answer: read_raw(&made.answer).unwrap_or_default(),
        }
    }

    fn record(
        &mut self,
        command: [u8; 16],
        number: Option<u32>,
        done: &Done,
        server_id: Option<String>,
    ) {
        let object = number
            .zip(done.version)
            .map(|(number, version)| MadeObject {
                number,
                mark: version.mark.0,
                lasts: version.lasts.code(),
                answer: match done.answer.is_empty() {
                    true => Vec::new(),
                    false => done.answer.to_document(air_sync::APPLICATION_DATA),
                },
            });
        let outcome = Outcome {
            status: u8::try_from(done.status).unwrap_or(5),
            server_id,
            object,
            ..Outcome::default()
        };
        self.journal.record(command, outcome);
    }

    /// Who tells others of changes of a calendar; nobody is told of other classes.
    pub(super) async fn announcer(&self) -> Result<Option<Announcer>, Failure> {
        match self.source.kind {
            Kind::Event => Announcer::of(self.source.call, self.source.dav)
                .await
                .map(Some),
            Kind::Contact | Kind::Task | Kind::Note => Ok(None),
        }
    }

    /// Keeps an object as it is, before something is done to it.
    pub(super) async fn keep(
        &self,
        reason: UndoReason,
        href: &Href,
        text: &[u8],
    ) -> Result<i64, Failure> {
        let call = self.source.call;
        let kept = Kept {
            href: href.to_string(),
            text: text.to_vec(),
        };
        let of = (call.user, call.device, self.source.folder.id.as_str());
        let keys = call.gateway.gate.keys();
        let store = call.gateway.store.as_ref();
        let now = clock::now_seconds();
        undo::keep(store, &keys, of, self.source.kind, reason, &kept, now).await
    }

    /// What an entry should have undone did not happen.
    pub(super) async fn forget(&self, kept: i64) -> Result<(), Failure> {
        let call = self.source.call;
        Ok(call.gateway.store.drop_undo(call.user, &[kept]).await?)
    }
}

/// Tells others of what was done, if they are to be told.
pub(super) async fn tell(call: &Call<'_>, announcer: Option<Announcer>, due: Option<Due>) {
    if let (Some(announcer), Some(due)) = (announcer, due) {
        announcer.tell(call, due).await;
    }
}

/// What others were to be told did not happen.
pub(super) async fn not_due(call: &Call<'_>, due: Option<Due>) -> Result<(), Failure> {
    match due {
        Some(due) => due.forget(call).await,
        None => Ok(()),
    }
}

/// What a command says, where it is of no other class.
const fn properties(data: &ApplicationData) -> Option<&Raw> {
    match data {
        ApplicationData::Other(raw) => Some(raw),
        ApplicationData::Email(_) | ApplicationData::Invalid(_) => None,
    }
}

/// No entry is success ([MS-ASCMD] 2.2.3.152), unless there is something to say.
fn response(
    server_id: &str,
    instance_id: Option<&str>,
    done: &Done,
    deletes: bool,
) -> Option<ItemResponse> {
    if done.status == status::OK && (deletes || done.answer.is_empty()) {
        return None;
    }
    if deletes {
        return Some(ItemResponse::Delete {
            server_id: server_id.to_owned(),
            instance_id: instance_id.map(ToOwned::to_owned),
            status: done.status,
        });
    }
    let mut response = changed(server_id, done.status);
    if let ItemResponse::Change {
        instance_id: instance,
        data,
        ..
    } = &mut response
    {
        *instance = instance_id.map(ToOwned::to_owned);
        *data = done.data();
    }
    Some(response)
}

/// The content of a command, for its fingerprint.
fn hash(raw: &Raw) -> String {
    let digest = Sha256::digest(raw.to_document(air_sync::APPLICATION_DATA));
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A fingerprint in the form people expect of a UID.
fn uuid(name: [u8; 16]) -> String {
    let hex: String = name.iter().map(|octet| format!("{octet:02x}")).collect();
    let mut text = String::with_capacity(36);
    for (at, digit) in hex.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

fn read_raw(document: &[u8]) -> Option<Raw> {
    if document.is_empty() {
        return None;
    }
    let mut reader = Reader::new(document).ok()?;
    reader.root().ok()?;
    Raw::read(&mut reader).ok()
}
