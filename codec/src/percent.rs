//! Percent-encoding (RFC 3986 2.1). A `+` is a plus here, not a blank: queries are no HTML forms,
//! and `alice+phone@example.com` is a user.

use std::borrow::Cow;

/// Decodes once; borrows where nothing is encoded. None where a `%` has no two hex digits behind it.
pub fn decode(text: &str) -> Option<Cow<'_, [u8]>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return None;
        };
        bytes.push(high << 4 | low);
    }
    Some(Cow::Owned(bytes))
}

/// Encodes all but the unreserved characters.
pub fn encode_into(query: &mut String, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                query.push(char::from(byte));
            }
            _ => query.push_str(&format!("%{byte:02X}")),
        }
    }
}

fn digit(byte: Option<u8>) -> Option<u8> {
    match byte? {
        byte @ b'0'..=b'9' => Some(byte - b'0'),
        byte @ b'A'..=b'F' => Some(byte - b'A' + 10),
        byte @ b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}
