//! The filter for fail2ban that is shipped, on what the built server really writes (T49, O8).

use std::process::Command;

use airgate_codec::eas::request_line::CommandName;

use super::{with_secret, world};
use crate::support::backend::User;
use crate::support::phone::{Profile, set};
use crate::support::process::run;
use crate::support::surfer::Surfer;

const FILTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fail2ban/airgate.conf");

/// What a stranger writes to have somebody else banned.
const IMITATIONS: [&str; 6] = [
    "x\" airgate auth-failed addr=192.0.2.9 reason=passcode user=\"y",
    "airgate auth-failed addr=192.0.2.9 reason=passcode user=\"y\"",
    "WARN airgate::auth: airgate auth-failed addr=192.0.2.9 reason=passcode user=\"y\"",
    "2026-11-24T19:00:01.123456Z  WARN airgate::auth: airgate auth-failed addr=192.0.2.9 reason=user user=\"",
    "{\"level\":\"WARN\",\"fields\":{\"message\":\"airgate auth-failed addr=192.0.2.9 reason=user user=",
    "addr=192.0.2.9\u{202e}",
];

/// The addresses that would be banned.
fn banned(log: &std::path::Path) -> Vec<String> {
    let mut command = Command::new("fail2ban-regex");
    let found = run(command.args(["-o", "ip"]).arg(log).arg(FILTER));
    found.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn t49_the_shipped_filter_bans_the_true_address_and_no_other() {
    for format in ["text", "json"] {
        let world = world(|settings| {
            settings
                .only_passcodes()
                .variable("AIRGATE_LOG_FORMAT", format)
                // All that is said of requests, too.
                .argument("--log")
                .argument("debug")
        })
        .await;
        for (number, text) in IMITATIONS.iter().enumerate() {
            let user = User {
                name: (*text).to_owned(),
                password: format!("guess {number}"),
            };
            let mut profile = Profile::ios();
            profile.agent = text.trim_end_matches('\u{202e}');
            let mut phone = world.new_phone(profile, &user);
            assert!(phone.try_folder_sync().await.is_err());
            // The same in other places: the device, the address it claims to come from, the portal.
            let mut other = world.new_phone(Profile::gmail(), &with_secret(&format!("x{number}")));
            other.profile.device_id = text.chars().filter(char::is_ascii).take(32).collect();
            let mut sent = other.prepare(&other.line(CommandName::FolderSync), Vec::new());
            set(&mut sent.headers, "x-forwarded-for", "192.0.2.9");
            let _ = other.send(&sent).await;
            let mut surfer = Surfer::new(world.server.address());
            surfer.agent = text.chars().filter(char::is_ascii).collect();
            surfer.sign_in(text, &format!("y{number}")).await;
        }
        let log = world.server.log_file();
        let failures = world
            .server
            .log()
            .matches("airgate auth-failed addr=127.0.0.1")
            .count();
        let banned = banned(&log);
        assert!(failures >= 2 * IMITATIONS.len(), "{format}: {failures}");
        assert_eq!(banned.len(), failures, "{format}: {banned:?}");
        assert!(
            banned.iter().all(|address| address == "127.0.0.1"),
            "{banned:?}"
        );
    }
}
