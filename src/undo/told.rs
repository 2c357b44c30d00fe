//! What people know a kept object by: its name, when it is, where or who. Pure.

use airgate_codec::vobject::{Component, Document, Stamp};

/// The words of an object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Told {
    /// The summary of an event or task, the name on a card.
    pub(super) title: String,
    /// When an event begins, when a task is due.
    pub(super) when: Option<Stamp>,
    /// Where it is, or how somebody is reached.
    pub(super) more: Vec<String>,
}

/// Characters of a title, and of each thing besides.
const MAX_TEXT: usize = 80;
/// Things besides the title.
const MAX_MORE: usize = 3;
/// What is told of a card.
const OF_A_CARD: [&str; 3] = ["ORG", "EMAIL", "TEL"];

/// Reads an object; what cannot be read has no words.
pub(super) fn told(octets: &[u8]) -> Told {
    let Ok(document) = Document::parse(octets) else {
        return Told::default();
    };
    let Some(component) = first(&document) else {
        return Told::default();
    };
    let text = |name: &str| {
        let property = component.property(name)?;
        let text = plain(&property.text());
        (!text.is_empty()).then_some(text)
    };
    if component.name() == "VCARD" {
        let more = OF_A_CARD.into_iter().filter_map(text);
        return Told {
            title: text("FN").or_else(|| text("N")).unwrap_or_default(),
            when: None,
            more: more.take(MAX_MORE).collect(),
        };
    }
    let stamp = |name: &str| Stamp::parse(component.property(name)?.value());
    Told {
        title: text("SUMMARY").unwrap_or_default(),
        when: match component.name() {
            "VTODO" => stamp("DUE").or_else(|| stamp("DTSTART")),
            _ => stamp("DTSTART"),
        },
        more: text("LOCATION").into_iter().collect(),
    }
}

/// The card, or the object itself and not one of its exceptions.
fn first(document: &Document) -> Option<Component<'_>> {
    let outer = document.components().next()?;
    if outer.name() == "VCARD" {
        return Some(outer);
    }
    let items = || {
        let inner = outer.components();
        inner.filter(|one| matches!(one.name(), "VEVENT" | "VTODO" | "VJOURNAL"))
    };
    items()
        .find(|one| one.property("RECURRENCE-ID").is_none())
        .or_else(|| items().next())
}

/// One line without control characters, of a length that fits a list.
fn plain(text: &str) -> String {
    let blanks = text
        .split(|char: char| char.is_control() || char.is_whitespace() || char == ';')
        .filter(|word| !word.is_empty());
    let line = blanks.collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_know_it_by_its_name_and_time() {
        let zone = "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n\
                    TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
        let moved = "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260108T090000\r\n\
                     SUMMARY:Moved\r\nEND:VEVENT\r\n";
        let event = format!(
            "BEGIN:VCALENDAR\r\n{zone}{moved}BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Team\\, all of it\r\n\
             DTSTART;TZID=X:20260101T090000\r\nLOCATION:Room\\n1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let task = "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:Buy milk\r\nDUE;VALUE=DATE:20260102\r\n\
                    END:VTODO\r\nEND:VCALENDAR\r\n";
        let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Byron;Ada;;;\r\nORG:Engines;Ideas\r\n\
                    EMAIL:ada@example.com\r\nTEL:+44 1\r\nEND:VCARD\r\n";
        for (octets, title, when, more) in [
            (
                event.as_str(),
                "Team, all of it",
                Stamp::parse("20260101T090000"),
                vec!["Room 1"],
            ),
            (task, "Buy milk", Stamp::parse("20260102"), vec![]),
            (
                card,
                "Byron Ada",
                None,
                vec!["Engines Ideas", "ada@example.com", "+44 1"],
            ),
            ("nothing", "", None, vec![]),
        ] {
            let told = told(octets.as_bytes());
            assert_eq!(told.title, title);
            assert_eq!(told.when, when, "{title}");
            assert_eq!(told.more, more, "{title}");
        }
        let long = format!("BEGIN:VCARD\r\nFN:{}\r\nEND:VCARD\r\n", "x".repeat(500));
        assert_eq!(told(long.as_bytes()).title.len(), MAX_TEXT);
    }
}
