//! Flags and keywords of IMAP to the phone's Flag and Categories, and back (REFERENCE.md 11.1).
//!
//! Keywords are atoms, categories are any text: what no atom can hold is put in as modified UTF-7
//! does it (RFC 3501 5.1.3), so every category survives and most stay readable to other clients:
//! `Red Category` is `Red&ACA-Category`.

use airgate_codec::eas::email::FollowUp;
use airgate_codec::imap::{Flag, Flags};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// The keyword for a completed follow-up: Flag status 1. Ours; no standard has one.
pub const COMPLETED: &str = "$Completed";
/// The keyword of RFC 5788 for a forwarded message.
pub const FORWARDED: &str = "$Forwarded";
/// The text phones show and send for a plain follow-up.
pub const FOLLOW_UP: &str = "Flag for follow up";
/// One of the two is on a message whose flag has more to it than IMAP keeps. They take turns, so that
/// a new date is a change of flags that every device hears of.
const TURNS: [&str; 2] = ["$FollowUp1", "$FollowUp2"];
/// Categories of one item ([MS-ASEMAIL] 2.2.2.16).
const MAX_CATEGORIES: usize = 300;

/// Thunderbird's five tags, with the names its users see.
const LABELS: [(&str, &str); 5] = [
    ("$label1", "Important"),
    ("$label2", "Work"),
    ("$label3", "Personal"),
    ("$label4", "To Do"),
    ("$label5", "Later"),
];

/// Keywords by which programs talk to each other; `$…` are these anyway.
const SYSTEM: [&str; 16] = [
    "Junk",
    "NonJunk",
    "NotJunk",
    "JunkRecorded",
    "Forwarded",
    "Redirected",
    "MDNSent",
    "receipt-handled",
    "XJUNK",
    "XNOTJUNK",
    "OIB-Seen-INBOX",
    "OIB-Seen-Unsubscribe",
    "NoWatch",
    "unknown-0",
    "IsTrusted",
    "hasAttachment",
];

/// What the flags say of follow-up. A cleared flag is status 0.
pub fn follow_up(flags: &Flags) -> FollowUp {
    if flags.flagged {
        return FollowUp {
            status: 2,
            flag_type: Some(FOLLOW_UP.into()),
            ..FollowUp::default()
        };
    }
    if has(flags, COMPLETED) {
        return FollowUp {
            status: 1,
            flag_type: Some(FOLLOW_UP.into()),
            ..FollowUp::default()
        };
    }
    FollowUp::default()
}

/// The flags to add and to remove for a follow-up status a phone sent: 0, 1 or 2.
pub fn follow_up_change(status: u8) -> (Vec<Flag>, Vec<Flag>) {
    let completed = Flag::Keyword(COMPLETED.into());
    match status {
        1 => (vec![completed], vec![Flag::Flagged]),
        2 => (vec![Flag::Flagged], vec![completed]),
        _ => {
            let [one, other] = TURNS.map(|name| Flag::Keyword(name.into()));
            (Vec::new(), vec![Flag::Flagged, completed, one, other])
        }
    }
}

/// The flags to add and to remove so that other devices ask for the flag's details again.
pub fn follow_up_turn(flags: &Flags) -> (Vec<Flag>, Vec<Flag>) {
    let [one, other] = TURNS.map(|name| Flag::Keyword(name.into()));
    if has(flags, TURNS[0]) {
        (vec![other], vec![one])
    } else {
        (vec![one], vec![other])
    }
}

/// Whether the message was forwarded, in either spelling in use.
pub fn is_forwarded(flags: &Flags) -> bool {
    has(flags, FORWARDED) || has(flags, "Forwarded")
}

/// The keywords as categories, without those that are not for people.
pub fn categories(flags: &Flags) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    for category in flags
        .keywords
        .iter()
        .filter_map(|keyword| category(keyword))
    {
        if categories.len() < MAX_CATEGORIES && !categories.contains(&category) {
            categories.push(category);
        }
    }
    categories
}

/// The keywords to add and to remove so that exactly these categories remain. System keywords and
/// keywords that already say a wanted category stay untouched.
pub fn category_change(flags: &Flags, wanted: &[String]) -> (Vec<Flag>, Vec<Flag>) {
    let wanted: Vec<&str> = wanted
        .iter()
        .map(|category| category.trim())
        .filter(|category| !category.is_empty())
        .take(MAX_CATEGORIES)
        .collect();
    let present: Vec<(&String, String)> = flags
        .keywords
        .iter()
        .filter_map(|keyword| Some((keyword, category(keyword)?)))
        .collect();
    let mut add: Vec<Flag> = Vec::new();
    for category in &wanted {
        let flag = Flag::Keyword(keyword(category));
        if !present.iter().any(|(_, have)| have == category) && !add.contains(&flag) {
            add.push(flag);
        }
    }
    let remove = present
        .into_iter()
        .filter(|(_, category)| !wanted.contains(&category.as_str()))
        .map(|(keyword, _)| Flag::Keyword(keyword.clone()))
        .collect();
    (add, remove)
}

/// Whether a keyword changes what a phone shows of a message.
pub fn is_visible(keyword: &str) -> bool {
    keyword.eq_ignore_ascii_case(COMPLETED)
        || keyword.eq_ignore_ascii_case(FORWARDED)
        || TURNS.iter().any(|turn| keyword.eq_ignore_ascii_case(turn))
        || category(keyword).is_some()
}

/// A keyword as a person's category; `None` for a program's.
fn category(keyword: &str) -> Option<String> {
    if let Some((_, name)) = LABELS
        .iter()
        .find(|(label, _)| keyword.eq_ignore_ascii_case(label))
    {
        return Some((*name).to_owned());
    }
    if keyword.is_empty() || keyword.starts_with(['$', '\\']) || is_system(keyword) {
        return None;
    }
    let text = decode(keyword).unwrap_or_else(|| keyword.to_owned());
    let text = crate::item::legal::legalise(text);
    (!text.trim().is_empty()).then_some(text)
}

/// The keyword that says a category. Always an atom (T24).
fn keyword(category: &str) -> String {
    if let Some((label, _)) = LABELS.iter().find(|(_, name)| *name == category) {
        return (*label).to_owned();
    }
    encode(category)
}

fn is_system(keyword: &str) -> bool {
    SYSTEM
        .iter()
        .any(|system| keyword.eq_ignore_ascii_case(system))
}

fn has(flags: &Flags, keyword: &str) -> bool {
    flags
        .keywords
        .iter()
        .any(|have| have.eq_ignore_ascii_case(keyword))
}

/// RFC 3501 `atom`, less `&`, which opens a run, and `[`, `}` and `~`, which Courier does not take
/// in a keyword.
const fn is_plain(character: char) -> bool {
    character.is_ascii_graphic()
        && !matches!(
            character,
            '(' | ')' | '{' | '}' | '[' | ']' | '~' | '%' | '*' | '"' | '\\' | '&'
        )
}

/// Modified base64 (RFC 3501 5.1.3), reading also what has stray bits at its end.
const MODIFIED: GeneralPurpose = GeneralPurpose::new(&alphabet::IMAP_MUTF7, NO_PAD);

fn encode(category: &str) -> String {
    let mut out = String::with_capacity(category.len());
    let mut run: Vec<u8> = Vec::new();
    // A program's word as a category is kept apart from the program's own.
    let hide_first = category.starts_with('$') || is_system(category);
    for (index, character) in category.chars().enumerate() {
        if is_plain(character) && !(index == 0 && hide_first) {
            end_run(&mut run, &mut out);
            out.push(character);
        } else if character == '&' && run.is_empty() {
            out.push_str("&-");
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                run.extend_from_slice(&unit.to_be_bytes());
            }
        }
    }
    end_run(&mut run, &mut out);
    out
}

fn end_run(run: &mut Vec<u8>, out: &mut String) {
    if !run.is_empty() {
        out.push('&');
        out.push_str(&MODIFIED.encode(&run));
        out.push('-');
        run.clear();
    }
}

/// The inverse of [`encode`]; `None` for a keyword that never came from it.
fn decode(keyword: &str) -> Option<String> {
    let mut out = String::with_capacity(keyword.len());
    let mut rest = keyword;
    while let Some((plain, after)) = rest.split_once('&') {
        out.push_str(plain);
        let (run, after) = after.split_once('-')?;
        if run.is_empty() {
            out.push('&');
        } else {
            let octets = MODIFIED
                .decode(run)
                .ok()
                .filter(|octets| octets.len() % 2 == 0)?;
            let units = octets
                .chunks_exact(2)
                .filter_map(|pair| pair.try_into().ok());
            for unit in char::decode_utf16(units.map(u16::from_be_bytes)) {
                out.push(unit.ok()?);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flags(keywords: &[&str]) -> Flags {
        Flags {
            keywords: keywords.iter().map(|k| (*k).to_owned()).collect(),
            ..Flags::default()
        }
    }

    #[test]
    fn programs_keywords_are_no_categories() {
        let flags = flags(&[
            "$Forwarded",
            "Junk",
            "NonJunk",
            "$MDNSent",
            "$label4",
            "Holiday",
            "Red&ACA-Category",
            "R&D",
            "holiday",
            "Holiday",
        ]);
        assert_eq!(
            categories(&flags),
            ["To Do", "Holiday", "Red Category", "R&D", "holiday"]
        );
        assert!(is_forwarded(&flags));
    }

    #[test]
    fn a_change_touches_only_what_differs() {
        let flags = flags(&["$Forwarded", "Work", "Holiday", "Junk"]);
        let (add, remove) = category_change(&flags, &["Work".into(), "Später".into()]);
        assert_eq!(add, [Flag::Keyword("Sp&AOQ-ter".into())]);
        assert_eq!(remove, [Flag::Keyword("Holiday".into())]);
        let (add, remove) = category_change(&flags, &[]);
        assert_eq!((add.len(), remove.len()), (0, 2));
    }

    #[test]
    fn a_flags_details_take_turns() {
        let mut now = flags(&["Work", "$Forwarded"]);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let (add, remove) = follow_up_turn(&now);
            for flag in remove {
                now.keywords
                    .retain(|have| Flag::Keyword(have.clone()) != flag);
            }
            for flag in add {
                let Flag::Keyword(name) = flag else {
                    panic!("{flag:?}")
                };
                assert!(is_visible(&name), "devices must notice");
                now.keywords.push(name);
            }
            seen.push(now.keywords.clone());
            assert_eq!(categories(&now), ["Work"]);
        }
        assert_ne!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
    }

    #[test]
    fn follow_up_goes_both_ways() {
        for status in 0..=2 {
            let (add, _) = follow_up_change(status);
            let mut flags = Flags::default();
            for flag in add {
                match flag {
                    Flag::Flagged => flags.flagged = true,
                    Flag::Keyword(keyword) => flags.keywords.push(keyword),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(follow_up(&flags).status, status);
        }
    }

    #[test]
    fn t24_awkward_names_are_atoms() {
        for (category, keyword) in [
            ("Plain", "Plain"),
            ("To Do", "$label4"),
            ("R&D", "R&-D"),
            ("$Forwarded", "&ACQ-Forwarded"),
            ("Junk", "&AEo-unk"),
            ("a\r\nb", "a&AA0ACg-b"),
            ("(x)", "&ACg-x&ACk-"),
        ] {
            assert_eq!(super::keyword(category), keyword);
        }
    }

    proptest! {
        #[test]
        fn every_category_survives_as_an_atom(category in "\\PC{1,20}") {
            let keyword = keyword(&category);
            prop_assert!(keyword.chars().all(|c| is_plain(c) || c == '&'), "{}", keyword);
            let legal = crate::item::legal::legalise(category);
            if !legal.trim().is_empty() {
                prop_assert_eq!(super::category(&keyword), Some(legal));
            }
        }
    }
}
