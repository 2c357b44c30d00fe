//! What phones are asked to enforce ([MS-ASPROV] 2.2.2.28): every setting by its name, what it takes,
//! and what it means in words. Layers are JSON objects of these names; the union of all is sent, and
//! nothing else, since some phones choke on settings they do not like (device-notes.md section 9).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::provision::{
    Bound, Policy, PolicyData, PolicyResponse, Response, WBXML_POLICY, status,
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::policy::BadSetting;

/// Twenty bits of a policy's hash, the lower ones of every key given out for it. So a key tells by
/// itself that it was given for another policy (status 143), and nothing else need be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PolicyMark(u32);

/// What a user's phones are sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Provisioning {
    pub policy: Policy,
    pub mark: PolicyMark,
}

/// A layer: settings by name.
pub type Layer = Map<String, Value>;

/// One setting.
pub struct Setting {
    /// As in [MS-ASPROV].
    pub name: &'static str,
    /// The first version that knows it.
    pub since: ProtocolVersion,
    /// What it means, for operators.
    pub meaning: &'static str,
    kind: Kind,
}

/// What a setting takes, and where it goes.
enum Kind {
    Yes(fn(&mut Policy) -> &mut Option<bool>),
    /// Inclusive bounds.
    Number(u32, u32, fn(&mut Policy) -> &mut Option<u32>),
    /// The same, or `none`.
    Limit(u32, u32, fn(&mut Policy) -> &mut Option<Bound>),
    /// -1 is none.
    Size(fn(&mut Policy) -> &mut Option<i32>),
    Texts(fn(&mut Policy) -> &mut Option<Vec<String>>),
}

use Kind::{Limit, Number, Size, Texts, Yes};

macro_rules! settings {
    ($($name:literal $version:ident $kind:ident($($bound:expr),*) $field:ident $meaning:literal;)*) => {
        /// The whole set, in the order of the schema.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: $name,
            since: ProtocolVersion::$version,
            meaning: $meaning,
            kind: $kind($($bound,)* |policy| &mut policy.$field),
        }),*];
    };
}

settings! {
    "DevicePasswordEnabled" V12_0 Yes() device_password_enabled "the phone is locked by a password";
    "AlphanumericDevicePasswordRequired" V12_0 Yes() alphanumeric_device_password_required "its password needs letters as well as digits";
    "PasswordRecoveryEnabled" V12_0 Yes() password_recovery_enabled "a recovery password is kept on the server (Airgate keeps none)";
    "RequireStorageCardEncryption" V12_0 Yes() require_storage_card_encryption "memory cards are encrypted";
    "AttachmentsEnabled" V12_0 Yes() attachments_enabled "attachments may be downloaded";
    "MinDevicePasswordLength" V12_0 Limit(1, 16) min_device_password_length "shortest password, in characters";
    "MaxInactivityTimeDeviceLock" V12_0 Limit(1, 9999) max_inactivity_time_device_lock "seconds without use until it locks";
    "MaxDevicePasswordFailedAttempts" V12_0 Limit(4, 16) max_device_password_failed_attempts "wrong tries until the phone erases itself";
    "MaxAttachmentSize" V12_0 Limit(1, u32::MAX) max_attachment_size "largest attachment, in bytes";
    "AllowSimpleDevicePassword" V12_0 Yes() allow_simple_device_password "passwords like 1234 are allowed";
    "DevicePasswordExpiration" V12_0 Limit(0, 730) device_password_expiration "days until the password must be changed";
    "DevicePasswordHistory" V12_0 Number(0, 50) device_password_history "old passwords that may not come back";
    "AllowStorageCard" V12_1 Yes() allow_storage_card "memory cards may be used";
    "AllowCamera" V12_1 Yes() allow_camera "the camera may be used";
    "RequireDeviceEncryption" V12_1 Yes() require_device_encryption "the phone's storage is encrypted";
    "AllowUnsignedApplications" V12_1 Yes() allow_unsigned_applications "unsigned applications may run";
    "AllowUnsignedInstallationPackages" V12_1 Yes() allow_unsigned_installation_packages "unsigned packages may be installed";
    "MinDevicePasswordComplexCharacters" V12_1 Number(1, 4) min_device_password_complex_characters "kinds of characters the password must have";
    "AllowWiFi" V12_1 Yes() allow_wi_fi "Wi-Fi may be used";
    "AllowTextMessaging" V12_1 Yes() allow_text_messaging "text messages may be used";
    "AllowPOPIMAPEmail" V12_1 Yes() allow_popimap_email "POP and IMAP accounts may be added";
    "AllowBluetooth" V12_1 Number(0, 2) allow_bluetooth "Bluetooth: 0 off, 1 hands-free only, 2 on";
    "AllowIrDA" V12_1 Yes() allow_ir_da "infrared may be used";
    "RequireManualSyncWhenRoaming" V12_1 Yes() require_manual_sync_when_roaming "no push while roaming";
    "AllowDesktopSync" V12_1 Yes() allow_desktop_sync "the phone may synchronise with a computer";
    "MaxCalendarAgeFilter" V12_1 Number(0, 7) max_calendar_age_filter "oldest events: 0 all, 4 two weeks, 5 one month, 6 three, 7 six";
    "AllowHTMLEmail" V12_1 Yes() allow_html_email "mail is shown formatted";
    "MaxEmailAgeFilter" V12_1 Number(0, 5) max_email_age_filter "oldest mail: 0 all, 1 a day, 2 three, 3 a week, 4 two weeks, 5 a month";
    "MaxEmailBodyTruncationSize" V12_1 Size() max_email_body_truncation_size "text of a mail is cut here, -1 never";
    "MaxEmailHTMLBodyTruncationSize" V12_1 Size() max_email_html_body_truncation_size "formatted text of a mail is cut here, -1 never";
    "RequireSignedSMIMEMessages" V12_1 Yes() require_signed_smime_messages "mail must be signed";
    "RequireEncryptedSMIMEMessages" V12_1 Yes() require_encrypted_smime_messages "mail must be encrypted";
    "RequireSignedSMIMEAlgorithm" V12_1 Number(0, 1) require_signed_smime_algorithm "signed with: 0 SHA-1, 1 MD5";
    "RequireEncryptionSMIMEAlgorithm" V12_1 Number(0, 4) require_encryption_smime_algorithm "encrypted with: 0 triple DES, 1 DES, 2 to 4 RC2 with 128, 64, 40 bits";
    "AllowSMIMEEncryptionAlgorithmNegotiation" V12_1 Number(0, 2) allow_smime_encryption_algorithm_negotiation "another algorithm may be chosen: 0 no, 1 a strong one, 2 any";
    "AllowSMIMESoftCerts" V12_1 Yes() allow_smime_soft_certs "certificates need no smart card";
    "AllowBrowser" V12_1 Yes() allow_browser "the browser may be used";
    "AllowConsumerEmail" V12_1 Yes() allow_consumer_email "private mail accounts may be added";
    "AllowRemoteDesktop" V12_1 Yes() allow_remote_desktop "remote desktop may be used";
    "AllowInternetSharing" V12_1 Yes() allow_internet_sharing "the phone may share its connection";
    "UnapprovedInROMApplicationList" V12_1 Texts() unapproved_in_rom_application_list "built-in applications that may not run, by name";
    "ApprovedApplicationList" V12_1 Texts() approved_application_list "applications that may run, by their hash";
}

impl Setting {
    /// By its name, in any letter case.
    pub fn named(name: &str) -> Option<&'static Self> {
        SETTINGS
            .iter()
            .find(|setting| setting.name.eq_ignore_ascii_case(name))
    }

    /// What it takes, for messages.
    pub const fn takes(&self) -> &'static str {
        match self.kind {
            Yes(_) => "true or false",
            Number(..) => "a number within its bounds",
            Limit(..) => "a number within its bounds, or none",
            Size(_) => "a number, or -1",
            Texts(_) => "a list of texts, separated by commas",
        }
    }

    /// Reads what an operator typed.
    ///
    /// # Errors
    /// Another kind of value, or one out of bounds.
    pub fn read(&self, text: &str) -> Result<Value, BadSetting> {
        let text = text.trim();
        let value = match self.kind {
            Yes(_) => Value::Bool(matches!(text, "true" | "yes" | "on" | "1")),
            Number(..) | Limit(..) | Size(_) => match text.parse::<i64>() {
                Ok(number) => number.into(),
                Err(_) => Value::Null,
            },
            Texts(_) => {
                let texts = text
                    .split(',')
                    .map(str::trim)
                    .filter(|text| !text.is_empty());
                Value::Array(texts.map(Value::from).collect())
            }
        };
        let yes_or_no = ["true", "yes", "on", "1", "false", "no", "off", "0"];
        let readable = match self.kind {
            Yes(_) => yes_or_no.contains(&text),
            Number(..) | Size(_) => !value.is_null(),
            Limit(..) => !value.is_null() || text == "none",
            Texts(_) => true,
        };
        let mut policy = Policy::default();
        match readable && self.apply(&value, &mut policy) {
            true => Ok(value),
            false => Err(BadSetting::Value(self.name.to_owned(), self.takes())),
        }
    }

    /// Puts a value into a policy; false when it is none for this setting.
    fn apply(&self, value: &Value, policy: &mut Policy) -> bool {
        let within = |least: u32, most: u32| {
            let number = u32::try_from(value.as_u64()?).ok()?;
            (least..=most).contains(&number).then_some(number)
        };
        let done = match self.kind {
            Yes(field) => value.as_bool().map(|yes| *field(policy) = Some(yes)),
            Number(least, most, field) => {
                within(least, most).map(|number| *field(policy) = Some(number))
            }
            Limit(_, _, field) if value.is_null() => {
                *field(policy) = Some(Bound::None);
                Some(())
            }
            Limit(least, most, field) => {
                within(least, most).map(|number| *field(policy) = Some(Bound::At(number)))
            }
            Size(field) => {
                let size = value.as_i64().and_then(|size| i32::try_from(size).ok());
                size.filter(|size| *size >= -1)
                    .map(|size| *field(policy) = Some(size))
            }
            Texts(field) => {
                let texts = value.as_array().and_then(|texts| {
                    let texts = texts.iter().map(|text| text.as_str().map(str::to_owned));
                    texts.collect::<Option<Vec<_>>>()
                });
                texts.map(|texts| *field(policy) = Some(texts))
            }
        };
        done.is_some()
    }

    /// What a policy says of it, in a few words; `None` where it says nothing.
    pub fn said(&self, policy: &Policy) -> Option<String> {
        let mut policy = policy.clone();
        match self.kind {
            Yes(field) => field(&mut policy).map(|yes| if yes { "yes" } else { "no" }.to_owned()),
            Number(_, _, field) => field(&mut policy).map(|number| number.to_string()),
            Limit(_, _, field) => field(&mut policy).map(|bound| match bound {
                Bound::None => "none".to_owned(),
                Bound::At(number) => number.to_string(),
            }),
            Size(field) => field(&mut policy).map(|size| size.to_string()),
            Texts(field) => field(&mut policy).as_ref().map(|texts| texts.join(", ")),
        }
    }
}

/// Puts a layer over a policy. What cannot be read is left out and named: half a policy is safer
/// than none, and a phone must not be refused for a word of a newer release.
pub fn lay(layer: &Layer, policy: &mut Policy) -> Vec<String> {
    let mut unread = Vec::new();
    for (name, value) in layer {
        let done = Setting::named(name).is_some_and(|setting| setting.apply(value, policy));
        if !done {
            unread.push(name.clone());
        }
    }
    unread
}

impl Provisioning {
    /// `None` for a policy that says nothing: then none is sent.
    pub fn of(policy: Policy) -> Option<Self> {
        let says = policy != Policy::default();
        says.then(|| Self {
            mark: PolicyMark::of(&policy),
            policy,
        })
    }
}

impl PolicyMark {
    const BITS: u32 = 20;
    const MASK: u32 = (1 << Self::BITS) - 1;

    /// The mark of what a phone is sent, so that settings which mean the same are the same.
    pub fn of(policy: &Policy) -> Self {
        let answer = PolicyResponse {
            policy_type: WBXML_POLICY.to_owned(),
            status: status::OK,
            key: None,
            data: Some(PolicyData::Document(Box::new(policy.clone()))),
        };
        let response = Response {
            policy: Some(answer),
            ..Response::default()
        };
        let hash = Sha256::digest(response.write(ProtocolVersion::V16_1));
        let start = hash
            .iter()
            .take(4)
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        Self(start & Self::MASK)
    }

    pub fn is_in(self, key: u32) -> bool {
        key & Self::MASK == self.0
    }

    /// A key of this policy that is neither 0 nor the one before.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn fresh_key(self, old: u32) -> Result<u32, getrandom::Error> {
        loop {
            let key = (getrandom::u32()? >> 1 & !Self::MASK) | self.0;
            if key != 0 && key != old {
                return Ok(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read_said_and_sent() {
        let mut whole = Policy::default();
        for setting in SETTINGS {
            let text = match setting.kind {
                Yes(_) => "true",
                Number(..) => "1",
                Limit(..) => "5",
                Size(_) => "-1",
                Texts(_) => "one, two",
            };
            let value = setting.read(text).unwrap();
            let mut policy = Policy::default();
            let layer = Layer::from_iter([(setting.name.to_owned(), value)]);
            assert_eq!(lay(&layer, &mut policy), [""; 0], "{}", setting.name);
            assert!(setting.said(&policy).is_some(), "{}", setting.name);
            // One field each, and no two the same.
            assert_ne!(PolicyMark::of(&policy), PolicyMark::of(&whole));
            let before = whole.clone();
            lay(&layer, &mut whole);
            assert_ne!(before, whole, "{}", setting.name);
            assert!(setting.read("rubbish").is_err() || matches!(setting.kind, Texts(_)));
        }
        assert_eq!(SETTINGS.len(), 42);
        assert_eq!(Provisioning::of(Policy::default()), None);
    }

    #[test]
    fn bounds_hold_and_layers_go_over_each_other() {
        let length = Setting::named("mindevicepasswordlength").unwrap();
        for bad in ["0", "17", "-1", "x", ""] {
            assert!(length.read(bad).is_err(), "{bad}");
        }
        let layer = |name: &str, text: &str| {
            let setting = Setting::named(name).unwrap();
            Layer::from_iter([(setting.name.to_owned(), setting.read(text).unwrap())])
        };
        let mut policy = Policy::default();
        lay(&layer("MinDevicePasswordLength", "4"), &mut policy);
        lay(&layer("AllowCamera", "no"), &mut policy);
        lay(&layer("MinDevicePasswordLength", "none"), &mut policy);
        assert_eq!(policy.min_device_password_length, Some(Bound::None));
        assert_eq!(policy.allow_camera, Some(false));
        let newer = Layer::from_iter([("FromTheFuture".to_owned(), Value::Bool(true))]);
        assert_eq!(lay(&newer, &mut policy), ["FromTheFuture"]);
    }

    #[test]
    fn a_key_knows_its_policy() {
        let policy = Policy {
            device_password_enabled: Some(true),
            ..Policy::default()
        };
        let longer = Policy {
            min_device_password_length: Some(Bound::At(6)),
            ..policy.clone()
        };
        let (mark, other) = (PolicyMark::of(&policy), PolicyMark::of(&longer));
        assert_ne!(mark, other);
        assert_eq!(mark, PolicyMark::of(&policy));
        let key = mark.fresh_key(0).unwrap();
        let next = mark.fresh_key(key).unwrap();
        assert!(key != next && key != 0);
        assert!(mark.is_in(key) && mark.is_in(next) && !other.is_in(key));
    }
}
