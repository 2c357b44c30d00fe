//! What a phone says of a file it attaches, made fit to be written down.

use super::walk::is_media_type;

/// Longest file name kept, in characters: what file systems take.
const MAX_NAME: usize = 255;
/// Longest media type taken from a phone.
const MAX_TYPE: usize = 127;

/// The name as it is kept: a file's, not a path's.
pub(crate) fn file_name(said: &str) -> String {
    let name: String = said
        .chars()
        .map(|c| match c {
            '/' | '\\' => '_',
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => ' ',
            c => c,
        })
        .take(MAX_NAME)
        .collect();
    let words: Vec<&str> = name.split_whitespace().collect();
    if words.is_empty() {
        "attachment".to_owned()
    } else {
        words.join(" ")
    }
}

/// What the phone says it is, else what its name says. Neither a multipart nor a message: those may
/// not be base64.
pub(crate) fn media_type<'n>(said: Option<&'n str>, name: &str) -> &'n str {
    let said = said.unwrap_or_default().trim();
    let token = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$&-^_.+/".contains(&octet);
    let lower = said.to_ascii_lowercase();
    let composite = lower.starts_with("multipart/") || lower.starts_with("message/");
    if is_media_type(said) && said.len() <= MAX_TYPE && said.bytes().all(token) && !composite {
        return said;
    }
    let extension = name.rsplit_once('.').map_or("", |(_, end)| end);
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "ics" => "text/calendar",
        "vcf" => "text/vcard",
        "zip" => "application/zip",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "ppt" => "application/vnd.ms-powerpoint",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_what_the_phone_says_or_the_name() {
        for (said, name, kind) in [
            (Some("image/png"), "a.pdf", "image/png"),
            (None, "a.PDF", "application/pdf"),
            (Some("x"), "a", "application/octet-stream"),
            (Some("a/b\r\nBcc: x"), "a.b", "application/octet-stream"),
            (Some("multipart/mixed"), "a.jpg", "image/jpeg"),
        ] {
            assert_eq!(media_type(said, name), kind, "{said:?} {name}");
        }
    }
}
