//! The Email class ([MS-ASEMAIL], [MS-ASAIRS]): the properties of one message as a phone sees them.

mod body;
mod change;
mod follow_up;
mod meeting;
mod properties;
mod schema;

pub use change::{AttachmentAdd, AttachmentChange, BodyChange, EmailChange};
pub use meeting::MeetingRequest;

pub use super::moment::Moment;

/// The properties of one message. `None` is "not said": the writer leaves the element out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Email {
    /// Header values decoded to UTF-8, addresses as `"Name" <a@b>` joined by `, `.
    pub to: Option<String>,
    pub cc: Option<String>,
    pub bcc: Option<String>,
    pub from: Option<String>,
    pub reply_to: Option<String>,
    pub sender: Option<String>,
    pub subject: Option<String>,
    pub thread_topic: Option<String>,
    pub date_received: Option<Moment>,
    /// Display names of To, joined by `;`.
    pub display_to: Option<String>,
    /// 0 low, 1 normal, 2 high.
    pub importance: Option<u8>,
    pub read: Option<bool>,
    pub flag: Option<FollowUp>,
    pub categories: Option<Vec<String>>,
    pub message_class: Option<String>,
    pub content_class: Option<String>,
    pub meeting_request: Option<Box<MeetingRequest>>,
    pub internet_cpid: Option<u32>,
    pub conversation_id: Option<Vec<u8>>,
    pub conversation_index: Option<Vec<u8>>,
    /// 1 reply, 2 reply all, 3 forward.
    pub last_verb: Option<u8>,
    pub last_verb_time: Option<Moment>,
    pub received_as_bcc: Option<bool>,
    pub is_draft: Option<bool>,
    pub body: Option<Body>,
    pub body_part: Option<BodyPart>,
    pub attachments: Vec<Attachment>,
    pub native_body_type: Option<BodyType>,
}

/// A follow-up flag ([MS-ASEMAIL] 2.2.2.34).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FollowUp {
    /// 0 cleared, 1 complete, 2 active. A cleared flag goes out as an empty element.
    pub status: u8,
    pub flag_type: Option<String>,
    pub complete_time: Option<Moment>,
    pub date_completed: Option<Moment>,
    pub start_date: Option<Moment>,
    pub due_date: Option<Moment>,
    pub utc_start_date: Option<Moment>,
    pub utc_due_date: Option<Moment>,
    pub reminder_set: Option<bool>,
    pub reminder_time: Option<Moment>,
    pub subject: Option<String>,
    pub ordinal_date: Option<Moment>,
    pub sub_ordinal_date: Option<String>,
}

/// The form of a body ([MS-ASAIRS] 2.2.2.41).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum BodyType {
    Plain = 1,
    Html = 2,
    Rtf = 3,
    Mime = 4,
}

impl BodyType {
    /// The form of that number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Plain),
            2 => Some(Self::Html),
            3 => Some(Self::Rtf),
            4 => Some(Self::Mime),
            _ => None,
        }
    }
}

/// A body or a body part.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    pub kind: BodyType,
    /// The whole body's size in octets of UTF-8, however much of it is here.
    pub estimated_size: u64,
    pub truncated: bool,
    /// `None` where only the size or a preview is told.
    pub data: Option<String>,
    pub preview: Option<String>,
    /// Index of the multipart answer's part that holds the data instead.
    pub part: Option<u32>,
}

/// The new text of a message, without the history it quotes ([MS-ASAIRS] 2.2.2.10).
#[derive(Clone, Debug, PartialEq)]
pub struct BodyPart {
    /// The message is too large to tell new from old: Status 176, and no data.
    pub too_large: bool,
    pub body: Body,
}

/// One attachment of a message ([MS-ASAIRS] 2.2.2.4).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attachment {
    pub display_name: String,
    pub file_reference: String,
    /// 16.0 and later, in the answer to a client that added it: the client's name for it.
    pub client_id: Option<String>,
    /// 1 normal, 5 embedded message, 6 OLE.
    pub method: u8,
    pub estimated_size: u64,
    pub content_id: Option<String>,
    pub content_location: Option<String>,
    pub is_inline: bool,
}
