//! Typed clients for the servers behind us. None of them knows EAS.

pub mod login;

pub use login::Login;
