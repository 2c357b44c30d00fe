//! The strict reading of a request head (T9), done on the raw bytes before hyper sees them.
//!
//! hyper is lenient where a proxy in front may be lenient in another way: it takes bare LF, equal
//! Content-Lengths twice, and Transfer-Encoding beside Content-Length. Whoever disagrees about where
//! a request ends lets one request smuggle another. Here one reading is allowed, else the
//! connection ends (RFC 9112 2.2, 3, 5, 6.3, 11.2).

use crate::config::Limits;

/// How the body behind a head is framed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::front) enum Framing {
    Length(u64),
    Chunked,
}

/// One way a head (or chunk) can be wrong; the status says whose manners are meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(in crate::front) enum Fault {
    #[error("a line does not end in CR LF")]
    LineEnd,
    #[error("a control character")]
    Control,
    #[error("the request line is malformed")]
    RequestLine,
    #[error("the method is not served")]
    Method,
    #[error("the target is not a path on this host")]
    Target,
    #[error("the HTTP version is not 1.0 or 1.1")]
    Version,
    #[error("a header line is malformed or folded")]
    Field,
    #[error("more header lines than allowed")]
    TooManyFields,
    #[error("the head is larger than allowed")]
    TooLarge,
    #[error("Host is missing, doubled or malformed")]
    Host,
    #[error("Content-Length is doubled or not a number")]
    Length,
    #[error("Transfer-Encoding is not exactly `chunked`")]
    Encoding,
    #[error("Content-Length beside Transfer-Encoding")]
    LengthAndEncoding,
    #[error("Expect is not `100-continue`")]
    Expect,
    #[error("the chunked body is malformed")]
    Chunk,
    #[error("chunk extensions or trailers larger than allowed")]
    ChunkExtra,
    #[error("the head took too long")]
    Timeout,
}

impl Fault {
    /// Status code and reason of the answer, after which the connection ends.
    pub(in crate::front) fn status(self) -> &'static str {
        match self {
            Self::Method => "501 Not Implemented",
            Self::Version => "505 HTTP Version Not Supported",
            Self::TooManyFields | Self::TooLarge => "431 Request Header Fields Too Large",
            Self::Expect => "417 Expectation Failed",
            Self::Timeout => "408 Request Timeout",
            _ => "400 Bad Request",
        }
    }
}

/// Looks for the end of the head, from `from` on (where the last look ended).
///
/// # Errors
/// A line end that is not CR LF, or NUL: no need to wait for the rest.
pub(super) fn end(bytes: &[u8], from: usize) -> Result<Option<usize>, Fault> {
    // Step back so that a CR LF cut in two is seen whole.
    for position in from.saturating_sub(1)..bytes.len() {
        let previous = position.checked_sub(1).and_then(|p| bytes.get(p));
        match bytes.get(position) {
            Some(b'\n') if previous != Some(&b'\r') => return Err(Fault::LineEnd),
            Some(b'\n') => {
                let seen = bytes.get(..=position).unwrap_or_default();
                if seen.ends_with(b"\r\n\r\n") {
                    return Ok(Some(position + 1));
                }
            }
            Some(0) => return Err(Fault::Control),
            _ if previous == Some(&b'\r') => return Err(Fault::LineEnd),
            _ => {}
        }
    }
    Ok(None)
}

/// Judges a whole head, CR LF CR LF included.
///
/// # Errors
/// Whatever is not exactly as RFC 9112 has it, and the limits.
pub(super) fn check(head: &[u8], limits: &Limits) -> Result<Framing, Fault> {
    let text = head.strip_suffix(b"\r\n\r\n").ok_or(Fault::LineEnd)?;
    let mut lines = Lines(Some(text));
    let request = RequestLine::read(lines.next().ok_or(Fault::RequestLine)?)?;

    let mut length = None;
    let mut chunked = false;
    let mut host = None;
    for (count, line) in lines.enumerate() {
        if count >= limits.head_fields {
            return Err(Fault::TooManyFields);
        }
        let (name, value) = field(line)?;
        if name.eq_ignore_ascii_case(b"content-length") {
            if length.replace(number(value)?).is_some() {
                return Err(Fault::Length);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if chunked || !value.eq_ignore_ascii_case(b"chunked") || !request.one_one {
                return Err(Fault::Encoding);
            }
            chunked = true;
        } else if name.eq_ignore_ascii_case(b"host") {
            if host.replace(value).is_some() || !is_host(value) {
                return Err(Fault::Host);
            }
        } else if name.eq_ignore_ascii_case(b"expect")
            && !value.eq_ignore_ascii_case(b"100-continue")
        {
            return Err(Fault::Expect);
        }
    }
    if host.is_none() && request.one_one {
        return Err(Fault::Host);
    }
    request.check_target(host)?;
    match (length, chunked) {
        (Some(_), true) => Err(Fault::LengthAndEncoding),
        (None, true) => Ok(Framing::Chunked),
        (length, false) => Ok(Framing::Length(length.unwrap_or(0))),
    }
}

/// `method SP target SP HTTP/1.x`
struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    one_one: bool,
}

impl<'a> RequestLine<'a> {
    fn read(line: &'a [u8]) -> Result<Self, Fault> {
        let mut parts = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Fault::RequestLine);
        };
        if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
            return Err(Fault::RequestLine);
        }
        let one_one = match version {
            b"HTTP/1.1" => true,
            // nginx speaks it to the servers behind it unless told otherwise.
            b"HTTP/1.0" => false,
            _ if version.starts_with(b"HTTP/") => return Err(Fault::Version),
            _ => return Err(Fault::RequestLine),
        };
        if matches!(method, b"CONNECT" | b"TRACE" | b"TRACK") {
            return Err(Fault::Method);
        }
        Ok(Self {
            method,
            target,
            one_one,
        })
    }

    /// A path, `*` for OPTIONS, or an absolute form that names this very host.
    fn check_target(&self, host: Option<&[u8]>) -> Result<(), Fault> {
        let fine = |path: &[u8]| {
            path.starts_with(b"/")
                && path
                    .iter()
                    .all(|byte| (0x21..0x7F).contains(byte) && *byte != b'#')
        };
        if fine(self.target) || (self.target == b"*" && self.method == b"OPTIONS") {
            return Ok(());
        }
        let absolute = [&b"http://"[..], b"https://"]
            .into_iter()
            .find_map(|scheme| {
                let (start, rest) = self.target.split_at_checked(scheme.len())?;
                start.eq_ignore_ascii_case(scheme).then_some(rest)
            });
        let rest = absolute.ok_or(Fault::Target)?;
        let end = rest
            .iter()
            .position(|byte| *byte == b'/')
            .ok_or(Fault::Target)?;
        let (authority, path) = rest.split_at_checked(end).ok_or(Fault::Target)?;
        let ours = host.is_some_and(|host| host.eq_ignore_ascii_case(authority));
        match ours && !authority.is_empty() && fine(path) {
            true => Ok(()),
            false => Err(Fault::Target),
        }
    }
}

/// Lines between CR LFs.
struct Lines<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0?;
        let end = rest.windows(2).position(|pair| pair == b"\r\n");
        match end.and_then(|end| rest.split_at_checked(end)) {
            Some((line, left)) => {
                self.0 = left.get(2..);
                Some(line)
            }
            None => {
                self.0 = None;
                Some(rest)
            }
        }
    }
}

/// `name: value`, no blank before the colon, no folding, no control characters.
pub(super) fn field(line: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let colon = line
        .iter()
        .position(|byte| *byte == b':')
        .ok_or(Fault::Field)?;
    let (name, value) = line.split_at_checked(colon).ok_or(Fault::Field)?;
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
        return Err(Fault::Field);
    }
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    if value
        .iter()
        .any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7F)
    {
        return Err(Fault::Control);
    }
    Ok((name, value))
}

/// Digits only, and few enough not to overflow.
fn number(value: &[u8]) -> Result<u64, Fault> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return Err(Fault::Length);
    }
    Ok(value
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

fn is_host(value: &[u8]) -> bool {
    value.len() <= 300
        && value.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']')
        })
}

/// tchar of RFC 9110 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
