//! What a phone leaves out: gone where it manages the property, kept where not ([MS-ASCMD]
//! 2.2.3.179, REFERENCE 5.7). Fixed for each device at its key 0.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::wbxml::{Tag, contacts, contacts2};

use super::{VERSIONS, assert_quiet, card, edit, phone_of};
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Phone, Profile};
use crate::support::touched::touched;

const LINES: [&str; 9] = [
    "FN:Ada Byron",
    "N:Byron;Ada;;;",
    "TITLE:Clerk",
    "NICKNAME:Addie",
    "TEL;TYPE=CELL:+44 7700 1",
    "BDAY:1815-12-10",
    "NOTE:Words",
    "CATEGORIES:Friends",
    "X-UNKNOWN:kept",
];

/// Begins the address book anew with that list.
async fn begin(phone: &mut Phone, book: &str, supported: Option<Vec<Tag>>) {
    let mut first = phone.collection(book);
    first.sync_key = Some("0".to_owned());
    first.get_changes = None;
    first.window_size = None;
    first.options = None;
    first.supported = supported;
    phone.sync_collections(vec![first]).await;
    phone.sync_all(book).await;
}

fn leave_out(contact: &mut Contact) {
    let kept = [Field::FileAs, Field::FirstName, Field::LastName];
    contact.texts.retain(|field, _| kept.contains(field));
    *contact = Contact {
        texts: std::mem::take(&mut contact.texts),
        ..Contact::default()
    };
}

#[tokio::test]
async fn s12_what_is_left_out_goes_only_where_the_phone_manages_it() {
    let world = super::world(DavKind::Radicale).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let path = format!("{place}ada.vcf");
    // What each list makes of a change that says nothing but the name. The note and what no phone
    // knows stay in any case.
    let names = [contacts::FIRST_NAME, contacts::LAST_NAME, contacts::FILE_AS];
    let some = [
        contacts::JOB_TITLE,
        contacts::BIRTHDAY,
        contacts2::NICK_NAME,
    ];
    let all = ["BDAY", "CATEGORIES", "NICKNAME", "TEL", "TITLE"];
    let lists: [(Option<Vec<Tag>>, &[&str]); 3] = [
        (None, &all),
        (Some(Vec::new()), &[]),
        (Some([names, some].concat()), &["BDAY", "NICKNAME", "TITLE"]),
    ];
    for version in VERSIONS {
        other.put(&path, &card("ada", &LINES)).await;
        let mut phones = Vec::new();
        for (at, (supported, gone)) in lists.iter().enumerate() {
            let mut profile = Profile::gmail();
            profile.device_type = ["Droid", "Empty", "Some"][at];
            let (mut phone, book) = phone_of(&world, profile, version).await;
            begin(&mut phone, &book, supported.clone()).await;
            phones.push((phone, book, *gone));
        }
        for (mut phone, book, expected) in phones {
            other.put(&path, &card("ada", &LINES)).await;
            phone.sync_all(&book).await;
            let before = other.get(&path).await.expect("there");
            let id = phone.object(&book, contacts::LAST_NAME, "Byron");
            assert_eq!(edit(&mut phone, &book, &id, leave_out).await, 1);
            let after = other.get(&path).await.expect("there");
            let (gone, came) = touched(&before, &after);
            let mut names: Vec<&str> = gone
                .iter()
                .filter_map(|line| line.split([':', ';']).next())
                .collect();
            names.sort_unstable();
            assert_eq!(names, expected, "{version}");
            assert!(came.is_empty(), "{version}: {came:?}");
            // A phone that left it out shows it no more; what stayed in the card it is told.
            phone.sync_all(&book).await;
            assert_quiet(&mut phone, &book).await;
        }
    }
}

/// A later list means nothing ([MS-ASCMD] 2.2.3.179), and each device has its own.
#[tokio::test]
async fn s12_a_later_list_means_nothing() {
    let world = super::world(DavKind::Radicale).await;
    let other = world.dav_client();
    let path = format!("{}ada.vcf", world.dav().contacts(&world.alice));
    other.put(&path, &card("ada", &LINES)).await;
    let version = ProtocolVersion::V14_1;
    let (mut phone, book) = phone_of(&world, Profile::gmail(), version).await;
    begin(&mut phone, &book, Some(vec![contacts::LAST_NAME])).await;
    let mut later = phone.collection(&book);
    later.supported = Some(vec![contacts::JOB_TITLE]);
    phone.sync_collections(vec![later]).await;
    let id = phone.object(&book, contacts::LAST_NAME, "Byron");
    let before = other.get(&path).await;
    assert_eq!(edit(&mut phone, &book, &id, leave_out).await, 1);
    assert_eq!(other.get(&path).await, before);
}
