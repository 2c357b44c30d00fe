//! The front over real sockets, with a service that does what a test wants.

mod commands;
mod heads;
mod limits;
mod memory;
mod shutdown;
mod support;
mod tls;

pub(in crate::front) use support::default_limits;
