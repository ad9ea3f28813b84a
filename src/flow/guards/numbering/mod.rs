//! Runs once over a function and names every value: what a variable, a field or an element holds
//! at each point, in terms of parameters, loads and calls.
//!
//! Optimistic where C is vague: a store through one pointer does not change what another one
//! points to, and a call changes only what its arguments point to. Guards live long that way, and
//! a report needs a guard to be missing.

mod calls;
mod expressions;
mod joins;
mod memory;

use super::graph::Graph;
use super::lexicon::Lexicon;
use super::values::{Value, ValueId, Values};
use crate::finding::Span;
use crate::flow::ir::{
    Base, Callee, Function, LocalId, ResultUse, Statement, StatementKind, Symbol, Terminator,
    TypeId, Unit,
};

/// Something that happens, with the values it happens to.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// The block.
    pub block: u32,
    /// The statement in its block; the terminator counts as one behind the last.
    pub statement: u32,
    /// Its bytes.
    pub span: Span,
    /// What happens.
    pub kind: EventKind,
}

/// What happens.
#[derive(Debug, Clone)]
pub(super) enum EventKind {
    /// Memory is read.
    Read {
        /// Address.
        location: ValueId,
        /// What was read.
        value: ValueId,
        /// Type of what was read.
        ty: TypeId,
        /// Record whose field it is; unknown if none.
        record: TypeId,
    },
    /// Memory is written.
    Write {
        /// Address.
        location: ValueId,
        /// What was written.
        value: ValueId,
        /// Type of what was written.
        ty: TypeId,
        /// Record whose field it is; unknown if none.
        record: TypeId,
    },
    /// A variable gets a value.
    Assign {
        /// The variable.
        local: LocalId,
        /// Its new value.
        value: ValueId,
    },
    /// An operator is applied.
    Compute {
        /// The result.
        value: ValueId,
        /// Its type.
        ty: TypeId,
    },
    /// A call.
    Call {
        /// By name, if it is.
        callee: Option<Symbol>,
        /// Arguments.
        arguments: Vec<ValueId>,
        /// Result.
        result: ValueId,
        /// What becomes of the result.
        usage: ResultUse,
    },
    /// A claim.
    Assert {
        /// What was claimed.
        condition: ValueId,
    },
    /// The function is left.
    Return(Option<ValueId>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    Value(ValueId),
    Clobbered(u32),
}

#[derive(Debug, Clone, Default)]
struct State {
    locals: Vec<ValueId>,
    memory: Vec<(ValueId, Stored)>,
}

/// A function with its values named.
#[derive(Debug)]
pub(super) struct Numbered {
    /// The values.
    pub values: Values,
    /// In the order of the graph.
    pub events: Vec<Event>,
    /// Condition or switched value of each block's end.
    pub conditions: Vec<Option<ValueId>>,
}

/// Bound of remembered stores per point.
const MEMORY: usize = 48;

struct Numbering<'a> {
    unit: &'a Unit,
    function: &'a Function,
    graph: &'a Graph,
    lexicon: &'a Lexicon,
    values: Values,
    events: Vec<Event>,
    conditions: Vec<Option<ValueId>>,
    slots: Vec<u32>,
    temporaries: Vec<Option<ValueId>>,
    state: State,
    out: Vec<Option<State>>,
    block: u32,
    statement: u32,
    phi_slot: u32,
    pending: Vec<(u32, u32, ValueId)>,
    /// Joins of memory at heads of loops: what comes round is added at the end.
    pending_memory: Vec<(u32, ValueId, ValueId)>,
}

const NO_SLOT: u32 = u32::MAX;

/// Names the values of a function.
pub(super) fn number(
    unit: &Unit,
    function: &Function,
    graph: &Graph,
    lexicon: &Lexicon,
) -> Numbered {
    let mut slots = vec![NO_SLOT; function.locals.len()];
    let mut count = 0;
    let repeated = repeated_temporaries(function);
    for (index, local) in function.locals.iter().enumerate() {
        let is_temporary = local.kind == crate::flow::ir::LocalKind::Temporary
            && !repeated.contains(&(index as u32));
        if !is_temporary && let Some(slot) = slots.get_mut(index) {
            *slot = count;
            count += 1;
        }
    }
    let mut this = Numbering {
        unit,
        function,
        graph,
        lexicon,
        values: Values::default(),
        events: Vec::new(),
        conditions: vec![None; function.blocks.len()],
        slots,
        temporaries: vec![None; function.locals.len()],
        state: State::default(),
        out: vec![None; function.blocks.len()],
        block: 0,
        statement: 0,
        phi_slot: 0,
        pending: Vec::new(),
        pending_memory: Vec::new(),
    };
    this.run(count as usize);
    Numbered {
        values: this.values,
        events: this.events,
        conditions: this.conditions,
    }
}

/// Temporaries with more than one assignment (`?:`, `&&` as values).
fn repeated_temporaries(function: &Function) -> Vec<u32> {
    let mut seen = vec![0_u8; function.locals.len()];
    for block in &function.blocks {
        for statement in &block.statements {
            let target = match &statement.kind {
                StatementKind::Assign { target, .. } => Some(target),
                StatementKind::Call { target, .. } => target.as_ref(),
                _ => None,
            };
            if let Some(place) = target
                && place.path.is_empty()
                && let Base::Local(id) = place.base
                && let Some(count) = seen.get_mut(id.0 as usize)
            {
                *count = count.saturating_add(1);
            }
        }
    }
    (0..seen.len() as u32)
        .filter(|index| seen.get(*index as usize).is_some_and(|count| *count > 1))
        .collect()
}

impl Numbering<'_> {
    fn run(&mut self, slots: usize) {
        let mut entry = Vec::with_capacity(slots);
        for (index, local) in self.function.locals.iter().enumerate() {
            if self.slots.get(index).is_none_or(|slot| *slot == NO_SLOT) {
                continue;
            }
            let value = match local.kind {
                crate::flow::ir::LocalKind::Parameter(at) => Value::Parameter(at),
                _ => Value::Uninit(LocalId(index as u32)),
            };
            entry.push(self.values.intern(value, local.ty, local.span));
        }
        for place in 0..self.graph.order.len() {
            let Some(&block) = self.graph.order.get(place) else {
                break;
            };
            self.block = block;
            self.phi_slot = 0;
            self.state = if place == 0 {
                let mut state = State {
                    locals: entry.clone(),
                    memory: Vec::new(),
                };
                if let Some(found) = self.graph.loop_at(block) {
                    self.enter_loop(found, &mut state);
                }
                state
            } else {
                self.join(block)
            };
            let Some(body) = self.function.block(crate::flow::ir::BlockId(block)) else {
                continue;
            };
            for (index, statement) in body.statements.iter().enumerate() {
                self.statement = index as u32;
                self.statement(statement);
            }
            self.statement = body.statements.len() as u32;
            let condition = match &body.terminator {
                Terminator::Branch { condition, .. } => Some(self.operand(condition)),
                Terminator::Switch { value, .. } => Some(self.operand(value)),
                Terminator::Return(value) => {
                    let value = value.as_ref().map(|value| self.operand(value));
                    self.event(body.span, EventKind::Return(value));
                    None
                }
                _ => None,
            };
            if let Some(slot) = self.conditions.get_mut(block as usize) {
                *slot = condition;
            }
            let state = std::mem::take(&mut self.state);
            if let Some(slot) = self.out.get_mut(block as usize) {
                *slot = Some(state);
            }
        }
        self.close_loops();
    }

    fn event(&mut self, span: Span, kind: EventKind) {
        self.events.push(Event {
            block: self.block,
            statement: self.statement,
            span,
            kind,
        });
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Assign { target, value } => {
                let value = self.rvalue(value, target.ty, statement.span);
                self.store(target, value, statement.span);
            }
            StatementKind::Call {
                callee,
                arguments,
                target,
                result,
            } => {
                let name = match callee {
                    Callee::Function(name) | Callee::Method(name) | Callee::Macro(name) => {
                        Some(*name)
                    }
                    Callee::Pointer(pointer) => {
                        self.operand(pointer);
                        None
                    }
                };
                let operands = arguments;
                let arguments: Vec<ValueId> =
                    operands.iter().map(|value| self.operand(value)).collect();
                let ty = target.as_ref().map_or(TypeId::UNKNOWN, |place| place.ty);
                let value = self.call(name, &arguments, ty, *result, statement.span);
                if let Some(name) = name
                    && self.lexicon.may_assign(self.unit, name)
                {
                    self.macro_call(operands);
                }
                if let Some(target) = target {
                    self.store(target, value, statement.span);
                }
            }
            StatementKind::Assert { condition, .. } => {
                let condition = self.operand(condition);
                self.event(statement.span, EventKind::Assert { condition });
            }
            StatementKind::Clobber(places) => {
                for place in places {
                    let unknown = self.values.unknown(place.ty, place.span);
                    self.store(place, unknown, statement.span);
                }
            }
            StatementKind::Enter(local) => {
                if let Some(value) = self
                    .slots
                    .get(local.0 as usize)
                    .copied()
                    .filter(|slot| *slot != NO_SLOT)
                    && let Some(info) = self.function.local(*local)
                {
                    let uninit = self
                        .values
                        .intern(Value::Uninit(*local), info.ty, info.span);
                    if let Some(place) = self.state.locals.get_mut(value as usize) {
                        *place = uninit;
                    }
                }
            }
            StatementKind::Leave(_) => {}
        }
    }
}
