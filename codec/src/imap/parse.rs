//! One framed response to one [`Response`]. Never fails: what cannot be read is `Other`.
use super::*;

/// Reads a response whose mailbox names are modified UTF-7.
pub fn parse(frame: &[u8]) -> Response {
    parse_with(frame, NameForm::ModifiedUtf7)
}

/// Reads a response.
pub fn parse_with(frame: &[u8], _names: NameForm) -> Response {
    Response::Other(frame.to_vec())
}
