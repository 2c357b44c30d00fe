//! ValidateCert ([MS-ASCMD] 2.2.1.22): is this certificate good for mail?

use super::Malformed;
use super::fields::{base64_bytes, boolean, number, open, required, write_base64, write_boolean};
use super::malformed::SchemaFaultKind;
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Tag, Writer, validate_cert};

/// Status codes of ValidateCert and of each certificate; the whole has 1, 2 or 17.
pub mod status {
    pub const OK: u16 = 1;
    pub const PROTOCOL_ERROR: u16 = 2;
    pub const BAD_SIGNATURE: u16 = 3;
    pub const UNTRUSTED: u16 = 4;
    pub const CHAIN_MALFORMED: u16 = 5;
    pub const NOT_FOR_MAIL: u16 = 6;
    /// Expired, or not valid yet.
    pub const OUT_OF_TIME: u16 = 7;
    pub const CHAIN_TIMES_INCONSISTENT: u16 = 8;
    pub const MISUSED: u16 = 9;
    pub const BAD_FORMAT: u16 = 10;
    /// An authority's used for mail, or the other way round.
    pub const WRONG_ROLE: u16 = 11;
    pub const ADDRESS_MISMATCH: u16 = 12;
    pub const REVOKED: u16 = 13;
    pub const REVOCATION_SERVER_UNREACHABLE: u16 = 14;
    pub const CHAIN_REVOKED: u16 = 15;
    pub const REVOCATION_UNKNOWN: u16 = 16;
    pub const UNKNOWN_ERROR: u16 = 17;
}

/// A ValidateCert request. A certificate that is not base64 is `None`: it has its own status (10).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    /// Those between the root and the certificates, in DER.
    pub chain: Vec<Option<Vec<u8>>>,
    /// In DER.
    pub certificates: Vec<Option<Vec<u8>>>,
    pub check_crl: Option<bool>,
}

impl Request {
    /// # Errors
    /// Not WBXML, or not a ValidateCert request: status 2.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, validate_cert::VALIDATE_CERT)?;
        let mut request = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                validate_cert::CERTIFICATE_CHAIN => request.chain = certificates(&mut reader)?,
                validate_cert::CERTIFICATES => request.certificates = certificates(&mut reader)?,
                validate_cert::CHECK_CRL => request.check_crl = Some(boolean(&mut reader, tag)?),
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(validate_cert::VALIDATE_CERT);
        for (list, all) in [
            (validate_cert::CERTIFICATE_CHAIN, &self.chain),
            (validate_cert::CERTIFICATES, &self.certificates),
        ] {
            write_certificates(&mut writer, list, all);
        }
        write_boolean(&mut writer, validate_cert::CHECK_CRL, self.check_crl);
        writer.end();
        writer.into_bytes()
    }
}

fn certificates(reader: &mut Reader<'_>) -> Result<Vec<Option<Vec<u8>>>, Malformed> {
    let mut all = Vec::new();
    while let Some(tag) = reader.child()? {
        match tag {
            validate_cert::CERTIFICATE => match base64_bytes(reader, tag) {
                Ok(der) => all.push(Some(der)),
                Err(Malformed::Schema(fault)) if fault.kind == SchemaFaultKind::Base64 => {
                    all.push(None); // the element is behind us already
                }
                Err(fault) => return Err(fault),
            },
            _ => reader.skip()?,
        }
    }
    Ok(all)
}

fn write_certificates(writer: &mut Writer, list: Tag, all: &[Option<Vec<u8>>]) {
    if all.is_empty() {
        return;
    }
    writer.start(list);
    for certificate in all {
        match certificate {
            Some(der) => write_base64(writer, validate_cert::CERTIFICATE, der),
            None => writer.text(validate_cert::CERTIFICATE, "?"),
        }
    }
    writer.end();
}

/// A ValidateCert response: a status for each certificate, in the order of the request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    pub status: u16,
    pub certificates: Vec<u16>,
}

impl Response {
    /// # Errors
    /// Not WBXML, or not a ValidateCert response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, validate_cert::VALIDATE_CERT)?;
        let (mut status, mut certificates) = (None, Vec::new());
        while let Some(tag) = reader.child()? {
            match tag {
                validate_cert::STATUS => status = Some(number(&mut reader, tag)?),
                validate_cert::CERTIFICATE => {
                    let mut status = None;
                    while let Some(tag) = reader.child()? {
                        match tag {
                            validate_cert::STATUS => status = Some(number(&mut reader, tag)?),
                            _ => reader.skip()?,
                        }
                    }
                    certificates.push(required(status, &reader, validate_cert::STATUS)?);
                }
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, validate_cert::STATUS)?;
        reader.finish()?;
        Ok(Self {
            status,
            certificates,
        })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(validate_cert::VALIDATE_CERT);
        writer.number(validate_cert::STATUS, self.status);
        for status in &self.certificates {
            writer.start(validate_cert::CERTIFICATE);
            writer.number(validate_cert::STATUS, *status);
            writer.end();
        }
        writer.end();
        writer.into_bytes()
    }
}
