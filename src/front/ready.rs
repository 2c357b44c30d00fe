//! Tells whoever waits that the server is ready, alive, or stopping: one line on standard error for
//! people and test rigs, and sd_notify(3) for systemd.

use std::ffi::OsStr;
use std::io;
use std::net::SocketAddr;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Says `airgate ready on https://ADDR (pid N)`, a line per address, and `READY=1`.
pub fn announce_ready(addresses: &[SocketAddr], tls: bool) {
    let scheme = if tls { "https" } else { "http" };
    for address in addresses {
        eprintln!("{}", ready_line(scheme, *address));
    }
    notify("READY=1");
}

/// Says `STOPPING=1`.
pub fn announce_stopping() {
    notify("STOPPING=1");
}

/// Feeds systemd's watchdog, if the unit has one, as long as the event loop turns (O5).
pub async fn feed_watchdog(stop: CancellationToken) {
    let interval = std::env::var("WATCHDOG_USEC")
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|micros| *micros > 0)
        .map(|micros| Duration::from_micros(micros) / 2);
    let Some(interval) = interval else { return };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(interval) => notify("WATCHDOG=1"),
        }
    }
}

fn ready_line(scheme: &str, address: SocketAddr) -> String {
    format!(
        "airgate ready on {scheme}://{address} (pid {})",
        std::process::id()
    )
}

fn notify(message: &str) {
    if let Some(socket) = std::env::var_os("NOTIFY_SOCKET")
        && let Err(error) = send(&socket, message)
    {
        tracing::warn!(%error, "systemd could not be told");
    }
}

/// A path, or `@name` for the abstract namespace.
fn send(socket: &OsStr, message: &str) -> io::Result<()> {
    let address = match socket.as_bytes().split_first() {
        Some((b'@', name)) => UnixAddr::from_abstract_name(name)?,
        _ => UnixAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(message.as_bytes(), &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_hears_us_by_path_and_by_abstract_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let name = format!("airgate-test-{}", std::process::id());
        let abstract_name = UnixAddr::from_abstract_name(&name).unwrap();
        for (receiver, socket) in [
            (UnixDatagram::bind(&path).unwrap(), path.into_os_string()),
            (
                UnixDatagram::bind_addr(&abstract_name).unwrap(),
                format!("@{name}").into(),
            ),
        ] {
            send(&socket, "READY=1").unwrap();
            let mut bytes = [0; 64];
            let count = receiver.recv(&mut bytes).unwrap();
            assert_eq!(&bytes[..count], b"READY=1");
        }
        assert!(send(OsStr::new("/nonexistent/notify"), "READY=1").is_err());
    }

    #[test]
    fn the_ready_line_is_what_rigs_wait_for() {
        let line = ready_line("https", "127.0.0.1:8443".parse().unwrap());
        let pid = std::process::id();
        assert_eq!(
            line,
            format!("airgate ready on https://127.0.0.1:8443 (pid {pid})")
        );
        let line = ready_line("http", "[::1]:80".parse().unwrap());
        assert!(line.starts_with("airgate ready on http://[::1]:80 (pid "));
    }
}
