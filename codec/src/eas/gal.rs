//! A person in the directory, as Search and Find tell of one ([MS-ASCMD] 2.2.3.132, GAL).

use super::Malformed;
use super::fields::{text, write_text};
use super::picture::Picture;
use crate::wbxml::{Reader, Writer, gal};

/// One entry. What is empty is left out, except a FirstName of `Some("")`, which Nokia needs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GalEntry {
    pub display_name: Option<String>,
    pub phone: Option<String>,
    pub office: Option<String>,
    pub title: Option<String>,
    pub company: Option<String>,
    pub alias: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub home_phone: Option<String>,
    pub mobile_phone: Option<String>,
    pub email_address: Option<String>,
    /// 14.1 and later, where the client asked.
    pub picture: Option<Picture>,
}

impl GalEntry {
    /// Reads the children of Properties.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut entry = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                gal::DISPLAY_NAME => entry.display_name = Some(text(reader, tag)?),
                gal::PHONE => entry.phone = Some(text(reader, tag)?),
                gal::OFFICE => entry.office = Some(text(reader, tag)?),
                gal::TITLE => entry.title = Some(text(reader, tag)?),
                gal::COMPANY => entry.company = Some(text(reader, tag)?),
                gal::ALIAS => entry.alias = Some(text(reader, tag)?),
                gal::FIRST_NAME => entry.first_name = Some(text(reader, tag)?),
                gal::LAST_NAME => entry.last_name = Some(text(reader, tag)?),
                gal::HOME_PHONE => entry.home_phone = Some(text(reader, tag)?),
                gal::MOBILE_PHONE => entry.mobile_phone = Some(text(reader, tag)?),
                gal::EMAIL_ADDRESS => entry.email_address = Some(text(reader, tag)?),
                gal::PICTURE => {
                    entry.picture = Some(Picture::read(reader, gal::STATUS, gal::DATA)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(entry)
    }

    /// Writes what is set into the open Properties.
    pub(super) fn write(&self, writer: &mut Writer) {
        for (tag, value) in [
            (gal::DISPLAY_NAME, &self.display_name),
            (gal::PHONE, &self.phone),
            (gal::OFFICE, &self.office),
            (gal::TITLE, &self.title),
            (gal::COMPANY, &self.company),
            (gal::ALIAS, &self.alias),
            (gal::FIRST_NAME, &self.first_name),
            (gal::LAST_NAME, &self.last_name),
            (gal::HOME_PHONE, &self.home_phone),
            (gal::MOBILE_PHONE, &self.mobile_phone),
            (gal::EMAIL_ADDRESS, &self.email_address),
        ] {
            write_text(writer, tag, value.as_ref());
        }
        if let Some(picture) = &self.picture {
            picture.write(writer, gal::PICTURE, gal::STATUS, gal::DATA);
        }
    }
}
