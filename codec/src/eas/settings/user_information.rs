//! The user's accounts and addresses ([MS-ASCMD] 2.2.3.178), in two forms: a bare list up to 14.0,
//! accounts from 14.1 on.

use crate::ProtocolVersion;
use crate::eas::Malformed;
use crate::eas::fields::{boolean, text, write_boolean, write_text};
use crate::wbxml::{Reader, Writer, settings};

/// The user's accounts, the primary one first. Up to 14.0 only that one's addresses can be told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UserInformation {
    pub accounts: Vec<Account>,
}

/// One account.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Account {
    /// The primary account has none.
    pub id: Option<String>,
    pub name: Option<String>,
    pub display_name: Option<String>,
    pub send_disabled: Option<bool>,
    /// Every address mail may come to or be sent from.
    pub addresses: Vec<String>,
    pub primary_address: Option<String>,
}

impl UserInformation {
    /// Reads the children of Get, in either form.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut information = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                settings::EMAIL_ADDRESSES => {
                    let mut account = Account::default();
                    account.read_addresses(reader)?;
                    information.accounts.push(account);
                }
                settings::ACCOUNTS => {
                    while let Some(tag) = reader.child()? {
                        match tag {
                            settings::ACCOUNT => information.accounts.push(Account::read(reader)?),
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        Ok(information)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        if self.accounts.is_empty() {
            writer.empty(settings::GET);
            return;
        }
        writer.start(settings::GET);
        let with_accounts = writer
            .version()
            .is_none_or(|version| version >= ProtocolVersion::V14_1);
        if with_accounts {
            writer.start(settings::ACCOUNTS);
            for account in &self.accounts {
                account.write(writer);
            }
            writer.end();
        } else if let Some(primary) = self.accounts.first() {
            primary.write_addresses(writer);
        }
        writer.end();
    }
}

impl Account {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut account = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                settings::ACCOUNT_ID => account.id = Some(text(reader, tag)?),
                settings::ACCOUNT_NAME => account.name = Some(text(reader, tag)?),
                settings::USER_DISPLAY_NAME => account.display_name = Some(text(reader, tag)?),
                settings::SEND_DISABLED => account.send_disabled = Some(boolean(reader, tag)?),
                settings::EMAIL_ADDRESSES => account.read_addresses(reader)?,
                _ => reader.skip()?,
            }
        }
        Ok(account)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(settings::ACCOUNT);
        write_text(writer, settings::ACCOUNT_ID, self.id.as_ref());
        write_text(writer, settings::ACCOUNT_NAME, self.name.as_ref());
        write_text(
            writer,
            settings::USER_DISPLAY_NAME,
            self.display_name.as_ref(),
        );
        write_boolean(writer, settings::SEND_DISABLED, self.send_disabled);
        self.write_addresses(writer);
        writer.end();
    }

    fn read_addresses(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        while let Some(tag) = reader.child()? {
            match tag {
                settings::SMTP_ADDRESS => self.addresses.push(text(reader, tag)?),
                settings::PRIMARY_SMTP_ADDRESS => {
                    self.primary_address = Some(text(reader, tag)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    fn write_addresses(&self, writer: &mut Writer) {
        writer.start(settings::EMAIL_ADDRESSES);
        for address in &self.addresses {
            writer.text(settings::SMTP_ADDRESS, address);
        }
        write_text(
            writer,
            settings::PRIMARY_SMTP_ADDRESS,
            self.primary_address.as_ref(),
        );
        writer.end();
    }
}
