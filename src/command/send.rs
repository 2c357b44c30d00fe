//! SendMail, SmartReply and SmartForward ([MS-ASCMD] 2.2.1.17, 2.2.1.19, 2.2.1.20): one mail, handed
//! over once (S17), and no success before a server took it (S18).
//!
//! The one thing you would not guess: the submission runs in a task of its own. A phone that hangs
//! up while it waits must not leave a mail half sent; it asks again and is told what became of it.

mod account;
pub(super) mod draft;
mod filing;
mod invitation;
mod job;
mod once;
mod original;
mod parcel;
pub(super) mod receipt;
mod request;
mod verdict;

use std::sync::Arc;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;
use airgate_codec::imap::{Flag, MailboxName};
use tracing::{info, warn};

use self::filing::SentFolder;
use self::job::Job;
use self::once::NotSent;
pub(in crate::command) use self::once::Sent;
use self::original::{Need, Original};
use self::parcel::{Origin, Parcel};
use self::request::{Asked, Request};
use self::verdict::Verdict;
use super::{Answer, Call, failures, folders};
use crate::backend::smtp::{Envelope, Reports, Smtp};
use crate::clock;
use crate::failure::Failure;
use crate::front::Reply;
use crate::gate::Scopes;
use crate::item::outgoing::{Account, Addition, Draft, Stamp, Unsendable, Wants};
use crate::store::{FolderRow, NewOutbox, OutboxState};
use crate::sync::folders::Role;

/// Octets of randomness in a Message-ID.
const RANDOM: usize = 16;

/// Answers a SendMail, SmartReply or SmartForward.
pub(super) async fn send(call: &Call<'_>) -> Answer {
    let refuse = |status| Ok(failures::status_reply(call.version, call.command, status));
    if !call.scopes.allows(Scopes::SEND) {
        return refuse(not_allowed(call.version));
    }
    match request::read(call) {
        Ok(Request::Mail(asked)) => {
            let Some(smtp) = &call.gateway.smtp else {
                warn!("a mail cannot be sent: no submission server is configured");
                return refuse(status::MAIL_SUBMISSION_FAILED);
            };
            match deliver(call, smtp, asked).await? {
                Ok(Sent::Now) => Ok(Reply::empty()),
                // What Exchange says to a mail it sent before: phones take it as sent.
                Ok(Sent::Before) if call.version < ProtocolVersion::V14_0 => Ok(Reply::empty()),
                Ok(Sent::Before) => refuse(status::MESSAGE_PREVIOUSLY_SENT),
                Err(status) => refuse(status),
            }
        }
        Ok(Request::Invite(invite)) => match invitation::pass_on(call, invite).await? {
            Ok(Sent::Now) => Ok(Reply::empty()),
            Ok(Sent::Before) => refuse(status::MESSAGE_PREVIOUSLY_SENT),
            Err(status) => refuse(status),
        },
        Err(reply) => Ok(reply),
    }
}

/// The secret may read mail but not send it (C3). The common codes have a word for it from 14.1 on.
fn not_allowed(version: ProtocolVersion) -> u16 {
    if version >= ProtocolVersion::V14_1 {
        status::ACCOUNT_SEND_DISABLED
    } else {
        status::ACCESS_DENIED
    }
}

/// Hands a mail over once; the status if it cannot be sent.
async fn deliver(call: &Call<'_>, smtp: &Smtp, asked: Asked) -> Result<Result<Sent, u16>, Failure> {
    let (address, aliases) = account::of(call, smtp);
    let account = Account {
        address: &address,
        aliases: &aliases,
    };
    let draft = match Draft::read(&asked.mime, account) {
        Ok(draft) => draft,
        Err(fault) => {
            info!(%fault, "a mail cannot be sent");
            return Ok(Err(unsendable(fault)));
        }
    };
    let key = once::key(
        call.user,
        call.device,
        call.command,
        &asked,
        draft.message_id(),
    );
    // The second of two equal requests waits for the first and then finds what became of it.
    let chain = format!("outbox:{}", hex(&key));
    let lease = call
        .gateway
        .leases
        .take(call.user, call.device, &chain)
        .await;
    let message_id = match draft.message_id() {
        Some(id) => id.to_owned(),
        None => fresh_id(draft.sender())?,
    };
    let mail = NewOutbox {
        user: call.user.clone(),
        device: call.device.clone(),
        key,
        message_id,
        now: clock::now_seconds(),
    };
    let unnamed = asked.name.is_none() && draft.message_id().is_none();
    let store = &call.gateway.store;
    let row = once::enter(store.as_ref(), mail, unnamed).await?;
    // Sent by a process that is gone: its copy in the Sent folder may be missing, and only now there
    // is a mail to copy.
    let unfiled = row.state == OutboxState::Submitted && row.updated <= call.gateway.started;
    if once::is_submitted(&row) && !unfiled {
        info!(id = row.id, "a mail that was sent came again");
        return Ok(Ok(Sent::Before));
    }
    let rows = folders::known(call).await?;
    let original = match original(call, &rows, &asked, &draft).await? {
        Ok(original) => original,
        Err(status) => return Ok(Err(status)),
    };
    let stamp = Stamp {
        now: row.created,
        message_id: &row.message_id,
        secret: &hex(row.key.get(..RANDOM).unwrap_or_default()),
    };
    let thread = original.as_ref().map(|original| &original.thread);
    let addition = original
        .as_ref()
        .map_or(Addition::Nothing, Original::addition);
    let outgoing = match draft.compose(stamp, thread, addition) {
        Ok(outgoing) => outgoing,
        Err(fault) => return Ok(Err(unsendable(fault))),
    };
    if outgoing.size() > call.gateway.settings.max_message {
        return Ok(Err(status::ATTACHMENT_IS_TOO_LARGE));
    }
    let receipts = draft.receipts();
    let envelope = Envelope {
        from: Some(draft.sender().to_owned()),
        to: draft.recipients().to_vec(),
        reports: (receipts.delivery || receipts.reading).then(|| Reports {
            success: receipts.delivery,
            id: row.message_id.clone(),
        }),
    };
    let mark = original.map(|original| original.mark).or(asked.answers);
    let origin = mark.as_ref().map(|mark| Origin {
        imap: call.gateway.imap.clone(),
        login: call.login.clone(),
        mailbox: mark.mailbox.clone(),
        uid_validity: mark.uid_validity,
        uid: mark.uid,
    });
    let job = Job {
        store: Arc::clone(store),
        smtp: smtp.clone(),
        login: call.login.clone(),
        sent: SentFolder {
            imap: call.gateway.imap.clone(),
            login: call.login.clone(),
            mailbox: sent_mailbox(call, &rows).await,
        },
        envelope,
        asked_to_save: asked.save,
        save: call.gateway.settings.sending.save_sent,
        mark,
        row,
        parcel: Arc::new(Parcel::new(outgoing, origin)),
    };
    drop(draft);
    // Full disks are found while nothing has happened yet (T61).
    store.ready(clock::now_seconds()).await?;
    match crate::task::spawn("submission", job.run(lease)).await {
        Ok(Ok(sent)) => Ok(Ok(sent)),
        Ok(Err(NotSent::Failed(failure))) => Err(failure),
        Ok(Err(NotSent::Smtp(error))) => {
            warn!(error = %crate::failure::chain(&error), "a mail was not sent");
            match verdict::of(error) {
                Verdict::Status(status) => Ok(Err(status)),
                Verdict::Passing(failure) => Err(failure),
            }
        }
        Err(error) => Err(Failure::gateway(error)),
    }
}

/// The original of a smart command, as far as it is needed.
async fn original(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Asked,
    draft: &Draft,
) -> Result<Result<Option<Original>, u16>, Failure> {
    let Some(source) = &asked.source else {
        return Ok(Ok(None));
    };
    let forward = call.command == CommandName::SmartForward;
    let flag = if forward {
        Flag::Keyword("$Forwarded".into())
    } else {
        Flag::Answered
    };
    let need = match draft.wants(forward) {
        _ if asked.replace => Need::Header,
        Wants::Nothing => Need::Header,
        Wants::Whole => Need::Whole,
        Wants::Quote { text, html } if forward => Need::Forward { text, html },
        Wants::Quote { text, html } => Need::Reply { text, html },
    };
    Ok(
        match original::read(call, rows, source, need, flag).await? {
            Ok(original) => Ok(Some(original)),
            // The phone's mail is complete: all that is lost is the mark.
            Err(_) if asked.replace => Ok(None),
            Err(status) => Err(status),
        },
    )
}

/// The Sent folder's mailbox; an account that has none gets one by the usual refresh.
async fn sent_mailbox(call: &Call<'_>, rows: &[FolderRow]) -> Option<MailboxName> {
    let find = |rows: &[FolderRow]| {
        rows.iter()
            .find(|row| row.role == Role::Sent as u8 && !row.retired)
            .map(|row| MailboxName::new(row.name.clone()))
    };
    match find(rows) {
        Some(mailbox) => Some(mailbox),
        None => find(&folders::refresh(call).await.ok()?.rows),
    }
}

const fn unsendable(fault: Unsendable) -> u16 {
    match fault {
        Unsendable::NotMime | Unsendable::Broken(_) => status::INVALID_MIME,
        Unsendable::NoRecipient => status::MESSAGE_HAS_NO_RECIPIENT,
    }
}

fn fresh_id(account: &str) -> Result<String, Failure> {
    let mut random = [0_u8; RANDOM];
    getrandom::fill(&mut random).map_err(|error| Failure::gateway(error.to_string()))?;
    Ok(id_named(&hex(&random), account))
}

/// A Message-ID with that name, at the account's domain.
fn id_named(name: &str, account: &str) -> String {
    let domain = account
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    // A Message-ID is ASCII; a domain that is not stays out of it.
    let domain = if domain.is_ascii() {
        domain
    } else {
        "localhost"
    };
    format!("<{name}@{domain}>")
}

/// Octets as hexadecimal digits.
pub(super) fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
