//! Names of attachments: the sender's where it can be used, else one made from what is inside.

use airgate_codec::imap::Part;

use super::is_message;
use crate::item::headers;

/// The name a person sees: the sender's, else one made from what is inside. Never a path.
pub(crate) fn display_name(part: &Part, number: usize) -> String {
    let given = part
        .file_name()
        .map(file_name)
        .filter(|name| !name.is_empty());
    if is_message(part) {
        let name = given
            .or_else(|| {
                part.subject
                    .as_deref()
                    .map(file_name)
                    .filter(|name| !name.is_empty())
            })
            .unwrap_or_else(|| format!("ATT{number:05}"));
        // Android and Windows Phone open Method 5 by this ending (REFERENCE.md 10.1).
        return if name.to_ascii_lowercase().ends_with(".eml") {
            name
        } else {
            format!("{name}.eml")
        };
    }
    if let Some(name) = given {
        return name;
    }
    match part.media_type.as_str() {
        "text/calendar" => "invite.ics".into(),
        "message/delivery-status"
        | "message/global-delivery-status"
        | "message/disposition-notification" => "details.txt".into(),
        "text/rfc822-headers" => "headers.txt".into(),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m".into(),
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s".into(),
        "application/pgp-signature" => "signature.asc".into(),
        "application/pgp-encrypted" => "version.txt".into(),
        "application/ms-tnef" => "winmail.dat".into(),
        other => format!("ATT{number:05}{}", extension(other)),
    }
}

/// Longest name kept; file systems of phones end at 255 octets.
const MAX_FILE_NAME: usize = 200;

/// A name without what a file system or a header could misread. The extension survives shortening.
fn file_name(name: &str) -> String {
    let decoded = headers::decode_text(name.as_bytes(), None);
    let name = decoded
        .rsplit(['/', '\\'])
        .find(|piece| !piece.trim().is_empty());
    // A subject is no path: keep all of it when what follows the last slash is no file name.
    let name = match name {
        Some(last) if last.contains('.') => last,
        _ => decoded.as_str(),
    };
    let name: String = name
        .chars()
        .map(|c| {
            if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') {
                '_'
            } else {
                c
            }
        })
        // Bidirectional overrides make `gpj.exe` look like `exe.jpg`.
        .filter(|c| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
        .collect();
    let name = name.trim_matches([' ', '.']);
    if name.len() <= MAX_FILE_NAME {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 10 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let end = stem.floor_char_boundary(MAX_FILE_NAME - extension.len());
    format!("{}{extension}", stem.get(..end).unwrap_or_default())
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "image/jpeg" | "image/jpg" | "image/pjpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "image/svg+xml" => ".svg",
        "image/webp" => ".webp",
        "image/heic" => ".heic",
        "image/tiff" => ".tif",
        "text/plain" => ".txt",
        "text/html" => ".htm",
        "text/csv" => ".csv",
        "text/vcard" | "text/x-vcard" | "text/directory" => ".vcf",
        "application/pdf" => ".pdf",
        "application/zip" => ".zip",
        "application/json" => ".json",
        "application/rtf" | "text/rtf" => ".rtf",
        "application/msword" => ".doc",
        "audio/mpeg" => ".mp3",
        "audio/wav" | "audio/x-wav" => ".wav",
        "audio/amr" => ".amr",
        "video/mp4" => ".mp4",
        _ if media_type.starts_with("text/") => ".txt",
        _ => ".dat",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths_and_keep_their_ending() {
        for (name, safe) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd.txt", "passwd.txt"),
            ("C:\\Users\\ann\\a.doc", "a.doc"),
            ("50/50 offer", "50_50 offer"),
            ("a\r\nb.txt", "a b.txt"),
            ("x\u{202E}gpj.exe", "xgpj.exe"),
            ("..", ""),
        ] {
            assert_eq!(file_name(name), safe, "{name}");
        }
        let long = format!("{}.pdf", "ü".repeat(300));
        let short = file_name(&long);
        assert!(
            short.len() <= MAX_FILE_NAME && short.ends_with(".pdf"),
            "{short}"
        );
    }
}
