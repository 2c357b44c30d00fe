//! What a message is recognised by when its mailbox gives it another UID (S15): Message-ID, size and
//! the time it arrived.

use airgate_codec::imap::Fetched;
use sha2::{Digest as _, Sha256};

use super::headers::Headers;

/// The header field [`fingerprint`] needs.
pub const HEADER_FIELD: &str = "Message-ID";

/// The fingerprint of a message, `None` when size or date were not read. A message without a
/// Message-ID is recognised by the other two.
pub fn fingerprint(message: &Fetched) -> Option<i64> {
    let size = message.size?;
    let date = message.internal_date?;
    let header = message
        .sections
        .iter()
        .find(|section| section.section.starts_with("HEADER"))
        .and_then(|section| section.octets.as_deref())
        .unwrap_or_default();
    let headers = Headers::read(header);
    let mut hash = Sha256::new();
    hash.update(size.to_be_bytes());
    hash.update(date.to_be_bytes());
    hash.update(headers.raw(HEADER_FIELD).unwrap_or_default());
    let digest = hash.finalize();
    let (first, _) = digest.split_first_chunk::<8>()?;
    Some(i64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use airgate_codec::imap::FetchedSection;

    use super::*;

    fn message(header: &str, size: u64) -> Fetched {
        Fetched {
            size: Some(size),
            internal_date: Some(1_700_000_000),
            sections: vec![FetchedSection {
                section: "HEADER.FIELDS (MESSAGE-ID)".into(),
                origin: None,
                octets: Some(header.as_bytes().to_vec()),
            }],
            ..Fetched::default()
        }
    }

    #[test]
    fn s15_the_same_message_has_the_same_fingerprint() {
        let print = |header: &str, size| fingerprint(&message(header, size));
        let one = print("Message-ID: <a@b>\r\n\r\n", 10);
        assert!(one.is_some());
        assert_eq!(one, print("Subject: x\r\nmessage-id:  <a@b>\r\n", 10));
        assert_ne!(one, print("Message-ID: <a@c>\r\n\r\n", 10));
        assert_ne!(one, print("Message-ID: <a@b>\r\n\r\n", 11));
        assert_eq!(fingerprint(&Fetched::default()), None);
    }
}
