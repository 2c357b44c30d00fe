//! Applies a phone's commands to a mailbox, in their order, each outcome recorded so that a repeat
//! changes nothing (S2). Changes of flags that follow each other travel together, so do deletions.

mod deletes;
mod flags;

use std::borrow::Cow;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Class;
use airgate_codec::eas::email::EmailChange;
use airgate_codec::eas::notes::Note;
use airgate_codec::eas::sync::{ApplicationData, Collection, Command, ItemResponse};
use airgate_codec::wbxml::{Tag, email2};
use tracing::info;

use self::deletes::Deletion;
pub(super) use self::flags::Delta;
use self::flags::Flagging;
use super::super::Call;
use crate::backend::imap::{ImapError, Session};
use crate::failure::Failure;
use crate::item::note::mail;
use crate::item::object::Refused;
use crate::item::options::BodyOptions;
use crate::store::{FingerprintBatch, FolderKind, FolderRow};
use crate::sync::folders::Role;
use crate::sync::journal::{self, Journal, Outcome};
use crate::sync::server_id;
use crate::sync::view::{ItemNumber, MailView};

/// Sync's status of one item ([MS-ASCMD] 2.2.3.177.17).
pub(super) mod status {
    pub(in super::super) const OK: u16 = 1;
    pub(in super::super) const SERVER_ERROR: u16 = 5;
    pub(in super::super) const CONVERSION_ERROR: u16 = 6;
    pub(in super::super) const CONFLICT: u16 = 7;
    pub(in super::super) const NOT_FOUND: u16 = 8;
    pub(in super::super) const OUT_OF_SPACE: u16 = 9;
}

/// A mailbox opened for the phone's commands.
pub(super) struct Target<'a, 'b> {
    pub(super) call: &'a Call<'b>,
    pub(super) session: &'a mut Session,
    pub(super) folder: &'a FolderRow,
    /// Where deletions go; `None` in the trash itself and where there is none.
    pub(super) trash: Option<&'a FolderRow>,
    pub(super) view: &'a mut MailView,
    /// The key the commands came under.
    pub(super) key: &'a str,
    /// Of a draft changed on both sides, the phone's is kept.
    pub(super) client_wins: bool,
    /// How the phone is told of bodies.
    pub(super) bodies: BodyOptions,
    /// Outcomes a repeated command is answered from; each is used once.
    pub(super) done: Journal,
    /// All outcomes, those of an earlier request for the same step too.
    pub(super) journal: Journal,
    pub(super) fingerprints: Vec<FingerprintBatch>,
}

/// What came of all commands together.
pub(super) struct Applied {
    pub(super) responses: Vec<ItemResponse>,
    /// Items to be sent whole, in the order asked for.
    pub(super) fetches: Vec<(String, Option<u32>)>,
    pub(super) journal: Journal,
    pub(super) fingerprints: Vec<FingerprintBatch>,
}

/// Commands that wait for others like them.
#[derive(Default)]
struct Pending {
    flaggings: Vec<Flagging>,
    deletions: Vec<Deletion>,
    moves: bool,
}

/// Properties only the server sets (REFERENCE 5.3).
const READ_ONLY: [Tag; 3] = [
    email2::CONVERSATION_ID,
    email2::SENDER,
    email2::RECEIVED_AS_BCC,
];
/// What the ServerId of a text message begins with: we keep none, but a phone that offers its own
/// must be able to name them.
const SMS: &str = "sms";

impl Target<'_, '_> {
    /// Carries out the commands of one collection.
    ///
    /// # Errors
    /// A backend that is out of reach: nothing of what was not yet carried out is acknowledged.
    pub(super) async fn apply(mut self, wanted: &Collection) -> Result<Applied, Failure> {
        let mut responses = Vec::new();
        let mut fetches = Vec::new();
        let mut pending = Pending {
            moves: wanted.deletes_as_moves.unwrap_or(true),
            ..Pending::default()
        };
        for command in &wanted.commands {
            match command {
                Command::Add {
                    class,
                    client_id,
                    data,
                    send,
                } => {
                    let response = self.add(*class, client_id, data, *send).await?;
                    responses.push(response);
                }
                Command::Change {
                    server_id,
                    data,
                    send,
                    ..
                } => {
                    if self.is_text_message(server_id) {
                        continue;
                    }
                    let change = match self.properties(data) {
                        Ok(change) => change,
                        Err(status) => {
                            responses.push(changed(server_id, status));
                            continue;
                        }
                    };
                    if self.takes_messages() && (*send || has_content(&change)) {
                        // What was asked before happens before.
                        self.carry_out(&mut pending, &mut responses).await?;
                        let response = self.change_draft(server_id, &change, *send).await?;
                        responses.extend(response);
                        continue;
                    }
                    if !pending.deletions.is_empty() {
                        self.carry_out(&mut pending, &mut responses).await?;
                    }
                    match self.flagging(server_id, &change) {
                        _ if *send => {
                            responses.push(changed(server_id, status::CONVERSION_ERROR));
                        }
                        Ok(flagging) => pending.flaggings.push(flagging),
                        Err(status) => responses.push(changed(server_id, status)),
                    }
                }
                Command::Delete { server_id, .. } => match self.find(server_id) {
                    _ if self.is_text_message(server_id) => {}
                    Some((number, Some(uid))) => pending.deletions.push(Deletion {
                        server_id: server_id.clone(),
                        number,
                        uid,
                        fingerprint: journal::fingerprint(&["delete", server_id]),
                    }),
                    // An orphan of the last generation: what is gone is as the phone wants it.
                    Some((number, None)) if self.view.orphans.contains(&number) => {
                        self.view.phone_deleted(number, None, true);
                    }
                    _ => responses.push(deleted(server_id, status::NOT_FOUND)),
                },
                Command::Fetch { server_id } => {
                    let uid = self.find(server_id).and_then(|(_, uid)| uid);
                    fetches.push((server_id.clone(), uid));
                }
            }
        }
        self.carry_out(&mut pending, &mut responses).await?;
        Ok(Applied {
            responses,
            fetches,
            journal: self.journal,
            fingerprints: self.fingerprints,
        })
    }

    async fn carry_out(
        &mut self,
        pending: &mut Pending,
        responses: &mut Vec<ItemResponse>,
    ) -> Result<(), Failure> {
        let flaggings = std::mem::take(&mut pending.flaggings);
        self.flag(flaggings, responses).await?;
        let deletions = std::mem::take(&mut pending.deletions);
        self.delete(deletions, pending.moves, responses).await
    }

    /// An Add: a draft, or a text message, which is taken and dropped (device-notes.md section 9):
    /// a phone that is told no stops syncing its mail as well.
    async fn add(
        &mut self,
        class: Option<Class>,
        client_id: &str,
        data: &ApplicationData,
        send: bool,
    ) -> Result<ItemResponse, Failure> {
        let add = |server_id, status| ItemResponse::Add {
            class,
            client_id: client_id.to_owned(),
            server_id,
            status,
            data: None,
        };
        if class == Some(Class::Sms) && self.call.version >= ProtocolVersion::V14_0 {
            let name = journal::fingerprint(&[SMS, client_id]);
            let [a, b, c, d, ..] = name;
            let number = u32::from_be_bytes([a, b, c, d]);
            let id = format!("{}:{SMS}{number}", self.folder.id);
            return Ok(add(Some(id), status::OK));
        }
        let own = match self.is_notes() {
            true => Class::Notes,
            false => Class::Email,
        };
        if !self.takes_messages() || class.is_some_and(|class| class != own) {
            return Ok(add(None, status::CONVERSION_ERROR));
        }
        match self.properties(data) {
            Ok(change) => self.add_draft(client_id, &change, send).await,
            Err(status) => Ok(add(None, status)),
        }
    }

    fn is_text_message(&self, server_id: &str) -> bool {
        let ours = server_id.strip_prefix(self.folder.id.as_str());
        ours.and_then(|rest| rest.strip_prefix(':'))
            .is_some_and(|rest| rest.starts_with(SMS))
    }

    /// Whether the phone may write messages here, drafts or notes.
    fn takes_messages(&self) -> bool {
        let drafts = self.folder.role == Role::Drafts as u8;
        self.is_notes() || drafts && self.call.version >= ProtocolVersion::V16_0
    }

    /// Whether this is a mailbox of notes.
    pub(super) fn is_notes(&self) -> bool {
        self.folder.kind == FolderKind::Notes
    }

    /// What a command says of a message, or of a note as the message that holds it.
    fn properties<'d>(&self, data: &'d ApplicationData) -> Result<Cow<'d, EmailChange>, u16> {
        if !self.is_notes() {
            return properties(data);
        }
        let ApplicationData::Other(raw) = data else {
            return Err(status::CONVERSION_ERROR);
        };
        let change = Note::from_raw(raw)
            .map_err(|error| Refused::conversion(error.to_string()))
            .and_then(|note| mail::change_of(&note, self.call.version));
        change.map(Cow::Owned).map_err(|refused| {
            info!(%refused, "a note cannot be used");
            refused.status
        })
    }

    /// The number behind a ServerId of this collection, and its UID while the message is there.
    pub(super) fn find(&self, text: &str) -> Option<(ItemNumber, Option<u32>)> {
        let (collection, number) = server_id::read(text)?;
        if collection != self.folder.id {
            return None;
        }
        let uid = self.view.uid_of(number).filter(|uid| {
            self.view.server().items.contains(*uid)
                || self.view.aged.contains(*uid)
                || self.view.phone.items.contains(*uid)
        });
        Some((number, uid))
    }

    pub(super) fn record(&mut self, fingerprint: [u8; 16], status: u16) {
        let outcome = Outcome {
            status: u8::try_from(status).unwrap_or(5),
            ..Outcome::default()
        };
        self.journal.record(fingerprint, outcome);
    }
}

/// What a command says of a message.
fn properties(data: &ApplicationData) -> Result<Cow<'_, EmailChange>, u16> {
    let change = match data {
        // Attachments may be large: not copied.
        ApplicationData::Email(change) => Cow::Borrowed(change.as_ref()),
        other => other
            .clone()
            .into_email()
            .map(|change| Cow::Owned(*change))
            .map_err(|_| status::CONVERSION_ERROR)?,
    };
    if change.others.iter().any(|tag| READ_ONLY.contains(tag)) {
        return Err(status::CONVERSION_ERROR);
    }
    Ok(change)
}

/// Whether a change is of more than flags.
const fn has_content(change: &EmailChange) -> bool {
    change.to.is_some()
        || change.cc.is_some()
        || change.bcc.is_some()
        || change.reply_to.is_some()
        || change.subject.is_some()
        || change.importance.is_some()
        || change.body.is_some()
        || !change.attachments.is_empty()
}

/// Whether the backend is well and says no to this one thing.
pub(super) const fn refusal(error: &ImapError) -> bool {
    matches!(
        error,
        ImapError::Denied(_)
            | ImapError::ReadOnly
            | ImapError::OverQuota
            | ImapError::Refused(_)
            | ImapError::NoMailbox(_)
            | ImapError::TooLarge
    )
}

pub(super) fn changed(server_id: &str, status: u16) -> ItemResponse {
    ItemResponse::Change {
        class: None,
        server_id: server_id.to_owned(),
        instance_id: None,
        status,
        data: None,
    }
}

fn deleted(server_id: &str, status: u16) -> ItemResponse {
    ItemResponse::Delete {
        server_id: server_id.to_owned(),
        instance_id: None,
        status,
    }
}
