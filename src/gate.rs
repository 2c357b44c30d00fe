//! Who may come in.
pub mod hash;
pub mod keys;
pub mod passcode;
pub mod vault;
