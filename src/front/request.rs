//! What a phone asks, before anyone knows whether it may: the request line and the headers EAS
//! gives a meaning ([MS-ASHTTP] 2.2.1.1.2), judged once (T12).

use std::net::IpAddr;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::{Fault, RequestLine};
use airgate_codec::percent;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::{self, AsHeaderName};
use http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Everything about a request but its body.
#[derive(Debug)]
pub struct Head {
    /// None for OPTIONS, whose query carries no command.
    pub line: Option<RequestLine>,
    /// From the packed query, else from the header. Always there for a command.
    pub version: Option<ProtocolVersion>,
    pub authorization: Option<Authorization>,
    /// Where the phone is, past proxies we trust (T41).
    pub client: IpAddr,
    /// Absent or 0 is "not provisioned".
    pub policy_key: Option<u32>,
    /// The phone takes a multipart ItemOperations answer.
    pub multipart: bool,
    pub agent: Option<String>,
    /// Accept-Language as it came.
    pub language: Option<String>,
    /// Content-Type, lower case, without parameters.
    pub content_type: Option<String>,
    /// The DeviceType that some phones name in the query of OPTIONS.
    pub options_device_type: Option<String>,
    /// Ties the answer, the log line and what the backends log together (O11).
    pub request_id: u64,
}

/// How the phone says who it is.
#[derive(Debug)]
pub enum Authorization {
    /// The secret prints as `REDACTED` and is wiped on drop (T48).
    Basic { user: String, secret: SecretString },
}

/// A command with its body, inflated.
#[derive(Debug)]
pub struct EasRequest {
    pub head: Head,
    pub body: Bytes,
}

/// Why a head is refused.
#[derive(Debug, thiserror::Error)]
pub enum BadHead {
    #[error("the query is malformed: {0}")]
    Query(#[from] Fault),
    #[error("the header {0} comes twice")]
    Repeated(&'static str),
    #[error("the header {0} has a value that is not allowed")]
    Value(&'static str),
    #[error("the header MS-ASProtocolVersion is missing")]
    NoVersion,
    #[error("protocol version 1.0 is not spoken here")]
    VersionOne,
}

/// Credentials are padded or not, by taste of the phone.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Longest text of a header that is only kept to be shown.
const MAX_SHOWN: usize = 512;

impl Head {
    /// Reads the head of a command (`query` is what stands behind the `?`), or of OPTIONS when
    /// `query` is None.
    ///
    /// # Errors
    /// Anything ambiguous or out of range (T12).
    pub fn read(
        query: Option<&str>,
        headers: &HeaderMap,
        client: IpAddr,
        request_id: u64,
    ) -> Result<Self, BadHead> {
        let line = query.map(RequestLine::read).transpose()?;
        let named_version =
            single(headers, "MS-ASProtocolVersion")?.filter(|text| !text.is_empty());
        let named_key = single(headers, "X-MS-PolicyKey")?.filter(|text| !text.is_empty());
        let packed = line.as_ref().and_then(|line| line.version);
        let version = match (packed, named_version) {
            // The query wins (REFERENCE 2.1), so a header beside it is not even looked at.
            (Some(version), _) => Some(version),
            (None, Some("1.0")) => return Err(BadHead::VersionOne),
            (None, Some(text)) => Some(
                text.parse()
                    .map_err(|_| BadHead::Value("MS-ASProtocolVersion"))?,
            ),
            (None, None) if line.is_some() => return Err(BadHead::NoVersion),
            (None, None) => None,
        };
        let policy_key = match (packed, named_key) {
            (Some(_), _) => line.as_ref().and_then(|line| line.policy_key),
            (None, Some(text)) => Some(number(text).ok_or(BadHead::Value("X-MS-PolicyKey"))?),
            (None, None) => None,
        };
        let multipart = match packed {
            Some(_) => line.as_ref().is_some_and(|line| line.accept_multipart),
            None => single(headers, "MS-ASAcceptMultiPart")?
                .is_some_and(|text| text.eq_ignore_ascii_case("T")),
        };
        Ok(Self {
            version,
            authorization: authorization(headers)?,
            client,
            policy_key,
            multipart,
            agent: shown(headers, header::USER_AGENT),
            language: shown(headers, header::ACCEPT_LANGUAGE),
            content_type: single(headers, "Content-Type")?
                .map(|text| {
                    let kind = text.split(';').next().unwrap_or_default();
                    kind.trim().to_ascii_lowercase()
                })
                .filter(|kind| !kind.is_empty()),
            options_device_type: None,
            request_id,
            line,
        })
    }
}

impl Head {
    /// Notes what OPTIONS says of the device, if it says something: no two clients agree on that query,
    /// so what cannot be read is as good as nothing.
    pub fn note_options_query(&mut self, query: &str) {
        self.options_device_type = query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let value = percent::decode(value)?.into_owned();
            let value = String::from_utf8(value).ok()?;
            (name.eq_ignore_ascii_case("DeviceType") && value.len() <= MAX_SHOWN).then_some(value)
        });
    }
}

impl Authorization {
    /// Reads an Authorization header's value; None for other schemes and for what cannot be decoded.
    /// The text is UTF-8, or Latin-1 where it is not (Outlook); the first colon ends the user.
    pub fn read(value: &[u8]) -> Option<Self> {
        let (scheme, rest) = value.split_at_checked(5)?;
        if !scheme.eq_ignore_ascii_case(b"basic") || !rest.starts_with(b" ") {
            return None;
        }
        let decoded = Zeroizing::new(BASE64.decode(rest.trim_ascii()).ok()?);
        let text = match std::str::from_utf8(&decoded) {
            Ok(text) => Zeroizing::new(text.to_owned()),
            Err(_) => Zeroizing::new(decoded.iter().copied().map(char::from).collect()),
        };
        let (user, secret) = text.split_once(':')?;
        Some(Self::Basic {
            user: user.to_owned(),
            secret: SecretString::from(secret),
        })
    }
}

impl BadHead {
    /// The HTTP status it costs (REFERENCE 2.5).
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Query(Fault::UnknownCommand) => StatusCode::NOT_IMPLEMENTED,
            Self::VersionOne => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<Authorization>, BadHead> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(BadHead::Repeated("Authorization"));
    }
    Ok(first.and_then(|value| Authorization::read(value.as_bytes())))
}

/// A header that may come once only, trimmed.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, BadHead> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(BadHead::Repeated(name));
    }
    first
        .to_str()
        .map(|text| Some(text.trim()))
        .map_err(|_| BadHead::Value(name))
}

/// A header that is kept to be shown: lossy and cut.
fn shown(headers: &HeaderMap, name: impl AsHeaderName) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(name)?.as_bytes());
    Some(text.chars().take(MAX_SHOWN).collect())
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(())?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use airgate_codec::eas::request_line::CommandName;
    use http::HeaderValue;
    use secrecy::ExposeSecret as _;

    use super::*;

    const PLAIN: &str = "Cmd=Ping&User=a&DeviceId=ABC1&DeviceType=SP";

    fn read(query: Option<&str>, headers: &[(&'static str, &str)]) -> Result<Head, BadHead> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Head::read(query, &map, IpAddr::V4(Ipv4Addr::LOCALHOST), 7)
    }

    #[test]
    fn headers_beside_a_plain_query() {
        let head = read(
            Some(PLAIN),
            &[
                ("ms-asprotocolversion", " 14.1 "),
                ("x-ms-policykey", "4294967295"),
                ("ms-asacceptmultipart", "T"),
                ("user-agent", "Apple-iPhone/1"),
                ("content-type", "Application/vnd.ms-sync.WBXML; charset=x"),
            ],
        )
        .unwrap();
        assert_eq!(head.line.unwrap().command, CommandName::Ping);
        assert_eq!(head.version, Some(ProtocolVersion::V14_1));
        assert_eq!(head.policy_key, Some(u32::MAX));
        assert!(head.multipart);
        assert_eq!(head.agent.as_deref(), Some("Apple-iPhone/1"));
        assert_eq!(
            head.content_type.as_deref(),
            Some("application/vnd.ms-sync.wbxml")
        );
    }

    #[test]
    fn the_packed_query_wins_over_headers() {
        let head = read(
            Some("jQAJBARBQkMxAAJTUA=="),
            &[
                ("ms-asprotocolversion", "2.5"),
                ("x-ms-policykey", "99999999999"),
                ("ms-asacceptmultipart", "T"),
            ],
        )
        .unwrap();
        assert_eq!(head.version, Some(ProtocolVersion::V14_1));
        assert_eq!(head.policy_key, None);
        assert!(!head.multipart);
    }

    #[test]
    fn t12_ambiguous_headers_are_refused() {
        for (headers, status) in [
            (&[][..], 400),
            (&[("ms-asprotocolversion", "14.2")], 400),
            (&[("ms-asprotocolversion", "1.0")], 505),
            (
                &[
                    ("ms-asprotocolversion", "14.1"),
                    ("ms-asprotocolversion", "14.1"),
                ],
                400,
            ),
            (
                &[
                    ("ms-asprotocolversion", "14.1"),
                    ("x-ms-policykey", "4294967296"),
                ],
                400,
            ),
            (
                &[("ms-asprotocolversion", "14.1"), ("x-ms-policykey", "-1")],
                400,
            ),
            (
                &[("ms-asprotocolversion", "14.1"), ("x-ms-policykey", "+1")],
                400,
            ),
            (
                &[
                    ("ms-asprotocolversion", "14.1"),
                    ("authorization", "Basic YTpi"),
                    ("authorization", "Basic YTpj"),
                ],
                400,
            ),
        ] {
            let status_read = read(Some(PLAIN), headers).unwrap_err().status();
            assert_eq!(status_read.as_u16(), status, "{headers:?}");
        }
        let unknown = read(Some("Cmd=Frob&DeviceId=A&DeviceType=B"), &[]).unwrap_err();
        assert_eq!(unknown.status(), StatusCode::NOT_IMPLEMENTED);
    }

    #[test]
    fn options_need_neither_query_nor_version() {
        let head = read(None, &[("authorization", "bAsIc YWxpY2U6cA")]).unwrap();
        assert!(head.line.is_none() && head.version.is_none());
        assert!(head.authorization.is_some());
    }

    #[test]
    fn basic_credentials_as_phones_write_them() {
        let encode = |bytes: &[u8]| [b"Basic ", BASE64.encode(bytes).as_bytes()].concat();
        for (value, expected) in [
            (encode(b"alice:s3cret"), Some(("alice", "s3cret"))),
            (encode(b"alice:a:b:"), Some(("alice", "a:b:"))),
            (encode("jürgen:pä€".as_bytes()), Some(("jürgen", "pä€"))),
            (encode(b"j\xFCrgen:p\xE4"), Some(("jürgen", "pä"))),
            (encode(b":"), Some(("", ""))),
            (b"basic  YTpi".to_vec(), Some(("a", "b"))),
            (b"BASIC YTo=".to_vec(), Some(("a", ""))),
            (encode(b"nocolon"), None),
            (b"Basic !!!".to_vec(), None),
            (b"Basic".to_vec(), None),
            (b"BasicYTpi".to_vec(), None),
            (b"Bearer YTpi".to_vec(), None),
            (b"".to_vec(), None),
        ] {
            let read = Authorization::read(&value);
            let read = read.as_ref().map(|Authorization::Basic { user, secret }| {
                (user.as_str(), secret.expose_secret())
            });
            assert_eq!(read, expected, "{}", String::from_utf8_lossy(&value));
        }
    }

    #[test]
    fn t48_the_secret_never_prints() {
        let read = Authorization::read(b"Basic YWxpY2U6Y2FuYXJ5").unwrap();
        assert!(!format!("{read:?}").contains("canary"));
    }
}
