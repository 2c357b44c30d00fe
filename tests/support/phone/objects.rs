//! Contacts, tasks and events on a phone: maps of properties, as they were told or typed.

use std::collections::BTreeMap;

use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::sync::{self, ServerCommand};
use airgate_codec::eas::{Class, Raw, RawEvent};
use airgate_codec::wbxml::{Tag, notes};

use super::{Held, Memory, Phone};

/// One object: each property with what is in it, its own start and end left out.
pub type Properties = BTreeMap<(u8, u8), Vec<RawEvent>>;

impl Phone {
    /// The name of the phone's folder of this type.
    pub fn folder(&self, kind: FolderType) -> String {
        let found = self.memory.folder_of(kind);
        let found =
            found.unwrap_or_else(|| panic!("no folder {kind:?} in {:?}", self.memory.folders));
        found.display_name.clone()
    }

    /// The objects it shows in a folder, by server id.
    pub fn objects(&self, folder: &str) -> BTreeMap<String, Properties> {
        self.held(folder).objects
    }

    /// The values of a property of all objects in a folder, sorted.
    pub fn values(&self, folder: &str, tag: Tag) -> Vec<String> {
        let objects = self.objects(folder);
        let mut values: Vec<String> = objects.values().map(|object| text(object, tag)).collect();
        values.sort();
        values
    }

    /// The server id of the object whose property has this value.
    ///
    /// # Panics
    /// When there is none, or several.
    pub fn object(&self, folder: &str, tag: Tag, value: &str) -> String {
        let objects = self.objects(folder);
        let mut found = objects
            .iter()
            .filter(|(_, object)| text(object, tag) == value);
        let (Some((id, _)), None) = (found.next(), found.next()) else {
            panic!("{value:?} not once in {objects:?}");
        };
        id.clone()
    }

    /// What phones send when a property was edited: all they have.
    pub fn edited(&self, folder: &str, id: &str, tag: Tag, value: &str) -> sync::Command {
        let mut object = self.objects(folder).get(id).expect("an object").clone();
        object.insert(
            (tag.page, tag.token),
            vec![RawEvent::Text(value.to_owned())],
        );
        object_changed(id, raw(&object))
    }

    /// Edits a property of an object.
    pub async fn edit_object(
        &mut self,
        folder: &str,
        id: &str,
        tag: Tag,
        value: &str,
    ) -> sync::Response {
        let command = self.edited(folder, id, tag, value);
        self.do_in(folder, vec![command]).await
    }

    /// Removes an object.
    pub async fn delete_object(&mut self, folder: &str, id: &str) -> sync::Response {
        self.do_in(folder, vec![object_deleted(id)]).await
    }

    /// The class of a folder, which old versions say.
    pub(super) fn class_of(&self, collection: &str) -> Class {
        match self
            .memory
            .folders
            .get(collection)
            .map(|folder| folder.kind)
        {
            Some(FolderType::Calendar | FolderType::UserCalendar) => Class::Calendar,
            Some(FolderType::Contacts | FolderType::UserContacts) => Class::Contacts,
            Some(FolderType::Tasks | FolderType::UserTasks) => Class::Tasks,
            _ => Class::Email,
        }
    }
}

/// Content with these properties.
pub fn with(properties: &[(Tag, &str)]) -> Raw {
    let all = properties.iter().map(|(tag, value)| {
        let text = vec![RawEvent::Text((*value).to_owned())];
        ((tag.page, tag.token), text)
    });
    raw(&all.collect())
}

/// An Add of an object.
pub fn object_added(client_id: &str, raw: Raw) -> sync::Command {
    sync::Command::Add {
        class: None,
        client_id: client_id.to_owned(),
        data: sync::ApplicationData::Other(raw),
        send: false,
    }
}

/// A Change of an object.
pub fn object_changed(id: &str, raw: Raw) -> sync::Command {
    sync::Command::Change {
        server_id: id.to_owned(),
        instance_id: None,
        data: sync::ApplicationData::Other(raw),
        send: false,
    }
}

/// A Delete of an object.
pub fn object_deleted(id: &str) -> sync::Command {
    sync::Command::Delete {
        server_id: id.to_owned(),
        instance_id: None,
    }
}

/// The text of a property; empty where there is none.
pub fn text(object: &Properties, tag: Tag) -> String {
    let events = object.get(&(tag.page, tag.token)).into_iter().flatten();
    let texts = events.filter_map(|event| match event {
        RawEvent::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The properties as content.
pub fn raw(object: &Properties) -> Raw {
    let mut events = Vec::new();
    for ((page, token), content) in object {
        events.push(RawEvent::Start(Tag::new(*page, *token)));
        events.extend(content.iter().cloned());
        events.push(RawEvent::End);
    }
    Raw::new(events)
}

/// Content as properties.
fn properties(raw: &Raw) -> Properties {
    let mut object = Properties::new();
    let mut open: Vec<Tag> = Vec::new();
    let mut content = Vec::new();
    for event in raw.events() {
        match event {
            RawEvent::Start(tag) => {
                if !open.is_empty() {
                    content.push(event.clone());
                }
                open.push(*tag);
            }
            RawEvent::End => {
                let tag = open.pop().expect("pairs");
                if open.is_empty() {
                    object.insert((tag.page, tag.token), std::mem::take(&mut content));
                } else {
                    content.push(event.clone());
                }
            }
            other => content.push(other.clone()),
        }
    }
    object
}

fn is_object(raw: &Raw) -> bool {
    !raw.events()
        .iter()
        .any(|event| matches!(event, RawEvent::Start(tag) if tag.page == notes::SUBJECT.page))
}

/// What the server tells of an object; what is odd about it, if anything.
pub(super) fn told(held: &mut Held, command: &ServerCommand) -> Option<String> {
    match command {
        ServerCommand::Add {
            server_id,
            data: sync::ItemData::Other(raw),
        } => {
            let before = held.objects.insert(server_id.clone(), properties(raw));
            before.map(|_| format!("{server_id} added twice"))
        }
        ServerCommand::Change {
            server_id,
            data: sync::ItemData::Other(raw),
        } => {
            let before = held.objects.insert(server_id.clone(), properties(raw));
            before
                .is_none()
                .then(|| format!("{server_id} changed, not there"))
        }
        _ => None,
    }
}

/// What the phone shows after it wrote an object.
pub(super) fn wrote(held: &mut Held, id: &str, raw: &Raw) {
    if is_object(raw) {
        let object = held.objects.entry(id.to_owned()).or_default();
        object.extend(properties(raw));
    }
}

impl Memory {
    /// Moves an object as the phone itself does.
    pub(super) fn carry(&mut self, from: &str, id: &str, to: &str, new: &str) {
        let object = self
            .collections
            .get_mut(from)
            .and_then(|held| held.objects.remove(id));
        if let (Some(object), Some(held)) = (object, self.collections.get_mut(to)) {
            held.objects.insert(new.to_owned(), object);
        }
    }
}
