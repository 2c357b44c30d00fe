//! What the end-to-end tests stand on: real mail servers, a real Airgate process, and a simulated
//! phone that talks real HTTP and WBXML to it.
//!
//! Everything runs on loopback ports found free at start and under one temporary directory per
//! process, and dies with the test that started it, even when that test is killed: see [`process`].
//! The test runner gives every test a process of its own, so nothing is shared between tests.

pub mod backend;
pub mod counting;
pub mod dav_client;
pub mod dav_script;
pub mod faulty;
pub mod mail;
pub mod other_client;
pub mod phone;
pub mod process;
pub mod raw;
pub mod schema;
pub mod server;
pub mod smtp;
pub mod spoiler;
pub mod surfer;
pub mod tls;
pub mod touched;
pub mod world;
pub mod zoo;
