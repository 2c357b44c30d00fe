use proptest::prelude::*;

use super::*;
use crate::item::legal::is_legal;

#[test]
fn fields_are_found_however_they_are_folded() {
    let headers = Headers::read(
        b"From : a@b\r\nSubject: one\r\n two\r\n\tthree\nX-Empty:\r\nno colon here\r\nTO:c@d\r\n\r\nCc: body",
    );
    assert_eq!(headers.raw("from"), Some(&b"a@b"[..]));
    assert_eq!(
        headers.text("subject", None).as_deref(),
        Some("one two three")
    );
    assert_eq!(headers.raw("x-empty"), Some(&b""[..]));
    assert_eq!(headers.raw("To"), Some(&b"c@d"[..]));
    assert_eq!(headers.raw("Cc"), None);
}

#[test]
fn words_are_read_as_meant() {
    for (value, text) in [
        (&b"plain text"[..], "plain text"),
        (b"=?utf-8?Q?gr=C3=BC=C3=9Fe?=", "grüße"),
        (b"=?UTF-8?b?Z3LDvMOfZQ==?=", "grüße"),
        (b"=?utf-8?B?Z3LDvMOfZQ?=", "grüße"),
        (b"=?iso-8859-1*de?Q?gr=FC=DFe_an_alle?=", "grüße an alle"),
        (b"a =?utf-8?Q?b?= =?utf-8?Q?c?= d", "a bc d"),
        (b"=?utf-8?Q?b?=\r\n =?utf-8?Q?c?=", "bc"),
        // A character split across words, as many mailers do.
        (b"=?utf-8?Q?gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=", "grüße"),
        (
            b"=?utf-8?B?44GT?= =?utf-8?B?4w==?= =?utf-8?B?gpM=?=",
            "こん",
        ),
        // Broken: blanks inside, no blank around, no end, no charset, unknown charset.
        (b"=?utf-8?Q?gr=C3=BC=C3=9Fe an alle?=", "grüße an alle"),
        (b"Re:=?utf-8?Q?b?=c", "Re:bc"),
        (b"=?utf-8?Q?gr=C3=BC", "grü"),
        (b"=?utf-8?Q?one =?utf-8?Q?two?=", "onetwo"),
        (b"=??Q?x?=", "=??Q?x?="),
        (b"=?utf-8?X?x?=", "=?utf-8?X?x?="),
        (b"=?no-such?Q?gr=FC=DFe?=", "grüße"),
        (b"=?utf-8?Q??= x", "x"),
        (b"=?utf-8?Q?=C3=A9?=", "é"),
        (b"=?utf-8?Q?what??=", "what?"),
        (b"2 =? 3", "2 =? 3"),
        // 8-bit without a label.
        ("grüße".as_bytes(), "grüße"),
        (b"gr\xFC\xDFe", "grüße"),
        (b"=?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        (b"\x1B$B$3$s$K$A$O\x1B(B", "こんにちは"),
        (b"=?utf-7?Q?+AOk-?=", "é"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        // T27: no line end and no control gets out.
        (b"=?utf-8?Q?a=0D=0ABcc:_x=00=07?=", "a Bcc: x"),
    ] {
        assert_eq!(decode_text(value, None), text, "{}", value.escape_ascii());
    }
}

#[test]
fn raw_octets_follow_the_bodys_charset() {
    let value = b"\xCF\xF0\xE8\xE2\xE5\xF2";
    assert_eq!(decode_text(value, Some("windows-1251")), "Привет");
    assert_eq!(decode_text("Привет".as_bytes(), Some("koi8-r")), "Привет");
}

proptest! {
    #[test]
    fn t23_t27_any_octets_are_one_legal_line(
        octets in proptest::collection::vec(any::<u8>(), 0..300),
        pieces in proptest::collection::vec(prop_oneof![
            Just("=?".to_owned()), Just("?=".into()), Just("utf-8".into()), Just("?Q?".into()),
            Just("?B?".into()), Just(" ".into()), "\\PC{0,4}"], 0..40),
    ) {
        for value in [octets.as_slice(), pieces.concat().as_bytes()] {
            let text = decode_text(value, None);
            prop_assert!(text.chars().all(|c| is_legal(c) && c != '\r' && c != '\n'));
        }
        let _ = Headers::read(&octets);
    }
}
