//! T45 and its kin: what every page and every form holds to.

use super::{alice, signed_in, switch_on, world};
use crate::support::phone::Profile;
use crate::support::surfer::Surfer;

const PAGES: &[&str] = &[
    "/account",
    "/account/passcodes",
    "/account/devices",
    "/account/undo",
    "/account/two-step",
    "/account/two-step/begin",
    "/account/security",
    "/account/set-up",
    "/account/set-up/iphone",
    "/account/set-up/android",
    "/account/set-up/samsung",
    "/account/set-up/blackberry",
    "/account/set-up/windows-phone",
    "/account/set-up/outlook",
    "/account/set-up/thunderbird",
    "/account/confirm",
    "/account/passcodes/new",
];

#[tokio::test]
async fn t45_every_page_is_kept_to_itself() {
    let world = world().await;
    let mut member = alice(&world).await;
    let mut guest = Surfer::new(world.server.address());
    for page in PAGES
        .iter()
        .chain(&["/account/sign-in", "/account/nowhere", "/admin/sign-in"])
    {
        for surfer in [&mut member, &mut guest] {
            let answer = surfer.ask("GET", page, None).await;
            let one = |name: &str| match answer.all(name).as_slice() {
                [value] => (*value).to_owned(),
                other => panic!("{page}: {name}: {other:?}"),
            };
            assert_eq!(
                one("content-security-policy"),
                "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                 frame-ancestors 'none'"
            );
            assert_eq!(one("cache-control"), "no-store", "{page}");
            assert_eq!(one("x-content-type-options"), "nosniff");
            assert_eq!(one("x-frame-options"), "DENY");
            assert_eq!(one("referrer-policy"), "same-origin");
            let html = answer.text();
            for never in [
                "<script",
                "javascript:",
                " onclick",
                "src=",
                "http://",
                " style=",
            ] {
                assert!(!html.contains(never), "{page}: {never}");
            }
            for cookie in answer.all("set-cookie") {
                assert!(
                    cookie.starts_with("__Host-")
                        && cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"),
                    "{cookie}"
                );
            }
        }
    }
    // Whoever is not signed in sees nothing of anybody.
    for page in PAGES.iter().filter(|page| !page.contains("set-up")) {
        let answer = guest.ask("GET", page, None).await;
        assert_eq!(
            (answer.status, answer.all("location")),
            (303, vec!["/account/sign-in"]),
            "{page}"
        );
    }
    // The one thing that may be kept is the style sheet.
    member.open("/account").await;
    let style = member.between("<link rel=\"stylesheet\" href=\"", "\"");
    let answer = member.ask("GET", &style, None).await;
    assert!(answer.all("cache-control")[0].contains("immutable"));
    assert!(answer.all("content-type")[0].starts_with("text/css"));
}

#[tokio::test]
async fn t45_forms_of_others_change_nothing() {
    let world = world().await;
    let mut surfer = alice(&world).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    surfer.open("/account/passcodes").await;
    let revoke = format!("/account/passcodes/{}/revoke", passcode.id);
    let good = surfer.form(&[]);
    let mut stranger = Surfer::new(world.server.address());
    stranger.open("/account/sign-in").await;
    let theirs = stranger.form(&[]);
    for (what, body, headers) in [
        ("no proof", "a=b", vec![]),
        ("a wrong proof", "proof=AAAA", vec![]),
        ("a stranger's proof", theirs.as_str(), vec![]),
        (
            "from elsewhere",
            good.as_str(),
            vec![("Origin", "https://evil.test")],
        ),
        ("from nowhere", good.as_str(), vec![("Origin", "null")]),
        (
            "cross-site",
            good.as_str(),
            vec![("Sec-Fetch-Site", "cross-site")],
        ),
    ] {
        surfer.more = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let answer = surfer.ask("POST", &revoke, Some(body)).await;
        assert_eq!(answer.status, 403, "{what}");
        assert!(answer.text().contains("Nothing was changed"), "{what}");
    }
    surfer.more.clear();
    // A form is a POST: nothing changes by looking.
    assert_eq!(surfer.ask("GET", &revoke, None).await.status, 405);
    assert_eq!(
        surfer.ask("GET", "/account/sign-out", None).await.status,
        405
    );
    surfer.open("/account/passcodes").await;
    assert!(
        surfer.page.contains("not used yet"),
        "it lives: {}",
        surfer.page
    );
    surfer.more = vec![("Origin".into(), "https://portal.test".into())];
    surfer.send(&revoke, &[]).await;
    assert!(
        surfer.page.contains("The passcode is revoked"),
        "{}",
        surfer.page
    );
    // T13: nobody else's is there, whatever its id.
    let bobs = world
        .server
        .passcode(&crate::support::backend::User::new("bob@example.com"), &[]);
    let theirs = format!("/account/passcodes/{}/revoke", bobs.id);
    assert_eq!(surfer.send(&theirs, &[]).await.status, 404);
}

#[tokio::test]
async fn t45_a_session_has_a_new_name_at_each_step_and_ends_when_told() {
    let world = world().await;
    let mut surfer = Surfer::new(world.server.address());
    // A name somebody else chose is not taken.
    surfer
        .cookies
        .insert("__Host-airgate".into(), "A".repeat(43));
    surfer
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    let name = |surfer: &Surfer| surfer.cookies["__Host-airgate"].clone();
    let first = name(&surfer);
    assert_ne!(first, "A".repeat(43));
    let old = surfer.clone();
    surfer
        .open("/account/confirm?to=/account/passcodes/new")
        .await;
    surfer
        .send(
            "/account/confirm",
            &[
                ("password", &world.alice.password),
                ("to", "/account/passcodes/new"),
            ],
        )
        .await;
    assert_eq!(surfer.at, "/account/passcodes/new");
    assert_ne!(name(&surfer), first, "a step up is another session");
    let mut thief = old;
    thief.open("/account").await;
    assert_eq!(thief.at, "/account/sign-in", "the old one is worth nothing");

    let mut elsewhere = signed_in(&world, &world.alice).await;
    let kept = surfer.clone();
    surfer.open("/account").await;
    surfer.send("/account/sign-out", &[]).await;
    assert!(surfer.page.contains("You are signed out"));
    let mut thief = kept;
    thief.open("/account").await;
    assert_eq!(thief.at, "/account/sign-in");
    elsewhere.open("/account").await;
    assert_eq!(elsewhere.at, "/account", "the other browser goes on");

    // C13: a changed factor ends all others.
    let mut third = signed_in(&world, &world.alice).await;
    switch_on(&mut third, &world.alice.password).await;
    elsewhere.open("/account").await;
    assert_eq!(elsewhere.at, "/account/sign-in");
    third.open("/account").await;
    assert_eq!(third.at, "/account");
}

#[tokio::test]
async fn t22_names_from_outside_stay_text() {
    const HOSTILE: &str = "<img/src=x onerror=alert(1)>\"'&";
    let world = world().await;
    let mut profile = Profile::ios();
    profile.device_type = "<b>Phone</b>";
    let mut phone = world.phone(profile).await;
    phone.sync_all("INBOX").await;
    let mut surfer = Surfer::new(world.server.address());
    surfer.agent = format!("Mozilla <script>alert(1)</script> {HOSTILE}");
    surfer
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    surfer.open("/account/passcodes/new").await;
    let once = surfer.between("name=\"once\" value=\"", "\"");
    let fields = [
        ("once", once.as_str()),
        ("name", HOSTILE),
        ("mail", "1"),
        ("expires", "never"),
    ];
    surfer.send("/account/passcodes/new", &fields).await;
    assert!(surfer.title().contains("&#60;img"), "{}", surfer.page);
    for page in PAGES.iter().chain(&[
        "/account/passcodes?done=%3Cscript%3E",
        "/account/sign-in?to=%22%3E%3Cscript%3E",
    ]) {
        surfer.open(page).await;
        for never in ["<script", "<img", "<b>Phone", "\"'&"] {
            assert!(
                !surfer.page.contains(never),
                "{page}: {never}:\n{}",
                surfer.page
            );
        }
    }
    surfer.open("/account/devices").await;
    assert!(
        surfer.page.contains("&#60;b&#62;phone") || surfer.page.contains("&#60;b&#62;Phone"),
        "{}",
        surfer.page
    );
}

#[tokio::test]
async fn t39_wrong_passwords_slow_strangers_down_and_nobody_else() {
    let world = world().await;
    let mut owner = alice(&world).await;
    owner.send("/account/sign-out", &[]).await;
    let mut phone = world.phone(Profile::gmail()).await;
    let mut stranger = Surfer::new(world.server.address());
    let mut slowed = None;
    for number in 0..10 {
        let answer = stranger
            .sign_in(&world.alice.name, &format!("guess {number}"))
            .await;
        match answer.status {
            422 => assert!(stranger.page.contains("is wrong")),
            429 => {
                slowed = Some(number);
                let wait: u64 = answer.all("retry-after")[0].parse().unwrap();
                assert!((1..=300).contains(&wait), "{wait}");
                break;
            }
            other => panic!("{other}: {}", stranger.page),
        }
    }
    assert_eq!(slowed, Some(5), "five tries are free");
    // The right password does not help the stranger, and the owner's own browser is not slowed.
    let answer = stranger
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    assert_eq!(answer.status, 429);
    owner
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    assert_eq!(owner.at, "/account");
    phone.sync_all("INBOX").await;
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn the_language_is_the_browsers_until_somebody_chooses() {
    let world = world().await;
    let mut surfer = Surfer::new(world.server.address());
    surfer.more = vec![("Accept-Language".into(), "de-AT,de;q=0.9,en;q=0.3".into())];
    surfer.open("/account/sign-in").await;
    assert_eq!(surfer.title(), "Anmelden");
    assert!(surfer.page.contains("<html lang=\"de\">"));
    let fields = [("language", "fr"), ("to", "/account/sign-in")];
    surfer.send("/account/language", &fields).await;
    assert_eq!(
        (surfer.title(), surfer.at.as_str()),
        ("Connexion".into(), "/account/sign-in")
    );
    // No way out to another site.
    let fields = [("language", "en"), ("to", "//evil.test/account")];
    surfer.send("/account/language", &fields).await;
    assert_eq!(surfer.at, "/account/sign-in");
}

#[tokio::test]
async fn the_portal_can_have_an_address_of_its_own_or_be_off() {
    use crate::support::backend::Kind;
    use crate::support::process::{free_port, loopback};
    use crate::support::world::World;
    let port = free_port();
    let toml = format!("[portal]\nlisten = [\"127.0.0.1:{port}\"]");
    let world = World::start_with(Kind::Dovecot, |settings| settings.toml(&toml)).await;
    let mut phones = Surfer::new(world.server.address());
    assert_eq!(phones.ask("GET", "/account", None).await.status, 404);
    let mut people = Surfer::new(loopback(port));
    people
        .sign_in(&world.alice.name, &world.alice.password)
        .await;
    assert_eq!(people.at, "/account");
    let eas = people
        .ask("OPTIONS", "/Microsoft-Server-ActiveSync", None)
        .await;
    assert!(
        matches!(eas.status, 401 | 404),
        "no phone comes in there: {}",
        eas.status
    );
    let mut phone = world.phone(Profile::gmail()).await;
    phone.sync_all("INBOX").await;

    let off = World::start_with(Kind::Dovecot, |settings| {
        settings.toml("[portal]\nenabled = false")
    })
    .await;
    let mut surfer = Surfer::new(off.server.address());
    for page in ["/account", "/admin", "/account/sign-in"] {
        assert_eq!(surfer.ask("GET", page, None).await.status, 404, "{page}");
    }
}
