//! Address lists (RFC 5322 3.4) as senders write them: quoted strings, nested comments, groups,
//! routes, 8-bit names, semicolons for commas, quotes never closed. One pass, linear (T15).

use crate::item::headers::decode_text;
use crate::item::legal::is_legal;

/// One mailbox. Either half may be empty, not both.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mailbox {
    pub name: String,
    pub address: String,
}

/// A list and the name of an empty group in it (`undisclosed-recipients:;`).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Addresses {
    pub mailboxes: Vec<Mailbox>,
    pub empty_group: Option<String>,
}

/// What a phone takes in To, Cc and DisplayTo ([MS-ASEMAIL] 2.2.2.79).
const MAX_CHARACTERS: usize = 32_768;
/// Mailboxes read of one list: below, 32,768 characters are long full.
const MAX_MAILBOXES: usize = 10_000;
/// Longest address (RFC 5321 4.5.3.1.3), with room for what is wrong but in use.
const MAX_ADDRESS: usize = 512;
/// Longest encoded word looked for; 75 by the standard, some mailers make one of a whole name.
const MAX_WORD: usize = 256;
/// Longest display name kept.
const MAX_NAME: usize = 512;

impl Addresses {
    /// Reads a header value. `hint` is the charset of 8-bit names without a label.
    pub fn read(value: &[u8], hint: Option<&str>) -> Self {
        let mut reader = Reader::new(value, hint);
        reader.run();
        reader.list
    }

    /// `"Name" <a@b>` joined by `, `; whole mailboxes only, at most 32,768 characters.
    pub fn line(&self) -> Option<String> {
        self.joined(", ", Mailbox::line)
    }

    /// The same joined by `;`, as ReplyTo has it.
    pub(crate) fn line_of_replies(&self) -> Option<String> {
        self.joined("; ", Mailbox::line)
    }

    /// The names to show, joined by `;`.
    pub fn display(&self) -> Option<String> {
        self.joined(";", |mailbox| mailbox.shown().replace(';', ","))
            .or_else(|| self.empty_group.clone())
    }

    /// Whether an address is in the list.
    pub fn contains(&self, address: &str) -> bool {
        self.mailboxes
            .iter()
            .any(|mailbox| mailbox.address.eq_ignore_ascii_case(address))
    }

    fn joined(&self, separator: &str, form: impl Fn(&Mailbox) -> String) -> Option<String> {
        let mut line = String::new();
        let mut left = MAX_CHARACTERS;
        for mailbox in &self.mailboxes {
            let text = form(mailbox);
            let need = text.chars().count() + separator.len();
            if need > left {
                break;
            }
            left -= need;
            if !line.is_empty() {
                line.push_str(separator);
            }
            line.push_str(&text);
        }
        (!line.is_empty()).then_some(line)
    }
}

impl Mailbox {
    /// `"Name" <a@b>`.
    pub fn line(&self) -> String {
        if self.name.is_empty() {
            return self.address.clone();
        }
        let mut line = String::with_capacity(self.name.len() + self.address.len() + 5);
        line.push('"');
        for character in self.name.chars() {
            if matches!(character, '"' | '\\') {
                line.push('\\');
            }
            line.push(character);
        }
        line.push('"');
        if !self.address.is_empty() {
            line.push_str(" <");
            line.push_str(&self.address);
            line.push('>');
        }
        line
    }

    fn shown(&self) -> &str {
        if self.name.is_empty() {
            &self.address
        } else {
            &self.name
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    hint: Option<&'a str>,
    list: Addresses,
    phrase: Vec<u8>,
    comment: Vec<u8>,
    angle: Option<Vec<u8>>,
    group: Option<Group>,
    /// Set once a closing mark was looked for in vain: then it is not looked for again.
    no_quote: bool,
    no_comment: bool,
    no_angle: bool,
}

struct Group {
    name: String,
    members: usize,
}

impl<'a> Reader<'a> {
    const fn new(rest: &'a [u8], hint: Option<&'a str>) -> Self {
        Self {
            rest,
            hint,
            list: Addresses {
                mailboxes: Vec::new(),
                empty_group: None,
            },
            phrase: Vec::new(),
            comment: Vec::new(),
            angle: None,
            group: None,
            no_quote: false,
            no_comment: false,
            no_angle: false,
        }
    }

    fn run(&mut self) {
        while let Some((&octet, after)) = self.rest.split_first() {
            self.rest = after;
            match octet {
                b'"' if !self.no_quote => self.quoted(),
                b'(' if !self.no_comment => self.comment(),
                b'<' if !self.no_angle => self.angle(),
                b',' => self.end(),
                b';' => {
                    self.end();
                    self.end_group();
                }
                b':' if self.starts_group() => {
                    // Only the first empty group is ever shown.
                    let name = match self.list.empty_group {
                        Some(_) => String::new(),
                        None => decode_text(&self.phrase, self.hint),
                    };
                    self.phrase.clear();
                    self.group = Some(Group {
                        name,
                        members: self.list.mailboxes.len(),
                    });
                }
                b'=' => self.encoded_word(),
                octet => self.phrase.push(octet),
            }
            if self.list.mailboxes.len() >= MAX_MAILBOXES {
                return;
            }
        }
        self.end();
        self.end_group();
    }

    /// `=?utf-8?Q?Doe, J.?=`: no mark inside an encoded word is ours, though it should be encoded.
    fn encoded_word(&mut self) {
        self.phrase.push(b'=');
        let near = self
            .rest
            .get(..MAX_WORD.min(self.rest.len()))
            .unwrap_or_default();
        // `?charset?Q?text?=`: the fourth question mark ends it.
        let mut marks = near.iter().enumerate().filter(|(_, octet)| **octet == b'?');
        let begins = marks.next().is_some_and(|(index, _)| index == 0);
        let Some((end, _)) = marks.nth(2).filter(|_| begins) else {
            return;
        };
        if near.get(end + 1) == Some(&b'=') {
            let (word, rest) = self.rest.split_at(end + 2);
            self.phrase.extend_from_slice(word);
            self.rest = rest;
        }
    }

    fn starts_group(&self) -> bool {
        self.group.is_none()
            && self.angle.is_none()
            && !self.phrase.trim_ascii().is_empty()
            && !self.phrase.contains(&b'@')
    }

    fn quoted(&mut self) {
        let mut text = Vec::new();
        let mut octets = self.rest.iter().enumerate();
        while let Some((index, &octet)) = octets.next() {
            match octet {
                b'"' => {
                    self.rest = self.rest.get(index + 1..).unwrap_or_default();
                    if self.rest.starts_with(b"@") && self.phrase.trim_ascii().is_empty() {
                        self.quoted_local_part(&text);
                    } else {
                        self.phrase.append(&mut text);
                    }
                    return;
                }
                b'\\' => text.extend(octets.next().map(|(_, &escaped)| escaped)),
                octet => text.push(octet),
            }
        }
        self.no_quote = true;
    }

    /// `"ann example"@example.com`: what was quoted is half of an address (RFC 5322 3.4.1).
    fn quoted_local_part(&mut self, text: &[u8]) {
        let end = self
            .rest
            .iter()
            .position(|octet| {
                matches!(octet, b',' | b';' | b'<' | b'(') || octet.is_ascii_whitespace()
            })
            .unwrap_or(self.rest.len());
        let (domain, rest) = self.rest.split_at(end);
        let mut whole = Vec::with_capacity(text.len() + domain.len() + 2);
        whole.push(b'"');
        for &octet in text {
            if matches!(octet, b'"' | b'\\') {
                whole.push(b'\\');
            }
            whole.push(octet);
        }
        whole.push(b'"');
        whole.extend_from_slice(domain);
        self.angle = Some(whole);
        self.rest = rest;
    }

    fn comment(&mut self) {
        let mut text = Vec::new();
        let mut depth = 1_usize;
        let mut octets = self.rest.iter().enumerate();
        while let Some((index, &octet)) = octets.next() {
            match octet {
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        self.comment = text;
                        self.rest = self.rest.get(index + 1..).unwrap_or_default();
                        self.phrase.push(b' ');
                        return;
                    }
                    text.push(octet);
                }
                b'(' => {
                    depth += 1;
                    text.push(octet);
                }
                b'\\' => text.extend(octets.next().map(|(_, &escaped)| escaped)),
                octet => text.push(octet),
            }
        }
        self.no_comment = true;
        self.phrase.push(b'(');
    }

    fn angle(&mut self) {
        if let Some(end) = self.rest.iter().position(|&octet| octet == b'>') {
            let (inside, after) = self.rest.split_at(end);
            self.angle = Some(inside.to_vec());
            self.rest = after.get(1..).unwrap_or_default();
        } else {
            self.no_angle = true;
            self.phrase.push(b' ');
        }
    }

    /// One mailbox is complete.
    fn end(&mut self) {
        let phrase = std::mem::take(&mut self.phrase);
        let comment = std::mem::take(&mut self.comment);
        let mut mailbox = Mailbox::default();
        if let Some(angle) = self.angle.take() {
            mailbox.address = address(&angle);
            mailbox.name = decode_text(&phrase, self.hint);
        } else {
            let phrase = phrase.trim_ascii();
            let alone = !phrase.iter().any(u8::is_ascii_whitespace);
            if phrase.contains(&b'@') && !phrase.starts_with(b"=?") {
                // `Name a@b`, when the closing `>` was lost: the last word is the address.
                let start = phrase
                    .iter()
                    .rposition(u8::is_ascii_whitespace)
                    .filter(|&at| phrase.get(at..).is_some_and(|word| word.contains(&b'@')))
                    .map_or(0, |at| at + 1);
                let (name, word) = phrase.split_at(start);
                mailbox.address = address(word);
                mailbox.name = decode_text(name, self.hint);
            } else if alone && !phrase.starts_with(b"=?") {
                mailbox.address = address(phrase);
            } else {
                mailbox.name = decode_text(phrase, self.hint);
            }
        }
        if mailbox.name.is_empty() {
            mailbox.name = decode_text(&comment, self.hint);
        }
        let name = unquoted(&mailbox.name);
        let end = name.floor_char_boundary(MAX_NAME);
        mailbox.name = name.get(..end).unwrap_or_default().to_owned();
        if mailbox.name.eq_ignore_ascii_case(&mailbox.address) {
            mailbox.name.clear();
        }
        if !(mailbox.name.is_empty() && mailbox.address.is_empty()) {
            self.list.mailboxes.push(mailbox);
        }
    }

    fn end_group(&mut self) {
        if let Some(group) = self.group.take()
            && group.members == self.list.mailboxes.len()
            && self.list.empty_group.is_none()
        {
            self.list.empty_group = Some(group.name);
        }
    }
}

/// A name without quotes around it, also without one that lost its other half.
fn unquoted(name: &str) -> &str {
    let mut name = name.trim_matches(' ');
    for quote in ['"', '\'', '"'] {
        let marks = name.matches(quote).take(3).count();
        let both = name.len() > 1 && name.starts_with(quote) && name.ends_with(quote);
        if both || marks == 1 {
            name = name.strip_prefix(quote).unwrap_or(name);
            name = name.strip_suffix(quote).unwrap_or(name);
            name = name.trim_matches(' ');
        }
    }
    name
}

/// The address inside angle brackets: no route, no blanks, nothing that could end the brackets.
fn address(inside: &[u8]) -> String {
    let inside = inside.get(..MAX_ADDRESS * 4).unwrap_or(inside).trim_ascii();
    let inside = match inside {
        // `<@relay,@relay:user@host>` (RFC 5322 4.4).
        [b'@', ..] => inside
            .iter()
            .position(|&octet| octet == b':')
            .and_then(|colon| inside.get(colon + 1..))
            .unwrap_or(inside),
        _ => inside,
    };
    let text = decode_text(inside, None);
    let text = text.strip_prefix("mailto:").unwrap_or(&text);
    // Blanks belong only between the quotes of a local part.
    let blanks = text.starts_with('"');
    text.chars()
        .filter(|&c| is_legal(c) && !matches!(c, '<' | '>'))
        .filter(|&c| !c.is_whitespace() || blanks && c == ' ')
        .take(MAX_ADDRESS)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_answers() {
        for (value, line, display) in [
            ("a@b", "a@b", "a@b"),
            (
                "Ann <a@b>, Bob <c@d>",
                "\"Ann\" <a@b>, \"Bob\" <c@d>",
                "Ann;Bob",
            ),
            ("\"Doe, Ann\" <a@b>", "\"Doe, Ann\" <a@b>", "Doe, Ann"),
            (
                "\"Ann \\\"Q\\\" Doe\" <a@b>",
                "\"Ann \\\"Q\\\" Doe\" <a@b>",
                "Ann \"Q\" Doe",
            ),
            (
                "a@b (Ann (the) Doe)",
                "\"Ann (the) Doe\" <a@b>",
                "Ann (the) Doe",
            ),
            (
                "=?utf-8?Q?M=C3=BCller=2C_J?= <a@b>",
                "\"Müller, J\" <a@b>",
                "Müller, J",
            ),
            (
                "\"=?utf-8?Q?M=C3=BCller?=\" <a@b>",
                "\"Müller\" <a@b>",
                "Müller",
            ),
            (
                "Team: Ann <a@b>, c@d;, e@f",
                "\"Ann\" <a@b>, c@d, e@f",
                "Ann;c@d;e@f",
            ),
            ("<@x,@y:a@b>", "a@b", "a@b"),
            (
                "Ann <a@b>; Bob <c@d>",
                "\"Ann\" <a@b>, \"Bob\" <c@d>",
                "Ann;Bob",
            ),
            ("Ann <a@b", "\"Ann\" <a@b>", "Ann"),
            ("\"Ann <a@b>", "\"Ann\" <a@b>", "Ann"),
            ("(Ann <a@b>", "\"(Ann\" <a@b>", "(Ann"),
            ("'a@b' <a@b>", "a@b", "a@b"),
            ("user2", "user2", "user2"),
            ("Ann Doe", "\"Ann Doe\"", "Ann Doe"),
            ("mailto:a@b", "a@b", "a@b"),
            ("A;B <a@b>", "A, \"B\" <a@b>", "A;B"),
            (
                "\"'Cleo' via tea\" <a@b>",
                "\"'Cleo' via tea\" <a@b>",
                "'Cleo' via tea",
            ),
            ("'Cleo Doe' <a@b>", "\"Cleo Doe\" <a@b>", "Cleo Doe"),
            (
                "\"=?utf-8?Q?J=C3=B6rg_=22Cat=22?=\" <a@b>",
                "\"Jörg \\\"Cat\\\"\" <a@b>",
                "Jörg \"Cat\"",
            ),
            (
                "D'Arcy O'Neil <a@b>",
                "\"D'Arcy O'Neil\" <a@b>",
                "D'Arcy O'Neil",
            ),
            (
                "\"ann \\\"a\\\" doe\"@b, c@d",
                "\"ann \\\"a\\\" doe\"@b, c@d",
                "\"ann \\\"a\\\" doe\"@b;c@d",
            ),
            ("<\"ann doe\"@b>", "\"ann doe\"@b", "\"ann doe\"@b"),
            ("\"A;B\" <a@b>", "\"A;B\" <a@b>", "A,B"),
            ("Ann\r\n <a@b>,\r\n\t<c@d>", "\"Ann\" <a@b>, c@d", "Ann;c@d"),
            (",,,a@b,", "a@b", "a@b"),
            ("Ann <a@b\r\nBcc: x@y>", "\"Ann\" <a@bBcc:x@y>", "Ann"),
        ] {
            let list = Addresses::read(value.as_bytes(), None);
            assert_eq!(list.line().as_deref(), Some(line), "{value}");
            assert_eq!(list.display().as_deref(), Some(display), "{value}");
        }
    }

    #[test]
    fn an_empty_group_is_shown_by_name_and_mailed_to_nobody() {
        let list = Addresses::read(b"undisclosed-recipients:;", None);
        assert_eq!(list.line(), None);
        assert_eq!(list.display().as_deref(), Some("undisclosed-recipients"));
        assert_eq!(Addresses::read(b"", None), Addresses::default());
    }

    #[test]
    fn huge_lists_end_between_mailboxes_below_the_limit() {
        let value = "Somebody <somebody@example.com>, ".repeat(20_000);
        let line = Addresses::read(value.as_bytes(), None)
            .line()
            .expect("a line");
        assert!(
            line.len() <= MAX_CHARACTERS && line.ends_with('>'),
            "{}",
            line.len()
        );
    }

    proptest! {
        #[test]
        fn t23_t27_any_octets_are_one_legal_line(
            pieces in proptest::collection::vec(prop_oneof![
                Just("\"".to_owned()), Just("<".into()), Just(">".into()), Just("(".into()),
                Just(")".into()), Just(":".into()), Just(";".into()), Just(",".into()),
                Just("\r\n".into()), Just("a@b".into()), Just("\\".into()), "\\PC{0,4}"], 0..40),
        ) {
            let list = Addresses::read(pieces.concat().as_bytes(), None);
            for line in [list.line(), list.display()].into_iter().flatten() {
                prop_assert!(line.chars().all(|c| is_legal(c) && c != '\n' && c != '\r'));
            }
        }
    }
}
