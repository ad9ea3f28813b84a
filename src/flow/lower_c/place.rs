//! Expressions that name an object.

use super::builder::Value;
use super::scope::Binding;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{Base, LocalKind, Operand, Place, Projection, Rvalue, Type, TypeId};
use crate::syntax::{Field, Kind};

impl<'a> Lowerer<'a> {
    /// The object an expression names; a temporary holding the value of one that names none.
    pub(super) fn place(&mut self, at: At) -> Place {
        let at = self.inner(at);
        if let Some(place) = self.deeper(|lowerer| lowerer.object(at)) {
            return place;
        }
        if self.kind(at) == Kind::IDENTIFIER
            && let Some(place) = self.unseen_object(at)
        {
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
            Kind::FIELD_EXPRESSION | Kind::SUBSCRIPT_EXPRESSION
                if self.cast_below(at).is_some() =>
            {
                None
            }
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
        let (text, span) = (self.text(at), self.span(at));
        self.variable_named(text, span)
    }

    /// The same for a name without a node.
    pub(super) fn variable_named(&mut self, text: &'a [u8], span: Span) -> Option<Place> {
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
            span,
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
        self.complete(place.ty);
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
        if let Some(to) = self.unit.types.pointee(base.ty)
            && matches!(self.unit.types.get(to), Type::Array { .. })
        {
            // `p[i]` of a pointer to arrays: `Index` behind `Deref` steps inside one of them.
            let is_first =
                matches!(&index, Operand::Constant(constant) if constant.value == Some(0));
            let ty = base.ty;
            let pointer = match is_first {
                true => base,
                false => {
                    let add = Rvalue::PointerAdd {
                        pointer: Operand::Copy(base),
                        count: index,
                        is_negative: false,
                    };
                    self.spill(add, ty, span)
                }
            };
            return self.behind(pointer, span);
        }
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
        self.complete(base.ty);
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
        self.complete(place.ty);
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
                    let ty = self.type_at(&place);
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
            if let Some(place) = self.unseen_object(inner) {
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
        // `&*p` is `p`.
        if place.path.last() == Some(&Projection::Deref) {
            place.path.pop();
            let ty = self.type_at(&place);
            place.ty = ty;
            return (Rvalue::Use(Operand::Copy(place)), ty);
        }
        let ty = self.unit.types.pointer_to(place.ty);
        (Rvalue::AddressOf(place), ty)
    }

    /// The type at the end of a place's path.
    fn type_at(&self, place: &Place) -> TypeId {
        let mut ty = match place.base {
            Base::Local(id) => self.body.locals.get(id.0 as usize).map(|local| local.ty),
            Base::Global(id) => self.unit.global(id).map(|global| global.ty),
        }
        .unwrap_or(TypeId::UNKNOWN);
        let types = &self.unit.types;
        for step in &place.path {
            ty = match step {
                Projection::Deref => types.pointee(ty).unwrap_or(TypeId::UNKNOWN),
                Projection::Field(name) => types
                    .field(ty, *name)
                    .map_or(TypeId::UNKNOWN, |field| field.ty),
                Projection::Index(_) => types.element(ty).unwrap_or(ty),
            };
        }
        ty
    }

    /// A name that nobody knows, used as an object.
    fn unseen_object(&mut self, at: At) -> Option<Place> {
        let text = self.text(at);
        let name = self.intern(text);
        if self.meaning(text, name).is_some() {
            return None;
        }
        let span = self.span(at);
        let id = self.unseen_global(name, TypeId::UNKNOWN, span);
        if let Some(global) = self.unit.globals.get_mut(id.0 as usize) {
            // A register, by its spelling.
            global.is_volatile = super::expression::is_constant_name(text);
        }
        self.variable(at)
    }

    /// Whether a place is only the value of an expression.
    pub(super) fn is_value(&self, place: &Place) -> bool {
        match place.base {
            Base::Local(id) if place.path.is_empty() => self
                .body
                .locals
                .get(id.0 as usize)
                .is_some_and(|local| local.kind == LocalKind::Temporary),
            _ => false,
        }
    }

    /// `(type)(x)[0]`, which the parser takes for an element of a call: the call, and its
    /// argument.
    pub(super) fn cast_below(&mut self, at: At) -> Option<(At, At, TypeId)> {
        let mut bottom = at;
        for _ in 0..8 {
            match self.kind(bottom) {
                Kind::SUBSCRIPT_EXPRESSION | Kind::FIELD_EXPRESSION => {
                    bottom = self.child(bottom, Field::ARGUMENT)?;
                }
                Kind::CALL_EXPRESSION if bottom != at => {
                    if self.casts.contains(&bottom) {
                        return None;
                    }
                    let function = self.child(bottom, Field::FUNCTION)?;
                    let ty = self.type_in_parentheses(function)?;
                    let list = self.child(bottom, Field::ARGUMENTS)?;
                    let argument = self.only_child(list)?;
                    return Some((bottom, argument, ty));
                }
                _ => return None,
            }
        }
        None
    }
}
