//! Traffic of our own making: the built-in phone of `airgate phone`, and what load tests stand on.

pub mod client;
pub mod first_sync;
