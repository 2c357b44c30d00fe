//! The base64 query: packed fields with length bytes ([MS-ASHTTP] 2.2.1.1.1.1).
//!
//! `version(1) command(1) locale(2) n(1) device-id(n) k(1) policy-key(k = 0|4) m(1) device-type(m)`
//! and then `tag(1) length(1) value(length)` to the end; integers little-endian.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{CommandName, Fault, Fields, Parameter, RequestLine, TooLongToPack, once};
use crate::ProtocolVersion;
use crate::percent;

/// Padding is cut off before: it may be missing, whole, or percent-encoded.
const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Tags of command parameters. 2 and 5 were CollectionName and ParentId; like all unknown tags they
/// are skipped.
const TAGS: [(u8, Parameter); 6] = [
    (0, Parameter::AttachmentName),
    (1, Parameter::CollectionId),
    (3, Parameter::ItemId),
    (4, Parameter::LongId),
    (6, Parameter::Occurrence),
    (8, Parameter::User),
];
const OPTIONS: u8 = 7;
const SAVE_IN_SENT: u8 = 0x01;
const ACCEPT_MULTIPART: u8 = 0x02;

pub(super) fn read(query: &str) -> Result<RequestLine, Fault> {
    let bytes = decode(query)?;
    let mut rest = bytes.as_slice();
    let mut fields = Fields::default();

    let version = byte(&mut rest)?;
    // The form came with 12.1; an older phone cannot mean it.
    fields.version = Some(
        ProtocolVersion::from_query_byte(version)
            .filter(|known| *known >= ProtocolVersion::V12_1)
            .ok_or(Fault::Version(version))?,
    );
    fields.command = Some(CommandName::from_code(byte(&mut rest)?).ok_or(Fault::UnknownCommand)?);
    fields.locale = Some(u16::from_le_bytes(array(take(&mut rest, 2)?)?));
    fields.put(Parameter::DeviceId, Cow::Borrowed(value(&mut rest)?))?;
    fields.policy_key = match value(&mut rest)? {
        [] => None,
        key => Some(u32::from_le_bytes(
            key.try_into()
                .map_err(|_| Fault::BadValue(Parameter::PolicyKey))?,
        )),
    };
    fields.put(Parameter::DeviceType, Cow::Borrowed(value(&mut rest)?))?;

    while !rest.is_empty() {
        let tag = byte(&mut rest)?;
        let value = value(&mut rest)?;
        if tag == OPTIONS {
            let &[flags] = value else {
                return Err(Fault::BadValue(Parameter::Options));
            };
            once(
                &mut fields.save_in_sent,
                Parameter::Options,
                flags & SAVE_IN_SENT != 0,
            )?;
            fields.accept_multipart = flags & ACCEPT_MULTIPART != 0;
        } else if let Some((_, parameter)) = TAGS.iter().find(|(known, _)| *known == tag) {
            fields.put(*parameter, Cow::Borrowed(value))?;
        }
    }
    fields.finish()
}

pub(super) fn write(line: &RequestLine, version: ProtocolVersion) -> Result<String, TooLongToPack> {
    let mut bytes = vec![version.query_byte(), line.command.code()];
    bytes.extend_from_slice(&line.locale.unwrap_or_default().to_le_bytes());
    push(&mut bytes, Parameter::DeviceId, &line.device_id)?;
    match line.policy_key {
        Some(key) => {
            bytes.push(4);
            bytes.extend_from_slice(&key.to_le_bytes());
        }
        None => bytes.push(0),
    }
    push(&mut bytes, Parameter::DeviceType, &line.device_type)?;
    let user = (Parameter::User, line.user.as_deref());
    for (parameter, value) in line.values().into_iter().chain([user]) {
        let tag = TAGS.iter().find(|(_, known)| *known == parameter);
        if let (Some((tag, _)), Some(value)) = (tag, value) {
            bytes.push(*tag);
            push(&mut bytes, parameter, value)?;
        }
    }
    let mut flags = 0;
    if line.save_in_sent {
        flags |= SAVE_IN_SENT;
    }
    if line.accept_multipart {
        flags |= ACCEPT_MULTIPART;
    }
    if flags != 0 {
        bytes.extend_from_slice(&[OPTIONS, 1, flags]);
    }
    Ok(STANDARD.encode(bytes))
}

/// Takes both alphabets, with padding whole, missing or percent-encoded.
fn decode(query: &str) -> Result<Vec<u8>, Fault> {
    let mut digits = percent::decode(query).ok_or(Fault::Percent)?.into_owned();
    for digit in &mut digits {
        match *digit {
            b'-' => *digit = b'+',
            b'_' => *digit = b'/',
            _ => {}
        }
    }
    for _ in 0..2 {
        if digits.last() == Some(&b'=') {
            digits.pop();
        }
    }
    if digits.is_empty() {
        return Err(Fault::Missing(Parameter::Cmd));
    }
    UNPADDED.decode(&digits).map_err(|_| Fault::Base64)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Fault> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Fault::Truncated)?;
    *rest = left;
    Ok(taken)
}

fn byte(rest: &mut &[u8]) -> Result<u8, Fault> {
    let (first, left) = rest.split_first().ok_or(Fault::Truncated)?;
    *rest = left;
    Ok(*first)
}

fn value<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    let length = byte(rest)?;
    take(rest, usize::from(length))
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Fault> {
    bytes.try_into().map_err(|_| Fault::Truncated)
}

fn push(bytes: &mut Vec<u8>, parameter: Parameter, value: &str) -> Result<(), TooLongToPack> {
    bytes.push(u8::try_from(value.len()).map_err(|_| TooLongToPack(parameter))?);
    bytes.extend_from_slice(value.as_bytes());
    Ok(())
}
