//! Places: their addresses, what is read from them and written to them.

use super::super::values::{Value, ValueId, Written};
use super::{EventKind, MEMORY, NO_SLOT, Numbering, Stored};
use crate::finding::Span;
use crate::flow::ir::{Base, Place, Projection, Type, TypeId};

impl Numbering<'_> {
    /// Whether each read of the location gives another value.
    pub(super) fn is_volatile(&self, location: ValueId) -> bool {
        match self.values.get(self.values.root(location)) {
            Value::Address(Base::Global(id)) => self.lexicon.is_volatile(id),
            _ => false,
        }
    }

    pub(super) fn clobber(&mut self, root: ValueId) {
        let version = self.values.fresh();
        self.remember(root, Stored::Clobbered(version));
    }

    pub(super) fn remember(&mut self, location: ValueId, stored: Stored) {
        self.state.memory.retain(|(key, _)| *key != location);
        if self.state.memory.len() >= MEMORY {
            self.state.memory.remove(0);
        }
        self.state.memory.push((location, stored));
    }

    pub(super) fn load(
        &mut self,
        location: ValueId,
        ty: TypeId,
        record: TypeId,
        span: Span,
    ) -> ValueId {
        // The whole variable behind its address.
        if let Value::Address(Base::Local(local)) = self.values.get(location)
            && let Some(&slot) = self.slots.get(local.0 as usize)
            && let Some(&value) = self.state.locals.get(slot as usize)
        {
            return value;
        }
        if self.is_volatile(location) {
            let version = self.values.fresh();
            let value = self.load_value(location, version, ty, span);
            self.event(
                span,
                EventKind::Read {
                    location,
                    value,
                    ty,
                    record,
                },
            );
            return value;
        }
        let mut version = 0;
        let mut stored = None;
        let mut key = location;
        let mut depth = 0;
        loop {
            if let Some(place) = self.state.memory.iter().rposition(|(at, _)| *at == key)
                && stored.is_none_or(|(best, _)| place > best)
                && let Some(&(_, what)) = self.state.memory.get(place)
            {
                stored = Some((place, if key == location { what } else { shadow(what) }));
            }
            key = match self.values.get(key) {
                Value::Field(base, _) | Value::Element { base, .. } if depth < 8 => base,
                _ => break,
            };
            depth += 1;
        }
        if let Some((place, what)) = stored {
            match what {
                Stored::Value(value) => {
                    self.event(
                        span,
                        EventKind::Read {
                            location,
                            value,
                            ty,
                            record,
                        },
                    );
                    return value;
                }
                Stored::Clobbered(0) => version = 0x8000_0000 + place as u32,
                Stored::Clobbered(found) => version = found,
            }
        }
        let value = self.load_value(location, version, ty, span);
        self.event(
            span,
            EventKind::Read {
                location,
                value,
                ty,
                record,
            },
        );
        value
    }

    pub(super) fn store(&mut self, place: &Place, value: ValueId, span: Span) {
        if place.path.is_empty()
            && let Base::Local(local) = place.base
        {
            let slot = self.slots.get(local.0 as usize).copied().unwrap_or(NO_SLOT);
            if slot == NO_SLOT {
                if let Some(temporary) = self.temporaries.get_mut(local.0 as usize) {
                    *temporary = Some(value);
                }
            } else {
                if let Some(place) = self.state.locals.get_mut(slot as usize) {
                    *place = value;
                }
                if let Some(info) = self.function.local(local)
                    && self.unit.types.is_pointer(info.ty)
                {
                    self.values.hint(value, info.ty);
                }
                self.event(span, EventKind::Assign { local, value });
            }
            return;
        }
        let (location, record) = self.location(place);
        if let Value::Address(Base::Local(local)) = self.values.get(location)
            && let Some(&slot) = self.slots.get(local.0 as usize)
            && let Some(place) = self.state.locals.get_mut(slot as usize)
        {
            *place = value;
        }
        self.event(
            place.span,
            EventKind::Write {
                location,
                value,
                ty: place.ty,
                record,
            },
        );
        self.remember(location, Stored::Value(value));
    }

    /// The address of a place, and the record whose field it is.
    pub(super) fn location(&mut self, place: &Place) -> (ValueId, TypeId) {
        let types = &self.unit.types;
        let mut ty = match place.base {
            Base::Local(id) => self
                .function
                .local(id)
                .map_or(TypeId::UNKNOWN, |local| local.ty),
            Base::Global(id) => self
                .unit
                .global(id)
                .map_or(TypeId::UNKNOWN, |global| global.ty),
        };
        // `None` while the place is still the bare base.
        let mut at: Option<ValueId> = None;
        let mut record = TypeId::UNKNOWN;
        for step in &place.path {
            match step {
                Projection::Deref => {
                    let pointer = match at {
                        None => self.base(place.base, ty, place.span),
                        Some(location) => self.load(location, ty, record, place.span),
                    };
                    at = Some(self.values.strip(pointer));
                    record = TypeId::UNKNOWN;
                    ty = match types.get(ty) {
                        Type::Pointer { to, .. } => *to,
                        _ => TypeId::UNKNOWN,
                    };
                }
                Projection::Field(name) => {
                    let base = match at {
                        Some(at) => at,
                        None => self
                            .values
                            .intern(Value::Address(place.base), ty, place.span),
                    };
                    record = ty;
                    ty = types
                        .field(ty, *name)
                        .map_or(TypeId::UNKNOWN, |field| field.ty);
                    at = Some(
                        self.values
                            .intern(Value::Field(base, *name), ty, place.span),
                    );
                }
                Projection::Index(index) => {
                    let base = match at {
                        Some(at) => at,
                        None => self
                            .values
                            .intern(Value::Address(place.base), ty, place.span),
                    };
                    let index = self.operand(index);
                    // Behind `Deref` of a pointer the type is the element's already.
                    ty = match types.element(ty) {
                        Some(element) => element,
                        None => ty,
                    };
                    record = TypeId::UNKNOWN;
                    let scale = types.size(ty).and_then(|size| u32::try_from(size).ok());
                    at = Some(self.element(base, index, scale.unwrap_or(0), ty, place.span));
                }
            }
        }
        let location = match at {
            Some(at) => at,
            None => self
                .values
                .intern(Value::Address(place.base), ty, place.span),
        };
        (location, record)
    }

    /// `base[index]`'s address; constant steps of one element size are added up.
    pub(super) fn element(
        &mut self,
        base: ValueId,
        index: ValueId,
        scale: u32,
        ty: TypeId,
        span: Span,
    ) -> ValueId {
        if let Value::Element {
            base: inner,
            index: before,
            scale: other,
        } = self.values.get(base)
            && other == scale
            && scale != 0
            && let (Some(one), Some(two)) =
                (self.values.constant(before), self.values.constant(index))
            && let Some(sum) = one.checked_add(two)
        {
            if sum == 0 {
                return inner;
            }
            let sum = self.values.number(sum, TypeId::I32, span);
            return self.element_of(inner, sum, scale, ty, span);
        }
        self.element_of(base, index, scale, ty, span)
    }

    pub(super) fn element_of(
        &mut self,
        base: ValueId,
        index: ValueId,
        scale: u32,
        ty: TypeId,
        span: Span,
    ) -> ValueId {
        let _ = ty;
        let held = self.values.ty(base);
        self.values
            .intern(Value::Element { base, index, scale }, held, span)
    }

    /// The value of a whole variable.
    pub(super) fn base(&mut self, base: Base, ty: TypeId, span: Span) -> ValueId {
        match base {
            Base::Local(id) => {
                let slot = self.slots.get(id.0 as usize).copied().unwrap_or(NO_SLOT);
                if slot == NO_SLOT {
                    return match self.temporaries.get(id.0 as usize).copied().flatten() {
                        Some(value) => value,
                        None => self.values.unknown(ty, span),
                    };
                }
                if self
                    .function
                    .local(id)
                    .is_some_and(|local| local.is_volatile)
                {
                    return self.values.unknown(ty, span);
                }
                match self.state.locals.get(slot as usize) {
                    Some(&value) => value,
                    None => self.values.unknown(ty, span),
                }
            }
            Base::Global(id) => {
                if let Some(global) = self.unit.global(id)
                    && global.is_extern
                    && super::super::names::is_constant_name(self.unit.names.text(global.name))
                {
                    return self.values.intern(
                        Value::Constant {
                            value: None,
                            written: Written::Name(global.name),
                        },
                        ty,
                        span,
                    );
                }
                let location = self.values.intern(Value::Address(base), ty, span);
                self.load(location, ty, TypeId::UNKNOWN, span)
            }
        }
    }
}

/// What a store to a whole object means for its parts.
fn shadow(stored: Stored) -> Stored {
    match stored {
        Stored::Value(value) => Stored::Clobbered(0x4000_0000 | value.0),
        clobbered @ Stored::Clobbered(_) => clobbered,
    }
}
