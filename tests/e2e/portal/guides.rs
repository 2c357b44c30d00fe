//! "Set up your phone": a page for each family, with all it takes, for guests and with the user's own
//! address, server and a fresh passcode.

use super::{alice, world};
use crate::support::surfer::Surfer;

/// The families, and what is special about their pages.
const FAMILIES: [(&str, &[&str]); 7] = [
    (
        "iphone",
        &[
            "Configure Manually",
            "Fetch New Data",
            "tick the folders",
            "Several calendars",
            "lists or groups",
            "Choose Mail, Contacts, Calendars",
        ],
    ),
    (
        "android",
        &[
            "Exchange and Office 365",
            "Automatic (Push)",
            "Push for subfolders",
            "email, contacts, calendar",
        ],
    ),
    (
        "samsung",
        &[
            "Use secure connection (SSL) ticked",
            "Auto (when received)",
            "Push for subfolders",
            "email, contacts, calendar",
        ],
    ),
    (
        "blackberry",
        &[
            "Use SSL on",
            "Push on",
            "Push for subfolders",
            "Email, Calendar, Contacts",
        ],
    ),
    (
        "windows-phone",
        &[
            "encrypted (SSL) connection",
            "as items arrive",
            "Push for subfolders",
            "email, contacts, calendar",
        ],
    ),
    (
        "outlook",
        &[
            "Exchange ActiveSync compatible service",
            "subfolders up to date",
            "mail, calendar and contacts",
        ],
    ),
    (
        "thunderbird",
        &[
            "TbSync has no push",
            "calendars and address books you want",
            "secure connection on",
        ],
    ),
];

/// What stands on every page, in the three languages.
const ALWAYS: [(&str, [&str; 7]); 3] = [
    (
        "en",
        [
            "First back up the phone",
            "leave it blank",
            "a backslash (\\)",
            "Secure connection (SSL)",
            "<dd>on</dd>",
            "<dd>443</dd>",
            "<dd>portal.test</dd>",
        ],
    ),
    (
        "de",
        [
            "Sichern Sie zuerst das Telefon",
            "leer lassen",
            "umgekehrten Schrägstrich (\\)",
            "Sichere Verbindung (SSL)",
            "<dd>ein</dd>",
            "<dd>443</dd>",
            "<dd>portal.test</dd>",
        ],
    ),
    (
        "fr",
        [
            "Sauvegardez d’abord le téléphone",
            "laisser vide",
            "barre oblique inverse (\\)",
            "Connexion sécurisée (SSL)",
            "<dd>activée</dd>",
            "<dd>443</dd>",
            "<dd>portal.test</dd>",
        ],
    ),
];

/// The page as text a person reads.
fn text(surfer: &Surfer) -> String {
    surfer
        .page
        .replace("&#39;", "'")
        .replace("&#38;", "&")
        .replace("&#34;", "\"")
}

async fn speak(surfer: &mut Surfer, language: &str) {
    surfer.open("/account/set-up").await;
    let fields = [("language", language), ("to", "/account/set-up")];
    surfer.send("/account/language", &fields).await;
}

#[tokio::test]
async fn each_family_has_its_page_for_guests_and_for_members() {
    let world = world().await;
    let mut guest = Surfer::new(world.server.address());
    let mut member = alice(&world).await;
    for (language, always) in ALWAYS {
        for (surfer, signed_in) in [(&mut guest, false), (&mut member, true)] {
            speak(surfer, language).await;
            for (family, special) in FAMILIES {
                let answer = surfer.open(&format!("/account/set-up/{family}")).await;
                assert_eq!(answer.status, 200, "{family}");
                let page = text(surfer);
                let special = if language == "en" { special } else { &[] };
                for part in always.iter().chain(special) {
                    assert!(page.contains(part), "{family}: no {part}\n{page}");
                }
                assert!(!page.contains("{1}") && !page.contains("{2}"), "{page}");
                assert_eq!(page.contains("alice@example.com"), signed_in, "{family}");
                let make = format!("/account/passcodes/new?for={family}");
                assert_eq!(page.contains(&make), signed_in, "{family}");
            }
        }
    }
    assert_eq!(guest.open("/account/set-up/nokia").await.status, 404);
}

#[tokio::test]
async fn a_fresh_passcode_is_filled_into_the_page_of_its_family() {
    let world = world().await;
    let mut member = alice(&world).await;
    for (family, special) in FAMILIES {
        let new = format!("/account/passcodes/new?for={family}");
        member.open(&new).await;
        let once = member.between("name=\"once\" value=\"", "\"");
        let fields = [
            ("once", once.as_str()),
            ("name", family),
            ("mail", "1"),
            ("expires", "never"),
            ("for", family),
        ];
        member.send("/account/passcodes/new", &fields).await;
        let code = member.between("id=\"passcode\">", "<");
        let page = text(&member);
        let filled = format!("<dd>{code}</dd>");
        for part in special
            .iter()
            .copied()
            .chain([filled.as_str(), "<dd>alice@example.com</dd>"])
        {
            assert!(page.contains(part), "{family}: no {part}\n{page}");
        }
        assert!(page.contains("First back up the phone"), "{family}");
    }
}
