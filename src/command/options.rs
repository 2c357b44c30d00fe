//! OPTIONS ([MS-ASHTTP] 2.2.3): which versions and commands this server speaks.

use airgate_codec::ProtocolVersion;
use http::{HeaderName, HeaderValue};

use super::Gateway;
use crate::front::Reply;

/// The commands that are carried out, in the order Exchange lists them. What is not here is answered
/// as unknown.
const COMMANDS: &str = "Sync,SendMail,SmartForward,SmartReply,GetHierarchy,FolderSync,FolderCreate,\
    FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,Settings,Ping,ItemOperations,Provision";

/// The versions offered, oldest first, as the header lists them.
fn versions(gateway: &Gateway) -> String {
    let offered: Vec<&str> = ProtocolVersion::ALL
        .into_iter()
        .filter(|version| gateway.offers(*version))
        .map(ProtocolVersion::as_str)
        .collect();
    offered.join(",")
}

/// Answers OPTIONS; the front adds Allow and Public.
pub(super) fn options(gateway: &Gateway) -> Reply {
    capabilities(gateway, Reply::empty())
}

/// Adds what OPTIONS says, and X-MS-RP with it, to an answer that begins a partnership.
pub(super) fn announce(gateway: &Gateway, reply: Reply) -> Reply {
    let reply = capabilities(gateway, reply);
    match HeaderValue::from_str(&versions(gateway)) {
        Ok(value) => reply.with_header(HeaderName::from_static("x-ms-rp"), value),
        Err(_) => reply,
    }
}

fn capabilities(gateway: &Gateway, reply: Reply) -> Reply {
    let reply = match HeaderValue::from_str(&versions(gateway)) {
        Ok(value) => reply.with_header(HeaderName::from_static("ms-asprotocolversions"), value),
        Err(_) => reply,
    };
    reply.with_header(
        HeaderName::from_static("ms-asprotocolcommands"),
        HeaderValue::from_static(COMMANDS),
    )
}
