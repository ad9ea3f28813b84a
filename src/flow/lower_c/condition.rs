//! Conditions as control flow.

use super::source::At;
use super::unit::Lowerer;
use crate::flow::ir::{BlockId, Operand, Origin, Terminator};
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
}
