//! When a certificate ends, read straight from its DER (RFC 5280 4.1): rustls keeps dates to itself,
//! and a whole X.509 crate for one field would be much.
//!
//! `Certificate ::= SEQ { tbs SEQ { [0] version?, serial INTEGER, algorithm SEQ, issuer SEQ,
//! validity SEQ { notBefore Time, notAfter Time }, ... }, ... }`

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// notAfter in seconds since 1970; None where the bytes are no certificate.
pub fn not_after(certificate: &[u8]) -> Option<i64> {
    let mut outer = certificate;
    let mut certificate = expect(&mut outer, SEQUENCE)?;
    let mut tbs = expect(&mut certificate, SEQUENCE)?;
    if tbs.first() == Some(&VERSION) {
        expect(&mut tbs, VERSION)?;
    }
    expect(&mut tbs, INTEGER)?;
    expect(&mut tbs, SEQUENCE)?;
    expect(&mut tbs, SEQUENCE)?;
    let mut validity = expect(&mut tbs, SEQUENCE)?;
    element(&mut validity)?;
    let (tag, time) = element(&mut validity)?;
    moment(tag, time)
}

/// The next element, tag and content.
fn element<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (tag, after) = rest.split_first()?;
    let (first, mut after) = after.split_first()?;
    let length = match *first {
        short @ 0..0x80 => usize::from(short),
        long => {
            // More than 4 length bytes is no certificate.
            let count = usize::from(long & 0x7F);
            let (bytes, behind) = after.split_at_checked(count)?;
            if count == 0 || count > 4 {
                return None;
            }
            after = behind;
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        }
    };
    let (content, behind) = after.split_at_checked(length)?;
    *rest = behind;
    Some((*tag, content))
}

fn expect<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    element(rest)
        .filter(|(found, _)| *found == tag)
        .map(|(_, content)| content)
}

/// `YYMMDDHHMMSSZ` (two-digit years are 1950 to 2049) or `YYYYMMDDHHMMSSZ`.
fn moment(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i8>().ok();
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year = i16::from(number(0, 2)?);
            (if year < 50 { 2000 + year } else { 1900 + year }, 2)
        }
        (GENERALIZED_TIME, 14) => (digits.get(..4)?.parse().ok()?, 4),
        _ => return None,
    };
    let part = |index: usize| number(rest + 2 * index, rest + 2 * index + 2);
    let time = DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    Some(TimeZone::UTC.to_timestamp(time).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(year: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(1999, 1, 2);
        params.not_after = date_time_ymd(year, 3, 4);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_time_are_read() {
        assert_eq!(not_after(&certificate(2031)), Some(1_930_348_800));
        assert_eq!(not_after(&certificate(2071)), Some(3_192_652_800));
    }

    #[test]
    fn cut_and_mangled_certificates_give_nothing_and_do_no_harm() {
        let whole = certificate(2031);
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
        for position in 0..whole.len().min(200) {
            for byte in [0x00, 0x7F, 0x80, 0x84, 0x85, 0xFF] {
                let mut mangled = whole.clone();
                mangled[position] = byte;
                let _ = not_after(&mangled);
            }
        }
    }
}
