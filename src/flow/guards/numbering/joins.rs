//! Where ways meet: what a variable and memory hold at the start of a block.

use super::super::graph::Loop;
use super::super::values::{Value, ValueId};
use super::{MEMORY, Numbering, State, Stored};
use crate::finding::Span;
use crate::flow::ir::{Base, Projection, Rvalue, StatementKind, Symbol, TypeId};

impl Numbering<'_> {
    /// What holds at the start of a block.
    pub(super) fn join(&mut self, block: u32) -> State {
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

    pub(super) fn join_locals(&mut self, state: &mut State, inputs: &[u32]) {
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

    pub(super) fn join_memory(&mut self, state: &mut State, inputs: &[u32]) {
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

    pub(super) fn load_value(
        &mut self,
        location: ValueId,
        version: u32,
        ty: TypeId,
        span: Span,
    ) -> ValueId {
        self.values
            .intern(Value::Load { location, version }, ty, span)
    }

    pub(super) fn phi(&mut self, ty: TypeId, span: Span) -> ValueId {
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
    pub(super) fn enter_loop(&mut self, found: &Loop, state: &mut State) {
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
            self.values
                .inputs
                .insert(phi, vec![(super::super::graph::NONE, before)]);
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
                    self.values
                        .inputs
                        .insert(phi, vec![(super::super::graph::NONE, before)]);
                    self.pending_memory.push((found.head, key, phi));
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
    pub(super) fn close_loops(&mut self) {
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
        for (head, key, phi) in std::mem::take(&mut self.pending_memory) {
            let Some(found) = self.graph.loop_at(head) else {
                continue;
            };
            let mut list = self.values.inputs.get(&phi).cloned().unwrap_or_default();
            let (ty, span) = (self.values.ty(phi), self.values.span(phi));
            for &tail in &found.tails {
                let Some(state) = self.out.get(tail as usize).and_then(Option::as_ref) else {
                    continue;
                };
                let stored = state.memory.iter().rev().find(|(at, _)| *at == key);
                let value = match stored.map(|(_, stored)| *stored) {
                    Some(Stored::Value(value)) => value,
                    Some(Stored::Clobbered(version)) => self.load_value(key, version, ty, span),
                    None => self.load_value(key, 0, ty, span),
                };
                list.push((tail, value));
            }
            self.values.inputs.insert(phi, list);
        }
    }
}
