//! Where paths meet: one state for two, and whether one state already covers another.

use std::rc::Rc;

use smallvec::SmallVec;

use crate::finding::Span;

use super::linear::{Linear, Sym};
use super::memory::{Cell, Contents, Found, Life, Rest};
use super::state::{Fact, Held, Known, Lock, State};
use super::value::{Alternative, Arena, Obj, ObjectKind, Origin, Range, SymInfo, Value};

/// Most things a pointer may be before nothing is known of it.
const MAX_ALTERNATIVES: usize = 4;

/// Makes one state out of two.
pub(crate) struct Joiner<'a> {
    pub(crate) arena: &'a mut Arena,
    /// Where they meet.
    pub(crate) span: Span,
    /// Bounds that widening stops at, if the second state came around a loop.
    pub(crate) thresholds: Option<&'a [i128]>,
    /// The loop has one way out, and so its counter reaches what that way's condition says.
    pub(crate) has_one_exit: bool,
    memo: SmallVec<[(Value, Value, Value); 8]>,
}

impl<'a> Joiner<'a> {
    pub(crate) fn new(arena: &'a mut Arena, span: Span) -> Self {
        Self {
            arena,
            span,
            thresholds: None,
            has_one_exit: false,
            memo: SmallVec::new(),
        }
    }

    /// What holds whichever of the two states is the one.
    pub(crate) fn join(&mut self, old: &State, new: &State) -> State {
        let mut out = old.clone();
        out.is_joined = true;
        out.forks = old.forks.max(new.forks);
        out.open = old.open.max(new.open);
        if !Rc::ptr_eq(&old.registers, &new.registers) {
            let values: Vec<Value> = old
                .registers
                .iter()
                .zip(new.registers.iter())
                .map(|(a, b)| self.value(old, a, new, b))
                .collect();
            out.registers = Rc::new(values);
        }
        if !Rc::ptr_eq(&old.memory, &new.memory) {
            out.memory = Rc::new(self.memory(old, new));
        }
        out.replace_known(self.known(old, new));
        if !Rc::ptr_eq(&old.facts, &new.facts) {
            let kept: Vec<Fact> = old
                .facts
                .iter()
                .filter(|fact| {
                    new.facts.contains(fact)
                        || (!fact.is_unequal && new.entails(self.arena, &fact.form))
                        || (fact.is_unequal && new.entails_unequal(self.arena, &fact.form))
                })
                .copied()
                .chain(
                    new.facts
                        .iter()
                        .filter(|fact| {
                            !old.facts.contains(fact)
                                && !fact.is_unequal
                                && old.entails(self.arena, &fact.form)
                        })
                        .copied(),
                )
                .collect();
            out.facts = Rc::new(kept);
        }
        if old.locks != new.locks {
            out.locks = Rc::new(locks(&old.locks, &new.locks));
        }
        out.rounds = if old.rounds.len() <= new.rounds.len() {
            old.rounds.clone()
        } else {
            new.rounds.clone()
        };
        out
    }

    fn known(&mut self, old: &State, new: &State) -> Vec<(Sym, Known)> {
        let mut out = Vec::new();
        for (sym, mine) in old.known.iter() {
            let Some(theirs) = new.known(*sym) else {
                continue;
            };
            let range = mine.range.union(&theirs.range);
            let is_null = (mine.is_null == theirs.is_null)
                .then_some(mine.is_null)
                .flatten();
            let is_caution = mine.is_caution || theirs.is_caution;
            out.push((
                *sym,
                Known {
                    range,
                    is_null,
                    is_caution,
                },
            ));
        }
        out
    }

    pub(crate) fn value(&mut self, old: &State, a: &Value, new: &State, b: &Value) -> Value {
        if a == b {
            return *a;
        }
        if matches!(a, Value::Any) || matches!(b, Value::Any) {
            return Value::Any;
        }
        if let Some(known) = self
            .memo
            .iter()
            .find(|entry| entry.0 == *a && entry.1 == *b)
        {
            return known.2;
        }
        let joined = self.join_value(old, a, new, b);
        self.memo.push((*a, *b, joined));
        joined
    }

    fn join_value(&mut self, old: &State, a: &Value, new: &State, b: &Value) -> Value {
        match (a, b) {
            (Value::Int(x), Value::Int(y)) => {
                let undef = self.undef_of(x).or_else(|| self.undef_of(y));
                self.number(old, x, new, y, undef)
            }
            (Value::Undef, Value::Int(form)) => self.number(new, form, new, form, Some(self.span)),
            (Value::Int(form), Value::Undef) => self.number(old, form, old, form, Some(self.span)),
            (Value::Real(_) | Value::Undef, Value::Real(_) | Value::Undef) => Value::Any,
            (Value::Real(_), _) | (_, Value::Real(_)) => Value::Any,
            (Value::Addr(object, x), Value::Addr(other, y)) if object == other => {
                match self.number(old, x, new, y, None) {
                    Value::Int(offset) => Value::Addr(*object, offset),
                    _ => Value::Any,
                }
            }
            (Value::Ptr(sym, x), Value::Ptr(other, y)) if sym == other => {
                match self.number(old, x, new, y, None) {
                    Value::Int(offset) => Value::Ptr(*sym, offset),
                    _ => Value::Any,
                }
            }
            _ => {
                let mut all: SmallVec<[Alternative; 4]> = SmallVec::new();
                let fits =
                    self.alternatives(old, a, &mut all) && self.alternatives(new, b, &mut all);
                let alternatives = if fits {
                    Rc::from(all.as_slice())
                } else {
                    self.arena.no_alternatives()
                };
                let sym = self.arena.add_sym(SymInfo {
                    range: Range::FULL,
                    origin: Origin::Join,
                    span: self.span,
                    undef: None,
                    alternatives,
                    pointee: None,
                    ty: crate::flow::ir::TypeId::UNKNOWN,
                });
                Value::pointer(sym)
            }
        }
    }

    fn undef_of(&self, form: &Linear) -> Option<Span> {
        form.terms()
            .iter()
            .find_map(|term| self.arena.sym(term.0).and_then(|info| info.undef))
    }

    fn number(
        &mut self,
        old: &State,
        x: &Linear,
        new: &State,
        y: &Linear,
        undef: Option<Span>,
    ) -> Value {
        let before = old.range(self.arena, x);
        let after = new.range(self.arena, y);
        let mut range = before.union(&after);
        let mut origin = Origin::Join;
        if let Some(thresholds) = self.thresholds {
            let step = y.sub(x).and_then(|step| step.as_constant());
            let is_counter = self.has_one_exit
                && matches!(step, Some(1 | -1))
                && (x.as_constant().is_some()
                    || x.as_symbol().is_some_and(|sym| {
                        self.arena
                            .sym(sym)
                            .is_some_and(|info| info.origin == Origin::Counter)
                    }));
            origin = if is_counter {
                Origin::Counter
            } else {
                Origin::Loop
            };
            // That the rounds walked so far got there says nothing of a loop whose end nobody knows;
            // where a condition ends it, the condition says what is reached.
            if is_counter && after.hi > before.hi {
                range.hi_reached = false;
            }
            if is_counter && after.lo < before.lo {
                range.lo_reached = false;
            }
            let is_loop_symbol = x.as_symbol().is_some_and(|sym| {
                self.arena
                    .sym(sym)
                    .is_some_and(|info| matches!(info.origin, Origin::Loop | Origin::Counter))
            });
            if is_loop_symbol || x.as_constant().is_none() {
                if after.hi > before.hi {
                    range.hi = thresholds
                        .iter()
                        .copied()
                        .find(|&limit| limit >= after.hi)
                        .unwrap_or(super::value::FAR);
                    range.hi_reached = false;
                }
                if after.lo < before.lo {
                    range.lo = thresholds
                        .iter()
                        .rev()
                        .copied()
                        .find(|&limit| limit <= after.lo)
                        .unwrap_or(-super::value::FAR);
                    range.lo_reached = false;
                }
            }
        }
        let sym = self.arena.new_number(range, origin, self.span);
        if let Some(info) = self.arena.sym_mut(sym) {
            info.undef = undef;
        }
        Value::symbol(sym)
    }

    /// Adds what a value may be; false if there are too many, or anything.
    fn alternatives(
        &mut self,
        state: &State,
        value: &Value,
        out: &mut SmallVec<[Alternative; 4]>,
    ) -> bool {
        let mut add = |alternative: Alternative| {
            let is_same = |other: &Alternative| match (other, &alternative) {
                (Alternative::Null(_), Alternative::Null(_))
                | (Alternative::Undef(_), Alternative::Undef(_)) => true,
                (other, this) => *other == *this,
            };
            if !out.iter().any(is_same) {
                out.push(alternative);
            }
        };
        match value {
            Value::Addr(object, offset) => add(Alternative::Object(*object, *offset)),
            Value::Function(name) => add(Alternative::Function(*name)),
            Value::Undef => add(Alternative::Undef(self.span)),
            Value::Int(form) if form.as_constant() == Some(0) => add(Alternative::Null(self.span)),
            Value::Int(_) | Value::Any | Value::Real(_) => add(Alternative::Other),
            Value::Ptr(sym, offset) => {
                let Some(info) = self.arena.sym(*sym) else {
                    return false;
                };
                let is_null = state.is_null(self.arena, *sym);
                if info.alternatives.is_empty() {
                    match (is_null, info.pointee) {
                        (Some(true), _) => add(Alternative::Null(info.span)),
                        (_, Some(object)) => add(Alternative::Object(object, *offset)),
                        (_, None) => add(Alternative::Other),
                    }
                } else {
                    for alternative in info.alternatives.iter() {
                        match (alternative, is_null) {
                            (Alternative::Null(_), Some(false)) => {}
                            (Alternative::Null(_), _) => add(*alternative),
                            (_, Some(true)) => {}
                            (Alternative::Object(object, start), _) => match start.add(offset) {
                                Some(sum) => add(Alternative::Object(*object, sum)),
                                None => add(Alternative::Other),
                            },
                            (other, _) => add(*other),
                        }
                    }
                }
            }
        }
        out.len() <= MAX_ALTERNATIVES
    }

    fn memory(&mut self, old: &State, new: &State) -> Vec<(Obj, Rc<Contents>)> {
        let mut out = Vec::with_capacity(old.memory.len());
        let (mut left, mut right) = (old.memory.iter().peekable(), new.memory.iter().peekable());
        loop {
            match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(&entry), None) => {
                    out.push(self.of_one(entry));
                    left.next();
                }
                (None, Some(&entry)) => {
                    out.push(self.of_one(entry));
                    right.next();
                }
                (Some(&a), Some(&b)) => {
                    if a.0 < b.0 {
                        out.push(self.of_one(a));
                        left.next();
                    } else if b.0 < a.0 {
                        out.push(self.of_one(b));
                        right.next();
                    } else {
                        let contents = if Rc::ptr_eq(&a.1, &b.1) || a.1 == b.1 {
                            Rc::clone(&a.1)
                        } else {
                            Rc::new(self.contents(old, &a.1, new, &b.1))
                        };
                        out.push((a.0, contents));
                        left.next();
                        right.next();
                    }
                }
            }
        }
        out
    }

    /// An object that one of the two states has not met: what a pointer leads to was there all the
    /// same, and nothing released it.
    fn of_one(&self, entry: &(Obj, Rc<Contents>)) -> (Obj, Rc<Contents>) {
        let (object, mut contents) = entry.clone();
        let is_pointee = self
            .arena
            .object(object)
            .is_some_and(|info| matches!(info.kind, ObjectKind::Pointee(_)));
        if !is_pointee {
            return (object, contents);
        }
        if let Life::Freed(span) = contents.life {
            Rc::make_mut(&mut contents).life = Life::MaybeFreed(span);
        }
        // Every round of a loop may meet another one: what each of them holds would never settle.
        if self.thresholds.is_some() && !contents.cells.is_empty() {
            Rc::make_mut(&mut contents).forget_all();
        }
        (object, contents)
    }

    fn contents(&mut self, old: &State, a: &Contents, new: &State, b: &Contents) -> Contents {
        let mut out = Contents {
            cells: SmallVec::new(),
            rest: if a.rest == b.rest {
                a.rest
            } else {
                Rest::Unknown
            },
            life: life(a.life, b.life),
            is_escaped: a.is_escaped || b.is_escaped,
            is_lent: a.is_lent || b.is_lent,
            terminator: if a.terminator == b.terminator {
                a.terminator
            } else {
                None
            },
        };
        let mut spans: SmallVec<[(i64, i64); 8]> =
            a.cells.iter().map(|cell| (cell.start, cell.end)).collect();
        for cell in &b.cells {
            if !spans.contains(&(cell.start, cell.end)) {
                spans.push((cell.start, cell.end));
            }
        }
        spans.sort_unstable();
        let mut end_of_last = i64::MIN;
        for (start, end) in spans {
            if start < end_of_last {
                // Cells that overlap differently: nothing is known of them.
                if let Some(last) = out.cells.last_mut() {
                    last.end = last.end.max(end);
                    last.value = Value::Any;
                    end_of_last = last.end;
                }
                continue;
            }
            let (x, y) = (value_of(a.read(start, end)), value_of(b.read(start, end)));
            let value = self.value(old, &x, new, &y);
            end_of_last = end;
            if matches!(value, Value::Any) && out.rest == Rest::Unknown {
                continue;
            }
            out.cells.push(Cell { start, end, value });
        }
        out
    }
}

pub(super) fn value_of(found: Found) -> Value {
    match found {
        Found::Value(value) => value,
        Found::Zero => Value::number(0),
        Found::Undef => Value::Undef,
        Found::PartlyUndef | Found::Unknown => Value::Any,
    }
}

fn life(a: Life, b: Life) -> Life {
    match (a, b) {
        (a, b) if a == b => a,
        (Life::Freed(span) | Life::MaybeFreed(span), _)
        | (_, Life::Freed(span) | Life::MaybeFreed(span)) => Life::MaybeFreed(span),
        (Life::Left(_), _) | (_, Life::Left(_)) | (Life::Alive, Life::Alive) => Life::Alive,
    }
}

fn locks(a: &[Lock], b: &[Lock]) -> Vec<Lock> {
    let mut out = Vec::new();
    for lock in a {
        let held = match b.iter().find(|other| other.key == lock.key) {
            Some(other) if (other.held, other.depth) == (lock.held, lock.depth) => lock.held,
            _ => Held::Maybe,
        };
        let was_taken = lock.was_taken
            && b.iter()
                .any(|other| other.key == lock.key && other.was_taken);
        out.push(Lock {
            held,
            was_taken,
            ..*lock
        });
    }
    for lock in b {
        if !a.iter().any(|other| other.key == lock.key) {
            out.push(Lock {
                held: Held::Maybe,
                was_taken: false,
                ..*lock
            });
        }
    }
    out
}
