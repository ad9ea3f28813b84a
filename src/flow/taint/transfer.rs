//! What one statement does to what objects hold.

use std::collections::BTreeMap;

use super::matches::{Matches, covers, last_operand, operands, prefix_named};
use super::objects::{Alias, words};
use super::path::{Part, Path};
use super::state::{State, Value};
use super::steps::{Steps, Taint};
use super::{Options, Subject};
use crate::finding::Span;
use crate::flow::ir::{
    Base, Callee, Function, Operand, Place, Projection, Rvalue, Statement, StatementKind, Type,
    TypeId, Unit,
};

/// One query in one function.
pub(super) struct Transfer<'t> {
    pub(super) unit: &'t Unit,
    pub(super) function: &'t Function,
    pub(super) text: &'t [u8],
    pub(super) matches: &'t Matches<'t>,
    pub(super) options: Options,
    pub(super) steps: Steps,
    /// What temporaries that hold addresses point to.
    pub(super) aliases: BTreeMap<Base, Alias>,
    /// Of each propagator: what was read at `from` last, and the objects at `to`.
    pub(super) carried: Vec<(Taint, Vec<Path>)>,
    /// The statement at hand.
    pub(super) at: Span,
    /// Whether it keeps its value in an object, or drops it: then no expression is around it.
    pub(super) is_top: bool,
    /// Whether the value at hand is what a call gives, not what it reads.
    pub(super) is_result: bool,
    /// By sink what got there; `None` until the fixed point is reached.
    pub(super) hits: Option<BTreeMap<usize, Taint>>,
}

impl Transfer<'_> {
    pub(super) fn block(&mut self, index: usize, state: &mut State) {
        let function = self.function;
        let Some(block) = function.blocks.get(index) else {
            return;
        };
        for (number, statement) in block.statements.iter().enumerate() {
            self.statement(state, statement, (index, number));
        }
        // A value that decides counts wherever in a sink it stands: `sink(a && b)`.
        (self.at, self.is_top) = (block.span, true);
        if let Some(operand) = last_operand(&block.terminator) {
            self.read(state, operand);
        }
    }

    fn statement(&mut self, state: &mut State, statement: &Statement, at: (usize, usize)) {
        self.at = statement.span;
        self.is_top = match &statement.kind {
            StatementKind::Assign { target, .. } => !self.is_temporary(target.base),
            StatementKind::Call { target, .. } => target
                .as_ref()
                .is_none_or(|target| !self.is_temporary(target.base)),
            _ => true,
        };
        match &statement.kind {
            StatementKind::Enter(local) | StatementKind::Leave(local) => {
                state.remove(&Path::of(Base::Local(*local)));
            }
            StatementKind::Assign { target, value } => {
                let mut result = self.rvalue(state, value, target.ty);
                self.add_loose(at, &mut result);
                let object = self.alias(target, value);
                self.see(
                    state,
                    (statement.span, target.ty),
                    object.as_ref(),
                    &mut result,
                );
                self.write(state, target, result);
            }
            StatementKind::Call {
                callee,
                arguments,
                target,
                ..
            } => {
                let mut all = Value::default();
                if let Callee::Pointer(pointer) = callee {
                    all.whole.join(&self.read(state, pointer).all());
                }
                for argument in arguments {
                    all.whole.join(&self.read(state, argument).all());
                }
                self.add_loose(at, &mut all);
                // A literal among the arguments is seen by what surrounds it.
                let is_carried = !self.options.assume_safe_functions
                    && !self.options.only_propagate_through_assignments;
                let mut result = if is_carried { all } else { Value::default() };
                let ty = target.as_ref().map_or(TypeId::UNKNOWN, |target| target.ty);
                self.see_result(state, (statement.span, ty), &mut result);
                if let Some(target) = target {
                    self.write(state, target, result);
                }
            }
            StatementKind::Assert { condition, .. } => {
                let mut value = self.read(state, condition);
                self.see_result(state, (statement.span, TypeId::UNKNOWN), &mut value);
            }
            StatementKind::Clobber(_) => {}
        }
    }

    /// Sources that are no operand of their own.
    fn add_loose(&mut self, at: (usize, usize), value: &mut Value) {
        let matches = self.matches;
        for (number, source) in matches.loose.get(&at).into_iter().flatten() {
            let step = self.steps.source(source.span);
            value.whole.add(*number, step);
        }
        // Such a source may stand in a sink itself.
        let loose = matches.loose.get(&at).into_iter().flatten();
        for (number, source) in loose {
            let step = self.steps.source(source.span);
            let mut taint = Taint::default();
            taint.add(*number, step);
            self.hit(source.span, &taint);
        }
    }

    fn rvalue(&mut self, state: &mut State, value: &Rvalue, ty: TypeId) -> Value {
        let (read, place) = operands(value);
        let mut values: Vec<Value> = read
            .into_iter()
            .map(|operand| self.read(state, operand))
            .collect();
        let of_place = place.map(|place| self.read_place(state, place));
        let all = || {
            let mut all = Taint::default();
            values.iter().for_each(|value| all.join(&value.all()));
            Value::of(all)
        };
        let is_only_assigned = self.options.only_propagate_through_assignments;
        match value {
            Rvalue::Use(_) | Rvalue::Cast { .. } => values.pop().unwrap_or_default(),
            Rvalue::AddressOf(_) => of_place.unwrap_or_default(),
            Rvalue::Len(_) => Value::of(of_place.unwrap_or_default().all()),
            Rvalue::Discriminant(_) => Value::default(),
            Rvalue::Aggregate(parts) => {
                let mut whole = Value::default();
                for ((index, _), value) in parts.iter().zip(values) {
                    if *index == Rvalue::UNKNOWN_PART {
                        whole.whole.join(&value.all());
                    } else if !value.is_clean() {
                        whole.put(self.part_of(ty, *index), value);
                    }
                }
                whole
            }
            _ if is_only_assigned => Value::default(),
            Rvalue::PointerAdd { .. } => {
                let count = values.pop().unwrap_or_default();
                let mut moved = values.pop().unwrap_or_default();
                for (part, _) in &mut moved.parts {
                    if let Some(Part::Element(first)) = part.first_mut() {
                        *first = None;
                    }
                }
                moved.whole.join(&count.all());
                moved
            }
            Rvalue::Binary(op, ..) if op.is_comparison() => {
                if self.options.assume_safe_comparisons {
                    Value::default()
                } else {
                    all()
                }
            }
            Rvalue::Unary(..) | Rvalue::Binary(..) | Rvalue::PointerSub(..) => all(),
        }
    }

    /// Whether values of the type count as harmless.
    fn is_safe(&self, ty: TypeId) -> bool {
        match self.unit.types.get(ty) {
            Type::Bool => self.options.assume_safe_booleans,
            Type::Int { .. } | Type::Float { .. } => self.options.assume_safe_numbers,
            _ => false,
        }
    }

    /// The part of an aggregate at an index.
    fn part_of(&self, ty: TypeId, index: u64) -> Part {
        let fields = self.unit.types.as_record(ty).map(|record| &record.fields);
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        match fields.and_then(|fields| fields.get(position)) {
            Some(field) => Part::Field(field.name),
            None => Part::Element(Some(i128::from(index))),
        }
    }

    fn read(&mut self, state: &mut State, operand: &Operand) -> Value {
        match operand {
            Operand::Copy(place) => self.read_place(state, place),
            Operand::Constant(_)
            | Operand::Text(_)
            | Operand::Function(_)
            | Operand::Unknown(_) => Value::default(),
        }
    }

    fn read_place(&mut self, state: &mut State, place: &Place) -> Value {
        let indices = self.read_indices(state, place);
        let path = self.path(place);
        let mut value = state.get(&path);
        if !self.options.assume_safe_indexes && !self.options.only_propagate_through_assignments {
            value.whole.join(&indices);
        }
        if self.matches.names_inside(place.span) {
            self.see_inside(state, place, &mut value);
        }
        let object = match self.aliases.get(&place.base) {
            Some(alias) if place.path.is_empty() => Some(alias.path.clone()),
            // The value of an expression is no object.
            None if place.path.is_empty() && self.is_temporary(place.base) => None,
            _ => Some(path),
        };
        self.see(state, (place.span, place.ty), object.as_ref(), &mut value);
        value
    }

    fn read_indices(&mut self, state: &mut State, place: &Place) -> Taint {
        let mut all = Taint::default();
        for part in &place.path {
            if let Projection::Index(index) = part {
                all.join(&self.read(state, index).all());
            }
        }
        all
    }

    /// Sources, sinks and sanitizers that are only the first part of a place.
    fn see_inside(&mut self, state: &mut State, place: &Place, value: &mut Value) {
        let matches = self.matches;
        let sources = matches.sources.iter().map(|(_, of)| of.span);
        let sinks = matches.sinks.iter().map(|(_, of)| of.span);
        let sanitizers = matches.sanitizers.iter().map(|of| of.span);
        let mut spans: Vec<Span> = sources
            .chain(sinks)
            .chain(sanitizers)
            .filter(|span| *span != place.span && place.span.contains(*span))
            .collect();
        spans.sort_unstable();
        spans.dedup();
        for span in spans {
            let text = span.of(self.text);
            let Some(steps) = prefix_named(self.unit, self.function, place, text) else {
                continue;
            };
            let mut around = place.clone();
            around.path.truncate(steps);
            let path = self.path(&around);
            let mut prefix = state.get(&path);
            let before = prefix.whole.clone();
            self.see(state, (span, TypeId::UNKNOWN), Some(&path), &mut prefix);
            if before.is_clean() || !prefix.whole.is_clean() {
                value.whole.join(&prefix.whole);
            } else {
                *value = Value::default();
            }
        }
    }

    /// What the query says of a value of the type `ty` that stands at `span`; `object` is what it was
    /// read from.
    fn see(
        &mut self,
        state: &mut State,
        (span, ty): (Span, TypeId),
        object: Option<&Path>,
        value: &mut Value,
    ) {
        let matches = self.matches;
        for (number, source) in &matches.sources {
            if !covers(source, span) {
                continue;
            }
            let is_object = source.span == span && object.is_some();
            if source.of == Subject::Object && !is_object {
                continue;
            }
            let step = self.steps.source(source.span);
            if source.of != Subject::Object {
                value.whole.add(*number, step);
            }
            if let Some(path) = object.filter(|_| is_object && source.of != Subject::Value) {
                let mut taint = Taint::default();
                taint.add(*number, step);
                state.add(path, &Value::of(taint));
            }
        }
        for sanitizer in &matches.sanitizers {
            if !covers(sanitizer, span) {
                continue;
            }
            let is_object = sanitizer.span == span && object.is_some();
            if sanitizer.of == Subject::Object && !is_object {
                continue;
            }
            if sanitizer.of != Subject::Object {
                *value = Value::default();
            }
            if let Some(path) = object.filter(|_| is_object && sanitizer.of != Subject::Value) {
                state.set(path, &Value::default());
            }
        }
        if self.is_safe(ty) {
            *value = Value::default();
        }
        self.carry(state, span, object, value);
        let taint = value.all();
        self.hit(span, &taint);
    }

    /// As [`Self::see`], of what the call at hand gives.
    fn see_result(&mut self, state: &mut State, what: (Span, TypeId), value: &mut Value) {
        self.is_result = true;
        self.see(state, what, None, value);
        self.is_result = false;
    }

    fn carry(&mut self, state: &mut State, span: Span, object: Option<&Path>, value: &mut Value) {
        let matches = self.matches;
        for (carry, (taint, paths)) in matches.carries.iter().zip(&mut self.carried) {
            let (is_from, is_to) = (carry.from == span, carry.to == span);
            if !is_from && !is_to {
                continue;
            }
            if is_from {
                *taint = value.all();
            }
            if is_to && let Some(path) = object {
                if !carry.by_side_effect {
                    value.whole.join(taint);
                } else if !paths.contains(path) {
                    paths.push(path.clone());
                }
            }
            if carry.by_side_effect && !taint.is_clean() {
                let taken = self
                    .steps
                    .taken(taint, carry.to, &words(carry.to, self.text));
                for path in paths {
                    state.add(path, &Value::of(taken.clone()));
                }
            }
        }
    }

    /// Notes what gets to sinks at `span`: to a sink itself, or to what it is made of (the arguments of a
    /// call). What is deeper inside counts as far as it gets to those.
    fn hit(&mut self, span: Span, taint: &Taint) {
        let Some(hits) = &mut self.hits else {
            return;
        };
        if taint.is_clean() {
            return;
        }
        for (index, sink) in &self.matches.sinks {
            let is_near = sink.exact
                || self.is_top
                || self.at.contains(sink.span)
                || is_statement(sink.span.of(self.text));
            // What a call gives does not get to the call.
            let is_own = self.is_result && !sink.exact && sink.span == span;
            if is_near && !is_own && covers(sink, span) {
                hits.entry(*index).or_default().join(taint);
            }
        }
    }

    fn write(&mut self, state: &mut State, target: &Place, mut value: Value) {
        self.read_indices(state, target);
        if self.matches.names_inside(target.span) {
            self.see_inside(state, target, &mut Value::default());
        }
        if self.is_top {
            self.hit(target.span, &value.all());
        }
        // The pointer that is followed is read.
        if let Some(last) = target
            .path
            .iter()
            .rposition(|part| *part == Projection::Deref)
        {
            let mut pointer = target.clone();
            pointer.path.truncate(last);
            let taint = state.get(&self.path(&pointer)).whole;
            self.hit(target.span, &taint);
        }
        if !self.is_temporary(target.base) {
            let name = self.name(target);
            value.whole = self.steps.taken(&value.whole, target.span, &name);
            for (_, taint) in &mut value.parts {
                *taint = self.steps.taken(taint, target.span, &name);
            }
        }
        state.set(&self.path(target), &value);
    }
}

/// Whether a match is a statement: its values count however deep in it they are.
fn is_statement(text: &[u8]) -> bool {
    matches!(text.last(), Some(b';' | b'}'))
}
