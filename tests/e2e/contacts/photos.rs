//! Photos: a small copy goes out and the original stays, whatever a phone sends back of it.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::Field;
use airgate_codec::wbxml::contacts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use super::{assert_quiet, card, edit, phone_of, seen, set};
use crate::support::backend::dav::DavKind;
use crate::support::phone::Profile;
use crate::support::touched::{touched, unfolded};

/// What the rules allow of a picture, encoded ([MS-ASCNTC] 2.2.2.56).
const MOST: usize = 48 * 1024;

/// A picture that does not compress well.
fn picture(side: u32, seed: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(side, side, |x, y| {
        let noise = (x ^ y).wrapping_mul(2_654_435_761).wrapping_add(seed) >> 24;
        let channel = |value: u32| u8::try_from(value % 256).expect("below 256");
        image::Rgb([
            channel(x + seed * 60),
            channel(y + noise / 2),
            channel(noise + seed * 30),
        ])
    });
    let mut octets = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut octets, 95);
    image.write_with_encoder(encoder).expect("memory");
    octets
}

fn photo_line(text: &str) -> String {
    let lines = unfolded(text);
    let mut lines = lines.into_iter().filter(|line| line.starts_with("PHOTO"));
    lines.next().unwrap_or_default()
}

async fn photos(kind: DavKind, versions: &[ProtocolVersion]) {
    let world = super::world(kind).await;
    let other = world.dav_client();
    let place = world.dav().contacts(&world.alice);
    let original = picture(200, 1);
    assert!(original.len() > MOST, "{}", original.len());
    let line = format!("PHOTO;ENCODING=b;TYPE=JPEG:{}", STANDARD.encode(&original));
    for version in versions {
        let name = format!("photo{}", version.query_byte());
        let path = format!("{place}{name}.vcf");
        let lines = [
            "FN:A Photo",
            "N:Photo;A;;;",
            &line,
            "X-ABCROP:1",
            "TITLE:Clerk",
        ];
        other.put(&path, &card(&name, &lines)).await;
        let first = other.get(&path).await.expect("there");
        let stored = photo_line(&first);
        let (mut iphone, book) = phone_of(&world, Profile::ios(), *version).await;
        let (mut android, _) = phone_of(&world, Profile::gmail(), *version).await;
        let id = iphone.object(&book, contacts::LAST_NAME, "Photo");
        let copy = seen(&iphone, &book, &id).picture.expect("a picture");
        assert!(STANDARD.encode(&copy).len() <= MOST, "{}", copy.len());
        let shown = image::load_from_memory(&copy).expect("an image");
        assert_eq!(shown.width(), shown.height());

        // It says the copy back beside another change.
        let title = |title| move |contact: &mut _| set(contact, Field::JobTitle, title);
        assert_eq!(edit(&mut iphone, &book, &id, title("Boss")).await, 1);
        let now = other.get(&path).await.expect("there");
        assert_eq!(photo_line(&now), stored, "{version}");
        assert_eq!(touched(&first, &now).0.len(), 1, "{version}");
        assert_quiet(&mut iphone, &book).await;
        // It says nothing of it.
        let silent = edit(&mut iphone, &book, &id, |contact| {
            contact.picture = None;
            set(contact, Field::JobTitle, "Queen");
        });
        assert_eq!(silent.await, 1);
        let now = other.get(&path).await.expect("there");
        assert_eq!(photo_line(&now), stored, "{version}");
        assert_quiet(&mut iphone, &book).await;
        // An iPhone's empty picture is a habit of it, no wish (device-notes 8).
        let empty = edit(&mut iphone, &book, &id, |contact| {
            contact.picture = Some(Vec::new());
            set(contact, Field::JobTitle, "King");
        });
        assert_eq!(empty.await, 1);
        let now = other.get(&path).await.expect("there");
        assert_eq!(photo_line(&now), stored, "{version}");
        assert!(now.contains("TITLE:King"), "{now:.200}");
        assert_quiet(&mut iphone, &book).await;

        // Another's is a deletion.
        android.sync_all(&book).await;
        let empty = edit(&mut android, &book, &id, |contact| {
            contact.picture = Some(Vec::new());
        });
        assert_eq!(empty.await, 1);
        let now = other.get(&path).await.expect("there");
        assert_eq!(photo_line(&now), "", "{version}");
        assert!(now.contains("X-ABCROP:1"), "S12");
        assert_quiet(&mut android, &book).await;
        iphone.sync_all(&book).await;
        assert_eq!(seen(&iphone, &book, &id).picture, None, "{version}");
        // A new one is kept as it is and goes to the others.
        let new = picture(60, 5);
        let taken = new.clone();
        let taken = edit(&mut iphone, &book, &id, |contact| {
            contact.picture = Some(taken)
        });
        assert_eq!(taken.await, 1);
        let now = other.get(&path).await.expect("there");
        assert!(
            photo_line(&now)
                .replace("\r\n ", "")
                .ends_with(&STANDARD.encode(&new))
        );
        assert_quiet(&mut iphone, &book).await;
        android.sync_all(&book).await;
        assert!(seen(&android, &book, &id).picture.is_some(), "{version}");
        // One that is too much is refused, and what is there stays.
        let huge = edit(&mut android, &book, &id, |contact| {
            contact.picture = Some(vec![0xFF; 2_000_000]);
        });
        assert_eq!(huge.await, 6, "{version}");
        assert_eq!(other.get(&path).await.expect("there"), now, "{version}");
        android.sync_all(&book).await;
        assert_quiet(&mut android, &book).await;
        other.delete(&path).await;
    }
}

#[tokio::test]
async fn s12_photos_go_out_small_and_stay_as_they_are_in_2_5() {
    photos(DavKind::Radicale, &[ProtocolVersion::V2_5]).await;
}

#[tokio::test]
async fn s12_photos_go_out_small_and_stay_as_they_are_in_14_1() {
    photos(DavKind::Radicale, &[ProtocolVersion::V14_1]).await;
}

#[tokio::test]
async fn s12_photos_go_out_small_and_stay_as_they_are_on_cyrus() {
    photos(DavKind::Cyrus, &[ProtocolVersion::V16_1]).await;
}
