//! Conversions, and bounds of operations that are not linear.

use crate::finding::Span;
use crate::flow::ir::{BinaryOp, Type, TypeId};

use super::linear::Linear;
use super::machine::Machine;
use super::state::State;
use super::value::{FAR, Origin, Range, Value};

impl Machine<'_> {
    /// A value converted to a type.
    pub(crate) fn cast(
        &mut self,
        state: &mut State,
        value: Value,
        to: TypeId,
        span: Span,
    ) -> Value {
        match self.unit.types.get(to) {
            Type::Float { bits } => match value {
                Value::Int(form) => form
                    .as_constant()
                    .map_or(Value::Any, |value| Value::Real(value as f64)),
                Value::Real(number) if *bits == 32 => Value::Real(f64::from(number as f32)),
                Value::Real(_) => value,
                _ => Value::Any,
            },
            Type::Bool => match value {
                Value::Int(_) | Value::Addr(..) | Value::Ptr(..) | Value::Function(_) => {
                    if let Value::Int(form) = value
                        && state.range(&self.arena, &form).within(0, 1)
                    {
                        return value;
                    }
                    self.compare(state, BinaryOp::Ne, value, Value::number(0), span)
                }
                _ => self.fresh(to, Origin::Operation, span),
            },
            Type::Int { .. } => match value {
                Value::Int(form) => {
                    if let Some(constant) = form.as_constant() {
                        return Value::number(self.wrap(constant, to));
                    }
                    let Some((low, high)) = self.unit.types.int_range(to) else {
                        return value;
                    };
                    let range = state.range(&self.arena, &form);
                    if range.within(low, high) {
                        return value;
                    }
                    if range.lo <= -FAR && range.hi >= FAR && form.as_symbol().is_some() {
                        // Its own type was not seen: take it for this one.
                        if let Some(sym) = form.as_symbol() {
                            let upper = form.add_constant(-high);
                            let lower = form.scale(-1).and_then(|form| form.add_constant(low));
                            if let (Some(upper), Some(lower)) = (upper, lower)
                                && state.assume(&self.arena, &upper)
                                && state.assume(&self.arena, &lower)
                            {
                                // The ends of a type are nothing that some path gets to.
                                state.forget_reached(sym);
                                return value;
                            }
                        }
                    }
                    let key = (201, form, Linear::constant(0), to);
                    if let Some(sym) = self.operations.get(&key) {
                        return Value::symbol(*sym);
                    }
                    // An address that is kept as a number is kept.
                    self.escape(state, &value);
                    let sym =
                        self.arena
                            .new_number(Range::between(low, high), Origin::Operation, span);
                    if let Some(Origin::Outside(name)) = form
                        .terms()
                        .first()
                        .and_then(|term| self.arena.sym(term.0))
                        .map(|info| info.origin.clone())
                        && let Some(info) = self.arena.sym_mut(sym)
                    {
                        info.origin = Origin::Outside(name);
                    }
                    self.operations.insert(key, sym);
                    if state.entails_unequal(&self.arena, &form) {
                        // Codes of errors are not cut to zero.
                        state.assume_unequal(&self.arena, &Linear::symbol(sym));
                    }
                    Value::symbol(sym)
                }
                Value::Real(number) => {
                    if number.is_finite() && number.abs() < 1e18 {
                        Value::number(self.wrap(number as i128, to))
                    } else {
                        self.fresh(to, Origin::Operation, span)
                    }
                }
                Value::Ptr(sym, offset) if offset.as_constant() == Some(0) => Value::symbol(sym),
                Value::Addr(..) | Value::Ptr(..) | Value::Function(_) => value,
                Value::Undef | Value::Any => self.fresh(to, Origin::Operation, span),
            },
            Type::Pointer { .. } => match value {
                Value::Int(form) => match form.as_symbol() {
                    Some(sym) => {
                        if let Some(info) = self.arena.sym_mut(sym)
                            && info.ty == TypeId::UNKNOWN
                        {
                            info.ty = to;
                        }
                        Value::pointer(sym)
                    }
                    None if form.as_constant().is_some() => value,
                    None => Value::pointer(self.fresh_pointer(to, Origin::Operation, span)),
                },
                Value::Any | Value::Real(_) => {
                    Value::pointer(self.fresh_pointer(to, Origin::Operation, span))
                }
                _ => value,
            },
            _ => value,
        }
    }

    /// Bounds of a result that is not linear.
    pub(super) fn result_range(
        &self,
        state: &State,
        op: BinaryOp,
        a: &Linear,
        b: &Linear,
        ty: TypeId,
    ) -> Range {
        let (x, y) = (state.range(&self.arena, a), state.range(&self.arena, b));
        let full = self.type_range(ty);
        match op {
            BinaryOp::Mul => {
                let all = [
                    x.lo.saturating_mul(y.lo),
                    x.lo.saturating_mul(y.hi),
                    x.hi.saturating_mul(y.lo),
                    x.hi.saturating_mul(y.hi),
                ];
                let lo = all.iter().copied().min().unwrap_or(-FAR);
                let hi = all.iter().copied().max().unwrap_or(FAR);
                Range::between(lo, hi)
            }
            BinaryOp::Div if y.lo > 0 => {
                let all = [x.lo / y.lo, x.lo / y.hi, x.hi / y.lo, x.hi / y.hi];
                Range::between(
                    all.iter().copied().min().unwrap_or(-FAR),
                    all.iter().copied().max().unwrap_or(FAR),
                )
            }
            BinaryOp::Rem if y.lo > 0 => {
                let most = y.hi - 1;
                if x.lo >= 0 {
                    let mut range = Range::between(0, x.hi.min(most));
                    // Any remainder turns up if the number may be anything.
                    if y.lo == y.hi
                        && a.as_symbol().is_some_and(|sym| {
                            self.arena
                                .sym(sym)
                                .is_some_and(super::value::SymInfo::may_be_anything)
                        })
                        && x.hi >= most
                    {
                        range.hi_reached = true;
                        range.lo_reached = true;
                    }
                    range
                } else {
                    Range::between(x.lo.max(-most), x.hi.min(most).max(0))
                }
            }
            BinaryOp::And => {
                if x.lo >= 0 && y.lo >= 0 {
                    Range::between(0, x.hi.min(y.hi))
                } else if y.lo >= 0 {
                    Range::between(0, y.hi)
                } else if x.lo >= 0 {
                    Range::between(0, x.hi)
                } else {
                    full
                }
            }
            BinaryOp::Or | BinaryOp::Xor => {
                if x.lo >= 0 && y.lo >= 0 && x.hi < FAR && y.hi < FAR {
                    let most = x.hi.max(y.hi).max(1) as u128;
                    let bits = 128 - most.leading_zeros();
                    let lo = if op == BinaryOp::Or {
                        x.lo.max(y.lo)
                    } else {
                        0
                    };
                    Range::between(lo, (1_i128 << bits.min(100)) - 1)
                } else {
                    full
                }
            }
            BinaryOp::Shr => {
                if x.lo >= 0 && y.lo >= 0 && y.lo < 100 {
                    Range::between(if y.hi < 100 { x.lo >> y.hi } else { 0 }, x.hi >> y.lo)
                } else {
                    full
                }
            }
            BinaryOp::Shl => {
                if x.lo >= 0 && x.hi < 1 << 64 && y.lo >= 0 && y.hi < 32 {
                    Range::between(x.lo << y.lo, x.hi << y.hi)
                } else {
                    full
                }
            }
            _ => full,
        }
    }

    pub(super) fn fold(&self, op: BinaryOp, a: &Linear, b: &Linear, ty: TypeId) -> Option<i128> {
        let (a, b) = (a.as_constant()?, b.as_constant()?);
        let bits = self.unit.types.int(ty).map_or(64, |int| u32::from(int.0));
        match op {
            BinaryOp::Div => (b != 0).then(|| a / b),
            BinaryOp::Rem => (b != 0).then(|| a % b),
            BinaryOp::Shl => (0..i128::from(bits).min(90))
                .contains(&b)
                .then(|| self.wrap(a << b, ty)),
            BinaryOp::Shr => (0..i128::from(bits)).contains(&b).then(|| a >> b),
            BinaryOp::And => Some(self.wrap(a & b, ty)),
            BinaryOp::Or => Some(self.wrap(a | b, ty)),
            BinaryOp::Xor => Some(self.wrap(a ^ b, ty)),
            _ => None,
        }
    }
}
