//! What a phone asks to be sent, in either form: WBXML from 14.0 on, the bare mail with a query
//! before that.

use std::borrow::Cow;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Moment;
use airgate_codec::eas::compose_mail::{SendMail, SmartMail, Verb};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;

use crate::command::{Call, failures, malformed};
use crate::front::Reply;

/// A mail to send.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// The ClientId.
    pub(super) name: Option<String>,
    pub(super) mime: Cow<'a, [u8]>,
    pub(super) save: bool,
    /// The phone's mail is complete, nothing of the original is to be added.
    pub(super) replace: bool,
    /// What is replied to or forwarded.
    pub(super) source: Option<Source>,
}

/// The ids of the original.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Source {
    pub(super) collection: Option<String>,
    pub(super) item: Option<String>,
    pub(super) long: Option<String>,
}

/// No rights management: a template of zeros (or none) is what phones without it send.
fn is_template(template: Option<&String>) -> bool {
    template.is_some_and(|id| {
        id.chars()
            .any(|c| !matches!(c, '0' | '-' | '{' | '}' | ' '))
    })
}

/// Reads the request, or says what is wrong with it.
pub(super) fn read<'a>(call: &Call<'a>) -> Result<Asked<'a>, Reply> {
    let refuse = |status| failures::status_reply(call.version, call.command, status);
    if call.body.is_empty() {
        return Err(refuse(status::INVALID_CONTENT));
    }
    if call.version < ProtocolVersion::V14_0 {
        return bare(call).ok_or_else(|| refuse(status::INVALID_CONTENT));
    }
    let xml = |fault| malformed(call, &fault, status::INVALID_XML);
    if call.command == CommandName::SendMail {
        let mail = SendMail::read(call.body).map_err(xml)?;
        check(mail.account_id.as_ref(), mail.template_id.as_ref()).map_err(refuse)?;
        return Ok(Asked {
            name: Some(mail.client_id).filter(|name| !name.is_empty()),
            mime: mail.mime,
            save: mail.save_in_sent_items,
            replace: false,
            source: None,
        });
    }
    let mail = SmartMail::read(call.body).map_err(xml)?;
    let verb = match call.command {
        CommandName::SmartReply => Verb::SmartReply,
        _ => Verb::SmartForward,
    };
    if mail.verb != verb {
        return Err(refuse(status::INVALID_XML));
    }
    check(mail.account_id.as_ref(), mail.template_id.as_ref()).map_err(refuse)?;
    if !mail.forwardees.is_empty() {
        // Only events are forwarded so, and there are none yet.
        return Err(refuse(match mail.mime {
            Some(_) => status::INVALID_MIME_BODY_COMBINATION,
            None => status::ITEM_NOT_FOUND,
        }));
    }
    if let Some(instance) = &mail.source.instance_id {
        return Err(refuse(match Moment::parse(instance) {
            Some(_) => status::NO_RECURRENCE_IN_CALENDAR,
            None => status::INVALID_DATE_TIME,
        }));
    }
    let Some(mime) = mail.mime else {
        return Err(refuse(status::INVALID_XML));
    };
    Ok(Asked {
        name: mail.client_id.filter(|name| !name.is_empty()),
        mime,
        save: mail.save_in_sent_items,
        replace: mail.replace_mime,
        source: Some(Source {
            collection: mail.source.folder_id,
            item: mail.source.item_id,
            long: mail.source.long_id,
        }),
    })
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

/// The form up to 12.1.
fn bare<'a>(call: &Call<'a>) -> Option<Asked<'a>> {
    let wbxml = call.head.content_type.as_deref().is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/vnd.ms-sync.wbxml")
    });
    let line = call.head.line.as_ref().filter(|_| !wbxml)?;
    let smart = call.command != CommandName::SendMail;
    Some(Asked {
        name: None,
        mime: Cow::Borrowed(call.body),
        save: line.save_in_sent,
        replace: false,
        source: smart.then(|| Source {
            collection: line.collection_id.clone(),
            item: line.item_id.clone(),
            long: line.long_id.clone(),
        }),
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
