//! The query language of Find, as far as mail goes ([MS-KQL] 2.1): words, "phrases", AND, OR, NOT,
//! brackets, properties. Any text is a query: what is no operator and no property is looked for as
//! it stands. Linear in the text, with a bounded depth (T7).

use super::condition::Condition;
use super::dates::{Period, Today};
use super::tokens::{Token, tidy, tokens};

/// Brackets inside brackets that count; deeper ones are as if they were not there.
const MAX_DEPTH: usize = 16;

/// What a text looks for, said at that time in that place.
pub fn parse(text: &str, today: &Today) -> Condition {
    let mut parser = Parser {
        tokens: tokens(text).into_iter().peekable(),
        today,
        depth: 0,
        ignored: 0,
    };
    let mut parts = Vec::new();
    loop {
        parts.extend(parser.either(None));
        // A bracket that closes nothing.
        if parser.tokens.next().is_none() {
            break;
        }
    }
    Condition::all(parts)
}

struct Parser<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    today: &'a Today,
    depth: usize,
    /// Brackets open that are too deep to count.
    ignored: usize,
}

/// A word that joins.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Operator {
    And,
    Or,
    Not,
}

impl Operator {
    /// In capitals only: "and" is a word to look for. NEAR is an AND of which we do not measure the
    /// distance.
    fn read(token: &Token) -> Option<Self> {
        let Token::Word(word) = token else {
            return None;
        };
        match word.as_str() {
            "AND" | "&&" | "NEAR" | "ONEAR" => Some(Self::And),
            "OR" | "||" => Some(Self::Or),
            "NOT" => Some(Self::Not),
            _ => None,
        }
    }
}

/// A single condition and, if it came from a property, which.
struct Part {
    condition: Condition,
    property: Option<Property>,
}

impl Parser<'_> {
    /// `a OR b`; `None` if nothing was said. With `within`, bare words are values of that property:
    /// `from:(ann OR bob)`.
    fn either(&mut self, within: Option<Property>) -> Option<Condition> {
        let mut alternatives = Vec::new();
        alternatives.extend(self.together(within));
        while self.take(Operator::Or) {
            alternatives.extend(self.together(within));
        }
        (!alternatives.is_empty()).then(|| Condition::any(alternatives))
    }

    /// `a b AND c`. Neighbours of one property are alternatives ([MS-KQL] 2.1.5) where it is a
    /// person: nobody looks for what is from two people.
    fn together(&mut self, within: Option<Property>) -> Option<Condition> {
        let mut all: Vec<Condition> = Vec::new();
        let mut group: Vec<Condition> = Vec::new();
        let mut last = None;
        loop {
            let mut joined = false;
            while self.take(Operator::And) {
                joined = true;
            }
            let Some(said) = self.part(within) else {
                break;
            };
            if let Some(part) = said {
                let property = part.property.filter(|property| property.is_who());
                if joined || property.is_none() || property != last {
                    all.extend(alternatives(&mut group));
                }
                group.push(part.condition);
                last = property;
            }
        }
        all.extend(alternatives(&mut group));
        (!all.is_empty()).then(|| Condition::all(all))
    }

    /// One condition with what negates it, if anything was said; the outer `None` before a closing
    /// bracket, an operator, or the end.
    fn part(&mut self, within: Option<Property>) -> Option<Option<Part>> {
        let mut holds = true;
        while self.take(Operator::Not) {
            holds = !holds;
        }
        loop {
            let token = self
                .tokens
                .next_if(|token| !matches!(token, Token::Close) && Operator::read(token).is_none());
            let part = match token {
                // Too deep to count: the bracket is passed over, and so is the one that closes it.
                Some(Token::Open) if self.depth >= MAX_DEPTH => {
                    self.ignored += 1;
                    continue;
                }
                Some(Token::Open) => self.bracket(within).map(Part::plain),
                Some(Token::Phrase(before, phrase)) => self.single(&before, &phrase, within),
                Some(Token::Word(word)) => self.word(&word, within),
                Some(Token::Close) | None => {
                    if self.ignored > 0 && self.take_close() {
                        self.ignored -= 1;
                        continue;
                    }
                    return None;
                }
            };
            return Some(part.map(|part| part.when(holds)));
        }
    }

    fn bracket(&mut self, within: Option<Property>) -> Option<Condition> {
        self.depth += 1;
        let condition = self.either(within);
        self.depth -= 1;
        self.take_close();
        condition
    }

    /// `word`, `-word`, `property:value`, `property:` before a phrase, word or bracket.
    fn word(&mut self, word: &str, within: Option<Property>) -> Option<Part> {
        let Some((property, comparison, value)) = split(word) else {
            return self.single("", word, within);
        };
        if !value.is_empty() {
            let value = self.whole(property, value.to_owned());
            return self.value(property, comparison, &value);
        }
        // `from: ann` and `from:(ann OR bob)`.
        let is_value = |token: &Token| match token {
            Token::Word(word) => split(word).is_none() && Operator::read(token).is_none(),
            Token::Phrase(before, _) => before.is_empty(),
            Token::Open | Token::Close => false,
        };
        if property.is_text() && self.depth < MAX_DEPTH {
            let opens = |token: &Token| matches!(token, Token::Open);
            if self.tokens.next_if(opens).is_some() {
                return self.bracket(Some(property)).map(|condition| Part {
                    condition,
                    property: Some(property),
                });
            }
        }
        match self.tokens.next_if(is_value) {
            Some(Token::Word(value)) => {
                let value = self.whole(property, value);
                self.value(property, comparison, &value)
            }
            Some(Token::Phrase(_, value)) => self.value(property, comparison, &value),
            _ => None,
        }
    }

    /// `this week` without the quotation marks it should have.
    fn whole(&mut self, property: Property, value: String) -> String {
        let begins = ["this", "last"].contains(&value.to_ascii_lowercase().as_str());
        if property != Property::Received || !begins {
            return value;
        }
        let ends = |token: &Token| {
            let Token::Word(word) = token else {
                return false;
            };
            ["week", "month", "year"].contains(&word.to_ascii_lowercase().as_str())
        };
        match self.tokens.next_if(ends) {
            Some(Token::Word(rest)) => value + &rest,
            _ => value,
        }
    }

    /// A value with what stands before it: nothing, a sign, a property.
    fn single(&self, before: &str, value: &str, within: Option<Property>) -> Option<Part> {
        let whole = [before, value].concat();
        let (holds, rest) = match (whole.strip_prefix('-'), whole.strip_prefix('+')) {
            (Some(rest), _) if !rest.is_empty() => (false, rest),
            (_, Some(rest)) if !rest.is_empty() => (true, rest),
            _ => (true, whole.as_str()),
        };
        let part = match (split(rest), within) {
            (Some((property, comparison, value)), _) => self.value(property, comparison, value),
            (None, Some(property)) => self.value(property, Comparison::Is, rest),
            (None, None) => Some(tidy(rest))
                .filter(|text| !text.is_empty())
                .map(|text| Part::plain(Condition::Text(text))),
        };
        part.map(|part| part.when(holds))
    }

    fn value(&self, property: Property, comparison: Comparison, value: &str) -> Option<Part> {
        let part = Part {
            condition: property.condition(comparison, value, self.today)?,
            property: Some(property),
        };
        Some(part.when(comparison != Comparison::IsNot))
    }

    fn take(&mut self, wanted: Operator) -> bool {
        self.tokens
            .next_if(|token| Operator::read(token) == Some(wanted))
            .is_some()
    }

    fn take_close(&mut self) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Close))
            .is_some()
    }
}

impl Part {
    const fn plain(condition: Condition) -> Self {
        Self {
            condition,
            property: None,
        }
    }

    fn when(self, holds: bool) -> Self {
        if holds {
            self
        } else {
            Self::plain(self.condition.negated())
        }
    }
}

/// Takes what was gathered of one property.
fn alternatives(group: &mut Vec<Condition>) -> Option<Condition> {
    (!group.is_empty()).then(|| Condition::any(group.drain(..)))
}

/// How a property is compared with a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Comparison {
    Is,
    IsNot,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// `property:value`, `property>=value` in their three parts. `None` if there is no property of ours.
fn split(word: &str) -> Option<(Property, Comparison, &str)> {
    let at = word.find([':', '=', '<', '>'])?;
    let property = Property::read(word.get(..at)?)?;
    let rest = word.get(at..)?;
    // `:>=` is seen too.
    let rest = match rest.strip_prefix(':') {
        Some(after) if after.starts_with(['=', '<', '>']) => after,
        _ => rest,
    };
    let operators = [
        (">=", Comparison::GreaterOrEqual),
        ("<=", Comparison::LessOrEqual),
        ("<>", Comparison::IsNot),
        (">", Comparison::Greater),
        ("<", Comparison::Less),
        ("=", Comparison::Is),
        (":", Comparison::Is),
    ];
    operators
        .into_iter()
        .find_map(|(sign, comparison)| Some((property, comparison, rest.strip_prefix(sign)?)))
}

/// What of a message is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Property {
    Subject,
    Body,
    From,
    To,
    Cc,
    Bcc,
    /// To, Cc and Bcc.
    Recipients,
    /// And From.
    Participants,
    Received,
    HasAttachment,
    IsRead,
    IsFlagged,
    Importance,
    Size,
    Kind,
}

impl Property {
    fn read(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "subject" => Self::Subject,
            "body" | "contents" => Self::Body,
            "from" | "sender" => Self::From,
            "to" => Self::To,
            "cc" => Self::Cc,
            "bcc" => Self::Bcc,
            "recipients" => Self::Recipients,
            "participants" => Self::Participants,
            "received" | "sent" | "date" => Self::Received,
            "hasattachment" | "hasattachments" => Self::HasAttachment,
            "isread" | "read" => Self::IsRead,
            "isflagged" | "flagged" | "hasflag" => Self::IsFlagged,
            "importance" => Self::Importance,
            "size" | "messagesize" => Self::Size,
            "kind" => Self::Kind,
            _ => return None,
        })
    }

    /// The value is words.
    const fn is_text(self) -> bool {
        matches!(self, Self::Subject | Self::Body) || self.is_who()
    }

    /// The value is a person.
    const fn is_who(self) -> bool {
        matches!(
            self,
            Self::From | Self::To | Self::Cc | Self::Bcc | Self::Recipients | Self::Participants
        )
    }

    /// What a value of this property asks for; a value that is none of it is looked for as text.
    /// `None` for no value.
    fn condition(self, comparison: Comparison, value: &str, today: &Today) -> Option<Condition> {
        let words = tidy(value);
        if words.is_empty() {
            return None;
        }
        let known = match self {
            Self::Subject => Some(Condition::Subject(words.clone())),
            Self::Body => Some(Condition::Body(words.clone())),
            Self::From => Some(Condition::From(words.clone())),
            Self::To => Some(Condition::To(words.clone())),
            Self::Cc => Some(Condition::Cc(words.clone())),
            Self::Bcc => Some(Condition::Bcc(words.clone())),
            Self::Recipients => Some(recipients(&words)),
            Self::Participants => Some(Condition::any([
                Condition::From(words.clone()),
                recipients(&words),
            ])),
            Self::Received => received(comparison, &words, today),
            Self::HasAttachment => truth(&words).map(|yes| Condition::HasAttachment.when(yes)),
            Self::IsRead => truth(&words).map(|yes| Condition::Read.when(yes)),
            Self::IsFlagged => truth(&words).map(|yes| Condition::Flagged.when(yes)),
            Self::Importance => importance(&words),
            Self::Size => size(comparison, &words),
            Self::Kind => kind(&words),
        };
        Some(known.unwrap_or(Condition::Text(words)))
    }
}

fn recipients(words: &str) -> Condition {
    Condition::any([
        Condition::To(words.to_owned()),
        Condition::Cc(words.to_owned()),
        Condition::Bcc(words.to_owned()),
    ])
}

fn received(comparison: Comparison, value: &str, today: &Today) -> Option<Condition> {
    let period = match value.split_once("..") {
        Some((first, last)) => Period {
            first: today.period(first.trim())?.first,
            end: today.period(last.trim())?.end,
        },
        None => today.period(value)?,
    };
    Some(match comparison {
        Comparison::Is | Comparison::IsNot => Condition::all([
            Condition::Since(period.first),
            Condition::Before(period.end),
        ]),
        Comparison::Less => Condition::Before(period.first),
        Comparison::LessOrEqual => Condition::Before(period.end),
        Comparison::Greater => Condition::Since(period.end),
        Comparison::GreaterOrEqual => Condition::Since(period.first),
    })
}

fn size(comparison: Comparison, value: &str) -> Option<Condition> {
    let above = |size: u64| match size.checked_sub(1) {
        Some(below) => Condition::Larger(below),
        None => Condition::All,
    };
    if let Some((least, most)) = value.split_once("..") {
        let (least, most) = (octets(least)?, octets(most)?);
        return Some(Condition::all([
            above(least),
            Condition::Smaller(most.saturating_add(1)),
        ]));
    }
    let size = octets(value)?;
    Some(match comparison {
        Comparison::Is | Comparison::IsNot => {
            Condition::all([above(size), Condition::Smaller(size.saturating_add(1))])
        }
        Comparison::Less => Condition::Smaller(size),
        Comparison::LessOrEqual => Condition::Smaller(size.saturating_add(1)),
        Comparison::Greater => Condition::Larger(size),
        Comparison::GreaterOrEqual => above(size),
    })
}

/// `1048576`, `1MB`, `512 kb`.
fn octets(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        _ => return None,
    };
    // RFC 9051 9: search keys take numbers of 63 bits; some servers take 32.
    let octets = number.parse::<u64>().ok()?.checked_mul(scale)?;
    Some(octets.min(u64::from(u32::MAX) - 1))
}

fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

fn importance(value: &str) -> Option<Condition> {
    let level = match value.to_ascii_lowercase().as_str() {
        "low" => 0,
        "normal" | "medium" => 1,
        "high" => 2,
        _ => return None,
    };
    Some(Condition::Importance(level))
}

/// Here all is mail; the other kinds of items are not in these folders.
fn kind(value: &str) -> Option<Condition> {
    match value.to_ascii_lowercase().as_str() {
        "email" | "mail" | "message" | "messages" => Some(Condition::All),
        "contacts" | "docs" | "faxes" | "im" | "journals" | "meetings" | "microsoftteams"
        | "notes" | "posts" | "rssfeeds" | "tasks" | "voicemail" => Some(Condition::Nothing),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn today() -> Today {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a time");
        Today {
            now: now.as_second(),
            zone: TimeZone::UTC,
        }
    }

    fn query(text: &str) -> Condition {
        parse(text, &today())
    }

    fn text(text: &str) -> Condition {
        Condition::Text(text.into())
    }

    fn from(text: &str) -> Condition {
        Condition::From(text.into())
    }

    fn day(text: &str) -> i64 {
        let at: Timestamp = format!("{text}T00:00:00Z").parse().expect("a day");
        at.as_second()
    }

    #[test]
    fn words_phrases_and_operators() {
        use Condition::{And, Not, Nothing, Or};
        let not = |condition: Condition| Not(Box::new(condition));
        for (said, meant) in [
            ("tea", text("tea")),
            ("tea cake", And(vec![text("tea"), text("cake")])),
            ("tea AND cake", And(vec![text("tea"), text("cake")])),
            ("tea OR cake", Or(vec![text("tea"), text("cake")])),
            (
                "tea and cake",
                And(vec![text("tea"), text("and"), text("cake")]),
            ),
            (
                "a OR b c",
                Or(vec![text("a"), And(vec![text("b"), text("c")])]),
            ),
            (
                "(a OR b) c",
                And(vec![Or(vec![text("a"), text("b")]), text("c")]),
            ),
            ("tea NOT cake", And(vec![text("tea"), not(text("cake"))])),
            ("tea -cake", And(vec![text("tea"), not(text("cake"))])),
            ("NOT NOT tea", text("tea")),
            ("+tea", text("tea")),
            ("tea*", text("tea")),
            ("\"green tea\"", text("green tea")),
            ("-\"green tea\"", not(text("green tea"))),
            ("NOT (a b)", not(And(vec![text("a"), text("b")]))),
            ("NOT kind:email", Nothing),
            ("kind:contacts tea", Nothing),
            ("kind:email tea", text("tea")),
        ] {
            assert_eq!(query(said), meant, "{said}");
        }
    }

    #[test]
    fn properties() {
        use Condition::{And, Before, Body, Flagged, HasAttachment, Importance, Or, Read, Since};
        let not = |condition: Condition| Condition::Not(Box::new(condition));
        for (said, meant) in [
            ("from:ann", from("ann")),
            ("FROM:ann", from("ann")),
            ("from: ann", from("ann")),
            ("from:\"Ann B\"", from("Ann B")),
            ("-from:ann", not(from("ann"))),
            ("from<>ann", not(from("ann"))),
            ("from:ann from:bob", Or(vec![from("ann"), from("bob")])),
            ("from:ann AND from:bob", And(vec![from("ann"), from("bob")])),
            ("from:(ann OR bob)", Or(vec![from("ann"), from("bob")])),
            ("body:tea", Body("tea".into())),
            (
                "subject:a subject:b",
                And(vec![
                    Condition::Subject("a".into()),
                    Condition::Subject("b".into()),
                ]),
            ),
            (
                "participants:ann",
                Or(vec![
                    from("ann"),
                    Condition::To("ann".into()),
                    Condition::Cc("ann".into()),
                    Condition::Bcc("ann".into()),
                ]),
            ),
            ("hasattachment:true", HasAttachment),
            ("hasattachment:no", not(HasAttachment)),
            ("isread:false isflagged:yes", And(vec![not(Read), Flagged])),
            ("importance:high", Importance(2)),
            (
                "received:2026-11-24",
                And(vec![Since(day("2026-11-24")), Before(day("2026-11-25"))]),
            ),
            ("received>=2026-11-24", Since(day("2026-11-24"))),
            ("received:>2026-11-24", Since(day("2026-11-25"))),
            ("received<2026-11-24", Before(day("2026-11-24"))),
            ("received<=2026-11-24", Before(day("2026-11-25"))),
            (
                "received:2026-11-01..2026-11-24",
                And(vec![Since(day("2026-11-01")), Before(day("2026-11-25"))]),
            ),
            (
                "received:this week tea",
                And(vec![
                    Since(day("2026-11-23")),
                    Before(day("2026-11-30")),
                    text("tea"),
                ]),
            ),
            (
                "received:\"last month\"",
                And(vec![Since(day("2026-10-01")), Before(day("2026-11-01"))]),
            ),
            ("size>1MB", Condition::Larger(1 << 20)),
            ("size>=1", Condition::Larger(0)),
            ("size<10kb", Condition::Smaller(10 << 10)),
            (
                "size:1..100",
                And(vec![Condition::Larger(0), Condition::Smaller(101)]),
            ),
        ] {
            assert_eq!(query(said), meant, "{said}");
        }
    }

    #[test]
    fn what_is_no_property_or_no_value_of_it_is_text() {
        for (said, meant) in [
            ("12:30", "12:30"),
            ("http://example.com/", "http://example.com/"),
            ("unknown:x", "unknown:x"),
            ("unknown:\"x y\"", "unknown:x y"),
            ("importance:blue", "blue"),
            ("received:someday", "someday"),
            ("size:large", "large"),
            ("a@b.c", "a@b.c"),
        ] {
            assert_eq!(query(said), text(meant), "{said}");
        }
    }

    #[test]
    fn what_says_nothing_asks_for_nothing() {
        for said in [
            "",
            " ",
            "*",
            "()",
            "((",
            "))",
            "AND",
            "OR",
            "NOT",
            "AND OR NOT",
            "from:",
            "from:\"\"",
            "\"\"",
            "NOT ()",
            "( OR )",
            "\r\n\0",
        ] {
            assert_eq!(query(said), Condition::All, "{said:?}");
        }
        assert_eq!(query("OR tea OR"), text("tea"));
        assert_eq!(query("from: OR tea"), text("tea"));
        assert_eq!(query(") tea ("), text("tea"));
    }

    #[test]
    fn t7_depth_and_length_cost_nothing() {
        let deep = format!("{}tea{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(query(&deep), text("tea"));
        let after = format!("{}tea{} OR cake", "(".repeat(40), ")".repeat(40));
        assert_eq!(
            query(&after),
            Condition::Or(vec![text("tea"), text("cake")])
        );
        assert_eq!(query(&"NOT ".repeat(100_001)), Condition::All);
        assert_eq!(query(&"from:a ".repeat(50_000)).size(), 50_000);
        assert_eq!(query(&"from:(".repeat(50_000)), Condition::All);
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(said in "\\PC{0,60}") {
            query(&said);
        }

        #[test]
        fn any_sentence_is_a_query(
            words in proptest::collection::vec(
                prop_oneof![
                    "[a-z]{1,4}", Just("AND".to_owned()), Just("OR".to_owned()), Just("NOT".to_owned()),
                    Just("(".to_owned()), Just(")".to_owned()), Just("\"".to_owned()), Just("from:".to_owned()),
                    Just("received:".to_owned()), Just("-".to_owned()), Just("size>".to_owned()),
                    Just("\r\nA1 LOGOUT\r\n".to_owned()), Just("\0".to_owned()),
                ],
                0..40,
            ),
        ) {
            let condition = query(&words.join(" "));
            // Nothing that is looked for could end a line.
            for text in condition.texts() {
                prop_assert!(!text.is_empty());
                prop_assert!(!text.contains(['\r', '\n', '\0']));
            }
        }
    }
}
