//! The text of an RTF body. Outlook keeps HTML inside RTF ([MS-OXRTFEX]): then that very HTML comes
//! out again; anything else becomes plain text. One pass, a stack of bounded depth, and no fault:
//! what is not understood is passed over.

use std::collections::BTreeMap;

use super::code_page::{self, of_font_charset};

/// What was inside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Text {
    Plain(String),
    Html(String),
}

/// Groups inside each other that are told apart. Word writes below twenty; what is deeper has the
/// format of the deepest.
const MAX_DEPTH: usize = 256;
/// Fonts whose charset is remembered.
const MAX_FONTS: usize = 1024;
/// The signs of an encapsulation stand in the head ([MS-OXRTFEX] 2.1.3.1: among the first ten
/// tokens; some writers come later).
const HEAD: usize = 1024;

/// Reads RTF; `None` if it is none.
pub(super) fn read(rtf: &[u8]) -> Option<Text> {
    let rtf = rtf.trim_ascii_start();
    if !rtf.starts_with(b"{\\rtf") {
        return None;
    }
    let head = rtf.get(..HEAD).unwrap_or(rtf);
    let has = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    let html = has(b"\\fromhtml1");
    let mut reader = Reader {
        html,
        state: State {
            code_page: None,
            unicode_skip: 1,
            skipped: false,
            suppressed: false,
            tag: false,
            fonts: false,
        },
        stack: Vec::new(),
        deeper: 0,
        default_code_page: code_page::DEFAULT,
        fonts: BTreeMap::new(),
        font: 0,
        ignorable: false,
        to_skip: 0,
        high_surrogate: None,
        pending: Vec::new(),
        out: String::with_capacity(rtf.len() / 2),
    };
    reader.run(rtf);
    reader.flush();
    let out = reader.out;
    Some(if html {
        // The blanks between the tables of the head are no part of the page.
        Text::Html(out.trim_start().to_owned())
    } else {
        Text::Plain(out)
    })
}

/// What a group inherits.
#[derive(Clone, Copy)]
struct State {
    /// Of the current font; else the document's.
    code_page: Option<u32>,
    /// Characters after `\u` that stand in for it.
    unicode_skip: u32,
    /// Inside something that is no text: a font table, a picture.
    skipped: bool,
    /// Between `\htmlrtf` and `\htmlrtf0`: the RTF that only looks like the HTML beside it.
    suppressed: bool,
    /// Inside `{\*\htmltag …}`: HTML as it was.
    tag: bool,
    fonts: bool,
}

struct Reader {
    html: bool,
    state: State,
    stack: Vec<State>,
    /// Open groups beyond the stack.
    deeper: usize,
    default_code_page: u32,
    fonts: BTreeMap<u32, u32>,
    font: u32,
    /// `\*` came: the next word, if unknown, hides its group.
    ignorable: bool,
    to_skip: u32,
    high_surrogate: Option<u16>,
    /// Octets of text not decoded yet: a character may have two.
    pending: Vec<u8>,
    out: String,
}

impl Reader {
    fn run(&mut self, mut rest: &[u8]) {
        while let Some((&octet, after)) = rest.split_first() {
            rest = after;
            match octet {
                b'{' => self.begin(),
                b'}' => self.end(),
                b'\\' => rest = self.control(after),
                b'\r' | b'\n' | 0 => {}
                octet => self.octet(octet),
            }
        }
    }

    fn begin(&mut self) {
        self.flush();
        self.to_skip = 0;
        if self.stack.len() < MAX_DEPTH {
            self.stack.push(self.state);
        } else {
            self.deeper += 1;
        }
    }

    fn end(&mut self) {
        self.flush();
        self.to_skip = 0;
        self.ignorable = false;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(state) = self.stack.pop() {
            self.state = state;
        }
    }

    /// What follows a backslash.
    fn control<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let letters = rest
            .iter()
            .take(32)
            .take_while(|octet| octet.is_ascii_alphabetic())
            .count();
        if letters == 0 {
            return self.symbol(rest);
        }
        let (word, rest) = rest.split_at(letters);
        let (negative, digits_from) = match rest.strip_prefix(b"-") {
            Some(after) if after.first().is_some_and(u8::is_ascii_digit) => (true, after),
            _ => (false, rest),
        };
        let digits = digits_from
            .iter()
            .take(10)
            .take_while(|octet| octet.is_ascii_digit())
            .count();
        let (number, rest) = if digits == 0 {
            (None, rest)
        } else {
            let (digits, rest) = digits_from.split_at(digits);
            let value = digits.iter().fold(0_i64, |value, digit| {
                value * 10 + i64::from(digit.wrapping_sub(b'0'))
            });
            (Some(if negative { -value } else { value }), rest)
        };
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        // `\binN` is followed by N octets that are no RTF.
        if word == b"bin" {
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
            return rest.get(length..).unwrap_or_default();
        }
        self.word(word, number);
        rest
    }

    fn symbol<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let Some((&octet, after)) = rest.split_first() else {
            return rest;
        };
        match octet {
            b'\'' => {
                let digit = |octet: &u8| char::from(*octet).to_digit(16);
                let &[high, low, ..] = after else {
                    return &[];
                };
                if let (Some(high), Some(low)) = (digit(&high), digit(&low)) {
                    self.octet(u8::try_from(high << 4 | low).unwrap_or(b'?'));
                }
                return after.get(2..).unwrap_or_default();
            }
            b'*' => self.ignorable = true,
            b'~' => self.character('\u{A0}'),
            b'_' => self.character('\u{2011}'),
            b'\r' | b'\n' => self.line_end(),
            b'\\' | b'{' | b'}' => self.octet(octet),
            _ => {}
        }
        after
    }

    fn word(&mut self, word: &[u8], number: Option<i64>) {
        let ignorable = std::mem::take(&mut self.ignorable);
        let on = number != Some(0);
        let positive = number.and_then(|number| u32::try_from(number).ok());
        match word {
            b"htmltag" => {
                self.state.tag = true;
                self.state.skipped = !self.html;
            }
            b"mhtmltag" => self.state.skipped = true,
            b"htmlrtf" => {
                self.flush();
                self.state.suppressed = self.html && on;
            }
            b"fonttbl" => {
                self.state.skipped = true;
                self.state.fonts = true;
            }
            _ if is_no_text(word) || ignorable && !is_known(word) => self.state.skipped = true,
            b"ansicpg" => self.default_code_page = positive.unwrap_or(code_page::DEFAULT),
            b"mac" => self.default_code_page = 10_000,
            b"f" => self.font(positive.unwrap_or(0)),
            b"fcharset" if self.state.fonts && self.fonts.len() < MAX_FONTS => {
                if let Some(code_page) = positive.and_then(of_font_charset) {
                    self.fonts.insert(self.font, code_page);
                }
            }
            b"plain" => self.change_code_page(None),
            b"uc" => self.state.unicode_skip = positive.unwrap_or(1).min(16),
            b"u" => self.unicode(number.unwrap_or(0)),
            b"par" | b"line" | b"sect" | b"page" | b"row" => self.line_end(),
            b"tab" | b"cell" => self.character('\t'),
            _ => {
                if let Some(character) = named(word) {
                    self.character(character);
                }
            }
        }
    }

    fn font(&mut self, number: u32) {
        self.font = number;
        if !self.state.fonts {
            let code_page = self.fonts.get(&number).copied();
            self.change_code_page(code_page);
        }
    }

    fn change_code_page(&mut self, code_page: Option<u32>) {
        if self.state.code_page != code_page {
            self.flush();
            self.state.code_page = code_page;
        }
    }

    fn is_silent(&self) -> bool {
        self.state.skipped || self.state.suppressed && !self.state.tag
    }

    /// `\uN`: a UTF-16 unit as a signed number.
    fn unicode(&mut self, number: i64) {
        self.flush();
        let unit = u16::try_from(number.rem_euclid(0x1_0000)).unwrap_or(0xFFFD);
        let high = self.high_surrogate.take();
        match unit {
            0xD800..=0xDBFF => self.high_surrogate = Some(unit),
            _ => {
                let units = high.into_iter().chain(Some(unit));
                for character in char::decode_utf16(units) {
                    self.emit(character.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
        }
        self.to_skip = self.state.unicode_skip;
    }

    fn octet(&mut self, octet: u8) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if !self.is_silent() {
            self.pending.push(octet);
        }
    }

    fn character(&mut self, character: char) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return;
        }
        self.flush();
        self.emit(character);
    }

    fn line_end(&mut self) {
        self.flush();
        self.to_skip = 0;
        if !self.is_silent() {
            self.out.push_str("\r\n");
        }
    }

    fn emit(&mut self, character: char) {
        if !self.is_silent() {
            self.out.push(character);
        }
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let code_page = self.state.code_page.unwrap_or(self.default_code_page);
        if self.pending.is_ascii() {
            self.out.push_str(&String::from_utf8_lossy(&self.pending));
        } else {
            self.out
                .push_str(&code_page::decode(&self.pending, code_page));
        }
        self.pending.clear();
    }
}

/// Words that stand for one character.
const fn named(word: &[u8]) -> Option<char> {
    Some(match word {
        b"bullet" => '\u{2022}',
        b"endash" => '\u{2013}',
        b"emdash" => '\u{2014}',
        b"lquote" => '\u{2018}',
        b"rquote" => '\u{2019}',
        b"ldblquote" => '\u{201C}',
        b"rdblquote" => '\u{201D}',
        b"emspace" => '\u{2003}',
        b"enspace" => '\u{2002}',
        b"zwj" => '\u{200D}',
        b"zwnj" => '\u{200C}',
        b"ltrmark" => '\u{200E}',
        b"rtlmark" => '\u{200F}',
        _ => return None,
    })
}

/// Groups that hold no text of the message, known without `\*`.
const fn is_no_text(word: &[u8]) -> bool {
    matches!(
        word,
        b"colortbl"
            | b"stylesheet"
            | b"info"
            | b"pict"
            | b"object"
            | b"header"
            | b"headerl"
            | b"headerr"
            | b"headerf"
            | b"footer"
            | b"footerl"
            | b"footerr"
            | b"footerf"
            | b"listtable"
            | b"listoverridetable"
            | b"revtbl"
            | b"rsidtbl"
            | b"filetbl"
            | b"themedata"
            | b"fldinst"
            | b"nonshppict"
    )
}

/// Words that may stand behind `\*` and whose group is text all the same.
const fn is_known(word: &[u8]) -> bool {
    matches!(word, b"htmltag" | b"shppict" | b"ud" | b"upr")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(rtf: &str) -> String {
        match read(rtf.as_bytes()) {
            Some(Text::Plain(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rtf_becomes_text() {
        for (rtf, text) in [
            (
                "{\\rtf1\\ansi Hello \\b World\\b0 .\\par}",
                "Hello World.\r\n",
            ),
            (
                "{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\colortbl;}A{\\*\\generator x;}B}",
                "AB",
            ),
            ("{\\rtf1\\ansicpg1252 gr\\'fc\\'df}", "grüß"),
            ("{\\rtf1\\ansicpg932 \\'93\\'fa\\'96{}}", "日\u{FFFD}"),
            (
                "{\\rtf1{\\fonttbl{\\f1\\fcharset204 A;}}{\\f1 \\'cc\\'e8\\'f0}\\'e9}",
                "Мирé",
            ),
            ("{\\rtf1\\uc1\\u8364?x\\uc0\\u8364 y}", "€x€y"),
            ("{\\rtf1\\u-10179?\\u-8704?}", "\u{1F600}"),
            ("{\\rtf1\\u-10179?x}", "x"),
            (
                "{\\rtf1 a\\~b\\_c\\-d\\{e\\}\\\\}",
                "a\u{A0}b\u{2011}cd{e}\\",
            ),
            (
                "{\\rtf1 one\\line two\\tab three\\emdash}",
                "one\r\ntwo\tthree\u{2014}",
            ),
            (
                "{\\rtf1 see {\\field{\\*\\fldinst{HYPERLINK \"http://x\"}}{\\fldrslt here}}}",
                "see here",
            ),
            ("{\\rtf1 a\\bin3 }}}b}", "ab"),
            ("{\\rtf1 never closed", "never closed"),
            ("{\\rtf1 too}}} many", "too many"),
        ] {
            assert_eq!(plain(rtf), text, "{rtf}");
        }
        assert_eq!(read(b"plain"), None);
        assert_eq!(read(b""), None);
    }

    /// After the example of [MS-OXRTFEX] 3.1.
    #[test]
    fn html_comes_out_as_it_went_in() {
        let rtf = "{\\rtf1\\ANSI\\ansicpg1251\\fromhtml1 \\deff0\r\n\
             {\\fonttbl {\\f0\\fmodern Courier New;}{\\f1\\fswiss Arial;}{\\f2\\fswiss\\fcharset0 Arial;}}\r\n\
             {\\colortbl\\red0\\green0\\blue0;\\red0\\green0\\blue255;} \r\n\
             {\\*\\htmltag64}\r\n\
             \\uc1\\pard\\plain\\deftab360 \\f0\\fs24\r\n\
             {\\*\\htmltag <HTML><head>\\par\r\n<style>\\par\r\n<!--\\par\r\n }\
             {\\*\\htmltag242 body \\{color:red\\}}{\\*\\htmltag241 -->}{\\*\\htmltag249 </style>}\
             {\\*\\htmltag64}\\htmlrtf {\\f2\\b\\htmlrtf0 \
             {\\*\\htmltag84 <b>}\\htmlrtf {\\b \\htmlrtf0 gr\\'ea&{\\*\\htmltag84 &nbsp;}\\htmlrtf\\'a0\\htmlrtf0 \
             \\htmlrtf }\\htmlrtf0{\\*\\htmltag92 </b>}\\htmlrtf }\\htmlrtf0 \
             {\\*\\mhtmltag84 <hidden>}\\par{\\*\\htmltag27 </HTML>}}";
        let html = "<HTML><head>\r\n<style>\r\n<!--\r\n body {color:red}--></style><b>grк&&nbsp;</b>\r\n</HTML>";
        assert_eq!(read(rtf.as_bytes()), Some(Text::Html(html.to_owned())));
    }

    #[test]
    fn t14_groups_of_any_depth_are_read() {
        for depth in [10, 255, 256, 257, 100_000] {
            let rtf = format!("{{\\rtf1 {}in{}out}}", "{".repeat(depth), "}".repeat(depth));
            assert_eq!(plain(&rtf), "inout");
        }
    }
}
