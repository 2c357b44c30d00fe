//! QUOTA and QUOTAROOT (RFC 9208), read by `imap-proto`.
//!
//! Neither has lists within lists, and nothing on the way to these two of its parsers panics; what
//! it refuses is `Other`, which costs a figure on a status page and no mail.

use super::cursor::Cursor;
use super::mailbox::mailbox_name;
use crate::imap::{NameForm, Quota, QuotaResource, Untagged};

use imap_proto::rfc2087::QuotaResourceName;

/// Longest line handed over.
const MAX_LINE: usize = 64 << 10;

/// `"" (STORAGE 10 512)`.
pub(super) fn quota(cursor: Cursor<'_>) -> Option<Untagged> {
    let line = line("QUOTA", cursor)?;
    let Ok((_, imap_proto::Response::Quota(quota))) = imap_proto::Response::parse(&line) else {
        return None;
    };
    let resources = quota.resources.into_iter().map(|resource| QuotaResource {
        name: match resource.name {
            QuotaResourceName::Storage => "STORAGE".into(),
            QuotaResourceName::Message => "MESSAGE".into(),
            QuotaResourceName::Atom(name) => name.to_ascii_uppercase(),
        },
        usage: resource.usage,
        limit: resource.limit,
    });
    Some(Untagged::Quota(Quota {
        root: quota.root_name.into_owned(),
        resources: resources.collect(),
    }))
}

/// `INBOX "" other`.
pub(super) fn quota_root(cursor: Cursor<'_>, names: NameForm) -> Option<Untagged> {
    let line = line("QUOTAROOT", cursor)?;
    match imap_proto::Response::parse(&line) {
        Ok((_, imap_proto::Response::QuotaRoot(found))) => Some(Untagged::QuotaRoot {
            mailbox: mailbox_name(found.mailbox_name.as_bytes(), names),
            roots: found
                .quota_root_names
                .into_iter()
                .map(|root| root.into_owned())
                .collect(),
        }),
        _ => None,
    }
}

/// The line as `imap-proto` wants it, with its end; without 8-bit, which it reads lossily.
fn line(name: &str, cursor: Cursor<'_>) -> Option<Vec<u8>> {
    let rest = cursor.rest().trim_ascii_end();
    if rest.len() > MAX_LINE || !rest.is_ascii() {
        return None;
    }
    let mut line = format!("* {name} ").into_bytes();
    line.extend_from_slice(rest);
    line.extend_from_slice(b"\r\n");
    Some(line)
}
