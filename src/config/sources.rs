//! Collects raw values from file, environment and flags, each with where it was set.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::flags::ServeArgs;
use super::keys::{self, KEYS, SECTIONS};
use super::problem::{Origin, Problem, nearest};
use super::values::Value;

/// Looked for in the current directory when no file is named.
const DEFAULT_FILE: &str = "airgate.toml";
/// Variables that are ours without being a key.
const OTHER_VARIABLES: &[&str] = &["AIRGATE_CONFIG"];

/// Raw values by key, the winning source of each, and what went wrong on the way.
#[derive(Default)]
pub(super) struct Sources {
    values: BTreeMap<&'static str, (Value, Origin)>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
    /// systemd's StateDirectory.
    pub state_directory: Option<String>,
}

impl Sources {
    pub(super) fn gather(
        args: &ServeArgs,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        let mut sources = Self::default();
        match &args.config {
            Some(path) => sources.file(path, true),
            None => sources.file(Path::new(DEFAULT_FILE), false),
        }
        sources.environment(environment);
        for (key, value) in args.given() {
            let flag = keys::find(key).and_then(|key| key.flag).unwrap_or(key);
            sources
                .values
                .insert(key, (Value::Text(value), Origin::Flag(flag.to_owned())));
        }
        sources
    }

    pub(super) fn value(&self, key: &str) -> Option<&(Value, Origin)> {
        self.values.get(key)
    }

    /// Whether anything under a section was set.
    pub(super) fn has_section(&self, section: &str) -> bool {
        self.values
            .keys()
            .any(|key| key.split_once('.').is_some_and(|(own, _)| own == section))
    }

    fn file(&mut self, path: &Path, named: bool) {
        let shown = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => self.toml(&shown, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !named => {}
            Err(error) => self.problems.push(Problem {
                origin: Origin::File {
                    path: shown,
                    line: 0,
                },
                key: None,
                message: format!("cannot be read: {error}"),
                hint: None,
            }),
        }
    }

    /// Takes a whole file. Syntax errors do not hide what else is wrong: the parser recovers.
    pub(super) fn toml(&mut self, path: &str, text: &str) {
        let lines = Lines { path, text };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.problems.push(Problem {
                origin: lines.origin(at),
                key: None,
                message: error.message().replace('\n', ", "),
                hint: None,
            });
        }
        self.table(&lines, None, table.get_ref());
    }

    fn table(&mut self, lines: &Lines<'_>, section: Option<&str>, table: &DeTable<'_>) {
        for (name, value) in table {
            let origin = lines.origin(name.span().start);
            let name = name.get_ref().as_ref();
            let full = match section {
                Some(section) => format!("{section}.{name}"),
                None => name.to_owned(),
            };
            if let (None, DeValue::Table(inner), true) = (
                section,
                value.get_ref(),
                SECTIONS.iter().any(|(known, _)| *known == name),
            ) {
                self.table(lines, Some(name), inner);
                continue;
            }
            let Some(key) = keys::find(&full) else {
                self.unknown(origin, &full, section);
                continue;
            };
            let value = self.scalar(lines, key.name, value);
            self.values.insert(key.name, (value, origin));
        }
    }

    fn scalar(&mut self, lines: &Lines<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::Text(text.as_ref().to_owned()),
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other("a number out of range"), Value::Number),
            DeValue::Array(items) => {
                let mut texts = Vec::with_capacity(items.len());
                for item in items.iter() {
                    match item.get_ref().as_str() {
                        Some(text) => texts.push(text.to_owned()),
                        None => self.problems.push(Problem {
                            origin: lines.origin(item.span().start),
                            key: Some(key.to_owned()),
                            message: format!(
                                "expected text in the list, found {}",
                                item.get_ref().type_str()
                            ),
                            hint: Some("put it in quotes".to_owned()),
                        }),
                    }
                }
                Value::List(texts)
            }
            other => Value::Other(other.type_str()),
        }
    }

    fn unknown(&mut self, origin: Origin, full: &str, section: Option<&str>) {
        self.problems.push(Problem {
            origin,
            key: None,
            message: format!("unknown key `{full}`"),
            hint: suggestion(full, section),
        });
    }

    fn environment(&mut self, environment: impl IntoIterator<Item = (OsString, OsString)>) {
        let mut found: Vec<(String, OsString)> = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        // The order of the environment is chance; messages should not be.
        found.sort();
        for (name, value) in found {
            if name == "STATE_DIRECTORY" {
                self.state_directory = value
                    .into_string()
                    .ok()
                    .and_then(|list| list.split(':').next().map(str::to_owned))
                    .filter(|path| !path.is_empty());
                continue;
            }
            if !name.starts_with("AIRGATE_") || OTHER_VARIABLES.contains(&name.as_str()) {
                continue;
            }
            let origin = Origin::Variable(name.clone());
            let Some(key) = KEYS.iter().find(|key| key.variable() == name) else {
                // Only a warning: Kubernetes sets AIRGATE_PORT and more for a service of that name.
                let variables: Vec<String> = KEYS.iter().map(keys::Key::variable).collect();
                self.warnings.push(Problem {
                    origin,
                    key: None,
                    message: "no such setting, ignored".to_owned(),
                    hint: nearest(&name, variables.iter().map(String::as_str))
                        .map(|name| format!("did you mean {name}?")),
                });
                continue;
            };
            match value.into_string() {
                Ok(text) => {
                    self.values.insert(key.name, (Value::Text(text), origin));
                }
                Err(_) => self.problems.push(Problem {
                    origin,
                    key: Some(key.name.to_owned()),
                    message: "the value is not UTF-8".to_owned(),
                    hint: None,
                }),
            }
        }
    }
}

/// A file while its values are placed.
struct Lines<'a> {
    path: &'a str,
    text: &'a str,
}

impl Lines<'_> {
    fn origin(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        Origin::File {
            path: self.path.to_owned(),
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        }
    }
}

/// What an unknown key may have meant: a neighbour in its section, the same name elsewhere, or a
/// section.
fn suggestion(full: &str, section: Option<&str>) -> Option<String> {
    let name = full.rsplit_once('.').map_or(full, |(_, name)| name);
    let meant = |name: &str| Some(format!("did you mean `{name}`?"));
    let here = KEYS.iter().filter(|key| key.split().0 == section);
    if let Some(near) = nearest(name, here.map(|key| key.split().1)) {
        return meant(near);
    }
    if let Some(key) = KEYS
        .iter()
        .find(|key| nearest(name, [key.split().1].into_iter()).is_some())
    {
        return match key.split().0 {
            Some(section) => Some(format!(
                "did you mean `{}` under [{section}]?",
                key.split().1
            )),
            None => Some(format!(
                "did you mean `{}` at the top, before any [section]?",
                key.name
            )),
        };
    }
    nearest(name, SECTIONS.iter().map(|(section, _)| *section))
        .and_then(|section| meant(&format!("[{section}]")))
}
