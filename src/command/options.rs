//! OPTIONS ([MS-ASHTTP] 2.2.3): which versions and commands this server speaks, and with whom less.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::CommandName;
use http::{HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

use crate::config::VersionCap;
use crate::front::Reply;

/// The commands that are carried out, in the order Exchange lists them. What is not here is answered
/// as unknown.
const COMMANDS: &str = "Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,\
    FolderSync,FolderCreate,FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,MeetingResponse,\
    Search,Settings,Ping,ItemOperations,Provision,ResolveRecipients,ValidateCert,Find";

/// What OPTIONS says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Offer {
    versions: HeaderValue,
    commands: HeaderValue,
    /// Short, the same only for the same offer.
    mark: String,
}

/// What is offered to whom; made once.
#[derive(Clone, Debug)]
pub(crate) struct Offers {
    usual: Offer,
    /// The first that fits decides.
    capped: Vec<(VersionCap, Offer)>,
}

impl Offers {
    pub(crate) fn new(allow_2_5: bool, caps: &[VersionCap]) -> Self {
        let capped = caps.iter().map(|cap| {
            let offer = Offer::up_to(cap.highest, allow_2_5);
            (cap.clone(), offer)
        });
        Self {
            usual: Offer::up_to(ProtocolVersion::V16_1, allow_2_5),
            capped: capped.collect(),
        }
    }

    /// The offer for a client, by whatever it says of itself.
    pub(super) fn to(&self, device_type: Option<&str>, agent: Option<&str>) -> &Offer {
        self.capped
            .iter()
            .find(|(cap, _)| cap.fits(device_type, agent))
            .map_or(&self.usual, |(_, offer)| offer)
    }
}

impl Offer {
    fn up_to(highest: ProtocolVersion, allow_2_5: bool) -> Self {
        let offered = || {
            ProtocolVersion::ALL.into_iter().filter(move |version| {
                *version <= highest && (allow_2_5 || *version > ProtocolVersion::V2_5)
            })
        };
        let versions: Vec<&str> = offered().map(ProtocolVersion::as_str).collect();
        let versions = versions.join(",");
        // A command that none of these versions has would only lead a phone astray.
        let commands: Vec<&str> = COMMANDS
            .split(',')
            .filter(|name| {
                let command = CommandName::from_name(name.as_bytes());
                command.is_none_or(|command| offered().any(|version| command.exists_in(version)))
            })
            .collect();
        let commands = commands.join(",");
        let hash = Sha256::digest(format!("{versions};{commands}"));
        let header =
            |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
        Self {
            versions: header(&versions),
            commands: header(&commands),
            mark: hash
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }

    /// Tells this offer from every other.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    /// Adds what OPTIONS says; the front adds Allow and Public to OPTIONS itself.
    pub(super) fn on(&self, reply: Reply) -> Reply {
        reply
            .with_header(
                HeaderName::from_static("ms-asprotocolversions"),
                self.versions.clone(),
            )
            .with_header(
                HeaderName::from_static("ms-asprotocolcommands"),
                self.commands.clone(),
            )
    }

    /// The same with X-MS-RP: begin anew.
    pub(super) fn anew_on(&self, reply: Reply) -> Reply {
        self.on(reply).with_header(X_MS_RP, self.versions.clone())
    }
}

/// "Throw away your state": the versions, as in MS-ASProtocolVersions ([MS-ASHTTP] 2.2.1.1.2.9).
pub(super) const X_MS_RP: HeaderName = HeaderName::from_static("x-ms-rp");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_what_its_versions_have() {
        let caps = ["Old*=12.1", "*=14.1"].map(|cap| cap.parse().unwrap());
        let offers = Offers::new(false, &caps);
        let old = offers.to(Some("OldPhone"), None);
        assert_eq!(old.versions, "12.0,12.1");
        assert_eq!(offers.to(None, Some("x")).versions, "12.0,12.1,14.0,14.1");
        assert_eq!(
            offers.to(None, None).versions,
            "12.0,12.1,14.0,14.1,16.0,16.1"
        );
        assert_ne!(old.mark(), offers.usual.mark());
        let all = Offers::new(true, &[]);
        assert_eq!(all.usual.versions, "2.5,12.0,12.1,14.0,14.1,16.0,16.1");
        for offer in [old, &offers.usual, &all.usual] {
            let commands = offer.commands.to_str().unwrap();
            assert_eq!(
                commands.contains("Find"),
                offer != old && COMMANDS.contains("Find")
            );
            assert!(commands.starts_with("Sync,SendMail"));
        }
    }
}
