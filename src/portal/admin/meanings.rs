//! What settings of policies mean and take, in the language of whoever reads it. The words of the
//! command line are English; a test holds ours to the same settings and the same English.

use crate::gate::policy::BadSetting;
use crate::portal::frame::Frame;

/// The name of a setting, and the key of what it means.
const MEANINGS: [(&str, &str); 48] = [
    ("DevicePasswordEnabled", "policy.DevicePasswordEnabled"),
    (
        "AlphanumericDevicePasswordRequired",
        "policy.AlphanumericDevicePasswordRequired",
    ),
    ("PasswordRecoveryEnabled", "policy.PasswordRecoveryEnabled"),
    (
        "RequireStorageCardEncryption",
        "policy.RequireStorageCardEncryption",
    ),
    ("AttachmentsEnabled", "policy.AttachmentsEnabled"),
    ("MinDevicePasswordLength", "policy.MinDevicePasswordLength"),
    (
        "MaxInactivityTimeDeviceLock",
        "policy.MaxInactivityTimeDeviceLock",
    ),
    (
        "MaxDevicePasswordFailedAttempts",
        "policy.MaxDevicePasswordFailedAttempts",
    ),
    ("MaxAttachmentSize", "policy.MaxAttachmentSize"),
    (
        "AllowSimpleDevicePassword",
        "policy.AllowSimpleDevicePassword",
    ),
    (
        "DevicePasswordExpiration",
        "policy.DevicePasswordExpiration",
    ),
    ("DevicePasswordHistory", "policy.DevicePasswordHistory"),
    ("AllowStorageCard", "policy.AllowStorageCard"),
    ("AllowCamera", "policy.AllowCamera"),
    ("RequireDeviceEncryption", "policy.RequireDeviceEncryption"),
    (
        "AllowUnsignedApplications",
        "policy.AllowUnsignedApplications",
    ),
    (
        "AllowUnsignedInstallationPackages",
        "policy.AllowUnsignedInstallationPackages",
    ),
    (
        "MinDevicePasswordComplexCharacters",
        "policy.MinDevicePasswordComplexCharacters",
    ),
    ("AllowWiFi", "policy.AllowWiFi"),
    ("AllowTextMessaging", "policy.AllowTextMessaging"),
    ("AllowPOPIMAPEmail", "policy.AllowPOPIMAPEmail"),
    ("AllowBluetooth", "policy.AllowBluetooth"),
    ("AllowIrDA", "policy.AllowIrDA"),
    (
        "RequireManualSyncWhenRoaming",
        "policy.RequireManualSyncWhenRoaming",
    ),
    ("AllowDesktopSync", "policy.AllowDesktopSync"),
    ("MaxCalendarAgeFilter", "policy.MaxCalendarAgeFilter"),
    ("AllowHTMLEmail", "policy.AllowHTMLEmail"),
    ("MaxEmailAgeFilter", "policy.MaxEmailAgeFilter"),
    (
        "MaxEmailBodyTruncationSize",
        "policy.MaxEmailBodyTruncationSize",
    ),
    (
        "MaxEmailHTMLBodyTruncationSize",
        "policy.MaxEmailHTMLBodyTruncationSize",
    ),
    (
        "RequireSignedSMIMEMessages",
        "policy.RequireSignedSMIMEMessages",
    ),
    (
        "RequireEncryptedSMIMEMessages",
        "policy.RequireEncryptedSMIMEMessages",
    ),
    (
        "RequireSignedSMIMEAlgorithm",
        "policy.RequireSignedSMIMEAlgorithm",
    ),
    (
        "RequireEncryptionSMIMEAlgorithm",
        "policy.RequireEncryptionSMIMEAlgorithm",
    ),
    (
        "AllowSMIMEEncryptionAlgorithmNegotiation",
        "policy.AllowSMIMEEncryptionAlgorithmNegotiation",
    ),
    ("AllowSMIMESoftCerts", "policy.AllowSMIMESoftCerts"),
    ("AllowBrowser", "policy.AllowBrowser"),
    ("AllowConsumerEmail", "policy.AllowConsumerEmail"),
    ("AllowRemoteDesktop", "policy.AllowRemoteDesktop"),
    ("AllowInternetSharing", "policy.AllowInternetSharing"),
    (
        "UnapprovedInROMApplicationList",
        "policy.UnapprovedInROMApplicationList",
    ),
    ("ApprovedApplicationList", "policy.ApprovedApplicationList"),
    ("phone-secret", "policy.phone-secret"),
    ("second-factor", "policy.second-factor"),
    ("grace-days", "policy.grace-days"),
    ("explain", "policy.explain"),
    ("new-devices", "policy.new-devices"),
    ("devices", "policy.devices"),
];

/// What a setting takes as the command line says it, and the key of the same.
const TAKES: [(&str, &str); 10] = [
    ("passcode or until-second-factor", "takes.secret"),
    ("optional or required", "takes.factor"),
    ("a number of days", "takes.days"),
    ("true or false", "takes.yes"),
    ("allow, quarantine or block", "takes.devices"),
    ("a number of devices", "takes.count"),
    ("a number within its bounds", "takes.number"),
    ("a number within its bounds, or none", "takes.limit"),
    ("a number, or -1", "takes.size"),
    ("a list of texts, separated by commas", "takes.texts"),
];

/// What a setting means; nothing for one of a newer release.
pub(super) fn meaning(name: &str, frame: &Frame) -> &'static str {
    let known = MEANINGS.iter().find(|(known, _)| *known == name);
    known.map_or("", |(_, key)| frame.t(key))
}

/// What it takes.
pub(super) fn takes(english: &str, frame: &Frame) -> String {
    let known = TAKES.iter().find(|(known, _)| *known == english);
    known.map_or_else(|| english.to_owned(), |(_, key)| frame.t(key).to_owned())
}

/// A complaint about a setting.
pub(super) fn complaint(bad: &BadSetting, frame: &Frame) -> String {
    match bad {
        BadSetting::Unknown(name) => frame.t1("admin.policy.unknown", name),
        BadSetting::Value(name, english) => {
            frame.t2("admin.policy.bad-value", name, &takes(english, frame))
        }
    }
}

/// What a phone is told, where it is a word.
pub(super) fn said(said: String, frame: &Frame) -> String {
    match said.as_str() {
        "yes" => frame.t("admin.policy.yes").to_owned(),
        "no" => frame.t("admin.policy.no").to_owned(),
        "none" => frame.t("admin.policy.none").to_owned(),
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{policy, provisioning};
    use crate::portal::words::Language;

    #[test]
    fn every_setting_has_its_words_and_english_is_that_of_the_command_line() {
        for setting in provisioning::SETTINGS {
            let key = MEANINGS.iter().find(|(name, _)| *name == setting.name);
            let (_, key) = key.unwrap_or_else(|| panic!("{} has no meaning", setting.name));
            assert_eq!(Language::English.say(key), setting.meaning);
            assert!(TAKES.iter().any(|(english, _)| *english == setting.takes()));
        }
        for (name, takes) in policy::SETTINGS {
            assert!(MEANINGS.iter().any(|(known, _)| *known == name), "{name}");
            assert!(TAKES.iter().any(|(english, _)| *english == takes));
        }
        assert_eq!(
            MEANINGS.len(),
            provisioning::SETTINGS.len() + policy::SETTINGS.len()
        );
        for (english, key) in TAKES {
            assert_eq!(Language::English.say(key), english);
        }
    }
}
