//! Single steps: statements without calls, and what ends a block.

use smallvec::SmallVec;
use std::rc::Rc;

use crate::finding::Span;
use crate::flow::ir::{BlockId, StatementKind, Terminator};

use super::engine::{Exit, Pending};
use super::linear::Sym;
use super::machine::{Frame, MAX_STATES, Machine, Run};
use super::memory::{Contents, Life, Rest};
use super::place::Purpose;
use super::prepare::Slot;
use super::state::{State, StepKind};
use super::value::{Origin, Value};

impl Machine<'_> {
    pub(super) fn statement(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        kind: &StatementKind,
        span: Span,
    ) {
        match kind {
            StatementKind::Enter(local) => match frame.prepared.slot(*local) {
                Slot::Register(slot) => {
                    if let Some(register) =
                        Rc::make_mut(&mut run.state.registers).get_mut(slot as usize)
                    {
                        *register = Value::Undef;
                    }
                }
                Slot::Scratch(_) => {}
                Slot::Memory => {
                    if let Some(object) = self.local_object(frame, *local) {
                        run.state.set_contents(object, Contents::new(Rest::Undef));
                    }
                }
            },
            StatementKind::Leave(local) => {
                if frame.prepared.slot(*local) == Slot::Memory
                    && let Some(object) = self.local_object(frame, *local)
                    && run.state.contents(object).is_some()
                    && let Some(contents) = run.state.contents_mut(object)
                {
                    contents.life = Life::Left(span);
                }
            }
            StatementKind::Assign { target, value } => {
                let at = self.resolve(frame, run, target, Purpose::Write);
                if run.is_dead {
                    return;
                }
                self.assign(frame, run, &at, value, target, span);
            }
            StatementKind::Assert { condition, .. } => {
                let value = self.operand(frame, run, condition);
                if !run.is_dead && !self.assume_truth(&mut run.state, &value, true) {
                    run.is_dead = true;
                }
            }
            StatementKind::Clobber(places) => {
                let mut values: SmallVec<[Value; 4]> = SmallVec::new();
                for place in places {
                    let at = self.resolve(frame, run, place, Purpose::Address);
                    if run.is_dead {
                        return;
                    }
                    if let super::place::Location::Memory(spots) = &at.location {
                        let spots = spots.clone();
                        for spot in &spots {
                            values.push(Value::Addr(spot.object, spot.offset));
                        }
                    } else {
                        let value = self.fresh(at.ty, Origin::Memory, span);
                        self.store(frame, run, &at, value, span);
                    }
                }
                self.havoc(&mut run.state, &values, false);
            }
            StatementKind::Call { .. } => {}
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of the walk needs all of its parts"
    )]
    pub(super) fn terminator(
        &mut self,
        frame: &mut Frame,
        from: BlockId,
        terminator: &Terminator,
        span: Span,
        mut run: Run,
        pending: &mut Vec<Pending>,
        exits: &mut Vec<Exit>,
    ) {
        match terminator {
            Terminator::Goto(to) => self.go(frame, from, *to, run.state, false, pending),
            Terminator::Unreachable => {}
            Terminator::Return(value) => {
                let value = match value {
                    Some(operand) => {
                        let value = self.operand(frame, &mut run, operand);
                        if run.is_dead {
                            return;
                        }
                        self.check_return(frame, &run, &value, operand, span);
                        value
                    }
                    None => Value::Any,
                };
                self.check_held(frame, &run.state, from, span);
                self.leave(frame, &mut run.state);
                exits.push((run.state, value));
                if exits.len() > 12 {
                    self.reduce_exits(exits, MAX_STATES, span);
                }
            }
            Terminator::Branch {
                condition,
                then,
                otherwise,
            } => {
                let value = self.operand(frame, &mut run, condition);
                if run.is_dead {
                    return;
                }
                let known = self.decide_truth(&run.state, &value);
                // How it goes on if the condition is true, and if it is not.
                let mut one = None;
                let mut two = None;
                match known {
                    Some(truth) => {
                        let mut state = run.state;
                        state.step(span, StepKind::Branch(truth));
                        *(if truth { &mut one } else { &mut two }) = Some(state);
                    }
                    None if self.is_test_in_macro(&value, span) => {
                        // The macro's own caution says nothing of this caller.
                        let truth = self.truth_of_address(&value);
                        let mut state = run.state.clone();
                        let is_possible = self.assume_truth(&mut state, &value, truth);
                        let (address, null) = if truth {
                            (&mut one, &mut two)
                        } else {
                            (&mut two, &mut one)
                        };
                        *address = is_possible.then_some(state);
                        *null = Some(run.state);
                    }
                    None => {
                        let mut state = run.state.clone();
                        if self.assume_truth(&mut state, &value, true) {
                            state.step(span, StepKind::Branch(true));
                            one = Some(state);
                        }
                        let mut state = run.state;
                        if self.assume_truth(&mut state, &value, false) {
                            state.step(span, StepKind::Branch(false));
                            two = Some(state);
                        }
                    }
                }
                let outcome = self.outcomes.entry((frame.function, from)).or_default();
                outcome.was_true |= one.is_some();
                outcome.was_false |= two.is_some();
                let is_open = one.is_some() && two.is_some();
                for state in one.iter_mut().chain(&mut two) {
                    state.forks = state.forks.saturating_add(u16::from(is_open));
                }
                if let Some(state) = one {
                    self.go(frame, from, *then, state, is_open, pending);
                }
                if let Some(state) = two {
                    self.go(frame, from, *otherwise, state, is_open, pending);
                }
            }
            Terminator::Switch {
                value: operand,
                cases,
                otherwise,
                ..
            } => {
                let value = self.operand(frame, &mut run, operand);
                if run.is_dead {
                    return;
                }
                let Value::Int(form) = value else {
                    for case in cases {
                        self.go(frame, from, case.2, run.state.clone(), true, pending);
                    }
                    self.go(frame, from, *otherwise, run.state, true, pending);
                    return;
                };
                let mut rest = Some(run.state);
                for (low, high, to) in cases {
                    let Some(state) = &rest else {
                        break;
                    };
                    let mut here = state.clone();
                    let lower = form.scale(-1).and_then(|form| form.add_constant(*low));
                    let upper = form.add_constant(-*high);
                    if let (Some(lower), Some(upper)) = (lower, upper)
                        && here.assume(&self.arena, &lower)
                        && here.assume(&self.arena, &upper)
                        && !(low == high
                            && self.decide(
                                state,
                                &super::value::Comparison {
                                    op: crate::flow::ir::BinaryOp::Eq,
                                    left: value,
                                    right: Value::number(*low),
                                },
                            ) == Some(false))
                    {
                        here.step(span, StepKind::Switch(Some(*low)));
                        self.go(frame, from, *to, here, true, pending);
                        // What is left differs from this arm's values.
                        if low == high
                            && let Some(left) = &mut rest
                            && form
                                .add_constant(-*low)
                                .is_some_and(|form| !left.assume_unequal(&self.arena, &form))
                        {
                            rest = None;
                        }
                    }
                }
                if let Some(mut state) = rest {
                    state.step(span, StepKind::Switch(None));
                    self.go(frame, from, *otherwise, state, true, pending);
                }
            }
        }
    }

    /// The locals of a call are gone.
    pub(crate) fn leave(&mut self, frame: &Frame, state: &mut State) {
        let Some(function) = self.function(frame.function) else {
            return;
        };
        for object in frame.objects.iter().flatten() {
            if state.contents(*object).is_some()
                && let Some(contents) = state.contents_mut(*object)
                && contents.life == Life::Alive
            {
                contents.life = Life::Left(function.span);
            }
        }
    }

    /// Whether a condition asks for NULL inside of a macro, of an address that nothing else is
    /// known of.
    pub(super) fn is_test_in_macro(&self, value: &Value, span: Span) -> bool {
        if !self.is_macro_call(span) {
            return false;
        }
        self.tested_address(value).is_some_and(|sym| {
            self.arena
                .sym(sym)
                .is_some_and(|info| info.alternatives.is_empty())
        })
    }

    /// The address that a condition compares with NULL.
    pub(super) fn tested_address(&self, value: &Value) -> Option<Sym> {
        match value {
            Value::Ptr(sym, offset) if offset.as_constant() == Some(0) => Some(*sym),
            Value::Int(form) => {
                let info = self.arena.sym(form.as_symbol()?)?;
                let Origin::Comparison(inner) = &info.origin else {
                    return None;
                };
                match (inner.left, inner.right) {
                    (Value::Ptr(sym, _), zero) | (zero, Value::Ptr(sym, _)) if zero.is_null() => {
                        Some(sym)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The outcome of such a condition if the address is none.
    pub(super) fn truth_of_address(&self, value: &Value) -> bool {
        let Value::Int(form) = value else {
            return true;
        };
        form.as_symbol()
            .and_then(|sym| self.arena.sym(sym))
            .is_none_or(|info| {
                !matches!(&info.origin, Origin::Comparison(inner) if inner.op == crate::flow::ir::BinaryOp::Eq)
            })
    }

    /// Whether the text of a span is a call, and so a condition in it is a macro's.
    pub(super) fn is_macro_call(&self, span: Span) -> bool {
        let text = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or(&[]);
        let name = text
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        name > 0 && text.get(name) == Some(&b'(') && text.last() == Some(&b')')
    }
}
