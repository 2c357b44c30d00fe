//! S1, S2, S5, S6, S7, S12, S13, S21 and S24 as properties: random histories of two phones that lose
//! answers and repeat themselves, a backend that others write to, and the views between them. The
//! objects are a few properties each; how a change is merged is what `item::object` asks of the classes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    Change, Lasts, Mark, ObjectView, Observation, Standing, Version, Window, fills, losses, plan,
};
use super::{plan as next_changes, waiting};
use crate::item::object::Span;

/// Property 0 is the day it ends; the others mean nothing.
type Object = [u8; 4];
type Told = [u8; 4];

/// A collection as every client sees it.
#[derive(Clone, Debug, Default)]
struct Backend {
    clock: u64,
    next: u32,
    /// With the version that its ETag names.
    objects: BTreeMap<u32, (Object, u64)>,
    tombs: BTreeMap<u32, u64>,
    /// Numbers by the names phones gave (S5).
    named: BTreeMap<Vec<u8>, u32>,
}

impl Backend {
    fn put(&mut self, number: u32, object: Object) {
        self.clock += 1;
        self.tombs.remove(&number);
        self.objects.insert(number, (object, self.clock));
    }

    fn add(&mut self, object: Object) -> u32 {
        self.next += 1;
        self.put(self.next, object);
        self.next
    }

    fn delete(&mut self, number: u32) {
        if self.objects.remove(&number).is_some() {
            self.clock += 1;
            self.tombs.insert(number, self.clock);
        }
    }

    fn nth(&self, at: usize) -> Option<u32> {
        let count = self.objects.len();
        (count > 0)
            .then(|| self.objects.keys().nth(at % count).copied())
            .flatten()
    }

    fn mark(&self, number: u32) -> Option<(Mark, Lasts)> {
        let (object, version) = self.objects.get(&number)?;
        Some((Mark::of_etag(&version.to_string()), lasts(object)))
    }

    /// What sync-collection tells, or a whole listing.
    fn look(&self, view: &mut ObjectView, whole: bool) {
        let since = view.cursor.as_ref().map_or(0, |cursor| {
            u64::from_be_bytes(cursor.as_slice().try_into().expect("eight octets"))
        });
        let complete = whole || view.cursor.is_none();
        let changed = self.objects.iter();
        let changed = changed
            .filter(|(_, (_, version))| complete || *version > since)
            .filter_map(|(number, _)| Some((*number, self.mark(*number)?.0)));
        let gone = self
            .tombs
            .iter()
            .filter(|(_, at)| **at > since && !complete);
        view.observe(&Observation {
            cursor: self.clock.to_be_bytes().to_vec(),
            changed: changed.collect(),
            gone: gone.map(|(number, _)| *number).collect(),
            complete,
        });
    }
}

fn lasts(object: &Object) -> Lasts {
    match object[0] {
        0 => Span::Endless.into(),
        day => Span::Until(i64::from(day) * 86_400).into(),
    }
}

fn window_of(day: u8) -> Window {
    if day == 0 {
        Window::All
    } else {
        Window::Since(i64::from(day) * 86_400)
    }
}

#[derive(Clone, Debug)]
enum Command {
    Add {
        client_id: u32,
        object: Object,
    },
    Change {
        number: u32,
        object: Object,
        meant: BTreeSet<usize>,
    },
    Delete {
        number: u32,
    },
}

impl Command {
    fn fingerprint(&self) -> Vec<u8> {
        match self {
            Self::Add { client_id, object } => [&client_id.to_be_bytes()[..], object].concat(),
            Self::Change { number, object, .. } => {
                [b"c", &number.to_be_bytes()[..], object].concat()
            }
            Self::Delete { number } => [b"d", &number.to_be_bytes()[..]].concat(),
        }
    }
}

/// One device with its chain at the gateway.
#[derive(Clone, Debug, Default)]
struct Device {
    id: u8,
    // The phone.
    items: BTreeMap<u32, Object>,
    key: u64,
    pending: Vec<Command>,
    adds: u32,
    /// Adds whose number is not known yet.
    unnamed: BTreeMap<u32, Object>,
    window: u8,
    client_wins: bool,
    // The gateway's rows.
    present: u64,
    previous: Option<u64>,
    view: ObjectView,
    previous_view: Option<ObjectView>,
    journal: Vec<(Vec<u8>, Done)>,
    held: BTreeMap<(u32, Mark), Told>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Done {
    number: u32,
    version: Option<Version>,
}

/// What came of one property-wise merge.
fn merge(current: Object, sent: Object, told: Told, client_wins: bool) -> (Object, bool) {
    let (mut merged, mut lost) = (current, false);
    for at in 0..sent.len() {
        let (by_phone, by_others) = (sent[at] != told[at], current[at] != told[at]);
        if by_phone && by_others && sent[at] != current[at] && !client_wins {
            lost = true;
        } else if by_phone {
            merged[at] = sent[at];
        }
    }
    (merged, lost)
}

/// One step at the gateway, whose answer may be lost.
struct Step<'a> {
    backend: &'a mut Backend,
    device: &'a mut Device,
    view: ObjectView,
    base: ObjectView,
    /// What this step writes of held versions.
    told: BTreeMap<(u32, Mark), Told>,
    /// What the phone said before, which a further repeat may need.
    said: BTreeSet<(u32, Mark)>,
    journal: Vec<(Vec<u8>, Done)>,
    done: Vec<(Vec<u8>, Done)>,
}

impl Step<'_> {
    fn digest(&self, number: u32) -> Option<Told> {
        let key = (number, self.view.held(number)?);
        let kept = self.told.get(&key).or_else(|| self.device.held.get(&key));
        kept.copied()
    }

    fn take(&mut self, command: &Command) -> Option<Done> {
        let print = command.fingerprint();
        let at = self.done.iter().position(|(known, _)| *known == print)?;
        Some(self.done.remove(at).1)
    }

    fn record(&mut self, command: &Command, done: Done) {
        self.journal.push((command.fingerprint(), done));
    }

    /// The phone holds this content now; the mark it is held under.
    fn holds(&mut self, number: u32, sent: Object) -> Version {
        let actual = self.backend.mark(number);
        let truth = self.backend.objects.get(&number).map(|(object, _)| *object);
        let mark = match actual {
            Some((mark, _)) if truth == Some(sent) => mark,
            _ => Mark::of_phone(&sent),
        };
        self.view.phone_has(number, mark, actual);
        self.told.insert((number, mark), sent);
        let lasts = actual.map_or_else(Lasts::default, |(_, lasts)| lasts);
        Version { mark, lasts }
    }

    fn apply(&mut self, command: &Command) {
        if let Some(done) = self.take(command) {
            match (command, done.version) {
                (Command::Delete { number }, _) => {
                    let gone = self.view.server(*number).is_none();
                    self.view.phone_deleted(*number, gone);
                }
                (_, Some(version)) => {
                    self.view.phone_has_instead(done.number, version);
                    self.said.insert((done.number, version.mark));
                }
                (_, None) => {}
            }
            return;
        }
        let done = match command {
            Command::Add { object, .. } => {
                // The name is made of device, key, ClientId and content: a repeat after a crash
                // finds what it made.
                let key = self.device.key.to_be_bytes();
                let name = [&[self.device.id], &key[..], &command.fingerprint()].concat();
                let number = match self.backend.named.get(&name) {
                    Some(number) => *number,
                    None => self.backend.add(*object),
                };
                self.backend.named.insert(name, number);
                let version = Some(self.holds(number, *object));
                Done { number, version }
            }
            Command::Change {
                number,
                object,
                meant,
            } => {
                let Some((current, _)) = self.backend.objects.get(number).copied() else {
                    self.view.vanished(*number);
                    return self.record(
                        command,
                        Done {
                            number: *number,
                            version: None,
                        },
                    );
                };
                let told = self.digest(*number).expect("S2: what it was told is known");
                let (merged, lost) = merge(current, *object, told, self.device.client_wins);
                for at in 0..merged.len() {
                    assert!(
                        meant.contains(&at) || merged[at] == current[at],
                        "S13: {current:?} became {merged:?} by {command:?}"
                    );
                    assert!(lost || !meant.contains(&at) || merged[at] == object[at]);
                }
                if merged != current {
                    self.backend.put(*number, merged);
                }
                let version = Some(self.holds(*number, *object));
                Done {
                    number: *number,
                    version,
                }
            }
            Command::Delete { number } => {
                self.backend.delete(*number);
                self.view.phone_deleted(*number, true);
                Done {
                    number: *number,
                    version: None,
                }
            }
        };
        self.record(command, done);
    }

    /// Tells a page: what the phone gets.
    fn page(&mut self, limit: usize) -> (Vec<(u32, Option<Object>)>, bool) {
        let mut out = Vec::new();
        // What is found to be outside when it is read fills no page: MoreAvailable with nothing in the
        // answer is a loop to phones.
        loop {
            let plan = next_changes(&self.view, limit - out.len());
            assert!(plan.changes.len() <= limit - out.len(), "S21");
            if plan.changes.is_empty() {
                return (out, plan.more);
            }
            for change in plan.changes {
                match change {
                    Change::Delete(number) => {
                        assert!(!self.backend.objects.contains_key(&number), "S7");
                        self.view.told_gone(number);
                        out.push((number, None));
                    }
                    Change::SoftDelete(number) => {
                        self.view.told_gone(number);
                        out.push((number, None));
                    }
                    Change::Update(number) | Change::Add(number) => {
                        let Some((object, _)) = self.backend.objects.get(&number).copied() else {
                            self.view.vanished(number);
                            continue;
                        };
                        let (mark, lasts) = self.backend.mark(number).expect("there");
                        self.view.read(number, mark);
                        if !self.view.window().holds(lasts) {
                            self.view.judge(number, Standing::Outside);
                            continue;
                        }
                        self.view.told(number, mark, lasts, None);
                        self.told.insert((number, mark), object);
                        out.push((number, Some(object)));
                    }
                }
            }
        }
    }
}

/// One Sync request of a device and its answer; whether something was said.
fn sync(
    backend: &mut Backend,
    device: &mut Device,
    limit: usize,
    whole: bool,
    sift: bool,
    lost: bool,
) -> bool {
    let replay = device.key != device.present;
    assert!(
        !replay || Some(device.key) == device.previous,
        "two generations are good"
    );
    let base = if replay {
        device.previous_view.clone().expect("kept")
    } else {
        device.view.clone()
    };
    let journal = if replay {
        device.journal.clone()
    } else {
        Vec::new()
    };
    let mut view = base.clone();
    if replay {
        view.take_moves_of(&device.view);
    }
    let window = window_of(device.window);
    let looks = !device.pending.is_empty() || !fills(&view, window, limit);
    if looks {
        view.look_through(window);
        backend.look(&mut view, whole);
    }
    if sift && looks {
        for number in view.unsure() {
            let inside = backend
                .mark(number)
                .is_some_and(|(_, l)| view.window().holds(l));
            view.judge(
                number,
                if inside {
                    Standing::Inside
                } else {
                    Standing::Outside
                },
            );
        }
    }
    let commands = device.pending.clone();
    let mut step = Step {
        backend,
        view,
        base,
        told: BTreeMap::new(),
        said: BTreeSet::new(),
        done: journal.clone(),
        journal,
        device,
    };
    let mut names = Vec::new();
    for command in &commands {
        step.apply(command);
        if let Command::Add { client_id, .. } = command {
            let print = command.fingerprint();
            let done = step.journal.iter().find(|(known, _)| *known == print);
            names.push((*client_id, done.expect("recorded").1.number));
        }
    }
    let (page, more) = step.page(limit);
    // The commit.
    let stored = ObjectView::decode(&step.view.encode()).expect("just written");
    assert_eq!(stored, step.view, "T51");
    let Step {
        mut view,
        base,
        told,
        said,
        journal,
        device,
        ..
    } = step;
    if commands.is_empty() && page.is_empty() && !replay {
        device.view = view;
        return false;
    }
    let repeats = replay && journal == device.journal && device.view.holds_the_same(&view);
    let named = told.keys().chain(&said).map(|(number, _)| *number);
    for number in &view.succeed(&base, replay.then_some(&device.view), named) {
        device.held.retain(|(known, _), _| known != number);
    }
    let changed: BTreeSet<u32> = told.keys().map(|(number, _)| *number).collect();
    device.held.retain(|(number, mark), _| {
        !changed.contains(number)
            || base.held(*number) == Some(*mark)
            || said.contains(&(*number, *mark))
    });
    device.held.extend(told);
    let most = view.held.0.len() + view.let_go.len();
    assert!(
        device.held.len() <= 3 * most,
        "{} rows for {most}",
        device.held.len()
    );
    if !replay {
        device.previous = Some(device.present);
        device.previous_view = Some(base);
    }
    if !repeats {
        device.present += 1;
    }
    device.view = view;
    device.journal = journal;
    if lost {
        return true;
    }
    device.key = device.present;
    device.pending.clear();
    for (client_id, number) in names {
        if let Some(object) = device.unnamed.remove(&client_id) {
            device.items.insert(number, object);
        }
    }
    for (number, item) in page {
        match item {
            Some(object) => {
                device.items.insert(number, object);
            }
            None => {
                assert!(
                    device.items.remove(&number).is_some(),
                    "S6: a Delete of nothing"
                );
            }
        }
    }
    assert!(!more || limit > 0);
    true
}

#[derive(Clone, Debug)]
enum Event {
    Foreign(Foreign),
    Phone(bool, Doing),
    Sync {
        first: bool,
        limit: usize,
        whole: bool,
        sift: bool,
        lost: bool,
    },
}

#[derive(Clone, Debug)]
enum Foreign {
    Add(Object),
    Set(usize, usize, u8),
    Delete(usize),
}

#[derive(Clone, Debug)]
enum Doing {
    Add(Object),
    Set(usize, usize, u8),
    Delete(usize),
    Window(u8),
    Conflict(bool),
}

fn object() -> impl Strategy<Value = Object> {
    [0..6u8, 0..4u8, 0..4u8, 0..4u8]
}

fn event() -> impl Strategy<Value = Event> {
    let foreign = prop_oneof![
        3 => object().prop_map(Foreign::Add),
        4 => (any::<usize>(), 0..4usize, 0..5u8).prop_map(|(at, p, v)| Foreign::Set(at, p, v)),
        2 => any::<usize>().prop_map(Foreign::Delete),
    ];
    let doing = prop_oneof![
        3 => object().prop_map(Doing::Add),
        5 => (any::<usize>(), 0..4usize, 0..5u8).prop_map(|(at, p, v)| Doing::Set(at, p, v)),
        2 => any::<usize>().prop_map(Doing::Delete),
        1 => (0..6u8).prop_map(Doing::Window),
        1 => any::<bool>().prop_map(Doing::Conflict),
    ];
    prop_oneof![
        4 => foreign.prop_map(Event::Foreign),
        5 => (any::<bool>(), doing).prop_map(|(first, doing)| Event::Phone(first, doing)),
        7 => (any::<bool>(), 1..5usize, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(first, limit, whole, sift, lost)| Event::Sync { first, limit, whole, sift, lost }
        ),
    ]
}

/// A value for a property, or the end of the object.
fn one_thing() -> impl Strategy<Value = Option<(usize, u8)>> {
    prop::option::weighted(0.8, (0..4usize, 0..5u8))
}

fn foreign(backend: &mut Backend, doing: &Foreign) {
    match doing {
        Foreign::Add(object) => {
            backend.add(*object);
        }
        Foreign::Set(at, property, value) => {
            if let Some(number) = backend.nth(*at) {
                let mut object = backend.objects[&number].0;
                object[*property] = *value;
                backend.put(number, object);
            }
        }
        Foreign::Delete(at) => {
            if let Some(number) = backend.nth(*at) {
                backend.delete(number);
            }
        }
    }
}

fn by_hand(device: &mut Device, doing: &Doing) {
    let busy: BTreeSet<u32> = device
        .pending
        .iter()
        .filter_map(|command| match command {
            Command::Change { number, .. } | Command::Delete { number } => Some(*number),
            Command::Add { .. } => None,
        })
        .collect();
    let free: Vec<u32> = device
        .items
        .keys()
        .copied()
        .filter(|n| !busy.contains(n))
        .collect();
    let nth = |at: usize| (!free.is_empty()).then(|| free[at % free.len()]);
    match doing {
        Doing::Add(object) => {
            device.adds += 1;
            device.unnamed.insert(device.adds, *object);
            device.pending.push(Command::Add {
                client_id: device.adds,
                object: *object,
            });
        }
        Doing::Set(at, property, value) => {
            let Some(number) = nth(*at) else { return };
            let item = device.items.get_mut(&number).expect("there");
            if item[*property] == *value {
                return;
            }
            item[*property] = *value;
            let object = *item;
            let meant = std::iter::once(*property).collect();
            device.pending.push(Command::Change {
                number,
                object,
                meant,
            });
        }
        Doing::Delete(at) => {
            let Some(number) = nth(*at) else { return };
            device.items.remove(&number);
            device.pending.push(Command::Delete { number });
        }
        Doing::Window(day) => device.window = *day,
        Doing::Conflict(wins) => device.client_wins = *wins,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn s1_phones_and_backend_converge_whatever_happened(
        events in prop::collection::vec(event(), 1..60)
    ) {
        let mut backend = Backend::default();
        let mut devices = [0, 1].map(|id| Device { id, ..Device::default() });
        let mut made = BTreeSet::new();
        for event in &events {
            match event {
                Event::Foreign(doing) => foreign(&mut backend, doing),
                Event::Phone(first, doing) => by_hand(&mut devices[usize::from(*first)], doing),
                Event::Sync { first, limit, whole, sift, lost } => {
                    let device = &mut devices[usize::from(*first)];
                    sync(&mut backend, device, *limit, *whole, *sift, *lost);
                }
            }
            made.extend(backend.objects.keys().copied());
        }
        // Quiet now: both finish what they have to say, then hear the rest.
        for device in &mut devices {
            sync(&mut backend, device, 3, false, false, false);
        }
        for device in &mut devices {
            let mut rounds = 0;
            while sync(&mut backend, device, 3, false, false, false) {
                rounds += 1;
                prop_assert!(rounds < 200, "S21");
            }
            let wanted: BTreeMap<u32, Object> = backend
                .objects
                .iter()
                .filter(|(_, (object, _))| window_of(device.window).holds(lasts(object)))
                .map(|(number, (object, _))| (*number, *object))
                .collect();
            prop_assert_eq!(&device.items, &wanted, "S1");
            prop_assert!(device.unnamed.is_empty());
            prop_assert_eq!(waiting(&device.view), 0, "S23: nothing that a Sync would not show");
        }
        // S5: one object for each Add, of phones or others.
        let adds = devices.iter().map(|device| device.adds).sum::<u32>();
        let by_others = events.iter().filter(|e| matches!(e, Event::Foreign(Foreign::Add(_))));
        prop_assert_eq!(backend.next, adds + u32::try_from(by_others.count()).expect("few"));
    }

    #[test]
    fn s14_the_same_conflict_ends_the_same_in_either_order(
        start in object(),
        by_phone in one_thing(),
        by_others in one_thing(),
    ) {
        // What others write as it was is no change.
        prop_assume!(by_others.is_none_or(|(property, value)| start[property] != value));
        let outcome = |phone_first: bool| {
            let mut backend = Backend::default();
            backend.add(start);
            let mut device = Device::default();
            for _ in 0..2 {
                sync(&mut backend, &mut device, 3, false, false, false);
            }
            match by_phone {
                Some((property, value)) => {
                    by_hand(&mut device, &Doing::Set(0, property, value));
                }
                None => by_hand(&mut device, &Doing::Delete(0)),
            }
            let theirs = match by_others {
                Some((property, value)) => Foreign::Set(0, property, value),
                None => Foreign::Delete(0),
            };
            if !phone_first {
                foreign(&mut backend, &theirs);
            }
            sync(&mut backend, &mut device, 3, false, false, false);
            if phone_first {
                foreign(&mut backend, &theirs);
            }
            while sync(&mut backend, &mut device, 3, false, false, false) {}
            let there = backend.objects.values().map(|(object, _)| *object);
            (there.collect::<Vec<_>>(), device.items)
        };
        // Of one property both changed the others' value stays, and a Delete beats a change.
        prop_assert_eq!(outcome(true), outcome(false), "S14");
    }

    #[test]
    fn t51_no_octets_make_a_view_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ObjectView::decode(&octets);
        let mut sealed = vec![65];
        sealed.extend(&octets);
        let _ = ObjectView::decode(&sealed);
    }
}

#[test]
fn twenty_thousand_cards_take_a_fifth_of_a_megabyte() {
    let mut view = ObjectView::default();
    let seen = Observation {
        cursor: b"token".to_vec(),
        changed: (1..=20_000)
            .map(|n| (n, Mark::of_etag(&n.to_string())))
            .collect(),
        gone: Vec::new(),
        complete: true,
    };
    view.observe(&seen);
    for (number, mark) in &seen.changed {
        view.told(*number, *mark, Span::Endless.into(), None);
    }
    let stored = view.encode();
    assert!(stored.len() < 220_000, "{} octets", stored.len());
    assert_eq!(ObjectView::decode(&stored), Ok(view));
}

#[test]
fn a_page_that_is_full_anyway_needs_no_look() {
    let mut backend = Backend::default();
    for _ in 0..10 {
        backend.add([0; 4]);
    }
    let mut view = ObjectView::default();
    assert!(!fills(&view, Window::All, 5), "nobody looked yet");
    backend.look(&mut view, true);
    assert!(
        !fills(&view, Window::All, 5),
        "nobody knows whether they are wanted"
    );
    for number in view.unsure() {
        view.judge(number, Standing::Inside);
    }
    assert!(fills(&view, Window::All, 5));
    assert!(!fills(&view, Window::Since(0), 5), "another window");
    assert!(!fills(&view, Window::All, 10), "the last page looks");
    let (mark, lasts) = backend.mark(1).expect("there");
    view.told(1, mark, lasts, None);
    backend.delete(1);
    backend.look(&mut view, false);
    assert!(!fills(&view, Window::All, 5), "what is gone is looked for");
}

#[test]
fn s7_absence_needs_proof_and_s8_knows_how_much_would_go() {
    let listing = |numbers: std::ops::Range<u32>, complete| Observation {
        cursor: vec![1],
        changed: numbers.map(|n| (n, Mark(u64::from(n)))).collect(),
        gone: Vec::new(),
        complete,
    };
    let mut view = ObjectView::default();
    view.observe(&listing(1..31, true));
    for number in 1..31 {
        view.told(number, Mark(u64::from(number)), Lasts::default(), None);
    }
    view.observe(&listing(1..3, false));
    assert_eq!(
        plan(&view, 100).changes,
        [],
        "a part of a listing says nothing of the rest"
    );
    view.observe(&listing(1..3, true));
    assert_eq!(losses(&view), (28, 30));
    view.observe(&listing(1..31, true));
    assert_eq!(losses(&view), (0, 30), "found again");
    assert_eq!(plan(&view, 100).changes, []);
}

#[test]
fn s1_what_a_phone_moved_is_told_and_does_not_wake_it() {
    let mut view = ObjectView::default();
    view.told(1, Mark(1), Lasts::default(), None);
    view.departs(1);
    view.claim(2);
    assert_eq!(
        waiting(&view),
        1,
        "a claim that is not there is to be let go"
    );
    view.observe(&Observation {
        changed: vec![(2, Mark(2))],
        gone: vec![1],
        ..Observation::default()
    });
    assert_eq!(waiting(&view), 0);
    assert!(view.knows(2));
    assert_eq!(plan(&view, 9).changes, [Change::Delete(1), Change::Add(2)]);
    // Gone before the phone heard of it: whoever holds it must let it go.
    view.vanished(2);
    assert_eq!(
        plan(&view, 9).changes,
        [Change::Delete(1), Change::Delete(2)]
    );
    view.told_gone(2);
    view.told_gone(1);
    assert_eq!(plan(&view, 9), super::Plan::default());
    let version = Version {
        mark: Mark(1),
        lasts: Lasts::default(),
    };
    assert!(!view.held.0.values().any(|held| *held == version));
}

#[test]
fn t59_a_stub_that_is_dismissed_stays_away_until_its_object_changes() {
    let seen = |mark| Observation {
        changed: vec![(1, Mark(mark))],
        ..Observation::default()
    };
    let mut view = ObjectView::default();
    view.observe(&seen(1));
    view.told(1, Mark(1), Lasts::default(), None);
    view.dismissed(1);
    let nothing = super::Plan::default();
    assert_eq!((plan(&view, 9), view.knows(1)), (nothing.clone(), false));
    // Neither another look nor another window brings it back.
    view.observe(&seen(1));
    view.look_through(Window::Since(0));
    view.look_through(Window::All);
    assert_eq!(plan(&view, 9), nothing);
    assert_eq!(view.server(1), Some(Mark(1)), "it is there all the same");
    view.observe(&seen(2));
    assert_eq!(plan(&view, 9).changes, [Change::Add(1)]);
    // One that was repaired meanwhile is shown and not dismissed.
    view.told(1, Mark(2), Lasts::default(), None);
    view.observe(&seen(3));
    view.dismissed(1);
    assert_eq!(plan(&view, 9).changes, [Change::Add(1)]);
}

#[test]
fn s1_what_a_phone_moved_away_and_others_brought_back_is_told_again() {
    let mut view = ObjectView::default();
    view.told(1, Mark(1), Lasts::default(), None);
    view.told(2, Mark(2), Lasts::default(), None);
    view.departs(1);
    view.departs(2);
    // One is gone, of the other the backend says nothing: it has it in the version it had.
    view.observe(&Observation {
        gone: vec![2],
        ..Observation::default()
    });
    view.take_back_departed();
    assert_eq!(plan(&view, 9).changes, [Change::Delete(2), Change::Add(1)]);
    assert_eq!(waiting(&view), 1);
}

#[test]
fn what_runs_out_is_told_once_more_and_costs_nothing_until_then() {
    let seen = |mark| Observation {
        cursor: vec![1],
        changed: vec![(1, Mark(mark)), (2, Mark(2)), (3, Mark(3))],
        gone: Vec::new(),
        complete: true,
    };
    let mut view = ObjectView::default();
    view.observe(&seen(1));
    for (number, renew) in [(1, Some(1000)), (2, None), (3, Some(2000))] {
        view.told(number, Mark(number.into()), Lasts::default(), renew);
    }
    let stored = view.encode();
    view.run_out(999);
    assert_eq!((waiting(&view), view.encode()), (0, stored), "S25");
    view.run_out(1000);
    assert!(view.is_stale(1) && !view.is_stale(3));
    assert_eq!(plan(&view, 9).changes, [Change::Update(1)]);
    assert_eq!(waiting(&view), 1);
    // What cannot be read now stays as it is, until the next look.
    let mut unread = view.clone();
    unread.stays_stale(1);
    assert_eq!(waiting(&unread), 0);
    unread.run_out(1001);
    assert_eq!(waiting(&unread), 1);
    // What was told of by another reason is not told twice, what is gone not at all.
    let mut changed = view.clone();
    changed.observe(&seen(7));
    assert_eq!(plan(&changed, 9).changes, [Change::Update(1)]);
    changed.told(1, Mark(7), Lasts::default(), Some(3000));
    let mut gone = view.clone();
    gone.vanished(1);
    assert_eq!(plan(&gone, 9).changes, [Change::Delete(1)]);
    gone.told_gone(1);
    view.told(1, Mark(1), Lasts::default(), Some(3000));
    for view in [&mut changed, &mut gone, &mut view] {
        view.run_out(1001);
        assert_eq!(waiting(view), 0);
        *view = ObjectView::decode(&view.encode()).expect("ours");
        view.run_out(2500);
        assert_eq!(plan(view, 9).changes, [Change::Update(3)]);
    }
}
