//! The one table all figures end in.

use std::fmt::Write as _;

/// What was measured, one row a figure.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    figure: String,
    budget: String,
    beside: String,
    verdict: &'static str,
}

/// What a figure may be.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    AtLeast(f64),
    AtMost(f64),
    /// Only for information.
    None,
}

impl Table {
    /// Adds a figure: its value and unit, the budget in the same unit, and what it is held against.
    pub fn add(&mut self, what: &str, value: f64, unit: &str, budget: Budget, beside: &str) {
        let (wanted, verdict) = match budget {
            Budget::AtLeast(least) => (
                format!(">= {}", number(least, unit)),
                if value >= least { "met" } else { "MISSED" },
            ),
            Budget::AtMost(most) => (
                format!("<= {}", number(most, unit)),
                if value <= most { "met" } else { "MISSED" },
            ),
            Budget::None => (String::new(), ""),
        };
        let row = Row {
            what: what.to_owned(),
            figure: number(value, unit),
            budget: wanted,
            beside: beside.to_owned(),
            verdict,
        };
        eprintln!(
            "{}: {} {} {} {}",
            row.what, row.figure, row.budget, row.verdict, row.beside
        );
        self.rows.push(row);
    }

    pub fn print(&self, smoke: bool) {
        let mut text = String::new();
        let _ = writeln!(text, "\n{}", machine());
        if smoke {
            text.push_str("Smoke run: sizes are too small for the figures to mean anything.\n");
        }
        text.push_str("\n| What | Figure | Budget | | Beside it, in the same run |\n");
        text.push_str("| --- | ---: | ---: | --- | --- |\n");
        for row in &self.rows {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                row.what, row.figure, row.budget, row.verdict, row.beside
            );
        }
        println!("{text}");
    }
}

/// A value with as many digits as it deserves.
fn number(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        large if large >= 100.0 => 0,
        middle if middle >= 10.0 => 1,
        _ => 2,
    };
    let space = if unit.is_empty() || unit == "%" {
        ""
    } else {
        " "
    };
    format!("{value:.digits$}{space}{unit}")
}

/// The machine and the moment.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned())
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = read("/proc/meminfo")
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<f64>().ok())
        .map_or(0.0, |kib| kib / 1048576.0);
    let load = read("/proc/loadavg");
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
    let version = std::process::Command::new("/usr/sbin/dovecot")
        .arg("--version")
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    format!(
        "{date}, {cores} cores of {model}, {memory:.0} GiB, load before the end {load}, \
         Dovecot {version}"
    )
}
