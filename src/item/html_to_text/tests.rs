use proptest::prelude::*;

use super::*;
use crate::item::legal::is_legal;

#[test]
fn known_answers() {
    for (html, text) in [
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\r\n\r\ntwo"),
        (
            "one<br>two<br/><br>three<br><br><br>four",
            "one\r\ntwo\r\n\r\nthree\r\n\r\nfour",
        ),
        ("<div>a</div><div><br></div><div>b</div>", "a\r\n\r\nb"),
        ("a  \r\n b&nbsp;&nbsp;c", "a b c"),
        (
            "a&amp;b &lt;c&gt; &euro; &#8364; &#x1F600;",
            "a&b <c> € € 😀",
        ),
        ("<b>bo</b>ld", "bold"),
        (
            "<table><tr><td>Name</td><td>Price</td></tr><tr><th>Tea</th><th><p>3 €</p></th></tr></table>",
            "Name\tPrice\r\nTea\r\n\r\n3 €",
        ),
        (
            "<ul><li>one<li><p>two</p><ol><li>x</li><li>y</li></ol></ul>end",
            "* one\r\n* two\r\n\r\n  1. x\r\n  2. y\r\n\r\nend",
        ),
        (
            "<p>a</p><blockquote><p>q1</p><blockquote>q2</blockquote>q3</blockquote>b",
            "a\r\n\r\n> q1\r\n>\r\n>> q2\r\n>\r\n> q3\r\n\r\nb",
        ),
        ("<pre>a\n  b\n\nc</pre>d", "a\r\n  b\r\n\r\nc\r\n\r\nd"),
        (
            "<a href=\"https://example.com/x\">here</a>.",
            "here <https://example.com/x>.",
        ),
        (
            "<a href='https://example.com/'>example.com</a>",
            "example.com",
        ),
        (
            "<a href=mailto:a@b>a@b</a> <a href='#x'>up</a> <a href='javascript:x'>j</a>",
            "a@b up j",
        ),
        ("<a href=x><img src=y alt='A  cat'></a>z", "[A cat]z"),
        (
            "<style>p{}</style><script>x</script><title>t</title><p>body",
            "body",
        ),
        ("<html><head><meta x><body>text", "text"),
        ("<!-- c --><!--[if mso]><p>x</p><![endif]-->y", "y"),
        (
            "a<hr>b",
            "a\r\n----------------------------------------\r\nb",
        ),
        (
            "<p>unclosed <b>everything <i>here",
            "unclosed everything here",
        ),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        ("", ""),
        ("<div><div><div></div></div></div>", ""),
    ] {
        assert_eq!(html_to_text(html, Style::Full), text, "{html}");
    }
    assert_eq!(
        html_to_text(
            "<a href='https://x.y/z'>go</a><ul><li>one</ul><img alt=cat><hr>",
            Style::Words
        ),
        "go\r\n\r\none"
    );
}

#[test]
fn a_preview_reads_only_what_it_needs() {
    let html = format!("<p>{}</p>", "word </p><p>".repeat(1000));
    let text = convert(&html, Style::Words, 50);
    assert!((50..100).contains(&text.len()), "{}", text.len());
}

proptest! {
    #[test]
    fn t23_any_html_gives_legal_text(
        pieces in proptest::collection::vec(prop_oneof![
            Just("<".to_owned()), Just("<p>".into()), Just("<blockquote>".into()),
            Just("</blockquote>".into()), Just("<li>".into()), Just("<pre>".into()),
            Just("<a href='".into()), Just("&#0;".into()), Just("&#xFFFE;".into()),
            Just("<style>".into()), "\\PC{0,5}"], 0..40),
    ) {
        for style in [Style::Full, Style::Words] {
            prop_assert!(html_to_text(&pieces.concat(), style).chars().all(is_legal));
        }
    }
}
