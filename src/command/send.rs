//! SendMail, SmartReply and SmartForward ([MS-ASCMD] 2.2.1.17, 2.2.1.19, 2.2.1.20): one mail, handed
//! over once (S17), and no success before a server took it (S18).
//!
//! The one thing you would not guess: the submission runs in a task of its own. A phone that hangs
//! up while it waits must not leave a mail half sent; it asks again and is told what became of it.

mod filing;
mod once;
mod original;
mod request;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;
use airgate_codec::imap::{Flag, MailboxName};
use tokio::sync::oneshot;
use tracing::{info, warn};

use self::filing::{Filing, SentFolder};
use self::once::{Mail, NotSent, Sent};
use self::original::{Need, Original};
use self::request::Asked;
use self::verdict::Verdict;
use super::{Answer, Call, failures, folders};
use crate::backend::Login;
use crate::backend::smtp::{self, Envelope, Smtp};
use crate::clock;
use crate::failure::Failure;
use crate::front::Reply;
use crate::item::outgoing::{Addition, Draft, Outgoing, Stamp, Unsendable};
use crate::store::{FolderRow, NewOutbox, OutboxRow, OutboxState, Store};
use crate::sync::folders::Role;
use crate::sync::lease::Lease;

/// How long a sent mail's answer waits for its copy in the Sent folder, so that the phone finds it
/// there when it looks next.
const FILING: Duration = Duration::from_secs(5);
/// Octets of randomness in a Message-ID.
const RANDOM: usize = 16;

/// Answers a SendMail, SmartReply or SmartForward.
pub(super) async fn send(call: &Call<'_>) -> Answer {
    let refuse = |status| Ok(failures::status_reply(call.version, call.command, status));
    let asked = match request::read(call) {
        Ok(asked) => asked,
        Err(reply) => return Ok(reply),
    };
    let Some(smtp) = &call.gateway.smtp else {
        warn!("a mail cannot be sent: no submission server is configured");
        return refuse(status::MAIL_SUBMISSION_FAILED);
    };
    let account = account(call, smtp);
    let draft = match Draft::read(&asked.mime, &account) {
        Ok(draft) => draft,
        Err(fault) => {
            info!(%fault, "a mail cannot be sent");
            return refuse(unsendable(fault));
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
        None => fresh_id(&account)?,
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
        return Ok(repeated(call));
    }
    let rows = folders::known(call).await?;
    let original = match original(call, &rows, &asked, &draft).await? {
        Ok(original) => original,
        Err(status) => return refuse(status),
    };
    let stamp = Stamp {
        now: row.created,
        message_id: &row.message_id,
    };
    let outgoing = match compose(call.command, &draft, stamp, original.as_ref()) {
        Ok(outgoing) => outgoing,
        Err(fault) => return refuse(unsendable(fault)),
    };
    let job = Job {
        store: Arc::clone(store),
        smtp: smtp.clone(),
        login: call.login.clone(),
        sent: SentFolder {
            imap: call.gateway.imap.clone(),
            login: call.login.clone(),
            mailbox: sent_mailbox(call, &rows).await,
        },
        envelope: Envelope {
            from: account,
            to: draft.recipients().to_vec(),
        },
        save: asked.save,
        mark: original.map(|original| original.mark),
        row,
        outgoing,
    };
    drop(draft);
    // Full disks are found while nothing has happened yet (T61).
    store.ready(clock::now_seconds()).await?;
    match crate::task::spawn("submission", job.run(lease)).await {
        Ok(Ok(Sent::Now)) => Ok(Reply::empty()),
        Ok(Ok(Sent::Before)) => Ok(repeated(call)),
        Ok(Err(NotSent::Failed(failure))) => Err(failure),
        Ok(Err(NotSent::Smtp(error))) => {
            warn!(%error, "a mail was not sent");
            match verdict::of(error) {
                Verdict::Status(status) => refuse(status),
                Verdict::Passing(failure) => Err(failure),
            }
        }
        Err(error) => Err(Failure::gateway(error)),
    }
}

/// One submission and what follows it, owning all it needs.
struct Job {
    store: Arc<dyn Store>,
    smtp: Smtp,
    login: Login,
    sent: SentFolder,
    envelope: Envelope,
    save: bool,
    mark: Option<filing::Mark>,
    row: OutboxRow,
    outgoing: Outgoing,
}

impl Job {
    /// Hands the mail over and has it filed; the lease is held until it is clear what to tell a
    /// repeat.
    async fn run(self, lease: Lease) -> Result<Sent, NotSent> {
        let mail = Mail {
            login: &self.login,
            envelope: &self.envelope,
            octets: &self.outgoing.wire,
        };
        let store = self.store.as_ref();
        let sent = once::submit(store, &self.smtp, &self.sent, &self.row, &mail).await?;
        metrics::counter!("airgate_mails_sent_total").increment(1);
        let filing = Filing {
            store: self.store,
            sent: self.sent,
            user: self.row.user,
            row: self.row.id,
            message_id: self.row.message_id,
            copy: self.save.then(|| self.outgoing.sent_copy()),
            mark: self.mark,
        };
        let (first, tried) = oneshot::channel::<()>();
        // Goes on by itself: the mail is sent, whatever becomes of its copy (S19).
        crate::task::spawn("filing", filing.run(first));
        let _ = tokio::time::timeout(FILING, tried).await;
        drop(lease);
        Ok(sent)
    }
}

/// The original of a smart command, as far as it is needed.
async fn original(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Asked<'_>,
    draft: &Draft,
) -> Result<Result<Option<Original>, u16>, Failure> {
    let Some(source) = &asked.source else {
        return Ok(Ok(None));
    };
    let reply = call.command == CommandName::SmartReply;
    let flag = if reply {
        Flag::Answered
    } else {
        Flag::Keyword("$Forwarded".into())
    };
    let need = match draft.wants() {
        _ if asked.replace => Need::Header,
        _ if !reply => Need::Whole {
            limit: call.gateway.settings.max_message,
        },
        (false, false) => Need::Header,
        (text, html) => Need::Body { text, html },
    };
    Ok(match original::read(call, rows, source, need, flag).await {
        Ok(Ok(original)) => Ok(Some(original)),
        // The phone's mail is complete: all that is lost is the mark.
        Ok(Err(_)) if asked.replace => Ok(None),
        Ok(Err(status)) => Err(status),
        Err(failure) if failure.remedy == crate::failure::Remedy::ResyncFolders => {
            if asked.replace {
                Ok(None)
            } else {
                Err(status::ITEM_NOT_FOUND)
            }
        }
        Err(failure) => return Err(failure),
    })
}

fn compose(
    command: CommandName,
    draft: &Draft,
    stamp: Stamp<'_>,
    original: Option<&Original>,
) -> Result<Outgoing, Unsendable> {
    let thread = original.map(|original| &original.thread);
    let addition = match original {
        Some(Original {
            quote: Some(quote), ..
        }) if command == CommandName::SmartReply => Addition::Reply(quote),
        Some(Original {
            whole: Some(octets),
            subject,
            ..
        }) => Addition::Forward {
            original: octets,
            subject,
        },
        _ => Addition::Nothing,
    };
    draft.compose(stamp, thread, addition)
}

/// The user's address. A login without a domain is completed by the submission server's name: it
/// is the only domain known.
fn account(call: &Call<'_>, smtp: &Smtp) -> String {
    let user = call.user.as_str();
    if smtp::is_address(user) {
        return user.to_owned();
    }
    let host = smtp.host();
    let domain = if host.parse::<std::net::IpAddr>().is_ok() {
        "localhost"
    } else {
        host
    };
    format!("{}@{domain}", call.user.local_part())
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

/// What Exchange says to a mail it sent before: phones take it as sent.
fn repeated(call: &Call<'_>) -> Reply {
    if call.version < ProtocolVersion::V14_0 {
        return Reply::empty();
    }
    failures::status_reply(call.version, call.command, status::MESSAGE_PREVIOUSLY_SENT)
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
    let domain = account
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    // A Message-ID is ASCII; a domain that is not stays out of it.
    let domain = if domain.is_ascii() {
        domain
    } else {
        "localhost"
    };
    Ok(format!("<{}@{domain}>", hex(&random)))
}

fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
