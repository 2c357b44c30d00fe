//! Where a request really comes from (T41): the peer, unless the peer is a proxy the operator
//! trusts; then X-Forwarded-For from the right to the first address that is no such proxy.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::config::Network;

const FORWARDED: &str = "x-forwarded-for";
/// Nobody stacks more proxies; a longer list is made up.
const MAX_HOPS: usize = 32;

/// The address of the phone.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    // Several header lines are one list, the last hop last.
    let lines = headers.get_all(FORWARDED).iter().rev();
    let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops.take(MAX_HOPS) {
        // What cannot be read was not written by a proxy we trust: nothing left of it counts.
        let Some(address) = hop_address(hop) else {
            break;
        };
        client = address;
        if !is_trusted(client) {
            break;
        }
    }
    client
}

/// `1.2.3.4`, `1.2.3.4:5678`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:5678`.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let address = if let Ok(address) = text.parse::<IpAddr>() {
        address
    } else if let Ok(socket) = text.parse::<SocketAddr>() {
        socket.ip()
    } else {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        IpAddr::V6(inner.parse().ok()?)
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn t41_forwarded_addresses() {
        let trusted: Vec<Network> = ["10.0.0.0/8", "127.0.0.1", "fd00::/8"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        for (peer, lines, client) in [
            // An untrusted peer is who it is.
            ("203.0.113.9", &[][..], "203.0.113.9"),
            ("203.0.113.9", &["1.1.1.1"], "203.0.113.9"),
            ("203.0.113.9", &["127.0.0.1"], "203.0.113.9"),
            ("::ffff:203.0.113.9", &["1.1.1.1"], "203.0.113.9"),
            ("2001:db8::9", &["1.1.1.1"], "2001:db8::9"),
            // A trusted one names the phone.
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:127.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("fd00::1", &["198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("127.0.0.1", &[" 198.51.100.7 "], "198.51.100.7"),
            ("127.0.0.1", &["\t198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("127.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
            ("127.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("127.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["[::ffff:198.51.100.7]:80"], "198.51.100.7"),
            // From the right: what the phone wrote itself stands left.
            ("127.0.0.1", &["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["6.6.6.6,198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["127.0.0.1, 198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["198.51.100.7, 10.1.2.3"], "198.51.100.7"),
            (
                "127.0.0.1",
                &["6.6.6.6, 198.51.100.7, 10.1.2.3, 10.9.9.9"],
                "198.51.100.7",
            ),
            ("127.0.0.1", &["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["198.51.100.7", "10.1.2.3"], "198.51.100.7"),
            // All trusted: the leftmost.
            ("127.0.0.1", &["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            // Garbage ends the walk at the last hop that was sound.
            ("127.0.0.1", &["unknown"], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.7,"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.7, junk, 10.0.0.2"], "10.0.0.2"),
            ("127.0.0.1", &["198.51.100.7;10.0.0.2"], "127.0.0.1"),
            ("127.0.0.1", &["[198.51.100.7]"], "127.0.0.1"),
            ("127.0.0.1", &["[2001:db8::7"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.7:99999"], "127.0.0.1"),
            ("127.0.0.1", &["0x7f.1"], "127.0.0.1"),
            ("127.0.0.1", &["2001:db8::7%eth0"], "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED, HeaderValue::from_str(line).unwrap());
            }
            let found = client_address(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), client, "{peer} {lines:?}");
        }
    }
}
