//! The pages a browser sees: what this is and how to point a phone at it. Nothing is loaded from
//! anywhere, nothing runs, and the one thing that comes from outside, the host name, is checked and
//! escaped (T22).

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::reply::Reply;

const STYLE: &str = include_str!("pages/style.css");
const WELCOME: &str = include_str!("pages/welcome.html");
const ENDPOINT: &str = include_str!("pages/endpoint.html");

/// Only our own style, by its hash.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    HeaderValue::try_from(format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    ))
    .unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// `/`: what this is and what to type into a phone.
pub(super) fn welcome(host: Option<&str>) -> Reply {
    page(StatusCode::OK, WELCOME, host)
}

/// The EAS path in a browser: a page for people, with the status a phone expects there (501,
/// HTTP_R465) and never the look of an EAS answer.
pub(super) fn endpoint(host: Option<&str>) -> Reply {
    page(StatusCode::NOT_IMPLEMENTED, ENDPOINT, host)
}

fn page(status: StatusCode, template: &str, host: Option<&str>) -> Reply {
    let server = host.map_or_else(|| "this server".to_owned(), escaped);
    let html = template
        .replace("{{style}}", STYLE)
        .replace("{{server}}", &server);
    let mut reply = Reply::document(status, "text/html; charset=utf-8", html);
    reply.headers = vec![
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ];
    reply
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::ReplyBody;

    fn html(page: &Reply) -> &str {
        match &page.body {
            ReplyBody::Raw { bytes, .. } => std::str::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn t22_the_host_is_escaped_and_nothing_is_loaded_from_elsewhere() {
        for make in [welcome, endpoint] {
            let page = make(Some("<script>alert('x')</script>"));
            let html = html(&page);
            assert!(!html.contains("<script") && html.contains("&lt;script"));
            for forbidden in [
                "http://", "https://", "src=", "url(", "@import", "onclick", "style=",
            ] {
                assert!(!html.contains(forbidden), "{forbidden}");
            }
            assert!(!html.contains("{{"), "a placeholder is left");
            let policy = POLICY.to_str().unwrap();
            assert!(
                policy.starts_with("default-src 'none'; style-src 'sha256-"),
                "{policy}"
            );
            // The hash is of what stands between the tags.
            let (_, rest) = html.split_once("<style>").unwrap();
            let (style, _) = rest.split_once("</style>").unwrap();
            let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
            assert!(policy.contains(&hash));
        }
    }
}
