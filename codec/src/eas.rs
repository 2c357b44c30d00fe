//! The EAS commands as typed requests and responses, one file per command.

pub mod email;
pub mod request_line;
