//! Assignments, records and arrays as wholes among them.

use smallvec::SmallVec;

use crate::finding::Span;
use crate::flow::ir::{Operand, Place, Rvalue, Type};

use super::linear::Linear;
use super::machine::{Frame, Machine, Run};
use super::memory::{Found, Rest};
use super::place::{Location, Purpose, Resolved, Spot};
use super::value::{Obj, ObjectKind, Value};

/// First byte and the one behind the last, if they are known.
type Bytes = Option<(i64, i64)>;

/// Most cells that a copy carries over one by one.
const MAX_COPIED: usize = 64;

impl Machine<'_> {
    pub(crate) fn assign(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        at: &Resolved,
        value: &Rvalue,
        target: &Place,
        span: Span,
    ) {
        match value {
            Rvalue::Aggregate(parts) => self.aggregate(frame, run, at, parts, span),
            Rvalue::Use(Operand::Copy(from)) if self.is_whole(from) => {
                let source = self.resolve(frame, run, from, Purpose::Read);
                if run.is_dead {
                    return;
                }
                self.check_access(frame, run, &source, Purpose::Read, from.span);
                if run.is_dead {
                    return;
                }
                self.check_access(frame, run, at, Purpose::Write, target.span);
                if run.is_dead {
                    return;
                }
                let size = self
                    .unit
                    .types
                    .size(from.ty)
                    .and_then(|size| i64::try_from(size).ok());
                self.copy_whole(run, at, &source, size);
            }
            Rvalue::Use(Operand::Text(id))
                if matches!(self.unit.types.get(at.ty), Type::Array { .. }) =>
            {
                // `char buf[8] = "text"`: the rest is zero.
                let size = self
                    .unit
                    .types
                    .size(at.ty)
                    .and_then(|size| i64::try_from(size).ok());
                if let Location::Memory(spots) = &at.location
                    && let [spot] = spots.as_slice()
                    && let Some(start) = self.constant_offset(&run.state, &spot.offset)
                {
                    let (object, start) = (spot.object, start);
                    self.contents(&mut run.state, object);
                    let bytes: Vec<u8> = self
                        .unit
                        .texts
                        .get(id.0 as usize)
                        .cloned()
                        .unwrap_or_default();
                    let most = size.unwrap_or(bytes.len() as i64 + 1);
                    if let Some(contents) = run.state.contents_mut(object) {
                        if start == 0 && contents.rest == Rest::Undef {
                            contents.rest = Rest::Zero;
                        }
                        contents.forget(Some((start, start + most)));
                        if start == 0 {
                            contents.cells.clear();
                            contents.rest = Rest::Zero;
                        }
                        if bytes.len() <= 200 {
                            for (index, byte) in bytes.iter().enumerate().take(most.max(0) as usize)
                            {
                                let at = start + index as i64;
                                contents.write(at, at + 1, Value::number(i128::from(*byte as i8)));
                            }
                        } else {
                            contents.forget(Some((start, start + (bytes.len() as i64).min(most))));
                        }
                    }
                }
            }
            _ => {
                let value = self.rvalue(frame, run, value, at.ty, span);
                if run.is_dead {
                    return;
                }
                let value = self.fit(value, at.ty);
                let value = match value {
                    // A copy of nothing stays nothing, but it was reported.
                    Value::Undef => Value::Any,
                    value => value,
                };
                self.check_stored(frame, run, at, &value, target.span);
                self.store(frame, run, at, value, target.span);
            }
        }
    }

    fn is_whole(&self, place: &Place) -> bool {
        matches!(
            self.unit.types.get(place.ty),
            Type::Record(_) | Type::Array { .. }
        )
    }

    fn aggregate(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        at: &Resolved,
        parts: &[(u64, Operand)],
        span: Span,
    ) {
        let mut values: SmallVec<[(Bytes, Value); 8]> = SmallVec::new();
        // Records and arrays in it: where they go, where they are, how long they are.
        let mut wholes: SmallVec<[(Option<i64>, Spot, i64); 4]> = SmallVec::new();
        for (index, part) in parts {
            let value = self.operand(frame, run, part);
            if run.is_dead {
                return;
            }
            let place = self.part(at.ty, *index).and_then(|(offset, ty)| {
                let size = i64::try_from(self.unit.types.size(ty)?).ok()?;
                Some((offset, offset + size, ty))
            });
            let value = match place {
                Some((_, _, ty)) => self.fit(value, ty),
                // Where it goes is not known, and so not who finds it there.
                None => {
                    self.escape(&mut run.state, &value);
                    value
                }
            };
            if let Operand::Copy(from) = part
                && self.is_whole(from)
                && let Location::Memory(spots) =
                    self.resolve(frame, run, from, Purpose::Read).location
                && let [spot] = spots.as_slice()
            {
                let start = place.map(|(start, ..)| start);
                wholes.push((start, *spot, place.map_or(0, |(from, to, _)| to - from)));
            }
            values.push((place.map(|(start, end, _)| (start, end)), value));
        }
        self.check_access(frame, run, at, Purpose::Write, span);
        if run.is_dead {
            return;
        }
        let Location::Memory(spots) = &at.location else {
            let value = self.fresh(at.ty, super::value::Origin::Operation, span);
            self.store(frame, run, at, value, span);
            return;
        };
        let size = self
            .unit
            .types
            .size(at.ty)
            .and_then(|size| i64::try_from(size).ok());
        let [spot] = spots.as_slice() else {
            let spots = spots.clone();
            self.store_spots(run, &spots, size.map(|size| size as u64), Value::Any);
            return;
        };
        let Some(start) = self.constant_offset(&run.state, &spot.offset) else {
            let spots = spots.clone();
            self.store_spots(run, &spots, size.map(|size| size as u64), Value::Any);
            return;
        };
        let object = spot.object;
        let whole = self
            .arena
            .object(object)
            .and_then(|info| info.size)
            .and_then(|size| size.as_constant());
        let is_outer = !self.is_local_object(object);
        self.contents(&mut run.state, object);
        if let Some(contents) = run.state.contents_mut(object) {
            if start == 0 && (size.is_none() || whole == size.map(i128::from)) {
                contents.cells.clear();
                contents.terminator = None;
                contents.rest = Rest::Zero;
            } else {
                match size {
                    Some(size) => {
                        contents.write(start, start + size, Value::number(0));
                    }
                    None => contents.forget_all(),
                }
            }
        }
        for (bytes, value) in values {
            if is_outer {
                self.escape(&mut run.state, &value);
            }
            let Some(contents) = run.state.contents_mut(object) else {
                continue;
            };
            match bytes {
                Some((from, to)) => contents.write(start + from, start + to, value),
                None => contents.forget_all(),
            }
        }
        for (to, from, size) in wholes {
            // What was put together for this alone is not looked at again.
            let is_spent = self.is_nameless(from.object);
            match to {
                Some(to) => {
                    let to = Spot {
                        object,
                        offset: Linear::constant(i128::from(start + to)),
                    };
                    self.copy_bytes(run, &to, &from, size);
                }
                None => {
                    let whole = Value::Addr(from.object, from.offset);
                    self.escape(&mut run.state, &whole);
                    continue;
                }
            }
            if is_spent {
                run.state.remove(from.object);
            }
        }
    }

    /// Whether an object is a temporary of the function.
    fn is_nameless(&self, object: Obj) -> bool {
        self.arena.object(object).is_some_and(|info| {
            matches!(info.kind, ObjectKind::Local { .. })
                && self.unit.names.text(info.name).is_empty()
        })
    }

    fn copy_whole(&mut self, run: &mut Run, to: &Resolved, from: &Resolved, size: Option<i64>) {
        let single = |location: &Location| match location {
            Location::Memory(spots) => match spots.as_slice() {
                [spot] => Some(*spot),
                _ => None,
            },
            _ => None,
        };
        let target = single(&to.location);
        let source = single(&from.location);
        if let (Some(target), Some(source), Some(size)) = (target, source, size) {
            self.copy_bytes(run, &target, &source, size);
            return;
        }
        if let Location::Memory(spots) = &to.location {
            let spots = spots.clone();
            self.store_spots(run, &spots, size.map(|size| size as u64), Value::Any);
        }
    }

    /// Copies what is known of some bytes.
    pub(crate) fn copy_bytes(&mut self, run: &mut Run, to: &Spot, from: &Spot, size: i64) {
        let source = self.contents(&mut run.state, from.object);
        self.contents(&mut run.state, to.object);
        let start = self.constant_offset(&run.state, &from.offset);
        let target = self.constant_offset(&run.state, &to.offset);
        let (Some(start), Some(target)) = (start, target) else {
            self.forget_bytes(run, to.object, target.map(|target| (target, target + size)));
            return;
        };
        let cells: SmallVec<[(i64, i64, Value); 16]> = source
            .cells
            .iter()
            .filter(|cell| cell.start >= start && cell.end <= start + size)
            .map(|cell| (cell.start - start, cell.end - start, cell.value))
            .collect();
        // Values that reach beyond the part that is copied: what of them comes along is not known.
        let cut: SmallVec<[(i64, i64); 4]> = source
            .cells
            .iter()
            .filter(|cell| cell.start < start + size && cell.end > start)
            .filter(|cell| cell.start < start || cell.end > start + size)
            .map(|cell| {
                let end = cell.end.min(start + size);
                (cell.start.max(start) - start, end - start)
            })
            .collect();
        if cells.len() + cut.len() > MAX_COPIED {
            self.forget_bytes(run, to.object, Some((target, target + size)));
            return;
        }
        let is_outer = !self.is_local_object(to.object);
        let rest = source.rest;
        let whole = source.read(start, start + size);
        if let Some(contents) = run.state.contents_mut(to.object) {
            match (whole, rest) {
                (Found::Zero, _) => contents.write(target, target + size, Value::number(0)),
                (Found::Undef, _) => contents.write(target, target + size, Value::Undef),
                (_, Rest::Zero) => contents.write(target, target + size, Value::number(0)),
                (_, Rest::Undef) => contents.write(target, target + size, Value::Undef),
                (_, Rest::Unknown) => contents.forget(Some((target, target + size))),
            }
            for (from, to) in &cut {
                contents.write(target + from, target + to, Value::Any);
            }
            for (from, to, value) in &cells {
                contents.write(target + from, target + to, *value);
            }
        }
        if is_outer {
            for (_, _, value) in &cells {
                self.escape(&mut run.state, value);
            }
        }
    }

    pub(crate) fn forget_bytes(&mut self, run: &mut Run, object: Obj, bytes: Option<(i64, i64)>) {
        self.contents(&mut run.state, object);
        if let Some(contents) = run.state.contents_mut(object) {
            contents.forget(bytes);
        }
    }
}
