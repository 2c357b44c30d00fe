//! Any document as what a phone says of a task or a note: a value or a fault, and a value comes back
//! from what it is written as.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::notes::Note;
use airgate_codec::eas::tasks::Task;

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(item, data);
}

fn item(data: &[u8]) {
    let Some(raw) = crate::said::raw(data) else {
        return;
    };
    let version = ProtocolVersion::V16_1;
    if let Ok(task) = Task::from_raw(&raw) {
        let back = Task::from_raw(&task.to_raw(version)).expect("what was written is read");
        // Texts lose what XML forbids, sizes are capped, an empty date is none.
        assert_eq!(back.complete, task.complete);
        assert_eq!(back.due, task.due);
        assert_eq!(back.recurrence.is_there(), task.recurrence.is_there());
        assert_eq!(Task::from_raw(&back.to_raw(version)), Ok(back));
    }
    if let Ok(note) = Note::from_raw(&raw) {
        let back = Note::from_raw(&note.to_raw(version)).expect("what was written is read");
        assert_eq!(back.categories.is_some(), note.categories.is_some());
        assert_eq!(Note::from_raw(&back.to_raw(version)), Ok(back));
    }
}
