//! Photos: small copies go out, originals stay (T19: bombs do not go off).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::contacts::{Contact, Field};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use super::support::{Phone, card, difference, of, text};
use crate::item::contact::photo::{self, MAX_SENT, MAX_TAKEN};

/// A picture with much in it; `seed` makes another one.
fn picture(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let noise = (x ^ y).wrapping_mul(2_654_435_761).wrapping_add(seed) >> 24;
        let channel = |value: u32| u8::try_from(value % 256).expect("below 256");
        image::Rgb([
            channel(x * 255 / width + noise / 4),
            channel(y * 255 / height + seed * 90),
            channel((x + y) * 127 / (width + height) + seed * 40 + noise / 3),
        ])
    })
}

fn jpeg(image: &RgbImage, quality: u8) -> Vec<u8> {
    let mut octets = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut octets, quality);
    image.write_with_encoder(encoder).expect("memory");
    octets
}

fn with_photo(octets: &[u8]) -> String {
    let line = format!("PHOTO;ENCODING=b;TYPE=JPEG:{}", STANDARD.encode(octets));
    card(&["N:Photo;P;;;", "FN:P Photo", &line, "X-ABCROP:1"])
}

fn send(octets: &[u8]) -> impl FnOnce(&mut Contact) + use<> {
    let octets = octets.to_vec();
    move |contact| contact.picture = Some(octets)
}

#[test]
fn a_large_photo_goes_out_small_and_stays_as_it_is() {
    let original = jpeg(&picture(640, 480, 1), 100);
    assert!(original.len() > 2 * MAX_SENT, "{}", original.len());
    let card = with_photo(&original);
    let phone = Phone::iphone();
    let copy = phone.see(&card).picture.expect("a picture");
    assert!(copy.len() <= MAX_SENT, "{}", copy.len());
    assert!(STANDARD.encode(&copy).len() <= 48 * 1024);
    let shown = image::load_from_memory(&copy).expect("an image");
    assert_eq!((shown.width(), shown.height()), (360, 270));
    assert_eq!(
        phone.see(&card).picture,
        Some(copy.clone()),
        "each time the same (S29)"
    );
    // It comes back: as it was sent, encoded anew, and as the original itself.
    let again = jpeg(&shown.to_rgb8(), 75);
    for said in [&copy, &again, &original] {
        let edited = phone.change(&card, send(said));
        assert!(!edited.changed && !edited.lost);
        assert_eq!(edited.holds, phone.render(&card).digest);
    }
    // Another one.
    let other = jpeg(&picture(120, 120, 7), 80);
    let edited = phone.change(&card, send(&other));
    assert!(edited.changed);
    assert_eq!(phone.see(text(&edited)).picture, Some(other));
    assert!(text(&edited).contains("X-ABCROP:1"));
}

#[test]
fn an_empty_picture_means_what_the_client_means() {
    let card = with_photo(&jpeg(&picture(64, 64, 2), 80));
    let edited = Phone::iphone().change(&card, send(&[]));
    assert!(!edited.changed, "iOS says that with every edit");
    let edited = Phone::modern().change(&card, send(&[]));
    assert!(edited.changed && !text(&edited).contains("PHOTO"));
    let edited = Phone::modern().change(&card, |contact| contact.picture = None);
    assert!(!edited.changed, "left out is kept, always");
}

#[test]
fn a_photo_too_big_is_status_6() {
    let phone = Phone::modern();
    let mut contact = of(&[(Field::LastName, "Big")]);
    contact.picture = Some(vec![0xFF; MAX_TAKEN + 1]);
    assert_eq!(phone.create(&contact).expect_err("too big").status, 6);
    let card = card(&["N:Big;;;;", "FN:Big"]);
    assert_eq!(
        phone
            .edit(&card, &contact, None)
            .expect_err("too big")
            .status,
        6
    );
}

#[test]
fn every_form_of_photo_is_read_and_written() {
    let octets = jpeg(&picture(40, 40, 3), 80);
    let data = STANDARD.encode(&octets);
    for (version, line) in [
        ("2.1", format!("PHOTO;ENCODING=BASE64;TYPE=JPEG:{data}")),
        ("2.1", format!("PHOTO;JPEG;BASE64:{data}")),
        ("3.0", format!("PHOTO;TYPE=JPEG;ENCODING=b:{data}")),
        (
            "3.0",
            format!("PHOTO;VALUE=uri:data:image/jpeg\\;base64\\,{data}"),
        ),
        ("4.0", format!("PHOTO:data:image/jpeg;base64,{data}")),
    ] {
        let card = format!(
            "BEGIN:VCARD\r\nVERSION:{version}\r\nN:P;;;;\r\nFN:P\r\n{line}\r\nEND:VCARD\r\n"
        );
        let phone = Phone::modern();
        assert_eq!(
            phone.see(&card).picture.as_ref(),
            Some(&octets),
            "{line:.40}"
        );
        let other = jpeg(&picture(40, 40, 9), 80);
        let edited = phone.change(&card, send(&other));
        assert_eq!(phone.see(text(&edited)).picture, Some(other), "{line:.40}");
    }
}

#[test]
fn an_address_is_never_fetched() {
    for value in [
        "http://127.0.0.1:9/x.jpg",
        "file:///etc/passwd",
        "ftp://x/y",
        "cid:1",
    ] {
        let card = card(&["N:A;;;;", "FN:A", &format!("PHOTO;VALUE=uri:{value}")]);
        assert_eq!(Phone::modern().see(&card).picture, None);
        // And not lost when the phone, which sees none, says so.
        let edited = Phone::modern().change(&card, send(&[]));
        assert_eq!(difference(&card, text(&edited)), [""; 0]);
    }
}

#[test]
fn t19_bombs_and_garbage_are_no_pictures() {
    // A PNG that claims 60,000 x 60,000 pixels in 100 octets.
    let mut bomb = Vec::new();
    image::DynamicImage::from(RgbImage::new(1, 1))
        .write_to(&mut std::io::Cursor::new(&mut bomb), ImageFormat::Png)
        .expect("memory");
    bomb[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    for octets in [
        bomb,
        b"GIF89a\x01\x00\x01\x00".to_vec(),
        b"\xFF\xD8\xFF\xE0 and nothing behind it".repeat(3000),
        vec![0; 100_000],
        b"RIFF\0\0\0\0WEBPVP8 ".to_vec(),
    ] {
        let head = octets.len() <= MAX_SENT && octets.starts_with(&[0xFF, 0xD8]);
        assert!(head || photo::copy(&octets).is_none());
        let card = with_photo(&octets);
        let edited = Phone::new(ProtocolVersion::V12_1).change(&card, |contact| {
            contact.texts.insert(Field::JobTitle, "x".into());
        });
        assert_eq!(difference(&card, text(&edited)), ["+TITLE:x"]);
    }
}

#[test]
fn a_transparent_picture_lies_on_white() {
    let image = image::RgbaImage::from_pixel(8, 8, image::Rgba([255, 0, 0, 0]));
    let mut octets = Vec::new();
    image::DynamicImage::from(image)
        .write_to(&mut std::io::Cursor::new(&mut octets), ImageFormat::Png)
        .expect("memory");
    let copy = photo::copy(&octets).expect("an image");
    let shown = image::load_from_memory(&copy).expect("an image").to_rgb8();
    assert!(
        shown
            .pixels()
            .all(|pixel| pixel.0.iter().all(|channel| *channel > 250))
    );
}
