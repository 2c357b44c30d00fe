//! TNEF, the `winmail.dat` in which Outlook wraps what MIME has no words for ([MS-OXTNEF]): rich
//! text, attachments, sometimes the only body a mail has.
//!
//! Anyone can mail one, so nothing announced is believed: every length is compared with what is
//! left, attributes, properties and attachments are counted, nothing recurses, and what comes out
//! is borrowed from what came in, except the body, whose size has a ceiling (T14).
//!
//! Checksums are not compared: several writers get them wrong, and a wrong one helps nobody who
//! wants to read the mail.

mod code_page;
mod cursor;
mod lzfu;
mod properties;
mod rtf;
mod stream;

pub use code_page::label as code_page_label;
pub use stream::open;

use stream::Texts;

/// A TNEF container taken apart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tnef<'a> {
    /// `IPM.Note`, `IPM.Microsoft Schedule.MtgReq` and the like.
    pub message_class: Option<String>,
    pub subject: Option<String>,
    /// Who wrote it: a name and, where it is an Internet one, an address.
    pub sender_name: Option<String>,
    pub sender_address: Option<String>,
    /// Names of the recipients as Outlook shows them, joined by `; `.
    pub display_to: Option<String>,
    /// Seconds since 1970.
    pub sent: Option<i64>,
    pub attachments: Vec<TnefAttachment<'a>>,
    /// The end was there and everything could be read.
    pub complete: bool,
    texts: Texts<'a>,
}

impl Tnef<'_> {
    /// The text inside, unpacked only now: HTML if there is any, also as RTF keeps it; then plain
    /// text; then what RTF says.
    pub fn body(&self) -> Option<TnefBody> {
        self.texts.best()
    }
}

/// The text inside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TnefBody {
    Plain(String),
    /// Still in its charset, named by a label where it is known.
    Html(Vec<u8>, Option<&'static str>),
}

/// One attachment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TnefAttachment<'a> {
    pub name: Option<String>,
    pub media_type: Option<String>,
    /// Without angle brackets.
    pub content_id: Option<String>,
    pub content_location: Option<String>,
    pub content: TnefContent<'a>,
    /// Only the HTML shows it.
    pub hidden: bool,
}

/// What an attachment holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum TnefContent<'a> {
    File(&'a [u8]),
    /// A message, itself a TNEF container.
    Message(&'a [u8]),
    /// An OLE object or something only Outlook knows.
    #[default]
    Opaque,
}

/// Attachments of one container; a phone shows no more.
pub const MAX_ATTACHMENTS: usize = 250;

#[cfg(test)]
mod tests;
