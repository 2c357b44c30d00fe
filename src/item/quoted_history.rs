//! The new text of a reply without the history below it, for BodyPart (14.1, REFERENCE.md 10.1).
//! A guess from the marks that mail programs leave; without one the whole body is the part.

/// Marks before the history in HTML, as Gmail, Outlook (on the web, on Windows, older), Apple Mail,
/// Thunderbird, Yahoo, Proton, NetEase and AOSP write them. Lower case. What stands before the
/// element with the mark is new.
const HTML_MARKS: [&str; 14] = [
    "class=\"gmail_quote",
    "class=\"gmail_attr",
    "id=\"appendonsend\"",
    "id=\"divrplyfwdmsg\"",
    "id=\"mail-editor-reference-message-container\"",
    "border:none;border-top:solid #e1e1e1",
    "border:none;border-top:solid #b5c4df",
    "type=\"cite\"",
    "class=\"moz-cite-prefix\"",
    "class=\"yahoo_quoted",
    "class=\"protonmail_quote",
    "id=\"isreplycontent\"",
    "class=\"quote\"",
    "name=\"quote\"",
];
/// Lines before the history, in either form, as Samsung, Outlook and their kin write them. Lower
/// case.
const LINES: [&str; 5] = [
    "-------- original message --------",
    "-----original message-----",
    "----- original message -----",
    "-----ursprüngliche nachricht-----",
    "________________________________",
];
/// Longest line that tells who wrote what follows; longer ones are text.
const MAX_ATTRIBUTION: usize = 200;

/// HTML up to its history.
pub(crate) fn new_html(html: &str) -> &str {
    // ASCII lower case keeps every offset.
    let lower = html.to_ascii_lowercase();
    let mark = HTML_MARKS.iter().filter_map(|mark| lower.find(mark)).min();
    let start = mark.and_then(|mark| lower.get(..mark)?.rfind('<'));
    let line = LINES.iter().filter_map(|line| lower.find(line)).min();
    match start.into_iter().chain(line).min() {
        Some(end) => new_part(html, end, |new| {
            let words = crate::item::html_to_text::Style::Words;
            !crate::item::html_to_text::convert(new, words, 1)
                .trim()
                .is_empty()
        }),
        None => html,
    }
}

/// Plain text up to its history: a line that announces it, or quoted lines to the end, with the
/// line above that says whose they are.
pub(crate) fn new_text(text: &str) -> &str {
    let mut at = 0;
    // Where the last run of quoted lines begins, and the last line before it with something on it.
    let mut quoted: Option<usize> = None;
    let mut spoken: Option<(usize, &str)> = None;
    let mut before_quote = None;
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        let lower = words.to_lowercase();
        if LINES.contains(&lower.as_str()) {
            return new_part(text, at, has_words);
        }
        if words.starts_with('>') {
            if quoted.is_none() {
                quoted = Some(at);
                before_quote = spoken;
            }
        } else if !words.is_empty() {
            quoted = None;
            spoken = Some((at, words));
        }
        at += line.len();
    }
    let Some(quoted) = quoted else {
        return text;
    };
    let attribution = before_quote
        .filter(|(_, words)| words.ends_with(':') && words.len() <= MAX_ATTRIBUTION)
        .map(|(at, _)| at);
    new_part(text, attribution.unwrap_or(quoted), has_words)
}

/// A reply below its quotation has nothing before the mark: then everything is new.
fn new_part(all: &str, end: usize, says_something: impl Fn(&str) -> bool) -> &str {
    match all.get(..end) {
        Some(new) if says_something(new) => new,
        _ => all,
    }
}

fn has_words(text: &str) -> bool {
    !text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        for (html, new) in [
            (
                "<p>Yes</p><div class=\"gmail_quote\">On Monday",
                "<p>Yes</p>",
            ),
            (
                "<p>Yes</p><blockquote TYPE=\"cite\">old</blockquote>",
                "<p>Yes</p>",
            ),
            ("<p>Yes</p><div id=\"divRplyFwdMsg\">From", "<p>Yes</p>"),
            (
                "<p>Yes</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>From",
                "<p>Yes</p>",
            ),
            (
                "<p>Yes</p>-------- Original message --------<br>From",
                "<p>Yes</p>",
            ),
            (
                "<blockquote type=\"cite\">old</blockquote>new",
                "<blockquote type=\"cite\">old</blockquote>new",
            ),
            ("<p>No history</p>", "<p>No history</p>"),
        ] {
            assert_eq!(new_html(html), new, "{html}");
        }
    }

    #[test]
    fn plain_text_ends_before_what_it_quotes() {
        for (text, new) in [
            ("Yes\n\nOn Monday Bob wrote:\n> old\n>> older\n", "Yes\n\n"),
            ("Yes\n\n> old\n", "Yes\n\n"),
            ("Yes\n\n-----Original Message-----\nFrom: Bob\n", "Yes\n\n"),
            ("> old\n\nYes\n", "> old\n\nYes\n"),
            (
                "On Monday:\n> old\nYes\n> more\nNo",
                "On Monday:\n> old\nYes\n> more\nNo",
            ),
            (
                "On Monday:\n> old\nYes\n> more\n",
                "On Monday:\n> old\nYes\n",
            ),
            ("> only\n", "> only\n"),
            ("Hello\n", "Hello\n"),
            ("", ""),
        ] {
            assert_eq!(new_text(text), new, "{text}");
        }
    }
}
