//! Places: which bytes they are, reading and writing them.

use std::rc::Rc;

use smallvec::{SmallVec, smallvec};

use crate::finding::Span;
use crate::flow::ir::{Base, Operand, Place, Projection, Type, TypeId};

use super::linear::Linear;
use super::machine::{Frame, Machine, Run};
use super::memory::{Found, Rest};
use super::prepare::Slot;
use super::state::State;
use super::value::{Alternative, Obj, Origin, Value};

/// Fields without a known offset get one out here, so that each is its own.
const VIRTUAL: i128 = 1 << 40;
/// Room of such a field.
const VIRTUAL_STEP: i128 = 1 << 16;
/// Bytes of an element whose size is not known.
const UNKNOWN_ELEMENT: i128 = 1 << 8;

/// Some bytes of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    pub(crate) object: Obj,
    pub(crate) offset: Linear,
}

/// Where a place is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Location {
    Register(u32),
    Scratch(u32),
    /// One of these.
    Memory(SmallVec<[Spot; 1]>),
    /// Not known.
    Nowhere,
}

/// A place, found.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) location: Location,
    pub(crate) ty: TypeId,
    /// The pointer that leads there.
    pub(crate) through: Option<Value>,
    /// Where that pointer was written.
    pub(crate) pointer_span: Span,
    /// That pointer is no global's: what a global holds is set elsewhere, or in another build.
    pub(crate) is_own_pointer: bool,
    /// Offsets and sizes on the way were known, so that bounds may be argued about.
    pub(crate) is_exact: bool,
    /// An index of a declared array was out of its bounds, and reported.
    pub(crate) is_reported: bool,
}

/// What a place is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
    Address,
}

impl Machine<'_> {
    pub(crate) fn resolve(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        place: &Place,
        purpose: Purpose,
    ) -> Resolved {
        let mut ty = match place.base {
            Base::Local(local) => self
                .function(frame.function)
                .and_then(|function| function.local(local))
                .map_or(TypeId::UNKNOWN, |local| local.ty),
            Base::Global(id) => self
                .unit
                .global(id)
                .map_or(TypeId::UNKNOWN, |global| global.ty),
        };
        let location = match place.base {
            Base::Local(local) => match frame.prepared.slot(local) {
                Slot::Register(slot) => Location::Register(slot),
                Slot::Scratch(slot) => Location::Scratch(slot),
                Slot::Memory => match self.local_object(frame, local) {
                    Some(object) => Location::Memory(smallvec![Spot {
                        object,
                        offset: Linear::constant(0)
                    }]),
                    None => Location::Nowhere,
                },
            },
            Base::Global(id) => match self.global_object(id) {
                Some(object) => Location::Memory(smallvec![Spot {
                    object,
                    offset: Linear::constant(0)
                }]),
                None => Location::Nowhere,
            },
        };
        let mut at = Resolved {
            location,
            ty,
            through: None,
            pointer_span: place.span,
            is_own_pointer: true,
            is_exact: true,
            is_reported: false,
        };
        let mut steps = place.path.iter().enumerate().peekable();
        while let Some((index, step)) = steps.next() {
            match step {
                Projection::Deref => {
                    let pointer = self.load(frame, run, &at, place.span);
                    if run.is_dead {
                        return at;
                    }
                    ty = self.unit.types.pointee(at.ty).unwrap_or(TypeId::UNKNOWN);
                    at.is_own_pointer = !self.is_in_global(&at.location);
                    at.location = self.targets(run, &pointer);
                    at.through = Some(pointer);
                    at.is_exact = true;
                    at.ty = ty;
                    if let Some((_, Projection::Index(operand))) = steps.peek()
                        && self.indexes_pointer(place, index + 1, ty)
                    {
                        let value = self.operand(frame, run, operand);
                        let size = self.unit.types.size(ty);
                        self.shift(&mut at, &value, size, operand_span(operand, place.span));
                        steps.next();
                    }
                }
                Projection::Field(name) => {
                    let field = self.unit.types.field(at.ty, *name);
                    let (offset, field_ty) = match field {
                        Some(field) => (
                            field
                                .offset
                                .filter(|_| field.bits.is_none())
                                .map(i128::from),
                            field.ty,
                        ),
                        None => (None, TypeId::UNKNOWN),
                    };
                    let offset = offset.unwrap_or_else(|| {
                        at.is_exact = false;
                        VIRTUAL + i128::from(name.0) * VIRTUAL_STEP
                    });
                    move_by(&mut at.location, &Linear::constant(offset));
                    at.ty = field_ty;
                }
                Projection::Index(operand) => {
                    let value = self.operand(frame, run, operand);
                    let is_last = steps.peek().is_none();
                    let element = self.unit.types.element(at.ty).unwrap_or(TypeId::UNKNOWN);
                    let purpose = if is_last || purpose != Purpose::Address {
                        purpose
                    } else {
                        Purpose::Read
                    };
                    if let Type::Array { len: Some(len), .. } = self.unit.types.get(at.ty) {
                        let len = *len;
                        let is_trailing = at.through.is_some() && len <= 1 || len == 0;
                        if !is_trailing && !at.is_reported {
                            at.is_reported = self
                                .check_index(run, &value, operand, len, place, purpose, is_last);
                        }
                    }
                    let size = self.unit.types.size(element);
                    self.shift(&mut at, &value, size, operand_span(operand, place.span));
                    at.ty = element;
                }
            }
        }
        if at.ty == TypeId::UNKNOWN {
            at.ty = place.ty;
        }
        at
    }

    /// Whether the index that follows a dereference moves the pointer, and not inside of an array
    /// that it points to.
    fn indexes_pointer(&self, place: &Place, from: usize, pointee: TypeId) -> bool {
        if !matches!(self.unit.types.get(pointee), Type::Array { .. }) {
            return true;
        }
        let rest = place.path.get(from..).unwrap_or(&[]);
        let count = rest
            .iter()
            .take_while(|step| matches!(step, Projection::Index(_)))
            .count();
        if count != rest.len() {
            return true;
        }
        let mut ty = pointee;
        for _ in 0..count {
            match self.unit.types.element(ty) {
                Some(element) => ty = element,
                None => return true,
            }
        }
        ty != place.ty
    }

    /// Moves by so many elements.
    pub(crate) fn shift(
        &mut self,
        at: &mut Resolved,
        index: &Value,
        size: Option<u64>,
        span: Span,
    ) {
        let size = match size {
            Some(size) => i128::from(size),
            None => {
                at.is_exact = false;
                UNKNOWN_ELEMENT
            }
        };
        let by = match index {
            Value::Int(form) => form.scale(size),
            _ => None,
        };
        match by {
            Some(by) => move_by(&mut at.location, &by),
            None => {
                at.is_exact = false;
                let sym = self
                    .arena
                    .new_number(super::value::Range::FULL, Origin::Operation, span);
                move_by(&mut at.location, &Linear::symbol(sym));
            }
        }
    }

    /// Objects that a pointer leads to.
    pub(crate) fn targets(&mut self, run: &mut Run, pointer: &Value) -> Location {
        match pointer {
            Value::Addr(object, offset) => Location::Memory(smallvec![Spot {
                object: *object,
                offset: *offset
            }]),
            Value::Ptr(sym, offset) => {
                let Some(info) = self.arena.sym(*sym) else {
                    return Location::Nowhere;
                };
                if info.alternatives.is_empty() {
                    return match self.pointee(*sym) {
                        Some(object) => Location::Memory(smallvec![Spot {
                            object,
                            offset: *offset
                        }]),
                        None => Location::Nowhere,
                    };
                }
                let mut spots = SmallVec::new();
                for alternative in info.alternatives.iter() {
                    match alternative {
                        Alternative::Object(object, start) => match start.add(offset) {
                            Some(offset) => spots.push(Spot {
                                object: *object,
                                offset,
                            }),
                            None => return Location::Nowhere,
                        },
                        Alternative::Other => return Location::Nowhere,
                        Alternative::Null(_) | Alternative::Undef(_) | Alternative::Function(_) => {
                        }
                    }
                }
                let _ = run;
                if spots.is_empty() {
                    Location::Nowhere
                } else {
                    Location::Memory(spots)
                }
            }
            Value::Int(form) => match form.as_symbol() {
                // A number used as an address: what it points to is as good as any.
                Some(sym) => match self.pointee(sym) {
                    Some(object) => Location::Memory(smallvec![Spot {
                        object,
                        offset: Linear::constant(0)
                    }]),
                    None => Location::Nowhere,
                },
                None => Location::Nowhere,
            },
            Value::Function(_) | Value::Real(_) | Value::Undef | Value::Any => Location::Nowhere,
        }
    }

    /// The value at a place, with the checks that reading needs.
    pub(crate) fn load(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        at: &Resolved,
        span: Span,
    ) -> Value {
        match &at.location {
            Location::Register(slot) => {
                let value = run
                    .state
                    .registers
                    .get(*slot as usize)
                    .copied()
                    .unwrap_or(Value::Any);
                self.checked_register(frame, run, *slot, value, at.ty, span)
            }
            Location::Scratch(slot) => run
                .scratch
                .get(*slot as usize)
                .copied()
                .unwrap_or(Value::Any),
            Location::Memory(spots) => {
                self.check_access(frame, run, at, Purpose::Read, span);
                if run.is_dead {
                    return Value::Any;
                }
                let spots = spots.clone();
                self.load_spots(frame, run, &spots, at.ty, span)
            }
            Location::Nowhere => {
                self.check_access(frame, run, at, Purpose::Read, span);
                self.fresh(at.ty, Origin::Memory, span)
            }
        }
    }

    fn load_spots(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        spots: &[Spot],
        ty: TypeId,
        span: Span,
    ) -> Value {
        if matches!(
            self.unit.types.get(ty),
            Type::Record(_) | Type::Array { .. } | Type::Void
        ) {
            return Value::Any;
        }
        let size = self.unit.types.size(ty).unwrap_or(8) as i64;
        let [spot] = spots else {
            return self.fresh(ty, Origin::Memory, span);
        };
        let is_volatile = self.is_volatile(frame, spot.object);
        let Some(start) = self.constant_offset(&run.state, &spot.offset) else {
            return self.load_somewhere(run, spot, size, ty, span);
        };
        let contents = self.contents(&mut run.state, spot.object);
        match contents.read(start, start + size) {
            Found::Value(Value::Any) => {
                let value = self.fresh(ty, Origin::Memory, span);
                self.remember(&mut run.state, spot.object, start, size, value);
                value
            }
            Found::Value(value) => {
                self.checked_memory(run, spot.object, start, size, value, ty, span)
            }
            Found::Zero if !is_volatile => self.typed_constant(0, ty),
            Found::Undef => {
                // A field whose offset is not known may share its bytes with what was written.
                if i128::from(start) < VIRTUAL || contents.cells.is_empty() {
                    self.check_undefined(run, spot.object, span, true);
                }
                let value = self.fresh(ty, Origin::Memory, span);
                self.remember(&mut run.state, spot.object, start, size, value);
                value
            }
            Found::PartlyUndef | Found::Unknown | Found::Zero => {
                self.fine(super::machine::Family::Undefined, span);
                let value = self.fresh(ty, Origin::Memory, span);
                if !is_volatile {
                    self.remember(&mut run.state, spot.object, start, size, value);
                }
                value
            }
        }
    }

    /// Reads at an offset that is not known.
    fn load_somewhere(
        &mut self,
        run: &mut Run,
        spot: &Spot,
        size: i64,
        ty: TypeId,
        span: Span,
    ) -> Value {
        let contents = self.contents(&mut run.state, spot.object);
        if contents.cells.is_empty() {
            match contents.rest {
                Rest::Undef => {
                    self.check_undefined(run, spot.object, span, true);
                }
                Rest::Zero => return self.typed_constant(0, ty),
                Rest::Unknown => {}
            }
        }
        // A table of constants: what it may give lies between its smallest and largest.
        if self.unit.types.int(ty).is_some() && contents.rest != Rest::Undef {
            let mut range: Option<super::value::Range> =
                (contents.rest == Rest::Zero).then(|| super::value::Range::exactly(0));
            let fits = contents.rest == Rest::Zero
                && contents.cells.iter().all(|cell| {
                    let Some(value) = cell.value.as_constant() else {
                        return false;
                    };
                    let this = super::value::Range::between(value, value);
                    range = Some(range.map_or(this, |range| range.union(&this)));
                    cell.end - cell.start == size
                });
            if fits && let Some(mut range) = range {
                range.lo_reached = false;
                range.hi_reached = false;
                return Value::symbol(self.arena.new_number(range, Origin::Memory, span));
            }
        }
        self.fresh(ty, Origin::Memory, span)
    }

    pub(crate) fn constant_offset(&self, state: &State, offset: &Linear) -> Option<i64> {
        let value = match offset.as_constant() {
            Some(value) => value,
            None => {
                let range = state.range(&self.arena, offset);
                if range.lo != range.hi {
                    return None;
                }
                range.lo
            }
        };
        i64::try_from(value)
            .ok()
            .filter(|value| value.abs() < 1 << 60)
    }

    fn remember(&mut self, state: &mut State, object: Obj, start: i64, size: i64, value: Value) {
        if let Some(contents) = state.contents_mut(object) {
            contents.remember(start, start + size, value);
        }
    }

    /// Writes a value.
    pub(crate) fn store(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        at: &Resolved,
        value: Value,
        span: Span,
    ) {
        match &at.location {
            Location::Register(slot) => {
                if let Some(register) =
                    Rc::make_mut(&mut run.state.registers).get_mut(*slot as usize)
                {
                    *register = value;
                }
            }
            Location::Scratch(slot) => {
                if let Some(register) = run.scratch.get_mut(*slot as usize) {
                    *register = value;
                }
            }
            Location::Memory(spots) => {
                self.check_access(frame, run, at, Purpose::Write, span);
                if run.is_dead {
                    return;
                }
                let spots = spots.clone();
                let size = self.unit.types.size(at.ty);
                self.store_spots(run, &spots, size, value);
            }
            Location::Nowhere => {
                self.check_access(frame, run, at, Purpose::Write, span);
                self.escape(&mut run.state, &value);
            }
        }
    }

    pub(crate) fn store_spots(
        &mut self,
        run: &mut Run,
        spots: &[Spot],
        size: Option<u64>,
        value: Value,
    ) {
        let is_single = spots.len() == 1;
        for spot in spots {
            self.contents(&mut run.state, spot.object);
            let start = self.constant_offset(&run.state, &spot.offset);
            let bytes = size.map_or(8, |size| size.min(1 << 40) as i64);
            let bounds = run.state.range(&self.arena, &spot.offset);
            let is_outer = !self.is_local_object(spot.object);
            if is_outer {
                self.escape(&mut run.state, &value);
            }
            let Some(contents) = run.state.contents_mut(spot.object) else {
                continue;
            };
            match start {
                Some(_)
                    if size.is_none()
                        || start.is_some_and(|start| i128::from(start) >= VIRTUAL)
                            && contents.rest == Rest::Undef =>
                {
                    // How much is written, or what lies beside it, is not known.
                    let start = start.unwrap_or(0);
                    contents.forget_all();
                    if is_single && !matches!(value, Value::Any) {
                        contents.write(start, start + bytes, value);
                    }
                }
                Some(start) if is_single => {
                    if matches!(value, Value::Any) {
                        contents.forget(Some((start, start + bytes)));
                    } else {
                        contents.write(start, start + bytes, value);
                    }
                }
                Some(start) => contents.blur(Some((start, start + bytes))),
                None => {
                    let lo = i64::try_from(bounds.lo).ok().filter(|lo| *lo > -(1 << 50));
                    let hi = i64::try_from(bounds.hi).ok().filter(|hi| *hi < 1 << 50);
                    match (lo, hi) {
                        (Some(lo), Some(hi)) => contents.blur(Some((lo, hi + bytes))),
                        _ => contents.forget_all(),
                    }
                    self.escape(&mut run.state, &value);
                }
            }
        }
    }
}

/// The bytes of an operand, or what stands around it.
pub(crate) fn operand_span(operand: &Operand, around: Span) -> Span {
    match operand {
        Operand::Copy(place) => place.span,
        _ => around,
    }
}

fn move_by(location: &mut Location, by: &Linear) {
    let Location::Memory(spots) = location else {
        return;
    };
    for spot in spots.iter_mut() {
        match spot.offset.add(by) {
            Some(offset) => spot.offset = offset,
            None => {
                *location = Location::Nowhere;
                return;
            }
        }
    }
}
