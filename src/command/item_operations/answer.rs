//! An answer in the making: outcomes in the order they are to be written, bodies and attachments
//! inline or as parts, and what of it is still to be read when it leaves.

use airgate_codec::eas::email::Body;
use airgate_codec::eas::item_operations::{
    Attachment, Content, FetchHead, Outcome, ResponseWriter, status,
};

use super::multipart;
use crate::command::Call;
use crate::command::attachment::{Finder, Reading, Segment, Supply, outflow};
use crate::front::{MULTIPART, Reply, WBXML};

/// Octets of bodies in one answer: with the body of the largest mail that servers pass on there is
/// room for more.
const MAX_BODIES: u64 = 64 << 20;
/// Octets of small attachments in one answer; what does not fit is read while the answer is sent.
const MAX_HELD: u64 = 2 << 20;

/// Octets of files of events in one answer: the largest object there is. More are asked for one by
/// one.
const MAX_FILES: u64 = 16 << 20;

/// See the module.
pub(super) struct Making {
    steps: Vec<Step>,
    /// In the multipart form: bodies and attachments.
    parts: Option<Vec<Part>>,
    bodies: u64,
    held: u64,
    files: u64,
    pub(super) finder: Finder,
    /// The request has one operation: its attachment may keep its connection.
    alone: bool,
}

/// One outcome.
enum Step {
    Whole(Outcome),
    /// An attachment whose octets follow, inline.
    Attachment {
        head: FetchHead,
        attachment: Attachment,
        supply: Box<Supply>,
        reading: Reading,
        length: Option<u64>,
    },
}

/// A part of the multipart form and its length.
enum Part {
    Here(Vec<u8>),
    Coming {
        supply: Box<Supply>,
        reading: Reading,
        length: u64,
    },
}

impl Making {
    pub(super) fn new(call: &Call<'_>, operations: usize) -> Self {
        Self {
            steps: Vec::new(),
            parts: call.head.multipart.then(Vec::new),
            bodies: MAX_BODIES,
            held: MAX_HELD,
            files: MAX_FILES,
            finder: Finder::default(),
            alone: operations == 1,
        }
    }

    pub(super) const fn is_multipart(&self) -> bool {
        self.parts.is_some()
    }

    /// Whether no further body fits.
    pub(super) const fn is_full(&self) -> bool {
        self.bodies == 0
    }

    /// Whether so many octets of an attachment may be held in memory.
    pub(super) const fn may_hold(&self, octets: u64) -> bool {
        octets <= self.held
    }

    /// The same for a file of an event, which is not read while the answer is sent; counts it.
    pub(super) const fn may_hold_file(&mut self, octets: u64) -> bool {
        match self.files.checked_sub(octets) {
            Some(left) => {
                self.files = left;
                true
            }
            None => false,
        }
    }

    pub(super) fn push(&mut self, outcome: Outcome) {
        self.steps.push(Step::Whole(outcome));
    }

    /// Takes an attachment's octets into the answer.
    pub(super) fn hold(&mut self, octets: Vec<u8>) -> Content {
        self.held = self.held.saturating_sub(octets.len() as u64);
        match &mut self.parts {
            Some(parts) => Content::Part(numbered(parts, Part::Here(octets))),
            None => Content::Data(octets),
        }
    }

    /// Takes the body of an item that is in the answer.
    pub(super) fn hold_body(&mut self, body: &mut Body) {
        self.weigh(body);
        if let Some(parts) = &mut self.parts
            && let Some(data) = body.data.take()
        {
            body.part = Some(numbered(parts, Part::Here(data.into_bytes())));
        }
    }

    /// Counts what stays in the document: a BodyPart has no Part of a multipart answer
    /// ([MS-ASAIRS] 2.2.2.10).
    pub(super) fn weigh(&mut self, body: &Body) {
        let length = body.data.as_ref().map_or(0, String::len);
        self.bodies = self.bodies.saturating_sub(length as u64);
    }

    /// An attachment that is read while the answer is sent. The multipart form, whose table comes
    /// first, needs its length.
    pub(super) fn stream(
        &mut self,
        head: FetchHead,
        attachment: Attachment,
        mut supply: Supply,
        reading: Reading,
        length: Option<u64>,
    ) {
        if !self.alone {
            supply.rest();
        }
        let supply = Box::new(supply);
        match (&mut self.parts, length) {
            (Some(parts), Some(length)) => {
                let part = Part::Coming {
                    supply,
                    reading,
                    length,
                };
                let content = Some(Content::Part(numbered(parts, part)));
                self.push(Outcome::Fetch {
                    head,
                    properties: Some(super::Properties::Attachment(Attachment {
                        content,
                        ..attachment
                    })),
                });
            }
            _ => self.steps.push(Step::Attachment {
                head,
                attachment,
                supply,
                reading,
                length,
            }),
        }
    }

    /// The answer: whole where all of it is here, else made while it is sent.
    pub(super) fn reply(mut self, call: &Call<'_>) -> Reply {
        // The schema wants moves first, then emptied folders, then fetches; each kind in order.
        self.steps.sort_by_key(Step::group);
        let mut writer = ResponseWriter::new(call.version, status::OK);
        let mut segments = Vec::new();
        for step in self.steps {
            match step {
                Step::Whole(outcome) => writer.outcome(&outcome),
                Step::Attachment {
                    head,
                    attachment,
                    supply,
                    reading,
                    length,
                } => {
                    writer.begin_data(&head, &attachment);
                    segments.push(Segment::Octets(writer.take()));
                    segments.push(Segment::Part {
                        supply,
                        reading,
                        base64: true,
                        length,
                    });
                    writer.end_data();
                }
            }
        }
        let document = writer.finish();
        match self.parts {
            Some(parts) => in_parts(document, parts),
            None if segments.is_empty() => Reply::wbxml(document),
            None => {
                segments.push(Segment::Octets(document));
                Reply::stream(WBXML, None, outflow(segments))
            }
        }
    }
}

impl Step {
    const fn group(&self) -> u8 {
        match self {
            Self::Whole(outcome) => outcome.group(),
            Self::Attachment { .. } => Outcome::FETCHES,
        }
    }
}

/// Adds a part; its number, as ItemOperations:Part says it.
fn numbered(parts: &mut Vec<Part>, part: Part) -> u32 {
    parts.push(part);
    u32::try_from(parts.len()).unwrap_or(u32::MAX)
}

/// The multipart answer with `document` as part 0.
fn in_parts(document: Vec<u8>, parts: Vec<Part>) -> Reply {
    let lengths: Vec<u64> = parts.iter().map(Part::length).collect();
    let mut start = multipart::table(document.len(), &lengths);
    start.extend_from_slice(&document);
    let whole = parts.iter().all(|part| matches!(part, Part::Here(_)));
    let all = start.len() as u64 + lengths.iter().sum::<u64>();
    if whole {
        for part in parts {
            if let Part::Here(octets) = part {
                start.extend_from_slice(&octets);
            }
        }
        return Reply::multipart(start);
    }
    let mut segments = vec![Segment::Octets(start)];
    segments.extend(parts.into_iter().map(|part| match part {
        Part::Here(octets) => Segment::Octets(octets),
        Part::Coming {
            supply,
            reading,
            length,
        } => Segment::Part {
            supply,
            reading,
            base64: false,
            length: Some(length),
        },
    }));
    Reply::stream(MULTIPART, Some(all), outflow(segments))
}

impl Part {
    const fn length(&self) -> u64 {
        match self {
            Self::Here(octets) => octets.len() as u64,
            Self::Coming { length, .. } => *length,
        }
    }
}
