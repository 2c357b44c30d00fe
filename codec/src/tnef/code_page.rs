//! Windows code pages by number, as TNEF and RTF name their charsets.

use encoding_rs::{Encoding, WINDOWS_1252};

/// What Western Windows writes, and what is meant where nothing is said.
pub(super) const DEFAULT: u32 = 1252;
/// UTF-8.
pub(super) const UTF_8: u32 = 65001;

/// The charset label of a code page (IANA's names).
pub const fn label(code_page: u32) -> Option<&'static str> {
    Some(match code_page {
        874 => "windows-874",
        932 | 10_001 => "shift_jis",
        936 | 10_008 => "gbk",
        949 | 10_003 | 51_949 => "euc-kr",
        950 | 10_002 => "big5",
        1200 => "utf-16le",
        1201 => "utf-16be",
        1250 => "windows-1250",
        1251 => "windows-1251",
        // 20127 is ASCII, and what claims to be it mostly is not.
        1252 | 20_127 => "windows-1252",
        1253 => "windows-1253",
        1254 => "windows-1254",
        1255 => "windows-1255",
        1256 => "windows-1256",
        1257 => "windows-1257",
        1258 => "windows-1258",
        10_000 => "macintosh",
        10_007 => "x-mac-cyrillic",
        20_866 => "koi8-r",
        20_932 | 51_932 => "euc-jp",
        21_866 => "koi8-u",
        28_591 => "iso-8859-1",
        28_592 => "iso-8859-2",
        28_595 => "iso-8859-5",
        28_596 => "iso-8859-6",
        28_597 => "iso-8859-7",
        28_598 | 38_598 => "iso-8859-8",
        28_599 => "windows-1254",
        28_605 => "iso-8859-15",
        50_220..=50_222 => "iso-2022-jp",
        54_936 => "gb18030",
        UTF_8 => "utf-8",
        _ => return None,
    })
}

/// Text in a code page. What cannot be decoded becomes U+FFFD.
pub(super) fn decode(octets: &[u8], code_page: u32) -> String {
    let encoding = label(code_page)
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .unwrap_or(WINDOWS_1252);
    encoding.decode_without_bom_handling(octets).0.into_owned()
}

/// The code page of a font's charset (RTF 1.9.1, `\fcharset`).
pub(super) const fn of_font_charset(charset: u32) -> Option<u32> {
    Some(match charset {
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
