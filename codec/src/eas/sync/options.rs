//! Options of a collection ([MS-ASCMD] 2.2.3.125.5), sticky until the next ones replace them.

use crate::eas::fields::{boolean, capped, number, write_boolean, write_number};
use crate::eas::{BodyPreference, Class, Malformed};
use crate::wbxml::{Reader, Writer, air_sync, air_sync_base, rights_management};

/// One Options element. The numbers are as the client sent them: what they may be depends on the
/// class, which only the command knows.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Options {
    pub class: Option<Class>,
    /// 0 all, 1 to 7 one day to six months, 8 incomplete tasks.
    pub filter_type: Option<u8>,
    /// Up to 12.1, in steps of characters; 9 is none.
    pub truncation: Option<u8>,
    /// Best first. Two of one kind are a protocol error, left for the command to see.
    pub body_preferences: Vec<BodyPreference>,
    pub body_part_preferences: Vec<BodyPreference>,
    /// 0 the client wins, 1 the server.
    pub conflict: Option<u8>,
    /// 0 never, 1 for S/MIME only, 2 always.
    pub mime_support: Option<u8>,
    pub mime_truncation: Option<u8>,
    pub max_items: Option<u32>,
    pub rights_management: Option<bool>,
}

impl Options {
    pub(in crate::eas) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut options = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::CLASS => options.class = Some(Class::read(reader, tag)?),
                air_sync::FILTER_TYPE => options.filter_type = Some(number(reader, tag)?),
                air_sync::TRUNCATION => options.truncation = Some(number(reader, tag)?),
                air_sync_base::BODY_PREFERENCE => {
                    options.body_preferences.push(BodyPreference::read(reader)?);
                }
                air_sync_base::BODY_PART_PREFERENCE => {
                    options
                        .body_part_preferences
                        .push(BodyPreference::read(reader)?);
                }
                air_sync::CONFLICT => options.conflict = Some(number(reader, tag)?),
                air_sync::MIME_SUPPORT => options.mime_support = Some(number(reader, tag)?),
                air_sync::MIME_TRUNCATION => options.mime_truncation = Some(number(reader, tag)?),
                air_sync::MAX_ITEMS => options.max_items = Some(capped(reader, tag)?),
                rights_management::RIGHTS_MANAGEMENT_SUPPORT => {
                    options.rights_management = Some(boolean(reader, tag)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(options)
    }

    pub(in crate::eas) fn write(&self, writer: &mut Writer) {
        writer.start(air_sync::OPTIONS);
        write_number(writer, air_sync::FILTER_TYPE, self.filter_type);
        if let Some(class) = self.class {
            writer.text(air_sync::CLASS, class.as_str());
        }
        write_number(writer, air_sync::TRUNCATION, self.truncation);
        for preference in &self.body_preferences {
            preference.write(writer, air_sync_base::BODY_PREFERENCE);
        }
        for preference in &self.body_part_preferences {
            preference.write(writer, air_sync_base::BODY_PART_PREFERENCE);
        }
        write_number(writer, air_sync::CONFLICT, self.conflict);
        write_number(writer, air_sync::MIME_SUPPORT, self.mime_support);
        write_number(writer, air_sync::MIME_TRUNCATION, self.mime_truncation);
        write_number(writer, air_sync::MAX_ITEMS, self.max_items);
        write_boolean(
            writer,
            rights_management::RIGHTS_MANAGEMENT_SUPPORT,
            self.rights_management,
        );
        writer.end();
    }
}
