//! EASProvisionDoc ([MS-ASPROV] 2.2.2.28): what an administrator may demand of a device.

use crate::eas::Malformed;
use crate::eas::fields::{boolean, schema_fault, texts, write_boolean, write_number};
use crate::eas::malformed::SchemaFaultKind;
use crate::wbxml::{Reader, Tag, Writer, provision};

/// A limit that can be said to be none, which is an empty element on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bound {
    None,
    At(u32),
}

/// The settings of a policy. `None` is "not said": the device keeps its default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    /// With `false` the other password settings say nothing.
    pub device_password_enabled: Option<bool>,
    pub alphanumeric_device_password_required: Option<bool>,
    pub password_recovery_enabled: Option<bool>,
    /// Called DeviceEncryptionEnabled in 12.0.
    pub require_storage_card_encryption: Option<bool>,
    pub attachments_enabled: Option<bool>,
    /// 1 to 16.
    pub min_device_password_length: Option<Bound>,
    /// Seconds.
    pub max_inactivity_time_device_lock: Option<Bound>,
    /// 4 to 16.
    pub max_device_password_failed_attempts: Option<Bound>,
    /// Octets.
    pub max_attachment_size: Option<Bound>,
    pub allow_simple_device_password: Option<bool>,
    /// Days.
    pub device_password_expiration: Option<Bound>,
    /// How many old passwords may not come back.
    pub device_password_history: Option<u32>,
    pub allow_storage_card: Option<bool>,
    pub allow_camera: Option<bool>,
    pub require_device_encryption: Option<bool>,
    pub allow_unsigned_applications: Option<bool>,
    pub allow_unsigned_installation_packages: Option<bool>,
    /// 1 to 4 kinds of characters.
    pub min_device_password_complex_characters: Option<u32>,
    pub allow_wi_fi: Option<bool>,
    pub allow_text_messaging: Option<bool>,
    pub allow_popimap_email: Option<bool>,
    /// 0 off, 1 hands-free only, 2 on.
    pub allow_bluetooth: Option<u32>,
    pub allow_ir_da: Option<bool>,
    pub require_manual_sync_when_roaming: Option<bool>,
    pub allow_desktop_sync: Option<bool>,
    /// 0 all, 4 to 7 as FilterType.
    pub max_calendar_age_filter: Option<u32>,
    pub allow_html_email: Option<bool>,
    /// 0 to 5 as FilterType.
    pub max_email_age_filter: Option<u32>,
    /// -1 none, 0 headers only.
    pub max_email_body_truncation_size: Option<i32>,
    /// -1 none, 0 headers only.
    pub max_email_html_body_truncation_size: Option<i32>,
    pub require_signed_smime_messages: Option<bool>,
    pub require_encrypted_smime_messages: Option<bool>,
    /// 0 SHA-1, 1 MD5.
    pub require_signed_smime_algorithm: Option<u32>,
    /// 0 triple DES to 4 RC2 40.
    pub require_encryption_smime_algorithm: Option<u32>,
    /// 0 none, 1 strong, 2 any.
    pub allow_smime_encryption_algorithm_negotiation: Option<u32>,
    pub allow_smime_soft_certs: Option<bool>,
    pub allow_browser: Option<bool>,
    pub allow_consumer_email: Option<bool>,
    pub allow_remote_desktop: Option<bool>,
    pub allow_internet_sharing: Option<bool>,
    /// Built-in applications that may not run, by name.
    pub unapproved_in_rom_application_list: Option<Vec<String>>,
    /// Applications that may be installed, by their hash.
    pub approved_application_list: Option<Vec<String>>,
}

impl Policy {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut policy = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                provision::DEVICE_PASSWORD_ENABLED => {
                    policy.device_password_enabled = Some(boolean(reader, tag)?)
                }
                provision::ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED => {
                    policy.alphanumeric_device_password_required = Some(boolean(reader, tag)?)
                }
                provision::PASSWORD_RECOVERY_ENABLED => {
                    policy.password_recovery_enabled = Some(boolean(reader, tag)?)
                }
                provision::REQUIRE_STORAGE_CARD_ENCRYPTION => {
                    policy.require_storage_card_encryption = Some(boolean(reader, tag)?)
                }
                provision::ATTACHMENTS_ENABLED => {
                    policy.attachments_enabled = Some(boolean(reader, tag)?)
                }
                provision::MIN_DEVICE_PASSWORD_LENGTH => {
                    policy.min_device_password_length = Some(Bound::read(reader, tag)?)
                }
                provision::MAX_INACTIVITY_TIME_DEVICE_LOCK => {
                    policy.max_inactivity_time_device_lock = Some(Bound::read(reader, tag)?)
                }
                provision::MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS => {
                    policy.max_device_password_failed_attempts = Some(Bound::read(reader, tag)?)
                }
                provision::MAX_ATTACHMENT_SIZE => {
                    policy.max_attachment_size = Some(Bound::read(reader, tag)?)
                }
                provision::ALLOW_SIMPLE_DEVICE_PASSWORD => {
                    policy.allow_simple_device_password = Some(boolean(reader, tag)?)
                }
                provision::DEVICE_PASSWORD_EXPIRATION => {
                    policy.device_password_expiration = Some(Bound::read(reader, tag)?)
                }
                provision::DEVICE_PASSWORD_HISTORY => {
                    policy.device_password_history = integer(reader, tag)?
                }
                provision::ALLOW_STORAGE_CARD => {
                    policy.allow_storage_card = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_CAMERA => policy.allow_camera = Some(boolean(reader, tag)?),
                provision::REQUIRE_DEVICE_ENCRYPTION => {
                    policy.require_device_encryption = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_UNSIGNED_APPLICATIONS => {
                    policy.allow_unsigned_applications = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_UNSIGNED_INSTALLATION_PACKAGES => {
                    policy.allow_unsigned_installation_packages = Some(boolean(reader, tag)?)
                }
                provision::MIN_DEVICE_PASSWORD_COMPLEX_CHARACTERS => {
                    policy.min_device_password_complex_characters = integer(reader, tag)?
                }
                provision::ALLOW_WI_FI => policy.allow_wi_fi = Some(boolean(reader, tag)?),
                provision::ALLOW_TEXT_MESSAGING => {
                    policy.allow_text_messaging = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_POPIMAP_EMAIL => {
                    policy.allow_popimap_email = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_BLUETOOTH => policy.allow_bluetooth = integer(reader, tag)?,
                provision::ALLOW_IR_DA => policy.allow_ir_da = Some(boolean(reader, tag)?),
                provision::REQUIRE_MANUAL_SYNC_WHEN_ROAMING => {
                    policy.require_manual_sync_when_roaming = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_DESKTOP_SYNC => {
                    policy.allow_desktop_sync = Some(boolean(reader, tag)?)
                }
                provision::MAX_CALENDAR_AGE_FILTER => {
                    policy.max_calendar_age_filter = integer(reader, tag)?
                }
                provision::ALLOW_HTML_EMAIL => {
                    policy.allow_html_email = Some(boolean(reader, tag)?)
                }
                provision::MAX_EMAIL_AGE_FILTER => {
                    policy.max_email_age_filter = integer(reader, tag)?
                }
                provision::MAX_EMAIL_BODY_TRUNCATION_SIZE => {
                    policy.max_email_body_truncation_size = integer(reader, tag)?
                }
                provision::MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE => {
                    policy.max_email_html_body_truncation_size = integer(reader, tag)?
                }
                provision::REQUIRE_SIGNED_SMIME_MESSAGES => {
                    policy.require_signed_smime_messages = Some(boolean(reader, tag)?)
                }
                provision::REQUIRE_ENCRYPTED_SMIME_MESSAGES => {
                    policy.require_encrypted_smime_messages = Some(boolean(reader, tag)?)
                }
                provision::REQUIRE_SIGNED_SMIME_ALGORITHM => {
                    policy.require_signed_smime_algorithm = integer(reader, tag)?
                }
                provision::REQUIRE_ENCRYPTION_SMIME_ALGORITHM => {
                    policy.require_encryption_smime_algorithm = integer(reader, tag)?
                }
                provision::ALLOW_SMIME_ENCRYPTION_ALGORITHM_NEGOTIATION => {
                    policy.allow_smime_encryption_algorithm_negotiation = integer(reader, tag)?
                }
                provision::ALLOW_SMIME_SOFT_CERTS => {
                    policy.allow_smime_soft_certs = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_BROWSER => policy.allow_browser = Some(boolean(reader, tag)?),
                provision::ALLOW_CONSUMER_EMAIL => {
                    policy.allow_consumer_email = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_REMOTE_DESKTOP => {
                    policy.allow_remote_desktop = Some(boolean(reader, tag)?)
                }
                provision::ALLOW_INTERNET_SHARING => {
                    policy.allow_internet_sharing = Some(boolean(reader, tag)?)
                }
                provision::UNAPPROVED_IN_ROM_APPLICATION_LIST => {
                    policy.unapproved_in_rom_application_list =
                        Some(texts(reader, provision::APPLICATION_NAME)?);
                }
                provision::APPROVED_APPLICATION_LIST => {
                    policy.approved_application_list = Some(texts(reader, provision::HASH)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(policy)
    }

    /// Writes the document, in the order its schema demands.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.start(provision::EAS_PROVISION_DOC);
        write_boolean(
            writer,
            provision::DEVICE_PASSWORD_ENABLED,
            self.device_password_enabled,
        );
        write_boolean(
            writer,
            provision::ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED,
            self.alphanumeric_device_password_required,
        );
        write_boolean(
            writer,
            provision::PASSWORD_RECOVERY_ENABLED,
            self.password_recovery_enabled,
        );
        write_boolean(
            writer,
            provision::REQUIRE_STORAGE_CARD_ENCRYPTION,
            self.require_storage_card_encryption,
        );
        write_boolean(
            writer,
            provision::ATTACHMENTS_ENABLED,
            self.attachments_enabled,
        );
        Bound::write(
            self.min_device_password_length,
            writer,
            provision::MIN_DEVICE_PASSWORD_LENGTH,
        );
        Bound::write(
            self.max_inactivity_time_device_lock,
            writer,
            provision::MAX_INACTIVITY_TIME_DEVICE_LOCK,
        );
        Bound::write(
            self.max_device_password_failed_attempts,
            writer,
            provision::MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS,
        );
        Bound::write(
            self.max_attachment_size,
            writer,
            provision::MAX_ATTACHMENT_SIZE,
        );
        write_boolean(
            writer,
            provision::ALLOW_SIMPLE_DEVICE_PASSWORD,
            self.allow_simple_device_password,
        );
        Bound::write(
            self.device_password_expiration,
            writer,
            provision::DEVICE_PASSWORD_EXPIRATION,
        );
        write_number(
            writer,
            provision::DEVICE_PASSWORD_HISTORY,
            self.device_password_history,
        );
        write_boolean(
            writer,
            provision::ALLOW_STORAGE_CARD,
            self.allow_storage_card,
        );
        write_boolean(writer, provision::ALLOW_CAMERA, self.allow_camera);
        write_boolean(
            writer,
            provision::REQUIRE_DEVICE_ENCRYPTION,
            self.require_device_encryption,
        );
        write_boolean(
            writer,
            provision::ALLOW_UNSIGNED_APPLICATIONS,
            self.allow_unsigned_applications,
        );
        write_boolean(
            writer,
            provision::ALLOW_UNSIGNED_INSTALLATION_PACKAGES,
            self.allow_unsigned_installation_packages,
        );
        write_number(
            writer,
            provision::MIN_DEVICE_PASSWORD_COMPLEX_CHARACTERS,
            self.min_device_password_complex_characters,
        );
        write_boolean(writer, provision::ALLOW_WI_FI, self.allow_wi_fi);
        write_boolean(
            writer,
            provision::ALLOW_TEXT_MESSAGING,
            self.allow_text_messaging,
        );
        write_boolean(
            writer,
            provision::ALLOW_POPIMAP_EMAIL,
            self.allow_popimap_email,
        );
        write_number(writer, provision::ALLOW_BLUETOOTH, self.allow_bluetooth);
        write_boolean(writer, provision::ALLOW_IR_DA, self.allow_ir_da);
        write_boolean(
            writer,
            provision::REQUIRE_MANUAL_SYNC_WHEN_ROAMING,
            self.require_manual_sync_when_roaming,
        );
        write_boolean(
            writer,
            provision::ALLOW_DESKTOP_SYNC,
            self.allow_desktop_sync,
        );
        write_number(
            writer,
            provision::MAX_CALENDAR_AGE_FILTER,
            self.max_calendar_age_filter,
        );
        write_boolean(writer, provision::ALLOW_HTML_EMAIL, self.allow_html_email);
        write_number(
            writer,
            provision::MAX_EMAIL_AGE_FILTER,
            self.max_email_age_filter,
        );
        write_signed(
            writer,
            provision::MAX_EMAIL_BODY_TRUNCATION_SIZE,
            self.max_email_body_truncation_size,
        );
        write_signed(
            writer,
            provision::MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE,
            self.max_email_html_body_truncation_size,
        );
        write_boolean(
            writer,
            provision::REQUIRE_SIGNED_SMIME_MESSAGES,
            self.require_signed_smime_messages,
        );
        write_boolean(
            writer,
            provision::REQUIRE_ENCRYPTED_SMIME_MESSAGES,
            self.require_encrypted_smime_messages,
        );
        write_number(
            writer,
            provision::REQUIRE_SIGNED_SMIME_ALGORITHM,
            self.require_signed_smime_algorithm,
        );
        write_number(
            writer,
            provision::REQUIRE_ENCRYPTION_SMIME_ALGORITHM,
            self.require_encryption_smime_algorithm,
        );
        write_number(
            writer,
            provision::ALLOW_SMIME_ENCRYPTION_ALGORITHM_NEGOTIATION,
            self.allow_smime_encryption_algorithm_negotiation,
        );
        write_boolean(
            writer,
            provision::ALLOW_SMIME_SOFT_CERTS,
            self.allow_smime_soft_certs,
        );
        write_boolean(writer, provision::ALLOW_BROWSER, self.allow_browser);
        write_boolean(
            writer,
            provision::ALLOW_CONSUMER_EMAIL,
            self.allow_consumer_email,
        );
        write_boolean(
            writer,
            provision::ALLOW_REMOTE_DESKTOP,
            self.allow_remote_desktop,
        );
        write_boolean(
            writer,
            provision::ALLOW_INTERNET_SHARING,
            self.allow_internet_sharing,
        );
        write_list(
            writer,
            provision::UNAPPROVED_IN_ROM_APPLICATION_LIST,
            provision::APPLICATION_NAME,
            self.unapproved_in_rom_application_list.as_deref(),
        );
        write_list(
            writer,
            provision::APPROVED_APPLICATION_LIST,
            provision::HASH,
            self.approved_application_list.as_deref(),
        );
        writer.end();
    }
}

impl Bound {
    fn read(reader: &mut Reader<'_>, tag: Tag) -> Result<Self, Malformed> {
        Ok(integer(reader, tag)?.map_or(Self::None, Self::At))
    }

    fn write(value: Option<Self>, writer: &mut Writer, tag: Tag) {
        match value {
            None => {}
            Some(Self::None) => writer.empty(tag),
            Some(Self::At(limit)) => writer.number(tag, limit),
        }
    }
}

/// A number; an empty element is "not said", as a withdrawn setting is sent.
fn integer<T: std::str::FromStr>(
    reader: &mut Reader<'_>,
    tag: Tag,
) -> Result<Option<T>, Malformed> {
    let offset = reader.offset();
    let text = reader.text()?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse();
    number
        .map(Some)
        .map_err(|_| schema_fault(offset, tag, SchemaFaultKind::Number))
}

fn write_signed(writer: &mut Writer, tag: Tag, value: Option<i32>) {
    if let Some(value) = value {
        writer.text(tag, &value.to_string());
    }
}

fn write_list(writer: &mut Writer, list: Tag, entry: Tag, values: Option<&[String]>) {
    match values {
        None => {}
        Some([]) => writer.empty(list),
        Some(values) => {
            writer.start(list);
            for value in values {
                writer.text(entry, value);
            }
            writer.end();
        }
    }
}
