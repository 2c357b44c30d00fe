//! The two questions to a name server that the doctor has (RFC 1035, RFC 2782): no system call asks for SRV
//! records, and a whole resolver for one question would be much. Answers are hostile bytes like any other.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Whoever knows names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::admin) enum Resolver {
    /// The system's, with /etc/hosts and all.
    System,
    /// This name server and nothing else.
    Server(SocketAddr),
}

/// A service's place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::admin) struct Service {
    pub priority: u16,
    pub port: u16,
    /// Lower case, without the dot at the end.
    pub target: String,
}

/// Why a name is not known to be there or not.
#[derive(Debug, thiserror::Error)]
pub(in crate::admin) enum DnsFault {
    #[error("`{0}` is no name that can be asked for")]
    Name(String),
    #[error("no name server is known")]
    NoServer,
    #[error("the name server does not answer")]
    Silence,
    #[error("the name server cannot be asked: {0}")]
    Io(#[from] io::Error),
    #[error("the name server's answer makes no sense")]
    Nonsense,
    #[error("the name server answers with error {0}")]
    Refused(u8),
}

const ADDRESS: u16 = 1;
const ADDRESS_6: u16 = 28;
const SERVICE: u16 = 33;
const INTERNET: u16 = 1;

/// How long a name server may think, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(3);
const TRIES: usize = 2;
/// Largest answer over UDP without extensions is 512; some send more.
const MAX_ANSWER: usize = 4096;
/// Compression pointers followed in one name.
const MAX_JUMPS: usize = 16;

impl Resolver {
    /// The addresses of a host; none where the name has none.
    pub(in crate::admin) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsFault> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let Self::Server(server) = self else {
            // The one system call does not tell "no such name" from "cannot ask".
            return match tokio::net::lookup_host((host, 0)).await {
                Ok(found) => Ok(found.map(|address| address.ip()).collect()),
                Err(_) => Ok(Vec::new()),
            };
        };
        let mut found = Vec::new();
        for kind in [ADDRESS, ADDRESS_6] {
            for data in ask(*server, host, kind).await? {
                found.extend(address(&data.bytes));
            }
        }
        Ok(found)
    }

    /// Where a domain says that a kind of DAV server is (RFC 6764 3), `_caldavs` or `_carddavs`.
    pub(in crate::admin) async fn dav(&self, service: &str, domain: &str) -> Option<String> {
        let name = format!("{service}._tcp.{domain}");
        let found = self.services(&name).await.ok()?;
        // A single dot says that there is none (RFC 2782).
        let first = found.into_iter().find(|found| !found.target.is_empty())?;
        Some(match first.port {
            443 => format!("https://{}", first.target),
            port => format!("https://{}:{port}", first.target),
        })
    }

    /// The SRV records of a name, the preferred first.
    pub(in crate::admin) async fn services(&self, name: &str) -> Result<Vec<Service>, DnsFault> {
        let server = match self {
            Self::Server(server) => *server,
            Self::System => system_server().ok_or(DnsFault::NoServer)?,
        };
        let records = ask(server, name, SERVICE).await?;
        let mut found: Vec<Service> = records
            .into_iter()
            .filter_map(|data| data.service)
            .collect();
        found.sort_by_key(|service| service.priority);
        Ok(found)
    }
}

/// What one record says.
struct Data {
    bytes: Vec<u8>,
    /// Read while the whole message was at hand, for its names may point anywhere in it.
    service: Option<Service>,
}

/// The first name server of /etc/resolv.conf.
fn system_server() -> Option<SocketAddr> {
    let text = fs::read_to_string("/etc/resolv.conf").ok()?;
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("nameserver")?;
        // An address may carry an interface behind a percent sign.
        let address = rest.trim().split('%').next()?;
        Some(SocketAddr::new(address.parse().ok()?, 53))
    })
}

async fn ask(server: SocketAddr, name: &str, kind: u16) -> Result<Vec<Data>, DnsFault> {
    let mut id = [0; 2];
    let _ = getrandom::fill(&mut id);
    let id = u16::from_be_bytes(id);
    let question = question(id, name, kind).ok_or_else(|| DnsFault::Name(name.to_owned()))?;
    let any: IpAddr = match server.is_ipv4() {
        true => Ipv4Addr::UNSPECIFIED.into(),
        false => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    let mut buffer = vec![0; MAX_ANSWER];
    for _ in 0..TRIES {
        socket.send(&question).await?;
        let answer = async {
            loop {
                let length = socket.recv(&mut buffer).await?;
                let message = buffer.get(..length).unwrap_or_default();
                // Late answers to others' questions are passed over.
                if number(message, 0) == Some(id) {
                    return read(message, kind);
                }
            }
        };
        if let Ok(answer) = timeout(PATIENCE, answer).await {
            return answer;
        }
    }
    Err(DnsFault::Silence)
}

/// One question, recursion wanted.
fn question(id: u16, name: &str, kind: u16) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    for field in [id, 0x0100, 1, 0, 0, 0] {
        message.extend_from_slice(&field.to_be_bytes());
    }
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|n| (1..64).contains(n))?;
        if !label.is_ascii() {
            return None;
        }
        message.push(length);
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&INTERNET.to_be_bytes());
    Some(message)
}

/// The records of that kind in an answer.
fn read(message: &[u8], kind: u16) -> Result<Vec<Data>, DnsFault> {
    const NO_SUCH_NAME: u8 = 3;
    let flags = number(message, 2).ok_or(DnsFault::Nonsense)?;
    let code = u8::try_from(flags & 0xF).unwrap_or_default();
    if flags & 0x8000 == 0 {
        return Err(DnsFault::Nonsense);
    }
    match code {
        0 => records(message, kind).ok_or(DnsFault::Nonsense),
        NO_SUCH_NAME => Ok(Vec::new()),
        other => Err(DnsFault::Refused(other)),
    }
}

fn records(message: &[u8], kind: u16) -> Option<Vec<Data>> {
    let (questions, answers) = (number(message, 4)?, number(message, 6)?);
    let mut at = 12;
    for _ in 0..questions {
        at = name(message, at)?.1.checked_add(4)?;
    }
    let mut found = Vec::new();
    for _ in 0..answers {
        let head = name(message, at)?.1;
        let length = usize::from(number(message, head.checked_add(8)?)?);
        let start = head.checked_add(10)?;
        let end = start.checked_add(length)?;
        let bytes = message.get(start..end)?;
        if number(message, head)? == kind {
            found.push(Data {
                bytes: bytes.to_vec(),
                service: (kind == SERVICE).then(|| service(message, start)).flatten(),
            });
        }
        at = end;
    }
    Some(found)
}

fn service(message: &[u8], at: usize) -> Option<Service> {
    Some(Service {
        priority: number(message, at)?,
        port: number(message, at.checked_add(4)?)?,
        target: name(message, at.checked_add(6)?)?.0,
    })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(octets).into());
    }
    Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into())
}

/// A name in lower case, and where what stands behind it begins.
fn name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut behind = None;
    for _ in 0..=MAX_JUMPS {
        loop {
            let length = *message.get(at)?;
            match length {
                0 => return Some((text, behind.unwrap_or(at.checked_add(1)?))),
                1..64 => {
                    let start = at.checked_add(1)?;
                    let end = start.checked_add(usize::from(length))?;
                    if !text.is_empty() {
                        text.push('.');
                    }
                    let label = String::from_utf8_lossy(message.get(start..end)?);
                    text.push_str(&label.to_ascii_lowercase());
                    at = end;
                }
                _ => break,
            }
        }
        let pointer = number(message, at)?;
        // 0x40 and 0x80 are reserved.
        (pointer >= 0xC000).then_some(())?;
        behind.get_or_insert(at.checked_add(2)?);
        at = usize::from(pointer & 0x3FFF);
    }
    None
}

fn number(message: &[u8], at: usize) -> Option<u16> {
    let bytes = message.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(<[u8; 2]>::try_from(bytes).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to a question for SRV, its target pointing back into the question.
    fn answer() -> Vec<u8> {
        let mut message = question(7, "_autodiscover._tcp.example.com", SERVICE).unwrap();
        message[2..8].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 2]);
        // `example.com` begins behind both labels.
        let base = 12 + 14 + 5;
        let record = |priority: u8, host: &[u8]| {
            let mut data = vec![
                0,
                priority,
                0,
                0,
                0x01,
                0xBB,
                u8::try_from(host.len()).unwrap(),
            ];
            data.extend_from_slice(host);
            data.extend_from_slice(&[0xC0, u8::try_from(base).unwrap()]);
            let mut record = vec![0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0];
            record.push(u8::try_from(data.len()).unwrap());
            record.extend(data);
            record
        };
        message.extend(record(20, b"backup"));
        message.extend(record(10, b"MAIL"));
        message
    }

    #[test]
    fn services_are_read_with_their_names() {
        let found: Vec<Service> = read(&answer(), SERVICE)
            .unwrap()
            .into_iter()
            .filter_map(|data| data.service)
            .collect();
        let of = |priority, target: &str| Service {
            priority,
            port: 443,
            target: target.to_owned(),
        };
        assert_eq!(
            found,
            [of(20, "backup.example.com"), of(10, "mail.example.com")]
        );
        assert!(read(&answer(), ADDRESS).unwrap().is_empty());
    }

    #[test]
    fn broken_answers_end_in_words() {
        let whole = answer();
        for length in 0..whole.len() {
            let _ = read(&whole[..length], SERVICE);
        }
        for at in 0..whole.len() {
            for byte in [0, 0x3F, 0x40, 0xC0, 0xFF] {
                let mut mangled = whole.clone();
                mangled[at] = byte;
                let _ = read(&mangled, SERVICE);
            }
        }
        // A name that points at itself.
        let mut looping = whole.clone();
        looping[12..14].copy_from_slice(&[0xC0, 12]);
        assert!(matches!(read(&looping, SERVICE), Err(DnsFault::Nonsense)));
        let mut none = whole.clone();
        none[3] = 0x83;
        assert!(read(&none, SERVICE).unwrap().is_empty());
        none[3] = 0x82;
        assert!(matches!(read(&none, SERVICE), Err(DnsFault::Refused(2))));
        for name in ["", "a..b", "ä.example", &"x".repeat(70)] {
            assert_eq!(question(1, name, SERVICE), None, "{name}");
        }
    }
}
