//! The administrators' pages: who gets in, and what they can do.

use super::{App, alice, signed_in, switch_on, world};
use crate::support::backend::User;
use crate::support::phone::Profile;
use crate::support::surfer::Surfer;
use crate::support::world::World;

const PAGES: &[&str] = &[
    "/admin",
    "/admin/devices",
    "/admin/policy",
    "/admin/policy?of=alice@example.com",
    "/admin/throttled",
    "/admin/audit",
    "/admin/audit?of=alice@example.com",
    "/admin/users/alice@example.com",
];

/// Bob, who is an administrator, signed in as one; with his app.
async fn bob(world: &World) -> (Surfer, App) {
    let bob = User::new("bob@example.com");
    let mut own = signed_in(world, &bob).await;
    let (mut app, _) = switch_on(&mut own, &bob.password).await;
    let mut surfer = Surfer::new(world.server.address());
    surfer.open("/admin/sign-in").await;
    surfer
        .send(
            "/admin/sign-in",
            &[("user", &bob.name), ("password", &bob.password)],
        )
        .await;
    let code = app.code().await;
    surfer.send("/admin/sign-in/code", &[("code", &code)]).await;
    assert_eq!(surfer.at, "/admin", "{}", surfer.page);
    (surfer, app)
}

#[tokio::test]
async fn only_administrators_with_a_second_step_get_in() {
    let world = world().await;
    let bob_user = User::new("bob@example.com");
    // An administrator without a second factor, a user with the right password, a stranger.
    for (user, password, status) in [
        ("bob@example.com", bob_user.password.as_str(), 403),
        ("alice@example.com", world.alice.password.as_str(), 403),
        ("bob@example.com", "wrong", 422),
    ] {
        let mut surfer = Surfer::new(world.server.address());
        surfer.open("/admin/sign-in").await;
        let fields = [("user", user), ("password", password)];
        assert_eq!(surfer.send("/admin/sign-in", &fields).await.status, status);
    }
    // A session of the one place is none of the other, whatever its cookie is called.
    let (admin, _) = bob(&world).await;
    let mut member = alice(&world).await;
    let own = member.cookies["__Host-airgate"].clone();
    member.cookies.insert("__Host-airgate-admin".into(), own);
    let mut crossed = Surfer::new(world.server.address());
    crossed.cookies.insert(
        "__Host-airgate".into(),
        admin.cookies["__Host-airgate-admin"].clone(),
    );
    crossed.open("/account").await;
    assert_eq!(crossed.at, "/account/sign-in");
    for page in PAGES {
        member.open(page).await;
        assert_eq!(member.at, "/admin/sign-in", "{page}");
    }
    let mut admin = admin;
    for page in PAGES {
        assert_eq!(admin.open(page).await.status, 200, "{page}");
        assert!(
            !admin.page.contains("admin."),
            "{page}: a key without words"
        );
    }
}

#[tokio::test]
async fn an_administrator_blocks_and_allows_and_the_user_cannot_undo_it() {
    let world = world().await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let (mut admin, _) = bob(&world).await;
    // In another language, and back.
    for (language, title) in [("de", "Benutzer"), ("en", "Users")] {
        let fields = [("language", language), ("to", "/admin")];
        admin.send("/admin/language", &fields).await;
        assert_eq!(admin.title(), title, "{}", admin.page);
    }
    admin.open("/admin?q=ali").await;
    assert!(admin.page.contains("alice@example.com"), "{}", admin.page);
    admin.open("/admin/users/alice%40example.com").await;
    let device = admin.between("/devices/", "/");
    let root = format!("/admin/users/alice%40example.com/devices/{device}");
    admin.open(&format!("{root}/block")).await;
    // Whoever thinks better of it comes back to the user's page.
    let back = admin.between("class=\"button quiet\" href=\"", "\"");
    assert_eq!(admin.open(&back).await.status, 200, "{back}");
    assert!(admin.page.contains(&root), "{}", admin.page);
    admin.open(&format!("{root}/block")).await;
    admin.send(&format!("{root}/block"), &[]).await;
    assert!(
        admin.page.contains("The device is blocked"),
        "{}",
        admin.page
    );
    let mut user = alice(&world).await;
    user.open("/account/devices").await;
    assert!(user.page.contains("blocked") && !user.page.contains("/allow\""));
    let allow = format!("/account/devices/{device}/allow");
    user.open(&allow).await;
    assert_eq!(user.at, "/account/devices");
    assert_eq!(user.send(&allow, &[]).await.status, 403);
    admin.open(&format!("{root}/allow")).await;
    admin.send(&format!("{root}/allow"), &[]).await;
    assert!(admin.page.contains("The device is allowed"));

    // What the user blocked, the user allows again.
    let block = format!("/account/devices/{device}/block");
    user.open(&block).await;
    user.send(&block, &[]).await;
    user.open(&allow).await;
    user.send(&allow, &[]).await;
    assert!(user.page.contains("The device is allowed"), "{}", user.page);

    // Everything of it is in the trail, with a name.
    admin.open("/admin/audit").await;
    assert!(
        admin.page.contains("bob@example.com (127.0.0.1)"),
        "{}",
        admin.page
    );
}

#[tokio::test]
async fn rules_and_policies_are_set_and_shown() {
    let world = world().await;
    let (mut admin, _) = bob(&world).await;
    admin.open("/admin/devices").await;
    let rule = [
        ("standing", "block"),
        ("kind", "BadPhone*"),
        ("user", ""),
        ("model", ""),
        ("agent", ""),
    ];
    admin.send("/admin/devices", &rule).await;
    assert!(admin.page.contains("BadPhone*"), "{}", admin.page);
    let id = admin.between("/admin/devices/rules/", "/");
    admin
        .send(&format!("/admin/devices/rules/{id}/remove"), &[])
        .await;
    assert!(!admin.page.contains("BadPhone*"));

    admin.open("/admin/policy").await;
    let set = |setting: &'static str, value: &'static str| {
        [
            ("scope", "domain"),
            ("scope-name", "example.com"),
            ("setting", setting),
            ("value", value),
        ]
    };
    admin.send("/admin/policy", &set("devices", "3")).await;
    assert!(admin.page.contains("devices = 3"), "{}", admin.page);
    let answer = admin.send("/admin/policy", &set("devices", "many")).await;
    assert_eq!(answer.status, 422);
    admin.open("/admin/policy").await;
    admin
        .send("/admin/policy", &set("MinDevicePasswordLength", "6"))
        .await;
    // A running server hears of it within five seconds (T46).
    for _ in 0..80 {
        admin.open("/admin/policy?of=alice@example.com").await;
        if admin.page.contains(">MinDevicePasswordLength</td>") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(
        admin
            .page
            .contains(">devices</td><td class=\"word\" data-label=\"Value\">3</td>"),
        "{}",
        admin.page
    );
    assert!(
        admin
            .page
            .contains(">MinDevicePasswordLength</td><td data-label=\"Value\">6</td>"),
        "{}",
        admin.page
    );
    // In words, and from which version on a phone knows it.
    let preview = "<td data-label=\"Meaning\">shortest password, in characters</td>\
        <td data-label=\"Known since EAS\">12.0</td>";
    assert!(admin.page.contains(preview), "{}", admin.page);
    admin.send("/admin/policy", &set("devices", "")).await;
    admin.open("/admin/policy").await;
    assert!(!admin.page.contains("devices = 3"));

    // Who is slowed down, and why.
    let mut stranger = Surfer::new(world.server.address());
    for number in 0..7 {
        stranger
            .sign_in("alice@example.com", &format!("guess {number}"))
            .await;
    }
    admin.open("/admin/throttled").await;
    assert!(admin.page.contains("alice@example.com") && admin.page.contains("unknown browser"));
}

#[tokio::test]
async fn an_administrator_does_on_pages_what_the_command_line_does() {
    let world = world().await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    world.server.passcode(&world.alice, &[]);
    world.server.passcode(&world.alice, &[]);
    let (mut admin, _) = bob(&world).await;
    // Who is not where policy wants them: Alice has a phone on her mail password.
    admin.open("/admin?show=report").await;
    let device = phone.profile.device_id.to_lowercase();
    assert!(admin.page.contains("alice@example.com"), "{}", admin.page);
    assert!(admin.page.contains(&device), "{}", admin.page);
    let page = "/admin/users/alice%40example.com";
    admin.open(page).await;
    let fields = [("class", "staff"), ("language", "fr")];
    admin.send(&format!("{page}/settings"), &fields).await;
    assert!(admin.page.contains("value=\"staff\""), "{}", admin.page);
    assert!(
        admin.page.contains("lang=\"fr\" selected"),
        "{}",
        admin.page
    );
    let klingon = [("class", ""), ("language", "tlh")];
    let answer = admin.send(&format!("{page}/settings"), &klingon).await;
    assert_eq!(answer.status, 400);
    let shown = world.server.verb_with(&["user", "list", "--json"], "");
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(
        (&shown[0]["class"], &shown[0]["language"]),
        (&"staff".into(), &"fr".into())
    );
    admin.open(page).await;
    admin
        .send(&format!("{page}/passcodes/revoke-all"), &[])
        .await;
    assert!(
        admin.page.contains("All passcodes are revoked"),
        "{}",
        admin.page
    );
    assert!(!admin.page.contains("/revoke\""), "{}", admin.page);
    // Held back, and left to the rules again; neither is for its owner.
    let mut user = alice(&world).await;
    let root = format!("{page}/devices/{device}");
    for (action, done) in [
        ("quarantine", "The device is held back"),
        ("undecide", "The rules decide"),
    ] {
        admin.open(&format!("{root}/{action}")).await;
        admin.send(&format!("{root}/{action}"), &[]).await;
        assert!(admin.page.contains(done), "{}", admin.page);
        user.open("/account/devices").await;
        let own = format!("/account/devices/{device}/{action}");
        assert!(!user.page.contains(&own), "{}", user.page);
        assert_eq!(user.send(&own, &[]).await.status, 403, "{action}");
    }
}

#[tokio::test]
async fn an_administrator_helps_somebody_who_lost_everything() {
    let world = world().await;
    let mut user = alice(&world).await;
    switch_on(&mut user, &world.alice.password).await;
    let (mut admin, _) = bob(&world).await;
    let page = "/admin/users/alice%40example.com";
    admin.open(page).await;
    admin.send(&format!("{page}/factor-off"), &[]).await;
    assert!(admin.page.contains("is switched off"), "{}", admin.page);
    user.open("/account").await;
    assert_eq!(user.at, "/account/sign-in", "C13: signed out");
    user.sign_in(&world.alice.name, &world.alice.password).await;
    assert_eq!(user.at, "/account");
}

/// Everything an administrator can change, out of the source: a new one is in this test by itself.
fn changing() -> Vec<String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/admin.rs");
    let source = std::fs::read_to_string(source).expect("the routes");
    let mut found = Vec::new();
    for route in source.split(".route(").skip(1) {
        let path = route.split('"').nth(1).expect("a path");
        // These are how one proves who one is, how one goes, and what one reads the pages in.
        let open = ["sign-in", "sign-out", "confirm", "/admin/language"];
        if !route.contains("post(") || open.iter().any(|word| path.contains(word)) {
            continue;
        }
        let path = path
            .replace("{user}", "alice%40example.com")
            .replace("{id}", "1");
        match path.contains("{action}") {
            false => found.push(path),
            true => found.extend(ACTIONS.map(|action| path.replace("{action}", action))),
        }
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

const ACTIONS: [&str; 9] = [
    "resync",
    "block",
    "allow",
    "quarantine",
    "undecide",
    "remove",
    "wipe-account",
    "wipe",
    "cancel-wipe",
];

/// As if all proofs had been given five minutes ago, and the app's codes used then.
async fn proofs_grow_old(world: &World, app: &mut App) {
    use sqlx::Connection as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(world.server.state().join("airgate.db"))
        .busy_timeout(std::time::Duration::from_secs(5));
    let mut connection = sqlx::sqlite::SqliteConnection::connect_with(&options)
        .await
        .expect("the database");
    let done = sqlx::query("UPDATE sessions SET proved_at = proved_at - 300")
        .execute(&mut connection)
        .await
        .expect("a session");
    assert!(done.rows_affected() > 0);
    let done = sqlx::query("UPDATE second_factors SET last_step = last_step - 10")
        .execute(&mut connection)
        .await
        .expect("a factor");
    assert!(done.rows_affected() > 0);
    app.used -= 10;
}

#[tokio::test]
async fn c12_whatever_an_administrator_changes_takes_a_fresh_proof() {
    let world = world().await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let (mut admin, mut app) = bob(&world).await;
    proofs_grow_old(&world, &mut app).await;
    // Logins are written down a moment later; they are not what is looked for.
    let trail = || {
        let trail = world.server.verb_with(&["audit", "--json"], "").stdout;
        let trail = String::from_utf8(trail).expect("text");
        let done = trail.lines().filter(|line| !line.contains("\"login-ok\""));
        done.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = trail();
    let fields = [
        ("standing", "block"),
        ("kind", "iPhone"),
        ("user", ""),
        ("model", ""),
        ("agent", ""),
        ("scope", "everyone"),
        ("scope-name", ""),
        ("setting", "devices"),
        ("value", "1"),
    ];
    for path in changing() {
        // The page that is shown has a form, so the proof of ours is a good one.
        admin.open("/admin").await;
        let answer = admin.ask("POST", &path, Some(&admin.form(&fields))).await;
        assert_eq!(answer.status, 303, "{path}");
        let to = answer.all("location")[0].to_owned();
        assert!(to.starts_with("/admin/confirm?to="), "{path}: {to}");
    }
    assert_eq!(trail(), before, "nothing was done");
    // With the code it is, until the proof is five minutes old again.
    let code = app.code().await;
    let proof = [("code", code.as_str()), ("to", "/admin/devices")];
    admin.send("/admin/confirm", &proof).await;
    assert_eq!(admin.at, "/admin/devices", "{}", admin.page);
    admin.send("/admin/devices", &fields).await;
    assert!(admin.page.contains("iPhone"), "{}", admin.page);
    proofs_grow_old(&world, &mut app).await;
    admin.send("/admin/devices", &fields).await;
    assert!(admin.at.starts_with("/admin/confirm"), "{}", admin.at);
}
