//! Photos: a copy small enough for a phone goes out, and the original stays when it comes back.

use std::io::Cursor;

use airgate_codec::vobject::{CardVersion, ContentLine, Gone, Property};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, imageops::FilterType};

use super::card::Card;

/// Octets of a photo whose base64 fits into the 48 KB of [MS-ASCNTC] 2.2.2.57.
pub(super) const MAX_SENT: usize = 48 * 1024 / 4 * 3;
/// Octets of a photo that a phone may give us. The specification's 48 KB are what a phone must be
/// able to take; phones send more, and a camera's picture in an address book is at most this.
pub(super) const MAX_TAKEN: usize = 1 << 20;
/// Octets of a stored photo that are looked at.
const MAX_STORED: usize = 4 << 20;
/// Pixels along one side of an image that is decoded, and the memory for it: a camera's picture of
/// 24 million pixels. What claims more is a bomb, and no photo is shown.
const MAX_SIDE: u32 = 6000;
const MAX_MEMORY: u64 = 96 << 20;
/// Sides of the copy that are tried, in pixels; a phone shows a contact in some 300.
const SIDES: [u32; 4] = [360, 240, 160, 96];
/// JPEG qualities that are tried at each.
const QUALITIES: [u8; 3] = [85, 70, 50];

/// The octets of the photo in a card, whatever they are. One that is only named by an address is
/// never fetched: a card would make us ask any server for anything.
pub(super) fn stored(card: &Card) -> Option<Vec<u8>> {
    card.all("PHOTO").iter().find_map(octets)
}

fn octets(property: &Property) -> Option<Vec<u8>> {
    let octets = match property.octets() {
        Some(octets) => octets,
        None => in_address(property.value())?,
    };
    (!octets.is_empty() && octets.len() <= MAX_STORED).then_some(octets)
}

/// `data:image/jpeg;base64,...` (RFC 2397).
fn in_address(value: &str) -> Option<Vec<u8>> {
    let value = value.trim();
    let scheme = value.get(..5)?;
    if !scheme.eq_ignore_ascii_case("data:") || value.len() > MAX_STORED * 2 {
        return None;
    }
    // Some escape the comma and the semicolon of it, as if it were text.
    let (head, data) = value.get(5..)?.split_once(',')?;
    let head = head.trim_end_matches('\\');
    if !head.to_ascii_lowercase().ends_with("base64") {
        return None;
    }
    let digits: Vec<u8> = data.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    let decoded = STANDARD.decode(&digits);
    decoded.or_else(|_| STANDARD_NO_PAD.decode(&digits)).ok()
}

/// The copy for a phone: the photo itself where it is a JPEG that fits, else one made smaller.
/// Nothing where it is no image we know.
pub(super) fn copy(original: &[u8]) -> Option<Vec<u8>> {
    if original.len() <= MAX_SENT && format(original) == Some(ImageFormat::Jpeg) {
        return Some(original.to_vec());
    }
    let image = decode(original)?;
    for side in SIDES {
        let small = if image.width() > side || image.height() > side {
            image.resize(side, side, FilterType::Triangle)
        } else {
            image.clone()
        };
        let small = on_white(&small);
        for quality in QUALITIES {
            let mut octets = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut octets, quality);
            if small.write_with_encoder(encoder).is_ok() && octets.len() <= MAX_SENT {
                return Some(octets);
            }
        }
    }
    None
}

/// Whether a photo that comes from a phone is the one it was told, maybe encoded anew.
pub(super) fn is_same(original: &[u8], copy: Option<&[u8]>, said: &[u8]) -> bool {
    if said == original || copy == Some(said) {
        return true;
    }
    let thumbnails = || {
        let (a, b) = (decode(copy?)?, decode(said)?);
        let narrow = |image: &DynamicImage| f64::from(image.width()) / f64::from(image.height());
        if (narrow(&a) / narrow(&b) - 1.0).abs() > 0.03 {
            return None;
        }
        let small = |image: &DynamicImage| {
            let image = on_white(image);
            let small = image.resize_exact(GRID, GRID, FilterType::Triangle);
            small.to_rgb8().into_raw()
        };
        Some((small(&a), small(&b)))
    };
    thumbnails().is_some_and(|(a, b)| {
        let differences = a.iter().zip(&b).map(|(a, b)| u32::from(a.abs_diff(*b)));
        let worst = differences.clone().max().unwrap_or_default();
        let sum: u32 = differences.sum();
        worst <= MAX_DIFFERENCE && sum <= MAX_MEAN_DIFFERENCE * GRID * GRID * 3
    })
}

/// What two pictures are compared in: so many squares along each side, and how far their colours may
/// lie apart, which JPEG's own noise stays far below.
const GRID: u32 = 16;
const MAX_DIFFERENCE: u32 = 12;
const MAX_MEAN_DIFFERENCE: u32 = 2;

/// Whether octets from a phone are an image that can be kept.
pub(super) fn is_acceptable(said: &[u8]) -> bool {
    said.len() <= MAX_TAKEN
}

/// Puts a photo in the place of the one that is there; `None` takes it away.
pub(super) fn write(card: &mut Card, octets: Option<&[u8]>) -> Result<(), Gone> {
    let old: Vec<Property> = card.all("PHOTO");
    let new = octets.map(|octets| line(card.version, octets));
    match (old.split_first(), new) {
        (Some((first, _)), Some(line)) => card.document.replace(first.id(), &line),
        (Some(_), None) => {
            for property in &old {
                card.remove(property.id())?;
            }
            Ok(())
        }
        (None, Some(line)) => card.insert(&line).map(|_| ()),
        (None, None) => Ok(()),
    }
}

fn line(version: CardVersion, octets: &[u8]) -> ContentLine {
    let kind = match format(octets) {
        Some(ImageFormat::Png) => "PNG",
        Some(ImageFormat::Jpeg) => "JPEG",
        _ if octets.starts_with(b"GIF8") => "GIF",
        _ => "JPEG",
    };
    let data = STANDARD.encode(octets);
    let photo = ContentLine::new("PHOTO");
    match version {
        CardVersion::V2_1 => photo.parameter("ENCODING", "BASE64").word(kind).raw(&data),
        CardVersion::V3_0 => photo
            .parameter("ENCODING", "b")
            .parameter("TYPE", kind)
            .raw(&data),
        CardVersion::V4_0 => {
            let kind = kind.to_ascii_lowercase();
            photo.raw(&format!("data:image/{kind};base64,{data}"))
        }
    }
}

fn format(octets: &[u8]) -> Option<ImageFormat> {
    image::guess_format(octets).ok()
}

fn decode(octets: &[u8]) -> Option<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(octets), format(octets)?);
    reader.limits(limits);
    let image = reader.decode().ok()?;
    (image.width() > 0 && image.height() > 0).then_some(image)
}

/// JPEG has no transparency; what shines through is white, as on a card.
fn on_white(image: &DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image.to_rgb8().into();
    }
    let source = image.to_rgba8();
    let mut flat = image::RgbImage::new(source.width(), source.height());
    for (to, from) in flat.pixels_mut().zip(source.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let over = |colour: u8| {
            let (colour, alpha) = (u32::from(colour), u32::from(alpha));
            u8::try_from((colour * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        to.0 = [over(red), over(green), over(blue)];
    }
    flat.into()
}
