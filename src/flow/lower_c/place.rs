//! Expressions that name an object.

use super::builder::Value;
use super::scope::Binding;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{Base, Operand, Place, Projection, Rvalue, Type, TypeId};
use crate::syntax::{Field, Kind};

impl Lowerer<'_> {
    /// The object an expression names; a temporary holding the value of one that names none.
    pub(super) fn place(&mut self, at: At) -> Place {
        let at = self.inner(at);
        if let Some(place) = self.deeper(|lowerer| lowerer.object(at)) {
            return place;
        }
        let span = self.span(at);
        let (value, ty) = self.rvalue(at);
        match value {
            Rvalue::Use(Operand::Copy(place)) => place,
            value => self.spill(value, ty, span),
        }
    }

    /// A value in a temporary.
    pub(super) fn spill(&mut self, value: Rvalue, ty: TypeId, span: Span) -> Place {
        let place = self.temporary(ty, span);
        self.assign(place.clone(), value, span);
        place
    }

    /// Whether the node may name an object.
    pub(super) fn is_object(&self, at: At) -> bool {
        match self.kind(at) {
            Kind::IDENTIFIER | Kind::SUBSCRIPT_EXPRESSION | Kind::FIELD_EXPRESSION => true,
            Kind::POINTER_EXPRESSION => self.operator(at) == b"*",
            _ => false,
        }
    }

    pub(super) fn object(&mut self, at: At) -> Option<Place> {
        match self.kind(at) {
            Kind::IDENTIFIER => self.variable(at),
            Kind::FIELD_EXPRESSION => self.field_place(at),
            Kind::SUBSCRIPT_EXPRESSION => self.element_place(at),
            Kind::POINTER_EXPRESSION if self.operator(at) == b"*" => {
                let argument = self.child(at, Field::ARGUMENT)?;
                let span = self.span(at);
                let mut place = self.pointee(argument, span);
                place.span = span;
                Some(place)
            }
            _ => None,
        }
    }

    /// A name as a place, if it is a variable.
    pub(super) fn variable(&mut self, at: At) -> Option<Place> {
        let text = self.text(at);
        let name = self.intern(text);
        let (base, ty) = match self.meaning(text, name)? {
            Binding::Local(id) => (
                Base::Local(id),
                self.body.locals.get(id.0 as usize).map(|local| local.ty)?,
            ),
            Binding::Global(id) => (
                Base::Global(id),
                self.unit.global(id).map(|global| global.ty)?,
            ),
            _ => return None,
        };
        Some(Place {
            base,
            path: Vec::new(),
            ty,
            span: self.span(at),
        })
    }

    fn field_place(&mut self, at: At) -> Option<Place> {
        let argument = self.child(at, Field::ARGUMENT)?;
        let field = self.child(at, Field::FIELD)?;
        let text = self.text(self.resolved(field));
        let name = self.intern(text);
        let span = self.span(at);
        let mut place = if self.operator(at) == b"->" {
            self.pointee(argument, span)
        } else {
            self.place(argument)
        };
        place.ty = self
            .unit
            .types
            .field(place.ty, name)
            .map_or(TypeId::UNKNOWN, |field| field.ty);
        place.path.push(Projection::Field(name));
        place.span = span;
        Some(place)
    }

    fn element_place(&mut self, at: At) -> Option<Place> {
        let argument = self.child(at, Field::ARGUMENT)?;
        let index = self.child(at, Field::INDEX)?;
        let span = self.span(at);
        let base = self.place(argument);
        let index = self.value(index);
        // `3[array]`
        if self.is_arithmetic(base.ty)
            && let Operand::Copy(pointer) = index.operand
        {
            return Some(self.element(pointer, Operand::Copy(base), span));
        }
        Some(self.element(base, index.operand, span))
    }

    /// An element of an array, or of what a pointer points to.
    pub(super) fn element(&mut self, mut base: Place, index: Operand, span: Span) -> Place {
        match self.unit.types.get(base.ty) {
            Type::Array { of, .. } => base.ty = *of,
            Type::Pointer { to, .. } => {
                base.ty = *to;
                base.path.push(Projection::Deref);
            }
            _ => {
                base.ty = TypeId::UNKNOWN;
                base.path.push(Projection::Deref);
            }
        }
        base.path.push(Projection::Index(index));
        base.span = span;
        base
    }

    /// What an expression points to. An array's first element, where it is one.
    pub(super) fn pointee(&mut self, at: At, span: Span) -> Place {
        let at = self.inner(at);
        match self.kind(at) {
            Kind::POINTER_EXPRESSION if self.operator(at) == b"&" => {
                if let Some(argument) = self.child(at, Field::ARGUMENT) {
                    return self.place(argument);
                }
            }
            Kind::BINARY_EXPRESSION if self.operator(at) == b"+" => {
                if let (Some(left), Some(right)) =
                    (self.child(at, Field::LEFT), self.child(at, Field::RIGHT))
                    && self.type_in_parentheses(left).is_none()
                {
                    return self.sum_pointee(left, right, span);
                }
            }
            _ => {}
        }
        let place = self.place(at);
        self.behind(place, span)
    }

    /// `*(p + i)` is `p[i]`.
    fn sum_pointee(&mut self, left: At, right: At, span: Span) -> Place {
        let base = self.place(left);
        let index = self.place_or_value(right);
        if self.is_arithmetic(base.ty)
            && let Operand::Copy(pointer) = &index.operand
            && !self.is_arithmetic(index.ty)
        {
            return self.element(pointer.clone(), Operand::Copy(base), span);
        }
        self.element(base, index.operand, span)
    }

    /// A value in which arrays have not decayed.
    fn place_or_value(&mut self, at: At) -> Value {
        let at = self.inner(at);
        if self.is_object(at)
            && let Some(place) = self.object(at)
        {
            let ty = place.ty;
            return Value {
                operand: Operand::Copy(place),
                ty,
            };
        }
        self.value(at)
    }

    /// What the pointer at a place points to.
    pub(super) fn behind(&mut self, mut place: Place, span: Span) -> Place {
        match self.unit.types.get(place.ty) {
            Type::Array { of, .. } => {
                place.ty = *of;
                let zero = Self::number(0, self.int);
                place.path.push(Projection::Index(zero));
            }
            Type::Pointer { to, .. } => {
                place.ty = *to;
                place.path.push(Projection::Deref);
            }
            // `*f` of a function is the function.
            Type::Function(_) => {}
            _ => {
                place.ty = TypeId::UNKNOWN;
                place.path.push(Projection::Deref);
            }
        }
        place.span = span;
        place
    }

    /// The value at a place: an array's is its address.
    pub(super) fn read(&mut self, mut place: Place) -> (Rvalue, TypeId) {
        match self.unit.types.get(place.ty) {
            Type::Array { of, .. } => {
                let of = *of;
                let ty = self.unit.types.pointer_to(of);
                (Rvalue::AddressOf(place), ty)
            }
            Type::Function(_) => {
                let ty = self.unit.types.pointer_to(place.ty);
                if place.path.last() == Some(&Projection::Deref) {
                    place.path.pop();
                    place.ty = ty;
                    (Rvalue::Use(Operand::Copy(place)), ty)
                } else {
                    (Rvalue::AddressOf(place), ty)
                }
            }
            _ => {
                let ty = place.ty;
                (Rvalue::Use(Operand::Copy(place)), ty)
            }
        }
    }

    /// `&x`
    pub(super) fn address_of(&mut self, argument: At) -> (Rvalue, TypeId) {
        let inner = self.inner(argument);
        if self.kind(inner) == Kind::IDENTIFIER && self.variable(inner).is_none() {
            // A function, or a macro.
            let (value, ty) = self.rvalue(inner);
            if let Rvalue::Use(Operand::Function(_)) = value {
                return (value, ty);
            }
            if let Rvalue::Use(Operand::Copy(place)) = value {
                return self.address_of_place(place);
            }
            let span = self.span(inner);
            let place = self.spill(value, ty, span);
            return self.address_of_place(place);
        }
        let place = self.place(argument);
        self.address_of_place(place)
    }

    fn address_of_place(&mut self, mut place: Place) -> (Rvalue, TypeId) {
        let ty = self.unit.types.pointer_to(place.ty);
        // `&*p` is `p`.
        if place.path.last() == Some(&Projection::Deref) {
            place.path.pop();
            place.ty = ty;
            return (Rvalue::Use(Operand::Copy(place)), ty);
        }
        (Rvalue::AddressOf(place), ty)
    }
}
