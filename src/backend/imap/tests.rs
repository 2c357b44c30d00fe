//! The client against a scripted peer: each test states what the server says and must hear, in
//! order.

mod connect;
mod flights;
mod legacy;
mod messages;
mod pool;
mod script;
mod searching;
mod watch;
