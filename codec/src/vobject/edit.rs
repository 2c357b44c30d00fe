//! Edits: lines come, go and change, and all others stay as they are (S12).

use bytes::Bytes;

use super::document::{ComponentId, Document};
use super::line::{self, Line, head, unfold};
use super::new_line::ContentLine;
use super::property::{PropertyId, unquoted};

/// The edit would touch something that is not (or no longer) in the document, or make it larger
/// than its limits. Nothing was changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no such line or component, or too much")]
pub struct Gone;

impl Document {
    /// Puts another line in the place of a property.
    ///
    /// # Errors
    /// The property is not in the document.
    pub fn replace(&mut self, property: PropertyId, with: &ContentLine) -> Result<(), Gone> {
        let at = self.line_of(property).ok_or(Gone)?;
        let line_end = self.line_end();
        if with.is_border() {
            return Err(Gone);
        }
        let line = self.lines.get_mut(at).ok_or(Gone)?;
        // The last line of a document may have no end.
        let end = match line::line_end(&line.raw) {
            b"" => &b""[..],
            _ => line_end,
        };
        let mut raw = with.fold(line_end);
        raw.truncate(raw.len() - line_end.len());
        raw.extend_from_slice(end);
        *line = Line::new(line.id, raw.into());
        self.reindexed()
    }

    /// Gives a property another value and keeps its group, name and parameters as they are. An
    /// equal value changes no octet, however it is folded.
    ///
    /// # Errors
    /// The property is not in the document.
    pub fn set_value(
        &mut self,
        property: PropertyId,
        value: impl FnOnce(ContentLine) -> ContentLine,
    ) -> Result<(), Gone> {
        let line = self
            .line_of(property)
            .and_then(|at| self.lines.get(at))
            .ok_or(Gone)?;
        let unfolded = unfold(&line.raw);
        let head = head(&unfolded).ok_or(Gone)?;
        let head = unfolded.get(..head.colon).ok_or(Gone)?;
        let new = value(ContentLine::with_head(&String::from_utf8_lossy(head)));
        let folded = new.fold(b"\r\n");
        if *unfold(&folded) == *unfolded {
            return Ok(());
        }
        self.replace(property, &new)
    }

    /// The head of a property as it stands, group, name and parameters but for those named, with
    /// which a line can be made to put in its place. What says how the old value is encoded is left
    /// out: a new one is UTF-8. Names are given in upper case.
    ///
    /// # Errors
    /// The property is not in the document.
    pub fn head_of(&self, property: PropertyId, without: &[&str]) -> Result<ContentLine, Gone> {
        let line = self
            .line_of(property)
            .and_then(|at| self.lines.get(at))
            .ok_or(Gone)?;
        let unfolded = unfold(&line.raw);
        let colon = head(&unfolded).ok_or(Gone)?.colon;
        let head = String::from_utf8_lossy(unfolded.get(..colon).ok_or(Gone)?);
        let mut kept = String::new();
        for (at, piece) in unquoted(&head, ';').enumerate() {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let name = name.trim().to_ascii_uppercase();
            let encoding = match &*name {
                "CHARSET" | "QUOTED-PRINTABLE" | "BASE64" => true,
                "ENCODING" => !value.trim().eq_ignore_ascii_case("8BIT"),
                _ => false,
            };
            if at == 0 {
                kept.push_str(piece);
            } else if !encoding && !without.contains(&&*name) {
                kept.push(';');
                kept.push_str(piece);
            }
        }
        Ok(ContentLine::with_head(&kept))
    }

    /// Takes a property out.
    ///
    /// # Errors
    /// The property is not in the document.
    pub fn remove(&mut self, property: PropertyId) -> Result<(), Gone> {
        let at = self.line_of(property).ok_or(Gone)?;
        self.lines.remove(at);
        self.reindexed()
    }

    /// Puts a property into a component: behind the last one of its name, else behind its other
    /// properties and before the components in it.
    ///
    /// # Errors
    /// The component is not in the document.
    pub fn insert(
        &mut self,
        component: ComponentId,
        line: &ContentLine,
    ) -> Result<PropertyId, Gone> {
        let node = self
            .node_of(component)
            .and_then(|node| self.nodes.get(node))
            .ok_or(Gone)?;
        if line.is_border() {
            return Err(Gone);
        }
        let line = self.fresh(0, line.fold(self.line_end()).into());
        let same = node.own.iter().rev().find(|&&at| {
            self.lines
                .get(at)
                .is_some_and(|other| other.name == line.name)
        });
        let first_child = node
            .own
            .iter()
            .copied()
            .zip(node.begin + 1..)
            .take_while(|(own, expected)| own == expected)
            .last()
            .map_or(node.begin + 1, |(own, _)| own + 1);
        let at = same.map_or(first_child, |&at| at + 1);
        let id = PropertyId(line.id);
        self.put(at, [line])?;
        Ok(id)
    }

    /// Makes a property of a component say something: the first of its name gets the value, one is
    /// put in where there is none.
    ///
    /// # Errors
    /// The component is not in the document.
    pub fn set(
        &mut self,
        component: ComponentId,
        name: &str,
        value: impl FnOnce(ContentLine) -> ContentLine,
    ) -> Result<(), Gone> {
        let found = self.find(component).ok_or(Gone)?.property(name);
        match found {
            Some(property) => self.set_value(property.id(), value),
            None => self
                .insert(component, &value(ContentLine::new(name)))
                .map(|_| ()),
        }
    }

    /// Takes a component out, with everything in it.
    ///
    /// # Errors
    /// The component is not in the document.
    pub fn remove_component(&mut self, component: ComponentId) -> Result<(), Gone> {
        let node = self
            .node_of(component)
            .and_then(|node| self.nodes.get(node))
            .ok_or(Gone)?;
        self.lines.drain(node.begin..node.end);
        self.reindexed()
    }

    /// Puts the lines of a component into another, behind everything in it.
    ///
    /// # Errors
    /// The other component is not in the document, or `octets` are not exactly one component.
    pub fn insert_component(
        &mut self,
        inside: ComponentId,
        octets: &[u8],
    ) -> Result<ComponentId, Gone> {
        let part = Self::parse_within(octets, self.limits).map_err(|_| Gone)?;
        let [node] = part.components().collect::<Vec<_>>()[..] else {
            return Err(Gone);
        };
        if !node.is_closed() || node.to_bytes().len() != octets.len() {
            return Err(Gone);
        }
        let parent = self
            .node_of(inside)
            .and_then(|node| self.nodes.get(node))
            .ok_or(Gone)?;
        let at = parent.end - usize::from(parent.closed);
        let mut lines = Vec::with_capacity(part.lines.len());
        for line in &part.lines {
            let mut raw = line.raw.to_vec();
            if line::line_end(&raw).is_empty() {
                raw.extend_from_slice(self.line_end());
            }
            lines.push(self.fresh(lines.len(), raw.into()));
        }
        let id = lines.first().map(|line| ComponentId(line.id)).ok_or(Gone)?;
        self.put(at, lines)?;
        Ok(id)
    }

    fn fresh(&self, offset: usize, raw: Bytes) -> Line {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        Line::new(self.next_id.saturating_add(offset), raw)
    }

    fn put(&mut self, at: usize, lines: impl IntoIterator<Item = Line>) -> Result<(), Gone> {
        let lines: Vec<Line> = lines.into_iter().collect();
        let count = lines.len();
        if self.lines.len() + count > self.limits.lines {
            return Err(Gone);
        }
        self.next_id = u32::try_from(count)
            .ok()
            .and_then(|count| self.next_id.checked_add(count))
            .ok_or(Gone)?;
        // Behind a last line that has no end, there must be one now.
        let line_end = self.line_end();
        let mut before = None;
        if let Some(at) = at.checked_sub(1)
            && let Some(line) = self.lines.get_mut(at)
            && line::line_end(&line.raw).is_empty()
        {
            let mut raw = line.raw.to_vec();
            raw.extend_from_slice(line_end);
            before = Some((at, std::mem::replace(&mut line.raw, raw.into())));
        }
        self.lines.splice(at..at, lines);
        if self.index().is_ok() {
            return Ok(());
        }
        self.lines.drain(at..at + count);
        if let Some((at, raw)) = before
            && let Some(line) = self.lines.get_mut(at)
        {
            line.raw = raw;
        }
        self.reindexed()?;
        Err(Gone)
    }

    fn reindexed(&mut self) -> Result<(), Gone> {
        self.index().map_err(|_| Gone)
    }
}
