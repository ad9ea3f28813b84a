//! NULL, undefined and released pointers; undefined memory.

use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::interpret::machine::{Family, Frame, Machine, Run};
use crate::flow::interpret::memory::Life;
use crate::flow::interpret::place::{Location, Purpose, Resolved};
use crate::flow::interpret::state::{State, StepKind};
use crate::flow::interpret::value::{Alternative, Obj, ObjectKind, Origin, Value};
use crate::flow::ir::{LocalKind, Type, TypeId};

impl Machine<'_> {
    /// A read or write through whatever leads to a place.
    pub(crate) fn check_access(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        at: &Resolved,
        purpose: Purpose,
        span: Span,
    ) {
        if let Some(pointer) = at.through {
            self.check_pointer(run, &pointer, at.pointer_span, span, at.is_own_pointer);
            if run.is_dead {
                return;
            }
        }
        if let Location::Memory(spots) = &at.location {
            let spots = spots.clone();
            if spots.len() == 1 {
                for spot in &spots {
                    self.check_alive(run, spot.object, span);
                    if run.is_dead {
                        return;
                    }
                }
            }
        }
        let _ = frame;
        self.check_bounds(run, at, purpose, span);
    }

    /// Whether a place lies in a global.
    pub(crate) fn is_in_global(&self, location: &Location) -> bool {
        let Location::Memory(spots) = location else {
            return false;
        };
        spots.iter().any(|spot| {
            let info = self.arena.object(spot.object);
            info.is_some_and(|info| matches!(info.kind, ObjectKind::Global(_)))
        })
    }

    /// Whether all that a report rests on stands in the function at hand: not in a callee that was followed, nor in
    /// what was not understood.
    pub(crate) fn is_shown_here(&self) -> bool {
        let [root] = self.stack.as_slice() else {
            return false;
        };
        self.function(*root)
            .is_some_and(|function| !function.has_gap)
    }

    /// A pointer that is about to be followed; `is_own` if it is a variable's, and no global's or constant.
    pub(crate) fn check_pointer(
        &mut self,
        run: &mut Run,
        pointer: &Value,
        pointer_span: Span,
        span: Span,
        is_own: bool,
    ) {
        match pointer {
            Value::Int(form) => {
                let range = run.state.range(&self.arena, form);
                if range.lo == 0 && range.hi == 0 {
                    // A NULL that a callee may have given is a matter of what it was asked.
                    let is_own = is_own && !has_call(&run.state);
                    self.null_dereference(run, pointer_span, span, None, is_own);
                    run.is_dead = true;
                }
            }
            Value::Ptr(sym, _) => {
                let Some(info) = self.arena.sym(*sym) else {
                    return;
                };
                let (origin, made) = (info.origin.clone(), info.span);
                let alternatives = std::rc::Rc::clone(&info.alternatives);
                match run.state.is_null(&self.arena, *sym) {
                    Some(true) => {
                        let because =
                            alternatives
                                .iter()
                                .find_map(|alternative| match alternative {
                                    Alternative::Null(span) => Some(*span),
                                    _ => None,
                                });
                        let because = because.or(Some(made));
                        self.null_dereference(run, pointer_span, span, because, is_own);
                        run.is_dead = true;
                        return;
                    }
                    Some(false) => {
                        self.fine(Family::Null, span);
                        self.fine(Family::Undefined, span);
                        return;
                    }
                    None => {
                        self.fine(Family::Null, span);
                        self.fine(Family::Undefined, span);
                    }
                }
                let null = alternatives
                    .iter()
                    .find_map(|alternative| match alternative {
                        Alternative::Null(span) => Some(*span),
                        _ => None,
                    });
                if let Some(because) = null {
                    let text = self.quote(pointer_span);
                    match origin {
                        Origin::Call(name) => {
                            let function = self.unit.names.text(name).to_owned();
                            self.report(
                                "unchecked-allocation",
                                span,
                                vec![("$X", text.clone()), ("$FUNC", function.clone())],
                                vec![Note {
                                    span: made,
                                    message: format!("{function}() gives NULL when it fails"),
                                }],
                                Some(&run.state),
                                format!("`{text}` is used without a check"),
                            );
                        }
                        _ => {
                            self.report(
                                "possible-null-dereference",
                                span,
                                vec![("$X", text.clone())],
                                vec![Note {
                                    span: because,
                                    message: "may be NULL by the path through here".to_owned(),
                                }],
                                Some(&run.state),
                                format!("`{text}` is followed"),
                            );
                        }
                    }
                }
                if let Some(undef) = alternatives
                    .iter()
                    .find_map(|alternative| match alternative {
                        Alternative::Undef(span) => Some(*span),
                        _ => None,
                    })
                {
                    self.maybe_undefined(run, pointer_span, undef);
                }
                if !run.state.assume_null(&self.arena, *sym, false) {
                    run.is_dead = true;
                }
            }
            Value::Undef => {
                let text = self.quote(pointer_span);
                self.report(
                    "uninitialised-pointer",
                    span,
                    vec![("$X", text.clone())],
                    Vec::new(),
                    Some(&run.state),
                    format!("`{text}` was never set on this path"),
                );
                run.is_dead = true;
            }
            Value::Addr(..) | Value::Function(_) | Value::Real(_) | Value::Any => {
                self.fine(Family::Null, span);
                self.fine(Family::Undefined, span);
            }
        }
    }

    fn null_dereference(
        &mut self,
        run: &Run,
        pointer_span: Span,
        span: Span,
        because: Option<Span>,
        is_own: bool,
    ) {
        let text = self.quote(pointer_span);
        // A macro stands for something else in another build.
        let is_macro = text.contains('(')
            || text
                .split(|byte: char| !byte.is_ascii_alphanumeric() && byte != '_')
                .next()
                .is_some_and(|word| {
                    word.len() > 2 && !word.bytes().any(|byte| byte.is_ascii_lowercase())
                });
        let analysis = match is_own && !is_macro && self.is_shown_here() {
            true => "null-dereference",
            false => Family::Null.possible(),
        };
        let notes = because
            .filter(|span| span.end > 0)
            .map(|span| Note {
                span,
                message: "NULL comes from here".to_owned(),
            })
            .into_iter()
            .collect();
        self.report(
            analysis,
            span,
            vec![("$X", text.clone())],
            notes,
            Some(&run.state),
            format!("`{text}` is NULL here"),
        );
    }

    /// An object that is about to be used.
    pub(crate) fn check_alive(&mut self, run: &mut Run, object: Obj, span: Span) {
        let Some(life) = run.state.contents(object).map(|contents| contents.life) else {
            return;
        };
        let is_heap = self.arena.object(object).is_some_and(|info| {
            matches!(info.kind, ObjectKind::Heap { .. } | ObjectKind::Pointee(_))
        });
        match life {
            Life::Freed(freed) if is_heap => {
                let text = self.quote(span);
                let mut notes = vec![Note {
                    span: freed,
                    message: "released here".to_owned(),
                }];
                notes.extend(self.made_note(object));
                self.report(
                    "use-after-free",
                    span,
                    vec![("$X", text.clone())],
                    notes,
                    Some(&run.state),
                    format!("`{text}` is used after that"),
                );
                run.is_dead = true;
            }
            Life::Left(left)
                if matches!(
                    self.arena.object(object).map(|info| &info.kind),
                    Some(ObjectKind::Local { .. })
                ) =>
            {
                let text = self.quote(span);
                let mut notes = Vec::new();
                if left.end > left.start && left.end - left.start < 4000 {
                    notes.extend(self.made_note(object));
                }
                self.report(
                    "use-after-scope",
                    span,
                    vec![("$X", text.clone())],
                    notes,
                    Some(&run.state),
                    format!("`{text}` is used after the variable's scope ended"),
                );
            }
            _ => {}
        }
    }

    /// The value of a register that is read.
    pub(crate) fn checked_register(
        &mut self,
        frame: &mut Frame,
        run: &mut Run,
        slot: u32,
        value: Value,
        ty: TypeId,
        span: Span,
    ) -> Value {
        match value {
            Value::Undef => {
                let local = frame.prepared.register_locals.get(slot as usize).copied();
                let is_variable = local
                    .and_then(|id| {
                        self.function(frame.function)
                            .and_then(|function| function.local(id))
                    })
                    .is_some_and(|local| {
                        local.kind == LocalKind::Variable
                            && !self.unit.names.text(local.name).is_empty()
                    });
                if is_variable {
                    let text = self.quote(span);
                    let analysis = if self.unit.types.is_pointer(ty) {
                        "uninitialised-pointer"
                    } else {
                        "uninitialised-read"
                    };
                    self.report(
                        analysis,
                        span,
                        vec![("$X", text.clone())],
                        Vec::new(),
                        Some(&run.state),
                        format!("nothing was written to `{text}` on this path"),
                    );
                }
                let value = self.fresh(ty, Origin::Memory, span);
                if let Some(register) =
                    std::rc::Rc::make_mut(&mut run.state.registers).get_mut(slot as usize)
                {
                    *register = value;
                }
                value
            }
            Value::Int(form) => {
                self.fine(Family::Undefined, span);
                let undef = form
                    .as_symbol()
                    .and_then(|sym| self.arena.sym(sym))
                    .and_then(|info| info.undef);
                if let Some(undef) = undef {
                    self.maybe_undefined(run, span, undef);
                }
                value
            }
            Value::Any if ty != TypeId::UNKNOWN => {
                let value = self.fresh(ty, Origin::Memory, span);
                if !matches!(value, Value::Any)
                    && let Some(register) =
                        std::rc::Rc::make_mut(&mut run.state.registers).get_mut(slot as usize)
                {
                    *register = value;
                }
                value
            }
            value => {
                self.fine(Family::Undefined, span);
                value
            }
        }
    }

    pub(crate) fn maybe_undefined(&mut self, run: &Run, span: Span, undef: Span) {
        let text = self.quote(span);
        self.report(
            "maybe-uninitialised",
            span,
            vec![("$X", text.clone())],
            vec![Note {
                span: undef,
                message: format!("on some path to here nothing was written to `{text}`"),
            }],
            Some(&run.state),
            format!("`{text}` is read"),
        );
    }

    /// A value found in memory.
    #[expect(
        clippy::too_many_arguments,
        reason = "the bytes, what is in them, and where they are read"
    )]
    pub(crate) fn checked_memory(
        &mut self,
        run: &mut Run,
        object: Obj,
        start: i64,
        size: i64,
        value: Value,
        ty: TypeId,
        span: Span,
    ) -> Value {
        if let Value::Int(form) = value
            && let Some(undef) = form
                .as_symbol()
                .and_then(|sym| self.arena.sym(sym))
                .and_then(|info| info.undef)
        {
            self.maybe_undefined(run, span, undef);
        }
        let _ = (object, start, size);
        self.fine(Family::Undefined, span);
        // A number read as an address, or the other way round.
        match (value, self.unit.types.get(ty)) {
            (Value::Int(_), Type::Pointer { .. }) => self.fit(value, ty),
            (Value::Ptr(sym, offset), Type::Int { .. }) if offset.as_constant() == Some(0) => {
                Value::symbol(sym)
            }
            (Value::Int(form), Type::Int { .. }) => {
                let Some((low, high)) = self.unit.types.int_range(ty) else {
                    return value;
                };
                match form.as_constant() {
                    Some(constant) => Value::number(self.wrap(constant, ty)),
                    None if run.state.range(&self.arena, &form).within(low, high) => value,
                    None => self.cast(&mut run.state, value, ty, span),
                }
            }
            (value, _) => value,
        }
    }

    /// Bytes that nothing was written to are read.
    pub(crate) fn check_undefined(&mut self, run: &Run, object: Obj, span: Span, is_certain: bool) {
        let Some(info) = self.arena.object(object) else {
            return;
        };
        if info.size.is_none() {
            return;
        }
        let is_lent = run
            .state
            .contents(object)
            .is_some_and(|contents| contents.is_lent);
        let analysis = match info.kind {
            ObjectKind::Local { .. } | ObjectKind::Heap { .. } if is_lent => {
                "uninitialised-after-call"
            }
            ObjectKind::Local { .. } if is_certain => "uninitialised-memory",
            ObjectKind::Heap { .. } if is_certain => "uninitialised-memory",
            _ => return,
        };
        // A call that reads it through an argument would quote the whole call.
        let text = match info.kind {
            ObjectKind::Local { .. } if info.span.end > 0 => self.declared(info.span),
            _ => self.quote(span),
        };
        let notes = self.made_note(object).into_iter().collect();
        self.report(
            analysis,
            span,
            vec![("$X", text.clone())],
            notes,
            Some(&run.state),
            format!("nothing was written to `{text}` on this path"),
        );
    }
}

/// Whether a callee was followed on the way.
fn has_call(state: &State) -> bool {
    let mut at = state.trace.as_ref();
    while let Some(step) = at {
        if matches!(step.what, StepKind::Call) {
            return true;
        }
        at = step.before.as_ref();
    }
    false
}
