//! The habits of the phones that are out there, as far as a server sees them.
//!
//! From public sources of clients and servers; nothing here was recorded from a person's phone.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::BodyPreference;
use airgate_codec::eas::email::BodyType;

/// How a phone writes its query ([MS-ASHTTP] 2.2.1.1.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Query {
    Plain,
    /// One base64 blob.
    Packed,
    /// The blob, percent-encoded as well.
    PackedPercent,
}

/// One kind of phone.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub name: &'static str,
    pub agent: &'static str,
    pub device_type: &'static str,
    pub device_id: String,
    pub version: ProtocolVersion,
    pub query: Query,
    /// Items asked for per collection and Sync.
    pub window: u32,
    /// 0 all, 1 to 5 one day to one month.
    pub filter: u8,
    /// Best first.
    pub bodies: Vec<BodyPreference>,
    /// 0 never, 1 for S/MIME, 2 always.
    pub mime_support: u8,
    /// The first interval of its Pings, in seconds.
    pub heartbeat: u32,
    /// Whether it takes gzip.
    pub gzip: bool,
    /// Whether it asks for a policy at set-up, or only when told to.
    pub provisions: bool,
    /// Whether its first FolderSync comes from a device called `validate`, whose answer is thrown
    /// away.
    pub validates: bool,
    /// Whether it waits by a Sync with an interval instead of Ping.
    pub waits_in_sync: bool,
    /// Whether it says GetChanges, which means yes where it is not said.
    pub says_get_changes: bool,
}

const fn body(kind: BodyType, truncation_size: u32) -> BodyPreference {
    BodyPreference {
        kind,
        truncation_size: Some(truncation_size),
        all_or_none: false,
        preview: None,
    }
}

impl Profile {
    /// iOS Mail: 16.1, plain query, three days to begin with, MIME when it is offered.
    pub fn ios() -> Self {
        Self {
            name: "iOS",
            agent: "Apple-iPhone16C1/2107.93",
            device_type: "iPhone",
            device_id: "G5TQ2M8KP4RXN6WJ7D1B0FHVCE".to_owned(),
            version: ProtocolVersion::V16_1,
            query: Query::Plain,
            window: 25,
            filter: 0,
            bodies: vec![body(BodyType::Mime, 51_200), body(BodyType::Html, 51_200)],
            mime_support: 2,
            heartbeat: 840,
            gzip: true,
            provisions: true,
            validates: false,
            waits_in_sync: false,
            says_get_changes: true,
        }
    }

    /// The Gmail app and the Android mail it descends from: probes as `validate`, small windows.
    pub fn gmail() -> Self {
        Self {
            name: "Gmail",
            agent: "Android-Mail/2026.09.13.Release",
            device_type: "Android",
            device_id: "androidc1732896417".to_owned(),
            version: ProtocolVersion::V16_1,
            query: Query::Plain,
            window: 5,
            filter: 0,
            bodies: vec![BodyPreference {
                kind: BodyType::Html,
                truncation_size: Some(51_200),
                all_or_none: false,
                preview: None,
            }],
            mime_support: 0,
            heartbeat: 470,
            gzip: true,
            provisions: true,
            validates: true,
            waits_in_sync: false,
            says_get_changes: true,
        }
    }

    /// Outlook on Windows with an EAS account: 14.1, packed query, windows of 512, no policies.
    pub fn outlook() -> Self {
        Self {
            name: "Outlook",
            agent: "Outlook/16.0 (16.0.17928.20114; x64)",
            device_type: "WindowsOutlook15",
            device_id: "3F2504E04F8911D39A0C0305E82C3301".to_owned(),
            version: ProtocolVersion::V14_1,
            query: Query::Packed,
            window: 512,
            filter: 0,
            bodies: vec![body(BodyType::Html, 500_000)],
            mime_support: 1,
            heartbeat: 480,
            gzip: true,
            provisions: false,
            validates: false,
            waits_in_sync: true,
            says_get_changes: false,
        }
    }

    /// Windows Phone 8: 14.1, packed and percent-encoded, previews for its list.
    pub fn windows_phone() -> Self {
        Self {
            name: "Windows Phone 8",
            agent: "MSFT-WP/8.0.10328",
            device_type: "WP8",
            device_id: "D1B0A4D0C8F34E56A7B8C9D0E1F20314".to_owned(),
            version: ProtocolVersion::V14_1,
            query: Query::PackedPercent,
            window: 100,
            filter: 2,
            bodies: vec![
                BodyPreference {
                    kind: BodyType::Html,
                    truncation_size: Some(100_000),
                    all_or_none: false,
                    preview: Some(255),
                },
                BodyPreference {
                    kind: BodyType::Plain,
                    truncation_size: Some(100_000),
                    all_or_none: false,
                    preview: Some(255),
                },
            ],
            mime_support: 0,
            heartbeat: 480,
            gzip: true,
            provisions: true,
            validates: false,
            waits_in_sync: true,
            says_get_changes: false,
        }
    }

    /// BlackBerry 10: 14.1, plain query, plain text besides HTML.
    pub fn blackberry() -> Self {
        Self {
            name: "BlackBerry 10",
            agent: "RIM-Z10-3/10.3.2.2876",
            device_type: "BlackBerry",
            device_id: "BB2BFA91C3".to_owned(),
            version: ProtocolVersion::V14_1,
            query: Query::Plain,
            window: 50,
            filter: 5,
            bodies: vec![body(BodyType::Html, 32_768), body(BodyType::Plain, 32_768)],
            mime_support: 1,
            heartbeat: 900,
            gzip: false,
            provisions: true,
            validates: false,
            waits_in_sync: false,
            says_get_changes: true,
        }
    }

    /// An old phone: 12.1, the message in the body of SendMail, classes named.
    pub fn old_phone() -> Self {
        Self {
            name: "12.1 phone",
            agent: "MSFT-SPhone/5.2.5082",
            device_type: "SmartPhone",
            device_id: "6F24CAD599A5BF1A690246B8C68FAE8D".to_owned(),
            version: ProtocolVersion::V12_1,
            query: Query::Plain,
            window: 100,
            filter: 3,
            bodies: vec![body(BodyType::Plain, 5_120)],
            mime_support: 0,
            heartbeat: 480,
            gzip: false,
            provisions: true,
            validates: false,
            waits_in_sync: false,
            says_get_changes: true,
        }
    }

    /// All of them.
    pub fn all() -> Vec<Self> {
        vec![
            Self::ios(),
            Self::gmail(),
            Self::outlook(),
            Self::windows_phone(),
            Self::blackberry(),
            Self::old_phone(),
        ]
    }

    /// The same phone with another version.
    pub fn speaking(mut self, version: ProtocolVersion) -> Self {
        self.version = version;
        self
    }

    /// The same kind of phone in another pocket.
    pub fn called(mut self, device_id: &str) -> Self {
        self.device_id = device_id.to_owned();
        self
    }

    /// The same phone with another window.
    pub fn window(mut self, window: u32) -> Self {
        self.window = window;
        self
    }

    /// The same phone that keeps everything.
    pub fn keeps_all(mut self) -> Self {
        self.filter = 0;
        self
    }

    /// The same phone with another filter.
    pub fn filter(mut self, filter: u8) -> Self {
        self.filter = filter;
        self
    }

    /// The same phone that wants bodies so.
    pub fn bodies(mut self, bodies: &[BodyPreference]) -> Self {
        self.bodies = bodies.to_vec();
        self
    }
}
