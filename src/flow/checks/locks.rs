//! Locks: taken twice, released without being held, still held at the end, waited under.

use std::rc::Rc;

use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::interpret::call::Calling;
use crate::flow::interpret::machine::{Machine, Run};
use crate::flow::interpret::place::Location;
use crate::flow::interpret::state::{Held, Lock, LockKey, State};
use crate::flow::interpret::taking::Attempt;
use crate::flow::interpret::value::{ObjectKind, Value};
use crate::flow::ir::{Base, Callee, Operand, Rvalue, StatementKind, Symbol};
use crate::flow::models::{Effect, Model, lock as kinds};

/// Deepest count of a lock that is taken again by who holds it.
const MAX_DEPTH: u8 = 3;

impl Machine<'_> {
    /// The lock that an argument stands for.
    pub(super) fn lock_key(
        &mut self,
        run: &mut Run,
        calling: &Calling<'_>,
        index: u8,
    ) -> Option<LockKey> {
        // A handle by its own name: what it holds may look new after every call.
        if let Some(Operand::Copy(place)) = calling.operands.get(usize::from(index))
            && let (Base::Global(id), true) = (place.base, place.path.is_empty())
        {
            return self.global_object(id).map(LockKey::Handle);
        }
        let value = calling.value(index);
        if let Value::Ptr(sym, offset) = value
            && self
                .arena
                .sym(sym)
                .is_some_and(|info| info.alternatives.is_empty())
        {
            return offset
                .as_constant()
                .and_then(|at| Some(LockKey::At(self.pointee(sym)?, at)));
        }
        if let Value::Int(form) = value {
            return form.as_symbol().map(LockKey::Number);
        }
        match self.targets(run, &value) {
            Location::Memory(spots) => match spots.as_slice() {
                [spot] => Some(LockKey::At(spot.object, spot.offset.as_constant()?)),
                _ => None,
            },
            _ => None,
        }
    }

    fn held(&self, state: &State, key: LockKey) -> Option<Lock> {
        state.locks.iter().find(|lock| lock.key == key).copied()
    }

    /// A lock is taken, or taken once more.
    pub(crate) fn set_taken(state: &mut State, key: LockKey, span: Span) {
        let locks = Rc::make_mut(&mut state.locks);
        if let Some(lock) = locks.iter_mut().find(|lock| lock.key == key) {
            match lock.held {
                Held::Yes if lock.depth < MAX_DEPTH => lock.depth += 1,
                Held::Yes => lock.held = Held::Maybe,
                Held::No | Held::Maybe => {
                    lock.was_taken = lock.held == Held::No;
                    lock.held = Held::Yes;
                    lock.depth = 1;
                    lock.span = span;
                }
            }
        } else if locks.len() < 16 {
            locks.push(Lock {
                key,
                held: Held::Yes,
                span,
                depth: 1,
                was_taken: true,
            });
        }
    }

    /// A lock is released, or one of the times that it was taken is.
    pub(crate) fn set_given(state: &mut State, key: LockKey, kind: u8, span: Span) {
        let locks = Rc::make_mut(&mut state.locks);
        if let Some(lock) = locks.iter_mut().find(|lock| lock.key == key) {
            if kind == kinds::RECURSIVE && lock.held == Held::Yes && lock.depth > 1 {
                lock.depth -= 1;
                return;
            }
            lock.was_taken = lock.held == Held::Yes && lock.was_taken;
            lock.held = Held::No;
            lock.depth = 0;
            lock.span = span;
        } else if locks.len() < 16 {
            locks.push(Lock {
                key,
                held: Held::No,
                span,
                depth: 0,
                was_taken: false,
            });
        }
    }

    pub(crate) fn lock(&mut self, run: &mut Run, calling: &Calling<'_>, index: u8) {
        if let Some(key) = self.lock_key(run, calling, index) {
            let text = self.lock_text(calling.operand_span(index));
            self.lock_texts.insert(key, text);
            Self::set_taken(&mut run.state, key, calling.span);
        }
    }

    pub(crate) fn unlock(&mut self, run: &mut Run, calling: &Calling<'_>, index: u8, kind: u8) {
        let key = self.lock_key(run, calling, index);
        let is_known = key.is_some_and(|key| run.state.locks.iter().any(|lock| lock.key == key));
        if !is_known {
            // It may be one of those that are held, by another name.
            let text = self.lock_text(calling.operand_span(index));
            let texts = &self.lock_texts;
            let is_same = |lock: &Lock| texts.get(&lock.key) == Some(&text);
            let has_same = run.state.locks.iter().any(is_same);
            if run.state.locks.iter().any(|lock| lock.held == Held::Yes) {
                for lock in Rc::make_mut(&mut run.state.locks) {
                    let is_own = self.global_of(lock.key).is_some() || lock.key.is_section();
                    if has_same && texts.get(&lock.key) == Some(&text) {
                        lock.held = Held::No;
                        lock.span = calling.span;
                    } else if !has_same && !is_own && lock.held == Held::Yes {
                        lock.held = Held::Maybe;
                    }
                }
            }
        }
        if let Some(key) = key {
            Self::set_given(&mut run.state, key, kind, calling.span);
        }
    }

    /// A call that nobody sees may release what is held.
    pub(crate) fn may_unlock(run: &mut Run) {
        if run.state.locks.iter().any(|lock| lock.held == Held::Yes) {
            for lock in Rc::make_mut(&mut run.state.locks) {
                lock.held = Held::Maybe;
            }
        }
    }

    pub(crate) fn forget_lock(&mut self, run: &mut Run, calling: &Calling<'_>, index: u8) {
        if let Some(key) = self.lock_key(run, calling, index) {
            let locks = Rc::make_mut(&mut run.state.locks);
            locks.retain(|lock| lock.key != key);
        }
    }

    /// A call that takes, gives or waits, before it happens.
    pub(crate) fn check_locking(&mut self, run: &mut Run, calling: &Calling<'_>, model: &Model) {
        for effect in model.effects {
            match *effect {
                Effect::Locks { lock, kind, .. } | Effect::LocksOrTimesOut { lock, kind, .. } => {
                    self.check_taking(run, calling, lock, kind);
                }
                Effect::Unlocks { lock, kind } => self.check_giving(run, calling, lock, kind),
                Effect::LeavesSection(section) => {
                    let before = self.held(&run.state, LockKey::Section(section));
                    if let Some(before) = before
                        && (before.held, before.was_taken) == (Held::No, true)
                    {
                        self.tell_second_release(run, before, model.name.to_owned(), calling.span);
                    }
                }
                Effect::Sleeps { time, per_second } => {
                    let time = calling.values.get(usize::from(time)).copied();
                    self.check_long_sleep(run, time, per_second, model.name, calling.span);
                }
                Effect::Blocks if Attempt::of(model).is_none() => {
                    let held = run
                        .state
                        .locks
                        .iter()
                        .filter(|lock| lock.held == Held::Yes && !lock.key.is_section());
                    let held: Vec<Lock> = held.copied().collect();
                    let Some(lock) = held.into_iter().find(|lock| self.keeps_others_out(lock))
                    else {
                        continue;
                    };
                    let name = model.name.to_owned();
                    let text = self.key_name(lock.key);
                    self.report(
                        "blocking-under-lock",
                        calling.span,
                        vec![("$FUNC", name.clone()), ("$X", text.clone())],
                        vec![Note {
                            span: lock.span,
                            message: format!("`{text}` is taken here"),
                        }],
                        Some(&run.state),
                        format!("{name}() may wait while `{text}` is held"),
                    );
                }
                _ => {}
            }
        }
    }

    /// A lock that is taken by who holds it, or after one that is taken after it elsewhere.
    fn check_taking(&mut self, run: &mut Run, calling: &Calling<'_>, index: u8, kind: u8) {
        let (argument, span) = (calling.operand_span(index), calling.span);
        let kind = self.kind_of(kind, argument);
        if kind == kinds::SEMAPHORE {
            return;
        }
        let Some(key) = self.lock_key(run, calling, index) else {
            return;
        };
        let waits_for_itself = match kind {
            kinds::RECURSIVE | kinds::READ => false,
            // Another thread, or an interrupt, may be there to release it.
            kinds::SIGNAL => self.is_only_locked_here(key, argument),
            _ => true,
        };
        if waits_for_itself
            && let Some(Lock {
                held: Held::Yes,
                span: before,
                ..
            }) = self.held(&run.state, key)
        {
            let text = self.quote(argument);
            self.report(
                "double-lock",
                span,
                vec![("$X", text.clone())],
                vec![Note {
                    span: before,
                    message: "taken here".to_owned(),
                }],
                Some(&run.state),
                format!("`{text}` is taken again while it is held"),
            );
        }
        if kind != kinds::READ {
            self.note_orders(&run.state, key, argument, span);
        }
    }

    /// A lock that is released twice, or was never taken.
    fn check_giving(&mut self, run: &mut Run, calling: &Calling<'_>, index: u8, kind: u8) {
        let (argument, span) = (calling.operand_span(index), calling.span);
        let declared = self.kind_of(kind, argument);
        let Some(key) = self.lock_key(run, calling, index) else {
            return;
        };
        match self.held(&run.state, key) {
            Some(before) if before.held == Held::No => {
                let is_wrong = match declared {
                    kinds::MUTEX | kinds::SPIN | kinds::READ => true,
                    kinds::SIGNAL => before.was_taken && self.is_only_locked_here(key, argument),
                    // The caller may hold it as well; whoever took it here released that already.
                    kinds::RECURSIVE => before.was_taken,
                    _ => before.was_taken && self.is_guard(argument),
                };
                if is_wrong {
                    let text = self.quote(argument);
                    self.tell_second_release(run, before, text, span);
                }
            }
            None if kind != kinds::SEMAPHORE && self.never_locked(key) => {
                let text = self.quote(argument);
                self.report(
                    "unlock-without-lock",
                    span,
                    vec![("$X", text.clone())],
                    Vec::new(),
                    Some(&run.state),
                    format!("`{text}` is released, but no function of this file takes it"),
                );
            }
            _ => {}
        }
    }

    fn tell_second_release(&mut self, run: &Run, before: Lock, text: String, span: Span) {
        self.report(
            "double-unlock",
            span,
            vec![("$X", text.clone())],
            vec![Note {
                span: before.span,
                message: "released here".to_owned(),
            }],
            Some(&run.state),
            format!("`{text}` is released again"),
        );
    }

    pub(crate) fn key_name(&self, key: LockKey) -> String {
        key.object()
            .and_then(|object| self.arena.object(object))
            .map(|info| self.unit.names.text(info.name).to_owned())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "the lock".to_owned())
    }

    /// The global that a lock is, or is a part of.
    pub(super) fn global_of(&self, key: LockKey) -> Option<Symbol> {
        let info = self.arena.object(key.object()?)?;
        matches!(info.kind, ObjectKind::Global(_)).then_some(info.name)
    }

    /// Whether the file never takes a lock; only for a global that is seen as a whole.
    fn never_locked(&self, key: LockKey) -> bool {
        self.is_never(key, |effect| {
            matches!(
                effect,
                Effect::Locks { .. } | Effect::LocksOrTimesOut { .. } | Effect::TriesLock { .. }
            )
        })
    }

    /// Whether no call of the file does that to a lock, and nobody else gets it.
    pub(super) fn is_never(&self, key: LockKey, does: impl Fn(&Effect) -> bool) -> bool {
        let Some(info) = key.object().and_then(|object| self.arena.object(object)) else {
            return false;
        };
        let ObjectKind::Global(id) = info.kind else {
            return false;
        };
        // A handle that other files see is used there as well.
        if matches!(key, LockKey::Handle(_))
            && self.unit.global(id).is_none_or(|global| !global.is_private)
        {
            return false;
        }
        for function in &self.unit.functions {
            let mut names = vec![Base::Global(id)];
            for block in &function.blocks {
                for statement in &block.statements {
                    match &statement.kind {
                        StatementKind::Assign {
                            target,
                            value:
                                Rvalue::AddressOf(place)
                                | Rvalue::Use(Operand::Copy(place))
                                | Rvalue::Cast {
                                    value: Operand::Copy(place),
                                    ..
                                },
                        } if place.base == Base::Global(id) => names.push(target.base),
                        StatementKind::Call {
                            callee: Callee::Function(name),
                            arguments,
                            ..
                        } => {
                            let takes = arguments.iter().any(|argument| {
                                matches!(argument, Operand::Copy(place) if names.contains(&place.base))
                            });
                            if !takes {
                                continue;
                            }
                            match self.model(*name) {
                                Some(model) => {
                                    if model.effects.iter().any(&does) {
                                        return false;
                                    }
                                }
                                None => return false,
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        true
    }
}
