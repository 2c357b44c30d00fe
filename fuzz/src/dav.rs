//! Any octets as the answer of a DAV server: whole or in pieces they are the same, what is read stays
//! within what came, and a name that is taken is settled.

use airgate_codec::dav::{Answers, Href, Origin, conditions};

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(answer, data);
}

fn answer(data: &[u8]) {
    let whole = read(data, data.len().max(1));
    assert_eq!(whole, read(data, 13));
    let _ = conditions(data);
    let origin = Origin {
        tls: true,
        host: "a.b".to_owned(),
        port: 443,
    };
    let names = whole.into_iter().flatten();
    for text in names.chain(std::str::from_utf8(data).ok().map(str::to_owned)) {
        if let Ok(href) = Href::parse(&text, &origin) {
            assert!(href.as_str().starts_with('/') && !href.as_str().starts_with("//"));
            assert!(href.as_str().bytes().all(|octet| octet.is_ascii_graphic()));
            assert_eq!(Href::path(href.as_str()).as_ref(), Ok(&href));
        }
    }
}

fn read(data: &[u8], size: usize) -> Option<Vec<String>> {
    let mut answers = Answers::default();
    let mut names = Vec::new();
    for piece in data.chunks(size) {
        let found = answers.feed(piece).ok()?;
        names.extend(found.into_iter().map(|answer| answer.href));
    }
    answers.finish().ok()?;
    Some(names)
}
