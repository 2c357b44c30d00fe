//! Every verb by which administrators manage people and devices, for people and for programs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{dovecot, phone_with, world};
use crate::standing::second_factor;
use crate::support::phone::{Phone, Profile};
use crate::support::surfer::Surfer;
use crate::support::world::World;

/// The command line of one world; knows which verbs it has seen.
struct Desk<'w> {
    world: &'w World,
    seen: BTreeSet<String>,
}

impl Desk<'_> {
    /// Runs a verb for people and insists that it worked.
    fn says(&mut self, line: &str, input: &str) -> String {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = self.world.server.verb_with(&arguments, input);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {text}{errors}");
        assert!(!text.trim().is_empty(), "{line} says nothing");
        self.seen.insert(verb_of(&arguments));
        text
    }

    /// Runs a verb for programs; an answer a line where there are several.
    fn json(&mut self, line: &str, input: &str) -> Value {
        let text = self.says(&format!("{line} --json"), input);
        serde_json::from_str(&text)
            .or_else(|_| {
                let lines = text.lines().map(serde_json::from_str);
                lines.collect::<Result<Vec<Value>, _>>().map(Value::Array)
            })
            .unwrap_or_else(|error| panic!("{line}: {error}: {text}"))
    }
}

/// `device rule add`, `rotate-key`.
fn verb_of(arguments: &[&str]) -> String {
    let words = match arguments {
        ["device", "rule", ..] => 3,
        ["audit" | "rotate-key", ..] => 1,
        _ => 2,
    };
    arguments[..words].join(" ")
}

/// The verbs the program has, out of its own help.
fn offered(world: &World, groups: &[&str]) -> BTreeSet<String> {
    let mut offered = BTreeSet::new();
    for group in groups {
        let arguments: Vec<&str> = group.split(' ').chain(["--help"]).collect();
        let help = world.server.help(&arguments);
        let (_, commands) = help.split_once("Commands:").expect(group);
        let lines = commands.lines().skip(1);
        for line in lines.take_while(|line| line.starts_with("  ")) {
            match line.split_whitespace().next() {
                Some("help" | "rule") | None => {}
                Some(verb) if line.starts_with("  ") && !line.starts_with("   ") => {
                    offered.insert(format!("{group} {verb}"));
                }
                Some(_) => {}
            }
        }
    }
    offered
}

async fn ready() -> (World, Phone) {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 1).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    let mut phone = phone_with(&world, Profile::gmail(), &passcode);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    (world, phone)
}

#[tokio::test]
async fn every_verb_about_people_devices_and_policies_is_for_people_and_programs() {
    let (world, phone) = ready().await;
    let alice = world.alice.name.clone();
    let device = phone.profile.device_id.clone();
    let mut desk = Desk {
        world: &world,
        seen: BTreeSet::new(),
    };

    // Users.
    assert!(desk.says("user list", "").contains(&alice));
    assert_eq!(desk.json("user list", "")[0]["user"], alice.as_str());
    desk.says("user report", "");
    assert!(desk.json("user report", "").is_array());
    desk.says("user throttled", "");
    assert!(desk.json("user throttled", "").is_array());
    desk.says(&format!("user class {alice} staff"), "");
    desk.json(&format!("user class {alice} --none"), "");
    desk.says(&format!("user language {alice} de"), "");
    desk.json(&format!("user language {alice} fr"), "");
    second_factor(&world).await;
    desk.says(&format!("user factor-off {alice}"), "");
    second_factor(&world).await;
    desk.json(&format!("user factor-off {alice}"), "");

    // Devices: what is ordered is there at once.
    let listed = desk.json(&format!("device list {alice}"), "");
    let named = listed[0]["device"].as_str().expect("an id");
    assert!(named.eq_ignore_ascii_case(&device), "{listed}");
    assert!(desk.says("device list", "").contains(&alice));
    for verb in ["block", "allow", "quarantine", "undecide", "resync"] {
        desk.says(&format!("device {verb} {alice} {device}"), "");
        let done = desk.json(&format!("device {verb} {alice} {device}"), "");
        assert!(done.is_object(), "{verb}: {done}");
    }
    desk.says(&format!("device wipe {alice} {device} --account --yes"), "");
    desk.says(&format!("device cancel-wipe {alice} {device}"), "");
    desk.json(
        &format!("device wipe {alice} {device} --whole-device --yes"),
        "",
    );
    desk.json(&format!("device cancel-wipe {alice} {device}"), "");
    desk.says("device rule add block --type BadPhone*", "");
    desk.json("device rule add quarantine --agent Outlook*", "");
    assert!(desk.says("device rule list", "").contains("BadPhone*"));
    let rules = desk.json("device rule list", "");
    let ids: Vec<i64> = rules
        .as_array()
        .expect("a list")
        .iter()
        .map(|rule| rule["id"].as_i64().expect("a number"))
        .collect();
    desk.says(&format!("device rule remove {}", ids[0]), "");
    desk.json(&format!("device rule remove {}", ids[1]), "");
    assert_eq!(desk.json("device rule list", ""), Value::Array(Vec::new()));

    // Policies, and what a phone is asked to enforce.
    desk.says("policy set --everyone MinDevicePasswordLength=6", "");
    desk.json("policy set --everyone AllowCamera=no", "");
    assert!(desk.says("policy list", "").contains("AllowCamera"));
    assert_eq!(
        desk.json("policy list", "").as_array().map(Vec::len),
        Some(1)
    );
    desk.says(&format!("policy show {alice}"), "");
    let shown = desk.json(&format!("policy show {alice}"), "");
    assert_eq!(shown["device"]["MinDevicePasswordLength"], "6");
    assert!(
        desk.says(&format!("policy preview {alice}"), "")
            .contains("AllowCamera")
    );
    let preview = desk.json(&format!("policy preview {alice} --speaks 12.0"), "");
    assert!(
        preview.to_string().contains("MinDevicePasswordLength"),
        "{preview}"
    );
    desk.says("policy unset --everyone AllowCamera", "");
    desk.json("policy unset --everyone MinDevicePasswordLength", "");
    desk.says("policy settings", "");
    desk.json("policy settings", "");

    // On record, and the device can go.
    let trail = desk.json(&format!("audit {alice} --action wipe-requested"), "");
    assert_eq!(trail.as_array().map(Vec::len), Some(2), "{trail}");
    desk.says(&format!("device remove {alice} {device}"), "");
    assert_eq!(
        desk.json(&format!("device list {alice}"), ""),
        Value::Array(Vec::new())
    );
    desk.seen.remove("audit");
    let offered = offered(&world, &["user", "device", "device rule", "policy"]);
    assert_eq!(
        desk.seen, offered,
        "a verb without a test, or one that is gone"
    );
}

#[tokio::test]
async fn every_verb_about_passcodes_and_keys_is_for_people_and_programs() {
    let (world, mut phone) = ready().await;
    let alice = world.alice.name.clone();
    let password = format!("{}\n", world.alice.password);
    let mut desk = Desk {
        world: &world,
        seen: BTreeSet::new(),
    };
    // Passcodes and what is sealed behind them.
    let made = desk.json(&format!("passcode add {alice} --name Second"), &password);
    let second = made["id"].as_str().expect("an id").to_owned();
    desk.says(&format!("passcode add {alice} --name Third"), &password);
    assert!(
        desk.says(&format!("passcode list {alice}"), "")
            .contains("Third")
    );
    let all = desk.json(&format!("passcode list {alice}"), "");
    assert_eq!(all.as_array().map(Vec::len), Some(3), "{all}");
    let before = super::logins(&world);
    let mut surfer = Surfer::new(world.server.address());
    surfer.sign_in(&alice, &world.alice.password).await;
    assert_eq!(surfer.at, "/account", "{}", surfer.page);
    let own = super::logins(&world).0 - before.0;
    for verb in ["passcode", "vault"] {
        desk.says(&format!("{verb} reseal {alice}"), &password);
        let done = desk.json(&format!("{verb} reseal {alice}"), &password);
        assert_eq!(done["resealed"], 3);
    }
    assert_eq!(
        super::logins(&world).0 - before.0,
        4 + own,
        "{}",
        dovecot(&world).log()
    );
    // A changed mail password ends what was signed in with the old one (C13).
    surfer.open("/account").await;
    assert_eq!(surfer.at, "/account/sign-in");
    let wrong = world
        .server
        .verb_with(&["vault", "reseal", &alice], "wrong\n");
    assert!(!wrong.status.success(), "the mail server says no");

    // Server keys: the old ones go when the phone has come by, and not before.
    desk.says("rotate-key", "");
    let early = desk.json("rotate-key --finish", "");
    assert!(
        !early["still_needed"].as_array().expect("a list").is_empty(),
        "{early}"
    );
    assert_eq!(early["removed"], Value::Array(Vec::new()), "{early}");
    phone.folder_sync().await;
    desk.says(&format!("passcode revoke {alice} {second}"), "");
    let rest = desk.json(&format!("passcode list {alice}"), "");
    let third = rest
        .as_array()
        .expect("a list")
        .iter()
        .find(|row| row["name"] == "Third")
        .expect("the third")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    desk.json(&format!("passcode revoke {alice} {third}"), "");
    // The running server takes the new keys within seconds, the phone's next cold login brings its
    // passcode over.
    let mut gone = Value::Null;
    for _ in 0..40 {
        phone.folder_sync().await;
        let finish = desk.json("rotate-key --finish", "");
        if finish["still_needed"] == Value::Array(Vec::new()) {
            gone = finish["removed"].clone();
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(gone.as_array().map(Vec::len), Some(2), "{gone}");
    phone.folder_sync().await;

    assert!(desk.says("audit", "").contains("key-rotated"));
    let mut offered = offered(&world, &["passcode", "vault"]);
    offered.extend(["audit".to_owned(), "rotate-key".to_owned()]);
    assert_eq!(
        desk.seen, offered,
        "a verb without a test, or one that is gone"
    );
}

/// Lines that cannot be done: what they are told, and the exit code (2 where it is no use of the program).
const WRONG: &[(&str, i32, &str)] = &[
    ("user class", 2, "<USER>"),
    ("user class alice@example.com", 2, "<CLASS>"),
    ("user class a*b staff", 1, "is no user name"),
    (
        "user language alice@example.com tlh",
        1,
        "there are en, de and fr",
    ),
    (
        "user factor-off alice@example.com",
        1,
        "has no second factor",
    ),
    ("user nothing", 2, "unrecognized subcommand"),
    ("device list a*b", 1, "is no user name"),
    (
        "device block alice@example.com NOTHING",
        1,
        "airgate device list",
    ),
    (
        "device allow alice@example.com NOTHING",
        1,
        "airgate device list",
    ),
    (
        "device quarantine alice@example.com NOTHING",
        1,
        "airgate device list",
    ),
    (
        "device undecide alice@example.com NOTHING",
        1,
        "airgate device list",
    ),
    (
        "device remove alice@example.com NOTHING",
        1,
        "airgate device list",
    ),
    (
        "device resync alice@example.com NOTHING",
        1,
        "airgate device list",
    ),
    (
        "device cancel-wipe alice@example.com NOTHING",
        1,
        "airgate device list",
    ),
    (
        "device wipe alice@example.com NOTHING --account --yes",
        1,
        "airgate device list",
    ),
    (
        "device wipe alice@example.com NOTHING --account",
        1,
        "--yes",
    ),
    (
        "device wipe alice@example.com NOTHING --yes",
        2,
        "--account",
    ),
    (
        "device wipe alice@example.com NOTHING --yes --account --whole-device",
        2,
        "cannot be used",
    ),
    ("device rule add allow", 1, "at least one of"),
    ("device rule add perhaps --type x", 2, "invalid value"),
    ("device rule remove 99", 1, "airgate device rule list"),
    ("passcode add a*b --name x", 1, "is no user name"),
    ("passcode add alice@example.com --classes fax", 2, "fax"),
    (
        "passcode add alice@example.com --expires yesterday",
        2,
        "yesterday",
    ),
    ("passcode revoke alice@example.com nothing", 1, "nothing"),
    (
        "passcode revoke bob@example.com --all",
        1,
        "bob@example.com",
    ),
    ("passcode list a*b", 1, "is no user name"),
    (
        "vault reseal bob@example.com --unchecked",
        1,
        "bob@example.com",
    ),
    ("policy set --everyone AllowCamera", 1, "NAME=VALUE"),
    (
        "policy set --everyone AllowEverything=yes",
        1,
        "airgate policy settings",
    ),
    ("policy set --everyone explain=perhaps", 1, "true or false"),
    ("policy set AllowCamera=no", 2, "--everyone"),
    (
        "policy unset --everyone Nothing",
        1,
        "airgate policy settings",
    ),
    ("policy show a*b", 1, "is no user name"),
    ("policy preview alice@example.com --speaks 9.9", 2, "9.9"),
    ("audit --action dancing", 1, "is no kind of event"),
    ("rotate-key everything", 2, "invalid value"),
    ("undo list --user a*b", 1, "no login has"),
    ("undo restore --user alice@example.com", 2, "<IDS>"),
    ("undo restore --user alice@example.com 99", 1, "99"),
];

#[tokio::test]
async fn what_cannot_be_done_is_said_and_changes_nothing() {
    let world = world(|settings| settings).await;
    world.server.passcode(&world.alice, &[]);
    let state = |verb: &[&str]| world.server.verb_with(verb, "").stdout;
    let all = || {
        [
            state(&["audit", "--json"]),
            state(&["policy", "list", "--json"]),
            state(&["device", "rule", "list", "--json"]),
            state(&["passcode", "list", &world.alice.name, "--json"]),
        ]
    };
    let before = all();
    let mut wrong = Vec::new();
    for (line, code, says) in WRONG {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = world.server.verb_with(&arguments, "password\n");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let quiet = output.stdout.is_empty();
        if output.status.code() != Some(*code) || !said.contains(says) || !quiet {
            wrong.push(format!("{line}: {output:?}"));
        }
        assert!(!said.contains("panicked"), "{line}: {said}");
    }
    assert_eq!(wrong, [""; 0], "{wrong:#?}");
    assert_eq!(all(), before);
}
