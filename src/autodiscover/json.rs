//! Autodiscover version 2: `GET ...autodiscover.json?Email=..&Protocol=ActiveSync&RedirectCount=n`, asked
//! without login. What is wrong is said as Exchange says it.

use airgate_codec::percent;
use serde_json::json;

use super::Site;

/// An answer: HTTP status and document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JsonAnswer {
    pub status: u16,
    pub body: String,
}

/// Longest query looked at; [MS-OXDSCLI] names no limit, clients send 150 bytes.
const MAX_QUERY: usize = 2048;
/// A protocol is echoed in the error, as far as this.
const MAX_SHOWN: usize = 64;

/// Answers. `in_path` is the address where it stands in the path; it must not be another in the query.
pub fn answer(site: &Site, in_path: Option<&str>, query: Option<&str>) -> JsonAnswer {
    let query = query.unwrap_or_default();
    if query.len() > MAX_QUERY {
        return error(400, "InvalidRequest", "The query is too long.");
    }
    let (Ok(email), Ok(protocol)) = (parameter(query, "Email"), parameter(query, "Protocol"))
    else {
        let message = "The query is malformed or names a parameter twice.";
        return error(400, "InvalidRequest", message);
    };
    let address = match (in_path, email.as_deref()) {
        (Some(path), Some(query)) if !path.eq_ignore_ascii_case(query) => {
            return error(400, "InvalidRequest", "Two addresses are named.");
        }
        (Some(path), _) => path,
        (None, Some(query)) if !query.is_empty() => query,
        (None, _) => return missing("Email"),
    };
    let protocol = match protocol.as_deref() {
        None | Some("") => return missing("Protocol"),
        Some(protocol) => protocol,
    };
    let (protocol, url) = if protocol.eq_ignore_ascii_case("ActiveSync") {
        ("ActiveSync", site.url.active_sync())
    } else if protocol.eq_ignore_ascii_case("AutodiscoverV1") {
        ("AutodiscoverV1", site.url.autodiscover())
    } else {
        let shown: String = protocol.chars().take(MAX_SHOWN).collect();
        let message = format!(
            "The given protocol value '{shown}' is invalid. Supported values are \
             'ActiveSync,AutodiscoverV1'"
        );
        return error(400, "InvalidProtocol", &message);
    };
    if !site.serves(address.trim()) {
        return error(404, "UserNotFound", "The given user is not found");
    }
    JsonAnswer {
        status: 200,
        body: json!({"Protocol": protocol, "Url": url}).to_string(),
    }
}

/// The one value of a parameter, whatever the letter case of its name.
fn parameter(query: &str, wanted: &str) -> Result<Option<String>, Malformed> {
    let mut found = None;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent::decode(name).ok_or(Malformed)?;
        if !name.eq_ignore_ascii_case(wanted.as_bytes()) {
            continue;
        }
        let value = percent::decode(value).ok_or(Malformed)?.into_owned();
        let value = String::from_utf8(value).map_err(|_| Malformed)?;
        if found.replace(value).is_some() {
            return Err(Malformed);
        }
    }
    Ok(found)
}

/// A query that means two things, or none.
struct Malformed;

fn missing(name: &str) -> JsonAnswer {
    let message = format!("A valid value must be provided for the query parameter '{name}'");
    error(400, "MandatoryParameterMissing", &message)
}

fn error(status: u16, code: &str, message: &str) -> JsonAnswer {
    JsonAnswer {
        status,
        body: json!({"ErrorCode": code, "ErrorMessage": message}).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::autodiscover::tests::site;

    /// Status, and the URL or the code of the error.
    fn ask(in_path: Option<&str>, query: &str) -> (u16, String) {
        let answer = answer(&site(), in_path, Some(query));
        let document: Value = serde_json::from_str(&answer.body).unwrap();
        let word = document.get("Url").or_else(|| document.get("ErrorCode"));
        (answer.status, word.unwrap().as_str().unwrap().to_owned())
    }

    const EAS: &str = "https://mail.example.com/Microsoft-Server-ActiveSync";
    const XML: &str = "https://mail.example.com/autodiscover/autodiscover.xml";

    #[test]
    fn protocols_in_any_capitals() {
        for (query, url) in [
            (
                "Email=a@example.com&Protocol=ActiveSync&RedirectCount=1",
                EAS,
            ),
            ("Email=a%40example.com&Protocol=activesync", EAS),
            ("protocol=ACTIVESYNC&email=a@example.com", EAS),
            ("Email=a@example.com&Protocol=AutodiscoverV1", XML),
            ("Email=a@example.com&Protocol=Autodiscoverv1", XML),
            ("Email=a+b@example.com&Protocol=ActiveSync", EAS),
        ] {
            assert_eq!(ask(None, query), (200, url.to_owned()), "{query}");
        }
        let in_path = ask(Some("a@example.com"), "Protocol=ActiveSync");
        assert_eq!(in_path, (200, EAS.to_owned()));
        let both = ask(
            Some("a@example.com"),
            "Protocol=ActiveSync&Email=A@example.com",
        );
        assert_eq!(both, (200, EAS.to_owned()));
    }

    #[test]
    fn t35_what_is_wrong_is_said_as_exchange_says_it() {
        for (query, status, code) in [
            ("", 400, "MandatoryParameterMissing"),
            ("Email=a@example.com", 400, "MandatoryParameterMissing"),
            ("Protocol=ActiveSync", 400, "MandatoryParameterMissing"),
            (
                "Email=&Protocol=ActiveSync",
                400,
                "MandatoryParameterMissing",
            ),
            (
                "Email=a@example.com&Protocol=",
                400,
                "MandatoryParameterMissing",
            ),
            ("Email=a@example.com&Protocol=Ews", 400, "InvalidProtocol"),
            ("Email=a@evil.test&Protocol=ActiveSync", 404, "UserNotFound"),
            ("Email=nonsense&Protocol=ActiveSync", 404, "UserNotFound"),
            (
                "@evil.test/owa/?&Email=autodiscover/autodiscover.json%3F@evil.test&Protocol=ActiveSync",
                404,
                "UserNotFound",
            ),
            (
                "Email=a@evil.test%252f@example.com&Protocol=ActiveSync",
                404,
                "UserNotFound",
            ),
            (
                "Email=a@example.com&Email=a@evil.test&Protocol=ActiveSync",
                400,
                "InvalidRequest",
            ),
            ("Email=a@example.com&Protocol=%", 400, "InvalidRequest"),
            (
                "Email=%FF@example.com&Protocol=ActiveSync",
                400,
                "InvalidRequest",
            ),
        ] {
            assert_eq!(ask(None, query), (status, code.to_owned()), "{query}");
        }
        let two = ask(
            Some("a@example.com"),
            "Protocol=ActiveSync&Email=b@example.com",
        );
        assert_eq!(two, (400, "InvalidRequest".to_owned()));
        let long = format!("Email={}@example.com&Protocol=ActiveSync", "a".repeat(3000));
        assert_eq!(ask(None, &long), (400, "InvalidRequest".to_owned()));
        let shown = answer(&site(), None, Some("Email=a@b&Protocol=%22%3Cscript%3E"));
        assert!(shown.body.contains(r#"'\"<script>'"#), "{}", shown.body);
    }

    #[test]
    fn t35_a_user_who_exists_and_one_who_does_not_are_told_the_same() {
        let ask = |user: &str| {
            answer(
                &site(),
                None,
                Some(&format!("Email={user}@example.com&Protocol=ActiveSync")),
            )
        };
        assert_eq!(ask("alice"), ask("nobody"));
    }
}
