//! How verbs show what they found: columns for people, times, JSON for programs.

use std::fmt::Write as _;

/// Columns as wide as they must be, two spaces between.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `2026-11-03T14:05:09Z`.
pub(super) fn moment(at: i64) -> String {
    jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |time| time.to_string())
}

/// `2026-11-03 14:05 UTC`.
pub(super) fn day_and_time(at: i64) -> String {
    let moment = moment(at);
    match (moment.get(..10), moment.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => moment,
    }
}

/// `2026-11-03`.
pub(super) fn day(at: i64) -> String {
    let moment = moment(at);
    moment
        .get(..10)
        .map_or_else(|| moment.clone(), String::from)
}

/// JSON as it is printed.
pub(super) fn json(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
