//! Locks: taken twice, released without being held, still held at the end, waited under.

use std::rc::Rc;

use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::interpret::machine::{Machine, Run};
use crate::flow::interpret::place::Location;
use crate::flow::interpret::state::{Held, Lock, LockKey, State};
use crate::flow::interpret::value::{ObjectKind, Value};
use crate::flow::ir::{Callee, Operand, Rvalue, StatementKind, Symbol};
use crate::flow::models::{Effect, Model, lock as kinds};

impl Machine<'_> {
    pub(crate) fn lock_key(&mut self, run: &mut Run, value: &Value) -> Option<LockKey> {
        if let Value::Ptr(sym, offset) = value
            && self
                .arena
                .sym(*sym)
                .is_some_and(|info| info.alternatives.is_empty())
        {
            return offset
                .as_constant()
                .and_then(|at| Some(LockKey(self.pointee(*sym)?, at)));
        }
        match self.targets(run, value) {
            Location::Memory(spots) => match spots.as_slice() {
                [spot] => Some(LockKey(spot.object, spot.offset.as_constant()?)),
                _ => None,
            },
            _ => None,
        }
    }

    fn held(&self, state: &State, key: LockKey) -> Option<Lock> {
        state.locks.iter().find(|lock| lock.key == key).copied()
    }

    fn set_held(state: &mut State, key: LockKey, held: Held, span: Span) {
        let locks = Rc::make_mut(&mut state.locks);
        if let Some(lock) = locks.iter_mut().find(|lock| lock.key == key) {
            lock.held = held;
            lock.span = span;
        } else if locks.len() < 16 {
            locks.push(Lock { key, held, span });
        }
    }

    pub(crate) fn lock(&mut self, run: &mut Run, value: &Value, argument: Span, span: Span) {
        if let Some(key) = self.lock_key(run, value) {
            let text = self.lock_text(argument);
            self.lock_texts.insert(key, text);
            Self::set_held(&mut run.state, key, Held::Yes, span);
        }
    }

    pub(crate) fn unlock(&mut self, run: &mut Run, value: &Value, argument: Span, span: Span) {
        let key = self.lock_key(run, value);
        let is_known = key.is_some_and(|key| run.state.locks.iter().any(|lock| lock.key == key));
        if !is_known {
            // It may be one of those that are held, by another name.
            let text = self.lock_text(argument);
            let texts = &self.lock_texts;
            let is_same = |lock: &Lock| texts.get(&lock.key) == Some(&text);
            let has_same = run.state.locks.iter().any(is_same);
            if run.state.locks.iter().any(|lock| lock.held == Held::Yes) {
                for lock in Rc::make_mut(&mut run.state.locks) {
                    let is_own = self.global_of(lock.key).is_some();
                    if has_same && texts.get(&lock.key) == Some(&text) {
                        lock.held = Held::No;
                        lock.span = span;
                    } else if !has_same && !is_own && lock.held == Held::Yes {
                        lock.held = Held::Maybe;
                    }
                }
            }
        }
        if let Some(key) = key {
            Self::set_held(&mut run.state, key, Held::No, span);
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

    pub(crate) fn forget_lock(&mut self, run: &mut Run, value: &Value) {
        if let Some(key) = self.lock_key(run, value) {
            let locks = Rc::make_mut(&mut run.state.locks);
            locks.retain(|lock| lock.key != key);
        }
    }

    /// A call that takes, gives or waits, before it happens.
    pub(crate) fn check_locking(
        &mut self,
        run: &mut Run,
        values: &[Value],
        model: &Model,
        argument_span: Span,
        span: Span,
    ) {
        for effect in model.effects {
            match *effect {
                Effect::Locks { lock, kind } if kind != kinds::SEMAPHORE => {
                    let value = values.get(usize::from(lock)).copied().unwrap_or(Value::Any);
                    let Some(key) = self.lock_key(run, &value) else {
                        continue;
                    };
                    if kind != kinds::RECURSIVE
                        && kind != kinds::SIGNAL
                        && kind != kinds::READ
                        && let Some(Lock {
                            held: Held::Yes,
                            span: before,
                            ..
                        }) = self.held(&run.state, key)
                    {
                        let text = self.quote(argument_span);
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
                        self.note_orders(&run.state, key, argument_span, span);
                    }
                }
                Effect::Unlocks { lock, kind } if kind != kinds::SEMAPHORE => {
                    let value = values.get(usize::from(lock)).copied().unwrap_or(Value::Any);
                    let Some(key) = self.lock_key(run, &value) else {
                        continue;
                    };
                    let text = self.quote(argument_span);
                    match self.held(&run.state, key) {
                        Some(Lock {
                            held: Held::No,
                            span: before,
                            ..
                        }) if kind != kinds::RECURSIVE && kind != kinds::SIGNAL => {
                            self.report(
                                "double-unlock",
                                span,
                                vec![("$X", text.clone())],
                                vec![Note {
                                    span: before,
                                    message: "released here".to_owned(),
                                }],
                                Some(&run.state),
                                format!("`{text}` is released again"),
                            );
                        }
                        None if self.never_locked(key) => {
                            self.report(
                                "unlock-without-lock",
                                span,
                                vec![("$X", text.clone())],
                                Vec::new(),
                                Some(&run.state),
                                format!(
                                    "`{text}` is released, but no function of this file takes it"
                                ),
                            );
                        }
                        _ => {}
                    }
                }
                Effect::Sleeps { time, per_second } => {
                    let time = values.get(usize::from(time)).copied();
                    self.check_long_sleep(run, time, per_second, model.name, span);
                }
                Effect::Blocks
                    if !model.effects.iter().any(|effect| {
                        matches!(
                            effect,
                            Effect::Locks { .. } | Effect::LocksOrTimesOut { .. }
                        )
                    }) =>
                {
                    let Some(lock) = run
                        .state
                        .locks
                        .iter()
                        .find(|lock| lock.held == Held::Yes)
                        .copied()
                    else {
                        continue;
                    };
                    let name = model.name.to_owned();
                    let text = self.key_name(lock.key);
                    self.report(
                        "blocking-under-lock",
                        span,
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

    pub(crate) fn key_name(&self, key: LockKey) -> String {
        let LockKey(object, _) = key;
        self.arena
            .object(object)
            .map(|info| self.unit.names.text(info.name).to_owned())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "the lock".to_owned())
    }

    /// The global that a lock is, or is a part of.
    pub(super) fn global_of(&self, key: LockKey) -> Option<Symbol> {
        let LockKey(object, _) = key;
        let info = self.arena.object(object)?;
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

    pub(super) fn is_never(&self, key: LockKey, does: impl Fn(&Effect) -> bool) -> bool {
        let LockKey(object, _) = key;
        let Some(info) = self.arena.object(object) else {
            return false;
        };
        let ObjectKind::Global(id) = info.kind else {
            return false;
        };
        for function in &self.unit.functions {
            let mut addresses = Vec::new();
            for block in &function.blocks {
                for statement in &block.statements {
                    match &statement.kind {
                        StatementKind::Assign {
                            target,
                            value: Rvalue::AddressOf(place),
                        } if place.base == crate::flow::ir::Base::Global(id) => {
                            addresses.push(target.base)
                        }
                        StatementKind::Call {
                            callee: Callee::Function(name),
                            arguments,
                            ..
                        } => {
                            let takes = arguments.iter().any(|argument| {
                                matches!(argument, Operand::Copy(place) if addresses.contains(&place.base))
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
