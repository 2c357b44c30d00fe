//! What a device says of itself, in Settings up to 14.0 and in Provision from 14.1 on.

use crate::eas::Malformed;
use crate::eas::fields::{boolean, text, write_boolean, write_text};
use crate::wbxml::{Reader, Writer, settings};

/// The device's own words; none of them is checked ([MS-ASCMD] 2.2.3.45).
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct DeviceInformation {
    pub model: Option<String>,
    pub imei: Option<String>,
    pub friendly_name: Option<String>,
    pub os: Option<String>,
    pub os_language: Option<String>,
    pub phone_number: Option<String>,
    pub user_agent: Option<String>,
    pub enable_outbound_sms: Option<bool>,
    pub mobile_operator: Option<String>,
}

impl DeviceInformation {
    /// Reads the children of DeviceInformation.
    pub(in crate::eas) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut information = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                settings::SET => information.read_set(reader)?,
                _ => reader.skip()?,
            }
        }
        Ok(information)
    }

    fn read_set(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        while let Some(tag) = reader.child()? {
            match tag {
                settings::MODEL => self.model = Some(text(reader, tag)?),
                settings::IMEI => self.imei = Some(text(reader, tag)?),
                settings::FRIENDLY_NAME => self.friendly_name = Some(text(reader, tag)?),
                settings::OS => self.os = Some(text(reader, tag)?),
                settings::OS_LANGUAGE => self.os_language = Some(text(reader, tag)?),
                settings::PHONE_NUMBER => self.phone_number = Some(text(reader, tag)?),
                settings::USER_AGENT => self.user_agent = Some(text(reader, tag)?),
                settings::ENABLE_OUTBOUND_SMS => {
                    self.enable_outbound_sms = Some(boolean(reader, tag)?);
                }
                settings::MOBILE_OPERATOR => self.mobile_operator = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    pub(in crate::eas) fn write(&self, writer: &mut Writer) {
        writer.start(settings::DEVICE_INFORMATION);
        writer.start(settings::SET);
        write_text(writer, settings::MODEL, self.model.as_ref());
        write_text(writer, settings::IMEI, self.imei.as_ref());
        write_text(writer, settings::FRIENDLY_NAME, self.friendly_name.as_ref());
        write_text(writer, settings::OS, self.os.as_ref());
        write_text(writer, settings::OS_LANGUAGE, self.os_language.as_ref());
        write_text(writer, settings::PHONE_NUMBER, self.phone_number.as_ref());
        write_text(writer, settings::USER_AGENT, self.user_agent.as_ref());
        write_boolean(
            writer,
            settings::ENABLE_OUTBOUND_SMS,
            self.enable_outbound_sms,
        );
        write_text(
            writer,
            settings::MOBILE_OPERATOR,
            self.mobile_operator.as_ref(),
        );
        writer.end();
        writer.end();
    }
}
