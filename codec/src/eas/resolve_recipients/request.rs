//! What is asked.

use crate::ProtocolVersion;
use crate::eas::fields::{
    capped, moment, number, open, required, text, write_number, write_separated,
};
use crate::eas::picture::PictureLimits;
use crate::eas::{Malformed, Moment};
use crate::wbxml::{Reader, Writer, resolve_recipients};

/// A ResolveRecipients request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    /// Names or addresses.
    pub to: Vec<String>,
    pub options: Options,
}

/// What is wanted of each.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Options {
    /// 1 none, 2 full, 3 mini.
    pub certificate_retrieval: Option<u8>,
    pub max_certificates: Option<u32>,
    pub max_ambiguous_recipients: Option<u32>,
    /// 14.0 and later.
    pub availability: Option<AvailabilityAsk>,
    /// 14.1 and later.
    pub picture: Option<PictureLimits>,
}

/// The time of interest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AvailabilityAsk {
    pub start: Moment,
    /// Seven days later without it.
    pub end: Option<Moment>,
}

impl Request {
    /// # Errors
    /// Not WBXML, or not a ResolveRecipients request, bad times included: status 5.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, resolve_recipients::RESOLVE_RECIPIENTS)?;
        let mut request = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                resolve_recipients::TO => request.to.push(text(&mut reader, tag)?),
                resolve_recipients::OPTIONS => request.options = Options::read(&mut reader)?,
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(resolve_recipients::RESOLVE_RECIPIENTS);
        for to in &self.to {
            writer.text(resolve_recipients::TO, to);
        }
        if self.options != Options::default() {
            self.options.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Options {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut options = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                resolve_recipients::CERTIFICATE_RETRIEVAL => {
                    options.certificate_retrieval = Some(number(reader, tag)?);
                }
                resolve_recipients::MAX_CERTIFICATES => {
                    options.max_certificates = Some(capped(reader, tag)?);
                }
                resolve_recipients::MAX_AMBIGUOUS_RECIPIENTS => {
                    options.max_ambiguous_recipients = Some(capped(reader, tag)?);
                }
                resolve_recipients::AVAILABILITY => {
                    options.availability = Some(AvailabilityAsk::read(reader)?);
                }
                resolve_recipients::PICTURE => {
                    options.picture = Some(PictureLimits::read(
                        reader,
                        resolve_recipients::MAX_SIZE,
                        resolve_recipients::MAX_PICTURES,
                    )?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(options)
    }

    fn write(self, writer: &mut Writer) {
        writer.start(resolve_recipients::OPTIONS);
        write_number(
            writer,
            resolve_recipients::CERTIFICATE_RETRIEVAL,
            self.certificate_retrieval,
        );
        write_number(
            writer,
            resolve_recipients::MAX_CERTIFICATES,
            self.max_certificates,
        );
        write_number(
            writer,
            resolve_recipients::MAX_AMBIGUOUS_RECIPIENTS,
            self.max_ambiguous_recipients,
        );
        if let Some(availability) = self.availability {
            writer.start(resolve_recipients::AVAILABILITY);
            write_separated(
                writer,
                resolve_recipients::START_TIME,
                Some(availability.start),
            );
            write_separated(writer, resolve_recipients::END_TIME, availability.end);
            writer.end();
        }
        if let Some(picture) = self.picture {
            picture.write(
                writer,
                resolve_recipients::PICTURE,
                resolve_recipients::MAX_SIZE,
                resolve_recipients::MAX_PICTURES,
            );
        }
        writer.end();
    }
}

impl AvailabilityAsk {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut start, mut end) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                resolve_recipients::START_TIME => start = Some(moment(reader, tag)?),
                resolve_recipients::END_TIME => end = Some(moment(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            start: required(start, reader, resolve_recipients::START_TIME)?,
            end,
        })
    }
}
