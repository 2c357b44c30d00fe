//! What a phone asks to be sent, in either form: WBXML from 14.0 on, the bare mail with a query
//! before that.

use std::borrow::Cow;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Moment;
use airgate_codec::eas::compose_mail::{self, SendMail, SmartMail, Verb};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;
use bytes::Bytes;

use super::filing::Mark;
use crate::command::{Call, failures, malformed};
use crate::front::Reply;

/// A mail to send.
#[derive(Debug)]
pub(super) struct Asked {
    /// The ClientId.
    pub(super) name: Option<String>,
    /// Shared with the request's body, not copied.
    pub(super) mime: Bytes,
    /// What makes it the same mail, where that is not its octets.
    pub(super) content: Option<[u8; 32]>,
    pub(super) save: bool,
    /// The phone's mail is complete, nothing of the original is to be added.
    pub(super) replace: bool,
    /// What is replied to or forwarded.
    pub(super) source: Option<Source>,
    /// What it answers, where the phone named no source.
    pub(super) answers: Option<Mark>,
}

/// The ids of the original.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Source {
    pub(super) collection: Option<String>,
    pub(super) item: Option<String>,
    pub(super) long: Option<String>,
    /// One occurrence of it is meant: the moment it was planned for.
    pub(super) instance: Option<Moment>,
}

/// What a request comes to.
#[derive(Debug)]
pub(super) enum Request {
    Mail(Asked),
    /// A meeting to be forwarded by us, the phone says to whom (16.0 and later).
    Invite(Invite),
}

/// A meeting to be passed on ([MS-ASCMD] 2.2.1.19).
#[derive(Debug)]
pub(super) struct Invite {
    /// The ClientId.
    pub(super) name: String,
    pub(super) source: Source,
    /// Addresses and names.
    pub(super) to: Vec<(String, Option<String>)>,
    pub(super) words: Option<String>,
}

/// No rights management: a template of zeros (or none) is what phones without it send.
fn is_template(template: Option<&String>) -> bool {
    template.is_some_and(|id| {
        id.chars()
            .any(|c| !matches!(c, '0' | '-' | '{' | '}' | ' '))
    })
}

/// Reads the request, or says what is wrong with it.
pub(super) fn read(call: &Call<'_>) -> Result<Request, Reply> {
    let refuse = |status| failures::status_reply(call.version, call.command, status);
    if call.body.is_empty() {
        return Err(refuse(status::INVALID_CONTENT));
    }
    if call.version < ProtocolVersion::V14_0 {
        return bare(call).map(Request::Mail).map_err(refuse);
    }
    if call.command == CommandName::SendMail {
        let mail = SendMail::read(call.body)
            .map_err(|fault| malformed(call, &fault, status::INVALID_XML))?;
        check(mail.account_id.as_ref(), mail.template_id.as_ref()).map_err(refuse)?;
        return Ok(Request::Mail(Asked {
            name: Some(mail.client_id).filter(|name| !name.is_empty()),
            mime: shared(call, mail.mime),
            content: None,
            save: mail.save_in_sent_items,
            replace: false,
            source: None,
            answers: None,
        }));
    }
    let mail = SmartMail::read(call.body).map_err(|fault| {
        let own = if compose_mail::is_of_forward(&fault) {
            status::INVALID_SMART_FORWARD_PARAMETERS
        } else {
            status::INVALID_XML
        };
        malformed(call, &fault, own)
    })?;
    smart(call, mail).map_err(refuse)
}

fn smart(call: &Call<'_>, mail: SmartMail<'_>) -> Result<Request, u16> {
    let verb = match call.command {
        CommandName::SmartReply => Verb::SmartReply,
        _ => Verb::SmartForward,
    };
    if mail.verb != verb {
        return Err(status::INVALID_XML);
    }
    check(mail.account_id.as_ref(), mail.template_id.as_ref())?;
    let source = source(&mail.source)?;
    let invites = mail.body.is_some() || mail.forwardees.is_some();
    if invites && (verb != Verb::SmartForward || call.version < ProtocolVersion::V16_0) {
        return Err(status::INVALID_XML);
    }
    let whole = mail.mime.is_some()
        || mail.save_in_sent_items
        || mail.replace_mime
        || mail.template_id.is_some();
    match (invites, mail.mime) {
        (true, _) if whole => Err(status::INVALID_MIME_BODY_COMBINATION),
        // Words for nobody are no forward.
        (true, _) if mail.forwardees.as_ref().is_none_or(Vec::is_empty) => {
            Err(status::INVALID_SMART_FORWARD_PARAMETERS)
        }
        (true, _) => {
            let to = mail.forwardees.unwrap_or_default().into_iter();
            Ok(Request::Invite(Invite {
                name: mail.client_id.unwrap_or_default(),
                source,
                to: to.map(|one| (one.email, one.name)).collect(),
                words: mail.body.and_then(|body| body.data),
            }))
        }
        (false, None) => Err(status::INVALID_XML),
        (false, Some(mime)) => Ok(Request::Mail(Asked {
            name: mail.client_id.filter(|name| !name.is_empty()),
            mime: shared(call, mime),
            content: None,
            save: mail.save_in_sent_items,
            replace: mail.replace_mime,
            source: Some(source),
            answers: None,
        })),
    }
}

/// Either a LongId or an item in its folder ([MS-ASCMD] 2.2.3.164).
fn source(said: &compose_mail::Source) -> Result<Source, u16> {
    let said = said.clone();
    if let Some(instance) = &said.instance_id
        && Moment::parse(instance).is_none()
    {
        return Err(status::INVALID_DATE_TIME);
    }
    match (&said.item_id, &said.long_id) {
        (None, None) => return Err(status::INVALID_XML),
        (Some(_), Some(_)) => return Err(status::INVALID_COMBINATION_OF_IDS),
        _ => {}
    }
    Ok(Source {
        collection: said.folder_id,
        item: said.item_id,
        long: said.long_id,
        instance: said.instance_id.as_deref().and_then(Moment::parse),
    })
}

/// The octets where they lie in the request.
fn shared(call: &Call<'_>, octets: Cow<'_, [u8]>) -> Bytes {
    match octets {
        Cow::Borrowed(octets) => call.body.slice_ref(octets),
        Cow::Owned(octets) => octets.into(),
    }
}

/// AccountIds are never given out, so none is known.
fn check(account: Option<&String>, template: Option<&String>) -> Result<(), u16> {
    if account.is_some_and(|account| !account.is_empty()) {
        return Err(status::INVALID_ACCOUNT_ID);
    }
    if is_template(template) {
        return Err(status::IRM_FEATURE_DISABLED);
    }
    Ok(())
}

/// The form up to 12.1, or the status that stands for what is wrong with it.
fn bare(call: &Call<'_>) -> Result<Asked, u16> {
    let wbxml = call.head.content_type.as_deref().is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/vnd.ms-sync.wbxml")
    });
    let line = call.head.line.as_ref().filter(|_| !wbxml);
    let line = line.ok_or(status::INVALID_CONTENT)?;
    let smart = call.command != CommandName::SendMail;
    let said = compose_mail::Source {
        folder_id: line.collection_id.clone(),
        item_id: line.item_id.clone(),
        long_id: line.long_id.clone(),
        instance_id: line.occurrence.clone(),
    };
    Ok(Asked {
        name: None,
        mime: call.body.clone(),
        content: None,
        save: line.save_in_sent,
        replace: false,
        source: smart.then(|| source(&said)).transpose()?,
        answers: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_and_templates_are_not_known() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(check(None, None), Ok(()));
        assert_eq!(check(text("").as_ref(), None), Ok(()));
        assert_eq!(check(text("1").as_ref(), None), Err(166));
        let zeros = text("00000000-0000-0000-0000-000000000000");
        assert_eq!(check(None, zeros.as_ref()), Ok(()));
        assert_eq!(check(None, text("8d9e").as_ref()), Err(168));
    }
}
