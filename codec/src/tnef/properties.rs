//! MAPI properties as TNEF packs them ([MS-OXTNEF] 2.1.3.4): a count, then tag and value of each,
//! everything filled up to four octets.

use super::code_page;
use super::cursor::Cursor;

/// A property's value, as far as anything here wants it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Value<'a> {
    Number(u32),
    /// A FILETIME: 100 ns since 1601.
    Time(u64),
    /// In the container's code page.
    Text8(&'a [u8]),
    /// UTF-16.
    Text16(&'a [u8]),
    Octets(&'a [u8]),
    /// An object behind its interface id.
    Object(&'a [u8], &'a [u8]),
    /// Of a type nobody needs.
    Other,
}

/// Ids of the properties in use ([MS-OXPROPS]).
pub(super) mod id {
    pub(in super::super) const MESSAGE_CLASS: u16 = 0x001A;
    pub(in super::super) const SUBJECT: u16 = 0x0037;
    pub(in super::super) const CLIENT_SUBMIT_TIME: u16 = 0x0039;
    pub(in super::super) const SENDER_NAME: u16 = 0x0C1A;
    pub(in super::super) const SENDER_ADDRESS: u16 = 0x0C1F;
    pub(in super::super) const SENDER_SMTP_ADDRESS: u16 = 0x5D01;
    pub(in super::super) const DISPLAY_TO: u16 = 0x0E04;
    pub(in super::super) const BODY: u16 = 0x1000;
    pub(in super::super) const RTF_COMPRESSED: u16 = 0x1009;
    pub(in super::super) const HTML: u16 = 0x1013;
    pub(in super::super) const DISPLAY_NAME: u16 = 0x3001;
    pub(in super::super) const ATTACH_DATA: u16 = 0x3701;
    pub(in super::super) const ATTACH_FILE_NAME: u16 = 0x3704;
    pub(in super::super) const ATTACH_LONG_FILE_NAME: u16 = 0x3707;
    pub(in super::super) const ATTACH_MEDIA_TYPE: u16 = 0x370E;
    pub(in super::super) const ATTACH_CONTENT_ID: u16 = 0x3712;
    pub(in super::super) const ATTACH_CONTENT_LOCATION: u16 = 0x3713;
    pub(in super::super) const INTERNET_CODE_PAGE: u16 = 0x3FDE;
    pub(in super::super) const ATTACHMENT_HIDDEN: u16 = 0x7FFE;
}

/// Properties read of one message or attachment; Outlook writes below two hundred.
const MAX_PROPERTIES: usize = 4096;
/// Values read of one property; recipients' certificates come in dozens.
const MAX_VALUES: usize = 65_536;

/// Gives each property to `each`. False if the end did not come where it was announced.
pub(super) fn read<'a>(octets: &'a [u8], mut each: impl FnMut(u16, Value<'a>)) -> bool {
    let mut cursor = Cursor::new(octets);
    let Some(count) = cursor.length() else {
        return false;
    };
    for _ in 0..count.min(MAX_PROPERTIES) {
        let Some((id, value)) = property(&mut cursor) else {
            return false;
        };
        each(id, value);
    }
    count <= MAX_PROPERTIES
}

fn property<'a>(cursor: &mut Cursor<'a>) -> Option<(u16, Value<'a>)> {
    let kind = cursor.u16()?;
    let id = cursor.u16()?;
    let named = id >= 0x8000;
    if named {
        // A set of names, and a number or a name in it: none of these is known here.
        cursor.take(16)?;
        if cursor.u32()? == 0 {
            cursor.u32()?;
        } else {
            let length = cursor.length()?;
            cursor.take_padded(length)?;
        }
    }
    let many = kind & 0x1000 != 0;
    let variable = matches!(kind & 0x0FFF, 0x0D | 0x1E | 0x1F | 0x102);
    let count = if many || variable {
        cursor.length()?
    } else {
        1
    };
    if count > MAX_VALUES {
        return None;
    }
    let mut value = Value::Other;
    for _ in 0..count {
        value = single(cursor, kind & 0x0FFF)?;
    }
    Some((id, if many || named { Value::Other } else { value }))
}

fn single<'a>(cursor: &mut Cursor<'a>, kind: u16) -> Option<Value<'a>> {
    Some(match kind {
        // Short, long, float, error, boolean.
        0x02 | 0x03 | 0x04 | 0x0A | 0x0B => Value::Number(cursor.u32()?),
        // Double, currency, application time, long long.
        0x05 | 0x06 | 0x07 | 0x14 => {
            cursor.take(8)?;
            Value::Other
        }
        0x40 => {
            let (low, high) = (cursor.u32()?, cursor.u32()?);
            Value::Time(u64::from(high) << 32 | u64::from(low))
        }
        // A class id.
        0x48 => {
            cursor.take(16)?;
            Value::Other
        }
        0x1E => Value::Text8(sized(cursor)?),
        0x1F => Value::Text16(sized(cursor)?),
        0x102 => Value::Octets(sized(cursor)?),
        0x0D => {
            let (interface, object) = sized(cursor)?.split_at_checked(16)?;
            Value::Object(interface, object)
        }
        0x01 => Value::Other,
        _ => return None,
    })
}

fn sized<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = cursor.length()?;
    cursor.take_padded(length)
}

impl Value<'_> {
    /// The text, up to its NUL.
    pub(super) fn text(self, code_page: u32) -> Option<String> {
        let text = match self {
            Self::Text8(octets) => code_page::decode(octets, code_page),
            Self::Text16(octets) => {
                let units = octets.chunks_exact(2).map(|pair| match pair {
                    &[low, high] => u16::from_le_bytes([low, high]),
                    _ => 0,
                });
                char::decode_utf16(units)
                    .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
            _ => return None,
        };
        let text = text.split('\0').next().unwrap_or_default();
        (!text.is_empty()).then(|| text.to_owned())
    }
}
