//! Read receipts, where the operator wants them (`sending.read_receipts`): a mail that a phone has
//! newly marked as read and whose sender asked to be told is answered, once for all devices.
//!
//! Two locks make it once. `$MDNSent` is set before anything is sent (RFC 3503), so that neither
//! another device nor another mail program answers too; and the outbox knows the receipt by the mail
//! it is for. In doubt none is sent: a receipt too few harms nobody.

use std::sync::Arc;
use std::time::Duration;

use airgate_codec::eas::status;
use airgate_codec::imap::{Flag, Uid, UidSet};
use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use super::once::{self, Mail, NotSent, Witness};
use super::verdict::{self, Verdict};
use super::{account, fresh_id, hex};
use crate::backend::Login;
use crate::backend::imap::{FetchItems, ImapError, Session};
use crate::backend::smtp::{Envelope, Smtp};
use crate::clock;
use crate::command::Call;
use crate::config::ReadReceipts;
use crate::failure::{self, Failure};
use crate::gate::Scopes;
use crate::identity::DeviceId;
use crate::item::receipt::{FIELDS, Receipt, Stamp};
use crate::store::{FolderRow, NewOutbox, Store};
use crate::sync::folders::Role;
use crate::sync::lease::Lease;

/// Mails marked as read in one request whose senders hear of it: nobody reads more between two
/// looks, but everybody marks a whole folder as read at times.
const MAX_READ: u64 = 25;
/// The keyword of RFC 3503.
const SENT: &str = "$MDNSent";
/// How the outbox calls the sender: receipts are the user's, whichever device he read on.
const SENDER: &str = "receipt";
/// Pauses before a submission is tried again.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

/// A receipt on its way.
struct Job {
    store: Arc<dyn Store>,
    smtp: Smtp,
    login: Login,
    mail: NewOutbox,
    to: String,
    octets: Vec<u8>,
}

/// In doubt whether a receipt went out, it did.
struct Doubt;

/// Tells the senders of these mails, which the phone has just marked as read, if they asked for it.
/// What goes wrong here is no trouble of the phone's.
pub(in crate::command) async fn read(
    call: &Call<'_>,
    session: &mut Session,
    folder: &FolderRow,
    uids: &UidSet,
) {
    let wanted = call.gateway.settings.sending.read_receipts == ReadReceipts::Send
        && call.scopes.allows(Scopes::SEND)
        // What lies there the user wrote himself.
        && folder.role != Role::Sent as u8
        && folder.role != Role::Drafts as u8;
    let Some(smtp) = call.gateway.smtp.as_ref().filter(|_| wanted) else {
        return;
    };
    if uids.is_empty() || uids.len() > MAX_READ {
        return;
    }
    if let Err(failure) = answer(call, smtp, session, folder, uids).await {
        warn!(error = %failure::chain(&failure), "read receipts could not be sent");
    }
}

async fn answer(
    call: &Call<'_>,
    smtp: &Smtp,
    session: &mut Session,
    folder: &FolderRow,
    uids: &UidSet,
) -> Result<(), Failure> {
    let (address, mut me) = account::of(call, smtp);
    me.insert(0, address);
    let items = FetchItems {
        flags: true,
        headers: Some(FIELDS.to_vec()),
        ..FetchItems::default()
    };
    let mut asked = Vec::new();
    for message in session.fetch(uids, &items).await? {
        let keywords = message
            .flags
            .as_ref()
            .map(|flags| flags.keywords.as_slice());
        let closed = keywords.unwrap_or_default().iter().any(|keyword| {
            // Junk is no mail its reader wants anybody to know of.
            [SENT, "$Junk", "Junk"]
                .iter()
                .any(|closed| keyword.eq_ignore_ascii_case(closed))
        });
        let header = FetchItems::header_of(&message).unwrap_or_default();
        let receipt = Receipt::asked(header, &me).filter(|_| !closed);
        asked.extend(message.uid.zip(receipt));
    }
    for (uid, receipt) in asked {
        let one: UidSet = std::iter::once(uid.get()).collect();
        // A mailbox that cannot keep the keyword gets no receipts: the next program that opens it
        // would send another (RFC 3503 3).
        match session
            .store(&one, &[Flag::Keyword(SENT.into())], &[])
            .await
        {
            Ok(undone) if undone.is_empty() => {}
            Ok(_) | Err(ImapError::Refused(_) | ImapError::Denied(_) | ImapError::ReadOnly) => {
                info!("no receipt: the mailbox cannot keep $MDNSent");
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let message_id = fresh_id(&receipt.reader)?;
        let now = clock::now_seconds();
        let stamp = Stamp {
            now,
            message_id: &message_id,
        };
        let octets = match receipt.write(stamp) {
            Ok(octets) => octets,
            Err(fault) => {
                info!(%fault, "no receipt");
                continue;
            }
        };
        let device =
            DeviceId::parse(SENDER).map_err(|error| Failure::gateway(error.to_string()))?;
        let job = Job {
            store: Arc::clone(&call.gateway.store),
            smtp: smtp.clone(),
            login: call.login.clone(),
            mail: NewOutbox {
                user: call.user.clone(),
                device,
                key: key(call, &receipt, folder, uid),
                message_id,
                now,
            },
            to: receipt.to.address,
            octets,
        };
        let chain = format!("receipt:{}", hex(&job.mail.key));
        let (user, device) = (&job.mail.user, &job.mail.device);
        let lease = call.gateway.leases.take(user, device, &chain).await;
        // Nobody waits for it.
        crate::task::spawn("receipt", job.run(lease));
    }
    Ok(())
}

/// The same for the same mail, wherever the user has it: one receipt for all copies.
fn key(call: &Call<'_>, receipt: &Receipt, folder: &FolderRow, uid: Uid) -> [u8; 32] {
    let place = format!("{}:{:?}:{}", folder.id, folder.uid_validity, uid.get());
    let mut hash = Sha256::new();
    for field in [
        SENDER,
        call.user.as_str(),
        receipt.of().unwrap_or(&place),
        &receipt.to.address,
    ] {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

impl Job {
    async fn run(self, _lease: Lease) {
        for pause in PAUSES.into_iter().map(Some).chain([None]) {
            match self.attempt().await {
                Ok(()) => return,
                Err(Some(why)) => {
                    warn!(error = %failure::chain(&why), "a receipt was not sent yet")
                }
                Err(None) => return,
            }
            let Some(pause) = pause else { return };
            tokio::time::sleep(pause).await;
        }
    }

    /// `Err(Some(_))` may pass, `Err(None)` will not.
    async fn attempt(&self) -> Result<(), Option<Failure>> {
        let store = self.store.as_ref();
        let row = once::enter(store, self.mail.clone(), false)
            .await
            .map_err(Some)?;
        let envelope = Envelope {
            // MUST be null (RFC 8098 3): what cannot be delivered comes back to nobody.
            from: None,
            to: vec![self.to.clone()],
            reports: None,
        };
        let mail = Mail {
            login: &self.login,
            envelope: &envelope,
            octets: &self.octets.as_slice(),
        };
        match once::submit(store, &self.smtp, &Doubt, &row, &mail).await {
            Ok(_) => {
                metrics::counter!("airgate_read_receipts_total").increment(1);
                Ok(())
            }
            Err(NotSent::Failed(failure)) => Err(Some(failure)),
            Err(NotSent::Smtp(error)) => {
                let said = failure::chain(&error).to_string();
                match verdict::of(error) {
                    Verdict::Passing(failure) => Err(Some(failure)),
                    Verdict::Status(status::SERVER_ERROR_RETRY_LATER) => {
                        Err(Some(Failure::gateway(said)))
                    }
                    Verdict::Status(_) => {
                        warn!(error = said, "a receipt is refused");
                        Err(None)
                    }
                }
            }
        }
    }
}

#[async_trait]
impl Witness for Doubt {
    async fn has(&self, _: &str) -> Result<bool, Failure> {
        Ok(true)
    }
}
