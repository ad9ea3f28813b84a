//! Conditions as control flow, and their values.

use super::builder::Value;
use super::source::At;
use super::unit::Lowerer;
use crate::flow::ir::{BlockId, Constant, LocalKind, Operand, Origin, Rvalue, Terminator, TypeId};
use crate::syntax::{Field, Kind};

impl Lowerer<'_> {
    /// Branches on an expression, and ends the block at hand.
    pub(super) fn condition(&mut self, at: At, then: BlockId, otherwise: BlockId) {
        let done = self.deeper(|lowerer| lowerer.condition_here(at, then, otherwise));
        if done.is_none() {
            let span = self.span(at);
            let condition = self.unknown(self.int).operand;
            let branch = Terminator::Branch {
                condition,
                then,
                otherwise,
            };
            self.terminate(branch, span);
        }
    }

    fn condition_here(&mut self, at: At, then: BlockId, otherwise: BlockId) -> Option<()> {
        let at = self.inner(at);
        match self.kind(at) {
            Kind::BINARY_EXPRESSION => match self.operator(at) {
                b"&&" => {
                    let left = self.child(at, Field::LEFT)?;
                    let right = self.child(at, Field::RIGHT)?;
                    let next = self.new_block();
                    self.condition(left, next, otherwise);
                    self.switch_to(next);
                    self.condition(right, then, otherwise);
                    return Some(());
                }
                b"||" => {
                    let left = self.child(at, Field::LEFT)?;
                    let right = self.child(at, Field::RIGHT)?;
                    let next = self.new_block();
                    self.condition(left, then, next);
                    self.switch_to(next);
                    self.condition(right, then, otherwise);
                    return Some(());
                }
                _ => {}
            },
            Kind::UNARY_EXPRESSION if self.operator(at) == b"!" => {
                let argument = self.child(at, Field::ARGUMENT)?;
                self.condition(argument, otherwise, then);
                return Some(());
            }
            Kind::COMMA_EXPRESSION => {
                let left = self.child(at, Field::LEFT)?;
                let right = self.child(at, Field::RIGHT)?;
                self.effect(left);
                self.condition(right, then, otherwise);
                return Some(());
            }
            Kind::CALL_EXPRESSION => {
                if let Some(argument) = self.expectation(at) {
                    self.condition(argument, then, otherwise);
                    return Some(());
                }
            }
            _ => {}
        }
        let span = self.span(at);
        let (value, ty) = self.rvalue(at);
        let value = self.compute(value, ty, span);
        if let Operand::Constant(constant) = &value.operand
            && let Some(known) = constant.value
            && matches!(constant.origin, Origin::Literal)
        {
            self.goto(if known == 0 { otherwise } else { then }, span);
            return Some(());
        }
        let branch = Terminator::Branch {
            condition: value.operand,
            then,
            otherwise,
        };
        self.terminate(branch, span);
        Some(())
    }

    /// `&&`, `||` and their negations.
    pub(super) fn is_logical(&mut self, at: At) -> bool {
        let at = self.inner(at);
        match self.kind(at) {
            Kind::BINARY_EXPRESSION => matches!(self.operator(at), b"&&" | b"||"),
            Kind::UNARY_EXPRESSION => {
                self.operator(at) == b"!"
                    && self
                        .child(at, Field::ARGUMENT)
                        .is_some_and(|argument| self.is_logical(argument))
            }
            _ => false,
        }
    }

    /// A condition as 0 or 1.
    pub(super) fn truth(&mut self, at: At) -> (Rvalue, TypeId) {
        let span = self.span(at);
        let int = self.int;
        if self.folding {
            return self.constant_truth(at);
        }
        let local = self.nameless(LocalKind::Variable, int, span);
        let place = Self::local_place(local, int, span);
        let [yes, no, end] = [self.new_block(), self.new_block(), self.new_block()];
        self.condition(at, yes, no);
        for (block, value) in [(yes, 1), (no, 0)] {
            self.switch_to(block);
            let value = Rvalue::Use(Self::number(value, int));
            self.assign(place.clone(), value, span);
            self.goto(end, span);
        }
        self.switch_to(end);
        (Rvalue::Use(Operand::Copy(place)), int)
    }

    /// `A && B` of constants.
    fn constant_truth(&mut self, at: At) -> (Rvalue, TypeId) {
        let value = self.constant_condition(at);
        let constant = Constant {
            value: value.map(i128::from),
            ty: self.int,
            origin: Origin::Folded,
        };
        (Rvalue::Use(Operand::Constant(constant)), self.int)
    }

    pub(super) fn constant_condition(&mut self, at: At) -> Option<bool> {
        let at = self.inner(at);
        let sides = (self.child(at, Field::LEFT), self.child(at, Field::RIGHT));
        match (self.kind(at), self.operator(at), sides) {
            (Kind::BINARY_EXPRESSION, b"&&", (Some(left), Some(right))) => {
                match self.constant_condition(left)? {
                    true => self.constant_condition(right),
                    false => Some(false),
                }
            }
            (Kind::BINARY_EXPRESSION, b"||", (Some(left), Some(right))) => {
                match self.constant_condition(left)? {
                    true => Some(true),
                    false => self.constant_condition(right),
                }
            }
            (Kind::UNARY_EXPRESSION, b"!", _) => {
                let argument = self.child(at, Field::ARGUMENT)?;
                self.constant_condition(argument).map(|value| !value)
            }
            _ => self.constant(at).map(|value| value != 0),
        }
    }

    pub(super) fn conditional(&mut self, at: At) -> Option<(Rvalue, TypeId)> {
        let condition = self.child(at, Field::CONDITION)?;
        let alternative = self.child(at, Field::ALTERNATIVE)?;
        let consequence = self.child(at, Field::CONSEQUENCE).unwrap_or(condition);
        let plain = self.inner(condition);
        if self.folding || self.kind(plain) == Kind::NUMBER_LITERAL {
            let arm = match self.constant_condition(condition) {
                Some(true) => Some(consequence),
                Some(false) => Some(alternative),
                None => None,
            };
            if let Some(arm) = arm {
                return Some(self.rvalue(arm));
            }
        }
        let span = self.span(at);
        let [yes, no, end] = [self.new_block(), self.new_block(), self.new_block()];
        self.condition(condition, yes, no);
        self.switch_to(yes);
        let one = self.value(consequence);
        let yes = self.body.current;
        self.switch_to(no);
        let two = self.value(alternative);
        let no = self.body.current;
        let ty = self.conditional_type(&one, &two);
        let local = self.nameless(LocalKind::Variable, ty, span);
        let place = Self::local_place(local, ty, span);
        for (block, value) in [(yes, one), (no, two)] {
            self.body.current = block;
            if ty != TypeId::VOID {
                let (value, _) = self.conversion(value, ty, false);
                self.assign(place.clone(), value, span);
            }
            self.goto(end, span);
        }
        self.switch_to(end);
        Some(self.read(place))
    }

    /// The type of `c ? one : two`.
    fn conditional_type(&self, one: &Value, two: &Value) -> TypeId {
        if self.is_arithmetic(one.ty) && self.is_arithmetic(two.ty) {
            return self.common(one.ty, two.ty);
        }
        let is_null = |value: &Value| matches!(&value.operand, Operand::Constant(constant) if constant.value == Some(0));
        if is_null(one) || one.ty == TypeId::UNKNOWN {
            two.ty
        } else {
            one.ty
        }
    }
}
