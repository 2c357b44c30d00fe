//! CalDAV and CardDAV on the wire: the XML that is asked with, and what comes back (RFC 4918, 4791,
//! 6352, 6578).
//!
//! A document is read as it arrives, one `response` at a time, and never as a whole: the scanner
//! finds where a tag or a text ends, within limits, before anything looks inside (T17). There is no
//! document type, no entity but XML's own five and no network access (T16). A document that breaks
//! off is a fault: half a listing proves no absence (S7).
//!
//! Names of resources are [`Href`]s: absolute paths of the origin that was asked, normalised, so that
//! the same resource has one name however a server writes it (T30, T34).

mod href;
mod multistatus;
mod node;
mod properties;
mod scan;
mod write;

#[cfg(test)]
mod tests;

pub use href::{BadHref, Href, Origin};
pub use multistatus::{Answer, Answers, Trailer, conditions};
pub use node::{Namespace, Node, Tree};
pub use properties::{Privileges, Properties, Types};
pub use scan::{Fault, MAX_DEPTH, MAX_DOCUMENT, MAX_TAG};
pub use write::{
    Ask, Data, Filter, NewCollection, calendar_query, calendar_query_uid, make_addressbook,
    make_calendar, multiget, propfind, rename, sync_collection,
};
