//! Cutting bodies (REFERENCE.md 10.1): TruncationSize counts octets of UTF-8, or characters below
//! 12.0; a cut never splits a character and, in HTML, no tag and no entity.

/// How much of a body the phone takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Limit {
    None,
    Octets(u64),
    /// The Truncation codes of 12.1 and older count characters.
    Characters(u64),
}

/// Longest entity looked for before a cut: `&CounterClockwiseContourIntegral;` has 33.
const MAX_ENTITY: usize = 34;
/// How many combining characters a cut steps back over, so that no accent or emoji part is lost.
const MAX_COMBINING: usize = 8;

impl Limit {
    /// At most this many octets can be needed.
    pub(crate) const fn most_octets(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Octets(count) => Some(count),
            Self::Characters(count) => Some(count.saturating_mul(4)),
        }
    }

    /// The octets of `text` inside the limit.
    fn index(self, text: &str) -> usize {
        match self {
            Self::None => text.len(),
            Self::Octets(count) => {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                text.floor_char_boundary(count)
            }
            Self::Characters(count) => {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                text.char_indices()
                    .nth(count)
                    .map_or(text.len(), |(index, _)| index)
            }
        }
    }
}

/// Shortens plain text or MIME. True when something was cut.
pub(crate) fn text(text: &mut String, limit: Limit) -> bool {
    let mut cut = limit.index(text);
    if cut >= text.len() {
        return false;
    }
    cut = before_combining(text, cut);
    if text.get(..cut).is_some_and(|kept| kept.ends_with('\r'))
        && text.get(cut..).is_some_and(|rest| rest.starts_with('\n'))
    {
        cut -= 1;
    }
    text.truncate(cut);
    true
}

/// Shortens HTML. True when something was cut.
pub(crate) fn html(html: &mut String, limit: Limit) -> bool {
    let cut = limit.index(html);
    if cut >= html.len() {
        return false;
    }
    let cut = html_border(html, before_combining(html, cut));
    html.truncate(cut);
    true
}

/// Removes what a partial fetch left of a tag or entity at the end.
pub(crate) fn html_end(html: &mut String) {
    let cut = html_border(html, html.len());
    html.truncate(cut);
}

/// The nearest place at or before `cut` outside tags and entities.
fn html_border(html: &str, cut: usize) -> usize {
    let kept = html.get(..cut).unwrap_or_default();
    let opens = |at: usize| {
        html.as_bytes()
            .get(at + 1)
            .is_none_or(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?'))
    };
    if let Some(open) = kept.rfind('<')
        && !kept.get(open..).unwrap_or_default().contains('>')
        && opens(open)
    {
        return open;
    }
    let near = kept.floor_char_boundary(kept.len().saturating_sub(MAX_ENTITY));
    let tail = kept.get(near..).unwrap_or_default();
    if let Some(offset) = tail.rfind('&') {
        let entity = tail.get(offset + 1..).unwrap_or_default();
        if entity
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'#')
        {
            return near + offset;
        }
    }
    cut
}

/// Steps back over marks that belong to the character before the cut.
fn before_combining(text: &str, mut cut: usize) -> usize {
    let start = cut;
    for _ in 0..MAX_COMBINING {
        let (before, after) = text.split_at(cut);
        let joins = after.chars().next().is_some_and(is_combining) || before.ends_with('\u{200D}');
        let Some(last) = before.chars().next_back().filter(|_| joins) else {
            return cut;
        };
        cut -= last.len_utf8();
    }
    start
}

const fn is_combining(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}' | '\u{200D}' | '\u{20D0}'..='\u{20FF}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut_html(input: &str, octets: u64) -> String {
        let mut text = input.to_owned();
        html(&mut text, Limit::Octets(octets));
        text
    }

    #[test]
    fn t22_html_is_cut_outside_tags_and_entities() {
        for (input, octets, kept) in [
            ("<p>one</p>", 5, "<p>on"),
            ("<p>one</p>", 8, "<p>one"),
            ("<p>one</p>", 100, "<p>one</p>"),
            ("a &amp; b", 5, "a "),
            ("a &amp; b", 7, "a &amp;"),
            ("1 < 2 and 3", 6, "1 < 2 "),
            ("<a title=\"x>y\">z", 9, ""),
            ("x<!-- comment", 8, "x"),
            ("\u{e9}\u{e9}", 3, "\u{e9}"),
            ("R&D is fine here, isn't it", 10, "R&D is fin"),
        ] {
            assert_eq!(cut_html(input, octets), kept, "{input} at {octets}");
        }
    }

    #[test]
    fn text_is_cut_between_characters_accents_and_line_ends() {
        for (input, limit, kept) in [
            ("a\u{308}b", Limit::Octets(2), ""),
            ("ab\r\ncd", Limit::Octets(3), "ab"),
            ("\u{1F468}\u{200D}\u{1F469}x", Limit::Octets(7), ""),
            ("\u{1F468}x", Limit::Octets(3), ""),
            ("äöü", Limit::Characters(2), "äö"),
            ("äöü", Limit::Octets(0), ""),
            ("äöü", Limit::None, "äöü"),
        ] {
            let mut data = input.to_owned();
            let cut = text(&mut data, limit);
            assert_eq!(data, kept, "{input:?}");
            assert_eq!(cut, data.len() < input.len());
        }
    }

    proptest! {
        #[test]
        fn a_cut_never_splits_a_character_and_never_exceeds(input in "\\PC{0,60}", limit in 0_u64..80) {
            for cut in [text, html] {
                let mut data = input.clone();
                let shortened = cut(&mut data, Limit::Octets(limit));
                prop_assert!(input.starts_with(&data));
                prop_assert!(data.len() as u64 <= limit || !shortened);
                prop_assert_eq!(shortened, data.len() < input.len());
            }
        }
    }
}
