// Made by scripts/generate-code-pages from codec/codepages.tsv; edit those, not this.

use super::tag::{CodePage, Tag, TagInfo};
use crate::version::ProtocolVersion::*;

/// Code page 0, namespace `AirSync`.
pub mod air_sync {
    use super::Tag;
    pub const SYNC: Tag = Tag::new(0, 0x05);
    pub const RESPONSES: Tag = Tag::new(0, 0x06);
    pub const ADD: Tag = Tag::new(0, 0x07);
    pub const CHANGE: Tag = Tag::new(0, 0x08);
    pub const DELETE: Tag = Tag::new(0, 0x09);
    pub const FETCH: Tag = Tag::new(0, 0x0A);
    pub const SYNC_KEY: Tag = Tag::new(0, 0x0B);
    pub const CLIENT_ID: Tag = Tag::new(0, 0x0C);
    pub const SERVER_ID: Tag = Tag::new(0, 0x0D);
    pub const STATUS: Tag = Tag::new(0, 0x0E);
    pub const COLLECTION: Tag = Tag::new(0, 0x0F);
    pub const CLASS: Tag = Tag::new(0, 0x10);
    pub const VERSION: Tag = Tag::new(0, 0x11);
    pub const COLLECTION_ID: Tag = Tag::new(0, 0x12);
    pub const GET_CHANGES: Tag = Tag::new(0, 0x13);
    pub const MORE_AVAILABLE: Tag = Tag::new(0, 0x14);
    pub const WINDOW_SIZE: Tag = Tag::new(0, 0x15);
    pub const COMMANDS: Tag = Tag::new(0, 0x16);
    pub const OPTIONS: Tag = Tag::new(0, 0x17);
    pub const FILTER_TYPE: Tag = Tag::new(0, 0x18);
    pub const TRUNCATION: Tag = Tag::new(0, 0x19);
    pub const RTF_TRUNCATION: Tag = Tag::new(0, 0x1A);
    pub const CONFLICT: Tag = Tag::new(0, 0x1B);
    pub const COLLECTIONS: Tag = Tag::new(0, 0x1C);
    pub const APPLICATION_DATA: Tag = Tag::new(0, 0x1D);
    pub const DELETES_AS_MOVES: Tag = Tag::new(0, 0x1E);
    pub const NOTIFY_GUID: Tag = Tag::new(0, 0x1F);
    pub const SUPPORTED: Tag = Tag::new(0, 0x20);
    pub const SOFT_DELETE: Tag = Tag::new(0, 0x21);
    pub const MIME_SUPPORT: Tag = Tag::new(0, 0x22);
    pub const MIME_TRUNCATION: Tag = Tag::new(0, 0x23);
    pub const WAIT: Tag = Tag::new(0, 0x24);
    pub const LIMIT: Tag = Tag::new(0, 0x25);
    pub const PARTIAL: Tag = Tag::new(0, 0x26);
    pub const CONVERSATION_MODE: Tag = Tag::new(0, 0x27);
    pub const MAX_ITEMS: Tag = Tag::new(0, 0x28);
    pub const HEARTBEAT_INTERVAL: Tag = Tag::new(0, 0x29);
}

/// Code page 1, namespace `Contacts`.
pub mod contacts {
    use super::Tag;
    pub const ANNIVERSARY: Tag = Tag::new(1, 0x05);
    pub const ASSISTANT_NAME: Tag = Tag::new(1, 0x06);
    pub const ASSISTANT_PHONE_NUMBER: Tag = Tag::new(1, 0x07);
    pub const BIRTHDAY: Tag = Tag::new(1, 0x08);
    pub const BODY: Tag = Tag::new(1, 0x09);
    pub const BODY_SIZE: Tag = Tag::new(1, 0x0A);
    pub const BODY_TRUNCATED: Tag = Tag::new(1, 0x0B);
    pub const BUSINESS2_PHONE_NUMBER: Tag = Tag::new(1, 0x0C);
    pub const BUSINESS_ADDRESS_CITY: Tag = Tag::new(1, 0x0D);
    pub const BUSINESS_ADDRESS_COUNTRY: Tag = Tag::new(1, 0x0E);
    pub const BUSINESS_ADDRESS_POSTAL_CODE: Tag = Tag::new(1, 0x0F);
    pub const BUSINESS_ADDRESS_STATE: Tag = Tag::new(1, 0x10);
    pub const BUSINESS_ADDRESS_STREET: Tag = Tag::new(1, 0x11);
    pub const BUSINESS_FAX_NUMBER: Tag = Tag::new(1, 0x12);
    pub const BUSINESS_PHONE_NUMBER: Tag = Tag::new(1, 0x13);
    pub const CAR_PHONE_NUMBER: Tag = Tag::new(1, 0x14);
    pub const CATEGORIES: Tag = Tag::new(1, 0x15);
    pub const CATEGORY: Tag = Tag::new(1, 0x16);
    pub const CHILDREN: Tag = Tag::new(1, 0x17);
    pub const CHILD: Tag = Tag::new(1, 0x18);
    pub const COMPANY_NAME: Tag = Tag::new(1, 0x19);
    pub const DEPARTMENT: Tag = Tag::new(1, 0x1A);
    pub const EMAIL1_ADDRESS: Tag = Tag::new(1, 0x1B);
    pub const EMAIL2_ADDRESS: Tag = Tag::new(1, 0x1C);
    pub const EMAIL3_ADDRESS: Tag = Tag::new(1, 0x1D);
    pub const FILE_AS: Tag = Tag::new(1, 0x1E);
    pub const FIRST_NAME: Tag = Tag::new(1, 0x1F);
    pub const HOME2_PHONE_NUMBER: Tag = Tag::new(1, 0x20);
    pub const HOME_ADDRESS_CITY: Tag = Tag::new(1, 0x21);
    pub const HOME_ADDRESS_COUNTRY: Tag = Tag::new(1, 0x22);
    pub const HOME_ADDRESS_POSTAL_CODE: Tag = Tag::new(1, 0x23);
    pub const HOME_ADDRESS_STATE: Tag = Tag::new(1, 0x24);
    pub const HOME_ADDRESS_STREET: Tag = Tag::new(1, 0x25);
    pub const HOME_FAX_NUMBER: Tag = Tag::new(1, 0x26);
    pub const HOME_PHONE_NUMBER: Tag = Tag::new(1, 0x27);
    pub const JOB_TITLE: Tag = Tag::new(1, 0x28);
    pub const LAST_NAME: Tag = Tag::new(1, 0x29);
    pub const MIDDLE_NAME: Tag = Tag::new(1, 0x2A);
    pub const MOBILE_PHONE_NUMBER: Tag = Tag::new(1, 0x2B);
    pub const OFFICE_LOCATION: Tag = Tag::new(1, 0x2C);
    pub const OTHER_ADDRESS_CITY: Tag = Tag::new(1, 0x2D);
    pub const OTHER_ADDRESS_COUNTRY: Tag = Tag::new(1, 0x2E);
    pub const OTHER_ADDRESS_POSTAL_CODE: Tag = Tag::new(1, 0x2F);
    pub const OTHER_ADDRESS_STATE: Tag = Tag::new(1, 0x30);
    pub const OTHER_ADDRESS_STREET: Tag = Tag::new(1, 0x31);
    pub const PAGER_NUMBER: Tag = Tag::new(1, 0x32);
    pub const RADIO_PHONE_NUMBER: Tag = Tag::new(1, 0x33);
    pub const SPOUSE: Tag = Tag::new(1, 0x34);
    pub const SUFFIX: Tag = Tag::new(1, 0x35);
    pub const TITLE: Tag = Tag::new(1, 0x36);
    pub const WEB_PAGE: Tag = Tag::new(1, 0x37);
    pub const YOMI_COMPANY_NAME: Tag = Tag::new(1, 0x38);
    pub const YOMI_FIRST_NAME: Tag = Tag::new(1, 0x39);
    pub const YOMI_LAST_NAME: Tag = Tag::new(1, 0x3A);
    pub const COMPRESSED_RTF: Tag = Tag::new(1, 0x3B);
    pub const PICTURE: Tag = Tag::new(1, 0x3C);
    pub const ALIAS: Tag = Tag::new(1, 0x3D);
    pub const WEIGHTED_RANK: Tag = Tag::new(1, 0x3E);
}

/// Code page 2, namespace `Email`.
pub mod email {
    use super::Tag;
    pub const ATTACHMENT: Tag = Tag::new(2, 0x05);
    pub const ATTACHMENTS: Tag = Tag::new(2, 0x06);
    pub const ATT_NAME: Tag = Tag::new(2, 0x07);
    pub const ATT_SIZE: Tag = Tag::new(2, 0x08);
    pub const ATT_OID: Tag = Tag::new(2, 0x09);
    pub const ATT_METHOD: Tag = Tag::new(2, 0x0A);
    pub const ATT_REMOVED: Tag = Tag::new(2, 0x0B);
    pub const BODY: Tag = Tag::new(2, 0x0C);
    pub const BODY_SIZE: Tag = Tag::new(2, 0x0D);
    pub const BODY_TRUNCATED: Tag = Tag::new(2, 0x0E);
    pub const DATE_RECEIVED: Tag = Tag::new(2, 0x0F);
    pub const DISPLAY_NAME: Tag = Tag::new(2, 0x10);
    pub const DISPLAY_TO: Tag = Tag::new(2, 0x11);
    pub const IMPORTANCE: Tag = Tag::new(2, 0x12);
    pub const MESSAGE_CLASS: Tag = Tag::new(2, 0x13);
    pub const SUBJECT: Tag = Tag::new(2, 0x14);
    pub const READ: Tag = Tag::new(2, 0x15);
    pub const TO: Tag = Tag::new(2, 0x16);
    pub const CC: Tag = Tag::new(2, 0x17);
    pub const FROM: Tag = Tag::new(2, 0x18);
    pub const REPLY_TO: Tag = Tag::new(2, 0x19);
    pub const ALL_DAY_EVENT: Tag = Tag::new(2, 0x1A);
    pub const CATEGORIES: Tag = Tag::new(2, 0x1B);
    pub const CATEGORY: Tag = Tag::new(2, 0x1C);
    pub const DT_STAMP: Tag = Tag::new(2, 0x1D);
    pub const END_TIME: Tag = Tag::new(2, 0x1E);
    pub const INSTANCE_TYPE: Tag = Tag::new(2, 0x1F);
    pub const BUSY_STATUS: Tag = Tag::new(2, 0x20);
    pub const LOCATION: Tag = Tag::new(2, 0x21);
    pub const MEETING_REQUEST: Tag = Tag::new(2, 0x22);
    pub const ORGANIZER: Tag = Tag::new(2, 0x23);
    pub const RECURRENCE_ID: Tag = Tag::new(2, 0x24);
    pub const REMINDER: Tag = Tag::new(2, 0x25);
    pub const RESPONSE_REQUESTED: Tag = Tag::new(2, 0x26);
    pub const RECURRENCES: Tag = Tag::new(2, 0x27);
    pub const RECURRENCE: Tag = Tag::new(2, 0x28);
    pub const TYPE: Tag = Tag::new(2, 0x29);
    pub const UNTIL: Tag = Tag::new(2, 0x2A);
    pub const OCCURRENCES: Tag = Tag::new(2, 0x2B);
    pub const INTERVAL: Tag = Tag::new(2, 0x2C);
    pub const DAY_OF_WEEK: Tag = Tag::new(2, 0x2D);
    pub const DAY_OF_MONTH: Tag = Tag::new(2, 0x2E);
    pub const WEEK_OF_MONTH: Tag = Tag::new(2, 0x2F);
    pub const MONTH_OF_YEAR: Tag = Tag::new(2, 0x30);
    pub const START_TIME: Tag = Tag::new(2, 0x31);
    pub const SENSITIVITY: Tag = Tag::new(2, 0x32);
    pub const TIME_ZONE: Tag = Tag::new(2, 0x33);
    pub const GLOBAL_OBJ_ID: Tag = Tag::new(2, 0x34);
    pub const THREAD_TOPIC: Tag = Tag::new(2, 0x35);
    pub const MIME_DATA: Tag = Tag::new(2, 0x36);
    pub const MIME_TRUNCATED: Tag = Tag::new(2, 0x37);
    pub const MIME_SIZE: Tag = Tag::new(2, 0x38);
    pub const INTERNET_CPID: Tag = Tag::new(2, 0x39);
    pub const FLAG: Tag = Tag::new(2, 0x3A);
    pub const STATUS: Tag = Tag::new(2, 0x3B);
    pub const CONTENT_CLASS: Tag = Tag::new(2, 0x3C);
    pub const FLAG_TYPE: Tag = Tag::new(2, 0x3D);
    pub const COMPLETE_TIME: Tag = Tag::new(2, 0x3E);
    pub const DISALLOW_NEW_TIME_PROPOSAL: Tag = Tag::new(2, 0x3F);
}

/// Code page 3, namespace `AirNotify`.
pub mod air_notify {
    use super::Tag;
    pub const NOTIFY: Tag = Tag::new(3, 0x05);
    pub const NOTIFICATION: Tag = Tag::new(3, 0x06);
    pub const VERSION: Tag = Tag::new(3, 0x07);
    pub const LIFE_TIME: Tag = Tag::new(3, 0x08);
    pub const DEVICE_INFO: Tag = Tag::new(3, 0x09);
    pub const ENABLE: Tag = Tag::new(3, 0x0A);
    pub const FOLDER: Tag = Tag::new(3, 0x0B);
    pub const SERVER_ID: Tag = Tag::new(3, 0x0C);
    pub const DEVICE_ADDRESS: Tag = Tag::new(3, 0x0D);
    pub const VALID_CARRIER_PROFILES: Tag = Tag::new(3, 0x0E);
    pub const CARRIER_PROFILE: Tag = Tag::new(3, 0x0F);
    pub const STATUS: Tag = Tag::new(3, 0x10);
    pub const RESPONSES: Tag = Tag::new(3, 0x11);
    pub const DEVICES: Tag = Tag::new(3, 0x12);
    pub const DEVICE: Tag = Tag::new(3, 0x13);
    pub const ID: Tag = Tag::new(3, 0x14);
    pub const EXPIRY: Tag = Tag::new(3, 0x15);
    pub const NOTIFY_GUID: Tag = Tag::new(3, 0x16);
    pub const DEVICE_FRIENDLY_NAME: Tag = Tag::new(3, 0x17);
}

/// Code page 4, namespace `Calendar`.
pub mod calendar {
    use super::Tag;
    pub const TIMEZONE: Tag = Tag::new(4, 0x05);
    pub const ALL_DAY_EVENT: Tag = Tag::new(4, 0x06);
    pub const ATTENDEES: Tag = Tag::new(4, 0x07);
    pub const ATTENDEE: Tag = Tag::new(4, 0x08);
    pub const EMAIL: Tag = Tag::new(4, 0x09);
    pub const NAME: Tag = Tag::new(4, 0x0A);
    pub const BODY: Tag = Tag::new(4, 0x0B);
    pub const BODY_TRUNCATED: Tag = Tag::new(4, 0x0C);
    pub const BUSY_STATUS: Tag = Tag::new(4, 0x0D);
    pub const CATEGORIES: Tag = Tag::new(4, 0x0E);
    pub const CATEGORY: Tag = Tag::new(4, 0x0F);
    pub const COMPRESSED_RTF: Tag = Tag::new(4, 0x10);
    pub const DT_STAMP: Tag = Tag::new(4, 0x11);
    pub const END_TIME: Tag = Tag::new(4, 0x12);
    pub const EXCEPTION: Tag = Tag::new(4, 0x13);
    pub const EXCEPTIONS: Tag = Tag::new(4, 0x14);
    pub const DELETED: Tag = Tag::new(4, 0x15);
    pub const EXCEPTION_START_TIME: Tag = Tag::new(4, 0x16);
    pub const LOCATION: Tag = Tag::new(4, 0x17);
    pub const MEETING_STATUS: Tag = Tag::new(4, 0x18);
    pub const ORGANIZER_EMAIL: Tag = Tag::new(4, 0x19);
    pub const ORGANIZER_NAME: Tag = Tag::new(4, 0x1A);
    pub const RECURRENCE: Tag = Tag::new(4, 0x1B);
    pub const TYPE: Tag = Tag::new(4, 0x1C);
    pub const UNTIL: Tag = Tag::new(4, 0x1D);
    pub const OCCURRENCES: Tag = Tag::new(4, 0x1E);
    pub const INTERVAL: Tag = Tag::new(4, 0x1F);
    pub const DAY_OF_WEEK: Tag = Tag::new(4, 0x20);
    pub const DAY_OF_MONTH: Tag = Tag::new(4, 0x21);
    pub const WEEK_OF_MONTH: Tag = Tag::new(4, 0x22);
    pub const MONTH_OF_YEAR: Tag = Tag::new(4, 0x23);
    pub const REMINDER: Tag = Tag::new(4, 0x24);
    pub const SENSITIVITY: Tag = Tag::new(4, 0x25);
    pub const SUBJECT: Tag = Tag::new(4, 0x26);
    pub const START_TIME: Tag = Tag::new(4, 0x27);
    pub const UID: Tag = Tag::new(4, 0x28);
    pub const ATTENDEE_STATUS: Tag = Tag::new(4, 0x29);
    pub const ATTENDEE_TYPE: Tag = Tag::new(4, 0x2A);
    pub const ATTACHMENT: Tag = Tag::new(4, 0x2B);
    pub const ATTACHMENTS: Tag = Tag::new(4, 0x2C);
    pub const ATT_NAME: Tag = Tag::new(4, 0x2D);
    pub const ATT_SIZE: Tag = Tag::new(4, 0x2E);
    pub const ATT_OID: Tag = Tag::new(4, 0x2F);
    pub const ATT_METHOD: Tag = Tag::new(4, 0x30);
    pub const ATT_REMOVED: Tag = Tag::new(4, 0x31);
    pub const DISPLAY_NAME: Tag = Tag::new(4, 0x32);
    pub const DISALLOW_NEW_TIME_PROPOSAL: Tag = Tag::new(4, 0x33);
    pub const RESPONSE_REQUESTED: Tag = Tag::new(4, 0x34);
    pub const APPOINTMENT_REPLY_TIME: Tag = Tag::new(4, 0x35);
    pub const RESPONSE_TYPE: Tag = Tag::new(4, 0x36);
    pub const CALENDAR_TYPE: Tag = Tag::new(4, 0x37);
    pub const IS_LEAP_MONTH: Tag = Tag::new(4, 0x38);
    pub const FIRST_DAY_OF_WEEK: Tag = Tag::new(4, 0x39);
    pub const ONLINE_MEETING_CONF_LINK: Tag = Tag::new(4, 0x3A);
    pub const ONLINE_MEETING_EXTERNAL_LINK: Tag = Tag::new(4, 0x3B);
    pub const CLIENT_UID: Tag = Tag::new(4, 0x3C);
}

/// Code page 5, namespace `Move`.
pub mod move_items {
    use super::Tag;
    pub const MOVE_ITEMS: Tag = Tag::new(5, 0x05);
    pub const MOVE: Tag = Tag::new(5, 0x06);
    pub const SRC_MSG_ID: Tag = Tag::new(5, 0x07);
    pub const SRC_FLD_ID: Tag = Tag::new(5, 0x08);
    pub const DST_FLD_ID: Tag = Tag::new(5, 0x09);
    pub const RESPONSE: Tag = Tag::new(5, 0x0A);
    pub const STATUS: Tag = Tag::new(5, 0x0B);
    pub const DST_MSG_ID: Tag = Tag::new(5, 0x0C);
}

/// Code page 6, namespace `GetItemEstimate`.
pub mod get_item_estimate {
    use super::Tag;
    pub const GET_ITEM_ESTIMATE: Tag = Tag::new(6, 0x05);
    pub const VERSION: Tag = Tag::new(6, 0x06);
    pub const COLLECTIONS: Tag = Tag::new(6, 0x07);
    pub const COLLECTION: Tag = Tag::new(6, 0x08);
    pub const CLASS: Tag = Tag::new(6, 0x09);
    pub const COLLECTION_ID: Tag = Tag::new(6, 0x0A);
    pub const DATE_TIME: Tag = Tag::new(6, 0x0B);
    pub const ESTIMATE: Tag = Tag::new(6, 0x0C);
    pub const RESPONSE: Tag = Tag::new(6, 0x0D);
    pub const STATUS: Tag = Tag::new(6, 0x0E);
}

/// Code page 7, namespace `FolderHierarchy`.
pub mod folder_hierarchy {
    use super::Tag;
    pub const FOLDERS: Tag = Tag::new(7, 0x05);
    pub const FOLDER: Tag = Tag::new(7, 0x06);
    pub const DISPLAY_NAME: Tag = Tag::new(7, 0x07);
    pub const SERVER_ID: Tag = Tag::new(7, 0x08);
    pub const PARENT_ID: Tag = Tag::new(7, 0x09);
    pub const TYPE: Tag = Tag::new(7, 0x0A);
    pub const RESPONSE: Tag = Tag::new(7, 0x0B);
    pub const STATUS: Tag = Tag::new(7, 0x0C);
    pub const CONTENT_CLASS: Tag = Tag::new(7, 0x0D);
    pub const CHANGES: Tag = Tag::new(7, 0x0E);
    pub const ADD: Tag = Tag::new(7, 0x0F);
    pub const DELETE: Tag = Tag::new(7, 0x10);
    pub const UPDATE: Tag = Tag::new(7, 0x11);
    pub const SYNC_KEY: Tag = Tag::new(7, 0x12);
    pub const FOLDER_CREATE: Tag = Tag::new(7, 0x13);
    pub const FOLDER_DELETE: Tag = Tag::new(7, 0x14);
    pub const FOLDER_UPDATE: Tag = Tag::new(7, 0x15);
    pub const FOLDER_SYNC: Tag = Tag::new(7, 0x16);
    pub const COUNT: Tag = Tag::new(7, 0x17);
    pub const VERSION: Tag = Tag::new(7, 0x18);
}

/// Code page 8, namespace `MeetingResponse`.
pub mod meeting_response {
    use super::Tag;
    pub const CALENDAR_ID: Tag = Tag::new(8, 0x05);
    pub const COLLECTION_ID: Tag = Tag::new(8, 0x06);
    pub const MEETING_RESPONSE: Tag = Tag::new(8, 0x07);
    pub const REQUEST_ID: Tag = Tag::new(8, 0x08);
    pub const REQUEST: Tag = Tag::new(8, 0x09);
    pub const RESULT: Tag = Tag::new(8, 0x0A);
    pub const STATUS: Tag = Tag::new(8, 0x0B);
    pub const USER_RESPONSE: Tag = Tag::new(8, 0x0C);
    pub const VERSION: Tag = Tag::new(8, 0x0D);
    pub const INSTANCE_ID: Tag = Tag::new(8, 0x0E);
    pub const PROPOSED_START_TIME: Tag = Tag::new(8, 0x10);
    pub const PROPOSED_END_TIME: Tag = Tag::new(8, 0x11);
    pub const SEND_RESPONSE: Tag = Tag::new(8, 0x12);
}

/// Code page 9, namespace `Tasks`.
pub mod tasks {
    use super::Tag;
    pub const BODY: Tag = Tag::new(9, 0x05);
    pub const BODY_SIZE: Tag = Tag::new(9, 0x06);
    pub const BODY_TRUNCATED: Tag = Tag::new(9, 0x07);
    pub const CATEGORIES: Tag = Tag::new(9, 0x08);
    pub const CATEGORY: Tag = Tag::new(9, 0x09);
    pub const COMPLETE: Tag = Tag::new(9, 0x0A);
    pub const DATE_COMPLETED: Tag = Tag::new(9, 0x0B);
    pub const DUE_DATE: Tag = Tag::new(9, 0x0C);
    pub const UTC_DUE_DATE: Tag = Tag::new(9, 0x0D);
    pub const IMPORTANCE: Tag = Tag::new(9, 0x0E);
    pub const RECURRENCE: Tag = Tag::new(9, 0x0F);
    pub const TYPE: Tag = Tag::new(9, 0x10);
    pub const START: Tag = Tag::new(9, 0x11);
    pub const UNTIL: Tag = Tag::new(9, 0x12);
    pub const OCCURRENCES: Tag = Tag::new(9, 0x13);
    pub const INTERVAL: Tag = Tag::new(9, 0x14);
    pub const DAY_OF_MONTH: Tag = Tag::new(9, 0x15);
    pub const DAY_OF_WEEK: Tag = Tag::new(9, 0x16);
    pub const WEEK_OF_MONTH: Tag = Tag::new(9, 0x17);
    pub const MONTH_OF_YEAR: Tag = Tag::new(9, 0x18);
    pub const REGENERATE: Tag = Tag::new(9, 0x19);
    pub const DEAD_OCCUR: Tag = Tag::new(9, 0x1A);
    pub const REMINDER_SET: Tag = Tag::new(9, 0x1B);
    pub const REMINDER_TIME: Tag = Tag::new(9, 0x1C);
    pub const SENSITIVITY: Tag = Tag::new(9, 0x1D);
    pub const START_DATE: Tag = Tag::new(9, 0x1E);
    pub const UTC_START_DATE: Tag = Tag::new(9, 0x1F);
    pub const SUBJECT: Tag = Tag::new(9, 0x20);
    pub const COMPRESSED_RTF: Tag = Tag::new(9, 0x21);
    pub const ORDINAL_DATE: Tag = Tag::new(9, 0x22);
    pub const SUB_ORDINAL_DATE: Tag = Tag::new(9, 0x23);
    pub const CALENDAR_TYPE: Tag = Tag::new(9, 0x24);
    pub const IS_LEAP_MONTH: Tag = Tag::new(9, 0x25);
    pub const FIRST_DAY_OF_WEEK: Tag = Tag::new(9, 0x26);
}

/// Code page 10, namespace `ResolveRecipients`.
pub mod resolve_recipients {
    use super::Tag;
    pub const RESOLVE_RECIPIENTS: Tag = Tag::new(10, 0x05);
    pub const RESPONSE: Tag = Tag::new(10, 0x06);
    pub const STATUS: Tag = Tag::new(10, 0x07);
    pub const TYPE: Tag = Tag::new(10, 0x08);
    pub const RECIPIENT: Tag = Tag::new(10, 0x09);
    pub const DISPLAY_NAME: Tag = Tag::new(10, 0x0A);
    pub const EMAIL_ADDRESS: Tag = Tag::new(10, 0x0B);
    pub const CERTIFICATES: Tag = Tag::new(10, 0x0C);
    pub const CERTIFICATE: Tag = Tag::new(10, 0x0D);
    pub const MINI_CERTIFICATE: Tag = Tag::new(10, 0x0E);
    pub const OPTIONS: Tag = Tag::new(10, 0x0F);
    pub const TO: Tag = Tag::new(10, 0x10);
    pub const CERTIFICATE_RETRIEVAL: Tag = Tag::new(10, 0x11);
    pub const RECIPIENT_COUNT: Tag = Tag::new(10, 0x12);
    pub const MAX_CERTIFICATES: Tag = Tag::new(10, 0x13);
    pub const MAX_AMBIGUOUS_RECIPIENTS: Tag = Tag::new(10, 0x14);
    pub const CERTIFICATE_COUNT: Tag = Tag::new(10, 0x15);
    pub const AVAILABILITY: Tag = Tag::new(10, 0x16);
    pub const START_TIME: Tag = Tag::new(10, 0x17);
    pub const END_TIME: Tag = Tag::new(10, 0x18);
    pub const MERGED_FREE_BUSY: Tag = Tag::new(10, 0x19);
    pub const PICTURE: Tag = Tag::new(10, 0x1A);
    pub const MAX_SIZE: Tag = Tag::new(10, 0x1B);
    pub const DATA: Tag = Tag::new(10, 0x1C);
    pub const MAX_PICTURES: Tag = Tag::new(10, 0x1D);
}

/// Code page 11, namespace `ValidateCert`.
pub mod validate_cert {
    use super::Tag;
    pub const VALIDATE_CERT: Tag = Tag::new(11, 0x05);
    pub const CERTIFICATES: Tag = Tag::new(11, 0x06);
    pub const CERTIFICATE: Tag = Tag::new(11, 0x07);
    pub const CERTIFICATE_CHAIN: Tag = Tag::new(11, 0x08);
    pub const CHECK_CRL: Tag = Tag::new(11, 0x09);
    pub const STATUS: Tag = Tag::new(11, 0x0A);
}

/// Code page 12, namespace `Contacts2`.
pub mod contacts2 {
    use super::Tag;
    pub const CUSTOMER_ID: Tag = Tag::new(12, 0x05);
    pub const GOVERNMENT_ID: Tag = Tag::new(12, 0x06);
    pub const IM_ADDRESS: Tag = Tag::new(12, 0x07);
    pub const IM_ADDRESS2: Tag = Tag::new(12, 0x08);
    pub const IM_ADDRESS3: Tag = Tag::new(12, 0x09);
    pub const MANAGER_NAME: Tag = Tag::new(12, 0x0A);
    pub const COMPANY_MAIN_PHONE: Tag = Tag::new(12, 0x0B);
    pub const ACCOUNT_NAME: Tag = Tag::new(12, 0x0C);
    pub const NICK_NAME: Tag = Tag::new(12, 0x0D);
    pub const MMS: Tag = Tag::new(12, 0x0E);
}

/// Code page 13, namespace `Ping`.
pub mod ping {
    use super::Tag;
    pub const PING: Tag = Tag::new(13, 0x05);
    pub const AUTD_STATE: Tag = Tag::new(13, 0x06);
    pub const STATUS: Tag = Tag::new(13, 0x07);
    pub const HEARTBEAT_INTERVAL: Tag = Tag::new(13, 0x08);
    pub const FOLDERS: Tag = Tag::new(13, 0x09);
    pub const FOLDER: Tag = Tag::new(13, 0x0A);
    pub const ID: Tag = Tag::new(13, 0x0B);
    pub const CLASS: Tag = Tag::new(13, 0x0C);
    pub const MAX_FOLDERS: Tag = Tag::new(13, 0x0D);
    pub const VERSION: Tag = Tag::new(13, 0x0E);
}

/// Code page 14, namespace `Provision`.
pub mod provision {
    use super::Tag;
    pub const PROVISION: Tag = Tag::new(14, 0x05);
    pub const POLICIES: Tag = Tag::new(14, 0x06);
    pub const POLICY: Tag = Tag::new(14, 0x07);
    pub const POLICY_TYPE: Tag = Tag::new(14, 0x08);
    pub const POLICY_KEY: Tag = Tag::new(14, 0x09);
    pub const DATA: Tag = Tag::new(14, 0x0A);
    pub const STATUS: Tag = Tag::new(14, 0x0B);
    pub const REMOTE_WIPE: Tag = Tag::new(14, 0x0C);
    pub const EAS_PROVISION_DOC: Tag = Tag::new(14, 0x0D);
    pub const DEVICE_PASSWORD_ENABLED: Tag = Tag::new(14, 0x0E);
    pub const ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED: Tag = Tag::new(14, 0x0F);
    pub const REQUIRE_STORAGE_CARD_ENCRYPTION: Tag = Tag::new(14, 0x10);
    pub const PASSWORD_RECOVERY_ENABLED: Tag = Tag::new(14, 0x11);
    pub const DOCUMENT_BROWSE_ENABLED: Tag = Tag::new(14, 0x12);
    pub const ATTACHMENTS_ENABLED: Tag = Tag::new(14, 0x13);
    pub const MIN_DEVICE_PASSWORD_LENGTH: Tag = Tag::new(14, 0x14);
    pub const MAX_INACTIVITY_TIME_DEVICE_LOCK: Tag = Tag::new(14, 0x15);
    pub const MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS: Tag = Tag::new(14, 0x16);
    pub const MAX_ATTACHMENT_SIZE: Tag = Tag::new(14, 0x17);
    pub const ALLOW_SIMPLE_DEVICE_PASSWORD: Tag = Tag::new(14, 0x18);
    pub const DEVICE_PASSWORD_EXPIRATION: Tag = Tag::new(14, 0x19);
    pub const DEVICE_PASSWORD_HISTORY: Tag = Tag::new(14, 0x1A);
    pub const ALLOW_STORAGE_CARD: Tag = Tag::new(14, 0x1B);
    pub const ALLOW_CAMERA: Tag = Tag::new(14, 0x1C);
    pub const REQUIRE_DEVICE_ENCRYPTION: Tag = Tag::new(14, 0x1D);
    pub const ALLOW_UNSIGNED_APPLICATIONS: Tag = Tag::new(14, 0x1E);
    pub const ALLOW_UNSIGNED_INSTALLATION_PACKAGES: Tag = Tag::new(14, 0x1F);
    pub const MIN_DEVICE_PASSWORD_COMPLEX_CHARACTERS: Tag = Tag::new(14, 0x20);
    pub const ALLOW_WI_FI: Tag = Tag::new(14, 0x21);
    pub const ALLOW_TEXT_MESSAGING: Tag = Tag::new(14, 0x22);
    pub const ALLOW_POPIMAP_EMAIL: Tag = Tag::new(14, 0x23);
    pub const ALLOW_BLUETOOTH: Tag = Tag::new(14, 0x24);
    pub const ALLOW_IR_DA: Tag = Tag::new(14, 0x25);
    pub const REQUIRE_MANUAL_SYNC_WHEN_ROAMING: Tag = Tag::new(14, 0x26);
    pub const ALLOW_DESKTOP_SYNC: Tag = Tag::new(14, 0x27);
    pub const MAX_CALENDAR_AGE_FILTER: Tag = Tag::new(14, 0x28);
    pub const ALLOW_HTML_EMAIL: Tag = Tag::new(14, 0x29);
    pub const MAX_EMAIL_AGE_FILTER: Tag = Tag::new(14, 0x2A);
    pub const MAX_EMAIL_BODY_TRUNCATION_SIZE: Tag = Tag::new(14, 0x2B);
    pub const MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE: Tag = Tag::new(14, 0x2C);
    pub const REQUIRE_SIGNED_SMIME_MESSAGES: Tag = Tag::new(14, 0x2D);
    pub const REQUIRE_ENCRYPTED_SMIME_MESSAGES: Tag = Tag::new(14, 0x2E);
    pub const REQUIRE_SIGNED_SMIME_ALGORITHM: Tag = Tag::new(14, 0x2F);
    pub const REQUIRE_ENCRYPTION_SMIME_ALGORITHM: Tag = Tag::new(14, 0x30);
    pub const ALLOW_SMIME_ENCRYPTION_ALGORITHM_NEGOTIATION: Tag = Tag::new(14, 0x31);
    pub const ALLOW_SMIME_SOFT_CERTS: Tag = Tag::new(14, 0x32);
    pub const ALLOW_BROWSER: Tag = Tag::new(14, 0x33);
    pub const ALLOW_CONSUMER_EMAIL: Tag = Tag::new(14, 0x34);
    pub const ALLOW_REMOTE_DESKTOP: Tag = Tag::new(14, 0x35);
    pub const ALLOW_INTERNET_SHARING: Tag = Tag::new(14, 0x36);
    pub const UNAPPROVED_IN_ROM_APPLICATION_LIST: Tag = Tag::new(14, 0x37);
    pub const APPLICATION_NAME: Tag = Tag::new(14, 0x38);
    pub const APPROVED_APPLICATION_LIST: Tag = Tag::new(14, 0x39);
    pub const HASH: Tag = Tag::new(14, 0x3A);
    pub const ACCOUNT_ONLY_REMOTE_WIPE: Tag = Tag::new(14, 0x3B);
}

/// Code page 15, namespace `Search`.
pub mod search {
    use super::Tag;
    pub const SEARCH: Tag = Tag::new(15, 0x05);
    pub const STORES: Tag = Tag::new(15, 0x06);
    pub const STORE: Tag = Tag::new(15, 0x07);
    pub const NAME: Tag = Tag::new(15, 0x08);
    pub const QUERY: Tag = Tag::new(15, 0x09);
    pub const OPTIONS: Tag = Tag::new(15, 0x0A);
    pub const RANGE: Tag = Tag::new(15, 0x0B);
    pub const STATUS: Tag = Tag::new(15, 0x0C);
    pub const RESPONSE: Tag = Tag::new(15, 0x0D);
    pub const RESULT: Tag = Tag::new(15, 0x0E);
    pub const PROPERTIES: Tag = Tag::new(15, 0x0F);
    pub const TOTAL: Tag = Tag::new(15, 0x10);
    pub const EQUAL_TO: Tag = Tag::new(15, 0x11);
    pub const VALUE: Tag = Tag::new(15, 0x12);
    pub const AND: Tag = Tag::new(15, 0x13);
    pub const OR: Tag = Tag::new(15, 0x14);
    pub const FREE_TEXT: Tag = Tag::new(15, 0x15);
    pub const DEEP_TRAVERSAL: Tag = Tag::new(15, 0x17);
    pub const LONG_ID: Tag = Tag::new(15, 0x18);
    pub const REBUILD_RESULTS: Tag = Tag::new(15, 0x19);
    pub const LESS_THAN: Tag = Tag::new(15, 0x1A);
    pub const GREATER_THAN: Tag = Tag::new(15, 0x1B);
    pub const SCHEMA: Tag = Tag::new(15, 0x1C);
    pub const SUPPORTED: Tag = Tag::new(15, 0x1D);
    pub const USER_NAME: Tag = Tag::new(15, 0x1E);
    pub const PASSWORD: Tag = Tag::new(15, 0x1F);
    pub const CONVERSATION_ID: Tag = Tag::new(15, 0x20);
    pub const PICTURE: Tag = Tag::new(15, 0x21);
    pub const MAX_SIZE: Tag = Tag::new(15, 0x22);
    pub const MAX_PICTURES: Tag = Tag::new(15, 0x23);
}

/// Code page 16, namespace `GAL`.
pub mod gal {
    use super::Tag;
    pub const DISPLAY_NAME: Tag = Tag::new(16, 0x05);
    pub const PHONE: Tag = Tag::new(16, 0x06);
    pub const OFFICE: Tag = Tag::new(16, 0x07);
    pub const TITLE: Tag = Tag::new(16, 0x08);
    pub const COMPANY: Tag = Tag::new(16, 0x09);
    pub const ALIAS: Tag = Tag::new(16, 0x0A);
    pub const FIRST_NAME: Tag = Tag::new(16, 0x0B);
    pub const LAST_NAME: Tag = Tag::new(16, 0x0C);
    pub const HOME_PHONE: Tag = Tag::new(16, 0x0D);
    pub const MOBILE_PHONE: Tag = Tag::new(16, 0x0E);
    pub const EMAIL_ADDRESS: Tag = Tag::new(16, 0x0F);
    pub const PICTURE: Tag = Tag::new(16, 0x10);
    pub const STATUS: Tag = Tag::new(16, 0x11);
    pub const DATA: Tag = Tag::new(16, 0x12);
}

/// Code page 17, namespace `AirSyncBase`.
pub mod air_sync_base {
    use super::Tag;
    pub const BODY_PREFERENCE: Tag = Tag::new(17, 0x05);
    pub const TYPE: Tag = Tag::new(17, 0x06);
    pub const TRUNCATION_SIZE: Tag = Tag::new(17, 0x07);
    pub const ALL_OR_NONE: Tag = Tag::new(17, 0x08);
    pub const BODY: Tag = Tag::new(17, 0x0A);
    pub const DATA: Tag = Tag::new(17, 0x0B);
    pub const ESTIMATED_DATA_SIZE: Tag = Tag::new(17, 0x0C);
    pub const TRUNCATED: Tag = Tag::new(17, 0x0D);
    pub const ATTACHMENTS: Tag = Tag::new(17, 0x0E);
    pub const ATTACHMENT: Tag = Tag::new(17, 0x0F);
    pub const DISPLAY_NAME: Tag = Tag::new(17, 0x10);
    pub const FILE_REFERENCE: Tag = Tag::new(17, 0x11);
    pub const METHOD: Tag = Tag::new(17, 0x12);
    pub const CONTENT_ID: Tag = Tag::new(17, 0x13);
    pub const CONTENT_LOCATION: Tag = Tag::new(17, 0x14);
    pub const IS_INLINE: Tag = Tag::new(17, 0x15);
    pub const NATIVE_BODY_TYPE: Tag = Tag::new(17, 0x16);
    pub const CONTENT_TYPE: Tag = Tag::new(17, 0x17);
    pub const PREVIEW: Tag = Tag::new(17, 0x18);
    pub const BODY_PART_PREFERENCE: Tag = Tag::new(17, 0x19);
    pub const BODY_PART: Tag = Tag::new(17, 0x1A);
    pub const STATUS: Tag = Tag::new(17, 0x1B);
    pub const ADD: Tag = Tag::new(17, 0x1C);
    pub const DELETE: Tag = Tag::new(17, 0x1D);
    pub const CLIENT_ID: Tag = Tag::new(17, 0x1E);
    pub const CONTENT: Tag = Tag::new(17, 0x1F);
    pub const LOCATION: Tag = Tag::new(17, 0x20);
    pub const ANNOTATION: Tag = Tag::new(17, 0x21);
    pub const STREET: Tag = Tag::new(17, 0x22);
    pub const CITY: Tag = Tag::new(17, 0x23);
    pub const STATE: Tag = Tag::new(17, 0x24);
    pub const COUNTRY: Tag = Tag::new(17, 0x25);
    pub const POSTAL_CODE: Tag = Tag::new(17, 0x26);
    pub const LATITUDE: Tag = Tag::new(17, 0x27);
    pub const LONGITUDE: Tag = Tag::new(17, 0x28);
    pub const ACCURACY: Tag = Tag::new(17, 0x29);
    pub const ALTITUDE: Tag = Tag::new(17, 0x2A);
    pub const ALTITUDE_ACCURACY: Tag = Tag::new(17, 0x2B);
    pub const LOCATION_URI: Tag = Tag::new(17, 0x2C);
    pub const INSTANCE_ID: Tag = Tag::new(17, 0x2D);
}

/// Code page 18, namespace `Settings`.
pub mod settings {
    use super::Tag;
    pub const SETTINGS: Tag = Tag::new(18, 0x05);
    pub const STATUS: Tag = Tag::new(18, 0x06);
    pub const GET: Tag = Tag::new(18, 0x07);
    pub const SET: Tag = Tag::new(18, 0x08);
    pub const OOF: Tag = Tag::new(18, 0x09);
    pub const OOF_STATE: Tag = Tag::new(18, 0x0A);
    pub const START_TIME: Tag = Tag::new(18, 0x0B);
    pub const END_TIME: Tag = Tag::new(18, 0x0C);
    pub const OOF_MESSAGE: Tag = Tag::new(18, 0x0D);
    pub const APPLIES_TO_INTERNAL: Tag = Tag::new(18, 0x0E);
    pub const APPLIES_TO_EXTERNAL_KNOWN: Tag = Tag::new(18, 0x0F);
    pub const APPLIES_TO_EXTERNAL_UNKNOWN: Tag = Tag::new(18, 0x10);
    pub const ENABLED: Tag = Tag::new(18, 0x11);
    pub const REPLY_MESSAGE: Tag = Tag::new(18, 0x12);
    pub const BODY_TYPE: Tag = Tag::new(18, 0x13);
    pub const DEVICE_PASSWORD: Tag = Tag::new(18, 0x14);
    pub const PASSWORD: Tag = Tag::new(18, 0x15);
    pub const DEVICE_INFORMATION: Tag = Tag::new(18, 0x16);
    pub const MODEL: Tag = Tag::new(18, 0x17);
    pub const IMEI: Tag = Tag::new(18, 0x18);
    pub const FRIENDLY_NAME: Tag = Tag::new(18, 0x19);
    pub const OS: Tag = Tag::new(18, 0x1A);
    pub const OS_LANGUAGE: Tag = Tag::new(18, 0x1B);
    pub const PHONE_NUMBER: Tag = Tag::new(18, 0x1C);
    pub const USER_INFORMATION: Tag = Tag::new(18, 0x1D);
    pub const EMAIL_ADDRESSES: Tag = Tag::new(18, 0x1E);
    pub const SMTP_ADDRESS: Tag = Tag::new(18, 0x1F);
    pub const USER_AGENT: Tag = Tag::new(18, 0x20);
    pub const ENABLE_OUTBOUND_SMS: Tag = Tag::new(18, 0x21);
    pub const MOBILE_OPERATOR: Tag = Tag::new(18, 0x22);
    pub const PRIMARY_SMTP_ADDRESS: Tag = Tag::new(18, 0x23);
    pub const ACCOUNTS: Tag = Tag::new(18, 0x24);
    pub const ACCOUNT: Tag = Tag::new(18, 0x25);
    pub const ACCOUNT_ID: Tag = Tag::new(18, 0x26);
    pub const ACCOUNT_NAME: Tag = Tag::new(18, 0x27);
    pub const USER_DISPLAY_NAME: Tag = Tag::new(18, 0x28);
    pub const SEND_DISABLED: Tag = Tag::new(18, 0x29);
    pub const RIGHTS_MANAGEMENT_INFORMATION: Tag = Tag::new(18, 0x2B);
}

/// Code page 19, namespace `DocumentLibrary`.
pub mod document_library {
    use super::Tag;
    pub const LINK_ID: Tag = Tag::new(19, 0x05);
    pub const DISPLAY_NAME: Tag = Tag::new(19, 0x06);
    pub const IS_FOLDER: Tag = Tag::new(19, 0x07);
    pub const CREATION_DATE: Tag = Tag::new(19, 0x08);
    pub const LAST_MODIFIED_DATE: Tag = Tag::new(19, 0x09);
    pub const IS_HIDDEN: Tag = Tag::new(19, 0x0A);
    pub const CONTENT_LENGTH: Tag = Tag::new(19, 0x0B);
    pub const CONTENT_TYPE: Tag = Tag::new(19, 0x0C);
}

/// Code page 20, namespace `ItemOperations`.
pub mod item_operations {
    use super::Tag;
    pub const ITEM_OPERATIONS: Tag = Tag::new(20, 0x05);
    pub const FETCH: Tag = Tag::new(20, 0x06);
    pub const STORE: Tag = Tag::new(20, 0x07);
    pub const OPTIONS: Tag = Tag::new(20, 0x08);
    pub const RANGE: Tag = Tag::new(20, 0x09);
    pub const TOTAL: Tag = Tag::new(20, 0x0A);
    pub const PROPERTIES: Tag = Tag::new(20, 0x0B);
    pub const DATA: Tag = Tag::new(20, 0x0C);
    pub const STATUS: Tag = Tag::new(20, 0x0D);
    pub const RESPONSE: Tag = Tag::new(20, 0x0E);
    pub const VERSION: Tag = Tag::new(20, 0x0F);
    pub const SCHEMA: Tag = Tag::new(20, 0x10);
    pub const PART: Tag = Tag::new(20, 0x11);
    pub const EMPTY_FOLDER_CONTENTS: Tag = Tag::new(20, 0x12);
    pub const DELETE_SUB_FOLDERS: Tag = Tag::new(20, 0x13);
    pub const USER_NAME: Tag = Tag::new(20, 0x14);
    pub const PASSWORD: Tag = Tag::new(20, 0x15);
    pub const MOVE: Tag = Tag::new(20, 0x16);
    pub const DST_FLD_ID: Tag = Tag::new(20, 0x17);
    pub const CONVERSATION_ID: Tag = Tag::new(20, 0x18);
    pub const MOVE_ALWAYS: Tag = Tag::new(20, 0x19);
}

/// Code page 21, namespace `ComposeMail`.
pub mod compose_mail {
    use super::Tag;
    pub const SEND_MAIL: Tag = Tag::new(21, 0x05);
    pub const SMART_FORWARD: Tag = Tag::new(21, 0x06);
    pub const SMART_REPLY: Tag = Tag::new(21, 0x07);
    pub const SAVE_IN_SENT_ITEMS: Tag = Tag::new(21, 0x08);
    pub const REPLACE_MIME: Tag = Tag::new(21, 0x09);
    pub const TYPE: Tag = Tag::new(21, 0x0A);
    pub const SOURCE: Tag = Tag::new(21, 0x0B);
    pub const FOLDER_ID: Tag = Tag::new(21, 0x0C);
    pub const ITEM_ID: Tag = Tag::new(21, 0x0D);
    pub const LONG_ID: Tag = Tag::new(21, 0x0E);
    pub const INSTANCE_ID: Tag = Tag::new(21, 0x0F);
    pub const MIME: Tag = Tag::new(21, 0x10);
    pub const CLIENT_ID: Tag = Tag::new(21, 0x11);
    pub const STATUS: Tag = Tag::new(21, 0x12);
    pub const ACCOUNT_ID: Tag = Tag::new(21, 0x13);
    pub const FORWARDEES: Tag = Tag::new(21, 0x15);
    pub const FORWARDEE: Tag = Tag::new(21, 0x16);
    pub const NAME: Tag = Tag::new(21, 0x17);
    pub const EMAIL: Tag = Tag::new(21, 0x18);
}

/// Code page 22, namespace `Email2`.
pub mod email2 {
    use super::Tag;
    pub const UM_CALLER_ID: Tag = Tag::new(22, 0x05);
    pub const UM_USER_NOTES: Tag = Tag::new(22, 0x06);
    pub const UM_ATT_DURATION: Tag = Tag::new(22, 0x07);
    pub const UM_ATT_ORDER: Tag = Tag::new(22, 0x08);
    pub const CONVERSATION_ID: Tag = Tag::new(22, 0x09);
    pub const CONVERSATION_INDEX: Tag = Tag::new(22, 0x0A);
    pub const LAST_VERB_EXECUTED: Tag = Tag::new(22, 0x0B);
    pub const LAST_VERB_EXECUTION_TIME: Tag = Tag::new(22, 0x0C);
    pub const RECEIVED_AS_BCC: Tag = Tag::new(22, 0x0D);
    pub const SENDER: Tag = Tag::new(22, 0x0E);
    pub const CALENDAR_TYPE: Tag = Tag::new(22, 0x0F);
    pub const IS_LEAP_MONTH: Tag = Tag::new(22, 0x10);
    pub const ACCOUNT_ID: Tag = Tag::new(22, 0x11);
    pub const FIRST_DAY_OF_WEEK: Tag = Tag::new(22, 0x12);
    pub const MEETING_MESSAGE_TYPE: Tag = Tag::new(22, 0x13);
    pub const IS_DRAFT: Tag = Tag::new(22, 0x15);
    pub const BCC: Tag = Tag::new(22, 0x16);
    pub const SEND: Tag = Tag::new(22, 0x17);
}

/// Code page 23, namespace `Notes`.
pub mod notes {
    use super::Tag;
    pub const SUBJECT: Tag = Tag::new(23, 0x05);
    pub const MESSAGE_CLASS: Tag = Tag::new(23, 0x06);
    pub const LAST_MODIFIED_DATE: Tag = Tag::new(23, 0x07);
    pub const CATEGORIES: Tag = Tag::new(23, 0x08);
    pub const CATEGORY: Tag = Tag::new(23, 0x09);
}

/// Code page 24, namespace `RightsManagement`.
pub mod rights_management {
    use super::Tag;
    pub const RIGHTS_MANAGEMENT_SUPPORT: Tag = Tag::new(24, 0x05);
    pub const RIGHTS_MANAGEMENT_TEMPLATES: Tag = Tag::new(24, 0x06);
    pub const RIGHTS_MANAGEMENT_TEMPLATE: Tag = Tag::new(24, 0x07);
    pub const RIGHTS_MANAGEMENT_LICENSE: Tag = Tag::new(24, 0x08);
    pub const EDIT_ALLOWED: Tag = Tag::new(24, 0x09);
    pub const REPLY_ALLOWED: Tag = Tag::new(24, 0x0A);
    pub const REPLY_ALL_ALLOWED: Tag = Tag::new(24, 0x0B);
    pub const FORWARD_ALLOWED: Tag = Tag::new(24, 0x0C);
    pub const MODIFY_RECIPIENTS_ALLOWED: Tag = Tag::new(24, 0x0D);
    pub const EXTRACT_ALLOWED: Tag = Tag::new(24, 0x0E);
    pub const PRINT_ALLOWED: Tag = Tag::new(24, 0x0F);
    pub const EXPORT_ALLOWED: Tag = Tag::new(24, 0x10);
    pub const PROGRAMMATIC_ACCESS_ALLOWED: Tag = Tag::new(24, 0x11);
    pub const OWNER: Tag = Tag::new(24, 0x12);
    pub const CONTENT_EXPIRY_DATE: Tag = Tag::new(24, 0x13);
    pub const TEMPLATE_ID: Tag = Tag::new(24, 0x14);
    pub const TEMPLATE_NAME: Tag = Tag::new(24, 0x15);
    pub const TEMPLATE_DESCRIPTION: Tag = Tag::new(24, 0x16);
    pub const CONTENT_OWNER: Tag = Tag::new(24, 0x17);
    pub const REMOVE_RIGHTS_MANAGEMENT_PROTECTION: Tag = Tag::new(24, 0x18);
}

/// Code page 25, namespace `Find`.
pub mod find {
    use super::Tag;
    pub const FIND: Tag = Tag::new(25, 0x05);
    pub const SEARCH_ID: Tag = Tag::new(25, 0x06);
    pub const EXECUTE_SEARCH: Tag = Tag::new(25, 0x07);
    pub const MAIL_BOX_SEARCH_CRITERION: Tag = Tag::new(25, 0x08);
    pub const QUERY: Tag = Tag::new(25, 0x09);
    pub const STATUS: Tag = Tag::new(25, 0x0A);
    pub const FREE_TEXT: Tag = Tag::new(25, 0x0B);
    pub const OPTIONS: Tag = Tag::new(25, 0x0C);
    pub const RANGE: Tag = Tag::new(25, 0x0D);
    pub const DEEP_TRAVERSAL: Tag = Tag::new(25, 0x0E);
    pub const RESPONSE: Tag = Tag::new(25, 0x11);
    pub const RESULT: Tag = Tag::new(25, 0x12);
    pub const PROPERTIES: Tag = Tag::new(25, 0x13);
    pub const PREVIEW: Tag = Tag::new(25, 0x14);
    pub const HAS_ATTACHMENTS: Tag = Tag::new(25, 0x15);
    pub const TOTAL: Tag = Tag::new(25, 0x16);
    pub const DISPLAY_CC: Tag = Tag::new(25, 0x17);
    pub const DISPLAY_BCC: Tag = Tag::new(25, 0x18);
    pub const GAL_SEARCH_CRITERION: Tag = Tag::new(25, 0x19);
    pub const MAX_PICTURES: Tag = Tag::new(25, 0x20);
    pub const MAX_SIZE: Tag = Tag::new(25, 0x21);
    pub const PICTURE: Tag = Tag::new(25, 0x22);
}

/// Code page 254, namespace `WindowsLive`.
pub mod windows_live {
    use super::Tag;
    pub const ANNOTATIONS: Tag = Tag::new(254, 0x05);
    pub const ANNOTATION: Tag = Tag::new(254, 0x06);
    pub const NAME: Tag = Tag::new(254, 0x07);
    pub const VALUE: Tag = Tag::new(254, 0x08);
}

/// Every code page, in the order of its number.
pub(super) static CODE_PAGES: &[CodePage] = &[
    CodePage {
        page: 0,
        namespace: "AirSync",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Sync",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Responses",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Add",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Change",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Delete",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Fetch",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "SyncKey",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "ClientId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "ServerId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "Collection",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "Class",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "Version",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "CollectionId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "GetChanges",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "MoreAvailable",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "WindowSize",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "Commands",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "Options",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "FilterType",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "Truncation",
                first: V2_5,
                last: V12_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "RTFTruncation",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "Conflict",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "Collections",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "ApplicationData",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "DeletesAsMoves",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "NotifyGUID",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "Supported",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "SoftDelete",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "MIMESupport",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "MIMETruncation",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x24,
                name: "Wait",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x25,
                name: "Limit",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x26,
                name: "Partial",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x27,
                name: "ConversationMode",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x28,
                name: "MaxItems",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x29,
                name: "HeartbeatInterval",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 1,
        namespace: "Contacts",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Anniversary",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "AssistantName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "AssistantPhoneNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Birthday",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Body",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "BodySize",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "BodyTruncated",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Business2PhoneNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "BusinessAddressCity",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "BusinessAddressCountry",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "BusinessAddressPostalCode",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "BusinessAddressState",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "BusinessAddressStreet",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "BusinessFaxNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "BusinessPhoneNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "CarPhoneNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "Categories",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "Category",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "Children",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "Child",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "CompanyName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "Department",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "Email1Address",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "Email2Address",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "Email3Address",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "FileAs",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "FirstName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "Home2PhoneNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "HomeAddressCity",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "HomeAddressCountry",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "HomeAddressPostalCode",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x24,
                name: "HomeAddressState",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x25,
                name: "HomeAddressStreet",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x26,
                name: "HomeFaxNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x27,
                name: "HomePhoneNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x28,
                name: "JobTitle",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x29,
                name: "LastName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2A,
                name: "MiddleName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2B,
                name: "MobilePhoneNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2C,
                name: "OfficeLocation",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2D,
                name: "OtherAddressCity",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2E,
                name: "OtherAddressCountry",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2F,
                name: "OtherAddressPostalCode",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x30,
                name: "OtherAddressState",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x31,
                name: "OtherAddressStreet",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x32,
                name: "PagerNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x33,
                name: "RadioPhoneNumber",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x34,
                name: "Spouse",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x35,
                name: "Suffix",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x36,
                name: "Title",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x37,
                name: "WebPage",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x38,
                name: "YomiCompanyName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x39,
                name: "YomiFirstName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3A,
                name: "YomiLastName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3B,
                name: "CompressedRTF",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x3C,
                name: "Picture",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3D,
                name: "Alias",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3E,
                name: "WeightedRank",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 2,
        namespace: "Email",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Attachment",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Attachments",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "AttName",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "AttSize",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "AttOid",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "AttMethod",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "AttRemoved",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Body",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "BodySize",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "BodyTruncated",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "DateReceived",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "DisplayName",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "DisplayTo",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Importance",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "MessageClass",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "Subject",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "Read",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "To",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "Cc",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "From",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "ReplyTo",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "AllDayEvent",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "Categories",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "Category",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "DtStamp",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "EndTime",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "InstanceType",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "BusyStatus",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "Location",
                first: V2_5,
                last: V14_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "MeetingRequest",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "Organizer",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x24,
                name: "RecurrenceId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x25,
                name: "Reminder",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x26,
                name: "ResponseRequested",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x27,
                name: "Recurrences",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x28,
                name: "Recurrence",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x29,
                name: "Type",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2A,
                name: "Until",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2B,
                name: "Occurrences",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2C,
                name: "Interval",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2D,
                name: "DayOfWeek",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2E,
                name: "DayOfMonth",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2F,
                name: "WeekOfMonth",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x30,
                name: "MonthOfYear",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x31,
                name: "StartTime",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x32,
                name: "Sensitivity",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x33,
                name: "TimeZone",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x34,
                name: "GlobalObjId",
                first: V2_5,
                last: V14_1,
                opaque: false,
            },
            TagInfo {
                token: 0x35,
                name: "ThreadTopic",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x36,
                name: "MIMEData",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x37,
                name: "MIMETruncated",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x38,
                name: "MIMESize",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x39,
                name: "InternetCPID",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3A,
                name: "Flag",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3B,
                name: "Status",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3C,
                name: "ContentClass",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3D,
                name: "FlagType",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3E,
                name: "CompleteTime",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3F,
                name: "DisallowNewTimeProposal",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 3,
        namespace: "AirNotify",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Notify",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Notification",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Version",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "LifeTime",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "DeviceInfo",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Enable",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Folder",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "ServerId",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "DeviceAddress",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "ValidCarrierProfiles",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "CarrierProfile",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "Status",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "Responses",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Devices",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "Device",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "Id",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "Expiry",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "NotifyGUID",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "DeviceFriendlyName",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 4,
        namespace: "Calendar",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Timezone",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "AllDayEvent",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Attendees",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Attendee",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Email",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Name",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Body",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "BodyTruncated",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "BusyStatus",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Categories",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "Category",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "CompressedRTF",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "DtStamp",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "EndTime",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "Exception",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "Exceptions",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "Deleted",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "ExceptionStartTime",
                first: V2_5,
                last: V14_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "Location",
                first: V2_5,
                last: V14_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "MeetingStatus",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "OrganizerEmail",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "OrganizerName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "Recurrence",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "Type",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "Until",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "Occurrences",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "Interval",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "DayOfWeek",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "DayOfMonth",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "WeekOfMonth",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "MonthOfYear",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x24,
                name: "Reminder",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x25,
                name: "Sensitivity",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x26,
                name: "Subject",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x27,
                name: "StartTime",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x28,
                name: "UID",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x29,
                name: "AttendeeStatus",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2A,
                name: "AttendeeType",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2B,
                name: "Attachment",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x2C,
                name: "Attachments",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x2D,
                name: "AttName",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x2E,
                name: "AttSize",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x2F,
                name: "AttOid",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x30,
                name: "AttMethod",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x31,
                name: "AttRemoved",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x32,
                name: "DisplayName",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x33,
                name: "DisallowNewTimeProposal",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x34,
                name: "ResponseRequested",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x35,
                name: "AppointmentReplyTime",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x36,
                name: "ResponseType",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x37,
                name: "CalendarType",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x38,
                name: "IsLeapMonth",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x39,
                name: "FirstDayOfWeek",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3A,
                name: "OnlineMeetingConfLink",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3B,
                name: "OnlineMeetingExternalLink",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3C,
                name: "ClientUid",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 5,
        namespace: "Move",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "MoveItems",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Move",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "SrcMsgId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "SrcFldId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "DstFldId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Response",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "DstMsgId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 6,
        namespace: "GetItemEstimate",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "GetItemEstimate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Version",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Collections",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Collection",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Class",
                first: V2_5,
                last: V12_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "CollectionId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "DateTime",
                first: V2_5,
                last: V12_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Estimate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "Response",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 7,
        namespace: "FolderHierarchy",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Folders",
                first: V2_5,
                last: V12_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Folder",
                first: V2_5,
                last: V12_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "DisplayName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "ServerId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "ParentId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Type",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Response",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "ContentClass",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Changes",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "Add",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "Delete",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "Update",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "SyncKey",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "FolderCreate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "FolderDelete",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "FolderUpdate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "FolderSync",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "Count",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "Version",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 8,
        namespace: "MeetingResponse",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "CalendarId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "CollectionId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "MeetingResponse",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "RequestId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Request",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Result",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "UserResponse",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "Version",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "InstanceId",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "ProposedStartTime",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "ProposedEndTime",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "SendResponse",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 9,
        namespace: "Tasks",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Body",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "BodySize",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "BodyTruncated",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Categories",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Category",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Complete",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "DateCompleted",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "DueDate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "UtcDueDate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Importance",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "Recurrence",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "Type",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "Start",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Until",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "Occurrences",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "Interval",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "DayOfMonth",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "DayOfWeek",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "WeekOfMonth",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "MonthOfYear",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "Regenerate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "DeadOccur",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "ReminderSet",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "ReminderTime",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "Sensitivity",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "StartDate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "UtcStartDate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "Subject",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "CompressedRTF",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "OrdinalDate",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "SubOrdinalDate",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x24,
                name: "CalendarType",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x25,
                name: "IsLeapMonth",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x26,
                name: "FirstDayOfWeek",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 10,
        namespace: "ResolveRecipients",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "ResolveRecipients",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Response",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Type",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Recipient",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "DisplayName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "EmailAddress",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Certificates",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "Certificate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "MiniCertificate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "Options",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "To",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "CertificateRetrieval",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "RecipientCount",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "MaxCertificates",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "MaxAmbiguousRecipients",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "CertificateCount",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "Availability",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "StartTime",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "EndTime",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "MergedFreeBusy",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "Picture",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "MaxSize",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "Data",
                first: V14_1,
                last: V16_1,
                opaque: true,
            },
            TagInfo {
                token: 0x1D,
                name: "MaxPictures",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 11,
        namespace: "ValidateCert",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "ValidateCert",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Certificates",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Certificate",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "CertificateChain",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "CheckCrl",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 12,
        namespace: "Contacts2",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "CustomerId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "GovernmentId",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "IMAddress",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "IMAddress2",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "IMAddress3",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "ManagerName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "CompanyMainPhone",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "AccountName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "NickName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "MMS",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 13,
        namespace: "Ping",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Ping",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "AutdState",
                first: V2_5,
                last: V2_5,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "HeartbeatInterval",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Folders",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Folder",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Id",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Class",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "MaxFolders",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Version",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 14,
        namespace: "Provision",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Provision",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Policies",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Policy",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "PolicyType",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "PolicyKey",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Data",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "RemoteWipe",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "EASProvisionDoc",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "DevicePasswordEnabled",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "AlphanumericDevicePasswordRequired",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "RequireStorageCardEncryption",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "PasswordRecoveryEnabled",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "DocumentBrowseEnabled",
                first: V12_0,
                last: V12_0,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "AttachmentsEnabled",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "MinDevicePasswordLength",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "MaxInactivityTimeDeviceLock",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "MaxDevicePasswordFailedAttempts",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "MaxAttachmentSize",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "AllowSimpleDevicePassword",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "DevicePasswordExpiration",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "DevicePasswordHistory",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "AllowStorageCard",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "AllowCamera",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "RequireDeviceEncryption",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "AllowUnsignedApplications",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "AllowUnsignedInstallationPackages",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "MinDevicePasswordComplexCharacters",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "AllowWiFi",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "AllowTextMessaging",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "AllowPOPIMAPEmail",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x24,
                name: "AllowBluetooth",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x25,
                name: "AllowIrDA",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x26,
                name: "RequireManualSyncWhenRoaming",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x27,
                name: "AllowDesktopSync",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x28,
                name: "MaxCalendarAgeFilter",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x29,
                name: "AllowHTMLEmail",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2A,
                name: "MaxEmailAgeFilter",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2B,
                name: "MaxEmailBodyTruncationSize",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2C,
                name: "MaxEmailHTMLBodyTruncationSize",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2D,
                name: "RequireSignedSMIMEMessages",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2E,
                name: "RequireEncryptedSMIMEMessages",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2F,
                name: "RequireSignedSMIMEAlgorithm",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x30,
                name: "RequireEncryptionSMIMEAlgorithm",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x31,
                name: "AllowSMIMEEncryptionAlgorithmNegotiation",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x32,
                name: "AllowSMIMESoftCerts",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x33,
                name: "AllowBrowser",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x34,
                name: "AllowConsumerEmail",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x35,
                name: "AllowRemoteDesktop",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x36,
                name: "AllowInternetSharing",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x37,
                name: "UnapprovedInROMApplicationList",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x38,
                name: "ApplicationName",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x39,
                name: "ApprovedApplicationList",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3A,
                name: "Hash",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x3B,
                name: "AccountOnlyRemoteWipe",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 15,
        namespace: "Search",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Search",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Stores",
                first: V2_5,
                last: V12_0,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Store",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Name",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Query",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Options",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Range",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Status",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "Response",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Result",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "Properties",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "Total",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "EqualTo",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Value",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "And",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "Or",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "FreeText",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "DeepTraversal",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "LongId",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "RebuildResults",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "LessThan",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "GreaterThan",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "Schema",
                first: V12_0,
                last: V12_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "Supported",
                first: V12_0,
                last: V12_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "UserName",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "Password",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "ConversationId",
                first: V14_0,
                last: V16_1,
                opaque: true,
            },
            TagInfo {
                token: 0x21,
                name: "Picture",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "MaxSize",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "MaxPictures",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 16,
        namespace: "GAL",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "DisplayName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Phone",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Office",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Title",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Company",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Alias",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "FirstName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "LastName",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "HomePhone",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "MobilePhone",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "EmailAddress",
                first: V2_5,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "Picture",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "Status",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Data",
                first: V14_1,
                last: V16_1,
                opaque: true,
            },
        ],
    },
    CodePage {
        page: 17,
        namespace: "AirSyncBase",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "BodyPreference",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Type",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "TruncationSize",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "AllOrNone",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Body",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Data",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "EstimatedDataSize",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "Truncated",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Attachments",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "Attachment",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "DisplayName",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "FileReference",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Method",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "ContentId",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "ContentLocation",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "IsInline",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "NativeBodyType",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "ContentType",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "Preview",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "BodyPartPreference",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "BodyPart",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "Status",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "Add",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "Delete",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "ClientId",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "Content",
                first: V16_0,
                last: V16_1,
                opaque: true,
            },
            TagInfo {
                token: 0x20,
                name: "Location",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "Annotation",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "Street",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "City",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x24,
                name: "State",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x25,
                name: "Country",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x26,
                name: "PostalCode",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x27,
                name: "Latitude",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x28,
                name: "Longitude",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x29,
                name: "Accuracy",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2A,
                name: "Altitude",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2B,
                name: "AltitudeAccuracy",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2C,
                name: "LocationUri",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2D,
                name: "InstanceId",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 18,
        namespace: "Settings",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Settings",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Status",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Get",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Set",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Oof",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "OofState",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "StartTime",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "EndTime",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "OofMessage",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "AppliesToInternal",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "AppliesToExternalKnown",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "AppliesToExternalUnknown",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "Enabled",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "ReplyMessage",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "BodyType",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "DevicePassword",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "Password",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "DeviceInformation",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "Model",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "IMEI",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "FriendlyName",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1A,
                name: "OS",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1B,
                name: "OSLanguage",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1C,
                name: "PhoneNumber",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1D,
                name: "UserInformation",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1E,
                name: "EmailAddresses",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x1F,
                name: "SMTPAddress",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "UserAgent",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "EnableOutboundSMS",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "MobileOperator",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x23,
                name: "PrimarySmtpAddress",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x24,
                name: "Accounts",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x25,
                name: "Account",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x26,
                name: "AccountId",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x27,
                name: "AccountName",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x28,
                name: "UserDisplayName",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x29,
                name: "SendDisabled",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x2B,
                name: "RightsManagementInformation",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 19,
        namespace: "DocumentLibrary",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "LinkId",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "DisplayName",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "IsFolder",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "CreationDate",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "LastModifiedDate",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "IsHidden",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "ContentLength",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "ContentType",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 20,
        namespace: "ItemOperations",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "ItemOperations",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Fetch",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Store",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Options",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Range",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Total",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Properties",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Data",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "Status",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Response",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "Version",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "Schema",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "Part",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "EmptyFolderContents",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "DeleteSubFolders",
                first: V12_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "UserName",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "Password",
                first: V12_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "Move",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "DstFldId",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "ConversationId",
                first: V14_0,
                last: V16_1,
                opaque: true,
            },
            TagInfo {
                token: 0x19,
                name: "MoveAlways",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 21,
        namespace: "ComposeMail",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "SendMail",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "SmartForward",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "SmartReply",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "SaveInSentItems",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "ReplaceMime",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Type",
                first: V14_0,
                last: V14_0,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "Source",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "FolderId",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "ItemId",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "LongId",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "InstanceId",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "Mime",
                first: V14_0,
                last: V16_1,
                opaque: true,
            },
            TagInfo {
                token: 0x11,
                name: "ClientId",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Status",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "AccountId",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "Forwardees",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "Forwardee",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "Name",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "Email",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 22,
        namespace: "Email2",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "UmCallerID",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "UmUserNotes",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "UmAttDuration",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "UmAttOrder",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "ConversationId",
                first: V14_0,
                last: V16_1,
                opaque: true,
            },
            TagInfo {
                token: 0x0A,
                name: "ConversationIndex",
                first: V14_0,
                last: V16_1,
                opaque: true,
            },
            TagInfo {
                token: 0x0B,
                name: "LastVerbExecuted",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "LastVerbExecutionTime",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "ReceivedAsBcc",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "Sender",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "CalendarType",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "IsLeapMonth",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "AccountId",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "FirstDayOfWeek",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "MeetingMessageType",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "IsDraft",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "Bcc",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "Send",
                first: V16_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 23,
        namespace: "Notes",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Subject",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "MessageClass",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "LastModifiedDate",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Categories",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Category",
                first: V14_0,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 24,
        namespace: "RightsManagement",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "RightsManagementSupport",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "RightsManagementTemplates",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "RightsManagementTemplate",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "RightsManagementLicense",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "EditAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "ReplyAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "ReplyAllAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "ForwardAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "ModifyRecipientsAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "ExtractAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0F,
                name: "PrintAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x10,
                name: "ExportAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "ProgrammaticAccessAllowed",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Owner",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "ContentExpiryDate",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "TemplateID",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "TemplateName",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "TemplateDescription",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "ContentOwner",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "RemoveRightsManagementProtection",
                first: V14_1,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 25,
        namespace: "Find",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Find",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "SearchId",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "ExecuteSearch",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "MailBoxSearchCriterion",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x09,
                name: "Query",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0A,
                name: "Status",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0B,
                name: "FreeText",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0C,
                name: "Options",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0D,
                name: "Range",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x0E,
                name: "DeepTraversal",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x11,
                name: "Response",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x12,
                name: "Result",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x13,
                name: "Properties",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x14,
                name: "Preview",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x15,
                name: "HasAttachments",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x16,
                name: "Total",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x17,
                name: "DisplayCc",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x18,
                name: "DisplayBcc",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x19,
                name: "GalSearchCriterion",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x20,
                name: "MaxPictures",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x21,
                name: "MaxSize",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
            TagInfo {
                token: 0x22,
                name: "Picture",
                first: V16_1,
                last: V16_1,
                opaque: false,
            },
        ],
    },
    CodePage {
        page: 254,
        namespace: "WindowsLive",
        tags: &[
            TagInfo {
                token: 0x05,
                name: "Annotations",
                first: V14_0,
                last: V14_1,
                opaque: false,
            },
            TagInfo {
                token: 0x06,
                name: "Annotation",
                first: V14_0,
                last: V14_1,
                opaque: false,
            },
            TagInfo {
                token: 0x07,
                name: "Name",
                first: V14_0,
                last: V14_1,
                opaque: false,
            },
            TagInfo {
                token: 0x08,
                name: "Value",
                first: V14_0,
                last: V14_1,
                opaque: false,
            },
        ],
    },
];
