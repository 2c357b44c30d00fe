//! The one place where a failure becomes an answer: HTTP status up to 12.1, Status in the command's
//! own root from 14.0 on (REFERENCE 2.5, 3).

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;
use airgate_codec::wbxml::{
    self, Tag, Writer, air_sync, compose_mail, folder_hierarchy, item_operations, move_items, ping,
    provision, search,
};
use http::StatusCode;

use crate::failure::{Failure, Remedy};
use crate::front::Reply;

/// When a phone may try again after a passing fault.
const RETRY: Duration = Duration::from_secs(30);
/// And after the backend refused the user's secret: no sooner than we would probe it (T40).
const RETRY_SECRET: Duration = Duration::from_secs(900);

/// The answer to a command that failed as a whole.
///
/// What passes is HTTP 503 with Retry-After in every version: all clients know it, while Status 111
/// makes some ask again at once.
pub(crate) fn reply(version: ProtocolVersion, command: CommandName, failure: &Failure) -> Reply {
    match failure.remedy {
        Remedy::RetryLater => Reply::unavailable(RETRY),
        Remedy::FreshSecret => Reply::unavailable(RETRY_SECRET),
        Remedy::FreeSpace => status_reply(version, command, status::MAILBOX_QUOTA_EXCEEDED),
        Remedy::Forbidden => status_reply(version, command, status::ACCESS_DENIED),
        Remedy::ResyncFolders => status_reply(version, command, status::ITEM_NOT_FOUND),
        Remedy::None => status_reply(version, command, status::SERVER_ERROR),
    }
}

/// The command's root with nothing but a Status, or the HTTP status that stands for it up to 12.1. A
/// status below 100 is the command's own and goes out as it is in every version.
pub(crate) fn status_reply(version: ProtocolVersion, command: CommandName, status: u16) -> Reply {
    let own = status < 100;
    match root(command) {
        // A command that the version does not have has no element to say so in.
        Some((root, _)) if !root.defined_in(version) => http_reply(status),
        Some((root, tag)) if own || version >= ProtocolVersion::V14_0 => {
            let mut writer = Writer::new(version);
            writer.start(root);
            // The one response that has a Status in each Result and none of its own.
            let in_result = command == CommandName::MeetingResponse;
            if in_result {
                writer.start(wbxml::meeting_response::RESULT);
            }
            writer.number(tag, status);
            if in_result {
                writer.end();
            }
            writer.end();
            Reply::wbxml(writer.into_bytes())
        }
        _ => http_reply(status),
    }
}

/// The HTTP status for a common status code (REFERENCE 3, last column).
fn http_reply(status: u16) -> Reply {
    match status {
        101..=109 | 138 | 149 => Reply::bad_request("The request is malformed.\n"),
        111 | 114 => Reply::unavailable(RETRY),
        113 | 115 => Reply::http(StatusCode::INSUFFICIENT_STORAGE, ""),
        137 => Reply::http(StatusCode::NOT_IMPLEMENTED, ""),
        140..=144 => Reply::provision(),
        112 | 123..=131 | 139 | 145 | 167 | 177 => {
            Reply::forbidden("This device may not synchronise.\n")
        }
        _ => Reply::internal_error(),
    }
}

/// The root element of a command's response and the tag of the Status in it.
fn root(command: CommandName) -> Option<(Tag, Tag)> {
    Some(match command {
        CommandName::Sync => (air_sync::SYNC, air_sync::STATUS),
        CommandName::SendMail => (compose_mail::SEND_MAIL, compose_mail::STATUS),
        CommandName::SmartForward => (compose_mail::SMART_FORWARD, compose_mail::STATUS),
        CommandName::SmartReply => (compose_mail::SMART_REPLY, compose_mail::STATUS),
        CommandName::FolderSync => (folder_hierarchy::FOLDER_SYNC, folder_hierarchy::STATUS),
        CommandName::FolderCreate => (folder_hierarchy::FOLDER_CREATE, folder_hierarchy::STATUS),
        CommandName::FolderDelete => (folder_hierarchy::FOLDER_DELETE, folder_hierarchy::STATUS),
        CommandName::FolderUpdate => (folder_hierarchy::FOLDER_UPDATE, folder_hierarchy::STATUS),
        CommandName::MoveItems => (move_items::MOVE_ITEMS, move_items::STATUS),
        CommandName::GetItemEstimate => (
            wbxml::get_item_estimate::GET_ITEM_ESTIMATE,
            wbxml::get_item_estimate::STATUS,
        ),
        CommandName::MeetingResponse => (
            wbxml::meeting_response::MEETING_RESPONSE,
            wbxml::meeting_response::STATUS,
        ),
        CommandName::Search => (search::SEARCH, search::STATUS),
        CommandName::Settings => (wbxml::settings::SETTINGS, wbxml::settings::STATUS),
        CommandName::Ping => (ping::PING, ping::STATUS),
        CommandName::ItemOperations => (item_operations::ITEM_OPERATIONS, item_operations::STATUS),
        CommandName::Provision => (provision::PROVISION, provision::STATUS),
        CommandName::ResolveRecipients => (
            wbxml::resolve_recipients::RESOLVE_RECIPIENTS,
            wbxml::resolve_recipients::STATUS,
        ),
        CommandName::ValidateCert => (
            wbxml::validate_cert::VALIDATE_CERT,
            wbxml::validate_cert::STATUS,
        ),
        CommandName::Find => (wbxml::find::FIND, wbxml::find::STATUS),
        CommandName::GetAttachment | CommandName::GetHierarchy => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::ReplyBody;

    #[test]
    fn provisioning_is_asked_for_as_the_version_knows_it() {
        let old = status_reply(ProtocolVersion::V12_1, CommandName::FolderSync, 142);
        assert_eq!(old.status().as_u16(), 449);
        let new = status_reply(ProtocolVersion::V14_0, CommandName::FolderSync, 142);
        assert_eq!(new.status(), StatusCode::OK);
        assert!(matches!(new.body, ReplyBody::Wbxml(_)));
    }

    #[test]
    fn s30_a_backend_that_is_down_is_never_a_wrong_password() {
        for remedy in [Remedy::RetryLater, Remedy::FreshSecret] {
            let failure = Failure::new(crate::failure::Blame::Backend, remedy, "down");
            for version in ProtocolVersion::ALL {
                let reply = reply(version, CommandName::Sync, &failure);
                assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
            }
        }
    }
}
