//! What an operator reads: a configuration full of mistakes, told all at once, and the first lines
//! of a server.

use std::process::{Command, Output};

use crate::support::backend::Kind;
use crate::support::process::RunDir;
use crate::support::world::World;

pub(crate) fn airgate(dir: &RunDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airgate"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AIRGATE_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(dir.path())
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn all_mistakes_are_told_at_once_with_line_key_and_hint() {
    let dir = RunDir::new("config");
    let file = dir.write(
        "airgate.toml",
        "listen = [\"127.0.0.1:99999\"]\n\
         lisen = [\"[::]:443\"]\n\
         tls = \"/nowhere/cert.pem,/nowhere/key.pem\"\n\
         imap = \"pop3://mail.example.com\"\n\
         smtp = \"submissions://mail.example.com:0\"\n\
         accept_mail_password = \"perhaps\"\n\
         default_domain = \"exa mple\"\n\
         trusted_proxies = [\"10.0.0.0/33\"]\n\
         \n\
         [heartbeat]\n\
         min = \"10s\"\n\
         max = \"2h\"\n\
         \n\
         [limits]\n\
         body = \"much\"\n\
         devices = 0\n\
         \n\
         [policy]\n\
         password_length = 40\n\
         \n\
         [polcy]\n\
         device_password = true\n",
    );
    let file = file.to_str().unwrap();
    for verb in ["check-config", "serve"] {
        let output = airgate(&dir, &[verb, "--config", file, "--smtp", "gopher://x"]);
        assert_eq!(output.status.code(), Some(1), "{verb}");
        let said = String::from_utf8(output.stderr).unwrap();
        for (line, key) in [
            (1, "listen"),
            (2, "unknown key `lisen`"),
            (3, "tls"),
            (4, "imap"),
            (6, "accept_mail_password"),
            (7, "default_domain"),
            (8, "trusted_proxies"),
            (11, "heartbeat.min"),
            (12, "heartbeat.max"),
            (15, "limits.body"),
            (16, "limits.devices"),
            (19, "policy.password_length"),
            (21, "unknown key `polcy`"),
        ] {
            let place = format!("airgate.toml:{line}: {key}");
            assert!(said.contains(&place), "{verb}: no {place} in\n{said}");
        }
        // The flag wins over the file's line 5, so it is the flag that is wrong.
        assert!(said.contains("--smtp: "), "{said}");
        // Typing errors are told with what was meant.
        assert!(said.contains("listen") && said.contains("hint: "), "{said}");
        assert!(said.matches("hint: ").count() >= 8, "{said}");
    }
}

#[test]
fn a_good_configuration_says_so_and_a_missing_one_says_what_is_missing() {
    let dir = RunDir::new("config");
    let good = airgate(
        &dir,
        &["check-config", "--imap", "imaps://mail.example.com"],
    );
    assert!(good.status.success(), "{good:?}");
    assert_eq!(
        String::from_utf8_lossy(&good.stdout),
        "The configuration is good.\n"
    );
    let missing = airgate(&dir, &["serve"]);
    assert_eq!(missing.status.code(), Some(1));
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(
        said.contains("imap = \"imaps://mail.example.com\""),
        "{said}"
    );
    let nowhere = airgate(&dir, &["serve", "--config", "missing.toml"]);
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("missing.toml"));
}

#[tokio::test]
async fn a_taken_port_and_a_closed_directory_are_explained() {
    let world = World::start(Kind::Dovecot).await;
    let dir = RunDir::new("config");
    let address = world.server.address().to_string();
    let state = dir.make("state");
    let second = airgate(
        &dir,
        &[
            "serve",
            "--listen",
            &address,
            "--tls",
            "off",
            "--imap",
            "imap://127.0.0.1:1",
            "--state",
            state.to_str().unwrap(),
        ],
    );
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&address) && said.contains("in use"), "{said}");
    let file = dir.write("not-a-directory", "x");
    let third = airgate(
        &dir,
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tls",
            "off",
            "--imap",
            "imap://127.0.0.1:1",
            "--state",
            file.to_str().unwrap(),
        ],
    );
    assert_eq!(third.status.code(), Some(1));
    let said = String::from_utf8_lossy(&third.stderr).into_owned();
    assert!(said.contains("not-a-directory"), "{said}");
}
