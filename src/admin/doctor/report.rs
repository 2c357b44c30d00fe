//! What the doctor found, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Grade {
    Good,
    /// Good to know.
    Note,
    /// Works, but worse than it could.
    Warning,
    /// Does not work.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    pub grade: Grade,
    /// One sentence without its full stop.
    pub what: String,
    /// What it means, or what to do.
    pub help: Option<String>,
}

/// One part of the whole.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Section {
    pub title: String,
    pub findings: Vec<Finding>,
}

/// All of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    pub sections: Vec<Section>,
}

/// Columns of the text: fits a terminal of 80 and mails.
const WIDTH: usize = 78;
/// Where the text begins, behind the grade.
const INDENT: &str = "           ";

impl Grade {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

impl Section {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            findings: Vec::new(),
        }
    }

    pub(super) fn good(&mut self, what: impl Into<String>) {
        self.add(Grade::Good, what, None);
    }

    pub(super) fn note(&mut self, what: impl Into<String>, help: impl Into<String>) {
        self.add(Grade::Note, what, Some(help.into()));
    }

    pub(super) fn warn(&mut self, what: impl Into<String>, help: impl Into<String>) {
        self.add(Grade::Warning, what, Some(help.into()));
    }

    pub(super) fn problem(&mut self, what: impl Into<String>, help: impl Into<String>) {
        self.add(Grade::Problem, what, Some(help.into()));
    }

    fn add(&mut self, grade: Grade, what: impl Into<String>, help: Option<String>) {
        self.findings.push(Finding {
            grade,
            what: what.into(),
            help: help.filter(|help| !help.is_empty()),
        });
    }
}

impl Report {
    /// How many findings are of a grade.
    pub fn count(&self, grade: Grade) -> usize {
        let findings = self.sections.iter().flat_map(|section| &section.findings);
        findings.filter(|finding| finding.grade == grade).count()
    }

    /// Whether something does not work.
    pub fn has_problems(&self) -> bool {
        self.count(Grade::Problem) > 0
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for section in &self.sections {
            let _ = writeln!(out, "{}", section.title);
            for finding in &section.findings {
                let grade = finding.grade.as_str();
                let _ = writeln!(out, "  {grade:<8} {}", wrapped(&finding.what));
                for paragraph in finding.help.iter().flat_map(|help| help.split('\n')) {
                    let _ = writeln!(out, "{INDENT}{}", wrapped(paragraph));
                }
            }
            out.push('\n');
        }
        let (problems, warnings) = (self.count(Grade::Problem), self.count(Grade::Warning));
        let _ = match (problems, warnings) {
            (0, 0) => writeln!(out, "All is well."),
            (0, _) => writeln!(out, "It works, with {}.", counted(warnings, "warning")),
            _ => writeln!(
                out,
                "{} and {}.",
                counted(problems, "problem"),
                counted(warnings, "warning")
            ),
        };
        out
    }

    /// For programs.
    pub fn json(&self) -> String {
        let sections: Vec<Value> = self
            .sections
            .iter()
            .map(|section| {
                let findings: Vec<Value> = section
                    .findings
                    .iter()
                    .map(|finding| {
                        json!({
                            "grade": finding.grade.as_str(),
                            "what": finding.what,
                            "help": finding.help,
                        })
                    })
                    .collect();
                json!({"title": section.title, "findings": findings})
            })
            .collect();
        let document = json!({
            "problems": self.count(Grade::Problem),
            "warnings": self.count(Grade::Warning),
            "sections": sections,
        });
        format!("{document:#}\n")
    }
}

fn counted(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}

/// Text broken at blanks to fit behind the indent. What begins with a blank is left as it is: records
/// and commands to copy.
fn wrapped(text: &str) -> String {
    if text.starts_with(' ') {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut column = INDENT.len();
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > INDENT.len() && column + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(INDENT);
            column = INDENT.len();
        } else if column > INDENT.len() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_well_and_fits_a_terminal() {
        let mut section = Section::new("IMAP server");
        section.good("reachable");
        section.warn(
            "it cannot tell of news (no IDLE), which is a sentence long enough to be broken in two",
            "Mail arrives late.\n  _autodiscover._tcp.example.com. SRV 0 0 443 mail.example.com.",
        );
        let mut report = Report {
            sections: vec![section],
        };
        assert_eq!(
            report.text(),
            "IMAP server\n  ok       reachable\n  warning  it cannot tell of news (no IDLE), which is a \
             sentence long enough\n           to be broken in two\n           Mail arrives late.\n             \
             _autodiscover._tcp.example.com. SRV 0 0 443 mail.example.com.\n\nIt works, with 1 warning.\n"
        );
        assert!(!report.has_problems());
        let mut bad = Section::new("x");
        bad.problem("y", "");
        report.sections.push(bad);
        assert!(report.text().ends_with("1 problem and 1 warning.\n"));
        let parsed: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(parsed["problems"], 1);
        assert_eq!(parsed["sections"][1]["findings"][0]["grade"], "problem");
        assert_eq!(Report::default().text(), "All is well.\n");
    }
}
