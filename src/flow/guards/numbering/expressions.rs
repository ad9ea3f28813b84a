//! Operands and operators.

use super::super::values::{Value, ValueId, Written};
use super::{EventKind, Numbering};
use crate::finding::Span;
use crate::flow::ir::{BinaryOp, Constant, Operand, Origin, Rvalue, Type, TypeId, UnaryOp};

impl Numbering<'_> {
    pub(super) fn operand(&mut self, operand: &Operand) -> ValueId {
        match operand {
            Operand::Copy(place) => {
                if place.path.is_empty() {
                    return self.base(place.base, place.ty, place.span);
                }
                let (location, record) = self.location(place);
                self.load(location, place.ty, record, place.span)
            }
            Operand::Constant(constant) => self.constant(constant),
            Operand::Text(text) => self.values.intern(
                Value::Text(*text),
                TypeId::UNKNOWN,
                Span { start: 0, end: 0 },
            ),
            Operand::Function(name) => self.values.intern(
                Value::Function(*name),
                TypeId::UNKNOWN,
                Span { start: 0, end: 0 },
            ),
            Operand::Unknown(ty) => self.values.unknown(*ty, Span { start: 0, end: 0 }),
        }
    }

    pub(super) fn constant(&mut self, constant: &Constant) -> ValueId {
        let written = match (&constant.origin, constant.value) {
            (Origin::SizeofPlace(base), _) => Written::SizeofObject(*base),
            (Origin::Sizeof(ty), _) => Written::Sizeof(*ty),
            (Origin::Named(name), None) => Written::Name(*name),
            _ => Written::Number,
        };
        self.values.intern(
            Value::Constant {
                value: constant.value,
                written,
            },
            constant.ty,
            Span { start: 0, end: 0 },
        )
    }

    pub(super) fn rvalue(&mut self, value: &Rvalue, ty: TypeId, span: Span) -> ValueId {
        match value {
            Rvalue::Use(operand) => self.operand(operand),
            Rvalue::Unary(op, operand) => {
                let inner = self.operand(operand);
                if let (UnaryOp::Negate, Some(number)) = (*op, self.values.constant(inner)) {
                    return self.values.number(number.wrapping_neg(), ty, span);
                }
                self.values.intern(Value::Unary(*op, inner), ty, span)
            }
            Rvalue::Binary(op, left, right) => {
                let left = self.operand(left);
                let right = self.operand(right);
                let value = self.binary(*op, left, right, ty, span);
                self.event(span, EventKind::Compute { value, ty });
                value
            }
            Rvalue::Cast { value, to, .. } => {
                let inner = self.operand(value);
                self.cast(inner, *to, span)
            }
            Rvalue::AddressOf(place) => self.location(place).0,
            Rvalue::PointerAdd {
                pointer,
                count,
                is_negative,
            } => {
                let base = self.operand(pointer);
                let mut index = self.operand(count);
                if *is_negative {
                    index = match self.values.constant(index) {
                        Some(number) => {
                            self.values.number(number.wrapping_neg(), TypeId::I32, span)
                        }
                        None => self.values.intern(
                            Value::Unary(UnaryOp::Negate, index),
                            TypeId::I32,
                            span,
                        ),
                    };
                }
                let scale = self
                    .unit
                    .types
                    .pointee(ty)
                    .and_then(|to| match self.unit.types.get(to) {
                        Type::Void => Some(1),
                        _ => self.unit.types.size(to),
                    })
                    .and_then(|size| u32::try_from(size).ok())
                    .unwrap_or(0);
                self.element(base, index, scale, ty, span)
            }
            Rvalue::PointerSub(left, right) => {
                let left = self.operand(left);
                let right = self.operand(right);
                let value = self.values.intern(Value::Difference(left, right), ty, span);
                self.event(span, EventKind::Compute { value, ty });
                value
            }
            Rvalue::Len(place) => {
                let (location, _) = self.location(place);
                self.values.unknown(ty, self.values.span(location))
            }
            Rvalue::Discriminant(_) => self.values.unknown(ty, span),
            Rvalue::Aggregate(parts) => {
                for (_, part) in parts {
                    self.operand(part);
                }
                self.values.unknown(ty, span)
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: ValueId,
        right: ValueId,
        ty: TypeId,
        span: Span,
    ) -> ValueId {
        if let (Some(one), Some(two)) = (self.values.constant(left), self.values.constant(right)) {
            let folded = match op {
                BinaryOp::Add => one.checked_add(two),
                BinaryOp::Sub => one.checked_sub(two),
                BinaryOp::Mul => one.checked_mul(two),
                _ => None,
            };
            if let Some(number) = folded {
                return self.values.number(number, ty, span);
            }
        }
        self.values.intern(Value::Binary(op, left, right), ty, span)
    }

    /// A conversion; one that keeps every value is the value itself.
    pub(super) fn cast(&mut self, inner: ValueId, to: TypeId, span: Span) -> ValueId {
        let types = &self.unit.types;
        let from = self.values.ty(inner);
        if types.is_pointer(to) || self.values.is_constant(inner) {
            return inner;
        }
        match (types.int_range(from), types.int_range(to)) {
            (Some((low, high)), Some((least, most))) if least <= low && high <= most => inner,
            (None, _) | (_, None) if types.int(to).is_none() => inner,
            _ => self
                .values
                .intern(Value::Cast { value: inner, to }, to, span),
        }
    }
}
