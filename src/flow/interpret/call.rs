//! Calls: into functions of the file, by model, or into the unknown.

use std::rc::Rc;

use smallvec::SmallVec;

use crate::finding::Span;
use crate::flow::checks::releases_by_name;
use crate::flow::ir::{
    Base, Callee, Function, Operand, Place, ResultUse, Statement, StatementKind, Symbol, Type,
    TypeId,
};

use super::linear::Sym;
use super::machine::{Frame, MAX_STEPS, Machine, Run};
use super::memory::{Contents, Rest};
use super::place::Purpose;
use super::prepare::Slot;
use super::state::{Known, State, StepKind};
use super::value::{Alternative, Origin, Value};

/// Deepest calls into functions of the file that are followed.
const MAX_DEPTH: u32 = 3;
/// Most statements that are interpreted for one call.
const MAX_CALL_STEPS: usize = 700;
/// Times that a call of a function may turn out too long before it is followed no more.
const MAX_ABANDONED: u32 = 2;
/// Largest function that a call is followed into, in statements.
const MAX_STATEMENTS: usize = 160;

/// Whether a function is small enough that calls of it are followed.
pub(super) fn is_followed(function: &Function) -> bool {
    let statements = function.blocks.iter().map(|block| block.statements.len());
    statements.sum::<usize>() <= MAX_STATEMENTS
}

/// A call with its arguments read.
pub(crate) struct Calling<'a> {
    pub(crate) name: Symbol,
    pub(crate) operands: &'a [Operand],
    pub(crate) values: &'a [Value],
    pub(crate) target: Option<&'a Place>,
    pub(crate) result: ResultUse,
    pub(crate) ty: TypeId,
    pub(crate) span: Span,
}

impl Calling<'_> {
    pub(crate) fn value(&self, index: u8) -> Value {
        self.values
            .get(usize::from(index))
            .copied()
            .unwrap_or(Value::Any)
    }

    /// Whether an argument is a variable of the function, and no global or constant.
    pub(crate) fn is_variable(&self, index: u8) -> bool {
        matches!(
            self.operands.get(usize::from(index)),
            Some(Operand::Copy(place)) if !matches!(place.base, Base::Global(_))
        )
    }

    pub(crate) fn operand_span(&self, index: u8) -> Span {
        match self.operands.get(usize::from(index)) {
            Some(Operand::Copy(place)) => place.span,
            _ => self.span,
        }
    }
}

impl Machine<'_> {
    /// Makes a call. The run goes on as the first way it may end; the others are given back.
    pub(crate) fn call(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        statement: &Statement,
    ) -> Vec<Run> {
        let StatementKind::Call {
            callee,
            arguments,
            target,
            result,
        } = &statement.kind
        else {
            return Vec::new();
        };
        let span = statement.span;
        let mut values: SmallVec<[Value; 8]> = SmallVec::new();
        let is_macro = match callee {
            Callee::Function(name) => self.may_be_macro(*name),
            Callee::Macro(_) => true,
            Callee::Method(_) | Callee::Pointer(_) => false,
        };
        self.set_by_call(frame, run, arguments, is_macro, span);
        for argument in arguments {
            let value = self.operand(frame, run, argument);
            if run.is_dead {
                return Vec::new();
            }
            values.push(value);
        }
        let ty = target.as_ref().map_or(TypeId::VOID, |target| target.ty);
        let name = match callee {
            Callee::Function(name) => Some(*name),
            Callee::Method(_) | Callee::Macro(_) => None,
            Callee::Pointer(pointer) => {
                let value = self.operand(frame, run, pointer);
                if run.is_dead {
                    return Vec::new();
                }
                self.check_called(run, &value, pointer, arguments, span);
                if run.is_dead {
                    return Vec::new();
                }
                self.function_of(run, &value)
            }
        };
        let Some(name) = name else {
            self.unknown_call(frame, run, &values, target.as_ref(), ty, span);
            return Vec::new();
        };
        let calling = Calling {
            name,
            operands: arguments,
            values: &values,
            target: target.as_ref(),
            result: *result,
            ty,
            span,
        };
        if let Some(&index) = self.by_name.get(&name) {
            if let Some(more) = self.enter(frame, run, &calling, index) {
                return more;
            }
            Self::may_unlock(run);
            self.unknown_call(frame, run, &values, target.as_ref(), ty, span);
            return Vec::new();
        }
        if let Some(model) = self.model(name) {
            return self
                .apply(frame, run, &calling, model)
                .into_iter()
                .collect();
        }
        self.check_unknown_call(frame, run, &calling);
        if run.is_dead {
            return Vec::new();
        }
        if releases_by_name(self.unit.names.text(name)) {
            Self::may_unlock(run);
        }
        self.unknown_call(frame, run, &values, target.as_ref(), ty, span);
        Vec::new()
    }

    /// Whether a name may be a macro: nothing is declared of it.
    fn may_be_macro(&self, name: Symbol) -> bool {
        !self.by_name.contains_key(&name)
            && (self.unit.names.text(name).starts_with("va_") || self.model(name).is_none())
            && (!self.unit.prototypes.contains_key(&name)
                || self
                    .unit
                    .names
                    .text(name)
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'))
    }

    /// A macro may write to the variables that it is given by name; any call to one whose type
    /// nobody sees, as that may be an array.
    fn set_by_call(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        arguments: &[Operand],
        is_macro: bool,
        span: Span,
    ) {
        for argument in arguments {
            let Operand::Copy(place) = argument else {
                continue;
            };
            let crate::flow::ir::Base::Local(local) = place.base else {
                continue;
            };
            let is_variable = self
                .function(frame.function)
                .and_then(|function| function.local(local))
                .is_some_and(|local| local.kind != crate::flow::ir::LocalKind::Temporary);
            let is_unseen = place.path.is_empty()
                && matches!(
                    self.unit.types.get(place.ty),
                    Type::Named(_) | Type::Unknown
                )
                && !self.is_declared_by_tag(frame, local);
            if !is_variable || !(is_macro || is_unseen) {
                continue;
            }
            match frame.prepared.slot(local) {
                Slot::Register(slot) => {
                    let is_undef =
                        matches!(run.state.registers.get(slot as usize), Some(Value::Undef));
                    if (is_undef || is_macro && place.path.is_empty())
                        && let Some(ty) = self
                            .function(frame.function)
                            .and_then(|function| function.local(local))
                            .map(|local| local.ty)
                    {
                        // What it led to is still known to whoever the macro calls.
                        if let Some(&old) = run.state.registers.get(slot as usize) {
                            self.escape(&mut run.state, &old);
                        }
                        let value = self.fresh(ty, Origin::Memory, span);
                        if let Some(register) =
                            Rc::make_mut(&mut run.state.registers).get_mut(slot as usize)
                        {
                            *register = value;
                        }
                    }
                }
                Slot::Scratch(_) => {}
                Slot::Memory if !is_macro => {}
                Slot::Memory => {
                    if let Some(object) = self.local_object(frame, local) {
                        self.forget_bytes(run, object, None);
                    }
                }
            }
        }
    }

    /// Whether a local is declared as `struct name`, which is no array.
    fn is_declared_by_tag(&self, frame: &Frame, local: crate::flow::ir::LocalId) -> bool {
        let Some(info) = self
            .function(frame.function)
            .and_then(|function| function.local(local))
        else {
            return false;
        };
        let before = self
            .text
            .get(..info.span.start as usize)
            .unwrap_or_default();
        let declaration = before
            .rsplit(|byte| b";{}(),".contains(byte))
            .next()
            .unwrap_or_default();
        declaration
            .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
            .any(|word| word == b"struct" || word == b"union")
    }

    fn function_of(&self, run: &Run, value: &Value) -> Option<Symbol> {
        match value {
            Value::Function(name) => Some(*name),
            Value::Ptr(sym, _) => {
                let info = self.arena.sym(*sym)?;
                let mut found = None;
                for alternative in info.alternatives.iter() {
                    match alternative {
                        Alternative::Function(name) if found.is_none() => found = Some(*name),
                        Alternative::Null(_) => {}
                        _ => return None,
                    }
                }
                let _ = run;
                found
            }
            _ => None,
        }
    }

    /// A call of something that nobody sees.
    pub(crate) fn unknown_call(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        values: &[Value],
        target: Option<&Place>,
        ty: TypeId,
        span: Span,
    ) {
        self.havoc(&mut run.state, values, false);
        if let Some(target) = target {
            let value = self.fresh(ty, Origin::Call(Symbol(u32::MAX)), span);
            self.give(frame, run, target, value);
        }
    }

    /// Writes a call's result.
    pub(crate) fn give(&mut self, frame: &mut Frame, run: &mut Run, target: &Place, value: Value) {
        let at = self.resolve(frame, run, target, Purpose::Write);
        if run.is_dead {
            return;
        }
        let value = self.fit(value, at.ty);
        self.store(frame, run, &at, value, target.span);
    }

    /// Follows a call into a function of the file; `None` if it is not followed.
    fn enter(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        calling: &Calling<'_>,
        index: usize,
    ) -> Option<Vec<Run>> {
        if frame.depth >= MAX_DEPTH || self.stack.contains(&index) || self.steps > MAX_STEPS / 2 {
            return None;
        }
        if self
            .abandoned
            .get(&index)
            .is_some_and(|times| *times >= MAX_ABANDONED)
        {
            return None;
        }
        let function = self.function(index)?;
        if function.is_variadic {
            return None;
        }
        let prepared = self.prepared(index)?;
        if prepared.statements > MAX_STATEMENTS {
            return None;
        }
        let mut inner = self.frame(index, &prepared, frame.depth + 1);
        let caller = Rc::clone(&run.state.registers);
        let mut state = run.state.clone();
        let rounds = std::mem::take(&mut state.rounds);
        state.registers = Rc::new(vec![Value::Undef; prepared.registers + 1]);
        for (at, local) in function.parameters.iter().enumerate() {
            let Some(info) = function.local(*local) else {
                continue;
            };
            let value = match calling.values.get(at) {
                Some(value) => *value,
                None => self.fresh(info.ty, Origin::Call(calling.name), calling.span),
            };
            // The type of an argument was not always seen, that of the parameter is.
            let value = match (value, self.unit.types.get(info.ty)) {
                (Value::Int(_), Type::Int { .. }) => {
                    self.cast(&mut state, value, info.ty, calling.span)
                }
                _ => self.fit(value, info.ty),
            };
            match prepared.slot(*local) {
                Slot::Register(slot) => {
                    if let Some(register) =
                        Rc::make_mut(&mut state.registers).get_mut(slot as usize)
                    {
                        *register = value;
                    }
                }
                Slot::Scratch(_) => {}
                Slot::Memory => {
                    self.pass_in_memory(frame, &mut inner, &mut state, *local, value, calling, at)
                }
            }
        }
        for object in self.reached(calling.values) {
            if self.is_text(object) {
                continue;
            }
            self.contents(&mut state, object);
            if let Some(contents) = state.contents_mut(object) {
                contents.is_lent = true;
            }
        }
        let known_before = Rc::clone(&run.state.known);
        let syms_before = self.arena.sym_count();
        state.step(calling.span, StepKind::Call);
        self.stack.push(index);
        let (outer_limit, outer_given_up) = (self.limit, self.is_given_up);
        self.limit = outer_limit.min(self.steps + MAX_CALL_STEPS);
        self.is_given_up = false;
        let exits = self.walk(&mut inner, state);
        let is_abandoned = self.is_given_up;
        self.limit = outer_limit;
        self.is_given_up = outer_given_up;
        self.stack.pop();
        if is_abandoned {
            *self.abandoned.entry(index).or_default() += 1;
            return None;
        }
        if exits.is_empty() {
            run.is_dead = true;
            return Some(Vec::new());
        }
        let mut runs: Vec<Run> = Vec::new();
        for (mut state, value) in exits {
            state.registers = Rc::clone(&caller);
            state.rounds.clone_from(&rounds);
            self.forget_caution(&mut state, &known_before, syms_before);
            self.mark_caution(&mut state, &known_before, syms_before);
            let mut next = Run {
                state,
                scratch: run.scratch.clone(),
                is_dead: false,
            };
            if let Some(target) = calling.target {
                let value = match value {
                    Value::Any | Value::Undef => {
                        self.fresh(calling.ty, Origin::Call(calling.name), calling.span)
                    }
                    value => value,
                };
                self.give(frame, &mut next, target, value);
            }
            if !next.is_dead {
                runs.push(next);
            }
        }
        let Some(first) = runs.pop() else {
            run.is_dead = true;
            return Some(Vec::new());
        };
        *run = first;
        Some(runs)
    }

    /// That a function looks whether an address is NULL says nothing of its caller's address.
    fn forget_caution(&self, state: &mut State, before: &[(Sym, Known)], count: usize) {
        let is_learned = |sym: Sym, known: &Known| {
            (sym.0 as usize) < count
                && (known.is_null == Some(true) || known.range.lo == 0 && known.range.hi == 0)
                && self.arena.sym(sym).is_some_and(|info| {
                    info.alternatives.is_empty() && self.unit.types.is_pointer(info.ty)
                })
                && before
                    .binary_search_by_key(&sym, |entry| entry.0)
                    .ok()
                    .and_then(|at| before.get(at))
                    .is_none_or(|entry| entry.1.is_null != Some(true))
        };
        if !state
            .known
            .iter()
            .any(|(sym, known)| is_learned(*sym, known))
        {
            return;
        }
        let kept = state
            .known
            .iter()
            .filter(|(sym, known)| !is_learned(*sym, known))
            .copied()
            .collect();
        state.replace_known(kept);
    }

    /// That a function asks whether a number is out of some range says nothing of its caller's
    /// number either.
    fn mark_caution(&self, state: &mut State, before: &[(Sym, Known)], count: usize) {
        let is_learned = |sym: Sym, known: &Known| {
            let Some(info) = self.arena.sym(sym).filter(|_| (sym.0 as usize) < count) else {
                return false;
            };
            let range = before
                .binary_search_by_key(&sym, |entry| entry.0)
                .ok()
                .and_then(|at| before.get(at))
                .map_or(info.range, |entry| entry.1.range);
            info.may_be_anything() && (known.range.lo, known.range.hi) != (range.lo, range.hi)
        };
        if !state
            .known
            .iter()
            .any(|(sym, known)| !known.is_caution && is_learned(*sym, known))
        {
            return;
        }
        for (sym, known) in Rc::make_mut(&mut state.known).iter_mut() {
            known.is_caution |= is_learned(*sym, known);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "both sides of a call are needed")]
    fn pass_in_memory(
        &mut self,
        frame: &mut Frame,
        inner: &mut Frame,
        state: &mut State,
        local: crate::flow::ir::LocalId,
        value: Value,
        calling: &Calling<'_>,
        at: usize,
    ) {
        let Some(object) = self.local_object(inner, local) else {
            return;
        };
        let ty = self
            .arena
            .object(object)
            .map_or(TypeId::UNKNOWN, |info| info.ty);
        let mut contents = Contents::new(Rest::Unknown);
        if let (Value::Int(_) | Value::Addr(..) | Value::Ptr(..) | Value::Function(_), Some(size)) =
            (value, self.unit.types.size(ty))
        {
            Rc::make_mut(&mut contents).write(0, size.min(64) as i64, value);
        }
        state.set_contents(object, contents);
        // A record by value: its parts come along.
        if let Some(Operand::Copy(place)) = calling.operands.get(at)
            && place.path.is_empty()
            && let crate::flow::ir::Base::Local(source) = place.base
            && frame.prepared.slot(source) == Slot::Memory
            && let Some(from) = self.local_object(frame, source)
            && let Some(size) = self.unit.types.size(place.ty)
            && matches!(
                self.unit.types.get(place.ty),
                crate::flow::ir::Type::Record(_)
            )
        {
            let mut run = Run {
                state: state.clone(),
                scratch: Vec::new(),
                is_dead: false,
            };
            let zero = super::linear::Linear::constant(0);
            self.copy_bytes(
                &mut run,
                &super::place::Spot {
                    object,
                    offset: zero,
                },
                &super::place::Spot {
                    object: from,
                    offset: zero,
                },
                size.min(1 << 30) as i64,
            );
            *state = run.state;
        }
    }
}
