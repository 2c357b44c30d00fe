//! Which page a path means: compared as a whole, after a single decoding, without letter case (T35).

use airgate_codec::percent;

/// A page of Autodiscover.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Page {
    Xml,
    /// The address where it stands in the path.
    Json(Option<String>),
}

/// The page of a path, which may end in a slash. `None` for every other path.
///
/// The path is cut at its slashes first and decoded then, so that an encoded slash, question mark or
/// percent sign is a part of a name and never means anything.
pub fn page(path: &str) -> Option<Page> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut segments = path.split('/');
    is(segments.next()?, "autodiscover").then_some(())?;
    let file = segments.next()?;
    if is(file, "autodiscover.xml") {
        return segments.next().is_none().then_some(Page::Xml);
    }
    is(file, "autodiscover.json").then_some(())?;
    let Some(version) = segments.next() else {
        return Some(Page::Json(None));
    };
    is(version, "v1.0").then_some(())?;
    let address = percent::decode(segments.next()?)?.into_owned();
    segments.next().is_none().then_some(())?;
    Some(Page::Json(Some(String::from_utf8(address).ok()?)))
}

fn is(segment: &str, name: &str) -> bool {
    percent::decode(segment).is_some_and(|decoded| decoded.eq_ignore_ascii_case(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_case_and_a_slash_at_the_end() {
        for path in [
            "/autodiscover/autodiscover.xml",
            "/Autodiscover/Autodiscover.xml",
            "/AutoDiscover/AutoDiscover.xml",
            "/AUTODISCOVER/AUTODISCOVER.XML",
            "/autodiscover/autodiscover.xml/",
            "/auto%64iscover/autodiscover%2exml",
        ] {
            assert_eq!(page(path), Some(Page::Xml), "{path}");
        }
        for path in [
            "/autodiscover/autodiscover.json",
            "/AutoDiscover/Autodiscover.JSON/",
        ] {
            assert_eq!(page(path), Some(Page::Json(None)), "{path}");
        }
        for path in [
            "/autodiscover/autodiscover.json/v1.0/alice@example.com",
            "/Autodiscover/Autodiscover.json/V1.0/alice%40example.com/",
        ] {
            let address = Some("alice@example.com".to_owned());
            assert_eq!(page(path), Some(Page::Json(address)), "{path}");
        }
    }

    #[test]
    fn t35_what_only_looks_like_a_page_is_none() {
        for path in [
            "",
            "/",
            "/autodiscover",
            "/autodiscover/",
            "/autodiscover//autodiscover.xml",
            "//autodiscover/autodiscover.xml",
            "/autodiscover/autodiscover.xml//",
            "/autodiscover/autodiscover.xml/x",
            "/autodiscover/autodiscover.xmlx",
            "/autodiscover/autodiscover.svc",
            "/autodiscover%2fautodiscover.xml",
            "/autodiscover/autodiscover.xml%2f",
            "/autodiscover/autodiscover%252exml",
            "/autodiscover/autodiscover.json%3f@evil.test",
            "/autodiscover/autodiscover.json%3f",
            "/autodiscover/autodiscover.json%253f@evil.test",
            "/autodiscover/autodiscover.xml%00",
            "/autodiscover/autodiscover.xml;x",
            "/autodiscover/./autodiscover.xml",
            "/x/../autodiscover/autodiscover.xml",
            "/%2e%2e/autodiscover/autodiscover.xml",
            "/autodiscover/autodiscover.json/v1.0",
            "/autodiscover/autodiscover.json/v1.0/a@b/c",
            "/autodiscover/autodiscover.json/v2.0/a@b",
            "/autodiscover/autodiscover.json/v1.0/a%@b",
            "/autodiscover/autodiscover.json/v1.0/a%FF@b",
            "\\autodiscover\\autodiscover.xml",
        ] {
            assert_eq!(page(path), None, "{path}");
        }
    }
}
