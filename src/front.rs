//! The wire to phones: accept loop, TLS, HTTP/1.1, the EAS request line, gzip and all limits of the
//! transport ([MS-ASHTTP]). Only this room knows hyper.
//!
//! What comes in: [`serve`] takes listeners and a [`Service`]. What goes out: the service sees a
//! [`Head`] first and decides who may come in, before a byte of the body is read (T8), and then an
//! [`EasRequest`]; it answers with a [`Reply`], and the headers every EAS answer needs are added
//! here.

mod reply;
mod request;
mod service;

pub(crate) use reply::WBXML;
pub use reply::{Reply, ReplyBody};
pub use request::{Authorization, BadHead, EasRequest, Head};
pub use service::Service;
