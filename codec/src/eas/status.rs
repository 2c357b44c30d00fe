//! Status codes that all commands share ([MS-ASCMD] 2.2.2). From 14.0 on they stand in the
//! command's Status; older versions get an HTTP code instead. Codes below 100 are each command's own
//! and live in its module's `status`.

use crate::ProtocolVersion;
use crate::wbxml::{Tag, Writer};

/// A response that is nothing but a status, under the command's own root element: the answer to a
/// request that was not even looked into (140 to 144, 111 and their like; 14.0 and later). `None`
/// where `root` belongs to no command.
pub fn only(root: Tag, version: ProtocolVersion, status: u16) -> Option<Vec<u8>> {
    let tag = Tag::by_name(root.code_page()?.namespace, "Status")?;
    let mut writer = Writer::new(version);
    writer.start(root);
    writer.number(tag, status);
    writer.end();
    Some(writer.into_bytes())
}

/// No body, or a Content-Type that does not fit it.
pub const INVALID_CONTENT: u16 = 101;
/// The body cannot be decoded.
pub const INVALID_WBXML: u16 = 102;
/// The body decodes but is not the command's message.
pub const INVALID_XML: u16 = 103;
pub const INVALID_DATE_TIME: u16 = 104;
/// Parameters contradict each other.
pub const INVALID_COMBINATION_OF_IDS: u16 = 105;
/// An id that cannot be parsed (not: one that is unknown).
pub const INVALID_IDS: u16 = 106;
pub const INVALID_MIME: u16 = 107;
pub const DEVICE_ID_MISSING_OR_INVALID: u16 = 108;
pub const DEVICE_TYPE_MISSING_OR_INVALID: u16 = 109;
/// The phone should not try again.
pub const SERVER_ERROR: u16 = 110;
/// The phone tries again.
pub const SERVER_ERROR_RETRY_LATER: u16 = 111;
pub const ACTIVE_DIRECTORY_ACCESS_DENIED: u16 = 112;
pub const MAILBOX_QUOTA_EXCEEDED: u16 = 113;
/// The backend is down; the phone tries again.
pub const MAILBOX_SERVER_OFFLINE: u16 = 114;
pub const SEND_QUOTA_EXCEEDED: u16 = 115;
pub const MESSAGE_RECIPIENT_UNRESOLVED: u16 = 116;
pub const MESSAGE_REPLY_NOT_ALLOWED: u16 = 117;
/// The ClientId was seen before; the phone takes the message as sent.
pub const MESSAGE_PREVIOUSLY_SENT: u16 = 118;
pub const MESSAGE_HAS_NO_RECIPIENT: u16 = 119;
/// The phone keeps the message in its outbox.
pub const MAIL_SUBMISSION_FAILED: u16 = 120;
pub const MESSAGE_REPLY_FAILED: u16 = 121;
pub const ATTACHMENT_IS_TOO_LARGE: u16 = 122;
pub const USER_HAS_NO_MAILBOX: u16 = 123;
pub const USER_CANNOT_BE_ANONYMOUS: u16 = 124;
pub const USER_PRINCIPAL_COULD_NOT_BE_FOUND: u16 = 125;
pub const USER_DISABLED_FOR_SYNC: u16 = 126;
pub const USER_ON_NEW_MAILBOX_CANNOT_SYNC: u16 = 127;
pub const USER_ON_LEGACY_MAILBOX_CANNOT_SYNC: u16 = 128;
pub const DEVICE_IS_BLOCKED_FOR_THIS_USER: u16 = 129;
pub const ACCESS_DENIED: u16 = 130;
pub const ACCOUNT_DISABLED: u16 = 131;
/// The next request will find no key: a full sync follows.
pub const SYNC_STATE_NOT_FOUND: u16 = 132;
pub const SYNC_STATE_LOCKED: u16 = 133;
pub const SYNC_STATE_CORRUPT: u16 = 134;
/// Two first syncs at once.
pub const SYNC_STATE_ALREADY_EXISTS: u16 = 135;
pub const SYNC_STATE_VERSION_INVALID: u16 = 136;
pub const COMMAND_NOT_SUPPORTED: u16 = 137;
/// The command is not part of the request's version.
pub const VERSION_NOT_SUPPORTED: u16 = 138;
pub const DEVICE_NOT_FULLY_PROVISIONABLE: u16 = 139;
pub const REMOTE_WIPE_REQUESTED: u16 = 140;
/// A strict server, and no policy key at all.
pub const LEGACY_DEVICE_ON_STRICT_POLICY: u16 = 141;
pub const DEVICE_NOT_PROVISIONED: u16 = 142;
pub const POLICY_REFRESH: u16 = 143;
pub const INVALID_POLICY_KEY: u16 = 144;
pub const EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED: u16 = 145;
/// An InstanceId on something that does not recur.
pub const NO_RECURRENCE_IN_CALENDAR: u16 = 146;
pub const UNEXPECTED_ITEM_CLASS: u16 = 147;
pub const REMOTE_SERVER_HAS_NO_SSL: u16 = 148;
/// An empty request, and the stored one is of no use.
pub const INVALID_STORED_REQUEST: u16 = 149;
pub const ITEM_NOT_FOUND: u16 = 150;
pub const TOO_MANY_FOLDERS: u16 = 151;
pub const NO_FOLDERS_FOUND: u16 = 152;
pub const ITEMS_LOST_AFTER_MOVE: u16 = 153;
pub const FAILURE_IN_MOVE_OPERATION: u16 = 154;
/// MoveAlways is missing.
pub const MOVE_COMMAND_DISALLOWED_FOR_NON_PERSISTENT_MOVE_ACTION: u16 = 155;
/// The destination is no mail folder.
pub const MOVE_COMMAND_INVALID_DESTINATION_FOLDER: u16 = 156;
pub const AVAILABILITY_TOO_MANY_RECIPIENTS: u16 = 160;
pub const AVAILABILITY_DL_LIMIT_REACHED: u16 = 161;
pub const AVAILABILITY_TRANSIENT_FAILURE: u16 = 162;
pub const AVAILABILITY_FAILURE: u16 = 163;
pub const BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED: u16 = 164;
/// Provision from 14.1 on without DeviceInformation.
pub const DEVICE_INFORMATION_REQUIRED: u16 = 165;
pub const INVALID_ACCOUNT_ID: u16 = 166;
pub const ACCOUNT_SEND_DISABLED: u16 = 167;
pub const IRM_FEATURE_DISABLED: u16 = 168;
pub const IRM_TRANSIENT_ERROR: u16 = 169;
pub const IRM_PERMANENT_ERROR: u16 = 170;
pub const IRM_INVALID_TEMPLATE_ID: u16 = 171;
pub const IRM_OPERATION_NOT_PERMITTED: u16 = 172;
pub const NO_PICTURE: u16 = 173;
pub const PICTURE_TOO_LARGE: u16 = 174;
pub const PICTURE_LIMIT_REACHED: u16 = 175;
pub const BODY_PART_CONVERSATION_TOO_LARGE: u16 = 176;
pub const MAXIMUM_DEVICES_REACHED: u16 = 177;
pub const INVALID_MIME_BODY_COMBINATION: u16 = 178;
pub const INVALID_SMART_FORWARD_PARAMETERS: u16 = 179;
/// A draft to send has no recipient, or a malformed one.
pub const INVALID_RECIPIENTS: u16 = 183;
/// A series was added, some of its exceptions were not.
pub const ONE_OR_MORE_EXCEPTIONS_FAILED: u16 = 184;
