//! A draft that a Sync says to send (16.0 and later; [MS-ASCMD] 2.2.3.158): handed over by the same
//! path as any mail, once (S17), under a name that does not change while its octets may (its Date is
//! that of the try).

use airgate_codec::eas::{status, sync};
use airgate_codec::imap::{Flag, MailboxName};
use bytes::Bytes;
use tracing::warn;

use super::Sent;
use super::filing::Mark;
use super::request::Asked;
use super::{account, deliver, hex, id_named, not_allowed};
use crate::backend::imap::{ImapError, Search};
use crate::command::{Call, folders};
use crate::failure::Failure;
use crate::gate::Scopes;
use crate::item::address::Addresses;
use crate::item::headers::Headers;
use crate::item::outgoing::ids_in;
use crate::sync::folders::Role;

/// Sends a draft. `key` says which it is; the status is the item's if it cannot be sent.
///
/// # Errors
/// What may pass: the phone tries again, and what was sent is not sent again.
pub(in crate::command) async fn send(
    call: &Call<'_>,
    key: [u8; 32],
    mime: Bytes,
) -> Result<Result<(), u16>, Failure> {
    if !all_have_addresses(&mime) {
        return Ok(Err(status::INVALID_RECIPIENTS));
    }
    Ok(match send_as(call, "draft", key, mime).await? {
        Ok(_) => Ok(()),
        // REFERENCE 3: of a draft both are one.
        Err(status::MESSAGE_HAS_NO_RECIPIENT | status::MESSAGE_RECIPIENT_UNRESOLVED) => {
            Err(status::INVALID_RECIPIENTS)
        }
        // An item's status for what may pass (REFERENCE 5.3): the rest of the Sync goes on.
        Err(status::SERVER_ERROR_RETRY_LATER) => Err(sync::status::SERVER_ERROR),
        Err(status) => Err(status),
    })
}

/// Sends a mail that is no request of its own; `kind` and `key` say which it is.
///
/// # Errors
/// What may pass.
pub(in crate::command) async fn send_as(
    call: &Call<'_>,
    kind: &str,
    key: [u8; 32],
    mime: Bytes,
) -> Result<Result<Sent, u16>, Failure> {
    if !call.scopes.allows(Scopes::SEND) {
        return Ok(Err(not_allowed(call.version)));
    }
    let Some(smtp) = &call.gateway.smtp else {
        warn!(
            kind,
            "a mail cannot be sent: no submission server is configured"
        );
        return Ok(Err(status::MAIL_SUBMISSION_FAILED));
    };
    let answers = answered(call, &mime).await;
    let asked = Asked {
        name: Some(kind.to_owned()),
        mime,
        content: Some(key),
        save: true,
        replace: true,
        source: None,
        answers,
    };
    Box::pin(deliver(call, smtp, asked)).await
}

/// The mail in the inbox that a mail says it answers; what cannot be found is not marked (S19).
async fn answered(call: &Call<'_>, mime: &[u8]) -> Option<Mark> {
    let replied = Headers::read(mime).text("In-Reply-To", None)?;
    let [id] = ids_in(&replied)[..] else {
        return None;
    };
    let rows = folders::known(call).await.ok()?;
    let inbox = rows
        .iter()
        .find(|row| row.role == Role::Inbox as u8 && !row.retired)?;
    let mailbox = MailboxName::new(inbox.name.clone());
    let find = async {
        let mut session = call
            .gateway
            .imap
            .session(call.login, Some(&mailbox))
            .await?;
        let validity = session.select(&mailbox, None).await?.uid_validity;
        let search = Search::Header("Message-ID".into(), id.to_owned());
        let found = session.search(&search).await?;
        Ok::<_, ImapError>(found.max().map(|uid| (validity.get(), uid)))
    };
    let (uid_validity, uid) = find.await.ok().flatten()?;
    Some(Mark {
        mailbox,
        uid_validity,
        uid,
        flag: Flag::Answered,
    })
}

/// The Message-ID of a draft, named after all that makes it what it is, so that it is found again
/// (S5).
pub(in crate::command) fn message_id(call: &Call<'_>, key: &[u8; 32]) -> String {
    let name = key.first_chunk::<16>().map(|name| hex(name));
    let name = format!("{}.draft", name.unwrap_or_default());
    id_named(&name, &address(call))
}

/// Whether everybody a draft names can be written to: a name typed without an address is somebody
/// the user means to reach.
fn all_have_addresses(mime: &[u8]) -> bool {
    let headers = Headers::read(mime);
    ["To", "Cc", "Bcc"]
        .into_iter()
        .flat_map(|name| headers.all(name))
        .flat_map(|value| Addresses::read(value, None).mailboxes)
        .all(|mailbox| !mailbox.address.is_empty())
}

/// The address a draft is from: the one it would be sent from.
pub(in crate::command) fn address(call: &Call<'_>) -> String {
    let user = call.user.as_str();
    match &call.gateway.smtp {
        Some(smtp) => account::of(call, smtp).0,
        None if user.contains('@') => user.to_owned(),
        None => format!("{user}@localhost"),
    }
}
