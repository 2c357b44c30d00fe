//! Values as operators write them: durations, sizes, booleans, lists. A flag or variable is always
//! text; TOML may use its own types.

use std::time::Duration;

use super::problem::Complaint;

/// A value before it has a meaning.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Boolean(bool),
    List(Vec<String>),
    /// A TOML type no key has, by name.
    Other(&'static str),
}

type Read<T> = Result<T, Complaint>;

pub(super) fn text(value: &Value) -> Read<String> {
    match value {
        Value::Text(text) if text.trim().is_empty() => {
            Err(Complaint::new("the value is empty")
                .hint("leave the key out where nothing is meant"))
        }
        Value::Text(text) => Ok(text.trim().to_owned()),
        other => Err(wrong_type(other, "text", "put it in quotes")),
    }
}

pub(super) fn list(value: &Value) -> Read<Vec<String>> {
    match value {
        Value::Text(text) => Ok(text
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect()),
        Value::List(items) => Ok(items.clone()),
        other => Err(wrong_type(
            other,
            "a list of text",
            r#"write ["one", "two"]"#,
        )),
    }
}

pub(super) fn boolean(value: &Value) -> Read<bool> {
    match value {
        Value::Boolean(value) => Ok(*value),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err(Complaint::new(format!(
                "`{text}` is neither true nor false"
            ))),
        },
        other => Err(wrong_type(other, "true or false", "write true or false")),
    }
}

pub(super) fn number(value: &Value, least: u64, most: u64) -> Read<u64> {
    let (shown, read) = match value {
        Value::Number(number) => (number.to_string(), u64::try_from(*number).ok()),
        Value::Text(text) => (text.trim().to_owned(), text.trim().parse().ok()),
        other => return Err(wrong_type(other, "a number", "write digits only")),
    };
    read.filter(|number| (least..=most).contains(number))
        .ok_or_else(|| Complaint::new(format!("{shown} is not a number from {least} to {most}")))
}

/// `10s`, `5m`, `1h`, `500ms`, `2h30m`; a bare number is seconds.
pub(super) fn duration(value: &Value) -> Read<Duration> {
    let text = match value {
        Value::Number(seconds) => seconds.to_string(),
        Value::Text(text) => text.trim().to_ascii_lowercase(),
        other => return Err(wrong_type(other, "a duration", r#"write "10s" or "5m""#)),
    };
    parse_duration(&text).ok_or_else(|| {
        Complaint::new(format!("`{text}` is no duration")).hint("write 500ms, 10s, 5m or 1h")
    })
}

/// `64KiB`, `50MiB`, `4096`; `k`, `M` and `MB` count in 1024s as well.
pub(super) fn size(value: &Value) -> Read<u64> {
    let text = match value {
        Value::Number(bytes) => bytes.to_string(),
        Value::Text(text) => text.trim().to_ascii_lowercase(),
        other => return Err(wrong_type(other, "a size", r#"write "50MiB""#)),
    };
    parse_size(&text).filter(|bytes| *bytes > 0).ok_or_else(|| {
        Complaint::new(format!("`{text}` is no size")).hint("write 4096, 64KiB or 50MiB")
    })
}

fn parse_duration(text: &str) -> Option<Duration> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, left) = tail.split_at_checked(end)?;
        let number: u64 = number.parse().ok()?;
        total = total.checked_add(match unit.trim() {
            "ms" => Duration::from_millis(number),
            "s" | "sec" => Duration::from_secs(number),
            "m" | "min" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3600)?),
            "d" => Duration::from_secs(number.checked_mul(86_400)?),
            _ => return None,
        })?;
        rest = left;
    }
    Some(total)
}

fn parse_size(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: u64 = number.parse().ok()?;
    number.checked_mul(match unit.trim() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return None,
    })
}

fn wrong_type(value: &Value, expected: &str, hint: &str) -> Complaint {
    let found = match value {
        Value::Text(_) => "text",
        Value::Number(_) => "a number",
        Value::Boolean(_) => "a boolean",
        Value::List(_) => "a list",
        Value::Other(name) => name,
    };
    Complaint::new(format!("expected {expected}, found {found}")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes() {
        for (text, seconds) in [
            ("10", Some(10.0)),
            ("10s", Some(10.0)),
            ("500ms", Some(0.5)),
            ("59m", Some(3540.0)),
            ("2h30m", Some(9000.0)),
            ("1d", Some(86_400.0)),
            ("s", None),
            ("10x", None),
            ("-1s", None),
            ("1.5h", None),
            ("99999999999999999999h", None),
            ("5000000000000000000h", None),
        ] {
            let read = duration(&Value::Text(text.to_owned())).ok();
            assert_eq!(read.map(|d| d.as_secs_f64()), seconds, "{text}");
        }
        for (text, bytes) in [
            ("4096", Some(4096)),
            ("64KiB", Some(65_536)),
            ("50 MiB", Some(52_428_800)),
            ("1g", Some(1 << 30)),
            ("0", None),
            ("MiB", None),
            ("50TB", None),
            ("99999999999999999999", None),
            ("18446744073709551615k", None),
        ] {
            assert_eq!(size(&Value::Text(text.to_owned())).ok(), bytes, "{text}");
        }
    }
}
