//! ValidateCert ([MS-ASCMD] 2.2.1.22). We keep no store of authorities for mail, so we do not say
//! that a certificate is good: what is none is told from what we cannot judge.

use airgate_codec::eas::validate_cert::{Request, Response, status};

use super::{Answer, Call, malformed};
use crate::front::Reply;

/// Certificates in one request, more than any chain and mail has.
const MAX_CERTIFICATES: usize = 100;

/// Answers a ValidateCert.
pub(super) fn validate_cert(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::PROTOCOL_ERROR)),
    };
    Ok(Reply::wbxml(judged(&request).write(call.version)))
}

fn judged(request: &Request) -> Response {
    let certificates = &request.certificates;
    if !(1..=MAX_CERTIFICATES).contains(&certificates.len()) {
        return Response {
            status: status::PROTOCOL_ERROR,
            certificates: Vec::new(),
        };
    }
    let judge = |certificate: &Option<Vec<u8>>| match certificate {
        Some(der) if is_sequence(der) => status::UNKNOWN_ERROR,
        _ => status::BAD_FORMAT,
    };
    Response {
        status: status::OK,
        certificates: certificates.iter().map(judge).collect(),
    }
}

/// Whether it is one DER SEQUENCE from end to end, as every certificate is (X.690 8.1.3, 8.9).
fn is_sequence(der: &[u8]) -> bool {
    const SEQUENCE: u8 = 0x30;
    let [SEQUENCE, length, rest @ ..] = der else {
        return false;
    };
    if *length < 0x80 {
        return rest.len() == usize::from(*length);
    }
    let octets = usize::from(*length & 0x7F);
    let Some((length, content)) = rest.split_at_checked(octets) else {
        return false;
    };
    let told = length.iter().try_fold(0_usize, |told, octet| {
        told.checked_mul(256)?.checked_add(usize::from(*octet))
    });
    octets > 0 && told == Some(content.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_told_from_what_cannot_be_judged() {
        let short = vec![0x30, 3, 2, 1, 5];
        let mut long = vec![0x30, 0x82, 1, 0];
        long.extend([0; 256]);
        let cut = long.get(..200).map(<[u8]>::to_vec);
        let request = Request {
            certificates: vec![Some(short), Some(long), cut, Some(Vec::new()), None],
            ..Request::default()
        };
        let response = judged(&request);
        assert_eq!(response.status, status::OK);
        assert_eq!(response.certificates, [17, 17, 10, 10, 10]);
        assert_eq!(judged(&Request::default()).status, status::PROTOCOL_ERROR);
    }
}
