//! Binary operators, assignments, `++` and `--`.

use super::builder::Value;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{BinaryOp, Operand, Place, ResultUse, Rvalue, Type, TypeId, UnaryOp};
use crate::syntax::{Field, Kind};

impl Lowerer<'_> {
    pub(super) fn binary_expression(&mut self, at: At) -> Option<(Rvalue, TypeId)> {
        let left = self.child(at, Field::LEFT)?;
        let right = self.child(at, Field::RIGHT)?;
        let operator = self.operator(at);
        if matches!(operator, b"&&" | b"||") {
            return Some(self.truth(at));
        }
        let op = Self::binary_operator(operator)?;
        // `(type)-1`, `(type)*p`, `(type)&x`
        if matches!(
            op,
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::And | BinaryOp::Add
        ) && let Some(ty) = self.type_in_parentheses(left)
        {
            return Some(self.cast_of_unary(op, right, ty));
        }
        // `(outer)(type)&x`
        if op == BinaryOp::And
            && self.kind(left) == Kind::CAST_EXPRESSION
            && let Some(inner) = self.child(left, Field::VALUE)
            && self.type_in_parentheses(inner).is_some()
            && let Some(descriptor) = self.child(left, Field::TYPE)
        {
            let ty = self.type_descriptor(descriptor);
            return Some(self.cast_of_unary(op, right, ty));
        }
        let span = self.span(at);
        let left = self.value(left);
        let right = self.value(right);
        Some(self.combine(op, left, right, span))
    }

    fn cast_of_unary(&mut self, op: BinaryOp, right: At, ty: TypeId) -> (Rvalue, TypeId) {
        let span = self.span(right);
        let (value, own) = match op {
            BinaryOp::Mul => {
                let place = self.pointee(right, span);
                self.read(place)
            }
            BinaryOp::And => self.address_of(right),
            BinaryOp::Sub => {
                let value = self.value(right);
                let own = self.promoted(value.ty);
                let value = self.convert(value, own, span);
                (self.unary(UnaryOp::Negate, value.operand, own), own)
            }
            _ => self.rvalue(right),
        };
        let value = self.compute(value, own, span);
        self.conversion(value, ty, true)
    }

    /// `left op right` on values.
    pub(super) fn combine(
        &mut self,
        op: BinaryOp,
        left: Value,
        right: Value,
        span: Span,
    ) -> (Rvalue, TypeId) {
        let pointers = (self.is_address(left.ty), self.is_address(right.ty));
        // The step of pointer arithmetic is the size of what is pointed to.
        for (is_pointer, ty) in [(pointers.0, left.ty), (pointers.1, right.ty)] {
            if is_pointer
                && !op.is_comparison()
                && let Some(to) = self.unit.types.pointee(ty)
            {
                self.complete(to);
            }
        }
        match (op, pointers) {
            (BinaryOp::Sub, (true, true)) => {
                let ty = TypeId::int(self.unit.target.pointer_bits, true);
                return (Rvalue::PointerSub(left.operand, right.operand), ty);
            }
            (BinaryOp::Add | BinaryOp::Sub, (true, false)) => {
                let add = Rvalue::PointerAdd {
                    pointer: left.operand,
                    count: right.operand,
                    is_negative: op == BinaryOp::Sub,
                };
                return (add, left.ty);
            }
            (BinaryOp::Add, (false, true)) => {
                let add = Rvalue::PointerAdd {
                    pointer: right.operand,
                    count: left.operand,
                    is_negative: false,
                };
                return (add, right.ty);
            }
            _ => {}
        }
        if op.is_comparison() {
            return self.compare(op, left, right, span);
        }
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            let ty = self.promoted(left.ty);
            let by = self.promoted(right.ty);
            let left = self.convert(left, ty, span);
            let right = self.convert(right, by, span);
            let ty = if self.unit.types.int(ty).is_some() {
                ty
            } else {
                TypeId::UNKNOWN
            };
            return (self.binary(op, left.operand, right.operand, ty), ty);
        }
        let ty = self.common(left.ty, right.ty);
        let left = self.convert(left, ty, span);
        let right = self.convert(right, ty, span);
        (self.binary(op, left.operand, right.operand, ty), ty)
    }

    fn is_address(&self, ty: TypeId) -> bool {
        matches!(
            self.unit.types.get(ty),
            Type::Pointer { .. } | Type::Array { .. }
        )
    }

    fn compare(&mut self, op: BinaryOp, left: Value, right: Value, span: Span) -> (Rvalue, TypeId) {
        let int = self.int;
        let ty = match (self.is_address(left.ty), self.is_address(right.ty)) {
            (true, false) => left.ty,
            (false, true) => right.ty,
            (true, true) => TypeId::UNKNOWN,
            _ => self.common(left.ty, right.ty),
        };
        let (left, right) = match ty {
            TypeId::UNKNOWN => (left, right),
            _ => (self.convert(left, ty, span), self.convert(right, ty, span)),
        };
        (self.binary(op, left.operand, right.operand, int), int)
    }

    /// An assignment; gives the place that was written.
    pub(super) fn assignment(&mut self, at: At) -> Option<Place> {
        let left = self.child(at, Field::LEFT)?;
        let right = self.child(at, Field::RIGHT)?;
        let span = self.span(at);
        let operator = self.operator(at);
        let op = operator
            .strip_suffix(b"=")
            .filter(|op| !op.is_empty())
            .and_then(Self::binary_operator);
        let place = self.place(left);
        let Some(op) = op else {
            self.assign_expression(place.clone(), right, span);
            return Some(place);
        };
        let value = self.value(right);
        let ty = place.ty;
        let old = Value {
            operand: Operand::Copy(place.clone()),
            ty,
        };
        let (result, result_type) = self.combine(op, old, value, span);
        self.store(place.clone(), result, result_type, span);
        Some(place)
    }

    /// `place = expression`
    pub(super) fn assign_expression(&mut self, place: Place, value: At, span: Span) {
        let inner = self.inner(value);
        if self.kind(inner) == Kind::CALL_EXPRESSION {
            let target = place.clone();
            if let Some(result) = self.call(inner, Some(target), ResultUse::Used) {
                let written = matches!(&result.operand, Operand::Copy(to) if *to == place);
                if !written {
                    self.store(place, Rvalue::Use(result.operand), result.ty, span);
                }
                return;
            }
        }
        let (result, ty) = self.rvalue(value);
        self.store(place, result, ty, span);
    }

    /// Writes a value, converted to the place's type.
    pub(super) fn store(&mut self, place: Place, value: Rvalue, ty: TypeId, span: Span) {
        if self.is_value(&place) {
            // No object: `UNKNOWN_MACRO(x) = value`.
            return;
        }
        let to = place.ty;
        let is_same = ty == to
            || to == TypeId::UNKNOWN
            || !(self.is_arithmetic(to) || self.unit.types.is_pointer(to));
        if is_same {
            self.assign(place, value, span);
            return;
        }
        if !matches!(value, Rvalue::Use(_))
            && self.unit.types.is_pointer(ty)
            && self.unit.types.is_pointer(to)
        {
            self.assign(place, value, span);
            return;
        }
        let value = self.compute(value, ty, span);
        let (value, _) = self.conversion(value, to, false);
        self.assign(place, value, span);
    }

    /// `x++` and its like. Without `wanted` the old value is not kept.
    pub(super) fn update(&mut self, at: At, wanted: bool) -> Option<(Rvalue, TypeId)> {
        let argument = self.child(at, Field::ARGUMENT)?;
        let span = self.span(at);
        let op = match self.operator(at) {
            b"--" => BinaryOp::Sub,
            _ => BinaryOp::Add,
        };
        let is_prefix = self
            .children(at)
            .next()
            .is_some_and(|first| self.field(first) == Field::OPERATOR);
        // `!x--`, which the parser takes for `(!x)--`.
        let unary = self.child(argument, Field::ARGUMENT);
        if let (Kind::UNARY_EXPRESSION, false, Some(inner)) =
            (self.kind(argument), is_prefix, unary)
        {
            return self.unary_of_update(at, argument, inner);
        }
        self.update_place(argument, op, span, is_prefix, wanted)
    }

    fn unary_of_update(&mut self, at: At, unary: At, inner: At) -> Option<(Rvalue, TypeId)> {
        let span = self.span(at);
        let op = match self.operator(at) {
            b"--" => BinaryOp::Sub,
            _ => BinaryOp::Add,
        };
        let (value, ty) = self.update_place(inner, op, span, false, true)?;
        let value = self.compute(value, ty, span);
        let promoted = self.promoted(ty);
        let (op, to) = match self.operator(unary) {
            b"!" => return Some((self.unary(UnaryOp::Not, value.operand, self.int), self.int)),
            b"~" => (UnaryOp::BitNot, promoted),
            _ => (UnaryOp::Negate, promoted),
        };
        let value = self.convert(value, to, span);
        Some((self.unary(op, value.operand, to), to))
    }

    fn update_place(
        &mut self,
        argument: At,
        op: BinaryOp,
        span: Span,
        is_prefix: bool,
        wanted: bool,
    ) -> Option<(Rvalue, TypeId)> {
        let place = self.place(argument);
        let ty = place.ty;
        let before = match wanted && !is_prefix {
            true => Some(self.computed(Rvalue::Use(Operand::Copy(place.clone())), ty, span)),
            false => None,
        };
        let old = match &before {
            Some(before) => before.clone(),
            None => Value {
                operand: Operand::Copy(place.clone()),
                ty,
            },
        };
        let one = Value {
            operand: Self::number(1, self.int),
            ty: self.int,
        };
        let (result, result_type) = self.combine(op, old, one, span);
        self.store(place.clone(), result, result_type, span);
        match before {
            Some(before) => Some((Rvalue::Use(before.operand), ty)),
            None => Some((Rvalue::Use(Operand::Copy(place)), ty)),
        }
    }
}
