//! Logs: one line an event, text for people or JSON for machines, to standard error.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging as the operator wants it.
///
/// # Errors
/// A filter that cannot be read, or logging that was started before.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)
        .with_context(|| format!("the log filter {:?} cannot be read", log.filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Colours in a file or a journal hide the words from whoever searches them, ban tools first.
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}
