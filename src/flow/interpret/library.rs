//! Calls by model: what library functions do.

use smallvec::SmallVec;

use crate::finding::Span;
use crate::flow::ir::{Symbol, TypeId};
use crate::flow::models::{Effect, Model, Size, lock};

use super::call::Calling;
use super::linear::Linear;
use super::machine::{Frame, Machine, Run};
use super::memory::{Found, Life, Rest};
use super::place::{Location, Spot};
use super::state::LockKey;
use super::taking::Attempt;
use super::value::{Alternative, FAR, ObjectInfo, ObjectKind, Origin, Range, Value};

/// Longest string whose bytes are looked at one by one.
const MAX_SCANNED: i64 = 256;

impl Machine<'_> {
    pub(crate) fn apply(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        calling: &Calling<'_>,
        model: &Model,
    ) -> Option<Run> {
        self.check_model(frame, run, calling, model);
        if run.is_dead {
            return None;
        }
        if let Some(attempt) = Attempt::of(model) {
            return self.attempt(frame, run, calling, attempt);
        }
        let mut value: Option<Value> = None;
        let may_be_null = model.effects.contains(&Effect::MayBeNull);
        for effect in model.effects {
            match *effect {
                Effect::Allocates {
                    size,
                    family,
                    is_zeroed,
                } => {
                    let size = self.size_of(run, calling, size);
                    value = Some(self.allocate(run, calling, size, family, is_zeroed, may_be_null));
                }
                Effect::Reallocates {
                    pointer,
                    size,
                    family,
                } => {
                    let old = calling.value(pointer);
                    let size = self.size_of(run, calling, size);
                    for object in self.objects_of(&old) {
                        self.contents(&mut run.state, object);
                        if let Some(contents) = run.state.contents_mut(object) {
                            // It may have failed, and the old memory still be there.
                            contents.is_escaped = true;
                        }
                    }
                    let new = self.allocate(run, calling, size, family, false, may_be_null);
                    for object in self.objects_of(&new) {
                        if let Some(contents) = run.state.contents_mut(object) {
                            contents.rest = Rest::Unknown;
                        }
                    }
                    value = Some(new);
                }
                Effect::Frees { pointer, .. } => {
                    self.release(run, &calling.value(pointer), calling.span)
                }
                Effect::Copies { to, from, size, .. } => {
                    let size = self.size_of(run, calling, size);
                    self.copy(run, calling.value(to), calling.value(from), size);
                }
                Effect::Fills { to, value, size } => {
                    let size = self.size_of(run, calling, size);
                    let byte = calling.value(value);
                    self.fill(run, calling.value(to), byte, size);
                }
                Effect::Zeroes { to, size } => {
                    let size = self.size_of(run, calling, size);
                    self.fill(run, calling.value(to), Value::number(0), size);
                }
                Effect::CopiesString { to, from } => {
                    let length = self.string_length(run, &calling.value(from));
                    self.copy_string(run, calling.value(to), calling.value(from), length);
                }
                Effect::Appends { to, from } => {
                    let first = self.string_length(run, &calling.value(to));
                    let second = self.string_length(run, &calling.value(from));
                    let target = calling.value(to);
                    self.overwrite(run, target);
                    if let (Some(first), Some(second)) = (first, second)
                        && let Some(total) = first.add(&second)
                    {
                        self.terminate(run, target, total);
                    }
                }
                Effect::CopiesSome { to, from, size } => {
                    self.copy_some(run, calling, (to, from, size))
                }
                Effect::Prints { to, .. } => self.overwrite(run, calling.value(to)),
                Effect::PrintsSome { to, size } => {
                    value = self.print_some(run, calling, (to, size)).map(Value::Int);
                }
                Effect::Writes { to, is_outside, .. } => {
                    let target = calling.value(to);
                    self.overwrite(run, target);
                    let _ = is_outside;
                }
                Effect::Sets(index) => self.overwrite(run, calling.value(index)),
                Effect::SetsFrom(index) => {
                    for at in usize::from(index)..calling.values.len() {
                        let target = calling.values.get(at).copied().unwrap_or(Value::Any);
                        self.overwrite(run, target);
                    }
                }
                Effect::Length(index) => {
                    let length = self.string_length(run, &calling.value(index));
                    value = Some(match length {
                        Some(length) => Value::Int(length),
                        None => self.unknown_length(run, &calling.value(index), calling.span),
                    });
                }
                Effect::ResultIsOutside => {
                    let range = self.type_range(calling.ty);
                    let sym =
                        self.arena
                            .new_number(range, Origin::Outside(calling.name), calling.span);
                    value = Some(Value::symbol(sym));
                }
                Effect::ResultBetween(lo, hi) => {
                    if let Some(Value::Int(form)) = value
                        && let Some(sym) = form.as_symbol()
                        && let Some(info) = self.arena.sym_mut(sym)
                    {
                        info.range = Range {
                            lo: i128::from(lo),
                            hi: i128::from(hi),
                            lo_reached: true,
                            hi_reached: true,
                        };
                    }
                }
                Effect::ReturnsArgument(index) => value = Some(calling.value(index)),
                Effect::Unlocks { lock, kind } => self.unlock(run, calling, lock, kind),
                Effect::InitialisesLock(lock) => self.forget_lock(run, calling, lock),
                Effect::EntersSection(section) => {
                    // Another task, or an interrupt, may have run until here.
                    self.havoc(&mut run.state, calling.values, false);
                    Self::set_taken(&mut run.state, LockKey::Section(section), calling.span);
                }
                Effect::LeavesSection(section) => {
                    let key = LockKey::Section(section);
                    Self::set_given(&mut run.state, key, lock::RECURSIVE, calling.span);
                    self.havoc(&mut run.state, calling.values, false);
                }
                Effect::NeverReturns => {
                    run.is_dead = true;
                    return None;
                }
                Effect::StartsThread { data, .. } => {
                    let given = calling.value(data);
                    self.escape(&mut run.state, &given);
                    // The thread may write to it from now on.
                    self.havoc(&mut run.state, &[given], false);
                }
                Effect::Absolute => {
                    let mut range = self.type_range(calling.ty);
                    range.lo = 0;
                    value = Some(Value::symbol(self.arena.new_number(
                        range,
                        Origin::Operation,
                        calling.span,
                    )));
                }
                Effect::MayBeNull
                | Effect::ReadsString(_)
                | Effect::Reads { .. }
                | Effect::Blocks
                | Effect::Sleeps { .. }
                | Effect::MustBeChecked
                | Effect::MakesLock(_)
                | Effect::Locks { .. }
                | Effect::LocksOrTimesOut { .. }
                | Effect::TriesLock { .. }
                | Effect::Power => {}
            }
        }
        if may_be_null && value.is_none() {
            let sym = self.pointer_of(
                &[Alternative::Null(calling.span), Alternative::Other],
                Origin::Call(calling.name),
                calling.span,
            );
            value = Some(Value::pointer(sym));
        }
        self.give_result(frame, run, calling, value);
        None
    }

    /// Writes what a call returned, or something unknown.
    pub(super) fn give_result(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        calling: &Calling<'_>,
        value: Option<Value>,
    ) {
        let Some(target) = calling.target else {
            return;
        };
        let value = match value {
            Some(value) => value,
            None => self.fresh(calling.ty, Origin::Call(calling.name), calling.span),
        };
        let value = if calling.ty == TypeId::UNKNOWN {
            value
        } else {
            self.cast(&mut run.state, value, calling.ty, calling.span)
        };
        self.give(frame, run, target, value);
    }

    /// A size in bytes as a form; `None` where unknown.
    pub(crate) fn size_of(
        &mut self,
        run: &mut Run,
        calling: &Calling<'_>,
        size: Size,
    ) -> Option<Linear> {
        match size {
            Size::Argument(index) => match calling.value(index) {
                Value::Int(form) => Some(form),
                _ => None,
            },
            Size::Product(a, b) => {
                let (Value::Int(a), Value::Int(b)) = (calling.value(a), calling.value(b)) else {
                    return None;
                };
                match (a.as_constant(), b.as_constant()) {
                    (Some(x), Some(y)) => x
                        .checked_mul(y)
                        .filter(|v| v.abs() < FAR)
                        .map(Linear::constant),
                    (Some(x), None) => b.scale(x),
                    (None, Some(y)) => a.scale(y),
                    (None, None) => None,
                }
            }
            Size::StringOf(index) => self
                .string_length(run, &calling.value(index))
                .and_then(|length| length.add_constant(1)),
            Size::Unknown => None,
        }
    }

    fn allocate(
        &mut self,
        run: &mut Run,
        calling: &Calling<'_>,
        size: Option<Linear>,
        family: u8,
        is_zeroed: bool,
        may_be_null: bool,
    ) -> Value {
        let object = self.arena.add_object(ObjectInfo {
            kind: ObjectKind::Heap {
                by: calling.name,
                family,
            },
            size,
            ty: TypeId::UNKNOWN,
            name: Symbol(u32::MAX),
            span: calling.span,
        });
        let contents = super::memory::Contents::new(if is_zeroed {
            Rest::Zero
        } else if size.is_some() {
            Rest::Undef
        } else {
            Rest::Unknown
        });
        run.state.set_contents(object, contents);
        let zero = Linear::constant(0);
        if !may_be_null {
            return Value::Addr(object, zero);
        }
        let sym = self.pointer_of(
            &[
                Alternative::Null(calling.span),
                Alternative::Object(object, zero),
            ],
            Origin::Call(calling.name),
            calling.span,
        );
        Value::pointer(sym)
    }

    /// Marks what a pointer leads to as released.
    pub(crate) fn release(&mut self, run: &mut Run, pointer: &Value, span: Span) {
        let objects = self.objects_of(pointer);
        let is_single = objects.len() == 1;
        for object in objects {
            self.contents(&mut run.state, object);
            if let Some(contents) = run.state.contents_mut(object) {
                contents.life = if is_single {
                    Life::Freed(span)
                } else {
                    Life::MaybeFreed(span)
                };
            }
        }
    }

    /// The one spot that a pointer leads to.
    pub(crate) fn spot(&mut self, run: &mut Run, pointer: &Value) -> Option<Spot> {
        match self.targets(run, pointer) {
            Location::Memory(spots) => match spots.as_slice() {
                [spot] => Some(*spot),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn copy(&mut self, run: &mut Run, to: Value, from: Value, size: Option<Linear>) {
        let (Some(target), Some(source)) = (self.spot(run, &to), self.spot(run, &from)) else {
            self.overwrite(run, to);
            return;
        };
        let bytes = size
            .and_then(|size| self.constant_offset(&run.state, &size))
            .filter(|bytes| *bytes >= 0);
        match bytes {
            Some(bytes) => self.copy_bytes(run, &target, &source, bytes),
            None => self.overwrite(run, to),
        }
    }

    fn fill(&mut self, run: &mut Run, to: Value, byte: Value, size: Option<Linear>) {
        let Some(spot) = self.spot(run, &to) else {
            self.overwrite(run, to);
            return;
        };
        let contents = self.contents(&mut run.state, spot.object);
        let start = self.constant_offset(&run.state, &spot.offset);
        let bytes = size.and_then(|size| self.constant_offset(&run.state, &size));
        let whole = self.arena.object(spot.object).and_then(|info| info.size);
        let is_zero = byte.is_null();
        let covers_all = start == Some(0) && whole.is_some() && whole == size;
        let Some(mutable) = run.state.contents_mut(spot.object) else {
            return;
        };
        if covers_all && is_zero {
            mutable.cells.clear();
            mutable.terminator = None;
            mutable.rest = Rest::Zero;
            return;
        }
        match (start, bytes) {
            (Some(start), Some(bytes)) if bytes > 0 => {
                let value = if is_zero { byte } else { Value::Any };
                if matches!(value, Value::Any) && covers_all {
                    mutable.forget_all();
                } else if matches!(value, Value::Any) {
                    if bytes <= 200
                        && let Value::Int(form) = byte
                        && form.as_constant().is_some()
                    {
                        mutable.forget(Some((start, start + bytes)));
                        for at in start..start + bytes {
                            mutable.write(at, at + 1, byte);
                        }
                    } else {
                        mutable.forget(Some((start, start + bytes)));
                    }
                } else {
                    mutable.write(start, start + bytes, value);
                }
            }
            (_, Some(0)) => {}
            _ => mutable.forget_all(),
        }
        let _ = contents;
    }

    /// Something unknown is written to what a pointer leads to.
    pub(crate) fn overwrite(&mut self, run: &mut Run, pointer: Value) {
        for object in self.objects_of(&pointer) {
            self.forget_bytes(run, object, None);
        }
        if let Value::Ptr(sym, _) = pointer
            && let Some(object) = self.pointee(sym)
            && run.state.contents(object).is_some()
        {
            self.forget_bytes(run, object, None);
        }
    }

    pub(super) fn terminate(&mut self, run: &mut Run, pointer: Value, length: Linear) {
        if let Some(spot) = self.spot(run, &pointer)
            && let Some(end) = spot.offset.add(&length)
            && let Some(contents) = run.state.contents_mut(spot.object)
        {
            contents.terminator = Some(end);
        }
    }

    pub(super) fn copy_string(
        &mut self,
        run: &mut Run,
        to: Value,
        from: Value,
        length: Option<Linear>,
    ) {
        let (target, source) = (self.spot(run, &to), self.spot(run, &from));
        if let (Some(target), Some(source), Some(length)) = (target, source, length) {
            if let Some(bytes) = length.as_constant()
                && (0..64).contains(&bytes)
                && self.constant_offset(&run.state, &target.offset).is_some()
            {
                let before = self.contents(&mut run.state, target.object).rest;
                self.copy_bytes(run, &target, &source, bytes as i64 + 1);
                if let Some(contents) = run.state.contents_mut(target.object)
                    && contents.rest != before
                {
                    contents.rest = before;
                }
            } else {
                self.overwrite(run, to);
            }
            self.terminate(run, to, length);
            return;
        }
        self.overwrite(run, to);
        // Both have the same length now, whatever it is.
        if let Some(target) = target
            && let Value::Int(length) = self.unknown_length(run, &from, Span::new(0, 0))
            && let Some(end) = target.offset.add(&length)
            && let Some(contents) = run.state.contents_mut(target.object)
        {
            contents.terminator = Some(end);
        }
    }

    /// Length of the string at a pointer, if it is known.
    pub(crate) fn string_length(&mut self, run: &mut Run, pointer: &Value) -> Option<Linear> {
        let spot = self.spot(run, pointer)?;
        let contents = self.contents(&mut run.state, spot.object);
        if let Some(end) = contents.terminator {
            let length = end.sub(&spot.offset)?;
            if length.as_constant().is_none_or(|length| length >= 0) {
                return Some(length);
            }
        }
        let start = self.constant_offset(&run.state, &spot.offset)?;
        for at in start..start + MAX_SCANNED {
            match contents.read(at, at + 1) {
                Found::Zero => return Some(Linear::constant(i128::from(at - start))),
                Found::Value(value) => match value.as_constant() {
                    Some(0) => return Some(Linear::constant(i128::from(at - start))),
                    Some(_) => {}
                    None => return None,
                },
                Found::Undef | Found::PartlyUndef | Found::Unknown => return None,
            }
        }
        None
    }

    /// A symbol for a length that is not known, remembered until the string changes.
    fn unknown_length(&mut self, run: &mut Run, pointer: &Value, span: Span) -> Value {
        let spot = self.spot(run, pointer);
        let mut most = (1 << 31) - 1;
        // A string ends in the object that it stands in.
        if let Some(spot) = spot
            && let Some(info) = self.arena.object(spot.object)
            && !matches!(info.kind, ObjectKind::Pointee(_))
            && let Some(size) = info.size.and_then(|size| size.as_constant())
        {
            let start = run.state.range(&self.arena, &spot.offset).lo.max(0);
            most = most.min(size.saturating_sub(start + 1).max(0));
        }
        let sym = self
            .arena
            .new_number(Range::between(0, most), Origin::Operation, span);
        let form = Linear::symbol(sym);
        if let Some(spot) = spot {
            self.contents(&mut run.state, spot.object);
            if let Some(end) = spot.offset.add(&form)
                && let Some(contents) = run.state.contents_mut(spot.object)
            {
                contents.terminator = Some(end);
            }
        }
        Value::Int(form)
    }

    /// The objects that several arguments lead to.
    pub(crate) fn reached(&self, values: &[Value]) -> SmallVec<[super::value::Obj; 4]> {
        values
            .iter()
            .flat_map(|value| self.objects_of(value))
            .collect()
    }
}
