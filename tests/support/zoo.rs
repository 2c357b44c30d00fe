//! The mails of `fixtures/mail` in a real mailbox, and what was reviewed about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use airgate_codec::eas::email::{Email, Moment};

use super::backend::{Backend, User};
use super::phone::Phone;

/// The user whose mail the zoo is.
pub const OWNER: &str = "bob@example.org";
/// When the snapshots say that every mail arrived: 2026-02-02T09:00:00Z.
const ARRIVED: u64 = 1_770_022_800;

/// One mail of the zoo.
#[derive(Clone, Debug)]
pub struct Animal {
    pub name: String,
    pub raw: Vec<u8>,
    /// When it arrived, by which it is known on a phone: ten seconds after the one before.
    pub arrived: u64,
}

/// All of them, by name.
pub fn animals() -> Vec<Animal> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder("fixtures/mail"))
        .expect("the fixtures are there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    files.sort_by_key(|path| path.file_stem().map(ToOwned::to_owned));
    (ARRIVED..)
        .step_by(10)
        .zip(files)
        .map(|(arrived, path)| Animal {
            name: path.file_stem().expect("a name").to_string_lossy().into(),
            raw: std::fs::read(&path).expect("readable"),
            arrived,
        })
        .collect()
}

/// Puts the zoo into the owner's inbox; gives those that the server took.
pub async fn deliver(backend: &Backend, owner: &User) -> Vec<Animal> {
    let zoo = animals();
    let mails = zoo.iter().map(|animal| (animal.arrived, &*animal.raw));
    let taken = backend.deliver_at(owner, "INBOX", mails).await;
    let both = zoo.into_iter().zip(taken);
    both.filter_map(|(animal, taken)| taken.then_some(animal))
        .collect()
}

/// What a phone holds, by the name in the zoo: server id and item.
///
/// # Panics
/// When one is missing, or something else is there.
pub fn found(phone: &Phone, zoo: &[Animal]) -> BTreeMap<String, (String, Email)> {
    let held = phone.held("INBOX").items;
    let mut found = BTreeMap::new();
    for (id, email) in held {
        let at = email.date_received.map_or(0, |moment| moment.0 / 1000);
        let animal = zoo
            .iter()
            .find(|animal| i64::try_from(animal.arrived) == Ok(at));
        let animal = animal.unwrap_or_else(|| panic!("{at}: {:?}", email.subject));
        let before = found.insert(animal.name.clone(), (id, email));
        assert!(before.is_none(), "{} twice", animal.name);
    }
    let lost: Vec<&str> = zoo
        .iter()
        .map(|animal| animal.name.as_str())
        .filter(|name| !found.contains_key(*name))
        .collect();
    assert_eq!(lost, [""; 0], "lost");
    found
}

/// The same item as the snapshots have it: arrived then, its attachments named by section alone.
pub fn as_reviewed(mut email: Email) -> Email {
    let arrived = i64::try_from(ARRIVED).ok().map(|at| Moment(at * 1000));
    // An invitation without a stamp has the time when it arrived.
    if let (Some(meeting), Some(arrived)) = (&mut email.meeting_request, arrived)
        && Some(meeting.stamp) == email.date_received
    {
        meeting.stamp = arrived;
    }
    email.date_received = arrived;
    for attachment in &mut email.attachments {
        let section = attachment.file_reference.rsplit(':').next();
        attachment.file_reference = format!("ref:{}", section.unwrap_or_default());
    }
    email
}

/// The text of a snapshot, without its head.
pub fn snapshot(name: &str) -> String {
    let path = folder("src/item/snapshots").join(format!("{name}.snap"));
    let text = std::fs::read_to_string(path).expect("a snapshot of it");
    text.splitn(3, "---\n").nth(2).expect("a body").to_owned()
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
