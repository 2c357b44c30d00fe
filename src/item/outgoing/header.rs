//! The header of an outgoing mail: which of the phone's fields pass, and which are made anew.

use std::collections::HashSet;

use super::entity::Entity;
use super::fields::Field;
use super::receipts::Receipts;
use super::{Account, BrokenValue, Draft, Has, Unsendable, push, recipients, write};
use crate::item::address::{Addresses, Mailbox};
use crate::item::headers::decode_text;

impl Draft {
    /// Reads the fields of a mail with that content.
    pub(super) fn of(
        all: &[Field<'_>],
        entity: Entity,
        account: Account<'_>,
    ) -> Result<Self, Unsendable> {
        if all.is_empty() {
            return Err(Unsendable::NotMime);
        }
        let mut draft = Self {
            header: Vec::new(),
            bcc: Vec::new(),
            entity,
            sender: account.address.to_owned(),
            recipients: Vec::new(),
            known: HashSet::new(),
            message_id: None,
            receipts: Receipts::default(),
            has: Has::default(),
        };
        draft.from(all, account)?;
        for field in all.iter().filter(|field| !field.is_content()) {
            draft.take(field, account)?;
        }
        if draft.recipients.is_empty() {
            return Err(Unsendable::NoRecipient);
        }
        Ok(draft)
    }

    /// Writes From: the account's address or an alias of it and no other (CMD_R448), under the name
    /// the phone gave it.
    fn from(&mut self, all: &[Field<'_>], account: Account<'_>) -> Result<(), BrokenValue> {
        let field = all.iter().find(|field| field.is("From"));
        let said = field
            .map(|field| Addresses::read(field.value(), None).mailboxes)
            .unwrap_or_default();
        if let (Some(field), [mailbox]) = (field, said.as_slice())
            && let Some(address) = account.own(&mailbox.address)
            && field.raw.is_ascii()
        {
            address.clone_into(&mut self.sender);
            push(field.raw, &mut self.header);
            return Ok(());
        }
        let mut said = said.into_iter();
        let first = said.next();
        let alias = first
            .as_ref()
            .and_then(|mailbox| account.own(&mailbox.address));
        if let Some(alias) = alias {
            alias.clone_into(&mut self.sender);
        }
        let mailbox = Mailbox {
            name: first.map(|mailbox| mailbox.name).unwrap_or_default(),
            address: self.sender.clone(),
        };
        write::mailboxes("From", &[mailbox], &mut self.header)
    }

    /// Takes one field of the header.
    fn take(&mut self, field: &Field<'_>, account: Account<'_>) -> Result<(), BrokenValue> {
        self.receipts.take(field);
        match field.name.to_ascii_lowercase().as_str() {
            "from" | "return-path" | "resent-bcc" => {}
            "to" | "cc" | "bcc" => self.recipients_of(field, account)?,
            "sender" => {
                let said = Addresses::read(field.value(), None);
                let [mailbox] = said.mailboxes.as_slice() else {
                    return Ok(());
                };
                if account.own(&mailbox.address).is_some() {
                    push(field.raw, &mut self.header);
                }
            }
            "message-id" => {
                let id = decode_text(field.value(), None);
                if self.message_id.is_none() && write::is_id(&id) {
                    self.message_id = Some(id);
                }
            }
            "date" => once(field, &mut self.has.date, &mut self.header),
            "mime-version" => once(field, &mut self.has.mime_version, &mut self.header),
            "in-reply-to" => once(field, &mut self.has.in_reply_to, &mut self.header),
            "references" => once(field, &mut self.has.references, &mut self.header),
            "subject" if !field.raw.is_ascii() => {
                let subject = decode_text(field.value(), None);
                write::text("Subject", &subject, &mut self.header)?;
            }
            "reply-to" if !field.raw.is_ascii() => {
                let list = Addresses::read(field.value(), None).mailboxes;
                write::mailboxes("Reply-To", &list, &mut self.header)?;
            }
            _ => push(field.raw, &mut self.header),
        }
        Ok(())
    }

    /// To, Cc or Bcc.
    fn recipients_of(
        &mut self,
        field: &Field<'_>,
        account: Account<'_>,
    ) -> Result<(), BrokenValue> {
        let recipients::List {
            mut mailboxes,
            rewrite,
        } = recipients::read(field, account.address);
        for mailbox in &mailboxes {
            let address = &mailbox.address;
            if !address.is_empty() && self.known.insert(address.to_lowercase()) {
                self.recipients.push(address.clone());
            }
        }
        let out = if field.is("Bcc") {
            &mut self.bcc
        } else {
            &mut self.header
        };
        if !rewrite {
            push(field.raw, out);
            return Ok(());
        }
        let name = if field.is("To") {
            "To"
        } else if field.is("Cc") {
            "Cc"
        } else {
            "Bcc"
        };
        // Attendees without an address (Outlook 2016) are nobody to write to.
        mailboxes.retain(|mailbox| !mailbox.address.is_empty());
        if !mailboxes.is_empty() {
            write::mailboxes(name, &mailboxes, out)?;
        }
        Ok(())
    }
}

impl Account<'_> {
    /// The address, if it is one of the account's, as it is written there.
    fn own(&self, address: &str) -> Option<&str> {
        let aliases = self.aliases.iter().map(String::as_str);
        std::iter::once(self.address)
            .chain(aliases)
            .find(|own| own.eq_ignore_ascii_case(address))
    }
}

/// A field of which a second one would be wrong.
fn once(field: &Field<'_>, has: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::replace(has, true) {
        push(field.raw, out);
    }
}
