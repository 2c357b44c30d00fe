//! The container itself ([MS-OXTNEF] 2.1.3): a signature, then attributes of the message and, each
//! behind its rendering data, of the attachments.

use super::code_page;
use super::cursor::Cursor;
use super::lzfu;
use super::properties::{self, Value, id};
use super::rtf;
use super::{MAX_ATTACHMENTS, Tnef, TnefAttachment, TnefBody, TnefContent};

const SIGNATURE: u32 = 0x223E_9F78;

/// Attributes read; Outlook writes about ten, and eight for each attachment.
const MAX_ATTRIBUTES: usize = 64 + 16 * MAX_ATTACHMENTS;
/// Octets of RTF unpacked. Mail of a megabyte of text is rare, and RTF takes thrice the room.
const MAX_RTF: usize = 4 << 20;

/// Attributes by number: the type above, the id below ([MS-OXTNEF] 2.1.3.3).
mod attribute {
    pub(super) const OEM_CODE_PAGE: u32 = 0x0006_9007;
    pub(super) const MESSAGE_CLASS: u32 = 0x0007_8008;
    pub(super) const SUBJECT: u32 = 0x0001_8004;
    pub(super) const BODY: u32 = 0x0002_800C;
    pub(super) const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
    pub(super) const ATTACH_RENDERING: u32 = 0x0006_9002;
    pub(super) const ATTACH_TITLE: u32 = 0x0001_8010;
    pub(super) const ATTACH_TRANSPORT_NAME: u32 = 0x0006_9001;
    pub(super) const ATTACH_DATA: u32 = 0x0006_800F;
    pub(super) const ATTACH_PROPERTIES: u32 = 0x0006_9005;
}

/// Interface of a message inside: IID_IMessage.
const MESSAGE_INTERFACE: &[u8] = b"\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46";

/// Takes a container apart; `None` if it is none. A damaged one gives what stands before the
/// damage.
pub fn open(octets: &[u8]) -> Option<Tnef<'_>> {
    let mut cursor = Cursor::new(octets);
    if cursor.u32()? != SIGNATURE {
        return None;
    }
    let _key = cursor.u16()?;
    let mut reading = Reading::default();
    let mut complete = true;
    for _ in 0..MAX_ATTRIBUTES {
        if cursor.is_empty() {
            return Some(reading.finish(complete));
        }
        let Some((number, data)) = attribute(&mut cursor) else {
            complete = false;
            break;
        };
        complete &= reading.attribute(number, data);
    }
    complete &= cursor.is_empty();
    Some(reading.finish(complete))
}

/// `level id length data checksum`; the last checksum is sometimes missing.
fn attribute<'a>(cursor: &mut Cursor<'a>) -> Option<(u32, &'a [u8])> {
    let _level = cursor.u8()?;
    let number = cursor.u32()?;
    let length = cursor.length()?;
    let data = cursor.take(length)?;
    if cursor.u16().is_none() {
        let left = cursor.left();
        cursor.take(left)?;
    }
    Some((number, data))
}

/// The forms of the text that were there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Texts<'a> {
    plain: Option<String>,
    html: Option<Html<'a>>,
    /// Compressed.
    rtf: Option<&'a [u8]>,
    internet_code_page: Option<u32>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Html<'a> {
    Octets(&'a [u8]),
    Text(String),
}

impl Texts<'_> {
    pub(super) fn best(&self) -> Option<TnefBody> {
        match &self.html {
            Some(Html::Octets(octets)) => {
                let label = self.internet_code_page.and_then(code_page::label);
                return Some(TnefBody::Html(octets.to_vec(), label));
            }
            Some(Html::Text(text)) => return Some(utf8_html(text.clone())),
            None => {}
        }
        let rtf = self
            .rtf
            .and_then(|rtf| lzfu::decompress(rtf, MAX_RTF))
            .and_then(|rtf| rtf::read(&rtf));
        match (rtf, &self.plain) {
            (Some(rtf::Text::Html(html)), _) => Some(utf8_html(html)),
            (_, Some(plain)) => Some(TnefBody::Plain(plain.clone())),
            (Some(rtf::Text::Plain(plain)), None) => Some(TnefBody::Plain(plain)),
            (None, None) => None,
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading<'a> {
    tnef: Tnef<'a>,
    oem_code_page: Option<u32>,
    attachment: Option<TnefAttachment<'a>>,
}

impl<'a> Reading<'a> {
    fn code_page(&self) -> u32 {
        self.oem_code_page.unwrap_or(code_page::DEFAULT)
    }

    /// False if something in it could not be read or has no place.
    fn attribute(&mut self, number: u32, data: &'a [u8]) -> bool {
        let text = || Value::Text8(data).text(self.code_page());
        match number {
            attribute::OEM_CODE_PAGE => {
                self.oem_code_page = Cursor::new(data).u32().filter(|&page| page != 0);
            }
            attribute::MESSAGE_CLASS => self.tnef.message_class = text(),
            attribute::SUBJECT => self.tnef.subject = text(),
            attribute::BODY => self.tnef.texts.plain = text(),
            attribute::MESSAGE_PROPERTIES => {
                return properties::read(data, |id, value| self.message(id, value));
            }
            attribute::ATTACH_RENDERING => {
                self.end_attachment();
                if self.tnef.attachments.len() >= MAX_ATTACHMENTS {
                    return false;
                }
                self.attachment = Some(TnefAttachment::default());
            }
            attribute::ATTACH_DATA => {
                if let Some(attachment) = &mut self.attachment {
                    attachment.content = TnefContent::File(data);
                }
            }
            attribute::ATTACH_TITLE | attribute::ATTACH_TRANSPORT_NAME => {
                let text = text();
                if let Some(attachment) = &mut self.attachment
                    && attachment.name.is_none()
                {
                    attachment.name = text;
                }
            }
            attribute::ATTACH_PROPERTIES => {
                let code_page = self.code_page();
                if let Some(attachment) = &mut self.attachment {
                    let mut names = Names::default();
                    let whole = properties::read(data, |id, value| {
                        attached(attachment, &mut names, (id, value), code_page);
                    });
                    let better = names.long.or(names.short);
                    if better.is_some() {
                        attachment.name = better;
                    }
                    let name = attachment.name.take();
                    attachment.name = name.or(names.display);
                    return whole;
                }
            }
            _ => {}
        }
        true
    }

    fn message(&mut self, id: u16, value: Value<'a>) {
        let code_page = self.code_page();
        let text = || value.text(code_page);
        match (id, value) {
            (id::MESSAGE_CLASS, _) => replace(&mut self.tnef.message_class, text()),
            (id::SUBJECT, _) => replace(&mut self.tnef.subject, text()),
            (id::SENDER_NAME, _) => self.tnef.sender_name = text(),
            (id::SENDER_SMTP_ADDRESS, _) => replace(&mut self.tnef.sender_address, text()),
            (id::SENDER_ADDRESS, _) if self.tnef.sender_address.is_none() => {
                // Within one organisation it is no Internet address.
                self.tnef.sender_address = text().filter(|address| address.contains('@'));
            }
            (id::DISPLAY_TO, _) => self.tnef.display_to = text(),
            (id::CLIENT_SUBMIT_TIME, Value::Time(time)) => self.tnef.sent = Some(unix(time)),
            (id::BODY, _) => replace(&mut self.tnef.texts.plain, text()),
            (id::RTF_COMPRESSED, Value::Octets(octets)) => self.tnef.texts.rtf = Some(octets),
            (id::HTML, Value::Octets(octets)) => self.tnef.texts.html = Some(Html::Octets(octets)),
            (id::HTML, _) => self.tnef.texts.html = text().map(Html::Text),
            (id::INTERNET_CODE_PAGE, Value::Number(number)) => {
                self.tnef.texts.internet_code_page = Some(number);
            }
            _ => {}
        }
    }

    fn end_attachment(&mut self) {
        self.tnef.attachments.extend(self.attachment.take());
    }

    fn finish(mut self, complete: bool) -> Tnef<'a> {
        self.end_attachment();
        self.tnef.complete = complete;
        self.tnef
    }
}

/// The names an attachment may have, the best first.
#[derive(Default)]
struct Names {
    long: Option<String>,
    short: Option<String>,
    display: Option<String>,
}

fn attached<'a>(
    attachment: &mut TnefAttachment<'a>,
    names: &mut Names,
    (id, value): (u16, Value<'a>),
    code_page: u32,
) {
    let text = || value.text(code_page);
    match (id, value) {
        (id::ATTACH_LONG_FILE_NAME, _) => names.long = text(),
        (id::ATTACH_FILE_NAME, _) => names.short = text(),
        (id::DISPLAY_NAME, _) => names.display = text(),
        (id::ATTACH_MEDIA_TYPE, _) => attachment.media_type = text(),
        (id::ATTACH_CONTENT_ID, _) => {
            let id = text().map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
            attachment.content_id = id.filter(|id| !id.is_empty());
        }
        (id::ATTACH_CONTENT_LOCATION, _) => attachment.content_location = text(),
        (id::ATTACHMENT_HIDDEN, Value::Number(hidden)) => attachment.hidden = hidden & 0xFFFF != 0,
        (id::ATTACH_DATA, Value::Object(interface, object)) => {
            attachment.content = if interface == MESSAGE_INTERFACE {
                TnefContent::Message(object)
            } else {
                TnefContent::Opaque
            };
        }
        (id::ATTACH_DATA, Value::Octets(octets)) if attachment.content == TnefContent::Opaque => {
            attachment.content = TnefContent::File(octets);
        }
        _ => {}
    }
}

fn replace(place: &mut Option<String>, with: Option<String>) {
    if with.is_some() {
        *place = with;
    }
}

fn utf8_html(text: String) -> TnefBody {
    TnefBody::Html(text.into_bytes(), code_page::label(code_page::UTF_8))
}

/// Seconds since 1970 of a FILETIME.
fn unix(time: u64) -> i64 {
    /// From 1601 to 1970.
    const EPOCHS: i64 = 11_644_473_600;
    i64::try_from(time / 10_000_000).map_or(0, |seconds| seconds - EPOCHS)
}
