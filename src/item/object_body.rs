//! The text of an object: DESCRIPTION and, beside it, X-ALT-DESC with the same in HTML; told to a
//! phone in the form it asked for, and taken back from it.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::vobject::{Component, ComponentId, ContentLine, Document, Gone, Property};

use super::body::{limit, preview_length};
use super::html_to_text::{Style, html_to_text};
use super::legal::legalise;
use super::options::{BodyOptions, BodyPreference};
use super::text_to_html::text_to_html;
use super::truncate::{self, Limit};
use super::{merge, preview};

/// The text of an object. Lines end with LF.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Texts {
    pub(crate) plain: String,
    /// The same, if it was written as HTML.
    pub(crate) html: Option<String>,
}

/// A phone's body in a form that is none for objects: RTF, a whole message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a body that is neither text nor HTML")]
pub(crate) struct WrongForm;

/// The end of a text by which a whole is told from a part that was cut off before it.
const TAIL: usize = 32;

impl Texts {
    /// Of a component. HTML that says something else than the text beside it is what a client that
    /// knows only the text left behind; the text is the newer.
    pub(crate) fn read(component: &Component<'_>) -> Self {
        let plain = component
            .property("DESCRIPTION")
            .map(|property| legalise(lf(&property.text())));
        let html = component
            .all(ALTERNATIVE)
            .find(is_html)
            .map(|property| legalise(property.text()));
        match (plain, html) {
            (Some(plain), Some(html)) => {
                let same = words(&plain) == words(&html_to_text(&html, Style::Words))
                    || words(&plain) == words(&html_to_text(&html, Style::Full));
                Self {
                    plain,
                    html: same.then_some(html),
                }
            }
            (None, Some(html)) => Self::of_html(html),
            (plain, None) => Self {
                plain: plain.unwrap_or_default(),
                html: None,
            },
        }
    }

    pub(crate) fn of_html(html: String) -> Self {
        Self {
            plain: lf(&html_to_text(&html, Style::Full)),
            html: Some(html),
        }
    }

    /// Writes it into a component; no text means no property.
    pub(crate) fn write(&self, document: &mut Document, id: ComponentId) -> Result<(), Gone> {
        let component = document.find(id).ok_or(Gone)?;
        let old: Vec<Property> = component.all("DESCRIPTION").collect();
        let alternatives: Vec<Property> = component.all(ALTERNATIVE).filter(is_html).collect();
        match old.split_first() {
            _ if self.plain.is_empty() => {
                for property in &old {
                    document.remove(property.id())?;
                }
            }
            // What it points to says something else now.
            Some((first, _)) if first.parameter("ALTREP").is_some() => {
                let line = ContentLine::new("DESCRIPTION").text(&self.plain);
                document.replace(first.id(), &line)?;
            }
            _ => document.set(id, "DESCRIPTION", |line| line.text(&self.plain))?,
        }
        match (&self.html, alternatives.split_first()) {
            (Some(html), Some((first, _))) => {
                document.set_value(first.id(), |line| line.text(html))?;
            }
            (Some(html), None) => {
                let line = ContentLine::new(ALTERNATIVE).parameter("FMTTYPE", "text/html");
                document.insert(id, &line.text(html))?;
            }
            (None, _) => {
                for property in &alternatives {
                    document.remove(property.id())?;
                }
            }
        }
        Ok(())
    }

    /// The body a phone with these options is told.
    pub(crate) fn told(&self, options: &BodyOptions) -> Body {
        let candidates = self.candidates(options);
        let mut chosen = None;
        for candidate in &candidates {
            let whole = self.in_form(candidate.kind);
            let mut data = whole.clone();
            let truncated = match candidate.kind {
                BodyType::Html => truncate::html(&mut data, candidate.limit),
                _ => truncate::text(&mut data, candidate.limit),
            };
            let refused = truncated && candidate.all_or_none;
            let none = refused || truncated && candidate.limit.most_octets() == Some(0);
            let preview = candidate
                .preview
                .filter(|_| candidate.kind != BodyType::Plain || none)
                .map(|length| match &self.html {
                    Some(html) => preview::of_html(html, length),
                    None => preview::of_text(&self.plain, length),
                });
            let body = Body {
                kind: candidate.kind,
                estimated_size: whole.len() as u64,
                truncated,
                data: (!none).then_some(data),
                preview,
                part: None,
            };
            if !refused {
                return body;
            }
            chosen.get_or_insert(body);
        }
        chosen.unwrap_or_else(|| Body::whole(BodyType::Plain, self.in_form(BodyType::Plain)))
    }

    /// All of it in one form, as a phone gets it.
    fn in_form(&self, kind: BodyType) -> String {
        match (kind, &self.html) {
            (BodyType::Html, Some(html)) => html.clone(),
            (BodyType::Html, None) if self.plain.is_empty() => String::new(),
            (BodyType::Html, None) => text_to_html(&crlf(&self.plain)),
            _ => crlf(&self.plain),
        }
    }

    fn candidates(&self, options: &BodyOptions) -> Vec<Candidate> {
        let plain = |limit| Candidate {
            kind: BodyType::Plain,
            limit,
            all_or_none: false,
            preview: None,
        };
        if options.version == ProtocolVersion::V2_5 || options.preferences.is_empty() {
            return vec![plain(options.text_limit())];
        }
        let mut list: Vec<Candidate> = options
            .preferences
            .iter()
            .filter(|preference| matches!(preference.kind, BodyType::Plain | BodyType::Html))
            .map(|preference| Candidate::of(options.version, preference))
            .collect();
        let native = match self.html {
            Some(_) => BodyType::Html,
            None => BodyType::Plain,
        };
        list.sort_by_key(|candidate| candidate.kind != native);
        if list.is_empty() {
            // Only forms that are never made: plain text within the same limit.
            list.extend(options.preferences.first().map(|first| plain(limit(first))));
        }
        list
    }

    /// The text after a phone's change. `told` is what it was told of this one: of a text it holds
    /// the beginning of only, the rest stays (S12).
    pub(crate) fn changed(&self, told: &Body, said: &Body) -> Result<Self, WrongForm> {
        let data = legalise(said.data.clone().unwrap_or_default());
        let rest = self.rest(told, said).unwrap_or_default();
        match said.kind {
            BodyType::Plain => Ok(Self {
                plain: lf(&(data + &rest)),
                html: None,
            }),
            BodyType::Html if data.trim().is_empty() && rest.is_empty() => Ok(Self::default()),
            BodyType::Html => Ok(Self::of_html(data + &rest)),
            BodyType::Rtf | BodyType::Mime => Err(WrongForm),
        }
    }

    /// What of the text the phone was not told.
    fn rest(&self, told: &Body, said: &Body) -> Option<String> {
        let cut = told.truncated || said.truncated;
        if !cut || said.kind != told.kind {
            return None;
        }
        rest_of(&self.in_form(said.kind), told, said)
    }

    /// Whether a phone's body says the same, only in another form.
    pub(crate) fn says_the_same(&self, said: &Body) -> bool {
        let data = said.data.as_deref().unwrap_or_default();
        match said.kind {
            BodyType::Plain => normal(data) == normal(&self.plain),
            BodyType::Html => normal(data) == normal(&self.in_form(BodyType::Html)),
            BodyType::Rtf | BodyType::Mime => false,
        }
    }
}

/// What of a text a phone does not mean to change: what it was not told, if it says itself that there
/// is more, or if what it says does not end as the whole does.
pub(crate) fn rest_of(whole: &str, told: &Body, said: &Body) -> Option<String> {
    let known = told.data.as_deref().unwrap_or_default();
    let data = said.data.as_deref().unwrap_or_default();
    let rest = whole.strip_prefix(known)?;
    (said.truncated || !ends_alike(data, rest)).then(|| rest.to_owned())
}

/// The hash of a body as a phone was told it or says it. A phone that returns the beginning it was
/// told changed nothing.
pub(crate) fn body_hash(body: &Body) -> u32 {
    let data = body.data.as_deref().unwrap_or_default();
    let text = normal(data);
    if text.is_empty() {
        return merge::hash("");
    }
    merge::hash(&format!("{}:{text}", body.kind as u8))
}

struct Candidate {
    kind: BodyType,
    limit: Limit,
    all_or_none: bool,
    preview: Option<usize>,
}

impl Candidate {
    fn of(version: ProtocolVersion, preference: &BodyPreference) -> Self {
        Self {
            kind: preference.kind,
            limit: limit(preference),
            all_or_none: preference.all_or_none,
            preview: preview_length(version, preference),
        }
    }
}

const ALTERNATIVE: &str = "X-ALT-DESC";

fn is_html(property: &Property) -> bool {
    property.says("FMTTYPE", "text/html")
}

/// Letters and digits, which survive any formatting.
fn words(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Without the differences that programs make to a text they only pass on.
fn normal(text: &str) -> String {
    lf(text).trim_end().to_owned()
}

fn ends_alike(text: &str, rest: &str) -> bool {
    let rest = normal(rest);
    let tail = rest.floor_char_boundary(rest.len().saturating_sub(TAIL));
    normal(text).ends_with(rest.get(tail..).unwrap_or_default())
}

/// Line ends as calendars have them.
pub(crate) fn lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Line ends as phones have them.
fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(kinds: &[(BodyType, Option<u32>)]) -> BodyOptions {
        let preference = |(kind, truncation_size): &(BodyType, Option<u32>)| BodyPreference {
            kind: *kind,
            truncation_size: *truncation_size,
            all_or_none: false,
            preview: None,
        };
        BodyOptions {
            preferences: kinds.iter().map(preference).collect(),
            ..BodyOptions::new(ProtocolVersion::V16_1)
        }
    }

    fn text(plain: &str) -> Texts {
        Texts {
            plain: plain.into(),
            html: None,
        }
    }

    #[test]
    fn s12_the_rest_of_a_truncated_text_stays() {
        let texts = text("one\ntwo\nthree and the end of it all");
        let told = texts.told(&options(&[(BodyType::Plain, Some(8))]));
        assert_eq!(told.data.as_deref(), Some("one\r\ntwo"));
        assert!(told.truncated);
        for (said, expected) in [
            ("one\r\n2", "one\n2\nthree and the end of it all"),
            // The phone had fetched all of it.
            (
                "one\r\n2\r\nthree and the end of it all",
                "one\n2\nthree and the end of it all",
            ),
        ] {
            let said = Body::whole(BodyType::Plain, said);
            let changed = texts.changed(&told, &said).map(|texts| texts.plain);
            assert_eq!(changed.as_deref(), Ok(expected));
        }
        assert_eq!(
            body_hash(&told),
            body_hash(&Body::whole(BodyType::Plain, "one\ntwo\n"))
        );
    }

    #[test]
    fn the_written_form_comes_first() {
        let both = options(&[(BodyType::Html, None), (BodyType::Plain, None)]);
        assert_eq!(text("a").told(&both).kind, BodyType::Plain);
        let html = Texts::of_html("<b>a</b>".into());
        assert_eq!(html.told(&both).kind, BodyType::Html);
        let only = options(&[(BodyType::Html, None)]);
        let told = text("a & b").told(&only);
        assert!(told.data.is_some_and(|data| data.contains("a &amp; b")));
        let neither = options(&[(BodyType::Rtf, Some(1)), (BodyType::Mime, None)]);
        let told = text("abc").told(&neither);
        assert_eq!(
            (told.kind, told.data.as_deref()),
            (BodyType::Plain, Some("a"))
        );
    }

    #[test]
    fn html_that_says_something_else_is_stale() {
        let read = |lines: &str| {
            let object = format!("BEGIN:VTODO\r\n{lines}END:VTODO\r\n");
            let document = Document::parse(object.as_bytes()).expect("small");
            Texts::read(&document.component("VTODO").expect("there"))
        };
        let html = "X-ALT-DESC;FMTTYPE=text/html:<p>Buy <b>milk</b></p>\r\n";
        let both = read(&format!("DESCRIPTION:Buy milk\r\n{html}"));
        assert_eq!(both.html.as_deref(), Some("<p>Buy <b>milk</b></p>"));
        let stale = read(&format!("DESCRIPTION:Buy bread\r\n{html}"));
        assert_eq!(stale, text("Buy bread"));
        assert_eq!(read(html).plain.trim(), "Buy milk");
    }
}
