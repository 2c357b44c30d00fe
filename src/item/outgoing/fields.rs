//! The header a phone wrote, as raw fields: what is not ours to change passes as it came.

/// One field, folded lines included, without its last line end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    /// With the name.
    pub(super) raw: &'a [u8],
}

/// The fields that describe an entity, not the message it is the content of.
pub const CONTENT_FIELDS: &[&str] = &[
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Content-ID",
    "Content-Description",
    "Content-Language",
    "Content-Location",
    "Content-Base",
    "Content-MD5",
    "Content-Duration",
];
/// Fields of one header: real ones have below 200.
pub(super) const MAX_FIELDS: usize = 2000;
/// Octets of one header; an address list of 10,000 recipients fits.
pub(super) const MAX_HEADER: usize = 2 * 1024 * 1024;

/// Splits an entity with CRLF line ends into fields and body. The header ends at an empty line, or
/// at the first line that is no field: some mailers forget the former. `None`: longer than any
/// header.
pub(super) fn split(entity: &[u8]) -> Option<(Vec<Field<'_>>, &[u8])> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut rest = entity;
    loop {
        if let Some(body) = rest.strip_prefix(b"\r\n") {
            return Some((fields, body));
        }
        let length = field_length(rest);
        let (field, after) = rest.split_at(length);
        let field = field.strip_suffix(b"\r\n").unwrap_or(field);
        let Some(name) = name(field) else {
            return Some((fields, rest));
        };
        if fields.len() >= MAX_FIELDS || entity.len() - after.len() > MAX_HEADER {
            return None;
        }
        fields.push(Field { name, raw: field });
        rest = after;
    }
}

/// Where the header of an entity ends, its empty line included, with any line ends; all of it where
/// no line is empty.
pub(super) fn header_end(entity: &[u8]) -> usize {
    let mut at = 0;
    for line in entity.split_inclusive(|&octet| octet == b'\n') {
        at += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            return at;
        }
    }
    entity.len()
}

impl<'a> Field<'a> {
    /// What stands behind the colon, still folded.
    pub(super) fn value(&self) -> &'a [u8] {
        let at = self.raw.iter().position(|&octet| octet == b':');
        let value = at.and_then(|at| self.raw.get(at + 1..));
        value.unwrap_or_default().trim_ascii()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Describes the entity, not the message, so it goes along when the entity becomes a part.
    pub(super) fn is_content(&self) -> bool {
        CONTENT_FIELDS.iter().any(|name| self.is(name))
    }
}

/// The field's name, if the line begins with one (RFC 5322 2.2; blanks before the colon are old but
/// legal).
fn name(field: &[u8]) -> Option<&str> {
    let colon = field.iter().position(|&octet| octet == b':')?;
    let name = field.get(..colon)?.trim_ascii_end();
    let good = !name.is_empty() && name.iter().all(|octet| octet.is_ascii_graphic());
    std::str::from_utf8(name).ok().filter(|_| good)
}

/// Octets of the first line and those folded onto it.
fn field_length(octets: &[u8]) -> usize {
    let mut end = 0;
    loop {
        let rest = octets.get(end..).unwrap_or_default();
        let Some(line) = rest.iter().position(|&octet| octet == b'\n') else {
            return octets.len();
        };
        end += line + 1;
        if !matches!(octets.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(entity: &str) -> (Vec<&str>, &str) {
        let (fields, body) = split(entity.as_bytes()).unwrap();
        let names = fields.iter().map(|field| field.name).collect();
        (names, std::str::from_utf8(body).unwrap())
    }

    #[test]
    fn known_answers() {
        assert_eq!(
            names("A: 1\r\nB : 2\r\n 3\r\n\r\nbody"),
            (vec!["A", "B"], "body")
        );
        assert_eq!(names("\r\nbody"), (vec![], "body"));
        assert_eq!(names("A: 1\r\nno field\r\n"), (vec!["A"], "no field\r\n"));
        assert_eq!(names("A: 1"), (vec!["A"], ""));
        assert_eq!(names(""), (vec![], ""));
        assert_eq!(names("a b: 1\r\n"), (vec![], "a b: 1\r\n"));
        let (fields, _) = split(b"B : 2\r\n 3\r\n\r\n").unwrap();
        assert_eq!(fields[0].value(), b"2\r\n 3");
        assert!(split("A: 1\r\n".repeat(MAX_FIELDS + 1).as_bytes()).is_none());
    }
}
