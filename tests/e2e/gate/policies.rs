//! Who may come in with what: by domain, class and user, until a second factor and within its grace; who
//! is still on a mail password; which devices are let in (issue 5, lines 5 and 10). All of it through the
//! gate of a running server, by the command line beside it.

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync;
use serde_json::Value;

use super::{logins, phone_with, world};
use crate::standing::{folders, second_factor, until_folders};
use crate::support::backend::{Backend, User, dovecot};
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

/// Does what an administrator types and insists that it works.
fn admin(world: &World, line: &str) -> String {
    let arguments: Vec<&str> = line.split(' ').collect();
    let output = world.server.verb_with(&arguments, "");
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A phone that speaks 14.1, so that a refusal is a status where it can be.
fn phone(world: &World, user: &User, name: &str) -> Phone {
    let profile = Profile::ios().speaking(ProtocolVersion::V14_1).called(name);
    world.new_phone(profile, user)
}

/// A phone whose mailbox has become another is told to begin again, and does.
async fn begins_anew(phone: &mut Phone) {
    until_folders(phone, (200, folder_sync::status::INVALID_SYNC_KEY)).await;
    "0".clone_into(&mut phone.memory.folder_key);
    phone.memory.collections.clear();
    phone.folder_sync().await;
}

/// Whether a login is let in, by OPTIONS: no device stands in it, so none becomes known by it, and none is
/// told why (T37). Waits for the 5 s of T46, with room for a loaded machine.
async fn until(world: &World, user: &User, status: u16) {
    let heard = async {
        while world.new_phone(Profile::ios(), user).options().await.status != status {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(8), heard)
        .await
        .unwrap_or_else(|_| panic!("{} is not answered with {status}", user.name));
}

async fn until_out(world: &World, user: &User) {
    until(world, user, 401).await;
}

async fn until_in(world: &World, user: &User) {
    until(world, user, 200).await;
}

#[tokio::test]
async fn which_secret_a_phone_may_use_is_said_by_domain_class_and_user() {
    let users = [
        User::alice(),
        User::new("bob@example.com"),
        User::new("carol@other.example"),
    ];
    let dovecot = dovecot::Settings::new(&users)
        .extra("auth_verbose = yes")
        .start();
    let world = World::around(Backend::Dovecot(dovecot), &users, |settings| settings).await;
    let [alice, bob, carol] = &users;
    until_in(&world, alice).await;
    admin(
        &world,
        "policy set --domain example.com phone-secret=passcode explain=false",
    );
    until_out(&world, alice).await;
    let before = logins(&world);
    assert_eq!(folders(&mut phone(&world, bob, "B1")).await, (401, 0));
    assert_eq!(logins(&world), before, "nobody asks the mail server (T36)");
    until_in(&world, carol).await;
    // A class goes over the domain, a user over the class.
    admin(
        &world,
        "policy set --class staff phone-secret=until-second-factor",
    );
    admin(&world, &format!("user class {} staff", bob.name));
    until_in(&world, bob).await;
    assert_eq!(folders(&mut phone(&world, alice, "A3")).await, (401, 0));
    let own = format!("--user {}", alice.name);
    admin(
        &world,
        &format!("policy set {own} phone-secret=until-second-factor"),
    );
    until_in(&world, alice).await;
    admin(
        &world,
        &format!("policy set --user {} phone-secret=passcode", bob.name),
    );
    until_out(&world, bob).await;
    // Taken back, the layer below says it again.
    admin(&world, &format!("policy unset {own} phone-secret"));
    until_out(&world, alice).await;
    admin(&world, "policy set --everyone phone-secret=passcode");
    until_out(&world, carol).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    phone_with(&world, Profile::gmail(), &passcode)
        .set_up()
        .await;
}

/// Of one user in the report of those who are not where policy wants them.
fn reported(world: &World, user: &User) -> Option<Value> {
    let report: Value = serde_json::from_str(&admin(world, "user report --json")).unwrap();
    let mut rows = report.as_array().unwrap().iter();
    rows.find(|row| row["user"] == user.name.as_str()).cloned()
}

#[tokio::test]
async fn a_required_second_factor_has_a_grace_and_a_report() {
    let world = world(|settings| settings).await;
    world.fill("INBOX", 1).await;
    let alice = world.alice.clone();
    let mut on_password = phone(&world, &alice, "ONPASSWORD");
    on_password.set_up().await;
    on_password.sync_all("INBOX").await;
    let passcode = world.server.passcode(&alice, &[]);
    let mut coded = phone_with(&world, Profile::gmail(), &passcode);
    coded.set_up().await;
    let row = reported(&world, &alice).expect("no second factor");
    assert_eq!(row["by_mail_password"], serde_json::json!(["onpassword"]));
    assert_eq!(
        (&row["factor"], &row["factor_asked"]),
        (&Value::Bool(false), &Value::Null)
    );
    // Required, with some days: it goes on, and the days count from when she was seen.
    admin(
        &world,
        "policy set --domain example.com second-factor=required grace-days=14",
    );
    let asked = async {
        while reported(&world, &alice).expect("still")["factor_asked"].is_null() {
            // A login that is looked at anew; what is remembered of the others is void by then.
            on_password.folder_sync().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(6), asked)
        .await
        .expect("the grace begins");
    on_password.folder_sync().await;
    // Over: the phone that was in is told why, a new one hears 401, a passcode goes on.
    admin(&world, "policy set --domain example.com grace-days=0");
    until_out(&world, &alice).await;
    begins_anew(&mut on_password).await;
    on_password.sync_all("Inbox").await;
    let subjects = on_password.subjects("Inbox");
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(!subjects[0].contains("Mail number"), "{subjects:?}");
    coded.folder_sync().await;
    // Another domain's people are asked for nothing.
    let shown = admin(&world, "policy show carol@other.example --json");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["access"]["second-factor"], "optional", "{shown}");
    // She sets one up, and her old phone takes a passcode: nobody is left in the report.
    second_factor(&world).await;
    let passcode = world.server.passcode(&alice, &[]);
    on_password.user.password.clone_from(&passcode.code);
    begins_anew(&mut on_password).await;
    assert_eq!(reported(&world, &alice), None);
    let text = admin(&world, "user report");
    assert!(!text.contains("ONPASSWORD"), "{text}");
}

#[tokio::test]
async fn rules_fit_by_type_model_agent_and_user() {
    let world = world(|settings| settings).await;
    for rule in [
        "block --type WP*",
        "block --model *Nexus*",
        "block --agent *Outlook*",
        "block --user bob@*",
    ] {
        admin(&world, &format!("device rule add {rule}"));
    }
    let bob = User::new("bob@example.com");
    let named = |name: &'static str| {
        let mut profile = Profile::ios().speaking(ProtocolVersion::V14_1).called(name);
        profile.name = name;
        world.new_phone(profile, &world.alice)
    };
    let windows = Profile::windows_phone().speaking(ProtocolVersion::V14_1);
    until_folders(&world.new_phone(windows, &world.alice), (200, 129)).await;
    // What kind it is a phone tells with Provision.
    let mut nexus = named("A Nexus 5");
    nexus.provision().await;
    until_folders(&nexus, (200, 129)).await;
    let mut agent = named("BYAGENT");
    agent.profile.agent = "Outlook-iOS-Android/1.0";
    until_folders(&agent, (200, 129)).await;
    until_folders(&phone(&world, &bob, "BOBS"), (200, 129)).await;
    until_folders(&named("ANOTHER"), (200, 1)).await;
    // One that somebody decided about is no rule's business.
    let bobs = phone(&world, &bob, "BOBS");
    admin(&world, &format!("device allow {} BOBS", bob.name));
    until_folders(&bobs, (200, 1)).await;
    admin(&world, &format!("device undecide {} BOBS", bob.name));
    until_folders(&bobs, (200, 129)).await;
}
