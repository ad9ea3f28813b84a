//! Conditions: whether they are decided, and what follows from how they come out.

use crate::flow::ir::BinaryOp;

use super::linear::Linear;
use super::machine::Machine;
use super::state::State;
use super::value::{Alternative, Comparison, Origin, Value};

/// Deepest chain of conditions about conditions that is followed.
const MAX_DEPTH: u32 = 8;

impl Machine<'_> {
    /// Whether a comparison is certainly true or certainly false.
    pub(crate) fn decide(&self, state: &State, comparison: &Comparison) -> Option<bool> {
        self.decide_at(state, comparison, 0)
    }

    fn decide_at(&self, state: &State, comparison: &Comparison, depth: u32) -> Option<bool> {
        let Comparison { op, left, right } = *comparison;
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => {
                if depth < MAX_DEPTH
                    && let Some((inner, wanted)) = self.inner(op, &a, &b)
                    && let Some(known) = self.decide_at(state, &inner, depth + 1)
                {
                    return Some(known == wanted);
                }
                self.decide_numbers(state, op, &a, &b)
            }
            (Value::Real(a), Value::Real(b)) => Some(compare(op, a, b)),
            (Value::Real(a), Value::Int(b)) => Some(compare(op, a, b.as_constant()? as f64)),
            (Value::Int(a), Value::Real(b)) => Some(compare(op, a.as_constant()? as f64, b)),
            (pointer, zero) if zero.is_null() && pointer.is_address() => {
                self.decide_null(state, op, &pointer)
            }
            (zero, pointer) if zero.is_null() && pointer.is_address() => {
                self.decide_null(state, op.swapped()?, &pointer)
            }
            (Value::Addr(x, from), Value::Addr(y, to)) => {
                if x == y {
                    return self.decide_numbers(state, op, &from, &to);
                }
                match op {
                    BinaryOp::Eq => Some(false),
                    BinaryOp::Ne => Some(true),
                    _ => None,
                }
            }
            (Value::Ptr(x, from), Value::Ptr(y, to)) if x == y => {
                self.decide_numbers(state, op, &from, &to)
            }
            (Value::Function(x), Value::Function(y)) => match op {
                BinaryOp::Eq => Some(x == y),
                BinaryOp::Ne => Some(x != y),
                _ => None,
            },
            _ => None,
        }
    }

    fn decide_numbers(&self, state: &State, op: BinaryOp, a: &Linear, b: &Linear) -> Option<bool> {
        let difference = a.sub(b)?;
        match op {
            BinaryOp::Eq | BinaryOp::Ne => {
                let range = state.range(&self.arena, &difference);
                let equal = if range.lo == 0 && range.hi == 0 {
                    Some(true)
                } else if state.entails_unequal(&self.arena, &difference) {
                    Some(false)
                } else if !difference.terms().is_empty()
                    && state.entails(&self.arena, &difference)
                    && state.entails(&self.arena, &difference.scale(-1)?)
                {
                    Some(true)
                } else {
                    None
                };
                equal.map(|equal| equal == (op == BinaryOp::Eq))
            }
            BinaryOp::Lt | BinaryOp::Ge => {
                // a < b  <=>  a - b + 1 <= 0
                let less = if state.entails(&self.arena, &difference.add_constant(1)?) {
                    Some(true)
                } else if state.entails(&self.arena, &difference.scale(-1)?) {
                    Some(false)
                } else {
                    None
                };
                less.map(|less| less == (op == BinaryOp::Lt))
            }
            BinaryOp::Le | BinaryOp::Gt => {
                let at_most = if state.entails(&self.arena, &difference) {
                    Some(true)
                } else if state.entails(&self.arena, &difference.scale(-1)?.add_constant(1)?) {
                    Some(false)
                } else {
                    None
                };
                at_most.map(|at_most| at_most == (op == BinaryOp::Le))
            }
            _ => None,
        }
    }

    fn decide_null(&self, state: &State, op: BinaryOp, pointer: &Value) -> Option<bool> {
        let is_null = match pointer {
            Value::Addr(..) | Value::Function(_) => Some(false),
            Value::Ptr(sym, offset) if offset.as_constant() == Some(0) => {
                state.is_null(&self.arena, *sym)
            }
            _ => None,
        }?;
        match op {
            BinaryOp::Eq => Some(is_null),
            BinaryOp::Ne => Some(!is_null),
            _ => None,
        }
    }

    /// If `a op b` asks whether a comparison came out true: that comparison, and how it must come
    /// out for the question to be true.
    fn inner(&self, op: BinaryOp, a: &Linear, b: &Linear) -> Option<(Comparison, bool)> {
        let (sym, constant) = match (a.as_symbol(), b.as_constant()) {
            (Some(sym), Some(constant)) => (sym, constant),
            _ => (b.as_symbol()?, a.as_constant()?),
        };
        let Origin::Comparison(inner) = &self.arena.sym(sym)?.origin else {
            return None;
        };
        let wanted = match (op, constant) {
            (BinaryOp::Eq, 0) | (BinaryOp::Ne, 1) => false,
            (BinaryOp::Ne, 0) | (BinaryOp::Eq, 1) => true,
            _ => return None,
        };
        Some((**inner, wanted))
    }

    /// Whether a value is certainly true or certainly false.
    pub(crate) fn decide_truth(&self, state: &State, value: &Value) -> Option<bool> {
        match value {
            Value::Int(form) => {
                if let Some(sym) = form.as_symbol()
                    && let Some(info) = self.arena.sym(sym)
                    && let Origin::Comparison(inner) = &info.origin
                    && let Some(known) = self.decide(state, inner)
                {
                    return Some(known);
                }
                self.decide(
                    state,
                    &Comparison {
                        op: BinaryOp::Ne,
                        left: *value,
                        right: Value::number(0),
                    },
                )
            }
            Value::Real(number) => Some(*number != 0.0),
            Value::Addr(..) | Value::Ptr(..) | Value::Function(_) => {
                self.decide_null(state, BinaryOp::Ne, value)
            }
            Value::Undef | Value::Any => None,
        }
    }

    /// Takes a condition's outcome as given; false if it cannot come out so.
    pub(crate) fn assume_truth(&mut self, state: &mut State, value: &Value, truth: bool) -> bool {
        match value {
            Value::Int(form) => {
                if let Some(sym) = form.as_symbol()
                    && let Some(info) = self.arena.sym(sym)
                    && let Origin::Comparison(inner) = &info.origin
                {
                    let inner = **inner;
                    let known = Linear::symbol(sym)
                        .add_constant(if truth { -1 } else { 0 })
                        .is_none_or(|form| state.assume_equal(&self.arena, &form));
                    return known && self.assume_comparison(state, &inner, truth, 0);
                }
                self.assume_comparison(
                    state,
                    &Comparison {
                        op: BinaryOp::Ne,
                        left: *value,
                        right: Value::number(0),
                    },
                    truth,
                    0,
                )
            }
            Value::Addr(..) | Value::Ptr(..) | Value::Function(_) => self.assume_comparison(
                state,
                &Comparison {
                    op: BinaryOp::Ne,
                    left: *value,
                    right: Value::number(0),
                },
                truth,
                0,
            ),
            Value::Real(number) => (*number != 0.0) == truth,
            Value::Undef | Value::Any => true,
        }
    }

    pub(crate) fn assume_comparison(
        &mut self,
        state: &mut State,
        comparison: &Comparison,
        truth: bool,
        depth: u32,
    ) -> bool {
        let Some(op) = (if truth {
            Some(comparison.op)
        } else {
            comparison.op.negated()
        }) else {
            return true;
        };
        let (left, right) = (comparison.left, comparison.right);
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => {
                if depth < MAX_DEPTH
                    && let Some((inner, wanted)) = self.inner(op, &a, &b)
                    && !self.assume_comparison(state, &inner, wanted, depth + 1)
                {
                    return false;
                }
                self.assume_numbers(state, op, &a, &b)
            }
            (pointer, zero) if zero.is_null() && pointer.is_address() => {
                self.assume_null(state, op, &pointer)
            }
            (zero, pointer) if zero.is_null() && pointer.is_address() => op
                .swapped()
                .is_none_or(|op| self.assume_null(state, op, &pointer)),
            (Value::Addr(x, from), Value::Addr(y, to)) if x == y => {
                self.assume_numbers(state, op, &from, &to)
            }
            (Value::Ptr(x, from), Value::Ptr(y, to)) if x == y => {
                self.assume_numbers(state, op, &from, &to)
            }
            _ => self
                .decide(state, &Comparison { op, left, right })
                .is_none_or(|known| known),
        }
    }

    fn assume_numbers(&mut self, state: &mut State, op: BinaryOp, a: &Linear, b: &Linear) -> bool {
        let Some(difference) = a.sub(b) else {
            return true;
        };
        let arena = &self.arena;
        match op {
            BinaryOp::Eq => state.assume_equal(arena, &difference),
            BinaryOp::Ne => state.assume_unequal(arena, &difference),
            BinaryOp::Lt => difference
                .add_constant(1)
                .is_none_or(|form| state.assume(arena, &form)),
            BinaryOp::Le => state.assume(arena, &difference),
            BinaryOp::Gt => difference
                .scale(-1)
                .and_then(|form| form.add_constant(1))
                .is_none_or(|form| state.assume(arena, &form)),
            BinaryOp::Ge => difference
                .scale(-1)
                .is_none_or(|form| state.assume(arena, &form)),
            _ => true,
        }
    }

    fn assume_null(&mut self, state: &mut State, op: BinaryOp, pointer: &Value) -> bool {
        let is_null = match op {
            BinaryOp::Eq => true,
            BinaryOp::Ne => false,
            _ => return true,
        };
        match pointer {
            Value::Addr(..) | Value::Function(_) => !is_null,
            Value::Ptr(sym, offset) if offset.as_constant() == Some(0) => {
                if !state.assume_null(&self.arena, *sym, is_null) {
                    return false;
                }
                if is_null {
                    // What would have been there never was.
                    let alternatives = self
                        .arena
                        .sym(*sym)
                        .map(|info| std::rc::Rc::clone(&info.alternatives));
                    for alternative in alternatives.iter().flat_map(|all| all.iter()) {
                        if let Alternative::Object(object, _) = alternative
                            && self
                                .arena
                                .sym(*sym)
                                .is_some_and(|info| matches!(info.origin, Origin::Call(_)))
                        {
                            state.remove(*object);
                        }
                    }
                }
                let form = Linear::symbol(*sym);
                if is_null {
                    state.assume_equal(&self.arena, &form)
                } else {
                    true
                }
            }
            _ => true,
        }
    }
}

fn compare(op: BinaryOp, a: f64, b: f64) -> bool {
    match op {
        BinaryOp::Eq => a == b,
        BinaryOp::Ne => a != b,
        BinaryOp::Lt => a < b,
        BinaryOp::Le => a <= b,
        BinaryOp::Gt => a > b,
        BinaryOp::Ge => a >= b,
        _ => false,
    }
}
