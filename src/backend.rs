//! Typed clients for the servers behind us. None of them knows EAS.

pub mod breaker;
pub mod dav;
mod fingerprint;
pub mod imap;
pub mod login;
pub mod octets;
pub mod sasl;
pub mod smtp;
mod tcp;
pub mod tls;

pub use login::Login;
