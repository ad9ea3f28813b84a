//! Calls that take a lock or do not, and say by their result which: both ways are followed, each
//! with the result that belongs to it.

use crate::flow::ir::{
    Base, Function, LocalId, Operand, Place, ResultUse, Rvalue, StatementKind, Terminator, UnaryOp,
};
use crate::flow::models::{Effect, Model, Taken};

use super::call::Calling;
use super::linear::Linear;
use super::machine::{Frame, Machine, Run};
use super::value::{Origin, Value};

/// What a call does that takes a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Index of the argument.
    lock: u8,
    taken: Taken,
    /// The lock is held after the call, where its result is not looked at.
    is_held_unasked: bool,
    /// The lock is held after the call, where the result is used in a way that is not followed.
    is_held_anyway: bool,
}

impl Attempt {
    pub(crate) fn of(model: &Model) -> Option<Self> {
        model.effects.iter().find_map(|effect| {
            let (lock, taken, is_held_unasked, is_held_anyway) = match *effect {
                Effect::Locks { lock, taken, .. } => (lock, taken, true, true),
                Effect::LocksOrTimesOut { lock, taken, .. } => (lock, taken, true, false),
                Effect::TriesLock { lock, taken, .. } => (lock, taken, false, false),
                _ => return None,
            };
            Some(Self {
                lock,
                taken,
                is_held_unasked,
                is_held_anyway,
            })
        })
    }
}

impl Machine<'_> {
    /// Takes a lock, as far as can be told; the way on which the lock was not taken is given back.
    pub(super) fn attempt(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        calling: &Calling<'_>,
        attempt: Attempt,
    ) -> Option<Run> {
        let lock = attempt.lock;
        let is_used = calling.result == ResultUse::Used;
        if is_used
            && attempt.taken != Taken::Unsaid
            && let (Some(target), Some(function)) = (calling.target, self.function(frame.function))
            && is_tested(function, target)
        {
            let mut other = Run {
                state: run.state.clone(),
                scratch: run.scratch.clone(),
                is_dead: false,
            };
            for way in [&mut *run, &mut other] {
                way.state.forks = way.state.forks.saturating_add(1);
            }
            self.forget_lock(&mut other, calling, lock);
            let failure = match attempt.taken {
                Taken::IfOne => Value::number(0),
                Taken::IfZero | Taken::Unsaid => self.nonzero(&mut other, calling),
            };
            self.give_result(frame, &mut other, calling, Some(failure));
            self.lock(run, calling, lock);
            let success = Value::number(i128::from(attempt.taken == Taken::IfOne));
            self.give_result(frame, run, calling, Some(success));
            return (!other.is_dead).then_some(other);
        }
        if attempt.is_held_anyway || attempt.is_held_unasked && !is_used {
            self.lock(run, calling, lock);
        } else {
            self.forget_lock(run, calling, lock);
        }
        self.give_result(frame, run, calling, None);
        None
    }

    /// A number of the result's type that is not zero.
    fn nonzero(&mut self, run: &mut Run, calling: &Calling<'_>) -> Value {
        let range = self.type_range(calling.ty);
        let sym = self
            .arena
            .new_number(range, Origin::Call(calling.name), calling.span);
        run.state.assume_unequal(&self.arena, &Linear::symbol(sym));
        Value::symbol(sym)
    }
}

/// Whether, before anything else is made of it, the result that is written to `target` is compared
/// with numbers that are known: then every branch on it comes out as it must.
fn is_tested(function: &Function, target: &Place) -> bool {
    let Base::Local(first) = target.base else {
        return false;
    };
    let call = function.blocks.iter().enumerate().find_map(|(at, block)| {
        let index = block.statements.iter().position(|statement| {
            matches!(&statement.kind, StatementKind::Call { target: Some(of), .. } if std::ptr::eq(of, target))
        })?;
        Some((at, index + 1))
    });
    let (Some(start), true) = (call, target.path.is_empty()) else {
        return false;
    };
    let mut copies = vec![first];
    let mut seen = vec![false; function.blocks.len()];
    let mut work = vec![start];
    let mut is_asked = false;
    while let Some((at, from)) = work.pop() {
        let Some(block) = function.blocks.get(at) else {
            continue;
        };
        let mut is_replaced = false;
        for statement in block.statements.iter().skip(from) {
            match step(&statement.kind, &mut copies) {
                Fate::Kept => {}
                Fate::Replaced => {
                    is_replaced = true;
                    break;
                }
                Fate::Mixed => return false,
            }
        }
        if is_replaced {
            continue;
        }
        match &block.terminator {
            Terminator::Branch {
                condition: operand, ..
            }
            | Terminator::Switch { value: operand, .. }
            | Terminator::Return(Some(operand))
                if is_copy(operand, &copies) =>
            {
                is_asked = true;
            }
            other => {
                for next in other.successors() {
                    if let Some(slot) = seen.get_mut(next.0 as usize)
                        && !std::mem::replace(slot, true)
                    {
                        work.push((next.0 as usize, 0));
                    }
                }
            }
        }
    }
    is_asked
}

/// What a statement does to a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is still known where it is.
    Kept,
    /// Something else is there now.
    Replaced,
    /// It went into something whose value does not tell it any more.
    Mixed,
}

fn step(statement: &StatementKind, copies: &mut Vec<LocalId>) -> Fate {
    match statement {
        StatementKind::Assign { target, value } => {
            if !mentions(value, copies) {
                return match is_whole(target, copies) {
                    true => Fate::Replaced,
                    false => Fate::Kept,
                };
            }
            let is_told = match value {
                Rvalue::Use(_) | Rvalue::Cast { .. } | Rvalue::Unary(UnaryOp::Not, _) => true,
                Rvalue::Binary(op, left, right) => {
                    op.is_comparison()
                        && [left, right].iter().any(|side| {
                            matches!(side, Operand::Constant(constant) if constant.value.is_some())
                        })
                }
                _ => false,
            };
            match (is_told, target.base, target.path.is_empty()) {
                (true, Base::Local(local), true) => {
                    copies.push(local);
                    Fate::Kept
                }
                _ => Fate::Mixed,
            }
        }
        StatementKind::Call {
            arguments,
            target,
            result,
            ..
        } => {
            // A log of it is none.
            if *result == ResultUse::Used
                && arguments.iter().any(|argument| is_copy(argument, copies))
            {
                return Fate::Mixed;
            }
            match target {
                Some(target) if is_whole(target, copies) => Fate::Replaced,
                _ => Fate::Kept,
            }
        }
        StatementKind::Clobber(places) => {
            match places.iter().any(|place| is_whole(place, copies)) {
                true => Fate::Mixed,
                false => Fate::Kept,
            }
        }
        StatementKind::Enter(_) | StatementKind::Leave(_) | StatementKind::Assert { .. } => {
            Fate::Kept
        }
    }
}

fn is_whole(place: &Place, copies: &[LocalId]) -> bool {
    matches!(place.base, Base::Local(local) if copies.contains(&local))
}

fn is_copy(operand: &Operand, copies: &[LocalId]) -> bool {
    matches!(operand, Operand::Copy(place) if is_whole(place, copies))
}

fn mentions(value: &Rvalue, copies: &[LocalId]) -> bool {
    let is = |operand: &Operand| is_copy(operand, copies);
    match value {
        Rvalue::Use(one) | Rvalue::Unary(_, one) | Rvalue::Cast { value: one, .. } => is(one),
        Rvalue::Binary(_, one, two) | Rvalue::PointerSub(one, two) => is(one) || is(two),
        Rvalue::PointerAdd { pointer, count, .. } => is(pointer) || is(count),
        Rvalue::AddressOf(place) | Rvalue::Len(place) | Rvalue::Discriminant(place) => {
            is_whole(place, copies)
        }
        Rvalue::Aggregate(parts) => parts.iter().any(|(_, part)| is(part)),
    }
}

#[cfg(test)]
mod tests {
    use super::Attempt;
    use crate::flow::models::{Effect, Model, Taken, lock};

    #[test]
    fn an_attempt_is_what_the_model_says() {
        let effects = &[
            Effect::TriesLock {
                lock: 1,
                kind: lock::MUTEX,
                taken: Taken::IfOne,
            },
            Effect::Blocks,
        ];
        let model = Model {
            name: "try_it",
            effects,
        };
        let attempt = Attempt::of(&model).unwrap();
        assert_eq!((attempt.lock, attempt.taken), (1, Taken::IfOne));
        assert!(!attempt.is_held_unasked && !attempt.is_held_anyway);
        let none = Model {
            name: "sleep",
            effects: &[Effect::Blocks],
        };
        assert_eq!(Attempt::of(&none), None);
    }
}
