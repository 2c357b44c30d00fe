//! T24, T25: whatever the arguments, a server reads one command with those very values.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use airgate_codec::imap::{
    BadArgument, Command, CommandPiece, Flag, Literals, MailboxName, NameForm, UidSet, WireStyle,
    modified_utf7, sequence_set,
};
use proptest::prelude::*;

/// An argument as the code asks for it.
#[derive(Clone, Debug)]
enum Argument {
    Atom(String),
    String(Vec<u8>),
    Astring(String),
    Nstring(Option<String>),
    Literal(Vec<u8>),
    Number(u64),
    Set(Vec<u32>),
    Mailbox(String),
    Keyword(String),
    Date(i64),
    DateTime(i64),
    Section(String),
    Fields(Vec<String>),
}

/// A value as a server understands it.
#[derive(Debug, PartialEq)]
enum Token {
    Bare(Vec<u8>),
    Text(Vec<u8>),
}

impl Argument {
    fn write(&self, command: Command) -> Command {
        match self {
            Self::Atom(word) => command.atom(word),
            Self::String(value) => command.string(value),
            Self::Astring(value) => command.astring(value),
            Self::Nstring(value) => command.nstring(value.as_deref()),
            Self::Literal(value) => command.literal(value),
            Self::Number(value) => command.number(*value),
            Self::Set(numbers) => command.set(&UidSet::from_iter(numbers)),
            Self::Mailbox(name) => command.mailbox(&MailboxName::new(name)),
            Self::Keyword(word) => command.flag(&Flag::Keyword(word.clone())),
            Self::Date(seconds) => command.date(*seconds),
            Self::DateTime(seconds) => command.date_time(*seconds),
            Self::Section(section) => command.section("BODY.PEEK", section, Some((0, 10))),
            Self::Fields(names) => {
                let section = format!("HEADER.FIELDS ({})", names.join(" "));
                command.section("BODY.PEEK", &section, None)
            }
        }
    }

    /// Whether the server read what was meant.
    fn is(&self, token: &Token, style: WireStyle) -> bool {
        match (self, token) {
            (Self::Atom(word) | Self::Keyword(word), Token::Bare(bare)) => word.as_bytes() == bare,
            (Self::Number(value), Token::Bare(bare)) => value.to_string().as_bytes() == bare,
            (Self::Set(numbers), Token::Bare(bare)) => {
                sequence_set(&UidSet::from_iter(numbers)).as_bytes() == bare
            }
            (Self::String(value) | Self::Literal(value), Token::Text(text)) => value == text,
            (Self::Astring(value), Token::Text(text)) => value.as_bytes() == text,
            (Self::Astring(value), Token::Bare(bare)) => {
                value.as_bytes() == bare && !bare.eq_ignore_ascii_case(b"NIL")
            }
            (Self::Nstring(None), Token::Bare(bare)) => bare == b"NIL",
            (Self::Nstring(Some(value)), Token::Text(text)) => value.as_bytes() == text,
            (Self::Mailbox(name), Token::Text(text)) => {
                let name = MailboxName::new(name);
                let read = match style.names {
                    NameForm::ModifiedUtf7 => modified_utf7::decode(text),
                    NameForm::Utf8 => modified_utf7::decode_utf8(text),
                };
                read == name.as_str()
            }
            (Self::Date(_), Token::Bare(bare)) => bare.iter().filter(|&&o| o == b'-').count() == 2,
            (Self::DateTime(_), Token::Text(text)) => text.len() == 26,
            (Self::Section(section), Token::Bare(bare)) => {
                format!("BODY.PEEK[{section}]<0.10>").as_bytes() == bare
            }
            (Self::Fields(names), Token::Bare(bare)) => {
                format!("BODY.PEEK[HEADER.FIELDS ({})]", names.join(" ")).as_bytes() == bare
            }
            _ => false,
        }
    }
}

/// A server: reads one command off the pieces, insisting on the continuation where RFC 9051 does.
/// Returns the tag and the arguments.
fn serve(pieces: &[CommandPiece], style: WireStyle) -> Result<(Vec<u8>, Vec<Token>), String> {
    let mut wire = Vec::new();
    let mut waits = Vec::new();
    for piece in pieces {
        match piece {
            CommandPiece::Bytes(octets) => wire.extend(octets),
            CommandPiece::AwaitContinuation => waits.push(wire.len()),
            CommandPiece::Octets(length) => wire.extend(vec![b'o'; *length as usize]),
        }
    }
    let mut at = 0;
    let mut tokens = Vec::new();
    loop {
        let octet = *wire.get(at).ok_or("ends early")?;
        match octet {
            b'"' => {
                at += 1;
                let mut text = Vec::new();
                loop {
                    match *wire.get(at).ok_or("quote has no end")? {
                        b'"' => break,
                        b'\\' => {
                            at += 1;
                            let escaped = *wire.get(at).ok_or("ends in escape")?;
                            if !matches!(escaped, b'"' | b'\\') {
                                return Err("escapes what may not be".into());
                            }
                            text.push(escaped);
                        }
                        0 | b'\r' | b'\n' => return Err("control in quotes".into()),
                        0x80.. if style.names != NameForm::Utf8 => {
                            return Err("8-bit in quotes".into());
                        }
                        plain => text.push(plain),
                    }
                    at += 1;
                }
                at += 1;
                tokens.push(Token::Text(text));
            }
            b'{' | b'~' if octet == b'{' || wire.get(at + 1) == Some(&b'{') => {
                let end = wire[at..]
                    .iter()
                    .position(|&o| o == b'\n')
                    .ok_or("no line end")?
                    + at
                    + 1;
                let announced = std::str::from_utf8(&wire[at..end]).map_err(|e| e.to_string())?;
                let number = announced.trim_start_matches('~');
                let number = number
                    .strip_prefix('{')
                    .and_then(|n| n.strip_suffix("}\r\n"))
                    .ok_or("no literal")?;
                let (number, at_once) = match number.strip_suffix('+') {
                    Some(number) => (number, true),
                    None => (number, false),
                };
                let length: usize = number.parse().map_err(|_| "no number")?;
                let allowed = match style.literals {
                    Literals::Synchronising => false,
                    Literals::Minus => length <= 4096,
                    Literals::Plus => true,
                };
                if at_once && !allowed {
                    return Err("not waited".into());
                }
                if !at_once && (waits.is_empty() || waits.remove(0) != end) {
                    return Err("no wait at a synchronising literal".into());
                }
                let text = wire.get(end..end + length).ok_or("literal too short")?;
                if text.contains(&0) && !announced.starts_with('~') {
                    return Err("NUL in a literal".into());
                }
                tokens.push(Token::Text(text.to_vec()));
                at = end + length;
            }
            _ => {
                let start = at;
                let mut depth = 0;
                while let Some(octet) = wire.get(at) {
                    match octet {
                        b'[' => depth += 1,
                        b']' => depth -= 1,
                        b' ' | b'\r' if depth == 0 => break,
                        b'(' | b')' | b' ' if depth > 0 => {}
                        b'"' | b'{' | b'(' | b')' | b'\n' | b'\r' | 0 | 0x80.. => {
                            return Err(format!("{octet} in an atom"));
                        }
                        _ => {}
                    }
                    at += 1;
                }
                if start == at {
                    return Err("empty atom".into());
                }
                tokens.push(Token::Bare(wire[start..at].to_vec()));
            }
        }
        match &wire[at..] {
            b"\r\n" => break,
            [b' ', ..] => at += 1,
            other => {
                return Err(format!(
                    "{:?} after an argument",
                    other.escape_ascii().to_string()
                ));
            }
        }
    }
    if !waits.is_empty() {
        return Err("waits for nothing".into());
    }
    match tokens.remove(0) {
        Token::Bare(tag) => Ok((tag, tokens)),
        Token::Text(_) => Err("tag is no atom".into()),
    }
}

fn nasty_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        r#"(\r\n|\r|\n|\x00|"|\\|\{5\}|\{5\+\}|A2 LOGOUT|é|&|-|NIL| |\(|\)){0,8}"#,
    ]
}

fn argument() -> impl Strategy<Value = Argument> {
    prop_oneof![
        nasty_text().prop_map(Argument::Atom),
        any::<Vec<u8>>().prop_map(Argument::String),
        nasty_text().prop_map(|text| Argument::String(text.into())),
        nasty_text().prop_map(Argument::Astring),
        proptest::option::of(nasty_text()).prop_map(Argument::Nstring),
        proptest::collection::vec(any::<u8>(), 0..5000).prop_map(Argument::Literal),
        any::<u64>().prop_map(Argument::Number),
        proptest::collection::vec(any::<u32>(), 0..20).prop_map(Argument::Set),
        nasty_text().prop_map(Argument::Mailbox),
        nasty_text().prop_map(Argument::Keyword),
        any::<i64>().prop_map(Argument::Date),
        (-60_000_000_000_i64..250_000_000_000).prop_map(Argument::DateTime),
        nasty_text().prop_map(Argument::Section),
        "[0-9.]{0,5}(MIME|TEXT)?".prop_map(Argument::Section),
        proptest::collection::vec(nasty_text(), 1..3).prop_map(Argument::Fields),
        proptest::collection::vec("[A-Za-z-]{1,9}", 1..5).prop_map(Argument::Fields),
    ]
}

fn style() -> impl Strategy<Value = WireStyle> {
    let literals = prop_oneof![
        Just(Literals::Synchronising),
        Just(Literals::Minus),
        Just(Literals::Plus)
    ];
    let names = prop_oneof![Just(NameForm::ModifiedUtf7), Just(NameForm::Utf8)];
    (literals, names).prop_map(|(literals, names)| WireStyle { literals, names })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn t24_any_arguments_are_one_command_with_those_values(
        arguments in proptest::collection::vec(argument(), 0..6),
        style in style(),
    ) {
        // Each argument alone first: one that is refused must not spoil the others' test.
        let accepted: Vec<_> = arguments
            .into_iter()
            .filter(|argument| argument.write(Command::new("A1", style)).finish().is_ok())
            // Private-use characters we keep for what servers write undecodably.
            .filter(|argument| !matches!(argument, Argument::Mailbox(name) if modified_utf7::display(name) != name.as_str()))
            .collect();
        let command = accepted.iter().fold(Command::new("A1", style), |command, argument| argument.write(command));
        let pieces = command.finish().unwrap();
        let (tag, tokens) = serve(&pieces, style).map_err(|fault| TestCaseError::fail(format!("{fault}: {accepted:?}")))?;
        prop_assert_eq!(tag, b"A1");
        prop_assert_eq!(tokens.len(), accepted.len());
        for (argument, token) in accepted.iter().zip(&tokens) {
            prop_assert!(argument.is(token, style), "{:?} {:?}", argument, token);
        }
    }
}

#[test]
fn t24_a_literal_that_ends_in_a_bracket_is_followed_by_a_space() {
    let style = WireStyle {
        literals: Literals::Plus,
        ..WireStyle::default()
    };
    let pieces = Command::new("A1", style).literal("(").number(7).finish();
    let wire = CommandPiece::Bytes(b"A1 {1+}\r\n( 7\r\n".to_vec());
    assert_eq!(pieces.unwrap(), [wire]);
}

#[test]
fn t24_crlf_in_folder_name() {
    let name = MailboxName::new("x\" {3}\r\nA2 DELETE INBOX\r\n");
    for names in [NameForm::ModifiedUtf7, NameForm::Utf8] {
        let style = WireStyle {
            names,
            ..WireStyle::default()
        };
        let pieces = Command::new("A1", style)
            .atom("CREATE")
            .mailbox(&name)
            .finish()
            .unwrap();
        let (_, tokens) = serve(&pieces, style).unwrap();
        assert_eq!(tokens.len(), 2, "{names:?}");
    }
}

#[test]
fn t24_what_a_kind_cannot_hold_is_refused() {
    let new = || Command::new("A1", WireStyle::default());
    for (command, fault) in [
        (new().atom("a b"), BadArgument::Atom),
        (new().atom(""), BadArgument::Atom),
        (new().atom("a\r\nb"), BadArgument::Atom),
        (new().atom("é"), BadArgument::Atom),
        (Command::new("A+", WireStyle::default()), BadArgument::Atom),
        (
            new().flag(&Flag::Keyword("\\Seen".into())),
            BadArgument::Atom,
        ),
        (new().string("a\0b"), BadArgument::Nul),
        (new().literal("a\0b"), BadArgument::Nul),
        (new().set(&UidSet::new()), BadArgument::EmptySet),
        (new().set(&UidSet::from([0, 1])), BadArgument::EmptySet),
        (new().section("BODY.PEEK", "1]", None), BadArgument::Section),
        (
            new().section("BODY.PEEK", "HEADER.FIELDS (A\r\nB)", None),
            BadArgument::Section,
        ),
        (
            new().section("BODY.PEEK", "HEADER.FIELDS ()", None),
            BadArgument::Section,
        ),
        (new().date(i64::MAX), BadArgument::Date),
    ] {
        assert_eq!(command.finish(), Err(fault));
    }
}

#[test]
fn t25_literals_wait_unless_the_server_takes_them() {
    let big = vec![b'x'; 4097];
    for (literals, waits) in [
        (Literals::Synchronising, 2),
        (Literals::Minus, 1),
        (Literals::Plus, 0),
    ] {
        let style = WireStyle {
            literals,
            ..WireStyle::default()
        };
        let pieces = Command::new("A1", style)
            .literal("é")
            .literal(&big)
            .finish()
            .unwrap();
        let found = pieces
            .iter()
            .filter(|piece| **piece == CommandPiece::AwaitContinuation);
        assert_eq!(found.count(), waits, "{literals:?}");
        serve(&pieces, style).unwrap();
    }
}

#[test]
fn lists_and_appends_look_as_they_should() {
    let style = WireStyle {
        literals: Literals::Plus,
        ..WireStyle::default()
    };
    let pieces = Command::new("A1", style)
        .atom("APPEND")
        .mailbox(&MailboxName::inbox())
        .flags(&[Flag::Seen, Flag::Keyword("$x".into())])
        .date_time(0)
        .stream_literal(5)
        .finish()
        .unwrap();
    assert_eq!(
        pieces,
        [
            CommandPiece::Bytes(
                b"A1 APPEND \"INBOX\" (\\Seen $x) \" 1-Jan-1970 00:00:00 +0000\" {5+}\r\n".to_vec()
            ),
            CommandPiece::Octets(5),
            CommandPiece::Bytes(b"\r\n".to_vec()),
        ]
    );
    let pieces = Command::new("A2", style)
        .atom("SELECT")
        .astring("a")
        .open()
        .atom("QRESYNC")
        .open()
        .number(1)
        .number(9)
        .set(&UidSet::from_iter(1..4))
        .close()
        .close()
        .atoms(["ALL", "COUNT"])
        .set_from(7)
        .date(0)
        .finish()
        .unwrap();
    assert_eq!(
        pieces,
        [CommandPiece::Bytes(
            b"A2 SELECT a (QRESYNC (1 9 1:3)) (ALL COUNT) 7:* 1-Jan-1970\r\n".to_vec()
        )]
    );
}

#[test]
fn t48_secrets_do_not_show_in_debug() {
    let command = Command::new("A1", WireStyle::default())
        .atom("LOGIN")
        .string("u")
        .string("geheim");
    assert!(!format!("{command:?}").contains("geheim"));
    assert!(!format!("{:?}", command.finish().unwrap()).contains("geheim"));
}
