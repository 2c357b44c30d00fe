//! A meeting's ids: GlobalObjId up to 14.1, UID from 16.0 on. The phone finds the calendar item of an
//! invitation by them, so both must be functions of the UID in the calendar (REFERENCE.md 11.1.2).

use jiff::civil::Date;

/// Begins every id ([MS-OXOCAL] 2.2.1.27).
const CLASS_ID: [u8; 16] = [
    0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xE0, 0x00, 0x74, 0xC5, 0xB7, 0x10, 0x1A, 0x82, 0xE0, 0x08,
];
/// In hexadecimal digits: what tells a UID that is an id of Outlook's.
const MARK: &str = "040000008200E000";
/// Where the date of an occurrence lies.
const DATE: std::ops::Range<usize> = 16..20;
/// Class id, date, creation time, zeros, length.
const HEAD: usize = 40;
/// Begins the data of an id whose UID is of another program.
const FOREIGN: &[u8] = b"vCal-Uid\x01\0\0\0";

/// The GlobalObjId of a UID. `instance` is the date of an occurrence.
pub fn global_object_id(uid: &str, instance: Option<Date>) -> Vec<u8> {
    let mut id = outlooks(uid).unwrap_or_else(|| {
        let mut id = Vec::with_capacity(HEAD + FOREIGN.len() + uid.len() + 1);
        id.extend(CLASS_ID);
        id.resize(HEAD - 4, 0);
        let length = FOREIGN.len() + uid.len() + 1;
        id.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        id.extend(FOREIGN);
        id.extend(uid.as_bytes());
        id.push(0);
        id
    });
    let date = instance.map_or([0; 4], |date| {
        let [high, low] = date.year().to_be_bytes();
        let small = |number: i8| u8::try_from(number).unwrap_or_default();
        [high, low, small(date.month()), small(date.day())]
    });
    if let Some(place) = id.get_mut(DATE) {
        place.copy_from_slice(&date);
    }
    id
}

/// The UID of a GlobalObjId: the text of another program, else the id of the series in
/// hexadecimal digits.
pub fn uid_of_global_object_id(id: &[u8]) -> String {
    let foreign = id
        .get(HEAD..)
        .and_then(|data| data.strip_prefix(FOREIGN))
        .map(|text| text.strip_suffix(b"\0").unwrap_or(text));
    if let Some(text) = foreign {
        return String::from_utf8_lossy(text).into_owned();
    }
    let mut id = id.to_vec();
    if let Some(place) = id.get_mut(DATE) {
        place.fill(0);
    }
    hexadecimal(&id)
}

/// The UID as a phone of 16.x has it: that of the series, in the one form in which digits come.
pub(in crate::item) fn calendar_uid(uid: &str) -> String {
    match outlooks(uid) {
        Some(_) => uid_of_global_object_id(&global_object_id(uid, None)),
        None => uid.to_owned(),
    }
}

/// The octets of a UID that is an id in hexadecimal digits.
fn outlooks(uid: &str) -> Option<Vec<u8>> {
    let mark = uid.get(..MARK.len())?;
    if !mark.eq_ignore_ascii_case(MARK) || uid.len() < 2 * HEAD || !uid.len().is_multiple_of(2) {
        return None;
    }
    let digits = uid.as_bytes().chunks_exact(2);
    digits
        .map(|pair| match pair {
            [high, low] => crate::item::transfer::hex(*high, *low),
            _ => None,
        })
        .collect()
}

fn hexadecimal(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(
        String::with_capacity(2 * octets.len()),
        |mut text, octet| {
            let _ = write!(text, "{octet:02X}");
            text
        },
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// An id as Outlook makes it, of an occurrence.
    const OUTLOOK: &str = "040000008200E00074C5B7101A82E00807EA0301B0C1A5F0D2C4DB01000000000000000010000000A1B2C3D4E5F60718293A4B5C6D7E8F90";

    #[test]
    fn a_uid_of_outlook_is_the_id_itself() {
        let series = OUTLOOK.replace("07EA0301", "00000000");
        assert_eq!(hexadecimal(&global_object_id(OUTLOOK, None)), series);
        assert_eq!(
            hexadecimal(&global_object_id(
                &series.to_lowercase(),
                Some(date(2026, 3, 1))
            )),
            OUTLOOK
        );
        assert_eq!(calendar_uid(OUTLOOK), series);
        assert_eq!(calendar_uid(&OUTLOOK.to_lowercase()), series);
        assert_eq!(
            uid_of_global_object_id(&global_object_id(OUTLOOK, None)),
            series
        );
    }

    #[test]
    fn a_uid_of_others_lies_within() {
        let id = global_object_id("7kukuqrfedlm2f9t@google.com", Some(date(2026, 3, 1)));
        assert_eq!(
            hexadecimal(&id),
            "040000008200E00074C5B7101A82E00807EA03010000000000000000000000000000000028000000\
             7643616C2D55696401000000376B756B757172666564\
             6C6D326639744067\
             6F6F676C652E636F6D00"
                .replace(' ', "")
        );
        assert_eq!(uid_of_global_object_id(&id), "7kukuqrfedlm2f9t@google.com");
        assert_eq!(
            calendar_uid("7kukuqrfedlm2f9t@google.com"),
            "7kukuqrfedlm2f9t@google.com"
        );
    }

    proptest! {
        #[test]
        fn any_uid_comes_back(uid in "\\PC{1,60}") {
            let id = global_object_id(&uid, Some(date(2026, 3, 1)));
            prop_assert_eq!(uid_of_global_object_id(&id), calendar_uid(&uid));
        }

        #[test]
        fn any_octets_have_a_uid(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = uid_of_global_object_id(&octets);
        }

        #[test]
        fn any_digits_are_an_id_or_a_text(rest in "[0-9A-Fa-fx]{0,120}") {
            let uid = format!("040000008200e000{rest}");
            let again = calendar_uid(&uid);
            prop_assert_eq!(calendar_uid(&again), again);
        }
    }
}
