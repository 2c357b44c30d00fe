//! What can be reached from outside, and by whom (T53).

use std::path::Path;

use super::world;
use crate::support::process::{free_port, loopback};
use crate::support::surfer::Surfer;

/// What anybody may read of the portal, signed in or not.
const OPEN: &[&str] = &[
    "/account/sign-in",
    "/account/set-up",
    "/account/set-up/iphone",
    "/admin/sign-in",
];

/// Where whoever is nobody is sent: to the sign-in, or to where that begins.
const BACK: &[&str] = &["/account", "/account/sign-in", "/admin", "/admin/sign-in"];

/// Doors that other servers have, and ours does not.
const NOT_THERE: &[&str] = &[
    "/metrics",
    "/health",
    "/healthz/detail",
    "/status",
    "/debug",
    "/debug/pprof/",
    "/api",
    "/api/v1/users",
    "/config",
    "/.env",
    "/.git/config",
    "/airgate.toml",
    "/airgate.db",
    "/keys/vault.key",
    "/server-status",
    "/trace",
    "/shutdown",
    "/accounts",
    "/administrator",
    "/EWS/Exchange.asmx",
    "/owa",
    "/rpc",
];

/// All routes of the portal, out of its source: a new one is in this test by itself.
fn routes() -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/portal");
    let mut routes = Vec::new();
    for file in ["../portal.rs", "admin.rs"] {
        let text = std::fs::read_to_string(source.join(file)).expect("the portal's routes");
        for rest in text.split(".route(").skip(1) {
            let route = rest.split('"').nth(1).expect("a path");
            let route = route
                .replace("{family}", "iphone")
                .replace("{file}", "nothing.css")
                .replace("{user}", "alice@example.com")
                .replace("{action}", "wipe")
                .replace("{token}", "AAAA")
                .replace("{id}", "x");
            assert!(!route.contains('{'), "{route}: say what stands for it");
            routes.push(route);
        }
    }
    assert!(routes.len() > 40, "{routes:?}");
    routes
}

#[tokio::test]
async fn t53_nothing_inside_is_seen_from_outside() {
    let port = free_port();
    // The tour knocks faster than one address may (T10).
    let limits = "[limits]\nhandshakes_per_address = 100000\n";
    let toml = format!("{limits}[portal]\nlisten = [\"127.0.0.1:{port}\"]");
    let together = world(|settings| settings.toml(limits)).await;
    let apart = world(|settings| settings.toml(&toml)).await;
    let mut all = Surfer::new(together.server.address());
    let mut phones = Surfer::new(apart.server.address());
    let mut people = Surfer::new(loopback(port));

    // Whoever is nobody is sent to the sign-in, whatever he asks for, and changes nothing.
    for route in routes() {
        for surfer in [&mut all, &mut people] {
            let answer = surfer.ask("GET", &route, None).await;
            let fine = match answer.status {
                200 => OPEN.contains(&route.as_str()),
                303 => BACK.contains(&answer.all("location")[0]),
                status => matches!(status, 404 | 405 | 410),
            };
            assert!(fine, "GET {route}: {} {:?}", answer.status, answer.headers);
            let answer = surfer.ask("POST", &route, Some("proof=x")).await;
            assert!(
                matches!(answer.status, 403 | 405)
                    || answer.all("location") == ["/account/sign-in"]
                    || answer.all("location") == ["/admin/sign-in"],
                "POST {route}: {} {:?}",
                answer.status,
                answer.headers
            );
        }
        // Where the portal has an address of its own, it is nowhere else.
        for method in ["GET", "POST"] {
            let body = (method == "POST").then_some("proof=x");
            let answer = phones.ask(method, &route, body).await;
            assert_eq!(answer.status, 404, "{method} {route}");
        }
    }
    for path in NOT_THERE {
        for surfer in [&mut all, &mut phones, &mut people] {
            for method in ["GET", "POST", "OPTIONS"] {
                let body = (method == "POST").then_some("x=y");
                let answer = surfer.ask(method, path, body).await;
                assert_eq!(answer.status, 404, "{method} {path}");
            }
        }
    }
    for path in ["/metrics", "/account", "/"] {
        for surfer in [&mut all, &mut phones, &mut people] {
            for method in ["PUT", "DELETE", "TRACE", "CONNECT", "PROPFIND"] {
                let answer = surfer.ask(method, path, None).await;
                assert!(
                    matches!(answer.status, 400 | 404 | 405 | 501),
                    "{method} {path}: {}",
                    answer.status
                );
            }
        }
    }
    // What is left: alive or not, a page that says nothing, and doors with a gate.
    for surfer in [&mut all, &mut phones, &mut people] {
        assert_eq!(surfer.ask("GET", "/healthz", None).await.text(), "ok\n");
        let welcome = surfer.ask("GET", "/", None).await.text();
        assert!(!welcome.contains(env!("CARGO_PKG_VERSION")), "{welcome}");
    }
    for surfer in [&mut all, &mut phones] {
        for path in [
            "/Microsoft-Server-ActiveSync?Cmd=FolderSync&User=x&DeviceId=x&DeviceType=x",
            "/autodiscover/autodiscover.xml",
        ] {
            let answer = surfer.ask("POST", path, Some("")).await;
            // Autodiscover is there only where addresses are configured.
            assert!(matches!(answer.status, 401 | 404), "{path}");
        }
    }
}
