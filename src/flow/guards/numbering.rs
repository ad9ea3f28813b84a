//! Runs once over a function and names every value: what a variable, a field or an element holds
//! at each point, in terms of parameters, loads and calls.
//!
//! Optimistic where C is vague: a store through one pointer does not change what another one
//! points to, and a call changes only what its arguments point to. Guards live long that way, and
//! a report needs a guard to be missing.

use rustc_hash::FxHashMap;

use super::graph::{Graph, Loop};
use super::lexicon::Lexicon;
use super::tables::flag;
use super::values::{Value, ValueId, Values, Written};
use crate::finding::Span;
use crate::flow::ir::{
    Base, BinaryOp, Callee, Constant, Function, LocalId, Operand, Origin, Place, Projection,
    ResultUse, Rvalue, Statement, StatementKind, Symbol, Terminator, Type, TypeId, UnaryOp, Unit,
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

    /// What holds at the start of a block.
    fn join(&mut self, block: u32) -> State {
        let graph = self.graph;
        let mut inputs: Vec<u32> = Vec::new();
        for &from in graph.predecessors(block) {
            if self.out.get(from as usize).is_some_and(Option::is_some) && !inputs.contains(&from) {
                inputs.push(from);
            }
        }
        let Some(&first) = inputs.first() else {
            return State::default();
        };
        let mut state = self
            .out
            .get(first as usize)
            .and_then(Clone::clone)
            .unwrap_or_default();
        if inputs.len() > 1 {
            self.join_locals(&mut state, &inputs);
            self.join_memory(&mut state, &inputs);
        }
        if let Some(found) = graph.loop_at(block) {
            self.enter_loop(found, &mut state);
        }
        state
    }

    fn join_locals(&mut self, state: &mut State, inputs: &[u32]) {
        for slot in 0..state.locals.len() {
            let Some(&own) = state.locals.get(slot) else {
                continue;
            };
            let other = |this: &Self, from: u32| {
                this.out
                    .get(from as usize)
                    .and_then(Option::as_ref)
                    .and_then(|state| state.locals.get(slot).copied())
            };
            if inputs.iter().all(|from| other(self, *from) == Some(own)) {
                continue;
            }
            let list: Vec<(u32, ValueId)> = inputs
                .iter()
                .filter_map(|from| Some((*from, other(self, *from)?)))
                .collect();
            let phi = self.phi(self.values.ty(own), self.values.span(own));
            self.values.inputs.insert(phi, list);
            if let Some(value) = state.locals.get_mut(slot) {
                *value = phi;
            }
        }
    }

    fn join_memory(&mut self, state: &mut State, inputs: &[u32]) {
        let mut merged: Vec<(ValueId, Stored)> = Vec::new();
        let mut keys: Vec<ValueId> = Vec::new();
        let mut same = true;
        for &from in inputs {
            if let Some(other) = self.out.get(from as usize).and_then(Option::as_ref) {
                same &= other.memory == state.memory;
                for (key, _) in &other.memory {
                    if !keys.contains(key) {
                        keys.push(*key);
                    }
                }
            }
        }
        if same {
            return;
        }
        keys.truncate(MEMORY);
        for key in keys {
            let found: Vec<(u32, Option<Stored>)> = inputs
                .iter()
                .map(|from| {
                    let stored = self
                        .out
                        .get(*from as usize)
                        .and_then(Option::as_ref)
                        .and_then(|state| state.memory.iter().rev().find(|(at, _)| *at == key))
                        .map(|(_, stored)| *stored);
                    (*from, stored)
                })
                .collect();
            let first = found.first().and_then(|(_, stored)| *stored);
            if let Some(stored) = first
                && found.iter().all(|(_, other)| *other == Some(stored))
            {
                merged.push((key, stored));
                continue;
            }
            let is_value = found
                .iter()
                .any(|(_, stored)| matches!(stored, Some(Stored::Value(_))));
            if !is_value {
                let version = self.values.fresh();
                merged.push((key, Stored::Clobbered(version)));
                continue;
            }
            let mut list = Vec::new();
            let mut ty = TypeId::UNKNOWN;
            let mut span = self.values.span(key);
            for (from, stored) in found {
                let value = match stored {
                    Some(Stored::Value(value)) => {
                        ty = self.values.ty(value);
                        span = self.values.span(value);
                        value
                    }
                    Some(Stored::Clobbered(version)) => self.load_value(key, version, ty, span),
                    None => self.load_value(key, 0, ty, span),
                };
                list.push((from, value));
            }
            let phi = self.phi(ty, span);
            self.values.inputs.insert(phi, list);
            merged.push((key, Stored::Value(phi)));
        }
        state.memory = merged;
    }

    fn load_value(&mut self, location: ValueId, version: u32, ty: TypeId, span: Span) -> ValueId {
        self.values
            .intern(Value::Load { location, version }, ty, span)
    }

    fn phi(&mut self, ty: TypeId, span: Span) -> ValueId {
        let slot = self.phi_slot;
        self.phi_slot += 1;
        self.values.intern(
            Value::Phi {
                block: self.block,
                slot,
            },
            ty,
            span,
        )
    }

    /// At the head of a loop everything the loop assigns may have any of its values.
    fn enter_loop(&mut self, found: &Loop, state: &mut State) {
        let mut assigned = vec![false; state.locals.len()];
        let mut fields: Vec<Symbol> = Vec::new();
        let mut has_element_store = false;
        for &block in &found.blocks {
            let Some(body) = self.function.block(crate::flow::ir::BlockId(block)) else {
                continue;
            };
            for statement in &body.statements {
                let (target, address) = match &statement.kind {
                    StatementKind::Assign { target, value } => (
                        Some(target),
                        match value {
                            Rvalue::AddressOf(place) => Some(place),
                            _ => None,
                        },
                    ),
                    StatementKind::Call { target, .. } => (target.as_ref(), None),
                    _ => (None, None),
                };
                for (place, is_store) in [(target, true), (address, false)] {
                    let Some(place) = place else { continue };
                    if let Base::Local(id) = place.base
                        && place.path.is_empty()
                        && let Some(slot) = self.slots.get(id.0 as usize)
                        && let Some(flag) = assigned.get_mut(*slot as usize)
                    {
                        *flag = true;
                    }
                    if is_store {
                        match place.path.last() {
                            Some(Projection::Field(name)) if !fields.contains(name) => {
                                fields.push(*name);
                            }
                            Some(Projection::Deref | Projection::Index(_)) => {
                                has_element_store = true;
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
        for (slot, flag) in assigned.iter().enumerate() {
            if !flag {
                continue;
            }
            let Some(&before) = state.locals.get(slot) else {
                continue;
            };
            let phi = self.phi(self.values.ty(before), self.values.span(before));
            self.values.inputs.insert(phi, vec![(super::graph::NONE, before)]);
            self.pending.push((found.head, slot as u32, phi));
            if let Some(value) = state.locals.get_mut(slot) {
                *value = phi;
            }
        }
        for index in 0..state.memory.len() {
            let Some(&(key, stored)) = state.memory.get(index) else {
                continue;
            };
            let changes = match self.values.get(key) {
                Value::Field(_, name) => fields.contains(&name),
                _ => has_element_store,
            };
            if !changes {
                continue;
            }
            let new = match stored {
                Stored::Value(before) => {
                    let phi = self.phi(self.values.ty(before), self.values.span(before));
                    self.values.inputs.insert(phi, vec![(super::graph::NONE, before)]);
                    Stored::Value(phi)
                }
                Stored::Clobbered(_) => Stored::Clobbered(self.values.fresh()),
            };
            if let Some(entry) = state.memory.get_mut(index) {
                entry.1 = new;
            }
        }
    }

    /// Adds what comes round a loop to the joins at its head.
    fn close_loops(&mut self) {
        for (head, slot, phi) in std::mem::take(&mut self.pending) {
            let Some(found) = self.graph.loop_at(head) else {
                continue;
            };
            let mut list = self.values.inputs.get(&phi).cloned().unwrap_or_default();
            for &tail in &found.tails {
                if let Some(value) = self
                    .out
                    .get(tail as usize)
                    .and_then(Option::as_ref)
                    .and_then(|state| state.locals.get(slot as usize).copied())
                {
                    list.push((tail, value));
                }
            }
            self.values.inputs.insert(phi, list);
        }
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

    /// A macro whose body was not seen may assign the variables it is given.
    fn macro_call(&mut self, operands: &[Operand]) {
        for operand in operands {
            if let Operand::Copy(place) = operand
                && place.path.is_empty()
                && let Base::Local(id) = place.base
                && let Some(&slot) = self.slots.get(id.0 as usize)
                && slot != NO_SLOT
            {
                let unknown = self.values.unknown(place.ty, place.span);
                if let Some(value) = self.state.locals.get_mut(slot as usize) {
                    *value = unknown;
                }
            }
        }
    }

    fn call(
        &mut self,
        name: Option<Symbol>,
        arguments: &[ValueId],
        ty: TypeId,
        usage: ResultUse,
        span: Span,
    ) -> ValueId {
        let bits = name.map_or(0, |name| self.lexicon.flags(name));
        let event = self.events.len() as u32;
        let result = if bits & flag::MIN != 0
            && let [left, right] = arguments
        {
            self.values.intern(Value::Min(*left, *right), ty, span)
        } else if bits & flag::PURE != 0
            && let Some(callee) = name
            && (1..=2).contains(&arguments.len())
            && !arguments.iter().any(|argument| {
                matches!(self.values.get(*argument), Value::Address(Base::Local(_)))
            })
        {
            self.values.intern(
                Value::Pure {
                    callee,
                    first: arguments.first().copied(),
                    second: arguments.get(1).copied(),
                },
                ty,
                span,
            )
        } else {
            self.values.intern(Value::Call(event), ty, span)
        };
        self.values
            .calls
            .entry(result)
            .or_insert_with(|| (name, arguments.iter().copied().collect()));
        self.event(
            span,
            EventKind::Call {
                callee: name,
                arguments: arguments.to_vec(),
                result,
                usage,
            },
        );
        let keeps_all = bits & (flag::LOG | flag::READER) != 0
            || matches!(self.values.get(result), Value::Pure { .. } | Value::Min(..));
        if !keeps_all {
            for (index, &argument) in arguments.iter().enumerate() {
                self.escape(event, index as u32, argument, name, span);
            }
        }
        result
    }

    /// A call may change what an argument points to.
    fn escape(
        &mut self,
        event: u32,
        index: u32,
        argument: ValueId,
        name: Option<Symbol>,
        span: Span,
    ) {
        let argument = self.values.strip(argument);
        match self.values.get(argument) {
            Value::Address(Base::Local(local)) => {
                let slot = self.slots.get(local.0 as usize).copied().unwrap_or(NO_SLOT);
                if let Some(info) = self.function.local(local)
                    && let Some(value) = self.state.locals.get_mut(slot as usize)
                {
                    let before = *value;
                    *value = self.values.intern(
                        Value::Out {
                            event,
                            argument: index,
                        },
                        info.ty,
                        span,
                    );
                    self.values.before.insert(*value, before);
                }
                self.clobber(argument);
            }
            Value::Address(Base::Global(_)) | Value::Field(..) | Value::Element { .. } => {
                self.clobber(argument);
            }
            Value::Parameter(_) | Value::Load { .. } | Value::Phi { .. } | Value::Call(_)
                if self.is_pointer(argument)
                    && !name.is_some_and(|name| self.lexicon.keeps(name, index)) =>
            {
                self.clobber(argument);
            }
            _ => {}
        }
    }

    fn is_pointer(&self, value: ValueId) -> bool {
        matches!(
            self.unit.types.get(self.values.ty(value)),
            Type::Pointer { .. } | Type::Array { .. } | Type::Unknown
        )
    }

    /// Whether each read of the location gives another value.
    fn is_volatile(&self, location: ValueId) -> bool {
        match self.values.get(self.values.root(location)) {
            Value::Address(Base::Global(id)) => {
                self.lexicon.is_volatile(id)
            }
            _ => false,
        }
    }

    fn clobber(&mut self, root: ValueId) {
        let version = self.values.fresh();
        self.remember(root, Stored::Clobbered(version));
    }

    fn remember(&mut self, location: ValueId, stored: Stored) {
        self.state.memory.retain(|(key, _)| *key != location);
        if self.state.memory.len() >= MEMORY {
            self.state.memory.remove(0);
        }
        self.state.memory.push((location, stored));
    }

    fn load(&mut self, location: ValueId, ty: TypeId, record: TypeId, span: Span) -> ValueId {
        // The whole variable behind its address.
        if let Value::Address(Base::Local(local)) = self.values.get(location)
            && let Some(&slot) = self.slots.get(local.0 as usize)
            && let Some(&value) = self.state.locals.get(slot as usize)
        {
            return value;
        }
        if self.is_volatile(location) {
            let version = self.values.fresh();
            let value = self.load_value(location, version, ty, span);
            self.event(
                span,
                EventKind::Read {
                    location,
                    value,
                    ty,
                    record,
                },
            );
            return value;
        }
        let mut version = 0;
        let mut stored = None;
        let mut key = location;
        let mut depth = 0;
        loop {
            if let Some(place) = self.state.memory.iter().rposition(|(at, _)| *at == key)
                && stored.is_none_or(|(best, _)| place > best)
                && let Some(&(_, what)) = self.state.memory.get(place)
            {
                stored = Some((place, if key == location { what } else { shadow(what) }));
            }
            key = match self.values.get(key) {
                Value::Field(base, _) | Value::Element { base, .. } if depth < 8 => base,
                _ => break,
            };
            depth += 1;
        }
        if let Some((place, what)) = stored {
            match what {
                Stored::Value(value) => {
                    self.event(
                        span,
                        EventKind::Read {
                            location,
                            value,
                            ty,
                            record,
                        },
                    );
                    return value;
                }
                Stored::Clobbered(0) => version = 0x8000_0000 + place as u32,
                Stored::Clobbered(found) => version = found,
            }
        }
        let value = self.load_value(location, version, ty, span);
        self.event(
            span,
            EventKind::Read {
                location,
                value,
                ty,
                record,
            },
        );
        value
    }

    fn store(&mut self, place: &Place, value: ValueId, span: Span) {
        if place.path.is_empty()
            && let Base::Local(local) = place.base
        {
            let slot = self.slots.get(local.0 as usize).copied().unwrap_or(NO_SLOT);
            if slot == NO_SLOT {
                if let Some(temporary) = self.temporaries.get_mut(local.0 as usize) {
                    *temporary = Some(value);
                }
            } else {
                if let Some(place) = self.state.locals.get_mut(slot as usize) {
                    *place = value;
                }
                self.event(span, EventKind::Assign { local, value });
            }
            return;
        }
        let (location, record) = self.location(place);
        if let Value::Address(Base::Local(local)) = self.values.get(location)
            && let Some(&slot) = self.slots.get(local.0 as usize)
            && let Some(place) = self.state.locals.get_mut(slot as usize)
        {
            *place = value;
        }
        self.event(
            place.span,
            EventKind::Write {
                location,
                value,
                ty: place.ty,
                record,
            },
        );
        self.remember(location, Stored::Value(value));
    }

    /// The address of a place, and the record whose field it is.
    fn location(&mut self, place: &Place) -> (ValueId, TypeId) {
        let types = &self.unit.types;
        let mut ty = match place.base {
            Base::Local(id) => self.function.local(id).map_or(TypeId::UNKNOWN, |local| local.ty),
            Base::Global(id) => self.unit.global(id).map_or(TypeId::UNKNOWN, |global| global.ty),
        };
        // `None` while the place is still the bare base.
        let mut at: Option<ValueId> = None;
        let mut record = TypeId::UNKNOWN;
        for step in &place.path {
            match step {
                Projection::Deref => {
                    let pointer = match at {
                        None => self.base(place.base, ty, place.span),
                        Some(location) => self.load(location, ty, record, place.span),
                    };
                    at = Some(self.values.strip(pointer));
                    record = TypeId::UNKNOWN;
                    ty = match types.get(ty) {
                        Type::Pointer { to, .. } => *to,
                        _ => TypeId::UNKNOWN,
                    };
                }
                Projection::Field(name) => {
                    let base = match at {
                        Some(at) => at,
                        None => self.values.intern(Value::Address(place.base), ty, place.span),
                    };
                    record = ty;
                    ty = types.field(ty, *name).map_or(TypeId::UNKNOWN, |field| field.ty);
                    at = Some(self.values.intern(Value::Field(base, *name), ty, place.span));
                }
                Projection::Index(index) => {
                    let base = match at {
                        Some(at) => at,
                        None => self.values.intern(Value::Address(place.base), ty, place.span),
                    };
                    let index = self.operand(index);
                    // Behind `Deref` of a pointer the type is the element's already.
                    ty = match types.element(ty) {
                        Some(element) => element,
                        None => ty,
                    };
                    record = TypeId::UNKNOWN;
                    let scale = types.size(ty).and_then(|size| u32::try_from(size).ok());
                    at = Some(self.element(base, index, scale.unwrap_or(0), ty, place.span));
                }
            }
        }
        let location = match at {
            Some(at) => at,
            None => self.values.intern(Value::Address(place.base), ty, place.span),
        };
        (location, record)
    }

    /// `base[index]`'s address; constant steps of one element size are added up.
    fn element(
        &mut self,
        base: ValueId,
        index: ValueId,
        scale: u32,
        ty: TypeId,
        span: Span,
    ) -> ValueId {
        if let Value::Element {
            base: inner,
            index: before,
            scale: other,
        } = self.values.get(base)
            && other == scale
            && scale != 0
            && let (Some(one), Some(two)) = (self.values.constant(before), self.values.constant(index))
            && let Some(sum) = one.checked_add(two)
        {
            if sum == 0 {
                return inner;
            }
            let sum = self.values.number(sum, TypeId::I32, span);
            return self.element_of(inner, sum, scale, ty, span);
        }
        self.element_of(base, index, scale, ty, span)
    }

    fn element_of(
        &mut self,
        base: ValueId,
        index: ValueId,
        scale: u32,
        ty: TypeId,
        span: Span,
    ) -> ValueId {
        let _ = ty;
        let held = self.values.ty(base);
        self.values.intern(Value::Element { base, index, scale }, held, span)
    }

    /// The value of a whole variable.
    fn base(&mut self, base: Base, ty: TypeId, span: Span) -> ValueId {
        match base {
            Base::Local(id) => {
                let slot = self.slots.get(id.0 as usize).copied().unwrap_or(NO_SLOT);
                if slot == NO_SLOT {
                    return match self.temporaries.get(id.0 as usize).copied().flatten() {
                        Some(value) => value,
                        None => self.values.unknown(ty, span),
                    };
                }
                if self.function.local(id).is_some_and(|local| local.is_volatile) {
                    return self.values.unknown(ty, span);
                }
                match self.state.locals.get(slot as usize) {
                    Some(&value) => value,
                    None => self.values.unknown(ty, span),
                }
            }
            Base::Global(id) => {
                if let Some(global) = self.unit.global(id)
                    && global.is_extern
                    && super::tables::is_constant_name(self.unit.names.text(global.name))
                {
                    return self.values.intern(
                        Value::Constant {
                            value: None,
                            written: Written::Name(global.name),
                        },
                        ty,
                        span,
                    );
                }
                let location = self.values.intern(Value::Address(base), ty, span);
                self.load(location, ty, TypeId::UNKNOWN, span)
            }
        }
    }

    fn operand(&mut self, operand: &Operand) -> ValueId {
        match operand {
            Operand::Copy(place) => {
                if place.path.is_empty() {
                    return self.base(place.base, place.ty, place.span);
                }
                let (location, record) = self.location(place);
                self.load(location, place.ty, record, place.span)
            }
            Operand::Constant(constant) => self.constant(constant),
            Operand::Text(text) => {
                self.values
                    .intern(Value::Text(*text), TypeId::UNKNOWN, Span { start: 0, end: 0 })
            }
            Operand::Function(name) => self.values.intern(
                Value::Function(*name),
                TypeId::UNKNOWN,
                Span { start: 0, end: 0 },
            ),
            Operand::Unknown(ty) => self.values.unknown(*ty, Span { start: 0, end: 0 }),
        }
    }

    fn constant(&mut self, constant: &Constant) -> ValueId {
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

    fn rvalue(&mut self, value: &Rvalue, ty: TypeId, span: Span) -> ValueId {
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
                        Some(number) => self.values.number(number.wrapping_neg(), TypeId::I32, span),
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

    fn binary(
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
    fn cast(&mut self, inner: ValueId, to: TypeId, span: Span) -> ValueId {
        let types = &self.unit.types;
        let from = self.values.ty(inner);
        if types.is_pointer(to) || self.values.is_constant(inner) {
            return inner;
        }
        match (types.int_range(from), types.int_range(to)) {
            (Some((low, high)), Some((least, most))) if least <= low && high <= most => inner,
            (None, _) | (_, None) if types.int(to).is_none() => inner,
            _ => self.values.intern(Value::Cast { value: inner, to }, to, span),
        }
    }
}

/// What a store to a whole object means for its parts.
fn shadow(stored: Stored) -> Stored {
    match stored {
        Stored::Value(value) => Stored::Clobbered(0x4000_0000 | value.0),
        clobbered @ Stored::Clobbered(_) => clobbered,
    }
}

/// Events by block, for questions about what comes before.
pub(super) fn by_block(events: &[Event]) -> FxHashMap<u32, (usize, usize)> {
    let mut out: FxHashMap<u32, (usize, usize)> = FxHashMap::default();
    for (index, event) in events.iter().enumerate() {
        out.entry(event.block)
            .and_modify(|range| range.1 = index + 1)
            .or_insert((index, index + 1));
    }
    out
}
