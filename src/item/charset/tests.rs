use proptest::prelude::*;

use super::*;
use crate::item::legal::is_legal;

#[test]
fn known_answers() {
    for (label, octets, text) in [
        ("utf-8", &b"gr\xC3\xBC\xC3\x9Fe"[..], "grüße"),
        ("iso-8859-1", b"gr\xFC\xDFe \x80", "grüße €"),
        ("iso-8859-15", b"\xA4", "€"),
        ("ISO-8859-1; format=flowed", b"\xFC", "ü"),
        ("windows-1251", b"\xCF\xF0\xE8\xE2\xE5\xF2", "Привет"),
        ("cp-1251", b"\xCF\xF0\xE8\xE2\xE5\xF2", "Привет"),
        ("win1251", b"\xCF\xF0\xE8\xE2\xE5\xF2", "Привет"),
        ("koi8-r", b"\xF0\xD2\xC9\xD7\xC5\xD4", "Привет"),
        ("iso-2022-jp", b"\x1B$B$3$s$K$A$O\x1B(B", "こんにちは"),
        ("us-ascii", b"\x1B$B$3$s$K$A$O\x1B(B", "こんにちは"),
        ("shift_jis", b"\x82\xB1\x82\xF1", "こん"),
        ("cp932", b"\x82\xB1\x82\xF1", "こん"),
        ("gb2312", b"\xC4\xE3\xBA\xC3", "你好"),
        ("gb18030", b"\xC4\xE3\xBA\xC3\x95\x32\x82\x36", "你好𠀀"),
        ("hz-gb-2312", b"~{<:Ky2;~} ~~", "己所不 ~"),
        ("big5", b"\xA7\x41\xA6\x6E", "你好"),
        ("euc-kr", b"\xBE\xC8\xB3\xE7", "안녕"),
        ("ks_c_5601-1987", b"\xBE\xC8\xB3\xE7", "안녕"),
        ("iso-2022-kr", b"\x1B$)C\x0E>H3g\x0F", "안녕"),
        ("utf-7", b"Hi Mom -+Jjo--! +AOk- a+-b", "Hi Mom -☺-! é a+b"),
        ("utf-16", b"\xFF\xFEA\0\xE9\0", "Aé"),
        ("utf-16be", b"\0A\0\xE9", "Aé"),
        ("utf-16", b"\0A\0\xE9\0B", "AéB"),
        ("utf-16", b"just ASCII", "just ASCII"),
        (
            "iso-2022-jp-2",
            b"\x1B$BF|K\\\x1B(B \x1B.F\x1BNa\x1BNb \x1B$(CGQ19\x1B(B \x1B$A<:\x1B(B \x1B.A\x1BNi",
            "日本 αβ 한국 己 é",
        ),
        ("iso-2022-jp", b"\x1B(I6@6E\x1B(B", "ｶﾀｶﾅ"),
        ("iso-2022-jp-1", b"\x1B$(D&q\x1B(B\nx", "ά\nx"),
        ("us-ascii", b"\xF0\xD2\xC9\xD7\xC5\xD4", "Привет"),
        ("utf-32le", b"A\0\0\0\xE9\0\0\0", "Aé"),
        // Mislabelled.
        ("us-ascii", b"gr\xC3\xBC\xC3\x9Fe", "grüße"),
        ("iso-8859-1", b"gr\xC3\xBC\xC3\x9Fe", "grüße"),
        ("utf-8", b"gr\xFC\xDFe", "grüße"),
        ("koi8-r", "Привет".as_bytes(), "Привет"),
        ("gb2312", "你好，世界".as_bytes(), "你好，世界"),
        (
            "gb2312",
            b"\xC4\xE3\xBA\xC3\xA3\xAC\xCA\xC0\xBD\xE7",
            "你好，世界",
        ),
        ("no-such-charset", b"gr\xFC\xDFe", "grüße"),
        ("", b"\xE4", "ä"),
        // A partial fetch ends inside a character.
        ("utf-8", b"gr\xC3\xBC\xC3", "grü"),
        ("utf-8", b"\xEF\xBB\xBFbom", "bom"),
        // Illegal in XML.
        ("utf-8", b"a\0b\x0B\x1Bc\xEF\xBF\xBE", "abc"),
    ] {
        assert_eq!(decode(octets, Some(label)), text, "{label}");
    }
}

#[test]
fn html_says_utf8_whatever_it_said() {
    for (label, html, expected) in [
        (
            None,
            &b"<html><head><meta charset=windows-1251></head><body>\xCF\xF0\xE8\xE2\xE5\xF2"[..],
            "<html><head><meta charset=utf-8></head><body>Привет",
        ),
        (
            Some("utf-8"),
            b"<META HTTP-EQUIV='Content-Type' content=\"text/html; charset=ISO-8859-1\"><p>\xC3\xA9",
            "<META HTTP-EQUIV='Content-Type' content=\"text/html; charset=utf-8\"><p>é",
        ),
        (
            None,
            b"<?xml version=\"1.0\" encoding=\"iso-8859-15\"?><p>\xA4",
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><p>€",
        ),
        (
            None,
            b"<p>text charset=big5</p>",
            "<p>text charset=big5</p>",
        ),
        (
            None,
            b"<meta name=x><meta charset=\"UTF-8\">",
            "<meta name=x><meta charset=\"UTF-8\">",
        ),
    ] {
        assert_eq!(decode_html(html, label), expected);
    }
}

proptest! {
    #[test]
    fn t23_any_octets_under_any_label_are_legal(
        octets in proptest::collection::vec(any::<u8>(), 0..300),
        label in prop_oneof![
            Just("utf-8".to_owned()), Just("utf-7".into()), Just("iso-2022-jp".into()),
            Just("hz".into()), Just("iso-2022-kr".into()), Just("utf-32".into()),
            Just("utf-16".into()), Just("gb18030".into()), Just("koi8-r".into()), "\\PC{0,20}"],
    ) {
        prop_assert!(decode(&octets, Some(&label)).chars().all(is_legal));
        prop_assert!(decode_html(&octets, Some(&label)).chars().all(is_legal));
    }
}
