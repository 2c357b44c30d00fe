//! CATEGORIES of an object: several lines of lists (RFC 5545 3.8.1.2) as one list, and changes to it
//! that leave alone what they do not mean (S12).

use airgate_codec::vobject::{Component, ComponentId, Document, Gone, Property};

use super::legal::shown;

/// Categories of one item ([MS-ASTASK] 2.2.2.4).
const MAX_CATEGORIES: usize = 300;

/// All of them, each once, in order.
pub(crate) fn read(component: &Component<'_>) -> Vec<String> {
    let lists = component.all("CATEGORIES").flat_map(|line| line.list());
    clean(lists)
}

/// What a phone says, as it would be read back.
pub(crate) fn clean(categories: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut clean: Vec<String> = Vec::new();
    for category in categories {
        let category = shown(category);
        if !category.is_empty() && clean.len() < MAX_CATEGORIES && !clean.contains(&category) {
            clean.push(category);
        }
    }
    clean
}

/// Makes them exactly the wanted ones.
pub(crate) fn write(
    document: &mut Document,
    id: ComponentId,
    wanted: &[String],
) -> Result<(), Gone> {
    let component = document.find(id).ok_or(Gone)?;
    let lines: Vec<Property> = component.all("CATEGORIES").collect();
    let mut missing: Vec<String> = wanted.to_vec();
    let mut last = None;
    for line in &lines {
        let list = line.list();
        let kept: Vec<&str> = list
            .iter()
            .map(String::as_str)
            .filter(|category| {
                // As it is told: what XML forbids goes there, and stays here.
                let category = shown((*category).to_owned());
                missing.retain(|missing| *missing != category);
                wanted.contains(&category)
            })
            .collect();
        if kept.len() == list.len() {
            last = Some((line.id(), list.clone()));
        } else if kept.is_empty() {
            document.remove(line.id())?;
        } else {
            document.set_value(line.id(), |line| line.list(kept.iter().copied()))?;
            last = Some((line.id(), kept.into_iter().map(str::to_owned).collect()));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    match last {
        Some((line, mut list)) => {
            list.append(&mut missing);
            document.set_value(line, |line| line.list(list.iter().map(String::as_str)))
        }
        None => document.set(id, "CATEGORIES", |line| {
            line.list(missing.iter().map(String::as_str))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s12_only_what_changes_is_written() {
        let object = "BEGIN:VTODO\r\nCATEGORIES:Home, Garden\r\nCATEGORIES;LANGUAGE=de:B\\,\r\n\
            \x20üro\r\nEND:VTODO\r\n";
        for (wanted, expected) in [
            (
                vec!["Home", "Garden", "B,üro"],
                "CATEGORIES:Home, Garden\r\nCATEGORIES;LANGUAGE=de:B\\,\r\n üro\r\n",
            ),
            (vec!["Garden", "New"], "CATEGORIES: Garden,New\r\n"),
            (vec![], ""),
        ] {
            let mut document = Document::parse(object.as_bytes()).expect("small");
            let id = document.component("VTODO").expect("there").id();
            let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            write(&mut document, id, &wanted).expect("there");
            let text = String::from_utf8(document.to_bytes().to_vec()).expect("text");
            assert_eq!(text, format!("BEGIN:VTODO\r\n{expected}END:VTODO\r\n"));
            let component = document.component("VTODO").expect("there");
            assert_eq!(read(&component), wanted);
        }
    }

    #[test]
    fn s12_t23_what_cannot_be_told_stays_where_nothing_changes() {
        let object = "BEGIN:VTODO\r\nCATEGORIES:a\0b,one\rtwo\r\nEND:VTODO\r\n";
        let mut document = Document::parse(object.as_bytes()).expect("small");
        let todo = document.component("VTODO").expect("there");
        let (id, told) = (todo.id(), read(&todo));
        assert_eq!(told, ["ab", "one\ntwo"]);
        assert_eq!(clean(told.clone()), told, "as the phone says it back");
        write(&mut document, id, &told).expect("there");
        assert_eq!(*document.to_bytes(), *object.as_bytes());
    }
}
