//! Notes on a phone. It keeps them in the shape of mails, subject, body and categories, so that
//! stories ask for them in the same way.

use airgate_codec::eas::email::{Body, BodyType, Email};
use airgate_codec::eas::notes::Note;
use airgate_codec::eas::sync::{self, ItemData, ServerCommand};
use airgate_codec::eas::{Raw, RawEvent};
use airgate_codec::wbxml::notes;

use super::{Held, Phone};

impl Phone {
    /// Writes a new note.
    pub async fn add_note(&mut self, folder: &str, client_id: &str, note: &Note) -> sync::Response {
        let command = self.note_added(client_id, note);
        self.do_in(folder, vec![command]).await
    }

    /// Changes a note.
    pub async fn edit_note(&mut self, folder: &str, item: &str, note: &Note) -> sync::Response {
        let command = self.note_changed(item, note);
        self.do_in(folder, vec![command]).await
    }

    /// An Add of a note.
    pub fn note_added(&self, client_id: &str, note: &Note) -> sync::Command {
        sync::Command::Add {
            class: None,
            client_id: client_id.to_owned(),
            data: sync::ApplicationData::Other(note.to_raw(self.version())),
            send: false,
        }
    }

    /// A Change of a note.
    pub fn note_changed(&self, item: &str, note: &Note) -> sync::Command {
        sync::Command::Change {
            server_id: item.to_owned(),
            instance_id: None,
            data: sync::ApplicationData::Other(note.to_raw(self.version())),
            send: false,
        }
    }
}

/// A note with a title and a text.
pub fn note(subject: &str, text: &str) -> Note {
    Note {
        subject: Some(subject.to_owned()),
        body: Some(Body::whole(BodyType::Plain, text)),
        message_class: Some("IPM.StickyNote".to_owned()),
        ..Note::default()
    }
}

/// The note in some content, if it is one.
fn read(raw: &Raw) -> Option<Note> {
    let first = raw.events().iter().find_map(|event| match event {
        RawEvent::Start(tag) => Some(*tag),
        _ => None,
    })?;
    let is_note = first.page == notes::SUBJECT.page;
    is_note.then(|| Note::from_raw(raw).expect("a valid note"))
}

fn as_mail(raw: &Raw) -> Option<ItemData> {
    let note = read(raw)?;
    Some(ItemData::Email(Box::new(Email {
        subject: note.subject,
        body: note.body,
        categories: note.categories,
        message_class: note.message_class,
        date_received: note.last_modified,
        ..Email::default()
    })))
}

/// What the server tells of a note, as if of a mail.
pub(super) fn told(command: &ServerCommand) -> Option<ServerCommand> {
    match command {
        ServerCommand::Add {
            server_id,
            data: ItemData::Other(raw),
        } => Some(ServerCommand::Add {
            server_id: server_id.clone(),
            data: as_mail(raw)?,
        }),
        ServerCommand::Change {
            server_id,
            data: ItemData::Other(raw),
        } => Some(ServerCommand::Change {
            server_id: server_id.clone(),
            data: as_mail(raw)?,
        }),
        _ => None,
    }
}

/// What the phone shows after it wrote a note, a `new` one or one it has.
pub(super) fn wrote(held: &mut Held, id: &str, raw: &Raw, new: bool) {
    let Some(said) = read(raw) else { return };
    if new {
        held.items.insert(id.to_owned(), Email::default());
    }
    let Some(item) = held.items.get_mut(id) else {
        return;
    };
    if said.subject.is_some() {
        item.subject = said.subject;
    }
    if said.body.is_some() {
        item.body = said.body;
    }
    item.categories = Some(said.categories.unwrap_or_default());
}
