//! Promotions, conversions, folding.

use super::builder::Value;
use super::source::At;
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{BinaryOp, Constant, Operand, Origin, Rvalue, Type, TypeId, Types, UnaryOp};
use crate::syntax::Kind;

impl Lowerer<'_> {
    pub(super) fn is_float(&self, ty: TypeId) -> bool {
        matches!(self.unit.types.get(ty), Type::Float { .. })
    }

    pub(super) fn is_arithmetic(&self, ty: TypeId) -> bool {
        self.unit.types.int(ty).is_some() || self.is_float(ty)
    }

    /// The type after integer promotion.
    pub(super) fn promoted(&self, ty: TypeId) -> TypeId {
        match self.unit.types.int(ty) {
            Some((bits, _)) if bits < self.unit.target.int_bits => self.int,
            _ => ty,
        }
    }

    /// The type both sides of an operator are converted to; unknown if one side is.
    pub(super) fn common(&self, left: TypeId, right: TypeId) -> TypeId {
        if self.is_float(left) || self.is_float(right) {
            let double = left == TypeId::F64 || right == TypeId::F64;
            return if double { TypeId::F64 } else { TypeId::F32 };
        }
        let (left, right) = (self.promoted(left), self.promoted(right));
        let (Some(one), Some(two)) = (self.unit.types.int(left), self.unit.types.int(right)) else {
            return TypeId::UNKNOWN;
        };
        match one.0.cmp(&two.0) {
            std::cmp::Ordering::Greater => left,
            std::cmp::Ordering::Less => right,
            std::cmp::Ordering::Equal if one.1 => right,
            std::cmp::Ordering::Equal => left,
        }
    }

    /// The conversion C makes by itself, where the types differ.
    pub(super) fn convert(&mut self, value: Value, to: TypeId, span: Span) -> Value {
        match self.conversion(value, to, false) {
            (Rvalue::Use(operand), ty) => Value { operand, ty },
            (cast, ty) => self.computed(cast, ty, span),
        }
    }

    /// The conversion of a value to a type: itself where that changes nothing.
    pub(super) fn conversion(
        &mut self,
        value: Value,
        to: TypeId,
        is_explicit: bool,
    ) -> (Rvalue, TypeId) {
        let Value { operand, ty } = value;
        if ty == to {
            return (Rvalue::Use(operand), ty);
        }
        if let Operand::Constant(constant) = &operand
            && let Some(known) = constant.value
        {
            let fits = match self.unit.types.int_range(to) {
                Some((low, high)) => (low..=high).contains(&known),
                None => self.unit.types.is_pointer(to) && known >= 0,
            };
            let folded = if fits {
                Some(known)
            } else if is_explicit || self.folding {
                self.unit
                    .types
                    .int(to)
                    .filter(|_| self.unit.types.int(ty).is_some())
                    .map(|(bits, signed)| wrap(known, bits, signed))
            } else {
                None
            };
            if let Some(value) = folded {
                let constant = Constant {
                    value: Some(value),
                    ty: to,
                    origin: constant.origin.clone(),
                };
                return (Rvalue::Use(Operand::Constant(constant)), to);
            }
        }
        let pointers = self.unit.types.is_pointer(ty) && self.unit.types.is_pointer(to);
        let scalar = |types: &Types, ty| {
            types.int(ty).is_some()
                || types.is_pointer(ty)
                || matches!(types.get(ty), Type::Float { .. })
        };
        let known = scalar(&self.unit.types, ty) && scalar(&self.unit.types, to);
        if is_explicit {
            // A cast of what is not known still tells the type.
            let wanted = scalar(&self.unit.types, to) || self.unit.types.is_pointer(ty);
            if wanted && !(pointers && matches!(operand, Operand::Unknown(_))) {
                let cast = Rvalue::Cast {
                    value: operand,
                    to,
                    is_explicit,
                };
                return (cast, to);
            }
            return (Rvalue::Use(operand), to);
        }
        if pointers || !known {
            let ty = if pointers { to } else { ty };
            return (Rvalue::Use(operand), ty);
        }
        let cast = Rvalue::Cast {
            value: operand,
            to,
            is_explicit,
        };
        (cast, to)
    }

    /// A binary operator on two numbers of one type, or a comparison.
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: Operand,
        right: Operand,
        ty: TypeId,
    ) -> Rvalue {
        if let (Operand::Constant(one), Operand::Constant(two)) = (&left, &right)
            && let (Some(a), Some(b)) = (one.value, two.value)
            && (self.folding || folds(op, &one.origin, &two.origin))
            && let Some(value) = fold(op, a, b)
        {
            let value = match self.unit.types.int(ty) {
                Some((bits, signed)) => Some(wrap(value, bits, signed)),
                None if self.is_float(ty) && op == BinaryOp::Div => (a % b == 0).then_some(value),
                None => Some(value),
            };
            return Rvalue::Use(Operand::Constant(Constant {
                value,
                ty,
                origin: Origin::Folded,
            }));
        }
        Rvalue::Binary(op, left, right)
    }

    pub(super) fn unary(&mut self, op: UnaryOp, value: Operand, ty: TypeId) -> Rvalue {
        if let Operand::Constant(constant) = &value
            && let Some(known) = constant.value
        {
            let folded = match op {
                UnaryOp::Negate => -known,
                UnaryOp::BitNot => !known,
                UnaryOp::Not => i128::from(known == 0),
            };
            let folded = match self.unit.types.int(ty) {
                Some((bits, signed)) => wrap(folded, bits, signed),
                None => folded,
            };
            let origin = match &constant.origin {
                Origin::Literal if op == UnaryOp::Negate => Origin::Literal,
                _ => Origin::Folded,
            };
            return Rvalue::Use(Operand::Constant(Constant {
                value: Some(folded),
                ty,
                origin,
            }));
        }
        Rvalue::Unary(op, value)
    }

    /// The value of a constant expression; nothing is written.
    pub(super) fn constant(&mut self, at: At) -> Option<i128> {
        if self.kind(at) == Kind::NUMBER_LITERAL {
            return super::literal::number(self.text(at), self.unit.target)?.value;
        }
        let folding = std::mem::replace(&mut self.folding, true);
        let mark = self.mark();
        let value = self.value(at);
        self.roll_back(mark);
        self.folding = folding;
        match value.operand {
            Operand::Constant(constant) => constant.value,
            _ => None,
        }
    }
}

/// Whether the parts of an expression are not worth keeping. `sizeof x - 1` says more than its
/// value; the quotient of two sizes is a number of elements.
fn folds(op: BinaryOp, left: &Origin, right: &Origin) -> bool {
    let is_size = |origin: &Origin| matches!(origin, Origin::SizeofPlace(_) | Origin::Sizeof(_));
    match (is_size(left), is_size(right)) {
        (true, true) => op == BinaryOp::Div,
        (false, false) => true,
        _ => op == BinaryOp::Div,
    }
}

/// The value in so many bits.
pub(super) fn wrap(value: i128, bits: u8, signed: bool) -> i128 {
    if bits == 0 || bits > 100 {
        return value;
    }
    let rest = value.rem_euclid(1_i128 << bits);
    if signed && rest >= 1_i128 << (bits - 1) {
        rest - (1_i128 << bits)
    } else {
        rest
    }
}

pub(super) fn fold(op: BinaryOp, a: i128, b: i128) -> Option<i128> {
    Some(match op {
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Sub => a.checked_sub(b)?,
        BinaryOp::Mul => a.checked_mul(b)?,
        BinaryOp::Div => a.checked_div(b)?,
        BinaryOp::Rem => a.checked_rem(b)?,
        BinaryOp::Shl => {
            let by = u32::try_from(b).ok().filter(|by| *by < 64)?;
            a.checked_mul(1_i128 << by)?
        }
        BinaryOp::Shr => a >> u32::try_from(b).ok().filter(|by| *by < 100)?,
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::Eq => i128::from(a == b),
        BinaryOp::Ne => i128::from(a != b),
        BinaryOp::Lt => i128::from(a < b),
        BinaryOp::Le => i128::from(a <= b),
        BinaryOp::Gt => i128::from(a > b),
        BinaryOp::Ge => i128::from(a >= b),
    })
}
