//! Any octets with any label become UTF-8 that XML allows (T23). encoding_rs knows the web's
//! charsets; this file adds what mail has besides (UTF-7, HZ, ISO-2022-KR and -CN), the labels
//! people misuse, and doubts labels that cannot be true.

mod guess;
mod seven_bit;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, IBM866, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
    WINDOWS_874, WINDOWS_1252, X_USER_DEFINED,
};

use crate::item::legal::legalise;
use crate::item::transfer;
use guess::unlabelled;
use seven_bit::{hz_to_gbk, iso_2022_jp, shifted_to_high};

/// What a label says, as far as it is to be believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Charset {
    /// Nothing, or what software writes without looking: `us-ascii`, `unknown-8bit`.
    Unsaid,
    Known(&'static Encoding),
    Utf7,
    Utf32,
    /// Seven-bit shift encodings of a Chinese or Korean set: `~{…~}` or SO…SI.
    Hz,
    Iso2022(&'static Encoding),
}

/// Longest label looked at; the longest registered one has 45 characters.
const MAX_LABEL: usize = 64;
/// So many multi-octet UTF-8 characters and no error are no accident in a text said to be in
/// another charset.
const CONVINCING: usize = 4;
/// How far a `<meta>` is looked for (the HTML standard looks at 1024 octets; mail has long heads).
const META_REACH: usize = 16 * 1024;

/// Decodes text. Never fails: what cannot be decoded becomes U+FFFD.
pub fn decode(octets: &[u8], label: Option<&str>) -> String {
    legalise(decode_as(octets, resolve(label)))
}

/// Whether decoding by this label is more than a guess.
pub fn is_known(label: &str) -> bool {
    resolve(Some(label)) != Charset::Unsaid
}

/// At most so many octets of source make one octet of UTF-8: 1, but 4 for UTF-16 and UTF-32.
pub(crate) fn widest(label: Option<&str>) -> u64 {
    match resolve(label) {
        Charset::Utf32 | Charset::Utf7 => 4,
        Charset::Known(encoding) if !encoding.is_ascii_compatible() => 2,
        _ => 1,
    }
}

/// Decodes HTML: a label in the part's header wins, then `<meta>`; afterwards every `<meta>` says
/// utf-8, since Windows Phone believes it more than the protocol.
pub fn decode_html(octets: &[u8], label: Option<&str>) -> String {
    let mut charset = resolve(label);
    if charset == Charset::Unsaid {
        charset = resolve(meta_charset(octets).as_deref());
        // A meta that could be read is not in UTF-16, whatever it says (HTML, 13.2.3.2).
        if matches!(charset, Charset::Known(encoding) if encoding == UTF_16LE || encoding == UTF_16BE)
        {
            charset = Charset::Unsaid;
        }
    }
    let html = legalise(decode_as(octets, charset));
    say_utf8(html)
}

fn decode_as(octets: &[u8], charset: Charset) -> String {
    if let Some((encoding, length)) = Encoding::for_bom(octets) {
        let octets = octets.get(length..).unwrap_or_default();
        return encoding.decode_without_bom_handling(octets).0.into_owned();
    }
    match charset {
        Charset::Utf7 if octets.is_ascii() => utf7(octets),
        Charset::Utf7 | Charset::Unsaid => guess(octets),
        Charset::Utf32 => utf32(octets),
        Charset::Hz => {
            let octets = hz_to_gbk(octets);
            GBK.decode_without_bom_handling(&octets).0.into_owned()
        }
        Charset::Iso2022(encoding) => {
            let octets = shifted_to_high(octets);
            encoding.decode_without_bom_handling(&octets).0.into_owned()
        }
        Charset::Known(encoding) if encoding == UTF_8 => utf8(octets),
        Charset::Known(encoding) if encoding == ISO_2022_JP => iso_2022_jp(octets),
        Charset::Known(encoding) if !encoding.is_ascii_compatible() => utf16(octets, encoding),
        // Labels of Latin-1 are a default more often than a statement.
        Charset::Known(encoding) if encoding == WINDOWS_1252 => guess(octets),
        Charset::Known(encoding) => {
            let (text, broken) = encoding.decode_without_bom_handling(octets);
            let needed = if broken { 1 } else { CONVINCING };
            // Pairs of octets of Chinese sets may look like UTF-8 pairs, hardly like its triples.
            let least = if broken || encoding.is_single_byte() {
                '\u{80}'
            } else {
                '\u{800}'
            };
            if let Ok(utf8) = std::str::from_utf8(octets)
                && utf8.chars().filter(|&c| c >= least).take(needed).count() >= needed
            {
                return utf8.to_owned();
            }
            text.into_owned()
        }
    }
}

/// UTF-16, or what cannot be: the other order where that puts the zeros in place, UTF-8 where there
/// are none (T23).
fn utf16(octets: &[u8], encoding: &'static Encoding) -> String {
    if !octets.contains(&0) && std::str::from_utf8(octets).is_ok_and(|text| text.is_ascii()) {
        return utf8(octets);
    }
    let zeros = |first: usize| {
        octets
            .iter()
            .skip(first)
            .step_by(2)
            .filter(|&&o| o == 0)
            .count()
    };
    let encoding = match zeros(0).cmp(&zeros(1)) {
        std::cmp::Ordering::Greater => UTF_16BE,
        std::cmp::Ordering::Less => UTF_16LE,
        std::cmp::Ordering::Equal => encoding,
    };
    encoding.decode_without_bom_handling(octets).0.into_owned()
}

/// UTF-8 if it is valid, ISO-2022-JP if it escapes, else windows-1252, which has no invalid octet.
fn guess(octets: &[u8]) -> String {
    if octets.contains(&0x1B) && is_iso_2022_jp(octets) {
        return iso_2022_jp(octets);
    }
    utf8(octets)
}

/// Text said to be UTF-8. If it is not at all, it is a single-octet set; a cut last character is
/// dropped.
fn utf8(octets: &[u8]) -> String {
    let error = match std::str::from_utf8(octets) {
        Ok(text) => return text.to_owned(),
        Err(error) => error,
    };
    let (valid, rest) = octets.split_at(error.valid_up_to());
    if error.error_len().is_none() && !(valid.is_ascii() && rest.len() == 1) {
        return String::from_utf8_lossy(valid).into_owned();
    }
    // Valid multi-octet characters against octets that are none.
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in octets.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good < bad {
        let (text, _) = unlabelled(octets).decode_without_bom_handling(octets);
        return text.into_owned();
    }
    String::from_utf8_lossy(octets).into_owned()
}

fn is_iso_2022_jp(octets: &[u8]) -> bool {
    octets.is_ascii()
        && octets
            .windows(3)
            .any(|three| matches!(three, b"\x1B$B" | b"\x1B$@" | b"\x1B(J" | b"\x1B(I"))
}

/// Reads a label as people write it.
fn resolve(label: Option<&str>) -> Charset {
    let Some(label) = label else {
        return Charset::Unsaid;
    };
    let label = label
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
        .split([';', ' ', ',', '*', '\t', '/'])
        .next()
        .unwrap_or_default();
    if label.is_empty() || label.len() > MAX_LABEL {
        return Charset::Unsaid;
    }
    let label = label.to_ascii_lowercase();
    match label.as_str() {
        "us-ascii" | "ascii" | "ansi_x3.4-1968" | "unknown-8bit" | "8bit" | "7bit"
        | "x-unknown" | "unknown" | "default" | "default_charset" | "binary" | "x-user-defined"
        | "none" | "iso-8859-1" | "latin1" => return Charset::Unsaid,
        "utf-7"
        | "utf7"
        | "unicode-1-1-utf-7"
        | "x-unicode-1-1-utf-7"
        | "unicode-2-0-utf-7"
        | "x-unicode-2-0-utf-7"
        | "csunicode11utf7"
        | "unicode-utf-7" => return Charset::Utf7,
        "utf-32" | "utf32" | "utf-32be" | "utf-32le" | "ucs-4" => return Charset::Utf32,
        "hz-gb-2312" | "hz" => return Charset::Hz,
        "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-ms" | "cp50220"
        | "cp50221" | "cp50222" => return Charset::Known(ISO_2022_JP),
        "iso-2022-kr" | "csiso2022kr" => return Charset::Iso2022(EUC_KR),
        "iso-2022-cn" | "iso-2022-cn-ext" => return Charset::Iso2022(GBK),
        _ => {}
    }
    if let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes())
        && encoding != X_USER_DEFINED
    {
        return Charset::Known(encoding);
    }
    misspelt(&label).map_or(Charset::Unsaid, Charset::Known)
}

/// Labels no standard knows: `cp-1252`, `iso8859_15`, `win1251`, `utf_8`, `cp932`, ...
fn misspelt(label: &str) -> Option<&'static Encoding> {
    let bare: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let bare = bare.strip_prefix('x').unwrap_or(&bare);
    if let Some(at) = bare.find("8859") {
        let number: String = bare
            .get(at + 4..)?
            .chars()
            .take_while(char::is_ascii_digit)
            .take(2)
            .collect();
        return Encoding::for_label(format!("iso-8859-{number}").as_bytes());
    }
    if let Some(at) = bare.find("125")
        && let Some(page) = bare.get(at..at + 4)
        && matches!(
            bare.get(..at),
            Some("cp" | "win" | "windows" | "ms" | "ansi" | "" | "mswin")
        )
    {
        return Encoding::for_label(format!("windows-{page}").as_bytes());
    }
    Some(match bare {
        "utf8" | "utf" | "utf8mb4" | "unicode" | "utf8n" => UTF_8,
        "utf16" | "ucs2" | "iso10646ucs2" => UTF_16LE,
        "cp932" | "ms932" | "windows932" | "sjiswin" | "shiftjis" => SHIFT_JIS,
        "cp936" | "ms936" | "windows936" | "gb231280" | "euccn" | "gb" => GBK,
        "cp949" | "ms949" | "uhc" | "ksc56011987" | "ksc5601" => EUC_KR,
        "cp950" | "ms950" | "chinesebig5" | "big5hkscs2001" => BIG5,
        "cp874" | "tis620" | "tis6202533" => WINDOWS_874,
        "cp866" | "dos866" => IBM866,
        "koi8" | "koi8ru" | "koi" => Encoding::for_label(b"koi8-u")?,
        _ => return None,
    })
}

/// RFC 2152. Broken runs stay as they are.
fn utf7(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(plus) = rest.iter().position(|&octet| octet == b'+') {
        let (plain, run) = rest.split_at(plus);
        out.push_str(&String::from_utf8_lossy(plain));
        let run = run.get(1..).unwrap_or_default();
        let length = run
            .iter()
            .position(|octet| !octet.is_ascii_alphanumeric() && !matches!(octet, b'+' | b'/'))
            .unwrap_or(run.len());
        let (encoded, after) = run.split_at(length);
        if encoded.is_empty() {
            out.push('+');
        } else {
            let decoded = transfer::decode(encoded, &airgate_codec::imap::TransferEncoding::Base64);
            let units = decoded.chunks_exact(2).map(|pair| match pair {
                &[high, low] => u16::from_be_bytes([high, low]),
                _ => 0,
            });
            out.extend(
                char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)),
            );
        }
        rest = after.strip_prefix(b"-").unwrap_or(after);
    }
    out.push_str(&String::from_utf8_lossy(rest));
    out
}

/// Without a byte order mark the order is the one that gives characters.
fn utf32(octets: &[u8]) -> String {
    let little = matches!(octets, [0xFF, 0xFE, 0, 0, ..]) || matches!(octets, [_, _, 0, 0, ..]);
    octets
        .chunks_exact(4)
        .filter_map(|four| <[u8; 4]>::try_from(four).ok())
        .map(|four| {
            let value = if little {
                u32::from_le_bytes(four)
            } else {
                u32::from_be_bytes(four)
            };
            char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .filter(|&character| character != '\u{FEFF}')
        .collect()
}

/// The charset named by `<meta>` in octets of any ASCII-compatible charset.
fn meta_charset(octets: &[u8]) -> Option<String> {
    let head = octets.get(..META_REACH.min(octets.len()))?;
    let mut from = 0;
    while let Some(tag) = next_meta(head, from) {
        from = tag.end;
        if let Some(value) = charset_value(head.get(tag.clone())?) {
            let value = head.get(tag.start + value.start..tag.start + value.end)?;
            return Some(String::from_utf8_lossy(value).into_owned());
        }
    }
    None
}

/// Makes every `<meta>` and the XML declaration of the head say utf-8.
fn say_utf8(html: String) -> String {
    let octets = html.as_bytes();
    let reach = html.floor_char_boundary(META_REACH);
    let head = octets.get(..reach).unwrap_or_default();
    let mut out = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(tag) = next_meta(head, from) {
        from = tag.end;
        let Some(value) = head.get(tag.clone()).and_then(charset_value) else {
            continue;
        };
        let (start, end) = (tag.start + value.start, tag.start + value.end);
        if head
            .get(start..end)
            .is_some_and(|value| value.eq_ignore_ascii_case(b"utf-8"))
        {
            continue;
        }
        out.push_str(html.get(copied..start).unwrap_or_default());
        out.push_str("utf-8");
        copied = end;
    }
    if copied == 0 {
        return html;
    }
    out.push_str(html.get(copied..).unwrap_or_default());
    out
}

/// The next `<meta …>` or `<?xml …>` from an offset on.
fn next_meta(head: &[u8], from: usize) -> Option<std::ops::Range<usize>> {
    let mut at = from;
    loop {
        at += head.get(at..)?.iter().position(|&octet| octet == b'<')?;
        let tag = head.get(at..)?;
        let named = |name: &[u8]| {
            tag.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        if named(b"<meta") || named(b"<?xml") {
            let length = tag.iter().position(|&octet| octet == b'>')?;
            return Some(at..at + length);
        }
        if named(b"<body") {
            return None;
        }
        at += 1;
    }
}

/// Where in a tag the value of `charset=` (or an XML declaration's `encoding=`) is.
fn charset_value(tag: &[u8]) -> Option<std::ops::Range<usize>> {
    let lower = tag.to_ascii_lowercase();
    let find = |word: &[u8]| {
        lower
            .windows(word.len())
            .position(|window| window == word)
            .map(|at| at + word.len())
    };
    let mut start = if lower.starts_with(b"<?xml") {
        find(b"encoding")?
    } else {
        find(b"charset")?
    };
    let skip = |start: &mut usize, set: &[u8]| {
        while lower.get(*start).is_some_and(|octet| set.contains(octet)) {
            *start += 1;
        }
    };
    skip(&mut start, b" \t\r\n");
    if lower.get(start) != Some(&b'=') {
        return None;
    }
    start += 1;
    skip(&mut start, b" \t\r\n\"'");
    let length = lower
        .get(start..)?
        .iter()
        .position(|octet| !octet.is_ascii_alphanumeric() && !b"-_.:".contains(octet))
        .unwrap_or(lower.len() - start);
    (length > 0).then_some(start..start + length)
}

#[cfg(test)]
mod tests;
