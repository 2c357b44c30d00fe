//! One edit, one line: the card in the server before and after, compared octet by octet.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::{Moment, Said};
use airgate_codec::wbxml::{contacts, contacts2};

use super::{VERSIONS, assert_quiet, card, edit, phone_of, seen, set};
use crate::support::backend::dav::DavKind;
use crate::support::phone::Profile;
use crate::support::touched::touched;

/// More of everything than a phone has slots for, and what no phone knows.
const RICH: [&str; 45] = [
    "FN:Lady Ada Augusta Byron",
    "N:Byron;Ada;Augusta;Lady;",
    "NICKNAME:Addie",
    "X-PHONETIC-FIRST-NAME:AY-da",
    "X-PHONETIC-LAST-NAME:BY-ron",
    "ORG:Analytical Engines;Computing;Numbers",
    "TITLE:Clerk",
    "EMAIL;TYPE=WORK;X-ORDER=1:ada1@example.org",
    "EMAIL;TYPE=HOME:ada2@example.org",
    "EMAIL:ada3@example.org",
    "EMAIL;TYPE=WORK:ada4@example.org",
    "EMAIL;TYPE=X-CLUB:ada5@example.org",
    "TEL;TYPE=WORK;X-DESK=7:+44 20 1",
    "TEL;TYPE=WORK:+44 20 2",
    "TEL;TYPE=WORK:+44 20 3",
    "TEL;TYPE=HOME:+44 1483 1",
    "TEL;TYPE=HOME:+44 1483 2",
    "TEL;TYPE=HOME:+44 1483 3",
    "TEL;TYPE=CELL:+44 7700 1",
    "TEL;TYPE=X-BOAT:+44 99 1",
    "ADR;TYPE=WORK:;;1 St James Square;London;;SW1;England",
    "ADR;TYPE=HOME:;East Wing;Ockham Park;Ripley;Surrey;GU23;England",
    "ADR;TYPE=HOME:;;Ashley Combe;Porlock;Somerset;TA24;England",
    "ADR:;;Torquay Quay;Torquay;Devon;TQ1;England",
    "IMPP;X-SERVICE-TYPE=Jabber:xmpp:ada@jabber.example",
    "IMPP;X-SERVICE-TYPE=Skype:skype:ada.byron",
    "IMPP:sip:ada@sip.example",
    "IMPP:aim:ada4",
    "BDAY:1815-12-10",
    "X-ANNIVERSARY:1835-07-08",
    "CATEGORIES:Friends,Maths",
    "NOTE:First line\\nSecond\\, with a comma",
    "URL:https://ada.example/",
    "URL:https://two.example/",
    "X-SPOUSE:William",
    "X-CHILD:Ralph",
    "X-CHILD:Anne",
    "item1.X-ABDATE:1833-06-05",
    "item1.X-ABLABEL:Met Babbage",
    "item2.X-ABRELATEDNAMES:Charles",
    "item2.X-ABLABEL:friend of the family who is called by a name that goes on for so long that its line is folded",
    "X-UNKNOWN;X-P=\"a,b\":keep\\;me",
    "KEY;ENCODING=b;TYPE=PGP:cHJldGVuZA==",
    "GEO:51.3;-0.5",
    "ROLE:Mathematician",
];

/// An edit, and how the lines it touches end before and after. Empty: there is none.
type Case = (fn(&mut Contact), &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    (
        |contact| set(contact, Field::JobTitle, "Countess"),
        &[(":Clerk", ":Countess")],
    ),
    (
        |contact| set(contact, Field::Email1, "\"Ada\" <ada-new@example.org>"),
        &[(":ada1@example.org", ":ada-new@example.org")],
    ),
    // The fourth comes up into the third slot, and the fifth stays where no phone sees it.
    (
        |contact| set(contact, Field::Email2, ""),
        &[(":ada2@example.org", "")],
    ),
    (
        |contact| set(contact, Field::Email3, "ada-four@example.org"),
        &[(":ada4@example.org", ":ada-four@example.org")],
    ),
    (
        |contact| set(contact, Field::BusinessPhone, "+44 20 9"),
        &[(":+44 20 1", ":+44 20 9")],
    ),
    (
        |contact| set(contact, Field::BusinessPhone2, "+44 20 8"),
        &[(":+44 20 2", ":+44 20 8")],
    ),
    (
        |contact| set(contact, Field::MobilePhone, "+44 7700 9"),
        &[(":+44 7700 1", ":+44 7700 9")],
    ),
    (
        |contact| set(contact, Field::Pager, "+44 5"),
        &[("", ":+44 5")],
    ),
    (
        |contact| set(contact, Field::HomeCity, "Guildford"),
        &[(
            ":;East Wing;Ockham Park;Ripley;Surrey;GU23;England",
            ":;East Wing;Ockham Park;Guildford;Surrey;GU23;England",
        )],
    ),
    (
        |contact| set(contact, Field::Im2, "countess"),
        &[(":skype:ada.byron", ":skype:countess")],
    ),
    (
        |contact| set(contact, Field::CompanyName, "Engines & Co"),
        &[(
            ":Analytical Engines;Computing;Numbers",
            ":Engines & Co;Computing;Numbers",
        )],
    ),
    (
        |contact| contact.categories = Some(vec!["Friends".to_owned(), "Poets".to_owned()]),
        &[(":Friends,Maths", ":Friends,Poets")],
    ),
    (
        |contact| contact.birthday = on("1815-12-11T00:00:00Z"),
        &[(":1815-12-10", ":1815-12-11")],
    ),
    (
        |contact| contact.anniversary = on("1835-07-09T00:00:00Z"),
        &[(":1835-07-08", ":1835-07-09")],
    ),
    (
        |contact| set(contact, Field::YomiFirstName, "EE-da"),
        &[(":AY-da", ":EE-da")],
    ),
    (
        |contact| set(contact, Field::NickName, "Lady A"),
        &[(":Addie", ":Lady A")],
    ),
    (
        |contact| set(contact, Field::FirstName, "Adeline"),
        &[
            (":Lady Ada Augusta Byron", ":Lady Adeline Augusta Byron"),
            (":Byron;Ada;Augusta;Lady;", ":Byron;Adeline;Augusta;Lady;"),
        ],
    ),
    (
        |contact| contact.body = Some(Body::whole(BodyType::Plain, "Other, words")),
        &[(":First line\\nSecond\\, with a comma", ":Other\\, words")],
    ),
    (
        |contact| set(contact, Field::WebPage, "https://three.example/"),
        &[(":https://ada.example/", ":https://three.example/")],
    ),
    (
        |contact| contact.children = Some(vec!["Anne".to_owned(), "Byron".to_owned()]),
        &[(":Ralph", ""), ("", ":Byron"), ("", "_$!<Child>!$_")],
    ),
    (
        |contact| set(contact, Field::Spouse, ""),
        &[(":William", "")],
    ),
];

fn on(text: &str) -> Said<Moment> {
    Said::Value(Moment::parse(text).expect("a moment"))
}

/// The lines that are gone and new have these ends, and a line that was changed kept what is in
/// front of its value.
fn assert_touched(before: &str, after: &str, ends: &[(&str, &str)], what: &str) {
    let (mut gone, mut came) = touched(before, after);
    for (old, new) in ends {
        let head = |lines: &mut Vec<String>, end: &str| {
            (!end.is_empty()).then(|| {
                let at = lines.iter().position(|line| line.ends_with(end));
                let at = at.unwrap_or_else(|| panic!("{what}: no {end:?} in {lines:?}"));
                let line = lines.remove(at);
                line[..line.len() - end.len()].to_owned()
            })
        };
        let (old, new) = (head(&mut gone, old), head(&mut came, new));
        if let (Some(old), Some(new)) = (old, new) {
            assert_eq!(old, new, "{what}: S12, parameters");
        }
    }
    assert!(gone.is_empty(), "{what}: {gone:?}");
    assert!(came.is_empty(), "{what}: {came:?}");
}

async fn edits_touch_their_lines(kind: DavKind, versions: &[ProtocolVersion]) {
    let world = super::world(kind).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    for version in versions {
        let name = format!("rich{}", version.query_byte());
        let path = format!("{place}{name}.vcf");
        other.put(&path, &card(&name, &RICH)).await;
        let (mut phone, book) = phone_of(&world, Profile::gmail(), *version).await;
        let id = phone.object(&book, contacts2::NICK_NAME, "Addie");
        let shown = seen(&phone, &book, &id);
        assert_eq!(shown.text(Field::Email3), Some("ada3@example.org"));
        assert_eq!(shown.text(Field::OtherCity), Some("Torquay"));
        // What comes back as it went changes nothing at all.
        let first = other.get(&path).await.expect("there");
        assert_eq!(edit(&mut phone, &book, &id, |_| {}).await, 1);
        assert_eq!(other.get(&path).await.expect("there"), first, "{version}");
        let mut before = first;
        for (at, (change, ends)) in CASES.iter().enumerate() {
            let what = format!("{kind:?} {version} edit {at}");
            assert_eq!(edit(&mut phone, &book, &id, change).await, 1, "{what}");
            let after = other.get(&path).await.expect("there");
            assert_touched(&before, &after, ends, &what);
            before = after;
        }
        assert_quiet(&mut phone, &book).await;
        let now = seen(&phone, &book, &id);
        assert_eq!(now.text(Field::Email2), Some("ada3@example.org"));
        assert_eq!(now.text(Field::Email3), Some("ada-four@example.org"));
        other.delete(&path).await;
    }
}

#[tokio::test]
async fn s12_an_edit_touches_its_own_lines_on_radicale() {
    let versions = [ProtocolVersion::V2_5, ProtocolVersion::V16_1];
    edits_touch_their_lines(DavKind::Radicale, &versions).await;
}

#[tokio::test]
async fn s12_an_edit_touches_its_own_lines_on_xandikos() {
    edits_touch_their_lines(DavKind::Xandikos, &[ProtocolVersion::V12_1]).await;
}

#[tokio::test]
async fn s12_an_edit_touches_its_own_lines_on_cyrus() {
    edits_touch_their_lines(DavKind::Cyrus, &[ProtocolVersion::V14_1]).await;
}

/// Groups are cards of their own, for which EAS has no form: no phone sees them, and nothing a phone
/// does to their members changes them.
#[tokio::test]
async fn s12_groups_stay_and_are_no_contacts() {
    for kind in [DavKind::Radicale, DavKind::Cyrus] {
        let world = super::world(kind).await;
        let other = world.dav_client();
        let place = world.dav().contacts(&world.alice);
        let ada = ["FN:Ada Byron", "N:Byron;Ada;;;", "CATEGORIES:Friends"];
        let path = format!("{place}ada.vcf");
        other.put(&path, &card("ada", &ada)).await;
        let group = [
            "FN:Friends",
            "N:Friends;;;;",
            "X-ADDRESSBOOKSERVER-KIND:group",
            "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:ada",
        ];
        let list = format!("{place}group.vcf");
        other.put(&list, &card("group", &group)).await;
        let before = other.get(&list).await;
        for version in VERSIONS {
            let (mut phone, book) = phone_of(&world, Profile::ios(), version).await;
            assert_eq!(phone.values(&book, contacts::LAST_NAME), ["Byron"]);
            let id = phone.object(&book, contacts::LAST_NAME, "Byron");
            let both = ["Friends".to_owned(), format!("V{version}")];
            let wanted = both.to_vec();
            let done = edit(&mut phone, &book, &id, |ada| ada.categories = Some(wanted)).await;
            assert_eq!(done, 1);
            let kept = other.get(&path).await.expect("there");
            let line = format!("CATEGORIES:{}", both.join(","));
            assert!(kept.contains(&line), "{kept}");
            assert_eq!(other.get(&list).await, before, "S12");
            assert_quiet(&mut phone, &book).await;
            // The other way round.
            other
                .put(&path, &kept.replace(&line, "CATEGORIES:Maths"))
                .await;
            phone.sync_all(&book).await;
            let told = seen(&phone, &book, &id).categories;
            assert_eq!(told, Some(vec!["Maths".to_owned()]));
            assert_quiet(&mut phone, &book).await;
        }
    }
}
