//! How text stands in values and parameters: backslashes (RFC 5545 3.3.11, RFC 6350 3.4), carets
//! (RFC 6868), and the separators of lists and structured values.

/// Text as a value: what would end it or divide it gets a backslash.
pub fn escape_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | ',' | ';' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\r' => {
                characters.next_if_eq(&'\n');
                escaped.push_str("\\n");
            }
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push('\t'),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// The text of a value. A backslash before anything else than it may stand before stays: people
/// write paths.
pub fn unescape_text(value: &str) -> String {
    if !value.contains('\\') {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n' | 'N') => text.push('\n'),
            Some(escaped @ ('\\' | ',' | ';' | ':' | '"')) => text.push(escaped),
            Some(other) => {
                text.push('\\');
                text.push(other);
            }
            None => text.push('\\'),
        }
    }
    text
}

/// The texts of a list: separated by commas that no backslash stands before.
pub fn split_list(value: &str) -> Vec<String> {
    split(value, ',').map(unescape_text).collect()
}

/// The components of a structured value, still escaped: each may be a list.
pub fn split_structured(value: &str) -> Vec<&str> {
    split(value, ';').collect()
}

fn split(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    value.split(move |character| {
        let divides = character == separator && !escaped;
        escaped = character == '\\' && !escaped;
        divides
    })
}

/// A whole text as vCard 2.1 writes it, where backslashes are people's own: only those are doubled
/// that stand before what a reader takes for escaped.
pub fn escape_old_text(text: &str) -> String {
    doubled(text, &[';', ','], false)
}

/// A component of a structured value as vCard 2.1 writes it.
pub fn escape_old_component(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 4);
    for (at, part) in text.split(';').enumerate() {
        if at > 0 {
            escaped.push_str("\\;");
        }
        escaped.push_str(&doubled(part, &[], true));
    }
    escaped
}

/// What a whole text in vCard 2.1 says.
pub(super) fn from_old_text(value: &str) -> String {
    halved(value, &[';', ','], false)
}

/// What a component of a structured value in vCard 2.1 says.
pub(super) fn from_old_component(component: &str) -> String {
    halved(component, &[';'], true)
}

/// Each run of backslashes before one of these, or at the end, twice as long.
fn doubled(text: &str, before: &[char], at_end: bool) -> String {
    runs(text, before, at_end, |run, _| run * 2)
}

/// Each run of backslashes before one of these, or at the end, half as long. A single one before a
/// separator escapes it; a single one at the end stands for itself.
fn halved(text: &str, before: &[char], at_end: bool) -> String {
    runs(text, before, at_end, |run, ends| match ends {
        true => run.div_ceil(2),
        false => run / 2,
    })
}

/// The text with another length for the runs of backslashes before one of these and, where wanted, for
/// the one at the end, which the function is told.
fn runs(
    text: &str,
    before: &[char],
    at_end: bool,
    length: impl Fn(usize, bool) -> usize,
) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut run = 0;
    let put = |out: &mut String, count: usize| out.extend(std::iter::repeat_n('\\', count));
    for character in text.chars() {
        if character == '\\' {
            run += 1;
            continue;
        }
        let counts = before.contains(&character);
        put(&mut out, if counts { length(run, false) } else { run });
        run = 0;
        out.push(character);
    }
    put(&mut out, if at_end { length(run, true) } else { run });
    out
}

/// RFC 6868 3.2, reading.
pub(super) fn from_carets(value: &str) -> String {
    if !value.contains('^') {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let meant = match (character, characters.peek()) {
            ('^', Some('n')) => '\n',
            ('^', Some('^')) => '^',
            ('^', Some('\'')) => '"',
            (other, _) => {
                text.push(other);
                continue;
            }
        };
        characters.next();
        text.push(meant);
    }
    text
}

/// A parameter's value as it may be written: carets for what may not stand in it, quotes where a
/// separator does.
pub(super) fn to_parameter(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '^' => value.push_str("^^"),
            '"' => value.push_str("^'"),
            '\r' => {
                characters.next_if_eq(&'\n');
                value.push_str("^n");
            }
            '\n' => value.push_str("^n"),
            control if control.is_control() && control != '\t' => {}
            other => value.push(other),
        }
    }
    if value.contains([':', ';', ',']) || value.is_empty() {
        value = format!("\"{value}\"");
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_read_as_people_write_them() {
        for (value, text) in [
            (r"a\, b\; c\\d", r"a, b; c\d"),
            (r"one\ntwo\Nthree", "one\ntwo\nthree"),
            (r"C:\temp", r"C:\temp"),
            (r"a\:b", "a:b"),
            (r"end\", r"end\"),
        ] {
            assert_eq!(unescape_text(value), text);
        }
        assert_eq!(split_list(r"a,b\,c,,d"), ["a", "b,c", "", "d"]);
        assert_eq!(split_list(r"a\\,b"), [r"a\", "b"]);
        assert_eq!(split_structured(r"x;a\;b;"), ["x", r"a\;b", ""]);
    }

    #[test]
    fn carets_go_both_ways() {
        for (text, value) in [
            ("George \"Babe\" Ruth", "George ^'Babe^' Ruth"),
            ("a^b", "a^^b"),
            ("two\nlines", "two^nlines"),
            ("a:b", "\"a:b\""),
        ] {
            assert_eq!(to_parameter(text), value);
            assert_eq!(from_carets(value.trim_matches('"')), text);
        }
        assert_eq!(from_carets("a^xb^"), "a^xb^");
    }

    proptest! {
        #[test]
        fn any_text_survives(text in "[^\\p{Cc}]{0,40}(\n[^\\p{Cc}]{0,20}){0,3}") {
            prop_assert_eq!(from_old_text(&escape_old_text(&text)), text.clone());
            let pair = format!("{};{0}", escape_old_component(&text));
            for component in split_structured(&pair) {
                prop_assert_eq!(from_old_component(component), text.clone());
            }
            prop_assert_eq!(split_structured(&pair).len(), 2);
            prop_assert_eq!(unescape_text(&escape_text(&text)), text.clone());
            prop_assert_eq!(split_list(&escape_text(&text)), vec![text]);
        }
    }
}
