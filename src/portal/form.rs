//! Forms: read, and proved to come from a page of ours, in one step that no handler can leave out
//! (T45). The Origin header must be ours where there is one, and the hidden field that belongs to the
//! browser's cookie must be there.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use secrecy::SecretString;
use subtle::ConstantTimeEq as _;

use super::trouble::Trouble;
use super::visit::Visit;

/// The fields of a form, each once.
pub(super) struct Form(BTreeMap<String, SecretString>);

/// The hidden field.
pub(super) const PROOF: &str = "proof";
/// Fields of a form: the largest of ours has some twenty.
const MAX_FIELDS: usize = 64;
/// Octets of a form; the front has a limit of its own.
const MAX_FORM: usize = 64 * 1024;

impl Form {
    /// A field's text, trimmed; empty where it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        use secrecy::ExposeSecret as _;
        self.0
            .get(name)
            .map_or("", |value| value.expose_secret().trim())
    }

    /// A field's text as it is, for passwords.
    pub(super) fn secret(&self, name: &str) -> SecretString {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// Whether a box is ticked.
    pub(super) fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn read(body: &[u8]) -> Result<Self, Trouble> {
        let mut fields = BTreeMap::new();
        for pair in body
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(halves.next().unwrap_or_default())?;
            let value = decoded(halves.next().unwrap_or_default())?;
            if fields.len() >= MAX_FIELDS
                || fields.insert(name, SecretString::from(value)).is_some()
            {
                return Err(Trouble::Malformed);
            }
        }
        Ok(Self(fields))
    }
}

/// `application/x-www-form-urlencoded`, as the URL standard decodes it.
fn decoded(text: &[u8]) -> Result<String, Trouble> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit(), digit());
                let value = high.zip(low).map(|(high, low)| high << 4 | low);
                value
                    .and_then(|value| u8::try_from(value).ok())
                    .ok_or(Trouble::Malformed)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Trouble::Malformed)
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = Trouble;

    async fn from_request(request: Request, _: &S) -> Result<Self, Trouble> {
        let visit = request.extensions().get::<Visit>().cloned();
        let visit = visit.ok_or(Trouble::NotFound)?;
        if !same_origin(request.headers()) {
            return Err(Trouble::Forged);
        }
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Trouble::Malformed);
        }
        let body = to_bytes(request.into_body(), MAX_FORM)
            .await
            .map_err(|_| Trouble::Malformed)?;
        let form = Self::read(&body)?;
        let proof = form.text(PROOF).as_bytes();
        match bool::from(proof.ct_eq(visit.form_proof.as_bytes())) {
            true => Ok(form),
            false => Err(Trouble::Forged),
        }
    }
}

/// Whether a form was sent from a page of this host. Old phones say nothing about it; then the hidden
/// field alone decides.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &http::HeaderValue| value.to_str().ok())
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site"))
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Some(host) = text(header::HOST) else {
        return false;
    };
    let from = origin.to_str().unwrap_or_default();
    let from = from
        .strip_prefix("https://")
        .or_else(|| from.strip_prefix("http://"));
    let plain = |host: &str| {
        let host = host.to_ascii_lowercase();
        host.strip_suffix(":443").map(str::to_owned).unwrap_or(host)
    };
    from.is_some_and(|from| plain(from) == plain(host))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn forms_are_decoded_and_odd_ones_refused() {
        let form = Form::read(b"name=My+phone&x=%C3%A4%26&empty=&flag")
            .ok()
            .unwrap();
        assert_eq!((form.text("name"), form.text("x")), ("My phone", "ä&"));
        assert_eq!(form.text("absent"), "");
        assert!(form.ticked("flag") && form.ticked("empty") && !form.ticked("absent"));
        for odd in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=1&a=2", b"a=%ff"] {
            assert!(Form::read(odd).is_err(), "{odd:?}");
        }
        let many: String = (0..100).map(|number| format!("f{number}=1&")).collect();
        assert!(Form::read(many.as_bytes()).is_err());
    }

    #[test]
    fn t45_a_form_from_elsewhere_is_refused() {
        for (host, origin, site, fine) in [
            (
                "mail.example.com",
                "https://mail.example.com",
                "same-origin",
                true,
            ),
            ("mail.example.com:443", "https://MAIL.example.com", "", true),
            (
                "mail.example.com:8443",
                "https://mail.example.com:8443",
                "",
                true,
            ),
            ("mail.example.com", "", "", true),
            ("mail.example.com", "", "none", true),
            ("mail.example.com", "", "cross-site", false),
            ("mail.example.com", "", "same-site", false),
            ("mail.example.com", "https://evil.example", "", false),
            (
                "mail.example.com",
                "https://mail.example.com.evil.example",
                "",
                false,
            ),
            (
                "mail.example.com",
                "https://mail.example.com:8443",
                "",
                false,
            ),
            ("mail.example.com", "null", "", false),
            ("", "https://mail.example.com", "", false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("host", host), ("origin", origin), ("sec-fetch-site", site)] {
                if !value.is_empty() {
                    headers.insert(name, HeaderValue::from_str(value).unwrap());
                }
            }
            assert_eq!(same_origin(&headers), fine, "{host} {origin} {site}");
        }
    }
}
